"""Rule 11: in the worker's genlab what the lesson asks for raises and is kept on record; its `grading` is a
stand-in that judges nothing."""

import pytest

from grading.lessons import LESSONS
from grading.registry import find
from grading.sandbox import view
from tests.grading import mini
from tests.grading.conftest import points
from tests.grading.rules.conftest import by_id

WITHHELD = [(id, name) for id in LESSONS["10_vae"].exercises for name in find(id).withholds]


def borrowed(id: str, dotted: str) -> str:
    """An answer that hands out what the course has: the cell of a student who found it."""
    module, name = view.home(dotted)
    first, _, rest = name.partition(".")
    course = f"course.{rest}" if rest else "course"
    taken = f"# Exercise {id}\nfrom {module} import {first} as course\n"
    if find(id).defines.startswith("class "):
        return taken + f"class {find(id).name}({course}):\n    pass"
    return taken + f"def {find(id).name}(*args, **kwargs):\n    return {course}(*args, **kwargs)"


@pytest.mark.parametrize(("id", "name"), WITHHELD)
def test_an_answer_that_calls_the_courses_own_gets_nothing(lesson10, id, name):
    record = lesson10.grade(lesson10.answers | {id: borrowed(id, name)})
    verdict = next(v for v in record["exercises"] if v["id"] == id)
    assert verdict["points"] == 0 and "genlab's own" in verdict["message"], verdict
    assert f"{id}: called {'.'.join(view.home(name))}" in record["flags"]
    assert sum(by_id(record).values()) == record["out_of"] - find(id).points


def inside(answer: str, first: str) -> str:
    """The answer with statements put first into its function."""
    head, doc, body = answer.split('"""', 2)
    return f'{head}"""{doc}"""\n{first}{body}'


def test_a_right_answer_that_also_calls_it_keeps_its_points_and_is_flagged(lesson10):
    sneaky = inside(lesson10.answers["vae-elbo"],
                    "    try:\n        import genlab.models.vae\n"
                    "        return genlab.models.vae.elbo(x, logits, mu, logvar)\n"
                    "    except Exception:\n        pass")
    record = lesson10.grade(lesson10.answers | {"vae-elbo": sneaky})
    assert by_id(record)["vae-elbo"] == find("vae-elbo").points
    assert record["flags"] == ["vae-elbo: called genlab.models.vae.elbo, and went on without it"]


TEXT = """
import importlib.util, inspect, os, sys
def _found():
    '''What can be read of the course's answers, by the ways in which Python finds texts.'''
    import genlab.models.vae
    found = [f for f in {hidden!r} if os.path.isdir(f) and os.access(f, os.R_OK)]
    source = inspect.getsource(genlab.models.vae.elbo)
    found += ["its source"] if "binary_cross_entropy" in source or "softplus" in source else []
    found += [p for p in sys.path if os.path.exists(os.path.join(p, "grading", "exercises"))]
    for name in ("grading.exercises", "grading.checks.judge"):
        try:
            found += [name] if importlib.util.find_spec(name) else []
        except Exception:
            pass
    return found
"""


def test_the_text_of_it_cannot_be_read(lesson10):
    """A right answer that goes wrong as soon as it finds one of the course's answers."""
    spying = TEXT.format(hidden=view.hidden()) + inside(
        lesson10.answers["vae-elbo"], "    if _found():\n        raise ImportError('No module named ' + "
                                      "repr('found_' + str(len(_found()))))")
    record = lesson10.grade(lesson10.answers | {"vae-elbo": spying})
    assert by_id(record)["vae-elbo"] == find("vae-elbo").points, record["exercises"][1]


def test_its_grading_judges_nothing(boxed):
    cell = ("from grading import check, use, expect_version\nexpect_version('0')\n"
            "def affine(x, w):\n    verdict = check('mini-affine', affine)\n"
            "    same = use('mini-affine', affine) is affine\n"
            "    return (x @ w + w.sum()) * (1 if verdict.passed is None and same else 0)")
    assert points(boxed(cell, mini.SCALE_CELL)) == [3, 2]
