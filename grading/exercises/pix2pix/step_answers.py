"""Answers to pix2pix-step: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks import probing
from grading.checks.exercise import Mistake


def _learn(optimizer, loss, before=()):
    for other in (optimizer, *before):
        other.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _frozen(discriminator, *pair):
    discriminator.requires_grad_(False)
    logits = discriminator(*pair)
    discriminator.requires_grad_(True)
    return logits


def _round(real=lambda d, x, y: d(x, y), fake=lambda d, x, made: d(x, made.detach()), back=_frozen, second=lambda g, x, made: made,
           d_learns=_learn, g_learns=_learn):
    def answer(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
        made = generator(x)
        judged = d_learns(d_optimizer, d_loss(real(discriminator, x, y), fake(discriminator, x, made)))
        made = second(generator, x, made)
        return judged, g_learns(g_optimizer, g_loss(back(discriminator, x, made), made, y))

    return answer


# Known mistakes

drawn_anew = _round(second=lambda g, x, made: g(x))
leaks_into_d = _round(back=lambda d, x, made: d(x, made))
made_detached_for_g = _round(second=lambda g, x, made: made, back=lambda d, x, made: _frozen(d, x, made.detach()))
target_as_made = _round(fake=lambda d, x, made: d(x, made.detach()), real=lambda d, x, y: d(y, y))
input_as_image = _round(real=lambda d, x, y: d(x, x))
turned_pair = _round(fake=lambda d, x, made: d(made.detach(), x))
all_turned = _round(real=lambda d, x, y: d(y, x), fake=lambda d, x, made: d(made.detach(), x), back=lambda d, x, made: _frozen(d, made, x))
made_beside_made = _round(fake=lambda d, x, made: d(made.detach(), made.detach()), back=lambda d, x, made: _frozen(d, made, made))
real_detached = _round(real=lambda d, x, y: d(x, y).detach())
fake_detached = _round(fake=lambda d, x, made: d(x, made).detach())


def _keeps_old(optimizer, loss):
    loss.backward()
    optimizer.step()
    return loss.item()


def _clears_late(optimizer, loss):
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


def _stands(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


def _climbs(optimizer, loss):
    _learn(optimizer, -loss)
    return loss.item()


def _own(optimizer, loss):
    return _learn(probing.Descent(optimizer.param_groups[0]["params"], optimizer.param_groups[0]["lr"]), loss)


d_keeps_old = _round(d_learns=_keeps_old)
g_keeps_old = _round(g_learns=_keeps_old)
d_clears_late = _round(d_learns=_clears_late)
g_clears_late = _round(g_learns=_clears_late)
d_stands = _round(d_learns=_stands)
g_stands = _round(g_learns=_stands)
d_climbs = _round(d_learns=_climbs)
g_climbs = _round(g_learns=_climbs)
d_own_optimizer = _round(d_learns=_own)
g_own_optimizer = _round(g_learns=_own)


def generator_first(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    drawn = _learn(g_optimizer, g_loss(_frozen(discriminator, x, made), made, y))
    return _learn(d_optimizer, d_loss(discriminator(x, y), discriminator(x, made.detach()))), drawn


def old_judgement(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    drawn = g_loss(_frozen(discriminator, x, made), made, y)
    judged = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    g_optimizer.zero_grad()
    drawn.backward()
    return _learn(d_optimizer, judged), (g_optimizer.step(), drawn.item())[1]


def not_detached(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    judged = d_loss(discriminator(x, y), discriminator(x, made))
    d_optimizer.zero_grad()
    g_optimizer.zero_grad()
    judged.backward(retain_graph=True)
    d_optimizer.step()
    drawn = g_loss(_frozen(discriminator, x, made), made, y)
    drawn.backward()
    g_optimizer.step()
    return judged.item(), drawn.item()


def optimizers_exchanged(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    judged = _learn(g_optimizer, d_loss(discriminator(x, y), discriminator(x, made.detach())))
    return judged, _learn(d_optimizer, g_loss(_frozen(discriminator, x, made), made, y))


def losses_exchanged(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    return right(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss)[::-1]


def real_and_fake_exchanged(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    return right(generator, discriminator, g_optimizer, d_optimizer, x, y, lambda real, fake: d_loss(fake, real), g_loss)


def made_and_target_exchanged(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    return right(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, lambda f, made, y: g_loss(f, y, made))


def losses_afterwards(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    _learn(d_optimizer, d_loss(discriminator(x, y), discriminator(x, made.detach())))
    drawn = _learn(g_optimizer, g_loss(_frozen(discriminator, x, made), made, y))
    with torch.no_grad():
        return d_loss(discriminator(x, y), discriminator(x, made)).item(), drawn


def left_frozen(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    discriminator.requires_grad_(True)
    answer = right(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss)
    discriminator.requires_grad_(False)
    return answer


def modes_set(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    generator.train()
    discriminator.train()
    return right(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss)


def judge_evaluated(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    judged = _learn(d_optimizer, d_loss(discriminator(x, y), discriminator(x, made.detach())))
    discriminator.eval()
    return judged, _learn(g_optimizer, g_loss(_frozen(discriminator, x, made), made, y))


# Also right

right = _round()


def drawing_without_graph_first(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    shown = made.detach().clone()
    d_optimizer.zero_grad()
    fake, real = discriminator(x, shown), discriminator(x, y)
    judged = d_loss(real, fake)
    judged.backward()
    d_optimizer.step()
    g_optimizer.zero_grad()
    loss = g_loss(discriminator(x, made), made, y)
    loss.backward()
    g_optimizer.step()
    discriminator.zero_grad()
    return [judged.detach(), loss.detach()]


def with_autograd(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    made = generator(x)
    values = []
    for net, optimizer in ((discriminator, d_optimizer), (generator, g_optimizer)):
        loss = (d_loss(discriminator(x, y), discriminator(x, made.detach())) if net is discriminator
                else g_loss(discriminator(x, made), made, y))
        slopes = torch.autograd.grad(loss, list(net.parameters()))
        for weight, slope in zip(net.parameters(), slopes, strict=True):
            weight.grad = slope.clone()
        optimizer.step()
        values.append(float(loss.detach()))
    return tuple(values)


ANEW = "G draws anew for its own step: the one drawing of this round serves both, and it still has its graph."
OLD = "Gradients of earlier rounds still count: clear a player's gradients before its backward."
IDLE = "A player does not move: is its step() there, after backward, with nothing cleared in between?"
CLIMB = "A player climbs its loss: backward on the loss itself."
OWN = "You make an optimizer of your own: the one that is handed over has a memory (momentum, Adam's averages) and must step."
PAIR = "D judges pairs: D(x, y) for the real ones and D(x, made) for the drawn ones, x first."
PART = "Part of D's loss teaches it nothing: detach the drawing before it enters D, not D's answer."

FIRST = "G is judged by the D of before its step: D moves first, and is then asked again for G's sake."

for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

mistakes = [
    Mistake(drawn_anew, ANEW),
    Mistake(leaks_into_d, "G's loss leaves gradients in D: switch requires_grad of its weights off around the call, and on again."),
    Mistake(made_detached_for_g, "In G's step the drawing is detached before D sees it: G then hears nothing of D's verdict."),
    *(Mistake(answer, PAIR) for answer in (target_as_made, input_as_image, turned_pair, all_turned, made_beside_made)),
    *(Mistake(answer, PART) for answer in (real_detached, fake_detached)),
    *(Mistake(answer, OLD) for answer in (d_keeps_old, g_keeps_old)),
    *(Mistake(answer, IDLE) for answer in (d_clears_late, g_clears_late, d_stands, g_stands)),
    *(Mistake(answer, CLIMB) for answer in (d_climbs, g_climbs)),
    *(Mistake(answer, OWN) for answer in (d_own_optimizer, g_own_optimizer)),
    Mistake(generator_first, FIRST),
    Mistake(old_judgement, FIRST),
    Mistake(not_detached, "D's loss sends a gradient into G, which G's own step then takes too: detach the drawing."),
    Mistake(optimizers_exchanged, "The optimizers are exchanged: each player moves by its own."),
    Mistake(losses_exchanged, "The order is D's loss, then G's."),
    Mistake(real_and_fake_exchanged, "d_loss is called as d_loss(real, fake)."),
    Mistake(made_and_target_exchanged, "g_loss is called as g_loss(fake, made, y)."),
    Mistake(losses_afterwards, "D's loss is asked for as it was before its step."),
    Mistake(left_frozen, "D is left with requires_grad off: it would never learn again."),
    *(Mistake(answer, "A player's mode was changed, and modes are not this function's business.") for answer in (modes_set, judge_evaluated)),
]

also_right = [right, drawing_without_graph_first, with_autograd]

equivalent_mutants = {
    f"return judged.item(), drawn.item(): {name}.item() → {name}": "a tensor is as good as a number here" for name in ("judged", "drawn")
}
