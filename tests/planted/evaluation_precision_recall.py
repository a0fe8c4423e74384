"""Planted answers to evaluation-precision-recall, by another author than the check's."""

import torch
from sklearn.neighbors import NearestNeighbors


def _kth(points, k):
    """Distance to the k-th neighbour by scikit-learn, the point itself being number 0."""
    return torch.from_numpy(NearestNeighbors(n_neighbors=k + 1).fit(points).kneighbors(points)[0][:, k])


def _gaps(a, b):
    return torch.linalg.vector_norm(a[:, None] - b[None], dim=2)


def _pair(real, fake, k, share):
    return share(fake, real, k), share(real, fake, k)


def swapped(real, fake, k=3):
    def share(p, c, k):
        return (_gaps(p, c) <= _kth(c, k)).any(1).double().mean()

    return share(real, fake, k), share(fake, real, k)


def counts_itself(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k - 1)).any(1).double().mean())


def off_by_one_the_other_way(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k + 1)).any(1).double().mean())


def squared_radius(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k).square()).any(1).double().mean())


def squared_gap(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c).square() <= _kth(c, k)).any(1).double().mean())


def strictly_inside(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) < _kth(c, k)).any(1).double().mean())


def own_radius(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(p, k)[:, None]).any(1).double().mean())


def average_radius(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k).mean()).any(1).double().mean())


def density_like(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k)).sum(1).double().mean())


def coverage_like(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k)).any(0).double().mean())


def every_ball(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k)).all(1).double().mean())


def closest_ball(real, fake, k=3):
    def share(p, c, k):
        gaps = _gaps(p, c)
        return (gaps.amin(1) <= _kth(c, k)[gaps.argmin(1)]).double().mean()

    return _pair(real, fake, k, share)


def three_always(real, fake, k=3):
    return _pair(real, fake, 3, lambda p, c, k: (_gaps(p, c) <= _kth(c, k)).any(1).double().mean())


def total(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k)).any(1).double().sum())


def right_by_sklearn(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k)).any(1).double().mean())


def right_by_loops(real, fake, k=3):
    def share(points, centres):
        radii = []
        for i in range(len(centres)):
            others = torch.cat([centres[:i], centres[i + 1:]])
            radii.append((others - centres[i]).norm(dim=1).sort().values[k - 1])
        hits = [bool(((centres - p).norm(dim=1) <= torch.stack(radii)).any()) for p in points]
        return sum(hits) / len(hits)

    return [share(fake, real), share(real, fake)]


wrong = [
    (swapped, "roles_swapped"), (counts_itself, "itself_counted"),
    (off_by_one_the_other_way, "one_neighbour_more"), (squared_radius, "radius_squared"),
    (squared_gap, "distance_squared"), (strictly_inside, "edge_excluded"),
    (own_radius, "radius_of_the_point"), (average_radius, "one_radius"), (density_like, "balls_counted"),
    (coverage_like, "share_of_balls"), (every_ball, "all_balls"), (closest_ball, "nearest_ball_only"),
    (three_always, "k_ignored"), (total, "counted_not_divided"),
]
right = [right_by_sklearn, right_by_loops]


def radii_a_thousandth_larger(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= 1.001 * _kth(c, k)).any(1).double().mean())


def radii_a_thousandth_smaller(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= 0.999 * _kth(c, k)).any(1).double().mean())


def radii_and_a_trifle(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k) + 0.01).any(1).double().mean())


def radii_less_a_trifle(real, fake, k=3):
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k) - 1e-3).any(1).double().mean())


def in_half_precision(real, fake, k=3):
    real, fake = real.half().double(), fake.half().double()
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k)).any(1).double().mean())


def in_bfloat(real, fake, k=3):
    real, fake = real.bfloat16().double(), fake.bfloat16().double()
    return _pair(real, fake, k, lambda p, c, k: (_gaps(p, c) <= _kth(c, k)).any(1).double().mean())


def twins_once(real, fake, k=3):
    def share(p, c, k):
        c = c.unique(dim=0)
        return (_gaps(p, c) <= _kth(c, k)).any(1).double().mean()
    return _pair(real, fake, k, share)


def zeros_left_out(real, fake, k=3):
    def share(p, c, k):
        gaps = _gaps(c, c)
        gaps[gaps == 0] = torch.inf
        return (_gaps(p, c) <= gaps.sort(1).values[:, k - 1]).any(1).double().mean()
    return _pair(real, fake, k, share)


TOLD_1 = ("A point on the edge of a ball is inside, one just outside is not; of points that occur twice, "
          "the twin is a neighbour.")
TOLD_2 = ("Everything smaller, in another unit: precision and recall stay.")

wrong += [
    (radii_a_thousandth_larger, TOLD_1),
    (radii_a_thousandth_smaller, TOLD_1),
    (radii_and_a_trifle, TOLD_2),
    (radii_less_a_trifle, TOLD_2),
    (in_half_precision, TOLD_2),
    (in_bfloat, TOLD_1),
    (twins_once, "equal_points_left_out"),
    (zeros_left_out, "equal_points_left_out"),
]
