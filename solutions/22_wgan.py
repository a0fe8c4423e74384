# %% [markdown]
# # Wasserstein GANs
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/22_wgan.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F22_wgan.ipynb)
#
# ![Rows of handwritten digits made by the generator of this lesson](attachment:22_wgan.png)
#
# *A judge who says how far off a forgery is teaches more than one who only says that it is one.*
#
# Reading 20 minutes, coding 75, running 5. A good place to stop is before *Digits*. You need lesson 20; from lesson 21
# only the two towers of convolutions are used.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "22_wgan"
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
from scipy.optimize import linear_sum_assignment
from torch import nn

from genlab import metrics, results
from genlab.data import Batches, digits, plane, to_signed
from genlab.display import (
    LivePicture,
    earth_explorer,
    earth_terms,
    play,
    plot_bars,
    plot_earth,
    plot_histograms,
    plot_lines,
    plot_surfaces,
    show,
    show_grid,
)
from genlab.fit import cosine_decay, fit_adversarial
from genlab.layers import evaluating, mlp
from genlab.models import GAN, DCGANGenerator
from genlab.models.adversarial import Wasserstein
from genlab.models.dcgan import down_block
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains on all of MNIST (downloaded once), `smoke` and `stub` only
# show that every cell runs. The bar is the Fréchet distance of 1000 samples: lower is better.
SIZES = {
    "stub": dict(steps=1, clip_steps=1, looks=1, width=4, critic_steps=2, ring_steps=1, points=20, images=40, few=20, climb=(0, 1),
                 resamples=20, bar=None),
    "smoke": dict(steps=12, clip_steps=6, looks=6, width=4, critic_steps=10, ring_steps=5, points=50, images=60, few=40, climb=(0, 1, 2),
                  resamples=50, bar=None),
    "cpu": dict(steps=800, clip_steps=240, looks=20, width=32, critic_steps=400, ring_steps=300, points=500, images=1000, few=400,
                climb=(0, 2, 5, 10, 20), resamples=1000, bar=12),
    "gpu": dict(steps=20_000, clip_steps=5000, looks=40, width=64, critic_steps=600, ring_steps=600, points=1000, images=1000, few=1000,
                climb=(0, 2, 5, 10, 20, 40), resamples=1000, bar=5),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
latent_dim = 64
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## 1. Two heaps of earth
#
# The blue heap is the data, the orange one is what a generator $G$ makes. Drag the orange heap, or move it with the arrow keys. Below
# the ground, arrows show how to carry the orange earth to the blue, grain by grain, with the least work. At the bottom two numbers
# follow: the *work* (how much earth times how far), called $W_1$, and the Jensen–Shannon divergence of lesson 20.
#
# Put the heaps 2 apart, then 4 apart. What does each number do?

# %% tags=["touch"]
earth_explorer([(1.0, -2.0, 0.3)], mean=0.0, width=0.3)

# %%
# Exercise wgan-predict-apart
### BEGIN SOLUTION
divergence_does = "hardly changes"
work_does = "doubles"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("wgan-predict-apart", {"JSD": divergence_does, "W1": work_does})  # from 2 apart to 4: "hardly changes", "doubles", "grows fourfold"

# %% [markdown]
# A check has three hints folded under it, and `my_... = use(...)` hands your answer on, or the course's own until yours
# passes. Here are both numbers over the distance of the heaps. A generator learns from a *slope*. Where has each curve one?

# %% tags=["figure"]
apart, curves = torch.linspace(0, 4, 81).double(), {}
for width in (0.6, 0.2):
    both = [earth_terms([(1.0, -2.0, width)], [(1.0, -2.0 + d, width)]) for d in apart.tolist()]
    curves[width] = {"W₁ (unit of x)": (apart, torch.tensor([t.wasserstein for t in both]).double()),
                     "JSD (nats)": (apart, torch.tensor([t.divergence for t in both]).double())}
plot_lines(list(curves.values()), x="distance of the two heaps", y="W₁; JSD", titles=[f"heaps of width {w}" for w in curves],
           alt="W₁ is a straight line for heaps of any width. The divergence rises and then stays at 0.693, sooner for narrow heaps")

# %% tags=["claim"]
assert all(torch.allclose(panel["W₁ (unit of x)"][1], apart, atol=1e-6) for panel in curves.values())
assert abs(curves[0.2]["JSD (nats)"][1][30:] - math.log(2)).max() < 0.01

# %% [markdown]
# The divergence asks *can one tell them apart?*, and once the answer is yes it has nothing to add. $W_1$ asks *how far is it?*
#
# ## 2. The least work
#
# A **plan** says which grain goes where. Its cost is the mean way of a grain, and the *Wasserstein distance* is that of the best plan:
#
# $$ W_1(p, g) = \min_{\text{plans}} \; \mathbb E\, \| x - y \|, \qquad x \sim p, \; y \sim g . $$
#
# On a line the best plan is easy to find. You saw it in the arrows: they never cross in a way that would cost more. The leftmost grain goes to the
# leftmost place, the next to the next. There is a second view of the same number: over each point of the line, some earth must pass. How
# much? The difference of what lies to the left of it in one heap and in the other. In the widget that is the grey area:
#
# $$ W_1(p, g) = \int | F(x) - H(x) | \, dx , $$
#
# with $F$ and $H$ the shares of data and samples to the left of $x$.
#
# **Exercise: earth on a line** (3 points, about 15 minutes). Two samples, perhaps of different sizes: either view leads there.

# %%
# Exercise wgan-distance
def wasserstein_1d(x, y):
    """The Wasserstein-1 distance between two samples on a line: the least work that turns one into the other.

    Args:
        x, y: places, (N,) and (M,), in any order, some perhaps equal. N and M may differ, and either may be 1. Within x each
            point weighs the same, and so within y; x as a whole weighs as much as y.

    Returns:
        The distance in the unit of x, a tensor (). Gradients reach x and y. What comes in keeps its order.
    """
    ### BEGIN SOLUTION
    points = torch.cat([x, y]).sort().values
    left = points[:-1].detach()
    below_x = torch.searchsorted(x.sort().values.detach(), left, right=True) / len(x)
    below_y = torch.searchsorted(y.sort().values.detach(), left, right=True) / len(y)
    return ((below_x - below_y).abs() * points.diff()).sum()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("wgan-distance", wasserstein_1d)

# %%
my_wasserstein_1d = use("wgan-distance", wasserstein_1d)

# %% [markdown]
# Is it a loss? Here are 300 loose points that walk down its slope, without any network, towards data in two heaps.

# %% tags=["figure"]
torch.manual_seed(seed)
goal = torch.cat([-2.5 + 0.4 * torch.randn(120), 1.5 + 0.7 * torch.randn(180)])
walk, stops = 3 + 0.5 * torch.randn(300), {}
for step in range(181):
    if step in (0, 60, 120, 180):
        stops[f"after {step} steps, W₁ = {my_wasserstein_1d(walk, goal):.2f}"] = walk.clone()
    moving = walk.clone().requires_grad_()
    slope, = torch.autograd.grad(my_wasserstein_1d(moving, goal), moving)
    walk = walk - 0.04 * len(walk) * slope
plot_histograms({**stops, "the data": goal}, axis="x", limits=(-4, 5))

# %%
far, near = (my_wasserstein_1d(list(stops.values())[i], goal).item() for i in (0, -1))
print(f"W₁ from {far:.2f} to {near:.2f}; every point moves by the same 0.04 a step, near or far")

# %% tags=["claim"]
assert far > 3 and near < 0.05

# %% [markdown]
# ## 3. A critic who knows the slope
#
# In 784 dimensions there is no left and right, and the best plan of a whole distribution is out of reach. But the best plan has a
# twin. Tick *the best critic* below, drag the heap, and compare the green curve with the arrows. How steep is it, and
# which way does it rise?

# %% tags=["touch"]
earth_explorer([(0.4, -2.5, 0.4), (0.6, 1.5, 0.7)], mean=4.0, width=0.5, critic=True)

# %% [markdown]
# The curve rises along every arrow, with slope 1. Think of $f(x)$ as the price of a grain at $x$. A carrier who buys where
# earth is made and sells where it is needed earns $\mathbb E f(x) - \mathbb E f(G(z))$. If no price rises by more than 1 a unit of way, the
# earnings never exceed the cost of carrying; with the best prices they equal it. That is the *Kantorovich–Rubinstein duality*:
#
# $$ W_1(p, g) = \max_{\| \nabla f \| \le 1} \; \mathbb E_{x \sim p} f(x) - \mathbb E_z f(G(z)) . $$
#
# <details><summary>Why never more</summary>
#
# Take any plan that joins $x \sim p$ and $y \sim g$. Then $\mathbb E f(x) - \mathbb E f(y) = \mathbb E [f(x) - f(y)] \le \mathbb E \|x - y\|$,
# for a function with slopes of at most 1 changes by at most the way. So every $f$ stays below every plan. That the best of both meet
# is the theorem of linear programming that prices have to costs (Villani 2009, chapter 5).
#
# </details>
#
# No plan is left in the formula. A network can be $f$, provided that its slope stays bounded. It is no longer a
# discriminator, for it gives no probability; it is called a **critic**. It wants the difference large, and $G$ wants it small:
#
# $$ L_f = \mathbb E_z f(G(z)) - \mathbb E_x f(x), \qquad L_G = -\mathbb E_z f(G(z)) . $$
#
# What does $G$ feel? Below, the heaps are far apart. The best $D$ of lesson 20 is flat wherever there is a sample, while the best critic has
# slope 1 everywhere.

# %% tags=["figure"]
data_heap, made_heap = [(1.0, -2.5, 0.4)], [(1.0, 2.5, 0.4)]
plot_earth(data_heap, made_heap, critic=True)

# %%
terms = earth_terms(data_heap, made_heap)
spacing = 12 / (len(terms.critic) - 1)
at_sample = int((2.5 + 6) / spacing)
critic_slope = ((terms.critic[at_sample + 1] - terms.critic[at_sample]) / spacing).item()
best_logit = lambda x: ((x - 2.5) ** 2 - (x + 2.5) ** 2) / (2 * 0.4**2)  # noqa: E731
place = torch.tensor(2.5, dtype=torch.float64, requires_grad=True)
d_slope, = torch.autograd.grad(best_logit(place).sigmoid(), place)
print(f"at the middle of the samples: slope of the best D {d_slope.item():.1e}, of the best critic {critic_slope:.2f}")

# %% tags=["claim"]
assert abs(d_slope) < 1e-6 and abs(critic_slope + 1) < 1e-6

# %% [markdown]
# ## 4. Clipped weights
#
# How does one keep the slope of a network bounded? The first Wasserstein GAN (Arjovsky, Chintala and Bottou 2017) cuts every weight to
# $[-c, c]$ after each step, with $c = 0.01$. Small weights, small slopes. How small?
#
# **Predict.** A *linear* critic $f(x) = w^\top x$ of 784 pixels, clipped at 0.01: what is the largest slope $\|\nabla f\|$ that it can have?

# %%
# Exercise wgan-predict-slope
### BEGIN SOLUTION
predicted_slope = 0.01 * 784**0.5
### END SOLUTION

# %% tags=["nbval-check-output"]
check("wgan-predict-slope", predicted_slope)

# %% [markdown]
# And $G$'s slope is right only if the critic is near its best, so the critic takes several steps for each of $G$'s (five in the paper), **each on
# a new batch**. A step, with learning rate $\eta$:
#
# $$ w \leftarrow w - \eta \, \nabla_w L_f, \qquad w \leftarrow \min(\max(w, -c), c) . $$
#
# The very first scores must come from a critic within its bounds, too. Programs on the web often forget it, and often draw the batch once for all five steps.
#
# **Exercise: the critic's steps** (4 points, about 16 minutes).

# %%
# Exercise wgan-critic-steps
def critic_steps(critic, generator, optimizer, batches, noise, n_critic, c):
    """The critic's part of a round: `n_critic` steps with clipped weights. Nothing of the generator changes.

    Args:
        critic, generator: modules, in the mode in which they are to be used. Gradients of earlier steps may lie in both, and
            the critic's weights need not lie in [-c, c] yet. critic(x) gives scores (B,). Data and samples go through it in
            two calls.
        optimizer: of the critic's parameters.
        batches: an iterator over batches of data, (B, ...), whose sizes may differ. Each step takes a new one; no more are
            taken.
        noise: noise(n) draws n fresh z. Asked once in each step, for as many as there are data.
        n_critic: how many steps, at least 1.
        c: whenever the critic gives scores, and when the function returns, each of its parameters lies in [-c, c]. Buffers,
            such as running averages, are not clipped.

    Returns:
        The estimates mean f(x) - mean f(G(z)), one for each step, from before it: a list of numbers, or a tensor (n_critic,).
    """
    ### BEGIN SOLUTION
    def clip():
        with torch.no_grad():
            for p in critic.parameters():
                p.clamp_(-c, c)

    estimates = []
    for _ in range(n_critic):
        clip()
        x = next(batches)
        with torch.no_grad():
            made = generator(noise(len(x)))
        loss = critic(made).mean() - critic(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        estimates.append(-loss.item())
    clip()
    return estimates
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("wgan-critic-steps", critic_steps)

# %%
my_critic_steps = use("wgan-critic-steps", critic_steps)

# %% [markdown]
# What does clipping cost? Eight heaps on a ring are the data, and a fixed round cloud stands for $G$. Your steps train one critic for each of three
# bounds. The true distance is known: 500 points of each kind, matched by the best plan.

# %%
leaky, ring, batch = (lambda: nn.LeakyReLU(0.2)), plane.Ring(sigma=0.1), 128


class Score(nn.Module):
    """A perceptron with one number for each point."""

    def __init__(self, *sizes):
        super().__init__()
        self.net = mlp(2, *sizes, 1, activation=leaky)

    def forward(self, x):
        return self.net(x).squeeze(1)


def cloud(n):
    return 0.5 * torch.randn(n, 2)


def slope_at(critic, x):
    """‖∇f‖ at each x: (B,)."""
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(critic(x).sum(), x)[0].norm(dim=1)


def ring_batches():
    while True:
        yield ring.sample(batch)


torch.manual_seed(seed)
matched = torch.cdist(ring.sample(size["points"]), cloud(size["points"]))
true_distance = matched[linear_sum_assignment(matched.numpy())].mean().item()
clipped, told = {}, {}
for c in (0.01, 0.1, 1.0):
    torch.manual_seed(seed)
    clipped[c] = Score(48, 48)
    steps = my_critic_steps(clipped[c], nn.Identity(), torch.optim.RMSprop(clipped[c].parameters(), c / 20), ring_batches(), cloud,
                            size["critic_steps"], c)
    told[c] = sum(map(float, steps[-20:])) / len(steps[-20:])
    print(f"c = {c:4}: the critic tells {told[c]:9.5f}, its slope at the samples is {slope_at(clipped[c], cloud(500)).mean():9.5f}")
print(f"best plan of {size['points']} points: {true_distance:.3f}")

# %% tags=["claim"]
assert told[0.01] < true_distance / 1000 and told[1.0] > 100 * true_distance and 1 < true_distance < 2

# %% tags=["figure"]
weights = {f"c = {c}": torch.cat([p.detach().flatten() for p in critic.parameters()]) / c for c, critic in clipped.items()}
plot_histograms(weights, axis="weight / c", limits=(-1.05, 1.05))

# %%
at_bound = {name: (w.abs() > 0.95).double().mean().item() for name, w in weights.items()}
print("share of the weights within 5 % of a bound:", ", ".join(f"{name}: {share:.0%}" for name, share in at_bound.items()))

# %% tags=["claim"]
assert all(share > 0.3 for share in at_bound.values())

# %% [markdown]
# Two costs are in sight. The number that the critic tells is $K \cdot W_1$ with an unknown $K$, here from less than a thousandth to some hundreds. And the weights pile
# up at both bounds: the network spends its freedom on being as steep as it may. It gets worse with depth, for each layer multiplies the
# slope once more:

# %% tags=["figure"]
depths, slopes = range(1, 9), {}
for c in (0.01, 0.05, 0.2, 0.5):
    found = []
    for depth in depths:
        torch.manual_seed(seed)
        deep = Score(*[48] * depth)
        for p in deep.parameters():
            p.data = c * torch.randn_like(p).sign()  # all weights at a bound
        found.append(slope_at(deep, cloud(100)).mean())
    slopes[f"c = {c}"] = (torch.tensor(depths), torch.stack(found).log10())
plot_lines([slopes], x="hidden layers", y="log₁₀ of the slope at the input",
           alt="Straight lines: with a small bound the slope falls by a constant factor with each layer, with a large one it rises")

# %% tags=["claim"]
assert slopes["c = 0.01"][1][-1] < -8 and slopes["c = 0.5"][1][-1] > 1

# %% [markdown]
# The slope that reaches $G$ vanishes or explodes, and between the two lies a narrow choice of $c$ that changes with every network.
#
# ## 5. Ask for the slope itself
#
# Gulrajani and others (2017) ask for what is wanted. The best critic has slope 1 along the ways of the plan, and these lie *between* data and
# samples. So take points there, and let the critic pay for every slope that is not 1:
#
# $$ \text{penalty} = \mathbb E \big( \| \nabla f(\hat x) \| - 1 \big)^2, \qquad \hat x = a\, x + (1 - a)\, G(z), \qquad a \sim U(0, 1), $$
#
# with a place $a$ of its own for each pair. The critic minimises $L_f + \lambda \cdot \text{penalty}$; the paper takes $\lambda = 10$.
# Its slope is a gradient, and the loss contains it, so the training differentiates a gradient: `create_graph=True`.
#
# **Exercise: the gradient penalty** (4 points, about 18 minutes).

# %%
# Exercise wgan-gradient-penalty
def gradient_penalty(critic, real, fake, a):
    """How far the slope of the critic is from 1 between data and samples: a mean over the pairs, not yet times λ.

    Args:
        critic: critic(x) gives a score for each image, (B,) or (B, 1). Gradients of earlier steps may lie in it, and stay.
        real, fake: as many data as samples, (B, ...): rows or images. A row's number of axes may be any, and B may be 1.
        a: the share of the datum in each mixture, (B,), from 0 to 1.

    Returns:
        The penalty, a tensor (). Its gradient reaches the critic's parameters, and neither real, fake nor those who made
        them. Where the slope is 0 its length counts as constant, so that all gradients are finite. (A number that is added
        under a root is at most 1e-12.)
    """
    ### BEGIN SOLUTION
    a = a.view(-1, *[1] * (real.ndim - 1))
    between = (a * real + (1 - a) * fake).detach().requires_grad_()
    slope, = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("wgan-gradient-penalty", gradient_penalty)

# %%
my_gradient_penalty = use("wgan-gradient-penalty", gradient_penalty)

# %% [markdown]
# A linear critic has the same slope everywhere, $\|w\|$, so its penalty must be $(\|w\| - 1)^2$. And does a penalised critic tell the
# true distance of the ring and the cloud?

# %%
w = torch.tensor([3.0, 4.0])
by_hand = my_gradient_penalty(lambda x: x @ w, ring.sample(9), cloud(9), torch.rand(9)).item()
print(f"w = (3, 4): penalty {by_hand:.4f}")


def penalised(steps, lam=10.0):
    """A critic of ring and cloud, and what it tells at the end."""
    torch.manual_seed(seed)
    critic = Score(48, 48)
    optimizer, told = torch.optim.Adam(critic.parameters(), 2e-3, betas=(0.0, 0.9)), []
    for _ in range(steps):  # each on new points
        x, y = ring.sample(batch), cloud(batch)
        distance = critic(x).mean() - critic(y).mean()
        optimizer.zero_grad()
        (lam * my_gradient_penalty(critic, x, y, torch.rand(batch)) - distance).backward()
        optimizer.step()
        told.append(distance.item())
    return critic, sum(told[-20:]) / len(told[-20:])


free, free_told = penalised(size["critic_steps"])
print(f"with the penalty the critic tells {free_told:.3f}, its slope at the samples is {slope_at(free, cloud(500)).mean():.3f}; "
      f"the best plan costs {true_distance:.3f}")

# %% tags=["claim"]
assert abs(by_hand - 16) < 1e-3 and 0.7 < free_told / true_distance < 1.3

# %% tags=["figure"]
def centred(critic):
    off = critic(cloud(500)).mean().item()
    return lambda x: critic(x) - off


torch.manual_seed(seed)
some = cloud(150)
plot_surfaces({"clipped, c = 0.1": (centred(clipped[0.1]), some), "penalised": (centred(free), some)}, ring, arrows=40,
              alt="Two critics' surfaces behind a cloud, with arrows along their slopes: the clipped one is nearly flat and its arrows are "
                  "hardly to be seen, the penalised one rises to the ring with arrows of one length")

# %% [markdown]
# <details><summary>Two things that the penalty is not</summary>
#
# It is no wall. Against two heaps that are $m$ apart a critic of slope $s$ earns $s\,m - \lambda (s - 1)^2$, which is largest at
# $s = 1 + m / 2\lambda$: the distance that it tells is a little too large. And it does not see rows that are not rows: a critic with BatchNorm gives
# each image a score that depends on its mates, and then the slope of one image is not defined. Critics with a penalty have no BatchNorm.
#
# </details>
#
# ## 6. Digits
#
# $G$ is the tower of lesson 21. The critic has two of that lesson's blocks, without BatchNorm, then a hidden layer of 256, which is cheap to differentiate
# twice. Its weights begin as PyTorch has them: those of 0.02 would begin with a slope of nearly 0. Adam with $\beta_2 = 0.9$, two critic's steps for each of $G$'s since time is short, and your penalty.
# Beside the picture runs the critic's *distance*, $\mathbb E f(x) - \mathbb E f(G(z))$.

# %%
data = "mnist" if profile == "gpu" else "embedded"
train_x, train_y = digits("train", source=data)
test_x, test_y = digits("test", source=data)
n = size["images"]


class MyPenalty:
    """Ten times yours, as `GAN` takes it; its name in the history is gradient_penalty."""

    name = "gradient_penalty"

    def __call__(self, critic, real, fake, *, step=0, rng=None):
        return 10 * my_gradient_penalty(critic, real, fake, torch.rand(len(real), generator=rng, device=real.device))


def make_wgan(penalties=(), c=None):
    torch.manual_seed(seed)
    g = DCGANGenerator(latent_dim, 1, 28, width=size["width"])
    width = size["width"] // 2
    critic = nn.Sequential(down_block(1, width, norm=False), down_block(width, 2 * width, norm=False), nn.Flatten(),
                           nn.Linear(2 * width * 49, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1), nn.Flatten(0))
    gan = GAN(g, critic, loss=Wasserstein(), penalties=penalties, weight_limit=c)
    return gan.to(device, memory_format=torch.channels_last)


def draw(generator, z):
    """Images in [0, 1] of codes."""
    with evaluating(generator):
        return torch.cat([(generator(some) + 1) / 2 for some in z.split(500)]).clamp(0, 1).cpu()


class Watch:
    """A live picture that also keeps the same codes' images, the critic's distance and the Fréchet distance at each look."""

    def __init__(self, names):
        self.frames, self.steps, self.distance, self.frechet = [], [], [], []
        self.live = LivePicture(lambda gan: self.frames[-1], columns=6, names=names,
                                alt="what the generator makes of the same thirty codes")

    def __call__(self, gan, history):
        torch.manual_seed(seed + len(history))
        self.steps.append(len(history))
        self.frames.append(draw(history.ema.generator, codes))
        self.frechet.append(metrics.digit_frechet(draw(gan.generator, torch.randn(size["few"], latent_dim, device=device))))
        since = self.steps[-2] if len(self.steps) > 1 else 0
        self.distance.append(sum(history["distance"][since:]) / (len(history) - since))
        self.live(gan, history)


def train(gan, optimizers, steps):
    """Two critic's steps for each of G's, with a moving average of G's weights: history.ema."""
    torch.manual_seed(seed)
    batches = Batches(to_signed(train_x), train_y, size=64, rng=torch.Generator().manual_seed(seed))
    watch = Watch(["distance", *(penalty.name for penalty in gan.penalties)])
    history = fit_adversarial(gan, batches, *optimizers, steps=steps, discriminator_steps=2, schedule=cosine_decay, ema=0.99,
                              watch=watch, every=max(1, steps // size["looks"]))
    return history, watch


torch.manual_seed(seed + 1)
codes = torch.randn(30, latent_dim, device=device)
gan = make_wgan([MyPenalty()])
history, watch = train(gan, [torch.optim.Adam(p.parameters(), 7e-4, betas=(0.5, 0.9)) for p in (gan.generator, gan.discriminator)],
                       size["steps"])
model = history.ema

# %% [markdown]
# And the same players with clipped weights, as in the first paper: RMSprop, $c = 0.01$, no penalty, fewer steps.

# %%
clip_gan = make_wgan(c=0.01)
clip_history, clip_watch = train(clip_gan, [torch.optim.RMSprop(p.parameters(), 3e-4) for p in (clip_gan.generator, clip_gan.discriminator)],
                                 size["clip_steps"])
inside = to_signed(train_x[:200]).to(device)
for name, some_gan in {"penalty": gan, "clipped": clip_gan}.items():
    x = inside.clone().requires_grad_()
    steep = torch.autograd.grad(some_gan.discriminator(x).sum(), x)[0].flatten(1).norm(dim=1).mean().item()
    print(f"{name}: mean slope of the critic at data {steep:.4f}")

# %%
count = {name: sum(p.numel() for p in getattr(model, name).parameters()) for name in ("generator", "discriminator")}
torch.manual_seed(seed)
samples = draw(model.generator, torch.randn(n, latent_dim, device=device))
clip_samples = draw(clip_history.ema.generator, torch.randn(n, latent_dim, device=device))
frechet, clip_frechet, floor = metrics.digit_frechet(samples), metrics.digit_frechet(clip_samples), metrics.real_floor(n).value
shares = torch.bincount(metrics.predictions(samples).argmax(1), minlength=10)
print(f"{count['generator']:,} parameters in G, {count['discriminator']:,} in the critic; {len(history)} steps in {history.seconds:.0f} s")
print(f"Fréchet distance {frechet:.1f} at n = {n} (clipped, {len(clip_history)} steps: {clip_frechet:.1f}; real digits: {floor:.2f})")
print("samples per digit", *shares.tolist())
plot_bars({"penalty": frechet, f"clipped, {len(clip_history)} steps": clip_frechet, "real held-out digits": floor},
          axis=f"Fréchet distance in digit features, n = {n}", title="Smaller is better")

# %% tags=["claim"]
assert frechet < clip_frechet and frechet > 2 * floor and shares.min() > 0

# %% tags=["picture"]
show_grid(samples[:48], columns=12, scale=2, title="Made by your Wasserstein GAN: the first 48 samples, none left out",
          alt="48 images drawn by the generator, most of them digits")

# %% [markdown]
# Here is how it learnt, on the same codes. Move the slider.

# %% tags=["touch"]
play([frame[:6] for frame in watch.frames], titles=[str(step) for step in watch.steps], strip=9, title="The same codes, by step")

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
# ## 7. Does the distance say how good the samples are?
#
# That is what the paper promised, and no loss of lesson 20 does it. Here are both at each look: the critic's distance, and the Fréchet
# distance of the samples, which the critic has never heard of.

# %% tags=["figure"]
panels = []
for record in (watch, clip_watch):
    step = torch.tensor(record.steps).double()
    panels.append({name: (step, torch.tensor(values).double() / max(map(abs, values))) for name, values in
                   {"critic's distance": record.distance, "Fréchet distance": record.frechet}.items()})
plot_lines(panels, x="step", y="share of its largest value", titles=["penalty", "clipped"],
           alt="Two curves for each of two trainings: what the critic tells and the Fréchet distance of the samples")

# %% [markdown]
# Do the two fall together? A number for it is *Spearman's* $\rho$: replace every value by its rank, and take the correlation of the ranks. It is 1 if
# the order is the same, $-1$ if it is turned round, and about 0 if there is none. An interval comes from the *bootstrap*: draw as many looks as there
# are, with repeats, compute $\rho$ again, and do so a thousand times.
#
# A colleague sends you this function, and its verdict.

# %%
def buggy_rank_interval(x, y, draws):
    def rank(v):
        return v.argsort().to(v.dtype)

    def rho(a, b):
        a, b = rank(a) - rank(a).mean(), rank(b) - rank(b).mean()
        return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()

    found = torch.stack([rho(x[i], y[j]) for i, j in zip(draws, draws.flip(0), strict=True)])
    low, high = torch.quantile(found, torch.tensor([0.025, 0.975], dtype=found.dtype))
    return rho(x, y), low, high


looks = {"penalty": watch, "clipped": clip_watch}
looks = {name: (torch.tensor(r.distance).double(), torch.tensor(r.frechet).double()) for name, r in looks.items()}
torch.manual_seed(seed)
resamples = {name: torch.randint(0, len(x), (size["resamples"], len(x))) for name, (x, _) in looks.items()}
x = torch.arange(8.0)
print("a curve with itself: ρ = {:.2f}, interval {:.2f} to {:.2f}".format(*buggy_rank_interval(x, x, torch.randint(0, 8, (500, 8)))))
up = torch.tensor([3.0, 1.0, 2.0])
print(f"3, 1, 2 with -3, -1, -2: ρ = {buggy_rank_interval(up, -up, torch.zeros(2, 3, dtype=torch.long))[0]:.2f}")

# %% [markdown]
# A curve agrees with itself in every resample, and the second line ought to be $-1$.
#
# **Exercise: find the bug** (3 points, about 13 minutes). There is more than one.

# %%
# Exercise wgan-rank
def rank_interval(x, y, draws):
    """Do two curves rise and fall together? Spearman's ρ of pairs, and an interval of 95 % by resampling the pairs.

    Args:
        x, y: pairs of numbers, (N,) each; both hold at least two different ones.
        draws: which pairs each resample takes, whole numbers (R, N), repeats allowed.

    Returns:
        ρ of all pairs, and the 2.5 % and the 97.5 % quantile of ρ over the resamples (`torch.quantile`, which interpolates):
        three numbers. Equal numbers share the mean of their ranks, and ranks are those within the resample. A resample in
        which x or y is constant has no ρ and is left out.
    """
    ### BEGIN SOLUTION
    def rank(v):
        return (v[:, None] - v).sign().sum(1)  # how many lie below, less how many above: ranks, up to a scale

    def rho(a, b):
        a, b = rank(a), rank(b)
        return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()

    found = torch.stack([rho(x[rows], y[rows]) for rows in draws])
    ends = torch.quantile(found[~found.isnan()], torch.tensor([0.025, 0.975], dtype=found.dtype))
    return rho(x, y), ends[0], ends[1]
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("wgan-rank", rank_interval)

# %%
my_rank_interval = use("wgan-rank", rank_interval)

# %%
verdict = {}
for name, (x, y) in looks.items():
    if len(x) > 3:
        later = slice(3, None)
        again = resamples[name] % max(1, len(x) - 3)
        verdict[name] = [float(v) for v in my_rank_interval(x, y, resamples[name])]
        without = my_rank_interval(x[later], y[later], again[:, :len(x) - 3])
        verdict[f"{name}, without the first three looks"] = [float(v) for v in without]
for name, (rho, low, high) in verdict.items():
    print(f"{name:>41}: ρ = {rho:+.2f}, 95 % from {low:+.2f} to {high:+.2f}")

# %% tags=["claim"]
assert verdict["penalty"][1] > 0 and verdict["clipped"][0] < verdict["penalty"][0] - 0.2

# %% [markdown]
# With the penalty the two fall together, and the interval stays clear of 0, also without the first looks, in which the critic was only
# warming up. With clipped weights they do not: what that critic tells falls at first and then rises again while the samples slowly get
# better, for its unknown $K$ grows with its weights. So the promise holds for a critic whose slope is held at 1, within one training. It does not hold for the
# recipe that came with it.
#
# Three reservations. Looks that follow each other are alike, so honest intervals are wider than these. There was one training of each kind; change the
# seed above and see. And the critic's distance is not $W_1$ between images: it is what *this* network can see of it in a few steps.
#
# ## 8. Ask the critic
#
# The critic knows which way a sample should move, and that knowledge is thrown away with it. Here is a use: change the *code* of a sample so that its
# score rises. For each row by itself, with a pull $\kappa$ that keeps codes near where $G$ knows them,
#
# $$ z \leftarrow z + \eta\, \nabla_z \Big( f(G(z)) - \tfrac{\kappa}{2} \|z\|^2 \Big) . $$
#
# **Exercise: ask the critic** (3 points, about 13 minutes). Both networks are somebody else's.

# %%
# Exercise wgan-polish
def polish(generator, critic, z, steps, rate, pull):
    """Codes that climb to where the critic gives samples a higher score: plain gradient ascent.

    Args:
        generator, critic: in the mode in which they are to be used. Weights, modes, `requires_grad` and the gradients that
            lie in them stay as they are. critic(x) gives scores (B,).
        z: codes (B, K), which stay as they are; each row climbs by itself, whatever the others do.
        steps: how many steps, 0 or more; each takes the slope where the last one ended.
        rate: what the slope is multiplied by.
        pull: κ; each row climbs on f(G(z)) - (κ/2) ‖z‖².

    Returns:
        The codes after the last step, (B, K), without a graph.
    """
    ### BEGIN SOLUTION
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        score = critic(generator(z)).sum() - pull / 2 * z.square().sum()
        slope, = torch.autograd.grad(score, z)
        z = (z + rate * slope).detach()
    return z
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("wgan-polish", polish)

# %%
my_polish = use("wgan-polish", polish)

# %%
torch.manual_seed(seed + 2)
start, polished = torch.randn(size["few"], latent_dim, device=device), {}
model.generator.eval()
climbed, done = start, 0
for steps in size["climb"]:
    climbed, done = my_polish(model.generator, gan.discriminator, climbed, steps - done, 0.05, 0.1), steps
    images = draw(model.generator, climbed)
    with torch.no_grad():
        score = torch.cat([gan.discriminator(2 * part.to(device) - 1) for part in images.split(500)]).mean().item()
    polished[steps] = (images, score, metrics.digit_frechet(images), metrics.digit_report(images).scores["coverage"])
    print(f"after {steps:2} steps: mean score {score:6.2f}, Fréchet distance {polished[steps][2]:5.1f}, coverage {polished[steps][3]:.2f}")
show_grid([images[:14] for images, *_ in polished.values()], rows=[f"{steps} steps" for steps in polished], scale=2,
          title="The same codes, on their way up", alt="Fourteen samples in the first row; below, the same after more and more steps")

# %% tags=["claim"]
assert [score for _, score, *_ in polished.values()] == sorted(score for _, score, *_ in polished.values())
assert abs(polished[20][2] - polished[0][2]) < 5

# %% [markdown]
# The scores rise step by step, and the Fréchet distance falls, without any further training: in a few steps the critic knows better than the generator where
# samples ought to be. By eye the rows differ little, a closed stroke here and a lost speck there. The distance is measured in features of a third network,
# so this is no flattery. It has an end: a critic is right only near what it has seen, and more steps or a larger rate lead out of it. Try.
#
# ## 9. Break it
#
# Four Wasserstein GANs on the ring, trained alike. One is right. In one, the critic's weights are clipped to 0.01, and there is no penalty. In one, nothing
# bounds the slope. In one, $G$'s loss has the wrong sign. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
def ring_game(rounds, fault):
    torch.manual_seed(seed)
    g, critic = mlp(2, 48, 48, 2, activation=leaky), Score(48, 48)
    adam = [torch.optim.Adam(p.parameters(), 2e-3, betas=(0.0, 0.9)) for p in (g, critic)]
    if fault == "clipped":
        adam = [torch.optim.RMSprop(p.parameters(), 5e-5) for p in (g, critic)]
    data, noise = ring_batches(), (lambda n: torch.randn(n, 2))
    for _ in range(rounds):
        if fault == "clipped":
            my_critic_steps(critic, g, adam[1], data, noise, 5, 0.01)
        else:
            for _ in range(5):
                x, y = next(data), g(noise(batch)).detach()
                loss = critic(y).mean() - critic(x).mean()
                if fault != "free":
                    loss = loss + my_gradient_penalty(critic, x, y, torch.rand(batch))
                adam[1].zero_grad()
                loss.backward()
                adam[1].step()
        adam[0].zero_grad()
        (critic(g(noise(batch))).mean() * (1 if fault == "sign" else -1)).backward()
        adam[0].step()
    return g, critic


def found(points):
    """How many of the eight heaps the points have found, and the share of points that lie on one."""
    distance, nearest = torch.cdist(points.double(), ring.modes).min(1)
    counts = torch.bincount(nearest[distance <= ring.radius], minlength=8)
    return int((counts >= len(points) / 8 / 4).sum()), counts.sum().item() / len(points)


SECRET = {"A": "free", "B": "sign", "C": "clipped", "D": "none"}
surfaces, vital = {}, {}
for name, fault in SECRET.items():
    g, critic = ring_game(size["ring_steps"], fault)
    points = g(torch.randn(2000, 2)).detach()
    off = critic(points).mean().item()
    surfaces[name] = (lambda x, critic=critic, off=off: critic(x) - off, points[:400])
    vital[name] = (*found(points), slope_at(critic, points).mean().item(), points.norm(dim=1).mean().item())
show(plot_surfaces({name: surfaces[name] for name in "AB"}, ring))
plot_surfaces({name: surfaces[name] for name in "CD"}, ring)

# %%
# Exercise wgan-predict-faults
### BEGIN SOLUTION
A = "no bound"
B = "sign of G's loss"
C = "clipped to 0.01"
D = "none"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("wgan-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # or "none", "no bound", "sign of G's loss", "clipped to 0.01"

# %%
for name, (modes, share, steep, radius) in vital.items():
    print(f"{name}: {modes} of 8 heaps, {share:.0%} of the samples on one; the critic's slope there {steep:8.4f}; mean distance of "
          f"the samples from the middle {radius:.1f}")

# %% tags=["claim"]
assert vital["D"][0] >= 7 and vital["B"][0] == vital["C"][0] == 0
assert vital["A"][2] > 5 * vital["D"][2] and vital["C"][2] < 0.01 and vital["B"][3] > 3

# %% [markdown]
# <details><summary>Why each picture looks as it does</summary>
#
# **A**, no bound: the difference of means has no largest value. The critic grows steeper without end, its surface becomes a cliff, and $G$ is thrown about. Its samples still
# lie on the ring, and counting heaps would not tell it from D; the slope of the critic does.
# **B**, the wrong sign: $G$ runs from whatever the critic likes. The critic goes after it, and nothing calls either of them back: the samples have left the picture.
# **C**, clipped to 0.01: the slope is so small that the surface looks even, and the samples have hardly left their start. **D** is right: a surface without
# cliffs or plains, and samples all along the ring, if not yet all on the heaps.
#
# </details>
#
# ## What you can do now
#
# You can compute the work between two heaps, say why a critic's slope must be bounded and what clipping costs, penalise the slope itself, and test with an interval
# whether a loss means anything. Can you do better than the bar below? Change $\lambda$, the critic's steps, or its width, and run again from *Digits*. Compare over seeds.

# %%
written = {"wgan-distance": wasserstein_1d, "wgan-critic-steps": critic_steps, "wgan-gradient-penalty": gradient_penalty,
           "wgan-rank": rank_interval, "wgan-polish": polish}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
bar = size["bar"]
result = "no bar at this profile" if bar is None else "reached" if frechet <= bar else "missed"
print(f"Fréchet distance {frechet:.1f}, bar {bar or '–'}: {result}")

began = time.perf_counter()
model.sample(1000)
milliseconds = time.perf_counter() - began  # of a thousand samples: seconds in all, milliseconds each
measured = {"frechet_grey": (frechet, n), "parameters": (count["generator"], 1),
            "milliseconds_per_sample": (milliseconds, 1000), "network_evaluations_per_sample": (1, 1)}
measured |= metrics.digit_report(samples).rows() if n > 5 else {}
for metric, (value, number) in measured.items():
    results.record(model="WGAN-GP", metric=metric, value=value, n=number, lesson=lesson, seed=seed, profile=profile,
                   seconds=history.cpu_seconds)

# %% tags=["claim"]
assert frechet <= bar

# %% [markdown]
# **What can go wrong.** *Nothing moves*: clipped too hard, or a critic that began flat. *The penalty stays high*: BatchNorm in the critic, the norm taken over the
# whole batch, or one $a$ for all. *The distance is negative*: a sign, or a critic that has had too few steps. *Distances of two critics compared*: each has its own scale, unless
# both are penalised alike.
#
# **Read on.** Arjovsky, Chintala and Bottou, *Wasserstein GAN* (arXiv:1701.07875), from the example of two lines on. Gulrajani and others, *Improved training of
# Wasserstein GANs* (arXiv:1704.00028), shows the piled-up weights. Stanczuk and others, *Wasserstein GANs work because they fail (to approximate the Wasserstein distance)*
# (arXiv:2103.01678), doubts the story of this lesson, with good measurements.
#
# **Next:** lesson 23 gives the generator a style for each layer.
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `22_wgan.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
