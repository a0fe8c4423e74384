"""vae-reparameterize: a draw from q(z|x) through which gradients reach μ and log σ².

The answer draws its own noise, so the judge recovers ε = (z - μ)/σ from what it returned and asks
whether that is standard normal, independent and fresh. The sign of ε is free. The gradients are exact
for whatever noise was drawn: ∂z/∂μ = 1 and ∂z/∂log σ² = ½ σ ε = ½ (z - μ).

Refusing a right answer (the limits and their sources are in grading/laws.py): the mean, the spread and
the law each spend p = 1e-4 a draw, the first two divided among the K columns, the third halved between
the correlations, divided among all of them, and the distances of both draws from the normal law. Only two independent
draws that both miss refuse: 1e-8 for each of the three comparisons, 3e-8 for the exercise.
"""

import math

import torch
from torch.distributions import Normal

from genlab.models import vae
from genlab.random import rand, randn
from grading import laws, probing
from grading.exercise import Compare, Exercise, Mistake

P = 1e-4


def inputs(rng, n=1):
    """Another μ and σ in every place, a hidden mean of μ in every column; σ from 0.33 to 0.67."""
    B, K = 3000 * n, 5
    double = torch.zeros((), dtype=torch.float64)
    return {
        "mu": randn((K,), like=double, rng=rng) + randn((B, K), like=double, rng=rng),
        "logvar": -2.2 + 1.4 * rand((B, K), like=double, rng=rng),
        "weight": randn((B, K), like=double, rng=rng),
    }


def probe(reparameterize, mu, logvar, weight):
    """One draw with its gradients, and another draw from the same q."""
    leaves = [probing.leaf(mu), probing.leaf(logvar)]
    z = probing.tensor(reparameterize(*leaves), "`reparameterize`")
    d_mu, d_logvar = probing.vjp(z, leaves, weight)
    again = probing.tensor(reparameterize(mu, logvar), "`reparameterize`")
    return dict(z=z, again=again, d_mu=d_mu, d_logvar=d_logvar)


def reference(mu, logvar):
    """genlab's own, in the exercise's signature."""
    return vae.reparameterize(mu, logvar)


def noise(inputs, z):
    """ε = (z - μ)/σ."""
    return (z.double() - inputs["mu"]) * torch.exp(-inputs["logvar"] / 2)


def mean_is_mu(inputs, got, expected, n):
    """Column means; a wrong scale widens the limit, so that it is not blamed on the mean."""
    eps = noise(inputs, got["z"])
    spread = eps.std(0)
    if eps.abs().max() > 1e-4 and spread.max() < 1e-4:
        one = "one number for everything" if eps[0].std() < 1e-4 else "one draw for the whole batch"
        drawn = not torch.equal(got["z"], got["again"])
        return False, one if drawn else "nothing random", "a draw for each image"
    limit = laws.mean_limit(len(eps), P / eps.shape[1])
    worst = int((eps.mean(0).abs() / spread.clamp_min(1)).argmax())
    measured = eps[:, worst].mean().item()
    return abs(measured) <= limit * max(1.0, spread[worst].item()), measured, 0.0


def spread_is_sigma(inputs, got, expected, n):
    """Column means of ε², whatever the mean. Besides, to tell mistakes apart only: the power of σ by which ε
    is too large (a wrong factor), and the largest |ε|, up to twice the size (noise with bounds)."""
    eps = noise(inputs, got["z"])
    square = eps.square().mean(0)
    size = square.mean().sqrt()
    v = inputs["logvar"] - inputs["logvar"].mean()
    power = (eps.square().clamp_min(1e-12).log() * v).sum() / v.square().sum()
    largest = (eps.abs().max() / size.clamp_min(1e-12)).clamp(max=2)
    limit = laws.square_limit(len(eps), P / len(square))
    ok = bool(((square - 1).abs() <= limit).all())
    return ok, torch.stack([size, power / 2, largest]), torch.tensor([1.0, 0.0, 2.0])


