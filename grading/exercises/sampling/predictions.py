"""What to write down before lesson 31 shows or measures it: no points, checked in the notebook only."""

from grading.checks.exercise import Classification, Prediction

LOOKS = ("noise", "a blur", "a digit")

first = Classification(
    id="sampling-predict-first", choices=LOOKS,
    value={"x after one step": "noise", "guess of the first step": "a blur", "guess of the last step": "a digit"},
    says="Pull the slider to that step and look at the row again: the {thing}.",
    right="Right: of pure noise the best guess is a mean over all images of that digit, a blur. It sharpens as the noise goes away.",
    hints=["Upper row: x. Lower row: what the network guesses of the image behind it.",
           "A guess that is best in the mean square is a mean: of all images that x may have come from.",
           "Nearly pure noise may have come from any image of that digit."],
    mistakes={
        ("guess of the first step", "a digit"): "It has no clear strokes yet. Which images of it may have become this noise? "
                                                "All of them, and their mean is a blur.",
        ("guess of the first step", "noise"): "It is smooth: no noise is in it, but no digit either.",
        ("x after one step", "a digit"): "In the upper row, after one step, nearly everything is noise still.",
        ("x after one step", "a blur"): "In the upper row, after one step, nearly everything is noise still.",
        ("guess of the last step", "a blur"): "At the last step hardly any noise is left, and the guess has clear strokes.",
    },
)

score = Prediction(
    id="sampling-predict-score", value=-8.0, tolerance=0.05,
    says="All data are at 0, so the guess is 0. The score is (√ᾱ x̂_0 - x)/(1 - ᾱ).",
    right="Right: (0 - 2)/0.25 = -8. With less noise the same distance pulls harder: at ᾱ = 0.99 it is -200.",
    hints=["Where does the arrow point: towards the data, or away from them?",
           "If all data are at 0, then x_t is N(0, 1 - ᾱ). Which slope has its log density at 2?",
           "-x / (1 - ᾱ) = -2 / 0.25."],
    mistakes={
        8.0: "The score points uphill, to where data are dense: from 2 down to 0, so it is negative.",
        -4.0: "Divide by the variance 1 - ᾱ = 0.25, not by the standard deviation 0.5.",
        4.0: "Divide by the variance 1 - ᾱ = 0.25, and mind the sign: the score points to where data are dense.",
        -2.0: "That is for a variance of 1. Here the noise has the variance 1 - ᾱ = 0.25.",
        -2.6667: "You divide by ᾱ. The variance of the noise is 1 - ᾱ.",
        -0.5: "You multiply by the variance. The log density of N(0, v) is -x²/(2v), its slope -x/v.",
    },
)

order = Prediction(
    id="sampling-predict-order", value=4.0, tolerance=0.4,
    says="A step of length h of order 2 errs by about h³, and there are 1/h of them.",
    right="Right: errors of order 2 fall with the square of the step, 2² = 4. Four times as many steps: 16.",
    hints=["With order 1 the error of the whole path is proportional to the step.",
           "With order 2 it is proportional to the step's square.",
           "Half the step: a quarter."],
    mistakes={
        2.0: "That is order 1: there the error is proportional to the step.",
        8.0: "In one step the error falls by 8, but twice as many steps are taken.",
        16.0: "That would be order 4, or four times as many steps.",
        0.25: "By how much is it divided, is the question: the other way round.",
    },
)

FAULTS = ("none", "noise after the last step", "no room for the noise", "always the same start")

faults = Classification(
    id="sampling-predict-faults", choices=FAULTS,
    value={"A": "no room for the noise", "B": "none", "C": "always the same start", "D": "noise after the last step"},
    says="Look at {thing} again: is there grain, and where? Do the digits differ?",
    right="Right: grain on good digits comes from the end, grain that spoils their shapes from every step.",
    hints=["First sort by grain: in which two grids is the black background not black?",
           "Noise in the last step stays, but the digit below it was finished. Too much noise in every step keeps it from ever "
           "being finished.",
           "C repeats itself, B is clean, D is a clean digit with grain on it."],
    mistakes={
        ("A", "noise after the last step"): "Noise at the very end leaves digits whole. Those of A are not.",
        ("D", "no room for the noise"): "D's digits are whole below their grain. Too much noise in every step would have spoilt them.",
        ("C", "none"): "C has clean digits. How many different ones?",
        ("B", "always the same start"): "B's digits differ.",
        ("D", "none"): "D's background is not black.",
        ("A", "none"): "A is not clean.",
    },
)

predictions = [first, score, order, faults]
