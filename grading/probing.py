"""Helpers for probes. They run beside the student's code, so they hold no secret and judge nothing.

A probe may use `torch`, `F`, `nn`, `math` and this module as `probing`, and no other global.
"""

import numbers

import torch
from torch import Tensor


class WrongType(TypeError):
    """The answer returned something of another kind than the exercise asks for."""


def tensor(value, what: str = "The answer") -> Tensor:
    """`value` as a plain tensor; a number (also of numpy) becomes a 0-d one. Anything else is a WrongType."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return torch.tensor(float(value), dtype=torch.float64)
    if not isinstance(value, Tensor):
        raise WrongType(f"{what} should return a tensor, not {_kind(value)}")
    return value.as_subclass(Tensor)


def tensors(value, count: int, what: str = "The answer") -> list[Tensor]:
    """`value` as `count` tensors; a tuple or a list serves."""
    if not isinstance(value, (tuple, list)) or len(value) != count:
        got = f"{len(value)} values" if isinstance(value, (tuple, list)) else _kind(value)
        raise WrongType(f"{what} should return {count} tensors, not {got}")
    return [tensor(v, what) for v in value]


def vjp(output: Tensor, leaves: list[Tensor], cotangent: Tensor | None = None) -> list[Tensor]:
    """Σ cotangent · ∂output/∂leaf for each leaf; zeros where no gradient arrives.

    An output of another shape than the cotangent is weighted by the cotangent's mean, so that the
    comparison of shapes, not this helper, says what is wrong.
    """
    if not output.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    if cotangent is None:
        scalar = output.sum()
    elif cotangent.shape == output.shape:
        scalar = (output * cotangent.to(output.dtype)).sum()
    else:
        scalar = output.sum() * cotangent.mean().to(output.dtype)
    grads = torch.autograd.grad(scalar, leaves, allow_unused=True, retain_graph=True)
    return [torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, grads, strict=True)]


def leaf(x: Tensor) -> Tensor:
    """A copy of `x` that gradients can be taken with respect to."""
    return x.detach().clone().requires_grad_()


def load(module: torch.nn.Module, weights: dict[str, Tensor]) -> torch.nn.Module:
    """The module with these weights in its dtype; a WrongType says which layer differs from the stub's."""
    own = module.state_dict()
    for name, value in weights.items():
        if name not in own:
            raise WrongType(f"Your class has no parameter {name!r}: keep the layers of the given constructor")
        if own[name].shape != value.shape:
            raise WrongType(f"Your layer {name!r} has shape {tuple(own[name].shape)}, "
                            f"the given constructor makes {tuple(value.shape)}")
    module = module.to(next(iter(weights.values())).dtype)
    module.load_state_dict(weights, strict=False)
    return module


def _kind(value) -> str:
    return "None (is a `return` missing?)" if value is None else type(value).__name__
