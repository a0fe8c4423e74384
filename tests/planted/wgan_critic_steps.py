"""Planted answers to wgan-critic-steps, by another author than the check's."""

import torch


def squeeze(net, c):
    for p in net.parameters():
        p.data.clamp_(min=-c, max=c)


def gap(critic, x, made):
    return torch.mean(critic(x)) - torch.mean(critic(made))


def descend(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def frame(critic, generator, optimizer, batches, noise, n_critic, c, inner):
    out = []
    squeeze(critic, c)
    for _ in range(n_critic):
        out.append(inner(next(batches)))
        squeeze(critic, c)
    return out


def plain(critic, generator, optimizer, noise, sign=-1, value=gap):
    def inner(x):
        made = generator(noise(x.size(0))).detach()
        w = value(critic, x, made)
        descend(optimizer, sign * w)
        return w.item()

    return inner


def outline(critic, generator, optimizer, batches, noise, n_critic, c):
    x, out = next(batches), []
    for _ in range(n_critic):
        made = generator(noise(len(x))).detach()
        loss = -(critic(x).mean() - critic(made).mean())
        descend(optimizer, loss)
        squeeze(critic, c)
        out.append(-loss.item())
    return out


def outline_with_fresh_data(critic, generator, optimizer, batches, noise, n_critic, c):
    out = []
    for _ in range(n_critic):
        x = next(batches)
        loss = -gap(critic, x, generator(noise(len(x))).detach())
        descend(optimizer, loss)
        squeeze(critic, c)
        out.append(-loss.item())
    return out


def first_batch_thrown_away(critic, generator, optimizer, batches, noise, n_critic, c):
    next(batches)
    return frame(critic, generator, optimizer, batches, noise, n_critic, c, plain(critic, generator, optimizer, noise))


def data_of_one_batch(critic, generator, optimizer, batches, noise, n_critic, c):
    x, inner, out = next(batches), plain(critic, generator, optimizer, noise), []
    squeeze(critic, c)
    for _ in range(n_critic):
        out.append(inner(x))
        squeeze(critic, c)
    return out


def clip_inside_loop_head(critic, generator, optimizer, batches, noise, n_critic, c):
    inner, out = plain(critic, generator, optimizer, noise), []
    for _ in range(n_critic):
        squeeze(critic, c)
        out.append(inner(next(batches)))
    return out


def clip_once_outside(critic, generator, optimizer, batches, noise, n_critic, c):
    inner = plain(critic, generator, optimizer, noise)
    out = [inner(next(batches)) for _ in range(n_critic)]
    squeeze(critic, c)
    return out


def not_in_place(critic, generator, optimizer, batches, noise, n_critic, c):
    inner, out = plain(critic, generator, optimizer, noise), []
    for _ in range(n_critic):
        out.append(inner(next(batches)))
        for p in critic.parameters():
            p = torch.clamp(p, -c, c)
    return out


def squeezes_g(critic, generator, optimizer, batches, noise, n_critic, c):
    inner = plain(critic, generator, optimizer, noise)
    squeeze(generator, c)
    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def weights_not_biases(critic, generator, optimizer, batches, noise, n_critic, c):
    inner, out = plain(critic, generator, optimizer, noise), []
    for i in range(n_critic + 1):
        for name, p in critic.named_parameters():
            if "weight" in name:
                p.data.clamp_(-c, c)
        if i < n_critic:
            out.append(inner(next(batches)))
    return out


def linear_layers_only(critic, generator, optimizer, batches, noise, n_critic, c):
    inner, out = plain(critic, generator, optimizer, noise), []
    for i in range(n_critic + 1):
        for layer in critic:
            if isinstance(layer, torch.nn.Linear):
                squeeze(layer, c)
        if i < n_critic:
            out.append(inner(next(batches)))
    return out


def uphill_for_samples(critic, generator, optimizer, batches, noise, n_critic, c):
    inner = plain(critic, generator, optimizer, noise, sign=1)
    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def returns_loss(critic, generator, optimizer, batches, noise, n_critic, c):
    out = frame(critic, generator, optimizer, batches, noise, n_critic, c, plain(critic, generator, optimizer, noise))
    return [-w for w in out]


def with_sigmoid(critic, generator, optimizer, batches, noise, n_critic, c):
    def value(f, x, made):
        return f(x).sigmoid().mean() - f(made).sigmoid().mean()

    inner = plain(critic, generator, optimizer, noise, value=value)
    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def batch_joined(critic, generator, optimizer, batches, noise, n_critic, c):
    def value(f, x, made):
        real, fake = f(torch.cat((x, made))).split([len(x), len(made)])
        return real.mean() - fake.mean()

    inner = plain(critic, generator, optimizer, noise, value=value)
    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def leaks_into_g(critic, generator, optimizer, batches, noise, n_critic, c):
    def inner(x):
        w = gap(critic, x, generator(noise(len(x))))
        descend(optimizer, -w)
        return w.item()

    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def forgets_to_clear(critic, generator, optimizer, batches, noise, n_critic, c):
    def inner(x):
        w = gap(critic, x, generator(noise(len(x))).detach())
        (-w).backward()
        optimizer.step()
        return w.item()

    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def with_penalty(critic, generator, optimizer, batches, noise, n_critic, c):
    def inner(x):
        made = generator(noise(len(x))).detach()
        w = gap(critic, x, made)
        place = ((x + made) / 2).requires_grad_()
        slope, = torch.autograd.grad(critic(place).sum(), place, create_graph=True)
        descend(optimizer, -w + 10 * (slope.norm(dim=1) - 1).square().mean())
        return w.item()

    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def generator_moves(critic, generator, optimizer, batches, noise, n_critic, c):
    out = frame(critic, generator, optimizer, batches, noise, n_critic, c, plain(critic, generator, optimizer, noise))
    loss = -critic(generator(noise(4))).mean()
    slopes = torch.autograd.grad(loss, list(generator.parameters()))
    with torch.no_grad():
        for p, slope in zip(generator.parameters(), slopes, strict=True):
            p -= 0.01 * slope
    return out


def third_and_fourth_call(critic, generator, optimizer, batches, noise, n_critic, c):
    def inner(x):
        made = generator(noise(len(x))).detach()
        with torch.no_grad():
            value = gap(critic, x, made).item()
        descend(optimizer, -gap(critic, x, made))
        return value

    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def gradients_and_weights(critic, generator, optimizer, batches, noise, n_critic, c):
    def inner(x):
        loss = -gap(critic, x, generator(noise(len(x))).detach())
        optimizer.zero_grad()
        loss.backward()
        for p in critic.parameters():
            p.grad.clamp_(-c, c)
        optimizer.step()
        return -loss.item()

    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def clears_behind_itself(critic, generator, optimizer, batches, noise, n_critic, c):
    def inner(x):
        loss = -gap(critic, x, generator(noise(len(x))).detach())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return -loss.item()

    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def no_gradient_of_data(critic, generator, optimizer, batches, noise, n_critic, c):
    def inner(x):
        with torch.no_grad():
            real = critic(x).mean()
        loss = critic(generator(noise(len(x))).detach()).mean() - real
        descend(optimizer, loss)
        return -loss.item()

    return frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)


