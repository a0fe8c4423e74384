# %% [markdown]
# # Variational autoencoders
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/10_vae.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F10_vae.ipynb)
#
# ![Rows of handwritten digits drawn by the model of this lesson, grey at the edges](attachment:10_vae.png)
#
# *Nobody wrote these digits. The model that you build below drew them, after a minute or two of training.*
#
# Reading 25 minutes, coding 75, running 5; three extra exercises take 45 minutes more. A good place to stop is
# before *Train*. You need Python, a little PyTorch, and the normal distribution.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "10_vae"
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
from genlab.data import Batches, binarize, digits
from genlab.display import (
    LivePicture,
    bound_explorer,
    bound_terms,
    code_plane,
    drawn_image,
    latent_scatter,
    plot_bars,
    plot_bound,
    plot_histograms,
    plot_lines,
    plot_mixture,
    show_grid,
    traversal,
)
from genlab.fit import cosine_decay, fit
from genlab.models.vae import VAE, bernoulli_log_likelihood, gaussian_kl
from genlab.random import bernoulli
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains on all of MNIST (downloaded once), `smoke` and `stub` only
# show that every cell runs. The bars are nats per held-out image: the ELBO, and the bound with 50 draws.
SIZES = {
    "stub": dict(steps=1, batch=16, channels=4, images=40, draws=(1, 2), broken_steps=1, plane_steps=1, bars=None),
    "smoke": dict(steps=120, batch=32, channels=4, images=100, draws=(1, 5), broken_steps=5, plane_steps=60, bars=None),
    "cpu": dict(steps=2000, batch=64, channels=16, images=1000, draws=(1, 5, 50), broken_steps=300, plane_steps=2500,
                bars=(-100, -95)),
    "gpu": dict(steps=20_000, batch=128, channels=32, images=10_000, draws=(1, 5, 50), broken_steps=2000,
                plane_steps=20_000, bars=(-90, -85)),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
latent_dim = 20
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## 1. One hidden number
#
# A machine draws a number $z$, usually between −2 and 2. It goes to the place on the grey curve that belongs to $z$,
# and drops a green point $x$ nearby. You see only $x$. Which $z$ was it?
#
# The blue hill is the exact answer: where it is high, $z$ is plausible. The red bell $q$ is yours, a normal
# distribution. Drag its middle, its side, and the green point (or use Tab and arrow keys).
#
# The black line at the upper bar is $\log p(x)$: how likely the machine is to drop its point right here, as a
# logarithm. The blue part, the *ELBO*, is the score of your bell. The red rest is the *gap*. Guess first: which of
# the three stay when you drag the bell?

# %% tags=["touch"]
def curve(z):
    """Where the decoder puts each z in the plane: (N,) -> (N, 2)."""
    return torch.stack([z, 1.4 * torch.sin(1.9 * z)], 1)


noise = 0.45  # how far x strays from the curve
bound_explorer(curve, x=(0.3, -0.9), q=(0.8, 0.5), noise=noise)

# %%
# Exercise vae-predict-bell
# Each "stays" or "changes".
### BEGIN SOLUTION
log_p = "stays"
bound = "changes"
gap = "changes"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-predict-bell", {"log p(x)": log_p, "ELBO": bound, "gap": gap})

# %% [markdown]
# An exercise is a cell like the one above. Fill it in and run the check below it, which has three hints folded under
# it.
#
# *Best bell* finds the highest score for you. Does it always close the gap? Here is a point between two branches of
# the curve.

# %% tags=["figure"]
bells = {"left top": (0.1, 0.2), "right top": (1.5, 0.2), "over both": (0.8, 0.5)}
plot_bound(curve, x=(0.9, 0.1), noise=noise, bells=bells, title="Three bells, one log p(x)")

# %% tags=["claim"]
assert bound_terms(curve, (0.3, -0.9), (-0.28, 0.18), noise).gap < 0.1
assert min(bound_terms(curve, (0.9, 0.1), q, noise).gap for q in bells.values()) > 0.4
assert min(bells, key=lambda name: bound_terms(curve, (0.9, 0.1), bells[name], noise).gap) == "left top"

# %% [markdown]
# No bell has two tops, so some gap stays. The best of the three settles on one top.
#
# ## 2. The bound, twice
#
# Now the names. The **prior** $p(z) = \mathcal N(0, 1)$ draws the *latent code*
# $z$. The **decoder** $p(x \mid z)$ turns it into $x$: here it is a small round cloud about a place on the curve. All
# clouds, weighted by how often their $z$ is drawn, add up to $p(x)$.

# %% tags=["figure"]
plot_mixture(curve, noise=noise, x=(0.3, -0.9))

# %% [markdown]
# $$ p(x) = \int p(x \mid z)\, p(z)\, dz, \qquad p(z \mid x) = \frac{p(x \mid z)\, p(z)}{p(x)} . $$
#
# The blue hill is the **posterior** $p(z \mid x)$. With one hidden number we can sum over a fine grid, and did.
# With twenty nobody can. But the bell $q(z \mid x)$ is ours to choose. Solve Bayes' rule for $p(x)$ and take
# logarithms. Then average both sides over draws $z$ from $q$, which is written $\mathbb E_q$; the left side
# contains no $z$ and stays. Finally write $q$ once above and once below:
#
# $$ \log p(x) = \mathbb E_q\!\left[ \log \frac{p(x \mid z)\, p(z)}{p(z \mid x)} \right]
# = \underbrace{\mathbb E_q\!\left[ \log \frac{p(x \mid z)\, p(z)}{q(z \mid x)} \right]}_{\mathrm{ELBO}(x)}
# {} + \underbrace{\mathbb E_q\!\left[ \log \frac{q(z \mid x)}{p(z \mid x)} \right]}_{\text{gap}} . $$
#
# The gap is the *Kullback–Leibler divergence* $\mathrm{KL}(q \,\|\, p(z \mid x))$. It is never negative, and 0 only
# if both are equal. So the ELBO is a lower bound of $\log p(x)$, which is also called the evidence: an **evidence
# lower bound**.
#
# <details><summary>The same bound by Jensen's inequality, and why a KL divergence is never negative</summary>
#
# Multiply and divide by $q$ under the integral:
#
# $$ \log p(x) = \log \int q(z \mid x)\, \frac{p(x \mid z)\, p(z)}{q(z \mid x)}\, dz
# = \log \mathbb E_q\!\left[ \frac{p(x \mid z)\, p(z)}{q(z \mid x)} \right]
# \ge \mathbb E_q\!\left[ \log \frac{p(x \mid z)\, p(z)}{q(z \mid x)} \right] . $$
#
# The logarithm is concave, so the logarithm of a mean is at least the mean of the logarithms. This shows that
# there is a gap; the derivation above shows what it is. In the same way
# $-\mathrm{KL}(q\,\|\,p) = \mathbb E_q[\log (p/q)] \le \log \mathbb E_q[p/q] \le \log \int p = 0$. Equality needs
# $p/q$ to be constant under $q$, that is, $p = q$. The divergence is not symmetric in $q$ and $p$.
#
# Three things keep the gap open in a VAE. The posterior is no Gaussian with independent components, and $q$ is.
# One network has to name a good bell for every image, instead of each image having its own. And training ends
# too early. Cremer, Li and Duvenaud (2018) measured the first two; the second is often the larger.
#
# </details>

# %% [markdown]
# The same average can be split in another way, since $\log \frac{p(x \mid z)\, p(z)}{q(z \mid x)} = \log p(x \mid z) -
# \log \frac{q(z \mid x)}{p(z)}$:
#
# $$ \mathrm{ELBO}(x) = \underbrace{\mathbb E_q\big[ \log p(x \mid z) \big]}_{\text{how well the code explains } x}
# {} - \underbrace{\mathrm{KL}\big(q(z \mid x)\,\|\,p(z)\big)}_{\text{what the code costs}} . $$
#
# The lower bar of the toy shows this: grey is the cost. All is in *nats*, the unit of the natural logarithm. A
# narrow bell in the right place explains $x$ well, and costs more. One that equals the prior is free.
#
# A **variational autoencoder** (VAE) replaces your hand by a network. The *encoder* looks at $x$ and answers
# with the mean $\mu$ and the width $\sigma$ of a bell:
#
# ```
#         encoder             one draw               decoder
# image x ──────▶ μ(x), σ(x) ─────────▶ z ~ N(μ, σ²) ───────▶ p(x | z)
# ```
#
# ## 3. What a code costs
#
# Here is the cost of a bell, summed over a grid.

# %% tags=["figure"]
grid = torch.linspace(-30, 30, 20_001, dtype=torch.float64)


def cost(mean, std):
    """KL(N(mean, std²) ‖ N(0, 1)) in nats, as a sum over the grid."""
    q = Normal(mean, std).log_prob(grid)
    return (q.exp() * (q - Normal(0.0, 1.0).log_prob(grid))).sum() * (grid[1] - grid[0])


means, stds = torch.linspace(-3, 3, 61).double(), torch.linspace(0.03, 2.5, 61).double()
plot_lines([{"σ = 1": (means, [cost(m, 1.0) for m in means])}, {"μ = 0": (stds, [cost(0.0, s) for s in stds])}],
           x=["mean μ of the bell", "width σ of the bell"], y="KL to the prior (nats)", ylim=(0, 4.6),
           titles=["width 1, another mean", "mean 0, another width"],
           alt="Cost of a bell in nats: a parabola in its mean; over its width a curve that is 0 at 1, rises slowly to the "
               "right and without limit towards 0")

# %% [markdown]
# Moving away costs a parabola, a wide bell costs too, and a narrow one costs without limit. The formula for one
# dimension follows from
#
# $$ \log \frac{q(z)}{p(z)} = -\tfrac12 \log \sigma^2 - \tfrac{(z - \mu)^2}{2 \sigma^2} + \tfrac12 z^2 $$
#
# (both contain $\log 2\pi$, which cancels). Under $q$, $(z - \mu)^2$ has the mean $\sigma^2$, and $z^2$ has the mean
# $\mu^2 + \sigma^2$. So
#
# $$ \mathrm{KL}\big(\mathcal N(\mu, \sigma^2)\,\|\,\mathcal N(0, 1)\big)
# = \tfrac12 \left( \mu^2 + \sigma^2 - 1 - \log \sigma^2 \right) , $$
#
# summed over the $K$ independent dimensions of a code. Encoders hand out $\log \sigma^2$ (`logvar`), because a
# network's output may be any real number, and so may a logarithm.
#
# **Predict.** How many nats does a bell of width 1 cost whose mean is 1?

# %%
# Exercise vae-predict-kl
### BEGIN SOLUTION
predicted_kl = 0.5
### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-predict-kl", predicted_kl)

# %%
torch.manual_seed(seed)
z = 1 + torch.randn(100_000)
log_ratio = Normal(1, 1).log_prob(z) - Normal(0, 1).log_prob(z)
print(f"from 100,000 draws: {metrics.estimate(log_ratio)} nats")

# %% [markdown]
# ## 4. What an image costs
#
# Now $x$ becomes a picture: a digit of MNIST (LeCun and others 1998), 28 by 28 pixels, each cut to ink (1, white)
# or paper (0, black). For each pixel the decoder gives a probability $p$ of ink, as a *logit*
# $\ell = \log \frac{p}{1 - p}$; then $p = \operatorname{sigmoid}(\ell)$. Whatever has the probability $p$ *costs*
# $-\log p$ nats when it happens. What does a paper pixel cost, if ink was expected with logit $\ell$?

# %% tags=["figure"]
l = torch.linspace(-20, 130, 301)  # float32, as in training
by_probability = F.binary_cross_entropy(torch.sigmoid(l), torch.zeros_like(l), reduction="none")
plot_lines([{"from the logit": (l, F.softplus(l)), "sigmoid first, then log": (l, by_probability)}], x="logit ℓ",
           y="cost of a paper pixel (nats)",
           alt="The cost computed from the logit rises along a line. Computed from the rounded sigmoid it follows until the "
               "logit is 17, and then jumps to 100 and is flat")

# %% tags=["claim"]
assert torch.sigmoid(torch.tensor(17.0)) == 1 and F.binary_cross_entropy(torch.ones(1), torch.zeros(1)) == 100

# %% [markdown]
# The exact cost is $\log(1 + e^\ell)$, called the softplus of $\ell$. In single precision the sigmoid of 17 is already
# 1. PyTorch caps the cost at 100: the curve is flat, and a decoder that is sure and wrong is not pulled back.
# So losses start from logits. With $p_i = \operatorname{sigmoid}(\ell_i)$,
#
# $$ \log p(x \mid z) = \sum_{i=1}^{784} \big[ x_i \log p_i + (1 - x_i) \log (1 - p_i) \big], \qquad
# \log p_i = -\operatorname{softplus}(-\ell_i), \quad \log (1 - p_i) = -\operatorname{softplus}(\ell_i) . $$
#
# It is a **sum**, since the pixels are independent once the code is given.
#
# **Predict.** What does any image cost, $-\log p(x \mid z)$ in nats, if every logit is 0?

# %%
# Exercise vae-predict-blank
### BEGIN SOLUTION
predicted_blank = 784 * math.log(2)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-predict-blank", predicted_blank)

# %% [markdown]
# **Exercise: the bound** (4 points, about 20 minutes). Put both parts together, each image by itself. The cost of the
# code is exact. The average over $q$ is not: in training its value at *one* draw of $z$ stands for it, and the logits
# below belong to such a draw.

# %%
# Exercise vae-elbo
def elbo(x, logits, mu, logvar):
    """Evidence lower bound of each image, in nats.

    Args:
        x: binary images, (B, D), floating.
        logits: of ink, (B, D), for one draw of z per image; of any size: value and gradient stay finite.
        mu, logvar: mean and log σ² of q(z | x), (B, K). The KL is exact, not estimated from the draw.

    Returns:
        (B,): one number per image, in the dtype of the logits; summed over pixels and latent dimensions.
    """
    ### BEGIN SOLUTION
    log_likelihood = (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(1)
    kl = (mu**2 + logvar.exp() - 1 - logvar).sum(1) / 2
    return log_likelihood - kl
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-elbo", elbo)

# %%
my_elbo = use("vae-elbo", elbo)

# %% [markdown]
# A line `my_... = use(...)` hands your answer on, or the course's own until yours passes, so that everything below
# runs even if you skip one.
#
# Your function already measures a model: one without a code. Every image gets the same logits, those of the mean
# training digit. Its decoder ignores $z$, so the posterior is the prior, the KL is 0, and the bound is exact. A little
# better: one such set of coins for each of the ten digits, a code with ten values, over which one can sum. Four
# thousand digits are for training. What we train has to beat both models on a thousand that are held out.

# %%
data = "mnist" if profile == "gpu" else "embedded"
train_grey, train_labels = digits("train", source=data)
test_grey, test_labels = digits("test", source=data)
train_x, test_x = binarize(train_grey), binarize(test_grey)[:size["images"]]


def log_odds(images):
    """Logits of the mean image; one image more of each kind, so that no probability is 0 or 1."""
    return torch.logit((images.flatten(1).sum(0) + 1) / (len(images) + 2))


def no_code(images, logits):
    """Exact log p(x) of independent pixels: the bound at KL = 0, (B,) nats."""
    nothing = torch.zeros(len(images), 1)
    return my_elbo(images.flatten(1), logits.expand(len(images), -1), nothing, nothing)


pixels = no_code(test_x, log_odds(train_x))
per_digit = torch.stack([no_code(test_x, log_odds(train_x[train_labels == c])) for c in range(10)])
baselines = {"independent pixels": metrics.estimate(pixels),
             "one coin set per digit": metrics.estimate(per_digit.logsumexp(0) - math.log(10))}
for name, value in baselines.items():
    print(f"{name:>22}: log p(x) = {value} nats on {len(test_x)} held-out images")

torch.manual_seed(seed)
coins = torch.sigmoid(log_odds(train_x)).view(1, 1, 28, 28)
one_of_each = torch.cat([train_x[train_labels == c][:1] for c in range(10)])
show_grid([one_of_each, bernoulli(coins.expand(10, 1, 28, 28))], rows=["real digits", "coins"], scale=2,
          title="Real digits, and samples of independent pixels",
          alt="A row of handwritten digits; below, images of scattered dots, denser in the middle, without strokes")

# %% tags=["claim"]
assert baselines["one coin set per digit"].value > baselines["independent pixels"].value + 10

# %% [markdown]
# The coins put ink in the right places, and make not one stroke.
#
# <details><summary>Why are the pixels cut to 0 and 1?</summary>
#
# The same formula accepts grey values, and many tutorials feed them in. The result is a useful loss, and it is not
# $\log p(x)$ of anything: a coin never shows 0.3. A perfect decoder, $p_i = x_i$, then gets not 0 but the entropy
# of the greys, $-\sum_i [x_i \log x_i + (1 - x_i) \log (1 - x_i)]$. Such numbers compare with nothing on
# binarised digits. A mean squared error is the logarithm of a Gaussian whose variance somebody has fixed without
# saying so, and that variance decides how much the KL counts.
#
# </details>
#
# **Exercise, extra: find the bugs** (2 points, all or nothing, about 10 minutes). This loss is found in many notebooks. It runs, it
# trains, and its pictures look fine. Two faults hide in it; the output shows their symptoms.

# %%
def buggy_negative_elbo(x, logits, mu, logvar):
    probabilities = torch.sigmoid(logits)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return reconstruction + kl


x, none = torch.tensor([[0.0]]), torch.zeros(1, 1)
for logit in (2.0, 20.0, 200.0):
    leaf = torch.tensor([[logit]], requires_grad=True)
    value = buggy_negative_elbo(x, leaf, none, none)
    slope = torch.autograd.grad(value, leaf)[0]
    print(f"paper taken for ink, logit {logit:3.0f}: loss {value:6.2f} nats, slope {slope.item():.2f}")
twice = buggy_negative_elbo(x.repeat(2, 1), none.repeat(2, 1), none.repeat(2, 1), none.repeat(2, 1))
print(f"one image {buggy_negative_elbo(x, none, none, none):.3f}, the same image twice {twice:.3f}")

# %%
# Exercise vae-bug
def negative_elbo(x, logits, mu, logvar):
    """The repaired loss: minus the ELBO in nats, averaged over the images of a batch. A scalar.

    Args:
        x: binary images, (B, D).
        logits: of ink, (B, D), of any size: value and gradient stay right at ±200 in float32.
        mu, logvar: mean and log σ² of q(z | x), (B, K).
    """
    ### BEGIN SOLUTION
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    kl = 0.5 * (mu.pow(2) + logvar.exp() - 1 - logvar).sum(1)
    return (reconstruction + kl).mean()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-bug", negative_elbo)

# %% [markdown]
# ## 5. A draw that lets gradients through
#
# Where does the draw of $z$ come from? The bound is an average over the bell, and the encoder has to know which way to
# move the bell. Take the simplest case: the bell is $\mathcal N(\mu, 1)$, and we average $f(z) = z^2$. The average is
# $\mu^2 + 1$, so its slope in $\mu$ is $2\mu$, and at $\mu = 1$ it is 2. Say that we did not know this, and had one
# draw $z$. There are two estimates:
#
# - **Move the draw along.** If $\mu$ grows by a little, so does $z$, and $f$ grows by $f'(z) = 2z$ times as much.
# - **Weigh values by the score.** Draws that become more likely as $\mu$ grows speak for a larger $\mu$. The *score*
#   $\partial \log q(z) / \partial \mu = z - \mu$ says how much more likely, and $f(z)\,(z - 1)$ is the estimate.
#
# Here is each, ten thousand times.

# %% tags=["figure"]
torch.manual_seed(seed)
z = 1 + torch.randn(10_000)
by_path, by_score = 2 * z, z**2 * (z - 1)
plot_histograms({"move the draw along": by_path, "weigh values by the score": by_score}, marks={"true slope": 2},
                axis="estimate of the slope from one draw", limits=(-10, 25))

# %% tags=["claim"]
assert abs(by_path.mean() - 2) < 0.1 and abs(by_score.mean() - 2) < 0.3 and by_score.std() > 2 * by_path.std()

# %% [markdown]
# Both are right on average; the second is much noisier. It rests on $\nabla q = q\, \nabla \log q$:
#
# $$ \nabla_\mu \int q(z)\, f(z)\, dz = \int q(z)\, f(z)\, \nabla_\mu \log q(z)\, dz
# = \mathbb E_q\big[ f(z)\, \nabla_\mu \log q(z) \big] . $$
#
# It sees only values of $f$. In a VAE they are hundreds of nats, which multiplies the noise. The first estimate writes
# the draw as a function of $\mu$ and $\sigma$ and of noise that depends on neither,
#
# $$ z = \mu + \sigma\, \varepsilon, \qquad \varepsilon \sim \mathcal N(0, 1), \qquad
# \nabla\, \mathbb E_q[f(z)] = \mathbb E_\varepsilon\big[ f'(z)\, \nabla (\mu + \sigma \varepsilon) \big] . $$
#
# So the slope may be taken inside the average, draw by draw, and autograd does it. This is the *reparameterisation
# trick*.
#
# **Predict.** The encoder says $\mu = 0$ and $\log \sigma^2 = 2 \log 3$. What is the standard deviation of $z$?

# %%
# Exercise vae-predict-std
### BEGIN SOLUTION
predicted_std = 3
### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-predict-std", predicted_std)

# %% [markdown]
# **Exercise: reparameterise** (2 points, about 15 minutes). Write the draw.

# %%
# Exercise vae-reparameterize
def reparameterize(mu, logvar):
    """A draw z from q(z | x) through which gradients reach mu and logvar.

    Args:
        mu: means, (B, K).
        logvar: log σ², (B, K), of any size.

    Returns:
        z, (B, K), in the dtype of mu: independent noise for every entry and every call.
    """
    ### BEGIN SOLUTION
    sigma = torch.exp(logvar / 2)
    return mu + sigma * torch.randn_like(sigma)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-reparameterize", reparameterize)

# %%
my_reparameterize = use("vae-reparameterize", reparameterize)

# %%
torch.manual_seed(seed)
wide = my_reparameterize(torch.zeros(100_000, 1), torch.full((100_000, 1), 2 * math.log(3)))
print(f"standard deviation of z at log σ² = 2 log 3: {wide.std():.3f}")

# %% [markdown]
# ## 6. Two networks
#
# Neighbouring pixels belong together, so both networks use convolutions. The encoder's *body* halves the image
# twice, from 28 to 14 to 7 pixels a side. Two linear *heads* read $\mu$ and $\log \sigma^2$ off the same features.
# The *decoder* goes the way back and ends in logits: nothing comes after its last convolution. (GELU is a smooth
# variant of ReLU.)
#
# **Exercise: wire it up** (2 points, about 20 minutes). The layers are given; write how data flow through them. In `forward` the
# noise comes in as an argument, so that nothing random hides inside.

# %%
# Exercise vae-wiring
class ConvVAE(nn.Module):
    """A convolutional VAE for binary images (B, 1, 28, 28)."""

    def __init__(self, latent_dim=20, channels=16):
        super().__init__()
        pixels, features = 2 * channels * 7 * 7, 16 * channels
        self.body = nn.Sequential(
            nn.Conv2d(1, channels, 4, stride=2, padding=1), nn.GELU(),  # 28 -> 14
            nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1), nn.GELU(),  # 14 -> 7
            nn.Flatten(), nn.Linear(pixels, features), nn.GELU())  # (B, features)
        self.mu_head = nn.Linear(features, latent_dim)
        self.logvar_head = nn.Linear(features, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, features), nn.GELU(),
            nn.Linear(features, pixels), nn.GELU(), nn.Unflatten(1, (2 * channels, 7, 7)),
            nn.ConvTranspose2d(2 * channels, channels, 4, stride=2, padding=1), nn.GELU(),  # 7 -> 14
            nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1))  # 14 -> 28

    def encode(self, x):
        """x (B, 1, 28, 28) -> mu and logvar of q(z | x), each (B, latent_dim)."""
        ### BEGIN SOLUTION
        features = self.body(x)
        return self.mu_head(features), self.logvar_head(features)
        ### END SOLUTION

    def decode_logits(self, z):
        """z (B, latent_dim) -> logits of ink, (B, 1, 28, 28)."""
        ### BEGIN SOLUTION
        return self.decoder(z)
        ### END SOLUTION

    def forward(self, x, noise):
        """x, noise (B, latent_dim) -> (logits of a draw of z made with this noise, mu, logvar)."""
        ### BEGIN SOLUTION
        mu, logvar = self.encode(x)
        z = mu + torch.exp(logvar / 2) * noise
        return self.decode_logits(z), mu, logvar
        ### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-wiring", ConvVAE)

