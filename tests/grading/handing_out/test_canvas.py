"""Canvas: the instructor's own export comes back with one column filled and every other byte as it was."""

import csv
import io
import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from grading.cli import main
from tests.grading.handing_out.records import FAULT, UNGRADABLE, by_hand, record

# As Canvas's exporter writes it: quotes where a cell needs them, the hidden row, the possible points with
# four spaces before, the test student last.
EXPORT = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Warm-up (871),Homework 1 (872),Current Score\r\n"
    ",,,,,,Manual Posting,\r\n"
    '"    Points Possible",,,,,5.00,12.00,(read only)\r\n'
    '"Lovelace, Ada",101,s1815,ada@example.org,"Maths, 1",4.00,,80.00\r\n'
    '"Hopper, Grace",102,s1906,ghopper,Maths,,3.00,\r\n'
    '"Noether, Emmy",103,s1882,emmy,Maths,5.00,EX,100.00\r\n'
    '"Curie, ""Marie""",104,s1867,=cmd,Maths,,N/A,\r\n'
    '"Turing, Alan",105,s1912,alan,Maths,,,\r\n'
    '"Student, Test",199,,f00,Maths,,,\r\n')


@pytest.fixture
def canvas(tmp_path):
    """canvas(records, export, *options): what the command said, its code, the bytes of the filled file."""
    def run(results, export=EXPORT, *options, column="Homework 1 (872)"):
        (tmp_path / "marks" / "results").mkdir(parents=True, exist_ok=True)
        for number, result in enumerate(results):
            path = tmp_path / "marks" / "results" / f"{number}.json"
            path.write_text(json.dumps(result), encoding="utf-8")
        source, filled = tmp_path / "export.csv", tmp_path / "filled.csv"
        source.write_bytes(export if isinstance(export, bytes) else export.encode())
        result = CliRunner().invoke(main, ["canvas", str(tmp_path / "marks"), "--gradebook", str(source),
                                           "--column", column, "-o", str(filled), *options])
        return SimpleNamespace(said=result.output, code=result.exit_code,
                               data=filled.read_bytes() if filled.exists() else None)

    return run


def cells(data: bytes, column: int = 6) -> dict[str, str]:
    return {row[0]: row[column] for row in csv.reader(io.StringIO(data.decode(), newline="")) if row}


def test_one_column_is_filled_and_every_other_byte_stays(canvas):
    result = canvas([record("lovelaceada_101", out_of=12), record("ghopper", points=7.5, out_of=12)])
    assert result.code == 0, result.said
    wanted = EXPORT.replace("4.00,,80.00", "4.00,5,80.00").replace("Maths,,3.00,", "Maths,,7.5,")
    assert result.data == wanted.encode()
    assert "changed in the gradebook (1):\n  ghopper: 3.00 is now 7.5" in result.said
    assert "2 filled" in result.said
    assert "in the gradebook, without a result (3):" in result.said and "Student, Test" not in result.said


@pytest.mark.parametrize("student", ["lovelaceada_101", "101", "s1815", "ADA@example.org", "Ada Lovelace",
                                     "Lovelace, Ada", "ada_lovelace", "lovelace,  ada"])
def test_a_student_is_known_by_number_login_or_whole_name(canvas, student):
    assert cells(canvas([record(student)]).data)["Lovelace, Ada"] == "5"


@pytest.mark.parametrize("student", ["ada", "Lovelace", "someoneelse_999", "Ada L", "Student, Test", "199"])
def test_nobody_is_guessed(canvas, student):
    result = canvas([record(student), record("alan", points=1)])
    assert result.code == 1 and f"graded, but not in the gradebook (1):\n  {student}\n" in result.said
    filled = {who: cell for who, cell in cells(result.data).items() if cell not in ("", "EX", "N/A")}
    assert filled == {"Student": "Homework 1 (872)", "    Points Possible": "12.00", "Hopper, Grace": "3.00",
                      "Turing, Alan": "1"} | {"": "Manual Posting"}
    assert "1 not placed" in result.said


def test_two_rows_or_two_results_are_not_chosen_between(canvas):
    twins = EXPORT.replace("Turing, Alan", "Lovelace, Ada")
    results = [record(s) for s in ("Ada Lovelace", "ghopper", "hoppergrace_102", "alan")]
    result = canvas(results, twins)
    assert result.code == 1
    assert "Ada Lovelace may be Lovelace, Ada or Lovelace, Ada" in result.said
    assert "ghopper and another result are both Hopper, Grace" in result.said
    assert result.data == twins.replace("alan,Maths,,,", "alan,Maths,,5,").encode()


def test_a_number_of_one_and_a_login_of_another_is_not_chosen_between(canvas):
    result = canvas([record("101"), record("alan")], EXPORT.replace("ghopper", "101"))
    assert result.code == 1 and "101 may be Lovelace, Ada or Hopper, Grace" in result.said


