"""How good is it? Every number with its n, its error, and what real data would get.

    features         a small classifier of digits, and the features in which they are compared
    frechet          distance between sets of images, with the floor that real images reach
    kernel_distance  the same question with an estimator that has no bias
    inception_score  are samples recognised, and are all classes among them?
    inception        the real FID of colour images, by its own network, which must be downloaded
    coverage         precision and recall, density and coverage: fidelity told apart from diversity
    bias             how a score moves with n, and where it would end
    divergence       Kullback-Leibler, in closed form and from samples
    preference       a share of choices, its interval, its test against chance
    bradley_terry    a ranking with intervals from comparisons of two
    human            a blind study with people, its answers kept as they come
    likelihood       bounds on log p(x), bits per dimension
    neighbours       distance to the nearest training image: generated or recited?
    labels           was the digit drawn that was asked for?
    posterior        active latent units, the two parts of the KL term
    estimate         a mean with its standard error
    images           images of any model, brought to the range in which they are looked at
    distances        Euclidean distances, as fast as a product and as exact as a difference
    similarity       structural similarity of two images
    report           every score of sampled digits beside that of real ones
    speech           digit error rate of a small recogniser, and how an attention walked
    text             what a text costs in bits: under a model, by counting, by a compressor
    disentanglement  does each known factor have a latent dimension of its own?
"""

from genlab.metrics.answers import Choice, read_choices
from genlab.metrics.bias import BiasCurve, bias_curve, extrapolate
from genlab.metrics.bradley_terry import Ranking, bradley_terry, bradley_terry_by_rater
from genlab.metrics.coverage import (
    DensityCoverage,
    NeighbourScores,
    PrecisionRecall,
    density_coverage,
    expected_coverage,
    neighbour_scores,
    precision_recall,
)
from genlab.metrics.disentanglement import (
    factor_entropy,
    factor_gaps,
    mutual_information,
    mutual_information_gap,
)
from genlab.metrics.divergence import monte_carlo_kl, normal_kl
from genlab.metrics.estimate import Estimate, estimate
from genlab.metrics.features import (
    DigitFeatures,
    digit_features,
    image_features,
    predictions,
    reference_features,
)
from genlab.metrics.frechet import digit_frechet, frechet_distance, frechet_from_moments, real_floor
from genlab.metrics.human import Study, StudyResults, Trial, summarise, wins_by_rater
from genlab.metrics.inception import fid
from genlab.metrics.inception_score import digit_inception_score, inception_score, label_entropies
from genlab.metrics.kernel_distance import digit_kernel_distance, kernel_distance
from genlab.metrics.labels import label_accuracy, shuffled_label_baseline
from genlab.metrics.likelihood import bits_per_dim, density_bits_per_dim, mean_elbo, mean_iwae
from genlab.metrics.neighbours import Neighbours, nearest_training_distance
from genlab.metrics.posterior import active_units, kl_decomposition
from genlab.metrics.preference import Preference, binomial_p_value, preference, wilson_interval
from genlab.metrics.report import DigitReport, digit_report
from genlab.metrics.similarity import ssim
from genlab.metrics.speech import alignment_report, digit_error_rate, heard
from genlab.metrics.text import next_by_counting, ngram_bits, text_bits, zlib_bits

__all__ = ["BiasCurve", "Choice", "DensityCoverage", "DigitFeatures", "DigitReport", "Estimate", "NeighbourScores",
           "Neighbours", "PrecisionRecall", "Preference", "Ranking", "Study", "StudyResults", "Trial", "active_units",
           "alignment_report", "bias_curve", "binomial_p_value", "bits_per_dim", "bradley_terry",
           "bradley_terry_by_rater", "density_bits_per_dim", "density_coverage", "digit_error_rate", "digit_features",
           "digit_frechet", "digit_inception_score", "digit_kernel_distance", "digit_report", "estimate",
           "expected_coverage", "extrapolate", "factor_entropy", "factor_gaps", "fid", "frechet_distance",
           "frechet_from_moments", "heard", "image_features", "inception_score", "kernel_distance",
           "kl_decomposition", "label_accuracy", "label_entropies", "mean_elbo", "mean_iwae", "monte_carlo_kl",
           "mutual_information", "mutual_information_gap", "nearest_training_distance", "neighbour_scores",
           "next_by_counting", "ngram_bits", "normal_kl", "precision_recall", "predictions", "preference",
           "read_choices", "real_floor", "reference_features", "shuffled_label_baseline", "ssim", "summarise",
           "text_bits", "wilson_interval", "wins_by_rater", "zlib_bits"]
