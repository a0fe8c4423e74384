"""Answers to speech-mel: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _to_mel(f):
    return 2595 * torch.log10(1 + f / 700)


def _to_hz(mel):
    return 700 * (10 ** (mel / 2595) - 1)


def _double(x):
    return torch.as_tensor(x, dtype=torch.float64)


def _corners(low, high, count):
    return _to_hz(torch.linspace(_to_mel(_double(low)).item(), _to_mel(_double(high)).item(), count).double())


def _triangles(f, left, peak, right):
    return torch.minimum((f - left) / (peak - left), (right - f) / (right - peak)).clamp(min=0)


def _bank(corners=lambda low, high, bands, rate: _corners(low, high, bands + 2),
          at=lambda rate, n_fft: torch.arange(n_fft // 2 + 1).double() * rate / n_fft, shape=_triangles,
          norm=lambda bank, left, right, f: bank * 2 / (right - left)):
    def answer(rate, n_fft, bands, low, high):
        c, f = corners(low, high, bands, rate), at(rate, n_fft)
        left, peak, right = c[:-2, None], c[1:-1, None], c[2:, None]
        return norm(shape(f, left, peak, right), left, right, f)

    return answer


def _slaney(f):
    f = _double(f)
    return torch.where(f < 1000, 3 * f / 200, 15 + 27 * torch.log(f.clamp(min=1) / 1000) / math.log(6.4))


def _slaney_back(mel):
    return torch.where(mel < 15, 200 * mel / 3, 1000 * torch.exp((mel - 15) * math.log(6.4) / 27))


def _in_mel(f, left, peak, right):
    return _triangles(_to_mel(f), _to_mel(left), _to_mel(peak), _to_mel(right))


def _rounded(low, high, bands, rate):
    return _corners(low, high, bands + 2).round()


# Known mistakes

even_in_hz = _bank(corners=lambda low, high, bands, rate: torch.linspace(low, high, bands + 2).double())
corners_left_in_mel = _bank(corners=lambda low, high, bands, rate: torch.linspace(
    _to_mel(_double(low)).item(), _to_mel(_double(high)).item(), bands + 2).double())
geometric = _bank(corners=lambda low, high, bands, rate: torch.logspace(
    math.log10(max(low, 1.0)), math.log10(high), bands + 2).double())
slaney_scale = _bank(corners=lambda low, high, bands, rate: _slaney_back(torch.linspace(
    _slaney(low).item(), _slaney(high).item(), bands + 2).double()))
natural_logarithm = _bank(corners=lambda low, high, bands, rate: 700 * (torch.exp(torch.linspace(
    2595 * math.log(1 + low / 700), 2595 * math.log(1 + high / 700), bands + 2).double() / 1127) - 1))
natural_there_decimal_back = _bank(corners=lambda low, high, bands, rate: _to_hz(torch.linspace(
    2595 * math.log(1 + low / 700), 2595 * math.log(1 + high / 700), bands + 2).double()))
one_forgotten = _bank(corners=lambda low, high, bands, rate: 700 * 10 ** (torch.linspace(
    _to_mel(_double(low)).item(), _to_mel(_double(high)).item(), bands + 2).double() / 2595))
base_of_100 = _bank(corners=lambda low, high, bands, rate: 1000 * (10 ** (torch.linspace(
    2595 * math.log10(1 + low / 1000), 2595 * math.log10(1 + high / 1000), bands + 2).double() / 2595) - 1))
low_ignored = _bank(corners=lambda low, high, bands, rate: _corners(0.0, high, bands + 2))
high_ignored = _bank(corners=lambda low, high, bands, rate: _corners(low, rate / 2, bands + 2))
high_at_most_8000 = _bank(corners=lambda low, high, bands, rate: _corners(low, min(high, 8000.0), bands + 2))
high_at_most_18000 = _bank(corners=lambda low, high, bands, rate: _corners(low, min(high, 18000.0), bands + 2))
one_corner_less = _bank(corners=lambda low, high, bands, rate: _corners(low, high, bands + 1))
one_corner_more = _bank(corners=lambda low, high, bands, rate: _corners(low, high, bands + 3)[:-1])
ends_left_out = _bank(corners=lambda low, high, bands, rate: _corners(low, high, bands + 4)[1:-1])
corners_for_bands = _bank(corners=lambda low, high, bands, rate: _corners(low, high, bands))
corners_rounded = _bank(corners=_rounded)
whole_range_of_columns = _bank(at=lambda rate, n_fft: torch.linspace(0, rate, n_fft // 2 + 1).double())
up_to_half_the_rate = _bank(at=lambda rate, n_fft: torch.linspace(0, rate / 2, n_fft // 2 + 1).double())
columns_uncounted = _bank(at=lambda rate, n_fft: torch.arange(n_fft // 2 + 1).double())
columns_too_near = _bank(at=lambda rate, n_fft: torch.arange(n_fft // 2 + 1).double() * rate / 2 / (n_fft // 2 + 1))
half_columns = _bank(at=lambda rate, n_fft: torch.arange(n_fft // 2).double() * rate / n_fft)
all_columns = _bank(at=lambda rate, n_fft: torch.arange(n_fft).double() * rate / n_fft)
from_one = _bank(at=lambda rate, n_fft: torch.arange(1, n_fft // 2 + 2).double() * rate / n_fft)
linear_in_mel = _bank(shape=_in_mel)
boxes = _bank(shape=lambda f, left, peak, right: ((f >= left) & (f < right)).double(),
              norm=lambda bank, left, right, f: bank / (right - left))
squared_triangles = _bank(shape=lambda f, left, peak, right: 1.5 * _triangles(f, left, peak, right).square())
rising_half = _bank(shape=lambda f, left, peak, right: ((f - left) / (peak - left)) * ((f >= left) & (f <= peak)))
not_clamped = _bank(shape=lambda f, left, peak, right: torch.minimum((f - left) / (peak - left), (right - f) / (right - peak)))
absolute = _bank(shape=lambda f, left, peak, right: torch.minimum((f - left) / (peak - left), (right - f) / (right - peak)).abs())
the_higher_line = _bank(shape=lambda f, left, peak, right: torch.maximum(
    (f - left) / (peak - left), (right - f) / (right - peak)).clamp(0, 1))
product_of_lines = _bank(shape=lambda f, left, peak, right: ((f - left) / (peak - left)).clamp(0, 1)
                         * ((right - f) / (right - peak)).clamp(0, 1) + ((f == 0) & (left == 0)))
smooth_bumps = _bank(shape=lambda f, left, peak, right: torch.sin(0.5 * math.pi * _triangles(f, left, peak, right)).square())
symmetric = _bank(shape=lambda f, left, peak, right: (1 - (f - 0.5 * (left + right)).abs() / (0.5 * (right - left))).clamp(min=0))
peak_of_one = _bank(norm=lambda bank, left, right, f: bank)
half_the_area = _bank(norm=lambda bank, left, right, f: bank / (right - left))
width_multiplied = _bank(norm=lambda bank, left, right, f: bank * (right - left) / 2)
rows_to_one = _bank(norm=lambda bank, left, right, f: bank / bank.sum(1, keepdim=True).clamp(min=1e-9))
rows_to_area = _bank(norm=lambda bank, left, right, f: bank / (bank.sum(1, keepdim=True) * (f[1] - f[0])).clamp(min=1e-9))
rows_to_peak = _bank(norm=lambda bank, left, right, f: bank / bank.amax(1, keepdim=True).clamp(min=1e-9))
columns_to_one = _bank(norm=lambda bank, left, right, f: bank / bank.sum(0, keepdim=True).clamp(min=1e-9))
times_the_distance = _bank(norm=lambda bank, left, right, f: bank * 2 / (right - left) * (f[1] - f[0]))
norm_in_mel = _bank(norm=lambda bank, left, right, f: bank * 2 / (_to_mel(right) - _to_mel(left)))
empty_made_nan = _bank(norm=lambda bank, left, right, f: bank * 2 / (right - left) * (bank.amax(1, keepdim=True) / bank.amax(1, keepdim=True)))
empty_to_nearest = _bank(norm=lambda bank, left, right, f: torch.where(
    bank.sum(1, keepdim=True) > 0, bank, F.one_hot((0.5 * (left + right) - f).abs().argmin(1), bank.shape[1]).double()) * 2 / (right - left))


def transposed(rate, n_fft, bands, low, high):
    return by_columns(rate, n_fft, bands, low, high).T


def whole_columns(rate, n_fft, bands, low, high):
    """As many hand-written banks do: corners rounded down to columns."""
    c = torch.floor((n_fft + 1) * _corners(low, high, bands + 2) / rate)
    k = torch.arange(n_fft // 2 + 1).double()
    return _triangles(k, c[:-2, None], c[1:-1, None], c[2:, None]).nan_to_num() * 2 * n_fft / rate / (c[2:] - c[:-2]).clamp(min=1)[:, None]


def _floored(height):
    def answer(rate, n_fft, bands, low, high):
        corners = _corners(low, high, bands + 2)
        c, k = torch.floor((n_fft + 1) * corners / rate), torch.arange(n_fft // 2 + 1).double()
        return _triangles(k, c[:-2, None], c[1:-1, None], c[2:, None]).nan_to_num() * height(corners[2:] - corners[:-2])[:, None]

    return answer


whole_columns_of_area = _floored(lambda width: 2 / width)
whole_columns_of_height = _floored(torch.ones_like)


# Also right


def by_columns(rate, n_fft, bands, low, high):
    ends = torch.log1p(torch.tensor([low, high], dtype=torch.float64) / 700)
    c = 700 * torch.expm1(ends[0] + (ends[1] - ends[0]) * torch.arange(bands + 2) / (bands + 1))
    f = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * rate / n_fft
    rise, fall = (f[:, None] - c[:-2]) / c.diff()[:-1], (c[2:] - f[:, None]) / c.diff()[1:]
    return (F.relu(torch.min(rise, fall)) / (0.5 * (c[2:] - c[:-2]))).T


def in_single_precision(rate, n_fft, bands, low, high):
    mel = torch.linspace(2595 * math.log10(1 + low / 700), 2595 * math.log10(1 + high / 700), bands + 2)
    hz = 700 * (torch.pow(10.0, mel / 2595) - 1)
    f = torch.arange(0, n_fft // 2 + 1) * (rate / n_fft)
    bank = torch.zeros(bands, len(f))
    for b in range(bands):
        up = (f - hz[b]) / (hz[b + 1] - hz[b])
        down = (hz[b + 2] - f) / (hz[b + 2] - hz[b + 1])
        bank[b] = torch.clamp(torch.where(up < down, up, down), min=0) * 2 / (hz[b + 2] - hz[b])
    return bank


def with_masks(rate, n_fft, bands, low, high):
    corners = [700 * (10 ** ((m / (bands + 1) * (math.log10(1 + high / 700) - math.log10(1 + low / 700)))
                             + math.log10(1 + low / 700)) - 1) for m in range(bands + 2)]
    f = torch.fft.rfftfreq(n_fft, 1 / rate, dtype=torch.float64)
    rows = []
    for left, peak, right in zip(corners, corners[1:], corners[2:], strict=False):
        row = torch.zeros_like(f)
        rising, falling = (f >= left) & (f <= peak), (f > peak) & (f <= right)
        row[rising] = (f[rising] - left) / (peak - left)
        row[falling] = (right - f[falling]) / (right - peak)
        rows.append(2 * row / (right - left))
    return torch.stack(rows)


SCALE = "The corners are not evenly spaced on the scale that the contract names, 2595 log10(1 + f / 700), and back."
RANGE = "The corners go from `low` to `high`, bands + 2 of them, both ends included."
COLUMNS = "Column k stands for k · rate / n_fft Hz, k = 0 … n_fft // 2."
LINES = "Each filter is a triangle: straight lines in Hz from the left corner up to the middle one, and down to the right one."
AREA = "The area of each triangle over Hz is 1: a height of 2 / (right - left)."

for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

mistakes = [
    Mistake(even_in_hz, "The corners are evenly spaced in Hz. Space them evenly in mel, then turn them into Hz."),
    Mistake(corners_left_in_mel, "The corners are still in mel, while the columns are in Hz: turn the corners back."),
    *(Mistake(answer, SCALE) for answer in (geometric, slaney_scale, natural_logarithm, natural_there_decimal_back, one_forgotten, base_of_100)),
    *(Mistake(answer, RANGE) for answer in (low_ignored, high_ignored, high_at_most_8000, high_at_most_18000, one_corner_less,
                                            one_corner_more, corners_for_bands, ends_left_out)),
    *(Mistake(answer, "The corners are rounded: triangles may begin between two columns.") for answer in (corners_rounded, whole_columns, whole_columns_of_area, whole_columns_of_height)),
    *(Mistake(answer, COLUMNS) for answer in (whole_range_of_columns, up_to_half_the_rate, columns_uncounted, columns_too_near, half_columns, all_columns, from_one)),
    Mistake(linear_in_mel, "The triangles are straight in mel. They are evenly spaced in mel, but straight in Hz."),
    *(Mistake(answer, LINES) for answer in (boxes, squared_triangles, rising_half, the_higher_line, product_of_lines, smooth_bumps)),
    *(Mistake(answer, "Outside its corners a filter is 0: cut off what lies below.") for answer in (not_clamped, absolute)),
    Mistake(symmetric, "The peak lies at the middle corner, which is not half-way between the other two in Hz."),
    Mistake(peak_of_one, "The triangles have height 1. " + AREA),
    *(Mistake(answer, AREA) for answer in (half_the_area, width_multiplied, norm_in_mel)),
    Mistake(times_the_distance, "You multiply by the distance of the columns, but nothing is summed here. " + AREA),
    *(Mistake(answer, "You divide by what the columns show of a triangle. " + AREA) for answer in (rows_to_one, rows_to_area, rows_to_peak)),
    Mistake(columns_to_one, "You divide by the sum over filters. " + AREA),
    *(Mistake(answer, "A filter that lies between two columns is 0 throughout.") for answer in (empty_made_nan, empty_to_nearest)),
    Mistake(transposed, "Filters are rows and frequencies columns: yours is the other way round."),
]

also_right = [by_columns, in_single_precision, with_masks]

equivalent_mutants = {
    ("f = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * rate / n_fft: "
     "torch.arange(n_fft // 2 + 1, dtype=torch.float64) → torch.arange(n_fft // 2 + 1)"): "whole numbers are exact in any dtype",
    ("corners = 700 * (10 ** (torch.linspace(*ends, bands + 2, dtype=torch.float64) / 2595) - 1): "
     "torch.linspace(*ends, bands + 2, dtype=torch.float64) → torch.linspace(*ends, bands + 2)"): "float32 is right, too",
}
