"""Limits of one process, set by itself before a student's code runs; it cannot raise them again."""

import resource

MEMORY = 2 << 30  # bytes of its own beside what it starts with
_SPACE = 3 << 30  # of addresses: what is mapped but not all used, such as the stacks of threads
_FILE = 64 << 20
_PLAIN = {"RLIMIT_FSIZE": _FILE, "RLIMIT_CORE": 0, "RLIMIT_NOFILE": 256, "RLIMIT_MEMLOCK": 0,
          "RLIMIT_MSGQUEUE": 0, "RLIMIT_SIGPENDING": 256}


def apply(seconds: float) -> None:
    """Bounds memory, addresses, the size of files, and processor time as the last resort."""
    addresses, data = _used()
    limits = _PLAIN | {"RLIMIT_DATA": data + MEMORY, "RLIMIT_AS": addresses + _SPACE,
                       "RLIMIT_CPU": int(seconds) + 2}
    for name, size in limits.items():
        number = getattr(resource, name, None)
        if number is None:
            continue  # another system than Linux
        _, hard = resource.getrlimit(number)
        size = size if hard == resource.RLIM_INFINITY else min(size, hard)
        try:
            resource.setrlimit(number, (size, size))
        except (OSError, ValueError):
            pass  # macOS refuses some


def _used() -> tuple[int, int]:
    """Bytes of addresses and of data that this process has now; where that is unknown, a guess."""
    try:
        with open("/proc/self/statm") as file:
            numbers = file.read().split()
        page = resource.getpagesize()
        return int(numbers[0]) * page, int(numbers[5]) * page
    except OSError:
        return 32 << 30, 2 << 30
