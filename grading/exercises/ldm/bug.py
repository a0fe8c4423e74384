"""ldm-bug: a training loss whose null condition is not the one that the sampler asks about.

The lesson gives `buggy_loss`, word for word as in the answers. Where a caption is dropped it sets the words' vectors to 0 and
keeps the mask: neither is what the empty prompt gives, so the network never learns to answer that. Nothing raises an error, and
the loss looks as ever; guidance then leads away from something that was never learnt.
"""

import torch
from torch.nn import functional as F

from genlab.random import rand, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Some captions dropped; masks of any form."""
    B, L, D, T = 5, 4, 3, 11
    keep = rand((B, L), rng=rng) < 0.5
    keep[torch.arange(B), randint(0, L, (B,), rng=rng)] = True
    dropped = torch.zeros(B, dtype=torch.bool)
    dropped[torch.randperm(3, generator=rng)[:2] + 1] = True  # neither the first rows nor the last ones
    empty_keep = torch.zeros(L, dtype=torch.bool)
    empty_keep[torch.randperm(L, generator=rng)[:2]] = True
    first, second = dropped.nonzero().flatten()
    keep[first], keep[second] = ~empty_keep, torch.arange(L) == empty_keep.nonzero()[0, 0]  # no mask can be made of the other
    alpha_bar = (0.05 + 0.9 * rand((T,), rng=rng).double()).sort(descending=True).values
    alpha_bar[0], alpha_bar[-1] = 1 - 1e-5 * (1 + rand((), rng=rng).item()), 1e-5 * (1 + rand((), rng=rng).item())  # a bound shows
    t = torch.cat([torch.tensor([0, T - 1]), 1 + torch.randperm(T - 2, generator=rng)])[:B][torch.randperm(B, generator=rng)]
    return {"alpha_bar": alpha_bar,
            "latents": draws.placed(draws.normal((B, 2, 3, 4), rng=rng), (-60.0, 60.0, -40.0, 40.0), rng=rng), "context": 1 + draws.normal((B, L, D), rng=rng), "keep": keep,
            "empty": draws.normal((L, D), rng=rng) - 1, "empty_keep": empty_keep, "dropped": dropped,
            "t": t, "noise": draws.normal((B, 2, 3, 4), rng=rng), "key": 0.5 + rand((4,), rng=rng).double()}


def probe(caption_loss, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise, key):
    """The loss, what the network was asked, and gradients; with all captions dropped, with none, and with one row."""
    asked = []
    weight = probing.leaf(key)

    def network(z, t, context, keep):
        if keep.dtype != torch.bool:
            raise probing.WrongType("`caption_loss` should give the network a mask `keep` that is bool, as it got it")
        asked.append((z.detach(), torch.as_tensor(t), context.detach(), keep))
        said = (context.sin() * keep[..., None]).sum((1, 2)) + keep.sum(1) * weight[2]
        return torch.sin(weight[0] * z + weight[1] * (said + torch.as_tensor(t) / 7).view(-1, 1, 1, 1) + weight[3])

    def run(dropped, rows=slice(None), context=context):
        asked.clear()
        return probing.tensor(caption_loss(network, alpha_bar, latents[rows], context[rows], keep[rows], empty, empty_keep, dropped[rows],
                                           t[rows], noise[rows]), "`caption_loss`")

    words = probing.leaf(context)
    value = run(dropped, context=words)
    d_network, d_context = probing.vjp(value, [weight, words])
    shown = asked[-1] if asked else (latents * 0, t * 0, context * 0, keep & False)
    seen = torch.where(shown[3][..., None], shown[2], 0.0) if shown[3].shape == shown[2].shape[:2] else shown[2]
    return dict(value=value, seen=seen, mask=shown[3], noisy=shown[0], calls=key[0] * len(asked), none=run(dropped & False),
                all=run(dropped | True), row=run(dropped | True, slice(1, 2)), kept_row=run(dropped & False, slice(2, 3)),
                d_network=d_network, d_context=d_context)


def reference(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    """As in the lesson."""
    signal = alpha_bar[t][:, None, None, None]
    noisy = signal.sqrt() * latents + (1 - signal).sqrt() * noise
    context = torch.where(dropped[:, None, None], empty, context)
    keep = torch.where(dropped[:, None], empty_keep, keep)
    target = signal.sqrt() * noise - (1 - signal).sqrt() * latents
    return F.mse_loss(network(noisy, t, context, keep), target)


def truth(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise):
    """Row by row; v as the derivative of cos(a) latents + sin(a) noise by the angle a."""
    angle = torch.arccos(alpha_bar[t] ** 0.5)
    noisy = torch.stack([a.cos() * z + a.sin() * e for a, z, e in zip(angle, latents, noise, strict=True)])
    velocity = torch.stack([a.cos() * e - a.sin() * z for a, z, e in zip(angle, latents, noise, strict=True)])
    context = torch.stack([empty if drop else c for drop, c in zip(dropped.tolist(), context, strict=True)])
    keep = torch.stack([empty_keep if drop else k for drop, k in zip(dropped.tolist(), keep, strict=True)])
    return (network(noisy, t, context, keep) - velocity).pow(2).sum() / velocity.numel()


exercise = Exercise(
    id="ldm-bug", defines="caption_loss(network, alpha_bar, latents, context, keep, empty, empty_keep, dropped, t, noise)", core=True,
    points=2, level=3, minutes=10, all_or_nothing=True, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.latent_diffusion.LatentDiffusion"],
    comparisons=[
        Compare("none", "kept_row", shape="()", points=0.25, what="`caption_loss` without dropped captions",
                says="Where no caption is dropped the loss is that of the buggy version, which was right there."),
        Compare("noisy", "calls", points=0.25, what={"noisy": "the latents that the network is shown", "calls": "how often the network is asked"},
                says="The network is asked once, about all rows, with latents noised as before."),
        Compare("mask", "seen", points=0.75, what={"mask": "the mask that the network is shown", "seen": "the words that the network is shown"},
                says="A dropped caption becomes the empty prompt: its vectors and its mask. The other rows stay as they are."),
        Compare("value", "all", "row", shape="()", points=0.5, what="`caption_loss`",
                says="The mean squared error of v over all rows, those with dropped captions among them."),
        Compare("d_network", "d_context", points=0.25, what={"d_network": "the gradient at the network's weights", "d_context":
                "the gradient at `context`"}, says="The network learns from every row, the text encoder from those whose captions were kept."),
    ],
    hints=[
        "Guidance asks the network about the empty prompt. Which rows of the training batch taught it the answer?",
        "Print what the network is shown in a row whose caption was dropped, `context` and `keep`, and hold it against `empty` and "
        "`empty_keep`.",
        "context = torch.where(dropped[:, None, None], empty, context); keep = torch.where(dropped[:, None], empty_keep, keep).",
    ],
    afterwards="Training and sampling must mean the same by “no caption”. Two libraries that disagree about it share no error message.",
)
