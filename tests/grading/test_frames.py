"""What crosses the boundary comes out as it went in, and nothing else gets in."""

import json
import math
import os
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.sandbox import frames
from grading.sandbox.frames import HEAD, MAGIC, Closed, Frame, Late, Malformed, decode, encode


def through(frame: Frame) -> Frame:
    data = encode(frame)
    _, header, payload = HEAD.unpack(data[:HEAD.size])
    return decode(data[HEAD.size:HEAD.size + header], data[HEAD.size + header:][:payload])


def header(**changes) -> bytes:
    return json.dumps({"kind": "values", "fields": {}, "plain": {}, "tensors": []} | changes).encode()


@pytest.mark.parametrize("dtype", sorted(frames.DTYPES, key=str))
def test_tensors_keep_dtype_shape_and_values(dtype):
    wide = torch.arange(-6, 6).reshape(3, 4).to(dtype)
    back = through(Frame("values", {}, {"a": wide.T, "b": wide[1], "c": wide[0, 0], "none": wide[:0]})).values
    for name, tensor in {"a": wide.T, "b": wide[1], "c": wide[0, 0], "none": wide[:0]}.items():
        assert back[name].dtype == dtype and torch.equal(back[name], tensor)


def test_gradients_and_shared_storage_are_left_behind():
    x = torch.randn(3, requires_grad=True)
    back = through(Frame("values", {}, {"x": x, "view": x[:2], "again": x})).values
    assert not any(t.requires_grad for t in back.values())
    assert back["x"].data_ptr() != back["again"].data_ptr()


@given(st.dictionaries(st.text(max_size=20), st.none() | st.booleans() | st.text(max_size=50)
                       | st.integers(-2**62, 2**62) | st.floats(allow_nan=False)))
@settings(max_examples=50, deadline=None)
def test_plain_values_come_back(values):
    assert through(Frame("values", {"n": 1}, values)).values == values


def test_non_finite_numbers_come_back():
    back = through(Frame("values", {}, {"a": math.nan, "b": -math.inf})).values
    assert math.isnan(back["a"]) and back["b"] == -math.inf


@pytest.mark.parametrize("value", [object(), [1], {"a": 1}, 1j, 2**70, "x" * 200_000, len,
                                   torch.ones(2, dtype=torch.complex64), torch.ones(2).to_sparse(),
                                   torch.ones(2, device="meta"), torch.zeros(1).expand(10**9)])
def test_nothing_else_travels(value):
    with pytest.raises(Malformed):
        encode(Frame("values", {}, {"value": value}))


@pytest.mark.parametrize("bad", [
    b"", b"\xff\xfe", b"null", b"[]", b"{}", b"[" * 100_000, header()[:-1], header(kind=3), header(fields=[]),
    header(plain=[]), header(tensors=["a"]), header(tensors=[1]), header(tensors=[["a"]]),
    header(plain={"a": [1]}),
    header(plain={"a": {"b": 1}}), header(plain={"a": 10**30}), header(extra=1),
    header(fields={"a": [[[[[[[1]]]]]]]}), header(plain={"a" * 300: 1}),
    header(plain={str(i): i for i in range(2000)}), b'{"kind": ' + b"9" * 10_000 + b"}"])
def test_malformed_headers(bad):
    with pytest.raises(Malformed):
        decode(bad, b"")


@pytest.mark.parametrize("payload", [b"x", b"\0" * 100, pickle.dumps(torch.ones(2)), b"\xff" * 8 + b"{}"])
def test_a_payload_is_safetensors_or_refused(payload):
    with pytest.raises(Malformed):
        decode(header(tensors=["a"]), payload)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_random_payloads_raise_only_malformed(payload):
    with pytest.raises(Malformed):
        decode(header(tensors=["a"]), payload)


def test_every_cut_and_flip_of_a_frame_is_read_or_malformed():
    data = bytearray(encode(Frame("values", {"number": 1}, {"a": torch.arange(4.0), "b": 2})))
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= 0x41
        r, w = os.pipe()
        os.write(w, broken)
        os.close(w)
        try:
            frames.read(r, 1.0)
        except (Malformed, Closed):
            pass
        finally:
            os.close(r)


def test_sizes_are_checked_before_they_are_read():
    r, w = os.pipe()
    os.write(w, HEAD.pack(MAGIC, 2**31, 2**31))
    with pytest.raises(Malformed, match="too large"):
        frames.read(r, 1.0)
    os.close(r)
    os.close(w)


def test_silence_is_late_and_an_end_is_closed():
    r, w = os.pipe()
    os.write(w, MAGIC)
    with pytest.raises(Late):
        frames.read(r, 0.05)
    os.close(w)
    with pytest.raises(Closed):
        frames.read(r, 1.0)
    os.close(r)


def test_a_reader_that_does_not_read_makes_the_writer_late():
    r, w = os.pipe()
    os.set_blocking(w, False)
    with pytest.raises(Late):
        frames.write(w, bytes(1 << 20), 0.05)
    os.close(r)
    with pytest.raises(Closed):
        frames.write(w, bytes(1 << 20), 1.0)
    os.close(w)


@pytest.mark.parametrize("data", [b"\2", b"\xff", b"\1\0\x80"])
def test_a_truth_value_is_0_or_1(data):
    entry = {"dtype": "BOOL", "shape": [len(data)], "data_offsets": [0, len(data)]}
    table = json.dumps({"a": entry}).encode()
    with pytest.raises(Malformed, match="neither 0 nor 1"):
        decode(header(tensors=["a"]), len(table).to_bytes(8, "little") + table + data)


def test_a_table_as_safetensors_writes_it_is_read():
    """The form that is refused is nobody's but a forger's: the library's own files come through."""
    from safetensors.torch import save

    values = {"b": torch.tensor([True, False]), "a": torch.randn(2, 3, dtype=torch.float64),
              "c": torch.tensor(3, dtype=torch.int8), "none": torch.empty(0, 4)}
    back = decode(header(tensors=list(values)), save(values)).values
    assert all(torch.equal(back[n], v) and back[n].dtype == v.dtype for n, v in values.items())
