"""Bytes that no worker of ours would send, as a student's code can write them into the pipe. They are 0
points with a reason, never a traceback, and never a submission without a mark."""

import hashlib
import json
import os
import struct
import time
import tracemalloc

import pytest
import torch
from safetensors.torch import save

from grading.checks.judge import generator
from grading.checks.runner import run_in_process
from grading.report.feedback import render
from grading.report.grade import seed
from grading.sandbox.frames import HEAD, MAGIC, Malformed, decode
from tests.grading import mini
from tests.grading.conftest import SECRET, points
from tests.grading.test_worker import READY, said, scripted

RAN = said("ran", faults=[], answers=["mini-affine", "mini-scale"])


def raw(header: bytes | str | dict, payload: bytes = b"") -> bytes:
    """A frame of these bytes, whatever they are."""
    header = json.dumps(header) if isinstance(header, dict) else header
    header = header.encode("utf-8", "surrogatepass") if isinstance(header, str) else header
    return HEAD.pack(MAGIC, len(header), len(payload)) + header + payload


def values(plain=None, tensors=(), payload: bytes = b"", **fields) -> bytes:
    return raw(
        {"kind": "values", "fields": {"number": 1} | fields, "plain": plain or {}, "tensors": list(tensors)},
        payload,
    )


def failure(**told) -> bytes:
    return raw({"kind": "failure", "fields": {"number": 1, "failure": told}, "plain": {}, "tensors": []})


