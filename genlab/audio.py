"""Sound as pictures, and back: mel spectrograms, Griffin and Lim's phases, and files that can be played.

    spectrum     S = |STFT(wave)|            (…, F, T), F = n_fft / 2 + 1
    mel bands    log max(M S, floor)         (…, bands, T); M: triangles, evenly spaced in mel
    back         S ≈ max(M⁺ e^mel, 0), then phases that fit it

    mel(f) = 2595 log10(1 + f / 700 Hz)      (O'Shaughnessy 1987)

Griffin and Lim (1984), Signal estimation from modified short-time Fourier transform; the momentum is that of Perraudin,
Balazs and Søndergaard (2013), A fast Griffin-Lim algorithm.
"""

import io
import math
import wave as wave_files
from functools import cached_property

import torch
from torch import Tensor, nn

from genlab.layers import configurable


def hz_to_mel(f: Tensor | float) -> Tensor:
    """2595 log10(1 + f / 700)."""
    return 2595 * torch.log10(1 + torch.as_tensor(f, dtype=torch.float64) / 700)


def mel_to_hz(mel: Tensor | float) -> Tensor:
    """700 (10^(mel / 2595) - 1)."""
    return 700 * (10 ** (torch.as_tensor(mel, dtype=torch.float64) / 2595) - 1)


def mel_filters(rate: float, n_fft: int, bands: int, low: float = 0.0, high: float | None = None) -> Tensor:
    """Triangles over frequency, (bands, n_fft // 2 + 1) in float64.

    Their corners are evenly spaced in mel from `low` to `high` Hz (half the rate); band b rises in Hz from corner b to
    corner b + 1 and falls to corner b + 2. The area over frequency is 1, so a flat spectrum gives a flat answer.

    Raises:
        ValueError: not 0 ≤ low < high ≤ rate / 2.
    """
    low, high = _band(rate, low, high)
    ends = hz_to_mel(low).item(), hz_to_mel(high).item()
    corners = mel_to_hz(torch.linspace(*ends, bands + 2, dtype=torch.float64))
    f = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * rate / n_fft
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rise, fall = (f - left) / (middle - left), (right - f) / (right - middle)
    return torch.minimum(rise, fall).clamp(min=0) * 2 / (right - left)


def _band(rate: float, low: float, high: float | None) -> tuple[float, float]:
    high = rate / 2 if high is None else high
    if not 0 <= low < high <= rate / 2:
        raise ValueError(f"need 0 ≤ low < high ≤ {rate / 2:g} Hz, half the rate, got {low:g} and {high:g}")
    return low, high


def griffin_lim(magnitude: Tensor, phase: Tensor | None = None, *, n_fft: int, hop: int, rounds: int = 30,
                momentum: float = 0.99) -> Tensor:
    """A wave whose spectrum is nearly this large: (…, F, T) -> (…, (T - 1) · hop).

    Each round takes the wave of (magnitude, phase), and for the next phase the angle of that wave's own spectrum.

    Args:
        phase: angles to begin with, of the shape of `magnitude`; 0 by default, so that nothing is drawn.
        momentum: 0 is the algorithm of 1984; more goes on in the direction of the last change.
    """
    shape = magnitude.shape
    if rounds and (shape[-1] - 1) * hop <= n_fft // 2:
        raise ValueError(f"{shape[-1]} frames are {(shape[-1] - 1) * hop} samples, and more than {n_fft // 2} are "
                         "needed, half a window: pad the spectrogram with silence")
    window = torch.hann_window(n_fft, dtype=magnitude.dtype, device=magnitude.device)
    magnitude = magnitude.reshape(-1, *shape[-2:])
    angles = torch.zeros_like(magnitude) if phase is None else phase.reshape(magnitude.shape)
    unit = torch.polar(torch.ones_like(magnitude), angles)
    last = torch.zeros_like(unit)
    for _ in range(rounds):
        wave = torch.istft(magnitude * unit, n_fft, hop, window=window)
        rebuilt = torch.stft(wave, n_fft, hop, window=window, return_complex=True)
        ahead = rebuilt - momentum / (1 + momentum) * last
        unit, last = torch.polar(torch.ones_like(magnitude), ahead.angle()), rebuilt
    wave = torch.istft(magnitude * unit, n_fft, hop, window=window)
    return wave.reshape(*shape[:-2], wave.shape[-1])


