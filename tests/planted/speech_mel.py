"""Planted answers to speech-mel, by another author than the check's."""

import math

import numpy as np
import torch


def _hz(low, high, count):
    m = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), count)
    return 700 * (10 ** (m / 2595) - 1)


def _fill(edges, f, height=lambda a, b, c: 2 / (c - a)):
    fb = np.zeros((len(edges) - 2, len(f)))
    for i, (a, b, c) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        fb[i] = np.maximum(0, np.minimum((f - a) / (b - a), (c - f) / (c - b))) * height(a, b, c)
    return torch.from_numpy(fb)


def _f(rate, n_fft):
    return np.arange(n_fft // 2 + 1) * rate / n_fft


def as_torchaudio_does(rate, n_fft, bands, low, high):
    """Its default: no norm."""
    return _fill(_hz(low, high, bands + 2), _f(rate, n_fft), height=lambda a, b, c: 1)


def frequencies_by_linspace(rate, n_fft, bands, low, high):
    return _fill(_hz(low, high, bands + 2), np.linspace(0, rate / 2, n_fft // 2 + 1))


def linear_spacing(rate, n_fft, bands, low, high):
    return _fill(np.linspace(low, high, bands + 2), _f(rate, n_fft))


def log_without_ten(rate, n_fft, bands, low, high):
    m = np.linspace(2595 * np.log(1 + low / 700), 2595 * np.log(1 + high / 700), bands + 2)
    return _fill(700 * (10 ** (m / 2595) - 1), _f(rate, n_fft))


def begins_at_zero(rate, n_fft, bands, low, high):
    return _fill(_hz(0, high, bands + 2), _f(rate, n_fft))


def ends_at_nyquist(rate, n_fft, bands, low, high):
    return _fill(_hz(low, rate / 2, bands + 2), _f(rate, n_fft))


def bands_are_corners(rate, n_fft, bands, low, high):
    return _fill(_hz(low, high, bands), _f(rate, n_fft))


def sums_to_one(rate, n_fft, bands, low, high):
    fb = _fill(_hz(low, high, bands + 2), _f(rate, n_fft), height=lambda a, b, c: 1)
    return fb / fb.sum(1, keepdim=True).clamp(min=1e-8)


def height_of_half(rate, n_fft, bands, low, high):
    return _fill(_hz(low, high, bands + 2), _f(rate, n_fft), height=lambda a, b, c: 1 / (c - a))


def squared(rate, n_fft, bands, low, high):
    return _fill(_hz(low, high, bands + 2), _f(rate, n_fft), height=lambda a, b, c: 1).square() * 3 / 2


def empty_rows_get_a_column(rate, n_fft, bands, low, high):
    edges, f = _hz(low, high, bands + 2), _f(rate, n_fft)
    fb = _fill(edges, f)
    for i in range(bands):
        if fb[i].sum() == 0:
            fb[i, int(np.abs(f - edges[i + 1]).argmin())] = 2 / (edges[i + 2] - edges[i])
    return fb


def turned(rate, n_fft, bands, low, high):
    return _fill(_hz(low, high, bands + 2), _f(rate, n_fft)).T


def hz_range_from_columns(rate, n_fft, bands, low, high):
    return _fill(_hz(low, high, bands + 2), np.arange(n_fft // 2 + 1) * rate / (n_fft // 2 + 1) / 2)


# Right


def numpy_loops(rate, n_fft, bands, low, high):
    return _fill(_hz(low, high, bands + 2), _f(rate, n_fft))


def by_interpolation(rate, n_fft, bands, low, high):
    edges, f = _hz(low, high, bands + 2), _f(rate, n_fft)
    rows = [
        np.interp(f, edges[i : i + 3], [0, 2 / (edges[i + 2] - edges[i]), 0], left=0, right=0) for i in range(bands)
    ]
    return torch.tensor(np.stack(rows), dtype=torch.float32)


def slopes(rate, n_fft, bands, low, high):
    """As librosa does it."""
    edges = torch.from_numpy(_hz(low, high, bands + 2))
    ramps = edges[:, None] - torch.from_numpy(_f(rate, n_fft))[None]
    lower, upper = -ramps[:-2] / edges.diff()[:-1, None], ramps[2:] / edges.diff()[1:, None]
    weights = torch.maximum(torch.zeros(()).double(), torch.minimum(lower, upper))
    return weights * (2.0 / (edges[2:] - edges[:-2]))[:, None]


def with_functions(rate, n_fft, bands, low, high):
    def to_mel(f):
        return 2595 / math.log(10) * math.log(1 + f / 700)

    def to_hz(m):
        return 700 * (math.exp(m * math.log(10) / 2595) - 1)

    step = (to_mel(high) - to_mel(low)) / (bands + 1)
    hz = [to_hz(to_mel(low) + i * step) for i in range(bands + 2)]
    out = torch.zeros((bands, n_fft // 2 + 1), dtype=torch.float64)
    for k in range(out.shape[1]):
        for b in range(bands):
            f = k * rate / n_fft
            out[b, k] = (
                2
                / (hz[b + 2] - hz[b])
                * max(0.0, min((f - hz[b]) / (hz[b + 1] - hz[b]), (hz[b + 2] - f) / (hz[b + 2] - hz[b + 1])))
            )
    return out


def corners_in_whole_columns(rate, n_fft, bands, low, high, height=lambda a, c: 1.0):
    """The first recipe that a search finds."""
    hz = _hz(low, high, bands + 2)
    bins = np.floor((n_fft + 1) * hz / rate).astype(int)
    fb = np.zeros((bands, n_fft // 2 + 1))
    for m in range(1, bands + 1):
        for k in range(bins[m - 1], bins[m]):
            fb[m - 1, k] = (k - bins[m - 1]) / (bins[m] - bins[m - 1])
        for k in range(bins[m], min(bins[m + 1], fb.shape[1])):
            fb[m - 1, k] = (bins[m + 1] - k) / (bins[m + 1] - bins[m])
        fb[m - 1] *= height(hz[m - 1], hz[m + 1])
    return torch.from_numpy(fb)


def corners_in_whole_columns_of_area_one(rate, n_fft, bands, low, high):
    return corners_in_whole_columns(rate, n_fft, bands, low, high, lambda a, c: 2 / (c - a))


def per_column(rate, n_fft, bands, low, high):
    return _fill(_hz(low, high, bands + 2), _f(rate, n_fft)) * rate / n_fft


def by_numpys_interp(rate, n_fft, bands, low, high):
    c = _hz(low, high, bands + 2)
    f = np.fft.rfftfreq(n_fft, 1 / rate)
    return torch.tensor(np.stack([np.interp(f, c[i:i + 3], [0, 2 / (c[i + 2] - c[i]), 0]) for i in range(bands)]))


PLACES = "Where the filters lie: corners evenly spaced in mel from `low` to `high`, on the frequencies in Hz."

wrong = [
    (corners_in_whole_columns, "whole_columns_of_height"),
    (corners_in_whole_columns_of_area_one, "whole_columns_of_area"),
    (per_column, "times_the_distance"),
    (as_torchaudio_does, "peak_of_one"),
    (frequencies_by_linspace, "up_to_half_the_rate"),
    (linear_spacing, "even_in_hz"),
    (log_without_ten, "natural_there_decimal_back"),
    (begins_at_zero, "low_ignored"),
    (ends_at_nyquist, "high_ignored"),
    (bands_are_corners, "corners_for_bands"),
    (sums_to_one, "rows_to_one"),
    (height_of_half, "half_the_area"),
    (squared, PLACES),
    (empty_rows_get_a_column, "empty_to_nearest"),
    (turned, "transposed"),
    (hz_range_from_columns, "columns_too_near"),
]
right = [by_numpys_interp, numpy_loops, by_interpolation, slopes, with_functions]


def eight_kilohertz_at_most(rate, n_fft, bands, low, high):
    return slopes(rate, n_fft, bands, low, min(high, 8000))


wrong += [(eight_kilohertz_at_most, "high_at_most_8000")]
