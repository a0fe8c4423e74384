"""U-Nets of diffusion models beside those of two libraries: training steps, and drawing samples in a few evaluations.

Each peer stands there twice. As it is used, it works on all 28 x 28 pixels; ours folds squares of 2 x 2 into channels
first, which is a matter of design. On the folded pixels, (4, 14, 14), a peer does the same work as ours, and what is
left is a matter of implementation. All networks have the same number of parameters, to 5 %; each is trained and sampled
by its own library's code.
"""

import contextlib
import io
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab import _torchvision
from genlab.data import Batches
from genlab.fit import fit
from genlab.models.diffusion import DiffusionModel
from genlab.models.unet import UNet

SHAPES = {"28 by 28": (1, 28, 28), "folded": (4, 14, 14)}
STEPS, DRAWS = 5, 10


def count(network: nn.Module) -> Tensor:
    """Parameters, in thousands: what two sides must agree on, since what they compute differs."""
    return torch.tensor(sum(p.numel() for p in network.parameters()) / 1000, dtype=torch.float64)


def woken(network: nn.Module) -> nn.Module:
    """Layers that begin at 0 get small weights: zeros are no typical numbers to compute with."""
    for parameter in network.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    return network


def ours(images: Tensor, n: int) -> tuple[Callable, Callable]:
    """genlab's, on all pixels, which it folds."""
    torch.manual_seed(0)
    model = DiffusionModel(1, 1000, network=woken(UNet(1, width=48)))

    def train() -> Tensor:
        rng = torch.Generator().manual_seed(0)
        with contextlib.redirect_stderr(io.StringIO()):  # the bar
            adam = torch.optim.Adam(model.parameters(), 1e-3)
            fit(model, Batches(images, size=64, rng=rng), adam, steps=STEPS, rng=rng)
        return count(model)

    def draw() -> Tensor:
        model.sample((n, 1, 28, 28), steps=DRAWS, eta=0.0)
        return count(model)

    return train, draw


def diffusers(images: Tensor, n: int) -> tuple[Callable, Callable]:
    """UNet2DModel with one layer a block, attention at the coarser of two resolutions, and its own schedulers."""
    _torchvision.load()
    from diffusers import DDIMScheduler, DDPMScheduler, UNet2DModel

    torch.manual_seed(0)
    channels, side = images.shape[1:3]
    network = woken(UNet2DModel(
        sample_size=side, in_channels=channels, out_channels=channels, layers_per_block=1, block_out_channels=(32, 60),
        down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=4, attention_head_dim=15))
    noising, drawing = DDPMScheduler(1000), DDIMScheduler(1000)
    drawing.set_timesteps(DRAWS)

    def train() -> Tensor:
        adam, rng = torch.optim.Adam(network.parameters(), 1e-3), torch.Generator().manual_seed(0)
        network.train()
        for _, (x,) in zip(range(STEPS), endless(images, rng), strict=False):
            noise, t = torch.randn(x.shape, generator=rng), torch.randint(0, 1000, (len(x),), generator=rng)
            loss = F.mse_loss(network(noising.add_noise(x, noise, t), t).sample, noise)
            adam.zero_grad()
            loss.backward()
            adam.step()
        return count(network)

    @torch.no_grad()
    def draw() -> Tensor:
        network.eval()
        x = torch.randn(n, channels, side, side)
        for t in drawing.timesteps:
            x = drawing.step(network(x, t).sample, t, x).prev_sample
        return count(network)

    return train, draw


def lucidrains(images: Tensor, n: int) -> tuple[Callable, Callable]:
    """denoising-diffusion-pytorch: Unet of two resolutions, and GaussianDiffusion around it."""
    _torchvision.load()
    from denoising_diffusion_pytorch import GaussianDiffusion, Unet

    torch.manual_seed(0)
    channels, side = images.shape[1:3]
    network = woken(Unet(dim=28, dim_mults=(1, 2), channels=channels, flash_attn=True))
    process = GaussianDiffusion(network, image_size=side, timesteps=1000, sampling_timesteps=DRAWS)

    def train() -> Tensor:
        adam, rng = torch.optim.Adam(process.parameters(), 1e-3), torch.Generator().manual_seed(0)
        process.train()
        for _, (x,) in zip(range(STEPS), endless(images, rng), strict=False):
            loss = process((x + 1) / 2)
            adam.zero_grad()
            loss.backward()
            adam.step()
        return count(network)

    def draw() -> Tensor:
        process.eval()
        with contextlib.redirect_stderr(io.StringIO()):  # the bar
            process.sample(batch_size=n)
        return count(network)

    return train, draw


def endless(images: Tensor, rng: torch.Generator):
    """Batches of 64, epoch after epoch."""
    while True:
        yield from Batches(images, size=64, rng=rng)


def sides(form: str, n: int) -> dict[str, tuple[tuple[Callable, Callable], tuple[Callable, Callable]]]:
    """For each library: (train, draw) of ours and of theirs, on images of this form."""
    torch.manual_seed(0)
    here, there = (torch.rand(640, *shape) * 2 - 1 for shape in (SHAPES["28 by 28"], SHAPES[form]))
    return {"diffusers": (ours(here, n), diffusers(there, n)),
            "denoising-diffusion-pytorch": (ours(here, n), lucidrains(there, n))}
