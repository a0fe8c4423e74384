"""Answers to flowmatch-velocity: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _variance(t, std):
    return (1 - t) ** 2 + t**2 * std**2


def _covariance(t, std):
    return t * std**2 - (1 - t)


# Known mistakes


def covariance_flipped(x, t, mean, std):
    return mean - _covariance(t, std) / _variance(t, std) * (x - t * mean)


def covariance_added(x, t, mean, std):
    return mean + (t * std**2 + 1 - t) / _variance(t, std) * (x - t * mean)


def std_not_squared(x, t, mean, std):
    return mean + (t * std - (1 - t)) / ((1 - t) ** 2 + t**2 * std) * (x - t * mean)


def std_not_squared_above(x, t, mean, std):
    return mean + (t * std - (1 - t)) / _variance(t, std) * (x - t * mean)


def weights_not_squared(x, t, mean, std):
    return mean + _covariance(t, std) / ((1 - t) + t * std**2) * (x - t * mean)


def standard_deviation_below(x, t, mean, std):
    return mean + _covariance(t, std) / _variance(t, std) ** 0.5 * (x - t * mean)


def not_centred(x, t, mean, std):
    return mean + _covariance(t, std) / _variance(t, std) * x


def centred_at_the_mean(x, t, mean, std):
    return mean + _covariance(t, std) / _variance(t, std) * (x - mean)


def without_mean(x, t, mean, std):
    return _covariance(t, std) / _variance(t, std) * (x - t * mean)


def mean_times_t(x, t, mean, std):
    return t * mean + _covariance(t, std) / _variance(t, std) * (x - t * mean)


def time_backwards(x, t, mean, std):
    return mean + _covariance(1 - t, std) / _variance(1 - t, std) * (x - (1 - t) * mean)


def data_guess(x, t, mean, std):
    return mean + t * std**2 / _variance(t, std) * (x - t * mean)


def noise_guess(x, t, mean, std):
    return (1 - t) / _variance(t, std) * (x - t * mean)


def noise_minus_data(x, t, mean, std):
    return -mean - _covariance(t, std) / _variance(t, std) * (x - t * mean)


def data_minus_place(x, t, mean, std):
    return data_guess(x, t, mean, std) - x


def noise_at_place(x, t, mean, std):
    return data_guess(x, t, mean, std) - (x - t * mean) / (1 - t) * (1 - t)


def by_what_is_left(x, t, mean, std):
    return (data_guess(x, t, mean, std) - x) / (1 - t)


def by_what_is_left_guarded(x, t, mean, std):
    return (data_guess(x, t, mean, std) - x) / max(1 - t, 1e-3)


def by_what_is_done(x, t, mean, std):
    return (x - noise_guess(x, t, mean, std)) / t


def covariance_without_t(x, t, mean, std):
    return mean + (std**2 - 1) / _variance(t, std) * (x - t * mean)


def covariance_of_squares(x, t, mean, std):
    return mean + (t**2 * std**2 - (1 - t) ** 2) / _variance(t, std) * (x - t * mean)


def noise_of_no_spread(x, t, mean, std):
    return mean + t * std**2 / (t**2 * std**2) * (x - t * mean)


def log_variance(x, t, mean, std):
    s2 = std.exp()
    return mean + (t * s2 - (1 - t)) / ((1 - t) ** 2 + t**2 * s2) * (x - t * mean)


def straight_to_the_mean(x, t, mean, std):
    return mean - x


def rate_of_the_spread(x, t, mean, std):
    return mean + (std - 1) / ((1 - t) + t * std) * (x - t * mean)


def variance_with_a_little_more(x, t, mean, std):
    return mean + _covariance(t, std) / (_variance(t, std) + 1e-8) * (x - t * mean)


def std_of_a_thousandth_at_least(x, t, mean, std):
    std = std.clamp_min(1e-3)
    return mean + _covariance(t, std) / _variance(t, std) * (x - t * mean)


# Also right


def by_two_guesses(x, t, mean, std):
    rest = (x - t * mean) / _variance(t, std)
    return (mean + t * std**2 * rest) - (1 - t) * rest


def by_the_growth_of_the_spread(x, t, mean, std):
    """d/dt of log of the standard deviation of x_t is the slope."""
    variance = (1 - t) ** 2 + (t * std) ** 2
    half_of_its_slope = -(1 - t) + t * std.square()
    return (half_of_its_slope * (x - t * mean) + variance * mean) / variance


def coordinate_by_coordinate(x, t, mean, std):
    out = torch.empty_like(x)
    for k in range(x.shape[1]):
        m, s2 = mean[k].item(), std[k].item() ** 2
        out[:, k] = m + (t * s2 + t - 1) / (1 - 2 * t + t * t + t * t * s2) * (x[:, k] - t * m)
    return out


mistakes = [
    Mistake(covariance_flipped, "Your covariance has the wrong sign: x_1 enters x_1 - x_0 with +1, x_0 with -1."),
    Mistake(covariance_added, "In your covariance both parts are added: x_0 enters x_1 - x_0 with a minus."),
    Mistake(std_not_squared, "A variance is the square of std."),
    Mistake(std_not_squared_above, "In your covariance std is not squared: x_1 contributes t times its variance."),
    Mistake(weights_not_squared, "In the variance of x_t the weights are squared: (1 - t)² and t²."),
    Mistake(standard_deviation_below, "You divide by the standard deviation of x_t: its variance belongs there."),
    Mistake(not_centred, "You do not subtract the mean of x_t from x: it is t times the mean of the data."),
    Mistake(centred_at_the_mean, "You subtract the mean of the data: x_t has the mean t·m, because noise has the mean 0."),
    Mistake(without_mean, "The mean of x_1 - x_0 is missing: m is added in front."),
    Mistake(mean_times_t, "In front stands the mean of x_1 - x_0, which is m, not t·m."),
    Mistake(time_backwards, "Your time runs from data to noise: here t = 1 is data."),
    Mistake(data_guess, "That is the best guess of the data, E[x_1 | x_t]: the velocity also subtracts that of the noise."),
    Mistake(noise_guess, "That is the best guess of the noise, E[x_0 | x_t]: the velocity is that of the data minus this."),
    Mistake(noise_minus_data, "Your velocity points from data to noise: it is x_1 - x_0."),
    Mistake(data_minus_place, "That is the way that is left, E[x_1 | x_t] - x: divided by the time left, 1 - t, it is a "
            "velocity (and 0/0 at t = 1)."),
    Mistake(noise_at_place, "You subtract x_t instead of the best guess of the noise."),
    Mistake(by_what_is_left, "Right before the end. At t = 1 the way that is left, divided by the time that is left, is 0/0: "
            "use the covariance."),
    Mistake(by_what_is_left_guarded, "Right before the end. At t = 1 your guarded division gives 0: use the covariance, which "
            "divides by a variance."),
    Mistake(by_what_is_done, "Right after the start. At t = 0 the way that is done, divided by the time it took, is 0/0: use "
            "the covariance."),
    Mistake(variance_with_a_little_more, "You add a little to the variance of x_t. At t = 1 it is the data's own, which may be smaller than "
            "that little; it is never 0."),
    Mistake(std_of_a_thousandth_at_least, "You keep std away from 0. Data may be narrower, and your slope near t = 1 is then too small."),
    Mistake(covariance_without_t, "The weights of x_t are missing in your covariance: 1 - t for the noise and t for the data."),
    Mistake(covariance_of_squares, "Your covariance has the weights squared: one of the two factors is ±1, the other t or 1 - t."),
    Mistake(noise_of_no_spread, "The noise is missing in your variance and covariance: its variance is 1."),
    Mistake(log_variance, "You take std for log σ²: it is a standard deviation."),
    Mistake(straight_to_the_mean, "That is right at t = 0 only: later x_t tells something about its pair."),
    Mistake(rate_of_the_spread, "The spread of x_t does not grow along a line: variances add up, standard deviations do not."),
]

also_right = [by_two_guesses, by_the_growth_of_the_spread, coordinate_by_coordinate]

equivalent_mutants = {
    "variance = (1 - t) ** 2 + t**2 * std**2: 1 - t → t - 1": "its square is the same",
}
