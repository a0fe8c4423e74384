"""pixelcnn-mixture: the log-probability of a level under logistic distributions cut into bins.

    p(x) = Σ_j π_j [F((x + ½ - m_j)/s_j) - F((x - ½ - m_j)/s_j)],  F(t) = 1/(1 + e^{-t}),  π = softmax(logits)

where the bin of the lowest level begins at -∞ and that of the highest ends at +∞ (Salimans et al. 2017, PixelCNN++,
arXiv:1701.05517). Means and scales are in levels; s = exp(log_scale). Exact where both F round to 0 or 1: a published
shortcut, the density times the width where the mass is small, does not add up to 1 and is not accepted at sharp scales.
"""

import torch
from torch.nn import functional as F

from genlab.random import rand, randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise

LEVELS = 256


def inputs(rng, n=1):
    """Levels inside and at both ends; all levels of one pixel; scales from a ten-thousandth of a level to far beyond the whole
    range; a mean that is a level; weights that all but vanish where the mass is; sharp scales at both ends."""
    N, M = 7, 3
    double = torch.zeros((), dtype=torch.float64)

    def parameters(count, low, high):
        return {"logits": 2 * randn((count, M), like=double, rng=rng),
                "means": (LEVELS - 1) * (1.2 * rand((count, M), like=double, rng=rng) - 0.1),
                "log_scales": low + (high - low) * rand((count, M), like=double, rng=rng)}

    made = parameters(N, 0.5, 4)
    made["log_scales"][0, 1] += 4
    made["log_scales"][3, 0] = 8.5 + 1.5 * rand((), rng=rng)
    x = randint(1, LEVELS - 1, (N,), rng=rng)
    made["means"][2, 0] = x[2]
    sharp, x_sharp = parameters(N, -5, -3), randint(0, LEVELS, (N,), rng=rng)
    x_sharp[2:4] = torch.tensor([0, LEVELS - 1])
    sharp["log_scales"][1] -= 5
    sharp["means"][2:4] = sharp["means"][2:4].clamp(20, 230)
    sharp["logits"][0] = torch.tensor([-900.0, 500, 600])
    sharp["means"][0] = x_sharp[0] + torch.tensor([0.1, 200, -180], dtype=torch.float64)
    ends = torch.tensor([0, LEVELS - 1, 0, LEVELS - 1])
    edge = parameters(4, 1, 4)
    edge["means"] = edge["means"] % 40 + torch.tensor([0.0, 215, 0, 215], dtype=torch.float64)[:, None]
    table = {f"{name}_all": value.expand(LEVELS, M).clone() for name, value in parameters(1, 0, 4).items()}
    made |= {f"{name}_sharp": value for name, value in sharp.items()} | table
    made |= {f"{name}_edge": value for name, value in edge.items()}
    return made | {"x": x, "x_sharp": x_sharp, "x_edge": ends, "x_all": torch.arange(LEVELS),
                   "x_two": randint(0, 2, (N,), rng=rng), "direction": randn((N,), like=double, rng=rng)}


def probe(mixture_log_prob, x, logits, means, log_scales, x_edge, logits_edge, means_edge, log_scales_edge, x_all,
          logits_all, means_all, log_scales_all, x_sharp, logits_sharp, means_sharp, log_scales_sharp, x_two, direction):
    """Values inside, at the ends, of all levels, at sharp scales and for two levels; gradients."""
    def run(levels, *given):
        return probing.tensor(mixture_log_prob(*given, levels), "`mixture_log_prob`")

    def ask(levels, *given):
        return probing.attempt(run, levels, *(g.clone() for g in given))

    leaves = [probing.leaf(p) for p in (logits, means, log_scales)]
    inside = run(256, x, *leaves)
    d_logits, d_means, d_log_scales = probing.vjp(inside, leaves, direction)
    sharp_leaves = [probing.leaf(p) for p in (logits_sharp, means_sharp, log_scales_sharp)]
    sharp = probing.attempt(run, 256, x_sharp, *sharp_leaves)
    found = [sharp] * 3 if isinstance(sharp, str) else probing.vjp(sharp, sharp_leaves)
    return dict(inside=inside.detach(), single=ask(256, x, logits[:, :1], means[:, :1], log_scales[:, :1]),
                one=ask(256, x[:1], logits[:1], means[:1], log_scales[:1]),
                edge=ask(256, x_edge, logits_edge, means_edge, log_scales_edge),
                all=ask(256, x_all, logits_all, means_all, log_scales_all),
                two=ask(2, x_two, logits, means / 255, log_scales - 3), sharp=sharp, d_sharp=found[1],
                d_sharp_logits=found[0], d_sharp_scales=found[2], d_logits=d_logits, d_means=d_means, d_log_scales=d_log_scales)


