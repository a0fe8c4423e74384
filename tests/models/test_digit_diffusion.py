"""The shipped diffusion model of digits, and the recipe that trains it."""

import json
import math

import pytest
import torch

from genlab import metrics, weights
from genlab.data import digits, to_signed
from genlab.models import samplers
from genlab.models.diffusion_bound import diffusion_bound, last_step_nats
from genlab.models.digit_diffusion import untrained
from genlab.pretrained import digit_diffusion
from genlab.weights import digit_diffusion as recipe


def test_it_draws_the_digit_that_is_asked_for():
    model, asked = digit_diffusion(), torch.arange(60) % 10
    x = torch.randn(60, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    made = samplers.sample(samplers.denoiser(model, asked), x, samplers.chain(model.alpha_bar, 10))
    said = metrics.predictions(made, data_range=model.data_range).argmax(1)
    assert (said == asked).double().mean() > 0.75
    assert not model.training and not any(p.requires_grad for p in model.parameters())


def test_its_table_is_of_the_committed_weights():
    table = json.loads((weights.FOLDER / "digit_diffusion.json").read_text(encoding="utf-8"))
    images, labels = digits("test")
    rng = torch.Generator().manual_seed(3)
    with torch.no_grad():
        loss = recipe.Recipe(digit_diffusion()).loss(to_signed(images[:300]), labels[:300], rng=rng)["loss"].item()
    assert loss == pytest.approx(table["loss_on_held_out"]["value"], rel=0.12)
    assert table["1000 samples of 20 evaluations, with labels"]["frechet"] < 1.0


def test_times_are_those_of_a_normal_log_ratio():
    t = recipe.middle_times(1000, 100_000, like=torch.zeros(()), rng=torch.Generator().manual_seed(0))
    ratio = torch.tan((t + 0.5) / 1000 * math.pi / 2).log()
    assert abs(ratio.mean()) < 0.02 and ratio.std() == pytest.approx(1, abs=0.02) and 0 <= t.min() <= t.max() < 1000


def test_one_label_in_seven_is_left_out(rng):
    seen = []

    class Network(torch.nn.Module):
        def forward(self, x, t, labels):
            seen.append(labels)
            return torch.zeros_like(x)

    model = untrained()
    model.network = Network()
    loss = recipe.Recipe(model).loss(torch.zeros(4000, 1, 4, 4), torch.arange(4000) % 10, rng=rng)["loss"]
    left = seen[0].sum(1)
    assert set(left.tolist()) == {0.0, 1.0} and (left == 0).double().mean() == pytest.approx(0.15, abs=0.02)
    assert torch.equal(seen[0].argmax(1)[left > 0], (torch.arange(4000) % 10)[left > 0]) and loss > 0.1


def test_the_recipe_makes_weights_that_load(tmp_path, monkeypatch):
    monkeypatch.setattr(recipe, "measure", lambda model, n: {})
    path = recipe.make(tmp_path, tmp_path / "run.pt", steps=1)
    untrained().network.load_state_dict(weights.load("digit_diffusion", tmp_path))
    assert json.loads(path.with_suffix(".json").read_text())["steps"] == 1


def test_the_last_step_costs_what_the_bound_says(rng):
    """The bound's data term, by hand, with the same noise."""
    torch.manual_seed(0)
    model = untrained()
    model.variance = "large"
    x = to_signed(digits("test")[0][:2])[:, :, ::7, ::7]

    class Still(torch.nn.Module):
        def forward(self, x_t, t, labels=None):
            return torch.zeros_like(x_t)

    model.network, model.time_steps = Still(), 1  # the guess is √ᾱ x_t, whose noise is hardly seen
    data = diffusion_bound(model, x, rng=torch.Generator().manual_seed(1))["data"]
    draw = torch.Generator().manual_seed(1)
    t = torch.zeros(2, dtype=torch.long)
    x_t = model.q_sample(x, t, torch.randn(x.shape, generator=draw))
    std = math.sqrt(model.beta[0].item())
    torch.testing.assert_close(last_step_nats(x, model.predict_clean(x_t, t), std), data, rtol=1e-4, atol=1e-3)
