"""Planted answers to pixelcnn-sample, by another author than the check's."""

import random

import torch
from torch.distributions import Categorical


def _go(network, x, known, draw, look=lambda x: x):
    x = x.clone()
    for r in range(x.size(2)):
        for c in range(x.size(3)):
            for g in range(x.size(1)):
                new = draw(network(look(x))[:, :, g, r, c])
                x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], new)
    return x


def _one(logits):
    return torch.multinomial(logits.softmax(-1), 1).squeeze(1)


def first_image_says_what_is_known(network, x, known):
    x = x.clone()
    for r in range(x.size(2)):
        for c in range(x.size(3)):
            for g in range(x.size(1)):
                if not known[0, g, r, c]:
                    x[:, g, r, c] = _one(network(x)[:, :, g, r, c])
    return x


def first_colour_says_what_is_known(network, x, known):
    return _go(network, x, known[:, :1].expand_as(known), _one)


def known_is_from_the_start(network, x, known):
    """Drawn are all values after the first that is not known."""
    flat = known.movedim(1, 3).flatten(1)
    start = flat.long().cumprod(1).bool().view(len(x), x.size(2), x.size(3), x.size(1)).movedim(3, 1)
    return _go(network, x, start, _one)


def one_number_for_the_batch(network, x, known):
    def draw(logits):
        return (logits.softmax(1).cumsum(1) < torch.rand(1)).sum(1).clamp(max=logits.size(1) - 1)
    return _go(network, x, known, draw)


def mirrored_numbers(network, x, known):
    def draw(logits):
        u = torch.rand((len(logits) + 1) // 2)
        u = torch.cat([u, 1 - u])[:len(logits), None]
        return (logits.softmax(1).cumsum(1) < u).sum(1).clamp(max=logits.size(1) - 1)
    return _go(network, x, known, draw)


def seeded(network, x, known):
    torch.manual_seed(0)
    return _go(network, x, known, _one)


def seeded_for_each(network, x, known):
    def draw(logits):
        return torch.multinomial(logits.softmax(1), 1, generator=torch.Generator().manual_seed(1))[:, 0]
    return _go(network, x, known, draw)


def rows_and_columns_exchanged(network, x, known):
    x = x.clone()
    for r in range(x.size(2)):
        for c in range(x.size(3)):
            for g in range(x.size(1)):
                i, j = c % x.size(2), r % x.size(3)
                x[:, g, i, j] = torch.where(known[:, g, i, j], x[:, g, i, j], _one(network(x)[:, :, g, i, j]))
    return x


def square_images_only(network, x, known):
    x = x.clone()
    for r in range(x.size(2)):
        for c in range(x.size(2)):
            for g in range(x.size(1)):
                x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], _one(network(x)[:, :, g, r, c]))
    return x


def colours_backwards(network, x, known):
    x = x.clone()
    for r in range(x.size(2)):
        for c in range(x.size(3)):
            for g in reversed(range(x.size(1))):
                x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], _one(network(x)[:, :, g, r, c]))
    return x


def coins(network, x, known):
    """As if there were two levels."""
    def draw(logits):
        return torch.bernoulli((logits[:, 1] - logits[:, 0]).sigmoid()).long()
    return _go(network, x, known, draw)


def rounded_means(network, x, known):
    def draw(logits):
        return (logits.softmax(1) * torch.arange(logits.size(1))).sum(1).round().long()
    return _go(network, x, known, draw)


def softmax_over_the_batch(network, x, known):
    return _go(network, x, known, lambda logits: torch.multinomial(logits.softmax(0), 1)[:, 0])


def a_little_of_everything(network, x, known):
    def draw(logits):
        p = 0.8 * logits.softmax(1) + 0.2 / logits.size(1)
        return torch.multinomial(p, 1)[:, 0]
    return _go(network, x, known, draw)


def levels_scaled_back(network, x, known):
    x = _go(network, x, known, _one)
    return x.float() / (x.max() + 1)


def known_changed_in_place(network, x, known):
    x = x.clone()
    for r in range(x.size(2)):
        for c in range(x.size(3)):
            for g in range(x.size(1)):
                new = _one(network(x)[:, :, g, r, c])
                x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], new)
                known[:, g, r, c] = True
    return x


