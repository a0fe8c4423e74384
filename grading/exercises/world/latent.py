"""world-latent: the exact likelihood of a world with a hidden cause, and the bound on it."""


import torch
from torch.distributions import Bernoulli, Categorical, Independent, MixtureSameFamily

from genlab.random import randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """B, K and D differ; q is near the posterior of nothing in particular. `rare` has probabilities near 0 and 1."""
    B, K, D = 6, 3, 4
    double = torch.zeros((), dtype=torch.float64)

    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    rare = torch.sigmoid(draw(K, D))
    rare[0, 0], rare[1, 1], rare[2, 2] = 1e-14, 1 - 2.0**-9, 3e-8
    many = randint(0, 2, (B, 1500), rng=rng).double()
    towards = torch.tensor([2.0, -2.0, 0.0], dtype=torch.float64)[:, None] * (2 * many[0] - 1)  # codes far apart
    return {
        "x": randint(0, 2, (B, D), rng=rng).double(), "prior": torch.softmax(0.8 * draw(K), 0),
        "pixel": torch.sigmoid(1.2 * draw(K, D)), "q": torch.softmax(draw(B, K), 1), "rare": rare,
        "rare_prior": torch.tensor([1e-9, 0.3, 0.7], dtype=torch.float64)[torch.randperm(K, generator=rng)],
        "many": many, "many_pixel": torch.sigmoid(0.3 * draw(K, 1500) + towards),
    }


def probe(value_and_bound, x, prior, pixel, q, rare, rare_prior, many, many_pixel):
    """Both numbers of each image: of one alone, of one pixel, with one code, for rare pixels, and for many."""
    given = [probing.watch(label, []) for label in ("x", "prior", "pixel", "q")]

    def ask(*arguments):
        for handed, table in zip(given, arguments, strict=True):
            handed.append(table.clone())
        return probing.tensors(value_and_bound(*(handed[-1] for handed in given)), 2, "`value_and_bound`")

    (value, bound), (one_value, one_bound) = ask(x, prior, pixel, q), ask(x[:1], prior, pixel, q[:1])
    thin_value, thin_bound = ask(x[:, :1], prior, pixel[:, :1], q)
    sole_value, sole_bound = ask(x, torch.ones_like(prior[:1]), pixel[:1], torch.ones_like(q[:, :1]))
    edge = torch.cat([x, torch.ones_like(x[:1]), torch.zeros_like(x[:1])])
    rare_value, rare_bound = ask(edge, rare_prior, rare, torch.cat([q, q[:2]]))
    many_value, many_bound = ask(many, prior, many_pixel, q)
    return dict(value=value, one_value=one_value, bound=bound, one_bound=one_bound, thin_value=thin_value,
                thin_bound=thin_bound, sole_value=sole_value, sole_bound=sole_bound, rare_value=rare_value,
                rare_bound=rare_bound, many_value=many_value, many_bound=many_bound)


def _log_joint(x, prior, pixel):
    """log p(x, z = k), (B, K)."""
    return x @ pixel.log().T + (1 - x) @ (1 - pixel).log().T + prior.log()


def reference(x, prior, pixel, q):
    """log Σ_z p(x, z) and Σ_z q(z | x) [log p(x, z) - log q(z | x)]."""
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (q * (log_joint - q.log())).sum(1)


def truth(x, prior, pixel, q):
    """The value by torch.distributions, the bound as the value minus KL(q ‖ posterior)."""
    world = MixtureSameFamily(Categorical(prior), Independent(Bernoulli(pixel), 1))
    value = world.log_prob(x)
    log_posterior = Independent(Bernoulli(pixel), 1).log_prob(x[:, None]) + prior.log() - value[:, None]
    return value, value - (q * (q.log() - log_posterior)).sum(1)


exercise = Exercise(
    id="world-latent", defines="value_and_bound(x, prior, pixel, q)", core=True, points=3, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("value", "one_value", "thin_value", "sole_value", points=1.25, shape="(B,)", what="the first, log p(x),",
                says="The first number, log p(x): add p(x, z) up over the codes, then take the logarithm."),
        Compare("bound", "one_bound", "thin_bound", "sole_bound", points=1.25, shape="(B,)", what="the second, the bound,",
                says="The second number, the bound: the mean under q of log p(x, z) - log q(z | x)."),
        Compare("rare_value", "rare_bound", "many_value", "many_bound", points=0.5, shape="(B,)",
                what="value or bound of improbable images",
                says="Improbable pixels and images of 1500 pixels: add up logarithms; the probability itself would "
                     "vanish, and a number added to it would show."),
    ],
    hints=[
        "There are only K codes. For each of them you can say how probable it is together with the image: log p(x, z).",
        "log p(x, z = k) = log prior[k] + Σ_d [x_d log p_kd + (1 - x_d) log (1 - p_kd)]. The value is the logarithm of the sum "
        "over k of its exponential; the bound is Σ_k q_k (log p(x, z = k) - log q_k).",
        "With L = x @ pixel.log().T + (1 - x) @ (1 - pixel).log().T + prior.log(), of shape (B, K): L.logsumexp(1) and "
        "(q * (L - q.log())).sum(1).",
    ],
)
