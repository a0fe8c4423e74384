# %% [markdown]
# # Diffusion: DDPM
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/30_ddpm.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F30_ddpm.ipynb)
#
# ![Rows of handwritten digits, drawn by the model of this lesson](attachment:30_ddpm.png)
#
# *A network that can only guess what noise was added to an image made these digits, starting from nothing but noise.*
#
# Reading 25 minutes, coding 75, running 5. A good place to stop is before *A network that hears the time*. You need Python, a
# little PyTorch, and the normal distribution.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "30_ddpm"
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
from torch.distributions import Normal

from genlab import metrics, results
from genlab.data import Batches, digits, plane, to_signed
from genlab.display import LivePicture, diffusion_explorer, play, plot_bars, plot_lines, show_grid
from genlab.fit import cosine_decay, fit
from genlab.models import DiffusionModel, UNet
from genlab.models.diffusion_bound import diffusion_bound
from genlab.models.unet import fold, unfold
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains on all of MNIST (downloaded once), `smoke` and `stub` only show
# that every cell runs. The bar is the Fréchet distance of 1000 samples with 20 evaluations: lower is better.
SIZES = {
    "stub": dict(steps=1, width=8, images=4, held=4, chain=3, film=3, bound=2, bound_images=2, numbers=50, bar=None),
    "smoke": dict(steps=12, width=16, images=40, held=20, chain=8, film=5, bound=5, bound_images=4, numbers=2000, bar=None),
    "cpu": dict(steps=1500, width=48, images=1000, held=100, chain=50, film=17, bound=100, bound_images=20, numbers=20_000, bar=4),
    "gpu": dict(steps=30_000, width=64, images=1000, held=1000, chain=200, film=17, bound=1000, bound_images=100, numbers=20_000,
                bar=1.5),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"
checkpoint = os.environ.get("GENLAB_CHECKPOINT")  # a file's name, for a long run: interrupted, it goes on where it was

# %% [markdown]
# ## 1. Noise, and back
#
# The blue points are data. Pull the slider: noise is added, bit by bit, until nobody could say what they were. That
# takes no skill. Now choose one of the ways *back* and pull the slider from 1 to 0. The orange points begin as noise, and
# end where data are.
#
# Try both ways back, and *Draw my own data*. What do the ten orange paths look like, with chance and without?

# %% tags=["touch"]
torch.manual_seed(seed)
moons = plane.MOONS.sample(250)
diffusion_explorer(moons, title="Two half moons, noised and freed of noise")

# %%
# Exercise ddpm-predict-paths
### BEGIN SOLUTION
chance = "jagged"
without = "smooth"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-predict-paths", {"back, with chance": chance, "back, without chance": without})  # "smooth" or "jagged"

# %% [markdown]
# An exercise is a cell like the one above. Fill it in and run the check below it, which has three hints folded under
# it. A line `my_... = use(...)` hands your answer on, or the course's own until yours passes, so that everything
# below runs even if you skip one.
#
# ## 2. Into the noise, in one jump
#
# The same for images: a digit at five times between 0, where it is itself, and 999, where it is noise.

# %% tags=["figure"]
data = "mnist" if profile == "gpu" else "embedded"
train_x, train_y = digits("train", source=data)
test_x, test_y = digits("test", source=data)
T = 1000
torch.manual_seed(seed)
noise = torch.randn(1, 1, 28, 28)
curve = torch.cos(torch.arange(T + 1) / T * math.pi / 2) ** 2  # what is left of the variance, roughly
shown = torch.cat([curve[t].sqrt() * to_signed(test_x[7:8]) + (1 - curve[t]).sqrt() * noise for t in (0, 100, 300, 500, 700, 1000)])
show_grid(shown.clamp(-2, 2), value_range=(-2, 2), scale=3, titles=["0", "100", "300", "500", "700", "1000"],
          title="A digit on its way into noise", alt="A digit at six times: clear, grainy, hard to see, and noise")

# %% [markdown]
# Each step of the way shrinks what is there a little and adds a little noise, with a rate $\beta_t$ between 0 and 1:
#
# $$ x_t = \sqrt{1 - \beta_t}\; x_{t-1} + \sqrt{\beta_t}\; \varepsilon_t , \qquad \varepsilon_t \sim \mathcal N(0, I) . $$
#
# A sum of normal numbers is normal. So all steps together are one jump. With $\bar\alpha_t = \prod_{s \le t} (1 - \beta_s)$, the
# share of the data's variance that is left,
#
# $$ x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1 - \bar\alpha_t}\; \varepsilon . $$
#
# Code counts times $0 \dots T-1$ where papers write $1 \dots T$: at $t = 0$ one step has been made.
#
# **Predict.** Data have the standard deviation 0.5, and $\bar\alpha_t = 0.36$. What is the standard deviation of $x_t$?

# %%
# Exercise ddpm-predict-std
### BEGIN SOLUTION
predicted_std = math.sqrt(0.36 * 0.25 + 0.64)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-predict-std", predicted_std)

# %% [markdown]
# **Exercise: the jump** (2 points, about 8 minutes). In a batch each row has its own time.

# %%
# Exercise ddpm-q-sample
def q_sample(x_0, t, noise, alpha_bar):
    """Data noised to a time of their own.

    Args:
        x_0: data, (B, ...) with any number of dimensions, also (B,).
        t: the time of each row, (B,) whole numbers in 0 … T-1.
        noise: standard normal, shaped like x_0.
        alpha_bar: ᾱ of all times, (T,).

    Returns:
        x_t, shaped like x_0.
    """
    ### BEGIN SOLUTION
    kept = alpha_bar[t].view(-1, *[1] * (x_0.ndim - 1))
    return kept.sqrt() * x_0 + (1 - kept).sqrt() * noise
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-q-sample", q_sample)

# %%
my_q_sample = use("ddpm-q-sample", q_sample)

# %% [markdown]
# How fast should $\bar\alpha$ fall? Three answers. Which of them cannot work, if sampling begins with pure noise?

# %% tags=["figure"]
def left(beta):
    return (1 - beta).cumprod(0)


def plain_cosine(steps):
    """1 minus the ratio of neighbours on the cosine curve."""
    kept = torch.cos((torch.arange(steps + 1).double() / steps + 0.008) / 1.008 * math.pi / 2) ** 2
    return (1 - kept[1:] / kept[:-1]).clamp(max=0.999)


steps = 50
place = (torch.arange(steps) + 1) / steps
curves = {"linear, as for 1000 steps": left(torch.linspace(1e-4, 0.02, steps)),
          "linear, scaled": left((1000 / steps) * torch.linspace(1e-4, 0.02, steps)), "cosine": left(plain_cosine(steps))}
plot_lines([{name: (place, kept) for name, kept in curves.items()}], x="t / T, for T = 50", y="share of the variance that is left",
           alt="Three falling curves: one ends at 0.6, the two others at 0; the cosine falls more evenly than the scaled linear one")

# %% tags=["claim"]
assert curves["linear, as for 1000 steps"][-1] > 0.55 and max(curves["linear, scaled"][-1], curves["cosine"][-1]) < 1e-3

# %% [markdown]
# The paper's rates, $10^{-4}$ to $0.02$, are meant for 1000 steps. With 50 they leave 60 % of the data's variance, and a
# sampler that begins with pure noise begins where the network has never been. So they must be scaled by $1000 / T$. The
# *cosine* schedule (Nichol and Dhariwal 2021) prescribes $\bar\alpha$ instead, and wastes fewer steps on what is noise already:
#
# $$ \bar\alpha(u) \propto \cos^2\!\Big( \frac{u + 0.008}{1.008} \cdot \frac{\pi}{2} \Big), \quad u = \frac{t}{T}, \qquad
# \beta_t = 1 - \frac{\bar\alpha \text{ after the step}}{\bar\alpha \text{ before it}} . $$
#
# Both are bounded, $\beta \le 0.999$, lest nothing at all be left. One more number will be needed below, the
# variance $\tilde\beta_t = \beta_t\, (1 - \bar\alpha_{t-1}) / (1 - \bar\alpha_t)$.
#
# **Exercise: a schedule** (4 points, about 10 minutes). It goes where the model goes: onto another device, into a checkpoint.

# %%
# Exercise ddpm-schedule
class Schedule(nn.Module):
    """Four buffers, and no parameters. Each has `steps` numbers, computed in float64.

    Args:
        steps: T, at least 2.
        kind: "linear": β goes evenly from 1e-4 to 0.02, both times 1000 / steps. "cosine": T + 1 places u = 0, 1/T, …, 1
            on the curve above. In both β is at most 0.999.

    Buffers: `beta`; `alpha_bar`; `alpha_bar_prev`, ᾱ of the time before, which is 1 at time 0; `posterior_variance`, β̃.
    """

    def __init__(self, steps, kind):
        super().__init__()
        ### BEGIN SOLUTION
        if kind == "linear":
            beta = torch.linspace(1e-4, 0.02, steps, dtype=torch.float64) * 1000 / steps
        else:
            u = torch.arange(steps + 1, dtype=torch.float64) / steps
            kept = torch.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
            beta = 1 - kept[1:] / kept[:-1]
        beta = beta.clamp(max=0.999)
        alpha_bar = (1 - beta).cumprod(0)
        previous = torch.cat([torch.ones(1, dtype=torch.float64), alpha_bar[:-1]])
        self.register_buffer("beta", beta)
        self.register_buffer("alpha_bar", alpha_bar)
        self.register_buffer("alpha_bar_prev", previous)
        self.register_buffer("posterior_variance", beta * (1 - previous) / (1 - alpha_bar))
        ### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-schedule", Schedule)

# %%
MySchedule = use("ddpm-schedule", Schedule)

# %%
ends = {(kind, steps): MySchedule(steps, kind).alpha_bar[-1].item() for kind in ("linear", "cosine") for steps in (10, 50, 200, 1000)}
for (kind, steps), end in ends.items():
    print(f"{kind:>7}, {steps:4} steps: a share of {end:.1e} is left at the end")

# %% tags=["claim"]
assert all(end < 1e-3 for end in ends.values())

# %% [markdown]
# ## 3. One step back, if one knew
#
# Suppose somebody knows both ends: $x_0$, the clean number, and $x_t$. Where was $x_{t-1}$? The blue bell is what $x_0$ alone
# says of it, the orange one what $x_t$ alone says. Multiply them and you have the green one.

# %% tags=["figure"]
kept = MySchedule(10, "cosine").alpha_bar
x_0, x_t, line = 1.0, -0.6, torch.linspace(-3, 3, 601).double()
panels, titles = [], []
for t in (8, 5, 1):
    now, before = kept[t], kept[t - 1]
    alpha = now / before
    first = Normal(before.sqrt() * x_0, (1 - before).sqrt())
    last = Normal(x_t / alpha.sqrt(), ((1 - alpha) / alpha).sqrt())
    both = (first.log_prob(line) + last.log_prob(line)).exp()
    panels.append({"from x_0": (line, first.log_prob(line).exp()), "from x_t": (line, last.log_prob(line).exp()),
                   "from both": (line, both / (both.sum() * (line[1] - line[0])))})
    titles.append(f"t = {t} of 10")
plot_lines(panels, x="x at time t - 1", y="density", titles=titles, fill=True,
           alt="Three bells in each of three panels: far from the data the bell of both ends lies near that of x_t or between; "
               "near the data it lies at x_0 and is narrow")

# %% [markdown]
# A product of two bells is a bell: precisions add, and means are weighted by them. After some algebra,
#
# $$ q(x_{t-1} \mid x_t, x_0) = \mathcal N\!\Big( \frac{\sqrt{\bar\alpha_{t-1}}\, \beta_t}{1 - \bar\alpha_t}\, x_0 +
# \frac{\sqrt{1 - \beta_t}\, (1 - \bar\alpha_{t-1})}{1 - \bar\alpha_t}\, x_t,\;\; \tilde\beta_t I \Big), \qquad \bar\alpha_{-1} = 1 . $$
#
# <details><summary>The algebra</summary>
#
# $x_0$ says: mean $\sqrt{\bar\alpha_{t-1}}\, x_0$, precision $1/(1 - \bar\alpha_{t-1})$. $x_t = \sqrt{1 - \beta_t}\, x_{t-1} +
# \sqrt{\beta_t}\, \varepsilon$ says: mean $x_t / \sqrt{1 - \beta_t}$, precision $(1 - \beta_t)/\beta_t$. The sum of the precisions is
# $(1 - \bar\alpha_t) / (\beta_t (1 - \bar\alpha_{t-1})) = 1/\tilde\beta_t$, and the mean is $\tilde\beta_t$ times the sum of precision times mean.
#
# </details>
#
# **Exercise: the posterior** (4 points, about 12 minutes). What happens at $t = 0$?

# %%
# Exercise ddpm-posterior
def posterior(x_0, x_t, t, alpha_bar):
    """Mean and variance of q(x_{t-1} | x_t, x_0).

    Args:
        x_0, x_t: both (B, ...), with any number of dimensions.
        t: the time of each row, (B,) whole numbers in 0 … T-1.
        alpha_bar: ᾱ of all times, (T,).

    Returns:
        The mean, shaped like x_t, and the variance, (B, 1, ..., 1) with as many dimensions. At t = 0 they are x_0 and 0.
    """
    ### BEGIN SOLUTION
    shape = (-1, *[1] * (x_t.ndim - 1))
    kept = alpha_bar[t].view(shape)
    before = torch.where(t > 0, alpha_bar[(t - 1).clamp(min=0)], 1.0).view(shape)
    beta = 1 - kept / before
    mean = (before.sqrt() * beta * x_0 + (1 - beta).sqrt() * (1 - before) * x_t) / (1 - kept)
    return mean, beta * (1 - before) / (1 - kept)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-posterior", posterior)

# %%
my_posterior = use("ddpm-posterior", posterior)

# %% [markdown]
# ## 4. What to ask a network
#
# Nobody knows $x_0$, or there would be nothing to draw. But one can guess it, and the best guess is the mean of all images that
# could have become this $x_t$. If the four thousand training digits were all the digits there are, it could be computed: a
# weighted mean of them. Here it is, for the digit above.

# %% tags=["figure"]
torch.manual_seed(seed)
schedule = MySchedule(T, "cosine")
pool, one = to_signed(train_x[:4000]).flatten(1), to_signed(test_x[7:8])
seen, guesses, times = [], [], (980, 900, 700, 400, 100)
for t in times:
    at = torch.tensor([t])
    x_t = my_q_sample(one, at, noise, schedule.alpha_bar.float())
    now = schedule.alpha_bar[t].float()
    weight = (-(x_t.flatten(1) - now.sqrt() * pool).square().sum(1) / (2 * (1 - now))).softmax(0)
    seen.append(x_t.clamp(-2, 2) / 2)
    guesses.append((weight @ pool).view(1, 1, 28, 28))
show_grid([torch.cat(seen), torch.cat(guesses)], rows=["x_t", "best guess"], titles=[f"t = {t}" for t in times], value_range=(-1, 1),
          scale=3, title="The mean of all digits that could have become this",
          alt="Above a digit with less and less noise; below the weighted mean of the training digits: a blur at first, then a digit")

# %% [markdown]
# With much noise the best guess is a blur, the mean of nearly all digits. No step could end there and be sharp. But a *small*
# step towards it is right, and then one asks again.
#
# The guess has another face. Take the logarithm of the density of $x_t$. Its slope, the **score**, points from $x_t$ to
# $\sqrt{\bar\alpha_t}$ times the best guess (Tweedie's formula). Tick *arrows* off and on, and watch them turn from one far goal to many near ones as the time falls.

# %% tags=["touch"]
diffusion_explorer(moons, arrows=True, way="path", time=0.6, title="The score, and the paths that follow it")

# %% [markdown]
# Whoever knows $x_t$ and one of the following knows them all:
#
# $$ \begin{aligned} &x_0, \qquad \varepsilon = \frac{x_t - \sqrt{\bar\alpha_t}\, x_0}{\sqrt{1 - \bar\alpha_t}}, \\
# &v = \sqrt{\bar\alpha_t}\; \varepsilon - \sqrt{1 - \bar\alpha_t}\; x_0, \qquad
# \nabla \log q(x_t) = - \frac{\varepsilon}{\sqrt{1 - \bar\alpha_t}} . \end{aligned} $$
#
# (In a score, $\varepsilon$ is its mean, given $x_t$.) So a network may be asked for any of them. DDPM asks for the noise; $v$
# is due to Salimans and Ho (2022). Which is best? Suppose the network is off by 0.1, in each of its numbers. How far
# off is $x_0$?

# %% tags=["figure"]
now = schedule.alpha_bar
place = torch.arange(T)
plot_lines([{"asked for ε": (place, 0.1 * ((1 - now) / now).sqrt()), "asked for v": (place, 0.1 * (1 - now).sqrt()),
             "asked for x_0": (place, torch.full((T,), 0.1))}], x="time t", y="error of x_0", ylim=(0, 1),
           alt="The error of x_0 over time: constant if the network says x_0, bounded by 0.1 if it says v, and growing without "
               "bound towards the end if it says the noise")

# %% tags=["claim"]
assert 0.1 * ((1 - now[-1]) / now[-1]).sqrt() > 100 and (0.1 * (1 - now).sqrt()).max() <= 0.1

# %% [markdown]
# Near the end $x_t$ *is* the noise, so saying $\varepsilon$ is easy and says nothing of $x_0$: the first steps of a
# sampler would be thrown about. With $v$ that cannot happen.
#
# **Exercise: four ways to say it** (3 points, about 10 minutes).

# %%
# Exercise ddpm-convert
def convert(kind, value, x_t, alpha_bar):
    """All four from one of them.

    Args:
        kind: what `value` is: "clean" (x_0), "noise", "v" or "score".
        value: (B, ...), shaped like x_t.
        x_t: (B, ...).
        alpha_bar: ᾱ at each row's time, between 0 and 1, (B, 1, ..., 1): ready to be multiplied with x_t.

    Returns:
        x_0, noise, v and score, in this order, each shaped like x_t. No more is divided than must be: from "v" the first
        two are right at ᾱ = 1e-7 and at 1 - 1e-7, too.
    """
    ### BEGIN SOLUTION
    signal, scale = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    if kind == "clean":
        clean, noise = value, (x_t - signal * value) / scale
    elif kind == "v":
        clean, noise = signal * x_t - scale * value, scale * x_t + signal * value
    else:
        noise = value if kind == "noise" else -scale * value
        clean = (x_t - scale * noise) / signal
    return clean, noise, signal * noise - scale * clean, -noise / scale
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-convert", convert)

# %%
my_convert = use("ddpm-convert", convert)

# %% [markdown]
# ## 5. A network that hears the time
#
# One network serves all times, so it must be told $t$. A single number between 0 and 999 is a bad way: 17 and 18 look alike. A
# clock does better: a fast hand tells neighbours apart, slow hands tell early from late.

# %% tags=["figure"]
place = torch.arange(200.0)
hands = {f"frequency {rate:g}": (place, (place * rate).sin()) for rate in (1.0, 0.1, 0.01)}
plot_lines([hands], x="time t", y="sine of t times frequency", alt="Three sine waves over the time: a fast, a slower and a slow one")

# %% [markdown]
# **Exercise, extra: the clock** (2 points, about 10 minutes). With half = dim // 2, the frequencies are $10000^{-i/(\text{half} - 1)}$ for
# $i = 0, \dots, \text{half} - 1$: from 1 to 1/10000. What do you do with an odd dim?

# %%
# Exercise ddpm-embedding
def time_embedding(t, dim):
    """Sines of t times each frequency, then cosines of the same, then a 0 if dim is odd.

    Args:
        t: times, (B,), whole or real numbers, also repeated ones.
        dim: at least 4.

    Returns:
        (B, dim), floating.
    """
    ### BEGIN SOLUTION
    half = dim // 2
    rate = 10_000 ** (-torch.arange(half, dtype=torch.float64, device=t.device) / (half - 1))
    angle = t[:, None] * rate
    return F.pad(torch.cat([angle.sin(), angle.cos()], 1), (0, dim % 2))
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-embedding", time_embedding)

# %%
my_time_embedding = use("ddpm-embedding", time_embedding)

# %% [markdown]
# The network maps an image to an image. It has to see the whole (is this a 3 or an 8?) *and* every pixel. A **U-Net** does both:
#
# ```
# x ── enter ── fine ───────────── skip ─────────────▶ join ── merge ── leave ── v
#                 └─ down ─ coarse1 ─ attention ─ coarse2 ─ enlarge ─┘
# ```
#
# On the way down places get fewer and features more. At the bottom, where places are few, *attention* lets each look at all
# others. On the way up the fine features are put beside the enlarged ones, so no detail is lost.
#
# The blocks `fine`, `coarse1`, `coarse2` and `merge` are residual: their input plus two convolutions, each after a *group norm*.
# Between them the time's embedding scales and shifts every channel. The last convolution of each block, and `leave`, begin
# at 0: an untrained block does nothing, and an untrained network says 0. Before all that, squares of 2 × 2 pixels are folded into
# channels, which loses nothing and leaves every layer a quarter of the places.
#
# **Exercise: wire it** (3 points, about 10 minutes). You get the parts.

# %%
# Exercise ddpm-unet
def unet_forward(net, x, time):
    """What the network says of x.

    Args:
        net: has the parts of the drawing: `enter`, `down`, `attention` and `leave` take features alone; `fine`, `coarse1`,
            `coarse2` and `merge` are called as block(features, time).
        x: (B, C, H, W) with any sides, also odd ones.
        time: what the blocks hear, (B, D).

    Returns:
        (B, C, H, W). Enlarged is by nearest neighbours, to the size of the fine features; they are joined along the channels,
        the enlarged first.
    """
    ### BEGIN SOLUTION
    fine = net.fine(net.enter(x), time)
    coarse = net.coarse1(net.down(fine), time)
    coarse = net.coarse2(net.attention(coarse), time)
    up = F.interpolate(coarse, size=fine.shape[2:])
    return net.leave(net.merge(torch.cat([up, fine], 1), time))
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-unet", unet_forward)

# %%
my_unet_forward = use("ddpm-unet", unet_forward)


class MyUNet(UNet):
    """genlab's parts, wired by you, with your clock."""

    def forward(self, x, t):
        time = self.time(my_time_embedding(t, self.time_emb_dim).to(x))
        return unfold(my_unet_forward(self, fold(x, self.fold), time), self.fold)


# %% [markdown]
# ## 6. Train
#
# The likelihood of data has a bound, as for a VAE: a sum over all steps, to which section 8 comes back. Ho, Jain and Abbeel (2020)
# found that samples get better if each step counts the same. What is left is the **simple loss**: noise a batch, each row to a
# time of its own, and ask for what was added.
#
# $$ L = \mathbb E_{x_0,\, t,\, \varepsilon} \big\| \varepsilon - \varepsilon_\theta(x_t, t) \big\|^2 , \qquad \text{or the same with } v . $$
#
# **Predict.** A network answers 0, whatever it sees. What is its loss of the noise, as a mean over values?

# %%
# Exercise ddpm-predict-zero
### BEGIN SOLUTION
predicted_zero = 1.0
### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-predict-zero", predicted_zero)

# %% [markdown]
# **Exercise: the loss** (4 points, about 10 minutes).

# %%
# Exercise ddpm-loss
def ddpm_loss(network, x_0, alpha_bar, kind):
    """The simple loss of a batch: the mean over all values of the squared miss.

    Args:
        network: maps (x_t, t) to what it is asked for, shaped like x_t; called once, with t (B,) whole numbers.
        x_0: data, (B, ...) with any number of dimensions.
        alpha_bar: ᾱ of all times, (T,). Each row's time is drawn uniformly from 0 … T-1, its noise is standard normal.
        kind: "noise", or "v" for √ᾱ noise - √(1 - ᾱ) x_0.

    Returns:
        A single number, through which a gradient reaches the network.
    """
    ### BEGIN SOLUTION
    t = torch.randint(0, len(alpha_bar), (len(x_0),), device=x_0.device)
    kept = alpha_bar[t].view(-1, *[1] * (x_0.ndim - 1))
    noise = torch.randn_like(x_0)
    x_t = kept.sqrt() * x_0 + (1 - kept).sqrt() * noise
    target = noise if kind == "noise" else kept.sqrt() * noise - (1 - kept).sqrt() * x_0
    return ((network(x_t, t) - target) ** 2).mean()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-loss", ddpm_loss)

# %%
my_ddpm_loss = use("ddpm-loss", ddpm_loss)

# %%
torch.manual_seed(seed)
zero_loss = my_ddpm_loss(lambda x_t, t: torch.zeros_like(x_t), to_signed(test_x), schedule.alpha_bar.float(), "noise").item()
print(f"a network that says 0 pays {zero_loss:.3f} for the noise")

# %% tags=["claim"]
assert abs(zero_loss - 1) < 0.02

# %% [markdown]
# For the digits we ask for $v$. One design decision is left: the middle of the way, where a digit is decided, deserves more
# visits than the ends. Your loss draws times uniformly from the list that it gets, so we hand it a list in which middle times occur more often
# (the log of noise over signal is about normal; Esser et al. 2024).
#
# The live picture shows the loss and, as dots, the loss on held-out digits with fixed times and noise. The dashed lines are
# a network that says 0, and the best that knows no more than each pixel's mean and variance. With `ema` a second network follows:
# its weights are a moving average of the last few hundred steps', and it is the one to draw with. For a long run, name a file in
# `checkpoint` at the top.

# %% jupyter={"source_hidden": true} tags=["hide-input"]
torch.manual_seed(seed)
quantile = Normal(0.0, 1.0).icdf((torch.arange(T) + 0.5) / T)
often = (quantile.exp().atan() * 2 / math.pi * T).long().clamp(0, T - 1).to(device)  # the middle times more often


class MyDiffusion(DiffusionModel):
    """Your network and your loss on your schedule."""

    def loss(self, x, y=None, *, rng=None):
        return {"loss": my_ddpm_loss(lambda x_t, i: self.network(x_t, often[i.to(device)]), x, self.alpha_bar[often], "v")}


model = MyDiffusion(1, T, network=MyUNet(1, width=size["width"]), beta=schedule.beta, prediction="v", variance="small").to(device)
held = to_signed(test_x[:size["held"]]).to(device)
held_t = often[torch.linspace(0, T - 1, len(held)).long()]
held_x, held_noise = model.forward_diffusion(held, held_t)
held_v = model.velocity(held, held_t, held_noise)


@torch.no_grad()
def held_loss(model):
    return {"loss": F.mse_loss(model.network(held_x, held_t), held_v).item()}


spread = to_signed(train_x).var(0, keepdim=True).to(device)
signal = model.alpha_bar[often].view(-1, 1, 1, 1)
lines = {"says 0": held_v.square().mean().item(),
         "one bell for each pixel": sum((spread / (a * spread + 1 - a)).mean().item() for a in signal[::20]) / len(signal[::20])}

# %%
def as_images(x):
    """From [-1, 1] to images in [0, 1]."""
    return (x.clamp(-1, 1) + 1) / 2


def few(model, n=20):
    """A few digits in ten evaluations, without fresh noise, from the same noise each time."""
    return as_images(model.sample((n, 1, 28, 28), steps=min(10, T), eta=0.0, rng=torch.Generator(device).manual_seed(1)))


batches = Batches(to_signed(train_x), train_y, size=64, rng=torch.Generator().manual_seed(seed))
live = LivePicture(few, columns=5, measure=held_loss, lines=lines, alt="what the model makes of the same twenty noises")
history = fit(model, batches, torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.01), steps=size["steps"], clip=1.0,
              schedule=cosine_decay, ema=0.995, checkpoint=checkpoint, save_every=100, watch=live, every=100)
