"""Answers to sampling-second-order: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake


def _lambda(s):
    return 0.5 * math.log(s / (1 - s))


def _first(x, clean, signal, then):
    shrink = math.sqrt((1 - then) / (1 - signal))
    return shrink * x + (math.sqrt(then) - math.sqrt(signal) * shrink) * clean


def _with(weight, x, clean, before, signals):
    if signals[2] == 1:
        return clean
    return _first(x, clean + weight * (clean - before), *signals[1:])


def _steps(signals, of=_lambda):
    past, now, then = map(of, signals[:2] + (min(signals[2], 1 - 1e-9),))
    return then - now, now - past


# Known mistakes


def order_one(x, clean, before, signals):
    return _with(0.0, x, clean, before, signals)


def to_the_end_of_the_step(x, clean, before, signals):
    h, old = _steps(signals)
    return _with(h / old, x, clean, before, signals)


def half_always(x, clean, before, signals):
    return _with(0.5, x, clean, before, signals)


def ratio_upside_down(x, clean, before, signals):
    h, old = _steps(signals)
    return _with(old / (2 * h), x, clean, before, signals)


def backwards(x, clean, before, signals):
    h, old = _steps(signals)
    return _with(-h / (2 * old), x, clean, before, signals)


def line_in_alpha_bar(x, clean, before, signals):
    h, old = _steps(signals, lambda s: s)
    return _with(h / (2 * old), x, clean, before, signals)


def line_in_log_alpha_bar(x, clean, before, signals):
    h, old = _steps(signals, math.log)
    return _with(h / (2 * old), x, clean, before, signals)


def line_in_root(x, clean, before, signals):
    h, old = _steps(signals, math.sqrt)
    return _with(h / (2 * old), x, clean, before, signals)


def line_in_sigma(x, clean, before, signals):
    h, old = _steps(signals, lambda s: -math.sqrt(1 - s))
    return _with(h / (2 * old), x, clean, before, signals)


def step_from_the_past(x, clean, before, signals):
    past, now, then = map(_lambda, signals[:2] + (min(signals[2], 1 - 1e-9),))
    return _with((then - past) / (2 * (now - past)), x, clean, before, signals)


def step_over_both(x, clean, before, signals):
    past, now, then = map(_lambda, signals[:2] + (min(signals[2], 1 - 1e-9),))
    return _with((then - now) / (2 * (then - past)), x, clean, before, signals)


def guesses_exchanged(x, clean, before, signals):
    h, old = _steps(signals)
    if signals[2] == 1:
        return before
    return _first(x, before + h / (2 * old) * (before - clean), *signals[1:])


def mean_of_guesses(x, clean, before, signals):
    return _with(-0.5, x, clean, before, signals)


def adams_bashforth(x, clean, before, signals):
    """The weights 3/2 and -1/2 are those of equal steps, which these are not."""
    if signals[2] == 1:
        return clean
    return _first(x, 1.5 * clean - 0.5 * before, *signals[1:])


def no_end(x, clean, before, signals):
    past, now, then = (0.5 * math.log(s / (1 - s)) for s in signals)
    return _first(x, clean + (then - now) / (2 * (now - past)) * (clean - before), *signals[1:])


def end_clamped(x, clean, before, signals):
    h, old = _steps(signals)
    return _first(x, clean + h / (2 * old) * (clean - before), *signals[1:])


def times_mixed_up(x, clean, before, signals):
    h, old = _steps(signals)
    if signals[2] == 1:
        return clean
    return _first(x, clean + h / (2 * old) * (clean - before), signals[0], signals[2])


def stretch_upside_down(x, clean, before, signals):
    h, old = _steps(signals)
    if signals[2] == 1:
        return clean
    guess, (_, signal, then) = clean + h / (2 * old) * (clean - before), signals
    grow = math.sqrt((1 - signal) / (1 - then))
    return grow * x + (math.sqrt(then) - math.sqrt(signal) * grow) * guess


def shrink_without_root(x, clean, before, signals):
    h, old = _steps(signals)
    if signals[2] == 1:
        return clean
    guess, (_, signal, then) = clean + h / (2 * old) * (clean - before), signals
    shrink = (1 - then) / (1 - signal)
    return shrink * x + (math.sqrt(then) - math.sqrt(signal) * shrink) * guess


def whole_guess_added(x, clean, before, signals):
    h, old = _steps(signals)
    if signals[2] == 1:
        return clean
    guess, (_, signal, then) = clean + h / (2 * old) * (clean - before), signals
    return math.sqrt((1 - then) / (1 - signal)) * x + math.sqrt(then) * guess


def guess_kept_within_one(x, clean, before, signals):
    h, old = _steps(signals)
    if signals[2] == 1:
        return clean
    return _first(x, (clean + h / (2 * old) * (clean - before)).clamp(-1, 1), *signals[1:])


def signals_clamped(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    old, signal, then = (min(max(s, 1e-3), 1 - 1e-3) for s in signals)
    h, past = _lambda(then) - _lambda(signal), _lambda(signal) - _lambda(old)
    return _first(x, clean + h / (2 * past) * (clean - before), signal, then)


# Also right


def by_exponentials(x, clean, before, signals):
    if signals[-1] >= 1:
        return clean.clone()
    past, now, then = (_lambda(s) for s in signals)
    h = then - now
    r = (now - past) / h
    d = (1 + 1 / (2 * r)) * clean - 1 / (2 * r) * before
    _, a_t, a_s = signals
    return math.sqrt((1 - a_s) / (1 - a_t)) * x - math.sqrt(a_s) * math.expm1(-h) * d


def by_direction(x, clean, before, signals):
    old, signal, then = signals
    if then == 1.0:
        return clean
    lam = torch.logit(torch.tensor([old, signal, then], dtype=torch.float64)) / 2
    guess = clean + (lam[2] - lam[1]).item() / 2 * (clean - before) / (lam[1] - lam[0]).item()
    eps = (x - math.sqrt(signal) * guess) / math.sqrt(1 - signal)
    return math.sqrt(then) * guess + math.sqrt(1 - then) * eps


def in_log_snr(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    snr = [math.log(s) - math.log1p(-s) for s in signals]  # twice λ: the factor cancels
    return _first(x, clean + 0.5 * (snr[2] - snr[1]) / (snr[1] - snr[0]) * (clean - before), signals[1], signals[2])


LINE = ("The guesses are joined by a straight line in another variable than λ = ½ log(ᾱ/(1 - ᾱ)), in which the noise goes "
        "away evenly.")
STEPS = "h is the step ahead, λ_s - λ_t, and h' the one before it, λ_t - λ'. D goes h/(2 h') of their difference further."
EQUAL = "Half of the difference belongs to steps of equal length in λ. Here it is h/(2 h')."
END = "At signal 1 λ is infinite, and the line cannot be followed so far: return the guess itself."

mistakes = [
    Mistake(order_one, "This is the step of order 1: the guess of the time before plays no role."),
    Mistake(to_the_end_of_the_step, "You follow the line to the end of the step; in the middle it has the mean value: h/(2 h')."),
    Mistake(half_always, EQUAL), Mistake(adams_bashforth, EQUAL),
    Mistake(ratio_upside_down, "The ratio is upside down: a long step ahead goes further along the line, so h stands above."),
    Mistake(backwards, "You follow the line into the past: D = x̂_0 + …, along x̂_0 - x̂_0'."),
    Mistake(mean_of_guesses, "The mean of two guesses lies in the past. Follow the line half a step ahead."),
    *(Mistake(answer, LINE) for answer in (line_in_alpha_bar, line_in_log_alpha_bar, line_in_root, line_in_sigma)),
    *(Mistake(answer, STEPS) for answer in (step_from_the_past, step_over_both)),
    Mistake(guesses_exchanged, "The two guesses are exchanged: `clean` is that of the present time, `before` the older one."),
    Mistake(no_end, END), Mistake(end_clamped, END),
    Mistake(times_mixed_up, "x stands at signals[1]: the step goes from there to signals[2]."),
    Mistake(stretch_upside_down, "σ_s/σ_t is upside down: noise becomes less, so the factor before x_t is below 1."),
    Mistake(shrink_without_root, "σ is the root of 1 - ᾱ: the factor before x_t is √((1 - ᾱ_s)/(1 - ᾱ_t))."),
    Mistake(whole_guess_added, "In σ_s/σ_t x_t some of the guess is contained already: add √ᾱ_s - √ᾱ_t σ_s/σ_t of D."),
    Mistake(guess_kept_within_one, "D is clamped here: what a guess may be is the denoiser's business."),
    Mistake(signals_clamped, "You keep signals away from their ends. Only signal 1 needs a case of its own."),
]

also_right = [by_exponentials, by_direction, in_log_snr]

_HALF = "past, now, then = (0.5 * math.log(s / (1 - s)) for s in signals): "

equivalent_mutants = {
    f"{_HALF}{edit}": "only the ratio of two differences is used: any factor cancels"
    for edit in ("0.5 * math.log(s / (1 - s)) → math.log(s / (1 - s))", "0.5 → 1.5", "0.5 → 1.0", "0.5 → -0.5", "0.5 → 0.25",
                 "s / (1 - s) → (1 - s) / s")
}
