"""Latent spaces to touch: a bell over one latent number, and a plane of codes on which one draws.

The bell: p(z) = N(0, 1), p(x | z) = N(f(z), noise² I) for a curve f in the plane, q = N(mean, std²), and
log p(x) = ELBO + KL(q ‖ p(z | x)) with every term a sum over a fine grid of z (Kingma and Welling 2013).
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from matplotlib.patches import Circle, Ellipse
from torch import Tensor, nn

from genlab.display.grids import compose, to_tiles
from genlab.display.modules import Touchable, make
from genlab.display.quiet import quietly
from genlab.display.style import PALETTE, for_text, in_style, new_picture

REACH, STEPS = 11.0, 2201  # of the grid of z: it holds every bell of the widget with room to spare
BLUE, VERMILLION, GREEN = PALETTE[:3]
GREY = "#767676"


class BoundTerms(NamedTuple):
    """In nats: logp = elbo + gap, elbo = fit - price; fit = E_q log p(x | z), price = KL(q ‖ p(z))."""

    logp: float
    elbo: float
    gap: float
    fit: float
    price: float


def bound_terms(curve: Callable[[Tensor], Tensor], x: Sequence[float], q: tuple[float, float],
                noise: float) -> BoundTerms:
    """All terms of the bound for a model with one latent number, by sums over a grid of z.

    Args:
        curve: f, which maps z (N,) to points (N, D).
        x: the observation, D numbers.
        q: mean and standard deviation of the bell.
        noise: standard deviation of p(x | z) around f(z).
    """
    z, likelihood = _likelihood(curve, x, noise)
    step = (z[1] - z[0]).item()
    logp = torch.logsumexp(likelihood + _log_normal(z, 0, 1), 0).item() + math.log(step)
    bell = _log_normal(z, *q).exp()
    fit = ((bell * likelihood).sum() / bell.sum()).item()
    price = 0.5 * (q[0] ** 2 + q[1] ** 2 - 1) - math.log(q[1])
    return BoundTerms(logp, fit - price, logp - fit + price, fit, price)


def bound_explorer(curve: Callable[[Tensor], Tensor], *, x: Sequence[float], q: tuple[float, float],
                   noise: float, span: float = 3.0) -> Touchable:
    """A bell to drag over the axis of z, a point to drag in the plane, and the bound as a bar.

    Args:
        curve, x, q, noise: as for `bound_terms`, D = 2; where the reader starts.
        span: how far the plane is shown to both sides of 0.
    """
    z = torch.linspace(-REACH, REACH, STEPS // 3, dtype=torch.float64)
    fx, fy = curve(z).T.tolist()
    widget = make("bound.js", dict(z=z.tolist(), fx=fx, fy=fy, noise=float(noise), span=float(span)),
                  dict(x=[float(v) for v in x], q=[float(v) for v in q]))
    return Touchable(widget, _still_bound(curve, x, q, noise, float(span)))


def plot_bound(curve: Callable[[Tensor], Tensor], *, x: Sequence[float], noise: float,
               bells: dict[str, tuple[float, float]], title: str | None = None):
    """Posterior and bells over the axis of z, and for each bell the bar ELBO + gap = log p(x)."""
    z, likelihood = _likelihood(curve, x, noise)
    joint = likelihood + _log_normal(z, 0, 1)
    posterior = (joint - torch.logsumexp(joint, 0)).exp() / (z[1] - z[0])
    found = {name: bound_terms(curve, x, q, noise) for name, q in bells.items()}
    logp = next(iter(found.values())).logp
    words = "; ".join(f"{name}: ELBO {t.elbo:.2f}, gap {t.gap:.2f}" for name, t in found.items())
    alt = f"{title or 'True posterior and bells'}; log p(x) = {logp:.2f} nats. {words}"
    with in_style():
        figure = new_picture(6.8, 2.7, alt=alt)
        left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
        colours = _draw_bells(left, z, posterior, bells)
        _draw_bars(right, found)
        if len(bells) > 1:
            for label, colour in zip(right.get_yticklabels(), colours, strict=True):
                label.set_color(for_text(colour))
        if title:
            left.set_title(title)
    return figure


def _still_bound(curve, x, q, noise, span):
    """The explorer as it starts: plane, bells and both bars."""
    z, likelihood = _likelihood(curve, x, noise)
    joint = likelihood + _log_normal(z, 0, 1)
    posterior = (joint - torch.logsumexp(joint, 0)).exp() / (z[1] - z[0])
    t = bound_terms(curve, x, q, noise)
    alt = (f"A curve in the plane and a green point near it; true posterior and a bell over z; "
           f"log p(x) = {t.logp:.2f} nats. your bell q: ELBO {t.elbo:.2f}, gap {t.gap:.2f}")
    with in_style():
        figure = new_picture(8.2, 2.7, alt=alt)
        plane, left, right = figure.subplots(1, 3, width_ratios=[0.95, 1.15, 1])
        on, at = (curve(torch.as_tensor(v, dtype=torch.float64)) for v in
                  (z[z.abs() <= 3], [q[0] + k * q[1] for k in (-2, -1, -0.5, 0, 0.5, 1, 2)]))
        plane.plot(*on.T, color="#BBBBBB", linewidth=2.5)
        plane.scatter(*at.T, s=[12, 30, 45, 60, 45, 30, 12], color=VERMILLION, alpha=0.7, linewidths=0, zorder=3)
        plane.scatter(*x, s=70, color=GREEN, zorder=4)
        for mark in range(-2, 3):
            plane.annotate(f"{mark}".replace("-", "\u2212"), curve(torch.tensor([float(mark)]))[0].tolist(),
                           xytext=(3, 5), textcoords="offset points", fontsize=8, color=GREY)
        plane.set(xlim=(-span, span), ylim=(-span, span), xlabel="first number of x",
                  ylabel="second number of x")
        plane.set_title("grey: the curve, with z", fontsize=9)
        _draw_bells(left, z, posterior, {"your bell q": q})
        _draw_bars(right, {"": t}, parts=True)
    return figure


def _draw_bells(axes, z: Tensor, posterior: Tensor, bells) -> list[str]:
    """Posterior, prior and bells over z; the colours of the bells, of which the gap's is one if there is only one."""
    colours = [VERMILLION] if len(bells) == 1 else list(PALETTE[3:])[:len(bells)]
    axes.fill_between(z, posterior, color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(z, posterior, color=BLUE, label="posterior p(z | x)")
    axes.plot(z, _log_normal(z, 0, 1).exp(), color="#AAAAAA", linewidth=1.2, linestyle=(0, (4, 3)), label="prior p(z)")
    for colour, (name, q) in zip(colours, bells.items(), strict=True):
        axes.plot(z, _log_normal(z, *q).exp(), color=colour, label=name)
    axes.set(xlim=(-3.5, 3.5), ylim=(0, 1.5 * posterior.max().item()), xlabel="z, the latent number", ylabel="density")
    axes.legend(fontsize=8, loc="upper left")
    return colours


def _draw_bars(axes, found: dict[str, BoundTerms], *, parts: bool = False) -> None:
    """One bar for each bell, ELBO + gap = log p(x); with `parts`, below a single one, ELBO + price = fit."""
    logp = next(iter(found.values())).logp
    low = min(t.elbo for t in found.values())
    low -= max(2.0, 0.25 * (logp - low))
    for row, t in enumerate(found.values()):
        axes.barh(row, t.elbo - low, left=low, color=BLUE, height=0.5, alpha=0.85)
        axes.barh(row, t.gap, left=t.elbo, color=VERMILLION, height=0.5, alpha=0.85)
        axes.annotate(f"ELBO {t.elbo:.2f}   gap {t.gap:.2f}", (low, row - 0.3), xytext=(2, 2), fontsize=8.5,
                      textcoords="offset points", va="bottom")
    rows = len(found)
    if parts:
        t = next(iter(found.values()))
        axes.barh(1, t.elbo - low, left=low, color=BLUE, height=0.5, alpha=0.4)
        axes.barh(1, t.fit - t.elbo, left=t.elbo, color=GREY, height=0.5, alpha=0.85)
        axes.annotate(f"+ cost {t.price:.2f} = mean log p(x | z) {t.fit:.2f}", (low, 0.7), xytext=(2, 2), fontsize=8,
                      textcoords="offset points", va="bottom")
        rows = 2
    axes.plot([logp, logp], [-0.75, len(found) - 0.6], color="#333333", linewidth=1.5)
    axes.annotate(f"log p(x) {logp:.2f}", (logp, 1), xytext=(-3, 2), xycoords=("data", "axes fraction"),
                  ha="right", textcoords="offset points", fontsize=8.5)
    axes.set_yticks(range(len(found)), list(found))
    axes.set(xlabel="nats", ylim=(rows - 0.5, -0.75))
    axes.grid(axis="y", visible=False)


def plot_mixture(curve: Callable[[Tensor], Tensor], *, noise: float, x: Sequence[float] | None = None,
                 span: float = 3.0, clouds: int = 9, side: int = 121):
    """p(x) = ∫ p(x | z) p(z) dz as a picture: some clouds p(x | z) on the curve, and the sum of all of them.

    Args:
        curve, noise, x: as for `bound_terms`, D = 2; x is marked.
        span: how far the plane is shown to both sides of 0.
        clouds: how many are drawn one by one, evenly in z from -2 to 2, the darker the larger p(z).
        side: cells of the plane.
    """
    z = torch.linspace(-5, 5, 801, dtype=torch.float64)
    at = torch.linspace(-span, span, side, dtype=torch.float64)
    cells = torch.stack(torch.meshgrid(at, at, indexing="xy"), -1).view(-1, 2)
    distance = torch.cdist(cells, curve(z), compute_mode="donot_use_mm_for_euclid_dist")
    each = torch.exp(-0.5 * (distance / noise).square()) / (2 * math.pi * noise**2)
    density = (each @ _log_normal(z, 0, 1).exp() * (z[1] - z[0])).view(side, side)
    few = torch.linspace(-2, 2, clouds, dtype=torch.float64)
    with in_style():
        figure = new_picture(6.8, 3.2, alt=f"Left, {clouds} round clouds along a curve, darkest where z is near "
                             "0; right, their sum over all z: a density that is high along the middle of the curve "
                             "and fades to its ends", photographic=True)
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        left.plot(*curve(z[z.abs() <= span]).T, color="#BBBBBB", linewidth=1.5)
        for place, weight in zip(curve(few).tolist(), _log_normal(few, 0, 1).exp().tolist(), strict=True):
            for k in (1, 2):
                shade = min(1.0, (0.1 + 1.6 * weight) / k)
                left.add_patch(Circle(place, k * noise, color=BLUE, alpha=shade, linewidth=0))
        right.imshow(density, origin="lower", extent=(-span, span, -span, span))
        for axes, title in ((left, f"p(x | z) for {clouds} codes z"), (right, "p(x): all of them, weighted by p(z)")):
            if x is not None:
                axes.scatter(*x, s=55, color=GREEN, edgecolors="white", zorder=3)
            axes.set(xlim=(-span, span), ylim=(-span, span), xlabel="first number of x", aspect="equal")
            axes.set_title(title, fontsize=10)
            axes.grid(visible=False)
        left.set_ylabel("second number of x")
    return figure


def _likelihood(curve, x, noise) -> tuple[Tensor, Tensor]:
    z = torch.linspace(-REACH, REACH, STEPS, dtype=torch.float64)
    gap = (torch.as_tensor(x, dtype=torch.float64) - curve(z)) / noise
    return z, -0.5 * gap.square().sum(1) - gap.shape[1] * (math.log(noise) + 0.5 * math.log(2 * math.pi))


def _log_normal(z: Tensor, mean: float, std: float) -> Tensor:
    return -0.5 * ((z - mean) / std) ** 2 - math.log(std) - 0.5 * math.log(2 * math.pi)


def code_plane(model: nn.Module, examples: Tensor, *, title: str | None = None) -> Touchable:
    """The latent plane of a VAE with two latent numbers, where a drawn digit lands as a blob and decodes.

    Encoder and decoder run in the browser, from the weights in half precision. `widget.drawn` holds the
    pixels that are ink, as row-major places; `drawn_image` makes an image of them.

    Args:
        model: has `encoder`, `mu_head`, `logvar_head` and `decoder` of linear layers with ReLU between
            them, such as genlab's `VAE(latent_dim=2)`; its images are binary, (1, 28, 28) or (784,).
        examples: real digits to place, (N, …) binary; the first stands in the still picture.
    """
    encoder, decoder = _sizes(model.encoder), _sizes(model.decoder)
    heads = [model.mu_head.in_features, model.mu_head.out_features]
    if heads[1] != 2 or encoder[0] != 784:
        raise ValueError("code_plane takes a model of 784 pixels with two latent numbers, "
                         f"not {encoder[0]} and {heads[1]}")
    modules = (model.encoder, model.mu_head, model.logvar_head, model.decoder)
    parts = [p for module in modules for p in module.parameters()]
    weights = b"".join(p.detach().cpu().half().numpy().astype("<f2").tobytes() for p in parts)
    places = [row.nonzero().flatten().tolist() for row in examples.detach().cpu().flatten(1) > 0.5]
    widget = make("codes.js", dict(weights=weights, examples=places,
                                   layers=dict(encoder=encoder, heads=heads, decoder=decoder)),
                  dict(z=[0.0, 0.0], drawn=[]))
    return Touchable(widget, _still_plane(model, examples[:1], title))


def drawn_image(touchable: Touchable) -> Tensor | None:
    """What a reader has drawn on a `code_plane`, (1, 1, 28, 28) of 0 and 1; None if nothing."""
    places = list(touchable.widget.drawn)
    if not places:
        return None
    image = torch.zeros(784)
    image[places] = 1
    return image.view(1, 1, 28, 28)


def _sizes(network: nn.Module) -> list[int]:
    """Widths of a stack of linear layers, which the browser can run; refuses any other network."""
    layers = [m for m in network.modules() if not list(m.children())]
    odd = next((m for m in layers if not isinstance(m, nn.Linear | nn.ReLU)), None)
    if odd is not None:
        raise ValueError(f"the browser runs linear layers and ReLU, not {type(odd).__name__}")
    linear = [m for m in layers if isinstance(m, nn.Linear)]
    return [linear[0].in_features, *(m.out_features for m in linear)]


def _still_plane(model, example: Tensor, title: str | None, tiles: int = 13, reach: float = 3.0):
    at = (torch.arange(tiles) + 0.5) / tiles * 2 * reach - reach
    device = next(model.parameters()).device
    codes = torch.stack(torch.meshgrid(at, -at, indexing="xy"), -1).view(-1, 2).to(device)
    with quietly(model):
        decoded = model.decode(codes).view(-1, 1, 28, 28)
        mu, logvar = (part[0].tolist() for part in model.encode(example.to(device)))
    alt = (f"{title or 'The plane of codes'}: {tiles} by {tiles} decoded images; a blob marks where one "
           f"held-out digit lands, at ({mu[0]:.1f}, {mu[1]:.1f})")
    with in_style():
        figure = new_picture(6.8, 4.4, alt=alt)
        left, right = figure.subplots(1, 2, width_ratios=[1, 3.2])
        left.imshow(example.reshape(28, 28).cpu(), cmap="gray")
        left.set_title("a held-out digit", fontsize=9)
        left.set_axis_off()
        edges = (-reach, reach)
        right.imshow(compose(to_tiles(decoded), tiles, gap=0), extent=(*edges, *edges), alpha=0.65)
        for k, alpha in ((2, 0.4), (1, 0.7)):
            axes = (2 * k * math.exp(v / 2) for v in logvar)
            right.add_patch(Ellipse(mu, *axes, color=VERMILLION, alpha=alpha, linewidth=0))
        right.set(xlabel="z 0", ylabel="z 1", title=title or "The plane of codes", xlim=edges, ylim=edges)
        right.grid(visible=False)
    return figure
