"""Planted answers to dcgan-direction, by another author than the check's."""

import numpy as np
import torch
import torch.nn.functional as F


def ridge(z, score):
    a, b = z - z.mean(0), score - score.mean()
    w = torch.linalg.solve(a.T @ a + 5.0 * torch.eye(z.shape[1]).to(z), a.T @ b)
    return F.normalize(w, dim=0)


def logistic_guess(z, score):
    """Above against below the mean, weighted."""
    up = (score > score.mean()).to(z)
    w = (z * up[:, None]).sum(0) / up.sum() - z.mean(0)
    return F.normalize(w, dim=0)


def softmax_average(z, score):
    w = torch.softmax(score, 0) @ z - z.mean(0)
    return F.normalize(w, dim=0)


def normalised_codes(z, score):
    w = torch.linalg.lstsq(F.normalize(z - z.mean(0), dim=1), (score - score.mean())[:, None]).solution[:, 0]
    return F.normalize(w, dim=0)


def over_rows(z, score):
    """The mean of each code, not of each dimension."""
    w = torch.linalg.lstsq(z - z.mean(1, keepdim=True), (score - score.mean())[:, None]).solution[:, 0]
    return F.normalize(w, dim=0)


def sphere_of_radius_root_k(z, score):
    return torch.linalg.lstsq(z - z.mean(0), (score - score.mean())[:, None]).solution[:, 0] * z.shape[1] ** 0.5


def median_for_mean(z, score):
    w = torch.linalg.lstsq(z - z.median(0).values, (score - score.median())[:, None]).solution[:, 0]
    return F.normalize(w, dim=0)


def reversed_sign(z, score):
    w = torch.linalg.lstsq(z - z.mean(0), (score.mean() - score)[:, None]).solution[:, 0]
    return F.normalize(w, dim=0)


def with_numpy(z, score):
    columns = np.column_stack([z.numpy(), np.ones(len(z))])
    w = np.linalg.lstsq(columns, score.numpy(), rcond=None)[0][:-1]
    return torch.from_numpy(w / np.linalg.norm(w)).to(z)


def by_projection(z, score):
    a = z - z.mean(0)
    q, r = torch.linalg.qr(a)
    w = torch.linalg.solve_triangular(r, (q.T @ score)[:, None], upper=True).flatten()
    return w.div(w.pow(2).sum().sqrt())


WAY = "The direction: w of the least squares for score ≈ b + w·z, where neither codes nor scores have mean 0."


def length_at_least(z, score):
    w = torch.linalg.pinv(z - z.mean(0)) @ (score - score.mean())
    return w / w.norm().clamp_min(1e-2)


def back_from_units(z, score):
    codes = (z - z.mean(0)) / z.std(0)
    return F.normalize(torch.linalg.pinv(codes) @ score / z.std(0), dim=0)


wrong = [
    (length_at_least, "Another unit of the score or of the codes, or all codes shifted, changes nothing; minus the "
     "score turns the direction round."),
    (ridge, WAY), (logistic_guess, WAY), (softmax_average, WAY), (normalised_codes, WAY), (over_rows, WAY),
    (sphere_of_radius_root_k, "Its length is 1."), (median_for_mean, WAY), (reversed_sign, "downhill"),
]
right = [back_from_units, with_numpy, by_projection]