# %%
my_ConvVAE = use("vae-wiring", ConvVAE)

# %% [markdown]
# ## 7. Train
#
# Both networks are trained on one number, the ELBO. What does raising it do? In the toy, give the decoder one weight: the height of its curve. The blue line is
# $\log p(x)$ at each height. The others are the ELBOs of two bells that do not move.

# %% tags=["figure"]
heights = torch.linspace(0.2, 2.4, 45)


def at_height(a):
    """The toy's curve with another height."""
    return lambda z: torch.stack([z, a * torch.sin(1.9 * z)], 1)


two = {"ELBO, bell fitted at height 0.4": (-0.2, 0.35), "ELBO, bell fitted at height 1.4": (-0.3, 0.2)}
levels = {"log p(x)": [bound_terms(at_height(a), (0.3, -0.9), (0, 1), noise).logp for a in heights]}
levels |= {name: [bound_terms(at_height(a), (0.3, -0.9), q, noise).elbo for a in heights] for name, q in two.items()}
plot_lines([{name: (heights, values) for name, values in levels.items()}], x="height of the decoder's curve", y="nats",
           ylim=(-4.7, -2.8), alt="log p(x) over the height of the curve; two curves below, each touching it at one height")

# %% tags=["claim"]
assert all((torch.tensor(levels["log p(x)"]) >= torch.tensor(levels[name])).all() for name in two)
assert heights[torch.tensor(levels["ELBO, bell fitted at height 0.4"]).argmax()] > 0.45
assert all(bound_terms(at_height(a), (0.3, -0.9), q, noise).gap < 0.05 for a, q in zip((0.4, 1.4), two.values(), strict=True))

