"""A model in one file: its weights, and in the header its class and the arguments of its constructor.

    genlab.save(model, "vae.safetensors")
    model = genlab.load("vae.safetensors")

The file is safetensors, the header JSON: nothing in it is ever executed or unpickled. Only classes of
genlab and of torch.nn are made from it, and those that the caller passes. How a class comes to remember
its arguments: `genlab.layers.configurable`, which all models listed in `genlab.models` have.
"""

import importlib
import inspect
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from genlab.devices import resolve_device

LOSSES = "genlab.models.adversarial"  # the only other objects that a file may ask for
HOMES = ("genlab.models.", "genlab.layers.", "torch.nn.modules.")
PLAIN = (bool, int, float, str, type(None))
ARGUMENT = "argument."  # prefix of tensors that are arguments


def save(model: nn.Module, path: str | Path) -> None:
    """Write weights, buffers, class and configuration. The file appears under its name only when it is whole.

    An attribute changed since (`model.beta = 2`) is saved as it is now.

    Raises:
        TypeError: an argument cannot be written down, or the class does not remember its arguments.
        ValueError: a model made from the configuration would have other weights.
    """
    arguments: dict[str, Tensor] = {}
    config = _described(model, type(model).__name__, arguments)
    state = model.state_dict()
    for name, value in state.items():
        if not isinstance(value, Tensor) or value.is_meta:
            raise TypeError(f"{name} of {type(model).__name__} is no tensor with values: only those are saved")
    _agrees(config, arguments, state, {_name(type(part)): type(part) for part in model.modules()})
    header = {"genlab": json.dumps({"model": config, "training": model.training})}
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in (state | arguments).items()}
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        save_file(tensors, temporary, metadata=header)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: str | Path, *, map_location: str | torch.device | None = None,
         classes: Iterable[type] = ()) -> nn.Module:
    """The model that `save` wrote, with its weights, buffers and dtypes, on the CPU or on `map_location`.

    Args:
        map_location: a device, or "auto".
        classes: your own classes that the file may name; those of genlab and torch.nn are known.

    Raises:
        ValueError: the file is not one of `save`'s, or names a class that is not known.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["genlab"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} holds no model with its configuration: write it with genlab.save") from error
    arguments = {name: tensors.pop(name) for name in list(tensors) if name.startswith(ARGUMENT)}
    model = _fresh(header["model"], arguments, {_name(cls): cls for cls in classes})
    _fill(model, tensors)
    return model.train(header["training"]).to(resolve_device(map_location))


def _name(cls: Any) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _described(value: Any, where: str, tensors: dict[str, Tensor]) -> Any:
    """A value as JSON; tensors go into `tensors` under a name."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, (tuple, list)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_described(part, f"{where}[{i}]", tensors) for i, part in enumerate(value)]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: _described(part, f"{where}[{key!r}]", tensors) for key, part in value.items()}}
    if isinstance(value, torch.Generator):
        return None  # what it drew is in the weights and buffers
    if isinstance(value, Tensor):
        tensors[name := f"{ARGUMENT}{len(tensors)}"] = value
        return {"tensor": name}
    if callable(value) and not isinstance(value, nn.Module) and _name_or_none(value):
        return {"name": _name(value)}  # a class or a function of genlab
    if isinstance(value, (nn.Sequential, nn.ModuleList)) and type(value) in (nn.Sequential, nn.ModuleList):
        return {"class": _name(type(value)), "parts": _described(list(value), where, tensors)}
    return {"class": _name(type(value)), "arguments": {
        key: _described(part, f"{where}.{key}", tensors) for key, part in _arguments(value, where).items()}}


def _name_or_none(value: Any) -> str | None:
    name = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    return name if name.startswith(HOMES) and "<" not in name else None


