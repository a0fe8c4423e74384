"""Guidance in the plane: the walk against the densities that it should reach, and what the picture says."""

import math

import pytest
import torch

from genlab.display import guidance_explorer
from genlab.display.guides import guided_walk, heap_shares

TURNS = [math.pi / 2 + 2 * math.pi * k / 3 for k in range(3)]
HEAPS = torch.tensor([[r * math.cos(a), r * math.sin(a)] for a in TURNS for r in (2.1, 0.8)])
LABELS = [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("label", [0, 2])
def test_weight_1_draws_from_the_label_and_more_leaves_the_inner_heap(label, rng):
    x = torch.randn(1500, 2, generator=rng)

    def shares(weight):
        ends = guided_walk(HEAPS, LABELS, spread=0.28, label=label, weight=weight, x=x)
        return heap_shares(ends, HEAPS, 0.28)[[2 * label, 2 * label + 1]].tolist()

    assert shares(1) == pytest.approx([0.5, 0.5], abs=0.07)
    outer, inner = shares(4)
    assert outer > 0.9 and inner < 0.05
    assert sum(shares(0)) == pytest.approx(1 / 3, abs=0.07)


def test_weight_1_keeps_the_spread_of_a_heap(rng):
    heaps = torch.tensor([[1.0, -0.5], [-1.0, 0.5]])
    ends = guided_walk(heaps, [0, 1], spread=0.3, label=0, weight=1.0, x=torch.randn(3000, 2, generator=rng))
    assert ends.mean(0).tolist() == pytest.approx([1.0, -0.5], abs=0.03)
    assert ends.std(0).tolist() == pytest.approx([0.3, 0.3], abs=0.04)


def test_shares_count_only_what_is_near():
    points = torch.tensor([[0.0, 0.0], [0.5, 0.0], [3.0, 0.0], [9.0, 9.0]])
    assert heap_shares(points, torch.tensor([[0.0, 0.0], [3.0, 0.2]]), 0.2).tolist() == [0.5, 0.25]


def test_the_explorer_carries_its_numbers_and_its_picture_says_them():
    made = guidance_explorer(HEAPS, LABELS, names=["blue", "orange", "green"], weight=2.0, label=1)
    assert list(made.widget.labels) == LABELS and made.widget.weight == 2.0 and made.widget.label == 1
    assert "weight 4" in made.figure.alt and "orange" in made.figure.alt
    with pytest.raises(ValueError, match="colours"):
        guidance_explorer(HEAPS, LABELS, names=["a"] * 5)
