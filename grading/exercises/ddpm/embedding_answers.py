"""Answers to ddpm-embedding: wrong ones with the sentence that names each, and right ones."""

import math

import torch
import torch.nn.functional as F

from grading.checks.exercise import Mistake


def _rates(half, last=None, base=10_000.0):
    return base ** (-torch.arange(half, dtype=torch.float64) / ((half - 1) if last is None else last))


def _ends(angle, dim):
    return F.pad(torch.cat([angle.sin(), angle.cos()], 1), (0, dim - 2 * angle.shape[1]))


# Known mistakes


def divided_by_half(t, dim):
    half = dim // 2
    return _ends(t[:, None] * _rates(half, last=half), dim)


def divided_by_dim(t, dim):
    return _ends(t[:, None] * _rates(dim // 2, last=dim), dim)


def interleaved(t, dim):
    angle = t[:, None] * _rates(dim // 2)
    return F.pad(torch.stack([angle.sin(), angle.cos()], 2).flatten(1), (0, dim % 2))


def cosines_first(t, dim):
    angle = t[:, None] * _rates(dim // 2)
    return F.pad(torch.cat([angle.cos(), angle.sin()], 1), (0, dim % 2))


def sines_only(t, dim):
    return (t[:, None] * _rates(dim)).sin()


def sines_twice(t, dim):
    angle = t[:, None] * _rates(dim // 2)
    return F.pad(torch.cat([angle.sin(), angle.sin()], 1), (0, dim % 2))


def with_two_pi(t, dim):
    return _ends(2 * math.pi * t[:, None] * _rates(dim // 2), dim)


def rising_frequencies(t, dim):
    return _ends(t[:, None] * 10_000.0 ** (torch.arange(dim // 2, dtype=torch.float64) / (dim // 2 - 1)), dim)


def evenly_spaced(t, dim):
    return _ends(t[:, None] * torch.linspace(1, 1e-4, dim // 2, dtype=torch.float64), dim)


def base_of_one_thousand(t, dim):
    return _ends(t[:, None] * _rates(dim // 2, base=1000.0), dim)


def natural_base(t, dim):
    return _ends(t[:, None] * torch.exp(-torch.arange(dim // 2, dtype=torch.float64) / (dim // 2 - 1)), dim)


def slowest_left_out(t, dim):
    half = dim // 2
    return F.pad(_ends(t[:, None] * _rates(half)[:-1], 2 * (half - 1)), (0, 2 + dim % 2))


def padded_in_front(t, dim):
    angle = t[:, None] * _rates(dim // 2)
    return F.pad(torch.cat([angle.sin(), angle.cos()], 1), (dim % 2, 0))


def one_sine_more(t, dim):
    half = (dim + 1) // 2
    angle = t[:, None] * _rates(half)
    return torch.cat([angle.sin(), angle.cos()], 1)[:, :dim]


def odd_left_short(t, dim):
    angle = t[:, None] * _rates(dim // 2)
    return torch.cat([angle.sin(), angle.cos()], 1)


def times_as_fractions(t, dim):
    return _ends(t[:, None] / 1000 * _rates(dim // 2), dim)


def whole_division(t, dim):
    return _ends((t[:, None] // _rates(dim // 2).reciprocal()).double(), dim)


def transposed(t, dim):
    return _ends(t[:, None] * _rates(dim // 2), dim).T


def cast_to_whole(t, dim):
    return _ends(t.long()[:, None] * _rates(dim // 2), dim)


def normalised(t, dim):
    return F.normalize(_ends(t[:, None] * _rates(dim // 2), dim), dim=1)


# Also right


def by_exponential(t, dim):
    half = dim // 2
    rate = torch.exp(-math.log(10_000) * torch.arange(half, dtype=torch.float64) / (half - 1))
    emb = torch.outer(t.double(), rate)
    emb = torch.cat((torch.sin(emb), torch.cos(emb)), dim=-1)
    return emb if dim % 2 == 0 else torch.cat([emb, torch.zeros_like(emb[:, :1])], dim=-1)


def by_logspace(t, dim):
    out = torch.zeros(len(t), dim, dtype=torch.float64)
    for k, rate in enumerate(torch.logspace(0, -4, dim // 2, dtype=torch.float64)):
        out[:, k] = torch.sin(t * rate)
        out[:, dim // 2 + k] = torch.cos(t * rate)
    return out


def in_single_precision(t, dim):
    half = dim // 2
    angle = t.float()[:, None] * torch.exp(-math.log(10_000.0) / (half - 1) * torch.arange(half))
    return F.pad(torch.cat([angle.sin(), angle.cos()], 1), (0, dim % 2))


def by_complex_numbers(t, dim):
    turned = torch.polar(torch.ones(len(t), dim // 2, dtype=torch.float64), t.double()[:, None] * _rates(dim // 2))
    return F.pad(torch.cat([turned.imag, turned.real], 1), (0, dim % 2))


mistakes = [
    Mistake(divided_by_half, "Your slowest frequency is not 1/10000: the power runs to 1, so divide i by half - 1, not by half."),
    Mistake(divided_by_dim, "Your frequencies end near 1/100: divide i by half - 1, with half = dim // 2."),
    Mistake(interleaved, "Your sines and cosines take turns. Here all sines come first, then all cosines."),
    Mistake(cosines_first, "Your cosines come first. Here the sines do."),
    Mistake(sines_only, "There are sines only. Half of the numbers are cosines, of the same angles."),
    Mistake(sines_twice, "Your second half repeats the sines. It is made of cosines."),
    Mistake(with_two_pi, "Your angles have a factor 2π too much."),
    Mistake(rising_frequencies, "Your frequencies rise from 1 to 10000. They fall from 1 to 1/10000."),
    Mistake(evenly_spaced, "Your frequencies are evenly spaced. They fall by equal factors, so that slow ones are among them."),
    Mistake(base_of_one_thousand, "Your slowest frequency is 1/1000; it is to be 1/10000."),
    Mistake(natural_base, "Your frequencies end at 1/e. They are powers of 10000."),
    Mistake(slowest_left_out, "Your slowest frequency is missing, and zeros stand in its place."),
    Mistake(padded_in_front, "With an odd dim your 0 stands in front. It belongs at the end."),
    Mistake(one_sine_more, "With an odd dim you have one sine more. There are dim // 2 of each, and a 0 at the end."),
    Mistake(odd_left_short, "With an odd dim your vectors are one number short: a 0 at the end."),
    Mistake(times_as_fractions, "You divide the time by 1000. Then the fastest hand hardly moves from one step to the next."),
    Mistake(whole_division, "You divide whole numbers without a remainder, so that different times become one."),
    Mistake(transposed, "Rows and columns have changed places: (B, dim) is asked for."),
    Mistake(cast_to_whole, "You cut real times to whole ones. Times between two steps have an embedding, too."),
    Mistake(normalised, "You scale each vector to length 1, which nobody asked for."),
]

also_right = [by_exponential, by_logspace, in_single_precision, by_complex_numbers]

equivalent_mutants = {
    "return F.pad(torch.cat([angle.sin(), angle.cos()], 1), (0, dim % 2)): 1 → -1": "of two dimensions the last is the second",
    "rate = 10_000 ** (-torch.arange(half, dtype=torch.float64, device=t.device) / (half - 1)): torch.arange(half, "
    "dtype=torch.float64, device=t.device) → torch.arange(half, dtype=torch.float64)": "there is one device here",
    "rate = 10_000 ** (-torch.arange(half, dtype=torch.float64, device=t.device) / (half - 1)): torch.arange(half, "
    "dtype=torch.float64, device=t.device) → torch.arange(half, device=t.device)": "single precision is precise enough",
}
