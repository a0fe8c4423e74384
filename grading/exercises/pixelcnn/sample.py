"""pixelcnn-sample: pixel by pixel, each drawn given those before it.

    x_i ~ softmax(logits_i(x_1 … x_{i-1})),  i in raster order, and within a pixel colour by colour

Fixed: x (B, C, H, W) int64 and known, bool of the same shape: what is known stays, and all that comes later is drawn
given it. network maps images to logits (B, K, C, H, W), of which those of a value depend on earlier values alone. Free:
how often the network is called, what stands in places not yet drawn, how a level is drawn from its probabilities.
"""

import math

import torch
from torch.distributions import Categorical

from genlab.random import rand, randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise

MOST, RISK = 2000, 3e-4  # images of the little world, and how often a right answer may miss in one draw
DICE = 5e-5  # the same for the dice


def inputs(rng, n=1):
    """Rules by which each value follows surely from those before it; a 2x2 world of chance; and dice, with a side that never comes."""
    made = {}
    for name, (shape, levels) in {"": ((3, 2, 3, 4), 5), "_row": ((4, 1, 1, 5), 3), "_dot": ((5, 1, 1, 1), 2),
                                "_column": ((2, 2, 4, 1), 3)}.items():
        d = math.prod(shape[1:])
        made |= {f"x{name}": randint(0, levels, shape, rng=rng), f"start{name}": randint(0, levels, (d,), rng=rng),
                 f"rule{name}": randint(1, levels, (d, d), rng=rng).tril(-1)}
    made |= {"known": rand((3, 2, 3, 4), rng=rng) < 0.4, "bias": randn((4,), rng=rng), "many": MOST * n,
                   "weights": (randn((4, 4), rng=rng).sign() * (2 + rand((4, 4), rng=rng))).tril(-1)}
    die = randn((7,), rng=rng)
    die[int(randint(0, 7, (), rng=rng))] = -200
    return made | {"die": die}


