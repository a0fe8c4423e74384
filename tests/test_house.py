"""The rules of the house: who may import whom, what must exist, and what must not be said."""

import ast
import builtins
import dis
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*ROOT.glob("genlab/**/*.py"), *ROOT.glob("grading/**/*.py")])
LESSONS = sorted(ROOT.glob("solutions/[0-9][0-9]_*.py"))
LINES = 300


def name_of(path: Path) -> str:
    """genlab/models/vae.py is genlab.models.vae."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in SOURCES}


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def imports(path: Path, *, at_import: bool = False) -> frozenset[str]:
    """Every module that a file names in an import; with `at_import`, only what its own import runs."""
    found: set[str] = set()
    nodes = [ast.parse(path.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if at_import and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if at_import and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{label(path)}: write imports in full, not from '{'.' * node.level}'"
            below = {f"{node.module}.{alias.name}" for alias in node.names} & set(MODULES)
            found |= below or {node.module}
        nodes += ast.iter_child_nodes(node)
    return frozenset(found)


def top(names) -> set[str]:
    return {name.split(".")[0] for name in names}


# Arrows: torch → genlab → grading → lessons


@pytest.mark.parametrize("path", [p for p in SOURCES if name_of(p).startswith("genlab")], ids=label)
def test_genlab_knows_nothing_of_grading(path):
    assert "grading" not in top(imports(path))


@pytest.mark.parametrize("path", [p for p in SOURCES if ".models." in name_of(p)], ids=label)
def test_models_import_torch_numpy_random_layers_and_other_models_only(path):
    allowed = re.compile(r"(torch|numpy|genlab\.random|genlab\.layers|genlab\.models)(\.|$)")
    strangers = {n for n in imports(path)
                 if not allowed.match(n) and n.split(".")[0] not in sys.stdlib_module_names}
    assert not strangers, f"{label(path)} imports {strangers}"


@pytest.mark.parametrize("path", [p for p in SOURCES if name_of(p).startswith("genlab")
                                  and not name_of(p).startswith("genlab.display")], ids=label)
def test_only_display_draws(path):
    assert not top(imports(path)) & {"matplotlib", "ipywidgets", "IPython"}


def test_there_is_no_import_cycle():
    graph = {name: {n for n in imports(path, at_import=True) & set(MODULES) if n != name}
             for name, path in MODULES.items()}
    while leaves := {name for name, needs in graph.items() if not needs & set(graph)}:
        graph = {name: needs for name, needs in graph.items() if name not in leaves}
    assert not graph, f"in or above a cycle: {sorted(graph)}"


def loaded_by(statement: str) -> set[str]:
    """Top-level packages in memory after a statement, in a fresh interpreter."""
    code = f"{statement}\nimport sys, json; print(json.dumps(list(sys.modules)))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert result.returncode == 0, result.stderr
    return top(json.loads(result.stdout.splitlines()[-1]))


def test_check_needs_base_dependencies_only():
    """Colab has no more than these, and a student there must still be told what is wrong."""
    needs = {"papermill", "nbformat", "nbclient", "nbconvert", "nbval", "jupytext", "click", "jupyterlab",
             "pytest", "torchmetrics", "diffusers", "nbgrader", "yaml"}
    assert not loaded_by("from grading import check, use") & needs


def test_importing_genlab_and_its_models_stays_light():
    heavy = {"torchvision", "matplotlib", "IPython", "ipywidgets"}
    assert not loaded_by("import genlab, genlab.models") & heavy


def test_who_hands_out_the_grading_does_not_wait_for_torch():
    """Its judges load it, beside each other; the first verdict is there the sooner."""
    assert not loaded_by("import grading.cli, grading.report.command") & {"torch", "numpy", "IPython"}


# Exercises


def marked(path: Path) -> list[str]:
    return re.findall(r"^# Exercise ([\w-]+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def known_exercises() -> list[str]:
    from grading.registry import all_ids, predictions

    return [*all_ids(), *predictions()]


def test_every_exercise_of_a_lesson_exists_once_and_the_other_way_round():
    if not LESSONS:
        pytest.skip("there is no lesson yet")
    in_lessons = [id for path in LESSONS for id in marked(path)]
    assert sorted(in_lessons) == sorted(known_exercises())


@pytest.mark.parametrize("path", LESSONS, ids=label)
def test_a_lesson_holds_its_exercises_in_order(path):
    from grading.lessons import LESSONS as listed

    lesson = listed[path.stem]
    assert [id for id in marked(path) if "-predict-" not in id] == list(lesson.exercises)
    assert [id for id in marked(path) if "-predict-" in id] == list(lesson.predictions)


@pytest.mark.parametrize("id", known_exercises())
def test_an_id_is_also_the_place_of_its_file(id):
    from grading.registry import find

    assert find(id).id == id


def globals_of(code) -> set[str]:
    """Names that a code object, and those nested in it, take from the module."""
    found = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return found.union(*(globals_of(c) for c in code.co_consts if hasattr(c, "co_code")))


@pytest.mark.parametrize("id", [id for id in known_exercises() if "-predict-" not in id])
def test_a_probe_uses_no_global_that_the_worker_lacks(id):
    """The worker receives the probe's text alone, so defaults and annotations count as well."""
    from grading.registry import find

    source = find(id).probe_source
    module = compile(source, id, "exec")
    allowed = {"torch", "F", "nn", "math", "probing", *dir(builtins)}
    assert globals_of(module) <= allowed
    space = {}
    exec(module, space)
    assert "probe" in space, "the probe must be a function of that name, at the left margin"


