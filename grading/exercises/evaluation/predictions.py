"""Numbers to write down before the cell that measures them: no points, checked in the notebook only."""

from grading.checks.exercise import Prediction

score = Prediction(
    id="evaluation-predict-score", value=2.0, tolerance=0.02,
    says="Each prediction is one-hot, and the mean prediction is ½, ½ and eight times 0.",
    right="Right: KL(one-hot ‖ p(y)) = log 2 for every image, and exp(log 2) = 2. The score counts the classes in use.",
    hints=["What is p(y|x) for each image, and what is their mean p(y)?",
           "KL(p(y|x) ‖ p(y)) = 1 · log(1 / ½), the other classes contribute nothing.",
           "exp(log 2)."],
    mistakes={
        10.0: "That is for all ten classes in equal parts; this model draws two of them.",
        1.0: "That is for a single class, or for a classifier that always answers the same.",
        0.693147: "That is the mean divergence in nats: the exponential is missing.",
        5.0: "The score is not the number of classes divided by those in use, but the number in use.",
        0.2: "That is the share of the classes in use; the score is their number.",
        8.0: "That is the number of missing classes.",
    },
)

bias = Prediction(
    id="evaluation-predict-bias", value=(64**2 + 5 * 64) / 2000, tolerance=0.02,
    says="Put d = 64 and n = 1000 into (d² + 5d) / (2n).",
    right="Right: (4096 + 320) / 2000 = 2.208, though both sets come from one distribution and the true distance is 0.",
    hints=["The formula stands above: (d² + 5d) / (2n).", "d² = 4096 and 5d = 320.", "4416 / 2000."],
    mistakes={
        0.0: "That is the true distance. The estimate from finite sets is larger: (d² + 5d) / (2n).",
        (64**2 + 5 * 64) / 4000: "That is for one finite set and a reference known exactly; here both are finite.",
        (64**2 + 5 * 64) / 1000: "The factor ½ is missing.",
        64**2 / 2000: "The term 5d is missing.",
        5 * 64 / 2000: "The term d² is missing; it is the larger one.",
        (64 + 5) / 2000: "d is squared in the first term and stands in both.",
    },
)

trials = Prediction(
    id="evaluation-predict-trials", value=96, tolerance=2.5,
    says="The half-width is 1.96 √(p (1 - p) / n), at p = ½.",
    right="Right: 1.96 · ½ / √n = 0.1 gives n = 9.8² = 96. (With Wilson's interval it is 93.)",
    hints=["At p = ½ the standard deviation of one answer is ½.",
           "1.96 · ½ / √n = 0.1.",
           "√n = 9.8."],
    mistakes={
        25: "That is for one standard error; a 95 % interval takes 1.96 of them.",
        9.8: "That is √n: square it.",
        384: "That is for a half-width of 0.05: is 0.1 the whole width or half of it?",
        100: "Close, with 2 in place of 1.96 (which is often done): 1.96 · ½ / √n = 0.1 gives 96.",
        10: "The precision grows with √n only: ten answers leave a half-width of about 0.3.",
        93: "That is for Wilson's interval, which is a little narrower here. With the simple one it is 96.",
        68: "z = 1.645 belongs to an interval for 90 %; for 95 % it is 1.96.",
        400: "That is for a half-width of 0.05, and 2 in place of 1.96: is 0.1 the whole width or half of it?",
        20: "The precision grows with √n only: 20 answers leave a half-width of about 0.22.",
        30: "The precision grows with √n only: 30 answers leave a half-width of about 0.18.",
    },
)

predictions = [score, bias, trials]
