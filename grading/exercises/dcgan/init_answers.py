"""Answers to dcgan-init: wrong ones with the sentence that names each, and right ones."""

import torch
from torch import nn

from grading.checks.exercise import Mistake

CONV = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
NORM = (nn.BatchNorm1d, nn.BatchNorm2d)


def _fill(module, weight, scale, conv=CONV, norm=NORM, bias=True):
    if isinstance(module, conv):
        weight(module.weight)
    elif isinstance(module, norm) and module.weight is not None:
        scale(module.weight)
    else:
        return
    if bias and module.bias is not None:
        nn.init.zeros_(module.bias)


def _weight(w):
    nn.init.normal_(w, 0.0, 0.02)


def _scale(w):
    nn.init.normal_(w, 1.0, 0.02)


# Known mistakes


def variance_for_deviation(module):
    _fill(module, lambda w: nn.init.normal_(w, 0.0, 0.02**2), lambda w: nn.init.normal_(w, 1.0, 0.02**2))


def root_of_it(module):
    _fill(module, lambda w: nn.init.normal_(w, 0.0, 0.02**0.5), lambda w: nn.init.normal_(w, 1.0, 0.02**0.5))


def two_tenths(module):
    _fill(module, lambda w: nn.init.normal_(w, 0.0, 0.2), _scale)


def uniform(module):
    _fill(module, lambda w: nn.init.uniform_(w, -0.02, 0.02), _scale)


def uniform_of_the_right_size(module):
    _fill(module, lambda w: nn.init.uniform_(w, -0.02 * 3**0.5, 0.02 * 3**0.5), _scale)


def kaiming(module):
    _fill(module, nn.init.kaiming_normal_, _scale)


def xavier(module):
    _fill(module, nn.init.xavier_normal_, _scale)


def norm_like_the_rest(module):
    _fill(module, _weight, _weight)


def norm_exactly_one(module):
    _fill(module, _weight, nn.init.ones_)


def norm_left(module):
    _fill(module, _weight, _scale, norm=())


def only_two_dimensional_norm(module):
    _fill(module, _weight, _scale, norm=(nn.BatchNorm2d,))


def no_transposed(module):
    _fill(module, _weight, _scale, conv=(nn.Conv2d, nn.Linear))


def no_linear(module):
    _fill(module, _weight, _scale, conv=(nn.Conv2d, nn.ConvTranspose2d))


def only_transposed(module):
    _fill(module, _weight, _scale, conv=(nn.ConvTranspose2d, nn.Linear))


def biases_left(module):
    _fill(module, _weight, _scale, bias=False)


def biases_normal(module):
    _fill(module, _weight, _scale)
    if isinstance(module, CONV) and module.bias is not None:
        nn.init.normal_(module.bias, 0.0, 0.02)


def offsets_one(module):
    _fill(module, _weight, _scale)
    if isinstance(module, NORM) and module.bias is not None:
        nn.init.ones_(module.bias)


def needs_a_bias(module):
    if isinstance(module, CONV):
        nn.init.normal_(module.weight, 0.0, 0.02)
        nn.init.zeros_(module.bias)
    elif isinstance(module, NORM):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def whatever_has_a_weight(module):
    if isinstance(module, NORM):
        _fill(module, _weight, _scale)
    elif getattr(module, "weight", None) is not None:
        nn.init.normal_(module.weight, 0.0, 0.02)
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)


def all_parameters(module):
    for p in module.parameters():
        nn.init.normal_(p, 0.0, 0.02)


def with_a_seed(module):
    torch.manual_seed(0)
    _fill(module, _weight, _scale)


def new_parameters(module):
    if isinstance(module, CONV):
        module.weight = nn.Parameter(0.02 * torch.randn_like(module.weight))
        if module.bias is not None:
            module.bias = nn.Parameter(torch.zeros_like(module.bias))
    elif isinstance(module, NORM) and module.weight is not None:
        module.weight = nn.Parameter(1 + 0.02 * torch.randn_like(module.weight))
        module.bias = nn.Parameter(torch.zeros_like(module.bias))


def resets_averages(module):
    if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
        module.reset_running_stats()
    _fill(module, _weight, _scale)


def not_in_place(module):
    _fill(module, lambda w: torch.normal(0.0, 0.02, w.shape), lambda w: torch.normal(1.0, 0.02, w.shape))


