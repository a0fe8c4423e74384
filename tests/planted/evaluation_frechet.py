"""Planted answers to evaluation-frechet, by another author than the check's."""

import numpy as np
import torch


def _fit(features, ddof=1):
    array = features.double().numpy()
    return array.mean(0), np.cov(array, rowvar=False, ddof=ddof)


def _root_trace(a, b):
    return np.sqrt(np.maximum(np.linalg.eigvals(a @ b).real, 0)).sum()


def _distance(x, y, ddof=1):
    (m, a), (n, b) = _fit(x, ddof), _fit(y, ddof)
    return ((m - n) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * _root_trace(a, b)


def population_covariance(x, y):
    return float(_distance(x, y, 0))


def no_factor_two(x, y):
    (m, a), (n, b) = _fit(x), _fit(y)
    return float(((m - n) ** 2).sum() + np.trace(a + b) - _root_trace(a, b))


def norm_of_means(x, y):
    (m, a), (n, b) = _fit(x), _fit(y)
    return float(np.linalg.norm(m - n) + np.trace(a + b) - 2 * _root_trace(a, b))


def elementwise_root(x, y):
    (m, a), (n, b) = _fit(x), _fit(y)
    return float(((m - n) ** 2).sum() + np.trace(a + b - 2 * np.sqrt(np.abs(a @ b))))


def roots_multiplied(x, y):
    def root(a):
        values, vectors = np.linalg.eigh(a)
        return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T

    (m, a), (n, b) = _fit(x), _fit(y)
    return float(((m - n) ** 2).sum() + np.trace(a + b - 2 * root(a) @ root(b)))


def per_feature(x, y):
    """One dimension at a time, then summed."""
    return float(((x.mean(0) - y.mean(0)) ** 2 + (x.std(0) - y.std(0)) ** 2).double().sum())


def takes_the_root(x, y):
    return float(np.sqrt(max(_distance(x, y), 0)))


def covariance_only(x, y):
    a, b = _fit(x)[1], _fit(y)[1]
    return float(np.trace(a + b) - 2 * _root_trace(a, b))


def no_root(x, y):
    (m, a), (n, b) = _fit(x), _fit(y)
    return float(((m - n) ** 2).sum() + np.trace(a + b - 2 * a @ b))


def correlations(x, y):
    m, n = x.double().mean(0), y.double().mean(0)
    a, b = np.corrcoef(x.double().numpy(), rowvar=False), np.corrcoef(y.double().numpy(), rowvar=False)
    return float((m - n).square().sum()) + float(np.trace(a + b) - 2 * _root_trace(a, b))


def second_moments(x, y):
    p, q = x.double().numpy(), y.double().numpy()
    a, b = p.T @ p / (len(p) - 1), q.T @ q / (len(q) - 1)
    return float(((p.mean(0) - q.mean(0)) ** 2).sum() + np.trace(a + b) - 2 * _root_trace(a, b))


def mean_square(x, y):
    (m, a), (n, b) = _fit(x), _fit(y)
    return float(((m - n) ** 2).mean() + np.trace(a + b) - 2 * _root_trace(a, b))


def cholesky(x, y):
    m, n = x.double().mean(0), y.double().mean(0)
    a, b = torch.cov(x.double().T), torch.cov(y.double().T)
    product = torch.linalg.cholesky(a).mT @ torch.linalg.cholesky(b)
    return (m - n).square().sum() + torch.trace(a + b) - 2 * torch.linalg.matrix_norm(product, ord="nuc")


def symmetric_solver_on_the_product(x, y):
    m, n = x.double().mean(0), y.double().mean(0)
    a, b = torch.cov(x.double().T), torch.cov(y.double().T)
    values = torch.linalg.eigvalsh(a @ b).clamp_min(0)
    return (m - n).square().sum() + torch.trace(a + b) - 2 * values.sqrt().sum()


def right_in_numpy(x, y):
    return float(_distance(x, y))


def right_by_newton_free_root(x, y):
    x, y = x.double(), y.double()
    a, b = torch.cov(x.T), torch.cov(y.T)
    u, s, _ = torch.linalg.svd(a)
    half = u @ torch.diag(s.sqrt()) @ u.T
    inner = half @ b @ half
    overlap = torch.linalg.svdvals((inner + inner.T) / 2).sqrt().sum()
    return torch.dist(x.mean(0), y.mean(0)) ** 2 + a.trace() + b.trace() - 2 * overlap


def right_by_complex_root(x, y):
    m, n = x.double().mean(0), y.double().mean(0)
    a, b = torch.cov(x.double().T), torch.cov(y.double().T)
    roots = torch.linalg.eigvals(a @ b).sqrt()
    return ((m - n) ** 2).sum() + a.diagonal().sum() + b.diagonal().sum() - 2 * roots.sum().real


def float_covariances(x, y):
    x, y = x.float(), y.float()
    roots = torch.linalg.eigvals(torch.cov(x.T) @ torch.cov(y.T)).real.clamp(min=0).sqrt()
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + (torch.cov(x.T) + torch.cov(y.T)).trace() - 2 * roots.sum()


def subtracts_into_its_arguments(x, y):
    gap = (x.double().mean(0) - y.double().mean(0)).square().sum()
    x -= x.mean(0)
    y -= y.mean(0)
    return right_by_complex_root(x, y) + gap


def with_a_ridge(x, y):
    ridge = 1e-6 * torch.eye(x.shape[1]).double()
    a, b = torch.cov(x.double().T) + ridge, torch.cov(y.double().T) + ridge
    roots = torch.linalg.eigvals(a @ b).real.clamp(min=0).sqrt()
    return (x.double().mean(0) - y.double().mean(0)).square().sum() + (a + b).trace() - 2 * roots.sum()


CHANGED = ("`frechet_distance` changes its argument `x` in place: work on a copy. Features in single "
           "precision and far from 0: convert them with .double() before anything else.")

wrong = [
    (float_covariances, "single_precision"), (subtracts_into_its_arguments, CHANGED),
    (with_a_ridge, "diagonal_raised"),
    (population_covariance, "divided_by_n"), (no_factor_two, "root_without_two"),
    (norm_of_means, "norm_not_squared"), (elementwise_root, "root_of_each_entry"),
    (roots_multiplied, "product_of_roots"), (per_feature, "diagonal_only"),
    (takes_the_root, "distance_not_squared"), (covariance_only, "no_means"), (no_root, "root_forgotten"),
    (correlations, "correlation_for_covariance"), (second_moments, "not_centred"),
    (mean_square, "mean_of_squares"), (cholesky, "by_cholesky"),
    (symmetric_solver_on_the_product, "eigenvalues_as_if_symmetric"),
]
right = [right_in_numpy, right_by_newton_free_root, right_by_complex_root]
