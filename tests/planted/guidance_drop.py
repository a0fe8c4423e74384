"""Planted answers to guidance-drop, by another author than the check's."""

import torch


def share_in_percent(labels, share, null):
    return torch.where(100 * torch.rand(len(labels)) < share, null, labels)


def more_than_share(labels, share, null):
    return torch.where(torch.rand(len(labels)) > share, null, labels)


def null_or_zero(labels, share, null):
    return (torch.rand(len(labels)) >= share).long() * labels


def dropout_layer(labels, share, null):
    return torch.nn.functional.dropout(labels.double(), share).long()


def shuffled_instead(labels, share, null):
    gone = torch.rand(len(labels)) < share
    return torch.where(gone, labels.roll(1), labels)


def a_coin_as_a_number(labels, share, null):
    coins = torch.rand(labels.shape[0], dtype=torch.float64)
    return (labels + (null - labels) * coins.lt(share)).to(labels.dtype)


def by_places(labels, share, null):
    out = labels.clone()
    places = (torch.rand(len(out)) < share).nonzero().squeeze(1)
    return out.index_fill(0, places, null)


SAYS_1 = (
    "A share of 0 leaves every label, a share of 1 leaves out all."
)

wrong = [
    (share_in_percent, SAYS_1),
    (more_than_share, "share_is_kept"),
    (null_or_zero, "null_is_class_0"),
    (dropout_layer, "by_dropout"),
    (shuffled_instead, "other_label"),
]
right = [a_coin_as_a_number, by_places]
