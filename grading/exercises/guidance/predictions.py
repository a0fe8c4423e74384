"""What to write down before lesson 32 shows or measures it: no points, checked in the notebook only."""

from grading.checks.exercise import Classification, Prediction

HEAPS = ("inner heap", "outer heap", "both alike")

heap = Classification(
    id="guidance-predict-heap", choices=HEAPS, value={"weight 1": "both alike", "weight 4": "outer heap"},
    says="Press *Run* at that weight and count: where do most points of the label end, at {thing}?",
    right="Right: at weight 1 both heaps of a label get their share; guidance gives up the one that lies among the others.",
    hints=["Set the weight, press Run, and look at the two heaps of one colour.",
           "Which of the two heaps could also belong to another label?",
           "At weight 1 both, at weight 4 the outer one."],
    mistakes={
        ("weight 4", "both alike"): "Look again at weight 4: the inner heap is nearly empty.",
        ("weight 4", "inner heap"): "It is the other way round: points leave the place where labels are mixed.",
        ("weight 1", "outer heap"): "At weight 1 the label's own density is drawn from, and both heaps have the same share of it.",
    },
)

mean = Prediction(
    id="guidance-predict-mean", value=5.0, tolerance=0.02,
    says="Start at the mean without the label and go w times the way to the mean with it.",
    right="Right: 0.5 + 3 · (2 - 0.5) = 5: far beyond anything with that label, two standard deviations of which end at 3.",
    hints=["At w = 0 the mean is 0.5, at w = 1 it is 2. Where is it at w = 2?",
           "The means lie on a straight line over w, because the widths are equal.",
           "0.5 + 3 · 1.5."],
    mistakes={
        2.0: "That is weight 1, the label's own mean.",
        6.5: "That is weight 4: w = 1 is already the label's mean.",
        6.0: "The way is counted from the mean without the label, 0.5, and is 1.5 long.",
        4.5: "That is the length of the way. It starts at 0.5.",
        1.25: "That is halfway between both means. A weight above 1 leads beyond the label's.",
    },
)

COURSES = ("rises", "falls")

trade = Classification(
    id="guidance-predict-trade", choices=COURSES,
    value={"label accuracy": "rises", "recall": "falls"},
    says="Think of the plane again: what happened there to the {thing} as the weight grew?",
    right="Right: more obedience, less variety. Every weight is a choice between the two.",
    hints=["Which points were given up in the plane, and which ones were left?",
           "The points that were given up lay among other labels. Those left are easy to recognise, and fewer kinds of them.",
           "Accuracy rises, recall falls."],
)

FAULTS = ("none", "halves swapped", "one label for all", "weight 20")

faults = Classification(
    id="guidance-predict-faults", choices=FAULTS,
    value={"A": "halves swapped", "B": "weight 20", "C": "none", "D": "one label for all"},
    says="Look at grid {thing} again: are the digits those of their columns, and do they look like digits of this course?",
    right="Right: a wrong direction, a way too long, and a label that does not reach its row each leave their mark.",
    hints=["Each column asks for another digit. In which grid does every column get its own?",
           "Away from the label means: anything but this digit. Too long a way: strokes too bold or torn.",
           "A: halves swapped; B: weight 20; C: none; D: one label for all."],
)

predictions = [heap, mean, trade, faults]
