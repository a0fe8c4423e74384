"""How fast are models and metrics? Each beside a well-known implementation of the same, or a plain loop.

    python -m bench.models [--repeats 3] [--only neighbour,frechet,iwae,step,pixels,unet]

Both sides get the same numbers in one process on one thread, in turn, and must agree, or their times are
void. Networks of diffusion models agree on the number of their parameters (bench/networks.py).
A row gives CPU seconds, the least of the repeats, and their ratio, ours over theirs: below 1 we are faster.
"""

import argparse
import contextlib
import io
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench import networks
from genlab import _torchvision, metrics
from genlab.data import Batches
from genlab.fit import fit
from genlab.metrics.coverage import neighbour_scores
from genlab.models.pixelcnn import PixelCNN
from genlab.models.vae import VAE

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "bench" / "models"
PEERS = ("torch", "prdc", "scikit-learn", "torchmetrics", "diffusers", "denoising-diffusion-pytorch")


def find_peers() -> None:
    """Put what bench/requirements-models.txt pins where it is found, beside the environment."""
    wanted, ready = ROOT / "bench" / "requirements-models.txt", PLACE / "ready"
    if not ready.exists() or ready.read_bytes() != wanted.read_bytes():
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--upgrade", "--target", PLACE]
        subprocess.run([*command, "-r", wanted], check=True)
        ready.write_bytes(wanted.read_bytes())
    sys.path.insert(0, str(PLACE))


class Case(NamedTuple):
    """What is measured: two functions of the same numbers, and how far these may differ, relatively."""

    name: str
    ours: Callable[[], Tensor]
    theirs: Callable[[], Tensor]
    peer: str
    tolerance: float


def neighbour(n: int, d: int) -> Case:
    """Precision, recall, density and coverage of n fakes against n real samples."""
    from prdc import compute_prdc

    torch.manual_seed(0)
    real, fake = torch.randn(n, d), 0.98 * torch.randn(n, d) + 0.02

    def theirs() -> Tensor:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints how many there are
            found = compute_prdc(real.numpy(), fake.numpy(), nearest_k=5)
        return torch.tensor([found[name] for name in metrics.NeighbourScores._fields], dtype=torch.float64)

    def ours() -> Tensor:
        return torch.tensor(neighbour_scores(real, fake), dtype=torch.float64)

    # prdc's distances of float32 features are rounded to float32, which moves a few pairs over a rim
    return Case(f"four neighbour scores, n = {n}, d = {d}", ours, theirs, "prdc", 1e-3)


def frechet(n: int, d: int) -> Case:
    """The distance between n and n features."""
    _torchvision.load()
    from torchmetrics.image.fid import FrechetInceptionDistance

    class Through(nn.Module):
        num_features = d

        def forward(self, x: Tensor) -> Tensor:
            return x

    torch.manual_seed(0)
    scale = torch.linspace(0.1, 1, d)
    real, fake = scale * torch.randn(n, d), scale.flip(0) * torch.randn(n, d) + 0.1

    def theirs() -> Tensor:
        metric = FrechetInceptionDistance(Through(), normalize=True).set_dtype(torch.float64)
        metric.update(real, real=True)
        metric.update(fake, real=False)
        return metric.compute()

    return Case(f"Fréchet distance, n = {n}, d = {d}",
                lambda: torch.tensor(metrics.frechet_distance(real, fake), dtype=torch.float64), theirs,
                "torchmetrics", 1e-7)  # which returns float32


def iwae(batch: int, k: int) -> Case:
    """The bound from k draws for each of a batch of images."""
    torch.manual_seed(0)
    model, x = VAE().eval(), (torch.rand(batch, 784) > 0.8).float()

    @torch.no_grad()
    def theirs() -> Tensor:
        mu, logvar = model.encode(x)
        weights = []
        for _ in range(k):
            noise = torch.randn_like(mu)
            z = mu + (logvar / 2).exp() * noise
            likelihood = -F.binary_cross_entropy_with_logits(model.decoder(z), x, reduction="none").sum(1)
            weights.append(likelihood + 0.5 * (noise.square() + logvar - z.square()).sum(1))
        return torch.stack(weights).logsumexp(0).mean() - torch.tensor(k).log()

    @torch.no_grad()
    def ours() -> Tensor:
        return model.iwae(x, k=k, rng=torch.Generator().manual_seed(0)).mean()

    return Case(f"IWAE bound, {batch} images, k = {k}", ours, theirs, "a loop over the draws", 1e-2)


