"""What "Download Assignment Files" of Blackboard calls files: ASSIGNMENT_USER_attempt_TIME_ORIGINAL.

Beside the files of each attempt lies ASSIGNMENT_USER_attempt_TIME.txt, Blackboard's receipt, which begins
with `Name: Ada Lovelace (alovelace)`. TIME is 2026-11-02-10-30-15, of no zone. ASSIGNMENT and USER may hold
underscores: where one ends and the other begins is told by the receipt, else by what all files have in
common. Only ORIGINAL, and what follows a receipt's first line, are of the student's making.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from grading.ingest.found import Found
from grading.ingest.notebook import Ungradable
from grading.ingest.piece import Piece

_NAME = re.compile(r"(?P<head>.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})"
                   r"(?:_(?P<original>.+)|(?P<receipt>\.txt))", re.DOTALL)
_RECEIPT = re.compile(r"\ufeff?[^:\r\n]{1,40}: *(?P<name>[^\r\n]{0,300}?) *"
                      r"\((?P<user>[^()\r\n]{1,100})\) *[\r\n]")


def name(top: str) -> re.Match | None:
    """The parts of a name that Blackboard gave."""
    return _NAME.fullmatch(top)


def read(found: Sequence[Found]) -> tuple[list[Piece], list[Found]]:
    """Files with what their names tell, and those that have other names. A receipt is nobody's file, but
    shows an attempt of which nothing else is there.
    """
    matches = [(f, name(f.parts[0])) for f in found]
    strays = [f for f, match in matches if match is None]
    matches = [(f, match) for f, match in matches if match is not None]
    receipts = {match["head"]: _person(f) for f, match in matches if match["receipt"]}
    people = _people(dict.fromkeys(match["head"] for _, match in matches), receipts)
    filed = {(match["head"], match["time"]) for _, match in matches if not match["receipt"]}
    done = []
    for f, match in matches:
        attempt = match["head"], match["time"]
        if match["receipt"] and attempt in filed:
            continue
        user, shown = people[match["head"]]
        if match["receipt"]:  # words alone were handed in
            f = replace(f, parts=("receipt.txt",))
        elif len(f.parts) == 1:
            f = replace(f, parts=(match["original"],))
        who = (("lms", "blackboard"), ("id", user), ("name", shown))
        done.append(Piece(match[0], user, match["time"], f,
                          submitted=_when(match["time"]), who=who))
    return done, strays


def _person(receipt: Found) -> tuple[str, str] | None:
    """User and name, from the first line of a receipt, which Blackboard writes."""
    try:
        text = receipt.read()[:1000].decode(errors="replace") if receipt.read else ""
    except Ungradable:
        return None
    match = _RECEIPT.match(text + "\n")
    return (match["user"], match["name"]) if match else None


def _people(heads: Iterable[str], receipts: Mapping[str, tuple | None]) -> dict:
    """User and name of each head ASSIGNMENT_USER. A receipt is believed where the head ends as it says."""
    heads = list(heads)
    titles = {head[:-len(said[0])] for head, said in receipts.items()
              if said and head.endswith(f"_{said[0]}")}
    if not titles and len(heads) > 1:
        columns = enumerate(zip(*heads, strict=False))
        shared = next((i for i, letters in columns if len(set(letters)) > 1), None)
        titles = {heads[0][:heads[0].rfind("_", 0, shared) + 1]} - {""}
    found = {}
    for head in heads:
        said = receipts.get(head)
        if said and head.endswith(f"_{said[0]}"):
            found[head] = said
            continue
        title = max((t for t in titles if head.startswith(t)), key=len, default="")
        found[head] = (head[len(title):] if title and head != title else head.rpartition("_")[2], "")
    return found


def _when(text: str) -> str | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S").isoformat()
    except ValueError:
        return None
