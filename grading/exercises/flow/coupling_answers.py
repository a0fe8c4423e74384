"""Answers to flow-coupling: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake
from grading.exercises.flow.coupling import Coupling, Given


class Parts(Coupling):
    """The reference with its parts apart, for one of them to go wrong."""

    def parts(self, x):
        s, t = self.network(self.mask * x)
        return (1 - self.mask) * s, (1 - self.mask) * t

    def volume(self, s):
        return s.sum(1)

    def forward(self, x):
        s, t = self.parts(x)
        return x * s.exp() + t, self.volume(s)

    def inverse(self, z):
        s, t = self.parts(z)
        return (z - t) * (-s).exp()


def volume(name, rule, says):
    """The mistake of a wrong log_det, as a rule for s."""
    return Mistake(type(name, (Parts,), {"volume": lambda self, s: rule(s)}), says)


def outputs(name, rule, says):
    """The mistake of another use of the network's answer, as a rule for s and t."""
    return Mistake(type(name, (Parts,), {"parts": lambda self, x: rule(*Parts.parts(self, x))}), says)


def masks(name, rule, says):
    """The mistake of another mask on what the network sees, on s or on t."""
    def parts(self, x):
        seen, on_s, on_t = rule(self.mask)
        s, t = self.network(seen * x)
        return on_s * s, on_t * t

    return Mistake(type(name, (Parts,), {"parts": parts}), says)


def way_back(name, rule, says):
    """The mistake of a wrong inverse, as a rule for z, s and t."""
    return Mistake(type(name, (Parts,), {"inverse": lambda self, z: rule(z, *self.parts(z))}), says)


# Known mistakes


class VolumeOfEverything(Parts):
    def forward(self, x):
        s, t = self.network(self.mask * x)
        z = self.mask * x + (1 - self.mask) * (x * s.exp() + t)
        return z, s.sum(1)


