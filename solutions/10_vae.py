# %% [markdown]
# # Variational autoencoders
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/10_vae.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F10_vae.ipynb)
#
# ![Rows of handwritten digits drawn by the model of this lesson, grey at the edges](attachment:10_vae.png)
#
# *Nobody wrote these. The model that you build below drew them, after a minute or two of training on two
# processor cores. Most are digits; some are something in between, and the lesson says why.*
#
# Take a few thousand handwritten digits. Can a program learn from them what digits look like, well enough to
# draw one that nobody has written, to say how probable a given image is, and to turn one digit gradually into
# another? A variational autoencoder (VAE) does all three, more or less well. It was described
# independently by Kingma and Welling and by Rezende, Mohamed and Wierstra around the turn of 2014, and its
# parts (a latent code, a bound on the likelihood, noise that lets gradients through) return in most of what
# came later, latent diffusion included.
#
# In this lesson you build one from its parts. When you have finished, you will be able to derive the evidence
# lower bound in two ways and say what it leaves out; compute the Kullback–Leibler divergence between
# Gaussians by hand and in code; explain why the noise of a random draw has to be moved aside before a
# gradient can pass; measure in nats how well a model explains data it has not seen, with a tighter bound as a
# second opinion; and recognise from bad pictures which part of a VAE is broken.
#
# You need Python, a little PyTorch (tensors, `nn.Module`, how a training loop goes), and from probability the
# normal distribution, expectations and conditional densities. The core exercises take about 75 minutes
# altogether, one extra exercise 25 more; training takes a minute or two.
#
# An exercise is a cell with a stub to fill in. Run it, then run the line below it, `check(...)`, which says
# at once what is right, what is wrong, and often which mistake it looks like; three hints are folded under it,
# one inside the other, the last of them nearly the answer. The
# line after that, `my_... = use(...)`, hands your solution on to the rest of the lesson, or, as long as it
# does not pass its check, one of the course's own. So you may leave an exercise and come back to it, and
# everything below it still runs.

# %% tags=["parameters"]
import os

lesson = "10_vae"
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
from torch.distributions import Normal

from genlab import metrics, results
from genlab.data import Batches, binarize, digits
from genlab.display import LivePicture, latent_scatter, plot_bars, show_grid, traversal
from genlab.fit import cosine_decay, fit
from genlab.models.vae import bernoulli_log_likelihood, gaussian_kl
from genlab.random import bernoulli
from grading import check, expect_version, use

expect_version(version)

# %% [markdown]
# How large everything is depends on the profile: `cpu` is made for two processor cores and takes a few
# minutes in all, `gpu` trains on the whole of MNIST (downloaded once), `smoke` and `stub` only show that
# every cell runs. The bars are what the model should reach on images it has not been trained on; what they
# measure is explained on the way.

