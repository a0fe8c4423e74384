"""world-next-pixel: from the table of all images to the probability of the next pixel."""

from itertools import product

import torch

from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def inputs(rng, n=1):
    """The probabilities of the 16 images, none near 0 or 1/16 of the whole."""
    weights = 0.1 + torch.rand((2, 2, 2, 2), generator=rng, dtype=torch.float64)
    return {"joint": weights / weights.sum()}


def probe(next_pixel, joint):
    """The answer for each of the 15 beginnings of an image, by their length."""
    def ask(*seen):
        return probing.tensor(next_pixel(joint, seen), "`next_pixel`").double()

    both = (0, 1)
    return dict(last=torch.stack([ask(a, b, c) for a in both for b in both for c in both]),
                third=torch.stack([ask(a, b) for a in both for b in both]),
                second=torch.stack([ask(a) for a in both]), first=ask(), again=ask(1, 0), kept=joint)


def reference(joint, seen):
    """p(x_i = 1 | x_1 … x_(i-1)) by summing over what has not been seen."""
    rest = joint[tuple(seen)]
    return rest[1].sum() / rest.sum()


def truth(joint, seen):
    """By looking at all 16 images, one after another."""
    matching = ones = 0.0
    for image in product((0, 1), repeat=4):
        if image[:len(seen)] == tuple(seen):
            matching = matching + joint[image]
            ones = ones + joint[image] * image[len(seen)]
    return ones / matching


# Known mistakes


def not_divided(joint, seen):
    return joint[tuple(seen)][1].sum()


def paper_for_ink(joint, seen):
    rest = joint[tuple(seen)]
    return rest[0].sum() / rest.sum()


def odds(joint, seen):
    rest = joint[tuple(seen)]
    return rest[1].sum() / rest[0].sum()


def seen_ignored(joint, seen):
    return joint.movedim(len(seen), 0)[1].sum()


def unseen_taken_for_paper(joint, seen):
    rest = joint[tuple(seen)].reshape(2, -1)[:, 0]
    return rest[1] / rest.sum()


def unseen_taken_for_ink(joint, seen):
    rest = joint[tuple(seen)].reshape(2, -1)[:, -1]
    return rest[1] / rest.sum()


def likeliest_image(joint, seen):
    rest = joint[tuple(seen)].reshape(2, -1).amax(1)
    return rest[1] / rest.sum()


def likelier_value(joint, seen):
    rest = joint[tuple(seen)]
    return (rest[1].sum() > rest[0].sum()).double()


def columns_first(joint, seen):
    return reference(joint.permute(0, 2, 1, 3), seen)


def from_the_end(joint, seen):
    return reference(joint.permute(3, 2, 1, 0), seen)


def only_the_last_seen(joint, seen):
    if not seen:
        return joint[1].sum()
    pair = joint.movedim((len(seen) - 1, len(seen)), (0, 1)).sum((2, 3))
    return pair[seen[-1], 1] / pair[seen[-1]].sum()


def mean_of_images(joint, seen):
    return joint[tuple(seen)][1].mean()


def logarithm(joint, seen):
    return reference(joint, seen).log()


def both_values(joint, seen):
    rest = joint[tuple(seen)].reshape(2, -1).sum(1)
    return rest / rest.sum()


def last_pixel(joint, seen):
    rest = joint[tuple(seen)]
    return rest[..., 1].sum() / rest.sum()


def list_for_tuple(joint, seen):
    rest = joint[list(seen)]
    return rest[1].sum() / rest.sum()


def scaled_in_place(joint, seen):
    joint /= joint[tuple(seen)].sum()
    return joint[tuple(seen)][1].sum()


def mean_of_conditionals(joint, seen):
    rest = joint[tuple(seen)]
    return (rest[1] / (rest[0] + rest[1])).mean()


# Also right


