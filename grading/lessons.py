"""Which lessons there are and which exercises each one holds, in the lesson's order.

Points and the list of exercises come from here and from the exercises alone, never from a notebook.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """One sitting and one assignment."""

    name: str
    title: str
    exercises: tuple[str, ...]
    predictions: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        return self.name.split("_")[0]


LESSONS = {lesson.name: lesson for lesson in (
    Lesson("00_generative_models", "Generative models at a glance",
           ("world-next-pixel", "world-latent", "world-energy", "plane-likelihood", "plane-mode-counts",
            "plane-bug"),
           ("plane-predict-checkerboard", "world-predict-uniform", "world-predict-evaluations",
            "world-predict-classify")),
    Lesson("01_evaluation", "Evaluation",
           ("evaluation-gaussian-kl", "evaluation-mc-kl", "evaluation-inception-score", "evaluation-frechet",
            "evaluation-bias-curve", "evaluation-bug", "evaluation-kernel-distance",
            "evaluation-precision-recall", "evaluation-forced-choice"),
           ("evaluation-predict-score", "evaluation-predict-bias", "evaluation-predict-trials")),
    Lesson("10_vae", "Variational autoencoders",
           ("vae-elbo", "vae-bug", "vae-reparameterize", "vae-wiring", "vae-complete", "vae-iwae",
            "vae-slerp"),
           ("vae-predict-bell", "vae-predict-kl", "vae-predict-blank", "vae-predict-std",
            "vae-predict-faults")),
    Lesson("11_conditional_and_beta_vae", "Conditional and β-VAEs",
           ("cvae-conditioning", "beta-loss", "beta-schedule", "beta-rate-distortion", "beta-active-units",
            "beta-aggregate-posterior"),
           ("cvae-predict-label", "beta-predict-collapse", "beta-predict-floor")),
    Lesson("20_gan", "Generative adversarial networks",
           ("gan-best-response", "gan-losses", "gan-d-step", "gan-g-step", "gan-find-code"),
           ("gan-predict-push", "gan-predict-guess", "gan-predict-steeper", "gan-predict-faults")),
    Lesson("21_dcgan", "Deep convolutional GANs",
           ("dcgan-sizes", "dcgan-block", "dcgan-init", "dcgan-sample", "dcgan-direction"),
           ("dcgan-predict-even", "dcgan-predict-fade", "dcgan-predict-faults")),
    Lesson("22_wgan", "Wasserstein GANs",
           ("wgan-distance", "wgan-critic-steps", "wgan-gradient-penalty", "wgan-rank", "wgan-polish"),
           ("wgan-predict-apart", "wgan-predict-slope", "wgan-predict-faults")),
    Lesson("30_ddpm", "Diffusion: DDPM",
           ("ddpm-q-sample", "ddpm-schedule", "ddpm-posterior", "ddpm-convert", "ddpm-embedding", "ddpm-unet",
            "ddpm-loss", "ddpm-sample", "ddpm-edit"),
           ("ddpm-predict-paths", "ddpm-predict-std", "ddpm-predict-zero", "ddpm-predict-faults")),
    Lesson("31_sampling", "Sampling from a diffusion model",
           ("sampling-step", "sampling-sample", "sampling-second-order", "sampling-bits", "sampling-inpaint"),
           ("sampling-predict-first", "sampling-predict-score", "sampling-predict-order", "sampling-predict-faults")),
    Lesson("32_guidance", "Guidance",
           ("guidance-combine", "guidance-tilt", "guidance-drop", "guidance-sample"),
           ("guidance-predict-heap", "guidance-predict-mean", "guidance-predict-trade", "guidance-predict-faults")),
    Lesson("33_flow_matching", "Flow matching",
           ("flowmatch-loss", "flowmatch-velocity", "flowmatch-time", "flowmatch-euler", "flowmatch-heun",
            "flowmatch-restyle", "flowmatch-straightness"),
           ("flowmatch-predict-once", "flowmatch-predict-floor", "flowmatch-predict-order",
            "flowmatch-predict-faults")),
    Lesson("40_pixelcnn", "PixelCNN: one pixel after another",
           ("pixelcnn-nll", "pixelcnn-mask", "pixelcnn-masked-conv", "pixelcnn-two-stacks", "pixelcnn-receptive-field",
            "pixelcnn-sample", "pixelcnn-mixture", "pixelcnn-colours"),
           ("pixelcnn-predict-bits", "pixelcnn-predict-blind", "pixelcnn-predict-faults")),
    Lesson("41_transformer", "Transformers",
           ("gpt-attention", "gpt-block", "gpt-sampling", "gpt-generate"),
           ("gpt-predict-uniform", "gpt-predict-perplexity", "gpt-predict-cache", "gpt-predict-faults")),
    Lesson("50_conditional_gan", "Conditional generation: GANs with labels",
           ("cgan-best-logit", "cgan-join-label", "cgan-projection", "cgan-auxiliary", "cgan-d-step", "cgan-bug",
            "cgan-style-grid", "cgan-baseline"),
           ("cgan-predict-logit", "cgan-predict-faults")),
    Lesson("51_latent_diffusion", "Latent diffusion: from words to pictures",
           ("ldm-scale", "ldm-text", "ldm-attention", "ldm-bug", "ldm-sample", "ldm-edit"),
           ("ldm-predict-pairs", "ldm-predict-guidance", "ldm-predict-faults")),
    Lesson("52_flows_and_energy", "Flows and energies",
           ("flow-coupling", "flow-bits", "energy-langevin", "energy-loss", "energy-denoise"),
           ("flow-predict-stretch", "energy-predict-variance", "flow-predict-faults")),
    Lesson("60_pix2pix", "Image to image: pix2pix",
           ("pix2pix-unet", "pix2pix-patches", "pix2pix-loss", "pix2pix-step", "pix2pix-interval", "pix2pix-bug"),
           ("pix2pix-predict-median", "pix2pix-predict-faults")),
    Lesson("61_text_to_speech", "Text to speech",
           ("speech-mel", "speech-bug", "speech-attention", "speech-loss", "speech-decode", "speech-griffin-lim",
            "speech-alignment"),
           ("speech-predict-bands", "speech-predict-stop", "speech-predict-faults")),
)}


def find_lesson(text: str) -> Lesson:
    """The lesson called '10', '10_vae' or any path that ends so; a KeyError lists what there is."""
    stem = str(text).replace("\\", "/").rstrip("/").split("/")[-1].split(".")[0]
    for lesson in LESSONS.values():
        if stem in (lesson.name, lesson.number):
            return lesson
    raise KeyError(f"there is no lesson {text!r}; there is {', '.join(LESSONS)}")
