"""The same class drives the parts of Stable Diffusion: with the same tiny random weights it draws the same image."""

import json

import pytest
import torch

from genlab import _torchvision
from genlab.models.stable_diffusion import from_stable_diffusion

_torchvision.load()  # transformers imports it, and would stop where its wheel was built for another torch
diffusers, transformers = pytest.importorskip("diffusers"), pytest.importorskip("transformers")
SCHEDULER = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
                 set_alpha_to_one=False, steps_offset=1)  # of the first versions of Stable Diffusion


def tokenizer(folder):
    """A tokenizer of CLIP's kind that knows letters and nothing else."""
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    tokens = [*letters, *(c + "</w>" for c in letters), "ab", "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\na b\n")
    return transformers.CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=12)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    torch.manual_seed(0)
    words = tokenizer(tmp_path_factory.mktemp("clip"))
    text = transformers.CLIPTextModel(transformers.CLIPTextConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=12, bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id))
    unet = diffusers.UNet2DConditionModel(
        sample_size=8, in_channels=4, out_channels=4, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=16, attention_head_dim=4)
    vae = diffusers.AutoencoderKL(
        block_out_channels=(8, 8), down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2, norm_num_groups=4, latent_channels=4, sample_size=16)
    pipe = diffusers.StableDiffusionPipeline(vae, text.eval(), words, unet.eval(), diffusers.DDIMScheduler(**SCHEDULER),
                                             None, None, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def ours(pipe, **changes):
    scheduler = diffusers.DDIMScheduler(**SCHEDULER | changes)
    return from_stable_diffusion(pipe.vae, pipe.unet, pipe.text_encoder, pipe.tokenizer, scheduler), scheduler


@pytest.mark.parametrize("changes", [
    {}, {"set_alpha_to_one": True, "timestep_spacing": "trailing"}, {"prediction_type": "v_prediction"},
], ids=lambda c: ", ".join(c) or "as in version 1")
@pytest.mark.parametrize("guidance", [1.0, 7.5])
def test_it_draws_what_the_pipeline_draws(pipeline, changes, guidance):
    model, scheduler = ours(pipeline, **changes)
    pipeline.scheduler = scheduler
    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    prompts = ["a cab", "bad"]
    with torch.no_grad():
        theirs = pipeline(prompts, latents=latents.clone(), num_inference_steps=8, guidance_scale=guidance,
                          output_type="pt", eta=0.0).images
    mine = model.text_to_image(prompts, 8, guidance=guidance, latents=latents)
    assert theirs.std() > 0.01 and (theirs[0] - theirs[1]).abs().max() > 0.01
    assert (mine - theirs).abs().max() < 1e-4


def test_images_go_to_latents_as_in_diffusers(pipeline):
    model, _ = ours(pipeline)
    images = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        theirs = pipeline.vae.encode(2 * images - 1).latent_dist.mode() * pipeline.vae.config.scaling_factor
    assert (model.encode_image(images, mean=True) - theirs).abs().max() < 1e-5
    assert model.image_to_image(images, "a cab", 5, strength=0.6).shape == images.shape


def test_a_prediction_that_is_not_known_is_refused(pipeline):
    scheduler = diffusers.DDIMScheduler(prediction_type="epsilon")
    scheduler.register_to_config(prediction_type="flow_prediction")
    with pytest.raises(ValueError, match="flow_prediction"):
        from_stable_diffusion(pipeline.vae, pipeline.unet, pipeline.text_encoder, pipeline.tokenizer, scheduler)
