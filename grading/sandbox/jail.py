"""The room around a zygote: namespaces in which there is nothing but Python and its libraries.

`enter` makes, in one go, a user namespace (or does without, for root where there is none), an empty
network, own processes, IPC and host name, and a file system of read-only copies of the few places that
are needed. What lies outside has no name in there. The home of a worker is an empty folder in memory, in
which it may write nothing: else what it can do would depend on the tier, and its marks with it.
"""

import os
from collections.abc import Iterable

from grading.sandbox import kernel as k

SCRATCH = "/scratch"
_SCRATCH_OPTIONS = "size=8m,nr_inodes=256,mode=0555"  # libraries may keep something while they are imported
_SPACES = k.CLONE_NEWNS | k.CLONE_NEWPID | k.CLONE_NEWNET | k.CLONE_NEWIPC | k.CLONE_NEWUTS
_WALLS = ["mount namespace", "process namespace", "network namespace", "IPC namespace"]
DEVICES = ("null", "zero", "full", "random", "urandom")
MACHINE = ("/sys/devices/system/cpu", "/sys/devices/system/node")
_SYSTEM_LINKS = ("/lib", "/lib64", "/usr/lib64")
_PROCESSOR = ("/proc/cpuinfo", "/proc/meminfo")


def separate() -> list[str]:
    """Leaves the host's namespaces; the next child is the first process of the new ones. Names the walls."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        k.unshare(_SPACES | k.CLONE_NEWUSER)
    except OSError:
        if uid != 0:
            raise
        k.unshare(_SPACES)  # root needs no user namespace
        return _WALLS
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return ["user namespace", *_WALLS]


def enter(room: str, readable: Iterable[str], hidden: Iterable[str]) -> None:
    """Makes `room`, an empty folder, the root of everything: with these places, less those hidden."""
    k.mount("none", "/", None, k.MS_REC | k.MS_PRIVATE)
    k.mount("room", room, "tmpfs", k.MS_NOSUID | k.MS_NODEV, "size=8m,mode=0755")
    readable = [*readable, *MACHINE]
    for path in _outermost(readable):
        _bind(path, room)
    for path in (*_SYSTEM_LINKS, *readable):
        _link(path, room)
    for path in hidden:
        place = room + os.path.realpath(path)
        if os.path.isdir(place):
            k.mount("nothing", place, "tmpfs", k.MS_RDONLY | k.MS_NOSUID | k.MS_NODEV, "size=4k,mode=0000")
        elif os.path.isfile(place):
            k.mount("/dev/null", place, None, k.MS_BIND)
    os.makedirs(room + "/dev", exist_ok=True)
    for name in DEVICES:
        open(f"{room}/dev/{name}", "w").close()
        k.mount(f"/dev/{name}", f"{room}/dev/{name}", None, k.MS_BIND)
    _processes(room)
    for path in (SCRATCH, "/old"):
        os.mkdir(room + path)
    if not os.path.exists(room + "/tmp"):
        os.symlink(SCRATCH, room + "/tmp")
    k.call("sethostname", b"grader", 6)
    k.pivot_root(room, room + "/old")
    os.chdir("/")
    k.unmount("/old")
    os.rmdir("/old")
    k.set_mount("/", k.MOUNT_ATTR_RDONLY)
    k.mount("scratch", SCRATCH, "tmpfs", k.MS_NOSUID | k.MS_NODEV | k.MS_NOEXEC, _SCRATCH_OPTIONS)


def _outermost(paths: Iterable[str]) -> list[str]:
    """The places behind all links, without those that lie in another one."""
    real = sorted({os.path.realpath(p) for p in paths if os.path.exists(p)})
    return [p for p in real if not any(p.startswith(o.rstrip("/") + "/") for o in real if o != p)]


def _bind(path: str, room: str) -> None:
    place = room + path
    if os.path.isdir(path):
        os.makedirs(place, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        open(place, "w").close()
    k.mount(path, place, None, k.MS_BIND | k.MS_REC)
    k.set_mount(place, k.MOUNT_ATTR_RDONLY | k.MOUNT_ATTR_NOSUID)


def _link(path: str, room: str) -> None:
    """Where a name leads elsewhere by links, it does so in the room as well."""
    real, place = os.path.realpath(path), room + path
    if real != path and not os.path.lexists(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.symlink(real, place)


def _processes(room: str) -> None:
    """/proc of the new processes; where that may not be mounted, only what is known of the processor."""
    os.makedirs(room + "/proc", exist_ok=True)
    try:
        k.mount("proc", room + "/proc", "proc", k.MS_RDONLY | k.MS_NOSUID | k.MS_NODEV | k.MS_NOEXEC)
    except OSError:
        for path in _PROCESSOR:
            if os.path.exists(path):
                open(room + path, "w").close()
                k.mount(path, room + path, None, k.MS_BIND)
