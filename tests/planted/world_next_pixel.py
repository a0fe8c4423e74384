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


def _rest(joint, seen):
    return joint[tuple(seen)]


def a_trifle_below(joint, seen):
    rest = _rest(joint, seen)
    return rest[1].sum() / (rest.sum() + 1e-16)


def a_trifle_on_both_sides(joint, seen):
    rest = _rest(joint, seen)
    return (rest[1].sum() + 1e-9) / (rest.sum() + 2e-9)


def kept_inside(joint, seen):
    rest = _rest(joint, seen)
    return (rest[1].sum() / rest.sum()).clamp(1e-6, 1 - 1e-6)


def half_if_hardly_seen(joint, seen):
    rest = _rest(joint, seen)
    return rest[1].sum() / rest.sum() if rest.sum() > 1e-12 else torch.tensor(0.5)


def rounded(joint, seen):
    rest = _rest(joint, seen)
    return (rest[1].sum() / rest.sum()).round(decimals=3)


def table_rounded(joint, seen):
    rest = _rest(joint.round(decimals=8) + 1e-300, seen)
    return rest[1].sum() / rest.sum()


def table_in_half_precision(joint, seen):
    rest = _rest(joint.half().double(), seen)
    return rest[1].sum() / rest.sum()


def last_pixel_only(joint, seen):
    if not seen:
        return joint[1].sum()
    pair = joint.sum([axis for axis in range(4) if axis not in (len(seen) - 1, len(seen))])
    return pair[seen[-1], 1] / pair[seen[-1]].sum()


def order_reversed(joint, seen):
    rest = _rest(joint, tuple(reversed(seen)))
    return rest[1].sum() / rest.sum()


def likelier_of_the_two(joint, seen):
    rest = _rest(joint, seen)
    return (rest[1].sum() > rest[0].sum()).double()


def largest_for_sum(joint, seen):
    rest = _rest(joint, seen)
    return rest[1].max() / (rest[0].max() + rest[1].max())


def floored_in_place(joint, seen):
    joint.clamp_(min=1e-30)
    rest = _rest(joint, seen)
    return rest[1].sum() / rest.sum()


def one_axis_kept(joint, seen):
    rest = _rest(joint, seen)
    return rest[1].sum().reshape(1) / rest.sum()


def softmax_of_the_table(joint, seen):
    rest = _rest(joint.flatten().softmax(0).view(2, 2, 2, 2), seen)
    return rest[1].sum() / rest.sum()


def always_three(joint, seen):
    rest = _rest(joint, (*seen, 0, 0, 0)[:3])
    return rest[1] / rest.sum()


def by_logarithms(joint, seen):
    rest = _rest(joint, seen).log()
    return torch.exp(rest[1].flatten().logsumexp(0) - rest.flatten().logsumexp(0))


def a_plain_number(joint, seen):
    rest = _rest(joint, seen).reshape(2, -1).sum(1).tolist()
    return rest[1] / (rest[0] + rest[1])


def by_strides(joint, seen):
    flat, low, high = joint.reshape(-1), 0, 16
    for value in seen:
        middle = (low + high) // 2
        low, high = (middle, high) if value else (low, middle)
    return flat[(low + high) // 2:high].sum() / flat[low:high].sum()


def step_by_step(joint, seen):
    for value in seen:
        joint = joint.select(0, value) / joint.select(0, value).sum()
    return joint.select(0, 1).sum() / joint.sum()


SAYS_1 = ("Images that are impossible or hardly occur: the ratio of two small sums is as exact as any, and "
          "nothing is added to them or rounded.")
SAYS_2 = ("The last pixel, given the three before it: of two images that agree so far, how much of their "
          "common probability belongs to the one that goes on with a 1?")
SAYS_3 = ("`next_pixel` after three pixels should have shape (8,), not (8, 1): an axis of length 1 too many; "
          "leave out `keepdim=True` or `squeeze` it. The last pixel, given the three before it: of two "
          "images that agree so far, how much of their common probability belongs to the one that goes on "
          "with a 1?")
SAYS_4 = ("A pixel with others still unseen after it: add up over all that they may be.")

wrong += [
    (a_trifle_below, SAYS_1), (a_trifle_on_both_sides, SAYS_1), (kept_inside, SAYS_1), (half_if_hardly_seen, SAYS_1),
    (rounded, SAYS_2), (table_rounded, SAYS_1), (table_in_half_precision, SAYS_2), (last_pixel_only,
    "only_the_last_seen"), (order_reversed, SAYS_2), (likelier_of_the_two, "likelier_value"), (largest_for_sum,
    "likeliest_image"), (floored_in_place, "scaled_in_place"), (one_axis_kept, SAYS_3), (softmax_of_the_table,
    SAYS_2), (always_three, SAYS_4),
]
right += [by_logarithms, a_plain_number, by_strides, step_by_step]
