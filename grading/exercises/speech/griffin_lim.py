"""speech-griffin-lim: a wave that has a given spectrogram, nearly. Its phases are guessed and made consistent, again and again.

    x = istft(magnitude · e^{iφ})                      at first with the given phases φ
    rounds times:  φ = the angles of stft(x),  x = istft(magnitude · e^{iφ})

Fixed: magnitude (F, T) real, ≥ 0, and not powers; F = n_fft // 2 + 1; phase (F, T) in radians; stft and istft are those of torch,
centred, with a Hann window of n_fft samples (torch.hann_window(n_fft)), `hop` samples from frame to frame; rounds ≥ 0; the result
is the wave ((T - 1) · hop,), real. Silence (magnitude 0) stays silence. (Griffin and Lim 1984.)
"""

import math

import torch

from genlab.random import randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Magnitudes of noise of two sizes, silent in some columns; phases; a number of rounds."""
    T = 9 + int(randint(0, 4, (), rng=rng))

    def uniform(*shape):
        return torch.rand(*shape, generator=rng, dtype=torch.float64)

    hushed = 0.3 + 2 * uniform(9, T)
    hushed[:, int(randint(4, 6, (), rng=rng)):] = 0
    return {"magnitude": 0.3 + 2 * uniform(9, T), "phase": math.pi * (2 * uniform(9, T) - 1), "hushed": hushed,
            "wide": 0.3 + 2 * uniform(13, T), "turned": math.pi * (2 * uniform(13, T) - 1), "rounds": int(randint(2, 5, (), rng=rng))}


def probe(griffin_lim, magnitude, phase, hushed, wide, turned, rounds):
    """No round; one; several; another size and hop; silence within; all of it silent, as heard a million times louder; quiet; loud."""
    def ask(*arguments):
        return probing.tensor(griffin_lim(*arguments), "`griffin_lim`")

    def safely(*arguments):
        return probing.attempt(ask, *arguments)

    def scaled(factor, *arguments):
        wave = safely(*arguments)
        return wave if isinstance(wave, str) else factor * wave

    return dict(none=ask(magnitude, phase, 16, 4, 0), once=ask(magnitude, phase, 16, 4, 1), wave=ask(magnitude, phase, 16, 4, rounds),
                other=safely(wide, turned, 24, 8, rounds), hushed=safely(hushed, phase, 16, 4, rounds),
                silent=scaled(1e6, 0 * magnitude, phase, 16, 4, rounds), quiet=scaled(1e2, 1e-2 * magnitude, phase, 16, 4, rounds),
                loud=scaled(1e-3, 1e3 * magnitude, phase, 16, 4, rounds))


def reference(magnitude, phase, n_fft, hop, rounds):
    """As in the lesson."""
    window = torch.hann_window(n_fft, dtype=magnitude.dtype)
    wave = torch.istft(torch.polar(magnitude, phase), n_fft, hop, window=window)
    for _ in range(rounds):
        spectrum = torch.stft(wave, n_fft, hop, window=window, return_complex=True)
        wave = torch.istft(torch.polar(magnitude, spectrum.angle()), n_fft, hop, window=window)
    return wave


def truth(magnitude, phase, n_fft, hop, rounds):
    """Frame by frame, by the discrete Fourier transform as a sum of cosines and sines, without angles."""
    t, f = torch.arange(n_fft, dtype=torch.float64), torch.arange(n_fft // 2 + 1, dtype=torch.float64)
    window = 0.5 - 0.5 * torch.cos(2 * math.pi * t / n_fft)
    turn = 2 * math.pi * torch.outer(f, t) / n_fft
    cos, sin = torch.cos(turn), torch.sin(turn)
    count = torch.where((f == 0) | (2 * f == n_fft), 1.0, 2.0)[:, None]
    magnitude, phase = magnitude.double(), phase.double()
    T = magnitude.shape[1]

    def to_wave(real, imaginary):
        total, power = torch.zeros(2, (T - 1) * hop + n_fft, dtype=torch.float64)
        for i in range(T):
            place = slice(i * hop, i * hop + n_fft)
            frame = (count * (real[:, i:i + 1] * cos - imaginary[:, i:i + 1] * sin)).sum(0) / n_fft
            total[place] += window * frame
            power[place] += window.square()
        inner = slice(n_fft // 2, n_fft // 2 + (T - 1) * hop)
        return total[inner] / power[inner]

    real, imaginary = magnitude * torch.cos(phase), magnitude * torch.sin(phase)
    for _ in range(rounds):
        wave = to_wave(real, imaginary)
        half = n_fft // 2
        wave = torch.cat([wave[1:half + 1].flip(0), wave, wave[-half - 1:-1].flip(0)])
        frames = torch.stack([window * wave[i * hop:i * hop + n_fft] for i in range(T)], 1)
        a, b = cos @ frames, -sin @ frames
        length = (a.square() + b.square()).sqrt()
        there = length > 0
        scale = magnitude / torch.where(there, length, 1.0)
        real, imaginary = torch.where(there, a * scale, magnitude), b * scale
    return to_wave(real, imaginary).to(magnitude.dtype)


exercise = Exercise(
    id="speech-griffin-lim", defines="griffin_lim(magnitude, phase, n_fft, hop, rounds)", core=False, points=3, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.audio.griffin_lim"],
    comparisons=[
        Compare("none", shape="((T - 1) * hop,)", points=0.75, what="`griffin_lim` with rounds = 0", tolerance=1e-3,
                says="Without a round: the wave of the given magnitudes with the given phases."),
        Compare("once", shape="((T - 1) * hop,)", points=0.75, what="`griffin_lim` with rounds = 1", tolerance=1e-3,
                says="One round: the wave's own phases with the given magnitudes, turned into a wave again."),
        Compare("wave", "other", shape="((T - 1) * hop,)", points=0.75, what="`griffin_lim`", tolerance=1e-3,
                says="Several rounds, each from the wave of the one before."),
        Compare("hushed", "silent", "quiet", "loud", shape="((T - 1) * hop,)", points=0.75, tolerance=1e-3,
                what={"hushed": "`griffin_lim` with silence in it", "silent": "`griffin_lim` of silence, times 1 000 000",
                      "quiet": "`griffin_lim` of quiet magnitudes, times 100", "loud": "`griffin_lim` of loud magnitudes, divided by 1000"},
                says="Where the spectrogram is silent the wave is finite and silent, too: no division by 0. Magnitudes of any size are kept."),
    ],
    hints=[
        "A spectrogram made up at will is the spectrogram of no wave: windows overlap, so neighbouring columns must agree. What of it do you "
        "trust, and what may change?",
        "Go to the wave and back. What comes back agrees with itself but has other magnitudes: keep its angles, put the given magnitudes in "
        "their place.",
        "wave = torch.istft(torch.polar(magnitude, phase), n_fft, hop, window=window), then, in each round, "
        "phase = torch.stft(wave, n_fft, hop, window=window, return_complex=True).angle() and the first line again; "
        "window = torch.hann_window(n_fft, dtype=magnitude.dtype).",
    ],
    afterwards="No round can make the spectrogram of the wave differ more from the given one: that is what Griffin and Lim proved.",
)
