"""The law of a step of one player: nothing stays in the other."""

import torch

NAMES = {"g": "generator", "d": "discriminator"}


def kept(player: str, *, while_moves: str):
    """A test: `player` ("g" or "d") is where it was, its old gradients untouched or cleared, and the other did move."""

    def test(inputs, got, expected, n):
        moved = got["moved"].double()
        if torch.allclose(moved, inputs[f"{while_moves}_flat"][:len(moved)].double(), atol=1e-7):
            return False, f"no movement of {while_moves.upper()}", "a step"
        if not torch.allclose(got[f"{player}_moved"].double(), expected[f"{player}_moved"].double(), atol=1e-6):
            return False, f"another {NAMES[player]}", "the same"
        old, now = expected[f"{player}_left"].double(), got[f"{player}_left"].double()
        leak = torch.where(now.abs() < 1e-9, 0.0, (now - old).abs())
        return bool(leak.max() < 1e-5), leak.max().item(), 0.0

    return test
