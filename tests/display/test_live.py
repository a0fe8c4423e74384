"""A live picture updates one place, costs little, changes nothing, and ends with the last frame."""

import time

import nbclient
import nbformat
import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook
from torch import nn

from genlab.display import LivePicture, live, show, show_grid
from genlab.display.live import beside

CELLS = ["""
import torch, matplotlib.pyplot as plt
from genlab.display import LivePicture, show, show_grid, traversal
""", """
watch, losses = LivePicture(lambda model: torch.zeros(4, 8, 8), seconds=0), {"loss": []}
for step in range(8):
    losses["loss"].append(1.0 + step)
    watch(None, losses)
""", """
watch.frames
""", """
show_grid(torch.zeros(3, 1, 8, 8), alt="three black squares & <nothing>")
""", """
figure, axes = plt.subplots()
axes.plot([1, 2])
show(figure, "a line")
""", """
traversal(lambda z: torch.zeros(len(z), 1, 8, 8), 2)
""", """
watch(None, {"loss": [1.0]})
"""]


@pytest.fixture(scope="module")
def cells():
    """The cells of a small notebook after a run in a kernel, as papermill and the builder run it."""
    notebook = new_notebook(cells=[new_code_cell(source.strip()) for source in CELLS])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    nbformat.validate(notebook)
    return notebook.cells


def kinds(cell):
    return [sorted(output.get("data", {"stream": None}))[0] for output in cell.outputs]


def test_only_the_last_frame_is_stored(cells):
    assert kinds(cells[1]) == ["image/png", "text/html"]
    assert "over 8 steps" in cells[1].outputs[0].metadata["image/png"]["alt"]
    assert "over 8 steps" in cells[1].outputs[1].data["text/html"]
    assert 2 <= int(cells[2].outputs[0].data["text/plain"]) <= 8


def test_another_run_has_a_place_of_its_own(cells):
    assert kinds(cells[6]) == ["image/png", "text/html"]
    assert "over 1 steps" in cells[6].outputs[0].metadata["image/png"]["alt"]


def test_a_picture_shows_itself_once_with_its_description(cells):
    picture, words = cells[3].outputs
    assert kinds(cells[3]) == ["image/png", "text/html"]
    assert picture.metadata["image/png"]["alt"] == "three black squares & <nothing>"
    assert picture.data["text/plain"] == "three black squares & <nothing>"
    assert "three black squares &amp; &lt;nothing&gt;" in words.data["text/html"]
    assert picture.metadata["image/png"]["width"] > 0


def test_a_figure_of_pyplot_is_shown_once_and_closed(cells):
    assert kinds(cells[4]) == ["image/png", "text/html"]


def test_a_widget_has_a_still_picture_below_it(cells):
    assert kinds(cells[5]) == ["application/vnd.jupyter.widget-view+json", "image/png", "text/html"]


def test_the_description_reaches_the_page_that_nbconvert_makes(cells):
    from nbconvert import HTMLExporter

    html, _ = HTMLExporter().from_notebook_node(new_notebook(cells=list(cells)))
    assert "Picture: three black squares &amp; &lt;nothing&gt;" in html


def test_outside_a_notebook_nothing_is_drawn(monkeypatch):
    calls = []
    watch = LivePicture(lambda model: calls.append(model))
    watch(nn.Linear(1, 1), {"loss": [1.0]})
    assert calls == [] and watch.frames == 0
    show(show_grid(torch.zeros(1, 1, 4, 4)))


def test_a_model_is_left_as_it_was():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Dropout().eval()

        def sample(self):
            assert not self.training and not torch.is_grad_enabled()
            return torch.rand(4, 1, 8, 8)

    model, before = Model().train(), torch.get_rng_state()
    model.inner.eval()
    LivePicture(Model.sample).frame(model, {"loss": [2.0, 1.0]})
    assert model.training and not model.inner.training
    assert torch.equal(torch.get_rng_state(), before)


def test_drawing_that_fails_restores_the_model():
    model = nn.Linear(1, 1).train()
    with pytest.raises(ZeroDivisionError):
        LivePicture(lambda model: 1 / 0).frame(model, {"loss": [1.0]})
    assert model.training


class Clock:
    """Time passes only when something says so."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


def test_drawing_takes_at_most_a_tenth_of_the_time(monkeypatch):
    clock, shown = Clock(), []
    monkeypatch.setattr(live, "time", clock)
    monkeypatch.setattr(live, "in_notebook", lambda: True)
    watch = LivePicture(seconds=0.5)

    def frame(model, history):
        clock.now += 0.2  # what a frame costs
        shown.append(clock.now)
        return np.zeros((4, 4, 3), np.uint8)

    monkeypatch.setattr(watch, "frame", frame)
    monkeypatch.setattr(watch, "_put_off", lambda *_: None)
    monkeypatch.setattr(watch, "_display", lambda *_: None)
    start, losses = clock.now, {"loss": [1.0]}
    while clock.now - start < 60:
        watch(None, losses)
        clock.now += 0.01
    assert 0.08 < 0.2 * len(shown) / (clock.now - start) <= 0.105


def test_a_frame_is_fast():
    watch, losses = LivePicture(lambda model: torch.zeros(36, 28, 28)), {"loss": list(range(2000))}
    watch.frame(None, losses)
    start = time.process_time()
    watch.frame(None, losses)
    assert time.process_time() - start < 10  # 0.15 s on an idle machine


def test_parts_stand_beside_each_other_on_white():
    frame = beside([np.zeros((4, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)], gap=1)
    assert frame[..., 0].tolist() == [[0, 0, 255, 255, 255], [0, 0, 255, 0, 0], [0, 0, 255, 0, 0],
                                      [0, 0, 255, 255, 255]]
