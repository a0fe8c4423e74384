# %% [markdown]
# # PixelCNN: one pixel after another
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/40_pixelcnn.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F40_pixelcnn.ipynb)
#
# ![Rows of handwritten digits, black and white, drawn pixel by pixel by the model of this lesson](attachment:40_pixelcnn.png)
#
# *Each of these digits was drawn like a text is written: from the top left, one pixel after another, never looking
# ahead and never going back.*
#
# Reading 25 minutes, coding 75, running 5; three extra exercises take 60 minutes more. A good place to stop is before
# *Train*. You need Python, a little PyTorch, and convolutions.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "40_pixelcnn"
profile = os.environ.get("GENLAB_PROFILE", "cpu")
seed = 0

# %% cellView="form" jupyter={"source_hidden": true} tags=["hide-input"]
# Set-up: installs the course's package where it is missing, as on Colab, and says how large everything is.
import importlib.util
import subprocess
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads sleep while they wait: quicker on a busy machine
version = "0.1.0"
if importlib.util.find_spec("genlab") is None:
    source = f"genlab @ git+https://github.com/genlab-course/genlab@v{version}"
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", source])

import copy
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from genlab import metrics, results
from genlab.data import Batches, binarize, digits, to_levels
from genlab.display import (
    LivePicture,
    context_codes,
    field,
    mask_explorer,
    plot_bars,
    plot_fields,
    plot_lines,
    raster_film,
    show_grid,
)
from genlab.fit import cosine_decay, fit
from genlab.models import Categorical, LogisticMixture, PixelCNN
from genlab.models import MaskedConv2d as CourseConv2d
from genlab.models.pixelcnn import GatedLayer
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains on all of MNIST (downloaded once), `smoke` and `stub` only
# show that every cell runs. The bars are nats per held-out image: what must be reached, and what is aimed at.
SIZES = {
    "stub": dict(steps=1, batch=4, features=4, layers=2, images=20, samples=8, side=6, grey_steps=1, grey_images=20, bars=None),
    "smoke": dict(steps=8, batch=8, features=8, layers=3, images=40, samples=20, side=8, grey_steps=4, grey_images=40, bars=None),
    "cpu": dict(steps=300, batch=16, features=24, layers=7, images=1000, samples=1000, side=28, grey_steps=150,
                grey_images=300, bars=(95, 82.4)),
    "gpu": dict(steps=20_000, batch=64, features=64, layers=9, images=10_000, samples=1000, side=28, grey_steps=2000,
                grey_images=2000, bars=(85, 80)),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## 1. Guess the next pixel
#
# A digit is being drawn, row by row. You see what is there so far. How likely is ink at the red square?
#
# A simple model answers below. It has counted, over four thousand digits, how often each place was inked, given the
# four neighbours that come before it: left, above left, above, above right. Pick *Ink* or *Paper* yourself, or let chance
# pick with the model's odds. Try to draw a 7. Click on a pixel that is drawn: it turns over, and chance goes on
# from there.
#
# Watch the cost. Each pixel costs $-\log p$ of what was picked: nothing if the model was sure of it, a lot if it was
# surprised.

# %% tags=["touch"]
data = "mnist" if profile == "gpu" else "embedded"
train_x = binarize(digits("train", source=data)[0]).long()  # levels 0 and 1
test_x = binarize(digits("test", source=data)[0]).long()[:size["images"]]


def count(images, neighbours=4):
    """The chance of ink by place and context, (28, 28, 16), where only so many of the four neighbours are looked at."""
    codes = context_codes(images) >> (4 - neighbours) << (4 - neighbours)
    case = (codes + 16 * torch.arange(784).view(28, 28)).flatten()
    hits = torch.bincount(case, minlength=784 * 16).view(28, 28, 16)
    ink = torch.bincount(case, weights=images.flatten().float(), minlength=784 * 16).view(28, 28, 16).float()
    overall = (ink.sum((0, 1)) + 1) / (hits.sum((0, 1)) + 2)
    return (ink + 2 * overall) / (hits + 2)  # where little was counted, what the context says elsewhere


table = count(train_x[:4000])
toy = raster_film(table, seed=seed)
toy

# %% [markdown]
# It draws strokes, though hardly a digit: four neighbours are a short memory. How much does memory help? Here is what
# held-out digits cost on average, when the counts look at more and more of the past.

# %% tags=["figure"]
def by_table(images, neighbours):
    """-log p of each pixel, (B, H, W), under the counts of the training digits."""
    chance = count(train_x[:4000], neighbours).expand(len(images), -1, -1, -1)
    codes = context_codes(images)[:, 0, :, :, None] >> (4 - neighbours) << (4 - neighbours)
    ink = chance.gather(3, codes)[..., 0]
    return -torch.where(images[:, 0] > 0, ink, 1 - ink).log()


memory = {n: by_table(test_x, n).flatten(1).sum(1).mean().item() for n in range(5)}
names = ("the place alone", "and left", "and above left", "and above", "and above right")
plot_bars(dict(zip(names, memory.values(), strict=True)), axis="nats per held-out image", title="More of the past, fewer nats")

# %% tags=["claim"]
assert all(memory[n + 1] < memory[n] for n in range(4)) and memory[4] < 0.7 * memory[0]

# %% [markdown]
# ## 2. The chain rule, and what an image costs
#
# Number the pixels in reading order. This *raster order* turns an image into a sequence, and any distribution over
# sequences is a product:
#
# $$ p(x) = \prod_{i} p(x_i \mid x_1, \ldots, x_{i-1}), \qquad -\log p(x) = \sum_i -\log p(x_i \mid x_1, \ldots, x_{i-1}) . $$
#
# Nothing was assumed: this is the definition of conditional probability, applied again and again. A model that
# names each factor is called *autoregressive*. There is no latent code, no bound and no adversary. The cost under your
# drawing was $-\log p(x)$ itself, exact to the last digit.
#
# Where in an image are the nats? Below, bright pixels are those that surprised the model that counts.

# %% tags=["figure"]
surprise = by_table(test_x[:8], 4)
show_grid([test_x[:8].float(), (surprise / 3).clamp(max=1)[:, None]], rows=["digit", "nats"], scale=2,
          alt="Eight digits; below, where they surprised the model: at the beginnings and the edges of strokes, while paper "
              "far from ink and the inside of strokes cost nothing")

# %% tags=["claim"]
assert by_table(test_x, 4).flatten(1).topk(78).values.sum() > 0.7 * memory[4] * len(test_x)

# %% [markdown]
# A tenth of the pixels bear most of the cost: those where a stroke begins, ends or turns.
#
# In a network each pixel gets one logit per level, and $p(x_i = k \mid \ldots)$ is their softmax. For images of
# $C$ colours, $H$ rows and $W$ columns,
#
# $$ -\log p(x) = -\sum_{i=1}^{CHW} \log \operatorname{softmax}(\ell_i)_{x_i}, \qquad
# \text{bits per dimension} = \frac{-\log p(x)}{C H W \ln 2} . $$
#
# The second number is for comparing images of different sizes: what one value costs, in bits.
#
# **Predict.** A model gives every one of 784 pixels the probability 0.9 for the level that is there. How many bits per
# dimension is that?

# %%
# Exercise pixelcnn-predict-bits
### BEGIN SOLUTION
predicted_bits = -math.log2(0.9)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-predict-bits", predicted_bits)

# %% [markdown]
# **Exercise: the cost of an image** (4 points, about 15 minutes). An exercise is a cell like the next one; its check below
# has three hints. A line `my_... = use(...)` hands your answer on, or the course's until yours passes.

# %%
# Exercise pixelcnn-nll
def nll(x, logits):
    """What each image costs: nats, and bits per dimension.

    Args:
        x: levels 0 … K-1, (B, C, H, W) int64.
        logits: (B, K, C, H, W), of any size; those of a value stand at its place.

    Returns:
        Two tensors (B,): the nats of each image, and its bits per dimension.
    """
    ### BEGIN SOLUTION
    nats = F.cross_entropy(logits, x, reduction="none").flatten(1).sum(1)
    return nats, nats / (x[0].numel() * math.log(2))
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-nll", nll)

# %%
my_nll = use("pixelcnn-nll", nll)

ink = (train_x.sum(0) + 1) / (len(train_x) + 2)  # by place alone
still = torch.stack([(1 - ink).log(), ink.log()])[None].expand(len(test_x), -1, -1, -1, -1)
chance = table.gather(2, context_codes(test_x)[:, 0].permute(1, 2, 0)).permute(2, 0, 1)[:, None]
moving = torch.stack([(1 - chance).log(), chance.log()], 1)
baselines = {name: metrics.estimate(my_nll(test_x, l)[0]) for name, l in {"place alone": still, "four neighbours": moving}.items()}
for name, value in baselines.items():
    print(f"{name:>16}: {value} nats, {metrics.bits_per_dim(value.value, 784):.3f} bits per dimension")

# %% tags=["claim"]
assert baselines["four neighbours"].value < baselines["place alone"].value - 50

# %% [markdown]
# ## 3. A convolution that cannot cheat
#
# Now a network instead of a table. It should name the logits of *all* pixels in one pass, so that training is as
# quick as for any convolutional network. The danger: an output that sees its own pixel copies it. Here are two kernels
# laid over the image. What is not blue is set to 0.

# %% tags=["figure"]
middle = (3, 3)
before = torch.arange(49).view(7, 7) < 24
mask_b = field(before, middle)
mask_b[middle] = 1  # seen
plot_fields({"mask A, first layer": field(before, middle), "mask B, later layers": mask_b},
            alt="A kernel of 7 by 7 taps: the three rows above are open, and in the middle row the three to the left. Mask A "
                "closes the centre, mask B opens it")

# %% [markdown]
# Both masks hide everything that comes later. They differ in the centre, the pixel itself:
#
# $$ y = (W \odot M) * x, \qquad M_{ij} = 1 \text{ for taps before the centre, else } 0; \qquad
# M_{\text{centre}} = 0 \text{ in } A,\; 1 \text{ in } B . $$
#
# The first layer looks at pixels, so its mask is A. Later layers look at features, which at the centre hold only what A
# has let through, so B may see them.
#
# **Exercise: the mask** (2 points, about 10 minutes).

# %%
# Exercise pixelcnn-mask
def causal_mask(mask_type, height, width):
    """The mask of a kernel, in raster order.

    Args:
        mask_type: "A" or "B"; anything else is a ValueError.
        height, width: sides of the kernel, odd; an even one is a ValueError.

    Returns:
        (height, width) of 0 and 1.
    """
    ### BEGIN SOLUTION
    if mask_type not in ("A", "B") or height % 2 == 0 or width % 2 == 0:
        raise ValueError(f"a mask is A or B, its sides are odd, got {mask_type} {height} {width}")
    mask = torch.zeros(height, width)
    mask[: height // 2] = 1
    mask[height // 2, : width // 2] = 1
    mask[height // 2, width // 2] = mask_type == "B"
    return mask
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-mask", causal_mask)

# %% [markdown]
# **Exercise: the masked convolution** (3 points, about 15 minutes). Much code on the web writes `self.weight.data *= mask`
# in `forward`. That hides the product from autograd: closed weights get a gradient, an optimizer moves them, and a weight
# that somebody else owns is overwritten. Do better.

# %%
# Exercise pixelcnn-masked-conv
class MaskedConv2d(nn.Conv2d):
    """A convolution with only some taps of its kernel.

    Args of the constructor:
        mask: (kh, kw) of 0. and 1., with odd sides.
        in_channels, out_channels: numbers of channels.

    `weight` (out, in, kh, kw) and `bias` (out,) are the parameters, as in nn.Conv2d. forward maps (B, in, H, W) to
    (B, out, H, W). It writes nothing; a closed weight gets the gradient 0, and no step moves it.
    """

    def __init__(self, mask, in_channels, out_channels):
        ### BEGIN SOLUTION
        kh, kw = mask.shape
        super().__init__(in_channels, out_channels, (kh, kw), padding=(kh // 2, kw // 2))
        self.register_buffer("mask", mask)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)
        ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-masked-conv", MaskedConv2d)

# %%
my_causal_mask = use("pixelcnn-mask", causal_mask)
my_MaskedConv2d = use("pixelcnn-masked-conv", MaskedConv2d)

# %% [markdown]
# What if mask B stood in the first layer too? Two small networks of three layers tell. They differ in one tap.

# %%
torch.manual_seed(seed)
for first in "AB":
    masks = [my_causal_mask(kind, 5, 5).float() for kind in (first, "B")]
    tiny = nn.Sequential(my_MaskedConv2d(masks[0], 1, 8), nn.ReLU(), my_MaskedConv2d(masks[1], 8, 8), nn.ReLU(), nn.Conv2d(8, 2, 1))
    optimizer = torch.optim.Adam(tiny.parameters(), lr=1e-2)
    for step in range(5 if size["bars"] is None else 100):
        some = train_x[16 * step:16 * step + 16]
        cost = my_nll(some, tiny(2.0 * some - 1)[:, :, None])[0].mean()
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    print(f"mask {first} first: {cost:6.1f} nats in the last step")
    if first == "A":
        honest = cost.item()

# %% tags=["claim"]
assert cost.item() < 10 < 80 < honest < 250

# %% [markdown]
# With B the loss falls towards 0: each pixel is told to itself. A loss too good to be true usually is. Such a model can
# draw nothing, since what it copies is not there yet.
#
# ## 4. The blind spot
#
# Drag the black pixel. Add layers. Which pixels stay red however many layers there are? Then try two stacks.

# %% tags=["touch"]
mask_explorer(13, pixel=(9, 5), kernel=3, layers=2, stacks=1)

# %% [markdown]
# **Predict.** A stack of many layers, 3 by 3, one stack. Is such a pixel *seen*, or *never*? Four pixels: straight
# above; above left; ten columns to the right and one row up; ten columns to the right and ten rows up.

# %%
# Exercise pixelcnn-predict-blind
### BEGIN SOLUTION
above = "seen"
above_left = "seen"
right_one_up = "never"
right_far_up = "seen"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-predict-blind", {"above": above, "above left": above_left, "far right, one row up": right_one_up,
                                 "far right, far up": right_far_up})  # "seen" or "never"

# %% [markdown]
# The widget walked from tap to tap. A network can be asked directly: the gradient of an output with respect to the image
# is 0 where the output does not look. Here are two untrained networks of six layers.

# %% tags=["figure"]
torch.manual_seed(seed)
stack = nn.Sequential(CourseConv2d("A", 1, 16, 3), *[CourseConv2d("B", 16, 16, 3) for _ in range(5)])
two = PixelCNN(1, 16, 6, levels=2, first_size=3, dilations=(1,))
at, seen = (9, 4), {}
for name, network in {"one stack": stack, "two stacks": two.outputs}.items():
    x = torch.randn(1, 1, 13, 13, requires_grad=True)
    output = network(x)[(0, ..., *at)].flatten()
    seen[name] = torch.autograd.grad((output * torch.randn(len(output))).sum(), x)[0][0, 0] != 0
plot_fields({name: field(value, at) for name, value in seen.items()})

# %% tags=["claim"]
assert seen["two stacks"].tolist() == [[(r, c) < at and 9 - r <= 6 and abs(c - 4) <= 6 for c in range(13)] for r in range(13)]
assert seen["one stack"].sum() < 0.8 * seen["two stacks"].sum()

# %% [markdown]
# One stack climbs one column to the right per row, and misses a triangle. **Two stacks** see everything in reach. The *vertical*
# stack $v$ holds at row $r$ what lies in the rows above; it needs no mask, only a shift. The *horizontal* stack $h$
# looks to the left along the row, and listens to $v$. One layer, with $*$ for a convolution:
#
# $$ v' = v + \operatorname{gate}(V * v), \qquad h' = h + O \operatorname{gate}(H * h + L\, v'), \qquad
# \operatorname{gate}(a, b) = \tanh(a) \odot \sigma(b) , $$
#
# where $a$ and $b$ are the first and the second half of the channels. $V$ covers the rows $r - d$ and $r$ and the columns
# $c - d$, $c$ and $c + d$; the *dilation* $d$ lets few layers reach far. Nothing leads from $h$ back to $v$: at
# $(r, c)$ it has seen pixels of its own row, and $v$ would carry them to places further left.
#
# **Exercise: two stacks** (4 points, about 20 minutes). The layers are given. You decide who hears whom, and where
# the image needs padding.

# %%
# Exercise pixelcnn-two-stacks
def two_stacks(v, h, vertical, horizontal, link, out, d):
    """One gated layer.

    Args:
        v, h: features of both stacks, (B, F, H, W). v at row r has seen the rows of the image above r; h has seen the
            pixels to the left as well.
        vertical: V, nn.Conv2d from F to 2F channels, 2 by 3 taps with dilation d, without padding. The lower middle tap
            is to lie on (r, c).
        horizontal: H, from F to 2F channels; it is causal and keeps the size.
        link, out: L (F to 2F) and O (F to F), 1 by 1.
        d: the dilation, a whole number.

    Returns:
        v' and h', new tensors of the same shape.
    """
    ### BEGIN SOLUTION
    def gate(z):
        a, b = z.chunk(2, 1)
        return a.tanh() * b.sigmoid()

    v = v + gate(vertical(F.pad(v, (d, d, d, 0))))
    return v, h + out(gate(horizontal(h) + link(v)))
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-two-stacks", two_stacks)

# %%
my_two_stacks = use("pixelcnn-two-stacks", two_stacks)

# %% [markdown]
# **Exercise, extra: the receptive field** (3 points, about 15 minutes). Compute the blue area of one stack without any
# network, as the widget does.

# %%
# Exercise pixelcnn-receptive-field
def receptive_field(kernels, height, width, row, column):
    """Which pixels the output at (row, column) depends on, in one stack of masked convolutions.

    Args:
        kernels: sides of the square kernels, a list of odd numbers, the first layer's first. It has mask A, all others B.
        height, width: of the image, which zeros surround.

    Returns:
        (height, width) of bool.
    """
    ### BEGIN SOLUTION
    reached = {(row, column)}
    for layer in reversed(range(len(kernels))):
        half = kernels[layer] // 2
        steps = [(a, b) for a in range(-half, 1) for b in range(-half, half + 1) if (a, b) < (0, 0)]
        steps += [(0, 0)] if layer else []
        reached = {(i + a, j + b) for i, j in reached for a, b in steps if 0 <= i + a and 0 <= j + b < width}
    table = torch.zeros(height, width, dtype=torch.bool)
    for i, j in reached:
        table[i, j] = True
    return table
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-receptive-field", receptive_field)

# %% [markdown]
# ## 5. Train
#
# This cell puts your parts together: your mask and convolution in the first layer, your two stacks in every other, your
# cost as the loss. The rest is given: a number for each place of the image, and two 1 by 1 layers at the end.

# %%
class MyLayer(GatedLayer):
    """A gated layer that asks your function who hears whom."""

    def forward(self, v, h, label=None):
        return my_two_stacks(v, h, self.vertical, self.horizontal, self.link, self.out, self.dilation)


class MyPixelCNN(PixelCNN):
    """Your parts, put together."""

    layer = MyLayer

    def __init__(self, features, layers):
        super().__init__(1, features, layers, levels=2)
        self.first.horizontal = my_MaskedConv2d(my_causal_mask("A", 1, 7).float(), 1, features)

    def log_prob(self, x, labels=None):  # exact, (B,) nats
        return -my_nll(x, self(x))[0]

    def loss(self, x, y=None, *, rng=None):
        nats, bits = my_nll(x, self(x))
        return {"loss": nats.mean(), "bits_per_dim": bits.mean().detach()}

# %% [markdown]
# All 784 factors of every image are trained at once: that is what the masks were for. Watch the cost pass the two models
# that count, and the nats that are left retreat to where strokes turn.

# %%
torch.manual_seed(seed)
model = MyPixelCNN(size["features"], size["layers"]).to(device)
some = test_x[:60].to(device)


def nats_by_pixel(model, images):
    """-log p of each pixel as a grey value, (B, 1, H, W); white is 3 nats."""
    return (F.cross_entropy(model(images), images, reduction="none") / 3).clamp(max=1)


batches = Batches(train_x, size=size["batch"], rng=torch.Generator().manual_seed(seed))
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
live = LivePicture(lambda model: nats_by_pixel(model, some[:20]), names=["loss"], columns=5,
                   measure=lambda model: {"held_out_nats": -model.log_prob(some).mean()},
                   lines={name: value.value for name, value in baselines.items()},
                   alt="where twenty held-out digits still surprise the model")
history = fit(model, batches, optimizer, steps=size["steps"], schedule=cosine_decay, watch=live, every=40)

model.eval()
parameters = sum(p.numel() for p in model.parameters())
print(f"{parameters:,} parameters, {len(history)} steps in {history.seconds:.0f} s")

# %% tags=["claim"]
assert history.last(20) < baselines["four neighbours"].value - 10

# %% [markdown]
# ## 6. Draw
#
# To draw an image, draw its first pixel, then the second given the first, and so on. Here is one being drawn with the trained
# model, in the rows above each line. What it has not reached is grey.

# %% tags=["figure"]
fast = PixelCNN(1, size["features"], size["layers"], levels=2)
fast.load_state_dict(model.state_dict(), strict=False)  # the same weights in the course's own class
fast.eval()
film = torch.cat(list(fast.trajectory((1, 1, size["side"], size["side"]), rng=torch.Generator().manual_seed(seed + 1))))
shown = torch.linspace(0, len(film) - 1, 6).long().tolist()
frames = torch.stack([torch.where(torch.arange(size["side"])[:, None] < r, film[r].float(), 0.5) for r in shown])
show_grid(frames, scale=3, titles=[f"{r} rows" for r in shown], alt="A digit that appears row by row from the top")

# %% [markdown]
# Each pixel takes a pass of its own, because it needs the pixels before it:
#
# $$ x_i \sim \operatorname{softmax}\big(\ell_i(x_1, \ldots, x_{i-1})\big), \qquad i = 1, 2, \ldots, CHW . $$
#
# **Exercise: the sampler** (4 points, about 15 minutes). Some pixels may be known beforehand; then the same loop finishes an
# image. Mind the colours: within a pixel they come one after another, too.

# %%
# Exercise pixelcnn-sample
def sample(network, x, known):
    """Images drawn value by value, around what is known.

    Args:
        network: maps images (B, C, H, W) int64 to logits (B, K, C, H, W), of any size. Those of a value depend only on
            values before it: in rows, columns, then colours.
        x: levels, (B, C, H, W) int64; where they are not known anything stands there. Not to be changed.
        known: bool, shaped like x.

    Returns:
        (B, C, H, W) int64: x where known; elsewhere drawn, by torch's own random numbers, each image by itself.
    """
    ### BEGIN SOLUTION
    x = x.clone()
    for r in range(x.shape[2]):
        for c in range(x.shape[3]):
            for g in range(x.shape[1]):
                p = network(x)[:, :, g, r, c].softmax(1)
                drawn = torch.multinomial(p, 1)[:, 0]
                x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], drawn)
    return x
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-sample", sample)

# %%
my_sample = use("pixelcnn-sample", sample)

# %% [markdown]
# Your sampler runs the whole network for each pixel, and throws nearly all of it away. A new pixel changes little: a few
# features to its right, and the rows below. Keeping the rest is called *caching*. The vertical stack is computed once a row; each
# pixel then costs one small matrix product per layer.

# %%
torch.manual_seed(seed)
shape = (1, 1, size["side"], size["side"])
blank = torch.zeros(shape, dtype=torch.int64)
began = time.process_time()
with torch.no_grad():
    mine = my_sample(model.cpu(), blank, blank > 0)
naive = time.process_time() - began
began = time.process_time()
cached = fast.sample(shape, rng=torch.Generator().manual_seed(seed))
quick = time.process_time() - began
print(f"an image: {naive:.1f} processor seconds with {mine[0].numel()} passes, {quick:.2f} with a cache, {naive / quick:.0f} times faster")
strip = (2, 1, 8, 12)
plain, kept = (fast.sample(strip, cached=c, rng=torch.Generator().manual_seed(seed)) for c in (False, True))
print("the same random numbers give the same images:", torch.equal(plain, kept))

# %% tags=["claim"]
assert naive > 5 * quick and torch.equal(plain, kept)

# %%
began = time.process_time()
samples = fast.sample((size["samples"], 1, size["side"], size["side"]), rng=torch.Generator().manual_seed(seed))
milliseconds = 1000 * (time.process_time() - began) / len(samples)
print(f"{len(samples)} images, {milliseconds:.1f} ms each")

# %% tags=["picture"]
show_grid(samples[:48].float(), columns=12, scale=2, title="Drawn pixel by pixel",
          alt="48 images drawn by the model: strokes of even width, many of them digits, some that only look like writing")

# %% [markdown]
# The strokes are crisp. There are no grey edges, as in the means of a VAE: every pixel knew its neighbours before it was drawn. Not
# every stroke ends in a digit. The model plans nothing; it only goes on.
#
# Now guide it. The widget from the beginning, with the trained network inside: it runs in your browser, without the kernel.
# Let chance draw half a digit, then decide the turn of a stroke yourself. Can you lead it to a 7 for less than 60 nats?

# %% tags=["touch"]
guided = raster_film(fast, size=(size["side"], size["side"]), seed=seed + 1)
guided

# %% [markdown]
# ## 7. Finish a half-drawn digit
#
# What is known stays, the rest is drawn: the sampler finishes images without being trained for it. Each row below the
# half is another draw. One way is closed: pixels that are known *later* have no influence, so an upper half can be finished,
# a lower half cannot. (If you drew something in the widget above, it stands first. Show that one to a friend.)

# %%
drawn = list(getattr(guided.widget, "image", []))
halves = test_x[[4, 0, 15, 2, 6, 7, 9, 12, 18]][..., :size["side"], :size["side"]].clone()
half = size["side"] // 2 * size["side"]
if len(drawn) >= half:
    halves[0].view(-1)[:half] = torch.tensor(drawn[:half])
given = halves.clone()
given[:, :, size["side"] // 2:] = -1
finished = [fast.sample(given.shape, given=given, rng=torch.Generator().manual_seed(k)).float() for k in range(3)]
show_grid([halves.float(), torch.where(given < 0, 0.5, given.float()), *finished], scale=2,
          rows=["whole", "upper half", "drawn", "drawn", "drawn"], title="Half is enough, often",
          alt="Nine digits, their upper halves, and three ways in which the model goes on from each half")

# %%
with torch.no_grad():
    by_row = torch.cat([F.cross_entropy(fast(part), part, reduction="none") for part in test_x[:300].split(100)])
lower = {"by place alone": -still[:300].movedim(1, -1).gather(-1, test_x[:300, ..., None])[..., 0][:, 0, 14:].flatten(1).sum(1),
         "by the PixelCNN": by_row[:, 0, 14:].flatten(1).sum(1)}
for name, value in lower.items():
    print(f"the lower half of a held-out digit, {name}: {metrics.estimate(value)} nats")

# %% tags=["claim"]
assert lower["by the PixelCNN"].mean() < 0.6 * lower["by place alone"].mean()

# %% [markdown]
# ## 8. How good is it?
#
# The cost of held-out images is exact. So this is a race: the same thousand images, the same nats as in lesson 10.
# The VAE's number is a bound, the mean of three
# seeds, and its true cost lies at most there; ours is no bound.

# %%
with torch.no_grad():
    costs = torch.cat([-model.log_prob(part) for part in test_x.split(100)])
    trained = metrics.estimate(torch.cat([-model.log_prob(part) for part in train_x[:300].split(100)]))
held_out = metrics.estimate(costs)
vae_rows = {row["metric"]: row for row in results.summary(results.table("10")) if row["profile"] == "cpu"}
vae = vae_rows["iwae50_nats"]
race = {name: (value.value, value.error) for name, value in baselines.items()}
race |= {"ConvVAE of lesson 10, bound": (-vae["mean"], vae["sd"]), "your PixelCNN, exact": (held_out.value, held_out.error)}
print(f"held-out images {held_out} nats, {metrics.bits_per_dim(held_out.value, 784):.4f} bits per dimension; on training images {trained}")
plot_bars(race, axis="nats per held-out image", title="What an image costs under each model")

# %% tags=["claim"]
assert held_out.value < -vae["mean"] < baselines["four neighbours"].value and parameters < 0.1 * vae_rows["parameters"]["mean"]

# %% [markdown]
# A network with a tenth of the VAE's parameters beats its bound. Does it draw better digits, too? The Fréchet
# distance of lesson 01 compares drawn and real images in the features of a small classifier.

# %%
distances = {}
if size["side"] == 28:
    n = min(len(samples), 1000)
    distances = {"PixelCNN": metrics.digit_frechet(samples[:n].float(), reference="binarised"),
                 "floor: held-out digits": metrics.real_floor(n, reference="binarised").value}
    copies = int((metrics.nearest_training_distance(samples[:n].float(), train_x.float()).distance == 0).sum())
    print(f"Fréchet distance in digit features, n = {n}; {copies} samples are exact copies of a training image")
earlier = vae_rows["frechet_binarised"]["mean"]
for name, value in (distances | {"ConvVAE of lesson 10": earlier}).items():
    print(f"{name:>24} {value:6.2f}")

# %% tags=["claim"]
assert distances["floor: held-out digits"] * 2 < distances["PixelCNN"] and copies == 0

# %% [markdown]
# Likelihood and looks are two things. Nats are won at the edges of strokes, of which there are many, and lost
# in the question which digit it is, of which there is one: at most $\log 10 = 2.3$ nats.
#
# ## 9. More levels, more colours
#
# Grey images have more than two levels. A softmax over 256 logits has to learn by itself that 100 and 101 are
# neighbours. The alternative: a smooth curve, cut into bins. Here is one mixture of two logistic curves over sixteen levels.

# %% tags=["figure"]
fine, levels = torch.linspace(-1.5, 16.5, 400), 16
weights, centres, scales = torch.tensor([0.6, 0.4]), torch.tensor([2.0, 13.5]), torch.tensor([0.8, 1.5])
density = (weights * torch.sigmoid((fine[:, None] - centres) / scales) * torch.sigmoid((centres - fine[:, None]) / scales) / scales).sum(1)
unit = LogisticMixture(levels, 2)  # takes means and scales on [-1, 1]
output = torch.cat([weights.log(), centres * 2 / (levels - 1) - 1, (scales * 2 / (levels - 1)).log()]).view(1, 6, 1, 1, 1)
bins = unit.log_probs(output).exp().flatten()
edges = torch.arange(levels)
stairs = torch.stack([edges - 0.5, edges + 0.5], 1).flatten()
plot_lines([{"density of the mixture": (fine, density), "probability of each level": (stairs, bins.repeat_interleave(2))}],
           x="level", y="density, probability", fill=True,
           alt="A curve with two bumps and steps that follow it; the first step is higher than the curve, since it holds all "
               "that lies below the range")

# %% tags=["claim"]
assert abs(bins.sum() - 1) < 1e-5 and bins[0] > 1.2 * density[(fine - 0).abs().argmin()]

# %% [markdown]
# A level gets the area under the curve over its bin; the lowest and the highest also get all that lies beyond. With
# $F(t) = 1 / (1 + e^{-t})$ and weights $\pi = \operatorname{softmax}(\text{logits})$,
#
# $$ p(x) = \sum_j \pi_j \left[ F\!\left(\tfrac{x + \frac12 - m_j}{s_j}\right) - F\!\left(\tfrac{x - \frac12 - m_j}{s_j}\right) \right] . $$
#
# **Exercise, extra: a mixture of logistic distributions** (4 points, about 25 minutes). A sharp component far from $x$ makes
# both $F$ round to the same number. The cost is then hundreds of nats, not infinite: look for a product that equals
# the difference.

# %%
# Exercise pixelcnn-mixture
def mixture_log_prob(x, logits, means, log_scales, levels):
    """The log-probability of each pixel's level under its own mixture, in nats.

    Args:
        x: levels 0 … levels - 1, (N,) int64.
        logits, means, log_scales: of M components for each pixel, (N, M). Means and scales are in levels.
        levels: how many there are, at least 2.

    Returns:
        (N,), exact and with exact gradients also where the scales are a hundredth of a level.
    """
    ### BEGIN SOLUTION
    inverse = torch.exp(-log_scales)
    distance = x[:, None] - means
    upper, lower = (distance + 0.5) * inverse, (distance - 0.5) * inverse
    mass = F.logsigmoid(upper) + F.logsigmoid(-lower) + torch.log(-torch.expm1(-inverse))
    mass = torch.where(x[:, None] == 0, F.logsigmoid(upper), mass)
    mass = torch.where(x[:, None] == levels - 1, F.logsigmoid(-lower), mass)
    return torch.logsumexp(logits.log_softmax(1) + mass, 1)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-mixture", mixture_log_prob)

# %% [markdown]
# Which is better for few levels? Two small networks, on digits of 14 by 14 pixels with four levels of grey.

# %%
def coarse(images):
    """Digits at half the size, in four levels: (N, 1, 14, 14) int64."""
    return to_levels(F.avg_pool2d(images, 2), 4)


grey_x = coarse(digits("train")[0])
grey_test = coarse(digits("test")[0][:size["grey_images"]])
grey = {}
for name, likelihood in {"softmax": Categorical(4), "mixture of 3": LogisticMixture(4, 3)}.items():
    torch.manual_seed(seed)
    network = PixelCNN(1, min(24, size["features"]), min(5, size["layers"]), levels=4, likelihood=likelihood)
    fit(network, Batches(grey_x, size=32, rng=torch.Generator().manual_seed(seed)), torch.optim.Adam(network.parameters(), lr=4e-3),
        steps=size["grey_steps"], schedule=cosine_decay, progress=False)
    network.eval()
    with torch.no_grad():
        value = metrics.estimate(-network.log_prob(grey_test))
    grey[name] = (metrics.bits_per_dim(value.value, 196), network.sample((11, 1, 14, 14), rng=torch.Generator().manual_seed(seed)) / 3)
    print(f"{name:>12}: {grey[name][0]:.3f} bits per dimension")
show_grid([grey_test[:11] / 3, *(images for _, images in grey.values())], rows=["held-out digit", *grey], scale=3,
          alt="Coarse grey digits: real ones, and two rows of samples")

# %% tags=["claim"]
assert all(0.2 < bits < 0.7 for bits, _ in grey.values())

# %% [markdown]
# Colours make three values of each pixel: red, then green given red, then blue given both. So at the centre of a
# kernel channels must not mix freely. The channels of a layer form blocks of equal size, one for each colour $g$, and
#
# $$ M^A_{\text{centre}}(o, i) = 1 \iff g(i) < g(o), \qquad M^B_{\text{centre}}(o, i) = 1 \iff g(i) \le g(o) . $$
#
# **Exercise, extra: masks of colours** (3 points, about 20 minutes).

# %%
# Exercise pixelcnn-colours
def colour_mask(mask_type, in_channels, out_channels, height, width, colours):
    """The mask of a kernel between channels that belong to colours.

    Args:
        mask_type: "A" or "B".
        in_channels, out_channels: multiples of colours; channels are blocks, the first of the first colour.
        height, width: sides of the kernel, odd.
        colours: how many there are.

    Returns:
        (out_channels, in_channels, height, width) of 0 and 1. Only at the centre do colours matter.
    """
    ### BEGIN SOLUTION
    mask = torch.zeros(out_channels, in_channels, height, width)
    mask[:, :, : height // 2] = 1
    mask[:, :, height // 2, : width // 2] = 1
    own = torch.arange(out_channels)[:, None] * colours // out_channels
    other = torch.arange(in_channels)[None] * colours // in_channels
    mask[:, :, height // 2, width // 2] = (other <= own if mask_type == "B" else other < own).float()
    return mask
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-colours", colour_mask)

# %% [markdown]
# Here is the whole rule as a matrix, for an untrained network and a tiny image of 2 by 2 pixels in three colours: which of the
# twelve outputs hears which of the twelve inputs, in the order of drawing.

# %%
torch.manual_seed(seed)
colour = PixelCNN(3, 24, 3, levels=4)
x = torch.randn(1, 3, 2, 2, requires_grad=True)
rows = []
for r, c, g in [(r, c, g) for r in range(2) for c in range(2) for g in range(3)]:
    logits = colour.outputs(x)[0, :, g, r, c]
    rows.append(torch.autograd.grad((logits * torch.randn(4)).sum(), x)[0][0].permute(1, 2, 0).flatten() != 0)
hears = torch.stack(rows)
show_grid(hears[None].float(), scale=12, titles=["input: red, green, blue of each pixel →"],
          alt="A matrix of 12 by 12, white below the diagonal and black on and above it")

# %% tags=["claim"]
assert torch.equal(hears, torch.ones(12, 12).tril(-1).bool())

# %% [markdown]
# ## 10. Break it
#
# The weights are right now. The sampler can still be wrong. One of these four grids comes from the right sampler. In one
# the levels were handed over as $k / 255$, and not as in training. In one all pixels come from a single pass. In one
# the most probable level was always taken. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
torch.manual_seed(seed)
grid, wrong = (11, 1, size["side"], size["side"]), copy.deepcopy(fast)
wrong.scaled = lambda x: x.float() / 255
with torch.no_grad():
    once = fast(torch.zeros(grid, dtype=torch.int64)).softmax(1)[:, 1]
SECRET = {"A": wrong.sample(grid, rng=torch.Generator().manual_seed(1)), "B": fast.sample(grid, rng=torch.Generator().manual_seed(2)),
          "C": (torch.rand(grid) < once).long(), "D": fast.sample(grid, temperature=0)}
show_grid([images.float() for images in SECRET.values()], rows=list(SECRET), scale=2, title="Four samplers, the same weights",
          alt="Four rows of images, A to D, drawn by four samplers")

# %%
# Exercise pixelcnn-predict-faults
### BEGIN SOLUTION
A = "k / 255"
B = "none"
C = "one pass"
D = "argmax"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("pixelcnn-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # "none", "k / 255", "one pass", "argmax"

# %%
with torch.no_grad():
    paid = {name: -fast.log_prob(images).mean() for name, images in SECRET.items()}
for name, images in SECRET.items():
    print(f"{name}: {paid[name]:6.1f} nats under the right model, {images.float().mean():.3f} of the pixels are ink")

# %% tags=["claim"]
assert paid["D"] < 0.3 * paid["B"] and 3 * paid["B"] < paid["A"] and SECRET["D"].sum() == 0
assert all(torch.equal(image, SECRET["D"][0]) for image in SECRET["D"])

# %% [markdown]
# <details><summary>Why each grid looks as it does</summary>
#
# **A**: the network was trained on −1 and 1. Handed 0 and 1/255 it meets pasts that it has never seen, all alike. What was
# drawn before does not matter, and only the place decides: a cloud in the middle. Nothing crashes, and nothing warns.
#
# **B** is right.
#
# **C**, a single pass: each pixel is tossed with the odds that it has after nothing but paper. After so much paper ink is rare:
# a few dots, and no dot is ever continued.
#
# **D**, the most probable level: the most probable first pixel is paper, and so is the next, to the end. The empty image is
# the most probable one of all, and not one digit in a thousand looks like it.
#
# So a low cost is no praise for a sample: D is by far the cheapest. Samples should cost about what held-out images cost, no
# more and no less.
#
# A fault that no grid shows: drawing one random number for all images of a batch. Each image is right by itself, and
# together they are not. A check finds it.
#
# </details>
#
# ## What you can do now
#
# You can turn a distribution over images into one over next pixels, keep a convolution from cheating and prove it by
# gradients, name the blind spot and remove it, state a cost that is exact, draw and finish images, and tell a broken sampler by
# its pictures. The bars below are for the profile `cpu`. Can you do better? Change one thing (`size["features"] = 32`, say) and
# run again from the training cell.

# %%
written = {"pixelcnn-nll": nll, "pixelcnn-mask": causal_mask, "pixelcnn-masked-conv": MaskedConv2d, "pixelcnn-two-stacks": two_stacks,
           "pixelcnn-receptive-field": receptive_field, "pixelcnn-sample": sample, "pixelcnn-mixture": mixture_log_prob,
           "pixelcnn-colours": colour_mask}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
for name, bar in zip(("floor", "target"), size["bars"] or (None, None), strict=True):
    verdict = "none at this profile" if bar is None else "reached" if held_out.value <= bar else "missed"
    print(f"{held_out.value:.1f} nats; {name} {bar or '–'}: {verdict}")

measured = {"nll_nats": (held_out.value, len(test_x)), "bits_per_dim": (metrics.bits_per_dim(held_out.value, 784), len(test_x)),
            "parameters": (parameters, 1), "milliseconds_per_sample": (milliseconds, len(samples)),
            "network_evaluations_per_sample": (samples[0].numel(), 1), "cache_speedup": (naive / quick, len(mine))}
if distances:
    measured["frechet_binarised"] = (distances["PixelCNN"], n)
    measured |= metrics.digit_report(samples, reference="binarised").rows()
for metric, (value, number) in measured.items():
    results.record(model="PixelCNN", metric=metric, value=value, n=number, lesson=lesson, seed=seed, profile=profile,
                   seconds=history.cpu_seconds)

# %% tags=["claim"]
assert held_out.value < size["bars"][1] < size["bars"][0]

# %% [markdown]
# **What can go wrong.** *A leak*: the loss is wonderful and the samples are not. Take input gradients before you train. *Levels
# scaled twice*, or in another way than in training. *Over-fitting*: four thousand images are few; compare training and
# held-out nats. *Slow sampling* is no fault of yours: use a cache.
#
# **Read on.** Van den Oord, Kalchbrenner and Kavukcuoglu, *Pixel recurrent neural networks* (arXiv:1601.06759), has masks, colours
# and the softmax. Van den Oord and others, *Conditional image generation with PixelCNN decoders* (arXiv:1606.05328),
# found the blind spot and removed it.
#
# <details><summary>More reading</summary>
#
# Salimans and others, *PixelCNN++* (arXiv:1701.05517), has the logistic mixture. Ramachandran and others, *Fast generation for
# convolutional autoregressive models* (arXiv:1704.06001), has the cache, 183 times faster on a GPU. Chen and others,
# *PixelSNAIL* (arXiv:1712.09763), adds attention. Theis, van den Oord and Bethge (arXiv:1511.01844) show why likelihood and
# looks need not agree. Larochelle and Murray, *The neural autoregressive distribution estimator* (2011), and Germain and
# others, *MADE* (arXiv:1502.03509), came before.
#
# </details>
#
# **Next:** lesson 41 lets each element choose where in the past to look.
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `40_pixelcnn.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
