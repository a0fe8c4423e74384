"""Likeness: copies are found whatever was done to hide them, honest answers and given code are not."""

import ast
import csv
import inspect
import re
import textwrap
import time
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.lessons import LESSONS
from grading.registry import find
from grading.report import similarity_report
from grading.report.similarity import ALL, SOLUTION, Given, pairs, published, together, written
from grading.report.winnowing import K, W, fingerprints, runs, winnow, words
from tests.grading import make_class

ROOT = Path(__file__).resolve().parents[3]
IDS = [id for lesson in LESSONS.values() for id in lesson.exercises]
NOTHING = Given(set(), set())

ORIGINAL = '''
def bound(x, logits, mu, logvar):
    """The bound."""
    # of each image
    positive = x * F.logsigmoid(logits)
    negative = (1 - x) * F.logsigmoid(-logits)
    likelihood = (positive + negative).sum(dim=1)
    spread = logvar.exp()
    if x.dim() != 2:
        raise ValueError("rows")
    kl = 0.5 * (mu**2 + spread - 1 - logvar).sum(dim=1)
    return likelihood - kl
'''
# Renamed, reformatted, commented, lines and operands in another order, other constants and quotes.
DISGUISED = """
def elbow(images: Tensor, lg, m, lv) -> Tensor:
    if images.dim() != 2: raise ValueError('bad input')  # mine
    e = lv.exp()
    k = (m ** 2
         + e - 1.0 - lv).sum(dim=1) * 0.50
    n = F.logsigmoid(-lg) * (1 - images)
    p = F.logsigmoid(lg) * images
    l = (n + p).sum(dim=1)
    return l - k
"""


def source_of(function) -> str:
    return textwrap.dedent(inspect.getsource(function))


def test_a_disguised_copy_has_the_same_fingerprints():
    assert fingerprints(ORIGINAL) == fingerprints(DISGUISED) and sum(fingerprints(ORIGINAL).values()) > 15
    assert words(ORIGINAL) != words(DISGUISED)
    assert words(ORIGINAL) == words(re.sub(r"#.*|\"\"\".*\"\"\"", "", ORIGINAL).replace("  - kl", " - kl"))


@pytest.mark.parametrize(("old", "new"), [
    ("likelihood - kl", "likelihood + kl"), (".exp()", ".log()"), ("dim=1", "keepdim=1"),
    ("x.dim() != 2", "x.dim() == 2"), ("mu**2", "mu"), ("F.logsigmoid(-logits)", "F.logsigmoid(logits)")])
def test_another_computation_has_other_fingerprints(old, new):
    assert old in ORIGINAL and fingerprints(ORIGINAL) != fingerprints(ORIGINAL.replace(old, new))


def test_what_is_shared_in_a_long_enough_run_is_found():
    """The guarantee of winnowing: w + k - 1 tokens in common leave a hash in common."""
    common = [f"c{i}" for i in range(W + K - 1)]
    for before in range(9):
        one = [f"a{i}" for i in range(before)] + common + ["x", "y", "z"]
        two = ["p"] + common + [f"b{i}" for i in range(before)]
        assert set(winnow(one)) & set(winnow(two))
    assert len(winnow([f"t{i}" for i in range(300)])) < 300 / 2


@pytest.mark.parametrize("text", ["def f(:", "x = " + "(" * 500, "\0", "", "# nothing"])
def test_what_is_not_python_has_none(text):
    assert runs(text) == [] and not fingerprints(text)
    assert isinstance(words(text), str)


def test_a_deep_expression_takes_no_time():
    began = time.process_time()
    assert fingerprints("x = " + " + ".join(f"a{i} * b{i}" for i in range(150)))
    assert time.process_time() - began < 10


def renamed(source: str) -> str:
    """Every name that the source itself binds is changed, and so is the layout."""
    tree = ast.parse(source)
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)} - {"self"}

    class Rename(ast.NodeTransformer):
        def visit_Name(self, node):
            return ast.Name(f"my_{node.id}" if node.id in bound else node.id, node.ctx)

        def visit_arg(self, node):
            return ast.arg(f"my_{node.arg}" if node.arg in bound else node.arg)

    return "# mine\n" + ast.unparse(Rename().visit(tree))


@pytest.fixture(scope="module")
def likeness() -> dict[str, tuple[list[float], list[float]]]:
    """By exercise: similarities of planted copies, and of right answers thought of independently."""
    found = {}
    for name, lesson in LESSONS.items():
        given = Given.of(ROOT / f"notebooks/{name}.ipynb")
        for id in lesson.exercises:
            right = enumerate(find(id).also_right)
            own = [written(f"s{i}", source_of(f), given) for i, f in right]
            copies = [written("copy", renamed(a.source), given) for a in own]
            solution = published(find(id), given, ROOT)
            planted = [p.similarity for pair in zip(own, copies, strict=True) for p in pairs(id, pair)]
            honest = [p.similarity for p in pairs(id, [*own, solution])]
            long = [a for a in [*own, solution] if not a.short]
            honest += [0.0] * (len(list(combinations(long, 2))) - len(honest))
            found[id] = planted, honest
    return found


