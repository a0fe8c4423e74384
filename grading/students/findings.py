"""One finding for each thing that a machine must have, or should: what is there, and what to do if it does not fit."""

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import genlab
from grading.students import machine
from grading.students.course import notebooks
from grading.students.requirements import fits, installed, wanted

MEMORY = 2.0  # GB that are advised: lesson 10 alone takes 0.6 at least at the profile `cpu`, a browser beside it more
SPACE = 1.0  # GB for results, saved models and Jupyter's copies
INSTALL = f'"{sys.executable}" -m pip install'
EXTRAS = {"lab": ("JupyterLab", "unless you open notebooks in VS Code, Colab or another Jupyter"),
          "grading": ("marking", "for genlab build, grade, release, reset, start and progress")}


@dataclass(frozen=True)
class Finding:
    """state: "fits", "note" (good to know) or "misfit" (students cannot work so). do: empty where nothing is to do."""

    what: str
    state: str
    found: str
    do: str = ""


def python() -> Finding:
    """The interpreter's version, and whether it is one of 64 bits."""
    version, versions = ".".join(map(str, sys.version_info[:3])), wanted()[0]
    found = f"{version} ({versions}), {sys.prefix}"
    if not fits(version, versions):
        return Finding("Python", "misfit", found, "install a newer Python and set the course up in a new environment")
    if sys.maxsize < 2 ** 32:
        return Finding("Python", "misfit", f"{found}, 32 bits", "torch needs a Python of 64 bits: install one")
    if sys.prefix == sys.base_prefix and not os.environ.get("CONDA_PREFIX"):
        return Finding("Python", "note", f"{found}, not a virtual environment",
                       "python -m venv .venv keeps the course's packages apart from others")
    return Finding("Python", "fits", found)


def packages() -> list[Finding]:
    """The versions of what everybody needs, of JupyterLab, and of what marking needs."""
    listed = wanted()[1]
    found = [_group("packages", [one for one in listed if not one.extra], "misfit", "")]
    return found + [_group(title, [one for one in listed if one.extra == extra], "note", when)
                    for extra, (title, when) in EXTRAS.items()]


def _group(what: str, listed: list, state: str, when: str) -> Finding:
    versions = {one: installed(one.name) for one in listed}
    bad = [one for one, version in versions.items() if version is None or not fits(version, one.versions)]
    if not bad:
        return Finding(what, "fits", ", ".join(f"{one.name} {version}" for one, version in versions.items()))
    told = ", ".join(f"{one.name} {versions[one] or 'is missing'} ({one.versions})" for one in bad)
    remedy = f"{INSTALL} " + " ".join(f'"{one.name}{one.versions}"' for one in bad)
    return Finding(what, state, told, remedy + (f"  ({when})" if when else ""))


def widgets() -> Finding:
    """Whether JupyterLab here has the two extensions by which sliders and drawings live."""
    told = ", ".join(f"{name} {installed(name) or '–'}" for name in ("anywidget", "ipywidgets", "jupyterlab"))
    if installed("jupyterlab") is None:
        return Finding("widgets", "note", f"{told}: another program opens the notebooks",
                       "it must show anywidget's widgets, as VS Code and Colab do; elsewhere pictures stand still")
    base = Path(sysconfig.get_path("data")) / "share" / "jupyter" / "labextensions"
    needs = {"anywidget": base / "anywidget", "jupyterlab_widgets": base / "@jupyter-widgets" / "jupyterlab-manager"}
    lost = [name for name, folder in needs.items() if not (folder / "package.json").is_file()]
    if lost:
        return Finding("widgets", "misfit", f"{told}; JupyterLab lacks the browser's part of {', '.join(lost)}",
                       f"{INSTALL} --force-reinstall --no-deps {' '.join(lost)}, then start JupyterLab anew")
    return Finding("widgets", "fits", f"{told}, with the browser's part of both")


def jupyter() -> Finding:
    """Whether the shell's `jupyter` belongs to this Python: otherwise notebooks run where the course is not."""
    if installed("ipykernel") is None:
        return Finding("kernel", "misfit", "ipykernel is missing: no notebook can run here",
                       f"{INSTALL} ipykernel ipywidgets")
    command = shutil.which("jupyter")
    ours = Path(sysconfig.get_path("scripts")).resolve()
    if command and Path(command).parent.resolve() != ours:
        return Finding("kernel", "note", f"the shell's jupyter is {command}, not this environment's",
                       f"activate the environment, or start {ours / 'jupyter'} lab")
    return Finding("kernel", "fits", f"ipykernel {installed('ipykernel')}")


