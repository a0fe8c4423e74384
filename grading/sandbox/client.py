"""The judge's side of the workers of one submission: it waits no longer than it must, and believes nothing.

Whatever goes wrong over there (silence, an end, bytes that are no frame) becomes a `Failure`, that is
0 points with a reason. Only a worker that cannot even be started is a `GraderFault`.
"""

import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from grading.checks.exercise import Exercise, Failure, Values
from grading.ingest.select import Piece, Selection
from grading.sandbox import frames
from grading.sandbox.frames import Frame
from grading.sandbox.isolation import NoIsolation
from grading.sandbox.start import Connection, connect
from grading.sandbox.terms import Limits

_KINDS = {"not started", "wrong type", "raised", "withheld", "timeout", "died", "malformed"}
_MAX_HEADER = 1 << 20  # bytes of JSON that a worker may send in a frame


class GraderFault(RuntimeError):
    """Something of ours does not work: the submission could not be graded, which is nobody's 0."""


class NoAnswer(Exception):
    """There is nothing to probe, for the reason `failure`; no hidden inputs have been sent."""

    def __init__(self, failure: Failure):
        super().__init__(failure.message)
        self.failure = failure


class Stuck(Exception):
    """A statement did not come back."""

    def __init__(self, number: int, kind: str):
        super().__init__(kind)
        self.number, self.kind = number, kind


