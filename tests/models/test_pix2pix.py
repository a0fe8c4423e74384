"""pix2pix: published counts, receptive fields by autograd, losses by hand, the outline's errors (PP1 to PP6)."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import genlab
from genlab.data import Batches
from genlab.display import input_gradients
from genlab.fit import fit_adversarial
from genlab.models import PatchGAN, Pix2Pix, Pix2PixGenerator, receptive_field, train_pix2pix
from genlab.models.adversarial import Relativistic
from genlab.models.pix2pix import init_weights


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def small(**options):
    torch.manual_seed(0)
    return Pix2PixGenerator(2, 1, image_size=16, width=4, norm=options.pop("norm", "instance"), **options)


def game(**options):
    torch.manual_seed(0)
    return Pix2Pix(small(), PatchGAN(2, 1, width=4, layers=1, norm="none"), **options)


@pytest.fixture
def pair():
    return torch.randn(3, 2, 16, 16, generator=seeded()).tanh(), torch.randn(3, 1, 16, 16, generator=seeded(1)).tanh()


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_the_published_sizes():
    """U-Net 256 and the 70 × 70 discriminator of the authors' code."""
    with torch.device("meta"):
        generator, judge = Pix2PixGenerator(), PatchGAN()
    assert count(generator) == 54_414_531 and count(judge) == 2_768_705
    assert [block[0].out_channels for block in generator.down] == [64, 128, 256, 512, 512, 512, 512, 512]
    x = torch.zeros(1, 3, 256, 256, device="meta")
    assert judge(x, x).shape == (1, 1, 30, 30) and generator(x).shape == x.shape


@pytest.mark.parametrize("layers, field", [(0, 1), (1, 16), (2, 34), (3, 70)])
def test_the_receptive_field_is_that_of_autograd(layers, field):
    judge = PatchGAN(1, 1, width=2, layers=layers, norm="none")  # statistics of a batch see every pixel
    seen = input_gradients(judge, 128) > 0
    assert judge.field == field == int(seen.any(0).sum()) == int(seen.any(1).sum())


def test_receptive_fields_by_formula():
    assert receptive_field([4] * 6, [2, 2, 2, 2, 1, 1]) == 142 and receptive_field([], []) == 1


def test_pp2_every_pixel_of_the_result_may_depend_on_every_pixel_of_the_input():
    generator = small(dropout=0.0).eval()
    x = torch.randn(1, 2, 16, 16, generator=seeded()).requires_grad_()
    slope, = torch.autograd.grad(generator(x)[0, 0, 0, 0], x)
    assert (slope.abs().sum(1) > 0).all()


def test_pp3_dropout_is_noise_that_stays_on_in_eval_mode_and_can_be_switched_off(pair):
    model = game()
    first, second = (model.sample(pair[0], rng=seeded(seed)) for seed in (1, 2))
    assert not torch.equal(first, second) and torch.equal(first, model.sample(pair[0], rng=seeded(1)))
    quiet = model.sample(pair[0], noisy=False)
    assert torch.equal(quiet, model.sample(pair[0], noisy=False)) and model.generator.noisy


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_pp4_a_batch_of_one_trains_though_the_innermost_map_is_one_place(norm, pair):
    generator = small(norm=norm)
    generator(pair[0][:1], rng=seeded()).sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in generator.parameters())


@pytest.mark.parametrize("size", [28, 40, 0, 3])
def test_pp5_other_sizes_are_refused_with_the_remedy(size):
    with pytest.raises(ValueError, match=r"power of two.*pad"):
        Pix2PixGenerator(1, 1, image_size=size)


def test_pp5_images_of_another_shape_are_refused():
    for shape in ((1, 2, 16, 8), (1, 1, 16, 16), (2, 16, 16)):
        with pytest.raises(ValueError, match="x must be"):
            small()(torch.zeros(shape))


def test_pp6_no_bias_before_a_norm_and_the_published_first_weights():
    generator = Pix2PixGenerator(3, 3, image_size=32, width=16)
    for block in (*generator.down, *generator.up):
        assert (block[0].bias is None) == isinstance(block[1], nn.BatchNorm2d)
    weights = torch.cat([b[0].weight.flatten() for b in (*generator.down, *generator.up)])
    assert weights.std().item() == pytest.approx(0.02, rel=0.02)
    gains = torch.cat([b[1].weight for b in generator.down[1:-1]])
    assert abs(gains.mean().item() - 1) < 0.01 and gains.std().item() == pytest.approx(0.02, rel=0.3)
    assert init_weights(generator) is generator


def test_pp1_losses_are_those_of_the_paper(pair):
    x, y = pair
    model = game(l1_weight=7.0)
    model.generator.noisy = False
    made = model.generator(x)
    real, fake = model.discriminator(x, y), model.discriminator(x, made)
    parts = model.discriminator_loss(x, y)
    torch.testing.assert_close(parts["loss"], 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean()))
    parts = model.generator_loss(x, y)
    torch.testing.assert_close(parts["loss"], F.softplus(-fake).mean() + 7 * (y - made).abs().mean())
    assert parts["l1"].item() == pytest.approx((y - made).abs().mean().item())


def test_each_loss_reaches_its_own_player_alone(pair):
    model = game()
    model.discriminator_loss(*pair)["loss"].backward()
    assert all(p.grad is None for p in model.generator.parameters())
    assert all(p.grad is not None for p in model.discriminator.parameters())
    model.discriminator.zero_grad()
    model.generator_loss(*pair)["loss"].backward()
    assert all(p.grad is None and p.requires_grad for p in model.discriminator.parameters())
    assert all(p.grad is not None for p in model.generator.parameters())


