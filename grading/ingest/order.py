"""Notebooks that run only in an order of their own: a cell needs what a cell below it defines."""

import builtins
from collections.abc import Iterable, Mapping

from grading.ingest.depend import Name
from grading.ingest.units import Unit

_MAX_SENTENCES = 10


def out_of_order(found: list[Unit], index: Mapping[str, Name], chosen: Iterable[int]) -> list[str]:
    """A sentence for each name that a chosen statement needs at once and that is bound only below it.

    `index` has, by name, the places in `found` of the statements that concern it. Such a notebook
    has been run in another order than that of its cells, and fails from a fresh start.
    """
    sentences, known = [], set(dir(builtins))
    star = next((i for i, unit in enumerate(found) if unit.star), len(found))  # who knows what it brings
    for i in (i for i in chosen if i < star):
        unit = found[i]
        for name in sorted(unit.now - known):
            places = index[name].bound if name in index else ()
            if places and places[0] > i:
                sentences.append(f"Cell {unit.cell}, line {unit.line} needs `{name}`, which is defined only "
                                 f"below, in cell {found[places[0]].cell}. Cells are run in the order in "
                                 "which they stand: move the definition up.")
    return sentences[:_MAX_SENTENCES]
