"""cvae-conditioning: where the label enters a conditional VAE.

The lesson gives the constructor, as in `Given` below; the student writes

    encode(self, x, y) -> (mu, logvar)        (B, input_dim) and labels -> twice (B, latent_dim)
    decode_logits(self, z, y) -> logits       (B, latent_dim) and labels -> (B, input_dim)

with labels as whole numbers (B,) or one-hot (B, num_classes).
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import permutation, randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


class Given(nn.Module):
    """The constructor that the student is given."""

    def __init__(self, num_classes=10, input_dim=784, hidden_dim=400, latent_dim=20):
        super().__init__()
        self.num_classes = num_classes
        self.encoder = nn.Sequential(nn.Linear(input_dim + num_classes, hidden_dim), nn.ReLU(),
                                     nn.Linear(hidden_dim, hidden_dim), nn.ReLU())
        self.mu_head = nn.Linear(hidden_dim, latent_dim)
        self.logvar_head = nn.Linear(hidden_dim, latent_dim)
        self.decoder = nn.Sequential(nn.Linear(latent_dim + num_classes, hidden_dim), nn.ReLU(),
                                     nn.Linear(hidden_dim, hidden_dim), nn.ReLU(),
                                     nn.Linear(hidden_dim, input_dim))


def inputs(rng, n=1):
    """A small model's weights, images, codes, and every class at least once in random order."""
    B, C, D, H, K = 6, 4, 8, 13, 3  # no two sizes agree, D + C and K + C included
    one = torch.ones(1, dtype=torch.float64)
    with torch.device("meta"):  # shapes alone: no random numbers are drawn
        shapes = {name: value.shape for name, value in Given(C, D, H, K).state_dict().items()}
    weights = {name: randn(shape, like=one, rng=rng) * (0.4 if len(shape) == 1 else 1.4 / shape[1] ** 0.5)
               for name, shape in shapes.items()}
    labels = torch.tensor([0, 1, 2, 3, 1, 2])[permutation(B, rng=rng)]
    labels = labels.roll(int(labels[0] == C - 1))  # a single label does not say how many classes there are
    return {"num_classes": C, "input_dim": D, "hidden_dim": H, "latent_dim": K, "x": torch.rand(B, D, generator=rng).double(),
            "y": labels, "other": (labels + 1 + permutation(2, rng=rng)[0]) % C, "z": randn((B, K), like=one, rng=rng), **weights}


def probe(CVAE, num_classes, input_dim, hidden_dim, latent_dim, x, y, other, z, **weights):
    """Both methods with whole numbers, with one-hot labels, with other labels and with one image.

    A half-written class still gets its points for `encode`, one that knows whole numbers alone for those.
    """
    model = CVAE(num_classes=num_classes, input_dim=input_dim, hidden_dim=hidden_dim, latent_dim=latent_dim)
    model = probing.load(model, weights)
    image, code = probing.leaf(x), probing.leaf(z)
    mu, logvar = probing.tensors(model.encode(image, y), 2, "`encode`")
    d_x, = probing.vjp(mu.sum() + (logvar * x[:, :1]).sum(), [image])
    other_mu, other_logvar = probing.tensors(model.encode(x, other), 2, "`encode`")
    one_mu, _ = probing.tensors(model.encode(x[:1], y[:1]), 2, "`encode`")
    values = dict(mu=mu, logvar=logvar, d_x=d_x, other_mu=other_mu, other_logvar=other_logvar, one_mu=one_mu)
    try:
        logits = probing.tensor(model.decode_logits(code, y), "`decode_logits`")
    except NotImplementedError:
        return values
    values.update(logits=logits, d_z=probing.vjp(logits.tanh(), [code])[0],
                  other_logits=probing.tensor(model.decode_logits(z, other), "`decode_logits`"),
                  one_logits=probing.tensor(model.decode_logits(z[:1], y[:1]), "`decode_logits`"))
    hot = F.one_hot(y, num_classes).to(x.dtype)
    try:
        hot_mu, hot_logvar = probing.tensors(model.encode(x, hot), 2, "`encode`")
        hot_logits = probing.tensor(model.decode_logits(z, hot), "`decode_logits`")
    except (RuntimeError, IndexError, TypeError, ValueError):
        return values
    return dict(values, hot_mu=hot_mu, hot_logvar=hot_logvar, hot_logits=hot_logits)


