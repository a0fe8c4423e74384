"""Zip archives that anyone may have made: entries are read one by one into memory, within limits.

Nothing is ever extracted, so no name in an archive becomes a path. An entry that could do harm, or of which
it is not clear what it holds, is refused for a reason, and the others are read. The format is that of
PKWARE's APPNOTE 6.3; it is Python's zipfile that reads it, after its directory was measured.
"""

import io
import mmap
import re
import stat
import struct
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from grading.ingest.found import Found, noise, printable
from grading.ingest.notebook import MAX_BYTES, Ungradable

MAX_ENTRIES, MAX_DIRECTORY = 20_000, 8 << 20  # what the list of entries may take up
MAX_RATIO, _RATIO_FROM = 200, 1 << 20  # of an entry that claims to be larger than a megabyte
_END, _END64, _ENTRY = b"PK\5\6", b"PK\6\6", b"PK\1\2"
_UTF8, _ENCRYPTED = 0x800, 0x1
_DRIVE = re.compile(r"[A-Za-z]:")
_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """The entries of a zip: a file, or the bytes that a student handed in. Ungradable if it is none."""

    def __init__(self, source: Path | bytes):
        try:
            self._zip, mended = _open(source)
        except Ungradable:
            raise
        except Exception as error:  # zipfile raises many kinds of errors on what is no archive
            raise Ungradable("The archive is damaged or not a zip. Make it again, or hand in "
                             "the notebook itself.") from error
        self._infos = self._zip.infolist()
        self._refused = _refused(self._infos, mended, self._zip.start_dir)

    def close(self) -> None:
        self._zip.close()

    def entries(self) -> Iterator[Found]:
        """Every entry but noise, in the archive's order; folders too."""
        for index, info in enumerate(self._infos):
            problem = self._refused.get(index, "")
            parts = _parts(info.filename)
            if problem:
                yield Found(parts or ("(no name)",), problem=problem)
            elif parts and not noise(parts):
                yield Found(parts, None if info.is_dir() else lambda info=info: self._read(info))

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        try:
            with self._zip.open(info) as stream:
                data = stream.read(MAX_BYTES + 1)
                if len(data) > MAX_BYTES:
                    raise Ungradable(f"The file is larger than {MAX_BYTES >> 20} MB. "
                                     "Clear its outputs and hand it in again.")
                stream.read(1)  # at its end the checksum is compared
        except Ungradable:
            raise
        except Exception as error:
            raise Ungradable("The file is damaged within its archive. "
                             "Hand in the notebook itself.") from error
        return data


class _PrivateCopy(mmap.mmap):
    """A file's bytes that can be changed in memory without changing the file."""

    def seekable(self) -> bool:
        return True


def _open(source: Path | bytes) -> tuple[zipfile.ZipFile, frozenset[int]]:
    """The opened archive, and the entries whose names claim to be UTF-8 and are not."""
    with open(source, "rb") if isinstance(source, Path) else io.BytesIO(source) as file:
        start, size = _directory(file)
    if size > MAX_DIRECTORY:
        raise Ungradable(f"The archive's list of entries is larger than {MAX_DIRECTORY >> 20} MB. "
                         "Hand in the notebook itself.")
    mended = frozenset()
    try:
        archive = zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source))
    except UnicodeDecodeError:  # one bad name should not cost the others
        buffer = _private_copy(source)
        mended = _mend(buffer, start, size)
        archive = zipfile.ZipFile(buffer if isinstance(buffer, mmap.mmap) else io.BytesIO(buffer))
    if len(archive.infolist()) > MAX_ENTRIES:
        archive.close()
        raise Ungradable(f"The archive has more than {MAX_ENTRIES} entries. Hand in the notebook itself.")
    return archive, mended


