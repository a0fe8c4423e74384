"""Velocity fields in the plane: points that run along them, in the browser and in still pictures."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from genlab.data import plane
from genlab.display.flows import _bare
from genlab.display.modules import Touchable, make
from genlab.display.style import BLUE, FAINT, PALETTE, Picture, in_style, new_picture
from genlab.layers import TimeMLP
from genlab.models.flow_matching import gaussian_velocity, states

VERMILLION = PALETTE[1]
STARTS = ((-1.2, 0.9), (0.4, 1.4), (0.9, -0.3), (-0.4, -1.1))
Velocity = Callable[[Tensor, float], Tensor]


def kernel_velocity(points: Tensor, spread: float, t: float, x: Tensor) -> Tensor:
    """v*(x, t) of flow matching for data that are normal around each of the points: (B, 2) -> (B, 2).

    Args:
        points: (N, 2), each with the standard deviation `spread`.
        t: in [0, 1], from noise to data.
    """
    variance = (1 - t) ** 2 + t**2 * spread**2
    weight = (-(x[:, None] - t * points).square().sum(2) / (2 * variance)).softmax(1)
    return (weight[..., None] * gaussian_velocity(x[:, None], t, points, spread)).sum(1)


def paths_explorer(field: Tensor | TimeMLP, *, data: Tensor | None = None, spread: float = 0.12, steps: int = 50,
                   method: str = "euler", time: float = 1.0, starts: Sequence[Sequence[float]] = STARTS,
                   title: str = "Paths from noise to data") -> Touchable:
    """A cloud that runs along a velocity field; sliders for the time and the number of steps, starts to drag.

    Args:
        field: data points (N, 2), whose exact field is followed; or a network of the plane that has learnt one.
        data: points to show behind the paths; those of `field` where it is points.
        spread: standard deviation of the data around each point, where `field` is points.
        starts: where the paths that can be dragged begin at first.
    """
    learnt = isinstance(field, nn.Module)
    shown = field if not learnt else torch.empty(0, 2) if data is None else data
    sizes, weights = _weights(field) if learnt else ([], b"")
    flat = [round(v, 3) for v in shown.detach().cpu().double().flatten().tolist()]
    widget = make("paths.js", dict(points=flat, spread=float(spread), sizes=sizes, weights=weights),
                  dict(time=float(time), steps=int(steps), method=method, starts=[float(v) for p in starts for v in p]))
    velocity = network_velocity(field) if learnt else partial(_kernel, field, spread)
    return Touchable(widget, _still(velocity, shown, starts, title))


def network_velocity(network: nn.Module) -> Velocity:
    """v(x, t) of a network that is asked with (x, 1000 t), without a graph."""
    def velocity(x: Tensor, t: float) -> Tensor:
        with torch.no_grad():
            return network(x, torch.full((len(x),), 1000 * t, dtype=x.dtype))
    return velocity


def plot_paths(panels: Mapping[str, Sequence[Tensor] | Tensor], *, data: Tensor | None = None, lines: int = 40,
               dots: bool = False, title: str | None = None, alt: str) -> Picture:
    """Paths in the plane side by side: starts hollow, paths grey, ends orange.

    Args:
        panels: name -> states (T, N, 2), from the first to the last.
        data: points (M, 2) behind them.
        lines: how many of the paths are drawn; all N ends are.
        dots: mark each state of a path, where there are fewer than 15.
    """
    with in_style():
        figure = new_picture(6.8, 2.5 if len(panels) < 4 else 2.05, alt=alt)
        for ax, (name, path) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
            path = torch.stack(list(path)).detach().cpu()
            if data is not None:
                ax.plot(*data.T, ".", color=BLUE, markersize=2, alpha=0.25, markeredgewidth=0)
            marker = "." if dots and len(path) < 15 else None
            ax.plot(*path[:, :lines].permute(2, 0, 1), color="#888888", linewidth=0.8, marker=marker, markersize=3)
            ax.plot(*path[0, :lines].T, "o", color=FAINT, markersize=3, markerfacecolor="white", markeredgewidth=0.7)
            ax.plot(*path[-1].T, ".", color=VERMILLION, markersize=3.5, markeredgewidth=0)
            _bare(ax, name, plane.LIMIT)
        if title:
            figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    return figure


def plot_fans(panels: Mapping[str, tuple[Tensor, Tensor]], *, alt: str) -> Picture:
    """Numbers that move over time, side by side: name -> (times (T,), positions (T, N))."""
    with in_style():
        figure = new_picture(6.8, 2.6, alt=alt)
        axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
        for ax, colour, name in zip(axes, ("#888888", VERMILLION, BLUE), panels, strict=False):
            times, positions = panels[name]
            ax.plot(times, positions, color=colour, linewidth=1, alpha=0.8)
            ax.set(xlabel="time t: noise at 0, data at 1")
            ax.set_title(name, fontsize=10)
        axes[0].set_ylabel("x")
    return figure


def _kernel(points: Tensor, spread: float, x: Tensor, t: float) -> Tensor:
    return kernel_velocity(points.to(x), spread, t, x)


def _weights(network: TimeMLP) -> tuple[list[int], bytes]:
    linear = [part for part in network.net if isinstance(part, nn.Linear)]
    others = [part for part in network.net if not isinstance(part, nn.Linear | nn.SiLU)]
    if others or linear[0].in_features != 2 + network.time_dim or linear[-1].out_features != 2:
        raise ValueError("paths_explorer takes a TimeMLP of the plane without further features")
    numbers = [p.detach().cpu().half().numpy() for part in linear for p in part.parameters()]
    return ([linear[0].in_features, *(part.out_features for part in linear)],
            b"".join(part.astype("<f2").tobytes() for part in numbers))


def _still(velocity: Velocity, data: Tensor, starts: Sequence[Sequence[float]], title: str) -> Picture:
    x = torch.tensor(starts, dtype=torch.float32)
    panels = {f"{n} Euler step{'s' if n > 1 else ''}": list(states(velocity, x, n)) for n in (1, 3, 10, 50)}
    return plot_paths(panels, data=data, dots=True, title=title,
                      alt=f"{title}: the same {len(starts)} starts followed in 1, 3, 10 and 50 Euler steps; the "
                          "paths of few steps end elsewhere than those of many")
