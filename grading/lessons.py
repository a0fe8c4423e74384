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
           ("vae-reparameterize", "vae-elbo", "vae-bug", "vae-wiring", "vae-iwae", "vae-slerp"),
           ("vae-predict-kl", "vae-predict-std", "vae-predict-blank")),
    Lesson("11_conditional_and_beta_vae", "Conditional and β-VAEs",
           ("cvae-conditioning", "beta-loss", "beta-schedule", "beta-rate-distortion", "beta-active-units",
            "beta-aggregate-posterior"),
           ("cvae-predict-label", "beta-predict-collapse", "beta-predict-floor")),
)}


def find_lesson(text: str) -> Lesson:
    """The lesson called '10', '10_vae' or any path that ends so; a KeyError lists what there is."""
    stem = str(text).replace("\\", "/").rstrip("/").split("/")[-1].split(".")[0]
    for lesson in LESSONS.values():
        if stem in (lesson.name, lesson.number):
            return lesson
    raise KeyError(f"there is no lesson {text!r}; there is {', '.join(LESSONS)}")
