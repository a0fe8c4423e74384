# %% [markdown]
# # Flows and energies
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/52_flows_and_energy.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F52_flows_and_energy.ipynb)
#
# ![Small handwritten digits drawn by the flow of this lesson, in shades of grey](attachment:52_flows_and_energy.png)
#
# *Each of these digits is a handful of normal random numbers, bent step by step. The flow that you build below bends
# them, and can bend every digit back.*
#
# Reading 18 minutes, coding 75, running 5; an extra exercise takes 10 minutes more. A good place to stop is before
# *Part two: energies*. You need Python, a little PyTorch, the normal distribution and the chain rule.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "52_flows_and_energy"
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

import math
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import MultivariateNormal, Normal

from genlab import metrics, results
from genlab.data import Batches, plane, small_digits
from genlab.display import (
    LivePicture,
    density_tile,
    energy_painter,
    flow_grid,
    play,
    plot_bars,
    plot_flow_grid,
    plot_forces,
    plot_lines,
    point_tile,
    show_grid,
)
from genlab.display.planes import SIDE
from genlab.fit import cosine_decay, fit
from genlab.layers import FourierFeatures, mlp
from genlab.models import Flow, RealNVP
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `smoke` and `stub` only show that every cell runs. The bar is bits per pixel of
# held-out digits.
SIZES = {
    "stub": dict(first=1, plane=1, digits=1, energy=1, chain=2, long=3, broken=1, points=100, batch=16, bar=None),
    "smoke": dict(first=40, plane=40, digits=60, energy=15, chain=5, long=20, broken=15, points=500, batch=64, bar=None),
    "cpu": dict(first=700, plane=1200, digits=1500, energy=400, chain=30, long=300, broken=600, points=20_000, batch=128,
                bar=2.2),
    "gpu": dict(first=2000, plane=6000, digits=3000, energy=3000, chain=40, long=500, broken=1500, points=100_000,
                batch=128, bar=2.1),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
torch.set_num_threads(1)  # networks as small as these gain nothing from a second core, and lose by waiting for it

# %% [markdown]
# ## 1. A grid that bends
#
# Blue points are data. A small network, trained while you read this, moves them in eight steps until they look like
# noise: a round heap around the middle. Pull the slider and watch. Nothing is torn and nothing overlaps, so every
# step can be undone, and noise can be moved back to data. That is how this model draws samples.
#
# Drag the orange point (or use Tab and the arrow keys). Where the grid is crowded on the data's side, is log p(x)
# high or low? Guess, then look.

# %% tags=["touch"]
torch.manual_seed(seed)
moons = plane.MOONS.sample(size["points"])
first = RealNVP(2, couplings=8, hidden_dim=32)
fit(first, Batches(moons, size=256), torch.optim.Adam(first.parameters(), lr=5e-3), steps=size["first"], clip=5.0,
    schedule=cosine_decay, progress=False)
flow_grid(first, moons[:400], title="From data to noise, layer by layer")

# %% [markdown]
# An exercise is a cell with a stub. Fill it in and run the check below it, which has three hints folded under it. A
# line `my_... = use(...)` hands your answer on, or the course's own until yours passes, so that everything below runs
# even if you skip one.
#
# ## 2. What a stretch costs
#
# Here is the same thing along a line. The map $f(x) = 2x + \sin 2x$ takes data $x$ to noise $z$. Which curve says how
# the data lie: the density of the noise at $f(x)$, or that times the slope of $f$?

# %% tags=["figure"]
torch.manual_seed(seed)
x = torch.linspace(-2, 2, 2001, dtype=torch.float64)
z, slope = 2 * x + torch.sin(2 * x), 2 + 2 * torch.cos(2 * x)
noise = Normal(0.0, 1.0).log_prob(z).exp()
draws = x[torch.searchsorted(z, torch.randn(100_000, dtype=torch.float64)).clamp_max(2000)]
bins = torch.histc(draws, 80, -2, 2) / 100_000 / 0.05
areas = {name: torch.trapezoid(values, x).item() for name, values in {"plain": noise, "with slope": noise * slope}.items()}
middles = torch.linspace(-1.975, 1.975, 80)
plot_lines([{"draws, counted": (middles, bins), "N(f(x))": (x, noise), "N(f(x)) · f'(x)": (x, noise * slope)}], x="x",
           y="density", alt="Counted draws follow the curve with the slope; the curve without it is lower and encloses less "
                            "than one")

# %% tags=["claim"]
assert areas["plain"] < 0.7 and abs(areas["with slope"] - 1) < 0.01

# %% [markdown]
# The mass in a small piece does not change when the piece is moved; its length does. Where $f$ stretches by 4, the mass
# lay four times as dense before. In several dimensions lengths become volumes, and the factor by which a small volume
# grows is the determinant of the Jacobian matrix $\partial f / \partial x$:
#
# $$ \log p(x) = \log \mathcal N\big(f(x);\, 0, I\big) + \log \left| \det \frac{\partial f}{\partial x} \right| . $$
#
# This is exact. A **normalizing flow** is a model whose $f$ is a network, trained to make this number large on data. Its
# two terms pull in opposite directions. The first would squeeze all data to the likeliest noise, 0. The second is paid
# for stretching.
#
# **Predict.** Near some point, $f$ stretches the plane by 4 in one direction and squeezes it to ½ in the other. By how
# many nats is $\log p(x)$ higher than the log density of the noise at $f(x)$?

# %%
# Exercise flow-predict-stretch
### BEGIN SOLUTION
predicted_stretch = math.log(2)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("flow-predict-stretch", predicted_stretch)

# %% [markdown]
# ## 3. Layers that can be undone
#
# A network in general cannot be undone, and a determinant of $D$ by $D$ numbers takes about $D^3$ steps. The trick of
# RealNVP (Dinh, Sohl-Dickstein and Bengio 2016) is to change only half of the coordinates at a time. Look at single
# layers: the first leaves every point on its vertical line, the second on its horizontal one.

# %% tags=["figure"]
plot_flow_grid(Flow(list(first.layers[:2]), 2), moons[:400], last="layer 2", title="Two layers: one moves points up and down, one sideways",
               alt="Three pictures of points and grid: the data, after one layer that moves points along one axis only, "
                   "after a second that moves them along the other")

# %% [markdown]
# Such a layer is an **affine coupling**. A mask $b$ of ones and zeros says which coordinates stay. They are all that a
# network looks at, and it answers with a scale $s$ and a shift $t$ for the others:
#
# $$ z = \begin{cases} x & \text{where } b = 1 \\ x\, e^{s} + t & \text{where } b = 0 \end{cases} \qquad s, t \text{ computed from } b\, x . $$
#
# The network may be as wild as it likes. What it saw is still there afterwards, so that it can be asked again on the way
# back. And each changed coordinate depends on itself by the factor $e^s$ alone.
#
# **Exercise: a coupling** (4 points, about 20 minutes). What is the way back? Order the coordinates with those that stay
# first. Which triangle of the Jacobian is 0, and what stands on its diagonal?

# %%
# Exercise flow-coupling
class Coupling(nn.Module):
    """An affine coupling of D coordinates.

    Args:
        network: maps (B, D), with zeros where the mask is 0, to s and t, each (B, D). What it says where the mask is 1
            is not used.
        mask: (D,) floating: 1 for coordinates that stay, 0 for those that are changed.
    """

    def __init__(self, network, mask):
        super().__init__()
        self.network = network
        self.register_buffer("mask", mask)

    def forward(self, x):
        """x (B, D) -> z (B, D) and log |det ∂z/∂x| of each row, (B,), in nats."""
        ### BEGIN SOLUTION
        s, t = self.network(self.mask * x)
        s, t = (1 - self.mask) * s, (1 - self.mask) * t
        return x * s.exp() + t, s.sum(1)
        ### END SOLUTION

    def inverse(self, z):
        """z (B, D) -> the x (B, D) that `forward` maps to z."""
        ### BEGIN SOLUTION
        s, t = self.network(self.mask * z)
        s, t = (1 - self.mask) * s, (1 - self.mask) * t
        return (z - t) * (-s).exp()
        ### END SOLUTION

# %% tags=["nbval-check-output"]
check("flow-coupling", Coupling)

# %%
my_Coupling = use("flow-coupling", Coupling)

# %% [markdown]
# Your couplings, one after the other with masks that take turns, make a flow. Determinants multiply, so their logarithms
# add up. The network's last layer starts at 0, so that the flow starts as the identity, and $s$ is kept between −2 and 2.

# %%
class ScaleAndShift(nn.Module):
    """A network for a coupling: (B, dim) -> s and t, each (B, dim)."""

    def __init__(self, dim, hidden, dropout=0.0):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(dim, hidden), nn.SiLU(), nn.Dropout(dropout),
                                    nn.Linear(hidden, hidden), nn.SiLU(), nn.Dropout(dropout), nn.Linear(hidden, 2 * dim))
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)

    def forward(self, kept):
        s, t = self.layers(kept).chunk(2, 1)
        return 2 * torch.tanh(s / 2), t


