"""What to write down before lesson 52 shows or measures it about flows: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Classification, Prediction

stretch = Prediction(
    id="flow-predict-stretch", value=math.log(2), tolerance=0.005,
    says="A small square of area A becomes a rectangle of area 4 · ½ · A. The same mass lies in it.",
    right="Right: the area grows by 4 · ½ = 2, so x lies in half the room, twice as dense: log 2 = 0.693 nats more.",
    hints=["How does the area of a small square change?", "p(x) · area before = p(z) · area after.",
           "log p(x) - log p(z) = log(4 · ½)."],
    mistakes={
        -math.log(2): "The other way round: the square at x is the smaller one, so the density there is higher.",
        math.log(4): "That is the stretch alone. The other direction is squeezed to a half.",
        math.log(8): "That is log 4 + log 2: the second direction is squeezed, so its logarithm is negative.",
        2.0: "That is the factor. Its natural logarithm is asked for.",
        1.0: "That is in bits. Nats are asked for: the natural logarithm.",
        0.0: "That would be a map that keeps areas: 4 · ½ is not 1.",
    },
)

faults = Classification(
    id="flow-predict-faults", choices=("none", "same half always", "log-det left out", "log-det halved"),
    value={"A": "log-det halved", "B": "none", "C": "log-det left out", "D": "same half always"},
    says="Look at {thing} again: is one direction still as in the noise? Are the arms too thick, or is everything beyond the frame?",
    right="Right. Without the log-determinant nothing keeps a flow from squeezing all data to one point.",
    hints=["What happens to a coordinate that no layer changes?",
           "The log-determinant is what a flow is paid for stretching. With half the pay it stretches less, so its way "
           "back stretches more.",
           "Without any pay it squeezes all data to the likeliest noise, 0; the way back blows noise up."],
    mistakes={
        ("A", "none"): "Compare how thick its arms are with the data.",
        ("B", "log-det halved"): "This one is as thin as the data.",
        ("C", "same half always"): "If half of the coordinates were left alone, points would stay in the frame along one axis.",
        ("D", "log-det left out"): "Here both coordinates stay in the frame, and one of them is distributed as the noise is.",
    },
)

predictions = [stretch, faults]
