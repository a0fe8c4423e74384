"""energy-denoise: the best guess of what was there before the noise, from the energy of the noisy density.

The clean points are a few, with weights, so that the mean of the clean point given the noisy one is a weighted
mean that the judge writes down. The energy that the answer gets is that of the mixture of Gaussians, shifted.
"""

import torch
from torch import nn

from genlab.random import rand, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Four clean points in three dimensions, noisy ones near and far from them, σ on both sides of 1."""
    one = torch.ones(1, dtype=torch.float64)
    points = 2 * randn((4, 3), like=one, rng=rng)
    return {"points": points, "weights": 0.2 + rand((4,), like=one, rng=rng), "x": 2 * randn((6, 3), like=one, rng=rng),
            "sigma": float(0.6 + 0.3 * torch.rand((), generator=rng)), "wide": float(1.5 + torch.rand((), generator=rng)),
            "shift": float(3 * randn((), like=one, rng=rng)), "planted": randn((4,), like=one, rng=rng),
            "far": 40 + 5 * rand((2, 3), like=one, rng=rng)}


def probe(denoise, points, weights, x, sigma, wide, shift, planted, far):
    """At both σ, far away, for one point, without gradients around it, and what became of the parameters' gradients."""

    class Energy(nn.Module):
        """-log Σ w N(x; c, σ²) + constant; it answers for (B, 3) with (B,)."""

        def __init__(self, sigma):
            super().__init__()
            self.sigma, self.w = sigma, nn.Parameter(weights.log())
            self.w.grad = planted.clone()
            self.still = nn.Parameter(planted.clone(), requires_grad=False)  # frozen before, and so afterwards

        def forward(self, noisy):
            squares = (noisy[:, None] - points).square().sum(2)
            return shift - torch.logsumexp(self.w - squares / (2 * self.sigma**2), 1)

    near, broad = probing.watch("energy", Energy(sigma)), probing.watch("energy", Energy(wide).eval())

    def ask(noisy, s, energy):
        return probing.tensor(denoise(noisy, s, energy), "`denoise`")

    later = x.clone()
    values = dict(guess=ask(x, sigma, near), other=ask(later.clone(), wide, broad), one=ask(later[:1].clone(), sigma, near),
                  far=probing.attempt(ask, far, wide, broad))
    with torch.no_grad():
        values["quiet"] = probing.attempt(ask, later, sigma, near)
        values["switch"] = float(torch.is_grad_enabled())
    return values | dict(kept=planted * 0 if near.w.grad is None else near.w.grad)


def reference(x, sigma, energy):
    """x - σ² ∇E(x)."""
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        slope, = torch.autograd.grad(energy(leaf).sum(), leaf)
    return x - sigma**2 * slope


def is_posterior_mean(inputs, got, expected, n):
    """Σ r c with r ∝ w exp(-|x - c|² / 2σ²): Bayes' rule over the clean points."""
    cases = (("guess", "x", "sigma"), ("other", "x", "wide"), ("far", "far", "wide"))
    for name, noisy, sigma in cases:
        gaps = (inputs[noisy][:, None] - inputs["points"]).square().sum(2)
        r = (inputs["weights"].log() - gaps / (2 * inputs[sigma] ** 2)).softmax(1)
        wanted, found = r @ inputs["points"], got[name].double()
        if not torch.allclose(found, wanted, rtol=1e-4, atol=1e-4):
            at = (found - wanted).abs().argmax()
            return False, found.flatten()[at], wanted.flatten()[at]
    return True, 0.0, 0.0


exercise = Exercise(
    id="energy-denoise", defines="denoise(x, sigma, energy)", core=False, points=2, level=3, minutes=10, inputs=inputs,
    probe=probe, reference=reference,
    comparisons=[
        Compare("guess", "other", "far", points=1, shape="(B, D)", test=is_posterior_mean, resolution=1e-6,
                what="`denoise`", says="The mean of the clean point, given the noisy one: one step along the score, as long "
                                       "as the variance of the noise."),
        Compare("one", points=0.25, shape="(B, D)", what="`denoise` of one point",
                says="Each point is denoised by itself: one point alone gives what it gives among others."),
        Compare("quiet", "switch", points=0.25, what={"quiet": "`denoise` where gradients are switched off",
                                                      "switch": "the switch for gradients after the call"},
                says="Where gradients are switched off it works as well, and leaves them off: `with torch.enable_grad():`."),
        Compare("kept", points=0.5, what="the `.grad` of a parameter after the call",
                says="Only the slope in x is needed: the gradients that the parameters hold are left as they were."),
    ],
    hints=[
        "Which way does the score of the noisy density point, and what does a step along it look like for one clean point "
        "c, where p is N(c, σ²)?",
        "The guess is x + σ² s(x) with s = -∇E, the gradient with respect to x.",
        "leaf = x.detach().clone().requires_grad_(); slope, = torch.autograd.grad(energy(leaf).sum(), leaf), inside "
        "torch.enable_grad(); then x - sigma**2 * slope.",
    ],
    afterwards="A diffusion model is trained to make this guess; its network is a score in disguise.",
)
