"""Wrong answers to wgan-critic-steps with another loss, or another way from the loss to the weights."""

import torch
from torch.nn.functional import softplus

from grading.checks import probing
from grading.exercises.wgan._critic_steps_parts import difference, learn, rounds, samples


def sign_of_the_loss(critic, generator, optimizer, batches, noise, n_critic, c):
    return [-v for v in sign_of_both(critic, generator, optimizer, batches, noise, n_critic, c)]


def sign_of_both(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  loss=lambda f, x, made: f(x).mean() - f(made).mean())


def loss_for_estimate(critic, generator, optimizer, batches, noise, n_critic, c):
    return [-v for v in rounds(critic, generator, optimizer, batches, noise, n_critic, c)]


def absolute_estimate(critic, generator, optimizer, batches, noise, n_critic, c):
    return [abs(v) for v in rounds(critic, generator, optimizer, batches, noise, n_critic, c)]


def sigmoid_kept(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  loss=lambda f, x, made: f(made).sigmoid().mean() - f(x).sigmoid().mean())


def cross_entropy(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  loss=lambda f, x, made: softplus(-f(x)).mean() + softplus(f(made)).mean())


def hinge(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  loss=lambda f, x, made: torch.relu(1 - f(x)).mean() + torch.relu(1 + f(made)).mean())


def halved(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  loss=lambda f, x, made: difference(f, x, made) / 2)


def samples_only(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  loss=lambda f, x, made: f(made).mean())


def data_only(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  loss=lambda f, x, made: -f(x).mean())


def one_call(critic, generator, optimizer, batches, noise, n_critic, c):
    def loss(critic, x, made):
        scores = critic(torch.cat([x, made]))
        return scores[len(x):].mean() - scores[:len(x)].mean()

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, loss)


def not_detached(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        return learn(optimizer, loss(critic, x, generator(noise(len(x)))))

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def scores_detached(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  loss=lambda f, x, made: f(made).detach().mean() - f(x).mean())


def data_detached(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  loss=lambda f, x, made: f(made).mean() - f(x).detach().mean())


def asked_once_more(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        made = samples(generator, noise, len(x))
        with torch.no_grad():
            estimate = critic(x).mean() - critic(made).mean()
        learn(optimizer, loss(critic, x, made))
        return estimate

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def old_gradients_kept(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        value = loss(critic, x, samples(generator, noise, len(x)))
        value.backward()
        optimizer.step()
        return -value.item()

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def cleared_once(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        value = loss(critic, x, samples(generator, noise, len(x)))
        value.backward()
        optimizer.step()
        return -value.item()

    optimizer.zero_grad()
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def cleared_after_each_step(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        value = loss(critic, x, samples(generator, noise, len(x)))
        value.backward()
        optimizer.step()
        optimizer.zero_grad()
        return -value.item()

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def cleared_too_late(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        value = loss(critic, x, samples(generator, noise, len(x)))
        value.backward()
        optimizer.zero_grad()
        optimizer.step()
        return -value.item()

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def no_step(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        value = loss(critic, x, samples(generator, noise, len(x)))
        optimizer.zero_grad()
        value.backward()
        return -value.item()

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def own_optimizer(critic, generator, optimizer, batches, noise, n_critic, c):
    mine = probing.Descent(critic.parameters(), optimizer.param_groups[0]["lr"])
    return rounds(critic, generator, mine, batches, noise, n_critic, c)