def _private_copy(source: Path | bytes) -> "_PrivateCopy | bytearray":
    if not isinstance(source, Path):
        return bytearray(source)
    with open(source, "rb") as file:
        return _PrivateCopy(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _directory(file) -> tuple[int, int]:
    """Where the list of entries begins, and its bytes, as the end of the archive says."""
    length = file.seek(0, io.SEEK_END)
    offset = max(0, length - (1 << 16) - 98)
    file.seek(offset)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        raise Ungradable("The archive is cut off or not a zip. Hand in the notebook itself.")
    size, wide = struct.unpack_from("<L", tail, at + 12)[0], tail.rfind(_END64, 0, at)
    if wide >= 0 and at - wide == 76:
        size, at = struct.unpack_from("<Q", tail, wide + 40)[0], wide
    return offset + at - size, size


def _mend(buffer, start: int, size: int) -> frozenset[int]:
    """Takes the claim to be UTF-8 from the names that are not; which entries these are."""
    mended, at, index = set(), start, 0
    while at + 46 <= start + size and buffer[at:at + 4] == _ENTRY:
        flags = struct.unpack_from("<H", buffer, at + 8)[0]
        name, extra, comment = struct.unpack_from("<3H", buffer, at + 28)
        try:
            bytes(buffer[at + 46:at + 46 + name]).decode("utf-8" if flags & _UTF8 else "cp437")
        except UnicodeDecodeError:
            struct.pack_into("<H", buffer, at + 8, flags & ~_UTF8)
            mended.add(index)
        at, index = at + 46 + name + extra + comment, index + 1
    return frozenset(mended)


def _refused(infos: list[zipfile.ZipInfo], mended: frozenset[int], end: int) -> dict[int, str]:
    """Why entries are refused, by their place."""
    same = Counter(_alike(info.filename) for info in infos)
    overlapping = _overlapping(infos, end)
    found = {}
    for index, info in enumerate(infos):
        problem = ("Its name is not valid text." if index in mended else _bad_name(info) or _bad_kind(info))
        if not problem and same[_alike(info.filename)] > 1:
            problem = "The archive holds this name more than once, perhaps in another spelling."
        if not problem and index in overlapping:
            problem = "It shares its bytes with another entry of the archive."
        if problem:
            found[index] = problem
    return found


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().replace("\\", "/").rstrip("/")


def _overlapping(infos: list[zipfile.ZipInfo], end: int) -> set[int]:
    found, order = set(), sorted(range(len(infos)), key=lambda i: infos[i].header_offset)
    for this, following in zip(order, [*order[1:], None], strict=False):
        info = infos[this]
        limit = end if following is None else infos[following].header_offset
        if info.header_offset + 30 + len(info.orig_filename) + info.compress_size > limit:
            found |= {this} if following is None else {this, following}
    return found


def _bad_name(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    parts = re.split(r"[/\\]", name)
    if name[:1] in ("/", "\\") or _DRIVE.match(name):
        return "Its name is a place on somebody's disk."
    if ".." in parts:
        return "Its name leads out of the archive."
    if printable(name[:200]) != name[:200]:
        return "Its name has characters that cannot be shown."
    if any(part.lstrip()[:1] in ("=", "+", "@", "|") for part in parts):
        return "Its name could be taken for a formula."
    if len(name) > 1000:
        return "Its name is longer than 1000 characters."
    return ""


def _bad_kind(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "It is a link, not a file."
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "It is a device or a pipe, not a file."
    if info.flag_bits & _ENCRYPTED:
        return "It is encrypted."
    if info.compress_type not in _READ:
        return "It is compressed in an unusual way."
    if info.file_size > MAX_BYTES:
        return f"It is larger than {MAX_BYTES >> 20} MB."
    if info.file_size > _RATIO_FROM and info.file_size > MAX_RATIO * info.compress_size:
        return f"It would grow more than {MAX_RATIO} times when unpacked."
    return ""


def _parts(name: str) -> tuple[str, ...]:
    """The names on the way to an entry; what would lead elsewhere is left out, for showing only."""
    names = (_DRIVE.sub("", part, count=1) for part in re.split(r"[/\\]", name))
    return tuple(part[:200] for part in names if part not in ("", ".", ".."))