# %% [markdown]
# Each ELBO stays below, and all but touches where its bell fits. A step on the decoder climbs along one of these
# curves. A step on the encoder changes to a higher one. Both raise one number,
#
# $$ \mathrm{ELBO}(x) = \log p(x) - \mathrm{KL}\big(q(z \mid x)\,\|\,p(z \mid x)\big) , $$
#
# and so make the data more probable, or narrow the gap.
#
# The next cell puts your parts together, with the few methods by which the course's trainer, metrics and pictures know
# a model. There is nothing to write in it.

# %%
class MyVAE(my_ConvVAE):
    """Your parts, put together."""

    data_range, data_form = (0.0, 1.0), "binary"

    def __init__(self, latent_dim=20, channels=16, draw=my_reparameterize, bound=my_elbo):
        super().__init__(latent_dim, channels)
        self.latent_dim, self.draw, self.bound = latent_dim, draw, bound

    def elbo(self, x, *, rng=None):  # (B,) nats; `draw` takes its noise from torch's own generator
        return self.bounded(x)[0]

    def bounded(self, x):  # the bound and the cost of the code, each (B,)
        q = self.encode(x)
        logits = self.decode_logits(self.draw(*q))
        return self.bound(x.flatten(1), logits.flatten(1), *q), gaussian_kl(*q)

    def loss(self, x, y=None, *, rng=None):  # the labels y are not used
        bound, kl = (part.mean() for part in self.bounded(x))
        return {"loss": -bound, "reconstruction_nats": -bound - kl, "kl_nats": kl}

    def log_likelihood(self, x, z):  # log p(x | z), (B,) nats
        return bernoulli_log_likelihood(x.view(-1, 1, 28, 28), self.decode_logits(z))

    def iwae(self, x, k=50, *, rng=None):  # (B,) nats
        return my_iwae_bound(x.flatten(1), k, lambda flat: self.encode(flat.view(-1, 1, 28, 28)),
                             self.log_likelihood)

    def decode(self, z):  # p(x = 1 | z), (B, 1, 28, 28)
        return torch.sigmoid(self.decode_logits(z))

    @torch.no_grad()
    def sample(self, num_samples=64, *, labels=None, rng=None):  # the mean image for each of n codes from the prior
        return self.decode(torch.randn(num_samples, self.latent_dim, device=self.mu_head.weight.device))

