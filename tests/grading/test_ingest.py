"""Whatever is handed in is read, or refused with one clear sentence; a traceback never."""

import json
import os

import pytest

from grading.ingest.folder import printable
from grading.ingest.magics import parse as parse_cell
from grading.ingest.match import find_lesson, marker
from grading.ingest.notebook import Ungradable, parse, read_bytes
from grading.ingest.select import select
from tests.grading import mini


def missing(*cells: str, setup=mini.SETUP) -> dict:
    return dict(select(parse(mini.dump(*cells, setup=setup)), mini.EXERCISES).missing)


def test_links_pipes_and_large_files_are_refused(tmp_path):
    real = tmp_path / "real.ipynb"
    real.write_bytes(mini.honest())
    (tmp_path / "link.ipynb").symlink_to(real)
    os.mkfifo(tmp_path / "pipe.ipynb")
    with open(tmp_path / "large.ipynb", "wb") as file:
        file.truncate(100 << 20)
    assert read_bytes(real)
    for name in ("link", "pipe", "large", "absent"):
        with pytest.raises(Ungradable):
            read_bytes(tmp_path / f"{name}.ipynb")


def test_names_lose_what_could_deceive():
    assert printable("a\u202egpj.exe\n\x00\ud800") == "a\ufffdgpj.exe\ufffd\ufffd\ufffd"


def test_the_lesson_is_found_by_markers_and_by_its_name(mini_lesson):
    assert find_lesson(parse(mini.honest())) is mini_lesson
    assert find_lesson(parse(mini.dump(mini.AFFINE_CELL, setup=()))) is mini_lesson
    assert find_lesson(parse(mini.dump("x = 1"))) is mini_lesson
    assert find_lesson(parse(mini.dump("x = 1", setup=()))) is None


@pytest.mark.parametrize(("source", "id"), [
    ("# Exercise vae-elbo\ndef", "vae-elbo"), ("\n  #exercise VAE-elbo", "vae-elbo"),
    ("x = 1\n# Exercise vae-elbo", ""), ("", ""), ("## Exercise mini-scale", "mini-scale")])
def test_markers(source, id):
    assert marker(source) == id


def test_a_renamed_answer_is_pointed_out():
    for name in ("Affine", "affine_", "afine"):
        message = missing(mini.AFFINE_CELL.replace("affine(", f"{name}("), mini.SCALE_CELL)["mini-affine"]
        assert f"`{name}`" in message and "did you mean" in message
    far = missing(mini.AFFINE_CELL.replace("affine(", "my_solution("), mini.SCALE_CELL)["mini-affine"]
    assert "`my_solution`" in far  # it stands under the exercise's marker
    assert "did you mean" not in missing("def something(): pass")["mini-affine"]


def test_a_text_cell_and_a_syntax_error_are_told_apart():
    data = mini.notebook(mini.SCALE_CELL)
    data["cells"].append(mini.cell(mini.AFFINE_CELL, "markdown"))
    found = select(parse(json.dumps(data).encode()), mini.EXERCISES)
    assert "text cell" in found.missing["mini-affine"] and "mini-scale" not in found.missing
    broken = missing("# Exercise mini-affine\ndef affine(x, w:\n    return x", mini.SCALE_CELL)
    assert list(broken) == ["mini-affine"] and "not Python" in broken["mini-affine"]


@pytest.mark.parametrize(("source", "plain"), [
    ("%matplotlib inline\nx = 1", "x = 1"), ("!pip install t\nx = 1", "x = 1"), ("%%time\nx = 1", "x = 1"),
    ("# note\n%%capture out\nx = 1", "x = 1"), ("files = !ls\nx = 1", "x = 1"),
    ("torch?\nx = 1", "x = 1"),
    ("if True:\n    !pip install x\n    %pip install y\nx = 1", "x = 1"), ("%time x = 1", "x = 1"),
    (">>> x = 1", "x = 1"), ("  x = 1", "x = 1"),
    ("try:\n  import a\nexcept ImportError:\n  !x\nx = 1", "x = 1")])
def test_magics_and_shell_lines_are_neutralised(source, plain):
    text, tree = parse_cell(source)
    assert any(line.strip() == plain for line in text.split("\n")) and tree.body
    lines = [line.strip() for line in source.split("\n")]
    if plain in lines:
        assert text.split("\n")[lines.index(plain)].strip() == plain  # on its own line still


@pytest.mark.parametrize("source", ["%%bash\nrm -rf /", "%%html\n<b>", "%%javascript\nx", "%%writefile a\nx"])
def test_cells_of_other_languages_are_empty(source):
    assert parse_cell(source)[0].strip() == ""


def test_python_that_looks_like_a_magic_is_left_alone():
    source = 'x = ("%d"\n     % 3)\ny = """\n!ls\n%time\n"""'
    assert parse_cell(source)[0] == source


@pytest.mark.parametrize("source", [
    "a" + ".b" * 50_000, "1" + "+1" * 100_000, "-" * 100_000 + "1", "not " * 50_000 + "1", "(" * 1000,
    "if a: pass\n" + "elif a: pass\n" * 20_000, "a\0b", "!" * 50_000, "\n".join(["!ls"] * 20_000),
    "%time " * 10_000, "f'" + "{" * 1000, "\\\n" * 10_000, "\ufeffx = 1", "return 1", "await x", "x = '\\d'"])
def test_cells_made_to_break_a_parser_leave_the_others(source):
    found = select(parse(mini.dump(source, mini.AFFINE_CELL, mini.SCALE_CELL)), mini.EXERCISES)
    assert not found.missing
