"""vae-slerp: from one latent code to another along the arc between them.

    slerp(a, b, t) = sin((1 - t)ω)/sin ω · a + sin(tω)/sin ω · b,   ω the angle between a and b

row by row (Shoemake 1985; White 2016, arXiv:1609.04468). Fixed: a and b are (B, K) or (K,), t is a
number in [0, 1]; a and b keep their norms at the two ends. Where sin ω is 0 the formula says 0/0:
for parallel vectors its limit is the straight line, and for opposite ones anything that is finite and
no longer than the longer of the two is accepted (an arc of one's choice, or the straight line).
"""

import math

import torch
from torch.nn import functional as F

from genlab.models import vae
from genlab.random import rand, randint, randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def _pairs(angle, rng):
    """Rows a and b with these angles between them and norms between 0.5 and 3."""
    a, other = (randn((len(angle), 3), like=angle, rng=rng) for _ in range(2))
    u = F.normalize(a, dim=1)
    v = F.normalize(other - (other * u).sum(1, keepdim=True) * u, dim=1)
    lengths = 0.5 + 2.5 * rand((2, len(angle), 1), like=angle, rng=rng)
    return lengths[0] * u, lengths[1] * (torch.cos(angle)[:, None] * u + torch.sin(angle)[:, None] * v)


def inputs(rng, n=1):
    """Acute and obtuse angles; parallel rows in one batch with an ordinary one; opposite rows."""
    double = torch.zeros((), dtype=torch.float64)
    sharp, wide = 0.4 + 0.9 * rand((3,), like=double, rng=rng), 1.8 + rand((2,), like=double, rng=rng)
    a, b = _pairs(torch.cat([sharp[:1] / 4, sharp[1:], wide]), rng)  # the line would not do for the first
    near, near_b = _pairs(torch.cat([sharp[:1], 1e-5 * sharp]), rng)
    same = randn((60, 3), like=double, rng=rng)  # so many that some cosine is rounded to more than 1
    scale = 0.5 + rand((60, 1), like=double, rng=rng)
    axes = torch.eye(3, dtype=torch.float64)  # whichever way it is computed, the cosine of the last rows is 1
    axes, longer = (axes * 2.0 ** randint(-2, 3, (3, 1), rng=rng) for _ in range(2))
    back, back_b = _pairs(math.pi - 0.01 * sharp, rng)
    ball = randn((20, 3), like=double, rng=rng)
    return {
        "a": a, "b": b, "t": 0.15 + 0.25 * float(rand((), like=double, rng=rng)),
        "parallel_a": torch.cat([near, same, axes]), "parallel_b": torch.cat([near_b, scale * same, 3 * longer]),
        "back_a": back, "back_b": back_b,
        "ball": ball,
    }


def probe(slerp, a, b, t, parallel_a, parallel_b, back_a, back_b, ball):
    """Along the arc and at its ends; equal norms; single vectors; parallel and opposite ones."""
    def run(first, second, at):
        return probing.tensor(slerp(first.clone(), second.clone(), at), "`slerp`")

    sphere = b * (a.norm(dim=1, keepdim=True) / b.norm(dim=1, keepdim=True))
    values = dict(
        arc=run(a, b, t), late=run(a, b, 1 - t / 2), sphere=run(a, sphere, t),
        start=run(a, b, 0.0), end=run(a, b, 1.0), one=run(a[:1], b[:1], t),
        parallel=run(parallel_a, parallel_b, t), parallel_float=run(parallel_a.float(), parallel_b.float(), t),
        back=run(back_a, back_b, t), **{f"opposite_{i}": run(ball, -ball, t + 0.1 * i) for i in range(6)})
    try:
        values["vector"] = run(a[1], b[1], t)
    except (IndexError, RuntimeError):  # made for batches only: the other values still count
        pass
    return values


def reference(a, b, t):
    """genlab's own."""
    return vae.slerp(a, b, t)


def truth(a, b, t):
    """By a rotation in the plane of a and b: cos(tω) along a, sin(tω) along what is perpendicular to it."""
    first, second = a.double(), b.double()
    u, w = F.normalize(first, dim=-1), F.normalize(second, dim=-1)
    cosine = (u * w).sum(-1, keepdim=True)
    sine = (w - cosine * u).norm(dim=-1, keepdim=True)
    angle = torch.atan2(sine, cosine)
    turned = torch.sin(t * angle) / sine
    arc = (torch.cos(t * angle) - turned * cosine) * first + turned * second
    return torch.where(sine < 1e-9, first + t * (second - first), arc).to(a.dtype)


