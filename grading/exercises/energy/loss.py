"""energy-loss: contrastive divergence, whose gradient is that of the likelihood if the samples are the model's.

Two energies. The first is a table of eight states whose probabilities are counts out of a whole number, so that
samples can hold each state exactly as often as it should be: the gradient then has to equal, to the last digit,
that of mean(-log p), which the judge takes by enumerating the states. The second is smooth, and its samples
come with a graph through the parameters, as from a chain that nobody has cut off.
"""

import torch
from torch import Tensor, nn

from genlab.random import permutation, rand, randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Eight states with hidden counts, as many samples as the counts say; a smooth energy in three dimensions."""
    one = torch.ones(1, dtype=torch.float64)
    counts = randint(1, 7, (8,), rng=rng)
    place = permutation(8, rng=rng)
    counts[place[:3]] = torch.tensor([1, 4, 6])  # never all alike
    samples = torch.arange(8).repeat_interleave(counts)
    return {
        "data": randint(0, 8, (5,), rng=rng), "counts": counts, "samples": samples[permutation(len(samples), rng=rng)],
        "shift": float(randn((), like=one, rng=rng)), "penalty": float(0.2 + 0.3 * torch.rand((), generator=rng)),
        "x": 1 + randn((4, 3), like=one, rng=rng), "start": randn((6, 3), like=one, rng=rng),
        "width": 0.5 + rand((3,), like=one, rng=rng), "tilt": randn((3,), like=one, rng=rng),
        "planted": randn((3,), like=one, rng=rng),
    }


def probe(ebm_loss, data, counts, samples, shift, penalty, x, start, width, tilt, planted):
    """Values and gradients of both energies, with and without penalty, and for one image and one sample."""
    one = torch.ones((), dtype=x.dtype)

    class Table(nn.Module):
        """E of a state in {0, 1}³, looked up by its number."""

        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(shift * one - (counts * one).log())

        def forward(self, states):
            return self.table[(states @ torch.tensor([4.0, 2.0, 1.0], dtype=states.dtype)).long()]

    class Smooth(nn.Module):
        """E(x) = Σ ½ w x² - b x + 0.1 x⁴."""

        def __init__(self):
            super().__init__()
            self.w, self.b = nn.Parameter(width.clone()), nn.Parameter(tilt.clone())
            self.still = nn.Parameter(planted.clone(), requires_grad=False)  # frozen before, and so afterwards

        def forward(self, points):
            return (0.5 * self.w * points**2 - self.b * points + 0.1 * points**4).sum(1)

    bits = torch.tensor([[i // 4 % 2, i // 2 % 2, i % 2] for i in range(8)]).to(x.dtype)
    table = probing.watch("energy", Table().eval())
    exact = probing.tensor(ebm_loss(table, bits[data], lambda given: bits[samples], 0.0), "`ebm_loss`")
    d_table, = probing.vjp(exact, [table.table])

    smooth = probing.watch("energy", Smooth())
    smooth.w.grad = planted.clone()

    def walkers():
        """A sampler: a step downhill from hidden places and from what is given; its graph leads to the parameters.

        Asked again, it goes on from other places, as a random one would.
        """
        calls = []

        def chain(given):
            calls.append(given)
            places = torch.cat([start.to(given.dtype), given[:1]]) + 0.4 * (len(calls) - 1)
            return places - 0.3 * (smooth.w * places - smooth.b + 0.4 * places**3)

        return chain

    value = probing.tensor(ebm_loss(smooth, x, walkers(), penalty), "`ebm_loss`")
    d_w, d_b = probing.vjp(value, [smooth.w, smooth.b])
    plain = probing.tensor(ebm_loss(smooth, x, walkers(), penalty=0.0), "`ebm_loss`")
    usual = probing.tensor(ebm_loss(smooth, x, walkers()), "`ebm_loss`")
    swapped = probing.tensor(ebm_loss(smooth, walkers()(x).detach(), lambda given: x, 0.0), "`ebm_loss`")
    single = probing.tensor(ebm_loss(smooth, x[:1], lambda given: walkers()(given)[-1:], penalty), "`ebm_loss`")
    with torch.no_grad():
        quiet = probing.tensor(ebm_loss(smooth, x, lambda given: walkers()(given).detach(), penalty), "`ebm_loss`")
    kept = planted * 0 if smooth.w.grad is None else smooth.w.grad
    return dict(exact=exact, d_table=d_table, value=value, d_w=d_w, d_b=d_b, plain=plain, swapped=swapped, usual=usual, single=single,
                quiet=quiet, kept=kept)


def reference(energy, x, sampler, penalty=0.1):
    """Means of both, and the penalty; samples are cut off from their graph."""
    data, samples = energy(x), energy(sampler(x).detach())
    return data.mean() - samples.mean() + penalty * (data.square().mean() + samples.square().mean())


def truth(energy, x, sampler, penalty=0.1):
    """One energy at a time, added up."""
    samples = torch.as_tensor(sampler(x)).detach()
    total: Tensor | float = 0.0
    for points, sign in ((x, 1), (samples, -1)):
        for i in range(len(points)):
            e = energy(points[i:i + 1])[0]
            total = total + (sign * e + penalty * e * e) / len(points)
    return total


def gradient_is_exact(inputs, got, expected, n):
    """Against the gradient of mean(-log p), by enumeration of the states: probability minus share of the data."""
    p = inputs["counts"].double() / inputs["counts"].sum()
    shares = torch.bincount(inputs["data"], minlength=8).double() / len(inputs["data"])
    wanted, found = shares - p, got["d_table"].double()
    worst = int((found - wanted).abs().argmax())
    return torch.allclose(found, wanted, rtol=1e-4, atol=1e-6), found[worst], wanted[worst]


exercise = Exercise(
    id="energy-loss", defines="ebm_loss(energy, x, sampler, penalty=0.1)", core=True, points=4, level=4, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.energy.contrastive_divergence", "genlab.models.energy.EnergyModel.loss"],
    comparisons=[
        Compare("exact", "plain", "swapped", points=0.75, shape="()", what="`ebm_loss` without a penalty",
                says="Without a penalty: how much higher the energy of the data is than that of the samples, on average."),
        Compare("d_table", points=1, test=gradient_is_exact, resolution=1e-6, what="its gradient",
                says="With samples of the model itself, the gradient is that of the mean of -log p: down at the data, up at "
                     "the samples."),
        Compare("value", "usual", "single", "quiet", points=0.75, shape="()", what="`ebm_loss`",
                says="The penalty adds up the means of the squared energies, of data and of samples, times its weight."),
        Compare("d_w", "d_b", points=1, tolerance=1e-4, what="the gradient with respect to the energy's parameters",
                says="Where a sample lies is not to be learnt: no gradient passes through the chain that made it."),
        Compare("kept", points=0.5, what="the `.grad` of a parameter after the call",
                says="The loss only computes: whatever gradients the parameters hold is left as it was."),
    ],
    hints=[
        "log p = -E - log Z. One of the two gradients is that of E at the data; the other is a mean over the model.",
        "∇ mean(-log p) = mean ∇E(x) - mean ∇E(x') for x' drawn from the model. So the loss is a difference of two means, in "
        "which the x' are constants.",
        "samples = sampler(x).detach(); e, f = energy(x), energy(samples); e.mean() - f.mean() + penalty * "
        "(e.square().mean() + f.square().mean())",
    ],
    afterwards="The value says nothing about progress: log Z is missing from it, and near the optimum it is 0.",
)
