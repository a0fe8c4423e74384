"""Answers to ddpm-edit: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _noised(x, kept, noise):
    return kept.sqrt() * x + (1 - kept).sqrt() * noise


def _edit(step, x, start, alpha_bar, first=_noised, draw=torch.randn_like, times=lambda start: range(start, -1, -1),
          told=lambda t: t, at=lambda t: t):
    x = first(x, alpha_bar[at(start)], draw(x))
    for t in times(start):
        x = step(x, torch.full((len(x),), told(t)))
    return x


# Known mistakes


def not_noised(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, first=lambda x, kept, noise: x)


def shrunk_without_noise(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, first=lambda x, kept, noise: kept.sqrt() * x)


def noise_added_unshrunk(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, first=lambda x, kept, noise: x + (1 - kept).sqrt() * noise)


def roots_missing(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, first=lambda x, kept, noise: kept * x + (1 - kept) * noise)


def noise_weight_without_root(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, first=lambda x, kept, noise: kept.sqrt() * x + (1 - kept) * noise)


def weights_swapped(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, first=lambda x, kept, noise: _noised(x, 1 - kept, noise))


def pure_noise(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, first=lambda x, kept, noise: noise)


def noised_to_the_end(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, at=lambda t: len(alpha_bar) - 1)


def noised_one_less(step, x, start, alpha_bar):
    kept = torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar])
    return _edit(step, x, start, kept)


def whole_chain(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, times=lambda start: range(len(alpha_bar) - 1, -1, -1))


def start_left_out(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, times=lambda start: range(start - 1, -1, -1))


def zero_left_out(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, times=lambda start: range(start, 0, -1))


def ascending(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, times=lambda start: range(start + 1))


def from_start_upwards(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, times=lambda start: range(start, len(alpha_bar)))


def one_step(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, times=lambda start: [start])


def same_time_always(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, told=lambda t: start)


def one_time_alone(step, x, start, alpha_bar):
    return _edit(lambda x, t: step(x, t[:1]), x, start, alpha_bar)


def always_from_the_drawing(step, x, start, alpha_bar):
    first = _noised(x, alpha_bar[start], torch.randn_like(x))
    for t in range(start, -1, -1):
        out = step(first, torch.full((len(x),), t))
    return out


def noised_anew(step, x, start, alpha_bar):
    for t in range(start, -1, -1):
        out = step(_noised(x, alpha_bar[t], torch.randn_like(x)), torch.full((len(x),), t))
    return out


def one_noise_for_all(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, draw=lambda x: torch.randn_like(x[:1]).expand_as(x))


def one_number_a_row(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, draw=lambda x: torch.randn_like(x.flatten(1)[:, 0]).view(
        -1, *[1] * (x.ndim - 1)).expand_as(x))


def uniform_noise(step, x, start, alpha_bar):
    return _edit(step, x, start, alpha_bar, draw=torch.rand_like)


def seeded(step, x, start, alpha_bar):
    rng = torch.Generator().manual_seed(0)
    return _edit(step, x, start, alpha_bar, draw=lambda x: torch.randn(x.shape, generator=rng, dtype=x.dtype))


# Also right


def counting_down(step, x, start, alpha_bar):
    t = torch.full((x.shape[0],), start)
    x_t = torch.addcmul(alpha_bar[start].sqrt() * x, (1 - alpha_bar[start]).sqrt(), torch.randn(x.shape, dtype=x.dtype))
    while t[0] >= 0:
        x_t = step(x_t, t.clone())
        t -= 1
    return x_t


def by_recursion(step, x, start, alpha_bar):
    def walk(x_t, t):
        return x_t if t < 0 else walk(step(x_t, torch.tensor([t] * len(x_t))), t - 1)
    return walk(torch.normal(alpha_bar[start].sqrt() * x, (1 - alpha_bar[start]).sqrt().item()), start)


def step_by_step_noised(step, x, start, alpha_bar):
    before = 1.0
    for kept in alpha_bar[:start + 1].tolist():
        x = (kept / before) ** 0.5 * x + (1 - kept / before) ** 0.5 * torch.randn_like(x)
        before = kept
    with torch.no_grad():
        for t in list(range(start + 1))[::-1]:
            x = step(x, torch.ones(len(x), dtype=torch.long) * t)
    return x


mistakes = [
    Mistake(not_noised, "You hand the drawing over without noise. The network expects it as noisy as its time says."),
    Mistake(shrunk_without_noise, "Your drawing shrinks and has no noise: √(1 - ᾱ) noise is missing."),
    Mistake(noise_added_unshrunk, "Your drawing does not shrink: its weight is √ᾱ."),
    Mistake(roots_missing, "The roots are missing: √ᾱ x + √(1 - ᾱ) noise."),
    Mistake(noise_weight_without_root, "The weight of the noise is √(1 - ᾱ), not 1 - ᾱ."),
    Mistake(weights_swapped, "Drawing and noise have changed places."),
    Mistake(pure_noise, "You start from pure noise: nothing of the drawing is left."),
    Mistake(noised_to_the_end, "You noise the drawing to the last time, whatever `start` says."),
    Mistake(noised_one_less, "Your drawing has the noise of the time before start."),
    Mistake(whole_chain, "You walk the whole chain. It is entered at the time start."),
    Mistake(start_left_out, "The step from the time start is left out: the drawing has the noise of that time."),
    Mistake(zero_left_out, "The step from time 0 is left out: some noise is left."),
    Mistake(ascending, "You visit the times upwards: start comes first, 0 last."),
    Mistake(from_start_upwards, "You walk from start to more noise. Data lie at time 0."),
    Mistake(one_step, "You make one step only. There are start + 1 of them."),
    Mistake(same_time_always, "You tell `step` the same time always: it counts down to 0."),
    Mistake(one_time_alone, "`step` wants a time for each row: (B,), all the same."),
    Mistake(always_from_the_drawing, "Each step is to go on from what the last one gave. Yours all begin with the noised drawing."),
    Mistake(noised_anew, "You noise the drawing anew for each step and forget what the last one gave."),
    Mistake(one_noise_for_all, "All rows share the same noise: draw it for each."),
    Mistake(one_number_a_row, "Each row has a single number for its noise: draw one for every value."),
    Mistake(uniform_noise, "Your noise is uniform: rand for randn."),
    Mistake(seeded, "Your noise is the same at every call: draw it without a seed of your own."),
]

also_right = [counting_down, by_recursion, step_by_step_noised]

equivalent_mutants = {
    "x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x): alpha_bar[start].sqrt() * x + "
    "(1 - alpha_bar[start]).sqrt() * torch.randn_like(x) → alpha_bar[start].sqrt() * x - (1 - alpha_bar[start]).sqrt() * "
    "torch.randn_like(x)": "minus a normal number has the same law",
}
