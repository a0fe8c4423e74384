"""What a worker has of the course: a copy of genlab without what the lesson asks for, and the few parts
of `grading` that run beside a student's code.

In the copy the bodies of everything that the lesson's exercises withhold raise `Withheld` and say so to
`genlab._withheld.calls`; the names stay importable. The exercises, the judge and the solutions are not
in it at all. The rest of the machine is hidden by the walls around the worker.
"""

import ast
import inspect
import shutil
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import genlab
import grading

_WITHHELD = '''"""Names of genlab that this lesson asks for: they raise, and are kept on record."""

calls = []


class Withheld(Exception):
    """The answer calls the course's own."""


def withhold(name):
    calls.append(name)
    raise Withheld(name)
'''
_BESIDE = ("checks/__init__.py", "checks/exercise.py", "checks/interface.py", "checks/probing.py",
           "checks/runner.py", "checks/verdict.py", "sandbox")
_SKIPPED = shutil.ignore_patterns("__pycache__", "*.csv", "*.ipynb")


def begin(folder: Path) -> None:
    """Writes below `folder` what a zygote starts with: the parts of `grading`, and the name of genlab."""
    (folder / "genlab").mkdir()
    (folder / "genlab" / "__init__.py").touch()  # so that it is found here; `write` fills it
    installed, beside = Path(grading.__file__).parent, folder / "grading"
    (beside / "checks").mkdir(parents=True)
    (beside / "__init__.py").touch()
    for name in _BESIDE:
        part = installed / name
        if part.is_dir():
            shutil.copytree(part, beside / name, ignore=_SKIPPED)
        else:
            shutil.copy(part, beside / name)


def write(folder: Path, withheld: Iterable[str]) -> None:
    """Writes the copy of genlab below `folder`; `withheld` are dotted names of functions, methods and classes."""
    source, target = Path(genlab.__file__).parent, folder / "genlab"
    shutil.copytree(source, target, ignore=_SKIPPED, dirs_exist_ok=True)
    (target / "_withheld.py").write_text(_WITHHELD, encoding="utf-8")
    for module, names in _by_module(withheld).items():
        path = target.joinpath(*module.split(".")[1:])
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        path.write_text(emptied(path.read_text(encoding="utf-8"), module, names), encoding="utf-8")


def leave_out(folder: Path, names: Iterable[str]) -> None:
    """Removes files from the copy of genlab below `folder`: `weights/*.safetensors` are all of that name in there."""
    for name in names:
        for path in (folder / "genlab").glob(name):
            path.unlink()


def hidden() -> list[str]:
    """Folders whose content a worker must not see: the course as it is installed, and its sources."""
    installed = Path(grading.__file__).resolve().parent
    beside = [installed.parent / name for name in ("solutions", "notebooks", "tests", ".git", "build")]
    ours = (installed.parent / "pyproject.toml").exists()  # a checkout: what lies there is the course's
    return [str(Path(genlab.__file__).resolve().parent), str(installed), *(map(str, beside) if ours else ())]


def home(dotted: str) -> tuple[str, str]:
    """Module and name within it of `genlab.models.ConvVAE`, wherever it may be re-exported."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            found = inspect.getattr_static(found, name, None) or getattr(found, name)
        found = getattr(found, "__func__", getattr(found, "fget", found))
        if not getattr(found, "__module__", "").startswith("genlab"):
            raise ValueError(f"{dotted}, which an exercise withholds, is no function or class of genlab")
        return found.__module__, found.__qualname__
    raise ValueError(f"there is no {dotted}, which an exercise withholds")


def emptied(source: str, module: str, names: Iterable[str]) -> str:
    """The module's text with these functions, methods and classes emptied, and helpers that only they use."""
    tree = ast.parse(source)
    unused = _unused(tree)
    for name in names:
        node = _find(tree, name.split("."))
        if isinstance(node, ast.ClassDef):
            _empty_class(node, f"{module}.{name}")
        else:
            _empty(node, f"{module}.{name}")
    while helpers := _unused(tree) - unused:
        for name in helpers:
            _empty(_find(tree, [name]), f"{module}.{name}")
        unused |= helpers
    return ast.unparse(tree) + "\n"


def _by_module(withheld: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for dotted in dict.fromkeys(withheld):
        module, name = home(dotted)
        found.setdefault(module, []).append(name)
    return found


def _unused(tree: ast.Module) -> set[str]:
    """Private functions of the module that nothing in it uses but themselves."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_"):
            others = (n for part in tree.body if part is not node for n in ast.walk(part))
            if node.name not in {getattr(n, "id", getattr(n, "attr", "")) for n in others}:
                found.add(node.name)
    return found


def _find(tree: ast.AST, path: list[str]) -> ast.AST:
    for name in path:
        tree = next(n for n in tree.body if getattr(n, "name", None) == name)
    return tree


def _empty_class(node: ast.ClassDef, name: str) -> None:
    methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
    for method in methods:
        _empty(method, name)
    if not any(m.name == "__init__" for m in methods):
        node.body.append(ast.parse("def __init__(self, *args, **kwargs):\n    pass").body[0])
        _empty(node.body[-1], name)


def _empty(node: ast.FunctionDef, name: str) -> None:
    call = f"__import__('genlab._withheld', fromlist=['withhold']).withhold({name!r})"
    node.args = ast.parse("def f(*args, **kwargs): pass").body[0].args  # called in whatever way, it says this
    node.body = ast.parse(call).body
