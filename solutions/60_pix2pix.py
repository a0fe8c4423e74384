# %% [markdown]
# # Image to image: pix2pix
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/60_pix2pix.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F60_pix2pix.ipynb)
#
# ![Outlines of handwritten digits, and below each the digit that the network of this lesson made of it](attachment:60_pix2pix.png)
#
# *You draw the outline, and a network fills it in. It has learnt from pairs: this is what I have, that is what I want.*
#
# Reading 15 minutes, coding 75, running 5. A good place to stop is before *Train*. You need a convolution, and a
# discriminator as in lesson 20.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "60_pix2pix"
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

import time

import torch
import torch.nn.functional as F
from torch import nn

from genlab import metrics, results, weights
from genlab.data import Batches, outline_pairs, striped_pairs, to_signed
from genlab.data.pairs import stripes
from genlab.display import (
    LivePicture,
    input_gradients,
    outline_painter,
    patch_explorer,
    play,
    plot_bars,
    plot_lines,
    plot_patches,
    score_table,
    show,
    show_grid,
)
from genlab.fit import cosine_decay, fit_adversarial
from genlab.models.pix2pix import PatchGAN, Pix2Pix, Pix2PixGenerator, doubling, halving, init_weights
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains wider networks for longer, `smoke` and `stub` only show that every
# cell runs. The bar is the mean structural similarity of held-out digits: higher is better, 1 is perfect.
SIZES = {
    "stub": dict(steps=1, stripes=1, images=20, width=4, small=4, judge=4, batch=4, resamples=50, bar=None),
    "smoke": dict(steps=12, stripes=8, images=60, width=8, small=4, judge=8, batch=8, resamples=200, bar=None),
    "cpu": dict(steps=800, stripes=260, images=1000, width=30, small=12, judge=32, batch=32, resamples=2000, bar=0.93),
    "gpu": dict(steps=4000, stripes=2000, images=1000, width=64, small=32, judge=64, batch=32, resamples=2000, bar=0.95),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
n = size["images"]
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## 1. Draw
#
# Below is an outline, and beside it what a small network makes of it. Press *Another digit's outline* a few times. Then
# press *Clear* and draw one of your own: a closed line around the body of a digit, and a second one for its hole if it
# has one. (A line that begins on a white pixel erases. With the keyboard: arrows move, space draws.)
#
# What does it do with a line that is not closed? With a square? Does one wrong pixel change the digit near it, or
# everywhere?

# %% tags=["touch"]
outlines, digits_32, _ = outline_pairs("test")
first_net = Pix2PixGenerator(1, 1, image_size=32, width=16, max_width=48, norm="instance", noisy_blocks=2)
first_net.load_state_dict(weights.load("outline_digits"))
outline_painter(first_net, outlines[:24])

# %% [markdown]
# Nobody told this network what a digit is, or what *inside* means. It has seen 4000 pairs $(x, y)$ of an outline and a
# digit. The same program makes maps of aerial photographs, or colours of grey pictures, if it is given such pairs. You
# will write its parts and train it.
#
# ## 2. Two right answers
#
# Here is a second set of pairs. The digits are filled with slanted stripes. Look at four digits that all fit the
# *same* outline.

# %% tags=["figure"]
striped_x, striped_y, inside = striped_pairs("test", seed=1)
choices = torch.stack([inside[6] * stripes(start) for start in range(4)])
show_grid(torch.cat([striped_x[6:7], choices, choices.mean(0, keepdim=True)]), scale=3,
          titles=["outline", *["right"] * 4, "their mean"],
          alt="The outline of a digit, four digits with stripes at four different places, and the mean of the four, which is grey")

# %% [markdown]
# Where the stripes begin, nothing in the outline tells. So what is a network to draw that is judged pixel by pixel, by
# the mean absolute error
#
# $$ L_1 = \frac{1}{N} \sum_{i=1}^{N} |y_i - G(x)_i| \; ? $$
#
# Take a single pixel, and forget the image around it. In 70 % of the right answers it is white, 1, in the others black, 0.
# The network gives one number $v$ for it.
#
# **Predict.** Which $v$ has the smallest mean *absolute* error?

# %%
# Exercise pix2pix-predict-median
### BEGIN SOLUTION
predicted_v = 1.0
### END SOLUTION

# %% tags=["nbval-check-output"]
check("pix2pix-predict-median", predicted_v)

# %% [markdown]
# An exercise is a cell like the one above. Fill it in and run the check below it, which has three hints folded under
# it. A line `my_... = use(...)` hands your answer on, or the course's own until yours passes, so that everything
# below runs even if you skip one.

# %% tags=["figure"]
v = torch.linspace(0, 1, 101)
errors = []
for right in (torch.tensor([1.0] * 7 + [0.0] * 3), torch.tensor([1.0, 0.6, 0.2, 0.6])):
    apart = right[:, None] - v
    errors.append({"absolute": (v, apart.abs().mean(0)), "squared": (v, apart.square().mean(0))})
plot_lines(errors, x="the guess v", y="mean error", titles=["white in 70 % of the answers", "a pixel of the stripes"],
           alt="Left: the absolute error falls in a straight line towards v = 1, the squared error is lowest at 0.7. Right, for a "
               "pixel that is 1, 0.6, 0.2 or 0.6: both are lowest at 0.6")

# %% tags=["claim"]
assert v[errors[0]["absolute"][1].argmin()] == 1 and abs(v[errors[0]["squared"][1].argmin()] - 0.7) < 1e-6
assert all(abs(v[curve.argmin()] - 0.6) < 1e-6 for _, curve in errors[1].values())

# %% [markdown]
# Squared errors ask for the mean of the answers. Absolute errors ask for the **median**, which is one of the answers. But
# a pixel of our stripes has the values 1, 0.6, 0.2 and 0.6 in the four answers, and
#
# $$ \mathbb E\,|y_i - v| = \tfrac14 |1 - v| + \tfrac12 |0.6 - v| + \tfrac14 |0.2 - v| $$
#
# is smallest at 0.6, at each pixel: a smooth grey, which is none of the four. No sum over single pixels can ask for
# stripes, for what makes them stripes lies *between* the pixels. Somebody must look at several at once.
# That will be the discriminator's work, in section 4.
#
# ## 3. A network that keeps its place
#
# First, who draws? A network that is to see the whole outline must bring all of it together in one place. A
# convolution of stride 2 halves an image; five of them bring 32 × 32 pixels to a single one. What is left of an outline on the way?

# %% tags=["figure"]
levels = [F.interpolate(F.avg_pool2d(outlines[6:7], 2**k), size=32, mode="nearest") for k in range(6)]
show_grid(torch.cat(levels).sqrt(), scale=3, titles=[f"{32 // 2**k} × {32 // 2**k}" for k in range(6)],
          alt="An outline at 32, 16, 8, 4, 2 and 1 pixels a side, brightened: at 8 the line can hardly be seen, at 4 it is gone, at 1 "
              "a single shade is left")

# %% [markdown]
# The small maps may know *which* digit it is, but they have lost *where* the line ran. The way up needs both. So each
# step up is shown, beside what comes from below, the map of the same size from the way down. Such a bridge is called
# a **skip**, and the whole, drawn with its two arms, a **U-Net**. With $L$ steps each way:
#
# $$ \begin{aligned}
# h_1 &= \text{down}_1(x), & h_k &= \text{down}_k\big(\text{leaky}(h_{k-1})\big) && \text{to } h_L \text{, a single place,} \\
# u_1 &= \text{up}_1\big(\text{relu}(h_L)\big), & u_k &= \text{up}_k\big(\text{relu}([u_{k-1},\, h_{L+1-k}])\big), && G(x) = \tanh(u_L) .
# \end{aligned} $$
#
# $[\cdot,\cdot]$ puts maps one behind the other, as further channels; *leaky* is a leaky ReLU with slope 0.2.
#
# And the noise? A generator of lesson 20 starts from noise. This one starts from $x$, and the paper's authors found that it learns
# to ignore a noise that is added there. They use **dropout** in place of it, on $u_1$ and a few more, *also when the network
# is used*.
#
# **Exercise: the U-Net** (4 points, about 25 minutes). The constructor is given; each block is a convolution and, where
# useful, a norm. Write `forward`.

# %%
# Exercise pix2pix-unet
class UNet(nn.Module):
    """A generator from image to image: (B, channels, H, W) -> (B, channels, H, W), values in [-1, 1]."""

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

    def forward(self, x, drop):
        """Down, and up again with skips.

        Args:
            x: images, (B, channels, H, W).
            drop: maps -> maps of the same shape, the noise. Applied once to the result of each of the first two blocks of
                `up`, before a skip joins, in every mode.

        Returns:
            Images of the shape of x.

        Raises:
            ValueError: H or W is no multiple of 2**depth.
        """
        ### BEGIN SOLUTION
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
        ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pix2pix-unet", UNet)

# %%
MyUNet = use("pix2pix-unet", UNet)

# %% [markdown]
# What do the skips carry? Here is the network of section 1 with all of its skips cut, and then with one of them.

# %%
def with_skips(sizes):
    """What the network of section 1 makes of ten outlines if only the skips of these sizes (pixels a side) are left."""
    first_net.skips, first_net.noisy = sizes, False
    with torch.no_grad():
        return (first_net(to_signed(some)) + 1) / 2


some = outlines[4:14]
cut = {"outline": some, "no skip": with_skips(()), "only 16 × 16": with_skips((16,)), "all": with_skips((2, 4, 8, 16))}
show_grid(list(cut.values()), rows=list(cut), scale=2,
          alt="Outlines of ten digits; what the network makes of them without skips, with the largest skip alone, and with all")

# %%
error = {name: float((image - digits_32[4:14]).abs().mean()) for name, image in cut.items()}
print("; ".join(f"{name}: error per pixel {value:.3f}" for name, value in error.items()))

# %% tags=["claim"]
assert error["all"] < 0.5 * min(error["no skip"], error["only 16 × 16"])

# %% [markdown]
# Neither arm is enough: the skips know where the line ran, the deep maps what it means.
#
# ## 4. A judge of patches
#
# Now the discriminator. It is not asked *is this image real?* but, at many places, *is this patch real?* That is a small
# convolutional network whose output is a **map** of logits. Point at a logit, and see the patch that it judges. Then move
# the slider.

# %% tags=["touch"]
patch_explorer({"outline x": striped_x[6], "image y": striped_y[6]})

# %% [markdown]
# How large must a patch be, to tell stripes from grey? To tell a crossed line from a good one? And how does its size
# follow from the layers?

# %% tags=["figure"]
mosaic = torch.cat([torch.cat(list(striped_y[k:k + 3]), 2) for k in (9, 12, 15)], 1)  # a larger image, 96 × 96
plot_patches(mosaic, (1, 2, 3))

# %% [markdown]
# Stand at one logit and walk back. Several neighbours of one layer, $r$ of them, see a span of the layer before: they lie a
# stride $s$ apart, and each sees $k$ places. From the last layer to the first, and, for the number of logits along a
# side with padding $p$, from the first to the last:
#
# $$ r \leftarrow (r - 1)\, s + k , \qquad\qquad n \leftarrow \Big\lfloor \frac{n + 2p - k}{s} \Big\rfloor + 1 . $$
#
# The paper has three layers of stride 2 and two of stride 1, all $4 \times 4$ with padding 1, and calls the result a
# $70 \times 70$ PatchGAN.
#
# **Exercise: the arithmetic of patches** (3 points, about 15 minutes).

# %%
# Exercise pix2pix-patches
def patches(kernels, strides, paddings, n):
    """What one logit of a stack of convolutions sees, and how many logits there are.

    Args:
        kernels, strides, paddings: of each layer, lists of whole numbers, the first layer's first.
        n: side of the image, in pixels.

    Returns:
        Three whole numbers: the side of the patch that one logit sees, in pixels, padding not counted; the distance of
        neighbouring patches, in pixels; the number of logits along a side, 0 where some layer's kernel no longer fits.
    """
    ### BEGIN SOLUTION
    field, step = 1, 1
    for k, s in zip(reversed(kernels), reversed(strides), strict=True):
        field, step = (field - 1) * s + k, step * s
    for k, s, p in zip(kernels, strides, paddings, strict=True):
        n = max(0, (n + 2 * p - k) // s + 1) if n else 0
    return field, step, n
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pix2pix-patches", patches)

# %%
my_patches = use("pix2pix-patches", patches)

# %% [markdown]
# Arithmetic can be wrong, so measure: which pixels change a logit at all? The gradient of one logit at every pixel
# of the input says so.

# %%
judges = {layers: PatchGAN(1, 1, width=8, layers=layers, norm="none") for layers in (1, 2)}
seen = {layers: input_gradients(judge, 64) for layers, judge in judges.items()}
show(show_grid(torch.stack([(g / g.max()) ** 0.3 for g in seen.values()])[:, None], scale=3,
               titles=[f"{int((g > 0).any(0).sum())} pixels wide" for g in seen.values()],
               alt="Two squares of light in the dark: the pixels on which one logit depends, 16 and 34 pixels wide"))
paper = my_patches([4] * 5, [2, 2, 2, 1, 1], [1] * 5, 256)
print(f"The paper's: patches of {paper[0]} × {paper[0]} pixels, {paper[1]} apart, {paper[2]} × {paper[2]} of them on 256 × 256.")
print(f"{sum(p.numel() for p in PatchGAN(3, 3).parameters()):,} parameters, whatever the size of the image")

# %% tags=["claim"]
assert all(int((gradient > 0).any(0).sum()) == my_patches([4] * (k + 2), [2] * k + [1, 1], [1] * (k + 2), 64)[0]
           for k, gradient in seen.items())
assert paper == (70, 8, 30) and [int((gradient > 0).any(1).sum()) for gradient in seen.values()] == [16, 34]

# %% [markdown]
# A judge of patches has few weights, takes images of any size, and has many verdicts to learn from in each image. What
# lies further apart than a patch it cannot compare. The L1 term can, and so the two share the work.
#
# One thing more: the judge sees $x$ *and* the image, as channels of one stack. Else any good digit would please it, on
# whichever outline.
#
# ## 5. What the generator wants
#
# Three candidates for a striped digit, and what L1 says of them, on average over the four right answers:

# %% tags=["figure"]
candidates = {"grey inside": choices.mean(0), "stripes": choices[1], "another outline's": inside[8:9, 0] * stripes(1)}
costs = {name: float((choices[:, 0] - image).abs().mean()) for name, image in candidates.items()}
show(show_grid(torch.stack([image.reshape(1, 32, 32) for image in candidates.values()]), scale=3, titles=list(candidates),
               alt="A grey digit, a striped digit, and another digit with stripes"))
plot_bars(costs, axis="mean absolute error over the four right answers, in [0, 1]")

# %% tags=["claim"]
assert costs["grey inside"] < 0.9 * costs["stripes"] < 0.5 * costs["another outline's"]

# %% [markdown]
# L1 sees that the third is wrong, and likes the grey best, which is no answer at all. A judge of patches tells grey from
# stripes at a glance.
# So the generator minimises both, with logits $D$ of the pair and $\lambda = 100$ in the paper:
#
# $$ L_G = \underbrace{\operatorname{mean}\, \operatorname{softplus}\big(-D(x, G(x))\big)}_{-\log D \text{, over patches}}
#   + \lambda\, \underbrace{\operatorname{mean}\, |y - G(x)|}_{\text{over pixels}} . $$
#
# **Exercise: the generator's loss** (3 points, about 15 minutes). In which network may a gradient stay?

# %%
# Exercise pix2pix-loss
def generator_loss(discriminator, x, y, made, l1_weight):
    """What the generator minimises on a batch.

    Args:
        discriminator: a module, called as discriminator(x, image) -> logits of patches, (B, 1, h, w), of any size such as
            ±800. After `backward` on the loss its gradients are as before, and its weights can learn as before.
        x: inputs; y: targets; made: what G made of x, (B, C, H, W).
        l1_weight: λ, at least 0.

    Returns:
        A single number, from which gradients reach `made`.
    """
    ### BEGIN SOLUTION
    discriminator.requires_grad_(False)
    fake = discriminator(x, made)
    discriminator.requires_grad_(True)
    return F.softplus(-fake).mean() + l1_weight * (y - made).abs().mean()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pix2pix-loss", generator_loss)

# %%
my_generator_loss = use("pix2pix-loss", generator_loss)

# %% [markdown]
# ## 6. One round
#
# $D$ learns from pairs, too: $(x, y)$ is real, $(x, G(x))$ is not. Its loss is halved, to slow it down beside $G$:
#
# $$ L_D = \tfrac12 \Big( \operatorname{mean}\, \operatorname{softplus}\big(-D(x, y)\big)
#   + \operatorname{mean}\, \operatorname{softplus}\big(D(x, G(x))\big) \Big) . $$
#
# A round is one drawing, judged twice: $D$ moves first; then $G$ is told what the new $D$ thinks of the same drawing.
#
# **Exercise: one round** (4 points, about 20 minutes). Dropout makes each call of $G$ another one: call it once.

# %%
# Exercise pix2pix-step
def train_step(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    """One round: D's step, then G's, with one drawing. Modes and requires_grad stay as they are.

    Args:
        generator: x -> images, called once. discriminator: (x, image) -> logits, in two calls for D's own step.
        g_optimizer, d_optimizer: of the players' parameters. Gradients of earlier rounds may lie in both.
        d_loss: d_loss(real, fake) from D's logits; g_loss: g_loss(fake, made, y). Single numbers.

    Returns:
        D's loss before its step, and G's against the D that has moved: two numbers, or tensors (). Afterwards no gradient of
        G's loss lies in D.
    """
    ### BEGIN SOLUTION
    made = generator(x)
    judged = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    d_optimizer.zero_grad()
    judged.backward()
    d_optimizer.step()
    discriminator.requires_grad_(False)
    drawn = g_loss(discriminator(x, made), made, y)
    discriminator.requires_grad_(True)
    g_optimizer.zero_grad()
    drawn.backward()
    g_optimizer.step()
    return judged.item(), drawn.item()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pix2pix-step", train_step)

# %%
my_train_step = use("pix2pix-step", train_step)

# %% [markdown]
# ## 7. Train
#
# Your U-Net, with dropout for its noise; a judge of 16 × 16 patches; your loss. The dashed lines are a $D$ that only
# guesses, and the L1 error of the mean digit. The norms see one image at a time, as with the paper's batches of a single image, so that no digit
# depends on its neighbours in the batch.

# %%
class Net(MyUNet):
    """Your U-Net with its noise: dropout, also in use; `noisy = False` switches it off."""

    noisy = True

    def forward(self, x):
        return super().forward(x, lambda h: F.dropout(h, 0.5, training=self.noisy))


class Mine(Pix2Pix):
    """The library's game, with your loss for the generator."""

    def generator_loss(self, x, y, *, step=0, rng=None):
        made = self.generator(x)
        return {"loss": my_generator_loss(self.discriminator, x, y, made, self.l1_weight), "l1": F.l1_loss(made, y).detach()}


def unit(images):
    """From [-1, 1] to [0, 1]."""
    return (images.cpu().clamp(-1, 1) + 1) / 2


torch.manual_seed(seed)
train_x, train_y, _ = outline_pairs("train")
test_x, test_y, test_labels = (part[:n] for part in outline_pairs("test"))
game = Mine(init_weights(Net(width=size["width"])), PatchGAN(1, 1, width=size["judge"], layers=1, norm="none")).to(device)
batches = Batches(to_signed(train_x), to_signed(train_y), size=size["batch"], rng=torch.Generator().manual_seed(seed))
optimizers = [torch.optim.Adam(player.parameters(), rate, betas=(0.5, 0.999))
              for player, rate in ((game.generator, 3e-3), (game.discriminator, 2e-3))]
shown, film = to_signed(test_x[4:16]).to(device), []


def look(game):
    film.append(unit(game.sample(shown, noisy=False)))
    return film[-1]


def held_out(game):
    made = unit(game.sample(to_signed(test_x[:100]).to(device), noisy=False))
    return {"held-out L1": 2 * float((made - test_y[:100]).abs().mean())}


mean_digit = 2 * float((train_y.mean(0) - test_y[:100]).abs().mean())  # what needs no learning
live = LivePicture(look, columns=6, names=["discriminator_loss", "l1"], measure=held_out, lines={"D guesses": 0.693, "mean digit": mean_digit},
                   alt="what the generator makes of twelve held-out outlines")
history = fit_adversarial(game, batches, *optimizers, steps=size["steps"], schedule=cosine_decay, ema=0.99, watch=live,
                          every=max(1, size["steps"] // 10))
model = history.ema
parameters = sum(p.numel() for p in model.generator.parameters())
print(f"{parameters:,} parameters in G, {len(history)} steps in {history.seconds:.0f} s")

# %% tags=["picture"]
made = unit(torch.cat([model.sample(part) for part in to_signed(test_x).to(device).split(250)]))
show_grid([test_x[:12], made[:12], test_y[:12]], rows=["outline", "made", "digit"], scale=2,
          title="Held-out outlines, what your network made of them, and the digits that they came from",
          alt="Twelve outlines, below each the digit that the network made, and the digit that the outline was taken from")

# %% [markdown]
# And now your own network on the page of section 1. This one you can show to a friend.

# %% tags=["touch"]
outline_painter(model.generator, test_x[4:28]) if parameters < 360_000 else print("too large for the page")

# %% [markdown]
# ## 8. Look and measure
#
# Error per pixel says little; we know what it overlooks. Four numbers for each way to answer: **SSIM**, the structural similarity
# (windows of 11 × 11 pixels are compared by mean, variance and covariance; 1 is perfect), the L1 error, how often the course's
# classifier reads the right digit, and the Fréchet distance. And two answers that need no learning: hand
# back the outline, and draw the mean of all training digits.

# %%
def crop(images):
    return images[..., 2:-2, 2:-2]  # back to 28 × 28: a blank border would flatter every method


answers = {"yours": made, "copy of the outline": test_x, "mean digit": train_y.mean(0, keepdim=True).expand_as(test_y),
           "the digits themselves": test_y}
ssim = {name: metrics.ssim(crop(images), crop(test_y)) for name, images in answers.items()}
rows = {}
for name, images in answers.items():
    score, right = metrics.estimate(ssim[name]), metrics.label_accuracy(crop(images), test_labels)
    l1 = metrics.estimate((images - test_y).abs().flatten(1).mean(1))
    rows[name] = {"SSIM": (score.value, score.error), "L1": (l1.value, l1.error), "read": (right.value, right.error),
                  "Fréchet": metrics.digit_frechet(crop(images))}
score_table(rows, {"SSIM": "high", "L1": "low", "read": "high", "Fréchet": "low"},
            title=f"Held-out digits, ± standard error, n = {n}")

# %% tags=["claim"]
assert rows["yours"]["SSIM"][0] > rows["mean digit"]["SSIM"][0] + 0.3 and rows["yours"]["read"][0] >= 0.95
assert rows["copy of the outline"]["read"][0] < 0.8

# %% [markdown]
# How sure is a difference of two means? Images differ in difficulty, and a hard one is hard for both methods. So compare
# image by image. The **paired bootstrap** asks how the mean difference would have come out with other test
# images of the same kind, and plays them by drawing from ours, with replacement. With $d_i$, ours minus baseline on image $i$, and
# resamples $b$ of $n$ images each:
#
# $$ m_b = \frac1n \sum_{i \in b} d_i , \qquad \text{interval: from the } \tfrac{1 - \text{level}}{2} \text{ to the } \tfrac{1 + \text{level}}{2}
#    \text{ quantile of the } m_b . $$
#
# **Exercise, extra: the paired interval** (3 points, about 12 minutes).

# %%
# Exercise pix2pix-interval
def paired_interval(ours, baseline, indices, level):
    """The mean difference of two methods on the same images, with its paired bootstrap interval.

    Args:
        ours, baseline: scores of the same n images, (n,).
        indices: which images each resample holds, (R, n) of int64.
        level: share of the resamples between the ends, such as 0.95.

    Returns:
        (mean, low, high): the mean of ours minus baseline over all images, and the ends, by quantiles that interpolate
        linearly. Three numbers, or tensors ().
    """
    ### BEGIN SOLUTION
    difference = ours - baseline
    means = difference[indices].mean(1)
    low, high = torch.quantile(means, (1 - level) / 2), torch.quantile(means, (1 + level) / 2)
    return difference.mean(), low, high
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pix2pix-interval", paired_interval)

# %%
my_paired_interval = use("pix2pix-interval", paired_interval)

# %%
indices = torch.randint(0, n, (size["resamples"], n), generator=torch.Generator().manual_seed(seed))
intervals = {}
noiseless = unit(torch.cat([model.sample(part, noisy=False) for part in to_signed(test_x).to(device).split(250)]))
ssim["yours, without noise"] = metrics.ssim(crop(noiseless), crop(test_y))
for ours, other in (("yours", "copy of the outline"), ("yours", "mean digit"), ("yours, without noise", "yours")):
    intervals[ours, other] = mean, low, high = [float(v) for v in my_paired_interval(ssim[ours], ssim[other], indices, 0.95)]
    print(f"SSIM of {ours!r} minus {other!r}: {mean:+.4f}, 95 % interval [{low:+.4f}, {high:+.4f}], n = {n}")
again = unit(model.sample(to_signed(test_x[:100]).to(device)))
print(f"two drawings of one outline differ by {float((again - made[:100]).abs().mean()):.4f} per pixel, a drawing from its digit by "
      f"{rows['yours']['L1'][0]:.4f}")

# %% tags=["claim"]
assert intervals["yours", "copy of the outline"][1] > 0.1 and intervals["yours", "mean digit"][1] > 0.1
assert float((again - made[:100]).abs().mean()) < rows["yours"]["L1"][0]

# %% [markdown]
# Two drawings of the same outline hardly differ. Dropout is a weak noise: this network gives *one* answer, not the
# distribution of all of them. The paper says so, too.
#
# The film of the training. Watch the 2 and the 4.

# %% tags=["touch"]
play([frame[:5] for frame in film] or [unit(model.sample(shown[:5]))], interval=500, title="While the network learns")

# %% [markdown]
# ## 9. Break it
#
# Four networks on the *striped* pairs, trained by your `train_step`. One is right (with $\lambda = 10$: stripes are a
# matter of chance, and a large $\lambda$ forbids chance). One has the L1 term only. One has no skips. In one, $D$ does not
# see the input, and there is no L1 term. Which is which? The first row shows the outlines.

# %% jupyter={"source_hidden": true} tags=["hide-input"]
SECRET = {"A": dict(conditional=False, near=0.0), "B": {}, "C": dict(fool=0.0), "D": dict(skips=False)}
stripe_x, stripe_y, _ = striped_pairs("train")


def train_on_stripes(conditional=True, skips=True, fool=1.0, near=10.0):
    """A small generator after rounds of `my_train_step`, and the losses of the last twenty."""
    torch.manual_seed(seed)
    g = Pix2PixGenerator(1, 1, image_size=32, width=size["small"], max_width=4 * size["small"], norm="instance",
                         noisy_blocks=2, skips=skips).to(device)
    d = PatchGAN(1, 1, width=size["judge"], layers=1, norm="none", conditional=conditional).to(device)
    g_opt, d_opt = (torch.optim.Adam(net.parameters(), lr, betas=(0.5, 0.999)) for net, lr in ((g, 3e-3), (d, 1e-3)))
    pairs, last = Batches(stripe_x, stripe_y, size=16, rng=torch.Generator().manual_seed(seed)), []
    while len(last) < size["stripes"]:
        for x, y in pairs:
            for group in g_opt.param_groups:
                group["lr"] = 3e-3 * cosine_decay(len(last) / size["stripes"])
            last.append(my_train_step(
                g, d, g_opt, d_opt, to_signed(x).to(device), to_signed(y).to(device),
                lambda real, fake: 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean()),
                lambda fake, made, y: fool * F.softplus(-fake).mean() + near * (made - y).abs().mean()))
            if len(last) == size["stripes"]:
                break
    with torch.no_grad():
        return unit(g(to_signed(striped_x[:200]).to(device))), torch.tensor(last[-20:]).mean(0)


results_on_stripes = {name: train_on_stripes(**fault) for name, fault in SECRET.items()}
show_grid([striped_x[4:14], *[images[4:14] for images, _ in results_on_stripes.values()]], rows=["outline", *SECRET], scale=2,
          alt="Outlines of ten digits, and below them what the networks A, B, C and D make of them")

# %%
# Exercise pix2pix-predict-faults
### BEGIN SOLUTION
A = "D does not see the input"
B = "none"
C = "L1 only"
D = "no skips"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("pix2pix-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # or "none", "L1 only", "no skips", "D does not see the input"

# %%
within, target = inside[:200] > 0, striped_y[:200]
vital = {}
for name, (images, losses) in results_on_stripes.items():
    drawn, asked = F.max_pool2d(images, 3, 1, 1) > 0.3, F.max_pool2d(inside[:200], 3, 1, 1) > 0  # 3 × 3: no gaps between stripes
    overlap = float((drawn & asked).sum() / (drawn | asked).sum())
    contrast = float((images - 0.6)[within].abs().mean() / (target - 0.6)[within].abs().mean())
    vital[name] = dict(overlap=overlap, contrast=contrast, l1=float((images - target).abs().mean()),
                       ssim=float(metrics.ssim(images, target).mean()))
    print(f"{name}: contrast {contrast:4.0%} of the data's, overlap with the inside of the outline {overlap:4.0%}; L1 "
          f"{vital[name]['l1']:.3f}, SSIM {vital[name]['ssim']:.3f}; losses D {float(losses[0]):.2f}, G {float(losses[1]):.2f}")

# %% tags=["claim"]
assert min(vital[name]["overlap"] for name in "BC") > max(0.7, *(vital[name]["overlap"] + 0.1 for name in "AD"))
assert vital["B"]["contrast"] > 1.4 * vital["C"]["contrast"] and vital["C"]["l1"] < vital["B"]["l1"]

# %% [markdown]
# By the L1 error C is better than B. It has learnt exactly what that error asks for.
#
# <details><summary>Why each row looks as it does</summary>
#
# **A**, a $D$ that does not see $x$: whatever has stripes pleases it, on any outline, and $G$ need not look at it
# either. **B** is right: stripes, in one of the four right places, inside the line. **C**, L1 alone: the grey of
# section 2, inside the line. **D**, no skips: all that is known about the line has gone through a single place, and the
# shape is a guess.
#
# </details>
#
# **Exercise, extra: find the bugs** (2 points, all or nothing, about 10 minutes). A fellow student's $D$ takes a pair as one stack of channels. Its loss falls to 0
# within a few rounds, and $G$ learns nothing from it. Two things are wrong.

# %%
def buggy_pair_loss(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], 1)).mean()
    fake = discriminator(torch.cat([made.detach(), x], 1)).mean()
    return 0.5 * (F.softplus(-real) + F.softplus(fake))

# %%
# Exercise pix2pix-bug
def pair_loss(discriminator, x, y, made):
    """D's loss on a batch, repaired.

    Args:
        discriminator: stack of a pair (B, 2 C, H, W) -> logits of patches (B, 1, h, w), of any size.
        x: inputs; y: targets; made: what G made of x; each (B, C, H, W). No gradient reaches `made`.

    Returns:
        A single number, as in section 6.
    """
    ### BEGIN SOLUTION
    real = discriminator(torch.cat([x, y], 1))
    fake = discriminator(torch.cat([x, made.detach()], 1))
    return 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean())
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("pix2pix-bug", pair_loss)

# %% [markdown]
# ## What you can do now
#
# You can wire a U-Net and say what its skips carry, compute what a verdict sees, let two losses share the work, play a
# round so that nothing leaks, and say how sure a difference is. Your own pairs are one line away: a folder with two subfolders,
# or images that hold both halves side by side.
#
# ```python
# inputs, targets = genlab.data.pair_folder("facades", size=64)
# train_pix2pix(Pix2PixGenerator(3, 3, image_size=64), PatchGAN(3, 3), Batches(inputs, targets, size=4), epochs=100)
# ```

# %%
written = {"pix2pix-unet": UNet, "pix2pix-patches": patches, "pix2pix-loss": generator_loss, "pix2pix-step": train_step,
           "pix2pix-interval": paired_interval, "pix2pix-bug": pair_loss}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
bar, reached = size["bar"], rows["yours"]["SSIM"][0]
verdict = "no bar at this profile" if bar is None else "reached" if reached >= bar else "missed"
print(f"SSIM {reached:.3f}, bar {bar or '–'}: {verdict}")

began = time.perf_counter()
model.sample(shown)
milliseconds = 1000 * (time.perf_counter() - began) / len(shown)
measured = {"ssim": (reached, n), "label_accuracy": (rows["yours"]["read"][0], n), "frechet_grey": (rows["yours"]["Fréchet"], n),
            "parameters": (parameters, 1), "milliseconds_per_sample": (milliseconds, len(shown)),
            "network_evaluations_per_sample": (1, 1)}
for metric, (value, count) in measured.items():
    results.record(model="pix2pix", metric=metric, value=value, n=count, lesson=lesson, seed=seed, profile=profile,
                   seconds=history.cpu_seconds)

# %% tags=["claim"]
assert reached >= bar

# %% [markdown]
# **What can go wrong.** *All blurred*: the L1 term alone is at work; is $D$'s loss 0? *Checkered patterns*: look at the
# judge's patch, which may be too small. *Good images on the wrong input*: $D$ does not see the pair, or inputs and targets
# are shuffled apart. *Other results for other batches*: norms over a batch; use norms of single images.
#
# **Read on.** Isola, Zhu, Zhou and Efros, *Image-to-image translation with conditional adversarial networks*
# (arXiv:1611.07004). Ronneberger, Fischer and Brox, *U-Net* (arXiv:1505.04597).
#
# <details><summary>More reading</summary>
#
# Without pairs: Zhu et al., *CycleGAN* (arXiv:1703.10593). Many answers for one input: Zhu et al., *BicycleGAN*
# (arXiv:1711.11586). Larger images: Wang et al., *pix2pixHD* (arXiv:1711.11585). SSIM: Wang, Bovik, Sheikh and Simoncelli
# (2004), *Image quality assessment: from error visibility to structural similarity*.
#
# </details>
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `60_pix2pix.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
