"""dcgan-sample: a sampler whose images depend on their batch mates.

The lesson gives `buggy_sample`, word for word as below. The generator is used in the mode it happens to be in: while it
trains, BatchNorm takes mean and spread from the piece of codes that goes through together, and its running averages
move with every sample. Repaired: evaluation mode, no graph, every part of the generator as it was before.
"""

import torch
from torch import nn

from genlab.layers import evaluating
from genlab.random import rand
from grading.checks import probing
from grading.checks.draws import normal
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A small generator's weights, the codes that fill its averages, and codes to draw."""
    B = 11 + 2 * int(rand((1,), rng=rng) < 0.5)
    return {"flat": 0.6 * normal((220,), rng=rng), "old": normal((220,), rng=rng), "past": 2 + 3 * normal((40, 3), rng=rng),
            "z": normal((B, 3), rng=rng), "size": 2 + int(rand((1,), rng=rng) < 0.5)}


def probe(sample, flat, old, past, z, size):
    """Images of the codes in pieces of three sizes, from a generator that trains but for one part; then its state."""
    g = probing.player(flat, 3, 6, 5, 4)
    g(past)
    g(past.flip(0) * 0.5)
    g.insert(3, nn.Dropout(0.5))
    g.train()
    g[1].eval()  # somebody has frozen a part of it
    modes = [part.training for part in g.modules()]
    averages = [b.detach().double().flatten().clone() for b in g.buffers()]
    probing.plant(g, old)
    g[0].bias.requires_grad_(False)
    pieces_seen = []
    g.register_forward_pre_hook(lambda module, given: pieces_seen.append(len(given[0])))

    def run(codes, pieces):
        return probing.tensor(sample(g, codes, pieces), "`sample`")

    images = run(z, size)
    values = dict(images=images.detach(), largest=float(max([0, *pieces_seen])), graph=torch.tensor(float(images.requires_grad)))
    values["modes"] = torch.tensor([float(part.training == was) for part, was in zip(g.modules(), modes, strict=True)])
    values["moved"] = torch.stack([(b.double().flatten() - was).abs().max() for b, was in zip(g.buffers(), averages, strict=True)])
    values["left"], values["weights"] = probing.left(g), probing.parameters(g)
    values["flags"] = torch.tensor([float(p.requires_grad) for p in g.parameters()])
    values["each"], values["whole"] = run(z, 1).detach(), run(z, 100).detach()
    values["exact"], values["one"] = run(z[:4], 2).detach(), run(z[-1:], size).detach()
    g.eval()
    values["in_use"] = run(z, size).detach()
    values["still"] = torch.tensor([float(part.training) for part in g.modules()])
    return values


def no_more_than_size(inputs, got, expected, n):
    """At most `size` codes at a time went through the generator, and the images came of it."""
    if not torch.allclose(got["images"].double(), expected["images"].double(), rtol=1e-3, atol=1e-4):
        return False, "other images", "the images"
    return 1 <= got["largest"] <= inputs["size"], got["largest"], float(inputs["size"])


def reference(generator, z, size):
    """In evaluation mode, without a graph, and every part's mode put back."""
    with evaluating(generator):
        return torch.cat([generator(part) for part in z.split(size)])


def truth(generator, z, size):
    """Code by code, each part's mode remembered."""
    modes = {part: part.training for part in generator.modules()}
    generator.eval()
    images = [generator(code[None])[0].detach() for code in z]
    for part, mode in modes.items():
        part.training = mode
    return torch.stack(images)


exercise = Exercise(
    id="dcgan-sample", defines="sample(generator, z, size)", core=True, points=3, level=2, minutes=15, all_or_nothing=True,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.layers.evaluating", "genlab.models.GAN.sample", "genlab.display.quiet.quietly"],
    comparisons=[
        Compare("images", "each", "whole", "exact", "one", "in_use", shape="(B, ...)", points=1.25, what="`sample`",
                says="The images: each depends on its own code alone, however many are made at a time."),
        Compare("largest", "images", points=0.25, test=no_more_than_size, resolution=0.5, what="the number of codes that go through the generator at a time",
                says="No more than `size` codes go through the generator at a time."),
        Compare("moved", "in_use", points=0.5, what={"moved": "the change of BatchNorm's running averages", "in_use": "`sample` afterwards"}, says="Running averages stay: sampling is not training."),
        Compare("modes", "still", "weights", points=0.5, what={"modes": "whether each part of the generator is in the mode it was in",
                "still": "the mode of the generator's parts", "weights": "a weight of the generator"},
                says="Afterwards every part of the generator is in the mode it was in, also one that was frozen while the rest trains."),
        Compare("graph", "left", "weights", "flags", points=0.5, what={"graph": "requires_grad of the images", "left": "a gradient in the "
                "generator", "weights": "a weight of the generator", "flags": "requires_grad of the generator's weights"},
                says="No graph hangs on the images, and weights, gradients and flags are as before."),
    ],
    hints=[
        "Draw the same code twice, in two batches. Which layer of the generator makes a difference, and in which mode would it not?",
        "In evaluation mode BatchNorm uses its running averages, and leaves them alone. But the generator may be in the middle of "
        "its training: note the mode of each part first, and put it back at the end. torch.no_grad() saves the graph.",
        "modes = [(part, part.training) for part in generator.modules()]; generator.eval(); then under torch.no_grad() the images; "
        "then `for part, mode in modes: part.training = mode`.",
    ],
    afterwards="genlab's own `GAN.sample` does the same: whoever forgets it gets pictures that look right, and change with their neighbours.",
)