def reference(x, logits, means, log_scales, levels):
    """With a and b the ends of a bin: F(b) - F(a) = F(b) F(-a) (1 - e^{a - b})."""
    x, inverse = x[:, None].to(means.dtype), (-log_scales).exp()
    below, above = (x - 0.5 - means) * inverse, (x + 0.5 - means) * inverse
    within = F.logsigmoid(above) + F.logsigmoid(-below) + torch.log(-torch.expm1(-inverse))
    mass = torch.where(x <= 0, F.logsigmoid(above), torch.where(x >= levels - 1, F.logsigmoid(-below), within))
    return (logits.log_softmax(1) + mass).logsumexp(1)


def truth(x, logits, means, log_scales, levels):
    """By the difference of two logarithms, on the side of the mean where both are small."""
    x, scale = x.double()[:, None], log_scales.double().exp()
    a, b = (x - 0.5 - means) / scale, (x + 0.5 - means) / scale
    far = a + b > 0
    a, b = torch.where(far, -b, a), torch.where(far, -a, b)
    low, high = -torch.logaddexp(-a, torch.zeros_like(a)), -torch.logaddexp(-b, torch.zeros_like(b))
    within = high + torch.log1p(-(low - high).exp())
    first = -torch.logaddexp(-(x + 0.5 - means) / scale, torch.zeros_like(a))
    last = -torch.logaddexp((x - 0.5 - means) / scale, torch.zeros_like(a))
    mass = torch.where(x == 0, first, torch.where(x == levels - 1, last, within))
    return torch.logsumexp(mass + logits - torch.logsumexp(logits, 1, keepdim=True), 1)


def sums_to_one(inputs, got, expected, n):
    """Over all 256 levels of one pixel: right one by one, so together 1."""
    total = got["all"].double().exp().sum().item()
    return torch.allclose(got["all"].double(), expected["all"].double(), rtol=1e-3, atol=1e-3), total, 1.0


exercise = Exercise(
    id="pixelcnn-mixture", defines="mixture_log_prob(x, logits, means, log_scales, levels)", core=False, points=4, level=4,
    minutes=25, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pixel_likelihoods.LogisticMixture", "genlab.models.likelihoods.DiscretizedLogistic"],
    comparisons=[
        Compare("inside", "single", "one", shape="(N,)", points=1, what="`mixture_log_prob` inside the range",
                says="Inside: for each component the mass between x - ½ and x + ½, weighted, added up, and then the logarithm."),
        Compare("edge", "two", shape="(N,)", points=1, what="`mixture_log_prob` at the lowest and highest level",
                says="The lowest level has all the mass below it as well, the highest all above."),
        Compare("all", points=0.5, test=sums_to_one, resolution=1e-4, what="the sum of the probabilities of all 256 levels",
                says="The probabilities of all levels add up to 1."),
        Compare("d_logits", "d_means", "d_log_scales", points=0.5,
                what={"d_logits": "the gradient with respect to `logits`", "d_means": "the gradient with respect to `means`",
                      "d_log_scales": "the gradient with respect to `log_scales`"},
                says="The gradients reach all three kinds of parameters."),
        Compare("sharp", "d_sharp", "d_sharp_logits", "d_sharp_scales", points=1, tolerance=1e-3,
                what={"sharp": "`mixture_log_prob` at sharp scales", "d_sharp": "the gradient with respect to `means` at sharp scales",
                      "d_sharp_logits": "the gradient with respect to `logits` at sharp scales",
                      "d_sharp_scales": "the gradient with respect to `log_scales` at sharp scales"},
                says="With scales of a hundredth of a level both ends of a bin round to 0 or 1, and weights can be tiny where the mass is: "
                     "stay exact and finite, with logarithms all the way."),
    ],
    hints=[
        "A bin's mass is a difference of two sigmoids. What is left of it in single precision when both are nearly 1? And where do the "
        "two outer bins end?",
        "F(b) - F(a) = F(b) · F(-a) · (1 - e^{a - b}), of which every factor has an exact logarithm: F.logsigmoid, and torch.expm1 for the "
        "last. Then add log π and use logsumexp over the components.",
        "F.logsigmoid(b) + F.logsigmoid(-a) + torch.log(-torch.expm1(a - b)), where b - a = exp(-log_scales); at x = 0 only "
        "F.logsigmoid(b), at x = levels - 1 only F.logsigmoid(-a).",
    ],
    afterwards="A softmax of 256 logits has to learn that 100 and 101 are neighbours; here three numbers per component say so.",
)
