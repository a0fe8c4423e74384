"""Points and comments by hand: read as a spreadsheet leaves them, refused by line, shown, never mixed in."""

import copy

import pytest

from grading.report.overrides import Override, OverrideError, add, apply, effective, problems, read, to_table

HEAD = "student,exercise,points,comment,by\n"


def record(student: str = "alice", points=(1, 4), status: str = "graded") -> dict:
    verdicts = [{"id": id, "points": p, "out_of": o} for id, p, o in zip(("e-one", "e-two"), points, (3, 4),
                                                                        strict=False)]
    graded = status == "graded"
    return {"student": student, "lesson": "99_mini", "status": status,
            "exercises": verdicts if graded else [],
            "points": sum(points) if graded and None not in points else None, "out_of": 7 if graded else None}


@pytest.fixture
def lines(tmp_path):
    def run(text: str | bytes) -> list[Override]:
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "overrides.csv").write_bytes(data)
        return read(tmp_path)

    return run


EXPECTED = [Override("alice", "e-one", 2.5, "Two ideas; -1 for haste.", "Bo", 2),
            Override("=bob", "", 7, "", "", 3), Override("carol", "e-two", None, "Nice,\nreally.", "Bo", 4)]
ROWS = (HEAD + 'alice,e-one,2.5,Two ideas; -1 for haste.,Bo\n=bob,,7,,\ncarol,e-two,,"Nice,\nreally.",Bo\n')


@pytest.mark.parametrize("text", [
    ROWS, "\ufeff" + ROWS, ROWS.replace("\n", "\r\n"), HEAD + "\n,,,,\n" + ROWS.removeprefix(HEAD),
    ROWS.replace("=bob", "'=bob"),
    "student;exercise;points;comment;by\nalice;e-one;2,5;\"Two ideas; -1 for haste.\";Bo\n=bob;;7;;\n"
    'carol;e-two;;"Nice,\nreally.";Bo\n',
    "Student\tpoints\texercise\tcomment\tby\nalice\t2.5\te-one\tTwo ideas; -1 for haste.\tBo\n"
    '=bob\t7\ncarol\t\te-two\t"Nice,\nreally."\tBo\n'])
def test_what_a_spreadsheet_leaves_is_read(lines, text):
    found = [Override(o.student, o.exercise, o.points, o.comment, o.by) for o in lines(text)]
    assert found == [Override(o.student, o.exercise, o.points, o.comment, o.by) for o in EXPECTED]


def test_what_is_written_is_read_again_and_holds_no_formula(lines):
    text = to_table(EXPECTED)
    assert lines(text) == EXPECTED
    assert "'=bob" in text and to_table(lines(text)) == text


def test_no_file_and_an_empty_one_say_nothing(tmp_path, lines):
    assert read(tmp_path) == [] and lines("") == [] and lines(HEAD) == []


@pytest.mark.parametrize(("text", "says"), [
    (HEAD + "alice,e-one,two,,\n", "line 2: the points have to be a number, not 'two'"),
    (HEAD + "alice,e-one,nan,,\n", "line 2: the points have to be a number"),
    (HEAD + 'a,,1,"x\ny",\nalice,,,,Bo\n', "line 4: it has neither points nor a comment"),
    (HEAD + ",e-one,2,,\n", "line 2: it names no student"),
    (HEAD + "a,,1,,\na,,2,,\n", "line 3: it repeats line 2"),
    (HEAD + "a,,1,so, so,Bo\n", "line 2: 'Bo' stands beyond the last column"),
    ("student,mark\na,1\n", "the first line has to be student,exercise,points,comment,by, not student,mark"),
    ("alice,e-one,2,,\n", "the first line has to be"),
    (HEAD + 'a,,1,"open\n', "line 2: unexpected end of data"),
    ((HEAD + "J\xf6rg,,1,,\n").encode("latin-1"), "not in UTF-8"),
    (HEAD + f"a,,1,{'x' * 4001},\n", "line 2: the comment is longer than 4000"),
])
def test_lines_that_make_no_sense_are_named(lines, text, says):
    with pytest.raises(OverrideError, match=says):
        lines(text)


