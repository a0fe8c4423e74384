"""cgan-projection: the logit of a discriminator that looks at data first and at the label last.

    logit(x, y) = w·h + b + ⟨e(y), h⟩,    h = φ(x)      (Miyato and Koyama 2018, arXiv:1802.05637, equation 3)

Fixed: labels as whole numbers (B,), or rows of weights (B, C). Free: how the inner product is taken.
"""

import torch

from genlab.layers import one_hot
from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """As many rows as features, where a product of matrices would broadcast; labels that repeat; weights."""
    B, C, F = 5 + randint(0, 2, (1,), rng=rng).item(), 4, 6
    labels = randint(0, C, (B,), rng=rng)
    labels[:2] = torch.tensor([C - 1, 0])
    weights = draws.normal((B, C), rng=rng)  # that add up to 1, some of them negative
    return {
        "h": draws.normal((B, F), rng=rng), "labels": labels, "weight": draws.normal((F,), rng=rng),
        "bias": draws.normal((), rng=rng) + 2, "table": draws.normal((C, F), rng=rng),
        "weights": weights + (1 - weights.sum(1, keepdim=True)) / C, "cotangent": 1 + draws.normal((B,), rng=rng).abs(),
    }


def probe(projection_logit, h, labels, weight, bias, table, weights, cotangent):
    """Logits, large ones, one row, other labels, weights in place of labels; and all slopes."""
    def call(*given):
        found = probing.attempt(projection_logit, *given)
        return found if isinstance(found, str) else probing.tensor(found, "`projection_logit`")

    leaves = [probing.leaf(v) for v in (h, weight, bias, table)]
    logits = probing.tensor(projection_logit(leaves[0], labels, *leaves[1:]), "`projection_logit`")
    d_h, d_weight, d_bias, d_table = probing.vjp(logits, leaves, cotangent)
    zero = torch.zeros_like(table)
    places = [probing.leaf(v) for v in (weights, h, weight, table)]
    mixed = call(places[1], places[0], places[2], bias, places[3])
    slopes = probing.vjp(mixed, places, cotangent) if isinstance(mixed, torch.Tensor) else [mixed] * 4
    if isinstance(mixed, torch.Tensor):  # weights add up to 1: only what keeps that is asked
        slopes[0] = slopes[0] - slopes[0].mean(1, keepdim=True)
    return dict(logits=logits, d_h=d_h, d_weight=d_weight, d_bias=d_bias, d_table=d_table,
                other=call(h, (labels + 1) % len(table), weight, bias, table), large=call(1e6 * h, labels, weight, bias, table),
                no_table=call(h, labels, weight, bias, zero), no_head=call(h, labels, 0 * weight, 0 * bias, table),
                one=call(h[:1], labels[:1], weight, bias, table),
                narrow=call(h[:, :1], labels, weight[:1], bias, table[:, :1]),
                mixed=mixed, mixed_weights=slopes[0], mixed_h=slopes[1], mixed_weight=slopes[2], mixed_table=slopes[3],
                square=call(h[:len(table)], weights[:len(table)], weight, bias, table), one_mixed=call(h[:1], weights[:1], weight, bias, table))


def reference(h, labels, weight, bias, table):
    """As in the lesson."""
    rows = table[labels] if labels.ndim == 1 else labels @ table
    return h @ weight + bias + (rows * h).sum(1)


def truth(h, labels, weight, bias, table):
    """All labels' logits at once, h (w + e(c)) + b, of which one is picked, or several with weights."""
    every = h @ (weight + table).T + bias
    return torch.einsum("bc,bc->b", every, one_hot(labels, len(table), like=h)) + bias * (
        0 if labels.ndim == 1 else 1 - labels.sum(1))


exercise = Exercise(
    id="cgan-projection", defines="projection_logit(h, labels, weight, bias, table)", core=True, points=3, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.conditional_gan.projection_logit", "genlab.models.conditional_gan.ProjectionDiscriminator"],
    comparisons=[
        Compare("logits", "other", "one", "narrow", points=1, shape="(B,)", what="`projection_logit`",
                says="One logit for each row: what D says whatever the label, and the inner product of the row of its label with h."),
        Compare("no_table", "no_head", "large", points=0.5, shape="(B,)", what="`projection_logit` without one of its parts",
                says="Two parts, added: either alone must be there, at any size, and no bound lies on it."),
        Compare("d_h", "d_weight", "d_bias", "d_table", points=0.75, tolerance=1e-4, what="the gradient of `projection_logit`",
                says="Gradients in h, w, b and the table: a row of the table hears of the rows of its own label alone."),
        Compare("mixed", "one_mixed", "square", points=0.5, shape="(B,)", what="`projection_logit` with rows of weights",
                says="Rows of weights (B, C) in place of labels: the inner product with Σ_c w_c e(c)."),
        Compare("mixed_weights", "mixed_h", "mixed_weight", "mixed_table", points=0.25, tolerance=1e-4,
                what="the gradient of `projection_logit` with rows of weights",
                says="With rows of weights, too, gradients reach everything: the weights, h, w and the table."),
    ],
    hints=[
        "Each row of h meets two vectors of its own length: w, which is the same for all, and e(y), which is its label's.",
        "h @ weight + bias is (B,). The inner product of two (B, F), row by row, is a sum of products over dimension 1.",
        "rows = table[labels] if labels.ndim == 1 else labels @ table; h @ weight + bias + (rows * h).sum(1).",
    ],
    afterwards="w·h + ⟨e(y), h⟩ = ⟨w + e(y), h⟩: D has one linear layer for each label, with a part that all of them share.",
)
