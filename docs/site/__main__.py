"""The course as pages that need no Python: `make site` puts them into build/site/html.

    python -m docs.site [-o build/site]

Each lesson's page is its solved notebook as it was last run: nothing is executed here, so that it takes less than a
minute. A student's stub is seen first, its solution is folded below. Pictures get the alt text that their cells give
them. The pages ask no other host for anything: MathJax comes from a package.
"""

import argparse
import base64
import csv
import hashlib
import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CHAPTERS = {"0": "Overview", "1": "Variational autoencoders", "2": "Generative adversarial networks", "3": "Diffusion",
            "4": "Autoregressive models", "5": "Conditional and latent models", "6": "Applications"}
PAGES = ("instructors", "syllabus", "trust", "quality", "numbers", "speedrun", "faq")
HOME = "https://github.com/genlab-course/genlab/blob/main/"
API = ("genlab.models", "genlab.training", "genlab.data", "genlab.metrics", "genlab.display", "grading")
HIDDEN = 'style="position:absolute;width:1px'  # the picture's words for a screen reader: here they are its alt text


def text(value) -> str:
    return value if isinstance(value, str) else "".join(value)


def by_id(notebook: dict) -> dict[str, dict]:
    """The cells of exercises by their names."""
    marked = ((cell["metadata"].get("nbgrader", {}).get("grade_id"), cell) for cell in notebook["cells"])
    return {name: cell for name, cell in marked if name}


class Lesson:
    """A lesson's page, from its solved notebook and the student's."""

    def __init__(self, path: Path, out: Path):
        self.name, self.out = path.stem, out
        self.solved = json.loads(path.read_text())
        self.stubs = by_id(json.loads((ROOT / "notebooks" / path.name).read_text()))
        cells = []
        for cell in self.solved["cells"]:
            cells += self.markdown(cell) if cell["cell_type"] == "markdown" else self.code(cell)
        self.title = text(cells[0]["source"]).splitlines()[0].lstrip("# ")
        (out / path.name).write_text(json.dumps({**self.solved, "cells": cells}, ensure_ascii=False))

    def markdown(self, cell: dict) -> list[dict]:
        """Badges leave (they are pictures on other hosts, and the page has buttons); the head's picture is a file."""
        source = re.sub(r"^\[!\[Open in .*\n?", "", text(cell["source"]), flags=re.MULTILINE)
        picture = f"pictures/{self.name}.png"
        source = source.replace(f"attachment:{self.name}.png", f"_static/{picture}")
        if cell.pop("attachments", None):
            shutil.copy(ROOT / "solutions" / picture, self.out / "_static" / picture)
        return [{**cell, "source": source}]

    def code(self, cell: dict) -> list[dict]:
        """The stub as the student sees it, and the solution folded; set-up is left out; pictures become files."""
        meta = cell["metadata"]
        tags = [*meta.get("tags", [])]
        if "parameters" in tags or text(cell["source"]).startswith("# Set-up:"):
            return []
        source = re.sub(r"^\s*### (BEGIN|END) SOLUTION\n?", "", text(cell["source"]), flags=re.MULTILINE)
        cell = {**cell, "source": source,
                "outputs": [new for old in cell["outputs"] if (new := self.output(old))],
                "metadata": {**meta, "tags": tags}}
        if "touch" in tags:
            still = "*On this page a picture; in the notebook it moves. The buttons above open it.*"
            return [cell, {"cell_type": "markdown", "metadata": {}, "id": f"{cell['id']}-still", "source": still}]
        name = meta.get("nbgrader", {}).get("grade_id")
        if not name or not meta["nbgrader"]["solution"]:
            return [cell]
        stub = {"cell_type": "markdown", "metadata": {}, "id": f"{name}-stub",
                "source": f"```python\n{text(self.stubs[name]['source']).strip()}\n```"}
        prompts = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}
        return [stub, {**cell, "metadata": {**meta, "tags": [*tags, "hide-input"], "mystnb": prompts}}]

    def output(self, output: dict) -> dict | None:
        data = output.get("data", {})
        if "image/png" in data:
            image = base64.b64decode(text(data["image/png"]))
            file = f"_static/pictures/{self.name}-{hashlib.sha256(image).hexdigest()[:12]}.png"
            (self.out / file).write_bytes(image)
            alt = text(data.get("text/plain", "")).replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
            return {**output, "data": {"text/html": f'<img src="{file}" alt="{alt}" loading="lazy">'}}
        return None if HIDDEN in text(data.get("text/html", ""))[:120] else output


