"""PNG from untrusted hands: pixels come through, and nothing else does."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from grading.report.png import SIGNATURE, NoPicture, cleaned


def drawn(mode="RGB", size=(7, 5), **options) -> bytes:
    """A picture as a library writes it."""
    image = Image.frombytes("L", size, bytes(range(size[0] * size[1]))).convert(mode)
    file = io.BytesIO()
    image.save(file, format="PNG", **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def forged(width=2, height=2, depth=8, colour=2, interlaced=0, pixels=None) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    pixels = bytes(height * (1 + 3 * width)) if pixels is None else pixels
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pixels_come_through(mode):
    data = drawn(mode)
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(cleaned(data)))
    assert after.tobytes() == before.tobytes() and after.mode == before.mode


def test_nothing_but_pixels_comes_through():
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "<script>document.title='ran'</script>")
    data = drawn(pnginfo=words, dpi=(72, 72)) + b"PK\x03\x04 a zip behind it <script>"
    assert b"<script>" in data and b"tEXt" in data
    clean = cleaned(data)
    assert b"script" not in clean and b"tEXt" not in clean and b"pHYs" not in clean
    assert clean.endswith(b"IEND\xaeB`\x82")
    assert cleaned(clean) == clean


@pytest.mark.parametrize(("data", "says"), [
    (b"", "does not begin"), (b"<svg onload=alert(1)>", "does not begin"), (SIGNATURE, "not those of a"),
    (drawn()[:-5], "broken|cut off"), (drawn()[:40], "broken|cut off"), (forged(width=100_000), "too large"),
    (forged(width=8000, height=8000), "too large"), (forged(width=0), "too large"),
    (forged(depth=7), "makes no sense"), (forged(colour=5), "no sense"), (forged(colour=3), "no sense"),
    (forged(interlaced=1), "interlaced"), (forged(pixels=b""), "not as many pixels"),
    (forged(pixels=bytes(200 << 20)), "not as many pixels"),
    (SIGNATURE + chunk(b"IHDR", bytes(13)) + chunk(b"IEND", b""), "not those"),
    (forged().replace(b"IDAT", b"IDAU"), "broken"),
    (SIGNATURE + chunk(b"IHDR", b"x") + chunk(b"IDAT", b"") + chunk(b"IEND", b""), "header is broken"),
    (forged()[:33] + chunk(b"IDAT", b"no zlib") + chunk(b"IEND", b""), "cannot be unpacked"),
])
def test_what_is_no_picture_is_refused(data, says):
    with pytest.raises(NoPicture, match=says):
        cleaned(data)


def test_mutated_pictures_are_refused_or_sound():
    """Whatever comes out can be decoded: the browser is given no broken file."""
    rng, data = random.Random(0), drawn("RGBA")
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            clean = cleaned(bytes(broken))
        except NoPicture:
            continue
        Image.open(io.BytesIO(clean)).load()
