"""Flow matching as in lesson 33: rectified flow, times logit-normal, a U-Net on folded pixels that hears the label.

AdamW at 2e-3 with a cosine down to 0, batches of 64, gradients clipped at 1, the moving average of the weights is
kept; 1000 digits by 12 Euler steps.
"""

import time

import torch

from genlab.data import to_signed
from genlab.fit import cosine_decay
from genlab.models import FlowMatching, UNet
from genlab.training.loop import moving_average

RATE, BATCH, STEPS = 2e-3, 64, 12
SHARE = 0.78  # of the seconds are for training, the rest for drawing


def train(images, labels, seconds, seed):
    torch.manual_seed(seed)
    model = FlowMatching(UNet(1, width=48, num_classes=10))
    adam = torch.optim.AdamW(model.parameters(), RATE)
    average, x, stop = moving_average(model, 0.995), to_signed(images), SHARE * seconds
    while (now := time.process_time()) < stop:
        adam.param_groups[0]["lr"] = RATE * cosine_decay(now / stop)
        rows = torch.randint(len(x), (BATCH,))
        adam.zero_grad()
        model.loss(x[rows], labels[rows])["loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        average.update_parameters(model)

    def sample(n):
        wanted = torch.arange(n) % 10
        parts = [average.module.sample(len(part), labels=part, num_steps=STEPS) for part in wanted.split(50)]
        return (torch.cat(parts) + 1) / 2

    return sample
