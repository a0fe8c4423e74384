"""Planted answers to wgan-polish, by another author than the check's."""

import torch


def uphill(z, steps, rate, objective, sign=1.0):
    for _ in range(steps):
        z = z.detach().requires_grad_(True)
        g, = torch.autograd.grad(objective(z), [z])
        z = z + sign * rate * g
    return z.detach()


def praise(generator, critic, pull):
    def objective(z):
        return (critic(generator(z)) - 0.5 * pull * z.pow(2).sum(dim=-1)).sum()

    return objective


def minimises(generator, critic, z, steps, rate, pull):
    return uphill(z, steps, rate, praise(generator, critic, pull), sign=-1.0)


def critic_only(generator, critic, z, steps, rate, pull):
    return uphill(z, steps, rate, praise(generator, critic, 0.0))


def full_square(generator, critic, z, steps, rate, pull):
    return uphill(z, steps, rate, lambda c: critic(generator(c)).sum() - pull * (c**2).sum())


def repelled(generator, critic, z, steps, rate, pull):
    return uphill(z, steps, rate, lambda c: critic(generator(c)).sum() + 0.5 * pull * (c**2).sum())


def batch_mean(generator, critic, z, steps, rate, pull):
    return uphill(z, steps, rate, lambda c: critic(generator(c)).mean() - 0.5 * pull * (c**2).sum(1).mean())


def norm_unsquared(generator, critic, z, steps, rate, pull):
    return uphill(z, steps, rate, lambda c: critic(generator(c)).sum() - 0.5 * pull * torch.linalg.norm(c, dim=1).sum())


def regularised_to_start(generator, critic, z, steps, rate, pull):
    start = z.detach()
    return uphill(z, steps, rate, lambda c: critic(generator(c)).sum() - 0.5 * pull * (c - start).pow(2).sum())


def shrinks_without_rate(generator, critic, z, steps, rate, pull):
    for _ in range(steps):
        z = z.detach().requires_grad_()
        g, = torch.autograd.grad(critic(generator(z)).sum(), z)
        z = z + rate * g - pull * z
    return z.detach()


def sums_up_grad(generator, critic, z, steps, rate, pull):
    z = z.detach().clone().requires_grad_()
    objective = praise(generator, critic, pull)
    for _ in range(steps):
        objective(z).backward(inputs=[z])
        z.data.add_(z.grad, alpha=rate)
    return z.detach()


def through_backward(generator, critic, z, steps, rate, pull):
    z = z.detach().clone().requires_grad_()
    for _ in range(steps):
        if z.grad is not None:
            z.grad.zero_()
        praise(generator, critic, pull)(z).backward()
        z.data += rate * z.grad
    return z.detach()


def zeroes_everything(generator, critic, z, steps, rate, pull):
    z = z.detach().clone().requires_grad_()
    for _ in range(steps):
        z.grad = None
        praise(generator, critic, pull)(z).backward()
        z.data += rate * z.grad
        for p in (*generator.parameters(), *critic.parameters()):
            p.grad = None
    return z.detach()


def never_thawed(generator, critic, z, steps, rate, pull):
    for net in (generator, critic):
        for p in net.parameters():
            p.requires_grad = False
    return uphill(z, steps, rate, praise(generator, critic, pull))


def always_eval(generator, critic, z, steps, rate, pull):
    generator.eval(), critic.eval()
    return uphill(z, steps, rate, praise(generator, critic, pull))


def always_train(generator, critic, z, steps, rate, pull):
    generator.train(), critic.train()
    return uphill(z, steps, rate, praise(generator, critic, pull))


def off_by_one(generator, critic, z, steps, rate, pull):
    for _ in range(1, steps):
        z = uphill(z, 1, rate, praise(generator, critic, pull))
    return z


def in_place_on_argument(generator, critic, z, steps, rate, pull):
    for _ in range(steps):
        z.data += uphill(z, 1, rate, praise(generator, critic, pull)) - z.data
    return z.detach()


def attached(generator, critic, z, steps, rate, pull):
    z = z.clone().requires_grad_()
    for _ in range(steps):
        z = z + rate * torch.autograd.grad(praise(generator, critic, pull)(z), z)[0]
    return z


def unit_steps(generator, critic, z, steps, rate, pull):
    for _ in range(steps):
        z = z.detach().requires_grad_()
        g, = torch.autograd.grad(praise(generator, critic, pull)(z), z)
        z = z + rate * torch.nn.functional.normalize(g, dim=1)
    return z.detach()


def with_noise(generator, critic, z, steps, rate, pull):
    for _ in range(steps):
        z = uphill(z, 1, rate, praise(generator, critic, pull)) + (2 * rate) ** 0.5 * torch.randn_like(z)
    return z


def pictures(generator, critic, z, steps, rate, pull):
    return generator(uphill(z, steps, rate, praise(generator, critic, pull))).detach()


def gives_up(generator, critic, z, steps, rate, pull):
    score = praise(generator, critic, pull)
    for _ in range(steps):
        tried = uphill(z, 1, rate, score)
        if score(tried).item() < score(z).item():
            break
        z = tried
    return z.detach().clone()


