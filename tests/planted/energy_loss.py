"""Planted answers to energy-loss, by another author than the check's."""

import torch
from torch.nn import functional as F


def _pen(e, f):
    return e.square().mean() + f.square().mean()


def sampler_from_noise(energy, x, sampler, penalty=0.1):
    e = energy(x)
    f = energy(sampler(torch.randn_like(x)).detach())
    return e.mean() - f.mean() + penalty * _pen(e, f)


def sampler_without_argument(energy, x, sampler, penalty=0.1):
    e = energy(x)
    f = energy(sampler().detach())
    return e.mean() - f.mean() + penalty * _pen(e, f)


def cut_to_data(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x).detach())[: len(x)]
    return (e - f + penalty * (e**2 + f**2)).mean()


def penalty_squared_sum(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * (e.mean() - f.mean()).square()


def penalty_samples_through(energy, x, sampler, penalty=0.1):
    s = sampler(x)
    e, f = energy(x), energy(s.detach())
    return e.mean() - f.mean() + penalty * _pen(e, energy(s))


def exps(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x).detach())
    return torch.exp(-f).mean() - torch.exp(-e).mean() + penalty * _pen(e, f)


def clamped(energy, x, sampler, penalty=0.1):
    e, f = energy(x).clamp(-3, 3), energy(sampler(x).detach()).clamp(-3, 3)
    return e.mean() - f.mean() + penalty * _pen(e, f)


def hinge(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x).detach())
    return F.relu(e.mean() - f.mean()) + penalty * _pen(e, f)


def eval_left(energy, x, sampler, penalty=0.1):
    energy.eval()
    s = sampler(x).detach()
    e, f = energy(x), energy(s)
    return e.mean() - f.mean() + penalty * _pen(e, f)


def x_in_place(energy, x, sampler, penalty=0.1):
    x.add_(0.01 * torch.randn_like(x))
    e, f = energy(x), energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * _pen(e, f)


def x_wants_grad(energy, x, sampler, penalty=0.1):
    x.requires_grad_()
    e, f = energy(x), energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * _pen(e, f)


def noisy_data(energy, x, sampler, penalty=0.1):
    e, f = energy(x + 0.01 * torch.randn_like(x)), energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * _pen(e, f)


def default_penalty_differs(energy, x, sampler, penalty=0.01):
    e, f = energy(x), energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * _pen(e, f)


def no_default(energy, x, sampler, penalty):
    e, f = energy(x), energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * _pen(e, f)


def item(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x).detach())
    return (e.mean() - f.mean() + penalty * _pen(e, f)).item()


def nothing(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x).detach())
    e.mean() - f.mean() + penalty * _pen(e, f)


def keep(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x).detach())
    return (e.mean() - f.mean() + penalty * _pen(e, f))[None]


def nograd_all(energy, x, sampler, penalty=0.1):
    with torch.no_grad():
        e, f = energy(x), energy(sampler(x))
    return e.mean() - f.mean() + penalty * _pen(e, f)


def freeze_then_thaw_all_wrong(energy, x, sampler, penalty=0.1):
    for p in energy.parameters():
        p.requires_grad_(False)
    e, f = energy(x), energy(sampler(x))
    for p in energy.parameters():
        p.requires_grad_(True)
    return e.mean() - f.mean() + penalty * _pen(e, f)


def median(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x).detach())
    return e.median() - f.median() + penalty * _pen(e, f)


def norm_pen(energy, x, sampler, penalty=0.1):
    e, f = energy(x), energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * (e.norm() + f.norm())


def seeded(energy, x, sampler, penalty=0.1):
    torch.manual_seed(0)
    e, f = energy(x), energy(sampler(x).detach())
    return e.mean() - f.mean() + penalty * _pen(e, f)


def enable(energy, x, sampler, penalty=0.1):
    with torch.enable_grad():
        s = sampler(x).detach()
        total = sum(energy(r[None])[0] for r in x) / len(x) - sum(energy(r[None])[0] for r in s) / len(s)
        return total + penalty * (energy(x) ** 2).mean() + penalty * torch.linalg.vector_norm(energy(s)) ** 2 / len(s)


def data_props(energy, x, sampler, penalty=0.1):
    s = sampler(x.clone()).data
    e = energy(x)
    f = energy(s)
    return (
        torch.einsum("b->", e) / len(e)
        - torch.einsum("b->", f) / f.numel()
        + penalty * (torch.dot(e, e) / len(e) + torch.dot(f, f) / len(f))
    )