def make_flow(masks, hidden, dropout=0.0):
    dim = len(masks[0])
    return Flow([my_Coupling(ScaleAndShift(dim, hidden, dropout), mask.float()) for mask in masks], dim)


def taking_turns(couplings):
    return [torch.tensor([1, 0]) if k % 2 else torch.tensor([0, 1]) for k in range(couplings)]


torch.manual_seed(seed)
flow = make_flow(taking_turns(8), hidden=64)
test_moons = plane.MOONS.sample(2000)
gaussian = MultivariateNormal(moons.mean(0), moons.T.cov())
lines = {"entropy: no model is below": plane.MOONS.entropy(), "one Gaussian": -gaussian.log_prob(test_moons).mean().item()}
live = LivePicture(lambda model: point_tile(model.sample(1500), side=2 * SIDE)[None],
                   measure=lambda model: {"held_out_nats": -model.log_prob(test_moons).mean()}, lines=lines,
                   alt="samples of the flow")
history = fit(flow, Batches(moons, size=256), torch.optim.Adam(flow.parameters(), lr=5e-3), steps=size["plane"], clip=5.0,
              schedule=cosine_decay, watch=live, every=100)

# %%
flow.eval()
with torch.no_grad():
    moons_nll = metrics.estimate(-flow.log_prob(test_moons))
    there, _ = flow(test_moons)
    error = (flow.inverse(there) - test_moons).abs().max().item()
    cells, area = plane.grid(200, limit=5.0)
    total = flow.log_prob(cells).exp().sum().item() * area
print(f"held-out points cost {moons_nll} nats; entropy {lines['entropy: no model is below']:.3f}, one Gaussian "
      f"{lines['one Gaussian']:.3f}")
print(f"there and back again: at most {error:.1e} away; the density adds up to {total:.3f} over a square of side 10")
show_grid(torch.stack([point_tile(test_moons), point_tile(flow.sample(2000)), density_tile(flow.log_prob(plane.grid(SIDE)[0]))]),
          titles=["data", "samples", "density"], title="A flow in the plane",
          alt="Two moons of points, the same from the flow, and the flow's density, bright along two half circles")

