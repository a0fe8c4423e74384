"""wgan-gradient-penalty: how far the critic's slope is from 1 on the lines between data and samples.

    mean over i of (‖∇f(x̂_i)‖₂ - 1)²,     x̂_i = a_i x_i + (1 - a_i) x'_i

(Gulrajani et al. 2017, arXiv:1704.00028, equation 3, without λ.) Fixed: the shares a come in, one for each pair; the gradient of the
penalty reaches the critic's parameters and nothing else; where the slope is 0 its length has the gradient 0, as `norm` of PyTorch has
it. Free: autograd.grad or torch.func, a sum of scores or ones, a number of at most 1e-12 under the root.
"""

import torch
from torch import nn

from genlab.random import rand, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.ddpm._steady import steady


def inputs(rng, n=1):
    """Rows of as many numbers as there are rows, where a share of (B,) would broadcast; images as wide as the batch, and others."""
    B = 4 + randint(0, 2, (1,), rng=rng).item()
    double = torch.zeros((), dtype=torch.float64)
    share = 0.15 + 0.7 * rand((B - 2,), like=double, rng=rng)
    ends = torch.tensor([0.0, 1.0]).double()[torch.randperm(2, generator=rng)]
    return {"real": 0.5 + draws.normal((B, B), rng=rng), "fake": -0.4 + draws.normal((B, B), rng=rng),
            "image": draws.normal((B, 2, 3, B), rng=rng), "image_fake": 0.5 + draws.normal((B, 2, 3, B), rng=rng),
            "a": torch.cat([share[:1], ends, share[1:]]),
            "w": draws.normal((6 * B,), rng=rng), "curve": 0.3 + rand((6 * B,), like=double, rng=rng),
            "flat": draws.normal((7 * B + 7,), rng=rng), "old": draws.normal((7 * B + 7,), rng=rng)}


