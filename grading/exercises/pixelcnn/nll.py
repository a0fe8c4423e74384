"""pixelcnn-nll: what an image costs, in nats and in bits per dimension.

    -log p(x) = -Σ_i log softmax(logits_i)[x_i],   bits per dimension = -log p(x) / (C·H·W·ln 2)

The sum runs over all pixels and colours (chain rule). Fixed: x is (B, C, H, W) int64, logits are (B, K, C, H, W): the levels are axis
1, as F.cross_entropy has them. Two tensors (B,) come back. Free: how it is computed.
"""

import math

import torch
from torch.distributions import Categorical

from genlab.random import randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Colour images in float64; tiny ones; of one row and one column, where most levels do not occur; of a single level;
    sure logits in float32, up to some hundreds and up to a million; all 16 images of a 2x2 world with causal logits."""
    double = torch.zeros((), dtype=torch.float64)
    B, K, C, H, W = 3, 5, 2, 4, 6
    x = randint(0, K, (B, C, H, W), rng=rng)
    world = torch.cartesian_prod(*[torch.arange(2)] * 4)
    score = (world.double() @ (2 * randn((4, 4), like=double, rng=rng)).triu(1)) + randn((4,), like=double, rng=rng)
    square = randint(0, 3, (3, 3, 3, 3), rng=rng)
    return {
        "x": x, "logits": 2 * randn((B, K, C, H, W), like=double, rng=rng),
        "small_x": randint(0, 2, (4, 1, 1, 1), rng=rng), "small": randn((4, 2, 1, 1, 1), like=double, rng=rng),
        "square_x": square, "square": randn((3, 3, 3, 3, 3), like=double, rng=rng),
        "row_x": 1 + 3 * randint(0, 2, (2, 1, 1, 7), rng=rng), "row": randn((2, 9, 1, 1, 7), like=double, rng=rng),
        "column_x": 2 * randint(1, 3, (1, 2, 3, 1), rng=rng), "column": randn((1, 6, 2, 3, 1), like=double, rng=rng),
        "lone": randn((2, 1, 1, 2, 3), like=double, rng=rng),
        "sure": 300 * randn((B, K, C, H, W), rng=rng) * torch.tensor([1.0, 1, 1000])[:, None, None, None, None],
        "world_x": world.view(16, 1, 2, 2), "world": torch.stack([-score / 2, score / 2], 1).view(16, 2, 1, 2, 2),
        "direction": randn((B,), like=double, rng=rng),
    }


def probe(nll, x, logits, small_x, small, square_x, square, row_x, row, column_x, column, lone, sure, world_x, world,
          direction):
    """Both numbers in many settings, with gradients at moderate and at large logits."""
    def run(images, scores):
        given = probing.watch("x", images.clone()) if images is x else images.clone()
        return probing.tensors(nll(given, scores), 2, "`nll`")

    def ask(images, scores):
        result = probing.attempt(run, images, scores.clone())
        return (result, result) if isinstance(result, str) else result

    leaf, sure_leaf = probing.leaf(logits), probing.leaf(sure)
    nats, bits = run(x, leaf)
    sure_nats = probing.attempt(run, x, sure_leaf)
    sure_bits = d_sure = sure_nats
    if not isinstance(sure_nats, str):
        sure_nats, sure_bits = sure_nats
        d_sure = probing.vjp(sure_nats, [sure_leaf])[0]
    small_nats, small_bits = ask(small_x, small)
    square_nats, square_bits = ask(square_x, square)
    row_nats, row_bits = ask(row_x, row)
    column_nats, column_bits = ask(column_x, column)
    lone_nats, _ = ask(torch.zeros_like(lone[:, 0], dtype=torch.int64), lone)
    return dict(nats=nats, bits=bits, d_logits=probing.vjp(nats, [leaf], direction)[0], one=ask(x[1:2], logits[1:2])[0],
                small_nats=small_nats, small_bits=small_bits, square_nats=square_nats, square_bits=square_bits,
                row_nats=row_nats, row_bits=row_bits, column_nats=column_nats, column_bits=column_bits, lone_nats=lone_nats,
                sure=sure_nats, sure_bits=sure_bits, d_sure=d_sure, world=ask(world_x, world)[0])


def reference(x, logits):
    """By log_softmax and gather."""
    nats = -logits.log_softmax(1).gather(1, x[:, None]).flatten(1).sum(1)
    return nats, nats / (x[0].numel() * math.log(2))


def truth(x, logits):
    """By torch.distributions."""
    nats = -Categorical(logits=logits.movedim(1, -1)).log_prob(x).flatten(1).sum(1)
    return nats, nats / x.flatten(1).shape[1] / math.log(2)


def exact_where_sure(inputs, got, expected, n):
    """Values and gradient at large logits, up to the rounding of single precision there."""
    seen, right = (torch.cat([v["sure"].double(), v["sure_bits"].double(), v["d_sure"].double().flatten()]) for v in (got, expected))
    worst = int((seen - right).abs().argmax())
    return torch.allclose(seen, right, rtol=1e-4, atol=1e-3), seen.roll(-worst), right.roll(-worst)


def sums_to_one(inputs, got, expected, n):
    """All 16 images of the little world: right one by one, so together they have probability 1."""
    total = (-got["world"].double()).exp().sum().item()
    value, right = got["world"].double(), expected["world"]
    return torch.allclose(value, right, rtol=1e-4, atol=1e-4), total, 1.0


exercise = Exercise(
    id="pixelcnn-nll", defines="nll(x, logits)", core=True, points=4, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pixel_likelihoods.Categorical", "genlab.models.autoregressive.Autoregressive.log_prob",
               "genlab.models.pixelcnn.PixelCNN.log_prob", "genlab.models.pixelcnn.PixelCNN.log_prob_map",
               "genlab.models.pixelcnn.PixelCNN.loss", "genlab.metrics.likelihood.bits_per_dim"],
    comparisons=[
        Compare("nats", "one", "small_nats", "square_nats", "row_nats", "column_nats", "lone_nats", shape="(B,)", points=1.25,
                what="the first number of `nll`",
                says="Nats of each image: minus the sum over pixels and colours of the log-probability of the level that is there."),
        Compare("bits", "small_bits", "square_bits", "row_bits", "column_bits", shape="(B,)", points=1, what="the second number of `nll`",
                says="Bits per dimension: nats over ln 2, over the number of values C·H·W."),
        Compare("d_logits", points=0.75, what="the gradient of the nats with respect to `logits`",
                says="The gradient: softmax minus 1 at the level that is there."),
        Compare("sure", "sure_bits", "d_sure", points=0.5, test=exact_where_sure, resolution=1e-2,
                what="`nll` at logits of several hundred and more",
                says="Sure logits, right or wrong: value and gradient stay finite and exact."),
        Compare("world", points=0.5, test=sums_to_one, resolution=1e-4,
                what="the sum of exp(-nats) over all 16 images of a 2x2 world",
                says="Over all images of a small world the probabilities add up to 1."),
    ],
    hints=[
        "Each pixel asks: which probability did the network give to the level that is there? How do the answers of all pixels combine?",
        "The logarithm turns the product of the chain rule into a sum. log_softmax over the axis of the levels (1), pick the level that is "
        "there with gather, add up all but the batch. A bit is ln 2 nats.",
        "nats = F.cross_entropy(logits, x, reduction=\"none\").flatten(1).sum(1); bits = nats / (x[0].numel() * math.log(2)).",
    ],
    afterwards="Bits per dimension compare images of different sizes; nats compare models of the same images.",
)
