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

from genlab.layers import as_shape, check_range, evaluating, mlp
from genlab.random import bernoulli, randn

LOGVAR_RANGE = (-30.0, 20.0)  # as in latent diffusion: σ from 3e-7 to 2e4, so that no loss overflows


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


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """sin((1 - t)ω)/sin ω a + sin(tω)/sin ω b, with ω the angle between a and b: (..., K) -> (..., K).

    A straight line between two normal draws passes near 0, where hardly any draw lies; the arc
    keeps the norm (Shoemake 1985; White 2016, arXiv:1609.04468). Parallel or zero vectors: the
    straight line. Opposite vectors: one of the equally short arcs.
    """
    a_norm, b_norm = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    a_unit, b_unit = a / a_norm.clamp_min(1e-12), b / b_norm.clamp_min(1e-12)
    # Kahan's form of the angle: acos of the scalar product loses half the digits near 0 and π.
    apart, along = (a_unit - b_unit).norm(dim=-1, keepdim=True), (a_unit + b_unit).norm(dim=-1, keepdim=True)
    angle = 2 * torch.atan2(apart, along)
    arc = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
    aside = F.one_hot(a.abs().argmin(-1), a.shape[-1]).to(a)
    aside = F.normalize(aside - (aside * a_unit).sum(-1, keepdim=True) * a_unit, dim=-1)
    half_turn = (a_norm.lerp(b_norm, t)) * (math.cos(math.pi * t) * a_unit + math.sin(math.pi * t) * aside)
    straight = (angle < 1e-4) | (a_norm == 0) | (b_norm == 0)
    return torch.where(straight, torch.lerp(a, b, t), torch.where(math.pi - angle < 1e-4, half_turn, arc))


