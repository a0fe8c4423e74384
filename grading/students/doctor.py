"""`genlab doctor`: what of this machine fits the course, and what to do about the rest."""

import json
import platform
import sys
from dataclasses import asdict
from pathlib import Path

import click

import genlab
from grading.students import findings
from grading.students.findings import Finding
from grading.students.probes import SANDBOX, TORCH, Probe

MARKS = {"fits": "✔", "note": "○", "misfit": "✘"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: one object of JSON.")
@click.option("--quick", is_flag=True, help="Without torch's own test and the sandbox's: nothing heavy is started.")
def doctor(as_json: bool, quick: bool) -> None:
    """Say what of this machine fits the course, and what to do about each misfit.

    The exit code is 0 if all that students need is there, 1 otherwise. What is told by ○ is good to know and no misfit.
    """
    found = examine(Path.cwd(), quick=quick)
    fits = all(finding.state != "misfit" for finding in found)
    if as_json:
        told = {"genlab": genlab.__version__, "platform": platform.platform(), "fits": fits,
                "findings": [asdict(finding) for finding in found]}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        click.echo(report(found))
    sys.exit(0 if fits else 1)


def examine(here: Path, *, quick: bool = False) -> list[Finding]:
    """Everything that is looked at, in the order in which it is told."""
    probes = {} if quick else {"torch": Probe(TORCH), "sandbox": Probe(SANDBOX)}
    found = [findings.python(), *findings.packages(), findings.widgets(), findings.jupyter(), findings.cores(),
             findings.memory(), findings.space(here), findings.course(here)]
    if not quick:
        found += findings.torch(probes["torch"].answer())
        found.append(findings.sandbox(probes["sandbox"].answer()))
    return found


def report(found: list[Finding]) -> str:
    """One line for each finding, and under it what to do."""
    width = max(len(finding.what) for finding in found)
    lines = [f"genlab {genlab.__version__} on {platform.platform()}", ""]
    for finding in found:
        lines.append(f"{MARKS[finding.state]} {finding.what:<{width}}  {finding.found}")
        if finding.do:
            lines.append(f"{'':<{width + 4}}→ {finding.do}")
    misfits = [finding.what for finding in found if finding.state == "misfit"]
    end = f"To put right: {', '.join(misfits)}." if misfits else "All that students need is here."
    return "\n".join([*lines, "", end])
