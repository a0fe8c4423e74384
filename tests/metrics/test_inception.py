"""The real FID is the peer's: what is ours is that it is asked for rightly, and says what is missing."""

import sys

import pytest
import torch

from genlab import _torchvision
from genlab.metrics import fid, frechet_distance


class Colours(torch.nn.Module):
    """Mean and spread of each channel: six features."""

    num_features = 6

    def forward(self, x):
        return torch.cat([x.mean((2, 3)), x.std((2, 3))], 1).double()


def images(n, shift=0.0):
    return (torch.rand(n, 3, 8, 8, generator=torch.Generator().manual_seed(n)) + shift).clamp(0, 1)


def test_with_a_network_of_ones_own_it_is_the_frechet_distance_of_its_features():
    real, fake, network = images(70), images(60, 0.1), Colours()
    expected = frechet_distance(network(real), network(fake))
    assert fid(real, fake, network=network, batch=32) == pytest.approx(expected, rel=1e-5)


def test_nothing_is_downloaded_unasked():
    with pytest.raises(ValueError, match=r"download=True.*digit_frechet"):
        fid(images(5), images(6))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", None)
    with pytest.raises(ImportError, match="pip install"):
        fid(images(5), images(6), download=True)


def test_a_missing_network_is_named(monkeypatch):
    _torchvision.load()
    import torchmetrics.image.fid as peer

    def unreachable(*args, **options):
        raise OSError("no route to host")

    monkeypatch.setattr(peer, "FrechetInceptionDistance", unreachable)
    with pytest.raises(ConnectionError, match=r"no route to host.*digit_frechet"):
        fid(images(5), images(6), download=True)


@pytest.mark.parametrize(("bad", "says"), [
    (torch.zeros(5, 1, 8, 8), "colour images"), (torch.zeros(1, 3, 8, 8), "n ≥ 2"),
    (torch.full((5, 3, 8, 8), 255.0), "fake"),
])
def test_other_images_are_refused(bad, says):
    with pytest.raises(ValueError, match=says):
        fid(images(5), bad, download=True)
