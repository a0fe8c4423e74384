"""A blind study on the page: two pictures, two buttons, keys, and no name before the end."""

import base64
import html
import time

import ipywidgets

from genlab.display.evaluation import plot_ranking
from genlab.display.keys import listen
from genlab.display.style import in_notebook
from genlab.display.widgets import SIDE, image_png

KEYS = {"ArrowLeft": "left", "1": "left", "ArrowRight": "right", "2": "right", "u": "undo", "U": "undo",
        "Backspace": "undo"}
HINT = "Keys, after a click here: ← or 1 for left, → or 2 for right, U to undo."
NO_KEYS = "Tab goes from button to button, Enter presses one."
PAUSE = 0.2  # seconds in which nobody can have looked: a double click answers once


def study_widget(study, *, value_range: tuple[float, float] = (0, 1), pause: float = PAUSE) -> "StudyWidget":
    """The widget of a `genlab.metrics.Study`; as the value of a cell it shows itself.

    Each answer is on the disk before the next pictures come, and the same cell run again goes on there.

    Args:
        value_range: what is black and what is white in the pictures.
        pause: seconds after new pictures in which an answer is taken for a slip and ignored.
    """
    return StudyWidget(study, value_range, pause)


class StudyWidget:
    """What `study_widget` makes.

    Attributes:
        widget: the whole of it; `choose("left")`, `undo()` and `finish()` do what its buttons do.
        study: the study that it asks.
    """

    def __init__(self, study, value_range: tuple[float, float], pause: float):
        self.study, self._range, self._pause = study, value_range, pause
        self.pictures = [ipywidgets.HTML(), ipywidgets.HTML()]
        self.left, self.right, self.back, self.end = (
            _button(word, tip, act) for word, tip, act in (
                ("← Left", "Choose the picture on the left", lambda: self.choose("left")),
                ("Right →", "Choose the picture on the right", lambda: self.choose("right")),
                ("Undo", "Take the last answer back", self.undo),
                ("Show the results", "No answer can be changed afterwards", self.finish)))
        self.progress = ipywidgets.IntProgress(0, 0, study.total, layout=ipywidgets.Layout(width="100%"))
        self.status, self.outcome = ipywidgets.HTML(), ipywidgets.HTML()
        self._keys = listen(KEYS, self._act, around="genlab-study", hint=HINT)
        self.widget = self._layout()
        self._refresh()

    def choose(self, side: str) -> None:
        """Answer "left" or "right", unless the pictures have only just come."""
        if not self.study.done and time.monotonic() - self._since >= self._pause:
            self._do(lambda: self.study.answer(side))

    def undo(self) -> None:
        """Take the last answer back; not once the results are shown."""
        if self.study.answered and not self.outcome.value:
            self._do(self.study.undo)

    def finish(self) -> None:
        """Show the results, when every trial is answered."""
        if self.study.done:
            self.outcome.value = _outcome(self.study.results())
            self._hint.layout.display = "none"
            self._refresh()

    def _ipython_display_(self) -> None:
        if in_notebook():
            from IPython.display import display

            display(self.widget)
            print(f"A study of {self.study.total} trials. If there are no buttons above, run this cell.")

    def _act(self, name: str) -> None:
        self.undo() if name == "undo" else self.choose(name)

    def _do(self, change) -> None:
        """Change the study; where that fails, say so in place of going on without a saved answer."""
        try:
            change()
        except (OSError, RuntimeError) as error:
            self.status.value = _line(f"Not saved: {error}", role="alert")
        else:
            self._refresh()

    def _refresh(self) -> None:
        """Bring the page up to date: pictures first, then what tells that they are new."""
        trial, done = self.study.next(), self.study.done
        for widget, side in zip(self.pictures, ("left", "right"), strict=True):
            widget.value = "" if done else _picture(getattr(trial, side), side, self._range)
        self.progress.value = self.study.answered
        self.status.value = _line("All trials are answered." if done else
                                  f"Trial {trial.number} of {trial.total}", role="status")
        self.left.disabled = self.right.disabled = done
        self.back.disabled = self.study.answered == 0 or bool(self.outcome.value)
        self.end.layout.display = "" if done and not self.outcome.value else "none"
        if self._keys is not None:
            self._keys.stage += 1
        self._since = time.monotonic()

    def _layout(self) -> ipywidgets.VBox:
        row = ipywidgets.Layout(grid_gap="24px", flex_flow="row wrap", justify_content="center")
        question = ipywidgets.HTML(f"<strong>{html.escape(self.study.question)}</strong>")
        self._hint = ipywidgets.HTML(_line(NO_KEYS)) if self._keys is None else self._keys
        box = ipywidgets.VBox([
            question, ipywidgets.HBox(self.pictures, layout=row),
            ipywidgets.HBox([self.left, self.back, self.right], layout=row), self.progress, self.status,
            self._hint, self.end, self.outcome], layout=ipywidgets.Layout(max_width="680px", padding="8px"))
        return box.add_class("genlab-study")


def _button(word: str, tip: str, act) -> ipywidgets.Button:
    button = ipywidgets.Button(description=word, tooltip=tip, layout=ipywidgets.Layout(min_width="120px"))
    button.on_click(lambda _: act())
    return button


def _picture(image, side: str, value_range) -> str:
    """HTML, because ipywidgets' own Image takes no alt text. It tells the side and nothing else."""
    data = base64.b64encode(image_png(image[None], value_range)).decode()
    return (f'<img src="data:image/png;base64,{data}" alt="Picture on the {side}" width="{SIDE}" '
            'style="image-rendering: pixelated; max-width: 100%">')


def _line(text: str, role: str = "note") -> str:
    return f'<span role="{role}" aria-live="polite">{html.escape(text)}</span>'


def _outcome(results) -> str:
    picture = ""
    if results.ranking is not None:
        figure = plot_ranking(results.ranking)
        data = base64.b64encode(figure.png()).decode()
        picture = f'<img src="data:image/png;base64,{data}" alt="{html.escape(figure.alt)}" width="650">'
    return f"{picture}<pre style='font-size: 85%; white-space: pre-wrap'>{html.escape(str(results))}</pre>"
