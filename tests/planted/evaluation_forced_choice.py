"""Planted answers to evaluation-forced-choice, by another author than the check's."""

import math

import torch
from scipy.stats import binom, binomtest


def _parts(counts):
    return int(counts[0, 0] + counts[1, 1]), int(counts.sum())


def _wilson(k, n, z=1.96):
    centre, half = (k + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return centre - half, centre + half


def _usual(k, n):
    return (k / n, *_wilson(k, n), binomtest(k, n).pvalue) if n else (0.5, 0.0, 1.0, 1.0)


def wald(counts):
    k, n = _parts(counts)
    if not n:
        return _usual(k, n)
    p = k / n
    half = 1.96 * math.sqrt(p * (1 - p) / n)
    return p, p - half, p + half, _usual(k, n)[3]


def greater(counts):
    k, n = _parts(counts)
    return (*_usual(k, n)[:3], binomtest(k, n, alternative="greater").pvalue) if n else _usual(k, n)


def density_of_the_count(counts):
    k, n = _parts(counts)
    return (*_usual(k, n)[:3], float(binom.pmf(k, n, 0.5))) if n else _usual(k, n)


def by_the_normal_law(counts):
    k, n = _parts(counts)
    if not n:
        return _usual(k, n)
    z = (k / n - 0.5) / math.sqrt(0.25 / n)
    return *_usual(k, n)[:3], math.erfc(abs(z) / math.sqrt(2))


def pointed_to_the_first(counts):
    return _usual(int(counts[0, 0] + counts[1, 0]), int(counts.sum()))


def off_the_diagonal(counts):
    return _usual(int(counts[0, 1] + counts[1, 0]), int(counts.sum()))


def left_trials(counts):
    return _usual(int(counts[0, 0]), int(counts[0, 0] + counts[0, 1]))


def ninety_per_cent(counts):
    k, n = _parts(counts)
    return (k / n, *_wilson(k, n, 1.645), binomtest(k, n).pvalue) if n else _usual(k, n)


def one_sigma(counts):
    k, n = _parts(counts)
    return (k / n, *_wilson(k, n, 1.0), binomtest(k, n).pvalue) if n else _usual(k, n)


def twice_the_upper_tail(counts):
    k, n = _parts(counts)
    return (*_usual(k, n)[:3], 2 * float(binom.sf(k - 1, n, 0.5))) if n else _usual(k, n)


def complement(counts):
    k, n = _parts(counts)
    return (*_usual(k, n)[:3], 1 - binomtest(k, n).pvalue) if n else _usual(k, n)


def plus_four(counts):
    k, n = _parts(counts)
    if not n:
        return _usual(k, n)
    more = n + 1.96**2
    p = (k + 1.96**2 / 2) / more
    half = 1.96 * math.sqrt(p * (1 - p) / more)
    return k / n, p - half, p + half, binomtest(k, n).pvalue


def percentages(counts):
    k, n = _parts(counts)
    rate, low, high, p = _usual(k, n)
    return 100 * rate, 100 * low, 100 * high, p


def right_by_scipy(counts):
    return _usual(*_parts(counts))


def right_by_cumulative(counts):
    k, n = _parts(counts.to(torch.int64))
    if n == 0:
        return torch.tensor(0.5), torch.tensor(0.0), torch.tensor(1.0), torch.tensor(1.0)
    tail = float(min(1.0, 2 * binom.cdf(min(k, n - k), n, 0.5)))
    return tuple(torch.tensor(value, dtype=torch.float64) for value in (k / n, *_wilson(k, n), tail))


wrong = [
    (wald, "normal_interval"), (greater, "one_sided"), (density_of_the_count, "point_probability"),
    (by_the_normal_law, "normal_test"), (pointed_to_the_first, "always_on_the_left"),
    (off_the_diagonal, "misses_counted"), (left_trials, "first_row_only"), (ninety_per_cent, "one_sided_z"),
    (one_sigma, "one_standard_error"), (twice_the_upper_tail, "doubled_blindly"),
    (complement, "one_minus_p"), (plus_four, "agresti_coull"), (percentages, "in_percent"),
]
right = [right_by_scipy, right_by_cumulative]
