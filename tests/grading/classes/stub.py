"""A grader in place of `grade_one` that takes no time: what becomes of marks, not how they come about."""

import hashlib
import os
import time

import genlab
from grading.report.grade import FORMAT

LOG = "GENLAB_TEST_LOG"  # a file to which each call adds the student's name


def grade(submission, settings, *, pause: float = 0.0) -> dict:
    """A record of the form that `grade_one` makes. The mark, 0 to 4, comes from the bytes alone.

    Bytes that hold `die` end the process, and `mark=N` sets the mark.
    """
    if os.environ.get(LOG):
        with open(os.environ[LOG], "a") as log:
            log.write(submission.student + "\n")
    time.sleep(pause)
    data = b"".join(d for _, d in submission.files if isinstance(d, bytes))
    if b"die" in data:
        os._exit(9)
    problem = submission.problem or next((d for _, d in submission.files if isinstance(d, str)), "")
    points = int(data.split(b"mark=")[1][:1]) if b"mark=" in data else hashlib.sha256(data).digest()[0] % 5
    verdict = {"id": "vae-elbo", "passed": points == 4, "points": points, "out_of": 4, "message": "",
               "items": [], "status": "right" if points == 4 else "wrong", "hints": [], "mistake": ""}
    return {"format": FORMAT, "student": submission.student, "file": submission.name,
            "fingerprint": submission.fingerprint(), "lesson": "10_vae", "assignment": None,
            "content": hashlib.sha256(data).hexdigest(), "status": "ungradable" if problem else "graded",
            "message": problem, "points": None if problem else points, "out_of": None if problem else 4,
            "exercises": [] if problem else [verdict], "warnings": [], "flags": [],
            "isolation": settings.isolation, "walls": [], "genlab": genlab.__version__, "seconds": 0.0,
            "attempt": None, "submitted": None, "override": None}


def slow(submission, settings) -> dict:
    """Some milliseconds, so that a kill finds it at work."""
    return grade(submission, settings, pause=0.004)


def large(submission, settings) -> dict:
    """A record of 20 kB."""
    return grade(submission, settings) | {"content": os.urandom(10_000).hex()}