def test_what_has_no_mark_stays_as_it_was(canvas):
    results = [FAULT | {"student": "ghopper"}, UNGRADABLE | {"student": "s1815"}, record("emmy"),
               record("=cmd"), record("alan", points=0)]
    result = canvas(results)
    assert result.data == EXPORT.replace("alan,Maths,,,", "alan,Maths,,0,").encode()
    for says in ("ghopper: not graded, by a fault of the grader", "s1815: no mark: The file is not JSON",
                 "emmy: excused in Canvas", "=cmd: not assigned in Canvas"):
        assert says in result.said


def test_points_by_hand_win(canvas):
    result = canvas([record("alan", override=by_hand(2.25, exercises={}))])
    assert cells(result.data)["Turing, Alan"] == "2.25"


def test_points_are_scaled_only_if_asked(canvas):
    plain, scaled = canvas([record("alan")]), canvas([record("alan")], EXPORT, "--scale")
    assert cells(plain.data)["Turing, Alan"] == "5" and "out of 6, the table is out of 12" in plain.said
    assert cells(scaled.data)["Turing, Alan"] == "10" and "note" not in scaled.said


def semicolons(text: str) -> str:
    """As Canvas writes for users whose language has a decimal comma."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\n").writerows(
        [[cell.replace(".", ",") if cell[:1].isdigit() else cell for cell in row] for row in rows])
    return out.getvalue()


def test_semicolons_decimal_commas_and_marks_of_order_stay(canvas):
    export = b"\xef\xbb\xbf" + semicolons(EXPORT).encode()
    result = canvas([record("alan", points=2.5)], export)
    assert result.data == export.replace(b"alan;Maths;;;", b"alan;Maths;;2,5;")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_stay(canvas, encoding):
    text = EXPORT.replace("Emmy", "Émmy")
    result = canvas([record("alan")], text.encode(encoding))
    assert result.data == text.replace("alan,Maths,,,", "alan,Maths,,5,").encode(encoding)


def test_quotes_everywhere_stay(canvas):
    rows = list(csv.reader(io.StringIO(EXPORT, newline="")))
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    result = canvas([record("alan")], out.getvalue())
    assert result.data.decode() == out.getvalue().replace('"alan","Maths","",""', '"alan","Maths","","5"')


@pytest.mark.parametrize("column", ["Homework 1 (872)", "Homework 1", "872"])
def test_the_column_is_named_by_title_or_number(canvas, column):
    assert cells(canvas([record("alan")], column=column).data)["Turing, Alan"] == "5"


@pytest.mark.parametrize(("export", "column", "says"), [
    (EXPORT, "Homework", "no assignment is called 'Homework' in the gradebook; it has Warm-up (871), Home"),
    (EXPORT, "Current Score", "no assignment is called"), (EXPORT, "Student", "no assignment is called"),
    (EXPORT.replace("Warm-up", "Homework 1"), "Homework 1", "several columns are called 'Homework 1'"),
    (EXPORT.replace("12.00", "(read only)"), "872", "it is read only"),
    ("a,b\r\n1,2\r\n", "872", "no gradebook of Canvas"), ("", "872", "is empty"),
    (EXPORT.replace('"Maths, 1"', "Maths, 1"), "872", "line 4: 9 cells below 8 titles"),
    (EXPORT.replace('"Maths, 1"', 'Maths"1'), "872", "nothing was filled"),
    (EXPORT.replace('"Maths, 1"', '"Maths" 1'), "872", "line 4: a quotation mark"),
])
def test_what_is_no_gradebook_is_refused_with_a_reason(canvas, export, column, says):
    result = canvas([record("nobody")], export, column=column)
    assert result.code == 1 and says in result.said and result.data is None
    assert "Traceback" not in result.said


def test_the_export_itself_is_never_overwritten(tmp_path, canvas):
    canvas([record("alan")])
    source = str(tmp_path / "export.csv")
    result = CliRunner().invoke(main, ["canvas", str(tmp_path / "marks"), "--gradebook", source,
                                       "--column", "872", "-o", source])
    assert result.exit_code == 1 and "would overwrite" in result.output
    assert (tmp_path / "export.csv").read_bytes() == EXPORT.encode()


def test_first_and_last_names_in_columns_of_their_own(canvas):
    rows = [line.split(",") for line in ("LastName,FirstName,ID,SIS Login ID,Section,Homework 1 (872)",
                                         "    Points Possible,,,,,6", "Lovelace,Ada,101,al,x,")]
    result = canvas([record("Ada Lovelace")], "\n".join(",".join(r) for r in rows))
    assert result.data.decode().endswith("Lovelace,Ada,101,al,x,5")


def test_a_name_that_canvas_guards_against_formulas(canvas):
    export = EXPORT.replace('"Turing, Alan"', '"=""=Turing, Alan"""')
    assert canvas([record("=Turing, Alan")], export).code == 0
