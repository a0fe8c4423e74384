"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

from grading.checks.exercise import Classification, Prediction

median = Prediction(
    id="pix2pix-predict-median", value=1.0, tolerance=0.02,
    says="Write the mean absolute error as a function of the guess v: 0.7 (1 - v) + 0.3 v. Where is it smallest?",
    right="Right: the error 0.7 - 0.4 v falls all the way to v = 1. Absolute errors ask for the median, which is one of the answers here.",
    hints=["The guess v misses white pixels by 1 - v and black ones by v.",
           "Averaged: 0.7 (1 - v) + 0.3 v = 0.7 - 0.4 v.",
           "A straight line that falls from v = 0 to v = 1."],
    mistakes={
        0.7: "That is the mean, the best guess for *squared* errors. Compare the absolute error of 0.7 with that of 1.",
        0.5: "0.5 is as far from either: an error of 0.5 always. A guess of 1 is wrong by 1 in only 30 % of the cases.",
        0.3: "That is the share of black pixels. Compare the mean absolute error of several guesses.",
        0.0: "0 misses 70 % of the pixels by 1. Look at the other end.",
    },
)

FAULTS = ("none", "L1 only", "no skips", "D does not see the input")

faults = Classification(
    id="pix2pix-predict-faults", choices=FAULTS,
    value={"A": "D does not see the input", "B": "none", "C": "L1 only", "D": "no skips"},
    says="Look at row {thing} again: are there stripes? Does each digit follow its own outline?",
    right="Right: blur says that nobody asks for one answer; a good digit on the wrong outline says that nobody looks at the pair.",
    hints=["Ask two questions of each row: are the stripes crisp, and is the shape that of the outline above it?",
           "An average over all places of the stripes is grey. Without skips, fine detail must pass through a single place. A D that never "
           "sees the outline is content with any striped digit.",
           "A: D does not see the input; B: none; C: L1 only; D: no skips."],
)

predictions = [median, faults]
