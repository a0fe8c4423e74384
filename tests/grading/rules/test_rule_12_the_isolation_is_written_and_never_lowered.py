"""Rule 12: the isolation in force is written into every result and never silently lower than was asked for;
none has to be asked for by name."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.report.batch import grade_folder
from grading.report.grade import NOT_RUN, Settings
from grading.report.store import Store
from grading.sandbox import start
from grading.sandbox.isolation import TIERS, NoIsolation
from tests.grading import mini
from tests.grading.sandbox.test_tiers import each_tier


@each_tier
def test_it_is_in_every_record(graded, tier):
    record = graded(mini.honest(), connect=lambda names, asked: start.connect(names, tier))
    assert record["isolation"] == tier and record["points"] == 5
    assert ("system-call filter" in record["walls"]) == (tier != "none")
    assert graded(mini.dump("x = 1"))["isolation"] == NOT_RUN


def missing(tiers):
    """Zygote's constructor on a machine without these tiers."""
    real = start.Zygote.__init__

    def made(self, withheld, tier, **options):
        if tier in tiers:
            raise NoIsolation(f"no {tier} here")
        real(self, withheld, tier, **options)

    return made


def test_a_tier_that_is_asked_for_is_not_replaced(monkeypatch):
    monkeypatch.setattr(start.Zygote, "__init__", missing({"namespaces"}))
    with pytest.raises(NoIsolation, match="no namespaces here"):
        start.in_force("namespaces")


def test_none_is_not_a_fallback(monkeypatch, tmp_path):
    monkeypatch.setattr(start.Zygote, "__init__", missing({"namespaces", "landlock"}))
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.ipynb").write_bytes(mini.honest())
    result = CliRunner().invoke(main, ["grade", str(tmp_path / "class"), "-o", str(tmp_path / "out")])
    assert result.exit_code == 1 and "--isolation none" in result.output
    assert not (tmp_path / "out" / "marks.csv").exists()


def test_what_was_graded_behind_fewer_walls_is_graded_again(mini_lesson, tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.ipynb").write_bytes(mini.honest())
    strongest, _ = start.in_force()
    seen = []
    with closing(Store(tmp_path / "out")) as store:
        for asked in ("none", "auto", "none"):
            settings = Settings(store.secret(), lesson="99_mini", isolation=asked)
            grade_folder(tmp_path / "class", store, settings, executor=ThreadPoolExecutor)
            seen.append(store.load("a")["isolation"])
    assert seen == ["none", strongest, strongest] and strongest in TIERS[:2]
