"""Pictures of evaluation show the numbers that they were given."""

import pytest
import torch

from genlab.display import plot_bias, plot_manifolds, plot_ranking
from genlab.metrics import bradley_terry, precision_recall
from genlab.metrics.bias import BiasCurve

WINS = torch.tensor([[0, 6, 9], [4, 0, 7], [1, 3, 0]])


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_ranking_is_drawn_strongest_first_with_its_intervals():
    ranking = bradley_terry(WINS.flip(0).flip(1), names=["low", "middle", "high"])
    figure = plot_ranking(ranking, title="Who won")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["high", "middle", "low"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # row 0 on top
    bars = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2][:3]
    for bar, name in zip(bars, ranking.order(), strict=True):
        assert list(bar) == pytest.approx(ranking.interval(name))
    assert words(figure) == [f"{ranking.strengths[i]:+.2f}" for i in (2, 1, 0)]
    assert "n = 30" in axes.get_xlabel() and "prior" not in axes.get_xlabel()
    low, high = ranking.interval("low")
    assert figure.alt.startswith("Who won by strength with 95 % intervals: high")
    assert f"from {low:+.2f} to {high:+.2f}" in figure.alt


def test_a_prior_is_said():
    figure = plot_ranking(bradley_terry(WINS, prior=0.5))
    assert "prior 0.5" in figure.axes[0].get_xlabel()


def test_manifolds_show_who_is_inside():
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(40, 2, generator=rng), 1.5 * torch.randn(30, 2, generator=rng) + 0.5
    figure = plot_manifolds(real, fake, k=2)
    precision, recall = precision_recall(real, fake, k=2)
    left, right = figure.axes
    for axes, share, n, balls in ((left, precision, 30, 40), (right, recall, 40, 30)):
        inside, outside = axes.lines
        assert (inside.get_marker(), outside.get_marker()) == (".", "x")
        assert len(inside.get_xdata()) == round(share * n)
        assert len(outside.get_xdata()) == round((1 - share) * n)
        assert len(axes.collections[0].get_paths()) == balls
    assert left.get_title(loc="left").startswith(f"precision {precision:.3f}")
    assert f"recall {recall:.3f}" in figure.alt
    with pytest.raises(ValueError, match=r"fake must be points in the plane"):
        plot_manifolds(real, torch.zeros(5, 3))


def test_a_bias_curve_is_drawn_to_its_limit():
    sizes = torch.tensor([10, 20, 100])
    curves = {name: BiasCurve(sizes, limit + 40 / sizes.double(), torch.ones(3))
              for name, limit in (("one", 3.0), ("two", 3.05))}
    figure = plot_bias(curves, score="distance", truth=("truth", 3.0))
    (axes,) = figure.axes
    line, dots = axes.lines[:2]
    assert line.get_ydata()[0] == pytest.approx(3)
    assert list(dots.get_xdata()) == pytest.approx([0.1, 0.05, 0.01])
    assert list(dots.get_ydata()) == pytest.approx([7, 5, 3.4])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["∞", "100", "20", "10"]
    assert words(figure) == ["one, 3 at 1/n = 0", "two, 3.05 at 1/n = 0", "truth  3"]
    low, high = (text.xy[1] for text in axes.texts[:2])
    assert high - low > 0.05 * (axes.get_ylim()[1] - axes.get_ylim()[0])  # labels do not touch
    assert "one from 7 at n = 10 to 3.4 at n = 100, 3 at 1/n = 0" in figure.alt
    with pytest.raises(ValueError, match="no curves"):
        plot_bias({}, score="distance")