# Tidiness


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_files_are_short_enough_to_read(path):
    # a table of wrong answers is better long than split
    limit = 500 if path.stem.endswith("_answers") else LINES
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


def tracked() -> list[Path]:
    result = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in result.stdout.split("\0") if name and (ROOT / name).is_file()]


# Spelled in two pieces, so that this file does not hold them itself.
FORBIDDEN = [a + b for a, b in (
    ("/wo", "rk/"), ("/ro", "ot/"), ("/tm", "p/"), ("/opt/py", "pi"), ("/opt/wh", "eels"),
    ("pyp", "i.org"), ("pythonho", "sted"), ("download.py", "torch.org"))]


def test_nothing_tracked_names_a_machine_or_a_registry():
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # weights and pictures
        if path.suffix == ".ipynb":
            text = re.sub(r'"image/(png|jpeg|gif)": "[^"]*"|base64,[A-Za-z0-9+/=]+', "", text)
        found += [f"{label(path)}: {word}" for word in FORBIDDEN if word in text]
    assert not found, found


def test_notebooks_are_built_from_lessons():
    """notebooks/ holds exactly one notebook for each lesson, and nothing written by hand."""
    built = {path.stem + ".ipynb" for path in LESSONS}
    files = {folder: {path.name for path in tracked() if path.parent == ROOT / folder}
             for folder in ("notebooks", "solutions")}
    assert files == {"notebooks": built, "solutions": built | {path.name for path in LESSONS}}


def test_the_first_page_exists():
    assert (ROOT / "README.md").read_text(encoding="utf-8").strip()


def test_the_citation_can_be_read():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] and citation["title"] and citation["authors"]
    assert str(citation["version"]) == project()["version"]


# Packaging


@cache
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_environment_equals_pyproject():
    """environment.yml lists base, lab and grading; conda-forge calls torch pytorch."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    listed = [line for line in environment["dependencies"] if isinstance(line, str)]
    extras = project()["optional-dependencies"]
    wanted = [*project()["dependencies"], *extras["lab"], *extras["grading"]]
    expected = [re.sub(r"^torch\b", "pytorch", line) for line in wanted]
    assert sorted(listed) == sorted([f"python{project()['requires-python']}", "pip", *expected])
    assert [line for line in environment["dependencies"] if isinstance(line, dict)] == [{"pip": ["-e ."]}]


def test_constraints_pin_every_dependency_of_ours():
    """What CI and `make` install is a tested set, without a hole."""
    def names(lines):
        found = {re.split(r"[<>=\[ ]", line)[0] for line in lines if line[:1].isalnum()}
        return {name.lower().replace("_", "-") for name in found}

    pinned = names((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    extras = project()["optional-dependencies"]
    wanted = names([*project()["dependencies"], *extras["lab"], *extras["grading"], *extras["distributed"],
                    *extras["test"]])
    assert wanted <= pinned, wanted - pinned


def test_the_same_version_is_said_everywhere():
    import genlab

    said = {genlab.__version__}
    for path in LESSONS:
        said |= set(re.findall(r"""expect_version\(["']([^"']+)""", path.read_text(encoding="utf-8")))
    assert said == {project()["version"]}
