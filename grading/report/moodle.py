"""`genlab moodle OUT --worksheet Grades.csv -o filled.csv`.

The form of the file is that of Moodle's offline grading worksheet (mod/assign/gradingtable.php and
mod/assign/feedback/offline of moodle/moodle). Its titles are in the language of whoever exports it.
"""

import re
from html import escape
from pathlib import Path

import click

from grading.report.feedback import number, shown
from grading.report.fill import Person, Report, fill, finish, key, match, names, totals
from grading.report.kept import class_records
from grading.report.overrides import effective
from grading.report.schema import RecordError
from grading.report.sheet import Sheet, value
from grading.report.spreadsheet import TableError, cell

TITLES = ("Identifier", "Full name", "Email address", "Username", "ID number", "Grade", "Maximum grade",
          "Grade can be changed", "Feedback comments", "Group")
_NEEDED = ("Identifier", "Grade")
_COMMENT = 3000  # characters


@click.command(epilog="\b\nExample:\n  genlab moodle marks/ --worksheet Grades-Homework.csv -o filled.csv")
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--worksheet", required=True, metavar="CSV", help="The grading worksheet that Moodle exported.",
              type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", required=True, metavar="CSV", help="The filled file, for Moodle to import.",
              type=click.Path(dir_okay=False, path_type=Path))
@click.option("--scale", is_flag=True, help="Convert points to Moodle's Maximum grade.")
@click.option("--comments", is_flag=True, help="Fill Feedback comments too.")
@click.option("--title", "titles", multiple=True, metavar="ENGLISH=HERE",
              help='What a column is called in your language: --title "Grade=Bewertung". Again for each.')
def moodle(out: Path, worksheet: Path, output: Path, scale: bool, comments: bool,
           titles: tuple[str, ...]) -> None:
    """Fill the marks of OUT into a grading worksheet that Moodle exported.

    In the assignment's settings, under Feedback types, tick Offline grading worksheet. Export: Submissions,
    Download grading worksheet. Import: Upload grading worksheet, the filled file; Moodle shows what will
    change before it does. It passes over grades that were changed after the download: take a fresh worksheet.

    Only Grade (and Feedback comments, if asked) change, and only where there is a mark and Moodle lets the
    grade be changed. A student is recognised by Moodle's number (which the folders of Download all
    submissions carry), ID number, user name, address or whole name; who is not clear is left alone. What a
    group handed in goes to all whom the worksheet's Group names.
    """
    try:
        results, sheet = [effective(r) for r in class_records(out)], Sheet.read(worksheet)
        place = _columns(sheet, titles)
    except (RecordError, TableError) as error:
        raise click.ClickException(str(error)) from error
    if comments and place["Feedback comments"] is None:
        raise click.ClickException("the worksheet has no Feedback comments: tick them among Feedback types")
    if comments and not sheet.encoding.startswith("utf"):
        raise click.ClickException(f"{worksheet} is not in UTF-8: download it again and leave it as it comes")
    people, report = _people(sheet, place), Report()
    pairs = match(results, people, report, "moodle")
    done = fill(sheet, place["Grade"], pairs, report, scale=scale, strict=True,
                comma=sheet.comma(place["Grade"], place["Maximum grade"]),
                maximum=lambda person: value(sheet.text(person.row, place["Maximum grade"])),
                locked=lambda person: _locked(sheet.text(person.row, place["Grade can be changed"])))
    for record, person in done if comments else ():
        sheet.put(person.row, place["Feedback comments"], comment(record))
    most = {value(sheet.text(p.row, place["Maximum grade"])) for _, p in pairs}
    note = totals([r for r, _ in pairs], most.pop() if len(most) == 1 else None, scale)
    if note:
        click.echo(note)
    finish(sheet, report, worksheet, output, "the worksheet")


def comment(record: dict) -> str:
    """The mark in words, as the small HTML that Moodle's comments are. It begins with a digit: no formula."""
    lines = [f"{number(record['points'])} of {number(record['out_of'])} points."]
    lines += [f"{v['id']}: {number(v['points'])} of {number(v['out_of'])}. {v['message']}".strip()
              for v in record["exercises"]]
    notes = record.get("override") or {"comment": "", "exercises": {}}
    lines += [notes["comment"]]
    lines += [f"{id}: {o['comment']}" for id, o in notes["exercises"].items() if o["comment"]]
    return cell("<br>".join(escape(shown(line, _COMMENT)).replace("\n", "<br>") for line in lines if line))


def _columns(sheet: Sheet, titles: tuple[str, ...]) -> dict[str, int | None]:
    """Where each column stands; TableError says which one is not there."""
    called = {title: title for title in TITLES}
    for given in titles:
        english, equals, here = given.partition("=")
        if english not in called or not equals:
            raise TableError(f"--title takes ENGLISH=HERE, where ENGLISH is one of {', '.join(TITLES)}")
        called[english] = here.strip()
        if sheet.column(here.strip()) is None:
            raise TableError(f"there is no column {here.strip()!r}; there is {', '.join(sheet.header)}")
    place = {english: sheet.column(here) for english, here in called.items()}
    for english in _NEEDED:
        if place[english] is None:
            raise TableError(f"there is no column {called[english]!r}; there is {', '.join(sheet.header)}. "
                             f'If that is another language, say which one it is: --title "{english}=…"')
    if place["Maximum grade"] is None and sheet.column("Scale") is not None:
        raise TableError("this assignment is graded with a scale of words: choose points in its settings")
    return place


def _locked(text: str) -> str:
    """Moodle writes Yes or No; other languages' words for No are not known here, and Moodle guards them."""
    return "Moodle does not let this grade be changed" if key(text) == "no" else ""


def _people(sheet: Sheet, place: dict[str, int | None]) -> list[Person]:
    people = []
    for row in range(1, len(sheet.rows)):
        number_ = re.search(r"(\d+)\s*$", sheet.text(row, place["Identifier"]))
        if number_ is None:
            continue
        name = sheet.text(row, place["Full name"]).strip() or sheet.text(row, place["Identifier"]).strip()
        keys = names(name) | {key(sheet.text(row, place[t]))
                              for t in ("Identifier", "Email address", "Username", "ID number")}
        group = sheet.text(row, place["Group"]).strip()
        people.append(Person(row, name, number_[1], frozenset(keys - {""}), group))
    return people