def cores() -> Finding:
    """Cores that may be used, and whether OMP_NUM_THREADS agrees."""
    count, asked = machine.cores(), os.environ.get("OMP_NUM_THREADS", "")
    found = f"{count} of {os.cpu_count()}" + (f", OMP_NUM_THREADS={asked}" if asked else "")
    if asked.isdigit() and int(asked) > count:
        return Finding("cores", "note", found, f"threads would wait for each other: set OMP_NUM_THREADS={count}")
    if asked == "1" and count > 1:
        return Finding("cores", "note", found, "training uses one core: unset OMP_NUM_THREADS")
    if not asked and count < (os.cpu_count() or 1):
        return Finding("cores", "note", found, f"torch may count all of them: set OMP_NUM_THREADS={count}")
    if count == 1:
        return Finding("cores", "note", found, "the minutes that lessons state are for two cores: expect more")
    return Finding("cores", "fits", found)


def memory() -> Finding:
    """Memory in all and free, against what a lesson takes."""
    total, free = machine.memory()
    if total is None:
        return Finding("memory", "note", "this system does not tell", f"a lesson and a browser want {MEMORY:g} GB")
    told = f"{total / machine.GB:.1f} GB" + ("" if free is None else f", {free / machine.GB:.1f} GB free")
    if total < MEMORY * machine.GB:
        return Finding("memory", "misfit", told, f"a lesson and a browser want {MEMORY:g} GB: use Colab, or set "
                       "GENLAB_PROFILE=smoke, which trains too little to reach the bars")
    if free is not None and free < MEMORY * machine.GB:
        return Finding("memory", "note", told, f"a lesson and a browser want {MEMORY:g} GB: shut down other "
                       "notebooks' kernels")
    return Finding("memory", "fits", told)


def space(here: Path) -> Finding:
    """Free space where one works."""
    free = shutil.disk_usage(here).free / machine.GB
    told = f"{free:.1f} GB free in {here}"
    if free < SPACE:
        return Finding("space", "misfit", told, f"make room for {SPACE:g} GB: a full disk loses what you save")
    return Finding("space", "fits", told)


def course(here: Path) -> Finding:
    """Whether lessons are here."""
    folder = notebooks(here)
    profile = os.environ.get("GENLAB_PROFILE", "")
    told = f"genlab {genlab.__version__}" + (f", GENLAB_PROFILE={profile}" if profile else "")
    if folder is None:
        return Finding("course", "note", f"{told}, without lessons",
                       "lessons lie in a clone of the repository: run genlab there")
    return Finding("course", "fits", f"{told}, {len(list(folder.glob('*.ipynb')))} lessons in {folder}")


def torch(told: dict[str, Any]) -> list[Finding]:
    """What torch said of itself, and the graphics processors that it can use."""
    if "fault" in told or not told["works"]:
        why = told.get("fault", "a gradient came out wrong")
        return [Finding("torch", "misfit", f"does not work: {why}",
                        f"{INSTALL} --force-reinstall torch torchvision; on Windows install Microsoft's Visual C++ "
                        "runtime first")]
    found = [Finding("torch", "fits", f"{told['version']}, {told['threads']} threads, imported in "
                     f"{told['seconds']:.1f} s"), *_pair(told["version"])]
    for place, (name, fault) in told["devices"].items():
        found.append(Finding(place, "note" if fault else "fits", name + (f": {fault}" if fault else ""),
                             "the profile cpu needs none; for the profile gpu update its driver" if fault else ""))
    if not told["devices"]:
        driver = shutil.which("nvidia-smi")
        say = "none that torch sees: the profile cpu is made for that"
        build = f"is built for CUDA {told['cuda']}: update the driver" if told["cuda"] else \
            "is a build for processors: install one for CUDA, as pytorch.org says"
        found.append(Finding("GPU", "note" if driver else "fits", say, f"{driver} is here, but torch {build}"
                             if driver else ""))
    return found


def _pair(version: str) -> list[Finding]:
    """torchvision is built for one version of torch, which it names."""
    from importlib import metadata

    try:
        names = [line for line in metadata.requires("torchvision") or [] if line.startswith("torch=")]
    except metadata.PackageNotFoundError:
        return []  # told among the packages
    if not names or fits(version, names[0].split(";")[0].removeprefix("torch")):
        return []
    return [Finding("torchvision", "note", f"{installed('torchvision')} was built for {names[0]}, not for {version}",
                    f"{INSTALL} --upgrade torch torchvision, both at once")]


def sandbox(told: dict[str, Any]) -> Finding:
    """The strongest tier in which a class can be marked here; students need none."""
    if "tier" in told:
        return Finding("sandbox", "fits", f"{told['tier']}, tried: {', '.join(told['walls'])}")
    if sys.platform != "linux":
        return Finding("sandbox", "note", "none on this system; students need none",
                       "to mark the work of others use Linux, WSL or a virtual machine (docs/trust.md)")
    return Finding("sandbox", "note", f"none holds here: {told['fault']}", "students need none; to mark the work of "
                   "others see docs/trust.md")
