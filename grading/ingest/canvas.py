"""What "Download Submissions" of Canvas calls files: NAME[_LATE]_USER_FILE_ORIGINAL.

So does lib/content_zipper.rb of Canvas: NAME has lost everything but letters, marks, numbers and underscores
and is in lower case (`anon_CODE` takes the place of NAME and USER where marking is anonymous); texts and
addresses are NAME[_LATE]_USER_text.html and _link.html. Only ORIGINAL is of the student's making: it says
nothing of who handed in, or when, and the order of attempts comes from Canvas's own number of the file.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from grading.ingest.found import Found
from grading.ingest.piece import Piece

_LETTER = r"[^\x00-/:-@\[-^`{-\x7f]"  # as Ruby's [[:word:]], which has the marks that Python's \w lacks
_CANVAS = re.compile(rf"(?P<name>{_LETTER}*?)(?P<late>_?LATE|_late)?_(?P<id>\d+)_"
                     r"(?:(?P<file>\d+)_(?P<original>.+)|(?P<text>text|link)\.html)", re.DOTALL)
_ANONYMOUS = re.compile(r"(?P<late>LATE_)?anon_(?P<id>[A-Za-z0-9]{5})_"
                        r"(?:(?P<file>\d+)_(?P<original>.+)|(?P<text>text|link)\.html)", re.DOTALL)
# Attachment.make_unique_filename of Canvas: a name that is there already gets -1 … -7 before its ending.
_AGAIN = re.compile(r"(?P<base>.+)-(?P<number>[1-7])(?P<ending>(?:\.[A-Za-z][A-Za-z0-9]*)*\.[A-Za-z0-9]*)",
                    re.DOTALL)


def name(top: str) -> re.Match | None:
    """The parts of a name that Canvas gave."""
    return _ANONYMOUS.fullmatch(top) or _CANVAS.fullmatch(top)


def read(found: Sequence[Found]) -> tuple[list[Piece], list[Found]]:
    """Files with what their names tell, and those that have other names.

    A zip holds a student's last attempt; several downloads in one folder hold several. The uploads of one
    name are numbered by Canvas, and later ones have larger file ids. The newest upload of each name belongs
    to the last attempt, the one before it to the attempt before.
    """
    done: list[Piece] = []
    chains: dict[str, dict[str, list[tuple]]] = defaultdict(lambda: defaultdict(list))
    called: dict[str, str] = {}
    strays = []
    for f in found:
        match = name(f.parts[0])
        if match is None:
            strays.append(f)
            continue
        original = match["original"] or f"{match['text']}.html"
        again = _AGAIN.fullmatch(original)
        base, number = (again["base"] + again["ending"], int(again["number"])) if again else (original, 0)
        called.setdefault(match["id"], match.groupdict().get("name") or "anon")
        chains[match["id"]][base].append((int(match["file"] or 0), number, original, f, match))
    for id, names in chains.items():
        student, length, last = f"{called[id]}_{id}", max(map(len, names.values())), 0
        for place in range(length):
            uploads = [sorted(same, key=lambda upload: upload[:2])[place - length]
                       for same in names.values() if len(same) >= length - place]
            last = max(last + 1, *(number + 1 for _, number, *_ in uploads))
            told = last if last > 1 or length > 1 else None  # the first of its name may be any attempt
            for _, _, original, f, match in uploads:
                who = (("lms", "canvas"), ("id", id), ("name", called[id]))
                parts = (*f.parts[:-1], original) if len(f.parts) == 1 else f.parts
                done.append(Piece(f.parts[0], student, f"{student} {last}", replace(f, parts=parts), told,
                                  late=bool(match["late"]), who=who))
    return done, strays
