"""Planted answers to ldm-scale, by another author than the check's."""

import numpy as np
import torch


def _reparameterise(encode, x, eps):
    mean, log_variance = encode(x)
    return mean + eps * log_variance.div(2).exp()


def _answer(encode, decode, scale, latent=None, image=None):
    def to_latent(x, noise=None):
        return scale * (encode(x)[0] if noise is None else _reparameterise(encode, x, noise))

    def to_image(latents):
        return decode(latents / scale)

    return scale, latent or to_latent, image or to_image


def always_a_draw(encode, decode, images, noise):
    scale = 1 / _reparameterise(encode, images, noise).std().item()

    def to_latent(x, noise=None):
        noise = torch.randn_like(encode(x)[0]) if noise is None else noise
        return scale * _reparameterise(encode, x, noise)

    return _answer(encode, decode, scale, to_latent)


def spread_of_each_place(encode, decode, images, noise):
    return _answer(encode, decode, 1 / _reparameterise(encode, images, noise).std(0, correction=0).mean())


def noise_of_one_image(encode, decode, images, noise):
    return _answer(encode, decode, 1 / _reparameterise(encode, images, noise[:1]).std().item())


def noise_drawn_anew(encode, decode, images, noise):
    return _answer(encode, decode, 1 / _reparameterise(encode, images, torch.randn_like(noise)).std().item())


def sigma_alone(encode, decode, images, noise):
    return _answer(encode, decode, 1 / (torch.exp(encode(images)[1] / 2) * noise).std().item())


def sum_of_two_spreads(encode, decode, images, noise):
    mu, logvar = encode(images)
    return _answer(encode, decode, 1 / (mu.std() + torch.exp(logvar / 2).mean()).item())


def mean_absolute_value(encode, decode, images, noise):
    return _answer(encode, decode, 1 / _reparameterise(encode, images, noise).abs().mean().item())


def range_to_2(encode, decode, images, noise):
    z = _reparameterise(encode, images, noise)
    return _answer(encode, decode, 2 / (z.max() - z.min()).item())


def inner_variance_of_noise(encode, decode, images, noise):
    mu, logvar = encode(images)
    return _answer(encode, decode, 1 / (mu + torch.exp(logvar / 2) * torch.ones_like(noise)).std().item())


def root_of_the_scale(encode, decode, images, noise):
    return _answer(encode, decode, _reparameterise(encode, images, noise).std().item() ** -0.5)


def first_image(encode, decode, images, noise):
    return _answer(encode, decode, 1 / _reparameterise(encode, images[:1], noise[:1]).std().item())


def noise_of_the_measurement(encode, decode, images, noise):
    scale, kept = 1 / _reparameterise(encode, images, noise).std().item(), noise

    def to_latent(x, noise=None):
        _, _, h, w = encode(x)[0].shape
        return scale * (encode(x)[0] if noise is None else _reparameterise(encode, x, kept[:len(x), :, :h, :w]))

    return _answer(encode, decode, scale, to_latent)


def remeasured_with_noise(encode, decode, images, noise):
    scale = 1 / _reparameterise(encode, images, noise).std().item()

    def to_latent(x, noise=None):
        if noise is None:
            return scale * encode(x)[0]
        z = _reparameterise(encode, x, noise)
        return z / z.std()

    return _answer(encode, decode, scale, to_latent)


def centred_in_to_latent(encode, decode, images, noise):
    z = _reparameterise(encode, images, noise)
    mean, std = z.mean(), z.std()

    def to_latent(x, noise=None):
        return ((encode(x)[0] if noise is None else _reparameterise(encode, x, noise)) - mean) / std

    return _answer(encode, decode, 1 / std.item(), to_latent)


def image_multiplied(encode, decode, images, noise):
    scale = 1 / _reparameterise(encode, images, noise).std().item()
    return _answer(encode, decode, scale, image=lambda latents: scale * decode(latents))


def unscaled_twice(encode, decode, images, noise):
    scale = 1 / _reparameterise(encode, images, noise).std().item()
    return _answer(encode, decode, scale, image=lambda latents: decode(latents / scale**2))


def clamped_latents(encode, decode, images, noise):
    scale = 1 / _reparameterise(encode, images, noise).std().item()

    def to_latent(x, noise=None):
        z = scale * (encode(x)[0] if noise is None else _reparameterise(encode, x, noise))
        return z.clamp(-3, 3)

    return _answer(encode, decode, scale, to_latent)


def log_variance_clamped(encode, decode, images, noise):
    def kept(x):
        mu, logvar = encode(x)
        return mu, logvar.clamp(-10, 10)

    return _answer(kept, decode, 1 / _reparameterise(kept, images, noise).std().item())


