"""The U-Net: what its output depends on, by input gradients and by leaving parts out."""

import pytest
import torch
from diffusers.models.embeddings import get_timestep_embedding
from torch import nn

from genlab.layers import time_embedding
from genlab.models import UNet
from genlab.models.unet import ResidualBlock, SelfAttention, fold, unfold


def trained(network: nn.Module, seed=0) -> nn.Module:
    """With weights in place of zeros, as after some training."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.copy_(0.1 * torch.randn(parameter.shape, generator=rng))
    return network.eval()


@pytest.mark.parametrize("shape", [(3, 1, 28, 28), (1, 1, 8, 12), (5, 1, 16, 16), (2, 1, 32, 32), (2, 1, 10, 14)])
def test_images_of_any_even_size_keep_it(shape, rng):
    x = torch.randn(shape, generator=rng)
    network = trained(UNet(width=8, time_emb_dim=16))
    out = network(x, torch.arange(shape[0]))
    assert out.shape == shape and out.isfinite().all()
    torch.testing.assert_close(network(x[-1:], torch.tensor([shape[0] - 1])), out[-1:], rtol=1e-4, atol=1e-5)


def test_before_training_it_says_nothing(rng):
    x = torch.randn(2, 1, 8, 8, generator=rng)
    assert not UNet()(x, torch.tensor([3, 900])).any()
    block, attention = ResidualBlock(8, 8, 4), SelfAttention(8)
    h = torch.randn(2, 8, 3, 3, generator=rng)
    assert torch.equal(block(h, torch.randn(2, 4)), h) and torch.equal(attention(h), h)


def test_by_default_it_is_small():
    assert sum(p.numel() for p in UNet().parameters()) <= 800_000


def test_the_time_changes_every_pixel(rng):
    network, x = trained(UNet(width=8)), torch.randn(1, 1, 12, 12, generator=rng).expand(2, -1, -1, -1)
    out = network(x, torch.tensor([500, 501]))
    assert (out[0] != out[1]).float().mean() > 0.99


def test_folding_is_that_of_torch(rng):
    x = torch.randn(2, 3, 4, 6, generator=rng)
    assert torch.equal(fold(x, 2), nn.functional.pixel_unshuffle(x, 2)) and torch.equal(unfold(fold(x, 2), 2), x)


def test_labels_and_context_change_the_output(rng):
    network = trained(UNet(width=8, num_classes=3, context_dim=5))
    x, t = torch.randn(2, 1, 8, 8, generator=rng), torch.tensor([7, 7])
    plain, tokens = network(x, t), torch.randn(2, 4, 5, generator=rng)
    assert not torch.allclose(network(x, t, torch.tensor([0, 1])), plain)
    assert not torch.allclose(network(x, t, context=tokens), plain)
    order = network(x, t, context=tokens.flip(1))  # a set of tokens
    torch.testing.assert_close(network(x, t, context=tokens), order, rtol=1e-4, atol=1e-5)
    one_hot = torch.eye(3)[[0, 1]]
    assert torch.equal(network(x, t, one_hot), network(x, t, torch.tensor([0, 1])))


def test_every_pixel_reaches_every_other_and_the_skip_carries_detail(rng):
    network = trained(UNet(width=8))
    x = torch.randn(1, 1, 28, 28, generator=rng).requires_grad_()
    slope, = torch.autograd.grad(network(x, torch.tensor([9]))[0, 0, 0, 0], x)
    assert slope[0, 0, -1, -1] != 0  # by attention: the corners are 27 pixels apart
    network.merge.register_forward_pre_hook(lambda part, inputs: (inputs[0] * mask, inputs[1]))
    mask = torch.ones(1, 24, 1, 1)
    whole = network(x, torch.tensor([9]))
    mask[:, 16:] = 0
    assert not torch.allclose(network(x, torch.tensor([9])), whole, atol=1e-3)


def test_attention_is_that_of_torch(rng):
    ours = trained(SelfAttention(8, heads=2))
    peer = nn.MultiheadAttention(8, 2, batch_first=True)
    peer.load_state_dict({"in_proj_weight": ours.qkv.weight, "in_proj_bias": ours.qkv.bias,
                          "out_proj.weight": ours.out.weight, "out_proj.bias": ours.out.bias})
    x = torch.randn(2, 8, 3, 4, generator=rng)
    tokens = ours.norm(x).flatten(2).transpose(1, 2)
    expected = x + peer(tokens, tokens, tokens)[0].transpose(1, 2).view_as(x)
    torch.testing.assert_close(ours(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dim", [4, 32, 128])
def test_the_embedding_of_the_time_is_that_of_diffusers(dim):
    t = torch.tensor([0, 1, 17, 999])
    torch.testing.assert_close(time_embedding(t, dim), get_timestep_embedding(t, dim, downscale_freq_shift=1))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="multiples of 2"):
        UNet()(torch.zeros(1, 1, 7, 8), torch.tensor([0]))
    with pytest.raises(ValueError, match="channels="):
        UNet()(torch.zeros(1, 3, 8, 8), torch.tensor([0]))
