"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

from grading.checks.exercise import Classification, Prediction

even = Classification(
    id="dcgan-predict-even", choices=("even", "checkerboard", "gaps"),
    value={"kernel 6, stride 3": "even", "kernel 5, stride 3": "checkerboard", "kernel 7, stride 2": "checkerboard",
           "kernel 3, stride 4": "gaps"},
    says="Set the sliders to {thing}, press “All”, and look away from the borders.",
    right="Right: the counts are even where the stride divides the kernel, and there are gaps where the kernel is smaller than the stride.",
    hints=["Look along one row. Which stamps reach a given pixel?", "With stride 3 the stamps begin at 0, 3, 6, … A kernel of 6 covers each "
           "pixel twice; what does one of 5 do?", "Divide the kernel by the stride: without a rest, it is even."],
    mistakes={("kernel 7, stride 2", "even"): "7 over 2 leaves a rest: some pixels get four stamps along an axis, their neighbours three.",
              ("kernel 3, stride 4", "checkerboard"): "The stamps do not even touch: every fourth row and column is never painted."},
)

fade = Prediction(
    id="dcgan-predict-fade", value=0.32, tolerance=0.005,
    says="The variance of a sum of independent products is the number of summands times the product of their mean squares.",
    right="Right: √256 · 0.02 = 0.32. Layer after layer a signal shrinks to a third: without BatchNorm little arrives at the end.",
    hints=["An output of the layer is a sum of 256 products. What is the variance of one product?",
           "Each has variance 0.02² · 1, so the sum has 256 · 0.02².", "The square root of 256 · 0.02² is 16 · 0.02."],
    mistakes={0.1024: "That is the variance: the standard deviation is its square root.",
              5.12: "Standard deviations of independent terms do not add: their squares do.",
              0.02: "That would be one product alone: 256 of them are summed.",
              1.0: "That would take weights of standard deviation 1/√256 = 0.0625."},
)

FAULTS = ("none", "data in [0, 1]", "kernel 3, stride 2", "one z for all")

faults = Classification(
    id="dcgan-predict-faults", choices=FAULTS,
    value={"A": "kernel 3, stride 2", "B": "data in [0, 1]", "C": "one z for all", "D": "none"},
    says="Look at grid {thing} again: its background, its finest pattern, and whether its images differ.",
    right="Right: each of the faults can be seen, and none of them raises an error.",
    hints=["What is black in the data, if they are in [0, 1] and the picture shows [-1, 1]? What does a pixel's neighbourhood look like where the "
           "stamps overlap unevenly?",
           "Grey where it should be black: the range. A fine regular pattern: the kernel. All images alike: the codes.",
           "A: kernel 3; B: range; C: one z; D: none."],
)

predictions = [even, fade, faults]
