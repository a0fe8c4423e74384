"""Answers to pixelcnn-nll: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _each(x, logits):
    """-log p of each value, shaped like x."""
    return F.cross_entropy(logits, x, reduction="none")


def _with_bits(nats, x):
    return nats, nats / (x[0].numel() * math.log(2))


# Known mistakes


def pixel_mean(x, logits):
    mean = _each(x, logits).flatten(1).mean(1)
    return mean, mean / math.log(2)


def log_likelihood(x, logits):
    return _with_bits(-_each(x, logits).flatten(1).sum(1), x)


def nats_in_bits(x, logits):
    nats = _each(x, logits).flatten(1).sum(1)
    return nats / math.log(2), nats / (x[0].numel() * math.log(2))


def no_ln2(x, logits):
    nats = _each(x, logits).flatten(1).sum(1)
    return nats, nats / x[0].numel()


def times_ln2(x, logits):
    nats = _each(x, logits).flatten(1).sum(1)
    return nats, nats * math.log(2) / x[0].numel()


def bits_not_per_dim(x, logits):
    nats = _each(x, logits).flatten(1).sum(1)
    return nats, nats / math.log(2)


def pixels_not_values(x, logits):
    nats = _each(x, logits).flatten(1).sum(1)
    return nats, nats / (x.shape[2] * x.shape[3] * math.log(2))


def per_level(x, logits):
    nats = _each(x, logits).flatten(1).sum(1)
    return nats, nats / (x[0].numel() * math.log(logits.shape[1]))


def divided_by_batch(x, logits):
    nats = _each(x, logits).flatten(1).sum(1)
    return nats, nats / (x.numel() * math.log(2))


def log10(x, logits):
    nats = _each(x, logits).flatten(1).sum(1)
    return nats, nats / (x[0].numel() * math.log10(2))


def batch_mean(x, logits):
    return _with_bits(_each(x, logits).flatten(1).sum(1).mean(), x)


def batch_sum(x, logits):
    return _with_bits(_each(x, logits).sum(), x)


def default_reduction(x, logits):
    mean = F.cross_entropy(logits, x)
    return mean * x[0].numel(), mean / math.log(2)


def swapped(x, logits):
    return _with_bits(_each(x, logits).flatten(1).sum(1), x)[::-1]


def no_softmax(x, logits):
    return _with_bits(-logits.gather(1, x[:, None]).flatten(1).sum(1), x)


def softmax_over_width(x, logits):
    return _with_bits(-logits.log_softmax(-1).gather(1, x[:, None]).flatten(1).sum(1), x)


def softmax_over_batch(x, logits):
    return _with_bits(-logits.log_softmax(0).gather(1, x[:, None]).flatten(1).sum(1), x)


def softmax_over_colours_too(x, logits):
    joint = logits.flatten(1, 2).log_softmax(1).view_as(logits)
    return _with_bits(-joint.gather(1, x[:, None]).flatten(1).sum(1), x)


def softmax_twice(x, logits):
    return _with_bits(_each(x, logits.softmax(1)).flatten(1).sum(1), x)


def log_of_softmax(x, logits):
    return _with_bits(-logits.softmax(1).log().gather(1, x[:, None]).flatten(1).sum(1), x)


def log_of_clamped_softmax(x, logits):
    return _with_bits(-logits.softmax(1).clamp(min=1e-12).log().gather(1, x[:, None]).flatten(1).sum(1), x)


def log_with_epsilon(x, logits):
    return _with_bits(-(logits.softmax(1) + 1e-10).log().gather(1, x[:, None]).flatten(1).sum(1), x)


def probabilities_added(x, logits):
    return _with_bits(-logits.softmax(1).gather(1, x[:, None]).flatten(1).sum(1).log(), x)


def all_levels(x, logits):
    return _with_bits(-logits.log_softmax(1).flatten(1).sum(1), x)


def levels_read_as_colours(x, logits):
    """The reshape to another order of axes, as of logits (B, C, K, H, W)."""
    B, K, C, H, W = logits.shape
    return _with_bits(_each(x, logits.reshape(B, C, K, H, W).transpose(1, 2)).flatten(1).sum(1), x)


def one_against_rest(x, logits):
    target = F.one_hot(x, logits.shape[1]).movedim(-1, 1).to(logits)
    return _with_bits(F.binary_cross_entropy_with_logits(logits, target, reduction="none").flatten(1).sum(1), x)


def detached(x, logits):
    return _with_bits(_each(x, logits.detach()).flatten(1).sum(1), x)


def last_pixel_missing(x, logits):
    return _with_bits(_each(x, logits).flatten(1)[:, :-1].sum(1), x)


def shifted_target(x, logits):
    """Logits of pixel i scored on pixel i + 1, as in language models whose outputs are shifted."""
    flat = _each(x.flatten(1).roll(-1, 1).view_as(x), logits).flatten(1)
    return _with_bits(flat.sum(1), x)


def first_colour_only(x, logits):
    nats = _each(x, logits)[:, 0].flatten(1).sum(1)
    return nats, nats / (x[0].numel() * math.log(2))


def levels_that_occur(x, logits):
    K = int(x.max()) + 1
    return _with_bits(_each(x, logits[:, :K]).flatten(1).sum(1), x)


def levels_renumbered(x, logits):
    return _with_bits(_each(x.unique(return_inverse=True)[1], logits).flatten(1).sum(1), x)


def levels_not_moved(x, logits):
    rows = F.cross_entropy(logits.reshape(-1, logits.shape[1]), x.reshape(-1), reduction="none")
    return _with_bits(rows.view(len(x), -1).sum(1), x)


def colours_averaged(x, logits):
    return _with_bits(_each(x, logits).mean(1).flatten(1).sum(1), x)


def zero_ignored(x, logits):
    return _with_bits(F.cross_entropy(logits, x, reduction="none", ignore_index=0).flatten(1).sum(1), x)


def smoothed(x, logits):
    return _with_bits(F.cross_entropy(logits, x, reduction="none", label_smoothing=0.1).flatten(1).sum(1), x)


# Also right


def by_one_hot(x, logits):
    target = F.one_hot(x, logits.shape[1]).movedim(-1, 1)
    nats = -torch.where(target == 1, logits.log_softmax(1), 0.0).sum((1, 2, 3, 4))
    return [nats, nats / math.log(2) / (x.shape[1] * x.shape[2] * x.shape[3])]


def by_logsumexp(x, logits):
    chosen = logits.gather(1, x.unsqueeze(1)).squeeze(1)
    nats = (logits.logsumexp(1) - chosen).flatten(1).sum(1)
    return nats, (nats / nats.new_tensor(2.0).log()) / x[0].numel()


def pixel_by_pixel(x, logits):
    scores = logits.flatten(2)
    levels = x.flatten(1)
    nats = sum(F.cross_entropy(scores[:, :, i], levels[:, i], reduction="none") for i in range(levels.shape[1]))
    return nats, nats * math.log2(math.e) / levels.shape[1]


mistakes = [
    Mistake(pixel_mean, "You average over the pixels: by the chain rule the cost of an image is a sum over all of them."),
    Mistake(log_likelihood, "This is the log-likelihood; asked for is what the image costs, minus that."),
    Mistake(nats_in_bits, "Your first number is in bits: nats use the natural logarithm and are not divided by ln 2."),
    Mistake(no_ln2, "Your second number is nats per dimension: divide by ln 2 to get bits."),
    Mistake(times_ln2, "You multiply by ln 2. A bit is ln 2 = 0.693 nats, so there are more bits than nats: divide."),
    Mistake(bits_not_per_dim, "Your second number is bits per image: divide by the number of values C·H·W."),
    Mistake(pixels_not_values, "You divide by the number of pixels: each colour of a pixel is a dimension of its own, C·H·W in all."),
    Mistake(per_level, "You divide by the logarithm of the number of levels. A bit is ln 2 nats, however many levels there are."),
    Mistake(divided_by_batch, "You divide by the size of the whole batch: the dimensions are those of one image."),
    Mistake(log10, "ln 2 is the natural logarithm: math.log(2), not math.log10(2)."),
    Mistake(batch_mean, "You average over the batch: one number for each image is asked for."),
    Mistake(batch_sum, "You sum over the batch: one number for each image is asked for."),
    Mistake(default_reduction, "You average over the batch: one number for each image is asked for."),
    Mistake(swapped, "Nats come first, bits per dimension second."),
    Mistake(no_softmax, "A logit is no log-probability: take log_softmax over the levels first."),
    Mistake(softmax_over_width, "Your softmax runs along the image: the levels are axis 1."),
    Mistake(softmax_over_batch, "Your softmax runs over the batch: the levels are axis 1."),
    Mistake(softmax_over_colours_too, "Your softmax runs over levels and colours together. Each colour of a pixel has a distribution of its own."),
    Mistake(softmax_twice, "F.cross_entropy takes logits: it was given probabilities, so softmax is applied twice."),
    Mistake(log_of_softmax, "Right at moderate logits. At large ones a probability rounds to 0 and its logarithm is infinite: use log_softmax or "
            "F.cross_entropy."),
    Mistake(log_of_clamped_softmax, "Right at moderate logits. A clamped probability caps what a wrong pixel costs and kills its gradient: use "
            "log_softmax."),
    Mistake(log_with_epsilon, "Right at moderate logits. With something added inside the logarithm a wrong pixel's cost is capped: use log_softmax."),
    Mistake(probabilities_added, "You add probabilities and take the logarithm at the end. The chain rule multiplies them: add logarithms."),
    Mistake(all_levels, "You add up the log-probabilities of all levels: only the level that is there counts."),
    Mistake(levels_read_as_colours, "Your reshape tears the axes apart: levels are axis 1, colours axis 2. Use transpose or movedim, or leave them."),
    Mistake(levels_that_occur, "You count levels by what occurs in the images. How many there are the logits say: axis 1. Levels that "
            "happen not to occur compete as well."),
    Mistake(levels_renumbered, "You renumber the levels by what occurs in the images. Level k belongs to logit k, whichever others occur."),
    Mistake(levels_not_moved, "You reshape to (…, K) without moving the levels to the end first, so that numbers of different pixels "
            "meet: movedim(1, -1), then reshape."),
    Mistake(colours_averaged, "You average over the colours: by the chain rule they add up, as pixels do."),
    Mistake(zero_ignored, "You leave out level 0. It costs what the others cost."),
    Mistake(smoothed, "You smooth the targets. The cost is that of the level that is there, and of no other."),
    Mistake(one_against_rest, "K separate coins are no distribution over K levels: a softmax lets them compete."),
    Mistake(detached, "No gradient comes back to the logits: leave out `detach` and `no_grad`."),
    Mistake(last_pixel_missing, "One pixel is missing from the sum: all count, the first and the last too."),
    Mistake(shifted_target, "You score the logits of one pixel on the next one. Here logits_i already are those of pixel i: the masks did the shift."),
    Mistake(first_colour_only, "Only the first colour is counted."),
]

also_right = [by_one_hot, by_logsumexp, pixel_by_pixel]

equivalent_mutants = {
    'nats = F.cross_entropy(logits, x, reduction="none").flatten(1).sum(1): 1 → -1': "two axes are left: 1 is the last",
    "return nats, nats / (x[0].numel() * math.log(2)): 0 → -1": "all images are of one size",
}
