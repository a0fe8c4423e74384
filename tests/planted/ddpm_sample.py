"""Planted answers to ddpm-sample, by another author than the check's."""

import torch


def _tables(alpha_bar):
    previous = torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar[:-1]])
    beta = 1 - alpha_bar / previous
    a = previous.sqrt() * beta / (1 - alpha_bar)
    b = (1 - beta).sqrt() * (1 - previous) / (1 - alpha_bar)
    return a, b, beta * (1 - previous) / (1 - alpha_bar), beta


def _walk(predict, shape, alpha_bar, order=reversed, add=lambda variance, beta, t,
          x: variance.sqrt() * torch.randn_like(x)):
    a, b, variance, beta = _tables(alpha_bar)
    x = torch.randn(shape, dtype=alpha_bar.dtype)
    with torch.no_grad():
        for t in order(range(len(alpha_bar))):
            x = a[t] * predict(x, torch.full(shape[:1], t)) + b[t] * x + add(variance[t], beta[t], t, x)
    return x


def forwards(predict, shape, alpha_bar):
    return _walk(predict, shape, alpha_bar, order=list)


def means_only(predict, shape, alpha_bar):
    return _walk(predict, shape, alpha_bar, add=lambda variance, beta, t, x: 0.0)


def variance_for_deviation(predict, shape, alpha_bar):
    return _walk(predict, shape, alpha_bar, add=lambda variance, beta, t, x: variance * torch.randn_like(x))


def beta_if_not_last(predict, shape, alpha_bar):
    return _walk(predict, shape, alpha_bar, add=lambda variance, beta, t,
                 x: (t > 0) * beta.sqrt() * torch.randn_like(x))


def uniform_steps(predict, shape, alpha_bar):
    return _walk(predict, shape, alpha_bar, add=lambda variance, beta, t, x: variance.sqrt() * torch.rand_like(x))


def noise_shared_by_rows(predict, shape, alpha_bar):
    return _walk(predict, shape, alpha_bar,
                 add=lambda variance, beta, t, x: variance.sqrt() * torch.randn(1, *x.shape[1:], dtype=x.dtype))


def stops_early(predict, shape, alpha_bar):
    return _walk(predict, shape, alpha_bar, order=lambda times: list(times)[:0:-1])


def graph_all_the_way(predict, shape, alpha_bar):
    a, b, variance, _ = _tables(alpha_bar)
    x = torch.randn(shape, dtype=alpha_bar.dtype)
    for t in reversed(range(len(alpha_bar))):
        x = a[t] * predict(x, torch.full(shape[:1], t)) + b[t] * x + variance[t].sqrt() * torch.randn_like(x)
    return x


def begins_with_nothing(predict, shape, alpha_bar):
    a, b, variance, _ = _tables(alpha_bar)
    x = torch.zeros(shape, dtype=alpha_bar.dtype)
    with torch.no_grad():
        for t in reversed(range(len(alpha_bar))):
            x = a[t] * predict(x, torch.full(shape[:1], t)) + b[t] * x + variance[t].sqrt() * torch.randn_like(x)
    return x


def a_list_of_states(predict, shape, alpha_bar):
    states = [torch.randn(shape, dtype=alpha_bar.dtype)]
    a, b, variance, _ = _tables(alpha_bar)
    for t in range(len(alpha_bar) - 1, -1, -1):
        with torch.no_grad():
            states.append(a[t] * predict(states[-1], torch.full(shape[:1], t)) + b[t] * states[-1])
        states[-1] += variance[t].sqrt() * torch.randn(shape, dtype=alpha_bar.dtype)
    return states[-1]


def by_recursion(predict, shape, alpha_bar):
    a, b, variance, _ = _tables(alpha_bar)

    @torch.no_grad()
    def walk(x, t):
        if t < 0:
            return x
        mean = a[t] * predict(x, torch.full(shape[:1], t)) + b[t] * x
        return walk(torch.normal(mean, variance[t].sqrt() * torch.ones_like(mean)), t - 1)

    return walk(torch.randn(shape, dtype=alpha_bar.dtype), len(alpha_bar) - 1)


wrong = [
    (forwards, "ascending"), (means_only, "no_noise"), (variance_for_deviation, "noise_without_root"),
    (beta_if_not_last, "beta_but_last"), (uniform_steps, "uniform_noise"), (noise_shared_by_rows, "one_noise_for_all"),
    (stops_early, "first_time_left_out"), (graph_all_the_way, "graph_kept"), (begins_with_nothing, "starts_at_zero"),
]
right = [a_list_of_states, by_recursion]