best = history.ema.eval()
parameters = sum(p.numel() for p in best.network.parameters())
raw_loss, held_out = held_loss(model.eval())["loss"], held_loss(best)["loss"]
print(f"{parameters:,} parameters, {len(history)} steps; held-out loss {held_out:.4f}, of the last step's weights {raw_loss:.4f}; "
      + ", ".join(f"{name} {value:.3f}" for name, value in lines.items()))

# %% tags=["claim"]
assert held_out < lines["one bell for each pixel"] / 2 < lines["says 0"] / 4

# %% [markdown]
# The loss never comes near 0, and it should not: from $x_t$ alone nobody can tell all of the noise. Drag the slider
# to see what the network knows at each time: on the left $x_t$, in the middle its guess of $x_0$, on the right what it takes for
# noise.

# %% tags=["touch"]
torch.manual_seed(seed)
sample, frames, words = to_signed(test_x[7:8]).to(device), [], []
noise = torch.randn_like(sample)
for t in torch.linspace(T - 1, 0, size["film"]).long().tolist():
    at = torch.tensor([t], device=device)
    x_t = model.q_sample(sample, at, noise)
    with torch.no_grad():
        said = best.network(x_t, at)
    clean, eps, _, _ = my_convert("v", said, x_t, best.alpha_bar[at].view(1, 1, 1, 1))
    frames.append(torch.cat([x_t, clean, eps]).clamp(-2, 2).cpu())
    words.append(f"t = {t}")
