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


class HotByDtype(Planted):
    """Whole numbers are taken for labels, whatever their shape."""

    def label(self, y, like):
        return y.to(like) if y.is_floating_point() else F.one_hot(y, self.num_classes).to(like)


class HotByWidth(Planted):
    """A batch of as many labels as there are classes is taken for a one-hot row."""

    def label(self, y, like):
        return y.to(like) if y.shape[-1] == self.num_classes else F.one_hot(y.long(), self.num_classes).to(like)


class HotByValues(Planted):
    """Labels 0 and 1 alone are taken for one-hot rows."""

    def label(self, y, like):
        return y.to(like) if y.max() <= 1 else F.one_hot(y, self.num_classes).to(like)


class LogvarCut(Planted):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return mu, logvar.clamp(-10, 10)


class MeansByTanh(Planted):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        return 30 * torch.tanh(mu / 30), logvar


class LogitsCut(Planted):
    def decode_logits(self, z, y):
        return super().decode_logits(z, y).clamp(-15, 15)


class FirstLayerOnly(Planted):
    def encode(self, x, y):
        h = self.encoder[:2](torch.cat([x, self.label(y, x)], 1))
        return self.mu_head(h), self.logvar_head(h)


class ImagesMadeSigns(Planted):
    def encode(self, x, y):
        mu, logvar = super().encode(x, y)
        with torch.no_grad():
            x.mul_(2).sub_(1)
        return mu, logvar


class ReluOnCode(Planted):
    def decode_logits(self, z, y):
        return super().decode_logits(z.relu(), y)


class LabelForgottenWhereHot(Planted):
    def label(self, y, like):
        return F.one_hot(y, self.num_classes).to(like) if y.dim() == 1 else torch.zeros_like(y).to(like)


class LabelsSmoothed(Planted):
    def label(self, y, like):
        return 0.9 * super().label(y, like) + 0.1 / self.num_classes


class LabelAdded(Planted):
    """The label is added to the first entries of the image in place of standing behind it."""

    def encode(self, x, y):
        label = self.label(y, x)
        x = x + F.pad(label, (0, x.shape[1] - label.shape[1]))
        h = self.encoder(torch.cat([x, label], 1))
        return self.mu_head(h), self.logvar_head(h)


class ImageCut(Planted):
    def encode(self, x, y):
        return super().encode((x > 0.5).to(x.dtype), y)


class ByBias(Given):
    """The label's columns as a vector added to the bias; images first."""

    def first(self, layer, a, y):
        hot = torch.nn.functional.one_hot(y, self.num_classes) if y.ndim < 2 else y
        D = a.size(-1)
        return F.linear(a, layer.weight[:, :D], layer.bias) + hot.to(a.dtype) @ layer.weight[:, D:].mT

    def encode(self, x, y):
        h = self.encoder[2:](self.first(self.encoder[0], x, y).relu())
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        return self.decoder[2:](F.relu(self.first(self.decoder[0], z, y)))


class BySlices(Given):
    def joined(self, a, y):
        wide = a.new_zeros(len(a), a.shape[1] + self.num_classes)
        wide[:, :a.shape[1]] = a
        if y.dim() == 2:
            wide[:, a.shape[1]:] = y
        else:
            wide[torch.arange(len(a)), a.shape[1] + y] = 1
        return wide

    def encode(self, x, y):
        h = self.encoder.forward(self.joined(x, y))
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        return self.decoder(self.joined(z, y))


class Embeds(Given):
    def hot(self, y, like):
        labels = torch.argmax(y, 1) if y.dim() == 2 else y
        return F.embedding(labels, torch.eye(self.num_classes).to(like))

    def encode(self, x, y):
        h = self.encoder(torch.column_stack([x, self.hot(y, x)]))
        return tuple(head(h) for head in (self.mu_head, self.logvar_head))

    def decode_logits(self, z, y):
        return self.decoder(torch.column_stack([z, self.hot(y, z)]))


class RowByRow(Given):
    def rows(self, net, a, y):
        out = []
        for row, label in zip(a, y, strict=True):
            hot = label if label.dim() else torch.tensor([label == c for c in range(self.num_classes)])
            out.append(net(torch.cat((row, hot.to(row)))))
        return torch.stack(out)

    def encode(self, x, y):
        h = self.rows(self.encoder, x, y)
        return [self.mu_head(h), self.logvar_head(h)]

    def decode_logits(self, z, y):
        return self.rows(self.decoder, z, y)


class CodeCut(Planted):
    def decode_logits(self, z, y):
        return super().decode_logits(z.clamp(-3, 3), y)


class ImageHeldOffTheEnds(Planted):
    def encode(self, x, y):
        return super().encode(x.clamp(1e-3, 1 - 1e-3), y)


TOLD_1 = ("`CVAE` raised RuntimeError here. Labels that are one-hot already are taken as they are.")
TOLD_2 = ("`CVAE` raised RuntimeError here. Labels (B,) are whole numbers, also if there are as many as "
          "classes, or none is above 1.")
TOLD_3 = ("`encode` joins image and label, image first, each image with its own label.")
TOLD_4 = ("μ, log σ² and logits are what the last layers say, however large: no bound on them.")
TOLD_5 = ("`decode_logits` joins code and label, code first, and returns logits.")
TOLD_6 = ("Labels that are one-hot already are taken as they are.")
TOLD_7 = ("`CVAE` changes its argument `x` in place: work on a copy. `encode` joins image and label, "
          "image first, each image with its own label.")

wrong += [
    (HotByDtype, TOLD_1),
    (HotByWidth, TOLD_2),
    (HotByValues, TOLD_2),
    (LogvarCut, "Bounded"),
    (MeansByTanh, TOLD_3),
    (CodeCut, TOLD_4),
    (ImageHeldOffTheEnds, TOLD_4),
    (LogitsCut, TOLD_4),
    (FirstLayerOnly, TOLD_3),
    (ReluOnCode, TOLD_5),
    (LabelForgottenWhereHot, TOLD_6),
    (LabelsSmoothed, TOLD_3),
    (LabelAdded, TOLD_3),
    (ImageCut, TOLD_3),
    (ImagesMadeSigns, TOLD_7),
]
right += [ByBias, BySlices, Embeds, RowByRow]
fits = {"HotByValues": ("OnlyOneHot",)}
