"""Helpers for probes. They run beside the student's code, so they hold no secret and judge nothing.

A probe may use `torch`, `F`, `nn`, `math` and this module as `probing`, and no other global.
"""

import builtins
import numbers
import re
from itertools import pairwise

import torch
from torch import Tensor

DTYPE = re.compile(r"same dtype|expected scalar type|dtypes? (match|mismatch)|result type|[Ff]ound dtype")
RAISED = "raised "  # begins the text that stands for a value where `attempt` met an error
_watched: list[tuple[str, object, object]] = []  # (label, what was handed over, a batch to run it on)


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
    copy = x.detach().clone().requires_grad_()
    for label, handed, _ in list(_watched):
        if handed is x:
            _watched.append((label, copy, None))
            break
    return copy


def watch(label: str, value, batch=None):
    """`value` (a tensor, module, list or dict) itself, looked at again after the probe: it must be as it was.

    What is looked at are its numbers, see `state`. `label` is the argument's name in the student's words. A
    module's flags show in values if it is given a `batch`: its output and the gradients of its parameters.
    """
    _watched.append((label, value, batch))
    return value


def state(value, batch=None) -> Tensor:
    """All that can be changed in `value`, as one float64 vector.

    A module: mode and `track_running_stats` of every submodule, `requires_grad` and values of every
    parameter, buffers; with a batch also what it computes now and whether a gradient reaches each parameter.
    """
    parts = _module_state(value, batch) if isinstance(value, torch.nn.Module) else _parts(value)
    return torch.cat([torch.zeros(0, dtype=torch.float64), *parts])


def _parts(value) -> list[Tensor]:
    if isinstance(value, Tensor):
        sizes = torch.tensor([*value.shape, value.requires_grad], dtype=torch.float64)
        return [sizes, value.detach().as_subclass(Tensor).double().flatten().clone()]
    if isinstance(value, dict):
        return [part for key in value for part in (*_parts(str(key)), *_parts(value[key]))]
    if isinstance(value, (list, tuple)):
        return [torch.tensor([float(len(value))]).double(), *(part for v in value for part in _parts(v))]
    if isinstance(value, str):
        return [torch.tensor([float(ord(c)) for c in value], dtype=torch.float64)]
    return [torch.tensor([float(value)], dtype=torch.float64)] if isinstance(value, numbers.Real) else []


def _module_state(module: torch.nn.Module, batch) -> list[Tensor]:
    flags = [float(f) for m in module.modules()
             for f in (m.training, bool(getattr(m, "track_running_stats", False)))]
    parts = [torch.tensor(flags, dtype=torch.float64)]
    for p in [*module.parameters(), *module.buffers()]:
        parts += _parts(p)
    if batch is None:
        return parts
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(0)
        output = module(batch)
        weights = [p for p in module.parameters() if p.requires_grad]
        reached = vjp(output, weights) if weights else []
    return [*parts, output.detach().double().flatten(), *(g.detach().double().flatten() for g in reached)]


def attempt(function, *arguments, **named):
    """What the call gives, or the text "raised ZeroDivisionError": for a call at an end, beside others.

    An error there then costs what is compared there, and hides nothing of the other calls. Errors of dtypes
    (the judge tries the other precision), an untouched stub and withheld names are raised as ever.
    """
    try:
        return function(*arguments, **named)
    except (NotImplementedError, WrongType):
        raise
    except Exception as error:
        if type(error).__module__ == "genlab._withheld" or DTYPE.search(str(error)):
            raise
        kinds = [type(error), *type(error).__mro__[1:-3]]  # an error of the student's own goes by what it derives from
        return f"{RAISED}{next((k.__name__ for k in kinds if hasattr(builtins, k.__name__)), 'an error')}"


def twice(function, *arguments, **named) -> tuple[Tensor, Tensor]:
    """The answer to the same call, twice: for a function without noise they are the same."""
    first = tensor(function(*arguments, **named)).detach().clone()
    return first, tensor(function(*arguments, **named))


