"""Widgets that are one ES module each: the numbers travel with the widget, and no kernel is asked.

They are shown through anywidget, by JupyterLab, VS Code, Colab and static pages alike, above a still picture
of the same. Where anywidget is missing the still picture is all there is.
"""

from functools import cache
from pathlib import Path
from types import SimpleNamespace

from genlab.display.style import Picture, in_notebook, show

FOLDER = Path(__file__).parent
NEEDS = {"ring.js": ("nets.js",), "labels.js": ("nets.js",),  # beside common.js, which all of them have
         "cloud.js": ("noising.js",), "guide.js": ("noising.js",), "speak.js": ("voice.js",)}


class Touchable:
    """A widget and its still picture; as the value of a cell it shows both.

    Attributes:
        widget: what moves, with its numbers as attributes; without anywidget it only holds them.
        figure: the still picture.
    """

    def __init__(self, widget: object, figure: Picture):
        self.widget, self.figure = widget, figure

    def _ipython_display_(self) -> None:
        if in_notebook():
            if not isinstance(self.widget, SimpleNamespace):
                from IPython.display import display

                _allow_in_colab()
                display(self.widget)
            show(self.figure)


def source(script: str) -> str:
    """The text of the module: what all share, then its own; it imports nothing."""
    names = ("common.js", *NEEDS.get(script, ()), script)
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


def make(script: str, fixed: dict[str, object], moved: dict[str, object]) -> object:
    """A widget of the module `script` in this folder.

    Args:
        fixed: numbers that it needs: lists, numbers, text, or bytes.
        moved: what the reader changes; the kernel hears of it where there is one.
    """
    kind = _kind(script, tuple((name, type(value)) for name, value in {**fixed, **moved}.items()))
    return SimpleNamespace(**fixed, **moved) if kind is None else kind(**fixed, **moved)


@cache
def _kind(script: str, types: tuple) -> type | None:
    try:
        import anywidget
        import traitlets
    except ImportError:
        return None
    trait = {bytes: traitlets.Bytes, list: traitlets.List, dict: traitlets.Dict, float: traitlets.Float,
             int: traitlets.Int, str: traitlets.Unicode}
    body = {name: trait[type_]().tag(sync=True) for name, type_ in types}
    return type("Module", (anywidget.AnyWidget,), {"_esm": source(script), **body})


@cache
def _allow_in_colab() -> None:
    """Colab shows widgets of other packages only after it was asked to."""
    try:
        from google.colab import output
    except ImportError:
        return
    output.enable_custom_widget_manager()
