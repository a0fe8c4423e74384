"""What is measured, and what is refused before it is measured: tensors alone, no sandbox."""

import pytest
import torch

from genlab.data import digits
from grading.speedrun import score as module
from grading.speedrun.score import RATIO, Refused, checked, score, share_of_copies

REAL = digits("all")[0]


def samples(n=20, seed=0):
    return torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("x", "says"), [
    (samples(30), r"should return images \(20, 1, 28, 28\), not \(30, 1, 28, 28\)"),
    (samples(10), r"not \(10, 1, 28, 28\)"),
    (samples().flatten(1), r"not \(20, 784\)"),
    (samples()[0], r"not \(1, 28, 28\)"),
    (torch.tensor(0.5), r"not \(\)"),
    (torch.tensor([10**6, 1, 28, 28]), r"not \(1000000, 1, 28, 28\)"),  # too many to travel: their shape came
    ((255 * samples()).byte(), "floating numbers"),
    (samples().where(samples(seed=1) > 1e-3, torch.nan), "hold NaN or infinity"),
    (samples() * torch.inf, "hold NaN or infinity"),
    (2 * samples() - 1, r"must lie in \[0, 1\], got -1 … 1"),
    (255 * samples(), r"must lie in \[0, 1\]"),
])
def test_what_is_no_sample_is_refused_with_the_reason(x, says):
    with pytest.raises(Refused, match=says):
        checked(x, 20)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_every_floating_type_will_do(dtype):
    found = checked(samples().to(dtype), 20)
    assert found.dtype == torch.float32 and torch.allclose(found, samples(), atol=0.01)


def test_rounding_outside_the_range_is_cut():
    found = checked(samples() * 1.000009, 20)
    assert found.max() <= 1


def noisy(x):
    return (x + 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)


@pytest.mark.parametrize("change", [
    lambda x: x, lambda x: x.roll((1, -1), (2, 3)), lambda x: 0.9 * x, noisy,
    lambda x: torch.nn.functional.avg_pool2d(x, 3, 1, 1).lerp(x, 0.5)],
    ids=["as they are", "moved", "fainter", "noisy", "blurred"])
@pytest.mark.parametrize("part", [slice(100), slice(4900, 5000)], ids=["training", "held out"])
def test_copies_are_recognised(change, part):
    assert share_of_copies(change(REAL[part]), REAL) > 0.7


def test_what_is_real_and_new_is_no_copy():
    assert share_of_copies(REAL[4000:4300], REAL[:4000]) == 0
    assert share_of_copies(samples(50), REAL) == 0


def test_two_equal_real_images_are_no_way_out():
    twice = torch.cat([REAL[:5], REAL[:5]])
    assert share_of_copies(REAL[:5], twice) == 1


def test_a_few_copies_are_let_pass_and_many_refused(monkeypatch):
    few = torch.cat([REAL[:1], samples(29)])
    found = score(few, 30)
    assert found.copies == pytest.approx(1 / 30) and found.frechet > 100 > found.floor > 0 and found.n == 30
    many = torch.cat([REAL[:3], samples(27)])
    with pytest.raises(Refused, match="10% of the samples are copies of real digits"):
        score(many, 30)
    assert RATIO == 0.5 and module.LARGEST_SHARE == 0.05
