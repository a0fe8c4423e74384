"""Whose a file is and which attempt, as platforms and instructors name them."""

import pytest

from grading.ingest.classroom import classroom
from grading.ingest.layouts import when
from grading.ingest.notebook import Ungradable
from tests.grading import mini
from tests.grading.classes import builders
from tests.grading.classes.builders import PEOPLE, mini_notebooks, unpacked, word, zipped
from tests.grading.classes.conftest import told

NOTEBOOKS = mini_notebooks()


def place_of(tmp_path, entries, kind):
    if kind == "folder":
        return unpacked(tmp_path / "in", entries)
    path = tmp_path / "class.zip"
    if kind == "zip of a folder":
        entries = {f"class/{name}": data for name, data in entries.items()}
    path.write_bytes(zipped(entries))
    return path


@pytest.mark.parametrize("kind", ["folder", "zip", "zip of a folder"])
@pytest.mark.parametrize(("build", "layout", "names"), [
    (builders.canvas, "canvas", [f"{word(name)}_{7000 + i}" for i, name in enumerate(PEOPLE)]),
    (builders.moodle, "moodle", [f"{name}_{1234500 + i}" for i, name in enumerate(PEOPLE)]),
    (lambda n: builders.moodle(n, folders=False), "moodle",
     [f"{name}_{1234500 + i}" for i, name in enumerate(PEOPLE)]),
    (builders.gradescope, "gradescope", [f"s{i:03}" for i in range(len(PEOPLE))]),
    (builders.nbgrader, "nbgrader", [word(name) for name in PEOPLE]),
    (lambda n: {f"{word(p)}.ipynb": d for p, d in zip(PEOPLE, n, strict=True)}, "plain",
     [*map(word, PEOPLE)])])
def test_everybody_is_found_in_every_form(tmp_path, build, layout, names, kind):
    with classroom(place_of(tmp_path, build(NOTEBOOKS), kind)) as room:
        tasks = {s.student: s.task() for s in room.students}
        assert room.layout == layout and f"{len(PEOPLE)} students" in str(room)
    assert set(tasks) == set(names)
    for name, notebook in zip(names[:-1], NOTEBOOKS, strict=False):
        (_, submission), = tasks[name].attempts
        assert [data for _, data in submission.files] == [notebook] and not submission.problem


def test_what_canvas_tells(read):
    tasks = read(zipped(builders.canvas(NOTEBOOKS)))
    listings = {name: task.attempts[0][0] for name, task in tasks.items()}
    assert [n for n, listing in listings.items() if listing["late"]] == ["turingalan_7001"]
    assert listings["liskovbarbara_7002"]["attempt"] == 2 and listings["lovelaceada_7000"]["attempt"] is None
    assert listings["lovelaceada_7000"]["file"] == "10_vae.ipynb"
    assert dict(tasks["lovelaceada_7000"].who) == {"lms": "canvas", "id": "7000", "name": "lovelaceada"}


def test_several_downloads_from_canvas_in_one_folder_are_attempts(read):
    files = {"x_1_500_vae.ipynb": b"a", "x_1_900_helper.ipynb": b"h", "x_LATE_1_901_vae-2.ipynb": b"c",
             "x_1_700_vae-1.ipynb": b"b", "y_2_9_vae.ipynb": b"1", "y_2_10_vae.ipynb": b"2"}
    tasks = read(zipped(files), "best")
    counted = {name: [(listing["attempt"], [d for _, d in s.files]) for listing, s in task.attempts]
               for name, task in tasks.items()}
    assert counted == {"x_1": [(1, [b"a"]), (2, [b"b"]), (3, [b"c", b"h"])],
                       "y_2": [(1, [b"1"]), (2, [b"2"])]}
    assert [listing["late"] for listing, _ in tasks["x_1"].attempts] == [False, False, True]


