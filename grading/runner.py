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

from grading import probing
from grading.exercise import Failure, Values


def run_in_process(answer: Any, probe_source: str, inputs: Values, seed: int) -> Values | Failure:
    """What the probe returns for `answer`, or why it returned nothing.

    Inputs are copied first, the global random state is seeded for the run and restored after it.
    """
    space = {"torch": torch, "F": F, "nn": nn, "math": math, "probing": probing}
    exec(compile(probe_source, "<probe>", "exec"), space)
    with plain_torch(), random_state(seed):
        copies = {k: v.clone() if isinstance(v, Tensor) else v for k, v in inputs.items()}
        try:
            return plain(space["probe"](answer, **copies))
        except SystemExit:
            return Failure("died", "It raised SystemExit.")
        except Exception as error:
            return explain(error)


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


def explain(error: BaseException) -> Failure:
    """An exception as data: its kind, and the line of the student's code that raised it."""
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
    return Failure("raised", words, type(error).__name__, line)
