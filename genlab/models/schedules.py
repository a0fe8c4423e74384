"""The forward half of diffusion: how fast data turn into noise. No network in it.

    x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε,   ᾱ_t = Π_{s ≤ t} (1 - β_s)
    v_t = √ᾱ_t ε - √(1 - ᾱ_t) x_0    (Salimans and Ho 2022, arXiv:2202.00512)

Of x_0, ε and v each one gives the two others, once x_t is known. Time counts 0 … T-1.
Ho, Jain and Abbeel (2020), arXiv:2006.11239; equation numbers are theirs.
"""

import math

import torch
from torch import Tensor, nn

from genlab.random import randn


def linear_schedule(steps: int, first: float = 1e-4, last: float = 0.02) -> Tensor:
    """β from `first` to `last`, each times 1000 / steps, and at most 0.999: (T,) in float64.

    The paper's values are meant for 1000 steps; with fewer and smaller noise in all, the last x would not be
    noise, and sampling would start from another distribution than training has seen.
    """
    _check_steps(steps)
    scale = 1000 / steps
    return torch.linspace(scale * first, scale * last, steps, dtype=torch.float64).clamp(max=0.999)


def cosine_schedule(steps: int, offset: float = 0.008) -> Tensor:
    """β with ᾱ = cos²((t/T + s)/(1 + s) · π/2) up to a constant, at most 0.999: (T,) in float64.

    Nichol and Dhariwal (2021), Improved denoising diffusion probabilistic models, arXiv:2102.09672.
    """
    _check_steps(steps)
    t = torch.arange(steps + 1, dtype=torch.float64) / steps
    alpha_bar = torch.cos((t + offset) / (1 + offset) * math.pi / 2).square()
    return (1 - alpha_bar[1:] / alpha_bar[:-1]).clamp(max=0.999)


