"""Answers to world-energy: wrong ones with the sentence that names each, and right ones."""

import math
from itertools import product

import torch

from grading.checks.exercise import Mistake
from grading.exercises.world.energy import _states, reference

# Known mistakes


def sign_of_energy(x, energy):
    return energy(x) - torch.logsumexp(energy(_states(x)), 0)


def not_normalised(x, energy):
    return -energy(x)


def energy_itself(x, energy):
    return energy(x)


def over_the_batch(x, energy):
    return torch.log_softmax(-energy(x), 0)


def mean_for_sum(x, energy):
    return reference(x, energy) + x.shape[1] * math.log(2)


def normaliser_of_plus(x, energy):
    return -energy(x) - torch.logsumexp(energy(_states(x)), 0)


def normaliser_added(x, energy):
    return -energy(x) + torch.logsumexp(-energy(_states(x)), 0)


def softmax_of_plus(x, energy):
    return -energy(x) + torch.logsumexp(energy(_states(x)), 0)


def energies_added_up(x, energy):
    return -energy(x) + energy(_states(x)).sum()


def energies_averaged(x, energy):
    return -energy(x) + energy(_states(x)).mean()


def images_of_the_batch_once(x, energy):
    return -energy(x) - torch.logsumexp(-energy(torch.unique(x, dim=0)), 0)


def all_black_and_all_white(x, energy):
    states = torch.tensor([0.0, 1.0], dtype=x.dtype)[:, None].expand(2, x.shape[1])
    return -energy(x) - torch.logsumexp(-energy(states), 0)


def normaliser_without_logarithm(x, energy):
    return -energy(x) - torch.exp(-energy(_states(x))).sum()


def probability(x, energy):
    return reference(x, energy).exp()


def overflowing(x, energy):
    return torch.log(torch.exp(-energy(x)) / torch.exp(-energy(_states(x))).sum())


def overflowing_sum(x, energy):
    return -energy(x) - torch.log(torch.exp(-energy(_states(x))).sum())


def likeliest_for_sum(x, energy):
    return -energy(x) - (-energy(_states(x))).amax()


def shares_of_energy(x, energy):
    return (energy(x) / energy(_states(x)).sum()).abs().log()


def without_gradient(x, energy):
    return reference(x, energy).detach()


def constant_energy(x, energy):
    return -energy(x).detach() - torch.logsumexp(-energy(_states(x)), 0)


def constant_normaliser(x, energy):
    with torch.no_grad():
        log_z = torch.logsumexp(-energy(_states(x)), 0)
    return -energy(x) - log_z


def one_image_forgotten(x, energy):
    return -energy(x) - torch.logsumexp(-energy(_states(x)[1:]), 0)


def spins(x, energy):
    return -energy(x) - torch.logsumexp(-energy(2 * _states(x) - 1), 0)


def always_four(x, energy):
    states = torch.tensor(list(product((0.0, 1.0), repeat=4)), dtype=x.dtype)[:, -x.shape[1]:]
    return -energy(x) - torch.logsumexp(-energy(states), 0)


def uniform(x, energy):
    return -x.shape[1] * math.log(2) + 0 * energy(x)


def in_bits(x, energy):
    return reference(x, energy) / math.log(2)


def loss(x, energy):
    return -reference(x, energy)


def batch_mean(x, energy):
    return reference(x, energy).mean()


def one_pixel_at_a_time(x, energy):
    states = torch.eye(x.shape[1], dtype=x.dtype)
    return -energy(x) - torch.logsumexp(-energy(states), 0)


def batch_included(x, energy):
    return -energy(x) - torch.logsumexp(torch.cat([-energy(x), -energy(_states(x))]), 0)


def small_number_added(x, energy):
    p = torch.exp(-energy(x)) / (torch.exp(-energy(_states(x))).sum() + 1e-8)
    return torch.log(p + 1e-8)


# Also right


def by_softmax(x, energy):
    everything = torch.cat([x, torch.cartesian_prod(*[torch.tensor([0, 1])] * x.shape[1]).view(-1, x.shape[1]).to(x)])
    energies = energy(everything)
    return -energies[:len(x)] - torch.logsumexp(-energies[len(x):], dim=0)


