"""Executed copies: what the sandbox saw, cleaned, in a new notebook and on an inert page."""

import base64
import json
import os
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.ingest.notebook import parse
from grading.report.batch import grade_folder
from grading.report.copies import as_notebook, as_page, run
from grading.report.grade import Settings
from grading.report.kept import Origin
from grading.report.store import Store
from grading.sandbox import copy, frames
from grading.sandbox.client import GraderFault
from grading.sandbox.frames import Frame
from grading.sandbox.start import Connection, connect
from tests.grading import mini
from tests.grading.conftest import forked
from tests.grading.handing_out.test_png import drawn

ABOUT = {"title": "A small lesson", "student": "ada", "file": "ada.ipynb", "about": "Run by genlab."}


def ran(*cells: str, **limits):
    """The outputs of these cells, from 1, after a setup that prints nothing; (kind, text, has a picture)."""
    notebook = parse(mini.dump(*cells, setup=()))
    outputs, _ = run(notebook, forked, **limits)
    cells = [[(o.kind, o.text, bool(o.png)) for o in outputs[cell.number]] for cell in notebook.code]
    return notebook, outputs, cells


def test_what_cells_put_out_is_kept_in_order():
    _, _, cells = ran("print('one'); display('two'); print('three')\n4", "x = 5", "x", "x;")
    assert cells == [[("stream", "one\n", False), ("display", "'two'", False), ("stream", "three\n", False),
                      ("result", "4", False)], [], [("result", "5", False)], []]


def test_figures_and_pictures_are_png_with_nothing_but_pixels():
    _, outputs, cells = ran("from matplotlib import pyplot\npyplot.plot([1]); pyplot.show(); print('after')",
                            "figure, axes = pyplot.subplots(); axes.set_title('left open')", "figure",
                            "from PIL import Image\nImage.new('RGB', (3, 3))")
    kinds = [[(kind, picture) for kind, _, picture in cell] for cell in cells]
    assert kinds[0] == [("display", True), ("stream", False)] and kinds[1][-1] == ("display", True)
    assert kinds[2] == [("result", True)] == kinds[3]
    pictures = [o.png for cell in outputs.values() for o in cell if o.png]
    assert all(b"tEXt" not in png and png[:4] == b"\x89PNG" for png in pictures)


def test_errors_are_text_and_the_rest_goes_on():
    _, _, cells = ran("1 / 0", "def f(:", "print(undefined)", "import sys; sys.exit(0)", "print('here')")
    assert [cell[-1][0] for cell in cells] == ["error"] * 4 + ["stream"]
    assert cells[0][0][1].startswith("ZeroDivisionError: division by zero")
    assert "SyntaxError" in cells[1][0][1]
    assert "NameError" in cells[2][0][1] and "SystemExit" in cells[3][0][1]


def test_a_cell_that_does_not_come_back_ends_the_copy():
    hangs = "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass"
    _, _, cells = ran("print('before')", hangs, "print('never')", seconds=1.0)
    assert cells[0] == [("stream", "before\n", False)]
    assert cells[1] == [("error", "Stopped after 1 s.", False)]
    assert cells[2] == [("error", "Not run: a cell above did not come back.", False)]
    _, _, cells = ran("import os; os._exit(0)", "1")
    assert cells[0] == [("error", "This cell ended the process.", False)] and "Not run" in cells[1][0][1]


def test_a_slow_cell_is_stopped_and_the_next_one_runs():
    _, _, cells = ran("import time; time.sleep(60)", "print('next')", seconds=1.0)
    assert cells == [[("error", "Stopped after 1 s.", False)], [("stream", "next\n", False)]]


def test_floods_are_cut():
    _, _, cells = ran("for _ in range(10**4): print('x' * 100)", "for _ in range(500): display(1)",
                      "display({'text/plain': 'y' * 10**6}, raw=True)")
    assert all(sum(len(text) for _, text, _ in cell) <= copy.MAX_TEXT + 1 for cell in cells)
    assert all(len(cell) <= 200 for cell in cells)


def test_bars_end_as_one_line_and_colours_are_gone():
    _, _, cells = ran(r"print('10%\r50%\r100%', end=''); print('\x1b[31mred\x1b[0m')")
    assert cells == [[("stream", "100%red\n", False)]]


