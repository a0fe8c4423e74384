"""ddpm-unet: how the parts of a U-Net are wired: down, attention, up, and the fine features beside the coarse ones.

The network comes in with its parts; the student writes the way of an image through them. Fixed: the order of the
parts, nearest-neighbour enlargement to exactly the size of the fine features, which are joined after the enlarged ones
along the channels. Hidden inputs: sides that are odd and differ, one image, as many images as channels.
"""

import torch
import torch.nn.functional as F
from torch import nn

from genlab.random import randn
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.checks.runner import run_in_process


def inputs(rng, n=1):
    """Images of three sizes, times, and a seed's worth of weights."""
    one = torch.ones(1, dtype=torch.float64)
    far = 40 + 5 * torch.rand((), generator=rng).item()  # so far out that a bound shows
    x, time = randn((3, 2, 6, 10), like=one, rng=rng), randn((3, 4), like=one, rng=rng)
    return dict(flat=0.3 * randn((2000,), like=one, rng=rng), x=draws.placed(x, (-far, far), rng=rng),
                time=draws.placed(time, (-far / 6, far / 6), rng=rng), odd=randn((3, 2, 7, 9), like=one, rng=rng), other_time=randn((3, 4), like=one, rng=rng),
                even=randn((2, 2, 8, 4), like=one, rng=rng), tiny=randn((1, 2, 1, 3), like=one, rng=rng))


def probe(unet_forward, flat, x, time, other_time, odd, even, tiny):
    """A gradient, another time, odd sides, even sides, one tiny image; which parameters and inputs a gradient reaches."""

    class Block(nn.Module):
        """A residual block that hears the time, as small as can be."""

        def __init__(self, inside, out):
            super().__init__()
            self.conv, self.time, self.skip = nn.Conv2d(inside, out, 3, padding=1), nn.Linear(4, out), nn.Conv2d(inside, out, 1)

        def forward(self, h, time):
            return self.skip(h) + torch.tanh(self.conv(h) + self.time(time)[:, :, None, None])

    class Look(nn.Module):
        """Every place sees the mean of all places."""

        def __init__(self, channels):
            super().__init__()
            self.mix = nn.Linear(channels, channels)

        def forward(self, h):
            return h + torch.tanh(self.mix(h.mean((2, 3))))[:, :, None, None]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.enter, self.fine = nn.Conv2d(2, 3, 3, padding=1), Block(3, 3)
            self.down, self.coarse1 = nn.Conv2d(3, 5, 3, stride=2, padding=1), Block(5, 5)
            self.attention, self.coarse2 = Look(5), Block(5, 5)
            self.merge, self.leave = Block(8, 3), nn.Conv2d(3, 2, 3, padding=1)

    net = probing.watch("net", Net().to(flat.dtype))
    count = sum(p.numel() for p in net.parameters())
    torch.nn.utils.vector_to_parameters(flat[:count].clone(), net.parameters())

    def ask(images, at):
        return probing.tensor(unet_forward(net, images, at), "`unet_forward`")

    leaf, moment = probing.leaf(x), probing.leaf(time)
    out = ask(leaf, moment)
    weight = torch.cos(torch.arange(out.numel(), dtype=out.dtype)).view(out.shape)
    d_x, d_time, *rest = probing.vjp(out, [leaf, moment, *net.parameters()], weight)
    return dict(out=out, d_x=d_x, d_time=d_time, learns=torch.stack([part.norm() for part in rest]),
                later=probing.attempt(ask, x, other_time), even=probing.attempt(ask, even, time[:2]),
                tiny=probing.attempt(ask, tiny, time[:1]), odd=probing.attempt(ask, odd, time))


def reference(net, x, time):
    """As in the lesson."""
    fine = net.fine(net.enter(x), time)
    coarse = net.coarse1(net.down(fine), time)
    coarse = net.coarse2(net.attention(coarse), time)
    up = F.interpolate(coarse, size=fine.shape[2:])
    return net.leave(net.merge(torch.cat([up, fine], 1), time))


def truth(net, x, time):
    """Enlarged by asking each fine place for its coarse one."""
    fine = net.fine(net.enter(x), time)
    coarse = net.coarse2(net.attention(net.coarse1(net.down(fine), time)), time)
    (H, W), (h, w) = fine.shape[2:], coarse.shape[2:]
    rows, columns = (torch.arange(big) * small // big for big, small in ((H, h), (W, w)))
    joined = torch.cat([coarse[:, :, rows][:, :, :, columns], fine], dim=1)
    return net.leave(net.merge(joined, time))


def by_centres(net, x, time):
    """Nearest neighbours by the places' centres, which for odd sides are others than by their corners: right, too."""
    fine = net.fine(net.enter(x), time)
    coarse = net.coarse2(net.attention(net.coarse1(net.down(fine), time)), time)
    up = F.interpolate(coarse, size=fine.shape[2:], mode="nearest-exact")
    return net.leave(net.merge(torch.cat([up, fine], 1), time))


def odd_sides(inputs, got, expected, n):
    """As expected, or as it is with the other nearest neighbours of odd sides."""
    names = ("odd", "tiny")
    for right in (lambda: expected, lambda: run_in_process(by_centres, exercise.probe_source, inputs, 0)):
        values = right()
        if all(torch.allclose(got[name].double(), values[name].double(), rtol=1e-4, atol=1e-5) for name in names):
            return True, got["odd"].double(), expected["odd"].double()
    name = names[torch.allclose(got["odd"].double(), expected["odd"].double(), rtol=1e-4, atol=1e-5)]
    return False, got[name].double(), expected[name].double()


exercise = Exercise(
    id="ddpm-unet", defines="unet_forward(net, x, time)", core=True, points=3, level=3, minutes=10, inputs=inputs,
    probe=probe, reference=reference, truth=truth, withholds=["genlab.models.unet.UNet.forward"],
    comparisons=[
        Compare("even", points=1, shape="(B, C, H, W)", what="`unet_forward` for even sides",
                says="Down, the two coarse blocks with attention between them, up, and the fine features joined after the enlarged."),
        Compare("odd", "tiny", points=1, shape="(B, C, H, W)", test=odd_sides, resolution=1e-4,
                what={"odd": "`unet_forward` for odd sides", "tiny": "`unet_forward` for a tiny image"},
                says="Sides of any size: enlarge to the size of the fine features, whatever that is."),
        Compare("out", "later", "d_time", "d_x", "learns", points=1, shape="(B, C, H, W)",
                what={"out": "`unet_forward`", "later": "`unet_forward` at another time", "d_time": "the gradient with respect to the time",
                      "d_x": "the gradient with respect to the image", "learns": "the gradient that reaches each part"},
                says="Every block hears the time, and a gradient reaches every part of the network."),
    ],
    hints=[
        "Draw the letter U. What does the right arm know that the bottom has thrown away, and where does it get it?",
        "enter, fine | down, coarse1, attention, coarse2 | enlarge, join with fine, merge, leave. Blocks take (features, time).",
        "up = F.interpolate(coarse, size=fine.shape[2:]); joined = torch.cat([up, fine], 1); net.leave(net.merge(joined, time)).",
    ],
    afterwards="In the network that you train below, these same parts are an image's whole way: 655 000 numbers.",
)
