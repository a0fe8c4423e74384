"""flow-coupling: one half of the coordinates is scaled and shifted by functions of the other half.

The lesson gives the constructor, as in `Given` below; the student writes both directions of the class:

    forward(self, x) -> (z, log_det)   (B, D) -> (B, D), (B,)
    inverse(self, z) -> x              (B, D) -> (B, D)
"""

import torch
from torch import nn

from genlab.random import permutation, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Two and three of five coordinates stay, in hidden places; scales from e^-25 to e^25 in `steep`."""
    B, D, H = 4, 5, 6
    one = torch.ones(1, dtype=torch.float64)
    mask = torch.zeros(D, dtype=torch.float64)
    mask[permutation(D, rng=rng)[:2]] = 1
    pair = torch.zeros(2, dtype=torch.float64)
    pair[permutation(2, rng=rng)[:1]] = 1
    steep = 11 + torch.rand(D, generator=rng).double()
    ends = torch.tensor([13.0, 0, -36]) + steep[:3] * torch.tensor([1, -1, 1])  # near 24.5, -11.5 and -24.5
    steep[(mask == 0).nonzero().flatten()[permutation(3, rng=rng)]] = ends
    return {
        "x": 2 * randn((B, D), like=one, rng=rng), "z": 2 * randn((B, D), like=one, rng=rng),
        "mask": mask, "pair": pair, "steep": steep,
        "first": 0.6 * randn((D, H), like=one, rng=rng), "first_bias": randn((H,), like=one, rng=rng),
        "last": 0.4 * randn((H, 2 * D), like=one, rng=rng), "last_bias": randn((2 * D,), like=one, rng=rng),
        "weight": randn((B, D), like=one, rng=rng), "weights": randn((B,), like=one, rng=rng),
    }


def probe(Coupling, x, z, mask, pair, steep, first, first_bias, last, last_bias, weight, weights):
    """Both directions, with the mask and with its opposite; gradients; at large scales; for one row of two numbers."""

    class Network(nn.Module):
        """s and t of what it is shown, bent by a tanh, with a hidden bias on s."""

        def __init__(self, dim, high):
            super().__init__()
            self.last = nn.Parameter(last.clone())
            self.dim, self.high = dim, high

        def forward(self, kept):
            raw = torch.tanh(kept @ first[:self.dim] + first_bias) @ self.last + last_bias
            s, t = raw.chunk(2, 1)
            return s[:, :self.dim] + self.high, t[:, :self.dim]

    def ask(b, high=0.0):
        network = Network(len(b), high)
        return Coupling(network, b.clone()).to(x.dtype), network

    def both(layer, points):
        return probing.tensors(layer(points), 2, "`forward`")

    def back(layer, points):
        """A tensor; how many values, where there are several; None, where there is none."""
        value = layer.inverse(points)
        several = isinstance(value, (tuple, list))
        return value if value is None else float(len(value)) if several else probing.tensor(value, "`inverse`")

    layer, network = ask(mask)
    leaf = probing.leaf(x)
    moved, log_det = both(layer, leaf)
    by = (moved * weight.to(moved.dtype)).sum()
    d_x, d_last = probing.vjp(by, [leaf, network.last])
    d_x_volume, d_last_volume = probing.vjp(log_det, [leaf, network.last], weights)
    values = dict(moved=moved, log_det=log_det, d_x=d_x, d_last=d_last, d_x_volume=d_x_volume,
                  d_last_volume=d_last_volume)
    values["other"], values["other_volume"] = both(ask(1 - mask)[0], x)
    values["wide"], values["wide_volume"] = both(ask(mask, high=steep)[0], x)
    values["row"], values["row_volume"] = both(ask(pair)[0], x[:1, :2])
    some, row, later = z[1:].clone(), z[:1, :2].clone(), z.clone()
    try:
        values["back"] = back(layer, z)
        values["other_back"] = probing.attempt(back, ask(1 - mask)[0], some)
        values["row_back"] = probing.attempt(back, ask(pair)[0], row)
        values["wide_back"] = probing.attempt(back, ask(mask, high=steep)[0], later)
    except NotImplementedError:  # forward alone gets its points
        pass
    return {name: value for name, value in values.items() if value is not None}


class Given(nn.Module):
    """The constructor as the lesson gives it."""

    def __init__(self, network, mask):
        super().__init__()
        self.network = network
        self.register_buffer("mask", mask)


class Coupling(Given):
    """The reference: s and t are put to 0 where the mask is 1."""

    def forward(self, x):
        s, t = self.network(self.mask * x)
        s, t = (1 - self.mask) * s, (1 - self.mask) * t
        return x * s.exp() + t, s.sum(1)

    def inverse(self, z):
        s, t = self.network(self.mask * z)
        s, t = (1 - self.mask) * s, (1 - self.mask) * t
        return (z - t) * (-s).exp()


class Truth(Given):
    """One coordinate at a time; the volume from the determinant of autograd's Jacobian."""

    def _map(self, x):
        s, t = self.network(torch.where(self.mask == 1, x, torch.zeros_like(x)))
        return torch.stack([x[:, d] if self.mask[d] else x[:, d] * torch.exp(s[:, d]) + t[:, d]
                            for d in range(x.shape[1])], 1)

    def forward(self, x):
        rows = [torch.autograd.functional.jacobian(lambda row: self._map(row[None])[0], row, create_graph=True)
                for row in x]
        return self._map(x), torch.linalg.slogdet(torch.stack(rows)).logabsdet

    def inverse(self, z):
        s, t = self.network(torch.where(self.mask == 1, z, torch.zeros_like(z)))
        return torch.stack([z[:, d] if self.mask[d] else (z[:, d] - t[:, d]) / torch.exp(s[:, d])
                            for d in range(z.shape[1])], 1)


