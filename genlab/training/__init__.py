"""The parts of `genlab.fit`: what a loop checks, what it does in a step, what it keeps and what it saves."""

from genlab.training.checkpoint import Checkpoint
from genlab.training.history import History

__all__ = ["Checkpoint", "History"]
