"""Answers to guidance-combine: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _both(network, x, t, labels, away):
    return network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, away])).chunk(2)


# Known mistakes


def larger_by_one(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return (1 + weight) * c - weight * u


def halves_swapped(network, x, t, labels, away, weight):
    u, c = _both(network, x, t, labels, away)
    return u + weight * (c - u)


def wrong_way(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return u + weight * (u - c)


def two_calls(network, x, t, labels, away, weight):
    u = network(x, t, away)
    return u + weight * (network(x, t, labels) - u)


def label_alone(network, x, t, labels, away, weight):
    return _both(network, x, t, labels, away)[0]


def scaled_label(network, x, t, labels, away, weight):
    return weight * _both(network, x, t, labels, away)[0]


def difference_alone(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return weight * (c - u)


def added(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return u + weight * c


def mean_of_both(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return (u + weight * c) / (1 + weight)


def chunked_along_channels(network, x, t, labels, away, weight):
    answers = network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, away]))
    c, u = answers.chunk(2, dim=1)
    return (u + weight * (c - u))[:len(x)]


def alternating_halves(network, x, t, labels, away, weight):
    answers = network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, away]))
    return answers[1::2] + weight * (answers[0::2] - answers[1::2])


def labels_repeated_in_place(network, x, t, labels, away, weight):
    answers = network(torch.cat([x, x]), torch.cat([t, t]), torch.stack([labels, away], 1).flatten())
    c, u = answers.chunk(2)
    return u + weight * (c - u)


def label_for_both(network, x, t, labels, away, weight):
    c, u = network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, labels])).chunk(2)
    return u + weight * (c - u)


def one_t_for_all(network, x, t, labels, away, weight):
    c, u = network(torch.cat([x, x]), t[:1].expand(2 * len(x)), torch.cat([labels, away])).chunk(2)
    return u + weight * (c - u)


def first_channel_alone(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    out = c.clone()
    out[:, :1] = u[:, :1] + weight * (c[:, :1] - u[:, :1])
    return out


def kept_in_range(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return (u + weight * (c - u)).clamp(-1, 1)


def weight_at_least_1(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return u + max(weight, 1.0) * (c - u)


def shortcut_at_0_and_1(network, x, t, labels, away, weight):
    if weight in (0, 1):
        return network(x, t, labels if weight else away)
    c, u = _both(network, x, t, labels, away)
    return u + weight * (c - u)


def labels_as_floats(network, x, t, labels, away, weight):
    c, u = network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, away]).to(x.dtype)).chunk(2)
    return u + weight * (c - u)


def weight_of_a_hundred_at_most(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return u + min(weight, 100.0) * (c - u)


# Also right


def as_a_mean(network, x, t, labels, away, weight):
    c, u = _both(network, x, t, labels, away)
    return weight * c + (1 - weight) * u


def away_first(network, x, t, labels, away, weight):
    B = x.shape[0]
    out = network(x.repeat(2, *[1] * (x.dim() - 1)), t.repeat(2), torch.cat((away, labels), dim=0))
    return torch.lerp(out[:B], out[B:], weight)


def one_after_the_other(network, x, t, labels, away, weight):
    out = network(x.repeat_interleave(2, 0), t.repeat_interleave(2), torch.stack([labels, away], 1).flatten())
    out = out.view(len(x), 2, *x.shape[1:])
    return out[:, 1] + weight * (out[:, 0] - out[:, 1])


def from_the_label_on(network, x, t, labels, away, weight):
    c, u = torch.split(network(torch.cat([x] * 2), torch.cat([t] * 2), torch.cat([labels, away])), len(x))
    return c + (weight - 1) * (c - u)


_LABEL_ALONE = ("The weight plays no role here, as if both halves had been asked with `labels`: the second one belongs to "
                "`away`.")

mistakes = [
    Mistake(larger_by_one, "Here your weight is larger by 1, as some papers count: weight 0 should give the answer for `away`, weight 1 "
            "that for `labels`."),
    Mistake(halves_swapped, "The halves are swapped: the first half of the answers belongs to what you put first."),
    Mistake(wrong_way, "This leads away from the label. The direction is from the answer for `away` to the answer for `labels`."),
    Mistake(two_calls, "The value is right, but the network is called twice. One call with 2 B rows is asked for."),
    Mistake(label_alone, _LABEL_ALONE),
    Mistake(scaled_label, "The answer for the label times the weight leaves out the answer for `away`."),
    Mistake(difference_alone, "The difference is only the direction: start from the answer for `away`."),
    Mistake(added, "This adds the label's answer on top. Go along the difference: û + w (ĉ - û)."),
    Mistake(mean_of_both, "This is a mean, which stays between both answers. A weight above 1 leads beyond the label's."),
    Mistake(chunked_along_channels, "You cut the channels in two. The two answers lie one after the other along the rows."),
    Mistake(alternating_halves, "You take every second row, but the two kinds of rows lie one after the other: the first B, then the last B."),
    Mistake(labels_repeated_in_place, "The labels alternate while the images come one after the other, so that images get labels of others."),
    Mistake(label_for_both, _LABEL_ALONE),
    Mistake(one_t_for_all, "Each row has its own t. You use the first one for all."),
    Mistake(first_channel_alone, "Only the first channel is guided. Guidance is for all values of a row."),
    Mistake(kept_in_range, "You cut the answer off at 1. It may be noise or a velocity, which are not bounded."),
    Mistake(weight_at_least_1, "Weights below 1 are weights, too: do not lift them to 1."),
    Mistake(shortcut_at_0_and_1, "For a weight of 0 or 1 you ask with B rows alone. The network gets 2 B rows at every weight."),
    Mistake(labels_as_floats, "Your labels reach the network as fractions. It looks them up in a table: they stay whole numbers."),
    Mistake(weight_of_a_hundred_at_most, "You cut the weight off. It may be any number, however large."),
]

also_right = [as_a_mean, away_first, one_after_the_other, from_the_label_on]

equivalent_mutants = {}