def rows(function, *batches: Tensor) -> list[Tensor]:
    """What each row alone (batches of one) gives, stacked, and the rows in reverse order, put back.

    Both equal the answer to the whole batch where rows do not depend on each other.
    """
    one = [tensor(function(*(b[i:i + 1] for b in batches))) for i in range(len(batches[0]))]
    return [torch.cat([o.reshape(1, *o.shape[1:]) if o.ndim else o[None] for o in one]),
            tensor(function(*(b.flip(0) for b in batches))).flip(0)]


def whole(x: Tensor, dtype: torch.dtype = torch.int64) -> Tensor:
    """The same numbers as whole ones, for contracts that allow them; they must be whole."""
    assert torch.equal(x, x.round()), "only whole numbers can change their dtype like this"
    return x.to(dtype)


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


def player(flat: Tensor, *sizes: int) -> torch.nn.Sequential:
    """Linear layers, with BatchNorm and tanh between them; one output makes logits (B,).

    All parameters, those of BatchNorm too, are read off `flat` in their order, which may be too long.
    """
    layers: list[torch.nn.Module] = []
    for inside, out in pairwise(sizes):
        layers += [torch.nn.Linear(inside, out), torch.nn.BatchNorm1d(out), torch.nn.Tanh()]
    net = torch.nn.Sequential(*layers[:-2], *([torch.nn.Flatten(0)] if sizes[-1] == 1 else [])).to(flat.dtype)
    torch.nn.utils.vector_to_parameters(flat[:sum(p.numel() for p in net.parameters())].clone(), net.parameters())
    return net


class Descent:
    """Gradient descent with momentum, called as an optimizer of torch is: those import for seconds when first used."""

    def __init__(self, weights, rate: float, momentum: float = 0.0):
        self.param_groups = [{"params": list(weights), "lr": rate, "momentum": momentum}]
        self.state: dict[Tensor, Tensor] = {}

    def zero_grad(self, set_to_none: bool = True) -> None:
        for p in self.param_groups[0]["params"]:
            p.grad = None if set_to_none or p.grad is None else torch.zeros_like(p)

    @torch.no_grad()
    def step(self) -> None:
        group = self.param_groups[0]
        for p in group["params"]:
            if p.grad is not None:
                before = self.state.get(p)
                self.state[p] = p.grad.clone() if before is None else group["momentum"] * before + p.grad
                p -= group["lr"] * self.state[p]


def noise(key: Tensor, dim: int):
    """A function n -> z (n, dim), whose numbers depend on the key, on n, and on how often it was called before."""
    calls = []

    def draw(n: int) -> Tensor:
        calls.append(n)
        place = torch.arange(int(n) * dim, dtype=key.dtype)
        return torch.sin(key * (place + 1) + 2.4 * len(calls) + 0.7 * int(n)).view(int(n), dim) * 1.5

    return draw


def parameters(net: torch.nn.Module) -> Tensor:
    """All of them in one vector."""
    return torch.nn.utils.parameters_to_vector(net.parameters()).detach().clone()


def plant(net: torch.nn.Module, flat: Tensor) -> None:
    """Gradients that an earlier step has left in the net, read off `flat` from its end."""
    at = len(flat)
    for p in net.parameters():
        p.grad = flat[at - p.numel():at].view_as(p).clone()
        at -= p.numel()


def left(net: torch.nn.Module) -> Tensor:
    """The gradients that lie in the net's parameters, zeros where there is none."""
    return torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in net.parameters()]).clone()


def alive(net: torch.nn.Module, batch: Tensor) -> tuple[Tensor, Tensor]:
    """What the net makes of a batch in the mode it is in, and the gradient that reaches its parameters."""
    output = net(batch)
    weights = [p for p in net.parameters() if p.requires_grad]
    found = iter(vjp(output, weights, torch.cos(torch.arange(output.numel())).view(output.shape)) if weights else [])
    reached = [next(found) if p.requires_grad else torch.zeros_like(p) for p in net.parameters()]
    return output.detach(), torch.cat([g.detach().flatten() for g in reached])


def _kind(value) -> str:
    return "None (is a `return` missing?)" if value is None else type(value).__name__