def probe(gradient_penalty, real, fake, image, image_fake, a, w, curve, flat, old):
    """Linear critics, steep and gentle; quadratic ones; a small network with its gradients; flat places; images; one row; moods."""
    class Bowl(nn.Module):
        """½ Σ k (x - m)²: its slope at x is k (x - m)."""

        def __init__(self, k, m):
            super().__init__()
            self.k, self.m = nn.Parameter(k.clone()), nn.Parameter(m.clone())

        def forward(self, x):
            return (0.5 * self.k * (x.flatten(1) - self.m) ** 2).sum(1)

    class Slope(nn.Module):
        def __init__(self, w):
            super().__init__()
            self.w = nn.Parameter(w.clone())

        def forward(self, x):
            return (x.flatten(1) @ self.w)[:, None] + 3

    class Moody(nn.Module):
        """Another function in training mode than in evaluation mode, and in both one of each row by itself."""

        def __init__(self, w, k):
            super().__init__()
            self.w, self.k = nn.Parameter(w.clone()), nn.Parameter(k.clone(), requires_grad=False)  # k is frozen

        def forward(self, x):
            return torch.tanh(self.k * x.flatten(1)) @ self.w * (1.5 if self.training else 0.5)

    def ask(critic, *given):
        return probing.tensor(gradient_penalty(critic, *(v.clone() for v in given)), "`gradient_penalty`")

    def with_slopes(critic, *given):
        value = ask(critic, *given)
        return torch.cat([value.detach().reshape(-1), *(s.flatten() for s in probing.vjp(value, list(critic.parameters())))])

    def attempt(critic, *given):
        found = probing.attempt(ask, critic, *given)
        return found if isinstance(found, str) else found.detach()

    D = real.shape[1]
    unit = w[:D] / w[:D].norm()
    bowl = Bowl(curve[:D], w[:D])
    high, low = 1.5 + 2 * curve[0], 0.5 * curve[-1]
    steep, bent = ask(Slope(high * unit), real, fake, a).detach(), ask(bowl, real, fake, a).detach()
    net = nn.Sequential(nn.Linear(D, 5), nn.Tanh(), nn.Linear(5, 1)).to(flat.dtype)
    size = sum(p.numel() for p in net.parameters())
    nn.utils.vector_to_parameters(flat[:size].clone(), net.parameters())
    probing.plant(net, old[:size])
    value = ask(net, real, fake, a)
    left = probing.left(net)
    slopes = probing.attempt(lambda: torch.cat([s.flatten() for s in probing.vjp(value, list(net.parameters()))]))
    maker = probing.leaf(fake), probing.leaf(real)
    made = [m * 1.5 for m in maker]  # with a graph, as samples of a generator have
    reached = probing.attempt(lambda: probing.vjp(probing.tensor(gradient_penalty(net, made[1], made[0], a), "it"), [*maker, net[0].weight]))
    reached = reached if isinstance(reached, str) else torch.cat([r.flatten() for r in reached])
    rows, more = (image.flatten(2), image_fake.flatten(2), a), (image[:, None], image_fake[:, None], a)  # of other numbers of axes
    moods = [Moody(w[:D], curve[:D]), Moody(w[:D], curve[:D]).eval()]
    in_moods = [attempt(critic, real, fake, a) for critic in moods]
    modes = torch.tensor([float(flag) for critic in moods for flag in (critic.training, critic.w.requires_grad, critic.k.requires_grad)])
    middle, level = Bowl(curve[:D], 0 * unit), Slope(0 * unit)
    bottom = torch.cat([0 * real[:1], real[1:]]), torch.cat([0 * fake[:1], fake[1:]])  # of 0 any mixture is exactly 0
    found = dict(steep=steep, gentle=attempt(Slope(low * unit), real, fake, a), one=attempt(bowl, real[:1], fake[:1], a[:1]),
                bent=bent, images=attempt(Bowl(curve, w), image, image_fake, a), pictures=attempt(Slope(0.5 * w), image, image_fake, a),
                series=attempt(Bowl(curve, w), *rows), films=attempt(Bowl(curve, w), *more), cliff=attempt(Slope(1e4 * high * w[:D]), real, fake, a),
                training=in_moods[0], evaluated=in_moods[1], modes=modes, flat=attempt(level, real, fake, a),
                all_real=attempt(bowl, real, fake, a * 0 + 1), all_fake=attempt(bowl, real, fake, a * 0),
                value=value.detach(), slopes=slopes, of_bowl=probing.attempt(with_slopes, bowl, real, fake, a), left=left,
                reached=reached, bottom=probing.attempt(with_slopes, middle, *bottom, a),
                level=probing.attempt(with_slopes, level, real, fake, a), again=attempt(bowl, real, fake, a))
    probing.attempt(gradient_penalty, bowl, real, fake, a)  # themselves, and last: they are looked at afterwards
    return found


def reference(critic, real, fake, a):
    """As in the lesson."""
    a = a.view(-1, *[1] * (real.ndim - 1))
    between = (a * real + (1 - a) * fake).detach().requires_grad_()
    slope, = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def truth(critic, real, fake, a):
    """Row by row; the length as the slope's product with its own direction, which has no kink at 0."""
    total = 0.0
    for x, y, share in zip(real.detach(), fake.detach(), a.detach(), strict=True):
        place = torch.lerp(y, x, share)[None].requires_grad_()
        slope, = torch.autograd.grad(critic(place).squeeze(), place, create_graph=True)
        size = slope.detach().square().sum().sqrt()
        direction = slope.detach() / size if size > 0 else torch.zeros_like(slope)
        total = total + ((slope * direction).sum() - 1) ** 2
    return total / len(real)


def one_where_flat(inputs, got, expected, n):
    """A critic that is flat everywhere: 1, but for what 1e-12 under the root makes of it, even if added to each number."""
    if not torch.allclose(got["bent"].double(), expected["bent"].double(), rtol=1e-3):
        return False, "another where the critic is not flat", "the penalty"
    value, right = got["flat"].double(), expected["flat"].double()
    return bool((value - right).abs() < 6e-6), value, right


