"""Planted answers to evaluation-kernel-distance, by another author than the check's."""

import torch
from sklearn.metrics.pairwise import polynomial_kernel


def _matrices(x, y, **options):
    x, y = x.numpy(), y.numpy()
    options = dict(degree=3, coef0=1) | options
    return [torch.from_numpy(polynomial_kernel(a, b, **options)) for a, b in ((x, x), (y, y), (x, y))]


def _mmd(xx, yy, xy, off=True, two=2.0):
    def within(k):
        n = len(k)
        return (k.sum() - k.diag().sum()) / (n * (n - 1)) if off else k.mean()

    return within(xx) + within(yy) - two * xy.mean()


def with_the_diagonal(x, y):
    return _mmd(*_matrices(x, y), off=False)


def gamma_of_one(x, y):
    return _mmd(*_matrices(x, y, gamma=1.0))


def no_constant(x, y):
    return _mmd(*_matrices(x, y, coef0=0))


def quadratic(x, y):
    return _mmd(*_matrices(x, y, degree=2))


def linear(x, y):
    return _mmd(*_matrices(x, y, degree=1))


def cross_term_once(x, y):
    return _mmd(*_matrices(x, y), two=1.0)


def never_below_zero(x, y):
    return torch.relu(_mmd(*_matrices(x, y)))


def rooted(x, y):
    return _mmd(*_matrices(x, y)).clamp_min(0) ** 0.5


def plus_cross(x, y):
    return _mmd(*_matrices(x, y), two=-2.0)


def n_squared(x, y):
    xx, yy, xy = _matrices(x, y)
    xx.fill_diagonal_(0)
    yy.fill_diagonal_(0)
    return xx.mean() + yy.mean() - 2 * xy.mean()


def added_up(x, y):
    xx, yy, xy = _matrices(x, y)
    return xx.sum() - xx.trace() + yy.sum() - yy.trace() - 2 * xy.sum()


def right_by_sklearn(x, y):
    return _mmd(*_matrices(x, y))


def right_by_moments(x, y):
    """(1 + s)³ = 1 + 3 s + 3 s² + s³ with s = a·b / d, each power by itself."""
    d = x.shape[1]

    def mean_of(a, b, off):
        s = torch.einsum("id,jd->ij", a, b) / d
        k = 1 + 3 * s + 3 * s * s + s * s * s
        return k[~torch.eye(len(a), dtype=torch.bool)].mean() if off else k.mean()

    return float(mean_of(x, x, True) + mean_of(y, y, True) - 2 * mean_of(x, y, False))


def upper_triangles(x, y):
    a, b, cross = _matrices(x, y)
    n, m = len(x), len(y)
    return a.triu(1).sum() / (n * (n - 1)) + b.triu(1).sum() / (m * (m - 1)) - 2 * cross.mean()


wrong = [
    (upper_triangles, "each_pair_once"),
    (with_the_diagonal, "diagonal_kept"), (gamma_of_one, "not_divided_by_d"), (no_constant, "no_one"),
    (quadratic, "squared_only"), (linear, "linear_kernel"), (cross_term_once, "no_two"),
    (never_below_zero, "cut_at_zero"), (rooted, "square_root"), (plus_cross, "cross_added"),
    (n_squared, "diagonal_left_out_of_the_sum_only"), (added_up, "sums"),
]
right = [right_by_sklearn, right_by_moments]
