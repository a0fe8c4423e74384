"""Planted answers to cgan-style-grid, by another author than the check's."""

import copy

import torch


class looking:
    """Evaluation mode without a graph, and back."""

    def __init__(self, net):
        self.net, self.mode = net, net.training

    def __enter__(self):
        self.net.eval()
        self.off = torch.no_grad()
        self.off.__enter__()

    def __exit__(self, *args):
        self.off.__exit__(*args)
        self.net.train(self.mode)


def classes_by_codes(generator, z, classes):
    with looking(generator):
        return torch.stack([generator(z, torch.full((z.shape[0],), c)) for c in range(classes)], dim=0)


def reshaped_wrongly(generator, z, classes):
    with looking(generator):
        images = generator(z.repeat(classes, 1), torch.arange(classes).repeat_interleave(z.shape[0]))
        return images.reshape(z.shape[0], classes, *images.shape[1:])


def one_long_row(generator, z, classes):
    with looking(generator):
        return torch.cat([generator(code.repeat(classes, 1), torch.arange(classes)) for code in z])


def in_training(generator, z, classes):
    with torch.no_grad():
        return torch.stack([generator(code.repeat(classes, 1), torch.arange(classes)) for code in z])


def left_in_eval(generator, z, classes):
    generator.eval()
    with torch.no_grad():
        return torch.stack([generator(code.repeat(classes, 1), torch.arange(classes)) for code in z])


def graph_kept(generator, z, classes):
    mode = generator.training
    generator.eval()
    grid = torch.stack([generator(code.repeat(classes, 1), torch.arange(classes)) for code in z])
    generator.train(mode)
    return grid


def counts_from_one(generator, z, classes):
    with looking(generator):
        return torch.stack([generator(code.repeat(classes, 1), torch.arange(1, classes + 1)) for code in z])


def first_code(generator, z, classes):
    with looking(generator):
        return torch.stack([generator(z[0].repeat(classes, 1), torch.arange(classes)) for _ in z])


def always_ten(generator, z, classes):
    with looking(generator):
        return torch.stack([generator(code.repeat(10, 1), torch.arange(10)) for code in z])


def trains_at_the_end(generator, z, classes):
    with looking(generator):
        grid = torch.stack([generator(code.repeat(classes, 1), torch.arange(classes)) for code in z])
    generator.train()
    return grid


def frozen_then_thawed(generator, z, classes):
    generator.requires_grad_(False)
    with looking(generator):
        rows = torch.stack([generator(code.repeat(classes, 1), torch.arange(classes)) for code in z])
    generator.requires_grad_(True)
    return rows


def momentum_set_to_0(generator, z, classes):
    for part in generator.modules():
        if hasattr(part, "momentum"):
            part.momentum = 0.0
    with looking(generator):
        return torch.stack([generator(code.repeat(classes, 1), torch.arange(classes)) for code in z])


def right_with_a_copy(generator, z, classes):
    twin = copy.deepcopy(generator).eval()
    return torch.stack([twin(z, torch.full((len(z),), c)).detach() for c in range(classes)], 1)


def right_by_rows(generator, z, classes):
    with looking(generator):
        return torch.stack([generator(code.repeat(classes, 1), torch.arange(classes)) for code in z])


def right_by_columns(generator, z, classes):
    with looking(generator):
        columns = [generator(z, torch.full((z.shape[0],), c)) for c in range(classes)]
        return torch.stack(columns).transpose(0, 1).contiguous()


SAYS_1 = ("Row i, column c: the image that G makes, in evaluation mode, of z_i when it is asked for class "
          "c.")

wrong = [
    (classes_by_codes, "transposed"), (reshaped_wrongly, "viewed_wrongly"), (one_long_row, "flat_list"),
    (in_training, SAYS_1), (left_in_eval, "mode_not_restored"), (graph_kept, "with_graph"),
    (counts_from_one, "labels_from_one"), (first_code, "first_style_only"), (always_ten, "ten_classes"),
    (trains_at_the_end, "always_train_again"), (frozen_then_thawed, "thawed_for_good"),
    (momentum_set_to_0, "averages_stopped"),
]
right = [right_with_a_copy, right_by_rows, right_by_columns]
