"""Prompts to type: a box whose pictures the kernel draws, with sliders for the steps and for guidance."""

import html
from collections.abc import Callable, Sequence

import ipywidgets
import torch
from torch import Tensor

from genlab.display.grids import compose, show_grid, to_tiles
from genlab.display.style import SHARPNESS, Picture, in_notebook, png, show

Draw = Callable[[str, int, float, int], Tensor]


class PromptBox:
    """What `prompt_box` makes.

    Attributes:
        widget: the whole of it; its parts are `prompt`, `steps`, `guidance`, `fresh`, its answer `image` and `status`.
        images: the pictures that stand there now, (N, 3, H, W).
        figure: the still picture.
    """

    def __init__(self, draw: Draw, prompt: str, steps: int, most: int, guidance: float, figure: Picture | None):
        self.draw, self.noise, self.figure = draw, 0, figure
        wide = ipywidgets.Layout(width="320px", max_width="100%")
        self.prompt = ipywidgets.Text(prompt, description="prompt", continuous_update=False, layout=wide)
        self.steps = ipywidgets.IntSlider(steps, 1, most, description="steps", continuous_update=False, layout=wide)
        self.guidance = ipywidgets.FloatSlider(value=guidance, min=0, max=8, step=0.5, description="guidance",
                                               continuous_update=False, layout=wide)
        self.fresh = ipywidgets.Button(description="Other noise", tooltip="Draw the same prompt from other noise")
        self.status = ipywidgets.HTML()
        self.image = ipywidgets.Image(format="png", layout=ipywidgets.Layout(max_width="100%"))
        for part in (self.prompt, self.steps, self.guidance):
            part.observe(lambda _: self.answer(), names="value")
        self.fresh.on_click(lambda _: self.renew())
        self.widget = ipywidgets.VBox([self.prompt, self.steps, self.guidance, self.fresh, self.status, self.image])
        self.widget.add_class("genlab-prompt")
        self.answer()

    def renew(self) -> None:
        """The same prompt from other noise."""
        self.noise += 1
        self.answer()

    def answer(self) -> None:
        """Draws what the box asks for; a word that is not known is said, and the pictures stay as they are."""
        asked = (self.prompt.value, self.steps.value, self.guidance.value, self.noise)
        try:
            self.images = self.draw(*asked)
        except ValueError as error:
            self.status.value = f'<span role="status">{html.escape(str(error))}</span>'
            return
        said = f"“{asked[0]}”, {asked[1]} step{'s' * (asked[1] != 1)}, guidance {asked[2]:g}"
        self.status.value = f'<span role="status">{html.escape(said)}</span>'
        tiles = to_tiles(self.images)
        self.image.value = png(compose(tiles, len(tiles), scale=2 * SHARPNESS, gap=8))

    def _ipython_display_(self) -> None:
        if in_notebook():
            from IPython.display import display

            display(self.widget)
            if self.figure is not None:
                show(self.figure)


def prompt_box(draw: Draw, *, prompt: str, steps: int = 10, most: int = 50, guidance: float = 3.0,
               still: Sequence[str] = ()) -> PromptBox:
    """A box to type a prompt in; the kernel draws when Enter is pressed or a slider is let go.

    Args:
        draw: (prompt, steps, guidance, number of the noise) -> images (N, 3, H, W) in [0, 1]; a ValueError of it is
            shown in words, as for a word that is not known.
        prompt, steps, guidance: what is asked at the beginning. most: where the slider of steps ends.
        still: prompts of the still picture, a row each.
    """
    figure = None
    if still:
        rows = [draw(text, steps, guidance, 0) for text in still]
        figure = show_grid(rows, rows=[text or "(nothing)" for text in still], scale=2,
                           alt="Rows of pictures for the prompts " + ", ".join(f"“{text}”" for text in still))
    return PromptBox(draw, prompt, steps, most, guidance, figure)


def heat(weights: Tensor, image: Tensor) -> Tensor:
    """A picture with a map of weights laid over it, the largest bright: (h, w), (3, H, W) in [0, 1] -> (3, H, W)."""
    weights = weights.detach().cpu().float()
    wide = torch.nn.functional.interpolate((weights / weights.max().clamp(min=1e-12))[None, None], size=image.shape[1:],
                                           mode="nearest")[0]
    warm = torch.tensor([0.84, 0.37, 0.0]).view(3, 1, 1)
    return 0.35 * image.detach().cpu() + 0.65 * (wide * warm + (1 - wide) * 0.97)