def test_anonymous_and_odd_entries_of_canvas(read):
    files = {"anon_Ab1c2_77_vae.ipynb": b"1", "LATE_anon_Zz9Zz_78_vae.ipynb": b"2",
             "smithjo_5_text.html": b"<p>", "leeann_LATE_6_link.html": b"<p>",
             "under_score_7_8_my_file_9.ipynb": b"3", "readme.pdf": b"%"}
    tasks = read(zipped(files))
    assert set(tasks) == {"anon_Ab1c2", "anon_Zz9Zz", "smithjo_5", "leeann_6", "under_score_7", "readme.pdf"}
    assert tasks["anon_Zz9Zz"].attempts[0][0]["late"] and tasks["leeann_6"].attempts[0][0]["late"]
    assert "no notebook (.ipynb) here, only text.html" in told(tasks["smithjo_5"])
    assert "only readme.pdf" in told(tasks["readme.pdf"])
    assert tasks["under_score_7"].attempts[0][0]["file"] == "my_file_9.ipynb"


def test_names_that_only_look_like_canvas(read):
    tasks = read(zipped({"alice_2024_11_final.ipynb": b"1", "bob.ipynb": b"2", "carol.ipynb": b"3"}))
    assert set(tasks) == {"alice_2024_11_final", "bob", "carol"}
    assert set(read(zipped({"alice_1_1_x.ipynb": b""}), layout="plain")) == {"alice_1_1_x"}


def test_groups_texts_and_blind_marking_of_moodle(read):
    files = {"Group A_31_assignsubmission_file_/a/vae.ipynb": b"1",
             "Participant_900_assignsubmission_file_x.ipynb": b"2",
             "Ada_7_assignsubmission_onlinetext_/onlinetext.html": b"",
             "Ada_7_assignsubmission_file_/v.ipynb": b"3",
             "Default group_assignsubmission_file_/v.ipynb": b"4", "notes.txt": b""}
    tasks = read(zipped(files))
    assert set(tasks) == {"Group A_31", "Participant_900", "Ada_7", "Default group", "notes.txt"}
    assert [d for _, d in tasks["Ada_7"].attempts[0][1].files] == [b"3"]
    assert dict(tasks["Ada_7"].who) == {"lms": "moodle", "id": "7", "name": "Ada"}


def test_what_gradescope_tells(read):
    tasks = read(zipped(builders.gradescope(NOTEBOOKS)))
    first, (listing, _) = tasks["s000"], tasks["s000"].attempts[0]
    assert listing["attempt"] == 3 and listing["submitted"] == "2026-11-02T10:00:00+00:00"
    assert dict(first.who)["email"] == f"{word(PEOPLE[0])}@example.org"
    assert dict(first.who)["name"] == PEOPLE[0]
    pair = [tasks[name].attempts[0][1].files for name in ("s010", "s011")]
    assert pair[0] == pair[1] == (("10_vae.ipynb", NOTEBOOKS[10]),)


METADATA = """
submission_1:
  :submitters:
  - :name: Ada
    :sid: ''
    :email: ada@example.org
  :created_at: &1 !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-11-01 10:00:00.5 Z
    zone: Europe/London
submission_2:
  :submitters: []
  :created_at: '2026-11-02T10:00:00.000000-08:00'
submission_3:
  submitters:
  - name: Bob
  created_at: yesterday
"""


def test_gradescopes_file_as_ruby_writes_it(read):
    entries = {"submission_metadata.yml": METADATA.encode(), "submission_1/a.ipynb": b"1",
               "submission_2/a.ipynb": b"2", "submission_9/a.ipynb": b"9"}
    tasks = read(zipped(entries))
    assert set(tasks) == {"ada@example.org", "submission_2", "Bob", "submission_9"}
    times = {name: task.attempts[0][0]["submitted"] for name, task in tasks.items()}
    assert times == {"ada@example.org": "2026-11-01T10:00:00.500000+00:00", "Bob": None, "submission_9": None,
                     "submission_2": "2026-11-02T18:00:00+00:00"}
    assert "names this folder, which is not here" in told(tasks["Bob"])


