"""Answers to ldm-bug: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _noisy(alpha_bar, latents, t, noise):
    signal = alpha_bar[t][:, None, None, None]
    return signal.sqrt() * latents + (1 - signal).sqrt() * noise, signal.sqrt() * noise - (1 - signal).sqrt() * latents


def _words(context, keep, empty, empty_keep, dropped):
    return torch.where(dropped[:, None, None], empty, context), torch.where(dropped[:, None], empty_keep, keep)


# Known mistakes


def buggy_loss(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    signal = alpha_bar[t][:, None, None, None]
    noisy = signal.sqrt() * latents + (1 - signal).sqrt() * noise
    context = context * ~dropped[:, None, None]
    target = signal.sqrt() * noise - (1 - signal).sqrt() * latents
    return F.mse_loss(network(noisy, t, context, keep), target)


def vectors_alone(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(network(noisy, t, torch.where(dropped[:, None, None], empty, context), keep), target)


def mask_alone(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(network(noisy, t, context, torch.where(dropped[:, None], empty_keep, keep)), target)


def zeros_with_empty_mask(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    keep = torch.where(dropped[:, None], empty_keep, keep)
    return F.mse_loss(network(noisy, t, context * ~dropped[:, None, None], keep), target)


def nothing_kept(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    context = torch.where(dropped[:, None, None], empty, context)
    return F.mse_loss(network(noisy, t, context, keep & ~dropped[:, None]), target)


def masks_joined(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    context = torch.where(dropped[:, None, None], empty, context)
    return F.mse_loss(network(noisy, t, context, keep | (dropped[:, None] & empty_keep)), target)


def masks_cut(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    context = torch.where(dropped[:, None, None], empty, context)
    return F.mse_loss(network(noisy, t, context, keep & (~dropped[:, None] | empty_keep)), target)


def others_dropped(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(network(noisy, t, *_words(context, keep, empty, empty_keep, ~dropped)), target)


def all_dropped_if_any(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(network(noisy, t, *_words(context, keep, empty, empty_keep, dropped.any().expand_as(dropped))), target)


def empty_added(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    context = context + empty * dropped[:, None, None]
    return F.mse_loss(network(noisy, t, context, torch.where(dropped[:, None], empty_keep, keep)), target)


def first_row_of_empty(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    context = torch.where(dropped[:, None, None], empty[0].expand_as(empty), context)
    return F.mse_loss(network(noisy, t, context, torch.where(dropped[:, None], empty_keep, keep)), target)


def never_dropped(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(network(noisy, t, context, keep), target)


def dropped_rows_left_out(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    rows = ~dropped if not dropped.all() else dropped
    return F.mse_loss(network(noisy[rows], t[rows], context[rows], keep[rows]), target[rows])


def target_is_noise(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, _ = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(network(noisy, t, *_words(context, keep, empty, empty_keep, dropped)), noise)


def target_turned(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(network(noisy, t, *_words(context, keep, empty, empty_keep, dropped)), -target)


def no_roots(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    signal = alpha_bar[t][:, None, None, None]
    _, target = _noisy(alpha_bar, latents, t, noise)
    noisy = signal * latents + (1 - signal) * noise
    return F.mse_loss(network(noisy, t, *_words(context, keep, empty, empty_keep, dropped)), target)


def clean_shown(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    _, target = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(network(latents, t, *_words(context, keep, empty, empty_keep, dropped)), target)


def summed(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return (network(noisy, t, *_words(context, keep, empty, empty_keep, dropped)) - target).square().sum()


def summed_per_image(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return (network(noisy, t, *_words(context, keep, empty, empty_keep, dropped)) - target).square().flatten(1).sum(1).mean()


def absolute_error(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return F.l1_loss(network(noisy, t, *_words(context, keep, empty, empty_keep, dropped)), target)


def words_detached(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(network(noisy, t, *_words(context.detach(), keep, empty, empty_keep, dropped)), target)


def changed_in_place(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    keep[dropped] = empty_keep
    return F.mse_loss(network(noisy, t, torch.where(dropped[:, None, None], empty, context), keep), target)


# Also right


def in_copies(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    context, keep = context.clone(), keep.clone()
    context[dropped], keep[dropped] = empty, empty_keep
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return (network(noisy, t, context, keep) - target).pow(2).mean()


def row_by_row(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    words = torch.stack([empty if drop else own for drop, own in zip(dropped, context, strict=True)])
    masks = torch.stack([empty_keep if drop else own for drop, own in zip(dropped, keep, strict=True)])
    a, b = alpha_bar[t].sqrt().view(-1, 1, 1, 1), (1 - alpha_bar[t]).sqrt().view(-1, 1, 1, 1)
    answer = network(a * latents + b * noise, t, words, masks)
    return torch.nn.MSELoss()(answer, a * noise - b * latents)


def by_weights(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    share = dropped.to(context.dtype)[:, None, None]
    words = share * empty + (1 - share) * context
    masks = (dropped[:, None] & empty_keep) | (~dropped[:, None] & keep)
    noisy, target = _noisy(alpha_bar, latents, t, noise)
    return F.mse_loss(target, network(noisy, t, words, masks))


_MASK = "The mask of a dropped caption is still not that of the empty prompt."
_RIGHT = "This part of the buggy loss was right: look at what the network is shown of a dropped caption."
mistakes = [
    Mistake(buggy_loss, "This is still the buggy loss. Zeros with the caption's mask are not what the empty prompt gives, and the sampler asks "
            "about the empty prompt."),
    Mistake(vectors_alone, _MASK), Mistake(nothing_kept, _MASK), Mistake(masks_joined, _MASK), Mistake(masks_cut, _MASK),
    Mistake(mask_alone, "The mask is that of the empty prompt now, but the vectors are still those of the caption."),
    Mistake(zeros_with_empty_mask, "The mask is that of the empty prompt now, but its vectors are not 0: they are `empty`."),
    Mistake(first_row_of_empty, "Every place of a dropped caption holds the start. The empty prompt has a vector of its own for each place."),
    Mistake(empty_added, "The empty prompt's vectors are added to the caption's. They take their place."),
    Mistake(others_dropped, "You drop the other captions: `dropped` is True where the empty prompt takes over."),
    Mistake(all_dropped_if_any, "Once one caption is dropped, you drop them all. Each row has its own."),
    Mistake(never_dropped, "No caption is dropped any more: the network learns nothing about the empty prompt."),
    Mistake(dropped_rows_left_out, "You leave out the rows whose captions are dropped. They are to be learnt, with the empty prompt."),
    *(Mistake(answer, _RIGHT) for answer in (target_is_noise, target_turned, no_roots, clean_shown, summed, summed_per_image, absolute_error)),
    Mistake(words_detached, "The words are detached: the text encoder would not learn."),
    Mistake(changed_in_place, "You write into `keep`, which belongs to the caller: work on a copy, or use torch.where."),
]

also_right = [in_copies, row_by_row, by_weights]

equivalent_mutants = {
    "return F.mse_loss(network(noisy, t, context, keep), target): F.mse_loss(network(noisy, t, context, keep), target) → "
    "F.mse_loss(target, network(noisy, t, context, keep))": "the square of a difference has no order",
}
