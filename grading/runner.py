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
    copies = {k: v.clone() if isinstance(v, Tensor) else v for k, v in inputs.items()}
    with random_state(seed), torch.enable_grad():
        try:
            return plain(space["probe"](answer, **copies))
        except Exception as error:
            return explain(error)


@contextlib.contextmanager
def random_state(seed: int):
    """Seeds torch, numpy and random, and puts back what they were."""
    before = random.getstate(), numpy.random.get_state(), torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        random.seed(seed)
        numpy.random.seed(seed % 2**32)
        try:
            yield
        finally:
            random.setstate(before[0])
            numpy.random.set_state(before[1])
            torch.set_default_dtype(before[2])


def plain(values: Any) -> Values | Failure:
    """The probe's values as plain tensors, numbers and strings."""
    if not isinstance(values, dict):
        return Failure("malformed", "The probe returned no values.")
    return {str(k): v.detach().clone().as_subclass(Tensor) if isinstance(v, Tensor) else v
            for k, v in values.items()}


def explain(error: BaseException) -> Failure:
    """An exception as data: its kind, and the line of the student's code that raised it."""
    if isinstance(error, NotImplementedError):
        return Failure("not started", str(error)[:300], "NotImplementedError")
    if isinstance(error, probing.WrongType):
        return Failure("wrong type", str(error)[:300], "TypeError")
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if "ipykernel" in f.filename or f.filename.startswith("<ipython-input")]
    line = frames[-1].lineno if frames else None
    return Failure("raised", str(error)[:300], type(error).__name__, line)
