# %% [markdown]
# # Generative models at a glance
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/00_generative_models.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F00_generative_models.ipynb)
#
# ![Four densities in the plane, and below each what six kinds of models draw after some seconds of training](attachment:00_generative_models.png)
#
# *The top row is the data: points from four densities that we know exactly. Every other row was drawn by another
# kind of model, each trained for a few seconds in this notebook. Later lessons take them one by one.*
#
# A classifier looks at an image and says “seven”. A generative model goes the other way: after seeing many
# images, it makes new ones. There are half a dozen families of such models, they are often presented as rivals,
# and what is said about them (this one is fast, that one is unstable, this one “has a likelihood”) is half true as
# often as not. This lesson puts them next to each other on problems so small that every claim can be checked: a
# world of sixteen images, in which every probability can be added up by hand, and four densities in the plane,
# whose values we know.
#
# When you have finished, you will be able to say what a density is and why its logarithm is measured; compute a
# likelihood by the chain rule, by a sum over hidden causes, and by normalising an energy; say for each family what
# it knows about the probability of a given image (the exact value, a bound, everything but a constant, nothing);
# measure how many modes of a distribution a model has found; and read a table of generative models with the
# right amount of distrust.
#
# You need Python, a little PyTorch (tensors, `nn.Module`, how a training loop goes), and from probability the
# normal distribution, expectations and conditional probabilities. The core exercises take about 70 minutes
# altogether; training takes three or four minutes, which you may spend reading.
#
# An exercise is a cell with a stub to fill in. Run it, then run the line below it, `check(...)`, which says at
# once what is right, what is wrong, and often which mistake it looks like; three hints are folded under it, one
# inside the other, the last of them nearly the answer. The line after that, `my_... = use(...)`, hands your
# solution on to the rest of the lesson, or, as long as it does not pass its check, one of the course's own. So you
# may leave an exercise and come back to it, and everything below it still runs.

# %% tags=["parameters"]
import os

lesson = "00_generative_models"
profile = os.environ.get("GENLAB_PROFILE", "cpu")
seed = 0

# %%
# Set-up: installs the course's package where it is missing, as on Colab.
import importlib.util
import subprocess
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads sleep while they wait: quicker on a busy machine
version = "0.1.0"
if importlib.util.find_spec("genlab") is None:
    source = f"genlab @ git+https://github.com/genlab-course/genlab@v{version}"
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", source])

# %%
import math
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from genlab import metrics, results
from genlab.data import Batches, plane
from genlab.display import (
    PALETTE,
    LivePicture,
    choose,
    density_tile,
    in_style,
    new_picture,
    play,
    point_tile,
    show_grid,
)
from genlab.display.planes import SIDE
from genlab.fit import cosine_decay, fit, fit_adversarial
from genlab.layers import FourierFeatures, TimeMLP, mlp
from genlab.models import GAN, MADE, Autoregressive, DiffusionModel, EnergyModel, GaussianVAE, RealNVP
from genlab.models.diffusion import cosine_schedule
from grading import check, expect_version, use

expect_version(version)

# %% [markdown]
# How large everything is depends on the profile: `cpu` is made for two processor cores and takes a few minutes
# in all, `gpu` trains for longer, `smoke` and `stub` only show that every cell runs.

# %%
ORDER = ("VAE", "flow", "energy-based", "GAN", "diffusion", "autoregressive")
SIZES = {
    "stub": dict(draws=4, bins=8, energy_steps=2, steps=(1, 1, 1, 1, 1, 1), points=64, batch=16, frames=1, langevin=(1, 1),
                 noise_steps=4, codes=1, seeds=2, repeats=1, noises=40, langevin_steps=1, bars=None),
    "smoke": dict(draws=200, energy_steps=20, bins=12, steps=(6, 4, 3, 6, 6, 4), points=500, batch=64, frames=2,
                  langevin=(2, 5), noise_steps=5, codes=1, seeds=2, repeats=1, noises=200, langevin_steps=20, bars=None),
    "cpu": dict(draws=2000, bins=48, energy_steps=300, steps=(2000, 500, 250, 1500, 2000, 300), points=20_000, batch=256, frames=6,
                langevin=(20, 200), noise_steps=40, codes=20, seeds=3, repeats=5, noises=2000, langevin_steps=1000,
                bars={"VAE": 0.78, "flow": 0.77, "energy-based": 0.91, "GAN": 0.85, "diffusion": 0.92, "autoregressive": 0.89}),
    "gpu": dict(draws=2000, bins=96, energy_steps=300, steps=(6000, 4000, 2500, 6000, 6000, 3000), points=100_000, batch=512,
                frames=8, langevin=(30, 400), noise_steps=100, codes=50, seeds=3, repeats=5, noises=10_000,
                langevin_steps=2000, bars=None),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
steps = dict(zip(ORDER, size["steps"], strict=True))
torch.set_num_threads(1)  # networks as small as these gain nothing from a second core, and lose by waiting for it

# %% [markdown]
# ## Data come from somewhere
#
# Every generative model starts from one assumption: the data were *drawn*. Somewhere there is a probability
# distribution $p^*$, nature's or a photographer's, and our training set is a list of independent draws from it. We
# never see $p^*$ itself, only the draws. A **generative model** is a distribution $p$ of our own making, with
# parameters that we can turn, and to train it is to turn them until its draws could pass for draws from $p^*$.
#
# For photographs nobody knows $p^*$, so one can never say how close a model has come. That is why this lesson uses
# points in the plane. Below are four distributions: eight round heaps on a **ring**, two bent **moons**, every other
# square of a **checkerboard**, and a **pinwheel** of five swirled blades. The upper row shows a thousand draws from
# each; draws are all that a model will be shown. The lower row shows the density itself, which only we know.

# %%
torch.manual_seed(seed)
names = list(plane.DENSITIES)
truth = {name: density.sample(1000) for name, density in plane.DENSITIES.items()}
cells, _ = plane.grid(SIDE)
known = {name: density.log_density(cells) for name, density in plane.DENSITIES.items()}
show_grid([torch.stack([point_tile(truth[name]) for name in names]),
           torch.stack([density_tile(known[name]) for name in names])],
          rows=["draws", "density"], titles=names,
          alt="Upper row: a thousand points from each of the four densities. Lower row: the densities, bright where "
              "they are high: eight spots on a ring, two half circles, eight squares, five swirled blades")

# %% [markdown]
# ## How probable is a point?
#
# For things that can be counted, such as the faces of a die, a distribution gives each a probability. A point of
# the plane is different: it has infinitely many decimals, and the probability of hitting it exactly is 0. What is not
# 0 is the probability of landing in a small square around it, of side $h$. If $h$ is small, this probability is
# proportional to the square's area, and the factor is the **density** $p(x)$: probability per area,
#
# $$
# P(\text{in the square around } x) \approx p(x)\, h^2 , \qquad \int p(x)\, dx = 1 .
# $$
#
# A density may well be larger than 1, since it is not a probability; only its integral has to be 1.
#
# One hardly ever works with $p(x)$ itself but with its natural logarithm, the **log-likelihood** of $x$ under the
# model. There are two reasons. Densities of independent points multiply, and the product over a thousand points is
# soon too small or too large for a computer's numbers; their logarithms just add up. And a logarithm measures
# *surprise*: for a probability, $-\log p(x)$ is 0 if $x$ was certain, and the less likely $x$ was, the larger it
# is. (For a density it may also be negative: where $p(x) > 1$.) Its unit is the **nat**; with the logarithm to base
# 2 it would be the bit, 0.693 nats.
#
# **Predict.** The checkerboard is uniform on eight squares of side 1, and 0 elsewhere. What is its log-density, in
# nats, at a point in one of the squares? Write a number, or a formula in Python, into the next cell. Predictions
# give no points; they are there so that you notice when you were wrong.

# %%
# Exercise plane-predict-checkerboard
### BEGIN SOLUTION
predicted_log_density = -math.log(8)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("plane-predict-checkerboard", predicted_log_density)

# %%
values = plane.CHECKERBOARD.log_density(truth["checkerboard"])
print(f"log-density of the checkerboard at its own draws: from {values.min():.3f} to {values.max():.3f} nats")

# %% [markdown]
# ### Why the best model is the true one
#
# Suppose that a model $p$ is asked about draws from $p^*$, and we average its surprise. Call this the *negative
# log-likelihood*, $\mathrm{NLL} = \mathbb E_{x \sim p^*}[-\log p(x)]$. How small can it be? Add and subtract
# $\log p^*(x)$:
#
# $$
# \mathbb E_{x \sim p^*}[-\log p(x)]
# = \underbrace{\mathbb E_{x \sim p^*}[-\log p^*(x)]}_{\text{entropy } H(p^*)}
# {} + \underbrace{\mathbb E_{x \sim p^*}\!\left[ \log \frac{p^*(x)}{p(x)} \right]}_{\mathrm{KL}(p^*\,\|\,p)} .
# $$
#
# The first term does not depend on the model: it is how surprising the data are in themselves, the **entropy**. The
# second, the **Kullback–Leibler divergence**, is never negative. To see it, use that the logarithm is concave, so
# that the mean of a logarithm is at most the logarithm of the mean (Jensen's inequality):
#
# $$
# -\mathrm{KL}(p^*\,\|\,p) = \mathbb E_{p^*}\!\left[ \log \frac{p(x)}{p^*(x)} \right]
# \le \log \mathbb E_{p^*}\!\left[ \frac{p(x)}{p^*(x)} \right] = \log \int_{p^* > 0} p(x)\, dx \le \log 1 = 0 ,
# $$
#
# with equality only for $p = p^*$. So a model with a small NLL on draws that it was not trained on must be close to
# the truth, and no cheating can bring its mean below $H(p^*)$. In this lesson we know $H(p^*)$, and the NLL of a
# model minus $H(p^*)$ is exactly $\mathrm{KL}(p^*\,\|\,p)$: how many nats the model wastes per point. That is the
# yardstick of this lesson, for every family that has a density at all.

# %%
for name, density in plane.DENSITIES.items():
    nll = metrics.estimate(-density.log_density(density.sample(4000)))
    print(f"{name:>12}: entropy {density.entropy():.3f} nats; NLL of the true density on 4000 draws {nll}")

# %% [markdown]
# ## A world small enough to count
#
# Before any network is trained, here is a world in which nothing has to be estimated. Its images have two by two
# pixels, each black (0) or white (1), so that there are $2^4 = 16$ of them. Somebody paints them in this way: with
# probability 0.6 the painter means to make a white stroke in the *upper* row, with probability 0.4 in the *lower*
# row. The hand is not steady. If the upper row is meant, its two pixels become white with probabilities 0.9 and
# 0.8, those of the lower row with 0.1 and 0.2; if the lower row is meant, the probabilities are 0.2 and 0.1 above,
# 0.9 and 0.7 below. We see the images, never what was meant.
#
# In the code, an image is a row of four numbers in reading order, and $p^*$ is a table with four axes, one for each
# pixel: `world[1, 1, 0, 0]` is the probability of a clean upper row.

# %%
meant = torch.tensor([0.6, 0.4], dtype=torch.float64)  # upper, lower
pixel = torch.tensor([[0.9, 0.8, 0.1, 0.2], [0.2, 0.1, 0.9, 0.7]], dtype=torch.float64)
images = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 4)  # all 16, (16, 4)
given_meant = (pixel * images[:, None] + (1 - pixel) * (1 - images[:, None])).prod(2)  # (16, 2)
world = (given_meant @ meant).view(2, 2, 2, 2)

