"""Answers to ldm-scale: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _draw(mu, logvar, noise):
    return mu + torch.exp(logvar / 2) * noise


def _with(scale, encode, decode, into=None, out=None):
    """The functions of the lesson around a scale, with one of them replaced."""
    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return scale * (mu if noise is None else _draw(mu, logvar, noise))

    return scale, into or to_latent, out or (lambda latents: decode(latents / scale))


def _scale(encode, images, noise):
    return 1 / _draw(*encode(images), noise).std().item()


# Known mistakes


def of_the_means(encode, decode, images, noise):
    return _with(1 / encode(images)[0].std().item(), encode, decode)


def standard_deviation_itself(encode, decode, images, noise):
    return _with(1 / _scale(encode, images, noise), encode, decode)


def of_the_variance(encode, decode, images, noise):
    return _with(1 / _draw(*encode(images), noise).var().item(), encode, decode)


def root_mean_square(encode, decode, images, noise):
    return _with(1 / _draw(*encode(images), noise).square().mean().sqrt().item(), encode, decode)


def largest_value(encode, decode, images, noise):
    return _with(1 / _draw(*encode(images), noise).abs().max().item(), encode, decode)


def mean_over_images(encode, decode, images, noise):
    z = _draw(*encode(images), noise)
    return _with(1 / z.flatten(1).std(1).mean().item(), encode, decode)


def mean_over_channels(encode, decode, images, noise):
    z = _draw(*encode(images), noise)
    return _with(1 / z.transpose(0, 1).flatten(1).std(1).mean().item(), encode, decode)


def first_batch(encode, decode, images, noise):
    return _with(_scale(encode, images[:8], noise[:8]), encode, decode)


def one_per_channel(encode, decode, images, noise):
    z = _draw(*encode(images), noise)
    return _with(1 / z.std((0, 2, 3), keepdim=True), encode, decode)


def of_the_pixels(encode, decode, images, noise):
    return _with(1 / images.std().item(), encode, decode)


def logvar_as_sigma(encode, decode, images, noise):
    mu, logvar = encode(images)
    return _with(1 / (mu + logvar * noise).std().item(), encode, decode)


def own_noise(encode, decode, images, noise):
    mu, logvar = encode(images)
    scale = 1 / (mu + logvar.exp() * noise).std().item()

    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return scale * (mu if noise is None else mu + logvar.exp() * noise)

    return _with(scale, encode, decode, to_latent)


def constant_of_stable_diffusion(encode, decode, images, noise):
    return _with(0.18215, encode, decode)


def measured_at_every_call(encode, decode, images, noise):
    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        z = mu if noise is None else _draw(mu, logvar, noise)
        return z / z.std()

    return _with(_scale(encode, images, noise), encode, decode, to_latent)


def mean_taken_away(encode, decode, images, noise):
    z = _draw(*encode(images), noise)
    scale, centre = 1 / z.std().item(), z.mean().item()

    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return scale * ((mu if noise is None else _draw(mu, logvar, noise)) - centre)

    return _with(scale, encode, decode, to_latent, lambda latents: decode(latents / scale + centre))


def not_scaled(encode, decode, images, noise):
    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return mu if noise is None else _draw(mu, logvar, noise)

    return _with(_scale(encode, images, noise), encode, decode, to_latent)


def divided(encode, decode, images, noise):
    scale = _scale(encode, images, noise)

    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return (mu if noise is None else _draw(mu, logvar, noise)) / scale

    return _with(scale, encode, decode, to_latent, lambda latents: decode(latents * scale))


def scaled_twice(encode, decode, images, noise):
    scale = _scale(encode, images, noise)

    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return scale * scale * (mu if noise is None else _draw(mu, logvar, noise))

    return _with(scale, encode, decode, to_latent)


def noise_not_scaled(encode, decode, images, noise):
    scale = _scale(encode, images, noise)

    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return scale * mu if noise is None else scale * mu + torch.exp(logvar / 2) * noise

    return _with(scale, encode, decode, to_latent)


def always_the_mean(encode, decode, images, noise):
    scale = _scale(encode, images, noise)
    return _with(scale, encode, decode, lambda x, noise=None: scale * encode(x)[0])


def variance_for_sigma(encode, decode, images, noise):
    scale = _scale(encode, images, noise)

    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return scale * (mu if noise is None else mu + logvar.exp() * noise)

    return _with(scale, encode, decode, to_latent)


def decoded_as_they_are(encode, decode, images, noise):
    return _with(_scale(encode, images, noise), encode, decode, out=decode)


def multiplied_before_decoding(encode, decode, images, noise):
    scale = _scale(encode, images, noise)
    return _with(scale, encode, decode, out=lambda latents: decode(scale * latents))


def images_divided(encode, decode, images, noise):
    scale = _scale(encode, images, noise)
    return _with(scale, encode, decode, out=lambda latents: decode(latents) / scale)


def pair_of_mu_and_logvar(encode, decode, images, noise):
    scale = _scale(encode, images, noise)
    return _with(scale, encode, decode, lambda x, noise=None: scale * torch.cat(encode(x), 1))


# Also right


def by_numpys_spread(encode, decode, images, noise):
    mu, logvar = encode(images)
    std = (mu + logvar.mul(0.5).exp() * noise).std(unbiased=False)

    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        if noise is not None:
            mu = mu + logvar.exp().sqrt() * noise
        return mu / std

    def to_image(latents):
        return decode(latents * std)

    return 1 / std, to_latent, to_image


def by_batches(encode, decode, images, noise):
    parts = [torch.distributions.Normal(mu, (logvar / 2).exp()) for mu, logvar in (encode(part) for part in images.split(5))]
    values = torch.cat([(q.mean + q.stddev * eps).reshape(-1) for q, eps in zip(parts, noise.split(5), strict=True)])
    scale = float(1 / (values - values.mean()).square().mean().sqrt())

    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return mu * scale + (0 if noise is None else scale * torch.exp(0.5 * logvar) * noise)

    return scale, to_latent, lambda latents: decode(latents / scale)


class _Space:
    def __init__(self, encode, decode, images, noise):
        self.encode, self.decode = encode, decode
        with torch.no_grad():
            mu, logvar = encode(images)
            self.scale = torch.var(torch.addcmul(mu, torch.exp(0.5 * logvar), noise)).rsqrt()

    def to_latent(self, x, noise=None):
        mu, logvar = self.encode(x)
        noise = torch.zeros_like(mu) if noise is None else noise
        return self.scale * (mu + torch.exp(0.5 * logvar) * noise)

    def to_image(self, latents):
        return self.decode(latents / self.scale)


def as_an_object(encode, decode, images, noise):
    space = _Space(encode, decode, images, noise)
    return [space.scale, space.to_latent, space.to_image]


_WHOLE = "One standard deviation over all values of all images together; a mean of several ones leaves out how far their means lie apart."
_SIGMA = "σ is exp(logvar / 2): here logvar, or exp(logvar), which is the variance, stands in its place."
mistakes = [
    Mistake(of_the_means, "Your scale is that of the means alone. The network learns on draws, which spread further: add sigma * noise."),
    Mistake(standard_deviation_itself, "Your scale is the standard deviation itself. Multiplied by its inverse, values come to a spread of 1."),
    Mistake(of_the_variance, "You divide by the variance. Its square root has the units of the latents."),
    Mistake(root_mean_square, "Your spread is that about 0. The standard deviation is about the mean, which is not 0 here."),
    Mistake(largest_value, "You divide by the largest value. Noise has a spread of 1, not a largest value of 1."),
    Mistake(mean_over_images, _WHOLE), Mistake(mean_over_channels, _WHOLE),
    Mistake(first_batch, "You measure the first images alone. All those that you are handed belong to the measurement."),
    Mistake(one_per_channel, "You have a scale for each channel. A single number is asked for."),
    Mistake(of_the_pixels, "You measure the images. It is the latents that are to have a spread of 1."),
    Mistake(logvar_as_sigma, _SIGMA), Mistake(own_noise, _SIGMA), Mistake(variance_for_sigma, _SIGMA),
    Mistake(constant_of_stable_diffusion, "0.18215 belongs to the autoencoder of Stable Diffusion. Every autoencoder has its own."),
    Mistake(measured_at_every_call, "`to_latent` measures again at every call: the same image then has other latents in another batch."),
    Mistake(mean_taken_away, "You take the mean away as well. Only the scale is asked for, and `to_latent` gives scale times the latents."),
    Mistake(not_scaled, "`to_latent` does not apply the scale."),
    Mistake(divided, "`to_latent` divides by the scale, and `to_image` multiplies: the other way round."),
    Mistake(scaled_twice, "`to_latent` applies the scale twice."),
    Mistake(noise_not_scaled, "The scale is applied to the mean alone, before noise is added. Scale the draw."),
    Mistake(always_the_mean, "`to_latent` pays no heed to the noise that it is handed."),
    Mistake(decoded_as_they_are, "`to_image` decodes scaled latents. The decoder has learnt the size that they had before: divide first."),
    Mistake(multiplied_before_decoding, "`to_image` multiplies by the scale once more. Divide by it, to undo it."),
    Mistake(images_divided, "`to_image` divides the image. It is the latents that are scaled: divide them before decoding."),
    Mistake(pair_of_mu_and_logvar, "`encode` gives the two parameters of q(z | x). The latents are its mean, or a draw from it, not both parameters."),
]

also_right = [by_numpys_spread, by_batches, as_an_object]

equivalent_mutants = {
    "scale = 1 / (mu + torch.exp(logvar / 2) * noise).std().item(): (mu + torch.exp(logvar / 2) * noise).std().item() → "
    "(mu + torch.exp(logvar / 2) * noise).std()": "a tensor without axes is as good as a number",
}
