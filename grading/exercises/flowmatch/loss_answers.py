"""Answers to flowmatch-loss: wrong ones with the sentence that names each, and right ones."""

import torch
import torch.nn.functional as F

from grading.checks.exercise import Mistake


def _time(t, x):
    return t.view(-1, *[1] * (x.ndim - 1))


def _place(x, noise, t):
    time = _time(t, x)
    return (1 - time) * noise + time * x


# Known mistakes


def target_backwards(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), t), noise - x)


def time_backwards(network, x, noise, t):
    return F.mse_loss(network(_place(noise, x, t), t), x - noise)


def all_backwards(network, x, noise, t):
    return F.mse_loss(network(_place(noise, x, t), t), noise - x)


def target_data(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), t), x)


def target_noise(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), t), noise)


def target_from_place(network, x, noise, t):
    place = _place(x, noise, t)
    return F.mse_loss(network(place, t), x - place)


def sums(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), t), x - noise, reduction="sum")


def sum_over_values(network, x, noise, t):
    return (network(_place(x, noise, t), t) - (x - noise)).square().flatten(1).sum(1).mean()


def not_averaged(network, x, noise, t):
    return (network(_place(x, noise, t), t) - (x - noise)).square().flatten(1).mean(1)


def halved(network, x, noise, t):
    return 0.5 * F.mse_loss(network(_place(x, noise, t), t), x - noise)


def absolute(network, x, noise, t):
    return F.l1_loss(network(_place(x, noise, t), t), x - noise)


def rooted(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), t), x - noise).sqrt()


def diffusion_path(network, x, noise, t):
    time = _time(t, x)
    return F.mse_loss(network((1 - time).sqrt() * noise + time.sqrt() * x, t), x - noise)


def circle(network, x, noise, t):
    angle = _time(t, x) * torch.pi / 2
    return F.mse_loss(network(angle.cos() * noise + angle.sin() * x, t), x - noise)


def thousands(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), 1000 * t), x - noise)


def noise_side_time(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), 1 - t), x - noise)


def long_times(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), _time(t, x)), x - noise)


def asked_at_data(network, x, noise, t):
    return F.mse_loss(network(x, t), x - noise)


def asked_at_noise(network, x, noise, t):
    return F.mse_loss(network(noise, t), x - noise)


def own_noise(network, x, noise, t):
    noise = torch.randn_like(x)
    return F.mse_loss(network(_place(x, noise, t), t), x - noise)


def own_times(network, x, noise, t):
    t = torch.rand_like(t)
    return F.mse_loss(network(_place(x, noise, t), t), x - noise)


def noise_for_target_only(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), t), x - torch.randn_like(x))


def first_time_for_all(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t[:1].expand(len(t))), t), x - noise)


def cut_off(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), t).detach(), x - noise)


def a_number(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), t), x - noise).item()


def noise_not_scaled(network, x, noise, t):
    return F.mse_loss(network(noise + _time(t, x) * x, t), x - noise)


def small_noise_left(network, x, noise, t):
    time, least = _time(t, x), 1e-2
    place = (1 - (1 - least) * time) * noise + time * x
    return F.mse_loss(network(place, t), x - (1 - least) * noise)


def for_points_only(network, x, noise, t):
    time = t[:, None]
    return F.mse_loss(network((1 - time) * noise + time * x, t), x - noise)


def divided_by_time(network, x, noise, t):
    place = _place(x, noise, t)
    return F.mse_loss(network(place, t), (x - place) / (1 - _time(t, x)))


def asked_twice(network, x, noise, t):
    place = _place(x, noise, t)
    network(place, t)
    return F.mse_loss(network(place, t), x - noise)


def kept_below_100(network, x, noise, t):
    return F.mse_loss(network(_place(x, noise, t), t), x - noise).clamp(max=100)


# Also right


def with_lerp(network, x, noise, t):
    return F.mse_loss(network(torch.lerp(noise, x, _time(t, x)), t), x - noise)


