"""A map from files to students: what it does, and what is wrong with one."""

import pytest

from grading.ingest.classroom import classroom
from grading.ingest.names import MapError, Names
from tests.grading.classes import builders
from tests.grading.classes.builders import PEOPLE, mini_notebooks, unpacked, word, zipped


@pytest.fixture
def names(tmp_path):
    def read(text: str, encoding: str = "utf-8") -> Names:
        path = tmp_path / "students.csv"
        path.write_bytes(text.encode(encoding))
        return Names.read(path)

    return read


@pytest.mark.parametrize("header", ["file,student", "pattern,student", "Student,File",
                                    "student_id;file;section"])
def test_files_and_patterns(names, read, header):
    rows = {"file": ["a.ipynb", "eve_*", "bob"], "student": ["1815", "1906", "=7"]}
    rows["pattern"] = rows["file"]
    separator = ";" if ";" in header else ","
    columns = [h.lower().replace("_id", "") for h in header.split(separator)]
    lines = [separator.join(rows.get(c, ["A"] * 3)[i] for c in columns) for i in range(3)]
    students = names("\n".join([header, *lines]), "utf-8-sig")
    tasks = read(zipped({"a.ipynb": b"1", "eve_final.ipynb": b"2", "bob/x.ipynb": b"3"}), names=students)
    assert {name: task.attempts[0][1].files[0][1] for name, task in tasks.items()} == {
        "1815": b"1", "1906": b"2", "=7": b"3"}


@pytest.mark.parametrize("key", [
    lambda i: f"{word(PEOPLE[i])}_{7000 + i}", lambda i: str(7000 + i), lambda i: f"*_{7000 + i}_*"])
def test_what_a_platform_calls_a_student(names, read, key):
    students = names("file,student\n" + "".join(f"{key(i)},id{i}\n" for i in range(len(PEOPLE))))
    tasks = read(zipped(builders.canvas(mini_notebooks())), names=students)
    assert sorted(tasks) == sorted(f"id{i}" for i in range(len(PEOPLE)))
    assert tasks["id2"].attempts[0][0]["attempt"] == 2 and tasks["id1"].attempts[0][0]["late"]


def test_addresses_of_gradescope(names, read):
    rows = "".join(f"{word(name)}@example.org,{i}\n" for i, name in enumerate(PEOPLE))
    tasks = read(zipped(builders.gradescope(mini_notebooks())), names=names("file,student\n" + rows))
    assert sorted(tasks, key=int) == [str(i) for i in range(len(PEOPLE))]


def test_several_files_of_one_student_are_attempts_and_their_order_is_said(names, read):
    students = names("file,student\nvae*.ipynb,1\n")
    files = {"vae10.ipynb": b"10", "vae9.ipynb": b"9", "vae.ipynb": b"0"}
    (task,) = read(zipped(files), names=students).values()
    assert [listing["file"] for listing, _ in task.attempts] == ["vae.ipynb", "vae9.ipynb", "vae10.ipynb"]
    assert task.attempts[-1][1].files[0][1] == b"10"
    assert len(task.notes) == 2
    assert "not known whether vae9.ipynb was handed in after vae.ipynb" in task.notes[0]


def test_exact_names_win_over_patterns(names, read):
    students = names("pattern,student\n*,rest\na.ipynb,1\n")
    assert set(read(zipped({"a.ipynb": b"", "b.ipynb": b""}), names=students)) == {"1", "rest"}


@pytest.mark.parametrize(("text", "says"), [
    ("", "has to name the columns"), ("name,mark\na,1", "has to name the columns"),
    ("file,student\na.ipynb,\n,7", "line 2 names no student; line 3 names no file"),
    ("file,student\na.ipynb,1\n\na.ipynb,1", "line 4 repeats line 2: a.ipynb"),
    ('file,student\n"a', "line 2")])
def test_a_map_that_cannot_be_read(names, text, says):
    with pytest.raises(MapError, match=says):
        names(text)
    with pytest.raises(MapError, match="UTF-8"):
        names("file,student\né,1", "latin-1")


@pytest.mark.parametrize(("text", "says"), [
    ("file,student\na*,1\n*.ipynb,2", r"a\.ipynb fits more than one student: line 2 \(a\* is 1\), line 3"),
    ("file,student\na.ipynb,1", r"has no row for b\.ipynb: add one"),
    ("file,student\nx,1", r"has no row for a\.ipynb, b\.ipynb")])
def test_a_map_that_does_not_fit(names, tmp_path, text, says):
    place = unpacked(tmp_path / "in", {"a.ipynb": b"", "b.ipynb": b"", "notes.txt": b""})
    with pytest.raises(MapError, match=says), classroom(place, names=names(text)):
        pass


def test_strays_stay_and_the_absent_are_named(names, tmp_path):
    place = unpacked(tmp_path / "in", {"a.ipynb": b"", "notes.txt": b""})
    students = names("file,student\na.ipynb,1\nb.ipynb,2\nc.ipynb,3")
    with classroom(place, names=students) as room:
        assert [s.student for s in room.students] == ["1", "notes.txt"]
        assert "2 students of the map handed in nothing: 2, 3." in str(room)


@pytest.mark.parametrize(("file", "written"), [
    ("jose\u0301", "jos\u00e9"), ("jos\u00e9", "jose\u0301"), ("\u0130pek", "i\u0307pek"),
    ("STRASSE", "straße"),
    ("น้ำใส", "น้ำใส"), ("प्रिया", "प्रिया")])
def test_names_are_compared_composed_and_without_case(names, read, file, written):
    students = names(f"file,student\n{written},7\n")
    assert set(read(zipped({f"{file}.ipynb": b"1"}), names=students)) == {"7"}
