"""pixelcnn-colours: which channels may hear which at the centre of a kernel.

    mask[o, i, centre] = 1  if colour(i) < colour(o);  in mask B also if colour(i) = colour(o)

with colour(c) = ⌊c · colours / channels⌋: the channels are blocks of equal size, one for each colour in order (van den
Oord, Kalchbrenner and Kavukcuoglu 2016, arXiv:1601.06759, fig. 2). Earlier taps are open to all, later ones to none.
Fixed: the shape (out, in, height, width), sides odd. Truth values are accepted.
"""

import torch

from genlab.models import pixelcnn
from genlab.random import permutation
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Numbers of channels and sides that all differ."""
    some = (permutation(3, rng=rng) + 1).tolist()
    sides = (2 * permutation(3, rng=rng) + 3).tolist()
    return {"few": 3 * some[0], "many": 3 * (some[1] + 3), "height": sides[0], "width": sides[1]}


def probe(colour_mask, few, many, height, width):
    """First and later layers of three colours, of one, two and four; kernels of one tap."""
    def run(*given):
        return probing.tensor(colour_mask(*given), "`colour_mask`")

    def ask(*given):
        return probing.attempt(run, *given)

    return dict(first=run("A", 3, many, height, width, 3), first_few=ask("A", few, many, width, height, 3),
                first_square=ask("A", many, many, width, height, 3), later=ask("B", many, few, height, width, 3), later_square=ask("B", many, many, 3, 3, 3),
                dot=ask("B", many, few, 1, 1, 3), dot_a=ask("A", few, many, 1, 1, 3),
                grey=ask("A", 2, 5, height, width, 1), grey_b=ask("B", 2, 5, height, width, 1),
                two=ask("A", 4, 6, 3, width, 2), four=ask("B", 4, 8, height, 3, 4), row=ask("B", 6, 4, 1, width, 2),
                column=ask("A", 4, 2, height, 1, 2))


def reference(mask_type, in_channels, out_channels, height, width, colours):
    """genlab's own."""
    return pixelcnn.causal_mask(mask_type, (height, width), in_channels, out_channels, colours)


def truth(mask_type, in_channels, out_channels, height, width, colours):
    """Entry by entry, by comparing (row, column, colour) in reading order."""
    mask = torch.zeros(out_channels, in_channels, height, width)
    for o in range(out_channels):
        for i in range(in_channels):
            own, other = o // (out_channels // colours), i // (in_channels // colours)
            for r in range(height):
                for c in range(width):
                    place, centre = (r, c, other), (height // 2, width // 2, own)
                    mask[o, i, r, c] = place < centre or (mask_type == "B" and place == centre)
    return mask


exercise = Exercise(
    id="pixelcnn-colours", defines="colour_mask(mask_type, in_channels, out_channels, height, width, colours)", core=False,
    points=3, level=4, minutes=20, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pixelcnn.causal_mask", "genlab.models.pixelcnn.MaskedConv2d"],
    comparisons=[
        Compare("first", "first_few", "first_square", shape="(out, in, height, width)", points=1, what="mask A of three colours",
                says="Mask A: at the centre red hears nothing, green red, blue both."),
        Compare("later", "later_square", shape="(out, in, height, width)", points=1, what="mask B of three colours",
                says="Mask B: at the centre a colour hears itself as well."),
        Compare("dot", "dot_a", "grey", "grey_b", "two", "four", "row", "column", shape="(out, in, height, width)", points=1,
                what="`colour_mask` for one tap, or another number of colours",
                says="Kernels of a single tap, row or column, and one, two or four colours follow the same rule."),
    ],
    hints=[
        "Only the centre is new. Sort all of (row, column, colour) in the order in which values are drawn: which come before?",
        "Give each channel the number of its colour, in blocks of equal size. At the centre compare the number of the input with "
        "that of the output: smaller in mask A, smaller or equal in mask B.",
        "own = torch.arange(out_channels) * colours // out_channels, seen = torch.arange(in_channels) * colours // in_channels; at the "
        "centre: seen[None] < own[:, None], or <= in B.",
    ],
    afterwards="With this mask the Jacobian of the network, its rows and columns in the order of drawing, is strictly lower triangular.",
)
