"""Moodle: the downloaded worksheet comes back with its grades filled and every other byte as it was."""

import csv
import io
import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.report.moodle import comment
from grading.report.overrides import effective
from tests.grading.handing_out.records import FAULT, HOSTILE, UNGRADABLE, by_hand, hostile, record

# As Moodle's grading table is downloaded, with a locked grade and one that was given before.
EXPORT = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 1201","Ada Lovelace",ada@example.org,"Submitted for grading",,100.00,Yes,'
    '"Friday, 20 November 2026, 2:05 PM",-,\n'
    '"Participant 1202","Grace Hopper",grace@example.org,"Submitted for grading - Graded",55.00,100.00,Yes,'
    '"Friday, 20 November 2026, 1:00 PM","Monday, 23 November 2026, 9:00 AM","<p>Well, well.</p>"\n'
    '"Participant 1203","Emmy Noether",emmy@example.org,"Submitted for grading",70.00,100.00,No,-,-,\n'
    '"Participant 1204","Alan Turing",alan@example.org,"No submission",,100.00,Yes,-,-,\n')


@pytest.fixture
def moodle(tmp_path):
    """moodle(records, export, *options): what the command said, its code, the bytes of the filled file."""
    def run(results, export=EXPORT, *options):
        (tmp_path / "marks" / "results").mkdir(parents=True, exist_ok=True)
        for number, result in enumerate(results):
            path = tmp_path / "marks" / "results" / f"{number}.json"
            path.write_text(json.dumps(result), encoding="utf-8")
        source, filled = tmp_path / "export.csv", tmp_path / "filled.csv"
        source.write_bytes(export if isinstance(export, bytes) else export.encode())
        result = CliRunner().invoke(main, ["moodle", str(tmp_path / "marks"), "--worksheet", str(source),
                                           "-o", str(filled), *options])
        return SimpleNamespace(said=result.output, code=result.exit_code,
                               data=filled.read_bytes() if filled.exists() else None)

    return run


def rows(data: bytes) -> dict[str, dict[str, str]]:
    return {row["Full name"]: row for row in csv.DictReader(io.StringIO(data.decode(), newline=""))}


def test_grades_are_filled_and_every_other_byte_stays(moodle):
    result = moodle([record("Ada Lovelace_1201"), record("grace@example.org", points=7.5)])
    wanted = EXPORT.replace('grading",,100', 'grading",5,100', 1).replace("55.00", "7.5")
    assert result.code == 0 and result.data == wanted.encode(), result.said
    assert "grace@example.org: 55.00 is now 7.5" in result.said
    assert "in the worksheet, without a result (2):\n  Emmy Noether\n  Alan Turing" in result.said
    assert "out of 6, the table is out of 100" in result.said


@pytest.mark.parametrize("student", ["Ada Lovelace_1201", "1201", "Participant 1201", "ADA@example.org",
                                     "ada  lovelace", "Ada_Lovelace"])
def test_a_student_is_known_by_number_address_or_whole_name(moodle, student):
    assert rows(moodle([record(student)]).data)["Ada Lovelace"]["Grade"] == "5"


@pytest.mark.parametrize("student", ["Ada", "ada", "1815", "Ada Lovelace_9"])
def test_nobody_is_guessed(moodle, student):
    result = moodle([record(student), record("1204")])
    assert result.code == 1 and f"graded, but not in the worksheet (1):\n  {student}\n" in result.said
    assert result.data == EXPORT.replace('submission",,', 'submission",5,').encode()


def test_locked_grades_and_missing_marks_stay(moodle):
    results = [record("1203"), record("1204"), FAULT | {"student": "1201"}, UNGRADABLE | {"student": "1202"}]
    result = moodle(results)
    assert result.data == EXPORT.replace('submission",,', 'submission",5,').encode()
    for says in ("1203: Moodle does not let this grade be changed", "1201: not graded, by a fault",
                 "1202: no mark: The file is not JSON"):
        assert says in result.said


def test_points_are_scaled_only_if_asked(moodle):
    assert rows(moodle([record("1201")], EXPORT, "--scale").data)["Ada Lovelace"]["Grade"] == "83.3333"


