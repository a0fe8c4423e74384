"""Data sets as tensors: embedded, with a documented range and a fixed split.

    digits     real handwritten digits, 28×28, with their labels
    sprites    procedural shapes, 16×16, all factors known
    plane      densities in the plane, all values known (a module: plane.RING, plane.MOONS, …)
    folder     your own images
    Batches    slices of tensors, epoch after epoch, resumable; `loader` makes them of digits
    to_unit, to_signed, to_levels, binarize, check_range: the ranges of values
"""

from genlab.data.batches import Batches, loader
from genlab.data.digits import digits
from genlab.data.folder import folder
from genlab.data.ranges import binarize, check_range, to_levels, to_signed, to_unit
from genlab.data.sprites import Sprites, sprites

__all__ = [
    "Batches",
    "Sprites",
    "binarize",
    "check_range",
    "digits",
    "folder",
    "loader",
    "sprites",
    "to_levels",
    "to_signed",
    "to_unit",
]