def _arguments(value: Any, where: str) -> dict[str, Any]:
    """The arguments of the constructor by name, with **options among them; the attribute's value if plain."""
    made, named = getattr(value, "_arguments", (None, {}))
    if made is not None and made is type(value).__init__:
        named = dict(named)
        for key, parameter in inspect.signature(made).parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                named |= named.pop(key, {})
            elif parameter.kind is parameter.VAR_POSITIONAL:
                named["*"] = named.pop(key, ())
        now = vars(value)
        return {key: now[key] if isinstance(old, PLAIN) and isinstance(now.get(key, now), PLAIN) else old
                for key, old in named.items()}
    if type(value).__module__.startswith("torch.nn.modules."):
        keys = [key for key in inspect.signature(type(value)).parameters if key not in ("device", "dtype")]
        if all(hasattr(value, key) for key in keys):
            return {key: _of_torch(getattr(value, key)) for key in keys}
    if type(value).__init__ is object.__init__ and not vars(value):
        return {}  # a loss without numbers of its own
    raise TypeError(f"{where} is a {type(value).__name__}, whose arguments are not known: decorate its class with "
                    "genlab.layers.configurable, or save model.state_dict() alone")


def _of_torch(value: Any) -> Any:
    """torch keeps `bias=True` as the parameter itself."""
    return True if isinstance(value, Tensor) else value


def _fresh(config: Any, tensors: dict[str, Tensor], classes: dict[str, type]) -> Any:
    """What `_described` wrote down, made anew."""
    if isinstance(config, PLAIN):
        return config
    (kind, content), *_ = config.items()
    if kind in ("tuple", "list"):
        return {"tuple": tuple, "list": list}[kind](_fresh(part, tensors, classes) for part in content)
    if kind == "dict":
        return {key: _fresh(part, tensors, classes) for key, part in content.items()}
    if kind == "tensor":
        return tensors[content]
    found = _found(content, classes)
    if kind == "name":
        return found
    if not (isinstance(found, type) and (issubclass(found, nn.Module) or found.__module__ == LOSSES)):
        raise ValueError(f"the file asks for an object of {content}, which is no model")
    if "parts" in config:
        parts = _fresh(config["parts"], tensors, classes)
        return found(*parts) if found is nn.Sequential else found(parts)
    named = {key: _fresh(part, tensors, classes) for key, part in config["arguments"].items()}
    rest = named.pop("*", ())
    ahead = [named.pop(key) for key in list(inspect.signature(found).parameters)[:len(named)]
             if key in named] if rest else []
    return found(*ahead, *rest, **named)


def _found(name: str, classes: dict[str, type]) -> Any:
    if name in classes:
        return classes[name]
    module, _, attribute = name.rpartition(".")
    if name.startswith(HOMES):
        try:
            value = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise ValueError(f"{name} does not exist in this version of genlab or torch") from error
        if callable(value) and _name(value) == name:  # defined there, not merely imported there
            return value
    raise ValueError(f"the file asks for {name}, which is not of genlab.models: if you trust it, pass the class "
                     f"itself, genlab.load(path, classes=[{attribute}])")


def _fill(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Load with the dtypes of the file; tied weights stay tied."""
    kinds = {value.dtype for value in state.values() if value.is_floating_point()}
    if len(kinds) == 1:
        model.to(kinds.pop())
    for name, value in model.state_dict(keep_vars=True).items():
        if name in state and value.dtype != state[name].dtype:
            value.data = value.data.to(state[name].dtype)
    model.load_state_dict(state)


def _agrees(config: Any, arguments: dict[str, Tensor], state: dict[str, Tensor], classes: dict[str, type]) -> None:
    """Would a model made from the configuration take these weights?"""
    with torch.random.fork_rng():
        other = _fresh(config, arguments, classes).state_dict()
    shapes, wanted = ({name: tuple(value.shape) for name, value in one.items()} for one in (other, state))
    if shapes != wanted:
        odd = sorted(name for name in {*shapes, *wanted} if shapes.get(name) != wanted.get(name))
        raise ValueError(f"a model made with the same arguments has other weights ({', '.join(odd[:3])}): parts were "
                         "exchanged after construction; pass them to the constructor, or save state_dict() alone")
