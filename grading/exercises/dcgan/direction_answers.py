"""Answers to dcgan-direction: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _fit(z, score):
    w = torch.linalg.lstsq(z - z.mean(0), (score - score.mean())[:, None]).solution[:, 0]
    return w


# Known mistakes


def no_constant(z, score):
    w = torch.linalg.lstsq(z, score[:, None]).solution[:, 0]
    return w / w.norm()


def only_codes_centred_by_one_number(z, score):
    w = torch.linalg.lstsq(z - z.mean(), (score - score.mean())[:, None]).solution[:, 0]
    return w / w.norm()


def only_score_centred(z, score):
    w = torch.linalg.lstsq(z, (score - score.mean())[:, None]).solution[:, 0]
    return w / w.norm()


def not_of_length_one(z, score):
    return _fit(z, score)


def squared_length(z, score):
    w = _fit(z, score)
    return w / (w * w).sum()


def length_by_sum(z, score):
    w = _fit(z, score)
    return w / w.abs().sum()


def largest_is_one(z, score):
    w = _fit(z, score)
    return w / w.abs().max()


def covariance_alone(z, score):
    w = (z - z.mean(0)).T @ (score - score.mean())
    return w / w.norm()


def correlations(z, score):
    a, b = z - z.mean(0), score - score.mean()
    w = (a.T @ b) / (a.norm(dim=0) * b.norm())
    return w / w.norm()


def each_dimension_by_itself(z, score):
    a, b = z - z.mean(0), score - score.mean()
    w = (a.T @ b) / a.square().sum(0)
    return w / w.norm()


def raw_products(z, score):
    w = (z * score[:, None]).mean(0)
    return w / w.norm()


def difference_of_means(z, score):
    high = score > score.median()
    w = z[high].mean(0) - z[~high].mean(0)
    return w / w.norm()


def best_minus_worst(z, score):
    w = z[score.argmax()] - z[score.argmin()]
    return w / w.norm()


def standardised(z, score):
    w = torch.linalg.lstsq((z - z.mean(0)) / z.std(0), (score - score.mean())[:, None]).solution[:, 0]
    return w / w.norm()


def downhill(z, score):
    w = _fit(z, score)
    return -w / w.norm()


def sign_lost(z, score):
    w = _fit(z, score)
    w = w / w.norm()
    return w * torch.sign(w[0])


def main_axis(z, score):
    return torch.linalg.svd(z - z.mean(0)).Vh[0]


def column(z, score):
    w = torch.linalg.lstsq(z - z.mean(0), (score - score.mean())[:, None]).solution
    return w / w.norm()


def constant_kept(z, score):
    columns = torch.cat([z, torch.ones_like(z[:, :1])], 1)
    w = torch.linalg.lstsq(columns, score[:, None]).solution[:, 0]
    return w / w.norm()


def constant_counts_in_the_length(z, score):
    columns = torch.cat([z, torch.ones_like(z[:, :1])], 1)
    w = torch.linalg.lstsq(columns, score[:, None]).solution[:, 0]
    return w[:-1] / w.norm()


def softmax(z, score):
    return torch.softmax(_fit(z, score), 0)


def squeezed(z, score):
    w = _fit(z, score).squeeze()
    return w / w.norm()


# Also right


def with_a_column_of_ones(z, score):
    columns = torch.column_stack([torch.ones(len(z)).to(z), z])
    w = (torch.linalg.pinv(columns) @ score)[1:]
    return torch.nn.functional.normalize(w, dim=0)


def by_covariances(z, score):
    a, b = z - z.mean(0, keepdim=True), score - score.mean()
    w = torch.linalg.solve(a.T @ a / len(z), a.T @ b / len(z))
    return w / torch.sqrt(torch.sum(w**2))


CONSTANT = ("The constant b is missing, or the codes keep their mean: take the mean of each dimension off the codes, and that of the scores "
            "off the scores.")
LENGTH = "The length is not 1: divide by w.norm(), the root of the sum of squares."
ALONE = ("You look at each dimension of the codes by itself: where they are correlated or of different spread, least squares over all of them "
         "at once gives another direction.")

mistakes = [
    Mistake(no_constant, CONSTANT), Mistake(only_score_centred, CONSTANT), Mistake(only_codes_centred_by_one_number, CONSTANT),
    Mistake(not_of_length_one, LENGTH), Mistake(squared_length, LENGTH), Mistake(length_by_sum, LENGTH), Mistake(largest_is_one, LENGTH),
    Mistake(covariance_alone, ALONE), Mistake(correlations, ALONE), Mistake(each_dimension_by_itself, ALONE),
    Mistake(raw_products, "You average score times code without taking their means off; and where codes are correlated that is not enough "
            "either."),
    Mistake(difference_of_means, "A difference of two means uses only on which side of the middle a score lies: least squares uses its value."),
    Mistake(best_minus_worst, "Two codes are used, the best and the worst: least squares uses all."),
    Mistake(standardised, "You scale the codes to spread 1 and do not scale w back."),
    Mistake(downhill, "The direction leads downhill: the score must rise along it."),
    Mistake(sign_lost, "You fix the sign by a component of w: the score decides it, it must rise along the direction."),
    Mistake(main_axis, "That is the direction in which the codes vary most: the score does not come in."),
    Mistake(column, "Return a vector (K,), not a column (K, 1)."),
    Mistake(constant_kept, "The constant is still among the numbers that you return: the direction has K of them."),
    Mistake(constant_counts_in_the_length, "The constant counts in your length: leave it out before you divide."),
    Mistake(softmax, "A softmax makes all components positive: divide by the length instead."),
    Mistake(squeezed, "`squeeze` turns codes of one number into a number without a dimension: keep the vector."),
]

also_right = [with_a_column_of_ones, by_covariances]

LINE = "w = torch.linalg.lstsq(z - z.mean(0), (score - score.mean())[:, None]).solution[:, 0]: "
CENTRED = "the columns of the centred codes sum to 0, so that a constant added to the score changes nothing"

equivalent_mutants = {
    LINE + "0 → -1": "the solution has one column, the last",
    LINE + "score - score.mean() → score + score.mean()": CENTRED,
    LINE + "score - score.mean() → score": CENTRED,
    LINE + "score.mean() → score.sum()": CENTRED,
    LINE + "score → z": "in the mean that is subtracted, where any number serves",
}