# %% tags=["claim"]
assert lines["entropy: no model is below"] < moons_nll.value < lines["one Gaussian"] - 0.7
assert error < 1e-3 and abs(total - 1) < 0.02

# %% [markdown]
# The moons are joined by faint bridges. A flow never tears: one heap of noise stays in one piece.
#
# ## 4. Whole grey levels
#
# Now images: digits of 8 by 8 pixels in 17 levels of grey. They are *counted*, not measured, and a density on counted
# values is a trap. Take a single pixel. Put a narrow spike on each of its 17 levels and make the spikes narrower. What
# does a value cost, if you ask at the level itself, and if you ask at a random place within the level's step?

# %% tags=["figure"]
torch.manual_seed(seed)
LEVELS = 17
train_x, train_y = small_digits("train")
test_x, test_y = small_digits("test")
pixel = train_x[:, 0, 4, 4]
shares = torch.bincount(pixel, minlength=LEVELS).double() / len(pixel)
centres = (torch.arange(LEVELS).double() + 0.5) / LEVELS


def bits_at(v, width):
    """Mean bits of values v, (N,) in [0, 1], under spikes of this width on every level."""
    log_p = torch.logsumexp(shares.log() + Normal(centres, width).log_prob(v[:, None]), 1)
    return (math.log(LEVELS) - log_p.mean()).item() / math.log(2)


widths = torch.logspace(-3.5, -0.7, 40).double()
at_level, within = centres[pixel], (pixel + torch.rand(len(pixel)).double()) / LEVELS
spikes = [bits_at(at_level, w) for w in widths]
filled = [bits_at(within, w) for w in widths]
entropy = -(shares * shares.clamp_min(1e-9).log2()).sum().item()
plot_lines([{"asked at the level": (widths.log10(), spikes), "asked within its step": (widths.log10(), filled),
             "what the counts allow": (widths.log10(), [entropy] * 40)}], x="log₁₀ of the width of a spike",
           y="bits for a pixel", ylim=(-5, 10), alt="Asked at the levels, the cost falls without end as spikes become "
                                                 "narrow. Asked within the steps, it has a minimum above the entropy")

# %% tags=["claim"]
assert spikes[0] < -2 and min(filled) > entropy - 0.05 and filled[0] > min(filled) + 1

# %% [markdown]
# Asked at the levels, any score can be had for nothing. So we fill the steps: **dequantise** by adding noise. With
# $K$ levels and $u$ uniform in $[0, 1)^D$, the point $v = (x + u) / K$ lies in a cell of volume $K^{-D}$, and the mass
# of this cell is a probability for the image:
#
# $$ \log P(x) = \log \int_{\text{cell}} p(v)\, dv = \log \mathbb E_u\!\left[ p(v)\, K^{-D} \right]
# \;\ge\; \mathbb E_u\big[ \log p(v) \big] - D \log K . $$
#
# The inequality is Jensen's. So the right side understates the probability, and no trick with spikes gets past it. It is
# quoted in **bits per dimension**: change the sign, divide by $D$, and by $\log 2$.
#
# **Exercise: bits** (4 points, about 20 minutes). One draw of $u$ for every pixel is enough; the mean over many images
# does the rest.

# %%
# Exercise flow-bits
def bits_per_dim(levels, count, log_prob):
    """What each image costs in bits per dimension, by one draw of uniform noise. An upper bound on average.

    Args:
        levels: images of whole numbers 0 ... count - 1, (B, D), in any dtype of whole numbers.
        count: how many levels there are.
        log_prob: a density on [0, 1]^D: maps floating v (B, D) to nats (B,). Gradients reach its parameters.

    Returns:
        (B,): fresh noise at every call.
    """
    ### BEGIN SOLUTION
    v = (levels + torch.rand(levels.shape)) / count
    nats = math.log(count) - log_prob(v) / levels.shape[1]
    return nats / math.log(2)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("flow-bits", bits_per_dim)

# %%
my_bits_per_dim = use("flow-bits", bits_per_dim)

# %% [markdown]
# Your function measures any density. Three that need no network: all levels alike; one Gaussian with all its
# correlations; and, for each pixel by itself, how often each level occurs.

# %%
torch.manual_seed(seed)
train_flat, test_flat = train_x.flatten(1), test_x.flatten(1)
filled_train = (train_flat.double() + torch.rand(train_flat.shape).double()) / LEVELS
bell = MultivariateNormal(filled_train.mean(0), filled_train.T.cov())
tables = (F.one_hot(train_flat, LEVELS).double().sum(0) + 0.1) / (len(train_flat) + 0.1 * LEVELS)  # (64, 17)


def counted(v):
    """Log density of independent pixels: constant over each step."""
    steps = (v * LEVELS).long().clamp_max(LEVELS - 1)
    return (tables[torch.arange(64), steps].log() + math.log(LEVELS)).sum(1)


baselines = {name: metrics.estimate(my_bits_per_dim(test_flat, LEVELS, density).double()) for name, density in {
    "all levels alike": lambda v: torch.zeros(len(v)), "one Gaussian": lambda v: bell.log_prob(v.double()),
    "pixels by themselves": counted}.items()}
for name, value in baselines.items():
    print(f"{name:>22}: {value} bits per pixel of {len(test_flat)} held-out digits")

# %% tags=["claim"]
assert abs(baselines["all levels alike"].value - math.log2(17)) < 1e-4
assert baselines["pixels by themselves"].value < baselines["one Gaussian"].value < baselines["all levels alike"].value

