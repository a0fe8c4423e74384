"""Two players to touch: a GAN on a line, where nothing is random, and one on a ring with D's surface behind it.

On the line the data are N(μ, σ²), the generator makes N(m, s²), and D's logit is a + b u + c u² with u = x/2.
The best D, log p(x) - log g(x), is such a parabola, so that it can be reached; losses are sums over a fine grid.
Goodfellow et al. (2014), arXiv:1406.2661; GAN Lab (Kahng et al. 2018, arXiv:1809.01587) had the idea to let
readers play.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.data import plane
from genlab.display.modules import Touchable, make
from genlab.display.quiet import quietly
from genlab.display.style import INK, PALETTE, Picture, in_style, new_picture
from genlab.layers import mlp

BLUE, VERMILLION, GREEN = PALETTE[:3]
DENSE = 2401  # places of z, from -12 to 12
HIDDEN = 32  # units of a layer of the networks on the ring


class LineTerms(NamedTuple):
    """Both losses in nats, D's slope in (a, b, c), G's in (m, s)."""

    d_loss: float
    g_loss: float
    d_slope: list[float]
    g_slope: list[float]


def line_logit(d: Sequence[float] | Tensor, x: Tensor) -> Tensor:
    """D's logit a + b u + c u², u = x/2."""
    return d[0] + d[1] * (x / 2) + d[2] * (x / 2) ** 2


def line_terms(data: Sequence[float], g: Sequence[float], d: Sequence[float], *,
               saturating: bool = False) -> LineTerms:
    """Losses and slopes of the game on the line.

    Args:
        data: mean and standard deviation of the data.
        g: mean and standard deviation of what the generator makes.
        d: a, b and c of D's logit.
        saturating: G minimises mean log(1 - D), as the game has it, instead of -mean log D.
    """
    z = torch.linspace(-12, 12, DENSE, dtype=torch.float64)
    weight = torch.exp(-0.5 * z**2) * (z[1] - z[0]) / math.sqrt(2 * math.pi)
    g, d = (torch.tensor(list(v), dtype=torch.float64, requires_grad=True) for v in (g, d))
    real, fake = line_logit(d, data[0] + data[1] * z), line_logit(d, g[0] + g[1] * z)
    d_loss = (weight * (F.softplus(-real) + F.softplus(fake))).sum()
    g_loss = (weight * (-F.softplus(fake) if saturating else F.softplus(-fake))).sum()
    d_slope, = torch.autograd.grad(d_loss, d, retain_graph=True)
    g_slope, = torch.autograd.grad(g_loss, g)
    return LineTerms(d_loss.item(), g_loss.item(), d_slope.tolist(), g_slope.tolist())


def line_best(data: Sequence[float], g: Sequence[float]) -> list[float]:
    """(a, b, c) of the best D: its logit is log p(x) - log g(x)."""
    p, q = data[1] ** -2, g[1] ** -2
    level = math.log(g[1] / data[1]) + (q * g[0] ** 2 - p * data[0] ** 2) / 2
    return [level, 2 * (p * data[0] - q * g[0]), 2 * (q - p)]


def line_rounds(data: Sequence[float], g: Sequence[float], d: Sequence[float], *, rates: Sequence[float],
                rounds: int, saturating: bool = False) -> Tensor:
    """(m, s) after 0, 1, … rounds of one step of gradient descent by D and one by G: (rounds + 1, 2)."""
    g, d, path = list(g), list(d), [list(g)]
    for _ in range(rounds):
        d = [v - rates[0] * slope for v, slope in zip(d, line_terms(data, g, d).d_slope, strict=True)]
        slopes = line_terms(data, g, d, saturating=saturating).g_slope
        g = [v - rates[1] * slope for v, slope in zip(g, slopes, strict=True)]
        g[1] = max(g[1], 0.15)
        path.append(list(g))
    return torch.tensor(path)


def line_game(data: Sequence[float] = (1.5, 0.6), *, g: Sequence[float] = (-1.5, 0.8), d: Sequence[float] = (0, 0, 0),
              rates: Sequence[float] = (1.0, 0.5), saturating: bool = False) -> Touchable:
    """The two players on a line, one step of either at a press; for the arguments see `line_terms`.

    Args:
        rates: learning rates of D and of G, where the sliders start.
    """
    numbers = {"g": g, "d": d, "rates": rates}
    moved = {name: [float(v) for v in value] for name, value in numbers.items()}
    widget = make("line.js", {"data": [float(v) for v in data]}, moved | {"saturating": float(saturating)})
    return Touchable(widget, plot_line_game(data, g=g, d=d, saturating=saturating))