def noise_is_normal_and_fresh(inputs, got, expected, n):
    """Independent between calls, images and dimensions, and normal: in this order."""
    eps, again = noise(inputs, got["z"]), noise(inputs, got["again"])
    if eps.mean().abs() > 0.3 or not 0.6 < eps.square().mean() < 1.8:  # < 1e-100 for a right answer
        return False, "noise of another mean or size", "mean 0 and size 1"
    B, K = eps.shape
    pairs = [(i, j) for i in range(K) for j in range(i)]
    tests = {"the same noise at every call": [(eps[:, k], again[:, k]) for k in range(K)],
             "the same noise for neighbouring images": [(eps[::2, k], eps[1::2, k]) for k in range(K)],
             "the same noise in several dimensions": [(eps[:, i], eps[:, j]) for i, j in pairs]}
    share = P / 2 / (2 * K + len(pairs))
    for what, couples in tests.items():
        if any(abs(laws.correlation(x, y)) > laws.correlation_limit(len(x), share) for x, y in couples):
            return False, what, "independent noise"
    kurtosis = (eps**4).mean().item()  # for the eye only: the distance decides
    limit = laws.distance_limit(B * K, P / 4)
    if laws.distance_from_normal(eps) > limit:
        return False, kurtosis, 3.0
    return laws.distance_from_normal(again) <= limit, "another law at the second call", "the same law"


def gradient_follows_noise(inputs, got, expected, n):
    """∂z/∂log σ² = ½ (z - μ), weighted; measured as the share of z - μ, ½ when right."""
    step = inputs["weight"] * (got["z"].double() - inputs["mu"])
    slope = got["d_logvar"].double()
    share = ((slope * step).sum() / step.square().sum().clamp_min(1e-12)).item()
    follows = torch.allclose(slope, step / 2, rtol=1e-4, atol=1e-4)
    return follows and abs(share - 0.5) < 0.01, share, 0.5  # without noise both are 0, and nothing follows


# Known mistakes


def _sigma(logvar):
    return torch.exp(logvar / 2)


def no_noise(mu, logvar):
    return mu


def variance_times_noise(mu, logvar):
    return mu + torch.exp(logvar) * torch.randn_like(mu)


def logvar_times_noise(mu, logvar):
    return mu + logvar * torch.randn_like(mu)


def no_sigma(mu, logvar):
    return mu + torch.randn_like(mu)


def log_sigma_times_noise(mu, logvar):
    return mu + logvar / 2 * torch.randn_like(mu)


def root_of_sigma(mu, logvar):
    return mu + torch.sqrt(_sigma(logvar)) * torch.randn_like(mu)


def root_of_logvar(mu, logvar):
    return mu + torch.sqrt(logvar) * torch.randn_like(mu)


def root_of_abs_logvar(mu, logvar):
    return mu + torch.sqrt(logvar.abs()) * torch.randn_like(mu)


def exponent_doubled(mu, logvar):
    return mu + torch.exp(2 * logvar) * torch.randn_like(mu)


def noise_doubled(mu, logvar):
    return mu + _sigma(logvar) * (torch.randn_like(mu) + torch.randn_like(mu))


def noise_clipped(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu).clamp(-1, 1)


def prior_draw(mu, logvar):
    return torch.randn_like(mu)


def arguments_swapped(mu, logvar):
    return logvar + torch.exp(mu / 2) * torch.randn_like(mu)


def inverse_sigma(mu, logvar):
    return mu + torch.exp(-logvar / 2) * torch.randn_like(mu)


def no_mu(mu, logvar):
    return _sigma(logvar) * torch.randn_like(mu)


def sigma_times_all(mu, logvar):
    return _sigma(logvar) * (mu + torch.randn_like(mu))


def sigma_without_noise(mu, logvar):
    return mu + _sigma(logvar)


def mu_times_noise(mu, logvar):
    return mu * torch.randn_like(mu) + _sigma(logvar)


def noise_in_training_only(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu) if mu.requires_grad else mu


