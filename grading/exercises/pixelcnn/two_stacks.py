"""pixelcnn-two-stacks: one gated layer of two stacks, by which no earlier pixel is missed.

    v' = v + gate(V * v),   V: rows r-d and r, columns c-d, c, c+d
    h' = h + O gate(H * h + L v'),   gate(a, b) = tanh(a) σ(b)

after van den Oord et al. (2016), arXiv:1606.05328, fig. 2, with the residual in both stacks as in arXiv:1701.05517.
Feature v at row r has seen rows above r of the image, so its own row is allowed; h at (r, c) has seen (r, < c) as well.
Fixed: the five layers come in as arguments, `vertical` without padding, the others keep the size; two tensors come back.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Features, weights and directions; nothing square, and few enough that a wrong padding shows; one pixel at which gates are sure."""
    B, C, H, W = 2, 3, 6, 7
    double = torch.zeros((), dtype=torch.float64)
    shapes = {"vertical": (2 * C, C, 2, 3), "horizontal": (2 * C, C, 1, 3), "link": (2 * C, C, 1, 1), "out": (C, C, 1, 1)}
    made = {f"{name}_{part}": randn(shape if part == "weight" else shape[:1], like=double, rng=rng) / 2
            for name, shape in shapes.items() for part in ("weight", "bias")}
    made["horizontal_weight"][..., 2] = 0  # the tap to the right is cut
    spot = torch.zeros(B, C, H, W, dtype=torch.float64)
    spot[:, :, 3, 3] = randn((B, C), like=double, rng=rng)
    return made | {"v": randn((B, C, H, W), like=double, rng=rng), "h": randn((B, C, H, W), like=double, rng=rng),
                   "thin": 40 * randn((2, C, 1, 1), like=double, rng=rng), "spot": spot}


def probe(two_stacks, v, h, thin, spot, vertical_weight, vertical_bias, horizontal_weight, horizontal_bias, link_weight,
          link_bias, out_weight, out_bias):
    """Both stacks at three dilations, for one pixel, column and image, for fewer channels; gradients at one place of each.

    The layers are watched once: they are the caller's, with their padding, their mode and what in them learns.
    """
    def run(above, along, d, look=lambda layer, name, features: layer):
        C = above.shape[1]  # the first channels of each layer
        vertical = probing.load(nn.Conv2d(C, 2 * C, (2, 3), dilation=d),
                                {"weight": vertical_weight[:2 * C, :C], "bias": vertical_bias[:2 * C]})
        horizontal = probing.load(nn.Conv2d(C, 2 * C, (1, 3), dilation=d, padding=(0, d)),
                                  {"weight": horizontal_weight[:2 * C, :C], "bias": horizontal_bias[:2 * C]})
        link = probing.load(nn.Conv2d(C, 2 * C, 1), {"weight": link_weight[:2 * C, :C], "bias": link_bias[:2 * C]})
        out = probing.load(nn.Conv2d(C, C, 1), {"weight": out_weight[:C, :C], "bias": out_bias[:C]})
        layers = [look(layer, name, along.detach().clone()) for layer, name in
                  ((vertical, "vertical"), (horizontal, "horizontal"), (link, "link"), (out, "out"))]
        return probing.tensors(two_stacks(above, along, *layers, d), 2, "`two_stacks`")

    def watch(layer, name, features):
        return probing.watch(name, layer, features)

    def ask(above, along, d):
        result = probing.attempt(run, above.clone(), along.clone(), d)
        return (result, result) if isinstance(result, str) else [part.detach() for part in result]

    leaf_v, leaf_h = probing.leaf(v), probing.leaf(h)
    new_v, new_h = run(leaf_v, leaf_h, 1)
    watched = probing.attempt(run, probing.watch("v", v.clone()), probing.watch("h", h.clone()), 2, watch)
    wide_v, wide_h = (watched,) * 2 if isinstance(watched, str) else [part.detach().clone() for part in watched]
    one_v, one_h = ask(v[:1], h[:1], 3)
    few_v, few_h = ask(v[:, :2, :, :1], h[:, :2, :, :1], 1)
    dot_v, dot_h = ask(thin[:1], thin[1:], 1)
    v_of_v, v_of_h = probing.vjp(new_v, [leaf_v, leaf_h], spot)
    h_of_v, h_of_h = probing.vjp(new_h, [leaf_v, leaf_h], spot)
    return dict(v=new_v.detach(), h=new_h.detach(), wide_v=wide_v, wide_h=wide_h, one_v=one_v, one_h=one_h, few_v=few_v,
                few_h=few_h, dot_v=dot_v, dot_h=dot_h, v_of_v=v_of_v, v_of_h=v_of_h, h_of_v=h_of_v, h_of_h=h_of_h)


