"""Coloured shapes with captions, and the rule that reads them back."""

import pytest
import torch

from genlab.data import shapes
from genlab.data.shapes import BACKGROUND, COLOURS, SHAPES, WORDS, agree, all_captions, caption, draw, factors_of, read


@pytest.fixture(scope="module")
def some():
    return shapes(600, seed=3)


def test_the_rule_reads_every_picture_as_it_was_drawn(some):
    assert some.images.shape == (600, 3, 32, 32) and 0 <= some.images.min() and some.images.max() <= 1
    assert torch.equal(read(some.images).factors, some.factors) and read(some.images).found.all()
    assert all(right.all() for right in agree(some.images, some.factors).values())


def test_it_reads_through_a_little_noise(some):
    noisy = some.images + 0.05 * torch.randn(some.images.shape, generator=torch.Generator().manual_seed(0))
    assert agree(noisy.clamp(0, 1), some.factors)["all"].double().mean() > 0.99


def test_what_is_no_shape_is_not_found(some):
    paper = torch.tensor(BACKGROUND).view(1, 3, 1, 1).expand(2, 3, 32, 32)
    assert not read(paper).found.any() and not read(torch.rand(20, 3, 32, 32)).found.any()
    assert read(torch.zeros(1, 3, 32, 32)).found.tolist() == [False]
    right = agree(paper, torch.full((2, 3), -1))
    assert right["shape"].all() and not right["all"].any()


def test_a_corner_that_is_cut_off_is_noticed():
    centre, radius = torch.tensor([[16.0, 16.0]]), torch.tensor([8.0])
    picture = draw(torch.tensor([0]), torch.tensor([1]), radius, centre)
    picture[..., :16, :16] = torch.tensor(BACKGROUND).view(3, 1, 1)
    assert not read(picture).found


def test_the_unseen_pair_is_left_out_unless_it_is_asked_for(some):
    pair = torch.tensor([list(COLOURS).index("green"), SHAPES.index("triangle")])
    assert not (some.factors[:, 1:] == pair).all(1).any()
    assert (shapes(20, unseen=True).factors[:, 1:] == pair).all()
    assert sorted(all_captions(unseen=True)) == ["a large green triangle", "a small green triangle"]
    assert len(all_captions()) == 36 and len(all_captions(unseen=False)) == 34


def test_captions_say_what_there_is_or_less(some):
    for text, factors in zip(some.captions, some.factors.tolist(), strict=True):
        said = factors_of(text)
        assert all(s in (-1, f) for s, f in zip(said, factors, strict=True)) and set(text.split()) <= set(WORDS)
        assert said.count(-1) <= 1
    share = sum(-1 in factors_of(text) for text in some.captions) / len(some.captions)
    assert 0.1 < share < 0.3
    assert caption((0, 1, 2)) == "a small green triangle" and caption((1, 0, 0), leave_out=2) == "a large red shape"


def test_equal_seeds_are_equal_pictures():
    a, b = shapes(10, seed=5), shapes(10, seed=5)
    assert torch.equal(a.images, b.images) and a.captions == b.captions
    assert not torch.equal(a.images, shapes(10, seed=6).images)


def test_no_pictures_are_no_error():
    assert shapes(0).images.shape == (0, 3, 32, 32)
