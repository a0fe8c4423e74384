"""Planted answers to flow-coupling, by another author than the check's."""

import torch

from grading.exercises.flow.coupling import Given
from grading.exercises.flow.coupling_answers import Parts


class KeepdimVolume(Parts):
    def volume(self, s):
        return s.sum(1, keepdim=True)


class ColumnVolume(Parts):
    def volume(self, s):
        return s.sum(0)


class SqueezedVolume(Parts):
    def volume(self, s):
        return s.sum(1, keepdim=True).squeeze()


class InverseNone(Parts):
    def inverse(self, z):
        s, t = self.parts(z)
        (z - t) * (-s).exp()


class SigmoidScale(Parts):
    def forward(self, x):
        s, t = self.network(self.mask * x)
        s = torch.sigmoid(s + 2)
        f = 1 - self.mask
        return self.mask * x + f * (x * s + t), (f * s.log()).sum(1)

    def inverse(self, z):
        s, t = self.network(self.mask * z)
        s = torch.sigmoid(s + 2)
        f = 1 - self.mask
        return self.mask * z + f * (z - t) / s


class InPlaceInverse(Parts):
    def inverse(self, z):
        s, t = self.parts(z)
        z -= t
        z *= (-s).exp()
        return z


class Toggles(Parts):
    def forward(self, x):
        out = super().forward(x)
        self.mask = 1 - self.mask
        return out


class ClampedAt20(Parts):
    def parts(self, x):
        s, t = super().parts(x)
        return s.clamp(-20, 20), t


class ClampedBelow(Parts):
    def parts(self, x):
        s, t = super().parts(x)
        return s.clamp(min=-10), t


class ClampedAbove(Parts):
    def parts(self, x):
        s, t = super().parts(x)
        return s.clamp(max=10), t


class LogOfProductClamped(Parts):
    def volume(self, s):
        return (s.exp().prod(1) + 1e-6).log()


class EpsInInverse(Parts):
    def inverse(self, z):
        s, t = self.parts(z)
        return self.mask * z + (1 - self.mask) * (z - t) / (s.exp() + 1e-6)


class KeptDetached(Parts):
    def parts(self, x):
        return super().parts(x.detach())


class Float32(Parts):
    def forward(self, x):
        z, l = super().forward(x)
        return z.float(), l.float()


class MultipliesShift(Parts):
    def forward(self, x):
        s, t = self.parts(x)
        return x * s.exp() * t, s.sum(1)


class FlippedOut(Parts):
    def forward(self, x):
        z, l = super().forward(x)
        return z.flip(1), l

    def inverse(self, z):
        return super().inverse(z.flip(1))


class DividedByD(Parts):
    def volume(self, s):
        return s.sum(1) / s.shape[1]


class BatchMeanVolume(Parts):
    def volume(self, s):
        return s.sum(1).mean()


class Loops(Given):
    def _st(self, x):
        return self.network(
            torch.stack([x[:, d] if self.mask[d] > 0.5 else torch.zeros_like(x[:, d]) for d in range(x.shape[1])], 1)
        )

    def forward(self, x):
        s, t = self._st(x)
        cols = []
        vol = 0
        for d in range(x.shape[1]):
            if self.mask[d]:
                cols.append(x[:, d])
            else:
                cols.append(x[:, d] * s[:, d].exp() + t[:, d])
                vol = vol + s[:, d]
        return torch.stack(cols, 1), vol

    def inverse(self, z):
        s, t = self._st(z)
        return torch.stack(
            [z[:, d] if self.mask[d] else (z[:, d] - t[:, d]) / s[:, d].exp() for d in range(z.shape[1])], -1
        )


class Einsum(Given):
    def forward(self, x):
        s, t = self.network(x * self.mask)
        free = 1 - self.mask
        return x * self.mask + free * (torch.exp(s) * x + t), torch.einsum("bd,d->b", s, free)

    def inverse(self, z):
        s, t = self.network(z * self.mask)
        return z * self.mask + (1 - self.mask) * (z - t) * torch.exp(-s)


class ByScatter(Given):
    def forward(self, x):
        keep = self.mask > 0
        s, t = self.network(torch.where(keep, x, 0.0))
        z = x.clone()
        z[:, ~keep] = torch.addcmul(t, x, s.exp())[:, ~keep]
        return z, s[:, ~keep].sum(-1)

    def inverse(self, z):
        keep = self.mask > 0
        s, t = self.network(torch.where(keep, z, 0.0))
        x = z.clone()
        x[:, ~keep] = ((z - t) / s.exp())[:, ~keep]
        return x


class SlogDet(Given):
    def forward(self, x):
        s, t = self.network(self.mask * x)
        d = torch.where(self.mask.bool(), torch.ones_like(s), s.exp())
        return x * d + (1 - self.mask) * t, torch.linalg.slogdet(torch.diag_embed(d)).logabsdet

    def inverse(self, z):
        s, t = self.network(self.mask * z)
        d = torch.where(self.mask.bool(), torch.ones_like(s), s.exp())
        return (z - (1 - self.mask) * t) / d


SAYS_1 = (
    "`log_det` should have shape (B,) = (4,), not (4, 1): an axis of length 1 too many; leave out "
    "`keepdim=True` or `squeeze` it. How the volume changes at each point: the Jacobian is triangular, so"
    " only its diagonal counts."
)
SAYS_2 = (
    "`log_det` should have shape (B,) = (4,), not (5,). How the volume changes at each point: the "
    "Jacobian is triangular, so only its diagonal counts."
)
SAYS_3 = (
    "`log_det` of one row should have shape (B,) = (1,), not (). How the volume changes at each point: "
    "the Jacobian is triangular, so only its diagonal counts."
)
SAYS_4 = (
    "`inverse` gave nothing here. `inverse` undoes `forward`: what was kept is still there, so s and t "
    "are known; shift back, then scale back."
)
SAYS_5 = "What the mask keeps stays as it is; the rest becomes x · exp(s) + t, with s and t of the kept part."
SAYS_6 = "`Coupling` changes its argument `z` in place: work on a copy."
SAYS_7 = "`inverse` undoes `forward`: what was kept is still there, so s and t are known; shift back, then scale back."
SAYS_8 = "The same where s is -25, -12 or 25: no bound on s, and nothing added to a scale."
SAYS_9 = (
    "`log_det` should have shape (B,) = (4,), not (): one number for each of the B = 4, not a single "
    "number; do not sum or average over them. How the volume changes at each point: the Jacobian is "
    "triangular, so only its diagonal counts."
)

wrong = [
    (KeepdimVolume, SAYS_1),
    (ColumnVolume, SAYS_2),
    (SqueezedVolume, SAYS_3),
    (InverseNone, SAYS_4),
    (SigmoidScale, SAYS_5),
    (InPlaceInverse, SAYS_6),
    (Toggles, SAYS_7),
    (ClampedAt20, SAYS_8),
    (ClampedBelow, SAYS_8),
    (ClampedAbove, SAYS_8),
    (LogOfProductClamped, SAYS_8),
    (EpsInInverse, SAYS_7),
    (KeptDetached, SAYS_5),
    (MultipliesShift, SAYS_5),
    (FlippedOut, SAYS_5),
    (DividedByD, "MeanVolume"),
    (BatchMeanVolume, SAYS_9),
]
right = [Loops, Einsum, ByScatter, SlogDet]
