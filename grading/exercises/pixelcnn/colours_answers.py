"""Answers to pixelcnn-colours: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _start(in_channels, out_channels, height, width):
    mask = torch.zeros(out_channels, in_channels, height, width)
    mask[:, :, :height // 2] = 1
    mask[:, :, height // 2, :width // 2] = 1
    return mask, height // 2, width // 2


def _numbers(in_channels, out_channels, colours):
    seen = torch.arange(in_channels) * colours // in_channels
    return torch.arange(out_channels)[:, None] * colours // out_channels, seen[None]


def _right(mask_type, in_channels, out_channels, height, width, colours):
    mask, r, c = _start(in_channels, out_channels, height, width)
    own, seen = _numbers(in_channels, out_channels, colours)
    mask[:, :, r, c] = (seen <= own if mask_type == "B" else seen < own).float()
    return mask


# Known mistakes


def colours_ignored(mask_type, in_channels, out_channels, height, width, colours):
    mask, r, c = _start(in_channels, out_channels, height, width)
    mask[:, :, r, c] = mask_type == "B"
    return mask


def interleaved(mask_type, in_channels, out_channels, height, width, colours):
    mask, r, c = _start(in_channels, out_channels, height, width)
    own, seen = torch.arange(out_channels)[:, None] % colours, torch.arange(in_channels)[None] % colours
    mask[:, :, r, c] = (seen <= own if mask_type == "B" else seen < own).float()
    return mask


def later_colours(mask_type, in_channels, out_channels, height, width, colours):
    mask, r, c = _start(in_channels, out_channels, height, width)
    own, seen = _numbers(in_channels, out_channels, colours)
    mask[:, :, r, c] = (seen >= own if mask_type == "B" else seen > own).float()
    return mask


def own_colour_in_a(mask_type, in_channels, out_channels, height, width, colours):
    return _right("B", in_channels, out_channels, height, width, colours)


def own_colour_never(mask_type, in_channels, out_channels, height, width, colours):
    return _right("A", in_channels, out_channels, height, width, colours)


def types_swapped(mask_type, in_channels, out_channels, height, width, colours):
    return _right("A" if mask_type == "B" else "B", in_channels, out_channels, height, width, colours)


def own_colour_only(mask_type, in_channels, out_channels, height, width, colours):
    mask, r, c = _start(in_channels, out_channels, height, width)
    own, seen = _numbers(in_channels, out_channels, colours)
    mask[:, :, r, c] = (seen == own).float() if mask_type == "B" else 0
    return mask


def at_every_tap(mask_type, in_channels, out_channels, height, width, colours):
    mask, r, c = _start(in_channels, out_channels, height, width)
    mask[:, :, r, c] = 1
    own, seen = _numbers(in_channels, out_channels, colours)
    return mask * (seen <= own if mask_type == "B" else seen < own)[:, :, None, None]


def in_and_out_exchanged(mask_type, in_channels, out_channels, height, width, colours):
    return _right(mask_type, out_channels, in_channels, height, width, colours)


def centre_only(mask_type, in_channels, out_channels, height, width, colours):
    mask = torch.zeros(out_channels, in_channels, height, width)
    right = _right(mask_type, in_channels, out_channels, height, width, colours)
    mask[:, :, height // 2, width // 2] = right[:, :, height // 2, width // 2]
    return mask


def channels_for_colours(mask_type, in_channels, out_channels, height, width, colours):
    mask, r, c = _start(in_channels, out_channels, height, width)
    own, seen = torch.arange(out_channels)[:, None], torch.arange(in_channels)[None]
    mask[:, :, r, c] = (seen <= own if mask_type == "B" else seen < own).float()
    return mask


def always_three(mask_type, in_channels, out_channels, height, width, colours):
    return _right(mask_type, in_channels, out_channels, height, width, 3)


def one_more_to_the_right(mask_type, in_channels, out_channels, height, width, colours):
    mask = _right(mask_type, in_channels, out_channels, height, width, colours)
    mask[:, :, height // 2, width // 2 + 1:] = 1
    return mask


def _by_sizes(mask_type, in_channels, out_channels, height, width, a, b):
    mask, r, c = _start(in_channels, out_channels, height, width)
    own, seen = torch.arange(out_channels)[:, None] // a, torch.arange(in_channels)[None] // b
    mask[:, :, r, c] = (seen <= own if mask_type == "B" else seen < own).float()
    return mask


def blocks_of_the_input(mask_type, in_channels, out_channels, height, width, colours):
    b = in_channels // colours
    return _by_sizes(mask_type, in_channels, out_channels, height, width, b, b)


def blocks_of_the_output(mask_type, in_channels, out_channels, height, width, colours):
    a = out_channels // colours
    return _by_sizes(mask_type, in_channels, out_channels, height, width, a, a)


def an_image_in_a(mask_type, in_channels, out_channels, height, width, colours):
    b = 1 if mask_type == "A" else in_channels // colours
    return _by_sizes(mask_type, in_channels, out_channels, height, width, out_channels // colours, b)


def only_the_one_before(mask_type, in_channels, out_channels, height, width, colours):
    mask, r, c = _start(in_channels, out_channels, height, width)
    own, seen = _numbers(in_channels, out_channels, colours)
    mask[:, :, r, c] = ((seen == own - 1) | ((seen == own) if mask_type == "B" else False)).float()
    return mask


def first_hears_itself(mask_type, in_channels, out_channels, height, width, colours):
    mask = _right(mask_type, in_channels, out_channels, height, width, colours)
    mask[:out_channels // colours, :in_channels // colours, height // 2, width // 2] = 1
    return mask


def one_middle_for_both(mask_type, in_channels, out_channels, height, width, colours):
    mask = torch.zeros(out_channels, in_channels, height, width)
    mask[:, :, :height // 2] = 1
    mask[:, :, height // 2, :height // 2] = 1
    own, seen = _numbers(in_channels, out_channels, colours)
    centre = (seen <= own if mask_type == "B" else seen < own).float()
    mask[:, :, height // 2, min(height // 2, width - 1)] = centre
    return mask


# Also right


def by_blocks(mask_type, in_channels, out_channels, height, width, colours):
    mask = torch.zeros(out_channels, in_channels, height * width, dtype=torch.bool)
    mask[:, :, :height * width // 2] = True
    a, b = out_channels // colours, in_channels // colours
    for g in range(colours):
        mask[g * a:(g + 1) * a, :(g + (mask_type == "B")) * b, height * width // 2] = True
    return mask.view(out_channels, in_channels, height, width)


def by_triangles(mask_type, in_channels, out_channels, height, width, colours):
    mask, r, c = _start(in_channels, out_channels, height, width)
    square = torch.ones(colours, colours).tril(0 if mask_type == "B" else -1)
    wide = square.repeat_interleave(out_channels // colours, 0).repeat_interleave(in_channels // colours, 1)
    mask[:, :, r, c] = wide
    return mask.double()


_SIZES = ("You take the size of a block from one side alone: outputs come in blocks of out_channels // colours, inputs in blocks of "
          "in_channels // colours.")
mistakes = [
    Mistake(colours_ignored, "All channels are treated alike at the centre: green may hear red of the same pixel, and red not green."),
    Mistake(interleaved, "You deal the channels out in turn (red, green, blue, red, …). They are blocks: first all of red."),
    Mistake(later_colours, "Your order is reversed: a colour hears those before it, not those after."),
    Mistake(own_colour_in_a, "In your mask A a colour hears itself: it would see what it has to predict."),
    Mistake(own_colour_never, "In mask B a colour hears its own features too."),
    Mistake(types_swapped, "A and B have changed places: A hides the own colour, B shows it."),
    Mistake(own_colour_only, "At the centre a colour hears the earlier colours as well, not only itself."),
    Mistake(at_every_tap, "The colours are kept apart at all taps. Earlier pixels are there in all colours: only the centre differs."),
    Mistake(in_and_out_exchanged, "The axes are exchanged: a weight has the shape (out, in, height, width)."),
    Mistake(centre_only, "The taps before the centre are closed: earlier pixels are open to all channels."),
    Mistake(channels_for_colours, "You compare channels one by one. Those of a colour form a block, and its channels hear each other in B."),
    Mistake(blocks_of_the_input, _SIZES),
    Mistake(blocks_of_the_output, _SIZES),
    Mistake(an_image_in_a, "You take the input of a mask A for an image, one channel for each colour. There can be more: in_channels // "
            "colours of each."),
    Mistake(only_the_one_before, "A colour hears all colours before it: blue hears red as well as green."),
    Mistake(first_hears_itself, "In your mask A the first colour hears itself: it would see what it has to predict."),
    Mistake(one_middle_for_both, "You take the middle of the height for that of the width too: the centre is at (height // 2, width // 2)."),
    Mistake(always_three, "The number of colours is an argument: it is not always three."),
    Mistake(one_more_to_the_right, "Taps to the right of the centre are open: those pixels come later."),
]

also_right = [by_blocks, by_triangles]

_ODD = "for odd sides k // -2 counts the same place from the end"
_CENTRE = ('mask[:, :, height // 2, width // 2] = (other <= own if mask_type == "B" else other < own).float()')
equivalent_mutants = {
    f"{_CENTRE}: (other <= own if mask_type == 'B' else other < own).float() → other <= own if mask_type == 'B' else "
    "other < own": "truth values become 0 and 1 where they are written",
    f"{_CENTRE}: 2 → -2": _ODD,
    "mask[:, :, : height // 2] = 1: 2 → -2": _ODD,
    "mask[:, :, height // 2, : width // 2] = 1: 2 → -2": _ODD,
}
