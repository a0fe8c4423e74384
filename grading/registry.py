"""Finding an exercise or a prediction by its id, which is also its place.

    vae-elbo            grading/exercises/vae/elbo.py, the variable `exercise`; its wrong and right answers
                        lie beside it in elbo_answers.py
    vae-predict-kl      grading/exercises/vae/predictions.py, in the list `predictions`
"""

import pkgutil
from difflib import get_close_matches
from functools import cache
from importlib import import_module

from grading.checks.exercise import Classification, Exercise, Prediction


class UnknownExercise(KeyError):
    """There is no exercise with this id."""

    def __str__(self) -> str:
        return str(self.args[0])


@cache
def all_ids() -> tuple[str, ...]:
    """Every id of an exercise, in the order of files (predictions are not exercises)."""
    package = import_module("grading.exercises")
    ids = []
    for folder in pkgutil.iter_modules(package.__path__):
        inner = import_module(f"grading.exercises.{folder.name}")
        ids += [f"{folder.name}-{m.name.replace('_', '-')}" for m in pkgutil.iter_modules(inner.__path__)
                if m.name != "predictions" and not m.name.endswith("_answers") and not m.name.startswith("_")]
    return tuple(ids)


@cache
def predictions() -> dict[str, Prediction | Classification]:
    """Every prediction by id."""
    package = import_module("grading.exercises")
    found = {}
    for folder in pkgutil.iter_modules(package.__path__):
        inner = import_module(f"grading.exercises.{folder.name}")
        if any(m.name == "predictions" for m in pkgutil.iter_modules(inner.__path__)):
            module = import_module(f"grading.exercises.{folder.name}.predictions")
            found |= {p.id: p for p in module.predictions}
    return found


def find(id: str) -> Exercise | Prediction | Classification:
    """The exercise or prediction with this id; UnknownExercise names the nearest ids."""
    if not isinstance(id, str):
        raise UnknownExercise('The id comes first, then your answer: check("vae-elbo", elbo).')
    return _find(id)


@cache
def _find(id: str) -> Exercise | Prediction | Classification:
    if id in all_ids():
        prefix, name = id.split("-", 1)
        return import_module(f"grading.exercises.{prefix}.{name.replace('-', '_')}").exercise
    if id in predictions():
        return predictions()[id]
    known = [*all_ids(), *predictions()]
    near = get_close_matches(id, known, 3) or sorted(known)
    raise UnknownExercise(f"There is no exercise {id!r}; the nearest are {', '.join(near)}.")
