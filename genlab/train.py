"""The recipes of the outline: a few lines over `fit`, one for each family of models.

A loader yields (images, labels) with images in [0, 1]; a trainer brings them to its model's range.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genlab.data.ranges import to_form, to_signed
from genlab.devices import resolve_device
from genlab.fit import History, fit, fit_adversarial
from genlab.training.checks import check_options


class Converted:
    """The batches of a loader, images converted; all else, such as `state_dict`, is the loader's."""

    def __init__(self, batches: Iterable, convert: Callable[[Tensor], Tensor]):
        self.batches, self.convert = batches, convert

    def __iter__(self) -> Iterator[tuple]:
        for batch in self.batches:
            images, *others = _as_tuple(batch)
            yield (self.convert(images), *others)

    def __getattr__(self, name: str) -> Any:
        if name in ("batches", "convert"):  # not there yet, as while unpickling
            raise AttributeError(name)
        return getattr(self.batches, name)


class Pairs(Converted):
    """The batches of a loader of pairs, both images converted to [-1, 1]; what comes with them is left out."""

    def __init__(self, batches: Iterable):
        super().__init__(batches, to_signed)

    def __iter__(self) -> Iterator[tuple]:
        for batch in self.batches:
            pair = _as_tuple(batch)
            if len(pair) < 2 or not isinstance(pair[1], Tensor) or pair[1].ndim != 4:
                raise TypeError("a batch of pairs must begin with two tensors of images, inputs and targets")
            yield tuple(map(self.convert, pair[:2]))


def _as_tuple(batch: Any) -> tuple:
    """Images and what comes with them, arrays as tensors."""
    if isinstance(batch, Mapping):
        raise TypeError(f"the loader yields dicts with {', '.join(map(repr, batch))}: trainers take tuples "
                        "(images, labels), so wrap it: [(batch[\"image\"], batch[\"label\"]) for batch in loader]")
    parts = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
    if not parts or not isinstance(parts[0], (Tensor, np.ndarray)):
        found = type(parts[0]).__name__ if parts else "an empty tuple"
        raise TypeError(f"a batch must begin with a tensor of images, got {found}: use torch.as_tensor")
    return tuple(torch.as_tensor(part) if isinstance(part, np.ndarray) else part for part in parts)


def train_vae(model: nn.Module, train_loader: Iterable, epochs: int = 10, lr: float = 1e-3, *,
              max_steps: int | None = None, rng: torch.Generator | None = None, dynamic: bool = False,
              warmup: int = 0, device: str | torch.device | None = None, **options: Any) -> History:
    """Train a VAE of any kind with Adam, on images in the form that its likelihood takes (`data_form`).

    Args:
        train_loader: yields (images in [0, 1], labels), epoch after epoch; for a model of real numbers
            (`data_form` "real") anything finite, unchanged.
        max_steps: stop there even if the epochs are not over.
        dynamic: only for binary data: a pixel is 1 with its grey value as probability, drawn anew each
            time, in place of 1 where it is above 0.5: another distribution, whose nats are not comparable.
        warmup: number of steps during which the weight of the KL in the loss rises from 0 to 1, lest
            parts of the code are given up before the decoder has learnt to read them
            (Bowman et al. 2015, arXiv:1511.06349; Sønderby et al. 2016, arXiv:1602.02282).
        device: where to move the model first; "auto" is the best there is, None leaves it where it is.
        options: of `fit`: watch, ema, schedule, checkpoint, progress, ….

    Raises:
        ValueError: `dynamic` for a model whose data are not binary.
    """
    form = getattr(model, "data_form", "binary")  # a model that does not say is taken for the outline's
    if dynamic and form != "binary":
        raise ValueError(f'dynamic draws pixels of 0 and 1, but {type(model).__name__} takes the form "{form}": '
                         "leave it out, or use a Bernoulli likelihood")

    def convert(images: Tensor) -> Tensor:
        return to_form(images, form, dynamic=dynamic, rng=rng)

    if device is not None:
        model.to(resolve_device(device))
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
    from genlab.models.gan import GAN  # here, since genlab.models ends by importing the trainers

    gan = GAN(generator, discriminator, latent_dim, data_range=(-1.0, 1.0))
    players = [torch.optim.Adam(player.parameters(), lr, betas=(0.5, 0.999))
               for player in (generator, discriminator)]
    return fit_adversarial(gan, Converted(train_loader, to_signed), *players, rng=rng,
                           steps=steps_of(train_loader, epochs, max_steps), **options)


