"""Planted answers to pix2pix-step, by another author than the check's."""

import torch


def _quiet(d, *pair):
    d.requires_grad_(False)
    logits = d(*pair)
    d.requires_grad_(True)
    return logits


def draws_twice(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    with torch.no_grad():
        shown = generator(x)
    a = d_loss(discriminator(x, y), discriminator(x, shown))
    d_optimizer.zero_grad()
    a.backward()
    d_optimizer.step()
    made = generator(x)
    b = g_loss(_quiet(discriminator, x, made), made, y)
    g_optimizer.zero_grad()
    b.backward()
    g_optimizer.step()
    return a.item(), b.item()


def no_freezing(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    a = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    d_optimizer.zero_grad()
    a.backward()
    d_optimizer.step()
    b = g_loss(discriminator(x, made), made, y)
    g_optimizer.zero_grad()
    b.backward()
    g_optimizer.step()
    return a.item(), b.item()


def no_zeroing(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    a = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    a.backward()
    d_optimizer.step()
    b = g_loss(_quiet(discriminator, x, made), made, y)
    g_optimizer.zero_grad()
    b.backward()
    g_optimizer.step()
    return a.item(), b.item()


def painter_first(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    b = g_loss(_quiet(discriminator, x, made), made, y)
    g_optimizer.zero_grad()
    b.backward()
    g_optimizer.step()
    a = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    d_optimizer.zero_grad()
    a.backward()
    d_optimizer.step()
    return a.item(), b.item()


def detached_for_both(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    still = made.detach()
    a = d_loss(discriminator(x, y), discriminator(x, still))
    d_optimizer.zero_grad()
    a.backward()
    d_optimizer.step()
    b = g_loss(_quiet(discriminator, x, still), made, y)
    g_optimizer.zero_grad()
    b.backward()
    g_optimizer.step()
    return a.item(), b.item()


def generator_never_steps(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    a = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    d_optimizer.zero_grad()
    a.backward()
    d_optimizer.step()
    b = g_loss(_quiet(discriminator, x, made), made, y)
    g_optimizer.zero_grad()
    b.backward()
    return a.item(), b.item()


def g_then_d_returned(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    a = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    d_optimizer.zero_grad()
    a.backward()
    d_optimizer.step()
    b = g_loss(_quiet(discriminator, x, made), made, y)
    g_optimizer.zero_grad()
    b.backward()
    g_optimizer.step()
    return b.item(), a.item()


def freezes_and_forgets(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    discriminator.requires_grad_(True)
    made = generator(x)
    a = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    d_optimizer.zero_grad()
    a.backward()
    d_optimizer.step()
    discriminator.requires_grad_(False)
    b = g_loss(discriminator(x, made), made, y)
    g_optimizer.zero_grad()
    b.backward()
    g_optimizer.step()
    return a.item(), b.item()


def fake_first(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    a = d_loss(discriminator(x, made.detach()), discriminator(x, y))
    d_optimizer.zero_grad()
    a.backward()
    d_optimizer.step()
    b = g_loss(_quiet(discriminator, x, made), made, y)
    g_optimizer.zero_grad()
    b.backward()
    g_optimizer.step()
    return a.item(), b.item()


def both_cleared_at_the_start(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    """Also right: G's gradients are cleared early, and nothing reaches them before its own backward."""
    d_optimizer.zero_grad()
    g_optimizer.zero_grad()
    made = generator(x)
    a = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    a.backward()
    d_optimizer.step()
    b = g_loss(_quiet(discriminator, x, made), made, y)
    b.backward()
    g_optimizer.step()
    return float(a.detach()), float(b.detach())


wrong = [
    (draws_twice, "drawn_anew"), (no_freezing, "leaks_into_d"), (no_zeroing, "d_keeps_old"),
    (painter_first, "generator_first"), (detached_for_both, "made_detached_for_g"),
    (generator_never_steps, "g_stands"), (g_then_d_returned, "losses_exchanged"),
    (freezes_and_forgets, "left_frozen"), (fake_first, "real_and_fake_exchanged"),
]
right = [both_cleared_at_the_start]
