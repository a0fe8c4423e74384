"""Your own images, as tensors like those of the embedded sets."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
MODES = {1: "L", 3: "RGB"}


def folder(path: str | Path, *, size: int = 28, channels: int = 1) -> tuple[Tensor, list[str]]:
    """All images of a folder (not of those inside it): (N, channels, size, size) in [0, 1], and their names.

    Each is cut to its middle square and resized. Transparent parts become white; of a film the first
    picture counts. The order is that of the names.

    Args:
        size: pixels along a side.
        channels: 1 for grey, 3 for red, green and blue.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: there is no image in it, or one cannot be read.
    """
    if channels not in MODES:
        raise ValueError(f"channels must be 1 (grey) or 3 (colour), got {channels}")
    if size < 1:
        raise ValueError(f"size must be at least 1, got {size}")
    path = Path(path).expanduser()
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is not a folder: give the folder that holds the images")
    files = sorted(file for file in path.iterdir()
                   if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file())
    if not files:
        raise ValueError(f"{path} holds no image: files named {' '.join(SUFFIXES)} are read")
    images = torch.stack([_read(file, size, channels) for file in files])
    return images, [file.name for file in files]


def _read(file: Path, size: int, channels: int) -> Tensor:
    """One image, (channels, size, size)."""
    try:
        with Image.open(file) as image:
            upright = ImageOps.exif_transpose(image)  # cameras store the turn beside the pixels
            square = ImageOps.fit(_opaque(upright).convert(MODES[channels]), (size, size),
                                  method=Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # all of them Pillow's
        raise ValueError(f"{file} cannot be read ({error}): remove it, or save it as PNG") from error
    pixels = torch.from_numpy(np.array(square)).view(size, size, channels)
    return pixels.permute(2, 0, 1).float() / 255


def _opaque(image: Image.Image) -> Image.Image:
    """The image with 8 bits a channel, on white where it is transparent."""
    if image.mode.startswith("I"):  # 16 bits a pixel, of which Pillow would cut off everything above 255
        return Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image