def test_a_live_display_shows_its_last_state():
    _, _, cells = ran("h = display('first', display_id=True)\nfor i in range(3): h.update(i)")
    assert cells == [[("display", "2", False)]]


def test_checks_are_made_elsewhere():
    _, _, cells = ran("from grading import check, use\ncheck('mini-affine', None)", "use('mini-affine', 3)")
    assert cells[0] == [("result", "○ mini-affine  Checked apart: see the feedback.", False)]
    assert cells[1] == [("result", "3", False)]


def test_only_text_and_png_travel():
    evil = ("display({'text/html': '<script>1</script>', 'application/javascript': 'alert(1)', 'image/png': "
            "'AAAA', 'image/svg+xml': '<svg onload=alert(1)>', 'text/plain': 'plain'}, raw=True)")
    notebook, outputs, cells = ran(evil)
    assert cells == [[("display", "plain", False)]]
    assert "script" not in as_notebook(notebook, outputs).replace(json.dumps(evil)[1:-1], "")


def test_the_notebook_is_new_and_sound():
    data = mini.notebook("print('a')\n1", "1 / 0", "import matplotlib.pyplot as p; p.plot([1])", setup=())
    data["metadata"] = {"evil": "<script>"}
    old = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<old>"}}
    data["cells"][1]["outputs"] = [old]
    data["cells"][1]["metadata"] = {"trusted": True, "evil": "metadata"}
    notebook = parse(json.dumps(data).encode())
    outputs, _ = run(notebook, forked)
    book = nbformat.reads(as_notebook(notebook, outputs), as_version=4)
    nbformat.validate(book)
    assert [c.source for c in book.cells] == ["# The lesson", *(c.source for c in notebook.code)]
    assert "evil" not in json.dumps(book) and "<old>" not in json.dumps(book)
    kinds = [[o.output_type for o in c.get("outputs", ())] for c in book.cells]
    assert kinds == [[], ["stream", "display_data"], ["error"], ["display_data", "display_data"]]
    assert base64.b64decode(book.cells[3].outputs[1].data["image/png"])[:4] == b"\x89PNG"


AWAY = "http://127.0.0.1:9/"
HOSTILE_TEXT = f"""# Title
<script>document.title='ran'</script><img src='{AWAY}' onerror=alert(1)>
[link](javascript:alert(1)) [good](https://arxiv.org/abs/1312.6114) ![x]({AWAY}x.png)
![photo](attachment:a.png)

<style>h1 {{display: none}}</style>

| a | b |
|---|---|
| 1 | $x^2$ |

<iframe src='{AWAY}'></iframe><a href="data:text/html,x" onclick=alert(1)>x</a>
"""


def test_the_page_is_inert():
    printed = "<script>document.title='ran'</script>{{ 7 * 191 }}"
    data = mini.notebook(f"print({printed!r})", "'</pre><script>'",
                         "# </pre><script>document.title='ran'</script>", setup=())
    data["cells"].append(mini.cell(HOSTILE_TEXT, "markdown"))
    notebook = parse(json.dumps(data).encode())
    outputs, _ = run(notebook, forked)
    page = as_page(notebook, outputs, **ABOUT | {"student": "<script>ada</script>"})
    assert not re.search(r"<(script|img src=.http|iframe|svg|link|object|form)", page) and "1337" not in page
    assert len(re.findall("<style", page)) == 1 and "javascript:" not in page and 'href="data:' not in page
    assert not re.search(r"<[^>]* on\w+=", page)
    assert 'href="https://arxiv.org/abs/1312.6114"' in page and "<table>" in page and "picture: photo" in page
    assert "default-src 'none'" in page.replace("&#39;", "'") and "img-src data:" in page


@pytest.mark.parametrize("reply", [
    Frame("ran", {"number": 2}), Frame("outputs", {"number": 7, "outputs": []}),
    *(Frame("outputs", {"number": 2, "outputs": said})
      for said in ("none", [["html", "<b>"]], [["stream", 3]], [3], [["stream", "a", "b"]])),
])
def test_a_worker_that_lies_is_not_believed(reply):
    def liar() -> Connection:
        from_judge, sink = os.pipe()
        source, to_judge = os.pipe()
        for frame in (Frame("ready"), Frame("cell", {"number": 2}), reply):
            frames.write(to_judge, frames.encode(frame))
        return Connection(source, sink, lambda: [os.close(fd) for fd in (from_judge, sink, source, to_judge)])

    outputs, _ = run(parse(mini.dump("1", setup=())), liar)
    assert [o.text for o in outputs[2]] == ["What this cell put out could not be read."]


