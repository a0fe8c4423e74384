"""How probable does a model find the data: bounds on log p(x), with an error bar.

    ELBO   E_q [log p(x, z) - log q(z | x)]                     ≤ log p(x)
    IWAE   E log (1/k) Σ_i p(x, z_i) / q(z_i | x), z_i ~ q      between the ELBO and log p(x), rising with k

All values are in nats per image. A bound says something about log p(x) only if x is what the model's
likelihood is over: binary images for a Bernoulli decoder. On grey images the same sum is a useful loss,
but no log-probability, and must not be compared with published numbers.

Kingma and Welling (2013), Auto-encoding variational Bayes, arXiv:1312.6114.
Burda, Grosse and Salakhutdinov (2015), Importance weighted autoencoders, arXiv:1509.00519.
"""

import math
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from genlab.layers import evaluating
from genlab.metrics.arguments import whole
from genlab.metrics.estimate import Estimate, estimate
from genlab.metrics.images import as_real


def mean_elbo(model: Any, x: Tensor, y: Tensor | None = None, *, rng: torch.Generator | None = None,
              batch: int = 250) -> Estimate:
    """Mean of `model.elbo(x, rng=rng)` over the images, in nats; of a conditional model with y=y too.

    Works batch by batch, in eval mode (restored afterwards), without a graph. The error is that of a
    mean over images: the draws of z are part of the scatter.

    Args:
        model: anything whose `elbo` maps (B, …) to (B,) nats.
        x: images, (n, …), as the model takes them.
        y: labels, (n, …), for a model that is conditioned on them.
    """
    return _mean_bound(model, partial(_bound(model, "elbo"), rng=rng), x, y, batch)


def mean_iwae(model: Any, x: Tensor, y: Tensor | None = None, *, k: int = 50,
              rng: torch.Generator | None = None, batch: int | None = None) -> Estimate:
    """Mean of `model.iwae(x, k=k, rng=rng)` over the images, in nats; see `mean_elbo`.

    Args:
        k: latent draws for each image.
        batch: images at a time; by default as many as make 10 000 decoded images with their k draws.
    """
    k = whole(k, "k", 1)
    batch = max(1, 10_000 // k) if batch is None else batch
    return _mean_bound(model, partial(_bound(model, "iwae"), k=k, rng=rng), x, y, batch)


def bits_per_dim(nats: float | Tensor, dims: int) -> float | Tensor:
    """nats / (dims ln 2): a negative log-likelihood (or loss) in nats as bits per dimension.

    It keeps the sign: give -ELBO, not the ELBO, for the usual positive number.
    """
    dims = whole(dims, "dims", 1, why="the pixels (times channels) of one image")
    if isinstance(nats, Estimate):
        raise TypeError("nats must be a number or a tensor: of an Estimate convert .value and .error")
    return nats / (dims * math.log(2))


def density_bits_per_dim(nats: float | Tensor, dims: int, *, bin_width: float) -> float | Tensor:
    """nats / (dims ln 2) - log2 bin_width: -log density of dequantised data as bits per dimension.

    A density at the scale of the data becomes the probability of a bin: one of whole levels k, to which
    uniform noise of one level was added. The result bounds the bits of the levels from above, on average.
    It does not depend on how the data were scaled, which -log density alone does.

    Args:
        nats: -log density of (levels + noise), scaled as the model takes them, in nats.
        bin_width: width of a level on that scale: 1/256 for 256 levels scaled to [0, 1), 2/256 for
            [-1, 1), 1 for levels left as they are.

    Theis, van den Oord and Bethge (2016), A note on the evaluation of generative models, arXiv:1511.01844.
    """
    if bin_width <= 0:
        raise ValueError(f"bin_width is the width of a level and must be positive, got {bin_width}")
    return bits_per_dim(nats, dims) - math.log2(bin_width)


def _bound(model: Any, name: str) -> Callable[..., Tensor]:
    if not callable(getattr(model, name, None)):
        raise TypeError(f"{type(model).__name__} has no {name}(x): these bounds are for models with a latent "
                        "code; where there is a log_prob(x), use estimate(model.log_prob(x))")
    return getattr(model, name)


@torch.no_grad()
def _mean_bound(model: Any, bound: Callable[..., Tensor], x: Tensor, y: Tensor | None,
                batch: int) -> Estimate:
    batch = whole(batch, "batch", 1)
    x, y = as_real(x, "x"), None if y is None else torch.as_tensor(y)
    if y is not None and len(y) != len(x):
        raise ValueError(f"x and y must have equal lengths, got {len(x)} and {len(y)}")
    with evaluating(model) if isinstance(model, nn.Module) else nullcontext():
        values = [_bound_of_part(model, bound, x[i:i + batch], None if y is None else y[i:i + batch])
                  for i in range(0, len(x), batch)]
    return estimate(torch.cat(values) if values else torch.empty(0))


def _bound_of_part(model: Any, bound: Callable[..., Tensor], x: Tensor, y: Tensor | None) -> Tensor:
    device = _device(model, x)
    value = bound(x.to(device)) if y is None else bound(x.to(device), y=y.to(device))
    if value.shape != (len(x),):
        raise ValueError(f"the bound must be one number per image, ({len(x)},), "
                         f"got shape {tuple(value.shape)}: do not average over the batch")
    return value.cpu()


def _device(model: Any, x: Tensor) -> torch.device:
    parameter = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    return x.device if parameter is None else parameter.device
