"""How good is it? Every number with its n, its error, and what real data would get.

    features         a small classifier of digits, and the features in which they are compared
    frechet          distance between sets of images, with the floor that real images reach
    likelihood       bounds on log p(x), bits per dimension
    neighbours       distance to the nearest training image: generated or recited?
    labels           was the digit drawn that was asked for?
    posterior        active latent units, the two parts of the KL term
    disentanglement  does each known factor have a latent dimension of its own?
"""

from genlab.metrics.disentanglement import (
    factor_entropy,
    factor_gaps,
    mutual_information,
    mutual_information_gap,
)
from genlab.metrics.features import DigitFeatures, digit_features, image_features, predictions
from genlab.metrics.frechet import digit_frechet, frechet_distance, frechet_from_moments, real_floor
from genlab.metrics.labels import label_accuracy, shuffled_label_baseline
from genlab.metrics.likelihood import Estimate, bits_per_dim, estimate, mean_elbo, mean_iwae
from genlab.metrics.neighbours import Neighbours, nearest_training_distance
from genlab.metrics.posterior import active_units, kl_decomposition

__all__ = [
    "DigitFeatures",
    "Estimate",
    "Neighbours",
    "active_units",
    "bits_per_dim",
    "digit_features",
    "digit_frechet",
    "estimate",
    "factor_entropy",
    "factor_gaps",
    "frechet_distance",
    "frechet_from_moments",
    "image_features",
    "kl_decomposition",
    "label_accuracy",
    "mean_elbo",
    "mean_iwae",
    "mutual_information",
    "mutual_information_gap",
    "nearest_training_distance",
    "predictions",
    "real_floor",
    "shuffled_label_baseline",
]
