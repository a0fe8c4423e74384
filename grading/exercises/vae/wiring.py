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
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


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
        "noise": randn((B, K), like=double, rng=rng),
        "order": permutation(B, rng=rng),
        "weight": randn((B, 1, 28, 28), like=double, rng=rng),
        **weights,
    }


def _gain(name, shape):
    """Keeps every layer's output near 1, so that neither σ nor a logit is extreme."""
    fan_in = shape[0] * 4 if name in ("decoder.5.weight", "decoder.7.weight") else shape[1:].numel()
    return {"logvar_head.weight": 1.5, "decoder.0.weight": 1.0}.get(name, 2.0) / fan_in**0.5


def probe(ConvVAE, latent_dim, channels, x, z, noise, order, weight, **weights):
    """Each method on hidden inputs; `forward` again, for the batch in another order, and for one image."""
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


# Known mistakes


class DecoderSigmoid(ConvVAE):
    def decode_logits(self, z):
        return torch.sigmoid(self.decoder(z))


class SharedHead(ConvVAE):
    def encode(self, x):
        features = self.body(x)
        return self.mu_head(features), self.mu_head(features)


class SharedHeadOfLogvar(ConvVAE):
    def encode(self, x):
        both = self.logvar_head(self.body(x))
        return both, both


class SoftplusOnHead(ConvVAE):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return mu, F.softplus(logvar)


class ReluOnHeads(ConvVAE):
    def encode(self, x):
        return tuple(F.relu(part) for part in super().encode(x))


class ActivationOnHead(ConvVAE):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return torch.tanh(mu), logvar


class DecoderTanh(ConvVAE):
    def decode_logits(self, z):
        return torch.tanh(self.decoder(z))


class HeadsSwapped(ConvVAE):
    def encode(self, x):
        features = self.body(x)
        return self.logvar_head(features), self.mu_head(features)


class ReturnsSigma(ConvVAE):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return mu, torch.exp(logvar / 2)

    def forward(self, x, noise):
        mu, sigma = self.encode(x)
        return self.decode_logits(mu + sigma * noise), mu, sigma


class ReturnsVariance(ReturnsSigma):
    def encode(self, x):
        mu, logvar = ConvVAE.encode(self, x)
        return mu, torch.exp(logvar)

    def forward(self, x, noise):
        mu, variance = self.encode(x)
        return self.decode_logits(mu + variance.sqrt() * noise), mu, variance


class SamplesInEncode(ConvVAE):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu), logvar


class ImagesFlattenedFirst(ConvVAE):
    def encode(self, x):
        return super().encode(x.flatten(1))


class FlatImages(ConvVAE):
    def decode_logits(self, z):
        return self.decoder(z).flatten(1)


class NoChannelAxis(ConvVAE):
    def decode_logits(self, z):
        return self.decoder(z).squeeze()


def _forward(name, z):
    """The reference with another z in `forward`."""

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        return self.decode_logits(z(mu, logvar, noise)), mu, logvar

    return type(name, (ConvVAE,), {"forward": forward})


DecodesMean = _forward("DecodesMean", lambda mu, logvar, noise: mu)
VarianceTimesNoise = _forward("VarianceTimesNoise", lambda mu, logvar, noise: mu + logvar.exp() * noise)
LogvarTimesNoise = _forward("LogvarTimesNoise", lambda mu, logvar, noise: mu + logvar * noise)
HalfLogvarTimesNoise = _forward("HalfLogvarTimesNoise", lambda mu, logvar, noise: mu + 0.5 * logvar * noise)
UnitSigma = _forward("UnitSigma", lambda mu, logvar, noise: mu + noise)
MeanDropped = _forward("MeanDropped", lambda mu, logvar, noise: (logvar / 2).exp() * noise)
NoiseAlone = _forward("NoiseAlone", lambda mu, logvar, noise: noise)
SigmaWithoutNoise = _forward("SigmaWithoutNoise", lambda mu, logvar, noise: mu + (logvar / 2).exp())
MinusNoise = _forward("MinusNoise", lambda mu, logvar, noise: mu - (logvar / 2).exp() * noise)
OneNoiseForAll = _forward("OneNoiseForAll", lambda mu, logvar, noise: mu + (logvar / 2).exp() * noise[:1])
OneCodeForAll = _forward("OneCodeForAll", lambda mu, logvar, noise: (
    (mu + (logvar / 2).exp() * noise).mean(0).expand_as(mu)))
