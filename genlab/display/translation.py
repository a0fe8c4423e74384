"""Image to image, to touch: an outline that becomes a digit, and what one verdict of a PatchGAN sees."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from genlab.display.grids import show_grid
from genlab.display.modules import Touchable, make
from genlab.display.quiet import quietly
from genlab.display.style import PALETTE, Picture, in_style, new_picture
from genlab.models.pix2pix import PatchGAN, Pix2PixGenerator

MOST = 360_000  # weights that travel with a widget, in half precision


def outline_painter(generator: nn.Module, examples: Tensor, *, title: str | None = None) -> Touchable:
    """A page to draw an outline on; beside it, at once, what the generator makes of it, without its noise.

    The network runs in the browser, from its weights in half precision. `.widget.drawing` holds the page, 0 and 1.

    Args:
        generator: a `Pix2PixGenerator` of one channel with instance norms, or a module with the same blocks `down` and
            `up`, up to 360,000 weights.
        examples: outlines (N, 1, S, S) of 0 and 1; the first is on the page at the beginning.

    Raises:
        ValueError: a generator of another kind, or one that is too large.
    """
    weights, blocks = _weights(generator)
    pages = (examples.detach().cpu().flatten(1) > 0.5).int().tolist()
    widget = make("outline.js", dict(weights=weights, blocks=blocks, size=examples.shape[-1], examples=pages),
                  dict(drawing=pages[0]))
    some = examples[:10].cpu()
    still = show_grid([some, drawn(generator, some)], rows=["outline", "made of it"], scale=2, title=title,
                      alt="Outlines of digits, and below each what the network makes of it")
    return Touchable(widget, still)


def drawn(generator: nn.Module, outlines: Tensor) -> Tensor:
    """What a generator with blocks `down` and `up` makes of outlines, without noise: (N, C, S, S), both in [0, 1]."""
    like = next(generator.parameters())
    size, channels = outlines.shape[-1], generator.up[-1][0].out_channels
    norm = "instance" if isinstance(generator.down[1][1], nn.InstanceNorm2d) else "batch"
    widths = [block[0].out_channels for block in generator.down]
    plain = Pix2PixGenerator(outlines.shape[1], channels, image_size=size, width=widths[0], max_width=max(widths),
                             norm=norm)
    plain.load_state_dict(generator.state_dict())
    plain.to(like).noisy = False
    with quietly(plain):
        return (plain(2 * outlines.to(like) - 1).cpu() + 1) / 2


def _weights(generator: nn.Module) -> tuple[bytes, list[dict[str, object]]]:
    """All weights block after block, and what the blocks are."""
    parts, blocks = [], []
    for up, block in [*[(False, b) for b in generator.down], *[(True, b) for b in generator.up]]:
        convolution, norm = block
        if not isinstance(norm, (nn.Identity, nn.InstanceNorm2d)):
            raise ValueError(f"the page takes a generator with instance norms, got {type(norm).__name__}: what it "
                             'draws would depend on other images; build it with norm="instance"')
        normed = isinstance(norm, nn.InstanceNorm2d)
        parts += [convolution.weight, *([norm.weight, norm.bias] if normed else [convolution.bias])]
        blocks.append(dict(inside=convolution.in_channels, outside=convolution.out_channels, norm=normed, up=up))
    count = sum(part.numel() for part in parts)
    if count > MOST or blocks[0]["inside"] != 1 or blocks[-1]["outside"] != 1:
        raise ValueError(f"the page takes a generator of one channel with at most {MOST:,} weights, got {count:,} "
                         f"and channels {blocks[0]['inside']} and {blocks[-1]['outside']}: use a smaller width")
    return b"".join(p.detach().cpu().half().numpy().astype("<f2").tobytes() for p in parts), blocks


def patch_explorer(images: Mapping[str, Tensor], *, layers: int = 1, logit: tuple[int, int] = (4, 5)) -> Touchable:
    """Images side by side with the patch of one logit on them, and a map of logits to point at.

    Args:
        images: by their titles, (S, S) or (1, S, S) in [0, 1], all of one size.
        layers: of stride 2, where the slider starts; it ends at 3.
    """
    sizes = {image.shape[-1] for image in images.values()}
    if len(sizes) != 1:
        raise ValueError(f"images must be squares of one size, got sides {sorted(sizes)}")
    rows = [[title, [round(v, 3) for v in image.detach().cpu().flatten().tolist()]] for title, image in images.items()]
    widget = make("patches.js", dict(images=rows, size=sizes.pop(), most=3), dict(layers=layers, logit=list(logit)))
    return Touchable(widget, plot_patches(list(images.values())[-1], (0, 1, 2)))


def plot_patches(image: Tensor, layers: Sequence[int], *, alt: str | None = None) -> Picture:
    """One image for each number of layers, with the patches of two neighbouring logits of its middle."""
    size = image.shape[-1]
    alt = alt or ("An image, and on it the patches of two neighbouring verdicts of a PatchGAN with "
                  f"{', '.join(map(str, layers))} layers of stride 2: they grow, and they overlap")
    with in_style():
        figure = new_picture(2.2 * len(layers), 2.6, alt=alt)
        for ax, count in zip(figure.subplots(1, len(layers), squeeze=False)[0], layers, strict=True):
            judge = PatchGAN(1, 1, width=1, layers=count, norm="none")
            field, step = judge.field, 2**count
            ax.imshow(image.detach().cpu().reshape(size, size).numpy(), cmap="gray", vmin=0, vmax=1)
            start = 1 - 3 * step if count else 0  # of the first patch, in the padding
            first = start + step * round(((size - field) / 2 - start) / step)
            for k, colour in enumerate((PALETTE[1], PALETTE[0])):
                corner = (first + k * step - 0.5, first - 0.5)
                ax.add_patch(Rectangle(corner, field, field, fill=False, edgecolor=colour, linewidth=2))
            ax.set_axis_off()
            ax.set_title(f"{count} layers: {field} × {field}", fontsize=9)
    return figure


def input_gradients(judge: PatchGAN, size: int, logit: tuple[int, int] | None = None) -> Tensor:
    """How strongly one logit depends on each pixel of the image that it judges: (size, size), at least 0.

    Args:
        judge: without norms, whose statistics see every pixel.
        logit: its place in the map; by default the middle.
    """
    like = next(judge.parameters())
    inside = judge.net[0].in_channels - (1 if judge.conditional else 0)
    x = torch.zeros(1, max(1, inside), size, size).to(like)
    y = (0.1 * torch.randn(1, 1, size, size, generator=torch.Generator().manual_seed(0))).to(like).requires_grad_()
    map_ = judge(x[:, :inside] if inside else x, y)[0, 0]
    i, j = logit or (map_.shape[0] // 2, map_.shape[1] // 2)
    return torch.autograd.grad(map_[i, j], y)[0][0, 0].abs().detach().cpu()
