"""plane-bug: a sampler that leaves the network in the mode, and with the graph, of training.

The lesson gives `buggy_draw`, word for word as below. In training mode BatchNorm uses the statistics of whatever is drawn
together, and changes its own; Dropout switches units off at random; and every sample drags its graph along.
"""


import torch
from torch import nn

from genlab.random import randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Weights and running statistics of a small generator, noise for it, and a batch for looking afterwards."""
    double = torch.zeros((), dtype=torch.float64)
    return {
        "first": randn((5, 3), like=double, rng=rng), "second": randn((2, 5), like=double, rng=rng),
        "mean": randn((5,), like=double, rng=rng),
        "variance": 0.5 + torch.rand((5,), generator=rng, dtype=torch.float64),
        "z": randn((7, 3), like=double, rng=rng), "later": 1 + randn((6, 3), like=double, rng=rng),
        "weight": 1 + 0.5 * randn((7, 2), like=double, rng=rng),
    }


def probe(draw, first, second, mean, variance, z, later, weight):
    """Points and their slope; how the network behaves and learns afterwards, in either mode; what it holds."""
    def network():
        net = nn.Sequential(nn.Linear(3, 5, bias=False), nn.BatchNorm1d(5), nn.Dropout(0.4),
                            nn.Linear(5, 2, bias=False)).to(first.dtype)
        with torch.no_grad():
            net[0].weight.copy_(first)
            net[3].weight.copy_(second)
            net[1].running_mean.copy_(mean)
            net[1].running_var.copy_(variance)
        net[1].bias.requires_grad_(False)  # a parameter that is not trained, and stays so
        net[3].weight.grad = net[3].weight.detach().cos()  # of a training step that is under way
        return net

    def numbers(net):
        as_before = torch.tensor([float(parameter.dtype == first.dtype) for parameter in net.parameters()])
        gradient = torch.zeros_like(net[3].weight) if net[3].weight.grad is None else net[3].weight.grad
        everything = [*net.state_dict().values(), gradient, as_before]
        return torch.cat([number.detach().double().flatten() for number in everything])

    def behaviour(net):
        torch.manual_seed(7)  # for Dropout, if it is on
        output = net(later.to(net[0].weight.dtype)).to(later.dtype)
        everything = list(net.parameters())
        learning = [parameter for parameter in everything if parameter.requires_grad]
        slopes = dict(zip(learning, probing.vjp(output, learning), strict=True))
        reached = [slopes.get(parameter, torch.zeros_like(parameter)).to(later.dtype).flatten() for parameter in everything]
        return output, torch.cat([*reached, torch.tensor([float(parameter in slopes) for parameter in everything])])

    def ask(net, noise):
        torch.manual_seed(3)
        given.append(noise)
        graphs.append(0.0)  # of a call that raises
        points = probing.tensor(draw(net, noise), "`draw`")
        graphs[-1] = float(points.requires_grad)
        seeds.append(torch.initial_seed() == 3)
        return points

    start, seeds = torch.initial_seed(), []

    given, graphs, trained, used = probing.watch("z", []), [], network(), network().eval()
    leaf = probing.leaf(z)
    drawn = ask(trained, leaf)
    slopes = probing.vjp(drawn, [leaf, trained[3].weight], weight)
    alone = ask(trained, z[:2].clone())
    one = probing.attempt(ask, trained, z[:1].clone())  # BatchNorm in training mode refuses a single row
    statistics = numbers(trained)
    training, training_slope = behaviour(trained)
    in_use = ask(used, z.clone())
    statistics_in_use = numbers(used)
    using, using_slope = behaviour(used)
    torch.manual_seed(start if all(seeds) else start + 1)  # a seed set by `draw` is a setting that it changes
    return dict(drawn=drawn, alone=alone, one=one, in_use=in_use, statistics=statistics,
                statistics_in_use=statistics_in_use, slope=torch.cat([one.flatten() for one in slopes]),
                graphs=torch.tensor(graphs), training=training, training_slope=training_slope, using=using,
                using_slope=using_slope, later_statistics=numbers(trained))


def reference(generator, z):
    """In evaluation mode, without a graph; afterwards the mode is what it was."""
    mode = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            return generator(z)
    finally:
        generator.train(mode)


def exactly(inputs, got, expected, n):
    """What the network holds is not computed anew: it is the same number, or another."""
    for name in ("statistics", "statistics_in_use"):
        value, right = got[name], expected[name]
        if not torch.equal(value, right):
            worst = int((value - right).abs().argmax())
            return False, value.roll(-worst), right.roll(-worst)
    return True, 0.0, 0.0


exercise = Exercise(
    id="plane-bug", defines="draw(generator, z)", core=True, points=2, level=2, minutes=10, all_or_nothing=True,
    inputs=inputs, probe=probe, reference=reference,
    comparisons=[
        Compare("drawn", "alone", "one", "in_use", points=0.5, shape="(B, 2)", what="`draw`",
                says="The same z gives the same point, whatever is drawn together with it and whatever the mode before."),
        Compare("slope", "graphs", "drawn", points=0.5,
                what={"slope": "the gradient through the samples", "graphs": "requires_grad of the samples"},
                says="Samples carry no graph: no gradient goes back through them, and they ask for none."),
        Compare("statistics", "statistics_in_use", points=0.5, test=exactly, resolution=1e-9,
                what="what the network holds afterwards (weights, gradients, statistics and their count)",
                says="Drawing changes nothing in the network, to the last digit: weights, gradients, running statistics."),
        Compare("training", "training_slope", "using", "using_slope", "later_statistics", points=0.5,
                what={"training": "the network's output afterwards", "using": "the network's output afterwards",
                      "training_slope": "what the network learns afterwards",
                      "using_slope": "what the network learns afterwards",
                      "later_statistics": "the statistics after a batch more"},
                says="Afterwards the network is in the mode in which it was before, training or not, and learns as before."),
    ],
    withholds=["genlab.layers.evaluating", "genlab.display.quiet.quietly"],
    hints=[
        "What do BatchNorm and Dropout do differently while a network is trained? And what does a result remember of how it was "
        "made?",
        "Remember generator.training, call generator.eval(), compute under torch.no_grad(), and set the mode back with "
        "generator.train(mode), which also takes False.",
        "mode = generator.training; generator.eval(); with torch.no_grad(): points = generator(z); generator.train(mode).",
    ],
)