def nothing_left(inputs, got, expected, n):
    """The gradients that lie in the critic are those that lay there."""
    leak = (got["left"].double() - expected["left"].double()).abs().max().item()
    return leak < 1e-5, leak, 0.0


exercise = Exercise(
    id="wgan-gradient-penalty", defines="gradient_penalty(critic, real, fake, a)", core=True, points=4, level=4, minutes=18,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.adversarial.GradientPenalty"],
    comparisons=[
        Compare("steep", "gentle", "cliff", shape="()", points=0.75, tolerance=1e-4,
                what={"steep": "`gradient_penalty` of a critic that is steep everywhere",
                      "cliff": "`gradient_penalty` of a critic with a slope of many thousands",
                      "gentle": "`gradient_penalty` of a critic with a slope below 1 everywhere"},
                says="A critic with one slope everywhere: the penalty is the square of how far it is from 1, above or below."),
        Compare("bent", "all_real", "all_fake", "one", points=0.75, test=steady("bent", "all_real", "all_fake", "one"), resolution=1e-4,
                what="`gradient_penalty` of a curved critic",
                says="A curved critic: the slope is taken between each datum and its sample, where the share of that pair says."),
        Compare("images", "pictures", "series", "films", points=0.5, tolerance=1e-4, what={
                    **dict.fromkeys(("images", "pictures"), "`gradient_penalty` for images"),
                    "series": "`gradient_penalty` for rows of two axes, (B, C, L)", "films": "`gradient_penalty` for rows of four axes"},
                says="Images (B, C, H, W), and any other number of axes: one slope for each image, over all of its numbers."),
        Compare("slopes", "of_bowl", "value", points=0.75, tolerance=1e-3, what="the gradient of `gradient_penalty`",
                says="The gradient of the penalty in the critic's parameters, through the gradient that it is made of."),
        Compare("bottom", "level", points=0.25, tolerance=1e-3, what="`gradient_penalty` where the critic is flat",
                says="Where the slope is 0 the penalty is 1, and its gradients are finite."),
        Compare("flat", "bent", points=0.25, test=one_where_flat, resolution=1e-7, what="`gradient_penalty` where the critic is flat",
                says="Where the slope is 0 the penalty is 1 to five places: a number under the root is at most 1e-12."),
        Compare("reached", "left", points=0.25, tolerance=1e-3, what="what the gradient of `gradient_penalty` reaches",
                says="The gradient reaches the critic's parameters and not those who made data or samples."),
        Compare("training", "evaluated", "modes", points=0.25, tolerance=1e-4, what={
                    "training": "`gradient_penalty` of a critic in training mode", "evaluated": "`gradient_penalty` of a critic in evaluation mode",
                    "modes": "whether a critic is in training mode and each of its weights requires a gradient (1: yes)"},
                says="The critic is asked in the mode in which it comes, and mode and requires_grad of its weights stay."),
        Compare("left", "slopes", points=0.25, test=nothing_left, resolution=1e-4, what="the gradients left in the critic",
                says="No gradient is left in the critic by the call."),
    ],
    hints=[
        "Which derivative is punished: of what, with respect to what, at which places? And which derivative will the critic's step need of "
        "that?",
        "Mix each pair with its own share, as a new leaf (detach, requires_grad_). torch.autograd.grad of the sum of the scores gives each "
        "row its own slope; create_graph=True keeps the way back to the parameters. Then a length for each row.",
        "a = a.view(-1, *[1] * (real.ndim - 1)); slope, = torch.autograd.grad(critic(between).sum(), between, create_graph=True); "
        "(slope.flatten(1).norm(dim=1) - 1).square().mean()",
    ],
    afterwards="Because each row's slope is its own, BatchNorm has no place in such a critic: there a score depends on the whole batch.",
)