def trains_first(critic, generator, optimizer, batches, noise, n_critic, c):
    critic.train()
    return frame(critic, generator, optimizer, batches, noise, n_critic, c, plain(critic, generator, optimizer, noise))


def right_all_made_first(critic, generator, optimizer, batches, noise, n_critic, c):
    data = [next(batches) for _ in range(n_critic)]
    with torch.no_grad():
        made = [generator(noise(len(x))) for x in data]
    found = []
    for x, y in zip(data, made, strict=True):
        squeeze(critic, c)
        value = gap(critic, x, y)
        descend(optimizer, -value)
        found.append(value)
    squeeze(critic, c)
    return torch.stack(found)


def right_like_the_paper(critic, generator, optimizer, batches, noise, n_critic, c):
    return frame(critic, generator, optimizer, batches, noise, n_critic, c, plain(critic, generator, optimizer, noise))


def right_tensor(critic, generator, optimizer, batches, noise, n_critic, c):
    inner = plain(critic, generator, optimizer, noise)
    return torch.tensor(frame(critic, generator, optimizer, batches, noise, n_critic, c, inner), dtype=torch.float64)


def right_no_grad(critic, generator, optimizer, batches, noise, n_critic, c):
    out = torch.empty(n_critic)
    for i in range(n_critic):
        with torch.no_grad():
            for p in critic.parameters():
                p.copy_(p.clip(-c, c))
            x = next(batches)
            made = generator(noise(len(x)))
        optimizer.zero_grad(set_to_none=False)
        loss = critic(made).mean() - critic(x).mean()
        loss.backward()
        optimizer.step()
        out[i] = -loss.detach()
    with torch.no_grad():
        for p in critic.parameters():
            p.copy_(p.clip(-c, c))
    return out


def right_generator_frozen(critic, generator, optimizer, batches, noise, n_critic, c):
    before = [p.requires_grad for p in generator.parameters()]
    generator.requires_grad_(False)
    inner = plain(critic, generator, optimizer, noise)
    out = frame(critic, generator, optimizer, batches, noise, n_critic, c, inner)
    for p, wanted in zip(generator.parameters(), before, strict=True):
        p.requires_grad_(wanted)
    return tuple(out)


wrong = [
    (third_and_fourth_call, "asked_once_more"), (gradients_and_weights, "clips_gradients_too"),
    (clears_behind_itself, "cleared_after_each_step"), (no_gradient_of_data, "data_detached"),
    (trains_first, "critic_in_training_mode"),
    (outline, "outline_round"), (outline_with_fresh_data, "clips_after_only"),
    (first_batch_thrown_away, "a_batch_lost"), (data_of_one_batch, "same_batch_again"),
    (clip_inside_loop_head, "clips_before_only"), (clip_once_outside, "clips_at_the_end_only"),
    (not_in_place, "never_clips"), (squeezes_g, "clips_both"), (weights_not_biases, "clips_weights_not_biases"),
    (linear_layers_only, "clips_linear_layers"), (uphill_for_samples, "sign_of_both"),
    (returns_loss, "loss_for_estimate"), (with_sigmoid, "sigmoid_kept"), (batch_joined, "one_call"),
    (leaks_into_g, "not_detached"), (forgets_to_clear, "old_gradients_kept"), (with_penalty, "with_a_penalty"),
    (generator_moves, "generator_moves_too"),
]
right = [right_all_made_first, right_like_the_paper, right_tensor, right_no_grad, right_generator_frozen]
