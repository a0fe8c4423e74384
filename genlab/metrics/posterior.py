"""What does a VAE's latent code carry? Active units, and the two parts of its KL term.

    E_x KL(q(z|x) ‖ p(z)) = I_q(x; z) + KL(q(z) ‖ p(z)),   q(z) = (1/N) Σ_j q(z | x_j)

with q(z|x) = N(μ, diag σ²) and p(z) = N(0, I). The first part is information about which image it was,
at most log N; the second is how far the codes taken together stray from the prior that samples come from.

Burda, Grosse and Salakhutdinov (2015), Importance weighted autoencoders, arXiv:1509.00519 (active units).
Hoffman and Johnson (2016), ELBO surgery: yet another way to carve up the variational evidence lower bound.
"""

import math

import torch
from torch import Tensor

from genlab.metrics.arguments import whole
from genlab.metrics.images import as_real
from genlab.random import randn


def active_units(mu: Tensor, *, threshold: float = 0.01) -> Tensor:
    """Which latent dimensions move with x: Var_x μ_k(x) > threshold, (K,) bool.

    A collapsed dimension has q(z_k|x) = p(z_k) for every x, so its mean stands still.

    Args:
        mu: means of q(z|x) for N images, (N, K), N ≥ 2; the variance is over these N (division by N).
    """
    mu = _check_codes(mu, "mu")
    if not threshold >= 0:
        raise ValueError(f"threshold is a variance, 0 or more, got {threshold}")
    return mu.detach().double().var(0, correction=0) > threshold


@torch.no_grad()
def kl_decomposition(mu: Tensor, logvar: Tensor, *, rng: torch.Generator | None = None,
                     draws: int = 10) -> dict[str, float]:
    """The mean KL of N posteriors and its two parts, in nats, over exactly these N images.

    `kl` is the closed form. `mutual_information` = E log q(z|x) / q(z) and `marginal_kl` =
    E log q(z) / p(z) are means over `draws` codes z ~ q(z|x) for each image, against the full mixture
    q(z) of all N: no minibatch approximation. The keys ending in `_error` are their standard errors,
    Monte Carlo only, so that the parts sum to `kl` within them. No draw puts the information above log N.

    Args:
        mu, logvar: of q(z|x), (N, K) each, N ≥ 2. The cost is draws · N² · K.
        draws: codes for each image, at least 2.
    """
    mu, logvar = _check_codes(mu, "mu"), _check_codes(logvar, "logvar")
    if mu.shape != logvar.shape:
        raise ValueError(f"mu and logvar differ in shape: {tuple(mu.shape)} and {tuple(logvar.shape)}")
    draws = whole(draws, "draws", 2, why="to give an error")
    if logvar.abs().max() > 700:
        raise ValueError(f"log-variances reach from {logvar.min().item():.3g} to {logvar.max().item():.3g}: "
                         "no float64 holds such a variance, and the model has most likely diverged")
    mu, logvar = mu.cpu().double(), logvar.cpu().double()
    terms = torch.stack([_draw_terms(mu, logvar, rng) for _ in range(draws)])  # (draws, N, 2)
    value = terms.mean((0, 1))
    error = (terms.var(0) / draws).sum(0).sqrt() / len(mu)
    kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean()
    return {"kl": kl.item(), "mutual_information": value[0].item(), "marginal_kl": value[1].item(),
            "mutual_information_error": error[0].item(), "marginal_kl_error": error[1].item()}


def _draw_terms(mu: Tensor, logvar: Tensor, rng: torch.Generator | None) -> Tensor:
    """With one z ~ q(z|x_i) for each image: log q(z|x_i) / q(z) and log q(z) / p(z), (N, 2)."""
    z = mu + (logvar / 2).exp() * randn(mu.shape, like=mu, rng=rng)
    parts = []
    for rows in torch.arange(len(z)).split(1000):
        log_q = _log_normal(z[rows], mu, logvar)  # (rows, N)
        own = log_q[torch.arange(len(rows)), rows]
        mixture = log_q.logsumexp(1) - math.log(len(mu))
        prior = -0.5 * (z[rows].square() + math.log(2 * math.pi)).sum(1)
        parts.append(torch.stack([own - mixture, mixture - prior], 1))
    return torch.cat(parts)


def _log_normal(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """log N(z_i; μ_j, σ_j²) for all pairs: (M, K) and (N, K) to (M, N)."""
    precision = (-logvar).exp()
    squares = z.square() @ precision.T - 2 * z @ (mu * precision).T + (mu.square() * precision).sum(1)
    return -0.5 * (squares + (logvar + math.log(2 * math.pi)).sum(1))


def _check_codes(codes: Tensor, what: str) -> Tensor:
    codes = as_real(codes, what)
    if codes.ndim != 2 or len(codes) < 2 or codes.shape[1] < 1:
        raise ValueError(f"{what} must be (N, K) with N ≥ 2, got shape {tuple(codes.shape)}")
    if not codes.isfinite().all():
        raise ValueError(f"{what} must be finite")
    return codes
