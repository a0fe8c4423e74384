"""Answers to dcgan-sample: wrong ones with the sentence that names each, and right ones."""

import copy

import torch

from grading.checks.exercise import Mistake


def _pieces(generator, z, size):
    return torch.cat([generator(part) for part in z.split(size)])


def _put_back(modes):
    for part, mode in modes:
        part.training = mode


# Known mistakes


def buggy_sample(generator, z, size):
    images = [generator(z[i:i + size]) for i in range(0, len(z), size)]
    return torch.cat(images).detach()


def only_no_grad(generator, z, size):
    with torch.no_grad():
        return _pieces(generator, z, size)


def all_at_once(generator, z, size):
    return generator(z).detach()


def one_at_a_time_in_training(generator, z, size):
    for part in generator.modules():
        if isinstance(part, torch.nn.BatchNorm1d):
            part.eval()
    return _pieces(generator, z, size).detach()


def eval_for_good(generator, z, size):
    generator.eval()
    with torch.no_grad():
        return _pieces(generator, z, size)


def always_train_afterwards(generator, z, size):
    generator.eval()
    with torch.no_grad():
        images = _pieces(generator, z, size)
    generator.train()
    return images


def root_mode_only(generator, z, size):
    was = generator.training
    generator.eval()
    with torch.no_grad():
        images = _pieces(generator, z, size)
    generator.train(was)
    return images


def with_a_graph(generator, z, size):
    modes = [(part, part.training) for part in generator.modules()]
    generator.eval()
    images = _pieces(generator, z, size)
    _put_back(modes)
    return images


def drops_the_rest(generator, z, size):
    modes = [(part, part.training) for part in generator.modules()]
    generator.eval()
    with torch.no_grad():
        images = torch.cat([generator(z[i * size:(i + 1) * size]) for i in range(max(1, len(z) // size))])
    _put_back(modes)
    return images


def first_piece_only(generator, z, size):
    modes = [(part, part.training) for part in generator.modules()]
    generator.eval()
    with torch.no_grad():
        images = generator(z[:size])
    _put_back(modes)
    return images


def freezes_weights(generator, z, size):
    modes = [(part, part.training) for part in generator.modules()]
    generator.eval().requires_grad_(False)
    images = _pieces(generator, z, size)
    _put_back(modes)
    return images


def averages_put_back(generator, z, size):
    state = copy.deepcopy(generator.state_dict())
    with torch.no_grad():
        images = _pieces(generator, z, size)
    generator.load_state_dict(state)
    return images


def momentum_zero(generator, z, size):
    for part in generator.modules():
        if hasattr(part, "momentum"):
            part.momentum = 0.0
    with torch.no_grad():
        return _pieces(generator, z, size)


def averages_forgotten(generator, z, size):
    modes = [(part, part.training) for part in generator.modules()]
    generator.eval()
    for part in generator.modules():
        if hasattr(part, "reset_running_stats"):
            part.reset_running_stats()
    with torch.no_grad():
        images = _pieces(generator, z, size)
    _put_back(modes)
    return images


def a_list(generator, z, size):
    modes = [(part, part.training) for part in generator.modules()]
    generator.eval()
    with torch.no_grad():
        images = [generator(part) for part in z.split(size)]
    _put_back(modes)
    return torch.stack([image.mean(0) for image in images])


# Also right


def on_a_copy(generator, z, size):
    copied = copy.deepcopy(generator).eval()
    with torch.no_grad():
        return _pieces(copied, z, size)


def with_try(generator, z, size):
    before = {part: part.training for part in generator.modules()}
    images = []
    try:
        generator.eval()
        for i in range(0, len(z), size):
            images.append(generator(z[i:i + size]).detach())
    finally:
        for part, mode in before.items():
            part.train(mode) if not list(part.children()) else setattr(part, "training", mode)
    return torch.cat(images)


BUG = "Your images still depend on their mates: in training mode BatchNorm takes mean and spread from the piece. Use evaluation mode."
MODE = ("The generator's modes are not as they were: note the mode of every part before you call eval(), and put each back, for one "
        "of them may have been frozen.")

mistakes = [
    Mistake(buggy_sample, BUG), Mistake(only_no_grad, BUG), Mistake(all_at_once, BUG), Mistake(momentum_zero, BUG),
    Mistake(averages_put_back, BUG),
    Mistake(one_at_a_time_in_training, "Only BatchNorm is in evaluation mode: other layers, such as dropout, have two modes, too, and "
            "BatchNorm is left in its other one."),
    Mistake(eval_for_good, MODE), Mistake(always_train_afterwards, MODE), Mistake(root_mode_only, MODE),
    Mistake(with_a_graph, "A graph hangs on your images: torch.no_grad(), or detach."),
    Mistake(drops_the_rest, "The last piece is missing where `size` does not divide the number of codes."),
    Mistake(first_piece_only, "Only the first piece is drawn: an image for each code is asked for."),
    Mistake(freezes_weights, "The generator's weights cannot learn any more: use torch.no_grad() in place of requires_grad_(False)."),
    Mistake(averages_forgotten, "You reset BatchNorm's running averages: they are what evaluation mode lives on."),
    Mistake(a_list, "You average over the pieces: one image for each code is asked for."),
]

also_right = [on_a_copy, with_try]
