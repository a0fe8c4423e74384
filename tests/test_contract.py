"""What all models have in common. A new model is one more line in `CASES`."""

import copy
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from genlab.layers import TimeMLP, mlp
from genlab.models import (
    GAN,
    MADE,
    VAE,
    AffineCoupling,
    Autoregressive,
    BetaVAE,
    CapacityVAE,
    ConditionalVAE,
    ConvVAE,
    DiffusionModel,
    Discriminator,
    EnergyModel,
    Flow,
    GaussianVAE,
    Generator,
)

BATCH = 6


class Case(NamedTuple):
    """How to build a small model, a batch for its loss, and samples with the shape that they should have.

    losses: the methods that are its losses, two for two players.
    chance: whether the losses have something random in them.
    whole: whether data and samples are whole numbers.
    """

    build: Callable[[], nn.Module]
    batch: Callable[[torch.Generator], tuple[Tensor, ...]]
    shape: tuple[int, ...]
    sample: Callable = lambda model, n, rng: model.sample(n, rng=rng)
    losses: tuple[str, ...] = ("loss",)
    chance: bool = True
    whole: bool = False

    def parts(self, model, batch, seed=1) -> dict[str, Tensor]:
        """All parts of all losses, from fresh random numbers; on a copy, lest a memory of samples changes."""
        model = copy.deepcopy(model)
        return {f"{loss} {name}": part for loss in self.losses
                for name, part in getattr(model, loss)(*batch, rng=seeded(seed)).items()}


def binary(*shape: int, classes: int | None = None):
    """Batches of binary images, and labels if there are classes."""
    def batch(rng):
        images = (torch.rand(BATCH, *shape, generator=rng) < 0.3).float()
        labels = torch.randint(0, classes, (BATCH,), generator=rng) if classes else None
        return (images,) if labels is None else (images, labels)
    return batch


def points(rng):
    """Batches of points in the plane."""
    return (torch.randn(BATCH, 2, generator=rng),)


def signed(*shape: int):
    """Batches with values in [-1, 1]."""
    def batch(rng):
        return (2 * torch.rand(BATCH, *shape, generator=rng) - 1,)
    return batch


def levels(dims):
    """Batches of whole numbers 0 … 5."""
    def batch(rng):
        return (torch.randint(0, 6, (BATCH, dims), generator=rng),)
    return batch


def pixels(model, n, rng):
    return model.sample(n, mean=False, rng=rng)


def of_one_class(model, n, rng):
    return model.sample(n, 1, rng=rng)


def of_shape(*shape: int):
    return lambda model, n, rng: model.sample((n, *shape), rng=rng)


