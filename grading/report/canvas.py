"""`genlab canvas OUT --gradebook export.csv --column "Homework 1 (12345)" -o filled.csv`.

The form of the file is that of Canvas's own exporter and importer (lib/gradebook_exporter.rb and
gradebook_importer.rb of instructure/canvas-lms): one line of titles; perhaps a line that says which columns
are posted by hand; the line `    Points Possible`; the students, the test student last.
"""

import re
from pathlib import Path

import click

from grading.report.fill import Person, Report, fill, finish, key, match, names, totals
from grading.report.kept import class_records
from grading.report.overrides import effective
from grading.report.schema import RecordError
from grading.report.sheet import Sheet, value
from grading.report.spreadsheet import TableError

_ASSIGNMENT = re.compile(r"(?P<title>.+) \((?P<id>\d+)\)")
_POSTING = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
_NOT_NUMBERS = {"EX": "excused in Canvas", "N/A": "not assigned in Canvas"}


@click.command(epilog="\b\nExample:\n  genlab canvas marks/ --gradebook 2027_Grades.csv "
                      '--column "Homework 1" -o filled.csv')
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--gradebook", required=True, metavar="CSV", help="The file that Canvas exported.",
              type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", required=True, metavar="TITLE",
              help='The assignment\'s column: "Homework 1 (12345)", or its title or number alone.')
@click.option("-o", "--output", required=True, metavar="CSV", help="The filled file, for Canvas to import.",
              type=click.Path(dir_okay=False, path_type=Path))
@click.option("--scale", is_flag=True, help="Convert points to Canvas's Points Possible.")
def canvas(out: Path, gradebook: Path, column: str, output: Path, scale: bool) -> None:
    """Fill the marks of OUT into a gradebook that Canvas exported.

    Make the assignment in Canvas first, so that it has a column. Export: Grades, Export, Entire Gradebook.
    Import: Grades, Import, the filled file; Canvas shows what will change before it does.

    Only the cells of this column change, and only where there is a mark. A student is recognised by Canvas's
    number (which the files of Download Submissions carry), SIS number, login or whole name; who is not clear
    is listed and left alone. Excused students stay excused.
    """
    try:
        results, sheet = [effective(r) for r in class_records(out)], Sheet.read(gradebook)
        place = _column(sheet, column)
        people = _people(sheet)
    except (RecordError, TableError) as error:
        raise click.ClickException(str(error)) from error
    possible = _possible(sheet, place)
    report = Report()
    pairs = match(results, people, report, "canvas")
    fill(sheet, place, pairs, report, maximum=lambda person: possible, scale=scale, comma=sheet.comma(place),
         locked=lambda person: _NOT_NUMBERS.get(sheet.text(person.row, place).strip().upper(), ""))
    note = totals([r for r, _ in pairs], possible, scale)
    if note:
        click.echo(note)
    finish(sheet, report, gradebook, output, "the gradebook")


def _column(sheet: Sheet, wanted: str) -> int:
    """The one assignment that is called so; TableError lists what there is."""
    header = sheet.header
    if sheet.column("ID") is None or sheet.column("Student", "LastName") is None:
        raise TableError("this is no gradebook of Canvas: its first line has no `Student` and `ID`")
    matches = {i: _ASSIGNMENT.fullmatch(title) for i, title in enumerate(header)}
    found = [i for i, title in enumerate(header) if matches[i] and title == wanted.strip()]
    found = found or [i for i, m in matches.items() if m and wanted.strip() in (m["title"], m["id"])]
    if len(found) != 1:
        known = ", ".join(header[i] for i, m in matches.items() if m) or "none"
        why = "several columns are" if found else "no assignment is"
        raise TableError(f"{why} called {wanted!r} in the gradebook; it has {known}")
    if "read only" in _row(sheet, "points possible", found[0]):
        raise TableError(f"Canvas does not let {header[found[0]]} be changed: it is read only")
    return found[0]


def _row(sheet: Sheet, opening: str, column: int) -> str:
    """The cell of this column in the line that begins so."""
    return next((sheet.text(r, column) for r in range(1, len(sheet.rows))
                 if opening in sheet.text(r, 0).casefold()), "")


def _possible(sheet: Sheet, column: int) -> float | None:
    return value(_row(sheet, "points possible", column))


def _people(sheet: Sheet) -> list[Person]:
    """The students' rows. The test student is nobody."""
    student, last, first = (sheet.column(t) for t in ("Student", "LastName", "FirstName"))
    id, *others = (sheet.column(t) for t in ("ID", "SIS User ID", "SIS Login ID", "Integration ID"))
    people = []
    for row in range(1, len(sheet.rows)):
        cells = [sheet.text(row, c) for c in range(len(sheet.rows[row]))]
        if all(map(_POSTING.fullmatch, cells)) or "points possible" in cells[0].casefold():
            continue
        name = sheet.text(row, student) or f"{sheet.text(row, last)}, {sheet.text(row, first)}"
        name = name.strip().removeprefix('="').removesuffix('"')  # Canvas's own guard against formulas
        if key(name) == "student, test":
            continue
        keys = {key(sheet.text(row, c)) for c in others} | names(name)
        people.append(Person(row, name, sheet.text(row, id).strip(), frozenset(keys - {""})))
    return people
