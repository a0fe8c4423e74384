"""Planted answers to pixelcnn-mixture, by another author than the check's."""

import torch
from torch.nn import functional as F


def _mass(x, means, log_scales, levels):
    s = log_scales.exp()
    low, high = (x[:, None] - 0.5 - means) / s, (x[:, None] + 0.5 - means) / s
    inside = F.logsigmoid(high) - F.softplus(low) + torch.log(-torch.expm1(-1 / s))
    inside = torch.where(x[:, None] == 0, F.logsigmoid(high), inside)
    return torch.where(x[:, None] == levels - 1, -F.softplus(low), inside)


def _sum(logits, mass):
    return torch.logsumexp(F.log_softmax(logits, -1) + mass, -1)


def scaled_to_one(x, logits, means, log_scales, levels):
    y = x / (levels - 1)
    s = log_scales.exp()
    half = 0.5 / (levels - 1)
    low, high = (y[:, None] - half - means) / s, (y[:, None] + half - means) / s
    inside = F.logsigmoid(high) - F.softplus(low) + torch.log(-torch.expm1(-2 * half / s))
    inside = torch.where(x[:, None] == 0, F.logsigmoid(high), inside)
    return _sum(logits, torch.where(x[:, None] == levels - 1, -F.softplus(low), inside))


def scales_at_least_a_tenth(x, logits, means, log_scales, levels):
    return _sum(logits, _mass(x, means, log_scales.clamp(min=-2.3), levels))


def scales_at_most_hundred(x, logits, means, log_scales, levels):
    return _sum(logits, _mass(x, means, log_scales.clamp(max=4.6), levels))


def means_within(x, logits, means, log_scales, levels):
    return _sum(logits, _mass(x, means.clamp(0, levels - 1), log_scales, levels))


def edges_by_sigmoids(x, logits, means, log_scales, levels):
    s = log_scales.exp()
    low, high = (x[:, None] - 0.5 - means) / s, (x[:, None] + 0.5 - means) / s
    inside = F.logsigmoid(high) - F.softplus(low) + torch.log(-torch.expm1(-1 / s))
    inside = torch.where(x[:, None] == 0, torch.sigmoid(high).log(), inside)
    return _sum(logits, torch.where(x[:, None] == levels - 1, (1 - torch.sigmoid(low)).log(), inside))


def logarithm_of_the_softmax(x, logits, means, log_scales, levels):
    return torch.logsumexp(logits.softmax(1).log() + _mass(x, means, log_scales, levels), 1)


def summed_then_logarithm(x, logits, means, log_scales, levels):
    return (logits.softmax(1) * _mass(x, means, log_scales, levels).exp()).sum(1).log()


def with_epsilon(x, logits, means, log_scales, levels):
    return ((logits.softmax(1) * _mass(x, means, log_scales, levels).exp()).sum(1) + 1e-12).log()


def best_component(x, logits, means, log_scales, levels):
    return (F.log_softmax(logits, 1) + _mass(x, means, log_scales, levels)).amax(1)


def component_of_the_largest_weight(x, logits, means, log_scales, levels):
    return _mass(x, means, log_scales, levels).gather(1, logits.argmax(1, keepdim=True))[:, 0]


def one_minus_exp(x, logits, means, log_scales, levels):
    """1 - e^a where both ends are far below: the sign of the difference is lost."""
    s = log_scales.exp()
    low, high = (x[:, None] - 0.5 - means) / s, (x[:, None] + 0.5 - means) / s
    a, b = F.logsigmoid(low), F.logsigmoid(high)
    inside = b + torch.log(1 - torch.exp(a - b))
    inside = torch.where(x[:, None] == 0, b, inside)
    return _sum(logits, torch.where(x[:, None] == levels - 1, F.logsigmoid(-low), inside))


def edges_at_every_end_of_the_batch(x, logits, means, log_scales, levels):
    """The lowest and highest level that occur."""
    s = log_scales.exp()
    low, high = (x[:, None] - 0.5 - means) / s, (x[:, None] + 0.5 - means) / s
    inside = F.logsigmoid(high) - F.softplus(low) + torch.log(-torch.expm1(-1 / s))
    inside = torch.where(x[:, None] == x.min(), F.logsigmoid(high), inside)
    return _sum(logits, torch.where(x[:, None] == x.max(), -F.softplus(low), inside))


def variance_for_scale(x, logits, means, log_scales, levels):
    return _sum(logits, _mass(x, means, 0.5 * log_scales, levels))


def same_scale_for_all(x, logits, means, log_scales, levels):
    return _sum(logits, _mass(x, means, log_scales[:, :1].expand_as(log_scales), levels))


def last_axis_kept(x, logits, means, log_scales, levels):
    return torch.logsumexp(F.log_softmax(logits, 1) + _mass(x, means, log_scales, levels), 1, keepdim=True)


def bits(x, logits, means, log_scales, levels):
    return _sum(logits, _mass(x, means, log_scales, levels)) / torch.log(torch.tensor(2.0))


