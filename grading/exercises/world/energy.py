"""world-energy: an energy says which image is likelier; the sum over all images says how likely."""

from itertools import product

import torch

from genlab.random import randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Couplings between pixels and a field on each; shifts and a scale of the energy that exp does not survive."""
    double = torch.zeros((), dtype=torch.float64)
    return {
        "x": randint(0, 2, (6, 4), rng=rng).double(), "small": randint(0, 2, (5, 3), rng=rng).double(),
        "coupling": randn((4, 4), like=double, rng=rng), "field": 0.7 * randn((4,), like=double, rng=rng),
        "weight": 1 + 0.5 * randn((6,), like=double, rng=rng),
        "shift": float(800 + 100 * torch.rand((), generator=rng)),
        "steep": float(10 ** (5 + torch.rand((), generator=rng))),
    }


def probe(log_probability, x, small, coupling, field, weight, shift, steep):
    """At six images, at one, of three pixels and of one; the slope with the couplings; shifted and steep energies.

    The images come in whole numbers and in float32, too; the energy answers in float64 whatever it gets.
    """
    leaf = probing.leaf(coupling)

    def energy(states, by=0.0, table=leaf, times=1.0):
        states = states.to(table.dtype)
        d = states.shape[1]
        return times * (((states @ table[:d, :d]) * states).sum(1) + states @ field[:d]) + by

    given = probing.watch("x", [])

    def ask(images, function):
        given.append(images.clone())
        return probing.tensor(log_probability(given[-1], function), "`log_probability`")

    value = ask(x, energy)
    slope, = probing.vjp(value, [leaf], weight)
    pixels = [probing.attempt(ask, images, energy) for images in (small[:2, :1], 1 - small[:2, :1])]
    raised = [found for found in pixels if isinstance(found, str)]
    return dict(value=value, slope=slope, one=ask(x[:1], energy), three=ask(small, energy), pixel=raised[0] if raised else torch.stack(pixels),
                pair=ask(x[:, :2], energy), whole=ask(x.long(), energy).double(), bytes=ask(x.to(torch.uint8), energy),
                single=ask(x.float(), energy), high=ask(x, lambda s: energy(s, shift)),
                low=ask(x, lambda s: energy(s, -shift)), steep=torch.cat([probing.tensor(ask(image, lambda s: energy(s, times=steep))).reshape(-1) for image in x.split(1)]),
                steeper=ask(x, lambda s: energy(s, -shift, times=-steep)))


def _states(x):
    """All images of as many pixels as x has, (2^D, D)."""
    return torch.tensor(list(product((0.0, 1.0), repeat=x.shape[1])), dtype=torch.float64)


def reference(x, energy):
    """-E(x) - log Σ exp(-E) over all images."""
    return -energy(x) - torch.logsumexp(-energy(_states(x)), 0)


def truth(x, energy):
    """By a softmax over all images, in which each image is looked up by its number."""
    table = torch.log_softmax(-energy(_states(x)), 0)
    places = 2 ** torch.arange(x.shape[1] - 1, -1, -1)
    return table[(x.long() * places).sum(1)]


exercise = Exercise(
    id="world-energy", defines="log_probability(x, energy)", core=True, points=3, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("value", "one", points=1, shape="(B,)", what="`log_probability`",
                says="The log-probability of each image: minus its energy, minus log Z with the sum over all images."),
        Compare("three", "pixel", "pair", points=0.25, shape="(B,)", what="`log_probability` of smaller images",
                says="The same for images of three, two and one pixel: there are 2^D of them."),
        Compare("whole", "bytes", "single", points=0.25, shape="(B,)", what="`log_probability` of other dtypes",
                says="Images in whole numbers or float32 are the same images: the result is as exact as the energy."),
        Compare("slope", points=0.5, tolerance=1e-4, what="the gradient with respect to the energy's parameters",
                says="How it moves with the couplings in the energy: through the image and through Z."),
        Compare("high", "low", "steep", "steeper", points=1, shape="(B,)",
                what="`log_probability` for energies of hundreds",
                says="A constant added to every energy changes nothing, also where it is 800, and energies may differ by "
                     "a million: exp(800) is not finite, and exp(-800) is 0."),
    ],
    withholds=["genlab.models.energy.EnergyModel.log_partition"],
    hints=[
        "The probabilities of all images have to add up to 1. What must exp(-E(x)) be divided by?",
        "log p(x) = -E(x) - log Z with Z = Σ exp(-E(x')) over all 2^D images x'. The logarithm of a sum of exponentials "
        "has a function of its own, which does not overflow.",
        "all_images = torch.tensor(list(itertools.product([0.0, 1.0], repeat=x.shape[1]))); then -energy(x) - "
        "torch.logsumexp(-energy(all_images), 0). (torch.cartesian_prod makes them too, but of one pixel a vector: "
        "reshape it to (-1, x.shape[1]).)",
    ],
)
