"""Pictures that explain an idea, and the bound on a toy whose log p(x) is known by other means."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from genlab.display import (
    LivePicture,
    bound_explorer,
    bound_terms,
    code_plane,
    drawn_image,
    plot_bound,
    plot_curves,
    plot_histograms,
    plot_lines,
    plot_mixture,
)
from genlab.models.conv_vae import ConvVAE
from genlab.models.vae import VAE

NOISE, SLOPE = 0.4, torch.tensor([[1.2, -0.7]], dtype=torch.float64)


def line(z):
    """A linear decoder, of which everything is known."""
    return z[:, None] * SLOPE


def exact(x, q):
    """log p(x), the ELBO and the gap in closed form."""
    x = torch.tensor(x, dtype=torch.float64)
    logp = MultivariateNormal(torch.zeros(2).double(), SLOPE.T @ SLOPE + NOISE**2 * torch.eye(2)).log_prob(x)
    precision = 1 + SLOPE.square().sum() / NOISE**2
    posterior = Normal((x * SLOPE[0]).sum() / NOISE**2 / precision, precision.rsqrt())
    bell = Normal(*(torch.tensor(v, dtype=torch.float64) for v in q))
    gap = kl_divergence(bell, posterior)
    return logp.item(), (logp - gap).item(), gap.item(), kl_divergence(bell, Normal(0.0, 1.0)).item()


@pytest.mark.parametrize("x", [(0.0, 0.0), (1.5, -1.0), (-2.0, 2.5)])
@pytest.mark.parametrize("q", [(0.0, 1.0), (-2.9, 1.5), (1.3, 0.05)])
def test_the_bound_is_the_closed_form_of_a_line(x, q):
    terms = bound_terms(line, x, q, NOISE)
    logp, elbo, gap, price = exact(x, q)
    assert terms.logp == pytest.approx(logp, rel=1e-6)
    assert terms.elbo == pytest.approx(elbo, rel=1e-6)
    assert terms.gap == pytest.approx(gap, rel=1e-6)
    assert terms.price == pytest.approx(price, abs=1e-9)
    assert terms.fit - terms.price == pytest.approx(terms.elbo)


def test_the_gap_closes_at_the_posterior():
    precision = 1 + SLOPE.square().sum().item() / NOISE**2
    mean = (1.5 * 1.2 + 0.7) / NOISE**2 / precision
    assert bound_terms(line, (1.5, -1.0), (mean, precision**-0.5), NOISE).gap == pytest.approx(0, abs=1e-6)


def test_the_explorer_holds_its_numbers_and_a_still_picture():
    made = bound_explorer(line, x=(1, -1), q=(0.5, 0.3), noise=NOISE)
    assert made.widget.x == [1.0, -1.0] and made.widget.q == [0.5, 0.3]
    assert len(made.widget.z) == len(made.widget.fx)
    logp = exact((1.0, -1.0), (0.5, 0.3))[0]
    assert f"log p(x) = {logp:.2f}" in made.figure.alt and "your bell q: ELBO" in made.figure.alt


def test_every_bell_gets_a_bar():
    figure = plot_bound(line, x=(1, -1), noise=NOISE, bells={"one": (0, 1), "two": (1, 0.2)}, title="Bells")
    bars = figure.axes[1]
    assert [t.get_text() for t in bars.get_yticklabels()] == ["one", "two"] and len(bars.patches) == 4
    ends = {round(p.get_x() + p.get_width(), 6) for p in bars.patches[1::2]}
    assert ends == {round(exact((1.0, -1.0), (0, 1.0))[0], 6)}  # each bar ends at log p(x)


def test_the_plane_carries_the_weights_in_order():
    torch.manual_seed(0)
    model = VAE(784, 16, 2)
    made = code_plane(model, (torch.rand(3, 1, 28, 28) > 0.9).float())
    count = sum(p.numel() for p in model.parameters())
    numbers = torch.frombuffer(bytearray(made.widget.weights), dtype=torch.float16).float()
    assert len(numbers) == count and len(made.widget.examples) == 3
    first = model.encoder[0] if isinstance(model.encoder[0], torch.nn.Linear) else model.encoder[0][0]
    assert torch.equal(numbers[: first.weight.numel()], first.weight.detach().half().float().flatten())
    assert made.widget.layers["heads"] == [16, 2] and made.widget.layers["decoder"][-1] == 784
    assert "169" in made.figure.alt or "13 by 13" in made.figure.alt


def test_what_was_drawn_becomes_an_image():
    made = code_plane(VAE(784, 8, 2), torch.zeros(1, 1, 28, 28))
    assert drawn_image(made) is None
    made.widget.drawn = [0, 29]
    image = drawn_image(made)
    assert image.shape == (1, 1, 28, 28) and image.sum() == 2 and image[0, 0, 1, 1] == 1


@pytest.mark.parametrize("model, says", [(VAE(784, 8, 3), "two latent numbers, not 784 and 3"),
                                         (ConvVAE(2), "linear layers and ReLU, not Conv2d")])
def test_models_that_the_browser_cannot_run_are_refused(model, says):
    with pytest.raises(ValueError, match=says):
        code_plane(model, torch.zeros(1, 1, 28, 28))


def test_lines_and_histograms_say_what_they_show():
    x = torch.linspace(0, 1, 5)
    panels = [{"a": (x, x), "b": (x, x**2)}, {"c": (x, -x)}]
    figure = plot_lines(panels, x=["s", "t"], y="nats", alt="two panels")
    assert [ax.get_xlabel() for ax in figure.axes] == ["s", "t"] and figure.axes[0].get_ylabel() == "nats"
    draws = {"narrow": torch.zeros(100), "wide": torch.arange(100.0)}
    figure = plot_histograms(draws, axis="slope", marks={"true": 2})
    assert "narrow: mean 0.00, standard deviation 0.00" in figure.alt and "wide: mean 49.50" in figure.alt
    assert all(len(ax.lines) == 1 for ax in figure.axes) and figure.axes[-1].get_xlabel() == "slope"


def test_curves_take_dots_and_lines_to_compare_with():
    history = {"loss": [200.0, 120.0, 110.0], "kl_nats": [0.0, 10.0, 20.0]}
    figure = plot_curves(history, points={"held_out_nats": ([1, 3], [190.0, 118.0])}, lines={"coins": 206.5})
    texts = [t.get_text() for ax in figure.axes for t in ax.texts]
    assert any("coins  206.5" in t for t in texts) and any("held out  118" in t for t in texts)
    assert figure.axes[0].get_ylim()[1] > 206.5 and "for comparison coins 206.5" in figure.alt


def test_a_live_picture_measures_at_every_call(monkeypatch):
    monkeypatch.setattr("genlab.display.live.in_notebook", lambda: True)
    shown = []
    live = LivePicture(None, measure=lambda model: {"held_out_nats": torch.randn(()) + model}, seconds=1000)
    monkeypatch.setattr(live, "_show", lambda *a: shown.append(a))
    monkeypatch.setattr(live, "_put_off", lambda *a: None)
    torch.manual_seed(0)
    expected = torch.randn(3)
    torch.manual_seed(0)
    history = {"loss": [1.0]}
    live(5.0, history)
    live(5.0, history)
    assert torch.equal(torch.randn(3), expected)  # a watched run equals one that is not
    steps, values = live.measured["held_out_nats"]
    assert steps == [1, 1] and values[0] == values[1] and math.isfinite(values[0])


def test_the_mixture_is_p_of_x_and_its_mass_is_one():
    span, side = 7.0, 141
    figure = plot_mixture(line, noise=NOISE, x=(1, -1), span=span, side=side, clouds=5)
    density = torch.as_tensor(figure.axes[1].images[0].get_array().data)  # rows are the second number, from below
    step = 2 * span / (side - 1)
    assert density.sum().item() * step**2 == pytest.approx(1, abs=1e-3)
    for column, row in ((80, 60), (70, 75), (60, 90)):
        place = (column * step - span, row * step - span)
        assert math.log(density[row, column]) == pytest.approx(exact(place, (0.0, 1.0))[0], abs=1e-4)
    assert len(figure.axes[0].patches) == 10


def test_the_still_explorer_shows_point_bell_and_both_bars():
    figure = bound_explorer(line, x=(1, -1), q=(0.5, 0.3), noise=NOISE).figure
    plane, _, bars = figure.axes
    assert [round(v, 6) for v in plane.collections[-1].get_offsets()[0]] == [1, -1]
    terms = bound_terms(line, (1, -1), (0.5, 0.3), NOISE)
    ends = [p.get_x() + p.get_width() for p in bars.patches]
    assert ends[1] == pytest.approx(terms.logp) and ends[3] == pytest.approx(terms.fit)