exercise = Exercise(
    id="flow-coupling", defines="class Coupling(network, mask)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=Coupling, truth=Truth,
    withholds=["genlab.models.flow.AffineCoupling.forward", "genlab.models.flow.AffineCoupling.inverse"],
    comparisons=[
        Compare("moved", "other", "row", "d_x", "d_last", points=1, shape="(B, D)",
                what={"d_x": "the gradient of z with respect to x", "d_last": "the gradient of z with respect to the network",
                      "moved": "z", "other": "z under the opposite mask", "row": "z of one row"},
                says="What the mask keeps stays as it is; the rest becomes x · exp(s) + t, with s and t of the kept part."),
        Compare("back", "other_back", "row_back", points=1.25, shape="(B, D)", what="`inverse`",
                says="`inverse` undoes `forward`: what was kept is still there, so s and t are known; shift back, then scale back."),
        Compare("log_det", "other_volume", "row_volume", "d_x_volume", "d_last_volume", points=1.25,
                shape="(B,)", what={"d_x_volume": "the gradient of log_det with respect to x",
                                    "d_last_volume": "the gradient of log_det with respect to the network",
                                    "log_det": "`log_det`", "other_volume": "`log_det` under the opposite mask",
                                    "row_volume": "`log_det` of one row"},
                says="How the volume changes at each point: the Jacobian is triangular, so only its diagonal counts."),
        Compare("wide", "wide_back", "wide_volume", points=0.5,
                what={"wide": "z where s is large", "wide_back": "`inverse` where s is large",
                      "wide_volume": "`log_det` where s is large"},
                says="The same where s is -25, -12 or 25: no bound on s, and nothing added to a scale."),
    ],
    hints=[
        "The network may see only what stays, or the way back cannot ask it the same question. Which entries of its "
        "answer are used?",
        "Where the mask is 0: z = x exp(s) + t, and x = (z - t) exp(-s). The determinant of a triangular matrix is the "
        "product of its diagonal.",
        "s, t = self.network(self.mask * x); s, t = (1 - self.mask) * s, (1 - self.mask) * t; then x * s.exp() + t and "
        "s.sum(1). With z in place of x the same s and t come back.",
    ],
    afterwards="Both directions cost one call of the network: no equation has to be solved.",
)