def probe(sample, x, start, rule, x_row, start_row, rule_row, x_dot, start_dot, rule_dot, x_column, start_column, rule_column,
          known, weights, bias, many, die):
    """What the rules give with nothing, something and everything known; many images of the little world, the same few twice from
    one state of torch's random numbers, and many dice."""
    def sure(rule, start, levels):
        def network(images):
            whole(images)
            values = images.movedim(1, 3).flatten(1).double()  # raster order, colours of a pixel together
            level = (values @ rule.double().T + start) % levels
            near = (level[..., None] - torch.arange(levels)).abs() < 0.5
            logits = torch.where(near, 1000.0, 900.0).view(len(images), *images.shape[2:], images.shape[1], levels)
            return logits.permute(0, 4, 3, 1, 2)
        return network

    def whole(images):
        if images.is_floating_point():
            raise TypeError("the network takes whole levels, int64")

    def chance(images):
        whole(images)
        score = images.flatten(1).float() @ weights.T + bias
        return torch.stack([-score / 2, score / 2], 1).view(len(images), 2, 1, 2, 2)

    def dice(images):
        whole(images)
        return die.view(1, 7, 1, 1, 1).repeat(len(images), 1, 1, 1, 1)

    def run(network, images, fixed):
        drawn = probing.tensor(sample(network, images, fixed), "`sample`")
        if drawn.is_floating_point():
            raise probing.WrongType("`sample` should return whole numbers, int64: levels are no floats")
        return drawn.double().clone()

    def ask(network, images, fixed):
        return probing.attempt(run, network, images.clone(), fixed.clone())

    def throws():
        return torch.cat([thrown(dice, many // 4, 1) for _ in range(4)])

    def thrown(network, count, side):
        blank = torch.zeros((count, 1, side, side), dtype=torch.int64)
        return run(network, blank, blank > 0)

    def worlds():
        blank = torch.zeros((many // 4, 1, 2, 2), dtype=torch.int64)
        return torch.cat([run(chance, blank.clone(), blank > 0) for _ in range(4)])

    network = sure(rule, start, 5)
    nothing = torch.zeros_like(known)
    row, dot, column = (torch.zeros_like(t, dtype=torch.bool) for t in (x_row, x_dot, x_column))
    row[:, :, :, 1], column[1:, :, 2] = True, True
    state = torch.get_rng_state()
    first = probing.attempt(thrown, chance, 40, 2)
    torch.set_rng_state(state)
    again = probing.attempt(thrown, chance, 40, 2)
    part = probing.attempt(run, network, probing.watch("x", x.clone()), probing.watch("known", known.clone()))
    return dict(free=run(network, x.clone(), nothing.clone()), part=part, whole=ask(network, x, ~nothing),
                row=ask(sure(rule_row, start_row, 3), x_row, row), dot=ask(sure(rule_dot, start_dot, 2), x_dot, dot),
                column=ask(sure(rule_column, start_column, 3), x_column, column), one=ask(network, x[1:2], known[1:2]),
                world=probing.attempt(worlds), first=first, again=again, die=probing.attempt(throws))


def reference(network, x, known):
    """By torch.multinomial."""
    x = torch.where(known, x, 0)
    for r in range(x.shape[2]):
        for c in range(x.shape[3]):
            for g in range(x.shape[1]):
                drawn = torch.multinomial(network(x)[:, :, g, r, c].softmax(1), 1)[:, 0]
                x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], drawn)
    return x


def truth(network, x, known):
    """By torch.distributions, over the places in one list."""
    colours, height, width = x.shape[1:]
    x = x.clone()
    for place in range(height * width * colours):
        r, c, g = place // (width * colours), place // colours % width, place % colours
        drawn = Categorical(logits=network(x).movedim(1, -1)[:, g, r, c]).sample()
        x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], drawn)
    return x


def law(inputs, got, expected, n):
    """Shares of the 16 images by Bernstein's inequality, and agreement of pairs, which tells of shared draws.

    P(|S/N - p| ≥ √(2 p (1 - p) L / N) + 2 L / (3 N)) ≤ 2 e^{-L} for N independent draws; here are 19 such tests. Pairs are
    neighbours, images of two calls, and the two halves of each of the four calls.
    """
    states = torch.cartesian_prod(*[torch.arange(2)] * 4).double()
    ink = torch.sigmoid(states @ inputs["weights"].double().T + inputs["bias"])
    p = torch.where(states > 0.5, ink, 1 - ink).prod(1)
    values = got["world"].flatten(1)
    if not ((values == 0) | (values == 1)).all():
        return False, "levels other than 0 and 1", "0 and 1"
    code = (values @ torch.tensor([8.0, 4, 2, 1], dtype=torch.float64)).long()
    half, calls = len(code) // 2, code.view(4, 2, -1)
    same = torch.stack([(code[::2] == code[1::2]).double().mean(), (code[:half] == code[half:]).double().mean(),
                        (calls[:, 0] == calls[:, 1]).double().mean()])
    share = torch.bincount(code, minlength=16) / len(code)
    right = torch.cat([p, p.square().sum().expand(3)])
    number = torch.tensor([len(code)] * 16 + [half] * 3, dtype=torch.float64)
    return bernstein(torch.cat([share.double(), same]), right, number, RISK)


def bernstein(seen, right, number, risk):
    """Are the shares seen in so many draws as they should be? A right answer misses with this risk at most."""
    level = math.log(2 * len(right) / risk)
    limit = (2 * right * (1 - right) * level / number).sqrt() + 2 * level / (3 * number)
    worst = int(((seen - right).abs() / limit).argmax())
    return bool(((seen - right).abs() <= limit).all()), seen.roll(-worst), right.roll(-worst)


def dice(inputs, got, expected, n):
    """From one state of torch's random numbers the same images; shares of seven sides, one of which never comes."""
    if not torch.equal(got["first"], got["again"]):
        return False, "others", "the same images from one state of torch's random numbers"
    side, right = got["die"].flatten().long(), inputs["die"].double().softmax(0)
    if not ((side >= 0) & (side < 7)).all():
        return False, "other levels", "levels 0 to 6"
    if (right[side] < 1e-40).any():
        return False, (right[side] < 1e-40).double().mean().item(), 0.0
    return bernstein(torch.bincount(side, minlength=7).double() / len(side), right, torch.tensor(float(len(side))), DICE)


exercise = Exercise(
    id="pixelcnn-sample", defines="sample(network, x, known)", core=True, points=4, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pixelcnn.PixelCNN.sample", "genlab.models.pixelcnn.PixelCNN.trajectory",
               "genlab.models.pixel_sampling.draws", "genlab.models.autoregressive.Autoregressive.sample"],
    comparisons=[
        Compare("free", shape="(B, C, H, W)", points=1, what="`sample` with nothing known",
                says="Each value is drawn from its own logits, once all values before it are in place."),
        Compare("whole", shape="(B, C, H, W)", points=0.5, what="`sample` with everything known",
                says="What is known stays as it is."),
        Compare("part", "one", shape="(B, C, H, W)", points=1, what="`sample` with some values known",
                says="What is drawn after a known value is drawn given it."),
        Compare("row", "dot", "column", shape="(B, C, H, W)", points=0.5, what="`sample` for images of one row, column or pixel",
                says="Images of one row, of one column and of one pixel, with few levels."),
        Compare("world", shape="(N, 1, 2, 2)", points=0.75, test=law, false_refusal=RISK, resolution=0.05,
                what="the shares of the 16 images among many drawn at once",
                says="Drawn many at once, the images of a 2x2 world come with their probabilities, each by itself."),
        Compare("die", "first", "again", points=0.25, test=dice, false_refusal=DICE, resolution=0.05,
                what="`sample` for many levels, or from the same state of torch's random numbers,",
                says="Many levels come with their probabilities as well, and from the same state of torch's random numbers they come again."),
    ],
    hints=[
        "The first value depends on nothing. When can the second be drawn? And what has to happen in between?",
        "Three loops: rows, columns, colours. In each turn one pass of the network over what is there so far, one draw from "
        "the softmax of the logits at this place, and one value written into a copy of x, unless it is known.",
        "p = network(x)[:, :, g, r, c].softmax(1); drawn = torch.multinomial(p, 1)[:, 0]; x[:, g, r, c] = "
        "torch.where(known[:, g, r, c], x[:, g, r, c], drawn), with x = x.clone() at the start.",
    ],
    afterwards="An image of 28 by 28 takes 784 passes: training looks at all pixels at once, sampling at one after another.",
)
