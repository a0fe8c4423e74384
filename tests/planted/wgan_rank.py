"""Planted answers to wgan-rank, by another author than the check's."""

import math

import torch


def places(v):
    return v.argsort().double()


def naive_ranks(v):
    out = torch.zeros(len(v), dtype=torch.float64)
    out[v.argsort()] = torch.arange(len(v), dtype=torch.float64)
    return out


def shared_ranks(v):
    v = v.double()
    return torch.stack([(v < a).sum() + 0.5 * (v == a).sum() for a in v])


def pearson(a, b):
    a, b = a - a.mean(), b - b.mean()
    return a.dot(b) / (a.norm() * b.norm())


def spearman(x, y, rank=shared_ranks):
    return pearson(rank(x), rank(y))


def interval(found, levels=(0.025, 0.975)):
    found = torch.stack(list(found))
    found = found[torch.isfinite(found)]
    return [found.quantile(q) for q in levels]


def still_argsort(x, y, draws):
    rho = spearman(x, y, places)
    return rho, *interval(spearman(x[i], y[i], places) for i in draws)


def argsort_twice(x, y, draws):
    rho = spearman(x, y, naive_ranks)
    return rho, *interval(spearman(x[i], y[i], naive_ranks) for i in draws)


def flipped_pairs(x, y, draws):
    return spearman(x, y), *interval(spearman(x[i], y[j]) for i, j in zip(draws, draws.flip(0), strict=True))


def shuffled_columns(x, y, draws):
    return spearman(x, y), *interval(spearman(x[i], y[i.flip(0)]) for i in draws)


def only_x_drawn(x, y, draws):
    return spearman(x, y), *interval(spearman(x[i], y) for i in draws)


def pearson_instead(x, y, draws):
    return pearson(x.double(), y.double()), *interval(pearson(x[i].double(), y[i].double()) for i in draws)


def ranks_before(x, y, draws):
    a, b = shared_ranks(x), shared_ranks(y)
    return pearson(a, b), *interval(pearson(a[i], b[i]) for i in draws)


def nan_as_zero(x, y, draws):
    return spearman(x, y), *interval(torch.nan_to_num(spearman(x[i], y[i])) for i in draws)


def nan_kept(x, y, draws):
    found = torch.stack([spearman(x[i], y[i]) for i in draws])
    return spearman(x, y), found.quantile(0.025), found.quantile(0.975)


def tiny_in_denominator(x, y, draws):
    def rho(a, b):
        a, b = shared_ranks(a), shared_ranks(b)
        a, b = a - a.mean(), b - b.mean()
        return a.dot(b) / (a.norm() * b.norm() + 1e-9)

    return rho(x, y), *interval(rho(x[i], y[i]) for i in draws)


def ninety_percent(x, y, draws):
    return spearman(x, y), *interval((spearman(x[i], y[i]) for i in draws), (0.05, 0.95))


def normal_interval(x, y, draws):
    rho, found = spearman(x, y), torch.stack([spearman(x[i], y[i]) for i in draws])
    std = found[torch.isfinite(found)].std()
    return rho, rho - 1.96 * std, rho + 1.96 * std


def fisher(x, y, draws):
    rho = spearman(x, y).clamp(-0.999999, 0.999999)
    half = 1.96 / math.sqrt(max(len(x) - 3, 1))
    return rho, torch.tanh(torch.atanh(rho) - half), torch.tanh(torch.atanh(rho) + half)


def median_first(x, y, draws):
    low, middle, high = interval((spearman(x[i], y[i]) for i in draws), (0.025, 0.5, 0.975))
    return middle, low, high


def high_then_low(x, y, draws):
    low, high = interval(spearman(x[i], y[i]) for i in draws)
    return spearman(x, y), high, low


def competition_ranks(x, y, draws):
    def rank(v):
        return (v[None, :] < v[:, None]).double().sum(1)

    return spearman(x, y, rank), *interval(spearman(x[i], y[i], rank) for i in draws)


def dense_ranks(x, y, draws):
    def rank(v):
        return torch.unique(v, return_inverse=True)[1].double()

    return spearman(x, y, rank), *interval(spearman(x[i], y[i], rank) for i in draws)


