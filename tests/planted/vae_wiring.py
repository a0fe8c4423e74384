"""Planted answers to vae-wiring, by another author than the check's."""

import torch
import torch.nn.functional as F

from grading.exercises.vae.wiring import Given


class Planted(Given):
    """A right answer in another style, which each wrong one spoils in one place."""

    def encode(self, x):
        h = self.body(x)
        return self.mu_head(h), self.logvar_head(h)

    def decode_logits(self, z):
        return self.decoder(z)

    def latent(self, mu, logvar, noise):
        return torch.addcmul(mu, logvar.mul(0.5).exp(), noise)

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        return self.decode_logits(self.latent(mu, logvar, noise)), mu, logvar


class OneHead(Planted):
    def encode(self, x):
        both = self.mu_head(self.body(x))
        return both, both


class OtherHeadTwice(Planted):
    def encode(self, x):
        both = self.logvar_head(self.body(x))
        return both, both


class HeadsSwapped(Planted):
    def encode(self, x):
        h = self.body(x)
        return self.logvar_head(h), self.mu_head(h)


class ReturnsSigma(Planted):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return mu, (logvar / 2).exp()

    def latent(self, mu, sigma, noise):
        return mu + sigma * noise


class ReturnsVariance(Planted):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return mu, logvar.exp()

    def latent(self, mu, variance, noise):
        return mu + variance.sqrt() * noise


class Softplus(Planted):
    """A positive second output, as where the head says σ."""

    def encode(self, x):
        mu, logvar = super().encode(x)
        return mu, F.softplus(logvar)


class ReluHeads(Planted):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return F.relu(mu), F.relu(logvar)


class TanhMean(Planted):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return torch.tanh(mu), logvar


class DrawsInEncode(Planted):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar), logvar


class Centred(Planted):
    """x scaled to [-1, 1] inside."""

    def encode(self, x):
        return super().encode(2 * x - 1)


class Probabilities(Planted):
    def decode_logits(self, z):
        return 1 / (1 + (-self.decoder(z)).exp())


class ProbabilitiesInForward(Planted):
    """`decode_logits` is right; `forward` adds a sigmoid."""

    def forward(self, x, noise):
        logits, mu, logvar = super().forward(x, noise)
        return torch.sigmoid(logits), mu, logvar


class FlatImages(Planted):
    def decode_logits(self, z):
        return self.decoder(z).flatten(1)


class TanhOutput(Planted):
    def decode_logits(self, z):
        return torch.tanh(self.decoder(z))


class DecodesMean(Planted):
    def latent(self, mu, logvar, noise):
        return mu


class DecodesNoise(Planted):
    def latent(self, mu, logvar, noise):
        return noise


class OwnNoise(Planted):
    def latent(self, mu, logvar, noise):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)


class AddsBothNoises(Planted):
    def latent(self, mu, logvar, noise):
        return mu + torch.exp(0.5 * logvar) * (noise + torch.randn_like(mu))


class VarianceTimesNoise(Planted):
    def latent(self, mu, logvar, noise):
        return mu + torch.exp(logvar) * noise


class LogVarianceTimesNoise(Planted):
    def latent(self, mu, logvar, noise):
        return mu + logvar * noise


class UnscaledNoise(Planted):
    def latent(self, mu, logvar, noise):
        return mu + noise


class SigmaWithoutNoise(Planted):
    def latent(self, mu, logvar, noise):
        return mu + torch.exp(0.5 * logvar)


class MinusNoise(Planted):
    def latent(self, mu, logvar, noise):
        return mu - torch.exp(0.5 * logvar) * noise


class MeanOfBatchCode(Planted):
    """One code for the batch."""

    def latent(self, mu, logvar, noise):
        z = super().latent(mu, logvar, noise)
        return z.mean(0, keepdim=True).expand_as(z)


class FirstNoise(Planted):
    """The first row of noise serves all images."""

    def latent(self, mu, logvar, noise):
        return mu + torch.exp(0.5 * logvar) * noise[:1]


class DetachedCode(Planted):
    def latent(self, mu, logvar, noise):
        return super().latent(mu, logvar, noise).detach()


class DetachedSigma(Planted):
    def latent(self, mu, logvar, noise):
        return mu + torch.exp(0.5 * logvar).detach() * noise


class DetachedEncoder(Planted):
    @torch.no_grad()
    def encode(self, x):
        return super().encode(x)


class OtherOrder(Planted):
    def forward(self, x, noise):
        logits, mu, logvar = super().forward(x, noise)
        return mu, logvar, logits


