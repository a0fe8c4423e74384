"""cgan-style-grid: every label at the same z, so that what stays is the style and what changes is the class.

    grid[i, c] = G(z_i, c)

Fixed: one row for each z, one column for each class; the images as G makes them in evaluation mode, without a graph;
G is left as it was found. Free: one call of G or many.
"""

import torch
from torch import nn

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A small generator; more codes than classes, as many, and one."""
    return {
        "flat": draws.normal((120,), rng=rng), "old": draws.normal((120,), rng=rng),
        "z": draws.normal((5 + randint(0, 2, (1,), rng=rng).item(), 2), rng=rng), "classes": 3,
        "height": 2 + randint(0, 2, (1,), rng=rng).item(), "frozen": randint(0, 6, (1,), rng=rng).item(),
    }


def probe(style_grid, flat, old, z, classes, height, frozen):
    """By a generator with BatchNorm, of which a part is frozen, first in training mode, then in evaluation mode; what it learns then."""
    class Images(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = probing.player(flat, 4, 5, 4 * height)

        def forward(self, z, labels):
            turn = 2.4 * labels.to(z.dtype)[:, None]
            return self.net(torch.cat([z, turn.cos(), turn.sin()], 1)).view(len(z), 1, height, 4)

    def call(*given):
        found = probing.attempt(style_grid, *given)
        return found if isinstance(found, str) else probing.tensor(found, "`style_grid`")

    def numbers():
        return torch.cat([v.detach().double().flatten() for v in g.state_dict().values()])

    g = Images()
    g(z, torch.arange(len(z)) % classes)  # running averages of its own
    probing.plant(g, old)
    list(g.parameters())[frozen].requires_grad_(False)
    before = numbers()
    leaf = z.clone().requires_grad_()
    grid = probing.tensor(style_grid(g, leaf, classes), "`style_grid`")
    graph, changed = float(grid.requires_grad), numbers() - before
    mode, left = float(g.training), probing.left(g)
    able = float(sum(2**i * p.requires_grad for i, p in enumerate(g.parameters())))
    one = call(g, z[:1], classes)
    g.train()
    g(2 * z, torch.arange(len(z)) % classes)
    later = numbers() - before
    g.eval()
    again = call(g, z, classes)
    values = dict(grid=grid.detach(), one=one, square=call(g, z[:classes], classes), again=again, one_class=call(g, z, 1),
                  more=call(g, z[:2], 7), graph=graph, changed=changed, later=later, mode=mode, left=left, able=able, still=float(g.training))
    return {name: v.detach() if isinstance(v, torch.Tensor) else v for name, v in values.items()}


def reference(generator, z, classes):
    """One call for all."""
    training = generator.training
    generator.eval()
    with torch.no_grad():
        labels = torch.arange(classes, device=z.device).repeat(len(z))
        grid = generator(z.repeat_interleave(classes, 0), labels).unflatten(0, (len(z), classes))
    generator.train(training)
    return grid


def truth(generator, z, classes):
    """Image by image."""
    training = generator.training
    generator.train(False)
    with torch.inference_mode():
        rows = [torch.cat([generator(code[None], torch.tensor([c])) for c in range(classes)]) for code in z]
    generator.train(training)
    return torch.stack(rows).clone()


exercise = Exercise(
    id="cgan-style-grid", defines="style_grid(generator, z, classes)", core=True, points=3, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("grid", "again", points=1, shape="(B, classes, 1, H, W)", what="`style_grid`",
                says="Row i, column c: the image that G makes, in evaluation mode, of z_i when it is asked for class c."),
        Compare("one", "square", "one_class", "more", points=0.75, shape="(B, classes, 1, H, W)",
                what="`style_grid` with one z, as many z as classes, or another number of classes",
                says="Any number of codes and of classes, one of each included."),
        Compare("graph", "left", points=0.5, what="the graph of `style_grid`",
                says="Images to look at: they drag no graph along, and no gradient is left in G."),
        Compare("changed", "mode", "still", "able", "later", points=0.75, what="the generator after `style_grid`",
                says="G is as it was: in the mode it was in, its running averages untouched, able to learn."),
    ],
    hints=[
        "G takes one z and one label for each image. How often must each z occur, and in which order must the labels stand "
        "beside them, if the images of one z are to follow each other?",
        "Each z `classes` times in a row (repeat_interleave), labels 0 … classes - 1 over and over (repeat); then split the first "
        "dimension in two. Mode: remember, eval, restore.",
        "z.repeat_interleave(classes, 0), torch.arange(classes).repeat(len(z)), and .unflatten(0, (len(z), classes)) under "
        "torch.no_grad().",
    ],
    afterwards="Nothing in training ever asked that one z mean one style across labels: that it does is a gift of smoothness.",
)
