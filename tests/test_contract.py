"""What all models have in common. A new model is one more line in `CASES`."""

import copy
import inspect
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from genlab.layers import TimeMLP, mlp
from genlab.models import (
    GAN,
    GPT,
    MADE,
    VAE,
    AffineCoupling,
    Autoregressive,
    BetaVAE,
    CapacityVAE,
    ConditionalGAN,
    ConditionalVAE,
    ConvVAE,
    DCGANDiscriminator,
    DCGANGenerator,
    DequantizedFlow,
    DiffusionModel,
    DiscretizedLogistic,
    Discriminator,
    EnergyModel,
    Flow,
    FlowMatching,
    Gaussian,
    GaussianVAE,
    Generator,
    KLAutoencoder,
    LogisticMixture,
    PixelCNN,
    UNet,
    with_guidance,
)
from genlab.models.adversarial import NonSaturating

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


def labelled_signed(rng):
    """Colour images of real numbers, with labels."""
    return signed(3, 8, 8)(rng) + (torch.randint(0, 3, (BATCH,), generator=rng),)


def levels(dims):
    """Batches of whole numbers 0 … 5."""
    def batch(rng):
        return (torch.randint(0, 6, (BATCH, dims), generator=rng),)
    return batch


def level_images(*shape: int, classes: int | None = None):
    """Batches of images of whole numbers 0 … 5, and labels if there are classes."""
    def batch(rng):
        images = torch.randint(0, 6, (BATCH, *shape), generator=rng)
        return (images,) if classes is None else (images, torch.randint(0, classes, (BATCH,), generator=rng))
    return batch
def labelled_levels(rng):
    """The same of five variables, with labels; every class occurs."""
    return levels(5)(rng) + (torch.arange(BATCH) % 3,)


def pixels(model, n, rng):
    return model.sample(n, mean=False, rng=rng)


def of_one_class(model, n, rng):
    return model.sample(n, 1, rng=rng)


def asked_for_one(model, n, rng):
    return model.sample(n, labels=1, rng=rng)


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


def conditional_gan(**options) -> nn.Module:
    """With a loss that is no difference of logits, in which D's bias would cancel."""
    return ConditionalGAN(5, 3, 3, image_size=8, hidden_dim=16, loss=NonSaturating(), **options)


def awake(network: nn.Module) -> nn.Module:
    """Its last layers not 0, as after some training."""
    for parameter in network.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return network


def unet(**options) -> nn.Module:
    return awake(UNet(3, 16, width=8, **options))


def kl_autoencoder() -> nn.Module:
    return awake(KLAutoencoder(3, 8, 2, width=4))