def uniform_noise(mu, logvar):
    return mu + _sigma(logvar) * torch.rand_like(mu)


def uniform_symmetric(mu, logvar):
    return mu + _sigma(logvar) * (2 * torch.rand_like(mu) - 1)


def uniform_of_width_one(mu, logvar):
    return mu + _sigma(logvar) * (torch.rand_like(mu) - 0.5)


def uniform_of_unit_variance(mu, logvar):
    return mu + _sigma(logvar) * math.sqrt(12) * (torch.rand_like(mu) - 0.5)


def positive_noise(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu).abs()


def one_draw_for_the_batch(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu[0])


def one_draw_per_image(mu, logvar):
    return mu + _sigma(logvar) * torch.randn_like(mu[:, :1])


def one_number(mu, logvar):
    return mu + _sigma(logvar) * torch.randn(())


def fixed_seed(mu, logvar):
    torch.manual_seed(0)
    return mu + _sigma(logvar) * torch.randn_like(mu)


def drawn_without_gradient(mu, logvar):
    return Normal(mu, _sigma(logvar)).sample()


def sigma_detached(mu, logvar):
    return mu + _sigma(logvar).detach() * torch.randn_like(mu)


def mu_detached(mu, logvar):
    return mu.detach() + _sigma(logvar) * torch.randn_like(mu)


def in_place(mu, logvar):
    mu += _sigma(logvar) * torch.randn_like(mu)
    return mu


def returns_noise_too(mu, logvar):
    eps = torch.randn_like(mu)
    return mu + _sigma(logvar) * eps, eps


# Also right


def by_torch_distributions(mu, logvar):
    return Normal(mu, logvar.exp().sqrt()).rsample()


def noise_subtracted(mu, logvar):
    std = torch.sqrt(torch.exp(logvar))
    return torch.addcmul(mu, -torch.randn(mu.shape), std)


def column_by_column(mu, logvar):
    columns = []
    for k in range(mu.shape[1]):
        eps = torch.empty(len(mu), dtype=mu.dtype).normal_()
        columns.append(mu[:, k] + (0.5 * logvar[:, k]).exp() * eps)
    return torch.stack(columns, dim=1)


def box_and_muller(mu, logvar):
    radius = torch.sqrt(-2 * torch.log(1 - torch.rand_like(mu)))
    eps = radius * torch.cos(2 * math.pi * torch.rand_like(mu))
    return torch.einsum("bk,bk->bk", eps, (logvar / 2).clamp(-15, 10).exp()) + mu


