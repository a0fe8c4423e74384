"""Answers to plane-bug: wrong ones with the sentence that names each, and right ones."""

import copy

import torch
from torch import nn

from grading.checks.exercise import Mistake
from grading.exercises.plane.bug import reference

# Known mistakes


def buggy_draw(generator, z):
    points = generator(z)
    return points


def graph_kept(generator, z):
    mode = generator.training
    generator.eval()
    points = generator(z)
    generator.train(mode)
    return points


def mode_kept(generator, z):
    with torch.no_grad():
        return generator(z)


def detached(generator, z):
    return generator(z).detach()


def mode_not_restored(generator, z):
    generator.eval()
    with torch.no_grad():
        return generator(z)


def eval_alone(generator, z):
    generator.eval()
    return generator(z)


def always_training_afterwards(generator, z):
    generator.eval()
    with torch.no_grad():
        points = generator(z)
    generator.train()
    return points


def training_afterwards_with_graph(generator, z):
    generator.eval()
    points = generator(z)
    generator.train()
    return points


def too_late(generator, z):
    mode = generator.training
    with torch.no_grad():
        points = generator(z)
    generator.eval()
    generator.train(mode)
    return points


def other_way_round(generator, z):
    generator.train()
    with torch.no_grad():
        points = generator(z)
    generator.eval()
    return points


def parameters_frozen(generator, z):
    generator.requires_grad_(False)
    return graph_kept(generator, z.detach())


def weights_frozen(generator, z):
    generator.requires_grad_(False)
    return graph_kept(generator, z)


def parameters_frozen_and_thawed(generator, z):
    generator.requires_grad_(False)
    points = graph_kept(generator, z)
    generator.requires_grad_(True)
    return points


def gradients_switched_off(generator, z):
    torch.set_grad_enabled(False)
    return graph_kept(generator, z)


def copy_with_graph(generator, z):
    return copy.deepcopy(generator).eval()(z)


def noise_detached(generator, z):
    return graph_kept(generator, z.detach())


def only_dropout(generator, z):
    for part in generator.modules():
        if isinstance(part, nn.Dropout):
            part.eval()
    with torch.no_grad():
        points = generator(z)
    for part in generator.modules():
        if isinstance(part, nn.Dropout):
            part.train(generator.training)
    return points


def only_batch_norm(generator, z):
    for part in generator.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.eval()
    with torch.no_grad():
        points = generator(z)
    for part in generator.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.train(generator.training)
    return points


def mode_read_too_late(generator, z):
    generator.eval()
    mode = generator.training
    with torch.no_grad():
        points = generator(z)
    generator.train(mode)
    return points


def noise_of_its_own(generator, z):
    return reference(generator, torch.randn_like(z))


def statistics_copied(generator, z):
    with torch.no_grad():
        return copy.deepcopy(generator)(z)


# Also right


def on_a_copy(generator, z):
    twin = copy.deepcopy(generator).eval()
    return twin(z).detach()


@torch.no_grad()
def decorated(generator, z):
    modes = [(part, part.training) for part in generator.modules()]
    generator.train(False)
    points = generator(z)
    for part, mode in modes:
        part.training = mode
    return points


def in_inference_mode(generator, z):
    training = generator.training
    with torch.inference_mode():
        points = generator.eval()(z)
    generator.train(training)
    return points.clone()


mistakes = [
    Mistake(buggy_draw, "This is still the buggy sampler. Draw the same z alone and together with others: the points differ."),
    *(Mistake(wrong, "The graph is gone. But the network still runs in training mode: BatchNorm uses the batch, and changes "
              "its own statistics; Dropout is on.") for wrong in (mode_kept, detached, too_late)),
    Mistake(graph_kept, "The mode is right now. But the samples still carry their graph: use torch.no_grad()."),
    Mistake(noise_detached, "The mode is right now. But the samples still carry the graph of the network's weights: use "
            "torch.no_grad()."),
    Mistake(mode_not_restored, "The samples are right. But a network in training is left in evaluation mode: training would go "
            "on without Dropout and with frozen statistics. Put back the mode that you found."),
    Mistake(eval_alone, "You switch to evaluation mode and stay there, and the samples still carry their graph."),
    Mistake(always_training_afterwards, "A network that was in evaluation mode is in training mode after your call. Put back the "
            "mode that you found."),
    Mistake(training_afterwards_with_graph, "The samples still carry their graph, and a network that was in evaluation mode is in "
            "training mode after your call."),
    Mistake(other_way_round, "The two modes have changed places: eval() before drawing, and afterwards what it was before."),
    *(Mistake(wrong, "You switch gradients off for good, of the weights or of everything: the network cannot be trained "
            "any more. Use torch.no_grad(), which ends with its block.") for wrong in (parameters_frozen, weights_frozen, gradients_switched_off)),
    *(Mistake(wrong, "The samples still carry a graph, back to z. torch.no_grad() leaves none.")
      for wrong in (parameters_frozen_and_thawed, copy_with_graph)),
    Mistake(only_dropout, "Dropout is off. But BatchNorm still uses the statistics of the batch, and changes its own: put the "
            "whole network into evaluation mode."),
    Mistake(only_batch_norm, "BatchNorm is right. But Dropout still switches units off: put the whole network into evaluation mode."),
    Mistake(mode_read_too_late, "The samples are right. But a network in training is left in evaluation mode: training would go "
            "on without Dropout and with frozen statistics. Put back the mode that you found."),
    Mistake(noise_of_its_own, "You draw noise of your own. The noise is the argument z."),
    Mistake(statistics_copied, "The network stays as it was. But the samples are drawn in training mode: BatchNorm uses the batch "
            "and Dropout is on."),
]

also_right = [on_a_copy, decorated, in_inference_mode]
