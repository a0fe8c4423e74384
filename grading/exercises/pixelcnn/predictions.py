"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Classification, Prediction

bits = Prediction(
    id="pixelcnn-predict-bits", value=-math.log2(0.9), tolerance=0.0015,
    says="Each pixel costs -log p of what is there. In bits: -log₂ 0.9.",
    right="Right: -log₂ 0.9 = 0.152 bits for each pixel, 82.6 nats for the image. Being nearly sure 784 times is no small thing.",
    hints=["If every pixel costs the same, how many pixels there are does not matter for the cost of one.",
           "A pixel whose level had probability p costs -log p nats, or -log₂ p bits.",
           "-log(0.9) / log(2)."],
    mistakes={
        -math.log(0.9): "That is in nats: divide by ln 2 for bits.",
        -784 * math.log(0.9): "That is the whole image in nats. Bits per dimension are one pixel's share.",
        -784 * math.log2(0.9): "That is the whole image in bits. Bits per dimension are one pixel's share.",
        -math.log10(0.9): "Bits have the logarithm to base 2.",
        0.9: "That is the probability itself: its cost is minus its logarithm.",
        -math.log2(0.1): "That is the cost of the level that is not there.",
        -(0.9 * math.log2(0.9) + 0.1 * math.log2(0.1)): "That is the mean cost if one pixel in ten were the other level. Here the "
                                                        "probability of what is there is 0.9 each time.",
    },
)

blind = Classification(
    id="pixelcnn-predict-blind", choices=("seen", "never"),
    value={"above": "seen", "above left": "seen", "far right, one row up": "never", "far right, far up": "seen"},
    says="Think of a chain of steps that ends at the pixel {thing}. A step of a 3 by 3 mask goes left, or one row up and at most one "
         "column aside.",
    right="Right: each row up buys one column to the right, and no more. What lies further right is never seen, with however many "
          "layers.",
    hints=["A stack of layers is a chain of steps. Which steps does one mask allow?",
           "One step: left, or up and at most one column to either side. How far to the right does one come in one row up?",
           "One row up: one column to the right. Ten rows up: ten columns."],
    mistakes={
        ("above", "never"): "One step leads straight up.",
        ("above left", "never"): "One step leads up and to the left.",
        ("far right, one row up", "seen"): "One row up there is only one step to the right; a second one would have to go along the row, "
                                           "and to the right that is closed.",
        ("far right, far up", "never"): "Ten rows up allow ten columns to the right, one in each step.",
    },
)

FAULTS = ("none", "one pass", "argmax", "k / 255")

faults = Classification(
    id="pixelcnn-predict-faults", choices=FAULTS,
    value={"A": "k / 255", "B": "none", "C": "one pass", "D": "argmax"},
    says="Look at grid {thing} again: are there strokes, do neighbouring pixels know of each other, do the images differ?",
    right="Right: a cloud, strokes, lone dots, nothing at all. The trained weights are the same four times.",
    hints=["What happens to neighbours that were drawn without knowing of each other? What happens if chance is taken out?",
           "From one pass each pixel has the odds that it has after nothing but paper. Always the most probable level gives the same "
           "image each time. Levels near 0 are neither ink nor paper to the network.",
           "C is from one pass, D takes the most probable level, B is right."],
    mistakes={
        ("A", "none"): "There are no strokes in A.",
        ("A", "one pass"): "From one pass each pixel has the odds after nothing but paper, and there ink is rare. A is full of ink.",
        ("B", "k / 255"): "B has strokes: its pixels knew what was drawn before them.",
        ("B", "one pass"): "B has strokes: its pixels knew what was drawn before them.",
        ("C", "none"): "C has no strokes: its dots are alone.",
        ("C", "k / 255"): "Pasts that are neither ink nor paper leave the odds wide open. After nothing but paper ink is rare, as in C.",
        ("D", "none"): "All images of D are the same: no chance was left.",
        ("D", "one pass"): "From one pass the images would differ by chance. In D all are the same.",
    },
)

predictions = [bits, blind, faults]
