"""Answers and submissions that try to get more, or lose more, than they should."""

import functools
import json
import sys

import pytest
import torch

import grading.checks.check
from grading import check, use
from grading.checks.fingerprint import Fluid, fingerprint
from grading.checks.judge import judge
from grading.checks.runner import run_in_process
from grading.ingest.classroom import classroom
from grading.report.spreadsheet import cell
from tests.grading import mini
from tests.grading.conftest import points

NOTEBOOK = """
import functools, torch
from torch import nn
from torch.nn.functional import softplus
settings, parts, scale = {"weight": 1.0}, [1.0, 2.0], torch.tensor(1.0)
def inner(x):
    return x
def helper(x):
    return inner(x) * settings["weight"]
def answer(x, extra=[1]):
    return softplus((lambda y: helper(y) + parts[0] * scale)(x))
class Base(nn.Module):
    factor = 2
    def half(self):
        return helper(1)
class Answer(Base):
    @property
    def size(self):
        return parts
    @staticmethod
    def plain(x):
        return x
    def forward(self, x):
        return super().forward(x)
filled = functools.partial(answer, extra=[2])
"""


def verdict(answer, exercise=mini.AFFINE):
    return judge(exercise, b"seed", lambda source, inputs: run_in_process(answer, source, inputs, 7))


@pytest.mark.parametrize(("name", "edit"), [
    ("answer", "settings['weight'] = 2.0"), ("answer", "parts[0] = 5.0"), ("answer", "scale.fill_(3.0)"),
    ("answer", "scale.data[...] = 4"), ("answer", "del scale\nscale = torch.tensor(9.0)"),
    ("answer", "def inner(x):\n    return 2 * x"), ("answer", "answer.__defaults__[0].append(3)"),
    ("Answer", "Answer.factor = 3"), ("Answer", "Base.factor = 4"), ("Answer", "Base.half = lambda self: 1"),
    ("Answer", "Answer.size = property(lambda self: 0)"), ("Answer", "Answer.plain = staticmethod(abs)"),
    ("filled", "filled.keywords['extra'][0] = 7"), ("filled", "settings['weight'] = 3.0")])
def test_use_notices_every_change(name, edit):
    space = {"__name__": "__main__"}
    exec(NOTEBOOK, space)
    before = fingerprint(space[name])
    assert before == fingerprint(space[name])
    exec(edit, space)
    assert before != fingerprint(space[name])


def test_what_has_a_state_of_its_own_is_run_again():
    network = torch.nn.Linear(2, 2)
    for answer in (network, network.forward, functools.lru_cache(abs), lambda x: network(x), [].append):
        with pytest.raises(Fluid):
            fingerprint(answer)


def test_the_same_answer_is_judged_once(monkeypatch):
    space = {"__name__": "__main__"}
    exec("import torch\nfrom torch.nn import functional as F\ndef elbo(x, logits, mu, logvar):\n"
         "    likelihood = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)\n"
         "    return likelihood - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)\n", space)
    assert check("vae-elbo", space["elbo"]).passed
    monkeypatch.setattr(grading.checks.check, "judge", None)
    assert use("vae-elbo", space["elbo"]) is space["elbo"]


def test_a_fault_of_ours_does_not_stop_a_lesson(monkeypatch):
    monkeypatch.setattr(grading.checks.check, "judge", None)
    assert callable(use("vae-elbo", lambda x, logits, mu, logvar: x))


@pytest.mark.parametrize("answer", [torch.ones(2), 10**400, object(), [1], "half"])
def test_predictions_that_are_no_number(answer):
    assert check("vae-predict-kl", answer).message == "Write down a number."


def test_a_check_called_the_wrong_way_round_says_so():
    for id in (print, ["vae-elbo"], None):
        assert "The id comes first" in check(id, "vae-elbo").message


def test_leaving_python_is_a_failure_and_odd_errors_are_told():
    class Odd(Exception):
        def __str__(self):
            raise ValueError

    def odd(x, w):
        raise Odd

    assert verdict(lambda x, w: sys.exit()).status == "error"
    assert "Odd" in verdict(odd).message


def right(x, w):
    return x @ w + w.sum()


def in_float(x, w):
    return right(x.float(), w.float())


