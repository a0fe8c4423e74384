"""pix2pix-unet: the generator put together from given blocks, with its skips and its noise.

    h_1 = down_1(x),  h_k = down_k(leaky_relu(h_{k-1}, 0.2))
    u_1 = up_1(relu(h_L)),  u_k = up_k(relu([u_{k-1}, h_{L+1-k}])),  output tanh(u_L)

`drop` is applied to u_1 and u_2. The lesson gives the constructor, word for word as in `Given`. Fixed: what the decoder gave
comes before what the encoder gave, skips are the blocks' outputs before any activation, and sizes that cannot be halved often
enough are a ValueError.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.models.pix2pix import doubling, halving
from genlab.random import randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.vae.wiring import steady


def inputs(rng, n=1):
    """A small net's weights by the given names, images that are not square, and the key of the noise."""
    channels, width, depth = 2, 4, 3
    double = torch.zeros((), dtype=torch.float64)
    with torch.device("meta"):  # shapes alone
        shapes = {name: value.shape for name, value in Given(channels, width, depth).state_dict().items()}
    weights = {name: 0.5 + randn(shape, like=double, rng=rng) * (1.5 / max(1, shape[1:].numel() / 3) ** 0.5 if len(shape) > 1
                                                                else 0.4) - (0.5 if len(shape) > 1 else 0)
               for name, shape in shapes.items()}
    return {"channels": channels, "width": width, "depth": depth, "x": randn((3, channels, 16, 24), like=double, rng=rng),
            "least": randn((2, channels, 8, 8), like=double, rng=rng), "key": 0.3 + torch.rand(1, generator=rng).double(),
            "weight": randn((3, channels, 16, 24), like=double, rng=rng), **weights}


def probe(UNet, channels, width, depth, x, least, key, weight, **weights):
    """Without noise; with noise that depends on how often it was asked; in eval mode without gradients; other sizes; another depth."""
    model = probing.load(UNet(channels=channels, width=width, depth=depth), weights)
    calls = []

    def drop(h):
        calls.append(float(h.shape[-1]))
        place = torch.arange(h.numel(), dtype=h.dtype).view(h.shape)
        return h * (1 + torch.sin(key.to(h.dtype) * place + len(calls)))

    def keep(h):
        return h

    def ask(x, drop):
        return probing.tensor(model(x, drop), "`forward`")

    plain, again = ask(x.clone(), keep), ask(x.clone(), keep)
    leaf = probing.leaf(x)
    d_x, d_outer, d_inner = probing.vjp(ask(leaf, keep), [leaf, model.down[0][0].weight, model.down[-1][0].weight], weight)
    noisy = ask(x.clone(), drop)
    asked = torch.tensor([float(len(calls)), *calls[:4], *[0.0] * (4 - len(calls[:4]))])
    del calls[:]
    trains = float(model.training)
    model.eval()
    with torch.no_grad():
        used = ask(x.clone(), drop)
    modes = torch.tensor([trains, float(model.training)])
    one = probing.attempt(ask, x[1:2].clone(), keep)
    smallest = probing.attempt(ask, least.clone(), keep)
    wide = probing.attempt(ask, x[..., :20].clone(), keep)
    high = probing.attempt(ask, x[:, :, :12].clone(), keep)
    model = UNet(channels=channels, width=width, depth=4)
    deep = probing.attempt(ask, x.float(), keep)  # a width of 24 is no multiple of 16
    deep = deep if isinstance(deep, str) else torch.zeros(())  # its weights are drawn: no value would be known
    return dict(deep=deep, modes=modes, plain=plain, again=again, d_x=d_x, d_outer=d_outer, d_inner=d_inner, noisy=noisy, asked=asked, used=used, one=one,
                smallest=smallest, wide=wide, high=high)