@configurable
class MelSpectrogram(nn.Module):
    """Waves (…, N) -> log mel spectrograms (…, frames, bands), natural logarithm; `invert` goes back.

    Frames are centred and a `hop` apart, so there are N // hop + 1.

    Args:
        rate: samples a second.
        n_fft: samples of a window (Hann).
        floor: what smaller magnitudes are raised to before the logarithm.
        centre, spread: taken off the logarithm, and divided by, so that networks see values near 0 and 1.
    """

    def __init__(self, rate: int = 11025, n_fft: int = 512, hop: int = 128, bands: int = 48, low: float = 0.0,
                 high: float | None = None, *, floor: float = 1e-5, centre: float = 0.0, spread: float = 1.0):
        super().__init__()
        self.rate, self.n_fft, self.hop, self.bands = rate, n_fft, hop, bands
        self.floor, self.centre, self.spread = floor, centre, spread
        self.low, self.high = _band(rate, low, high)

    @cached_property
    def filters(self) -> Tensor:
        """`mel_filters` in float32."""
        return mel_filters(self.rate, self.n_fft, self.bands, self.low, self.high).float()

    @cached_property
    def inverse(self) -> Tensor:
        """The pseudo-inverse of the filters."""
        filters = mel_filters(self.rate, self.n_fft, self.bands, self.low, self.high)
        return torch.linalg.pinv(filters).float()

    def magnitude(self, wave: Tensor) -> Tensor:
        """|STFT|: (…, N) -> (…, n_fft // 2 + 1, frames)."""
        window = torch.hann_window(self.n_fft, dtype=wave.dtype, device=wave.device)
        flat = wave.reshape(-1, wave.shape[-1])
        spectrum = torch.stft(flat, self.n_fft, self.hop, window=window, return_complex=True).abs()
        return spectrum.reshape(*wave.shape[:-1], *spectrum.shape[1:])

    def forward(self, wave: Tensor) -> Tensor:
        mel = self.filters.to(wave) @ self.magnitude(wave)
        return (mel.clamp(min=self.floor).log().transpose(-2, -1) - self.centre) / self.spread

    def spectrum(self, mel: Tensor) -> Tensor:
        """Magnitudes that have about these bands: (…, frames, bands) -> (…, n_fft // 2 + 1, frames)."""
        energy = (mel * self.spread + self.centre).exp()
        return (self.inverse.to(mel) @ energy.transpose(-2, -1)).clamp(min=0)

    def invert(self, mel: Tensor, *, rounds: int = 30) -> Tensor:
        """A wave for a spectrogram: (…, frames, bands) -> (…, (frames - 1) · hop)."""
        return griffin_lim(self.spectrum(mel), n_fft=self.n_fft, hop=self.hop, rounds=rounds)


def resample(wave: Tensor, rate: int, to: int) -> Tensor:
    """Another number of samples a second, without what the slower rate cannot hold: (…, N) -> (…, about N · to / rate).

    In the Fourier domain, which is exact for what is periodic; the ends of speech are quiet, so it does no harm.
    """
    if rate == to:
        return wave
    n = max(1, round(wave.shape[-1] * to / rate))
    unit = rate // math.gcd(rate, to)
    unit *= -(-256 // unit)  # a length with a large prime factor would take a hundred times longer
    before = -(-wave.shape[-1] // unit) * unit
    after = before * to // rate
    spectrum = torch.fft.rfft(nn.functional.pad(wave, (0, before - wave.shape[-1])))
    kept = min(spectrum.shape[-1], after // 2 + 1)
    return torch.fft.irfft(spectrum[..., :kept], after)[..., :n] * (after / before)


def wav_bytes(wave: Tensor, rate: int) -> bytes:
    """A WAV file of 16 bits: (N,), scaled down if it exceeds [-1, 1]."""
    if wave.ndim != 1:
        raise ValueError(f"wave must be (N,), got {tuple(wave.shape)}: one channel")
    wave = wave.detach().cpu().float()
    loudest = wave.abs().max().item() if wave.numel() else 0.0
    if not math.isfinite(loudest):
        raise ValueError("wave holds values that are not finite")
    samples = (wave * (32767 / max(1.0, loudest))).round().to(torch.int16)
    file = io.BytesIO()
    with wave_files.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.numpy().tobytes())
    return file.getvalue()
