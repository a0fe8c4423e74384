"""Answers to pixelcnn-sample: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.distributions import Categorical

from grading.checks.exercise import Mistake


def _draw(logits):
    return torch.multinomial(logits.softmax(1), 1)[:, 0]


def _places(x):
    return [(g, r, c) for r in range(x.shape[2]) for c in range(x.shape[3]) for g in range(x.shape[1])]


def _fill(network, x, known, places, draw=_draw, see=lambda x: x):
    x = x.clone()
    for g, r, c in places:
        drawn = draw(network(see(x))[:, :, g, r, c])
        x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], drawn)
    return x


# Known mistakes


def one_pass(network, x, known):
    logits = network(torch.where(known, x, 0)).movedim(1, -1)
    return torch.where(known, x, Categorical(logits=logits).sample())


def row_at_once(network, x, known):
    x = torch.where(known, x, 0)
    for r in range(x.shape[2]):
        drawn = Categorical(logits=network(x).movedim(1, -1)).sample()
        x[:, :, r] = torch.where(known[:, :, r], x[:, :, r], drawn[:, :, r])
    return x


def colours_at_once(network, x, known):
    x = torch.where(known, x, 0)
    for r in range(x.shape[2]):
        for c in range(x.shape[3]):
            drawn = Categorical(logits=network(x).movedim(1, -1)).sample()
            x[:, :, r, c] = torch.where(known[:, :, r, c], x[:, :, r, c], drawn[:, :, r, c])
    return x


def logits_of_the_previous(network, x, known):
    x = torch.where(known, x, 0)
    places = _places(x)
    for (g, r, c), (h, s, d) in zip(places, places[:1] + places[:-1], strict=True):
        x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], _draw(network(x)[:, :, h, s, d]))
    return x


def most_probable(network, x, known):
    return _fill(network, x, known, _places(x), draw=lambda logits: logits.argmax(1))


def all_drawn(network, x, known):
    return _fill(network, x, torch.zeros_like(known), _places(x))


def put_back_at_the_end(network, x, known):
    return torch.where(known, x, all_drawn(network, x, known))


def only_known_is_drawn(network, x, known):
    return _fill(network, x, ~known, _places(x))


def column_by_column(network, x, known):
    places = sorted(_places(x), key=lambda p: (p[2], p[1], p[0]))
    return _fill(network, torch.where(known, x, 0), known, places)


def colour_by_colour(network, x, known):
    return _fill(network, torch.where(known, x, 0), known, sorted(_places(x)))


def scaled(network, x, known):
    return _fill(network, x, known, _places(x), see=lambda x: x / 255)


def one_draw_for_all(network, x, known):
    return _fill(network, x, known, _places(x), draw=lambda logits: _draw(logits[:1]).expand(len(logits)))


def one_seed_for_all_places(network, x, known):
    u = torch.rand(len(x), 1)

    def draw(logits):
        return (logits.softmax(1).cumsum(1) < u).sum(1).clamp(max=logits.shape[1] - 1)

    return _fill(network, x, known, _places(x), draw=draw)


def half_as_hot(network, x, known):
    return _fill(network, x, known, _places(x), draw=lambda logits: _draw(2 * logits))


def levels_alike(network, x, known):
    def draw(logits):
        p = logits.softmax(1)
        return torch.multinomial((p > 1e-6).float(), 1)[:, 0]

    return _fill(network, x, known, _places(x), draw=draw)


def logits_as_probabilities(network, x, known):
    return _fill(network, x, known, _places(x), draw=lambda logits: torch.multinomial(logits, 1)[:, 0])


def exp_without_softmax(network, x, known):
    return _fill(network, x, known, _places(x), draw=lambda logits: torch.multinomial(logits.exp(), 1)[:, 0])


def in_place(network, x, known):
    for g, r, c in _places(x):
        x[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], _draw(network(x)[:, :, g, r, c]))
    return x


def last_pixel_forgotten(network, x, known):
    return _fill(network, torch.where(known, x, 0), known, _places(x)[:-1])


def as_it_came(network, x, known):
    out = x.clone()
    for g, r, c in _places(x):
        out[:, g, r, c] = torch.where(known[:, g, r, c], x[:, g, r, c], _draw(network(x)[:, :, g, r, c]))
    return out


def first_image_decides(network, x, known):
    return _fill(network, x, known[:1].expand_as(known), _places(x))


def first_colour_decides(network, x, known):
    return _fill(network, x, known[:, :1].expand_as(known), _places(x))


def after_the_first_unknown(network, x, known):
    places, fixed = _places(x), known.clone()
    for (g, r, c), (h, s, d) in zip(places[1:], places, strict=False):
        fixed[:, g, r, c] &= fixed[:, h, s, d]
    return _fill(network, x, fixed, places)


def height_for_width(network, x, known):
    places = [(g, r, c) for g, r, c in _places(x) if c < x.shape[2]]
    return _fill(network, x, known, places)


def softmax_over_the_batch(network, x, known):
    return _fill(network, x, known, _places(x), draw=lambda logits: torch.multinomial(logits.softmax(0), 1)[:, 0])


def last_colour_first(network, x, known):
    return _fill(network, x, known, [(x.shape[1] - 1 - g, r, c) for g, r, c in _places(x)])


# Also right


def by_cumulative_sums(network, x, known):
    def draw(logits):
        cumulative = logits.double().softmax(1).cumsum(1)
        u = torch.rand(len(logits), 1, dtype=torch.float64) * cumulative[:, -1:]
        return (cumulative <= u).sum(1).clamp(max=logits.shape[1] - 1)

    return _fill(network, torch.where(known, x, 0), known, _places(x), draw=draw)


def by_gumbel(network, x, known):
    def draw(logits):
        return (logits + torch.distributions.Gumbel(0.0, 1.0).sample(logits.shape)).argmax(1)

    return _fill(network, x, known, _places(x), draw=draw)


def image_by_image(network, x, known):
    done = []
    for image, mask in zip(x, known, strict=True):
        image = image.clone()[None]
        for g, r, c in _places(image):
            if not mask[g, r, c]:
                image[0, g, r, c] = Categorical(logits=network(image)[0, :, g, r, c]).sample()
        done.append(image)
    return torch.cat(done)


NO_PROBABILITIES = ("`torch.multinomial` was given what is no distribution: logits may be negative, and exp of a large one is "
                    "infinite. Softmax over the levels, axis 1, mends both.")

mistakes = [
    Mistake(one_pass, "All values come from a single pass, so none has seen another. Call the network anew for each."),
    Mistake(row_at_once, "You draw a whole row from one pass: a pixel then has not seen its left neighbour. One value for each "
            "pass."),
    Mistake(colours_at_once, "The colours of a pixel are drawn together, or the last first. Each is drawn given those before it: one "
            "value for each pass."),
    Mistake(logits_of_the_previous, "You draw from the logits at the place before. logits[..., r, c] already are those of pixel "
            "(r, c), given what comes before it."),
    Mistake(most_probable, "You take the most probable level each time. A sample is drawn: also the improbable one, now and then."),
    Mistake(all_drawn, "Known values are drawn anew: where `known` is True, x stays."),
    Mistake(put_back_at_the_end, "You put the known values back only at the end: what was drawn in between had seen others. Keep "
            "them at each step."),
    Mistake(only_known_is_drawn, "`known` is used the wrong way round: True means that the value stays."),
    Mistake(column_by_column, "You go column by column. The network's order is row by row: rows are the outer loop."),
    Mistake(colour_by_colour, "You draw a whole colour before the next. In the network's order the colours of one pixel come together: "
            "colours are the innermost loop."),
    Mistake(scaled, "The network takes levels, whole numbers as in x. It was handed fractions of 255."),
    Mistake(one_draw_for_all, "All images of the batch get the same draw: each needs its own."),
    Mistake(one_seed_for_all_places, "The same random number serves all pixels of an image, which ties them together: draw anew for each."),
    Mistake(half_as_hot, "Your draws are bolder than the probabilities: softmax of the logits as they are, without a temperature."),
    Mistake(levels_alike, "You draw each possible level equally often: use its probability."),
    Mistake(logits_as_probabilities, NO_PROBABILITIES),
    Mistake(exp_without_softmax, NO_PROBABILITIES),
    Mistake(in_place, "`x` itself is written into: its owner would find it changed. Work on a copy."),
    Mistake(as_it_came, "The network reads x as it came, without what was drawn: hand it the copy into which you write."),
    Mistake(first_image_decides, "What is known is read off the first image for all. Each image has its own."),
    Mistake(first_colour_decides, "What is known is read off the first colour for all. Each colour has its own."),
    Mistake(after_the_first_unknown, "You keep known values only up to the first that is not known. They can stand anywhere, and all stay."),
    Mistake(height_for_width, "Your columns end where the rows end: images need not be square, x.shape[3] is the width."),
    Mistake(softmax_over_the_batch, "Your softmax runs over the images. Each has a distribution over its levels: axis 1 of logits[:, :, g, r, c]."),
    Mistake(last_colour_first, "You draw the last colour of a pixel first. Each is drawn given those before it, from the first on."),
    Mistake(last_pixel_forgotten, "The last value is never drawn: the loops end one too early."),
]

also_right = [by_cumulative_sums, by_gumbel, image_by_image]

equivalent_mutants = {
    "for r in range(x.shape[2]):: 2 → -2": "of four axes the third is the last but one",
    "for r in range(x.shape[2]):: x → known": "both have one shape",
    "for c in range(x.shape[3]):: x → known": "both have one shape",
    "for g in range(x.shape[1]):: x → known": "both have one shape",
    "p = network(x)[:, :, g, r, c].softmax(1): 1 → -1": "the last axis of a table is its axis 1",
    "drawn = torch.multinomial(p, 1)[:, 0]: 1 → 2": "the first of two draws is a draw",
    "drawn = torch.multinomial(p, 1)[:, 0]: 0 → -1": "there is one draw",
}
