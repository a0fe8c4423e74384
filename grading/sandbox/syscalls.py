"""The system-call filter: what a worker may not ask of the kernel, whatever else gives way.

A worker computes. It may start threads, but no process and no program; it opens no socket, traces
nobody, signals nobody but itself (not even through a file's owner), mounts nothing, changes nobody's
priority, and holds no memory that its limits do not count. Calls on a file's mode, owner, times, locks and
attributes are closed because Landlock leaves them open to whoever owns the file. What older versions of
Landlock leave open is closed here as well: truncation without writing, commands to devices, all sockets.
"""

import errno
import os
import struct

from grading.sandbox import kernel

# name: number on x86_64, number on aarch64 (None: this machine has no such call)
_NUMBERS = {
    "clone": (56, 220), "clone3": (435, 435), "fork": (57, None), "vfork": (58, None),
    "execve": (59, 221), "execveat": (322, 281), "kill": (62, 129), "tgkill": (234, 131), "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "prctl": (157, 167), "prlimit64": (302, 261),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "process_madvise": (440, 440), "socket": (41, 198), "socketpair": (53, 199), "shmget": (29, 194),
    "shmat": (30, 196), "shmctl": (31, 195), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188),
    "msgctl": (71, 187), "semget": (64, 190), "semop": (65, 193), "semtimedop": (220, 192),
    "semctl": (66, 191), "mq_open": (240, 180), "mq_unlink": (241, 181),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "unshare": (272, 97),
    "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171), "acct": (163, 89),
    "quotactl": (179, 60), "syslog": (103, 116), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "fanotify_init": (300, 262), "mknod": (133, None), "mknodat": (259, 33),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "uselib": (134, None),
    "vhangup": (153, 58), "personality": (135, 92), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "seccomp": (317, 277), "landlock_create_ruleset": (444, 444), "quotactl_fd": (443, 443),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "sync": (162, 81), "syncfs": (306, 267),
    "setpriority": (141, 140), "sched_setparam": (142, 118), "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "truncate": (76, 45), "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53),
    "fchmodat2": (452, 452), "chown": (92, None), "fchown": (93, 55), "lchown": (94, None),
    "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None), "futimesat": (261, None),
    "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "flock": (73, 32), "openat2": (437, 437), "open": (2, None), "openat": (257, 56),
    "fcntl": (72, 25), "ioctl": (16, 29),
}
# the C library then falls back to clone and openat, whose flags can be read
_OTHERWISE = {"clone3": errno.ENOSYS, "openat2": errno.ENOSYS}
_TO_ITSELF = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "prlimit64")
_NEWER = 457  # from here on (Linux 6.8, the same on all machines) calls that this list has not looked at
_PR_SET_PDEATHSIG, _PR_SET_MM, _PR_SET_PTRACER = 1, 35, 0x59616D61
# name: the argument that says what is asked, and what may not be: a file that signals somebody else or
# tells of others' changes
_NOT_FOR = {"prctl": (0, (_PR_SET_PDEATHSIG, _PR_SET_MM, _PR_SET_PTRACER)),
            "fcntl": (1, (8, 10, 15, 1024, 1026))}  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
# All that may be asked of an open file: is it a terminal (TCGETS, TCGETS2, TIOCGWINSZ), how much is there to
# read (FIONREAD), and what concerns the descriptor alone (FIONBIO, FIONCLEX, FIOCLEX).
_IOCTLS = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_OPENS = {"open": 1, "openat": 2}  # the argument with the flags
_O_TRUNC = 0x200
_SPECIAL = {"clone", "ioctl", *_TO_ITSELF, *_NOT_FOR, *_OPENS}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_CLONE_THREAD = 0x10000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NR, _ARCH, _ARG0 = 0, 4, 16  # places in the kernel's record of a call


def known(machine: str = kernel.MACHINE) -> bool:
    """Is there a filter for this kind of machine?"""
    return machine in _ARCHITECTURE


def program(pid: int, machine: str = kernel.MACHINE) -> bytes:
    """The filter of the process with this number, as instructions of the kernel's packet filter."""
    column = list(_ARCHITECTURE).index(machine)
    numbers = {name: n[column] for name, n in _NUMBERS.items() if n[column] is not None}
    code = [_step(_LOAD, _ARCH), _step(_EQUAL, _ARCHITECTURE[machine], 1, 0), _step(_RETURN, _KILL),
            _step(_LOAD, _NR)]
    if machine == "x86_64":
        code += [_step(_AT_LEAST, _X32, 0, 1), _refuse(errno.ENOSYS)]
    code += [_step(_AT_LEAST, _NEWER, 0, 1), _refuse(errno.ENOSYS)]
    for name, number in numbers.items():
        if name not in _SPECIAL:
            code += [_step(_EQUAL, number, 0, 1), _refuse(_OTHERWISE.get(name, errno.EPERM))]
    code += _when(numbers["clone"], [_step(_ANY_BIT, _CLONE_THREAD, 1, 0), _refuse(errno.EAGAIN)])
    for name in _TO_ITSELF:
        own = [pid, 0] if name == "prlimit64" else [pid]
        tests = [_step(_EQUAL, p, len(own) - i, 0) for i, p in enumerate(own)]
        code += _when(numbers[name], [*tests, _refuse(errno.EPERM)])
    for name, (argument, options) in _NOT_FOR.items():
        tests = [step for o in options for step in (_step(_EQUAL, o, 0, 1), _refuse(errno.EPERM))]
        code += _when(numbers[name], tests, argument)
    allowed = [_step(_EQUAL, o, len(_IOCTLS) - i, 0) for i, o in enumerate(_IOCTLS)]
    code += _when(numbers["ioctl"], [*allowed, _refuse(errno.ENOTTY)], 1)
    for name, argument in _OPENS.items():
        if name in numbers:
            code += _when(numbers[name], _OPENING, argument)
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def install() -> None:
    """Filters this process and the threads that it will start, for good."""
    kernel.seccomp(program(os.getpid()))


def _when(number: int, steps: list[bytes], argument: int = 0) -> list[bytes]:
    """Looks at an argument if the call has this number; afterwards the number is at hand again."""
    body = [_step(_LOAD, _ARG0 + 8 * argument), *steps, _step(_LOAD, _NR)]
    return [_step(_EQUAL, number, 0, len(body)), *body]


def _refuse(error: int) -> bytes:
    return _step(_RETURN, _ERRNO | error)


def _step(code: int, k: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, k)


# Landlock looks at reading and writing. An open file for neither (the mode 3) asks no right of it, and before
# its version 3 O_TRUNC asks none either: a file opened for reading would be emptied.
_OPENING = [_step(_ANY_BIT, 1, 0, 1), _step(_ANY_BIT, 2, 2, 3), _step(_ANY_BIT, 2, 2, 0),
            _step(_ANY_BIT, _O_TRUNC, 0, 1), _refuse(errno.EACCES)]
