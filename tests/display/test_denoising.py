"""The film of samplers, one step in the plane, and paths."""

import pytest
import torch

from genlab.display import denoising_explorer, plot_reverse_step, plot_walks
from genlab.models.samplers import State


def film(steps, images=3, side=4):
    """States whose x is k / 10 after k steps, and whose guess after k steps is -k / 10."""
    return [State(torch.full((images, 1, side, side), k / 10), k / max(steps, 1) or 0.01,
                  torch.full((images, 1, side, side), -k / 10) if k else None) for k in range(steps + 1)]


def test_frames_are_x_and_the_guess_made_from_it():
    made = denoising_explorer({"one": film(2), "two": film(3)}).widget
    assert made.counts == [2, 3] and made.images == 3 and made.side == 4 and list(made.names) == ["one", "two"]
    frames = torch.frombuffer(bytearray(made.frames), dtype=torch.uint8).view(7, 2, 3, 16)
    grey = [[round(255 * (v + 1) / 2 + 1e-6) for v in pair] for pair in
            ((0, -0.1), (0.1, -0.2), (0.2, 0.2), (0, -0.1), (0.1, -0.2), (0.2, -0.3), (0.3, 0.3))]
    assert (frames[..., 0].float().mean(2) - torch.tensor(grey)).abs().max() <= 1
    assert made.signals[1] == pytest.approx([0.01, 1 / 3, 2 / 3, 1])


def test_noise_beyond_the_range_is_black_or_white():
    none = torch.zeros(1, 1, 4, 4)
    states = [State(none + 7, 0.01, None), State(none, 1.0, none)]
    assert denoising_explorer({"a": states}).widget.frames[:16] == b"\xff" * 16


def test_the_still_picture_says_what_is_seen():
    assert "after 0, 1, 2 of 2 steps" in denoising_explorer({"DDIM": film(2)}).figure.alt


def test_a_step_and_walks_are_drawn():
    x = torch.tensor([1.0, -1.0])
    picture = plot_reverse_step(x, torch.zeros(2), 0.3, 0.7, {"η = 0": torch.zeros(1, 2), "η = 1": torch.randn(20, 2)})
    assert len(picture.axes) == 2 and "η = 1" in picture.alt
    walks = plot_walks({"a": [torch.randn(5, 2) for _ in range(4)]}, trails=2, alt="paths")
    assert len(walks.axes[0].lines) == 2 + 2 and walks.alt == "paths"