def gate(z):
    value, door = z.chunk(2, 1)
    return value.tanh() * door.sigmoid()


def reference(v, h, vertical, horizontal, link, out, d):
    """Padding above and to both sides, never below."""
    v = v + gate(vertical(F.pad(v, (d, d, d, 0))))
    return v, h + out(gate(horizontal(h) + link(v)))


def truth(v, h, vertical, horizontal, link, out, d):
    """Tap by tap, from shifted copies."""
    height, width = v.shape[2:]

    def convolve(x, layer):
        kh, kw = layer.weight.shape[2:]
        total = layer.bias.view(1, -1, 1, 1).expand(len(x), -1, height, width)
        around = F.pad(x, (4, 4, 4, 0))
        for i in range(kh):
            for j in range(kw):
                top, left = 4 - d * (kh - 1 - i), 4 + d * (j - kw // 2)
                part = around[:, :, top:top + height, left:left + width]
                total = total + torch.einsum("oc,bchw->bohw", layer.weight[:, :, i, j], part)
        return total

    def gated(z):
        half = z.shape[1] // 2
        return torch.tanh(z[:, :half]) / (1 + torch.exp(-z[:, half:]))

    v = v + gated(convolve(v, vertical))
    return v, h + convolve(gated(convolve(h, horizontal) + convolve(v, link)), out)


exercise = Exercise(
    id="pixelcnn-two-stacks", defines="two_stacks(v, h, vertical, horizontal, link, out, d)", core=True, points=4, level=4,
    minutes=20, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pixelcnn.GatedLayer", "genlab.models.pixelcnn.gate",
               "genlab.models.pixel_sampling.RowCache"],
    comparisons=[
        Compare("v", shape="(B, F, H, W)", points=1, what="the first stack that `two_stacks` returns",
                says="The vertical stack: v and a gated convolution over its own row and the one above, padded to the size."),
        Compare("h", shape="(B, F, H, W)", points=1, what="the second stack that `two_stacks` returns",
                says="The horizontal stack: h and `out` of a gate, which hears h and, by the link, the new v."),
        Compare("wide_v", "wide_h", "one_v", "one_h", "few_v", "few_h", "dot_v", "dot_h", shape="(B, F, H, W)", points=1,
                what="`two_stacks` at another dilation, for other channels, or for a single image, column or pixel",
                says="Other sizes: with a dilation d the taps lie d apart, so d rows above and d columns to each side are missing. The "
                     "rule is the same for any number of channels, and for small images."),
        Compare("v_of_v", "v_of_h", "h_of_v", "h_of_h", points=1,
                what={"v_of_v": "the gradient of the new v at one place with respect to v",
                      "v_of_h": "the gradient of the new v at one place with respect to h",
                      "h_of_v": "the gradient of the new h at one place with respect to v",
                      "h_of_h": "the gradient of the new h at one place with respect to h"},
                says="What each place hears: v never hears h, and neither hears a row below or, in h, a column to the right."),
    ],
    hints=[
        "Draw a 2 by 3 kernel whose lower middle tap lies on (r, c). Which rows and columns does it need that the image does not have?",
        "Pad v above by d rows and on both sides by d columns, never below. A gate splits its channels into two halves: tanh of the "
        "first times sigmoid of the second.",
        "v = v + gate(vertical(F.pad(v, (d, d, d, 0)))); h = h + out(gate(horizontal(h) + link(v))); F.pad counts left, right, top, "
        "bottom.",
    ],
    afterwards="Each layer adds a little to both stacks: with the gates shut it changes nothing, which is how deep ones stay trainable.",
)
