# %% [markdown]
# # Conditional and β-VAEs
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/11_conditional_and_beta_vae.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F11_conditional_and_beta_vae.ipynb)
#
# ![Ten rows of handwritten digits drawn by the model of this lesson, each row on request: 0 to 9](attachment:11_conditional_and_beta_vae.png)
#
# *Each row was asked for one digit. The model that you build below drew them, after a minute or two of training
# on two processor cores. Most are what was asked for, and the lesson counts them.*
#
# The VAE of the last lesson draws a digit, but not the digit you ask for, and its code is a list of numbers
# of which nobody knows what each one means. This lesson is about the two obvious wishes. The first is granted
# by telling both networks the label: a *conditional* VAE draws a seven when asked for a seven, and can write
# all ten digits in one handwriting. The second is harder. A single number β, the price of a nat in the code,
# decides how much the code says, which parts of the data it gives up first and, it has been claimed, whether
# each of its dimensions comes to mean one thing. The first two can be derived to the last factor. The third
# we shall put to the test.
#
# When you have finished, you will be able to say what a label takes off the code's shoulders, and measure
# that a label is obeyed; explain β as the exchange rate between two quantities in nats, and why a value of β
# without its units means nothing; predict from the data at which β a direction is given up; recognise a
# collapsed posterior, tell its causes apart and know what warm-up and free bits do about it; and judge a
# claim of disentanglement by a measure, several seeds and an argument.
#
# You need lesson 10: the evidence lower bound, the KL divergence between Gaussians, the draw $z = \mu +
# \sigma \varepsilon$. The core exercises take about 75 minutes, two extra ones 30 more; training takes about
# three minutes. As before, `check(...)` under an exercise says what is right and what is not, and `use(...)`
# hands your solution on, or the course's own as long as yours does not pass; so you may leave an exercise and
# come back to it.

# %% tags=["parameters"]
import os

lesson = "11_conditional_and_beta_vae"
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

import torch
import torch.nn.functional as F
from torch import nn

from genlab import results
from genlab.data import Batches, binarize, digits, sprites
from genlab.display import (
    PALETTE,
    LivePicture,
    in_style,
    new_picture,
    plot_bars,
    plot_rate_distortion,
    show,
    show_grid,
    traversal,
)
from genlab.fit import cosine_decay, fit
from genlab.metrics import (
    estimate,
    factor_entropy,
    factor_gaps,
    label_accuracy,
    mean_elbo,
    mutual_information,
    mutual_information_gap,
    shuffled_label_baseline,
)
from genlab.models import VAE
from genlab.models.vae import bernoulli_log_likelihood, gaussian_kl
from genlab.random import bernoulli, randn
from grading import check, expect_version, use

expect_version(version)

# %% [markdown]
# How large everything is depends on the profile: `cpu` is made for two processor cores and takes a few
# minutes in all, `gpu` trains longer and takes its digits from the whole of MNIST (downloaded once), `smoke`
# and `stub` only show that every cell runs. The bars are what the conditional model should reach: a bound on
# held-out digits in nats, and the share of its digits that are recognised as what was asked for.