# %% [markdown]
# The Gaussian knows how pixels go together, and is still worse than counting: many pixels are always white, and a bell
# cannot say "exactly 0". A flow can learn it, if it is helped a little. A logit stretches both ends of $[0, 1]$ to
# infinity before the couplings begin; its slope is one more term of the log-determinant.
#
# Masks are now pictures: a chessboard, then rows, then columns, each followed by its opposite.

# %%
class DigitFlow(nn.Module):
    """A flow on 64 pixels in 17 levels."""

    data_range, data_form = (0, LEVELS - 1), "levels"

    def __init__(self, hidden=128, dropout=0.2):
        super().__init__()
        row, column = torch.arange(64) // 8, torch.arange(64) % 8
        masks = [b % 2 for k in range(5) for b in [[row + column, row, column][k % 3], [row + column, row, column][k % 3] + 1]]
        self.flow = make_flow(masks, hidden, dropout)

    def log_prob(self, v):  # a density on [0, 1]^64, (B,) nats
        w = 0.01 + 0.98 * v.float()
        slope = math.log(0.49) - w.log() - (1 - w).log()  # of y = ½ logit(w)
        return self.flow.log_prob(w.logit() / 2) + slope.sum(1)

    def loss(self, x, y=None, *, rng=None):  # labels are not used
        return {"loss": my_bits_per_dim(x.flatten(1), LEVELS, self.log_prob).mean()}

    def images(self, y):  # what the flow ends with, as levels
        v = ((2 * y).sigmoid() - 0.01) / 0.98
        return (v * LEVELS).floor().clamp(0, LEVELS - 1).long().view(-1, 1, 8, 8)

    def sample(self, num_samples=64, *, labels=None, temperature=1.0, rng=None):
        return self.images(self.flow.sample(num_samples, temperature=temperature, rng=rng))


torch.manual_seed(seed)
digit_flow = DigitFlow()
parameters = sum(p.numel() for p in digit_flow.parameters())


def held_out(model):
    with torch.no_grad():
        return {"held_out": my_bits_per_dim(test_flat, LEVELS, model.log_prob).mean()}


live = LivePicture(lambda model: model.sample(36) / 16, columns=6, measure=held_out,
                   lines={name: value.value for name, value in baselines.items()}, alt="36 digits drawn by the flow")
digit_history = fit(digit_flow, Batches(train_x, train_y, size=size["batch"]),
                    torch.optim.Adam(digit_flow.parameters(), lr=1e-3), steps=size["digits"], clip=20.0,
                    schedule=cosine_decay, watch=live, every=100)

# %%
torch.manual_seed(seed)
digit_flow.eval()
with torch.no_grad():
    def over_draws(images, draws=10):
        """Mean over draws of the noise, (N,)."""
        return torch.stack([my_bits_per_dim(images, LEVELS, digit_flow.log_prob) for _ in range(draws)]).mean(0)

    bits, bits_train = metrics.estimate(over_draws(test_flat)), metrics.estimate(over_draws(train_flat))
print(f"{parameters:,} parameters, {len(digit_history)} steps in {digit_history.seconds:.0f} s")
print(f"held-out digits {bits} bits per pixel; training digits {bits_train}")
plot_bars({**baselines, "your flow": bits}, axis="bits per pixel of held-out digits, ± standard error",
          title="What a digit costs under each model")

# %% tags=["claim"]
assert bits.value < 2.2 and bits.value < baselines["pixels by themselves"].value - 0.2 and bits_train.value < bits.value

# %% tags=["picture"]
torch.manual_seed(seed)
samples = digit_flow.sample(48)
show_grid(samples / 16, columns=16, scale=4, title="Digits drawn by the flow",
          alt="48 small digits drawn by the flow; many can be read, some are between two digits")

# %% [markdown]
# Some can be read, some are between two digits. The flow was paid for log-likelihood, and half of its noise may go to
# places that no digit uses for $\log 2 / 64$ nats per pixel, which is next to nothing. Watch single digits come out of
# the noise, layer by layer. Where does the digit appear?

# %% tags=["touch"]
torch.manual_seed(seed)
with torch.no_grad():
    states = [digit_flow.images(y) / 16 for y in digit_flow.flow.trajectory(10, temperature=0.8)]
play([F.interpolate(state, scale_factor=4) for state in states], strip=6, title="From noise to digits",
     titles=["noise", *(f"layer {k}" for k in range(len(states) - 2, -1, -1))][:len(states)])

# %%
near = metrics.nearest_training_distance(samples[:16] / 16, train_x / 16)
print(f"exact copies of a training digit: {int((near.distance == 0).sum())}")
show_grid([samples[:16] / 16, train_x[near.index[:16]] / 16], rows=["sample", "nearest"], scale=3,
          title="Samples and the training digits nearest to them",
          alt="Sixteen samples, and below each the training digit that is nearest to it")

# %% [markdown]
# <details><summary>What later flows do better</summary>
#
# Glow (Kingma and Dhariwal 2018) mixes channels by learnt 1 × 1 convolutions, whose determinant is cheap. Flow++ (Ho and
# others 2019) learns the noise of the dequantisation, too, which closes most of Jensen's gap, and replaces the affine step
# by a mixture of logistic curves. Continuous flows move points along a vector field; Lipman and others
# (arXiv:2210.02747) train them without a determinant. On CIFAR-10 the papers report 3.49 (RealNVP), 3.35 (Glow) and 3.08 (Flow++) bits per dimension.
#
# </details>
#
# ## 5. Part two: energies
#
# A flow pays for its exact density with layers that must be undone. Now the opposite: *any* network that gives a number.
# Read it as a height. Points like to be low.
#
# Below, four hundred walkers stumble over a ground with two valleys. Dig with the pointer (or Tab, the arrow keys and
# space), heap up, change the noise. What happens without noise? With twice as much? How long do the walkers need to
# find a valley that you dig in a corner?

