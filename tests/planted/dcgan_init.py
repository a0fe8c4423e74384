"""Planted answers to dcgan-init, by another author than the check's."""

import torch
from torch import nn
from torch.nn import init


def truncated(module):
    """Cut off at two standard deviations."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        init.trunc_normal_(module.weight, 0.0, 0.02, -0.04, 0.04)
    elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)) and module.weight is not None:
        init.normal_(module.weight, 1.0, 0.02)
    else:
        return
    if module.bias is not None:
        init.zeros_(module.bias)


def positive_only(module):
    _standard(module)
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        with torch.no_grad():
            module.weight.abs_()


def all_zero(module):
    _standard(module)
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        init.zeros_(module.weight)


def one_filter_for_all(module):
    """Every output channel begins alike."""
    _standard(module)
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        with torch.no_grad():
            module.weight.copy_(module.weight[:1].expand_as(module.weight))


def conv_only(module):
    if isinstance(module, nn.Conv2d):
        init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            init.zeros_(module.bias)
    elif isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine:
        init.normal_(module.weight, 1.0, 0.02)
        init.zeros_(module.bias)


def names_with_conv_in_them(module):
    """The recipe of many tutorials, with the wrong letters for BatchNorm."""
    name = module.__class__.__name__
    if "Conv" in name or "Linear" in name:
        init.normal_(module.weight.data, 0.0, 0.02)
        if module.bias is not None:
            init.constant_(module.bias.data, 0)
    elif "Batchnorm" in name:
        init.normal_(module.weight.data, 1.0, 0.02)
        init.constant_(module.bias.data, 0)


def norm_anywhere(module):
    """Also LayerNorm."""
    _standard(module)
    if isinstance(module, nn.LayerNorm):
        init.normal_(module.weight, 1.0, 0.02)
        init.zeros_(module.bias)


def bias_tenth(module):
    _standard(module)
    if isinstance(module, nn.Linear) and module.bias is not None:
        init.constant_(module.bias, 0.1)


def spread_one(module):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        init.normal_(module.weight)
        if module.bias is not None:
            init.zeros_(module.bias)
    elif isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine:
        init.normal_(module.weight, 1.0, 0.02)
        init.zeros_(module.bias)


def _standard(module):
    match module:
        case nn.Conv2d() | nn.ConvTranspose2d() | nn.Linear():
            centre = 0.0
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            centre = 1.0
        case _:
            return
    for name, parameter in module.named_parameters(recurse=False):
        if name == "weight":
            torch.nn.init.normal_(parameter, mean=centre, std=2e-2)
        else:
            torch.nn.init.constant_(parameter, 0.0)


@torch.no_grad()
def copied(module):
    if type(module) in (nn.Conv2d, nn.ConvTranspose2d, nn.Linear):
        module.weight.copy_(torch.normal(torch.zeros_like(module.weight), 0.02))
    elif type(module) in (nn.BatchNorm1d, nn.BatchNorm2d) and module.weight is not None:
        module.weight.copy_(torch.normal(torch.ones_like(module.weight), 0.02))
    else:
        return
    if module.bias is not None:
        module.bias.zero_()


WEIGHTS = "Weights of Conv2d, ConvTranspose2d and Linear: normal, mean 0, standard deviation 0.02."
ZERO = "Every bias and offset is 0."

wrong = [
    (truncated, WEIGHTS),
    (positive_only, WEIGHTS),
    (all_zero, WEIGHTS),
    (conv_only, "no_transposed"),
    (names_with_conv_in_them, "norm_left"),
    (norm_anywhere, "whatever_has_a_weight"),
    (bias_tenth, ZERO),
    (spread_one, WEIGHTS),
]
right = [_standard, copied]
