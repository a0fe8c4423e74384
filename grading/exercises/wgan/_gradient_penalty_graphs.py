"""Wrong answers to wgan-gradient-penalty that go wrong in the gradient: of what it is taken, where it is lost, what it leaves."""

import torch

from grading.exercises.wgan._gradient_penalty_parts import column, lengths_of, mixture, slope_at


def slope_of_the_mean_score(critic, real, fake, a):
    x = mixture(real, fake, a)
    slope, = torch.autograd.grad(critic(x).mean(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def graph_not_kept(critic, real, fake, a):
    x = mixture(real, fake, a)
    slope, = torch.autograd.grad(critic(x).sum(), x)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def retained_and_not_created(critic, real, fake, a):
    x = mixture(real, fake, a)
    slope, = torch.autograd.grad(critic(x).sum(), x, retain_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def slope_detached(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).detach().flatten(1).norm(dim=1) - 1).square().mean()


def made_a_plain_number(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a) - 1).square().mean().item()


def root_of_nothing(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).flatten(1).square().sum(1).sqrt() - 1).square().mean()


def a_little_added(critic, real, fake, a):
    return ((slope_at(critic, mixture(real, fake, a)).flatten(1).square().sum(1) + 1e-4).sqrt() - 1).square().mean()


def one_hundred_millionth_added(critic, real, fake, a):
    return ((slope_at(critic, mixture(real, fake, a)).flatten(1).square().sum(1) + 1e-8).sqrt() - 1).square().mean()


def at_least_a_thousandth(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a).clamp_min(1e-3) - 1).square().mean()


def at_most_a_hundred(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a).clamp_max(100) - 1).square().mean()


def rows_and_images_only(critic, real, fake, a):
    slope = slope_at(critic, mixture(real, fake, a))
    length = slope.norm(dim=-1) if slope.ndim == 2 else slope.square().sum((1, 2, 3)).sqrt()
    return (length - 1).square().mean()


def critic_left_in_evaluation(critic, real, fake, a):
    critic.eval()
    return (lengths_of(critic, real, fake, a) - 1).square().mean()


def critic_put_in_training(critic, real, fake, a):
    critic.train()
    return (lengths_of(critic, real, fake, a) - 1).square().mean()


def evaluated_and_back(critic, real, fake, a):
    mode = critic.training
    critic.eval()
    value = (lengths_of(critic, real, fake, a) - 1).square().mean()
    critic.train(mode)
    return value


def everything_thawed(critic, real, fake, a):
    critic.requires_grad_(True)
    return (lengths_of(critic, real, fake, a) - 1).square().mean()


def a_little_added_to_the_length(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a) + 1e-2 - 1).square().mean()


def flat_ones_left_out(critic, real, fake, a):
    lengths = lengths_of(critic, real, fake, a)
    lengths = lengths[lengths > 1e-12]
    return (lengths - 1).square().sum() / max(len(lengths), 1)


def nan_to_zero(critic, real, fake, a):
    return torch.nan_to_num((slope_at(critic, mixture(real, fake, a)).flatten(1).pow(2).sum(1) ** 0.5 - 1) ** 2).mean()


def through_backward(critic, real, fake, a):
    x = mixture(real, fake, a)
    critic(x).sum().backward(create_graph=True)
    return (x.grad.flatten(1).norm(dim=1) - 1).square().mean()


def critic_cleared(critic, real, fake, a):
    critic.zero_grad()
    return (lengths_of(critic, real, fake, a) - 1).square().mean()


def samples_not_detached(critic, real, fake, a):
    a = column(a, real)
    x = a * real + (1 - a) * fake
    x.requires_grad_()
    return (slope_at(critic, x).flatten(1).norm(dim=1) - 1).square().mean()


def mixed_in_place(critic, real, fake, a):
    with torch.no_grad():
        real.mul_(column(a, real)).add_((1 - column(a, real)) * fake)
    return (slope_at(critic, real.detach().requires_grad_()).flatten(1).norm(dim=1) - 1).square().mean()


def left_frozen(critic, real, fake, a):
    value = (lengths_of(critic, real, fake, a) - 1).square().mean()
    critic.requires_grad_(False)
    return value


def chord(critic, real, fake, a):
    rise = critic(real.detach()).flatten() - critic(fake.detach()).flatten()
    return (rise.abs() / (real - fake).detach().flatten(1).norm(dim=1) - 1).square().mean()


def slope_in_the_weights(critic, real, fake, a):
    weights = list(critic.parameters())
    slopes = torch.autograd.grad(critic(mixture(real, fake, a)).sum(), weights, create_graph=True)
    return (torch.cat([s.flatten() for s in slopes]).norm() - 1) ** 2


def scores_for_slopes(critic, real, fake, a):
    return (critic(mixture(real, fake, a)).flatten().abs() - 1).square().mean()
