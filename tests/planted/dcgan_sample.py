"""Planted answers to dcgan-sample, by another author than the check's."""

import contextlib

import torch
from torch import nn


def inference_only(generator, z, size):
    with torch.inference_mode():
        return torch.cat([generator(part) for part in torch.split(z, size)])


def each_alone_in_training(generator, z, size):
    """One code at a time, so that there are no mates: BatchNorm of one row fails, or makes zeros."""
    return torch.cat([generator(code.repeat(2, 1))[:1] for code in z]).detach()


def back_to_training(generator, z, size):
    generator.eval()
    images = torch.cat([generator(part).detach() for part in z.split(size)])
    generator.train()
    return images


def switches_statistics_off(generator, z, size):
    for part in generator.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.track_running_stats = False
    with torch.no_grad():
        return torch.cat([generator(part) for part in z.split(size)])


def children_only(generator, z, size):
    """Notes the modes of direct children, and forgets the root's."""
    modes = [(part, part.training) for part in generator.children()]
    generator.eval()
    with torch.no_grad():
        images = torch.cat([generator(part) for part in z.split(size)])
    for part, mode in modes:
        part.train(mode)
    return images


def warms_up(generator, z, size):
    """Runs the codes once in training mode first, so that the averages fit them."""
    modes = [(part, part.training) for part in generator.modules()]
    with torch.no_grad():
        generator(z)
        generator.eval()
        images = torch.cat([generator(part) for part in z.split(size)])
    for part, mode in modes:
        part.training = mode
    return images


@contextlib.contextmanager
def _as_it_was(module):
    modes = {part: part.training for part in module.modules()}
    try:
        yield module.eval()
    finally:
        for part, mode in modes.items():
            part.training = mode


@torch.no_grad()
def with_a_context(generator, z, size):
    out = []
    with _as_it_was(generator) as g:
        for start in range(0, z.shape[0], size):
            out += list(g(z[start:start + size]))
    return torch.stack(out)


def functional(generator, z, size):
    was = list(map(lambda part: part.training, generator.modules()))
    try:
        return torch.cat([generator.eval()(part).detach() for part in z.split(size)], 0)
    finally:
        for part, mode in zip(generator.modules(), was, strict=True):
            part.training = mode


IMAGES = "The images: each depends on its own code alone, however many are made at a time."
MODES = ("Afterwards every part of the generator is in the mode it was in, "
         "also one that was frozen while the rest trains.")


def all_at_once(generator, z, size):
    modes = [(m, m.training) for m in generator.modules()]
    generator.eval()
    with torch.no_grad():
        images = generator(z)
    for m, mode in modes:
        m.training = mode
    return images


def chunks_for_pieces(generator, z, size):
    modes = [(m, m.training) for m in generator.modules()]
    generator.eval()
    with torch.no_grad():
        images = torch.cat([generator(piece) for piece in z.chunk(size)])
    for m, mode in modes:
        m.training = mode
    return images


def everything_thawed(generator, z, size):
    modes = [(m, m.training) for m in generator.modules()]
    generator.eval().requires_grad_(False)
    images = torch.cat([generator(piece) for piece in z.split(size)])
    for m, mode in modes:
        m.training = mode
    generator.requires_grad_(True)
    return images


wrong = [
    (all_at_once, "No more than `size` codes go through the generator at a time."),
    (chunks_for_pieces, "No more than `size` codes go through the generator at a time."),
    (everything_thawed, "No graph hangs on the images, and weights, gradients and flags are as before."),
    (inference_only, "buggy_sample"),
    (each_alone_in_training, IMAGES),
    (back_to_training, "always_train_afterwards"),
    (switches_statistics_off, "buggy_sample"),
    (children_only, MODES),
    (warms_up, "buggy_sample"),
]
right = [with_a_context, functional]
fits = {
    "warms_up": ("buggy_sample",),
    "each_alone_in_training": ("buggy_sample",),
    "switches_statistics_off": ("buggy_sample",),
    "children_only": ("eval_for_good",),
}
