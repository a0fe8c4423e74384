"""Right answers to wgan-critic-steps, written in other ways."""

from itertools import islice

import torch

from grading.exercises.wgan._critic_steps_parts import clip


def after_each(critic, generator, optimizer, batches, noise, n_critic, c):
    torch.nn.utils.vector_to_parameters(torch.nn.utils.parameters_to_vector(critic.parameters()).detach().clamp(-c, c),
                                        critic.parameters())
    found = []
    for x in islice(batches, n_critic):
        critic.zero_grad()
        fake = critic(generator(noise(x.shape[0])).detach())
        real = critic(x)
        (fake.mean() - real.mean()).backward()
        optimizer.step()
        for p in critic.parameters():
            p.data.clamp_(-c, c)
        found.append((real.mean() - fake.mean()).item())
    return torch.tensor(found)


after_each.shown = True


def two_backwards(critic, generator, optimizer, batches, noise, n_critic, c):
    estimates = torch.zeros(n_critic, dtype=next(critic.parameters()).dtype)
    for i, x in zip(range(n_critic), batches, strict=False):
        for p in critic.parameters():
            p.data = p.data.clamp(-c, c)
        optimizer.zero_grad()
        real = critic(x).mean()
        (-real).backward()
        fake = critic(generator(noise(len(x))).detach()).mean()
        fake.backward()
        optimizer.step()
        estimates[i] = (real - fake).detach()
    for p in critic.parameters():
        p.data = torch.clip(p.data, -c, c)
    return estimates


def with_autograd(critic, generator, optimizer, batches, noise, n_critic, c):
    weights, found = list(critic.parameters()), []
    clip(critic, c)
    while len(found) < n_critic:
        x = next(batches)
        made = generator(noise(len(x))).detach().clone()
        estimate = critic(x).mean() - critic(made).mean()
        for p, slope in zip(weights, torch.autograd.grad(estimate, weights), strict=True):
            p.grad = -slope
        optimizer.step()
        clip(critic, c)
        found.append(estimate)
    return found
