"""Ranges: the ways between them are inverse to each other, and a wrong one is named with its remedy."""

import pytest
import torch

from genlab.data import binarize, check_range, to_form, to_levels, to_signed, to_unit


@pytest.mark.parametrize("levels", [2, 3, 17, 256])
def test_levels_survive_the_way_through_floats(levels):
    whole = torch.arange(levels)
    for dtype in (torch.uint8, torch.int64):
        assert torch.equal(to_levels(to_unit(whole.to(dtype), levels), levels), whole)
    signed = to_signed(whole, levels)
    assert signed.min() == -1 and signed.max() == 1
    assert torch.equal(to_levels(to_unit(signed), levels), whole)


def test_unit_and_signed_are_inverse(rng):
    x = torch.rand(100, generator=rng, dtype=torch.float64)
    assert torch.equal(to_signed(torch.tensor([0.0, 0.5, 1.0])), torch.tensor([-1.0, 0.0, 1.0]))
    torch.testing.assert_close(to_unit(to_signed(x)), x)


def test_the_nearest_level_is_taken():
    x = torch.tensor([0.0, 0.24, 0.26, 0.74, 0.76, 1.0])
    assert to_levels(x, 3).tolist() == [0, 0, 1, 1, 2, 2] and to_levels(x, 3).dtype == torch.int64


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_binarize_gives_zeros_and_ones(dtype):
    x = torch.tensor([0.0, 0.3, 0.5, 0.51, 1.0], dtype=dtype)
    assert binarize(x).tolist() == [0, 0, 0, 1, 1] and binarize(x).dtype == dtype
    assert binarize(x, threshold=0.2).tolist() == [0, 1, 1, 1, 1]


@pytest.mark.parametrize("function, x, message", [
    (to_unit, [-2.0, 0.0], r"x must lie in \[-1, 1\], got -2 … 0: rescale or clamp it first"),
    (to_unit, [0.0, 255.0], r"got 0 … 255: these look like bytes: use genlab.data.to_unit\(x.long\(\)\)"),
    (to_unit, [0, 256], r"x must lie in \[0, 255\], got 0 … 256: pass the right number of levels"),
    (to_signed, [-1.0, 1.0], r"x must lie in \[0, 1\], got -1 … 1: use genlab.data.to_unit"),
    (to_levels, [-1.0, 1.0], r"got -1 … 1: use genlab.data.to_unit$"),
    (to_levels, [0.0, 255.0], r"use genlab.data.to_unit\(x.long\(\)\)"),
    (to_levels, [0.0, float("nan")], "got NaN: look for a division by zero"),
    (binarize, [-1.0, 1.0], "use genlab.data.to_unit"),
])
def test_a_wrong_range_is_named_with_its_remedy(function, x, message):
    with pytest.raises(ValueError, match=message):
        function(torch.tensor(x))


def test_the_remedy_for_bytes_works():
    """What the message proposes must do what it says."""
    x = torch.tensor([0, 128, 255], dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"faces must lie in .*, got 0 … 255: use genlab.data.to_signed$"):
        check_range(x, -1, 1, what="faces")
    check_range(to_signed(x), -1, 1)
    with pytest.raises(ValueError, match=r"use genlab.data.to_unit$"):
        check_range(x, 0, 1)
    check_range(to_unit(x.double().long()), 0, 1)


@pytest.mark.parametrize("function", [to_levels, binarize])
def test_whole_numbers_where_floats_belong_are_refused(function):
    with pytest.raises(TypeError, match=r"got torch.int64: use genlab.data.to_unit"):
        function(torch.tensor([0, 1]))


def test_what_is_within_range_passes():
    check_range(torch.tensor([-1.0, 1.0]), -1, 1)
    check_range(torch.tensor([0.0, 1 + 1e-6]), 0, 1)  # as interpolation leaves it
    check_range(torch.zeros(0), 0, 1)
    check_range(torch.zeros(3, device="meta"), 5, 6)  # has no values


@pytest.mark.parametrize("x", [[0.0, 1.001], [float("inf"), 0.0], [-0.001, 0.5]])
def test_what_is_just_outside_does_not(x):
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]"):
        check_range(torch.tensor(x), 0, 1)


def test_forms_of_images():
    x = torch.tensor([[0.0, 0.4, 1.0]])
    assert to_form(x, "binary").tolist() == [[0, 0, 1]] and torch.equal(to_form(x, "unit"), x)
    assert torch.equal(to_form(x, "signed"), 2 * x - 1) and to_form(x, "levels", levels=6).tolist() == [[0, 2, 5]]
    assert to_form(9 * x, "real").max() == 9 and to_unit(x > 0.5).tolist() == [[0, 0, 1]]
    with pytest.raises(ValueError, match="got NaN"):
        to_form(x / 0, "real")
    with pytest.raises(ValueError, match="form must be one of binary"):
        to_form(x, "grey")