play(frames, titles=words, value_range=(-2, 2), strip=6, title="What the network sees, and what it makes of it")

# %% [markdown]
# ## 7. Sample
#
# All is there. Begin with noise. Ask for a guess of $x_0$, act as if it were true, and draw $x_{t-1}$ from your posterior. Then ask again.
#
# **Exercise: the sampler** (5 points, about 15 minutes). Write the whole chain.

# %%
# Exercise ddpm-sample
def ddpm_sample(predict, shape, alpha_bar):
    """Samples from the whole chain.

    Args:
        predict: the best guess of x_0, shaped like x_t, from (x_t, t) with t (B,) whole numbers, the same for all rows.
        shape: of the samples, (B, ...).
        alpha_bar: ᾱ of the chain's times, (T,) floating; T may be 1.

    Returns:
        Samples of this shape, with the dtype of alpha_bar. `predict` is asked T times, at T-1, …, 0, and no graph is built. Each
        step draws from q(x_{t-1} | x_t, x_0) with the guess for x_0; the step at time 0 gives the guess itself.
    """
    ### BEGIN SOLUTION
    x = torch.randn(shape, dtype=alpha_bar.dtype)
    with torch.no_grad():
        for t in reversed(range(len(alpha_bar))):
            kept, before = alpha_bar[t], alpha_bar[t - 1] if t > 0 else torch.ones_like(alpha_bar[0])
            beta = 1 - kept / before
            guess = predict(x, torch.full((shape[0],), t))
            mean = (before.sqrt() * beta * guess + (1 - beta).sqrt() * (1 - before) * x) / (1 - kept)
            x = mean + (beta * (1 - before) / (1 - kept)).sqrt() * torch.randn_like(x)
    return x
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-sample", ddpm_sample)

