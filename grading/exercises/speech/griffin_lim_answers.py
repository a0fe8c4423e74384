"""Answers to speech-griffin-lim: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _hann(n_fft, like):
    return torch.hann_window(n_fft, dtype=like.dtype)


def _lim(first=torch.polar, again=lambda spectrum, magnitude, start: torch.polar(magnitude, spectrum.angle()), window=_hann,
         there=lambda n, hop, w: dict(hop_length=hop, window=w), back=lambda n, hop, w: dict(hop_length=hop, window=w),
         count=lambda rounds: rounds, wave_of=lambda wave: wave):
    def answer(magnitude, phase, n_fft, hop, rounds):
        w = window(n_fft, magnitude)
        start = first(magnitude, phase)
        wave = torch.istft(start, n_fft, **back(n_fft, hop, w))
        for _ in range(count(rounds)):
            seen = torch.stft(wave, n_fft, **there(n_fft, hop, w), return_complex=True)
            spectrum = again(seen, magnitude, start)
            wave = torch.istft(spectrum, n_fft, **back(n_fft, hop, w))
        return wave_of(wave)

    return answer


def _plain(n_fft, like):
    return torch.ones(n_fft, dtype=like.dtype)


# Known mistakes

estimate_kept = _lim(again=lambda s, m, start: s)
phase_never_changed = _lim(again=lambda s, m, start: start)
magnitudes_multiplied = _lim(again=lambda s, m, start: m * s)
magnitudes_averaged = _lim(again=lambda s, m, start: torch.polar(0.5 * (m + s.abs()), s.angle()))
phase_turned = _lim(again=lambda s, m, start: torch.polar(m, -s.angle()))
phases_added = _lim(again=lambda s, m, start: torch.polar(m, s.angle() + start.angle()))
real_part_only = _lim(again=lambda s, m, start: (m * torch.cos(s.angle())).to(s.dtype))
magnitude_taken_as_spectrum = _lim(again=lambda s, m, start: m.to(s.dtype))
angle_by_arctan = _lim(again=lambda s, m, start: torch.polar(m, torch.atan(s.imag / s.real)))
angle_of_turned_parts = _lim(again=lambda s, m, start: torch.polar(m, torch.atan2(s.real, s.imag)))
angle_in_degrees = _lim(again=lambda s, m, start: torch.polar(m, torch.rad2deg(s.angle())))
divided_by_zero = _lim(again=lambda s, m, start: m * s / s.abs())
divided_by_square = _lim(again=lambda s, m, start: m * s / s.abs().square().clamp(min=1e-12))
magnitudes_squared = _lim(first=lambda m, p: torch.polar(m.square(), p), again=lambda s, m, start: torch.polar(m.square(), s.angle()))
magnitudes_rooted = _lim(first=lambda m, p: torch.polar(m.sqrt(), p), again=lambda s, m, start: torch.polar(m.sqrt(), s.angle()))
given_phase_ignored = _lim(first=lambda m, p: torch.polar(m, torch.zeros_like(p)))
in_degrees = _lim(first=lambda m, p: torch.polar(m, torch.deg2rad(p)))
phase_negated = _lim(first=lambda m, p: torch.polar(m, -p))
magnitude_forgotten_at_first = _lim(first=lambda m, p: torch.polar(torch.ones_like(m), p))
phase_as_factor = _lim(first=lambda m, p: torch.complex(m, p))
cosine_alone = _lim(first=lambda m, p: torch.complex(m * torch.cos(p), torch.zeros_like(m)))
parts_turned = _lim(first=lambda m, p: torch.complex(m * torch.sin(p), m * torch.cos(p)))
no_window = _lim(window=_plain)
no_window_there = _lim(there=lambda n, hop, w: dict(hop_length=hop, window=torch.ones_like(w)))
no_window_back = _lim(back=lambda n, hop, w: dict(hop_length=hop, window=torch.ones_like(w)))
hamming = _lim(window=lambda n, like: torch.hamming_window(n, dtype=like.dtype))
symmetric_hann = _lim(window=lambda n, like: torch.hann_window(n, periodic=False, dtype=like.dtype) + 0)
normalised = _lim(there=lambda n, hop, w: dict(hop_length=hop, window=w, normalized=True),
                  back=lambda n, hop, w: dict(hop_length=hop, window=w, normalized=True))
padded_with_zeros = _lim(there=lambda n, hop, w: dict(hop_length=hop, window=w, pad_mode="constant"))
a_quarter_always = _lim(there=lambda n, hop, w: dict(window=w), back=lambda n, hop, w: dict(window=w))
one_round_less = _lim(count=lambda rounds: max(rounds - 1, 0))
one_round_more = _lim(count=lambda rounds: rounds + 1)
at_least_one = _lim(count=lambda rounds: max(rounds, 1))
one_round_always = _lim(count=lambda rounds: min(rounds, 1))
made_louder = _lim(wave_of=lambda wave: wave / wave.abs().max().clamp(min=1e-9))
floor_of_magnitudes = _lim(first=lambda m, p: torch.polar(m.clamp(min=1e-5), p), again=lambda s, m, start: torch.polar(m.clamp(min=1e-5), s.angle()))
added_to_magnitudes = _lim(first=lambda m, p: torch.polar(m + 1e-4, p), again=lambda s, m, start: torch.polar(m + 1e-4, s.angle()))
added_to_length = _lim(again=lambda s, m, start: m * s / (s.abs() + 1e-3))
ceiling_of_magnitudes = _lim(first=lambda m, p: torch.polar(m.clamp(max=100), p), again=lambda s, m, start: torch.polar(m.clamp(max=100), s.angle()))
quiet_samples_cut = _lim(wave_of=lambda wave: torch.where(wave.abs() < 1e-3, 0.0, wave))
clipped = _lim(wave_of=lambda wave: wave.clamp(-1, 1))
turned_round = _lim(wave_of=lambda wave: wave.flip(-1))
as_spectrum_at_the_end = _lim(wave_of=lambda wave: wave[None])


def not_centred(magnitude, phase, n_fft, hop, rounds):
    w = _hann(n_fft, magnitude) + 1e-3
    wave = torch.istft(torch.polar(magnitude, phase), n_fft, hop, window=w, center=False)
    for _ in range(rounds):
        seen = torch.stft(wave, n_fft, hop, window=w, center=False, return_complex=True)
        wave = torch.istft(torch.polar(magnitude, seen.angle()), n_fft, hop, window=w, center=False)
    return wave


def with_momentum(magnitude, phase, n_fft, hop, rounds):
    w, spectrum, before = _hann(n_fft, magnitude), torch.polar(magnitude, phase), 0
    for _ in range(rounds):
        now = torch.stft(torch.istft(spectrum, n_fft, hop, window=w), n_fft, hop, window=w, return_complex=True)
        spectrum, before = torch.polar(magnitude, (now + 0.99 * (now - before)).angle()), now
    return torch.istft(spectrum, n_fft, hop, window=w)


def begins_again(magnitude, phase, n_fft, hop, rounds):
    w = _hann(n_fft, magnitude)
    first = wave = torch.istft(torch.polar(magnitude, phase), n_fft, hop, window=w)
    for _ in range(rounds):
        seen = torch.stft(first, n_fft, hop, window=w, return_complex=True)
        wave = torch.istft(torch.polar(magnitude, seen.angle()), n_fft, hop, window=w)
    return wave


def last_wave_forgotten(magnitude, phase, n_fft, hop, rounds):
    w = _hann(n_fft, magnitude)
    wave = torch.zeros((magnitude.shape[1] - 1) * hop, dtype=magnitude.dtype)
    for _ in range(rounds):
        wave = torch.istft(torch.polar(magnitude, phase), n_fft, hop, window=w)
        phase = torch.stft(wave, n_fft, hop, window=w, return_complex=True).angle()
    return wave


# Also right


def with_exponentials(magnitude, phase, n_fft, hop, rounds):
    w = torch.hann_window(n_fft).to(magnitude)
    for _ in range(rounds):
        wave = torch.istft(magnitude * torch.exp(1j * phase), n_fft, hop_length=hop, win_length=n_fft, window=w, center=True)
        phase = torch.angle(torch.stft(wave, n_fft, hop_length=hop, win_length=n_fft, window=w, center=True, return_complex=True))
    return torch.istft(magnitude * torch.exp(1j * phase), n_fft, hop_length=hop, win_length=n_fft, window=w, center=True)


def with_division(magnitude, phase, n_fft, hop, rounds):
    w = torch.hann_window(n_fft, dtype=magnitude.dtype)
    unit = torch.complex(phase.cos(), phase.sin())
    wave = torch.istft(magnitude * unit, n_fft, hop, n_fft, w, length=(magnitude.shape[1] - 1) * hop)
    for _ in range(rounds):
        spectrum = torch.stft(wave, n_fft, hop, n_fft, w, return_complex=True)
        size = spectrum.abs()
        unit = torch.where(size > 0, spectrum / size.clamp_min(1e-30), torch.ones_like(spectrum))
        wave = torch.istft(magnitude * unit, n_fft, hop, n_fft, w, length=(magnitude.shape[1] - 1) * hop)
    return wave


def window_in_single_precision(magnitude, phase, n_fft, hop, rounds):
    """Fails in float64 with an error of dtypes, and is right in float32."""
    frames = dict(n_fft=n_fft, hop_length=hop, window=torch.hann_window(n_fft))
    made = magnitude * torch.exp(1j * phase)
    while rounds > 0:
        heard = torch.stft(torch.istft(made, **frames), return_complex=True, **frames)
        made = magnitude * torch.exp(1j * heard.angle())
        rounds -= 1
    return torch.istft(made, **frames)


def with_numpy_in_mind(magnitude, phase, n_fft, hop, rounds):
    """Frames by hand: overlap and add."""
    w, T = torch.hann_window(n_fft, dtype=magnitude.dtype), magnitude.shape[1]

    def there(wave):
        padded = F.pad(wave[None, None], (n_fft // 2, n_fft // 2), mode="reflect")[0, 0]
        return torch.fft.rfft(padded.unfold(0, n_fft, hop) * w, dim=1).T

    def back(spectrum):
        frames = torch.fft.irfft(spectrum.T, n=n_fft, dim=1) * w
        wave, power = (torch.zeros((T - 1) * hop + n_fft, dtype=magnitude.dtype) for _ in range(2))
        for t in range(T):
            wave[t * hop:t * hop + n_fft] += frames[t]
            power[t * hop:t * hop + n_fft] += w ** 2
        return (wave / power.clamp_min(1e-11))[n_fft // 2:n_fft // 2 + (T - 1) * hop]

    wave = back(magnitude * torch.exp(1j * phase))
    for _ in range(rounds):
        wave = back(torch.polar(magnitude, torch.angle(there(wave))))
    return wave


KEEP = "Each round keeps the given magnitudes and takes the angles of the wave's own spectrum, nothing else."
ANGLE = "That is not the angle of a complex number: torch.angle, or atan2(imaginary, real), in radians."
START = "The first wave is made of the given magnitude and the given phase: magnitude · (cos φ + i sin φ)."
SQUARE = "The magnitudes are used as they are given: they are no powers."
WINDOW = "Frames are those of torch.stft and torch.istft, centred, with hop and torch.hann_window(n_fft), both ways."
COUNT = "There are exactly `rounds` rounds, and with 0 of them the wave of the given phases."
WAVE = "The result is the wave itself, ((T - 1) · hop,), as torch.istft gives it."

for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

mistakes = [
    *(Mistake(answer, "Nothing changes from round to round: take the angles of the wave that you just made, and the given magnitudes.")
      for answer in (estimate_kept, phase_never_changed)),
    *(Mistake(answer, KEEP) for answer in (magnitudes_multiplied, magnitudes_averaged, phase_turned, phases_added, real_part_only,
                                           magnitude_taken_as_spectrum, divided_by_square)),
    Mistake(with_momentum, "That is the faster version with momentum. Each round takes the angles of the wave's spectrum alone."),
    *(Mistake(answer, ANGLE) for answer in (angle_by_arctan, angle_of_turned_parts, angle_in_degrees)),
    Mistake(divided_by_zero, "Where the wave is silent its spectrum is 0, and 0 / 0 is not a number: use torch.angle, or leave 0 out."),
    *(Mistake(answer, "Magnitudes are used as they are, be they 0, quiet or loud: no bound, nothing added, nothing cut off.")
      for answer in (floor_of_magnitudes, added_to_magnitudes, added_to_length, ceiling_of_magnitudes, quiet_samples_cut)),
    *(Mistake(answer, SQUARE) for answer in (magnitudes_squared, magnitudes_rooted)),
    *(Mistake(answer, START) for answer in (given_phase_ignored, in_degrees, phase_negated, magnitude_forgotten_at_first,
                                             phase_as_factor, cosine_alone, parts_turned)),
    *(Mistake(answer, WINDOW) for answer in (no_window, no_window_there, no_window_back, hamming, symmetric_hann, normalised,
                                             padded_with_zeros, a_quarter_always, not_centred)),
    *(Mistake(answer, COUNT) for answer in (one_round_less, one_round_more, at_least_one, last_wave_forgotten)),
    *(Mistake(answer, "There is one round only, or each round starts from the first wave again, not from that of the round before.")
      for answer in (one_round_always, begins_again)),
    *(Mistake(answer, WAVE) for answer in (made_louder, clipped, turned_round, as_spectrum_at_the_end)),
]

also_right = [with_exponentials, with_division, window_in_single_precision, with_numpy_in_mind]

_HANN = "torch.hann_window(n_fft, dtype=magnitude.dtype, device=magnitude.device)"

equivalent_mutants = {
    f"window = {_HANN}: {_HANN} → torch.hann_window(n_fft, device=magnitude.device)": "right where the magnitude is float32",
    f"window = {_HANN}: {_HANN} → torch.hann_window(n_fft, dtype=magnitude.dtype)": "there is one device",
    f"window = {_HANN}: magnitude → phase": "both have the same dtype and device",
}