CASES = {
    "VAE": Case(lambda: VAE(64, 32, 5), binary(1, 8, 8), (64,)),
    "VAE, pixels": Case(lambda: VAE(64, 32, 5), binary(64), (64,), pixels),
    "ConditionalVAE": Case(lambda: ConditionalVAE(64, 3, 32, 5), binary(64, classes=3), (64,), of_one_class),
    "BetaVAE": Case(lambda: BetaVAE(64, 32, 5), binary(1, 8, 8, classes=3), (64,)),
    "CapacityVAE": Case(lambda: CapacityVAE(64, 32, 5), binary(64), (64,)),
    "ConvVAE 28": Case(lambda: ConvVAE(1, 28, 5, hidden_dim=32, width=8), binary(1, 28, 28), (1, 28, 28)),
    "ConvVAE 16": Case(lambda: ConvVAE(1, 16, 5, hidden_dim=32, width=8), binary(1, 16, 16), (1, 16, 16)),
    "ConvVAE, all traits": Case(lambda: ConvVAE(3, 8, 2, hidden_dim=16, width=4, num_classes=3, beta=4.0,
                                                likelihood=Gaussian()), labelled_signed, (3, 8, 8)),
    "VAE, grey levels": Case(lambda: VAE(16, 8, 2, likelihood=DiscretizedLogistic(16)), binary(16), (16,),
                             pixels),
    "GAN": Case(lambda: GAN(Generator(5, 64, 16), Discriminator(64, 16)), signed(1, 8, 8), (64,),
                losses=("discriminator_loss", "generator_loss")),
    "ConditionalGAN": Case(lambda: conditional_gan(mismatched=0.5), labelled_signed, (3, 8, 8), asked_for_one,
                           losses=("discriminator_loss", "generator_loss")),
    "ConditionalGAN, AC": Case(lambda: conditional_gan(condition="auxiliary"), labelled_signed, (3, 8, 8),
                               asked_for_one, losses=("discriminator_loss", "generator_loss")),
    "DCGAN": Case(lambda: GAN(DCGANGenerator(5, 3, 16, width=4), DCGANDiscriminator(3, 16, width=4)), signed(3, 16, 16),
                  (3, 16, 16), losses=("discriminator_loss", "generator_loss")),
    "DCGAN 28": Case(lambda: GAN(DCGANGenerator(5, 1, 28, width=4), DCGANDiscriminator(1, 28, width=4, norm=False)),
                     signed(1, 28, 28), (1, 28, 28), losses=("discriminator_loss", "generator_loss")),
    "KLAutoencoder": Case(kl_autoencoder, signed(3, 8, 8), (3, 8, 8)),
    "GaussianVAE": Case(lambda: GaussianVAE(2, 16, 3), points, (2,)),
    "Autoregressive": Case(lambda: Autoregressive(MADE(3, 6, 16), 3, 6), levels(3), (3,), chance=False,
                           whole=True),
    "DiffusionModel": Case(lambda: DiffusionModel(2, 8, network=TimeMLP(2, 16)), signed(2), (2,),
                           of_shape(2)),
    "DiffusionModel, images": Case(lambda: DiffusionModel(3, 8, network=Pixelwise()), signed(3, 5, 5),
                                   (3, 5, 5), of_shape(3, 5, 5)),
    "DiffusionModel, U-Net": Case(
        lambda: DiffusionModel(3, 8, network=unet(num_classes=3), prediction="v"),
        labelled_signed, (3, 8, 8), lambda model, n, rng: model.sample((n, 3, 8, 8), labels=1, steps=3, rng=rng)),
    "DiffusionModel, guided": Case(
        lambda: with_guidance(DiffusionModel(3, 8, network=unet(num_classes=3), prediction="v"), 2.0),
        labelled_signed, (3, 8, 8), lambda model, n, rng: model.sample((n, 3, 8, 8), labels=1, steps=3, rng=rng)),
    "FlowMatching": Case(lambda: FlowMatching(TimeMLP(2, 16), (2,)), signed(2), (2,)),
    "FlowMatching, U-Net": Case(lambda: FlowMatching(unet(num_classes=3), (3, 8, 8), time="uniform"), labelled_signed,
                                (3, 8, 8), lambda model, n, rng: model.sample(n, labels=1, num_steps=3, method="heun",
                                                                              rng=rng)),
    "EnergyModel": Case(lambda: energy(buffer_size=20), signed(2), (2,)),
    "EnergyModel, from data": Case(lambda: energy(buffer_size=0), signed(2), (2,)),
    "PixelCNN": Case(lambda: PixelCNN(1, 8, 3, levels=6), level_images(1, 6, 5), (1, 6, 5), of_shape(1, 6, 5),
                     chance=False, whole=True),
    "PixelCNN, all traits": Case(lambda: PixelCNN(3, 8, 3, levels=6, likelihood=LogisticMixture(6, 2), num_classes=3),
                                 level_images(3, 4, 5, classes=3), (3, 4, 5),
                                 lambda model, n, rng: model.sample((n, 3, 4, 5), labels=1, rng=rng), chance=False,
                                 whole=True),
    "GPT": Case(lambda: GPT(6, 5, dim=8, depth=2, heads=2), levels(5), (5,), chance=False, whole=True),
    "GPT, classes": Case(lambda: GPT(6, 5, dim=8, depth=1, heads=2, num_classes=3), labelled_levels, (5,),
                         lambda model, n, rng: model.sample(n, labels=1, rng=rng), chance=False, whole=True),
    "Flow": Case(flow, points, (2,), chance=False),
    "DequantizedFlow": Case(lambda: DequantizedFlow(flow(), (2,), 6), levels(2), (2,), whole=True),
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


def test_a_model_states_the_form_of_its_data(case, model):
    ranges = {"binary": (0, 1), "unit": (0, 1), "signed": (-1, 1)}
    assert model.data_form in (*ranges, "levels", "real")
    if model.data_form in ranges:
        assert tuple(model.data_range) == ranges[model.data_form]


def test_sample_is_called_alike(case, model):
    """CONTRACT keeps sample(shape) of DiffusionModel and PixelCNN."""
    parameters = inspect.signature(model.sample).parameters
    assert next(iter(parameters)) in ("num_samples", "shape")
    assert all(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in ("labels", "rng"))