# %%
my_ddpm_sample = use("ddpm-sample", ddpm_sample)

# %% [markdown]
# Is the sampler right, whatever the network? For data $\mathcal N(0, s^2)$ the perfect guess is known,
# $\hat x_0 = \sqrt{\bar\alpha}\, s^2 x_t / (\bar\alpha s^2 + 1 - \bar\alpha)$, and the variance of each step follows from that of the last. Here $s = 0.5$.

# %%
s = 0.5


def exact_std(kept, large=False):
    """Standard deviation of the samples with the perfect guess, by the recursion of variances."""
    kept, variance = [1.0, *kept.tolist()], 1.0
    for t in range(len(kept) - 1, 0, -1):
        now, before = kept[t], kept[t - 1]
        beta, gain = 1 - now / before, math.sqrt(now) * s**2 / (now * s**2 + 1 - now)
        slope = (math.sqrt(before) * beta * gain + math.sqrt(1 - beta) * (1 - before)) / (1 - now)
        added = beta if large and t > 1 else beta * (1 - before) / (1 - now)
        variance = slope**2 * variance + added
    return math.sqrt(variance)


torch.manual_seed(seed)
lengths, measured_std = (5, 10, 20, 50, 100, 200), []
chains = {S: MySchedule(S, "linear").alpha_bar for S in lengths}
for kept in chains.values():
    gain = (kept.sqrt() * s**2 / (kept * s**2 + 1 - kept))[:, None]
    samples = my_ddpm_sample(lambda x, t, gain=gain: gain[t] * x, (size["numbers"], 1), kept)
    measured_std.append(samples.std().item())
