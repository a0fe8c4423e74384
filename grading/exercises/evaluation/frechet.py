"""evaluation-frechet: the Fréchet distance between Gaussians fitted to two sets of features.

    d² = ‖μ_x - μ_y‖² + tr(Σ_x + Σ_y - 2 (Σ_x Σ_y)^½)

(Dowson and Landau 1982; Heusel et al. 2017, arXiv:1706.08500). Fixed: unbiased covariances (n - 1), the squared
distance. Free: how the trace of the root is found. The hidden sets are made so that their moments are exact: a
shift and nothing else, a change of size and nothing else, covariances that do not commute, and sets with fewer
rows than dimensions, whose covariances are singular.
"""

import math

import torch

from genlab.metrics import frechet
from genlab.random import rand, randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def inputs(rng, n=1):
    """All in float64 with n ≠ m ≠ d; means away from zero. `away` is where float32 has few digits left."""
    d = 4
    double = torch.zeros((), dtype=torch.float64)

    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    def white(rows):  # mean 0 and covariance I, exactly
        return math.sqrt(rows - 1) * torch.linalg.qr(torch.cat([torch.ones(rows, 1), draw(rows, d)], 1)).Q[:, 1:]

    mix, mean = draw(d, d) + torch.eye(d), 2 + draw(d)
    size = 1.5 + rand((), like=double, rng=rng)
    return {
        "x": white(11) @ mix + mean, "moved": white(9) @ mix + mean + 0.5 + 0.4 * draw(d).abs(),
        "grown": size * white(9) @ mix + mean, "y": white(13) @ (draw(d, d) - 0.5 * torch.eye(d)) + draw(d),
        "turn": torch.linalg.qr(draw(d, d)).Q, "few": draw(3, d) + mean, "fewer": 2 * draw(2, d),
        "ball": size * white(11) + mean, "away": 2.0**17,
    }


def probe(frechet_distance, x, moved, grown, y, turn, few, fewer, ball, away):
    """The distance in each setting; swapped and turned, where it must not change; of sets with few rows."""
    given = []

    def run(a, b):
        given.append((a.clone(), b.clone()))
        return probing.tensor(frechet_distance(*given[-1]), "`frechet_distance`")

    return dict(shift=run(x, moved), size=run(x, grown), value=run(x, y), swapped=run(y, x),
                turned=run(x @ turn, y @ turn), single=run((x + away).float(), (y + away).float()),
                near=run((x + away).float(), (moved + away).float()), singular=run(few, fewer),
                mixed=run(x, few), round=run(few, ball), same=run(x, x.flip(0)), kept=torch.cat(given[0]))


def reference(x, y):
    """genlab's own."""
    return frechet.frechet_distance(x, y)


def truth(x, y):
    """Without any covariance: tr (Σ_x Σ_y)^½ is the nuclear norm of X Yᵀ, rows centred and scaled."""
    x, y = x.double(), y.double()
    a, b = (x - x.mean(0)) / math.sqrt(len(x) - 1), (y - y.mean(0)) / math.sqrt(len(y) - 1)
    overlap = torch.linalg.matrix_norm(a @ b.T, ord="nuc")
    return (x.mean(0) - y.mean(0)).square().sum() + a.square().sum() + b.square().sum() - 2 * overlap


def _moments(x, y):
    return x.double().mean(0), torch.cov(x.double().T), y.double().mean(0), torch.cov(y.double().T)


def _trace_root(a, b):
    """tr (A B)^½, from the eigenvalues of the product, which are real and not negative."""
    return torch.linalg.eigvals(a @ b).real.clamp(min=0).sqrt().sum()


def _root(a):
    values, vectors = torch.linalg.eigh(a)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def _answer(formula):
    """A frechet_distance from a formula of the two means and covariances."""
    def answer(x, y):
        return formula(*_moments(x, y))

    answer.__name__ = formula.__name__
    return answer


# Known mistakes


@_answer
def diagonal_only(m, a, n, b):
    return (m - n).square().sum() + (a.diag().sqrt() - b.diag().sqrt()).square().sum()


@_answer
def norm_not_squared(m, a, n, b):
    return (m - n).norm() + a.trace() + b.trace() - 2 * _trace_root(a, b)


@_answer
def mean_of_squares(m, a, n, b):
    return (m - n).square().mean() + a.trace() + b.trace() - 2 * _trace_root(a, b)


@_answer
def absolute_difference(m, a, n, b):
    return (m - n).abs().sum() + a.trace() + b.trace() - 2 * _trace_root(a, b)


@_answer
def no_means(m, a, n, b):
    return a.trace() + b.trace() - 2 * _trace_root(a, b)


@_answer
def means_only(m, a, n, b):
    return (m - n).square().sum()


