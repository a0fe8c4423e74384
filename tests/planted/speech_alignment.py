"""Planted answers to speech-alignment, by another author than the check's."""

import numpy as np
import torch


def _shares(weights):
    T, N = weights.shape
    return torch.arange(T, dtype=torch.float64)[:, None] / T, torch.arange(N, dtype=torch.float64)[None] / N


def _diagonal(weights, width):
    t, n = _shares(weights)
    return (weights * ((n - t).abs() <= width)).sum() / weights.sum()


def _monotone(weights):
    place = weights.argmax(dim=1)
    return (place[1:] >= place[:-1]).double().mean() if len(place) > 1 else torch.ones(()).double()


def _covered(weights, least):
    return (weights.sum(0) >= least).double().mean()


def absolute_band(weights, width, least):
    T, N = weights.shape
    near = (torch.arange(N)[None] - torch.arange(T)[:, None]).abs() <= width * N
    return weights[near].sum() / weights.sum(), _monotone(weights), _covered(weights, least)


def last_cell_is_one(weights, width, least):
    T, N = weights.shape
    near = (torch.arange(N)[None] / max(N - 1, 1) - torch.arange(T)[:, None] / max(T - 1, 1)).abs() <= width
    return weights[near].sum() / weights.sum(), _monotone(weights), _covered(weights, least)


def one_side(weights, width, least):
    t, n = _shares(weights)
    return weights[n - t <= width].sum() / weights.sum(), _monotone(weights), _covered(weights, least)


def cells_counted(weights, width, least):
    t, n = _shares(weights)
    return ((n - t).abs() <= width).double().mean(), _monotone(weights), _covered(weights, least)


def averaged_over_cells(weights, width, least):
    t, n = _shares(weights)
    return (weights * ((n - t).abs() <= width)).mean(), _monotone(weights), _covered(weights, least)


def must_advance(weights, width, least):
    place = weights.argmax(1)
    return (
        _diagonal(weights, width),
        (place[1:] > place[:-1]).double().mean() if len(place) > 1 else 1.0,
        _covered(weights, least),
    )


def per_frame(weights, width, least):
    place = weights.argmax(1)
    monotone = (place[1:] >= place[:-1]).sum() / len(place) if len(place) > 1 else 1.0
    return _diagonal(weights, width), monotone, _covered(weights, least)


def average_of_nothing(weights, width, least):
    place = weights.argmax(1)
    return _diagonal(weights, width), (place[1:] >= place[:-1]).double().mean(), _covered(weights, least)


def places_of_letters(weights, width, least):
    place = weights.argmax(0)
    return (
        _diagonal(weights, width),
        (place[1:] >= place[:-1]).double().mean() if len(place) > 1 else 1.0,
        _covered(weights, least),
    )


def best_weight_of_a_letter(weights, width, least):
    return _diagonal(weights, width), _monotone(weights), (weights.max(0).values >= least).double().mean()


def mean_of_a_letter(weights, width, least):
    return _diagonal(weights, width), _monotone(weights), (weights.mean(0) >= least).double().mean()


def argmax_covers(weights, width, least):
    return _diagonal(weights, width), _monotone(weights), torch.unique(weights.argmax(1)).numel() / weights.shape[1]


def how_many_letters(weights, width, least):
    return _diagonal(weights, width), _monotone(weights), (weights.sum(0) >= least).sum()


def letters_first(weights, width, least):
    w = weights.T
    return _diagonal(w, width), _monotone(w), _covered(w, least)


# Right


def in_three_lines(weights, width, least):
    return _diagonal(weights, width), _monotone(weights), _covered(weights, least)


def numpy_all(weights, width, least):
    a = weights.numpy().astype(np.float64)
    T, N = a.shape
    i, j = np.indices(a.shape)
    band = np.abs(j / N - i / T) <= width
    jumps = a.argmax(axis=1)
    monotone = float(np.mean(jumps[1:] >= jumps[:-1])) if T > 1 else 1
    return float((a * band).sum() / a.sum()), monotone, float((a.sum(axis=0) >= least).mean())


def python_lists(weights, width, least):
    rows = weights.tolist()
    T, N = len(rows), len(rows[0])
    inside = sum(w for t, row in enumerate(rows) for n, w in enumerate(row) if -width <= n / N - t / T <= width)
    places = [row.index(max(row)) for row in rows]
    good = [places[t] >= places[t - 1] for t in range(1, T)]
    sums = [sum(row[n] for row in rows) for n in range(N)]
    return inside / sum(sums), (sum(good) / len(good) if good else 1.0), len([s for s in sums if s >= least]) / N


def tensor_of_three(weights, width, least):
    t, n = _shares(weights)
    place = weights.max(1)[1]
    back = (place.diff() < 0).sum()
    monotone = 1.0 - back.double() / max(len(place) - 1, 1)
    return [
        weights[(t - n).abs().le(width)].sum() / len(weights),
        monotone,
        weights.sum(0).ge(least).sum() / weights.shape[1],
    ]


def stacked(weights, width, least):
    T, N = weights.shape
    near = (torch.arange(N) * T - torch.arange(T)[:, None] * N).abs() <= width * N * T
    back = weights.argmax(1).diff() < 0
    monotone = 1 - back.double().mean() if T > 1 else torch.tensor(1.0, dtype=torch.float64)
    return torch.stack([weights[near].sum().double() / T, monotone, (weights.sum(0) >= least).double().mean()])


def first_frame_counts(weights, width, least):
    first, _, third = stacked(weights, width, least)
    place = weights.argmax(1)
    return first, (1 + (place[1:] >= place[:-1]).sum()) / len(place), third


def smallest_weight(weights, width, least):
    first, _, third = stacked(weights, width, least)
    place = weights.argmin(1)
    return first, (place[1:] >= place[:-1]).double().mean() if len(place) > 1 else 1.0, third


wrong = [
    (first_frame_counts, "first_frame_added"),
    (smallest_weight, "of_the_smallest"),
    (absolute_band, "in_shares_of_letters"),
    (last_cell_is_one, "to_the_last"),
    (one_side, "below_alone"),
    (cells_counted, "share_of_cells"),
    (averaged_over_cells, "over_all_cells"),
    (must_advance, "strictly"),
    (per_frame, "of_all_frames"),
    (average_of_nothing, "nan_of_one_frame"),
    (places_of_letters, "over_letters"),
    (best_weight_of_a_letter, "largest_weight"),
    (mean_of_a_letter, "mean_over_frames"),
    (argmax_covers, "places_covered"),
    (how_many_letters, "letters_counted"),
    (letters_first, "transposed"),
]
right = [stacked, in_three_lines, numpy_all, python_lists, tensor_of_three]
