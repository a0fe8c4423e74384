"""A look at an installed genlab, by its own Python and far from the checkout: python -I smoke.py CLASS

CLASS is a folder of submissions. Every step prints a line; the first that fails ends it.
"""

import csv
import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path


def command(*words: str, code: int | None = 0) -> str:
    """What the installed `genlab` prints."""
    program = Path(sysconfig.get_path("scripts")) / ("genlab.exe" if sys.platform == "win32" else "genlab")
    result = subprocess.run([str(program), *words], capture_output=True, text=True, encoding="utf-8", timeout=240)
    assert code is None or result.returncode == code, f"{words}: {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout + result.stderr


def packages() -> str:
    import genlab
    import grading

    for package in (genlab, grading):
        assert Path(package.__file__).is_relative_to(sys.prefix), f"{package.__file__} is not the installed one"
    return f"genlab {genlab.__version__} in {Path(genlab.__file__).parent}"


def data() -> str:
    from genlab import pretrained, results
    from genlab.data import digits
    from genlab.display.modules import FOLDER, source
    from genlab.metrics import features

    images, _ = digits("test")
    scripts = sorted(path.name for path in FOLDER.glob("*.js"))
    assert scripts and all(source(name) for name in scripts if name != "common.js")
    rows = results.table()
    drawn = pretrained.digit_diffusion().sample((1, 1, 28, 28), steps=2, eta=0.0)
    assert drawn.shape == (1, 1, 28, 28) and features is not None
    return f"{len(images)} digits, {len(scripts)} scripts, {len(rows)} rows of results, trained weights"


def checks() -> str:
    from grading import check

    def kl_weight(step, warmup_steps, beta):
        return beta * min(1.0, step / warmup_steps) if warmup_steps else beta

    verdict = check("beta-schedule", kl_weight)
    assert verdict.passed, verdict.line
    return verdict.line


def commands() -> str:
    assert command("--version").startswith("genlab, version")
    told = json.loads(command("doctor", "--json", "--quick", code=None))
    bad = [finding for finding in told["findings"] if finding["what"] == "packages" and finding["state"] != "fits"]
    assert not bad, bad
    assert "do not come with the package" in command("start", "10", code=1).replace("\n", " ")
    return "genlab --version, doctor, start"


def marks() -> str:
    """The sandbox makes a copy of the installed course, without answers, and marks a class."""
    shutil.copytree(sys.argv[1], "class")
    words = ["grade", "class", "-o", "marks", *(["--isolation", "none"] if sys.platform != "linux" else [])]
    command(*words)
    with open("marks/marks.csv", newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    points = {student: row.get("points") or row.get("total") for student, row in rows.items()}
    assert float(points["honest"]) == 20 and float(points["empty"]) == 0, points
    assert any(Path("marks").rglob("*.html"))
    return f"{len(rows)} submissions marked"


for step in (packages, data, checks, commands, marks):
    print(f"{step.__name__}: {step()}", flush=True)
