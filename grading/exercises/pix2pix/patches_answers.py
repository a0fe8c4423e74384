"""Answers to pix2pix-patches: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch import nn

from grading.checks.exercise import Mistake


def _right(kernels, strides, paddings, n):
    field, step = 1, 1
    for k, s in zip(reversed(kernels), reversed(strides), strict=True):
        field, step = (field - 1) * s + k, step * s
    return field, step, _count(kernels, strides, paddings, n)


def _count(kernels, strides, paddings, n, size=lambda n, k, s, p: (n + 2 * p - k) // s + 1):
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        n = max(0, size(n, k, s, p)) if n else 0
    return n


def _with_count(size):
    def answer(kernels, strides, paddings, n):
        return *_right(kernels, strides, paddings, n)[:2], _count(kernels, strides, paddings, n, size)

    return answer


def _with_field(field):
    def answer(kernels, strides, paddings, n):
        return field(kernels, strides, paddings, n), *_right(kernels, strides, paddings, n)[1:]

    return answer


def _walk(layers, rule):
    field = 1
    for k, s in layers:
        field = rule(field, k, s)
    return field


# Known mistakes


strides_ignored = _with_field(lambda ks, ss, ps, n: 1 + sum(k - 1 for k in ks))
wrong_end_first = _with_field(lambda ks, ss, ps, n: _walk(zip(ks, ss, strict=True), lambda r, k, s: (r - 1) * s + k))
own_stride_counted = _with_field(lambda ks, ss, ps, n: 1 + sum((k - 1) * math.prod(ss[:i + 1]) for i, k in enumerate(ks)))
kernels_added = _with_field(lambda ks, ss, ps, n: sum(ks))
kernels_added_in_steps = _with_field(lambda ks, ss, ps, n: 1 + sum(k * math.prod(ss[:i]) for i, k in enumerate(ks)))
product_of_kernels = _with_field(lambda ks, ss, ps, n: math.prod(ks))
overlap_forgotten = _with_field(lambda ks, ss, ps, n: _walk(list(zip(ks, ss, strict=True))[::-1], lambda r, k, s: r * s + k))
one_too_few = _with_field(lambda ks, ss, ps, n: _walk(list(zip(ks, ss, strict=True))[::-1], lambda r, k, s: r * s + k - 1))
padding_taken_off = _with_field(lambda ks, ss, ps, n: _right(ks, ss, ps, n)[0] - 2 * sum(ps))
padding_added = _with_field(lambda ks, ss, ps, n: _right(ks, ss, ps, n)[0] + 2 * sum(ps))
first_layer_only = _with_field(lambda ks, ss, ps, n: ks[0] if ks else 1)
squared_field = _with_field(lambda ks, ss, ps, n: _right(ks, ss, ps, n)[0] ** 2)


def steps_added(kernels, strides, paddings, n):
    field, _, count = _right(kernels, strides, paddings, n)
    return field, sum(strides) if strides else 1, count


def last_step(kernels, strides, paddings, n):
    field, _, count = _right(kernels, strides, paddings, n)
    return field, strides[-1] if strides else 1, count


def first_step(kernels, strides, paddings, n):
    field, _, count = _right(kernels, strides, paddings, n)
    return field, strides[0] if strides else 1, count


def field_as_step(kernels, strides, paddings, n):
    field, _, count = _right(kernels, strides, paddings, n)
    return field, field, count


padding_once = _with_count(lambda n, k, s, p: (n + p - k) // s + 1)
padding_forgotten = _with_count(lambda n, k, s, p: (n - k) // s + 1)
without_the_one = _with_count(lambda n, k, s, p: (n + 2 * p - k) // s)
rounded_up = _with_count(lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1)
divided_by_stride = _with_count(lambda n, k, s, p: n // s)
rounded = _with_count(lambda n, k, s, p: round((n + 2 * p - k) / s) + 1)
not_floored = _with_count(lambda n, k, s, p: (n + 2 * p - k) / s + 1)


def all_logits(kernels, strides, paddings, n):
    field, step, count = _right(kernels, strides, paddings, n)
    return field, step, count**2


def patches_side_by_side(kernels, strides, paddings, n):
    field, step, _ = _right(kernels, strides, paddings, n)
    return field, step, n // field


def sliding_patches(kernels, strides, paddings, n):
    field, step, _ = _right(kernels, strides, paddings, n)
    return field, step, max(0, (n - field) // step + 1)


def below_zero(kernels, strides, paddings, n):
    field, step, _ = _right(kernels, strides, paddings, n)
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        n = (n + 2 * p - k) // s + 1
    return field, step, n


def other_order(kernels, strides, paddings, n):
    field, step, count = _right(kernels, strides, paddings, n)
    return count, step, field


def step_last(kernels, strides, paddings, n):
    field, step, count = _right(kernels, strides, paddings, n)
    return field, count, step


# Also right


def by_jumps(kernels, strides, paddings, n):
    field = jump = 1
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        field += (k - 1) * jump
        jump *= s
        n = (n + 2 * p - k) // s + 1 if n > 0 and n + 2 * p >= k else 0
    return [field, jump, n]


def as_tensors(kernels, strides, paddings, n):
    before = torch.cumprod(torch.tensor([1, *strides]), 0)
    field = 1 + ((torch.tensor(kernels, dtype=torch.int64) - 1) * before[:-1]).sum()
    x = torch.zeros(1, 1, n)
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        if x.shape[2] == 0 or x.shape[2] + 2 * p < k:
            return field, before[-1], torch.tensor(0)
        x = nn.functional.avg_pool1d(nn.functional.pad(x, (p, p)), k, s)
    return field, before[-1], torch.tensor(x.shape[2])


def recursive(kernels, strides, paddings, n):
    if not kernels:
        return 1, 1, n
    (k, *ks), (s, *ss), (p, *ps) = kernels, strides, paddings
    field, step, count = recursive(ks, ss, ps, max(0, (n + 2 * p - k) // s + 1) if n else 0)
    return (field - 1) * s + k, step * s, count


PADDING = "Padding is left out of the count: each layer works on n + 2p places, and the outer patches reach beyond the image."

for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

mistakes = [
    Mistake(strides_ignored, "Strides are ignored: after a layer of stride s, neighbours lie s pixels apart, so that each later kernel "
            "reaches s times as far."),
    Mistake(wrong_end_first, "The walk goes the wrong way: begin with one output of the last layer and go back to the first."),
    Mistake(own_stride_counted, "A layer's own stride does not widen its own kernel: only the strides of layers before it do."),
    Mistake(kernels_added, "Kernels are added up: neighbours of one layer overlap in the layer before, and lie a stride apart."),
    Mistake(kernels_added_in_steps, "Kernels are added up: neighbours of one layer overlap in the layer before, and lie a stride apart."),
    Mistake(product_of_kernels, "Kernels are multiplied: neighbouring patches overlap, so that each layer adds (k - 1) steps."),
    Mistake(overlap_forgotten, "r outputs are r - 1 strides apart, from the first to the last: (r - 1) · s + k."),
    Mistake(one_too_few, "Your recursion is r · s + k - 1; r outputs span r - 1 strides and one kernel: (r - 1) · s + k."),
    Mistake(padding_taken_off, "Padding is taken off the patch: it changes where patches lie, not how large they are."),
    Mistake(padding_added, "Padding is added to the patch: it changes where patches lie, not how large they are."),
    Mistake(first_layer_only, "That is the first layer's kernel alone: later layers see what it has seen."),
    Mistake(squared_field, "The side of a patch is asked for, not its number of pixels."),
    Mistake(steps_added, "Strides multiply: two layers of stride 2 put neighbours 4 pixels apart."),
    Mistake(last_step, "That is the stride of one layer: the step between patches is the product of all."),
    Mistake(first_step, "That is the stride of one layer: the step between patches is the product of all."),
    Mistake(field_as_step, "Patches overlap: from one to the next it is the product of the strides, not a whole patch."),
    Mistake(padding_once, "Padding lies on both sides: n + 2p."),
    Mistake(padding_forgotten, PADDING),
    Mistake(without_the_one, "One is missing: a kernel that just fits gives one output, so ⌊(n + 2p - k)/s⌋ + 1."),
    Mistake(rounded_up, "A step that no longer fits is not made: round down."),
    Mistake(rounded, "A step that no longer fits is not made: round down."),
    Mistake(not_floored, "The count is a whole number: a step that no longer fits is not made."),
    Mistake(divided_by_stride, "n // s holds for special sizes only: count the places where the kernel fits."),
    Mistake(all_logits, "The number along one side is asked for, not that of all logits."),
    Mistake(patches_side_by_side, "Patches overlap, and padding moves them: count layer by layer."),
    Mistake(sliding_patches, PADDING),
    Mistake(below_zero, "Where a kernel no longer fits there are no logits: the count is 0, and stays 0."),
    Mistake(other_order, "The order is side of a patch, step, count."),
    Mistake(step_last, "The order is side of a patch, step, count."),
]

also_right = [by_jumps, as_tensors, recursive]

equivalent_mutants = {}
