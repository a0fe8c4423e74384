"""Numbers to write down before the cell that measures them: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Prediction

collapse = Prediction(
    id="beta-predict-collapse", value=12.0, tolerance=0.05,
    says="A direction is given up where the error that β asks for, β s², reaches its whole variance λ.",
    right="Right: β s² = λ at β = 3 / 0.25 = 12. From there on the direction costs more than it saves.",
    hints=["Of the two numbers in d = min(λ, β s²), which one is it for a direction that is given up?",
           "The two are equal where β s² = λ.",
           "β = λ / s² = 3 / 0.25."],
    mistakes={
        0.75: "That is λ s². A larger variance is given up later, but more noise earlier: divide.",
        1 / 12: "Upside down: the larger the variance λ, the longer it is worth its price.",
        48.0: "You have squared s², which is a variance already.",
        6.0: "That is where d is half of λ: ½ log(λ / d) = ½ log 2, and the direction still carries something.",
        3.0: "That would be right at s² = 1. Here the decoder's noise is smaller, so precision is worth more.",
        4.0: "That is 1 / s², where a direction of variance 1 is given up.",
        24.0: "The factor 2 of d / (2s²) is there in the derivative of the rate, too, and cancels.",
    },
)

floor = Prediction(
    id="beta-predict-floor", value=math.log(576), tolerance=0.01,
    says="If every one of 576 images has the same probability, and nothing else has any, what is -log p(x)?",
    right="Right: log 576 = 6.356 nats. A model that is perfect gives each image the probability 1/576.",
    hints=["The best model of these data gives probability to these images alone, and to each the same.",
           "That is 1/576 for each image.",
           "-log(1/576), with the natural logarithm."],
    mistakes={
        math.log2(576): "That is in bits. In nats it is smaller by the factor log 2.",
        0.0: "One image has probability 1 only if there is one image. There are 576.",
        math.log10(576): "Nats use the natural logarithm, not the one to base 10.",
        1 / 576: "That is the probability. Asked for is minus its logarithm.",
        576.0: "That is the number of images; the cost of naming one is its logarithm.",
        256 * math.log(2): "That is what an image of 256 tossed coins costs. These images are only 576 of 2²⁵⁶.",
        -math.log(576): "That is log p(x). Asked for is minus that.",
    },
)

predictions = [collapse, floor]
