"""The parts of a Stable Diffusion checkpoint, made to fit `LatentDiffusion`: the same class, larger networks.

    model = from_stable_diffusion(pipe.vae, pipe.unet, pipe.text_encoder, pipe.tokenizer, pipe.scheduler)
    model.text_to_image("a small green triangle", 50, guidance=7.5)

The parts are those of the packages diffusers and transformers, which this file does not import. Of the scheduler only
what training fixed counts: β, what is predicted, which times are visited. The sampler is DDIM without fresh noise.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from genlab.models.latent_diffusion import LatentDiffusion
from genlab.models.text_encoder import Context

PREDICTIONS = {"epsilon": "noise", "v_prediction": "v", "sample": "clean"}


class StableAutoencoder(nn.Module):
    """`AutoencoderKL` of diffusers: images in [-1, 1] to (μ, log σ²), and codes back to images."""

    def __init__(self, vae: nn.Module, side: int):
        super().__init__()
        self.vae, self.latent_shape = vae, (vae.config.latent_channels, side, side)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> μ and log σ², (B, C, h, w)."""
        posterior = self.vae.encode(x).latent_dist
        self.latent_shape = tuple(posterior.mean.shape[1:])  # as large as the images ask for
        return posterior.mean, posterior.logvar

    def decode(self, z: Tensor) -> Tensor:
        """(B, C, h, w) -> (B, 3, H, W) in about [-1, 1]."""
        return self.vae.decode(z).sample


class StableUNet(nn.Module):
    """`UNet2DConditionModel` of diffusers."""

    def __init__(self, unet: nn.Module):
        super().__init__()
        self.unet = unet

    def forward(self, z: Tensor, t: Tensor, context: Context) -> Tensor:
        return self.unet(z, t, encoder_hidden_states=context.vectors).sample


class ClipEncoder(nn.Module):
    """CLIP's tokenizer and text model, of transformers: the last hidden state of all its tokens, padding included."""

    def __init__(self, text_model: nn.Module, tokenizer):
        super().__init__()
        self.text_model, self.tokenizer = text_model, tokenizer

    def tokenize(self, prompts: str | Sequence[str]) -> Tensor:
        """Prompts as tokens (B, L), all of the length that the model was trained with; longer ones are cut."""
        prompts = [prompts] if isinstance(prompts, str) else list(prompts)
        return self.tokenizer(prompts, padding="max_length", max_length=self.tokenizer.model_max_length,
                              truncation=True, return_tensors="pt").input_ids

    def forward(self, tokens: Tensor) -> Context:
        return Context(self.text_model(tokens)[0])


def from_stable_diffusion(vae: nn.Module, unet: nn.Module, text_encoder: nn.Module, tokenizer, scheduler, *,
                          guidance: float = 7.5) -> LatentDiffusion:
    """`LatentDiffusion` of the parts of a Stable Diffusion pipeline; they are shared, not copied.

    Args:
        scheduler: any of diffusers' that knows `betas`; its settings say which times are visited.

    Raises:
        ValueError: the checkpoint predicts something that is not known here.
    """
    settings = scheduler.config
    kind = settings.get("prediction_type", "epsilon")
    if kind not in PREDICTIONS:
        raise ValueError(f"the checkpoint predicts {kind!r}, which LatentDiffusion does not know")
    beta = scheduler.betas.float()
    to_the_end = settings.get("set_alpha_to_one", True)
    return LatentDiffusion(
        StableAutoencoder(vae, unet.config.sample_size), StableUNet(unet), ClipEncoder(text_encoder, tokenizer),
        beta=beta, prediction=PREDICTIONS[kind], scale=vae.config.scaling_factor, guidance=guidance,
        spacing=settings.get("timestep_spacing", "leading"), offset=settings.get("steps_offset", 0),
        last_signal=1.0 if to_the_end else 1 - beta[0].item())