# %% [markdown]
# The loss is minus the bound: the *reconstruction*, $-\log p(x \mid z)$ at one draw, plus the *KL*. Watch the blue line
# fall through both baselines. The KL has a restless start; then it rises slowly, as the decoder learns to use what the
# encoder says. The dots are the same loss on images that are held out. On the right the decoder paints the same
# thirty codes again and again.

# %%
torch.manual_seed(seed)
model = MyVAE(latent_dim, size["channels"]).to(device)
codes = torch.randn(30, latent_dim, device=device)
some = test_x[:300].to(device)

batches = Batches(train_x, train_labels, size=size["batch"], rng=torch.Generator().manual_seed(seed))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
live = LivePicture(lambda model: model.decode(codes), columns=5,
                   measure=lambda model: {"held_out_nats": -model.elbo(some).mean()},
                   lines={name: -value.value for name, value in baselines.items()},
                   alt="what the decoder makes of the same thirty codes from the prior")
history = fit(model, batches, optimizer, steps=size["steps"], schedule=cosine_decay, watch=live, every=50)

model.eval()
parameters = sum(p.numel() for p in model.parameters())
print(f"{parameters:,} parameters, {len(history)} steps in {history.seconds:.0f} s")

# %% tags=["claim"]
assert history.last(100) < -baselines["one coin set per digit"].value
assert sum(history["kl_nats"][40:80]) / 40 < 12 < sum(history["kl_nats"][200:240]) / 40 < history["kl_nats"][-1]

