"""Answers to vae-wiring: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake
from grading.exercises.vae.wiring import ConvVAE

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


mistakes = [
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
]

also_right = [ClampedList, ImageByImage, OneMatrixForBothHeads]

equivalent_mutants = {
    f"def __init__(self, latent_dim=20, channels=16):: {edit}": "the default sizes are given, not answered"
    for edit in ("20 → 21", "20 → 40", "20 → -20", "20 → 0", "20 → 19", "16 → 17", "16 → 32", "16 → -16", "16 → 0",
                 "16 → 15")
} | {
    "nn.Linear(features, pixels), nn.GELU(), nn.Unflatten(1, (2 * channels, 7, 7)),: 1 → -1":
        "the last axis of a matrix is its axis 1",
}
