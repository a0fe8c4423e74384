"""Answers to energy-loss: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _penalty(e, f):
    return e.square().mean() + f.square().mean()


def _both(energy, x, sampler):
    return energy(x), energy(sampler(x).detach())


# Known mistakes


def sign_flipped(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return f.mean() - e.mean() + penalty * _penalty(e, f)


def through_the_chain(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x))
    return e.mean() - f.mean() + penalty * _penalty(e, f)


def samples_without_gradient(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x)).detach()
    return e.mean() - f.mean() + penalty * _penalty(e, f)


def data_without_gradient(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    e = e.detach()
    return e.mean() - f.mean() + penalty * _penalty(e, f)


def without_gradient(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return (e.mean() - f.mean() + penalty * _penalty(e, f)).detach()


def data_alone(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() + penalty * _penalty(e, f)


def both_down(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() + f.mean() + penalty * _penalty(e, f)


def sums(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.sum() - f.sum() + penalty * (e.square().sum() + f.square().sum())


def sums_by_the_data(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return (e.sum() - f.sum() + penalty * (e.square().sum() + f.square().sum())) / len(x)


def no_penalty(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean()


def penalty_subtracted(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() - penalty * _penalty(e, f)


def penalty_of_difference(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * (e.square().mean() - f.square().mean())


def square_of_means(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * (e.mean() ** 2 + f.mean() ** 2)


def square_of_the_difference(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * (e.mean() - f.mean()) ** 2


def absolute_penalty(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * (e.abs().mean() + f.abs().mean())


def penalty_on_data(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * e.square().mean()


def penalty_on_samples(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * f.square().mean()


def penalty_averaged(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * torch.cat([e, f]).square().mean()


def penalty_halved(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + 0.5 * penalty * _penalty(e, f)


def penalty_fixed(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + 0.1 * _penalty(e, f)


def logistic(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return F.softplus(e).mean() + F.softplus(-f).mean() + penalty * _penalty(e, f)


def absolute(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return (e.mean() - f.mean()).abs() + penalty * _penalty(e, f)


def squared(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return (e.mean() - f.mean()) ** 2 + penalty * _penalty(e, f)


def log_z_of_the_samples(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() + torch.logsumexp(-f, 0) + penalty * _penalty(e, f)


def not_averaged(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e - f.mean() + penalty * _penalty(e, f)


def goes_backward(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    loss = e.mean() - f.mean() + penalty * _penalty(e, f)
    if loss.requires_grad:
        loss.backward(retain_graph=True)
    return loss


def clears_gradients(energy, x, sampler, penalty=0.1):
    energy.zero_grad()
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * _penalty(e, f)


def stays_frozen(energy, x, sampler, penalty=0.1):
    e = energy(x)
    energy.requires_grad_(False)
    f = energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * _penalty(e, f)


def one_by_one(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return (e - f + penalty * (e.square() + f.square())).mean()


def sampled_twice(energy, x, sampler, penalty=0.1):
    (e, f), g = _both(energy, x, sampler), energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * _penalty(e, g)


def penalty_of_weights(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * sum(p.square().sum() for p in energy.parameters())


def penalty_without_gradient(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * _penalty(e, f).detach()


def penalty_of_variance(energy, x, sampler, penalty=0.1):
    e, f = _both(energy, x, sampler)
    return e.mean() - f.mean() + penalty * (e.var(unbiased=False) + f.var(unbiased=False))


# Also right


def with_goodness(energy, x, sampler, penalty=0.1):
    goodness, invented = -energy(x), -energy(sampler(x).detach())
    return invented.mean() - goodness.mean() + penalty * ((goodness**2).mean() + (invented**2).mean())


def in_one_pass(energy, x, sampler, penalty=0.1):
    with torch.no_grad():
        samples = sampler(x)
    real, fake = energy(torch.cat([x, samples])).split([len(x), len(samples)])
    return real.mean() + penalty * real.pow(2).mean() - fake.mean() + penalty * fake.pow(2).mean()


def frozen_while_sampling(energy, x, sampler, penalty=0.1):
    before = [p.requires_grad for p in energy.parameters()]
    for p in energy.parameters():
        p.requires_grad_(False)
    samples = sampler(x).clone().detach()
    for p, flag in zip(energy.parameters(), before, strict=True):
        p.requires_grad_(flag)
    up, down = energy(samples), energy(x)
    return (down.sum() / len(down) - up.sum() / len(up)) + penalty * (down @ down / len(down) + up @ up / len(up))


mistakes = [
    Mistake(sign_flipped, "Your signs are swapped: minimising this would raise the energy of the data."),
    Mistake(through_the_chain, "The values are right. But a gradient passes through the chain that made the samples: detach "
            "them."),
    Mistake(samples_without_gradient, "The values are right. But the energy of the samples gets no gradient: detach the "
            "samples, not their energy."),
    Mistake(data_without_gradient, "The values are right. But the energy of the data gets no gradient."),
    Mistake(without_gradient, "The values are right. But no gradient reaches the energy at all."),
    Mistake(data_alone, "You only lower the energy of the data. Without the samples, the energy would fall everywhere."),
    Mistake(both_down, "You lower the energy of the samples as well. It is to be raised: subtract it."),
    Mistake(sums, "You sum over the batch and over the samples. Both are means."),
    Mistake(sums_by_the_data, "You divide both sums by the number of data. There may be more samples: take the mean of each."),
    Mistake(no_penalty, "The penalty is missing."),
    Mistake(penalty_subtracted, "You subtract the penalty: energies would grow without limit."),
    Mistake(penalty_of_difference, "You subtract the squared energies of the samples. Both are held near 0, so both are added."),
    Mistake(square_of_means, "You square the mean energies. The penalty is the mean of their squares."),
    Mistake(square_of_the_difference, "You square the difference of the means. The penalty holds each energy near 0."),
    Mistake(absolute_penalty, "Your penalty takes absolute values. It takes squares."),
    Mistake(penalty_on_data, "Your penalty leaves out the samples."),
    Mistake(penalty_on_samples, "Your penalty leaves out the data."),
    Mistake(penalty_averaged, "Your penalty is the mean over data and samples together. It adds up the mean of each."),
    Mistake(penalty_halved, "Your penalty is half of what is asked for."),
    Mistake(penalty_fixed, "Your penalty always has the weight 0.1. Its weight is `penalty`."),
    Mistake(logistic, "This is the loss of a classifier that tells data from samples. Contrastive divergence is a difference "
            "of energies."),
    Mistake(absolute, "You take the absolute value of the difference: it would be pulled to 0, whichever way it goes."),
    Mistake(squared, "You square the difference: it would be pulled to 0, whichever way it goes."),
    Mistake(log_z_of_the_samples, "You take log Z as a sum over the samples. They are drawn from the model already, so that "
            "the mean of their energies has the right gradient."),
    Mistake(not_averaged, "You do not average over the data. One number is asked for."),
    Mistake(one_by_one, "You subtract samples from data one by one, but their numbers differ: take the mean of each first."),
    Mistake(sampled_twice, "You call the sampler more than once, and get other samples: keep those of the first call."),
    Mistake(penalty_of_weights, "Your penalty holds the weights of the network. It is to hold the energies: the means of their "
            "squares."),
    Mistake(penalty_without_gradient, "The values are right. But your penalty gets no gradient: leave out detach."),
    Mistake(penalty_of_variance, "Your penalty is a variance, which does not keep energies from drifting off together: take the "
            "mean of the squares."),
    Mistake(goes_backward, "You call backward. Return the loss, and let whoever trains do that."),
    Mistake(clears_gradients, "You clear the gradients of the energy. Return the loss, and let whoever trains do that."),
    Mistake(stays_frozen, "You freeze the parameters of the energy and do not set them free again."),
]

also_right = [with_goodness, in_one_pass, frozen_while_sampling]

equivalent_mutants = {}