def step(steps: int, batch: int) -> Case:
    """Training steps of the VAE with Adam, through `fit` and in a loop written for it alone."""
    torch.manual_seed(0)
    images = (torch.rand(10 * batch, 784) > 0.8).float()
    start = VAE().state_dict()

    def fresh() -> tuple[VAE, torch.optim.Optimizer]:
        model = VAE()
        model.load_state_dict(start)
        return model, torch.optim.Adam(model.parameters(), lr=1e-3)

    def ours() -> Tensor:
        model, optimizer = fresh()
        rng = torch.Generator().manual_seed(0)
        with contextlib.redirect_stderr(io.StringIO()):  # the bar
            fit(model, Batches(images, size=batch, rng=rng), optimizer, steps=steps, rng=rng)
        return model.elbo(images, rng=rng).mean().detach()

    def theirs() -> Tensor:
        model, optimizer = fresh()
        for i in range(steps):
            if i % 10 == 0:
                order = torch.randperm(len(images))
            x = images[order[i % 10 * batch:(i % 10 + 1) * batch]]
            hidden = model.encoder(x)
            mu, logvar = model.mu_head(hidden), model.logvar_head(hidden)
            logits = model.decoder(mu + (logvar / 2).exp() * torch.randn_like(mu))
            likelihood = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum()
            loss = (likelihood + kl) / batch
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return model.elbo(images).mean().detach()

    return Case(f"{steps} training steps of a VAE, batch {batch}", ours, theirs, "a hand loop", 2e-2)


def pixels(batch: int) -> Case:
    """Sampling images of 28 by 28 from the PixelCNN of lesson 40, and a full pass of the network for each pixel."""
    torch.manual_seed(0)
    model = PixelCNN(1, 24, 7, levels=2)

    def drawn(cached: bool) -> Tensor:
        return model.sample((batch, 1, 28, 28), cached=cached, rng=torch.Generator().manual_seed(0))

    return Case(f"PixelCNN, 28 by 28, batch {batch}", lambda: drawn(True), lambda: drawn(False),
                "full passes", 0)


def unet(n: int) -> list[Case]:
    """Training a U-Net of a diffusion model, and drawing n images of 28 by 28 with it."""
    found = []
    for form in networks.SHAPES:
        for peer, (ours, theirs) in networks.sides(form, n).items():
            names = f"{networks.STEPS} steps of a U-Net, batch 64", f"{n} samples, {networks.DRAWS} evaluations"
            found += [Case(*case, f"{peer}, {form}", 0.05) for case in zip(names, ours, theirs, strict=True)]
    return found


CASES = {"neighbour": lambda: [neighbour(5000, 64), neighbour(4000, 2048)],
         "frechet": lambda: [frechet(4000, 2048)], "iwae": lambda: [iwae(100, 100)],
         "step": lambda: [step(200, 100)], "pixels": lambda: [pixels(1), pixels(8)],
         "unet": lambda: unet(50)}


def measure(case: Case, repeats: int) -> tuple[float, float]:
    """CPU seconds of both, the least of so many turns."""
    best = [float("inf")] * 2
    for _ in range(repeats):
        values = []
        for side, function in enumerate((case.ours, case.theirs)):
            start = time.process_time()
            values.append(function().double())
            best[side] = min(best[side], time.process_time() - start)
        if not torch.allclose(*values, rtol=case.tolerance, atol=case.tolerance):
            raise SystemExit(f"{case.name}: ours gives {values[0]}, {case.peer} {values[1]}: "
                             "their times mean nothing")
    return best[0], best[1]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--repeats", type=int, default=3, help="turns of each")
    options.add_argument("--only", default=",".join(CASES), help="which, of " + ", ".join(CASES))
    asked = options.parse_args()
    chosen = asked.only.split(",")
    if asked.repeats < 1 or not set(chosen) <= set(CASES):
        options.error(f"repeats must be at least 1, and only one or more of {', '.join(CASES)}")
    find_peers()
    torch.set_num_threads(1)
    print(f"{platform.machine()}, one thread, Python {platform.python_version()}, "
          f"load {os.getloadavg()[0]:.1f}; " + ", ".join(f"{name} {version(name)}" for name in PEERS))
    print(f"  {'CPU seconds':42}  {'genlab':>8}  {'peer':>8}  ratio")
    for case in (case for name in chosen for case in CASES[name]()):
        ours, theirs = measure(case, asked.repeats)
        print(f"  {case.name:42}  {ours:8.3f}  {theirs:8.3f}  "
              f"{ours / theirs:5.2f} of {case.peer}", flush=True)


if __name__ == "__main__":
    main()
