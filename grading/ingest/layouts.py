"""Who handed in what, as names tell: downloads of learning platforms, nbgrader's folders, or plain names.

    canvas      lovelaceada_LATE_12345_678901_10_vae-1.ipynb
    moodle      Ada Lovelace_1234567_assignsubmission_file_/10_vae.ipynb, or the same in one flat name
    gradescope  submission_45678/10_vae.ipynb beside submission_metadata.yml
    blackboard  Homework 1_ada_attempt_2026-11-02-10-30-15_10_vae.ipynb beside receipts
    brightspace 48213-90127 - Ada Lovelace - Nov 2, 2026 1030 AM/10_vae.ipynb beside index.html
    nbgrader    submitted/ada/10_vae/10_vae.ipynb with a timestamp.txt
    plain       ada.ipynb, or ada/10_vae.ipynb

A layout is told from the top of the download alone, and so is whose a file is: what lies deeper is of the
making of whoever handed it in, and describes nobody.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from grading.ingest import blackboard, brightspace, canvas
from grading.ingest.found import NOTEBOOKS, Found, marked
from grading.ingest.gradescope import METADATA, submitters
from grading.ingest.notebook import Ungradable
from grading.ingest.piece import Piece

# mod/assign/classes/downloader.php of Moodle: NAME_ID_assignsubmission_TYPE, followed by /PATH or, without
# folders, by _FILE; NAME has spaces for underscores; the group's name where groups hand in, then ID may lack.
_MOODLE = re.compile(r"(?P<name>[^_]*)(?:_(?P<id>\d+))?_assignsubmission_[a-z]+(?:_(?P<original>.*))?",
                     re.DOTALL)
_HANDED_IN = (*NOTEBOOKS, ".zip", ".html")
_COURSE = frozenset(("source", "release", "gradebook.db", "nbgrader_config.py"))  # of nbgrader
_EXPORT, _SUBMISSION = re.compile(r"assignment_\d+_export"), re.compile(r"submission_\d+")
CLOCK = "timestamp.txt"  # nbgrader writes it into the folder of what it collects, over any that is there
LAYOUTS = ("auto", "canvas", "moodle", "gradescope", "blackboard", "brightspace", "nbgrader", "plain")


def pieces(found: Sequence[Found], layout: str = "auto") -> tuple[str, list[Piece]]:
    """The layout, guessed if it is "auto", and every file with what its place tells.

    A name that does not fit the layout is taken as plain, so that nothing is lost.
    """
    if layout == "auto":
        layout = guess(found)
    return layout, _READERS[layout](found)


def guess(found: Sequence[Found]) -> str:
    """The layout that most names have: one of LAYOUTS but the first."""
    tops = {f.parts[0]: len(f.parts) == 1 and f.read is not None for f in found}
    folders = [top for top, file in tops.items() if not file]
    exported = _metadata(found)
    if exported is not None and any(f.parts[:-2] == exported.parts[:-1] and _SUBMISSION.fullmatch(f.parts[-2])
                                    for f in found if len(f.parts) == len(exported.parts) + 1):
        return "gradescope"
    files = [top for top, file in tops.items() if file and top.lower().endswith(_HANDED_IN)]
    for layout, fits, those in (("moodle", _MOODLE.fullmatch, tops), ("blackboard", blackboard.name, tops),
                                ("brightspace", brightspace.name, folders), ("canvas", canvas.name, files)):
        if 2 * sum(bool(fits(top)) for top in those) > len(those):
            return layout
    if "submitted" in tops and (len(tops) == 1 or not _COURSE.isdisjoint(tops)):
        return "nbgrader"
    return "plain"


def of_one(top: str) -> bool:
    """Is this the name that a platform gives to the folder of one student?"""
    return bool(_MOODLE.fullmatch(top) or brightspace.name(top))


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
    return [Piece(f.parts[0], short[f.parts[0]], f.parts[0], f) for f in found]


def _clock(found: Found) -> str | None:
    try:
        return when(found.read()[:200].decode(errors="replace"))
    except Ungradable:
        return None


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
    """Gradescope's own file: at the top, or in the one folder there that is called as Gradescope calls it."""
    folders = {f.parts[0] for f in found if len(f.parts) > 1 or (f.read is None and not f.problem)}
    wrapped = len(folders) == 1 and all(map(_EXPORT.fullmatch, folders))
    places = [(METADATA,), *((folder, METADATA) for folder in folders if wrapped)]
    return next((f for f in found if f.parts in places and f.read), None)


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
    or what is in `submitted/`. The clock is what nbgrader puts there: STUDENT/ASSIGNMENT/timestamp.txt.
    """
    collected = [f for f in found if f.parts[0] == "submitted" and len(f.parts) > 1]
    found = [replace(f, parts=f.parts[1:]) for f in collected] or found
    clocks = defaultdict(list)
    for f in found:
        if len(f.parts) == 3 and f.name == CLOCK and f.read is not None:
            clocks[f.parts[0]].append(f)
    submitted = {student: _clock(files[0]) for student, files in clocks.items() if len(files) == 1}
    return [replace(piece, submitted=submitted.get(piece.entry)) for piece in _plain(found)
            if piece.found not in clocks[piece.entry]]


def when(text: str) -> str | None:
    """ISO 8601 in UTC of nbgrader's timestamp.txt, such as `2026-02-02 15:58:23.948203 America/New_York`."""
    words = text.split()
    try:
        zone = ZoneInfo(words[2]) if len(words) > 2 else UTC
        return datetime.fromisoformat(" ".join(words[:2])).replace(tzinfo=zone).astimezone(UTC).isoformat()
    except (ValueError, IndexError, ZoneInfoNotFoundError, OverflowError):
        return None


def _split(read: Callable[[Sequence[Found]], tuple[list[Piece], list[Found]]]) -> Callable:
    """A reader that takes what does not fit the layout as plain."""
    def pieces_of(found: Sequence[Found]) -> list[Piece]:
        done, strays = read(found)
        return done + _plain(strays)

    return pieces_of


_READERS: dict[str, Callable[[Sequence[Found]], list[Piece]]] = {
    "canvas": _split(canvas.read), "blackboard": _split(blackboard.read),
    "brightspace": _split(brightspace.read), "moodle": _moodle, "gradescope": _gradescope,
    "nbgrader": _nbgrader, "plain": _plain}