exact = {name: torch.tensor([exact_std(kept, large) for kept in chains.values()]) for name, large in (("β̃, by the recursion", False),
                                                                                                     ("β instead, by the recursion", True))}
place = torch.tensor(lengths).double().log10()
plot_lines([{"your sampler": (place, torch.tensor(measured_std)), **{name: (place, values) for name, values in exact.items()},
             "the data": (place, torch.full((len(lengths),), s))}], x="log10 of the number of steps", y="standard deviation of samples",
           alt="With few steps samples scatter too little with the posterior's variance, too much with β; both go to 0.5 with "
               "more steps, and the sampler lies on the recursion")

# %% tags=["claim"]
assert max(abs(a - b) for a, b in zip(measured_std, exact["β̃, by the recursion"].tolist(), strict=True)) < 0.02
assert exact["β̃, by the recursion"][0] < 0.42 and exact["β instead, by the recursion"][0] > 0.55

# %% [markdown]
# Yours lies on the exact line. With few steps, samples scatter too little, since a guess was treated as the truth. With $\beta_t$ for
# the variance they scatter too much; the paper uses that, with 1000 steps. Now digits, by your sampler, with a chain that visits only
# some of the thousand times.

# %%
def part_of(steps):
    """A chain of so many of the T times: the times, and their ᾱ."""
    times = (torch.linspace(T / steps, T, steps).round().long() - 1)
    return times, best.alpha_bar.cpu()[times]


