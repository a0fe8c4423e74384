"""Answers to evaluation-forced-choice: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake
from grading.exercises.evaluation.forced_choice import _p_value, _tail, _wilson, reference


def _answer(name, interval=_wilson, p_value=_p_value, count=lambda c: int(c.trace()), total=lambda c: int(c.sum()),
            empty=(0.5, 0.0, 1.0, 1.0)):
    """An answer with one part exchanged."""
    def answer(counts):
        n, hits = total(counts), count(counts)
        return empty if empty and n == 0 else (hits / n, *interval(hits, n), p_value(hits, n))

    answer.__name__ = name
    return answer


def _normal(hits, n):
    rate = hits / n
    half = 1.96 * math.sqrt(rate * (1 - rate) / n)
    return rate - half, rate + half


def _normal_cut(hits, n):
    low, high = _normal(hits, n)
    return max(0.0, low), min(1.0, high)


def _not_divided(hits, n):
    low, high = _wilson(hits, n)
    width = 1 + 1.96**2 / n
    return low * width, high * width


def _agresti(hits, n):
    n_more, rate = n + 1.96**2, (hits + 1.96**2 / 2) / (n + 1.96**2)
    half = 1.96 * math.sqrt(rate * (1 - rate) / n_more)
    return rate - half, rate + half


def _clopper_pearson(hits, n):
    from scipy.stats import binomtest

    return tuple(binomtest(hits, n).proportion_ci())


def _with_correction(hits, n):
    from scipy.stats import binomtest

    return tuple(binomtest(hits, n).proportion_ci(method="wilsoncc"))


def _n_not_squared(hits, n, z=1.96):
    rate, width = hits / n, 1 + z**2 / n
    half = z * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n))
    return (rate + z**2 / (2 * n) - half) / width, (rate + z**2 / (2 * n) + half) / width


def _around_the_rate(hits, n):
    rate, (low, high) = hits / n, _wilson(hits, n)
    return rate - (high - low) / 2, rate + (high - low) / 2


def _one_error(hits, n):
    return _wilson(hits, n, 1.0)


def _normal_p(hits, n):
    return math.erfc(abs(hits - n / 2) / math.sqrt(n / 4) / math.sqrt(2))


# Known mistakes

normal_interval = _answer("normal_interval", _normal)


normal_interval_cut = _answer("normal_interval_cut", _normal_cut)


not_divided = _answer("not_divided", _not_divided)


agresti_coull = _answer("agresti_coull", _agresti)


clopper_pearson = _answer("clopper_pearson", _clopper_pearson)


with_correction = _answer("with_correction", _with_correction)


n_not_squared = _answer("n_not_squared", _n_not_squared)


ends_swapped = _answer("ends_swapped", lambda hits, n: _wilson(hits, n)[::-1])


around_the_rate = _answer("around_the_rate", _around_the_rate)


one_standard_error = _answer("one_standard_error", _one_error)


wider = _answer("wider", lambda hits, n: _wilson(hits, n, 2.576))


one_sided_z = _answer("one_sided_z", lambda hits, n: _wilson(hits, n, 1.645))


one_sided = _answer("one_sided", p_value=_tail)


larger_side_only = _answer("larger_side_only", p_value=lambda hits, n: _tail(max(hits, n - hits), n))


doubled_blindly = _answer("doubled_blindly", p_value=lambda hits, n: 2 * _tail(hits, n))


above_one = _answer("above_one", p_value=lambda hits, n: 2 * _tail(max(hits, n - hits), n))


strictly_more = _answer("strictly_more", p_value=lambda hits, n: 2 * _tail(max(hits, n - hits) + 1, n))


point_probability = _answer("point_probability", p_value=lambda hits, n: math.comb(n, hits) / 2**n)


one_minus_p = _answer("one_minus_p", p_value=lambda hits, n: 1 - _p_value(hits, n))


normal_test = _answer("normal_test", p_value=_normal_p)


misses_counted = _answer("misses_counted", count=lambda c: int(c.sum() - c.trace()))


always_on_the_left = _answer("always_on_the_left", count=lambda c: int(c[:, 0].sum()))


first_row_only = _answer("first_row_only", count=lambda c: int(c[0, 0]), total=lambda c: int(c[0].sum()))


where_the_real_was = _answer("where_the_real_was", count=lambda c: int(c[0].sum()))


no_trial_forgotten = _answer("no_trial_forgotten", empty=None)


def mean_of_two_rates(counts):
    n = int(counts.sum())
    if n == 0 or not counts.sum(1).all():
        return reference(counts)
    rate = float((counts.diagonal() / counts.sum(1)).mean())
    return rate, *_wilson(rate * n, n), _p_value(round(rate * n), n)


def in_percent(counts):
    rate, low, high, p = reference(counts)
    return 100 * rate, 100 * low, 100 * high, p


# Also right


def by_scipy(counts):
    from scipy.stats import binomtest

    n = int(counts.sum())
    if n == 0:
        return 0.5, 0, 1, 1
    found = binomtest(int(torch.trace(counts)), n, 0.5)
    low, high = _wilson(found.k, n)
    return found.statistic, low, high, found.pvalue


def in_tensors(counts):
    counts = counts.double()
    n, hits = counts.sum(), counts.diagonal().sum()
    if n == 0:
        return torch.tensor([0.5, 0.0, 1.0, 1.0]).unbind()
    p, z2 = hits / n, torch.tensor(1.96**2, dtype=torch.float64)
    middle = (hits + z2 / 2) / (n + z2)
    half = (z2 * (n * p * (1 - p) + z2 / 4)).sqrt() / (n + z2)
    k = torch.arange(int(n) + 1, dtype=torch.float64)
    logs = torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1) - n * math.log(2)
    far = (k - n / 2).abs() >= (hits - n / 2).abs() - 0.25
    return p, middle - half, middle + half, logs[far].exp().sum().clamp(max=1)


def as_a_list(counts):
    (a, b), (c, d) = counts.tolist()
    n, hits = a + b + c + d, a + d
    low, high = _wilson(hits, n) if n else (0.0, 1.0)
    few = min(hits, n - hits)
    both = 2 * sum(math.comb(n, i) for i in range(few + 1)) / 2**n
    return [hits / n if n else 0.5, low, high, min(both, 1)]


mistakes = [
    Mistake(normal_interval, "p̂ ± 1.96 √(p̂ (1 - p̂) / n) is the normal interval: it has no width when all answers are "
            "right, and may leave [0, 1]. Take Wilson's."),
    Mistake(normal_interval_cut, "Cutting the normal interval at 0 and 1 does not repair it: with all answers right it "
            "has no width. Take Wilson's."),
    Mistake(not_divided, "The division by 1 + z²/n is missing."),
    Mistake(agresti_coull, "This is the interval of Agresti and Coull, close to Wilson's; asked for is Wilson's."),
    Mistake(clopper_pearson, "This is the exact interval of Clopper and Pearson, scipy's default; asked for is Wilson's."),
    Mistake(with_correction, "This is Wilson's interval with a correction for continuity; asked for is the plain one."),
    Mistake(n_not_squared, "Under the root stands z²/(4n²), with n squared."),
    Mistake(ends_swapped, "The ends of the interval have changed places: low comes first."),
    Mistake(around_the_rate, "Wilson's interval is not centred on the rate, but on a point between it and ½."),
    Mistake(one_standard_error, "Your interval has z = 1; for 95 % it is 1.96."),
    Mistake(wider, "Your interval is the one for 99 %; asked for is 95 %, z = 1.96."),
    Mistake(one_sided_z, "z = 1.645 leaves 5 % on each side; for 95 % in the middle it is 1.96."),
    Mistake(one_sided, "Your test is one-sided: a rater who is wrong far too often has seen something, too. Count both "
            "tails."),
    Mistake(larger_side_only, "You count one tail only: the other is as far from half. Double it."),
    Mistake(doubled_blindly, "You double the upper tail even when the count lies below half: double the tail on the "
            "side of the count."),
    Mistake(above_one, "Doubling counts the middle twice when hits and misses are equal: no probability is above 1."),
    Mistake(strictly_more, "At least as far: the count itself belongs to the tail."),
    Mistake(point_probability, "This is the probability of exactly this count; add up all that are at least as far from "
            "half."),
    Mistake(one_minus_p, "This is 1 minus the p-value."),
    Mistake(normal_test, "This is the normal approximation; asked for is the exact test, a sum of binomial "
            "probabilities (math.comb)."),
    Mistake(misses_counted, "You count the wrong answers: right are those where row and column agree."),
    Mistake(always_on_the_left, "You count how often the rater pointed to side 0, as if the real image always lay there. "
            "The sides are drawn at random; right are counts[0, 0] and counts[1, 1]."),
    Mistake(first_row_only, "You use only the trials with the real image at side 0: a rater who always points there "
            "would seem perfect. Use both rows."),
    Mistake(where_the_real_was, "You count where the real image lay, not whether the rater found it."),
    Mistake(no_trial_forgotten, "Without a trial you divide by zero: nothing is known then: rate ½, interval [0, 1], "
            "p = 1."),
    Mistake(mean_of_two_rates, "You average the rates of the two sides; count all trials alike."),
    Mistake(in_percent, "Give shares between 0 and 1, not per cent."),
]

also_right = [by_scipy, in_tensors, as_a_list]

equivalent_mutants = {
    "tail = sum(math.comb(n, k) for k in range(max(hits, n - hits), n + 1)) / 2**n: 1 → 2":
        "one term more, C(n, n + 1), which is 0",
}
