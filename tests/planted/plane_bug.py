"""Planted answers to plane-bug, by another author than the check's."""

import copy

import torch
from torch import nn


def unchanged(generator, z):
    return generator(z)


def graph_off_only(generator, z):
    with torch.no_grad():
        points = generator(z)
    return points


def cut_off(generator, z):
    return generator(z).detach().clone()


def mode_only(generator, z):
    before = generator.training
    generator.train(False)
    try:
        return generator(z)
    finally:
        generator.train(before)


@torch.no_grad()
def left_in_evaluation(generator, z):
    return generator.eval()(z)


def evaluation_with_graph(generator, z):
    return generator.eval()(z)


@torch.no_grad()
def always_to_training(generator, z):
    points = generator.eval()(z)
    generator.train(True)
    return points


@torch.no_grad()
def reversed_modes(generator, z):
    points = generator.train()(z)
    generator.eval()
    return points


def parameters_switched_off(generator, z):
    for parameter in generator.parameters():
        parameter.requires_grad = False
    before = generator.training
    points = generator.eval()(z.detach())
    generator.train(before)
    return points


@torch.no_grad()
def dropout_alone(generator, z):
    drops = [part for part in generator.modules() if isinstance(part, nn.Dropout)]
    for part in drops:
        part.training = False
    points = generator(z)
    for part in drops:
        part.training = generator.training
    return points


@torch.no_grad()
def norms_alone(generator, z):
    norms = [part for part in generator.modules() if isinstance(part, nn.BatchNorm1d)]
    for part in norms:
        part.training = False
    points = generator(z)
    for part in norms:
        part.training = generator.training
    return points


@torch.no_grad()
def asked_after_eval(generator, z):
    generator.eval()
    was = generator.training
    points = generator(z)
    if was:
        generator.train()
    return points


@torch.no_grad()
def trained_twin(generator, z):
    return copy.deepcopy(generator)(z)


def twin_with_graph(generator, z):
    """On a copy in evaluation mode, but with a graph back to z."""
    return copy.deepcopy(generator).eval()(z)


@torch.no_grad()
def own_noise(generator, z):
    before = generator.training
    points = generator.eval()(torch.randn(len(z), z.shape[1], dtype=z.dtype))
    generator.train(before)
    return points


def gradients_off(generator, z):
    before = generator.training
    torch.set_grad_enabled(False)
    points = generator.eval()(z)
    generator.train(before)
    return points


def statistics_put_back(generator, z):
    state = copy.deepcopy(generator.state_dict())
    with torch.no_grad():
        points = generator(z)
    generator.load_state_dict(state)
    return points


wrong = [
    (gradients_off, "parameters_frozen"), (statistics_put_back, "statistics_copied"),
    (unchanged, "buggy_draw"), (graph_off_only, "mode_kept"), (cut_off, "detached"),
    (mode_only, "graph_kept"),
    (left_in_evaluation, "mode_not_restored"), (evaluation_with_graph, "eval_alone"),
    (always_to_training, "always_training_afterwards"), (reversed_modes, "other_way_round"),
    (parameters_switched_off, "parameters_frozen"), (dropout_alone, "only_dropout"),
    (norms_alone, "only_batch_norm"), (asked_after_eval, "mode_read_too_late"),
    (trained_twin, "statistics_copied"), (twin_with_graph, "parameters_frozen_and_thawed"),
    (own_noise, "noise_of_its_own"),
]


def one_by_one(generator, z):
    before = generator.training
    generator.eval()
    with torch.no_grad():
        points = torch.cat([generator(row[None]) for row in z])
    generator.train(before)
    return points


def only_if_needed(generator, z):
    if not generator.training:
        with torch.no_grad():
            return generator(z)
    generator.eval()
    points = generator(z).detach()
    generator.train()
    return points


right = [one_by_one, only_if_needed]
