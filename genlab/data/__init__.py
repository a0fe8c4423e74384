"""Data sets as tensors: embedded, with a documented range and a fixed split.

    digits     real handwritten digits, 28×28, with their labels
    small_digits  the same, 8×8 in 17 levels, for models that are slow
    sprites    procedural shapes, 16×16, all factors known
    shapes     coloured shapes with captions, 32×32, and a rule that reads them back
    plane      densities in the plane, all values known (a module: plane.RING, plane.MOONS, …)
    folder     your own images
    pairs      an image that is given and one that is to be drawn: outline_pairs, striped_pairs, pair_folder
    patches    binary images as tokens: to_patches, from_patches
    speech     letters and spectrograms: spoken_digits (eSpeak NG, or tones), speech_folder (your own)
    text       characters of a text, yours or what every Python brings
    Batches    slices of tensors, epoch after epoch, resumable; `loader` makes them of digits
    to_form, to_unit, to_signed, to_levels, binarize, check_range: the ranges of values
"""

from genlab.data.batches import Batches, loader
from genlab.data.digits import digits
from genlab.data.folder import folder
from genlab.data.pairs import outline_pairs, outlines, pair_folder, striped_pairs
from genlab.data.patches import from_patches, to_patches
from genlab.data.ranges import binarize, check_range, to_form, to_levels, to_signed, to_unit
from genlab.data.shapes import Shapes, shapes
from genlab.data.small_digits import small_digits
from genlab.data.speech import Spoken, speech_folder, spell, spoken_digits
from genlab.data.sprites import Sprites, sprites
from genlab.data.text import Text, text, windows

__all__ = ["Batches", "Spoken", "Sprites", "Text", "binarize", "check_range", "digits", "folder", "from_patches",
           "loader", "outline_pairs", "outlines", "pair_folder", "small_digits", "speech_folder", "spell",
           "spoken_digits", "sprites", "striped_pairs", "text", "to_form", "to_levels", "to_patches", "to_signed",
           "to_unit", "windows"]
__all__ = ["Batches", "Shapes", "Sprites", "Text", "binarize", "check_range", "digits", "folder", "from_patches",
           "loader", "outline_pairs", "outlines", "pair_folder", "shapes", "small_digits", "sprites", "striped_pairs",
           "text", "to_form", "to_levels", "to_patches", "to_signed", "to_unit", "windows"]
