"""Planted answers to pix2pix-patches, by another author than the check's."""

import math


def _walk(kernels, strides):
    field = jump = 1
    for k, s in zip(kernels, strides, strict=True):
        field, jump = field + (k - 1) * jump, jump * s
    return field, jump


def _count(kernels, strides, paddings, n):
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        n = (n + 2 * p - k) // s + 1 if n > 0 and n + 2 * p >= k else 0
    return n


def jump_updated_first(kernels, strides, paddings, n):
    field = jump = 1
    for k, s in zip(kernels, strides, strict=True):
        jump *= s
        field += (k - 1) * jump
    return field, jump, _count(kernels, strides, paddings, n)


def whole_kernels_added(kernels, strides, paddings, n):
    field = jump = 1
    for k, s in zip(kernels, strides, strict=True):
        field += k * jump
        jump *= s
    return field, jump, _count(kernels, strides, paddings, n)


def sum_of_kernels(kernels, strides, paddings, n):
    return sum(kernels), _walk(kernels, strides)[1], _count(kernels, strides, paddings, n)


def forward_order(kernels, strides, paddings, n):
    field = 1
    for k, s in zip(kernels, strides, strict=True):
        field = (field - 1) * s + k
    return field, math.prod(strides), _count(kernels, strides, paddings, n)


def stride_summed(kernels, strides, paddings, n):
    return _walk(kernels, strides)[0], sum(strides), _count(kernels, strides, paddings, n)


def ceiling(kernels, strides, paddings, n):
    field, jump = _walk(kernels, strides)
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        n = -(-(n + 2 * p - k) // s) + 1 if n > 0 and n + 2 * p >= k else 0
    return field, jump, n


def single_padding(kernels, strides, paddings, n):
    field, jump = _walk(kernels, strides)
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        n = (n + p - k) // s + 1 if n > 0 and n + p >= k else 0
    return field, jump, n


def padding_as_part_of_the_patch(kernels, strides, paddings, n):
    field, jump = _walk(kernels, strides)
    return field + 2 * sum(paddings), jump, _count(kernels, strides, paddings, n)


def negative_counts(kernels, strides, paddings, n):
    field, jump = _walk(kernels, strides)
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        n = (n + 2 * p - k) // s + 1
    return field, jump, n


def counts_everything(kernels, strides, paddings, n):
    field, jump = _walk(kernels, strides)
    side = _count(kernels, strides, paddings, n)
    return field, jump, side * side


def with_bookkeeping(kernels, strides, paddings, n):
    """Also right: interval arithmetic on the places that one logit touches."""
    low, high = 0, 0
    for k, s in list(zip(kernels, strides, strict=True))[::-1]:
        low, high = low * s, high * s + k - 1
    return high - low + 1, math.prod(strides), _count(kernels, strides, paddings, n)


wrong = [
    (jump_updated_first, "own_stride_counted"), (whole_kernels_added, "kernels_added_in_steps"),
    (sum_of_kernels, "kernels_added"), (forward_order, "wrong_end_first"), (stride_summed, "steps_added"),
    (ceiling, "rounded_up"), (single_padding, "padding_once"), (padding_as_part_of_the_patch, "padding_added"),
    (negative_counts, "below_zero"), (counts_everything, "all_logits"),
]
right = [with_bookkeeping]
