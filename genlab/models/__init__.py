"""The models of the course, and their trainers: one concept, one file, loaded when first asked for."""

from importlib import import_module

_NAMES = {
    "genlab.models.vae": ("VAE", "bernoulli_log_likelihood", "elbo", "gaussian_kl", "gaussian_log_density",
                          "iwae_bound", "reparameterize", "slerp"),
    "genlab.models.conditional_vae": ("ConditionalVAE",),
    "genlab.models.beta_vae": ("BetaVAE", "CapacityVAE"),
    "genlab.models.conv_vae": ("ConvVAE",),
    "genlab.models.gaussian_vae": ("GaussianVAE",),
    "genlab.models.autoregressive": ("MADE", "Autoregressive", "MaskedLinear"),
    "genlab.models.diffusion": ("DiffusionModel", "cosine_schedule", "linear_schedule"),
    "genlab.models.energy": ("EnergyModel", "contrastive_divergence", "langevin_step"),
    "genlab.models.flow": ("AffineCoupling", "Flow", "RealNVP"),
    "genlab.models.gan": ("GAN", "Discriminator", "Generator", "discriminator_loss", "generator_loss",
                          "saturating_generator_loss"),
    "genlab.train": ("train_gan", "train_vae"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"genlab.models has no {name!r}: it has {', '.join(__all__)}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
