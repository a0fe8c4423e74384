"""Flows and energies to touch: a grid that bends layer by layer, and walkers on an energy that the reader paints."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from genlab.data import plane
from genlab.display.modules import Touchable, make
from genlab.display.quiet import quietly
from genlab.display.style import FIELD_MAP, INK, PALETTE, Picture, in_style, new_picture

BLUE, VERMILLION = PALETTE[:2]
LINES = "#9CC3DB"
REACH = 3.2  # of the square that is shown
CELLS = 48  # along a side of a painted energy


def flow_grid(flow: nn.Module, points: Tensor, *, x: Sequence[float] = (0.0, 0.5),
              title: str | None = None) -> Touchable:
    """Data, noise, and a grid between them; a slider goes through the layers, a point can be dragged.

    Args:
        flow: of `layers` like genlab's `AffineCoupling` in the plane, whose networks are linear layers with
            ReLU between them, such as `RealNVP(2)`.
        points: data, (N, 2).
        x: where the point stands at first, among the data.
    """
    layers, weights = [], []
    for layer in flow.layers:
        linear = [part for part in layer.network.modules() if isinstance(part, nn.Linear)]
        parts = [part for part in layer.network.modules() if not list(part.children())]
        if not all(isinstance(part, nn.Linear | nn.ReLU) for part in parts) or linear[0].in_features != 2:
            raise ValueError("flow_grid takes couplings of the plane with linear layers and ReLU")
        sizes = [2, *(part.out_features for part in linear)]
        layers.append(dict(mask=layer.mask.tolist(), sizes=sizes, bound=float(layer.bound)))
        numbers = [p.detach().cpu().half().numpy() for part in linear for p in part.parameters()]
        weights += [part.astype("<f2").tobytes() for part in numbers]
    rounded = [[round(v, 3) for v in row] for row in points.detach().cpu().tolist()]
    widget = make("flow.js", dict(weights=b"".join(weights), layers=layers, points=rounded),
                  dict(at=0.0, x=[float(v) for v in x]))
    return Touchable(widget, plot_flow_grid(flow, points, title=title))


def plot_flow_grid(flow: nn.Module, points: Tensor, *, panels: int = 4, last: str = "noise",
                   title: str | None = None, alt: str | None = None) -> Picture:
    """The grid that is straight after all layers and the data with it, at evenly chosen layers.

    Args:
        flow, points: as for `flow_grid`.
        last: what the data are after the last layer.
    """
    depth = len(flow.layers)
    panels = min(panels, depth + 1)
    shown = [round(k * depth / (panels - 1)) for k in range(panels)]
    with quietly(flow):
        lines = flow.inverse(_lines().view(-1, 2).to(points)).view(*_lines().shape)
        states, data = [(lines.view(-1, 2), points)], points
        for layer in flow.layers:
            grid, data = layer(states[-1][0])[0], layer(data)[0]
            states.append((grid, data))
    alt = alt or (f"{title or 'A flow, layer by layer'}: on the left the data with a bent grid, on the right round "
                  f"noise with a straight one; after {', '.join(map(str, shown))} layers")
    with in_style():
        figure = new_picture(6.8, 2.3, alt=alt)
        for ax, k in zip(figure.subplots(1, len(shown)), shown, strict=True):
            for line in states[k][0].view(*lines.shape).cpu():
                ax.plot(*line.T, color=LINES, linewidth=0.7)
            ax.plot(*states[k][1].cpu().T, ".", color=BLUE, markersize=1.5)
            name = "data" if k == 0 else last if k == depth else f"layer {k}"
            _bare(ax, f"{name}", REACH)
        if title:
            figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    return figure


def energy_painter(energy: Callable[[Tensor], Tensor], *, step: float = 0.05, noise: float = 1.0,
                   title: str | None = None) -> Touchable:
    """An energy over the square as a ground to dig in, and four hundred walkers that follow Langevin dynamics.

    `widget.energy` holds what was painted, row by row from below; `painted_energy` makes a tensor of it.

    Args:
        energy: where the reader starts: maps points (N, 2) to (N,).
        step, noise: ε, and the noise in units of √ε, to begin with.
    """
    table = energy(_cells()).double()
    widget = make("walkers.js", dict(start=table.tolist(), reach=float(plane.LIMIT)),
                  dict(energy=table.tolist(), step=float(step), noise=float(noise)))
    generator = torch.Generator().manual_seed(0)
    x = plane.LIMIT * (2 * torch.rand(400, 2, generator=generator, dtype=torch.float64) - 1)
    states = {"at first": x}
    for k in range(1, 301):
        leaf = x.detach().requires_grad_()
        slope, = torch.autograd.grad(energy(leaf).sum(), leaf)
        noisy = noise * math.sqrt(step) * torch.randn(x.shape, generator=generator, dtype=torch.float64)
        x = (leaf.detach() - step / 2 * slope + noisy).clamp(-plane.LIMIT, plane.LIMIT)
        if k in (20, 300):
            states[f"after {k} steps"] = x
    panels = {name: (lambda p: -energy(p), None, points) for name, points in states.items()}
    alt = f"{title or 'Walkers on an energy'}: spread evenly at first, gathered in its valleys in the end"
    return Touchable(widget, plot_forces(panels, title=title, alt=alt))


def painted_energy(touchable: Touchable) -> Tensor:
    """What a reader has painted, (CELLS, CELLS), the row of smallest y first."""
    table = torch.tensor(list(touchable.widget.energy), dtype=torch.float64)
    return table.view(CELLS, CELLS)


def plot_forces(panels: Mapping[str, tuple], *, title: str | None = None, alt: str, arrows: int = 15) -> Picture:
    """Densities as brightness with their scores as arrows and points on top, one panel for each name.

    Args:
        panels: name -> (log density up to a constant or None, score or None, points or None); the functions map
            points (N, 2) to (N,) and to (N, 2).
    """
    limit = plane.LIMIT
    with in_style():
        figure = new_picture(6.8, 2.55, alt=alt)
        for ax, (name, (log_density, score, points)) in zip(figure.subplots(1, len(panels), squeeze=False)[0],
                                                            panels.items(), strict=True):
            if log_density is not None:
                values = log_density(_cells()).detach().double().view(CELLS, CELLS)
                image = (values - values.max()).exp().sqrt()
                ax.imshow(image, origin="lower", extent=(-limit, limit, -limit, limit), cmap=FIELD_MAP, vmin=0, vmax=1)
            if score is not None:
                at = torch.linspace(-0.9 * limit, 0.9 * limit, arrows, dtype=torch.float64)
                places = torch.cartesian_prod(at, at)
                s = score(places).detach().double()
                s = s / (1 + s.norm(dim=1, keepdim=True))  # direction, and length where it is small
                ax.quiver(*places.T, *s.T, color="white" if log_density is not None else INK, scale=22, width=0.006)
            if points is not None:
                ax.plot(*points.detach().cpu().T, ".", color=VERMILLION, markersize=1.6)
            _bare(ax, name, limit)
        if title:
            figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    return figure


def _lines() -> Tensor:
    """Straight lines of both directions, half a unit apart: (26, 61, 2)."""
    along = torch.linspace(-3, 3, 61)
    lines = [torch.stack([torch.full_like(along, c), along], 1) for c in torch.linspace(-3, 3, 13).tolist()]
    return torch.stack([*lines, *(line.flip(1) for line in lines)])


def _cells() -> Tensor:
    """Centres of the cells of a painted energy, the row of smallest y first, x running: (CELLS², 2)."""
    at = ((torch.arange(CELLS, dtype=torch.float64) + 0.5) / CELLS * 2 - 1) * plane.LIMIT
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], 1)


def _bare(ax, name: str, limit: float) -> None:
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[], aspect="equal")
    ax.set_title(name, fontsize=9.5, pad=4)
    ax.grid(visible=False)
