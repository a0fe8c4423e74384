"""The judge's side of vae-iwae: everything from the hidden inputs and the z's that `log_likelihood` received.

The draws meet four laws (mean, spread, correlations, distance from the normal), each with a quarter of P, divided
among its columns or pairs (grading/checks/laws.py), and those of `_noise`, which a right answer fails with 3.5e-5.
"""

import math

import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from grading.checks import laws
from grading.exercises.vae._iwae_slips import SLIPS
from grading.exercises.vae._noise import dependence

P = 1e-4
FALSE_REFUSAL = P + 4e-5  # in one draw


def draws(inputs, got, name, x, k):
    """The recorded z's as (k, B, K), those of each image in the order of arrival; or what is wrong, in words."""
    seen, D = got.get(f"{name}_seen"), x.shape[1]
    if not isinstance(seen, torch.Tensor) or seen.dim() != 2 or seen.shape[1] != D + inputs["W"].shape[1]:
        return "no record"
    if not torch.isfinite(seen).all():
        return "inf or nan as z"
    seen = seen.double()
    gap, image = torch.cdist(seen[:, :D], x, compute_mode="donot_use_mm_for_euclid_dist").min(1)
    counts = image.bincount(minlength=len(x))
    wrong = counts[counts != k]
    if len(wrong):
        return f"{wrong[0].item()} draws for an image"
    if gap.max() > 1e-5:
        return "rows that are not images"
    return seen[image.argsort(stable=True), D:].view(len(x), k, -1).transpose(0, 1)


def encoded(inputs, x, exact=False, far=False):
    """μ and σ of q as the three settings of the probe have them."""
    mean = (x - inputs["b"]) @ inputs["exact_map" if exact else "q_map"]
    logvar = inputs["exact_logvar"] + 0 * mean if exact else x @ inputs["q_logvar_map"] + inputs["far_logvar" if far else "q_logvar"]
    return mean, torch.exp(logvar / 2)


def terms(inputs, x, z, mu, sigma, shift):
    """log p(x|z), log p(z), log q(z|x): (k, B) each, by torch.distributions."""
    likelihood = Independent(Normal(inputs["b"] + z @ inputs["W"].T, inputs["s"]), 1).log_prob(x)
    likelihood = likelihood + shift * torch.sign((x - inputs["middle"]) @ inputs["side"])
    prior = Normal(torch.zeros_like(z), torch.ones_like(z)).log_prob(z).sum(-1)
    return likelihood, prior, Normal(mu, sigma).log_prob(z).sum(-1)


