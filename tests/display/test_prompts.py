"""The prompt box from Python: what it asks, what it shows, and what it says of a word that is not known."""

import torch

from genlab.display import heat, prompt_box


def box(**options):
    asked = []

    def draw(prompt, steps, guidance, number):
        asked.append((prompt, steps, guidance, number))
        if "pink" in prompt:
            raise ValueError("'pink' is not among the words of this model: <red>")
        return torch.full((3, 3, 8, 8), min(1.0, len(prompt) / 10))

    return prompt_box(draw, prompt="red", steps=4, most=9, **options), asked


def test_every_part_asks_again():
    made, asked = box(guidance=2.0)
    made.prompt.value = "blue"
    made.steps.value = 9
    made.guidance.value = 5.5
    made.fresh.click()
    assert asked == [("red", 4, 2.0, 0), ("blue", 4, 2.0, 0), ("blue", 9, 2.0, 0), ("blue", 9, 5.5, 0),
                     ("blue", 9, 5.5, 1)]
    assert "“blue”, 9 steps, guidance 5.5" in made.status.value and bytes(made.image.value[:4]) == b"\x89PNG"
    assert made.images.shape == (3, 3, 8, 8)


def test_an_unknown_word_is_said_and_the_pictures_stay():
    made, _ = box()
    before = bytes(made.image.value)
    made.prompt.value = "pink"
    assert "&#x27;pink&#x27; is not among" in made.status.value and "<red>" not in made.status.value
    assert bytes(made.image.value) == before
    made.prompt.value = "green"
    assert bytes(made.image.value) != before


def test_the_still_picture_has_a_row_for_each_prompt():
    made, asked = box(still=["a", ""])
    assert "“a”" in made.figure.alt and [prompt for prompt, *_ in asked] == ["a", "", "red"]
    assert box()[0].figure is None


def test_heat_is_bright_where_the_weight_is():
    image = torch.rand(3, 8, 8)
    shown = heat(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), image)
    assert shown.shape == image.shape and 0 <= shown.min() and shown.max() <= 1
    blue = (shown - 0.35 * image)[2]
    assert blue[:4, :4].max() < 0.01 < 0.6 < blue[4:, 4:].min()
    assert heat(torch.zeros(2, 2), image).isfinite().all()
