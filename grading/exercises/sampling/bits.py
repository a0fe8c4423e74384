"""sampling-bits: the bound on a diffusion model's bits per dimension, with the cost of the last step given.

    nats = KL(N(√ᾱ_T x, 1 - ᾱ_T) ‖ N(0, 1)) + Σ_t ½ (SNR_s - SNR_t) ‖x - x̂_0(x_t)‖² + last,   SNR = ᾱ/(1 - ᾱ)

over neighbours t, s in the chain, with x_t = √ᾱ_t x + √(1 - ᾱ_t) noise (Kingma et al. 2021, arXiv:2107.00630, equation 14, from
Ho et al. 2020, arXiv:2006.11239, equation 5, with the variance of q(x_s | x_t, x_0)). Fixed: one given draw of noise for each
time; sums over all values of an image; bits, divided by their number. The truth takes each term from torch.distributions.
"""

import math

import torch
from torch.distributions import Normal, kl_divergence

from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Chains of several times, of two and of one; points and images; times at both ends."""
    double = torch.zeros((), dtype=torch.float64)
    steps = 5 + int(torch.randint(0, 3, (1,), generator=rng))
    signals = (0.05 + 0.9 * rand((steps,), like=double, rng=rng)).sort().values
    ends = torch.stack([1e-6 * (1 + rand((), like=double, rng=rng)), signals[2], 1 - 1e-4 * (1 + rand((), like=double, rng=rng))])
    wide = ends[1].item()
    return {"x": draws.placed(draws.normal((4, 3), rng=rng), (-9 - wide, 11 + wide), rng=rng),
            "noise": draws.normal((steps, 4, 3), rng=rng),
            "image": draws.normal((2, 1, 3, 5), rng=rng), "image_noise": draws.normal((steps, 2, 1, 3, 5), rng=rng),
            "last": draws.placed(draws.normal((4,), rng=rng), (-60 - 9 * wide,), rng=rng), "last_image": 5 + draws.normal((2,), rng=rng), "signals": signals, "ends": ends}


def probe(bound_bits, x, noise, image, image_noise, last, last_image, signals, ends):
    """The bound for points and images; of a perfect denoiser; at one time, two and at the ends."""
    asked, hidden = [], (x, last)

    def denoise(x, signal):
        asked.append(float(signal))
        return 2 * torch.sin(x) + 0.8 * x + 0.2 * float(signal)

    def run(chain, x=x, noise=noise, last=last, denoise=denoise):
        asked.clear()
        chain = probing.watch("signals", chain.tolist())
        drawn = probing.watch("noise", [v.clone() for v in noise[:len(chain)]])
        image, cost = (v.clone() for v in (x, last))
        for name, value, copy in (("x", x, image), ("last", last, cost)):
            if any(value is v for v in hidden):
                probing.watch(name, copy)
        return probing.tensor(bound_bits(denoise, image, chain, drawn, cost), "`bound_bits`")

    usual = run(signals)
    visited = torch.tensor(asked).sort().values
    return dict(usual=usual, visited=visited, image=run(signals, image, image_noise, last_image),
                perfect=run(signals, denoise=lambda x_t, signal: x), single=run(signals[:1]), two=run(signals[:2]),
                alone=run(signals, x[:1], noise[:, :1], last[:1]), ends=probing.attempt(run, ends),
                dark=probing.attempt(run, ends[:1]), free=run(signals, last=0 * last))


def reference(denoise, x, signals, noise, last):
    """As in the lesson."""
    first = signals[0]
    nats = 0.5 * (first * x**2 + (1 - first) - 1 - math.log1p(-first)).flatten(1).sum(1) + last
    for signal, following, eps in zip(signals, signals[1:], noise, strict=False):
        guess = denoise(math.sqrt(signal) * x + math.sqrt(1 - signal) * eps, signal)
        gain = following / (1 - following) - signal / (1 - signal)
        nats = nats + 0.5 * gain * (x - guess).square().flatten(1).sum(1)
    return nats / x[0].numel() / math.log(2)


def truth(denoise, x, signals, noise, last):
    """KL divergences of normal distributions, those of the steps from Gaussian conditioning."""
    first = torch.tensor(signals[0], dtype=x.dtype)
    total = kl_divergence(Normal(first.sqrt() * x, (1 - first).sqrt()), Normal(torch.zeros_like(x), 1.0)).flatten(1).sum(1)
    for signal, following, eps in zip(signals[:-1], signals[1:], noise, strict=False):
        guess = denoise(math.sqrt(signal) * x + math.sqrt(1 - signal) * eps, signal)
        ratio = signal / following
        variance = (1 - following) * (1 - ratio) / (ratio * (1 - following) + 1 - ratio)
        weight = math.sqrt(following) * (1 - ratio) / (1 - signal)
        pair = Normal(weight * x, math.sqrt(variance)), Normal(weight * guess, math.sqrt(variance))
        total = total + kl_divergence(*pair).flatten(1).sum(1)
    return (total + last) / (math.log(2) * x.flatten(1).shape[1])


exercise = Exercise(
    id="sampling-bits", defines="bound_bits(denoise, x, signals, noise, last)", core=False, points=5, level=5, minutes=25,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.diffusion_bound.diffusion_bound"],
    comparisons=[
        Compare("dark", "single", shape="(B,)", points=1, what="`bound_bits` for a chain of one time",
                says="With a single time: how far q(x_T | x) is from N(0, I), and the cost of the last step."),
        Compare("perfect", shape="(B,)", points=0.5, what="`bound_bits` where the guess is x itself",
                says="A denoiser that knows x pays for no step."),
        Compare("two", "usual", "alone", "free", shape="(B,)", points=2, what="`bound_bits`",
                says="Each step pays ½ (SNR_s - SNR_t) times the squared error of the guess, summed over all values."),
        Compare("image", shape="(B,)", points=0.5, what="`bound_bits` for images",
                says="Bits per dimension: nats, divided by log 2 and by the number of values of one image."),
        Compare("ends", "visited", shape="(B,)", points=1, what={"ends": "`bound_bits` at the ends", "visited":
                "what your denoiser was asked for"},
                says="The ends: nearly pure noise, nearly clean data; the denoiser is asked once at each time but the last."),
    ],
    hints=[
        "Three parts: what it costs to send the noisiest x, what each step towards the data costs, and the last one, which is "
        "given. Only the steps ask the denoiser.",
        "KL(N(m, v) ‖ N(0, 1)) = ½ (m² + v - 1 - log v) with m = √ᾱ_T x and v = 1 - ᾱ_T. A step from t to its neighbour s "
        "costs ½ (SNR_s - SNR_t)(x - x̂_0)² in each value.",
        "for signal, following, eps in zip(signals, signals[1:], noise): guess = denoise(signal**0.5 * x + (1 - signal)**0.5 * "
        "eps, signal); nats += 0.5 * (snr(following) - snr(signal)) * (x - guess).square().flatten(1).sum(1)",
    ],
    afterwards="The loss of training weights all times alike, this bound by how much SNR changes there: a model that draws well "
               "may compress badly.",
)