# %% tags=["touch"]
def two_valleys(x):
    """A height for each point of the plane, (N, 2) -> (N,)."""
    left, right = ((x - torch.tensor(c).to(x)).square().sum(1) for c in ((-1.5, -0.5), (1.5, 0.8)))
    return 4 - 3 * torch.exp(-left / 0.8) - 4 * torch.exp(-right / 0.5)


energy_painter(two_valleys, title="Walkers on an energy")

# %% [markdown]
# Where do walkers stay in the end? Bright is where they should be, and arrows show which way the ground falls.

# %% tags=["figure"]
def slope_of(energy):
    """Minus the gradient of an energy in x, as a function of points."""
    def score(x):
        with torch.enable_grad():
            here = x.detach().requires_grad_(True)
            heights = energy(here)
            return -torch.autograd.grad(heights.sum(), here)[0]
    return score


def ring_energy(x):
    return -plane.RING.log_density(x)


plot_forces({"two valleys": (lambda x: -two_valleys(x), slope_of(two_valleys), None),
             "a ring": (lambda x: -ring_energy(x), slope_of(ring_energy), None)},
            alt="Two energies as densities: two bright valleys, and eight bright spots on a ring, with arrows that point to them")

# %% [markdown]
# An **energy-based model** turns a height $E(x)$ into a density:
#
# $$ p(x) = \frac{e^{-E(x)}}{Z}, \qquad Z = \int e^{-E(x)}\, dx, \qquad s(x) = \nabla \log p(x) = -\nabla E(x) . $$
#
# Nobody can compute $Z$ for images. But it is a constant, so the arrows $s$, the **score**, do not contain it. That is
# enough to sample. **Langevin dynamics** takes small steps along the score and adds noise of just the right size:
#
# $$ x \leftarrow x + \tfrac12\, \varepsilon\, s(x) + \sqrt{\varepsilon}\; n, \qquad n \sim \mathcal N(0, I) . $$
#
# For $\varepsilon \to 0$ and many steps the walkers are distributed as $p$. For larger steps they are nearly so.
#
# **Predict.** On $p = \mathcal N(0, 1)$ the score is $-x$. Which variance do walkers have in the end, if $\varepsilon = 1$?

# %%
# Exercise energy-predict-variance
### BEGIN SOLUTION
predicted_variance = 4 / 3
### END SOLUTION

# %% tags=["nbval-check-output"]
check("energy-predict-variance", predicted_variance)

# %% [markdown]
# **Exercise: walk** (4 points, about 15 minutes).

# %%
# Exercise energy-langevin
def langevin_sample(score, x, step_size, steps):
    """Where walkers are after some steps of Langevin dynamics.

    Args:
        score: maps points (B, ...) to ∇ log p at each, of the same shape.
        x: where they start, (B, ...), floating. Not to be changed.
        step_size: ε.
        steps: how many steps, 0 or more.

    Returns:
        (B, ...) in the dtype of x: fresh noise for every number, step and call, in the last step, too.
    """
    ### BEGIN SOLUTION
    for _ in range(steps):
        x = x + step_size / 2 * score(x) + math.sqrt(step_size) * torch.randn_like(x)
    return x
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("energy-langevin", langevin_sample)

# %%
my_langevin_sample = use("energy-langevin", langevin_sample)

# %%
torch.manual_seed(seed)
on_bell = {f"ε = {e:g}": my_langevin_sample(lambda x: -x, torch.zeros(20_000), e, max(2, round(20 / e)))
           for e in (0.1, 1.0)}
for name, walkers in on_bell.items():
    print(f"{name}: variance {walkers.var():.3f} on N(0, 1)")
uniform = 6 * torch.rand(2000, 2) - 3
after = {f"{k} steps": my_langevin_sample(slope_of(ring_energy), uniform, 0.02, k) for k in (5, size["long"])}
plot_forces({"at first": (None, None, uniform), **{name: (None, None, points) for name, points in after.items()}},
            title="Walkers on the ring, by its true score", alt="Points spread evenly, then drawn to eight heaps on a ring")

# %% tags=["claim"]
assert abs(on_bell["ε = 1"].var() - 4 / 3) < 0.06 and abs(on_bell["ε = 0.1"].var() - 1 / 0.975) < 0.05

# %% [markdown]
# ## 6. Learning an energy
#
# How should a network change its energy when it sees data? Here is an energy along a line, data on the right, and
# samples of the model itself. Raise the log-likelihood by one small step, computed by sums over the line.

# %% tags=["figure"]
line = torch.linspace(-3, 3, 601, dtype=torch.float64)
step = line[1] - line[0]
before = 0.5 * (line + 0.6) ** 2
model_p = (-before - torch.logsumexp(-before, 0)).exp() / step
data_p = Normal(1.2, 0.35).log_prob(line).exp()
after_step = before + 0.8 * (model_p - data_p)  # ∂(mean -log p)/∂E(x) = data_p - model_p at each x: downhill
plot_lines([{"E before": (line, before), "E after": (line, after_step)},
            {"data": (line, data_p), "samples of the model": (line, model_p)}], x="x", y="energy, density", ylim=(-0.6, 3),
           titles=["one step", "who pulls where"],
           alt="The energy goes down where data lie, on the right, and up where the model's own samples lie, on the left")

# %% tags=["claim"]
assert (after_step - before)[line > 0.9][:60].max() < 0 < (after_step - before)[(line > -1) & (line < -0.2)].min()

