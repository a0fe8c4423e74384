"""Another copy of the course within reach: whatever it is called and however it is packed, a worker cannot
read it, and a right answer that looks for one keeps its points."""

import compileall
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import genlab
import grading
from grading.ingest.notebook import parse
from grading.ingest.select import select
from grading.sandbox import elsewhere, selftest, start, view
from grading.sandbox.client import Session
from grading.sandbox.isolation import NoIsolation
from grading.sandbox.start import Zygote
from tests.grading import mini
from tests.grading.sandbox.test_tiers import each, each_walled

GENLAB, GRADING = Path(genlab.__file__).parent, Path(grading.__file__).parent
SKIPPED = shutil.ignore_patterns("__pycache__", "*.csv", "*.js", "*.png")


def packages(folder: Path) -> Path:
    place = folder / "site-packages"
    place.mkdir()
    (place / "honest.py").write_text("import torch\nanswer = 42\n")
    (place / "honest_package").mkdir()
    (place / "honest_package" / "__init__.py").write_text("from math import pi\nname = 'genlab'\n")
    return place


def _compiled(place: Path) -> None:
    shutil.copytree(GENLAB, place / "genlab", ignore=SKIPPED)
    compileall.compile_dir(place / "genlab", quiet=2, legacy=True)
    for source in (place / "genlab").rglob("*.py"):
        source.unlink()


def _cached(place: Path) -> None:
    shutil.copytree(GENLAB / "metrics", place / "numbers", ignore=SKIPPED)
    compileall.compile_dir(place / "numbers", quiet=2)
    for source in (place / "numbers").rglob("*.py"):
        source.unlink()


def _zipped(place: Path, name: str) -> None:
    with zipfile.ZipFile(place / name, "w") as archive:
        archive.write(GENLAB / "models" / "vae.py", "course/genlab/models/vae.py")


def _tarred(place: Path) -> None:
    with tarfile.open(place / "sources.tar.gz", "w:gz") as archive:
        archive.add(GENLAB / "models" / "vae.py", "genlab-1.0/genlab/models/vae.py")


COPIES = {
    "installed": lambda place: shutil.copytree(GENLAB, place / "genlab", ignore=SKIPPED),
    "under another name": lambda place: shutil.copytree(GENLAB, place / "tools", ignore=SKIPPED),
    "deep in a checkout": lambda place: shutil.copytree(GENLAB, place / "a/b/src/x", ignore=SKIPPED),
    "the grader": lambda place: shutil.copytree(GRADING, place / "marks", ignore=SKIPPED),
    "one module": lambda place: shutil.copy(GENLAB / "models" / "vae.py", place / "mine.py"),
    "compiled": _compiled, "compiled and cached": _cached,
    "a wheel": lambda place: _zipped(place, "genlab-1.0-py3-none-any.whl"),
    "a zip": lambda place: _zipped(place, "material.zip"), "an egg": lambda place: _zipped(place, "x.egg"),
    "a tar": _tarred,
    "a notebook": lambda place: (place / "solved.ipynb").write_bytes(
        mini.dump("from genlab.models.vae import VAE")),
}


def files(place: Path) -> set[Path]:
    return {p for p in place.rglob("*") if p.is_file()}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found_whatever_it_is_called(tmp_path, kind):
    place = packages(tmp_path)
    honest = files(place)
    COPIES[kind](place)
    found = elsewhere.copies([str(place)], [], tmp_path / "cache.json")
    left = {p for p in files(place) if not any(str(p).startswith(f) for f in found)}
    assert honest <= left
    assert left == honest


def test_what_was_looked_at_is_looked_at_again_when_it_changes(tmp_path, monkeypatch):
    place, cache = packages(tmp_path), tmp_path / "cache.json"
    assert elsewhere.copies([str(place)], [], cache) == []
    read = []
    holds = elsewhere.holds
    monkeypatch.setattr(elsewhere, "holds", lambda path: read.append(path) or holds(path))
    elsewhere._memory.clear()
    assert elsewhere.copies([str(place)], [], cache) == [] and not read
    shutil.copy(GENLAB / "models" / "vae.py", place / "honest_package" / "more.py")
    assert elsewhere.copies([str(place)], [], cache) == [str(place / "honest_package")]
    assert {Path(p).parent.name for p in read} == {"honest_package"}
    cache.chmod(0o666)  # anybody might have written it
    assert elsewhere._load(cache) == {}


