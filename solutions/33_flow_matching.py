# %% [markdown]
# # Flow matching
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/33_flow_matching.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F33_flow_matching.ipynb)
#
# ![Rows of digits: each row begins with one that a person wrote, and goes on with ten made from its noise under the labels 0 to 9](attachment:33_flow_matching.png)
#
# *The first digit of each row was written by a person. The other ten were made from it: its noise, ten labels.*
#
# Reading 20 minutes, coding 71, running 5; one extra exercise takes 12 minutes more. A good place to stop is
# before *Digits*. You need Python, a little PyTorch, and the normal distribution.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "33_flow_matching"
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

from genlab import metrics, results
from genlab.data import Batches, digits, plane, to_signed
from genlab.display import (
    LivePicture,
    kernel_velocity,
    network_velocity,
    paths_explorer,
    play,
    plot_fans,
    plot_lines,
    plot_loglog,
    plot_paths,
    show_grid,
)
from genlab.fit import cosine_decay, fit
from genlab.layers import TimeMLP
from genlab.models.flow_matching import FlowMatching, solve
from genlab.models.unet import UNet
from genlab.random import randn
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains on all of MNIST (downloaded once), `smoke` and `stub` only
# show that every cell runs. The bar is the Fréchet distance of samples made by 20 evaluations: lower is better.
SIZES = {
    "stub": dict(field_steps=1, faults_steps=1, steps=1, width=8, batch=8, images=20, few=20, counts=(1, 2), bar=None),
    "smoke": dict(field_steps=60, faults_steps=20, steps=30, width=8, batch=32, images=50, few=50, counts=(1, 2), bar=None),
    "cpu": dict(field_steps=1500, faults_steps=1000, steps=1000, width=48, batch=64, images=1000, few=100, counts=(1, 2, 5, 10, 20, 50),
                bar=3),
    "gpu": dict(field_steps=6000, faults_steps=2000, steps=40_000, width=64, batch=256, images=1000, few=1000,
                counts=(1, 2, 5, 10, 20, 50), bar=1),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## 1. Carried along
#
# At time 0 the blue points below are noise: a round heap about the middle. At time 1 they are data: eight small heaps on
# a ring. Between the two they are carried by a field, as leaves are by a river. At each place and each moment the field says
# how fast, and where to. The grey arrows show it.
#
# Press *Run*. Then move the *time* by hand, and watch how the arrows change. The hollow orange points are starts of
# your own: drag them (or choose one with the space bar and move it with the arrow keys).
#
# A computer follows a field in steps: it asks once, walks straight on for a while, and asks again. Set the *number of
# steps* to 50, then lower it to 1. Where does the whole cloud end?

# %% tags=["touch"]
paths_explorer(plane.RING.modes, spread=plane.RING.sigma, steps=10, title="Noise becomes a ring")

# %%
# Exercise flowmatch-predict-once
### BEGIN SOLUTION
one_step = "one point"
fifty_steps = "the ring"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-predict-once", {"1 step": one_step, "50 steps": fifty_steps})  # "a heap", "the ring" or "one point"

# %% [markdown]
# An exercise is a cell like the one above. Fill it in and run the check below it, which has three hints folded under
# it. A line `my_... = use(...)` hands your answer on, or the course's own until yours passes, so that everything
# below runs even if you skip one.
#
# ## 2. Where the field comes from
#
# Nobody gave us this field. But it is easy to move *one* point. Take a point of noise and a point of data, join them by a
# straight line, and walk along it at constant speed.

# %% tags=["figure"]
rng = torch.Generator().manual_seed(seed)
many = 400_000
noise, data = torch.randn(many, 2, generator=rng), plane.RING.sample(many, rng=rng)
here = torch.tensor([0.8, 0.3])
pass_here = ((noise + data) / 2 - here).norm(dim=1) < 0.04


def exact(x, t):
    """The field of section 1."""
    return kernel_velocity(plane.RING.modes.to(x), plane.RING.sigma, t, x)


mean_line = torch.stack([here - exact(here[None], 0.5)[0] / 2, here + exact(here[None], 0.5)[0] / 2])[:, None]
plot_paths({"some pairs": torch.stack([noise[:60], data[:60]]),
            "pairs through one place": torch.stack([noise[pass_here][:60], data[pass_here][:60]]),
            "their mean": mean_line}, lines=60,
           alt="Straight lines from noise to the ring, which cross. Of the lines through one place halfway, most go to the two "
               "or three heaps on that side, some to others; their mean is one short line")

# %% [markdown]
# The lines cross, so they are no field: at one place and moment, different pairs want to go different ways. The right-hand
# picture shows a way out. Let the field be the *mean* of all velocities that meet there.
#
# Write $x_0$ for noise, $x_1$ for data and $t$ for time. Then a pair is on its way at
#
# $$ x_t = (1 - t)\, x_0 + t\, x_1 \qquad\text{with the velocity}\qquad \frac{d x_t}{dt} = x_1 - x_0 . $$
#
# A mean is what a mean squared error asks for. So let a network $v_\theta$ look at a place and a time, and punish it for the
# velocity of a random pair that is there:
#
# $$ L(\theta) = \mathbb E_{t,\, x_0,\, x_1} \big\| v_\theta(x_t, t) - (x_1 - x_0) \big\|^2 . $$
#
# This is **flow matching** (Lipman and others 2022), with the straight lines of *rectified flow* (Liu, Gong and Liu 2022). There is no
# simulation in it: each pair, each time is drawn by itself.
#
# **Exercise: the loss** (4 points, about 15 minutes). In code the square is averaged over values, not summed.

# %%
# Exercise flowmatch-loss
def flow_matching_loss(network, x, noise, t):
    """How far a network is from the velocity of given pairs, at given times.

    Args:
        network: called once, as network(x_t, t) with t as it came; answers with velocities shaped like x.
        x: data, (B, ...): points (B, D) or images (B, C, H, W).
        noise: shaped like x; row i belongs to row i of x.
        t: times, (B,), from 0 (noise) to 1 (data), both included.

    Returns:
        A single number through which gradients reach the network: the mean over all values of the squared difference.
    """
    ### BEGIN SOLUTION
    time = t.view(-1, *[1] * (x.ndim - 1))
    x_t = (1 - time) * noise + time * x
    return (network(x_t, t) - (x - noise)).square().mean()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-loss", flow_matching_loss)

# %%
my_loss = use("flowmatch-loss", flow_matching_loss)

# %% [markdown]
# ## 3. The mean of all that cross
#
# Does it work to follow means? No single pair goes that way. On a line we can see it. Both noise and data are normal here, and
# the grey lines are pairs. The orange paths follow the mean velocity, which was measured from many pairs.

# %% tags=["figure"]
centre, width = 2.0, 0.5
ends = torch.stack([torch.randn(many, generator=rng), centre + width * torch.randn(many, generator=rng)])
times, followed = torch.linspace(0, 1, 41), [torch.linspace(-2, 2, 9)]
for t in times[:-1]:
    on_the_way = torch.lerp(ends[0], ends[1], t)
    joint = torch.cov(torch.stack([ends[1] - ends[0], on_the_way]))  # a regression line: for normal numbers it is the mean
    slope = joint[0, 1] / joint[1, 1]
    speed = (ends[1] - ends[0]).mean() + slope * (followed[-1] - on_the_way.mean())
    followed.append(followed[-1] + speed / 40)
followed = torch.stack(followed)
share = (torch.quantile(ends[1][:100_000], torch.special.ndtr(followed[0])) - followed[-1]).abs().max()
plot_fans({"pairs cross": (torch.tensor([0.0, 1.0]), ends[:, :30]), "paths along the mean do not": (times, followed)},
          alt="Left, straight lines between noise at time 0 and data at time 1, which cross. Right, nine paths that follow the "
               "mean velocity: smooth, in order, from spread 1 about 0 to spread one half about 2")

# %% tags=["claim"]
assert (followed.diff(dim=1) > 0).all() and share < 0.06

# %% [markdown]
# The paths do not cross, and they end as they should: the quarter of the noise below a path becomes the quarter of the data below
# it. That is no accident. Pairs that pass a place are many, but only their mean flow carries points from one place to another; so
# points that follow it are distributed as $x_t$ is, at every time.
#
# <details><summary>Why following the mean keeps the distribution</summary>
#
# Let $\varphi$ be any smooth function. Along the pairs $\frac{d}{dt} \mathbb E\, \varphi(x_t) = \mathbb E[\nabla \varphi(x_t) \cdot (x_1 -
# x_0)]$. Take the mean over all pairs that are at the same $x_t$ first: it is $\mathbb E[\nabla \varphi(x_t) \cdot v^*(x_t, t)]$ with
# $v^*(x, t) = \mathbb E[x_1 - x_0 \mid x_t = x]$. For points that follow $v^*$, $\frac{d}{dt} \mathbb E\, \varphi = \mathbb
# E[\nabla \varphi \cdot v^*]$ as well. Both begin as noise and obey the same equation (the *continuity equation*, tested on
# $\varphi$), so they have the same law at every time.
#
# </details>
#
# What the loss is after is therefore
#
# $$ v^*(x, t) = \mathbb E\big[\, x_1 - x_0 \mid x_t = x \,\big] . $$
#
# A pair still differs from the mean, and no network can know by how much. So the loss does not go to 0.
#
# **Predict.** Let noise and data both be $\mathcal N(0, 1)$, one number each. What is the lowest possible loss at $t = \tfrac12$?

# %%
# Exercise flowmatch-predict-floor
### BEGIN SOLUTION
predicted_floor = 2
### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-predict-floor", predicted_floor)

# %% [markdown]
# **Exercise: the best velocity** (4 points, about 15 minutes). For normal data $v^*$ has a formula. All you need is how one normal
# number tells about another: if $a$ and $b$ are jointly normal,
#
# $$ \mathbb E[a \mid b] = \mathbb E[a] + \frac{\mathrm{Cov}(a, b)}{\mathrm{Var}(b)} \big( b - \mathbb E[b] \big) . $$

# %%
# Exercise flowmatch-velocity
def best_velocity(x, t, mean, std):
    """E[x_1 - x_0 | x_t = x] for noise N(0, 1) and data N(mean, std²), independent, each coordinate by itself.

    Args:
        x: places, (B, D).
        t: one time for all, a number; 0 and 1 are included.
        mean, std: of the data, (D,). std may be 0 where t < 1: data that are a single point.

    Returns:
        (B, D), finite.
    """
    ### BEGIN SOLUTION
    covariance = t * std**2 - (1 - t)
    variance = (1 - t) ** 2 + t**2 * std**2
    return mean + covariance / variance * (x - t * mean)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-velocity", best_velocity)

# %%
my_velocity = use("flowmatch-velocity", best_velocity)

# %% [markdown]
# The field of section 1 is eight of these, one for each heap, weighted by how probable it is that $x_t$ belongs to that heap. So on
# the ring we know the answer exactly, and can grade a network against it.
#
# ## 4. When to look
#
# At $t = 0$ the task is easy: $x_0$ says nothing about $x_1$, so $v^*(x, 0)$ is the mean of the data minus $x$. At $t = 1$ it is
# easy, too: $v^*(x, 1) = x$. Straight rules, both. Where does the ring need more than a straight rule?

# %% tags=["figure"]
grid_t, left_over = torch.linspace(0, 1, 41), []
for t in grid_t.tolist():
    x_t = torch.lerp(noise[:4000], data[:4000], t).double()
    v = exact(x_t, t)
    inputs = torch.cat([x_t, torch.ones(len(x_t), 1).double()], 1)
    rule = inputs @ torch.linalg.lstsq(inputs, v).solution
    left_over.append((v - rule).square().mean())
left_over = torch.stack(left_over)
inner = grid_t[1:-1]
bell = torch.exp(-torch.logit(inner) ** 2 / 2) / (2 * torch.pi) ** 0.5 / (inner * (1 - inner))
plot_lines([{"what a straight rule misses": (grid_t, left_over)}, {"uniform": (grid_t, torch.ones(41)), "logit-normal": (inner, bell)}],
           x="time t", y="mean square; density", titles=["hard in the middle", "two ways to draw t"],
           alt="What a straight rule misses of the field is 0 at both ends of time and largest between. The logit-normal density "
               "is high in the middle of time and 0 at the ends")

# %% tags=["claim"]
assert left_over[0] < 0.01 and left_over[-1] < 0.05 and left_over.max() > 4 * max(left_over[0], left_over[-1])

# %% [markdown]
# The middle is hard, so it deserves more of the training. A common choice (Esser and others 2024, for Stable Diffusion 3) draws the *logit* of the
# time from a normal distribution:
#
# $$ \log \frac{t}{1 - t} \sim \mathcal N(0, 1) . $$
#
# The best answer at each time stays the same; only the attention is shared out in another way.
#
# **Exercise: when to look** (2 points, about 8 minutes).

# %%
# Exercise flowmatch-time
def logit_normal_time(n, rng):
    """n times whose logit is standard normal, each drawn by itself.

    Args:
        n: how many, at least 1.
        rng: a torch.Generator; all chance comes from it.

    Returns:
        (n,), floating, between 0 and 1.
    """
    ### BEGIN SOLUTION
    return torch.sigmoid(torch.randn(n, generator=rng))
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-time", logit_normal_time)

# %%
my_time = use("flowmatch-time", logit_normal_time)

# %% [markdown]
# ## 5. How to walk
#
# You saw it in section 1: with few steps the orange paths miss. How fast does the miss shrink? Here are the ends of 300 paths
# along the exact field of the ring, for two ways to walk, against very many steps. Both axes are logarithmic.

# %% jupyter={"source_hidden": true} tags=["figure", "hide-input"]
begin = torch.randn(300, 2, generator=rng, dtype=torch.float64)
target = solve(exact, begin, 1024, method="heun")  # the course's own, so that you see what yours will do
counts = [8, 16, 32, 64, 128]
misses = {name: [(solve(exact, begin, n, method=name.lower()) - target).norm(dim=1).median().item() for n in counts]
          for name in ("Euler", "Heun")}
plot_loglog({name: (counts, values) for name, values in misses.items()}, x="steps", y="median miss at the end",
            alt="The miss over the number of steps: Euler's falls along a line of slope -1, Heun's along a steeper one of slope -2")

# %% tags=["claim"]
assert 1.7 < misses["Euler"][-2] / misses["Euler"][-1] < 2.3 and 3 < misses["Heun"][-2] / misses["Heun"][-1] < 5.5

# %% [markdown]
# With a step $h$, **Euler's method** walks along the velocity of where it stands. **Heun's** looks ahead first, and walks along
# the mean of both velocities:
#
# $$ \text{Euler:}\quad x \leftarrow x + h\, v(x, t) \qquad\qquad
# \text{Heun:}\quad x \leftarrow x + \tfrac h2 \big[ v(x, t) + v\big(x + h\, v(x, t),\; t + h\big) \big] . $$
#
# Euler's miss is of *order* $h$, Heun's of order $h^2$, at the price of two evaluations a step.
#
# **Predict.** You take ten times as many steps. By what factor does Heun's miss shrink, once steps are small?

# %%
# Exercise flowmatch-predict-order
### BEGIN SOLUTION
predicted_factor = 100
### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-predict-order", predicted_factor)

# %% [markdown]
# **Exercise: Euler** (3 points, about 8 minutes). Write the whole sampler. (The folded cell above has one of its own; write
# yours without looking.)

# %%
# Exercise flowmatch-euler
def euler(velocity, x, steps):
    """From t = 0 to t = 1 along a field, in equal steps of Euler's.

    Args:
        velocity: velocity(x, t) with one number t for all rows; answers shaped like x.
        x: where to start, (B, ...).
        steps: their number, at least 1; each asks once, at the time where it begins.

    Returns:
        Where the last step ends, shaped like x.
    """
    ### BEGIN SOLUTION
    for k in range(steps):
        x = x + velocity(x, k / steps) / steps
    return x
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-euler", euler)

# %%
my_euler = use("flowmatch-euler", euler)

# %% [markdown]
# **Exercise: Heun** (3 points, about 10 minutes).

# %%
# Exercise flowmatch-heun
def heun(velocity, x, steps):
    """From t = 0 to t = 1 along a field, in equal steps of Heun's.

    Args:
        velocity, x: as for `euler`.
        steps: their number, at least 1; each asks twice, the last one too.

    Returns:
        Where the last step ends, shaped like x.
    """
    ### BEGIN SOLUTION
    h = 1 / steps
    for k in range(steps):
        first = velocity(x, k * h)
        second = velocity(x + h * first, (k + 1) * h)
        x = x + h * (first + second) / 2
    return x
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-heun", heun)

# %%
my_heun = use("flowmatch-heun", heun)

# %% [markdown]
# ## 6. Learn the field
#
# Now a small network learns the ring from your loss and your times, and never sees the exact field.

# %% jupyter={"source_hidden": true} tags=["hide-input"]
def train_field(steps, loss=my_loss, pairs=None):
    """A network of the plane, trained on fresh pairs of noise and ring, or on given ones."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    network = TimeMLP(2, 96)
    adam = torch.optim.Adam(network.parameters(), 8e-3)
    for k in range(steps):  # of training
        adam.param_groups[0]["lr"] = 8e-3 * cosine_decay(k / steps)
        if pairs is None:
            x, start, t = plane.RING.sample(256, rng=rng), torch.randn(256, 2, generator=rng), my_time(256, rng).float()
        else:
            some = torch.randint(0, len(pairs[0]), (256,), generator=rng)
            start, x, t = pairs[0][some], pairs[1][some], torch.rand(256, generator=rng)
        value = loss(lambda z, s: network(z, 1000 * s), x, start, t)
        adam.zero_grad()
        value.backward()
        adam.step()
    return network


def on_heaps(points):
    """The share of points within three standard deviations of a heap, and the heaps with a quarter of their due or more."""
    distance, nearest = torch.cdist(points.double(), plane.RING.modes).min(1)
    on = distance <= plane.RING.radius
    return on.double().mean().item(), int((torch.bincount(nearest[on], minlength=8) >= len(points) / 32).sum())


field = train_field(size["field_steps"])
learnt, starts = network_velocity(field), torch.randn(2000, 2, generator=rng)
table = {n: on_heaps(my_euler(learnt, starts, n)) for n in (1, 2, 4, 8, 16, 50)}
table_heun = {n: on_heaps(my_heun(learnt, starts, n)) for n in (4, 8, 25)}
for n, (on, heaps) in table.items():
    print(f"Euler, {n:2} steps, {n:2} evaluations: {on:4.0%} of the samples on a heap, {heaps} of 8 heaps found")
for n, (on, heaps) in table_heun.items():
    print(f"Heun,  {n:2} steps, {2 * n:2} evaluations: {on:4.0%} of the samples on a heap, {heaps} of 8 heaps found")

# %% tags=["claim"]
assert table[1][0] < 0.05 and table[50][0] > 0.8 and table[50][1] == 8 and table[2][0] < table[16][0] - 0.1

# %% [markdown]
# With one step nothing is on a heap; with fifty nearly all is. Here is the learnt field, computed in your browser from the weights of your
# network. Find two starts that lie close together and end on different heaps.

# %% tags=["touch"]
paths_explorer(field, data=data[:300], steps=4, title="The field that your loss has taught")

# %% [markdown]
# ## 7. Digits
#
# Nothing changes for images but the network: a U-Net, which also sees which digit is wanted. Your loss and your times train it on
# four thousand digits of MNIST (LeCun and others 1998). The dashed line is a baseline: your formula of section 3, with the mean and the
# spread of each pixel.

# %%
train_x, train_y = digits("train", source="mnist" if profile == "gpu" else "embedded")
test_x, test_y = digits("test", source="mnist" if profile == "gpu" else "embedded")


class MyFlow(FlowMatching):
    """Your loss, at your times."""

    def loss(self, x, y=None, *, rng=None):
        noise, t = randn(x.shape, like=x, rng=rng), my_time(len(x), rng).to(x)
        return {"loss": my_loss(lambda z, time: self.velocity(z, time, y), x, noise, t)}


def unit(x):
    """From [-1, 1] to grey values."""
    return ((x + 1) / 2).clamp(0, 1).cpu()


held_x, held_y = to_signed(test_x[:100]).to(device), test_y[:100].to(device)
held_rng = torch.Generator().manual_seed(seed)
held_noise, held_t = randn(held_x.shape, like=held_x, rng=held_rng), torch.linspace(0.02, 0.98, 100).to(device)
pixel_mean, pixel_std = (part.flatten().to(device) for part in (to_signed(train_x).mean(0), to_signed(train_x).std(0)))


def pixel_rule(z, t):
    """Your `best_velocity` for each image at its own time."""
    return torch.cat([my_velocity(row.flatten(1), s.item(), pixel_mean, pixel_std).view_as(row)
                      for row, s in zip(z.split(1), t, strict=True)])


def held_out(m):
    """Its loss on a hundred digits that it has not seen, at times all over."""
    return {"held_out": my_loss(lambda z, t: m.velocity(z, t, held_y), held_x, held_noise, held_t).item()}


baseline = my_loss(pixel_rule, held_x, held_noise, held_t).item()
ten = torch.arange(30, device=device) % 10

torch.manual_seed(seed)
model = MyFlow(UNet(1, width=size["width"], num_classes=10)).to(device)
batches = Batches(to_signed(train_x), train_y, size=size["batch"], rng=torch.Generator().manual_seed(seed))
live = LivePicture(lambda m: unit(m.sample(30, labels=ten, num_steps=8, rng=torch.Generator().manual_seed(seed))), columns=6,
                   measure=held_out, lines={"pixel by pixel": baseline}, alt="samples of the digits 0 to 9 from the same noise")
history = fit(model, batches, torch.optim.AdamW(model.parameters(), lr=2e-3), steps=size["steps"], schedule=cosine_decay, ema=0.995,
              clip=1.0, rng=torch.Generator().manual_seed(seed), watch=live, every=50,
              checkpoint=os.environ.get("GENLAB_CHECKPOINT"))  # a file, if a long run shall survive an interruption
model = history.ema  # the mean of the weights over the last few hundred steps makes better samples than the last weights
parameters = sum(p.numel() for p in model.parameters())
final = held_out(model)["held_out"]
print(f"{parameters:,} parameters, {len(history)} steps in {history.seconds:.0f} s; held-out loss {final:.3f}, pixel by pixel {baseline:.3f}")

# %% tags=["claim"]
assert final < 0.7 * baseline and final > 0.1

# %% [markdown]
# The loss stays well above 0, as it must. Now run the clock. Ten heaps of noise, one for each digit, become images.

# %% tags=["touch"]
frames = [unit(state) for state in model.trajectory(10, labels=ten[:10], num_steps=20, rng=torch.Generator().manual_seed(seed + 1))]
play(frames, titles=[f"t = {k / 20:.2f}" for k in range(21)], title="From noise to digits in 20 Euler steps")

# %% [markdown]
# How few steps will do? The *Fréchet distance* compares samples with training digits in the features of a small classifier (lesson 01):
# lower is better, and real held-out digits score the floor. A step of Euler's costs one evaluation of the network, one of Heun's two.

# %%
few = size["few"]  # samples for each point of the curve


def draw(n, steps, method="euler"):
    """n samples, as many of each digit, from the same noise for every setting."""
    rng, labels = torch.Generator().manual_seed(seed + 2), torch.arange(n, device=device) % 10
    parts = [unit(model.sample(len(part), labels=part, num_steps=steps, method=method, rng=rng)) for part in labels.split(100)]
    return torch.cat(parts)


scores = {("euler", k): metrics.digit_frechet(draw(few, k)) for k in size["counts"]}
scores |= {("heun", k): metrics.digit_frechet(draw(few, k, "heun")) for k in (1, 5) if 2 * k <= max(size["counts"])}
floor = metrics.real_floor(min(few, 1000)).value
for (method, k), value in scores.items():
    print(f"{method:>5}, {k:2} steps, {k * (1 + (method == 'heun')):2} evaluations: Fréchet distance {value:6.2f} at n = {few} "
          f"(real digits: {floor:.2f})")
curves = {method: [(k * (1 + (method == "heun")), value) for (m, k), value in scores.items() if m == method]
          for method in ("euler", "heun")}
plot_loglog({**{method: tuple(zip(*values, strict=True)) for method, values in curves.items()},
             "real digits": (size["counts"], [floor] * len(size["counts"]))}, x="evaluations of the network",
            y=f"Fréchet distance, n = {few}", alt="Fréchet distance over the number of evaluations: it falls steeply up to five or "
            "ten and is nearly flat afterwards, above the line of real digits")

# %% tags=["claim"]
assert scores["euler", 1] > 3 * scores["euler", 20] and scores["euler", 10] < 1.3 * scores["euler", 50]

# %%
n, steps_used = size["images"], size["counts"][-2]  # 20 steps at `cpu` and `gpu`
best = draw(n, steps_used)
frechet, best_floor = metrics.digit_frechet(best), metrics.real_floor(min(n, 1000)).value
heard = (metrics.predictions(best).argmax(1) == torch.arange(n) % 10).double().mean().item()
print(f"{steps_used} Euler steps: Fréchet distance {frechet:.2f} at n = {n} (real digits: {best_floor:.2f}); "
      f"{heard:.0%} are read as the digit that was asked for")
show_grid(best[:60], columns=20, scale=2, title=f"Made by your flow in {steps_used} steps: the first 60 samples, none left out",
          alt="Three rows of twenty digits drawn by the flow, labels 0 to 9 in turn")

# %% tags=["claim"]
assert 0.2 < heard < 1

# %% [markdown]
# Ten steps are nearly as good as fifty, and one is useless: from pure noise, the first step leads to the mean of all images of
# that digit. And not every sample is the digit that was asked for: the label is one voice among many things that the network has to
# hear.
#
# ## 8. One noise, ten digits
#
# A field can be followed backwards. So each image has a noise from which it comes. And the label is not in that noise,
# for we tell it to the network. What *is* in it? Take a digit that somebody wrote, go back under its own label, and look
# at what comes out in front of another label.

# %% tags=["figure"]
chosen = torch.tensor([4, 15, 2, 6, 9, 12])
hands, names = to_signed(test_x[chosen]).to(device), test_y[chosen].to(device)
rewound = [hands]
for k in range(20, 0, -1):
    with torch.no_grad():
        rewound.append(rewound[-1] - model.velocity(rewound[-1], k / 20, names) / 20)
show_grid([unit(state) for state in rewound[::4]], rows=[f"t = {1 - k / 20:.1f}" for k in range(0, 21, 4)], scale=2,
          title="Backwards, from digits to their noise",
          alt="Six rows: held-out digits at the top dissolve, row by row, into noise at the bottom")

# %% [markdown]
# In the last row one can still guess where the ink was. Fresh noise shows nothing of the kind: the way back is not perfect.
#
# In steps of $h$, with the labels $y_\text{old}$ and $y_\text{new}$:
#
# $$ \text{back, } t = 1, 1 - h, \ldots, h: \quad x \leftarrow x - h\, v(x, t, y_\text{old}); \qquad
# \text{forward, } t = 0, h, \ldots, 1 - h: \quad x \leftarrow x + h\, v(x, t, y_\text{new}) . $$
#
# **Exercise: another digit from the same noise** (4 points, about 15 minutes). The model is trained; this is an edit done with it.

# %%
# Exercise flowmatch-restyle
def restyle(velocity, x, old, new, steps):
    """Images back to their noise under one label, and forward from there under another, by Euler's steps.

    Args:
        velocity: velocity(x, t, labels) with one number t for all rows; answers shaped like x.
        x: images or points at t = 1, (B, ...).
        old, new: labels, (B,) each.
        steps: their number in each direction, at least 1; each asks once, at the place and time where it begins.

    Returns:
        Shaped like x.
    """
    ### BEGIN SOLUTION
    for k in range(steps, 0, -1):
        x = x - velocity(x, k / steps, old) / steps
    for k in range(steps):
        x = x + velocity(x, k / steps, new) / steps
    return x
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-restyle", restyle)

# %%
my_restyle = use("flowmatch-restyle", restyle)

# %% [markdown]
# The image's own noise speaks against the new label. So we also make the label louder: wherever it changes the velocity, the change is
# doubled. (This is a form of *guidance*. With a loudness of 1 it is the model itself.)

# %% tags=["picture"]
every, hand = torch.arange(10, device=device).repeat(len(hands)), hands.repeat_interleave(10, 0)
own = names.repeat_interleave(10)


def at_loudness(loud):
    """Each written digit under all ten labels."""
    def velocity(x, t, labels):
        with torch.no_grad():
            written = model.velocity(x, t, own)
            return written if labels is own else written + loud * (model.velocity(x, t, labels) - written)

    return unit(my_restyle(velocity, hand, own, every, 20))


made = {1: at_loudness(1), 2: at_loudness(2)}
rows = [torch.cat([unit(first[None]), torch.ones(1, 1, 28, 28), ten_made])
        for first, ten_made in zip(hands, made[2].split(10), strict=True)]
show_grid(rows, scale=2, titles=["written", "", *map(str, range(10))], title="One noise, ten digits (loudness 2)",
          alt="In each row a digit that a person wrote, and ten images made from its noise under the labels 0 to 9, many of them the "
              "digit that was asked for")

# %%
again = unit(my_restyle(lambda x, t, labels: model.velocity(x, t, labels).detach(), hands, names, names, 20))
came_back = (again - unit(hands)).square().mean().item()
obeyed = {loud: (metrics.predictions(images).argmax(1) == every.cpu()).double().mean().item() for loud, images in made.items()}
print(f"under its own label: mean squared difference {came_back:.4f} of grey values")
for loud, share in obeyed.items():
    print(f"loudness {loud}: {share:.0%} of {len(every)} images are read as the digit that was asked for")

# %% tags=["claim"]
assert came_back < 0.02 and obeyed[2] >= obeyed[1] and obeyed[2] > 0.5

# %% [markdown]
# Under its own label a digit comes back, nearly exactly. Under another one it changes into something else, and the louder label
# is heard at least as often. Look along a row: which traits does the noise keep? Nobody trained this code. Send your best row to a friend.
#
# ## 9. Straighten the paths
#
# Few steps miss because paths bend: they set out for the middle of the ring and turn to a heap later. Could the same ends
# be joined by straight lines? The pairs so far were drawn blindly, so they cross. But your trained flow makes *new* pairs: a point of
# noise and where it ends. Those cross no more. Train a second network on them, with the same loss. This is **reflow** (Liu,
# Gong and Liu 2022).

# %% tags=["figure"]
pair_noise = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(seed + 3))
pair_data = my_heun(learnt, pair_noise, 30)
straighter = train_field(size["field_steps"], pairs=(pair_noise, pair_data))
trails = {}
for name, network in (("first flow", field), ("after reflow", straighter)):
    velocity, x = network_velocity(network), starts[:400]
    trail = [x]
    for k in range(40):
        trail.append(trail[-1] + velocity(trail[-1], k / 40) / 40)
    trails[name] = torch.stack(trail)
plot_paths(trails, data=data[:200], lines=25,
           alt="Paths of the first flow bend: they go inwards first and turn to a heap later. After reflow they are nearly straight")

# %% [markdown]
# How straight is a path? Compare its velocity at each moment with the whole way, $x_1 - x_0$:
#
# $$ S = \int_0^1 \big\| (x_1 - x_0) - v(x_t, t) \big\|^2\, dt , $$
#
# here $x_t$ is on the *path*, and $x_1$ is its end. For a straight path at constant speed $S = 0$, and a single step is exact.
#
# **Exercise, extra: straightness** (3 points, about 12 minutes).

# %%
# Exercise flowmatch-straightness
def straightness(velocity, x, steps):
    """How much the paths from given starts bend: S along Euler's path, its integral as a mean over the steps.

    Args:
        velocity: velocity(x, t) with one number t for all rows; answers shaped like x.
        x: starts at t = 0, (B, ...).
        steps: of Euler's, at least 1.

    Returns:
        (B,): for each start, the squared differences, added over all values of a row.
    """
    ### BEGIN SOLUTION
    start, found = x, []
    for k in range(steps):
        found.append(velocity(x, k / steps))
        x = x + found[-1] / steps
    gaps = (x - start) - torch.stack(found)
    return gaps.square().flatten(2).sum(2).mean(0)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-straightness", straightness)

# %%
my_straightness = use("flowmatch-straightness", straightness)

# %%
bending = {}
for name, network in (("first flow", field), ("after reflow", straighter)):
    velocity = network_velocity(network)
    shares = {k: on_heaps(my_euler(velocity, starts, k))[0] for k in (1, 2, 4, 50)}
    bending[name] = (metrics.estimate(my_straightness(velocity, starts, 50)), shares)
    print(f"{name:>12}: S = {bending[name][0]}; on a heap with 1, 2, 4, 50 steps: {', '.join(f'{v:.0%}' for v in shares.values())}")

# %% tags=["claim"]
assert bending["after reflow"][0].value < bending["first flow"][0].value / 5
assert bending["after reflow"][1][1] > 0.5 > 0.1 > bending["first flow"][1][1]

# %% tags=["touch"]
paths_explorer(straighter, data=data[:300], steps=1, title="After reflow, one step is nearly enough")

# %% [markdown]
# One step now does what took many. The price: the second flow learns from the first one's samples, so it can be no better than they are.
#
# ## 10. Break it
#
# Four fields of the ring, trained alike with your loss. One is right. In one the target is the data $x_1$ instead of the velocity. In
# one the target points backwards. One network never hears the time. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
def data_target(network, x, noise, t):
    return my_loss(lambda z, s: network(z, s) - noise, x, noise, t)


SECRET = {"A": (data_target, 1), "B": (lambda network, x, noise, t: my_loss(lambda z, s: network(z, 0 * s), x, noise, t), 0),
          "C": (lambda network, x, noise, t: my_loss(lambda z, s: -network(z, s), x, noise, t), 1), "D": (my_loss, 1)}
ends_of, vital = {}, {}
for name, (loss, hears) in SECRET.items():
    velocity = network_velocity(train_field(size["faults_steps"], loss=loss))
    trail = [starts[:400]]
    for k in range(30):
        trail.append(trail[-1] + velocity(trail[-1], hears * k / 30) / 30)
    ends_of[name] = torch.stack(trail)
    vital[name] = (on_heaps(trail[-1])[0], trail[-1].norm(dim=1).median().item())
plot_paths(ends_of, data=data[:200], lines=12, title="Four fields: 400 ends each, and some of the paths",
           alt="Four panels A to D with the ring in the background, paths, and where 400 points of noise end")

# %%
# Exercise flowmatch-predict-faults
### BEGIN SOLUTION
A = "target is the data"
B = "time unseen"
C = "target backwards"
D = "none"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("flowmatch-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # or "none", "time unseen", "target backwards", "target is the data"

# %%
for name, (on, radius) in vital.items():
    print(f"{name}: {on:4.0%} of the samples on a heap, median distance from the middle {radius:.2f} (ring: 2)")

# %% tags=["claim"]
assert vital["D"][0] > 0.7 and all(vital[name][0] < vital["D"][0] - 0.15 for name in "ABC")

# %% [markdown]
# <details><summary>Why each picture looks as it does</summary>
#
# **A**, the target is the data: the network learns $\mathbb E[x_1 \mid x_t]$, a place, and it is followed as if it were a velocity. The noise from which
# a point came is never taken away, so heaps stay smeared and points run past the ring. **B**, time unseen: one field has to
# serve early times, which pull inwards, and late ones, which push outwards; the mean of both is right at no time. **C**, the target
# backwards: every arrow is turned around. Early arrows, which should lead to the middle, lead away from it, and late ones lead back:
# most points end in a knot where no data are, the others far out. **D** is right.
#
# The losses give nothing away: those of A and C are as low as they can be, for their own targets.
#
# </details>
#
# ## What you can do now
#
# You can turn any pairing of noise and data into a field, say what the best field is and why its loss stays above 0, follow it with a
# method of order one or two, run it backwards to edit an image, and straighten it. Can you do better than the bar below? Change one thing
# (uniform times, a wider network, more steps) and run again from *Digits*. Compare over seeds.

# %%
written = {"flowmatch-loss": flow_matching_loss, "flowmatch-velocity": best_velocity, "flowmatch-time": logit_normal_time,
           "flowmatch-euler": euler, "flowmatch-heun": heun, "flowmatch-restyle": restyle, "flowmatch-straightness": straightness}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
bar = size["bar"]
verdict = "no bar at this profile" if bar is None else "reached" if frechet <= bar else "missed"
print(f"Fréchet distance {frechet:.2f} with {steps_used} evaluations at n = {n}, bar {bar or '–'}: {verdict}")

began = time.perf_counter()
model.sample(100, labels=ten[:1].expand(100), num_steps=steps_used)
milliseconds = 10 * (time.perf_counter() - began)
measured = {"frechet_grey": (frechet, n), "parameters": (parameters, 1),
            "milliseconds_per_sample": (milliseconds, 100), "network_evaluations_per_sample": (steps_used, 1)}
measured |= metrics.digit_report(best).rows() if n > 5 else {}
for metric, (value, count) in measured.items():
    results.record(model="FlowMatching", metric=metric, value=value, n=count, lesson=lesson, seed=seed, profile=profile,
                   seconds=history.cpu_seconds)

# %% tags=["claim"]
assert frechet <= bar

# %% [markdown]
# **A race.** How good can digits get within a hundred seconds of processor time, training and drawing together? Write a function
# `train(images, labels, seconds, seed)` that returns `sample(n)` into a file of its own, and let `genlab speedrun mine.py` train it: with the same
# digits, seconds and judge for everybody ([rules](https://github.com/genlab-course/genlab/blob/main/docs/speedrun.md)). These are to be beaten; each ran once, on
# a busy machine:
#
# | entry | Fréchet distance | seeds | copies |
# |---|---|---|---|
# | `flow_adams.py` | 9.15 | 1 | 0.0% |
# | `flow_matching.py` | 16.39 | 1 | 0.0% |
# | `ddpm_small.py` | 35.46 | 1 | 0.0% |
# | *real digits* | 0.21 | – | – |
#
# `flow_matching.py` is this lesson's recipe. What would you spend the seconds on: a smaller network, more steps, fewer evaluations?

# %% [markdown]
# **What can go wrong.** *Samples are noisy blurs*: time runs the wrong way in the loss or in the sampler, or the network gets times in
# $[0, 1]$ where its embedding was made for thousands. *You wait for the loss to reach 0*: it cannot; look at samples, or compare
# with a baseline. *Twice the steps change nothing*: the error left is the network's, not the solver's.
#
# **Read on.** Lipman and others, *Flow matching for generative modeling* (arXiv:2210.02747); Liu, Gong and Liu, *Flow straight and fast* (arXiv:2209.03003),
# with reflow and straightness; Albergo and Vanden-Eijnden (arXiv:2209.15571) arrived at the same time.
#
# <details><summary>More reading</summary>
#
# Esser et al., *Scaling rectified flow transformers for high-resolution image synthesis* (arXiv:2403.03206), compare ways to draw the time. Karras et al., *Elucidating
# the design space of diffusion-based generative models* (arXiv:2206.00364), sample with Heun's steps. Diffusion models can be followed along a field of the same kind:
# Song et al. (arXiv:2011.13456) call it the probability flow. Tong et al. (arXiv:2302.00482) pair noise and data by optimal transport within a batch.
#
# </details>
#
# **Next:** lesson 40 draws a digit pixel by pixel, and says exactly how probable it was.
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `33_flow_matching.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
