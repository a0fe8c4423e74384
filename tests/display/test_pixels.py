"""What a pixel sees, against input gradients; the film's still picture; contexts against a loop."""

import numpy as np
import pytest
import torch
from torch import nn

from genlab.display import context_codes, field, mask_explorer, plot_fields, raster_film, seen_pixels
from genlab.display.pixels import LATER, NEVER, NOT_YET, SEEN, SELF
from genlab.models import MaskedConv2d, PixelCNN


@pytest.mark.parametrize("kernel, layers, pixel", [(3, 1, (6, 4)), (3, 4, (8, 3)), (5, 2, (5, 8)), (7, 3, (8, 8))])
def test_one_stack_sees_what_its_input_gradients_say(kernel, layers, pixel):
    stack = nn.Sequential(*[MaskedConv2d("B" if n else "A", 1, 1, kernel) for n in range(layers)]).double()
    for layer in stack:
        nn.init.ones_(layer.weight)
    x = torch.zeros(1, 1, 9, 9, dtype=torch.float64, requires_grad=True)
    seen = torch.autograd.grad(stack(x)[(0, 0, *pixel)], x)[0][0, 0] != 0
    assert np.array_equal(seen_pixels(9, pixel, kernel=kernel, layers=layers), seen.numpy())


def test_two_stacks_see_the_whole_past_within_reach():
    seen = seen_pixels(9, (6, 4), layers=9, stacks=2)
    assert np.array_equal(seen.ravel(), np.arange(81) < 6 * 9 + 4)


def test_codes_tell_what_is_later_seen_missed_and_itself():
    codes = field(seen_pixels(9, (6, 2), layers=2), (6, 2), seen_pixels(9, (6, 2), layers=50))
    assert codes[6, 2] == SELF and codes[6, 3] == codes[8, 0] == LATER
    assert codes[5, 2] == SEEN and codes[0, 2] == NOT_YET and codes[5, 7] == NEVER


def test_pictures_say_in_words_what_they_show():
    picture = plot_fields({"A": field(seen_pixels(5, (2, 2), layers=1), (2, 2))})
    assert "4 seen, 8 earlier ones not" in picture.alt
    made = mask_explorer()
    assert made.widget.pixel == [9, 5] and "2 layers" in made.figure.alt


def test_contexts_are_the_four_neighbours_that_come_before():
    x = torch.randint(0, 2, (3, 1, 5, 6), generator=torch.Generator().manual_seed(0))
    codes = context_codes(x)
    for r in range(5):
        for c in range(6):
            around = [x[:, 0, r + a, c + b] if r + a >= 0 and 0 <= c + b < 6 else 0 * x[:, 0, 0, 0]
                      for a, b in ((0, -1), (-1, -1), (-1, 0), (-1, 1))]
            assert torch.equal(codes[:, 0, r, c], sum(2 ** (3 - k) * v for k, v in enumerate(around)))


def test_a_film_has_a_still_picture_and_carries_its_model():
    model = PixelCNN(1, 8, 3, levels=2)
    made = raster_film(model)
    assert "after 0, 7, 14, 21, 28 rows" in made.figure.alt
    first = model.first.vertical.weight.numel()
    packed = torch.frombuffer(bytearray(made.widget.numbers), dtype=torch.float32)
    assert torch.equal(packed[:first], model.first.vertical.weight.detach().flatten())
    with pytest.raises(ValueError, match="two levels"):
        raster_film(PixelCNN(1, 8, 3, levels=4))
