"""Models that come with the package, trained.

    model = digit_diffusion()
    digits = model.sample((16, 1, 28, 28), steps=20, eta=0.0)               any digit
    sevens = model.sample((16, 1, 28, 28), steps=20, eta=0.0, labels=7)     this one
    said = digit_speaker().sample(encode(["three one four"]))               spectrograms of a voice

    model = stable_diffusion()                                              somebody else's, fetched over the network

How each of the course's own was trained, and what its samples score, stand in genlab/weights/<name>.py and .json.
"""

from functools import lru_cache

from genlab import weights
from genlab.models import digit_speaker as speaker
from genlab.models.diffusion import DiffusionModel
from genlab.models.digit_diffusion import untrained
from genlab.models.tacotron import Tacotron2


@lru_cache
def digit_diffusion() -> DiffusionModel:
    """The diffusion model of digits, on the CPU, in eval mode, without gradients of its own; one for all callers.

    It takes digits (B, 1, 28, 28) in [-1, 1], times (B,) in 0 … 999, and labels (B,), or none for a digit of
    any kind.
    """
    model = untrained()
    model.network.load_state_dict(weights.load("digit_diffusion"))
    return model.eval().requires_grad_(False)


@lru_cache
def digit_speaker() -> Tacotron2:
    """The voice that speaks digits, on the CPU, in eval mode, without gradients of its own; one for all callers.

    It takes letters from `genlab.data.speech.encode` and says spectrograms for `genlab.data.speech.SOUND`.
    """
    model = speaker.untrained()
    model.load_state_dict(weights.load("digit_speaker"))
    return model.eval().requires_grad_(False)


def stable_diffusion(name: str = "stable-diffusion-v1-5/stable-diffusion-v1-5", *, device: str = "cpu"):
    """A real Stable Diffusion checkpoint as `LatentDiffusion`: several gigabytes, downloaded once.

    Needs the packages diffusers and transformers, and a graphics card if you do not want to wait for minutes.

    Raises:
        ImportError: one of the packages is missing.
        ConnectionError: the checkpoint is not here and could not be fetched.
    """
    from genlab import _torchvision
    from genlab.models.stable_diffusion import from_stable_diffusion

    try:
        _torchvision.load()
        from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
        from transformers import CLIPTextModel, CLIPTokenizer
    except ImportError as error:
        raise ImportError(f"{error}: a real checkpoint needs `pip install diffusers transformers`") from error
    parts = {"vae": AutoencoderKL, "unet": UNet2DConditionModel, "text_encoder": CLIPTextModel,
             "tokenizer": CLIPTokenizer, "scheduler": DDIMScheduler}
    try:
        loaded = {folder: kind.from_pretrained(name, subfolder=folder) for folder, kind in parts.items()}
    except (OSError, ConnectionError) as error:
        raise ConnectionError(f"{name} is not on this machine and could not be fetched: it takes a network and about 5 "
                              "GB of disk. Everything else in the course works without it") from error
    model = from_stable_diffusion(loaded["vae"], loaded["unet"], loaded["text_encoder"], loaded["tokenizer"],
                                  loaded["scheduler"])
    return model.to(device).eval()