def upper_end_open(x, logits, means, log_scales, levels):
    """The highest level is taken for `levels`."""
    return _sum(logits, _mass(x, means, log_scales, levels + 1))


def means_detached(x, logits, means, log_scales, levels):
    return _sum(logits, _mass(x, means.detach(), log_scales, levels))


def by_loop(x, logits, means, log_scales, levels):
    parts = []
    for j in range(logits.shape[1]):
        width = torch.exp(-log_scales[:, j])
        low, high = (x - 0.5 - means[:, j]) * width, (x + 0.5 - means[:, j]) * width
        mass = F.logsigmoid(high) + F.logsigmoid(-low) + torch.log1p(-torch.exp(-width))
        mass = torch.where(x == 0, F.logsigmoid(high), torch.where(x == levels - 1, F.logsigmoid(-low), mass))
        parts.append(mass + logits[:, j])
    return torch.stack(parts, 1).logsumexp(1) - logits.logsumexp(1)


def by_indices(x, logits, means, log_scales, levels):
    scale = log_scales.exp()
    t = (x.to(means.dtype).unsqueeze(1) - means) / scale
    h = 0.5 / scale
    mass = F.logsigmoid(t + h) + F.logsigmoid(h - t) + torch.log(-torch.expm1(-2 * h))
    mass = mass.clone()
    mass[x == 0] = F.logsigmoid(t + h)[x == 0]
    mass[x == levels - 1] = F.logsigmoid(h - t)[x == levels - 1]
    return torch.logsumexp(torch.log_softmax(logits, 1) + mass, 1)


def by_cosh(x, logits, means, log_scales, levels):
    """The mass as sinh h / (cosh h + cosh t), all in logarithms."""
    scale = log_scales.exp()
    t, h = (x[:, None] - means) / scale, 0.5 / scale
    log_sinh = h + torch.log(-torch.expm1(-2 * h))
    log_cosh = torch.logaddexp(torch.logaddexp(h, -h), torch.logaddexp(t, -t))
    first, last = -F.softplus(-t - h), -F.softplus(t - h)
    mass = torch.where(x[:, None] == 0, first, torch.where(x[:, None] == levels - 1, last, log_sinh - log_cosh))
    return _sum(logits, mass)


def scales_at_least_exp_minus_7(x, logits, means, log_scales, levels):
    return _sum(logits, _mass(x, means, log_scales.clamp(min=-7), levels))


SAYS_1 = ("With scales of a hundredth of a level both ends of a bin round to 0 or 1, and weights can be tiny where "
          "the mass is: stay exact and finite, with logarithms all the way.")
SAYS_2 = ("Inside: for each component the mass between x - ½ and x + ½, weighted, added up, and then the logarithm.")
SAYS_3 = ("`mixture_log_prob` at sharp scales holds inf or nan: look for 0/0, log 0, the root of a negative number,"
          " an exponential that overflows. With scales of a hundredth of a level both ends of a bin round to 0 or "
          "1, and weights can be tiny where the mass is: stay exact and finite, with logarithms all the way.")
SAYS_4 = ("`mixture_log_prob` inside the range should have shape (N,) = (7,), not (7, 1): an axis of length 1 too "
          "many; leave out `keepdim=True` or `squeeze` it. Inside: for each component the mass between x - ½ and x "
          "+ ½, weighted, added up, and then the logarithm.")
SAYS_5 = ("The gradients reach all three kinds of parameters.")
SAYS_6 = ("The lowest level has all the mass below it as well, the highest all above.")
SAYS_8 = ("With scales of a hundredth of a level both ends of a bin round to 0 or 1, and weights can be tiny "
          "where the mass is: stay exact and finite, with logarithms all the way.")
SAYS_9 = ("The gradient with respect to `means` holds inf or nan: look for 0/0, log 0, the root of a negative "
          "number, an exponential that overflows. The gradients reach all three kinds of parameters.")
SAYS_10 = ("With scales of a hundredth of a level both ends of a bin round to 0 or 1, and weights can be tiny "
          "where the mass is: stay exact and finite, with logarithms all the way.")

fits = {"one_minus_exp": ("plain_difference",)}
wrong = [
    (scaled_to_one, "levels_scaled_to_one"), (scales_at_least_a_tenth, SAYS_1), (scales_at_most_hundred, SAYS_2),
    (means_within, "means_cut"), (edges_by_sigmoids, "edges_by_sigmoids"),
    (logarithm_of_the_softmax, "log_of_the_softmax"), (summed_then_logarithm, "sum_then_log"),
    (with_epsilon, SAYS_8), (best_component, "best_component"),
    (component_of_the_largest_weight, "heaviest_component"), (one_minus_exp, "plain_difference"),
    (edges_at_every_end_of_the_batch, "ends_of_the_batch"), (variance_for_scale, "variance_for_scale"),
    (same_scale_for_all, SAYS_2), (last_axis_kept, SAYS_4), (bits, "in_bits"), (upper_end_open, "lower_edge_only"),
    (means_detached, SAYS_5),
    (scales_at_least_exp_minus_7, SAYS_10),
]
right = [by_loop, by_indices, by_cosh]
