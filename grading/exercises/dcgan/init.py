"""dcgan-init: the initialisation of DCGAN, for `network.apply(init_weights)`.

    weights of convolutions, transposed convolutions and linear layers ~ N(0, 0.02²), their biases 0
    scales of BatchNorm ~ N(1, 0.02²), its offsets 0

(Radford et al. 2015, arXiv:1511.06434; the scales as in the authors' code). Everything else stays, running averages
too. Fixed: the parameters are the same objects as before. Free: how the type of a layer is told.
"""

import torch
from torch import nn

from genlab.random import rand
from grading.checks import laws
from grading.checks.exercise import Compare, Exercise

P = 2e-9  # for one law, split over its layers


def inputs(rng, n=1):
    """Sizes of layers, different for each, and running averages that must stay."""
    extra = (40 * rand((4,), rng=rng)).int().tolist()
    return {"a": 24 + extra[0] // 8, "b": 40 + extra[1] // 8, "wide": n * (9000 + extra[2]), "tall": 60 + extra[3],
            "average": rand((5,), rng=rng) + 0.3}


def probe(init_weights, a, b, wide, tall, average):
    """A network of all kinds of layers, initialised twice; nested, some without bias or without scale."""
    def build():
        # filled with one number: only the answer draws
        net = nn.Sequential(
            nn.Conv2d(a, b, (5, 3)), nn.Sequential(nn.ConvTranspose2d(b, a, (4, 6)), nn.BatchNorm2d(wide)),
            nn.Linear(tall, 200), nn.Conv2d(a, b, 4, bias=False), nn.BatchNorm1d(wide), nn.PReLU(3),
            nn.BatchNorm2d(5, affine=False), nn.LayerNorm(4), nn.Embedding(5, 2), nn.BatchNorm2d(5))
        for p in net.parameters():
            nn.init.constant_(p, 0.7)
        for norm in (net[6], net[9]):
            norm.running_mean.copy_(average)
            norm.running_var.copy_(average)
        return net

    net, second = build(), build()
    before = list(net.parameters())
    for one in (net, second):
        one.apply(init_weights)
    after = list(net.parameters())
    values = dict(conv=net[0].weight, transposed=net[1][0].weight, linear=net[2].weight, bare=net[3].weight,
                  scale2=net[1][1].weight, scale1=net[4].weight, conv_again=second[0].weight)
    values = {name: value.detach().double().flatten().clone() for name, value in values.items()}
    rest = [p.detach().double().flatten() for k in (5, 7, 8) for p in net[k].parameters()]
    norms = [v for k in (6, 9) for v in (net[k].running_mean, net[k].running_var)]
    same = float(len(before) == len(after) and all(p is q for p, q in zip(before, after, strict=True)))
    learns = float(all(p.requires_grad and p.is_leaf for p in after))
    bias = [net[0].bias, net[1][0].bias, net[2].bias]
    offset = [net[1][1].bias, net[4].bias, net[9].bias]
    return values | dict(bias=torch.cat([p.detach().double().flatten() for p in bias]),
                         offset=torch.cat([p.detach().double().flatten() for p in offset]),
                         rest=torch.cat(rest), averages=torch.cat(norms), kept=torch.tensor([same, learns]))