def parallel_is_straight(inputs, got, expected, n):
    """Of what is not finite or vanishes, the cause: 0/0 in the last rows, or only a cosine above 1."""
    for name in ("parallel", "parallel_float"):
        value, right = got.get(name), expected[name]
        if not isinstance(value, torch.Tensor) or value.shape != right.shape:
            return False, "another shape", "(B, K)"
        bad = ~torch.isfinite(value).all(1)
        if not bad.any() and torch.allclose(value.double(), right.double(), rtol=1e-4, atol=1e-5):
            continue
        if bad.any():
            return False, "0/0" if bad[-3:].any() else "the arc cosine of more than 1", "the straight line"
        a, value, right = inputs["parallel_a"], value.double(), right.double()
        if (value[-3:] == 0).all():
            return False, "zeros", "the straight line"
        if torch.allclose(value[-3:], a[-3:]) and torch.allclose(value[:1], right[:1], rtol=1e-4):
            return False, "a itself", "the straight line"
        worst = int((value - right).abs().argmax())
        return False, value.flatten().roll(-worst), right.flatten().roll(-worst)
    return True, 0.0, 0.0


def opposite_stays_finite(inputs, got, expected, n):
    """The formula just before the half turn; at the half turn itself finite and inside the ball."""
    length = inputs["ball"].norm(dim=1)
    for i in range(6):
        longest = (got[f"opposite_{i}"].double().norm(dim=1) / length).max().item()
        if not longest <= 1 + 1e-4:
            return False, "a vector that is not finite, or leaves the ball", "at most as long as a and b"
    a, b = got["back"].double(), expected["back"]
    worst = int((a - b).abs().argmax())
    close = torch.allclose(a, b, rtol=1e-3, atol=1e-3 * float(b.abs().max()))
    return close, a.flatten().roll(-worst), b.flatten().roll(-worst)


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


exercise = Exercise(
    id="vae-slerp", defines="slerp(a, b, t)", core=True, points=2, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.vae.slerp"],
    comparisons=[
        Compare("start", "end", shape="(B, K)", points=0.25, tolerance=1e-4, says="The ends: a at t = 0 and b at t = 1."),
        Compare("arc", "late", "sphere", "one", shape="(B, K)", points=0.75, tolerance=1e-4,
                says="The arc: sin((1 - t)ω)/sin ω · a + sin(tω)/sin ω · b, with the angle ω of each row."),
        Compare("vector", shape="(K,)", points=0.25, tolerance=1e-4, says="Single vectors (K,) work as batches (B, K) do."),
        Compare("start", points=0.5, test=parallel_is_straight, resolution=1e-4,  # looks at nan itself
                says="Parallel vectors, where sin ω is 0: the straight line, for those rows and no others."),
        Compare("back", *(f"opposite_{i}" for i in range(6)), points=0.25, test=opposite_stays_finite,
                resolution=1e-6, says="Opposite vectors: the formula up to the half turn, finite at the half turn."),
    ],
    mistakes=[
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
    ],
    equivalent_mutants={
        "cosine = F.cosine_similarity(a, b, dim=-1).unsqueeze(-1): F.cosine_similarity(a, b, dim=-1) → "
        "F.cosine_similarity(b, a, dim=-1)": "the cosine is symmetric",
    } | {
        f"return torch.where(torch.sin(omega) < 1e-4, (1 - t) * a + t * b, arc): {edit}":
            "both branches agree near the threshold"
        for edit in ("torch.sin(omega) < 0.0001 → torch.sin(omega) <= 0.0001", "0.0001 → 0.0002", "0.0001 → 5e-05")
    },
    also_right=[clamped_inside, row_by_row, einsum_threshold, half_turn_by_an_arc],
    hints=[
        "The angle first: its cosine is the dot product of the two directions. Then two weights, which are 1 and 0 at "
        "one end and 0 and 1 at the other.",
        "ω = acos(a · b / (|a| |b|)) for each row, with the cosine clamped to [-1, 1]; the weights are "
        "sin((1 - t)ω)/sin ω and sin(tω)/sin ω; where sin ω is tiny use 1 - t and t.",
        "cosine = F.cosine_similarity(a, b, dim=-1).unsqueeze(-1).clamp(-1, 1); omega = cosine.acos(); then "
        "torch.where(omega.sin() < 1e-6, straight, arc).",
    ],
)
