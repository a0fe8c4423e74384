"""ldm-scale: the one number that brings an autoencoder's latents to a spread of 1, and the two functions that apply it.

    scale = 1 / std(μ + σ · noise)   over all values of all images;   latents = scale · z,   images = decode(latents / scale)

(Rombach et al. 2022, arXiv:2112.10752, appendix G). Fixed: one number for all channels, measured once, on draws from q(z | x) with
the noise handed over; the spread is that about the mean. Free: whether the sum of squares is divided by n or n - 1 (there are more
than 1000 values, and 1e-3 is allowed), and whether the scale is a number or a tensor without axes.
"""

import torch
from torch.nn import functional as F

from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Images, channels and noise that differ in mean or spread; one large image; latents of sizes near 1, 500 and 1/500."""
    like = torch.zeros((), dtype=torch.float64)
    images = draws.normal((42, 3, 8, 10), rng=rng) * torch.linspace(0.2, 2, 42).double().view(-1, 1, 1, 1)
    louder = torch.linspace(0.3, 1.7, 42).double().view(-1, 1, 1, 1)  # else other noise would give nearly the same spread
    key = 0.7 + rand((8,), like=like, rng=rng)
    return {"images": images, "noise": draws.normal((42, 2, 4, 5), rng=rng) * louder, "large": draws.normal((1, 3, 56, 48), rng=rng),
            "large_noise": draws.normal((1, 2, 28, 24), rng=rng), "x": 5 * draws.normal((4, 3, 6, 8), rng=rng),
            "x_noise": draws.normal((4, 2, 3, 4), rng=rng), "z": draws.normal((3, 2, 4, 3), rng=rng),
            "mix": draws.normal((2, 3), rng=rng), "shift": torch.tensor([2.0, 4.0]).double() + rand((2,), like=like, rng=rng), "key": key,
            "tiny": 10 ** (-7 - rand((), like=like, rng=rng).item()), "y": 4 * draws.normal((4, 3, 6, 8), rng=rng), "size": 10 ** (2 * rand((), like=like, rng=rng).item() - 1), "far": 10 ** (2.5 + 0.3 * rand((), like=like, rng=rng).item())}


def probe(scaled_latents, images, noise, large, large_noise, x, x_noise, z, mix, shift, key, size, far, tiny, y):
    """The scale of many images and of one, and with log-variances at the ends; then other images through both functions."""
    def encode(x, size=size):
        small = F.avg_pool2d(x, 2)
        mu = size * (torch.einsum("kc,bchw->bkhw", mix.to(x), small) + shift.to(x).view(1, 2, 1, 1))
        return mu, torch.log((size * key[:2].to(x)).square()).view(1, 2, 1, 1) + 0.3 * torch.tanh(mu / size)

    def decode(z):
        return F.interpolate(torch.sin(z / size * key[2] / 6) + key[3] * z[:, :1] / size / 4 + 2 * key[4], scale_factor=2)

    def parts(*given, encode=encode):
        made = scaled_latents(encode, decode, *given)
        if not isinstance(made, (tuple, list)) or len(made) != 3 or not callable(made[1]) or not callable(made[2]):
            raise probing.WrongType("`scaled_latents` should return a number and two functions: scale, to_latent, to_image")
        return probing.tensor(made[0], "The scale"), made[1], made[2]

    scale, to_latent, to_image = parts(images, noise)
    alone, alone_latent, alone_image = parts(large, large_noise)
    ends = [parts(images, noise, encode=lambda x, end=end: encode(x, end))[0] * end for end in (far, 1 / far, tiny)]
    mean = probing.tensor(to_latent(x), "`to_latent`")
    drawn = probing.tensor(to_latent(x, x_noise), "`to_latent`")
    return dict(scale=scale * size, alone=alone * size, large=ends[0], small=ends[1], tiny=ends[2], mean=mean, drawn=drawn, one=probing.tensor(to_latent(x[:1], x_noise[:1]), "`to_latent`"),
                others=probing.tensor(to_latent(y, x_noise), "`to_latent`"), zero=probing.tensor(to_latent(x, torch.zeros_like(x_noise)), "`to_latent`"),
                alone_mean=probing.tensor(alone_latent(x), "`to_latent`"), alone_image=probing.tensor(alone_image(z), "`to_image`"),
                alone_latent=probing.tensor(alone_latent(x, x_noise), "`to_latent`"),
                image=probing.tensor(to_image(z), "`to_image`"), there=probing.tensor(to_image(to_latent(x)), "`to_image`"))


def reference(encode, decode, images, noise):
    """As in the lesson."""
    mu, logvar = encode(images)
    scale = 1 / (mu + torch.exp(logvar / 2) * noise).std().item()

    def to_latent(x, noise=None):
        mu, logvar = encode(x)
        return scale * (mu if noise is None else mu + torch.exp(logvar / 2) * noise)

    def to_image(latents):
        return decode(latents / scale)

    return scale, to_latent, to_image


def truth(encode, decode, images, noise):
    """The spread by sums over single images, and q(z | x) by torch.distributions."""
    def law(x):
        mu, logvar = encode(x)
        return torch.distributions.Normal(mu, logvar.exp().sqrt())

    total = squares = count = 0.0
    for image, eps in zip(images, noise, strict=True):
        q = law(image[None])
        z = (q.loc + q.scale * eps).double()
        total, squares, count = total + z.sum(), squares + z.square().sum(), count + z.numel()
    spread = (squares / count - (total / count).square()).sqrt().item()

    def to_latent(x, noise=None):
        q = law(x)
        return q.mean / spread if noise is None else q.loc / spread + q.stddev * noise / spread

    return 1 / spread, to_latent, lambda latents: decode(latents * spread)


exercise = Exercise(
    id="ldm-scale", defines="scaled_latents(encode, decode, images, noise)", core=True, points=2, level=2, minutes=12,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.latent_diffusion.LatentDiffusion"],
    comparisons=[
        Compare("scale", "alone", "large", "small", "tiny", shape="()", points=0.5, what="the scale, times the size of these latents,", tolerance=1e-3,
                says="The scale is 1 over the standard deviation of all values of the draws: all images, channels and places together."),
        Compare("mean", "alone_mean", shape="(B, C, h, w)", points=0.5, what="`to_latent`", tolerance=1e-3,
                says="Without noise `to_latent` gives the mean of q(z | x), times the scale that was measured at the start."),
        Compare("drawn", "zero", "one", "others", "alone_latent", shape="(B, C, h, w)", points=0.5, what="`to_latent` with noise", tolerance=1e-3,
                says="With noise `to_latent` gives a draw, times the scale that was measured at the start, whatever images it is shown."),
        Compare("image", "there", "alone_image", shape="(B, 3, H, W)", points=0.5, what="`to_image`", tolerance=5e-3,
                says="`to_image` undoes the scale before it decodes: there and back it has no influence on the image."),
    ],
    hints=[
        "By which number must numbers of standard deviation 5 be multiplied to have one of 1? The decoder has learnt the size that latents "
        "had before.",
        "Draw z = mu + sigma * noise once for all images and take the standard deviation over everything. `to_latent` and `to_image` are "
        "functions inside your function: they can see the scale.",
        "scale = 1 / (mu + torch.exp(logvar / 2) * noise).std().item(); to_latent: scale * mu, or scale * (mu + torch.exp(logvar / 2) * "
        "noise); to_image: decode(latents / scale).",
    ],
    afterwards="The schedule of noise was made for data of spread 1. Stable Diffusion's scale is 0.18215: its latents have a spread of 5.5.",
)