times, chain = part_of(size["chain"])


def guess(x, i):
    """x̂_0 of the trained network, in its range, at the chain's i-th time."""
    with torch.no_grad():
        return best.predict_clean(x.to(device), times[i].to(device)).cpu()


torch.manual_seed(seed)
mine = my_ddpm_sample(guess, (24, 1, 28, 28), chain)
show_grid(as_images(mine), columns=12, scale=2, title=f"By your sampler, in {len(chain)} steps",
          alt="Twenty-four digits, most of them clear")

# %% [markdown]
# Fewer steps are possible if no fresh noise is drawn, the second way back of section 1: $x_{t-1}$ is then made of the guess and of the
# noise that is already there (DDIM, which lesson 31 is about). So we draw a thousand digits with 20 evaluations each, and compare.

# %%
n = size["images"]
torch.manual_seed(seed)
began = time.perf_counter()
samples = as_images(torch.cat([best.sample((part, 1, 28, 28), steps=20, eta=0.0) for part in [50] * (n // 50) + [n % 50] if part])).cpu()
milliseconds = 1000 * (time.perf_counter() - began) / n
frechet, floor = metrics.digit_frechet(samples), metrics.real_floor(n).value
shares = torch.bincount(metrics.predictions(samples).argmax(1), minlength=10)
report = metrics.digit_report(samples).scores if n > 5 else {}
print(f"Fréchet distance {frechet:.2f} at n = {n} (real digits: {floor:.2f}); samples per digit {' '.join(map(str, shares.tolist()))}")
print(", ".join(f"{name} {float(value):.2f}" for name, value in report.items() if name in ("precision", "recall", "coverage")))
plot_bars({"yours, 20 evaluations": frechet, "real held-out digits": floor}, axis=f"Fréchet distance in digit features, n = {n}",
          title="Smaller is better")

# %% tags=["claim"]
assert floor < frechet and shares.min() > 0

# %% tags=["picture"]
show_grid(samples[:48], columns=12, scale=2, title="The first 48 samples, none left out",
          alt="48 images drawn by the model, most of them clear digits")

# %% [markdown]
# ## 8. The bound that was left behind
#
# The simple loss is no likelihood. The bound is, with *all* its terms (Ho, Jain and Abbeel 2020, equation 5):
#
# $$ -\log p(x_0) \le \underbrace{\mathrm{KL}\big(q(x_{T-1} \mid x_0) \,\|\, \mathcal N(0, I)\big)}_{\text{prior}} +
# \sum_{t \ge 1} \underbrace{\mathbb E\, \mathrm{KL}\big(q(x_{t-1} \mid x_t, x_0) \,\|\, p(x_{t-1} \mid x_t)\big)}_{\text{steps}} -
# \underbrace{\mathbb E \log p(x_0 \mid x_t\text{ at } t = 0)}_{\text{data}} . $$
#
# Divided by the number of pixels and by $\log 2$ it is in bits per dimension, comparable with other models of 256 grey levels.

# %%
class Fewer(nn.Module):
    """The network on a chain of some of its times."""

    def __init__(self, network, times):
        super().__init__()
        self.network, self.times = network, times

    def forward(self, x, i):
        return self.network(x, self.times[i])


torch.manual_seed(seed)
totals = []
for steps in (max(2, size["bound"] // 5), size["bound"]):
    some = part_of(steps)[0].to(device)
    shorter = DiffusionModel(1, steps, network=Fewer(best.network, some), beta=best.only(some).beta.cpu(), prediction="v",
                             variance="small").to(device)
    terms = diffusion_bound(shorter, held[:size["bound_images"]])
    bits = {name: metrics.estimate(values.cpu() / (784 * math.log(2))) for name, values in terms.items()}
    total = metrics.estimate(-terms["elbo"].cpu() / (784 * math.log(2)))
    totals.append(total.value)
    print(f"{steps} steps: " + ", ".join(f"{name} {bits[name].value:.4f}" for name in ("prior", "steps", "data")) +
          f"; together {total} bits per dimension")

# %% tags=["claim"]
assert bits["prior"].value < 1e-3 and totals[0] < totals[1] < 8

# %% [markdown]
# The prior costs next to nothing: the schedule leaves nothing of the data. Eight bits would be a model that knows nothing. A
# perfect network would get a tighter bound from more steps. Ours gets a looser one: near the data a step's variance is tiny, so that small errors of the guess
# cost bits, and the simple loss hardly minds them. In the paper, training on the bound gave slightly better bits on CIFAR-10
# (3.70 against 3.75) and much worse images (Fréchet inception distance 13.5 against 3.2): the bound spends itself on details that no eye sees.
#
# ## 9. From a scribble to a digit
#
# A chain can be entered half-way. Noise a drawing until its details are gone and its shape is not, and let the chain walk back (SDEdit; Meng et al.
# 2022). The later the start, the less of the drawing remains.
#
# **Exercise, extra: edit** (3 points, about 10 minutes).

# %%
# Exercise ddpm-edit
def edit(step, x, start, alpha_bar):
    """What the chain makes of a drawing.

    Args:
        step: step(x_t, t) draws x_{t-1}, with t (B,) whole numbers, the same for all rows; from time 0 it gives data.
        x: drawings, (B, ...).
        start: the time to which they are noised, a number in 0 … T-1. The first step is made from there.
        alpha_bar: ᾱ of the chain's times, (T,).

    Returns:
        (B, ...), after the step from time 0.
    """
    ### BEGIN SOLUTION
    x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x)
    for t in reversed(range(start + 1)):
        x = step(x, torch.full((len(x),), t))
    return x
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-edit", edit)

# %%
my_edit = use("ddpm-edit", edit)

# %% [markdown]
# Change the lines below, or add your own: each drawing is a list of strokes, each stroke a list of corners (across, down), from 0 to 28. A
# heart is a good question.

# %%
drawings = {
    "seven": [[(7, 7), (20, 7), (12, 22)]], "four": [[(9, 6), (8, 15), (20, 15)], [(17, 7), (17, 23)]],
    "three": [[(8, 6), (19, 6), (13, 13), (19, 19), (8, 22)]], "two": [[(8, 9), (13, 6), (19, 10), (8, 22), (20, 22)]],
    "zero": [[(14, 6), (20, 14), (14, 22), (8, 14), (14, 6)]], "letter A": [[(7, 23), (14, 5), (21, 23)], [(10, 16), (18, 16)]],
    "heart": [[(14, 22), (6, 12), (10, 7), (14, 11), (18, 7), (22, 12), (14, 22)]],
}


def drawn(strokes, thick=1.5):
    """An image (1, 28, 28) in [-1, 1]."""
    y, x = torch.meshgrid(torch.arange(28.0) + 0.5, torch.arange(28.0) + 0.5, indexing="ij")
    at, near = torch.stack([x, y], 2), torch.full((28, 28), 99.0)
    for stroke in strokes:
        for a, b in zip(torch.tensor(stroke[:-1]).float(), torch.tensor(stroke[1:]).float(), strict=True):
            along = (((at - a) * (b - a)).sum(2) / (b - a).square().sum()).clamp(0, 1)
            near = torch.minimum(near, (at - a - along[..., None] * (b - a)).norm(dim=2))
    return ((thick + 0.5 - near).clamp(0, 1) * 2 - 1)[None]


def step(x, i):
    mean, variance = my_posterior(guess(x, i), x, i, chain)
    return mean + variance.sqrt() * torch.randn_like(x)


torch.manual_seed(seed)
scribbles = torch.stack([drawn(strokes) for strokes in drawings.values()])
rows = {"drawn": scribbles}
for share in (0.5, 0.65, 0.8):
    rows[f"from {share:.0%} of the way"] = my_edit(step, scribbles, int(share * len(chain)) - 1, chain)
show_grid([as_images(row) for row in rows.values()], rows=list(rows), titles=list(drawings), scale=2, title="Scribbles, and what becomes of them",
          alt="Seven drawings made of straight lines; below, what the chain makes of them when it is entered at three times")

# %% [markdown]
# ## 10. Break it
#
# The same network, four samplers. One is right. One draws no fresh noise in its steps and goes only to the means. One always tells the network
# the same time, 500. One clamps the guess to [0, 1], though this network's images lie in [-1, 1]. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
def walk(fault):
    """Ten samples with a fault."""
    torch.manual_seed(seed)
    x = torch.randn(10, 1, 28, 28)
    for i in reversed(range(len(chain))):
        at = torch.full((len(x),), i)
        told = torch.full((len(x),), 500) if fault == "time stands still" else times[at]
        with torch.no_grad():
            said = best.network(x.to(device), told.to(device)).cpu()
        low = 0.0 if fault == "guess clamped to [0, 1]" else -1.0
        clean = my_convert("v", said, x, chain[at].view(-1, 1, 1, 1))[0].clamp(low, 1.0)
        mean, variance = my_posterior(clean, x, at, chain)
        x = mean + (0.0 if fault == "no fresh noise" else variance.sqrt()) * torch.randn_like(x)
    return x


SECRET = {"A": "time stands still", "B": "guess clamped to [0, 1]", "C": "none", "D": "no fresh noise"}
broken = {name: walk(fault) for name, fault in SECRET.items()}
show_grid([as_images(x) for x in broken.values()], rows=list(broken), scale=2, title="Four samplers: which fault made which?",
          alt="Four rows of ten images, A to D, made by the same network with different samplers")

# %%
# Exercise ddpm-predict-faults
### BEGIN SOLUTION
A = "time stands still"
B = "guess clamped to [0, 1]"
C = "none"
D = "no fresh noise"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("ddpm-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # "none", "no fresh noise", "time stands still", "guess clamped to [0, 1]"

# %%
for name, x in broken.items():
    print(f"{name}: mean {x.mean():+.2f}, darkest paper {x.amin():+.2f}, ink {(x > 0).float().mean():.0%} of the pixels, "
          f"difference from image to image {x.std(0).mean():.2f}")
print(f"digits: mean {held.mean():+.2f}, ink {(held > 0).float().mean():.0%}, difference {held.std(0).mean():.2f}")

# %% tags=["claim"]
assert broken["B"].min() > -0.01 > broken["C"].min() and abs(broken["C"].mean() - held.mean().cpu()) < 0.1
assert broken["D"].std(0).mean() < 0.7 * broken["C"].std(0).mean()

# %% [markdown]
# <details><summary>Why each row looks as it does</summary>
#
# **A**: at every step the network takes what it sees for an image of time 500. In the end it is not, and grain and thick strokes remain. **B**: the
# paper is -1, which a guess clamped to [0, 1] can never say. **C** is right. **D**: whatever the first noise was, nearly the same digit comes out. A mean lies
# nearer to the middle of all digits than a draw. Step after step that adds up, and the noise that keeps samples apart is missing.
#
# </details>
#
# ## What you can do now
#
# You can noise data in one jump, choose a schedule for any number of steps, say what one step back would be if one knew the end, turn a guess of
# one kind into any other, wire and train a U-Net that hears the time, and write the sampler. Can you do better than the bar? Change one thing,
# such as the times that are visited, the width or the steps, and run again from *Train*.

# %%
written = {"ddpm-q-sample": q_sample, "ddpm-schedule": Schedule, "ddpm-posterior": posterior, "ddpm-convert": convert,
           "ddpm-embedding": time_embedding, "ddpm-unet": unet_forward, "ddpm-loss": ddpm_loss, "ddpm-sample": ddpm_sample,
           "ddpm-edit": edit}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
bar = size["bar"]
verdict = "no bar at this profile" if bar is None else "reached" if frechet <= bar else "missed"
print(f"Fréchet distance {frechet:.2f} with 20 evaluations, bar {bar or '–'}: {verdict}")

measured = {"frechet_grey": (frechet, n), "parameters": (parameters, 1),
            "bits_per_dim_bound": (total.value, size["bound_images"]), "held_out_v_loss": (held_out, len(held)),
            "milliseconds_per_sample": (milliseconds, n), "network_evaluations_per_sample": (20, 1)}
measured |= metrics.digit_report(samples).rows() if n > 5 else {}
for metric, (value, count) in measured.items():
    results.record(model="DDPM, v-prediction", metric=metric, value=value, n=count, lesson=lesson, seed=seed, profile=profile,
                   seconds=history.cpu_seconds)

# %% tags=["claim"]
assert frechet <= bar

# %% [markdown]
# **What can go wrong.** *Grey or white paper*: data in [0, 1], or a guess clamped to it. *Grain that stays*: noise added at the last step, or
# times that are off by one. *Blobs*: the first steps divide by a $\sqrt{\bar\alpha}$ near 0; clamp the guess, or ask for $v$. *Samples worse than the loss
# promises*: you draw with the last step's weights in the middle of a run; take the average's.
#
# **Read on.** Ho, Jain and Abbeel, *Denoising diffusion probabilistic models* (arXiv:2006.11239): with this lesson behind you, all of it
# is readable. Nichol and Dhariwal, *Improved denoising diffusion probabilistic models* (arXiv:2102.09672), for schedules and the bound. Salimans and Ho,
# *Progressive distillation for fast sampling of diffusion models* (arXiv:2202.00512), for $v$.
#
# <details><summary>More reading</summary>
#
# Sohl-Dickstein et al. (arXiv:1503.03585), where it began. Song and Ermon (arXiv:1907.05600) and Song et al. (arXiv:2011.13456), from the score's side. Song, Meng
# and Ermon, *Denoising diffusion implicit models* (arXiv:2010.02502). Kingma et al., *Variational diffusion models* (arXiv:2107.00630). Meng et al., *SDEdit*
# (arXiv:2108.01073). Ronneberger, Fischer and Brox, *U-Net* (arXiv:1505.04597). Esser et al. (arXiv:2403.03206) on which times to train.
#
# </details>
#
# **Next:** lesson 31 takes a trained network and asks how few steps are enough; lesson 33 straightens the paths.
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `30_ddpm.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
