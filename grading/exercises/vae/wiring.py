"""vae-wiring: a convolutional VAE put together from given layers.

The lesson gives the constructor, word for word as in `Given` below; the student writes the three
methods of the class:

    encode(self, x) -> (mu, logvar)               (B, 1, 28, 28) -> twice (B, latent_dim)
    decode_logits(self, z) -> logits              (B, latent_dim) -> (B, 1, 28, 28)
    forward(self, x, noise) -> (logits, mu, logvar)   z = μ + σ · noise, noise (B, latent_dim) from outside
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import permutation, randint, randn
from grading.checks import probing
from grading.checks.draws import placed
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A small odd model's weights by the given names, images, codes and noise; weights of no special size."""
    B, K, channels = 5, 3, 2
    double = torch.zeros((), dtype=torch.float64)
    with torch.device("meta"):  # shapes alone: no random numbers are drawn
        shapes = {name: value.shape for name, value in Given(K, channels).state_dict().items()}
    weights = {name: randn(shape, like=double, rng=rng) * (0.3 if len(shape) == 1 else _gain(name, shape))
               for name, shape in shapes.items()}
    return {
        "latent_dim": K, "channels": channels,
        "x": randint(0, 2, (B, 1, 28, 28), rng=rng).double(),
        "z": randn((B + 1, K), like=double, rng=rng),
        "noise": placed(randn((B, K), like=double, rng=rng), (4.5, -5.5), rng=rng),
        "shift": placed(randn((K,), like=double, rng=rng), (12.0, -12.0), rng=rng),
        "order": permutation(B, rng=rng),
        "weight": randn((B, 1, 28, 28), like=double, rng=rng),
        **weights,
    }


def _gain(name, shape):
    """Keeps every layer's output near 1, so that neither σ nor a logit is extreme."""
    fan_in = shape[0] * 4 if name in ("decoder.5.weight", "decoder.7.weight") else shape[1:].numel()
    return {"logvar_head.weight": 1.5, "decoder.0.weight": 1.0}.get(name, 2.0) / fan_in**0.5


def probe(ConvVAE, latent_dim, channels, x, z, noise, shift, order, weight, **weights):
    """Each method on hidden inputs; `forward` again, for the batch in another order, and for one image.

    At last in evaluation mode, and with log σ² moved to the ends.
    """
    model = probing.load(ConvVAE(latent_dim=latent_dim, channels=channels), weights)
    mu, logvar = probing.tensors(model.encode(x), 2, "`encode`")
    mu_again, logvar_again = probing.tensors(model.encode(x), 2, "`encode`")
    values = dict(mu=mu, mu_again=mu_again, logvar=logvar, logvar_again=logvar_again)
    try:
        values["decoded"] = probing.tensor(model.decode_logits(z), "`decode_logits`")
        values["decoded_again"] = probing.tensor(model.decode_logits(z), "`decode_logits`")
        logits, forward_mu, forward_logvar = probing.tensors(model(x, noise), 3, "`forward`")
    except NotImplementedError:  # a half-written class still gets its points for `encode`
        return values
    heads = [model.mu_head.weight, model.logvar_head.weight]
    d_mu_head, d_logvar_head = probing.vjp(logits, heads, weight)
    values.update(logits=logits, forward_mu=forward_mu, forward_logvar=forward_logvar)
    values.update(d_mu_head=d_mu_head, d_logvar_head=d_logvar_head)
    values["again"] = probing.tensors(model(x, noise), 3, "`forward`")[0]
    values["permuted"] = probing.tensors(model(x[order], noise[order]), 3, "`forward`")[0]
    values["one"] = probing.tensors(model(x[2:3], noise[2:3]), 3, "`forward`")[0]
    parts = [*model.modules(), *model.body, *model.decoder]
    values["kept"] = torch.tensor([float(all(part.training for part in parts)),
                                   float(all(p.requires_grad for p in model.parameters()))])
    model.eval()
    values["in_use"] = torch.cat([part.flatten() for part in probing.tensors(model(x, noise), 3, "`forward`")])
    model.train()
    with torch.no_grad():
        model.logvar_head.bias.add_(shift.to(model.logvar_head.bias.dtype))
    far, _, far_logvar = probing.tensors(model(x, noise), 3, "`forward`")
    values.update(far=far, far_logvar=far_logvar)
    return values


class Given(nn.Module):
    """The constructor as the lesson gives it; the names of the layers are fixed."""

    def __init__(self, latent_dim=20, channels=16):
        super().__init__()
        pixels, features = 2 * channels * 7 * 7, 16 * channels
        self.body = nn.Sequential(
            nn.Conv2d(1, channels, 4, stride=2, padding=1), nn.GELU(),  # 28 -> 14
            nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1), nn.GELU(),  # 14 -> 7
            nn.Flatten(), nn.Linear(pixels, features), nn.GELU())  # (B, features)
        self.mu_head = nn.Linear(features, latent_dim)
        self.logvar_head = nn.Linear(features, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, features), nn.GELU(),
            nn.Linear(features, pixels), nn.GELU(), nn.Unflatten(1, (2 * channels, 7, 7)),
            nn.ConvTranspose2d(2 * channels, channels, 4, stride=2, padding=1), nn.GELU(),  # 7 -> 14
            nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1))  # 14 -> 28


