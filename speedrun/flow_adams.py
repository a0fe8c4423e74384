"""The flow of lesson 33, made for the clock: half the batch for twice the steps, and ten evaluations of second order.

The solver of Adams and Bashforth remembers the last velocity: x <- x + h (3 v - v_before) / 2 is of order two, like
Heun's, at one evaluation a step, and drawing leaves more seconds to train. The moving average reaches further back, as
there are more steps.
"""

import time

import torch

from genlab.data import to_signed
from genlab.fit import cosine_decay
from genlab.models import FlowMatching, UNet
from genlab.training.loop import moving_average

RATE, BATCH, STEPS = 2e-3, 32, 10
SHARE = 0.7  # of the seconds are for training, the rest for drawing


def train(images, labels, seconds, seed):
    torch.manual_seed(seed)
    model = FlowMatching(UNet(1, width=48, num_classes=10))
    adam = torch.optim.AdamW(model.parameters(), RATE, betas=(0.9, 0.99))
    average, x, stop = moving_average(model, 0.997), to_signed(images), SHARE * seconds
    while (now := time.process_time()) < stop:
        adam.param_groups[0]["lr"] = RATE * min(1.0, 20 * now / stop) * cosine_decay(now / stop)
        rows = torch.randint(len(x), (BATCH,))
        adam.zero_grad()
        model.loss(x[rows], labels[rows])["loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        average.update_parameters(model)
    flow = average.module.eval()

    def draw(part):
        state, before = torch.randn(len(part), 1, 28, 28), None
        for k in range(STEPS):
            now = flow.velocity(state, k / STEPS, part)
            state = state + (now if before is None else (3 * now - before) / 2) / STEPS
            before = now
        return ((state + 1) / 2).clamp(0, 1)

    return lambda n: torch.cat([draw(part) for part in (torch.arange(n) % 10).split(50)])
