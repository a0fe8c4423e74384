"""The convolutional VAE: images in, images out, each pixel within reach of the code."""

import pytest
import torch

from genlab.models import ConvVAE


@pytest.mark.parametrize("channels, size", [(1, 28), (1, 16), (3, 32)])
def test_images_go_in_and_come_out(channels, size, rng):
    model = ConvVAE(channels, size, 4, hidden_dim=16, width=4)
    x = torch.rand(3, channels, size, size, generator=rng)
    recon, mu, logvar = model(x, rng=rng)
    assert recon.shape == x.shape and mu.shape == logvar.shape == (3, 4)
    assert model.sample(2, rng=rng).shape == (2, channels, size, size)
    assert model.decode_logits(mu).shape == x.shape


def test_flat_rows_are_images_too(rng):
    model, x = ConvVAE(), torch.rand(2, 1, 28, 28, generator=rng)
    torch.testing.assert_close(model.encode(x.flatten(1)), model.encode(x))


@pytest.mark.parametrize("size", [0, 2, 30])
def test_sizes_that_cannot_be_halved_twice_are_refused(size):
    with pytest.raises(ValueError, match="multiple of 4"):
        ConvVAE(image_size=size)


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"got \(2, 1, 16, 16\)"):
        ConvVAE().loss(torch.zeros(2, 1, 16, 16))


def test_every_pixel_depends_on_the_code_and_the_code_on_every_pixel(rng):
    model = ConvVAE()
    x = torch.rand(1, 1, 28, 28, generator=rng).requires_grad_()
    mu, _ = model.encode(x)
    mu.square().sum().backward()
    assert (x.grad != 0).all()
    spread = torch.stack([model.decode_logits(z) for z in torch.randn(8, 1, 20, generator=rng)]).std(0)
    assert (spread > 0).all()
