"""flow-bits: what an image of whole grey levels costs under a density, by uniform dequantisation.

The first density that an answer meets is constant over every cell of the levels. Then the bound is exact for
every draw of the noise, and the expected value is that of the probabilities in the table. What was asked of the
density is returned, too: (levels + u) / count, from which the judge recovers u and asks whether it is uniform,
independent and fresh (grading/checks/laws.py, at p = 3e-4 a draw). A draw next to the border of two cells is
taken as of the cell that it came from, for rounding may carry it across.
"""

import math

import torch

from genlab.random import randint, randn
from grading.checks import laws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Levels of which the lowest and the highest occur; a table of densities for each pixel."""
    B, D, count = 300 * n, 6, 11
    one = torch.ones(1, dtype=torch.float64)
    levels = randint(0, count, (B, D), rng=rng)
    levels[:2, :3] = torch.tensor([[0], [count - 1]])
    deep = randint(0, 256, (4, 3), rng=rng)
    deep[0, :2] = torch.tensor([0, 255])
    return {"levels": levels, "count": count, "table": randn((D, count), like=one, rng=rng), "deep": deep,
            "deep_table": randn((3, 256), like=one, rng=rng), "pair": randint(0, 2, (3, 1), rng=rng),
            "pair_table": 3 * randn((1, 2), like=one, rng=rng), "weight": randn((B,), like=one, rng=rng)}


def probe(bits_per_dim, levels, count, table, deep, deep_table, pair, pair_table, weight):
    """Under densities that are constant over each cell: 11, 256 and 2 levels, one image, bytes; what was asked of them."""
    asked = []

    def cells(logits, images):
        K, before = logits.shape[1], len(asked)

        def log_prob(v):
            """Asked for all rows at once, or for some after others."""
            start = sum(len(a) for a in asked[before:])
            asked.append(v.detach().clone())
            own_images = images[(start + torch.arange(len(v))) % len(images)]
            place = v.double() * K
            at = place.floor().long()
            if at.shape == own_images.shape:
                near = (place - place.round()).abs() < 1e-3
                own = (at - own_images).abs() <= 1
                at = torch.where(near & own, own_images.long(), at)
            at = at.clamp(0, K - 1)
            density = logits.log_softmax(1) + math.log(K)
            return density[torch.arange(len(logits)), at].sum(1)

        return log_prob

    def ask(images, logits, given=None):
        given = images if given is None else given
        return probing.tensor(bits_per_dim(given, logits.shape[1], cells(logits, images)), "`bits_per_dim`")

    def drawn(parts):
        """All that was asked, but for the same again: with one draw as many rows as there are images."""
        return torch.cat([v for i, v in enumerate(parts)
                          if not i or v.shape != parts[i - 1].shape or not torch.equal(v, parts[i - 1])])

    leaf = probing.leaf(table)
    value = ask(levels, leaf)
    slope, = probing.vjp(value, [leaf], weight)
    first, middle = drawn(asked), len(asked)
    again = ask(levels, table)
    second = drawn(asked[middle:])
    return dict(value=value, again=again, slope=slope, first=first, second=second, deep=ask(deep, deep_table),
                bytes=ask(deep, deep_table, deep.to(torch.uint8)), pair=ask(pair, pair_table), one=ask(levels[:1], table))


def reference(levels, count, log_prob):
    """-(log p(v) - D log K) / (D log 2) with v = (levels + u) / K."""
    v = (levels + torch.rand(levels.shape)) / count
    return (math.log(count) - log_prob(v) / levels.shape[1]) / math.log(2)


def truth(levels, count, log_prob):
    """The probability of the cell, as density times volume, and its logarithm to base 2."""
    v = (levels.double() + torch.rand(levels.shape, dtype=torch.float64)) / count
    D = levels.shape[1]
    return -(log_prob(v).exp() * (1 / count) ** D).log2() / D


def noise(inputs, got):
    """u of both calls as standard normal numbers, (2, B, D): Φ⁻¹(u)."""
    v = torch.stack([got["first"], got["second"]]).double()
    u = v * inputs["count"] - inputs["levels"]
    return u, torch.special.ndtri(u.clamp(1e-9, 1 - 1e-9))


def noise_is_uniform(inputs, got, expected, n):
    """Is u uniform in [0, 1), independent and fresh? Plain faults first, each in its own words.

    That none of 3600 n numbers comes within 0.005 of one of the ends has probability 2 · 0.995^3600 < 1e-7.
    """
    u, normal = noise(inputs, got)
    if (u - u[:, :1, :1]).abs().max() < 1e-3:
        where = "in the middle" if (u - 0.5).abs().max() < 0.01 else "at the edge" if u.abs().max() < 0.01 else "at one place"
        return False, f"every value {where} of its cell", "values spread over their cells"
    if u.min() < -1e-3 or u.max() > 1 + 1e-3:  # by how much tells the mistakes apart
        wide = u.std().clamp_min(1)
        return False, torch.stack([u.mean(), u.std()]) / wide, torch.tensor([0.5, 12**-0.5], dtype=torch.float64)
    for spread, seen in ((u.std(1), "one u for all images"), (u.std(2), "one u for all pixels of an image")):
        if spread.max() < 1e-3:
            return False, seen, "a u for each pixel of each image"
    if (u[0] - u[1]).abs().max() < 1e-3:
        return False, "the same noise at every call", "fresh noise"
    if u.min() > 0.005 or u.max() < 0.995:
        return False, f"between {u.min().abs():.1f} and {u.max():.1f} only", "between 0 and 1"
    return laws.independence(normal)


exercise = Exercise(
    id="flow-bits", defines="bits_per_dim(levels, count, log_prob)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("value", "again", "one", points=1.5, shape="(B,)", what="`bits_per_dim`", tolerance=1e-4,
                says="For a density that is constant over every cell, the bits are exactly -log₂ of the image's probability, "
                     "divided by its number of pixels."),
        Compare("deep", "bytes", "pair", points=0.5, shape="(B,)", what="`bits_per_dim`", tolerance=1e-4,
                says="The same with 256 and with 2 levels, and for bytes: the cells have the width 1 / count."),
        Compare("first", "second", points=1.5, test=noise_is_uniform, false_refusal=3e-4, resolution=0.06,
                what="u, by what `log_prob` was asked,",
                says="Each pixel of each image gets its own u, uniform in [0, 1) and fresh at every call."),
        Compare("slope", points=0.5, tolerance=1e-4, what="the gradient with respect to the density's parameters",
                says="Gradients reach whatever `log_prob` is made of, each image by its own cost."),
    ],
    hints=[
        "A density is no probability. Which volume does the cell of an image have, if each pixel has `count` levels in [0, 1]?",
        "v = (levels + u) / count lies in the image's cell, whose volume is count^-D. So log P ≈ log p(v) - D log count; "
        "then change the sign and the unit, and divide by D.",
        "v = (levels + torch.rand(levels.shape)) / count; return (math.log(count) - log_prob(v) / D) / math.log(2) with "
        "D = levels.shape[1].",
    ],
    afterwards="On average this is an upper bound: no density can make an image cheaper than its probability does.",
)
