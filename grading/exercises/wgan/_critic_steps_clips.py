"""Wrong answers to wgan-critic-steps that bound the weights in another way."""

import torch

from grading.exercises.wgan._critic_steps_parts import bound, clip, one_step, rounds, samples


def clips_before_only(critic, generator, optimizer, batches, noise, n_critic, c):
    found = []
    for _ in range(n_critic):
        clip(critic, c)
        found.append(one_step(critic, generator, optimizer, next(batches), noise))
    return found


def clips_after_only(critic, generator, optimizer, batches, noise, n_critic, c):
    found = []
    for _ in range(n_critic):
        found.append(one_step(critic, generator, optimizer, next(batches), noise))
        clip(critic, c)
    return found


def clips_at_the_end_only(critic, generator, optimizer, batches, noise, n_critic, c):
    found = [one_step(critic, generator, optimizer, next(batches), noise) for _ in range(n_critic)]
    clip(critic, c)
    return found


def never_clips(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: None)


def clamp_without_effect(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: [p.data.clamp(-c, c) for p in f.parameters()])


def clips_gradients(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        value = loss(critic, x, samples(generator, noise, len(x)))
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_value_(critic.parameters(), c)
        optimizer.step()
        return -value.item()

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step, clip=lambda *_: None)


def clips_gradients_too(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        value = loss(critic, x, samples(generator, noise, len(x)))
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_value_(critic.parameters(), c)
        optimizer.step()
        return -value.item()

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def clips_upwards_only(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: bound(f.parameters(), None, c))


def clips_to_zero_and_c(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: bound(f.parameters(), 0, c))


def clips_matrices_only(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: bound([p for p in f.parameters() if p.ndim > 1], -c, c))


def clips_weights_not_biases(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: bound([p for name, p in f.named_parameters() if "bias" not in name], -c, c))


def clips_linear_layers(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: [clip(layer, c) for layer in f.modules() if isinstance(layer, torch.nn.Linear)])


def clips_the_generator(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: clip(generator, c))


def clips_both(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: (clip(f, c), clip(generator, c)))


def clips_buffers_too(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c,
                  clip=lambda f, c: bound([v for v in f.state_dict().values() if v.is_floating_point()], -c, c))


def scales_the_norm(critic, generator, optimizer, batches, noise, n_critic, c):
    def clip(critic, c):
        with torch.no_grad():
            for p in critic.parameters():
                p.mul_(min(1.0, c / float(p.norm())))

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, clip=clip)
