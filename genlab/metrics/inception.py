"""The real FID, of colour images, by the network that gives it its name.

It is torchmetrics' and torch-fidelity's, and is not written again: published numbers depend on the weights of
one Inception network, on how it was ported and on how images are resized for it. Nothing else in the course
needs it. On digits it means little, for the network knows photographs: there use `digit_frechet`.

Heusel et al. (2017), GANs trained by a two time-scale update rule, arXiv:1706.08500.
"""

import torch
from torch import Tensor, nn

from genlab.metrics.images import DataRange, unit_images

OFFLINE = "digits are compared without a download by genlab.metrics.digit_frechet"


@torch.no_grad()
def fid(real: Tensor, fake: Tensor, *, download: bool = False, network: nn.Module | None = None,
        batch: int = 50, data_range: DataRange = (0.0, 1.0)) -> float:
    """Fréchet Inception Distance between colour images; published values rest on 50 000 of them.

    Say n beside it, and which images are the reference: its bias falls like 1/n and is large with 2048
    features (see `extrapolate`).

    Args:
        real, fake: (n, 3, H, W) and (m, 3, H, W) in [0, 1], at least two each.
        data_range: of the fakes, when it is not [0, 1]: a pair, or the model that made them.
        download: must be True for the Inception network, whose weights, about 90 MB, are fetched when
            first used and kept by torch.hub.
        network: another than Inception, images to features (B, d), with the attribute `num_features`;
            then the number is no FID.

    Raises:
        ValueError: images of another shape or range, or no network and no leave to download one.
        ImportError: torchmetrics or torch-fidelity is not installed; says how to install them.
        ConnectionError: the weights could not be fetched.
    """
    _check(real, "real")
    _check(fake, "fake")
    real, fake = unit_images(real, what="real"), unit_images(fake, data_range, "fake")
    if network is None and not download:
        raise ValueError("the FID needs the Inception network, whose weights (about 90 MB) are downloaded "
                         f"when first used: say download=True; {OFFLINE}")
    metric = _metric(network)
    for images, is_real in ((real, True), (fake, False)):
        for part in images.detach().float().split(batch):
            metric.update(part.to(metric.device), real=is_real)
    return metric.compute().item()


def _check(images: Tensor, name: str) -> None:
    if images.ndim != 4 or images.shape[1] != 3 or len(images) < 2:
        raise ValueError(f"{name} must be colour images (n, 3, H, W) with n ≥ 2, got {tuple(images.shape)}: "
                         f"{OFFLINE}")


def _metric(network: nn.Module | None):
    """torchmetrics' accumulator, with its failures explained."""
    from genlab import _torchvision

    try:
        _torchvision.load()
        from torchmetrics.image.fid import FrechetInceptionDistance

        metric = FrechetInceptionDistance(2048 if network is None else network, normalize=True)
    except ImportError as error:
        raise ImportError('the FID is computed by torchmetrics and torch-fidelity: python -m pip install '
                          f'"torchmetrics[image]" ({error}); {OFFLINE}') from error
    except OSError as error:
        raise ConnectionError(f"the weights of the Inception network could not be fetched ({error}): "
                              f"try again with a network; {OFFLINE}") from error
    return metric.set_dtype(torch.float64) if network is not None else metric
