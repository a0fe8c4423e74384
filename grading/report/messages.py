"""What feedback may repeat of an error that a submission raised on hidden inputs.

The words of such an error are the student's and may hold what the inputs were, so only the well-known
forms of Python's and torch's own messages are repeated, and in them only names that stand in the
submission's code or belong to Python and torch, and numbers of up to four digits: a name or a size can be
made while the code runs, out of what it sees. The rest is read in the notebook, where `check` shows it whole.
"""

import builtins
import re
import types
from collections.abc import Collection
from dataclasses import replace

import torch

from grading.checks.exercise import Exercise, Failure
from grading.checks.judge import failed
from grading.checks.verdict import Verdict

_NAME = r"[A-Za-z_][\w.]{0,40}"
_SIZES = r"[\[(]?(?:torch\.Size\(\[)?[\d, x]{0,24}[\])]{0,3}"
_FORMS = [re.compile(form) for form in (
    rf"name '{_NAME}' is not defined", rf"type object '{_NAME}' has no attribute '{_NAME}'",
    rf"'{_NAME}' object has no attribute '{_NAME}'", rf"module '{_NAME}' has no attribute '{_NAME}'",
    rf"No module named '{_NAME}'", rf"cannot import name '{_NAME}' from '{_NAME}'",
    rf"'{_NAME}' object is not (?:callable|subscriptable|iterable)",
    rf"{_NAME}\(\) missing \d required (?:positional|keyword-only) arguments?: [\w', ]{{1,80}}",
    rf"{_NAME}\(\) takes (?:from )?\d(?: to \d)? positional arguments? but \d (?:was|were) given",
    rf"{_NAME}\(\) got an unexpected keyword argument '{_NAME}'",
    rf"unsupported operand type\(s\) for [^\s]{{1,8}}(?: or pow\(\))?: '{_NAME}' and '{_NAME}'",
    rf"cannot access local variable '{_NAME}' where it is not associated with a value",
    rf"local variable '{_NAME}' referenced before assignment",
    r"not enough values to unpack \(expected \d, got \d\)", r"too many values to unpack \(expected \d\)",
    r"division by zero", r"maximum recursion depth exceeded.{0,40}",
    rf"mat1 and mat2 shapes cannot be multiplied {_SIZES}",
    rf"The size of tensor a \({_SIZES} must match the size of tensor b \({_SIZES} "
    r"at non-singleton dimension \d",
    rf"shape '{_SIZES}' is invalid for input of size \d{{1,7}}",
    r"Dimension out of range \(expected to be in range of \[-?\d, -?\d\], but got -?\d\)",
    rf"Target size \({_SIZES} must be the same as input size \({_SIZES}",
    r"element 0 of tensors does not require grad and does not have a grad_fn",
    r"One of the differentiated Tensors does not require grad",
    r"expected (?:scalar type|m1 and m2 to have the same dtype, but got:) \w+ (?:but found|!=) \w+",
    r"a leaf Variable that requires grad is being used in an in-place operation\.?",
    r"Torch not compiled with CUDA enabled",
)]
_OPENINGS = (
    "Found no NVIDIA driver", "Expected all tensors to be on the same device",
    "one of the variables needed for gradient computation has been modified by an inplace operation",
    "Trying to backward through the graph a second time",
)
_TORCH = {"OutOfMemoryError", "LinAlgError", "_LinAlgError"}
_OURS = re.compile(rf"[\w `]{{1,60}} should (?:return \d? ?(?:a )?tensors?|be a (?:function|class)), not "
                   rf"(?:\d{{1,3}} values|{_NAME}(?: \(is a `return` missing\?\))?)|"
                   rf"`{_NAME}` should be a (?:function|class)|This `{_NAME}` is genlab's own: write yours|"
                   rf"`{_NAME}` is neither a tensor nor a number nor a short string, but {_NAME}|"
                   rf"`{_NAME}` is a tensor of kind [\w.]{{1,20}}, [\w.]{{1,20}}, \w{{1,10}}|"
                   rf"The probe returned no values\.|The limit is \d+ s\.|It raised \w{{1,20}}\.|"
                   rf"It ended with (?:signal|exit status) \d{{1,3}}\.|genlab(?:\.\w+){{0,6}}|"
                   rf"Your (?:class has no parameter|layer) '[\w.]{{1,60}}'[\w :,()]{{0,120}}")
_WORD = re.compile(r"\w+")
_LIBRARY = {*dir(builtins), *dir(types), *dir(torch), *dir(torch.Tensor), "NoneType", "function", "method",
            "module", "builtin_function_or_method", "weight", "bias"}
_WRITTEN = {w for form in (*_FORMS, _OURS) for w in re.findall(r"[A-Za-z]+", form.pattern)}
_VOCABULARY = {"The", "answer", *_WRITTEN, *_LIBRARY}
_REFUSED = ("[Errno 1] Operation not permitted", "[Errno 13] Permission denied")
_WALLS = (" While it is graded, code can write no file, change no file's mode, start no program and open no "
          "connection: keep what you need in variables.")
_CUDA = " The grader has no GPU: take the device from the tensors that you are given."


def public(exercise: Exercise, verdict: Verdict, failure: Failure, known: Collection[str]) -> Verdict:
    """The verdict with only what may be shown of the failure's words; `known` are those of the code."""
    if failure.kind == "missing" or verdict.message != failed(exercise, failure).message:
        return verdict  # the words are the grader's own
    if failure.kind == "not started" and exercise.id not in failure.message:
        failure = replace(failure, kind="raised")  # of the student's, not the stub's
    own = failure.exception not in vars(builtins) and failure.exception not in _TORCH
    return failed(exercise, replace(failure, message=shown(exercise, failure, known),
                                    exception="an error of its own" if own else failure.exception))


def remedy(message: str) -> str:
    """What to do about an error that only the grader's machine raises: it has no GPU, and walls."""
    if message.startswith(_REFUSED):
        return _WALLS
    return _CUDA if "NVIDIA" in message or "CUDA" in message else ""


def words(text: str) -> set[str]:
    """Every name in a text, that of code for instance."""
    return set(_WORD.findall(text))


def shown(exercise: Exercise, failure: Failure, known: Collection[str]) -> str:
    """The failure's message if its form is well known, else where to read it."""
    message = failure.message
    if failure.kind == "not started":
        return exercise.id
    for opening in (*_OPENINGS, *_REFUSED):
        if message.startswith(opening):
            return opening + "." + (_CUDA if "device" in opening else remedy(opening))
    ours = _VOCABULARY | words(exercise.defines) | words(exercise.probe_source)
    harmless = all(w in known or w in ours or (w.isdecimal() and len(w) <= 4) for w in words(message))
    if harmless and any(form.fullmatch(message) for form in _FORMS):
        return message + ("." + remedy(message) if remedy(message) else "")
    if failure.kind == "withheld" or (harmless and failure.kind != "raised" and _OURS.fullmatch(message)):
        return message  # what is withheld was looked up among the course's own names
    return f'(run check("{exercise.id}", {exercise.name}) in your notebook to read the message)'
