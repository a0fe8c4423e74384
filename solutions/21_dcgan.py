# %% [markdown]
# # Deep convolutional GANs
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/21_dcgan.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F21_dcgan.ipynb)
#
# ![Rows of handwritten digits made by the generator of this lesson](attachment:21_dcgan.png)
#
# *The game of lesson 20, with other players. They have fewer weights, and they know what a neighbour is.*
#
# Reading 20 minutes, coding 70, running 5. A good place to stop is before *Train*. You need lesson 20 and a rough idea
# of a convolution.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "21_dcgan"
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
from torch import nn

from genlab import metrics, results
from genlab.data import Batches, digits, to_signed
from genlab.display import (
    LivePicture,
    interpolation,
    paint_explorer,
    play,
    plot_lines,
    plot_planes,
    plot_tower,
    show,
    show_grid,
)
from genlab.fit import cosine_decay, fit_adversarial
from genlab.layers import evaluating
from genlab.models import GAN, DCGANDiscriminator, DCGANGenerator, slerp
from genlab.models.dcgan import resize_block
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains on all of MNIST (downloaded once), `smoke` and `stub` only
# show that every cell runs. The bar is the Fréchet distance of 1000 samples: lower is better.
SIZES = {
    "stub": dict(steps=1, faults_steps=1, width=4, faults_width=4, images=40, codes=60, bar=None),
    "smoke": dict(steps=20, faults_steps=5, width=8, faults_width=4, images=100, codes=200, bar=None),
    "cpu": dict(steps=2600, faults_steps=250, width=32, faults_width=12, images=1000, codes=2000, bar=8),
    "gpu": dict(steps=20_000, faults_steps=600, width=64, faults_width=32, images=1000, codes=10_000, bar=3),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
latent_dim = 64
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## 1. Painting with stamps
#
# A generator has to make a large image out of a small one. The usual layer for that is a **transposed convolution**.
# Think of it as painting with a stamp: each input pixel presses the kernel onto the output, and the next pixel presses
# it again, a *stride* further on. Where stamps overlap, they add up.
#
# Press *Next pixel* a few times, then *All*. Move the two sliders. For which kernels and strides is the output painted
# evenly, and when does it look like a chessboard?

# %% tags=["touch"]
paint_explorer(5, kernel=3, stride=2, step=3)

# %%
# Exercise dcgan-predict-even
### BEGIN SOLUTION
kernel_6_stride_3 = "even"
kernel_5_stride_3 = "checkerboard"
kernel_7_stride_2 = "checkerboard"
kernel_3_stride_4 = "gaps"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("dcgan-predict-even", {"kernel 6, stride 3": kernel_6_stride_3, "kernel 5, stride 3": kernel_5_stride_3,
                             "kernel 7, stride 2": kernel_7_stride_2, "kernel 3, stride 4": kernel_3_stride_4})  # or "gaps"

# %% [markdown]
# A check has three hints folded under it, and `my_... = use(...)` hands your answer on, or the course's own until yours
# passes.
#
# ## 2. From 4 pixels to 64
#
# Here are the maps of three generators, from the code on the left to the image on the right. Sides double, channels are
# halved. The discriminator is the same tower, run backwards. What must a layer look like for a side to be
# *exactly* doubled?

# %% tags=["figure"]
towers = {"64 pixels, as published": [(100, 1), (512, 4), (256, 8), (128, 16), (64, 32), (1, 64)],
          "32 pixels": [(100, 1), (256, 4), (128, 8), (64, 16), (1, 32)],
          "28 pixels, the digits": [(latent_dim, 1), (2 * size["width"], 7), (size["width"], 14), (1, 28)]}
plot_tower(towers)

# %% [markdown]
# Along one axis, let the kernel have $k$ pixels, the stride be $s$, and the padding $p$. A *convolution* puts its kernel
# down at $0, s, 2s, \dots$ as long as it fits into the $n$ pixels with $p$ zeros on both sides. The *transposed* one
# presses $n$ stamps, $s$ apart, and then cuts $p$ pixels off both sides:
#
# $$ n_{\text{conv}} = \Big\lfloor \frac{n + 2p - k}{s} \Big\rfloor + 1, \qquad
# n_{\text{transposed}} = (n - 1)\, s + k - 2p . $$
#
# **Exercise: sizes** (2 points, about 10 minutes).

# %%
# Exercise dcgan-sizes
def conv_out_size(n, kernel, stride, padding, transposed=False):
    """Pixels along one axis after a convolution, or after a transposed one.

    Args:
        n, kernel, stride: whole numbers, at least 1; padding: at least 0, on each side.
        transposed: ask for the transposed convolution.

    Returns:
        A whole number, at least 1.

    Raises:
        ValueError: nothing is left, since the kernel fits nowhere or the padding takes everything.
    """
    ### BEGIN SOLUTION
    if transposed:
        out = (n - 1) * stride + kernel - 2 * padding
    else:
        out = (n + 2 * padding - kernel) // stride + 1
    if out < 1:
        raise ValueError(f"nothing is left of {n} pixels")
    return out
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("dcgan-sizes", conv_out_size)

# %%
my_conv_out_size = use("dcgan-sizes", conv_out_size)

# %%
print("kernel, stride, padding of a transposed convolution that doubles 4, 7 and 16 pixels:")
doubling = [(k, 2, p) for k in range(1, 8) for p in range(4)
            if 2 * p < k and all(my_conv_out_size(n, k, 2, p, True) == 2 * n for n in (4, 7, 16))]
print(*doubling, sep="   ")
there = [my_conv_out_size(n, 4, 2, 1) for n in (64, 28)]
print(f"and a convolution with kernel 4, stride 2, padding 1 makes {there[0]} of 64 and {there[1]} of 28")

# %% tags=["claim"]
assert all(k % 2 == 0 for k, _, _ in doubling) and (4, 2, 1) in doubling and there == [32, 14]

# %% [markdown]
# Only even kernels double a side exactly, and those are the ones that paint evenly. Kernels of 3 and 5, so common in
# other networks, need an extra row on one side, and paint unevenly.
#
# ## 3. The checkerboard
#
# Does it matter, when the weights are learnt? Here are untrained layers with random weights, fed with an even grey. Each
# picture is the size of the output, averaged over many draws of the weights.

# %% tags=["figure"]
torch.manual_seed(seed)
grey = torch.ones(1, 8, 9, 9)
layers = {"kernel 3, stride 2": lambda: nn.ConvTranspose2d(8, 64, 3, 2, 1, output_padding=1, bias=False),
          "kernel 5, stride 2": lambda: nn.ConvTranspose2d(8, 64, 5, 2, 2, output_padding=1, bias=False),
          "kernel 4, stride 2": lambda: nn.ConvTranspose2d(8, 64, 4, 2, 1, bias=False),
          "repeat, kernel 3": lambda: nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(8, 64, 3, padding=1, bias=False))}
