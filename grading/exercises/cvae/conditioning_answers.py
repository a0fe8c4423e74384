"""Answers to cvae-conditioning: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake
from grading.exercises.cvae.conditioning import Given, Reference

# Known mistakes


class LabelFirst(Reference):
    def encode(self, x, y):
        h = self.encoder(torch.cat([self._hot(y, x), x], dim=1))
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        return self.decoder(torch.cat([self._hot(y, z), z], dim=1))


class LabelFirstInEncoder(Reference):
    encode = LabelFirst.encode


class LabelFirstInDecoder(Reference):
    decode_logits = LabelFirst.decode_logits


class LabelAsNumber(Reference):
    def _hot(self, y, like):
        y = y if y.dim() == 1 else y.argmax(1)
        return y.to(like.dtype).unsqueeze(1).expand(-1, self.num_classes)


class OnlyNumbersRepeated(Reference):
    """One-hot labels are taken as they are."""

    def _hot(self, y, like):
        return y.to(like) if y.dim() == 2 else y.to(like).unsqueeze(1).expand(-1, self.num_classes)


class LabelAsNumberPadded(Reference):
    def _hot(self, y, like):
        y = y if y.dim() == 1 else y.argmax(1)
        return F.pad(y.to(like.dtype).unsqueeze(1), (0, self.num_classes - 1))


class OneLabelForAll(Reference):
    def _hot(self, y, like):
        return super()._hot(y, like)[:1].expand(len(y), -1)


class EncoderBlind(Reference):
    def encode(self, x, y):
        return super().encode(x, torch.zeros(len(x), self.num_classes, dtype=x.dtype))


class DecoderBlind(Reference):
    def decode_logits(self, z, y):
        return super().decode_logits(z, torch.zeros(len(z), self.num_classes, dtype=z.dtype))


class BothBlind(Reference):
    def _hot(self, y, like):
        return torch.zeros(len(y), self.num_classes, dtype=like.dtype)


class SharedHead(Reference):
    def encode(self, x, y):
        mu, _ = super().encode(x, y)
        return mu, mu


class HeadsSwapped(Reference):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return logvar, mu


class Probabilities(Reference):
    def decode_logits(self, z, y):
        return super().decode_logits(z, y).sigmoid()


class LabelScaled(Reference):
    def _hot(self, y, like):
        return super()._hot(y, like) / self.num_classes


class OffByOne(Reference):
    def _hot(self, y, like):
        return super()._hot(y, like).roll(1, dims=1)


class NumbersOffByOne(Reference):
    """One-hot labels are taken as they are."""

    def _hot(self, y, like):
        return y.to(like) if y.dim() == 2 else super()._hot((y + 1) % self.num_classes, like)


class NumbersOffByOneDown(Reference):
    def _hot(self, y, like):
        return y.to(like) if y.dim() == 2 else super()._hot((y - 1) % self.num_classes, like)


class WrongAxis(Reference):
    def encode(self, x, y):
        h = self.encoder(torch.cat([x, self._hot(y, x)], dim=0))
        return self.mu_head(h), self.logvar_head(h)


class OnlyWholeNumbers(Reference):
    def _hot(self, y, like):
        return F.one_hot(y, self.num_classes).to(like.dtype)


class OnlyOneHot(Reference):
    def _hot(self, y, like):
        return y.to(like.dtype)


class OneHotTwice(Reference):
    def _hot(self, y, like):
        return F.one_hot(y.long(), self.num_classes).to(like.dtype)


class LabelAsColumn(Reference):
    def _hot(self, y, like):
        return (y if y.dim() == 1 else y.argmax(1)).to(like.dtype).unsqueeze(1)


class LabelAsFraction(Reference):
    def _hot(self, y, like):
        return y.to(like.dtype) if y.dim() == 2 else (
            (y.to(like.dtype) / (self.num_classes - 1)).unsqueeze(1).expand(-1, self.num_classes))


class LabelForgotten(Reference):
    def encode(self, x, y):
        h = self.encoder(x)
        return self.mu_head(h), self.logvar_head(h)


class LabelForgottenInDecoder(Reference):
    def decode_logits(self, z, y):
        return self.decoder(z)


class ClassesCounted(Reference):
    def _hot(self, y, like):
        return y.to(like.dtype) if y.dim() == 2 else F.one_hot(y).to(like.dtype)


class OffByOneDown(Reference):
    def _hot(self, y, like):
        return super()._hot(y, like).roll(-1, dims=1)


class StandardDeviation(Reference):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu, torch.exp(logvar / 2)


class Variance(Reference):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu, logvar.exp()


class ReluOnMean(Reference):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu.relu(), logvar


class ReluOnHeads(Reference):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu.relu(), logvar.relu()


class EncoderWithoutGradient(Reference):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu.detach(), logvar.detach()


class DecoderWithoutGradient(Reference):
    def decode_logits(self, z, y):
        return super().decode_logits(z, y).detach()


class Bounded(Reference):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu, logvar.clamp(-10, 10)


# Also right


class WithEye(Given):
    def code(self, y, like):
        table = torch.eye(self.num_classes, dtype=like.dtype, device=like.device)
        return table[y] if y.ndim == 1 else y.to(like)

    def encode(self, x, y):
        h = self.encoder(torch.hstack((x, self.code(y, x))))
        return [self.mu_head(h), self.logvar_head(h)]

    def decode_logits(self, z, y):
        return self.decoder(torch.hstack((z, self.code(y, z))))


class WithScatter(Given):
    def join(self, a, y):
        labels = y.argmax(dim=-1) if y.dim() > 1 else y
        block = a.new_zeros(a.size(0), self.num_classes).scatter_(1, labels.view(-1, 1), 1.0)
        return torch.concat([a, block], -1)

    def encode(self, x, y):
        hidden = self.encoder(self.join(x.flatten(1), y))
        return self.mu_head(hidden), self.logvar_head(hidden)

    def decode_logits(self, z, y):
        return self.decoder(self.join(z, y))


class ByColumns(Given):
    """The first layer's matrix split in two: the label's part picks a column."""

    def first(self, layer, a, y):
        labels = y.argmax(1) if y.dim() == 2 else y
        D = a.shape[1]
        return a @ layer.weight[:, :D].T + layer.weight[:, D:].T[labels] + layer.bias

    def encode(self, x, y):
        h = self.encoder[1:](self.first(self.encoder[0], x, y))
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        return self.decoder[1:](self.first(self.decoder[0], z, y))


mistakes = [
    *(Mistake(wrong, "You put the label before the image (or the code). Any order would train, but the docstring fixes one, so "
              "that weights mean the same everywhere: the label comes last.")
      for wrong in (LabelFirst, LabelFirstInEncoder, LabelFirstInDecoder)),
    *(Mistake(wrong, "You feed the label as a number, which says that 7 is seven times 1. Classes have no order: use one-hot.")
      for wrong in (LabelAsNumber, OnlyNumbersRepeated)),
    Mistake(LabelAsNumberPadded, "You feed the label as a single number, which says that 7 is seven times 1. Classes have no order: "
            "use one-hot."),
    Mistake(OneLabelForAll, "Every image gets the first image's label. Each row has its own."),
    Mistake(EncoderBlind, "The encoder does not see the label: the posterior is q(z | x, y)."),
    Mistake(DecoderBlind, "The decoder does not see the label, so nothing can ask for a class: it is p(x | z, y)."),
    Mistake(BothBlind, "The label never reaches the network: this is a plain VAE."),
    Mistake(SharedHead, "μ and log σ² come from the same head. Each has its own."),
    Mistake(HeadsSwapped, "The two heads have changed places: μ first, then log σ²."),
    Mistake(Probabilities, "You return probabilities. The loss expects logits: leave the sigmoid out."),
    Mistake(LabelScaled, "Your one-hot vector is scaled; its entry is 1."),
    *(Mistake(wrong, "Your classes are off by one: class 0 is the first entry.")
      for wrong in (OffByOne, OffByOneDown, NumbersOffByOne, NumbersOffByOneDown)),
    Mistake(WrongAxis, "You join along the batch (dim 0). Image and label belong side by side in one row: dim 1."),
    Mistake(OnlyWholeNumbers, "A label that is one-hot already (two dimensions) must be taken as it is."),
    Mistake(OnlyOneHot, "Whole-number labels (B,) must be turned into one-hot rows first."),
    Mistake(OneHotTwice, "A label that is one-hot already (two dimensions) must be taken as it is."),
    Mistake(LabelAsColumn, "You join the class number as one column, and the first layer expects num_classes of them. Classes have no "
            "order: use one-hot."),
    Mistake(LabelAsFraction, "You feed the label as a number between 0 and 1. Classes have no order: use one-hot."),
    Mistake(LabelForgotten, "The encoder's first layer expects image and label side by side: join the one-hot label to x."),
    Mistake(LabelForgottenInDecoder, "The decoder's first layer expects code and label side by side: join the one-hot label to z."),
    Mistake(ClassesCounted, "Without num_classes `F.one_hot` counts the classes of this batch, and one image does not show them all: "
            "F.one_hot(y, self.num_classes)."),
    Mistake(StandardDeviation, "`encode` returns log σ², what its head says, and not σ."),
    Mistake(Variance, "`encode` returns log σ², what its head says, and not σ²."),
    Mistake(ReluOnMean, "μ and log σ² may be negative: no activation after the heads."),
    Mistake(ReluOnHeads, "μ and log σ² may be negative: no activation after the heads."),
    Mistake(Bounded, "You put a bound on log σ². `encode` returns what its head says."),
    Mistake(EncoderWithoutGradient, "No gradient passes `encode`: leave out `no_grad` and `detach`."),
    Mistake(DecoderWithoutGradient, "No gradient passes `decode_logits`, so the encoder cannot learn: leave out `no_grad` and `detach`."),
]

also_right = [WithEye, WithScatter, ByColumns]

equivalent_mutants = {
    f"def __init__(self, num_classes=10, input_dim=784, hidden_dim=400, latent_dim=20):: {size} → {new}":
        "the default sizes are given, not answered"
    for size in (10, 784, 400, 20) for new in (size + 1, 2 * size, -size, 0, size - 1)
} | {edit: "torch.cat takes the wider dtype, and the last axis of a matrix is its axis 1" for edit in (
    "hidden = self.encoder(torch.cat([x, self.one_hot(y).to(x)], dim=1)): self.one_hot(y).to(x) → self.one_hot(y)",
    "hidden = self.encoder(torch.cat([x, self.one_hot(y).to(x)], dim=1)): x → y",
    "hidden = self.encoder(torch.cat([x, self.one_hot(y).to(x)], dim=1)): 1 → -1",
    "return self.decoder(torch.cat([z, self.one_hot(y).to(z)], dim=1)): self.one_hot(y).to(z) → self.one_hot(y)",
    "return self.decoder(torch.cat([z, self.one_hot(y).to(z)], dim=1)): z → y",
    "return self.decoder(torch.cat([z, self.one_hot(y).to(z)], dim=1)): 1 → -1",
)}
