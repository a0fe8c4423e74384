"""cvae-conditioning: where the label enters a conditional VAE.

The lesson gives the constructor, as in `Given` below; the student writes

    encode(self, x, y) -> (mu, logvar)        (B, input_dim) and labels -> twice (B, latent_dim)
    decode_logits(self, z, y) -> logits       (B, latent_dim) and labels -> (B, input_dim)

with labels as whole numbers (B,) or one-hot (B, num_classes).
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import permutation, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


class Given(nn.Module):
    """The constructor that the student is given."""

    def __init__(self, num_classes=10, input_dim=784, hidden_dim=400, latent_dim=20):
        super().__init__()
        self.num_classes = num_classes
        self.encoder = nn.Sequential(nn.Linear(input_dim + num_classes, hidden_dim), nn.ReLU(),
                                     nn.Linear(hidden_dim, hidden_dim), nn.ReLU())
        self.mu_head = nn.Linear(hidden_dim, latent_dim)
        self.logvar_head = nn.Linear(hidden_dim, latent_dim)
        self.decoder = nn.Sequential(nn.Linear(latent_dim + num_classes, hidden_dim), nn.ReLU(),
                                     nn.Linear(hidden_dim, hidden_dim), nn.ReLU(),
                                     nn.Linear(hidden_dim, input_dim))


def inputs(rng, n=1):
    """A small model's weights, images, codes, and every class at least once in random order."""
    B, C, D, H, K = 6, 4, 8, 13, 3  # no two sizes agree, D + C and K + C included
    one = torch.ones(1, dtype=torch.float64)
    with torch.device("meta"):  # shapes alone: no random numbers are drawn
        shapes = {name: value.shape for name, value in Given(C, D, H, K).state_dict().items()}
    weights = {name: randn(shape, like=one, rng=rng) * (0.4 if len(shape) == 1 else 1.4 / shape[1] ** 0.5)
               for name, shape in shapes.items()}
    labels = torch.tensor([0, 1, 2, 3, 1, 2])[permutation(B, rng=rng)]
    labels = labels.roll(int(labels[0] == C - 1))  # a single label does not say how many classes there are
    return {"num_classes": C, "input_dim": D, "hidden_dim": H, "latent_dim": K, "x": torch.rand(B, D, generator=rng).double(),
            "y": labels, "other": (labels + 1 + permutation(2, rng=rng)[0]) % C, "z": randn((B, K), like=one, rng=rng), **weights}


def probe(CVAE, num_classes, input_dim, hidden_dim, latent_dim, x, y, other, z, **weights):
    """Both methods with whole numbers, with one-hot labels, with other labels and with one image; with large weights.

    A half-written class still gets its points for `encode`, one that knows whole numbers alone for those.
    """
    model = CVAE(num_classes=num_classes, input_dim=input_dim, hidden_dim=hidden_dim, latent_dim=latent_dim)
    model = probing.load(model, weights)
    image, code = probing.leaf(x), probing.leaf(z)
    mu, logvar = probing.tensors(model.encode(image, y), 2, "`encode`")
    d_x, = probing.vjp(mu.sum() + (logvar * x[:, :1]).sum(), [image])
    other_mu, other_logvar = probing.tensors(model.encode(x, other), 2, "`encode`")
    one_mu, _ = probing.tensors(model.encode(x[:1], y[:1]), 2, "`encode`")
    heads = ("mu_head", "logvar_head", "decoder.4")
    steep = probing.load(CVAE(num_classes=num_classes, input_dim=input_dim, hidden_dim=hidden_dim, latent_dim=latent_dim),
                         {name: value * (60 if name.startswith(heads) else 1) for name, value in weights.items()})

    def at(method, *given):
        found = probing.attempt(method, *given)
        return found if isinstance(found, str) else probing.tensors(found, 2, "`encode`")[0]

    values = dict(mu=mu, logvar=logvar, d_x=d_x, other_mu=other_mu, other_logvar=other_logvar, one_mu=one_mu,
                  steep_heads=torch.cat(probing.tensors(steep.encode(x.round(), y), 2, "`encode`")),
                  as_many=at(model.encode, x[:num_classes], y[:num_classes]), low_labels=at(model.encode, x, y % 2))
    try:
        logits = probing.tensor(model.decode_logits(code, y), "`decode_logits`")
    except NotImplementedError:
        return values
    values.update(logits=logits, d_z=probing.vjp(logits.tanh(), [code])[0],
                  other_logits=probing.tensor(model.decode_logits(z, other), "`decode_logits`"),
                  one_logits=probing.tensor(model.decode_logits(z[:1], y[:1]), "`decode_logits`"))
    values.update(steep_logits=probing.tensor(steep.decode_logits(6 * z, y), "`decode_logits`"))
    hot = F.one_hot(y, num_classes).to(x.dtype)
    try:
        values.update(whole_hot=at(model.encode, x, hot.long()), one_hot=at(model.encode, x[:1], hot[:1]))
        hot_mu, hot_logvar = probing.tensors(model.encode(x, hot), 2, "`encode`")
        hot_logits = probing.tensor(model.decode_logits(z, hot), "`decode_logits`")
    except (RuntimeError, IndexError, TypeError, ValueError):
        return values
    return dict(values, hot_mu=hot_mu, hot_logvar=hot_logvar, hot_logits=hot_logits)


class Reference(Given):
    """The label, one-hot, stands beside the image and beside the code."""

    def _hot(self, y, like):
        return y.to(like.dtype) if y.dim() == 2 else F.one_hot(y, self.num_classes).to(like.dtype)

    def encode(self, x, y):
        h = self.encoder(torch.cat([x, self._hot(y, x)], dim=1))
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z, y):
        return self.decoder(torch.cat([z, self._hot(y, z)], dim=1))


exercise = Exercise(
    id="cvae-conditioning", defines="class CVAE(nn.Module)", core=True, points=4, level=3, minutes=25,
    inputs=inputs, probe=probe, reference=Reference,
    withholds=["genlab.models.conditional_vae.ConditionalVAE"],
    comparisons=[
        Compare("mu", "logvar", "other_mu", "other_logvar", "one_mu", "d_x", points=1.5, shape="(B, latent_dim)",
                says="`encode` joins image and label, image first, each image with its own label."),
        Compare("logits", "other_logits", "one_logits", "d_z", points=1, shape="(B, input_dim)",
                says="`decode_logits` joins code and label, code first, and returns logits."),
        Compare("steep_heads", "steep_logits", points=0.25,
                says="μ, log σ² and logits are what the last layers say, however large: no bound on them."),
        Compare("as_many", "low_labels", points=0.25,
                says="Labels (B,) are whole numbers, also if there are as many as classes, or none is above 1."),
        Compare("hot_mu", "hot_logvar", "hot_logits", "one_hot", "whole_hot", points=1,
                says="Labels that are one-hot already are taken as they are."),
    ],
    hints=[
        "What must the first layer of each network see? Look at the sizes that the given constructor asks for.",
        "One-hot the labels, with the dtype of x, and join them to x (or z) along dimension 1.",
        "hot = y.to(x.dtype) if y.dim() == 2 else F.one_hot(y, self.num_classes).to(x.dtype); "
        "h = self.encoder(torch.cat([x, hot], dim=1)).",
    ],
)