def reference(module):
    """By the type of the layer."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)) and module.weight is not None:
        nn.init.normal_(module.weight, 1.0, 0.02)
    else:
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)


KINDS = {"conv": "Conv2d", "transposed": "ConvTranspose2d", "linear": "Linear", "bare": "Conv2d without bias",
         "scale2": "BatchNorm2d", "scale1": "BatchNorm1d"}


def normal(*names, mean):
    """A test: each is a draw from N(mean, 0.02²): mean, then spread, then the bell. In words, for the numbers are random."""

    def test(inputs, got, expected, n):
        eps = {name: (got[name].double() - mean) / 0.02 for name in names}
        still = [KINDS[name] for name in names if (got[name] == 0.7).all()]
        if still:
            return False, f"unchanged in {', '.join(still)}", "drawn"
        for e in eps.values():
            if abs(e.mean().item()) > laws.mean_limit(len(e), P / 12) * max(1.0, e.std().item()):
                return False, f"of mean {round(mean + 0.02 * e.mean().item(), 2) + 0.0:.2f}", f"of mean {mean:g}"
        spreads = [e.square().mean().sqrt().item() for e in eps.values()]
        if any(abs(s**2 - 1) > laws.square_limit(len(e), P / 12) for s, e in zip(spreads, eps.values(), strict=True)):
            if max(spreads) > 1.2 * min(spreads):
                return False, "of a spread that differs from layer to layer", "of standard deviation 0.02"
            return False, f"of standard deviation {0.02 * spreads[0]:.1g}", "of standard deviation 0.02"
        bell = all(laws.distance_from_normal(e) <= laws.distance_limit(len(e), P / 12) for e in eps.values())
        return bell, "normal" if bell else "of another law", "normal"

    return test


def fresh(inputs, got, expected, n):
    """Two networks, and two layers of one network, do not begin alike; the size of the numbers is roughly that of weights."""
    if not all(1e-3 < got[name].double().std() < 0.3 for name in ("conv", "conv_again", "transposed", "bare")):
        return False, "numbers of another size", "fresh numbers"
    for x, y in ((got["conv"], got["conv_again"]), (got["conv"], got["transposed"]), (got["conv"], got["bare"])):
        size = min(len(x), len(y))
        if abs(laws.correlation(x[:size].double(), y[:size].double())) > laws.correlation_limit(size, P / 12):
            return False, "the same numbers twice", "fresh numbers"
    return True, "fresh numbers", "fresh numbers"


def zero(inputs, got, expected, n):
    """Biases and offsets are 0: what else they are, in words."""
    for name, kind in (("bias", "a bias"), ("offset", "an offset")):
        x = got[name].double()
        if (x != 0).any():
            return False, f"{kind} of {x[x != 0][0].item():.1g}" if (x[x != 0] == x[x != 0][0]).all() else f"drawn for {kind}", "0"
    return True, "0", "0"


def others(inputs, got, expected, n):
    """Other layers, running averages and the parameters themselves: as they were."""
    for name, word in (("rest", "other layers changed"), ("averages", "running averages changed"), ("kept", "")):
        if not torch.allclose(got[name].double(), expected[name].double(), atol=1e-6):
            word = word or ("parameters replaced" if got[name].double()[0] == 0 else "parameters that cannot learn")
            return False, word, "all as before"
    return True, "all as before", "all as before"


exercise = Exercise(
    id="dcgan-init", defines="init_weights(module)", core=True, points=2, level=1, minutes=10,
    inputs=inputs, probe=probe, reference=reference, withholds=["genlab.models.dcgan.dcgan_init"],
    comparisons=[
        Compare("conv", "transposed", "linear", "bare", points=0.75, test=normal("conv", "transposed", "linear", "bare", mean=0.0),
                false_refusal=P, what="the weights of convolutions and linear layers",
                says="Weights of Conv2d, ConvTranspose2d and Linear: normal, mean 0, standard deviation 0.02."),
        Compare("scale2", "scale1", points=0.5, test=normal("scale2", "scale1", mean=1.0), false_refusal=P,
                what="the scales of BatchNorm", says="Scales of BatchNorm: normal, mean 1, standard deviation 0.02."),
        Compare("bias", "offset", points=0.25, test=zero, what={"bias": "a bias of a convolution or a linear layer",
                                                     "offset": "an offset of BatchNorm"}, says="Every bias and offset is 0."),
        Compare("conv", "conv_again", "transposed", "bare", points=0.25, test=fresh, false_refusal=P, what="the weights",
                says="Each layer and each network gets numbers of its own: set no seed."),
        Compare("rest", "averages", "kept", points=0.25, test=others, what="what should have stayed",
                says="All else stays: other kinds of layers, running averages, and the parameters remain the same objects."),
    ],
    hints=[
        "`network.apply(f)` calls f on every module, the containers too. Ask each what it is, and change only those that the "
        "paper speaks of.",
        "isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)), and another branch for the BatchNorms. A layer may have "
        "no bias, and a BatchNorm no scale: both are then None.",
        "nn.init.normal_(module.weight, 0.0, 0.02) in the first branch, nn.init.normal_(module.weight, 1.0, 0.02) in the second, "
        "each only if it is not None; then nn.init.zeros_(module.bias) if there is one.",
    ],
)
