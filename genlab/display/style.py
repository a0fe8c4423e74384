"""How every picture of the course looks, and how it reaches the page.

Colours are those of Okabe and Ito (2008, "Color Universal Design"), which people with any of the common
kinds of colour blindness can tell apart; fields use viridis, which is even in lightness.

Pictures are made without pyplot: nothing is left open, no global setting changes, and a figure that is
the value of a cell is shown once.

**Alt text.** JupyterLab and nbconvert's default template ignore the `alt` metadata of an image; older
templates and other viewers read it. So a picture is stored as one PNG with `alt` in its metadata, as its
plain text, and inside the file, followed by a line of HTML that screen readers find and eyes do not see.
A viewer that strips styles shows that line as a caption.
"""

import html
import io
from contextlib import contextmanager

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK, YELLOW = "#E69F00", "#56B4E9", "#000000", "#F0E442"
PALETTE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK, YELLOW)
INK, FAINT = "#333333", "#767676"  # both readable on white: contrast 12.6 and 4.5
FIELD_MAP = "viridis"
DPI = 100  # of the page; the file has SHARPNESS times as many pixels, for today's screens
SHARPNESS = 2

STYLE = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 10,
    "axes.titlesize": 11, "axes.titlelocation": "left", "axes.titlepad": 10, "axes.titleweight": "normal",
    "axes.labelsize": 10, "axes.labelcolor": INK, "text.color": INK, "axes.edgecolor": "#999999",
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8,
    "axes.grid": True, "grid.color": "#E6E6E6", "grid.linewidth": 0.8, "axes.axisbelow": True,
    "xtick.color": INK, "ytick.color": INK, "xtick.labelsize": 9, "ytick.labelsize": 9,
    "xtick.major.size": 3, "ytick.major.size": 0, "lines.linewidth": 1.8, "lines.solid_capstyle": "round",
    "legend.frameon": False, "legend.fontsize": 9, "figure.facecolor": "white", "image.cmap": FIELD_MAP,
    "axes.prop_cycle": matplotlib.cycler(color=PALETTE), "axes.formatter.useoffset": False,
}

_HIDDEN = "position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%)"


class Picture(Figure):
    """A matplotlib figure that knows its alt text and shows itself once as the value of a cell.

    Args:
        alt: what the picture shows, for readers who do not see it.
        photographic: keep every colour. Otherwise the file has 256 of them, which in charts nobody sees,
            and less than half the size; grey stays exact.
    """

    def __init__(self, *args, alt: str = "", photographic: bool = False, **options):
        super().__init__(*args, **options)
        FigureCanvasAgg(self)
        self.alt = alt
        self.photographic = photographic

    def png(self) -> bytes:
        """The file that `show` displays."""
        return png(pixels(self), alt=self.alt, photographic=self.photographic)

    def _ipython_display_(self) -> None:
        show(self)


@contextmanager
def in_style():
    """Within it, matplotlib draws as the course does; outside nothing has changed."""
    with matplotlib.rc_context(STYLE):
        yield


def for_text(colour: str) -> str:
    """A colour of the palette, dark enough for letters on white."""
    red, green, blue = (round(0.72 * int(colour[i:i + 2], 16)) for i in (1, 3, 5))
    return f"#{red:02x}{green:02x}{blue:02x}"


def new_picture(width: float = 6.5, height: float = 3.2, *, alt: str = "", **options) -> Picture:
    """An empty picture; width and height in inches of 100 pixels. Call it within `in_style()`."""
    return Picture(figsize=(width, height), dpi=DPI, alt=alt, layout="constrained", **options)


def pixels(figure: Figure, sharpness: float = SHARPNESS) -> np.ndarray:
    """The figure as an array (H, W, 3) of bytes."""
    with in_style(), _resolution(figure, DPI * sharpness):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.array(canvas.buffer_rgba())[..., :3]


@contextmanager
def _resolution(figure: Figure, dpi: float):
    """Give the figure another resolution and its own canvas back afterwards."""
    canvas, before = figure.canvas, figure.dpi
    figure.dpi = dpi
    try:
        yield
    finally:
        figure.set_canvas(canvas)
        figure.dpi = before


def png(image: np.ndarray, *, alt: str = "", photographic: bool = False) -> bytes:
    """A small PNG of (H, W) or (H, W, 3) bytes, with its description inside."""
    picture = Image.fromarray(image)
    if image.ndim == 3 and (image == image[..., :1]).all():
        picture = Image.fromarray(image[..., 0])
    elif image.ndim == 3 and not photographic:
        picture = _fewer_colours(picture)
    text = PngImagePlugin.PngInfo()
    if alt:
        text.add_itxt("Description", alt)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True, pnginfo=text)
    return file.getvalue()


def _fewer_colours(picture: Image.Image) -> Image.Image:
    """The picture with a palette of 256 colours, in which white is white."""
    picture = picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = np.array(picture.getpalette("RGB")).reshape(-1, 3)
    palette[(palette >= 252).all(1)] = 255
    picture.putpalette(palette.ravel().tolist())
    return picture


def bundle(data: bytes, alt: str) -> tuple[dict, dict]:
    """Jupyter's representations of an image and their metadata; shown at its size on the page."""
    width, height = Image.open(io.BytesIO(data)).size
    size = {"width": round(width / SHARPNESS), "height": round(height / SHARPNESS)}
    described = {"alt": alt} if alt else {}
    return ({"image/png": data, "text/plain": alt or "picture"}, {"image/png": {**size, **described}})


def description(alt: str) -> dict:
    """The line of HTML that makes alt text reach screen readers wherever images cannot carry it."""
    return {"text/html": f'<p style="{_HIDDEN}">Picture: {html.escape(alt)}</p>', "text/plain": ""}


def show(figure: Figure, alt: str | None = None) -> None:
    """Display a figure, now, with alt text; a figure made by pyplot is closed. Without a notebook: nothing.

    Args:
        figure: any matplotlib figure.
        alt: what it shows; by default the picture's own.
    """
    alt = getattr(figure, "alt", "") if alt is None else alt
    if not in_notebook():
        return
    from IPython.display import display

    photographic = getattr(figure, "photographic", False)
    data, metadata = bundle(png(pixels(figure), alt=alt, photographic=photographic), alt)
    display(data, raw=True, metadata=metadata)
    if alt:
        display(description(alt), raw=True)
    _close(figure)


def in_notebook() -> bool:
    """Whether someone would see what is displayed: an IPython shell is running."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython() is not None


def _close(figure: Figure) -> None:
    """Forget a figure of pyplot, which otherwise is shown again at the end of the cell."""
    import sys

    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)