def largest_taken_out(x, energy):
    bits = torch.arange(2 ** x.shape[1])[:, None] >> torch.arange(x.shape[1]) & 1
    minus = -energy(bits.double())
    top = minus.max()
    return -energy(x) - top - torch.log(torch.exp(minus - top).sum())


def one_by_one(x, energy):
    minus = [-energy(torch.tensor([image], dtype=x.dtype))[0] for image in product((0, 1), repeat=x.shape[1])]
    log_z = minus[0]
    for other in minus[1:]:
        log_z = torch.logaddexp(log_z, other)
    return -(energy(x) + log_z)


mistakes = [
    Mistake(sign_of_energy, "Low energy means high probability: it is exp(-E), in Z as well."),
    Mistake(not_normalised, "This is not normalised: subtract log Z, the logarithm of the sum of exp(-E) over all images."),
    Mistake(energy_itself, "This is the energy. The log-probability is -E - log Z."),
    Mistake(over_the_batch, "You normalise over the images that you were given. Z is a sum over all images there are, "
            "whether they occur in the batch or not."),
    Mistake(mean_for_sum, "You average exp(-E) over the images. Z is their sum: the probabilities have to add up to 1."),
    Mistake(normaliser_of_plus, "Z adds up exp(-E), like the numerator; yours adds up exp(+E)."),
    Mistake(softmax_of_plus, "You normalise exp(+E) and then change the sign of the logarithm. The sign belongs into the "
            "exponent: -E(x) - log Σ exp(-E)."),
    *(Mistake(wrong, "You subtract the sum or the mean of the numbers -E. Z is the sum of their exponentials.")
      for wrong in (energies_added_up, energies_averaged)),
    Mistake(images_of_the_batch_once, "You normalise over the images that occur in the batch. Z is a sum over all images there "
            "are."),
    Mistake(all_black_and_all_white, "Your sum runs over two images, all 0 and all 1. Every combination of zeros and ones counts."),
    Mistake(normaliser_added, "log Z is subtracted: p = exp(-E) / Z."),
    Mistake(normaliser_without_logarithm, "You subtract Z. Subtract its logarithm."),
    Mistake(probability, "This is the probability. Its logarithm is asked for."),
    Mistake(overflowing, "Right for small energies. exp overflows beyond 709 and vanishes below -745: use torch.logsumexp."),
    Mistake(overflowing_sum, "Right for small energies. exp overflows beyond 709 and vanishes below -745: use torch.logsumexp."),
    Mistake(small_number_added, "A small number inside the logarithm hides the trouble and changes the value: use "
            "torch.logsumexp."),
    Mistake(likeliest_for_sum, "You compare with the likeliest image alone. Z is a sum over all of them."),
    Mistake(shares_of_energy, "You divide energies by their sum. The probabilities are shares of exp(-E)."),
    Mistake(constant_normaliser, "You treat log Z as a constant. It depends on the energy's parameters; without its gradient "
            "training would push the energy of the data down without end."),
    Mistake(without_gradient, "The values are right. But no gradient reaches the energy's parameters: stay within tensor "
            "operations, without detach, no_grad or item."),
    Mistake(constant_energy, "The values are right. But you treat E(x) as a constant: its gradient is what pulls the energy of "
            "the data down."),
    Mistake(one_image_forgotten, "An image is missing from your sum: all zeros is an image, too."),
    Mistake(spins, "Your sum runs over pixels of -1 and +1. They are 0 and 1."),
    Mistake(always_four, "Your sum always runs over the 16 images of four pixels. Take the number of pixels from x."),
    Mistake(uniform, "You give every image the same probability. The energy says which are likelier."),
    Mistake(in_bits, "These are bits. Nats are asked for: the natural logarithm."),
    Mistake(loss, "This is minus the log-probability, a loss. The log-probability itself is asked for."),
    Mistake(batch_mean, "You average over the batch. One number for each image is asked for."),
    Mistake(one_pixel_at_a_time, "Your sum runs over images with a single pixel on. All combinations count."),
    Mistake(batch_included, "The images of the batch are counted twice in your sum: every image counts once."),
]

also_right = [by_softmax, largest_taken_out, one_by_one]

equivalent_mutants = {
    "return -energy(x) - torch.logsumexp(-energy(every), 0): 0 → -1": "a vector has one axis",
    "every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * x.shape[1]).view(-1, x.shape[1]): 1 → -1":
        "images (B, D) have two axes",
}
