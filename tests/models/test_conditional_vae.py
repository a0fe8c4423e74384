"""The conditional VAE: labels in every form, used, and refused where they make no sense."""

import pytest
import torch
import torch.nn.functional as F

from genlab.data import Batches
from genlab.fit import fit
from genlab.models import VAE, ConditionalVAE


@pytest.fixture
def model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ConditionalVAE(64, 3, 32, 5)


@pytest.fixture
def x(rng):
    return (torch.rand(6, 64, generator=rng) < 0.4).float()


LABELS = torch.tensor([0, 1, 2, 2, 1, 0])


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


ONE_HOT = F.one_hot(LABELS, 3)


@pytest.mark.parametrize("labels", [LABELS.to(torch.uint8), ONE_HOT, ONE_HOT.double()])
def test_labels_may_be_numbers_or_one_hot(model, x, labels):
    expected = model.loss(x, LABELS, rng=generator())["loss"]
    assert model.loss(x, labels, rng=generator())["loss"] == expected
    torch.testing.assert_close(model(x, labels, rng=generator()), model(x, LABELS, rng=generator()))
    z = torch.zeros(6, 5)
    torch.testing.assert_close(model.decode(z, labels), model.decode(z, LABELS))


@pytest.mark.parametrize("labels, says", [
    (torch.tensor([0, 1, 2, 3, 0, 0]), r"\[0, 2\], got 0 … 3"),
    (torch.tensor([-1, 1, 2, 0, 0, 0]), "got -1"),
    (torch.zeros(6, 4), r"\(B, 3\), got \(6, 4\)"),
    (torch.zeros(6), r"\(B, 3\)"),
    (LABELS[:4], "4 labels for 6 images"),
    (torch.tensor(1), r"labels must be \(B,\)"),
    (None, "needs labels"),
])
def test_impossible_labels_are_refused(model, x, labels, says):
    with pytest.raises(ValueError, match=says):
        model.loss(x, labels)


def test_encoder_and_decoder_both_see_the_label(model, x):
    other = (LABELS + 1) % 3
    assert not torch.allclose(model.encode(x, LABELS)[0], model.encode(x, other)[0])
    assert not torch.allclose(model.decode(torch.zeros(6, 5), LABELS), model.decode(torch.zeros(6, 5), other))


def test_a_constant_condition_reduces_to_the_vae(x):
    """With one class the label is a bias: copy the weights and both models agree."""
    conditional, plain = ConditionalVAE(64, 1, 32, 5), VAE(64, 32, 5)
    state = conditional.state_dict()
    with torch.no_grad():
        for name in ("encoder.0.0", "decoder.0"):
            weight = state[f"{name}.weight"]
            state[f"{name}.weight"] = weight[:, :-1].clone()
            state[f"{name}.bias"] = state[f"{name}.bias"] + weight[:, -1]
    plain.load_state_dict(state)
    zeros = torch.zeros(6, dtype=torch.long)
    torch.testing.assert_close(conditional.loss(x, zeros, rng=generator()), plain.loss(x, rng=generator()))
    torch.testing.assert_close(conditional.iwae(x, 4, y=zeros, rng=generator()),
                               plain.iwae(x, 4, rng=generator()))


def test_samples_of_one_class_or_of_many(model):
    one = model.sample(4, 2, rng=generator())
    torch.testing.assert_close(model.sample(4, torch.tensor([2, 2, 2, 2]), rng=generator()), one)
    mixed = model.sample(4, torch.tensor([2, 0, 2, 1]), rng=generator())
    torch.testing.assert_close(mixed[[0, 2]], one[[0, 2]])
    assert not torch.allclose(mixed[1], one[1])
    with pytest.raises(ValueError, match="3 labels for 4"):
        model.sample(4, torch.tensor([0, 1, 2]))


def test_a_grid_has_a_style_in_each_row_and_a_class_in_each_column(model):
    grid = model.sample_grid(4, rng=generator())
    assert grid.shape == (4, 3, 64) and not grid.requires_grad
    torch.testing.assert_close(grid[:, 2], model.sample(4, 2, rng=generator()))
    assert set(model.sample_grid(2, mean=False).unique().tolist()) == {0.0, 1.0}


def test_transfer_wears_the_style_in_every_class(model, x):
    worn = model.transfer(x, LABELS)
    assert worn.shape == (6, 3, 64)
    torch.testing.assert_close(worn[torch.arange(6), LABELS], model.reconstruct(x, LABELS))


def test_interpolation_stays_in_the_class(model, x):
    path = model.interpolate(x[:3], x[3:], 4, y=torch.tensor([2, 2, 2]))
    assert path.shape == (4, 3, 64)
    torch.testing.assert_close(path[0], model.reconstruct(x[:3], torch.tensor([2, 2, 2])))


def test_training_makes_the_samples_obey_the_label(model, rng):
    """Class 0 is dark on the left, class 1 on the right, class 2 everywhere; a few pixels are wrong."""
    labels = torch.arange(300) % 3
    clean = torch.zeros(300, 8, 8)
    clean[labels != 1, :, :4] = 1
    clean[labels != 0, :, 4:] = 1
    flips = torch.rand(300, 8, 8, generator=rng) < 0.05
    images = (clean - flips.float()).abs().flatten(1)
    before = model.elbo(images, labels, rng=rng).mean()
    batches, optimizer = Batches(images, labels, size=60, rng=rng), torch.optim.Adam(model.parameters(), 3e-3)
    fit(model, batches, optimizer, steps=150, rng=rng, progress=False)
    assert model.elbo(images, labels, rng=rng).mean() > before + 20
    samples = model.sample(300, labels, rng=rng).round()
    truth = clean.flatten(1)[:3]
    nearest = torch.cdist(samples, truth).argmin(1)
    assert (nearest == labels).float().mean() > 0.95
