"""PixelCNN against enumeration, input gradients and full passes; its likelihoods against sums over all levels."""

import math

import pytest
import torch
from scipy.stats import chisquare, logistic
from torch import nn

from genlab.models import LogisticMixture, MaskedConv2d, PixelCNN
from genlab.models.pixel_likelihoods import Categorical
from genlab.models.pixelcnn import causal_mask


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def model(*arguments, seed=0, scale=2.0, **options):
    """A model with strong dependences: its weights are larger than fresh ones."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made = PixelCNN(*arguments, **options)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(scale)
    return made.double().eval()


def jacobian(made, x):
    """Does the output for a value hear of an input? (D, D) of bool, in the order of drawing: r, c, colour."""
    scaled = made.scaled(x).requires_grad_()
    output = made.outputs(scaled)  # (1, K, C, H, W)
    weights = torch.randn(output.shape[1], generator=seeded(), dtype=output.dtype)
    values = torch.einsum("k,bkchw->bhwc", weights, output).flatten()
    rows = [torch.autograd.grad(v, scaled, retain_graph=True)[0][0].permute(1, 2, 0).flatten() for v in values]
    return torch.stack(rows) != 0


# The distribution


@pytest.mark.parametrize("channels, levels, shape", [(1, 2, (3, 3)), (3, 2, (1, 3)), (1, 3, (2, 3)), (2, 2, (2, 2))])
def test_probabilities_of_all_images_sum_to_one(channels, levels, shape):
    made = model(channels, 6, 3, levels=levels)
    images = torch.cartesian_prod(*[torch.arange(levels)] * (channels * math.prod(shape))).view(-1, channels, *shape)
    p = made.log_prob(images).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-10)
    assert p.max() > 2 * p.median(), "a uniform model would pass as well"


def test_samples_come_with_their_probabilities():
    made = model(1, 6, 2, levels=2)
    images = torch.cartesian_prod(*[torch.arange(2)] * 4).view(-1, 1, 2, 2)
    drawn = made.sample((4000, 1, 2, 2), rng=seeded()).flatten(1)
    counts = torch.bincount((drawn * torch.tensor([8, 4, 2, 1])).sum(1), minlength=16)
    expected = 4000 * made.log_prob(images).exp().detach()
    few = expected < 5
    counts, expected = (torch.cat([v[~few].double(), v[few].sum()[None].double()]) for v in (counts, expected))
    assert chisquare(counts[expected > 0], expected[expected > 0]).pvalue > 1e-4


@pytest.mark.parametrize("channels, levels, shape", [(1, 2, (7, 9)), (3, 4, (4, 5)), (1, 256, (1, 6)), (2, 3, (6, 1))])
def test_each_value_hears_all_earlier_ones_and_no_other(channels, levels, shape):
    made = model(channels, 24, 6, levels=levels, scale=1.5)  # enough features that no pixel has only shut ReLUs
    heard = jacobian(made, torch.randint(0, levels, (1, channels, *shape), generator=seeded()))
    assert torch.equal(heard, torch.ones_like(heard).tril(-1))


def test_the_default_sees_the_whole_past_of_an_image_of_28_by_28():
    made = model(1, 32, levels=2, scale=1.0)
    assert len(made.layers) + 1 == 7
    x = torch.randint(0, 2, (1, 1, 28, 28), generator=seeded())
    scaled = made.scaled(x).requires_grad_()
    for r, c in [(27, 27), (27, 0), (0, 27), (14, 13)]:
        logits = made.outputs(scaled)[0, :, 0, r, c]
        seen = torch.autograd.grad(logits[1] - logits[0], scaled)[0][0, 0] != 0
        assert torch.equal(seen.flatten(), torch.arange(784) < 28 * r + c), (r, c)


def test_a_stack_of_masked_layers_has_a_blind_spot():
    """What the two stacks are for: five plain layers miss a part of the past that lies within their reach."""
    layers = nn.Sequential(MaskedConv2d("A", 1, 4, 3), *[MaskedConv2d("B", 4, 4, 3) for _ in range(4)]).double()
    x = torch.zeros(1, 1, 11, 11, dtype=torch.float64, requires_grad=True)
    seen = torch.autograd.grad(layers(x)[0, :, 8, 5].sum(), x)[0][0, 0] != 0
    r, c = torch.meshgrid(torch.arange(11), torch.arange(11), indexing="ij")
    up, right = 8 - r, c - 5
    assert torch.equal(seen, ((up > 0) & (up <= 5) & (right.abs() <= 5) & (right <= up) | (up == 0) & (right < 0))
                       & (right >= -5))


# The mask


def test_masks_are_those_of_the_paper():
    assert causal_mask("A", (1, 5))[0, 0].tolist() == [[1, 1, 0, 0, 0]]
    assert causal_mask("B", (3, 3))[0, 0].tolist() == [[1, 1, 1], [1, 1, 0], [0, 0, 0]]


def test_colours_hear_those_before_them():
    centre = causal_mask("A", (3, 3), 3, 6, 3)[:, :, 1, 1]
    assert centre.tolist() == [[0, 0, 0]] * 2 + [[1, 0, 0]] * 2 + [[1, 1, 0]] * 2
    assert causal_mask("B", (1, 1), 3, 3, 3)[:, :, 0, 0].tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


@pytest.mark.parametrize("arguments", [("b", (3, 3)), ("A", (2, 3)), ("A", (3, 4)), ("A", (3, 3), 2, 3, 3)])
def test_masks_that_mean_nothing_are_refused(arguments):
    with pytest.raises(ValueError):
        causal_mask(*arguments)


def test_masked_weights_get_no_gradient_no_update_and_are_not_overwritten():
    """The outline multiplied weight.data in forward, which autograd does not see (its error P4)."""
    layer = MaskedConv2d("A", 2, 3, 3)
    before = layer.weight.detach().clone()
    layer(torch.randn(4, 2, 5, 5, generator=seeded())).square().sum().backward()
    assert torch.equal(layer.weight, before)
    assert not layer.weight.grad[:, :, 1, 1:].any() and layer.weight.grad[:, :, 0].all()
    torch.optim.Adam(layer.parameters(), lr=0.1).step()
    closed = (layer.mask == 0).expand_as(layer.weight)
    assert torch.equal(layer.weight[closed], before[closed]) and not torch.equal(layer.weight, before)
    own = {"weight": torch.ones(3, 2, 3, 3), "bias": torch.zeros(3)}
    torch.func.functional_call(layer, own, torch.zeros(1, 2, 5, 5))
    assert own["weight"].all()


def test_padding_that_is_given_stays():
    assert MaskedConv2d("B", 1, 1, 3)(torch.zeros(1, 1, 6, 7)).shape == (1, 1, 6, 7)
    assert MaskedConv2d("B", 1, 1, (1, 5), dilation=2)(torch.zeros(1, 1, 6, 7)).shape == (1, 1, 6, 7)
    assert MaskedConv2d("B", 1, 1, 3, padding=0)(torch.zeros(1, 1, 6, 7)).shape == (1, 1, 4, 5)


# Sampling


@pytest.mark.parametrize("options", [
    dict(levels=2), dict(channels=3, hidden_channels=9, levels=5), dict(levels=4, num_classes=3),
    dict(levels=7, likelihood=LogisticMixture(7, 2)), dict(levels=2, first_size=3, num_layers=1),
    dict(num_layers=9, levels=3)])
def test_the_cache_gives_what_full_passes_give(options):
    """Every output of the cache against the full pass, to 1e-5; and the same draws."""
    options = {"channels": 1, "hidden_channels": 8, "num_layers": 4} | options
    made = model(scale=1.5, **options).float()
    shape = (2, options["channels"], 9, 11)
    labels = [0, 2] if "num_classes" in options else None
    x = made.sample(shape, labels=labels, rng=seeded())
    assert torch.equal(x, made.sample(shape, labels=labels, cached=False, rng=seeded()))
    from genlab.models.pixel_sampling import RowCache

    label = made._label(None if labels is None else torch.tensor(labels), 2)
    with torch.no_grad():
        cache, full = RowCache(made, shape, label), made(x, label)
        for r in range(shape[2]):
            cache.row(x, r)
            for c in range(shape[3]):
                for g in range(shape[1]):
                    torch.testing.assert_close(cache.outputs(x, r, c, g), full[:, :, g, r, c], rtol=1e-5, atol=1e-5)


def test_a_part_is_completed_and_kept():
    made = model(1, 8, 3, levels=3)
    given = torch.full((6, 1, 5, 4), -1)
    given[:, :, :2] = torch.randint(0, 3, (6, 1, 2, 4), generator=seeded(3))
    drawn = made.sample((6, 1, 5, 4), given=given, rng=seeded())
    assert torch.equal(drawn[:, :, :2], given[:, :, :2]) and drawn.min() >= 0
    assert torch.equal(given[:, :, 2:], torch.full((6, 1, 3, 4), -1))
    other = made.sample((6, 1, 5, 4), given=(given + 1).clamp(max=2).where(given >= 0, -1), rng=seeded())
    assert not torch.equal(drawn[:, :, 2:], other[:, :, 2:]), "what is known has no influence"


def test_without_temperature_the_most_probable_level_is_taken():
    made = model(1, 8, 3, levels=4)
    drawn = made.sample((2, 1, 4, 4), temperature=0, rng=seeded())
    assert torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn, made(drawn).argmax(1))


def test_the_film_grows_row_by_row():
    states = list(model(1, 8, 2, levels=3).trajectory((2, 1, 4, 5), rng=seeded()))
    assert len(states) == 5 and not states[0].any()
    for r, state in enumerate(states):
        assert not state[:, :, r:].any() and torch.equal(state[:, :, :r], states[-1][:, :, :r])


@pytest.mark.parametrize("call", [
    lambda m: m.sample((2, 3, 4, 4)), lambda m: m.sample((2, 1, 4, 4), temperature=-1),
    lambda m: m.sample((2, 1, 4, 4), given=torch.full((1, 1, 4, 4), 9)), lambda m: m.log_prob(torch.zeros(1, 1, 4, 4)),
    lambda m: m.log_prob(torch.full((1, 1, 4, 4), 5)), lambda m: m.log_prob(torch.zeros(1, 16).long()),
    lambda m: PixelCNN(first_size=4), lambda m: PixelCNN(num_layers=0), lambda m: PixelCNN(levels=1)])
def test_what_cannot_be_is_refused(call):
    with pytest.raises(ValueError):
        call(model(1, 4, 2, levels=3))


# Likelihoods


def test_a_model_that_knows_nothing_costs_one_bit_for_each_binary_pixel():
    made = model(1, 4, 2, levels=2, scale=0.0)
    parts = made.loss(torch.zeros(2, 1, 28, 28).long())
    assert parts["loss"].item() == pytest.approx(784 * math.log(2))
    assert parts["bits_per_dim"].item() == pytest.approx(1)


@pytest.mark.parametrize("likelihood", [Categorical(256), LogisticMixture(256, 3), LogisticMixture(2, 1),
                                        LogisticMixture(5, 2)], ids=lambda k: f"{type(k).__name__} {k.levels}")
@pytest.mark.parametrize("scale", [0.1, 3.0, 20.0])
def test_levels_have_probability_one_together(likelihood, scale):
    output = scale * torch.randn(2, likelihood.outputs, 1, 3, 3, generator=seeded(), dtype=torch.float64)
    table = likelihood.log_probs(output)
    torch.testing.assert_close(table.exp().sum(1), torch.ones(2, 1, 3, 3, dtype=torch.float64))
    x = torch.randint(0, likelihood.levels, (2, 1, 3, 3), generator=seeded())
    torch.testing.assert_close(likelihood.log_prob(x, output), table.gather(1, x[:, None])[:, 0])


def test_a_component_is_scipys_logistic_cut_into_bins():
    """A peer: differences of distribution functions, in float64 where nothing rounds to 0."""
    made, levels = LogisticMixture(8, 1), 8
    output = torch.tensor([0.0, 0.2, -1.5], dtype=torch.float64).view(1, 3, 1, 1, 1)
    ends = (torch.arange(levels + 1).double() - 0.5) * 2 / (levels - 1) - 1
    cdf = torch.from_numpy(logistic.cdf(ends, 0.2, math.exp(-1.5)))
    cdf[0], cdf[-1] = 0, 1
    torch.testing.assert_close(made.log_probs(output).exp().flatten(), cdf.diff())


def test_sharp_components_stay_finite_in_single_precision():
    output = torch.tensor([0.0, 0.9, -20.0]).view(1, 3, 1, 1, 1).repeat(1, 1, 1, 1, 256).requires_grad_()
    x = torch.arange(256).view(1, 1, 1, 256)
    value = LogisticMixture(256, 1).log_prob(x, output)
    value.sum().backward()
    assert value.isfinite().all() and output.grad.isfinite().all() and value.min() < -500


def test_dropout_is_silent_in_evaluation():
    made = PixelCNN(1, 8, 3, levels=2, dropout=0.5).eval()
    x = torch.randint(0, 2, (2, 1, 6, 6), generator=seeded())
    assert torch.equal(made(x), made(x))
