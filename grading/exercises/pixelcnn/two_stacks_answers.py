"""Answers to pixelcnn-two-stacks: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _gate(z):
    value, door = z.chunk(2, 1)
    return value.tanh() * door.sigmoid()


def _up(v, vertical, d):
    return vertical(F.pad(v, (d, d, d, 0)))


# Known mistakes


def row_below(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(vertical(F.pad(v, (d, d, 0, d))))
    return v, h + out(_gate(horizontal(h) + link(v)))


def shifted_up(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(vertical(F.pad(v, (d, d, d + 1, 0))[:, :, :-1]))
    return v, h + out(_gate(horizontal(h) + link(v)))


def left_only(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(vertical(F.pad(v, (2 * d, 0, d, 0))))
    return v, h + out(_gate(horizontal(h) + link(v)))


def sideways(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(vertical(F.pad(v, (0, 2 * d, d, 0))))
    return v, h + out(_gate(horizontal(h) + link(v)))


def always_by_one(v, h, vertical, horizontal, link, out, d):
    z = vertical(F.pad(v, (d, d, d, d)))[:, :, d - 1:d - 1 + v.shape[2]]
    v = v + _gate(z)
    return v, h + out(_gate(horizontal(h) + link(v)))


def old_v_linked(v, h, vertical, horizontal, link, out, d):
    new = v + _gate(_up(v, vertical, d))
    return new, h + out(_gate(horizontal(h) + link(v)))


def no_link(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v, vertical, d))
    return v, h + out(_gate(horizontal(h)))


def link_backwards(v, h, vertical, horizontal, link, out, d):
    h = h + out(_gate(horizontal(h) + link(v)))
    return v + _gate(_up(v, vertical, d) + link(h)), h


def h_into_v(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v + h, vertical, d))
    return v, h + out(_gate(horizontal(h) + link(v)))


def halves_swapped(v, h, vertical, horizontal, link, out, d):
    def gate(z):
        door, value = z.chunk(2, 1)
        return value.tanh() * door.sigmoid()

    v = v + gate(_up(v, vertical, d))
    return v, h + out(gate(horizontal(h) + link(v)))


def every_other_channel(v, h, vertical, horizontal, link, out, d):
    def gate(z):
        return z[:, ::2].tanh() * z[:, 1::2].sigmoid()

    v = v + gate(_up(v, vertical, d))
    return v, h + out(gate(horizontal(h) + link(v)))


def gates_added(v, h, vertical, horizontal, link, out, d):
    def gate(z):
        value, door = z.chunk(2, 1)
        return value.tanh() + door.sigmoid()

    v = v + gate(_up(v, vertical, d))
    return v, h + out(gate(horizontal(h) + link(v)))


def without_tanh(v, h, vertical, horizontal, link, out, d):
    v = v + F.glu(_up(v, vertical, d), 1)
    return v, h + out(F.glu(horizontal(h) + link(v), 1))


def without_residual(v, h, vertical, horizontal, link, out, d):
    v = _gate(_up(v, vertical, d))
    return v, out(_gate(horizontal(h) + link(v)))


def v_without_residual(v, h, vertical, horizontal, link, out, d):
    v = _gate(_up(v, vertical, d))
    return v, h + out(_gate(horizontal(h) + link(v)))


def h_without_residual(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v, vertical, d))
    return v, out(_gate(horizontal(h) + link(v)))


def link_after_the_gate(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v, vertical, d))
    return v, h + out(_gate(horizontal(h)) + _gate(link(v)))


def without_out(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v, vertical, d))
    return v, h + _gate(horizontal(h) + link(v))


def out_on_all(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v, vertical, d))
    return v, out(h + _gate(horizontal(h) + link(v)))


def returned_swapped(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v, vertical, d))
    return h + out(_gate(horizontal(h) + link(v))), v


def h_shifted(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v, vertical, d))
    return v, h + out(_gate(horizontal(F.pad(h, (d, 0))[..., :h.shape[3]]) + link(v)))


def in_place(v, h, vertical, horizontal, link, out, d):
    with torch.no_grad():
        v += _gate(_up(v, vertical, d))
        h += out(_gate(horizontal(h) + link(v)))
    return v, h


def channels_fixed(v, h, vertical, horizontal, link, out, d):
    def gate(z):
        return z[:, :3].tanh() * z[:, 3:].sigmoid()

    v = v + gate(_up(v, vertical, d))
    return v, h + out(gate(horizontal(h) + link(v)))


def two_sigmoids(v, h, vertical, horizontal, link, out, d):
    def gate(z):
        value, door = z.sigmoid().chunk(2, 1)
        return value * door

    v = v + gate(_up(v, vertical, d))
    return v, h + out(gate(horizontal(h) + link(v)))


def border_repeated(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(vertical(F.pad(v, (d, d, d, 0), mode="replicate")))
    return v, h + out(_gate(horizontal(h) + link(v)))


def gate_alone_linked(v, h, vertical, horizontal, link, out, d):
    seen = _gate(_up(v, vertical, d))
    return v + seen, h + out(_gate(horizontal(h) + link(seen)))


def link_replaced(v, h, vertical, horizontal, link, out, d):
    z = _up(v, vertical, d)
    return v + _gate(z), h + out(_gate(horizontal(h) + z))


def link_one_row_down(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v, vertical, d))
    return v, h + out(_gate(horizontal(h) + link(F.pad(v, (0, 0, 1, 0))[:, :, :-1])))


def out_of_v_too(v, h, vertical, horizontal, link, out, d):
    v = v + out(_gate(_up(v, vertical, d)))
    return v, h + out(_gate(horizontal(h) + link(v)))


def link_detached(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(_up(v, vertical, d))
    return v, h + out(_gate(horizontal(h) + link(v.detach())))


# Also right


def by_padding_modules(v, h, vertical, horizontal, link, out, d):
    z = vertical(torch.nn.ZeroPad2d((d, d, d, 0))(v))
    half = z.shape[1] // 2
    v = v + torch.tanh(z[:, :half]) * torch.sigmoid(z[:, half:])
    z = horizontal(h) + link(v)
    return [v, h + out(torch.tanh(z[:, :half]) * torch.sigmoid(z[:, half:]))]


def by_concatenation(v, h, vertical, horizontal, link, out, d):
    top = torch.cat([torch.zeros_like(v[:, :, :1]).expand(-1, -1, d, -1), v], 2)
    side = torch.zeros_like(top[..., :1]).expand(-1, -1, -1, d)
    v = _gate(vertical(torch.cat([side, top, side], 3))) + v
    return v, out(_gate(link(v) + horizontal(h))) + h


def pad_all_and_cut(v, h, vertical, horizontal, link, out, d):
    v = v + _gate(vertical(F.pad(v, (d, d, d, d)))[:, :, :v.shape[2]])
    return v, h + out(_gate(horizontal(h) + link(v)))


mistakes = [
    Mistake(row_below, "Your vertical stack looks one row down: pad above, not below."),
    Mistake(shifted_up, "Your vertical stack is moved down by a row too many. v has not seen its own row of the image, so its own row "
            "of features is open."),
    Mistake(left_only, "The columns are shifted: pad v on both sides by d, so that it looks as far to the right as to the left."),
    Mistake(sideways, "The columns are shifted to the right: pad v on both sides by d."),
    Mistake(always_by_one, "The padding above does not grow with the dilation: it is d rows."),
    Mistake(old_v_linked, "The link takes the v that came in; it should take the new one, of this layer."),
    Mistake(no_link, "The horizontal stack never hears of the vertical one: the link is missing."),
    Mistake(link_backwards, "The link goes from v to h. From h to v it would leak: h has seen pixels of its own row, which lie to "
            "the right of others that v serves."),
    Mistake(h_into_v, "v hears h: h has seen part of its own row, and v passes it on to places further left."),
    Mistake(halves_swapped, "The halves of the gate are exchanged: tanh of the first, sigmoid of the second."),
    Mistake(every_other_channel, "The gate takes every other channel: it should split them into a first and a second half."),
    Mistake(gates_added, "tanh and sigmoid are multiplied, not added: the second lets the first through."),
    Mistake(without_tanh, "The tanh of the first half is missing."),
    Mistake(without_residual, "What came in is not added: each layer adds to v and to h."),
    Mistake(v_without_residual, "The new v lacks the old one: v + gate(…)."),
    Mistake(h_without_residual, "The new h lacks the old one: h + out(gate(…))."),
    Mistake(link_after_the_gate, "h and v pass gates of their own. They should be added first and share one gate."),
    Mistake(without_out, "`out` is missing: the gate's output goes through it before it is added to h."),
    Mistake(out_on_all, "`out` is applied to h as well: only the gate's output goes through it."),
    Mistake(channels_fixed, "Your gate works for one number of channels alone: split into halves with chunk(2, 1)."),
    Mistake(two_sigmoids, "Your gate takes the sigmoid of both halves. The first gets tanh: it can be negative."),
    Mistake(border_repeated, "You pad with copies of the border. Beyond the image there are zeros, as F.pad has them."),
    Mistake(gate_alone_linked, "The link takes the gate's output alone; it should take the new v, to which that was added."),
    Mistake(link_replaced, "h hears what `vertical` gives, before its gate. It hears the new v, through `link`."),
    Mistake(link_one_row_down, "You shift v by a row for the link. v has not seen its own row of the image, so h may hear it as it is."),
    Mistake(out_of_v_too, "`out` belongs to the horizontal stack alone: v + gate(…)."),
    Mistake(link_detached, "No gradient comes back through the link: leave out detach and no_grad."),
    Mistake(returned_swapped, "The two come back in the wrong order: v first, then h."),
    Mistake(h_shifted, "`horizontal` keeps the size and is causal already: its input needs no shift."),
    Mistake(in_place, "v and h are changed in place: make new tensors, so that gradients and the caller's copies survive."),
]

also_right = [by_padding_modules, by_concatenation, pad_all_and_cut]
