"""Answers to ddpm-loss: wrong ones with the sentence that names each, and right ones."""

import torch
import torch.nn.functional as F

from grading.checks.exercise import Mistake


def _draw_t(x_0, alpha_bar):
    return torch.randint(0, len(alpha_bar), (len(x_0),))


def _wide(values, x_0):
    return values.view(-1, *[1] * (x_0.ndim - 1))


def _v(x_0, noise, c, s):
    return c * noise - s * x_0


def _loss(network, x_0, alpha_bar, kind, draw_t=_draw_t, draw=torch.randn_like, mean=torch.mean, v=_v, index=lambda t: t,
          weights=lambda k: (k.sqrt(), (1 - k).sqrt()), target_noise=lambda noise: noise):
    t = draw_t(x_0, alpha_bar)
    c, s = weights(_wide(alpha_bar[index(t)], x_0))
    noise = draw(x_0)
    said = network(c * x_0 + s * noise, t)
    noise = target_noise(noise)
    return mean((said - (noise if kind == "noise" else v(x_0, noise, c, s))) ** 2)


# Known mistakes


def predicts_the_data(network, x_0, alpha_bar, kind):
    t = _draw_t(x_0, alpha_bar)
    kept = _wide(alpha_bar[t], x_0)
    noise = torch.randn_like(x_0)
    target = x_0 if kind == "noise" else _v(x_0, noise, kept.sqrt(), (1 - kept).sqrt())
    return F.mse_loss(network(kept.sqrt() * x_0 + (1 - kept).sqrt() * noise, t), target)


def noise_drawn_again(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, target_noise=torch.randn_like)


def summed(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, mean=torch.sum)


def summed_over_values(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, mean=lambda miss: miss.flatten(1).sum(1).mean())


def one_for_each_row(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, mean=lambda miss: miss.flatten(1).mean(1))


def halved(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind) / 2


def rooted(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind).sqrt()


def absolute(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, mean=lambda miss: miss.sqrt().mean())


def last_time_never(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, draw_t=lambda x, a: torch.randint(0, len(a) - 1, (len(x),)))


def first_time_never(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, draw_t=lambda x, a: torch.randint(1, len(a), (len(x),)))


def one_time_for_all(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, draw_t=lambda x, a: torch.randint(0, len(a), (1,)).expand(len(x)))


def times_in_turn(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, draw_t=lambda x, a: torch.arange(len(x)) % len(a))


def rounded_times(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, draw_t=lambda x, a: (torch.rand(len(x)) * (len(a) - 1)).round().long())


def normal_times(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind,
                 draw_t=lambda x, a: (torch.randn(len(x)).sigmoid() * len(a)).long().clamp(max=len(a) - 1))


def uniform_noise(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, draw=torch.rand_like)


def one_noise_for_all(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, draw=lambda x: torch.randn_like(x[:1]).expand_as(x))


def one_number_a_row(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, draw=lambda x: torch.randn_like(x.flatten(1)[:, 0]).view(
        -1, *[1] * (x.ndim - 1)).expand_as(x))


def noise_of_the_data(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, draw=lambda x: x.std() * torch.randn_like(x))


def seeded(network, x_0, alpha_bar, kind):
    rng = torch.Generator().manual_seed(0)
    return _loss(network, x_0, alpha_bar, kind, draw=lambda x: torch.randn(x.shape, generator=rng, dtype=x.dtype))


def alpha_of_one_step(network, x_0, alpha_bar, kind):
    alpha = alpha_bar / torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar[:-1]])
    return _loss(network, x_0, alpha, kind)


def off_by_one(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, index=lambda t: t - 1)


def roots_missing(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, weights=lambda k: (k, 1 - k))


def noise_weight_without_root(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, weights=lambda k: (k.sqrt(), 1 - k))


def weights_swapped(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, weights=lambda k: ((1 - k).sqrt(), k.sqrt()))


def shown_the_data(network, x_0, alpha_bar, kind):
    t, noise = _draw_t(x_0, alpha_bar), torch.randn_like(x_0)
    kept = _wide(alpha_bar[t], x_0)
    target = noise if kind == "noise" else _v(x_0, noise, kept.sqrt(), (1 - kept).sqrt())
    return F.mse_loss(network(x_0, t), target)


def v_of_other_sign(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, v=lambda x, e, c, s: s * x - c * e)


def v_is_a_sum(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, v=lambda x, e, c, s: c * e + s * x)


def v_is_the_path(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, v=lambda x, e, c, s: e - x)


def v_weights_crossed(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, v=lambda x, e, c, s: s * e - c * x)


def always_noise(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, "noise")


def detached(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind).detach()


# Also right