def test_all_randomness_comes_from_rng_and_modes_stay(pair):
    model, before = game(), torch.get_rng_state()
    model.train().generator.down.eval()
    modes = [part.training for part in model.modules()]
    assert model.generator_loss(*pair, rng=seeded())["loss"] == model.generator_loss(*pair, rng=seeded())["loss"]
    model.discriminator_loss(*pair, rng=seeded())
    assert not model.sample(pair[0], rng=seeded()).requires_grad
    assert torch.equal(torch.get_rng_state(), before) and [part.training for part in model.modules()] == modes


def test_without_the_adversarial_term_d_is_not_asked(pair):
    model = game(adversarial_weight=0.0)
    model.discriminator.forward = None
    parts = model.generator_loss(*pair, rng=seeded())
    assert set(parts) == {"loss", "l1"} and parts["loss"].item() == pytest.approx(100 * parts["l1"].item())
    with pytest.raises(ValueError, match="weights"):
        game(l1_weight=0.0, adversarial_weight=0.0)


def test_losses_that_need_real_logits_get_them(pair):
    assert game(loss=Relativistic()).generator_loss(*pair, rng=seeded())["loss"].isfinite()


def test_a_judge_that_does_not_see_the_input_ignores_it(pair):
    x, y = pair
    judge = PatchGAN(2, 1, width=4, layers=1, norm="none", conditional=False)
    assert torch.equal(judge(x, y), judge(-x, y))
    judge = PatchGAN(2, 1, width=4, layers=1, norm="none")
    assert not torch.equal(judge(x, y), judge(-x, y))


def test_a_judge_refuses_what_is_no_pair(pair):
    x, y = pair
    with pytest.raises(ValueError, match="pairs of one size"):
        PatchGAN(2, 1)(x, y[..., :8])
    with pytest.raises(ValueError, match="fewer layers"):
        PatchGAN(2, 1, layers=3)(x, y)


def test_skips_carry_a_change_of_one_pixel(pair):
    x, other = pair[0][:1], pair[0][:1].clone()
    other[0, 0, 5, 6] *= -1
    changes = {}
    for skips in (True, False):
        generator = small(dropout=0.0, skips=skips, norm="none")
        for p in generator.parameters():
            p.data *= 10
        change = (generator(x) - generator(other)).abs()[0, 0].detach()
        changes[skips] = float(change[3:9, 4:10].mean() / change.mean())
    assert changes[True] > 1.2 * changes[False]  # near the pixel, against everywhere


def test_skips_are_left_by_their_sizes(pair):
    generator, x = small(dropout=0.0), pair[0]
    whole = generator(x)
    generator.skips = (2, 4, 8)
    assert torch.equal(generator(x), whole)
    generator.skips = (8,)
    part = generator(x)
    generator.skips = ()
    assert not torch.equal(part, whole) and not torch.equal(generator(x), part)


def test_it_learns_to_turn_an_image_over():
    """y = -x on images of a single bar: a map that it can only know from pairs."""
    x = -torch.ones(16, 1, 8, 8)
    for i in range(8):
        x[i, 0, i], x[8 + i, 0, :, i] = 1, 1
    torch.manual_seed(0)
    model = Pix2Pix(Pix2PixGenerator(1, 1, image_size=8, width=12, norm="none", dropout=0.0),
                    PatchGAN(1, 1, width=4, layers=0, norm="none"))
    players = [torch.optim.Adam(p.parameters(), 1e-2, betas=(0.5, 0.999))
               for p in (model.generator, model.discriminator)]
    history = fit_adversarial(model, Batches(x, -x, size=16, rng=seeded()), *players, steps=60, progress=False)
    assert history.last(5, "l1") < 0.3 * history["l1"][0]
    assert all(len(history[name]) == 60 for name in ("discriminator_loss", "fooling", "p_real", "p_fake"))


def test_the_trainer_takes_pairs_in_the_unit_range():
    x, y = torch.rand(6, 1, 8, 8, generator=seeded()), torch.rand(6, 1, 8, 8, generator=seeded(1))
    generator = Pix2PixGenerator(1, 1, image_size=8, width=4)
    batches = Batches(x, y, torch.arange(6), size=3, rng=seeded())
    history = train_pix2pix(generator, PatchGAN(1, 1, width=4, layers=1), batches, epochs=2, progress=False)
    assert len(history) == 4 and all(math.isfinite(v) for v in history["generator_loss"])
    with pytest.raises(TypeError, match="pairs"):
        train_pix2pix(generator, PatchGAN(1, 1), Batches(x, torch.arange(6), size=3), epochs=1, progress=False)
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        Pix2Pix(generator, PatchGAN(1, 1, width=4, layers=1)).discriminator_loss(x, 3 * y)


def test_it_is_saved_with_its_configuration(tmp_path, pair):
    generator = small(dropout=0.0)
    genlab.save(generator, tmp_path / "g.safetensors")
    again = genlab.load(tmp_path / "g.safetensors")
    assert torch.equal(again(pair[0]), generator(pair[0]))


def test_it_moves_to_another_device(pair):
    model = game().to("meta")
    x, y = (part.to("meta") for part in pair)
    assert model.generator_loss(x, y, rng=seeded())["loss"].is_meta and model.sample(x, rng=seeded()).is_meta


@pytest.mark.parametrize("options, word", [({"norm": "layer"}, "norm"), ({"dropout": 1.0}, "dropout")])
def test_wrong_options_are_refused(options, word):
    with pytest.raises(ValueError, match=word):
        small(**options)
    with pytest.raises(ValueError, match="layers"):
        PatchGAN(layers=-1)
