"""The command `genlab`: quick, lazy, and clear about what is missing."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from grading import cli


def test_every_command_has_a_summary():
    assert set(cli.COMMANDS) == set(cli.SUMMARIES)


def test_help_lists_every_command_and_imports_none():
    code = ("import sys; from click.testing import CliRunner; from grading import cli;"
            "print(CliRunner().invoke(cli.main, ['--help']).output);"
            "heavy = {'torch', 'nbformat', 'jupytext', 'IPython', 'grading.build'} & set(sys.modules);"
            "sys.exit(f'imported {heavy}' if heavy else 0)")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    for name in cli.COMMANDS:
        assert f"  {name} " in result.stdout


def test_an_unknown_command_is_refused():
    result = CliRunner().invoke(cli.main, ["brew"])
    assert result.exit_code == 2 and "No such command 'brew'" in result.output


@pytest.mark.parametrize(("target", "says"), [
    ("grading.nothing_here:run", "has no command 'build' yet"),
    ("nothing_here:run", "has no command 'build' yet"),
])
def test_a_command_that_is_not_there_says_so(monkeypatch, target, says):
    monkeypatch.setitem(cli.COMMANDS, "build", target)
    result = CliRunner().invoke(cli.main, ["build"])
    assert result.exit_code == 1 and says in result.output


def test_a_missing_package_names_the_extra(monkeypatch):
    def absent(module):
        raise ModuleNotFoundError("No module named 'jupytext'", name="jupytext")

    monkeypatch.setattr(cli, "import_module", absent)
    result = CliRunner().invoke(cli.main, ["build"])
    assert result.exit_code == 1
    assert "needs the package jupytext: pip install 'genlab[grading]'" in result.output
