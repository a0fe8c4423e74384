"""Who handed in what, as names tell: downloads of learning platforms, nbgrader's folders, or plain names.

    canvas      lovelaceada_LATE_12345_678901_10_vae-1.ipynb
    moodle      Ada Lovelace_1234567_assignsubmission_file_/10_vae.ipynb, or the same in one flat name
    gradescope  submission_45678/10_vae.ipynb beside submission_metadata.yml
    nbgrader    submitted/ada/10_vae/10_vae.ipynb with a timestamp.txt
    plain       ada.ipynb, or ada/10_vae.ipynb
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from grading.ingest.found import NOTEBOOKS, Found, marked
from grading.ingest.gradescope import METADATA, submitters
from grading.ingest.notebook import Ungradable

# lib/content_zipper.rb of Canvas: NAME[_LATE]_USER_FILE_ORIGINAL, where NAME has lost everything but word
# characters and is in lower case (`anon_CODE` takes the place of NAME and USER where marking is anonymous);
# texts and addresses are NAME[_LATE]_USER_text.html and _link.html.
_CANVAS = re.compile(r"(?P<name>\w*?)(?P<late>_?(?:LATE|late))?_(?P<id>\d+)_"
                     r"(?:(?P<file>\d+)_(?P<original>.+)|(?P<text>text|link)\.html)", re.DOTALL)
_ANONYMOUS = re.compile(r"(?P<late>LATE_)?anon_(?P<id>[A-Za-z0-9]{5})_"
                        r"(?:(?P<file>\d+)_(?P<original>.+)|(?P<text>text|link)\.html)", re.DOTALL)
# Attachment.make_unique_filename of Canvas: a name that is there already gets -1 … -7 before its ending.
_AGAIN = re.compile(r"(?P<base>.+)-(?P<number>[1-7])(?P<ending>(?:\.[A-Za-z][A-Za-z0-9]*)*\.[A-Za-z0-9]*)",
                    re.DOTALL)
# mod/assign/classes/downloader.php of Moodle: NAME_ID_assignsubmission_TYPE, followed by /PATH or, without
# folders, by _FILE; NAME has spaces for underscores; the group's name where groups hand in, then ID may lack.
_MOODLE = re.compile(r"(?P<name>[^_]*)(?:_(?P<id>\d+))?_assignsubmission_[a-z]+(?:_(?P<original>.*))?",
                     re.DOTALL)
_HANDED_IN = (*NOTEBOOKS, ".zip", ".html")
_COURSE = frozenset(("source", "release", "gradebook.db", "nbgrader_config.py"))  # of nbgrader
CLOCK = "timestamp.txt"  # beside a notebook that nbgrader collected
LAYOUTS = ("auto", "canvas", "moodle", "gradescope", "nbgrader", "plain")


@dataclass(frozen=True)
class Piece:
    """One file with all that its place tells of it.

    Args:
        entry: the file or folder at the top of the class that it is, or is in.
        student: who it belongs to, before a map of names is asked.
        attempt: what is handed in together, among the student's.
        found: the file, by the name that the student gave it where that is known.
        number: of the attempt, from 1, where the platform tells.
        submitted: ISO 8601 in UTC, where that is known.
        late: said so by the platform.
        who: what the platform calls the student: `lms`, `id`, `name`, `email`.
    """

    entry: str
    student: str
    attempt: str
    found: Found
    number: int | None = None
    submitted: str | None = None
    late: bool = False
    who: tuple[tuple[str, str], ...] = ()


def pieces(found: Sequence[Found], layout: str = "auto") -> tuple[str, list[Piece]]:
    """The layout, guessed if it is "auto", and every file with what its place tells.

    A name that does not fit the layout is taken as plain, so that nothing is lost.
    """
    if layout == "auto":
        layout = guess(found)
    return layout, _READERS[layout](found)


def guess(found: Sequence[Found]) -> str:
    """The layout that most names have: one of LAYOUTS but the first."""
    if _metadata(found):
        return "gradescope"
    tops = {f.parts[0]: len(f.parts) == 1 and f.read is not None for f in found}
    if any(_MOODLE.fullmatch(top) for top in tops):
        return "moodle"
    named = [top for top, file in tops.items() if file and top.lower().endswith(_HANDED_IN)]
    if named and 2 * sum(bool(_canvas_name(top)) for top in named) > len(named):
        return "canvas"
    if "submitted" in tops and (len(tops) == 1 or not _COURSE.isdisjoint(tops)):
        return "nbgrader"
    return "plain"


def _plain(found: Sequence[Found]) -> list[Piece]:
    """A file or a folder for each student; where both would be the same one, they keep their full names."""
    endings = {f.parts[0]: "" for f in found}
    for f in found:
        if len(f.parts) == 1 and (f.read is not None or f.problem):
            known = (*NOTEBOOKS, ".json", ".zip")
            endings[f.name] = next((e for e in known if f.name.lower().endswith(e)), "")
    short = {top: top[:len(top) - len(ending)] or top for top, ending in endings.items()}
    times = Counter(name.casefold() for name in short.values())
    short = {top: name if times[name.casefold()] == 1 else top for top, name in short.items()}
    times = Counter(short.values())
    short = {top: name if times[name] == 1 else marked(name, top + "/") for top, name in short.items()}
    clocks = defaultdict(list)
    for f in found:
        if f.name == CLOCK and len(f.parts) > 1 and f.read is not None:
            clocks[f.parts[0]].append(f)
    submitted = {top: _clock(files[0]) for top, files in clocks.items() if len(files) == 1}
    return [Piece(top, short[top], top, f, submitted=submitted.get(top))
            for f in found if f not in clocks[top := f.parts[0]]]


def _clock(found: Found) -> str | None:
    try:
        return when(found.read()[:200].decode(errors="replace"))
    except Ungradable:
        return None


def _canvas_name(name: str) -> re.Match | None:
    return _ANONYMOUS.fullmatch(name) or _CANVAS.fullmatch(name)


def _canvas(found: Sequence[Found]) -> list[Piece]:
    """A zip holds a student's last attempt; several downloads in one folder hold several.

    The uploads of one name are numbered by Canvas, and later ones have larger file ids. The newest upload of
    each name belongs to the last attempt, the one before it to the attempt before.
    """
    done: list[Piece] = []
    chains: dict[str, dict[str, list[tuple]]] = defaultdict(lambda: defaultdict(list))
    strays = []
    for f in found:
        match = _canvas_name(f.parts[0])
        if match is None:
            strays.append(f)
            continue
        name = match.groupdict().get("name") or "anon"
        original = match["original"] or f"{match['text']}.html"
        again = _AGAIN.fullmatch(original)
        base, number = (again["base"] + again["ending"], int(again["number"])) if again else (original, 0)
        chains[f"{name}_{match['id']}"][base].append((number, int(match["file"] or 0), original, f, match))
    for student, names in chains.items():
        length, last = max(map(len, names.values())), 0
        for place in range(length):
            uploads = [sorted(same, key=lambda upload: upload[:2])[place - length]
                       for same in names.values() if len(same) >= length - place]
            last = max(last + 1, *(number + 1 for number, *_ in uploads))
            told = last if last > 1 or length > 1 else None  # the first of its name may be any attempt
            for _, _, original, f, match in uploads:
                who = (("lms", "canvas"), ("id", match["id"]), ("name", student.rsplit("_", 1)[0]))
                parts = (*f.parts[:-1], original) if len(f.parts) == 1 else f.parts
                done.append(Piece(f.parts[0], student, f"{student} {last}", replace(f, parts=parts), told,
                                  late=bool(match["late"]), who=who))
    return done + _plain(strays)


def _moodle(found: Sequence[Found]) -> list[Piece]:
    """The download holds what each student, or group, handed in last."""
    done, strays = [], []
    for f in found:
        match = _MOODLE.fullmatch(f.parts[0])
        if match is None:
            strays.append(f)
            continue
        student = match["name"] + (f"_{match['id']}" if match["id"] else "")
        parts = (match["original"],) if len(f.parts) == 1 and match["original"] else f.parts
        who = (("lms", "moodle"), ("id", match["id"] or ""), ("name", match["name"]))
        done.append(Piece(f.parts[0], student, student, replace(f, parts=parts), who=who))
    return done + _plain(strays)


def _metadata(found: Sequence[Found]) -> Found | None:
    return next((f for f in found if f.name == METADATA and len(f.parts) <= 2 and f.read), None)


def _gradescope(found: Sequence[Found]) -> list[Piece]:
    """A folder for each submission, beside a file that tells whose it is. A group's counts for all of it."""
    metadata = _metadata(found)
    if metadata is None:
        raise Ungradable(f"this is no Gradescope export: it holds no {METADATA}")
    depth = len(metadata.parts) - 1
    inside = [replace(f, parts=f.parts[depth:]) for f in found
              if f.parts[:depth] == metadata.parts[:-1] and len(f.parts) > depth and f is not metadata]
    outside = [f for f in found if f.parts[:depth] != metadata.parts[:-1]]
    handed_in = submitters(metadata.read())
    folders = defaultdict(list)
    for f in inside:
        folders[f.parts[0]].append(f)
    done = []
    for folder, people in handed_in.items():
        absent = Found((folder,), problem=f"{METADATA} names this folder, which is not here.")
        here = folders.pop(folder, [absent])
        done += [Piece(folder, s.student, folder, f, s.number, s.submitted, who=s.who)
                 for s in people for f in here]
    return done + _plain([*chain.from_iterable(folders.values()), *outside])


def _nbgrader(found: Sequence[Found]) -> list[Piece]:
    """`submitted/STUDENT/ASSIGNMENT/NAME.ipynb` of a course's folder, the rest of which is the instructor's;
    or what is in `submitted/`.
    """
    collected = [f for f in found if f.parts[0] == "submitted" and len(f.parts) > 1]
    return _plain([replace(f, parts=f.parts[1:]) for f in collected] or found)


def when(text: str) -> str | None:
    """ISO 8601 in UTC of nbgrader's timestamp.txt, such as `2026-02-02 15:58:23.948203 America/New_York`."""
    words = text.split()
    try:
        zone = ZoneInfo(words[2]) if len(words) > 2 else UTC
        return datetime.fromisoformat(" ".join(words[:2])).replace(tzinfo=zone).astimezone(UTC).isoformat()
    except (ValueError, IndexError, ZoneInfoNotFoundError, OverflowError):
        return None


_READERS: dict[str, Callable[[Sequence[Found]], list[Piece]]] = {
    "canvas": _canvas, "moodle": _moodle, "gradescope": _gradescope, "nbgrader": _nbgrader, "plain": _plain}