# %% [markdown]
# Down at the data, up at the model's own samples; where both are equally many, nothing moves. With parameters $\theta$,
# the logarithm of $Z$ gives the second term, as a mean over the model itself:
#
# $$ -\nabla_\theta \log p(x) = \nabla_\theta E(x) + \nabla_\theta \log Z
# = \nabla_\theta E(x) - \mathbb E_{x' \sim p}\big[ \nabla_\theta E(x') \big] . $$
#
# <details><summary>Why the gradient of log Z is a mean over the model</summary>
#
# $\nabla \log Z = \frac{1}{Z} \int \nabla e^{-E} = -\int \frac{e^{-E}}{Z}\, \nabla E = -\mathbb E_p[\nabla E]$. Hinton (2002)
# drew the $x'$ by a few steps that start at the data, and called it *contrastive divergence*. The few steps bias it. Chains
# that go on from one update to the next (a replay buffer; Tieleman 2008, Du and Mordatch 2019) have more time.
#
# </details>
#
# A constant added to $E$ changes no density, so energies may drift off together. A small penalty on their squares holds
# them: its weight times the sum of the mean of $E(x)^2$ and the mean of $E(x')^2$.
#
# **Exercise: the loss** (4 points, about 20 minutes). Its gradient is what counts. Which part of the computation must *not*
# be differentiated?

# %%
# Exercise energy-loss
def ebm_loss(energy, x, sampler, penalty=0.1):
    """Contrastive divergence: a scalar whose gradient lowers the energy of data and raises that of samples.

    Args:
        energy: a network: maps points (B, ...) to energies (B,).
        x: data, (B, ...).
        sampler: called once, with x; gives N samples of the model, (N, ...), N not always B. They may carry a graph that
            leads to the parameters of the energy.
        penalty: weight of the squared energies.

    Returns:
        A scalar. If the samples are distributed as exp(-E) / Z and the penalty is 0, its gradient in the parameters is
        that of the mean of -log p(x). Nothing else is done with the energy's parameters or their gradients.
    """
    ### BEGIN SOLUTION
    samples = sampler(x).detach()
    real, made = energy(x), energy(samples)
    return real.mean() - made.mean() + penalty * (real.square().mean() + made.square().mean())
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("energy-loss", ebm_loss)

# %%
my_ebm_loss = use("energy-loss", ebm_loss)

# %% [markdown]
# This cell puts your walk and your loss together. The chains live in a buffer and go on where they stopped; one in
# twenty starts anew.

# %%
class Energy(nn.Module):
    """A network as a height: (B, 2) -> (B,)."""

    def __init__(self):
        super().__init__()
        features = FourierFeatures(2, scale=1.5)
        self.layers = nn.Sequential(features, mlp(features.out_dim, 64, 1, activation=nn.SiLU))

    def forward(self, x):
        return self.layers(x).squeeze(1) + x.square().sum(1) / 18  # a shallow bowl: nobody walks away


class EnergyModel(nn.Module):
    data_range, data_form = (-math.inf, math.inf), "real"

    def __init__(self, chains=5000):
        super().__init__()
        self.energy = Energy()
        self.register_buffer("chains", 6 * torch.rand(chains, 2) - 3)

    def sampler(self, x):
        place = torch.randint(len(self.chains), (len(x),))
        fresh = torch.rand(len(x), 1) < 0.05
        start = torch.where(fresh, 6 * torch.rand(len(x), 2) - 3, self.chains[place])
        self.chains[place] = my_langevin_sample(slope_of(self.energy), start, 0.02, size["chain"]).clamp(-4, 4)
        return self.chains[place]

    def loss(self, x, y=None, *, rng=None):
        return {"loss": my_ebm_loss(self.energy, x, self.sampler, penalty=0.05)}


torch.manual_seed(seed)
pinwheel = plane.PINWHEEL.sample(size["points"])
model = EnergyModel()
tiles, _ = plane.grid(SIDE)
live = LivePicture(lambda model: torch.stack([density_tile(-model.energy(tiles)), point_tile(model.chains)]), columns=1,
                   alt="the model's density, and its chains")
energy_history = fit(model, Batches(pinwheel, size=256), torch.optim.Adam(model.parameters(), lr=5e-3),
                     steps=size["energy"], clip=1.0, schedule=cosine_decay, watch=live, every=25)

# %%
torch.manual_seed(seed)
model.eval()
test_wheel = plane.PINWHEEL.sample(2000)
cells, area = plane.grid(200, limit=5.0)
with torch.no_grad():
    log_z = torch.logsumexp(-model.energy(cells), 0) + math.log(area)
    wheel_nll = metrics.estimate(model.energy(test_wheel) + log_z)
wide_bell = MultivariateNormal(pinwheel.mean(0), pinwheel.T.cov())
wheel_gauss = -wide_bell.log_prob(test_wheel).mean().item()
print(f"held-out points cost {wheel_nll} nats; entropy {plane.PINWHEEL.entropy():.3f}, one Gaussian {wheel_gauss:.3f}")
print(f"the loss: {energy_history['loss'][0]:.2f} at first, {energy_history.last(50):.2f} in the end")
walkers = my_langevin_sample(slope_of(model.energy), 6 * torch.rand(2000, 2) - 3, 0.02, size["long"])
plot_forces({"data": (None, None, test_wheel), "learnt density and score": (lambda x: -model.energy(x.float()),
             lambda x: slope_of(model.energy)(x.float()), None), "walkers": (None, None, walkers)},
            title="An energy that was learnt", alt="A pinwheel of points; the learnt density with arrows towards its blades; "
                                                 "walkers that have found the blades")

