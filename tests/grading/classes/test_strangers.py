"""What lies inside a submission describes nobody but its owner: every other row stays byte for byte."""

import io
import json
import time
import zipfile
from itertools import product

import pytest

from grading.ingest.notebook import MAX_BYTES
from tests.grading import mini
from tests.grading.classes.builders import unpacked, zipped

METADATA = "\n".join(
    f"{folder}:\n  :submitters:\n  - :name: {name}\n    :sid: {name}\n    :email: {name}\n"
    "  :created_at: 2099-01-01 00:00:00 Z\n  :history: [{}, {}, {}]"
    for folder, name in (("alice_work", "alice"), ("submission_1", "s1"), ("10_vae", "bob")))
YAML_BOMB = "a0: &a0 [x, x]\n" + "\n".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 11)) + "\nb: {':submitters': *a10}\n"
MERGE_BOMB = "a0: &a0 {k: v}\n" + "\n".join(
    f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 11))
DEEP = "[" * 100_000
NAMES = (  # every name that means something somewhere in ingest or report, and names of platforms
    "submission_metadata.yml", "submission_metadata.json", "timestamp.txt", "students.csv", "overrides.csv",
    "marks.csv", "assignment.toml", ".batch.json", "gradebook.db", "nbgrader_config.py", "index.html",
    "source/x.ipynb", "submitted/alice/10_vae/10_vae.ipynb", "submitted/alice/10_vae/timestamp.txt",
    "alice/10_vae.ipynb", "alice_work/10_vae.ipynb", "alice.ipynb",
    "alice.zip", "results/alice.json",
    "Alice_1_assignsubmission_file_/10_vae.ipynb", "Alice_1_assignsubmission_file_10_vae.ipynb",
    "alice_1_2_10_vae.ipynb", "submission_1/10_vae.ipynb", "assignment_7_export/submission_metadata.yml",
    "Homework 1_alice_attempt_2026-11-02-10-30-15.txt", "1-2 - Alice - Nov 2, 2026 1030 AM/10_vae.ipynb",
    "Homework 1_alice_attempt_2026-11-02-10-30-15_10_vae.ipynb", "__MACOSX/x", ".DS_Store",
    "10_vae.ipynb.json")


def bomb() -> bytes:
    """A zip of a megabyte that would be a gigabyte."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission_metadata.yml", bytes(60 << 20))
    return buffer.getvalue()


CONTENTS = {
    "metadata": METADATA.encode(), "invalid": b"\xff\xfe: [\x00 {{{", "aliases": YAML_BOMB.encode(),
    "merges": MERGE_BOMB.encode(), "deep": DEEP.encode(), 
    "notebook": mini.honest("stranger = 1"),
    "empty": b"",
    "table": b"file,student\n*,alice\nalice,alice\n", "clock": b"1999-01-01 00:00:00 UTC", "zip": bomb(),
    "nested": zipped({"submission_metadata.yml": METADATA.encode(), "alice/10_vae.ipynb": b"{}"}),
    "json": json.dumps({"student": "alice", "points": 0}).encode(), "huge": b"x" * (MAX_BYTES + 1)}


def classes(extra: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    """The same three students in every layout; `extra` lies in the second one's folder, or zip."""
    work = [mini.honest(f"mine = {i}") for i in range(3)]
    mine = {"10_vae.ipynb": work[1], **extra}
    names = ("alice", "mallory", "zoe")

    def folders(form: str) -> dict[str, bytes]:
        found = {}
        for i, name in enumerate(names):
            files = mine if i == 1 else {"10_vae.ipynb": work[i]}
            found |= {f"{form.format(name=name, i=i)}/{file}": data for file, data in files.items()}
        return found

    return {
        "plain": folders("{name}"), "work": folders("{name}_work"), "nbgrader": folders(
            "submitted/{name}/10_vae") | {"nbgrader_config.py": b""},
        "moodle": folders("{name}_{i}_assignsubmission_file_"),
        "gradescope": folders("submission_{i}") | {"submission_metadata.yml": "\n".join(
            f"submission_{i}:\n  :submitters:\n  - :sid: s{i}\n  :created_at: 2026-11-0{i + 1} 10:00:00 Z"
            for i in range(3)).encode()},
        "zips": {f"{name}.zip": zipped(mine if i == 1 else {"10_vae.ipynb": work[i]})
                 for i, name in enumerate(names)},
        "in a folder": {f"class/{name}": data for name, data in folders("{name}").items()}}


def others(text: str) -> tuple[str, list[str]]:
    """The titles, and all rows but the second one's."""
    header, *rows = text.splitlines()
    mine = [row for row in rows if row.startswith(("mallory", "s1,"))]
    assert len(mine) == 1
    return header, [row for row in rows if row not in mine]


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("layout", list(classes({})))
def test_a_file_in_ones_own_hand_in_changes_no_other_row(tmp_path, graded, layout, kind):
    if layout == "in a folder" and kind == "folder":
        pytest.skip("only a zip may have a folder around the class")
    marks = {}
    begin = time.monotonic()
    cases = [({}, "alone"), *(({name: CONTENTS[c]}, f"{name} ({c})") for name, c in product(NAMES, CONTENTS)
                              if c not in ("huge", "zip", "deep") or name in NAMES[:4])]
    for number, (extra, what) in enumerate(cases[:1] + cases[1 + (kind == "zip")::2]):
        entries = classes(extra)[layout]
        if kind == "zip":
            place = tmp_path / "class.zip"
            place.write_bytes(zipped(entries))
        else:
            place = unpacked(tmp_path / f"in{number}", entries)
        out = tmp_path / f"out{number}"
        graded(place, out)
        marks[what] = others((out / "marks.csv").read_text())
        assert marks[what] == marks["alone"], what
        assert len(marks[what][1]) == 2
    assert time.monotonic() - begin < 120  # nothing took a minute