def test_more_than_the_maximum_is_not_written(moodle):
    """Moodle would pass over it without a word."""
    export = EXPORT.replace("100.00", "4.00")
    result = moodle([record("1201"), record("1204", points=4)], export)
    assert "1201: 5 is more than the maximum, 4" in result.said
    assert rows(result.data)["Ada Lovelace"]["Grade"] == ""


def test_points_by_hand_win(moodle):
    marked = record("1201", override=by_hand(1, exercises={}))
    assert rows(moodle([marked]).data)["Ada Lovelace"]["Grade"] == "1"


def test_comments_come_only_if_asked(moodle):
    notes = by_hand(comment="See me.\nSoon.", exercises={"vae-bug": by_hand(comment="1 < 2")})
    marked = record("1201", override=notes)
    assert rows(moodle([marked]).data)["Ada Lovelace"]["Feedback comments"] == ""
    filled = rows(moodle([marked], EXPORT, "--comments").data)
    assert filled["Ada Lovelace"]["Feedback comments"] == (
        "5 of 6 points.<br>vae-bug: 3 of 3.<br>vae-elbo: 2 of 3. You add the KL; the bound subtracts "
        "it.<br>See me.<br>Soon.<br>vae-bug: 1 &lt; 2")
    assert filled["Grace Hopper"]["Feedback comments"] == "<p>Well, well.</p>"


@pytest.mark.parametrize("name", [*HOSTILE, "formula"])
def test_a_comment_is_neither_mark_up_nor_a_formula(name):
    words = comment(effective(hostile(HOSTILE.get(name, "=1+1;=cmd|' /C calc'!A0"))))
    assert words.startswith("1 of 6 points.") and "<" not in words.replace("<br>", "")
    assert not [part for part in words.split(";") if part.strip()[:1] in list("=+-@")] and len(words) < 60_000


def test_semicolons_and_decimal_commas_stay(moodle):
    export = b"\xef\xbb\xbf" + EXPORT.replace('","', '";"').replace(".00", ",00").encode()
    plain = io.StringIO()
    csv.writer(plain, delimiter=";").writerows(
        [[c.replace(".00", ",00") for c in row] for row in csv.reader(io.StringIO(EXPORT, newline=""))])
    export = b"\xef\xbb\xbf" + plain.getvalue().encode()
    result = moodle([record("1201", points=2.5)], export)
    assert result.data == export.replace(b"grading;;100", b"grading;2,5;100", 1)


def test_other_languages_say_what_their_columns_are_called(moodle):
    export = EXPORT.replace('Status,Grade,', 'Status,Bewertung,').replace("Identifier", "ID")
    refused = moodle([record("1201")], export)
    assert refused.code == 1 and '--title "Identifier=…"' in refused.said
    assert "there is ID, Full name" in refused.said
    result = moodle([record("1201")], export, "--title", "Identifier=ID", "--title", "Grade=Bewertung")
    assert result.code == 0 and rows(result.data)["Ada Lovelace"]["Bewertung"] == "5"


@pytest.mark.parametrize(("export", "options", "says"), [
    (EXPORT, ("--title", "Mark=Note"), "--title takes ENGLISH=HERE"),
    (EXPORT, ("--title", "Grade=Note"), "no column 'Note'"),
    (EXPORT.replace('"Maximum grade"', "Scale"), (), "scale of words"),
    (EXPORT.replace(',"Feedback comments"', "").replace(',"<p>Well, well.</p>"', "").replace(",\n", "\n"),
     ("--comments",), "no Feedback comments"),
    (EXPORT.replace("Emmy", "Émmy").encode("latin-1"), ("--comments",), "not in UTF-8"),
    ("Identifier,Grade\nParticipant 1,\n", (), "nothing was filled"), ("", (), "is empty"),
    ("a,b\n1,2\n", (), "no column 'Identifier'"),
])
def test_what_is_no_worksheet_is_refused_with_a_reason(moodle, export, options, says):
    result = moodle([record("1201")], export, *options)
    assert result.code == 1 and says in result.said and result.data is None and "Traceback" not in result.said


def test_hidden_names_are_matched_by_their_number(moodle):
    """Where marking is anonymous, the worksheet has no names."""
    export = "Identifier,Status,Grade,Maximum grade\nParticipant 1201,x,,10\nParticipant 1202,x,,10\n"
    result = moodle([record("Participant_1201")], export)
    assert result.data.decode() == export.replace("1201,x,,", "1201,x,5,")