OwnNoise = _forward("OwnNoise", lambda mu, logvar, noise: torch.normal(mu, (logvar / 2).exp()))
DetachedZ = _forward("DetachedZ", lambda mu, logvar, noise: (mu + (logvar / 2).exp() * noise).detach())
DetachedSigma = _forward("DetachedSigma", lambda mu, logvar, noise: mu + (logvar / 2).exp().detach() * noise)


class ForwardSigmoid(ConvVAE):
    def forward(self, x, noise):
        logits, mu, logvar = super().forward(x, noise)
        return torch.sigmoid(logits), mu, logvar


class ForwardReturnsZ(ConvVAE):
    def forward(self, x, noise):
        logits, mu, logvar = super().forward(x, noise)
        return logits, mu + torch.exp(logvar / 2) * noise, logvar


class ForwardReturnsSigma(ConvVAE):
    def forward(self, x, noise):
        logits, mu, logvar = super().forward(x, noise)
        return logits, mu, torch.exp(logvar / 2)


class ForwardReturnsSwapped(ConvVAE):
    def forward(self, x, noise):
        logits, mu, logvar = super().forward(x, noise)
        return logits, logvar, mu


class LogitsLast(ConvVAE):
    def forward(self, x, noise):
        logits, mu, logvar = super().forward(x, noise)
        return mu, logvar, logits


class LogitsAlone(ConvVAE):
    def forward(self, x, noise):
        return super().forward(x, noise)[0]


# Also right


class ClampedList(ConvVAE):
    """A clamp against overflow, as many libraries have, and lists in place of tuples."""

    def encode(self, x):
        h = self.body(x)
        return [self.mu_head(h), self.logvar_head(h).clamp(-30, 20)]

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        return [self.decode_logits(torch.addcmul(mu, noise, torch.exp(0.5 * logvar))), mu, logvar]


class ImageByImage(ConvVAE):
    def encode(self, x):
        rows = [self.body(image[None]) for image in x]
        return torch.cat([self.mu_head(h) for h in rows]), torch.cat([self.logvar_head(h) for h in rows])

    def decode_logits(self, z):
        return torch.cat([self.decoder(code[None]) for code in z])


class OneMatrixForBothHeads(ConvVAE):
    def encode(self, x):
        weight = torch.cat([self.mu_head.weight, self.logvar_head.weight])
        bias = torch.cat([self.mu_head.bias, self.logvar_head.bias])
        return F.linear(self.body(x), weight, bias).chunk(2, dim=1)

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        q = torch.distributions.Normal(mu, logvar.exp() ** 0.5)
        return self.decode_logits(q.loc + q.scale * noise).reshape(-1, 1, 28, 28), mu, logvar


