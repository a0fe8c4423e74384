"""What a verdict on an answer depends on, so that `check` and `use` need not run the same answer twice."""

import builtins
import functools
import sys
import types
from typing import Any

import torch
from torch import Tensor

_COURSE = {"torch", "numpy", "scipy", "matplotlib", "IPython", "genlab", "grading"}
_LIBRARIES = sys.stdlib_module_names | _COURSE
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...), torch.dtype, torch.device, torch.Size)
_LARGEST = 10_000  # entries of a tensor that is compared by value
_UNIMPORTANT = {"__dict__", "__weakref__", "__doc__"}


class Fluid(Exception):
    """A value that may change unseen: what uses it is to be run again."""


def fingerprint(answer: Any) -> Any:
    """Hashable; the same only as long as neither the code nor a value that it uses has changed.

    Raises Fluid where that cannot be told: an object with a state of its own, such as a network.
    """
    return id(answer), _of(answer, {})


def _of(value: Any, seen: dict[int, tuple]) -> Any:
    if isinstance(value, types.CodeType):
        return value
    if type(value) in _PLAIN:
        return type(value).__name__, repr(value)
    if _of_a_library(value):
        return id(value)
    if id(value) in seen:
        return "again", seen[id(value)][0]
    seen[id(value)] = len(seen), value  # kept alive, so that no other object gets its id
    if type(value) in (list, tuple):
        return type(value).__name__, tuple(_of(v, seen) for v in value)
    if type(value) is dict:
        return "dict", tuple((_of(k, seen), _of(v, seen)) for k, v in value.items())
    if type(value) in (Tensor, torch.nn.Parameter) and value.numel() <= _LARGEST:
        return str(value.dtype), tuple(value.shape), value.requires_grad, repr(value.detach().tolist())
    return type(value).__name__, tuple(_of(part, seen) for part in _parts(value))


def _parts(value: Any) -> list:
    """All that decides what a function, a method or a class does."""
    if isinstance(value, types.FunctionType):
        used = {n: value.__globals__[n] for n in sorted(_names(value.__code__)) if n in value.__globals__}
        cells = [c.cell_contents for c in value.__closure__ or ()]
        return [value.__code__, value.__defaults__, value.__kwdefaults__, vars(value), cells, used]
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, (staticmethod, classmethod)):
        return [value.__func__]
    if isinstance(value, property):
        return [value.fget, value.fset, value.fdel]
    if type(value) is functools.partial:
        return [value.func, value.args, value.keywords]
    if isinstance(value, type):
        return [value.__bases__, {k: v for k, v in vars(value).items() if k not in _UNIMPORTANT}]
    raise Fluid(type(value).__name__)


def _of_a_library(value: Any) -> bool:
    """Modules, functions and classes that a notebook does not change."""
    if isinstance(value, types.ModuleType):
        name = value.__name__
    elif isinstance(value, types.FunctionType):
        name = value.__globals__.get("__name__")
    elif isinstance(value, types.BuiltinFunctionType):
        return value.__self__ is None or isinstance(value.__self__, (types.ModuleType, type))
    elif isinstance(value, type):
        name = value.__module__
        if name == "builtins":
            return getattr(builtins, value.__name__, None) is value
    else:
        return False
    return str(name).split(".")[0] in _LIBRARIES


def _names(code: types.CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*(_names(c) for c in inner))
