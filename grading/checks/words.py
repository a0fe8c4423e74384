"""What a student reads about one comparison: it names their function and argument, never a probe's value."""

import re

from grading.checks.compare import Outcome
from grading.checks.exercise import Compare, Exercise, Failure
from grading.checks.probing import DTYPE
from grading.checks.runner import SETTINGS

# PyTorch's own errors: what is in them, and the slip that usually causes them.
SLIPS = [
    (r"all elements of (input|target) should be between 0 and 1|between 0 and 1",
     "binary cross-entropy was given logits: use the version `..._with_logits`, or probabilities"),
    (r"sum\(\): argument 'input'.*(tuple|list)|sum\(\).*must be Tensor, not (tuple|list|int)",
     "a sum over no terms is a plain number: begin it with a tensor of zeros"),
    (r"'(int|float)' object has no attribute|must be Tensor, not (int|float)",
     "a plain number stands where a tensor is expected, such as the sum over nothing"),
    (DTYPE.pattern,
     "two dtypes meet: make new tensors with the dtype of the arguments (`torch.zeros(..., dtype=x.dtype)`, "
     "`torch.randn_like(x)`)"),
    (r"size of tensor a .* must match the size of tensor b|not broadcastable",
     "two shapes do not fit: a sum over another axis than the last (`sum(dim=0)` adds up the batch), or a "
     "missing `keepdim=True`"),
    (r"shapes cannot be multiplied|inconsistent tensor size",
     "the matrix product meets shapes that do not fit"),
    (r"modified by an inplace operation|leaf Variable that requires grad",
     "an argument is changed in place: work on a copy, or write `x = x + 1` instead of `x += 1`"),
    (r"does not require grad|grad can be implicitly",
     "the gradient was cut: no `detach`, `no_grad` or `item`"),
]


def what(exercise: Exercise, rule: Compare, name: str) -> str:
    """What the student's code gave, in words: the rule's own, else the function or a gradient of it."""
    words = rule.what if isinstance(rule.what, str) or rule.what is None else rule.what.get(name)
    if words:
        return words
    if name.startswith("d_"):
        return f"the gradient of `{exercise.name}` with respect to `{name[2:]}`"
    return f"`{exercise.name}`"


def sentence(exercise: Exercise, rule: Compare, outcome: Outcome) -> str:
    """Which property failed and what to look at; the numbers are told beside it."""
    it = what(exercise, rule, outcome.name)
    start = it if it.startswith("`") else it[0].upper() + it[1:]
    if outcome.why == "missing":
        return f"{start} gave nothing here. {rule.says}"
    if outcome.why == "kind":
        return f"{start} should be {_kind(outcome.wanted)}, not {_kind(outcome.measured)}. {rule.says}"
    if outcome.why == "raised":
        return f"{start} {outcome.measured} here. {rule.says}"
    if outcome.why == "unrefused":
        return f"{start} should raise a {outcome.wanted} here, and {outcome.measured}. {rule.says}"
    if outcome.why == "shape":
        return f"{_shape(start, rule, outcome)} {rule.says}"
    if outcome.why == "finite":
        return (f"{start} holds inf or nan: look for 0/0, log 0, the root of a negative number, an "
                f"exponential that overflows. {rule.says}")
    return rule.says


def _kind(word) -> str:
    return {"NoneType": "None (is a `return` missing?)", "Tensor": "a tensor", "float": "a number",
            "int": "a number"}.get(str(word), f"a {word}")


def _shape(start: str, rule: Compare, outcome: Outcome) -> str:
    wanted, got = outcome.wanted, outcome.measured
    named = f"{rule.shape} = {wanted}" if rule.shape not in (None, "()") else f"{wanted}"
    base = f"{start} should have shape {named}, not {sizes(got)}"
    if len(wanted) == 1 and wanted[0] > 1:
        n = wanted[0]
        letter = (rule.shape or "").strip("(), ")
        each = f"the {letter} = {n}" if letter.isidentifier() else f"the {n}"
        if got == ():
            return (f"{base}: one number for each of {each}, not a single number; do not sum or average "
                    "over them.")
        if got in ((n, 1), (1, n)):
            return f"{base}: an axis of length 1 too many; leave out `keepdim=True` or `squeeze` it."
        if got == (n, n):
            return f"{base}: shapes ({n},) and ({n}, 1) met and were broadcast to a table."
    if got == (1,) and wanted == ():
        return f"{base}: a single number, without an axis."
    if len(got) == len(wanted) + 1 and tuple(s for s in got if s != 1) == tuple(s for s in wanted if s != 1):
        return f"{base}: an axis of length 1 too many."
    return f"{base}."


def sizes(shape: tuple[int, ...]) -> str:
    """A shape in words. One chosen to carry hidden inputs into the feedback stays out of it."""
    return str(shape) if len(shape) <= 5 and max(shape, default=0) < 10_000 else "a much larger one"


def raised(exercise: Exercise, failure: Failure) -> str:
    """An exception in the student's code: where, what PyTorch said, and the slip that usually causes it."""
    where = f" (line {failure.line} of the cell)" if failure.line else ""
    place = f" at {failure.where}" if failure.where else ""
    slip = next((says for pattern, says in SLIPS if re.search(pattern, failure.message)), "")
    return (f"Your code raised {failure.exception}: {failure.message.rstrip('.')}{where}{place}. "
            + (f"Often: {slip}. " if slip else "") + f"The signature is `{exercise.defines}`.")


def changed(exercise: Exercise, label: str) -> str:
    """The sentence about an argument that was changed in place, or about a setting of PyTorch that was."""
    if label == SETTINGS:
        return (f"`{exercise.name}` changes a setting of PyTorch for everything that runs afterwards: no "
                "`torch.manual_seed`, `set_grad_enabled` or `set_default_dtype` in it.")
    return f"`{exercise.name}` changes its argument `{label}` in place: work on a copy."
