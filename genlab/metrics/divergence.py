"""Kullback-Leibler divergence: how many nats a model wastes on data that follow another law.

    KL(p ‖ q) = E_p [log p(x) - log q(x)] ≥ 0,   0 only where p = q

It is not symmetric. KL(data ‖ model), which maximum likelihood lowers, is infinite where the model gives
no probability to what occurs; KL(model ‖ data) forgives a model that leaves modes out.
"""

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from genlab.metrics.estimate import Estimate, estimate


def normal_kl(mu_p: Tensor, logvar_p: Tensor, mu_q: Tensor | float = 0.0,
              logvar_q: Tensor | float = 0.0) -> Tensor:
    """KL(N(μ_p, σ_p²) ‖ N(μ_q, σ_q²)) of diagonal Gaussians in nats, summed over the last axis: (B,).

    ½ Σ (log σ_q²/σ_p² + (σ_p² + (μ_p - μ_q)²) / σ_q² - 1); q is N(0, I) by default.

    Args:
        mu_p, logvar_p: (B, D); mu_q, logvar_q: numbers or tensors that broadcast with them.
    """
    given = [torch.as_tensor(x) for x in (mu_p, logvar_p, mu_q, logvar_q)]
    floats = [x.dtype for x in given if x.is_floating_point() and x.ndim] or [torch.get_default_dtype()]
    dtype = functools.reduce(torch.promote_types, floats)  # that of whole numbers would cut q's 0.5 to 0
    try:
        given = [x.to(given[0].device, dtype) for x in given]
        mu_p, logvar_p, mu_q, logvar_q = torch.broadcast_tensors(*given)
    except RuntimeError:
        raise ValueError("means and log-variances must have one shape, (B, D), or broadcast to it, got "
                         + ", ".join(str(tuple(x.shape)) for x in given)) from None
    difference = logvar_p - logvar_q
    terms = difference.exp() - 1 - difference + (mu_p - mu_q).square() * (-logvar_q).exp()
    return 0.5 * terms.sum(-1)


@torch.no_grad()
def monte_carlo_kl(samples: Tensor, log_p: Callable[[Tensor], Tensor],
                   log_q: Callable[[Tensor], Tensor]) -> Estimate:
    """KL(p ‖ q) in nats from samples of p, with its standard error. Unbiased, so it may be below 0.

    Args:
        samples: drawn from p, (n, …); drawn from q they would estimate something else.
        log_p, log_q: log densities, (n, …) to (n,), both in nats and with all constants.

    Raises:
        ValueError: densities of another shape, or q = 0 at a sample, where the divergence is infinite.
    """
    values = [function(samples) for function in (log_p, log_q)]
    for name, value in zip(("log_p", "log_q"), values, strict=True):
        if not isinstance(value, Tensor) or value.shape != (len(samples),):
            raise ValueError(f"{name} must give one number per sample, ({len(samples)},), "
                             f"got {tuple(value.shape) if isinstance(value, Tensor) else value!r}")
    if (values[1] == -torch.inf).any():
        raise ValueError(f"q gives no probability to {int((values[1] == -torch.inf).sum())} of "
                         f"{len(samples)} samples: the divergence is infinite")
    return estimate(values[0].double() - values[1].double())