# %% [markdown]
# ## 8. Look
#
# Draw $z$ from the prior and decode. The picture shows the probabilities $p(x = 1 \mid z)$, the *mean* image, as
# nearly every published picture does. A **sample** tosses a coin for each pixel; its edges are ragged, since the
# coins know nothing of one another.

# %% tags=["picture"]
torch.manual_seed(seed)
means = model.sample(48)
show_grid(means, columns=12, scale=2, title="Means: p(x = 1 | z) for z from the prior",
          alt="48 images drawn by the model, grey where it is unsure")

# %%
real = test_x[:11].to(device)
noises = [torch.zeros(11, latent_dim), torch.randn(11, latent_dim), torch.randn(11, latent_dim)]
with torch.no_grad():
    decoded = [torch.sigmoid(model(real, e.to(device))[0]) for e in noises]
show_grid([bernoulli(means[:11]), real, *decoded], scale=2, title="Samples; and reconstructions of digits never seen",
          rows=["samples", "held-out digit", "z = μ", "z = μ + σε", "z = μ + σε"],
          alt="A row of samples; eleven held-out digits; below each what its mean code and two draws decode to")

# %% [markdown]
# Twenty numbers cannot be drawn on a page. Two can. The next cell trains a small VAE whose code is a point in the
# plane, on the same loss, and shows the whole plane.
#
# Draw a digit on the left (pointer, finger, or Tab and arrow keys, with space for ink). The red blob is the bell
# that the encoder answers with: $q$ from above, seen from the top. Then drag the blue square: the decoder paints what
# lies there. Where do your 4 and your 9 land? What is between them? Does a letter land anywhere?

# %% tags=["touch"]
torch.manual_seed(seed)
plane = VAE(hidden_dim=128, latent_dim=2).to(device)
fit(plane, batches, torch.optim.Adam(plane.parameters(), lr=2e-3), steps=size["plane_steps"], schedule=cosine_decay)
plane.eval()
drawing = code_plane(plane, test_x[:40], title="A plane of codes")
drawing

# %% [markdown]
# And here is where the encoder puts the held-out digits, each drawn as the digit that it is. The model was never told
# these labels.

# %%
with torch.no_grad():
    parts = [metrics.mean_elbo(m, test_x).value for m in (plane, model)]
    place, narrow = plane.encode(test_x.to(device))
    plane_kl = gaussian_kl(place, narrow).mean()
    narrow = (narrow / 2).exp().mean()
print(f"ELBO on held-out images: {parts[0]:.0f} nats with 2 numbers, {parts[1]:.0f} nats with {latent_dim}")
print(f"in the plane a blob is {narrow:.2f} wide on average and costs {plane_kl:.1f} nats; the prior is 1 wide")
latent_scatter(place, test_labels[:len(test_x)], title="Codes of held-out digits",
               alt="A thousand digits in the plane of codes: each kind has a region of its own, some overlap, and parts are empty")

# %% tags=["claim"]
assert parts[1] > parts[0] + 20 > baselines["one coin set per digit"].value + 20 and narrow < 0.3

# %% [markdown]
# Two numbers are few: kinds of digits overlap, and the blobs are small, since two numbers have to say precisely which
# digit it is. With twenty numbers one moves along one axis at a time. The sliders below start from the code of a real
# digit. Try to name what each changes: slant, width, an open or closed loop. Most resist, since nothing in the bound
# asks one number to mean one thing. Lesson 11 takes that up.

# %% tags=["touch"]
with torch.no_grad():
    mu, logvar = model.encode(test_x.to(device))
liveliest = mu.var(0).argsort(descending=True)[:6].tolist()
traversal(model.decode, latent_dim, start=mu[2], dims=liveliest, title="One latent number at a time")

# %% [markdown]
# ## 9. Finish a half-drawn digit
#
# A model that knows what digits look like can guess the half that you hide. Take the small model of the plane, and draw
# four thousand codes from its prior. Each proposes a whole image. Some agree with the visible half, most do not. Here
# is one held-out digit, its lower half hidden, and six proposals, with $\log p(x_{\text{seen}} \mid z)$ above each.

# %% tags=["figure"]
torch.manual_seed(seed)
with torch.no_grad():
    proposals = plane.decode_logits(torch.randn(4000, 2, device=device)).cpu()  # (4000, 784)
seen = torch.zeros(1, 28, 28, dtype=torch.bool)
seen[:, :14] = True
hidden_half = test_x[2:3].clone()
hidden_half[..., 14:, :] = 0.4  # grey: unknown
evidence = (seen.flatten() * -F.binary_cross_entropy_with_logits(
    proposals, test_x[2].flatten().expand_as(proposals), reduction="none")).sum(1)
order = evidence.argsort(descending=True)[[0, 200, 800, 1600, 2800, 3999]]
show_grid(torch.cat([hidden_half, proposals[order].sigmoid().view(-1, 1, 28, 28)]), scale=3,
          titles=["seen", *(f"{evidence[i]:.0f} nats" for i in order)],
          alt="A digit whose lower half is hidden, and six decoded codes, from the one that explains the upper half best to "
              "the worst")

# %% [markdown]
# How much should code $z_j$ count? All were drawn from the prior, so before looking they count the same. By Bayes' rule,
# what is seen multiplies each by $p(x_{\text{seen}} \mid z_j)$; dividing by the sum gives weights $w_j$. And once the
# code is known, the pixels are independent: the seen ones say nothing more about the hidden ones. So
#
# $$ p(x_{\text{hidden}} \mid x_{\text{seen}}) \approx \sum_j w_j\, p(x_{\text{hidden}} \mid z_j), \qquad
# w_j \propto p(x_{\text{seen}} \mid z_j), \quad \sum_j w_j = 1 . $$
#
# **Exercise: complete** (4 points, about 20 minutes). Which pixels speak for a code? What happens to a product of four hundred
# probabilities in single precision?

# %%
# Exercise vae-complete
def complete(x, seen, logits):
    """Images whose hidden pixels hold the probability of ink, given those that are seen.

    Args:
        x: images, (B, D), floating: 0 or 1 where seen, anything finite where hidden. Not to be changed.
        seen: which pixels are known, (B, D) of bool; each row has its own.
        logits: of ink under each of k equally likely codes, (k, D), of any size, sure ones included.

    Returns:
        (B, D) in the dtype of x: x itself where seen; elsewhere the probability of ink in [0, 1], exact for a
        model that has just these k codes. D may be 784, in float32.
    """
    ### BEGIN SOLUTION
    on, off = F.logsigmoid(logits), F.logsigmoid(-logits)  # (k, D)
    ink = torch.where(seen, x, 0)
    paper = torch.where(seen, 1 - x, 0)
    weights = (ink @ on.T + paper @ off.T).softmax(1)  # (B, k)
    return torch.where(seen, x, weights @ logits.sigmoid())
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-complete", complete)

