"""Your own images, as tensors like those of the embedded sets."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
MODES = {1: "L", 3: "RGB"}


class Folder(tuple):
    """A pair (images, labels), as `Batches(*pair, size=64)` takes it, which also knows where they come from.

    images: (N, channels, size, size) in [0, 1].
    labels: (N,) int64, the place of an image's class in `classes`.
    files: the path of each image below the folder.
    classes: names of the subfolders, or of the folder itself if the images lie in it.
    """

    images: Tensor
    labels: Tensor
    files: list[str]
    classes: list[str]

    def __new__(cls, images: Tensor, labels: Tensor, files: list[str], classes: list[str]):
        pair = super().__new__(cls, (images, labels))
        pair.images, pair.labels, pair.files, pair.classes = images, labels, files, classes
        return pair


def folder(path: str | Path, *, size: int = 28, channels: int = 1) -> Folder:
    """All images of a folder with their labels: (N, channels, size, size) in [0, 1], and (N,) int64.

        images, labels = folder("faces")
        train_vae(model, Batches(*folder("faces"), size=64))

    Subfolders are classes, in the order of their names; if none holds an image, those of the folder itself
    are one class. Each is cut to its middle square and resized. Transparent parts become white; of
    a film the first picture counts. The order is that of the names.

    Args:
        size: pixels along a side.
        channels: 1 for grey, 3 for red, green and blue.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: there is no image in it, one cannot be read, or some lie in subfolders and some beside.
    """
    if channels not in MODES:
        raise ValueError(f"channels must be 1 (grey) or 3 (colour), got {channels}")
    if size < 1:
        raise ValueError(f"size must be at least 1, got {size}")
    path = Path(path).expanduser()
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is not a folder: give the folder that holds the images")
    beside = _images_in(path)
    below = {part.name: _images_in(part) for part in sorted(path.iterdir())
             if part.is_dir() and not part.name.startswith(".")}
    classes = {name: files for name, files in below.items() if files}
    if beside and classes:
        raise ValueError(f"{path} holds images beside the subfolders {', '.join(classes)}: move them into one "
                         "subfolder for each class, or take the subfolders away")
    classes = classes or {path.resolve().name: beside}
    files = [(file, label) for label, found in enumerate(classes.values()) for file in found]
    if not files:
        raise ValueError(f"{path} holds no image: files named {' '.join(SUFFIXES)} are read")
    images = torch.stack([read_image(file, size, channels) for file, _ in files])
    labels = torch.tensor([label for _, label in files])
    return Folder(images, labels, [file.relative_to(path).as_posix() for file, _ in files], list(classes))


def images_of(path: Path) -> list[Path]:
    """The image files that lie in a folder, in the order of their names.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it holds no image.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is not a folder: give the folder that holds the images")
    files = _images_in(path)
    if not files:
        raise ValueError(f"{path} holds no image: files named {' '.join(SUFFIXES)} are read")
    return files


def _images_in(path: Path) -> list[Path]:
    return sorted(file for file in path.iterdir()
                  if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file())


def read_image(file: Path, size: int, channels: int, *, wide: int = 1) -> Tensor:
    """The middle of one image, `wide` times as wide as high: (channels, size, wide · size) in [0, 1]."""
    from PIL import Image, ImageOps  # here, so that checks of answers need no more than torch and numpy

    try:
        with Image.open(file) as image:
            upright = ImageOps.exif_transpose(image)  # cameras store the turn beside the pixels
            square = ImageOps.fit(_opaque(upright).convert(MODES[channels]), (wide * size, size),
                                  method=Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # all of them Pillow's
        raise ValueError(f"{file} cannot be read ({error}): remove it, or save it as PNG") from error
    pixels = torch.from_numpy(np.array(square)).view(size, wide * size, channels)
    return pixels.permute(2, 0, 1).float() / 255


def _opaque(image):
    """The image with 8 bits a channel, on white where it is transparent."""
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits a pixel, of which Pillow would cut off everything above 255
        return Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image