@pytest.mark.parametrize("answer", [
    in_float, lambda x, w: in_float(x, w).double(), lambda x, w: torch.stack([right(x, w)] * 2, 1)[:, 0],
    lambda x, w: torch.nn.Parameter(right(x, w)) * 0 + right(x, w), functools.partial(right)])
def test_right_in_another_form(answer):
    assert verdict(answer).passed


def test_half_precision_hides_nothing():
    assert not verdict(lambda x, w: (1.01 * right(x, w)).bfloat16()).passed
    assert not verdict(lambda x, w: (1.004 * right(x, w)).half()).passed


@pytest.mark.parametrize("surroundings", [
    lambda: torch.device("meta"), torch.inference_mode, torch.no_grad,
    lambda: torch.autocast("cpu", torch.bfloat16)])
def test_the_notebooks_settings_stay_out_of_the_check(surroundings):
    def elbo(x, logits, mu, logvar):
        likelihood = (x * logits - torch.nn.functional.softplus(logits)).sum(1)
        return likelihood - 0.5 * (mu @ mu.T).diag() + 0.5 * (1 + logvar - logvar.exp()).sum(1)

    with surroundings():
        assert check("vae-elbo", elbo).passed


def test_a_shape_carries_nothing_into_feedback():
    def leaks(x, w):
        return torch.zeros(0, int(x[0, 0].abs() * 1e9))

    assert "a much larger one" in verdict(leaks).message
    assert "(4,)" in verdict(lambda x, w: right(x, w)[1:]).message


def test_hidden_inputs_do_not_come_back_through_a_second_start(graded, tmp_path):
    """The answer writes them down and ends its worker; the next worker's cell raises with them."""
    place = tmp_path / "seen"
    cell = (f"import os\none = 1\nif os.path.exists('{place}'):\n"
            f"    one = int('leak ' + open('{place}').read())\n"
            + mini.SCALE_CELL.replace("3 * x", "3 * x * one"))
    spy = mini.AFFINE_CELL.replace("    return", f"    open('{place}', 'w').write(str(x[0, 0].item()))\n"
                                   "    import os\n    os.kill(os.getpid(), 9)\n    return")
    record = graded(mini.dump(spy, cell))
    assert place.exists() and "raised ValueError" in str(record["warnings"])
    assert "leak" not in json.dumps(record)


@pytest.mark.parametrize(("sources", "expected"), [
    (("torch.set_default_device('cuda')", mini.AFFINE_CELL.replace("w.sum()", "w.sum() + torch.zeros(5)"),
      mini.SCALE_CELL), [3, 2]),
    ((mini.AFFINE_CELL, "class Scale(nn.Module):\n    pass", "def triple(self, x):\n    return 3 * x",
      "setattr(Scale, 'forward', triple)"), [3, 2]),
    ((mini.AFFINE_CELL + "\nexit()", mini.SCALE_CELL, "quit()"), [3, 2]),
    (("torch.isclose = torch.allclose = lambda *a, **k: torch.tensor(True)",
      mini.AFFINE_CELL.replace("x @ w", "0 * x @ w"), mini.SCALE_CELL), [0, 2]),
    (("class Like:\n    __eq__ = lambda a, b: True\n    __getattr__ = __call__ = lambda a, *b: a",
      "def affine(x, w):\n    return Like()", mini.SCALE_CELL), [0, 2])])
def test_odd_notebooks(graded, sources, expected):
    assert points(graded(mini.dump(*sources))) == expected


def test_names_that_look_alike_stay_several_students(tmp_path):
    long = "A" * 230
    for name in ("a\x01", "a\x02", long + "x", long + "y", "bob", "bob.ipynb", "zoe\u0308", "zo\u00eb"):
        (tmp_path / f"{name}.ipynb").write_text("{}")
    (tmp_path / "bob").mkdir()
    with classroom(tmp_path) as room:
        found = [s.student for s in room.students]
    assert len(set(found)) == len(found) == 9


@pytest.mark.parametrize("name", ["=1+1", "  =1", "\uff1d1", "+1", "@x", "|x", "a;=1+1", "a; -1"])
def test_no_cell_is_a_formula(name):
    assert all(part.lstrip()[:1] == "'" or part == "a" for part in cell(name).split(";"))
    assert cell("Zoë O'Neil-Smith") == "Zoë O'Neil-Smith"