class ConvVAE(Given):
    """The reference."""

    def encode(self, x):
        features = self.body(x)
        return self.mu_head(features), self.logvar_head(features)

    def decode_logits(self, z):
        return self.decoder(z)

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        z = mu + torch.exp(logvar / 2) * noise
        return self.decode_logits(z), mu, logvar


class Truth(Given):
    """The same by functional calls, layer by layer."""

    def encode(self, x):
        for layer in (self.body[0], self.body[2]):
            x = F.gelu(F.conv2d(x, layer.weight, layer.bias, stride=2, padding=1))
        x = F.gelu(self.body[5](x.reshape(x.shape[0], -1)))
        return [x @ head.weight.T + head.bias for head in (self.mu_head, self.logvar_head)]

    def decode_logits(self, z):
        first, between, second, third = (self.decoder[i] for i in (0, 2, 5, 7))
        h = F.gelu(z @ first.weight.T + first.bias)
        h = F.gelu(h @ between.weight.T + between.bias).reshape(z.shape[0], -1, 7, 7)
        h = F.gelu(F.conv_transpose2d(h, second.weight, second.bias, stride=2, padding=1))
        return F.conv_transpose2d(h, third.weight, third.bias, stride=2, padding=1)

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        return self.decode_logits(mu + logvar.exp().sqrt() * noise), mu, logvar


def steady(name, again):
    """A test: one value at every call, and the right one. What is drawn anew is a mistake of its own."""

    def test(inputs, got, expected, n):
        first, second, right = got[name].double(), got[again].double(), expected[name]
        close = 1e-6 if got[name].dtype == torch.float64 else 1e-3
        if not torch.allclose(first, second, rtol=close, atol=close):
            return False, "another result at each call", "the same"
        worst = int((first - right).abs().argmax())
        ok = torch.allclose(first, right, rtol=close, atol=close)
        for function in () if ok else (torch.relu, torch.tanh, torch.sigmoid, F.softplus, F.gelu):
            if torch.allclose(first, function(right), rtol=close, atol=close):
                return False, f"{function.__name__} of the layer's output", "the output itself"
        return ok, first.flatten().roll(-worst), right.flatten().roll(-worst)  # the worst stands first

    return test


exercise = Exercise(
    id="vae-wiring", defines="class ConvVAE(nn.Module)", core=True, points=2, level=2, minutes=20,
    inputs=inputs, probe=probe, reference=ConvVAE, truth=Truth,
    withholds=["genlab.models.ConvVAE"],
    comparisons=[
        Compare("mu", "mu_again", shape="(B, latent_dim)", points=0.25, test=steady("mu", "mu_again"),
                resolution=1e-6, says="`encode`: μ of q(z|x), from its own head on the features of the body."),
        Compare("logvar", "logvar_again", shape="(B, latent_dim)", points=0.25, test=steady("logvar", "logvar_again"),
                resolution=1e-6, says="`encode`: log σ² of q(z|x), from its own head on the same features."),
        Compare("decoded", "decoded_again", shape="(B, 1, 28, 28)", points=0.25,
                test=steady("decoded", "decoded_again"), resolution=1e-6,
                says="`decode_logits`: what the decoder makes of z, unchanged."),
        Compare("logits", "again", shape="(B, 1, 28, 28)", points=0.5, test=steady("logits", "again"),
                resolution=1e-6, says="`forward`: the logits of z = μ + σ · noise with the noise that is passed in."),
        Compare("forward_mu", "forward_logvar", "permuted", "one", points=0.25,
                says="`forward`: logits, then μ, then log σ²; each image by itself, also in a batch of one."),
        Compare("in_use", "far", "far_logvar", points=0.25, tolerance=1e-4,
                what={"in_use": "`forward` in evaluation mode", "far": "`forward` where log σ² is 12 or -12",
                      "far_logvar": "log σ² of `forward`"},
                says="`forward` does the same in evaluation mode, and with log σ² near 12 or -12, as its head gives it."),
        Compare("d_mu_head", "d_logvar_head", "kept", points=0.25,
                what={"kept": "the mode of the layers, or their requires_grad,", "d_mu_head": "the gradient",
                      "d_logvar_head": "the gradient"},
                says="`forward`: gradients reach both heads through z, and no mode or requires_grad is changed."),
    ],
    hints=[
        "Follow one image: body → features → two heads (μ and log σ²) → z → decoder → logits. No new layer is needed.",
        "`encode` runs the body once and both heads on its features. `decode_logits` is the decoder alone. "
        "`forward` decodes z = μ + exp(log σ² / 2) · noise.",
        "mu, logvar = self.encode(x); z = mu + torch.exp(logvar / 2) * noise; "
        "return self.decode_logits(z), mu, logvar.",
    ],
)
