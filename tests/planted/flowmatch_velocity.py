"""Planted answers to flowmatch-velocity, by another hand than the check's."""

import torch


def forgets_the_mean_in_front(x, t, mean, std):
    v = (1 - t) ** 2 + (t * std) ** 2
    return (t * std**2 - 1 + t) / v * (x - t * mean)


def forgets_to_centre(x, t, mean, std):
    v = (1 - t) ** 2 + (t * std) ** 2
    return mean + (t * std**2 - 1 + t) / v * x


def centred_twice(x, t, mean, std):
    v = (1 - t) ** 2 + (t * std) ** 2
    return mean + (t * std**2 - 1 + t) / v * (x - mean)


def std_for_variance(x, t, mean, std):
    v = (1 - t) ** 2 + t**2 * std
    return mean + (t * std - 1 + t) / v * (x - t * mean)


def left_way(x, t, mean, std):
    posterior = mean + t * std**2 * (x - t * mean) / ((1 - t) ** 2 + t**2 * std**2)
    return (posterior - x) / (1 - t)


def denoiser(x, t, mean, std):
    gain = t * std**2 / ((1 - t) ** 2 + t**2 * std**2)
    return (1 - gain * t) * mean + gain * x


def guarded_with_epsilon(x, t, mean, std):
    posterior = mean + t * std**2 * (x - t * mean) / ((1 - t) ** 2 + t**2 * std**2)
    return (posterior - x) / (1 - t + 1e-5)


def diffusion_clock(x, t, mean, std):
    s = 1 - t
    v = (1 - s) ** 2 + s**2 * std**2
    return mean + (s * std**2 - (1 - s)) / v * (x - s * mean)


def sign_of_noise_kept(x, t, mean, std):
    v = (1 - t) ** 2 + t**2 * std**2
    return mean + (t * std**2 + (1 - t)) / v * (x - t * mean)


def linear_variance(x, t, mean, std):
    return mean + (t * std**2 - (1 - t)) / (1 - t + t * std**2) * (x - t * mean)


def square_root_below(x, t, mean, std):
    return mean + (t * std**2 - (1 - t)) / torch.sqrt((1 - t) ** 2 + t**2 * std**2) * (x - t * mean)


def by_difference_of_posteriors(x, t, mean, std):
    rest = (x - t * mean) / ((1 - t) ** 2 + t**2 * std**2)
    data, noise = mean + t * std**2 * rest, (1 - t) * rest
    return data - noise


def by_autograd(x, t, mean, std):
    """d/dt of log sqrt(Var x_t), by autograd."""
    s = torch.tensor(float(t), dtype=torch.float64, requires_grad=True)
    half_log = 0.5 * torch.log((1 - s) ** 2 + s**2 * std.double() ** 2)
    rates = [torch.autograd.grad(h, s, retain_graph=True)[0] for h in half_log]
    return mean + torch.stack(rates).to(x.dtype) * (x - t * mean)


def place_itself_at_the_end(x, t, mean, std):
    if t == 1:
        return x + 0 * mean
    return mean + (t * std**2 - (1 - t)) / ((1 - t) ** 2 + t**2 * std**2) * (x - t * mean)


wrong = [(forgets_the_mean_in_front, "without_mean"), (forgets_to_centre, "not_centred"),
         (centred_twice, "centred_at_the_mean"), (std_for_variance, "std_not_squared"), (left_way, "by_what_is_left"),
         (denoiser, "data_guess"), (guarded_with_epsilon, "by_what_is_left_guarded"),
         (diffusion_clock, "time_backwards"), (sign_of_noise_kept, "covariance_added"),
         (linear_variance, "weights_not_squared"), (square_root_below, "standard_deviation_below")]
right = [place_itself_at_the_end, by_difference_of_posteriors, by_autograd]
