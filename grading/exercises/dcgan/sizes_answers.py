"""Answers to dcgan-sizes: wrong ones with the sentence that names each, and right ones."""

import math

from grading.checks.exercise import Mistake


def _size(size):
    if size < 1:
        raise ValueError("nothing is left")
    return size


# Known mistakes


def rounds_up(n, kernel, stride, padding, transposed=False):
    return _size((n - 1) * stride + kernel - 2 * padding if transposed else -(-(n + 2 * padding - kernel) // stride) + 1)


def no_floor(n, kernel, stride, padding, transposed=False):
    return _size((n - 1) * stride + kernel - 2 * padding if transposed else (n + 2 * padding - kernel) / stride + 1)


def without_the_first_place(n, kernel, stride, padding, transposed=False):
    return _size((n - 1) * stride + kernel - 2 * padding if transposed else (n + 2 * padding - kernel) // stride)


def padding_once(n, kernel, stride, padding, transposed=False):
    return _size((n - 1) * stride + kernel - padding if transposed else (n + padding - kernel) // stride + 1)


def padding_once_in_the_twin(n, kernel, stride, padding, transposed=False):
    return _size((n - 1) * stride + kernel - padding if transposed else (n + 2 * padding - kernel) // stride + 1)


def padding_forgotten(n, kernel, stride, padding, transposed=False):
    return _size((n - 1) * stride + kernel if transposed else (n - kernel) // stride + 1)


def padding_added_in_the_twin(n, kernel, stride, padding, transposed=False):
    return _size((n - 1) * stride + kernel + 2 * padding if transposed else (n + 2 * padding - kernel) // stride + 1)


def stride_times_n(n, kernel, stride, padding, transposed=False):
    return _size(n * stride + kernel - 2 * padding if transposed else (n + 2 * padding - kernel) // stride + 1)


def exactly_stride_times(n, kernel, stride, padding, transposed=False):
    return _size(n * stride if transposed else (n + 2 * padding - kernel) // stride + 1)


def same_for_both(n, kernel, stride, padding, transposed=False):
    return _size((n + 2 * padding - kernel) // stride + 1)


def swapped(n, kernel, stride, padding, transposed=False):
    return _size((n + 2 * padding - kernel) // stride + 1 if transposed else (n - 1) * stride + kernel - 2 * padding)


def divides_only(n, kernel, stride, padding, transposed=False):
    return _size((n - 1) * stride + kernel - 2 * padding if transposed else max(n // stride, 1))


def refuses_nothing(n, kernel, stride, padding, transposed=False):
    return (n - 1) * stride + kernel - 2 * padding if transposed else (n + 2 * padding - kernel) // stride + 1


def at_least_one(n, kernel, stride, padding, transposed=False):
    return max(1, refuses_nothing(n, kernel, stride, padding, transposed))


def at_least_none(n, kernel, stride, padding, transposed=False):
    return max(0, refuses_nothing(n, kernel, stride, padding, transposed))


def towards_zero(n, kernel, stride, padding, transposed=False):
    return _size((n - 1) * stride + kernel - 2 * padding if transposed else int((n + 2 * padding - kernel) / stride) + 1)


def another_error(n, kernel, stride, padding, transposed=False):
    size = refuses_nothing(n, kernel, stride, padding, transposed)
    assert size >= 1
    return size


def refuses_kernels_above_n(n, kernel, stride, padding, transposed=False):
    if not transposed and kernel > n:
        raise ValueError("nothing is left")
    return _size(refuses_nothing(n, kernel, stride, padding, transposed))


def all_zero_allowed(n, kernel, stride, padding, transposed=False):
    size = refuses_nothing(n, kernel, stride, padding, transposed)
    if size < 0:
        raise ValueError("nothing is left")
    return size


# Also right


def by_counting(n, kernel, stride, padding, transposed=False):
    if transposed:
        reached = {i * stride + j for i in range(n) for j in range(kernel)}
        size = max(reached) + 1 - 2 * padding
    else:
        size = len(range(0, n + 2 * padding - kernel + 1, stride))
    if size <= 0:
        raise ValueError("no pixel is left")
    return size


def by_math(n, kernel, stride, padding, transposed=False):
    if not transposed and n + 2 * padding < kernel:
        raise ValueError("the kernel does not fit")
    size = stride * (n - 1) - 2 * padding + kernel if transposed else math.floor((n + 2 * padding - kernel) / stride + 1)
    if size < 1:
        raise ValueError("nothing is left")
    return float(size)


ROUND = "You round up: where the last step would lead beyond the edge the kernel does not fit, so the division is rounded down."
TWICE = "Padding counts on both sides: 2p."
REFUSE = "You return a size where nothing is left: below 1, raise ValueError."

mistakes = [
    Mistake(rounds_up, ROUND),
    Mistake(no_floor, "The size is not a whole number: divide by `//`, since a rest smaller than the stride is left over."),
    Mistake(without_the_first_place, "One place is missing: besides the steps there is the place where the kernel starts, hence + 1."),
    Mistake(padding_once, TWICE), Mistake(padding_once_in_the_twin, TWICE),
    Mistake(padding_forgotten, "Padding is not counted: a convolution gains 2p pixels by it, a transposed one loses them."),
    Mistake(padding_added_in_the_twin, "A transposed convolution loses its padding: it is cut off the output, on both sides."),
    Mistake(stride_times_n, "n stamps are n - 1 strides apart, from the first to the last."),
    Mistake(exactly_stride_times, "Stride times n is right only where kernel - 2p equals the stride, as for k = 4, s = 2, p = 1."),
    Mistake(same_for_both, "`transposed` makes no difference in your sizes: the twin runs the other way, from few pixels to many."),
    Mistake(swapped, "The two formulas are swapped: `transposed=True` makes more pixels."),
    Mistake(divides_only, "n divided by the stride is right only where 2p + s = k or nearly so: kernel and padding count."),
    Mistake(refuses_nothing, REFUSE), Mistake(at_least_none, REFUSE), Mistake(all_zero_allowed, REFUSE),
    Mistake(at_least_one, REFUSE),
    Mistake(towards_zero, "`int` rounds towards 0, so that -1/2 becomes 0 and a kernel that does not fit seems to fit once. Use `//`."),
    Mistake(another_error, "You raise another error than ValueError where nothing is left."),
    Mistake(refuses_kernels_above_n, "You refuse kernels larger than n, though padding makes room for them: compare with n + 2p."),
]

also_right = [by_counting, by_math]

equivalent_mutants = {
    "def conv_out_size(n, kernel, stride, padding, transposed=False):: False → True": "the check always passes `transposed`",
    "raise ValueError(f\"nothing is left of {n} pixels\"): n → kernel": "only the message differs",
}
