"""Drawing pixels one after the other, and computing for each only what it changes.

A new pixel changes the horizontal stack at the places to its right in the same row, of which only the next
one is wanted; and the vertical stack in later rows. So each layer keeps its features of the row at hand and of the
rows above: a row of the vertical stack is computed once, and each pixel costs two small matrix products per layer
in place of a pass over the whole image (Ramachandran et al. 2017, Fast generation for convolutional autoregressive
models, arXiv:1704.06001).
"""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import evaluating


def draws(model: nn.Module, u: Tensor, known: Tensor | None, label: Tensor | None, temperature: float,
          cached: bool) -> Iterator[Tensor]:
    """The states after each row, H + 1 in all, by the inverse of the cumulative sums at u (B, C, H, W)."""
    x = torch.zeros(u.shape, dtype=torch.int64, device=u.device)
    yield x.clone()
    if known is not None:
        known = known.long()
    with evaluating(model), torch.inference_mode():
        see = RowCache(model, u.shape, label) if cached else _FullPass(model, label)
    for r in range(u.shape[2]):
        with evaluating(model), torch.inference_mode():
            see.row(x, r)
            for c, (cells, chances) in enumerate(zip(_columns(x, r), _columns(u, r), strict=True)):
                for g, cell in enumerate(cells):
                    pixel = _pick(model.likelihood.log_probs(see.outputs(x, r, c, g)), chances[g], temperature)
                    if known is not None:
                        pixel = torch.where(known[:, g, r, c] < 0, pixel, known[:, g, r, c])
                    cell.copy_(pixel)
        yield x.clone()


def _columns(x: Tensor, r: int) -> list[tuple[Tensor, ...]]:
    """Views of row r, by column and colour."""
    return [column.unbind(1) for column in x[:, :, r].unbind(2)]


def _pick(log_probs: Tensor, u: Tensor, temperature: float) -> Tensor:
    """A level for each row of log-probabilities (B, K)."""
    if temperature == 0:
        return log_probs.argmax(1)
    cumulative = (log_probs if temperature == 1 else (log_probs / temperature).log_softmax(1)).exp().cumsum(1)
    # u times the last entry, which rounding may leave off 1.
    return (cumulative[:, :-1] <= u[:, None] * cumulative[:, -1:]).sum(1)


class _FullPass:
    """All outputs of the whole image for each pixel, as a textbook does it."""

    def __init__(self, model: nn.Module, label: Tensor | None):
        self.model, self.labels = model, label

    def row(self, x: Tensor, r: int) -> None:
        pass

    def outputs(self, x: Tensor, r: int, c: int, g: int) -> Tensor:
        return self.model(x, self.labels)[:, :, g, r, c]


class RowCache:
    """Features that are known already, for images of one size.

    A pixel costs a few products of small matrices, so that the calls themselves are most of its time: there are as
    few as the arithmetic allows, into buffers and views that are made once a row. On a CPU they are NumPy's, which
    start about twice as fast as PyTorch's. The gate takes one tanh in place of a tanh and a sigmoid by
    tanh(a) σ(b) = tanh(a) (1 + tanh(b/2)) / 2, whose halves are moved into the weights before and after it.

    Args:
        model: a `PixelCNN`.
        shape: of the images, (B, C, H, W).
        label: one-hot classes, or None.
    """

    def __init__(self, model: nn.Module, shape: tuple[int, ...], label: Tensor | None):
        self.n, self.colours, height, self.width = shape
        first = model.first
        weight = first.vertical.weight
        self.model, self.np = model, np if weight.device.type == "cpu" else torch
        features = weight.shape[0]
        self.reach = first.horizontal.kernel_size[1] // 2
        v, h = first.place(places_of(weight, shape)).chunk(2, 1)
        self.place_v, self.place_h = v, _fast(h[0].permute(1, 2, 0) + first.horizontal.bias)  # (1, F, H, W); (H, W, F)
        own = (first.horizontal.weight * first.horizontal.mask)[:, :, 0, :self.reach + 1]  # also earlier colours' taps
        self.first_taps = _fast(own.flatten(1).t())
        self.layers = [_Layer(layer, self.n, height, self.width, features, label, weight) for layer in model.layers]
        self.head = [tuple(map(_fast, _dense(model.head[k]))) for k in (1, 3)]
        self.scaled = _fast(model.scaled(torch.arange(model.levels, device=weight.device)))
        self.zero = _fast(weight.new_zeros(()))

    def row(self, x: Tensor, r: int) -> None:
        """Begin row r: the vertical stack, of which rows up to r - 1 of x are all it sees."""
        first = self.model.first
        rows = self.model.scaled(x[:, :, max(0, r - first.above):r])
        rows = F.pad(rows, (0, 0, first.above - rows.shape[2], 0))
        v = (first.vertical(rows) + self.place_v[:, :, r:r + 1])[:, :, 0].permute(2, 0, 1)  # (W, B, F)
        for layer in self.layers:
            v = layer.vertical(v, r)
        # Left of the image is 0, as the padding of a full pass; pixels of this row come as they are drawn.
        self.line = _fast(v.new_zeros(self.n, self.colours, self.width + self.reach))
        self.drawn, self.places = _fast(x)[:, :, r], list(self.place_h[r])

    def outputs(self, x: Tensor, r: int, c: int, g: int) -> Tensor:
        """What the likelihood needs for colour g of pixel (r, c), (B, outputs)."""
        at, colour = (c, g - 1) if g > 0 else (c - 1, self.colours - 1)  # drawn last
        if at >= 0:
            self.line[:, colour, at + self.reach] = self.scaled[self.drawn[:, colour, at]]
        h = self.np.matmul(self.line[:, :, c:c + self.reach + 1].reshape(self.n, len(self.first_taps)), self.first_taps)
        h += self.places[c]
        for layer in self.layers:
            layer.horizontal(h, c, last=g == self.colours - 1)
        for weight, bias in self.head:
            h = self.np.matmul(self.np.maximum(h, self.zero), weight)
            h += bias
        h = torch.as_tensor(h)
        return h if self.colours == 1 else h.unflatten(1, (self.colours, -1))[:, g]


