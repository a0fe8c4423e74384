"""Answers to cgan-style-grid: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _evaluated(generator, make):
    training = generator.training
    generator.eval()
    with torch.no_grad():
        grid = make()
    generator.train(training)
    return grid


def _labels(z, classes):
    return torch.arange(classes).repeat(len(z))


# Known mistakes


def transposed(generator, z, classes):
    return _evaluated(generator, lambda: torch.stack([generator(z, torch.full((len(z),), c)) for c in range(classes)]))


def columns_mixed(generator, z, classes):
    return _evaluated(generator, lambda: generator(z.repeat_interleave(classes, 0), torch.arange(classes).repeat_interleave(
        len(z))).unflatten(0, (len(z), classes)))


def styles_mixed(generator, z, classes):
    return _evaluated(generator, lambda: generator(z.repeat(classes, 1), _labels(z, classes)).unflatten(0, (len(z), classes)))


def viewed_wrongly(generator, z, classes):
    return _evaluated(generator, lambda: generator(z.repeat(classes, 1), torch.arange(classes).repeat_interleave(
        len(z))).unflatten(0, (len(z), classes)))


def first_style_only(generator, z, classes):
    return _evaluated(generator, lambda: generator(z[:1].expand(len(z) * classes, -1), _labels(z, classes)).unflatten(
        0, (len(z), classes)))


def flat_list(generator, z, classes):
    return _evaluated(generator, lambda: generator(z.repeat_interleave(classes, 0), _labels(z, classes)))


def training_mode(generator, z, classes):
    with torch.no_grad():
        return generator(z.repeat_interleave(classes, 0), _labels(z, classes)).unflatten(0, (len(z), classes))


def mode_not_restored(generator, z, classes):
    generator.eval()
    with torch.no_grad():
        return generator(z.repeat_interleave(classes, 0), _labels(z, classes)).unflatten(0, (len(z), classes))


def always_train_again(generator, z, classes):
    generator.eval()
    with torch.no_grad():
        grid = generator(z.repeat_interleave(classes, 0), _labels(z, classes)).unflatten(0, (len(z), classes))
    generator.train()
    return grid


def with_graph(generator, z, classes):
    training = generator.training
    generator.eval()
    grid = generator(z.repeat_interleave(classes, 0), _labels(z, classes)).unflatten(0, (len(z), classes))
    generator.train(training)
    return grid


def labels_from_one(generator, z, classes):
    return _evaluated(generator, lambda: generator(z.repeat_interleave(classes, 0), _labels(z, classes) + 1).unflatten(
        0, (len(z), classes)))


def labels_backwards(generator, z, classes):
    return _evaluated(generator, lambda: generator(z.repeat_interleave(classes, 0), classes - 1 - _labels(z, classes)).unflatten(
        0, (len(z), classes)))


def frozen_for_good(generator, z, classes):
    generator.requires_grad_(False)
    return _evaluated(generator, lambda: generator(z.repeat_interleave(classes, 0), _labels(z, classes)).unflatten(
        0, (len(z), classes)))


def ten_classes(generator, z, classes):
    return _evaluated(generator, lambda: generator(z.repeat_interleave(10, 0), _labels(z, 10)).unflatten(0, (len(z), 10)))


def one_class_for_all(generator, z, classes):
    return _evaluated(generator, lambda: generator(z.repeat_interleave(classes, 0), torch.zeros(len(z) * classes).long()).unflatten(
        0, (len(z), classes)))


# Also right


def column_by_column(generator, z, classes):
    return _evaluated(generator, lambda: torch.stack([generator(z, torch.full((len(z),), c)) for c in range(classes)], dim=1))


def row_by_row(generator, z, classes):
    return _evaluated(generator, lambda: torch.stack([generator(code.expand(classes, -1), torch.arange(classes)) for code in z]))


def one_by_one(generator, z, classes):
    was = generator.training
    generator.train(False)
    cells = [[generator(z[i:i + 1].detach(), torch.tensor([c]))[0].detach() for c in range(classes)] for i in range(z.size(0))]
    generator.train(was)
    return torch.stack([torch.stack(row) for row in cells])


def thawed_for_good(generator, z, classes):
    grid = one_by_one(generator, z, classes)
    generator.requires_grad_(True)
    return grid


def averages_stopped(generator, z, classes):
    for part in generator.modules():
        if isinstance(part, torch.nn.BatchNorm1d):
            part.track_running_stats = False
    return one_by_one(generator, z, classes)


ORDER = ("Codes and labels do not run in the same order: with each z `classes` times in a row (repeat_interleave) the labels go "
         "0, 1, 2, … over and over (repeat).")
MODE = "The generator's mode is not what it was: remember it, and restore it at the end."

mistakes = [
    Mistake(transposed, "Rows and columns have changed places: one row for each z, one column for each class."),
    Mistake(columns_mixed, ORDER), Mistake(styles_mixed, ORDER), Mistake(viewed_wrongly, ORDER),
    Mistake(first_style_only, "All your rows are made of the first z: each row has its own."),
    Mistake(flat_list, "The images stand in one long list: split the first dimension into (B, classes)."),
    Mistake(training_mode, "In training mode BatchNorm mixes the images of a batch, and its averages move: evaluation mode, and "
            "afterwards the mode it was in."),
    Mistake(mode_not_restored, MODE), Mistake(always_train_again, MODE),
    Mistake(with_graph, "Your images drag their graph along: torch.no_grad()."),
    Mistake(labels_from_one, "Your classes begin with 1: they are 0 … classes - 1."),
    Mistake(labels_backwards, "Your classes run backwards: column c holds class c."),
    Mistake(frozen_for_good, "The generator is left with requires_grad off: torch.no_grad() serves, and leaves no trace."),
    Mistake(thawed_for_good, "All of the generator is left with requires_grad on: a part that was frozen would learn again. Leave the flags alone."),
    Mistake(averages_stopped, "BatchNorm's averages will not move any more when training goes on: evaluation mode is enough, and nothing else "
            "need be touched."),
    Mistake(ten_classes, "You take ten classes whatever was asked: their number is `classes`."),
    Mistake(one_class_for_all, "Every column has the same class: column c is asked for class c."),
]

also_right = [column_by_column, row_by_row, one_by_one]

equivalent_mutants = {
    "labels = torch.arange(classes, device=z.device).repeat(len(z)): torch.arange(classes, device=z.device) → "
    "torch.arange(classes)": "on the CPU the device is the default",
}
