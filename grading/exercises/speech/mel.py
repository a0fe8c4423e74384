"""speech-mel: a bank of triangles, evenly spaced as the ear counts.

    mel(f) = 2595 log₁₀(1 + f / 700)                     HTK's scale
    bands + 2 corners, evenly spaced in mel from `low` to `high`
    filter b rises from corner b to corner b + 1 and falls to 0 at corner b + 2, linearly in Hz, with area 1 over Hz

Fixed: row b is filter b, column k the frequency k · rate / n_fft, k = 0 … ⌊n_fft / 2⌋; the peak is
2 / (corner b + 2 - corner b) per Hz; a filter that lies between two neighbouring frequencies is 0 throughout. The area is that of
the triangle itself and not of the row, which knows it at a few frequencies only. float32 or float64.
"""

import math

import torch

from genlab.random import randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Sizes of an odd and an even transform, a number of bands, rates, and a range within the half of them."""
    def whole(low, high):
        return int(randint(low, high, (), rng=rng))

    rate = whole(8000, 25000)
    return {"n_fft": 2 * whole(120, 260), "bands": whole(5, 12), "rate": rate, "low": float(whole(40, 300)),
            "high": rate * (0.3 + 0.15 * torch.rand(1, generator=rng).item()), "odd": 2 * whole(30, 60) + 1,
            "few": 2 * whole(8, 14), "many": whole(30, 45)}


def probe(mel_filters, n_fft, bands, rate, low, high, odd, few, many):
    """A usual bank; its rows' places and areas; an odd transform; one filter; beyond 20 kHz; more filters than frequencies."""
    def ask(rate, n_fft, *arguments):
        filters = probing.tensor(mel_filters(rate, n_fft, *arguments), "`mel_filters`").double()
        return filters * rate / n_fft

    filters = ask(rate, n_fft, bands, low, high)
    area = filters.sum(-1)
    places = torch.arange(filters.shape[-1]).double() * rate / n_fft
    return dict(filters=filters, area=area, places=(filters * places).sum(-1) / area.clamp_min(1e-9),
                whole=probing.attempt(ask, rate, odd, bands + 1, 0.0, rate / 2),
                one=probing.attempt(ask, rate, n_fft, 1, low, high),
                studio=probing.attempt(ask, 5 * rate, 4 * n_fft, bands, low, 2.5 * rate),
                crowd=probing.attempt(ask, rate, few, many, 0, rate / 2))


def reference(rate, n_fft, bands, low, high):
    """Two slopes for each filter; the lower of them, but not below 0."""
    def to_mel(f):
        return 2595 * math.log10(1 + f / 700)

    mel = torch.linspace(to_mel(low), to_mel(high), bands + 2, dtype=torch.float64)
    corners = 700 * (10 ** (mel / 2595) - 1)
    f = torch.arange(n_fft // 2 + 1) * rate / n_fft
    left, peak, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    triangles = torch.minimum((f - left) / (peak - left), (right - f) / (right - peak)).clamp(min=0)
    return triangles * 2 / (right - left)


def truth(rate, n_fft, bands, low, high):
    """Filter by filter and frequency by frequency, with natural logarithms."""
    first, last = (math.log1p(f / 700) for f in (low, high))
    corners = [700 * math.expm1(first + (last - first) * i / (bands + 1)) for i in range(bands + 2)]
    bank = torch.zeros(bands, n_fft // 2 + 1, dtype=torch.float64)
    for i in range(bands):
        left, peak, right = corners[i:i + 3]
        for k in range(n_fft // 2 + 1):
            f = k * rate / n_fft
            if left < f <= peak:
                bank[i, k] = (f - left) / (peak - left) / (0.5 * (right - left))
            elif peak < f < right:
                bank[i, k] = (1 - (f - peak) / (right - peak)) / (0.5 * (right - left))
    return bank


exercise = Exercise(
    id="speech-mel", defines="mel_filters(rate, n_fft, bands, low, high)", core=True, points=3, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.audio.mel_filters"],
    comparisons=[
        Compare("places", points=1, tolerance=1e-3, shape="(bands, n_fft // 2 + 1)", what="the middle of a filter in Hz",
                says="Where the filters lie: corners evenly spaced in mel from `low` to `high`, on the frequencies in Hz."),
        Compare("filters", "area", points=1.25, tolerance=1e-3, shape="(bands, n_fft // 2 + 1)",
                what={"area": "the sum of a filter times the distance of frequencies",
                      "filters": "`mel_filters` times the distance of frequencies"},
                says="Each filter is a triangle of area 1: straight lines in Hz, up to the middle corner and down to the next."),
        Compare("whole", "one", "crowd", "studio", points=0.75, tolerance=1e-3, shape="(bands, n_fft // 2 + 1)",
                what="`mel_filters` at an end, times the distance of frequencies",
                says="At the ends: an odd n_fft, the whole range of any rate, a single filter, and filters that fall between frequencies."),
    ],
    hints=[
        "How many corners do all the triangles need if each begins where the one before has its peak? On which scale are they evenly spaced?",
        "bands + 2 corners, evenly spaced in mel, then turned back into Hz. At a frequency f a triangle of height 1 is the lower of a "
        "rising line (f - left) / (peak - left) and a falling one, and never below 0. Then divide by its area.",
        "mel = torch.linspace(m(low), m(high), bands + 2); corners = 700 * (10 ** (mel / 2595) - 1); "
        "f = torch.arange(n_fft // 2 + 1) * rate / n_fft; torch.minimum(rising, falling).clamp(min=0) * 2 / (right - left), with "
        "corners[:-2, None], corners[1:-1, None] and corners[2:, None].",
    ],
    afterwards="Below 1000 Hz a mel is about a hertz; above, each further mel costs more and more of them.",
)
