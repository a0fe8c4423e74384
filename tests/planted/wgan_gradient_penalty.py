"""Planted answers to wgan-gradient-penalty, by another author than the check's."""

import torch
from torch import nn
from torch.autograd import grad


def mix(real, fake, a):
    a = a.reshape(-1, *(1,) * (real.dim() - 1)).expand_as(real)
    return torch.autograd.Variable(a * real + (1 - a) * fake).detach().requires_grad_(True)


def slopes(critic, x, **options):
    y = critic(x)
    return grad(y, x, grad_outputs=torch.ones_like(y), create_graph=True, **options)[0]


def tutorial(critic, real, fake, a):
    """Of many tutorials: the norm over dim 1 alone."""
    return ((slopes(critic, mix(real, fake, a)).norm(2, dim=1) - 1) ** 2).mean()


def whole_norm(critic, real, fake, a):
    return (torch.linalg.norm(slopes(critic, mix(real, fake, a))) - 1).pow(2)


def batch_axis(critic, real, fake, a):
    g = slopes(critic, mix(real, fake, a)).flatten(1)
    return ((g.norm(2, dim=0) - 1) ** 2).mean()


def last_share(critic, real, fake, a):
    return ((slopes(critic, mix(real, fake, a[-1:].expand(len(real)))).flatten(1).norm(2, 1) - 1) ** 2).mean()


def one_for_the_batch(critic, real, fake, a):
    x = (a[0] * real + (1 - a[0]) * fake).detach().requires_grad_()
    return ((slopes(critic, x).flatten(1).norm(2, 1) - 1) ** 2).mean()


def real_points(critic, real, fake, a):
    x = real.detach().clone().requires_grad_()
    return ((slopes(critic, x).flatten(1).norm(2, 1) - 1) ** 2).mean()


def made_points(critic, real, fake, a):
    x = fake.detach().clone().requires_grad_()
    return ((slopes(critic, x).flatten(1).norm(2, 1) - 1) ** 2).mean()


def swapped(critic, real, fake, a):
    return ((slopes(critic, mix(fake, real, a)).flatten(1).norm(2, 1) - 1) ** 2).mean()


def above_one_only(critic, real, fake, a):
    return (slopes(critic, mix(real, fake, a)).flatten(1).norm(2, 1) - 1).clamp(min=0).pow(2).mean()


def r1(critic, real, fake, a):
    x = real.detach().clone().requires_grad_()
    return slopes(critic, x).flatten(1).pow(2).sum(1).mean()


def half_r1(critic, real, fake, a):
    x = real.detach().clone().requires_grad_()
    return 0.5 * slopes(critic, x).flatten(1).pow(2).sum(1).mean()


def no_second_graph(critic, real, fake, a):
    x = mix(real, fake, a)
    g = grad(critic(x).sum(), x, retain_graph=True)[0]
    return ((g.flatten(1).norm(2, 1) - 1) ** 2).mean()


def data_attribute(critic, real, fake, a):
    g = slopes(critic, mix(real, fake, a)).data
    return ((g.flatten(1).norm(2, 1) - 1) ** 2).mean()


def lambda_ten(critic, real, fake, a):
    return ((slopes(critic, mix(real, fake, a)).flatten(1).norm(2, 1) - 1) ** 2).mean() * 10


def plain_root(critic, real, fake, a):
    g = slopes(critic, mix(real, fake, a)).flatten(1)
    return ((torch.sqrt(torch.sum(g**2, dim=1)) - 1) ** 2).mean()


def mse_on_squares(critic, real, fake, a):
    g = slopes(critic, mix(real, fake, a)).flatten(1)
    return nn.functional.mse_loss((g**2).sum(1), torch.ones_like(a))


def epsilon_outside(critic, real, fake, a):
    g = slopes(critic, mix(real, fake, a)).flatten(1)
    return ((g.norm(2, 1) + 1e-2 - 1) ** 2).mean()


def batch_mean_score(critic, real, fake, a):
    x = mix(real, fake, a)
    g = grad(critic(x).mean(), x, create_graph=True)[0]
    return ((g.flatten(1).norm(2, 1) - 1) ** 2).mean()


def graph_through_makers(critic, real, fake, a):
    a = a.view(-1, *([1] * (real.ndim - 1)))
    x = fake + a * (real - fake)
    if not x.requires_grad:
        x.requires_grad_(True)
    return ((slopes(critic, x).flatten(1).norm(2, 1) - 1) ** 2).mean()


def backward_used(critic, real, fake, a):
    x = mix(real, fake, a)
    critic(x).sum().backward(create_graph=True)
    return ((x.grad.flatten(1).norm(2, 1) - 1) ** 2).mean()


def noise_around_data(critic, real, fake, a):
    """DRAGAN's places."""
    a = a.view(-1, *([1] * (real.ndim - 1)))
    x = (real + a * 0.5 * real.std() * torch.rand_like(real)).detach().requires_grad_()
    return ((slopes(critic, x).flatten(1).norm(2, 1) - 1) ** 2).mean()


def log_length(critic, real, fake, a):
    return (slopes(critic, mix(real, fake, a)).flatten(1).norm(2, 1) + 1e-12).log().square().mean()


