"""Planted answers to vae-slerp, by another author than the check's."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def _angle(a, b):
    cosine = (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1, keepdim=True)
    return torch.arccos(cosine.clamp(-1.0, 1.0))


def _blend(a, b, t, omega, tiny=1e-7):
    sine = torch.sin(omega)
    flat = sine.abs() < tiny
    safe = torch.where(flat, torch.ones_like(sine), sine)
    first = torch.where(flat, torch.full_like(sine, 1 - t), torch.sin((1 - t) * omega) / safe)
    second = torch.where(flat, torch.full_like(sine, t), torch.sin(t * omega) / safe)
    return first * a + second * b


def straight_line(a, b, t):
    return torch.lerp(a, b, t)


def ends_swapped(a, b, t):
    return _blend(b, a, t, _angle(a, b))


def unguarded(a, b, t):
    cosine = F.cosine_similarity(a, b, dim=-1).unsqueeze(-1)
    omega = torch.acos(cosine)
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def clamped_but_divides(a, b, t):
    """The cosine is clamped; at ω = 0 it is still 0/0."""
    omega = _angle(a, b)
    return torch.sin((1 - t) * omega) / torch.sin(omega) * a + torch.sin(t * omega) / torch.sin(omega) * b


def guarded_but_not_clamped(a, b, t):
    """acos of a little more than 1 is nan, and nan < 1e-7 is false."""
    cosine = (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1, keepdim=True)
    return _blend(a, b, t, torch.acos(cosine))


def not_normalised(a, b, t):
    """acos of the plain dot product."""
    omega = torch.acos((a * b).sum(-1, keepdim=True).clamp(-1, 1))
    return _blend(a, b, t, omega)


def unit_result(a, b, t):
    """Interpolates the directions and forgets the norms."""
    return _blend(F.normalize(a, dim=-1), F.normalize(b, dim=-1), t, _angle(a, b))


def direction_and_norm(a, b, t):
    """Arc of the directions times a straight line of norms."""
    norm = (1 - t) * a.norm(dim=-1, keepdim=True) + t * b.norm(dim=-1, keepdim=True)
    return norm * _blend(F.normalize(a, dim=-1), F.normalize(b, dim=-1), t, _angle(a, b))


def normalised_line(a, b, t):
    """lerp, then back to the sphere."""
    line = a + t * (b - a)
    return F.normalize(line, dim=-1) * a.norm(dim=-1, keepdim=True)


def one_angle(a, b, t):
    """One angle for the whole batch."""
    cosine = (a * b).sum() / (a.norm() * b.norm())
    return _blend(a, b, t, torch.acos(cosine.clamp(-1, 1)))


def angle_of_first(a, b, t):
    return _blend(a, b, t, _angle(a, b).reshape(-1)[0])


def wrong_axis(a, b, t):
    """Angles between columns."""
    cosine = F.cosine_similarity(a, b, dim=0)
    return _blend(a, b, t, torch.acos(cosine.clamp(-1, 1)))


def cosine_for_sine(a, b, t):
    omega = _angle(a, b)
    return (torch.cos((1 - t) * omega) * a + torch.cos(t * omega) * b) / torch.cos(omega)


def no_denominator(a, b, t):
    omega = _angle(a, b)
    return torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b


def cosine_as_angle(a, b, t):
    return _blend(a, b, t, torch.cos(_angle(a, b)))


def asin_for_acos(a, b, t):
    return _blend(a, b, t, math.pi / 2 - _angle(a, b))


def in_degrees(a, b, t):
    return _blend(a, b, t, torch.rad2deg(_angle(a, b)))


def half_the_angle(a, b, t):
    return _blend(a, b, t, _angle(a, b) / 2)


def any_row_makes_all_straight(a, b, t):
    """One parallel row, and the whole batch goes straight."""
    omega = _angle(a, b)
    if (torch.sin(omega) < 1e-6).any():
        return (1 - t) * a + t * b
    return _blend(a, b, t, omega)


def returns_a_when_parallel(a, b, t):
    omega = _angle(a, b)
    return torch.where(omega < 1e-4, a, _blend(a, b, t, omega))


def zero_when_parallel(a, b, t):
    return torch.nan_to_num(clamped_but_divides(a, b, t))


def epsilon_in_denominator(a, b, t):
    """Halves the vector where sin ω is near the epsilon, and gives 0 at ω = 0."""
    omega = _angle(a, b)
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / (torch.sin(omega) + 1e-8)


def epsilon_in_norm(a, b, t):
    """acos of a cosine clamped to 1 - 1e-2: every angle is at least 8 degrees."""
    cosine = F.cosine_similarity(a, b, dim=-1).unsqueeze(-1).clamp(-0.99, 0.99)
    return _blend(a, b, t, torch.acos(cosine))


def wide_threshold(a, b, t):
    """Straight lines up to 30 degrees."""
    omega = _angle(a, b)
    return torch.where(omega < math.pi / 6, (1 - t) * a + t * b, _blend(a, b, t, omega))


def batches_only(a, b, t):
    """dim=1 throughout."""
    omega = torch.acos(F.cosine_similarity(a, b, dim=1).clamp(-1, 1))[:, None]
    return _blend(a, b, t, omega)


def t_squared(a, b, t):
    return _blend(a, b, t * t, _angle(a, b))


def with_arctangent(a, b, t):
    """ω by atan2 of |u - v| and |u + v|, which is exact for small angles."""
    u, v = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    omega = 2 * torch.atan2((u - v).norm(dim=-1, keepdim=True), (u + v).norm(dim=-1, keepdim=True))
    return _blend(a, b, t, omega, tiny=1e-12)


def row_by_row(a, b, t):
    if a.ndim == 2:
        return torch.stack([row_by_row(p, q, t) for p, q in zip(a, b, strict=True)])
    cosine = float(torch.dot(a, b) / (a.norm() * b.norm()))
    omega = math.acos(max(-1.0, min(1.0, cosine)))
    if math.sin(omega) < 1e-6:
        return (1 - t) * a + t * b
    return math.sin((1 - t) * omega) / math.sin(omega) * a + math.sin(t * omega) / math.sin(omega) * b


def with_masks(a, b, t):
    omega = _angle(a, b)
    sine = torch.sin(omega)
    out = (1 - t) * a + t * b
    curved = (sine > 1e-5).squeeze(-1)
    arc = (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / sine
    return torch.where(curved.unsqueeze(-1), arc, out)


def with_sinc(a, b, t):
    """sin(tω)/sin ω = t sinc(tω/π)/sinc(ω/π), which needs no case for ω = 0."""
    omega = _angle(a, b)
    under = torch.sinc(omega / math.pi).clamp_min(1e-6)
    first = (1 - t) * torch.sinc((1 - t) * omega / math.pi) / under
    second = t * torch.sinc(t * omega / math.pi) / under
    opposite = omega > math.pi - 1e-6
    return torch.where(opposite, (1 - t) * a + t * b, first * a + second * b)


def in_numpy(a, b, t):
    p, q = a.numpy(), b.numpy()
    norms = np.linalg.norm(p, axis=-1, keepdims=True) * np.linalg.norm(q, axis=-1, keepdims=True)
    omega = np.arccos(np.clip(np.sum(p * q, -1, keepdims=True) / norms, -1, 1))
    sine = np.sin(omega)
    flat = np.abs(sine) < 1e-6
    sine = np.where(flat, 1, sine)
    first = np.where(flat, 1 - t, np.sin((1 - t) * omega) / sine)
    return torch.from_numpy(first * p + np.where(flat, t, np.sin(t * omega) / sine) * q).to(a.dtype)


wrong = [
    (straight_line, "straight_line"),
    (ends_swapped, "weights_swapped"),
    (unguarded, "bare_formula"),
    (clamped_but_divides, "plain_formula"),
    (guarded_but_not_clamped, "no_clamp"),
    (not_normalised, "cosine_not_normalised"),
    (unit_result, "unit_vectors"),
    (direction_and_norm, "norm_interpolated"),
    (normalised_line, "line_of_a_length"),
    (one_angle, "one_angle"),
    (angle_of_first, "one_angle"),
    (wrong_axis, "wrong_axis"),
    (cosine_for_sine, "cosine_for_sine"),
    (no_denominator, "sine_not_divided"),
    (cosine_as_angle, "cosine_as_angle"),
    (asin_for_acos, "arc_sine"),
    (in_degrees, "in_degrees"),
    (half_the_angle, "half_angle"),
    (any_row_makes_all_straight, "whole_batch_straight"),
    (returns_a_when_parallel, "stays_at_a"),
    (zero_when_parallel, "nan_to_zero"),
    (epsilon_in_denominator, "nearly_zero_added"),
    (epsilon_in_norm, "clamped_too_far"),
    (wide_threshold, "straight_too_early"),
    (batches_only, "rows_only"),
    (t_squared, "t_squared"),
]
right = [with_arctangent, row_by_row, with_masks, with_sinc, in_numpy]


def _omega(a, b, low=-1.0, high=1.0):
    cosine = (a * b).sum(-1, keepdim=True) / a.norm(dim=-1, keepdim=True) / b.norm(dim=-1, keepdim=True)
    return torch.acos(cosine.clamp(low, high))


def _by_sines(a, b, t, omega, least=1e-5):
    arc = (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)
    return torch.where(torch.sin(omega) < least, (1 - t) * a + t * b, arc)


def line_below_eight_degrees(a, b, t):
    omega = _omega(a, b)
    return torch.where(torch.cos(omega) > 0.99, (1 - t) * a + t * b, _by_sines(a, b, t, omega))


def line_near_the_half_turn(a, b, t):
    return _by_sines(a, b, t, _omega(a, b), least=0.02)


def changed_in_place(a, b, t):
    first, second = a.clone(), b.clone()
    a /= a.norm(dim=-1, keepdim=True)
    b /= b.norm(dim=-1, keepdim=True)
    omega = torch.acos((a * b).sum(-1, keepdim=True).clamp(-1, 1))
    return _by_sines(first, second, t, omega)


def angle_halved(a, b, t):
    return _by_sines(a, b, t, _omega(a, b) / 2)


def eased(a, b, t):
    return _by_sines(a, b, t * t * (3 - 2 * t), _omega(a, b))


def equal_lengths(a, b, t):
    return _by_sines(a, b / b.norm(dim=-1, keepdim=True) * a.norm(dim=-1, keepdim=True), t, _omega(a, b))


def mean_length(a, b, t):
    length = (a.norm(dim=-1, keepdim=True) + b.norm(dim=-1, keepdim=True)) / 2
    return _by_sines(F.normalize(a, dim=-1), F.normalize(b, dim=-1), t, _omega(a, b)) * length


def geometric_length(a, b, t):
    length = a.norm(dim=-1, keepdim=True) ** (1 - t) * b.norm(dim=-1, keepdim=True) ** t
    return _by_sines(F.normalize(a, dim=-1), F.normalize(b, dim=-1), t, _omega(a, b)) * length


def only_acute(a, b, t):
    return _by_sines(a, b, t, _omega(a, b, low=0.0))


def long_way_round(a, b, t):
    return _by_sines(a, b, t, 2 * torch.pi - _omega(a, b))


def noise_against_parallels(a, b, t):
    return _by_sines(a, b + 1e-3 * torch.randn_like(b), t, _omega(a, b + 1e-3 * torch.randn_like(b)), 0.0)


def half_of_the_dimensions(a, b, t):
    k = max(a.shape[-1] // 2, 1)
    return _by_sines(a, b, t, _omega(a[..., :k], b[..., :k]))


def nan_becomes_b(a, b, t):
    omega = _omega(a, b)
    arc = (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)
    return torch.where(arc.isfinite(), arc, b)


def rows_of_a_matrix(a, b, t):
    omega = torch.acos((F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T).clamp(-1, 1)).diagonal()[:, None]
    return _by_sines(a, b, t, omega)


def last_angle(a, b, t):
    omega = _omega(a, b)
    return _by_sines(a, b, t, omega[-1:])


def by_half_angles(a, b, t):
    u, v = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    omega = 2 * torch.atan2((u - v).norm(dim=-1, keepdim=True), (u + v).norm(dim=-1, keepdim=True))
    return _by_sines(a, b, t, omega, 1e-6)


def in_double(a, b, t):
    return _by_sines(a.double(), b.double(), t, _omega(a.double(), b.double()), 1e-7).to(a.dtype)


def with_einsum(a, b, t):
    dot = torch.einsum("...k,...k->...", a, b)
    size = torch.einsum("...k,...k->...", a, a).sqrt() * torch.einsum("...k,...k->...", b, b).sqrt()
    omega = (dot / size).clamp(-1, 1).acos().unsqueeze(-1)
    return _by_sines(a, b, t, omega)


def by_lerp_where_small(a, b, t):
    omega = _omega(a, b)
    safe = torch.where(omega.sin() < 1e-4, torch.ones_like(omega), omega)
    arc = ((1 - t) * safe).sin() / safe.sin() * a + (t * safe).sin() / safe.sin() * b
    return torch.where(omega.sin() < 1e-4, torch.lerp(a, b, t), arc)


SAYS_1 = ("The arc: sin((1 - t)ω)/sin ω · a + sin(tω)/sin ω · b, with the angle ω of each row.")
SAYS_2 = ("`slerp` changes its argument `a` in place: work on a copy.")
SAYS_3 = ("The ends: a at t = 0 and b at t = 1.")
SAYS_4 = ("Parallel vectors, where sin ω is 0: the straight line, for those rows and no others.")

wrong += [
    (line_below_eight_degrees, SAYS_1), (line_near_the_half_turn, "straight_if_opposite"), (changed_in_place, SAYS_2),
    (angle_halved, SAYS_1), (eased, SAYS_1), (equal_lengths, SAYS_3), (mean_length, SAYS_3), (geometric_length,
    SAYS_1), (only_acute, SAYS_1), (long_way_round, "straight_line"), (noise_against_parallels, SAYS_3),
    (half_of_the_dimensions, "straight_line"), (nan_becomes_b, SAYS_4), (rows_of_a_matrix, "rows_only"), (last_angle,
    SAYS_1),
]
right += [by_half_angles, in_double, with_einsum, by_lerp_where_small]
fits = {"line_below_eight_degrees": ("straight_too_early",), "nan_becomes_b": ("small_angle_only",)}
