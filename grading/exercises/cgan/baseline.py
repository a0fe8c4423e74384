"""cgan-baseline: the accuracy of a model that does not listen, its mean and its spread, exactly.

    mean  Σ_c n_c m_c / n²,    variance  [Σ nm - Σ n²m/n - Σ nm²/n + (Σ nm)²/n²] / (n² (n - 1))

over all orders of the labels (Hoeffding 1951, A combinatorial central limit theorem). n_c counts how often class c was
asked for, m_c how often it was recognised. Fixed: n = 1 has the spread 0. Free: counting, a loop, one-hot rows.
"""

from itertools import permutations

import torch

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Few labels, so that all orders can be gone through: uneven ones, all the same, and a single one; and some hundred, of many classes."""
    n, C = 5, 3
    some = draws.whole_numbers((2, n), 0, C, rng=rng)
    labels = torch.tensor([0, 1, 2, 2, 0])[torch.randperm(n, generator=rng)]
    high = 120 + randint(0, 80, (1,), rng=rng).item()
    rare, others = high + some[1], high + draws.whole_numbers((n,), 0, 2, rng=rng)
    rare[:2], others[:2] = torch.tensor([high, high + 2]), torch.tensor([high, high + 12])  # a class in common, and others
    many = 400 + randint(0, 50, (1,), rng=rng).item()
    asked = draws.whole_numbers((many,), 0, 4, rng=rng)
    heard = torch.where(torch.rand(many, generator=rng) < 0.6, asked, draws.whole_numbers((many,), 0, 9, rng=rng))
    return {"asked": asked, "heard": heard, "predictions": some[0], "labels": labels, "same": torch.full((n,), randint(0, C, (1,), rng=rng).item()),
            
            "rare": rare, "others": others, "even": torch.tensor([0, 1, 2, 0, 1, 2])}


def probe(shuffled_baseline, predictions, labels, same, rare, others, even, asked, heard):
    """Mean and spread for uneven classes, classes with large numbers, one class only, one sample, a large batch."""
    def call(*given):
        found = probing.attempt(shuffled_baseline, *given)
        return [found] * 2 if isinstance(found, str) else [
            v.double() for v in probing.tensors(found, 2, "`shuffled_baseline`")]

    mean, spread = (v.double() for v in probing.tensors(shuffled_baseline(predictions, labels), 2, "`shuffled_baseline`"))
    rare_mean, rare_spread = call(rare, others)
    same_mean, same_spread = call(same, labels)
    rest_mean, rest_spread = call(same[:1].expand(len(asked)), asked)
    both_mean, both_spread = call(same, same)
    one_mean, one_spread = call(predictions[:1], predictions[:1])
    off_mean, off_spread = call(predictions[:1], predictions[:1] + 1)
    even_mean, even_spread = call(even, even.flip(0))
    many_mean, many_spread = call(heard, asked)
    two_mean, two_spread = call(even[:2], even[:2])
    return dict(mean=mean, spread=spread, two_mean=two_mean, two_spread=two_spread, many_mean=many_mean, many_spread=many_spread,
                rest_mean=rest_mean, rest_spread=rest_spread, rare_mean=rare_mean, rare_spread=rare_spread, same_mean=same_mean, same_spread=same_spread, both_mean=both_mean, both_spread=both_spread, one_mean=one_mean, one_spread=one_spread,
                off_mean=off_mean, off_spread=off_spread, even_mean=even_mean, even_spread=even_spread)


def reference(predictions, labels):
    """As in the lesson."""
    n, size = len(labels), int(max(predictions.max(), labels.max())) + 1
    asked = torch.bincount(labels, minlength=size).double()
    seen = torch.bincount(predictions, minlength=size).double()
    both = (asked * seen).sum()
    square = both - (asked**2 * seen).sum() / n - (asked * seen**2).sum() / n + both**2 / n**2
    return both / n**2, (square.clamp(min=0) / max(n - 1, 1)).sqrt() / n


def truth(predictions, labels):
    """Through all n! orders of the labels; where they are many, by the second moment of each pair of places."""
    n = len(labels)
    if n > 6:
        hit = (predictions[:, None] == labels).double()  # place by label
        total = hit.sum()
        pairs = (total**2 - hit.sum(0).square().sum() - hit.sum(1).square().sum() + total) / (n - 1)
        return total / n**2, (total + pairs - total**2 / n).div(n).sqrt() / n
    found = torch.tensor([[float(p == y) for p, y in zip(predictions.tolist(), order, strict=True)]
                          for order in permutations(labels.tolist())], dtype=torch.float64).mean(1)
    return found.mean(), found.std(correction=0)


exercise = Exercise(
    id="cgan-baseline", defines="shuffled_baseline(predictions, labels)", core=False, points=3, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.labels.shuffled_label_baseline"],
    comparisons=[
        Compare("mean", "rare_mean", "even_mean", "two_mean", "many_mean", shape="()", points=1, tolerance=1e-6,
                what="the mean of `shuffled_baseline`",
                says="The mean accuracy over all orders of the labels: classes count as often as they were asked for and seen."),
        Compare("same_mean", "rest_mean", "both_mean", "one_mean", "off_mean", shape="()", points=0.5, tolerance=1e-6,
                what="the mean of `shuffled_baseline` at the ends",
                says="The mean where all samples look the same, and for a single sample."),
        Compare("spread", "rare_spread", "even_spread", "same_spread", "rest_spread", "both_spread", "one_spread", "off_spread", "two_spread", "many_spread",
                shape="()", points=1.5, tolerance=1e-6, what="the spread of `shuffled_baseline`",
                says="The standard deviation of the accuracy over all orders of the labels; 0, and not nan, where no order "
                     "changes anything."),
    ],
    hints=[
        "A sample that is recognised as class c is right in a random order with the probability n_c / n. How many such samples are "
        "there?",
        "Two counts with the same number of classes: torch.bincount(labels, minlength=size), and the same of predictions. The rest "
        "is the formula; n - 1 becomes 1 for a single sample.",
        "both = (asked * seen).sum(); square = both - (asked**2 * seen).sum() / n - (asked * seen**2).sum() / n + both**2 / n**2; "
        "return both / n**2, (square.clamp(min=0) / max(n - 1, 1)).sqrt() / n.",
    ],
    afterwards="Chance is 1/10 only if classes are even on one of the two sides: a model that draws only ones is never below its "
               "share of ones.",
)
