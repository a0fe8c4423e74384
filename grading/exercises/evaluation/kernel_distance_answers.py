"""Answers to evaluation-kernel-distance: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.evaluation.kernel_distance import _kernel, _mmd, _off_diagonal

# Known mistakes


def diagonal_kept(x, y):
    return _kernel(x, x).mean() + _kernel(y, y).mean() - 2 * _kernel(x, y).mean()


def diagonal_left_out_of_the_sum_only(x, y):
    def within(k):
        return (k.sum() - k.trace()) / len(k) ** 2

    return within(_kernel(x, x)) + within(_kernel(y, y)) - 2 * _kernel(x, y).mean()


def no_two(x, y):
    return _off_diagonal(_kernel(x, x)) + _off_diagonal(_kernel(y, y)) - _kernel(x, y).mean()


def cross_added(x, y):
    return _off_diagonal(_kernel(x, x)) + _off_diagonal(_kernel(y, y)) + 2 * _kernel(x, y).mean()


def not_divided_by_d(x, y):
    d = x.shape[1]
    return _mmd(x * d**0.5, y * d**0.5)


def divided_by_root_of_d(x, y):
    return _mmd(x * x.shape[1] ** 0.25, y * x.shape[1] ** 0.25)


def diagonal_of_the_product_zeroed(x, y):
    def within(rows):
        k = (rows @ rows.T / rows.shape[1]).fill_diagonal_(0)
        return ((k + 1) ** 3).sum() / (len(k) * (len(k) - 1))

    return within(x) + within(y) - 2 * _kernel(x, y).mean()


def divided_by_n(x, y):
    def k(a, b):
        return (a @ b.T / len(a) + 1) ** 3

    return _off_diagonal(k(x, x)) + _off_diagonal(k(y, y)) - 2 * k(x, y).mean()


def _with_kernel(name, kernel):
    def answer(x, y):
        return _off_diagonal(kernel(x, x)) + _off_diagonal(kernel(y, y)) - 2 * kernel(x, y).mean()

    answer.__name__ = name
    return answer


no_one = _with_kernel("no_one", lambda a, b: (a @ b.T / a.shape[1]) ** 3)


squared_only = _with_kernel("squared_only", lambda a, b: (a @ b.T / a.shape[1] + 1) ** 2)


linear_kernel = _with_kernel("linear_kernel", lambda a, b: a @ b.T / a.shape[1] + 1)


gaussian_kernel = _with_kernel("gaussian_kernel", lambda a, b: torch.exp(-torch.cdist(a, b) ** 2 / 2))


one_inside_the_division = _with_kernel("one_inside_the_division", lambda a, b: ((a @ b.T + 1) / a.shape[1]) ** 3)


def square_root(x, y):
    return _mmd(x, y).clamp(min=0).sqrt()


def cut_at_zero(x, y):
    return _mmd(x, y).clamp(min=0)


def absolute(x, y):
    return _mmd(x, y).abs()


def cross_without_diagonal(x, y):
    cross = _kernel(x, y)
    diagonal = cross.diagonal().sum()
    off = (cross.sum() - diagonal) / (cross.numel() - min(cross.shape))
    return _off_diagonal(_kernel(x, x)) + _off_diagonal(_kernel(y, y)) - 2 * off


def each_pair_once(x, y):
    def within(k):
        return torch.triu(k, 1).sum() / (len(k) * (len(k) - 1))

    return within(_kernel(x, x)) + within(_kernel(y, y)) - 2 * _kernel(x, y).mean()


def sums(x, y):
    a, b = _kernel(x, x), _kernel(y, y)
    return a.sum() - a.trace() + b.sum() - b.trace() - 2 * _kernel(x, y).sum()


def one_set_only(x, y):
    return _off_diagonal(_kernel(x, x)) - 2 * _kernel(x, y).mean()


# Also right


def by_masks(x, y):
    def within(rows):
        k = (1 + rows @ rows.T / rows.size(1)).pow(3)
        return k[~torch.eye(len(rows), dtype=torch.bool)].mean()

    return within(x) + within(y) - 2 * (1 + x @ y.T / x.size(1)).pow(3).mean()


def by_one_matrix(x, y):
    n, rows = len(x), torch.cat([x, y]).double()
    k = (torch.einsum("id,jd->ij", rows, rows) / rows.shape[1] + 1) ** 3
    k.fill_diagonal_(0)
    a, b, c = k[:n, :n].sum(), k[n:, n:].sum(), k[:n, n:].sum()
    return float(a / (n * (n - 1)) + b / (len(y) * (len(y) - 1)) - 2 * c / (n * len(y)))


def by_triangles(x, y):
    def within(rows):
        i, j = torch.triu_indices(len(rows), len(rows), 1)
        return (((rows[i] * rows[j]).sum(1) / rows.shape[1] + 1) ** 3).mean()

    cross = torch.stack([((x * row).sum(1) / x.shape[1] + 1) ** 3 for row in y])
    return within(x) + within(y) - cross.mean() - cross.mean()


UNBIASED = ("The pairs of a point with itself are left out: k(x_i, x_i) is large whatever the distribution, and makes the estimate "
            "too large.")


SIGN = ("An unbiased estimate of 0 is as often below 0 as above: do not cut it off, square it or take its absolute "
        "value.")


mistakes = [
    Mistake(diagonal_kept, UNBIASED),
    Mistake(diagonal_left_out_of_the_sum_only, "The diagonal is left out of the sum, but you still divide by n²: there "
            "are n (n - 1) pairs."),
    Mistake(no_two, "The factor 2 before the mixed term is missing."),
    Mistake(cross_added, "The mixed term is subtracted: points of the two sets that resemble each other make the "
            "distance small."),
    Mistake(not_divided_by_d, "The product a·b is divided by the dimension d."),
    Mistake(divided_by_root_of_d, "The product a·b is divided by d, not by √d."),
    Mistake(diagonal_of_the_product_zeroed, "You set the product of a point with itself to 0, but (0 + 1)³ = 1 is still "
            "added up: zero the diagonal after the kernel, or subtract its trace."),
    Mistake(divided_by_n, "You divide the product by the number of rows; the dimension is x.shape[1]."),
    Mistake(no_one, "The kernel is (a·b / d + 1)³: the 1 is missing, and with it everything but third moments."),
    Mistake(squared_only, "The kernel has the exponent 3."),
    Mistake(linear_kernel, "The exponent 3 is missing: a linear kernel sees only the means."),
    Mistake(gaussian_kernel, "That is a Gaussian kernel; asked for is the cubic one."),
    Mistake(one_inside_the_division, "Divide the product by d, then add 1."),
    Mistake(square_root, SIGN),
    Mistake(cut_at_zero, SIGN),
    Mistake(absolute, SIGN),
    Mistake(cross_without_diagonal, "In the mixed term no pair is special: x_i and y_i are different points. Take the "
            "mean over all pairs."),
    Mistake(each_pair_once, "You add up every pair once, but divide by n (n - 1), which counts it twice: i, j and j, i."),
    Mistake(sums, "Take means over pairs, not sums: the two sets may differ in size."),
    Mistake(one_set_only, "The mean within the second set is missing."),
]

also_right = [by_masks, by_one_matrix, by_triangles]

equivalent_mutants = {
    "return within(kernel(x, x)) + within(kernel(y, y)) - 2 * kernel(x, y).mean(): kernel(x, y) → kernel(y, x)":
        "the kernel is symmetric, and the mean is over all pairs",
    "return (a @ b.T / a.shape[1] + 1) ** 3: 1 → -1": "the last axis of a matrix is its axis 1",
    "return (a @ b.T / a.shape[1] + 1) ** 3: a → b": "both sets have the same dimension",
}