exercise = Exercise(
    id="vae-wiring", defines="class ConvVAE(nn.Module)", core=True, points=2, level=2, minutes=20,
    inputs=inputs, probe=probe, reference=ConvVAE, truth=Truth,
    withholds=["genlab.models.ConvVAE"],
    comparisons=[
        Compare("mu", "mu_again", shape="(B, latent_dim)", points=0.25, test=steady("mu", "mu_again"),
                resolution=1e-6, says="`encode`: μ of q(z|x), from its own head on the features of the body."),
        Compare("logvar", "logvar_again", shape="(B, latent_dim)", points=0.25, test=steady("logvar", "logvar_again"),
                resolution=1e-6, says="`encode`: log σ² of q(z|x), from its own head on the same features."),
        Compare("decoded", "decoded_again", shape="(B, 1, 28, 28)", points=0.5,
                test=steady("decoded", "decoded_again"), resolution=1e-6,
                says="`decode_logits`: what the decoder makes of z, unchanged."),
        Compare("logits", "again", shape="(B, 1, 28, 28)", points=0.5, test=steady("logits", "again"),
                resolution=1e-6, says="`forward`: the logits of z = μ + σ · noise with the noise that is passed in."),
        Compare("forward_mu", "forward_logvar", "permuted", "one", points=0.25,
                says="`forward`: logits, then μ, then log σ²; each image by itself, also in a batch of one."),
        Compare("d_mu_head", "d_logvar_head", points=0.25,
                says="`forward`: gradients reach both heads through z."),
    ],
    mistakes=[
        Mistake(SharedHead, "Your log σ² comes from the head of μ: use `logvar_head`."),
        Mistake(SharedHeadOfLogvar, "Your μ comes from the head of log σ²: use `mu_head`."),
        *(Mistake(kind, "Nothing comes after a head: μ and log σ² may be any number, so they have no activation.")
          for kind in (ActivationOnHead, SoftplusOnHead, ReluOnHeads)),
        Mistake(HeadsSwapped, "`encode` returns μ first, then log σ²: yours have changed places."),
        Mistake(ReturnsSigma, "`encode` should return log σ² as the head gives it, not σ: the exponential "
                "belongs into `forward`."),
        Mistake(ReturnsVariance, "`encode` should return log σ² as the head gives it, not σ²: the exponential "
                "belongs into `forward`."),
        Mistake(SigmaWithoutNoise, "Your z is μ + σ: the noise is missing."),
        Mistake(MinusNoise, "Your z is μ - σ · noise: the noise is added."),
        Mistake(OneNoiseForAll, "One row of noise serves all your images: each has its own row."),
        Mistake(OneCodeForAll, "You average the codes over the batch: each image has its own z."),
        Mistake(OwnNoise, "Your `forward` draws noise of its own: use the noise that it is given."),
        Mistake(SamplesInEncode, "`encode` should return μ itself, not a draw from q: the noise comes in `forward`."),
        Mistake(ImagesFlattenedFirst, "The body starts with a convolution and wants images (B, 1, 28, 28): do not "
                "flatten x, the body flattens its own features."),
        Mistake(DecoderSigmoid, "`decode_logits` should return logits: leave out the sigmoid, the loss applies it."),
        Mistake(DecoderTanh, "`decode_logits` should return logits, which may be any number: leave out the tanh."),
        Mistake(FlatImages, "`decode_logits` should return images (B, 1, 28, 28), not flat rows (B, 784)."),
        Mistake(NoChannelAxis, "`decode_logits` has lost the channel axis: images are (B, 1, 28, 28)."),
        Mistake(DecodesMean, "Your `forward` decodes μ and never uses the noise: decode z = μ + σ · noise."),
        Mistake(VarianceTimesNoise, "Your noise is multiplied by σ² = exp(log σ²); the standard deviation is "
                "exp(log σ² / 2)."),
        Mistake(LogvarTimesNoise, "Your noise is multiplied by log σ²; take exp(log σ² / 2) first."),
        Mistake(HalfLogvarTimesNoise, "Your noise is multiplied by log σ: the exponential is missing."),
        Mistake(UnitSigma, "Your z is μ + noise: the noise has to be multiplied by σ."),
        Mistake(MeanDropped, "Your z is σ · noise: μ is missing."),
        Mistake(NoiseAlone, "Your `forward` decodes the noise itself, so that the image has no part in z."),
        Mistake(ForwardSigmoid, "`forward` should return logits: leave out the sigmoid."),
        Mistake(LogitsLast, "`forward` returns (logits, mu, logvar) in this order: the logits come first."),
        Mistake(LogitsAlone, "`forward` returns three tensors: (logits, mu, logvar)."),
        Mistake(ForwardReturnsZ, "`forward` should return μ beside the logits, not z: the KL is computed from μ."),
        Mistake(ForwardReturnsSigma, "`forward` should return log σ² as the head gives it, not σ."),
        Mistake(ForwardReturnsSwapped, "`forward` returns μ before log σ²: yours have changed places."),
        Mistake(DetachedZ, "No gradient reaches the encoder: z is detached (or made under no_grad)."),
        Mistake(DetachedSigma, "No gradient reaches the log σ² head: σ is detached, and would never be learnt."),
    ],
    equivalent_mutants={
        f"def __init__(self, latent_dim=20, channels=16):: {edit}": "the default sizes are given, not answered"
        for edit in ("20 → 21", "20 → 40", "20 → -20", "20 → 0", "20 → 19", "16 → 17", "16 → 32", "16 → -16", "16 → 0",
                     "16 → 15")
    } | {
        "nn.Linear(features, pixels), nn.GELU(), nn.Unflatten(1, (2 * channels, 7, 7)),: 1 → -1":
            "the last axis of a matrix is its axis 1",
    },
    also_right=[ClampedList, ImageByImage, OneMatrixForBothHeads],
    hints=[
        "Follow one image: body → features → two heads (μ and log σ²) → z → decoder → logits. No new layer is needed.",
        "`encode` runs the body once and both heads on its features. `decode_logits` is the decoder alone. "
        "`forward` decodes z = μ + exp(log σ² / 2) · noise.",
        "mu, logvar = self.encode(x); z = mu + torch.exp(logvar / 2) * noise; "
        "return self.decode_logits(z), mu, logvar.",
    ],
)
