"""vae-reparameterize: a draw from q(z|x) through which gradients reach μ and log σ².

The answer draws its own noise, so the judge recovers ε = (z - μ)/σ from what it returned and asks
whether that is standard normal, independent and fresh. The sign of ε is free. The gradients are exact
for whatever noise was drawn: ∂z/∂μ = 1 and ∂z/∂log σ² = ½ σ ε = ½ (z - μ).

Hidden log σ² reach ±14, where a clamp would show. Noise is independent also over the batch: mirrored,
centred, stratified or repeated noise, whose moments are right, is refused (_noise.py).

Refusing a right answer (the limits and their sources are in grading/checks/laws.py): the mean, the spread and
the law each spend p = 1e-4 a draw (the spread twice, the law also 7e-5 on what _noise.py looks for), divided among the K columns, the third halved between
the correlations, divided among all of them, and the distances of both draws from the normal law. Only two independent
draws that both miss refuse: 1e-8, 4e-8 and 3e-8 for the three comparisons.
"""


import torch

from genlab.models import vae
from genlab.random import rand, randn
from grading.checks import laws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.vae._noise import dependence, related, tails, twins, waves

P = 1e-4


def inputs(rng, n=1):
    """Another μ and σ in every place, a hidden mean of μ in every column; σ from 0.33 to 0.67."""
    B, K = 3000 * n, 5
    double = torch.zeros((), dtype=torch.float64)
    return {
        "mu": randn((K,), like=double, rng=rng) + randn((B, K), like=double, rng=rng),
        "logvar": -2.2 + 1.4 * rand((B, K), like=double, rng=rng),
        "weight": randn((B, K), like=double, rng=rng),
        "far": randn((1000, 2 * K), like=double, rng=rng),  # log σ² from -22 to -12, and from 12 to 40
        "far_logvar": torch.tensor([-12.0, 12.0]).repeat(K) + torch.tensor([-10.0, 28.0]).repeat(K) * rand(
            (1000, 2 * K), like=double, rng=rng),
        "times": 24 // n,
    }


def probe(reparameterize, mu, logvar, weight, far, far_logvar, times):
    """One draw with its gradients, another without, one where log σ² is large, and of tables with one row or column."""
    leaves = [probing.leaf(mu), probing.leaf(logvar)]
    z = probing.tensor(reparameterize(*leaves), "`reparameterize`")
    d_mu, d_logvar = probing.vjp(z, leaves, weight)
    with torch.no_grad():
        again = probing.tensor(reparameterize(mu, logvar), "`reparameterize`")
        many = probing.tensor(reparameterize(mu.repeat(times, 1), logvar.repeat(times, 1)), "`reparameterize`")
    leaves = [probing.leaf(far), probing.leaf(far_logvar)]
    z_far = probing.tensor(reparameterize(*leaves), "`reparameterize`")
    d_far, = probing.vjp(z_far, leaves[1:])
    row, column = (probing.tensor(reparameterize(mu[i], logvar[i]), "`reparameterize`")
                   for i in ((slice(3, 4),), (slice(None), slice(2, 3))))
    return dict(z=z, again=again, d_mu=d_mu, d_logvar=d_logvar, z_far=z_far, d_far=d_far, row=row,
                column=column, many=many)


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
    if ok:
        return far_spread_is_sigma(inputs, got)
    return ok, torch.stack([size, power / 2, largest]), torch.tensor([1.0, 0.0, 2.0])


def far_spread_is_sigma(inputs, got):
    """The same where log σ² is ±12 and more; a power of σ or a wrong factor was seen before."""
    eps = (got["z_far"].double() - inputs["far"]) * torch.exp(-inputs["far_logvar"] / 2)
    square = eps.square().mean(0)
    ok = bool(((square - 1).abs() <= laws.square_limit(len(eps), P / len(square))).all())
    return ok, "another σ where log σ² is 12 or -12", "exp(log σ² / 2)"


