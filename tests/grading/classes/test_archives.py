"""Archives made to do harm: each entry is refused for a reason, and the rest of the class is graded."""

import io
import os
import stat
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from grading.ingest import archive
from grading.ingest.archive import Archive
from grading.ingest.notebook import MAX_BYTES, Ungradable
from tests.grading import mini
from tests.grading.classes.builders import changed, entry, zipped
from tests.grading.classes.conftest import told

GOOD = mini.honest()


def built(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    """A zip of these, whatever they are, and of one honest student."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for info, data in entries:
            file.writestr(info, data)
        file.writestr("honest.ipynb", GOOD)
    return buffer.getvalue()


EVIL = built(("evil.ipynb", GOOD))
HUGE = b" " * (MAX_BYTES + 1)
ENTRIES = {
    "traversal": (built(("../../etc/evil.ipynb", GOOD)), "leads out of the archive"),
    "traversal inside": (built(("eve/../../../x.ipynb", GOOD)), "leads out of the archive"),
    "windows traversal": (built(("..\\..\\evil.ipynb", GOOD)), "leads out of the archive"),
    "absolute": (built(("/etc/cron.d/evil.ipynb", GOOD)), "a place on somebody's disk"),
    "share": (built(("\\\\server\\share\\evil.ipynb", GOOD)), "a place on somebody's disk"),
    "drive": (built(("C:/evil.ipynb", GOOD)), "a place on somebody's disk"),
    "drive without a slash": (built(("c:evil.ipynb", GOOD)), "a place on somebody's disk"),
    "link": (built((entry("evil.ipynb", mode=stat.S_IFLNK | 0o777), b"/etc/passwd")), "a link"),
    "device": (built((entry("evil.ipynb", mode=stat.S_IFCHR | 0o666), b"")), "a device or a pipe"),
    "pipe": (built((entry("evil.ipynb", mode=stat.S_IFIFO | 0o666), b"")), "a device or a pipe"),
    "new line": (built(("evil\nname.ipynb", GOOD)), "cannot be shown"),
    "direction": (built(("evil\u202ebnypi.ipynb", GOOD)), "cannot be shown"),
    "formula": (built(("=cmd|' !A0.ipynb", GOOD)), "taken for a formula"),
    "formula inside": (built(("evil/@SUM(1).ipynb", GOOD)), "taken for a formula"),
    "long": (built(("evil" * 300 + ".ipynb", GOOD)), "longer than 1000"),
    "encrypted": (changed(EVIL, b"evil.ipynb", flags=1), "encrypted"),
    "bomb": (built(("evil.ipynb", HUGE)), "larger than 32 MB"),
    "ratio": (built(("evil.ipynb", b" " * (8 << 20))), "more than 200 times"),
    "unusual": (built((entry("evil.ipynb", kind=zipfile.ZIP_LZMA), GOOD)), "in an unusual way"),
    "damaged": (EVIL.replace(zlib.compress(GOOD)[6:20], bytes(14), 1), "damaged"),
    "NUL": (changed(EVIL, b"evil.ipynb", other=b"ev\0l.ipynb"), "cannot be shown"),
    "not UTF-8": (changed(EVIL, b"evil.ipynb", flags=0x800, other=b"ev\xff\xfe.ipynb"), "not valid text"),
    "same name": (changed(built(("evil.ipynb", GOOD), ("live.ipynb", GOOD)), b"live.ipynb",
                          other=b"evil.ipynb"), "more than once"),
    "same name in another case": (built(("evil.ipynb", GOOD), ("EVIL.ipynb", GOOD)), "more than once"),
    "same name in another form": (built(("evil\u00e9.ipynb", GOOD), ("evile\u0301.ipynb", GOOD)),
                                  "more than once"),
}


@pytest.mark.parametrize("case", ENTRIES)
def test_a_harmful_entry_of_a_class_is_refused_with_its_reason(case, read):
    data, says = ENTRIES[case]
    tasks = read(data)
    bad = [task for name, task in tasks.items() if name != "honest"]
    assert bad and not told(tasks["honest"])
    for task in bad:
        reason = told(task) or str(task.attempts[0][1].files[0][1])
        assert says in reason and all(not isinstance(d, bytes) for _, d in task.attempts[0][1].files)
        assert task.student.replace("\xa0", " ").isprintable()
        assert "/" not in task.student and ".." not in task.student


@pytest.mark.parametrize("case", ENTRIES)
def test_a_students_own_zip_keeps_what_is_good_in_it(case, read):
    data, says = ENTRIES[case]
    task = read(zipped({"eve.zip": data, "bob.ipynb": GOOD}))["eve"]
    submission = task.attempts[0][1]
    assert ("honest.ipynb", GOOD) in submission.files and not submission.problem
    reasons = [*task.notes, *(d for _, d in submission.files if isinstance(d, str))]
    assert any(says in reason for reason in reasons)
    assert all(isinstance(d, str) or d == GOOD for _, d in submission.files)


def test_entries_that_share_bytes_are_refused(read):
    """As in bombs that let thousands of entries point to one."""
    data = built(("aaaa.ipynb", GOOD), ("bbbb.ipynb", GOOD), ("cccc.ipynb", GOOD))
    at = data.find(b"PK\1\2", data.find(b"PK\1\2") + 4)
    data = data[:at + 42] + struct.pack("<L", 5) + data[at + 46:]
    tasks = read(data)
    refused = {name: told(task) for name, task in tasks.items() if told(task)}
    assert set(refused) == {"aaaa", "bbbb"} and all("shares its bytes" in r for r in refused.values())


@pytest.mark.parametrize("wrong", [0, 10, 1 << 20])
def test_an_entry_that_lies_about_its_size_is_damaged(wrong, read):
    data = built(("evil.ipynb", b" " * 3_000_000))
    at = data.find(b"PK\1\2")
    data = data[:at + 24] + struct.pack("<L", wrong) + data[at + 28:]
    (_, reason), = read(data)["evil"].attempts[0][1].files
    assert "damaged" in reason


def test_a_bomb_takes_no_memory(read):
    inner = zipped({f"{i}.ipynb": b" " * (31 << 20) for i in range(3)})
    data = zipped({"eve.zip": inner, "bomb.ipynb": HUGE, "bob.ipynb": GOOD})
    tracemalloc.start()
    try:
        tasks = read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "200 times" in told(tasks["eve"]) and not told(tasks["bob"])
    assert peak < 8 << 20


def test_archives_within_archives(read):
    one = zipped({"a.ipynb": GOOD})
    task = read(zipped({"eve.zip": zipped({"one.zip": one, "b.ipynb": GOOD}), "bob.ipynb": GOOD}))["eve"]
    assert [name for name, _ in task.attempts[0][1].files] == ["b.ipynb"]
    assert "one.zip: This archive lies within another one" in task.notes[0]
    deep = read(zipped({"eve.zip": zipped({"one.zip": one}), "bob.ipynb": b""}))["eve"]
    assert "within another one" in told(deep)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\5\6", b"PK\5\6" + bytes(18) + b"x", b"x" * 70_000, GOOD,
                                  built()[:-30], built()[30:], b"PK\3\4" + bytes(100),
                                  b"PK\5\6" + b"\xff" * 18, built()[:40] + built()[60:]])
def test_what_is_no_archive_is_said(data, tmp_path, read):
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    for source in (path, data):
        try:
            archive_ = Archive(source)
        except Ungradable as error:
            assert "zip" in str(error) or "larger than 8 MB" in str(error)
            continue
        for found in archive_.entries():  # an archive after all: then its entries say what is wrong
            with pytest.raises(Ungradable):
                found.read()
    task = read(zipped({"eve.zip": data, "bob.ipynb": GOOD}))["eve"]
    assert told(task) or isinstance(task.attempts[0][1].files[0][1], str)


def test_many_entries_are_refused_before_they_are_read(monkeypatch, read):
    monkeypatch.setattr(archive, "MAX_ENTRIES", 5)
    many = zipped({f"{i}.txt": b"" for i in range(6)})
    assert "more than 5 entries" in told(read(zipped({"eve.zip": many, "bob.ipynb": b""}))["eve"])
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 1 << 10)
    many = zipped({f"{i}{'x' * 200}.txt": b"" for i in range(6)})
    with pytest.raises(Ungradable, match="list of entries"):
        Archive(many)


def test_many_and_large_notebooks_of_one_student(read):
    data = os.urandom(23 << 20)
    tasks = read(zipped({"many.zip": zipped({f"{i}.ipynb": b"%d" % i for i in range(30)}), "b.ipynb": b"",
                         **{f"large/{i}.ipynb": b"%d" % i + data for i in range(4)},
                         **{f"twice/{i}.ipynb": b"{}" for i in range(4)}}))
    assert tasks["twice"].size == 2 and not told(tasks["twice"])
    assert "more than 20 notebooks" in told(tasks["many"]) and "more than 64 MB" in told(tasks["large"])
    assert tasks["large"].size == tasks["many"].size == 0


def test_random_damage_never_raises_anything_else(rng, read):
    import torch

    data = built(("a/one.ipynb", GOOD), ("b.zip", zipped({"x.ipynb": GOOD})), ("c.ipynb", b"1"))
    for _ in range(300):
        broken = bytearray(data)
        for place in torch.randint(len(data), (3,), generator=rng).tolist():
            broken[place] = int(torch.randint(256, (), generator=rng))
        try:
            tasks = read(bytes(broken))
        except Ungradable as error:
            assert str(error)
            continue
        assert all(told(task) or task.attempts[0][1].files for task in tasks.values())