def old_copy_is_read(network, x, known):
    """The network reads x, the draws go to a copy."""
    out = x.clone()
    for r in range(x.size(2)):
        for c in range(x.size(3)):
            for g in range(x.size(1)):
                out[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], _one(network(x)[:, :, g, r, c]))
    return out


def blank_from_the_start(network, x, known):
    """Known values are read only where the loop has passed."""
    out = torch.zeros_like(x)
    for r in range(x.size(2)):
        for c in range(x.size(3)):
            for g in range(x.size(1)):
                new = _one(network(out)[:, :, g, r, c])
                out[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], new)
    return out


def by_one_list(network, x, known):
    out, shape = x.clone(), x.shape
    for place in range(shape[1] * shape[2] * shape[3]):
        rest, g = divmod(place, shape[1])
        r, c = divmod(rest, shape[3])
        free = (~known[:, g, r, c]).nonzero()[:, 0]
        if len(free):
            out[free, g, r, c] = Categorical(probs=network(out)[free, :, g, r, c].softmax(-1)).sample()
    return out


def by_exponential_races(network, x, known):
    def draw(logits):
        clock = torch.empty(logits.shape, dtype=torch.float64).exponential_()
        return (clock.log() - logits.double()).argmin(1)
    return _go(network, torch.where(known, x, torch.zeros_like(x)), known, draw)


def by_uniform_numbers(network, x, known):
    u = torch.rand(x.shape, dtype=torch.float64)
    out = x.masked_fill(~known, 0)
    with torch.no_grad():
        for r in range(x.size(2)):
            for c in range(x.size(3)):
                for g in range(x.size(1)):
                    total = network(out)[:, :, g, r, c].double().softmax(1).cumsum(1)
                    new = torch.searchsorted(total, u[:, g, r, c, None] * total[:, -1:])[:, 0]
                    out[:, g, r, c] = torch.where(known[:, g, r, c], out[:, g, r, c], new)
    return out


def as_floats(network, x, known):
    return _go(network, x, known, lambda logits: torch.multinomial(logits.softmax(1), 1)[:, 0]).float()


def by_other_random_numbers(network, x, known):
    """By Python's random numbers."""
    return _go(network, x, known, lambda logits: torch.tensor(
        [random.choices(range(len(p)), p)[0] for p in logits.softmax(1).tolist()]))


SAYS_1 = ("Drawn many at once, the images of a 2x2 world come with their probabilities, each by itself.")
SAYS_2 = ("`sample` changes a setting of PyTorch for everything that runs afterwards: no `torch.manual_seed`, "
          "`set_grad_enabled` or `set_default_dtype` in it. Drawn many at once, the images of a 2x2 world come with"
          " their probabilities, each by itself.")
SAYS_3 = ("Each value is drawn from its own logits, once all values before it are in place.")
SAYS_4 = ("`sample` changes its argument `known` in place: work on a copy.")
SAYS_5 = ("`sample` should return whole numbers, int64: levels are no floats. The signature is `sample(network,"
          " x, known)`.")
SAYS_6 = ("`sample` should return whole numbers, int64: levels are no floats. The signature is `sample(network,"
          " x, known)`.")
SAYS_7 = ("Many levels come with their probabilities as well, and from the same state of torch's random numbers"
          " they come again.")

wrong = [
    (first_image_says_what_is_known, "first_image_decides"),
    (first_colour_says_what_is_known, "first_colour_decides"),
    (known_is_from_the_start, "after_the_first_unknown"), (one_number_for_the_batch, SAYS_1),
    (mirrored_numbers, SAYS_1), (seeded, SAYS_2), (seeded_for_each, SAYS_1), (rows_and_columns_exchanged, SAYS_3),
    (square_images_only, "height_for_width"), (colours_backwards, "last_colour_first"), (coins, SAYS_3),
    (rounded_means, "most_probable"), (softmax_over_the_batch, "softmax_over_the_batch"),
    (a_little_of_everything, SAYS_3), (levels_scaled_back, SAYS_5), (known_changed_in_place, SAYS_4),
    (old_copy_is_read, "as_it_came"),
    (as_floats, SAYS_6),
    (by_other_random_numbers, SAYS_7),
]
right = [blank_from_the_start, by_one_list, by_exponential_races, by_uniform_numbers]
