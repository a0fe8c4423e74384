"""On what terms a worker works: what it may spend and see, and how long a judge waits for it."""

from dataclasses import dataclass

from grading.sandbox.confine import SECONDS


@dataclass(frozen=True)
class Terms:
    """What a worker may do less than another one; by default nothing less.

    Args:
        seconds: of processor time for all that it does, from its start; the kernel ends it two seconds later.
        hidden: files and folders of this machine that it does not see, beside the course.
        left_out: files that its copy of genlab lacks, such as `weights/*.safetensors`.
    """

    seconds: int = SECONDS
    hidden: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


FULL = Terms()


@dataclass(frozen=True)
class Limits:
    """Seconds for one statement, all of them, one probe, everything, the start; how often to start anew."""

    statement: float = 10.0
    statements: float = 60.0
    probe: float = 10.0
    total: float = 180.0
    start: float = 120.0
    restarts: int = 4
    grace: float = 0.8