def noise_is_normal_and_fresh(inputs, got, expected, n):
    """Independent between calls, images and dimensions, and normal: in this order."""
    eps, again = noise(inputs, got["z"]), noise(inputs, got["again"])
    if eps.mean().abs() > 0.3 or not 0.6 < eps.square().mean() < 1.8:  # < 1e-100 for a right answer
        return False, "noise of another mean or size", "mean 0 and size 1"
    B, K = eps.shape
    pairs = [(i, j) for i in range(K) for j in range(i)]
    tests = {"the same noise at every call": [(eps[:, k], again[:, k]) for k in range(K)],
             "the same noise for neighbouring images": [(eps[::2, k], eps[1::2, k]) for k in range(K)],
             "the same noise for both halves of the batch": [(eps[:B // 2, k], eps[B // 2:, k]) for k in range(K)],
             "the same noise in several dimensions": [(eps[:, i], eps[:, j]) for i, j in pairs]}
    share = P / 2 / (3 * K + len(pairs))
    for what, couples in tests.items():
        most, size = max((abs(laws.correlation(x, y)), len(x)) for x, y in couples)
        if most > laws.correlation_limit(size, share):
            return False, what if most > 0.95 else what.replace("same", "related"), "independent noise"
    kurtosis = (eps**4).mean().item()  # for the eye only: the distance decides
    limit = laws.distance_limit(B * K, P / 4)
    if laws.distance_from_normal(eps) > limit:
        return False, kurtosis, 3.0
    if laws.distance_from_normal(again) > limit:
        return False, "another law at the second call", "the same law"
    many = noise({key: inputs[key].repeat(len(got["many"]) // B, 1) for key in ("mu", "logvar")}, got["many"])
    word = (dependence(eps) or dependence(again) or twins(torch.cat([eps, again])) or tails(many) or waves(many)
            or related(many))
    return not word, word or "independent noise", "independent noise"


def gradient_follows_noise(inputs, got, expected, n):
    """∂z/∂log σ² = ½ (z - μ), weighted; measured as the share of z - μ, ½ when right."""
    step = inputs["weight"] * (got["z"].double() - inputs["mu"])
    slope = got["d_logvar"].double()
    share = ((slope * step).sum() / step.square().sum().clamp_min(1e-12)).item()
    follows = torch.allclose(slope, step / 2, rtol=1e-4, atol=1e-4)
    sigma = torch.exp(inputs["far_logvar"] / 2)
    close = 1e-4 if got["z_far"].dtype == torch.float64 else 5e-2  # of ε, for which μ is subtracted
    far = torch.isclose(got["d_far"].double() / sigma, (got["z_far"].double() - inputs["far"]) / sigma / 2, rtol=close, atol=close)
    if not follows and abs(share) < 0.1 and slope.abs().max() > 0:
        return False, "a gradient that does not follow the noise", "½ (z - μ)"
    if follows and not far.all():
        return False, "another gradient where log σ² is 12 or -12", "½ (z - μ)"
    return follows and abs(share - 0.5) < 0.01, share, 0.5  # without noise both are 0, and nothing follows


exercise = Exercise(
    id="vae-reparameterize", defines="reparameterize(mu, logvar)", core=True, points=2, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference,
    withholds=["genlab.models.vae.reparameterize", "genlab.models.vae.VAE.reparameterize"],
    comparisons=[
        Compare("z", "again", shape="(B, K)", points=0.25, test=mean_is_mu, false_refusal=P, resolution=0.5,
                says="The mean of z is μ: over many draws (z - μ)/σ averages to 0."),
        Compare("z", "z_far", "row", "column", shape="(B, K)", points=0.5, test=spread_is_sigma, false_refusal=2 * P, resolution=0.15,
                says="The spread of z around μ is σ = exp(log σ² / 2): (z - μ)/σ has standard deviation 1."),
        Compare("z", "again", "many", shape="(B, K)", points=0.5, test=noise_is_normal_and_fresh, false_refusal=1.7 * P,
                resolution=0.25,
                says="The noise is normal, and fresh for every call, image and dimension."),
        Compare("d_mu", points=0.25, says="The gradient with respect to μ: z moves as μ does."),
        Compare("d_logvar", "z", "d_far", points=0.5, test=gradient_follows_noise, resolution=0.02,
                says="The gradient with respect to log σ²: it is ½ σ ε."),
    ],
    hints=[
        "A draw from N(μ, σ²) is a draw from N(0, 1), stretched and shifted. Then all chance is in the noise, and the "
        "rest can be differentiated.",
        "z = μ + σ ε with σ = exp(log σ² / 2) and ε standard normal, of the same shape as μ.",
        "return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)",
    ],
)