@_answer
def root_without_two(m, a, n, b):
    return (m - n).square().sum() + a.trace() + b.trace() - _trace_root(a, b)


@_answer
def root_added(m, a, n, b):
    return (m - n).square().sum() + a.trace() + b.trace() + 2 * _trace_root(a, b)


@_answer
def root_forgotten(m, a, n, b):
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * (a @ b).trace()


@_answer
def product_of_roots(m, a, n, b):
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * (_root(a) @ _root(b)).trace()


@_answer
def root_of_each_entry(m, a, n, b):
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * (a @ b).abs().sqrt().trace()


@_answer
def products_of_entries(m, a, n, b):
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * (a * b).abs().sqrt().trace()


@_answer
def root_of_the_trace(m, a, n, b):
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * (a @ b).trace().abs().sqrt()


@_answer
def sum_for_trace(m, a, n, b):
    values, vectors = torch.linalg.eig(a @ b)
    root = (vectors * values.sqrt() @ torch.linalg.pinv(vectors)).real
    return (m - n).square().sum() + (a + b - 2 * root).sum()


@_answer
def singular_values_of_the_product(m, a, n, b):
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * torch.linalg.svdvals(a @ b).sqrt().sum()


@_answer
def eigenvalues_as_if_symmetric(m, a, n, b):
    return ((m - n).square().sum() + a.trace() + b.trace()
            - 2 * torch.linalg.eigvalsh(a @ b).clamp(min=0).sqrt().sum())


@_answer
def difference_of_covariances(m, a, n, b):
    return (m - n).square().sum() + (a - b).square().sum()


@_answer
def difference_of_roots(m, a, n, b):
    return (m - n).square().sum() + (_root(a) - _root(b)).square().sum()


@_answer
def distance_not_squared(m, a, n, b):
    return ((m - n).square().sum() + a.trace() + b.trace() - 2 * _trace_root(a, b)).clamp(min=0).sqrt()


def diagonal_raised(x, y):
    m, a, n, b = _moments(x, y)
    raised = 1e-6 * torch.eye(len(m), dtype=torch.float64)
    return (m - n).square().sum() + (a + b).trace() - 2 * _trace_root(a + raised, b + raised)


def first_diagonal_raised(x, y):
    m, a, n, b = _moments(x, y)
    factor = torch.linalg.cholesky(a + 1e-6 * torch.eye(len(m), dtype=torch.float64))
    values = torch.linalg.eigvalsh(factor.T @ b @ factor).clamp(min=0)
    return (m - n).square().sum() + (a + b).trace() - 2 * values.sqrt().sum()


def single_precision(x, y):
    a, b = torch.cov(x.float().T), torch.cov(y.float().T)
    return (x.float().mean(0) - y.float().mean(0)).square().sum() + (a + b).trace() - 2 * _trace_root(a, b)


def precision_as_given(x, y):
    a, b = torch.cov(x.T), torch.cov(y.T)
    return (x.mean(0) - y.mean(0)).square().sum() + (a + b).trace() - 2 * _trace_root(a, b)


def centred_in_place(x, y):
    m, a, n, b = _moments(x, y)
    x -= x.mean(0)
    y -= y.mean(0)
    return (m - n).square().sum() + (a + b).trace() - 2 * _trace_root(a, b)


@_answer
def by_cholesky(m, a, n, b):
    overlap = torch.linalg.svdvals(torch.linalg.cholesky(a).T @ torch.linalg.cholesky(b)).sum()
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * overlap


@_answer
def plain_root_of_eigenvalues(m, a, n, b):
    root = _root(a)
    values = torch.linalg.eigvalsh(root @ b @ root) - 1e-12  # whatever the machine's rounding is, some fall below 0
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * values.sqrt().sum()


@_answer
def nothing_cut(m, a, n, b):
    values, vectors = torch.linalg.eigh(a)
    root = vectors * (values - 1e-12).sqrt() @ vectors.T  # as above
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * torch.linalg.eigvalsh(root @ b @ root).sqrt().sum()


@_answer
def products_of_sorted_eigenvalues(m, a, n, b):
    values = (torch.linalg.eigvalsh(a) * torch.linalg.eigvalsh(b)).clamp(min=0)
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * values.sqrt().sum()


def correlation_for_covariance(x, y):
    (a, b), (m, n) = (torch.corrcoef(s.double().T) for s in (x, y)), (x.double().mean(0), y.double().mean(0))
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * _trace_root(a, b)


def divided_by_n(x, y):
    a, b = torch.cov(x.double().T, correction=0), torch.cov(y.double().T, correction=0)
    gap = (x.double().mean(0) - y.double().mean(0)).square().sum()
    return gap + a.trace() + b.trace() - 2 * _trace_root(a, b)


