"""dcgan-sizes: how many pixels a convolution leaves along one axis, and how many a transposed one makes.

    convolution    ⌊(n + 2p - k)/s⌋ + 1        transposed    (n - 1) s - 2p + k

(Dumoulin and Visin 2016, arXiv:1603.07285). Fixed: a size below 1 is a ValueError. Free: whole numbers of any kind.
"""

import torch
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Settings (n, kernel, stride, padding): any that fit, those at the ends, and those that leave nothing."""
    def draw(low, high, count=12):
        return randint(low, high, (count,), rng=rng)

    kernel, stride, padding = draw(2, 8), draw(2, 5), draw(0, 4)
    n = kernel + draw(0, 30)
    n[:4] += (kernel + stride + 1 - n - 2 * padding)[:4] % stride[:4]  # the stride leaves a rest of 1: half a step counts not
    twin = torch.stack([draw(3, 30), kernel, stride, draw(0, 2)], 1)
    a, k = randint(1, 9, (2,), rng=rng).tolist()
    ends = torch.tensor([[1, 1, 1, 0], [a, a, 3, 0], [a, 1, a + 1, 0], [k, k + 2, 2, 1], [100 * a, k, 97, k]])
    ends_twin = torch.tensor([[1, k, 9, 0], [1, 1, 1, 0], [a + 1, 1, 4, 0], [2, 3, 2, 2], [100 * a, k, 7, 0]])
    nothing = torch.tensor([[a, a + 1, 2, 0], [a, a + 1, 3, 0], [k, k + 5, 4, 2], [1, 30, 2, k]])
    nothing_twin = torch.tensor([[1, 2, a, 1], [1, 3, 2, 2], [2, 1, 1, 1], [2, 2, 1, k + 1]])
    return dict(plain=torch.stack([n, kernel, stride, padding], 1), twin=twin, ends=ends, ends_twin=ends_twin,
                nothing=nothing, nothing_twin=nothing_twin)


def probe(conv_out_size, plain, twin, ends, ends_twin, nothing, nothing_twin):
    """The sizes, and for settings that leave nothing what is raised."""
    def sizes(settings, transposed):
        made = [probing.attempt(conv_out_size, *row, transposed) for row in settings.tolist()]
        made = [0.0 if isinstance(size, str) else probing.tensor(size, "`conv_out_size`").double() for size in made]
        return torch.stack([torch.as_tensor(size, dtype=torch.float64).reshape(()) for size in made])

    def caught(*given):
        try:
            return conv_out_size(*given)
        except ValueError:  # or a kind of it
            return "raised ValueError"

    def raised(settings, transposed):
        told = [probing.attempt(caught, *row, transposed) for row in settings.tolist()]
        return next((word for word in told if word != "raised ValueError"), "raised ValueError")

    def refused(settings, transposed):
        word = raised(settings, transposed)
        return word if isinstance(word, str) else "gave a size"

    return dict(plain=sizes(plain, False), twin=sizes(twin, True), ends=sizes(ends, False), ends_twin=sizes(ends_twin, True),
                nothing=refused(nothing, False), nothing_twin=refused(nothing_twin, True))


def reference(n, kernel, stride, padding, transposed=False):
    """Count the places at which the kernel fits, and the pixels that the stamps reach."""
    if transposed:
        size = (n - 1) * stride + kernel - 2 * padding
    else:
        size = (n + 2 * padding - kernel) // stride + 1
    if size < 1:
        raise ValueError(f"nothing is left of {n} pixels")
    return size


def truth(n, kernel, stride, padding, transposed=False):
    """Ask torch's own layers."""
    layer = F.conv_transpose1d if transposed else F.conv1d
    try:
        size = layer(torch.zeros(1, 1, n), torch.zeros(1, 1, kernel), stride=stride, padding=padding).shape[-1]
    except RuntimeError:
        size = 0
    if size < 1:
        raise ValueError("nothing is left")
    return size


exercise = Exercise(
    id="dcgan-sizes", defines="conv_out_size(n, kernel, stride, padding, transposed=False)", core=True, points=2, level=2,
    minutes=10, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.dcgan.conv_out_size", "genlab.models.dcgan.paint_counts"],
    comparisons=[
        Compare("plain", points=0.75, what="`conv_out_size`",
                says="The size after a convolution: at how many places does the kernel fit? A rest smaller than the stride is left over."),
        Compare("twin", points=0.75, what="`conv_out_size` with transposed=True",
                says="The size after a transposed convolution: from the first stamp's edge to the last's, less the padding."),
        Compare("ends", "nothing", points=0.25, what={"ends": "`conv_out_size` for one pixel, or for strides above the kernel",
                "nothing": "`conv_out_size` where the kernel does not fit"},
                says="One pixel, strides above the kernel; and a kernel that fits nowhere leaves nothing: raise ValueError."),
        Compare("ends_twin", "nothing_twin", points=0.25, what={"ends_twin": "`conv_out_size` with transposed=True, for one or two pixels",
                "nothing_twin": "`conv_out_size` with transposed=True, where the padding takes everything"},
                says="The same for the twin; a padding that takes every pixel leaves nothing: raise ValueError."),
    ],
    hints=[
        "Draw a row of 6 pixels and a kernel of 3 above it. At how many places does it stand with stride 1, and with stride 2? Then "
        "let every one of 3 pixels press a stamp of 4, 2 pixels apart, and count from the first edge to the last.",
        "The kernel starts at 0, s, 2s, … and must end at n + 2p or before. The last stamp begins at (n - 1) s and is k wide; "
        "padding cuts p off each side.",
        "size = (n - 1) * stride + kernel - 2 * padding if transposed else (n + 2 * padding - kernel) // stride + 1, then "
        "`if size < 1: raise ValueError(...)`.",
    ],
    afterwards="A convolution and its twin with the same k, s and p undo each other's sizes, but where a rest was left over.",
)
