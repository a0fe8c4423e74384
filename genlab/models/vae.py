"""Variational autoencoder: a latent-variable model whose likelihood is bounded from below.

    model     p(x) = ∫ p(x | z) p(z) dz,  p(z) = N(0, I),  p(x | z) = Π Bernoulli(x_i; p_i(z))
    bound     log p(x) ≥ E_q[log p(x | z)] - KL(q(z | x) ‖ p(z)),  q(z | x) = N(μ(x), diag σ²(x))

The first term is a log-likelihood, so the loss to minimise is minus the bound. All terms are in
nats, summed over pixels and latents; losses are means over the batch.

Kingma and Welling (2013), Auto-encoding variational Bayes, arXiv:1312.6114.
Burda, Grosse and Salakhutdinov (2015), Importance weighted autoencoders, arXiv:1509.00519.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import as_shape, check_binary, check_range, clamp_through, evaluating, mlp, one_hot
from genlab.models.interpolation import slerp
from genlab.models.likelihoods import Bernoulli
from genlab.random import randn

LOGVAR_RANGE = (-30.0, 20.0)  # as in latent diffusion: σ from 3e-7 to 2e4, so that no loss overflows
CHUNK = 2**18  # values of decoded images held at once by `iwae`: about what a CPU's cache holds


def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(μ, diag σ²) ‖ N(0, I)) = ½ Σ (μ² + σ² - 1 - log σ²) in nats: (B, K) twice -> (B,)."""
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)


