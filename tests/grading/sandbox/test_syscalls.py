"""The system-call filter, run by a small interpreter of the kernel's packet-filter language."""

import errno
import struct

import pytest

from grading.sandbox import syscalls

PID = 4711
ALLOWED, KILLED = "allowed", "killed"


def run(program: bytes, number: int, architecture: int, *arguments: int):
    """What the kernel would do with this call: ALLOWED, KILLED or the error's number."""
    words = [a & 2**64 - 1 for a in (*arguments, *[0] * 6)[:6]]
    record = struct.pack("<IIQ6Q", number, architecture, 0, *words)
    steps = list(struct.iter_unpack("=HBBI", program))
    at, value = 0, 0
    while True:
        code, yes, no, k = steps[at]
        at += 1
        if code == 0x20:
            value = struct.unpack_from("<I", record, k)[0]
        elif code == 0x06:
            kind = k & 0xFFFF0000
            return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}.get(kind, k & 0xFFFF)
        else:
            holds = {0x15: value == k, 0x35: value >= k, 0x45: value & k != 0}[code]
            at += yes if holds else no


@pytest.fixture(params=["x86_64", "aarch64"])
def call(request):
    machine = request.param
    program = syscalls.program(PID, machine)
    column = ["x86_64", "aarch64"].index(machine)

    def made(name, *arguments, architecture=syscalls._ARCHITECTURE[machine]):
        number = syscalls._NUMBERS[name][column] if isinstance(name, str) else name
        return run(program, number, architecture, *arguments) if number is not None else None

    return made


@pytest.mark.parametrize("name", [n for n in syscalls._NUMBERS if n not in syscalls._SPECIAL])
def test_what_is_refused(call, name):
    expected = syscalls._OTHERWISE.get(name, errno.EPERM)
    assert call(name) in (expected, None)


def test_a_thread_may_be_started_but_no_process(call):
    thread = 0x3D0F00  # what the C library asks for when it makes a thread
    assert call("clone", thread) == ALLOWED
    assert call("clone", 0x1200011) == errno.EAGAIN  # a fork
    assert call("clone", 0x4111) == errno.EAGAIN  # a vfork


def test_signals_reach_the_process_itself_and_nobody_else(call):
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        assert call(name, PID, 9) == ALLOWED
        for other in (1, 0, -1, PID + 1, -PID):
            assert call(name, other, 9) == errno.EPERM


def test_limits_of_others_and_leaving_the_parent_are_refused(call):
    assert call("prlimit64", 0, 7) == call("prlimit64", PID, 7) == ALLOWED
    assert call("prlimit64", 1, 7) == errno.EPERM
    for option, expected in ((1, errno.EPERM), (35, errno.EPERM), (0x59616D61, errno.EPERM), (15, ALLOWED)):
        assert call("prctl", option, 9) == expected


def test_a_file_signals_nobody(call):
    for command in (8, 10, 15, 1024, 1026):
        assert call("fcntl", 3, command, 9) == errno.EPERM
    for command in (1, 2, 3, 4, 1031):  # flags, the size of a pipe
        assert call("fcntl", 8, command) == ALLOWED


def test_commands_to_files_are_those_that_anybody_may_give(call):
    for command in syscalls._IOCTLS:
        assert call("ioctl", 1, command) == ALLOWED
    # an owner, input for a terminal, attributes, a block device, entropy, and anything unknown
    for command in (0x8901, 0x5412, 0x541C, 0x40086602, 0x1261, 0x1277, 0x40085203, 0, 1, 0xFFFFFFFF):
        assert call("ioctl", 1, command) == errno.ENOTTY


@pytest.mark.parametrize(("name", "place"), [("open", 1), ("openat", 2)])
def test_no_file_is_emptied_by_opening_it_to_read(call, name, place):
    truncate, create, close_on_exec = 0x200, 0x40, 0x80000
    for mode in range(4):
        for more in (0, create, close_on_exec, truncate, truncate | create | close_on_exec):
            refused = mode == 3 or (mode == 0 and more & truncate)
            found = call(name, *[7] * place, mode | more)
            assert found in (None, errno.EACCES if refused else ALLOWED)


def test_calls_that_the_list_does_not_know_yet_are_not_there(call):
    for number in (457, 467, 999, 0x3FFFFFFF):
        assert call(number) == errno.ENOSYS


def test_all_else_is_allowed(call):
    for number in (0, 1, 2, 3, 9, 10, 11, 12, 60, 63, 64, 93, 202, 231, 257):
        if number not in {n for pair in syscalls._NUMBERS.values() for n in pair}:
            assert call(number) == ALLOWED


def test_another_way_into_the_kernel_is_closed(call):
    assert call(0, architecture=0x40000003) == KILLED  # a 32-bit call has other numbers
    program = syscalls.program(PID, "x86_64")
    assert run(program, 0x40000000 + 59, syscalls._ARCHITECTURE["x86_64"]) == errno.ENOSYS
