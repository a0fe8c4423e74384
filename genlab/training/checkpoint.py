"""Checkpoints: a file with all that a run needs to go on as if nothing had happened."""

import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import torch


class Checkpoint:
    """States of the parts of a run, and of the random numbers, in one file; without a path it does nothing.

    Args:
        path: the file.
        rng: the run's generator, if it has one of its own.
        parts: what has `state_dict` and `load_state_dict`; others, such as None, are left out.
    """

    def __init__(self, path: str | Path | None, rng: torch.Generator | None, **parts: Any):
        self.path = None if path is None else Path(path)
        self.rng = rng
        self.parts = {name: part for name, part in parts.items() if hasattr(part, "state_dict")}

    def save(self) -> None:
        """Write the file whole or not at all: an interruption leaves the last one in place."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                torch.save({"parts": parts, "kinds": self._kinds(), "random": self._random()}, file)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def load(self) -> bool:
        """Take over the states in the file; False if there is none.

        Raises:
            ValueError: the file is not a checkpoint, or one of a run with other parts.
        """
        if self.path is None or not self.path.exists():
            return False
        state = self._read()
        if state["parts"].keys() != self.parts.keys():
            raise ValueError(f"{self.path} holds {', '.join(state['parts'])}, but this run has "
                             f"{', '.join(self.parts)}: call with the same arguments, or name another file")
        for name, kind in state.get("kinds", {}).items():
            if kind != self._kinds().get(name):
                raise ValueError(f"the {name} in {self.path} is of another run (a {kind}, here a "
                                 f"{self._kinds().get(name)}): name another file, or delete this one")
        for name, part in self.parts.items():
            try:
                part.load_state_dict(state["parts"][name])
            except (RuntimeError, KeyError, ValueError, TypeError) as error:
                raise ValueError(f"the {name} in {self.path} is of another run ({error}): "
                                 "name another file, or delete this one") from error
        self._set_random(state["random"])
        return True

    def _read(self) -> dict[str, Any]:
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise ValueError(f"{self.path} cannot be read: delete it to start anew") from error
        if not isinstance(state, dict) or not {"parts", "random"} <= state.keys():
            raise ValueError(f"{self.path} is not a checkpoint of a run: name another file")
        return state

    def _kinds(self) -> dict[str, str]:
        """Names of the optimizers' classes: one would load another's state and fail at its first step."""
        return {name: type(part).__name__ for name, part in self.parts.items()
                if isinstance(part, torch.optim.Optimizer)}

    def _random(self) -> dict[str, Any]:
        """Of the run's generator and of torch's own, which dropout uses."""
        return {"rng": None if self.rng is None else self.rng.get_state(), "torch": torch.get_rng_state(),
                "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []}

    def _set_random(self, state: dict[str, Any]) -> None:
        if self.rng is not None and state["rng"] is not None:
            self.rng.set_state(state["rng"])
        torch.set_rng_state(state["torch"])
        if state["cuda"] and torch.cuda.device_count() == len(state["cuda"]):
            torch.cuda.set_rng_state_all(state["cuda"])
