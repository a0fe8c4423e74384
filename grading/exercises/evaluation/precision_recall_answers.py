"""Answers to evaluation-precision-recall: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.evaluation.precision_recall import reference


def _radius(centres, k):
    return torch.cdist(centres, centres).sort(1).values[:, k]


def _both(share):
    """(precision, recall) from a function of points and centres."""
    def answer(real, fake, k=3):
        return share(fake, real, k), share(real, fake, k)

    answer.__name__ = share.__name__
    return answer


# Known mistakes


def roles_swapped(real, fake, k=3):
    return reference(real, fake, k)[::-1]


@_both
def itself_counted(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k - 1)).any(1).double().mean()


@_both
def one_neighbour_more(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k + 1)).any(1).double().mean()


@_both
def farthest(points, centres, k):
    radius = torch.cdist(centres, centres).topk(min(k + 1, len(centres))).values[:, -1]
    return (torch.cdist(points, centres) <= radius).any(1).double().mean()


@_both
def nearest_only(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, 1)).any(1).double().mean()


@_both
def distance_squared(points, centres, k):
    return (torch.cdist(points, centres) ** 2 <= _radius(centres, k)).any(1).double().mean()


@_both
def radius_squared(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k) ** 2).any(1).double().mean()


@_both
def radius_to_the_other_set(points, centres, k):
    between = torch.cdist(centres, points).sort(1).values[:, k - 1]
    return (torch.cdist(points, centres) <= between).any(1).double().mean()


@_both
def radius_of_the_point(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(points, k)[:, None]).any(1).double().mean()


@_both
def one_radius(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k).mean()).any(1).double().mean()


@_both
def largest_radius(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k).max()).any(1).double().mean()


@_both
def edge_excluded(points, centres, k):
    return (torch.cdist(points, centres) < _radius(centres, k)).any(1).double().mean()


@_both
def all_balls(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).all(1).double().mean()


@_both
def balls_counted(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).double().sum(1).mean()


@_both
def share_of_pairs(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).double().mean()


@_both
def share_of_balls(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).any(0).double().mean()


@_both
def nearest_ball_only(points, centres, k):
    gap, index = torch.cdist(points, centres).min(1)
    return (gap <= _radius(centres, k)[index]).double().mean()


@_both
def mean_distance_for_radius(points, centres, k):
    radius = torch.cdist(centres, centres).sort(1).values[:, 1:k + 1].mean(1)
    return (torch.cdist(points, centres) <= radius).any(1).double().mean()


@_both
def equal_points_left_out(points, centres, k):
    gaps = torch.cdist(centres, centres, compute_mode="donot_use_mm_for_euclid_dist")
    radius = gaps.masked_fill(gaps == 0, torch.inf).sort(1).values[:, k - 1]
    return (torch.cdist(points, centres) <= radius).any(1).double().mean()


@_both
def counted_not_divided(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).any(1).double().sum()


@_both
def city_block(points, centres, k):
    radius = torch.cdist(centres, centres, p=1).sort(1).values[:, k]
    return (torch.cdist(points, centres, p=1) <= radius).any(1).double().mean()


def k_ignored(real, fake, k=3):
    return reference(real, fake, 3)


def precision_twice(real, fake, k=3):
    return (reference(real, fake, k)[0],) * 2


def recall_with_real_balls(real, fake, k=3):
    hit = (torch.cdist(real, fake) <= _radius(real, k)[:, None]).any(1).double().mean()
    return reference(real, fake, k)[0], hit


# Also right


def by_topk_and_loop(real, fake, k=3):
    result = []
    for points, centres in ((fake, real), (real, fake)):
        gaps = torch.linalg.vector_norm(centres[:, None] - centres[None], dim=-1)
        gaps.fill_diagonal_(torch.inf)
        radius = gaps.kthvalue(k, dim=1).values
        inside = torch.linalg.vector_norm(points[:, None] - centres[None], dim=-1) <= radius
        result.append(float(inside.any(dim=1).float().mean()))
    return result


@_both
def by_squares(points, centres, k):
    def squares(a, b):
        return ((a.unsqueeze(1) - b.unsqueeze(0)) ** 2).sum(-1)

    radius = torch.topk(squares(centres, centres), k + 1, dim=1, largest=False)[0].amax(1)
    return ((squares(points, centres) - radius).amin(1) <= 0).to(torch.float64).sum() / len(points)


def by_numpy(real, fake, k=3):
    import numpy as np

    def share(points, centres):
        own = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(-1))
        radius = np.partition(own, k, axis=1)[:, k]
        return (np.sqrt(((points[:, None] - centres[None]) ** 2).sum(-1)) <= radius).any(1).mean().item()

    return share(fake.numpy(), real.numpy()), share(real.numpy(), fake.numpy())


SQUARES = "Compare a distance with a radius, or their squares; you compare one with the square of the other."


mistakes = [
    Mistake(roles_swapped, "Precision and recall have changed places: precision asks about the fake points."),
    Mistake(itself_counted, "A point's nearest neighbour in its own set is itself, at distance 0: leave it out, or "
            "take the (k + 1)-th smallest."),
    Mistake(one_neighbour_more, "Your radius reaches to the (k + 1)-th neighbour: with itself at place 0 of the "
            "sorted distances, the k-th stands at place k."),
    Mistake(farthest, "Your radius reaches to one of the farthest points: topk takes the largest unless it is told "
            "largest=False."),
    Mistake(nearest_only, "Your radius reaches to the nearest neighbour, whatever k is."),
    Mistake(distance_squared, SQUARES),
    Mistake(radius_squared, SQUARES),
    Mistake(radius_to_the_other_set, "The radius of a ball is the distance to the k-th neighbour within the same set; "
            "you take it to the other set, so that every ball holds k points."),
    Mistake(radius_of_the_point, "You use the radius of the point that is asked about; the balls belong to the other "
            "set."),
    Mistake(one_radius, "You give all balls the same radius: each has its own, small where its set is dense."),
    Mistake(largest_radius, "You give all balls the same radius: each has its own, small where its set is dense."),
    Mistake(edge_excluded, "A point on the edge counts as inside: ≤, not <."),
    Mistake(all_balls, "A point has to lie in some ball, not in all: any, not all."),
    Mistake(balls_counted, "You count the balls around a point; it is enough to lie in one."),
    Mistake(share_of_pairs, "You average over all pairs: ask first whether a point lies in any ball, then average "
            "over points."),
    Mistake(share_of_balls, "This is the share of balls that hold a point (with the real set's balls it is called "
            "coverage); asked for is the share of points that lie in a ball: the other axis."),
    Mistake(nearest_ball_only, "You look only at the ball of the nearest centre; another, wider one may hold the "
            "point."),
    Mistake(mean_distance_for_radius, "The radius is the distance to the k-th neighbour, not the mean over k of "
            "them."),
    Mistake(equal_points_left_out, "You leave out every point at distance 0; of points that occur twice only the point "
            "itself is to be left out."),
    Mistake(counted_not_divided, "You count the points: divide by their number."),
    Mistake(city_block, "Distances are Euclidean (p = 2)."),
    Mistake(k_ignored, "The argument k is not used."),
    Mistake(precision_twice, "Recall is precision with the roles of the sets changed; you return precision twice."),
    Mistake(recall_with_real_balls, "For recall the balls belong to the fake set."),
]

also_right = [by_topk_and_loop, by_squares, by_numpy]

equivalent_mutants = {
    "return (torch.cdist(points, centres) <= radius).any(1).double().mean(): 1 → -1": "the last axis of a matrix is its axis 1",
}