# %% tags=["claim"]
assert 0 < ((walkers - torch.tensor([2.7, -2.8])).norm(dim=1) < 0.7).sum() < 200
assert plane.PINWHEEL.entropy() < wheel_nll.value < wheel_gauss - 0.6

# %% [markdown]
# A few walkers sit in a corner where hardly a chain ever came to push the energy up. And the loss does not say how good the model
# is. It compares the model with its own samples, and $\log Z$ is missing from it. In
# the plane $Z$ is a sum over a grid, and the model can be measured. For images only samples remain to be looked at.
#
# ## 7. From here to diffusion
#
# Learning by samples is slow, because chains must find every valley. There is another way. Blur the data with noise of
# size $\sigma$ and look at the score of the *blurred* density, first much, then little.

# %% tags=["figure"]
def blurred(sigma):
    """The energy of the ring's centres, blurred by N(0, σ² I)."""
    centres = plane.RING.modes

    def energy(x):
        gaps = (x[:, None] - centres.to(x)).square().sum(2)
        return -torch.logsumexp(-gaps / (2 * sigma**2), 1)
    return energy


plot_forces({f"σ = {s:g}": (lambda x, s=s: -blurred(s)(x), slope_of(blurred(s)), None) for s in (1.5, 0.6, 0.2)},
            title="Eight points under more and less noise",
            alt="With much noise one wide hill whose arrows all lead inwards; with little noise eight spots")

# %% [markdown]
# With much noise there is one hill, and arrows lead inwards from everywhere. With little noise there are eight, and most
# arrows know only the nearest. The arrows have a meaning. If $x = x_0 + \sigma n$, then
#
# $$ \mathbb E[x_0 \mid x] = x + \sigma^2\, \nabla \log p_\sigma(x) . $$
#
# The best guess of the clean point is one step along the score (Tweedie's formula). Read from right to left: *a network
# that is trained to remove noise knows the score*, and nobody has to run a chain to train it. That is a diffusion model.
#
# <details><summary>Proof, in three lines</summary>
#
# $p_\sigma(x) = \int p(x_0)\, \mathcal N(x; x_0, \sigma^2 I)\, dx_0$. Its gradient brings down $(x_0 - x)/\sigma^2$ under the
# integral. Divide by $p_\sigma(x)$: $\nabla \log p_\sigma(x) = \mathbb E[x_0 - x \mid x] / \sigma^2$.
#
# </details>
#
# **Exercise, extra: denoise** (2 points, about 10 minutes). You get the energy of the blurred density.

# %%
# Exercise energy-denoise
def denoise(x, sigma, energy):
    """The mean of the clean point, given the noisy one.

    Args:
        x: noisy points, (B, D), floating: clean ones plus σ times standard normal noise. Not to be changed.
        sigma: σ, a number.
        energy: a network: maps noisy points (B, D) to (B,): minus their log density, up to a constant.

    Returns:
        (B, D). It also works where gradients are switched off, and leaves the gradients of the parameters as they are.
    """
    ### BEGIN SOLUTION
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        slope = torch.autograd.grad(energy(leaf).sum(), leaf)[0]
    return x - sigma**2 * slope
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("energy-denoise", denoise)

# %%
my_denoise = use("energy-denoise", denoise)

