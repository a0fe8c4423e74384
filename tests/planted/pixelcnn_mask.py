"""Planted answers to pixelcnn-mask, by another author than the check's."""

import numpy as np
import torch


def _refuse(mask_type, height, width):
    if mask_type not in ("A", "B"):
        raise ValueError(f"unknown type {mask_type}")
    if not height % 2 or not width % 2:
        raise ValueError("sides must be odd")


def one_side_for_both(mask_type, height, width):
    _refuse(mask_type, height, width)
    mask, c = torch.ones(height, width), height // 2
    mask[c + 1:] = 0
    mask[c, c + (mask_type == "B"):] = 0
    return mask


def only_height_refused(mask_type, height, width):
    if height % 2 == 0 or mask_type not in "AB":
        raise ValueError("odd")
    return flat_ones(mask_type, height, width)


def refused_if_both_even(mask_type, height, width):
    if (height % 2 == 0 and width % 2 == 0) or mask_type not in ("A", "B"):
        raise ValueError("odd")
    return flat_ones(mask_type, height, width)


def small_letters(mask_type, height, width):
    _refuse(mask_type, height, width)
    return flat_ones(mask_type.lower(), height, width)


def returned_instead(mask_type, height, width):
    try:
        _refuse(mask_type, height, width)
    except ValueError as error:
        return error
    return flat_ones(mask_type, height, width)


def printed(mask_type, height, width):
    if mask_type not in ("A", "B") or height % 2 == 0 or width % 2 == 0:
        return None
    return flat_ones(mask_type, height, width)


def other_error(mask_type, height, width):
    if mask_type not in ("A", "B") or height % 2 == 0 or width % 2 == 0:
        raise TypeError("odd sides")
    return flat_ones(mask_type, height, width)


def minus_infinity(mask_type, height, width):
    _refuse(mask_type, height, width)
    return torch.where(flat_ones(mask_type, height, width) > 0, 0.0, float("-inf"))


def averaged(mask_type, height, width):
    _refuse(mask_type, height, width)
    mask = flat_ones(mask_type, height, width)
    return mask / mask.sum().clamp(min=1)


def through_the_row(mask_type, height, width):
    """The centre row up to the kernel's last column but one."""
    _refuse(mask_type, height, width)
    mask = torch.zeros(height, width)
    mask[:height // 2] = 1
    mask[height // 2, :-(width // 2 + (mask_type == "A"))] = 1
    return mask


def last_row_kept(mask_type, height, width):
    _refuse(mask_type, height, width)
    mask = torch.ones(height, width)
    mask[height // 2, width // 2 + (mask_type == "B"):] = 0
    mask[height // 2 + 1:-1] = 0
    return mask


def as_numpy(mask_type, height, width):
    return flat_ones(mask_type, height, width).numpy()


def flat_ones(mask_type, height, width):
    n = height * width
    seen = n // 2 + (mask_type == "B")
    return torch.cat([torch.ones(seen), torch.zeros(n - seen)]).view(height, width)


def by_places(mask_type, height, width):
    _refuse(mask_type, height, width)
    rows, columns = torch.meshgrid(torch.arange(height) - height // 2, torch.arange(width) - width // 2, indexing="ij")
    before = (rows < 0) | ((rows == 0) & (columns < 0))
    if mask_type == "B":
        before |= (rows == 0) & (columns == 0)
    return before.int()


def by_numpy(mask_type, height, width):
    _refuse(mask_type, height, width)
    mask = np.ones((height, width), dtype=np.float32)
    mask[height // 2, width // 2 + (mask_type == "B"):] = 0
    mask[height // 2 + 1:] = 0
    return torch.from_numpy(mask)


def by_triangle(mask_type, height, width):
    """The middle row of the strict order of all taps."""
    _refuse(mask_type, height, width)
    n = height * width
    return torch.ones(n, n).tril(0 if mask_type == "B" else -1)[n // 2].reshape(height, width)


def small_letters_too(mask_type, height, width):
    if mask_type.upper() not in ("A", "B") or height % 2 == 0 or width % 2 == 0:
        raise ValueError(mask_type)
    return (torch.arange(height * width) < height * width // 2 + (mask_type.upper() == "B")).float().view(height, width)


def no_type_at_all(mask_type, height, width):
    if len(mask_type) > 1 or mask_type not in "AB" or height % 2 == 0 or width % 2 == 0:
        raise ValueError(mask_type)
    return (torch.arange(height * width) < height * width // 2 + (mask_type == "B")).float().view(height, width)


SAYS_1 = ("`causal_mask` for an even side, or a type that is not A or B, should raise a ValueError here, and gave a"
          " value. An even side has no centre, and only A and B are types: raise a ValueError.")
SAYS_2 = ("`causal_mask` for an even side, or a type that is not A or B, gave nothing here. An even side has no "
          "centre, and only A and B are types: raise a ValueError.")
SAYS_3 = ("`causal_mask` for an even side, or a type that is not A or B, should raise a ValueError here, and raised"
          " TypeError. An even side has no centre, and only A and B are types: raise a ValueError.")
SAYS_4 = ("`causal_mask` holds inf or nan: look for 0/0, log 0, the root of a negative number, an exponential that "
          "overflows. Mask A: all rows above, and in the middle row what is left of the centre.")
SAYS_5 = ("Mask A: all rows above, and in the middle row what is left of the centre.")
SAYS_6 = ("Kernels of one row, one column or one tap have a centre too.")
SAYS_7 = ("`causal_mask` should return a tensor, not ndarray. The signature is `causal_mask(mask_type, height, "
          "width)`.")
SAYS_8 = ("`causal_mask` for an even side, or a type that is not A or B, should raise a ValueError here, and "
          "gave a value. An even side has no centre, and only A and B are types: raise a ValueError.")
SAYS_9 = ("`causal_mask` for an even side, or a type that is not A or B, should raise a ValueError here, and "
          "gave a value. An even side has no centre, and only A and B are types: raise a ValueError.")

wrong = [
    (one_side_for_both, "one_middle_for_both"), (only_height_refused, SAYS_1), (refused_if_both_even, SAYS_1),
    (returned_instead, SAYS_1), (printed, SAYS_2), (other_error, SAYS_3), (minus_infinity, SAYS_4),
    (averaged, SAYS_5), (through_the_row, SAYS_6), (last_row_kept, SAYS_5), (as_numpy, SAYS_7),
    (small_letters_too, SAYS_8),
    (no_type_at_all, SAYS_9),
]
right = [by_places, by_numpy, by_triangle]
