"""What a download of submissions from Brightspace (D2L) calls folders: USER-ITEM - NAME - TIME.

Such as `48213-90127 - Ada Lovelace - Nov 2, 2026 1030 AM`, one for each attempt, beside an index.html of
Brightspace's own. The time is that of whoever downloads, without a zone, in the words of their language.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from grading.ingest.found import Found
from grading.ingest.piece import Piece

_FOLDER = re.compile(r"(?P<id>\d+)-(?P<item>\d+) ?- ?(?P<name>.+) - (?P<time>[^/]*\d{4}[^/]*)", re.DOTALL)
_TIMES = ("%b %d, %Y %I%M %p", "%B %d, %Y %I%M %p", "%b %d, %Y %H%M", "%B %d, %Y %H%M", "%d %B, %Y %H%M",
          "%d %b, %Y %H%M", "%d %B, %Y %I%M %p", "%d %b, %Y %I%M %p")
_INDEX = "index.html"


def name(top: str) -> re.Match | None:
    """The parts of a name that Brightspace gave."""
    return _FOLDER.fullmatch(top)


def read(found: Sequence[Found]) -> tuple[list[Piece], list[Found]]:
    """Files with what their folders tell, and those in other places."""
    done, strays = [], []
    for f in found:
        match = name(f.parts[0])
        if match is None:
            strays += [] if f.parts == (_INDEX,) else [f]
            continue
        who = (("lms", "brightspace"), ("id", match["id"]), ("name", match["name"]))
        inside = replace(f, parts=f.parts[1:]) if len(f.parts) > 1 else f
        done.append(Piece(f.parts[0], f"{match['name']}_{match['id']}", f.parts[0], inside,
                          submitted=_when(match["time"]), who=who))
    return done, strays


def _when(text: str) -> str | None:
    words = " ".join(text.replace("\u202f", " ").replace(":", "").split()).upper()
    for form in _TIMES:
        try:
            return datetime.strptime(words, form).isoformat()
        except ValueError:
            continue
    return None