def with_mse_loss(network, x_0, alpha_bar, kind):
    B, T = x_0.shape[0], alpha_bar.shape[0]
    t = torch.randint(T, size=(B,))
    signal = alpha_bar.sqrt()[t].reshape(B, *(1 for _ in x_0.shape[1:]))
    scale = (1 - alpha_bar).sqrt()[t].reshape(signal.shape)
    eps = torch.randn(x_0.shape, dtype=x_0.dtype)
    target = {"noise": eps, "v": signal * eps - scale * x_0}[kind]
    return F.mse_loss(network(signal * x_0 + scale * eps, t), target)


def times_by_multinomial(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind,
                 draw_t=lambda x, a: torch.multinomial(torch.ones_like(a), len(x), replacement=True))


def rows_first(network, x_0, alpha_bar, kind):
    return _loss(network, x_0, alpha_bar, kind, mean=lambda miss: miss.flatten(1).mean(1).mean(),
                 draw=lambda x: torch.empty_like(x).normal_())


mistakes = [
    Mistake(predicts_the_data, "With kind \"noise\" your target is x_0. It is the noise that is in x_t."),
    Mistake(noise_drawn_again, "Your target is another noise than that in x_t: draw it once and use it twice."),
    Mistake(summed, "You sum over all values, so that the loss grows with the batch and the image: take the mean."),
    Mistake(summed_over_values, "You sum over the values of each row, so that the loss grows with the image: take the mean."),
    Mistake(one_for_each_row, "You return a loss for each row. One number is asked for: the mean."),
    Mistake(halved, "Your loss is half of the mean of the squares."),
    Mistake(rooted, "You take a root. The mean of the squares is asked for."),
    Mistake(absolute, "You take the mean of the absolute miss. That of its square is asked for."),
    Mistake(last_time_never, "The last time is never drawn: randint leaves its upper end out by itself."),
    Mistake(first_time_never, "Time 0 is never drawn. Code counts 0 … T-1 where papers count 1 … T."),
    Mistake(one_time_for_all, "All rows share one time, which makes the loss jump from batch to batch: draw one for each row."),
    Mistake(times_in_turn, "Your times are the same at every call: draw them."),
    Mistake(rounded_times, "Rounding makes the two ends half as frequent as the others: draw whole numbers with randint."),
    Mistake(normal_times, "Your times crowd in the middle. They are to be uniform."),
    Mistake(uniform_noise, "Your noise is uniform in [0, 1): rand for randn."),
    Mistake(one_noise_for_all, "All rows share the same noise: draw it for each."),
    Mistake(one_number_a_row, "Each row has a single number for its noise: draw one for every value."),
    Mistake(noise_of_the_data, "Your noise is as large as the data. It is standard normal, whatever the data are."),
    Mistake(seeded, "Your noise is the same at every call: draw it without a seed of your own."),
    Mistake(alpha_of_one_step, "You take α_t of one step for ᾱ_t."),
    Mistake(off_by_one, "Your ᾱ belongs to another time than the one that the network is told."),
    Mistake(roots_missing, "The roots are missing: √ᾱ_t and √(1 - ᾱ_t)."),
    Mistake(noise_weight_without_root, "The weight of the noise is √(1 - ᾱ_t), not 1 - ᾱ_t."),
    Mistake(weights_swapped, "Data and noise have changed places in x_t."),
    Mistake(shown_the_data, "The network is shown x_0 instead of x_t: nothing of the noise is in it."),
    Mistake(v_of_other_sign, "Your v has the other sign: √ᾱ noise - √(1 - ᾱ) x_0."),
    Mistake(v_is_a_sum, "v is a difference: √ᾱ noise minus √(1 - ᾱ) x_0."),
    Mistake(v_is_the_path, "noise - x_0 is the velocity of a straight path. Here it is √ᾱ noise - √(1 - ᾱ) x_0."),
    Mistake(v_weights_crossed, "In v the weights are crossed: √ᾱ goes with the noise, √(1 - ᾱ) with x_0."),
    Mistake(always_noise, "Your target is the noise whatever `kind` says."),
    Mistake(detached, "No gradient reaches the network: do not detach the loss."),
]

also_right = [with_mse_loss, times_by_multinomial, rows_first]

equivalent_mutants = {
    "return ((network(x_t, t) - target) ** 2).mean(): network(x_t, t) - target → target - network(x_t, t)":
        "a square has no sign",
    "t = torch.randint(0, len(alpha_bar), (len(x_0),), device=x_0.device): x_0 → alpha_bar": "both lie on one device",
    "t = torch.randint(0, len(alpha_bar), (len(x_0),), device=x_0.device): torch.randint(0, len(alpha_bar), (len(x_0),), "
    "device=x_0.device) → torch.randint(0, len(alpha_bar), (len(x_0),))": "there is one device here",
}