def along_the_velocity(network, x, noise, t):
    velocity = x - noise
    time = t.reshape([len(t)] + [1] * (x.dim() - 1))
    difference = network(noise + time * velocity, t) - velocity
    return (difference * difference).sum() / difference.numel()


def by_transposing(network, x, noise, t):
    place = ((1 - t) * noise.movedim(0, -1) + t * x.movedim(0, -1)).movedim(-1, 0)
    return torch.pow(x - noise - network(place, t), 2).flatten(1).mean(1).mean()


OWN = ("You draw noise or times of your own: use those that were handed over, the same noise in x_t and in the target.")
CUT = ("No gradient reaches the network: do not detach its answer, and return a tensor, not a plain number (leave out "
       "`item`).")

mistakes = [
    Mistake(target_backwards, "Your target points from data to noise: samples would run away from the data. Velocity is end "
            "minus start, and t = 1 is data."),
    Mistake(time_backwards, "Your x_t is data at t = 0: here noise stands at t = 0 and data at t = 1."),
    Mistake(all_backwards, "Your time runs from data to noise, as in diffusion. Here t = 0 is noise and t = 1 is data."),
    Mistake(target_data, "Your target is the data themselves: asked for is the velocity, data minus noise."),
    Mistake(target_noise, "Your target is the noise, as in DDPM: asked for is the velocity, data minus noise."),
    Mistake(target_from_place, "Your target is what is left of the way, data minus x_t. The velocity is constant: data minus "
            "noise."),
    Mistake(divided_by_time, "What is left of the way, divided by the time that is left: right before t = 1, where it is 0/0. "
            "Data minus noise is the same without a division."),
    Mistake(sums, "You sum the squares: their mean over all values is asked for."),
    Mistake(sum_over_values, "You sum over the values of a row and average over rows: a mean over all values is asked for."),
    Mistake(not_averaged, "You return one loss for each row: their mean, a single number, is asked for."),
    Mistake(halved, "A factor ½ stands before your loss: the plain mean of squares is asked for."),
    Mistake(absolute, "You average absolute differences: squares are asked for. (Absolute ones would teach the median.)"),
    Mistake(rooted, "You take the root of the mean: the mean of the squares itself is asked for."),
    Mistake(diffusion_path, "Your path has the weights √(1 - t) and √t: a straight line has 1 - t and t."),
    Mistake(circle, "Your path is an arc, with cosine and sine: a straight line has the weights 1 - t and t."),
    Mistake(thousands, "Your network gets 1000 t: it wants the times as they came."),
    Mistake(noise_side_time, "Your network gets 1 - t: it wants the times as they came."),
    Mistake(long_times, "Your network gets times with more dimensions: it wants t as it came, (B,)."),
    Mistake(asked_at_data, "Your network is asked at the data: it must be asked on the way, at x_t."),
    Mistake(asked_at_noise, "Your network is asked at the noise: it must be asked on the way, at x_t."),
    Mistake(asked_twice, "Right, but your network is asked more than once: once for the whole batch is enough."),
    Mistake(kept_below_100, "Your loss is cut off where it is large: no gradient is left where it is needed most."),
    Mistake(own_noise, OWN), Mistake(own_times, OWN), Mistake(noise_for_target_only, OWN),
    Mistake(first_time_for_all, "The first time moves all rows: each row has its own."),
    Mistake(cut_off, CUT), Mistake(a_number, CUT),
    Mistake(noise_not_scaled, "Your noise keeps its full weight: at t = 1 nothing of it may be left, so it is (1 - t) noise."),
    Mistake(small_noise_left, "A little noise is left at t = 1 in your path (σ_min). It is a published variant; here it is 0."),
    Mistake(for_points_only, "Right for points. For images t needs more than one further dimension: t.view(-1, 1, 1, 1), or as "
            "many as x has."),
]

also_right = [with_lerp, along_the_velocity, by_transposing]

equivalent_mutants = {
    "return (network(x_t, t) - (x - noise)).square().mean(): network(x_t, t) - (x - noise) → x - noise - network(x_t, t)":
        "its square is the same",
    "time = t.view(-1, *[1] * (x.ndim - 1)): x → noise": "noise has the shape of x",
}
