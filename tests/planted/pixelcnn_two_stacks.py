"""Planted answers to pixelcnn-two-stacks, by another author than the check's."""

import torch
from torch.nn import functional as F


def _gate(z):
    a, b = z[:, :z.shape[1] // 2], z[:, z.shape[1] // 2:]
    return torch.tanh(a) * torch.sigmoid(b)


def _new(v, vertical, d):
    return v + _gate(vertical(F.pad(v, (d, d, d, 0))))


def gate_of_three_channels(v, h, vertical, horizontal, link, out, d):
    def gate(z):
        return z[:, :3].tanh() * z[:, 3:].sigmoid()

    v = v + gate(vertical(F.pad(v, (d, d, d, 0))))
    return v, h + out(gate(horizontal(h) + link(v)))


def split_along_the_rows(v, h, vertical, horizontal, link, out, d):
    def gate(z):
        a, b = z.chunk(2, 0) if len(z) > 1 else (z, z)
        y = torch.cat([a.tanh() * b.sigmoid()] * (2 if len(z) > 1 else 1))
        return y[:, :y.shape[1] // 2]

    v = v + gate(vertical(F.pad(v, (d, d, d, 0))))
    return v, h + out(gate(horizontal(h) + link(v)))


def two_sigmoids(v, h, vertical, horizontal, link, out, d):
    def gate(z):
        a, b = z.chunk(2, 1)
        return a.sigmoid() * b.sigmoid()

    v = v + gate(vertical(F.pad(v, (d, d, d, 0))))
    return v, h + out(gate(horizontal(h) + link(v)))


def pad_order_mistaken(v, h, vertical, horizontal, link, out, d):
    """F.pad read as top, bottom, left, right; cut to the size."""
    z = vertical(F.pad(v, (d, 0, d, d)))[:, :, :v.shape[2]]
    v = v + _gate(F.pad(z, (0, v.shape[3] - z.shape[3])))
    return v, h + out(_gate(horizontal(h) + link(v)))


def reflected(v, h, vertical, horizontal, link, out, d):
    if min(v.shape[2:]) > d:
        v = v + _gate(vertical(F.pad(v, (d, d, d, 0), mode="reflect")))
    else:
        v = _new(v, vertical, d)
    return v, h + out(_gate(horizontal(h) + link(v)))


def replicated(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(vertical(F.pad(v, (d, d, d, 0), mode="replicate")))
    return v, h + out(_gate(horizontal(h) + link(v)))


def gate_without_v(v, h, vertical, horizontal, link, out, d):
    """The link is given the gated part alone, without what v was."""
    gated = _gate(vertical(F.pad(v, (d, d, d, 0))))
    return v + gated, h + out(_gate(horizontal(h) + link(gated)))


def link_before_the_gate_of_v(v, h, vertical, horizontal, link, out, d):
    z = vertical(F.pad(v, (d, d, d, 0)))
    new = v + _gate(z)
    return new, h + out(_gate(horizontal(h) + z))


def link_shifted_down(v, h, vertical, horizontal, link, out, d):
    """v of the row above, as where v has seen its own row."""
    v = _new(v, vertical, d)
    return v, h + out(_gate(horizontal(h) + link(F.pad(v, (0, 0, 1, 0))[:, :, :-1])))


def out_of_both(v, h, vertical, horizontal, link, out, d):
    v = v + out(_gate(vertical(F.pad(v, (d, d, d, 0)))))
    return v, h + out(_gate(horizontal(h) + link(v)))


def h_from_v(v, h, vertical, horizontal, link, out, d):
    """v is added to h in place of h."""
    v = _new(v, vertical, d)
    return v, v + out(_gate(horizontal(h) + link(v)))


def horizontal_of_v(v, h, vertical, horizontal, link, out, d):
    v = _new(v, vertical, d)
    return v, h + out(_gate(horizontal(v) + link(h)))


def detached_link(v, h, vertical, horizontal, link, out, d):
    v = _new(v, vertical, d)
    return v, h + out(_gate(horizontal(h) + link(v.detach())))


def detached_residual(v, h, vertical, horizontal, link, out, d):
    v = v.detach() + _gate(vertical(F.pad(v, (d, d, d, 0))))
    return v, h.detach() + out(_gate(horizontal(h) + link(v)))


def at_most_two(v, h, vertical, horizontal, link, out, d):
    p = min(d, 2)
    z = vertical(F.pad(v, (d, d, p, 0)))
    z = F.pad(z, (0, 0, v.shape[2] - z.shape[2], 0))
    v = v + _gate(z)
    return v, h + out(_gate(horizontal(h) + link(v)))


def only_large_images(v, h, vertical, horizontal, link, out, d):
    """Where the image is smaller than the kernel the first stack is left as it is."""
    if v.shape[2] > d:
        v = _new(v, vertical, d)
    return v, h + out(_gate(horizontal(h) + link(v)))


def added_in_place(v, h, vertical, horizontal, link, out, d):
    if v.requires_grad:
        v = _new(v, vertical, d)
        return v, h + out(_gate(horizontal(h) + link(v)))
    v += _gate(vertical(F.pad(v, (d, d, d, 0)))).detach()
    h += out(_gate(horizontal(h) + link(v))).detach()
    return v, h


def stacked(v, h, vertical, horizontal, link, out, d):
    v = _new(v, vertical, d)
    return torch.stack([v, h + out(_gate(horizontal(h) + link(v)))])


def h_alone(v, h, vertical, horizontal, link, out, d):
    v = _new(v, vertical, d)
    return h + out(_gate(horizontal(h) + link(v)))


def by_functional_calls(v, h, vertical, horizontal, link, out, d):
    z = F.conv2d(F.pad(v, [d, d, d, 0]), vertical.weight, vertical.bias, dilation=d)
    a, b = torch.tensor_split(z, 2, dim=1)
    v = torch.addcmul(v, torch.tanh(a), torch.sigmoid(b))
    a, b = torch.tensor_split(link(v) + horizontal(h), 2, dim=1)
    return v, torch.add(out(torch.tanh(a) * torch.sigmoid(b)), h)


def by_glu(v, h, vertical, horizontal, link, out, d):
    """tanh(a) σ(b) = (2 σ(2a) - 1) σ(b), and padding by a new tensor that is filled."""
    def gate(z):
        a, b = z.chunk(2, 1)
        return (2 * torch.sigmoid(2 * a) - 1) * torch.sigmoid(b)

    B, C, H, W = v.shape
    wide = torch.zeros(B, C, H + d, W + 2 * d, dtype=v.dtype)
    wide[:, :, d:, d:d + W] = v
    new = v + gate(vertical(wide))
    return new, h + out(gate(torch.stack([horizontal(h), link(new)]).sum(0)))


def image_by_image(v, h, vertical, horizontal, link, out, d):
    vs, hs = [], []
    for one_v, one_h in zip(v.split(1), h.split(1), strict=True):
        vs.append(_new(one_v, vertical, d))
        hs.append(one_h + out(_gate(horizontal(one_h) + link(vs[-1]))))
    return torch.cat(vs), torch.cat(hs)


def padding_left_in_the_layer(v, h, vertical, horizontal, link, out, d):
    """The layer is given a padding, and keeps it."""
    vertical.padding = (d, d)
    v = v + _gate(vertical(v)[:, :, :v.shape[2]])
    return v, h + out(_gate(horizontal(h) + link(v)))


def layers_frozen(v, h, vertical, horizontal, link, out, d):
    for layer in (vertical, horizontal, link, out):
        layer.eval().requires_grad_(False)
    v = _new(v, vertical, d)
    return v, h + out(_gate(horizontal(h) + link(v)))


SAYS_1 = ("The vertical stack: v and a gated convolution over its own row and the one above, padded to the size.")
SAYS_2 = ("The horizontal stack: h and `out` of a gate, which hears h and, by the link, the new v.")
SAYS_3 = ("What each place hears: v never hears h, and neither hears a row below or, in h, a column to the right.")
SAYS_4 = ("Other sizes: with a dilation d the taps lie d apart, so d rows above and d columns to each side are "
          "missing. The rule is the same for any number of channels, and for small images.")
SAYS_5 = ("`two_stacks` changes its argument `v` in place: work on a copy.")
SAYS_6 = ("`two_stacks` should return 2 tensors, not Tensor. The signature is `two_stacks(v, h, vertical, "
          "horizontal, link, out, d)`.")
SAYS_7 = ("`two_stacks` changes its argument `vertical` in place: work on a copy.")
SAYS_8 = ("`two_stacks` changes its argument `vertical` in place: work on a copy.")

wrong = [
    (gate_of_three_channels, "channels_fixed"), (split_along_the_rows, SAYS_1), (two_sigmoids, "two_sigmoids"),
    (pad_order_mistaken, SAYS_1), (reflected, SAYS_1), (replicated, "border_repeated"),
    (gate_without_v, "gate_alone_linked"), (link_before_the_gate_of_v, "link_replaced"),
    (link_shifted_down, "link_one_row_down"), (out_of_both, "out_of_v_too"), (h_from_v, SAYS_2),
    (horizontal_of_v, SAYS_2), (detached_link, "link_detached"), (detached_residual, SAYS_3), (at_most_two, SAYS_4),
    (only_large_images, SAYS_4), (added_in_place, SAYS_5), (stacked, SAYS_6), (h_alone, SAYS_6),
    (padding_left_in_the_layer, SAYS_7),
    (layers_frozen, SAYS_8),
]
right = [by_functional_calls, by_glu, image_by_image]
