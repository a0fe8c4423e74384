"""The worker: runs the statements on which one answer depends, then the probe on that answer.

It serves one exercise of one submission and is then killed, so that nothing is carried from answer to
answer; its only connections are two pipes to the judge. The process has never held a secret: it gets
statements, then the source of a probe and hidden inputs, and sends back what the answer returned. It
computes no verdict, and nothing that it sends is believed to be one.
"""

import contextlib
from collections.abc import Callable
from typing import Any

from grading.checks.exercise import Failure
from grading.checks.interface import interface
from grading.checks.runner import run_in_process
from grading.sandbox import copy, frames
from grading.sandbox.frames import Frame
from grading.sandbox.shell import Bounded, TimeUp, explained, limit, make_shell, run_statement, seed_all

try:
    from genlab import _withheld as record  # only in the copy that a worker sees
except ImportError:
    record = None


class Worker:
    """One answer's worker. Its shell may have been made before many forks."""

    def __init__(self, source: int, sink: int, shell: Any = None, printed: Bounded | None = None):
        self.source, self.sink = source, sink
        self.answers: dict[str, Any] = {}
        self.printed = printed or Bounded()
        self.shell = shell or make_shell(self.printed)

    @classmethod
    def prepared(cls) -> Callable[[int, int], "Worker"]:
        """Makes the shell once; what is returned makes workers around it, one in each fork."""
        printed = Bounded()
        shell = make_shell(printed)
        run_statement(shell, "pass", 1, 60.0)  # the first one is slow
        seed_all(0)  # and so is this: it imports numpy.random
        return lambda source, sink: cls(source, sink, shell, printed)

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
            elif request.kind == "copy":
                copy.run_cells(self.shell, request.fields["cells"], request.fields["seconds"], self.send)

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
        """The frame with what the probe returned, or why it returned nothing."""
        number = request.fields["number"]
        result = self.call(request)
        called = list(dict.fromkeys(map(str, record.calls)))[:20] if record else []
        if not isinstance(result, Failure):
            try:
                return frames.encode(Frame("values", {"number": number, "called": called}, result))
            except frames.Malformed as error:
                result = Failure("malformed", str(error)[:300])
        fields = {"number": number, "called": called, "failure": as_fields(result)}
        return frames.encode(Frame("failure", fields))

    def call(self, request: Frame) -> Any:
        """Runs the probe on the answer, for no longer than it may take."""
        fields = request.fields
        try:
            with limit(fields["seconds"]):
                answer = self.answers[fields["id"]]
                result = interface(fields["name"], fields["defines"], answer)
                if result is None:
                    result = run_in_process(answer, fields["source"], request.values, fields["seed"])
                return result
        except TimeUp:
            return Failure("timeout", f"The limit is {fields['seconds']:g} s.")
        except (SystemExit, KeyboardInterrupt) as error:
            return Failure("died", f"It raised {type(error).__name__}.")
        except BaseException as error:
            return explained(error)


def as_fields(failure: Failure) -> dict:
    """A failure as the JSON of a frame."""
    message = ""
    with contextlib.suppress(Exception):
        message = str(failure.message)[:300]
    return {"kind": failure.kind, "message": message, "exception": str(failure.exception)[:60],
            "line": failure.line}
