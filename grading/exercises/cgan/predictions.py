"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Classification, Prediction

logit = Prediction(
    id="cgan-predict-logit", value=math.log(4), tolerance=0.01,
    says="In the middle of a heap p(x | y) is the only density that counts, and samples have it with the share of the label.",
    right="Right: log 1/(1/4) = log 4 = 1.386. However far apart the heaps are, D is at most 4/5 sure: one sample in four obeys by "
          "chance.",
    hints=["Which densities does the logit compare in the middle of the heap, where the other heaps are as good as 0?",
           "Data of this label have p(x | y), samples ¼ p(x | y).",
           "log p - log(p / 4)."],
    mistakes={
        -math.log(4): "Upside down: for the heap's own label D leans to real, so the logit is positive.",
        4.0: "That is the ratio of the densities: the logit is its logarithm.",
        0.8: "That is the probability D, sigmoid(log 4): the logit is asked for.",
        0.25: "That is the label's share: which ratio does it give, and which logarithm?",
        0.0: "A logit of 0 means that D cannot tell: that is the D which sees no label.",
        2.0: "In bits, perhaps: with the natural logarithm it is smaller.",
        math.log(3): "A generator that does not listen makes the right label one time in four, and the others count as samples, too.",
        3.0: "Three samples in four are wrong: but which ratio do data and samples have right here?",
    },
)

FAULTS = ("none", "D never sees the label", "labels off by one between G and D", "no noise in G")

faults = Classification(
    id="cgan-predict-faults", choices=FAULTS,
    value={"A": "labels off by one between G and D", "B": "none", "C": "no noise in G", "D": "D never sees the label"},
    says="Look at panel {thing} again: are the points spread over the heaps, and has each colour gone to its own rings?",
    right="Right: a label that is obeyed, one obeyed under another name, one that is ignored, and a generator with one idea for each "
          "label. D's and G's losses tell none of them apart at a glance.",
    hints=["Two questions for each panel: do points of one colour keep together? And are they in the rings of their own colour?",
           "Without noise a label can only be one point. With labels off by one, every colour keeps to two rings, but to its "
           "neighbour's. If D never sees labels, colours go where they please.",
           "A: off by one; B: none; C: no noise; D: D never sees the label."],
    mistakes={
        ("A", "D never sees the label"): "In panel A each colour keeps to two rings of one other colour, as if it had been told so.",
        ("A", "none"): "In panel A the colours of points and rings do not agree.",
        ("D", "labels off by one between G and D"): "In panel D points of one colour are not on the rings of the next colour alone.",
    },
)

predictions = [logit, faults]
