"""Each way in which a file cannot be read has a sentence of its own, which says what to do."""

import ast
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile

import jupytext
import nbconvert
import nbformat
import numpy
import pytest
import torch

from grading.ingest.notebook import MAX_CELLS, MAX_CODE, MAX_PARTS, Ungradable, parse
from tests.grading import mini

GOOD = json.dumps(mini.notebook(mini.AFFINE_CELL, mini.SCALE_CELL) | {"nbformat_minor": 4}, indent=1)
CUT = GOOD[:GOOD.index("nn.Module")]
NODE = nbformat.reads(GOOD, as_version=4)


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, GOOD)
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo("10_vae.ipynb")
        entry.size = len(GOOD)
        archive.addfile(entry, io.BytesIO(GOOD.encode()))
    return file.getvalue()


def saved(save, *things) -> bytes:
    file = io.BytesIO()
    save(file, *things)
    return file.getvalue()


def exported(kind: type[nbconvert.Exporter]) -> bytes:
    return kind().from_notebook_node(NODE)[0].encode()


def conflict() -> bytes:
    ours, theirs = '     "return 1"', '     "return 2"'
    return GOOD.replace("\n", f"\n<<<<<<< HEAD\n{ours}\n=======\n{theirs}\n>>>>>>> theirs\n", 1).encode()


