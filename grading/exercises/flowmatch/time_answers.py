"""Answers to flowmatch-time: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _z(n, rng):
    return torch.randn(n, generator=rng)


# Known mistakes


def uniform(n, rng):
    return torch.rand(n, generator=rng)


def sigmoid_of_uniform(n, rng):
    return torch.sigmoid(torch.rand(n, generator=rng))


def sigmoid_of_wide_uniform(n, rng):
    return torch.sigmoid(6 * torch.rand(n, generator=rng) - 3)


def plain_normal(n, rng):
    return _z(n, rng)


def normal_clamped(n, rng):
    return (0.5 + 0.2 * _z(n, rng)).clamp(0, 1)


def normal_about_the_middle(n, rng):
    return (0.5 + 0.1 * _z(n, rng)).clamp(1e-4, 1 - 1e-4)


def tanh(n, rng):
    return torch.tanh(_z(n, rng))


def tanh_shifted(n, rng):
    return (torch.tanh(_z(n, rng)) + 1) / 2


def logit(n, rng):
    return torch.logit(torch.rand(n, generator=rng))


def log_normal(n, rng):
    return torch.exp(_z(n, rng))


def softmax(n, rng):
    return torch.softmax(_z(n, rng), 0)


def twice(n, rng):
    return torch.sigmoid(torch.sigmoid(_z(n, rng)))


def shifted(n, rng):
    return torch.sigmoid(_z(n, rng) + 1)


def one_for_all(n, rng):
    return torch.sigmoid(_z(1, rng)).expand(n).clone()


def without_rng(n, rng):
    return torch.sigmoid(torch.randn(n))


def seeded_again(n, rng):
    return torch.sigmoid(torch.randn(n, generator=torch.Generator().manual_seed(0)))


def a_column(n, rng):
    return torch.sigmoid(torch.randn(n, 1, generator=rng))


def images(n, rng):
    return torch.sigmoid(torch.randn(n, 1, 1, 1, generator=rng))


def thousands(n, rng):
    return 1000 * torch.sigmoid(_z(n, rng))


def sorted_times(n, rng):
    return torch.sigmoid(_z(n, rng)).sort().values


def evenly_spread(n, rng):
    u = (torch.randperm(n, generator=rng) + torch.rand(n, generator=rng, dtype=torch.float64)) / n
    return torch.sigmoid(torch.special.ndtri(u.clamp(1e-9, 1 - 1e-9)))


def mirrored(n, rng):
    half = _z((n + 1) // 2, rng)
    return torch.sigmoid(torch.cat([half, -half])[:n])


def whitened(n, rng):
    z = _z(n, rng)
    return torch.sigmoid((z - z.mean()) / z.std().nan_to_num(1).clamp_min(1e-3)) if n > 1 else torch.sigmoid(z)


def cut_at_3(n, rng):
    return torch.sigmoid(_z(n, rng).clamp(-3, 3))


# Also right


def by_exponential(n, rng):
    return 1 / (1 + (-torch.randn(n, generator=rng, dtype=torch.float64)).exp())


def in_place(n, rng):
    return torch.empty(n).normal_(generator=rng).sigmoid_()


def one_after_the_other(n, rng):
    z = torch.normal(0.0, 1.0, (n,), generator=rng)
    return torch.tensor([1 / (1 + 2.718281828459045 ** -float(v)) for v in z])


OTHER = "Between 0 and 1, but of another law: a normal number about the middle has no logit that is standard normal."
TWICE = ("Your times lie above ½: the sigmoid was applied to numbers between 0 and 1. It wants normal ones, of both signs.")
DEPENDENT = "Your times depend on one another: each is drawn by itself."

mistakes = [
    Mistake(uniform, "Your times are uniform (as normal numbers become by their own distribution function): take the sigmoid of "
            "normal ones."),
    Mistake(sigmoid_of_uniform, TWICE),
    Mistake(sigmoid_of_wide_uniform, "You take the sigmoid of a uniform number: of a standard normal one, torch.randn."),
    Mistake(plain_normal, "The sigmoid is missing: these numbers are not between 0 and 1."),
    Mistake(normal_clamped, "Clamped, some times are exactly 0 or 1: the sigmoid never gets there."),
    Mistake(normal_about_the_middle, OTHER),
    Mistake(tanh, "tanh gives numbers between -1 and 1: the sigmoid gives those between 0 and 1."),
    Mistake(tanh_shifted, "(tanh z + 1)/2 is the sigmoid of 2z: your logits spread twice as far."),
    Mistake(logit, "You take the logit of uniform numbers: asked for is the sigmoid, its inverse, of normal ones."),
    Mistake(log_normal, "These are log-normal numbers: the sigmoid of z, not its exponential."),
    Mistake(softmax, "softmax makes the n numbers add up to 1: each by itself gets a sigmoid."),
    Mistake(twice, TWICE),
    Mistake(shifted, "Your logits have a mean other than 0."),
    Mistake(one_for_all, "One time serves for all: n times are asked for, each drawn by itself."),
    Mistake(without_rng, "rng is not used: randn(n, generator=rng)."),
    Mistake(seeded_again, "You seed a generator of your own, so every call gives the same times: use rng."),
    Mistake(a_column, "Your times have the shape (n, 1): (n,) is asked for."),
    Mistake(images, "Your times have the shape (n, 1, 1, 1): (n,) is asked for."),
    Mistake(thousands, "Your times go to 1000: between 0 and 1 is asked for."),
    Mistake(cut_at_3, "Your logits are cut off: times near 0 and 1 are rare, but they do occur."),
    Mistake(sorted_times, DEPENDENT), Mistake(evenly_spread, DEPENDENT), Mistake(mirrored, DEPENDENT),
    Mistake(whitened, DEPENDENT),
]

also_right = [by_exponential, in_place, one_after_the_other]
