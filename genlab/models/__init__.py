"""The models of the course, and their trainers: one concept, one file.

Every class listed here remembers the arguments of its constructor, so that `genlab.save` knows how to
make it again; a new model gets that by being imported here.

What every sampler has in common, `chain`, `sample` and `trajectory`, is told apart from the models' own methods of
these names by its module: `samplers.sample(denoiser(model), noise, samplers.chain(model.alpha_bar, 20))`.
"""

from genlab.layers import configurable
from genlab.models.autoregressive import MADE, Autoregressive, MaskedLinear
from genlab.models.beta_vae import BetaVAE, CapacityVAE
from genlab.models.conditional_gan import (
    AuxiliaryDiscriminator,
    ConcatDiscriminator,
    ConditionalGAN,
    ConditionalGenerator,
    ProjectionDiscriminator,
    auxiliary_classifier_loss,
    projection_logit,
)
from genlab.models.conditional_vae import ConditionalVAE
from genlab.models.conv_vae import ConvVAE
from genlab.models.dcgan import DCGANDiscriminator, DCGANGenerator, dcgan_init
from genlab.models.dequantization import DequantizedFlow
from genlab.models.diffusion import DiffusionModel, cosine_schedule, linear_schedule
from genlab.models.diffusion_bound import diffusion_bound
from genlab.models.energy import EnergyModel, contrastive_divergence, langevin_step
from genlab.models.flow import AffineCoupling, Flow, RealNVP
from genlab.models.flow_matching import FlowMatching, gaussian_velocity, logit_normal_time
from genlab.models.gan import (
    GAN,
    Discriminator,
    Generator,
    discriminator_loss,
    generator_loss,
    saturating_generator_loss,
)
from genlab.models.gaussian_vae import GaussianVAE
from genlab.models.guidance import Guided, drop_labels, tilted_normal, with_guidance
from genlab.models.kl_autoencoder import KLAutoencoder
from genlab.models.latent_diffusion import LatentDiffusion, chain_times
from genlab.models.likelihoods import Bernoulli, DiscretizedLogistic, Gaussian
from genlab.models.pix2pix import PatchGAN, Pix2Pix, Pix2PixGenerator, receptive_field
from genlab.models.pixel_likelihoods import Categorical, LogisticMixture
from genlab.models.pixelcnn import MaskedConv2d, PixelCNN
from genlab.models.samplers import denoiser, repaint, reverse_step, second_order_step
from genlab.models.stable_diffusion import from_stable_diffusion
from genlab.models.tacotron import Tacotron2
from genlab.models.text_encoder import CaptionEncoder, Context
from genlab.models.text_unet import CrossAttention, TextUNet, cross_attention
from genlab.models.transformer import GPT, attention_weights, causal_attention, restrict
from genlab.models.unet import UNet
from genlab.models.vae import (
    VAE,
    bernoulli_log_likelihood,
    elbo,
    gaussian_kl,
    gaussian_log_density,
    iwae_bound,
    reparameterize,
    slerp,
)
from genlab.models.wgan import WGANCritic, eager_start, wasserstein_1d

for _model in [value for value in list(globals().values()) if isinstance(value, type)]:
    configurable(_model)

# The trainers belong here by name, though the arrows point the other way: last, when every model is there.
from genlab.train import train_diffusion, train_gan, train_pix2pix, train_vae, train_wgan  # noqa: E402

__all__ = [
    "GAN",
    "GPT",
    "MADE",
    "VAE",
    "AffineCoupling",
    "Autoregressive",
    "AuxiliaryDiscriminator",
    "Bernoulli",
    "BetaVAE",
    "CapacityVAE",
    "CaptionEncoder",
    "Categorical",
    "ConcatDiscriminator",
    "ConditionalGAN",
    "ConditionalGenerator",
    "ConditionalVAE",
    "Context",
    "ConvVAE",
    "CrossAttention",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DequantizedFlow",
    "DiffusionModel",
    "DiscretizedLogistic",
    "Discriminator",
    "EnergyModel",
    "Flow",
    "FlowMatching",
    "Gaussian",
    "GaussianVAE",
    "Generator",
    "Guided",
    "KLAutoencoder",
    "LatentDiffusion",
    "LogisticMixture",
    "MaskedConv2d",
    "MaskedLinear",
    "PatchGAN",
    "Pix2Pix",
    "Pix2PixGenerator",
    "PixelCNN",
    "ProjectionDiscriminator",
    "RealNVP",
    "Tacotron2",
    "TextUNet",
    "UNet",
    "WGANCritic",
    "attention_weights",
    "auxiliary_classifier_loss",
    "bernoulli_log_likelihood",
    "causal_attention",
    "chain_times",
    "contrastive_divergence",
    "cosine_schedule",
    "cross_attention",
    "dcgan_init",
    "denoiser",
    "diffusion_bound",
    "discriminator_loss",
    "drop_labels",
    "eager_start",
    "elbo",
    "from_stable_diffusion",
    "gaussian_kl",
    "gaussian_log_density",
    "gaussian_velocity",
    "generator_loss",
    "iwae_bound",
    "langevin_step",
    "linear_schedule",
    "logit_normal_time",
    "projection_logit",
    "receptive_field",
    "repaint",
    "reparameterize",
    "restrict",
    "reverse_step",
    "saturating_generator_loss",
    "second_order_step",
    "slerp",
    "tilted_normal",
    "train_diffusion",
    "train_gan",
    "train_pix2pix",
    "train_vae",
    "train_wgan",
    "wasserstein_1d",
    "with_guidance",
]
