"""Planted answers to ddpm-unet, by another author than the check's."""

import torch
import torch.nn.functional as F


def doubled(net, x, time):
    h = net.fine(net.enter(x), time)
    g = net.coarse2(net.attention(net.coarse1(net.down(h), time)), time)
    g = g.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return net.leave(net.merge(torch.cat([g, h], 1), time))


def other_way_round(net, x, time):
    h = net.fine(net.enter(x), time)
    g = net.coarse2(net.attention(net.coarse1(net.down(h), time)), time)
    return net.leave(net.merge(torch.cat([h, F.interpolate(g, h.shape[2:])], 1), time))


def without_attention(net, x, time):
    h = net.fine(net.enter(x), time)
    g = net.coarse2(net.coarse1(net.down(h), time), time)
    return net.leave(net.merge(torch.cat([F.interpolate(g, h.shape[2:]), h], 1), time))


def smooth(net, x, time):
    h = net.fine(net.enter(x), time)
    g = net.coarse2(net.attention(net.coarse1(net.down(h), time)), time)
    return net.leave(net.merge(torch.cat([F.interpolate(g, h.shape[2:], mode="bilinear", align_corners=False), h], 1),
                               time))


def raw_skip(net, x, time):
    entered = net.enter(x)
    h = net.fine(entered, time)
    g = net.coarse2(net.attention(net.coarse1(net.down(h), time)), time)
    return net.leave(net.merge(torch.cat([F.interpolate(g, h.shape[2:]), entered], 1), time))


def one_time_for_all(net, x, time):
    first = time[0].expand_as(time)
    h = net.fine(net.enter(x), first)
    g = net.coarse2(net.attention(net.coarse1(net.down(h), first)), first)
    return net.leave(net.merge(torch.cat([F.interpolate(g, h.shape[2:]), h], 1), first))


def plus_x(net, x, time):
    h = net.fine(net.enter(x), time)
    g = net.coarse2(net.attention(net.coarse1(net.down(h), time)), time)
    return net.leave(net.merge(torch.cat([F.interpolate(g, h.shape[2:]), h], 1), time)) + x


def by_indices(net, x, time):
    h = net.fine(net.enter(x), time)
    g = net.coarse2(net.attention(net.coarse1(net.down(h), time)), time)
    up = g.repeat_interleave(2, 2).repeat_interleave(2, 3)[..., :h.shape[2], :h.shape[3]]

    joined = torch.cat((up, h), dim=-3)
    return net.leave(net.merge(joined, time))


wrong = [
    (doubled, "twice_as_large"), (other_way_round, "fine_first"), (without_attention, "no_attention"), (smooth,
                                                                                                        "bilinear"),
    (raw_skip, "skip_from_before_the_block"), (one_time_for_all, "first_time_for_all"), (plus_x, "input_added"),
]
right = [by_indices]


def left_in_eval_mode(net, x, time):
    net.eval()
    fine = net.fine(net.enter(x), time)
    coarse = net.coarse2(net.attention(net.coarse1(net.down(fine), time)), time)
    up = F.interpolate(coarse, size=fine.shape[2:])
    return net.leave(net.merge(torch.cat([up, fine], 1), time))


wrong += [(left_in_eval_mode, "`unet_forward` changes its argument `net` in place: work on a copy.")]