# %%
my_complete = use("vae-complete", complete)

# %% [markdown]
# Now finish digits that the model has never seen. If you drew one on the plane above, it stands first: show that one
# to a friend. Run the cell again after each drawing. Where halves leave it open what follows, the answer is grey: it
# is an average over all codes that agree.

# %%
mine = drawn_image(drawing)
digits_shown = test_x[[4, 0, 15, 2, 6, 7, 9, 12, 18]]
if mine is not None:
    digits_shown = torch.cat([mine, digits_shown[:-1]])
rows = [digits_shown]
for upper in (True, False):
    known = (torch.arange(28).view(28, 1).expand(28, 28) < 14) == upper
    mask = known.flatten().expand(len(digits_shown), -1)
    finished = my_complete(digits_shown.flatten(1), mask, proposals)
    rows += [torch.where(known, digits_shown, 0.4), finished.view(-1, 1, 28, 28)]
show_grid(rows, rows=["whole", "upper half", "finished", "lower half", "finished"], scale=2,
          title="Finished from one half",
          alt="Nine digits; below, their upper halves and what the model adds; then their lower halves and what it adds")

# %%
mask = seen.flatten().expand(len(test_x), -1)
guess = my_complete(test_x.flatten(1), mask, proposals)[~mask].view(len(test_x), -1).clamp(1e-6, 1 - 1e-6)
hidden_pixels = test_x.flatten(1)[~mask].view(len(test_x), -1)
blind_guess = proposals.sigmoid().mean(0)[~seen.flatten()].expand_as(guess)
halves = {name: metrics.estimate(F.binary_cross_entropy(p, hidden_pixels, reduction="none").sum(1))
          for name, p in {"without looking": blind_guess, "having seen the upper half": guess}.items()}
for name, value in halves.items():
    print(f"{name:>26}: the lower half costs {value} nats, each pixel by itself")

# %% tags=["claim"]
assert halves["having seen the upper half"].value < halves["without looking"].value - 8

# %% [markdown]
# ## 10. How good is it?
#
# The bound on held-out images says how many nats an image costs at most. How much does the gap hide? Go back to the
# toy, where $\log p(x)$ is known. The ELBO averages $\log w$ with the *weight* $w = p(x \mid z)\, p(z) / q(z \mid x)$.
# Now draw $k$ codes from the bell, average their weights first, and take the logarithm afterwards. Here are two
# thousand such numbers for each $k$.

# %% tags=["figure"]
torch.manual_seed(seed)
centre, spread, at = -0.1, 0.4, torch.tensor([0.3, -0.9])
tries = {}
for k in (1, 5, 50):
    z = centre + spread * torch.randn(2000, k)
    log_w = Normal(curve(z.flatten()), noise).log_prob(at).sum(1).view(2000, k) + \
        Normal(0.0, 1.0).log_prob(z) - Normal(centre, spread).log_prob(z)
    tries[f"k = {k}"] = log_w.logsumexp(1) - math.log(k)
true = bound_terms(curve, at, (centre, spread), noise)
plot_histograms(tries, marks={"log p(x)": true.logp}, limits=(-12, -1.5), axis="log of the mean of k weights (nats)")

# %% tags=["claim"]
assert abs(tries["k = 1"].mean() - true.elbo) < 0.3 and tries["k = 1"].mean() < tries["k = 5"].mean() < tries["k = 50"].mean()
assert abs(tries["k = 50"].mean() - true.logp) < 0.1

# %% [markdown]
# With $k = 1$ the mean of these numbers is the ELBO. With more draws it climbs to $\log p(x)$. This is
# *importance sampling*: draw where the encoder points, and divide by how often one goes there. On average a weight is
# $\int q\, \frac{p(x \mid z)\, p(z)}{q}\, dz = p(x)$ exactly. Its logarithm is too small on average (Jensen again), and
# less so for a mean of many weights, which varies less:
#
# $$ L_k = \mathbb E\!\left[ \log \frac1k \sum_{j=1}^k w(z_j) \right] \le L_{k+1} \le \log p(x), \qquad
# z_j \sim q(z \mid x) . $$
#
# <details><summary>Why the bound never falls with k</summary>
#
# The mean of $k + 1$ weights is the average of the $k + 1$ means that leave one of them out. The logarithm of an
# average is at least the average of the logarithms, and each of those has the mean $L_k$. So
# $L_{k+1} \ge L_k$. It tends to $\log p(x)$ if the weights are bounded (Burda, Grosse and Salakhutdinov 2015; after
# their importance weighted autoencoder it is called the IWAE bound). Averaging the *logarithms* would only estimate
# the ELBO again, with less noise.
#
# </details>
#
# **Exercise, extra: many draws** (4 points, about 25 minutes). A weight is of the order of $e^{-100}$, so stay in logarithms.

# %%
# Exercise vae-iwae
def iwae_bound(x, k, encode, log_likelihood):
    """Importance-weighted bound on log p(x) from k draws of z per image, in nats.

    Args:
        x: images, (B, D).
        k: number of draws of z ~ q(z | x) for each image, fresh at every call.
        encode: maps x (B, D) to (mu, logvar), each (B, K).
        log_likelihood: maps x (N, D) and z (N, K), paired row by row, to log p(x | z), (N,) nats.

    Returns:
        (B,): one number per image. The prior is N(0, I).
    """
    ### BEGIN SOLUTION
    mu, logvar = (part.repeat_interleave(k, 0) for part in encode(x))  # (B·k, K)
    noise = torch.randn_like(mu)
    z = mu + torch.exp(logvar / 2) * noise
    log_prior, log_q = -(z**2).sum(1) / 2, -(noise**2 + logvar).sum(1) / 2  # the constant cancels
    log_w = log_likelihood(x.repeat_interleave(k, 0), z) + log_prior - log_q
    return torch.logsumexp(log_w.view(-1, k), 1) - math.log(k)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-iwae", iwae_bound)

# %%
my_iwae_bound = use("vae-iwae", iwae_bound)

# %%
torch.manual_seed(seed)
held_out = metrics.mean_elbo(model, test_x)
trained = metrics.mean_elbo(model, train_x[:len(test_x)])
kl = metrics.estimate(gaussian_kl(mu, logvar))
bounds = {k: metrics.mean_iwae(model, test_x, k=k) for k in size["draws"]}
best = bounds[size["draws"][-1]]
print(f"ELBO on held-out images {held_out} nats; on training images {trained}")
for k, value in bounds.items():
    print(f"k = {k:>2}: log p(x) ≥ {value} nats")
print(f"KL of q(z|x) from p(z)  {kl} nats; {int(metrics.active_units(mu).sum())} of {latent_dim} numbers in use")

with torch.no_grad():
    logits = model.decode_logits(torch.randn(2000, latent_dim, device=device))
    by_prior = torch.stack([bernoulli_log_likelihood(one.expand_as(logits), logits) for one in test_x[:10].to(device)])
    aimed = model.iwae(test_x[:10].to(device), size["draws"][-1]).mean()