def test_a_picture_that_is_none_is_dropped():
    broken = "display({'image/png': b'\\x89PNG\\r\\n\\x1a\\nevil', 'text/plain': 'a'}, raw=True)"
    sound = f"display({{'image/png': {base64.b64encode(drawn()).decode()!r}}}, raw=True)"
    _, outputs, _ = ran(broken, sound)
    assert not any(o.png for o in outputs[2]) and outputs[3][0].png


ATTEMPTS = {
    "open(PATH).read()": "Error", "open(PATH, 'w')": "Error", "os.fork()": "Error",
    "open('/etc/passwd').read()": "Error", "socket.create_connection(('127.0.0.1', PORT), 2)": "Error",
    "subprocess.check_output(['id'])": "Error", "open(f'/proc/{os.getppid()}/environ').read()": "Error",
    "__import__('grading.exercises')": "ModuleNotFoundError", "1 + 1": "2",
}


def test_a_copy_is_run_behind_the_walls(tmp_path):
    """What a notebook may try while its copy is made, in the strongest tier that this machine gives."""
    secret = tmp_path / "secret"
    secret.write_text("nobody reads this")
    with socket.create_server(("127.0.0.1", 0)) as server:
        known = f"import os, socket, subprocess\nPATH, PORT = {str(secret)!r}, {server.getsockname()[1]}"
        notebook = parse(mini.dump(known, *ATTEMPTS, setup=()))
        outputs, tier = run(notebook, connect)
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()
    assert tier in ("namespaces", "landlock") and secret.read_text() == "nobody reads this"
    for cell, (attempt, wanted) in zip(notebook.code[1:], ATTEMPTS.items(), strict=True):
        assert [wanted in o.text for o in outputs[cell.number]] == [True], (attempt, outputs[cell.number])


def test_a_worker_that_does_not_begin_is_a_fault_of_ours():
    def silent() -> Connection:
        from_judge, sink = os.pipe()
        source, to_judge = os.pipe()
        os.close(to_judge)
        return Connection(source, sink, lambda: [os.close(fd) for fd in (from_judge, sink, source)])

    with pytest.raises(GraderFault, match="did not begin"):
        run(parse(mini.dump("1", setup=())), silent)


@pytest.fixture
def marks(tmp_path, mini_lesson, monkeypatch):
    """A class of two that is graded, with the forked worker in place of the sandbox."""
    monkeypatch.setattr("grading.report.executed.connect", forked)
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada.ipynb").write_bytes(mini.honest("print('hello')"))
    (folder / "bob.ipynb").write_bytes(b"<html>")
    out = tmp_path / "marks"
    store = Store(out)
    Origin(str(folder)).keep(out)
    with ThreadPoolExecutor(1) as pool:
        grade_folder(folder, store, Settings(b"0" * 16, "99_mini", connect=forked), executor=pool)
    store.close()
    return out


def test_the_command_writes_a_notebook_and_a_page(marks):
    result = CliRunner().invoke(main, ["executed", str(marks), "ada"])
    assert result.exit_code == 0, result.output
    book = nbformat.read(marks / "executed" / "ada.ipynb", as_version=4)
    assert book.cells[-1].outputs[0].text == "hello\n"
    page = (marks / "executed" / "ada.html").read_text(encoding="utf-8")
    assert "A small lesson" in page and "hello" in page and "tells nothing about marks" in page


def test_the_command_says_who_has_no_copy(marks):
    result = CliRunner().invoke(main, ["executed", str(marks), "--all"])
    assert result.exit_code == 1 and "bob: This is a web page" in result.output
    assert sorted(p.name for p in (marks / "executed").iterdir()) == ["ada.html", "ada.ipynb"]


@pytest.mark.parametrize(("words", "says"), [
    ((), "name students, as marks.csv does, or say --all"), (("ada", "--all"), "or say --all"),
    (("zoe",), "no result of zoe; marks.csv has the names"),
])
def test_the_command_teaches(marks, words, says):
    result = CliRunner().invoke(main, ["executed", str(marks), *words])
    assert result.exit_code and says in result.output and "Traceback" not in result.output