def gaussian_log_density(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """log N(z; μ, diag σ²) in nats, summed over the last dimension."""
    return -0.5 * ((z - mu).square() * (-logvar).exp() + logvar + math.log(2 * math.pi)).sum(-1)


def bernoulli_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """log p(x | z) = Σ x log p + (1 - x) log(1 - p), p = sigmoid(logits), in nats: (B, ...) -> (B,).

    A log-likelihood only for binary x. For grey values it is a cross-entropy, whose best value is
    not 0 but -Σ H(x_i): such numbers cannot be compared with those of binary images.
    """
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def reparameterize(mu: Tensor, logvar: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
    """z = μ + σ ε with ε ~ N(0, I): a draw from q through which gradients reach μ and log σ²."""
    return mu + (0.5 * logvar).exp() * randn(mu.shape, like=mu, rng=rng)


def elbo(x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Evidence lower bound of each image, log p(x | z) - KL(q ‖ p), in nats: (B,)."""
    return bernoulli_log_likelihood(x, logits) - gaussian_kl(mu, logvar)


def iwae_bound(log_w: Tensor) -> Tensor:
    """log (1/k) Σ_i w_i with w = p(x, z) / q(z | x) (Burda et al., eq. 8), in nats: (k, B) -> (B,)."""
    return log_w.logsumexp(0) - math.log(log_w.shape[0])


class VAE(nn.Module):
    """A VAE; images (B, C, H, W) and flat rows (B, C·H·W) are both welcome. By default for binary data.

    What varies is an argument, so that traits combine: a likelihood, networks, labels, β. Subclasses
    are short names for common cases. Below, D = input_dim, K = latent_dim and C = num_classes.

    Args:
        input_dim, hidden_dim, latent_dim: sizes; encoder and decoder have two hidden layers each.
        encoder: in place of the default, maps data, (B, *data_shape), to features (B, hidden_dim).
        decoder: in place of the default, maps (B, K) to (B, *data_shape).
        likelihood: of `genlab.models.likelihoods`; Bernoulli() by default. It fixes data_form and data_range.
        data_shape: of one datum, such as (3, 32, 32); (input_dim,) by default.
        num_classes: condition on labels: p(x | z, c). The encoder then sees C values more along
            dimension 1 (constant planes beside the channels of images), the decoder C values beside z.
        beta: weight of the KL in the loss; 1 is minus the ELBO (β-VAE, see `genlab.models.beta_vae`).
    """

    kl_weight = 1.0  # of `loss`; lower only while `train_vae(warmup=…)` raises it

    def __init__(self, input_dim: int = 784, hidden_dim: int = 400, latent_dim: int = 20, *,
                 encoder: nn.Module | None = None, decoder: nn.Module | None = None,
                 likelihood: nn.Module | None = None, data_shape: tuple[int, ...] | None = None,
                 num_classes: int | None = None, beta: float = 1.0):
        super().__init__()
        if not beta >= 0:
            raise ValueError(f"beta must not be negative, got {beta}: it weighs the KL")
        input_dim = input_dim if data_shape is None else math.prod(data_shape)
        self.data_shape = (input_dim,) if data_shape is None else tuple(data_shape)
        self.latent_dim, self.num_classes, self.beta = latent_dim, num_classes, beta
        self.likelihood = Bernoulli() if likelihood is None else likelihood
        self._flat = encoder is None  # the default networks work on rows
        extra = num_classes or 0
        if encoder is None:
            encoder = nn.Sequential(mlp(input_dim + extra, hidden_dim, hidden_dim), nn.ReLU())
        self.encoder = encoder
        self.mu_head = nn.Linear(hidden_dim, latent_dim)
        self.logvar_head = nn.Linear(hidden_dim, latent_dim)
        self.decoder = mlp(latent_dim + extra, hidden_dim, hidden_dim, input_dim) if decoder is None else decoder

    @property
    def data_form(self) -> str:
        """Form of the data, as in `genlab.data.to_form`: the likelihood's."""
        return self.likelihood.data_form

    @property
    def data_range(self) -> tuple[float, float]:
        """Range of data and samples: the likelihood's."""
        return self.likelihood.data_range

    def encode(self, x: Tensor, *y: Tensor) -> tuple[Tensor, Tensor]:
        """μ and log σ² of q(z | x), or of q(z | x, y) if conditional (pass the labels y too), each (B, K)."""
        x, given = as_shape(x, self.data_shape), self.given(*y or (None,), len(x))
        if self._flat:
            x = x.flatten(1)
        for c in given:
            c = c.view(*c.shape, *[1] * (x.ndim - 2)).expand(-1, -1, *x.shape[2:])
            x = torch.cat([x, c.to(x)], 1)
        return self._heads(self.encoder(x))

    def decode_logits(self, z: Tensor, *y: Tensor) -> Tensor:
        """The decoder's output, (B, *data_shape): logits of p(x = 1 | z), or what the likelihood takes.

        Losses start here, never from probabilities.
        """
        given = self.given(*y or (None,), len(z))
        output = self.decoder(torch.cat([z, *(c.to(z) for c in given)], 1) if given else z)
        return output.reshape(len(z), *self.data_shape)

    def decode(self, z: Tensor, *y: Tensor) -> Tensor:
        """Mean of p(x | z), (B, *data_shape): for binary data the probability p(x = 1 | z)."""
        return self.likelihood.mean(self.decode_logits(z, *y))

    def reparameterize(self, mu: Tensor, logvar: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """A draw from q(z | x), (B, K)."""
        return reparameterize(mu, logvar, rng=rng)

    def forward(self, x: Tensor, *y: Tensor,
                rng: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Mean of p(x | z) at one draw of z, shaped like x; μ and log σ²."""
        given = self.given(*y or (None,), len(x))
        mu, logvar = self.encode(self._data(x), *given)
        return self.decode(self.reparameterize(mu, logvar, rng=rng), *given).view(x.shape), mu, logvar

    def loss_function(self, recon_x: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        """The objective from what `forward` returns, in nats, mean over the batch.

        Probabilities have forgotten how sure the decoder was: they are clamped to [1e-6, 1 - 1e-6],
        where the gradient vanishes. Train with `loss`, which works from logits.
        """
        output = self.likelihood.output(as_shape(recon_x, self.data_shape, what="recon_x"))
        likelihood = self.log_likelihood(self._observed(x), output)
        return self.objective(-likelihood.mean(), gaussian_kl(mu, logvar).mean())

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """The objective and its two parts in nats, means over the batch; y counts only if conditional.

        With β ≠ 1 also "negative_elbo_nats", which is then not the loss.
        """
        if len(x) == 0:
            raise ValueError("the batch is empty, and has no mean: drop it, or look why the loader makes it")
        likelihood, kl = self._terms(x, y, rng)
        reconstruction, kl = -likelihood.mean(), kl.mean()
        loss = self.objective(reconstruction, kl if self.kl_weight == 1 else self.kl_weight * kl)
        parts = {"loss": loss, "reconstruction_nats": reconstruction, "kl_nats": kl}
        return parts if self.beta == 1 else parts | {"negative_elbo_nats": reconstruction + kl}

    def objective(self, reconstruction: Tensor, kl: Tensor) -> Tensor:
        """What to minimise: reconstruction + β KL, nats; minus the ELBO if β = 1."""
        return reconstruction + (kl if self.beta == 1 else self.beta * kl)

    def log_likelihood(self, x: Tensor, logits: Tensor) -> Tensor:
        """log p(x | z) from the decoder's output, in nats: (B,)."""
        return self.likelihood.log_prob(x, logits)

    def elbo(self, x: Tensor, y: Tensor | None = None, *, rng: torch.Generator | None = None) -> Tensor:
        """Evidence lower bound of each image in nats, from one draw of z: (B,)."""
        likelihood, kl = self._terms(x, y, rng)
        return likelihood - kl

    def iwae(self, x: Tensor, k: int = 50, *, y: Tensor | None = None,
             rng: torch.Generator | None = None) -> Tensor:
        """The tighter bound from k draws of z for each image, in nats: (B,).

        Encoded once; without a graph no more than about `CHUNK` decoded values are held at a time.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}: it counts draws of z")
        x, given = self._observed(x), self.given(y, len(x))
        mu, logvar = (part.expand(k, -1, -1) for part in self.encode(x, *given))
        z = self.reparameterize(mu, logvar, rng=rng)
        rows = max(1, CHUNK // max(1, x.numel()))
        repeated = x.repeat(min(rows, k), *[1] * (x.ndim - 1))
        likelihood = torch.cat([self._likelihood_of_draws(repeated, part, given) for part in z.split(rows)])
        # log N(z; 0, I) - log N(z; μ, σ² I), whose constants cancel
        ratio = 0.5 * ((z - mu).square() * (-logvar).exp() + logvar - z.square()).sum(-1)
        return iwae_bound(likelihood + ratio)

    def sample(self, num_samples: int = 64, *, labels: int | Tensor | None = None, mean: bool = True,
               rng: torch.Generator | None = None) -> Tensor:
        """x from z ~ N(0, I), (num_samples, *data_shape) in data_range.

        With mean=True the mean of p(x | z), for binary data the probabilities, which look smoother than
        any data; with mean=False true samples.

        Args:
            labels: of a conditional model: one class for all, or one for each; by default 0, 1, … in turn.
        """
        with evaluating(self):
            z = randn((num_samples, self.latent_dim), like=self.mu_head.weight, rng=rng)
            return self._drawn(self.decode_logits(z, *self._labels(labels, num_samples)), mean, rng)

    def sample_grid(self, num_samples: int = 8, *, mean: bool = True,
                    rng: torch.Generator | None = None) -> Tensor:
        """Each row one style z, each column one class: (num_samples, num_classes, *data_shape)."""
        with evaluating(self):
            z = randn((num_samples, self.latent_dim), like=self.mu_head.weight, rng=rng)
            return self._all_classes(z, mean, rng)

    def transfer(self, x: Tensor, y: Tensor) -> Tensor:
        """The style of each image, worn by every class: (B, num_classes, *data_shape), without a graph."""
        with evaluating(self):
            return self._all_classes(self.encode(self._data(x), y)[0], True, None)

    def reconstruct(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Mean of p(x | z) at the mean of q(z | x), shaped like x, without a graph."""
        with evaluating(self):
            given = self.given(y, len(x))
            return self.decode(self.encode(self._data(x), *given)[0], *given).view(x.shape)

    def interpolate(self, a: Tensor, b: Tensor, steps: int = 8, *, y: Tensor | None = None) -> Tensor:
        """From images a to images b along the arc between their codes: (steps, B, *data_shape), no graph."""
        if steps < 2:
            raise ValueError(f"steps must be at least 2, got {steps}: it counts both ends")
        with evaluating(self):
            given = self.given(y, len(a))
            start, end = (self.encode(self._data(x), *given)[0] for x in (a, b))
            path = [slerp(start, end, i / (steps - 1)) for i in range(steps)]
            return torch.stack([self.decode(z, *given) for z in path])

    def given(self, y: Tensor | None, n: int) -> tuple[Tensor, ...]:
        """What encoder and decoder see besides x and z: the labels as one-hot rows, (n, C), if conditional."""
        if self.num_classes is None:
            return ()
        if y is None:
            raise ValueError("a conditional model needs labels: pass y, (B,) whole numbers or one-hot rows")
        rows = one_hot(y, self.num_classes, like=self.mu_head.weight)
        if len(rows) != n:
            raise ValueError(f"{len(rows)} labels for {n} images: pass one label for each")
        return (rows,)

    def _heads(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.mu_head(features), clamp_through(self.logvar_head(features), *LOGVAR_RANGE)

    def _data(self, x: Tensor) -> Tensor:
        x = as_shape(x, self.data_shape)
        check_range(x, *self.data_range)
        return x

    def _observed(self, x: Tensor) -> Tensor:
        """Data whose likelihood is asked for: grey values have none under a Bernoulli distribution."""
        x = self._data(x)
        if self.data_form == "binary":
            check_binary(x, Bernoulli.remedy)
        return x

    def _terms(self, x: Tensor, y: Tensor | None, rng: torch.Generator | None) -> tuple[Tensor, Tensor]:
        """log p(x | z) at one draw of z, and the KL: (B,) each, in nats."""
        x, given = self._observed(x), self.given(y, len(x))
        mu, logvar = self.encode(x, *given)
        logits = self.decode_logits(self.reparameterize(mu, logvar, rng=rng), *given)
        return self.log_likelihood(x, logits), gaussian_kl(mu, logvar)

    def _likelihood_of_draws(self, repeated: Tensor, z: Tensor, given: tuple[Tensor, ...]) -> Tensor:
        """log p(x | z) of draws z (j, B, K), where `repeated` holds the B images at least j times: (j, B)."""
        output = self.decode_logits(z.flatten(0, 1), *(c.repeat(len(z), 1) for c in given))
        return self.log_likelihood(repeated[:len(output)], output).view(len(z), -1)

    def _labels(self, labels: int | Tensor | None, n: int) -> tuple[Tensor, ...]:
        if self.num_classes is None:
            if labels is not None:
                raise ValueError("this model knows no labels: build it with num_classes, or leave them out")
            return ()
        device = self.mu_head.weight.device
        if labels is None:
            labels = torch.arange(n, device=device) % self.num_classes
        labels = torch.as_tensor(labels, device=device)
        return self.given(labels.expand(n) if labels.ndim == 0 else labels, n)

    def _drawn(self, output: Tensor, mean: bool, rng: torch.Generator | None) -> Tensor:
        return self.likelihood.mean(output) if mean else self.likelihood.sample(output, rng=rng)

    def _all_classes(self, z: Tensor, mean: bool, rng: torch.Generator | None) -> Tensor:
        if self.num_classes is None:
            raise ValueError("this model knows no labels: build it with num_classes")
        classes = torch.arange(self.num_classes, device=z.device).repeat(len(z))
        output = self.decode_logits(z.repeat_interleave(self.num_classes, 0), classes)
        return self._drawn(output, mean, rng).unflatten(0, (len(z), self.num_classes))
