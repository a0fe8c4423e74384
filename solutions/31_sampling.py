# %% [markdown]
# # Sampling from a diffusion model
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/31_sampling.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F31_sampling.ipynb)
#
# ![Rows of handwritten digits, drawn by a diffusion model in twenty steps each](attachment:31_sampling.png)
#
# *One network drew all of these, in twenty steps each. It was trained to take a thousand. How the steps are taken is
# this lesson's business; the network stays as it is.*
#
# Reading 20 minutes, coding 67, running 5; an extra exercise takes 25 minutes more. A good place to stop is before
# *Digits*. You need Python, a little PyTorch, the normal distribution, and lesson 30, which trains such a network.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "31_sampling"
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

from genlab import metrics, results
from genlab.data import digits, plane, to_signed
from genlab.display import (
    denoising_explorer,
    diffusion_explorer,
    play,
    plot_forces,
    plot_lines,
    plot_reverse_step,
    plot_walks,
    show_grid,
)
from genlab.display.clouds import kernel_denoiser, kernel_score
from genlab.models import samplers
from genlab.models.diffusion_bound import last_step_nats
from genlab.pretrained import digit_diffusion
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `smoke` and `stub` only show that every cell runs. The network comes trained with the
# package. The bar is the Fréchet distance of samples from 20 evaluations: lower is better.
SIZES = {
    "stub": dict(film=2, walkers=50, grid=(2,), long=(), images=8, best=8, held_out=2, times=3, painted=2, repeats=2, turns=2, bar=None),
    "smoke": dict(film=4, walkers=100, grid=(2, 4), long=(), images=30, best=30, held_out=2, times=20, painted=4, repeats=2,
                  turns=4, bar=None),
    "cpu": dict(film=12, walkers=1000, grid=(2, 5, 10, 20), long=(50,), images=400, best=1000, held_out=10, times=1000, painted=40,
                repeats=5, turns=20, bar=2.0),
    "gpu": dict(film=12, walkers=2000, grid=(2, 5, 10, 20), long=(50, 100, 1000), images=1000, best=1000, held_out=200,
                times=1000, painted=200, repeats=10, turns=50, bar=2.0),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"
model = digit_diffusion().to(device)

# %% [markdown]
# ## 1. From noise to digits
#
# Eight images of pure noise become eight digits, a 0, a 1 and so on: the network is told which. The upper row is $x$,
# the lower row what it guesses of the image behind it. Pull the slider, or press *Play*. Then choose another sampler:
# the noise at the start is the same, and so is the network. Which of the samplers ends on the same images as another
# one?
#
# Look at three places, and write down what you see: *noise*, *a blur* or *a digit*.

# %% tags=["touch"]
torch.manual_seed(seed)
start = torch.randn(8, 1, 28, 28, device=device)
in_turn, few = samplers.denoiser(model, torch.arange(8, device=device)), samplers.chain(model.alpha_bar, size["film"])
films = {"without noise (DDIM)": dict(eta=0.0), "with noise (DDPM)": dict(eta=1.0), "second order": dict(order=2)}
films = {name: list(samplers.trajectory(in_turn, start, few, **options)) for name, options in films.items()}
denoising_explorer(films)

# %%
# Exercise sampling-predict-first
### BEGIN SOLUTION
x_1 = "noise"
first_guess = "a blur"
last_guess = "a digit"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("sampling-predict-first", {"x after one step": x_1, "guess of the first step": first_guess, "guess of the last step": last_guess})

# %% [markdown]
# An exercise is a cell like the one above. Fill it in and run the check below it, which has three hints folded under
# it. A line `my_... = use(...)` hands your answer on, or the course's own until yours passes, so that everything below
# runs even if you skip one.
#
# ## 2. One step
#
# Two numbers stand behind all three samplers but the last: which times are visited, and how much fresh noise each step
# draws. In the plane the network can be spared. The data are small heaps around a few points, so the best guess of
# $x_0$ is known in closed form. Choose *back, with chance* and *back, without chance*, and pull the slider from 1 to 0.
# Which paths are smooth? Then draw data of your own.

# %% tags=["touch"]
torch.manual_seed(seed)
points = plane.MOONS.sample(120).double()
spread = 0.12
diffusion_explorer(points, spread=spread, way="path", time=1.0)

# %% [markdown]
# Now one single step, from a time with much noise to one with less. The guess $\hat x_0$ is green. The blue point $x_t$
# is that guess, shrunken, plus noise: the grey arrow, backwards. Red are the places where the step may end. What does
# the step on the left keep, that the one on the right draws anew?

# %% tags=["figure"]
torch.manual_seed(seed)


def denoise(x, signal):
    """The best guess of x_0 in the plane: (B, 2) -> (B, 2)."""
    return kernel_denoiser(points, spread, signal, x)


at, now, then = torch.tensor([[-2.3, -1.2]], dtype=torch.float64), 0.3, 0.75
guess = denoise(at, now)
clouds = {f"η = {eta:g}": samplers.reverse_step(at, guess, now, then, eta=eta, noise=torch.randn(200, 2, dtype=torch.float64))
          for eta in (0.0, 0.5, 1.0)}
plot_reverse_step(at[0], guess[0], now, then, clouds)

# %% tags=["claim"]
assert len(clouds["η = 0"]) == 1 and clouds["η = 1"].std(0).min() > 1.5 * clouds["η = 0.5"].std(0).max() > 0

# %% [markdown]
# In lesson 30, $x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \varepsilon$: of the variance,
# $\bar\alpha_t$ is *signal*. Whoever guesses $x_0$ has guessed the noise, too:
#
# $$ \hat\varepsilon = \frac{x_t - \sqrt{\bar\alpha_t}\, \hat x_0}{\sqrt{1 - \bar\alpha_t}} . $$
#
# At a later time $s$ (in the order of sampling, so $\bar\alpha_s > \bar\alpha_t$) both parts are mixed anew. Some of
# the noise may be fresh, $z \sim \mathcal N(0, I)$:
#
# $$ x_s = \sqrt{\bar\alpha_s}\, \hat x_0 + \sqrt{1 - \bar\alpha_s - \sigma^2}\; \hat\varepsilon + \sigma z, \qquad
# \sigma^2 = \eta^2\, \frac{1 - \bar\alpha_s}{1 - \bar\alpha_t} \Big(1 - \frac{\bar\alpha_t}{\bar\alpha_s}\Big) . $$
#
# At $\eta = 1$ this is the step of DDPM, also between times far apart. At $\eta = 0$ it is called DDIM (Song, Meng and
# Ermon 2021): the start decides all.
#
# <details><summary>Why any η will do</summary>
#
# Suppose $\hat x_0$ is $x_0$. Then $\hat\varepsilon$ is the noise $\varepsilon$ in $x_t$, standard normal. The new
# noise is a sum of two independent normal parts, whose variances add up to $1 - \bar\alpha_s$ for every σ. So $x_s$ has
# the law that training has shown to the network at time $s$. Training never asked how two times belong together, and
# every η is an answer. At $\eta = 1$, $\sigma^2$ is the variance of $q(x_s \mid x_t, x_0)$, Bayes' rule for a chain
# that forgets.
#
# </details>
#
# **Exercise: one step** (4 points, about 15 minutes).

# %%
# Exercise sampling-step
def reverse_step(x, clean, signal, next_signal, eta, noise):
    """One step towards the data.

    Args:
        x: at the time whose share of signal is `signal`, (B, ...).
        clean: the guess of x_0, like x.
        signal, next_signal: numbers, 0 < signal < next_signal ≤ 1, as small as 1e-6 and as near to 1 as 1 - 1e-4.
        eta: how much fresh noise, 0 … 1.
        noise: N(0, 1), like x.

    Returns:
        x at the time with `next_signal`, (B, ...); at next_signal = 1 exactly the guess.
    """
    ### BEGIN SOLUTION
    direction = (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
    variance = eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    kept = math.sqrt(max(1 - next_signal - variance, 0.0))
    return math.sqrt(next_signal) * clean + kept * direction + math.sqrt(variance) * noise
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("sampling-step", reverse_step)

# %%
my_reverse_step = use("sampling-step", reverse_step)

# %% [markdown]
# ## 3. The loop
#
# A sampler is that step in a loop. Each turn asks the network once, and that is all that costs anything. So which times
# should be visited? The network knows a thousand. Here are ten of them, evenly spread, with their shares of signal.

# %% tags=["figure"]
signals_of = model.alpha_bar.double().cpu()
ten = samplers.chain(signals_of, 10)
steps_drawn = torch.tensor([s for s in ten for _ in (0, 1)])
places = torch.linspace(999, 0, 11).repeat_interleave(2)[1:-1]
plot_lines([{"all 1000 times": (torch.arange(1000), signals_of), "a chain of 10": (places, steps_drawn)}],
           x="time t in training (noise at the right)", y="share of signal ᾱ",
           alt="The share of signal falls from 1 to 0 over a thousand times; a chain of ten times follows it in stairs")

# %% [markdown]
# The sampler never needs the times between. It only has to tell the step, truthfully, where it is and where it goes:
# the signal of the *next visited* time, not that of $t - 1$.
#
# **Exercise: the sampler** (4 points, about 12 minutes). From `x` through all of `signals` to data.

# %%
# Exercise sampling-sample
def sample(denoise, step, x, signals, eta):
    """All states from noise to data.

    Args:
        denoise: denoise(x, signal) guesses x_0, like x. It is what costs: one call for each time.
        step: step(x, clean, signal, next_signal, eta, noise), as `reverse_step`.
        x: noise to start from, (B, ...).
        signals: S numbers between 0 and 1 that increase: x is at the first; after the last come the data, at 1.
        eta: 0 … 1, for `step`.

    Returns:
        A list of S + 1 tensors like x: the start, the state after each step, the sample last.
    """
    ### BEGIN SOLUTION
    states = [x]
    for signal, next_signal in zip(signals, [*signals[1:], 1.0], strict=True):
        x = step(x, denoise(x, signal), signal, next_signal, eta, torch.randn_like(x))
        states.append(x)
    return states
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("sampling-sample", sample)

# %%
my_sample = use("sampling-sample", sample)

# %% [markdown]
# In the plane, with the best guess there is. Each walker starts at a blue point and ends at a red one.

# %%
torch.manual_seed(seed)
from_noise = torch.randn(size["walkers"], 2, dtype=torch.float64)
walks = {f"η = {eta:g}, {steps} steps": my_sample(denoise, my_reverse_step, from_noise, samplers.chain(signals_of, steps), eta)
         for steps in (5, 50) for eta in (0.0, 1.0)}
data = points[torch.randint(0, len(points), (2000,))] + spread * torch.randn(2000, 2, dtype=torch.float64)


def energy_distance(a, b):
    """2 E|a - b| - E|a - a'| - E|b - b'|: 0 if both have the same law, larger the more they differ."""
    within = [torch.cdist(v, v).sum() / (len(v) * (len(v) - 1)) for v in (a, b)]
    return (2 * torch.cdist(a, b).mean() - sum(within)).item()


off = {name: energy_distance(states[-1], data) for name, states in walks.items()}
for name, value in off.items():
    print(f"{name:>15}: energy distance from the data {value:.4f}")
plot_walks(walks, alt="Paths from noise to two moons: smooth without noise, jagged with noise")

# %% tags=["claim"]
assert off["η = 1, 5 steps"] > off["η = 0, 5 steps"] > max(off["η = 0, 50 steps"], off["η = 1, 50 steps"], 0.01)

# %% [markdown]
# With many steps both ways lead to the data. With five, fresh noise hurts: what a step adds, later steps must have time
# to remove.
#
# ## 4. The score, and an energy
#
# Here are the moons at three times, brighter where $q(x_t)$ is higher. The arrows point uphill. They are a denoiser in
# disguise: from each place towards the guess.

# %% tags=["figure"]
levels, panels = (0.9, 0.5, 0.1), {}
for signal in levels:
    wide = signal * spread**2 + 1 - signal

    def log_q(x, signal=signal, wide=wide):
        """Up to a constant."""
        return (-torch.cdist(x.double(), math.sqrt(signal) * points).square() / (2 * wide)).logsumexp(1)

    panels[f"signal {signal:g}"] = (log_q, lambda x, signal=signal: kernel_score(points, spread, signal, x), None)
plot_forces(panels, alt="Two moons that dissolve into a round cloud as the signal falls; at each noise level arrows point to where "
            "points are denser")

# %% [markdown]
# Are they the slope of the brightness? Automatic differentiation knows.

# %%
gaps = []
for log_q, arrows, _ in panels.values():
    leaf = from_noise[:20].clone().requires_grad_()
    slope, = torch.autograd.grad(log_q(leaf).sum(), leaf)
    gaps.append((slope - arrows(leaf.detach())).abs().max().item())
print(f"the largest difference between slope of log q and (√ᾱ guess - x)/(1 - ᾱ): {max(gaps):.0e}")

# %% tags=["claim"]
assert max(gaps) < 1e-6

# %% [markdown]
# The slope of $\log q(x_t)$ is called the **score**. For every distribution of data,
#
# $$ \nabla_{x_t} \log q(x_t) = \frac{\sqrt{\bar\alpha_t}\; \mathbb E[x_0 \mid x_t] - x_t}{1 - \bar\alpha_t}
# = -\frac{\mathbb E[\varepsilon \mid x_t]}{\sqrt{1 - \bar\alpha_t}} . $$
#
# A network that denoises best in the mean square therefore knows the score at every noise level, and nothing else is
# needed. In lesson 52 an *energy* is a function $E$ with $p(x) \propto e^{-E(x)}$, and its sampler uses only $-\nabla
# E$, the score. Here, too, there is an energy, $E_t = -\log q(x_t)$, one for each time. That is why diffusion is
# sometimes called energy-based. But the network gives the slope alone. Nothing forces its arrows to be the slope of any
# function, and no energy can be read off them.
#
# <details><summary>Where the formula comes from</summary>
#
# $q(x_t) = \int q(x_0)\, \mathcal N(x_t; \sqrt{\bar\alpha_t} x_0, 1 - \bar\alpha_t)\, dx_0$. Differentiate under the
# integral: the normal density brings down $(\sqrt{\bar\alpha_t} x_0 - x_t)/(1 - \bar\alpha_t)$. Divide by $q(x_t)$, and
# the integral is the mean of that under $q(x_0 \mid x_t)$.
#
# </details>
#
# **Predict.** All data are at the single point 0, on a line. At the time with signal $\bar\alpha = 0.75$, what is the
# score at $x_t = 2$?

# %%
# Exercise sampling-predict-score
### BEGIN SOLUTION
predicted_score = -8.0
### END SOLUTION

# %% tags=["nbval-check-output"]
check("sampling-predict-score", predicted_score)

# %% [markdown]
# ## 5. Second order
#
# Without noise the path is a curve, and a step of DDIM follows it as if the guess stayed what it is. Does it? Here is
# one walker's guess along its path. The axis is $\lambda = \tfrac12 \log \frac{\bar\alpha}{1 - \bar\alpha}$, in which
# noise goes away evenly.

# %% tags=["figure"]
def even(steps, low=-3.0, high=2.5):
    """A chain evenly spread in λ."""
    return torch.sigmoid(2 * torch.linspace(low, high, steps, dtype=torch.float64)).tolist()


fine_chain = even(401)
fine = list(samplers.trajectory(denoise, from_noise[:40], fine_chain))
curve = torch.stack([state.clean for state in fine[1:]])[:, :, 0]  # of all walkers, first coordinate
walker = int((curve[150] - curve[250]).abs().argmax())
lam = torch.linspace(-3, 2.5, 401)
marks = list(range(100, 301, 50))
stairs, line_x, line_y = curve.clone(), [], []
for k in marks:
    stairs[k:k + 50] = curve[k]
slope = (curve[200, walker] - curve[150, walker]) / 50
along = torch.arange(150, 251)
plot_lines([{"the guess": (lam, curve[:, walker]), "DDIM: as it is": (lam[100:301], stairs[100:301, walker]),
             "line through two guesses": (lam[along], curve[150, walker] + slope * (along - 150))}],
           x="λ (noise at the left, data at the right)", y="first coordinate of the guess",
           alt="A guess that changes smoothly along the path; stairs that follow it late; and a straight line through two of its "
               "values, which stays near it for another step")

# %% [markdown]
# The stairs are always late. The straight line through the last two guesses is nearer, and costs nothing: both are
# there already. In the middle of the step it has the value
#
# $$ D = \hat x_0 + \frac{h}{2 h'}\,(\hat x_0 - \hat x_0'), \qquad h = \lambda_s - \lambda_t, \quad h' = \lambda_t - \lambda' , $$
#
# where $\hat x_0'$ and $\lambda'$ belong to the time before. Use $D$ in place of the guess:
#
# $$ x_s = \frac{\sigma_s}{\sigma_t}\, x_t + \Big(\sqrt{\bar\alpha_s} - \sqrt{\bar\alpha_t}\, \frac{\sigma_s}{\sigma_t}\Big) D,
# \qquad \sigma = \sqrt{1 - \bar\alpha} . $$
#
# With $D = \hat x_0$ this is DDIM, sorted by $x_t$ and guess. It is one of the solvers called DPM-Solver++ (Lu et al.
# 2022).
#
# <details><summary>What is being solved</summary>
#
# With steps that become ever shorter, DDIM follows an ordinary differential equation, $\frac{d}{d\lambda}
# \frac{x}{\sigma} = e^\lambda\, \hat x_0$. So $\frac{x_s}{\sigma_s} = \frac{x_t}{\sigma_t} + \int e^{\lambda} \hat
# x_0\, d\lambda$, exactly. For a constant guess the integral is $(e^{\lambda_s} - e^{\lambda_t})\, \hat x_0$, and that
# is DDIM for steps of any length. For a guess that changes along a line, its value in the middle is right but for terms
# of third order.
#
# </details>
#
# **Predict.** With order 1, twice as many steps halve the error of the path. By which factor does it fall with order 2?

# %%
# Exercise sampling-predict-order
### BEGIN SOLUTION
predicted_order = 4
### END SOLUTION

# %% tags=["nbval-check-output"]
check("sampling-predict-order", predicted_order)

# %% [markdown]
# **Exercise: second order** (4 points, about 20 minutes).

# %%
# Exercise sampling-second-order
def second_order_step(x, clean, before, signals):
    """A step without noise that uses the last two guesses.

    Args:
        x: at the present time, (B, ...).
        clean, before: guesses of x_0, like x: the one made now, and the one made at the time before.
        signals: (before, present, next), three increasing numbers above 0; the last may be 1, the others are less.

    Returns:
        x at the next time, (B, ...). At signal 1, where λ is infinite, it is the present guess.
    """
    ### BEGIN SOLUTION
    _, signal, next_signal = signals
    if next_signal == 1:
        return clean
    past, now, then = (0.5 * math.log(s / (1 - s)) for s in signals)
    guess = clean + (then - now) / (2 * (now - past)) * (clean - before)
    shrink = math.sqrt((1 - next_signal) / (1 - signal))
    return shrink * x + (math.sqrt(next_signal) - math.sqrt(signal) * shrink) * guess
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("sampling-second-order", second_order_step)

# %%
my_second_order_step = use("sampling-second-order", second_order_step)

# %% [markdown]
# Did the prediction hold? The error is measured at the end of the path, against one of 1600 steps.

# %%
def second_order(denoise, x, signals):
    """The sample of a chain, by your steps; the first step has no guess before it and is of order 1."""
    before, zero = None, torch.zeros_like(x)
    for i, (signal, then) in enumerate(zip(signals, [*signals[1:], 1.0], strict=True)):
        clean = denoise(x, signal)
        x = (my_second_order_step(x, clean, before, (signals[i - 1], signal, then)) if i else
             my_reverse_step(x, clean, signal, then, 0.0, zero))
        before = clean
    return x


few_walkers = from_noise[:100]
wanted, errors = second_order(denoise, few_walkers, even(1600)), {"order 1": [], "order 2": []}
counts = (25, 50, 100, 200)
for steps in counts:
    paths = {"order 1": my_sample(denoise, my_reverse_step, few_walkers, even(steps), 0.0)[-1],
             "order 2": second_order(denoise, few_walkers, even(steps))}
    for name, end in paths.items():
        errors[name].append((end - wanted).norm(dim=1).median().item())
for name, values in errors.items():
    print(f"{name}: errors {', '.join(f'{e:.1e}' for e in values)} with {counts} steps; from 100 to 200 steps it falls by a "
          f"factor of {values[2] / values[3]:.1f}")
plot_lines([{name: (torch.tensor(counts).double().log2(), torch.tensor(values).log2()) for name, values in errors.items()}],
           x="log₂ of the number of steps", y="log₂ of the error",
           alt="Error over number of steps, both as powers of two: order 2 falls twice as steeply as order 1")

# %% tags=["claim"]
assert 1.7 < errors["order 1"][2] / errors["order 1"][3] < 2.4 and 3.2 < errors["order 2"][2] / errors["order 2"][3] < 5

# %% [markdown]
# ## 6. Digits
#
# Now the network: the U-Net of 656,292 weights that comes with the course. It predicts $v$ on the cosine schedule with
# 1000 times, and hears a label, which was left out of one image in seven during training; so it also draws without
# being asked for any digit. First your sampler's film, with fresh noise, asked for 0 to 5.

# %% tags=["touch"]
torch.manual_seed(seed)
noise = torch.randn(size["best"], 1, 28, 28, device=device)
labels = torch.arange(len(noise), device=device) % 10
film = my_sample(samplers.denoiser(model, labels[:6]), my_reverse_step, noise[:6], samplers.chain(signals_of, max(size["film"], 2)), 1.0)
play([frame.cpu().clamp(-1, 1) for frame in film], value_range=(-1, 1), title="Six digits on their way out of noise")

# %% [markdown]
# How many evaluations does a digit need? All samplers start from the same noise, and draw each digit equally often. The
# Fréchet distance compares samples with the training digits, as in lesson 01. Before you run the cell: where will the
# three curves meet?

# %%
some, floor = noise[:size["images"]], metrics.real_floor(size["images"]).value


def draw(name, steps, x):
    """Samples in [-1, 1] with so many evaluations each, by your steps."""
    guess, signals = samplers.denoiser(model, labels[:len(x)]), samplers.chain(signals_of, steps)
    if name == "second order":
        return second_order(guess, x, signals)
    return my_sample(guess, my_reverse_step, x, signals, 1.0 if "DDPM" in name else 0.0)[-1]


quality, drawn = {}, {}
for name in films:
    for steps in (*size["grid"], *(size["long"] if "DDPM" in name else ())):
        made = draw(name, steps, some).cpu()
        drawn[name, steps] = made
        quality[name, steps] = metrics.digit_frechet(made, data_range=(-1, 1))
for name in films:
    row = ", ".join(f"{steps}: {value:.2f}" for (who, steps), value in quality.items() if who == name)
    print(f"{name:>21}: Fréchet distance by evaluations {row} (n = {len(some)}, real digits {floor:.2f})")
plot_lines([{name: ([math.log10(s) for who, s in quality if who == name],
                    [math.log10(v) for (who, _), v in quality.items() if who == name]) for name in films}
            | {"real digits": ([math.log10(min(size["grid"])), math.log10(max(s for _, s in quality))], [math.log10(floor)] * 2)}],
           x="log₁₀ of evaluations", y="log₁₀ of Fréchet distance",
           alt="Fréchet distance over evaluations of the network for three samplers: all fall, and the line of real digits lies below")

# %% tags=["claim"]
assert all(quality["with noise (DDPM)", k] > quality["without noise (DDIM)", k] for k in (2, 5))
assert quality["with noise (DDPM)", 20] < quality["without noise (DDIM)", 20]
assert quality["with noise (DDPM)", 20] < 1.3 * quality["with noise (DDPM)", 50]
assert quality["second order", 5] < quality["without noise (DDIM)", 5]

# %%
fewest = size["grid"][0]
shown = [fewest, size["grid"][1] if len(size["grid"]) > 1 else fewest, size["grid"][-1]]
show_grid([drawn[name, steps][:10] for name in films for steps in shown], value_range=(-1, 1), scale=2,
          rows=[f"{name.split(' (')[0]}, {steps}" for name in films for steps in shown],
          title="The same ten starts, by sampler and number of evaluations",
          alt="Ten digits by three samplers with few and more evaluations: blurred at two, sharp at twenty")

# %% [markdown]
# Read the grid in rows. Without noise, the start decides all, and more evaluations sharpen the same image. With noise,
# each number of steps is another draw. With two or five evaluations noise hurts, as in the plane. From twenty on it helps:
# fresh noise covers earlier mistakes of the network, which a path without noise keeps.
#
# Twenty evaluations do nearly all that can be done with this network. For the bar, draw a thousand.

# %%
began = time.perf_counter()
samples = draw("without noise (DDIM)", max(size["grid"]), noise).cpu()
milliseconds = (time.perf_counter() - began) / len(samples) * 1000
frechet = metrics.digit_frechet(samples, data_range=(-1, 1))
report = metrics.digit_report(samples, data_range=(-1, 1)) if len(samples) > 10 else None
print(f"Fréchet distance {frechet:.2f} at n = {len(samples)} with {max(size['grid'])} evaluations, {milliseconds:.0f} ms a digit; "
      f"real digits {metrics.real_floor(len(samples)).value:.2f}")
print(report or "")

# %% tags=["picture"]
show_grid(samples[:48], columns=12, scale=2, value_range=(-1, 1), title="Twenty evaluations each: the first 48, none left out",
          alt="48 handwritten digits drawn by the diffusion model, nearly all of them clear")

# %% [markdown]
# ## 7. How many bits?
#
# A model with a likelihood could compress digits. For diffusion there is a bound. Sending $x$ costs: what the noisiest
# $x_T$ tells about $x$; what each step tells more; and the last step, to the exact grey values. Where are the bits?
# Here is a toy: data $\mathcal N(0, \tfrac14)$, and the denoiser that is best for them.

# %% tags=["figure"]
def best(x, signal, variance=0.25):
    """E[x_0 | x_t] for data N(0, variance)."""
    return math.sqrt(signal) * variance / (signal * variance + 1 - signal) * x


def snr(signal):
    return signal / (1 - signal)


long = samplers.chain(signals_of, 200)[:-1]
left = [(0.25 * (1 - s)) / (0.25 * s + 1 - s) for s in long]  # E (x - best guess)²
costs = [0.5 * (snr(s) - snr(t)) * e for t, s, e in zip(long, long[1:], left, strict=False)]
plot_lines([{"error of the guess, squared": (long, left)}, {"cost of the step": (long[1:], costs)}], x="share of signal ᾱ",
           y="squared error; nats", ylim=(0, 0.3), titles=["what the loss sees", "what it costs"],
           alt="On the left the error falls as the signal grows; on the right the cost of a step rises steeply near the data")

# %% [markdown]
# Near the data the error is tiny, and the price of it is not. With the signal-to-noise ratio $\mathrm{SNR} =
# \bar\alpha/(1 - \bar\alpha)$ and the variance of $q(x_s \mid x_t, x_0)$ for each step, the bound is
#
# $$ -\log p(x) \;\le\; \mathrm{KL}\big(q(x_T \mid x) \,\|\, \mathcal N(0, I)\big)
# + \sum_{t, s} \tfrac12 (\mathrm{SNR}_s - \mathrm{SNR}_t)\; \mathbb E \| x - \hat x_0(x_t) \|^2 + \text{last} . $$
#
# The sum runs over neighbours $t, s$ in the chain, as in lesson 30's loss, but with weights. The first part is known:
# for each value, $\mathrm{KL}(\mathcal N(m, v) \| \mathcal N(0, 1)) = \tfrac12 (m^2 + v - 1 - \log v)$ with $m =
# \sqrt{\bar\alpha_T}\, x$ and $v = 1 - \bar\alpha_T$.
#
# **Exercise, extra: bits per dimension** (5 points, about 25 minutes).

# %%
# Exercise sampling-bits
def bound_bits(denoise, x, signals, noise, last):
    """The bound on -log2 p(x), for each value of an image.

    Args:
        denoise: denoise(x_t, signal) guesses x_0; called once at each time but the last, on x_t made of x and noise.
        x: data, (B, ...).
        signals: T numbers between 0 and 1 that increase, T ≥ 1: from the noisiest time to the cleanest.
        noise: T tensors like x, N(0, 1): the noise to use at each time, in the same order.
        last: (B,), nats that the step from the cleanest time to x costs.

    Returns:
        Bits per dimension, (B,).
    """
    ### BEGIN SOLUTION
    first = signals[0]
    nats = 0.5 * (first * x**2 - first - math.log1p(-first)).flatten(1).sum(1) + last
    for signal, following, eps in zip(signals[:-1], signals[1:], noise[:-1], strict=True):
        guess = denoise(math.sqrt(signal) * x + math.sqrt(1 - signal) * eps, signal)
        gain = following / (1 - following) - signal / (1 - signal)
        nats = nats + 0.5 * gain * (x - guess).square().flatten(1).sum(1)
    return nats / x[0].numel() / math.log(2)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("sampling-bits", bound_bits)

# %%
my_bound_bits = use("sampling-bits", bound_bits)

# %% [markdown]
# First the toy, where the truth is known: the entropy of $\mathcal N(0, \tfrac14)$. Then digits that the network has
# never seen, without their labels.

# %%
torch.manual_seed(seed)
toy = 0.5 * torch.randn(20_000, 1, dtype=torch.float64)
entropy = 0.5 * math.log2(2 * math.pi * math.e * 0.25)
toy_bits = {}
for steps in (20, 100, 400):
    signals = even(steps, -5.0, 5.0)
    eps = [torch.randn_like(toy) for _ in signals]
    s = signals[-1]
    miss = toy - best(math.sqrt(s) * toy + math.sqrt(1 - s) * eps[-1], s)
    last = (0.5 * miss.square() / (1 - s) + 0.5 * math.log(2 * math.pi * (1 - s)))[:, 0]  # -log N(x; guess, 1 - ᾱ)
    toy_bits[steps] = metrics.estimate(my_bound_bits(best, toy, signals, eps, last))
    print(f"toy, {steps:3} times: at most {toy_bits[steps]} bits (entropy {entropy:.3f})")

any_digit = samplers.denoiser(model)  # without a label
x = to_signed(digits("test")[0][:size["held_out"]]).to(device)
signals = samplers.chain(signals_of, size["times"])
eps = [torch.randn_like(x) for _ in signals]
s = signals[-1]
guess = any_digit(math.sqrt(s) * x + math.sqrt(1 - s) * eps[-1], s)
last = last_step_nats(x, guess, math.sqrt(1 - s), data_range=(-1, 1))
bits = metrics.estimate(my_bound_bits(any_digit, x, signals, eps, last).cpu())
share = (last / x[0].numel() / math.log(2)).mean().item()
print(f"held-out digits, {size['times']} times: at most {bits} bits per pixel, {share:.2f} of them for the last step (n = {len(x)}; raw: 8)")

# %% tags=["claim"]
assert toy_bits[20].value > toy_bits[100].value > toy_bits[400].value > entropy - 0.05
assert toy_bits[400].value < entropy + 0.25 and bits.value < 8

# %% [markdown]
# On the toy the bound comes down towards the entropy as the chain grows. On digits it is far below 8 bits, and no
# record: it asks about the last grey level of each pixel, which nobody sees, and training hardly looked at times so
# near the data. Good samples and few bits are two different wishes.
#
# ## 8. Half a digit
#
# The network was trained on whole digits. Can it finish half of one? Run the sampler as always, but after each step
# overwrite what is *known* with the truth, at that time's noise. Look for lower halves that do not fit.

# %% tags=["figure"]
torch.manual_seed(seed)
halves = to_signed(digits("test")[0][[4, 0, 15, 2, 6, 7, 9, 12, 18]]).to(device)
upper = torch.zeros_like(halves, dtype=torch.bool)
upper[:, :, :14] = True
chain = samplers.chain(signals_of, size["turns"])
once = samplers.repaint(any_digit, torch.randn_like(halves), halves, upper, chain)
hidden = torch.where(upper, halves, torch.tensor(-0.3, device=device))
show_grid([hidden.cpu(), once.cpu()], rows=["seen", "finished"], value_range=(-1, 1), scale=2,
          alt="The upper halves of nine digits, and the whole digits that a single pass makes of them")

# %% [markdown]
# This is a shortcut. The known half comes from outside after each step, and the rest had no time to answer; when the
# noise is nearly gone, it is settled. RePaint (Lugmayr et al. 2022) gives it time. A step is undone, by going back from
# $s$ to $t$ as in training, and taken again:
#
# $$ x_s = \begin{cases} \sqrt{\bar\alpha_s}\, x^{\text{known}} + \sqrt{1 - \bar\alpha_s}\, z & \text{where seen} \\
# \text{as the step made it} & \text{elsewhere,} \end{cases} \qquad
# x_t = \sqrt{\tfrac{\bar\alpha_t}{\bar\alpha_s}}\, x_s + \sqrt{1 - \tfrac{\bar\alpha_t}{\bar\alpha_s}}\, z' . $$
#
# **Exercise: finish it** (5 points, about 20 minutes). `step` is a whole step of the sampler, the network's guess
# included.

# %%
# Exercise sampling-inpaint
def inpaint(step, x, known, seen, signals, repeats):
    """Samples that agree with what is seen.

    Args:
        step: step(x, signal, next_signal) takes all of x from one time to the next.
        x: noise to start from, (B, ...).
        known: data like x; where not seen, any finite numbers that play no role.
        seen: bool, like x.
        signals: S numbers between 0 and 1 that increase; after the last come the data, at 1.
        repeats: how often each step is taken, 1 or more; only the last one, to signal 1, is taken once. Between two turns
            of a step, and only there, all of x goes back to where the step began.

    Returns:
        (B, ...); where seen exactly `known`.
    """
    ### BEGIN SOLUTION
    for signal, next_signal in zip(signals, [*signals[1:], 1.0], strict=True):
        for turn in range(repeats if next_signal < 1 else 1):
            if turn:
                ratio = signal / next_signal
                x = math.sqrt(ratio) * x + math.sqrt(1 - ratio) * torch.randn_like(x)
            x = step(x, signal, next_signal)
            noisy = math.sqrt(next_signal) * known + math.sqrt(1 - next_signal) * torch.randn_like(x)
            x = torch.where(seen, noisy, x)
    return x
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("sampling-inpaint", inpaint)

# %%
my_inpaint = use("sampling-inpaint", inpaint)

# %% [markdown]
# Does it help? First where the answer is known: two numbers with correlation 0.9, of which the first is seen to be 1.5.
# The mean of the second is then 1.35.

# %%
torch.manual_seed(seed)
covariance = torch.tensor([[1.0, 0.9], [0.9, 1.0]], dtype=torch.float64)


def pair_step(x, signal, then):
    noisy = signal * covariance + (1 - signal) * torch.eye(2, dtype=torch.float64)
    clean = math.sqrt(signal) * x @ torch.linalg.solve(noisy, covariance)  # the best guess for these two numbers
    return my_reverse_step(x, clean, signal, then, 1.0, torch.randn_like(x))


pairs, of_pair = torch.tensor([[1.5, 0.0]]).double().repeat(4000, 1), torch.tensor([[True, False]]).repeat(4000, 1)
second = {turns: my_inpaint(pair_step, torch.randn_like(pairs), pairs, of_pair, samplers.chain(signals_of, 40), turns)[:, 1].mean().item()
          for turns in (1, 8)}
print(", ".join(f"{turns} turn{'s' if turns > 1 else ''} a step: mean {value:.2f}" for turns, value in second.items()), "(true: 1.35)")

# %% tags=["claim"]
assert abs(second[8] - 1.35) < 0.1 < 0.5 * abs(second[1] - 1.35) + 0.1 and abs(second[8] - 1.35) < abs(second[1] - 1.35) / 2

# %% [markdown]
# One turn underrates what is seen; eight are nearly right. And digits? Let the judge of lesson 01 say which digit a
# finished image is, and count how often that is the true one.

# %%
def finish(x, seen, repeats, labels=None):
    """Digits finished by your loop and your step, with fresh noise."""
    torch.manual_seed(seed)
    guess = samplers.denoiser(model, labels)
    return my_inpaint(lambda x, now, then: my_reverse_step(x, guess(x, now), now, then, 1.0, torch.randn_like(x)),
                      torch.randn_like(x), x, seen, chain, repeats)


many, truth = digits("test")
many, truth = to_signed(many[:size["painted"]]).to(device), truth[:size["painted"]]
half = upper[:1].expand(many.shape)
finished = {f"{k} turn{'s' if k > 1 else ''} a step": finish(many, half, k) for k in (1, size["repeats"])}
one_turn, more_turns = finished
judged = {"whole digit": many, **finished, "half hidden": torch.where(half, many, torch.tensor(-1.0, device=device))}
right = {}
for name, images in judged.items():
    said = metrics.predictions(images.cpu().clamp(-1, 1), data_range=(-1, 1)).argmax(1)
    right[name] = metrics.estimate((said == truth).double())
    print(f"{name:>15}: the true digit in {100 * right[name].value:.0f} ± {100 * right[name].error:.0f} % of {len(many)}")

# %% tags=["claim"]
assert min(right[name].value for name in finished) > right["half hidden"].value
assert abs(right[one_turn].value - right[more_turns].value) < 3 * (right[one_turn].error + right[more_turns].error)

# %% [markdown]
# Both finish most digits as what they were. Between them this judge and so few digits cannot decide: the upper half
# often leaves more than one digit open, and the judge calls every other one wrong.
#
# And one to show to a friend. The network also takes a label. The same upper half, finished as each of the ten digits:

# %%
upper_half = halves[[1, 2, 5]].repeat_interleave(10, 0)
as_each = finish(upper_half, upper[:1].expand(upper_half.shape), size["repeats"], torch.arange(10, device=device).repeat(3))
show_grid([part.cpu().clamp(-1, 1) for part in as_each.split(10)], titles=[str(k) for k in range(10)], value_range=(-1, 1), scale=2,
          title="One upper half, finished as each digit",
          alt="Three rows of ten images: the same upper half in each row, with lower halves that make a 0, a 1 and so on of it, as "
              "far as that is possible")

# %% [markdown]
# Some halves resist: no lower half closes the open top in the last row to a 0. The method asks for agreement, and a
# model of whole digits may have none to offer.
#
# ## 9. Break it
#
# Four samplers with the same network. One is right. In one, noise is added after the last step, too. In one, fresh
# noise is added in every step without making room for it (the root has lost its $\sigma^2$). In one, every image starts
# from the same noise. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
torch.manual_seed(seed + 1)


def no_room(x, clean, signal, then, eta, noise):
    sigma = math.sqrt((1 - then) / (1 - signal) * (1 - signal / then))
    return my_reverse_step(x, clean, signal, then, 0.0, noise) + sigma * noise


starts, short = torch.randn(12, 1, 28, 28, device=device), samplers.chain(signals_of, max(size["grid"]))
one_start = starts[:1].expand(starts.shape).clone()
ended = {"A": my_sample(any_digit, no_room, starts, short, 1.0)[-1],
         "B": my_sample(any_digit, my_reverse_step, starts, short, 1.0)[-1],
         "C": my_sample(any_digit, my_reverse_step, one_start, short, 0.0)[-1]}
finished_first = my_sample(any_digit, my_reverse_step, starts, short, 1.0)[-1]
ended["D"] = finished_first + 0.4 * torch.randn_like(starts)
show_grid([ended[name].cpu().clamp(-1, 1) for name in "ABCD"], rows=list("ABCD"), value_range=(-1, 1), scale=2,
          alt="Four rows of twelve images, one row for each sampler")

# %%
# Exercise sampling-predict-faults
### BEGIN SOLUTION
A = "no room for the noise"
B = "none"
C = "always the same start"
D = "noise after the last step"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("sampling-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # or "none", "always the same start", …

# %%
sure = {name: metrics.predictions(images.cpu().clamp(-1, 1), data_range=(-1, 1)).max(1).values.mean().item()
        for name, images in ended.items()}
apart = {name: images.flatten(1).std(0).mean().item() for name, images in ended.items()}
rim = {name: (images.cpu().clamp(-1, 1)[:, :, [0, 1, -2, -1]].mean().item() + 1) / 2 for name, images in ended.items()}
for name in ended:
    print(f"{name}: the judge is sure of its digit to {sure[name]:.0%}; the rim has {rim[name]:.0%} of white; pixels differ between "
          f"images by {apart[name]:.2f}")

# %% tags=["claim"]
assert apart["C"] < 1e-3 < apart["B"] and sure["B"] > sure["A"] and min(rim["A"], rim["D"]) > 3 * rim["B"]

# %% [markdown]
# <details><summary>Why each picture looks as it does</summary>
#
# **A**: each step leaves more noise than the network expects at that time. It takes the surplus for strokes, and no
# later step removes it. **B** is right. **C**: without noise in the steps, the start is the code of the image, and all
# have the same. **D**: the digit was finished, and then spoilt. The last step has $\sigma = 0$ for that reason.
#
# </details>
#
# ## What you can do now
#
# You can write the sampler of DDPM and DDIM with two numbers, follow the same path with fewer evaluations by a
# second-order step, say what a score is, bound the bits of an image, and let a model finish what it was never trained
# to finish. Can you do better than the bar below? Try times that are not evenly spread, such as evenly in $\lambda$, or
# an $\eta$ between.

# %%
written = {"sampling-step": reverse_step, "sampling-sample": sample, "sampling-second-order": second_order_step,
           "sampling-bits": bound_bits, "sampling-inpaint": inpaint}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points_so_far = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points_so_far:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
bar = size["bar"]
verdict = "no bar at this profile" if bar is None else "reached" if frechet <= bar else "missed"
print(f"Fréchet distance {frechet:.2f}, bar {bar or '–'}: {verdict}")

evaluations = max(size["grid"])
measured = {"frechet_grey": (frechet, len(samples)), "milliseconds_per_sample": (milliseconds, len(samples)),
            "network_evaluations_per_sample": (evaluations, 1), "parameters": (sum(p.numel() for p in model.network.parameters()), 1),
            "bound_bits_per_dim": (bits.value, len(x))}
measured |= report.rows() if report else {}
for metric, (value, count) in measured.items():
    results.record(model="diffusion, DDIM", metric=metric, value=value, n=count, lesson=lesson, seed=seed, profile=profile)

# %% tags=["claim"]
assert frechet <= bar

# %% [markdown]
# **What can go wrong.** *Grey grain on everything*: noise in the last step, or signals of the wrong neighbour. *Blurs*:
# too few steps, or the guess taken for the sample. *All digits alike*: one start for all. *White squares at the first
# step*: a network that predicts noise, divided by a signal of nearly 0; begin at a later time, or predict $v$.
#
# **Read on.** Song, Meng and Ermon, *Denoising diffusion implicit models* (arXiv:2010.02502). Lu and others,
# *DPM-Solver++* (arXiv:2211.01095). Karras and others, *Elucidating the design space of diffusion-based generative
# models* (arXiv:2206.00364), takes all samplers apart into a few choices.
#
# <details><summary>More reading</summary>
#
# Ho, Jain and Abbeel, *Denoising diffusion probabilistic models* (arXiv:2006.11239). Song and others, *Score-based
# generative modeling through stochastic differential equations* (arXiv:2011.13456), for scores and for the equation
# without noise. Kingma and others, *Variational diffusion models* (arXiv:2107.00630), for the bound. Lugmayr and
# others, *RePaint* (arXiv:2201.09865). Vincent, *A connection between score matching and denoising autoencoders*
# (2011), for section 4.
#
# </details>
#
# **Next:** lesson 32 asks the same network for a digit, and lets you say how strictly.
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked
# is the notebook from top to bottom. Hand in `31_sampling.ipynb` under this name, with the first line of each answer's
# cell (`# Exercise …`) as it is.
