"""Latent diffusion: diffusion in the code of an autoencoder, led by a prompt.

    train     z = s·(a draw from q(z | x)),   loss E ‖v - v_θ(√ᾱ_t z + √(1 - ᾱ_t) ε, t, prompt or "")‖²
    sample    z_T ~ N(0, I) ── S of the T times, DDIM, guidance ──▶ z_0,   x = decode(z_0 / s)

The three parts are arguments. The autoencoder has encode(x) -> (μ, log σ²), decode(z) and latent_shape; the network
takes (z, t, context); the text encoder has tokenize(prompts) and maps tokens to a `Context`. genlab has one of each,
and `genlab.models.stable_diffusion` makes them of those of a Stable Diffusion checkpoint.

Rombach, Blattmann, Lorenz, Esser and Ommer (2022), High-resolution image synthesis with latent diffusion models,
arXiv:2112.10752; guidance: Ho and Salimans (2022), arXiv:2207.12598; image to image: Meng et al. (2022), SDEdit,
arXiv:2108.01073.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import check_range, evaluating
from genlab.models.samplers import repaint, reverse_step
from genlab.models.schedules import NoiseSchedule, cosine_schedule
from genlab.models.text_encoder import Context
from genlab.random import rand, randn


class Walk(NamedTuple):
    """Where a sampler is: latents z, the guess of the clean ones that led there (None at the start), and its time t."""

    z: Tensor
    clean: Tensor | None
    t: int


def chain_times(time_steps: int, num_steps: int, *, spacing: str = "trailing", offset: int = 0) -> list[int]:
    """Those S of the T times of training at which a sampler asks, decreasing.

    "trailing" takes round(k T / S) - 1 for k = S … 1, so that it begins at the noisiest; "leading" takes multiples of
    ⌊T / S⌋ from 0, plus the offset (Stable Diffusion: 1), and never sees the noisiest: Lin et al. (2023),
    arXiv:2305.08891.
    """
    if not 1 <= num_steps <= time_steps:
        raise ValueError(f"num_steps must lie in 1 … {time_steps}, got {num_steps}")
    if spacing == "trailing":
        times = torch.linspace(time_steps / num_steps, time_steps, num_steps, dtype=torch.float64).round().long() - 1
    elif spacing == "leading":
        times = (torch.arange(num_steps) * (time_steps // num_steps) + offset).clamp(max=time_steps - 1)
    else:
        raise ValueError(f'spacing must be "trailing" or "leading", got {spacing!r}')
    return times.flip(0).tolist()


class LatentDiffusion(nn.Module):
    """Text to image in the latent space of an autoencoder. The autoencoder is frozen: its weights get no gradient.

    Images are (B, 3, H, W) in [0, 1] on both ends; the autoencoder sees them in [-1, 1].

    Args:
        vae, unet, text_encoder: the parts, as above.
        beta: variance of the noise that each step adds, (T,); by default the cosine schedule of 1000 times.
        prediction: what the network says of z_t: "v", "noise" or "clean".
        scale: by which codes are multiplied; `measure_scale` finds it.
        dropped: share of the prompts that training replaces by the empty one.
        guidance: weight of the prompt unless a call says another; 1 is the conditional model itself.
        spacing, offset: as in `chain_times`.
        last_signal: ᾱ after the last step; 1, or ᾱ_0 as some pipelines have it.
    """

    scale: Tensor

    def __init__(self, vae: nn.Module, unet: nn.Module, text_encoder: nn.Module, *, beta: Tensor | None = None,
                 prediction: str = "v", scale: float = 1.0, dropped: float = 0.1, guidance: float = 3.0,
                 spacing: str = "trailing", offset: int = 0, last_signal: float = 1.0):
        super().__init__()
        if prediction not in ("v", "noise", "clean"):
            raise ValueError(f'prediction must be "v", "noise" or "clean", got {prediction!r}')
        self.vae, self.unet, self.text_encoder = vae.requires_grad_(False), unet, text_encoder
        self.schedule = NoiseSchedule(cosine_schedule(1000) if beta is None else beta)
        self.prediction, self.dropped, self.guidance = prediction, dropped, guidance
        self.spacing, self.offset, self.last_signal = spacing, offset, last_signal
        self.register_buffer("scale", torch.tensor(float(scale)))

    # Between images and latents

    def measure_scale(self, images: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """Sets the scale to 1 / the standard deviation of the codes of these images; returns it."""
        self.scale.fill_(1.0)
        self.scale.fill_(1 / self.encode_image(images, rng=rng).std())
        return self.scale

    def encode_image(self, images: Tensor, *, mean: bool = False, rng: torch.Generator | None = None) -> Tensor:
        """Scaled latents (B, *latent_shape): a draw from q(z | x), or its mean. No graph."""
        check_range(images, 0, 1, "use genlab.data.to_unit", what="images")
        with evaluating(self.vae):
            mu, logvar = self.vae.encode(2 * images - 1)
            z = mu if mean else mu + (0.5 * logvar).exp() * randn(mu.shape, like=mu, rng=rng)
        return self.scale * z.reshape(len(images), *self.vae.latent_shape)

    def decode_latent(self, latents: Tensor) -> Tensor:
        """Images (B, 3, H, W) in [0, 1] of scaled latents. No graph."""
        with evaluating(self.vae):
            images = self.vae.decode(latents / self.scale)
        return ((images.reshape(len(latents), *images.shape[-3:]) + 1) / 2).clamp(0, 1)

    # Training

    def loss(self, latents: Tensor, tokens: Tensor, *, rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Mean squared error of what the network predicts, at a random time for each row; some prompts are dropped.

        Args:
            latents: scaled, (B, *latent_shape). tokens: of their captions, (B, L), by `text_encoder.tokenize`.
        """
        gone = rand((len(tokens), 1), like=latents, rng=rng) < self.dropped
        tokens = torch.where(gone, self.text_encoder.tokenize("").to(tokens), tokens)
        t = self.schedule.middle_times(len(latents), like=latents, rng=rng)
        noisy, noise = self.schedule.forward_diffusion(latents, t, rng=rng)
        target = {"noise": lambda: noise, "clean": lambda: latents,
                  "v": lambda: self.schedule.velocity(latents, t, noise)}[self.prediction]()
        return {"loss": F.mse_loss(self.unet(noisy, t, self.text_encoder(tokens)), target)}

    def forward(self, latents: Tensor, tokens: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """The loss of a batch, ()."""
        return self.loss(latents, tokens, rng=rng)["loss"]

    # Sampling

    def context(self, prompts: str | Sequence[str]) -> Context:
        """What the network sees of prompts."""
        device = next(self.unet.parameters()).device
        return self.text_encoder(self.text_encoder.tokenize(prompts).to(device))

    def denoiser(self, prompts: str | Sequence[str], n: int, *, guidance: float | None = None,
                 away: str = "") -> Callable[[Tensor, int], Tensor]:
        """denoise(z, t) -> the guess of the clean latents, with guidance, for n rows at one time.

        Args:
            prompts: one for all, or n of them.
            away: the prompt to lead away from (a negative prompt).
        """
        weight = self.guidance if guidance is None else guidance
        with evaluating(self):
            asked, free = self.context(prompts), self.context(away)
            if len(asked.vectors) not in (1, n):
                raise ValueError(f"{len(asked.vectors)} prompts for {n} images: pass one, or one for each")
            both = asked.expand(n).join(free.expand(n))

        def denoise(z: Tensor, t: int) -> Tensor:
            with evaluating(self):
                times = torch.full((2 * n,), t, device=z.device)
                led, free = self.unet(torch.cat([z, z]), times, both).chunk(2)
                return self.schedule.clean_from(self.prediction, free + weight * (led - free), z, times[:n])

        return denoise

    def times(self, num_steps: int) -> list[int]:
        """Those of the T times that a sampler of so many steps asks at, decreasing."""
        return chain_times(self.schedule.time_steps, num_steps, spacing=self.spacing, offset=self.offset)

    def walk(self, denoise: Callable[[Tensor, int], Tensor], z: Tensor, times: Sequence[int]) -> Iterator[Walk]:
        """All states from noise at times[0] to clean latents: DDIM without fresh noise."""
        signals = [*self.schedule.alpha_bar.double()[list(times)].tolist(), self.last_signal]
        yield Walk(z, None, times[0] if times else 0)
        for i, t in enumerate(times):
            clean = denoise(z, t)
            z = reverse_step(z, clean, signals[i], signals[i + 1])
            yield Walk(z, clean, t)

    def start(self, n: int, *, rng: torch.Generator | None = None) -> Tensor:
        """Noise to begin with, (n, *latent_shape)."""
        return randn((n, *self.vae.latent_shape), like=self.schedule.beta, rng=rng)

    def text_to_image(self, text_prompt: str | Sequence[str], num_steps: int = 50, *, guidance: float | None = None,
                      away: str = "", n: int | None = None, latents: Tensor | None = None,
                      rng: torch.Generator | None = None) -> Tensor:
        """Images (n, 3, H, W) in [0, 1] of prompts, by num_steps evaluations of the network.

        Args:
            text_prompt: one for all n images, or a list, one for each.
            guidance: weight of the prompt: 0 does not listen to it, 1 is the conditional model.
            away: a negative prompt.
            n: how many, if there is one prompt. latents: noise to begin with; fresh by default.
        """
        prompts = [text_prompt] if isinstance(text_prompt, str) else list(text_prompt)
        n = len(latents) if latents is not None else n or len(prompts)
        z = self.start(n, rng=rng) if latents is None else latents
        denoise = self.denoiser(prompts, n, guidance=guidance, away=away)
        return self.decode_latent(deque(self.walk(denoise, z, self.times(num_steps)), maxlen=1).pop().z)

    def image_to_image(self, images: Tensor, text_prompt: str | Sequence[str], num_steps: int = 50, *,
                       strength: float = 0.6, guidance: float | None = None,
                       rng: torch.Generator | None = None) -> Tensor:
        """Images that follow a prompt and still resemble given ones: noise is added, and taken away again.

        Args:
            images: (B, 3, H, W) in [0, 1].
            strength: share of the chain that is walked; 0 gives the images back, 1 knows almost nothing of them.
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"strength must lie in 0 … 1, got {strength}: it is a share of the steps")
        z = self.encode_image(images, mean=True)
        times = self.times(num_steps)[num_steps - round(strength * num_steps):]
        if times:
            t = torch.full((len(z),), times[0], device=z.device)
            z = self.schedule.q_sample(z, t, randn(z.shape, like=z, rng=rng))
        denoise = self.denoiser(text_prompt, len(z), guidance=guidance)
        return self.decode_latent(deque(self.walk(denoise, z, times), maxlen=1).pop().z)

    def inpaint(self, images: Tensor, seen: Tensor, text_prompt: str | Sequence[str], num_steps: int = 50, *,
                guidance: float | None = None, repeats: int = 2, rng: torch.Generator | None = None) -> Tensor:
        """Images with what is not seen drawn anew for a prompt (Lugmayr et al. 2022, RePaint, arXiv:2201.09865).

        Args:
            images: (B, 3, H, W) in [0, 1].
            seen: (B or 1, 1, H, W) bool. A place of the code counts as seen only if all of its pixels are; the
                pixels that are seen come back as they were.
        """
        known = self.encode_image(images, mean=True)
        seen = seen.expand(len(images), 1, *images.shape[2:])
        kept = F.adaptive_avg_pool2d(seen.to(known), known.shape[2:]).eq(1).expand_as(known)
        times = self.times(num_steps)
        signals = self.schedule.alpha_bar.double()[times].tolist()
        at, denoise = dict(zip(signals, times, strict=True)), self.denoiser(text_prompt, len(known), guidance=guidance)
        z = repaint(lambda z, signal: denoise(z, at[signal]), self.start(len(known), rng=rng), known, kept, signals,
                    repeats=repeats, rng=rng)
        return torch.where(seen, images, self.decode_latent(z))
