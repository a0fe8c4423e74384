"""A lesson of two small exercises, and notebooks for it: the grader is tried on these."""

import json

import torch

from genlab.random import randn
from grading.checks import probing
from grading.checks.exercise import Answers, Compare, Exercise, Mistake
from grading.lessons import Lesson

LESSON = Lesson("99_mini", "A small lesson", ("mini-affine", "mini-scale"))
HINTS = ("Think.", "Write it down.", "It is one line.")


def inputs(rng, n=1):
    like = torch.zeros((), dtype=torch.float64)
    return {"x": randn((5, 3), like=like, rng=rng), "w": randn((3,), like=like, rng=rng)}


def probe(affine, x, w):
    leaf = probing.leaf(x)
    value = probing.tensor(affine(leaf, w))
    return dict(value=value, d_x=probing.vjp(value, [leaf])[0])


def reference(x, w):
    return (x * w).sum(1) + w.sum()


def mean_taken(x, w):
    return (x * w).mean(1) + w.sum()


def right_in_another_way(x, w):
    return x @ w + w.sum()


AFFINE = Exercise(
    id="mini-affine", defines="affine(x, w)", core=True, points=3, level=1, minutes=1, hints=HINTS,
    inputs=inputs, probe=probe, reference=reference,
    comparisons=[Compare("value", shape="(B,)", points=2, says="The weighted sum of each row."),
                 Compare("d_x", points=1, says="How it moves with x.")],
    answers=Answers([Mistake(mean_taken, "You average: sum.")], [right_in_another_way]))


def scale_inputs(rng, n=1):
    return {"x": randn((4, 7), like=torch.zeros((), dtype=torch.float64), rng=rng)}


def probe(Scale, x):
    return dict(value=probing.tensor(Scale()(x)))


class ScaleReference(torch.nn.Module):
    def forward(self, x):
        return 3 * x


class Doubled(torch.nn.Module):
    def forward(self, x):
        return 2 * x


SCALE = Exercise(
    id="mini-scale", defines="class Scale(nn.Module)", core=True, points=2, level=1, minutes=1, hints=HINTS,
    inputs=scale_inputs, probe=probe, reference=ScaleReference,
    comparisons=[Compare("value", points=2, says="Three times the input.")],
    answers=Answers([Mistake(Doubled, "You double it.")]))
EXERCISES = [AFFINE, SCALE]

SETUP = ('import os\nlesson = "99_mini"\nprofile = os.environ.get("GENLAB_PROFILE", "cpu")\nseed = 0',
         "import torch\nfrom torch import nn\nfrom grading import check, use")
AFFINE_CELL = "# Exercise mini-affine\ndef affine(x, w):\n    return x @ w + w.sum()"
SCALE_CELL = "# Exercise mini-scale\nclass Scale(nn.Module):\n    def forward(self, x):\n        return 3 * x"
STUBS = ('# Exercise mini-affine\ndef affine(x, w):\n    raise NotImplementedError("mini-affine")',
         '# Exercise mini-scale\nclass Scale(nn.Module):\n    def forward(self, x):\n'
         '        raise NotImplementedError("mini-scale")')
CHECKS = ('check("mini-affine", affine)', 'my_scale = use("mini-scale", Scale)\ncheck("mini-scale", Scale)')


def cell(source, kind="code") -> dict:
    return {"cell_type": kind, "metadata": {}, "source": source,
            **({"outputs": [], "execution_count": None} if kind == "code" else {})}


def notebook(*sources: str, setup: tuple[str, ...] = SETUP) -> dict:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {},
            "cells": [cell("# The lesson", "markdown"), *(cell(s) for s in (*setup, *sources))]}


def dump(*sources: str, **options) -> bytes:
    return json.dumps(notebook(*sources, **options)).encode()


def honest(*more: str) -> bytes:
    return dump(AFFINE_CELL, CHECKS[0], SCALE_CELL, CHECKS[1], *more)
