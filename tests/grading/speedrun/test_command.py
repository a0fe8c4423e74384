"""`genlab speedrun`: what it prints, what it writes, and how it ends."""

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.speedrun import command
from tests.grading.speedrun.test_race import HONEST, body

RECITES = body("return lambda n: images[:n]")


@pytest.fixture(autouse=True)
def fewer(monkeypatch):
    monkeypatch.setattr(command, "SAMPLES", 40)


@pytest.fixture
def call(tmp_path):
    def run(source, *options):
        (tmp_path / "mine.py").write_text(source, encoding="utf-8")
        return CliRunner().invoke(main, ["speedrun", str(tmp_path / "mine.py"), "--seconds", "2", *options])
    return run


def test_a_result_is_told_and_written_once_for_each_seed(call, tmp_path):
    table = tmp_path / "table.csv"
    result = call(HONEST, "--seeds", "2", "--table", str(table))
    assert result.exit_code == 0, result.output
    assert "mine.py, seed 0: Fréchet distance" in result.output and "at n = 40 (real digits: " in result.output
    assert "of 2 CPU-seconds by its own clock" in result.output and "over 2 seeds" in result.output
    call(HONEST, "--seed", "1", "--table", str(table))
    rows = command.rows(table)
    assert [(r["entry"], r["seed"], r["seconds"], r["n"]) for r in rows] == [("mine", s, "2", "40") for s in "01"]
    assert all(float(r["frechet"]) > float(r["floor"]) > 0 and float(r["copies"]) == 0 for r in rows)


@pytest.mark.parametrize(("source", "says"), [
    (RECITES, "no result for mine.py: 100% of the samples are copies of real digits"),
    (body("return lambda n: torch.full((n, 1, 28, 28), torch.nan)"), "40 of 40 samples hold NaN"),
    (body("return lambda n: images[:n].repeat(3, 1, 1, 1)"), r"not (120, 1, 28, 28)"),
    ("x = 1", "`train` was not found"),
])
def test_no_result_is_an_error_and_writes_nothing(call, tmp_path, source, says):
    table = tmp_path / "table.csv"
    result = call(source, "--table", str(table))
    assert result.exit_code == 1 and says in result.output and not table.exists()


def test_a_file_that_is_no_table_is_left_alone(call, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    result = call(HONEST, "--table", str(other))
    assert result.exit_code == 1 and "is no table of speedruns" in result.output
    assert other.read_text() == "a,b\n1,2\n"
