"""Answers to speech-alignment: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _band(w, width, n=lambda T, N: torch.arange(N) / N, t=lambda T, N: torch.arange(T) / T, inside=lambda d, width: d.abs() <= width):
    return inside(n(*w.shape) - t(*w.shape)[:, None], width)


def _onwards(w):
    place = w.argmax(1)
    return (place[1:] >= place[:-1]).double().mean() if len(w) > 1 else torch.tensor(1.0)


def _report(diagonal=lambda w, width: w[_band(w, width)].sum() / w.sum(), monotone=_onwards,
            covered=lambda w, least: (w.sum(0) >= least).double().mean(), order=lambda d, m, c: (d, m, c)):
    def answer(weights, width, least):
        return order(diagonal(weights, width), monotone(weights), covered(weights, least))

    return answer


def _in_band(**options):
    return _report(diagonal=lambda w, width: w[_band(w, width, **options)].sum() / w.sum())


# Known mistakes

in_cells = _in_band(n=lambda T, N: torch.arange(N), t=lambda T, N: torch.arange(T))
in_shares_of_letters = _in_band(t=lambda T, N: torch.arange(T) / N)
in_shares_of_frames = _in_band(n=lambda T, N: torch.arange(N) / T)
counted_from_one = _in_band(n=lambda T, N: torch.arange(1, N + 1) / N, t=lambda T, N: torch.arange(1, T + 1) / T)
to_the_last = _in_band(n=lambda T, N: torch.linspace(0, 1, N), t=lambda T, N: torch.linspace(0, 1, T))
middles = _in_band(n=lambda T, N: (torch.arange(N) + 0.5) / N, t=lambda T, N: (torch.arange(T) + 0.5) / T)
other_diagonal = _in_band(n=lambda T, N: 1 - torch.arange(N) / N)
narrower = _in_band(inside=lambda d, width: d.abs() < width)
a_thousandth_wider = _in_band(inside=lambda d, width: d.abs() <= width + 1e-3)
quarter_at_most = _in_band(inside=lambda d, width: d.abs() <= min(width, 0.25))
below_alone = _in_band(inside=lambda d, width: d <= width)
above_alone = _in_band(inside=lambda d, width: (d >= 0) & (d <= width))
half_the_width = _in_band(inside=lambda d, width: d.abs() <= width / 2)
twice_the_width = _in_band(inside=lambda d, width: d.abs() <= 2 * width)
squared_distance = _in_band(inside=lambda d, width: d.square() <= width)
outside = _in_band(inside=lambda d, width: d.abs() > width)
share_of_cells = _report(diagonal=lambda w, width: _band(w, width).double().mean())
mean_weight = _report(diagonal=lambda w, width: w[_band(w, width)].mean())
sum_of_weight = _report(diagonal=lambda w, width: w[_band(w, width)].sum())
per_letter = _report(diagonal=lambda w, width: w[_band(w, width)].sum() / w.shape[1])
over_all_cells = _report(diagonal=lambda w, width: w[_band(w, width)].sum() / w.numel())
share_of_places = _report(diagonal=lambda w, width: _band(w, width)[torch.arange(len(w)), w.argmax(1)].double().mean())
gaussian = _report(diagonal=lambda w, width: (w * torch.exp(-(torch.arange(w.shape[1]) / w.shape[1]
                                                             - torch.arange(len(w))[:, None] / len(w)) ** 2 / (2 * width ** 2))).sum() / w.sum())

strictly = _report(monotone=lambda w: (w.argmax(1).diff() > 0).double().mean() if len(w) > 1 else 1.0)
one_on_at_most = _report(monotone=lambda w: ((w.argmax(1).diff() >= 0) & (w.argmax(1).diff() <= 1)).double().mean() if len(w) > 1 else 1.0)
backwards = _report(monotone=lambda w: (w.argmax(1).diff() <= 0).double().mean() if len(w) > 1 else 1.0)
of_all_frames = _report(monotone=lambda w: (w.argmax(1).diff() >= 0).sum() / len(w) if len(w) > 1 else 1.0)
number_of_steps = _report(monotone=lambda w: (w.argmax(1).diff() >= 0).double().sum() if len(w) > 1 else 1.0)
all_or_none = _report(monotone=lambda w: float((w.argmax(1).diff() >= 0).all()))
share_of_steps_back = _report(monotone=lambda w: 1 - _onwards(w))
expected_place = _report(monotone=lambda w: ((w * torch.arange(w.shape[1])).sum(1).diff() >= 0).double().mean() if len(w) > 1 else 1.0)
of_the_smallest = _report(monotone=lambda w: (w.argmin(1).diff() >= 0).double().mean() if len(w) > 1 else 1.0)
first_frame_added = _report(monotone=lambda w: (1 + (w.argmax(1).diff() >= 0).double().sum()) / len(w))
over_letters = _report(monotone=lambda w: (w.argmax(0).diff() >= 0).double().mean() if w.shape[1] > 1 else 1.0)
beyond_the_furthest = _report(monotone=lambda w: (w.argmax(1)[1:] >= w.argmax(1).cummax(0).values[:-1]).double().mean() if len(w) > 1 else 1.0)
last_of_equals = _report(monotone=lambda w: ((w.shape[1] - 1 - w.flip(1).argmax(1)).diff() >= 0).double().mean() if len(w) > 1 else 1.0)
nan_of_one_frame = _report(monotone=lambda w: (w.argmax(1).diff() >= 0).double().mean())
zero_of_one_frame = _report(monotone=lambda w: (w.argmax(1).diff() >= 0).double().sum() / max(len(w) - 1, 1))
first_step_back_ends_it = _report(monotone=lambda w: (w.argmax(1).diff() >= 0).double().cumprod(0).mean() if len(w) > 1 else 1.0)

more_than_least = _report(covered=lambda w, least: (w.sum(0) > least).double().mean())
a_thousandth_less = _report(covered=lambda w, least: (w.sum(0) >= least - 1e-3).double().mean())
largest_weight = _report(covered=lambda w, least: (w.amax(0) >= least).double().mean())
mean_over_frames = _report(covered=lambda w, least: (w.mean(0) >= least).double().mean())
letters_counted = _report(covered=lambda w, least: (w.sum(0) >= least).double().sum())
frames_covered = _report(covered=lambda w, least: (w.sum(1) >= least).double().mean())
below_least = _report(covered=lambda w, least: (w.sum(0) < least).double().mean())
all_covered = _report(covered=lambda w, least: float((w.sum(0) >= least).all()))
places_covered = _report(covered=lambda w, least: len(w.argmax(1).unique()) / w.shape[1])
of_the_frames = _report(covered=lambda w, least: (w.sum(0) >= least).double().sum() / len(w))
half_is_least = _report(covered=lambda w, least: (w.sum(0) >= 0.5).double().mean())
share_of_the_largest = _report(covered=lambda w, least: (w.sum(0) / w.sum(0).amax() >= least).double().mean())
clamped_sum = _report(covered=lambda w, least: (w.sum(0) / least).clamp(max=1).mean())

turned_order = _report(order=lambda d, m, c: (c, m, d))
two_swapped = _report(order=lambda d, m, c: (m, d, c))
two_of_three = _report(order=lambda d, m, c: (d, m))
in_per_cent = _report(order=lambda d, m, c: (100 * d, 100 * m, 100 * c))


def transposed(weights, width, least):
    return with_loops(weights.T, width, least)


# Also right


def with_loops(weights, width, least):
    T, N = weights.shape
    near = back = 0.0
    for t in range(T):
        for n in range(N):
            if abs(n / N - t / T) <= width:
                near += weights[t, n].item()
        if t and weights[t].argmax() < weights[t - 1].argmax():
            back += 1
    covered = sum(1 for n in range(N) if weights[:, n].sum() >= least)
    return near / weights.sum().item(), 1 - back / (T - 1) if T > 1 else 1.0, covered / N


def in_one_breath(weights, width, least):
    T, N = weights.shape
    t, n = torch.meshgrid(torch.arange(T, dtype=weights.dtype) / T, torch.arange(N, dtype=weights.dtype) / N, indexing="ij")
    place = torch.max(weights, dim=-1).indices
    monotone = 1 - (torch.diff(place) < 0).sum() / (T - 1) if T > 1 else torch.ones(())
    return (weights * ((n - t).abs() <= width)).sum() / T, monotone, (weights.sum(0) >= least).to(weights.dtype).mean()


def with_numpy(weights, width, least):
    import numpy as np
    w = weights.detach().double().numpy()
    T, N = w.shape
    band = np.abs(np.arange(N)[None] / N - np.arange(T)[:, None] / T) <= width
    steps = np.diff(w.argmax(1)) >= 0
    return w[band].sum() / w.sum(), steps.mean() if T > 1 else 1.0, (w.sum(0) >= least).mean()


SHARES = "Distances are between shares of the two ways, n / N and t / T, with n and t counted from 0."
BAND = "Near is |n / N - t / T| ≤ width, to both sides of the diagonal that begins at the first letter."
WEIGHT = "The first number is a share of the weight: its sum near the diagonal over its sum everywhere."
STEPS = "The second number is a share of the T - 1 steps: those after which the place of the largest weight is not smaller than before."
ONE = "With a single frame there is no step: the second number is 1."
LEAST = "The third number is the share of letters for which the sum of the weights over all frames is at least `least`."
ORDER = "The result is diagonal, monotone and covered, three shares in this order."

for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

mistakes = [
    *(Mistake(answer, SHARES) for answer in (in_cells, in_shares_of_letters, in_shares_of_frames, counted_from_one, to_the_last, middles)),
    *(Mistake(answer, BAND) for answer in (other_diagonal, narrower, a_thousandth_wider, quarter_at_most,
                                           below_alone, above_alone, half_the_width, twice_the_width, squared_distance, outside)),
    *(Mistake(answer, WEIGHT) for answer in (share_of_cells, mean_weight, sum_of_weight, per_letter, over_all_cells, share_of_places, gaussian)),
    *(Mistake(answer, STEPS) for answer in (strictly, one_on_at_most, backwards, of_all_frames, number_of_steps, all_or_none, share_of_steps_back,
                                            first_frame_added, over_letters, beyond_the_furthest, first_step_back_ends_it)),
    Mistake(expected_place, "The place is that of the largest weight, not the average one."),
    Mistake(of_the_smallest, "The place is that of the largest weight: argmax, not argmin."),
    Mistake(last_of_equals, "Of equal weights the first counts, as torch.argmax has it."),
    *(Mistake(answer, ONE) for answer in (nan_of_one_frame, zero_of_one_frame)),
    *(Mistake(answer, LEAST) for answer in (largest_weight, more_than_least, a_thousandth_less, mean_over_frames, letters_counted, frames_covered, below_least, all_covered,
                                            places_covered, of_the_frames, half_is_least, share_of_the_largest, clamped_sum)),
    *(Mistake(answer, ORDER) for answer in (turned_order, two_swapped, two_of_three, in_per_cent)),
    Mistake(transposed, "Rows are frames and columns letters: yours is the other way round."),
]

also_right = [with_loops, in_one_breath, with_numpy]

equivalent_mutants = {
    "places = weights.argmax(1): 1 → -1": "the last of two axes",
    ("apart = (torch.arange(N) / N - (torch.arange(T) / T)[:, None]).abs(): torch.arange(N) / N - (torch.arange(T) / T)[:, None] → "
     "(torch.arange(T) / T)[:, None] - torch.arange(N) / N"): "an absolute value has no sign",
}
