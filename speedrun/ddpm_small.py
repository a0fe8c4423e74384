"""A small DDPM, much as in the paper: it predicts the noise on the linear schedule of 1000 times, without labels.

Ho, Jain and Abbeel (2020), arXiv:2006.11239, with the U-Net of lesson 30 at two thirds of its width; 1000 digits by 20
steps of DDIM.
"""

import time

import torch

from genlab.data import to_signed
from genlab.models import DiffusionModel, UNet
from genlab.training.loop import moving_average

BATCH, STEPS = 64, 20
SHARE = 0.78  # of the seconds are for training, the rest for drawing


def train(images, labels, seconds, seed):
    torch.manual_seed(seed)
    model = DiffusionModel(1, 1000, network=UNet(1, width=32))
    adam = torch.optim.Adam(model.parameters(), 1e-3)
    average, x = moving_average(model, 0.995), to_signed(images)
    while time.process_time() < SHARE * seconds:
        adam.zero_grad()
        model.loss(x[torch.randint(len(x), (BATCH,))])["loss"].backward()
        adam.step()
        average.update_parameters(model)

    def sample(n):
        sizes = [len(part) for part in torch.arange(n).split(50)]
        parts = [average.module.sample((size, 1, 28, 28), steps=STEPS, eta=0.0) for size in sizes]
        return (torch.cat(parts) + 1) / 2

    return sample
