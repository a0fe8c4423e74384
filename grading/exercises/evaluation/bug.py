"""evaluation-bug: a comparison of two models that runs, prints plausible numbers, and is not fair.

The lesson gives `buggy_compare`, word for word as below. Two faults hide in it. The samples lie in [-1, 1] as both
models make them, the real images and the feature network expect [0, 1], and nobody converts. And each model is measured
on as many samples as there happen to be, so that the bias of the distance, which falls with n, decides.
"""

import torch

from genlab.random import rand, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Images (1, 2, 3), different numbers of samples of the two models, and a set without a dark pixel."""
    shape, K = (1, 2, 3), 4
    double = torch.zeros((), dtype=torch.float64)

    def pixels(count):
        return (1.2 * rand((count, *shape), like=double, rng=rng) - 0.1).clamp(0, 1)  # black and white among them

    return {"a": 2 * pixels(11) - 1, "b": 2 * pixels(17) - 1, "real": pixels(23), "bright": 0.9 * pixels(9) + 0.1,
            "weight": randn((*shape, K), like=double, rng=rng), "bias": randn((K,), like=double, rng=rng),
            "spread": 2 + 3 * rand((), like=double, rng=rng)}


def probe(compare, a, b, real, bright, weight, bias, spread):
    """Both distances: of sets of one size, the smaller first, the larger first; few real images; one sample."""
    def features(images):
        return torch.tanh(torch.einsum("nchw,chwk->nk", images.to(weight.dtype), weight) + bias)

    def distance(x, y):
        gap = (x.mean(0) - y.mean(0)).square().sum()
        wide, wanted = x.std(0, correction=0), y.std(0, correction=0)
        return gap + (wide - wanted).square().sum() + spread / len(x) + (wanted / spread).sum() + 1 / len(y)

    given = [probing.watch(label, []) for label in ("a", "b", "real")]

    def run(*sets):
        for handed, part in zip(given, sets, strict=True):
            handed.append(part.clone())
        return torch.stack(probing.tensors(compare(*(handed[-1] for handed in given), features, distance), 2, "`compare`"))

    return dict(equal=run(a, b[:len(a)], real), bright=run(a[:len(bright)], bright, real), fewer_first=run(a, b, real),
                fewer_last=run(b, a[:7], real), few_real=run(a, b, real[:5]), one=run(a, b[:1], real))


def reference(a, b, real, features, distance):
    """To [0, 1], and the same number of each."""
    n = min(len(a), len(b))
    wanted = features(real)
    return tuple(distance(features((part[:n] + 1) / 2), wanted) for part in (a, b))


exercise = Exercise(
    id="evaluation-bug", defines="compare(a, b, real, features, distance)", core=False, points=2, level=2, minutes=10,
    all_or_nothing=True, inputs=inputs, probe=probe, reference=reference,
    comparisons=[
        Compare("equal", "bright", shape="(2,)", points=1, what="`compare`",
                says="Two sets of one size: the samples lie in [-1, 1], the network takes [0, 1]."),
        Compare("fewer_first", "fewer_last", "few_real", "one", shape="(2,)", points=1,
                what="`compare` of sets of different sizes",
                says="Sets of different sizes: both models are measured on the first min(len(a), len(b)) samples, and "
                     "against all real images."),
    ],
    hints=[
        "Print the smallest and the largest value of the samples and of the real images. Then call the function with a "
        "model against itself, once with all of its samples and once with a tenth of them.",
        "(x + 1) / 2 takes [-1, 1] to [0, 1]. n = min(len(a), len(b)), and of both only the first n.",
        "n = min(len(a), len(b)); return tuple(distance(features((s[:n] + 1) / 2), features(real)) for s in (a, b))",
    ],
)
