"""Answers to wgan-gradient-penalty: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn.functional import relu

from grading.checks.exercise import Mistake
from grading.exercises.wgan._gradient_penalty_graphs import (
    a_little_added,
    a_little_added_to_the_length,
    at_least_a_thousandth,
    at_most_a_hundred,
    chord,
    critic_cleared,
    critic_left_in_evaluation,
    critic_put_in_training,
    evaluated_and_back,
    everything_thawed,
    flat_ones_left_out,
    graph_not_kept,
    left_frozen,
    made_a_plain_number,
    mixed_in_place,
    nan_to_zero,
    one_hundred_millionth_added,
    retained_and_not_created,
    root_of_nothing,
    rows_and_images_only,
    samples_not_detached,
    scores_for_slopes,
    slope_detached,
    slope_in_the_weights,
    slope_of_the_mean_score,
    through_backward,
)
from grading.exercises.wgan._gradient_penalty_parts import column, lengths_of, mixture, slope_at
from grading.exercises.wgan._gradient_penalty_right import row_by_row, tiny_number_added, with_ones


def over_the_first_dimension(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).norm(dim=0) - 1).square().mean()


def over_channels_only(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).norm(2, dim=1) - 1).square().mean()


def over_rows_only(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).norm(2, dim=-1) - 1).square().mean()


def one_length_for_all(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).norm() - 1) ** 2


def each_number(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).abs() - 1).square().mean()


def mean_length_first(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a).mean() - 1) ** 2


def root_mean_square(critic, real, fake, a):
    slope = slope_at(critic, mixture(real, fake, a)).flatten(1)
    return (slope.norm(dim=1) / slope.shape[1] ** 0.5 - 1).square().mean()


def sum_of_sizes(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).flatten(1).abs().sum(1) - 1).square().mean()


def largest_size(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).flatten(1).abs().amax(1) - 1).square().mean()


def first_share_for_all(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a[:1].expand_as(a)) - 1).square().mean()


def last_share_for_all(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a[-1:].expand_as(a)) - 1).square().mean()


def mean_share_for_all(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a.mean().expand_as(a)) - 1).square().mean()


def half_way(critic, real, fake, a):
    return (lengths_of(critic, real, fake, torch.full_like(a, 0.5)) - 1).square().mean()


def shares_of_its_own(critic, real, fake, a):
    return (lengths_of(critic, real, fake, torch.rand_like(a)) - 1).square().mean()


def a_share_for_each_number(critic, real, fake, a):
    a = torch.rand_like(real)
    between = (a * real + (1 - a) * fake).detach().requires_grad_()
    return (slope_at(critic, between).flatten(1).norm(dim=1) - 1).square().mean()


def broadcast_along_the_last(critic, real, fake, a):
    between = (a * real + (1 - a) * fake).detach().requires_grad_()
    return (slope_at(critic, between).flatten(1).norm(dim=1) - 1).square().mean()


def a_column_whatever_comes(critic, real, fake, a):
    a = a.view(-1, 1)
    between = (a * real + (1 - a) * fake).detach().requires_grad_()
    return (slope_at(critic, between).flatten(1).norm(dim=1) - 1).square().mean()


def images_only(critic, real, fake, a):
    a = a.view(-1, 1, 1, 1)
    between = (a * real + (1 - a) * fake).detach().requires_grad_()
    return (slope_at(critic, between).flatten(1).norm(dim=1) - 1).square().mean()


def shares_swapped(critic, real, fake, a):
    return (lengths_of(critic, real, fake, 1 - a) - 1).square().mean()


def at_the_data(critic, real, fake, a):
    return (lengths_of(critic, real, fake, torch.ones_like(a)) - 1).square().mean()


def at_the_samples(critic, real, fake, a):
    return (lengths_of(critic, real, fake, torch.zeros_like(a)) - 1).square().mean()


def at_both_ends(critic, real, fake, a):
    return (at_the_data(critic, real, fake, a) + at_the_samples(critic, real, fake, a)) / 2


def beyond_the_samples(critic, real, fake, a):
    a = column(a, real)
    return (slope_at(critic, (real + a * fake).detach().requires_grad_()).flatten(1).norm(dim=1) - 1).square().mean()


def one_sided(critic, real, fake, a):
    return relu(lengths_of(critic, real, fake, a) - 1).square().mean()


def other_side(critic, real, fake, a):
    return relu(1 - lengths_of(critic, real, fake, a)).square().mean()


def not_squared(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a) - 1).abs().mean()


def difference_itself(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a) - 1).mean()


def square_of_the_slope(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a).square() - 1).square().mean()


def towards_zero(critic, real, fake, a):
    return lengths_of(critic, real, fake, a).square().mean()


def towards_zero_at_the_data(critic, real, fake, a):
    return lengths_of(critic, real, fake, torch.ones_like(a)).square().mean()


def half_towards_zero_at_the_data(critic, real, fake, a):
    return 0.5 * lengths_of(critic, real, fake, torch.ones_like(a)).square().mean()


def logarithm(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a) + 1e-12).log().square().mean()


def root_forgotten(critic, real, fake, a):
    return (slope_at(critic, mixture(real, fake, a)).flatten(1).square().sum(1) - 1).square().mean()


def times_ten(critic, real, fake, a):
    return 10 * (lengths_of(critic, real, fake, a) - 1).square().mean()


def halved(critic, real, fake, a):
    return 0.5 * (lengths_of(critic, real, fake, a) - 1).square().mean()


def summed(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a) - 1).square().sum()


def one_for_each(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a) - 1).square()


def root_of_all(critic, real, fake, a):
    return (lengths_of(critic, real, fake, a) - 1).square().mean().sqrt()


WHICH = "One length for each image is asked for, over all of its numbers: flatten(1), and then the norm over dim=1."
MEAN = "The mean comes last: each image has its own (length - 1)², and these are averaged."
LENGTH = "The length of a slope is the root of the sum of squares over all numbers of the image."
SHARE = "Each pair is mixed with its own share, the one that comes in: a[i] for row i."
DRAWN = ("You draw numbers of your own, so that the penalty is another in each call: each pair is mixed with its own share, the one that "
         "comes in.")
ALONG = ("The shares (B,) must stand along the batch: a.view(-1, 1) for rows, a.view(-1, 1, 1, 1) for images, in general as many ones as "
         "there are other dimensions. Otherwise they are multiplied along the last one.")
PLACE = "The slope is taken between data and samples, at a · real + (1 - a) · fake."
TWO = "Slopes below 1 are punished as well as slopes above: the square of the difference, whatever its sign."
SQUARE = "Punished is the square of (length - 1)."
ZERO = "You pull the slope towards 0: that is another penalty (R1). Here it is pulled towards 1, between data and samples."
FACTOR = "A factor is too much: λ is not part of this function, and neither is ½."
GRAPH = ("The value is right. But no gradient reaches the critic's parameters: torch.autograd.grad needs create_graph=True, and nothing may "
         "be detached after it.")
ADDED = "The number that you add changes the length: at most 1e-12, under the root, or `norm` without one."
FLAT = "Where the slope is 0 the root of 0 has no finite gradient (0 · ∞ is nan). `norm` is safe there, or a number of 1e-12 under the root."

mistakes = [
    *(Mistake(answer, WHICH) for answer in (over_the_first_dimension, over_channels_only, over_rows_only, one_length_for_all, each_number)),
    Mistake(mean_length_first, MEAN),
    *(Mistake(answer, LENGTH) for answer in (root_mean_square, sum_of_sizes, largest_size)),
    *(Mistake(answer, SHARE) for answer in (first_share_for_all, last_share_for_all, mean_share_for_all, half_way)),
    Mistake(shares_of_its_own, DRAWN), Mistake(a_share_for_each_number, DRAWN),
    *(Mistake(answer, ALONG) for answer in (broadcast_along_the_last, a_column_whatever_comes, images_only)),
    Mistake(shares_swapped, "The share belongs to the data: a = 1 is the datum itself, a = 0 the sample."),
    *(Mistake(answer, PLACE) for answer in (at_the_data, at_the_samples, at_both_ends, beyond_the_samples)),
    Mistake(one_sided, TWO), Mistake(other_side, TWO),
    Mistake(not_squared, SQUARE), Mistake(difference_itself, SQUARE), Mistake(root_of_all, SQUARE),
    Mistake(square_of_the_slope, "You take 1 from the square of the length. It is taken from the length, and then squared."),
    Mistake(root_forgotten, "You take 1 from the square of the length. It is taken from the length, and then squared."),
    *(Mistake(answer, ZERO) for answer in (towards_zero, towards_zero_at_the_data, half_towards_zero_at_the_data)),
    Mistake(logarithm, "You take the logarithm of the length: the square of (length - 1) is asked for, which is finite at 0."),
    Mistake(times_ten, FACTOR), Mistake(halved, FACTOR),
    Mistake(summed, "You sum over the batch: a mean is asked for."),
    Mistake(one_for_each, "You return a number for each image: their mean is asked for."),
    Mistake(slope_of_the_mean_score, "The slope of the mean score is smaller than each row's own by the size of the batch: take the gradient of "
            "the sum of the scores."),
    *(Mistake(answer, GRAPH) for answer in (graph_not_kept, retained_and_not_created, slope_detached, made_a_plain_number)),
    Mistake(root_of_nothing, FLAT), Mistake(nan_to_zero, FLAT),
    Mistake(a_little_added, ADDED), Mistake(a_little_added_to_the_length, ADDED),
    Mistake(flat_ones_left_out, "You leave out images at which the critic is flat: their slope is 0, and the penalty for it is 1."),
    Mistake(through_backward, "backward leaves gradients in the critic's parameters: torch.autograd.grad(scores.sum(), x, create_graph=True) "
            "returns the slope and leaves nothing."),
    Mistake(critic_cleared, "You clear the gradients that lie in the critic: they are not this function's business."),
    Mistake(samples_not_detached, "The gradient of your penalty reaches those who made data and samples: detach the mixture, then "
            "requires_grad_()."),
    Mistake(mixed_in_place, "What came in is other than before, in its numbers or in its requires_grad: mix into a new tensor, "
            "detached, and let that one require a gradient."),
    Mistake(one_hundred_millionth_added, "Where the critic is flat your length is 1e-4 in place of 0: the number under the root is at most 1e-12, "
            "or `norm` without one."),
    Mistake(at_least_a_thousandth, "You lift lengths that are small, so that a flat critic is not told from a nearly flat one."),
    Mistake(at_most_a_hundred, "You bound the length from above: a steeper critic has to be punished for all of its slope."),
    Mistake(rows_and_images_only, "Rows (B, D) and images (B, C, H, W) are not all: a row may have any number of axes, which flatten(1) "
            "makes one."),
    Mistake(critic_left_in_evaluation, "The critic is left in evaluation mode. Its mode is not this function's business."),
    Mistake(critic_put_in_training, "You put the critic in training mode. Its mode is not this function's business."),
    Mistake(evaluated_and_back, "You ask the critic in evaluation mode. It may be another function there: the penalty is that of the critic as "
            "it comes."),
    Mistake(everything_thawed, "You switch on requires_grad of every weight of the critic: one that was frozen has to stay so."),
    Mistake(left_frozen, "The critic is left with requires_grad off: it would never learn again."),
    Mistake(chord, "You compare two scores, which is the mean slope along the whole way. Asked for is the slope at one place of it."),
    Mistake(slope_in_the_weights, "This is the gradient in the weights. The slope of the critic is its gradient with respect to the image."),
    Mistake(scores_for_slopes, "You compare scores with 1: their gradient with respect to the image is asked for."),
]

also_right = [with_ones, row_by_row, tiny_number_added]

equivalent_mutants = {
    "return (slope.flatten(1).norm(dim=1) - 1).square().mean(): slope.flatten(1).norm(dim=1) - 1 → 1 - slope.flatten(1).norm(dim=1)":
        "its square is the same",
    "a = a.view(-1, *[1] * (real.ndim - 1)): real → fake": "they have the same shape",
    "return (slope.flatten(1).norm(dim=1) - 1).square().mean(): 1 → -1": "flattened rows have two axes, so that the last is the second",
}
