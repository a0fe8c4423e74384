"""The tiers of isolation, one by one: what is promised holds, and what is missing is said."""

import os
import signal
import subprocess
import sys
import time

import pytest

from grading.ingest.notebook import parse
from grading.ingest.select import select
from grading.sandbox import frames, isolation, start, view
from grading.sandbox.client import Session
from grading.sandbox.isolation import TIERS, NoIsolation
from grading.sandbox.start import Zygote
from tests.grading import mini

WALLED = TIERS[:2]


def available(tier: str) -> str:
    """Empty if this machine has the tier, else why not."""
    try:
        start.in_force(tier)
    except NoIsolation as error:
        return str(error)
    return ""


MISSING = {tier: available(tier) for tier in TIERS}


def each(tiers: tuple[str, ...]):
    """A test for each of these tiers; those that this machine lacks are skipped, with the reason."""
    marks = {t: pytest.mark.skipif(bool(MISSING[t]), reason=MISSING[t] or "there") for t in tiers}
    return pytest.mark.parametrize("tier", [pytest.param(t, marks=m) for t, m in marks.items()])


each_tier, each_walled = each(TIERS), each(WALLED)


@each_tier
def test_a_tier_names_its_walls(tier):
    asked, walls = start.in_force(tier)
    assert asked == tier and walls[-1] == "limits"
    assert ("system-call filter" in walls) == (tier != "none")
    assert ("network namespace" in walls) == (tier == "namespaces")


def test_none_is_never_chosen_for_anybody():
    assert isolation.candidates("auto") == WALLED
    assert "none" not in isolation.candidates("auto")
    with pytest.raises(NoIsolation, match="choose auto"):
        isolation.candidates("nothing")


@pytest.mark.parametrize(("tier", "asked", "enough"), [
    ("namespaces", "auto", True), ("landlock", "auto", True), ("none", "auto", False),
    ("landlock", "namespaces", False), ("none", "none", True), ("namespaces", "none", True),
    ("no code was run", "namespaces", True)])
def test_a_record_made_with_fewer_walls_is_made_again(tier, asked, enough):
    assert isolation.at_least(tier, asked) == enough


def test_without_any_tier_the_error_says_what_to_do(monkeypatch):
    def nothing(self, *_, **__):
        raise NoIsolation("this kernel has no Landlock")

    monkeypatch.setattr(Zygote, "__init__", nothing)
    with pytest.raises(NoIsolation, match=r"no Landlock.*--isolation none"):
        start.connect(["genlab.random.randn"])


@each_walled
def test_a_hole_in_the_walls_is_found_before_any_student_is_graded(tier, monkeypatch):
    """Something lies open that should not: the self-test must see it, or it sees nothing."""
    monkeypatch.setattr(start, "readable", lambda: (*_python(), "/etc"))
    with pytest.raises(NoIsolation, match=r"a worker could read .*/etc/passwd"):
        Zygote((), tier, look=True)


def _python():
    return [sys.prefix, sys.base_prefix, "/lib", "/usr/lib", "/lib64"]


LOOK = """def probe(answer, place):
    def can(path):
        try:
            open(path).close()
        except OSError:
            return 0
        return 1
    return dict(secret=can(place + "/answers/solution.py"), other=can(place + "/other.txt"))
"""


@each_walled
def test_a_secret_beside_the_packages_is_hidden(tier, monkeypatch, tmp_path):
    """A checkout inside the folder of Python's packages: what is hidden stays so, and only that."""
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "solution.py").write_text("42")
    (tmp_path / "other.txt").write_text("7")
    monkeypatch.setattr(start, "readable", lambda: (*_python(), str(tmp_path)))
    hidden = [*view.hidden(), str(tmp_path / "answers")]
    monkeypatch.setattr(start.view, "hidden", lambda: hidden)
    zygote = Zygote((), tier)
    affine = select(parse(mini.dump(mini.AFFINE_CELL)), mini.EXERCISES[:1])
    with Session(affine, seed=1, connect=zygote.worker) as room:
        seen = room.probe(mini.AFFINE, 1, LOOK, {"place": str(tmp_path)})
    zygote.close()
    assert {name: value for name, value in seen.items() if not name.startswith("after/")} == {"secret": 0, "other": 1}


