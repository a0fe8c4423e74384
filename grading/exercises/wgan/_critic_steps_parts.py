"""The critic's steps of wgan-critic-steps in parts, each of which a mistake may change."""

import torch


def bound(values, low, high):
    with torch.no_grad():
        for p in values:
            p.clamp_(low, high)


def clip(critic, c):
    bound(critic.parameters(), -c, c)


def samples(generator, noise, n):
    with torch.no_grad():
        return generator(noise(n))


def difference(critic, x, made):
    return critic(made).mean() - critic(x).mean()


def learn(optimizer, value):
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return -value.item()


def one_step(critic, generator, optimizer, x, noise, loss=difference):
    return learn(optimizer, loss(critic, x, samples(generator, noise, len(x))))


def rounds(critic, generator, optimizer, batches, noise, n_critic, c, loss=difference, step=one_step, clip=clip):
    """The right frame, around another loss, another step or another way of clipping."""
    found = []
    for _ in range(n_critic):
        clip(critic, c)
        found.append(step(critic, generator, optimizer, next(batches), noise, loss))
    clip(critic, c)
    return found