def plot_line_game(data: Sequence[float], *, g: Sequence[float], d: Sequence[float],
                   saturating: bool = False) -> Picture:
    """Both bumps over the line, and D's curve with its own axis."""
    x = torch.linspace(-5, 5, 401, dtype=torch.float64)
    terms = line_terms(data, g, d, saturating=saturating)
    alt = (f"The data's bump at {data[0]:g}, the generator's at {g[0]:g}, and D's curve; "
           f"D's loss {terms.d_loss:.3f} nats, G's loss {terms.g_loss:.3f}")
    with in_style():
        figure = new_picture(6.8, 2.2, alt=alt)
        axes = figure.add_subplot()
        for (mean, std), colour, name in ((data, BLUE, "data p"), (g, VERMILLION, "made by G")):
            density = (-0.5 * ((x - mean) / std) ** 2).exp() / (std * math.sqrt(2 * math.pi))
            axes.fill_between(x, density, color=colour, alpha=0.2, linewidth=0)
            axes.plot(x, density, color=colour, label=name)
        axes.set(xlabel="x", ylabel="density", xlim=(-5, 5))
        share = axes.twinx()
        share.plot(x, line_logit(d, x).sigmoid(), color=GREEN, label="D(x)")
        share.set(ylim=(-0.03, 1.05), yticks=[0, 0.5, 1])
        share.set_ylabel("D(x)", color=GREEN)
        share.grid(visible=False)
        axes.legend(loc="upper left")
    return figure


def ring_game(*, sigma: float = 0.2, rates: Sequence[float] = (1e-3, 1e-3), gamma: float = 0.0,
              seed: int = 0) -> Touchable:
    """A GAN on eight Gaussians round a ring that trains in the browser, step by step or on its own.

    Args:
        sigma: width of the data's heaps.
        rates: learning rates of D and of G (Adam), where the sliders start.
        gamma: weight of the penalty γ/2 (mean |∇D(x)|² + mean |∇D(G(z))|²), where its slider starts.
        seed: of the networks and of everything random in the browser.
    """
    ring, (generator, discriminator) = plane.Ring(sigma=sigma), ring_networks(seed)
    weights = [torch.cat([p.detach().flatten() for p in net.parameters()]).tolist()
               for net in (generator, discriminator)]
    fixed = dict(modes=ring.modes.tolist(), sigma=float(sigma), hidden=HIDDEN, weights=weights, seed=seed)
    widget = make("ring.js", fixed, dict(rates=[float(v) for v in rates],
                                                 gamma=float(gamma)))
    points = generator(torch.randn(512, 2, generator=torch.Generator().manual_seed(seed))).detach()
    return Touchable(widget, plot_surfaces({"before the first step": (discriminator, points)}, ring))


def ring_networks(seed: int) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator as the browser has them: two hidden layers of 32, leaky units."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return (mlp(2, HIDDEN, HIDDEN, 2, activation=lambda: nn.LeakyReLU(0.2)),
                mlp(2, HIDDEN, HIDDEN, 1, activation=lambda: nn.LeakyReLU(0.2)))


def plot_surfaces(panels: Mapping[str, tuple[Callable[[Tensor], Tensor], Tensor]], density: plane.Density, *,
                  arrows: int = 0, alt: str | None = None) -> Picture:
    """D's surface behind the points that G makes, one panel for each title -> (discriminator, points).

    Args:
        discriminator: maps (N, 2) to logits (N, 1) or (N,).
        points: (N, 2).
        density: of the data, whose modes are drawn as rings.
        arrows: at so many points an arrow along ∇D, as long as the slope of the logit is steep.
        alt: what is to be seen.
    """
    with in_style():
        alt = alt or f"The discriminator's surface with the generator's points over it: {', '.join(panels)}"
        figure = new_picture(min(6.8, 3.3 * len(panels) + 0.4), 3.3 if len(panels) < 3 else 2.6, alt=alt)
        all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (title, (discriminator, points)) in zip(all_axes, panels.items(), strict=True):
            _surface(axes, discriminator, points, density, arrows)
            axes.set_title(title, fontsize=10)
    return figure


def _surface(axes, discriminator, points: Tensor, density: plane.Density, arrows: int) -> None:
    at, limit = plane.grid(100)[0], plane.LIMIT
    with quietly(discriminator) if isinstance(discriminator, nn.Module) else torch.no_grad():
        share = discriminator(at).reshape(100, 100).sigmoid().T
    axes.imshow(share, origin="lower", extent=(-limit, limit, -limit, limit), vmin=0, vmax=1, alpha=0.75)
    angle = torch.linspace(0, 2 * math.pi, 60)
    for x, y in density.modes.tolist():
        axes.plot(x + density.radius * angle.cos(), y + density.radius * angle.sin(), color=BLUE, linewidth=1.2)
    points = points.detach()
    axes.scatter(*points.T, s=5, color=VERMILLION, edgecolors="white", linewidths=0.25)
    if arrows:
        some = points[:arrows].clone().requires_grad_()
        slope, = torch.autograd.grad(discriminator(some).sum(), some)
        axes.quiver(*some.detach().T, *slope.T, color=INK, angles="xy", scale_units="xy", scale=4, width=0.006)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[])
    axes.set_aspect("equal")