@pytest.mark.parametrize("text", ["[1]", "a: [", "a: b", "x: !!python/object/apply:os.getcwd []", "\0"])
def test_a_file_that_only_has_gradescopes_name(read, text):
    with pytest.raises(Ungradable, match=r"submission_metadata\.yml"):
        read(zipped({"submission_metadata.yml": text.encode(), "submission_1/a.ipynb": b""}))


def test_one_student_with_two_submissions_at_gradescope(read):
    text = "".join(f"submission_{i}:\n  :submitters:\n  - :sid: '7'\n"
                   f"  :created_at: 2026-11-0{9 - i} 10:00:00 Z\n" for i in (1, 2))
    tasks = read(zipped({"submission_metadata.yml": text.encode(), "submission_1/a.ipynb": b"new",
                         "submission_2/a.ipynb": b"old"}))
    assert [listing["file"] for listing, _ in tasks["7"].attempts] == ["a.ipynb", "a.ipynb"]
    assert tasks["7"].attempts[0][1] is None and tasks["7"].attempts[1][1].files == (("a.ipynb", b"new"),)


def test_nbgraders_times(tmp_path, read):
    place = unpacked(tmp_path / "course", builders.nbgrader(NOTEBOOKS))
    unpacked(place / "submitted" / word(PEOPLE[0]) / "10_vae", {
        "more/timestamp.txt": b"1999-01-01 00:00:00 UTC"})
    for where, layout in ((place, "auto"), (place / "submitted", "nbgrader")):
        task = read(where, layout=layout)[word(PEOPLE[0])]
        assert task.attempts[0][0]["submitted"] == "2026-11-02T14:30:00.500000+00:00"


def test_a_clock_in_a_students_own_folder_is_none(read):
    task = read(zipped({"ada/vae.ipynb": b"1", "bob/v.ipynb": b"2",
                         "ada/timestamp.txt": b"1999-01-01 00:00:00 UTC"}), layout="plain")
    assert task["ada"].attempts[0][0]["submitted"] is None


@pytest.mark.parametrize(("text", "time"), [
    ("2015-02-02 15:58:23.948203 UTC", "2015-02-02T15:58:23.948203+00:00"),
    ("2015-02-02 15:58:23", "2015-02-02T15:58:23+00:00"),
    ("2015-02-02 15:58:23 Mars/Olympus", None), ("2015-02-02 15:58:23 ../../x", None), ("", None),
    ("now", None), ("a b c", None)])
def test_times(text, time):
    assert when(text) == time


def test_a_folder_of_files_folders_and_strays(tmp_path, read):
    for name in ("alice.ipynb", "bob/10_vae.ipynb", "bob/.ipynb_checkpoints/10_vae.ipynb", "dan.json",
                 "eve/deep/er/a.ipynb", "carol.ipynb.txt", "fay/one.json"):
        unpacked(tmp_path / "in", {name: mini.honest()})
    for name in ("report.pdf", "old.rar", ".hidden", "zip.zip"):
        (tmp_path / "in" / name).write_bytes(b"x")
    for name in ("nobody", "out"):
        (tmp_path / "in" / name).mkdir()
    (tmp_path / "in/link").symlink_to(tmp_path / "in/bob")
    (tmp_path / "in/link.ipynb").symlink_to(tmp_path / "in/alice.ipynb")
    tasks = read(tmp_path / "in", leave_out=tmp_path / "in/out")
    good = ("alice", "bob", "carol", "dan", "eve", "fay")
    assert set(tasks) == {*good, "link", "link.ipynb", "nobody", "report.pdf", "old.rar", "zip"}
    assert [name for name in tasks if not told(tasks[name])] == list(good)
    says = {"link": "This is a link", "nobody": "holds no notebook", "report.pdf": "only report.pdf",
            "old.rar": "not a zip", "zip": "cut off or not a zip"}
    for name, reason in says.items():
        assert reason in told(tasks[name])


