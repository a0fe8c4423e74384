"""How like is one image to another? The structural similarity, window by window.

    SSIM = (2 μ_a μ_b + c₁)(2 σ_ab + c₂) / ((μ_a² + μ_b² + c₁)(σ_a² + σ_b² + c₂)),   c₁ = 0.01², c₂ = 0.03²

with means, variances and covariance under a Gaussian window of 11×11 pixels (σ = 1.5), for values in [0, 1];
averaged over all windows that lie inside the image. 1 for equal images only; it may be negative. Where both images
are blank a window counts as 1, so an empty border raises the mean: compare with a baseline on the same images.

Wang, Bovik, Sheikh and Simoncelli (2004), Image quality assessment: from error visibility to structural similarity.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from genlab.metrics.images import DataRange, unit_images

WINDOW, SIGMA, C1, C2 = 11, 1.5, 0.01**2, 0.03**2


def ssim(a: Tensor, b: Tensor, *, data_range: DataRange = (0.0, 1.0)) -> Tensor:
    """One number for each pair of images (B, C, H, W): (B,), float64, averaged over channels.

    Raises:
        ValueError: images of different shapes, smaller than the window of 11 pixels, or outside the range.
    """
    a, b = (unit_images(images, data_range, name).double() for images, name in ((a, "a"), (b, "b")))
    if a.ndim != 4 or a.shape != b.shape or min(a.shape[2:]) < WINDOW:
        raise ValueError(f"a and b must be images (B, C, H, W) of one shape, at least {WINDOW} pixels high and wide, "
                         f"got {tuple(a.shape)} and {tuple(b.shape)}")
    channels = a.shape[1]
    bell = (-0.5 * ((torch.arange(WINDOW, device=a.device).double() - WINDOW // 2) / SIGMA) ** 2).exp()
    bell = (bell / bell.sum()).expand(channels, 1, -1)

    def smooth(x: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(x, bell[:, :, None, :], groups=channels), bell[:, :, :, None], groups=channels)

    mean_a, mean_b = smooth(a), smooth(b)
    var_a, var_b = smooth(a * a) - mean_a**2, smooth(b * b) - mean_b**2
    cov = smooth(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    structure = (2 * cov + C2) / (var_a + var_b + C2)
    return (luminance * structure).flatten(1).mean(1)
