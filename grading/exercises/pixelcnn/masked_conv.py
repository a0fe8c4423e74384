"""pixelcnn-masked-conv: a convolution that uses only some taps of its kernel.

    y = F.conv2d(x, W ⊙ mask, b),  padded to the size of x

Fixed: the parameters are `weight` (out, in, kh, kw) and `bias` (out,), as in nn.Conv2d; the mask is (kh, kw) with odd
sides; forward writes nothing. So a tap that is cut gets no gradient, and stays as it is under any optimizer that
moves a weight by its gradient.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import rand, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A high, a square and a wide mask of random taps, one of a row, and a single tap that is closed, with weights, images
    and directions; all sizes differ."""
    double = torch.zeros((), dtype=torch.float64)
    made = {}
    for name, (kh, kw) in {"": (5, 3), "_square": (3, 3), "_wide": (3, 7)}.items():
        mask = (rand((kh, kw), like=double, rng=rng) < 0.5).double()
        mask[0, 0], mask[0, 1], mask[-1, -1] = 1, 1, 0
        mask[1, 0] = 0
        made |= {f"mask{name}": mask, f"weight{name}": randn((4, 2, kh, kw), like=double, rng=rng)}
    made |= {"mask_row": (rand((1, 5), like=double, rng=rng) < 0.5).double(), "weight_row": randn((3, 1, 1, 5), like=double, rng=rng)}
    made["mask_row"][0, int(rand((1,), rng=rng) * 2)] = 1
    made["mask_row"][0, -1] = 0
    return made | {"bias": randn((4,), like=double, rng=rng), "x": randn((3, 2, 7, 6), like=double, rng=rng),
                   "direction": randn((3, 4, 7, 6), like=double, rng=rng)}


def probe(MaskedConv2d, mask, weight, mask_square, weight_square, mask_wide, weight_wide, mask_row, weight_row, bias, x,
          direction):
    """The output and its gradients, in both modes; the weights after a pass and after a step, and the output then; other kernels."""
    def run(layer, images):
        return probing.tensor(layer(images.clone()), "`forward`").detach()

    def other(taps, values, images):
        wide, narrow = values.shape[:2]
        made = probing.load(MaskedConv2d(taps.clone(), narrow, wide), {"weight": values, "bias": bias[:wide]})
        return run(made, images[:, :narrow])

    layer = probing.load(MaskedConv2d(probing.watch("mask", mask.clone()), 2, 4), {"weight": weight, "bias": bias})
    leaf = probing.leaf(x)
    y = probing.tensor(layer(leaf), "`forward`")
    d_x, d_weight, d_bias = probing.vjp(y, [leaf, layer.weight, layer.bias], direction)
    evaluated = probing.attempt(run, layer.eval(), x)
    layer.train()
    weight_after = layer.weight.detach().clone()
    loss = layer(probing.watch("x", x.clone())).square().sum()
    if loss.requires_grad:
        loss.backward()
    with torch.no_grad():
        for parameter in layer.parameters():  # a step of gradient descent
            parameter -= 0.1 * (0 if parameter.grad is None else parameter.grad)
    layer.eval()
    square = probing.attempt(other, mask_square, weight_square, x)
    return dict(y=y.detach(), evaluated=evaluated, square=square, wide=probing.attempt(other, mask_wide, weight_wide, x),
                one=probing.attempt(other, mask_square, weight_square, x[:1]),
                row=probing.attempt(other, mask_row, weight_row, x[:2]),
                dot=probing.attempt(other, mask[-1:, -1:], weight[:, :, :1, :1], x[:1, :, :1]),
                d_x=d_x, d_weight=d_weight, d_bias=d_bias, weight_after=weight_after,
                stepped=layer.weight.detach().clone(), again=probing.attempt(run, layer, x))


class MaskedConv2d(nn.Conv2d):
    """The reference."""

    def __init__(self, mask, in_channels, out_channels):
        super().__init__(in_channels, out_channels, tuple(mask.shape), padding=tuple(k // 2 for k in mask.shape))
        self.register_buffer("mask", mask)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class Truth(nn.Module):
    """One shifted copy of the image for each tap that is open."""

    def __init__(self, mask, in_channels, out_channels):
        super().__init__()
        self.mask = mask
        self.weight = nn.Parameter(torch.zeros(out_channels, in_channels, *mask.shape))
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x):
        kh, kw = self.mask.shape
        h, w = x.shape[2:]
        padded = F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2))
        total = self.bias.view(1, -1, 1, 1).expand(len(x), -1, h, w)
        for i, j in self.mask.nonzero().tolist():
            total = total + torch.einsum("oc,bchw->bohw", self.weight[:, :, i, j], padded[:, :, i:i + h, j:j + w])
        return total


exercise = Exercise(
    id="pixelcnn-masked-conv", defines="class MaskedConv2d(nn.Conv2d)", core=True, points=3, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=MaskedConv2d, truth=Truth,
    withholds=["genlab.models.pixelcnn.MaskedConv2d", "genlab.models.autoregressive.MaskedLinear"],
    comparisons=[
        Compare("y", "evaluated", "square", "wide", "one", "row", "dot", shape="(B, out, H, W)", points=1, what="`forward`",
                says="The output: a convolution with the open taps alone, of the size of x, with the bias."),
        Compare("d_x", "d_bias", points=0.25, what={"d_x": "the gradient of the output with respect to x",
                                                    "d_bias": "the gradient of the output with respect to the bias"},
                says="Gradients reach the input through the open taps, and the bias."),
        Compare("d_weight", points=0.75, what="the gradient of the output with respect to `weight`",
                says="Open taps have the gradient of a convolution, closed ones exactly 0."),
        Compare("weight_after", points=0.5, what="`weight` after `forward`",
                says="A pass writes nothing: the closed weights are still there, and are not used."),
        Compare("stepped", "again", points=0.5, what={"stepped": "`weight` after a step of gradient descent",
                                                      "again": "`forward` after a step of gradient descent"},
                says="After a step of the optimizer closed weights are where they were, and the output follows the open ones."),
    ],
    hints=[
        "A convolution is a function of an image and a kernel. Which kernel should it be given, and who else may see it?",
        "Make the product of weight and mask anew in each pass and hand it to F.conv2d. The product's own gradient rule does the "
        "rest: a factor of 0 sends no gradient.",
        "self.register_buffer(\"mask\", mask) in __init__, with padding half the kernel; in forward F.conv2d(x, self.weight * "
        "self.mask, self.bias, padding=self.padding).",
    ],
    afterwards="A buffer moves with the module to another device or precision and is no parameter: the optimizer never sees it.",
)
