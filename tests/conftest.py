"""What all tests share."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch, and for the processes that tests start
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest
import torch

torch.set_num_threads(1)  # tensors are tiny: threads only wait for one another


@pytest.fixture
def rng() -> torch.Generator:
    """A generator with a fixed seed, new for each test."""
    return torch.Generator().manual_seed(0)


@pytest.fixture(autouse=True)
def _neutral_environment(monkeypatch):
    """Tests see no lesson, table or grader of the surroundings; a test that needs one sets it."""
    for name in ("GENLAB_LESSON", "GENLAB_SEED", "GENLAB_TABLE", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
