"""The diffusion model of digits whose weights come with the package, as it is before training.

`genlab.pretrained.digit_diffusion` is the trained one; how it was trained stands in genlab/weights/digit_diffusion.py.
"""

from genlab.models.diffusion import DiffusionModel
from genlab.models.schedules import cosine_schedule
from genlab.models.unet import UNet

TIMES = 1000


def untrained() -> DiffusionModel:
    """v-prediction on the cosine schedule of 1000 times, labels 0 … 9 or none: 656 292 parameters."""
    network = UNet(1, 128, width=48, fold=2, num_classes=10)
    return DiffusionModel(1, TIMES, network=network, beta=cosine_schedule(TIMES), prediction="v", variance="small")
