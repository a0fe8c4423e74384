"""Answers to vae-slerp: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.nn import functional as F

from genlab.models import vae
from grading.checks.exercise import Mistake


def _cosine(a, b):
    return (a * b).sum(-1, keepdim=True) / (a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True))


def _arc(a, b, t, angle):
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def _guarded(a, b, t, angle):
    """The arc, or the straight line where sin ω is nearly 0."""
    return torch.where(torch.sin(angle).abs() < 1e-6, (1 - t) * a + t * b, _arc(a, b, t, angle))


# Known mistakes


def straight_line(a, b, t):
    return (1 - t) * a + t * b


def straight_line_normalised(a, b, t):
    middle = (1 - t) * a + t * b
    length = (1 - t) * a.norm(dim=-1, keepdim=True) + t * b.norm(dim=-1, keepdim=True)
    return middle / middle.norm(dim=-1, keepdim=True) * length


def unit_vectors(a, b, t):
    return _guarded(F.normalize(a, dim=-1), F.normalize(b, dim=-1), t, torch.acos(_cosine(a, b).clamp(-1, 1)))


def weights_swapped(a, b, t):
    return _guarded(b, a, t, torch.acos(_cosine(a, b).clamp(-1, 1)))


def one_angle(a, b, t):
    cosine = (a * b).sum() / (a.norm() * b.norm())
    return _guarded(a, b, t, torch.acos(cosine.clamp(-1, 1)))


def wrong_axis(a, b, t):
    cosine = (a * b).sum(0) / (a.norm(dim=0) * b.norm(dim=0))
    return _guarded(a, b, t, torch.acos(cosine.clamp(-1, 1)))


def cosine_not_normalised(a, b, t):
    return _guarded(a, b, t, torch.acos((a * b).sum(-1, keepdim=True).clamp(-1, 1)))


def cosine_as_angle(a, b, t):
    return _guarded(a, b, t, _cosine(a, b))


def absolute_cosine(a, b, t):
    return _guarded(a, b, t, torch.acos(_cosine(a, b).abs().clamp(-1, 1)))


def sine_not_divided(a, b, t):
    angle = torch.acos(_cosine(a, b).clamp(-1, 1))
    return torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b


def divided_by_angle(a, b, t):
    angle = torch.acos(_cosine(a, b).clamp(-1, 1))
    arc = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / angle
    return torch.where(angle < 1e-6, (1 - t) * a + t * b, arc)


def rows_only(a, b, t):
    cosine = (a * b).sum(1, keepdim=True) / (a.norm(dim=1, keepdim=True) * b.norm(dim=1, keepdim=True))
    return _guarded(a, b, t, torch.acos(cosine.clamp(-1, 1)))


def plain_formula(a, b, t):
    return _arc(a, b, t, torch.acos(_cosine(a, b).clamp(-1, 1)))


def bare_formula(a, b, t):
    return _arc(a, b, t, torch.acos(_cosine(a, b)))


def no_clamp(a, b, t):
    return _guarded(a, b, t, torch.acos(_cosine(a, b)))


def nearly_zero_added(a, b, t):
    angle = torch.acos(_cosine(a, b).clamp(-1, 1))
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / (torch.sin(angle) + 1e-8)


def nan_to_zero(a, b, t):
    return torch.nan_to_num(plain_formula(a, b, t))


def stays_at_a(a, b, t):
    angle = torch.acos(_cosine(a, b).clamp(-1, 1))
    return torch.where(torch.sin(angle) < 1e-6, a, _arc(a, b, t, angle))


def whole_batch_straight(a, b, t):
    angle = torch.acos(_cosine(a, b).clamp(-1, 1))
    return straight_line(a, b, t) if torch.sin(angle).min() < 1e-6 else _arc(a, b, t, angle)


def straight_if_opposite(a, b, t):
    cosine = _cosine(a, b)
    arc = _arc(a, b, t, torch.acos(cosine.clamp(-1, 1)))
    return torch.where(cosine.abs() > 0.9995, (1 - t) * a + t * b, arc)


def small_angle_only(a, b, t):
    angle = torch.acos(_cosine(a, b).clamp(-1, 1))
    return torch.where(angle < 1e-6, (1 - t) * a + t * b, _arc(a, b, t, angle))


def line_of_a_length(a, b, t):
    return F.normalize(straight_line(a, b, t), dim=-1) * a.norm(dim=-1, keepdim=True)


def norm_interpolated(a, b, t):
    length = (1 - t) * a.norm(dim=-1, keepdim=True) + t * b.norm(dim=-1, keepdim=True)
    return unit_vectors(a, b, t) * length


def angle_of_the_first(a, b, t):
    return _guarded(a, b, t, torch.acos(_cosine(a, b).clamp(-1, 1)).flatten()[0])


def cosine_for_sine(a, b, t):
    angle = torch.acos(_cosine(a, b).clamp(-1, 1))
    return (torch.cos((1 - t) * angle) * a + torch.cos(t * angle) * b) / torch.cos(angle)


def arc_sine(a, b, t):
    return _guarded(a, b, t, torch.asin(_cosine(a, b).clamp(-1, 1)))


def in_degrees(a, b, t):
    return _guarded(a, b, t, torch.rad2deg(torch.acos(_cosine(a, b).clamp(-1, 1))))


def clamped_too_far(a, b, t):
    return _arc(a, b, t, torch.acos(_cosine(a, b).clamp(-0.99, 0.99)))


def straight_too_early(a, b, t):
    angle = torch.acos(_cosine(a, b).clamp(-1, 1))
    return torch.where(angle < 0.5, straight_line(a, b, t), _guarded(a, b, t, angle))


# Also right


def clamped_inside(a, b, t):
    return _arc(a, b, t, torch.acos(_cosine(a, b).clamp(-1 + 1e-7, 1 - 1e-7)))


def row_by_row(a, b, t):
    if a.dim() == 2:
        return torch.stack([row_by_row(p, q, t) for p, q in zip(a, b, strict=True)])
    cosine = float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    if math.sin(angle) < 1e-7:
        return torch.lerp(a, b, t)
    return (math.sin((1 - t) * angle) * a + math.sin(t * angle) * b) / math.sin(angle)


def einsum_threshold(a, b, t):
    dot = torch.einsum("...k,...k->...", F.normalize(a, dim=-1), F.normalize(b, dim=-1))[..., None]
    angle = torch.arccos(dot.clamp(-1, 1))
    first, second = torch.sin((1 - t) * angle) / angle.sin(), torch.sin(t * angle) / angle.sin()
    straight = (dot > 0.9995) | (dot < -0.999999)
    return torch.where(straight, 1 - t, first) * a + torch.where(straight, t, second) * b


def half_turn_by_an_arc(a, b, t):
    return vae.slerp(a.double(), b.double(), t).to(a.dtype)


mistakes = [
    Mistake(straight_line, "This is the straight line: halfway its points are too short. Follow the arc."),
    Mistake(straight_line_normalised, "This is the straight line with its length put right: it covers the angle "
            "unevenly. Use the sines."),
    Mistake(unit_vectors, "Your result has norm 1: normalise only for the angle, and weigh a and b themselves."),
    Mistake(weights_swapped, "Your path runs from b to a: sin((1 - t)ω) belongs to a, sin(tω) to b."),
    Mistake(one_angle, "You use one angle for the whole batch: every row has its own."),
    Mistake(wrong_axis, "Your angle is taken across the batch: sum over the last dimension, with keepdim."),
    Mistake(cosine_not_normalised, "a · b is the cosine only for unit vectors: divide by both norms."),
    Mistake(cosine_as_angle, "You use cos ω as the angle: take its arc cosine."),
    Mistake(absolute_cosine, "You take the absolute value of the cosine: an angle above 90° is then mirrored."),
    Mistake(sine_not_divided, "The division by sin ω is missing: the ends are not reached."),
    Mistake(divided_by_angle, "You divide by ω; divide by sin ω."),
    Mistake(rows_only, "Your function needs a batch: with dim=-1 it works for a single vector (K,) too."),
    Mistake(whole_batch_straight, "One parallel row makes your whole batch straight: choose row by row, with "
            "torch.where."),
    Mistake(no_clamp, "Rounding makes some cosine larger than 1, and acos of that is nan: clamp it to [-1, 1]."),
    Mistake(bare_formula, "Parallel vectors give nan: clamp the cosine to [-1, 1], and where sin ω is nearly 0 "
            "take the straight line."),
    Mistake(plain_formula, "Parallel vectors give nan: clamp the cosine to [-1, 1], and where sin ω is nearly 0 "
            "take the straight line."),
    Mistake(nearly_zero_added, "For parallel vectors you return 0, since a small number stands in the denominator or "
            "nan was replaced: take the straight line there."),
    Mistake(nan_to_zero, "For parallel vectors you return 0, since a small number stands in the denominator or "
            "nan was replaced: take the straight line there."),
    Mistake(stays_at_a, "For parallel vectors you return a. Their norms may differ: take the straight line."),
    Mistake(straight_if_opposite, "You take the straight line for nearly opposite vectors as well, which passes "
            "close to 0: the arc is well defined there."),
    Mistake(small_angle_only, "Exactly opposite vectors have sin ω = 0 as well: test sin ω, not ω."),
    Mistake(line_of_a_length, "This is the straight line with a's length: it covers the angle unevenly, and misses b. Use the sines."),
    Mistake(norm_interpolated, "You turn the direction and interpolate the norm on its own. Here the sines weigh a and b themselves."),
    Mistake(angle_of_the_first, "You use one angle for the whole batch: every row has its own."),
    Mistake(cosine_for_sine, "You use cosines for the weights; at t = 0 that of a would not be 1. Use sines."),
    Mistake(arc_sine, "The arc cosine gives the angle, not the arc sine."),
    Mistake(in_degrees, "Your angle is in degrees: torch.sin wants radians."),
    Mistake(clamped_too_far, "You clamp the cosine too far inside [-1, 1], which changes small angles: clamp at ±1."),
    Mistake(straight_too_early, "You take the straight line at angles where the arc still differs: only where sin ω is nearly 0."),
]

also_right = [clamped_inside, row_by_row, einsum_threshold, half_turn_by_an_arc]

equivalent_mutants = {
    "cosine = F.cosine_similarity(a, b, dim=-1).unsqueeze(-1): F.cosine_similarity(a, b, dim=-1) → "
    "F.cosine_similarity(b, a, dim=-1)": "the cosine is symmetric",
} | {
    f"return torch.where(torch.sin(omega) < 1e-4, (1 - t) * a + t * b, arc): {edit}":
        "both branches agree near the threshold"
    for edit in ("torch.sin(omega) < 0.0001 → torch.sin(omega) <= 0.0001", "0.0001 → 0.0002", "0.0001 → 5e-05")
}
