"""Landlock: which files a worker may read and write, enforced by the kernel for good.

https://docs.kernel.org/userspace-api/landlock.html. Rights that a kernel does not know are left out, so
that the oldest version restricts files and newer ones also truncation, TCP, signals and abstract sockets.
What a version leaves open the system-call filter closes on every kernel (docs/trust.md has the list).
"""

import os
from collections.abc import Iterable

from grading.sandbox import kernel

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by version
_NET_VERSION, _SCOPE_VERSION = 4, 6
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE  # all else makes sense for folders only
READ = _READ_FILE | _READ_DIR
WRITE = (READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM
         | _REFER | _TRUNCATE)
# each handled right costs 8 bytes, of which older kernels know fewer
_SIZES = {1: 8, _NET_VERSION: 16, _SCOPE_VERSION: 24}
newest = 99  # versions above this are treated as unknown: lowered to see what older kernels leave open


def version() -> int:
    """The version whose rights are used; 0 where the kernel has no Landlock."""
    return min(kernel.landlock_version(), newest)


def ruleset(read: Iterable[str], write: Iterable[str]) -> int:
    """A descriptor of the rules: nothing but reading `read` and writing below `write`."""
    known = version()
    files = _newest(_FILES, known)
    fd = kernel.landlock_ruleset(files, 3 if known >= _NET_VERSION else 0,
                                 3 if known >= _SCOPE_VERSION else 0, _newest(_SIZES, known))
    for paths, rights in ((read, READ), (write, WRITE)):
        for path in paths:
            folder = os.path.isdir(path)
            kernel.landlock_allow(fd, path, rights & files & (-1 if folder else _ON_FILES))
    return fd


def readable(paths: Iterable[str], hidden: Iterable[str]) -> list[str]:
    """The paths, with each that holds something hidden replaced by what lies beside that.

    Landlock's rules allow whole trees, so that a tree with a hole is the list of all around the hole.
    """
    hidden = {os.path.realpath(h) for h in hidden}
    found: list[str] = []
    stack = [os.path.realpath(p) for p in paths if os.path.exists(p)]
    while stack:
        path = stack.pop()
        if path in hidden or any(path.startswith(h + os.sep) for h in hidden):
            continue
        if any(h.startswith(path.rstrip(os.sep) + os.sep) for h in hidden):
            stack += [e.path for e in os.scandir(path) if not e.is_symlink()]  # a link may lead into the hole
        else:
            found.append(path)
    return sorted(set(found))


def _newest(table: dict[int, int], version: int) -> int:
    return table[max(v for v in table if v <= version)]
