"""`genlab blackboard` and `genlab brightspace`: marks into the gradebooks that these export.

Blackboard (Download Grades, comma or tab): `Last Name`, `First Name`, `Username`, `Student ID` and, for each
column of the grade centre, `Homework 1 [Total Pts: 16 Score] |12345`. Brightspace (Export Grades):
`OrgDefinedId`, `Username`, `Last Name`, `First Name`, `Email`, then
`Homework 1 Points Grade <Numeric MaxPoints:16 Weight:10>` and `End-of-Line Indicator`; cells that name
somebody begin with #. Written from descriptions of the
formats and not yet tried with an export of either service.
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

_BLACKBOARD = re.compile(r"(?P<title>.+?) \[.*?(?P<most>\d+(?:[.,]\d+)?)[^\]]*\] ?\|(?P<id>\d+)")
_BRIGHTSPACE = re.compile(r"(?P<title>.+?) Points Grade(?: <.*?MaxPoints:(?P<most>\d+(?:[.,]\d+)?).*>)?")


def _command(platform: str, columns: re.Pattern, help: str) -> click.Command:
    @click.command(platform, help=help)
    @click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @click.option("--gradebook", required=True, metavar="CSV", help="The file that was exported.",
                  type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--column", required=True, metavar="TITLE", help="The assignment, whole or its name alone.")
    @click.option("-o", "--output", required=True, metavar="CSV", help="The filled file, to import.",
                  type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--scale", is_flag=True, help="Convert points to the column's maximum.")
    def command(out: Path, gradebook: Path, column: str, output: Path, scale: bool) -> None:
        try:
            results, sheet = [effective(r) for r in class_records(out)], Sheet.read(gradebook)
            place, most = _column(sheet, columns, column)
            people, report = _people(sheet), Report()
        except (RecordError, TableError) as error:
            raise click.ClickException(str(error)) from error
        pairs = match(results, people, report, platform)
        fill(sheet, place, pairs, report, maximum=lambda person: most, scale=scale,
             comma=sheet.comma(place), locked=lambda person: "")
        if note := totals([r for r, _ in pairs], most, scale):
            click.echo(note)
        finish(sheet, report, gradebook, output, "the gradebook")

    return command


def _column(sheet: Sheet, columns: re.Pattern, wanted: str) -> tuple[int, float | None]:
    """Where the assignment stands, and its maximum."""
    if sheet.column("Username", "OrgDefinedId") is None:
        raise TableError("this is no such gradebook: its first line has no `Username`")
    titles = {i: m for i, title in enumerate(sheet.header) if (m := columns.fullmatch(title))}
    found = [i for i, m in titles.items() if wanted.strip() in (m[0], *m.groupdict().values())
             and wanted.strip() != m["most"]]
    if len(found) != 1:
        known = ", ".join(m[0] for m in titles.values()) or "none"
        why = "several columns are" if found else "no column is"
        raise TableError(f"{why} called {wanted!r} in the gradebook; it has {known}")
    return found[0], value(titles[found[0]]["most"] or "")


def _people(sheet: Sheet) -> list[Person]:
    user, last, first = (sheet.column(t) for t in ("Username", "Last Name", "First Name"))
    others = [sheet.column(t) for t in ("OrgDefinedId", "Student ID", "Email")]
    people = []
    for row in range(1, len(sheet.rows)):
        login, *more = (sheet.text(row, c).strip().removeprefix("#") for c in (user, *others))
        name = ", ".join(filter(None, (sheet.text(row, c).strip() for c in (last, first)))) or login
        keys = {key(text) for text in (login, *more)} | names(name)
        if keys - {""}:
            people.append(Person(row, name, login, frozenset(keys - {""})))
    return people


blackboard = _command("blackboard", _BLACKBOARD, """\
    Fill the marks of OUT into a gradebook of Blackboard.

    Export: Grade Center, Work Offline, Download. Import: Work Offline, Upload. Only this column's cells
    change, and only where there is a mark. A student is recognised by user name, number or whole name.""")
brightspace = _command("brightspace", _BRIGHTSPACE, """\
    Fill the marks of OUT into a gradebook of Brightspace.

    Export: Grades, Export, with Points grade and user details. Import: Grades, Import. Only this column's
    cells change, and only where there is a mark. Downloads carry a number that the gradebook lacks: a student
    is recognised by whole name, or by OrgDefinedId or user name where --map gave it.""")