def test_one_name_for_a_file_and_a_folder_stays_two_students(tmp_path, read):
    place = unpacked(tmp_path / "in", {"a.ipynb": b"", "a/x.ipynb": b"", "B.ipynb": b"", "b.ipynb": b""})
    assert set(read(place)) >= {"a", "a.ipynb"} and len(read(place)) == 4
    assert len({name.casefold() for name in read(place)}) == 4  # their files must differ on every disk


def test_a_student_is_not_mistaken_for_the_class(read):
    assert set(read(zipped({"bob/10_vae.ipynb": b""}))) == {"bob"}
    assert set(read(zipped({"class/bob.ipynb": b"", "class/eve.ipynb": b""}))) == {"bob", "eve"}


RECEIPT = (b"Name: Ada Lovelace (a_l)\nAssignment: Homework_1\nDate Submitted: Monday\n\nComments:\n"
           b"Name: Eve (eve)\n")


def test_what_blackboard_tells(tmp_path, read):
    one, two, other = (f"Homework_1_{who}_attempt_2026-11-0{day}-10-30-15"
                       for who, day in (("a_l", 1), ("a_l", 2), ("eve", 2)))
    files = {f"{one}.txt": RECEIPT, f"{one}_10_vae.ipynb": b"1",
             f"{two}.txt": RECEIPT, f"{two}_10_vae.ipynb": b"2",
             f"{other}.txt": b"Name: Eve (a_l) (eve)\nA\n",
             f"{other}_x_eve_attempt_2099-01-01-00-00-00_v.ipynb": b"3"}
    for extra, who in (({}, {"a_l", "eve"}), ({f"{other[:-2]}16.txt": b""}, {"a_l", "eve"})):
        path = tmp_path / "blackboard.zip"
        path.write_bytes(zipped(files | extra))
        with classroom(path) as room:
            tasks = {s.student: s.task("best") for s in room.students}
            assert room.layout == "blackboard"
        assert set(tasks) == who
    first, last = (listing for listing, _ in tasks["a_l"].attempts)
    assert first["submitted"] == "2026-11-01T10:30:15" and last["file"] == "10_vae.ipynb"
    assert [data for _, s in tasks["a_l"].attempts for _, data in s.files] == [b"1", b"2"]
    assert dict(tasks["a_l"].who) == {"lms": "blackboard", "id": "a_l", "name": "Ada Lovelace"}


def test_what_brightspace_tells(tmp_path):
    path = tmp_path / "brightspace.zip"
    path.write_bytes(zipped({
        "index.html": b"<html>", "1-9 - Ada Lovelace - Nov 2, 2026 1030 AM/v.ipynb": b"1",
        "1-9 - Ada Lovelace - Nov 10, 2026 1230 AM/v.ipynb": b"2",
        "2-9 - Jo - Ann - 2 novembre, 2026 1030/v.ipynb": b"3"}))
    with classroom(path) as room:
        tasks = {s.student: s.task("best") for s in room.students}
        assert room.layout == "brightspace" and set(tasks) == {"Ada Lovelace_1", "Jo - Ann_2"}
    assert [listing["submitted"] for listing, _ in tasks["Ada Lovelace_1"].attempts] == [
        "2026-11-02T10:30:00", "2026-11-10T00:30:00"]
    assert tasks["Jo - Ann_2"].attempts[0][0]["submitted"] is None


@pytest.mark.parametrize("name", [
    "สมชายใจดี", "शर्माप्रिया", "andre\u0301jose\u0301", "i\u0307pekdoğan", "pilate"])
def test_names_of_every_script_in_canvas(read, name):
    task = read(zipped({f"{name}_71_9_v.ipynb": b"1", "b_LATE_2_10_v.ipynb": b"2"}))[f"{name}_71"]
    assert dict(task.who)["id"] == "71" and not task.attempts[0][0]["late"]
