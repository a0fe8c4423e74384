"""Answers to wgan-rank: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.wgan._rank_parts import ends_of, interval_of, ranks, ranks_without_ties, rho_of
from grading.exercises.wgan._rank_right import all_at_once, counted, from_sorted_places


def buggy_rank_interval(x, y, draws):
    def rank(v):
        return v.argsort().to(v.dtype)

    def rho(a, b):
        a, b = rank(a) - rank(a).mean(), rank(b) - rank(b).mean()
        return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()

    found = torch.stack([rho(x[i], y[j]) for i, j in zip(draws, draws.flip(0), strict=True)])
    low, high = torch.quantile(found, torch.tensor([0.025, 0.975], dtype=found.dtype))
    return rho(x, y), low, high


def sorted_places(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: rho_of(a, b, lambda v: v.argsort().to(v.dtype)))


def pairs_repaired_only(x, y, draws):
    found = torch.stack([rho_of(x[rows], y[rows], lambda v: v.argsort().to(v.dtype)) for rows in draws])
    return rho_of(x, y, lambda v: v.argsort().to(v.dtype)), *ends_of(found)


def ties_ignored(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: rho_of(a, b, ranks_without_ties))


def ties_and_pairs_left(x, y, draws):
    found = torch.stack([rho_of(x[i], y[j], ranks_without_ties) for i, j in zip(draws, draws.flip(0), strict=True)])
    return rho_of(x, y, ranks_without_ties), *ends_of(found)


def pairs_left(x, y, draws):
    found = torch.stack([rho_of(x[i], y[j]) for i, j in zip(draws, draws.flip(0), strict=True)])
    return rho_of(x, y), *ends_of(found)


def pairs_flipped(x, y, draws):
    return rho_of(x, y), *ends_of(torch.stack([rho_of(x[rows], y[rows.flip(0)]) for rows in draws]))


def second_not_resampled(x, y, draws):
    return rho_of(x, y), *ends_of(torch.stack([rho_of(x[rows], y) for rows in draws]))


def ties_to_the_lowest(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: rho_of(a, b, lambda v: (v[:, None] > v).sum(1).to(v.dtype)))


def ties_to_the_highest(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: rho_of(a, b, lambda v: (v[:, None] >= v).sum(1).to(v.dtype)))


def ties_counted_as_one(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: rho_of(a, b, lambda v: v.unique(return_inverse=True)[1].to(v.dtype)))


def numbers_for_ranks(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: rho_of(a, b, lambda v: v))


def formula_of_squared_differences(x, y, draws):
    def rho(a, b):
        n, constant = len(a), (a == a[0]).all() | (b == b[0]).all()
        value = 1 - 6 * ((ranks(a) - ranks(b)) / 2).square().sum() / (n * (n * n - 1))
        return torch.where(constant, torch.nan, value)

    return interval_of(x, y, draws, rho)


def kendall(x, y, draws):
    def rho(a, b):
        s, t = (a[:, None] - a).sign(), (b[:, None] - b).sign()
        return (s * t).sum() / (s.abs().sum() * t.abs().sum()).sqrt()

    return interval_of(x, y, draws, rho)


def ranked_once(x, y, draws):
    a, b = ranks(x), ranks(y)
    return rho_of(x, y), *ends_of(torch.stack([rho_of(a[rows], b[rows], lambda v: v) for rows in draws]))


def constant_is_zero(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: torch.nan_to_num(rho_of(a, b)))


def constant_is_one(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: torch.nan_to_num(rho_of(a, b), nan=1.0))


def constant_not_left_out(x, y, draws):
    return interval_of(x, y, draws, ends=lambda found: torch.quantile(found, torch.tensor([0.025, 0.975], dtype=found.dtype)))


def those_with(x, y, draws, varies):
    keep = torch.stack([rows for rows in draws if varies(rows)])
    return interval_of(x, y, keep, ends=lambda found: torch.quantile(found, torch.tensor([0.025, 0.975], dtype=found.dtype)))


def constant_x_left_out(x, y, draws):
    return those_with(x, y, draws, lambda rows: x[rows].unique().numel() > 1)


def constant_y_left_out(x, y, draws):
    return those_with(x, y, draws, lambda rows: y[rows].unique().numel() > 1)


def one_pair_left_out(x, y, draws):
    return those_with(x, y, draws, lambda rows: rows.unique().numel() > 1)


def a_little_added(x, y, draws):
    def rho(a, b):
        a, b = ranks(a), ranks(b)
        return (a * b).sum() / ((a.square().sum() * b.square().sum()).sqrt() + 1e-8)

    return interval_of(x, y, draws, rho)


def ends_of_five_percent(x, y, draws):
    return interval_of(x, y, draws, ends=lambda found: ends_of(found, 0.05, 0.95))


def smallest_and_largest(x, y, draws):
    return interval_of(x, y, draws, ends=lambda found: ends_of(found, 0.0, 1.0))


def two_standard_errors(x, y, draws):
    rho, found = rho_of(x, y), torch.stack([rho_of(x[rows], y[rows]) for rows in draws])
    spread = found[~found.isnan()].std(unbiased=False)
    return rho, rho - 1.96 * spread, rho + 1.96 * spread


def two_sample_deviations(x, y, draws):
    rho, found = rho_of(x, y), torch.stack([rho_of(x[rows], y[rows]) for rows in draws])
    spread = found[~found.isnan()].std()
    return rho, rho - 1.96 * spread, rho + 1.96 * spread


def fisher_interval(x, y, draws):
    rho = rho_of(x, y)
    middle, half = torch.atanh(rho.clamp(-0.999999, 0.999999)), 1.96 / max(len(x) - 3, 1) ** 0.5
    return rho, torch.tanh(middle - half), torch.tanh(middle + half)


def median_of_resamples(x, y, draws):
    found = torch.stack([rho_of(x[rows], y[rows]) for rows in draws])
    return found[~found.isnan()].quantile(0.5), *ends_of(found)


def mean_of_resamples(x, y, draws):
    found = torch.stack([rho_of(x[rows], y[rows]) for rows in draws])
    return found[~found.isnan()].mean(), *ends_of(found)


def ends_swapped(x, y, draws):
    rho, low, high = interval_of(x, y, draws)
    return rho, high, low


def size_of_rho(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: rho_of(a, b).abs())


def rho_squared(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: rho_of(a, b).square())


def covariance(x, y, draws):
    def rho(a, b):
        value = (ranks(a) * ranks(b)).mean() / 4
        return torch.where((a == a[0]).all() | (b == b[0]).all(), torch.nan, value)

    return interval_of(x, y, draws, rho)


def one_falls_the_other_rises(x, y, draws):
    return interval_of(x, y, draws, lambda a, b: -rho_of(a, b))


def half_of_the_draws(x, y, draws):
    return interval_of(x, y, draws[:max(1, len(draws) // 2)])


TIES = ("Ranks without ties are right now. Equal numbers share the mean of their ranks, not the lowest, the highest or one each in their order; and "
        "every resample holds equal numbers.")
PAIRS = "The pairs are torn: x and y of a resample must be taken by the same row of `draws`."
UNDEFINED = ("A resample in which x or y is constant has no ρ (0/0). It is neither 0 nor 1: leave it out, and take the quantiles of the "
             "others.")
EITHER = ("ρ is 0/0 where x is constant and where y is, each by itself, be it by one pair over and over or by different pairs with equal "
          "numbers: leave all of these resamples out.")
ENDS = "The ends are the 2.5 % and the 97.5 % quantile of ρ over the resamples, lower one first."
FIRST = "The first number is the ρ of all pairs, and not the mean or the median over resamples."
RHO = "ρ is the correlation of the ranks: their covariance over both standard deviations, with its sign."

mistakes = [
    Mistake(buggy_rank_interval, "This is still the buggy function. Give it x = 30, 10, 20 and look at the ranks; then follow one pair through a "
            "resample."),
    Mistake(sorted_places, "argsort tells where the smallest number stands, and not which rank each number has."),
    Mistake(pairs_repaired_only, "argsort tells where the smallest number stands, and not which rank each number has."),
    Mistake(ties_ignored, TIES), Mistake(ties_to_the_lowest, TIES), Mistake(ties_to_the_highest, TIES), Mistake(ties_counted_as_one, TIES),
    Mistake(formula_of_squared_differences, "The formula with squared differences of ranks holds without ties only: with ties take the "
            "correlation of the ranks."),
    Mistake(ties_and_pairs_left, "Ranks without ties are right now. But equal numbers share the mean of their ranks, and the pairs of a resample "
            "are torn."),
    Mistake(pairs_left, PAIRS), Mistake(pairs_flipped, PAIRS), Mistake(second_not_resampled, PAIRS),
    Mistake(numbers_for_ranks, "You correlate the numbers themselves (Pearson's): ranks are asked for."),
    Mistake(kendall, "This is Kendall's τ, which counts pairs in the same order: Spearman's ρ is asked for."),
    Mistake(ranked_once, "You rank once, before you resample: each resample has ranks of its own."),
    *(Mistake(answer, UNDEFINED) for answer in (constant_is_zero, constant_is_one, constant_not_left_out, a_little_added)),
    *(Mistake(answer, EITHER) for answer in (constant_x_left_out, constant_y_left_out, one_pair_left_out)),
    *(Mistake(answer, ENDS) for answer in (
        ends_of_five_percent, smallest_and_largest, two_standard_errors, two_sample_deviations, fisher_interval, ends_swapped)),
    Mistake(mean_of_resamples, FIRST), Mistake(median_of_resamples, FIRST),
    *(Mistake(answer, RHO) for answer in (size_of_rho, rho_squared, covariance, one_falls_the_other_rises)),
    Mistake(half_of_the_draws, "You leave resamples out: every row of `draws` is one."),
]

also_right = [counted, all_at_once, from_sorted_places]

_RANKS = "return (v[:, None] - v).sign().sum(1)  # how many lie below, less how many above: ranks, up to a scale"
_ENDS = "ends = torch.quantile(found[~found.isnan()], torch.tensor([0.025, 0.975], dtype=found.dtype))"

equivalent_mutants = {
    f"{_RANKS}: (v[:, None] - v).sign().sum(1) → (v[:, None] - v).sign().mean(1)": "ρ does not notice the scale of ranks",
    f"{_RANKS}: v[:, None] - v → v - v[:, None]": "both ranks change sign, and ρ does not",
    f"{_RANKS}: 1 → -1": "of two axes the last is the second",
    f"{_RANKS}: 1 → 0": "the table of signs is antisymmetric: both ranks change sign, and ρ does not",
    "a, b = rank(a), rank(b): (rank(a), rank(b)) → (rank(b), rank(a))": "ρ is symmetric",
    "return rho(x, y), ends[0], ends[1]: rho(x, y) → rho(y, x)": "ρ is symmetric",
    "found = torch.stack([rho(x[rows], y[rows]) for rows in draws]): rho(x[rows], y[rows]) → rho(y[rows], x[rows])": "ρ is symmetric",
    "return rho(x, y), ends[0], ends[1]: 1 → -1": "of two ends the last is the second",
    f"{_ENDS}: torch.tensor([0.025, 0.975], dtype=found.dtype) → torch.tensor([0.025, 0.975])":
        "it raises in float64, and is then tried in float32, where it is right",
}
