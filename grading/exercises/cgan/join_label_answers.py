"""Answers to cgan-join-label: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _rows(labels, table):
    return table[labels.long()] if labels.ndim == 1 else labels.to(table.dtype) @ table


# Known mistakes


def label_first(z, labels, table):
    return torch.cat([_rows(labels, table), z], 1)


def added(z, labels, table):
    rows = _rows(labels, table)
    return torch.cat([z + rows[:, :1], rows], 1)


def one_hot_alone(z, labels, table):
    hot = F.one_hot(labels.long(), len(table)) if labels.ndim == 1 else labels
    return torch.cat([z, hot.to(z)], 1)


def label_as_number(z, labels, table):
    number = labels if labels.ndim == 1 else labels.argmax(1)
    return torch.cat([z, number.to(z)[:, None].expand(-1, table.shape[1])], 1)


def one_label_for_all(z, labels, table):
    return torch.cat([z, _rows(labels, table)[:1].expand(len(z), -1)], 1)


def off_by_one(z, labels, table):
    rows = table[labels.long() - 1] if labels.ndim == 1 else labels.to(table.dtype) @ table
    return torch.cat([z, rows], 1)


def whole_numbers_only(z, labels, table):
    labels = labels if labels.ndim == 1 else labels.argmax(1)
    return torch.cat([z, table[labels.long()]], 1)


def rows_only(z, labels, table):
    labels = labels if labels.ndim == 2 else F.one_hot(labels.long()).to(table.dtype)
    return torch.cat([z, labels.to(table.dtype) @ table], 1)


def table_detached(z, labels, table):
    return torch.cat([z, _rows(labels, table.detach())], 1)


def under_each_other(z, labels, table):
    rows = _rows(labels, table)
    return torch.cat([z, F.pad(rows, (0, z.shape[1] - rows.shape[1]))], 0)


def as_a_mask(z, labels, table):
    return torch.cat([z, table[labels] if labels.ndim == 1 else labels.to(table.dtype) @ table], 1)


def weights_normalised(z, labels, table):
    rows = table[labels.long()] if labels.ndim == 1 else labels.to(table.dtype).softmax(1) @ table
    return torch.cat([z, rows], 1)


def table_alone(z, labels, table):
    return _rows(labels, table)


def scaled(z, labels, table):
    return torch.cat([z, _rows(labels, table) / table.shape[1] ** 0.5], 1)


def dtype_of_the_table(z, labels, table):
    rows = table[labels.long()] if labels.ndim == 1 else labels.to(table.dtype) @ table
    return torch.cat([z.to(rows.dtype), rows], 1)


def told_apart_by_size(z, labels, table):
    rows = table[labels.flatten().long()] if labels.numel() == len(z) else labels.to(table.dtype) @ table
    return torch.cat([z, rows], 1)


def eight_bits(z, labels, table):
    rows = table[labels.to(torch.int8).long()] if labels.ndim == 1 else labels.to(table.dtype) @ table
    return torch.cat([z, rows], 1)


# Also right


def with_embedding(z, labels, table):
    if labels.dim() == 1:
        return torch.hstack((z, F.embedding(labels.to(torch.int64), table)))
    return torch.hstack((z, labels.to(z.dtype).mm(table)))


def with_one_hot(z, labels, table):
    hot = F.one_hot(labels.long(), table.size(0)) if labels.ndim < 2 else labels
    return torch.cat((z, torch.einsum("bc,ce->be", hot.to(table), table)), dim=-1)


def row_by_row(z, labels, table):
    out = []
    for i in range(z.shape[0]):
        row = table[int(labels[i])] if labels.ndim == 1 else sum(w * e for w, e in zip(labels[i], table, strict=True))
        out.append(torch.cat([z[i], row]))
    return torch.stack(out)


MIX = "A row of weights asks for several rows of the table at once: their sum with these weights, labels @ table."

mistakes = [
    Mistake(label_first, "You put the label before the noise. Any order would train, but the docstring fixes one: z comes first."),
    Mistake(added, "You add the label's row to z: they stand side by side."),
    Mistake(one_hot_alone, "You join the one-hot label itself: the label's row of the table is asked for."),
    Mistake(label_as_number, "You feed the label as a number, which says that 7 is seven times 1: classes have no order."),
    Mistake(one_label_for_all, "Every row gets the first one's label: each has its own."),
    Mistake(off_by_one, "Your classes are off by one: label 0 is the table's first row."),
    Mistake(whole_numbers_only, MIX), Mistake(weights_normalised, "The weights are taken as they are: no softmax, no division."),
    Mistake(rows_only, "Without the number of classes `F.one_hot` counts the classes of this batch: pass len(table), or index the "
            "table."),
    Mistake(table_detached, "No gradient reaches the table, so the labels' rows would never be learnt."),
    Mistake(under_each_other, "You join along the batch (dimension 0): z and the label's row belong side by side, dimension 1."),
    Mistake(as_a_mask, "Labels of dtype uint8 or int32 do not pick rows in your answer: write table[labels.long()]."),
    Mistake(table_alone, "The noise is missing: [z, e(y)], or every sample of a class is the same."),
    Mistake(scaled, "You scale the row of the table: it is taken as it is."),
    Mistake(dtype_of_the_table, "You bring z to the dtype of the table: the result keeps the dtype of z, or digits of z are lost."),
    Mistake(told_apart_by_size, "You tell labels from rows of weights by how many numbers there are: with a single class (B, 1) has B of them, "
            "too. The number of axes says it."),
    Mistake(eight_bits, "Your labels pass through int8, which ends at 127: with more classes than that, others are asked for. Use int64."),
]

also_right = [with_embedding, with_one_hot, row_by_row]

equivalent_mutants = {
    "rows = table[labels.long()] if labels.ndim == 1 else labels.to(table.dtype) @ table: table → z":
        "z and the table have one dtype",
    "return torch.cat([z, rows], 1): 1 → -1": "the last axis of a matrix is its axis 1",
}
