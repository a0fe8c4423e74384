"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

from grading.checks.exercise import Classification, Prediction

once = Classification(
    id="flowmatch-predict-once", choices=("a heap", "the ring", "one point"),
    value={"1 step": "one point", "50 steps": "the ring"},
    says="Move the slider of the steps to {thing} and run: where does the blue cloud end?",
    right="Right: with one step all of the cloud ends in one point, the mean of the data, where no data are.",
    hints=["Set the number of steps, press Run, and look at the blue cloud.",
           "In one step every point follows the arrow at its start to the end. Look at where these arrows point at time 0.",
           "1 step: one point, in the middle. 50 steps: the ring."],
    mistakes={
        ("1 step", "the ring"): "Set the slider to one step and run: nothing arrives on the ring.",
        ("1 step", "a heap"): "Not on a heap of the data: look at where the orange paths meet.",
        ("50 steps", "one point"): "Set the slider to fifty steps and run: the cloud spreads.",
    },
)

floor = Prediction(
    id="flowmatch-predict-floor", value=2.0, tolerance=0.02,
    says="At t = ½ the point x_t = (x_0 + x_1)/2 says nothing about x_1 - x_0. So what is left is all of its variance.",
    right="Right: 2. A loss of flow matching never goes to 0, and should not: half of the pairs at a crossing go the other way.",
    hints=["What is the covariance of x_1 - x_0 and (x_0 + x_1)/2, if both have the variance 1?",
           "It is 0, and they are normal: x_t is of no help, and the best answer is always 0. What is the mean square of "
           "x_1 - x_0?",
           "Variances of independent numbers add up, also in a difference."],
    mistakes={
        0.0: "That would be so if one could tell from x_t where its pair is going. Two pairs can cross at x_t.",
        1.0: "That is the variance of one of the two: in their difference both add up.",
        0.5: "That is the variance of x_t, (1 + 1)/4. What is asked is that of x_1 - x_0.",
        1.4142: "That is the standard deviation; the loss is a mean of squares.",
    },
)

order = Prediction(
    id="flowmatch-predict-order", value=100.0, tolerance=15.0,
    says="Heun's error is of order h²: ten times as many steps make h ten times smaller.",
    right="Right: about 100 times smaller, where Euler's gets only 10 times smaller.",
    hints=["An error of order h² is proportional to h².", "h becomes a tenth.", "10²."],
    mistakes={10.0: "That is Euler's: its error is of order h. Heun's is of order h².",
              20.0: "The order is an exponent, not a factor: h becomes a tenth, and h² a hundredth.",
              1000.0: "That would be an error of order h³, which one step has; over all steps it is h²."},
)

FAULTS = ("none", "target is the data", "target backwards", "time unseen")

faults = Classification(
    id="flowmatch-predict-faults", choices=FAULTS,
    value={"A": "target is the data", "B": "time unseen", "C": "target backwards", "D": "none"},
    says="Look at panel {thing} again: where did the points go, and how far?",
    right="Right: each fault has its picture, and the losses alone would not have told.",
    hints=["Ask of each panel: do the points stop at the heaps, scatter about the ring, run past it, or end in the middle?",
           "Turned around, arrows that should lead outwards in the end lead to the middle. A velocity that is the data's place "
           "alone does not take away the noise from which a point came, so the points run too far and stay as noisy. A field "
           "that does not know the time is a mean of early and late ones: roughly right, and blurred.",
           "A: target is the data; B: time unseen; C: target backwards; D: none."],
)

predictions = [once, floor, order, faults]
