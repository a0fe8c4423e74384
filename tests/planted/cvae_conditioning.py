"""Planted answers to cvae-conditioning, by another author than the check's."""

import torch
import torch.nn.functional as F

from grading.exercises.cvae.conditioning import Given


def _onehot(y, classes, like):
    if y.ndim == 1:
        y = torch.eye(classes, device=y.device)[y]
    return y.type_as(like)


class Planted(Given):
    """A right answer in another style, which each wrong one spoils in one place."""

    def label(self, y, like):
        return _onehot(y, self.num_classes, like)

    def encode(self, x, y):
        hidden = self.encoder(torch.hstack((x, self.label(y, x))))
        return self.mu_head(hidden), self.logvar_head(hidden)

    def decode_logits(self, z, y):
        return self.decoder(torch.hstack((z, self.label(y, z))))


class LabelBeforeImage(Planted):
    def encode(self, x, y):
        hidden = self.encoder(torch.hstack((self.label(y, x), x)))
        return self.mu_head(hidden), self.logvar_head(hidden)


class LabelBeforeCode(Planted):
    def decode_logits(self, z, y):
        return self.decoder(torch.hstack((self.label(y, z), z)))


class LabelBeforeBoth(LabelBeforeImage, LabelBeforeCode):
    pass


class RepeatsTheNumber(Planted):
    """The class number as a value, repeated until the size fits."""

    def label(self, y, like):
        if y.ndim == 2:
            return y.type_as(like)
        return y.type_as(like)[:, None].repeat(1, self.num_classes)


class NumberAsOneColumn(Planted):
    """The class number in one column: the first layer does not fit."""

    def label(self, y, like):
        return y.type_as(like).reshape(len(like), -1)


class RepeatsTheScaledNumber(Planted):
    def label(self, y, like):
        if y.ndim == 2:
            return y.type_as(like)
        return (y.type_as(like) / (self.num_classes - 1)).unsqueeze(1).expand(-1, self.num_classes)


class FirstLabelForAll(Planted):
    def label(self, y, like):
        return _onehot(y, self.num_classes, like)[:1].repeat(len(like), 1)


class EncoderBlind(Planted):
    def encode(self, x, y):
        hidden = self.encoder(F.pad(x, (0, self.num_classes)))
        return self.mu_head(hidden), self.logvar_head(hidden)


class DecoderBlind(Planted):
    def decode_logits(self, z, y):
        return self.decoder(F.pad(z, (0, self.num_classes)))


class ReturnsProbabilities(Planted):
    def decode_logits(self, z, y):
        return 1 / (1 + torch.exp(-super().decode_logits(z, y)))


class StandardDeviation(Planted):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu, torch.exp(logvar).sqrt()


class Variance(Planted):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu, logvar.exp()


class HeadsSwapped(Planted):
    def encode(self, x, y):
        return super().encode(x, y)[::-1]


class OneHead(Planted):
    def encode(self, x, y):
        h = self.mu_head(self.encoder(torch.hstack((x, self.label(y, x)))))
        return h, h


class HotAgain(Planted):
    """One-hot labels are one-hot encoded once more."""

    def label(self, y, like):
        return F.one_hot(y.long(), self.num_classes).type_as(like)


class IndicesOnly(Planted):
    def label(self, y, like):
        return F.one_hot(y, self.num_classes).type_as(like)


class CountsTheClasses(Planted):
    """num_classes from the labels of the batch, which a batch of one does not hold."""

    def label(self, y, like):
        return y.type_as(like) if y.ndim == 2 else F.one_hot(y).type_as(like)


class JoinsBelow(Planted):
    def encode(self, x, y):
        hidden = self.encoder(torch.cat([x, self.label(y, x)]))
        return self.mu_head(hidden), self.logvar_head(hidden)


class Samples(Planted):
    """Returns a draw in place of the mean."""

    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu + torch.randn_like(mu) * (logvar / 2).exp(), logvar


class ReturnsCodeToo(Planted):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu + torch.randn_like(mu) * (logvar / 2).exp(), mu, logvar


class OffByOne(Planted):
    """Classes counted from 1."""

    def label(self, y, like):
        return y.type_as(like) if y.ndim == 2 else _onehot((y - 1) % self.num_classes, self.num_classes, like)