blind = (by_prior.logsumexp(1) - math.log(2000)).mean()
print(f"ten images: {blind:.0f} nats from 2000 codes of the prior, {aimed:.0f} from {size['draws'][-1]} of the encoder")
bars = {f"{name}, exact": (-b.value, b.error) for name, b in baselines.items()}
bars |= {"your VAE, -ELBO": (-held_out.value, held_out.error),
         f"your VAE, k = {size['draws'][-1]}": (-best.value, best.error)}
plot_bars(bars, axis="nats per held-out image, ± standard error", title="What an image costs under each model")

# %% tags=["claim"]
assert bounds[1].value < bounds[5].value < bounds[50].value and blind < aimed - 20
assert trained.value > held_out.value and kl.value > 10

# %% [markdown]
# Read it in three steps. The distance from $k = 1$ to the largest $k$ is a part of the gap: so much at least does the
# encoder's bell give away. The difference between training and held-out images is over-fitting. And two thousand codes
# from the prior do far worse than a few from the encoder: in twenty dimensions a bell fills a share of about
# $e^{-\mathrm{KL}}$ of the prior, and blind draws miss it. In the plane of section 9, with its small KL, they did not.
#
# <details><summary>May I compare these nats with a paper's?</summary>
#
# Most papers use all sixty thousand images of MNIST and binarise by tossing each pixel with its grey value as the
# probability. That leaves more chance in the pixels, and so more nats. Nats compare only where the images, the
# binarisation and the number of pixels are the same; that is why the baselines were measured here.
#
# </details>
#
# The bound says little about what the model *draws*: it could put half of its probability on noise and lose no more
# than $\log 2$ nats. So samples are measured by themselves. The *Fréchet distance* compares real and drawn
# images in the features of a small classifier, as two Gaussian clouds (lesson 01). Without its $n$ it means nothing,
# and the best to hope for is the *floor*: what real digits get that nobody trained on.

# %%
torch.manual_seed(seed)
n = min(len(test_x), 1000)
samples = bernoulli(model.sample(n).cpu())
distances = {"samples": metrics.digit_frechet(samples, reference="binarised"),
             "independent pixels": metrics.digit_frechet(bernoulli(coins.expand(n, 1, 28, 28)), reference="binarised"),
             "floor: held-out digits": metrics.real_floor(n, reference="binarised").value}
print(f"Fréchet distance in digit features, n = {n}")
for name, value in distances.items():
    print(f"{name:>24} {value:6.2f}")
near = metrics.nearest_training_distance(samples, train_x)
print(f"exact copies of a training image among the samples: {int((near.distance == 0).sum())}")
show_grid([samples[:11], train_x[near.index[:11]]], rows=["sample", "nearest"], scale=2,
          title="Samples and the training images nearest to them",
          alt="Eleven samples, and below each the training image that is nearest to it in pixels")

# %% tags=["claim"]
assert (near.distance == 0).sum() == 0
assert distances["floor: held-out digits"] * 3 < distances["samples"] < distances["independent pixels"] / 2

# %% [markdown]
# Nothing is copied, and the samples are far above the floor. Your pictures show two reasons. Reconstructions are
# better than samples: the codes of real digits do not fill the prior evenly, as in the plane, and a draw may
# fall between them. And samples are worse than means: edges are tossed pixel by pixel. Later lessons mend the
# first with better priors, the second with better decoders.
#
# ## 11. From one digit to another
#
# To pass from one code to another, decode what lies between. But *where* is between? Here are the lengths of codes
# drawn from the prior, and of points halfway between two of them.

# %% tags=["figure"]
torch.manual_seed(seed)
a, b = torch.randn(2, 10_000, latent_dim)
lengths = {"draws from the prior": a.norm(dim=1), "halfway on the straight line": ((a + b) / 2).norm(dim=1)}
plot_histograms(lengths, axis="length of the code", marks={"√20": 20**0.5}, limits=(0, 8))

# %% tags=["claim"]
assert abs(lengths["draws from the prior"].mean() - 20**0.5) < 0.1 and lengths["halfway on the straight line"].mean() < 3.3

# %% [markdown]
# Draws lie in a thin shell of radius $\sqrt K$; the straight line leaves it. An arc of a great circle stays. With
# $\omega$ the angle between $a$ and $b$,
#
# $$ \operatorname{slerp}(a, b, t) = \frac{\sin((1 - t)\,\omega)}{\sin \omega}\, a + \frac{\sin(t\,\omega)}{\sin \omega}\, b . $$
#
# <details><summary>Why a shell, and why the arc keeps the length</summary>
#
# The squared length is a sum of $K$ squares, each with mean 1 and variance 2: mean $K$, standard deviation
# $\sqrt{2K}$. So the length is close to $\sqrt K$ with a standard deviation of about $1/\sqrt 2$, however large $K$
# is. Halfway between two independent draws each number has the variance $\tfrac12$. For $|a| = |b| = 1$ the square of
# the slerp's length is $[\sin^2((1-t)\omega) + \sin^2(t\omega) + 2 \sin((1-t)\omega) \sin(t\omega) \cos\omega] /
# \sin^2\omega$. In a triangle with the angles $(1-t)\omega$, $t\omega$ and $\pi - \omega$ the sides are as the sines
# of the opposite angles, so the bracket equals $\sin^2\omega$ by the law of cosines.
#
# </details>
#
# **Exercise, extra: slerp** (2 points, about 10 minutes). Mind the angles at which $\sin \omega$ is 0.

# %%
# Exercise vae-slerp
def slerp(a, b, t):
    """From a to b along the great circle.

    Args:
        a, b: codes, (B, K) or (K,); ω is the angle between each row of a and the same row of b.
        t: a number in [0, 1].

    Returns:
        Codes shaped like a. Where a and b point the same way (ω = 0), the straight line; where they are
        opposite (ω = π), anything finite between them. Never NaN, also where rounding lifts the cosine above 1.
    """
    ### BEGIN SOLUTION
    cosine = F.cosine_similarity(a, b, dim=-1).unsqueeze(-1)
    omega = torch.acos(cosine.clamp(-1, 1))
    arc = (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)
    return torch.where(torch.sin(omega) < 1e-4, (1 - t) * a + t * b, arc)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-slerp", slerp)

# %%
my_slerp = use("vae-slerp", slerp)

# %%
path, rows, names = torch.linspace(0, 1, 11).tolist(), [], []
with torch.no_grad():
    for i, j in [(0, 4), (2, 15)]:
        rows.append(model.decode(torch.stack([torch.lerp(mu[i], mu[j], t) for t in path])))
        rows.append(model.decode(torch.stack([my_slerp(mu[i], mu[j], t) for t in path])))
        names += ["line", "arc"]
apart = max((rows[i] - rows[i + 1]).abs().mean().item() for i in (0, 2))
show_grid(rows, rows=names, scale=2, title="From one held-out digit to another",
          alt="Two pairs of rows: one digit turns into another, along a line and along an arc, with little between the two")

# %% tags=["claim"]
assert apart < 0.08

