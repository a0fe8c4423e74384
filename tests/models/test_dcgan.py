"""The convolutional players: sizes against torch's own layers, the paper's initialisation, what is refused."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from genlab import load, save
from genlab.models import GAN, DCGANDiscriminator, DCGANGenerator, dcgan_init
from genlab.models.adversarial import R1
from genlab.models.dcgan import conv_out_size, down_block, nearest_size, paint_counts, resize_block, up_block


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


SETTINGS = list(itertools.product((1, 2, 5, 9, 28), (1, 2, 3, 4, 7), (1, 2, 3, 5), (0, 1, 3)))


@pytest.mark.parametrize("settings", SETTINGS)
def test_sizes_are_those_of_torch(settings):
    n, kernel, stride, padding = settings
    x, weight = torch.zeros(1, 1, n), torch.zeros(1, 1, kernel)
    for transposed, layer in ((False, F.conv1d), (True, F.conv_transpose1d)):
        try:
            size = layer(x, weight, stride=stride, padding=padding).shape[-1]
        except RuntimeError:
            size = 0
        if size < 1:
            with pytest.raises(ValueError, match="leaves nothing of"):
                conv_out_size(n, kernel, stride, padding, transposed=transposed)
        else:
            assert conv_out_size(n, kernel, stride, padding, transposed=transposed) == size


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 2, 0), (4, 2, 1), (5, 3, 1), (2, 3, 0), (6, 3, 2)])
def test_paint_counts_are_what_ones_give(kernel, stride, padding):
    ones = F.conv_transpose1d(torch.ones(1, 1, 8), torch.ones(1, 1, kernel), stride=stride, padding=padding)
    counts = paint_counts(8, kernel, stride, padding)
    assert torch.equal(counts, ones.flatten().long())
    inside = counts[kernel:-kernel]
    assert (inside.unique().numel() == 1) == (kernel % stride == 0)


@pytest.mark.parametrize("size", [8, 14, 16, 28, 32, 64, 128])
def test_every_size_goes_there_and_back(size):
    generator, discriminator = DCGANGenerator(5, 2, size, width=2), DCGANDiscriminator(2, size, width=2)
    for z in (torch.randn(3, 5), torch.randn(3, 5, 1, 1)):
        images = generator(z)
        assert images.shape == (3, 2, size, size) and images.abs().max() <= 1
    assert discriminator(images).shape == (3,)


def test_the_parameters_are_those_of_the_outline_but_for_the_offsets_of_the_last_layers():
    count = [sum(p.numel() for p in net.parameters()) for net in (DCGANGenerator(), DCGANDiscriminator())]
    assert count == [3_574_656 + 1, 2_763_520 + 64 + 1]  # D's first layer has no BatchNorm, so it has offsets as well


@pytest.mark.parametrize(("size", "fits"), [(30, 32), (7, 8), (4, 7), (100, 112), (1, 7)])
def test_other_sizes_are_refused_with_the_next_that_fits(size, fits):
    fits = max(fits, 8)
    assert nearest_size(size) == fits
    for player in (DCGANGenerator, DCGANDiscriminator):
        with pytest.raises(ValueError, match=f"pad or resize the images to {fits}"):
            player(image_size=size)


def test_a_discriminator_for_another_size_says_what_to_pass():
    with pytest.raises(ValueError, match="build both players with image_size=28"):
        DCGANDiscriminator()(torch.zeros(2, 1, 28, 28))
    with pytest.raises(ValueError, match="pad or resize the images to 32, and build both players with image_size=32"):
        DCGANDiscriminator()(torch.zeros(2, 1, 30, 30))
    with pytest.raises(ValueError, match="channels are last"):
        DCGANDiscriminator(3)(torch.zeros(2, 64, 64, 3))
    with pytest.raises(ValueError, match="hold 100 values per row"):
        DCGANGenerator()(torch.zeros(2, 64))


def test_flat_images_are_images():
    x = torch.rand(4, 1, 28, 28)
    discriminator = DCGANDiscriminator(image_size=28, width=4).eval()
    assert torch.equal(discriminator(x), discriminator(x.flatten(1)))


def test_the_papers_initialisation():
    """Standard deviations of 10⁵ weights are within 2 % (five standard errors are 1.1 %)."""
    net = nn.Sequential(nn.Conv2d(40, 60, 7), nn.ConvTranspose2d(40, 60, 7), nn.Linear(400, 300),
                        nn.BatchNorm2d(40_000), nn.PReLU(), nn.Conv1d(300, 400, 1, bias=False),
                        nn.BatchNorm1d(3, affine=False)).apply(dcgan_init)
    for k, mean in ((0, 0.0), (1, 0.0), (2, 0.0), (3, 1.0), (5, 0.0)):
        assert net[k].weight.std().item() == pytest.approx(0.02, rel=0.02)
        assert net[k].weight.mean().item() == pytest.approx(mean, abs=5e-4)
    assert not any(net[k].bias.any() for k in range(4)) and net[4].weight == 0.25
    built = DCGANGenerator(100, 1, 28, width=32)
    assert built.net[0].weight.std().item() == pytest.approx(0.02, rel=0.02)


def test_blocks_double_halve_and_end_as_published():
    x = torch.randn(4, 6, 5, 7)
    for block in (up_block, resize_block):
        hidden, last = block(6, 3), block(6, 2, True)
        assert hidden(x).shape == (4, 3, 10, 14) and hidden(x).min() == 0
        assert not any(isinstance(part, nn.BatchNorm2d) for part in last.modules())
        assert last(100 * x).abs().max() <= 1
    for norm in (True, False):
        assert down_block(6, 3, norm)(torch.randn(4, 6, 8, 6)).shape == (4, 3, 4, 3)
    narrow = sum(p.numel() for p in up_block(6, 3).parameters())
    assert narrow == 6 * 3 * 16 + 2 * 3, "no offset beside BatchNorm's own"


def test_a_sample_depends_on_its_own_code_alone():
    gan = GAN(DCGANGenerator(5, 1, 16, width=4), DCGANDiscriminator(1, 16, width=4))
    gan.generator(torch.randn(64, 5))  # averages of some training
    z = gan.noise(6)
    alone, together = gan.generator.eval()(z[:1]), gan.generator(z)[:1]
    torch.testing.assert_close(alone, together)
    gan.train()
    averages = gan.generator.net[1].running_mean.clone()
    gan.sample(3)
    assert torch.equal(averages, gan.generator.net[1].running_mean) and gan.generator.training


def test_one_step_of_training_with_a_penalty():
    gan = GAN(DCGANGenerator(5, 1, 16, width=4), DCGANDiscriminator(1, 16, width=4, norm=False), penalties=[R1()])
    parts = gan.discriminator_loss(2 * torch.rand(4, 1, 16, 16) - 1)
    parts["loss"].backward()
    assert parts["r1"] >= 0 and all(p.grad.any() for p in gan.discriminator.parameters())
    assert all(p.grad is None for p in gan.generator.parameters())


def test_another_block_is_used_and_saved(tmp_path):
    generator = DCGANGenerator(5, 1, 16, width=4, block=resize_block)
    assert any(isinstance(part, nn.Upsample) for part in generator.modules())
    plain = DCGANGenerator(5, 1, 16, width=4).eval()
    save(plain, tmp_path / "g.pt")
    z = torch.randn(2, 5)
    assert torch.equal(load(tmp_path / "g.pt").eval()(z), plain(z))
