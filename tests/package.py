"""A source distribution, a wheel made from it, and a look at both in an empty environment.

    python -m tests.package -o dist              with all packages that the wheel asks for: minutes
    python -m tests.package -o dist --borrow     with this environment's packages instead: half a minute

The look is tests/smoke.py: the installed commands, the data that come along, a check, a class marked in the sandbox.
"""

import argparse
import os
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BACKEND = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


def build(out: Path) -> tuple[Path, Path]:
    """Writes the sdist and the wheel into `out`, from what git knows alone; the wheel is made from the sdist."""
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                (source / name).write_bytes((ROOT / name).read_bytes())
        sdist = out / _backend("build_sdist", source, out)
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        (unpacked,) = Path(folder).glob("genlab-*")
        return sdist, out / _backend("build_wheel", unpacked, out)


def _backend(hook: str, source: Path, out: Path) -> str:
    command = [sys.executable, "-c", BACKEND, hook, str(out)]
    result = subprocess.run(command, cwd=source, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{hook} failed:\n{result.stderr[-2000:]}")
    return result.stdout.strip().splitlines()[-1]


def install(wheel: Path, folder: Path, *, borrow: bool, pip: tuple[str, ...] = ()) -> Path:
    """An empty environment with the wheel in it; returns its Python.

    borrow: take all other packages from this environment, by a path that comes after the new one's own.
    """
    venv.create(folder, symlinks=os.name != "nt", with_pip=False)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    into = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *pip]
    if borrow:
        subprocess.run([*into, "--no-deps", str(wheel)], check=True)
        (packages,) = folder.glob("[lL]ib/**/site-packages")
        (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    else:
        subprocess.run([*into, f"{wheel}[grading]"], check=True)
    return python


def look(python: Path, folder: Path) -> subprocess.CompletedProcess:
    """Runs tests/smoke.py with that Python, in another folder than the checkout."""
    folder.mkdir(parents=True, exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GENLAB_", "PYTHON"))}
    command = [str(python), "-I", str(ROOT / "tests" / "smoke.py"), str(ROOT / "tests/grading/example_class")]
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=300)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--borrow", action="store_true")
    parser.add_argument("pip", nargs="*", help="words for pip install, after --")
    chosen = parser.parse_args()
    sdist, wheel = build(chosen.out)
    print(f"{sdist.name}: {sdist.stat().st_size / 1e6:.1f} MB, {wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as folder:
        python = install(wheel, Path(folder) / "env", borrow=chosen.borrow, pip=tuple(chosen.pip))
        seen = look(python, Path(folder) / "elsewhere")
    print(seen.stdout + seen.stderr[-2000:])
    sys.exit(seen.returncode)


if __name__ == "__main__":
    main()
