"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

from grading.checks.exercise import Classification, Prediction

paths = Classification(
    id="ddpm-predict-paths", choices=("smooth", "jagged"),
    value={"back, with chance": "jagged", "back, without chance": "smooth"},
    says="Choose `{thing}` and pull the slider from 1 to 0. What do the ten orange paths look like?",
    right="Right: both ways end among the data, and only one of them draws noise in every step.",
    hints=["Choose one of the ways back, and pull the slider slowly from 1 to 0.",
           "Fresh noise in every step makes a path tremble.",
           "With chance: jagged. Without: smooth."],
    mistakes={("back, with chance", "smooth"): "Look closely at one of the orange paths: it trembles at every step.",
              ("back, without chance", "jagged"): "No noise is drawn on the way: follow one path with your eye."},
)

std = Prediction(
    id="ddpm-predict-std", value=0.8544, tolerance=0.005,
    says="Variances add: ᾱ times that of the data, and 1 - ᾱ of the noise. Then the root.",
    right="Right: √(0.36 · 0.25 + 0.64) = 0.854. Data of variance 1 keep it at every time; all others go there.",
    hints=["Data and noise are independent, so their variances add.",
           "The data's part: ᾱ · 0.5². The noise's part: 1 - ᾱ.",
           "The root of 0.36 · 0.25 + 0.64."],
    mistakes={
        0.73: "That is the variance. Its root is asked for.",
        0.82: "You added ᾱ · 0.5 to 1 - ᾱ: square the data's standard deviation first, and take the root in the end.",
        1.1: "You added standard deviations: 0.6 · 0.5 + 0.8. Variances add.",
        0.8: "That is the noise alone.",
        1.0: "That would be so for data of variance 1.",
        0.3: "That is what is left of the data alone.",
        0.94: "You took the weight ᾱ · 0.5 + 0.76. The variances are 0.36 · 0.25 and 0.64.",
    },
)

zero = Prediction(
    id="ddpm-predict-zero", value=1.0, tolerance=0.01,
    says="The miss is then the noise itself, and its mean square is its variance.",
    right="Right: E ε² = 1. A network whose last layer begins at 0 begins just there.",
    hints=["If the network says 0, what is the squared miss?",
           "The mean of ε², and ε is N(0, 1).",
           "The variance of a standard normal number."],
    mistakes={
        0.0: "0 would be a network that knows the noise exactly.",
        0.5: "No half stands before the square.",
        2.0: "That would be the miss of a network that says other, independent noise.",
        784.0: "That is the sum over an image. The loss is a mean over values.",
    },
)

FAULTS = ("none", "no fresh noise", "time stands still", "guess clamped to [0, 1]")

faults = Classification(
    id="ddpm-predict-faults", choices=FAULTS,
    value={"A": "time stands still", "B": "guess clamped to [0, 1]", "C": "none", "D": "no fresh noise"},
    says="Look at row {thing} again: is the paper black? Is grain left? Do the ten digits differ as digits do?",
    right="Right. The network is the same in all four rows: a sampler alone can spoil everything.",
    hints=["One fault touches the paper, which is -1 in this network's images.",
           "A chain that only goes to means loses its spread. A network that is always told the same time takes off the noise of "
           "that time, whatever is there.",
           "A: time stands still; B: clamped; C: none; D: no fresh noise."],
)

predictions = [paths, std, zero, faults]