def safetensors(header: dict | bytes, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    payload = struct.pack("<Q", len(text) if length is None else length) + text + data
    return values(tensors=["value"], payload=payload)


def one(shape, offsets=(0, 40), dtype="F64", **more) -> bytes:
    return safetensors(
        {"value": {"dtype": dtype, "shape": shape, "data_offsets": list(offsets)}} | more,
        bytes(offsets[1] if 0 <= offsets[1] < 10**6 else 40),
    )


X = save({"value": torch.zeros(5), "d_x": torch.zeros(5, 3)})
EVIL = {
    "deep": raw('{"kind": "values", "fields": ' + '{"a": ' * 100_000 + "1" + "}" * 100_001 + "}"),
    "deep lists": raw("[" * 400_000),
    "deep in a value": values({"value": [[[[[[1]]]]]]}),
    "huge number": raw(
        '{"kind": "values", "fields": {"number": ' + "9" * 5000 + '}, "plain": {}, "tensors": []}'
    ),
    "a large number": values({"value": 10**300}),
    "no number": raw('{"kind": NaN}'),
    "number is a list": values(number=[1]),
    "number is true": values(number=True),
    "number is 1.0": values(number=1.0),
    "nan": values({"value": float("nan"), "d_x": float("inf")}),
    "none": values({"value": None, "d_x": None}),
    "twice": raw(
        '{"kind": "values", "kind": "values", "fields": {"number": 1, "number": 1}, "plain": {"value": 1, '
        '"value": 2}, "tensors": []}'
    ),
    "not utf-8": raw(b"\xff\xfe{}"),
    "a bom": raw("\ufeff{}"),
    "null bytes": raw(b"\0" * 99),
    "utf-16": raw("{}".encode("utf-16")),
    "empty": raw(b""),
    "a string": raw('"values"'),
    "surrogates": values({"\ud800": "\udfff", "value": "\ud800" * 9}),
    "names": values({"a\nb": 1, "\u202evalue": 2, "__class__": 3, "": 4, "../../x": 5, "value\0": 6}),
    "too many names": values({str(i): i for i in range(1001)}),
    "a long name": values({"x" * 201: 1}),
    "a long text": values({"value": "x" * 100_001}),
    "an object": values({"value": {"__class__": "Tensor"}}),
    "named and not there": values(tensors=["value"]),
    "there and not named": values(payload=X),
    "named twice": values(tensors=["value", "value", "d_x"], payload=X),
    "both": values({"value": 1}, ["value", "d_x"], X),
    "not a name": values(tensors=[3], payload=X),
    "a name too few": values(tensors=["value"], payload=X),
    "a pickle": values(tensors=["value"], payload=b"\x80\x04cos\nsystem\n."),
    "a zip": values(tensors=["value"], payload=b"PK\x03\x04" * 20),
    "eight bytes": values(tensors=["value"], payload=bytes(8)),
    "header of 2^64": safetensors({}, length=2**64 - 1),
    "header of 100 MB": safetensors({}, length=10**8),
    "header not json": safetensors(b"{" * 999),
    "header deep": safetensors(b"[" * 100_000),
    "shape of 2^62": one([0, 2**62], (0, 0)),
    "shape too large": one([2**32, 2**32]),
    "shape of 2^63": one([2**63]),
    "negative": one([-5]),
    "overlapping": safetensors(
        {n: {"dtype": "F64", "shape": [5], "data_offsets": [0, 40]} for n in ("value", "d_x")}, bytes(40)
    ),
    "outside": one([5], (40, 80)),
    "backwards": one([5], (40, 0)),
    "offsets of 2^64": one([5], (2**64 - 40, 2**64 - 1)),
    "a thousand axes": one([1] * 1000 + [5]),
    "half a byte": one([5], (0, 3), "F4"),
    "unknown type": one([5], dtype="PICKLE"),
    "complex": one([5], (0, 40), "C64"),
    "eight bits": one([5], (0, 5), "F8_E4M3"),
    "unsigned": one([5], (0, 40), "U64"),
    "odd truths": safetensors(
        {"value": {"dtype": "BOOL", "shape": [5], "data_offsets": [0, 5]}}, b"\x02\xff\x00\x01\x80"
    ),
    "metadata": one([5], __metadata__={"value": "\ud800", "__class__": "x" * 10**5}),
    "metadata that is none": one([5], __metadata__=[[[]]]),
    "metadata alone": safetensors({"__metadata__": {"a": "b"}}),
    "metadata as a name": safetensors(
        {"__metadata__": {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}}),
    "twice in the table": safetensors(
        b'{"value": {"dtype": "F64", "shape": [5], "data_offsets": [0, 40]}, '
        b'"value": {"dtype": "F64", "shape": [5], "data_offsets": [0, 40]}}', bytes(40)),
    "a dtype twice": safetensors(
        b'{"value": {"dtype": "U8", "dtype": "F64", "shape": [5], "data_offsets": [0, 40]}}', bytes(40)),
    "a gap before": one([5], (8, 48)),
    "bytes behind": safetensors(
        {"value": {"dtype": "F64", "shape": [5], "data_offsets": [0, 40]}}, bytes(48)),
    "a shape of truths": one([True, 5]),
    "a shape of 5.0": one([5.0]),
    "three offsets": safetensors(
        {"value": {"dtype": "F64", "shape": [5], "data_offsets": [0, 40, 40]}}, bytes(40)),
    "a million empty tensors": safetensors(
        b"{" + b",".join(b'"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}' % i for i in range(10**6))
        + b"}"),
    "longer than it may be": HEAD.pack(MAGIC, 2**32 - 1, 0),
    "a payload too long": HEAD.pack(MAGIC, 10, 2**32 - 1),
    "another protocol": b"GLF2" + bytes(100),
    "http": b"HTTP/1.1 200 OK\r\n\r\n3/3",
    "half a frame": values()[:-3],
    "calls of all kinds": values({"value": 1.0}, called=[["x"], {}, None, 1, "genlab", "\ud800"]),
    "calls are no list": values(called={"a": 1}),
    "calls nest": values(called=[[[[[]]]]]),
    "a failure of none": failure(),
    "kind is a list": failure(kind=["raised"]),
    "kind is missing": failure(kind="missing"),
    "kind is right": failure(kind="right", points=5),
    "no words": failure(kind="raised", message=[1], exception=2, line="x"),
    "odd words": failure(kind="raised", message="\ud800\u202e\x00<script>" * 99, exception="\ud800", line=-1),
    "an odd name": failure(kind="raised", message="x", exception="\u0645\u0646" * 20, line=10**50),
    "withheld": failure(kind="withheld", message="\ud800<b>\n"),
    "wrong": failure(kind="wrong type", message={"a": []}),
    "not started": failure(kind="not started", message="mini-affine"),
    "line is true": failure(kind="raised", line=True),
    "another question": values(number=2),
    "before it is asked": values({"value": 1}) + values({"value": 2}),
    "nothing": b"",
}
BEFORE = {  # in place of the report that the statements have run
    "faults nest": said("ran", faults=[[[[1]]]], answers=[]),
    "faults of nobody": said("ran", faults={}, answers={}),
    "many pieces": said("piece", number=0) * 5000,
    "pieces of nobody": said("piece", number=-1),
    "a report at once": raw(
        {"kind": "ran", "fields": {"faults": [], "answers": [["mini-affine"]]}, "plain": {}, "tensors": []}
    ),
    "a thousand faults": said(
        "ran",
        faults=[[9, i, {"kind": "raised", "message": "\ud800" * 9, "exception": "E"}] for i in range(1000)],
        answers=["mini-affine", "mini-scale"],
    ),
    "printed is a tensor": raw(
        {"kind": "ran", "fields": {"faults": [], "answers": []}, "plain": {}, "tensors": ["printed"]},
        save({"printed": torch.zeros(9)}),
    ),
}


def sending(tmp_path, *chunks):
    """A connection over which these bytes come: from a file, as they may be more than a pipe holds."""
    path = tmp_path / "bytes"
    path.write_bytes(b"".join(chunks))

    def connect(*_):
        room = scripted()()
        with open(path, "rb") as file:
            os.dup2(file.fileno(), room.source)
        return room

    return connect


def judged(graded, tmp_path, *chunks) -> dict:
    record = graded(mini.honest(), connect=sending(tmp_path, READY, *chunks))
    assert record["status"] == "graded" and points(record) == [0, 0], record["message"]
    text = json.dumps(record, ensure_ascii=False).encode()  # it can be written down
    assert len(text) < 20_000 and b"<script>" not in render(record).encode()
    return record


@pytest.mark.parametrize("kind", EVIL)
def test_in_place_of_values(graded, tmp_path, kind):
    judged(graded, tmp_path, RAN, EVIL[kind])


LONG = 1 << 20  # as long as a header, or a table of tensors, may be
WORST = {
    "lists": b"[" + b"[]," * (LONG // 3 - 2) + b"[]]",
    "objects": b"[" + b"{}," * (LONG // 3 - 2) + b"{}]",
    "one name": b"{" + b'"a":0,' * (LONG // 6 - 1) + b'"a":0}',
    "names": ("{" + ",".join(f'"{i}":0' for i in range(90_000)) + "}").encode(),
    "digits": b"1" * LONG, "a fraction": b"0." + b"3" * (LONG - 2), "an exponent": b"1e" + b"9" * (LONG - 2),
    "escapes": b'"' + b"\\ud800" * (LONG // 6) + b'"',
    "axes": b'{"value":{"dtype":"U8","shape":[' + b"1," * (LONG // 2 - 60) + b'1],"data_offsets":[0,1]}}',
}


@pytest.mark.parametrize("kind", WORST)
def test_the_longest_header_and_table_cost_little(kind):
    """A second of processor time and 64 MB for the worst that is read at all (0.3 s on an idle machine)."""
    text = WORST[kind]
    assert len(text) <= LONG
    header = json.dumps({"kind": "values", "fields": {}, "plain": {}, "tensors": ["value"]}).encode()
    for frame in ((text, b""), (header, struct.pack("<Q", len(text)) + text + bytes(1))):
        assert min(_refusal(*frame) for _ in range(3)) < 1  # the least: jobs that share a core inflate each other's
        tracemalloc.start()
        try:
            _refusal(*frame)
            assert tracemalloc.get_traced_memory()[1] < 64 << 20
        finally:
            tracemalloc.stop()


def test_what_is_longer_is_not_read():
    _, header, payload = HEAD.unpack(EVIL["a million empty tensors"][:HEAD.size])
    body = EVIL["a million empty tensors"][HEAD.size:]
    assert payload > 45 << 20 and _refusal(body[:header], body[header:]) < 0.5


def _refusal(header: bytes, payload: bytes) -> float:
    """Processor time until these bytes are refused."""
    began = time.process_time()
    with pytest.raises(Malformed):
        decode(header, payload)
    return time.process_time() - began


@pytest.mark.parametrize("kind", BEFORE)
def test_in_place_of_a_report(graded, tmp_path, kind):
    record = judged(graded, tmp_path, BEFORE[kind])
    assert len(record["warnings"]) < 10


def test_the_same_way_of_sending_gives_points_to_right_values(graded, tmp_path):
    """Else all of the above would prove nothing."""
    content = hashlib.sha256(mini.honest()).hexdigest()
    inputs = mini.inputs(generator(seed(SECRET, content, "mini-affine"), "inputs/1"))
    right = run_in_process(mini.reference, mini.AFFINE.probe_source, inputs, 1)
    record = graded(
        mini.honest(),
        connect=sending(tmp_path, READY, RAN, values(tensors=sorted(right), payload=save(right))),
    )
    assert points(record) == [3, 0]
