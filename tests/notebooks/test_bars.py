"""The bars that lesson 00 states are those of the runs in the course's table."""

import ast
import math
import re

from genlab import results
from tests.notebooks.replay import ROOT


def stated() -> dict[str, float]:
    """The one dictionary of bars in the lesson's script."""
    found = re.findall(r"bars=(\{[^}]*\})", (ROOT / "solutions/00_generative_models.py").read_text(encoding="utf-8"))
    assert len(found) == 1
    return ast.literal_eval(found[0])


def test_each_bar_is_the_mean_of_five_runs_less_four_standard_deviations():
    rows = [row for row in results.table("00") if row["metric"] == "on_target_ring" and row["profile"] == "cpu"]
    measured = {row["model"]: row for row in results.summary(rows)}
    assert stated().keys() == measured.keys()
    for family, bar in stated().items():
        assert measured[family]["seeds"] >= 5
        assert bar == math.floor(100 * (measured[family]["mean"] - 4 * measured[family]["sd"])) / 100, family
