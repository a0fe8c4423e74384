"""The recipes of the outline: a few lines over `fit`, one for each family of models.

A loader yields (images, labels) with images in [0, 1]; a trainer brings them to its model's range.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from genlab.data.ranges import binarize, check_range, to_signed
from genlab.fit import History, fit, fit_adversarial
from genlab.models.gan import GAN
from genlab.random import bernoulli


class Converted:
    """The batches of a loader, images converted; all else, such as `state_dict`, is the loader's."""

    def __init__(self, batches: Iterable, convert: Callable[[Tensor], Tensor]):
        self.batches, self.convert = batches, convert

    def __iter__(self) -> Iterator[tuple]:
        for batch in self.batches:
            images, *others = batch if isinstance(batch, (tuple, list)) else (batch,)
            yield (self.convert(images), *others)

    def __getattr__(self, name: str) -> Any:
        if name in ("batches", "convert"):  # not there yet, as while unpickling
            raise AttributeError(name)
        return getattr(self.batches, name)


def train_vae(model: nn.Module, train_loader: Iterable, epochs: int = 10, lr: float = 1e-3, *,
              max_steps: int | None = None, rng: torch.Generator | None = None, dynamic: bool = False,
              warmup: int = 0, **options: Any) -> History:
    """Train a VAE, conditional, beta or convolutional, on binary images, with Adam.

    Args:
        train_loader: yields (images in [0, 1], labels), epoch after epoch.
        max_steps: stop there even if the epochs are not over.
        dynamic: a pixel is 1 with its grey value as probability, drawn anew each time, in place of
            1 where it is above 0.5: another distribution, whose nats are not comparable.
        warmup: number of steps during which the weight of the KL in the loss rises from 0 to 1, lest
            parts of the code are given up before the decoder has learnt to read them
            (Bowman et al. 2015, arXiv:1511.06349; Sønderby et al. 2016, arXiv:1602.02282).
        options: of `fit`: watch, ema, schedule, checkpoint, progress, ….
    """
    def convert(images: Tensor) -> Tensor:
        if not dynamic:
            return binarize(images)
        check_range(images, 0, 1)
        return bernoulli(images, rng=rng)

    optimizer = torch.optim.Adam(model.parameters(), lr)
    steps = steps_of(train_loader, epochs, max_steps)
    with warming(model, warmup, steps, options.pop("schedule", None)) as schedule:
        return fit(model, Converted(train_loader, convert), optimizer, steps=steps, rng=rng,
                   schedule=schedule, **options)


def train_gan(generator: nn.Module, discriminator: nn.Module, train_loader: Iterable, epochs: int = 50,
              lr: float = 2e-4, latent_dim: int = 100, *, max_steps: int | None = None,
              rng: torch.Generator | None = None, **options: Any) -> History:
    """Train two networks against each other on images in [-1, 1], with Adam (β₁ = 0.5, as in DCGAN).

    Args:
        train_loader: yields (images in [0, 1], labels), epoch after epoch.
        latent_dim: size of the generator's z, (B, latent_dim).
        max_steps: stop there even if the epochs are not over.
        options: of `fit_adversarial`: watch, ema, discriminator_steps, checkpoint, progress, ….
    """
    gan = GAN(generator, discriminator, latent_dim, data_range=(-1.0, 1.0))
    players = [torch.optim.Adam(player.parameters(), lr, betas=(0.5, 0.999))
               for player in (generator, discriminator)]
    return fit_adversarial(gan, Converted(train_loader, to_signed), *players, rng=rng,
                           steps=steps_of(train_loader, epochs, max_steps), **options)


@contextmanager
def warming(model: nn.Module, warmup: int, steps: int, schedule: Callable[[float], float] | None):
    """A schedule for `fit` that also sets `model.kl_weight`, which is 1 again afterwards.

    A schedule is asked before every step how far the run has come, so a resumed run gets this right too.
    """
    def also_warm(progress: float) -> float:
        model.kl_weight = min(1.0, progress * steps / warmup)
        return schedule(progress) if schedule else 1.0

    if warmup and not hasattr(model, "kl_weight"):
        raise ValueError(f"{type(model).__name__} has no kl_weight to warm up: leave out warmup, "
                         "or multiply the KL in its loss by self.kl_weight")
    try:
        yield also_warm if warmup else schedule
    finally:
        vars(model).pop("kl_weight", None)  # back to the class's own


def steps_of(batches: Iterable, epochs: int, max_steps: int | None = None) -> int:
    """Number of batches in so many epochs, or max_steps if that is less.

    Raises:
        ValueError: there are no batches, or their number is unknown and max_steps is not given.
    """
    if not hasattr(batches, "__len__"):
        if max_steps is None:
            raise ValueError("this loader does not know its length: pass max_steps")
        return max_steps
    if len(batches) == 0:
        raise ValueError("the loader is empty: it needs at least one batch of images")
    return min(epochs * len(batches), max_steps or epochs * len(batches))
