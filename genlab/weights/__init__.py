"""Trained weights that come with the package: what metrics look through, what later lessons build on.

    python -m genlab.weights                    makes them all, at the `cpu` profile
    python -m genlab.weights digit_features     makes one

Each has a recipe, a module of that name here with a function `make(folder, checkpoint)`, which writes
<name>.safetensors (float16) and, measured from that very file, <name>.json. A run that was interrupted
goes on where it was when it is started again.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from safetensors import torch as safetensors
from torch import Tensor

FOLDER = Path(__file__).parent
RECIPES = ("digit_features", "digit_diffusion", "outline_digits", "digit_listener", "digit_speaker")


def names() -> tuple[str, ...]:
    """What `load` knows."""
    return RECIPES


def load(name: str, folder: Path = FOLDER) -> dict[str, Tensor]:
    """The state dict stored under this name, with floats as float32.

    Raises:
        ValueError: no such name.
        FileNotFoundError: its file is missing; the message says how to make it.
    """
    if name not in RECIPES:
        raise ValueError(f"name must be one of {', '.join(RECIPES)}, got {name!r}")
    path = folder / f"{name}.safetensors"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: make it with `python -m genlab.weights {name}`")
    tensors = safetensors.load_file(path)
    return {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in tensors.items()}


def store(name: str, state: Mapping[str, Tensor], folder: Path = FOLDER) -> Path:
    """Writes a state dict for `load`, floats rounded to float16; returns the path.

    Raises:
        ValueError: a value that float16 cannot hold.
    """
    half = {key: tensor.detach().cpu().half() if tensor.is_floating_point() else tensor.detach().cpu()
            for key, tensor in state.items()}
    broken = [key for key, tensor in half.items() if not tensor.isfinite().all()]
    if broken:
        raise ValueError(f"not finite in float16: {', '.join(broken)}")
    path = folder / f"{name}.safetensors"
    write(path, safetensors.save({key: tensor.contiguous() for key, tensor in half.items()}))
    return path


def write(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all: beside its place, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)  # mkstemp's 0600 would hide an installed file from its users
        os.replace(temporary, path)
    except BaseException:  # a keyboard interrupt, too, must leave nothing behind
        os.unlink(temporary)
        raise