def frozen(module):
    _fill(module, _weight, _scale)
    module.requires_grad_(False)


# Also right


def by_name(module):
    name = type(module).__name__
    if name.startswith("Conv") or name == "Linear":
        module.weight.data.normal_(0.0, 0.02)
    elif name.startswith("BatchNorm") and module.affine:
        module.weight.data.normal_(1.0, 0.02)
    else:
        return
    if module.bias is not None:
        module.bias.data.fill_(0)


@torch.no_grad()
def by_hand(module):
    """Also right where it is called once on the whole network: then and there."""
    for part in module.modules():
        kinds = nn.Conv2d | nn.ConvTranspose2d | nn.Linear
        if isinstance(part, kinds):
            part.weight.copy_(torch.randn_like(part.weight) * 0.02)
        elif isinstance(part, nn.modules.batchnorm._BatchNorm) and part.affine:
            part.weight.copy_(1 + torch.randn_like(part.weight) / 50)
        else:
            continue
        if part.bias is not None:
            part.bias.zero_()


SIZE = "The deviation is of another size: 0.02 is the standard deviation, which is what nn.init.normal_ takes."
LAW = "The law of the weights is another one: normal with standard deviation 0.02, whatever the layer's size."
SCALE = "BatchNorm's scales begin near 1, not near 0: a scale of 0.02 would nearly switch each channel off."
LEFT = ("BatchNorm, or one of its kinds, is left as it was: scales of BatchNorm1d and BatchNorm2d are drawn from N(1, 0.02²), and their "
        "offsets are 0.")
OUT = "A kind of layer is left as it was: Conv2d, ConvTranspose2d and Linear are three types, none of which is a kind of another."

mistakes = [
    Mistake(variance_for_deviation, SIZE), Mistake(root_of_it, SIZE), Mistake(two_tenths, SIZE),
    Mistake(uniform, LAW), Mistake(uniform_of_the_right_size, LAW), Mistake(kaiming, LAW), Mistake(xavier, LAW),
    Mistake(norm_like_the_rest, SCALE),
    Mistake(norm_exactly_one, "BatchNorm's scales are exactly 1: they are drawn, too, from N(1, 0.02²)."),
    Mistake(norm_left, LEFT), Mistake(only_two_dimensional_norm, LEFT),
    Mistake(no_transposed, OUT), Mistake(no_linear, OUT), Mistake(only_transposed, OUT),
    Mistake(biases_left, "Biases and offsets are left as they were: set them to 0."),
    Mistake(biases_normal, "Biases are drawn: they begin at 0."),
    Mistake(offsets_one, "BatchNorm's offsets are 1: its scales begin near 1, its offsets at 0."),
    Mistake(needs_a_bias, "A layer without bias, or a BatchNorm without scale, makes it fail: ask first whether it is None."),
    Mistake(whatever_has_a_weight, "You change every layer that has a weight, also PReLU, LayerNorm and Embedding: only the kinds "
            "that are named."),
    Mistake(all_parameters, "You draw all parameters of each module, biases, offsets and scales alike: ask each layer for its type."),
    Mistake(with_a_seed, "You set a seed for each layer: then all layers begin with the same numbers, and each of your networks, too."),
    Mistake(new_parameters, "You replace the parameters by new objects: an optimizer that was made before still holds the old ones. Write "
            "into them, as nn.init does."),
    Mistake(resets_averages, "You reset BatchNorm's running averages: only scales and offsets are asked for."),
    Mistake(not_in_place, "The drawn numbers reach no layer: write them into the weight, as nn.init.normal_ does."),
    Mistake(frozen, "The parameters cannot learn any more: leave requires_grad as it is."),
]

also_right = [by_name, by_hand]

equivalent_mutants = {
    "if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):: (nn.Conv2d, nn.ConvTranspose2d, nn.Linear) → "
    "(nn.ConvTranspose2d, nn.Conv2d, nn.Linear)": "isinstance asks for any of them, in whatever order",
    "elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)) and module.weight is not None:: (nn.BatchNorm1d, nn.BatchNorm2d) → "
    "(nn.BatchNorm2d, nn.BatchNorm1d)": "isinstance asks for any of them, in whatever order",
}
