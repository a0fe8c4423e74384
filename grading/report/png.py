"""PNG from untrusted hands: only its pixels come through.

The structure is checked here, in Python, before any decoder sees the file: the signature, each chunk's length
and checksum, sizes within bounds, and image data that unpacks to exactly what the header promises. Only the
chunks that hold pixels are kept, so that no text, profile or trailing file travels along.
(Portable Network Graphics, third edition, W3C 2025, chapters 5, 7 and 11.)
"""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_SIDE, MAX_PIXELS = 8192, 16 << 20
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


class NoPicture(ValueError):
    """Bytes that are no PNG that may be shown."""


def cleaned(data: bytes) -> bytes:
    """The picture with nothing but its pixels; NoPicture if it is none."""
    chunks = list(_chunks(data))
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or kinds.count(b"IHDR") != 1 or b"IDAT" not in kinds:
        raise NoPicture("its parts are not those of a picture")
    size = _size(chunks[0][1], b"PLTE" in kinds)
    _check_pixels(b"".join(body for kind, body in chunks if kind == b"IDAT"), size)
    if any(len(body) > 768 for kind, body in chunks if kind in (b"PLTE", b"tRNS")):
        raise NoPicture("its palette is too long")
    return SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks if kind in _KEPT)


def _chunks(data: bytes):
    if not data.startswith(SIGNATURE):
        raise NoPicture("it does not begin like a PNG")
    place = len(SIGNATURE)
    while place < len(data):
        if len(data) - place < 12:
            raise NoPicture("it is cut off")
        length, kind = struct.unpack_from(">I4s", data, place)
        body = data[place + 8:place + 8 + length]
        rest = data[place + 8 + length:place + 12 + length]
        if len(rest) != 4 or struct.unpack(">I", rest)[0] != zlib.crc32(kind + body):
            raise NoPicture("a part of it is broken")
        yield kind, body
        place += 12 + length
        if kind == b"IEND":
            return  # whatever follows is dropped


def _size(header: bytes, palette: bool) -> int:
    """How many bytes the image data unpacks to."""
    if len(header) != 13:
        raise NoPicture("its header is broken")
    width, height, depth, colour, packing, filtering, interlaced = struct.unpack(">IIBBBBB", header)
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise NoPicture("it is too large")
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering or (colour == 3 and not palette):
        raise NoPicture("its header makes no sense")
    if interlaced:
        raise NoPicture("it is interlaced")  # no library draws plots so
    return height * (1 + (width * _CHANNELS[colour] * depth + 7) // 8)


def _check_pixels(packed: bytes, size: int) -> None:
    unpacker = zlib.decompressobj()
    try:
        pixels = unpacker.decompress(packed, size + 1)
    except zlib.error as error:
        raise NoPicture("its pixels cannot be unpacked") from error
    if len(pixels) != size or not unpacker.eof:
        raise NoPicture("it has not as many pixels as it says")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))