def mispaired(inputs, seen, x, k, exact):
    """Do the z's fit q when images are taken in another order (each k times in a row, or in turn)?"""
    B, D = x.shape
    orders = (torch.arange(k * B) // k, torch.arange(k * B) % B)

    def misfit(images):
        mean, sigma = encoded(inputs, images, exact)
        return ((seen[:, D:] - mean) / sigma).square().mean().item()

    best = min(misfit(x[order]) for order in orders)
    return 0.5 < best < 1.6 and best < 0.8 * misfit(seen[:, :D])


def value_of(name, *, exact=False, one=False, shifted=False):
    """A test: the bound from the recorded draws, or log p(x) itself where q is the exact posterior."""

    def test(inputs, got, expected, n):
        x, k = inputs["x"], 1 if one else inputs["k"]
        z, value = draws(inputs, got, name, x, k), got[f"bound ({name})"].double()
        if exact:
            covariance = inputs["W"] @ inputs["W"].T + inputs["s"] ** 2 * torch.eye(x.shape[1], dtype=x.dtype)
            right = MultivariateNormal(inputs["b"], covariance).log_prob(x)
            if torch.allclose(value, right, rtol=1e-5, atol=1e-4):
                return True, value, right
        if isinstance(z, str):
            return False, z, f"{k} draws for an image"
        mu, sigma = encoded(inputs, x, exact, name == "far")
        parts = terms(inputs, x, z, mu, sigma, inputs["shift"] if shifted else 0)
        if not exact:
            right = (parts[0] + parts[1] - parts[2]).logsumexp(0) - math.log(k)
            if torch.allclose(value, right, rtol=1e-5, atol=1e-4):
                return True, value, right
        if mispaired(inputs, got[f"{name}_seen"].double(), x, k, exact):
            return False, "z's of other images", "paired rows"
        for slip, (formula, _) in SLIPS.items():
            if torch.allclose(value, formula(z, mu, sigma, *parts), rtol=1e-5, atol=1e-4):
                return False, slip.replace("_", " "), "log of the mean weight"
        return False, value, right

    return test


def extreme(name, *, shifted=False):
    """A test: the bound where inf and -inf may come, which are told apart, since they have different causes."""

    def test(inputs, got, expected, n):
        value = got.get(f"bound ({name})")
        if not isinstance(value, torch.Tensor) or value.shape != inputs["x"].shape[:1]:
            return False, "another shape", "(B,)"
        if not torch.isfinite(value).all():
            return False, "underflow" if (value < math.inf).all() else "overflow", "a number for each image"
        return value_of(name, shifted=shifted)(inputs, got, expected, n)

    return test


def k_independent_draws(inputs, got, expected, n):
    """The recorded z's of many draws: standard normal after standardising, and independent."""
    x, k = inputs["rows"], inputs["many"]
    z = draws(inputs, got, "many", x, k)
    if isinstance(z, str):
        return False, z, f"{k} draws for an image"
    mu, sigma = encoded(inputs, x)
    eps = (z - mu) / sigma
    flat, K = eps.flatten(0, 1), eps.shape[-1]
    word = _same_draws(eps, z, mu, inputs, got)
    if word:
        return False, word, "independent draws from q"
    mean, size = flat.mean(0), flat.square().mean(0)
    if (mean.abs() > laws.mean_limit(len(flat), P / 4 / K)).any():
        return False, mean[mean.abs().argmax()].item(), 0.0
    if ((size - 1).abs() > laws.square_limit(len(flat), P / 4 / K)).any():
        return False, size.mean().sqrt().item(), 1.0
    word = dependence(flat)
    return (False, word, "independent draws from q") if word else _unrelated(eps)


def _same_draws(eps, z, mu, inputs, got):
    """Names for what is no random coincidence: each has probability 0 for a right answer, or < 1e-100."""
    if eps.abs().max() < 1e-6:
        return "μ in place of draws"
    if (eps.abs().amax(-1) < 1e-6).any():
        return "μ itself among the draws"
    if len(eps) > 1 and (z - z[0]).abs().max() < 1e-9:
        return "the same z k times"
    if (eps - eps[:, :1]).abs().max() < 1e-6:
        return "the same noise for all images"
    if (eps - eps[:, :, :1]).abs().max() < 1e-6:
        return "the same noise in all dimensions"
    a, b = (draws(inputs, got, name, inputs["x"], inputs["k"]) for name in ("several", "large"))
    if not isinstance(a, str) and not isinstance(b, str) and (a - b).abs().max() < 1e-9:
        return "the same noise at every call"
    size = eps.square().mean()
    if size > 1.5 and abs(z.mean()) < 0.1 and abs(z.square().mean() - 1) < 0.15:
        return "draws from the prior"
    if size > 1.5 and ((z - mu).square().mean() - 1).abs() < 0.15:
        return "draws of standard deviation 1"
    return ""


def _unrelated(eps):
    """Correlations between draws, images and dimensions, then the distance from the normal law."""
    K = eps.shape[-1]
    tests = {"related draws": [(eps[::2, :, i], eps[1::2, :, i]) for i in range(K)],
             "related images": [(eps[:, ::2, i], eps[:, 1::2, i]) for i in range(K)],
             "related dimensions": [(eps[..., i], eps[..., j]) for i in range(K) for j in range(i)]}
    share = P / 4 / sum(map(len, tests.values()))
    for what, pairs in tests.items():
        for a, b in pairs:
            if abs(laws.correlation(a.flatten(), b.flatten())) > laws.correlation_limit(a.numel(), share):
                return False, what, "independent draws from q"
    distance, limit = laws.distance_from_normal(eps), laws.distance_limit(eps.numel(), P / 4)
    return distance <= limit, "noise that is not normal", "independent draws from q"
