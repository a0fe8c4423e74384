"""pix2pix-patches: what one logit of a stack of convolutions sees, and how many logits there are.

    r ← (r - 1) · s + k  from the last layer to the first, r = 1        side of a patch
    s_1 s_2 … s_L                                                       from one patch to the next
    n ← ⌊(n + 2p - k) / s⌋ + 1  from the first layer to the last        logits along a side

Fixed: three whole numbers in this order; the count is 0 where some layer's kernel no longer fits. Padding adds nothing to
the patch.
"""

import torch
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Three stacks of drawn layers, sides that do not divide, and one that is too small."""
    def whole(low, high, count):
        return randint(low, high + 1, (count,), rng=rng)

    return {"kernels": whole(2, 5, 3), "strides": torch.cat([whole(2, 3, 1), whole(1, 3, 2)]), "paddings": whole(0, 2, 3),
            "more_kernels": whole(1, 5, 4), "more_strides": whole(1, 3, 4), "n": 97 + int(randint(0, 20, (), rng=rng)),
            "side": 61 + int(randint(0, 9, (), rng=rng)), "layers": int(randint(1, 5, (), rng=rng))}


def probe(patches, kernels, strides, paddings, more_kernels, more_strides, n, side, layers):
    """A drawn stack; kernels smaller than their stride; one layer; the paper's; none; an image that is too small."""
    def ask(k, s, p, n):
        return _three(patches(list(k), list(s), list(p), n))

    def _three(values):
        return torch.stack([probing.tensor(v, "`patches`").double().reshape(()) for v in probing.tensors(values, 3, "`patches`")])

    def safely(*arguments):
        return probing.attempt(ask, *arguments)

    layers_of = dict(kernels=kernels.tolist(), strides=strides.tolist(), paddings=paddings.tolist())
    for name, values in layers_of.items():  # the lists themselves are looked at again after the probe
        probing.watch(f"list of {name}", values)
    drawn = _three(patches(*layers_of.values(), n))
    one = ask([5], [3], [2], side)
    paper = ask([4] * 5, [2, 2, 2, 1, 1], [1] * 5, 256)
    other = ask([4] * (layers + 2), [2] * layers + [1, 1], [1] * (layers + 2), 2 * side)
    gaps = ask(more_kernels.tolist(), more_strides.tolist(), [1] * 4, n)
    pointwise = ask([1, 1], [1, 1], [0, 0], side)
    exact = safely([4, 4], [1, 1], [0, 0], 7)
    small = safely([4, 4, 4], [2, 2, 1], [0, 0, 0], 9)
    nothing = safely([], [], [], side)
    revived = safely([4, 4, 1], [2, 2, 1], [0, 0, 2], 5)
    values = dict(small=small, revived=revived, exact=exact, nothing=nothing)
    for name, (field, step, count) in dict(drawn=drawn, one=one, paper=paper, other=other, gaps=gaps,
                                           pointwise=pointwise).items():
        values |= {f"{name}_field": field, f"{name}_step": step, f"{name}_count": count}
    return values


def reference(kernels, strides, paddings, n):
    """Backwards for the patch, forwards for the count."""
    field, step = 1, 1
    for k, s in zip(reversed(kernels), reversed(strides), strict=True):
        field, step = (field - 1) * s + k, step * s
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        n = max(0, (n + 2 * p - k) // s + 1) if n else 0
    return field, step, n


def truth(kernels, strides, paddings, n):
    """By input gradients of convolutions of ones along a line, and by their output."""
    line = torch.zeros(1, 1, 900, dtype=torch.float64, requires_grad=True)
    y = line
    for k, s in zip(kernels, strides, strict=True):
        y = F.conv1d(y, torch.ones(1, 1, k).double(), stride=s)
    seen = [torch.autograd.grad(y[0, 0, i], line, retain_graph=True)[0][0, 0].nonzero().flatten() for i in (2, 3)]
    z = torch.zeros(1, 1, n)
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        fits = z.shape[2] > 0 and z.shape[2] + 2 * p >= k
        z = F.conv1d(z, torch.ones(1, 1, k), stride=s, padding=p) if fits else torch.zeros(1, 1, 0)
    return int(seen[0][-1] - seen[0][0]) + 1, int(seen[1][0] - seen[0][0]), z.shape[2]


def _names(kind):
    return [f"{stack}_{kind}" for stack in ("one", "drawn", "paper", "other", "gaps", "pointwise")]


exercise = Exercise(
    id="pix2pix-patches", defines="patches(kernels, strides, paddings, n)", core=True, points=3, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pix2pix.receptive_field", "genlab.models.pix2pix.PatchGAN.field"],
    comparisons=[
        Compare(*_names("field"), points=1.25, what="the side of a patch",
                says="The first number: how many pixels along a side one logit depends on, the whole stack taken together."),
        Compare(*_names("step"), points=0.5, what="the distance of two patches",
                says="The second number: how many pixels lie between the beginnings of two neighbouring patches."),
        Compare(*_names("count"), points=0.75, what="the number of logits along a side",
                says="The third number: how many logits there are along a side of n pixels, padding counted."),
        Compare("small", "revived", "exact", "nothing", points=0.5, what="`patches` at an end",
                says="At the ends: 0 logits where a kernel no longer fits, 1 where it just fits; without any layer a logit is a pixel."),
    ],
    hints=[
        "Stand at one logit and walk back, layer by layer. How many places of the layer below does it see? And how many do those see "
        "in turn, if they lie a stride apart?",
        "r neighbouring outputs of a layer with kernel k and stride s span (r - 1) · s + k of its inputs. Begin with r = 1 at the last "
        "layer. Strides multiply. A layer turns n places into ⌊(n + 2p - k)/s⌋ + 1.",
        "for k, s in zip(reversed(kernels), reversed(strides)): field = (field - 1) * s + k; step = step * s. Then, forwards: "
        "n = max(0, (n + 2 * p - k) // s + 1), and 0 stays 0.",
    ],
    afterwards="With the paper's layers: patches of 70 × 70 pixels, 8 pixels apart, 30 × 30 of them on an image of 256 × 256.",
)
