"""Numbers to write down before the cell that measures them: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Prediction

label = Prediction(
    id="cvae-predict-label", value=math.log(10), tolerance=0.01,
    says="What is saved is what x and y have in common, and that is at most the entropy of the label: "
         "-Σ p(y) log p(y) with ten labels of probability 1/10, in nats.",
    right="Right: log 10 = 2.303 nats, the entropy of ten equally frequent labels. More there is not to know "
          "about a label, so more cannot be saved by being told it.",
    hints=["The mean of log p(x | y) - log p(x) is the mutual information of x and y.",
           "It is largest when the image leaves no doubt about the label; then it is the label's entropy.",
           "Ten equally frequent labels: -10 · (1/10) · log(1/10), with the natural logarithm."],
    mistakes={
        math.log2(10): "That is in bits. In nats, with natural logarithms, it is smaller by the factor log 2.",
        1.0: "That is log 10 to base 10. Nats use the natural logarithm.",
        10.0: "Ten is the number of labels; their entropy is its logarithm.",
        0.1: "That is the probability of one label. Its surprise is minus the logarithm.",
        -math.log(10): "The size is right. Asked for is what is saved, a positive number.",
        0.0: "Knowing the label helps: a 1 is more probable among ones than among all digits.",
        784 * math.log(2): "That is an image of tossed coins. How many nats are there to know about the label?",
    },
)

predictions = [label]