sizes = {}
for name, make in layers.items():
    with torch.no_grad():
        strength = torch.stack([make()(grey).square().mean((0, 1)) for _ in range(40)]).mean(0).sqrt()
    sizes[name] = (strength / strength.mean())[4:-4, 4:-4]
plot_planes(sizes, numbers=False, label="size of the output")

# %% [markdown]
# A pixel under four stamps is a sum of four times as many random numbers as one under a single stamp. Along one axis the
# number of stamps over a pixel is
#
# $$ c \in \Big\{ \Big\lfloor \frac ks \Big\rfloor, \Big\lceil \frac ks \Big\rceil \Big\} , $$
#
# so all are alike exactly if $s$ divides $k$ (Odena, Dumoulin and Olah 2016). A network can learn to make up for it, but
# it has to. The way out on the right repeats each pixel first, and then uses an ordinary convolution; those
# authors recommend it.

# %%
spread = {name: (plane.max() / plane.min()).item() for name, plane in sizes.items()}
for name, ratio in spread.items():
    print(f"{name:>20}: the strongest pixel is {ratio:.2f} times the weakest")

# %% tags=["claim"]
assert spread["kernel 3, stride 2"] > 1.7 and spread["kernel 5, stride 2"] > 1.2
assert spread["kernel 4, stride 2"] < 1.25 and spread["repeat, kernel 3"] < 1.25

# %% [markdown]
# ## 4. One storey of the generator
#
# A block of the generator doubles the side and then does two more things. **BatchNorm** gives every channel mean 0
# and spread 1 over the batch, and then a learnt scale $\gamma$ and offset $\beta$; **ReLU** cuts off what is negative. The
# last block is different: $\tanh$ brings its output to $[-1, 1]$, where the data live.
#
# The paper (Radford, Metz and Chintala 2015) found what trains by trying. Its rules: strided convolutions in place of
# pooling; BatchNorm in both players, but neither at $G$'s output nor at $D$'s input; no hidden fully connected
# layers; ReLU in $G$, and LeakyReLU in $D$.
#
# **Exercise: a block** (4 points, about 20 minutes). You choose how the side is doubled. The check measures what your
# block does: is it even? Is anything in it idle?