def remembers_the_highest(generator, critic, z, steps, rate, pull):
    def scores(z):
        return (critic(generator(z)) - 0.5 * pull * z.pow(2).sum(dim=-1)).detach()

    highest, code = z.detach().clone(), z
    for _ in range(steps):
        code = uphill(code, 1, rate, praise(generator, critic, pull))
        better = scores(code) > scores(highest)
        highest[better] = code[better]
    return highest


def within_three(generator, critic, z, steps, rate, pull):
    for _ in range(steps):
        z = torch.clamp(uphill(z, 1, rate, praise(generator, critic, pull)), min=-3.0, max=3.0)
    return z.detach().clone()


def eval_and_back(generator, critic, z, steps, rate, pull):
    was = [net.training for net in (generator, critic)]
    generator.eval(), critic.eval()
    out = uphill(z, steps, rate, praise(generator, critic, pull))
    for net, flag in zip((generator, critic), was, strict=True):
        net.train(flag)
    return out


def all_flags_on(generator, critic, z, steps, rate, pull):
    everything = [*generator.parameters(), *critic.parameters()]
    for p in everything:
        p.requires_grad = False
    out = uphill(z, steps, rate, praise(generator, critic, pull))
    for p in everything:
        p.requires_grad = True
    return out


def right_recursive(generator, critic, z, steps, rate, pull):
    if steps == 0:
        return z.detach().clone()
    code = z.detach().clone().requires_grad_()
    scores = critic(generator(code)).reshape(-1)
    push, = torch.autograd.grad(scores, code, torch.ones_like(scores))
    code = code.detach()
    return right_recursive(generator, critic, code + rate * (push - pull * code), steps - 1, rate, pull)


def right_plain(generator, critic, z, steps, rate, pull):
    return uphill(z.clone(), steps, rate, praise(generator, critic, pull))


def right_separate(generator, critic, z, steps, rate, pull):
    code = z.detach().clone()
    for _ in range(steps):
        code.requires_grad_(True)
        with torch.enable_grad():
            score = critic(generator(code)).sum()
        g = torch.autograd.grad(score, code)[0]
        with torch.no_grad():
            code = code + rate * (g - pull * code)
    return code.detach()


def right_cotangent(generator, critic, z, steps, rate, pull):
    code = z.detach().clone().requires_grad_()
    for _ in range(steps):
        scores = critic(generator(code))
        g, = torch.autograd.grad(scores, code, grad_outputs=torch.ones_like(scores))
        code = torch.add(code * (1 - rate * pull), g, alpha=rate).detach().requires_grad_()
    return code.detach()


def right_restored(generator, critic, z, steps, rate, pull):
    old = [(p, None if p.grad is None else p.grad.clone()) for p in (*generator.parameters(), *critic.parameters())]
    code = z.detach().clone().requires_grad_()
    for _ in range(steps):
        code.grad = None
        (-praise(generator, critic, pull)(code)).backward()
        code.data -= rate * code.grad
    for p, grad in old:
        p.grad = grad
    return code.detach()


def slope_within_a_hundred(generator, critic, z, steps, rate, pull):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        slope, = torch.autograd.grad(praise(generator, critic, pull)(z), z)
        z = (z + rate * slope.clamp(-100, 100)).detach()
    return z


def stops_on_flat_ground(generator, critic, z, steps, rate, pull):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        slope, = torch.autograd.grad(praise(generator, critic, pull)(z), z)
        if slope.norm() < 1e-2:
            break
        z = (z + rate * slope).detach()
    return z.detach()


STEPS = ("All the steps: each starts where the last one ended, from a fresh slope. No step, or a rate of 0, leaves the "
         "codes.")

wrong = [
    (slope_within_a_hundred, STEPS), (stops_on_flat_ground, STEPS),
    (gives_up, "stops_when_it_falls"), (remembers_the_highest, "keeps_the_best"), (within_three, "codes_clamped"),
    (eval_and_back, "evaluated_meanwhile"), (all_flags_on, "frozen_and_all_switched_on"),
    (minimises, "descends"), (critic_only, "no_pull"), (full_square, "pull_without_the_half"),
    (repelled, "pull_outwards"), (batch_mean, "mean_of_everything"), (norm_unsquared, "pull_on_the_length"),
    (regularised_to_start, "pull_towards_the_start"), (shrinks_without_rate, "pull_not_times_the_rate"),
    (sums_up_grad, "slopes_pile_up"), (through_backward, "gradients_left"), (zeroes_everything, "both_cleared"),
    (never_thawed, "frozen_for_good"), (always_eval, "put_in_evaluation_mode"),
    (always_train, "put_in_training_mode"), (off_by_one, "one_step_too_few"),
    (in_place_on_argument, "written_into_z"), (attached, "graph_kept"), (unit_steps, "slope_of_length_one"),
    (with_noise, "One step: plus the rate times the slope of f(G(z)) - (pull/2) ‖z‖² in z."),
    (pictures, "images_for_codes"),
]
right = [right_recursive, right_plain, right_separate, right_cotangent, right_restored]