class NoiseSchedule(nn.Module):
    """β and all that follows from it; only β is saved, so that what is loaded is of one piece.

    Below, x_0, x_t, noise and v are (B, ...), and t is (B,) whole numbers in 0 … T-1.

    Args:
        beta: variance of the noise that each step adds, (T,).
    """

    beta: Tensor
    alpha: Tensor
    alpha_bar: Tensor
    alpha_bar_prev: Tensor  # ᾱ of the time before; 1 at time 0
    noise_scale: Tensor  # √(1 - ᾱ)
    clean_weight: Tensor  # of x_0 and of x_t in the mean of q(x_{t-1} | x_t, x_0)
    noisy_weight: Tensor
    posterior_variance: Tensor  # of q(x_{t-1} | x_t, x_0); 0 at time 0

    def __init__(self, beta: Tensor):
        super().__init__()
        beta = beta.detach().float()  # as it is saved: what is derived here equals what is derived on loading
        known = beta.device.type != "meta"  # where there are no values to look at
        if beta.ndim != 1 or not len(beta) or (known and not ((beta > 0) & (beta < 1) & (1 - beta.double() < 1)).all()):
            raise ValueError(f"beta must be (T,) of numbers between 0 and 1, got {tuple(beta.shape)} "
                             f"{beta.tolist()[:3]}…: each step must add noise")
        self.time_steps = len(beta)
        self.register_buffer("beta", beta)
        for name, values in _derived(beta).items():
            self.register_buffer(name, values.float(), persistent=False)

    def q_sample(self, x_0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε: any number of steps in one jump (eq. 4)."""
        return self.at("alpha_bar", t, x_0).sqrt() * x_0 + self.at("noise_scale", t, x_0) * noise

    def forward_diffusion(self, x_0: Tensor, t: Tensor, *,
                          rng: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """x_t and the noise in it."""
        noise = randn(x_0.shape, like=x_0, rng=rng)
        return self.q_sample(x_0, t, noise), noise

    def middle_times(self, n: int, *, like: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Times (n,) at which log √((1 - ᾱ) / ᾱ) is about N(0, 1): the middle, where an image is decided, more often.

        Esser et al. (2024), arXiv:2403.03206, for rectified flow.
        """
        noisiness = (self.noise_scale.double() / self.alpha_bar.double().sqrt()).to(like.device)
        wanted = randn((n,), like=like, rng=rng).double().exp()
        return torch.searchsorted(noisiness, wanted).clamp(max=self.time_steps - 1)

    def velocity(self, x_0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """v_t = √ᾱ_t ε - √(1 - ᾱ_t) x_0."""
        return self.at("alpha_bar", t, x_0).sqrt() * noise - self.at("noise_scale", t, x_0) * x_0

    def clean_from(self, prediction: str, value: Tensor, x_t: Tensor, t: Tensor) -> Tensor:
        """x_0 from x_t and the noise, the v, or itself (eq. 15)."""
        signal, scale = self.at("alpha_bar", t, x_t).sqrt(), self.at("noise_scale", t, x_t)
        if prediction == "noise":
            return (x_t - scale * value) / signal
        return signal * x_t - scale * value if prediction == "v" else value

    def noise_from(self, prediction: str, value: Tensor, x_t: Tensor, t: Tensor) -> Tensor:
        """ε from x_t and the x_0, the v, or itself."""
        signal, scale = self.at("alpha_bar", t, x_t).sqrt(), self.at("noise_scale", t, x_t)
        if prediction == "clean":
            return (x_t - signal * value) / scale
        return scale * x_t + signal * value if prediction == "v" else value

    def posterior(self, x_0: Tensor, x_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Mean, shaped like x_t, and variance, (B, 1, ...), of q(x_{t-1} | x_t, x_0) (eq. 6 and 7)."""
        mean = self.at("clean_weight", t, x_t) * x_0 + self.at("noisy_weight", t, x_t) * x_t
        return mean, self.at("posterior_variance", t, x_t)

    def backwards(self, x_0: Tensor, x_t: Tensor, step: int, noise: Tensor, *, eta: float = 1.0,
                  large: bool = False) -> Tensor:
        """x_{t-1} from x_t and a guess of x_0, for all rows at the time `step`; x_0 itself at time 0.

            x_{t-1} = √ᾱ_{t-1} x_0 + √(1 - ᾱ_{t-1} - η² β̃) ε + η σ noise,   ε = (x_t - √ᾱ_t x_0) / √(1 - ᾱ_t)

        with σ² = β̃, the posterior's variance, or β where `large`. At η = 1 the first two terms are the
        posterior's mean (Song, Meng and Ermon 2021, arXiv:2010.02502, equation 12).
        """
        t = torch.full((1,), step, device=x_t.device)
        signal, scale, before = (self.at(name, t, x_t) for name in ("alpha_bar", "noise_scale", "alpha_bar_prev"))
        small = self.at("posterior_variance", t, x_t)
        left = self.at("noise_scale", t - 1, x_t).square() if step else 0 * small
        toward = (x_t - signal.sqrt() * x_0) / scale
        mean = before.sqrt() * x_0 + (left - eta**2 * small).clamp(min=0).sqrt() * toward
        variance = self.at("beta", t, x_t) if large and step else small
        return mean + eta * variance.sqrt() * noise

    def only(self, times: Tensor) -> "NoiseSchedule":
        """The chain that visits these times alone, (S,) increasing: 1 - β' = ᾱ_t / ᾱ of the time before.

        β' is at most 1 - 1e-6, since above it is 1 in single precision.
        """
        kept = (1 - self.beta.double()).cumprod(0)[times]
        before = torch.cat([torch.ones_like(kept[:1]), kept[:-1]])
        return NoiseSchedule((1 - kept / before).clamp(max=1 - 1e-6)).to(self.beta)

    def at(self, name: str, t: Tensor, like: Tensor) -> Tensor:
        """The buffer's value at each time, (B, 1, ..., 1), to be multiplied with `like`.

        Times are looked at on the CPU only: elsewhere each look would wait for the device.
        """
        if t.is_floating_point() or t.ndim != 1 or len(t) not in (1, len(like)):
            raise ValueError(f"t must be ({len(like)},) whole numbers, got {tuple(t.shape)} of {t.dtype}")
        if t.device.type == "cpu" and len(t) and not torch.compiler.is_compiling():
            least, most = t.min().item(), t.max().item()
            if least < 0 or most >= self.time_steps:
                raise ValueError(f"t must lie in 0 … {self.time_steps - 1}, got {least} … {most}: code "
                                 "counts from 0 where papers count 1 … T")
        return getattr(self, name)[t].view(-1, *[1] * (like.ndim - 1))

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing, unexpected, errors):
        beta = state_dict.get(prefix + "beta")
        if beta is not None and len(beta) != self.time_steps:
            errors.append(f"the state is of a schedule with {len(beta)} steps, this one has "
                          f"{self.time_steps}: build it with time_steps={len(beta)}")
            return
        for name in ("alpha", "alpha_bar"):  # saved by earlier versions
            state_dict.pop(prefix + name, None)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing, unexpected, errors)
        for name, values in _derived(self.beta.float()).items():
            self._buffers[name] = values.float().to(self.beta)  # as they are made


def _derived(beta: Tensor) -> dict[str, Tensor]:
    """All constants from β in float64: 1 - ᾱ loses its digits otherwise where ᾱ is near 1."""
    beta = beta.double()
    alpha_bar = (1 - beta).cumprod(0)
    before = torch.cat([torch.ones_like(beta[:1]), alpha_bar[:-1]])
    return {"alpha": 1 - beta, "alpha_bar": alpha_bar, "alpha_bar_prev": before,
            "noise_scale": (1 - alpha_bar).sqrt(), "clean_weight": before.sqrt() * beta / (1 - alpha_bar),
            "noisy_weight": (1 - beta).sqrt() * (1 - before) / (1 - alpha_bar),
            "posterior_variance": beta * (1 - before) / (1 - alpha_bar)}


def _check_steps(steps: int) -> None:
    if steps < 2:
        raise ValueError(f"a schedule needs at least 2 steps, got {steps}")
