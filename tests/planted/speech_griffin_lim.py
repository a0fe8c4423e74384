"""Planted answers to speech-griffin-lim, by another author than the check's."""

import numpy as np
import torch


def _w(n_fft, x):
    return torch.hann_window(n_fft, dtype=x.dtype)


def _stft(wave, n_fft, hop):
    return torch.stft(wave, n_fft=n_fft, hop_length=hop, window=_w(n_fft, wave), return_complex=True)


def _istft(spec, n_fft, hop):
    return torch.istft(spec, n_fft=n_fft, hop_length=hop, window=_w(n_fft, spec.real))


def draws_its_own_phase(magnitude, phase, n_fft, hop, rounds):
    return griffin(magnitude, 2 * torch.pi * torch.rand_like(magnitude), n_fft, hop, rounds)


def zero_phase(magnitude, phase, n_fft, hop, rounds):
    return griffin(magnitude, torch.zeros_like(phase), n_fft, hop, rounds)


def magnitude_lost(magnitude, phase, n_fft, hop, rounds):
    wave = _istft(torch.polar(magnitude, phase), n_fft, hop)
    for _ in range(rounds):
        wave = _istft(_stft(wave, n_fft, hop), n_fft, hop)
    return wave


def divides(magnitude, phase, n_fft, hop, rounds):
    wave = _istft(torch.polar(magnitude, phase), n_fft, hop)
    for _ in range(rounds):
        s = _stft(wave, n_fft, hop)
        wave = _istft(magnitude * s / s.abs(), n_fft, hop)
    return wave


def square_root_first(magnitude, phase, n_fft, hop, rounds):
    return griffin(magnitude.sqrt(), phase, n_fft, hop, rounds)


def powers(magnitude, phase, n_fft, hop, rounds):
    return griffin(magnitude**2, phase, n_fft, hop, rounds)


def rectangular(magnitude, phase, n_fft, hop, rounds):
    one = torch.ones(n_fft, dtype=magnitude.dtype)
    wave = torch.istft(torch.polar(magnitude, phase), n_fft, hop, window=one)
    for _ in range(rounds):
        angles = torch.stft(wave, n_fft, hop, window=one, return_complex=True).angle()
        wave = torch.istft(torch.polar(magnitude, angles), n_fft, hop, window=one)
    return wave


def default_hop(magnitude, phase, n_fft, hop, rounds):
    return griffin(magnitude, phase, n_fft, n_fft // 4, rounds)


def off_by_one(magnitude, phase, n_fft, hop, rounds):
    return griffin(magnitude, phase, n_fft, hop, max(0, rounds - 1))


def extra_round(magnitude, phase, n_fft, hop, rounds):
    return griffin(magnitude, phase, n_fft, hop, rounds + 1)


def arctangent(magnitude, phase, n_fft, hop, rounds):
    wave = _istft(torch.polar(magnitude, phase), n_fft, hop)
    for _ in range(rounds):
        s = _stft(wave, n_fft, hop)
        wave = _istft(torch.polar(magnitude, torch.arctan(s.imag / s.real)), n_fft, hop)
    return wave


def conjugate(magnitude, phase, n_fft, hop, rounds):
    wave = _istft(torch.polar(magnitude, phase), n_fft, hop)
    for _ in range(rounds):
        wave = _istft(torch.polar(magnitude, -_stft(wave, n_fft, hop).angle()), n_fft, hop)
    return wave


def loudness_fixed(magnitude, phase, n_fft, hop, rounds):
    wave = griffin(magnitude, phase, n_fft, hop, rounds)
    return 0.95 * wave / (wave.abs().max() + 1e-8)


def fast(magnitude, phase, n_fft, hop, rounds):
    c = torch.polar(magnitude, phase)
    before = torch.zeros_like(c)
    for _ in range(rounds):
        now = _stft(_istft(c, n_fft, hop), n_fft, hop)
        c = torch.polar(magnitude, (now + 0.99 * (now - before)).angle())
        before = now
    return _istft(c, n_fft, hop)


# Right


def griffin(magnitude, phase, n_fft, hop, rounds):
    spec = magnitude * torch.exp(1j * phase)
    for _ in range(rounds):
        spec = magnitude * torch.exp(1j * torch.angle(_stft(_istft(spec, n_fft, hop), n_fft, hop)))
    return _istft(spec, n_fft, hop)


def with_sign(magnitude, phase, n_fft, hop, rounds):
    wave = _istft(torch.complex(magnitude * phase.cos(), magnitude * phase.sin()), n_fft, hop)
    for _ in range(rounds):
        wave = _istft(magnitude * torch.sgn(_stft(wave, n_fft, hop)), n_fft, hop)
    return wave


def recursive(magnitude, phase, n_fft, hop, rounds):
    wave = _istft(torch.polar(magnitude, phase), n_fft, hop)
    if rounds == 0:
        return wave
    return recursive(magnitude, _stft(wave, n_fft, hop).angle(), n_fft, hop, rounds - 1)


def numpy_angles(magnitude, phase, n_fft, hop, rounds):
    angles = phase.numpy()
    for i in range(rounds + 1):
        spec = torch.from_numpy(magnitude.numpy() * np.exp(1j * angles)).to(torch.polar(magnitude, phase).dtype)
        wave = _istft(spec, n_fft, hop)
        if i < rounds:
            angles = np.angle(_stft(wave, n_fft, hop).numpy())
    return wave


def atan2(magnitude, phase, n_fft, hop, rounds):
    for _ in range(rounds):
        s = _stft(_istft(torch.polar(magnitude, phase), n_fft, hop), n_fft, hop)
        phase = torch.atan2(s.imag, s.real)
    return _istft(torch.polar(magnitude, phase), n_fft, hop)


def phases_in_degrees(magnitude, phase, n_fft, hop, rounds):
    return by_unit_numbers(magnitude, torch.deg2rad(phase), n_fft, hop, rounds)


def by_unit_numbers(magnitude, phase, n_fft, hop, rounds):
    """Numbers of length 1 instead of angles; nothing is divided by 0."""
    window = torch.hann_window(n_fft, dtype=magnitude.dtype)
    unit = torch.polar(torch.ones_like(magnitude), phase)
    for _ in range(rounds):
        wave = torch.istft(magnitude * unit, n_fft, hop, window=window)
        there = torch.stft(wave, n_fft, hop, window=window, return_complex=True)
        size = there.abs()
        unit = torch.where(size > 0, there / size.clamp(min=1e-30), torch.ones_like(there))
    return torch.istft(magnitude * unit, n_fft, hop, window=window)


NONE = "Without a round: the wave of the given magnitudes with the given phases."

wrong = [
    (phases_in_degrees, "in_degrees"),
    (draws_its_own_phase, NONE),
    (zero_phase, "given_phase_ignored"),
    (magnitude_lost, "estimate_kept"),
    (divides, "divided_by_zero"),
    (square_root_first, "magnitudes_rooted"),
    (powers, "magnitudes_squared"),
    (rectangular, "no_window"),
    (default_hop, "a_quarter_always"),
    (off_by_one, "one_round_less"),
    (extra_round, "one_round_more"),
    (arctangent, "angle_by_arctan"),
    (conjugate, "phase_turned"),
    (loudness_fixed, NONE),
    (fast, "with_momentum"),
]
right = [by_unit_numbers, griffin, with_sign, recursive, numpy_angles, atan2]