class Pixelwise(nn.Module):
    """A network of images and times."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 3, 1)

    def forward(self, x, t):
        time = (t.to(x) / 8).view(-1, 1, 1, 1).expand(-1, 1, *x.shape[2:])
        return self.conv(torch.cat([x, time], 1))


def flow() -> nn.Module:
    """Couplings whose last layers are not 0, as after some training."""
    masks = torch.eye(2)
    return Flow([AffineCoupling(mlp(2, 8, 4), mask) for mask in masks], 2)


def energy(**options) -> nn.Module:
    return EnergyModel(mlp(2, 8, 1, activation=nn.SiLU), (2,), steps=5, **options)


CASES = {
    "VAE": Case(lambda: VAE(64, 32, 5), binary(1, 8, 8), (64,)),
    "VAE, pixels": Case(lambda: VAE(64, 32, 5), binary(64), (64,), pixels),
    "ConditionalVAE": Case(lambda: ConditionalVAE(64, 3, 32, 5), binary(64, classes=3), (64,), of_one_class),
    "BetaVAE": Case(lambda: BetaVAE(64, 32, 5), binary(1, 8, 8, classes=3), (64,)),
    "CapacityVAE": Case(lambda: CapacityVAE(64, 32, 5), binary(64), (64,)),
    "ConvVAE 28": Case(lambda: ConvVAE(1, 28, 5, hidden_dim=32, width=8), binary(1, 28, 28), (1, 28, 28)),
    "ConvVAE 16": Case(lambda: ConvVAE(1, 16, 5, hidden_dim=32, width=8), binary(1, 16, 16), (1, 16, 16)),
    "GAN": Case(lambda: GAN(Generator(5, 64, 16), Discriminator(64, 16)), signed(1, 8, 8), (64,),
                losses=("discriminator_loss", "generator_loss")),
    "GaussianVAE": Case(lambda: GaussianVAE(2, 16, 3), points, (2,)),
    "Autoregressive": Case(lambda: Autoregressive(MADE(3, 6, 16), 3, 6), levels(3), (3,), chance=False,
                           whole=True),
    "DiffusionModel": Case(lambda: DiffusionModel(2, 8, network=TimeMLP(2, 16)), signed(2), (2,),
                           of_shape(2)),
    "DiffusionModel, images": Case(lambda: DiffusionModel(3, 8, network=Pixelwise()), signed(3, 5, 5),
                                   (3, 5, 5), of_shape(3, 5, 5)),
    "EnergyModel": Case(lambda: energy(buffer_size=20), signed(2), (2,)),
    "EnergyModel, from data": Case(lambda: energy(buffer_size=0), signed(2), (2,)),
    "Flow": Case(flow, points, (2,), chance=False),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request) -> Case:
    return request.param


@pytest.fixture
def model(case) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return case.build()


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_losses_are_made_of_finite_scalars(case, model):
    parts = case.parts(model, case.batch(seeded(0)))
    assert {f"{loss} loss" for loss in case.losses} <= set(parts)
    for name, part in parts.items():
        assert part.shape == () and part.isfinite(), name


def test_every_parameter_gets_a_gradient(case, model):
    for loss in case.losses:
        getattr(model, loss)(*case.batch(seeded(0)), rng=seeded(1))["loss"].backward()
    dead = [name for name, parameter in model.named_parameters()
            if parameter.grad is None or not parameter.grad.any() or not parameter.grad.isfinite().all()]
    assert not dead


def test_a_batch_of_one_trains(case, model):
    one = tuple(part[:1] for part in case.batch(seeded(0)))
    for loss in case.losses:
        value = getattr(model, loss)(*one, rng=seeded(1))["loss"]
        value.backward()
        assert value.isfinite()


def test_losses_change_neither_weights_nor_batch(case, model):
    batch = case.batch(seeded(0))
    weights, kept = copy.deepcopy(dict(model.named_parameters())), [part.clone() for part in batch]
    for loss in case.losses:
        getattr(model, loss)(*batch, rng=seeded(1))
    torch.testing.assert_close(dict(model.named_parameters()), weights, rtol=0, atol=0)
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(map(torch.equal, batch, kept))


def test_samples_have_the_shape_and_the_range_that_was_promised(case, model):
    samples = case.sample(model, 7, seeded(0))
    low, high = model.data_range
    assert samples.shape == (7, *case.shape)
    assert samples.dtype == (torch.int64 if case.whole else torch.float32)
    assert samples.float().isfinite().all()
    assert low <= samples.min() and samples.max() <= high


@pytest.mark.parametrize("n", [0, 1])
def test_few_samples_are_samples_too(case, model, n):
    assert case.sample(model, n, seeded(0)).shape == (n, *case.shape)


def test_samples_have_no_graph_and_leave_the_mode_as_it_was(case, model):
    model.train()
    next(part for part in model.modules() if part is not model).eval()  # somebody froze a part of it
    modes = [part.training for part in model.modules()]
    seen = []
    handles = [part.register_forward_hook(lambda part, *_: seen.append(part.training))
               for part in model.modules()]
    assert not case.sample(model, 2, seeded(0)).requires_grad
    for handle in handles:
        handle.remove()
    assert seen and not any(seen), "sampled in training mode"
    assert [part.training for part in model.modules()] == modes


def test_the_same_rng_gives_the_same_result_and_another_another(case, model):
    batch = case.batch(seeded(0))
    assert torch.equal(case.sample(model, 4, seeded(1)), case.sample(model, 4, seeded(1)))
    assert not torch.equal(case.sample(model, 4, seeded(1)), case.sample(model, 4, seeded(2)))
    assert case.parts(model, batch, seed=1) == case.parts(model, batch, seed=1)
    assert (case.parts(model, batch, seed=1) != case.parts(model, batch, seed=2)) == case.chance


def test_all_randomness_comes_from_rng(case, model):
    batch, before = case.batch(seeded(0)), torch.get_rng_state()
    case.parts(model, batch)
    case.sample(model, 2, seeded(1))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_model_moves_to_another_device(case, model):
    """`meta` has no values, but a constant that stayed on the CPU makes an operation fail."""
    model.to("meta")
    batch = tuple(part.to("meta") for part in case.batch(seeded(0)))
    assert all(part.is_meta for part in case.parts(model, batch).values())
    assert case.sample(model, 2, seeded(1)).is_meta


def test_state_dict_makes_another_model_the_same(case, model):
    other = case.build()
    other.load_state_dict(model.state_dict())
    batch = case.batch(seeded(0))
    assert case.parts(other, batch) == case.parts(model, batch)
    assert torch.equal(case.sample(other, 3, seeded(1)), case.sample(model, 3, seeded(1)))


def test_double_precision_goes_all_the_way(case, model):
    model.double()
    batch = tuple(part.double() if part.is_floating_point() else part for part in case.batch(seeded(0)))
    assert all(part.dtype == torch.float64 for part in case.parts(model, batch).values())
    assert case.sample(model, 2, seeded(1)).dtype == (torch.int64 if case.whole else torch.float64)
