"""guidance-tilt: where guidance would lead if both densities were normal.

    N(m_u, s_u²)^(1-w) N(m_c, s_c²)^w ∝ N(m, s²),    1/s² = (1 - w)/s_u² + w/s_c²,    m/s² = (1 - w) m_u/s_u² + w m_c/s_c²

Fixed: float tensors (B,), one weight for all; nan for both where 1/s² is not above 0 (there is no density). The truth reads
slope and curvature off the logarithm of the product, by differences, which are exact for a parabola.
"""

import torch
from torch.distributions import Normal

from genlab.models import guidance
from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Densities of all kinds, equal widths, and rows where the product is no density."""
    def between(low, high, count):
        return low + (high - low) * rand((count,), like=torch.zeros((), dtype=torch.float64), rng=rng)

    B = 6
    made = {"mean": 2 * draws.normal((B,), rng=rng), "std": between(0.3, 0.7, B),
            "mean_u": 2 * draws.normal((B,), rng=rng), "std_u": between(1.0, 1.5, B)}
    made |= {"weight": between(1.5, 4.0, 1).item(), "less": between(0.2, 0.8, 1).item(), "against": -between(0.01, 0.03, 1).item()}
    made |= {"wide": between(5.0, 6.0, B), "far": 40 + between(0, 5, 1).item(), "tiny": 1e-4 * between(1, 2, B)}
    for row, factor in ((1, 0.9), (3, 1.1)):  # 1/s² just below 0, and just above: wider than the other one, and yet a density
        made["wide"][row] = made["std_u"][row] * (made["weight"] / (factor * (made["weight"] - 1))) ** 0.5
    return made


def probe(tilted_normal, mean, std, mean_u, std_u, weight, less, against, wide, far, tiny):
    """Mean and standard deviation at several weights; nan is compared apart from the numbers."""
    def run(std, std_u, weight):
        m, s = probing.tensors(tilted_normal(mean, std, mean_u, std_u, weight), 2,
                               "`tilted_normal`")
        return torch.stack([m.broadcast_to(mean.shape), s.broadcast_to(mean.shape)])

    def scaled(k):
        """The same for all numbers times k, in units of k: nothing may be added to a width or to a precision."""
        m, s = probing.tensors(tilted_normal(k * mean, k * std, k * mean_u, k * std_u, weight), 2, "`tilted_normal`")
        return torch.stack([m.broadcast_to(mean.shape), s.broadcast_to(mean.shape)]) / k

    def numbers(values):
        return values if isinstance(values, str) else values.nan_to_num(0.0)

    def gaps(values):
        return values if isinstance(values, str) else values.isnan().double()

    mixed = torch.where(torch.arange(len(mean)) % 2 == 0, std, wide)  # every second row is wider than the other density
    some, turned = (probing.attempt(run, mixed, std_u, w) for w in (weight, -weight))
    return dict(
        with_label=run(std, std_u, 1.0), without=run(std, std_u, 0.0), between=run(std, std_u, less),
        beyond=run(std, std_u, weight), same=run(std, std, weight), away=probing.attempt(run, std, std_u, against),
        some=numbers(some), no_density=gaps(some), turned=numbers(turned), turned_gaps=gaps(turned),
        broad=probing.attempt(scaled, 1e6), narrow=probing.attempt(scaled, 1e-6),
        far=probing.attempt(run, std, std_u, far), tiny=probing.attempt(run, tiny, std_u, weight))


def reference(mean, std, mean_without, std_without, weight):
    """genlab's own."""
    return guidance.tilted_normal(mean, std, mean_without, std_without, weight)


def truth(mean, std, mean_without, std_without, weight):
    """Three points of the log density, around the conditional mean."""
    def log_density(x):
        return (1 - weight) * Normal(mean_without, std_without).log_prob(x) + weight * Normal(mean, std).log_prob(x)

    step = std
    left, middle, right = (log_density(mean + k * step) for k in (-1, 0, 1))
    precision = -(right - 2 * middle + left) / step**2
    precision = torch.where(precision > 1e-9 / step**2, precision, torch.nan)
    return mean + (right - left) / (2 * step) / precision, precision.rsqrt()


exercise = Exercise(
    id="guidance-tilt", defines="tilted_normal(mean, std, mean_without, std_without, weight)", core=True, points=3, level=3,
    minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.guidance.tilted_normal"],
    comparisons=[
        Compare("with_label", "without", shape="(B,)", points=0.5, what="`tilted_normal` at weight 0 or 1", tolerance=1e-4,
                says="At weight 1 the product is the density with the label, at weight 0 the one without."),
        Compare("same", shape="(B,)", points=0.5, what="`tilted_normal` for equal widths", tolerance=1e-4,
                says="With equal standard deviations the mean moves along the straight line, and the width stays."),
        Compare("beyond", "between", "away", shape="(B,)", points=1, what="`tilted_normal`", tolerance=1e-4,
                says="Powers of normal densities multiply their precisions 1/s², and products add them; so do the terms m/s²."),
        Compare("some", "no_density", "turned", "turned_gaps", points=0.5, what="`tilted_normal` where the product is no density", tolerance=1e-4,
                says="Where the precision is not above 0 there is no density: nan for mean and standard deviation of that row alone."),
        Compare("far", "tiny", "broad", "narrow", shape="(B,)", points=0.5, tolerance=1e-4,
                what="`tilted_normal` for large weights, and for very small or large widths",
                says="Also for weights of 40, and for widths of a millionth or a million."),
    ],
    hints=[
        "The logarithm of a normal density is a parabola. What are the parabola's two coefficients, in terms of m and s?",
        "log N(x; m, s²) = -x²/(2s²) + x m/s² + a constant. Weighted sums of parabolas are parabolas: collect x² and x.",
        "precision = (1 - weight) / std_without**2 + weight / std**2; pull = (1 - weight) * mean_without / std_without**2 + "
        "weight * mean / std**2; mean = pull / precision, std = precision**-0.5, and torch.where(precision > 0, …, torch.nan).",
    ],
    afterwards="For w > 1 the result is narrower than the density with the label, if that is the narrower of the two.",
)
