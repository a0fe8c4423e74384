"""Planted answers to sampling-bits, by another author than the check's."""

import math

import torch


def _kl(x, s):
    return (0.5 * (s * x**2 - s - math.log1p(-s))).flatten(1).sum(1)


def _all(denoise, x, signals, noise, weigh):
    out = 0
    for t, s, eps in zip(signals, signals[1:], noise, strict=False):
        out = out + weigh(t, s) * (x - denoise(math.sqrt(t) * x + math.sqrt(1 - t) * eps, t)).pow(2).flatten(1).sum(1)
    return out


def _snr(s):
    return s / (1 - s)


def noise_error(denoise, x, signals, noise, last):
    """The error of the noise, not of x."""
    out = _kl(x, signals[0]) + last
    for t, s, eps in zip(signals, signals[1:], noise, strict=False):
        x_t = math.sqrt(t) * x + math.sqrt(1 - t) * eps
        guess = (x_t - math.sqrt(t) * denoise(x_t, t)) / math.sqrt(1 - t)
        out = out + 0.5 * (_snr(s) - _snr(t)) * (eps - guess).pow(2).flatten(1).sum(1)
    return out / x[0].numel() / math.log(2)


def snr_of_roots(denoise, x, signals, noise, last):
    def snr(s):
        return math.sqrt(s) / math.sqrt(1 - s)

    return (_kl(x, signals[0]) + _all(denoise, x, signals, noise, lambda t, s: 0.5 * (snr(s) - snr(t))) + last) / (
        x[0].numel() * math.log(2))


def per_pixel_without_last(denoise, x, signals, noise, last):
    core = _kl(x, signals[0]) + _all(denoise, x, signals, noise, lambda t, s: 0.5 * (_snr(s) - _snr(t)))
    return core / x[0].numel() / math.log(2) + last


def log_ten(denoise, x, signals, noise, last):
    core = _kl(x, signals[0]) + _all(denoise, x, signals, noise, lambda t, s: 0.5 * (_snr(s) - _snr(t)))
    return (core + last) / x[0].numel() / math.log(10)


def divided_by_batch(denoise, x, signals, noise, last):
    core = _kl(x, signals[0]) + _all(denoise, x, signals, noise, lambda t, s: 0.5 * (_snr(s) - _snr(t)))
    return (core + last) / x.numel() / math.log(2)


def prior_reversed(denoise, x, signals, noise, last):
    s = signals[0]
    kl = (0.5 * ((1 + s * x**2) / (1 - s) - 1 + math.log(1 - s))).flatten(1).sum(1)
    steps = _all(denoise, x, signals, noise, lambda t, s: 0.5 * (_snr(s) - _snr(t)))
    return (kl + steps + last) / x[0].numel() / math.log(2)


def first_step_skipped(denoise, x, signals, noise, last):
    core = _kl(x, signals[0]) + _all(denoise, x, signals[1:], noise[1:], lambda t, s: 0.5 * (_snr(s) - _snr(t)))
    return (core + last) / x[0].numel() / math.log(2)


def noise_off_by_one(denoise, x, signals, noise, last):
    core = _kl(x, signals[0]) + _all(denoise, x, signals, noise[1:], lambda t, s: 0.5 * (_snr(s) - _snr(t)))
    return (core + last) / x[0].numel() / math.log(2)


def same_noise(denoise, x, signals, noise, last):
    noise = [noise[0]] * len(signals)
    core = _kl(x, signals[0]) + _all(denoise, x, signals, noise, lambda t, s: 0.5 * (_snr(s) - _snr(t)))
    return (core + last) / x[0].numel() / math.log(2)


def own_noise(denoise, x, signals, noise, last):
    core = _kl(x, signals[0]) + _all(denoise, x, signals, [torch.randn_like(x) for _ in signals],
                                     lambda t, s: 0.5 * (_snr(s) - _snr(t)))
    return (core + last) / x[0].numel() / math.log(2)


def with_lists(denoise, x, signals, noise, last):
    parts = [_kl(x, signals[0]), last]
    for i in range(1, len(signals)):
        t, s = signals[i - 1], signals[i]
        guess = denoise(t**0.5 * x + (1 - t) ** 0.5 * noise[i - 1], t)
        parts.append((s - t) / (2 * (1 - s) * (1 - t)) * ((x - guess) ** 2).reshape(len(x), -1).sum(-1))
    return torch.stack(parts).sum(0) / (x.flatten(1).shape[1] * math.log(2))


STEPS = "Each step pays ½ (SNR_s - SNR_t) times the squared error of the guess, summed over all values."
FREE = "With a single time: how far q(x_T | x) is from N(0, I), and the cost of the last step."
BITS = "Bits per dimension: nats, divided by log 2 and by the number of values of one image."

wrong = [
    (noise_error, STEPS), (snr_of_roots, "roots_of_snr"), (per_pixel_without_last, FREE), (log_ten, FREE),
    (divided_by_batch, FREE), (prior_reversed, FREE), (first_step_skipped, STEPS), (noise_off_by_one, STEPS),
    (same_noise, STEPS), (own_noise, STEPS),
]
right = [with_lists]


def _steps(denoise, x, signals, noise, total):
    for now, then, eps in zip(signals, signals[1:], noise, strict=False):
        guess = denoise(math.sqrt(now) * x + math.sqrt(1 - now) * eps, now)
        total = total + 0.5 * (then / (1 - then) - now / (1 - now)) * (x - guess).square().flatten(1).sum(1)
    return total / x[0].numel() / math.log(2)


def _prior(x, first):
    return 0.5 * (first * x**2 - first - math.log1p(-first)).flatten(1).sum(1)


def adds_to_last(denoise, x, signals, noise, last):
    """`nats = last; nats += ...`: the caller's tensor grows."""
    nats = last
    nats += _prior(x, signals[0])
    return _steps(denoise, x, signals, noise, nats)


def takes_the_last_noise_away(denoise, x, signals, noise, last):
    noise.pop()
    return _steps(denoise, x, signals, noise, _prior(x, signals[0]) + last)


def guess_within_three(denoise, x, signals, noise, last):
    return _steps(lambda x_t, now: denoise(x_t, now).clamp(-3, 3), x, signals, noise, _prior(x, signals[0]) + last)


def never_negative(denoise, x, signals, noise, last):
    return _steps(denoise, x, signals, noise, (_prior(x, signals[0]) + last).clamp(min=0))


def backwards_in_time(denoise, x, signals, noise, last):
    total = 0
    for t in reversed(range(len(signals) - 1)):
        now, then = signals[t], signals[t + 1]
        gap = (x - denoise(now**0.5 * x + (1 - now) ** 0.5 * noise[t], now)).reshape(len(x), -1)
        total = total + (then - now) / ((1 - then) * (1 - now)) * torch.einsum("bi,bi->b", gap, gap)
    return (total / 2 + _prior(x, signals[0]) + last) * math.log2(math.e) / math.prod(x.shape[1:])


BOUND = "Each step pays ½ (SNR_s - SNR_t) times the squared error of the guess, summed over all values."
wrong += [
    (adds_to_last, "`bound_bits` changes its argument `last` in place: work on a copy."),
    (takes_the_last_noise_away, "`bound_bits` changes its argument `noise` in place: work on a copy."),
    (guess_within_three, "A denoiser that knows x pays for no step."),
    (never_negative, "With a single time: how far q(x_T | x) is from N(0, I), and the cost of the last step."),
]
right += [backwards_in_time]
