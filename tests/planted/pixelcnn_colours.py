"""Planted answers to pixelcnn-colours, by another author than the check's."""

import torch


def _open(in_channels, out_channels, height, width):
    mask = torch.zeros(out_channels, in_channels, height, width)
    mask[:, :, :height // 2] = 1
    mask[:, :, height // 2, :width // 2] = 1
    return mask


def _blocks(mask, mask_type, a, b, colours):
    """The centre, colour by colour: blocks of a rows and b columns."""
    h, w = mask.shape[2] // 2, mask.shape[3] // 2
    for g in range(colours):
        for j in range(g + (mask_type == "B")):
            mask[g * a:(g + 1) * a, j * b:(j + 1) * b, h, w] = 1
    return mask


def block_size_of_the_input(mask_type, in_channels, out_channels, height, width, colours):
    b = in_channels // colours
    return _blocks(_open(in_channels, out_channels, height, width), mask_type, b, b, colours)


def block_size_of_the_output(mask_type, in_channels, out_channels, height, width, colours):
    a = out_channels // colours
    return _blocks(_open(in_channels, out_channels, height, width), mask_type, a, a, colours)


def one_channel_each_in_a(mask_type, in_channels, out_channels, height, width, colours):
    """Mask A takes the input for an image, one channel for each colour."""
    b = 1 if mask_type == "A" else in_channels // colours
    return _blocks(_open(in_channels, out_channels, height, width), mask_type, out_channels // colours, b, colours)


def only_the_colour_before(mask_type, in_channels, out_channels, height, width, colours):
    mask, h, w = _open(in_channels, out_channels, height, width), height // 2, width // 2
    own = torch.arange(out_channels)[:, None] * colours // out_channels
    seen = torch.arange(in_channels) * colours // in_channels
    mask[:, :, h, w] = ((seen == own - 1) | ((seen == own) & (mask_type == "B"))).float()
    return mask


def red_hears_itself_in_a(mask_type, in_channels, out_channels, height, width, colours):
    mask = _blocks(_open(in_channels, out_channels, height, width), mask_type, out_channels // colours,
                   in_channels // colours, colours)
    mask[:out_channels // colours, :in_channels // colours, height // 2, width // 2] = 1
    return mask


def diagonal_of_channels_in_b(mask_type, in_channels, out_channels, height, width, colours):
    mask = _blocks(_open(in_channels, out_channels, height, width), "A", out_channels // colours,
                   in_channels // colours, colours)
    if mask_type == "B":
        for i in range(min(in_channels, out_channels)):
            mask[i, i, height // 2, width // 2] = 1
    return mask


def row_of_the_centre(mask_type, in_channels, out_channels, height, width, colours):
    mask = _open(in_channels, out_channels, height, width)
    own = torch.arange(out_channels)[:, None] * colours // out_channels
    seen = torch.arange(in_channels) * colours // in_channels
    mask[:, :, height // 2] = (seen <= own if mask_type == "B" else seen < own).float()[:, :, None]
    return mask


def centre_of_the_height(mask_type, in_channels, out_channels, height, width, colours):
    """The middle of the height also for columns."""
    mask = torch.zeros(out_channels, in_channels, height, width)
    h = height // 2
    mask[:, :, :h] = 1
    mask[:, :, h, :h] = 1
    own = torch.arange(out_channels)[:, None] * colours // out_channels
    seen = torch.arange(in_channels) * colours // in_channels
    mask[:, :, h, min(h, width - 1)] = (seen <= own if mask_type == "B" else seen < own).float()
    return mask


def grey_if_one_channel(mask_type, in_channels, out_channels, height, width, colours):
    """A single input channel is no special case."""
    mask = _blocks(_open(in_channels, out_channels, height, width), mask_type, out_channels // colours,
                   in_channels // colours, colours)
    if colours == 1:
        mask[:, :, height // 2, width // 2] = 1
    return mask


def outer_product_summed(mask_type, in_channels, out_channels, height, width, colours):
    mask = _open(in_channels, out_channels, height, width)
    for g in range(colours):
        own = (torch.arange(out_channels) * colours // out_channels >= g).float()
        seen = (torch.arange(in_channels) * colours // in_channels <= g - (mask_type == "A")).float()
        mask[:, :, height // 2, width // 2] += own[:, None] * seen
    return mask


def flat_and_kron(mask_type, in_channels, out_channels, height, width, colours):
    n = height * width
    order = torch.ones(n * colours, n * colours).tril(0 if mask_type == "B" else -1)
    rows = order[n // 2 * colours:(n // 2 + 1) * colours].view(colours, n, colours).transpose(1, 2)
    big = torch.kron(rows.reshape(colours, colours * n), torch.ones(out_channels // colours, 1))
    big = big.view(out_channels, colours, 1, n).expand(-1, -1, in_channels // colours, -1)
    return big.reshape(out_channels, in_channels, height, width)


def entry_by_entry(mask_type, in_channels, out_channels, height, width, colours):
    mask = torch.zeros(out_channels, in_channels, height, width, dtype=torch.bool)
    for o, i, r, c in torch.cartesian_prod(*map(torch.arange, mask.shape)).tolist():
        before = r * width + c - height * width // 2
        gap = i // (in_channels // colours) - o // (out_channels // colours)
        mask[o, i, r, c] = before < 0 or (before == 0 and (gap < 0 or (gap == 0 and mask_type == "B")))
    return mask


def by_repeating(mask_type, in_channels, out_channels, height, width, colours):
    mask = _open(in_channels, out_channels, height, width)
    number = torch.arange(colours)
    own = number.repeat_interleave(out_channels // colours)
    seen = number.repeat_interleave(in_channels // colours)
    mask[..., height // 2, width // 2] = (own[:, None] - seen[None] >= (mask_type == "A")).to(mask.dtype)
    return mask.long()


SAYS_1 = ("Mask A: at the centre red hears nothing, green red, blue both.")
SAYS_2 = ("Mask B: at the centre a colour hears itself as well.")
SAYS_3 = ("Kernels of a single tap, row or column, and one, two or four colours follow the same rule.")

wrong = [
    (block_size_of_the_input, SAYS_1), (block_size_of_the_output, "blocks_of_the_output"),
    (one_channel_each_in_a, "an_image_in_a"), (only_the_colour_before, "only_the_one_before"),
    (red_hears_itself_in_a, "first_hears_itself"), (diagonal_of_channels_in_b, SAYS_2),
    (row_of_the_centre, SAYS_1), (centre_of_the_height, "one_middle_for_both"), (grey_if_one_channel, SAYS_3),
    (outer_product_summed, SAYS_1),
]
right = [flat_and_kron, entry_by_entry, by_repeating]
