"""Reading the tensors of a frame: safetensors of which every byte is accounted for.

    length of table (8 bytes, little-endian) · table (JSON: name -> dtype, shape, offsets) · data

https://huggingface.co/docs/safetensors/index#format. The bytes come from a process that a student may have
taken over, so nothing is parsed that is longer than it needs to be, and only the form that our side writes
is read: the names that the frame's header announced, each once, no metadata, known dtypes, data without gaps
or overlaps, truth values that are 0 or 1.
"""

import gc
import json
import struct
from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor

MAX_TABLE, MAX_AXES = 1 << 20, 32  # bytes of JSON; dimensions of one tensor
_LENGTH = struct.Struct("<Q")
_DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
           "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
           "BOOL": torch.bool}
DTYPES = frozenset(_DTYPES.values())
_FIELDS = {"dtype", "shape", "data_offsets"}


class Malformed(ValueError):
    """Bytes that are no frame, or a value that may not travel in one."""


def parse(text: bytes, what: str) -> Any:
    """The JSON of these bytes; Malformed if it is none, or if an object names something twice."""
    collecting = gc.isenabled()
    gc.disable()  # hundreds of thousands of lists would have it look through all of the judge's objects
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what} that is not JSON ({type(error).__name__})") from error
    finally:
        if collecting:
            gc.enable()


def tensors(payload: bytes, names: Collection[str]) -> dict[str, Tensor]:
    """The tensors of this payload, which must be those of these names and no others."""
    if not payload and not names:
        return {}
    if len(payload) < _LENGTH.size:
        raise Malformed("a payload that is not safetensors")
    size, = _LENGTH.unpack_from(payload)
    start = _LENGTH.size + size
    if size > MAX_TABLE or start > len(payload):
        raise Malformed("a payload that is not safetensors, or whose table is too long")
    table = parse(payload[_LENGTH.size:start], "a table of tensors")
    if not isinstance(table, dict) or len(table) != len(names) or set(table) != set(names):
        raise Malformed("a payload with other tensors than its header names")
    entries = sorted((_entry(entry), name) for name, entry in table.items())
    found, end = {}, 0
    for (first, last, kind, shape), name in entries:
        if first != end:
            raise Malformed("tensors that overlap, or bytes between them")
        end = last
        if end > len(payload) - start:
            raise Malformed("a tensor that ends behind the payload")
        found[name] = _tensor(memoryview(payload)[start + first:start + last], _DTYPES[kind], shape)
    if end != len(payload) - start:
        raise Malformed("bytes behind the last tensor")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name that stands twice")
    return found


def _entry(entry: Any) -> tuple[int, int, str, tuple[int, ...]]:
    """First byte, last byte, dtype and shape of a tensor; whether its bytes suffice is checked here."""
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        raise Malformed("an entry with other fields than a tensor's")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise Malformed("a tensor of a dtype that does not travel")
    if not _sizes(shape, MAX_AXES) or not _sizes(offsets, 2) or len(offsets) != 2:
        raise Malformed("a tensor whose shape or place cannot be read")
    numbers = 1
    for n in shape:
        numbers *= n
    if offsets[1] - offsets[0] != numbers * _DTYPES[kind].itemsize:
        raise Malformed("a tensor of another size than its shape says")
    return offsets[0], offsets[1], kind, tuple(shape)


def _sizes(value: Any, most: int) -> bool:
    return (isinstance(value, list) and len(value) <= most
            and all(type(n) is int and 0 <= n < 2**40 for n in value))


def _tensor(data: memoryview, dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    if not data:
        return torch.empty(shape, dtype=dtype)
    if dtype is not torch.bool:
        return torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape)
    numbers = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    if bool((numbers > 1).any()):
        raise Malformed("a truth value that is neither 0 nor 1")
    return numbers.to(torch.bool).reshape(shape)
