"""Planted answers to cgan-projection, by another author than the check's."""

import torch
import torch.nn.functional as F


def lookup(labels, table):
    return F.embedding(labels, table) if labels.dim() == 1 else labels @ table


def head(h, weight, bias):
    return F.linear(h, weight.unsqueeze(0), bias.reshape(1)).squeeze(-1)


def blind(h, labels, weight, bias, table):
    return head(h, weight, bias)


def no_bias(h, labels, weight, bias, table):
    return h @ weight + torch.einsum("bf,bf->b", lookup(labels, table), h)


def all_pairs(h, labels, weight, bias, table):
    return head(h, weight, bias) + lookup(labels, table) @ h.T


def mean_product(h, labels, weight, bias, table):
    return head(h, weight, bias) + torch.mean(lookup(labels, table) * h, dim=-1)


def attention_scale(h, labels, weight, bias, table):
    return head(h, weight, bias) + (lookup(labels, table) * h).sum(-1) / torch.sqrt(torch.tensor(1.0 * h.shape[-1]))


def every_class(h, labels, weight, bias, table):
    return head(h, weight, bias).unsqueeze(1) + h @ table.T


def shifted_not_tilted(h, labels, weight, bias, table):
    return head(h, weight, bias) + lookup(labels, table).sum(-1)


def column(h, labels, weight, bias, table):
    return (head(h, weight, bias) + (lookup(labels, table) * h).sum(-1)).unsqueeze(-1)


def squashed(h, labels, weight, bias, table):
    return torch.sigmoid(head(h, weight, bias) + (lookup(labels, table) * h).sum(-1))


def hardest_label(h, labels, weight, bias, table):
    y = labels.argmax(-1) if labels.dim() == 2 else labels
    return head(h, weight, bias) + (table[y] * h).sum(-1)


def only_projection(h, labels, weight, bias, table):
    return torch.einsum("bf,bf->b", lookup(labels, table), h)


def head_on_label(h, labels, weight, bias, table):
    return head(h + lookup(labels, table), weight, bias)


def detached_features(h, labels, weight, bias, table):
    return head(h, weight, bias) + (lookup(labels, table) * h.detach()).sum(-1)


def table_fixed_for_mixtures(h, labels, weight, bias, table):
    rows = table[labels] if labels.ndim == 1 else labels @ table.detach()
    return head(h, weight, bias) + (rows * h).sum(1)


def features_fixed_for_mixtures(h, labels, weight, bias, table):
    product = (table[labels] * h).sum(1) if labels.ndim == 1 else (labels @ table * h.detach()).sum(1)
    return head(h, weight, bias) + product


def bounded_by_a_thousand(h, labels, weight, bias, table):
    return (head(h, weight, bias) + (lookup(labels, table) * h).sum(1)).clamp(-1000, 1000)


def transposed_where_square(h, labels, weight, bias, table):
    labels = labels.T if labels.ndim == 2 and labels.shape[0] == labels.shape[1] else labels
    return head(h, weight, bias) + (lookup(labels, table) * h).sum(1)


def right_as_mixture_of_logits(h, labels, weight, bias, table):
    every = h @ (weight + table).T + bias
    return every.gather(1, labels[:, None])[:, 0] if labels.ndim == 1 else (labels * every).sum(1)


def right_gathered(h, labels, weight, bias, table):
    every = head(h, weight, bias)[:, None] + h @ table.T
    if labels.dim() == 1:
        return every.gather(1, labels[:, None])[:, 0]
    return head(h, weight, bias) + ((h @ table.T) * labels).sum(1)


def right_diagonal(h, labels, weight, bias, table):
    return head(h, weight, bias) + torch.diagonal(lookup(labels, table) @ h.T)


SAYS_1 = ("`projection_logit` should have shape (B,) = (6,), not (6, 6): shapes (6,) and (6, 1) met and "
          "were broadcast to a table. One logit for each row: what D says whatever the label, and the "
          "inner product of the row of its label with h.")
SAYS_2 = ("With rows of weights, too, gradients reach everything: the weights, h, w and the table.")
SAYS_3 = ("Rows of weights (B, C) in place of labels: the inner product with Σ_c w_c e(c).")
SAYS_4 = ("Two parts, added: either alone must be there, at any size, and no bound lies on it.")

wrong = [
    (blind, "label_forgotten"), (no_bias, "bias_forgotten"), (all_pairs, SAYS_1), (mean_product,
    "averaged"), (attention_scale, "scaled"), (every_class, "every_label"), (shifted_not_tilted,
    "row_summed"), (column, "as_a_column"), (squashed, "probability"), (hardest_label,
    "whole_numbers_only"), (only_projection, "head_forgotten"), (head_on_label, "added_to_features"),
    (detached_features, "features_detached"), (table_fixed_for_mixtures, SAYS_2), (features_fixed_for_mixtures, SAYS_2),
    (bounded_by_a_thousand, SAYS_4), (transposed_where_square, SAYS_3),
]
right = [right_as_mixture_of_logits, right_gathered, right_diagonal]
