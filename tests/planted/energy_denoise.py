"""Planted answers to energy-denoise, by another author than the check's."""

import torch


def _slope(x, energy):
    with torch.enable_grad():
        l = x.detach().clone().requires_grad_()
        return torch.autograd.grad(energy(l).sum(), l)[0]


def no_enable(x, sigma, energy):
    l = x.detach().clone().requires_grad_()
    return x - sigma**2 * torch.autograd.grad(energy(l).sum(), l)[0]


def flags_x(x, sigma, energy):
    with torch.enable_grad():
        x.requires_grad_()
        (s,) = torch.autograd.grad(energy(x).sum(), x)
    return (x - sigma**2 * s).detach()


def in_place(x, sigma, energy):
    x -= sigma**2 * _slope(x, energy)
    return x


def clears(x, sigma, energy):
    with torch.enable_grad():
        l = x.detach().clone().requires_grad_()
        energy(l).sum().backward()
    energy.zero_grad()
    return x - sigma**2 * l.grad


def frozen(x, sigma, energy):
    energy.requires_grad_(False)
    with torch.enable_grad():
        l = x.detach().clone().requires_grad_()
        energy(l).sum().backward()
    return x - sigma**2 * l.grad


def first_only(x, sigma, energy):
    with torch.enable_grad():
        l = x.detach().clone().requires_grad_()
        (s,) = torch.autograd.grad(energy(l)[0], l)
    return x - sigma**2 * s


def std_slope(x, sigma, energy):
    s = _slope(x, energy)
    return x - sigma**2 * s / s.norm(dim=1, keepdim=True)


def clip(x, sigma, energy):
    return x - sigma**2 * _slope(x, energy).clamp(-10, 10)


def clip100(x, sigma, energy):
    return x - (sigma**2 * _slope(x, energy)).clamp(-20, 20)


def noisy(x, sigma, energy):
    return x - sigma**2 * _slope(x, energy) + sigma * torch.randn_like(x)


def tweedie_pred_eps(x, sigma, energy):
    return sigma * _slope(x, energy)


def scaled_x(x, sigma, energy):
    return x / (1 + sigma**2) - sigma**2 * _slope(x, energy)


def langevin_eps(x, sigma, energy):
    return x - 0.5 * sigma * _slope(x, energy)


def grad_left_on(x, sigma, energy):
    torch.set_grad_enabled(True)
    return x - sigma**2 * _slope(x, energy)


def exp_energy(x, sigma, energy):
    with torch.enable_grad():
        l = x.detach().clone().requires_grad_()
        (s,) = torch.autograd.grad(torch.exp(-energy(l)).sum(), l)
    return x + sigma**2 * s


def finite_difference(x, sigma, energy):
    h = 0.1
    s = torch.stack([(energy(x + h * e) - energy(x - h * e)) / (2 * h) for e in torch.eye(x.shape[1]).to(x)], 1)
    return x - sigma**2 * s


def iterated(x, sigma, energy):
    y = x
    for _ in range(10):
        y = y - sigma**2 / 10 * _slope(y, energy)
    return y


def cubed(x, sigma, energy):
    return x - sigma**3 * _slope(x, energy)


def nothing(x, sigma, energy):
    x - sigma**2 * _slope(x, energy)


def slope_of_mean(x, sigma, energy):
    with torch.enable_grad():
        l = x.detach().clone().requires_grad_()
        (s,) = torch.autograd.grad(energy(l.mean(0, keepdim=True)).sum(), l)
    return x - sigma**2 * s


def restore(x, sigma, energy):
    old = [None if p.grad is None else p.grad.clone() for p in energy.parameters()]
    with torch.enable_grad():
        l = x.clone().detach().requires_grad_(True)
        energy(l).sum().backward()
    for p, o in zip(energy.parameters(), old, strict=True):
        p.grad = o
    return x - l.grad * sigma**2


def inputs_only(x, sigma, energy):
    with torch.set_grad_enabled(True):
        l = torch.nn.Parameter(x.detach().clone())
        energy(l).backward(torch.ones(len(x)).to(x), inputs=[l])
    return torch.addcmul(x, l.grad, torch.full_like(x, sigma**2), value=-1)


def jac(x, sigma, energy):
    with torch.enable_grad():
        j = torch.autograd.functional.jacobian(energy, x.detach().clone())
    return x - sigma**2 * torch.einsum("iid->id", j)


def modes_set_anew(x, sigma, energy):
    energy.eval()
    slope = _slope_in(x, energy)
    energy.train()
    return x - sigma**2 * slope


def all_set_free(x, sigma, energy):
    energy.requires_grad_(False)
    slope = _slope_in(x, energy)
    energy.requires_grad_(True)
    return x - sigma**2 * slope


def _slope_in(x, energy):
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        return torch.autograd.grad(energy(leaf).sum(), leaf)[0]


SAYS_1 = (
    "The mean of the clean point, given the noisy one: one step along the score, as long as the variance of the noise."
)
SAYS_2 = "You change `x`, its numbers or its flag (`requires_grad_`): work on x.detach().clone()."
SAYS_3 = (
    "`denoise` should return a tensor, not None (is a `return` missing?). The signature is `denoise(x, sigma, energy)`."
)

SAYS_CHANGED = "left_frozen"

wrong = [
    (modes_set_anew, SAYS_CHANGED),
    (all_set_free, SAYS_CHANGED),
    (noisy, SAYS_1),
    (flags_x, SAYS_2),
    (first_only, SAYS_1),
    (std_slope, SAYS_1),
    (clip, SAYS_1),
    (clip100, SAYS_1),
    (scaled_x, SAYS_1),
    (langevin_eps, SAYS_1),
    (finite_difference, SAYS_1),
    (iterated, SAYS_1),
    (cubed, SAYS_1),
    (nothing, SAYS_3),
    (slope_of_mean, SAYS_1),
]
right = [restore, inputs_only, jac]