# %%
torch.manual_seed(seed)
corner = torch.tensor([2.6, 2.6]) + 0.3 * torch.randn(2000, 2)  # everybody starts here
cold = my_langevin_sample(slope_of(blurred(0.2)), corner, 0.3 * 0.2**2, size["long"])
cooling = corner
for sigma in torch.logspace(math.log10(1.5), math.log10(0.2), 10).tolist():
    cooling = my_langevin_sample(slope_of(blurred(sigma)), cooling, 0.3 * sigma**2, max(1, size["long"] // 10))
clouds = {"little noise": cold, "much noise, then less": cooling, "and the best guess": my_denoise(cooling, 0.2, blurred(0.2))}
found, off = {}, {}
for name, cloud in clouds.items():
    distance, which = (cloud[:, None] - plane.RING.modes.float()).norm(dim=2).min(1)
    found[name] = int((torch.bincount(which, minlength=8) > 2000 / 8 / 4).sum())
    off[name] = distance.mean().item()
    print(f"{name:>22}: {found[name]} of 8 heaps found; mean distance from the nearest centre {off[name]:.3f}")
plot_forces({name: (None, None, cloud) for name, cloud in clouds.items()}, title="From one corner, in as many steps",
            alt="With little noise the walkers crowd on the heaps next to their corner; cooled from much noise they form "
                "all eight heaps; the best guess puts them onto eight points")

# %% tags=["claim"]
assert found["little noise"] <= 4 and found["much noise, then less"] == 8 and off["and the best guess"] < 0.1

# %% [markdown]
# ## 8. Break it
#
# A broken flow trains without complaint. Four flows on the moons: one is right; one changes the same coordinate in every
# layer; in one the log-determinant is left out; in one it is halved, as by a mean over the two coordinates. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
class Weighted(Flow):
    """A flow that is paid `pay` times for stretching."""

    pay = 1.0

    def loss(self, x, y=None, *, rng=None):
        z, log_det = self(x)
        return {"loss": -(Normal(0.0, 1.0).log_prob(z).sum(1) + self.pay * log_det).mean()}


SECRET = {"A": (0.5, False), "B": (1.0, False), "C": (0.0, False), "D": (1.0, True)}
tiles, costs, spreads = [point_tile(test_moons)], {}, {}
for name, (pay, same) in SECRET.items():
    torch.manual_seed(seed)
    masks = [torch.tensor([1.0, 0.0])] * 8 if same else [mask.float() for mask in taking_turns(8)]
    broken = Weighted([my_Coupling(ScaleAndShift(2, 64), mask) for mask in masks], 2)
    broken.pay = pay
    fit(broken, Batches(moons, size=256), torch.optim.Adam(broken.parameters(), lr=5e-3), steps=size["broken"], clip=5.0,
        schedule=cosine_decay, progress=False)
    broken.eval()
    drawn = broken.sample(2000)
    tiles.append(point_tile(drawn))
    spreads[name] = (drawn.std(0) / test_moons.std(0)).tolist()
    with torch.no_grad():
        costs[name] = -broken.log_prob(test_moons).mean().item()
show_grid(torch.stack(tiles), titles=["data", *SECRET], title=f"Four flows after {size['broken']} steps: which fault made which?",
          alt="The data, and samples of four flows A to D")

# %%
# Exercise flow-predict-faults
### BEGIN SOLUTION
A = "log-det halved"
B = "none"
C = "log-det left out"
D = "same half always"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("flow-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # "none", "same half always", "log-det left out", "log-det halved"

# %%
for name, cost in costs.items():
    across, up = spreads[name]
    print(f"{name}: right cost {cost:9.2f} nats; samples {across:.3g} times as wide and {up:.3g} times as high as the data")

# %% tags=["claim"]
assert costs["B"] < min(costs["A"], costs["C"], costs["D"]) and min(spreads["C"]) > 5

# %% [markdown]
# The right cost gives all three away.
#
# <details><summary>Why each picture looks as it does</summary>
#
# **A**, paid half: the best scale of a bell is then smaller by $\sqrt 2$, and the way back larger by as much. Shapes stay,
# with arms too thick. **C**, not paid at all: the flow squeezes all data to 0; the way back blows noise up, far out of the frame.
# **D**: the coordinate that no layer changes is left as the noise was; the other follows it. **B** is right.
#
# A sign error in the inverse, or a network that sees what it changes, shows at once: `inverse(forward(x))` is not x. Test
# that first.
#
# </details>
#
# ## What you can do now
#
# You can build a map that can be undone and say what it does to volumes; measure whole grey levels in bits, so that numbers
# of different models compare; sample from anything whose score you know; train an energy against its own samples; and say
# why removing noise is learning a score. Can you do better than the bar? Change one thing, such as the dropout or the masks,
# and run again from the digits' training cell.

# %%
written = {"flow-coupling": Coupling, "flow-bits": bits_per_dim, "energy-langevin": langevin_sample,
           "energy-loss": ebm_loss, "energy-denoise": denoise}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
bar = size["bar"]
verdict = "no bar at this profile" if bar is None else "reached" if bits.value <= bar else "missed"
print(f"digits: {bits.value:.3f} bits per pixel, bar {bar or '–'}: {verdict}")

began = time.perf_counter()
digit_flow.sample(1000)
milliseconds = time.perf_counter() - began  # of a thousand samples: seconds in all, milliseconds each
where = dict(lesson=lesson, seed=seed, profile=profile)
for metric, value, count in (("bits_per_dim", bits.value, len(test_x)), ("parameters", parameters, 1),
                             ("milliseconds_per_sample", milliseconds, 1000)):
    results.record(model="RealNVP 8x8", metric=metric, value=value, n=count, seconds=digit_history.cpu_seconds, **where)
results.record(model="one Gaussian 8x8", metric="bits_per_dim", value=baselines["one Gaussian"].value, n=len(test_x), **where)
for name, metric, value, seconds in (("RealNVP", "nll_moons_nats", moons_nll.value, history.cpu_seconds),
                                     ("EnergyModel", "nll_pinwheel_nats", wheel_nll.value, energy_history.cpu_seconds)):
    results.record(model=name, metric=metric, value=value, n=2000, seconds=seconds, **where)

# %% tags=["claim"]
assert bits.value <= bar

# %% [markdown]
# **What can go wrong.** *Bits below 0*, or falling without end: the noise of the dequantisation is missing. *A flow
# overfits*: 1300 digits are few; dropout and an early stop help, and held-out bits show it. *Inverses drift*: many layers with
# large scales lose digits of float32; measure there and back. *Energies explode*: chains too short, steps too large, or no
# penalty. *Walkers stay where they start*: noise and steps too small for the gaps between valleys.
#
# **Read on.** Dinh, Sohl-Dickstein and Bengio, *Density estimation using Real NVP* (arXiv:1605.08803). Papamakarios and others,
# *Normalizing flows for probabilistic modeling and inference* (arXiv:1912.02762). Song and Kingma, *How to train your
# energy-based models* (arXiv:2101.03288). Song and Ermon, *Generative modeling by estimating gradients of the data
# distribution* (arXiv:1907.05600), where cooling and scores meet.
#
# <details><summary>More reading</summary>
#
# Theis, van den Oord and Bethge (arXiv:1511.01844) on dequantisation and what likelihood does not say. Kingma and Dhariwal,
# *Glow* (arXiv:1807.03039). Ho and others, *Flow++* (arXiv:1902.00275). Hinton, *Training products of experts by minimizing
# contrastive divergence* (2002). Tieleman, *Training restricted Boltzmann machines using approximations to the likelihood
# gradient* (2008). Du and Mordatch (arXiv:1903.08689). Vincent, *A connection between score matching and denoising
# autoencoders* (2011). Efron, *Tweedie's formula and selection bias* (2011).
#
# </details>
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `52_flows_and_energy.ipynb` under this name, with the first line of each answer's
# cell (`# Exercise …`) as it is.