by_probability = world.flatten().argsort(descending=True)
tiles = images[by_probability].view(16, 1, 2, 2).float().repeat_interleave(8, 2).repeat_interleave(8, 3)
show_grid(F.pad(tiles, (1, 1, 1, 1), value=0.6), columns=8, scale=3,
          titles=[f"{p:.3f}" for p in world.flatten()[by_probability]],
          title="All images of the small world and their probabilities",
          alt="Sixteen images of two by two pixels, ordered by probability: the upper row alone comes first, the lower "
              "row alone second")

# %% [markdown]
# From here on we also call $-\log p(x)$ what an image *costs* under a model.
#
# **Predict.** A model that knows nothing gives each of the sixteen images the same probability. What does every image
# cost under it, in nats?

# %%
# Exercise world-predict-uniform
### BEGIN SOLUTION
predicted_uniform = math.log(16)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("world-predict-uniform", predicted_uniform)

# %% [markdown]
# The obvious model is to count: the probability of an image is the share of the training set that it makes up. With
# enough data nothing is better. Look at what it does with little.

# %%
torch.manual_seed(seed)
truth_16 = world.flatten()


def cost(p):
    """Mean cost in nats of the world's images under a model of the 16 images, exactly."""
    return -(truth_16 * p.log()).sum()


print(f"uniform              {cost(torch.full((16,), 1 / 16)):.3f} nats")
for n in (50, 10_000):
    shares = torch.bincount(torch.multinomial(truth_16, n, replacement=True), minlength=16).double() / n
    print(f"{f'counting {n} images':<20} {cost(shares):.3f} nats, {(shares == 0).sum()} of 16 images never seen")
print(f"the world itself     {cost(truth_16):.3f} nats, its entropy: no model is below")

# %% [markdown]
# An image that was not among the fifty gets the probability 0, and the first one that turns up costs infinitely
# many nats. With sixteen images the remedy is to wait for more data. With 28 by 28 pixels there are $2^{784}$
# images, a number with 237 digits, and hardly any of those you will be asked about was in the training set.
# Counting is hopeless; a model has to *generalise*, and for that its distribution must be built from parts. There
# are a handful of ways to build one. Each is a different answer to the same difficulty: **the probabilities of all
# images have to add up to one, and there are too many images to add up.** In the small world we can do the sums all
# the same, and see what each way would give if it always could.
#
# ### One pixel after another
#
# The first way needs no trick at all. By the definition of conditional probability, $p(a, b) = p(a)\, p(b \mid a)$,
# and by doing this again and again,
#
# $$
# p(x_1, x_2, x_3, x_4) = p(x_1)\; p(x_2 \mid x_1)\; p(x_3 \mid x_1, x_2)\; p(x_4 \mid x_1, x_2, x_3) ,
# $$
#
# the **chain rule**. It holds for every distribution and in any order of the pixels. Each factor is a distribution
# over one pixel's two values, which can be normalised at a glance. An **autoregressive** model is a network that is
# shown the pixels so far and answers with the probability of the next. Multiply the answers, and you have the
# probability of the whole image, *exactly*. Language models are built in this way, with words for pixels.
#
# In the small world no network is needed. The probability that the next pixel is 1, given those seen, is the
# probability of all images that begin so and go on with a 1, divided by the probability of all images that begin so:
#
# $$
# p(x_i = 1 \mid x_1, \dots, x_{i-1})
# = \frac{\sum_{x_{i+1}, \dots} p(x_1, \dots, x_{i-1}, 1, x_{i+1}, \dots)}
# {\sum_{x_i, x_{i+1}, \dots} p(x_1, \dots, x_{i-1}, x_i, x_{i+1}, \dots)} .
# $$
#
# **Exercise: the next pixel** (2 points, about 10 minutes). Write this function. The sums run over everything that
# has not been seen.

# %%
# Exercise world-next-pixel
def next_pixel(joint, seen):
    """Probability that the next pixel is 1, given the pixels before it.

    Args:
        joint: probabilities of all 16 images, (2, 2, 2, 2); an axis for each pixel, in reading order. It is not
            changed.
        seen: the values of the first pixels, a tuple of none, one, two or three numbers 0 or 1.

    Returns:
        p(next pixel = 1 | seen), a single number, exact however small p(seen) is (it is never 0).
    """
    ### BEGIN SOLUTION
    rest = joint[seen]
    return rest[1].sum() / rest.sum()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("world-next-pixel", next_pixel)

# %%
my_next_pixel = use("world-next-pixel", next_pixel)

# %% [markdown]
# With it an image can be drawn: toss the first pixel, show it, toss the second, and so on. And its probability is the
# product of the four answers on the way. The next cell does both. The products add up to 1, and they are the table we
# started from, as they must be.

# %%
def chain_rule(image):
    """log p(x) of one image as the sum of four log-conditionals."""
    total = 0.0
    for i, value in enumerate(image):
        p = my_next_pixel(world, tuple(image[:i]))
        total += math.log(p if value == 1 else 1 - p)
    return total


def draw_pixel_by_pixel(rng):
    image = ()
    while len(image) < 4:
        image += (int(torch.rand((), generator=rng) < my_next_pixel(world, image)),)
    return image


products = torch.tensor([math.exp(chain_rule(image)) for image in images.int().tolist()])
print(f"the 16 products add up to {products.sum():.6f}; "
      f"largest difference from the table {(products - truth_16).abs().max():.1e}")
rng = torch.Generator().manual_seed(seed)
drawn = [draw_pixel_by_pixel(rng) for _ in range(size["draws"])]
share = sum(image == (1, 1, 0, 0) for image in drawn) / len(drawn)
print(f"share of the clean upper row among {len(drawn)} draws: {share:.3f}, its probability {world[1, 1, 0, 0]:.3f}")

# %% [markdown]
# **Predict.** The price is in the drawing. How many times must such a network be evaluated to *draw* one image of
# 28 by 28 pixels, if nothing clever is done?

# %%
# Exercise world-predict-evaluations
### BEGIN SOLUTION
predicted_evaluations = 28 * 28
### END SOLUTION

# %% tags=["nbval-check-output"]
check("world-predict-evaluations", predicted_evaluations)

# %% [markdown]
# ### A hidden cause
#
# The second way is to imagine how the data came about, as we did when we made this world: first something is meant,
# then it is painted. Call what is meant the **latent variable** $z$, because nobody observes it. The model consists
# of a *prior* $p(z)$ and a *decoder* $p(x \mid z)$, both easy to normalise. Together they give
#
# $$
# p(x) = \sum_z p(z)\, p(x \mid z) ,
# $$
#
# since an image may have been made in any of these ways. To draw is easy: first $z$, then $x$, one evaluation of
# the decoder. To say how probable a given image is takes the sum over *all* $z$. Here $z$ has two values; in a
# variational autoencoder (VAE) of digits it is a vector of some twenty real numbers, and the sum is an integral
# that nobody can do.
#
# So one settles for a **bound**. Take any distribution $q(z \mid x)$, a guess at what was meant, and apply Jensen's
# inequality once more:
#
# $$
# \log p(x) = \log \sum_z q(z \mid x)\, \frac{p(z)\, p(x \mid z)}{q(z \mid x)}
# \;\ge\; \sum_z q(z \mid x) \log \frac{p(z)\, p(x \mid z)}{q(z \mid x)} =: \mathrm{ELBO}(x) .
# $$
#
# The right-hand side, the *evidence lower bound* (ELBO), is a mean over $q$, and so it can be estimated from a few
# draws from $q$, which will be those $z$ that matter. How much is lost? Insert
# $p(z)\, p(x \mid z) = p(x)\, p(z \mid x)$, and $\log p(x)$ comes out of the sum:
#
# $$
# \mathrm{ELBO}(x) = \log p(x) + \sum_z q(z \mid x) \log \frac{p(z \mid x)}{q(z \mid x)}
# = \log p(x) - \mathrm{KL}\big(q(z \mid x)\,\|\,p(z \mid x)\big) .
# $$
#
# The bound is the value exactly when the guess is the *posterior* $p(z \mid x)$, what the model itself says about
# $z$ once $x$ is seen. Otherwise it is too small, and one does not know by how much.
#
# **Exercise: the value and its bound** (3 points, about 15 minutes). Here both can be computed. Write them for any
# number $K$ of values of $z$ and any number $D$ of pixels. Given $z = k$ the pixels are independent, and pixel $d$
# is 1 with probability $p_{kd}$ (`pixel[k, d]`), so that
# $\log p(x \mid z = k) = \sum_d [x_d \log p_{kd} + (1 - x_d) \log(1 - p_{kd})]$.

