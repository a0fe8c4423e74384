"""Inception score: are single samples recognised, and are all kinds among them?

    IS = exp E_x KL(p(y|x) ‖ p(y)) = exp(H(y) - H(y|x)),   p(y) = (1/n) Σ_i p(y|x_i)

between 1 and K, the number of classes; its logarithm is the information, in nats, that a sample carries
about its label. Two things make it high: a classifier that is sure of each sample (small H(y|x)) and
labels that are spread evenly (large H(y)). Nothing else does: no real image enters, so one perfect
picture per class, repeated, gets K, and so does noise of which the classifier is sure.

The name is that of the classifier with which it was proposed, Inception on 1000 classes of photographs.
With another classifier it is another number: on digits at most 10. It grows with the number of samples
in a split, so compare only at equal n and equal splits, next to what real images get.

Salimans et al. (2016), Improved techniques for training GANs, arXiv:1606.03498.
Barratt and Sharma (2018), A note on the inception score, arXiv:1801.01973 (what it does not see).
"""

import torch
from torch import Tensor

from genlab.metrics.arguments import whole
from genlab.metrics.estimate import Estimate
from genlab.metrics.features import predictions
from genlab.metrics.images import DataRange, as_real
from genlab.random import permutation


def inception_score(probabilities: Tensor, *, splits: int = 10,
                    rng: torch.Generator | None = None) -> Estimate:
    """Mean of the score over random splits of the samples; the error is the standard deviation between them.

    Published scores are given so, with ten splits. Samples are shuffled first, or samples sorted by class
    would get 1; without an rng always in the same way. With one split the error is NaN.

    Args:
        probabilities: p(y|x) of n samples by any classifier, (n, K), rows sum to 1; zeros are allowed.

    Raises:
        ValueError: no probabilities (logits, for instance), or fewer samples than splits.
    """
    probabilities = as_probabilities(probabilities)
    splits = whole(splits, "splits", 1, len(probabilities), why="the number of samples")
    rng = torch.Generator().manual_seed(0) if rng is None else rng
    order = permutation(len(probabilities), rng=rng).cpu()
    scores = torch.stack([_score(part) for part in probabilities[order].tensor_split(splits)])
    error = scores.std().item() if splits > 1 else float("nan")
    return Estimate(scores.mean().item(), error, len(probabilities))


def label_entropies(probabilities: Tensor) -> tuple[float, float]:
    """H(y) and H(y|x) in nats: spread over the labels, and doubt about single samples.

    Their difference is the logarithm of `inception_score` in one split.
    """
    marginal, conditional = _entropies(as_probabilities(probabilities))
    return marginal.item(), conditional.item()


def digit_inception_score(samples: Tensor, *, splits: int = 10, rng: torch.Generator | None = None,
                          data_range: DataRange = (0.0, 1.0)) -> Estimate:
    """`inception_score` of sampled digits by genlab's own classifier of ten digits: at most 10.

    Args:
        samples: images, (n, 1, 28, 28) or (n, 784).
        data_range: of the samples, when it is not [0, 1]: a pair, or the model that made them.
    """
    return inception_score(predictions(samples, data_range=data_range), splits=splits, rng=rng)


def as_probabilities(probabilities: Tensor) -> Tensor:
    """Checked, in float64 on the CPU, with rows that sum to 1 exactly."""
    p = as_real(probabilities, "probabilities").cpu().double()
    if p.ndim != 2 or not p.numel():
        raise ValueError(f"probabilities must be (n, K) with n ≥ 1, got {tuple(p.shape)}")
    if not p.isfinite().all():
        raise ValueError("probabilities must be finite")
    total = p.sum(1, keepdim=True)
    if p.min() < 0 or (total - 1).abs().max() > 1e-3:
        raise ValueError(f"each row must hold probabilities that sum to 1, got values {p.min():.3g} … "
                         f"{p.max():.3g} and sums {total.min():.4g} … {total.max():.4g}: "
                         "use logits.softmax(1)")
    return p / total


def _score(p: Tensor) -> Tensor:
    marginal, conditional = _entropies(p)
    return (marginal - conditional).clamp(min=0).exp()  # equal rows leave -1e-16


def _entropies(p: Tensor) -> tuple[Tensor, Tensor]:
    """H of the mean row and mean H of the rows; 0 log 0 = 0."""
    marginal = p.mean(0)
    return -torch.xlogy(marginal, marginal).sum(), -torch.xlogy(p, p).sum(1).mean()