def results(titles: dict[str, str]) -> str:
    """The table of results as a page."""
    rows = list(csv.DictReader((ROOT / "genlab" / "table.csv").open()))
    lines = ["# Results", "", "What `genlab table` measured, a row for each seed. How far numbers may differ from "
             "yours: [](numbers.md).", ""]
    names = ("model", "profile", "metric", "seed", "value", "n")
    for lesson in sorted({row["lesson"] for row in rows}):
        lines += [f"## {lesson[:2]} {titles[lesson]}", "", f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
        lines += [f"| {' | '.join(row[n] for n in names)} |" for row in rows if row["lesson"] == lesson] + [""]
    return "\n".join(lines)


def api() -> dict[str, str]:
    """A page for each package, with what it offers by name."""
    pages = {}
    for name in API:
        module = importlib.import_module(name)
        body = [name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", ""]
        for public in module.__all__:
            kind = "autoclass" if isinstance(getattr(module, public), type) else "autofunction"
            if callable(getattr(module, public)):
                body += [f".. {kind}:: {name}.{public}", *(["   :members:"] if kind == "autoclass" else []), ""]
        pages[f"api/{name}.rst"] = "\n".join(body)
    return pages


def page(name: str, names: set[str]) -> str:
    """A page of docs/: links to what is no page here lead to the repository."""
    source = (ROOT / "docs" / f"{name}.md").read_text()

    def link(found):
        target = found[2]
        if re.match(r"[a-z]+:|#", target) or target.split("#")[0].removesuffix(".md") in names:
            return found[0]
        path = (ROOT / "docs" / target).resolve().relative_to(ROOT)
        return f"[{found[1]}]({HOME}{path})"

    return re.sub(r"\[([^\]]*)\]\(([^)\s]+)\)", link, source)


def index(lessons: list[Lesson]) -> str:
    """The door: what this is, and the lessons by chapter."""
    lines = ["# genlab", "", "A course on generative models for Python and PyTorch. Every page here is a lesson that "
             "was run from beginning to end; open its notebook to change it, to write the parts that are missing, and "
             "to be told which mistake you made.", "",
             f"![{lessons[0].title}](_static/pictures/{lessons[0].name}.png)", "",
             "The code, the notebooks and how to install them: "
             "[github.com/genlab-course/genlab](https://github.com/genlab-course/genlab).", ""]
    groups = {title: [lesson.name for lesson in lessons if lesson.name.startswith(key)]
              for key, title in CHAPTERS.items()}
    groups |= {"Around the course": ["results", *PAGES], "Reference": [f"api/{name}" for name in API]}
    for title in groups:
        lines += ["```{toctree}", f":caption: {title}", ":maxdepth: 1", "", *groups[title], "```", ""]
    return "\n".join(lines)


def mathjax() -> Path:
    """The one file of MathJax that is needed, from the package that brings it."""
    place = importlib.util.find_spec("sphinx-mathjax-offline").submodule_search_locations[0]
    return Path(place) / "static" / "mathjax" / "tex-svg.js"


def gather(out: Path) -> None:
    """All that Sphinx reads."""
    shutil.rmtree(out, ignore_errors=True)
    (out / "_static" / "pictures").mkdir(parents=True)
    (out / "api").mkdir()
    shutil.copy(mathjax(), out / "_static")
    for name in ("genlab.css", "genlab.js"):
        shutil.copy(HERE / name, out / "_static")
    shutil.copy(HERE / "conf.py", out)
    lessons = [Lesson(path, out) for path in sorted((ROOT / "solutions").glob("*.ipynb"))]
    for name in PAGES:
        (out / f"{name}.md").write_text(page(name, {*PAGES, "results"}))
    titles = {lesson.name: lesson.title for lesson in lessons}
    for name, source in {"results.md": results(titles), "index.md": index(lessons), **api()}.items():
        (out / name).write_text(source)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/site"))
    out = parser.parse_args().out
    try:
        from sphinx.cmd.build import build_main
    except ImportError:
        sys.exit('The site needs Sphinx: pip install -c constraints.txt -e ".[site]", or simply `make site`.')
    gather(out / "source")
    return build_main(["-W", "--keep-going", "-q", "-j", "2", str(out / "source"), str(out / "html")])


if __name__ == "__main__":
    sys.exit(main())
