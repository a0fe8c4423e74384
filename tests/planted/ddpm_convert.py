"""Planted answers to ddpm-convert, by another author than the check's."""

import torch


def _right(kind, value, x_t, alpha_bar):
    c, s = alpha_bar**0.5, (1 - alpha_bar) ** 0.5
    if kind == "clean":
        x, e = value, (x_t - c * value) / s
    if kind == "noise":
        x, e = (x_t - s * value) / c, value
    if kind == "v":
        x, e = c * x_t - s * value, s * x_t + c * value
    if kind == "score":
        x, e = (x_t + s * s * value) / c, -s * value
    return x, e, c * e - s * x, -e / s


def plus_score(kind, value, x_t, alpha_bar):
    x, e, v, score = _right(kind, -value if kind == "score" else value, x_t, alpha_bar)
    return x, e, v, -score


def v_reversed(kind, value, x_t, alpha_bar):
    x, e, v, score = _right(kind, -value if kind == "v" else value, x_t, alpha_bar)
    return x, e, -v, score


def noise_and_data_exchanged(kind, value, x_t, alpha_bar):
    x, e, v, score = _right(kind, value, x_t, alpha_bar)
    return e, x, v, score


def score_not_scaled(kind, value, x_t, alpha_bar):
    x, e, v, _ = _right("noise" if kind == "score" else kind, -value if kind == "score" else value, x_t, alpha_bar)
    return x, e, v, -e


def data_clipped(kind, value, x_t, alpha_bar):
    x, e, v, score = _right(kind, value, x_t, alpha_bar)
    return torch.clip(x, -1, 1), e, v, score


def score_by_the_variance(kind, value, x_t, alpha_bar):
    x, e, v, _ = _right("noise" if kind == "score" else kind, -(1 - alpha_bar) * value if kind == "score" else value,
                        x_t, alpha_bar)
    return x, e, v, -e / (1 - alpha_bar)


def via_the_noise(kind, value, x_t, alpha_bar):
    c, s = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    _, e, v, score = _right(kind, value, x_t, alpha_bar)
    noise = {"clean": e, "noise": value, "v": s * x_t + c * value, "score": -s * value}[kind]
    return (value if kind == "clean" else c * x_t - s * v), noise, v, score


def with_matrices(kind, value, x_t, alpha_bar):
    c, s = (part.expand_as(x_t) for part in (alpha_bar.sqrt(), (1 - alpha_bar).sqrt()))
    if kind != "v":
        x, e, v, score = _right(kind, value, x_t, alpha_bar)
    else:
        turn = torch.stack([torch.stack([c, -s], -1), torch.stack([s, c], -1)], -2)
        x, e = (turn @ torch.stack([x_t, value], -1)[..., None])[..., 0].unbind(-1)
        v, score = value, -e / s
    return x, e, v, score


wrong = [
    (plus_score, "score_of_other_sign"), (v_reversed, "v_of_other_sign"), (noise_and_data_exchanged,
                                                                           "order_of_results"),
    (score_not_scaled, "score_is_minus_noise"), (data_clipped, "clean_clamped"), (score_by_the_variance,
                                                                                  "score_by_variance"),
]
right = [via_the_noise, with_matrices]