def not_centred(x, y):
    x, y = x.double(), y.double()
    a, b = x.T @ x / (len(x) - 1), y.T @ y / (len(y) - 1)
    return (x.mean(0) - y.mean(0)).square().sum() + a.trace() + b.trace() - 2 * _trace_root(a, b)


def scatter_matrix(x, y):
    x, y = x.double(), y.double()
    a, b = ((s - s.mean(0)).T @ (s - s.mean(0)) for s in (x, y))
    return (x.mean(0) - y.mean(0)).square().sum() + a.trace() + b.trace() - 2 * _trace_root(a, b)


def one_mean_for_all(x, y):
    return (x.double().mean() - y.double().mean()) ** 2 + no_means(x, y)


# Also right


@_answer
def symmetrised(m, a, n, b):
    root = _root(a)
    middle = root @ b @ root
    values = torch.linalg.eigvalsh((middle + middle.T) / 2).clamp(min=0)
    return (m - n).square().sum() + a.trace() + b.trace() - 2 * values.sqrt().sum()


@_answer
def by_eigenvalues_of_the_product(m, a, n, b):
    values = torch.linalg.eigvals(a @ b)
    return float((m - n) @ (m - n) + torch.trace(a + b) - 2 * torch.sqrt(values).real.sum())


def by_singular_values_of_rows(x, y):
    x, y = x.double(), y.double()
    a = (x - x.mean(0, keepdim=True)) / (x.shape[0] - 1) ** 0.5
    b = (y - y.mean(0, keepdim=True)) / (y.shape[0] - 1) ** 0.5
    gap = torch.linalg.vector_norm(x.mean(0) - y.mean(0)) ** 2
    return gap + (a**2).sum() + (b**2).sum() - 2 * torch.linalg.svdvals(b @ a.T).sum()


def by_numpy(x, y):
    import numpy as np

    a, b = np.cov(x.double().numpy(), rowvar=False), np.cov(y.double().numpy(), rowvar=False)
    gap = ((x.double().mean(0) - y.double().mean(0)) ** 2).sum().item()
    values = np.linalg.eigvals(a @ b).astype(complex)
    return gap + np.trace(a).item() + np.trace(b).item() - 2 * np.sqrt(values).real.sum().item()


PRECISION = ("You compute in single precision, with seven digits. Features far from 0 lose theirs in the differences: convert both "
             "sets with .double() first.")

CUT = ("Rounding leaves eigenvalues slightly below zero where they are zero, and their root is nan: cut them at zero "
       "first.")
RAISED = ("A number on the diagonal is not needed, and shows: where an eigenvalue is 0, the root of a millionth is a "
          "thousandth. Cut eigenvalues at zero instead.")