# %%
# Exercise dcgan-block
def up_block(inside, out, last=False):
    """A module that doubles the side: (B, inside, H, W) -> (B, out, 2H, 2W), for any H and W.

    With equal weights and an even input, all pixels away from the borders come out alike. No parameter is without
    effect, and every output channel has exactly one offset that can be learnt.

    Args:
        inside, out: numbers of channels.
        last: False: a linear layer that doubles, then BatchNorm, then ReLU. True: the linear layer, then tanh.
    """
    ### BEGIN SOLUTION
    paint = nn.ConvTranspose2d(inside, out, 4, stride=2, padding=1, bias=last)
    if last:
        return nn.Sequential(paint, nn.Tanh())
    return nn.Sequential(paint, nn.BatchNorm2d(out), nn.ReLU())
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("dcgan-block", up_block)

# %%
my_up_block = use("dcgan-block", up_block)

# %% [markdown]
# Three blocks of yours, untrained, on a map of a single bright pixel: the light spreads, and this is as far as one pixel
# of the code's map can reach. Beside it the same with repeated pixels.

# %%
torch.manual_seed(seed)
spot = torch.zeros(32, 8, 5, 5)
spot[:, :, 2, 2] = 1
reach = {}
for name, block in {"yours": my_up_block, "repeat, then convolve": resize_block}.items():
    stack = nn.Sequential(block(8, 8), block(8, 8), block(8, 1, True)).eval()
    with torch.no_grad():
        reach[name] = (stack(spot) - stack(0 * spot)).abs().amax((0, 1))
plot_planes(reach, numbers=False, label="change of the output")

# %% [markdown]
# $D$'s blocks are these backwards: kernel 4, stride 2, padding 1, and LeakyReLU, which lets a fifth of the negative
# side through. A ReLU in $D$ would leave samples without a gradient wherever it cuts off.
#
# ## 5. Where to begin
#
# All weights begin as $\mathcal N(0, 0.02^2)$, and BatchNorm's scales as $\mathcal N(1, 0.02^2)$. What does so small a
# number do to a signal on its way through?
#
# **Predict.** A linear layer with 256 inputs of mean 0 and spread 1, independent, and weights from
# $\mathcal N(0, 0.02^2)$: what is the spread (standard deviation) of its outputs?

# %%
# Exercise dcgan-predict-fade
### BEGIN SOLUTION
predicted_fade = 256**0.5 * 0.02
### END SOLUTION

# %% tags=["nbval-check-output"]
check("dcgan-predict-fade", predicted_fade)

# %% [markdown]
# **Exercise: the initialisation** (2 points, about 10 minutes). `network.apply(f)` calls `f` on every module inside, containers
# included.

# %%
# Exercise dcgan-init
def init_weights(module):
    """The paper's initialisation of one module, for `network.apply(init_weights)`; nothing is returned.

    Conv2d, ConvTranspose2d, Linear: weights ~ N(0, 0.02²), bias 0. BatchNorm1d, BatchNorm2d: scale ~ N(1, 0.02²),
    offset 0; running averages stay. Either may be None. Every other kind of module stays as it is. The parameters
    are changed in place, so that an optimizer that holds them still does.
    """
    ### BEGIN SOLUTION
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)) and module.weight is not None:
        nn.init.normal_(module.weight, 1.0, 0.02)
    else:
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("dcgan-init", init_weights)

# %%
my_init_weights = use("dcgan-init", init_weights)

# %% tags=["figure"]
def spreads(norm, scale=1.0, depth=6):
    """Spread of the signal after each of `depth` layers of 256 numbers, and the slope that comes back to the input."""
    torch.manual_seed(seed)
    x = torch.randn(512, 256, requires_grad=True)
    h, seen = x, [1.0]
    for _ in range(depth):
        layer = nn.Linear(256, 256, bias=False).apply(my_init_weights)
        layer.weight.data *= scale
        h = layer(h)
        h = nn.BatchNorm1d(256).apply(my_init_weights)(h) if norm else h
        seen.append(h.std().item())
        h = h.relu()
    slope, = torch.autograd.grad((h * torch.randn(512, 256)).sum(), x)
    return torch.tensor(seen), slope.std().item()


depths = torch.arange(7)
curves = {"without BatchNorm": spreads(False), "with BatchNorm": spreads(True), "with it, weights × 10": spreads(True, 10.0)}
plot_lines([{name: (depths, seen.log10()) for name, (seen, _) in curves.items()}], x="layer", y="log₁₀ of the spread",
           alt="The spread of a signal over six layers: without BatchNorm it falls by a factor of about four at each, with it "
               "it stays at 1, whatever the size of the weights")