class RowsForClasses(Planted):
    """argmax over the batch in place of the classes."""

    def label(self, y, like):
        if y.ndim == 2:
            y = y.argmax(0).repeat(len(like))[:len(like)] % self.num_classes
        return _onehot(y, self.num_classes, like)


class NoGradient(Planted):
    @torch.no_grad()
    def encode(self, x, y):
        return super().encode(x, y)


class NoGradientInDecoder(Planted):
    def decode_logits(self, z, y):
        return self.decoder(torch.hstack((z.detach(), self.label(y, z))))


class ReluOnMean(Planted):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return F.relu(mu), logvar


class Scatter(Given):
    """One-hot by scatter_, indices by argmax."""

    def _hot(self, labels, dtype):
        if labels.dim() > 1:
            labels = labels.argmax(dim=-1)
        out = torch.zeros(labels.size(0), self.num_classes, dtype=dtype)
        return out.scatter_(1, labels.view(-1, 1), 1.0)

    def encode(self, x, y):
        h = self.encoder(torch.concat((x, self._hot(y, x.dtype)), dim=-1))
        return [self.mu_head(h), self.logvar_head(h)]

    def decode_logits(self, z, y):
        return self.decoder(torch.concat((z, self._hot(y, z.dtype)), dim=-1))


class Loop(Planted):
    """Image by image."""

    def encode(self, x, y):
        rows = [self.encoder(torch.cat([x[i], self.label(y[i:i + 1], x[i])[0]])) for i in range(len(x))]
        h = torch.stack(rows)
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        hot = self.label(y, z)
        return torch.stack([self.decoder(torch.cat([z[i], hot[i]])) for i in range(len(z))])


class SplitsTheFirstLayer(Given):
    """W [x, hot] = W_x x + W_y hot, an embedding of the label added to the image's features."""

    def _through(self, net, v, y):
        first, size = net[0], v.shape[1]
        by_class = first.weight[:, size:].T
        h = v @ first.weight[:, :size].T + first.bias
        h = h + (by_class[y] if y.dim() == 1 else y.to(v.dtype) @ by_class)
        for layer in net[1:]:
            h = layer(h)
        return h

    def encode(self, x, y):
        h = self._through(self.encoder, x, y)
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        return self._through(self.decoder, z, y)


class Compares(Given):
    """One-hot as a comparison with 0 … C - 1; cat promotes float32 labels to x's dtype."""

    def _hot(self, y):
        return (y[:, None] == torch.arange(self.num_classes)).float() if y.ndim == 1 else y

    def encode(self, x, y):
        h = self.encoder(torch.cat([x, self._hot(y)], 1))
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        return self.decoder(torch.cat([z, self._hot(y)], 1))


wrong = [
    (LabelBeforeBoth, "LabelFirst"),
    (LabelBeforeImage, "LabelFirst"),
    (LabelBeforeCode, "LabelFirst"),
    (RepeatsTheNumber, "LabelAsNumber"),
    (NumberAsOneColumn, "LabelAsColumn"),
    (RepeatsTheScaledNumber, "LabelAsFraction"),
    (FirstLabelForAll, "OneLabelForAll"),
    (EncoderBlind, "EncoderBlind"),
    (DecoderBlind, "DecoderBlind"),
    (ReturnsProbabilities, "Probabilities"),
    (StandardDeviation, "StandardDeviation"),
    (Variance, "Variance"),
    (HeadsSwapped, "HeadsSwapped"),
    (OneHead, "SharedHead"),
    (HotAgain, "OnlyWholeNumbers"),
    (IndicesOnly, "OnlyWholeNumbers"),
    (CountsTheClasses, "ClassesCounted"),
    (JoinsBelow, "WrongAxis"),
    (Samples, "`encode` returns μ and log σ², not a draw: its answer is the same at every call."),
    (ReturnsCodeToo, "`encode` should return 2 tensors, not 3 values. The signature is "
                     "`class CVAE(nn.Module)`."),
    (OffByOne, "OffByOne"),
    (RowsForClasses, "Labels that are one-hot already are taken as they are."),
    (NoGradient, "EncoderWithoutGradient"),
    (NoGradientInDecoder, "DecoderWithoutGradient"),
    (ReluOnMean, "ReluOnMean"),
]
right = [Planted, Scatter, Loop, SplitsTheFirstLayer, Compares]
