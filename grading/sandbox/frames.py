"""Frames: all that crosses between the judge and a worker.

    magic (4 bytes) · length of header · length of payload (4 bytes each, big-endian) · header · payload

The header is JSON, the payload safetensors: bytes with shapes and dtypes. Nothing is unpickled or
evaluated, every size is checked before it is read, and a frame holds a flat table of plain tensors,
numbers and strings. Whatever else arrives is `Malformed`.
"""

import json
import os
import select
import struct
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from grading.sandbox.tensors import DTYPES, Malformed, parse, tensors

MAGIC = b"GLF1"
HEAD = struct.Struct(">4sII")
MAX_HEADER, MAX_PAYLOAD = 8 << 20, 64 << 20  # bytes
MAX_VALUES, MAX_NAME, MAX_STRING, MAX_DEPTH = 1000, 200, 100_000, 5

Plain = Tensor | float | int | bool | str | None


class Closed(ConnectionError):
    """The other side has gone."""


class Late(TimeoutError):
    """The other side did not answer in time."""


@dataclass(frozen=True)
class Frame:
    """kind: what it is; fields: its JSON; values: named tensors, numbers and strings."""

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Plain] = field(default_factory=dict)


def encode(frame: Frame) -> bytes:
    """The bytes of a frame; Malformed names the value that may not travel."""
    _check_names(frame.values)
    travelling = {k: _travelling(k, v) for k, v in frame.values.items() if isinstance(v, Tensor)}
    plain = {k: _scalar(k, v) for k, v in frame.values.items() if not isinstance(v, Tensor)}
    size = sum(t.numel() * t.element_size() for t in travelling.values())
    if size > MAX_PAYLOAD:
        raise Malformed(f"the values take {size} bytes, more than {MAX_PAYLOAD}")
    header = {"kind": frame.kind, "fields": dict(frame.fields), "plain": plain, "tensors": sorted(travelling)}
    payload = save(travelling) if travelling else b""
    text = json.dumps(header).encode()
    _check_sizes(len(text), len(payload))
    return HEAD.pack(MAGIC, len(text), len(payload)) + text + payload


def decode(header: bytes, payload: bytes) -> Frame:
    """The frame of these bytes, or Malformed."""
    data = parse(header, "a header")
    if not isinstance(data, dict) or set(data) != {"kind", "fields", "plain", "tensors"}:
        raise Malformed("a header with other fields than a frame's")
    kind, fields, plain, names = data["kind"], data["fields"], data["plain"], data["tensors"]
    if not (isinstance(kind, str) and isinstance(fields, dict) and isinstance(plain, dict)
            and isinstance(names, list) and all(isinstance(n, str) for n in names)):
        raise Malformed("a header whose fields have other types than a frame's")
    _check_depth(fields, MAX_DEPTH)
    if len(set(plain) | set(names)) != len(plain) + len(names):
        raise Malformed("two values of one name")
    _check_names([*plain, *names])
    values = {k: _scalar(k, v) for k, v in plain.items()} | tensors(payload, names)
    return Frame(kind, fields, values)


def write(fd: int, data: bytes, seconds: float | None = None) -> None:
    """Writes all of `data`; Late after `seconds`, Closed when nobody reads."""
    end = None if seconds is None else time.monotonic() + seconds
    view = memoryview(data)
    while view:
        _wait(fd, select.POLLOUT, end)
        try:
            view = view[os.write(fd, view[:1 << 16]):]
        except BlockingIOError:
            continue
        except OSError as error:
            raise Closed("the other side has gone") from error


def read(fd: int, seconds: float | None = None, *, max_header: int = MAX_HEADER) -> Frame:
    """The next frame; Late after `seconds`, Closed at the end of the stream, or Malformed."""
    return decode(*read_raw(fd, seconds, max_header=max_header))


def read_raw(fd: int, seconds: float | None = None, *, max_header: int = MAX_HEADER) -> tuple[bytes, bytes]:
    """Header and payload of the next frame, with only the sizes checked."""
    end = None if seconds is None else time.monotonic() + seconds
    magic, header, payload = HEAD.unpack(_exactly(fd, HEAD.size, end))
    if magic != MAGIC:
        raise Malformed("bytes that do not begin a frame")
    _check_sizes(header, payload, max_header)
    return _exactly(fd, header, end), _exactly(fd, payload, end)


def join(header: bytes, payload: bytes) -> bytes:
    """The bytes of a frame that was read raw, to pass it on."""
    return HEAD.pack(MAGIC, len(header), len(payload)) + header + payload


def _exactly(fd: int, size: int, end: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        _wait(fd, select.POLLIN, end)
        try:
            chunk = os.read(fd, min(size - len(parts), 1 << 20))
        except BlockingIOError:
            continue
        except OSError as error:
            raise Closed("the other side has gone") from error
        if not chunk:
            raise Closed("the other side has gone")
        parts += chunk
    return bytes(parts)


def _wait(fd: int, event: int, end: float | None) -> None:
    poll = select.poll()
    poll.register(fd, event)
    while True:
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            raise Late("no answer in time")
        if poll.poll(None if left is None else left * 1000 + 1):
            return


def _travelling(name: str, value: Tensor) -> Tensor:
    """A plain, contiguous copy on the CPU that shares no storage."""
    if value.layout != torch.strided or value.dtype not in DTYPES or value.device.type == "meta":
        raise Malformed(f"`{name}` is a tensor of kind {value.dtype}, {value.layout}, {value.device.type}")
    value = value.detach().as_subclass(Tensor)
    if value.numel() * value.element_size() > MAX_PAYLOAD:
        raise Malformed(f"`{name}` has {value.numel()} numbers: too many")
    return value.to("cpu").resolve_conj().resolve_neg().contiguous().clone()


def _scalar(name: str, value: Any) -> Plain:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str) and len(value) <= MAX_STRING:
        return str(value).encode(errors="replace").decode()
    raise Malformed(f"`{str(name)[:MAX_NAME]}` is neither a tensor nor a number nor a short string, "
                    f"but {type(value).__name__}")


def _check_sizes(header: int, payload: int, max_header: int = MAX_HEADER) -> None:
    if header > max_header or payload > MAX_PAYLOAD + (1 << 20):
        raise Malformed(f"a frame of {header} + {payload} bytes: too large")


def _check_names(values: Collection) -> None:
    if len(values) > MAX_VALUES or any(not isinstance(n, str) or len(n) > MAX_NAME for n in values):
        raise Malformed("too many values, or a name that is no short string")


def _check_depth(value: Any, left: int) -> None:
    if left < 0:
        raise Malformed("a header nested too deep")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, left - 1)
