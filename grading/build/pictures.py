"""The picture at the head of a lesson: what the student will have made, taken from the solved notebook.

A Markdown cell shows it by `![what it shows](attachment:10_vae.png)`; the code cell that draws it carries
the tag `picture`. The builder keeps the picture in solutions/pictures/ and puts it into both notebooks, so
that they show it wherever they are opened.
"""

import base64
import re
from pathlib import Path

from nbformat import NotebookNode

from grading.build.source import BuildError

_ATTACHED = re.compile(r"\]\(attachment:([\w.-]+\.png)\)")


def keep_picture(solved: NotebookNode, folder: Path, lesson: str) -> None:
    """Write the first PNG of the cell tagged `picture` to folder/lesson.png, if there is such a cell."""
    for cell in solved.cells:
        if "picture" in cell.metadata.get("tags", ()):
            images = [o["data"]["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})]
            if not images:
                raise BuildError("the cell tagged `picture` draws none")
            folder.mkdir(exist_ok=True)
            (folder / f"{lesson}.png").write_bytes(base64.b64decode(images[0]))
            return


def attach_pictures(nb: NotebookNode, folder: Path) -> None:
    """Put the pictures that Markdown cells name into these cells; one that is not there yet is left out."""
    for cell in nb.cells:
        names = _ATTACHED.findall(cell.source) if cell.cell_type == "markdown" else ()
        found = {name: folder / name for name in names if (folder / name).exists()}
        if found:
            cell.attachments = {name: {"image/png": base64.b64encode(path.read_bytes()).decode()}
                                for name, path in found.items()}


def missing_pictures(nb: NotebookNode) -> list[str]:
    """Names of pictures that a Markdown cell shows but does not hold."""
    return [name for cell in nb.cells if cell.cell_type == "markdown"
            for name in _ATTACHED.findall(cell.source) if name not in cell.get("attachments", {})]
