"""pixelcnn-receptive-field: which pixels the output at one place depends on, after a stack of masked convolutions.

    S_L = {(row, column)},  S_{l-1} = the places inside the image that an open tap of layer l reaches from S_l

the first layer with mask A, all others with mask B. What is missing of the past is the blind spot. Fixed: kernels is a
list of odd sides, the first layer's first; the answer is (height, width), truth values or 0 and 1.
"""

import torch
from torch.nn import functional as F

from genlab.models.pixelcnn import causal_mask
from genlab.random import randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Stacks of several depths, an image that is not square, and places inside and at its borders."""
    sides = (2 * randint(1, 3, (4,), rng=rng) + 1)  # 3 or 5
    sides[1], sides[2] = 8 - sides[0], sides[0]  # both occur, and not in the order of size
    height, width = 11 + int(randint(0, 3, (), rng=rng)), 15 + int(randint(0, 3, (), rng=rng))
    return {"sides": sides, "height": height, "width": width, "row": height - 3 + int(randint(0, 2, (), rng=rng)),
            "column": 6 + int(randint(0, 3, (), rng=rng)), "depth": 9 + int(randint(0, 3, (), rng=rng))}


def probe(receptive_field, sides, height, width, row, column, depth):
    """One layer, a few and many; in the middle and at each border; a first layer without a tap."""
    def run(kernels, r, c, h=height, w=width):
        given = probing.watch("kernels", list(kernels))
        return probing.tensor(receptive_field(given, h, w, r, c), "`receptive_field`").double()

    def ask(*given):
        return probing.attempt(run, *given)

    few, many = sides.tolist(), [3] * depth
    return dict(single=run(few[:1], row, column), single_large=ask([7], row, column), two=ask(few[:2], row, column),
                few=ask(few, row, column), many=ask(many, row, column), left=ask(few, row, 0),
                right=ask(many, row, width - 1), top=ask(few, 0, column), corner=ask(few, 0, 0),
                line=ask(few, 0, column, 1, width), pole=ask(few, row, 0, height, 1), dot=ask(few, 0, 0, 1, 1),
                nothing=ask([1], row, column), ones=ask([3, 1, 1], row, column), last_one=ask([1, 3, 3], row, column))


def reference(kernels, height, width, row, column):
    """Backwards through the layers, from the output to the image."""
    reached = torch.zeros(height, width, dtype=torch.bool)
    reached[row, column] = True
    for layer in reversed(range(len(kernels))):
        half = kernels[layer] // 2
        around = F.pad(reached, (half, half, half, half))
        total = torch.zeros_like(reached)
        for i, j in causal_mask("B" if layer else "A", (kernels[layer],) * 2)[0, 0].nonzero().tolist():
            total |= around[2 * half - i:2 * half - i + height, 2 * half - j:2 * half - j + width]
        reached = total
    return reached


def truth(kernels, height, width, row, column):
    """By input gradients of a stack whose open weights are 1."""
    x = torch.zeros(1, 1, height, width, dtype=torch.float64, requires_grad=True)
    y = x
    for layer, k in enumerate(kernels):
        taps = torch.arange(k * k).view(1, 1, k, k)
        y = F.conv2d(y, ((taps < k * k // 2) | ((taps == k * k // 2) & (layer > 0))).double(), padding=k // 2)
    return torch.autograd.grad(y[0, 0, row, column], x)[0][0, 0] > 0


exercise = Exercise(
    id="pixelcnn-receptive-field", defines="receptive_field(kernels, height, width, row, column)", core=False, points=3,
    level=3, minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pixelcnn.causal_mask", "genlab.models.pixelcnn.MaskedConv2d"],
    comparisons=[
        Compare("single", "single_large", shape="(height, width)", points=0.75, what="`receptive_field` of one layer",
                says="One layer sees the open taps of its mask A, around (row, column)."),
        Compare("two", "few", "many", shape="(height, width)", points=1.25, what="`receptive_field` of several layers",
                says="With more layers: what the places that are seen have seen in turn, and no more."),
        Compare("left", "right", "top", "corner", "line", "pole", "dot", shape="(height, width)", points=0.5,
                what="`receptive_field` at a border", says="At a border the field ends: nothing comes round from the other side."),
        Compare("nothing", "ones", "last_one", shape="(height, width)", points=0.5, what="`receptive_field` with kernels of one tap",
                says="A kernel of one tap hides everything under mask A, and passes on one place under mask B."),
    ],
    hints=[
        "Begin at the output. Which places does the last layer read? And which does the layer before read for each of those?",
        "Keep a table of bool, at first with a single True. For each layer, last to first, a place is in the new table if an open tap "
        "leads to it from one in the old. Only the first layer has mask A.",
        "For each (i, j) that is True and each open tap (a, b) of a kernel of side k: new[i + a - k // 2, j + b - k // 2] = True, if "
        "that lies inside the image.",
    ],
    afterwards="Input gradients of a real network give the same table: a test that is a picture.",
)