exercise = Exercise(
    id="vae-reparameterize", defines="reparameterize(mu, logvar)", core=True, points=2, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference,
    withholds=["genlab.models.vae.reparameterize", "genlab.models.vae.VAE.reparameterize"],
    comparisons=[
        Compare("z", "again", shape="(B, K)", points=0.25, test=mean_is_mu, false_refusal=P, resolution=0.5,
                says="The mean of z is μ: over many draws (z - μ)/σ averages to 0."),
        Compare("z", shape="(B, K)", points=0.5, test=spread_is_sigma, false_refusal=P, resolution=0.15,
                says="The spread of z around μ is σ = exp(log σ² / 2): (z - μ)/σ has standard deviation 1."),
        Compare("z", "again", shape="(B, K)", points=0.5, test=noise_is_normal_and_fresh, false_refusal=P,
                resolution=0.25,
                says="The noise is normal, and fresh for every call, image and dimension."),
        Compare("d_mu", points=0.25, says="The gradient with respect to μ: z moves as μ does."),
        Compare("d_logvar", "z", points=0.5, test=gradient_follows_noise, resolution=0.02,
                says="The gradient with respect to log σ²: it is ½ σ ε."),
    ],
    mistakes=[
        Mistake(no_noise, "You return μ itself: add σ times noise."),
        Mistake(noise_in_training_only, "Your function draws noise only where a gradient is asked for. A draw is a draw "
                "at every call."),
        Mistake(variance_times_noise, "Your noise is multiplied by σ² = exp(log σ²); the standard deviation is "
                "exp(log σ² / 2)."),
        Mistake(logvar_times_noise, "Your noise is multiplied by log σ²: take exp(log σ² / 2) first."),
        Mistake(log_sigma_times_noise, "Your noise is multiplied by log σ: the exponential is missing."),
        Mistake(no_sigma, "Your noise has standard deviation 1 for every image: multiply it by σ."),
        Mistake(root_of_sigma, "Your noise is multiplied by √σ: exp(log σ² / 2) is σ already."),
        Mistake(root_of_logvar, "A logarithm can be negative, and its square root is then nan: take "
                "exp(log σ² / 2)."),
        Mistake(root_of_abs_logvar, "σ is not the root of |log σ²|: take exp(log σ² / 2)."),
        Mistake(exponent_doubled, "Your noise is multiplied by σ⁴: halve log σ² in the exponent, do not double it."),
        Mistake(prior_draw, "You return a draw from N(0, 1), which knows nothing of the image: stretch it by σ and "
                "add μ."),
        Mistake(arguments_swapped, "μ and log σ² have changed places."),
        Mistake(noise_doubled, "You add two draws of noise, whose variances add up: one is enough."),
        Mistake(noise_clipped, "You cut the noise off: normal noise has no bounds, and clipping makes its spread too "
                "small."),
        Mistake(inverse_sigma, "Your noise is divided by σ: the sign of the exponent is wrong."),
        Mistake(no_mu, "μ is missing: z = μ + σ ε."),
        Mistake(sigma_times_all, "σ multiplies the noise only, not μ."),
        Mistake(sigma_without_noise, "You add σ without noise: z is then the same at every call."),
        Mistake(mu_times_noise, "μ and σ have changed places: σ multiplies the noise, μ is added."),
        Mistake(uniform_noise, "torch.rand is uniform on [0, 1): its mean is not 0. Use torch.randn."),
        *(Mistake(kind, "Your noise is uniform, and not of variance 1: use normal noise, torch.randn.")
          for kind in (uniform_symmetric, uniform_of_width_one)),
        Mistake(uniform_of_unit_variance, "Mean and variance of your noise are right, but it is uniform: q is a "
                "normal distribution, so the noise is normal."),
        Mistake(positive_noise, "Your noise is never negative: leave out the absolute value."),
        Mistake(one_draw_for_the_batch, "All images share one draw of noise: draw as many rows as there are images."),
        Mistake(one_draw_per_image, "The dimensions of an image share one number: draw noise of μ's whole shape."),
        Mistake(one_number, "You draw a single number for everything: draw noise of μ's whole shape."),
        Mistake(fixed_seed, "Every call draws the same noise: do not set a seed inside the function."),
        Mistake(drawn_without_gradient, "No gradient comes back through z: write the draw as μ + σ ε (or use rsample), "
                "so that only ε is drawn."),
        Mistake(sigma_detached, "No gradient reaches log σ²: σ must stay in the graph."),
        Mistake(mu_detached, "No gradient reaches μ: it must stay in the graph."),
        Mistake(in_place, "You change `mu` in place, which autograd forbids: write mu + ..., not mu += ...."),
        Mistake(returns_noise_too, "Return z alone, not z and the noise."),
    ],
    equivalent_mutants={
        "return mu + sigma * torch.randn_like(sigma): mu + sigma * torch.randn_like(sigma) → "
        "mu - sigma * torch.randn_like(sigma)": "the normal law is symmetric",
    },
    also_right=[by_torch_distributions, noise_subtracted, column_by_column, box_and_muller],
    hints=[
        "A draw from N(μ, σ²) is a draw from N(0, 1), stretched and shifted. Then all chance is in the noise, and the "
        "rest can be differentiated.",
        "z = μ + σ ε with σ = exp(log σ² / 2) and ε standard normal, of the same shape as μ.",
        "return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)",
    ],
)
