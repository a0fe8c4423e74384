"""Planted answers to energy-langevin, by another author than the check's."""

import math

import numpy as np
import torch


def _walk(score, x, e, k, draw):
    for _ in range(k):
        x = x + e / 2 * score(x) + math.sqrt(e) * draw(x)
    return x


def antithetic(score, x, step_size, steps):
    def draw(x):
        h = (len(x) + 1) // 2
        n = torch.randn(h, *x.shape[1:], dtype=x.dtype)
        return torch.cat([n, -n])[: len(x)]

    return _walk(score, x, step_size, steps, draw)


def repeated_halves(score, x, step_size, steps):
    def draw(x):
        h = (len(x) + 1) // 2
        n = torch.randn(h, *x.shape[1:], dtype=x.dtype)
        return torch.cat([n, n])[: len(x)]

    return _walk(score, x, step_size, steps, draw)


def whitened(score, x, step_size, steps):
    def draw(x):
        n = torch.randn_like(x)
        return (n - n.mean(0)) / n.std(0)

    return _walk(score, x, step_size, steps, draw)


def centred(score, x, step_size, steps):
    def draw(x):
        n = torch.randn_like(x)
        return n - n.mean(0)

    return _walk(score, x, step_size, steps, draw)


def truncated(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, lambda x: torch.randn_like(x).clamp(-2, 2) / 0.9594)


def clipped_score(score, x, step_size, steps):
    return _walk(lambda p: score(p).clamp(-10, 10), x, step_size, steps, torch.randn_like)


def unit_score(score, x, step_size, steps):
    return _walk(lambda p: score(p) / score(p).norm(dim=-1, keepdim=True), x, step_size, steps, torch.randn_like)


def clipped_points(score, x, step_size, steps):
    for _ in range(steps):
        x = (x + step_size / 2 * score(x) + math.sqrt(step_size) * torch.randn_like(x)).clamp(-100, 100)
    return x


def trajectory_list(score, x, step_size, steps):
    out = [x]
    for _ in range(steps):
        out.append(out[-1] + step_size / 2 * score(out[-1]) + math.sqrt(step_size) * torch.randn_like(x))
    return out


def per_chain(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, lambda x: torch.randn(len(x), *[1] * (x.dim() - 1), dtype=x.dtype))


def momentum(score, x, step_size, steps):
    v = 0 * x
    for _ in range(steps):
        v = 0.5 * v + step_size / 2 * score(x)
        x = x + v + math.sqrt(step_size) * torch.randn_like(x)
    return x


def scaled_noise_1(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, lambda x: 1.1 * torch.randn_like(x))


def seeded(score, x, step_size, steps):
    torch.manual_seed(0)
    return _walk(score, x, step_size, steps, torch.randn_like)


def seeded_fork(score, x, step_size, steps):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return _walk(score, x, step_size, steps, torch.randn_like)


def wants_grad(score, x, step_size, steps):
    x.requires_grad_()
    return _walk(score, x, step_size, steps, torch.randn_like).detach()


def float64_back(score, x, step_size, steps):
    return _walk(score, x.double(), step_size, steps, torch.randn_like)


def noise32(score, x, step_size, steps):
    return _walk(score, x.float(), step_size, steps, torch.randn_like)


def step_from_1(score, x, step_size, steps):
    for _ in range(1, steps):
        x = x + step_size / 2 * score(x) + math.sqrt(step_size) * torch.randn_like(x)
    return x


def averaged(score, x, step_size, steps):
    tot = 0 * x
    for _ in range(steps):
        x = x + step_size / 2 * score(x) + math.sqrt(step_size) * torch.randn_like(x)
        tot = tot + x
    return tot / max(steps, 1)


def squared(score, x, step_size, steps):
    for _ in range(steps):
        x = x + step_size**2 / 2 * score(x) + step_size * torch.randn_like(x)
    return x


def uses_numpy_global_seed(score, x, step_size, steps):
    g = np.random.default_rng(0)
    return _walk(score, x, step_size, steps, lambda x: torch.from_numpy(g.standard_normal(tuple(x.shape))).to(x.dtype))


def out_kw(score, x, step_size, steps):
    x = x.clone()
    for _ in range(steps):
        s = score(x)
        n = torch.empty_like(x).normal_()
        torch.add(x, s, alpha=step_size / 2, out=x)
        x.add_(n, alpha=step_size**0.5)
    return x


def numpy_noise(score, x, step_size, steps):
    return _walk(
        score, x, step_size, steps, lambda x: torch.from_numpy(np.random.standard_normal(tuple(x.shape))).to(x.dtype)
    )


def chain_by_chain_noise(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, lambda x: torch.stack([torch.randn(r.shape).to(x) for r in x]))


def drawn_before(score, x, step_size, steps):
    n = torch.randn(steps, *x.shape, dtype=x.dtype)
    for i in range(steps):
        x = torch.lerp(x, x + step_size * score(x), 0.5) - n[i] * math.sqrt(step_size)
    return x.detach()


def whileloop(score, x, step_size, steps):
    e = torch.tensor(step_size, dtype=x.dtype)
    while steps > 0:
        x = torch.distributions.Normal(x + e * score(x) / 2, e.sqrt()).rsample()
        steps -= 1
    return x


SAYS_1 = "The noise is standard normal, independent for every number, step and call."
SAYS_2 = "Far from the mode, where noise is a trifle, a step goes along the score by half the step size."
SAYS_3 = (
    "`langevin_sample` should return a tensor, not list. The signature is `langevin_sample(score, x, "
    "step_size, steps)`."
)
SAYS_4 = "Each step adds noise of variance step_size, the last one, too."
SAYS_5 = "`langevin_sample` changes its argument `x` in place: work on a copy."

wrong = [
    (whitened, "centred_noise"),
    (truncated, SAYS_1),
    (clipped_score, SAYS_2),
    (clipped_points, SAYS_2),
    (trajectory_list, SAYS_3),
    (per_chain, "one_for_the_coordinates"),
    (scaled_noise_1, SAYS_4),
    (seeded, "noise_with_a_seed"),
    (seeded_fork, "noise_with_a_seed"),
    (wants_grad, SAYS_5),
    (step_from_1, "one_step_too_few"),
    (uses_numpy_global_seed, "noise_with_a_seed"),
]
right = [out_kw, numpy_noise, chain_by_chain_noise, drawn_before, whileloop, noise32, float64_back]