def test_all_bad_lines_are_named_at_once(lines):
    with pytest.raises(OverrideError, match=r"line 2: .*; overrides.csv, line 4: "):
        lines(HEAD + "a,,x,,\nb,,1,,\nc,,y,,\n")


@pytest.mark.parametrize(("override", "says"), [
    (Override("alic", "", 1, line=5),
     "overrides.csv, line 5: there is no student 'alic'; the nearest are alice"),
    (Override("alice", "e-on", 1, line=2), "line 2: there is no exercise 'e-on'; the nearest are e-one"),
    (Override("alice", "e-one", 3.5), "3.5 points for e-one of alice: it has to be between 0 and 3"),
    (Override("alice", "e-one", -1), "-1 points for e-one of alice"),
    (Override("alice", "", 8), "8 points for the whole of alice: it has to be between 0 and 7"),
    (Override("dora", "e-one", 1), "dora's notebook is ungradable, so it has no exercises"),
    (Override("dora", "", 8), "8 points for the whole of dora: it has to be between 0 and 7"),
])
def test_what_fits_nobody_or_is_out_of_range(override, says):
    records = [record(), record("dora", status="ungradable")]
    assert says in " ".join(problems(records, [override]))


def test_what_fits_is_no_problem():
    records = [record(), record("=bob"), record("dora", status="ungradable")]
    fine = [Override("alice", "e-one", 3), Override("'=bob", "", 0), Override("dora", "", 7),
            Override("alice", "e-two", None, "Good.")]
    assert problems(records, fine) == []


def test_the_machines_verdict_stays_in_the_record():
    before = record()
    now = apply([before], [Override("alice", "e-one", 3, "A slip.", "Bo")])[0]
    assert {k: v for k, v in now.items() if k != "override"} == record() == before
    assert now["override"]["exercises"] == {
        "e-one": {"points": 3, "comment": "A slip.", "by": "Bo", "content": before.get("content", "")}}
    assert now["override"]["points"] is None
    kept = copy.deepcopy(now)
    seen = effective(now)
    assert now == kept
    assert [v["points"] for v in seen["exercises"]] == [3, 4] and seen["points"] == 7
    assert seen["machine_points"] == 5 and seen["exercises"][0]["machine_points"] == 1
    assert effective(seen) == seen


def test_the_whole_wins_over_its_parts():
    now = apply([record()], [Override("alice", "e-one", 3), Override("alice", "", 2, "Late.")])[0]
    assert effective(now)["points"] == 2 and effective(now)["machine_points"] == 5


def test_a_comment_alone_changes_no_points():
    now = apply([record()], [Override("alice", "e-two", None, "Good.")])[0]
    assert effective(now)["points"] == 5 and "machine_points" not in effective(now)


def test_taking_a_line_out_brings_the_machines_points_back():
    once = apply([record()], [Override("alice", "", 2)])
    assert apply(once, [])[0]["override"] is None and effective(apply(once, [])[0])["points"] == 5


def test_what_the_grader_could_not_do_may_be_given_by_hand():
    fault, broken = record("f", points=(1, None)), record("b", status="ungradable")
    now = apply([record(), fault, broken], [Override("f", "e-two", 2), Override("b", "", 4)])
    assert [effective(r)["points"] for r in now] == [5, 3, 4]
    assert [effective(r)["status"] for r in now] == ["graded"] * 3
    assert effective(now[2])["out_of"] == 7 and now[2]["out_of"] is None
    still = apply([fault], [Override("f", "e-one", 2)])[0]
    assert effective(still)["points"] is None


def test_a_new_line_takes_the_place_of_the_one_about_the_same():
    lines = [Override("a", "e", 1), Override("a", "", 2)]
    assert add(lines, Override("a", "e", 3)) == [Override("a", "e", 3), Override("a", "", 2)]
    assert add(lines, Override("b", "e", 3)) == [*lines, Override("b", "e", 3)]