def six_d_squared(x, y, draws):
    def rho(a, b):
        if a.eq(a[0]).all() or b.eq(b[0]).all():
            return torch.tensor(math.nan, dtype=torch.float64)
        n = len(a)
        return 1 - 6 * (shared_ranks(a) - shared_ranks(b)).pow(2).sum() / (n**3 - n)

    return rho(x, y), *interval(rho(x[i], y[i]) for i in draws)


def skips(x, y, draws, varies):
    kept = torch.stack([spearman(x[i], y[i]) for i in draws if varies(i)])
    return spearman(x, y), kept.quantile(0.025), kept.quantile(0.975)


def skips_constant_x(x, y, draws):
    return skips(x, y, draws, lambda i: len(set(x[i].tolist())) > 1)


def skips_constant_y(x, y, draws):
    return skips(x, y, draws, lambda i: len(set(y[i].tolist())) > 1)


def skips_the_same_pair(x, y, draws):
    return skips(x, y, draws, lambda i: len(set(i.tolist())) > 1)


def lowest_of_equals(x, y, draws):
    def rank(v):
        return torch.searchsorted(v.sort().values, v).double()

    return spearman(x, y, rank), *interval(spearman(x[i], y[i], rank) for i in draws)


def right_skips_both(x, y, draws):
    return skips(x, y, draws, lambda i: bool((x[i] != x[i[0]]).any() and (y[i] != y[i[0]]).any()))


def right_shared(x, y, draws):
    return spearman(x, y), *interval(spearman(x[i], y[i]) for i in draws)


def right_lists(x, y, draws):
    found = [spearman(x[i], y[i]).item() for i in draws]
    found = torch.tensor([r for r in found if not math.isnan(r)], dtype=torch.float64)
    return [spearman(x, y).item(), torch.quantile(found, 0.025).item(), torch.quantile(found, 0.975).item()]


def right_midranks(x, y, draws):
    def rank(v):
        order = v.sort().values
        return (torch.searchsorted(order, v) + torch.searchsorted(order, v, right=True)).double() / 2

    rows = [i for i in draws if len(set(x[i].tolist())) > 1 and len(set(y[i].tolist())) > 1]
    return spearman(x, y, rank), *interval(spearman(x[i], y[i], rank) for i in rows)


def right_signs(x, y, draws):
    def rho(a, b):
        s, t = ((v.unsqueeze(0) < v.unsqueeze(1)).double() - (v.unsqueeze(0) > v.unsqueeze(1)).double() for v in (a, b))
        return torch.nn.functional.cosine_similarity(s.sum(1), t.sum(1), dim=0, eps=0.0)

    found = torch.stack([rho(x[i], y[i]) for i in draws])
    return rho(x, y), torch.nanquantile(found, 0.025), torch.nanquantile(found, 0.975)


def three_decimals(x, y, draws):
    x, y = x.round(decimals=3), y.round(decimals=3)
    return spearman(x, y), *interval(torch.stack([spearman(x[rows], y[rows]) for rows in draws]))


wrong = [
    (three_decimals, "The ρ of `rank_interval` raised RuntimeError here. ρ without ties: the correlation of the "
     "ranks. The smallest number has the lowest rank, wherever it stands."),
    (still_argsort, "sorted_places"), (argsort_twice, "ties_ignored"), (flipped_pairs, "pairs_left"),
    (shuffled_columns, "pairs_flipped"), (only_x_drawn, "second_not_resampled"),
    (pearson_instead, "numbers_for_ranks"), (ranks_before, "ranked_once"), (nan_as_zero, "constant_is_zero"),
    (nan_kept, "constant_not_left_out"), (tiny_in_denominator, "a_little_added"),
    (ninety_percent, "ends_of_five_percent"), (normal_interval, "two_sample_deviations"), (fisher, "fisher_interval"),
    (median_first, "median_of_resamples"), (high_then_low, "ends_swapped"), (competition_ranks, "ties_to_the_lowest"),
    (dense_ranks, "ties_counted_as_one"), (six_d_squared, "formula_of_squared_differences"),
    (skips_constant_x, "constant_x_left_out"), (skips_constant_y, "constant_y_left_out"),
    (skips_the_same_pair, "one_pair_left_out"), (lowest_of_equals, "ties_to_the_lowest"),
]
right = [right_skips_both, right_shared, right_lists, right_midranks, right_signs]
