"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Classification, Prediction

push = Classification(
    id="gan-predict-push", choices=("moves", "hardly moves"),
    value={"-mean log D": "moves", "mean log(1 - D)": "hardly moves"},
    says="Press “D to its best” with the bumps as they start, then “G: one step” under `{thing}`. How far did the bump go?",
    right="Right: where D is sure that a sample is made, log(1 - D) is flat, and -log D is steep.",
    hints=["D is nearly 0 at G's samples. Which of the two functions of D is flat near 0?",
           "log(1 - D) is close to -D there: it can lose almost nothing more. -log D is large and falls fast.",
           "With the box ticked the arrows vanish."],
    mistakes={
        ("-mean log D", "hardly moves"): "Leave the box unticked, press “D to its best” and then “G: one step”: the bump walks.",
        ("mean log(1 - D)", "moves"): "Tick the box and look at the arrows: D is so sure that almost no push is left.",
    },
)

guess = Prediction(
    id="gan-predict-guess", value=2 * math.log(2), tolerance=0.005,
    says="D answers ½ to everything: each of the two parts of its loss is -log ½.",
    right="Right: 2 log 2 = 1.386, whatever the data are. A loss of D near 1.386 says that it only guesses.",
    hints=["If nobody can tell, what is the best D(x), at every x?",
           "The loss is -log D on data plus -log(1 - D) on samples, each averaged.",
           "-log ½ - log ½."],
    mistakes={
        math.log(2): "That is one of the two parts: data and samples each cost log 2.",
        0.0: "A loss of 0 would mean that D is always sure and always right.",
        2.0: "That is in bits. In nats, with natural logarithms, it is smaller by the factor log 2.",
        -2 * math.log(2): "That is the value of the game; D's loss is minus that.",
        0.5: "That is D itself. The loss is made of logarithms of it.",
        1.0: "D is ½ on data and on samples; the loss adds the logarithms, not the probabilities.",
    },
)

steeper = Prediction(
    id="gan-predict-steeper", value=99.0, tolerance=0.5,
    says="In the logit, -log D has the slope -(1 - D), and log(1 - D) has the slope -D. Divide.",
    right="Right: (1 - D)/D = 0.99/0.01 = 99. The surer D is, the more the two losses differ.",
    hints=["With D = sigmoid(l) the derivative of D in l is D (1 - D).",
           "So -log D has the slope -(1 - D), and log(1 - D) has the slope -D.",
           "0.99 / 0.01."],
    mistakes={
        100.0: "Close: 1/D. But the slope of -log D in the logit is 1 - D, not 1.",
        1 / 99: "Upside down: the loss of practice is the steeper one.",
        0.99: "That is the slope of -log D alone. Divide by that of log(1 - D).",
        0.01: "That is the slope of log(1 - D) alone.",
        1.0: "They are equally steep only where D = ½.",
        10_000.0: "That is the ratio in D itself, squared. In the logit both slopes have a factor D (1 - D) more.",
    },
)

FAULTS = ("none", "sign of G's loss", "same z every time", "D never sees data")

faults = Classification(
    id="gan-predict-faults", choices=FAULTS,
    value={"A": "same z every time", "B": "sign of G's loss", "C": "none", "D": "D never sees data"},
    says="Look at panel {thing} again: where are the points, and where does D say “real”?",
    right="Right: each fault has its picture, and only one of them crashes nothing and shows nothing in the losses.",
    hints=["Ask of each panel: does D know where the data are? Do the points go where D says “real”, or away from it?",
           "A D that never sees data has no reason to like the ring. With the wrong sign, points flee from what D likes. And a "
           "generator that is only ever shown a few z leaves all others to chance.",
           "A: same z; B: sign; C: none; D: never sees data."],
)

predictions = [push, guess, steeper, faults]
