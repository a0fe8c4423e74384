"""The calls into Linux that Python does not have, one thin function each; a failure is an OSError.

Used by the zygote and its workers alone, before any of a student's code runs.
"""

import ctypes
import ctypes.util
import os
import platform
import struct
import sys

LINUX = sys.platform.startswith("linux")
MACHINE = platform.machine().lower()
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER = 0x20000, 0x4000000, 0x8000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 1, 2
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}
# the same numbers on both machines
_SYS_MOUNT_SETATTR, _SYS_LANDLOCK_CREATE, _SYS_LANDLOCK_ADD, _SYS_LANDLOCK_RESTRICT = 442, 444, 445, 446


def call(function: str, *arguments) -> int:
    """A function of the C library; OSError if it returns -1."""
    return _checked(function, getattr(_libc, function)(*arguments))


def syscall(name: str, number: int, *arguments) -> int:
    """A system call by number; whole numbers travel as 64 bits."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(name, _libc.syscall(ctypes.c_long(number), *words))


def _checked(name: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    call("unshare", ctypes.c_int(flags))


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    call("mount", os.fsencode(source), os.fsencode(target), kind and kind.encode(), ctypes.c_ulong(flags),
         options.encode() or None)


def unmount(target: str) -> None:
    call("umount2", os.fsencode(target), ctypes.c_int(MNT_DETACH))


def set_mount(target: str, attributes: int) -> None:
    """Adds attributes to a mount and to all below it, and takes none away."""
    words = struct.pack("=QQQQ", attributes, 0, 0, 0)
    syscall("mount_setattr", _SYS_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE, words,
            len(words))


def pivot_root(new: str, old: str) -> None:
    syscall("pivot_root", _SYS_PIVOT_ROOT[MACHINE], os.fsencode(new), os.fsencode(old))


def no_new_privileges() -> None:
    call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def die_with_parent(signal: int) -> None:
    call("prctl", _PR_SET_PDEATHSIG, signal, 0, 0, 0)


def drop_capabilities() -> None:
    """Gives up every capability, for good."""
    for capability in range(64):
        try:
            call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:
            break  # past the last one, or none to drop with
    try:
        call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    except OSError:
        pass  # before Linux 4.3 there are none
    header, nothing = struct.pack("=Ii", 0x20080522, 0), bytes(24)
    call("capset", header, nothing)


def landlock_version() -> int:
    """The version of Landlock that this kernel has; 0 for none."""
    try:
        return syscall("landlock_create_ruleset", _SYS_LANDLOCK_CREATE, None, 0, 1)
    except OSError:
        return 0


def landlock_ruleset(files: int, net: int, scoped: int, size: int) -> int:
    words = struct.pack("=QQQ", files, net, scoped)[:size]
    return syscall("landlock_create_ruleset", _SYS_LANDLOCK_CREATE, words, size, 0)


def landlock_allow(ruleset: int, path: str, access: int) -> None:
    """Allows `access` on this file, or on everything below this folder."""
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        syscall("landlock_add_rule", _SYS_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", access, fd), 0)
    finally:
        os.close(fd)


def landlock_restrict(ruleset: int) -> None:
    syscall("landlock_restrict_self", _SYS_LANDLOCK_RESTRICT, ruleset, 0)


def seccomp(program: bytes) -> None:
    """Installs a system-call filter: 8 bytes for each instruction."""
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    syscall("seccomp", _SYS_SECCOMP[MACHINE], 1, 0, filter_)