class _Layer:
    """One gated layer: the rows of v that later rows look back to, and what is known of h's gates in this row."""

    def __init__(self, layer: nn.Module, n: int, height: int, width: int, features: int, label: Tensor | None,
                 like: Tensor):
        self.dilation, self.width, self.np = layer.dilation, width, np if like.device.type == "cpu" else torch
        order = torch.arange(2 * features) if layer.order is None else torch.tensor(layer.order)
        halves = like.new_ones(2 * features)
        halves[features:] = 0.5
        to_v, to_h = (to[:, :, 0, 0] if isinstance(to, Tensor) else to for to in layer.biases(label))
        # Rows of v with the padding of a full pass; row r - d is above row r.
        self.rows = like.new_zeros(height + layer.dilation, width + 2 * layer.dilation, n, features)
        self.above_and_own = (layer.vertical.weight * halves[:, None, None, None]).permute(2, 3, 1, 0).flatten(0, 2)
        self.bias_v = (layer.vertical.bias + to_v) * halves
        self.link = (layer.link.weight[order, :, 0, 0] * halves[:, None]).t().contiguous()
        self.bias_h = (layer.link.bias + layer.horizontal.bias + to_h)[..., order] * halves
        left, own = (halves[:, None] * (layer.horizontal.weight * layer.horizontal.mask)[order][:, :, 0, k]
                     for k in (0, 1))
        self.taps = _fast(torch.cat([own, left]).t().contiguous())  # what a pixel gives to itself, and d further on
        both, z, gated = (_fast(like.new_ones(n, size)) for size in (4 * features, 2 * features, features + 1))
        self.both, self.here, self.further = both, both[:, :2 * features], both[:, 2 * features:]
        self.z, self.value, self.door = z, z[:, :features], z[:, features:]
        self.gated, self.inner = gated, gated[:, :features]  # the 1 beside brings the bias into the product
        weight, bias = _dense(layer.out)
        self.out = _fast(torch.cat([weight / 2, bias[None]]))
        self.more = _fast(like.new_empty(n, features))

    def vertical(self, v: Tensor, r: int) -> Tensor:
        """Row r of v, (W, B, F), from row r of the layer below; then `known`: what it gives to the gates of h."""
        d, width = self.dilation, self.width
        self.rows[r + d, d:d + width] = v
        seen = torch.cat([self.rows[row, k:k + width] for row in (r, r + d) for k in (0, d, 2 * d)], -1)
        value, door = (seen @ self.above_and_own).add_(self.bias_v).tanh_().chunk(2, -1)
        v = v + torch.addcmul(value, value, door).mul_(0.5)
        self.known = list(_fast((v @ self.link).add_(self.bias_h)))
        return v

    def horizontal(self, h: Tensor | np.ndarray, c: int, last: bool) -> None:
        """h at column c, (B, F), from that of the layer below, in place; last: all of the pixel's colours are in it."""
        self.np.matmul(h, self.taps, out=self.both)
        self.np.add(self.known[c], self.here, out=self.z)
        self.np.tanh(self.z, out=self.z)
        self.np.multiply(self.value, self.door, out=self.inner)
        self.np.add(self.inner, self.value, out=self.inner)
        if last and c + self.dilation < self.width:
            self.known[c + self.dilation] += self.further
        self.np.matmul(self.gated, self.out, out=self.more)
        h += self.more


def _fast(x: Tensor) -> Tensor | np.ndarray:
    """The same memory as NumPy sees it, where it can."""
    return x.detach().numpy() if x.device.type == "cpu" else x


def _dense(conv: nn.Module) -> tuple[Tensor, Tensor]:
    """A convolution of size 1 as x W + b."""
    return (conv.weight * conv.mask).flatten(1).t().contiguous(), conv.bias


def places_of(weight: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The features of all places of an image of this shape."""
    from genlab.models.pixelcnn import places  # here: that file needs this one

    return places(weight.new_zeros(1, 1, *shape[2:]))
