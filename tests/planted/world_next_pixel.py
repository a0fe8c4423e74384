"""Planted answers to world-next-pixel, by another author than the check's."""

import itertools

import torch


def joint_not_conditional(joint, seen):
    return joint[(*seen, 1)].sum()


def of_zero(joint, seen):
    rest = joint[seen]
    return 1 - rest[1].sum() / rest.sum()


def ratio_of_the_two(joint, seen):
    return joint[(*seen, 1)].sum() / joint[(*seen, 0)].sum()


def marginal(joint, seen):
    other = [axis for axis in range(4) if axis != len(seen)]
    return joint.sum(other)[1]


def blank_future(joint, seen):
    """Pixels to come are left at 0."""
    padded = (0,) * (3 - len(seen))
    return joint[(*seen, 1, *padded)] / (joint[(*seen, 1, *padded)] + joint[(*seen, 0, *padded)])


def white_future(joint, seen):
    padded = (1,) * (3 - len(seen))
    return joint[(*seen, 1, *padded)] / (joint[(*seen, 1, *padded)] + joint[(*seen, 0, *padded)])


def best_completion(joint, seen):
    one, zero = joint[(*seen, 1)].max(), joint[(*seen, 0)].max()
    return one / (one + zero)


def hard(joint, seen):
    return float(joint[(*seen, 1)].sum() > joint[(*seen, 0)].sum())


def column_order(joint, seen):
    rest = joint.transpose(1, 2)[seen]
    return rest[1].sum() / rest.sum()


def backwards(joint, seen):
    rest = joint.flip(()).permute(3, 2, 1, 0)[seen]
    return rest[1].sum() / rest.sum()


def markov(joint, seen):
    """Only the last pixel is remembered."""
    if len(seen) == 0:
        return joint[1].sum()
    a, b = len(seen) - 1, len(seen)
    pair = joint.sum([axis for axis in range(4) if axis not in (a, b)])
    return pair[seen[-1], 1] / pair[seen[-1]].sum()


def averaged(joint, seen):
    return joint[(*seen, 1)].mean()


def log_of_it(joint, seen):
    rest = joint[seen]
    return torch.log(rest[1].sum()) - torch.log(rest.sum())


def pair_of_values(joint, seen):
    rest = joint[seen].reshape(2, -1).sum(-1)
    return rest / rest.sum()


def final_pixel(joint, seen):
    rest = joint[seen].reshape(-1, 2).sum(0)
    return rest[1] / rest.sum()


def divided_by_all(joint, seen):
    """The total of the table is 1, so nothing is divided."""
    return joint[(*seen, 1)].sum() / joint.sum()


def divided_in_place(joint, seen):
    joint.div_(joint[tuple(seen)].sum())
    return joint[(*seen, 1)].sum()


wrong = [
    (divided_in_place, "scaled_in_place"),
    (joint_not_conditional, "not_divided"), (of_zero, "paper_for_ink"), (ratio_of_the_two, "odds"),
    (marginal, "seen_ignored"), (blank_future, "unseen_taken_for_paper"),
    (white_future, "unseen_taken_for_ink"),
    (best_completion, "likeliest_image"), (hard, "likelier_value"), (column_order, "columns_first"),
    (backwards, "from_the_end"), (markov, "only_the_last_seen"), (averaged, "mean_of_images"),
    (log_of_it, "logarithm"), (pair_of_values, "both_values"), (final_pixel, "last_pixel"),
    (divided_by_all, "not_divided"),
]


def enumerated(joint, seen):
    top = bottom = 0
    for rest in itertools.product(range(2), repeat=3 - len(seen)):
        top = top + joint[(*seen, 1, *rest)]
        bottom = bottom + joint[(*seen, 1, *rest)] + joint[(*seen, 0, *rest)]
    return top / bottom


def flat(joint, seen):
    block = joint.reshape(-1)
    for value in seen:
        block = block.chunk(2)[value]
    one = block.chunk(2)[1]
    return (one.sum() / block.sum()).item()


right = [enumerated, flat]
