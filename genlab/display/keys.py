"""Keys for widgets, which ipywidgets alone does not hear.

They come through anywidget, which works in JupyterLab, Notebook, Colab
and VS Code. Where it is missing a widget must be usable without: by buttons, Tab and Enter.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import ipywidgets

SCRIPT = Path(__file__).with_suffix(".js")


def listen(keys: Mapping[str, str], act: Callable[[str], None], *, around: str,
           hint: str) -> ipywidgets.Widget | None:
    """A line of text to put into a widget, which then hears keys; None where anywidget is not installed.

    A key pressed before the page had caught up with Python is dropped: it was meant for what was seen. So
    raise `stage` by one whenever what is on the page changes, after changing it.

    Args:
        keys: the browser's name of a key -> a word for what it does: {"ArrowLeft": "left"}.
        act: called with the word.
        around: CSS class of the widget within which keys count.
        hint: the text: which keys there are.
    """
    kind = _listener()
    if kind is None:
        return None
    widget = kind(bindings=dict(keys), around=around, hint=hint)

    def heard(_, content, __) -> None:
        if content.get("stage") == widget.stage and content.get("name") in keys.values():
            act(content["name"])

    widget.on_msg(heard)
    return widget


@cache
def _listener() -> type | None:
    try:
        import anywidget
        import traitlets
    except ImportError:
        return None

    class Listener(anywidget.AnyWidget):
        _esm = SCRIPT.read_text(encoding="utf-8")
        bindings = traitlets.Dict().tag(sync=True)
        around = traitlets.Unicode().tag(sync=True)
        hint = traitlets.Unicode().tag(sync=True)
        stage = traitlets.Int(0).tag(sync=True)

    return Listener