exercise = Exercise(
    id="evaluation-frechet", defines="frechet_distance(x, y)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.frechet.frechet_distance", "genlab.metrics.frechet.frechet_from_moments",
               "genlab.metrics.frechet.moments", "genlab.metrics.frechet.digit_frechet"],
    comparisons=[
        Compare("shift", shape="()", points=1, tolerance=1e-4,
                says="Equal covariances, moved apart: the squared distance of the means."),
        Compare("size", shape="()", points=1, tolerance=1e-4,
                says="Equal means and shapes, one cloud larger: the covariances' part."),
        Compare("value", "swapped", "turned", shape="()", points=1, tolerance=2e-4,
                says="The distance of two clouds of different shapes; it does not change when they are swapped or "
                     "turned together."),
        Compare("singular", "mixed", "round", "same", shape="()", points=0.5, tolerance=1e-4,
                says="Fewer rows than dimensions: the covariances are singular. Cut eigenvalues that rounding leaves below "
                     "zero, and add nothing to the others: the distance is finite, real and exact."),
        Compare("single", "near", shape="()", points=0.25, tolerance=1e-4,
                says="Features in single precision and far from 0: convert them with .double() before anything else."),
        Compare("kept", "value", shape="(N + M, d)", points=0.25,
                says="The features are left as they were: whoever handed them over goes on with them."),
    ],
    mistakes=[
        Mistake(diagonal_only, "You use the variances only: the covariances off the diagonal belong to it."),
        Mistake(products_of_entries, "You use the variances only: the covariances off the diagonal belong to it."),
        Mistake(norm_not_squared, "The distance of the means is not squared."),
        Mistake(mean_of_squares, "You average the squared differences of the means over the dimensions: sum them."),
        Mistake(absolute_difference, "The differences of the means are squared, not taken by their absolute value."),
        Mistake(no_means, "The means are missing: ‖μ_x - μ_y‖² comes first."),
        Mistake(means_only, "The covariances are missing, or cancel: clouds of equal means may differ in shape."),
        Mistake(root_without_two, "The factor 2 is missing before the root: equal clouds would not have distance 0."),
        Mistake(root_added, "The root is subtracted: equal clouds have distance 0."),
        Mistake(root_forgotten, "You subtract twice the trace of the product: the trace of its root is asked "
                "for, the sum of the roots of the eigenvalues."),
        Mistake(product_of_roots, "tr(Σ_x^½ Σ_y^½) is not tr (Σ_x Σ_y)^½ unless the matrices commute. Use the "
                "eigenvalues of Σ_x^½ Σ_y Σ_x^½."),
        Mistake(difference_of_roots, "tr(Σ_x^½ Σ_y^½) is not tr (Σ_x Σ_y)^½ unless the matrices commute. Use the "
                "eigenvalues of Σ_x^½ Σ_y Σ_x^½."),
        Mistake(root_of_each_entry, "torch.sqrt takes the root of every entry; the root of a matrix is another thing: "
                "it has the roots of the eigenvalues."),
        Mistake(root_of_the_trace, "The trace of the root is the sum of the roots of the eigenvalues, not the root of "
                "their sum."),
        Mistake(sum_for_trace, "The trace is the sum of the diagonal; you add up all entries."),
        Mistake(singular_values_of_the_product, "Σ_x Σ_y is not symmetric, so its singular values are not its "
                "eigenvalues. Those of Σ_x^½ Σ_y^½ would do, without a further root."),
        Mistake(eigenvalues_as_if_symmetric, "eigvalsh takes its matrix for symmetric, and Σ_x Σ_y is not: use "
                "Σ_x^½ Σ_y Σ_x^½, which has the same eigenvalues and is."),
        Mistake(products_of_sorted_eigenvalues, "The eigenvalues of a product are not the products of the eigenvalues, "
                "unless the matrices commute. Take those of Σ_x^½ Σ_y Σ_x^½."),
        Mistake(difference_of_covariances, "This compares the covariances entry by entry; the formula has the trace of "
                "Σ_x + Σ_y - 2 (Σ_x Σ_y)^½."),
        Mistake(distance_not_squared, "This is the distance; its square is asked for, as it is usually reported."),
        Mistake(by_cholesky, "A Cholesky factor needs a regular matrix; with few rows the covariance is singular. "
                "Eigenvalues, cut at zero, always exist."),
        Mistake(plain_root_of_eigenvalues, CUT),
        Mistake(nothing_cut, CUT),
        Mistake(diagonal_raised, RAISED),
        Mistake(first_diagonal_raised, RAISED),
        Mistake(single_precision, PRECISION),
        Mistake(precision_as_given, PRECISION),
        Mistake(centred_in_place, "You change the features themselves, with -= for instance: whoever handed them over goes on with "
                "them. Write x = x - x.mean(0), which makes a new tensor."),
        Mistake(correlation_for_covariance, "You use correlations: then a cloud twice as large looks the same. Take "
                "covariances."),
        Mistake(divided_by_n, "Your covariances divide by n. Both conventions are in use; asked for is n - 1, as in the "
                "original code and numpy.cov."),
        Mistake(not_centred, "Subtract the mean before you multiply: a covariance is about the mean."),
        Mistake(scatter_matrix, "Divide by n - 1: a covariance is a mean, not a sum."),
        Mistake(one_mean_for_all, "You take one mean over all features; each feature has its own (axis 0)."),
    ],
    equivalent_mutants={
        "x, y = x.double(), y.double(): (x.double(), y.double()) → (y.double(), x.double())":
            "the distance is symmetric",
        "cov_x, cov_y = torch.cov(x.T), torch.cov(y.T): (torch.cov(x.T), torch.cov(y.T)) → "
        "(torch.cov(y.T), torch.cov(x.T))": "the covariances' part is symmetric",
        "return (x.mean(0) - y.mean(0)).square().sum() + cov_x.trace() + cov_y.trace() - 2 * overlap: "
        "x.mean(0) - y.mean(0) → y.mean(0) - x.mean(0)": "the difference is squared",
    },
    also_right=[symmetrised, by_eigenvalues_of_the_product, by_singular_values_of_rows, by_numpy],
    hints=[
        "Means and covariances first: x.mean(0) and torch.cov(x.T). Then the trace of the root needs no root of a "
        "matrix: it is the sum of the roots of the eigenvalues of Σ_x Σ_y.",
        "Σ_x Σ_y has the same eigenvalues as the symmetric Σ_x^½ Σ_y Σ_x^½. With eigh, Σ_x = V diag(λ) Vᵀ and "
        "Σ_x^½ = V diag(√λ) Vᵀ; cut eigenvalues at zero before the root.",
        "root = v * lam.clamp(min=0).sqrt() @ v.T; overlap = torch.linalg.eigvalsh(root @ cov_y @ root).clamp(min=0)"
        ".sqrt().sum(); return (mu_x - mu_y).square().sum() + cov_x.trace() + cov_y.trace() - 2 * overlap",
    ],
)