# %%
# Exercise world-latent
def value_and_bound(x, prior, pixel, q):
    """log p(x) of a world with a hidden cause, and the lower bound that q gives, in nats.

    Args:
        x: images, (B, D), of zeros and ones.
        prior: p(z), (K,).
        pixel: p(pixel = 1 | z), (K, D), all strictly between 0 and 1.
        q: q(z | x) for each image, (B, K); each row is positive and sums to 1.

    All four have one dtype and are not changed. B, K and D may be 1; with many pixels p(x) is too small for a number,
    while its logarithm is not.

    Returns:
        A tuple of log p(x) = log Σ_z p(z) p(x | z), (B,), and
        ELBO(x) = Σ_z q(z | x) [log p(z) + log p(x | z) - log q(z | x)], (B,).
    """
    ### BEGIN SOLUTION
    log_joint = x @ pixel.log().T + (1 - x) @ (1 - pixel).log().T + prior.log()  # log p(x, z), (B, K)
    value = log_joint.logsumexp(1)
    bound = (q * (log_joint - q.log())).sum(1)
    return value, bound
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("world-latent", value_and_bound)

# %%
my_value_and_bound = use("world-latent", value_and_bound)

# %% [markdown]
# The next picture takes an image of which one cannot be sure, a white left column, and lets
# $q(\text{upper} \mid x)$, the guess that the upper row was meant, go from 0.01 to 0.99. The value does not move,
# for it has nothing to do with $q$. The bound touches it in one place.

# %%
left = 0b1010  # the number of the image 1 0 / 1 0
guess = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
value, bound = my_value_and_bound(images[left].expand(99, 4), meant, pixel, torch.stack([guess, 1 - guess], 1))
posterior = meant[0] * given_meant[left, 0] / truth_16[left]
with in_style():
    figure = new_picture(6.0, 2.9, alt="The bound as a function of q(upper) lies below the horizontal line of log p(x) and "
                         f"touches it at the posterior, {posterior:.3f}")
    axes = figure.add_subplot()
    axes.plot(guess, value, color=PALETTE[1])
    axes.plot(guess, bound, color=PALETTE[0])
    axes.plot(posterior, value[0], "o", color=PALETTE[0])
    axes.annotate("log p(x)", (0.75, value[0]), xytext=(0, 5), textcoords="offset points")
    axes.annotate("ELBO", (0.75, bound[74]), xytext=(8, 4), textcoords="offset points")
    axes.annotate(f"the posterior, {posterior:.2f}", (posterior, value[0]), xytext=(-10, -22), textcoords="offset points")
    axes.margins(0.03, 0.15)
    axes.set(xlabel="q(upper | x), the guess", ylabel="nats", title="A bound is not the value")
figure

# %% [markdown]
# So be careful what you conclude. A model whose bound is −2 nats has a log-likelihood of *at least* −2. If another
# model has exactly −1.9, one cannot tell which is better. Diffusion models belong here, too: their hidden variables
# are the noisy versions of the image, their $q$ is fixed (it adds the noise), and their training loss is this bound
# with its terms weighted differently.
#
# ### An energy
#
# The third way gives up normalising. Let a network return any real number for an image, its **energy** $E(x)$, low
# for likely images and high for unlikely ones, and declare
#
# $$
# p(x) = \frac{e^{-E(x)}}{Z}, \qquad Z = \sum_{\text{all } x'} e^{-E(x')} .
# $$
#
# The exponential makes everything positive, dividing by $Z$ makes the sum 1, and no restriction is left on the
# network. It knows the *ratio* of any two probabilities exactly, $p(a)/p(b) = e^{E(b) - E(a)}$, because $Z$
# cancels. What it does not know is $Z$, and so no probability by itself. $\log Z$ may have either sign, so this is
# no bound either: the density is known up to a constant, it is **unnormalised**. An energy to which 5 is added
# describes the same distribution.
#
# **Exercise: normalise an energy** (3 points, about 10 minutes). In a small world $Z$ can be added up. Write the
# log-probability of images of $D$ pixels; $D$ is 4 here, but take it from `x`. Energies may be large, and $e^{800}$
# is more than a computer's numbers hold: `torch.logsumexp(a, 0)` computes $\log \sum_i e^{a_i}$ without ever
# forming it.

# %%
# Exercise world-energy
def log_probability(x, energy):
    """log p(x) = -E(x) - log Z in nats, with Z summed over all 2^D images.

    Args:
        x: images, (B, D), of zeros and ones, in whole numbers, float32 or float64; D is small, 1 at least. They are
            not changed.
        energy: maps images (N, D) of any dtype to energies (N,), which may be large and far apart.

    Returns:
        log p(x), (B,), as exact as the energies are; gradients reach the parameters of the energy through E(x) and
        through Z.
    """
    ### BEGIN SOLUTION
    every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * x.shape[1]).view(-1, x.shape[1])
    return -energy(x) - torch.logsumexp(-energy(every), 0)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("world-energy", log_probability)

# %%
my_log_probability = use("world-energy", log_probability)

# %% [markdown]
# Let us learn such a model of the small world: an energy with a number for every pixel and one for every pair of
# pixels, $E(x) = \sum_i a_i x_i + \sum_{i<j} b_{ij} x_i x_j$, the *Boltzmann machine* of the 1980s. We minimise its
# exact NLL by gradient descent. The cell prints what it reaches, and how much changes if 5 is added to every
# energy.

# %%
field = torch.zeros(4, dtype=torch.float64, requires_grad=True)
coupling = torch.zeros(4, 4, dtype=torch.float64, requires_grad=True)


def pair_energy(x):
    x = x.to(field)
    return x @ field + ((x @ coupling.triu(1)) * x).sum(1)


optimizer = torch.optim.Adam([field, coupling], lr=0.1)
for _ in range(size["energy_steps"]):
    optimizer.zero_grad()
    cost(my_log_probability(images, pair_energy).exp()).backward()
    optimizer.step()
with torch.no_grad():
    learnt = my_log_probability(images, pair_energy)
    shifted = my_log_probability(images, lambda x: pair_energy(x) + 5)
print(f"cost {cost(learnt.exp()):.4f} nats against an entropy of {cost(truth_16):.4f}; "
      f"total probability {learnt.exp().sum():.4f}")
print(f"energies raised by 5: largest change of a log-probability {(learnt - shifted).abs().max():.1e}")

# %% [markdown]
# Ten numbers come close to the entropy but not down to it: pairs of pixels cannot express everything that a hidden
# cause does to four. Note what $Z$ does to the gradient,
# $-\nabla \log p(x) = \nabla E(x) + \nabla \log Z = \nabla E(x) - \sum_{x'} p(x')\, \nabla E(x')$. To raise the
# probability of an image of the data, lower its energy *and* raise the energy of all images, each in proportion to
# its probability under the model. For large images this second part is estimated from samples of the model, which
# have to be drawn at every training step, by many small moves. That is the price of this family.
#
# ### Only draws
#
# The fourth way gives up the density. Push noise $z$ through a network, $x = G(z)$, and call the result a sample.
# Whatever comes out follows *some* distribution, but nobody can say with which density: for a given $x$ one would
# have to find all $z$ that lead to it. Such a model is **implicit**. A generative adversarial network (GAN) trains
# it with the help of a second network, the *discriminator*, which learns to tell real points from made ones, while
# $G$ learns to make points that are taken for real. So a GAN gives no likelihood, not even a bound, and one cannot
# ask which of two GANs has the better one. All that can be done is to draw and to look, or to count. In the small
# world counting works; you saw above how it fails with fifty draws, and with $2^{784}$ images it never begins to
# work.
#
# ### In the plane: a map that can be turned round, and a slope
#
# For real numbers, rather than black and white, there are two more ideas. The first is to push noise through a
# network, as a GAN does, but to build the network so that it can be **turned round**: for each $x$ there is exactly
# one $z = f(x)$ that leads to it. Then nothing has to be added up. The small square around $x$, of area $h^2$, is
# mapped to a small piece around $z$, of area $|\det \partial f / \partial x|\, h^2$ (the determinant of the matrix
# of derivatives says by how much a map stretches areas), and the probability in the two is the same. So
#
# $$
# p(x)\, h^2 = p_z(f(x)) \left| \det \frac{\partial f}{\partial x} \right| h^2
# \quad\Longrightarrow\quad
# \log p(x) = \log p_z(f(x)) + \log \left| \det \frac{\partial f}{\partial x} \right| .
# $$
#
# This is a **normalizing flow**: an exact density, and samples in one pass. The price is paid in the network: it
# must be invertible, its determinant must be cheap, and $z$ must have as many numbers as $x$.
#
# The second idea is to learn, instead of the density, the slope of its logarithm, the **score**
# $s(x) = \nabla_x \log p(x)$: at every point, an arrow in the direction in which the density grows fastest. The
# score needs no constant, for $\nabla_x \log p = -\nabla_x E - \nabla_x \log Z$, and $Z$ does not depend on $x$.
# And it is enough to draw samples. Start anywhere, follow the arrows uphill in small steps, and add the right
# amount of noise at each, so that one does not end on the peaks but wanders about as the density prescribes
# (*Langevin dynamics*; we shall break it below). A diffusion model learns the scores of the data at many levels of
# noise. For that reason it is sometimes called “energy-based”, which is misleading: an energy-based model learns
# one function $E$, whose negative slope is a score, and needs sampling for its training; a diffusion model learns
# by plain regression, and comes with a bound.
#
# Here are the arrows of the true ring. All are drawn equally long; the colour tells the length of the score, from
# short (dark) to long (yellow). Note that they point to the nearest heap, and that the score is longest where the
# data are far away.

