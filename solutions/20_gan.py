# %% [markdown]
# # Generative adversarial networks
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/20_gan.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F20_gan.ipynb)
#
# ![Rows of handwritten digits, some of them odd, made by the generator of this lesson](attachment:20_gan.png)
#
# *The network that made these digits has never seen a digit. It only heard from another network what was wrong with
# its last attempts.*
#
# Reading 20 minutes, coding 75, running 5. A good place to stop is before *Digits*. You need Python, a
# little PyTorch, and the gradient of a loss.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "20_gan"
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
from genlab.display import (
    LivePicture,
    line_best,
    line_game,
    line_logit,
    plot_bars,
    plot_lines,
    plot_surfaces,
    ring_game,
    show,
    show_grid,
    traversal,
)
from genlab.fit import cosine_decay, fit_adversarial
from genlab.layers import SideBySide, mlp
from genlab.models.adversarial import R1, R2, Hinge, LeastSquares, Relativistic, Wasserstein
from genlab.models.gan import GAN, Discriminator, Generator
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains on all of MNIST (downloaded once), `smoke` and `stub` only
# show that every cell runs. The bar is the Fréchet distance of 1000 samples: lower is better.
SIZES = {
    "stub": dict(steps=1, plain_steps=1, ring_steps=2, seeds_steps=1, faults_steps=1, images=40, tries=2, search=1, bar=None),
    "smoke": dict(steps=40, plain_steps=20, ring_steps=60, seeds_steps=20, faults_steps=20, images=100, tries=2, search=5,
                  bar=None),
    "cpu": dict(steps=1800, plain_steps=600, ring_steps=900, seeds_steps=1500, faults_steps=600, images=1000, tries=16,
                search=150, bar=25),
    "gpu": dict(steps=30_000, plain_steps=5000, ring_steps=2000, seeds_steps=3000, faults_steps=1000, images=1000, tries=32,
                search=400, bar=12),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
latent_dim = 100
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## 1. Two players on a line
#
# A forger paints, an expert judges. Neither knows the rules of painting; the expert has a pile of originals, and the
# forger has only the expert's verdict.
#
# Here is the whole game on a line. The blue bump is the data. The orange bump is what the **generator** $G$ makes.
# The green curve belongs to the **discriminator** $D$: at each place, its probability that a point found there is
# real. Press *D: one step*, then *G: one step*, in turn. Then try *Ten rounds*, and other learning rates. Can you make
# the orange bump circle around the blue one for ever?
#
# One experiment before the first formula. Press *Start again* and *D to its best*. Now tick and untick *saturating
# loss*, and look at the arrows and at the last number.

# %% tags=["touch"]
data_bump, first_bump = (1.5, 0.6), (-1.5, 0.8)
line_game(data_bump, g=first_bump)

# %%
# Exercise gan-predict-push
### BEGIN SOLUTION
unticked = "moves"
ticked = "hardly moves"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("gan-predict-push", {"-mean log D": unticked, "mean log(1 - D)": ticked})  # G's bump "moves" or "hardly moves"

# %% [markdown]
# An exercise is a cell like the one above. Fill it in and run the check below it, which has three hints folded under
# it. A line `my_... = use(...)` hands your answer on, or the course's own until yours passes, so that everything
# below runs even if you skip one.
#
# ## 2. The best possible D
#
# How good can the expert be? Here are three forgers, and for each the curve that no expert can beat. Before you read
# on: what does the green curve do where the two bumps cross?

# %% tags=["figure"]
x = torch.linspace(-4, 4, 801, dtype=torch.float64)
width = (x[1] - x[0]).item()
p = Normal(*data_bump).log_prob(x).exp()
panels, titles = [], ["far away", "close", "the same"]
for bump in ((-1.5, 0.8), (0.7, 0.8), data_bump):
    g = Normal(*bump).log_prob(x).exp()
    panels.append({"data p": (x, p), "made g": (x, g), "best D": (x, torch.sigmoid(line_logit(line_best(data_bump, bump), x)))})
plot_lines(panels, x="x", y="density; probability", titles=titles,
           alt="Two bumps and the best D for three generators: a steep step where the bumps are apart, a slope where they "
               "overlap, flat at one half where they are the same")

# %% [markdown]
# At a place $x$, some points come from the data and some from $G$. Their shares are as $p(x)$ to $g(x)$. Whoever
# must bet on *real* does best with the share of the real ones:
#
# $$ D^*(x) = \frac{p(x)}{p(x) + g(x)} . $$
#
# The bets are paid by the logarithm, as in lesson 10: $D$ gains $\log D(x)$ on data and $\log(1 - D(x))$ on samples. The
# game is
#
# $$ \min_G \max_D V, \qquad V = \mathbb E_{x \sim p}\big[\log D(x)\big] + \mathbb E_{x \sim g}\big[\log(1 - D(x))\big] . $$
#
# <details><summary>Why no other D is better</summary>
#
# $V = \int p(x) \log D(x) + g(x) \log(1 - D(x))\, dx$, and $D(x)$ may be chosen for each $x$ by itself. The function
# $a \log y + b \log(1 - y)$ has the slope $a/y - b/(1 - y)$, which is 0 at $y = a/(a + b)$ only, and there it is concave.
#
# </details>
#
# **Predict.** Suppose $G$ has reached the data, $g = p$, and $D$ is at its best. What is $D$'s *loss*, $-V$, in nats?

# %%
# Exercise gan-predict-guess
### BEGIN SOLUTION
predicted_guess = 2 * math.log(2)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("gan-predict-guess", predicted_guess)

# %% [markdown]
# So a perfect generator leaves $D$ a loss of 1.386, whatever the data are. How does the loss of the best $D$ depend
# on how far the two bumps are apart?

# %% tags=["figure"]
apart, curves = torch.linspace(0, 4, 81).double(), {}
for spread in (0.6, 0.2):
    losses = []
    for distance in apart:
        at = torch.linspace(-8, 12, 8001, dtype=torch.float64)
        real, made = Normal(0, spread).log_prob(at), Normal(distance, spread).log_prob(at)
        costs = real.exp() * F.softplus(made - real) + made.exp() * F.softplus(real - made)
        losses.append(costs.sum() * (at[1] - at[0]))
    curves[f"bumps of width {spread}"] = (apart, torch.stack(losses))
curves["2 log 2"] = (apart, torch.full_like(apart, 2 * math.log(2)))
plot_lines([curves], x="distance of the two bumps", y="loss of the best D (nats)",
           alt="The loss of the best D falls from 1.386 at distance 0 to 0, for narrow bumps already at distance 1")

# %% tags=["claim"]
assert abs(curves["bumps of width 0.6"][1][0] - 2 * math.log(2)) < 1e-6
assert curves["bumps of width 0.2"][1][30] < 0.01 and curves["bumps of width 0.6"][1][-1] < 0.01

# %% [markdown]
# The curve is a distance in disguise. With the mixture $m = (p + g)/2$,
#
# $$ V(D^*) = \mathrm{KL}(p \,\|\, m) + \mathrm{KL}(g \,\|\, m) - 2 \log 2 = 2\, \mathrm{JSD}(p, g) - 2 \log 2 . $$
#
# The *Jensen–Shannon divergence* is 0 for equal distributions and at most $\log 2$. A generator that plays against a
# perfect $D$ lowers it. But look at the flat end: once the bumps have parted, the distance no longer says *how far*.
#
# **Exercise: the best response** (3 points, about 15 minutes). Densities are given on a grid of cells. Some cells are
# empty in one of them, or in both.

# %%
# Exercise gan-best-response
def best_response(p, g, width):
    """The best discriminator between two densities, and what the game is worth against it.

    Args:
        p, g: densities of data and of samples in N cells, (N,), at least 0.
        width: of each cell.

    Returns:
        D* in each cell, (N,), and ½ where both densities are 0; and the value V(D*) in nats, a single number,
        with 0 log 0 = 0. Both are finite, also where g is so small that D* rounds to 1.
    """
    ### BEGIN SOLUTION
    total = p + g
    real = torch.where(total > 0, p / total, 0.5)
    made = torch.where(total > 0, g / total, 0.5)
    value = (torch.xlogy(p, real) + torch.xlogy(g, made)).sum() * width
    return real, value
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("gan-best-response", best_response)

# %%
my_best_response = use("gan-best-response", best_response)

# %%
for name, bump in zip(titles, ((-1.5, 0.8), (0.7, 0.8), data_bump), strict=True):
    value = my_best_response(p, Normal(*bump).log_prob(x).exp(), width)[1]
    print(f"{name:>9}: V = {value:.3f} nats, so the Jensen-Shannon divergence is {value / 2 + math.log(2):.3f} "
          f"(at most {math.log(2):.3f})")

# %% [markdown]
# ## 3. What each player minimises
#
# $D$'s output is a logit $\ell$, and $D = \operatorname{sigmoid}(\ell)$. The game tells $G$ to minimise the mean of
# $\log(1 - D)$. In practice one minimises the mean of $-\log D$ instead. Both want $D$ to say *real*. Where is the
# difference? Early in training $D$ is sure, so look at the left end.

# %% tags=["figure"]
l = torch.linspace(-8, 8, 321)
plot_lines([{"the game: log(1 - D)": (l, -F.softplus(l)), "in practice: -log D": (l, F.softplus(-l))}],
           x="logit ℓ of a sample", y="loss of G (nats)",
           alt="Two losses over the logit of a sample. The game's is flat on the left, where D is sure that it is made, and "
               "that of practice is steep there; on the right it is the other way round")

# %% [markdown]
# On the left, where $D$ has seen through a sample, the game's loss is flat: no slope, no lesson. It is called
# *saturating*. The other one pulls hardest just there. It has the same fixed point and no name of its own but
# *non-saturating*:
#
# $$ L_D = -\mathbb E_x \log D(x) - \mathbb E_z \log\big(1 - D(G(z))\big), \qquad L_G = -\mathbb E_z \log D(G(z)) . $$
#
# **Predict.** For a sample with $D = 0.01$, how many times steeper in $\ell$ is $-\log D$ than $\log(1 - D)$?

# %%
# Exercise gan-predict-steeper
### BEGIN SOLUTION
predicted_steeper = 99
### END SOLUTION

# %% tags=["nbval-check-output"]
check("gan-predict-steeper", predicted_steeper)

# %% [markdown]
# **Exercise: the losses** (4 points, about 15 minutes). Lesson 10 met a sigmoid that rounds to 1. A discriminator
# that wins is such a case every day.

# %%
# Exercise gan-losses
def gan_losses(real, fake):
    """Losses of both players from D's logits, in nats.

    Args:
        real: logits of data, (B,).
        fake: logits of samples, (N,); N may differ from B. Logits may be of any size, such as ±150.

    Returns:
        (L_D, L_G): two single numbers through which gradients reach the logits; L_G is the non-saturating loss.
    """
    ### BEGIN SOLUTION
    d_loss = F.softplus(-real).mean() + F.softplus(fake).mean()
    g_loss = F.softplus(-fake).mean()
    return d_loss, g_loss
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("gan-losses", gan_losses)

# %%
my_gan_losses = use("gan-losses", gan_losses)

# %% [markdown]
# Nothing forces $D$ to bet by logarithms. Here is what several published discriminators pay for the logit of a *real*
# image, all drawn by the objects that the trainer takes.

# %% tags=["figure"]
one_by_one = {"non-saturating": lambda r, f: my_gan_losses(r, f)[0], "hinge": Hinge().discriminator,
              "least squares": LeastSquares().discriminator, "Wasserstein": Wasserstein().discriminator,
              "relativistic, f = 0": Relativistic().discriminator}
none = torch.zeros(1)
shapes = {name: (l, torch.stack([loss(one.view(1), none) - loss(none, none) for one in l]))
          for name, loss in one_by_one.items()}
plot_lines([shapes], x="logit of a real image", y="D's loss, less that at 0", ylim=(-3, 5),
           alt="Five losses over the logit of a real image: two fall and level off smoothly, one has a corner at 1, one is a "
               "parabola around 1, one a straight line")

# %% [markdown]
# A loss is a pair. With logits $r$ of data and $f$ of samples:
#
# $$ \begin{aligned}
# \text{hinge:}\quad & \textstyle L_D = \max(0, 1 - r) + \max(0, 1 + f), & L_G &= -f \\
# \text{least squares:}\quad & \textstyle L_D = \tfrac12 (r - 1)^2 + \tfrac12 f^2, & L_G &= \tfrac12 (f - 1)^2 \\
# \text{Wasserstein:}\quad & L_D = f - r, & L_G &= -f \\
# \text{relativistic:}\quad & L_D = \operatorname{softplus}(f - r), & L_G &= \operatorname{softplus}(r - f)
# \end{aligned} $$
#
# The Wasserstein line has no bottom, so its $D$ must be held back in another way: its weights are
# clipped, or its slope is penalised. The relativistic pair asks only whether data look *more* real than samples.
#
# ## 4. One step of each
#
# Now $G$ and $D$ are networks, and the data are eight heaps on a ring. Here $D$ has learnt to tell them from a round cloud.
# The arrows show what a generator of that cloud would feel: the slope of $D$'s logit at its samples.

# %% jupyter={"source_hidden": true} tags=["hide-input"]
leaky, batch = (lambda: nn.LeakyReLU(0.2)), 128


def players(seed, latent=2):
    """A generator and a discriminator for points in the plane."""
    torch.manual_seed(seed)
    return mlp(latent, 32, 32, 2, activation=leaky), mlp(2, 32, 32, 1, activation=leaky)


def adam(network, lr, momentum=0.5):
    return torch.optim.Adam(network.parameters(), lr, betas=(momentum, 0.99))


# %% tags=["figure"]
d = players(seed)[1]
judge = adam(d, 5e-3)
for _ in range(40):  # D alone, against a round cloud, so that there is something to see
    loss = my_gan_losses(d(plane.RING.sample(batch)), d(0.7 * torch.randn(batch, 2)))[0]
    judge.zero_grad()
    loss.backward()
    judge.step()
plot_surfaces({"D after 40 steps of its own": (d, 0.7 * torch.randn(150, 2))}, plane.RING, arrows=40,
              alt="D's surface: high on the ring, low in the middle, where a cloud of points lies. Arrows lead from the points "
                  "outwards, to the ring")

# %% [markdown]
# A round is one step of each player, along the gradient for *its own* weights:
#
# $$ \theta_D \leftarrow \theta_D - \eta\, \nabla_{\theta_D} L_D, \qquad\text{then}\qquad
# \theta_G \leftarrow \theta_G - \eta\, \nabla_{\theta_G} L_G . $$
#
# Two lines, and most GANs that do not work fail here. $L_D$ also depends on $\theta_G$, and $L_G$ on $\theta_D$. A
# gradient that ends up in the other player's weights waits there for that player's next step.
#
# **Exercise: D's step** (3 points, about 13 minutes). Who may move?
# In whom may a gradient be left?

# %%
# Exercise gan-d-step
def d_step(generator, discriminator, optimizer, x, noise, loss):
    """One step of the discriminator. Nothing else changes: no weight and no gradient of G, no mode of either.

    Args:
        generator, discriminator: modules, in the mode in which they are to be used. Gradients of earlier steps may
            lie in both.
        optimizer: of the discriminator's parameters.
        x: a batch of data, (B, ...). Data and samples go through D in two calls.
        noise: noise(n) draws n fresh z, (n, ...); asked once, for as many as there are data.
        loss: loss(real, fake) from D's outputs, a single number.

    Returns:
        The loss before the step: a number, or a tensor ().
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        made = generator(noise(len(x)))
    value = loss(discriminator(x), discriminator(made))
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("gan-d-step", d_step)

# %%
my_d_step = use("gan-d-step", d_step)

# %% [markdown]
# **Exercise: G's step** (3 points, about 12 minutes). The other half of the game.

# %%
# Exercise gan-g-step
def g_step(generator, discriminator, optimizer, n, noise, loss):
    """One step of the generator. Nothing else changes: no weight and no gradient of D, no mode of either.

    Args:
        generator, discriminator: as in `d_step`; D's parameters require gradients before and after.
        optimizer: of the generator's parameters.
        n: number of samples.
        noise: noise(n) draws n fresh z; asked once.
        loss: loss(fake) from D's outputs, a single number.

    Returns:
        The loss before the step: a number, or a tensor ().
    """
    ### BEGIN SOLUTION
    discriminator.requires_grad_(False)
    value = loss(discriminator(generator(noise(n))))
    discriminator.requires_grad_(True)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("gan-g-step", g_step)

# %%
my_g_step = use("gan-g-step", g_step)

# %% [markdown]
# Your two steps and your losses are a GAN. Here it learns the ring. A heap counts as *found* if it gets at least a
# quarter of its fair share of samples within three standard deviations.

# %%
def train_on_ring(rounds, *, ring=plane.RING, momentum=0.5, lr=2e-3, d_loss=lambda r, f: my_gan_losses(r, f)[0],
                  g_loss=lambda f: my_gan_losses(f, f)[1], noise=lambda n: torch.randn(n, 2)):
    """Your two steps in turn; yields both players and their losses after each round."""
    g, d = players(seed)
    g_adam, d_adam = adam(g, lr, momentum), adam(d, lr, momentum)
    for _ in range(rounds):
        yield g, d, (my_d_step(g, d, d_adam, ring.sample(batch), noise, d_loss), my_g_step(g, d, g_adam, batch, noise, g_loss))


def found(points, ring):
    """How many of the eight heaps the points have found, and the share of points that lie on one."""
    distance, nearest = torch.cdist(points.double(), ring.modes).min(1)
    counts = torch.bincount(nearest[distance <= ring.radius], minlength=8)
    return int((counts >= len(points) / 8 / 4).sum()), counts.sum().item() / len(points)


*_, (g, d, losses) = train_on_ring(size["ring_steps"])
points = g(torch.randn(2000, 2)).detach()
modes, on_target = found(points, plane.RING)
print(f"D's loss {float(losses[0]):.2f} (2 log 2 = {2 * math.log(2):.2f}), G's loss {float(losses[1]):.2f} (log 2 = "
      f"{math.log(2):.2f}); {modes} of 8 heaps found, {on_target:.0%} of the samples on one")
plot_surfaces({f"after {size['ring_steps']} rounds": (d, points[:500])}, plane.RING)

# %% tags=["claim"]
assert modes == 8 and on_target > 0.5 and 1.0 < float(losses[0]) < 1.6

# %% [markdown]
# Both losses end near the values of a $D$ that guesses. They did so whether the samples were good or bad: at a balance
# of two players, losses say who is ahead, not how good the samples are.
#
# ## 5. Play, and lose heaps
#
# The same game, in your browser. Play it to the end once. Then *Start again* with $G$'s learning rate ten times $D$'s.
# Then turn up γ, which will be explained below. Watch what $D$'s surface does just before the points jump.

# %% tags=["touch"]
ring_game(sigma=0.15, rates=(2e-3, 2e-3))

# %% [markdown]
# You will have seen points crowd on a few heaps, or on one, and hop. That is **mode collapse**. Here it is made on
# purpose: narrower heaps, and both players with more momentum (Adam's $\beta_1 = 0.9$, its usual value).

# %% tags=["figure"]
narrow = plane.Ring(sigma=0.1)
stops = {round(size["ring_steps"] * share) for share in (0.6, 0.65, 0.7)}
snapshots = {}
for step, (g, d, _) in enumerate(train_on_ring(size["ring_steps"], ring=narrow, momentum=0.9)):
    if step in stops:
        frozen = mlp(2, 32, 32, 1, activation=leaky)
        frozen.load_state_dict(d.state_dict())
        snapshots[f"round {step}"] = (frozen, g(torch.randn(400, 2)).detach())
plot_surfaces(snapshots, narrow, alt="Three moments of one training: the generator's points crowd together, and the place where D "
              "says real moves away from them")

# %% tags=["claim"]
assert all(found(points, narrow)[0] <= 4 for _, points in snapshots.values()) and len(snapshots) == 3

# %% [markdown]
# Against a fixed $D$ the best $G$ puts *every* sample where $D$ is highest: one point. $D$ notices, digs a hole there,
# and the samples hop to the next place. The game was $\min_G \max_D$; whoever lets $G$ run ahead plays
# $\max_D \min_G$. Momentum makes both overshoot.
#
# One remedy flattens $D$ so that there are no cliffs to rush up. It is a penalty on the slope at data and at samples
# (Mescheder, Geiger and Nowozin 2018), added to $D$'s loss:
#
# $$ R_1 = \tfrac{\gamma}{2}\, \mathbb E_{x \sim p} \|\nabla_x \ell(x)\|^2, \qquad
# R_2 = \tfrac{\gamma}{2}\, \mathbb E_{x \sim g} \|\nabla_x \ell(x)\|^2 . $$
#
# One run proves nothing. Here are ten seeds for each of four recipes. (Ten small networks side by side are computed as
# one.) Guess first: which of the two changes, less momentum or the penalty, does more?

# %%
class MyLosses:
    """Your losses, as the object that `GAN` takes."""

    discriminator = staticmethod(lambda real, fake: my_gan_losses(real, fake)[0])
    generator = staticmethod(lambda fake: my_gan_losses(fake, fake)[1])


class RingBatches:
    def __iter__(self):
        while True:
            yield (narrow.sample(10 * batch),)


def ten_seeds(momentum, penalties=()):
    """Heaps found, by each of ten GANs with the same recipe, and their mean share of samples on a heap."""
    torch.manual_seed(seed)
    many = GAN(SideBySide(10, 2, 32, 32, 2), SideBySide(10, 2, 32, 32, 1), 2, loss=MyLosses(), penalties=penalties,
               data_range=(-math.inf, math.inf))
    fit_adversarial(many, RingBatches(), adam(many.generator, 2e-3, momentum), adam(many.discriminator, 2e-3, momentum),
                    steps=size["seeds_steps"], schedule=cosine_decay, progress=False)
    results = [found(points, narrow) for points in many.sample(10 * 2000).view(10, 2000, 2)]
    return [modes for modes, _ in results], sum(share for _, share in results) / 10


flat = (R1(0.1), R2(0.1))
recipes = {"β₁ = 0.9": (0.9, ()), "β₁ = 0.9, R1 and R2": (0.9, flat), "β₁ = 0": (0.0, ()), "β₁ = 0, R1 and R2": (0.0, flat)}
side = {name: ten_seeds(*recipe) for name, recipe in recipes.items()}
for name, (modes, share) in side.items():
    print(f"{name:>20}: heaps found {' '.join(map(str, modes))}; all eight in {modes.count(8)} of 10; {share:.0%} on a heap")

# %% tags=["claim"]
assert all(side[name][0].count(8) <= 2 for name in ("β₁ = 0.9", "β₁ = 0.9, R1 and R2")) and side["β₁ = 0"][0].count(8) >= 5
assert side["β₁ = 0, R1 and R2"][0].count(8) >= 9 and side["β₁ = 0, R1 and R2"][0].count(8) >= side["β₁ = 0"][0].count(8)

# %% [markdown]
# Here the momentum did it: without it nearly every GAN finds nearly every heap. The penalty alone rescues nobody, and
# on top of it makes the last seeds reliable. On other data the balance may be another, as the next section shows. So
# count, over seeds, whenever somebody tells you which trick stabilises GANs.
#
# ## 6. Digits
#
# The same for images. The generator turns 100 normal numbers into 784 grey values, the discriminator turns 784 grey
# values into a logit; both are plain perceptrons. First without the penalty. Watch $D$'s loss: the dashed line is what
# guessing costs.

# %%
data = "mnist" if profile == "gpu" else "embedded"
train_x, train_y = digits("train", source=data)
test_x, test_y = digits("test", source=data)
n = size["images"]


def make_gan(loss, penalties=()):
    torch.manual_seed(seed)
    return GAN(Generator(latent_dim, 784), Discriminator(784), loss=loss, penalties=penalties).to(device)


def as_images(flat):
    """From [-1, 1] to images (B, 1, 28, 28) in [0, 1]."""
    return (flat.view(-1, 1, 28, 28) + 1) / 2


def train(gan, steps, guess, lr=5e-4):
    """Adam for both, with a moving average of G's weights: history.ema."""
    batches = Batches(to_signed(train_x).flatten(1), train_y, size=64, rng=torch.Generator().manual_seed(seed))
    optimizers = [torch.optim.Adam(player.parameters(), lr, betas=(0.5, 0.999)) for player in (gan.generator, gan.discriminator)]
    live = LivePicture(lambda gan: as_images(gan.generator(codes)), columns=6, names=["discriminator_loss", "generator_loss"],
                       lines={"D guesses": guess}, alt="what the generator makes of the same thirty codes")
    return fit_adversarial(gan, batches, *optimizers, steps=steps, schedule=cosine_decay, ema=0.995, watch=live, every=50)


def measure(gan):
    """Fréchet distance in digit features of n samples, and how often each digit occurs among them."""
    torch.manual_seed(seed)
    samples = as_images(gan.sample(n)).cpu()
    return metrics.digit_frechet(samples), torch.bincount(metrics.predictions(samples).argmax(1), minlength=10), samples


codes = torch.randn(30, latent_dim, device=device)
plain = make_gan(MyLosses())
plain_history = train(plain, size["plain_steps"], guess=2 * math.log(2))

# %% [markdown]
# $D$ wins: its loss falls far below the dashed line, for it has learnt four thousand digits by heart. Now $G$ gets a
# steep slope, and a useless one. Two changes help: the penalty at data and at samples, and the relativistic pair, which asks
# only whether data look *more* real. (For it, guessing costs $\log 2$.)

# %%
gan = make_gan(Relativistic(), (R1(1.0), R2(1.0)))
history = train(gan, size["steps"], guess=math.log(2))
model = history.ema
parameters = sum(p.numel() for p in model.generator.parameters())
print(f"{parameters:,} parameters in G, {len(history)} steps in {history.seconds:.0f} s")

# %%
scores = {"yours, plain": measure(plain_history.ema), "relativistic, R1, R2": measure(model)}
floor = metrics.real_floor(n).value
for name, (distance, counts, _) in scores.items():
    print(f"{name:>20}: Fréchet distance {distance:6.1f} at n = {n} (real digits: {floor:.2f}); "
          f"samples per digit {' '.join(map(str, counts.tolist()))}")
frechet, counts, samples = scores["relativistic, R1, R2"]
plot_bars({**{name: s[0] for name, s in scores.items()}, "real held-out digits": floor},
          axis=f"Fréchet distance in digit features, n = {n}", title="Smaller is better")

# %% tags=["claim"]
assert frechet < scores["yours, plain"][0] / 1.5 and frechet > 10 * floor and counts.min() > 0
assert plain_history.last(100, "discriminator_loss") < 1.0

# %% [markdown]
# Two changes at once: which of them did it? Train with each alone and see; a line above is all it takes.

# %% tags=["picture"]
show_grid(samples[:48], columns=12, scale=2, title="Made by your GAN: the first 48 samples, none left out",
          alt="48 images drawn by the generator, most of them digits, some of them odd")

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
# ## 7. The space behind the digits
#
# $G$ is a smooth map from a bell of codes to images, so neighbouring codes give similar digits. Move along a few
# directions, the ones in which images change most. Find a code where a digit is about to become another.

# %% tags=["touch"]
with torch.no_grad():
    jacobian = torch.autograd.functional.jacobian(lambda z: model.generator(z[None])[0], codes[0])
liveliest = jacobian.square().sum(0).argsort(descending=True)[:6].tolist()
traversal(lambda z: as_images(model.generator(z)), latent_dim, start=codes[0], dims=liveliest, span=4,
          title="One number of the code at a time")

# %% [markdown]
# ## 8. Run it backwards
#
# A GAN has no encoder. But its weights are fixed now, and $z$ can learn. Cover half of a digit that $G$ has never seen,
# and walk downhill in $z$ until the other half fits.

# %% tags=["figure"]
torch.manual_seed(seed)
target = to_signed(test_x[4:5]).flatten(1).to(device)
upper = (torch.arange(784, device=device) < 392).view(1, -1)
z, path = torch.randn(1, latent_dim, device=device), {}
for i in range(size["search"] + 1):
    if i in (0, 2, 5, 10, 30, size["search"]):
        path[f"step {i}"] = as_images(model.generator(z).detach())
    z = z.detach().requires_grad_()
    miss = ((model.generator(z) - target)[upper.expand_as(target)] ** 2).sum()
    z = z - 0.02 * torch.autograd.grad(miss, z)[0]
shown = torch.where(upper, target, -0.2)
show_grid(torch.cat([as_images(shown), *path.values()]).cpu(), scale=3, titles=["seen", *path],
          title="A code on its way to fit the upper half",
          alt="A digit whose lower half is hidden, and what the generator makes of a code while it is fitted to the upper half")

# %% [markdown]
# For each image by itself, with a mask of what is seen,
#
# $$ z \leftarrow z - \eta\, \nabla_z \sum_{i\ \text{seen}} \big( G(z)_i - x_i \big)^2 . $$
#
# **Exercise: find the code** (4 points, about 20 minutes). $G$ is somebody else's: leave it as you found it.

# %%
# Exercise gan-find-code
def find_code(generator, x, seen, z, steps, rate):
    """Codes whose images agree with what is seen of x, by plain gradient descent.

    Args:
        generator: z (B, K) -> images (B, D), in the mode in which it is to be used. Afterwards its weights, mode and
            `requires_grad` are as before, and no gradient has been added to those that lie in it.
        x: images, (B, D); anything finite where hidden.
        seen: which pixels count, (B, D) of bool; each row has its own.
        z: codes to start from, (B, K).
        steps: number of steps, 0 or more; rate: learning rate.

    Returns:
        (B, K). The loss is the sum of squares over seen pixels, for each image by itself.
    """
    ### BEGIN SOLUTION
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        miss = torch.where(seen, generator(z) - x, 0)
        slope, = torch.autograd.grad(miss.square().sum(), z)
        z = (z - rate * slope).detach()
    return z
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("gan-find-code", find_code)

# %%
my_find_code = use("gan-find-code", find_code)

# %% [markdown]
# From one start it often gets stuck, so take several and keep the best. Then let it finish digits that it has never seen.

# %%
def best_of(x, seen, tries):
    """Images (B, 784) of the best of several codes for each row, and their misses per seen pixel, (B,)."""
    torch.manual_seed(seed + 1)  # not the codes of the samples above
    many, mask = x.repeat_interleave(tries, 0), seen.repeat_interleave(tries, 0)
    z = my_find_code(model.generator, many, mask, torch.randn(len(many), latent_dim, device=device), size["search"], 0.02)
    with torch.no_grad():
        made = model.generator(z)
    miss = (torch.where(mask, made - many, 0) ** 2).sum(1) / mask.sum(1)
    best = miss.view(-1, tries).argmin(1) + torch.arange(len(x), device=device) * tries
    return made[best], miss[best]


chosen = to_signed(test_x[[4, 0, 15, 2, 6, 7, 9, 12, 18]]).flatten(1).to(device)
rows, names = [as_images(chosen)], ["whole"]
for name, mask in {"upper half": upper.expand_as(chosen), "lower half": ~upper.expand_as(chosen)}.items():
    finished, _ = best_of(chosen, mask, size["tries"])
    rows += [as_images(torch.where(mask, chosen, torch.tensor(-0.2, device=device))), as_images(torch.where(mask, chosen, finished))]
    names += [name, "finished"]
show_grid([row.cpu() for row in rows], rows=names, scale=2, title="Half is enough, sometimes",
          alt="Nine digits; below, their upper halves and what the generator adds; then their lower halves and what it adds")

# %% [markdown]
# The search also asks a question that no sample answers: *which digits can $G$ not make?* Look for the code of whole
# digits, seen and unseen in training, and of its own samples.

# %%
whole = torch.ones(1, 784, dtype=torch.bool, device=device)
some = min(n, 40)
misses = {}
for name, images in {"its own samples": samples, "training digits": train_x, "held-out digits": test_x}.items():
    x = to_signed(images[:some]).flatten(1).to(device)
    misses[name] = metrics.estimate(best_of(x, whole.expand_as(x), max(1, size["tries"] // 4))[1].cpu())
    print(f"{name:>16}: {misses[name]} per pixel, in [-1, 1], squared")

# %% tags=["claim"]
assert misses["its own samples"].value < misses["held-out digits"].value

# %% [markdown]
# Its own samples it finds again most nearly, so the search is not to blame for all of the rest: digits that it cannot
# make well are many, among those it was trained on, too. No likelihood says so here; this search is what a GAN offers.
#
# ## 9. Break it
#
# Four GANs on the ring, trained alike, with your steps. One is right. In one, $G$'s loss has the wrong sign. In one, the
# noise is always drawn from the same eight $z$. In one, $D$ never sees data: its loss has lost the first term. Which is
# which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
torch.manual_seed(seed)
eight = torch.randn(8, 2)
SECRET = {"A": dict(noise=lambda n: eight[torch.randint(0, 8, (n,))]), "B": dict(g_loss=lambda f: F.softplus(f).mean()),
          "C": {}, "D": dict(d_loss=lambda r, f: F.softplus(f).mean())}
panels, vital = {}, {}
for name, fault in SECRET.items():
    *_, (g, d, losses) = train_on_ring(size["faults_steps"], **fault)
    points = g(torch.randn(2000, 2)).detach()
    panels[name] = (d, points[:400])
    vital[name] = (found(points, plane.RING), losses)
show(plot_surfaces({name: panels[name] for name in "AB"}, plane.RING))
plot_surfaces({name: panels[name] for name in "CD"}, plane.RING)

# %%
# Exercise gan-predict-faults
### BEGIN SOLUTION
A = "same z every time"
B = "sign of G's loss"
C = "none"
D = "D never sees data"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("gan-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # or "none", "sign of G's loss", "D never sees data"

# %%
for name, ((modes, share), losses) in vital.items():
    print(f"{name}: D's loss {float(losses[0]):6.2f}, G's loss {float(losses[1]):6.2f}; {modes} of 8 heaps, {share:.0%} on one")

# %% tags=["claim"]
assert vital["C"][0][0] == 8 and all(vital[name][0][0] < 8 for name in "ABD")
assert vital["C"][0][1] > 2 * max(vital[name][0][1] for name in "ABD")

# %% [markdown]
# Look at the losses of A and C. Had you watched only those, A would pass.
#
# <details><summary>Why each picture looks as it does</summary>
#
# **A**, eight $z$: $G$ brings those eight to good places and $D$ is content, for it sees no others. Between and
# around them $G$ was never asked, and fresh $z$ land anywhere. **B**, the wrong sign: $G$ runs from whatever $D$ calls real,
# out of the picture. $D$ then needs to know only that far away is fake. **C** is right.
#
# **D**, no data: $D$'s loss is lowest where it says *made* to everything. There is nothing to tell apart, its surface is
# flat, and $G$ gets no push. Smoothing the labels of samples as well as those of data is a mild form of the same fault:
# it moves the best $D$ from $p/(p + g)$ towards one half also where no data are.
#
# </details>
#
# ## What you can do now
#
# You can say what the best discriminator knows, why the loss of practice differs from that of the game, write both steps
# so that nothing leaks, count lost modes, and run a generator backwards. Can you do better than the bar below? Change one
# thing (γ, the size of the layers, another loss of section 3) and run again from *Digits*. Compare over seeds.

# %%
written = {"gan-best-response": best_response, "gan-losses": gan_losses, "gan-d-step": d_step, "gan-g-step": g_step,
           "gan-find-code": find_code}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
bar = size["bar"]
verdict = "no bar at this profile" if bar is None else "reached" if frechet <= bar else "missed"
print(f"Fréchet distance {frechet:.1f}, bar {bar or '–'}: {verdict}")

began = time.perf_counter()
model.sample(1000)
milliseconds = time.perf_counter() - began  # of a thousand samples: seconds in all, milliseconds each
measured = {"frechet_grey": (frechet, n), "parameters": (parameters, 1),
            "milliseconds_per_sample": (milliseconds, 1000), "network_evaluations_per_sample": (1, 1)}
measured |= metrics.digit_report(samples).rows() if n > 5 else {}
for metric, (value, count) in measured.items():
    results.record(model="GAN", metric=metric, value=value, n=count, lesson=lesson, seed=seed, profile=profile,
                   seconds=history.cpu_seconds)

# %% tags=["claim"]
assert frechet <= bar

# %% [markdown]
# **What can go wrong.** *$D$ wins* and its loss goes to 0: flatten it (R1, R2), give it less to learn by heart, or more data.
# *Modes go missing*: less momentum, smaller steps of $G$; count them. *Nothing happens at all*: data in [0, 1] against a
# generator that ends in $\tanh$; then $D$ tells the two apart by their range alone.
#
# **Read on.** Goodfellow and others, *Generative adversarial networks* (arXiv:1406.2661), is short and worth it. Mescheder,
# Geiger and Nowozin, *Which training methods for GANs do actually converge?* (arXiv:1801.04406), explains the circling
# of section 1. Huang and others, *The GAN is dead; long live the GAN!* (arXiv:2501.05441), combines the relativistic loss with R1 and R2.
#
# <details><summary>More reading</summary>
#
# Hinge: Lim and Ye (arXiv:1705.02894). Least squares: Mao et al. (arXiv:1611.04076). Wasserstein: Arjovsky et al.
# (arXiv:1701.07875). Relativistic: Jolicoeur-Martineau (arXiv:1807.00734). Metz et al., *Unrolled GANs* (arXiv:1611.02163), for the
# ring and its collapse. Creswell and Bharath (arXiv:1611.05644) and Yeh et al. (arXiv:1607.07539) for running a
# generator backwards. Kahng et al., *GAN Lab* (arXiv:1809.01587), let readers play first.
#
# </details>
#
# **Next:** lesson 21 makes both players of convolutions, and says what batch normalisation does to them.
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `20_gan.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
