"""Answers to pixelcnn-mask: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _checked(mask_type, height, width):
    if mask_type not in ("A", "B") or height % 2 == 0 or width % 2 == 0:
        raise ValueError("type A or B, odd sides")
    return torch.zeros(height, width), height // 2, width // 2


def _right(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask[:i] = 1
    mask[i, :j + (mask_type == "B")] = 1
    return mask


# Known mistakes


def centre_always(mask_type, height, width):
    _checked(mask_type, height, width)
    return _right("B", height, width)


def centre_never(mask_type, height, width):
    _checked(mask_type, height, width)
    return _right("A", height, width)


def types_swapped(mask_type, height, width):
    _checked(mask_type, height, width)
    return _right("BA"["AB".index(mask_type)], height, width)


def whole_row(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask[:i + 1] = 1
    mask[i, j] = mask_type == "B"
    return mask


def rows_above_only(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask[:i] = 1
    mask[i, j] = mask_type == "B"
    return mask


def by_columns(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask[:, :j] = 1
    mask[:i + (mask_type == "B"), j] = 1
    return mask


def upper_left(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask[:i + 1, :j + 1] = 1
    mask[i, j] = mask_type == "B"
    return mask


def ones_for_hidden(mask_type, height, width):
    return 1 - _right(mask_type, height, width)


def future(mask_type, height, width):
    return _right(mask_type, height, width).flip(0, 1)


def mirrored(mask_type, height, width):
    return _right(mask_type, height, width).flip(1)


def below_for_above(mask_type, height, width):
    return _right(mask_type, height, width).flip(0)


def triangle(mask_type, height, width):
    mask, _, _ = _checked(mask_type, height, width)
    return (mask + 1).tril(0 if mask_type == "B" else -1)


def row_too_few(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask[:max(0, i - 1)] = 1
    mask[i, :j + (mask_type == "B")] = 1
    return mask


def stops_one_early(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask[:i] = 1
    mask[i, :max(0, j - 1 + (mask_type == "B"))] = 1
    return mask


def even_accepted(mask_type, height, width):
    mask = torch.zeros(height, width)
    if mask_type not in ("A", "B"):
        raise ValueError(mask_type)
    mask[:height // 2] = 1
    mask[height // 2, :width // 2 + (mask_type == "B")] = 1
    return mask


def any_type(mask_type, height, width):
    if height % 2 == 0 or width % 2 == 0:
        raise ValueError("odd sides")
    return _right("B" if mask_type == "B" else "A", height, width)


def nothing_refused(mask_type, height, width):
    mask = torch.zeros(height, width)
    mask[:height // 2] = 1
    mask[height // 2, :width // 2 + (mask_type == "B")] = 1
    return mask


def asserted(mask_type, height, width):
    assert mask_type in ("A", "B") and height % 2 == 1 and width % 2 == 1
    return _right(mask_type, height, width)


def above_left_only(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask[:i, :j] = 1
    mask[i, j] = mask_type == "B"
    return mask


def always_left(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask[:, :j] = 1
    mask[i, j] = mask_type == "B"
    return mask


def part_of_the_alphabet(mask_type, height, width):
    if mask_type not in "AB" or height % 2 == 0 or width % 2 == 0:
        raise ValueError("type A or B, odd sides")
    return _right("B" if mask_type == "B" else "A", height, width)


def one_middle_for_both(mask_type, height, width):
    mask, i, _ = _checked(mask_type, height, width)
    mask[:i] = 1
    mask[i, :i + (mask_type == "B")] = 1
    return mask


# Also right


def flat(mask_type, height, width):
    _checked(mask_type, height, width)
    before = torch.arange(height * width) < height * width // 2 + (mask_type == "B")
    return before.view(height, width)


def by_loops(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    for row in range(height):
        for column in range(width):
            if row < i or (row == i and column < j):
                mask[row, column] = 1
    if mask_type == "B":
        mask[i, j] = 1
    return mask


def from_ones(mask_type, height, width):
    mask, i, j = _checked(mask_type, height, width)
    mask += 1
    mask[i, j + (mask_type == "B"):] = 0
    mask[i + 1:] = 0
    return mask.double()


mistakes = [
    Mistake(centre_always, "In your mask A the centre is open: the pixel that is to be predicted would be an input. Only "
            "mask B opens it."),
    Mistake(centre_never, "Mask B opens the centre too: in later layers it holds what earlier layers made of the past."),
    Mistake(types_swapped, "A and B have changed places: A hides the centre, B shows it."),
    Mistake(whole_row, "Your middle row is open to the right as well: those pixels come later."),
    Mistake(rows_above_only, "The pixels to the left in the middle row come earlier too."),
    Mistake(by_columns, "Your mask reads column by column. Raster order goes row by row: rows and columns are exchanged."),
    Mistake(upper_left, "Above the middle row all columns are earlier, those to the right included."),
    Mistake(ones_for_hidden, "Ones and zeros have changed places: 1 is a tap that is used."),
    Mistake(future, "Your mask shows what comes after the centre: the earlier half is asked for."),
    Mistake(mirrored, "Your middle row is open to the right; in raster order what is left comes first."),
    Mistake(below_for_above, "Your mask shows the rows below: those above come first."),
    Mistake(triangle, "A triangle orders rows against columns of a matrix. Here a tap's place is row and column together."),
    Mistake(part_of_the_alphabet, "`in \"AB\"` asks for a part of the text, and \"AB\" is one: compare with (\"A\", \"B\")."),
    Mistake(one_middle_for_both, "You take the middle of the height for that of the width too: the centre is at (height // 2, width // 2)."),
    Mistake(row_too_few, "The row just above the centre is missing: all rows above it are open."),
    Mistake(stops_one_early, "The tap just before the end of the open part is missing: all taps left of the centre are open, and in "
            "B the centre."),
    Mistake(even_accepted, "An even side has no centre: raise a ValueError instead of a mask that is off by half a pixel."),
    Mistake(any_type, "A type that is neither A nor B is silently taken for one: raise a ValueError."),
    Mistake(nothing_refused, "Nothing is refused: an even side, and a type that is neither A nor B, should raise a ValueError."),
    Mistake(asserted, "What is wrong from outside is a ValueError: `assert` raises another error, and vanishes with python -O."),
    Mistake(above_left_only, "Of the rows above all columns are open, and in the middle row what is left of the centre."),
    Mistake(always_left, "Your mask is open to the left in every row, also below the centre, and closed above to the right."),
]

also_right = [flat, by_loops, from_ones]

_ODD = "for odd sides k // -2 counts the same place from the end"
_IF = 'if mask_type not in ("A", "B") or height % 2 == 0 or width % 2 == 0:'
_RAISE = 'raise ValueError(f"a mask is A or B, its sides are odd, got {mask_type} {height} {width}")'
equivalent_mutants = {
    f"{_IF}: ('A', 'B') → ('B', 'A')": "the order of the types does not matter",
    f"{_IF}: 2 → -2": "a number is even whatever the sign of 2",
    "mask[: height // 2] = 1: 2 → -2": _ODD,
    "mask[height // 2, : width // 2] = 1: 2 → -2": _ODD,
    'mask[height // 2, width // 2] = mask_type == "B": 2 → -2': _ODD,
    f"{_RAISE}: mask_type → height": "words of a message",
    f"{_RAISE}: height → width": "words of a message",
    f"{_RAISE}: width → mask_type": "words of a message",
}
