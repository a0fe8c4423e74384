"""Planted answers to gan-find-code, by another author than the check's."""

import torch


def _descend(z, steps, rate, loss):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        (s,) = torch.autograd.grad(loss(z), z)
        z = (z - rate * s).detach()
    return z


def _m(g, x, seen, z):
    return torch.where(seen, g(z) - x, 0)


def times_mask_after_inf(generator, x, seen, z, steps, rate):
    return _descend(z, steps, rate, lambda c: ((generator(c) - x) * seen).square().sum())


def z_in_place(generator, x, seen, z, steps, rate):
    for _ in range(steps):
        z.requires_grad_()
        (s,) = torch.autograd.grad(_m(generator, x, seen, z).square().sum(), z)
        z = z.detach()
        z -= rate * s
    return z


def z_flag(generator, x, seen, z, steps, rate):
    c = z.requires_grad_()
    for _ in range(steps):
        (s,) = torch.autograd.grad(_m(generator, x, seen, c).square().sum(), c)
        c = (c - rate * s).detach().requires_grad_()
    return c


def x_masked_in_place(generator, x, seen, z, steps, rate):
    x[~seen] = 0
    return _descend(z, steps, rate, lambda c: _m(generator, x, seen, c).square().sum())


def eval_forced(generator, x, seen, z, steps, rate):
    generator.eval()
    r = _descend(z, steps, rate, lambda c: _m(generator, x, seen, c).square().sum())
    generator.train()
    return r


def clip_grad(generator, x, seen, z, steps, rate):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        (s,) = torch.autograd.grad(_m(generator, x, seen, z).square().sum(), z)
        z = (z - rate * s.clamp(-1, 1)).detach()
    return z


def prior(generator, x, seen, z, steps, rate):
    return _descend(z, steps, rate, lambda c: _m(generator, x, seen, c).square().sum() + 0.01 * c.square().sum())


def clamped_code(generator, x, seen, z, steps, rate):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        (s,) = torch.autograd.grad(_m(generator, x, seen, z).square().sum(), z)
        z = (z - rate * s).detach().clamp(-1, 1)
    return z


def per_image_normalised(generator, x, seen, z, steps, rate):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        (s,) = torch.autograd.grad(_m(generator, x, seen, z).square().sum(), z)
        z = (z - rate * s / s.norm(dim=1, keepdim=True).clamp(min=1e-9)).detach()
    return z


def returns_loss(generator, x, seen, z, steps, rate):
    c = _descend(z, steps, rate, lambda c: _m(generator, x, seen, c).square().sum())
    return c, _m(generator, x, seen, c).square().sum()


def returns_nothing(generator, x, seen, z, steps, rate):
    _descend(z, steps, rate, lambda c: _m(generator, x, seen, c).square().sum())


def frozen_then_all_thawed(generator, x, seen, z, steps, rate):
    generator.requires_grad_(False)
    r = _descend(z, steps, rate, lambda c: _m(generator, x, seen, c).square().sum())
    generator.requires_grad_(True)
    return r


def no_clone_inplace_sub(generator, x, seen, z, steps, rate):
    z.requires_grad_()
    for _ in range(steps):
        (s,) = torch.autograd.grad(_m(generator, x, seen, z).square().sum(), z)
        with torch.no_grad():
            z -= rate * s
    return z.detach()


def huber(generator, x, seen, z, steps, rate):
    return _descend(
        z, steps, rate, lambda c: torch.nn.functional.smooth_l1_loss(generator(c)[seen], x[seen], reduction="sum")
    )


def bce(generator, x, seen, z, steps, rate):
    return _descend(
        z,
        steps,
        rate,
        lambda c: torch.nn.functional.binary_cross_entropy_with_logits(generator(c)[seen], x[seen], reduction="sum"),
    )


def seeded(generator, x, seen, z, steps, rate):
    torch.manual_seed(0)
    return _descend(z, steps, rate, lambda c: _m(generator, x, seen, c).square().sum())


def indexed(generator, x, seen, z, steps, rate):
    return _descend(z, steps, rate, lambda c: (generator(c)[seen] - x[seen]).pow(2).sum())


def mse_sum(generator, x, seen, z, steps, rate):
    return _descend(
        z,
        steps,
        rate,
        lambda c: torch.nn.functional.mse_loss(
            generator(c).masked_fill(~seen, 0.0), x.masked_fill(~seen, 0.0), reduction="sum"
        ),
    )


def vjp(generator, x, seen, z, steps, rate):
    c = z
    for _ in range(steps):
        made, pull = torch.func.vjp(generator, c.detach())
        miss = torch.where(seen, made - x, torch.zeros_like(x)).detach()
        c = c - 2 * rate * pull(miss)[0]
    return c.detach().clone()


def eval_for_a_while(generator, x, seen, z, steps, rate):
    modes = [m.training for m in generator.modules()]
    generator.eval()
    r = _descend(z, steps, rate, lambda c: _m(generator, x, seen, c).square().sum())
    for m, mode in zip(generator.modules(), modes, strict=True):
        m.training = mode
    return r


def patience_of_zero(generator, x, seen, z, steps, rate):
    def loss(c):
        return _m(generator, x, seen, c).square().sum()

    for _ in range(steps):
        new = _descend(z, 1, rate, loss)
        if loss(new) > loss(z):
            return z
        z = new
    return z.detach()


def one_image_at_a_time_with_func(generator, x, seen, z, steps, rate):
    for _ in range(steps):
        z = z - rate * torch.func.grad(lambda c: _m(generator, x, seen, c).square().sum())(z)
    return z


SAYS_1 = "`find_code` changes its argument `z` in place: work on a copy."
SAYS_2 = "`find_code` changes its argument `x` in place: work on a copy."
SAYS_3 = "One step: minus the rate times the slope of the squared misses, summed over the pixels that are seen."
SAYS_4 = (
    "`find_code` should return a tensor, not tuple. The signature is `find_code(generator, x, seen, z, steps, rate)`."
)
SAYS_5 = (
    "`find_code` should return a tensor, not None (is a `return` missing?). The signature is "
    "`find_code(generator, x, seen, z, steps, rate)`."
)
SAYS_6 = (
    "`find_code` changes a setting of PyTorch for everything that runs afterwards: no "
    "`torch.manual_seed`, `set_grad_enabled` or `set_default_dtype` in it."
)

fits = {"patience_of_zero": ("stops_when_the_loss_grows", "keeps_the_best")}  # it is the best up to there

wrong = [
    (eval_for_a_while, "evaluated_meanwhile"),
    (patience_of_zero, "keeps_the_best"),
    (frozen_then_all_thawed, "frozen_and_all_thawed"),
    (z_in_place, SAYS_1),
    (z_flag, SAYS_1),
    (x_masked_in_place, SAYS_2),
    (eval_forced, "put_in_training_mode_afterwards"),
    (clip_grad, SAYS_3),
    (prior, SAYS_3),
    (clamped_code, SAYS_3),
    (per_image_normalised, SAYS_3),
    (returns_loss, SAYS_4),
    (returns_nothing, SAYS_5),
    (no_clone_inplace_sub, SAYS_1),
    (huber, SAYS_3),
    (bce, SAYS_3),
    (seeded, SAYS_6),
]
right = [one_image_at_a_time_with_func, indexed, mse_sum, vjp, times_mask_after_inf]
