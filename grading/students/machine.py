"""Cores, memory and space of this machine, as far as a container lets us see them; None where nothing is told."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

GB = 1e9
_CGROUP = Path("/sys/fs/cgroup")


def cores() -> int:
    """Processor cores that this process may use: fewer than the machine's in a container or a batch job."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup("cpu.max")  # "200000 100000" is two cores, "max 100000" no limit
    if quota and quota[0] != "max":
        count = min(count, max(1, round(int(quota[0]) / int(quota[1]))))
    return count


def memory() -> tuple[float | None, float | None]:
    """Bytes of memory in all, and those that are free for programs."""
    total, free = _linux_memory() if sys.platform == "linux" else _other_memory()
    limit, used = _cgroup("memory.max"), _cgroup("memory.current")
    if limit and limit[0] != "max" and total and int(limit[0]) < total:
        total = float(limit[0])
        rest = total - int(used[0]) if used else total
        free = rest if free is None else min(free, rest)
    return total, free


def _linux_memory() -> tuple[float | None, float | None]:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None, None
    kilobytes = {line.split(":")[0]: float(line.split()[1]) for line in lines}
    return kilobytes.get("MemTotal", 0) * 1024 or None, kilobytes.get("MemAvailable", 0) * 1024 or None


def _other_memory() -> tuple[float | None, float | None]:
    try:
        if sys.platform == "win32":
            return _windows_memory()
        told = subprocess.run(["sysctl", "-n", "hw.memsize"], capture_output=True, text=True, timeout=5)
        return float(told.stdout), None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None, None


def _windows_memory() -> tuple[float, float]:
    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong),
                    *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e"))]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return float(status.total), float(status.free)


def _cgroup(name: str) -> list[str] | None:
    try:
        return (_CGROUP / name).read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