class VAE(nn.Module):
    """A VAE for binary data; images (B, 1, 28, 28) and flat rows (B, 784) are both welcome.

    Subclasses change one thing each: `objective` (BetaVAE), `given` (ConditionalVAE), the two
    networks (ConvVAE), `log_likelihood` (other data). Below, D = input_dim and K = latent_dim.

    Args:
        input_dim, hidden_dim, latent_dim: sizes; encoder and decoder have two hidden layers each.
        encoder: in place of the default, maps (B, *data_shape) to features (B, hidden_dim).
        decoder: in place of the default, maps (B, K) to logits (B, *data_shape).
    """

    data_range = (0.0, 1.0)
    kl_weight = 1.0  # of `loss`; lower only while `train_vae(warmup=…)` raises it

    def __init__(self, input_dim: int = 784, hidden_dim: int = 400, latent_dim: int = 20, *,
                 encoder: nn.Module | None = None, decoder: nn.Module | None = None):
        super().__init__()
        self.data_shape: tuple[int, ...] = (input_dim,)
        self.latent_dim = latent_dim
        if encoder is None:
            encoder = nn.Sequential(mlp(input_dim, hidden_dim, hidden_dim), nn.ReLU())
        self.encoder = encoder
        self.mu_head = nn.Linear(hidden_dim, latent_dim)
        self.logvar_head = nn.Linear(hidden_dim, latent_dim)
        self.decoder = mlp(latent_dim, hidden_dim, hidden_dim, input_dim) if decoder is None else decoder

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """μ and log σ² of q(z | x), each (B, K)."""
        return self._heads(self.encoder(as_shape(x, self.data_shape)))

    def decode_logits(self, z: Tensor) -> Tensor:
        """Logits of p(x = 1 | z), (B, *data_shape): losses start here, never from probabilities."""
        return self.decoder(z)

    def decode(self, z: Tensor) -> Tensor:
        """p(x = 1 | z), (B, *data_shape)."""
        return self.decode_logits(z).sigmoid()

    def reparameterize(self, mu: Tensor, logvar: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """A draw from q(z | x), (B, K)."""
        return reparameterize(mu, logvar, rng=rng)

    def forward(self, x: Tensor, *, rng: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """p(x = 1 | z) at one draw of z, shaped like x; μ and log σ²."""
        mu, logvar = self.encode(self._data(x))
        return self.decode(self.reparameterize(mu, logvar, rng=rng)).view(x.shape), mu, logvar

    def loss_function(self, recon_x: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        """The objective from what `forward` returns, in nats, mean over the batch.

        Probabilities have forgotten how sure the decoder was: they are clamped to [1e-6, 1 - 1e-6],
        where the gradient vanishes. Train with `loss`, which works from logits.
        """
        logits = as_shape(recon_x, self.data_shape, what="recon_x").logit(eps=1e-6)
        likelihood = self.log_likelihood(self._data(x), logits)
        return self.objective(-likelihood.mean(), gaussian_kl(mu, logvar).mean())

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """The objective and its two parts in nats, means over the batch; y counts only if conditional."""
        likelihood, kl = self._terms(x, y, rng)
        reconstruction, kl = -likelihood.mean(), kl.mean()
        loss = self.objective(reconstruction, self.kl_weight * kl)
        return {"loss": loss, "reconstruction_nats": reconstruction, "kl_nats": kl}

    def objective(self, reconstruction: Tensor, kl: Tensor) -> Tensor:
        """What to minimise: here minus the ELBO."""
        return reconstruction + kl

    def log_likelihood(self, x: Tensor, logits: Tensor) -> Tensor:
        """log p(x | z) from the decoder's output, in nats: (B,)."""
        return bernoulli_log_likelihood(x, logits)

    def elbo(self, x: Tensor, y: Tensor | None = None, *, rng: torch.Generator | None = None) -> Tensor:
        """Evidence lower bound of each image in nats, from one draw of z: (B,)."""
        likelihood, kl = self._terms(x, y, rng)
        return likelihood - kl

    def iwae(self, x: Tensor, k: int = 50, *, y: Tensor | None = None,
             rng: torch.Generator | None = None) -> Tensor:
        """The tighter bound from k draws of z for each image, in nats: (B,). Holds k·B images in memory."""
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}: it counts draws of z")
        x, given = self._data(x), self.given(y, len(x))
        mu, logvar = (part.expand(k, -1, -1) for part in self.encode(x, *given))
        z = self.reparameterize(mu, logvar, rng=rng)
        logits = self.decode_logits(z.flatten(0, 1), *(c.repeat(k, 1) for c in given))
        likelihood = self.log_likelihood(x.repeat(k, *[1] * (x.ndim - 1)), logits).view(k, -1)
        prior = gaussian_log_density(z, torch.zeros_like(z), torch.zeros_like(z))
        return iwae_bound(likelihood + prior - gaussian_log_density(z, mu, logvar))

    def sample(self, num_samples: int = 64, *, mean: bool = True,
               rng: torch.Generator | None = None) -> Tensor:
        """x from z ~ N(0, I), (num_samples, *data_shape) in [0, 1].

        With mean=True the probabilities p(x = 1 | z), which look smoother than any data; with
        mean=False true samples, whose pixels are 0 or 1.
        """
        return self._draw(num_samples, (), mean, rng)

    def reconstruct(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """p(x = 1 | z) at the mean of q(z | x), shaped like x, without a graph."""
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
        """What encoder and decoder see besides x and z, each (n, ...): here nothing, labels are ignored."""
        return ()

    def _heads(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.mu_head(features), self.logvar_head(features).clamp(*LOGVAR_RANGE)

    def _data(self, x: Tensor) -> Tensor:
        x = as_shape(x, self.data_shape)
        check_range(x, *self.data_range, "use genlab.data.to_unit, and binarize for a likelihood")
        return x

    def _terms(self, x: Tensor, y: Tensor | None, rng: torch.Generator | None) -> tuple[Tensor, Tensor]:
        """log p(x | z) at one draw of z, and the KL: (B,) each, in nats."""
        x, given = self._data(x), self.given(y, len(x))
        mu, logvar = self.encode(x, *given)
        logits = self.decode_logits(self.reparameterize(mu, logvar, rng=rng), *given)
        return self.log_likelihood(x, logits), gaussian_kl(mu, logvar)

    def _draw(self, n: int, given: tuple[Tensor, ...], mean: bool, rng: torch.Generator | None) -> Tensor:
        with evaluating(self):
            z = randn((n, self.latent_dim), like=self.mu_head.weight, rng=rng)
            probabilities = self.decode_logits(z, *given).sigmoid()
            return probabilities if mean else bernoulli(probabilities, rng=rng)
