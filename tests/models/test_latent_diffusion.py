"""Latent diffusion against what is known: an oracle in the network's place, and exact identities."""

import pytest
import torch
from torch import nn

import genlab
from genlab.data import Batches, shapes
from genlab.data.shapes import WORDS
from genlab.fit import fit
from genlab.models import (
    CaptionEncoder,
    Context,
    CrossAttention,
    DiffusionModel,
    KLAutoencoder,
    LatentDiffusion,
    TextUNet,
    chain_times,
    cosine_schedule,
    cross_attention,
    gaussian_kl,
    linear_schedule,
)
from genlab.models.samplers import chain, denoiser, sample


@pytest.fixture
def model():
    torch.manual_seed(0)
    return LatentDiffusion(KLAutoencoder(width=8), TextUNet(8, 16, width=16, coarse=16), CaptionEncoder(WORDS, 16))


@pytest.fixture
def awake(model):
    """The same with last layers that are not 0, so that words are heard."""
    for part in model.unet.modules():
        if isinstance(part, (nn.Linear, nn.Conv2d)) and not part.weight.any():
            nn.init.normal_(part.weight, std=0.2)
    return model.eval()


images = shapes(6, seed=1).images


class Identity(nn.Module):
    """An autoencoder that keeps everything, so that decoded codes can be looked at."""

    latent_shape = (3, 8, 8)

    def encode(self, x):
        return x, torch.full_like(x, -30.0)

    def decode(self, z):
        return z


class Normal(nn.Module):
    """The exact v for codes that are N(mean of the prompt, width² I): the first number of the context is the mean."""

    def __init__(self, schedule, width):
        super().__init__()
        self.schedule, self.width, self.asked = schedule, width, []
        self.nothing = nn.Parameter(torch.zeros(()))

    def forward(self, z, t, context):
        self.asked.append((len(z), sorted(set(t.tolist()))))
        mean = context.vectors[:, 0, :1, None, None]
        signal = self.schedule.at("alpha_bar", t, z)
        gain = signal.sqrt() * self.width**2 / (signal * self.width**2 + 1 - signal)
        clean = mean + gain * (z - signal.sqrt() * mean)
        noise = (z - signal.sqrt() * clean) / (1 - signal).sqrt()
        return signal.sqrt() * noise - (1 - signal).sqrt() * clean


class Means(nn.Module):
    """"0.5" is a prompt that says so, and "" says 0."""

    def tokenize(self, prompts):
        prompts = [prompts] if isinstance(prompts, str) else prompts
        return torch.tensor([[float(p or 0)] for p in prompts])

    def forward(self, tokens):
        return Context(tokens[:, None, :], torch.ones(len(tokens), 1, dtype=torch.bool))


def exact(width=0.25, **options):
    made = LatentDiffusion(Identity(), nn.Identity(), Means(), **options)
    made.unet = Normal(made.schedule, width)
    return made


def test_an_exact_network_makes_the_exact_normal(rng):
    made = exact()
    z = torch.cat([state.z for state in list(made.walk(made.denoiser(["0.5"], 400, guidance=1.0),
                                                       made.start(400, rng=rng), made.times(200)))[-1:]])
    assert abs(z.mean() - 0.5) < 0.01 and abs(z.std() - 0.25) < 0.01


@pytest.mark.parametrize("weight, mean", [(0.0, 0.0), (1.0, 0.3), (2.0, 0.6), (-1.0, -0.3)])
def test_guidance_moves_the_mean_of_equal_widths(weight, mean, rng):
    drawn = exact().text_to_image("0.3", 100, guidance=weight, n=300, rng=rng)
    assert abs((2 * drawn - 1).mean() - mean) < 0.02


def test_away_is_a_negative_prompt(rng):
    drawn = exact().text_to_image("0.1", 100, guidance=2.0, away="0.4", n=300, rng=rng)
    assert abs((2 * drawn - 1).mean() - (0.4 + 2 * (0.1 - 0.4))) < 0.02


def test_the_network_is_asked_at_times_of_training_once_a_step():
    made = exact()
    made.text_to_image(["0.1", "0.2", "0.3"], 7)
    assert [n for n, _ in made.unet.asked] == [6] * 7
    assert [t for _, (t,) in made.unet.asked] == [round(k * 1000 / 7) - 1 for k in range(7, 0, -1)]


