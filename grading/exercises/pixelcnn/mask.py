"""pixelcnn-mask: which taps of a kernel come before its centre in raster order.

    mask[i, j] = 1  if i < ⌊height/2⌋, or i = ⌊height/2⌋ and j < ⌊width/2⌋;  the centre itself only in mask B

(van den Oord, Kalchbrenner and Kavukcuoglu 2016, arXiv:1601.06759, fig. 4). Fixed: 0 and 1 as floats (truth values
are accepted), a ValueError for an even side or another type.
"""

import torch

from genlab.models import pixelcnn
from genlab.random import permutation
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Two odd sides that differ, and an even one."""
    sides = (2 * permutation(5, rng=rng) + 3).tolist()  # 3, 5, 7, 9, 11
    return {"height": sides[0], "width": sides[1], "other": sides[2], "even": sides[3] + 1}


def probe(causal_mask, height, width, other, even):
    """Both masks: wide, high, square, in one row and in one column, of one tap; and what an even side gives."""
    def make(kind, h, w):
        return probing.tensor(causal_mask(kind, h, w), "`causal_mask`")

    def ask(*given):
        return probing.attempt(make, *given)

    return dict(
        a=make("A", height, width), b=ask("B", height, width), a_turned=ask("A", width, height),
        a_square=ask("A", other, other), b_square=ask("B", other, other),
        row=ask("A", 1, width), row_b=ask("B", 1, width), column=ask("B", height, 1), column_a=ask("A", height, 1),
        dot=ask("B", 1, 1), dot_a=ask("A", 1, 1),
        even=probing.attempt(causal_mask, "A", height, even), even_too=probing.attempt(causal_mask, "B", even, width),
        even_row=probing.attempt(causal_mask, "A", height, even + 2),
        even_column=probing.attempt(causal_mask, "B", even + 2, width), both=probing.attempt(causal_mask, "A", even, even),
        type=probing.attempt(causal_mask, "C", height, width), types=probing.attempt(causal_mask, "AB", height, width),
        small=probing.attempt(causal_mask, "a", height, width), small_b=probing.attempt(causal_mask, "b", height, width),
        empty=probing.attempt(causal_mask, "", height, width), spaced=probing.attempt(causal_mask, "B ", height, width))


def reference(mask_type, height, width):
    """genlab's own, without channels."""
    return pixelcnn.causal_mask(mask_type, (height, width))[0, 0]


def truth(mask_type, height, width):
    """Tap by tap, by comparing places in reading order."""
    if mask_type not in ("A", "B"):
        raise ValueError(mask_type)
    if height % 2 == 0 or width % 2 == 0:
        raise ValueError("even")
    middle = (height // 2, width // 2)
    return torch.tensor([[float((i, j) < middle or (mask_type == "B" and (i, j) == middle)) for j in range(width)]
                         for i in range(height)])


exercise = Exercise(
    id="pixelcnn-mask", defines="causal_mask(mask_type, height, width)", core=True, points=2, level=1, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pixelcnn.causal_mask", "genlab.models.pixelcnn.MaskedConv2d"],
    comparisons=[
        Compare("a", "a_turned", "a_square", shape="(height, width)", points=0.75,
                says="Mask A: all rows above, and in the middle row what is left of the centre."),
        Compare("b", "b_square", shape="(height, width)", points=0.5, says="Mask B: mask A and the centre."),
        Compare("row", "row_b", "column", "column_a", "dot", "dot_a", shape="(height, width)", points=0.5,
                says="Kernels of one row, one column or one tap have a centre too."),
        Compare("a", "even", "even_too", "even_row", "even_column", "both", "type", "types", "small", "small_b", "empty", "spaced",
                points=0.25,
                what="`causal_mask` for an even side, or a type that is not A or B,",
                says="An even side has no centre, and only A and B are types: raise a ValueError."),
    ],
    hints=[
        "Read the kernel as you read a page. Which taps have you read before you come to the one in the middle?",
        "All of the rows above the middle one, and in the middle row the taps with a smaller column number. B adds the "
        "middle itself.",
        "mask = torch.zeros(height, width); mask[:height // 2] = 1; mask[height // 2, :width // 2 + (mask_type == \"B\")] = 1.",
    ],
    afterwards="Flattened, a mask A is simply: ones up to the middle, then zeros. Raster order is the order of memory.",
)