class LogitsAlone(Planted):
    def forward(self, x, noise):
        return super().forward(x, noise)[0]


class WithCode(Planted):
    """Returns z as a fourth value."""

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        z = self.latent(mu, logvar, noise)
        return self.decode_logits(z), mu, logvar, z


class ReturnsSigmaFromForward(Planted):
    def forward(self, x, noise):
        logits, mu, logvar = super().forward(x, noise)
        return logits, mu, torch.exp(0.5 * logvar)


class SkipsBody(Planted):
    """The body without its last layer's activation."""

    def encode(self, x):
        h = self.body[:-1](x)
        return self.mu_head(h), self.logvar_head(h)


class SkipsDecoderLayer(Planted):
    """An extra activation after the decoder's last layer."""

    def decode_logits(self, z):
        return F.gelu(self.decoder(z))


class LayerByLayer(Given):
    def encode(self, x):
        for layer in self.body:
            x = layer(x)
        return self.mu_head(x), self.logvar_head(x)

    def decode_logits(self, z):
        for layer in self.decoder.children():
            z = layer(z)
        return z.reshape(-1, 1, 28, 28)

    def forward(self, x, noise):
        mean, log_variance = self.encode(x)
        return [self.decode_logits(noise * log_variance.exp().sqrt() + mean), mean, log_variance]


class ImageByImage(Planted):
    def forward(self, x, noise):
        parts = [Planted.forward(self, x[i:i + 1], noise[i:i + 1]) for i in range(len(x))]
        return tuple(torch.cat(p) for p in zip(*parts, strict=True))


class ByDistribution(Planted):
    """Normal's affine map, with the noise given."""

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
        return self.decode_logits(q.loc + q.scale * noise), mu, logvar


class JointHead(Planted):
    """Both heads in one product."""

    def encode(self, x):
        h = self.body(x)
        weight = torch.cat([self.mu_head.weight, self.logvar_head.weight])
        out = F.linear(h, weight, torch.cat([self.mu_head.bias, self.logvar_head.bias]))
        return out.chunk(2, dim=1)


wrong = [
    (OneHead, "SharedHead"),
    (OtherHeadTwice, "SharedHeadOfLogvar"),
    (HeadsSwapped, "HeadsSwapped"),
    (ReturnsSigma, "ReturnsSigma"),
    (ReturnsVariance, "ReturnsVariance"),
    (Softplus, "ActivationOnHead"),
    (ReluHeads, "ActivationOnHead"),
    (TanhMean, "ActivationOnHead"),
    (DrawsInEncode, "SamplesInEncode"),
    (Centred, "`encode`: μ of q(z|x), from its own head on the features of the body."),
    (Probabilities, "DecoderSigmoid"),
    (ProbabilitiesInForward, "ForwardSigmoid"),
    (FlatImages, "FlatImages"),
    (TanhOutput, "DecoderTanh"),
    (DecodesMean, "DecodesMean"),
    (DecodesNoise, "NoiseAlone"),
    (OwnNoise, "OwnNoise"),
    (AddsBothNoises, "OwnNoise"),
    (VarianceTimesNoise, "VarianceTimesNoise"),
    (LogVarianceTimesNoise, "LogvarTimesNoise"),
    (UnscaledNoise, "UnitSigma"),
    (SigmaWithoutNoise, "SigmaWithoutNoise"),
    (MinusNoise, "MinusNoise"),
    (MeanOfBatchCode, "OneCodeForAll"),
    (FirstNoise, "OneNoiseForAll"),
    (DetachedCode, "DetachedZ"),
    (DetachedSigma, "DetachedSigma"),
    (DetachedEncoder, "DetachedZ"),
    (OtherOrder, "LogitsLast"),
    (LogitsAlone, "LogitsAlone"),
    (WithCode, "`forward` should return 3 tensors, not 4 values. The signature is "
               "`class ConvVAE(nn.Module)`."),
    (ReturnsSigmaFromForward, "ForwardReturnsSigma"),
    (SkipsBody, "`encode`: μ of q(z|x), from its own head on the features of the body."),
    (SkipsDecoderLayer, "`decode_logits`: what the decoder makes of z, unchanged."),
]
right = [Planted, LayerByLayer, ImageByImage, ByDistribution, JointHead]


class ClampedTo10(Planted):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return mu, logvar.clamp(-10, 10)


class ClampedTo5InForward(Planted):
    def latent(self, mu, logvar, noise):
        return super().latent(mu, logvar.clamp(-5, 5), noise)