# %% [markdown]
# Can you tell the arc from the line? Hardly: with twenty numbers this decoder paints digits inside the shell, too. The
# arc is the safe choice, and no miracle.
#
# ## 12. Break it
#
# A broken VAE rarely crashes. It trains, its loss falls, and only the pictures are wrong. The next cell trains four
# small VAEs for a few hundred steps each. One is right. In one the likelihood is divided by 784, as by a careless
# mean; in one the KL is. In one the decoder's sigmoid is applied twice. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
def likelihood_and_kl(a, b, twice=False):
    """The bound with its parts weighted."""
    def bound(x, logits, mu, logvar):
        l = torch.sigmoid(logits) if twice else logits
        return a * bernoulli_log_likelihood(x, l) - b * gaussian_kl(mu, logvar)
    return bound


SECRET = {"A": (1, 1 / 784), "B": (1, 1, True), "C": (1, 1), "D": (1 / 784, 1)}
rows, names, vital = [test_x[:11]], ["held-out digit"], {}
for name, weights in SECRET.items():
    torch.manual_seed(seed)
    broken = MyVAE(latent_dim, size["channels"], bound=likelihood_and_kl(*weights)).to(device)
    fit(broken, batches, torch.optim.Adam(broken.parameters(), lr=1e-3), steps=size["broken_steps"], progress=False)
    with torch.no_grad():
        logits = torch.cat([broken.decode_logits(codes[:11]), broken(real, noises[0].to(device))[0]])
        images = torch.sigmoid(torch.sigmoid(logits) if len(weights) == 3 else logits)
        where, width = broken.encode(test_x.to(device))
    rows += [images[:11], images[11:]]
    names += [f"{name}: samples", f"{name}: reconstructed"]
    broken.draw, broken.bound = my_reparameterize, my_elbo  # the right bound of the wrong model
    vital[name] = (metrics.mean_elbo(broken, test_x).value, where.std().item(), (width / 2).exp().mean().item(),
                   images[:11].std(0).mean().item(), images.min().item())
show_grid(rows, rows=names, scale=2, title=f"Four models after {size['broken_steps']} steps: which fault made which?",
          alt="A row of held-out digits, and for each of four models A to D a row of samples and a row of reconstructions")

# %%
# Exercise vae-predict-faults
# Each "none", "likelihood / 784", "KL / 784" or "sigmoid twice".
### BEGIN SOLUTION
A = "KL / 784"
B = "sigmoid twice"
C = "none"
D = "likelihood / 784"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-predict-faults", {"A": A, "B": B, "C": C, "D": D})

# %%
for name, (bound, spread, width, _, _) in vital.items():
    print(f"{name}: right bound {bound:8.1f} nats, spread of μ {spread:5.2f}, mean σ {width:.2f}")

# %% tags=["claim"]
assert max(vital, key=lambda name: vital[name][0]) == "C" and vital["D"][3] < 0.02 < vital["C"][3]
assert 0.5 <= vital["B"][4] < 0.51 and vital["B"][3] < 0.01 and vital["A"][1] > 2 * vital["C"][1] and vital["A"][2] < vital["C"][2]
assert vital["D"][1] < 0.1 and vital["D"][2] > 0.9

# %% [markdown]
# Each of the three wrong models made some loss as small as it could; it was not the right one. The right bound, printed
# above, gives them away. So do two numbers that cost nothing: the spread of $\mu$ over images, and the mean of $\sigma$.
#
# <details><summary>Why each picture looks as it does</summary>
#
# **A**, the KL divided by 784: precision is almost free. The codes spread far beyond the prior, with a tiny
# $\sigma$. Reconstructions are good, and a draw from the prior falls where no code ever was.
#
# **B**, the sigmoid twice: the second one sees a number between 0 and 1, so every probability lies between 0.5 and
# 0.73. Paper cannot be black; most pixels are paper, so all are pushed to 0.5, where the first sigmoid has no slope
# left, and the code is not used. **C** is right.
#
# **D**, the likelihood divided by 784: a code is never worth its price. The encoder answers with the prior for every
# image, and the decoder returns the mean digit: a *collapsed posterior*. Its bound is near that of the coins.
#
# A quiet mistake shows in no grid: one $\varepsilon$ shared by the whole batch leaves the gradient right on average
# and only noisier. Only a look at the code finds it, or a check.
#
# </details>
#
# ## What you can do now
#
# You can derive the bound and say what it leaves out, compute what a code costs, let a gradient through a draw, let
# a model finish an image, and tell a broken VAE by its pictures. The bars below are for the profile `cpu`. Can you
# do better? Change one thing (`size["channels"] = 24`, say) and run again from
# the training cell. Only a difference on held-out images larger than its error counts.

# %%
written = {"vae-elbo": elbo, "vae-bug": negative_elbo, "vae-reparameterize": reparameterize, "vae-wiring": ConvVAE,
           "vae-complete": complete, "vae-iwae": iwae_bound, "vae-slerp": slerp}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
elbo_bar, iwae_bar = size["bars"] or (None, None)
for name, value, bar in (("ELBO", held_out.value, elbo_bar), ("IWAE", best.value, iwae_bar)):
    verdict = "no bar at this profile" if bar is None else "reached" if value >= bar else "missed"
    print(f"{name} {value:.1f} nats, bar {bar or '–'}: {verdict}")

began = time.perf_counter()
model.sample(1000)
milliseconds = time.perf_counter() - began  # of a thousand samples: seconds in all, milliseconds each
measured = {"elbo_nats": (held_out.value, len(test_x)),
            f"iwae{size['draws'][-1]}_nats": (best.value, len(test_x)),
            "frechet_binarised": (distances["samples"], n), "parameters": (parameters, 1),
            "milliseconds_per_sample": (milliseconds, 1000), "network_evaluations_per_sample": (1, 1)}
measured |= metrics.digit_report(samples, reference="binarised").rows() if n > 5 else {}
for metric, (value, count) in measured.items():
    results.record(model="ConvVAE", metric=metric, value=value, n=count, lesson=lesson, seed=seed,
                   profile=profile, seconds=history.cpu_seconds)

# %% tags=["claim"]
assert held_out.value > elbo_bar and best.value > iwae_bar

# %% [markdown]
# **What can go wrong.** The *posterior collapses*: a number of the code carries little early on, its price is saved,
# and the decoder never learns to read it. Raise the KL's weight from 0 to 1 over the first steps (lesson 11).
# *$\log \sigma^2$ overflows*: clamp it to a wide range, such as −30 to 20. *Likelihood and eye disagree*: moving every edge
# by a pixel costs many nats, and no viewer minds (arXiv:1511.01844).
#
# **Read on.** Kingma and Welling, *Auto-encoding variational Bayes* (arXiv:1312.6114), and Rezende, Mohamed and Wierstra
# (arXiv:1401.4082) are the two origins; the first is still the best place to start. Kingma and Welling (2019,
# arXiv:1906.02691) and Doersch (arXiv:1606.05908) are longer.
#
# <details><summary>More reading</summary>
#
# Burda, Grosse and Salakhutdinov, *Importance weighted autoencoders* (arXiv:1509.00519). Cremer, Li and Duvenaud,
# *Inference suboptimality in variational autoencoders* (arXiv:1801.03558). Hoffman and Johnson, *ELBO surgery* (2016).
# Theis, van den Oord and Bethge, *A note on the evaluation of generative models* (arXiv:1511.01844). Heusel et al.
# (arXiv:1706.08500) introduced the Fréchet distance for images. White, *Sampling generative networks*
# (arXiv:1609.04468), argues for the arc. Higgins et al., *β-VAE* (ICLR 2017), weights the two terms on purpose.
#
# </details>
#
# **Next:** lesson 11 asks for a digit by name, and for one number per meaning.
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `10_vae.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