def test_it_is_the_sampler_of_lesson_31_without_a_prompt(rng):
    torch.manual_seed(1)
    plain = DiffusionModel(3, 1000, beta=cosine_schedule(1000), prediction="v", data_range=(-9.0, 9.0))
    for part in plain.network.modules():
        if isinstance(part, nn.Conv2d) and not part.weight.any():
            nn.init.normal_(part.weight, std=0.05)

    class Deaf(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = plain.network

        def forward(self, z, t, context):
            return self.network(z, t)

    made = LatentDiffusion(Identity(), Deaf(), Means())
    x = made.start(2, rng=rng)
    theirs = sample(denoiser(plain), x, chain(plain.alpha_bar, 9))
    *_, last = made.walk(made.denoiser("", 2, guidance=4.0), x, made.times(9))
    assert theirs.abs().max() < 9  # nothing was clamped, which only pixels need
    torch.testing.assert_close(last.z, theirs, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("prediction", ["v", "noise", "clean"])
def test_every_prediction_has_the_same_exact_answer(prediction, rng):
    made, v = (exact(beta=linear_schedule(1000)) for _ in range(2))
    made.prediction, inner = prediction, made.unet.forward

    def forward(z, t, context):
        answer, s = inner(z, t, context), made.schedule
        noise, clean = s.noise_from("v", answer, z, t), s.clean_from("v", answer, z, t)
        return {"v": answer, "noise": noise, "clean": clean}[prediction]

    made.unet.forward = forward
    z = made.start(3, rng=rng)
    torch.testing.assert_close(made.text_to_image("0.2", 5, latents=z), v.text_to_image("0.2", 5, latents=z),
                               atol=1e-4, rtol=0)


def test_times_are_leading_or_trailing():
    assert chain_times(1000, 4) == [999, 749, 499, 249]
    assert chain_times(1000, 4, spacing="leading", offset=1) == [751, 501, 251, 1]
    assert chain_times(10, 10) == list(range(9, -1, -1)) and chain_times(10, 1) == [9]
    for bad in (0, 11):
        with pytest.raises(ValueError, match="num_steps"):
            chain_times(10, bad)
    with pytest.raises(ValueError, match="spacing"):
        chain_times(10, 2, spacing="linear")


def test_the_scale_makes_codes_of_size_1_and_cancels(model, rng):
    plain = model.decode_latent(model.encode_image(images, mean=True))
    scale = model.measure_scale(images, rng=rng)
    assert abs(model.encode_image(images).std() - 1) < 0.05 and scale is model.scale
    torch.testing.assert_close(model.decode_latent(model.encode_image(images, mean=True)), plain)
    assert "scale" in model.state_dict()


def test_images_out_of_range_are_refused(model):
    with pytest.raises(ValueError, match=r"images must lie in \[0, 1\]"):
        model.encode_image(2 * images - 1)


def test_the_autoencoder_is_frozen_and_the_rest_learns(awake):
    awake.train()
    tokens = awake.text_encoder.tokenize(["a red circle"] * 6)
    awake.loss(awake.encode_image(images), tokens)["loss"].backward()
    assert all(p.grad is None for p in awake.vae.parameters())
    assert all(p.grad is not None and p.grad.any() for p in awake.unet.parameters() if p.ndim > 1)
    assert awake.text_encoder.table.weight.grad.any()


def test_dropped_prompts_are_the_empty_one(awake):
    z, seen = torch.zeros(200, 8, 8, 8), []
    awake.text_encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    awake.dropped = 0.3
    awake.loss(z, awake.text_encoder.tokenize(["a red circle"] * 200), rng=torch.Generator().manual_seed(0))
    empty = (seen[0] == awake.text_encoder.tokenize("")).all(1)
    assert 0.2 < empty.double().mean() < 0.4 and (seen[0][~empty][:, 1] > 1).all()


def test_sampling_leaves_modes_and_gradients_alone(awake):
    awake.train()
    drawn = awake.text_to_image("a red circle", 2)
    assert awake.unet.training and not drawn.requires_grad and drawn.shape == (1, 3, 32, 32)
    assert 0 <= drawn.min() and drawn.max() <= 1


def test_words_places_and_nothing_else_count(awake):
    start = awake.start(1, rng=torch.Generator().manual_seed(0))

    def drawn(text):
        return awake.text_to_image(text, 3, guidance=1.0, latents=start)

    assert not torch.equal(drawn("a red circle"), drawn("a blue circle"))
    assert not torch.equal(drawn("a red circle"), drawn("red a circle"))
    torch.testing.assert_close(drawn("a  RED circle "), drawn("a red circle"))
    torch.testing.assert_close(awake.text_to_image("a red circle", 3, guidance=0.0, latents=start), drawn(""))


def test_padding_has_no_influence(awake):
    context = awake.context(["a red circle"])
    loud = Context(torch.where(context.keep[..., None], context.vectors, 1e4), context.keep)
    z, t = awake.start(1), torch.tensor([500])
    torch.testing.assert_close(awake.unet(z, t, context), awake.unet(z, t, loud))
    short = Context(context.vectors[:, :4], context.keep[:, :4])
    torch.testing.assert_close(awake.unet(z, t, context), awake.unet(z, t, short))


def test_cross_attention_is_torchs():
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    keep = torch.tensor([[True] * 3 + [False] * 4, [True] * 7])
    theirs = nn.MultiheadAttention(12, 3, bias=False, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.eye(12).repeat(3, 1))
        theirs.out_proj.weight.copy_(torch.eye(12))
    expected, _ = theirs(q, k, v, key_padding_mask=~keep)
    torch.testing.assert_close(cross_attention(q, k, v, keep, 3), expected)


def test_attention_begins_as_doing_nothing_and_its_weights_are_a_mean():
    layer, context = CrossAttention(8, 6), Context(torch.randn(2, 5, 6), torch.tensor([[True] * 2 + [False] * 3] * 2))
    x = torch.randn(2, 8, 4, 4)
    assert torch.equal(layer(x, context), x)
    weights = layer.weights(x, context)
    assert weights.shape == (2, 5, 4, 4) and not weights[:, 2:].any()
    torch.testing.assert_close(weights.sum(1), torch.ones(2, 4, 4))


@pytest.mark.parametrize("prompt, words", [("a pink circle", "'pink'"), (" ".join(["a"] * 8), "room for 7")])
def test_prompts_that_cannot_be_read_are_refused(model, prompt, words):
    with pytest.raises(ValueError, match=words):
        model.text_to_image(prompt, 1)


def test_as_many_prompts_as_images(model):
    with pytest.raises(ValueError, match="2 prompts for 3 images"):
        model.text_to_image(["a circle", "a square"], 1, latents=model.start(3))


def test_image_to_image_gives_back_or_forgets(awake, rng):
    back = awake.image_to_image(images, "a red circle", 4, strength=0.0)
    torch.testing.assert_close(back, awake.decode_latent(awake.encode_image(images, mean=True)))
    made = exact(width=0.1)
    far = made.image_to_image(torch.full((50, 3, 8, 8), 1.0), "-0.5", 50, strength=1.0, guidance=1.0, rng=rng)
    near = made.image_to_image(torch.full((50, 3, 8, 8), 1.0), "-0.5", 50, strength=0.1, guidance=1.0, rng=rng)
    assert abs((2 * far - 1).mean() + 0.5) < 0.05 < (2 * near - 1).mean()
    with pytest.raises(ValueError, match="strength"):
        awake.image_to_image(images, "", 4, strength=1.5)


def test_inpainting_keeps_what_is_seen(awake, rng):
    seen = torch.ones(1, 1, 32, 32, dtype=torch.bool)
    seen[..., 15:] = False
    drawn = awake.inpaint(images, seen, "a red circle", 3, rng=rng)
    assert torch.equal(drawn[..., :15], images[..., :15]) and drawn.shape == images.shape


def test_a_short_training_lowers_the_loss(model):
    captions = ["a red circle", "a blue circle"] * 32
    codes = torch.tensor([1.0, -1.0]).repeat(32)[:, None, None, None].expand(64, 8, 8, 8)
    batches = Batches(codes, model.text_encoder.tokenize(captions), size=16)
    learning = [*model.unet.parameters(), *model.text_encoder.parameters()]
    rng = torch.Generator().manual_seed(0)
    history = fit(model, batches, torch.optim.Adam(learning, 3e-3), steps=40, progress=False, rng=rng)
    assert history.last(10, "loss") < 0.9 * history["loss"][0]


def test_it_is_saved_and_loaded(model, tmp_path):
    model.measure_scale(images)
    genlab.save(model, tmp_path / "model.safetensors")
    again, z = genlab.load(tmp_path / "model.safetensors"), model.start(2)
    drawn = model.text_to_image("a circle", 2, latents=z)
    torch.testing.assert_close(again.text_to_image("a circle", 2, latents=z), drawn)


# The autoencoder


def test_the_autoencoder_is_a_vae_whose_code_has_places(rng):
    vae = KLAutoencoder(width=8)
    x = 2 * images - 1
    mu, logvar = vae.encode(x)
    assert mu.shape == (6, 512) and vae.latent_shape == (8, 8, 8)
    parts = vae.loss(x, rng=rng)
    torch.testing.assert_close(parts["kl_nats"], gaussian_kl(mu, logvar).mean())
    assert vae.decode(mu).shape == vae.decode(mu.view(6, 8, 8, 8)).shape == x.shape
    assert vae.sample(2).shape == (2, 3, 32, 32)
    changed = x.clone()
    changed[..., :4, :4] += 1
    far = (vae.encode(changed)[0] - mu).view(6, 8, 8, 8)[..., 5:, 5:]
    assert not far.any()  # a place knows the pixels around it


def test_sizes_that_cannot_be_halved_twice_are_refused():
    with pytest.raises(ValueError, match="multiple of 4"):
        KLAutoencoder(image_size=30)
