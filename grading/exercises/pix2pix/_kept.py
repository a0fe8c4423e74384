"""The law of a round: what D's own step left in D may lie there, G's loss may add nothing."""

import torch


def nothing_left(inputs, got, expected, n):
    """A test: D's gradients are those of its own loss, or cleared; all weights can learn; and D has moved."""
    if not bool(got["able"].bool().all()):
        return False, "weights that no longer require a gradient", "players as before"
    if torch.allclose(got["d_moved"].double(), inputs["d_flat"].double(), atol=1e-7):
        return False, "a D that has not moved", "a step"
    now, right = got["d_left"].double(), expected["d_left"].double()
    leak = torch.where(now.abs() < 1e-9, 0.0, (now - right).abs() / (1e-3 + right.abs().max()))
    return bool(leak.max() < 1e-4), leak.max().item(), 0.0
