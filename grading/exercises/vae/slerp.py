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
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


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
    a, b = _pairs(torch.cat([0.07 + 0.1 * sharp[:1] / 4, sharp, wide]), rng)  # the line would not do for the first
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
        for handed, codes in zip(given, (first, second), strict=True):
            handed.append(codes.clone())
        return probing.tensor(slerp(given[0][-1], given[1][-1], at), "`slerp`")

    given = [probing.watch(label, []) for label in ("a", "b")]

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


exercise = Exercise(
    id="vae-slerp", defines="slerp(a, b, t)", core=False, points=2, level=2, minutes=10,
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
    hints=[
        "The angle first: its cosine is the dot product of the two directions. Then two weights, which are 1 and 0 at "
        "one end and 0 and 1 at the other.",
        "ω = acos(a · b / (|a| |b|)) for each row, with the cosine clamped to [-1, 1]; the weights are "
        "sin((1 - t)ω)/sin ω and sin(tω)/sin ω; where sin ω is tiny use 1 - t and t.",
        "cosine = F.cosine_similarity(a, b, dim=-1).unsqueeze(-1).clamp(-1, 1); omega = cosine.acos(); then "
        "torch.where(omega.sin() < 1e-6, straight, arc).",
    ],
)
