"""Answers to ddpm-posterior: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _shape(x):
    return (-1, *[1] * (x.ndim - 1))


def _before(t, alpha_bar):
    return torch.where(t > 0, alpha_bar[(t - 1).clamp(min=0)], 1.0)


def _answer(x_0, x_t, t, alpha_bar, mean=None, spread=None, before=_before, at=None):
    kept, past = alpha_bar[t], before(t, alpha_bar)
    kept, past = kept.view(_shape(x_t)), past.view(_shape(x_t))
    beta = 1 - kept / past
    a = (past.sqrt() * beta * x_0 + (1 - beta).sqrt() * (1 - past) * x_t) / (1 - kept) if mean is None else mean(
        x_0, x_t, kept, past, beta)
    return a, beta * (1 - past) / (1 - kept) if spread is None else spread(kept, past, beta)


# Known mistakes


def last_for_first(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, before=lambda t, kept: kept[t - 1])


def first_repeated(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, before=lambda t, kept: kept[(t - 1).clamp(min=0)])


def next_time(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, before=lambda t, kept: kept[(t + 1).clamp(max=len(kept) - 1)])


def roots_missing(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar,
                   mean=lambda x, y, kept, past, beta: (past * beta * x + (1 - beta) * (1 - past) * y) / (1 - kept))


def root_of_alpha_missing(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar,
                   mean=lambda x, y, kept, past, beta: (past.sqrt() * beta * x + (1 - beta) * (1 - past) * y) / (1 - kept))


def root_of_past_missing(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar,
                   mean=lambda x, y, kept, past, beta: (past * beta * x + (1 - beta).sqrt() * (1 - past) * y) / (1 - kept))


def kept_for_past(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar,
                   mean=lambda x, y, kept, past, beta: (kept.sqrt() * beta * x + (1 - beta).sqrt() * (1 - past) * y) / (1 - kept))


def kept_for_alpha(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar,
                   mean=lambda x, y, kept, past, beta: (past.sqrt() * beta * x + kept.sqrt() * (1 - past) * y) / (1 - kept))


def ends_swapped(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar,
                   mean=lambda x, y, kept, past, beta: (past.sqrt() * beta * y + (1 - beta).sqrt() * (1 - past) * x) / (1 - kept))


def x_t_with_one_minus_kept(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar,
                   mean=lambda x, y, kept, past, beta: past.sqrt() * beta * x / (1 - kept) + (1 - beta).sqrt() * y)


def not_divided(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar,
                   mean=lambda x, y, kept, past, beta: past.sqrt() * beta * x + (1 - beta).sqrt() * (1 - past) * y)


def jump_from_x_0(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, mean=lambda x, y, kept, past, beta: past.sqrt() * x + 0 * y,
                   spread=lambda kept, past, beta: 1 - past)


def one_step_back_from_x_t(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, mean=lambda x, y, kept, past, beta: y / (1 - beta).sqrt() + 0 * x)


def one_time_for_all(x_0, x_t, t, alpha_bar):
    mean, spread = _answer(x_0, x_t, t[:1].expand_as(t), alpha_bar)
    return mean, spread


def along_the_last_axis(x_0, x_t, t, alpha_bar):
    kept, past = alpha_bar[t], _before(t, alpha_bar)
    beta = 1 - kept / past
    mean = (past.sqrt() * beta * x_0 + (1 - beta).sqrt() * (1 - past) * x_t) / (1 - kept)
    return mean, (beta * (1 - past) / (1 - kept)).view(_shape(x_t))


def images_only(x_0, x_t, t, alpha_bar):
    kept, past = alpha_bar[t].view(-1, 1, 1, 1), _before(t, alpha_bar).view(-1, 1, 1, 1)
    beta = 1 - kept / past
    return ((past.sqrt() * beta * x_0 + (1 - beta).sqrt() * (1 - past) * x_t) / (1 - kept),
            beta * (1 - past) / (1 - kept))


def spread_is_beta(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, spread=lambda kept, past, beta: beta)


def deviation(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, spread=lambda kept, past, beta: (beta * (1 - past) / (1 - kept)).sqrt())


def logarithm(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar,
                   spread=lambda kept, past, beta: (beta * (1 - past) / (1 - kept)).clamp(min=1e-20).log())


def spread_upside_down(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, spread=lambda kept, past, beta: beta * (1 - kept) / (1 - past).clamp(min=1e-12))


def spread_of_the_past(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, spread=lambda kept, past, beta: 1 - past)


def spread_without_ones(x_0, x_t, t, alpha_bar):
    return _answer(x_0, x_t, t, alpha_bar, spread=lambda kept, past, beta: beta * past / kept)


def spread_flat(x_0, x_t, t, alpha_bar):
    mean, spread = _answer(x_0, x_t, t, alpha_bar)
    return mean, spread.flatten()


def spread_everywhere(x_0, x_t, t, alpha_bar):
    mean, spread = _answer(x_0, x_t, t, alpha_bar)
    return mean, spread.expand_as(mean)


def sampled(x_0, x_t, t, alpha_bar):
    mean, spread = _answer(x_0, x_t, t, alpha_bar)
    return mean + spread.sqrt() * torch.randn_like(mean), spread


# Also right


def by_precisions(x_0, x_t, t, alpha_bar):
    kept, past = alpha_bar[t].view(_shape(x_t)), _before(t, alpha_bar).view(_shape(x_t))
    a = kept / past
    left, right = 1 / (1 - past).clamp(min=1e-300), a / (1 - a)
    spread = torch.where(past < 1, 1 / (left + right), 0.0)
    mean = torch.where(past < 1, spread * (left * past.sqrt() * x_0 + a.sqrt() / (1 - a) * x_t), x_0)
    return mean, spread


def with_padding(x_0, x_t, t, alpha_bar):
    padded = torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar])
    beta = 1 - padded[1:] / padded[:-1]
    clean = padded[:-1].sqrt() * beta / (1 - alpha_bar)
    noisy = (1 - beta).sqrt() * (1 - padded[:-1]) / (1 - alpha_bar)
    variance = beta * (1 - padded[:-1]) / (1 - alpha_bar)
    a, b, c = (w.gather(0, t).reshape(_shape(x_t)) for w in (clean, noisy, variance))
    return a * x_0 + b * x_t, c


def by_the_noise(x_0, x_t, t, alpha_bar):
    kept, past = alpha_bar[t].view(_shape(x_t)), _before(t, alpha_bar).view(_shape(x_t))
    noise = (x_t - kept.sqrt() * x_0) / (1 - kept).sqrt()
    spread = (1 - past) / (1 - kept) * (1 - kept / past)
    return [past.sqrt() * x_0 + (1 - past - spread).clamp(min=0).sqrt() * noise, spread]


def row_by_row(x_0, x_t, t, alpha_bar):
    means, spreads = [], []
    for x, y, k in zip(x_0, x_t, t.tolist(), strict=True):
        kept, past = float(alpha_bar[k]), float(alpha_bar[k - 1]) if k > 0 else 1.0
        beta = 1 - kept / past
        means.append((past**0.5 * beta * x + (1 - beta) ** 0.5 * (1 - past) * y) / (1 - kept))
        spreads.append(beta * (1 - past) / (1 - kept))
    return torch.stack(means), torch.tensor(spreads, dtype=x_t.dtype).view(_shape(x_t))


mistakes = [
    Mistake(last_for_first, "At t = 0 your index is -1, which is the last entry in Python. The time before the first keeps all: ᾱ = 1."),
    Mistake(first_repeated, "At t = 0 you take ᾱ_0 for the time before. Nothing is lost there: ᾱ = 1."),
    Mistake(next_time, "You took ᾱ of the next time. The time before is meant."),
    Mistake(roots_missing, "Both roots are missing: √ᾱ_(t-1) before x_0, and √α_t before x_t."),
    Mistake(root_of_alpha_missing, "The weight of x_t has the root of α_t in it, not α_t itself."),
    Mistake(root_of_past_missing, "The weight of x_0 has the root of ᾱ_(t-1) in it, not ᾱ_(t-1) itself."),
    Mistake(kept_for_past, "The weight of x_0 holds √ᾱ_(t-1), of the time before, not √ᾱ_t."),
    Mistake(kept_for_alpha, "The weight of x_t holds √α_t of one step, not √ᾱ_t of all steps."),
    Mistake(ends_swapped, "x_0 and x_t have changed places: near the data the weight of x_0 goes to 1."),
    Mistake(x_t_with_one_minus_kept, "The weight of x_t lacks the factor (1 - ᾱ_(t-1)) / (1 - ᾱ_t)."),
    Mistake(not_divided, "Both weights are to be divided by 1 - ᾱ_t."),
    Mistake(jump_from_x_0, "That is q(x_(t-1) | x_0), which has not looked at x_t."),
    Mistake(one_step_back_from_x_t, "Your mean has not looked at x_0: dividing x_t by √α_t only undoes the shrinking."),
    Mistake(one_time_for_all, "You use the time of the first row for all of them."),
    Mistake(along_the_last_axis, "Your weights lie along the last axis, so that each column has a time of its own. They belong to the rows."),
    Mistake(images_only, "Your view(-1, 1, 1, 1) fits images alone: ask x_t how many dimensions it has."),
    Mistake(spread_is_beta, "Your variance is β_t. Knowing x_0 makes it smaller: times (1 - ᾱ_(t-1)) / (1 - ᾱ_t)."),
    Mistake(deviation, "You return the standard deviation: the variance is asked for."),
    Mistake(logarithm, "You return the logarithm of the variance. It is 0 at t = 0, so the variance itself is asked for."),
    Mistake(spread_upside_down, "The fraction in your variance is upside down: (1 - ᾱ_(t-1)) / (1 - ᾱ_t)."),
    Mistake(spread_of_the_past, "Your variance is that of q(x_(t-1) | x_0): x_t also says something, and makes it smaller."),
    Mistake(spread_without_ones, "Your variance has ᾱ where 1 - ᾱ belongs."),
    Mistake(spread_flat, "Your variance is (B,). To go with x_t it is to have as many dimensions: (B, 1, ..., 1)."),
    Mistake(spread_everywhere, "Your variance repeats itself over the pixels: one number for each row is asked for, (B, 1, ..., 1)."),
    Mistake(sampled, "You return a draw. The mean and the variance are asked for; no noise is added here."),
]

also_right = [by_precisions, with_padding, by_the_noise, row_by_row]

equivalent_mutants = {
    "before = torch.where(t > 0, alpha_bar[(t - 1).clamp(min=0)], 1.0).view(shape): (t - 1).clamp(min=0) → t - 1":
        "what stands at the index -1 is not chosen",
    "before = torch.where(t > 0, alpha_bar[(t - 1).clamp(min=0)], 1.0).view(shape): 0 → -1":
        "what stands at the index -1 is not chosen",
}
