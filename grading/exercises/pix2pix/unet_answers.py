"""Answers to pix2pix-unet: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake
from grading.exercises.pix2pix.unet import Given, UNet


def _check(self, x):
    if x.shape[-1] % 2 ** len(self.down) or x.shape[-2] % 2 ** len(self.down):
        raise ValueError("sides must be multiples of 2**depth")


def _net(name, *, keep=lambda h: h, join=lambda u, h: torch.cat([u, h], 1), down=lambda h: F.leaky_relu(h, 0.2), up=F.relu,
         end=torch.tanh, dropped=(0, 1), first=False, drop_late=False, check=_check, fix=lambda self, drop: drop,
         before=lambda u: u):
    """The right wiring with one part changed."""

    def forward(self, x, drop):
        check(self, x)
        drop = fix(self, drop)
        maps, h = [], x
        for k, block in enumerate(self.down):
            h = block(down(h) if k or first else h)
            maps.append(keep(h) if k < len(self.down) - 1 else h)
        h = maps.pop()
        for k, block in enumerate(self.up):
            h = block(up(h))
            if k in dropped and not drop_late:
                h = drop(h)
            if maps:
                h = join(before(h), maps.pop())
            if k in dropped and drop_late:
                h = drop(h)
        return end(h)

    return type(name, (Given,), {"forward": forward})


# Known mistakes

NoTanh = _net("NoTanh", end=lambda h: h)
Sigmoid = _net("Sigmoid", end=torch.sigmoid)
Clamped = _net("Clamped", end=lambda h: h.clamp(-1, 1))
EncoderFirst = _net("EncoderFirst", join=lambda u, h: torch.cat([h, u], 1))
SkipsCut = _net("SkipsCut", join=lambda u, h: torch.cat([u, torch.zeros_like(h)], 1))
SkipsDetached = _net("SkipsDetached", keep=lambda h: h.detach())
MadeTwice = _net("MadeTwice", join=lambda u, h: torch.cat([u, u], 1))
EncoderTwice = _net("EncoderTwice", join=lambda u, h: torch.cat([h, h], 1))
Added = _net("Added", join=lambda u, h: torch.cat([u + h, h], 1))
SkipsAddedTwice = _net("SkipsAddedTwice", join=lambda u, h: torch.cat([u + h, u + h], 1))
SteepLeaky = _net("SteepLeaky", down=lambda h: F.leaky_relu(h, 0.01))
ReluDown = _net("ReluDown", down=F.relu)
LeakyUp = _net("LeakyUp", up=lambda h: F.leaky_relu(h, 0.2))
NoActivationUp = _net("NoActivationUp", up=lambda h: h)
NoActivationDown = _net("NoActivationDown", down=lambda h: h)
ActivationFirst = _net("ActivationFirst", first=True)
NoDrop = _net("NoDrop", dropped=())
DropOnce = _net("DropOnce", dropped=(0,))
DropThrice = _net("DropThrice", dropped=(0, 1, 2))
DropEverywhere = _net("DropEverywhere", dropped=range(9))
DropOuter = _net("DropOuter", dropped=(1, 2))
DropWithSkip = _net("DropWithSkip", drop_late=True)
TrainingOnly = _net("TrainingOnly", fix=lambda self, drop: drop if self.training else lambda h: h)
OwnDropout = _net("OwnDropout", fix=lambda self, drop: lambda h: F.dropout(h, 0.5))
Unit = _net("Unit", end=lambda h: (torch.tanh(h) + 1) / 2)
DropTwice = _net("DropTwice", dropped=(0,), fix=lambda self, drop: lambda h: drop(drop(h)))
NoCheck = _net("NoCheck", check=lambda self, x: None)


def _width_only(self, x):
    if x.shape[-1] % 2 ** len(self.down):
        raise ValueError("width")


WidthOnly = _net("WidthOnly", check=_width_only)


def _square_only(self, x):
    if x.shape[-1] != x.shape[-2]:
        raise ValueError("square")
    _check(self, x)


def _too_strict(self, x):
    if min(x.shape[2:]) <= 2 ** len(self.down):
        raise ValueError("too small")
    _check(self, x)


TooStrict = _net("TooStrict", check=_too_strict)


class SkipsInWrongOrder(Given):
    """The outermost map first, made to fit by force."""

    def forward(self, x, drop):
        _check(self, x)
        maps, h = [], x
        for k, block in enumerate(self.down):
            h = block(F.leaky_relu(h, 0.2) if k else h)
            maps.append(h)
        h = maps.pop()
        for k, block in enumerate(self.up):
            h = block(F.relu(h))
            h = drop(h) if k < 2 else h
            if k < len(self.up) - 1:
                skip = F.adaptive_avg_pool2d(maps[k], h.shape[2:])
                h = torch.cat([h, skip.repeat(1, 2, 1, 1)[:, :maps[-1 - k].shape[1]]], 1)
        return torch.tanh(h)


class DropFirst(Given):
    """Noise on what a block reads, not on what it gives."""

    def forward(self, x, drop):
        _check(self, x)
        maps, h = [], x
        for k, block in enumerate(self.down):
            h = block(F.leaky_relu(h, 0.2) if k else h)
            maps.append(h)
        h = maps.pop()
        for k, block in enumerate(self.up):
            h = block(drop(F.relu(h)) if k < 2 else F.relu(h))
            h = torch.cat([h, maps.pop()], 1) if maps else h
        return torch.tanh(h)


class Resizes(Given):
    """Maps that do not fit are made to."""

    def forward(self, x, drop):
        maps, h = [], x
        for k, block in enumerate(self.down):
            h = block(F.leaky_relu(h, 0.2) if k else h)
            maps.append(h)
        h = maps.pop()
        for k, block in enumerate(self.up):
            h = block(F.relu(h))
            h = drop(h) if k < 2 else h
            h = torch.cat([F.interpolate(h, maps[-1].shape[2:]), maps.pop()], 1) if maps else h
        return torch.tanh(h)


class OtherError(UNet):
    def forward(self, x, drop):
        if any(side % 2 ** len(self.down) for side in x.shape[2:]):
            raise TypeError("size")
        return super().forward(x, drop)


class AssertsSize(UNet):
    def forward(self, x, drop):
        assert x.shape[2] % 2 ** len(self.down) == 0 and x.shape[3] % 2 ** len(self.down) == 0, "size"
        return super().forward(x, drop)


class PadsInstead(UNet):
    def forward(self, x, drop):
        side = 2 ** len(self.down)
        high, wide = (-x.shape[2]) % side, (-x.shape[3]) % side
        return super().forward(F.pad(x, (0, wide, 0, high)), drop)[:, :, :x.shape[2], :x.shape[3]]


# Also right

class Nested(Given):
    def forward(self, x, drop):
        _check(self, x)
        return self._level(x, 0, drop).tanh()

    def _level(self, h, k, drop):
        last = len(self.down) - 1
        h = self.down[k](h if k == 0 else F.leaky_relu(h, negative_slope=0.2))
        inside = h if k == last else torch.cat((self._level(h, k + 1, drop), h), dim=1)
        made = self.up[last - k](torch.relu(inside))
        return drop(made) if last - k in (0, 1) else made


class ByIndex(Given):
    def forward(self, x, drop):
        size = 2 ** len(self.down)
        if x.size(2) % size != 0 or x.size(3) % size != 0:
            raise ValueError(f"{x.size(2)} × {x.size(3)} is no multiple of {size}")
        kept = [self.down[0](x)]
        for block in list(self.down)[1:]:
            kept += [block(torch.where(kept[-1] >= 0, kept[-1], 0.2 * kept[-1]))]
        h = kept[-1]
        for i in range(len(self.up)):
            if i > 0:
                h = torch.hstack([h, kept[-1 - i]])
            h = self.up[i](h.relu())
            if i <= 1 and i < len(self.up) - 1:
                h = drop(h)
        return h.tanh()


RANGE = "The image must end in tanh: its values lie in [-1, 1], like those of the data."
DROP = "`drop` is asked for what the first two blocks of `up` give, and for nothing else."
SIZE = "A side that is no multiple of 2**depth must raise a ValueError, height and width alike, before torch.cat fails."

mistakes = [
    *(Mistake(kind, RANGE) for kind in (NoTanh, Sigmoid, Clamped, Unit)),
    Mistake(EncoderFirst, "The order of channels is: what the decoder made, then what the encoder kept."),
    Mistake(SkipsCut, "The encoder's maps never arrive: zeros stand where the skips should be."),
    Mistake(SkipsDetached, "Skips are detached: the encoder learns from the innermost path alone."),
    Mistake(MadeTwice, "The decoder's maps are joined with themselves: the second half is the encoder's."),
    Mistake(EncoderTwice, "The decoder's own maps are lost: join them with the encoder's."),
    Mistake(Added, "Skips are joined as further channels, not added."),
    Mistake(SkipsAddedTwice, "Skips are joined as further channels, not added."),
    Mistake(SteepLeaky, "The slope of leaky_relu is 0.2 here; PyTorch's own default is 0.01."),
    Mistake(ReluDown, "On the way down it is leaky_relu with slope 0.2; plain relu is for the way up."),
    Mistake(LeakyUp, "On the way up it is relu; leaky_relu is for the way down."),
    Mistake(NoActivationUp, "The activation before each block of `up` is missing."),
    Mistake(NoActivationDown, "The activation between the blocks of `down` is missing."),
    Mistake(ActivationFirst, "The first block reads the image itself: an activation there would change its dark pixels."),
    Mistake(NoDrop, "`drop` is never asked: it is the only noise that this generator has."),
    *(Mistake(kind, DROP) for kind in (DropOnce, DropThrice, DropEverywhere, DropOuter, DropFirst, DropTwice)),
    Mistake(DropWithSkip, "`drop` comes before the skip joins, so that what the encoder kept stays whole."),
    Mistake(TrainingOnly, "`drop` is asked in eval mode as well: the noise stays on when the network is used."),
    Mistake(OwnDropout, "Your noise is your own: use the `drop` that is handed over."),
    Mistake(NoCheck, SIZE), Mistake(WidthOnly, SIZE), Mistake(Resizes, SIZE), Mistake(OtherError, SIZE),
     Mistake(AssertsSize, "The error asked for is a ValueError; an assert raises another, "
                                                             "and none at all under python -O."),
    Mistake(PadsInstead, "A ValueError is asked for; you pad the image without being asked."),
    Mistake(TooStrict, "An image of side 2**depth is allowed: its innermost map is 1 × 1."),
    Mistake(SkipsInWrongOrder, "The skips come in the wrong order: the last that was kept is the first that is used."),
]
also_right = [Nested, ByIndex]

_SIZES = "def __init__(self, channels=1, width=16, depth=5):"
_TEST = "if any(side % 2 ** len(self.down) for side in x.shape[2:]):"
_WORDS = 'raise ValueError(f"sides must be multiples of {2 ** len(self.down)}, got {tuple(x.shape[2:])}")'

_WIDTHS = "widths = [channels, width] + [3 * width // 2] * (depth - 1): "
_INSIDE = "inside = widths[k + 1] if k == depth - 1 else 2 * widths[k + 1]: "

equivalent_mutants = {
    f"{_WIDTHS}{edit}": "the rest of a longer list is not used"
    for edit in ("depth - 1 → depth + 1", "depth - 1 → depth", "1 → -1", "1 → 0")
} | {
    f"{_INSIDE}{edit}": "from three levels on the innermost two are equally wide; the constructor is given"
    for edit in ("k + 1 → k", "1 → 0")
} | {
    f"{_SIZES}: {edit}": "the default sizes are given, not answered"
    for edit in ("1 → 2", "1 → -1", "1 → 0", "16 → 17", "16 → 32", "16 → -16", "16 → 0", "16 → 15", "5 → 6", "5 → 10", "5 → -5",
                 "5 → 0", "5 → 4")
} | {
    f"{_WORDS}: {edit}": "the words of an error are free"
    for edit in ("2 ** len(self.down) → 2 * len(self.down)", "2 ** len(self.down) → 2", "2 ** len(self.down) → len(self.down)",
                 "2 → 3", "2 → 4", "2 → -2", "2 → 0", "2 → 1")
} | {
    f"{_TEST}: 2 → -2": "a remainder is 0 for both signs of the divisor",
}
