"""Whatever is handed in is read, or refused with one clear sentence; a traceback never."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.ingest.folder import printable
from grading.ingest.magics import parse as parse_cell
from grading.ingest.match import find_lesson, marker
from grading.ingest.notebook import Ungradable, parse, read_bytes
from grading.ingest.select import select
from tests.grading import mini


def sources(notebook) -> list[str]:
    return [cell.source for cell in notebook.code]


def missing(*cells: str, setup=mini.SETUP) -> dict:
    return dict(select(parse(mini.dump(*cells, setup=setup)), mini.EXERCISES).missing)


@pytest.mark.parametrize("encode", [
    lambda text: text.encode(), lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.encode("utf-16"), lambda text: b"\n\n" + text.encode()])
def test_encodings(encode):
    text = json.dumps(mini.notebook("é = 1"), ensure_ascii=False)
    assert sources(parse(encode(text)))[-1] == "é = 1"


def test_bytes_that_are_not_utf8_are_replaced_with_a_warning():
    notebook = parse(mini.dump("a = 'é'").replace(b"\\u00e9", b"\xe9"))
    assert notebook.warnings and sources(notebook)[-1] == "a = '�'"


def test_format_three():
    cells = [{"cell_type": "code", "input": ["a = 1\n", "b = 2"], "language": "python", "outputs": []},
             {"cell_type": "markdown", "source": "text"}]
    notebook = parse(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode())
    assert sources(notebook) == ["a = 1\nb = 2"]


@pytest.mark.parametrize(("source", "text"), [
    (None, ""), (["a\n", "b"], "a\nb"), (["a", None, 3, "b"], "ab"), (3, ""), ({"a": 1}, ""),
    ("a\r\nb", "a\nb"),
    ("\ud800", "?")])
def test_sources_of_any_kind(source, text):
    data = json.dumps({"cells": [{"cell_type": "code", "source": source}, None, 3, {}]}).encode()
    assert sources(parse(data)) == [text]


@pytest.mark.parametrize(("data", "says"), [
    (b"{", "not JSON"), (mini.honest()[:-20], "not JSON"), (b"<!DOCTYPE html><html>", "web page"),
    (b"[]", "not a notebook"), (b"3", "not a notebook"), (b'{"cells": {}}', "no list of cells"),
    (b'{"worksheets": 3}', "no list of cells"), (b"[" * 100_000, "nested"), (b"PK\x03\x04zip", "not JSON"),
    (b'{"cells": [' + b"{}," * 3000 + b"{}]}", "cells"), (b"9" * 10_000, "not a notebook")])
def test_what_cannot_be_read_says_why(data, says):
    with pytest.raises(Ungradable, match=says):
        parse(data)


def test_empty_files_are_notebooks_without_cells():
    assert parse(b"").cells == () and parse(b"").warnings
    assert parse(b'{"cells": [], "metadata": {"x": NaN}}').cells == ()


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=6), st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_mutated_bytes_never_raise_anything_else(place, noise, cut):
    data = bytearray(mini.honest())
    place %= len(data)
    data[place:place + cut] = noise
    try:
        notebook = parse(bytes(data))
        find_lesson(notebook)
        select(notebook, mini.EXERCISES)
    except Ungradable as error:
        assert str(error)


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