def gone(path: str, seconds: float = 20) -> bool:
    """Does it disappear within this time?"""
    end = time.monotonic() + seconds
    while os.path.exists(path) and time.monotonic() < end:
        time.sleep(0.05)
    return not os.path.exists(path)


@each_tier
@pytest.mark.parametrize("made", ["Zygote((), tier, look=True)", "Zygote.begin(tier)"])
def test_nothing_is_left_when_the_judge_is_killed(tier, made, tmp_path):
    code = ("import os, signal\nfrom grading.sandbox.start import Zygote\n"
            f"tier = {tier!r}\nz = {made}\nprint(z.folder, z._process.pid, flush=True)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
                            env=os.environ | {"TMPDIR": str(tmp_path)})
    assert result.returncode == -signal.SIGKILL, result.stderr
    folder, pid = result.stdout.split()
    assert folder.startswith(str(tmp_path)) and gone(folder) and gone(f"/proc/{pid}")


def test_a_zygote_that_has_ended_is_started_again():
    names = ["genlab.random.randn"]
    first = start.connect(names)
    assert frames.read(first.source, 30).kind == "ready"
    zygote = start._mine.zygotes[frozenset(names), "auto", start.Terms()]
    zygote.close()
    assert gone(zygote.folder) and not zygote.alive()
    first.close()
    second = start.connect(names)
    assert frames.read(second.source, 60).kind == "ready"
    assert start._mine.zygotes[frozenset(names), "auto", start.Terms()] is not zygote
    second.close()


@pytest.fixture
def nothing_started():
    start.close_all()
    yield
    start.close_all()


def test_a_zygote_that_was_warmed_is_the_first_to_work(nothing_started):
    start.warm()
    begun = start._mine.begun
    names = ["genlab.random.randn"]
    connection = start.connect(names)
    assert frames.read(connection.source, 60).kind == "ready"
    assert start._mine.zygotes[frozenset(names), "auto", start.Terms()] is begun and start._mine.begun is None
    assert connection.withheld == {"genlab.random.randn"}
    connection.close()


def test_a_warmed_zygote_that_has_ended_is_nobodys_fault(nothing_started):
    start.warm()
    begun = start._mine.begun
    os.kill(begun._process.pid, signal.SIGKILL)
    begun._process.wait()
    connection = start.connect()
    assert frames.read(connection.source, 60).kind == "ready"
    connection.close()
    begun.close()
    assert gone(begun.folder)


@each_tier
def test_other_terms_get_a_zygote_of_their_own(tier, nothing_started):
    start.warm(tier)
    begun = start._mine.begun
    connection = start.connect((), tier, start.Terms(seconds=5))
    assert start._mine.begun is begun
    connection.close()


IN_A_USERS_NAME = """
import os, resource
from grading.sandbox import start
assert os.getuid() == 1000, os.getuid()
assert open("/proc/self/status").read().split("CapEff:")[1].split()[0].strip("0") == ""
print(*[start.in_force(tier)[0] for tier in ("namespaces", "landlock")])
"""


@pytest.mark.skipif(bool(MISSING["namespaces"]), reason=MISSING["namespaces"] or "there")
def test_an_ordinary_user_has_the_same_tiers():
    """Inside a user namespace nobody is root: a process with uid 1000 and without a single capability."""
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", sys.executable, "-c",
               IN_A_USERS_NAME]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if "unrecognized option" in result.stderr or "not permitted" in result.stderr:
        pytest.skip("this unshare cannot become another user")
    assert result.stdout.split() == list(WALLED), result.stderr
