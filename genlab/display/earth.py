"""Two heaps of earth on a line, to touch: the plan that carries one onto the other, W₁, and lesson 20's divergence.

Heaps are mixtures of bumps, [(share, mean, width), …]. With F and G the cumulative functions of data and samples,

    W₁ = ∫ |F - G| dx,    the best critic has the slope sign(G - F),    the plan joins points of equal F and G

Villani (2009), Optimal transport; Arjovsky, Chintala and Bottou (2017), arXiv:1701.07875, whose example of two
parallel lines this is.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.display.modules import Touchable, make
from genlab.display.style import INK, PALETTE, Picture, in_style, new_picture

BLUE, VERMILLION, GREEN = PALETTE[:3]
REACH, CELLS = 6.0, 1201
GRAINS = 12  # arrows of the plan

Heaps = Sequence[Sequence[float]]


class EarthTerms(NamedTuple):
    """W₁ in the unit of the axis, the Jensen-Shannon divergence in nats, the best critic on the grid less its mean."""

    wasserstein: float
    divergence: float
    critic: Tensor


def earth_grid() -> Tensor:
    """The places at which everything is computed: (1201,), from -6 to 6."""
    return torch.linspace(-REACH, REACH, CELLS, dtype=torch.float64)


def earth_density(heaps: Heaps, x: Tensor) -> Tensor:
    """Density of a mixture at x."""
    return sum(share * torch.exp(-0.5 * ((x - mean) / width) ** 2) / (width * math.sqrt(2 * math.pi))
               for share, mean, width in heaps)


def earth_share(heaps: Heaps, x: Tensor) -> Tensor:
    """Cumulative function of a mixture at x."""
    return sum(share * torch.special.ndtr((x - mean) / width) for share, mean, width in heaps)


def earth_terms(data: Heaps, made: Heaps) -> EarthTerms:
    """What separates two heaps, by sums over the grid."""
    x = earth_grid()
    step = x[1] - x[0]
    p, g = earth_density(data, x), earth_density(made, x)
    middle = (p + g) / 2
    each = [torch.special.xlogy(q, torch.where(middle > 0, q / middle, 1.0)).sum() * step for q in (p, g)]
    divergence = sum(each) / 2
    behind = earth_share(made, x) - earth_share(data, x)
    slope = torch.where(behind.abs() > 1e-9, behind.sign(), 0.0)
    critic = torch.cat([torch.zeros(1, dtype=x.dtype), ((slope[1:] + slope[:-1]) / 2 * step).cumsum(0)])
    return EarthTerms((behind.abs().sum() * step).item(), divergence.item(), critic - critic.mean())


def earth_plan(data: Heaps, made: Heaps, grains: int = GRAINS) -> Tensor:
    """Where each of so many equal grains of what is made lies, and where it is carried: (grains, 2)."""
    x, shares = earth_grid(), (torch.arange(grains, dtype=torch.float64) + 0.5) / grains
    ends = [x[torch.searchsorted(earth_share(heaps, x), shares).clamp(max=CELLS - 1)] for heaps in (made, data)]
    return torch.stack(ends, 1)


def earth_explorer(data: Heaps = ((1.0, -2.0, 0.3),), *, mean: float = 0.0, width: float = 0.3,
                   critic: bool = False) -> Touchable:
    """A heap to be pushed along a line towards the data's, with the plan, W₁, the divergence, and the best critic.

    Args:
        data: [(share, mean, width), …]; the shares add up to 1.
        mean, width: of the one bump that is made, where it starts.
        critic: show the best critic at first.
    """
    fixed = {"data": [[float(v) for v in heap] for heap in data]}
    widget = make("earth.js", fixed, {"mean": float(mean), "width": float(width), "critic": int(critic)})
    return Touchable(widget, plot_earth(data, [(1.0, mean, width)], critic=critic))


def plot_earth(data: Heaps, made: Heaps, *, critic: bool = False) -> Picture:
    """Both heaps with the plan below them, and their cumulative functions with W₁ as the area between."""
    x, terms, plan = earth_grid(), earth_terms(data, made), earth_plan(data, made)
    alt = (f"Two heaps on a line; W₁ = {terms.wasserstein:.2f}, the area between their cumulative functions; "
           f"Jensen-Shannon divergence {terms.divergence:.3f} nats")
    with in_style():
        figure = new_picture(6.8, 4.0, alt=alt)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        for heaps, colour, name in ((data, BLUE, "data p"), (made, VERMILLION, "made by G")):
            density = earth_density(heaps, x)
            top.fill_between(x, density, color=colour, alpha=0.2, linewidth=0)
            top.plot(x, density, color=colour, label=name)
            bottom.plot(x, earth_share(heaps, x), color=colour)
        high = top.get_ylim()[1]
        for i, (start, end) in enumerate(plan.tolist()):
            level = -high * 0.04 * (i + 1)
            top.annotate("", (end, level), (start, level),
                         arrowprops=dict(arrowstyle="->", color=INK, linewidth=0.8, shrinkA=0, shrinkB=0))
        bottom.fill_between(x, earth_share(data, x), earth_share(made, x), color=INK, alpha=0.12, linewidth=0)
        if critic:
            right = top.twinx()
            right.plot(x, terms.critic, color=GREEN)
            right.set_ylabel("best critic", color=GREEN)
            right.grid(visible=False)
        top.set(ylabel="density", xlim=(-REACH, REACH), ylim=(-high * 0.04 * (len(plan) + 1.5), high * 1.05))
        top.set_yticks([tick for tick in top.get_yticks() if 0 <= tick <= high])  # the plan has no height
        top.legend(loc="upper right")
        bottom.set(xlabel="x", ylabel="share below x", title=f"W₁ = {terms.wasserstein:.2f}, the grey area; "
                   f"JSD = {terms.divergence:.3f} nats, at most {math.log(2):.3f}")
    return figure
