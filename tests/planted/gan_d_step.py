"""Planted answers to gan-d-step, by another author than the check's."""


import torch


def _samples(g, noise, n):
    with torch.no_grad():
        return g(noise(n))


def _learn(opt, value):
    opt.zero_grad()
    value.backward()
    opt.step()
    return value.item()


def own_noise(generator, discriminator, optimizer, x, noise, loss):
    with torch.no_grad():
        made = generator(torch.randn(len(x), 2, dtype=x.dtype))
    return _learn(optimizer, loss(discriminator(x), discriminator(made)))


def z_of_columns(generator, discriminator, optimizer, x, noise, loss):
    return _learn(optimizer, loss(discriminator(x), discriminator(_samples(generator, noise, x.shape[1]))))


def half_the_samples(generator, discriminator, optimizer, x, noise, loss):
    return _learn(optimizer, loss(discriminator(x), discriminator(_samples(generator, noise, len(x) // 2 + 1))))


def step_before_backward(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(_samples(generator, noise, len(x))))
    optimizer.zero_grad()
    optimizer.step()
    value.backward()
    return value.item()


def clipped(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(_samples(generator, noise, len(x))))
    optimizer.zero_grad()
    value.backward()
    total = sum(p.grad.square().sum() for p in discriminator.parameters()).sqrt()
    for p in discriminator.parameters():
        p.grad.mul_(min(1.0, 0.1 / float(total)))
    optimizer.step()
    return value.item()


def weights_clipped(generator, discriminator, optimizer, x, noise, loss):
    v = _learn(optimizer, loss(discriminator(x), discriminator(_samples(generator, noise, len(x)))))
    with torch.no_grad():
        for p in discriminator.parameters():
            p.clamp_(-1, 1)
    return v


def half_loss(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(_samples(generator, noise, len(x))))
    _learn(optimizer, value / 2)
    return value.item()


def scaled_in_place(generator, discriminator, optimizer, x, noise, loss):
    x.mul_(2).sub_(1)
    return _learn(optimizer, loss(discriminator(x), discriminator(_samples(generator, noise, len(x)))))


def x_overwritten_after(generator, discriminator, optimizer, x, noise, loss):
    made = _samples(generator, noise, len(x))
    v = _learn(optimizer, loss(discriminator(x), discriminator(made)))
    x.copy_(made)
    return v


def x_wants_gradient(generator, discriminator, optimizer, x, noise, loss):
    x.requires_grad_()
    return _learn(optimizer, loss(discriminator(x), discriminator(_samples(generator, noise, len(x)))))


def instance_noise(generator, discriminator, optimizer, x, noise, loss):
    x = x + 0.05 * torch.randn_like(x)
    return _learn(optimizer, loss(discriminator(x), discriminator(_samples(generator, noise, len(x)))))


def returns_pair(generator, discriminator, optimizer, x, noise, loss):
    made = _samples(generator, noise, len(x))
    r, f = discriminator(x), discriminator(made)
    _learn(optimizer, loss(r, f))
    return r.mean().item(), f.mean().item()


def by_hand(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(_samples(generator, noise, len(x))))
    gs = torch.autograd.grad(value, list(discriminator.parameters()))
    with torch.no_grad():
        for p, g in zip(discriminator.parameters(), gs, strict=False):
            p -= optimizer.param_groups[0]["lr"] * g
    return value.item()


def seeded(generator, discriminator, optimizer, x, noise, loss):
    torch.manual_seed(0)
    return _learn(optimizer, loss(discriminator(x), discriminator(_samples(generator, noise, len(x)))))


def inference(generator, discriminator, optimizer, x, noise, loss):
    with torch.inference_mode():
        made = generator(noise(len(x)))
    return _learn(optimizer, loss(discriminator(x), discriminator(made)))


def data_for_samples(generator, discriminator, optimizer, x, noise, loss):
    noise(len(x))
    return _learn(optimizer, loss(discriminator(x), discriminator(x)))


def samples_for_data(generator, discriminator, optimizer, x, noise, loss):
    m = _samples(generator, noise, len(x))
    return _learn(optimizer, loss(discriminator(m), discriminator(m)))


def all_nograd(generator, discriminator, optimizer, x, noise, loss):
    with torch.no_grad():
        value = loss(discriminator(x), discriminator(generator(noise(len(x)))))
    return _learn(optimizer, value)


def real_first_step_only(generator, discriminator, optimizer, x, noise, loss):
    made = _samples(generator, noise, len(x))
    a = loss(discriminator(x), discriminator(made).detach())
    return _learn(optimizer, a)


def grad_added_twice(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(_samples(generator, noise, len(x))))
    optimizer.zero_grad()
    value.backward(retain_graph=True)
    value.backward()
    optimizer.step()
    return value.item()


def g_grad_none_then_leak_second(generator, discriminator, optimizer, x, noise, loss):
    return _learn(optimizer, loss(discriminator(x), discriminator(generator(noise(len(x))))))


def samples_first(generator, discriminator, optimizer, x, noise, loss):
    fake = discriminator(generator(noise(x.size(0))).detach())
    value = loss(discriminator(x), fake)
    optimizer.zero_grad()
    value.backward(inputs=list(discriminator.parameters()))
    optimizer.step()
    return value.detach().double()


def clears_before_and_after(generator, discriminator, optimizer, x, noise, loss):
    discriminator.zero_grad()
    generator.zero_grad()
    v = loss(real=discriminator(x), fake=discriminator(generator(noise(len(x))).data))
    v.backward()
    optimizer.step()
    optimizer.zero_grad()
    generator.zero_grad()
    return float(v)


def clone_detach(generator, discriminator, optimizer, x, noise, loss):
    z = noise(len(x)).detach()
    made = generator(z).clone().detach()
    optimizer.zero_grad(set_to_none=True)
    v = loss(discriminator(x.clone()), discriminator(made))
    (1 * v).backward()
    optimizer.step()
    return v


def set_grad(generator, discriminator, optimizer, x, noise, loss):
    with torch.set_grad_enabled(False):
        made = generator(noise(int(x.shape[0])))
    for p in discriminator.parameters():
        p.grad = None
    v = loss(discriminator(x), discriminator(made))
    torch.autograd.backward([v])
    optimizer.step()
    return v.item()


def logs_its_loss(generator, discriminator, optimizer, x, noise, loss):
    fake = _samples(generator, noise, len(x))
    value = _learn(optimizer, loss(discriminator(x), discriminator(fake)))
    discriminator(fake).mean().item()
    return value


def norm_at_most_fifty(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(_samples(generator, noise, len(x))))
    optimizer.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(discriminator.parameters(), 50.0)
    optimizer.step()
    return value.item()


def with_functional_call(generator, discriminator, optimizer, x, noise, loss):
    weights, fake = dict(discriminator.named_parameters()), _samples(generator, noise, len(x))
    value = loss(*(torch.func.functional_call(discriminator, weights, (batch,)) for batch in (x, fake)))
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def gradients_put_back(generator, discriminator, optimizer, x, noise, loss):
    saved = [p.grad for p in generator.parameters()]
    for p in generator.parameters():
        p.grad = None
    value = _learn(optimizer, loss(discriminator(x), discriminator(generator(noise(len(x))))))
    for p, old in zip(generator.parameters(), saved, strict=True):
        p.grad = old
    return value


SAYS_1 = "The loss of this batch against as many samples of fresh `noise`, before the step: a single number."
SAYS_2 = "D after one step: minus the learning rate times the gradient of this loss, and of nothing else."
SAYS_3 = "`d_step` changes its argument `x` in place: work on a copy."
SAYS_4 = (
    "`d_step` should return a tensor, not tuple. The signature is `d_step(generator, discriminator, "
    "optimizer, x, noise, loss)`."
)
SAYS_5 = (
    "`d_step` changes a setting of PyTorch for everything that runs afterwards: no `torch.manual_seed`, "
    "`set_grad_enabled` or `set_default_dtype` in it."
)
SAYS_6 = (
    "Your code raised RuntimeError: Inference tensors cannot be saved for backward. Please do not use "
    "Tensors created in inference mode in computation tracked by autograd. To work around this, you can "
    "make a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
    "`torch.inference_mode()`. The signature is `d_step(generator, discriminator, optimizer, x, noise, "
    "loss)`."
)
SAYS_7 = (
    "Your code raised RuntimeError: element 0 of tensors does not require grad and does not have a "
    "grad_fn. Often: the gradient was cut: no `detach`, `no_grad` or `item`. The signature is "
    "`d_step(generator, discriminator, optimizer, x, noise, loss)`."
)

wrong = [
    (logs_its_loss, "d_discriminator_asked_again"),
    (norm_at_most_fifty, "d_gradients_clipped"),
    (own_noise, SAYS_1),
    (z_of_columns, "half_as_many"),
    (half_the_samples, SAYS_1),
    (step_before_backward, "cleared_too_late"),
    (clipped, SAYS_2),
    (weights_clipped, SAYS_2),
    (half_loss, SAYS_2),
    (scaled_in_place, "data_rescaled"),
    (x_overwritten_after, SAYS_3),
    (x_wants_gradient, SAYS_3),
    (instance_noise, SAYS_1),
    (returns_pair, SAYS_4),
    (by_hand, "own_optimizer"),
    (seeded, SAYS_5),
    (inference, SAYS_6),
    (data_for_samples, SAYS_1),
    (samples_for_data, SAYS_1),
    (all_nograd, SAYS_7),
    (real_first_step_only, "logits_detached"),
    (grad_added_twice, SAYS_2),
]
right = [with_functional_call, gradients_put_back, samples_first, clears_before_and_after, clone_detach, set_grad]