def test_planted_copies_stand_out_from_independent_answers(likeness):
    """With -s it prints the figures that docs/instructors.md quotes."""
    planted = sorted(s for copies, _ in likeness.values() for s in copies)
    honest = sorted(s for _, others in likeness.values() for s in others)
    print(f"\nplanted: {len(planted)} pairs, least {planted[0]:.2f}; "
          f"independent: {len(honest)} pairs, median {honest[len(honest) // 2]:.2f}, "
          f"9 in 10 below {honest[len(honest) * 9 // 10]:.2f}, most {honest[-1]:.2f}")
    assert len(planted) >= 12 and len(honest) >= 12
    assert planted[0] >= 0.9 and honest[-1] < 0.7 and honest[len(honest) * 9 // 10] < 0.4


def test_short_answers_are_not_compared():
    a, b = (written(name, "def f(x):\n    return x.exp() * 2 + 1\n", NOTHING) for name in "ab")
    assert a.short and pairs("e", [a, b]) == []
    assert together({str(i): [a, b] for i in range(5)})[0].similarity == 1


def test_pairs_say_what_they_share_and_what_is_rare():
    text = "\n".join(f"    y = torch.{name}(x, dim=1).clamp(min=0) / 3" for name in "abcdefgh")
    one = written("one", f"def f(x):\n{text}\n    return y", NOTHING)
    copy = written("copy", f"def g(z):\n{text.replace('x', 'z')}\n    return y", NOTHING)
    half = "\n".join(text.split("\n")[:4])
    solution = written(SOLUTION, f"def f(x):\n{half}\n    return y", NOTHING)
    found = {(p.one, p.other): p for p in pairs("e", [copy, solution, one])}
    pair = found["copy", "one"]
    assert pair.similarity == 1 and pair.kind == "the same but for names" and 0 < pair.rare < pair.shared
    assert found["one", SOLUTION].rare == 0 and found["one", SOLUTION].similarity < 1
    assert pairs("e", [one, written("two", one.source + "\n# mine", NOTHING)])[0].kind == "word for word"
    assert [p.similarity for p in pairs("e", [copy, solution, one], 0.9)] == [1]


def test_hundreds_of_answers_are_compared_in_seconds():
    sources = [source_of(f) for f in find("vae-iwae").also_right] + [ORIGINAL]
    answers = [written(f"s{i}", sources[i % len(sources)], NOTHING) for i in range(500)]
    began = time.process_time()
    assert len(pairs("vae-iwae", answers, 0.9)) > 30_000
    assert time.process_time() - began < 60


@pytest.fixture(scope="module")
def marks(tmp_path_factory) -> Path:
    """A class with a plain copy, a renamed one and somebody who took the published solution, graded."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    student, solved = make_class.notebooks()
    solutions = {make_class.exercise_id("".join(c["source"])): "".join(c["source"])
                 for c in solved["cells"] if c["cell_type"] == "code"}
    own = {id: f"# Exercise {id}\n" + source_of(find(id).also_right[0]).replace(
        find(id).also_right[0].__name__, find(id).name, 1) for id in ("vae-elbo", "vae-iwae")}
    copied = {id: f"# Exercise {id}\n" + renamed(source) for id, source in own.items()}
    files = {"<i>own": own, "copy": copied, "public": solutions, "nothing": {}}
    for name, answers in files.items():
        (folder / f"{name}.ipynb").write_text(make_class.submission(student, answers), encoding="utf-8")
    result = CliRunner().invoke(main, ["grade", str(folder), "-o", str(out)])
    assert result.exit_code == 0, result.output
    return out


def test_the_command_lists_the_copies_first_and_for_staff_alone(marks):
    before = {p: p.read_bytes() for p in (marks / "feedback").iterdir()}
    result = CliRunner().invoke(main, ["similarity", str(marks), "--root", str(ROOT), "--least", "0.6"])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((marks / "similarity.csv").open(encoding="utf-8")))
    best = {(r["exercise"], r["student"], r["other"]): float(r["similarity"]) for r in rows}
    for id in ("vae-elbo", "vae-iwae", ALL):
        assert best[id, "<i>own", "copy"] >= 0.9
    assert best["vae-slerp", "public", SOLUTION] == 1
    assert not {(one, other) for _, one, other in best} & {("copy", "public"), ("copy", SOLUTION)}
    assert "nothing" not in str(rows)
    assert "vae-reparameterize: 1 answers, 1 too short to tell; the solution is too short" in result.output
    page = (marks / "similarity.html").read_text(encoding="utf-8")
    assert "&lt;i&gt;own" in page and "<i>own" not in page
    assert not re.search(r"<script|\son\w+=|style=|https?://", page)
    assert {p: p.read_bytes() for p in (marks / "feedback").iterdir()} == before


def test_what_is_not_there_any_more_is_left_out(marks, tmp_path):
    found = similarity_report.compare(marks, ROOT, _elsewhere(marks, tmp_path))
    assert found.unread == ["copy"]
    assert not any("copy" in (p.one, p.other) for p in found.pairs)


def _elsewhere(marks: Path, folder: Path) -> Path:
    from grading.report.kept import Origin

    for path in Path(Origin.read(marks).place).iterdir():
        (folder / path.name).write_bytes(path.read_bytes() + (b" " if path.stem == "copy" else b""))
    return folder