# %%
for name, (seen, slope) in curves.items():
    print(f"{name:>22}: spread after the first layer {seen[1]:.3f}, after the last {seen[-1]:.5f}; slope at the input {slope:.2g}")

# %% tags=["claim"]
assert curves["without BatchNorm"][0][-1] < 1e-3 and abs(curves["with BatchNorm"][0][-1] - 1) < 0.1
assert abs(curves["without BatchNorm"][0][1] - 0.32) < 0.02
assert torch.allclose(curves["with BatchNorm"][0], curves["with it, weights × 10"][0], atol=0.05)

# %% [markdown]
# Without BatchNorm six layers swallow the signal. ReLU passes half of the mean square, so a layer with $m$ inputs and weights of
# spread $\sigma$ multiplies the signal by
#
# $$ \sigma \sqrt{m/2} = 0.02 \sqrt{128} \approx 0.23 . $$
#
# With BatchNorm the scale of the weights has no effect on what goes forward. It has one on learning: Adam's steps have about the
# same size whatever the weights are, so small weights turn quickly.
#
# ## 6. Train
#
# Now the digits, with your block and your initialisation, as published: the non-saturating loss of lesson 20, BatchNorm in both
# players, Adam with $\beta_1 = 0.5$. Two things are ours: steps of 0.0005 in place of 0.0002, since time is short, with a decay
# to 0, and a moving average of $G$'s weights. There is no penalty, and a step costs less without one.

# %%
data = "mnist" if profile == "gpu" else "embedded"
train_x, train_y = digits("train", source=data)
test_x, test_y = digits("test", source=data)
n = size["images"]


def make_gan(width, block=my_up_block, kind=GAN):
    """Both players with the paper's initialisation. With channels last, convolutions are quicker on a CPU."""
    torch.manual_seed(seed)
    g = DCGANGenerator(latent_dim, 1, 28, width=width, block=block).apply(my_init_weights)
    d = DCGANDiscriminator(1, 28, width=width).apply(my_init_weights)
    return kind(g, d).to(device, memory_format=torch.channels_last)


