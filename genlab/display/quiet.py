"""Looking at a model without touching it."""

from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def quietly(module: object):
    """No gradients, evaluation mode, torch's global random state kept; afterwards all is as it was.

    What is not a module is left alone: then only gradients are off and the random state is kept.
    """
    modules = list(module.modules()) if isinstance(module, nn.Module) else []
    modes = [m.training for m in modules]
    devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
    with torch.no_grad(), torch.random.fork_rng(devices):
        try:
            if modules:
                module.eval()
            yield
        finally:
            for m, mode in zip(modules, modes, strict=True):
                m.training = mode


def owner(function: object) -> object:
    """The module to which a function belongs, as far as it can be seen: model for model.decode."""
    return function if isinstance(function, nn.Module) else getattr(function, "__self__", None)