class Reference(Given):
    """The label, one-hot, stands beside the image and beside the code."""

    def _hot(self, y, like):
        return y.to(like.dtype) if y.dim() == 2 else F.one_hot(y, self.num_classes).to(like.dtype)

    def encode(self, x, y):
        h = self.encoder(torch.cat([x, self._hot(y, x)], dim=1))
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        return self.decoder(torch.cat([z, self._hot(y, z)], dim=1))


# Known mistakes


class LabelFirst(Reference):
    def encode(self, x, y):
        h = self.encoder(torch.cat([self._hot(y, x), x], dim=1))
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        return self.decoder(torch.cat([self._hot(y, z), z], dim=1))


class LabelAsNumber(Reference):
    def _hot(self, y, like):
        y = y if y.dim() == 1 else y.argmax(1)
        return y.to(like.dtype).unsqueeze(1).expand(-1, self.num_classes)


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


exercise = Exercise(
    id="cvae-conditioning", defines="class CVAE(nn.Module)", core=True, points=4, level=3, minutes=25,
    inputs=inputs, probe=probe, reference=Reference,
    withholds=["genlab.models.conditional_vae.ConditionalVAE"],
    comparisons=[
        Compare("mu", "logvar", "other_mu", "other_logvar", "one_mu", "d_x", points=2, shape="(B, latent_dim)",
                says="`encode` joins image and label, image first, each image with its own label."),
        Compare("logits", "other_logits", "one_logits", "d_z", points=1, shape="(B, input_dim)",
                says="`decode_logits` joins code and label, code first, and returns logits."),
        Compare("hot_mu", "hot_logvar", "hot_logits", points=1,
                says="Labels that are one-hot already are taken as they are."),
    ],
    mistakes=[
        Mistake(LabelFirst, "You put the label before the image (or the code). Any order would train, but the docstring fixes one, so "
                "that weights mean the same everywhere: the label comes last."),
        Mistake(LabelAsNumber, "You feed the label as a number, which says that 7 is seven times 1. Classes have no order: use one-hot."),
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
        Mistake(OffByOne, "Your classes are off by one: class 0 is the first entry."),
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
        Mistake(OffByOneDown, "Your classes are off by one: class 0 is the first entry."),
        Mistake(StandardDeviation, "`encode` returns log σ², what its head says, and not σ."),
        Mistake(Variance, "`encode` returns log σ², what its head says, and not σ²."),
        Mistake(ReluOnMean, "μ and log σ² may be negative: no activation after the heads."),
        Mistake(ReluOnHeads, "μ and log σ² may be negative: no activation after the heads."),
        Mistake(EncoderWithoutGradient, "No gradient passes `encode`: leave out `no_grad` and `detach`."),
        Mistake(DecoderWithoutGradient, "No gradient passes `decode_logits`, so the encoder cannot learn: leave out `no_grad` and `detach`."),
    ],
    equivalent_mutants={
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
    )},
    also_right=[WithEye, WithScatter, ByColumns],
    hints=[
        "What must the first layer of each network see? Look at the sizes that the given constructor asks for.",
        "One-hot the labels, with the dtype of x, and join them to x (or z) along dimension 1.",
        "hot = y.to(x.dtype) if y.dim() == 2 else F.one_hot(y, self.num_classes).to(x.dtype); "
        "h = self.encoder(torch.cat([x, hot], dim=1)).",
    ],
)
