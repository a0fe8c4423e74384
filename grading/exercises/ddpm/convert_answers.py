"""Answers to ddpm-convert: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _ends(kind, value, x_t, c, s):
    if kind == "clean":
        return value, (x_t - c * value) / s
    if kind == "v":
        return c * x_t - s * value, s * x_t + c * value
    noise = value if kind == "noise" else -s * value
    return (x_t - s * noise) / c, noise


def _four(clean, noise, c, s):
    return clean, noise, c * noise - s * clean, -noise / s


def _roots(alpha_bar):
    return alpha_bar.sqrt(), (1 - alpha_bar).sqrt()


def _wrong(kind, value, x_t, alpha_bar, wrong, how):
    """As it should be, but for one kind."""
    c, s = _roots(alpha_bar)
    ends = how(value, x_t, c, s) if kind == wrong else _ends(kind, value, x_t, c, s)
    return _four(*ends, c, s)


# Known mistakes


def roots_missing(kind, value, x_t, alpha_bar):
    c, s = alpha_bar, 1 - alpha_bar
    return _four(*_ends(kind, value, x_t, c, s), c, s)


def noise_weight_without_root(kind, value, x_t, alpha_bar):
    c, s = alpha_bar.sqrt(), 1 - alpha_bar
    return _four(*_ends(kind, value, x_t, c, s), c, s)


def weights_swapped(kind, value, x_t, alpha_bar):
    s, c = _roots(alpha_bar)
    return _four(*_ends(kind, value, x_t, c, s), c, s)


def v_of_other_sign(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends(kind, -value if kind == "v" else value, x_t, c, s)
    return clean, noise, s * clean - c * noise, -noise / s


def v_is_a_sum(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends(kind, value, x_t, c, s)
    return clean, noise, c * noise + s * clean, -noise / s


def v_returned_of_other_sign(kind, value, x_t, alpha_bar):
    clean, noise, v, score = _four(*_ends(kind, value, x_t, *_roots(alpha_bar)), *_roots(alpha_bar))
    return clean, noise, -v, score


def v_with_swapped_weights(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends(kind, value, x_t, c, s)
    return clean, noise, s * noise - c * clean, -noise / s


def score_of_other_sign(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends(kind, -value if kind == "score" else value, x_t, c, s)
    return clean, noise, c * noise - s * clean, noise / s


def score_is_minus_noise(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends("noise", -value, x_t, c, s) if kind == "score" else _ends(kind, value, x_t, c, s)
    return clean, noise, c * noise - s * clean, -noise


def score_by_variance(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends("noise", -s * s * value, x_t, c, s) if kind == "score" else _ends(kind, value, x_t, c, s)
    return clean, noise, c * noise - s * clean, -noise / (s * s)


def score_multiplied(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends("noise", -value / s, x_t, c, s) if kind == "score" else _ends(kind, value, x_t, c, s)
    return clean, noise, c * noise - s * clean, -s * noise


def score_divided_by_signal(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends("noise", -c * value, x_t, c, s) if kind == "score" else _ends(kind, value, x_t, c, s)
    return clean, noise, c * noise - s * clean, -noise / c


def not_divided_by_signal(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends(kind, value, x_t, c, s)
    if kind in ("noise", "score"):
        clean = x_t - s * noise
    return _four(clean, noise, c, s)


def noise_added_back(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends(kind, value, x_t, c, s)
    if kind in ("noise", "score"):
        clean = (x_t + s * noise) / c
    return _four(clean, noise, c, s)


def noise_not_divided(kind, value, x_t, alpha_bar):
    return _wrong(kind, value, x_t, alpha_bar, "clean", lambda value, x_t, c, s: (value, x_t - c * value))


def clean_not_shrunk(kind, value, x_t, alpha_bar):
    return _wrong(kind, value, x_t, alpha_bar, "clean", lambda value, x_t, c, s: (value, (x_t - value) / s))


def v_turned_the_wrong_way(kind, value, x_t, alpha_bar):
    return _wrong(kind, value, x_t, alpha_bar, "v", lambda value, x_t, c, s: (c * x_t + s * value, s * x_t - c * value))


def v_by_division(kind, value, x_t, alpha_bar):
    """Right in numbers that are not small: the noise from v, then x_0 by dividing."""
    return _wrong(kind, value, x_t, alpha_bar, "v",
                  lambda value, x_t, c, s: ((x_t - s * (s * x_t + c * value)) / (c + 1e-5), s * x_t + c * value))


def v_divides_by_the_signal(kind, value, x_t, alpha_bar):
    return _wrong(kind, value, x_t, alpha_bar, "v",
                  lambda value, x_t, c, s: ((c * x_t - s * value) / c, s * x_t + c * value))


def signal_bounded(kind, value, x_t, alpha_bar):
    alpha_bar = alpha_bar.clamp(1e-4 * 1.5, 1 - 1.5e-4)
    return _four(*_ends(kind, value, x_t, *_roots(alpha_bar)), *_roots(alpha_bar))


def clean_clamped(kind, value, x_t, alpha_bar):
    clean, noise, v, score = _four(*_ends(kind, value, x_t, *_roots(alpha_bar)), *_roots(alpha_bar))
    return clean.clamp(-1, 1), noise, v, score


def score_treated_as_noise(kind, value, x_t, alpha_bar):
    return _four(*_ends("noise" if kind == "score" else kind, value, x_t, *_roots(alpha_bar)), *_roots(alpha_bar))


def order_of_results(kind, value, x_t, alpha_bar):
    clean, noise, v, score = _four(*_ends(kind, value, x_t, *_roots(alpha_bar)), *_roots(alpha_bar))
    return noise, clean, v, score


def given_alone_is_right(kind, value, x_t, alpha_bar):
    """All four are what was given."""
    return value, value, value, value


# Also right


def by_cases(kind, value, x_t, alpha_bar):
    c, s = torch.sqrt(alpha_bar), torch.sqrt(1 - alpha_bar)
    match kind:
        case "clean":
            x_0 = value
            eps = (x_t - c * x_0) / s
        case "noise":
            eps = value
            x_0 = (x_t - s * eps) / c
        case "v":
            x_0 = c * x_t - s * value
            eps = s * x_t + c * value
        case "score":
            eps = -s * value
            x_0 = (x_t + (1 - alpha_bar) * value) / c
    return x_0, eps, c * eps - s * x_0, -eps / s


def by_angle(kind, value, x_t, alpha_bar):
    angle = torch.atan2((1 - alpha_bar).sqrt(), alpha_bar.sqrt())
    c, s = angle.cos(), angle.sin()
    v = {"v": lambda: value, "noise": lambda: (value - s * x_t) / c, "score": lambda: (-s * value - s * x_t) / c,
         "clean": lambda: (c * x_t - value) / s}[kind]()
    return [c * x_t - s * v, s * x_t + c * v, v, -(s * x_t + c * v) / s]


def keeps_what_was_given(kind, value, x_t, alpha_bar):
    c, s = _roots(alpha_bar)
    clean, noise = _ends(kind, value, x_t, c, s)
    v = value if kind == "v" else c * noise - s * clean
    score = value if kind == "score" else -noise / s
    return clean.clone(), noise.clone(), v, score


mistakes = [
    Mistake(roots_missing, "The roots are missing: x_t = √ᾱ x_0 + √(1 - ᾱ) ε."),
    Mistake(noise_weight_without_root, "The weight of the noise is √(1 - ᾱ), not 1 - ᾱ."),
    Mistake(weights_swapped, "√ᾱ and √(1 - ᾱ) have changed places: √ᾱ goes with x_0."),
    Mistake(v_of_other_sign, "Your v has the other sign: here it is √ᾱ ε - √(1 - ᾱ) x_0, noise minus data."),
    Mistake(v_is_a_sum, "v is a difference: √ᾱ ε minus √(1 - ᾱ) x_0."),
    Mistake(v_returned_of_other_sign, "The v that you return has the other sign than the one that you take."),
    Mistake(v_with_swapped_weights, "In v the weights are crossed: √ᾱ goes with ε, and √(1 - ᾱ) with x_0."),
    Mistake(score_of_other_sign, "Your score has the wrong sign: it points against the noise, back to the data."),
    Mistake(score_is_minus_noise, "The score is -ε divided by √(1 - ᾱ): little noise means a steep density."),
    Mistake(score_by_variance, "You divide by 1 - ᾱ. ε has variance 1 already, so √(1 - ᾱ) is left in the score."),
    Mistake(score_multiplied, "The score is -ε divided by √(1 - ᾱ), not multiplied with it."),
    Mistake(score_divided_by_signal, "The score is -ε / √(1 - ᾱ): the noise's weight, not that of the data."),
    Mistake(not_divided_by_signal, "x_t without its noise is √ᾱ x_0: divide by √ᾱ."),
    Mistake(noise_added_back, "The noise is to be taken off x_t, not added once more."),
    Mistake(noise_not_divided, "x_t - √ᾱ x_0 is the noise times √(1 - ᾱ): divide by that."),
    Mistake(clean_not_shrunk, "x_t holds √ᾱ x_0, so that is what to take off it, not x_0."),
    Mistake(v_turned_the_wrong_way, "From v you turn the wrong way: x_0 = √ᾱ x_t - √(1 - ᾱ) v, and ε = √(1 - ᾱ) x_t + √ᾱ v."),
    Mistake(v_by_division, "From v you find x_0 by a division, guarded by a small number, which spoils it at ᾱ near 0: no division is needed."),
    Mistake(v_divides_by_the_signal, "From v, x_0 = √ᾱ x_t - √(1 - ᾱ) v as it stands: nothing has to be divided."),
    Mistake(signal_bounded, "You bound ᾱ away from 0 or 1. What is asked for is finite there, too."),
    Mistake(clean_clamped, "You clamp x_0: data of any range are to be converted."),
    Mistake(score_treated_as_noise, "You take a given score for noise."),
    Mistake(order_of_results, "The order of what you return is x_0, noise, v, score."),
    Mistake(given_alone_is_right, "All four of your results are what was given."),
]

also_right = [by_cases, by_angle, keeps_what_was_given]

equivalent_mutants = {}
