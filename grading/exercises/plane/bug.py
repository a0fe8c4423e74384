"""plane-bug: a sampler that leaves the network in the mode, and with the graph, of training.

The lesson gives `buggy_draw`, word for word as below. In training mode BatchNorm uses the statistics of whatever is drawn
together, and changes its own; Dropout switches units off at random; and every sample drags its graph along.
"""

import copy

import torch
from torch import nn

from genlab.random import randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


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
    """Points, their slope, the running statistics, and how the network behaves afterwards in either mode."""
    def network():
        net = nn.Sequential(nn.Linear(3, 5, bias=False), nn.BatchNorm1d(5), nn.Dropout(0.4),
                            nn.Linear(5, 2, bias=False)).double()
        with torch.no_grad():
            net[0].weight.copy_(first)
            net[3].weight.copy_(second)
            net[1].running_mean.copy_(mean)
            net[1].running_var.copy_(variance)
        return net

    def behaviour(net):
        torch.manual_seed(7)  # for Dropout, if it is on
        output = net(later)
        return output, probing.vjp(output, [net[0].weight])[0]

    def ask(net, noise):
        torch.manual_seed(3)
        return probing.tensor(draw(net, noise), "`draw`")

    trained, used = network(), network().eval()
    leaf = probing.leaf(z)
    drawn = ask(trained, leaf)
    slopes = probing.vjp(drawn, [leaf, trained[3].weight], weight)
    alone = ask(trained, z[:2])
    statistics = torch.stack([trained[1].running_mean, trained[1].running_var]).clone()
    training, training_slope = behaviour(trained)
    in_use = ask(used, z)
    using, _ = behaviour(used)
    return dict(drawn=drawn, alone=alone, in_use=in_use, statistics=statistics,
                slope=torch.cat([one.flatten() for one in slopes]),
                training=training, training_slope=training_slope, using=using)


def reference(generator, z):
    """In evaluation mode, without a graph; afterwards the mode is what it was."""
    mode = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            return generator(z)
    finally:
        generator.train(mode)


# Known mistakes


def buggy_draw(generator, z):
    points = generator(z)
    return points


def graph_kept(generator, z):
    mode = generator.training
    generator.eval()
    points = generator(z)
    generator.train(mode)
    return points


def mode_kept(generator, z):
    with torch.no_grad():
        return generator(z)


def detached(generator, z):
    return generator(z).detach()


def mode_not_restored(generator, z):
    generator.eval()
    with torch.no_grad():
        return generator(z)


def eval_alone(generator, z):
    generator.eval()
    return generator(z)


def always_training_afterwards(generator, z):
    generator.eval()
    with torch.no_grad():
        points = generator(z)
    generator.train()
    return points


def training_afterwards_with_graph(generator, z):
    generator.eval()
    points = generator(z)
    generator.train()
    return points


def too_late(generator, z):
    mode = generator.training
    with torch.no_grad():
        points = generator(z)
    generator.eval()
    generator.train(mode)
    return points


def other_way_round(generator, z):
    generator.train()
    with torch.no_grad():
        points = generator(z)
    generator.eval()
    return points


def parameters_frozen(generator, z):
    generator.requires_grad_(False)
    return graph_kept(generator, z.detach())


def weights_frozen(generator, z):
    generator.requires_grad_(False)
    return graph_kept(generator, z)


def parameters_frozen_and_thawed(generator, z):
    generator.requires_grad_(False)
    points = graph_kept(generator, z)
    generator.requires_grad_(True)
    return points


def noise_detached(generator, z):
    return graph_kept(generator, z.detach())


def only_dropout(generator, z):
    for part in generator.modules():
        if isinstance(part, nn.Dropout):
            part.eval()
    with torch.no_grad():
        points = generator(z)
    for part in generator.modules():
        if isinstance(part, nn.Dropout):
            part.train(generator.training)
    return points


def only_batch_norm(generator, z):
    for part in generator.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.eval()
    with torch.no_grad():
        points = generator(z)
    for part in generator.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.train(generator.training)
    return points


def mode_read_too_late(generator, z):
    generator.eval()
    mode = generator.training
    with torch.no_grad():
        points = generator(z)
    generator.train(mode)
    return points


def noise_of_its_own(generator, z):
    return reference(generator, torch.randn_like(z))


