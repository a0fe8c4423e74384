"""The trainers of the outline: they convert the loader's images and count its epochs."""

import pytest
import torch

from genlab.data import Batches, loader
from genlab.models import VAE, BetaVAE, ConditionalVAE, ConvVAE, Gaussian, train_vae


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


class Spy(VAE):
    """Remembers the images that it was trained on."""

    def __init__(self):
        super().__init__(784, 8, 2)
        self.seen = []

    def loss(self, x, y=None, *, rng=None):
        self.seen.append(x)
        return super().loss(x, y, rng=rng)


def train(model, batches=None, **options):
    batches = loader(limit=128, rng=generator()) if batches is None else batches
    return train_vae(model, batches, **{"epochs": 1, "rng": generator(), "progress": False} | options)


@pytest.mark.parametrize("build", [VAE, BetaVAE, ConditionalVAE, ConvVAE])
def test_every_vae_is_trained(build):
    history = train(build(), epochs=4)
    assert history.steps == list(range(1, 9))
    assert history["loss"][-1] < history["loss"][0]


def test_images_are_binary_by_threshold():
    model = Spy()
    images = torch.rand(10, 1, 28, 28, generator=generator())
    train(model, Batches(images, size=10, shuffle=False))
    assert torch.equal(model.seen[0], (images > 0.5).float())


def test_dynamic_binarization_draws_each_pixel_anew():
    model = Spy()
    images = torch.full((64, 1, 28, 28), 0.3)
    train(model, Batches(images, size=64, shuffle=False), epochs=2, dynamic=True)
    first, second = model.seen
    assert set(first.unique().tolist()) == {0.0, 1.0} and not torch.equal(first, second)
    assert abs(first.mean() - 0.3) < 5 * (0.21 / first.numel()) ** 0.5


@pytest.mark.parametrize("dynamic", [False, True])
def test_images_out_of_range_are_refused(dynamic):
    with pytest.raises(ValueError, match=r"\[0, 1\].*to_unit"):
        train(VAE(), Batches(torch.full((4, 1, 28, 28), -1.0), size=4), dynamic=dynamic)


@pytest.mark.parametrize("build", [VAE, BetaVAE])
def test_warmup_raises_the_weight_of_the_kl_and_leaves_it_at_one(build):
    model, weights = build(), []
    history = train(model, epochs=4, warmup=5, schedule=lambda progress: 1 - progress,
                    watch=lambda model, _: weights.append(model.kl_weight), every=1)
    assert weights == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1])
    beta = getattr(model, "beta", 1.0)
    for k, weight in enumerate(weights):
        expected = history["reconstruction_nats"][k] + beta * weight * history["kl_nats"][k]
        assert history["loss"][k] == pytest.approx(expected, rel=1e-5)
    assert model.kl_weight == 1


def test_warmup_ends_with_an_interruption_too():
    def stop(model, history):
        raise KeyboardInterrupt

    model = VAE()
    assert train(model, warmup=50, watch=stop, every=1).interrupted
    assert model.kl_weight == 1


def test_warmup_needs_a_weight_to_raise():
    class Other(torch.nn.Linear):
        def loss(self, x, y=None, *, rng=None):
            return {"loss": self(x.flatten(1)).square().mean()}

    assert len(train(Other(784, 2))) == 2
    with pytest.raises(ValueError, match="Other has no kl_weight"):
        train(Other(784, 2), warmup=5)


def test_max_steps_comes_first():
    assert len(train(VAE(), epochs=50, max_steps=3)) == 3
    assert len(train(VAE(), epochs=1, max_steps=30)) == 2


def test_loaders_without_a_length_or_without_images():
    images = [torch.zeros(4, 784)]
    assert len(train(VAE(), images, epochs=2)) == 2

    class Unknown:
        def __iter__(self):
            return iter(images)

    assert len(train(VAE(), Unknown(), max_steps=3)) == 3
    with pytest.raises(ValueError, match="pass max_steps"):
        train(VAE(), Unknown())
    with pytest.raises(ValueError, match="empty"):
        train(VAE(), [])


def test_a_run_is_resumed_through_the_conversion(tmp_path):
    def run(steps, **options):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = VAE(784, 8, 2)
        train_rng = generator(4)
        batches = loader(limit=100, batch_size=16, rng=train_rng)
        return train(model, batches, epochs=9, max_steps=steps, rng=train_rng, dynamic=True,
                     warmup=8, **options)

    run(5, checkpoint=tmp_path / "run.pt")
    assert run(11, checkpoint=tmp_path / "run.pt")["loss"] == run(11)["loss"]


def test_a_gaussian_model_is_trained_on_grey_values_as_they_are():
    model = ConvVAE(1, 28, 2, hidden_dim=8, width=2, likelihood=Gaussian())
    seen = []
    model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    images = torch.rand(4, 1, 28, 28, generator=generator())
    train(model, Batches(images, size=4, shuffle=False), device="auto")
    assert torch.equal(seen[0].cpu(), images)
    with pytest.raises(ValueError, match=r'dynamic draws pixels .* takes the form "real"'):
        train(model, dynamic=True)


def test_dict_batches_are_named():
    with pytest.raises(TypeError, match="dicts with 'image', 'label': trainers take tuples"):
        train(VAE(), [{"image": torch.zeros(2, 784), "label": torch.zeros(2)}])
