"""Planted answers to guidance-combine, by another author than the check's."""

import torch


def _both(network, x, t, labels, away):
    return network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, away])).chunk(2)


def weight_less_one_too_many(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return u + (weight - 1) * (c - u)


def away_repeated_from_the_first(network, x, t, labels, away, weight):
    c, u = network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, away[:1].expand(len(x))])).chunk(2)
    return u + weight * (c - u)


def absolute_weight(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return u + abs(weight) * (c - u)


def rescaled(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    out = u + weight * (c - u)
    return out * c.std() / out.std()


def row_by_row(network, x, t, labels, away, weight):
    out = []
    for i in range(len(x)):
        c, u = _both(network, x[i:i + 1], t[i:i + 1], labels[i:i + 1], away[i:i + 1])
        out.append(u + weight * (c - u))
    return torch.cat(out)


def three_times_the_rows(network, x, t, labels, away, weight):
    c, u, _ = network(torch.cat([x, x, x]), torch.cat([t, t, t]), torch.cat([labels, away, away])).chunk(3)
    return u + weight * (c - u)


def mean_weight(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return (c + u) / 2 + weight * (c - u)


def by_einsum(network, x, t, labels, away, weight):
    out = network(torch.cat((x, x)), torch.cat((t, t)), torch.cat((labels, away))).unflatten(0, (2, len(x)))
    return torch.einsum("k,kb...->b...", torch.tensor([weight, 1 - weight], dtype=out.dtype), out)


def in_place_on_its_own(network, x, t, labels, away, weight):
    led, free = network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, away])).tensor_split(2)
    led = led.clone()
    led.sub_(free).mul_(weight).add_(free)
    return led


SAYS_1 = (
    "Weight 1 gives the network's answer for `labels`, weight 0 the one for `away`."
)
SAYS_2 = (
    "The same for every weight, nothing is cut off."
)
SAYS_3 = (
    "One call with 2 B rows."
)

wrong = [
    (weight_less_one_too_many, SAYS_1),
    (away_repeated_from_the_first, SAYS_1),
    (absolute_weight, SAYS_2),
    (rescaled, SAYS_1),
    (row_by_row, SAYS_3),
    (three_times_the_rows, SAYS_3),
    (mean_weight, SAYS_1),
]
right = [by_einsum, in_place_on_its_own]
