"""What an exercise is: the specification from which check, judge, lesson and report all read.

An exercise lives in `grading/exercises/<prefix>/<name>.py`, as the variable `exercise`: what a maintainer
edits. Beside it `<name>_answers.py` holds `mistakes`, `also_right` and `equivalent_mutants`: tables that grow
and that nobody has to read to understand a check. Four plain functions carry an exercise:

    inputs(rng, n=1)        draws the hidden inputs: tensors, numbers and strings by name
    probe(answer, **inputs) calls the answer and returns plain named tensors, numbers and strings
    reference(...)          a right answer; `use` hands it to a student who is stuck
    truth(...)              optional: the same by an independent route

The probe is the only part that runs beside the student's code, so it returns what the answer
returned and never a verdict. Everything else stays with the judge.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from typing import Any

Values = Mapping[str, Any]  # tensors, numbers and strings by name


@dataclass(frozen=True)
class Failure:
    """Why a probe returned nothing: data, so that it can cross from a worker to the judge.

    kind: "not started", "missing", "wrong type", "raised", "withheld", "timeout", "died" or "malformed".
    """

    kind: str
    message: str
    exception: str = ""
    line: int | None = None
    where: str = ""  # the line's text and the call; known only in this process


@dataclass(frozen=True, init=False)
class Compare:
    """One idea: named values that must agree with the expected ones, and the sentence if they do not.

    Args:
        names: of values that the probe returns.
        points: for this idea.
        says: the sentence that a student reads when only this is known.
        shape: the expected shape in words, such as "(B,)"; the true one is that of the expected value.
        tolerance: relative; by default that of the values' dtype.
        test: a law in place of equality, `test(inputs, got, expected, n) -> (ok, measured, wanted)`.
        false_refusal: for random values, the analytic bound on refusing a right answer in one draw.
            Its presence lets the judge draw again, with four times as much, before it refuses.
        resolution: two answers whose `measured` differ by less than this made the same mistake.
        what: what the student's code gave, in its own words, such as "`elbo`" or "the gradient of `elbo` with
            respect to `mu`"; a mapping where the names differ. Messages say this and never a probe's name.
    """

    names: tuple[str, ...]
    points: float
    says: str
    shape: str | None = None
    tolerance: float | None = None
    test: Callable[..., tuple[bool, Any, Any]] | None = None
    false_refusal: float | None = None
    resolution: float = 0.0
    what: str | Mapping[str, str] | None = None

    def __init__(self, *names: str, **options):
        known = {"points", "says", "shape", "tolerance", "test", "false_refusal", "resolution", "what"}
        if set(options) - known or not names or "points" not in options or "says" not in options:
            raise TypeError(f"Compare(*names, points=, says=, ...): cannot read {names}, {sorted(options)}")
        object.__setattr__(self, "names", names)
        for name, value in options.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Mistake:
    """A plausible wrong answer as runnable code, and the sentence that names it."""

    answer: Any
    says: str

    @property
    def name(self) -> str:
        return self.answer.__name__


@dataclass(frozen=True)
class Answers:
    """The tables of an exercise that has no file beside it."""

    mistakes: Sequence[Mistake] = ()
    also_right: Sequence[Any] = ()
    equivalent_mutants: Mapping[str, str] = field(default_factory=dict)


@cache
def _source(function: Callable) -> str:
    return inspect.getsource(function)


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise; see the head of this file. Points are those of its comparisons."""

    id: str
    defines: str
    core: bool
    points: float
    level: int
    minutes: int
    hints: Sequence[str]
    inputs: Callable[..., Values]
    probe: Callable[..., Values]
    reference: Any
    comparisons: Sequence[Compare]
    truth: Any = None
    withholds: Sequence[str] = ()
    all_or_nothing: bool = False
    mutates: Sequence[str] = ()  # inputs that an answer may change in place; see compare.unchanged
    afterwards: str = ""  # one sentence, told after a pass, that was not known before
    answers: Answers | None = None  # the tables, if they are not in the file beside this one

    def __post_init__(self):
        total = sum(c.points for c in self.comparisons)
        if abs(total - self.points) > 1e-9:
            raise ValueError(f"{self.id}: the comparisons give {total} points, the exercise {self.points}")
        if len(self.hints) != 3:
            raise ValueError(f"{self.id}: three hints of rising directness, not {len(self.hints)}")

    @property
    def name(self) -> str:
        """The name that the student defines: `elbo` of `elbo(x, logits, mu, logvar)`."""
        return self.defines.removeprefix("class ").split("(")[0].strip()

    @cached_property
    def _answers(self) -> Any:
        """The tables beside the exercise's file, read when first asked for."""
        return self.answers or import_module(f"{self.probe.__module__}_answers")

    @property
    def mistakes(self) -> Sequence[Mistake]:
        """Wrong answers with the sentence that names each."""
        return self._answers.mistakes

    @property
    def also_right(self) -> Sequence[Any]:
        """Right answers that are written differently."""
        return self._answers.also_right

    @property
    def equivalent_mutants(self) -> Mapping[str, str]:
        """Edits of the solution that change nothing, with the reason."""
        return getattr(self._answers, "equivalent_mutants", {})

    @property
    def probe_source(self) -> str:
        """The source text of the probe: all that travels to a worker."""
        return _source(self.probe)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A number written down before the cell that measures it: no points, checked only in the notebook.

    Args:
        value: the right number.
        tolerance: largest accepted distance from it.
        says: what to think of when the number is wrong.
        right: one sentence that confirms a right one with its reason.
        mistakes: other numbers that are likely, each with its sentence.
    """

    id: str
    value: float
    tolerance: float
    says: str
    right: str
    hints: Sequence[str]
    mistakes: Mapping[float, str] = field(default_factory=dict)
    points: float = 0


@dataclass(frozen=True, kw_only=True)
class Classification:
    """A word for each of several things, chosen from a few, before the lesson says which: no points.

    Args:
        value: the right word for each thing, in the order in which a wrong one is spoken about.
        choices: the words to choose from.
        says: what to think of when a word is wrong; `{thing}` stands for what it was said of.
        right: one sentence that confirms the whole table.
        mistakes: (thing, word) that are likely, each with its sentence.
    """

    id: str
    value: Mapping[str, str]
    choices: Sequence[str]
    says: str
    right: str
    hints: Sequence[str]
    mistakes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    points: float = 0
