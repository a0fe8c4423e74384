"""Scores against 1/n: the line is found, and for Gaussians it ends at the truth."""

import math

import pytest
import torch

from genlab.metrics import bias_curve, extrapolate, frechet_from_moments, inception_score, kernel_distance
from genlab.metrics.bias import BiasCurve
from genlab.metrics.frechet import moments
from genlab.random import randn


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(12)


def normal(n, d, rng):
    return randn((n, d), like=torch.zeros((), dtype=torch.float64), rng=rng)


def to_standard(d):
    """Fréchet distance to N(0, I), whose moments are known: all bias is the samples'."""
    target = torch.zeros(d, dtype=torch.float64), torch.eye(d, dtype=torch.float64)
    return lambda part: frechet_from_moments(*moments(part), *target)


def test_a_line_is_found_exactly():
    sizes = torch.tensor([10, 20, 50, 400])
    curve = BiasCurve(sizes, 3 + 70 / sizes.double(), torch.tensor([5, 5, 2, 1]))
    assert curve.fit() == pytest.approx((3, 70))


def test_subsets_are_disjoint_and_as_many_as_fit(rng):
    seen = []
    curve = bias_curve(lambda part: seen.append(part) or float(len(part)), torch.arange(100), [10, 30, 60],
                       repeats=5)
    assert curve.sizes.tolist() == curve.values.tolist() == [10, 30, 60]
    assert curve.repeats.tolist() == [5, 3, 1]
    for parts in (seen[:5], seen[5:8]):
        together = torch.cat(parts)
        assert len(together.unique()) == len(together)


def test_white_features_have_the_slope_of_the_formula(rng):
    """One set from N(0, I) against N(0, I) itself: half the bias of two sets, about (d² + 5d) / (4n)."""
    d = 8
    samples = normal(40_000, d, rng)
    curve = bias_curve(to_standard(d), samples, [200, 250, 333, 500, 1000], repeats=40, rng=rng)
    intercept, slope = curve.fit()
    assert slope == pytest.approx((d * d + 5 * d) / 4, rel=0.12) and abs(intercept) < 0.01


def test_extrapolation_reaches_the_truth_and_its_error_covers_it(rng):
    """Scaled and shifted Gaussians: the truth within two errors, mostly."""
    d, hits, gain = 6, 0, 0
    truth = d * 0.2**2 + d * (1.1 - 1) ** 2
    for _ in range(12):
        samples = 1.1 * normal(600, d, rng) + 0.2
        got = extrapolate(to_standard(d), samples, repeats=3, groups=8, rng=rng)
        hits += abs(got.value - truth) < 2 * got.error
        gain += to_standard(d)(samples) - got.value
        assert got.n == 600
    assert hits >= 8  # of 12; at a rate of 0.93 fewer come once in a thousand seeds
    assert gain / 12 == pytest.approx((d * d + 5 * d) / (4 * 600), rel=0.4)


def test_inception_score_rises_and_kernel_distance_stays(rng):
    p = (2 * normal(2000, 10, rng)).softmax(1)
    rising = bias_curve(lambda part: inception_score(part, splits=1).value, p, [20, 50, 500], repeats=20)
    assert rising.values[0] < rising.values[1] < rising.values[2] and rising.fit()[1] < 0
    reference = normal(300, 4, rng)
    samples = normal(3000, 4, rng) + 0.5
    score = lambda part: kernel_distance(part, reference).value  # noqa: E731
    flat = bias_curve(score, samples, [30, 100, 300], repeats=60)
    assert abs(flat.values[0] - flat.values[2]) < 0.25 * flat.values[2]


def test_same_rng_same_curve_and_global_state_untouched(rng):
    samples, before = normal(400, 3, rng), torch.get_rng_state()

    def run(seed):
        rng = None if seed is None else torch.Generator().manual_seed(seed)
        return extrapolate(to_standard(3), samples, repeats=2, groups=3, rng=rng)

    assert run(1) == pytest.approx(run(1), rel=1e-9) and run(None) == pytest.approx(run(None), rel=1e-9)
    assert run(1).value != pytest.approx(run(2).value, rel=1e-6)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(("sizes", "options", "says"), [
    ([10], {}, "two or more"), ([10, 10], {}, "two or more"), ([1, 10], {}, "from 2 to 50"),
    ([10, 51], {}, "from 2 to 50"), ([10, 20], {"repeats": 0}, "repeats"),
])
def test_bad_sizes_are_refused(sizes, options, says):
    with pytest.raises(ValueError, match=says):
        bias_curve(lambda part: 0.0, torch.zeros(50, 2), sizes, **options)
    with pytest.raises(ValueError, match="16 samples a group"):
        extrapolate(lambda part: math.nan, torch.zeros(50, 2))