def tuple_without_scale(encode, decode, images, noise):
    return _answer(encode, decode, 1 / _reparameterise(encode, images, noise).std().item())[1:]


def remembered_by_shape(encode, decode, images, noise):
    scale = 1 / _reparameterise(encode, images, noise).std().item()
    seen = {}

    def to_latent(x, noise=None):
        mu, logvar = seen.setdefault(x.shape, encode(x))
        return scale * (mu if noise is None else mu + torch.exp(logvar / 2) * noise)

    return scale, to_latent, lambda latents: decode(latents / scale)


def small_number_added(encode, decode, images, noise):
    return _answer(encode, decode, 1 / (_reparameterise(encode, images, noise).std().item() + 1e-8))


def with_numpy(encode, decode, images, noise):
    with torch.no_grad():
        std = np.std(_reparameterise(encode, images, noise).numpy())
    return _answer(encode, decode, float(1.0 / std))


def image_after_image(encode, decode, images, noise):
    values = []
    for i in range(len(images)):
        values.extend(_reparameterise(encode, images[i:i + 1], noise[i:i + 1]).flatten().tolist())
    mean = sum(values) / len(values)
    scale = (sum((v - mean) ** 2 for v in values) / len(values)) ** -0.5
    return _answer(encode, decode, scale)


def by_std_mean(encode, decode, images, noise):
    mu, logvar = encode(images)
    std, _ = torch.std_mean(mu.add(noise.mul(logvar.exp().pow(0.5))))
    scale = std.reciprocal()

    def to_latent(x, noise=None):
        mean, logvar = encode(x)
        if noise is None:
            return mean.mul(scale)
        return torch.addcmul(mean * scale, noise, torch.exp(logvar / 2) * scale)

    return scale, to_latent, lambda z: decode(z.div(scale))


def with_default_arguments(encode, decode, images, noise):
    mu, logvar = encode(images)
    std = torch.sqrt(torch.var(mu + noise * torch.sqrt(torch.exp(logvar)), correction=0))

    def to_latent(x, noise=0.0, std=std):
        mu, logvar = encode(x)
        return (mu + (0.0 if noise is None else noise) * (logvar / 2).exp()) / std

    def to_image(latents, std=std):
        return decode(std * latents)

    return [1 / std, to_latent, to_image]


SAYS_1 = (
    "Without noise `to_latent` gives the mean of q(z | x), times the scale that was measured at the start."
)
SAYS_2 = (
    "The scale, times the size of these latents, holds inf or nan: look for 0/0, log 0, the root of a negative"
    " number, an exponential that overflows. The scale is 1 over the standard deviation of all values of the "
    "draws: all images, channels and places together."
)
SAYS_3 = (
    "The scale is 1 over the standard deviation of all values of the draws: all images, channels and places "
    "together."
)
SAYS_4 = (
    "With noise `to_latent` gives a draw, times the scale that was measured at the start, whatever images it "
    "is shown."
)
SAYS_5 = (
    "`to_image` undoes the scale before it decodes: there and back it has no influence on the image."
)
SAYS_6 = (
    "`scaled_latents` should return a number and two functions: scale, to_latent, to_image. The signature is "
    "`scaled_latents(encode, decode, images, noise)`."
)

fits = {"spread_of_each_place": ("mean_over_images",)}
SAYS_OTHERS = ("With noise `to_latent` gives a draw, times the scale that was measured at the start, "
               "whatever images it is shown.")
SAYS_TINY = ("The scale is 1 over the standard deviation of all values of the draws: "
             "all images, channels and places together.")

wrong = [
    (remembered_by_shape, SAYS_OTHERS), (small_number_added, SAYS_TINY),
    (always_a_draw, SAYS_1),
    (spread_of_each_place, SAYS_2),
    (noise_of_one_image, SAYS_3),
    (noise_drawn_anew, SAYS_3),
    (sigma_alone, SAYS_3),
    (sum_of_two_spreads, SAYS_3),
    (mean_absolute_value, SAYS_3),
    (range_to_2, SAYS_3),
    (inner_variance_of_noise, SAYS_3),
    (root_of_the_scale, SAYS_3),
    (first_image, SAYS_3),
    (noise_of_the_measurement, SAYS_4),
    (remeasured_with_noise, SAYS_4),
    (centred_in_to_latent, "mean_taken_away"),
    (image_multiplied, SAYS_5),
    (unscaled_twice, SAYS_5),
    (clamped_latents, SAYS_1),
    (log_variance_clamped, SAYS_3),
    (tuple_without_scale, SAYS_6),
]
right = [with_numpy, image_after_image, by_std_mean, with_default_arguments]
