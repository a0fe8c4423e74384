"""What a worker gives up, for good, before it runs anything of a student's."""

import os
import signal
from collections.abc import Iterable

from grading.sandbox import jail, kernel, landlock, limits, syscalls

SECONDS = 300  # of processor time for one worker, should all other limits fail


def walls(tier: str) -> list[str]:
    """The walls of a process's own in this tier; RuntimeError where one that it promises is missing."""
    if tier == "none":
        return ["limits"]
    if not syscalls.known():
        raise RuntimeError(f"there is no system-call filter for {kernel.MACHINE}")
    version = landlock.version()
    if not version and tier == "landlock":
        raise RuntimeError("this kernel has no Landlock")
    return ([f"Landlock {version}"] if version else []) + ["system-call filter", "limits"]


def rules(tier: str, readable: Iterable[str], hidden: Iterable[str]) -> int:
    """Landlock's rules, made once where they are many; -1 where each worker makes its own."""
    if tier != "landlock":
        return -1
    places = [*readable, *jail.MACHINE, *(f"/dev/{name}" for name in jail.DEVICES), os.environ["HOME"]]
    return landlock.ruleset(landlock.readable(places, hidden), ["/dev/null"])


def confine(tier: str, keep: Iterable[int], rules: int, seconds: int = SECONDS) -> None:
    """Keeps these descriptors and drops all else: files, capabilities, system calls, memory and time without end."""
    os.chdir(os.environ.get("HOME", "/"))
    _close_all_but({*keep, *([rules] if rules >= 0 else [])})
    limits.apply(seconds)
    if tier == "none":
        os.setsid()
        return
    kernel.die_with_parent(signal.SIGKILL)
    kernel.drop_capabilities()
    kernel.no_new_privileges()
    if tier == "namespaces" and landlock.version():
        rules = landlock.ruleset([f"/{name}" for name in os.listdir("/") if name != "proc"], ["/dev/null"])
    if rules >= 0:
        kernel.landlock_restrict(rules)
        os.close(rules)
    syscalls.install()


def _close_all_but(keep: set[int]) -> None:
    last = 2
    for fd in [*sorted(fd for fd in keep if fd > 2), 4096]:
        if fd > last + 1:  # closerange takes an empty range for all there is
            os.closerange(last + 1, fd)
        last = fd