class Session:
    """One submission. Each probe has a fresh worker, in which the statements that its answer needs run.

    A statement that hangs or ends the process is left out and the others run again, so that it costs
    only what depends on it, and that only once.
    """

    def __init__(self, selection: Selection, *, seed: int, limits: Limits | None = None,
                 connect: Callable[[], Connection] = connect):
        self.selection, self.seed, self.limits = selection, seed, limits or Limits()
        self.faults: dict[tuple[int, int], Failure] = {}
        self.flags: list[str] = []
        self.isolation, self.walls = "", ()
        self.printed = ""
        self._connect, self._connection = connect, None
        self._end = time.monotonic() + self.limits.total
        self._left_out: set[int] = set()
        self._probes, self._lost = 0, None

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: Any) -> None:
        self._hang_up()

    def probe(self, exercise: Exercise, seed: int, source: str, inputs: Values) -> Values | Failure:
        """What the probe returns for the answer to this exercise, or why it returned nothing."""
        if exercise.id in self.selection.missing:
            raise NoAnswer(Failure("missing", self.selection.missing[exercise.id]))
        try:
            self._run(exercise)
            return self._asked(exercise, seed, source, inputs)
        finally:
            self._hang_up()

    def _asked(self, exercise: Exercise, seed: int, source: str, inputs: Values) -> Values | Failure:
        self._probes += 1
        fields = {"number": self._probes, "id": exercise.id, "name": exercise.name, "source": source,
                  "defines": exercise.defines, "seed": seed, "seconds": self.limits.probe}
        try:
            request = frames.encode(Frame("probe", fields, inputs))
        except frames.Malformed as error:
            raise GraderFault(f"the inputs of {exercise.id} cannot travel: {error}") from error
        try:
            left = self._left(self.limits.probe + self.limits.grace)
            end = time.monotonic() + left
            frames.write(self._connection.sink, request, left)
            left = max(0.0, end - time.monotonic())
            return self._answer(exercise, frames.read(self._connection.source, left, max_header=_MAX_HEADER))
        except (frames.Late, frames.Closed, frames.Malformed) as error:
            return _as_failure(error, self.limits.probe)

    def _answer(self, exercise: Exercise, frame: Frame) -> Values | Failure:
        if frame.fields.get("number") != self._probes:
            raise frames.Malformed("an answer to another question")
        failure = read_failure(frame.fields.get("failure")) if frame.kind == "failure" else None
        self._note_calls(exercise, frame.fields.get("called"), failure)
        if failure is not None:
            if failure.kind == "withheld" and failure.message not in self._connection.withheld:
                failure = replace(failure, message="genlab")
            return failure
        if frame.kind == "values":
            return dict(frame.values)
        raise frames.Malformed("an answer of no known kind")

    def _note_calls(self, exercise: Exercise, called: Any, failure: Failure | None) -> None:
        """For staff: what of the course's own an answer called, though it may have caught the error."""
        called = [c for c in called if isinstance(c, str)] if isinstance(called, list) else []
        known = [c for c in called if c in self._connection.withheld]
        for name in known:
            flag = f"{exercise.id}: called {name}"
            if failure is None or failure.kind != "withheld":
                flag += ", and went on without it"
            if flag not in self.flags:
                self.flags.append(flag)

    def _run(self, exercise: Exercise) -> None:
        """Has a worker run what the answer needs, without those statements that hang or end the process."""
        while True:
            needed = [i for i in self.selection.needed(exercise.id) if i not in self._left_out]
            if self._lost is None and self._left(1.0) <= 0:
                self._lost = Failure("timeout", f"The notebook's {self.limits.total:g} s were used up.")
            if self._lost is not None:
                raise NoAnswer(self._lost)
            pieces = [self.selection.pieces[i] for i in needed]
            try:
                kept = self._run_once(exercise, pieces)
                break
            except Stuck as stuck:
                self._hang_up()
                self._leave_out(needed[stuck.number], stuck.kind)
            except (frames.Late, frames.Closed, frames.Malformed) as error:
                raise NoAnswer(_as_failure(error, self.limits.statements)) from error
        if exercise.id not in kept:
            raise NoAnswer(self._why_not_kept(exercise))

    def _leave_out(self, number: int, kind: str) -> None:
        piece = self.selection.pieces[number]
        message = {"timeout": f"It was stopped after {self.limits.statement:g} s.",
                   "died": "It ended the process."}[kind]
        self.faults.setdefault((piece.cell, piece.line), Failure(kind, message, line=piece.line))
        self._left_out.add(number)
        if len(self._left_out) > self.limits.restarts:
            self._lost = Failure("died", "Too many statements of the notebook ended the process or did not "
                                         "come back.")

    def _why_not_kept(self, exercise: Exercise) -> Failure:
        for piece in self.selection.pieces:
            if exercise.id in piece.answers and (piece.cell, piece.line) in self.faults:
                return self.faults[piece.cell, piece.line]
        return Failure("missing", f"`{exercise.name}` is not there after its cell has run. "
                                  f"Define `{exercise.defines}`.")

    def _run_once(self, exercise: Exercise, pieces: list[Piece]) -> frozenset[str]:
        self._start()
        told = [[p.cell, p.line, p.source, {id: n for id, n in p.answers.items() if id == exercise.id}]
                for p in pieces]
        fields = {"pieces": told, "seconds": self.limits.statement, "seed": self.seed}
        end = time.monotonic() + self._left(self.limits.statements)
        frames.write(self._connection.sink, frames.encode(Frame("run", fields)), self.limits.statement)
        current, following = None, 0
        while True:
            left = end - time.monotonic()
            limit = self.limits.statement + self.limits.grace
            try:
                frame = frames.read(self._connection.source, min(limit, left), max_header=_MAX_HEADER)
            except (frames.Late, frames.Closed) as error:
                if current is None or (left <= limit and isinstance(error, frames.Late)):
                    raise
                raise Stuck(current, "timeout" if isinstance(error, frames.Late) else "died") from error
            if frame.kind == "ran":
                return self._ran(frame, {(p.cell, p.line) for p in pieces})
            current = frame.fields.get("number")
            # each once and in order, so that no statement lives longer by announcing others
            if frame.kind != "piece" or type(current) is not int or not current == following < len(pieces):
                raise frames.Malformed("a report of no known kind")
            following += 1

    def _ran(self, frame: Frame, sent: set[tuple[int, int]]) -> frozenset[str]:
        faults, kept = frame.fields.get("faults"), frame.fields.get("answers")
        if not isinstance(faults, list) or not isinstance(kept, list):
            raise frames.Malformed("a report that cannot be read")
        for fault in faults:
            if not isinstance(fault, list) or len(fault) != 3:
                raise frames.Malformed("a report that cannot be read")
            cell, line, failure = fault
            failure = read_failure(failure)
            if isinstance(cell, int) and isinstance(line, int) and (cell, line) in sent:
                if self._probes and self.isolation == "none":  # its words may come from an earlier probe
                    failure = replace(failure, message="")
                self.faults.setdefault((cell, line), failure)
        self.printed = self.printed or str(frame.values.get("printed", ""))
        return frozenset(k for k in kept if isinstance(k, str))

    def _start(self) -> None:
        try:
            self._connection = self._connect()
            ready = frames.read(self._connection.source, self.limits.start, max_header=_MAX_HEADER)
        except (OSError, NoIsolation, frames.Malformed) as error:
            self._hang_up()
            raise GraderFault(f"a worker cannot be started ({type(error).__name__}: {error}); "
                              f"is genlab installed into {sys.executable}?") from error
        if ready.kind != "ready":
            raise GraderFault(f"a worker began with {ready.kind!r}")
        self.isolation, self.walls = self._connection.isolation, self._connection.walls

    def _left(self, limit: float) -> float:
        return max(0.0, min(limit, self._end - time.monotonic()))

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def read_failure(data: Any) -> Failure:
    """A failure that a worker reports. Its kind and form are checked; its words are the student's."""
    if not isinstance(data, Mapping) or str(data.get("kind")) not in _KINDS:
        raise frames.Malformed("a failure that cannot be read")
    message, exception, line = data.get("message"), data.get("exception"), data.get("line")
    if not isinstance(exception, str) or not re.fullmatch(r"[A-Za-z_]\w{0,59}", exception):
        exception = "an error"
    line = line if isinstance(line, int) and 0 < line < 100_000 else None
    message = message[:300] if isinstance(message, str) else ""
    return Failure(data["kind"], message, exception, line)


def _as_failure(error: Exception, seconds: float) -> Failure:
    if isinstance(error, frames.Late):
        return Failure("timeout", f"The limit is {seconds:g} s.")
    if isinstance(error, frames.Closed):
        return Failure("died", "")
    return Failure("malformed", "")
