"""What several answers to wgan-distance share."""

import torch


def shares_below(x, y):
    """Sorted points of both, and the shares of x and of y at or below each."""
    points = torch.cat([x, y]).sort().values
    return points, *((v[:, None] <= points).to(v.dtype).mean(0) for v in (x, y))