# %%
SIZES = {
    "stub": dict(steps=1, batch=16, images=40, broken_steps=1, beta_steps=1, dial_steps=1,
                 linear_steps=1, bars=None),
    "smoke": dict(steps=40, batch=32, images=100, broken_steps=10, beta_steps=60, dial_steps=10,
                  linear_steps=200, bars=None),
    "cpu": dict(steps=2400, batch=128, images=1000, broken_steps=300, beta_steps=2500, dial_steps=500,
                linear_steps=2000, bars=(-115, 0.75)),
    "gpu": dict(steps=20_000, batch=128, images=10_000, broken_steps=1000, beta_steps=20_000,
                dial_steps=4000, linear_steps=2000, bars=(-95, 0.9)),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## The data
#
# Two sets. The first is the digits of lesson 10, cut at one half into ink and paper, this time with their
# labels: four thousand to train on, one thousand held out. They serve the first part of the lesson.

# %%
data = "mnist" if profile == "gpu" else "embedded"
train_grey, train_y = digits("train", source=data)
test_grey, test_y = digits("test", source=data)
train_x, test_x = binarize(train_grey), binarize(test_grey)[:size["images"]]
test_y = test_y[:len(test_x)]
by_class = [train_x[train_y == c][:12] for c in range(10)]
show_grid(by_class, rows=[str(c) for c in range(10)], scale=2,
          title="Real digits by label: draw more of each row, on request",
          alt="Ten rows of twelve real handwritten digits, one row for each digit from 0 to 9")

# %% [markdown]
# The second set is for the parts about β. To ask whether a code has found the factors that make an image, one
# must know them, and of handwriting nobody does. So we take images that are made from four known factors: a
# shape (square, disc or triangle), one of three sizes, and eight places in each of two directions. Every
# combination occurs once. (The idea, and a much larger set of this kind, are from Matthey et al. 2017.) The
# images are cut at 0.65, because at that height no two of them become equal.

# %%
world = sprites()
sprite_x = binarize(world.images, threshold=0.65)
distinct = len(torch.unique(sprite_x, dim=0))
print(f"{len(sprite_x)} sprites, {distinct} of them different; factors",
      ", ".join(f"{name} ({count})" for name, count in zip(world.names, world.counts, strict=True)))
show_grid(sprite_x[::8][:72], columns=18, title="One sprite in eight",
          alt="72 small white shapes on black: squares, discs and triangles of three sizes in many places")

# %% [markdown]
# ## Telling the model the label
#
# Let $y$ be the label of $x$. A conditional model is a model of $x$ *given* $y$. Both networks are told $y$:
# the decoder is $p_\theta(x \mid z, y)$, the encoder $q_\phi(z \mid x, y)$, and with a prior $p(z \mid y)$
# over codes
#
# $$
# p_\theta(x \mid y) = \int p_\theta(x \mid z, y)\, p(z \mid y)\, dz .
# $$
#
# The bound is derived as before, every distribution with $y$ behind the bar. Multiply and divide by $q$ and
# move the logarithm inside (Jensen):
#
# $$
# \log p_\theta(x \mid y)
# = \log \mathbb E_{z \sim q_\phi(z \mid x, y)}\!\left[ \frac{p_\theta(x \mid z, y)\, p(z \mid y)}{q_\phi(z \mid x, y)} \right]
# \;\ge\; \mathbb E_{z \sim q}\big[ \log p_\theta(x \mid z, y) \big] - \mathrm{KL}\big( q_\phi(z \mid x, y) \,\|\, p(z \mid y) \big) ,
# $$
#
# and the gap is $\mathrm{KL}(q_\phi(z \mid x, y)\,\|\,p_\theta(z \mid x, y))$, by the second derivation of
# lesson 10. Note what is bounded: $\log p(x \mid y)$, the probability of the image once the label is known.
# It is another quantity than $\log p(x)$, and usually a larger one.
#
# Sohn, Lee and Yan (2015), who introduced the conditional VAE, learn $p(z \mid y)$ as well. We assume
#
# $$
# p(z \mid y) = p(z) = \mathcal N(z; 0, I) \qquad \text{for every } y .
# $$
#
# The assumption says that, before the image is seen, code and label are independent. It makes the model no
# weaker in principle: a decoder that knows $y$ can itself bend a standard normal variable into whatever
# distribution the digit $y$ needs. And it is what makes the model useful, for now a code means something
# apart from its label, and the code of one digit may be handed to the decoder with another label. Whatever
# it stands for (slant, thickness, size) is then carried over: a *style*.
#
# **What the code no longer has to carry.** Average the KL term over the images with label $y$. With $q(z
# \mid y) = \mathbb E_{x \mid y}[q(z \mid x, y)]$, the distribution of the codes of all these images together,
# expand the logarithm by $q(z \mid y)$ above and below:
#
# $$
# \mathbb E_{x \mid y}\, \mathrm{KL}\big(q(z \mid x, y) \,\|\, p(z)\big)
# = \underbrace{\mathbb E_{x \mid y}\, \mathbb E_{z \sim q(z \mid x, y)}\!\left[ \log \frac{q(z \mid x, y)}{q(z \mid y)} \right]}_{\text{what } z \text{ tells about } x \text{, once } y \text{ is known}}
# {} + \underbrace{\mathrm{KL}\big(q(z \mid y) \,\|\, p(z)\big)}_{\text{how far the codes of label } y \text{ stray from the prior}} .
# $$
#
# (In the second term the expectation over $x$ could be carried out, since the logarithm does not contain
# $x$.) Suppose the codes of the sevens lay elsewhere than those of the ones. Then $q(z \mid y)$ would differ
# from label to label and could not equal $p(z)$ for all of them; the second term would be positive, nats paid
# to tell the decoder what it has been told already. Training presses it down. So the label should be harder to
# read from a code than from an image, in the ideal case impossible, and that can be measured.
#
# How much is there to save? By Bayes' rule, in any model,
#
# $$
# \log p(x \mid y) - \log p(x) = \log p(y \mid x) - \log p(y) .
# $$
#
# If the model is perfect, the mean of the right-hand side over the data is $-H(y \mid x) + H(y)$, the mutual
# information $I(x; y)$ of image and label. It is at most the entropy $H(y)$, and it reaches that where the
# image leaves no doubt about its label.
#
# **Predict.** All ten digits are equally frequent. By how many nats per image, at most, can it help a perfect
# model to be told the label?

# %%
# Exercise cvae-predict-label
### BEGIN SOLUTION
predicted_label = math.log(10)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("cvae-predict-label", predicted_label)

# %% [markdown]
# **How a network is told a label.** Not as the number $y$: that would say that a seven is seven times a one,
# and halfway between six and eight. Classes have no order. A label becomes a *one-hot* row, with a 1 at
# position $y$ and 0 elsewhere, and stands beside the other input in the same row of the batch. The first
# layer multiplies this row by its weights, which amounts to adding a vector of its own for each class, and
# training finds these vectors.
#
# **Exercise: conditioning** (4 points, about 25 minutes). The layers are given; look at the sizes of the first
# layer of each network. Write how image, code and label flow through them. The image (or the code) comes
# first, the label behind it. Labels may come as whole numbers or as one-hot rows already.

# %%
# Exercise cvae-conditioning
class CVAE(nn.Module):
    """A conditional VAE of flat binary images (B, input_dim)."""

    def __init__(self, num_classes=10, input_dim=784, hidden_dim=400, latent_dim=20):
        super().__init__()
        self.num_classes = num_classes
        self.encoder = nn.Sequential(nn.Linear(input_dim + num_classes, hidden_dim), nn.ReLU(),
                                     nn.Linear(hidden_dim, hidden_dim), nn.ReLU())
        self.mu_head = nn.Linear(hidden_dim, latent_dim)
        self.logvar_head = nn.Linear(hidden_dim, latent_dim)
        self.decoder = nn.Sequential(nn.Linear(latent_dim + num_classes, hidden_dim), nn.ReLU(),
                                     nn.Linear(hidden_dim, hidden_dim), nn.ReLU(),
                                     nn.Linear(hidden_dim, input_dim))

    def encode(self, x, y):
        """Mean and log variance of q(z | x, y), each (B, latent_dim).

        Args:
            x: images, (B, input_dim).
            y: labels, whole numbers (B,) or one-hot rows (B, num_classes).
        """
        ### BEGIN SOLUTION
        hidden = self.encoder(torch.cat([x, self.one_hot(y).to(x)], dim=1))
        return self.mu_head(hidden), self.logvar_head(hidden)
        ### END SOLUTION

    def decode_logits(self, z, y):
        """Logits of p(x = 1 | z, y), (B, input_dim), from codes z (B, latent_dim) and labels as above."""
        ### BEGIN SOLUTION
        return self.decoder(torch.cat([z, self.one_hot(y).to(z)], dim=1))

    def one_hot(self, y):
        return y if y.dim() == 2 else F.one_hot(y, self.num_classes)
        ### END SOLUTION

# %% tags=["nbval-check-output"]
check("cvae-conditioning", CVAE)

# %%
my_CVAE = use("cvae-conditioning", CVAE)

# %% [markdown]
# ## A loss with a price
#
# The loss of a VAE is the sum of two quantities in nats, and both will be needed by name. Averaged over the
# data, the **distortion** and the **rate** are
#
# $$
# D = -\,\mathbb E_x\, \mathbb E_{z \sim q(z \mid x)}\big[ \log p(x \mid z) \big] , \qquad
# R = \mathbb E_x\, \mathrm{KL}\big( q(z \mid x) \,\|\, p(z) \big) , \qquad
# -\mathrm{ELBO} = D + R .
# $$
#
# The distortion is what is lost about the image, the rate is what the code says. (A conditional model has
# $y$ behind every bar.) Suppose now that we want the best model whose code says no more than $R_0$ nats:
#
# $$
# \text{minimise } D \quad \text{subject to} \quad R \le R_0 .
# $$
#
# A constraint is turned into a price. With a Lagrange multiplier $\beta \ge 0$ one minimises $D + \beta\,(R -
# R_0)$; since $\beta R_0$ does not depend on the weights, that is
#
# $$
# L_\beta = D + \beta R .
# $$
#
# This is the loss of the **β-VAE** (Higgins et al. 2017), and $\beta = 1$ is the VAE. The multiplier is an
# exchange rate. At the minimum a small change of the model that lowers $R$ by $dR$ must raise $D$ by exactly
# $\beta\, dR$, or the change, or its opposite, would lower the loss. Along the curve of best models therefore
#
# $$
# \frac{dD}{dR} = -\beta .
# $$
#
# A β of 4 buys another nat of code only if it saves at least four nats of distortion.
#
# **Units.** All this holds for $D$ *summed* over the pixels and $R$ *summed* over the code's dimensions, both
# in nats and averaged over images only. If a program averages the distortion over 784 pixels and sums the
# rate, its “$\beta = 1$” minimises $D / 784 + R$, which has the same minimum as $D + 784\, R$: the true β is
# 784. A value of β without the way in which the terms were reduced therefore says nothing. Higgins et al.
# quote, besides, $\beta_{\text{norm}} = \beta K / N$ for $K$ latent dimensions and $N$ pixels, the weight of
# the mean KL per dimension against the mean cross-entropy per pixel, which lets one carry a setting over to
# images of another size. Here is what common settings come to.

# %%
print("β (sums, nats)     K    pixels   β_norm")
for beta, k, pixels in ((1, 20, 784), (4, 20, 784), (784, 20, 784), (4, 6, 256)):
    print(f"{beta:>14} {k:>5} {pixels:>9} {beta * k / pixels:>8.3f}")

# %% [markdown]
# **What $L_\beta$ is not.** For $\beta \ne 1$ it is not minus a bound that one would want. If $\beta > 1$
# then, because $R \ge 0$, $-L_\beta \le \mathrm{ELBO} \le \log p(x)$: still a lower bound, but one that can be
# tight only where the code says nothing, and a smaller loss need not mean a more probable $x$. If $\beta < 1$ it
# is no bound at all: $-L_\beta$ may exceed $\log p(x)$. What, then, does it optimise? For one image and a given decoder
# take the best encoder. Write $\beta\,\mathrm{KL}$ and the likelihood under one expectation:
#
# $$
# \mathbb E_q\!\left[ -\log p(x \mid z) + \beta \log \frac{q(z)}{p(z)} \right]
# = \beta\, \mathbb E_q\!\left[ \log \frac{q(z)}{p(z)\, p(x \mid z)^{1/\beta}} \right]
# = \beta\, \mathrm{KL}\big(q \,\|\, \tilde q\big) - \beta \log \int p(z)\, p(x \mid z)^{1/\beta}\, dz ,
# $$
#
# with $\tilde q(z) \propto p(z)\, p(x \mid z)^{1/\beta}$. The best encoder is $\tilde q$: the posterior of a
# model whose likelihood is raised to the power $1/\beta$. With $\beta > 1$ a β-VAE is a VAE that is told to trust
# its pixels less. So models trained with different β are compared by $D$, $R$ and $D + R$, never by their losses.
#
# **Free bits.** One more ingredient will be needed later. A dimension whose KL is small gains little at
# first, and is easily given up. Kingma et al. (2016) therefore make the first $r$ nats of each
# dimension free: with $\mathrm{KL}_k$ the KL of dimension $k$, averaged over the batch, one replaces
# $\sum_k \mathrm{KL}_k$ by
#
# $$
# \sum_{k=1}^{K} \max\big( r,\; \mathrm{KL}_k \big) .
# $$
#
# Below $r$ the term is constant, its gradient is 0, and nothing is saved by saying less. (It is called
# free *bits*, and counted in nats like everything here.)
#
# **Exercise: the loss** (4 points, about 15 minutes).

# %%
# Exercise beta-loss
def beta_vae_loss(x, logits, mu, logvar, beta, free_bits=0.0):
    """Distortion + beta · rate of a batch, in nats: a scalar.

    Args:
        x: binary images, (B, D).
        logits: of p(x = 1 | z), (B, D); those of a network that is sure are in the hundreds.
        mu, logvar: mean and log σ² of q(z | x), (B, K).
        beta: price of a nat of rate.
        free_bits: nats below which the KL of a dimension, averaged over the batch, costs no less.

    Returns:
        mean over images of -log p(x | z), summed over pixels, + beta · Σ_k max(free_bits, KL_k).
    """
    ### BEGIN SOLUTION
    distortion = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    rates = (mu**2 + logvar.exp() - 1 - logvar).mean(0) / 2  # (K,)
    return distortion + beta * torch.clamp(rates, min=free_bits).sum()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("beta-loss", beta_vae_loss)

# %%
my_beta_vae_loss = use("beta-loss", beta_vae_loss)

# %% [markdown]
# **Exercise, extra: warm-up** (2 points, about 10 minutes). The other help for a code that is given up too
# early: let the price rise from 0 to β in proportion to the step over the first steps of training, and stay
# there. At the start the code is free, the decoder learns to read it, and when the price comes it is paid for
# something that is already useful (Bowman et al. 2016; Sønderby et al. 2016).

# %%
# Exercise beta-schedule
def kl_weight(step, warmup_steps, beta):
    """The price of the rate at a step, counted from 0.

    Args:
        step: number of steps already done.
        warmup_steps: length of the warm-up; 0 for none.
        beta: the price afterwards.

    Returns:
        A number that grows in proportion to the step from 0 to beta, and is beta from warmup_steps on.
    """
    ### BEGIN SOLUTION
    if step >= warmup_steps:
        return beta
    return beta * step / warmup_steps
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("beta-schedule", kl_weight)

# %%
my_kl_weight = use("beta-schedule", kl_weight)

# %% [markdown]
# ## Training the conditional VAE
#
# This cell puts your networks and your loss together, with β = 1, and adds the few methods by which `fit` and
# the metrics know a model.

# %%
class MyCVAE(my_CVAE):
    """Your networks and your loss at β = 1."""

    def __init__(self, latent_dim=8):
        super().__init__(latent_dim=latent_dim)
        self.latent_dim = latent_dim

    def terms(self, x, y, rng=None):
        mu, logvar = self.encode(x, y)
        z = mu + (logvar / 2).exp() * randn(mu.shape, like=mu, rng=rng)
        return x, self.decode_logits(z, y), mu, logvar

    def loss(self, x, y, *, rng=None):
        parts = self.terms(x.flatten(1), y, rng)
        rate = gaussian_kl(*parts[2:]).mean()
        loss = my_beta_vae_loss(*parts, 1.0)
        return {"loss": loss, "distortion_nats": loss - rate, "rate_nats": rate}

    def elbo(self, x, y, *, rng=None):  # of each image, (B,) nats
        x, logits, mu, logvar = self.terms(x.flatten(1), y, rng)
        return bernoulli_log_likelihood(x, logits) - gaussian_kl(mu, logvar)

    @torch.no_grad()
    def decode(self, z, y):  # p(x = 1 | z, y), (B, 1, 28, 28)
        return self.decode_logits(z, y).sigmoid().view(-1, 1, 28, 28)

# %% [markdown]
# The code has eight dimensions, fewer than in lesson 10. That is a choice in favour of samples: the fewer
# dimensions, the easier it is for the codes of all images together to fill the prior, from which samples are
# drawn. While it trains, the picture shows on the right ten rows of digits. Each row is asked for one label,
# each column is one and the same code, drawn from the prior once at the start. Watch how first the rows
# become different, and then the columns.

# %%
torch.manual_seed(seed)
model = MyCVAE().to(device)
styles = torch.randn(10, model.latent_dim, device=device)
every_label = torch.arange(10, device=device).repeat_interleave(10)  # 0 ten times, 1 ten times, …

rng = torch.Generator().manual_seed(seed)
batches = Batches(train_x, train_y, size=size["batch"], rng=rng)
live = LivePicture(lambda model: model.decode(styles.repeat(10, 1), every_label), columns=10,
                   alt="ten rows of generated digits, one for each label; each column is one style")
history = fit(model, batches, torch.optim.Adam(model.parameters(), lr=2e-3), steps=size["steps"], rng=rng,
              schedule=cosine_decay, watch=live, every=20)
model.eval()
parameters = sum(p.numel() for p in model.parameters())
print(f"{parameters:,} parameters, {len(history)} steps in {history.seconds:.0f} s")

# %% [markdown]
# ## Looking
#
# Ask for each digit twelve times, with a new code each time. What is shown are the means $p(x = 1 \mid z,
# y)$, as in lesson 10; the honest samples, with a coin tossed for every pixel, are counted below.

# %% tags=["picture"]
torch.manual_seed(seed + 1)
asked = torch.arange(10, device=device).repeat_interleave(12)
means = model.decode(torch.randn(120, model.latent_dim, device=device), asked)
show_grid(means, columns=12, rows=[str(c) for c in range(10)], scale=2,
          title="Twelve of each digit, on request",
          alt="Ten rows of twelve generated digits; the label asked for stands to the left of each row")

# %% [markdown]
# **One handwriting, ten digits.** Now encode a held-out digit *with* its label, keep its code and change the
# label. Six digits are taken, from one with little ink to one with much. The label decides which digit it is;
# thickness, slant and width come with the code. Nobody has told the model what a style is: it is what is left
# of an image when the label is known. Not every code suits every digit; where a row falls apart, its style is
# one in which the model has seen few digits of that label.

# %%
by_ink = test_x.flatten(1).sum(1).argsort()
picked = by_ink[torch.linspace(0.1, 0.95, 6).mul(len(by_ink)).long()]
x, y = test_x[picked].to(device), test_y[picked].to(device)
with torch.no_grad():
    codes = model.encode(x.flatten(1), y)[0]
transferred = [torch.cat([image[None], model.decode(code.expand(10, -1), torch.arange(10, device=device))])
               for image, code in zip(x, codes, strict=True)]
show_grid(transferred, titles=["real", *map(str, range(10))],
          title="The style of the first image, worn by every digit",
          alt="In each row a real digit, then the digits 0 to 9 drawn from its code, alike in thickness")

# %% [markdown]
# ## Measuring
#
# **Does the label reach the picture?** We let the classifier that comes with the course's metrics read what
# was drawn and count how often it reads what was asked for. Chance is not simply one tenth. A model that
# draws ones whatever it is asked is right on every one. The baseline is what remains when the labels are dealt
# out anew, at random, over the same pictures. The classifier makes mistakes, too; the first row is what it
# gets on real held-out digits.

# %%
torch.manual_seed(seed + 2)
n = 1000 if profile in ("cpu", "gpu") else 100
asked = torch.arange(10, device=device).repeat(n // 10)
drawn = model.decode(torch.randn(n, model.latent_dim, device=device), asked)
tossed = bernoulli(drawn)
accuracy = label_accuracy(drawn, asked)
accuracy_tossed = label_accuracy(tossed, asked)
baseline = shuffled_label_baseline(drawn, asked)
print(f"recognised as what was asked for: real digits      {label_accuracy(test_x, test_y)}")
print(f"                                  means            {accuracy}")
print(f"                                  samples          {accuracy_tossed}")
print(f"                                  shuffled labels  {baseline:.3f}")

# %% [markdown]
# **How good is the model?** The bound is measured on held-out digits with their labels. As a second view, the
# same model can be asked without a label. By the rule of total probability, and because the logarithm of a
# sum of lower bounds is a lower bound,
#
# $$
# \log p(x) = \log \sum_{c=0}^{9} \tfrac1{10}\, p(x \mid y = c) \;\ge\; \log \tfrac1{10} \sum_{c=0}^{9} e^{\,\mathrm{ELBO}(x, c)} .
# $$
#
# That is a bound on the same quantity as in lesson 10. And Bayes' rule turns the model into a classifier that
# has never been trained to classify: $p(y = c \mid x)$ is proportional to $p(x \mid y = c)$, so take the label
# under which the image is most probable. (Each ELBO is estimated by the mean of five draws. What noise is left
# makes the second bound a little too high, since the logarithm of a sum of exponentials is convex.)

# %%
torch.manual_seed(seed)
held_out = mean_elbo(model, test_x, test_y)
trained = mean_elbo(model, train_x[:len(test_x)], train_y[:len(test_x)])
with torch.no_grad():
    x = test_x.to(device)
    labels = [torch.full((len(x),), c, device=device) for c in range(10)]
    bounds = torch.stack([sum(model.elbo(x, y) for _ in range(5)) / 5 for y in labels]).cpu()  # (10, n)
summed_out = bounds.logsumexp(0) - math.log(10)
saved = bounds[test_y, torch.arange(len(test_y))] - summed_out
without, right = estimate(summed_out), estimate((bounds.argmax(0) == test_y).double())
print(f"log p(x | y) ≥ {held_out} nats on held-out images")
print(f"               {trained} nats on training images")
print(f"log p(x)     ≥ {without} nats on held-out images, the label summed out")
print(f"the label saves {saved.median():.3f} nats for the median image, of log 10 = {math.log(10):.3f};")
print(f"                {saved.mean():.3f} on average and {saved.min():.1f} for the worst")
print(f"the most probable label is the right one for {right}")

# %% [markdown]
# Your prediction is the ceiling of what the label saves. A sum over ten labels is at least its own term, so the
# label saves at most $\log 10$ for any image, and for most images nearly all of that. The mean is lower. By the
# rule of Bayes above, what is saved is $\log 10$ plus $\log p(y \mid x)$, and for a few held-out digits the model
# is quite sure of another label than the right one: to be told the right one then *lowers* the probability, by
# many nats. A model that has seen few digits is too sure of itself. It is the same over-fitting that shows in the
# difference between training and held-out images, seen from another side.
#
# The bound with the label summed out may be put beside that of lesson 10, if the course's table has one. It is
# not a race between equals: that model has convolutions and twenty latent dimensions, this one neither.

# %%
try:
    before = [row for row in results.summary(results.table("10"))
              if row["metric"] == "elbo_nats" and row["profile"] == profile]
    for row in before:
        print(f"lesson 10, {row['model']}: ELBO {row['mean']:.1f} nats (mean of {row['seeds']} seeds); "
              f"here {without.value:.1f} without the label, {held_out.value:.1f} with it")
    if not before:
        print(f"The course's table has no ELBO of lesson 10 at the profile {profile}.")
except LookupError:
    print("No comparison with lesson 10: the course's table has no rows of it yet.")

# %% [markdown]
# **Is the label gone from the code?** Let us try to read it. For each held-out image take a draw $z$ from its
# posterior, look for the five training images whose draws are nearest, and let them vote. The same vote among
# the nearest *images* shows that the method works where there is something to read.

# %%
some_x, some_y = train_x[:4 * len(test_x)], train_y[:4 * len(test_x)]


def vote(test, train):
    """How often the commonest label among the five nearest training rows is the right one."""
    nearest = torch.cdist(test.flatten(1), train.flatten(1)).topk(5, largest=False).indices.cpu()
    return estimate((some_y[nearest].mode(1).values == test_y).double())


@torch.no_grad()
def read_codes(model, label=lambda y: y):
    """The vote among draws of z, where `label` says what the model is told of y."""
    torch.manual_seed(seed)
    draws = []
    for x, y in ((test_x, test_y), (some_x, some_y)):
        mu, logvar = model.encode(x.flatten(1).to(device), label(y.to(device)))
        draws.append(mu + (logvar / 2).exp() * torch.randn_like(mu))
    return vote(*draws)


print(f"label read from the nearest images  {vote(test_x, some_x)}")
print(f"label read from the nearest codes   {read_codes(model)}, by guessing 0.1")

with torch.no_grad():
    rate = gaussian_kl(*model.encode(some_x.flatten(1).to(device), some_y.to(device))).mean()
each = len(some_x) // 10  # images of one label
print(f"rate on training images {rate:.1f} nats; log {each} = {math.log(each):.1f}, "
      f"so the codes of a label stray by at least {rate - math.log(each):.1f}")

# %% [markdown]
# It has become much harder to read, and it has not gone. The last line says why. A code can tell at most which
# of the training images of its label it belongs to, so the first term of the split above, averaged over these
# images, is at most the logarithm of their number. All the rest of the rate is the second term, and here it is the
# larger one. With so few images in eight dimensions the codes of a label are scattered islands, which are far from
# filling the prior evenly, and islands of different labels need not lie in the same places. The argument holds for
# the minimum; how near training comes to it is another matter, and this is one reason why samples, whose codes come
# from the prior, are worse than reconstructions. The next section has models to compare with, whose codes have to
# carry the digit.
#
# ## Break it
#
# A conditional model that ignores its condition trains without complaint. The cell below trains yours again,
# briefly, with one part exchanged for a known mistake, and asks each for the ten digits. Before you run it,
# say for each mistake what the row will look like. “One label for the batch” gives every image the label of
# the first. “Label as a number” writes $y/9$ in the first place of the row and nothing in the others.
# “Likelihood averaged” takes the mean over pixels instead of their sum, so that the true β is 784.

# %%
MISTAKES = {
    "nothing": {},
    "one label for the batch": dict(label=lambda y: y[:1].expand(len(y))),
    "label as a number": dict(label=lambda y: F.pad(y[:, None] / 9, (0, 9)), always=True),
    "likelihood averaged": dict(beta=784.0),
}


class Broken(MyCVAE):
    def __init__(self, label=lambda y: y, beta=1.0, always=False):
        super().__init__()
        self.label, self.beta, self.asked = label, beta, label if always else lambda y: y

    def loss(self, x, y, *, rng=None):
        return {"loss": my_beta_vae_loss(*self.terms(x.flatten(1), self.label(y), rng), self.beta)}


torch.manual_seed(seed)
z = torch.randn(1, model.latent_dim, device=device)
two_styles, broken_rows, names = (z, -z), [], []
for name, changes in MISTAKES.items():
    torch.manual_seed(seed)
    broken = Broken(**changes).to(device)
    optimizer = torch.optim.Adam(broken.parameters(), lr=2e-3)
    fit(broken, batches, optimizer, steps=size["broken_steps"], progress=False)
    ten = broken.asked(torch.arange(10, device=device))
    broken_rows += [broken.decode(z.expand(10, -1), ten) for z in two_styles]
    names += [name, "opposite style"]
    z = torch.randn(n, broken.latent_dim, device=device)
    obeyed = label_accuracy(broken.decode(z, broken.asked(asked)), asked)
    read = read_codes(broken, broken.label)
    print(f"{name:>24}: recognised as asked {obeyed.value:.2f}, label read from the code {read.value:.2f}")
show_grid(broken_rows, rows=names, titles=[str(c) for c in range(10)],
          title=f"Asked for 0 … 9, after {size['broken_steps']} steps",
          alt="Pairs of rows of ten generated digits for the correct model and for three mistakes")

# %% [markdown]
# With one label for the batch the label is noise, and the network learns to do without it. The ten pictures of
# a row hardly differ and change with the style instead: the digit has moved into the code, from which it can now
# be read better than from that of the correct model. With the label as a number, what the label adds to the
# first layer is one and the same vector for every class, only longer or shorter. Ten digits are hard to make out
# of one vector, and in so few steps the network prefers the code here, too. With the likelihood averaged every
# nat of code is priced at 784, none is bought, and what is left to draw is the mean image of each class: all
# styles are the same, and the classifier is quite content. **A high label accuracy says that the label is obeyed
# and nothing more.** It does not see that all sevens are one seven; for that, look at two styles, or at the
# rate. In this last case the code has *collapsed*, and that is the subject of the rest of this lesson.
#
# ## Rate and distortion, solved
#
# What does β do to a code? There is one case in which everything can be computed: data that are Gaussian, and
# a decoder that is linear. It shows in formulas what one sees later in networks.
#
# Let $x$ be Gaussian with mean 0, and look along one of its principal directions, in which it has variance
# $\lambda$. The decoder says $p(x \mid z) = \mathcal N(x; w z, s^2)$ with a fixed noise variance $s^2$, the
# encoder $q(z \mid x) = \mathcal N(z; a x, v)$. Over the data, $z = a x + \sqrt v\, \varepsilon$ has mean 0
# and variance $a^2 \lambda + v$.
#
# *The rate.* The KL of one image is $\tfrac12 (a^2 x^2 + v - 1 - \log v)$, and $\mathbb E\, x^2 = \lambda$, so
#
# $$
# R = \tfrac12 \big( a^2 \lambda + v - 1 - \log v \big) .
# $$
#
# *The distortion.* $-\log p(x \mid z) = \tfrac1{2 s^2} (x - w z)^2 + \tfrac12 \log 2 \pi s^2$. The second
# part is a constant, which we drop. The error that remains is called $d$:
#
# $$
# D = \frac{d}{2 s^2}, \qquad d = \mathbb E\,(x - w z)^2 .
# $$
#
# *The scale of the code.* Multiply $a$ and $\sqrt v$ by a number $c$ and divide $w$ by it: $w z$ is the same,
# so $D$ does not change, while the rate becomes $\tfrac12 (c^2 (a^2 \lambda + v) - 1 - \log v - \log c^2)$.
# Its derivative with respect to $c^2$ is 0 where $c^2 (a^2 \lambda + v) = 1$. So at the optimum the code has
# variance 1: all codes together look like the prior. With $a^2 \lambda + v = 1$,
#
# $$
# R = -\tfrac12 \log v .
# $$
#
# *The best decoder.* For a given encoder the best $w$ is that of linear regression, the covariance of $x$ and
# $z$ over the variance of $z$, here $w = a \lambda / 1$. The error it leaves is $d = \lambda - a^2 \lambda^2
# = \lambda\,(1 - a^2 \lambda) = \lambda v$. So $v = d / \lambda$, and
#
# $$
# R = \tfrac12 \log \frac{\lambda}{d} , \qquad 0 < d \le \lambda ,
# $$
#
# which is Shannon's rate-distortion function of a Gaussian: no code whatever, linear or not, reaches the
# error $d$ with fewer nats. To halve the error costs $\tfrac12 \log 2$ nats, wherever one starts.
#
# *The price.* It remains to choose $d$. The loss along this direction is
#
# $$
# L_\beta(d) = \frac{d}{2 s^2} + \frac\beta2 \log \frac\lambda d , \qquad
# L_\beta'(d) = \frac{1}{2 s^2} - \frac{\beta}{2 d} .
# $$
#
# The derivative is negative for $d < \beta s^2$ and positive beyond, so the minimum is at $d = \beta s^2$ if
# that is allowed. But $d$ cannot exceed $\lambda$. If $\beta s^2 \ge \lambda$, the loss falls all the way to
# $d = \lambda$, where the rate is 0: the code says nothing about this direction and the decoder returns its
# mean. Together
#
# $$
# d = \min(\lambda,\; \beta s^2) .
# $$
#
# (A Gaussian likelihood of variance $s^2$, raised to the power $1/\beta$, is one of variance $\beta s^2$ but for a
# constant factor. So this is what was said of $\tilde q$ above: the encoder takes the decoder to be noisier than it
# is, and does not bother with errors below that noise.)
#
# *All directions.* Gaussian data are independent along their principal directions. The code may spend one
# dimension on each, rates and distortions add up, and no code that mixes them does better (the theorem is
# known as *reverse water-filling*: Cover and Thomas, *Elements of information theory*, section 10.3). With
# variances $\lambda_1, \dots, \lambda_K$:
#
# $$
# d_k = \min(\lambda_k, \beta s^2), \qquad
# R = \sum_k \tfrac12 \log \frac{\lambda_k}{d_k}, \qquad
# D = \sum_k \frac{d_k}{2 s^2} .
# $$
#
# Picture $\beta s^2$ as a level of water. Directions whose variance stands above it are encoded, all down to
# the same error; those that are covered are lost, and as β rises they drown in order of their variance. A
# direction with $\lambda_k \le \beta s^2$ is a *collapsed* dimension of the code, and it is collapsed at the
# optimum: nothing has gone wrong. (Lucas et al. 2019 carry this through for β = 1, and show that the linear
# VAE has no other local minima to get caught in.)
#
# *The slope.* Between two drownings $n$ directions are alive. Each has $dD/d\beta = s^2/(2 s^2) = \tfrac12$ and
# $dR/d\beta = -1/(2\beta)$, so $dD/dR = \tfrac n2 \big/ \big({-\tfrac n{2\beta}}\big) = -\beta$, as the
# Lagrange multiplier promised.
#
# **Predict.** A direction has variance $\lambda = 3$, and the decoder's noise variance is $s^2 = 0.25$. At
# which β does it collapse?

# %%
# Exercise beta-predict-collapse
### BEGIN SOLUTION
predicted_collapse = 3 / 0.25
### END SOLUTION

# %% tags=["nbval-check-output"]
check("beta-predict-collapse", predicted_collapse)

# %% [markdown]
# **Exercise: the curve** (4 points, about 25 minutes). Put the last formulas into code, for all directions and
# for a list of β at once.

# %%
# Exercise beta-rate-distortion
def rate_distortion_curve(variances, noise, betas):
    """Rate and distortion of the best linear β-VAE of Gaussian data, in nats.

    Args:
        variances: λ_k of the data along their principal directions, (K,).
        noise: the decoder's noise variance s², a number.
        betas: prices, (N,).

    Returns:
        rate (N,) and distortion (N,), the latter without its constant: one value of each for every β.
    """
    ### BEGIN SOLUTION
    level = betas.unsqueeze(1) * noise  # (N, 1)
    error = torch.where(variances > level, level, variances)  # (N, K)
    return (torch.log(variances / error) / 2).sum(1), error.sum(1) / (2 * noise)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("beta-rate-distortion", rate_distortion_curve)

# %%
my_rate_distortion_curve = use("beta-rate-distortion", rate_distortion_curve)

# %% [markdown]
# Is it true? The next cell first measures your prediction: how much rate a direction with $\lambda = 3$ gets
# just before and at the β that you named. Then it takes five directions with variances 4, 2, 1, ½ and ¼,
# rotates them so that no axis is special, and lets gradient descent find the matrices of a linear encoder and
# decoder for three values of β, knowing nothing of the derivation. The dots should lie on your curve.

# %%
for beta in (0.9 * predicted_collapse, predicted_collapse) if predicted_collapse else ():
    rate = my_rate_distortion_curve(torch.tensor([3.0]), 0.25, torch.tensor([float(beta)]))[0]
    print(f"λ = 3, s² = 0.25: at β = {beta:.4g} the direction gets {rate.item():.3f} nats")

variances, noise = torch.tensor([4.0, 2.0, 1.0, 0.5, 0.25]), 0.1


def train_linear(beta, steps):
    """Rate and distortion that gradient descent reaches with matrices A, W and variances exp(logvar)."""
    torch.manual_seed(seed)
    turn = torch.linalg.qr(torch.randn(5, 5))[0]
    covariance = turn @ torch.diag(variances) @ turn.T
    A, W = [(0.3 * torch.randn(5, 5)).requires_grad_() for _ in range(2)]
    logvar = torch.zeros(5, requires_grad=True)
    optimizer = torch.optim.Adam([A, W, logvar], lr=0.02)
    shrink = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        rate = 0.5 * ((A @ covariance @ A.T).diagonal() + logvar.exp() - 1 - logvar).sum()
        missed = torch.eye(5) - W @ A
        error = (missed @ covariance @ missed.T).trace() + (W**2 @ logvar.exp()).sum()
        optimizer.zero_grad()
        (error / (2 * noise) + beta * rate).backward()
        optimizer.step()
        shrink.step()
    return rate.item(), error.item() / (2 * noise)


found = {beta: train_linear(beta, size["linear_steps"]) for beta in (1.0, 4.0, 16.0)}
for beta, (rate, distortion) in found.items():
    exact = [part.item() for part in my_rate_distortion_curve(variances, noise, torch.tensor([beta]))]
    print(f"β = {beta:>4g}: gradient descent R = {rate:.3f}, D = {distortion:.3f}; "
          f"formula R = {exact[0]:.3f}, D = {exact[1]:.3f}")

# %%
betas = torch.logspace(-0.5, 1.75, 200)
rates, distortions = my_rate_distortion_curve(variances, noise, betas)
drowned = variances / noise  # where each direction collapses
at_drowned = my_rate_distortion_curve(variances, noise, drowned)
places = "; ".join(f"β = {b:g}: rate {r:.1f}, distortion {d:.1f}" for b, (r, d) in found.items())
alt = ("Distortion falls along a convex curve as the rate grows. Ticks mark where each of five directions "
       f"is given up. Three trained models lie on it: {places}")
with in_style():
    picture = new_picture(6.4, 3.9, alt=alt)
    axes = picture.add_subplot()
    axes.plot(rates, distortions, color=PALETTE[0], label="closed form")
    axes.plot(*at_drowned, "|", color=PALETTE[0], markersize=13, label="a direction collapses")
    axes.plot(*zip(*found.values(), strict=True), "o", color=PALETTE[1], markersize=7,
              label="trained by gradient descent")
    for beta, place in found.items():
        axes.annotate(f"β = {beta:g}", place, xytext=(9, 6), textcoords="offset points", fontsize=9.5)
    axes.set(xlabel="rate R (nats)", ylabel="distortion D (nats, constant dropped)",
             title="A linear β-VAE of five Gaussian directions")
    axes.legend()
picture

# %% [markdown]
# The curve is convex, as a curve with slope $-\beta$ must be: β grows from right to left. At the right end
# another nat of rate saves a fraction of a nat; at the left end, where only the strongest direction is alive,
# it saves forty. The VAE, β = 1, is the point where the two are worth the same.
#
# ## β on sprites
#
# Now networks, and data with known factors. The model is a plain VAE of 16 by 16 pixels with six latent
# dimensions, two hidden layers on either side, and your loss. There are no held-out images here: the 576
# sprites are all that there are, and the question is not how the model does on new ones but what it makes of
# these. That gives us the exact floor of the bound for once.
#
# **Predict.** What is the smallest value of $-\mathrm{ELBO}$, averaged over the 576 different sprites, that
# any model can have?

# %%
# Exercise beta-predict-floor
### BEGIN SOLUTION
predicted_floor = math.log(576)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("beta-predict-floor", predicted_floor)

# %%
class MyBetaVAE(VAE):
    """The course's VAE with your loss and your schedule."""

    def __init__(self, beta, warmup_steps=0, free_bits=0.0):
        super().__init__(input_dim=256, hidden_dim=256, latent_dim=6)
        self.beta, self.warmup_steps, self.free_bits, self.steps = beta, warmup_steps, free_bits, 0

    def look(self, x, logits):  # a place for a decoder that sees more than z; this one does not
        return logits

    def loss(self, x, y=None, *, rng=None):
        x = x.flatten(1)
        mu, logvar = self.encode(x)
        logits = self.look(x, self.decode_logits(self.reparameterize(mu, logvar, rng=rng)))
        price = my_kl_weight(self.steps, self.warmup_steps, self.beta)
        self.steps += 1
        rate, distortion = gaussian_kl(mu, logvar).mean(), -bernoulli_log_likelihood(x, logits).mean()
        return {"loss": my_beta_vae_loss(x, logits, mu, logvar, price, self.free_bits),
                "distortion_nats": distortion, "rate_nats": rate}

    def images(self, z):  # p(x = 1 | z), (B, 1, 16, 16)
        return self.decode(z).view(-1, 1, 16, 16)

# %% [markdown]
# Two models are trained here, with β = 1 and β = 4, from the same seed. When the lesson is run to fill the
# course's table (`genlab table`), two more values join them.

# %%
live_betas = [1.0, 4.0]
if os.environ.get("GENLAB_LESSON") == lesson:  # set by `genlab table`
    live_betas = [1.0, 2.0, 4.0, 8.0]


def train_sprites(model, steps, lr=1e-3, watch=None):
    """Train on all sprites, from the lesson's seed."""
    rng = torch.Generator().manual_seed(seed)
    batches = Batches(sprite_x, size=64, rng=rng)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = fit(model, batches, optimizer, steps=steps, rng=rng, schedule=cosine_decay, watch=watch,
                  every=50, progress=watch is not None)
    model.eval()
    return history


torch.manual_seed(seed)
sprite_codes = torch.randn(36, 6, device=device)
beta_models, beta_histories = {}, {}
for beta in live_betas:
    torch.manual_seed(seed)
    beta_models[beta] = MyBetaVAE(beta).to(device)
    live = LivePicture(lambda model: model.images(sprite_codes), names=["distortion_nats", "rate_nats"],
                       columns=6, alt=f"36 sprites drawn from the prior with β = {beta:g}")
    beta_histories[beta] = train_sprites(beta_models[beta], size["beta_steps"], watch=live)

# %% [markdown]
# ## Which dimensions are in use?
#
# A VAE has as many latent dimensions as it was given, and it need not use them all. Along a dimension that is
# not used the encoder answers with the prior, $\mu_k(x) = 0$ and $\sigma_k(x) = 1$ for every image: its KL is
# 0, and the decoder hears noise. Two meters show it. One is the KL of each dimension, averaged over images.
# The other asks directly whether the code moves when the image changes (Burda, Grosse and Salakhutdinov
# 2015): dimension $k$ is *active* if
#
# $$
# A_k = \operatorname{Var}_x\big[ \mu_k(x) \big] > 0.01 .
# $$
#
# The variance is over the images and of the *mean*. Over draws of $z$ even a dead dimension has variance 1.
#
# **Exercise: active units** (2 points, about 10 minutes).

# %%
# Exercise beta-active-units
def active_units(mu, threshold=0.01):
    """Which latent dimensions move with the image: (K,) of truth values.

    Args:
        mu: means of q(z | x) for N images, (N, K), in float32 or float64, near 0 or far from it.
        threshold: the variance over images above which a dimension is active.
    """
    ### BEGIN SOLUTION
    deviations = mu - mu.mean(0)
    return (deviations**2).mean(0) > threshold
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("beta-active-units", active_units)

# %%
my_active_units = use("beta-active-units", active_units)

# %%
@torch.no_grad()
def diagnose(model, draws=20):
    """Rate, distortion (nats, over all sprites), KL of each dimension, active units, mean codes."""
    torch.manual_seed(seed)
    x = sprite_x.flatten(1).to(device)
    mu, logvar = model.encode(x)
    rates = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(0)
    distortion = sum(-model.log_likelihood(x, model.decode_logits(model.reparameterize(mu, logvar))).mean()
                     for _ in range(draws)) / draws
    return {"rate": rates.sum().item(), "distortion": distortion.item(), "rates": rates.cpu(),
            "mu": mu.cpu(), "logvar": logvar.cpu(), "active": int(my_active_units(mu).sum())}


def line(name, seen):
    """One row of a table: what a model's code costs, and what it leaves out."""
    each = " ".join(f"{rate:5.2f}" for rate in seen["rates"].sort(descending=True).values)
    rate, distortion = seen["rate"], seen["distortion"]
    return f"{name:>29} {distortion:6.2f} {rate:6.2f} {rate + distortion:7.2f} {seen['active']:>7}   {each}"


head = f"{'':>29} {'D':>6} {'R':>6} {'-ELBO':>7}  active  KL of each dimension, in nats  "
diagnoses = {beta: diagnose(model) for beta, model in beta_models.items()}
print(head)
for beta, seen in diagnoses.items():
    print(line(f"β = {beta:g}", seen))
print(f"floor of -ELBO: log {distinct} = {math.log(distinct):.3f} nats")

# %%
some = sprite_x[40::41].to(device)
with torch.no_grad():
    back = [each.images(each.encode(some.flatten(1))[0]) for each in beta_models.values()]
show_grid([some, *back], rows=["data", *(f"β = {beta:g}" for beta in beta_models)], scale=2,
          title="What comes back",
          alt="A row of sprites and their reconstructions, the more blurred in shape and size the larger β")

# %% [markdown]
# The larger price has bought fewer nats, and fewer dimensions to carry them. Look at *what* was given up: the
# place of a sprite is still right, while its shape and size are blurred. Moving a sprite by one step changes
# many pixels, and so saves much distortion per nat; turning a square into a disc changes four corners. The
# directions drown in the order of what they are worth. Neither model is near the floor. A perfect model would
# need $\log 576$ nats of rate and no distortion at all; these pay more rate than that, because Gaussian codes
# overlap, and still do not get every pixel right.
#
# ## Making it collapse
#
# **Too high a price.** The linear theory says when the last direction drowns: at β = $\lambda_1 / s^2$. Our
# decoder is a Bernoulli one, and its counterpart can be worked out near the point of collapse, where the
# decoder moves the logits only a little, from those of the mean image $p$ to $\ell + \delta$. The derivatives
# of the Bernoulli log-likelihood with respect to a logit are $x - p$ and $-p(1-p)$, so to second order
#
# $$
# \log p(x \mid \ell + \delta) - \log p(x \mid \ell)
# \approx \sum_i \big[ (x_i - p_i)\, \delta_i - \tfrac12\, p_i (1 - p_i)\, \delta_i^2 \big]
# = \sum_i \big[ u_i \eta_i - \tfrac12 \eta_i^2 \big]
# = -\tfrac12 \sum_i (u_i - \eta_i)^2 + \tfrac12 \sum_i u_i^2 ,
# $$
#
# with $u_i = (x_i - p_i) / \sqrt{p_i (1 - p_i)}$ and $\eta_i = \sqrt{p_i (1 - p_i)}\, \delta_i$. That is a
# Gaussian likelihood with $s^2 = 1$ for the standardised pixels $u$. Their covariance is the *correlation
# matrix* of the pixels, and the last direction should drown when β passes its largest eigenvalue, which we can
# compute before training anything. Then we take the trained model with the larger β and turn the dial on:
# some hundreds of steps at each of several prices, going on from where the last one ended. The last column
# checks the slope. From one price to the next, the distortion added per nat of rate saved, $-\Delta D / \Delta
# R$, should itself lie between the two prices, if each run has come to its end.

# %%
p = sprite_x.flatten(1).mean(0)
used = (p > 0) & (p < 1)
u = ((sprite_x.flatten(1) - p) / (p * (1 - p)).sqrt())[:, used]
eigenvalues = torch.linalg.eigvalsh(u.T @ u / len(u)).flip(0)
print("largest eigenvalues of the pixels' correlation matrix:",
      ", ".join(f"{value:.1f}" for value in eigenvalues[:4]), f"({int((eigenvalues > 4).sum())} are above 4)")

largest = max(live_betas)
last = max(36.0, math.ceil(1.25 * eigenvalues[0].item()))
turned = MyBetaVAE(largest).to(device)
turned.load_state_dict(beta_models[largest].state_dict())
dial = {largest: diagnoses[largest]}
print(f"{head}   -ΔD/ΔR")
print(line(f"β = {largest:g}", dial[largest]))
for beta in [b for b in (8.0, 12.0, 16.0, 24.0, last) if b > largest]:
    turned.beta = beta
    train_sprites(turned, size["dial_steps"])
    previous, dial[beta] = dial[max(dial)], diagnose(turned)
    slope = (dial[beta]["distortion"] - previous["distortion"]) / (previous["rate"] - dial[beta]["rate"])
    print(f"{line(f'β = {beta:g}', dial[beta])}   {slope:.1f}")

# %%
points = {f"β = {beta:g}": (seen["rate"], seen["distortion"]) for beta, seen in (diagnoses | dial).items()}
plot_rate_distortion(points, title="Sprites: the dial turned from right to left")

# %% [markdown]
# A network on data that are far from Gaussian behaves as five variances and a level of water do: dimension
# after dimension goes silent, the slope follows the price, and the last of the rate is gone where the price has
# passed the largest eigenvalue. The early losses are another matter. There are many more eigenvalues above 4
# than dimensions in use, because a network can lay the two directions of the plane along two curved axes, for
# which a linear map needs many straight ones.
#
# **A decoder that can do without.** The second cause of collapse has nothing to do with the price. Let the
# decoder see, for each pixel, the pixels before it (in the rows above, and to its left in the same row), so that
# the likelihood becomes $\prod_i p(x_i \mid x_{<i}, z)$. That is a legitimate likelihood, by the chain rule of
# probability; lesson 40 is about it. A decoder that sees where a sprite has begun can guess most of the rest, and
# to be told the same by the code saves little: a nat that saves less than it costs is not bought. Here a linear
# look at the pixels before is added to the logits. The two prices tried are both lower than the one at
# which the plain decoder in the first row still bought a code.

# %%
class Looking(MyBetaVAE):
    """A decoder that also sees the pixels before each pixel."""

    def __init__(self, beta, warmup_steps=0, free_bits=0.0):
        super().__init__(beta, warmup_steps, free_bits)
        self.weight = nn.Parameter(torch.zeros(256, 256))
        self.register_buffer("before", torch.ones(256, 256).tril(-1))  # 1 where column comes before row

    def look(self, x, logits):
        return logits + F.linear(x, self.weight * self.before)

    def log_likelihood(self, x, logits):
        return bernoulli_log_likelihood(x, self.look(x, logits))


steps = 3 * size["dial_steps"]
runs = {"β = 3": Looking(3.0), "β = 2": Looking(2.0),
        "β = 2 with warm-up": Looking(2.0, warmup_steps=steps // 2),
        "β = 2 with free bits": Looking(2.0, free_bits=0.5)}
print(f"{head}   D + βR")
print(line("plain decoder, β = 4", diagnoses[4.0]))
for name, run in runs.items():
    torch.manual_seed(seed)
    train_sprites(run.to(device), steps, lr=5e-3)
    seen = diagnose(run)
    print(f"{line('looking, ' + name, seen)}   {seen['distortion'] + run.beta * seen['rate']:.2f}")

# %% [markdown]
# Compare the first two rows. The looking decoder has all but emptied the code at a lower price, and yet its
# $-\mathrm{ELBO}$ is the better one. In the sense of the bound nothing is broken. If what one wants is a
# probability of images, the collapsed model is the one to take. If one wanted a code, there is none, and the
# bound has not said so. Alemi et al. (2018) conclude that one should report $R$ and $D$ and not their sum.
#
# The last two rows are the remedies, at the price 2, where without one only part of the code survives.
# **Warm-up** made the code free for the first half of the run, so that the decoder learnt to read it; when the
# price came, dimensions that would never have started were in use and stayed. **Free bits** change the loss:
# every dimension may say half a nat for nothing, and so every dimension does, needed or not. Both put nats back
# into the code and lower the distortion. Before you call that a cure, look at the last column. By the loss $D +
# 2R$, which is what training was asked to minimise, the run without any remedy is the best of the three: at this
# price the missing dimensions were not worth having. By $D + R$, the price of one nat for one nat, they were. So
# the remedies help a code that has died by accident, and overrule one that was given up for its price; which of
# the two it was, the loss at *your* β can tell.
#
# A collapsed dimension thus calls for three questions, in this order. Would it be worth its price, at the β that
# was chosen? Could the decoder know without being told? And only then: did it die early, by an accident of
# training? The first is settled by the choice of β, the second by that of the decoder, the third by a warm-up or
# by free bits.
#
# ## What is the rate spent on?
#
# The rate is one number, and it pays for two different things. Take the distribution of the codes of all $N$
# images together, the *aggregate posterior* $q(z) = \frac1N \sum_j q(z \mid x_j)$, and expand as before
# (Hoffman and Johnson 2016):
#
# $$
# \underbrace{\frac1N \sum_i \mathrm{KL}\big(q(z \mid x_i)\,\|\,p(z)\big)}_{R}
# = \underbrace{\frac1N \sum_i \mathbb E_{q(z \mid x_i)}\!\left[ \log \frac{q(z \mid x_i)}{q(z)} \right]}_{I_q(x;\,z)}
# {} + \underbrace{\mathrm{KL}\big(q(z) \,\|\, p(z)\big)}_{\text{marginal KL}} .
# $$
#
# The first part is the mutual information of image and code: how far a code singles out its image, at most
# $\log N$ nats. This is what one buys. The second is how far the codes together stray from the prior. It buys
# nothing, and it harms samples, which are drawn from $p(z)$ and decoded by a network that has only seen codes
# from $q(z)$. In the linear case it was 0 at the optimum; that was the step about the scale of the code.
#
# **Exercise, extra: the two parts** (3 points, about 20 minutes). Given one draw $z_i$ from each $q(z \mid
# x_i)$, estimate both by their means over $i$. All you need is the $N \times N$ table of $\log q(z_i \mid
# x_j)$; stay in logarithms, with `logsumexp`.

# %%
# Exercise beta-aggregate-posterior
def kl_decomposition(z, mu, logvar):
    """Mutual information and marginal KL of N codes, each a scalar in nats.

    Args:
        z: one draw z_i from each q(z | x_i), (N, K). K may be in the hundreds, where densities are too small for numbers.
        mu, logvar: mean and log σ² of q(z | x_i), (N, K).

    Returns:
        mean_i [log q(z_i | x_i) - log q(z_i)] and mean_i [log q(z_i) - log p(z_i)],
        with q(z) = (1/N) Σ_j q(z | x_j) and p = N(0, I).
    """
    ### BEGIN SOLUTION
    sigma = (logvar / 2).exp()
    table = torch.distributions.Normal(mu, sigma).log_prob(z[:, None]).sum(2)  # log q(z_i | x_j)
    aggregate = torch.logsumexp(table, 1) - math.log(len(z))
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
    return (table.diagonal() - aggregate).mean(), (aggregate - prior).mean()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("beta-aggregate-posterior", kl_decomposition)

# %%
my_kl_decomposition = use("beta-aggregate-posterior", kl_decomposition)

# %%
torch.manual_seed(seed)
print(f"{'':>8} {'R':>6} {'I(x; z)':>9} {'marginal KL':>13} {'sum':>7}   log 576 = {math.log(576):.2f} nats")
for beta, seen in diagnoses.items():
    mu, logvar = seen["mu"].double(), seen["logvar"].double()
    codes = [mu + (logvar / 2).exp() * torch.randn_like(mu) for _ in range(4)]
    parts = torch.tensor([my_kl_decomposition(z, mu, logvar) for z in codes]).mean(0)
    print(f"{f'β = {beta:g}':>8} {seen['rate']:6.2f} {parts[0]:9.2f} {parts[1]:13.2f} {parts.sum():7.2f}")

# %% [markdown]
# At β = 1 the code nearly names the image: the information comes close to $\log 576$, all that there is to
# know, and the rest of the rate is marginal KL. At the higher price both parts have shrunk, and the second by
# the larger factor. A larger β thus presses the codes together towards the prior besides taking information
# away. That is why samples of a β-VAE with a β somewhat above 1 can look more orderly than those of a VAE, while
# its reconstructions are worse.
#
# ## Disentanglement: the claim and the test
#
# Higgins et al. (2017) observed something else: that with a larger β single dimensions of the code came to
# stand for single factors, one for the horizontal place, one for the vertical, one for the size. Such a code
# is called *disentangled*. Burgess et al. (2018) explain it by the price: under pressure the code takes in
# one factor after the other, in the order of what each is worth, and gives each its own dimension. Here the
# sliders let you see for yourself. Each row of the still picture moves one dimension from −3 to 3.

# %%
liveliest = diagnoses[largest]["rates"].argsort(descending=True)[:4].tolist()
traversal(beta_models[largest].images, 6, dims=liveliest,
          title=f"β = {largest:g}: one latent number at a time")

# %% [markdown]
# It is easy to see meaning in such rows, and hard to be sure; so a number is needed. Let $v$ be a factor and
# $I(z_k; v)$ the mutual information between a dimension (its mean code, sorted into twenty bins) and the
# factor. If one dimension knows $v$ and no other does, the largest of these is large and the second largest
# is small. The **mutual information gap** (Chen et al. 2018) is this gap, as a part of the factor's entropy,
# averaged over the factors:
#
# $$
# \mathrm{MIG} = \frac1F \sum_{f=1}^{F} \frac{I_{(1)}(v_f) - I_{(2)}(v_f)}{H(v_f)} .
# $$
#
# It is 1 if every factor is known exactly by one dimension and by no other, and 0 if for every factor two
# dimensions know equally much.

# %%
def named(values):
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(world.names, values.tolist(), strict=True))


print("entropy of the factors (nats):", named(factor_entropy(world.factors)))
for beta, seen in diagnoses.items():
    table = mutual_information(seen["mu"], world.factors)
    gaps = named(factor_gaps(seen["mu"], world.factors))
    seen["mig"] = mutual_information_gap(seen["mu"], world.factors)
    print(f"\nβ = {beta:g}: MIG {seen['mig']:.3f} (gap of each factor: {gaps})")
    print("   information (nats) " + "".join(f"{name:>7}" for name in world.names))
    for k in seen["rates"].argsort(descending=True)[:seen["active"]].tolist():
        print(f"{f'z {k}':>21} " + "".join(f"{value:7.2f}" for value in table[k].tolist()))

# %% [markdown]
# ### Why the prior cannot prefer axes
#
# Before comparing two numbers, think about what they could depend on. Let $U$ be any rotation of the latent
# space and write $z' = U z$. The prior does not notice: $\mathcal N(0, I)$ is the same in every direction. Give
# the decoder the rotation to undo, $p'(x \mid z') = p(x \mid U^\top z')$. Then for every image
#
# $$
# p'(x) = \int p(x \mid U^\top z')\, p(z')\, dz' = \int p(x \mid z)\, p(z)\, dz = p(x) ,
# $$
#
# by substituting $z = U^\top z'$, whose determinant is 1. The two models are the same model of images, and no
# amount of data tells them apart. If the encoder's answers are rotated along, $D$ does not change, because the
# decoder undoes the rotation, and $R$ does not, because a divergence does not depend on coordinates. So $D +
# \beta R$ is the same for every rotation **at every β**. Yet a rotation by 45° in the plane of two dimensions
# that stand for two factors makes two dimensions that stand for neither. Locatello et al. (2019) prove this in
# general: without further assumptions, no unsupervised loss of this kind can prefer the disentangled code.
#
# One thing in the argument is not quite true of our VAE. The rotated answer is Gaussian with covariance $U
# \operatorname{diag}(\sigma^2)\, U^\top$, and our encoder can only give diagonal ones. So axes do matter, as
# far as the σ differ (Rolínek, Zietlow and Martius 2019). How far? Suppose the true posterior has standard
# deviations $\sigma_1, \sigma_2$ along the present axes, and turn the axes by 45°. The best a diagonal
# Gaussian $q$ can do in $\mathrm{KL}(q\,\|\,\text{posterior})$ is to match the diagonal of the inverse
# covariance, which is $\tfrac12 (\sigma_1^{-2} + \sigma_2^{-2})$ twice, and the divergence that remains is half
# the logarithm of the product of that diagonal times the determinant of the covariance:
#
# $$
# \tfrac12 \log \Big[ \tfrac14 \big(\sigma_1^{-2} + \sigma_2^{-2}\big)^2\, \sigma_1^2 \sigma_2^2 \Big]
# = \log \frac{\sigma_1^2 + \sigma_2^2}{2\, \sigma_1 \sigma_2} .
# $$
#
# It is 0 for $\sigma_1 = \sigma_2$. The horizontal and the vertical place of a sprite are worth the same, so
# a model codes them with the same precision, and next to nothing decides between the axes. The next cell
# turns the two dimensions of the largest rate and measures the MIG at each angle, and what the turn would cost
# the encoder.

# %%
angles = torch.linspace(0, math.pi / 2, 25)
turned_mig, costs = {}, {}
for beta, seen in diagnoses.items():
    i, j = seen["rates"].argsort(descending=True)[:2].tolist()
    turned_mig[beta] = []
    for angle in angles:
        codes = seen["mu"].clone()
        codes[:, i] = angle.cos() * seen["mu"][:, i] - angle.sin() * seen["mu"][:, j]
        codes[:, j] = angle.sin() * seen["mu"][:, i] + angle.cos() * seen["mu"][:, j]
        turned_mig[beta].append(mutual_information_gap(codes, world.factors))
    first, second = seen["logvar"][:, i].exp(), seen["logvar"][:, j].exp()
    costs[beta] = ((first + second) / (2 * (first * second).sqrt())).log().mean().item()
    low, high = min(turned_mig[beta]), max(turned_mig[beta])
    print(f"β = {beta:g}: MIG {turned_mig[beta][0]:.3f} as trained, {low:.3f} to {high:.3f} when turned; "
          f"a turn by 45° costs {costs[beta]:.3f} nats")

alt = "MIG against the angle by which two latent dimensions are turned: " + "; ".join(
    f"β = {beta:g} from {min(values):.2f} to {max(values):.2f}" for beta, values in turned_mig.items())
with in_style():
    picture = new_picture(6.4, 3.3, alt=alt)
    axes = picture.add_subplot()
    for (beta, values), mark in zip(turned_mig.items(), "os^D", strict=False):
        axes.plot(angles.rad2deg(), values, marker=mark, markevery=4, label=f"β = {beta:g}")
    axes.set(xlabel="turned by (degrees)", ylabel="MIG", xticks=[0, 15, 30, 45, 60, 75, 90], ylim=(0, None),
             title="One model of images, many values of the MIG")
    axes.legend()
picture

# %% [markdown]
# Every point on one of these lines belongs to the same distribution of images, with the same $D$ and the same
# $R$ up to the cost printed above. Which of them training arrives at is decided by the seed, or by little
# more. A comparison of one model with β = 1 and one with β = 4 therefore shows nothing, whichever way it goes.
# That is what tables over seeds are for.
#
# ### What several seeds say
#
# The course's table holds the same two models and others, each trained with several seeds. The verdict below
# is computed from it.

# %%
METRICS = {"mig": "MIG", "kl_nats": "R", "distortion_nats": "D", "active_units": "active"}
try:
    rows = [row for row in results.table(lesson) if row["metric"] in METRICS and row["profile"] == "cpu"]
except LookupError:  # no table, or no row of this lesson in it
    rows = []
migs = {}
for row in rows:
    if row["metric"] == "mig":
        migs.setdefault(row["model"], []).append(row["value"])

if len(migs) < 2 or min(map(len, migs.values())) < 2:
    print(f"The course's table has {len(rows)} rows of this lesson, too few for a spread over seeds: "
          "`genlab table --lesson 11` makes them.")
    print("From one seed nothing can be said about β. What was trained above:")
    for beta, seen in diagnoses.items():
        print(f"    β = {beta:g}: MIG {seen['mig']:.3f}")
else:
    spread = {(row["model"], row["metric"]): row["mean"] for row in results.summary(rows)}
    for name, values in migs.items():
        means = ", ".join(f"{word} {spread[name, metric]:.2f}" for metric, word in METRICS.items())
        print(f"{name}: means {means}; MIG of each seed {', '.join(f'{v:.2f}' for v in sorted(values))}")
    means = [spread[name, "mig"] for name in migs]
    between, within = max(means) - min(means), max(max(values) - min(values) for values in migs.values())
    print(f"From one β to another the mean MIG differs by up to {between:.2f}, "
          f"from one seed to another at the same β by up to {within:.2f}.")
    print("Verdict:", "the seed matters more than β; these runs do not show that β disentangles."
          if within > between else "on these data and with this model β matters more than the seed.")
    deviations = {row["model"]: row["sd"] for row in results.summary(rows) if row["metric"] == "mig"}
    show(plot_bars({name: (spread[name, "mig"], deviations[name]) for name in migs},
                   axis="mutual information gap (mean ± sd over seeds)"))

# %% [markdown]
# This is a small experiment, on one set of images with one small network. The large one is that of Locatello
# et al. (2019), with thousands of models: there, too, seeds and other settings mattered more than the method
# or its β, and without labels one could not tell the good runs from the bad. What β does for certain is what
# was derived: it fixes the exchange rate, and with it how much is said and what is given up first. Whether the
# few dimensions that remain stand along the axes that we find natural is another question. It needs something
# else, such as a few labels, pairs of images that differ in one factor, or data whose factors have clearly
# different worth.
#
# ## What can go wrong
#
# **The condition is ignored.** The decoder gets the label, the samples do not obey. Measure it, as above, and
# look for one of the mistakes above: a label that is the same for the whole batch, is not one-hot, or never
# reaches the decoder.
#
# **The label leaks into the code.** With few images, or a code of many dimensions, $q(z \mid y)$ still
# depends on $y$. Then style transfer changes more than the style, and samples, whose codes come from the prior,
# are worse than reconstructions. The vote among the nearest codes shows it.
#
# **Accuracy without variety.** A model that draws one perfect seven is right whenever a seven is asked for.
# Label accuracy needs a companion: the bound, the rate, or pictures of several styles.
#
# **β has other units than you think.** Means for sums, a mean over the batch for a sum, grey values for black
# and white: each changes what β = 4 is. Report $D$ and $R$ in nats, from which everybody can see where you are.
#
# **Losses of different β are compared.** They are different quantities. Compare $D + R$, or better both.
#
# **The MIG of a dead code.** The bins of the MIG stretch each dimension to its own range, so a dimension that
# moves by a millionth counts like any other. Look at the active units first.
#
# ## The bar
#
# At the profile `cpu` a conditional model made of right parts reaches −115 nats with its bound and is
# recognised in three cases out of four. This cell compares, and appends what you measured to `results.csv`.
# Then make it better. What would you expect of more latent dimensions: for the bound, and for the accuracy of
# samples? Say it in numbers first.

# %%
mine = [name for name, used, written in (
    ("CVAE", my_CVAE, CVAE), ("beta_vae_loss", my_beta_vae_loss, beta_vae_loss),
    ("kl_weight", my_kl_weight, kl_weight), ("active_units", my_active_units, active_units),
    ("rate_distortion_curve", my_rate_distortion_curve, rate_distortion_curve),
    ("kl_decomposition", my_kl_decomposition, kl_decomposition)) if used is written]
print("Made with your own:", ", ".join(mine) or "nothing yet")
elbo_bar, accuracy_bar = size["bars"] or (None, None)
for name, value, bar in (("ELBO, nats", held_out.value, elbo_bar),
                         ("label accuracy", accuracy.value, accuracy_bar)):
    verdict = "no bar at this profile" if bar is None else "reached" if value >= bar else "missed"
    print(f"{name} {value:.4g}, bar {bar}: {verdict}")

where = dict(lesson=lesson, seed=seed, profile=profile)
for metric, value, count in (
        ("elbo_nats", held_out.value, len(test_x)), ("label_accuracy", accuracy.value, n),
        ("label_accuracy_samples", accuracy_tossed.value, n), ("parameters", parameters, 1)):
    results.record(model="CVAE", metric=metric, value=value, n=count, seconds=history.cpu_seconds, **where)
for beta, seen in diagnoses.items():
    for metric, value in (("mig", seen["mig"]), ("kl_nats", seen["rate"]), ("active_units", seen["active"]),
                          ("distortion_nats", seen["distortion"])):
        results.record(model=f"BetaVAE β={beta:g}", metric=metric, value=value, n=len(sprite_x),
                       seconds=beta_histories[beta].cpu_seconds, **where)

# %% [markdown]
# ## Further reading
#
# Sohn, Lee and Yan, *Learning structured output representation using deep conditional generative models*
# (NeurIPS 2015), is the conditional VAE; Kingma et al., *Semi-supervised learning with deep generative models*
# (2014, arXiv:1406.5298), has the one with an independent code, and learns from few labels. Higgins et al.,
# *β-VAE* (ICLR 2017), made the claim, and Burgess et al., *Understanding disentangling in β-VAE* (2018,
# arXiv:1804.03599), read it as a limit on capacity. Alemi et al., *Fixing a broken ELBO* (2018,
# arXiv:1711.00464), is the place to read about rate and distortion. Hoffman and Johnson, *ELBO surgery* (2016),
# split the rate. Bowman et al., *Generating sentences from a continuous space* (2016, arXiv:1511.06349), met
# collapse with a decoder that can do without the code, and answered with a warm-up, as did Sønderby et al.,
# *Ladder variational autoencoders* (2016, arXiv:1602.02282); free bits are in Kingma et al., *Improving
# variational inference with inverse autoregressive flow* (2016, arXiv:1606.04934). Lucas et al., *Don't blame
# the ELBO!* (2019, arXiv:1911.02469), solve the linear VAE. On disentanglement: Chen et al., *Isolating
# sources of disentanglement in VAEs* (2018, arXiv:1802.04942), for the MIG; Locatello et al., *Challenging
# common assumptions in the unsupervised learning of disentangled representations* (2019, arXiv:1811.12359), for
# the test; Rolínek, Zietlow and Martius, *Variational autoencoders pursue PCA directions (by accident)* (2019,
# arXiv:1812.06775), for why axes matter at all.

# %% [markdown]
# ## Save and hand in
#
# Save the notebook (Ctrl+S, on a Mac ⌘S). In Colab choose *File → Save a copy in Drive* first, or your
# changes are lost with the tab, and *File → Download → Download .ipynb* to get the file; in Binder download
# it from the file browser, because the machine forgets everything. Before you hand in, restart the kernel and
# run all cells once: what is marked is the notebook from top to bottom, not what the kernel happens to
# remember. Hand in the file `11_conditional_and_beta_vae.ipynb` under this very name, in the way your teacher
# has told you. Keep the first line of each answer's cell (`# Exercise …`): that is how your answers are found.
# The checks under the exercises show what to expect; the marks come from the same checks with other numbers.
