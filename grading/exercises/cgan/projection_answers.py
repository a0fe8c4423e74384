"""Answers to cgan-projection: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _rows(labels, table):
    return table[labels] if labels.ndim == 1 else labels @ table


# Known mistakes


def label_forgotten(h, labels, weight, bias, table):
    return h @ weight + bias


def head_forgotten(h, labels, weight, bias, table):
    return (_rows(labels, table) * h).sum(1)


def bias_forgotten(h, labels, weight, bias, table):
    return h @ weight + (_rows(labels, table) * h).sum(1)


def every_pair(h, labels, weight, bias, table):
    return (h @ weight + bias)[:, None] + h @ _rows(labels, table).T


def every_label(h, labels, weight, bias, table):
    return (h @ weight + bias)[:, None] + h @ table.T


def summed_over_all(h, labels, weight, bias, table):
    return h @ weight + bias + (_rows(labels, table) * h).sum()


def averaged(h, labels, weight, bias, table):
    return h @ weight + bias + (_rows(labels, table) * h).mean(1)


def scaled(h, labels, weight, bias, table):
    return h @ weight + bias + (_rows(labels, table) * h).sum(1) / h.shape[1] ** 0.5


def cosine(h, labels, weight, bias, table):
    return h @ weight + bias + F.cosine_similarity(_rows(labels, table), h, dim=1)


def row_summed(h, labels, weight, bias, table):
    return h @ weight + bias + _rows(labels, table).sum(1)


def added_to_features(h, labels, weight, bias, table):
    return (h + _rows(labels, table)) @ weight + bias


def probability(h, labels, weight, bias, table):
    return torch.sigmoid(h @ weight + bias + (_rows(labels, table) * h).sum(1))


def as_a_column(h, labels, weight, bias, table):
    return (h @ weight + bias + (_rows(labels, table) * h).sum(1))[:, None]


def one_label_for_all(h, labels, weight, bias, table):
    return h @ weight + bias + h @ _rows(labels, table)[0]


def sum_over_rows(h, labels, weight, bias, table):
    return h @ weight + bias + (_rows(labels, table) * h).sum(0).mean()


def whole_numbers_only(h, labels, weight, bias, table):
    rows = table[labels if labels.ndim == 1 else labels.argmax(1)]
    return h @ weight + bias + (rows * h).sum(1)


def features_detached(h, labels, weight, bias, table):
    return h @ weight + bias + (_rows(labels, table) * h.detach()).sum(1)


def multiplied(h, labels, weight, bias, table):
    return (h @ weight + bias) * (_rows(labels, table) * h).sum(1)


def off_by_one(h, labels, weight, bias, table):
    rows = table[labels - 1] if labels.ndim == 1 else labels @ table
    return h @ weight + bias + (rows * h).sum(1)


def bounded(h, labels, weight, bias, table):
    return (h @ weight + bias + (_rows(labels, table) * h).sum(1)).clamp(-20, 20)


def weights_detached(h, labels, weight, bias, table):
    rows = table[labels] if labels.ndim == 1 else labels.detach() @ table
    return h @ weight + bias + (rows * h).sum(1)


def weights_clamped(h, labels, weight, bias, table):
    rows = table[labels] if labels.ndim == 1 else labels.clamp(0, 1) @ table
    return h @ weight + bias + (rows * h).sum(1)


def first_row_as_padding(h, labels, weight, bias, table):
    rows = F.embedding(labels, table, padding_idx=0) if labels.ndim == 1 else labels @ table
    return h @ weight + bias + (rows * h).sum(1)


# Also right


def one_layer_for_each_label(h, labels, weight, bias, table):
    return torch.einsum("bf,bf->b", h, weight + _rows(labels, table)) + bias


def with_matmul(h, labels, weight, bias, table):
    hot = labels.to(h.dtype) if labels.dim() == 2 else F.one_hot(labels, table.size(0)).to(h.dtype)
    project = torch.bmm((hot @ table).unsqueeze(1), h.unsqueeze(2)).flatten()
    return F.linear(h, weight[None], bias.reshape(1)).squeeze(1) + project


def row_by_row(h, labels, weight, bias, table):
    rows = F.embedding(labels, table) if labels.ndim == 1 else labels @ table
    return torch.stack([torch.dot(x, weight) + torch.dot(x, e) + bias for x, e in zip(h, rows, strict=True)])


mistakes = [
    Mistake(label_forgotten, "The label does not enter: this D is blind, and G may ignore the label."),
    Mistake(head_forgotten, "The part that all labels share, w·h + b, is missing."),
    Mistake(bias_forgotten, "The bias b is missing."),
    Mistake(every_pair, "You take the inner product of every row with every other's label, (B, B): only with its own, a sum of "
            "products over dimension 1."),
    Mistake(every_label, "You return a logit for each class, (B, C): that of the given label is asked for."),
    Mistake(summed_over_all, "Your sum runs over the whole batch: each row has an inner product of its own, over dimension 1."),
    Mistake(averaged, "You take a mean over the features: an inner product is a sum."),
    Mistake(scaled, "You scale the inner product: it is taken as it is."),
    Mistake(cosine, "You divide by the lengths: the inner product is asked for, and not the cosine."),
    Mistake(row_summed, "You add up the label's row alone: that shifts all x by the same, and tilts nothing. Multiply it by h first."),
    Mistake(added_to_features, "You add the label's row to h: w·e(y) is the same for all x. The row is multiplied by h."),
    Mistake(probability, "That is the probability D: the logit is asked for, without a sigmoid."),
    Mistake(as_a_column, "One logit for each row, (B,), and not a column (B, 1)."),
    Mistake(one_label_for_all, "Every row gets the first one's label: each has its own."),
    Mistake(sum_over_rows, "Your sum runs over the batch (dimension 0): the inner product of a row is a sum over its features, "
            "dimension 1."),
    Mistake(whole_numbers_only, "Rows of weights are more than their largest entry: labels @ table."),
    Mistake(features_detached, "The gradient of the label's part does not reach h, and so neither φ nor the generator."),
    Mistake(multiplied, "You multiply the two parts: they are added."),
    Mistake(off_by_one, "Your classes are off by one: label 0 is the table's first row."),
    Mistake(bounded, "You put a bound on the logit: it may be as large as it comes."),
    Mistake(weights_detached, "No gradient reaches the rows of weights: leave out detach and no_grad."),
    Mistake(weights_clamped, "You put bounds on the weights: they are taken as they are, beyond 0 and 1, too."),
    Mistake(first_row_as_padding, "With padding_idx = 0 the row of label 0 never learns: no label is padding here."),
]

also_right = [one_layer_for_each_label, with_matmul, row_by_row]

equivalent_mutants = {
    "return h @ weight + bias + (rows * h).sum(1): 1 → -1": "the last axis of a matrix is its axis 1",
}
