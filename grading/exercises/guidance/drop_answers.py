"""Answers to guidance-drop: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake

# Known mistakes


def whole_batch(labels, share, null):
    return torch.full_like(labels, null) if torch.rand(()).item() < share else labels.clone()


def share_is_kept(labels, share, null):
    return torch.where(torch.rand(len(labels)) < share, labels, null)


def always_ten(labels, share, null):
    return torch.where(torch.rand(len(labels)) < share, 10, labels)


def null_is_class_0(labels, share, null):
    return torch.where(torch.rand(len(labels)) < share, 0, labels)


def null_is_minus_1(labels, share, null):
    return torch.where(torch.rand(len(labels)) < share, -1, labels)


def other_label(labels, share, null):
    return torch.where(torch.rand(len(labels)) < share, torch.randint(0, null, labels.shape), labels)


def first_ones(labels, share, null):
    out = labels.clone()
    out[:round(share * len(labels))] = null
    return out


def exact_number(labels, share, null):
    out = labels.clone()
    out[torch.randperm(len(labels))[:round(share * len(labels))]] = null
    return out


def every_kth(labels, share, null):
    if share == 0:
        return labels
    return torch.where(torch.arange(len(labels)) % max(1, round(1 / share)) == 0, null, labels)


def with_a_seed(labels, share, null):
    torch.manual_seed(0)
    return torch.where(torch.rand(len(labels)) < share, null, labels)


def own_generator(labels, share, null):
    coins = torch.rand(len(labels), generator=torch.Generator().manual_seed(0))
    return torch.where(coins < share, null, labels)


def normal_numbers(labels, share, null):
    return torch.where(torch.randn(len(labels)) < share, null, labels)


def half(labels, share, null):
    return torch.where(torch.rand(len(labels)) < share / 2, null, labels)


def never(labels, share, null):
    return labels.clone()


def removed(labels, share, null):
    return labels[torch.rand(len(labels)) >= share]


def neighbours_share_a_coin(labels, share, null):
    return torch.where(torch.rand(len(labels) // 2 + 1).repeat_interleave(2)[:len(labels)] < share, null, labels)


def first_ones_of_a_random_number(labels, share, null):
    count = torch.distributions.Binomial(len(labels), torch.tensor(float(share))).sample()
    return torch.where(torch.arange(len(labels)) < count, null, labels)


def opposite_halves(labels, share, null):
    u = torch.rand((len(labels) + 1) // 2)
    return torch.where(torch.cat([u, 1 - u])[:len(labels)] < share, null, labels)


def spread_evenly(labels, share, null):
    places = (torch.arange(len(labels)) + torch.rand(len(labels))) / len(labels)
    return torch.where(places[torch.randperm(len(labels))] < share, null, labels)


def seed_from_the_labels(labels, share, null):
    rng = torch.Generator().manual_seed(int(labels.sum()))
    return torch.where(torch.rand(len(labels), generator=rng) < share, null, labels)


def whole_percents(labels, share, null):
    return torch.where(torch.randint(0, 100, labels.shape) < 100 * share, null, labels)


def by_dropout(labels, share, null):
    return torch.nn.functional.dropout(labels.double(), share).long()


def changed_in_place(labels, share, null):
    labels[torch.rand(len(labels)) < share] = null
    return labels


# Also right


def by_bernoulli(labels, share, null):
    mask = torch.bernoulli(torch.full(labels.shape, float(share))).bool()
    return labels.masked_fill(mask, null)


def in_a_copy(labels, share, null):
    out = labels.clone()
    out[torch.rand_like(out, dtype=torch.float64) < share] = null
    return out


def kept_first(labels, share, null):
    keep = (torch.rand(labels.shape) >= share).long()
    return keep * labels + (1 - keep) * null


def one_after_another(labels, share, null):
    found = []
    for label in labels:
        found.append(null if torch.rand(1) < share else int(label))
    return torch.tensor(found)


def by_dropout_mask(labels, share, null):
    ones = torch.empty(len(labels)).uniform_()
    return torch.where(ones.ge(share), labels, torch.full_like(labels, null))


AS_MANY = "As many labels are left out at every call, but for one at most. Each label has a coin of its own, so the number varies."

mistakes = [
    Mistake(whole_batch, "One coin decides for the whole batch. Throw one for each label."),
    Mistake(share_is_kept, "Here `share` is the part that is kept. It is the part that is left out."),
    Mistake(always_ten, "The number for “no label” is said by `null`; it is not always 10."),
    Mistake(null_is_class_0, "You put 0 in place of a label. That is a class of its own: the number for “no label” is `null`."),
    Mistake(null_is_minus_1, "You put -1 in place of a label; the number for “no label” is said by `null`."),
    Mistake(other_label, "A label that is left out becomes `null`, not another label: that would teach the network mistakes."),
    Mistake(first_ones, "The first rows of the batch lose their labels at every call. Let chance decide for each."),
    Mistake(exact_number, AS_MANY),
    Mistake(every_kth, "Every so many rows lose their labels at every call. Let chance decide for each."),
    Mistake(with_a_seed, "With a seed inside, the same places lose their labels at every call."),
    Mistake(own_generator, "With a seed inside, the same places lose their labels at every call."),
    Mistake(normal_numbers, "Normal numbers are below `share` far too often. Compare uniform ones, torch.rand."),
    Mistake(half, "Only half as many labels are left out as `share` says."),
    Mistake(never, "No label is ever left out."),
    Mistake(removed, "The rows without a label are gone, and the labels no longer fit their images: put `null` in their places."),
    Mistake(neighbours_share_a_coin, "Two labels share a coin. Throw one for each."),
    Mistake(first_ones_of_a_random_number, "The number varies as it should, but it is always the first rows that lose their labels."),
    Mistake(opposite_halves, "The coins of one half decide those of the other. Throw one for each label."),
    Mistake(spread_evenly, AS_MANY),
    Mistake(seed_from_the_labels, "The same labels lose the same places whenever they come. Leave the seed out."),
    Mistake(whole_percents, "You round the share to whole percents. Compare uniform fractions, torch.rand, with it."),
    Mistake(by_dropout, "`dropout` puts 0, which is a class, in place of a label, and multiplies those that it keeps by "
                        "1 / (1 - share). Throw the coins yourself and put `null`."),
    Mistake(changed_in_place, "You change `labels` itself. Build a new tensor; the old one is not yours."),
]

also_right = [by_bernoulli, in_a_copy, kept_first, one_after_another, by_dropout_mask]

equivalent_mutants = {
    "return torch.where(torch.rand(len(labels)) < share, null, labels): torch.rand(len(labels)) < share → "
    "torch.rand(len(labels)) <= share": "a uniform number is equal to the share with a probability of 2^-24",
}
