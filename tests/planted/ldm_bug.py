"""Planted answers to ldm-bug, by another author than the check's."""

import torch
from torch import nn
from torch.nn import functional as F


def _v(alpha_bar, latents, t, noise):
    """z_t and v."""
    a, s = alpha_bar[t].sqrt().reshape(-1, 1, 1, 1), (1 - alpha_bar[t]).sqrt().reshape(-1, 1, 1, 1)
    return a * latents + s * noise, a * noise - s * latents


def _prompts(context, keep, empty, empty_keep, dropped):
    context = torch.where(dropped[:, None, None], empty[None], context)
    return context, torch.where(dropped[:, None], empty_keep[None], keep)


def mask_kept_open(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    context, keep = _prompts(context, keep, empty, torch.ones_like(empty_keep), dropped)
    return F.mse_loss(network(z, t, context, keep), v)


def mask_of_numbers(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    context, keep = _prompts(context, keep.float(), empty, empty_keep.float(), dropped)
    return F.mse_loss(network(z, t, context, keep), v)


def start_alone_kept(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    start = torch.zeros_like(empty_keep)
    start[0] = True
    return F.mse_loss(network(z, t, *_prompts(context, keep, empty, start, dropped)), v)


def mean_of_empty(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    empty = empty.mean(0, keepdim=True).expand_as(empty)
    return F.mse_loss(network(z, t, *_prompts(context, keep, empty, empty_keep, dropped)), v)


def empty_cut_by_its_mask_twice(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    context, keep = _prompts(context, keep, empty, empty_keep, dropped)
    return F.mse_loss(network(z, t, context, keep & empty_keep), v)


def first_rows_dropped(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    first = torch.arange(len(dropped)) < dropped.sum()
    return F.mse_loss(network(z, t, *_prompts(context, keep, empty, empty_keep, first)), v)


def dropped_drawn_anew(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    coins = torch.rand(len(dropped)) < 0.1
    return F.mse_loss(network(z, t, *_prompts(context, keep, empty, empty_keep, coins)), v)


def asked_twice_and_added(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    B = len(z)
    with_words = F.mse_loss(network(z, t, context, keep), v)
    without = F.mse_loss(network(z, t, empty.expand(B, -1, -1), empty_keep.expand(B, -1)), v)
    return 0.5 * (with_words + without)


def two_calls(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    B = len(z)
    with_words = network(z, t, context, keep)
    without = network(z, t, empty.expand(B, -1, -1), empty_keep.expand(B, -1))
    return F.mse_loss(torch.where(dropped.view(-1, 1, 1, 1), without, with_words), v)


def dropped_latents_too(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents * ~dropped.view(-1, 1, 1, 1), t, noise)
    return F.mse_loss(network(z, t, *_prompts(context, keep, empty, empty_keep, dropped)), v)


def dropped_rows_weigh_nothing(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    gap = (network(z, t, *_prompts(context, keep, empty, empty_keep, dropped)) - v).square().flatten(1).mean(1)
    return (gap * ~dropped).sum() / (~dropped).sum().clamp(min=1)


def noise_predicted(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, _ = _v(alpha_bar, latents, t, noise)
    return F.mse_loss(network(z, t, *_prompts(context, keep, empty, empty_keep, dropped)), noise)


def next_time_told(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    return F.mse_loss(network(z, t + 1, *_prompts(context, keep, empty, empty_keep, dropped)), v)


def loss_for_each_row(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    out = network(z, t, *_prompts(context, keep, empty, empty_keep, dropped))
    return (out - v).square().flatten(1).mean(1)


def answer_detached(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    with torch.no_grad():
        out = network(z, t, *_prompts(context, keep, empty, empty_keep, dropped))
    return F.mse_loss(out, v)


def context_written_over(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    context.data[dropped] = empty
    keep = torch.where(dropped[:, None], empty_keep, keep)
    return F.mse_loss(network(z, t, context, keep), v)


def times_shuffled(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t.flip(0), noise)
    return F.mse_loss(network(z, t, *_prompts(context, keep, empty, empty_keep, dropped)), v)


def by_index(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    rows = dropped.nonzero().flatten()
    words = context.index_copy(0, rows, empty.expand(len(rows), -1, -1))
    mask = keep.index_copy(0, rows, empty_keep.expand(len(rows), -1))
    z, v = _v(alpha_bar, latents, t, noise)
    return torch.mean((v - network(z, t, words, mask)) ** 2)


def by_lookup(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    B = len(latents)
    rows = torch.where(dropped, B, torch.arange(B))
    words, mask = torch.cat([context, empty[None]])[rows], torch.cat([keep, empty_keep[None]])[rows]
    z, v = _v(alpha_bar, latents, t, noise)
    return nn.functional.mse_loss(network(z, t, words, mask), v, reduction="sum") / v.numel()


def with_lerp(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    share = dropped.to(context)[:, None, None]
    words = torch.lerp(context, empty.expand_as(context), share.expand_as(context))
    mask = torch.where(dropped.unsqueeze(-1), empty_keep.expand_as(keep), keep)
    z, v = _v(alpha_bar, latents, t, noise)
    return (network(z, t, words, mask) - v).square().flatten(1).mean(1).mean()


def masked_assignment(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    words, mask = context * 1, keep.detach().clone()
    for b, gone in enumerate(dropped.tolist()):
        if gone:
            words[b], mask[b] = empty, empty_keep
    signal = alpha_bar.index_select(0, t)[:, None, None, None]
    z = torch.sqrt(signal) * latents + torch.sqrt(1.0 - signal) * noise
    target = torch.sqrt(signal) * noise - torch.sqrt(1.0 - signal) * latents
    return F.mse_loss(network(z, t, words, mask), target)


SAYS_1 = (
    "A dropped caption becomes the empty prompt: its vectors and its mask. The other rows stay as they are."
)
SAYS_2 = (
    "Where no caption is dropped the loss is that of the buggy version, which was right there."
)
SAYS_3 = (
    "The network is asked once, about all rows, with latents noised as before."
)
SAYS_4 = (
    "The mean squared error of v over all rows, those with dropped captions among them."
)
SAYS_5 = (
    "`caption_loss` without dropped captions should have shape (), not (5,). Where no caption is dropped the "
    "loss is that of the buggy version, which was right there."
)
SAYS_6 = (
    "The network learns from every row, the text encoder from those whose captions were kept."
)
SAYS_7 = (
    "`caption_loss` changes its argument `context` in place: work on a copy. Where no caption is dropped the "
    "loss is that of the buggy version, which was right there."
)


def by_exclusive_or(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    z, v = _v(alpha_bar, latents, t, noise)
    context = context + (empty - context) * dropped.to(context)[:, None, None]
    keep = keep ^ ((keep ^ empty_keep) & dropped[:, None])
    return (network(z, t, context, keep) - v).square().mean()


fits = {"dropped_drawn_anew": ("never_dropped",)}
wrong = [
    (mask_kept_open, SAYS_1),
    (start_alone_kept, SAYS_1),
    (mask_of_numbers, "`caption_loss` should give the network a mask `keep` that is bool, as it got it.  The "
     "signature is `caption_loss(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise)`."),
    (mean_of_empty, SAYS_1),
    (empty_cut_by_its_mask_twice, SAYS_2),
    (first_rows_dropped, SAYS_1),
    (dropped_drawn_anew, SAYS_1),
    (asked_twice_and_added, SAYS_2),
    (two_calls, SAYS_3),
    (dropped_latents_too, SAYS_3),
    (dropped_rows_weigh_nothing, SAYS_4),
    (noise_predicted, "target_is_noise"),
    (next_time_told, SAYS_2),
    (loss_for_each_row, SAYS_5),
    (answer_detached, SAYS_6),
    (context_written_over, SAYS_7),
    (times_shuffled, SAYS_2),
]
right = [by_exclusive_or, by_index, by_lookup, with_lerp, masked_assignment]
