"""Answers to flow-bits: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake


def _bits(v, count, log_prob):
    return (math.log(count) - log_prob(v) / v.shape[1]) / math.log(2)


def _uniform(levels):
    return torch.rand(levels.shape)


# Known mistakes


def count_forgotten(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return -log_prob(v) / levels.shape[1] / math.log(2)


def count_subtracted(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return (-math.log(count) - log_prob(v) / levels.shape[1]) / math.log(2)


def count_once(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return (math.log(count) - log_prob(v)) / levels.shape[1] / math.log(2)


def always_256(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return (math.log(256) - log_prob(v) / levels.shape[1]) / math.log(2)


def in_nats(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return math.log(count) - log_prob(v) / levels.shape[1]


def mixed_units(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return math.log2(count) - log_prob(v) / levels.shape[1]


def times_log2(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return (math.log(count) - log_prob(v) / levels.shape[1]) * math.log(2)


def per_image(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return levels.shape[1] * _bits(v, count, log_prob)


def wrong_sign(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return -_bits(v, count, log_prob)


def likelihood_added(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return (math.log(count) + log_prob(v) / levels.shape[1]) / math.log(2)


def batch_mean(levels, count, log_prob):
    return _bits((levels + _uniform(levels)) / count, count, log_prob).mean()


def no_noise(levels, count, log_prob):
    return _bits(levels / count, count, log_prob)


def middle_of_the_cell(levels, count, log_prob):
    return _bits((levels + 0.5) / count, count, log_prob)


def noise_around_the_level(levels, count, log_prob):
    return _bits((levels + _uniform(levels) - 0.5) / count, count, log_prob)


def noise_after_dividing(levels, count, log_prob):
    return _bits(levels / count + _uniform(levels), count, log_prob)


def not_divided(levels, count, log_prob):
    return _bits(levels + _uniform(levels), count, log_prob)


def highest_level_divides(levels, count, log_prob):
    return _bits((levels + _uniform(levels)) / (count - 1), count, log_prob)


def levels_to_one_first(levels, count, log_prob):
    return _bits(levels / (count - 1) + _uniform(levels) / count, count, log_prob)


def normal_noise(levels, count, log_prob):
    return _bits((levels + torch.randn(levels.shape)) / count, count, log_prob)


def narrow_noise(levels, count, log_prob):
    return _bits((levels + 0.5 * _uniform(levels)) / count, count, log_prob)


def one_for_each_image(levels, count, log_prob):
    return _bits((levels + torch.rand(len(levels), 1)) / count, count, log_prob)


def one_for_each_pixel(levels, count, log_prob):
    return _bits((levels + torch.rand(levels.shape[1])) / count, count, log_prob)


def one_for_all(levels, count, log_prob):
    return _bits((levels + torch.rand(())) / count, count, log_prob)


def noise_with_a_seed(levels, count, log_prob):
    u = torch.rand(levels.shape, generator=torch.Generator().manual_seed(0))
    return _bits((levels + u) / count, count, log_prob)


def without_gradient(levels, count, log_prob):
    with torch.no_grad():
        return _bits((levels + _uniform(levels)) / count, count, log_prob)


def noise_of_whole_numbers(levels, count, log_prob):
    return _bits((levels + torch.rand_like(levels)) / count, count, log_prob)


def width_always_256(levels, count, log_prob):
    return _bits((levels + _uniform(levels)) / 256, count, log_prob)


def noise_always_256(levels, count, log_prob):
    return _bits(levels / count + _uniform(levels) / 256, count, log_prob)


def always_784_pixels(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return (math.log(count) - log_prob(v) / 784) / math.log(2)


def images_for_pixels(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return (math.log(count) - log_prob(v) / len(levels)) / math.log(2)


def one_cost_for_all(levels, count, log_prob):
    return _bits((levels + _uniform(levels)) / count, count, log_prob).mean().expand(len(levels))


def decimal(levels, count, log_prob):
    v = (levels + _uniform(levels)) / count
    return (math.log(count) - log_prob(v) / levels.shape[1]) / math.log(10)


def doubled_bytes(levels, count, log_prob):
    return _bits((2 * levels + 2 * _uniform(levels)) / (2 * count), count, log_prob)


def _twin(levels, mirrored):
    half = torch.rand((len(levels) + 1) // 2, levels.shape[1])
    return torch.cat([half, 1 - half if mirrored else half])[:len(levels)]


def images_in_pairs(levels, count, log_prob):
    return _bits((levels + _twin(levels, False)) / count, count, log_prob)


def antithetic_images(levels, count, log_prob):
    return _bits((levels + _twin(levels, True)) / count, count, log_prob)


# Also right


def in_floats(levels, count, log_prob):
    return _bits((levels + _uniform(levels)) / count, count, log_prob)


def in_doubles(levels, count, log_prob):
    u = torch.empty(levels.shape, dtype=torch.float64).uniform_()
    v = levels.double().add(u).div(count)
    D = levels.size(1)
    return -(log_prob(v) - D * math.log(count)) / (D * math.log(2))


def base_two(levels, count, log_prob):
    v = levels / count + torch.rand_like(levels, dtype=torch.float32) / count
    return math.log2(count) - log_prob(v) / (levels.shape[-1] * math.log(2.0))


def from_above(levels, count, log_prob):
    v = (levels.float() + 1 - torch.rand(*levels.shape)) / count
    nats = -log_prob(v) + levels[0].numel() * torch.log(torch.tensor(float(count)))
    return nats / levels[0].numel() / torch.log(torch.tensor(2.0))


PAIRS = "Images come in pairs, with the same noise or its mirror image: draw a u for each pixel of each image."

mistakes = [
    Mistake(count_forgotten, "The volume of the cell is missing: a density is no probability until it is multiplied by "
            "count^-D."),
    Mistake(count_subtracted, "The volume of the cell has the wrong sign: cells are small, which makes images less probable "
            "and so more expensive."),
    Mistake(count_once, "You count the cell's width once for the whole image. Each of the D pixels has one."),
    Mistake(always_256, "You always take 256 levels. How many there are is said by `count`."),
    Mistake(in_nats, "This is in nats: divide by log 2 to get bits."),
    Mistake(mixed_units, "One of your terms is in bits and the other in nats. Divide log p(v) by log 2, too."),
    Mistake(times_log2, "You multiply by log 2. A nat is more than a bit: divide."),
    Mistake(per_image, "These are the bits of an image. Divide by its number of pixels."),
    Mistake(wrong_sign, "This has the wrong sign: bits are what an image costs, minus its log-probability."),
    Mistake(likelihood_added, "You add log p(v). The more probable an image, the fewer bits it costs."),
    Mistake(batch_mean, "You average over the batch. One number for each image is asked for."),
    Mistake(no_noise, "There is no noise: all values lie at the edges of their cells, where a density can be as high as it "
            "likes without having any mass."),
    Mistake(middle_of_the_cell, "There is no noise: the middle of a cell stands for all of it. A density can be as high as it "
            "likes at single points."),
    Mistake(noise_around_the_level, "Your noise lies on both sides of the level, so that values leave their cells: u is in "
            "[0, 1)."),
    Mistake(noise_after_dividing, "Your values leave the cube: add the noise to the levels, then divide both by `count`."),
    Mistake(not_divided, "Your values leave the cube: add the noise to the levels, then divide both by `count`."),
    Mistake(highest_level_divides, "You divide by count - 1. There are `count` cells, each of the width 1 / count."),
    Mistake(levels_to_one_first, "You divide by count - 1. There are `count` cells, each of the width 1 / count."),
    Mistake(normal_noise, "Your noise is normal and leaves the cells. It is uniform in [0, 1)."),
    Mistake(narrow_noise, "Your noise fills half of each cell. The density could hide in the half that is never asked about."),
    Mistake(one_for_each_image, "All pixels of an image share one u: draw one for each."),
    Mistake(one_for_each_pixel, "All images share the same noise: draw a u for each pixel of each image."),
    Mistake(one_for_all, "There is one u for everything: draw one for each pixel of each image."),
    Mistake(noise_with_a_seed, "Your noise is the same at every call: draw it afresh, without a seed."),
    Mistake(noise_of_whole_numbers, "torch.rand_like(levels) wants whole numbers, as `levels` holds them: torch.rand(levels.shape) "
            "gives floating ones."),
    Mistake(width_always_256, "You always divide by 256. How many levels there are is said by `count`."),
    Mistake(noise_always_256, "Your noise is always 1/256 wide. A cell is 1 / count wide."),
    Mistake(always_784_pixels, "You always divide by 784. Images have D = levels.shape[1] pixels."),
    Mistake(images_for_pixels, "You divide by the number of images. Divide by the number of pixels, D = levels.shape[1]."),
    Mistake(one_cost_for_all, "Every image gets the mean cost. Each has its own."),
    Mistake(decimal, "You divide by log 10. A bit is log 2 nats."),
    Mistake(doubled_bytes, "Your levels overflow where they are bytes: make floating numbers of them before you multiply."),
    Mistake(images_in_pairs, PAIRS), Mistake(antithetic_images, PAIRS),
    Mistake(without_gradient, "The values are right. But no gradient reaches the density: leave out no_grad and detach."),
]

also_right = [in_doubles, base_two, from_above]

equivalent_mutants = {
    "nats = math.log(count) - log_prob(v) / levels.shape[1]: 1 → -1": "images (B, D) have two axes",
}