class SameHalfAlways(Parts):
    def parts(self, x):
        mask = (torch.arange(x.shape[1]) < (x.shape[1] + 1) // 2).to(x)
        s, t = self.network(mask * x)
        return (1 - mask) * s, (1 - mask) * t


class ShiftFirst(Parts):
    def forward(self, x):
        s, t = self.parts(x)
        return (x + t) * s.exp(), s.sum(1)


class ScaleWithoutExp(Parts):
    def forward(self, x):
        s, t = self.parts(x)
        return self.mask * x + (1 - self.mask) * (x * s + t), s.sum(1)


class Backwards(Parts):
    def forward(self, x):
        s, t = self.parts(x)
        return (x - t) * (-s).exp(), -s.sum(1)

    def inverse(self, z):
        s, t = self.parts(z)
        return z * s.exp() + t


class InverseIsForward(Parts):
    def inverse(self, z):
        return self.forward(z)[0]


class InverseSeesEverything(Parts):
    def inverse(self, z):
        s, t = self.network(z)
        s, t = (1 - self.mask) * s, (1 - self.mask) * t
        return (z - t) * (-s).exp()


class InverseReversed(Parts):
    def inverse(self, z):
        s, t = self.network((1 - self.mask) * z)
        return (z - self.mask * t) * (-self.mask * s).exp()


class InverseForgetsTheRest(Parts):
    def inverse(self, z):
        s, t = self.parts(z)
        return (1 - self.mask) * (z - t) * (-s).exp()


class ForgetsTheRest(Parts):
    def forward(self, x):
        s, t = self.parts(x)
        return (1 - self.mask) * (x * s.exp() + t), s.sum(1)


class NoGradient(Parts):
    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


class ShiftInVolume(Parts):
    def forward(self, x):
        s, t = self.parts(x)
        return x * s.exp() + t, (s + t).sum(1)


class VolumeOfTheKept(Parts):
    def forward(self, x):
        z, _ = super().forward(x)
        return z, (self.mask * self.network(self.mask * x)[0]).sum(1)


class NetworkWithoutGradient(Parts):
    def parts(self, x):
        with torch.no_grad():
            return super().parts(x)


class InverseRemembers(Parts):
    def forward(self, x):
        self.s, self.t = self.parts(x)
        return x * self.s.exp() + self.t, self.s.sum(1)

    def inverse(self, z):
        return (z - self.t) * (-self.s).exp()


class InverseGivesTwo(Parts):
    def inverse(self, z):
        s, t = self.parts(z)
        return (z - t) * (-s).exp(), -s.sum(1)


class InverseDividesByS(Parts):
    def inverse(self, z):
        s, t = self.network(self.mask * z)
        return torch.where(self.mask == 1, z, (z - t) / s)


# Also right


class AsPublished(Given):
    def forward(self, x):
        b = self.mask
        s, t = self.network(b * x)
        z = b * x + (1 - b) * (x * torch.exp(s) + t)
        return z, torch.sum(s * (1 - b), dim=-1)

    def inverse(self, z):
        b = self.mask
        s, t = self.network(b * z)
        return b * z + (1 - b) * ((z - t) * torch.exp(-s))


class ByPlaces(Given):
    def forward(self, x):
        free = (self.mask == 0).nonzero().flatten()
        s, t = self.network(x * self.mask)
        z = x.clone()
        z[:, free] = x[:, free] * s[:, free].exp() + t[:, free]
        return z, s[:, free].sum(dim=1)

    def inverse(self, z):
        free = (self.mask == 0).nonzero().flatten()
        s, t = self.network(z * self.mask)
        x = z.clone()
        x[:, free] = (z[:, free] - t[:, free]) / s[:, free].exp()
        return x


class ByWhere(Given):
    def forward(self, x):
        keep = self.mask.bool()
        s, t = self.network(x.masked_fill(~keep, 0.0))
        s, t = s.masked_fill(keep, 0.0), t.masked_fill(keep, 0.0)
        return [torch.where(keep, x, torch.addcmul(t, x, s.exp())), s.exp().prod(1).log()]

    def inverse(self, z):
        keep = self.mask.bool()
        s, t = self.network(z.masked_fill(~keep, 0.0))
        return torch.where(keep, z, (z - t).div(s.exp()))


KEPT = "Where the mask is 1, s and t both have to be 0: x stays as it is there, neither scaled nor shifted."

mistakes = [
    volume("SignOfVolume", lambda s: -s.sum(1),
           "Your log_det has the wrong sign: where x is stretched (s > 0), the volume grows."),
    volume("MeanVolume", lambda s: s.mean(1),
           "You average s over the coordinates. The diagonal's entries are multiplied, so their logarithms are "
           "summed."),
    volume("VolumeOfBatch", lambda s: s.sum(),
           "You sum over the batch: each point has a log_det of its own, so sum over its coordinates alone."),
    volume("VolumeItself", lambda s: s.exp().prod(1),
           "This is the determinant. Its logarithm is asked for: the sum of s."),
    volume("SumOfScales", lambda s: s.exp().sum(1),
           "You add up the scales exp(s). They are multiplied, so the logarithm adds up s itself."),
    volume("NoVolume", lambda s: torch.zeros_like(s[:, 0]),
           "Your log_det is 0: as if the map neither stretched nor squeezed."),
    volume("ConstantVolume", lambda s: s.detach().sum(1),
           "The values are right. But no gradient reaches the network through log_det: leave out detach."),
    volume("VolumeInBits", lambda s: s.sum(1) / math.log(2),
           "This is in bits. Nats are asked for: the natural logarithm."),
    volume("VolumeOfSizes", lambda s: s.abs().sum(1),
           "You add up |s|: where s < 0 a coordinate is squeezed and the volume shrinks."),
    Mistake(VolumeOfEverything, "You sum s over all coordinates, also over those that the mask keeps, where s is not used."),
    Mistake(SameHalfAlways, "You always change the same coordinates. Which ones stay is said by `mask`."),
    masks("MaskReversed", lambda m: (1 - m, m, m),
          "You use the mask the wrong way round: 1 stands for coordinates that stay."),
    masks("MaskReversedOutside", lambda m: (m, m, m),
          "You change the coordinates that the network was shown. Where the mask is 1 nothing changes."),
    masks("SeesEverything", lambda m: (1, 1 - m, 1 - m),
          "Your network sees all of x. On the way back the changed part is unknown: show it mask · x."),
    masks("SeesWhatItChanges", lambda m: (1 - m, 1 - m, 1 - m),
          "Your network sees the part that changes. Show it the part that stays."),
    masks("ChangesAll", lambda m: (m, 1, 1), "You change every coordinate. Where the mask is 1, x stays as it is."),
    Mistake(ShiftFirst, "You shift before you scale: x · exp(s) + t is asked for."),
    Mistake(ScaleWithoutExp, "You multiply by s. The scale is exp(s), which is never 0 and so can be undone."),
    outputs("TwoSwapped", lambda s, t: (t, s),
           "You use the first output as the shift and the second as the scale: the network gives s, then t."),
    Mistake(Backwards, "The two directions are swapped: `forward` scales by exp(s) and adds t."),
    way_back("InverseMultiplies", lambda z, s, t: (z - t) * s.exp(),
           "Your inverse multiplies by exp(s) once more: divide, or multiply by exp(-s)."),
    way_back("InverseScalesFirst", lambda z, s, t: z * (-s).exp() - t,
           "Your inverse undoes the steps in the wrong order: take t away first, then undo the scale."),
    way_back("InverseAddsShift", lambda z, s, t: (z + t) * (-s).exp(), "Your inverse adds t: it has to be taken away."),
    Mistake(InverseIsForward, "Your inverse does what `forward` does. It has to undo it."),
    Mistake(InverseSeesEverything, "In `inverse` the network sees all of z. Show it mask · z, as `forward` showed it mask · x."),
    Mistake(InverseReversed, "Your inverse uses the mask the other way round than `forward`."),
    Mistake(InverseForgetsTheRest, "Your inverse loses the coordinates that were kept: they are part of x, too."),
    Mistake(ForgetsTheRest, "The coordinates that the mask keeps are missing in z: they pass through."),
    Mistake(NoGradient, "The values are right. But no gradient passes through `forward`: leave out no_grad and detach."),
    Mistake(ShiftInVolume, "Your log_det holds t. A shift moves points and changes no volume."),
    Mistake(VolumeOfTheKept, "You sum s over the coordinates that stay. The others are scaled."),
    masks("KeptIsShifted", lambda m: (m, 1 - m, 1), KEPT), masks("KeptIsScaled", lambda m: (m, 1, 1 - m), KEPT),
    outputs("ScaleInverted", lambda s, t: (-s, t),
           "You scale by exp(-s) on the way there: `forward` multiplies by exp(s), `inverse` by exp(-s)."),
    outputs("HalfTheLogarithm", lambda s, t: (s / 2, t),
           "You halve s. It is the logarithm of the scale itself, not of its square."),
    Mistake(NetworkWithoutGradient, "The values are right. But no gradient reaches the network: leave out no_grad and detach."),
    Mistake(InverseRemembers, "Your inverse uses s and t of the last `forward`. It is asked about other points: call the network "
            "again, with mask · z."),
    Mistake(InverseGivesTwo, "Your inverse returns several values. x alone is asked for."),
    Mistake(InverseDividesByS, "Your inverse divides by s. The scale was exp(s)."),
    outputs("Clamped", lambda s, t: (s.clamp(-10, 10), t),
           "You clamp s, so that large scales are wrong: take s as the network gives it."),
    outputs("Bounded", lambda s, t: (s.tanh(), t),
           "You bend s once more. The network has done that already: take s as it is."),
    outputs("Additive", lambda s, t: (0 * s, t), "You only shift. The scale exp(s) is missing."),
]

also_right = [AsPublished, ByPlaces, ByWhere]

equivalent_mutants = {
    "return x * s.exp() + t, s.sum(1): 1 → -1": "points (B, D) have two axes",
}
