"""Answers to evaluation-frechet: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


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


def _parts(name, gap, root):
    """A frechet_distance from formulas of its two parts: the means' distance, and tr (A B)^½."""
    def answer(x, y):
        m, a, n, b = _moments(x, y)
        return gap(m - n) + a.trace() + b.trace() - 2 * root(a, b)

    answer.__name__ = name
    return answer


# Known mistakes

MEANS = {name: _parts(name, gap, _trace_root) for name, gap in {
    "norm_not_squared": torch.norm,
    "mean_of_squares": lambda d: d.square().mean(),
    "absolute_difference": lambda d: d.abs().sum(),
    "no_means": lambda d: 0,
}.items()}

ROOTS = {name: _parts(name, lambda d: d.square().sum(), root) for name, root in {
    "root_without_two": lambda a, b: _trace_root(a, b) / 2,
    "root_added": lambda a, b: -_trace_root(a, b),
    "root_forgotten": lambda a, b: (a @ b).trace(),
    "product_of_roots": lambda a, b: (_root(a) @ _root(b)).trace(),
    "root_of_each_entry": lambda a, b: (a @ b).abs().sqrt().trace(),
    "products_of_entries": lambda a, b: (a * b).abs().sqrt().trace(),
    "root_of_the_trace": lambda a, b: (a @ b).trace().abs().sqrt(),
    "singular_values_of_the_product": lambda a, b: torch.linalg.svdvals(a @ b).sqrt().sum(),
}.items()}


@_answer
def diagonal_only(m, a, n, b):
    return (m - n).square().sum() + (a.diag().sqrt() - b.diag().sqrt()).square().sum()


@_answer
def means_only(m, a, n, b):
    return (m - n).square().sum()


@_answer
def sum_for_trace(m, a, n, b):
    values, vectors = torch.linalg.eig(a @ b)
    root = (vectors * values.sqrt() @ torch.linalg.pinv(vectors)).real
    return (m - n).square().sum() + (a + b - 2 * root).sum()


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
    return (x.double().mean() - y.double().mean()) ** 2 + MEANS["no_means"](x, y)


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


mistakes = [
    Mistake(diagonal_only, "You use the variances only: the covariances off the diagonal belong to it."),
    Mistake(ROOTS["products_of_entries"], "You use the variances only: the covariances off the diagonal belong to it."),
    Mistake(MEANS["norm_not_squared"], "The distance of the means is not squared."),
    Mistake(MEANS["mean_of_squares"], "You average the squared differences of the means over the dimensions: sum them."),
    Mistake(MEANS["absolute_difference"], "The differences of the means are squared, not taken by their absolute value."),
    Mistake(MEANS["no_means"], "The means are missing: ‖μ_x - μ_y‖² comes first."),
    Mistake(means_only, "The covariances are missing, or cancel: clouds of equal means may differ in shape."),
    Mistake(ROOTS["root_without_two"], "The factor 2 is missing before the root: equal clouds would not have distance 0."),
    Mistake(ROOTS["root_added"], "The root is subtracted: equal clouds have distance 0."),
    Mistake(ROOTS["root_forgotten"], "You subtract twice the trace of the product: the trace of its root is asked "
            "for, the sum of the roots of the eigenvalues."),
    Mistake(ROOTS["product_of_roots"], "tr(Σ_x^½ Σ_y^½) is not tr (Σ_x Σ_y)^½ unless the matrices commute. Use the "
            "eigenvalues of Σ_x^½ Σ_y Σ_x^½."),
    Mistake(difference_of_roots, "tr(Σ_x^½ Σ_y^½) is not tr (Σ_x Σ_y)^½ unless the matrices commute. Use the "
            "eigenvalues of Σ_x^½ Σ_y Σ_x^½."),
    Mistake(ROOTS["root_of_each_entry"], "torch.sqrt takes the root of every entry; the root of a matrix is another thing: "
            "it has the roots of the eigenvalues."),
    Mistake(ROOTS["root_of_the_trace"], "The trace of the root is the sum of the roots of the eigenvalues, not the root of "
            "their sum."),
    Mistake(sum_for_trace, "The trace is the sum of the diagonal; you add up all entries."),
    Mistake(ROOTS["singular_values_of_the_product"], "Σ_x Σ_y is not symmetric, so its singular values are not its "
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
]

also_right = [symmetrised, by_eigenvalues_of_the_product, by_singular_values_of_rows, by_numpy]

equivalent_mutants = {
    "x, y = x.double(), y.double(): (x.double(), y.double()) → (y.double(), x.double())":
        "the distance is symmetric",
    "cov_x, cov_y = torch.cov(x.T), torch.cov(y.T): (torch.cov(x.T), torch.cov(y.T)) → "
    "(torch.cov(y.T), torch.cov(x.T))": "the covariances' part is symmetric",
    "return (x.mean(0) - y.mean(0)).square().sum() + cov_x.trace() + cov_y.trace() - 2 * overlap: "
    "x.mean(0) - y.mean(0) → y.mean(0) - x.mean(0)": "the difference is squared",
}
