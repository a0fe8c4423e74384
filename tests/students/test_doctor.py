"""`genlab doctor`: what does not fit is named with a remedy, and a healthy environment is told so."""

import json
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.specifiers import SpecifierSet

from grading.students import doctor, findings, machine, probes, requirements
from grading.students.findings import Finding

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_this_environment_fits_and_is_told_as_data():
    result = CliRunner().invoke(doctor.doctor, ["--json"])
    told = json.loads(result.output)
    states = {finding["what"]: finding["state"] for finding in told["findings"]}
    assert states["packages"] == states["torch"] == states["JupyterLab"] == states["widgets"] == "fits"
    assert result.exit_code == (0 if told["fits"] else 1)
    assert all(finding["do"] for finding in told["findings"] if finding["state"] != "fits")
    assert not [finding for finding in told["findings"] if finding["state"] == "fits" and finding["do"]]


def test_text_names_each_misfit_and_what_to_do(monkeypatch):
    monkeypatch.setattr(findings, "installed", lambda name: {"numpy": "1.20", "mlxtend": None}.get(name, "99.1"))
    result = CliRunner().invoke(doctor.doctor, ["--quick"])
    assert result.exit_code == 1
    assert "✘ packages" in result.output and "numpy 1.20 (>=1.26), mlxtend is missing (>=0.23)" in result.output
    assert f'→ "{sys.executable}" -m pip install "numpy>=1.26" "mlxtend>=0.23"' in result.output
    assert "To put right: packages" in result.output


def test_quick_starts_nothing(monkeypatch):
    monkeypatch.setattr(doctor, "Probe", None)
    told = doctor.examine(ROOT, quick=True)
    assert not {"torch", "sandbox"} & {finding.what for finding in told}


@pytest.mark.parametrize("version", ["1.25.9", "1.26", "1.26.0", "2.4.6", "2.5.0", "2.13.0", "3", "9.9", "0.20"])
def test_ranges_are_read_as_packaging_reads_them(version):
    lines = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
    ranges = {requirements.read(line).versions for line in lines} | {">=2,<3", "==2.13.0", "!=2.5", "<=2.5, >1", ""}
    for versions in ranges:
        assert requirements.fits(version, versions) == SpecifierSet(versions).contains(version, prereleases=True)


def test_local_versions_and_pre_releases_count_as_their_release():
    assert requirements.fits("2.13.0+cpu", "==2.13.0") and requirements.fits("2.5.0rc1", ">=2.5")
    with pytest.raises(ValueError, match="cannot read"):
        requirements.fits("1", "~=1.0")


def test_pyproject_and_an_installation_ask_for_the_same(monkeypatch, tmp_path):
    here = requirements.wanted()
    monkeypatch.setattr(requirements.genlab, "__file__", str(tmp_path / "genlab" / "__init__.py"))

    class Installed:
        def get(self, name, default):
            return PROJECT["requires-python"]

        def get_all(self, name):
            extras = PROJECT["optional-dependencies"]
            more = [f"{line} ; extra == '{extra}'" for extra in extras for line in extras[extra]]
            return PROJECT["dependencies"] + more

    monkeypatch.setattr(requirements.metadata, "metadata", lambda name: Installed())
    assert requirements.wanted() == here


@pytest.mark.parametrize(("told", "state", "says"), [
    ({"fault": "OSError: libcudart.so"}, "misfit", "libcudart"),
    ({"works": False, "version": "2.5"}, "misfit", "gradient"),
])
def test_a_torch_that_does_not_work_is_a_misfit(told, state, says):
    (found,) = findings.torch(told)
    assert found.state == state and says in found.found and "--force-reinstall torch" in found.do


def test_graphics_processors_are_told_with_their_faults(monkeypatch):
    monkeypatch.setattr(findings, "_pair", lambda version: [])
    told = {"works": True, "version": "2.13.0", "threads": 2, "seconds": 1.0, "cuda": "12.8",
            "devices": {"cuda:0": ["A card", ""], "cuda:1": ["Another", "RuntimeError: no kernel image"]}}
    _, first, second = findings.torch(told)
    assert first == Finding("cuda:0", "fits", "A card")
    assert second.state == "note" and "no kernel image" in second.found and second.do
    monkeypatch.setattr(findings.shutil, "which", lambda name: "nvidia-smi")
    assert "update the driver" in findings.torch(told | {"devices": {}})[-1].do
    assert "build for processors" in findings.torch(told | {"devices": {}, "cuda": None})[-1].do


def test_torchvision_of_another_torch_is_told(monkeypatch):
    monkeypatch.setattr("importlib.metadata.requires", lambda name: ["numpy", "torch==2.12.0"])
    (found,) = findings._pair("2.13.0+cpu")
    assert found.state == "note" and "torch==2.12.0" in found.found
    assert not findings._pair("2.12.0+cu128")


def test_small_machines(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "memory", lambda: (1e9, 0.5e9))
    assert findings.memory().state == "misfit" and "Colab" in findings.memory().do
    monkeypatch.setattr(machine, "memory", lambda: (8e9, 0.5e9))
    assert findings.memory().state == "note"
    monkeypatch.setattr(machine, "memory", lambda: (None, None))
    assert findings.memory().state == "note"
    monkeypatch.setattr(findings.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1e8}))
    assert findings.space(tmp_path).state == "misfit"


@pytest.mark.parametrize(("count", "asked", "says"), [
    (4, "8", "OMP_NUM_THREADS=4"), (4, "1", "unset"), (2, "", "set OMP_NUM_THREADS=2"), (4, "4", "")])
def test_threads(monkeypatch, count, asked, says):
    monkeypatch.setattr(machine, "cores", lambda: count)
    monkeypatch.setattr(findings.os, "cpu_count", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert says in findings.cores().do and bool(says) == bool(findings.cores().do)


def test_a_container_s_limits_count(monkeypatch, tmp_path):
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    (tmp_path / "memory.max").write_text("500000000\n")
    (tmp_path / "memory.current").write_text("100000000\n")
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    assert machine.cores() == 1
    if sys.platform == "linux":
        assert machine.memory() == (5e8, 4e8)


def test_widgets_without_their_part_in_the_browser(monkeypatch, tmp_path):
    monkeypatch.setattr(findings.sysconfig, "get_path", lambda name: str(tmp_path))
    found = findings.widgets()
    assert found.state == "misfit" and "anywidget, jupyterlab_widgets" in found.found
    monkeypatch.setattr(findings, "installed", lambda name: None)
    assert findings.widgets().state == "note" and findings.jupyter().state == "misfit"


def test_a_probe_that_fails_says_why():
    assert probes.Probe("raise OSError('no such library')").answer() == {"fault": "OSError: no such library"}
    assert probes.Probe("print('noise'); print('{\"a\": 1}')").answer() == {"a": 1}
    assert "3" in probes.Probe("import os; os._exit(3)").answer()["fault"]


def test_the_sandbox_is_told_with_its_walls_or_with_the_reason(monkeypatch):
    assert findings.sandbox({"tier": "landlock", "walls": ["limits"]}).state == "fits"
    assert "no Landlock" in findings.sandbox({"fault": "no Landlock"}).found
    monkeypatch.setattr(findings.sys, "platform", "darwin")
    assert "WSL" in findings.sandbox({"fault": "no Landlock"}).do