def test_files_of_other_distributions_are_not_read_unless_they_were_changed(tmp_path, monkeypatch):
    place = packages(tmp_path)
    (place / "honest-1.dist-info").mkdir()
    size = (place / "honest.py").stat().st_size
    (place / "honest-1.dist-info" / "RECORD").write_text(
        f"honest.py,sha256=x,{size}\nhonest_package/__init__.py,,1\n")
    read = []
    holds = elsewhere.holds
    monkeypatch.setattr(elsewhere, "holds", lambda path: read.append(Path(path).name) or holds(path))
    elsewhere.copies([str(place)], [], tmp_path / "cache.json")
    assert read == ["__init__.py"]


def test_every_folder_of_the_course_can_be_told():
    """Copies are found by their imports: each folder with an answer has a file that says where it is from."""
    for root in (GENLAB, GRADING):
        for folder in {p.parent for p in root.rglob("*.py")}:
            modules = [p for p in folder.glob("*.py") if p.stat().st_size > 200]
            assert not modules or any(elsewhere.holds(str(p)) for p in modules), folder


LOOK = '''def probe(answer, place):
    import os
    found = 0
    for folder, _, names in os.walk(place):
        for name in names:
            try:
                with open(os.path.join(folder, name), "rb") as file:
                    text = file.read()
            except OSError:
                continue
            found += b"reparameterize" in text or text[:2] == b"PK"
    honest = int(open(place + "/honest.py").read(6) == "import")
    return dict(value=answer(torch.ones(2, 3), torch.ones(3)), found=found, honest=honest)
'''


@pytest.fixture
def second(tmp_path, monkeypatch):
    place = packages(tmp_path)
    for kind in ("installed", "one module", "a wheel", "deep in a checkout", "compiled and cached"):
        COPIES[kind](place)
    python = [sys.prefix, sys.base_prefix, "/lib", "/usr/lib", "/lib64"]
    monkeypatch.setattr(start, "readable", lambda: (*python, str(place)))
    return place


def looked(tier: str, place: Path) -> dict:
    zygote = Zygote((), tier)
    affine = select(parse(mini.dump(mini.AFFINE_CELL)), mini.EXERCISES[:1])
    with Session(affine, seed=1, connect=zygote.worker) as room:
        seen = room.probe(mini.AFFINE, 1, LOOK, {"place": str(place)})
    zygote.close()
    return seen


@each_walled
def test_a_worker_finds_none(tier, second, monkeypatch):
    seen = looked(tier, second)
    assert seen["found"] == 0 and seen["honest"] == 1 and seen["value"].tolist() == [6, 6]


@each(("landlock",))
def test_without_the_search_it_is_found_and_read(tier, second, monkeypatch):
    """Else the test above would prove nothing."""
    monkeypatch.setattr(elsewhere, "copies", lambda *_: [])
    assert looked(tier, second)["found"] >= 3


@each_walled
def test_a_copy_that_stays_readable_refuses_the_tier(tier, second, monkeypatch):
    """The walls are told to hide it, and do not: the self-test before the first worker sees that."""
    begin = view.begin

    def weakened(folder):
        begin(folder)
        for name in ("jail", "landlock"):
            path = folder / "grading" / "sandbox" / f"{name}.py"
            path.write_text(path.read_text().replace("for path in hidden:", "for path in ():").replace(
                "hidden = {os.path.realpath(h) for h in hidden}", "hidden = set()"))

    monkeypatch.setattr(view, "begin", weakened)
    with pytest.raises(NoIsolation, match=r"a worker could read .*genlab"):
        Zygote((), tier)


def test_an_empty_file_is_nothing_to_read(tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(OSError, match="empty"):
        selftest._read(str(tmp_path / "empty"))