def train(gan, images, steps, watch=None, batch=64, ema=0.99, lr=5e-4):
    """Adam for both players, with a moving average of G's weights: history.ema."""
    batches = Batches(images, train_y, size=batch, rng=torch.Generator().manual_seed(seed))
    optimizers = [torch.optim.Adam(player.parameters(), lr, betas=(0.5, 0.999)) for player in (gan.generator, gan.discriminator)]
    return fit_adversarial(gan, batches, *optimizers, steps=steps, schedule=cosine_decay, ema=ema, watch=watch,
                           every=max(1, steps // 30), progress=watch is not None)


class Film:
    """A live picture that also keeps what the averaged generator made of the same codes."""

    def __init__(self, codes):
        self.codes, self.frames, self.steps = codes, [], []
        self.live = LivePicture(lambda gan: self.frames[-1], columns=6, names=["discriminator_loss", "generator_loss"],
                                lines={"D guesses": 2 * math.log(2)}, alt="what the generator makes of the same thirty codes")

    def __call__(self, gan, history):
        self.frames.append(draw(history.ema, self.codes))
        self.steps.append(len(history))
        self.live(gan, history)


def draw(gan, z):
    """Images in [0, 1] of codes."""
    with evaluating(gan.generator):
        return torch.cat([(gan.generator(some) + 1) / 2 for some in z.split(500)]).cpu()


torch.manual_seed(seed + 1)
codes = torch.randn(30, latent_dim, device=device)
film = Film(codes)
gan = make_gan(size["width"])
history = train(gan, to_signed(train_x), size["steps"], film)
model = history.ema

# %%
count = {name: sum(p.numel() for p in getattr(model, name).parameters()) for name in ("generator", "discriminator")}
print(f"{count['generator']:,} parameters in G, {count['discriminator']:,} in D; {len(history)} steps in {history.seconds:.0f} s")
torch.manual_seed(seed)
samples = draw(model, torch.randn(n, latent_dim, device=device))
frechet, floor = metrics.digit_frechet(samples), metrics.real_floor(n).value
shares = torch.bincount(metrics.predictions(samples).argmax(1), minlength=10)
print(f"Fréchet distance {frechet:.1f} at n = {n} (real digits: {floor:.2f}); samples per digit {' '.join(map(str, shares.tolist()))}")

# %% tags=["claim"]
assert shares.min() > 0 and shares.max() > 1.5 * shares.min() and frechet > 2 * floor and count["generator"] < 400_000

# %% tags=["picture"]
show_grid(samples[:48], columns=12, scale=2, title="Made by your DCGAN: the first 48 samples, none left out",
          alt="48 images drawn by the generator: clean strokes on black, many digits, and some shapes that are none")

# %% [markdown]
# Strokes are sharp and the background is black, which the perceptrons of lesson 20 had to learn pixel by pixel. But some shapes are
# no digits, and the counts above are uneven: this $G$ makes some digits much more often than others.
#
# Here is how it learnt, seen on the same codes. Move the slider: from about which step does a code keep its digit?

# %% tags=["touch"]
play([frame[:6] for frame in film.frames], titles=[str(step) for step in film.steps], strip=9, title="The same codes, by step")

# %% [markdown]
# Has it copied? Below each sample stands the training image nearest to it.

# %%
near = metrics.nearest_training_distance(samples, train_x)
held = metrics.nearest_training_distance(test_x[:n], train_x)
print(f"distance to the nearest training image: samples {near.distance.mean():.2f}, held-out digits {held.distance.mean():.2f}")
show_grid([samples[:11], train_x[near.index[:11]]], rows=["sample", "nearest"], scale=2,
          title="Samples and the training images nearest to them",
          alt="Eleven samples, and below each the training image that is nearest to it in pixels")

# %% tags=["claim"]
assert near.distance.min() > 0.1

# %% [markdown]
# ## 7. The same code, another image
#
# A colleague draws samples while the training still runs, and sends you the third image of a batch. You
# draw the same code in a batch of your own, and get something else. Below, one code is drawn four times: alone, and
# in three different batches. Nothing in it is random.

# %%
def buggy_sample(generator, z, size):
    images = [generator(z[i:i + size]) for i in range(0, len(z), size)]
    return torch.cat(images).detach()


# %% tags=["figure"]
live_g = copy.deepcopy(gan.generator).train()  # as it is during training
torch.manual_seed(seed + 2)
mine = torch.randn(6, latent_dim, device=device)
versions = {"alone": [buggy_sample(live_g, z[None], 1) for z in mine]}
for name, mates in {"with 7 others": torch.randn(7, latent_dim, device=device), "with 7 more": torch.randn(7, latent_dim, device=device),
                    "with copies": None}.items():
    batch = [torch.cat([z[None], mates if mates is not None else (z + 0.3 * torch.randn(7, latent_dim, device=device))]) for z in mine]
    versions[name] = [buggy_sample(live_g, z, 8)[:1] for z in batch]
rows = {name: ((torch.cat(images) + 1) / 2).clamp(0, 1).cpu() for name, images in versions.items()}
rows["1st - 2nd row"] = (rows["alone"] - rows["with 7 others"]).abs()
show_grid(list(rows.values()), rows=list(rows), scale=2, title="Each column is one code",
          alt="Six codes, each drawn in four batches: the images in a column differ, most at the edges of strokes")

# %% [markdown]
# The culprit is BatchNorm. In training mode it takes mean and spread from the batch at hand, so an image depends on its
# *mates*, and the running averages move with every sample. In evaluation mode it uses the averages that training has
# gathered:
#
# $$ \text{training: } \frac{x - \mu_{\text{batch}}}{\sqrt{\sigma^2_{\text{batch}} + \epsilon}}, \qquad
# \text{evaluation: } \frac{x - \bar\mu}{\sqrt{\bar\sigma^2 + \epsilon}} . $$
#
# The same trap waits in $D$, if it has BatchNorm: data and samples in *one* batch share one mean, and each image's logit then
# depends on how many of the others are made. So both kinds go through $D$ in batches of their own, as in
# `d_step` of lesson 20.
#
# **Exercise: find the bug** (3 points, about 15 minutes). Repair `buggy_sample`. It may be called in the middle of a
# training, and part of the generator may be frozen.

# %%
# Exercise dcgan-sample
def sample(generator, z, size):
    """Images of codes, made `size` at a time, each of which depends on its own code alone.

    Args:
        generator: maps (b, K) to images (b, ...), for any b; in whatever mode.
        z: codes, (B, K), B at least 1.
        size: how many go through the generator at a time; the last piece may be smaller.

    Returns:
        (B, ...), without a graph. The generator is as before: each of its parts in the mode in which it was, running
        averages, weights, gradients and requires_grad.
    """
    ### BEGIN SOLUTION
    modes = [(part, part.training) for part in generator.modules()]
    generator.eval()
    with torch.no_grad():
        images = torch.cat([generator(part) for part in z.split(size)])
    for part, mode in modes:
        part.training = mode
    return images
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("dcgan-sample", sample)

# %%
my_sample = use("dcgan-sample", sample)

# %%
change = {}
for name, draw_them in {"buggy": buggy_sample, "yours": my_sample}.items():
    alone, together = draw_them(live_g, mine, 1), draw_them(live_g, mine, 6)
    change[name] = (alone - together).abs().mean().item()
    print(f"{name}: a pixel of an image drawn alone differs from the same in a batch of six by {change[name]:.4f} on average, in [-1, 1]")

# %% tags=["claim"]
assert change["buggy"] > 0.01 and change["yours"] < 1e-4

# %% [markdown]
# ## 8. A walk
#
# Codes lie in a space of 64 dimensions, nearly all of them at about the same distance from the middle: $\|z\| \approx \sqrt{64} = 8$.
# A straight line between two of them dips below that, and the generator has hardly ever seen a code from there. An
# arc keeps the length. This film walks along arcs from code to code and back to the first.

# %% tags=["touch"]
def decode(z):
    return (my_sample(model.generator, z, 500) + 1) / 2


torch.manual_seed(seed + 3)
stops = torch.randn(5, latent_dim, device=device)
steps = torch.linspace(0, 1, 13, device=device)[:-1]
path = torch.cat([torch.cat([slerp(a[None], b[None], t) for t in steps]) for a, b in zip(stops, stops.roll(-1, 0), strict=True)])
interpolation(decode, path, title="A round walk through code space")

# %%
halfway = (stops + stops.roll(-1, 0)) / 2
print(f"length of the codes {stops.norm(dim=1).mean():.1f}; halfway on straight lines {halfway.norm(dim=1).mean():.1f}, "
      f"on arcs {path[6::12].norm(dim=1).mean():.1f}")

# %% tags=["claim"]
assert halfway.norm(dim=1).mean() < 0.85 * stops.norm(dim=1).mean() < path[6::12].norm(dim=1).mean() / 0.85

# %% [markdown]
# No image on the way is a mixture of two others: strokes move. The walk also shows that the generator has not
# merely stored its training set, for what would it show in between?
#
# ## 9. Directions with a meaning
#
# Nobody told the generator what *bold* or *slanted* is. Yet there may be a direction in code space along which
# digits get bolder. Here are many samples, each with two scores: its amount of ink, and its slant.

# %%
def ink(images):
    """Mean grey value, (B,)."""
    return images.mean((1, 2, 3))


def slant(images):
    """How far a stroke moves to the right per pixel upwards, (B,): minus the covariance of x and y over the variance of y."""
    weight = images[:, 0] / images.sum((1, 2, 3)).clamp_min(1e-6)[:, None, None]
    y, x = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    x, y = (place - (weight * place).sum((1, 2), keepdim=True) for place in (x, y))
    return -(weight * x * y).sum((1, 2)) / (weight * y * y).sum((1, 2)).clamp_min(1e-6)


torch.manual_seed(seed + 4)
many = torch.randn(size["codes"], latent_dim, device=device)
images = decode(many).cpu()
scores = {"ink": ink(images), "slant": slant(images)}
order = {name: score.argsort() for name, score in scores.items()}
show_grid([images[order[name][torch.linspace(0, len(images) - 1, 12).long()]] for name in scores], rows=list(scores), scale=2,
          title="Samples in the order of their scores", alt="Samples ordered by ink, from thin to bold, and by slant, from left to right")

# %% [markdown]
# Fit a plane to a score: $s \approx b + w^\top z$, by least squares over all pairs $(z_i, s_i)$. The score then rises fastest along
#
# $$ d = \frac{w}{\|w\|}, \qquad (w, b) = \arg\min \sum_i \big( s_i - b - w^\top z_i \big)^2 . $$
#
# **Exercise: a direction** (3 points, about 15 minutes).

# %%
# Exercise dcgan-direction
def attribute_direction(z, score):
    """The direction of length 1 along which a linear model of the score rises fastest.

    Args:
        z: codes, (N, K), N > K + 1, of any mean and spread.
        score: (N,), not all the same, of any mean.

    Returns:
        (K,).
    """
    ### BEGIN SOLUTION
    w = torch.linalg.lstsq(z - z.mean(0), (score - score.mean())[:, None]).solution[:, 0]
    return w / w.norm()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("dcgan-direction", attribute_direction)

# %%
my_direction = use("dcgan-direction", attribute_direction)

# %% [markdown]
# Now every sample can wear the style. Each row below adds a multiple of a direction to the same codes. Does the digit stay
# what it was?

# %%
directions = {name: my_direction(many.cpu(), score).to(device) for name, score in scores.items()}
torch.manual_seed(seed + 5)
fresh = torch.randn(200, latent_dim, device=device)
class_of = metrics.predictions(decode(fresh).cpu()).argmax(1)
moves, kept = (-3, -1.5, 0, 1.5, 3), {}
for name, direction in directions.items():
    rows = [decode(fresh + t * direction).cpu() for t in moves]
    measure = {"ink": ink, "slant": slant}[name]
    values = [measure(row).mean().item() for row in rows]
    kept[name] = (values, [(metrics.predictions(row).argmax(1) == class_of).double().mean().item() for row in rows])
    print(f"{name}: " + ", ".join(f"{t:+g}: {value:.3f}, {same:.0%} the same digit" for t, value, same in zip(moves, *kept[name], strict=True)))
    show(show_grid([row[:14] for row in rows], rows=[f"{t:+g} {name}" for t in moves], scale=2, title=f"More and less {name}",
                   alt=f"Fourteen digits in five rows, from little {name} to much"))

# %% tags=["claim"]
assert all(values == sorted(values) for values, _ in kept.values())
assert kept["ink"][0][-1] > 1.2 * kept["ink"][0][0]
assert all(same[0] < same[1] and same[4] < same[3] and 0.3 < (same[1] + same[3]) / 2 < 0.8 for _, same in kept.values())

# %% [markdown]
# The style arrives, smoothly and for every code. The digit does not always survive it: at 1.5 about half are still read as
# before, at 3 fewer. A direction changes whatever goes along with boldness among the samples, and noughts hold more ink than ones.
#
# Directions can be added, and differences of averages are directions, too. The paper did this with faces: *man with
# glasses* minus *man* plus *woman*. With digits: the average code of bold sevens, minus that of thin sevens, plus
# that of thin noughts. Does it make bold noughts? One example proves little, so here is every pair of digits.

# %%
labels = metrics.predictions(images).argmax(1)
mean_code = {}
for digit in range(10):
    own = (labels == digit).nonzero()[:, 0]
    ranked = own[scores["ink"][own].argsort()]
    if len(ranked) >= 6:
        part = max(1, len(ranked) // 5)
        mean_code[digit] = [many[chosen].mean(0) for chosen in (ranked[:part], ranked[-part:])]  # thin, bold
pairs = [(a, b) for a in mean_code for b in mean_code if a != b]
made, plain = [], []
for a, b in pairs:
    thin, bold = mean_code[a]
    plain.append(mean_code[b][0])
    made.append(plain[-1] + bold - thin)
lengths = many.norm(dim=1).mean()
if pairs:
    made_images, plain_images = (decode(torch.stack(z) / torch.stack(z).norm(dim=1, keepdim=True) * lengths).cpu() for z in (made, plain))
    bolder = (ink(made_images) > ink(plain_images)).double().mean().item()
    wanted = torch.tensor([b for _, b in pairs])
    right = (metrics.predictions(made_images).argmax(1) == wanted).double().mean().item()
    before = (metrics.predictions(plain_images).argmax(1) == wanted).double().mean().item()
    print(f"of {len(pairs)} sums {bolder:.0%} are bolder than the thin digit alone; {right:.0%} show the digit that was meant "
          f"(the thin averages alone: {before:.0%})")
    chosen = [i for i, (a, b) in enumerate(pairs) if a == pairs[-1][0]]
    show(show_grid([plain_images[chosen], made_images[chosen]], rows=["thin", f"+ bold {pairs[-1][0]} - thin {pairs[-1][0]}"], scale=2,
                   title="Arithmetic with codes", alt="Thin digits, and below each the sum with the difference of another digit's bold and "
                   "thin codes"))

# %% tags=["claim"]
assert bolder > 0.8 and right < before

# %% [markdown]
# Bolder they are, almost all. But adding the boldness of one digit brings some of its shape along, and fewer of the sums show the
# digit that was meant than of the plain averages. A picture of one sum that worked, as papers print it, would not have told you.
#
# ## 10. Break it
#
# Four small DCGANs, trained alike and briefly. One is right. In one the data are in $[0, 1]$, against a generator that ends
# in $\tanh$. One has kernels of 3 with stride 2. One always gets the same $z$ during training. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
def odd_block(inside, out, last=False):
    paint = nn.ConvTranspose2d(inside, out, 3, stride=2, padding=1, output_padding=1, bias=last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out), nn.ReLU())


class Unwary(GAN):
    """genlab would refuse data in [0, 1] here: it is told that they are right."""

    def __init__(self, *players, **options):
        super().__init__(*players, data_range=(0.0, 1.0), **options)


class OneCode(GAN):
    def noise(self, n, *, rng=None):
        return torch.full((n, self.latent_dim), 0.3, device=next(self.parameters()).device)


SECRET = {"A": dict(block=odd_block), "B": dict(images=train_x, kind=Unwary), "C": dict(kind=OneCode), "D": {}}
grids, vital = {}, {}
for name, fault in SECRET.items():
    small = make_gan(size["faults_width"], fault.get("block", my_up_block), fault.get("kind", GAN))
    trained = train(small, fault.get("images", to_signed(train_x)), size["faults_steps"], batch=32, ema=0.98, lr=1e-3)
    grids[name] = draw(trained.ema, codes[:14])
    vital[name] = (trained.last(20, "discriminator_loss"), trained.last(20, "generator_loss"))
show_grid(list(grids.values()), rows=list(grids), scale=2, title="Which fault made which row?",
          alt="Four rows of fourteen images, each row by another small GAN")

# %%
# Exercise dcgan-predict-faults
### BEGIN SOLUTION
A = "kernel 3, stride 2"
B = "data in [0, 1]"
C = "one z for all"
D = "none"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("dcgan-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # or "none", "data in [0, 1]", "one z for all", "kernel 3, stride 2"

# %%
grey_level = {name: images.flatten(1).median().item() for name, images in grids.items()}
variety = {name: images.std(0).mean().item() for name, images in grids.items()}
for name in grids:
    print(f"{name}: the commonest grey {grey_level[name]:.2f}, spread over the images {variety[name]:.3f}; losses of D and G "
          f"{vital[name][0]:.2f}, {vital[name][1]:.2f}")

# %% tags=["claim"]
assert grey_level["B"] > 0.1 + max(grey_level[name] for name in "AD")

# %% [markdown]
# <details><summary>Why each row looks as it does</summary>
#
# **A**, kernel 3, stride 2: pixels under four stamps differ from those under one, a fine regular pattern, clearest on half-finished
# strokes. Longer training wears it off, at a cost. **B**, data in $[0, 1]$: the background of the data is 0, which $[-1, 1]$ shows as a medium
# grey. (genlab refuses such data; here it was told that they are right.) **C**, one code: $G$ was never asked about any other, and
# BatchNorm saw no spread at all. **D** is
# right.
#
# </details>
#
# ## What you can do now
#
# You can compute the size of any tower of convolutions, say which of them paint evenly, initialise as published, keep BatchNorm's batches
# apart, and move along a direction that means something. Can you do better than the bar below? Replace your block
# by one that repeats pixels, change the width, add the penalties of lesson 20 (to a $D$ with `norm=False`), and run again from *Train*. Compare over seeds.

# %%
written = {"dcgan-sizes": conv_out_size, "dcgan-block": up_block, "dcgan-init": init_weights, "dcgan-sample": sample,
           "dcgan-direction": attribute_direction}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
bar = size["bar"]
verdict = "no bar at this profile" if bar is None else "reached" if frechet <= bar else "missed"
print(f"Fréchet distance {frechet:.1f}, bar {bar or '–'}: {verdict}")

began = time.perf_counter()
model.sample(1000)
milliseconds = time.perf_counter() - began  # of a thousand samples: seconds in all, milliseconds each
measured = {"frechet_grey": (frechet, n), "parameters": (count["generator"], 1),
            "milliseconds_per_sample": (milliseconds, 1000), "network_evaluations_per_sample": (1, 1)}
measured |= metrics.digit_report(samples).rows() if n > 5 else {}
for metric, (value, number) in measured.items():
    results.record(model="DCGAN", metric=metric, value=value, n=number, lesson=lesson, seed=seed, profile=profile,
                   seconds=history.cpu_seconds)

# %% tags=["claim"]
assert frechet <= bar

# %% [markdown]
# **What can go wrong.** *A checkerboard*: kernel and stride. *Images change with their batch*: the mode. *Grey background*: the range of the
# data. *Wrong image size*: genlab's towers begin with 4 or 7 pixels and double, so 28, 32, 64 and 128 are possible; pad others.
#
# **Read on.** Radford, Metz and Chintala, *Unsupervised representation learning with deep convolutional generative adversarial
# networks* (arXiv:1511.06434), reads as a recipe. Odena, Dumoulin and Olah, *Deconvolution and checkerboard artifacts*
# (distill.pub/2016/deconv-checkerboard), has figures to play with. Dumoulin and Visin, *A guide to convolution arithmetic for deep
# learning* (arXiv:1603.07285), has a picture for every size.
#
# **Next:** lesson 30 makes digits of noise, in many small steps of which each can be learnt.
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `21_dcgan.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