def statistics_copied(generator, z):
    with torch.no_grad():
        return copy.deepcopy(generator)(z)


# Also right


def on_a_copy(generator, z):
    twin = copy.deepcopy(generator).eval()
    return twin(z).detach()


@torch.no_grad()
def decorated(generator, z):
    modes = [(part, part.training) for part in generator.modules()]
    generator.train(False)
    points = generator(z)
    for part, mode in modes:
        part.training = mode
    return points


def in_inference_mode(generator, z):
    training = generator.training
    with torch.inference_mode():
        points = generator.eval()(z)
    generator.train(training)
    return points.clone()


exercise = Exercise(
    id="plane-bug", defines="draw(generator, z)", core=True, points=2, level=2, minutes=10, all_or_nothing=True,
    inputs=inputs, probe=probe, reference=reference,
    comparisons=[
        Compare("drawn", "alone", "in_use", points=0.5, shape="(B, 2)",
                says="The same z gives the same point, whatever is drawn together with it and whatever the mode before."),
        Compare("slope", "drawn", points=0.5, says="Samples carry no graph: no gradient goes back through them."),
        Compare("statistics", "drawn", points=0.5, says="Drawing changes nothing in the network, its running statistics included."),
        Compare("training", "training_slope", "using", points=0.5,
                says="Afterwards the network is in the mode in which it was before, training or not."),
    ],
    mistakes=[
        Mistake(buggy_draw, "This is still the buggy sampler. Draw the same z alone and together with others: the points differ."),
        *(Mistake(wrong, "The graph is gone. But the network still runs in training mode: BatchNorm uses the batch, and changes "
                  "its own statistics; Dropout is on.") for wrong in (mode_kept, detached, too_late)),
        Mistake(graph_kept, "The mode is right now. But the samples still carry their graph: use torch.no_grad()."),
        Mistake(noise_detached, "The mode is right now. But the samples still carry the graph of the network's weights: use "
                "torch.no_grad()."),
        Mistake(mode_not_restored, "The samples are right. But a network in training is left in evaluation mode: training would go "
                "on without Dropout and with frozen statistics. Put back the mode that you found."),
        Mistake(eval_alone, "You switch to evaluation mode and stay there, and the samples still carry their graph."),
        Mistake(always_training_afterwards, "A network that was in evaluation mode is in training mode after your call. Put back the "
                "mode that you found."),
        Mistake(training_afterwards_with_graph, "The samples still carry their graph, and a network that was in evaluation mode is in "
                "training mode after your call."),
        Mistake(other_way_round, "The two modes have changed places: eval() before drawing, and afterwards what it was before."),
        *(Mistake(wrong, "You switch gradients off for good, of the weights or of everything: the network cannot be trained "
                "any more. Use torch.no_grad(), which ends with its block.") for wrong in (parameters_frozen, weights_frozen)),
        Mistake(parameters_frozen_and_thawed, "The samples still carry a graph, back to z. torch.no_grad() leaves none."),
        Mistake(only_dropout, "Dropout is off. But BatchNorm still uses the statistics of the batch, and changes its own: put the "
                "whole network into evaluation mode."),
        Mistake(only_batch_norm, "BatchNorm is right. But Dropout still switches units off: put the whole network into evaluation mode."),
        Mistake(mode_read_too_late, "The samples are right. But a network in training is left in evaluation mode: training would go "
                "on without Dropout and with frozen statistics. Put back the mode that you found."),
        Mistake(noise_of_its_own, "You draw noise of your own. The noise is the argument z."),
        Mistake(statistics_copied, "The network stays as it was. But the samples are drawn in training mode: BatchNorm uses the batch "
                "and Dropout is on."),
    ],
    withholds=["genlab.layers.evaluating", "genlab.display.quiet.quietly"],
    also_right=[on_a_copy, decorated, in_inference_mode],
    hints=[
        "What do BatchNorm and Dropout do differently while a network is trained? And what does a result remember of how it was "
        "made?",
        "Remember generator.training, call generator.eval(), compute under torch.no_grad(), and set the mode back with "
        "generator.train(mode), which also takes False.",
        "mode = generator.training; generator.eval(); with torch.no_grad(): points = generator(z); generator.train(mode).",
    ],
)
