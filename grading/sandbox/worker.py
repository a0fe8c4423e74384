"""The worker: runs one submission's statements, then answers probes, each in a fork of its own.

    python -I -m grading.sandbox.worker READ WRITE

READ and WRITE are inherited pipes to the judge and its only connection. The process has never held a
secret: it gets statements, the source of one probe at a time and hidden inputs, and sends back what
the answers returned. It computes no verdict, and nothing that it sends is believed to be one.
"""

import os
import signal
import sys
import time
from typing import Any

import torch

from grading.exercise import Failure
from grading.interface import interface
from grading.runner import run_in_process
from grading.sandbox import frames
from grading.sandbox.frames import Frame
from grading.sandbox.shell import Bounded, TimeUp, explained, make_shell, run_statement, seed_all

_GRACE = 0.3  # seconds in which a child that has hung up may end by itself


class Worker:
    """One submission. `prepare` may happen once before many forks; `serve` belongs to one submission."""

    def __init__(self, source: int, sink: int):
        self.source, self.sink = source, sink
        self.answers: dict[str, Any] = {}
        self.printed = Bounded()
        self.shell = make_shell(self.printed)

    def serve(self) -> None:
        """Answers the judge's frames until it hangs up."""
        self.send(Frame("ready"))
        while True:
            try:
                request = frames.read(self.source)
            except frames.Closed:
                return
            if request.kind == "run":
                self.run(**request.fields)
            elif request.kind == "probe":
                frames.write(self.sink, self.probe(request))

    def send(self, frame: Frame) -> None:
        frames.write(self.sink, frames.encode(frame))

    def run(self, pieces: list, seconds: float, seed: int) -> None:
        """Runs the statements in order, tells before each that it begins, and keeps the answers."""
        seed_all(seed)
        faults = []
        for number, (cell, line, source, answers) in enumerate(pieces):
            self.send(Frame("piece", {"number": number}))
            failure = run_statement(self.shell, source, line, seconds)
            if failure is None:
                space = self.shell.user_ns
                self.answers.update({id: space[name] for id, name in answers.items() if name in space})
            else:
                faults.append([cell, line, as_fields(failure)])
        report = {"faults": faults[:200], "answers": sorted(self.answers)}
        self.send(Frame("ran", report, {"printed": self.printed.getvalue()}))

    def probe(self, request: Frame) -> bytes:
        """The frame that a child writes about one answer, or one that says how the child ended."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reader)
                frames.write(writer, self.child(request))
            finally:
                os._exit(0)
        os.close(writer)
        data, problem = b"", None
        try:
            data = frames.join(*frames.read_raw(reader, request.fields["seconds"]))
        except (frames.Late, frames.Closed, frames.Malformed) as error:
            problem = error
        os.close(reader)
        status = _reap(pid, _GRACE if isinstance(problem, frames.Closed) else 0)
        return data if problem is None else _ended(problem, status, request)

    def child(self, request: Frame) -> bytes:
        """Runs the probe on the answer: what it returned, or why it returned nothing."""
        for fd in (self.source, self.sink):
            os.close(fd)
        fields = request.fields
        try:
            answer = self.answers[fields["id"]]
            result = interface(fields["name"], fields["defines"], answer)
            if result is None:
                result = run_in_process(answer, fields["source"], request.values, fields["seed"])
        except (SystemExit, KeyboardInterrupt, TimeUp) as error:
            result = Failure("died", f"It raised {type(error).__name__}.")
        except BaseException as error:
            result = explained(error)
        if isinstance(result, Failure):
            return _failure(result, fields["number"])
        try:
            return frames.encode(Frame("values", {"number": fields["number"]}, result))
        except frames.Malformed as error:
            return _failure(Failure("malformed", str(error)[:300]), fields["number"])


def _ended(problem: Exception, status: int, request: Frame) -> bytes:
    """The frame that says why a child wrote none."""
    if isinstance(problem, frames.Late):
        failure = Failure("timeout", f"The limit is {request.fields['seconds']:g} s.")
    elif isinstance(problem, frames.Malformed):
        failure = Failure("malformed", str(problem))
    else:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        failure = Failure("died", f"It ended with {how}.")
    return _failure(failure, request.fields["number"])


def as_fields(failure: Failure) -> dict:
    """A failure as the JSON of a frame."""
    message = str(failure.message)[:300]
    return {"kind": failure.kind, "message": message, "exception": str(failure.exception)[:60],
            "line": failure.line}


def _failure(failure: Failure, number: int) -> bytes:
    return frames.encode(Frame("failure", {"number": number, "failure": as_fields(failure)}))


def _reap(pid: int, seconds: float) -> int:
    """Waits for a child, kills it after `seconds`; its exit status, or minus the signal that ended it."""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except (ChildProcessError, ProcessLookupError):  # a submission may have told the system not to keep it
        return 0


def limit_resources() -> None:
    """Coarse limits, so that an accident does not take the machine along."""
    import resource

    for name, size in {"RLIMIT_DATA": 2 << 30, "RLIMIT_FSIZE": 256 << 20, "RLIMIT_CORE": 0}.items():
        if hasattr(resource, name):
            _, hard = resource.getrlimit(getattr(resource, name))
            size = size if hard == resource.RLIM_INFINITY else min(size, hard)
            resource.setrlimit(getattr(resource, name), (size, size))


def prepare() -> None:
    """What need not be done anew for each submission; runs before any of a student's code."""
    torch.set_num_threads(1)
    limit_resources()


def main() -> None:
    prepare()
    Worker(int(sys.argv[1]), int(sys.argv[2])).serve()


if __name__ == "__main__":
    main()
