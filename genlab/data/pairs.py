"""Pairs of images: what is given, and what is to be drawn.

    outline_pairs    the outline of a digit, and the digit
    striped_pairs    the outline of a digit, and the digit filled with stripes whose place nothing tells
    pair_folder      your own: two folders of equal names, or images that hold both halves side by side

All (N, C, S, S) in [0, 1].
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from genlab.data.digits import digits
from genlab.data.folder import folder, images_of, read_image
from genlab.random import randint

LEVELS = (1.0, 0.6, 0.2, 0.6)  # of the stripes, along a row


def outlines(images: Tensor) -> Tensor:
    """Outline of what is bright, as 0 and 1: (B, 1, H, W) in [0, 1] -> the same shape.

    A pixel is on the outline if it is dark (at most one half) and one of its eight neighbours is not.
    """
    bright = (images > 0.5).to(images.dtype)
    return F.max_pool2d(bright, 3, stride=1, padding=1) - bright


def outline_pairs(split: str = "train", *, source: str = "embedded") -> tuple[Tensor, Tensor, Tensor]:
    """Outlines and digits (N, 1, 32, 32) in [0, 1], and labels (N,)."""
    images, labels = digits(split, source=source)
    images = F.pad(images, (2, 2, 2, 2))
    return outlines(images), images, labels


def striped_pairs(split: str = "train", *, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Outlines, striped digits (N, 1, 32, 32) in [0, 1], and what is inside of each outline, as 0 and 1.

    The digits are one pixel thicker than those of `outline_pairs`. Stripes are slanted: `LEVELS` one after the other
    along each row. With which of them they begin is drawn for each image, and nothing in the outline tells. Equal
    seeds give equal stripes.
    """
    images, _ = digits(split)
    inside = F.max_pool2d((F.pad(images, (2, 2, 2, 2)) > 0.5).to(images.dtype), 3, stride=1, padding=1)
    start = randint(0, len(LEVELS), (len(images), 1, 1, 1), rng=torch.Generator().manual_seed(seed))
    return outlines(inside), inside * stripes(start, inside.shape[-1]), inside


def stripes(start: Tensor | int, size: int = 32) -> Tensor:
    """The pattern itself, (…, size, size), for stripes that begin with LEVELS[start]."""
    place = torch.arange(size)
    return torch.tensor(LEVELS)[(place[:, None] + place + start) % len(LEVELS)]


def pair_folder(path: str | Path, *, size: int = 256, channels: int = 3) -> tuple[Tensor, Tensor]:
    """Your own pairs: inputs and targets, two tensors (N, channels, size, size) in [0, 1].

        inputs, targets = pair_folder("facades", size=64)

    Either the folder has two subfolders, the inputs' first in the order of names (such as "A" and "B"), whose files
    have equal names; or each of its images holds both halves side by side, the input on the left, as the published
    sets of pairs do.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: files without a partner, images that are not twice as wide as high, or none at all.
    """
    path = Path(path).expanduser()
    inside = path.iterdir() if path.is_dir() else ()
    parts = sorted(part for part in inside if part.is_dir() and not part.name.startswith("."))
    if len(parts) == 2:
        first, second = (folder(part, size=size, channels=channels) for part in parts)
        names = [[Path(file).stem for file in part.files] for part in (first, second)]
        if names[0] != names[1]:
            alone = sorted(set(names[0]) ^ set(names[1]))
            raise ValueError(f"these files have no partner in the other folder: {', '.join(alone[:5])}")
        return first.images, second.images
    from PIL import Image  # here, as in genlab.data.folder

    halves = []
    for file in images_of(path):
        with Image.open(file) as image:
            if abs(image.width / image.height - 2) > 0.05:
                raise ValueError(f"{file} is {image.width} × {image.height}: a pair side by side is twice as wide as "
                                 "high; or put inputs and targets into two folders, A and B")
        both = read_image(file, size, channels, wide=2)
        halves.append(both.split(size, dim=2))
    inputs, targets = zip(*halves, strict=True)
    return torch.stack(inputs), torch.stack(targets)
