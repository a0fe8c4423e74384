"""Planted answers to cgan-join-label, by another author than the check's."""

import torch
import torch.nn.functional as F


def lookup(labels, table):
    return F.embedding(labels.long(), table) if labels.dim() == 1 else labels.to(table) @ table


def swapped(z, labels, table):
    return torch.hstack([lookup(labels, table), z])


def only_indices(z, labels, table):
    if labels.dim() == 2:
        labels = labels.argmax(-1)
    return torch.hstack([z, F.embedding(labels.long(), table)])


def index_without_long(z, labels, table):
    return torch.hstack([z, table[labels] if labels.dim() == 1 else labels.to(table) @ table])


def float_one_hot_only(z, labels, table):
    if labels.dim() == 1:
        labels = F.one_hot(labels.long())
    return torch.hstack([z, labels.to(table) @ table])


def no_learning(z, labels, table):
    with torch.no_grad():
        rows = lookup(labels, table)
    return torch.hstack([z, rows])


def hot_beside(z, labels, table):
    rows = F.one_hot(labels.long(), table.shape[0]).to(z) if labels.dim() == 1 else labels.to(z)
    return torch.hstack([z, rows])


def softmaxed(z, labels, table):
    return torch.hstack([z, lookup(labels if labels.dim() == 1 else labels.to(table).softmax(-1), table)])


def normalised_rows(z, labels, table):
    return torch.hstack([z, F.normalize(lookup(labels, table), dim=1)])


def stacked(z, labels, table):
    return torch.vstack([z, lookup(labels, table)[:, : z.shape[1]]])


def without_noise(z, labels, table):
    return lookup(labels, table)


def same_for_all(z, labels, table):
    return torch.hstack([z, lookup(labels[:1], table).repeat(len(z), 1)])


def z_follows_the_table(z, labels, table):
    z = z.type_as(table)
    return torch.cat([z, lookup(labels, table)], 1)


def weights_without_slope(z, labels, table):
    rows = table[labels.long()] if labels.ndim == 1 else labels.detach().to(table.dtype) @ table
    return torch.cat([z, rows], 1)


def first_row_not_learnt(z, labels, table):
    rows = F.embedding(labels.long(), table, padding_idx=0) if labels.ndim == 1 else labels.to(table.dtype) @ table
    return torch.cat([z, rows], 1)


def right_in_the_dtype_of_z(z, labels, table):
    weights = F.one_hot(labels.long(), len(table)) if labels.ndim == 1 else labels
    return torch.cat((z, torch.einsum("bc,ce->be", weights.to(table.dtype), table).type_as(z)), dim=-1)


def right_with_matmul(z, labels, table):
    if labels.dim() == 1:
        labels = torch.eye(len(table), dtype=table.dtype)[labels.long()]
    return torch.cat((z, torch.matmul(labels.type_as(table), table)), -1)


def right_with_new_tensor(z, labels, table):
    by_weights = labels.dim() == 2
    rows = torch.tensordot(labels.type_as(table), table, 1) if by_weights else table.index_select(0, labels.long())
    return torch.cat([z, rows], dim=1)


SAYS_1 = ("Each row: its z first, then the row of the table that belongs to its own label.")
SAYS_2 = ("Gradients reach weights and table.")
SAYS_3 = ("Gradients reach z and the table, whose rows are learnt: a label that occurs twice collects both.")

wrong = [
    (swapped, "label_first"), (only_indices, "whole_numbers_only"), (index_without_long, "as_a_mask"),
    (float_one_hot_only, "rows_only"), (no_learning, "table_detached"), (hot_beside, "one_hot_alone"),
    (softmaxed, "weights_normalised"), (normalised_rows, SAYS_1), (stacked, "under_each_other"),
    (without_noise, "table_alone"), (same_for_all, "one_label_for_all"),
    (z_follows_the_table, "dtype_of_the_table"), (weights_without_slope, SAYS_2), (first_row_not_learnt, SAYS_3),
]
right = [right_in_the_dtype_of_z, right_with_matmul, right_with_new_tensor]
