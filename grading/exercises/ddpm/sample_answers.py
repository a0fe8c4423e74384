"""Answers to ddpm-sample: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _mean(guess, x, kept, before, beta):
    return (before.sqrt() * beta * guess + (1 - beta).sqrt() * (1 - before) * x) / (1 - kept)


def _variance(kept, before, beta):
    return beta * (1 - before) / (1 - kept)


def _chain(predict, shape, alpha_bar, mean=_mean, variance=_variance, start=torch.randn, draw=torch.randn_like, times=None,
           before=None, told=lambda t: t, noise_at=lambda t: True, guess_of=lambda guess: guess):
    x = start(shape, dtype=alpha_bar.dtype)
    with torch.no_grad():
        for t in reversed(range(len(alpha_bar))) if times is None else times(len(alpha_bar)):
            kept = alpha_bar[t]
            past = (alpha_bar[t - 1] if t > 0 else torch.ones_like(kept)) if before is None else before(alpha_bar, t)
            beta = 1 - kept / past
            guess = guess_of(predict(x, torch.full((shape[0],), told(t))))
            x = mean(guess, x, kept, past, beta) + noise_at(t) * variance(kept, past, beta).clamp(min=0).sqrt() * draw(x)
    return x


# Known mistakes


def ascending(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, times=range)


def first_time_left_out(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, times=lambda T: range(T - 1, 0, -1))


def last_time_left_out(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, times=lambda T: range(T - 2, -1, -1))


def times_from_one(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, told=lambda t: min(t + 1, len(alpha_bar) - 1))


def one_time_alone(predict, shape, alpha_bar):
    return _sample_with_form(predict, shape, alpha_bar, lambda t: torch.tensor([t]))


def _sample_with_form(predict, shape, alpha_bar, form):
    return _chain(lambda x, t: predict(x, form(int(t[0]))), shape, alpha_bar)


def starts_at_zero(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, start=torch.zeros)


def starts_uniform(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, start=torch.rand)


def starts_small(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar,
                  start=lambda shape, dtype: (1 - alpha_bar[-1]).sqrt() * 0.5 * torch.randn(shape, dtype=dtype))


def noise_at_the_end(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, variance=lambda kept, past, beta: beta)


def beta_but_last(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, variance=lambda kept, past, beta: beta * (past < 1))


def no_noise(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, noise_at=lambda t: False)


def noise_without_root(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, variance=lambda kept, past, beta: _variance(kept, past, beta) ** 2)


def noise_of_one(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, variance=lambda kept, past, beta: torch.ones_like(beta) * (past < 1))


def last_step_of_full_noise(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar,
                  variance=lambda kept, past, beta: _variance(kept, past, beta) + (past == 1) * beta)


def variance_of_the_past(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, variance=lambda kept, past, beta: 1 - past)


def noised_anew(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, mean=lambda guess, x, kept, past, beta: past.sqrt() * guess,
                  variance=lambda kept, past, beta: 1 - past)


def deterministic(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, noise_at=lambda t: False, mean=lambda guess, x, kept, past, beta: (
        past.sqrt() * guess + (1 - past).sqrt() * (x - kept.sqrt() * guess) / (1 - kept).sqrt()))


def guess_taken_for_noise(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar,
                  mean=lambda guess, x, kept, past, beta: (x - beta / (1 - kept).sqrt() * guess) / (1 - beta).sqrt())


def roots_missing(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, mean=lambda guess, x, kept, past, beta: (
        past * beta * guess + (1 - beta) * (1 - past) * x) / (1 - kept))


def kept_for_past(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, mean=lambda guess, x, kept, past, beta: (
        kept.sqrt() * beta * guess + (1 - beta).sqrt() * (1 - past) * x) / (1 - kept))


def guess_and_state_swapped(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, mean=lambda guess, x, kept, past, beta: _mean(x, guess, kept, past, beta))


def straight_to_the_guess(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, mean=lambda guess, x, kept, past, beta: guess,
                  variance=lambda kept, past, beta: 1 - past)


def last_for_first(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, before=lambda kept, t: kept[t - 1])


def first_repeated(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, before=lambda kept, t: kept[max(t - 1, 0)])


def guess_clamped(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, guess_of=lambda guess: guess.clamp(-1, 1))


def state_clamped(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar,
                  mean=lambda guess, x, kept, past, beta: _mean(guess, x, kept, past, beta).clamp(-3, 3))


def same_noise_every_step(predict, shape, alpha_bar):
    noise = torch.randn(shape, dtype=alpha_bar.dtype)
    return _chain(predict, shape, alpha_bar, draw=lambda x: noise)


def start_as_noise(predict, shape, alpha_bar):
    noise = torch.randn(shape, dtype=alpha_bar.dtype)
    return _chain(predict, shape, alpha_bar, start=lambda shape, dtype: noise, draw=lambda x: noise)


def one_noise_for_all(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, draw=lambda x: torch.randn_like(x[:1]).expand_as(x))


def uniform_noise(predict, shape, alpha_bar):
    return _chain(predict, shape, alpha_bar, draw=torch.rand_like)


def seeded(predict, shape, alpha_bar):
    rng = torch.Generator().manual_seed(0)
    return _chain(predict, shape, alpha_bar, start=lambda shape, dtype: torch.randn(shape, generator=rng, dtype=dtype),
                  draw=lambda x: torch.randn(x.shape, generator=rng, dtype=x.dtype))


def graph_kept(predict, shape, alpha_bar):
    x = torch.randn(shape, dtype=alpha_bar.dtype)
    for t in reversed(range(len(alpha_bar))):
        kept, past = alpha_bar[t], alpha_bar[t - 1] if t > 0 else torch.ones_like(alpha_bar[0])
        beta = 1 - kept / past
        guess = predict(x, torch.full((shape[0],), t))
        x = _mean(guess, x, kept, past, beta) + _variance(kept, past, beta).sqrt() * torch.randn_like(x)
    return x


def graph_cut_at_the_end(predict, shape, alpha_bar):
    return graph_kept(predict, shape, alpha_bar).detach()


# Also right


def step_by_names(predict, shape, alpha_bar):
    T = len(alpha_bar)
    previous = torch.cat([torch.ones(1, dtype=alpha_bar.dtype), alpha_bar[:-1]])
    betas = 1 - alpha_bar / previous
    x = torch.empty(shape, dtype=alpha_bar.dtype).normal_()
    for step in range(T - 1, -1, -1):
        t = torch.tensor([step] * shape[0], dtype=torch.long)
        x_0 = predict(x, t).detach()
        a = previous[step].sqrt() * betas[step] / (1 - alpha_bar[step])
        b = (1 - betas[step]).sqrt() * (1 - previous[step]) / (1 - alpha_bar[step])
        x = a * x_0 + b * x
        if step > 0:
            x = x + ((1 - previous[step]) / (1 - alpha_bar[step]) * betas[step]).sqrt() * torch.randn(x.shape, dtype=x.dtype)
    return x


@torch.no_grad()
def by_the_noise(predict, shape, alpha_bar):
    x = torch.randn(*shape, dtype=alpha_bar.dtype)
    for t in range(len(alpha_bar))[::-1]:
        guess = predict(x, torch.ones(shape[0], dtype=torch.long) * t)
        kept = alpha_bar[t]
        past = alpha_bar[t - 1] if t else torch.tensor(1.0, dtype=alpha_bar.dtype)
        noise = (x - kept.sqrt() * guess) / (1 - kept).sqrt()
        beta = 1 - kept / past
        x = (x - beta / (1 - kept).sqrt() * noise) / (1 - beta).sqrt()
        if t:
            x += torch.randn_like(x) * torch.sqrt(beta * (1 - past) / (1 - kept))
    return x


def with_normal(predict, shape, alpha_bar):
    x = torch.normal(0.0, 1.0, shape, dtype=alpha_bar.dtype)
    with torch.inference_mode(False), torch.no_grad():
        for t in sorted(range(len(alpha_bar)), reverse=True):
            kept, past = alpha_bar[t], alpha_bar[t - 1] if t > 0 else alpha_bar.new_ones(())
            beta = 1 - kept / past
            mean = _mean(predict(x, torch.full(shape[:1], t)), x, kept, past, beta)
            x = torch.normal(mean, _variance(kept, past, beta).sqrt().expand_as(mean).contiguous()) if t else mean
    return x


mistakes = [
    Mistake(ascending, "You visit the times upwards. Noise is all there is at T-1: begin there and go down to 0."),
    Mistake(first_time_left_out, "You stop at time 1: the step from time 0 to the data is missing."),
    Mistake(last_time_left_out, "You begin at T-2. The last time is T-1, and there the noise is drawn."),
    Mistake(times_from_one, "You tell `predict` another time than the one whose ᾱ you use: both count 0 … T-1."),
    Mistake(one_time_alone, "`predict` wants a time for each row: (B,), all the same."),
    Mistake(starts_at_zero, "Your chain starts at 0. It starts with standard normal noise."),
    Mistake(starts_uniform, "Your chain starts with uniform numbers: rand for randn."),
    Mistake(starts_small, "Your chain starts with noise of another size: it is standard normal."),
    Mistake(noise_at_the_end, "Your last step adds noise, and every step adds β_t. The posterior's variance is smaller, and 0 at time 0."),
    Mistake(beta_but_last, "Your variance is β_t. The posterior's is smaller: β_t (1 - ᾱ_(t-1)) / (1 - ᾱ_t)."),
    Mistake(no_noise, "Your steps go to the mean and add no noise."),
    Mistake(noise_without_root, "Your noise is multiplied with the variance: take its root."),
    Mistake(noise_of_one, "Your steps add noise of variance 1, whatever the time."),
    Mistake(last_step_of_full_noise, "Your last step adds noise. From time 0 one goes to the data themselves."),
    Mistake(variance_of_the_past, "Your variance is 1 - ᾱ_(t-1). x_t also says something of x_(t-1), so the posterior's is smaller."),
    Mistake(noised_anew, "You noise the guess anew and forget x_t: that is q(x_(t-1) | x_0), not the posterior."),
    Mistake(deterministic, "Your steps draw no noise and keep all of the old one: that is DDIM's step. Here the posterior is asked for."),
    Mistake(guess_taken_for_noise, "`predict` guesses x_0. Your formula is the one for a guess of the noise."),
    Mistake(roots_missing, "The roots in the mean are missing: √ᾱ_(t-1) before the guess, √α_t before x_t."),
    Mistake(kept_for_past, "The guess is weighted with √ᾱ_(t-1), of the time before, not with √ᾱ_t."),
    Mistake(guess_and_state_swapped, "The guess and x_t have changed places in the mean."),
    Mistake(straight_to_the_guess, "You jump to the guess itself. Each step goes only to the posterior's mean."),
    Mistake(last_for_first, "At t = 0 your index is -1, the last entry. The time before the first keeps all: ᾱ = 1."),
    Mistake(first_repeated, "At t = 0 you take ᾱ_0 for the time before, so that nothing happens there. It is 1."),
    Mistake(guess_clamped, "You clamp. Noise knows no range, and whoever wants the guess clamped does that in `predict`."),
    Mistake(state_clamped, "You clamp. Noise knows no range, and whoever wants the guess clamped does that in `predict`."),
    Mistake(same_noise_every_step, "The same noise is added in every step: draw it anew."),
    Mistake(start_as_noise, "The noise of the start is added again in every step: draw it anew."),
    Mistake(one_noise_for_all, "All rows share the noise of a step: draw it for each."),
    Mistake(uniform_noise, "Your steps add uniform numbers: rand for randn."),
    Mistake(seeded, "Your noise is the same at every call: draw it without a seed of your own."),
    Mistake(graph_kept, "Your chain builds a graph through all steps, which fills the memory: with torch.no_grad()."),
    Mistake(graph_cut_at_the_end, "You detach at the end only, so that a graph through all steps fills the memory until then."),
]

also_right = [step_by_names, by_the_noise, with_normal]

equivalent_mutants = {
    "x = torch.randn(shape, dtype=alpha_bar.dtype): torch.randn(shape, dtype=alpha_bar.dtype) → torch.randn(shape)":
        "the dtype of the samples is not asked for",
    "kept, before = alpha_bar[t], alpha_bar[t - 1] if t > 0 else torch.ones_like(alpha_bar[0]): 0 → -1":
        "any entry gives the dtype of a 1",
    "x = mean + (beta * (1 - before) / (1 - kept)).sqrt() * torch.randn_like(x): mean + (beta * (1 - before) / (1 - kept))"
    ".sqrt() * torch.randn_like(x) → mean - (beta * (1 - before) / (1 - kept)).sqrt() * torch.randn_like(x)":
        "minus a normal number has the same law",
}