def by_marginals(joint, seen):
    k = len(seen)
    upto = joint.sum(tuple(range(k + 1, 4))) if k < 3 else joint
    return upto[(*seen, 1)] / (upto[(*seen, 0)] + upto[(*seen, 1)])


def by_loop(joint, seen):
    total, ink = 0.0, 0.0
    for number, p in enumerate(joint.flatten().tolist()):
        pixels = [int(bit) for bit in f"{number:04b}"]
        if pixels[:len(seen)] == list(seen):
            total += p
            ink += p * pixels[len(seen)]
    return ink / total


def step_by_step(joint, seen):
    table = joint
    for value in seen:
        table = table[value] / table[value].sum()
    return table[1].sum()


exercise = Exercise(
    id="world-next-pixel", defines="next_pixel(joint, seen)", core=True, points=2, level=1, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("last", points=1, shape="(), one probability",
                says="The last pixel, given the three before it: of two images that agree so far, how much of "
                     "their common probability belongs to the one that goes on with a 1?"),
        Compare("third", "second", "first", "again", points=0.75,
                says="A pixel with others still unseen after it: add up over all that they may be."),
        Compare("kept", "last", "first", points=0.25,
                says="The table `joint` is left as it was: whoever handed it over goes on with it."),
    ],
    mistakes=[
        Mistake(not_divided, "This is the probability of having seen these pixels *and* a 1 next. Given that they have been "
                "seen, divide by the probability of having seen them."),
        Mistake(paper_for_ink, "This is the probability of a 0. The probability that the next pixel is 1 is asked for."),
        Mistake(odds, "You divide the probability of a 1 by that of a 0: these are the odds. A probability divides by "
                "the sum of both."),
        Mistake(seen_ignored, "What has been seen makes no difference to your answer. Keep only the images that begin in "
                "this way."),
        Mistake(unseen_taken_for_paper, "You take the pixels not yet seen for 0. They may be anything: add up over all that "
                "they may be."),
        Mistake(unseen_taken_for_ink, "You take the pixels not yet seen for 1. They may be anything: add up over all that "
                "they may be."),
        Mistake(likeliest_image, "You complete the image in the likeliest way. All completions count, each with its "
                "probability: sum, do not maximise."),
        Mistake(likelier_value, "You decide for the likelier value. The probability itself is asked for."),
        Mistake(columns_first, "You read the image column by column. The order is that of reading, row by row, which is "
                "the order of the table's axes."),
        Mistake(from_the_end, "You start at the last pixel. The first axis of the table is the first pixel."),
        Mistake(only_the_last_seen, "You look only at the pixel just before. All that have been seen count."),
        Mistake(mean_of_images, "You average over images. Probabilities of different images add up."),
        Mistake(logarithm, "This is the logarithm. The probability itself is asked for."),
        Mistake(both_values, "You return the probabilities of 0 and of 1. Return that of 1 alone."),
        Mistake(last_pixel, "This is about the last pixel of the image. The next one is the first axis that is left."),
        Mistake(scaled_in_place, "You change the table `joint` itself, with /= for instance: whoever handed it over goes on with "
                "it. Make a new tensor."),
        Mistake(list_for_tuple, "joint[list(seen)] takes whole slices along the first axis, one for each number in the list. "
                "A tuple, joint[seen], goes one axis further with each number."),
        Mistake(mean_of_conditionals, "You average the conditional probabilities of the completions as if all were equally "
                "likely. Add up the probabilities first, then divide."),
    ],
    equivalent_mutants={"return rest[1].sum() / rest.sum(): 1 → -1": "of two values the second is the last"},
    also_right=[by_marginals, by_loop, step_by_step],
    hints=[
        "Which of the 16 images are still possible after these pixels? What part of their probability has a 1 next?",
        "p(next = 1 | seen) = p(seen, next = 1) / p(seen), and both are sums of entries of the table over everything "
        "that has not been fixed.",
        "rest = joint[seen] is the table of what can still come; rest[1].sum() and rest.sum() are the two sums.",
    ],
)
