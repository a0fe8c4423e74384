"""PixelCNN: an image as a sequence of pixels, each drawn given those before it.

    log p(x) = Σ_i log p(x_i | x_1 … x_{i-1}),  x_i in 0 … K-1

in raster order, row by row from the left, and within a pixel red, green, blue. One pass of a convolutional
network gives all factors of a given image, if no output sees its own input or a later one: masks see to that.
A stack of square masked kernels leaves a *blind spot*, a part of the past that it never sees. Two stacks see
all of it: one looks at the rows above, the other along the row.

Van den Oord, Kalchbrenner and Kavukcuoglu (2016), Pixel recurrent neural networks, arXiv:1601.06759.
Van den Oord et al. (2016), Conditional image generation with PixelCNN decoders, arXiv:1606.05328.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import check_range, one_hot
from genlab.models.conditioning import asked_labels
from genlab.models.pixel_likelihoods import Categorical
from genlab.models.pixel_sampling import draws
from genlab.random import rand


def causal_mask(mask_type: str, kernel_size: tuple[int, int], in_channels: int = 1, out_channels: int = 1,
                colours: int = 1) -> Tensor:
    """1 at the taps that come before the centre in raster order, (out, in, kh, kw).

    At the centre itself a feature of colour g sees inputs of colour h < g (mask A) or h ≤ g (mask B). Channels
    are blocks of equal size, one for each colour in order. Two rows above and the like: all colours.

    Raises:
        ValueError: another type than "A" or "B", a kernel without a centre, channels that do not divide.
    """
    if mask_type not in ("A", "B"):
        raise ValueError(f'mask_type must be "A" or "B", got {mask_type!r}')
    kh, kw = kernel_size
    if kh % 2 == 0 or kw % 2 == 0:
        raise ValueError(f"kernel_size must be odd, got {kh}×{kw}: an even kernel has no centre")
    if in_channels % colours or out_channels % colours:
        raise ValueError(f"{in_channels} and {out_channels} channels cannot be shared among {colours} colours")
    mask = torch.zeros(out_channels, in_channels, kh * kw)
    centre = kh * kw // 2
    mask[:, :, :centre] = 1
    seen = torch.arange(in_channels) * colours // in_channels
    sees = (torch.arange(out_channels) * colours // out_channels)[:, None]
    mask[:, :, centre] = (seen < sees if mask_type == "A" else seen <= sees).float()
    return mask.view(out_channels, in_channels, kh, kw)


class MaskedConv2d(nn.Conv2d):
    """A convolution that sees earlier pixels only: F.conv2d(x, W ⊙ mask). Its size is kept by padding.

    The cut weights stay in `weight`, get no gradient and are never read; nothing is written in `forward`.

    Args:
        mask_type: "A" without the pixel itself, for the first layer; "B" with it, for all others.
        args, kwargs: of `nn.Conv2d`: in_channels, out_channels, kernel_size, ….
        colours: how many channels an image has; see `causal_mask`.
    """

    mask: Tensor

    def __init__(self, mask_type: str, *args: Any, colours: int = 1, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if "padding" not in kwargs and len(args) < 5:
            self.padding = tuple(d * (k // 2) for k, d in zip(self.kernel_size, self.dilation, strict=True))
            self._reversed_padding_repeated_twice = [p for p in reversed(self.padding) for _ in range(2)]
        self.mask_type = mask_type
        mask = causal_mask(mask_type, self.kernel_size, self.in_channels // self.groups, self.out_channels, colours)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight * self.mask, self.bias)


def gate(x: Tensor) -> Tensor:
    """tanh of the first half of the channels, times the sigmoid of the second: (B, 2F, …) -> (B, F, …)."""
    value, door = x.chunk(2, 1)
    return value.tanh() * door.sigmoid()


class FirstLayer(nn.Module):
    """Pixels and places to features: (v, h), of which v has seen the rows above and h also what is to the left.

    Args:
        size: k of the kernels: k // 2 rows above, k wide; k // 2 pixels to the left. Odd.
    """

    def __init__(self, colours: int, features: int, size: int):
        super().__init__()
        self.above = size // 2
        self.vertical = nn.Conv2d(colours, features, (self.above, size), padding=(0, size // 2))
        self.horizontal = MaskedConv2d("A", colours, features, (1, size), padding=(0, size // 2), colours=colours)
        self.place = nn.Conv2d(PLACES, 2 * features, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        rows = F.pad(x, (0, 0, self.above, 0))[:, :, :-1]  # shifted down: row r sees r-1 and above, not itself
        v, h = self.place(places(x)).chunk(2, 1)
        v = v + self.vertical(rows)
        return v, h + self.horizontal(x)


class GatedLayer(nn.Module):
    """One layer of both stacks (fig. 2 of the second paper); d is the dilation, after arXiv:1511.07122.

        v ← v + gate(V * v),  rows r-d and r, columns c-d, c, c+d
        h ← h + O gate(H * h + L v),  columns c-d and c

    The link L goes from v to h and never back. The paper has no residual in v, PixelCNN++ has.

    Args:
        classes: of a class-conditional model: each adds a bias of its own before both gates; 0 for none.
    """

    def __init__(self, features: int, dilation: int, *, colours: int = 1, classes: int = 0, dropout: float = 0.0):
        super().__init__()
        self.dilation = dilation
        self.vertical = nn.Conv2d(features, 2 * features, (2, 3), dilation=dilation)
        self.horizontal = MaskedConv2d("B", features, 2 * features, (1, 3), dilation=dilation,
                                       padding=(0, dilation), colours=colours)
        self.link = nn.Conv2d(features, 2 * features, 1)
        self.out = MaskedConv2d("B", features, features, 1, colours=colours)
        self.label = nn.Linear(classes, 4 * features, bias=False) if classes else None
        self.dropout = nn.Dropout2d(dropout)
        self.order = gate_order(features, colours)

    def forward(self, v: Tensor, h: Tensor, label: Tensor | None = None) -> tuple[Tensor, Tensor]:
        d = self.dilation
        to_v, to_h = self.biases(label)
        v = v + gate(self.vertical(F.pad(v, (d, d, d, 0))) + to_v)
        z = self.horizontal(h) + self.link(v) + to_h
        return v, h + self.out(self.dropout(gate(z[:, self.order] if self.order is not None else z)))

    def biases(self, label: Tensor | None) -> tuple[Tensor | float, Tensor | float]:
        """What a class adds to both stacks, (B, 2F, 1, 1) each; 0 for no class."""
        if self.label is None:
            return 0.0, 0.0
        return self.label(label)[:, :, None, None].chunk(2, 1)


def gate_order(features: int, colours: int) -> list[int] | None:
    """Where the masks' blocks of colours have each its tanh and sigmoid half: all tanh first, then all sigmoid."""
    if colours == 1:
        return None
    block = torch.arange(2 * features).view(colours, 2, features // colours)
    return block.transpose(0, 1).flatten().tolist()


PLACES = 10  # features of a place


def places(x: Tensor) -> Tensor:
    """Where a pixel is, (1, PLACES, H, W): both coordinates in [-1, 1] and two octaves of waves over them."""
    grids = []
    for i, n in enumerate(x.shape[2:]):
        t = (torch.arange(n, device=x.device, dtype=x.dtype) + 0.5) * (2 / n) - 1
        waves = torch.stack([t, *(f(w * math.pi / 2 * t) for w in (1, 2) for f in (torch.sin, torch.cos))])
        grids.append(waves.view(1, -1, *((n, 1) if i == 0 else (1, n))).expand(-1, -1, *x.shape[2:]))
    return torch.cat(grids, 1)


class PixelCNN(nn.Module):
    """A distribution over images of whole numbers 0 … levels - 1 (int64), (B, channels, H, W) of any size.

    The gated network without a blind spot. Its layers have the dilations 1, 2, 4, 8, 4, 8, 1, 2, …, by which the
    default of seven sees every earlier pixel of an image of 28 by 28.

    Args:
        channels: 1 for grey, 3 for colour images.
        hidden_channels: features of each stack; a multiple of `channels` (rounded up).
        num_layers: layers, the first included.
        levels: values that a pixel can have.
        likelihood: what the last layer's outputs say about a pixel; by default one logit for each level, see
            `genlab.models.pixel_likelihoods`.
        num_classes: for a class-conditional model.
        first_size: kernel of the first layer, odd.
        dropout: probability with which a whole feature of the horizontal stack is dropped in training.
    """

    data_form = "levels"
    layer = GatedLayer  # a subclass may put another in its place

    def __init__(self, channels: int = 1, hidden_channels: int = 64, num_layers: int = 7, *, levels: int = 256,
                 likelihood: nn.Module | None = None, num_classes: int = 0, first_size: int = 7,
                 dilations: Sequence[int] = (1, 2, 4, 8, 4, 8), dropout: float = 0.0):
        super().__init__()
        if num_layers < 1 or levels < 2 or first_size % 2 == 0 or first_size < 3:
            raise ValueError(f"need at least one layer, two levels and an odd first kernel of 3 or more, got "
                             f"{num_layers}, {levels} and {first_size}")
        features = math.ceil(hidden_channels / channels) * channels
        self.channels, self.levels, self.num_classes = channels, levels, num_classes
        self.data_range = (0, levels - 1)
        self.likelihood = likelihood or Categorical(levels)
        self.first = FirstLayer(channels, features, first_size)
        self.layers = nn.ModuleList(
            self.layer(features, dilations[i % len(dilations)], colours=channels, classes=num_classes, dropout=dropout)
            for i in range(num_layers - 1))
        self.head = nn.Sequential(
            nn.ReLU(), MaskedConv2d("B", features, features, 1, colours=channels), nn.ReLU(),
            MaskedConv2d("B", features, channels * self.likelihood.outputs, 1, colours=channels))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """What the likelihood needs for each pixel, (B, outputs, channels, H, W): logits of its levels by default."""
        return self.outputs(self.scaled(x), self._label(labels, len(x)))

    def outputs(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """`forward` of levels that are scaled already, so that gradients reach x, and of one-hot labels."""
        v, h = self.first(x)
        for layer in self.layers:
            v, h = layer(v, h, label)
        return self.head(h).unflatten(1, (self.channels, -1)).transpose(1, 2)

    def scaled(self, x: Tensor) -> Tensor:
        """Levels as numbers in [-1, 1], in the precision of the weights: the same in training and sampling."""
        return x.to(self.first.vertical.weight.dtype) * (2 / (self.levels - 1)) - 1

    def log_prob_map(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """log p(x_i | what comes before) in nats, shaped like x."""
        self._check(x)
        return self.likelihood.log_prob(x, self(x, labels))

    def log_prob(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """log p(x) in nats, exact: (B, channels, H, W) -> (B,)."""
        return self.log_prob_map(x, labels).flatten(1).sum(1)

    def loss(self, x: Tensor, y: Tensor | None = None, *, rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Mean of -log p(x) in nats, and in bits per dimension. Only dropout, from torch's own state, is random."""
        nats = -self.log_prob(x, y if self.num_classes else None).mean()
        return {"loss": nats, "bits_per_dim": nats.detach() / (math.log(2) * max(1, x[0].numel()))}

    def sample(self, shape: Sequence[int] = (16, 1, 28, 28), *, given: Tensor | None = None,
               labels: Sequence[int] | Tensor | int | None = None, temperature: float = 1.0,
               cached: bool = True, rng: torch.Generator | None = None) -> Tensor:
        """Images of this shape, (B, channels, H, W) int64, pixel by pixel.

        Args:
            given: pixels that are known, of this shape or broadcast to it, and -1 where they are not. A pixel is
                drawn given those before it, so what is known *later* has no influence.
            labels: of a class-conditional model: one for all, or one for each.
            temperature: the log-probabilities of each pixel are divided by it; 0 takes the most probable level.
            cached: compute only what a new pixel changes; otherwise a full pass for each, for comparison.
        """
        return deque(self.trajectory(shape, given=given, labels=labels, temperature=temperature, cached=cached,
                                     rng=rng), maxlen=1).pop()

    def trajectory(self, shape: Sequence[int] = (16, 1, 28, 28), *, given: Tensor | None = None,
                   labels: Sequence[int] | Tensor | int | None = None, temperature: float = 1.0,
                   cached: bool = True, rng: torch.Generator | None = None) -> Iterator[Tensor]:
        """Samples in the making: H + 1 states, one after each row, with 0 where nothing is drawn yet."""
        like = self.first.vertical.weight
        if len(shape) != 4 or shape[1] != self.channels:
            raise ValueError(f"shape must be (B, {self.channels}, H, W), got {tuple(shape)}")
        if temperature < 0:
            raise ValueError(f"temperature must not be negative, got {temperature}")
        known = None
        if given is not None:
            known = torch.as_tensor(given, device=like.device).expand(*shape)
            check_range(known, -1, self.levels - 1, "mark pixels to be drawn by -1", what="given")
        labels = asked_labels(labels, shape[0], [self], like=like)
        u = rand(shape, like=like, rng=rng)
        yield from draws(self, u, known, self._label(labels, shape[0]), temperature, cached)

    def _label(self, labels: Tensor | None, n: int) -> Tensor | None:
        if not self.num_classes:
            return None
        if labels is None:
            raise ValueError("PixelCNN is conditional: pass labels, one for each row")
        return one_hot(labels, self.num_classes, like=self.first.vertical.weight)

    def _check(self, x: Tensor) -> None:
        if x.is_floating_point() or x.ndim != 4 or x.shape[1] != self.channels:
            raise ValueError(f"x must be whole numbers (B, {self.channels}, H, W), got {x.dtype} {tuple(x.shape)}: "
                             "use genlab.data.to_levels")
        check_range(x, *self.data_range, "the model was built for fewer levels", what="x")
