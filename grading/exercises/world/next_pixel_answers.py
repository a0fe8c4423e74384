"""Answers to world-next-pixel: wrong ones with the sentence that names each, and right ones."""

from grading.checks.exercise import Mistake
from grading.exercises.world.next_pixel import reference

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


mistakes = [
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
]

also_right = [by_marginals, by_loop, step_by_step]

equivalent_mutants = {"return rest[1].sum() / rest.sum(): 1 → -1": "of two values the second is the last"}
