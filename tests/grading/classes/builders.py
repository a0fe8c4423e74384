"""Classes as learning platforms let one download them, made from notebooks, and archives that do harm."""

import io
import stat
import zipfile
from pathlib import Path

import yaml

from tests.grading import mini
from tests.grading.make_class import FOLDER

PEOPLE = ("Ada Lovelace", "Alan Turing", "Barbara Liskov", "Claude Shannon", "Donald Knuth",
          "Edsger Dijkstra", "Frances Allen", "Grace Hopper", "Hedy Lamarr", "John Backus",
          "Karen Spärck Jones", "Zoë O'Neil-Smith")


def example_notebooks() -> list[bytes]:
    """One for each of PEOPLE, from the example class."""
    files = sorted(FOLDER.iterdir())
    return [files[i % len(files)].read_bytes() for i in range(len(PEOPLE))]


def mini_notebooks() -> list[bytes]:
    """One for each of PEOPLE, all different, of the small lesson."""
    return [mini.honest(f"mine = {i}") for i in range(len(PEOPLE))]


def zipped(entries: dict[str, bytes]) -> bytes:
    """A zip of names and bytes; a name that ends in / is a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def word(name: str) -> str:
    """Canvas's name of a student: "Last, First" in lower case, nothing but word characters."""
    first, last = name.rsplit(" ", 1)
    return "".join(c for c in f"{last}{first}".lower() if c.isalnum())


def canvas(notebooks: list[bytes]) -> dict[str, bytes]:
    """The entries of "Download Submissions": the second is late, the third was handed in twice."""
    entries = {}
    for i, (name, data) in enumerate(zip(PEOPLE, notebooks, strict=True)):
        late, again = "_LATE" * (i == 1), "-1" * (i == 2)
        entries[f"{word(name)}{late}_{7000 + i}_{90000 + i}_10_vae{again}.ipynb"] = data
    return entries


def moodle(notebooks: list[bytes], *, folders: bool = True) -> dict[str, bytes]:
    """The entries of "Download all submissions"."""
    end = "/" if folders else "_"
    return {f"{name}_{1234500 + i}_assignsubmission_file{end}10_vae.ipynb": data
            for i, (name, data) in enumerate(zip(PEOPLE, notebooks, strict=True))}


def gradescope(notebooks: list[bytes]) -> dict[str, bytes]:
    """The entries of "Export Submissions": the last two handed in together, the first for the third time."""
    entries, metadata = {}, {}
    for i, (name, data) in enumerate(zip(PEOPLE[:-1], notebooks, strict=False)):
        people = [name] if i < len(PEOPLE) - 2 else [name, PEOPLE[-1]]
        metadata[f"submission_{45600 + i}"] = {
            ":submitters": [{":name": person, ":sid": f"s{PEOPLE.index(person):03}",
                             ":email": f"{word(person)}@example.org"} for person in people],
            ":created_at": f"2026-11-02 10:{i:02}:00.000000000 Z", ":score": 0.0,
            ":history": [{":id": 1, ":score": 0.0}, {":id": 2, ":score": 0.0}] if i == 0 else []}
        entries[f"assignment_77_export/submission_{45600 + i}/10_vae.ipynb"] = data
    text = yaml.safe_dump(metadata, allow_unicode=True, sort_keys=False).replace("'2026", "2026")
    text = text.replace(" Z'", " Z")
    return {"assignment_77_export/submission_metadata.yml": text.encode(), **entries}


def nbgrader(notebooks: list[bytes]) -> dict[str, bytes]:
    """A course's folder: what was collected, with its time, and the instructor's own notebooks."""
    entries = {"source/10_vae/10_vae.ipynb": mini.honest(), "nbgrader_config.py": b"c = get_config()\n"}
    for name, data in zip(PEOPLE, notebooks, strict=True):
        entries[f"submitted/{word(name)}/10_vae/10_vae.ipynb"] = data
        entries[f"submitted/{word(name)}/10_vae/timestamp.txt"] = b"2026-11-02 09:30:00.5 America/New_York"
    return entries


def unpacked(folder: Path, entries: dict[str, bytes]) -> Path:
    for name, data in entries.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def entry(name: str, *, mode: int = stat.S_IFREG | 0o644,
          kind: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """An entry as Unix writes it, of any kind of file."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr, info.compress_type = 3, mode << 16, kind
    return info


def changed(data: bytes, name: bytes, *, flags: int | None = None, other: bytes | None = None) -> bytes:
    """The zip with other flags or another name, of the same length, in both places where they stand."""
    for signature, flags_at, name_at in ((b"PK\3\4", 6, 30), (b"PK\1\2", 8, 46)):
        at = data.find(signature)
        while at >= 0 and data[at + name_at:at + name_at + len(name)] != name:
            at = data.find(signature, at + 4)
        if at < 0:
            raise ValueError(f"no entry {name!r}")
        if flags is not None:
            data = data[:at + flags_at] + flags.to_bytes(2, "little") + data[at + flags_at + 2:]
        if other is not None:
            data = data[:at + name_at] + other + data[at + name_at + len(name):]
    return data