class NoiseInTrainingOnly(Planted):
    def latent(self, mu, logvar, noise):
        return super().latent(mu, logvar, noise) if self.training else mu


class EncodesOtherwiseInUse(Planted):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return (mu, logvar) if self.training else (mu, torch.full_like(logvar, -20))


class LeavesEvaluationMode(Planted):
    def encode(self, x):
        self.eval()
        return super().encode(x)


class FreezesTheBody(Planted):
    def encode(self, x):
        for p in self.body.parameters():
            p.requires_grad_(False)
        return super().encode(x)


class Dropout(Planted):
    def decode_logits(self, z):
        return self.decoder(F.dropout(z, 0.1, self.training))


class NoiseClipped(Planted):
    def latent(self, mu, logvar, noise):
        return super().latent(mu, logvar, noise.clamp(-3, 3))


class NoiseWhitened(Planted):
    def latent(self, mu, logvar, noise):
        return super().latent(mu, logvar, (noise - noise.mean(0)) / noise.std(0, correction=0).clamp(min=1e-3))


class NoiseReversed(Planted):
    def latent(self, mu, logvar, noise):
        return super().latent(mu, logvar, noise.flip(0))


class NoiseScaledInPlace(Planted):
    def latent(self, mu, logvar, noise):
        return noise.mul_(torch.exp(logvar / 2)).add_(mu)


class ImageCentredInPlace(Planted):
    def encode(self, x):
        return super().encode(x.sub_(0.0).mul_(1.0).add_(1e-9))


class LogitsBounded(Planted):
    def decode_logits(self, z):
        return self.decoder(z).clamp(-15, 15)


class NormalisedCode(Planted):
    def decode_logits(self, z):
        return self.decoder(F.layer_norm(z, z.shape[1:]))


class MeanDetached(Planted):
    def latent(self, mu, logvar, noise):
        return super().latent(mu.detach(), logvar, noise)


class SoftplusSigma(Planted):
    def latent(self, mu, logvar, noise):
        return mu + F.softplus(logvar) * noise


class ByExp2(Planted):
    def latent(self, mu, logvar, noise):
        return noise.mul(torch.exp2(logvar * 0.7213475204444817)).add(mu)


class KeepsItsCode(Planted):
    """Remembers what it computed last, and switches no mode."""

    def forward(self, x, noise):
        self.last = mu, logvar = self.encode(x)
        return self.decode_logits(torch.lerp(mu, mu + noise, torch.exp(logvar / 2))), mu, logvar


class SplitBody(Planted):
    def encode(self, x):
        for layer in self.body:
            x = layer(x)
        return (self.mu_head(x), self.logvar_head(x))

    def decode_logits(self, z):
        for layer in self.decoder.children():
            z = layer(z)
        return z


class AsList(Planted):
    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        std = torch.sqrt(torch.exp(logvar))
        return [self.decode_logits(mu + torch.einsum("bk,bk->bk", std, noise)), mu, logvar]


SAYS_1 = ("`forward` does the same in evaluation mode, and with log σ² near 12 or -12, as its head gives it.")
SAYS_2 = ("`forward`: gradients reach both heads through z, and no mode or requires_grad is changed.")
SAYS_3 = ("`decode_logits`: what the decoder makes of z, unchanged.")
SAYS_4 = ("`forward`: the logits of z = μ + σ · noise with the noise that is passed in.")
SAYS_5 = ("`ConvVAE` changes its argument `noise` in place: work on a copy. `forward`: the logits of z = μ + "
          "σ · noise with the noise that is passed in.")
SAYS_6 = ("`ConvVAE` changes its argument `x` in place: work on a copy.")

wrong += [
    (ClampedTo10, SAYS_1), (ClampedTo5InForward, SAYS_1), (NoiseInTrainingOnly, SAYS_1), (EncodesOtherwiseInUse,
    SAYS_1), (LeavesEvaluationMode, SAYS_2), (FreezesTheBody, SAYS_2), (Dropout, SAYS_3), (NoiseClipped, SAYS_4),
    (NoiseWhitened, SAYS_4), (NoiseReversed, SAYS_4), (NoiseScaledInPlace, SAYS_5), (ImageCentredInPlace, SAYS_6),
    (LogitsBounded, SAYS_3), (NormalisedCode, SAYS_3), (MeanDetached, SAYS_2), (SoftplusSigma, SAYS_4),
]
right += [ByExp2, KeepsItsCode, SplitBody, AsList]
fits = {"Dropout": ("OwnNoise",)}
