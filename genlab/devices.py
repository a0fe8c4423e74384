"""Where to compute: cuda, mps or cpu."""

import torch


def best_device() -> torch.device:
    """The first of cuda, mps and cpu that this machine has."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def resolve_device(device: str | torch.device | None, default: torch.device | None = None) -> torch.device:
    """The device meant: "auto" is `best_device()`, None the default (the CPU), all else is torch's.

    Raises:
        ValueError: torch knows no such device.
    """
    if device is None:
        return default or torch.device("cpu")
    if device == "auto":
        return best_device()
    try:
        return torch.device(device)
    except RuntimeError as error:
        raise ValueError(f'device must be "auto", "cuda", "mps" or "cpu", got {device!r}') from error
