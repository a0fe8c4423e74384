# %% [markdown]
# # Conditional generation: GANs with labels
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/50_conditional_gan.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F50_conditional_gan.ipynb)
#
# ![Rows of handwritten digits from 0 to 9; within a row, slant and weight of the strokes stay much the same](attachment:50_conditional_gan.png)
#
# *Every row is one piece of noise. From column to column only the label changes: the network was asked for a 0, a 1, a 2, …*
#
# Reading 20 minutes, coding 72, running 5. A good place to stop is before *Digits on request*. You need lesson 20, the two
# players and their steps.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "50_conditional_gan"
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

from genlab import metrics, results
from genlab.data import Batches, binarize, digits, plane, to_signed
from genlab.display import (
    LivePicture,
    label_dial,
    label_game,
    plot_bars,
    plot_labels,
    plot_lines,
    show,
    show_grid,
)
from genlab.fit import cosine_decay, fit, fit_adversarial
from genlab.layers import mlp
from genlab.models.adversarial import R1, R2, NonSaturating
from genlab.models.conditional_gan import (
    AuxiliaryDiscriminator,
    ConcatDiscriminator,
    ConditionalGAN,
    ProjectionDiscriminator,
)
from genlab.models.conditional_vae import ConditionalVAE
from genlab.models.gan import Discriminator
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains on all of MNIST (downloaded once), `smoke` and `stub` only show that
# every cell runs. The bar is the share of 1000 samples that are recognised as the digit that was asked for.
SIZES = {
    "stub": dict(steps=1, compare_steps=1, vae_steps=1, ring_steps=1, images=40, search=1, tries=2, bar=None),
    "smoke": dict(steps=20, compare_steps=4, vae_steps=10, ring_steps=20, images=100, search=3, tries=2, bar=None),
    "cpu": dict(steps=800, compare_steps=200, vae_steps=800, ring_steps=500, images=1000, search=100, tries=8, bar=0.8),
    "gpu": dict(steps=30_000, compare_steps=5000, vae_steps=10_000, ring_steps=1500, images=1000, search=300, tries=16, bar=0.95),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## 1. Ask for a colour
#
# Eight heaps of points on a ring, in four colours. The generator $G$ is told a colour and some noise, and should make points
# on the rings of that colour. The discriminator $D$ judges, and there are four kinds of it.
#
# Press *Play* with the first kind, which **never sees the label**. When most dots lie on rings, look at their colours, and
# move the label's slider. Then choose *label projected* and play again. What does the yellow now do when you move the slider?
# What do dots do between two labels?

# %% tags=["touch"]
label_game("blind", seed=seed)

# %% [markdown]
# Both generators were told the label. Only one had a reason to listen.
#
# ## 2. What D knows when G does not listen
#
# Take four wide heaps, one for each label, and a $G$ that makes perfect points but ignores what it was asked for. How
# good can a $D$ be? On the left is the best $D$ that sees the point alone. The others see the label that was asked for, too.

# %% tags=["figure"]
wide = plane.Ring(count=4, size=1.7, sigma=0.8)


def log_heaps(x):
    """log p(x | c) for each of the four heaps: (N, 2) -> (N, 4)."""
    return -0.5 * torch.cdist(x.double(), wide.modes).square() / wide.sigma**2 - math.log(2 * math.pi * wide.sigma**2)


def heap_points(n):
    """Points of the four heaps and their labels."""
    labels = torch.randint(0, 4, (n,))
    return wide.modes[labels] + wide.sigma * torch.randn(n, 2).double(), labels


torch.manual_seed(seed)
points, owners = heap_points(250)
strangers = owners[torch.randperm(len(owners))]  # the labels that a deaf generator was asked for
panels = {"D sees no label": (lambda x: 0 * x[:, 0], points, strangers)}
for c in (0, 1, 2):
    panels[f"asked for {c}"] = (lambda x, c=c: log_heaps(x)[:, c] - torch.logsumexp(log_heaps(x), 1) + math.log(4),
                                points[strangers == c], strangers[strangers == c])
plot_labels(panels, wide, alt="Four panels with dots of a generator that ignores labels. Without the label D is one half everywhere; "
            "with it, D is high around the heap of the label and low elsewhere")

# %% [markdown]
# Without the label $D$ is flat: every point is as likely among data as among samples, so $G$ feels no push. With it, a good
# point under the wrong label is a fake, and the surface leads to the right heap.
#
# The game of lesson 20 is now played with pairs, $\min_G \max_D V$,
#
# $$ V = \mathbb E_{(x, y)\,\text{data}} \log D(x, y) + \mathbb E_{y,\, z} \log\big(1 - D(G(z, y), y)\big) , $$
#
# and for each label the best logit is that of lesson 20: $\log p(x \mid y) - \log g(x \mid y)$.
#
# **Exercise: the best D against a deaf G** (3 points, about 12 minutes). Labels occur with the shares $\pi_c$, in data and in
# what is asked for. $G$ makes points as the data are, without regard to the label. Which density does it have, whatever it was
# asked for? Densities here come as logarithms, and far from all heaps they are very low.

# %%
# Exercise cgan-best-logit
def best_logit(log_p, prior):
    """The best discriminator's logit for every pair of a point and a label, against a generator that ignores labels.

    Args:
        log_p: log p(x | c) in nats at N points for C labels, (N, C); anything from -100 000 to 1000.
        prior: share of each label, (C,); they add up to 1, and some may be 0.

    Returns:
        (N, C), finite. Differentiable in log_p.
    """
    ### BEGIN SOLUTION
    return log_p - torch.logsumexp(log_p + prior.log(), 1, keepdim=True)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-best-logit", best_logit)

# %%
my_best_logit = use("cgan-best-logit", best_logit)

# %% [markdown]
# **Predict.** Four equally frequent labels, heaps far from each other. Which logit has the best $D$ in the middle of a heap, for
# this heap's own label?

# %%
# Exercise cgan-predict-logit
### BEGIN SOLUTION
predicted_logit = math.log(4)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-predict-logit", predicted_logit)

# %% [markdown]
# Now let $G$ listen now and then: a share of its samples is of the label that was asked for, the rest is of any. How much does the best
# $D$ lose by guessing?

# %% tags=["figure"]
even = torch.full((4,), 0.25, dtype=torch.float64)
at, area = plane.grid(120, limit=5.0)
densities = log_heaps(at)
shares, curves = torch.linspace(0, 1, 41).double(), {}
listening = []
for share in shares:
    mixed = torch.logaddexp(densities + share.clamp(min=1e-12).log(),
                            densities - my_best_logit(densities, even) + (1 - share).clamp(min=1e-12).log())
    cost = densities.exp() * F.softplus(mixed - densities) + mixed.exp() * F.softplus(densities - mixed)
    listening.append((cost.sum(0) * area * even).sum())
curves["D sees the label"] = (shares, torch.stack(listening))
curves["D sees no label"] = (shares, torch.full_like(shares, 2 * math.log(2)))
plot_lines([curves], x="share of samples for which G listens", y="loss of the best D (nats)",
           alt="The loss of the best D over the share of samples that obey their label: constant at 1.386 if D sees no label, "
               "rising from about 1 to 1.386 if it does")

# %% tags=["claim"]
assert listening[0] < 1.1 and abs(listening[-1] - 2 * math.log(2)) < 1e-3
assert all(listening[i] < listening[i + 1] for i in range(40))

# %% [markdown]
# The gap below the dashed value is what $D$ has in hand. At its best, as in lesson 20,
#
# $$ V(D^*) = 2\,\mathrm{JSD}\big(p(x, y),\, g(x, y)\big) - 2 \log 2 , $$
#
# a distance between *pairs*. It is 0 only if every label gets its own data. A $D$ without labels leaves the distance between
# $p(x)$ and $g(x)$, to which labels are nothing.
#
# ## 3. What goes into G
#
# You have met conditions before. The conditional VAE of lesson 11 sets a one-hot label beside the code. The transformer of lesson 41 has
# what came before, a prompt, in front of what it writes. In each of them the condition is one more input, and the network learns
# what to do with it. A label is a number without a size: 7 is not more than 3. So it picks a row of a table $e$, which is
# learnt like any weight, and the generator's first layer sees $[\,z,\ e(y)\,]$.
#
# Rows of weights are worth having, too. With $w$ in place of a label, $\sum_c w_c\, e(c)$ lies between the labels: you moved the
# slider there.
#
# **Exercise: join noise and label** (2 points, about 7 minutes).

# %%
# Exercise cgan-join-label
def join_label(z, labels, table):
    """Noise beside the label's row of the table: what enters a conditional generator.

    Args:
        z: noise, (B, K).
        labels: whole numbers (B,) of any whole dtype; or rows of weights (B, C) of any dtype, one-hot or not.
        table: a learnt row for each of C labels, (C, E).

    Returns:
        (B, K + E), z first, in the dtype of z. Differentiable in z, in the table, and in rows of weights.
    """
    ### BEGIN SOLUTION
    rows = table[labels.long()] if labels.ndim == 1 else labels.to(table.dtype) @ table
    return torch.cat([z, rows], 1)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-join-label", join_label)

# %%
my_join_label = use("cgan-join-label", join_label)

# %% [markdown]
# ## 4. Show D the label
#
# The simplest $D$ has the one-hot label beside $x$, as $G$ has it beside $z$ (Mirza and Osindero 2014). Miyato and Koyama (2018)
# asked what the *best* $D$ looks like. Here it is for the four wide heaps, in two parts. The first is the same for all
# labels. The second is a plane that the label tilts. Their sum is the surface of section 2.

# %% tags=["figure"]
def shared(x):
    return -torch.logsumexp(x.double() @ wide.modes.T / wide.sigma**2, 1) + math.log(4)


def tilt(x, c):
    return x.double() @ wide.modes[c] / wide.sigma**2


panels = {"the same for all": (lambda x: shared(x), points[:0], owners[:0])}
for c in (1, 2):
    panels[f"tilt of label {c}"] = (lambda x, c=c: tilt(x, c), points[:0], owners[:0])
panels["sum for label 1"] = (lambda x: shared(x) + tilt(x, 1), points[owners == 1], owners[owners == 1])
plot_labels(panels, wide, alt="A hill in the middle; two planes that rise towards the heap of their label; and the sum of the hill "
            "and one plane, which is high around that heap alone")

# %% tags=["claim"]
assert torch.allclose(shared(at) + tilt(at, 2), my_best_logit(densities, even)[:, 2])

# %% [markdown]
# Bayes splits any such logit in two, and only one part knows $y$:
#
# $$ \log \frac{p(x, y)}{g(x, y)} = \log\frac{p(x)}{g(x)} + \log\frac{p(y \mid x)}{g(y \mid x)} . $$
#
# If classes are read off features $h = \varphi(x)$ by a softmax, the label's part is linear in $h$. So let the label do no
# more than tilt a plane over the features:
#
# $$ \ell(x, y) = \underbrace{w \cdot h + b}_{\text{for all labels}} + \underbrace{\langle e(y),\, h \rangle}_{\text{the tilt}},
# \qquad h = \varphi(x) . $$
#
# <details><summary>Why the heaps give planes in x itself</summary>
#
# $\log p(x \mid y) = -\|x - \mu_y\|^2 / 2\sigma^2 + \text{const} = \mu_y \cdot x / \sigma^2 - \|x\|^2 / 2\sigma^2 -
# \|\mu_y\|^2 / 2\sigma^2 + \text{const}$. The middle term is the same for all labels and cancels against the samples' density; on
# the ring so does $\|\mu_y\|^2$. What is left of $y$ is $\langle \mu_y / \sigma^2,\, x \rangle$: here $\varphi(x) = x$ and $e(y) =
# \mu_y / \sigma^2$.
#
# </details>
#
# **Exercise: the projection** (3 points, about 10 minutes).

# %%
# Exercise cgan-projection
def projection_logit(h, labels, weight, bias, table):
    """The logit of a projection discriminator from its features.

    Args:
        h: features of B points, (B, F).
        labels: whole numbers (B,), int64; or rows of weights (B, C) in the dtype of h.
        weight, bias: of the part that all labels share, (F,) and ().
        table: one row of F numbers for each of C labels, (C, F).

    Returns:
        One logit for each point under its own label, (B,). Differentiable in all but whole-number labels.
    """
    ### BEGIN SOLUTION
    rows = table[labels] if labels.ndim == 1 else labels @ table
    return h @ weight + bias + (rows * h).sum(1)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-projection", projection_logit)

# %%
my_projection_logit = use("cgan-projection", projection_logit)

# %% [markdown]
# Play again, with this $D$. Pause after a few hundred rounds and drag the slider from end to end: the surface is bent by features,
# but the label only tilts it. Compare with *label beside x*.

# %% tags=["touch"]
label_game("projection", seed=seed + 1)

# %% [markdown]
# ## 5. Or let D name it
#
# Odena, Olah and Shlens (2016) turned the question round. Their $D$ is not told the label, it *says* it: one output for real
# or made, and one for each class. $G$ must be taken for real and be recognised. On a line with two overlapping bumps, this is what
# being recognised as class 0 costs.

# %% tags=["figure"]
x = torch.linspace(-5, 5, 401, dtype=torch.float64)
bumps = torch.stack([-0.5 * (x + 1) ** 2, -0.5 * (x - 1) ** 2], 1) - 0.5 * math.log(2 * math.pi)
price = -bumps.log_softmax(1)[:, 0]
plot_lines([{"data of class 0": (x, bumps[:, 0].exp()), "data of class 1": (x, bumps[:, 1].exp()), "-log c(0 | x)": (x, price)}],
           x="x", y="density; nats", ylim=(0, 3),
           alt="Two overlapping bumps, and a cost that falls from right to left and goes on falling beyond the middle of bump 0")

# %% tags=["claim"]
assert price[120] > price[80] > price[40] > 0  # at x = -2, -3, -4: it still falls to the left of the bump's middle at -1

# %% [markdown]
# The cost pulls away from the other class, and it still pulls beyond the middle of the bump, where there are hardly any data. Only the
# question *real or made?* holds against it. With class logits $c$ the two losses are, as means,
#
# $$ \begin{aligned}
# L_D &= -\log D(x) - \log(1 - D(\tilde x)) - \log c(y \mid x) - \log c(\tilde y \mid \tilde x) \\
# L_G &= -\log D(\tilde x) - \log c(\tilde y \mid \tilde x), \qquad \tilde x = G(z, \tilde y) .
# \end{aligned} $$
#
# **Exercise: AC-GAN's losses** (3 points, about 10 minutes). From logits throughout, as in lesson 20.

# %%
# Exercise cgan-auxiliary
def auxiliary_losses(real, fake, real_classes, fake_classes, labels, asked):
    """What both players of an AC-GAN minimise, in nats.

    Args:
        real, fake: D's logits of data, (B,), and of samples, (M,).
        real_classes, fake_classes: its logits of C classes, (B, C) and (M, C).
        labels: classes of the data, (B,); asked: those that the samples were asked for, (M,).

    Returns:
        D's loss and G's, each a single number. Exact, with their slopes, also for logits of ±150.
    """
    ### BEGIN SOLUTION
    named = F.cross_entropy(fake_classes, asked)
    d = F.softplus(-real).mean() + F.softplus(fake).mean() + F.cross_entropy(real_classes, labels) + named
    return d, F.softplus(-fake).mean() + named
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-auxiliary", auxiliary_losses)

# %%
my_auxiliary_losses = use("cgan-auxiliary", auxiliary_losses)

# %% [markdown]
# ## 6. A step with pairs
#
# A $D$ that sees labels can be taught by one more kind of example (Reed and others 2016): *real data with a wrong label*. They
# are fakes of a kind that $G$ makes only by accident, and they say at once that the label matters. With $s$ a shift from 1 to
# $C - 1$, drawn anew for each row, so that the label is never the right one,
#
# $$ L_D = -\log D(x, y) \;-\; \tfrac12 \log\big(1 - D(G(z, y), y)\big) \;-\; \tfrac12 \log\big(1 - D(x, (y + s) \bmod C)\big) . $$
#
# **Exercise: D's step with pairs** (4 points, about 15 minutes). Which label stands beside which point?

# %%
# Exercise cgan-d-step
def d_step(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    """One step of a discriminator of pairs. Nothing else changes: no weight and no gradient of G, no mode of either.

    Args:
        generator: (noise, labels) -> samples; discriminator: (x, labels) -> logits (B,). Both in the mode in which they
            are to be used; gradients of earlier steps may lie in both.
        optimizer: of the discriminator's parameters.
        x, labels: data (B, ...), and their labels (B,).
        shift: for each row a whole number from 1 to classes - 1, (B,), which makes its label a wrong one.
        noise: noise(n) draws n fresh z; asked once, for as many as there are data.

    Returns:
        The loss before the step. Each kind of pair goes through D in a call of its own; terms are means.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        made = generator(noise(len(x)), labels)
    real, fake = discriminator(x, labels), discriminator(made, labels)
    wrong = discriminator(x, (labels + shift) % classes)
    value = F.softplus(-real).mean() + F.softplus(fake).mean() / 2 + F.softplus(wrong).mean() / 2
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-d-step", d_step)

# %%
my_d_step = use("cgan-d-step", d_step)

# %% [markdown]
# **Exercise: find the bug** (2 points, about 8 minutes, all or nothing). With this step of $G$ no label is ever obeyed, and $D$ wins every
# time. Nothing crashes. Write the repaired step; what is right stays as it is.

# %%
def buggy_g_step(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels)
    labels = labels[torch.randperm(len(labels))]
    discriminator.requires_grad_(False)
    value = loss(discriminator(made, labels))
    discriminator.requires_grad_(True)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()

# %%
# Exercise cgan-bug
def g_step(generator, discriminator, optimizer, labels, noise, loss):
    """One step of a conditional generator. No weight and no gradient of D changes, and no mode of either.

    Args:
        generator, discriminator: as in `d_step`.
        optimizer: of the generator's parameters.
        labels: what to ask for, (B,), one label for each sample.
        noise: noise(n) draws n fresh z; asked once.
        loss: loss(fake) from D's logits, a single number.

    Returns:
        The loss before the step.
    """
    ### BEGIN SOLUTION
    made = generator(noise(len(labels)), labels)
    discriminator.requires_grad_(False)
    value = loss(discriminator(made, labels))
    discriminator.requires_grad_(True)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-bug", g_step)

# %%
my_g_step = use("cgan-bug", g_step)

# %% [markdown]
# Your two steps on the coloured ring, with your projection in $D$ and your table in $G$. Then the same with the buggy step.

# %%
class PlaneGenerator(nn.Module):
    """Two numbers of noise and one of four labels to a point in the plane."""

    data_range, latent_dim, num_classes = (-math.inf, math.inf), 2, 4

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(4, 4)
        self.net = mlp(6, 32, 32, 2, activation=lambda: nn.LeakyReLU(0.2))

    def forward(self, z, labels):
        return self.net(my_join_label(z, labels, self.table.weight))


class PlaneProjection(ProjectionDiscriminator):
    """Features of a point by two layers, and your projection on them."""

    def forward(self, x, labels):
        return my_projection_logit(self.body(x), labels, self.head.weight[0], self.head.bias[0], self.table.weight)


def ring_pairs(n=128):
    """Points of the ring (n, 2) and their labels (n,): heap k has the label k mod 4."""
    heap = torch.randint(0, 8, (n,))
    return (plane.RING.modes[heap] + plane.RING.sigma * torch.randn(n, 2).double()).float(), heap % 4


def adam(network, lr=2e-3):
    return torch.optim.Adam(network.parameters(), lr, betas=(0.0, 0.99))


def obeyed(points, labels):
    """Share of points on any ring, and on one of their own label; how many of the eight got a quarter of their share."""
    distance, nearest = torch.cdist(points.double(), plane.RING.modes).min(1)
    on = distance <= plane.RING.radius
    right = on & (nearest % 4 == labels)
    found = torch.bincount(nearest[right], minlength=8) >= len(points) / 8 / 4
    return on.double().mean().item(), right.double().mean().item(), int(found.sum())


def noise(n):
    return torch.randn(n, 2)


every_label = torch.arange(2000) % 4
trained = {}
for name, step in {"repaired": my_g_step, "buggy": buggy_g_step}.items():
    torch.manual_seed(seed)
    g, d = PlaneGenerator(), PlaneProjection((2,), 4, hidden_dim=32)
    g_adam, d_adam = adam(g), adam(d)
    for _ in range(size["ring_steps"]):
        x, y = ring_pairs()
        d_loss = my_d_step(g, d, d_adam, x, y, torch.randint(1, 4, y.shape), 4, noise)
        g_loss = step(g, d, g_adam, y, noise, lambda fake: F.softplus(-fake).mean())
    points = g(noise(2000), every_label).detach()
    on, right, found = trained[name] = obeyed(points, every_label)
    print(f"{name:>8}: D's loss {float(d_loss):.2f}, G's {float(g_loss):.2f}; {on:.0%} of the samples on a ring, {right:.0%} on "
          f"one of their label; {found} of 8 rings found")
    show(plot_labels({f"{name}, label {c}": (lambda x, d=d, c=c: d(x, torch.full((len(x),), c)), points[c:800:4], every_label[c:800:4])
                      for c in range(4)}, plane.RING))

# %% tags=["claim"]
assert trained["repaired"][1] > 0.8 and trained["buggy"][1] < 0.5 and float(d_loss) < 0.5  # the buggy one's, the last

# %% [markdown]
# The upper row obeys: for every label another surface, and dots on a ring of its colour. (Where the *other* ring of that colour is bright, $D$ has
# data that $G$ does not make.) In the lower row $D$ sees the label and knows well where each belongs, so it wins; but what $G$ hears has nothing
# to do with what it was asked for.
#
# ## 7. Four kinds of D, side by side
#
# From here on `ConditionalGAN` plays, with the loss of lesson 20 as an object, its penalties R1 and R2, no wrong labels, and one of four
# discriminators. The first is blind.

# %%
class RingPairs:
    def __iter__(self):
        while True:
            yield ring_pairs()


def plane_gan(discriminator, wrap=lambda g: g):
    """A conditional GAN on the ring, trained; its generator as it is, whatever it was wrapped in while it learnt."""
    torch.manual_seed(seed)
    d, g = discriminator(), PlaneGenerator()
    gan = ConditionalGAN(2, 4, generator=wrap(g), discriminator=d, loss=NonSaturating(), penalties=(R1(0.1), R2(0.1)))
    history = fit_adversarial(gan, RingPairs(), adam(gan.generator, 3e-3), adam(d, 3e-3), steps=size["ring_steps"], schedule=cosine_decay,
                              progress=False)
    return gan.generator, d, history


kinds = {"blind": lambda: Discriminator(2, 32), "label beside x": lambda: ConcatDiscriminator((2,), 4, hidden_dim=32),
         "projection": lambda: ProjectionDiscriminator((2,), 4, hidden_dim=32),
         "names the label": lambda: AuxiliaryDiscriminator((2,), 4, hidden_dim=32)}
panels, side = {}, {}
for name, kind in kinds.items():
    g, d, history = plane_gan(kind)
    with torch.no_grad():
        points = g(noise(2000), every_label)
    side[name] = obeyed(points, every_label)
    panels[name] = (None, points[:600], every_label[:600])
    losses = f"D's loss {history.last(50, 'discriminator_loss'):.2f}, G's {history.last(50, 'generator_loss'):.2f}"
    print(f"{name:>15}: {losses}; on a ring {side[name][0]:.0%}, of the right label {side[name][1]:.0%}, {side[name][2]} of 8 rings")
plot_labels(panels, plane.RING, alt="Four panels of dots in four colours over rings in the same colours. Only where D sees or names the "
            "label do the colours agree")

# %% tags=["claim"]
assert side["blind"][1] < 0.5 * side["blind"][0]
assert all(side[name][1] > 0.8 * side[name][0] > 0.2 for name in list(kinds)[1:])

# %% [markdown]
# Look for two things: colours that agree, and both rings of each colour. The share of right labels sees only the first. A
# generator with *one* point for each label has it at 100 %: mode collapse within a label, which that share never shows.
#
# ## 8. Digits on request
#
# Now images: perceptrons as in lesson 20, its relativistic loss with penalties R1 and R2, $D$ by projection, and half of the
# fakes are real digits with a wrong label, as in your step. Data and samples that are compared have the same label.

# %%
data = "mnist" if profile == "gpu" else "embedded"
train_x, train_y = digits("train", source=data)
test_x, test_y = digits("test", source=data)
n, latent_dim = size["images"], 64
asked = torch.arange(n) % 10


def as_unit(images):
    """From [-1, 1] to [0, 1]."""
    return (images + 1) / 2


def train(gan, steps, watch=None):
    """Adam for both, with a moving average of G's weights: history.ema."""
    batches = Batches(to_signed(train_x), train_y, size=64, rng=torch.Generator().manual_seed(seed))
    players = [torch.optim.Adam(player.parameters(), 1e-3, betas=(0.5, 0.999)) for player in (gan.generator, gan.discriminator)]
    return fit_adversarial(gan, batches, *players, steps=steps, schedule=cosine_decay, ema=0.995, watch=watch, every=50,
                           progress=watch is not None)


def digit_gan(**options):
    torch.manual_seed(seed)
    return ConditionalGAN(latent_dim, 10, 1, penalties=(R1(1.0), R2(1.0)), **options).to(device)


gan = digit_gan(condition="projection", mismatched=0.5)
five = torch.randn(5, latent_dim, device=device).repeat_interleave(10, 0)
ten = torch.arange(50, device=device) % 10
live = LivePicture(lambda gan: as_unit(gan(five, ten)), columns=10, names=["discriminator_loss", "generator_loss"],
                   lines={"D guesses": math.log(2)}, alt="five rows of digits 0 to 9, one row for each z")
history = train(gan, size["steps"], live)
model = history.ema
parameters = sum(p.numel() for p in model.generator.parameters())
print(f"{parameters:,} parameters in G, {len(history)} steps in {history.seconds:.0f} s")

# %% [markdown]
# **Is the label obeyed?** The course's classifier reads 1000 samples. Beside it stand what it makes of real digits, and *shuffled labels*:
# what a model gets that draws the same images without listening. Accuracy alone can be had by drawing one shape for each
# label; so there is also the Fréchet distance, and the spread of images within a label, against that of real ones.

# %%
def spread(images, labels):
    """Mean standard deviation of a pixel among images of one label."""
    return torch.stack([images[labels == c].flatten(1).std(0).mean() for c in range(10)]).mean().item()


def measure(gan):
    """Label accuracy, the same with shuffled labels, Fréchet distance, spread within a label; and the samples."""
    torch.manual_seed(seed)
    samples = as_unit(gan.sample(n, labels=asked.to(device))).cpu()
    return (metrics.label_accuracy(samples, asked), metrics.shuffled_label_baseline(samples, asked),
            metrics.digit_frechet(samples), spread(samples, asked) / spread(train_x, train_y), samples)


def line(name, accuracy, shuffled, frechet, wide, *_):
    return (f"{name:>22}: as asked {accuracy.value:.3f} ± {accuracy.error:.3f}, shuffled {shuffled:.2f}; Fréchet distance {frechet:5.1f}; "
            f"spread within a label {wide:.2f}")


accuracy, shuffled, frechet, width, samples = scores = measure(model)
floor, real = metrics.real_floor(n).value, metrics.label_accuracy(test_x[:n], test_y[:n])
print(line("conditional GAN", *scores))
print(f"{'real, held-out digits':>22}: as asked {real.value:.3f} ± {real.error:.3f}, Fréchet distance {floor:5.2f}; n = {n}")

# %% tags=["claim"]
assert accuracy.value >= 0.8 and accuracy.value > shuffled + 0.6 and frechet > 5 * floor

# %% [markdown]
# ## 9. The trap, on digits
#
# All four kinds again, briefly and alike, without wrong labels; and the projection once more with them. Guess the order before you run it.

# %%
contest = {"blind": dict(discriminator=Discriminator(784)), "label beside x": dict(condition="concat"),
           "names the label": dict(condition="auxiliary"), "projection": dict(condition="projection"),
           "and wrong labels": dict(condition="projection", mismatched=0.5)}
rows, table = [], {}
for name, options in contest.items():
    if "discriminator" in options:
        torch.manual_seed(seed)
        options = dict(discriminator=Discriminator(784))
    briefly = train(digit_gan(**options), size["compare_steps"])
    table[name] = measure(briefly.ema)
    print(line(name, *table[name]))
    rows.append(table[name][-1][:20])
show_grid(rows, rows=list(contest), titles=[str(c) for c in range(10)] * 2, scale=1,
          title=f"Asked for 0 … 9, twice, after {size['compare_steps']} steps",
          alt="Five rows of twenty digits, one for each kind of discriminator; in the first the digits have nothing to do with what was "
              "asked for")

# %% tags=["claim"]
assert max(table["blind"][0].value, table["label beside x"][0].value) < 0.5 < 0.7 < table["projection"][0].value
assert table["names the label"][0].value > 0.5 and table["projection"][3] < 0.4 and width > 1.5 * table["projection"][3]

# %% [markdown]
# The blind one makes shapes, and they are not the ones that were asked for. So far the label beside $x$ does no better: among 784 pixels
# ten numbers are a whisper, and while samples are bad, $D$ tells them from data without. The projection meets the label at the end, where
# it cannot be overlooked. One seed is no proof, and with more steps or other networks the order may be another: the code above is yours.
#
# Now the last number. After so few steps those that listen draw hardly more than one shape for each label. *Obeying is cheap*:
# ten shapes are enough for a perfect score. Variety takes longer, as in section 8, and while it grows a label can slip again.
#
# ## 10. One hand, ten digits
#
# A $z$ that is kept while the label goes from 0 to 9: what stays, and what changes?
#
# **Exercise: the style grid** (3 points, about 10 minutes). The generator belongs to somebody else: leave it as you found it.

# %%
# Exercise cgan-style-grid
def style_grid(generator, z, classes):
    """What a generator makes of each z under each label, in evaluation mode.

    Args:
        generator: a module, (noise (N, K), labels (N,)) -> images (N, 1, H, W). Afterwards its mode, its weights and running
            averages, its gradients and `requires_grad` are as before.
        z: (B, K).
        classes: number of labels, which are 0 … classes - 1.

    Returns:
        (B, classes, 1, H, W): row i is z_i throughout, column c is label c. No graph hangs on it.
    """
    ### BEGIN SOLUTION
    training = generator.training
    generator.eval()
    with torch.no_grad():
        labels = torch.arange(classes, device=z.device).repeat(len(z))
        grid = generator(z.repeat_interleave(classes, 0), labels).unflatten(0, (len(z), classes))
    generator.train(training)
    return grid
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-style-grid", style_grid)

# %%
my_style_grid = use("cgan-style-grid", style_grid)

# %% tags=["picture"]
torch.manual_seed(seed + 1)
styles = torch.randn(6, latent_dim, device=device)
grid = as_unit(my_style_grid(model.generator, styles, 10)).cpu()
show_grid(list(grid), titles=[str(c) for c in range(10)], scale=2, title="Each row: one z, the first six that were drawn",
          alt="Six rows of the digits 0 to 9, one row for each z")

# %% [markdown]
# For a friend: take a digit that somebody wrote, find a $z$ under its label that draws it, as in lesson 20, and let that $z$ write all ten. A
# conditional VAE needs no search, for it has an encoder. Here is one, with codes of the same size, trained on the same digits.

# %%
torch.manual_seed(seed)
vae = ConditionalVAE(784, 10, 400, latent_dim).to(device)
pictures = Batches(binarize(train_x).flatten(1), train_y, size=128, rng=torch.Generator().manual_seed(seed))
vae_history = fit(vae, pictures, torch.optim.Adam(vae.parameters(), 1e-3), steps=size["vae_steps"], schedule=cosine_decay, progress=False)
vae_samples = vae.sample(n, labels=asked.to(device)).detach().view(-1, 1, 28, 28).cpu()
vae_accuracy, vae_shuffled = metrics.label_accuracy(vae_samples, asked), metrics.shuffled_label_baseline(vae_samples, asked)
vae_frechet = metrics.digit_frechet(vae_samples)
print(line("conditional VAE", vae_accuracy, vae_shuffled, vae_frechet, spread(vae_samples, asked) / spread(train_x, train_y)))


def find_style(x, y, steps, tries):
    """For each image the best of several codes under its label, by gradient descent on the squared miss."""
    torch.manual_seed(seed)
    many, labels = x.repeat_interleave(tries, 0), y.repeat_interleave(tries, 0)
    z = torch.randn(len(many), latent_dim, device=x.device)
    for _ in range(steps):
        z = z.detach().requires_grad_()
        miss = (model(z, labels) - many).square().flatten(1).sum(1)
        z = z - 0.02 * torch.autograd.grad(miss.sum(), z)[0]
    with torch.no_grad():
        miss = (model(z, labels) - many).square().flatten(1).sum(1)
    best = miss.view(-1, tries).argmin(1) + torch.arange(len(x), device=x.device) * tries
    return z[best].detach()


chosen = [4, 0, 15, 2]
written, of = to_signed(test_x[chosen]).to(device), test_y[chosen].to(device)
found = find_style(written, of, size["search"], size["tries"])
with torch.no_grad():
    codes = vae.encode(binarize(test_x[chosen]).flatten(1).to(device), of)[0]
    by_vae = torch.stack([vae.decode(codes, torch.full_like(of, c)) for c in range(10)], 1).view(-1, 10, 1, 28, 28)
by_gan = as_unit(my_style_grid(model.generator, found, 10))
rows, names = [], []
for i, digit in enumerate(test_x[chosen]):
    rows += [torch.cat([digit[None], by_gan[i].cpu()]), torch.cat([digit[None], by_vae[i].cpu()])]
    names += ["GAN", "VAE"]
show_grid(rows, rows=names, titles=["seen", *map(str, range(10))], scale=2, title="A digit that somebody wrote, and ten in its hand",
          alt="For each of four held-out digits two rows of the digits 0 to 9 in its style, by the GAN and by the conditional VAE")

# %% tags=["claim"]
assert vae_accuracy.value < 0.7 < accuracy.value

# %% [markdown]
# Two ways to fail: the GAN always writes the digit it was asked for, more or less well, and need not match the hand. The VAE matches the hand,
# and after so short a training hardly listens: its code says already which digit it was, and the decoder believes the code. Lesson 11
# measures what a label takes off the code's shoulders.
#
# Now turn the wheel. One $z$, two models which never met: what does each do between a 3 and a 4? Between 9 and 0?

# %% tags=["touch"]
label_dial({"conditional GAN": lambda z, w: as_unit(model(z, w)), "conditional VAE": lambda z, w: vae.decode(z, w)},
           torch.randn(5, latent_dim, generator=torch.Generator().manual_seed(seed)).to(device))

# %% [markdown]
# Nothing ever asked that a slanted 4 and a slanted 7 have the same $z$. It comes about because both share all layers but a row of a table,
# and a smooth network does the similar thing with the similar input.
#
# ## 11. How sure is "obeyed"?
#
# A model that draws only ones, asked for each digit equally often, is right one time in ten. A model asked mostly for ones is right more
# often. So the baseline has to be computed from the counts, and it has a spread. If labels are shuffled, with $n_c$ asked for and $m_c$
# recognised, of $n$ in all, and $S = \sum_c n_c m_c$, the accuracy has
#
# $$ \text{mean } \frac{S}{n^2}, \qquad \text{variance } \frac{1}{n^2 (n - 1)} \Big( S - \tfrac1n \sum_c n_c^2 m_c - \tfrac1n \sum_c n_c m_c^2
# + \tfrac{S^2}{n^2} \Big) . $$
#
# **Exercise, extra: the baseline and its spread** (3 points, about 15 minutes).

# %%
# Exercise cgan-baseline
def shuffled_baseline(predictions, labels):
    """Accuracy of predictions against labels in random order: its mean, and its standard deviation.

    Args:
        predictions, labels: what was recognised and what was asked for, (n,), whole numbers from 0, n at least 1.

    Returns:
        Two numbers. The spread is 0, and not nan, where the order changes nothing.
    """
    ### BEGIN SOLUTION
    n, size = len(labels), int(max(predictions.max(), labels.max())) + 1
    asked = torch.bincount(labels, minlength=size).double()
    seen = torch.bincount(predictions, minlength=size).double()
    both = (asked * seen).sum()
    square = both - (asked**2 * seen).sum() / n - (asked * seen**2).sum() / n + both**2 / n**2
    return both / n**2, (square.clamp(min=0) / max(n - 1, 1)).sqrt() / n
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-baseline", shuffled_baseline)

# %%
my_shuffled_baseline = use("cgan-baseline", shuffled_baseline)

# %%
everyone = {name: found[-1] for name, found in table.items()} | {"and longer": samples, "conditional VAE": vae_samples}
for name, made in everyone.items():
    recognised = metrics.predictions(made).argmax(1)
    mean, deviation = (float(v) for v in my_shuffled_baseline(recognised, asked))
    right = (recognised == asked).double().mean().item()
    print(f"{name:>22}: {right:.3f}, which is {(right - mean) / max(deviation, 1e-9):6.1f} deviations above shuffled labels, {mean:.3f} ± {deviation:.3f}")
plot_bars({name: metrics.label_accuracy(made, asked) for name, made in everyone.items()} | {"real digits": real},
          axis=f"share recognised as asked, n = {n}", title="Who listens?")

# %% [markdown]
# ## 12. Break it
#
# Four GANs on the ring, trained alike. One is right. In one, $D$ never sees the label. In one, $D$ is told the *next* label for samples: off
# by one. In one, $G$ gets no noise. Each panel shows samples in the colour of the label they were asked for. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
class Wrapped(nn.Module):
    """A generator as it is while it learns: asked for another label, or without its noise."""

    data_range, latent_dim, num_classes = PlaneGenerator.data_range, 2, 4

    def __init__(self, inner, shift=0, scale=1.0):
        super().__init__()
        self.inner, self.shift, self.scale = inner, shift, scale

    def forward(self, z, labels):
        return self.inner(self.scale * z, (labels + self.shift) % 4)


FAULTS = {"A": (kinds["projection"], dict(shift=3)), "B": (kinds["projection"], {}), "C": (kinds["projection"], dict(scale=0.0)),
          "D": (kinds["blind"], {})}
panels, vital = {}, {}
for name, (kind, fault) in FAULTS.items():
    g, d, fault_history = plane_gan(kind, lambda g, fault=fault: Wrapped(g, **fault))
    with torch.no_grad():
        points = g.inner(g.scale * noise(2000), every_label)
    panels[name] = (None, points[:600], every_label[:600])
    vital[name] = (obeyed(points, every_label), [fault_history.last(50, f"{player}_loss") for player in ("discriminator", "generator")])
plot_labels(panels, plane.RING, alt="Four panels, A to D, of dots in four colours over rings in the same colours")

# %%
# Exercise cgan-predict-faults
### BEGIN SOLUTION
A = "labels off by one between G and D"
B = "none"
C = "no noise in G"
D = "D never sees the label"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("cgan-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # the words of the last lines of the text above the picture's cell

# %%
for name, ((on, right, found), losses) in vital.items():
    print(f"{name}: D's loss {losses[0]:.2f}, G's loss {losses[1]:.2f}; {on:.0%} on a ring, {right:.0%} of the right label; {found} of 8 rings found")

# %% tags=["claim"]
assert vital["B"][0][1] > 0.8 * vital["B"][0][0] > 0.2 and vital["A"][0][1] < 0.2 < vital["A"][0][0]
assert vital["D"][0][1] < 0.5 * vital["D"][0][0] and vital["C"][0][2] <= 4

# %% [markdown]
# <details><summary>Why each picture looks as it does</summary>
#
# **A**, off by one: $G$ obeys, under another name. $D$ saw samples that were asked for 0 beside the label 1, so they became ones. Every
# picture is good, and every label is wrong; in a grid of digits you would see 1, 2, 3, …, 0. **B** is right. **C**, no noise: a
# label is all that $G$ gets, so each label is one point. **D**, blind: good points in any colour, or colours that keep together in a way
# nobody asked for.
#
# </details>
#
# ## What you can do now
#
# You can say what a label is worth to $D$, give it to both players, write the projection, AC-GAN's losses and a step with mismatched pairs, and
# measure whether a label is obeyed and what obeying has cost in variety. Can you do better than the bar? Change one thing (`mismatched`,
# `condition`, the loss) and run again from *Digits on request*. Compare over seeds.

# %%
written_by_you = {"cgan-best-logit": best_logit, "cgan-join-label": join_label, "cgan-projection": projection_logit,
                  "cgan-auxiliary": auxiliary_losses, "cgan-d-step": d_step, "cgan-bug": g_step, "cgan-style-grid": style_grid,
                  "cgan-baseline": shuffled_baseline}
verdicts = {id: check(id, answer) for id, answer in written_by_you.items()}
points_so_far = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
passed = ", ".join(id for id, v in verdicts.items() if getattr(v, "passed", v)) or "none"
print(f"points so far: {points_so_far:g}; passed: {passed}")
bar = size["bar"]
verdict = "no bar at this profile" if bar is None else "reached" if accuracy.value >= bar else "missed"
print(f"label accuracy {accuracy.value:.3f}, bar {bar or '–'}: {verdict}; Fréchet distance {frechet:.1f} (real digits {floor:.2f}), n = {n}")

began = time.perf_counter()
model.sample(1000, labels=0)
milliseconds = time.perf_counter() - began  # of a thousand samples: seconds in all, milliseconds each
measured = {"label_accuracy": (accuracy.value, n), "frechet_grey": (frechet, n), "spread_within_label": (width, n),
            "parameters": (parameters, 1), "milliseconds_per_sample": (milliseconds, 1000), "network_evaluations_per_sample": (1, 1)}
measured |= metrics.digit_report(samples).rows() if n > 5 else {}
for metric, (value, count) in measured.items():
    results.record(model="ConditionalGAN", metric=metric, value=value, n=count, lesson=lesson, seed=seed, profile=profile,
                   seconds=history.cpu_seconds)

# %% tags=["claim"]
assert accuracy.value >= bar

# %% [markdown]
# **What can go wrong.** *The label is ignored*: does $D$ see it, and the same one as $G$? *One shape for each label*: accuracy is perfect and the
# spread within a label is not; less momentum, penalties, more noise in. *Labels obeyed under another name*: print the confusion, not only
# the accuracy. *Rare labels*: ask for labels as often as they occur in the data, or $D$ tells samples by their label alone.
#
# **Read on.** Miyato and Koyama, *cGANs with projection discriminator* (arXiv:1802.05637), derive the projection in two pages. Odena, Olah and
# Shlens, *Conditional image synthesis with auxiliary classifier GANs* (arXiv:1610.09585). Mirza and Osindero, *Conditional generative
# adversarial nets* (arXiv:1411.1784), is where it began. Reed and others, *Generative adversarial text to image synthesis*
# (arXiv:1605.05396), has sentences for labels, and the mismatched pairs.
#
# **Next:** lesson 52 moves all values at once, and knows the likelihood exactly.
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `50_conditional_gan.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