class Given(nn.Module):
    """The constructor as the lesson gives it; the names of the blocks are fixed."""

    def __init__(self, channels=1, width=16, depth=5):
        super().__init__()
        widths = [channels, width] + [3 * width // 2] * (depth - 1)
        self.down = nn.ModuleList()
        for k in range(depth):
            self.down.append(halving(widths[k], widths[k + 1], norm="instance" if 0 < k < depth - 1 else "none"))
        self.up = nn.ModuleList()
        for k in reversed(range(depth)):
            inside = widths[k + 1] if k == depth - 1 else 2 * widths[k + 1]
            self.up.append(doubling(inside, widths[k], norm="instance" if k > 0 else "none"))


class UNet(Given):
    """The reference."""

    def forward(self, x, drop):
        if any(side % 2 ** len(self.down) for side in x.shape[2:]):
            raise ValueError(f"sides must be multiples of {2 ** len(self.down)}, got {tuple(x.shape[2:])}")
        maps, h = [], x
        for k, block in enumerate(self.down):
            h = block(F.leaky_relu(h, 0.2) if k else h)
            maps.append(h)
        h = maps.pop()
        for k, block in enumerate(self.up):
            h = block(F.relu(h))
            if k < 2:
                h = drop(h)
            if maps:
                h = torch.cat([h, maps.pop()], 1)
        return torch.tanh(h)


class Truth(Given):
    """By recursion, from the outermost pair of blocks inwards, as the authors' code nests them."""

    def forward(self, x, drop):
        depth = len(self.down)
        if x.shape[2] % 2**depth or x.shape[3] % 2**depth:
            raise ValueError("size")

        def level(k, h):
            inner = self.down[k](h if k == 0 else torch.where(h > 0, h, 0.2 * h))
            if k < depth - 1:
                inner = level(k + 1, inner)
            u = self.up[depth - 1 - k](inner.clamp(min=0))
            u = drop(u) if depth - 1 - k < 2 else u
            return torch.cat([u, h], 1) if k else u.tanh()

        return level(0, x)


exercise = Exercise(
    id="pix2pix-unet", defines="class UNet(nn.Module)", core=True, points=4, level=3, minutes=25,
    inputs=inputs, probe=probe, reference=UNet, truth=Truth,
    withholds=["genlab.models.pix2pix.Pix2PixGenerator"],
    comparisons=[
        Compare("plain", "again", shape="(B, channels, H, W)", points=1.5, what="the image without noise",
                test=steady("plain", "again"), resolution=1e-6,
                says="The image where `drop` changes nothing: down, then up with skips, then tanh."),
        Compare("d_x", "d_outer", "d_inner", points=0.75, tolerance=1e-3,
                what={"d_x": "the gradient at the input", "d_outer": "the gradient at the outermost block",
                      "d_inner": "the gradient at the innermost block"},
                says="Gradients reach the input and every block, the outermost through its skip as well."),
        Compare("asked", "noisy", "used", "modes", points=1.0, tolerance=1e-4,
                what={"asked": "how often, and for what, `drop` was asked", "noisy": "the image with noise",
                      "used": "the image with noise in eval mode", "modes": "the mode of the net"},
                says="`drop` is applied to what the first two blocks of the decoder give, before the skip joins, in every mode."),
        Compare("one", "smallest", "wide", "high", "deep", points=0.75, tolerance=1e-4,
                what={"one": "a batch of one", "smallest": "the smallest image", "wide": "an image that is 20 pixels wide", "high": "one that is 12 high",
                      "deep": "an image that is 24 wide, at depth 4"},
                says="Images may be as small as 2^depth and need not be square; a side that is no multiple of 2^depth is a ValueError."),
    ],
    hints=[
        "Follow one image down and keep what each block gives. On the way up, which of those has the size of what you have just made?",
        "The last map of the encoder is the decoder's start, not a skip. After each block but the last: `drop` if it is one of the first "
        "two, then torch.cat([made, kept.pop()], 1). Activations come before a block, never into what is kept.",
        "h = block(F.leaky_relu(h, 0.2) if k else h); maps.append(h). Then h = maps.pop(); for each block of `up`: h = block(F.relu(h)); "
        "drop if k < 2; if maps: h = torch.cat([h, maps.pop()], 1). At the end torch.tanh(h).",
    ],
    afterwards="Whether a skip is kept before or after its leaky_relu makes no difference here: the relu on the way up follows.",
)