def train_wgan(generator: nn.Module, critic: nn.Module, train_loader: Iterable, epochs: int = 50, lr: float = 5e-5,
               latent_dim: int = 100, n_critic: int = 5, clip_value: float | None = 0.01, *,
               penalty: float | None = None, max_steps: int | None = None, rng: torch.Generator | None = None,
               **options: Any) -> History:
    """Train a Wasserstein GAN on images in [-1, 1]: RMSprop and clipped weights, or Adam and a gradient penalty.

    Every step of the critic takes a new batch, so that an epoch has 1/n_critic as many steps as batches. The history's
    "distance" is mean f(x) - mean f(G(z)).

    Args:
        train_loader: yields (images in [0, 1], labels), epoch after epoch.
        critic: one number of any size for each image: no sigmoid, and with a penalty no BatchNorm.
        latent_dim: size of the generator's z, (B, latent_dim).
        n_critic: steps of the critic before each of the generator's.
        clip_value: c, to which all of the critic's weights are cut before and after each of its steps.
        penalty: λ of the gradient penalty, 10 in its paper, in place of clipping: `clip_value` is then not used. Adam
            with β = (0.5, 0.9); an lr of 1e-4 is usual.
        max_steps: of the generator; stop there even if the epochs are not over.
        options: of `fit_adversarial`: watch, ema, schedule, discriminator_steps, checkpoint, progress, ….
    """
    from genlab.models.adversarial import GradientPenalty, Wasserstein
    from genlab.models.gan import GAN  # here, since genlab.models ends by importing the trainers

    check_options(n_critic=n_critic)
    limit = None if penalty is not None else clip_value
    gan = GAN(generator, critic, latent_dim, loss=Wasserstein(), weight_limit=limit, data_range=(-1.0, 1.0),
              penalties=() if penalty is None else (GradientPenalty(penalty),))
    players = [torch.optim.RMSprop(player.parameters(), lr) if penalty is None
               else torch.optim.Adam(player.parameters(), lr, betas=(0.5, 0.9)) for player in (generator, critic)]
    steps = max(1, steps_of(train_loader, epochs) // n_critic) if max_steps is None else max_steps
    options = {"discriminator_steps": n_critic} | options
    return fit_adversarial(gan, Converted(train_loader, to_signed), *players, rng=rng, steps=steps, **options)


def train_pix2pix(generator: nn.Module, discriminator: nn.Module, train_loader: Iterable, epochs: int = 200,
                  lr: float = 2e-4, l1_weight: float = 100.0, *, max_steps: int | None = None,
                  rng: torch.Generator | None = None, **options: Any) -> History:
    """Train image to image on pairs in [-1, 1], with Adam (β₁ = 0.5): the paper's settings at a batch of one.

    Args:
        train_loader: yields (inputs, targets, …), both images in [0, 1], epoch after epoch.
        l1_weight: λ of the L1 term.
        max_steps: stop there even if the epochs are not over.
        options: of `fit_adversarial`: watch, ema, schedule, checkpoint, progress, ….
    """
    from genlab.models.pix2pix import Pix2Pix  # here, since genlab.models ends by importing the trainers

    model = Pix2Pix(generator, discriminator, l1_weight=l1_weight)
    players = [torch.optim.Adam(player.parameters(), lr, betas=(0.5, 0.999)) for player in (generator, discriminator)]
    return fit_adversarial(model, Pairs(train_loader), *players, rng=rng,
                           steps=steps_of(train_loader, epochs, max_steps), **options)


def train_diffusion(model: nn.Module, train_loader: Iterable, epochs: int = 50, lr: float = 1e-4, *,
                    max_steps: int | None = None, rng: torch.Generator | None = None, ema: float | None = 0.999,
                    clip: float | None = 1.0, device: str | torch.device | None = None,
                    **options: Any) -> History:
    """Train a diffusion model with Adam, on images in the form that it states (`data_form`).

    The model keeps the weights of the last step. `history.ema` is the model with their moving average, whose
    samples are better once it is much longer than one over (1 - ema) steps.

    Args:
        train_loader: yields (images in [0, 1], labels), epoch after epoch.
        max_steps: stop there even if the epochs are not over.
        ema, clip: of `fit`; the paper's are 0.9999, for 800 000 steps, and 1.
        device: where to move the model first; "auto" is the best there is, None leaves it where it is.
        options: of `fit`: watch, schedule, checkpoint, precision, progress, ….
    """
    form = getattr(model, "data_form", "signed")
    if device is not None:
        model.to(resolve_device(device))
    return fit(model, Converted(train_loader, lambda images: to_form(images, form)),
               torch.optim.Adam(model.parameters(), lr), steps=steps_of(train_loader, epochs, max_steps), rng=rng,
               ema=ema, clip=clip, **options)


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
    if max_steps is not None and max_steps < 1:
        raise ValueError(f"max_steps must be at least 1, got {max_steps}: leave it out to train all epochs")
    try:
        length = len(batches)
    except TypeError as error:  # also a DataLoader of an IterableDataset, which has a __len__ that fails
        if max_steps is None:
            raise ValueError("this loader does not know its length: pass max_steps") from error
        return max_steps
    if length == 0:
        raise ValueError("the loader is empty: it needs at least one batch of images")
    return min(epochs * length, max_steps or epochs * length)
