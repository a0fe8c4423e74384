"""Running a probe in this process: for the notebook's `check`, and for answers of our own."""

import contextlib
import math
import random
import traceback
from typing import Any

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grading.checks import probing
from grading.checks.exercise import Failure, Values

AFTER = "after/"  # begins the names of final states
FLAG, MODULE, NUMBERS = "?", "~", "+"  # what kind of state it is
SETTINGS = "torch"  # stands for PyTorch's settings where an argument's name stands
MOST = 8  # that many copies of one argument travel


def run_in_process(answer: Any, probe_source: str, inputs: Values, seed: int) -> Values | Failure:
    """What the probe returns for `answer`, or why it returned nothing.

    Inputs are copied first, the global random state is seeded for the run and restored after it.
    """
    space = {"torch": torch, "F": F, "nn": nn, "math": math, "probing": probing}
    exec(compile(probe_source, "<probe>", "exec"), space)
    with plain_torch(), random_state(seed):
        copies = {k: v.clone() if isinstance(v, Tensor) else v for k, v in inputs.items()}
        try:
            probing._watched[:] = [(k, v, None) for k, v in copies.items() if isinstance(v, Tensor)]
            values = plain(space["probe"](answer, **copies))
            settings = {f"{AFTER}{SETTINGS}/{NUMBERS}0": _settings(seed)}
            return values if isinstance(values, Failure) else values | _afterwards() | settings
        except SystemExit:
            return Failure("died", "It raised SystemExit.")
        except Exception as error:
            return explain(error, answer)
        finally:
            probing._watched.clear()


def _afterwards() -> Values:
    """What was handed over, as it is after the calls, under names that no probe uses."""
    found: dict[str, list] = {}
    with torch.no_grad():
        for label, value, batch in list(probing._watched):
            found.setdefault(label, []).append(_states(value, batch))
    return {f"{AFTER}{label}/{mark}{i}": state for label, states in found.items()
            for i, parts in enumerate(states[:MOST]) for mark, state in parts.items()}


def _states(value: Any, batch: Any) -> dict[str, Tensor]:
    """States by a mark that says how exactly they are compared.

    A tensor as it is, to be compared with the judge's own, and its flag; a module's state, with what it computes;
    the numbers of anything else.
    """
    if isinstance(value, Tensor):
        return {"": _plain_tensor(value), FLAG: torch.tensor(float(value.requires_grad))}
    return {MODULE if isinstance(value, nn.Module) else NUMBERS: probing.state(value, batch)}


def _settings(seed: int) -> Tensor:
    """PyTorch's own settings that an answer may have changed for everyone: gradients, default dtype, the seed."""
    default = torch.empty(0).dtype
    return torch.tensor([torch.is_grad_enabled(), default == torch.float32, default == torch.float64,
                         torch.default_generator.initial_seed() == seed]).double()


@contextlib.contextmanager
def random_state(seed: int):
    """Seeds torch, numpy and random, and puts back what they were."""
    before = random.getstate(), numpy.random.get_state(), torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # an accelerator's generators stay as they are
        random.seed(seed)
        numpy.random.seed(seed % 2**32)
        try:
            yield
        finally:
            random.setstate(before[0])
            numpy.random.set_state(before[1])
            torch.set_default_dtype(before[2])


@contextlib.contextmanager
def plain_torch():
    """Gradients on, full precision and the CPU, whatever the notebook has set for itself."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(torch.autocast("cpu", enabled=False))
        if not _on_cpu():
            stack.enter_context(torch.device("cpu"))
        yield


def _on_cpu() -> bool:
    try:
        return torch.get_default_device().type == "cpu"
    except (AssertionError, RuntimeError):  # set to a device that is not there
        return False


def plain(values: Any) -> Values | Failure:
    """The probe's values as plain tensors, numbers and strings."""
    if not isinstance(values, dict):
        return Failure("malformed", "The probe returned no values.")
    return {str(k): _plain_tensor(v) if isinstance(v, Tensor) else v for k, v in values.items()}


def _plain_tensor(value: Tensor) -> Tensor:
    value = value.detach().as_subclass(Tensor)
    return (value if value.layout is torch.strided else value.to_dense()).clone()


def explain(error: BaseException, answer: Any = None) -> Failure:
    """An exception as data: its kind, and the line of the student's code and the call that raised it."""
    try:
        words = " ".join(str(error).split())[:300]
    except Exception:  # an error of the student's own whose text fails
        words = ""
    if isinstance(error, NotImplementedError):
        return Failure("not started", words, "NotImplementedError")
    if type(error).__module__ == "genlab._withheld":  # only in a worker
        return Failure("withheld", words, "Withheld")
    if isinstance(error, probing.WrongType):
        return Failure("wrong type", words, "TypeError")
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if "ipykernel" in f.filename or f.filename.startswith("<ipython-input")]
    line = frames[-1].lineno if frames else None
    text = frames[-1].line if frames else ""
    where = [f"`{text}`"] if text else []
    return Failure("raised", words, type(error).__name__, line, ", ".join(where + _call(error, answer)))


def _call(error: BaseException, answer: Any) -> list[str]:
    """The numbers with which the answer was called, such as `for seen = (0, 1, 1)`; tensors are left out."""
    code, found = getattr(answer, "__code__", None), []
    trace = error.__traceback__
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        if code is not None and frame.f_code is code:
            names = code.co_varnames[:code.co_argcount]
            found = [f"{n} = {frame.f_locals[n]}" for n in names if _short(frame.f_locals.get(n))]
    return [f"for {', '.join(found)}"] if found else []


def _short(value: Any) -> bool:
    numbers = value if isinstance(value, (tuple, list)) and len(value) <= 8 else [value]
    return all(type(v) in (int, float, bool) for v in numbers)