# %%
SIZES = {
    "stub": dict(steps=1, batch=16, channels=4, images=40, draws=(1, 2), broken_steps=1,
                 bars=None),
    "smoke": dict(steps=150, batch=32, channels=4, images=100, draws=(1, 5), broken_steps=10,
                  bars=None),
    "cpu": dict(steps=2000, batch=64, channels=16, images=1000, draws=(1, 5, 50), broken_steps=400,
                bars=(-100, -95)),
    "gpu": dict(steps=20_000, batch=128, channels=32, images=10_000, draws=(1, 5, 50),
                broken_steps=2000, bars=(-90, -85)),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
latent_dim = 20
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## The data
#
# The digits come from MNIST (LeCun, Bottou, Bengio and Haffner 1998). Each is an image of 28 by 28 grey
# values between 0 and 1. We cut them at one half, so that a pixel is either paper (0, shown black) or ink (1, shown white). That looks
# like a loss, and a small one it is, but it buys something: an image is now an element of a finite set, $x
# \in \{0, 1\}^{784}$, and a model can give it a probability in the plain sense of the word. We shall see
# below what goes wrong with grey values.
#
# Of the five thousand digits that come with the course, four thousand are for training and one thousand are
# held out. No weight is ever fitted to the held-out ones; every number by which we judge a model is measured
# on them. An estimate is printed with the standard error of its mean and with the number $n$ of images.

# %%
data = "mnist" if profile == "gpu" else "embedded"
train_grey, train_labels = digits("train", source=data)
test_grey, test_labels = digits("test", source=data)
train_x, test_x = binarize(train_grey), binarize(test_grey)[:size["images"]]
print(f"{len(train_x)} images to train on, {len(test_x)} held out, each {tuple(train_x.shape[1:])}")
some = torch.cat([train_x[train_labels == c][:5] for c in range(10)]).view(10, 5, 1, 28, 28)
show_grid(some.transpose(0, 1).flatten(0, 1), columns=10, scale=2, title="Real digits, cut to black and white",
          alt="50 handwritten digits from MNIST, five of each, white on black, every pixel on or off")

# %% [markdown]
# ## What we want, and why it is hard
#
# We want a probability distribution $p(x)$ over images that is large where digits are. Writing one down
# directly is hard, because pixels depend on one another in intricate ways (lesson 40 does it all the same).
# It is easier to imagine how a digit comes about. Somebody decides on a handful of things (which digit, how
# slanted, how thick the pen) and the pixels follow from these decisions with a little randomness left over.
# Call the decisions $z$, a vector of $K$ numbers that we never observe, the *latent code*. Then the model has
# two parts. The **prior** $p(z) = \mathcal N(z; 0, I)$ says which codes are likely; we choose it as simple as
# possible. The **decoder** $p_\theta(x \mid z)$, a neural network with weights $\theta$, says which images
# are likely given a code. Together they define
#
# $$
# p_\theta(x) = \int p_\theta(x \mid z)\, p(z)\, dz .
# $$
#
# A new image is drawn in two moves: draw $z$ from the prior, then $x$ from $p_\theta(x \mid z)$. That is
# easy. What is hard is learning. We would like to find the weights under which the training images are most
# probable, that is, to maximise $\sum_i \log p_\theta(x_i)$; and for that we need the integral, for every
# image, at every step. It has no closed form, since a neural network stands inside it. The obvious estimate
# is to draw codes $z_1, \dots, z_k$ from the prior and to average $p_\theta(x \mid z_j)$. It is unbiased and
# useless. A given image is explained by a tiny region of codes; nearly every draw misses it and contributes
# something like $e^{-500}$, and the average is ruled by the one draw in billions that hits. (After training
# we shall try it and see.)
#
# The way out is to look for the right codes instead of waiting for them. If we knew the **posterior**
# $p_\theta(z \mid x) = p_\theta(x \mid z)\, p(z) / p_\theta(x)$, the distribution of codes that explain this
# $x$, we could draw from it. But its denominator is the very integral that we cannot compute. So we
# approximate it: a second network, the **encoder**, looks at the image and names a simple distribution
# $q_\phi(z \mid x)$, here a Gaussian with mean $\mu$ and standard deviation $\sigma$ for each of the $K$
# numbers. The whole machine is this:
#
# ```
#         encoder             one draw               decoder
# image x ──────▶ μ(x), σ(x) ─────────▶ z ~ N(μ, σ²) ───────▶ p(x | z)
# ```
#
# What remains is to find one quantity that trains both networks. We derive it twice, because each way shows
# something that the other hides.
#
# ## The bound, twice
#
# **First derivation.** Multiply and divide by $q$ under the integral, which changes nothing as long as $q >
# 0$ wherever the rest is:
#
# $$
# \log p_\theta(x) = \log \int q_\phi(z \mid x)\, \frac{p_\theta(x \mid z)\, p(z)}{q_\phi(z \mid x)}\, dz
# = \log \mathbb E_{z \sim q}\!\left[ \frac{p_\theta(x \mid z)\, p(z)}{q_\phi(z \mid x)} \right] .
# $$
#
# The logarithm is concave, so by Jensen's inequality the logarithm of a mean is at least the mean of the
# logarithm:
#
# $$
# \log p_\theta(x) \;\ge\; \mathbb E_{z \sim q}\!\left[ \log \frac{p_\theta(x \mid z)\, p(z)}{q_\phi(z \mid x)} \right]
# = \underbrace{\mathbb E_{z \sim q}\big[ \log p_\theta(x \mid z) \big]}_{\text{how well the code explains the image}}
# {} - \underbrace{\mathbb E_{z \sim q}\!\left[ \log \frac{q_\phi(z \mid x)}{p(z)} \right]}_{\mathrm{KL}(q_\phi(z \mid x)\,\|\,p(z))} .
# $$
#
# The right-hand side is the **evidence lower bound**, $\mathrm{ELBO}(x)$. It is a log-likelihood *minus* a
# divergence, and both are in nats, the unit of the natural logarithm. The first term asks that codes drawn by
# the encoder lead the decoder back to the image. The second is a price: it is 0 if the encoder ignores the
# image and answers with the prior, and grows the more it says about this particular image. (One often reads
# “ELBO = reconstruction loss − KL”. That has a sign wrong: the first term is a log-likelihood, which is
# *minus* a loss. What one minimises is $-\mathrm{ELBO}$ = reconstruction loss *plus* KL.)
#
# For any two densities, $\mathrm{KL}(q\,\|\,p) = \mathbb E_{z \sim q}[\log q(z) - \log p(z)]$ is their
# *Kullback–Leibler divergence*: by how much, on average, $q$ explains its own draws better than $p$ does. It
# is never negative, by Jensen's inequality again: $-\mathrm{KL}(q\,\|\,p) = \mathbb E_q[\log (p/q)] \le \log
# \mathbb E_q[p/q] = \log \int p = 0$. It is 0 only if the two are equal, and it is not symmetric.
#
# **Second derivation.** Jensen tells us that there is a gap, but not what it is. So start from the right-hand
# side and use $p_\theta(x \mid z)\, p(z) = p_\theta(z \mid x)\, p_\theta(x)$, which is the definition of the
# posterior:
#
# $$
# \begin{aligned}
# \mathrm{ELBO}(x)
# &= \mathbb E_{z \sim q}\!\left[ \log \frac{p_\theta(z \mid x)\, p_\theta(x)}{q_\phi(z \mid x)} \right]
# = \log p_\theta(x) + \mathbb E_{z \sim q}\!\left[ \log \frac{p_\theta(z \mid x)}{q_\phi(z \mid x)} \right] \\
# &= \log p_\theta(x) - \mathrm{KL}\big(q_\phi(z \mid x)\,\|\,p_\theta(z \mid x)\big) .
# \end{aligned}
# $$
#
# In the second step $\log p_\theta(x)$ left the expectation, because it does not depend on $z$. Read the
# other way round,
#
# $$
# \log p_\theta(x) = \mathrm{ELBO}(x) + \mathrm{KL}\big(q_\phi(z \mid x)\,\|\,p_\theta(z \mid x)\big) ,
# $$
#
# an exact identity. A KL divergence is never negative, so this proves the bound again, and it says more. The
# gap is how far the encoder's answer is from the true posterior, no more and no less; it closes if and only
# if the two are equal. Raising the ELBO with respect to $\phi$ cannot change $\log p_\theta(x)$, so it moves
# the encoder towards the posterior. Raising it with respect to $\theta$ makes the data more probable, or the
# posterior easier to approximate, or both, and one cannot choose which: a VAE is pulled towards models whose
# posterior looks like a Gaussian.
#
# Three things keep the gap open. The true posterior is not a Gaussian with independent components, and $q$
# is. One network has to name a good $\mu$ and $\sigma$ for every image, instead of each image having its own
# fitted to it. And neither network has been trained to the end. Cremer, Li and Duvenaud (2018) measured the
# first two separately and found that the second is often the larger.

# %% [markdown]
# ## The price of a code: KL between Gaussians
#
# The KL term needs no sampling, because both distributions are Gaussian. Both have independent components, so
# the logarithm of their ratio is a sum and the divergence is a sum over the $K$ dimensions; take one of them.
# With $q = \mathcal N(\mu, \sigma^2)$ and $p = \mathcal N(0, 1)$,
#
# $$
# \log q(z) = -\tfrac12 \log 2\pi - \tfrac12 \log \sigma^2 - \frac{(z - \mu)^2}{2 \sigma^2},
# \qquad
# \log p(z) = -\tfrac12 \log 2\pi - \tfrac12 z^2 .
# $$
#
# Subtract, and take the expectation under $q$. There $\mathbb E[(z - \mu)^2] = \sigma^2$ by definition of the
# variance, and $\mathbb E[z^2] = \mu^2 + \sigma^2$. So
#
# $$
# \mathrm{KL}(q\,\|\,p) = \mathbb E_q[\log q(z) - \log p(z)]
# = -\tfrac12 \log \sigma^2 - \tfrac12 + \tfrac12 (\mu^2 + \sigma^2)
# = \tfrac12 \left( \mu^2 + \sigma^2 - 1 - \log \sigma^2 \right) .
# $$
#
# Each piece has a meaning. $\mu^2$ is the price for standing away from the origin. $\sigma^2 - 1 - \log
# \sigma^2$ is never negative and is 0 only at $\sigma^2 = 1$: it is dear to be wider than the prior, and dear
# to be very precise, since $-\log \sigma^2$ grows without limit as $\sigma$ goes to 0. Precision is what an
# autoencoder without this term would take in any amount. The encoder hands out $\log \sigma^2$ rather than
# $\sigma$, because a network's output may be any real number, and so may a logarithm.
#
# **Predict.** Before you run the next measurement: what is the divergence, in nats, of $\mathcal N(1, 1)$
# from $\mathcal N(0, 1)$? Put a number in place of the answer. Predictions give no points; they are there so
# that you know when you were wrong.

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
print(f"mean of log q(z) - log p(z) over draws from q: {metrics.estimate(log_ratio)} nats")

# %% [markdown]
# ## A draw that lets gradients through
#
# The first term of the bound, $\mathbb E_{z \sim q}[\log p_\theta(x \mid z)]$, is estimated by a draw: one
# $z$ per image is enough, because a batch holds many images and training takes many steps. For the decoder
# that is all. For the encoder there is a difficulty. We need the derivative of an expectation with respect to
# $\phi$, and $\phi$ stands in the distribution over which the expectation is taken:
#
# $$
# \nabla_\phi\, \mathbb E_{z \sim q_\phi}[f(z)] = \int f(z)\, \nabla_\phi\, q_\phi(z)\, dz .
# $$
#
# What is under the integral is no longer an expectation that one could estimate by averaging something over
# draws. And a computer that has drawn a number has forgotten how the number would have changed with $\mu$ and
# $\sigma$: a call of a random number generator has no derivative.
#
# One repair is to use $\nabla q = q\, \nabla \log q$, which gives $\mathbb E_q[f(z)\, \nabla_\phi \log
# q_\phi(z)]$, the *score-function* estimator. It is correct for every $f$, and noisy, because it does not
# know the slope of $f$: it only sees values, and learns direction from how they vary by chance. The better
# repair, where it is possible, is to say the same draw in another way. If $\varepsilon$ is a standard normal
# number, then
#
# $$
# z = \mu + \sigma\, \varepsilon, \qquad \varepsilon \sim \mathcal N(0, 1)
# $$
#
# has mean $\mu$ and variance $\sigma^2$ and is normal: it is a draw from $q$. But now the randomness comes
# from a distribution that has no parameters, and $z$ is an ordinary differentiable function of $\mu$ and
# $\sigma$. The gradient may move inside,
#
# $$
# \nabla_\phi\, \mathbb E_{z \sim q_\phi}[f(z)] = \mathbb E_{\varepsilon}\big[ \nabla_\phi f(\mu_\phi + \sigma_\phi\, \varepsilon) \big]
# = \mathbb E_{\varepsilon}\big[ f'(z)\, \nabla_\phi (\mu_\phi + \sigma_\phi\, \varepsilon) \big] ,
# $$
#
# and one draw of $\varepsilon$ gives an unbiased estimate which uses the slope $f'$. This is the
# *reparameterisation trick*. In terms of what the encoder hands out, $\sigma = \exp(\tfrac12 \log \sigma^2)$,
# so $\partial z / \partial \mu = 1$ and $\partial z / \partial \log \sigma^2 = \tfrac12\, \sigma\,
# \varepsilon$.
#
# **Predict.** Suppose that for some image and dimension the encoder says $\mu = 0$ and $\log \sigma^2 = 2 \ln
# 3 \approx 2.197$. What is the standard deviation of $z$?

# %%
# Exercise vae-predict-std
### BEGIN SOLUTION
predicted_std = 3
### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-predict-std", predicted_std)

# %% [markdown]
# **Exercise: reparameterise** (2 points, about 15 minutes). Write the draw. Every number in the batch needs
# noise of its own, and gradients must reach both arguments.

# %%
# Exercise vae-reparameterize
def reparameterize(mu, logvar):
    """A draw z from N(μ, σ²) through which gradients reach mu and logvar.

    Args:
        mu: means, (B, K).
        logvar: log σ², (B, K).

    Returns:
        z, (B, K): μ + σ ε, with fresh standard normal noise ε for every entry and every call.
    """
    ### BEGIN SOLUTION
    sigma = torch.exp(logvar / 2)
    return mu + sigma * torch.randn_like(sigma)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-reparameterize", reparameterize)

# %%
my_reparameterize = use("vae-reparameterize", reparameterize)

# %% [markdown]
# What is it worth? Take a function whose expectation is known: for $f(z) = z^2$ we have $\mathbb E[z^2] =
# \mu^2 + \sigma^2$, so the derivative with respect to $\mu$ is $2\mu$, which is 2 at $\mu = 1$. The next cell
# measures the spread of $z$ that you predicted, and then both estimators of this derivative, ten thousand
# times each from a single draw.

# %%
torch.manual_seed(seed)
wide = my_reparameterize(torch.zeros(100_000, 1), torch.full((100_000, 1), 2 * math.log(3)))
print(f"standard deviation of z at log σ² = 2 ln 3: {wide.std():.3f}")

mu = torch.ones(10_000, 1, requires_grad=True)
z = my_reparameterize(mu, torch.zeros(10_000, 1))
by_path = torch.autograd.grad((z**2).sum(), mu)[0]
by_score = (z**2 * (z - mu)).detach()  # f(z) · ∂ log q / ∂μ, which is (z - μ)/σ² with σ = 1
for name, draws in {"reparameterised": by_path, "score function": by_score}.items():
    print(f"{name:>15}: mean {draws.mean():.2f}, standard deviation of one draw {draws.std():.2f}")

# %% [markdown]
# Both are right on average; one draw of the first tells more. Here the difference is a small factor because
# there is one dimension and $f$ is of order 1. In a VAE $f$ is a log-likelihood of a hundred nats or more,
# which multiplies the noise of the score function directly, while the slope of $f$ is all that the other one
# sees.
#
# ## The likelihood of black and white
#
# The decoder has to give a probability to an image of zeros and ones. Given $z$, let the pixels be
# independent, pixel $i$ being ink with probability $p_i$. (Given $z$ only: without it they are not
# independent at all, and all that they have in common has to pass through the code.) Then
#
# $$
# \log p_\theta(x \mid z) = \sum_{i=1}^{784} \big[ x_i \log p_i + (1 - x_i) \log (1 - p_i) \big] ,
# $$
#
# the Bernoulli log-likelihood, which is minus the *binary cross-entropy*, **summed** over the pixels. The
# network does not produce $p_i$ but a real number $\ell_i$, the *logit*, with $p_i =
# \operatorname{sigmoid}(\ell_i) = 1/(1 + e^{-\ell_i})$. Then $1 - p_i = \operatorname{sigmoid}(-\ell_i)$, and
# the logarithms can be written without ever forming $p_i$:
#
# $$
# \log p_i = -\log(1 + e^{-\ell_i}) = -\operatorname{softplus}(-\ell_i), \qquad
# \log(1 - p_i) = -\operatorname{softplus}(\ell_i) .
# $$
#
# This matters. In single precision the sigmoid of 17 is already exactly 1, so $\log(1 - p_i)$ would be minus
# infinity; the softplus form is exact for any logit and has a gradient everywhere. Losses start from logits;
# probabilities are for looking at.
#
# **Predict.** What is the reconstruction term, $-\log p(x \mid z)$ in nats, of any image at all, if every
# logit is 0?

# %%
# Exercise vae-predict-blank
### BEGIN SOLUTION
predicted_blank = 784 * math.log(2)
### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-predict-blank", predicted_blank)

# %% [markdown]
# **Exercise: the bound** (4 points, about 20 minutes). Now both terms are known. Put them together, for each
# image by itself:
#
# $$
# \mathrm{ELBO} = \sum_i \big[ x_i \log p_i + (1 - x_i) \log(1 - p_i) \big] - \tfrac12 \sum_d \big( \mu_d^2 + \sigma_d^2 - 1 - \log \sigma_d^2 \big) .
# $$
#
# Both are sums, over pixels and over latent dimensions. If one of them becomes a mean, the balance between
# them shifts by a factor of 784 or 20, and what is trained is no longer a bound on anything.

# %%
# Exercise vae-elbo
def elbo(x, logits, mu, logvar):
    """Evidence lower bound of each image, from one draw of z, in nats.

    Args:
        x: binary images, (B, D).
        logits: of p(x = 1 | z), (B, D), of any size: the result stays finite.
        mu, logvar: mean and log σ² of q(z | x), (B, K).

    Returns:
        log p(x | z) - KL(q(z | x) ‖ N(0, I)), (B,): one number per image.
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
# Before any network is trained, the function already measures a model: the one that has no code. Let the
# logits be the same for every image, namely those of the mean training image, and let $q$ be the prior, so
# that the KL is 0. Then the bound is exact, because a code that changes nothing in $p(x \mid z)$ has the prior
# for its posterior, and it is the log-likelihood of a model in which every pixel is
# tossed like a coin of its own. Its samples show what a likelihood without latent variables looks like: ink
# in the right places, and not one stroke. A little better is one such model for each digit, $p(x) = \sum_c
# \tfrac1{10} \prod_i p_{ci}^{x_i} (1 - p_{ci})^{1 - x_i}$, whose code is the digit alone. Whatever we train
# has to beat both.

# %%
def log_odds(images):
    """Logits of the mean image; one image more of each kind, so that no probability is 0 or 1."""
    p = (images.flatten(1).sum(0) + 1) / (len(images) + 2)
    return torch.logit(p)


def no_code(images, logits):
    """Exact log p(x) of independent pixels: the bound at KL = 0, (B,) nats."""
    nothing = torch.zeros(len(images), 1)
    return my_elbo(images.flatten(1), logits.expand(len(images), -1), nothing, nothing)


blank = no_code(test_x, torch.zeros(784))
pixels = no_code(test_x, log_odds(train_x))
per_digit = torch.stack([no_code(test_x, log_odds(train_x[train_labels == c])) for c in range(10)])
classes = per_digit.logsumexp(0) - math.log(10)
baselines = {"all logits 0": metrics.estimate(blank), "independent pixels": metrics.estimate(pixels),
             "one coin set per digit": metrics.estimate(classes)}
for name, value in baselines.items():
    print(f"{name:>22}: log p(x) = {value} nats on held-out images")

# %%
torch.manual_seed(seed)
coins = torch.sigmoid(log_odds(train_x)).view(1, 1, 28, 28)
show_grid(bernoulli(coins.expand(12, 1, 28, 28)), scale=2, columns=12,
          title="Samples of independent pixels",
          alt="Twelve images of scattered dots, denser in the middle; no strokes, no digits")

# %% [markdown]
# ### Why not grey values?
#
# The same formula accepts grey values for $x_i$, and many tutorials feed them in. The number that results is
# a useful loss, but it is not $\log p(x)$ of anything: a Bernoulli variable is never 0.3. It shows in a
# simple way. The best possible decoder, which returns every grey image exactly, $p_i = x_i$, does not get 0
# but the entropy of the greys, $-\sum_i [x_i \log x_i + (1 - x_i) \log(1 - x_i)]$. Here is that floor.
# Numbers obtained this way compare with nothing published on binarised digits, nor with each other across
# data sets.

# %%
floor = (torch.special.entr(test_grey) + torch.special.entr(1 - test_grey)).flatten(1).sum(1)
print(f"grey cross-entropy of a perfect reconstruction: {metrics.estimate(floor)} nats, and not 0")

# %% [markdown]
# ## Find the bug
#
# Here is a loss as it is found in many notebooks. It runs, it trains, its pictures look fine. Two faults hide
# in it. The cell below it shows their symptoms; find the causes.

# %%
def buggy_negative_elbo(x, logits, mu, logvar):
    probabilities = torch.sigmoid(logits)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return reconstruction + kl

# %%
x, none = torch.tensor([[0.0]]), torch.zeros(1, 1)
for logit in (2.0, 20.0, 200.0):
    l = torch.tensor([[logit]], requires_grad=True)
    value = buggy_negative_elbo(x, l, none, none)
    slope = torch.autograd.grad(value, l)[0]
    print(f"paper taken for ink, logit {logit:3.0f}: loss {value:6.2f} nats, slope {slope.item():.2f}")
twice = buggy_negative_elbo(x.repeat(2, 1), none.repeat(2, 1), none.repeat(2, 1), none.repeat(2, 1))
print(f"one image {buggy_negative_elbo(x, none, none, none):.3f}, the same image twice {twice:.3f}")

# %% [markdown]
# A decoder that is sure and wrong should be pulled back hard, with a gradient of 1 per pixel. Here it is not
# pulled at all, and it stays wrong. And a loss that doubles with the batch means another step size for every
# batch size, and a last, smaller batch that counts for less.
#
# **Exercise: repair it** (2 points, all or nothing, about 10 minutes). Write `negative_elbo`, the mean over
# the batch of minus the bound, right for any logit up to ±200 and beyond.

# %%
# Exercise vae-bug
def negative_elbo(x, logits, mu, logvar):
    """Minus the ELBO in nats, averaged over the images of a batch: a scalar.

    Args:
        x: binary images, (B, D).
        logits: of p(x = 1 | z), (B, D), of any size: value and gradient stay right at ±200.
        mu, logvar: mean and log σ² of q(z | x), (B, K).
    """
    ### BEGIN SOLUTION
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    kl = 0.5 * (mu.pow(2) + logvar.exp() - 1 - logvar).sum(1)
    return (reconstruction + kl).mean()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("vae-bug", negative_elbo)

# %%
my_negative_elbo = use("vae-bug", negative_elbo)

# %%
for logit in (2.0, 20.0, 200.0):
    l = torch.tensor([[logit]], requires_grad=True)
    value = my_negative_elbo(x, l, none, none)
    slope = torch.autograd.grad(value, l)[0]
    print(f"paper taken for ink, logit {logit:3.0f}: loss {value:6.2f} nats, slope {slope.item():.2f}")

# %% [markdown]
# ## Two networks
#
# Neighbouring pixels belong together, so both networks use convolutions. The encoder's *body* halves the
# image twice, from 28 to 14 to 7 pixels a side, while the number of channels grows, and ends in a vector of
# features. Two linear *heads* read $\mu$ and $\log \sigma^2$ off the same features. They must be two:
# precision and position are different things. The *decoder* goes the way back, with transposed convolutions
# that double the side; their kernels are twice as wide as their stride, so that every pixel is painted
# equally often, which keeps chequerboards out of a trained model. Nothing comes after the last convolution:
# its outputs are the logits.
#
# **Exercise: wire it up** (2 points, about 20 minutes). The layers are given; write how data flow through
# them. In `forward` the noise comes in as an argument. That makes the function a plain function: the same
# noise gives the same result, zero noise decodes the mean code, and nothing random hides inside.

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
        """z (B, latent_dim) -> logits of p(x = 1 | z), (B, 1, 28, 28)."""
        ### BEGIN SOLUTION
        return self.decoder(z)
        ### END SOLUTION

    def forward(self, x, noise):
        """x, noise (B, latent_dim) -> (logits of z = mu + sigma * noise, mu, logvar)."""
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
# ## How large is the gap?
#
# How large is the gap between the bound and $\log p_\theta(x)$? Go back to the first line of the first
# derivation. With the *importance weight*
#
# $$
# w(z) = \frac{p_\theta(x \mid z)\, p(z)}{q_\phi(z \mid x)}, \qquad \mathbb E_{z \sim q}[w(z)] = p_\theta(x) .
# $$
#
# The mean of $k$ weights is thus an unbiased estimate of the probability we want, by *importance sampling*:
# we draw where the encoder expects the right codes to be and divide by how often we go there. Its logarithm
# is, by Jensen once more, too small on average:
#
# $$
# L_k = \mathbb E_{z_1, \dots, z_k \sim q}\!\left[ \log \frac1k \sum_{j=1}^k w(z_j) \right] \;\le\; \log p_\theta(x) .
# $$
#
# For $k = 1$ this is the ELBO. It never falls with $k$: the mean of $k + 1$ weights is the average of the
# $k + 1$ means that leave one of them out, and the logarithm of an average is at least the average of the
# logarithms, each of which has expectation $L_k$; so $L_{k+1} \ge L_k$. And it rises to $\log p_\theta(x)$ as
# the mean of ever more weights settles at its expectation, provided that the weights are bounded (Burda,
# Grosse and Salakhutdinov 2015, who train with it; after their *importance weighted autoencoder* it is called
# the IWAE bound). Averaging the *logarithms* instead of the weights would only estimate the
# ELBO again, with less noise.
#
# In code everything stays in logarithms, because a weight is of the order of $e^{-100}$, where single
# precision ends:
#
# $$
# \log \frac1k \sum_j w_j = \operatorname{logsumexp}_j(\log w_j) - \log k, \qquad
# \log w = \log p_\theta(x \mid z) + \log p(z) - \log q_\phi(z \mid x) .
# $$
#
# With $z = \mu + \sigma \varepsilon$ the last two have short forms: $\log p(z) = -\tfrac12 \sum_d z_d^2 + c$
# and $\log q(z \mid x) = -\tfrac12 \sum_d (\varepsilon_d^2 + \log \sigma_d^2) + c$, sums over the $K$ dimensions,
# with the same constant $c = -\tfrac K2 \log 2\pi$.
#
# **Exercise, extra: many draws** (4 points, about 25 minutes). This function is needed only for measuring. If
# you are short of time, run its cells unchanged and come back. The decoder is given as a function
# `log_likelihood(x, z)` that wants its rows in pairs: repeat each image as often as it has codes.

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
        log (1/k) Σ_j p(x | z_j) p(z_j) / q(z_j | x), (B,), where p(z) = N(0, I).
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

# %% [markdown]
# ## Training
#
# All parts are there. This cell only puts them together: your `ConvVAE` with your draw and your bound, plus
# the few methods by which `fit`, the metrics and the pictures of the course know a model.

# %%
class MyVAE(my_ConvVAE):
    """Your parts, put together."""

    def __init__(self, latent_dim=20, channels=16, draw=my_reparameterize, bound=my_elbo):
        super().__init__(latent_dim, channels)
        self.latent_dim, self.draw, self.bound = latent_dim, draw, bound

    def elbo(self, x, *, rng=None):  # (B,) nats; `draw` takes its noise from torch's own generator
        q = self.encode(x)  # mu and logvar
        logits = self.decode_logits(self.draw(*q))
        return self.bound(x.flatten(1), logits.flatten(1), *q)

    def loss(self, x, y=None, *, rng=None):  # the labels y are not used
        return {"loss": -self.elbo(x).mean()}

    def log_likelihood(self, x, z):  # log p(x | z), (B,) nats
        return bernoulli_log_likelihood(x.view(-1, 1, 28, 28), self.decode_logits(z))

    def iwae(self, x, k=50, *, rng=None):  # (B,) nats
        return my_iwae_bound(x.flatten(1), k, lambda flat: self.encode(flat.view(-1, 1, 28, 28)),
                             self.log_likelihood)

    def decode(self, z):  # p(x = 1 | z), (B, 1, 28, 28)
        return torch.sigmoid(self.decode_logits(z))

    @torch.no_grad()
    def sample(self, n):  # probabilities: the mean image for each of n codes from the prior
        return self.decode(torch.randn(n, self.latent_dim, device=self.mu_head.weight.device))

# %% [markdown]
# The loss is minus the mean bound of a batch, minimised by Adam with a step size that falls from 0.002 to 0
# along half a cosine. While it trains, the picture shows the loss on the left and on the right what the
# decoder makes of the same thirty codes, drawn from the prior once at the start. Watch two things. The loss
# falls quickly through the baselines above. And the thirty images start as one and the same smudge, the mean
# digit, and part company when the encoder begins to use the code. If you lose patience, interrupt the kernel:
# the model stays usable as it is.

# %%
torch.manual_seed(seed)
model = MyVAE(latent_dim, size["channels"]).to(device)
codes = torch.randn(30, latent_dim, device=device)

batches = Batches(train_x, train_labels, size=size["batch"], rng=torch.Generator().manual_seed(seed))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
live = LivePicture(lambda model: model.decode(codes), columns=5,
                   alt="what the decoder makes of the same thirty codes from the prior")
history = fit(model, batches, optimizer, steps=size["steps"], schedule=cosine_decay,
              watch=live, every=20)

model.eval()
parameters = sum(p.numel() for p in model.parameters())
print(f"{parameters:,} parameters, {len(history)} steps in {history.seconds:.0f} s")

# %% [markdown]
# ### Samples, and means of samples
#
# Now the promise of the beginning: draw $z$ from the prior, then an image. There are two ways to look at $p(x
# \mid z)$. One can show the probabilities themselves, the *mean* of the distribution over images. That is
# what nearly every published picture shows, without saying so. Or one can toss a coin for each pixel: only
# that is a **sample** from the model, and the honest counterpart of the real digits above. Means look
# smoother than any data, because grey says “perhaps”; samples are ragged at the edges, because given $z$ the
# pixels are tossed independently.

# %% tags=["picture"]
torch.manual_seed(seed)
means = model.sample(48)
show_grid(means, columns=12, scale=2, title="Means: p(x = 1 | z) for z from the prior",
          alt="48 images drawn by the model, grey where it is unsure")

# %%
show_grid(bernoulli(means), columns=12, scale=2, title="Samples: a coin tossed for every pixel",
          alt="The same 48 images in black and white, ragged at the edges")

# %% [markdown]
# ### Reconstructions
#
# The encoder sends a held-out image to $q(z \mid x)$. Decoding with zero noise shows the mean code; decoding
# with noise shows what other codes the encoder would also have accepted. What differs between the last two
# rows is what the code leaves open; what differs from the first row is what it has lost.

# %%
torch.manual_seed(seed)
real = test_x[:11].to(device)
noises = [torch.zeros(11, latent_dim), torch.randn(11, latent_dim), torch.randn(11, latent_dim)]
with torch.no_grad():
    decoded = [torch.sigmoid(model(real, noise.to(device))[0]) for noise in noises]
show_grid([real, *decoded], rows=["held-out digit", "z = μ", "z = μ + σε", "z = μ + σε"], scale=2,
          title="Reconstructions of digits never seen",
          alt="Eleven held-out digits, and below each what its mean code and two draws decode to")

# %% [markdown]
# ## How good is it? In nats
#
# The bound on held-out images is the first answer: how many nats, at most, does the model need to say which
# image it was? The error is the standard error of the mean over images. Beside it stands the same bound on as
# many images from the training set. The difference is over-fitting: what the model knows by heart. And the KL
# tells how much of the bill is spent on the code.

# %%
torch.manual_seed(seed)
held_out = metrics.mean_elbo(model, test_x)
trained = metrics.mean_elbo(model, train_x[:len(test_x)])
with torch.no_grad():
    mu, logvar = model.encode(test_x.to(device))
kl = metrics.estimate(gaussian_kl(mu, logvar))
print(f"ELBO on held-out images  {held_out} nats")
print(f"ELBO on training images  {trained} nats")
print(f"KL of q(z|x) from p(z)   {kl} nats, on held-out images")
print(f"latent dimensions in use {int(metrics.active_units(mu).sum())} of {latent_dim}")

# %% [markdown]
# A KL of $R$ nats means that the codes of one image fill about a part $e^{-R}$ of the prior; at $R = 26$ that
# is five parts in a million million. That is why
# averaging over codes from the prior was hopeless, as claimed at the beginning. Now it can be tried: ten
# held-out images, two thousand codes from the prior each, against the importance-weighted bound with $k$
# draws from where the encoder points.

# %%
torch.manual_seed(seed)
few, tries = test_x[:10].to(device), 2000
with torch.no_grad():
    logits = model.decode_logits(torch.randn(tries, latent_dim, device=device))
    by_prior = torch.stack([bernoulli_log_likelihood(one.expand_as(logits), logits) for one in few])
    blind = by_prior.logsumexp(1) - math.log(tries)  # of (10, 2000) log-likelihoods
    aimed = model.iwae(few, size["draws"][-1])
print(f"for half of all pairs of an image and a code from the prior, log p(x|z) < {by_prior.median():.0f} nats")
print(f"log p(x), mean of ten images: {blind.mean():.0f} nats from {tries} codes of the prior, "
      f"{aimed.mean():.0f} nats from {size['draws'][-1]} codes of the encoder")

# %% [markdown]
# Both numbers are, on average, lower bounds on the same quantity, by the same argument; one is merely very
# loose. The next cell takes all held-out images and raises $k$, starting with $k = 1$, which is the ELBO once
# more with new draws. The step from $k = 1$ to the largest $k$ is a lower bound on the mean gap
# $\mathrm{KL}(q(z \mid x)\,\|\,p(z \mid x))$: so many nats the Gaussian encoder gives away, at least. None of
# this changes the model; it is a better look at the same one.

# %%
torch.manual_seed(seed)
bounds = {}
for k in size["draws"]:
    bounds[k] = metrics.mean_iwae(model, test_x, k=k)
    print(f"k = {k:>2}: log p(x) ≥ {bounds[k]} nats")
best = bounds[size["draws"][-1]]
print(f"the gap is at least {best.value - bounds[1].value:.1f} nats on average")

# %%
bars = {f"{name}, exact": (-b.value, b.error) for name, b in list(baselines.items())[1:]}
bars |= {"your VAE, -ELBO": (-held_out.value, held_out.error),
         f"your VAE, -IWAE, k = {size['draws'][-1]}": (-best.value, best.error)}
plot_bars(bars, axis="nats per held-out image, ± standard error",
          title="What an image costs under each model")

# %% [markdown]
# Papers print such numbers for MNIST too, and it is tempting to compare. Most of them use all sixty thousand
# images and binarise by tossing each pixel with its grey value as the probability. That leaves more chance in
# the pixels than cutting at one half does, and so more nats. Nats compare only where the images, the
# binarisation and the number of pixels are the same; that is why the baselines above were measured here.
#
# ## What the code means
#
# Twenty numbers are hard to picture. Below, the mean codes of the held-out digits are projected onto the
# plane in which they vary most, and each is drawn as its digit. Expect the ones and the noughts to stand
# apart and most of the rest to overlap, because the plane holds only a part of the variance, given along its
# axes. Nobody told the model about labels. Whether it has found out by itself that digits are different
# things is better asked in all twenty dimensions: how often has a held-out digit the same label as the
# training digit whose code is nearest to its own?

# %%
with torch.no_grad():
    known = torch.cat([model.encode(part.to(device))[0] for part in train_x[:4000].split(500)])
nearest = torch.cdist(mu, known).argmin(1).cpu()
agree = metrics.estimate((train_labels[nearest] == test_labels[:len(mu)]).double())
print(f"same label as the nearest training code: {agree}; by guessing: 0.1")
latent_scatter(mu.cpu(), test_labels[:len(mu)], title="Mean codes of held-out digits")

# %% [markdown]
# Another way to look is to move. The sliders below change one latent number at a time, for the six that vary
# most over the data, and start from the code of a real digit (reach them with Tab, move them with the arrow
# keys). The still picture under them shows each of the six from −3 to 3, three standard deviations of the
# prior to either side. Try to name each row in a word or two: slant, width, an open or closed loop. Most rows
# resist, because nothing in the bound asks one dimension to mean one thing; lesson 11 takes that up.

# %%
liveliest = mu.var(0).argsort(descending=True)[:6].tolist()
traversal(model.decode, latent_dim, start=mu[2], dims=liveliest, title="One latent number at a time")

# %% [markdown]
# ### From one digit to another
#
# To pass from one image to another, decode the codes in between. Which codes are in between? The straight
# line $(1 - t)\,a + t\,b$ seems the obvious choice, and is not a good one in many dimensions. The squared
# norm of a draw from $\mathcal N(0, I)$ is a sum of $K$ squares, each with mean 1 and variance 2, so it has
# mean $K$ and standard deviation $\sqrt{2K}$. Since $d\sqrt s = ds / (2 \sqrt s)$, the norm itself is close to
# $\sqrt K$ with a standard deviation of about $\sqrt{2K} / (2 \sqrt K) = 1/\sqrt 2$, however large $K$ is. The draws lie in a thin shell. (The *density* is highest at the origin, yet hardly
# any draw falls near it, because there is so little room there.) Halfway between two independent draws is a
# vector of variance $\tfrac14 + \tfrac14 = \tfrac12$ per dimension, of norm about $\sqrt{K/2}$: well inside
# the shell, where the decoder has rarely been trained. So one goes along the arc of a great circle instead.
# With $\omega$ the angle between $a$ and $b$,
#
# $$
# \operatorname{slerp}(a, b, t) = \frac{\sin((1 - t)\,\omega)}{\sin \omega}\, a + \frac{\sin(t\,\omega)}{\sin \omega}\, b,
# \qquad \cos \omega = \frac{a \cdot b}{|a|\,|b|} .
# $$
#
# For $a$ and $b$ of equal norm the result keeps that norm for every $t$: with $|a| = |b| = 1$ its square is
# $[\sin^2((1-t)\omega) + \sin^2(t\omega) + 2 \sin((1-t)\omega) \sin(t\omega) \cos\omega] / \sin^2\omega$, and
# the bracket equals $\sin^2\omega$: in a triangle with the angles $(1-t)\omega$, $t\omega$ and $\pi - \omega$ the
# sides are as the sines of the angles opposite to them, $\sin((1-t)\omega)$, $\sin(t\omega)$ and $\sin\omega$,
# and the law of cosines for the last side is the claim. For small $\omega$ both fractions tend to $1 - t$ and $t$, the
# straight line; at $\omega = 0$ the formula reads 0/0, and code has to see to that.
#
# **Exercise: slerp** (2 points, about 10 minutes). Write it for rows of codes, and mind the angles at which
# $\sin \omega$ is 0.

# %%
# Exercise vae-slerp
def slerp(a, b, t):
    """From a to b along the great circle: sin((1 - t)ω)/sin ω · a + sin(tω)/sin ω · b.

    Args:
        a, b: codes, (B, K) or (K,); ω is the angle between each row of a and the same row of b.
        t: a number in [0, 1].

    Returns:
        Codes shaped like a. Where a and b point the same way (ω = 0), the straight line
        (1 - t) a + t b; where they are opposite (ω = π), anything finite between them. Never NaN,
        also where rounding lifts the cosine above 1.
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
torch.manual_seed(seed)
a, b = torch.randn(2, 10_000, latent_dim)
halfway = {"draws from the prior": a, "halfway on the line": (a + b) / 2,
           "halfway on the arc": my_slerp(a, b, 0.5)}
for name, z in halfway.items():
    norm = z.norm(dim=1)
    print(f"{name:>20}: norm {norm.mean():.2f}, standard deviation {norm.std():.2f}")
print(f"{'√K and √(K/2)':>20}: {latent_dim**0.5:.2f} and {(latent_dim / 2) ** 0.5:.2f}")

# %% [markdown]
# And in pictures, between the codes of three pairs of held-out digits. In each pair of rows the first goes
# along the line and the second along the arc; the ends are the same. Look at the middle. The difference is
# modest: this decoder is forgiving, and the line leads it inward but not far astray. Nor is any path sure to
# stay among digits: from a 0 to a 1 it has to give up one for the other somewhere. The arc only keeps to
# where codes are common.

# %%
path = torch.linspace(0, 1, 11).tolist()
pairs = [(0, 4), (2, 15), (6, 7)]
rows, names = [], []
with torch.no_grad():
    for i, j in pairs:
        rows.append(model.decode(torch.stack([torch.lerp(mu[i], mu[j], t) for t in path])))
        rows.append(model.decode(torch.stack([my_slerp(mu[i], mu[j], t) for t in path])))
        names += ["line", "arc"]
show_grid(rows, rows=names, scale=2, title="From one held-out digit to another",
          alt="Three pairs of rows: one digit turns into another, along a line and along an arc")

# %% [markdown]
# ## How good are the samples?
#
# The bound says how well the model explains real digits. It says little about what the model draws: a model
# could put half of its probability on noise and lose no more than $\log 2 = 0.69$ nats per image. So samples
# are measured by themselves. The usual measure compares two clouds of images in the feature space of a
# classifier, as if both clouds were Gaussian, with means $m_r$, $m_g$ and covariances $C_r$, $C_g$ of real
# and generated images:
#
# $$
# d^2 = |m_r - m_g|^2 + \operatorname{tr}\!\big( C_r + C_g - 2\, (C_r C_g)^{1/2} \big) .
# $$
#
# This is the **Fréchet distance** (Heusel et al. 2017 introduced it with the features of a network trained on
# photographs, as FID). Our features are those of a small classifier of digits, so these numbers compare with
# each other and with nothing published. The distance is biased upward, more so for fewer images. A number
# without its $n$ means nothing, and the least one can hope for is not 0 but what real digits get that nobody
# trained on: the *floor*, for the same $n$. Black-and-white samples are compared with black-and-white digits,
# and the means with grey ones.
#
# The distance has a blind spot: a model that repeats its training set gets the best value of all. Therefore
# the second measure is the distance in pixels from each sample to the nearest training image, beside the same
# distance for real held-out digits. Samples that copy would be much nearer than new real digits are.

# %%
torch.manual_seed(seed)
n = min(len(test_x), 1000)
means = model.sample(n).cpu()
samples = bernoulli(means)
noise = bernoulli(coins.expand(n, 1, 28, 28))

distances = {
    "samples": metrics.digit_frechet(samples, reference="binarised"),
    "independent pixels": metrics.digit_frechet(noise, reference="binarised"),
    "floor: held-out digits, black and white": metrics.real_floor(n, reference="binarised").value,
    "means": metrics.digit_frechet(means),
    "floor: held-out digits, grey": metrics.real_floor(n).value,
}
print(f"Fréchet distance in digit features, n = {n}")
for name, value in distances.items():
    print(f"{name:>40} {value:6.2f}")

near = metrics.nearest_training_distance(samples, train_x)
near_real = metrics.nearest_training_distance(test_x[:n], train_x)
print("Pixels in which an image differs from the nearest training image, median")
for name, found in {"samples": near, "held-out digits": near_real}.items():
    copies = int((found.distance == 0).sum())
    print(f"{name:>40} {found.distance.square().median():6.0f}   exact copies: {copies}")

# %%
show_grid([samples[:11], train_x[near.index[:11]]], rows=["sample", "nearest"], scale=2,
          title="Samples and the training images nearest to them",
          alt="Eleven samples, and below each the training image that is nearest to it in pixels")

# %% [markdown]
# Nothing has been copied: samples differ from the training set in more pixels than new digits do, partly
# because of their ragged edges. But they are far above the floor of the Fréchet distance, and there are two reasons, which the pictures above separate.
# Reconstructions are better than samples: the decoder can draw digits, if it is given the codes of digits.
# The codes of all training images together, $q(z) = \frac1N \sum_i q(z \mid x_i)$, do not fill the prior
# evenly. Training asks each $q(z \mid x_i)$ to be cheap, not that together they leave no holes; a draw from
# the prior may fall into a hole, and then the decoder makes something of it that is between two digits, or
# none. And samples are worse than means: given $z$ the pixels are tossed independently, so that an edge the
# decoder is unsure of becomes ragged instead of being in one place or the other. Later lessons mend the
# first with better priors and the second with better decoders.
#
# ## Break it
#
# A broken VAE rarely crashes. It trains, its loss falls, and only the pictures are wrong, each in its own
# way. The cell below trains your model again for a few hundred steps with one part exchanged for a known
# mistake, and, for comparison, with none. Before you run it, say what you expect to see in the samples and in
# the reconstructions. Then put other names from `MISTAKES` into `chosen`.

# %%
L, KL = bernoulli_log_likelihood, gaussian_kl
MISTAKES = {
    "no mistake": {},
    "KL / 784": dict(bound=lambda x, l, mu, logvar: L(x, l) - KL(mu, logvar) / 784),
    "likelihood / 784": dict(bound=lambda x, l, mu, logvar: L(x, l) / 784 - KL(mu, logvar)),
    "no noise": dict(draw=lambda mu, logvar: mu),
    "σ = log σ²": dict(draw=lambda mu, logvar: mu + logvar * torch.randn_like(mu)),
    "one ε": dict(draw=lambda mu, logvar: mu + (logvar / 2).exp() * torch.randn_like(mu[:1])),
}
chosen = ["no mistake", "KL / 784", "likelihood / 784", "no noise", "one ε"]

rows, names, report = [], [], []
for name in chosen:
    torch.manual_seed(seed)
    broken = MyVAE(latent_dim, size["channels"], **MISTAKES[name]).to(device)
    fit(broken, batches, torch.optim.Adam(broken.parameters(), lr=1e-3), steps=size["broken_steps"])
    with torch.no_grad():
        rows += [broken.decode(codes[:11]), torch.sigmoid(broken(real, noises[0].to(device))[0])]
        where, width = broken.encode(test_x.to(device))
    names += [name, "reconstructed"]
    broken.draw, broken.bound = my_reparameterize, my_elbo  # the right bound of the wrong model
    report.append(f"{name:>16}: ELBO {metrics.mean_elbo(broken, test_x).value:7.1f} nats, "
                  f"spread of μ {where.std():.3f}, mean σ {(width / 2).exp().mean():.3f}")
print("\n".join(report))
show_grid(rows, rows=names, scale=2,
          title=f"Samples and reconstructions after {size['broken_steps']} steps",
          alt="Pairs of rows, samples and reconstructions: without a mistake, then with each one chosen")

# %% [markdown]
# With the KL divided by 784, precision is almost free. The codes spread far beyond the prior, with a tiny
# $\sigma$; the reconstructions are sharp, and a draw from the prior falls where no code ever was: **good
# reconstructions, bad samples**. Without noise the same symptom comes from another cause. A code that is not
# blurred by any draw can be read however close it stands to the others. So nothing holds $\sigma$ away from
# 1, where it costs nothing, and the codes move together towards the origin to save on $\mu^2$; to the
# decoder, the prior (and the encoder's own $q$) is then too wide. The mistake $\sigma = \log \sigma^2$
# ends in the same place, because at $\log \sigma^2 = 0$ it adds no noise and has the lowest price. With the
# likelihood divided by 784 it is the other way round: a code is never worth its price, the encoder answers
# with the prior for every image, and the decoder returns the mean of all digits, whatever it is given:
# **every image the same**, a *collapsed posterior*; its bound is that of the independent pixels.
#
# In each of these cases the loss that was minimised fell as it should, because each is a proper loss, of
# something else; with the KL divided by 784 it even looks better than the right one. The right bound, printed
# above the pictures, gives them away, and so do two numbers that cost nothing to print: the spread of $\mu$
# over images, which should be near 1 for dimensions in use, and the mean of $\sigma$, which should lie clearly
# between 0 and 1. One $\varepsilon$ for the whole batch is the quiet mistake: the gradient is right on average
# and only noisier, and neither picture nor number need show it. Only a look at the code does, or a check.
#
# ## What can go wrong
#
# **The posterior collapses.** Even with the right bound, a dimension of the code can fall silent: if early in
# training it carries little, its price is saved by making $q$ equal to the prior, and then the decoder never
# learns to read it. Where there are more dimensions than the data need, some do so, and nothing is lost;
# `active_units` counted above how many are in use. If all fall silent, the decoder does without the code. One
# then lets the KL's weight grow from 0 to 1 over the first part of training. Lesson 11 makes it happen and
# diagnoses it.
#
# **The likelihood is the wrong one.** Black and white pixels want a Bernoulli. Grey ones want a density or
# 256 levels. A mean squared error is a Gaussian likelihood whose variance somebody has fixed without saying
# so ($\sigma^2 = \tfrac12$, if the squares are summed and nothing else), and that variance decides how much
# the KL counts.
#
# **$\log \sigma^2$ overflows.** An exponential stands in the loss. If a step throws $\log \sigma^2$ to 100,
# the loss is infinite in single precision. It does not happen here; where it does, clamp it to a wide range,
# such as −30 to 20.
#
# **Over-fitting.** The difference between the bound on training images and on held-out ones was printed
# above. Train for longer, and the first goes on rising when the second no longer does. Judge by held-out
# images only, and stop, or take more data or a smaller model.
#
# **The likelihood and the eye disagree.** To move every edge of a stroke by one pixel costs many nats, and no
# viewer minds; a stroke that ends nowhere costs few, and every viewer does. A better bound
# does not promise better pictures (Theis, van den Oord and Bethge 2015).
#
# ## The bar
#
# At the profile `cpu` a model made of right parts reaches −100 nats with the ELBO and −95 with fifty draws on
# held-out digits, with room to spare. This cell compares, and writes what you measured into `results.csv`,
# where further seeds and models may join it. Then make it better: change one thing (the number of channels,
# the latent dimensions, a larger step size, digits shifted by a pixel as further training data), predict in
# nats what it will bring, set it in a new cell (`size["channels"] = 24`, say) and run again from the training
# cell. It is the difference on held-out images that counts, and it should be larger than its error: keep the
# bound of each image, `model.elbo(test_x)`, and look at `metrics.estimate(new - old)`. Choosing by these
# thousand images is itself a mild way of fitting them, so keep the changes few.

# %%
parts = {my_reparameterize: reparameterize, my_elbo: elbo, my_ConvVAE: ConvVAE,
         my_iwae_bound: iwae_bound}
mine = [written.__name__ for used, written in parts.items() if used is written]
print("Made with your own:", ", ".join(mine) or "nothing yet")
elbo_bar, iwae_bar = size["bars"] or (None, None)
for name, value, bar in (("ELBO", held_out.value, elbo_bar), ("IWAE", best.value, iwae_bar)):
    verdict = "no bar at this profile" if bar is None else "reached" if value >= bar else "missed"
    print(f"{name} {value:.1f} nats, bar {bar or '–'}: {verdict}")

# %%
import time

began = time.perf_counter()
model.sample(1000)
milliseconds = time.perf_counter() - began  # of a thousand samples: seconds in all, milliseconds each

measured = {"elbo_nats": (held_out.value, len(test_x)),
            f"iwae{size['draws'][-1]}_nats": (best.value, len(test_x)),
            "frechet_binarised": (distances["samples"], n), "parameters": (parameters, 1),
            "milliseconds_per_sample": (milliseconds, 1000), "network_evaluations_per_sample": (1, 1)}
for metric, (value, count) in measured.items():
    results.record(model="ConvVAE", metric=metric, value=value, n=count, lesson=lesson, seed=seed,
                   profile=profile, seconds=history.seconds)
print(f"one sample takes one network evaluation and {milliseconds:.2f} ms in a batch of a thousand")

# %% [markdown]
# ## Further reading
#
# Kingma and Welling, *Auto-encoding variational Bayes* (2013, arXiv:1312.6114), and Rezende, Mohamed and
# Wierstra, *Stochastic backpropagation and approximate inference in deep generative models* (2014,
# arXiv:1401.4082), are the two origins; the first is short and still the best place to start. Burda, Grosse
# and Salakhutdinov, *Importance weighted autoencoders* (2015, arXiv:1509.00519), is the source of the tighter
# bound and of counting active units. Cremer, Li and Duvenaud, *Inference suboptimality in variational
# autoencoders* (2018, arXiv:1801.03558), takes the gap apart. Hoffman and Johnson, *ELBO surgery* (2016),
# looks at the codes of all images together. Theis, van den Oord and Bethge, *A note on the evaluation of
# generative models* (2015, arXiv:1511.01844), shows why likelihood, samples and usefulness need separate
# measures, and Heusel et al., *GANs trained by a two time-scale update rule* (2017, arXiv:1706.08500),
# introduced the Fréchet distance for images. White, *Sampling generative networks* (2016, arXiv:1609.04468),
# argues for interpolating along the arc. Doersch, *Tutorial on variational autoencoders* (2016,
# arXiv:1606.05908), and Kingma and Welling, *An introduction to variational autoencoders* (2019,
# arXiv:1906.02691), are longer treatments of the whole. Higgins et al., *β-VAE* (ICLR 2017), weights the two
# terms against each other on purpose; that is the next lesson.

# %% [markdown]
# ## Save and hand in
#
# Save the notebook (Ctrl+S, on a Mac ⌘S). In Colab choose *File → Save a copy in Drive* first, or your
# changes are lost with the tab, and *File → Download → Download .ipynb* to get the file. In Binder download
# it from the file browser, because the machine forgets everything. Before you hand in, restart the kernel and
# run all cells once: what is marked is the notebook from top to bottom, not what the kernel happens to
# remember. Hand in the file `10_vae.ipynb` under this very name, in the way your teacher has told you. Keep
# the first line of each answer's cell (`# Exercise …`): that is how your answers are found. The checks under
# the exercises show what to expect; the marks come from the same checks with other numbers.