def written_over(critic, real, fake, a):
    share = a.reshape(-1, *(1,) * (real.dim() - 1))
    real.data.mul_(share).add_((1 - share) * fake.data)
    return ((slopes(critic, real.detach().requires_grad_()).flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def data_as_leaf(critic, real, fake, a):
    if real.is_leaf:
        real.requires_grad_(True)
    return ((slopes(critic, mix(real, fake, a)).flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def critic_frozen_afterwards(critic, real, fake, a):
    found = ((slopes(critic, mix(real, fake, a)).flatten(1).norm(2, dim=1) - 1) ** 2).mean()
    for p in critic.parameters():
        p.requires_grad = False
    return found


def right_reshape(critic, real, fake, a):
    g = slopes(critic, mix(real, fake, a), only_inputs=True, retain_graph=True)
    return ((g.view(g.size(0), -1).norm(2, dim=1) - 1) ** 2).mean()


def right_einsum(critic, real, fake, a):
    with torch.no_grad():
        x = torch.einsum("b,b...->b...", a, real) + torch.einsum("b,b...->b...", 1 - a, fake)
    x.requires_grad_()
    g = grad(critic(x).sum(), x, create_graph=True)[0].reshape(len(x), -1)
    return nn.MSELoss()(torch.linalg.vector_norm(g, dim=1), torch.ones_like(a))


def right_guarded_root(critic, real, fake, a):
    g = slopes(critic, mix(real, fake, a)).flatten(1)
    square = (g * g).sum(1)
    flat = square == 0
    length = torch.where(flat, torch.zeros_like(square), torch.where(flat, torch.ones_like(square), square).sqrt())
    return sum((s - 1) ** 2 for s in length) / len(length)


def right_all_axes(critic, real, fake, a):
    g = slopes(critic, mix(real, fake, a))
    return (torch.linalg.vector_norm(g, dim=tuple(range(1, g.ndim))) - 1).pow(2).mean(0)


def right_moved(critic, real, fake, a):
    shape = (-1,) + (1,) * (real.dim() - 1)
    real, fake = real.detach(), fake.detach()
    x = (fake + a.reshape(shape) * (real - fake)).requires_grad_()
    scores = critic(x)
    total = scores.squeeze(1).sum() if scores.dim() == 2 else scores.sum()
    g, = grad(total, [x], create_graph=True)
    length = (g.flatten(start_dim=1).square().sum(dim=1) + 1e-12) ** 0.5
    return torch.mean(torch.square(1 - length))


def tiny_for_each_number(critic, real, fake, a):
    g = slopes(critic, mix(real, fake, a)).flatten(1)
    return (((g**2 + 1e-8).sum(1)).sqrt() - 1).square().mean()


def eval_during(critic, real, fake, a):
    was = critic.training
    critic.train(False)
    value = ((slopes(critic, mix(real, fake, a)).flatten(1).norm(2, 1) - 1) ** 2).mean()
    critic.train(was)
    return value


def eval_and_forgotten(critic, real, fake, a):
    critic.train(False)
    return ((slopes(critic, mix(real, fake, a)).flatten(1).norm(2, 1) - 1) ** 2).mean()


def two_kinds_of_shapes(critic, real, fake, a):
    a = a.view(-1, 1) if real.dim() == 2 else a.view(-1, 1, 1, 1)
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    return ((slopes(critic, x).flatten(1).norm(2, 1) - 1) ** 2).mean()


def right_multiplied_out(critic, real, fake, a):
    length = slopes(critic, mix(real, fake, a)).flatten(1).norm(dim=1)
    return length.square().mean() - 2 * length.mean() + 1


def right_with_func(critic, real, fake, a):
    x = mix(real, fake, a).detach()
    g = torch.stack([torch.func.grad(lambda one: critic(one[None]).sum())(one) for one in x])
    return nn.functional.mse_loss(g.flatten(1).norm(dim=1), torch.ones(len(x), dtype=x.dtype))


wrong = [
    (eval_during, "evaluated_and_back"), (eval_and_forgotten, "critic_left_in_evaluation"),
    (tiny_for_each_number, "one_hundred_millionth_added"), (two_kinds_of_shapes, "rows_and_images_only"),
    (written_over, "mixed_in_place"), (data_as_leaf, "mixed_in_place"), (critic_frozen_afterwards, "left_frozen"),
    (tutorial, "over_channels_only"), (whole_norm, "one_length_for_all"), (batch_axis, "over_the_first_dimension"),
    (last_share, "last_share_for_all"), (one_for_the_batch, "first_share_for_all"), (real_points, "at_the_data"),
    (made_points, "at_the_samples"), (swapped, "shares_swapped"), (above_one_only, "one_sided"),
    (r1, "towards_zero_at_the_data"), (half_r1, "half_towards_zero_at_the_data"),
    (no_second_graph, "retained_and_not_created"), (data_attribute, "slope_detached"), (lambda_ten, "times_ten"),
    (plain_root, "root_of_nothing"), (mse_on_squares, "root_forgotten"),
    (epsilon_outside, "a_little_added_to_the_length"), (batch_mean_score, "slope_of_the_mean_score"),
    (graph_through_makers, "samples_not_detached"), (backward_used, "through_backward"),
    (noise_around_data, "shares_of_its_own"), (log_length, "logarithm"),
]
right = [right_multiplied_out, right_with_func]
right += [right_reshape, right_einsum, right_guarded_root, right_all_axes, right_moved]
