"""The outline that this course grew from: its usage runs as it stands, and its errors stay away.

Each test of an error is named after the row in the list of known errors (V: VAE, C: conditional VAE,
B: β-VAE, G: GAN, DC: DCGAN, X: all models), with the outline's formula beside ours where that shows the difference.
"""

import inspect
import math

import pytest
import torch
import torch.nn.functional as F

import genlab.models
from genlab.data import binarize, digits, loader
from genlab.models import (
    GAN,
    VAE,
    BetaVAE,
    ConditionalGAN,
    ConditionalVAE,
    DCGANDiscriminator,
    DCGANGenerator,
    Discriminator,
    Generator,
    bernoulli_log_likelihood,
    generator_loss,
    saturating_generator_loss,
    train_gan,
    train_vae,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images():
    return binarize(digits("test")[0][:8])


@pytest.fixture
def labels():
    return digits("test")[1][:8]


# Usage

USAGE = {
    "VAE": "vae = VAE(input_dim=784, latent_dim=20); train_vae(vae, train_loader, epochs=10); "
           "samples = vae.sample(num_samples=64)",
    "GAN": "generator = Generator(latent_dim=100, output_dim=784); "
           "discriminator = Discriminator(input_dim=784); "
           "train_gan(generator, discriminator, train_loader, epochs=50); "
           "samples = generator(torch.randn(64, 100))",
    "DCGAN": "generator = DCGANGenerator(latent_dim=100, channels=1, image_size=28); "
             "discriminator = DCGANDiscriminator(channels=1, image_size=28); "
             "train_gan(generator, discriminator, train_loader, epochs=50, max_steps=2); "
             "samples = generator(torch.randn(64, 100, 1, 1))",
    "WGAN": "generator = Generator(latent_dim=100, output_dim=784); "
            "critic = WGANCritic(input_dim=784); "
            "train_wgan(generator, critic, train_loader, epochs=50, lr=5e-5, n_critic=5, clip_value=0.01); "
            "samples = generator(torch.randn(64, 100))",
    "DDPM": "model = DiffusionModel(channels=1, time_steps=1000); "
            "train_diffusion(model, train_loader, epochs=50); samples = model.sample(shape=(16, 1, 28, 28))",
}
SAMPLES = {"VAE": (64, 784), "GAN": (64, 784), "DCGAN": (64, 1, 28, 28), "WGAN": (64, 784), "DDPM": (16, 1, 28, 28)}


@pytest.mark.parametrize("name", USAGE)
def test_usage_runs_as_it_stands(name):
    names = {name: getattr(genlab.models, name) for name in genlab.models.__all__}
    space = names | {"torch": torch, "train_loader": loader(limit=32 if name == "DDPM" else 256)}
    exec(USAGE[name], space)
    assert space["samples"].shape == SAMPLES[name]


SIGNATURES = {
    "VAE": "input_dim=784, hidden_dim=400, latent_dim=20",
    "ConditionalVAE": "input_dim=784, num_classes=10, hidden_dim=400, latent_dim=20",
    "BetaVAE": "input_dim=784, hidden_dim=400, latent_dim=20, beta=4.0",
    "ConditionalGAN": "latent_dim=100, num_classes=10, img_channels=1",
    "ConditionalGAN.forward": "self, z, labels",
    "LatentDiffusion": "vae, unet, text_encoder",
    "LatentDiffusion.text_to_image": "self, text_prompt, num_steps=50",
    "train_vae": "model, train_loader, epochs=10, lr=0.001",
    "Generator": "latent_dim=100, output_dim=784, hidden_dim=256",
    "Discriminator": "input_dim=784, hidden_dim=256",
    "train_gan": "generator, discriminator, train_loader, epochs=50, lr=0.0002, latent_dim=100",
    "DCGANGenerator": "latent_dim=100, channels=1, image_size=64",
    "DCGANDiscriminator": "channels=1, image_size=64",
    "WGANCritic": "input_dim=784",
    "train_wgan": "generator, critic, train_loader, epochs=50, lr=5e-05, latent_dim=100, n_critic=5, clip_value=0.01",
    "DiffusionModel": "channels=1, time_steps=1000",
    "UNet": "channels=1, time_emb_dim=128",
    "Pix2PixGenerator": "input_channels=3, output_channels=3",
    "Tacotron2": "vocab_size, embedding_dim=512, encoder_dim=512",
    "Tacotron2.forward": "self, text, mel_targets=None",
    "train_diffusion": "model, train_loader, epochs=50, lr=0.0001",
    "DiffusionModel.forward_diffusion": "self, x_0, t",
    "DiffusionModel.sample": "self, shape",
    "VAE.encode": "self, x",
    "VAE.reparameterize": "self, mu, logvar",
    "VAE.decode": "self, z",
    "VAE.forward": "self, x",
    "VAE.loss_function": "self, recon_x, x, mu, logvar",
    "VAE.sample": "self, num_samples=64",
    "ConditionalVAE.encode": "self, x, c",
    "ConditionalVAE.decode": "self, z, c",
    "ConditionalVAE.forward": "self, x, c",
    "ConditionalVAE.sample": "self, num_samples=64, class_label=0",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_names_and_arguments_are_the_outlines(name):
    """Ours may have more, but only by keyword."""
    function = genlab.models
    for part in name.split("."):
        function = getattr(function, part)
    positional = [p for p in inspect.signature(function).parameters.values()
                  if p.kind is p.POSITIONAL_OR_KEYWORD]
    shown = [p.name if p.default is p.empty else f"{p.name}={p.default}" for p in positional]
    assert ", ".join(shown) == SIGNATURES[name]


def test_all_names_come_from_genlab_models():
    assert set(genlab.models.__all__) <= set(dir(genlab.models))
    for name in genlab.models.__all__:
        assert getattr(genlab.models, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Oracle'"):
        genlab.models.Oracle  # noqa: B018


# Errors of all models

def test_x1_and_x6_trainers_return_a_history_with_every_step():
    history = train_vae(VAE(), loader(limit=128), epochs=2, progress=False)
    assert len(history) == len(history["loss"]) == 4
    history = train_gan(Generator(), Discriminator(), loader(limit=128), epochs=2, progress=False)
    assert len(history) == len(history["generator_loss"]) == len(history["discriminator_loss"]) == 4


def test_x2_values_of_another_range_are_refused_on_entry(images, labels):
    for model in (VAE(), ConditionalVAE(), BetaVAE()):
        with pytest.raises(ValueError, match="to_unit"):
            model.loss(2 * images - 1, labels)


def test_x5_samples_can_be_repeated():
    model = VAE()
    assert torch.equal(model.sample(3, rng=generator()), model.sample(3, rng=generator()))


def test_x6_an_empty_loader_says_so():
    with pytest.raises(ValueError, match="loader is empty"):
        train_vae(VAE(), [], epochs=1)
    with pytest.raises(ValueError, match="loader is empty"):
        train_gan(Generator(), Discriminator(), [], epochs=1)


@pytest.mark.parametrize("logit, target", [(-200.0, 1.0), (200.0, 0.0), (20.0, 0.0)])
def test_x8_and_v3_the_gradient_does_not_vanish_where_the_model_is_sure(logit, target):
    ours, theirs, outlines = (torch.full((1, 1), logit, requires_grad=True) for _ in range(3))
    x = torch.full((1, 1), target)
    (-bernoulli_log_likelihood(x, ours)).sum().backward()
    F.binary_cross_entropy_with_logits(theirs, x).backward()
    torch.testing.assert_close(ours.grad, theirs.grad)
    assert ours.grad.item() == pytest.approx(math.copysign(1, logit))
    F.binary_cross_entropy(outlines.sigmoid(), x).backward()
    assert outlines.grad.item() == 0  # what was wrong with it


# Errors of the VAE

def test_v1_the_loss_is_minus_the_elbo(images):
    model = VAE()
    loss = model.loss(images, rng=generator())["loss"]
    torch.testing.assert_close(loss, -model.elbo(images, rng=generator()).mean())
    assert loss > 0, "a log-probability of binary data is negative"


def test_v2_on_grey_values_the_likelihood_has_a_floor_above_zero():
    grey = digits("all")[0].double()
    entropy = -torch.special.xlogy(grey, grey) - torch.special.xlogy(1 - grey, 1 - grey)
    best = -bernoulli_log_likelihood(grey, grey.logit(1e-12))
    torch.testing.assert_close(best, entropy.flatten(1).sum(1), rtol=1e-6, atol=1e-6)
    assert best.mean() == pytest.approx(46.28, abs=0.05)
    assert bernoulli_log_likelihood(binarize(grey), 1e6 * (2 * binarize(grey) - 1)).max() == 0


def test_v4_a_wild_encoder_gives_a_finite_loss(images):
    model = VAE()
    with torch.no_grad():
        model.logvar_head.bias.fill_(100)
    parts = model.loss(images, rng=generator())
    parts["loss"].backward()
    assert parts["loss"].isfinite() and all(p.grad.isfinite().all() for p in model.parameters())


class Certain(VAE):
    """Without noise, so that copies of an image are copies of its loss."""

    def reparameterize(self, mu, logvar, *, rng=None):
        return mu


def test_v5_a_batch_of_copies_costs_what_one_costs(images):
    model = Certain()
    once, twice = images, torch.cat([images, images])
    torch.testing.assert_close(model.loss(twice), model.loss(once))
    expected = model.loss_function(*args(model, once))
    torch.testing.assert_close(model.loss_function(*args(model, twice)), expected)


def args(model, x):
    recon, mu, logvar = model(x)
    return recon, x, mu, logvar


def test_v6_images_go_in_and_come_out(images):
    assert VAE()(images)[0].shape == images.shape == (8, 1, 28, 28)
    assert VAE()(images.flatten(1))[0].shape == (8, 784)


def test_v7_samples_may_be_pixels_and_not_only_their_means():
    assert set(VAE().sample(4, mean=False).unique().tolist()) == {0.0, 1.0}
    assert 0 < VAE().sample(4).min() < VAE().sample(4).max() < 1


def test_v8_there_is_an_estimate_of_the_likelihood_and_a_look_inside(images):
    model = VAE()
    bound = model.iwae(images.repeat(50, 1, 1, 1), 50, rng=generator()).mean()
    assert bound > model.elbo(images.repeat(50, 1, 1, 1), rng=generator()).mean()
    assert model.reconstruct(images).shape == images.shape
    assert model.interpolate(images[:4], images[4:], 6).shape == (6, 4, 784)


# Errors of the conditional GAN

def test_cg1_d_sees_the_label_and_g_listens_to_it():
    gan = ConditionalGAN()
    x, y = torch.rand(4, 1, 28, 28) * 2 - 1, torch.arange(4)
    assert (gan.discriminator(x, y) != gan.discriminator(x, y + 1)).all()
    z = torch.randn(4, 100)
    assert gan(z, y).shape == (4, 1, 28, 28) and not torch.equal(gan(z, y), gan(z, y + 1))
    gan.generator_loss(x, y)["loss"].backward()
    assert gan.generator.table.weight.grad[:4].any() and not gan.generator.table.weight.grad[4:].any()


def test_cg2_the_labels_row_is_shorter_than_z():
    assert ConditionalGAN().generator.table.weight.shape == (10, 32)


def test_cg3_other_sizes_and_channels():
    assert ConditionalGAN(8, 4, 3, image_size=16)(torch.randn(2, 8), torch.tensor([0, 3])).shape == (2, 3, 16, 16)


# Errors of the conditional VAE

def test_c1_forward_runs(images, labels):
    recon, mu, logvar = ConditionalVAE()(images, labels)
    assert recon.shape == images.shape and mu.shape == logvar.shape == (8, 20)
    assert (ConditionalVAE().loss(images, labels)["kl_nats"] >= 0).all()


def test_c2_the_trainer_trains_it(images, labels):
    history = train_vae(ConditionalVAE(), loader(limit=256), max_steps=20, progress=False)
    assert history.last(3) < history["loss"][0]
    model = ConditionalVAE()
    assert model.loss_function(*args(lambda x: model(x, labels), images)).isfinite()


def test_c3_whole_numbers_and_one_hot_rows_are_the_same_labels(images, labels):
    model = ConditionalVAE()
    rows = F.one_hot(labels, 10).float()
    torch.testing.assert_close(model.encode(images, labels), model.encode(images, rows))
    torch.testing.assert_close(model(images, labels, rng=generator()), model(images, rows, rng=generator()))
    with pytest.raises(ValueError, match=r"labels must lie in \[0, 9\]"):
        model(images, labels + 10)


def test_c4_one_style_in_all_classes():
    assert ConditionalVAE().sample_grid(3).shape == (3, 10, 784)
    assert ConditionalVAE().sample(10, torch.arange(10)).shape == (10, 784)


def test_c5_the_condition_is_used(images, labels):
    """A brief training is enough for other labels to make the images less probable."""
    model = ConditionalVAE(hidden_dim=64, latent_dim=4)
    batches = loader(limit=1000, rng=generator())
    train_vae(model, batches, max_steps=150, lr=3e-3, rng=generator(), progress=False)
    x, y = digits("test")
    x = binarize(x)
    right = model.elbo(x, y, rng=generator()).mean()
    wrong = model.elbo(x, y.roll(1), rng=generator()).mean()
    assert right > wrong + 5


# Errors of the β-VAE

def test_b2_both_terms_are_sums_so_that_beta_means_what_it_says(images):
    model = BetaVAE(beta=4.0)
    parts = model.loss(images, rng=generator())
    recon, mu, logvar = model(images, rng=generator())
    reconstruction = F.binary_cross_entropy(recon, images, reduction="sum") / len(images)
    torch.testing.assert_close(parts["reconstruction_nats"], reconstruction)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() / len(images)
    torch.testing.assert_close(parts["loss"], reconstruction + 4 * kl)
    assert model.beta_norm == pytest.approx(0.10, abs=0.003)


def test_b2_beta_one_is_the_vae_exactly(images):
    plain, model = VAE(), BetaVAE(beta=1.0)
    model.load_state_dict(plain.state_dict())
    assert model.loss(images, rng=generator())["loss"] == plain.loss(images, rng=generator())["loss"]


def test_b3_minus_the_elbo_is_logged_beside_the_loss(images):
    parts = BetaVAE(beta=4.0).loss(images)
    assert set(parts) == {"loss", "reconstruction_nats", "kl_nats", "negative_elbo_nats"}
    torch.testing.assert_close(parts["negative_elbo_nats"], parts["loss"] - 3 * parts["kl_nats"])


def test_b4_it_changes_one_method_of_the_vae():
    assert BetaVAE.loss_function is VAE.loss_function and BetaVAE.forward is VAE.forward
    assert genlab.models.CapacityVAE.loss is BetaVAE.loss


# Errors of the GAN

SLOPES = [(-200.0, -1.0, 0.0), (0.0, -0.5, -0.5), (200.0, 0.0, -1.0)]


@pytest.mark.parametrize("logit, slope, saturating", SLOPES)
def test_g1_and_g2_the_generators_gradient_does_not_vanish_while_d_is_sure(logit, slope, saturating):
    for loss, expected in ((generator_loss, slope), (saturating_generator_loss, saturating)):
        fake = torch.tensor([logit], requires_grad=True)
        loss(fake).backward()
        assert fake.grad.item() == pytest.approx(expected)


def test_g3_a_generators_step_leaves_nothing_in_the_discriminator():
    gan = GAN(Generator(output_dim=2), Discriminator(2))
    gan.generator_loss(torch.zeros(4, 2))["loss"].backward()
    assert all(parameter.grad is None for parameter in gan.discriminator.parameters())
    assert all(parameter.grad is not None for parameter in gan.generator.parameters())


def test_g4_the_discriminator_says_the_same_twice():
    discriminator, x = Discriminator(), torch.rand(4, 1, 28, 28)
    assert torch.equal(discriminator(x), discriminator(x))


def test_g5_a_sample_does_not_depend_on_its_neighbours():
    generator = torch.nn.Sequential(torch.nn.Linear(5, 3), torch.nn.BatchNorm1d(3))
    gan = GAN(generator, Discriminator(3), 5)
    first = gan.sample(2, rng=torch.Generator().manual_seed(0))
    assert generator.training and first.shape == (2, 3)
    with torch.no_grad():
        z = gan.noise(2, rng=torch.Generator().manual_seed(0))
        alone = torch.cat([generator.eval()(row[None]) for row in z])
    torch.testing.assert_close(first, alone)


# Errors of the DCGAN

def test_dc1_the_trainer_takes_convolutional_players():
    players = DCGANGenerator(10, 1, 28, width=4), DCGANDiscriminator(1, 28, width=4)
    history = train_gan(*players, loader(limit=128), latent_dim=10, max_steps=2, progress=False)
    assert len(history) == 2


def test_dc2_and_dc4_sizes_and_codes_are_what_they_say():
    """The outline's discriminator of 64 pixels gave 25 logits for each image of 128, as if they were 25 images."""
    with pytest.raises(ValueError, match="image_size=128"):
        DCGANDiscriminator()(torch.zeros(2, 1, 128, 128))
    z = torch.randn(2, 10)
    generator = DCGANGenerator(10, image_size=32, width=4).eval()
    assert torch.equal(generator(z), generator(z[:, :, None, None])) and generator(z).shape == (2, 1, 32, 32)


def test_dc3_and_dc5_weights_begin_as_published_and_the_last_layers_have_offsets():
    for net in (DCGANGenerator(image_size=28), DCGANDiscriminator(image_size=28)):
        convolutions = [m for m in net.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.ConvTranspose2d))]
        assert all(m.weight.std().item() == pytest.approx(0.02, rel=0.15) for m in convolutions)
        assert convolutions[-1].bias is not None and not convolutions[-1].bias.any()


def test_a_coin_toss_for_each_pixel_is_where_training_starts(images):
    """784 ln 2 = 543.4 nats: no better, so that lower numbers mean something."""
    assert VAE().loss(images)["loss"].item() == pytest.approx(784 * math.log(2), rel=0.02)