# %%
rows = torch.cartesian_prod(torch.linspace(-2.8, 2.8, 17), torch.linspace(-2.8, 2.8, 17)).requires_grad_()
score = torch.autograd.grad(plane.RING.log_density(rows).sum(), rows)[0]
where, arrow = rows.detach(), score / score.norm(dim=1, keepdim=True).clamp_min(1e-6)
with in_style():
    figure = new_picture(4.6, 4.4, alt="Arrows of the score on a grid point towards the nearest of the eight heaps of the ring")
    axes = figure.add_subplot()
    axes.plot(*truth["ring"].T, ".", markersize=2, color=PALETTE[5])
    axes.quiver(*where.T, *arrow.T, score.norm(dim=1), cmap="viridis", scale=24, width=0.005)
    axes.set_aspect("equal")
    axes.set(title="Which way is up? Colour: length of the score")
    axes.grid(visible=False)
figure

# %% [markdown]
# ### What is known, then?
#
# The families are often sorted into boxes such as “explicit density”, “implicit density” and “energy-based”, with
# VAEs beside flows in the first and diffusion in the last. It is more useful to ask of each: *given $x$, which
# number can it compute?*
#
# **Classify.** Give each family one of the words `"exact"`, `"bound"`, `"unnormalised"` and `"none"`, for what it
# can say about $\log p(x)$ by evaluating its networks, without a sum over everything there is. (No points.)

# %%
# Exercise world-predict-classify
### BEGIN SOLUTION
vae = "bound"
flow = "exact"
energy_based = "unnormalised"
gan = "none"
diffusion = "bound"
autoregressive = "exact"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("world-predict-classify", {"VAE": vae, "flow": flow, "energy-based": energy_based, "GAN": gan, "diffusion": diffusion,
                                 "autoregressive": autoregressive})

# %% [markdown]
# ## Two instruments for the plane
#
# In the plane nothing can be enumerated, but two dimensions are few enough to lay a fine grid over them. That
# rescues the energy-based model: its $Z$ is an integral, and an integral over a square is nearly a sum over small
# cells,
#
# $$
# Z = \int e^{-E(x)}\, dx \;\approx\; h^2 \sum_{\text{cells}} e^{-E(\text{middle of the cell})} , \qquad
# h = \frac{\text{side of the square}}{\text{cells along it}} ,
# $$
#
# and in logarithms $\log Z \approx \operatorname{logsumexp}_{\text{cells}}(-E) + 2 \log h$. A function that does
# this turns any unnormalised log-density into a normalised one, and checks any density that claims to be
# normalised. (With 160 cells along each side, the plane takes $160^2$ cells, and the 784 pixels of a digit
# $160^{784}$, a number with 1729 digits. The grid is for the plane only.)
#
# **Exercise: normalise on a grid** (3 points, about 15 minutes).

# %%
# Exercise plane-likelihood
def log_likelihood_on_grid(log_density, points, extent=4.0, cells=160):
    """Normalised log-densities from unnormalised ones, by a sum over the cells of a square, in nats.

    Args:
        log_density: maps points (N, 2) to log f(x), (N,), a log-density up to a constant, which may be large.
        points: (B, 2), in the square.
        extent: the square is [-extent, extent]².
        cells: along each side of the square; the density is asked for at about cells · cells points.

    Returns:
        log f(x) - log Z at the points, (B,), with Z ≈ h² Σ f(middle of a cell), h the side of a cell. Another rule
        that is as exact for straight slopes, such as the trapezoidal rule, serves as well; corners alone do not.
    """
    ### BEGIN SOLUTION
    h = 2 * extent / cells
    axis = -extent + h * (torch.arange(cells) + 0.5)
    middles = torch.cartesian_prod(axis, axis)  # (cells², 2)
    log_z = torch.logsumexp(log_density(middles), 0) + 2 * math.log(h)
    return log_density(points) - log_z
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("plane-likelihood", log_likelihood_on_grid)

# %%
my_log_likelihood_on_grid = use("plane-likelihood", log_likelihood_on_grid)

# %% [markdown]
# A first use: the four true densities claim to be normalised. If they are, normalising them once more changes
# nothing. The second number of each line is the same with 7 added to the log-density beforehand, as if a constant
# had been lost.

# %%
for name, density in plane.DENSITIES.items():
    points = truth[name]
    again = my_log_likelihood_on_grid(density.log_density, points)
    lost = my_log_likelihood_on_grid(lambda x, d=density: d.log_density(x) + 7, points)
    before = density.log_density(points)
    print(f"{name:>12}: normalised once more, largest change {(again - before).abs().max():.5f} nats; "
          f"with a constant lost, {(lost - before).abs().max():.5f}")

# %% [markdown]
# The second instrument is for samples, and so for every family. A *mode* is a peak of the density, here the middle
# of a heap. A model that draws beautiful points from seven of the eight heaps of the ring, and none from the
# eighth, has **dropped a mode**. Among many modes the eye easily overlooks it. So count: a sample belongs to its
# nearest mode, if it lies no further from it than some radius, and to none otherwise.
#
# **Exercise: count the modes** (2 points, about 10 minutes).

# %%
# Exercise plane-mode-counts
def mode_counts(samples, modes, radius):
    """How many samples each mode has.

    Args:
        samples: points (N, 2); N may be 0.
        modes: the centres (M, 2).
        radius: a sample counts for its nearest mode, if it is at most this far from it: √(Δx² + Δy²) ≤ radius, the
            edge included. Distances are compared as they are, not rounded.

    Returns:
        One count for each mode, (M,); 0 for a mode without samples.
    """
    ### BEGIN SOLUTION
    distance, nearest = (samples[:, None] - modes).norm(dim=2).min(1)
    return torch.bincount(nearest[distance <= radius], minlength=len(modes))
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("plane-mode-counts", mode_counts)

# %%
my_mode_counts = use("plane-mode-counts", mode_counts)

# %%
for name in ("ring", "checkerboard", "pinwheel"):
    density = plane.DENSITIES[name]
    counts = my_mode_counts(truth[name], density.modes, density.radius)
    print(f"{name:>12}: {counts.tolist()} of 1000 true draws; "
          f"{1000 - counts.sum()} lie further than {density.radius:g} from every mode")

# %% [markdown]
# That is what *perfect* samples look like in this measure: uneven by chance, and not all within the radius. (The
# modes of the checkerboard are the middles of its squares, whose corners lie outside the circles; those of the
# pinwheel are the middles of its blades, which are much longer than wide.) No model can be expected to do better.

# %% [markdown]
# ## Six families, one after the other
#
# Now the models. All are small networks (two hidden layers of 64 units, as a rule), all see the same draws from a
# density, and each is trained within seconds. The pieces come from genlab, and the later chapters take them apart;
# here it is enough to see *what* each of them trains and what it can answer. A `Family` collects, for each, how to
# build it, how to train it, how to draw, and what it can say about $\log p(x)$, with the word for how good that
# number is. You need not read the code of this section line by line.
#
# Four of the six share one detail. Shown two coordinates and nothing else, a small network learns broad shapes
# first and fine ones very late ([Tancik et al., 2020](https://arxiv.org/abs/2006.10739)), here too late for the
# squares of the checkerboard. So the networks of these four are shown, beside the numbers that come in, the sines
# and cosines of 32 random mixtures of them, $\sin(w \cdot x)$ and $\cos(w \cdot x)$ with fixed random $w$
# (`FourierFeatures`). The `scale` says how rapidly they vary: it is the standard deviation of the entries of $w$.

# %%
class Family(NamedTuple):
    """One kind of model: how to make it, what to train it with, and what it can answer.

    build: makes an untrained model.
    train: (model, batches, watch) -> history.
    draw: (model, n) -> points (n, 2).
    network: model -> the network that is evaluated when drawing.
    says: "exact", "bound", "unnormalised" or "none".
    log_density: (model, points) -> what it can say about log p, (n,); None for "none".
    """

    build: Callable
    train: Callable
    draw: Callable
    network: Callable
    says: str
    log_density: Callable | None = None


