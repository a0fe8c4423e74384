"""Makes the example class: six submissions of lesson 10, from the lesson itself.

    python -m tests.grading.make_class

A test asserts that what lies in tests/grading/example_class is what this makes of today's lesson.
"""

import json
from pathlib import Path

from grading.build.source import dumps, exercise_id, read_script, student_notebook
from grading.registry import find

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).with_name("example_class")
LESSON = "10_vae"
HALF = ("vae-reparameterize", "vae-elbo", "vae-slerp")

# id: (what the lesson's solution says, what this student wrote)
MISTAKES = {
    "vae-reparameterize": ("torch.randn_like(sigma)", "torch.randn(sigma.shape[1])"),
    "vae-elbo": ("return log_likelihood - kl", "return log_likelihood + kl"),
    "vae-bug": ("(reconstruction + kl).mean()", "(reconstruction + kl).sum()"),
    "vae-wiring": ("torch.exp(logvar / 2)", "torch.exp(logvar)"),
    "vae-complete": ("off.T).softmax(1)", "off.T).softmax(0)"),
    "vae-iwae": (" - math.log(k)", ""),
    "vae-slerp": ("return torch.where(torch.sin(omega) < 1e-4, (1 - t) * a + t * b, arc)", "return arc"),
}


def notebooks() -> tuple[dict, dict]:
    """The lesson as a student gets it and as it is solved, without the text: {id or place: cell}."""
    text = (ROOT / "solutions" / f"{LESSON}.py").read_text(encoding="utf-8")
    solved = read_script(text, LESSON, lambda id: find(id).points)
    return tuple(json.loads(dumps(nb)) for nb in (student_notebook(solved), solved))


def submission(student: dict, answers: dict[str, str]) -> str:
    """The student's notebook with these answers, without the lesson's prose."""
    cells = [dict(c) for c in student["cells"] if c["cell_type"] == "code"]
    for cell in cells:
        id = exercise_id("".join(cell["source"]))
        cell["source"] = answers.get(id, "".join(cell["source"])).splitlines(keepends=True)
    return json.dumps(student | {"cells": cells}, indent=1, ensure_ascii=False) + "\n"


def solutions(solved: dict) -> dict[str, str]:
    """The solved answer cells by id."""
    sources = ["".join(c["source"]) for c in solved["cells"] if c["cell_type"] == "code"]
    clean = ["\n".join(line for line in s.split("\n") if "### " not in line) for s in sources]
    return {exercise_id(s): s for s in clean if exercise_id(s)}


def mistaken(answers: dict[str, str]) -> dict[str, str]:
    """The answers of a student who got every exercise wrong in a well-known way."""
    wrong = {}
    for id, (right, written) in MISTAKES.items():
        if right not in answers[id]:
            raise ValueError(f"{id}: the lesson's solution no longer has `{right}`: change MISTAKES")
        wrong[id] = answers[id].replace(right, written)
    return wrong


def example_class() -> dict[str, str]:
    """The text of every submission by file name."""
    student, solved = notebooks()
    answers = solutions(solved)
    honest = submission(student, answers)
    renamed = answers | {"vae-elbo": answers["vae-elbo"].replace("def elbo(", "def elbow(")}
    return {
        "honest.ipynb": honest,
        "half_done.ipynb": submission(student, {id: answers[id] for id in HALF}),
        "wrong.ipynb": submission(student, mistaken(answers)),
        "empty.ipynb": "",
        "broken_json.ipynb": "".join(honest.splitlines(keepends=True)[:399]) + "  ",  # as docs/instructors.md says
        "renamed_function.ipynb": submission(student, renamed),
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in example_class().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
