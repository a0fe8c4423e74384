"""Classifier-free guidance: a conditional model that listens more closely to its label than it has learnt to.

    guided = û + w (ĉ - û)

with ĉ the network's answer for the label and û the one without it. w = 0 ignores the label, w = 1 is the conditional
model, w > 1 goes on in the same direction. For the scores of two densities that is the score of
p(x)^(1-w) p(x|y)^w ∝ p(x) p(y|x)^w at the same noise. (Ho and Salimans 2022, arXiv:2207.12598, write (1 + w) ĉ - w û,
so their w is smaller by 1.) Since the weights add up to 1, it is the same for ε, x_0, v and the score.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from genlab.layers import one_hot
from genlab.models.conditioning import takes_labels
from genlab.models.diffusion import DiffusionModel
from genlab.random import rand

Weight = float | Callable[[Tensor], Tensor]


def drop_labels(labels: Tensor, share: float, null: int, *, rng: torch.Generator | None = None) -> Tensor:
    """Labels of which each, by itself, is replaced by `null` with probability `share`: (B,) -> (B,)."""
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie in 0 … 1, got {share}: it is a probability")
    left_out = rand(labels.shape, like=torch.zeros((), device=labels.device), rng=rng) < share
    return torch.where(left_out, null, labels)


def tilted_normal(mean: Tensor, std: Tensor, mean_without: Tensor, std_without: Tensor,
                  weight: float) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of N(mean_without, std_without²)^(1-w) N(mean, std²)^w, normalised.

        1/s² = (1 - w)/s_u² + w/s_c²,    m/s² = (1 - w) m_u/s_u² + w m_c/s_c²

    Both are nan where 1/s² is not positive: the product then grows without end and is no density.
    """
    precision = (1 - weight) / std_without**2 + weight / std**2
    pull = (1 - weight) * mean_without / std_without**2 + weight * mean / std**2
    precision = torch.where(precision > 0, precision, torch.nan)
    return pull / precision, precision.rsqrt()


class Guided(nn.Module):
    """A conditional network with guidance; to a model it is a network like another.

    x (B, ...), t (B,), labels (B,) or one-hot -> (B, ...), in one pass of 2 B rows.

    Args:
        network: takes (x, t, labels), labels as rows of num_classes numbers, of which all are 0 for no label.
        weight: w, or a function from t (B,) to w (B,).
        away: a label to lead away from, in place of no label.
    """

    def __init__(self, network: nn.Module, weight: Weight = 3.0, *, away: int | None = None):
        super().__init__()
        if not takes_labels(network) or not getattr(network, "num_classes", None):
            raise ValueError(f"{type(network).__name__} takes no labels: guidance is for networks with num_classes")
        if away is not None and not 0 <= away < network.num_classes:
            raise ValueError(f"away must be a label, 0 … {network.num_classes - 1}, got {away}")
        self.network, self.weight, self.away, self.num_classes = network, weight, away, network.num_classes

    def forward(self, x: Tensor, t: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is None:
            return self.network(x, t)
        rows, t = one_hot(labels, self.num_classes, like=x), t.expand(len(x))
        without = torch.zeros_like(rows)
        if self.away is not None:
            without[:, self.away] = 1
        answers = self.network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([rows, without]))
        with_label, without_label = answers.chunk(2)
        weight = self.weight(t).view(-1, *[1] * (x.ndim - 1)).to(x) if callable(self.weight) else self.weight
        return without_label + weight * (with_label - without_label)


def with_guidance(model: DiffusionModel, weight: Weight = 3.0, *, away: int | None = None) -> DiffusionModel:
    """The same diffusion model (it shares the weights) with guidance; sampled as ever, with `labels`."""
    guided = DiffusionModel(model.channels, model.time_steps, network=Guided(model.network, weight, away=away),
                            beta=model.beta, prediction=model.prediction, data_range=model.data_range,
                            variance=model.variance)
    return guided.train(model.training)
