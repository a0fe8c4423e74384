"""Structural similarity: closed forms for constants, another library, and what is refused."""

import pytest
import torch

from genlab import _torchvision
from genlab.metrics import ssim


def images(seed, *shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def test_equal_images_have_one_and_constants_a_closed_form():
    a = images(0, 3, 1, 15, 17)
    torch.testing.assert_close(ssim(a, a), torch.ones(3, dtype=torch.float64))
    black, grey = torch.zeros(1, 1, 12, 12), torch.full((1, 1, 12, 12), 0.5)
    assert ssim(black, grey).item() == pytest.approx(0.01**2 / (0.25 + 0.01**2))


def test_it_is_symmetric_negative_for_a_negative_and_averages_channels():
    a, b = images(0, 2, 3, 14, 14), images(1, 2, 3, 14, 14)
    torch.testing.assert_close(ssim(a, b), ssim(b, a))
    assert (ssim(a, 1 - a) < 0).all()
    torch.testing.assert_close(ssim(a, b), torch.stack([ssim(a[:, i:i + 1], b[:, i:i + 1]) for i in range(3)]).mean(0))


def test_it_agrees_with_torchmetrics_inside():
    _torchvision.load()
    from torchmetrics.functional.image import structural_similarity_index_measure as theirs

    a = images(0, 4, 2, 26, 21)
    b = (a + 0.3 * images(1, 4, 2, 26, 21)).clamp(0, 1)
    _, full = theirs(a.double(), b.double(), data_range=1.0, return_full_image=True, reduction="none")
    inner = full[..., 5:-5, 5:-5].flatten(1).mean(1) if full.shape[-1] == 21 else full.flatten(1).mean(1)
    torch.testing.assert_close(ssim(a, b), inner.double(), rtol=1e-6, atol=1e-6)


def test_ranges_are_taken_from_the_model():
    a, b = images(0, 2, 1, 12, 12), images(1, 2, 1, 12, 12)
    torch.testing.assert_close(ssim(2 * a - 1, 2 * b - 1, data_range=(-1, 1)), ssim(a, b), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="one shape"):
        ssim(a, b[..., :11])
    with pytest.raises(ValueError, match="11 pixels"):
        ssim(a[..., :10], b[..., :10])
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        ssim(2 * a, b)