def by_loss(steps, lr, clip=None):
    """Adam on one loss, with a step size that falls to 0."""
    def train(model, batches, watch):
        optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)  # the same Adam in one call: quicker
        return fit(model, batches, optimizer, steps=steps, schedule=cosine_decay, clip=clip, watch=watch,
                   every=max(1, steps // size["frames"]))
    return train


FAMILIES, trained = {}, {}


def network(inputs, outputs, scale, activation=nn.ReLU, depth=2):
    """A small network that sees, beside its inputs, sines and cosines of random mixtures of them."""
    features = FourierFeatures(inputs, scale=scale)
    return nn.Sequential(features, mlp(features.out_dim, *[64] * depth, outputs, activation=activation))


def train_one(family, density, seed, watch=None, film=False):
    """A trained model of a density, what its training measured, and, for a film, samples on the way."""
    torch.manual_seed(seed)
    recipe, frames = FAMILIES[family], []
    model = recipe.build()
    batches = Batches(density.sample(size["points"]), size=size["batch"], rng=torch.Generator().manual_seed(seed))

    def look(model, history):
        with torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(0)
            frames.append(recipe.draw(model, 400))
        if watch:
            watch(model, history)

    history = recipe.train(model, batches, look if film else None)
    return model.eval(), history, frames


def train_family(family):
    """The family on all four densities; the first run is watched. Returns the film of its samples."""
    for name, density in plane.DENSITIES.items():
        watch = LivePicture(lambda model: point_tile(FAMILIES[family].draw(model, 500))[None],
                            alt=f"samples of the {family} model") if name == names[0] else None
        trained[family, name] = train_one(family, density, seed, watch, film=True)
    frames = zip(*(trained[family, name][2] for name in names), strict=True)
    steps = len(trained[family, names[0]][1])
    every = max(1, steps // size["frames"])
    frames = [torch.stack([point_tile(points, side=84) for points in frame]) for frame in frames]
    titles = [f"step {min(steps, (i + 1) * every)}" for i in range(len(frames))]
    return play(frames, titles=titles, strip=5, interval=400, title=f"Samples of the {family} model while it trains")

# %% [markdown]
# ### A variational autoencoder
#
# The hidden cause becomes a vector of two normal numbers, $z \sim \mathcal N(0, I)$; a network, the decoder, maps
# it to the middle of a small round Gaussian from which the point is drawn,
# $p(x \mid z) = \mathcal N(x; \text{decoder}(z), \sigma^2 I)$. A second network, the encoder, supplies the guess
# $q(z \mid x)$, a Gaussian as well. Both are trained together to raise the bound from above, in which the terms
# $\log p(z) - \log q(z \mid x)$ are now gathered into a divergence:
#
# $$
# \mathrm{ELBO}(x) = \mathbb E_{z \sim q}[\log p(x \mid z)] - \mathrm{KL}(q(z \mid x)\,\|\,p(z)) .
# $$
#
# A point is drawn in one evaluation of the decoder. The log-density is an integral over $z$; what the model gives
# is the bound, or, with more draws from $q$, a tighter one. While it trains, the left of the picture shows the loss
# (here with its two parts: minus the first term, called reconstruction, and the KL) and the right the samples for
# the ring. Under it is a film over all four densities (the slider moves with the arrow keys), and under that a
# strip of its frames, with the ring in the first row, then the moons, the checkerboard and the pinwheel.

# %%
FAMILIES["VAE"] = Family(
    build=lambda: GaussianVAE(2, 64, latent_dim=2, encoder=nn.Sequential(network(2, 64, scale=1.5), nn.ReLU()),
                              decoder=network(2, 2, scale=1.0), sigma=0.1),
    train=by_loss(steps["VAE"], lr=1e-2),
    draw=lambda model, n: model.sample(n),
    network=lambda model: model.decoder,
    says="bound", log_density=lambda model, x: model.iwae(x, k=size["codes"]))
train_family("VAE")

# %% [markdown]
# Note the points between the heaps and inside the ring. The decoder is continuous, and the prior has no gaps:
# between the codes of one heap and those of the next lie other codes, and they must be decoded to something.
#
# ### A normalizing flow
#
# The map that can be turned round is built from simple ones. An *affine coupling* leaves one coordinate as it is
# and uses it to decide how the other is stretched and shifted: $z_1 = x_1$, $z_2 = x_2\, e^{s(x_1)} + t(x_1)$, with
# a network for $s$ and $t$. To turn it round, read off $x_1$, compute $s$ and $t$, and solve for $x_2$. Its matrix
# of derivatives is triangular, so the determinant is simply $e^{s(x_1)}$. Six of them, with the coordinates taking
# turns, make a flow. It is trained on the exact $-\log p(x)$, so its loss may be compared with the entropy (1.698
# nats for the ring).

# %%
FAMILIES["flow"] = Family(
    build=lambda: RealNVP(2, couplings=6, hidden_dim=48),
    train=by_loss(steps["flow"], lr=1e-2, clip=5.0),
    draw=lambda model, n: model.sample(n),
    network=lambda model: model.layers[0].network,
    says="exact", log_density=lambda model, x: model.log_prob(x))
train_family("flow")

# %% [markdown]
# Between the heaps there are bridges, for a related reason: the flow bends and stretches one round heap of noise,
# and a bent and stretched heap is still in one piece. It can make a bridge thin but never cut it.
#
# ### An energy-based model
#
# One network, one number for each point: the energy. Training lowers it at the data and raises it at the model's
# own samples. These come from Langevin dynamics,
# $x \leftarrow x - \tfrac12 \varepsilon \nabla E(x) + \sqrt{\varepsilon}\, n$ with standard normal $n$: twenty
# steps of it in each step of training, which move a store of points, the *chains*, a little further; and two
# hundred, from noise, to draw a sample afterwards. The density is unnormalised; your grid supplies $Z$, here and
# only here.
#
# Note how little the loss says. Apart from a penalty that keeps the energies from drifting, it is the energy of
# the data minus that of the chains. It falls while the samples are still bad, and rises again while they get
# better. Nor does it end at 0, as it would if the chains were distributed like the data: one chain in twenty starts
# anew from noise at each step of training, and those that have not arrived yet lie where the energy is very high.

# %%
FAMILIES["energy-based"] = Family(
    build=lambda: EnergyModel(network(2, 1, scale=1.5, activation=nn.SiLU, depth=1), (2,), data_range=(-4.0, 4.0),
                              step_size=0.02, steps=size["langevin"][0], penalty=0.01),
    train=by_loss(steps["energy-based"], lr=5e-3),
    draw=lambda model, n: model.sample(n, steps=size["langevin"][1]),
    network=lambda model: model.network,
    says="unnormalised",
    log_density=lambda model, x: my_log_likelihood_on_grid(lambda points: -model.energy(points.float()), x))
train_family("energy-based")

# %% [markdown]
# ### A generative adversarial network
#
# Two networks play against each other. The discriminator $D$ is trained to tell real points from made ones; the
# generator $G$ is trained to make points that $D$ takes for real. In theory $D$ is perfect at every moment; if $G$
# then minimises what $D$ maximises, it minimises a divergence between the two distributions. In practice each takes
# one step at a time, against an opponent that moves as well. The losses are the score of this game, not a measure
# of quality: as one rises, the other falls. (At a draw, where $D$ can only toss a coin, the discriminator's is
# $2 \log 2 = 1.386$ and the generator's $\log 2 = 0.693$, whether the samples are perfect or $D$ is blind.)

# %%
def play_the_game(steps, lr, discriminator_lr=None):
    """Adam for each player, with the momentum that GANs are usually trained with, and step sizes that fall to 0."""
    def train(model, batches, watch):
        players = (torch.optim.Adam(model.generator.parameters(), lr, betas=(0.5, 0.999), fused=True),
                   torch.optim.Adam(model.discriminator.parameters(), discriminator_lr or lr, betas=(0.5, 0.999), fused=True))
        return fit_adversarial(model, batches, *players, steps=steps, schedule=cosine_decay,
                               watch=watch, every=max(1, steps // size["frames"]))
    return train


def make_gan():
    discriminator = network(2, 1, scale=1.5, activation=lambda: nn.LeakyReLU(0.2))
    return GAN(network(4, 2, scale=1.0), discriminator, latent_dim=4, data_range=(-math.inf, math.inf))


FAMILIES["GAN"] = Family(
    build=make_gan, train=play_the_game(steps["GAN"], lr=2e-3),
    draw=lambda model, n: model.sample(n),
    network=lambda model: model.generator, says="none")
train_family("GAN")

# %% [markdown]
# ### A diffusion model
#
# Take a data point $x_0$ and mix in noise, a little more at each of $T$ steps,
# $x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\; \varepsilon$ with standard normal $\varepsilon$ and
# $\bar\alpha_t$ falling from nearly 1 to nearly 0, until nothing of the point is left. A network sees $x_t$ and $t$
# and is trained, by plain regression, to say which noise was mixed in. The time $t$ comes in as sines and cosines,
# too, so that the network can tell one step from the next.
#
# To draw, start from pure noise and go back step by step. The predicted noise gives an estimate $\hat x_0$ of the
# clean point (solve the equation above for $x_0$), which is kept within the range of the data, here $[-4, 4]$; the
# next point, $x_{t-1}$, is drawn from a Gaussian about a mixture of $\hat x_0$ and $x_t$.
#
# As a model with hidden variables $x_1, \dots, x_T$ it has a bound. The guess $q$ is the mixing itself, so that for
# each step one has to compare two Gaussians: where the previous point was if one knows $x_0$, and where the model
# thinks it was,
#
# $$
# \mathrm{ELBO}(x_0) = \mathbb E_q\!\Big[ \log p(x_0 \mid x_1)
# - \sum_{t=2}^{T} \mathrm{KL}\big(q(x_{t-1} \mid x_t, x_0)\,\|\,p(x_{t-1} \mid x_t)\big) \Big]
# - \mathrm{KL}\big(q(x_T \mid x_0)\,\|\,\mathcal N(0, I)\big) .
# $$
#
# The function below adds this up, with one draw of the noise for each step. (In code the times are 0 to $T - 1$.)
# What is minimised in training are the same comparisons with other weights, and that is not the bound.

# %%
@torch.no_grad()
def diffusion_bound(model, x):
    """The ELBO of a diffusion model in nats, (B,): one draw of x_t for each t."""
    def kl(mean, variance, other_mean, other_variance):  # between Gaussians, summed over coordinates
        ratio = (variance / other_variance).expand_as(mean)
        return 0.5 * (ratio - 1 - ratio.log() + (mean - other_mean) ** 2 / other_variance).sum(1)

    last = model.alpha_bar[-1]
    total = -kl(last.sqrt() * x, 1 - last, 0 * x, torch.ones(()))
    for step in range(model.time_steps):
        t = torch.full((len(x),), step)
        x_t, _ = model.forward_diffusion(x, t)
        mean, _ = model.posterior(model.predict_clean(x_t, t), x_t, t)
        if step:
            total -= kl(*model.posterior(x, x_t, t), mean, model.beta[step])
        else:  # to the data: a Gaussian of the first step's width
            total -= 0.5 * ((x - mean) ** 2 / model.beta[0] + (2 * math.pi * model.beta[0]).log()).sum(1)
    return total


FAMILIES["diffusion"] = Family(
    build=lambda: DiffusionModel(2, size["noise_steps"],
                                 network=TimeMLP(2, 64, depth=2, time_dim=16, features=FourierFeatures(2, scale=2.0)),
                                 beta=cosine_schedule(size["noise_steps"]), data_range=(-4.0, 4.0)),
    train=by_loss(steps["diffusion"], lr=1e-2),
    draw=lambda model, n: model.sample((n, 2)),
    network=lambda model: model.network,
    says="bound", log_density=diffusion_bound)
train_family("diffusion")

# %% [markdown]
# ### An autoregressive model
#
# The chain rule with two factors, $p(x_1, x_2) = p(x_1)\, p(x_2 \mid x_1)$. The simplest thing that a network can
# give a distribution to is a choice among finitely many values. So we cut each coordinate into a few dozen bins, as
# the brightness of a pixel is cut into 256 grey levels; the network gives a probability to each bin, and a point is
# drawn uniformly within its pair of bins, a little square. The log-density is the log-probability of the pair,
# minus the logarithm of the square's area. It is exact, for a density made of little squares.

# %%
class Binned(nn.Module):
    """An autoregressive model of the bins into which points fall, as a density of points."""

    def __init__(self, bins):
        super().__init__()
        self.bins, self.network = bins, MADE(2, bins, hidden_dim=64)
        self.model = Autoregressive(self.network, 2, bins)

    def log_prob(self, x):
        return self.model.log_prob(plane.to_bins(x, self.bins)) - 2 * math.log(2 * plane.LIMIT / self.bins)

    def loss(self, x, y=None, *, rng=None):
        return {"loss": -self.log_prob(x).mean()}

    def sample(self, n):
        return plane.from_bins(self.model.sample(n), self.bins)


FAMILIES["autoregressive"] = Family(
    build=lambda: Binned(size["bins"]),
    train=by_loss(steps["autoregressive"], lr=1e-2),
    draw=lambda model, n: model.sample(n),
    network=lambda model: model.network,
    says="exact", log_density=lambda model, x: model.log_prob(x))
train_family("autoregressive")

# %% [markdown]
# ## Side by side
#
# Here are the samples of all six, two thousand points each, under the data.

# %% tags=["picture"]
torch.manual_seed(seed)
draws = {}
with torch.no_grad():
    for (family, name), (model, _, _) in trained.items():
        draws[family, name] = FAMILIES[family].draw(model, 2000)
fresh = {name: density.sample(2000) for name, density in plane.DENSITIES.items()}
families = list(FAMILIES)
show_grid([torch.stack([point_tile(fresh[name]) for name in names]),
           *(torch.stack([point_tile(draws[family, name]) for name in names]) for family in families)],
          rows=["data", *families], titles=names, scale=1, photographic=False,
          alt="Points from four densities in the first row, and in the six rows below what each family draws")

# %% [markdown]
# And here are the densities, where there is one. For the flow and the autoregressive model it is the exact value,
# for the energy-based model the energy normalised on your grid. For the VAE it is a bound from twenty draws of the
# encoder for each cell of the picture (a bright speck is a cell where a single draw counted for too much), and for
# the diffusion model its bound, from one draw of the noise for each step, which makes it grainy. A bound that is
# too low gives a darker picture than the samples deserve. The GAN's row is missing because there is nothing to
# show. Within a column all have the same scale.

# %%
torch.manual_seed(seed)
learnt_densities = {}
with torch.no_grad():
    for (family, name), (model, _, _) in trained.items():
        if FAMILIES[family].log_density:
            learnt_densities[family, name] = torch.cat([FAMILIES[family].log_density(model, part)
                                                        for part in cells.split(2000)])
with_density = [family for family in families if FAMILIES[family].log_density]
tops = {name: known[name].exp().max().item() for name in names}
rows = [torch.stack([density_tile(known[name], top=tops[name]) for name in names])]
rows += [torch.stack([density_tile(learnt_densities[family, name], top=tops[name]) for name in names])
         for family in with_density]
show_grid(rows, rows=["truth", *with_density], titles=names, scale=1, photographic=False,
          alt="The four true densities in the first row, and below what each family with a density has learnt")

# %% [markdown]
# Pictures first, numbers second. For each pair of family and density the next cell measures:
#
# * **nats above the entropy**: the mean of $-\log p(x)$ over two thousand fresh draws, minus the entropy. For an
#   exact density this is an estimate of the KL divergence $\mathrm{KL}(p^*\,\|\,p)$. For a bound it may be too
#   large, and one does not know by how much; such numbers are marked ≤.
# * **on target**: the share of samples that lie where the true density is not tiny. What is tiny is set by the true
#   draws: the limit is the density that 99 in 100 of them reach. So perfect samples reach 0.99 (on the checkerboard
#   1). This says whether the samples are *good*, and needs no density of the model.
# * **modes**: how many of the modes have at least a quarter of the samples that true draws would give them, by your
#   `mode_counts`. It says whether the samples are *complete*. (The moons have no modes in this sense.)

# %%
def measure(family, density, model, points):
    """The three measures, as numbers; None where there is no such thing."""
    real = density.sample(4000)
    least = density.log_density(real).quantile(0.01)
    on_target = (density.log_density(points) >= least - 1e-5).float().mean().item()
    modes = excess = None
    if len(density.modes):
        got, fair = (my_mode_counts(x.double(), density.modes, density.radius) for x in (points, real[:len(points)]))
        modes = int((got >= fair / 4).sum())
    if FAMILIES[family].log_density:
        with torch.no_grad():
            nll = -FAMILIES[family].log_density(model, density.sample(2000))
        excess = nll.mean().item() - density.entropy()
    return {"excess": excess, "on target": on_target, "modes": modes}


torch.manual_seed(seed)
found = {(family, name): measure(family, plane.DENSITIES[name], trained[family, name][0], draws[family, name])
         for family, name in trained}


def cell_of_table(family, name):
    got, sign = found[family, name], {"bound": "≤ "}.get(FAMILIES[family].says, "")
    excess = "–" if got["excess"] is None else f"{sign}{got['excess']:.2f}"
    modes = f" {got['modes']}/{len(plane.DENSITIES[name].modes)}" if got["modes"] is not None else ""
    return f"{excess:>7} {got['on target']:.2f}{modes:>4}"


print("nats above the entropy, share on target, modes found".rjust(60))
print(" " * 15 + "".join(f"{name:>18}" for name in names))
for family in families:
    print(f"{family:>15}" + "".join(f"{cell_of_table(family, name):>18}" for name in names))

# %% [markdown]
# Read the table one column at a time, and not across. The exact values of the flow and of the autoregressive model,
# and that of the energy-based model, which your grid has normalised, can be ranked. The bounds of VAE and diffusion
# model cannot be placed among them; all that they say is “no worse than this”. The GAN has no entry, and not
# because it is bad: on moons and pinwheel no other family is on target as often.
#
# How little a bound may say about samples, the next cell shows. It measures the diffusion model of the ring twice,
# on fresh draws: as above, with the estimate $\hat x_0$ kept within the range of the data, and without that. The
# network is the same.

# %%
model = trained["diffusion", "ring"][0]
for limit in (4.0, math.inf):
    model.data_range = (-limit, limit)
    with torch.no_grad():
        got = measure("diffusion", plane.RING, model, FAMILIES["diffusion"].draw(model, 2000))
    print(f"estimates of x_0 kept within ±{limit:g}: bound {got['excess']:.2f} nats above the entropy, "
          f"{got['on target']:.2f} of the samples on target")
model.data_range = (-4.0, 4.0)

# %% [markdown]
# One step makes the difference, the first of the drawing. There $x_t$ is all but pure noise, and $\hat x_0$ is
# computed by dividing by $\sqrt{\bar\alpha_T}$, which is about 0.001: the smallest error in the predicted noise is
# magnified a thousand times. The bound charges the full price for that. The samples hardly show it, for the steps
# that follow put it right. So a large gap between a bound and the entropy need not mean bad samples.
#
# Of the families that can be ranked, the autoregressive model comes closest to the truth on ring, checkerboard and
# pinwheel, and it is worth asking why. Its 48 bins know nothing of smoothness, so a sharp edge costs them no more
# than a gentle slope (and the edges of the squares happen to be edges of bins). And the pair of coordinates has
# only 48 · 48 values: twenty thousand draws are enough to fill such a table. With 784 coordinates there would be
# nothing to fill it. The stray points at the left and right show where the model is weak: where a first coordinate
# was hardly ever seen, what the network says about the second is a guess.
#
# The modes are all found, by every family, and this hides something. Look at the GAN's ring in the picture of the
# samples: a band that joins the heaps and is open at one place, with far more points on some heaps than on others.
# All modes count as found, because at least a quarter of what is due lies in each of the eight circles; an even
# ring without any heaps would be counted as complete as well. Conversely, a model that drew nothing but the eight
# centres, over and over, would have all its samples on target and all modes found. No single measure is enough. And
# do not take the order of the families from this table: every model has had a few seconds, with settings that are
# hardly tuned.
#
# ### Look for yourself
#
# Choose a density and a family with the two sliders (by mouse, or reach them with Tab and move them with the arrow
# keys): on the left the data, in the middle what the model draws, on the right what it says about the density, if
# anything. Everything has been computed above, so the picture follows at once. Under the sliders, one such triple
# stands still.

# %%
blank = torch.full((3, SIDE, SIDE), 0.93)
triples, captions = {}, {}
for name in names:
    for family in families:
        tile = density_tile(learnt_densities[family, name], top=tops[name]) if family in with_density else blank
        triples[name, family] = torch.stack([point_tile(fresh[name]), point_tile(draws[family, name]), tile])
        captions[name, family] = f"log p(x): {FAMILIES[family].says}; {100 * found[family, name]['on target']:.0f} % on target"
still = show_grid(triples["ring", "flow"], titles=["data", "samples", "density"], title="ring, flow", scale=1,
                  alt="The ring: data, samples of the flow, and the density that it has learnt")
choose(triples, ["density", "family"], captions=captions, figure=still)

# %% [markdown]
# ## What does a sample cost?
#
# “GANs are fast, diffusion models are slow, autoregressive ones are slower still”: one reads such rankings, and
# they mix up two things. How often the network has to be evaluated for one sample is a property of the *family*:
# once for a VAE, a flow or a GAN, once for each step of denoising or of Langevin dynamics, once for each number to
# be drawn in an autoregressive model. How long one evaluation takes is a property of the *network*. So report both.
# The next cell counts the calls of the network while a thousand points are drawn, all at the same time, and takes
# the median time of several such draws.

# %%
@torch.no_grad()
def cost_of_drawing(family, model, n=1000, repeats=size["repeats"]):
    """Network evaluations for a batch of n points, and milliseconds for the batch."""
    calls, seconds = 0, []

    def count(*_):
        nonlocal calls
        calls += 1

    handle = FAMILIES[family].network(model).register_forward_hook(count)
    FAMILIES[family].draw(model, n)
    handle.remove()
    for _ in range(repeats):
        began = time.perf_counter()
        FAMILIES[family].draw(model, n)
        seconds.append(time.perf_counter() - began)
    return calls, 1000 * sorted(seconds)[repeats // 2]


costs = {family: cost_of_drawing(family, trained[family, "ring"][0]) for family in families}
for family, (calls, milliseconds) in costs.items():
    parameters = sum(p.numel() for p in FAMILIES[family].network(trained[family, "ring"][0]).parameters())
    print(f"{family:>15}: {calls:4d} evaluations of a network with {parameters:6,} parameters, {milliseconds:8.2f} ms for "
          f"1000 points")

# %% [markdown]
# Compare the first column rather than the last. Three families need one evaluation, and differ only in what one
# involves: the decoder of the VAE and the generator of the GAN are networks of nearly the same size, and the flow
# has five more couplings like the one counted. For the energy-based model every evaluation includes the slope, and
# so costs more. Diffusion needs as many evaluations as it has steps; later lessons bring them down to a handful.
# And the autoregressive model, often called the slowest of all, is fast here, because a point has two numbers to
# draw. An image of 28 by 28 has 784.
#
# ## Is it luck?
#
# One run per model is an anecdote. A model is **stable** if other random numbers, for the initial weights and for
# the order of the data, lead to much the same result. That can be measured: train each family again on the ring,
# with other seeds, and look at the spread.

# %%
again, seconds = {family: [found[family, "ring"]] for family in families}, {}
for family in families:
    for other in range(1, size["seeds"]):
        model, history, _ = train_one(family, plane.RING, seed + 1000 * other)
        seconds[family] = history.seconds  # of the last run: nothing is drawn in it but what training needs
        with torch.no_grad():
            points = FAMILIES[family].draw(model, 2000)
        again[family].append(measure(family, plane.RING, model, points))
print(f"the ring, {size['seeds']} seeds each")
for family, runs in again.items():
    on_target, modes = ([run[key] for run in runs] for key in ("on target", "modes"))
    print(f"{family:>15}: on target {', '.join(f'{x:.2f}' for x in on_target)}; modes {', '.join(map(str, modes))}; "
          f"trained in {seconds[family]:.1f} s")

# %% [markdown]
# One reads that training is more stable for diffusion models than for VAEs, and for VAEs than for GANs. Compare how
# far the three numbers of each family lie apart. In the share on target, those of the diffusion model agree best
# indeed, together with those of the energy-based model, which is said to be hard to train. The GAN's lie no further
# apart than the VAE's, and those that differ most are the flow's. Where the GAN's reputation comes from, the other
# column shows: it is the only family here that does not find all eight modes with every seed, and its share on target
# does not tell. (The section “Break it” shows how much its modes depend on the *settings*, too.) Three seeds do not
# allow us to say more. Where the ranges of two rows overlap, call them *not separated*, whatever their means. The
# seconds depend on the machine and on how busy it was; compare them with one another at most.
#
# ## Find the bug
#
# Here is how samples are drawn in many notebooks. It runs, and its pictures often look fine.

# %%
def buggy_draw(generator, z):
    points = generator(z)
    return points

# %% [markdown]
# The next cell tries it on a generator with a part that large ones often have, *BatchNorm*: in training it
# subtracts from each unit the mean over the batch and divides by the standard deviation over the batch; in use it
# takes instead the running averages of both that it has kept. The generator is still in the mode of training. The
# same vectors of noise go through it all at once, and then two by two.

# %%
torch.manual_seed(seed)
z = torch.randn(size["noises"], 2)
generator = nn.Sequential(nn.Linear(2, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
with torch.no_grad():
    for _ in range(50):
        generator(torch.randn(256, 2))  # as in training: its running averages settle
at_once = buggy_draw(generator, z)
in_pairs = torch.cat([buggy_draw(generator, pair) for pair in z.split(2)])
spread = at_once.std()
print("the same z, drawn all together and in pairs: "
      f"up to {(at_once - in_pairs).abs().max() / spread:.2f} standard deviations apart")
print(f"the samples remember how they were made: requires_grad = {at_once.requires_grad}")
show_grid(torch.stack([point_tile((points - at_once.mean(0)) / spread) for points in (at_once, in_pairs)]),
          titles=["all at once", "in pairs"],
          alt="The same noise drawn all at once fills a bent region; drawn in pairs it falls on a few dozen spots and the "
              "lines between them")

# %% [markdown]
# In a batch of two, each unit sees one value above and one below the mean of the two, and BatchNorm makes of them
# +1 and −1, whatever they were. Little but the signs is left, and different vectors of noise fall on the same few
# dozen spots, or on the lines between them. A sample must not depend on what else happens to be drawn. (*Dropout*,
# which in training switches off units at random, spoils samples, too.) And every sample here keeps the graph of its
# making, for a gradient that nobody will ask for; a diffusion model that draws like this keeps the graphs of all
# its steps, and may run out of memory before the picture is finished.
#
# **Exercise: repair it** (2 points, all or nothing, about 10 minutes). Write `draw`. It uses the network as it is
# meant to be used after training and leaves no graph. When it has finished, the network is in the same mode as
# before, because training may go on.

# %%
# Exercise plane-bug
def draw(generator, z):
    """The samples that a network makes of noise, as in use and not as in training.

    Args:
        generator: a network with BatchNorm and Dropout inside, in either mode.
        z: noise, (B, K).

    Returns:
        generator(z) in evaluation mode, (B, 2), without a graph (requires_grad is False). Afterwards the network is
        as before: its mode, its statistics, what requires_grad and how it is trained are unchanged, and so is z.
    """
    ### BEGIN SOLUTION
    mode = generator.training
    generator.eval()
    with torch.no_grad():
        points = generator(z)
    generator.train(mode)
    return points
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("plane-bug", draw)

# %%
my_draw = use("plane-bug", draw)

# %%
at_once = my_draw(generator, z)
in_pairs = torch.cat([my_draw(generator, pair) for pair in z.split(2)])
print(f"the same z, drawn all together and in pairs: up to {(at_once - in_pairs).abs().max():.6f} apart")
print(f"requires_grad = {at_once.requires_grad}; still in training mode: {generator.training}")

# %% [markdown]
# ## Break it
#
# **Langevin dynamics with the wrong noise.** One step is
# $x \leftarrow x + \tfrac12 \varepsilon\, s(x) + \sqrt\varepsilon\, n$. The two numbers $\tfrac12 \varepsilon$ and
# $\sqrt\varepsilon$ belong together: the slope pulls points onto the peaks, the noise drives them apart, and only
# in this proportion do the two balance at the density $p$. With the noise off by a factor $c$, the points settle at
# a density proportional to $p(x)^{1/c^2}$ instead: the step is the right one for $\varepsilon' = c^2 \varepsilon$
# and the score $s / c^2$, the slope of $\log p^{1/c^2}$. In the cell the score is the true one of the ring, so that
# nothing has to be learnt and nothing else can be at fault. Before you run it: what will the heaps look like with
# half the noise, with none, and with twice as much? Put other factors into `factors`.

# %%
factors = [1.0, 0.5, 0.0, 2.0]


def true_score(x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(plane.RING.log_density(x).sum(), x)[0]


torch.manual_seed(seed)
epsilon, tiles, titles = 0.01, [], []
for factor in factors:
    x = 6 * torch.rand(2000, 2) - 3
    for _ in range(size["langevin_steps"]):
        x = x + epsilon / 2 * true_score(x) + factor * math.sqrt(epsilon) * torch.randn_like(x)
    apart = (x[:, None] - plane.RING.modes.float()).norm(dim=2).min(1).values
    print(f"noise × {factor:g}: root mean square distance from the nearest peak {apart.square().mean().sqrt():.3f}; "
          f"the ring itself has {math.sqrt(2) * plane.RING.sigma:.3f}")
    tiles.append(point_tile(x))
    titles.append(f"noise × {factor:g}")
show_grid(torch.stack(tiles), titles=titles, title="Langevin dynamics with the noise off by a factor",
          alt="Four rings: with the right noise as the data, with half of it narrower heaps, with none single points, with "
              "twice as much a smear")

# %% [markdown]
# Too little noise makes samples that look *better* than the data: every point close to a peak, none in the tails.
# Judged by the share on target alone, this sampler wins. Too much noise makes a smear. (Even with the right factor
# the distance is a little above the ring's, because a step of finite size lets points overshoot; the smaller
# $\varepsilon$, the smaller the excess.)
#
# **A GAN that drops modes.** The generator is asked only whether its points look real. Nobody asks whether
# something is missing, and what $G$ can gain at each moment is greatest where $D$ is most easily deceived. In the
# cell the balance of the game is spoilt: the discriminator's step size is made ten times the generator's, and
# nothing else is changed. Watch the number of modes.

# %%
ratio = 10  # the discriminator's step size, divided by the generator's
spoilt = play_the_game(steps["GAN"], lr=2e-3, discriminator_lr=2e-3 * ratio)
print(f"discriminator's step size × 1: modes found {', '.join(str(run['modes']) for run in again['GAN'])} of 8")
found_modes, tiles = [], [point_tile(draws["GAN", "ring"])]
for other in range(size["seeds"]):
    torch.manual_seed(seed + 1000 * other)
    model = make_gan()
    spoilt(model, Batches(plane.RING.sample(size["points"]), size=size["batch"]), None)
    points = model.sample(2000)
    counts = my_mode_counts(points.double(), plane.RING.modes, plane.RING.radius)
    found_modes.append(int((counts >= 2000 / 8 / 4).sum()))
    tiles.append(point_tile(points))
    print(f"seed {other + 1}: samples on each of the eight heaps, once round the ring: {counts.tolist()}")
print(f"discriminator's step size × {ratio}: modes found {', '.join(map(str, found_modes))} of 8")
show_grid(torch.stack(tiles), titles=["× 1", *(f"× {ratio}, seed {i + 1}" for i in range(size["seeds"]))],
          title="A discriminator that moves too fast",
          alt="Samples of four GANs on the ring: the first covers all eight heaps; the others, whose discriminator moves "
              "faster, only a part of the ring")

# %% [markdown]
# The samples that are left are good: nearly all lie on the heaps, or on the way from one to the next. But three to
# five of the eight heaps are missing. All that $G$ learns from $D$ is a slope at each of its own points: in which
# direction they would look more real. When $D$ is confident, these slopes lead up the nearest heap, and nothing
# tells $G$ of those further away. In each run the heaps that were found are neighbours of one another, and on the
# other side of the ring there is not a single sample.
#
# Do the losses tell? Look at the last values in the progress bars. The discriminator's loss is between 0.7 and 0.9,
# where the fair game had 1.2 and a draw has 1.386. That says who is winning, and not what is missing. For compare
# the three runs of the fair game (the first where the GAN was introduced, the others under “Is it luck?”): the one
# with six modes (1.22 for the discriminator, 0.91 for the generator) is by its losses *closer* to a draw than the
# two with eight (1.20 and 1.04, 1.19 and 1.01). Only looking at the samples, or counting, reveals it. This is what
# is unstable about GANs: a setting that would merely make another family learn more slowly destroys the balance of
# the game, and even with good settings a mode may be lost. What one does against it (keep the discriminator's
# slopes gentle, show it several samples at once, ask it for something better than “real or made”) is for a later
# lesson.
#
# **A likelihood from a grid that is too small.** Your function is right, and yet one can get far too good a
# likelihood out of an unnormalised model: integrate over too small a square, and $Z$ comes out too small, so that
# every $\log p$ comes out too large.

# %%
model, _, _ = trained["energy-based", "ring"]
points = plane.RING.sample(2000)
with torch.no_grad():
    for extent in (4.0, 2.5, 2.0, 1.5):
        nll = -my_log_likelihood_on_grid(lambda x: -model.energy(x.float()), points, extent=extent)
        print(f"square of side {2 * extent:g}: {metrics.estimate(nll)} nats, entropy {plane.RING.entropy():.3f}")

# %% [markdown]
# The squares of side 8 and 5 agree, for both hold nearly all of the model's mass. On the smallest square the model
# seems to be far better than the entropy of the data allows. By Jensen's inequality there is no such model: the
# number tells you that the “density” does not integrate to 1. This is the first thing to check when a result looks
# too good.
#
# ## What can go wrong
#
# **Numbers of different kinds in one column.** Exact values, bounds and quantities known up to a constant cannot be
# compared. The table above marks them; not every published one does. Nor can the likelihoods of different things be
# compared: of points and of bins, of grey levels and of black and white.
#
# **One number for everything.** A high likelihood and good samples are different achievements. Take the true
# density, at half its height, and put the other half of the mass in a wrong place: that costs only $\log 2 = 0.69$
# nats, and half of the samples are wrong. And samples that ignore a mode may each be perfect. That is why there
# were three measures.
#
# **Samples judged by eye.** A thousand points on eight heaps can be judged at a glance. In a thousand dimensions
# the eye sees neither missing modes nor copies of the training data. Lesson 01 is about measures, what each of them
# sees, and how each can be fooled.
#
# **A loss that falls, or does not.** For flow and autoregressive model the loss is the NLL itself, for the VAE a
# bound on it. A diffusion model's is the error of a regression, whose best value is not 0. A GAN's and an
# energy-based model's say next to nothing about quality: to see whether training works, one has to measure
# something else.
#
# **Conclusions from the plane.** Two dimensions are kind to grids, to bins and to Langevin dynamics. None of the
# numbers above says which family makes the best photographs. What carries over is what each can say, what it needs
# for a sample, and in which way it fails.
#
# ## The bar
#
# At the profile `cpu` every family should reach at least the share on target that the cell below calls its bar, in
# the mean over its seeds. Each bar is what five runs of this notebook, with the seeds 0 to 4, gave on the ring: their
# mean less four standard deviations. So the bars tell a broken run from a working one, not a good model from a
# better one; the differences between families at this size and with these few seconds of training say more about
# how many steps each was given than about the family. The cell after it writes what was measured into
# `results.csv`, where further seeds and models may join it.
#
# Then make one of them better. Choose a family and change one thing (the steps, the width, the number of couplings,
# of bins or of steps of noise, Langevin's step size), and predict which of the three measures will move, and in
# which direction. For instance, write `steps["flow"] = 2000` above the cell of the flow, and run everything from
# there on again. Only a difference that is larger than the spread between seeds counts.

# %%
bars = size["bars"] or {}
for family in families:
    on_target = [run["on target"] for run in again[family]]
    mean = sum(on_target) / len(on_target)
    bar = bars.get(family)
    verdict = "no bar at this profile" if bar is None else "reached" if mean >= bar else "missed"
    print(f"{family:>15}: on target {mean:.2f}, bar {bar or '–'}: {verdict}")

# %%
for family in families:
    calls, milliseconds = costs[family]
    model, got = trained[family, "ring"][0], found[family, "ring"]
    rows = {"on_target_ring": (got["on target"], 2000), "modes_ring": (got["modes"], 2000),
            "network_evaluations_per_sample": (calls, 1), "milliseconds_per_sample": (milliseconds / 1000, 1000),
            "parameters": (sum(p.numel() for p in model.parameters()), 1)}
    if got["excess"] is not None:
        rows[f"nats_above_entropy_ring_{FAMILIES[family].says}"] = (got["excess"], 2000)
    for metric, (value, count) in rows.items():
        results.record(model=family, metric=metric, value=value, n=count, lesson=lesson, seed=seed, profile=profile,
                       seconds=seconds[family])
print("recorded in results.csv: what each family reached on the ring, and what it cost")

# %% [markdown]
# ## Further reading
#
# Bond-Taylor, Leach, Long and Willcocks, *Deep generative modelling: a comparative review* (2021,
# arXiv:2103.04922), goes through all these families with their papers. Theis, van den Oord and Bethge, *A note on
# the evaluation of generative models* (2015, arXiv:1511.01844), is the classic on why likelihood and samples are
# different achievements. The origins, or good places to start: Kingma and Welling, *Auto-encoding variational
# Bayes* (2013, arXiv:1312.6114); Dinh, Sohl-Dickstein and Bengio, *Density estimation using Real NVP* (2016,
# arXiv:1605.08803), and Papamakarios et al., *Normalizing flows for probabilistic modeling and inference* (2019,
# arXiv:1912.02762); Song and Kingma, *How to train your energy-based models* (2021, arXiv:2101.03288), and Du and
# Mordatch, *Implicit generation and modeling with energy-based models* (2019, arXiv:1903.08689); Goodfellow et al.,
# *Generative adversarial networks* (2014, arXiv:1406.2661), and Mohamed and Lakshminarayanan, *Learning in implicit
# generative models* (2016, arXiv:1610.03483), on models that can only draw; Metz, Poole, Pfau and Sohl-Dickstein,
# *Unrolled generative adversarial networks* (2016, arXiv:1611.02163), with the ring and its dropped modes; Ho, Jain
# and Abbeel, *Denoising diffusion probabilistic models* (2020, arXiv:2006.11239), and Song et al., *Score-based
# generative modeling through stochastic differential equations* (2020, arXiv:2011.13456), which also computes exact
# likelihoods of the same networks; Germain, Gregor, Murray and Larochelle, *MADE: masked autoencoder for
# distribution estimation* (2015, arXiv:1502.03509), for the chain rule in a single network.

# %% [markdown]
# ## Save and hand in
#
# Save the notebook (Ctrl+S, on a Mac ⌘S). In Colab choose *File → Save a copy in Drive* first, or your changes are
# lost with the tab, and *File → Download → Download .ipynb* to get the file. In Binder download it from the file
# browser, because the machine forgets everything. Before you hand in, restart the kernel and run all cells once:
# what is marked is the notebook from top to bottom, not what the kernel happens to remember. Hand in the file
# `00_generative_models.ipynb` under this very name, in the way your teacher has told you. Keep the first line of
# each answer's cell (`# Exercise …`): that is how your answers are found. The checks under the exercises show what
# to expect; the marks come from the same checks with other numbers.