def mse(energy, x, sampler, penalty=0.1):
    with torch.no_grad():
        s = sampler(x)
    f = energy(s)
    e = energy(x)
    return (
        e.mean()
        .sub(f.mean())
        .add(F.mse_loss(e, torch.zeros_like(e)) + F.mse_loss(f, torch.zeros_like(f)), alpha=penalty)
    )


def modes_set_anew(energy, x, sampler, penalty=0.1):
    energy.eval()
    samples = sampler(x).detach()
    energy.train()
    e, f = energy(x), energy(samples)
    return e.mean() - f.mean() + penalty * (e.square().mean() + f.square().mean())


def all_set_free(energy, x, sampler, penalty=0.1):
    energy.requires_grad_(False)
    samples = sampler(x).detach()
    energy.requires_grad_(True)
    e, f = energy(x), energy(samples)
    return e.mean() - f.mean() + penalty * (e.square().mean() + f.square().mean())


SAYS_1 = "Without a penalty: how much higher the energy of the data is than that of the samples, on average."
SAYS_2 = (
    "Your code raised TypeError: probe.<locals>.<lambda>() missing 1 required positional argument: "
    "'given' at for penalty = 0.0. The signature is `ebm_loss(energy, x, sampler, penalty=0.1)`."
)
SAYS_3 = (
    "Your code raised RuntimeError: The size of tensor a (7) must match the size of tensor b (4) at "
    "non-singleton dimension 0 at for penalty = 0.0. Often: two shapes do not fit: a sum over another "
    "axis than the last (`sum(dim=0)` adds up the batch), or a missing `keepdim=True`. The signature is "
    "`ebm_loss(energy, x, sampler, penalty=0.1)`."
)
SAYS_4 = "Where a sample lies is not to be learnt: no gradient passes through the chain that made it."
SAYS_5 = "`ebm_loss` changes its argument `energy` in place: work on a copy."
SAYS_6 = (
    "`ebm_loss` changes its argument `x` in place: work on a copy. Without a penalty: how much higher the"
    " energy of the data is than that of the samples, on average."
)
SAYS_7 = "`ebm_loss` changes its argument `x` in place: work on a copy."
SAYS_8 = "The penalty adds up the means of the squared energies, of data and of samples, times its weight."
SAYS_9 = (
    "Your code raised TypeError: no_default() missing 1 required positional argument: 'penalty'. The "
    "signature is `ebm_loss(energy, x, sampler, penalty=0.1)`."
)
SAYS_10 = (
    "`ebm_loss` should return a tensor, not None (is a `return` missing?). The signature is "
    "`ebm_loss(energy, x, sampler, penalty=0.1)`."
)
SAYS_11 = (
    "`ebm_loss` without a penalty should have shape (), not (1,): a single number, without an axis. "
    "Without a penalty: how much higher the energy of the data is than that of the samples, on average."
)
SAYS_12 = (
    "`ebm_loss` changes a setting of PyTorch for everything that runs afterwards: no `torch.manual_seed`,"
    " `set_grad_enabled` or `set_default_dtype` in it."
)

SAYS_CHANGED = "`ebm_loss` changes its argument `energy` in place: work on a copy."

wrong = [
    (modes_set_anew, SAYS_CHANGED),
    (all_set_free, SAYS_CHANGED),
    (sampler_from_noise, SAYS_1),
    (sampler_without_argument, SAYS_2),
    (cut_to_data, SAYS_3),
    (penalty_samples_through, SAYS_4),
    (exps, SAYS_1),
    (clamped, SAYS_1),
    (hinge, SAYS_1),
    (eval_left, SAYS_5),
    (x_in_place, SAYS_6),
    (x_wants_grad, SAYS_7),
    (noisy_data, SAYS_1),
    (default_penalty_differs, SAYS_8),
    (no_default, SAYS_9),
    (item, "without_gradient"),
    (nothing, SAYS_10),
    (keep, SAYS_11),
    (nograd_all, "without_gradient"),
    (freeze_then_thaw_all_wrong, "without_gradient"),
    (median, SAYS_1),
    (norm_pen, SAYS_8),
    (seeded, SAYS_12),
]
right = [enable, data_props, mse]
