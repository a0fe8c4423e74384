"""What to write down before lesson 52 shows or measures it about energies: no points, checked in the notebook only."""

from grading.checks.exercise import Prediction

variance = Prediction(
    id="energy-predict-variance", value=4 / 3, tolerance=0.01,
    says="In the end a step changes the variance no more: v = (1 - ε/2)² v + ε, with ε = 1.",
    right="Right: v = ¼ v + 1 gives 4/3. A step of finite size overshoots; for small ε the variance is 1 / (1 - ε/4).",
    hints=["The score of N(0, 1) is -x, so a step is x ← (1 - ε/2) x + √ε n.",
           "Variances of independent parts add up: v becomes (1 - ε/2)² v + ε.",
           "With ε = 1: v = v/4 + 1."],
    mistakes={
        1.0: "That is the variance for very small steps. These are large.",
        2.0: "The factor before x is squared in the variance: (½)² = ¼.",
        0.75: "That is the inverse: v (1 - ¼) = 1.",
        1.25: "That is the variance after one more step from 1. In the end v = v/4 + 1.",
    },
)

predictions = [variance]
