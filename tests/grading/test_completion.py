"""`genlab --version`, and what shells offer after Tab."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import genlab
from grading import cli

ROOT = Path(__file__).parents[2]
GENLAB = Path(sys.executable).parent / "genlab"
RUN = [str(GENLAB)] if GENLAB.exists() else [sys.executable, "-c", "from grading.cli import main; main()"]


def test_the_version():
    assert CliRunner().invoke(cli.main, ["--version"]).output == f"genlab, version {genlab.__version__}\n"


def offered(words: str) -> list[str]:
    """What bash gets for words, the last of which is begun."""
    typed = words.split(" ")
    environment = {**os.environ, "_GENLAB_COMPLETE": "bash_complete", "COMP_WORDS": words,
                   "COMP_CWORD": str(len(typed) - 1)}
    result = subprocess.run(RUN, env=environment, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    return [line.split(",")[1] for line in result.stdout.splitlines() if line]


@pytest.mark.skipif(len(RUN) > 1, reason="click takes the variable's name from the installed script")
@pytest.mark.parametrize(("words", "found"), [
    ("genlab sta", ["start", "statistics"]),
    ("genlab start 1", ["10_vae", "11_conditional_and_beta_vae"]),
    ("genlab start 10_vae 41", ["41_transformer"]),
    ("genlab reset 10 vae-w", ["vae-wiring"]),
    ("genlab reset 77 v", []),
    ("genlab release 60", ["60_pix2pix"]),
    ("genlab --v", ["--version"]),
])
def test_what_is_offered(words, found):
    assert offered(words) == found


@pytest.mark.skipif(len(RUN) > 1, reason="click takes the variable's name from the installed script")
def test_all_commands_are_offered_without_importing_them():
    assert offered("genlab ") == sorted(cli.COMMANDS)
    code = ("import os, sys; sys.argv = ['genlab']\n"
            "from grading.cli import main\n"
            "try: main(prog_name='genlab')\n"
            "except SystemExit: pass\n"
            "print(sorted({'torch', 'nbformat', 'jupytext'} & set(sys.modules)), file=sys.stderr)")
    environment = {**os.environ, "_GENLAB_COMPLETE": "zsh_complete", "COMP_WORDS": "genlab ", "COMP_CWORD": "1"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert result.stderr.strip() == "[]" and cli.SUMMARIES["grade"] in result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_that_a_shell_reads(shell):
    """The line in the README prints a script; the shell accepts it, where the shell is installed."""
    if len(RUN) > 1:
        pytest.skip("click takes the variable's name from the installed script")
    environment = {**os.environ, "_GENLAB_COMPLETE": f"{shell}_source"}
    script = subprocess.run(RUN, env=environment, capture_output=True, text=True, timeout=60).stdout
    assert "_GENLAB_COMPLETE" in script
    assert f"_GENLAB_COMPLETE={shell}_source genlab" in (ROOT / "README.md").read_text(encoding="utf-8")
    if shutil.which(shell):
        options = {"fish": ["--no-execute"]}.get(shell, ["-n"])
        assert subprocess.run([shell, *options], input=script, text=True, timeout=20).returncode == 0
