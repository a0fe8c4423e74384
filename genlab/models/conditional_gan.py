"""A GAN that is told what to make: generator and discriminator both see the label.

    game            min_G max_D  E log D(x, y) + E log(1 - D(G(z, y), y)),   (x, y) data, z ~ N(0, I)
    best D          logit  log p(x | y) - log g(x | y), one surface for each label, if samples have the data's labels
    blind D         compares p(x) with g(x) alone: G may ignore the label and lose nothing

Three ways to show D the label, from h = φ(x), features of its last hidden layer:

    ConcatDiscriminator      φ of (x, one-hot y)                      Mirza and Osindero 2014, arXiv:1411.1784
    ProjectionDiscriminator  w·h + b + ⟨e(y), h⟩                      Miyato and Koyama 2018, arXiv:1802.05637
    AuxiliaryDiscriminator   w·h + b, and logits of the classes       Odena, Olah and Shlens 2016, arXiv:1610.09585

The last never sees y: a cross-entropy on its class logits, for data and samples, is added to both players' losses.
Data with a wrong label may be shown to D as further fakes (Reed et al. 2016, arXiv:1605.05396).
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import as_shape, check_range, frozen, one_hot
from genlab.models.adversarial import Relativistic
from genlab.models.conditioning import apply, asked_labels, takes_labels
from genlab.models.gan import GAN, with_penalties
from genlab.random import randint

LEAK = 0.2


def auxiliary_classifier_loss(real: Tensor, fake: Tensor, real_classes: Tensor, fake_classes: Tensor,
                              labels: Tensor) -> tuple[Tensor, Tensor]:
    """Both losses of AC-GAN, each a single number of nats: non-saturating, plus a cross-entropy of weight 1.

    Args:
        real, fake: D's logits of data and of samples, (B,).
        real_classes, fake_classes: its logits of the C classes, (B, C).
        labels: of the data, and those that the samples were asked to have, (B,), whole numbers.

    Returns:
        D's loss, -log D(x) - log(1 - D(G)) - log c(y | x) - log c(y | G); G's, -log D(G) - log c(y | G). Means.
    """
    named = F.cross_entropy(fake_classes, labels)
    return (F.softplus(-real).mean() + F.softplus(fake).mean() + F.cross_entropy(real_classes, labels) + named,
            F.softplus(-fake).mean() + named)


def projection_logit(h: Tensor, labels: Tensor, weight: Tensor, bias: Tensor, table: Tensor) -> Tensor:
    """w·h + b + ⟨e(y), h⟩: (B, F) and labels, (B,) or rows (B, C), to (B,).

    Args:
        weight, bias: w, (F,), and b, (): what D says whatever the label.
        table: e, (C, F). Rows of weights instead of labels take the mean of several e.
    """
    return h @ weight + bias + (one_hot(labels, len(table), like=h) @ table * h).sum(1)


class ConditionalGenerator(nn.Module):
    """Two hidden layers from noise and a label's row of a table to data in [-1, 1].

    Args:
        label_dim: length of a label's row. The outline's is latent_dim; a short one serves.
    """

    data_range = (-1.0, 1.0)

    def __init__(self, latent_dim: int = 100, num_classes: int = 10, data_shape: Sequence[int] = (784,), *,
                 hidden_dim: int = 256, label_dim: int = 32):
        super().__init__()
        self.latent_dim, self.num_classes, self.data_shape = latent_dim, num_classes, tuple(data_shape)
        self.table = nn.Embedding(num_classes, label_dim)
        self.net = nn.Sequential(nn.Linear(latent_dim + label_dim, hidden_dim), nn.ReLU(),
                                 nn.Linear(hidden_dim, 2 * hidden_dim), nn.ReLU(),
                                 nn.Linear(2 * hidden_dim, math.prod(data_shape)), nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """(B, latent_dim) and labels, (B,) or rows of weights (B, num_classes), to (B, *data_shape)."""
        z = as_shape(z, (self.latent_dim,), what="z")
        row = one_hot(labels, self.num_classes, like=z) @ self.table.weight
        return self.net(torch.cat([z, row], 1)).view(len(z), *self.data_shape)


class _Discriminator(nn.Module):
    """What the three have in common: features h = φ(x), and a logit of them."""

    def __init__(self, data_shape: Sequence[int] = (784,), num_classes: int = 10, *, hidden_dim: int = 256,
                 seen: int = 0):
        super().__init__()
        self.data_shape, self.classes, self.features = tuple(data_shape), num_classes, hidden_dim
        self.body = nn.Sequential(nn.Linear(math.prod(data_shape) + seen, 2 * hidden_dim), nn.LeakyReLU(LEAK),
                                  nn.Linear(2 * hidden_dim, hidden_dim), nn.LeakyReLU(LEAK))
        self.head = nn.Linear(hidden_dim, 1)

    def flat(self, x: Tensor) -> Tensor:
        return as_shape(x, self.data_shape).flatten(1)


class ConcatDiscriminator(_Discriminator):
    """D(x, y) from data and one-hot label side by side: (B, ...), labels -> logits (B,)."""

    def __init__(self, data_shape: Sequence[int] = (784,), num_classes: int = 10, *, hidden_dim: int = 256):
        super().__init__(data_shape, num_classes, hidden_dim=hidden_dim, seen=num_classes)
        self.num_classes = num_classes

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = self.flat(x)
        return self.head(self.body(torch.cat([x, one_hot(labels, self.num_classes, like=x)], 1))).squeeze(1)


class ProjectionDiscriminator(_Discriminator):
    """D(x, y) = w·h + b + ⟨e(y), h⟩ with h = φ(x): (B, ...), labels -> logits (B,).

    The table e begins as N(0, 1). With zeros D would be blind at first, and G may settle before it sees.
    """

    def __init__(self, data_shape: Sequence[int] = (784,), num_classes: int = 10, *, hidden_dim: int = 256):
        super().__init__(data_shape, num_classes, hidden_dim=hidden_dim)
        self.num_classes = num_classes
        self.table = nn.Embedding(num_classes, hidden_dim)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return projection_logit(self.body(self.flat(x)), labels, self.head.weight[0], self.head.bias[0],
                                self.table.weight)


class AuxiliaryDiscriminator(_Discriminator):
    """D(x) as a logit (B,), and `class_logits`, (B, num_classes): it is never told the label."""

    def __init__(self, data_shape: Sequence[int] = (784,), num_classes: int = 10, *, hidden_dim: int = 256):
        super().__init__(data_shape, num_classes, hidden_dim=hidden_dim)
        self.classifier = nn.Linear(hidden_dim, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.flat(x))).squeeze(1)

    def class_logits(self, x: Tensor) -> Tensor:
        return self.classifier(self.body(self.flat(x)))


CONDITIONS = {"concat": ConcatDiscriminator, "projection": ProjectionDiscriminator, "auxiliary": AuxiliaryDiscriminator}


class ConditionalGAN(GAN):
    """A GAN of images given their label, for `genlab.fit.fit_adversarial` with batches (images, labels).

        model = ConditionalGAN(latent_dim=100, num_classes=10, img_channels=1)
        images = model(z, labels)                           (B, 1, 28, 28) in [-1, 1]
        samples = model.sample(64, labels=7)

    Args:
        image_size: pixels of a side.
        condition: how D sees the label: "projection", "concat", "auxiliary".
        generator, discriminator: other networks in place of ours. A generator that takes labels is needed; a
            discriminator takes labels, or has `class_logits`, or is blind, which is allowed so that it can be seen.
        mismatched: share of the fakes, from 0 to 1, that are data with a wrong label, drawn anew from the others.
        auxiliary: weight of the classes' cross-entropy in both losses, where D has `class_logits`.
        options: of `GAN`: loss (by default relativistic, which compares data and samples of one label), penalties.
    """

    def __init__(self, latent_dim: int = 100, num_classes: int = 10, img_channels: int = 1, *, image_size: int = 28,
                 hidden_dim: int = 256, condition: str = "projection", generator: nn.Module | None = None,
                 discriminator: nn.Module | None = None, mismatched: float = 0.0, auxiliary: float = 1.0,
                 loss: object | None = None, penalties: Sequence[Callable] = (), **options):
        shape = (img_channels, image_size, image_size)
        if condition not in CONDITIONS:
            raise ValueError(f"condition must be one of {', '.join(CONDITIONS)}, got {condition!r}")
        if not 0 <= mismatched <= 1:
            raise ValueError(f"mismatched is a share of the fakes, from 0 to 1, got {mismatched}: 0.5 is half")
        if mismatched and num_classes < 2:
            raise ValueError("mismatched pairs need a wrong label, and there is one class only: leave them out")
        generator = generator or ConditionalGenerator(latent_dim, num_classes, shape, hidden_dim=hidden_dim)
        discriminator = discriminator or CONDITIONS[condition](shape, num_classes, hidden_dim=hidden_dim)
        if not takes_labels(generator):
            raise ValueError(f"{type(generator).__name__} takes no labels: its forward needs z and labels")
        if mismatched and not takes_labels(discriminator):
            raise ValueError(f"{type(discriminator).__name__} takes no labels, so no pair can be mismatched for it: "
                             'leave `mismatched` out, or let it see labels (condition="projection")')
        super().__init__(generator, discriminator, latent_dim, loss=loss or Relativistic(), penalties=penalties,
                         **options)
        self.num_classes, self.mismatched, self.auxiliary = num_classes, mismatched, auxiliary

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """G(z, labels): (B, latent_dim) and labels, (B,) or one-hot, to images in [-1, 1]."""
        return self.generator(z, labels)

    def discriminator_loss(self, x: Tensor, y: Tensor | None = None, *, step: int = 0,
                           rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """As `GAN.discriminator_loss`; samples are asked for the labels of the data beside them.

        With `mismatched`, D(x, wrong y) takes that share of the fakes, and "p_wrong" is its mean sigmoid. With
        `class_logits`, "class_nats" is the cross-entropy of data plus that of samples.
        """
        y = self._labels(x, y)
        check_range(x, *self.data_range, "use genlab.data.to_signed, or build the GAN with its range")
        with torch.no_grad():
            made = apply(self.generator, self.noise(len(x), rng=rng), labels=y).to(x.dtype)
        real, fake = self._logits(x, y), self._logits(made, y)
        parts = {"loss": self.adversarial.discriminator(real, fake),
                 "p_real": real.sigmoid().mean(), "p_fake": fake.sigmoid().mean()}
        if self.mismatched:
            shift = randint(1, self.num_classes, (len(x),), rng=rng).to(x.device)
            wrong = self._logits(x, (self._numbers(y) + shift) % self.num_classes)
            loss = torch.lerp(parts["loss"], self.adversarial.discriminator(real, wrong), self.mismatched)
            parts |= {"loss": loss, "p_wrong": wrong.sigmoid().mean()}
        if self._names_classes:
            nats = sum(F.cross_entropy(self.discriminator.class_logits(part), y) for part in (x, made))
            parts |= {"loss": parts["loss"] + self.auxiliary * nats, "class_nats": nats.detach()}
        return with_penalties(self.penalties, parts, partial(self._logits, y=y), x, made, step=step, rng=rng)

    def generator_loss(self, x: Tensor, y: Tensor | None = None, *, step: int = 0,
                       rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """As `GAN.generator_loss`, with the classes' cross-entropy of samples where D has `class_logits`."""
        y = self._labels(x, y)
        z = self.noise(len(x), rng=rng)
        made = apply(self.generator, z, labels=y)
        with frozen(self.discriminator):
            fake = self._logits(made, y)
            needed = (self._logits(x, y),) if getattr(self.adversarial, "needs_real", False) else ()
            named = F.cross_entropy(self.discriminator.class_logits(made), y) if self._names_classes else 0.0
        parts = {"loss": self.adversarial.generator(fake, *needed) + self.auxiliary * named}
        return with_penalties(self.generator_penalties, parts, partial(self.generator, labels=y), z, made, step=step,
                              rng=rng)

    def sample(self, num_samples: int = 64, *, labels: Sequence[int] | Tensor | int | None = None,
               rng: torch.Generator | None = None) -> Tensor:
        """G(z, y); labels: one for all, one for each, or by default 0, 1, … in turn."""
        if labels is None:
            labels = torch.arange(num_samples) % self.num_classes
        return super().sample(num_samples, labels=labels, rng=rng)

    @property
    def _names_classes(self) -> bool:
        return bool(self.auxiliary) and hasattr(self.discriminator, "class_logits")

    @staticmethod
    def _numbers(y: Tensor) -> Tensor:
        return y if y.ndim == 1 else y.argmax(1)

    def _labels(self, x: Tensor, y: Tensor | None) -> Tensor:
        if y is None:
            raise ValueError("a conditional GAN learns from pairs: let batches yield (images, labels)")
        return asked_labels(y, len(x), [self.generator], like=x)
