"""Planted answers to pix2pix-unet, by another author than the check's."""

import torch
import torch.nn.functional as F

from grading.exercises.pix2pix.unet import Given, UNet


def _refuse(net, x):
    n = 2 ** len(net.down)
    if x.shape[2] % n or x.shape[3] % n:
        raise ValueError("bad size")


class HardTanh(UNet):
    def forward(self, x, drop):
        return F.hardtanh(torch.atanh(super().forward(x, drop)))


class Rescaled(UNet):
    def forward(self, x, drop):
        return (super().forward(x, drop) + 1) / 2


class SkipsBackwards(Given):
    """torch.cat with the kept maps first."""

    def forward(self, x, drop):
        _refuse(self, x)
        kept, h = [], x
        for k, block in enumerate(self.down):
            h = block(h if k == 0 else F.leaky_relu(h, 0.2))
            kept.insert(0, h)
        h = kept.pop(0)
        for k, block in enumerate(self.up):
            h = block(F.relu(h))
            h = drop(h) if k < 2 else h
            if kept:
                h = torch.cat((kept.pop(0), h), dim=1)
        return torch.tanh(h)


class DropAfterRelu(Given):
    """Noise on the activation of the joined maps instead of the block's result."""

    def forward(self, x, drop):
        _refuse(self, x)
        kept, h = [], x
        for k, block in enumerate(self.down):
            h = block(h if k == 0 else F.leaky_relu(h, 0.2))
            kept.append(h)
        h = kept.pop()
        for k, block in enumerate(self.up):
            h = F.relu(h)
            h = block(drop(h) if k < 2 else h)
            if kept:
                h = torch.cat((h, kept.pop()), dim=1)
        return torch.tanh(h)


class SameDropTwice(Given):
    def forward(self, x, drop):
        _refuse(self, x)
        kept, h = [], x
        for k, block in enumerate(self.down):
            h = block(h if k == 0 else F.leaky_relu(h, 0.2))
            kept.append(h)
        h = kept.pop()
        for k, block in enumerate(self.up):
            h = block(F.relu(h))
            h = drop(drop(h)) if k == 0 else h
            if kept:
                h = torch.cat((h, kept.pop()), dim=1)
        return torch.tanh(h)


class EvalWithoutNoise(UNet):
    def forward(self, x, drop):
        return super().forward(x, drop if self.training else (lambda maps: maps))


class DefaultSlope(Given):
    def forward(self, x, drop):
        _refuse(self, x)
        kept, h = [], x
        for k, block in enumerate(self.down):
            h = block(h if k == 0 else F.leaky_relu(h))
            kept.append(h)
        h = kept.pop()
        for k, block in enumerate(self.up):
            h = block(F.relu(h))
            h = drop(h) if k < 2 else h
            if kept:
                h = torch.cat((h, kept.pop()), dim=1)
        return torch.tanh(h)


class CropsInstead(Given):
    """Bilinear rescue of maps that do not fit."""

    def forward(self, x, drop):
        kept, h = [], x
        for k, block in enumerate(self.down):
            h = block(h if k == 0 else F.leaky_relu(h, 0.2))
            kept.append(h)
        h = kept.pop()
        for k, block in enumerate(self.up):
            h = block(F.relu(h))
            h = drop(h) if k < 2 else h
            if kept:
                skip = kept.pop()
                h = torch.cat((F.interpolate(h, skip.shape[2:]), skip), dim=1)
        return torch.tanh(h)


class TypeErrorForSizes(UNet):
    def forward(self, x, drop):
        if any(side % 2 ** len(self.down) for side in x.shape[2:]):
            raise TypeError("size")
        return super().forward(x, drop)


class WithZip(Given):
    """Also right."""

    def forward(self, x, drop):
        _refuse(self, x)
        kept = []
        for block in self.down:
            x = block(F.leaky_relu(x, 0.2) if kept else x)
            kept.append(x)
        skips = [None, *kept[-2::-1]]
        for k, (block, skip) in enumerate(zip(self.up, skips, strict=True)):
            x = x if skip is None else torch.cat([x, skip], dim=1)
            x = block(x.clamp_min(0))
            x = drop(x) if k in (0, 1) else x
        return torch.tanh(x)


wrong = [
    (HardTanh, "Clamped"), (Rescaled, "Unit"), (SkipsBackwards, "EncoderFirst"), (DropAfterRelu, "DropFirst"),
    (SameDropTwice, "DropTwice"), (EvalWithoutNoise, "TrainingOnly"), (DefaultSlope, "SteepLeaky"),
    (CropsInstead, "Resizes"), (TypeErrorForSizes, "OtherError"),
]
right = [WithZip]
