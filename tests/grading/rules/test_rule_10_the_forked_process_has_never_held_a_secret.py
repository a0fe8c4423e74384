"""Rule 10: what is forked for a student's code has never held a secret, so that none can be found in it."""

from tests.grading import mini

# Looks through everything that Python knows in this process, and through what the system tells of it.
SEARCH = '''
import gc, sys, os

def held(needles):
    """How many of the needles are in any text of this process, in a module's name, or in its surroundings.

    They come written backwards, so that the search does not find what it searches with.
    """
    found = set()
    def look(text):
        backwards = text[::-1]
        for needle in needles:
            if needle in backwards:
                found.add(needle)
    frame = sys._getframe()
    seen = []
    while frame:
        seen.append(frame.f_locals)
        seen.append(frame.f_globals)
        frame = frame.f_back
    for thing in (*gc.get_objects(), *seen):
        try:
            if isinstance(thing, dict):
                values = [*thing, *thing.values()]
            else:
                values = list(thing) if isinstance(thing, (list, tuple, set, frozenset)) else [thing]
        except Exception:
            continue
        for value in values:
            if isinstance(value, bytes):
                value = value[:1_000_000].hex()
            if isinstance(value, str):
                look(value)
    for name in sys.modules:
        look(name)
    for path in ("environ", "cmdline", "maps"):
        for pid in ("self", str(os.getppid()), "1"):
            try:
                look(open(f"/proc/{pid}/{path}", "rb").read().decode("latin1"))
            except OSError:
                pass
    return sorted(found)
'''
# The batch's secret, names of the judge's modules, sentences of the specification, a known mistake.
NEEDLES = [bytes(range(16)).hex(), "grading.checks.judge", "grading.exercises",
           "The weighted sum of each row.", "mean_taken", "Three times the input."]
CELL = SEARCH + f"""
def affine(x, w):
    found = len(held({[needle[::-1] for needle in NEEDLES]!r}))
    if found:
        raise ValueError("too many values to unpack (expected " + str(found) + ")")
    return x @ w + w.sum()
"""


def found(record: dict) -> int:
    verdict = record["exercises"][0]
    if verdict["points"] == verdict["out_of"]:
        return 0
    return int(verdict["message"].split("(expected ")[1].split(")")[0])


def test_nothing_is_found_in_a_worker(boxed):
    assert found(boxed(CELL, mini.SCALE_CELL, probe=60.0)) == 0


def test_the_same_search_finds_them_where_they_are(graded):
    """A worker forked from the judge's own process holds everything: so the search above does search."""
    assert found(graded(mini.dump(CELL, mini.SCALE_CELL), probe=60.0)) >= 3
