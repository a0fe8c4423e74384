"""A number to write down before the cell that measures it: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Prediction

checkerboard = Prediction(
    id="plane-predict-checkerboard", value=-math.log(8), tolerance=0.005,
    says="A density that is the same on an area A, and 0 elsewhere, is 1/A there, since it integrates to 1.",
    right="Right: the density is 1/8 on an area of 8, so its logarithm is -log 8 = -2.079, the same at every point of a square.",
    hints=["The density integrates to 1: its height times the area where it is not 0 has to be 1.",
           "Eight squares of area 1 make an area of 8, so the density is 1/8.",
           "log(1/8) = -log 8."],
    mistakes={
        0.125: "That is the density. Its logarithm is asked for.",
        math.log(8): "That is minus the log-density, what a point costs.",
        -math.log(16): "That would be right if all sixteen squares were filled; only eight are.",
        0.0: "The density is 1 only if the area is 1. Here the area is 8.",
        -3.0: "That is in bits. In nats it is smaller by the factor log 2.",
        -math.log10(8): "Nats use the natural logarithm, not the one to base 10.",
        math.log(1 / 64): "The squares have side 1: their areas add up to 8.",
    },
)

predictions = [checkerboard]