LOGIN = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form></form></body></html>"
KINDS = {  # of file: (its bytes, what the sentence says of it)
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF"),
    "Word": (zipped("[Content_Types].xml", "word/document.xml"), "a Word document"),
    "Excel": (zipped("[Content_Types].xml", "xl/workbook.xml"), "a spreadsheet"),
    "PowerPoint": (zipped("[Content_Types].xml", "ppt/presentation.xml"), "slides"),
    "zip": (zipped("10_vae.ipynb"), "a zip archive"),
    "weights": (saved(lambda file, x: torch.save(x, file), torch.ones(2)), "torch.save"),
    "arrays": (saved(numpy.savez, numpy.ones(2)), "NumPy"),
    "gzip": (gzip.compress(GOOD.encode()), "gzip"),
    "bzip2": (bz2.compress(GOOD.encode()), "bzip2"),
    "xz": (lzma.compress(GOOD.encode()), "xz"),
    "7-Zip": (b"7z\xbc\xaf\x27\x1c\0\4", "7-Zip"),
    "RAR": (b"Rar!\x1a\x07\x01\0", "RAR"),
    "tar": (tarred(), "tar"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a picture"),
    "old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office"),
    "RTF": (b"{\\rtf1\\ansi{\\fonttbl}}", "RTF"),
    "web archive": (b"bplist00\xdf", "web archive"),
    "database": (b"SQLite format 3\0", "database"),
    "zeros": (bytes(4096), "nothing but zeros"),
    "noise": (bytes(range(128, 256)) * 8, "no kind that is known"),
    "login page": (LOGIN, "a web page"),
    "notebook as HTML": (exported(nbconvert.HTMLExporter), "saved as a web page"),
    "XML": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
    "script": (exported(nbconvert.PythonExporter), "a Python script"),
    "text": (b"Dear teacher, my notebook is gone. For me it is a riddle.", "a text"),
    "link": (b"https://colab.research.google.com/drive/1aBcD?usp=sharing\n", "a link"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "git lfs pull"),
    "patch": (b"diff --git a/10_vae.ipynb b/10_vae.ipynb\n", "a patch"),
    "merge conflict": (conflict(), "merge conflict (<<<<<<< and >>>>>>>), first in line 2"),
    "cut off": (CUT.encode(), f"ends in the middle, in line {len(CUT.splitlines())}."),
    "comma": (GOOD.replace('"cell_type": "code",', '"cell_type": "code",\n  },').encode(), "stands a comma"),
    "damaged": (GOOD.replace('"cell_type": "code"', '"cell_type": code"').encode(), "is damaged in line"),
    "too deep": (b"[" * 100_000, "nested too deep"),
    "Drive shortcut": (b'{"url": "https://docs.google.com/open?id=1aB", "doc_id": "1aB", "email": "a@b.c"}',
                       "a shortcut to a file in Google Drive"),
    "Zeppelin": (b'{"paragraphs": [{"text": "%python"}], "name": "x"}', "Zeppelin"),
    "web service": (b'{"message": "Not Found", "status": "404"}', "error message of a web service"),
    "other JSON": (b'{"name": "genlab", "private": true}', "no list of cells"),
    "number": (b"[3]", "JSON but not a notebook"),
    "cells alone": (json.dumps(mini.notebook(mini.AFFINE_CELL)["cells"]).encode(), "a list of cells without"),
    "cells no list": (b'{"cells": {"0": {}}, "nbformat": 4}', "its cells are not a list"),
    "head alone": (b'{"metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "the head of a notebook"),
    "two notebooks": ((GOOD + "\n" + GOOD).encode(), "Two notebooks stand in this file"),
    "many cells": (b'{"cells": [' + b"{}," * MAX_CELLS + b"{}]}", f"more than {MAX_CELLS} cells"),
    "much code": (mini.dump("#" * (MAX_CODE + 1)), "256 KB of code"),
    "many parts": (b'{"cells": [], "x": [' + b"{}," * MAX_PARTS + b"{}]}", "2 million parts"),
}


def sentence(data: bytes) -> str:
    with pytest.raises(Ungradable) as caught:
        parse(data)
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_is_named_and_the_remedy_given(kind):
    data, says = KINDS[kind]
    message = sentence(data)
    assert says in message
    assert any(remedy in message for remedy in ("Hand in", "hand it in", "hand in", "hand that in"))
    assert message[0].isupper() and message.endswith(".") and "Error" not in message and "{" not in message


def test_no_two_kinds_share_a_sentence():
    said = {kind: sentence(data) for kind, (data, _) in KINDS.items()}
    assert len(set(said.values())) == len(KINDS)


@pytest.mark.parametrize("kind", ["PDF", "Word", "login page", "script", "cut off", "Drive shortcut"])
def test_the_student_reads_the_sentence(graded, kind):
    record = graded(KINDS[kind][0])
    assert record["status"] == "ungradable" and record["points"] is None
    assert record["message"] == sentence(KINDS[kind][0])


@pytest.mark.parametrize("text", [
    jupytext.writes(NODE, fmt="py:percent"), jupytext.writes(NODE, fmt="py:light"), "import torch\n",
    "#!/usr/bin/env python\n# coding: utf-8\n\n\nx = 1\nfrom torch import nn\n", mini.AFFINE_CELL,
    "# %%\nx = 3"])
def test_scripts_of_every_kind(text):
    assert "a Python script" in sentence(text.encode())


@pytest.mark.parametrize("text", ["3", '"x"', "For x in y I have no answer.", "I import def from class",
                                  "with best regards, if you please", "# Heading\n\n* a list\n* of things"])
def test_texts_that_are_no_scripts(text):
    assert "a text" in sentence(text.encode())


@pytest.mark.parametrize("page", ["<html>", " \n<HTML lang=de>", "<!doctype html>", "\ufeff<!DOCTYPE html>",
                                  "<!-- a -->\n<html>"])
def test_web_pages(page):
    assert "a web page" in sentence(page.encode())


@pytest.mark.parametrize("link", ["http://example.org/x.ipynb", "[InternetShortcut]\r\nURL=https://example.org",
                                  "https://drive.google.com/file/d/1/view\r\n"])
def test_links(link):
    assert "a link" in sentence(link.encode())


@pytest.mark.parametrize("data", [
    b'{"": "WARNING! DO NOT EDIT THIS FILE!", "doc_id": "1x", "resource_key": "", "email": "a@b.c"}',
    b'{"url": "https://colab.research.google.com/drive/1x"}'])
def test_shortcuts(data):
    assert "shortcut" in sentence(data)


def test_every_place_where_a_notebook_can_be_cut_off_is_told():
    text = GOOD.rstrip()
    told = [place for place in range(1, len(text)) if "ends in the middle" in sentence(text[:place].encode())]
    assert len(told) > 0.99 * (len(text) - 1)
    assert all("not JSON" in sentence(text[:place].encode()) for place in range(2, len(text), 7))


def test_the_line_of_the_damage_is_right():
    lines = GOOD.split("\n")
    for number in range(3, len(lines), 5):
        spoilt = lines[:number - 1] + ["x" + lines[number - 1]] + lines[number:]
        assert f"line {number}," in sentence("\n".join(spoilt).encode())


def test_commas_in_both_kinds_of_brackets():
    for text in ('{"cells": [],}', '{"cells": [1, 2,\n]}', '{"cells": [], "metadata": {"a": 1 ,\n }}'):
        assert "comma" in sentence(text.encode())
    assert "comma" not in sentence(b'{"cells": [1 2]}')


def test_a_python_dictionary_is_no_json():
    assert "is damaged in line 1" in sentence(str(ast.literal_eval('{"cells": []}')).encode())
