"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Classification, Prediction

kl = Prediction(
    id="vae-predict-kl", value=0.5, tolerance=0.005,
    says="Put μ = 1 and σ = 1 into ½ (μ² + σ² - 1 - log σ²).",
    right="Right: ½ (1 + 1 - 1 - 0) = ½ nat. A mean one standard deviation away costs half a nat.",
    hints=["The formula is in the section above: ½ (μ² + σ² - 1 - log σ²) for one latent dimension.",
           "With μ = 1 and σ = 1 the last three terms cancel.",
           "What is left is ½ μ²."],
    mistakes={
        1.0: "The factor ½ is missing: ½ (μ² + σ² - 1 - log σ²).",
        0.0: "The KL is 0 only where the two distributions are equal; these have different means.",
        -0.5: "A KL divergence is never negative: look at the sign.",
        0.5 / math.log(2): "That is in bits. In nats, with natural logarithms, it is smaller by log 2.",
    },
)

std = Prediction(
    id="vae-predict-std", value=3.0, tolerance=0.01,
    says="σ is the exponential of half of log σ²: exp(½ · 2 log 3).",
    right="Right: σ = exp(log σ² / 2) = exp(log 3) = 3. The spread of z around μ is σ, whatever μ is.",
    hints=["z = μ + σ ε, and ε has standard deviation 1. So the question is what σ is.",
           "logvar is log σ², so σ = exp(logvar / 2).",
           "logvar / 2 = log 3."],
    mistakes={
        9.0: "That is the variance σ² = exp(2 log 3). The standard deviation is its square root.",
        2 * math.log(3): "That is log σ² itself: take the exponential of its half.",
        math.log(3): "That is log σ: the exponential is missing.",
        math.sqrt(3): "That is √σ: exp(logvar / 2) is σ already.",
        math.sqrt(10): "That would be the spread over draws of μ from N(0, 1) as well; here μ is fixed.",
        1.0: "That is the standard deviation of the noise ε before σ stretches it.",
        81.0: "That is σ⁴: logvar is log σ², not log σ.",
    },
)

blank = Prediction(
    id="vae-predict-blank", value=784 * math.log(2), tolerance=0.5,
    says="With a logit of 0 every pixel has probability ½, whatever its value: each costs -log ½ nats.",
    right="Right: 784 pixels at log 2 = 0.693 nats each make 543.4 nats, for every image. A model that has "
          "learnt nothing starts here.",
    hints=["What probability does a logit of 0 give to a pixel that is on, and to one that is off?",
           "A pixel of probability ½ costs -log ½ = log 2 nats; the natural logarithm.",
           "784 · log 2."],
    mistakes={
        784.0: "That is in bits: one for each pixel. In nats a pixel costs log 2 = 0.693.",
        math.log(2): "That is one pixel. An image has 784 of them, and their costs add up.",
        0.0: "Probability ½ is not certainty: a pixel of probability ½ costs log 2 nats.",
        392.0: "That adds up the probabilities ½. Each pixel costs -log ½ = 0.693 nats.",
        -784 * math.log(2): "That is the log-likelihood; asked for is what the image costs, minus that.",
        784 * math.log10(2): "Nats use the natural logarithm, not the one to base 10.",
    },
)

bell = Classification(
    id="vae-predict-bell", choices=("changes", "stays"),
    value={"log p(x)": "stays", "ELBO": "changes", "gap": "changes"},
    says="Drag the bell and watch `{thing}`: does its end of the bar move?",
    right="Right: q is your own tool and no part of the model. So log p(x) stays, and what the ELBO gains the gap loses.",
    hints=["Which of the three could be worked out by somebody who has never heard of q?",
           "log p(x) belongs to the model and the point. The bar is divided at a place that depends on q.",
           "log p(x) stays; ELBO and gap change, and their sum is log p(x)."],
    mistakes={
        ("log p(x)", "changes"): "log p(x) depends on the model and on x. Your bell q is neither: drag it and watch the black line.",
        ("ELBO", "stays"): "The bound is an average over draws from your bell: another bell, another bound.",
        ("gap", "stays"): "The gap measures how far your bell is from the posterior: it changes as the bell moves.",
    },
)

FAULTS = ("none", "likelihood / 784", "KL / 784", "sigmoid twice")

faults = Classification(
    id="vae-predict-faults", choices=FAULTS,
    value={"A": "KL / 784", "B": "sigmoid twice", "C": "none", "D": "likelihood / 784"},
    says="Look at grid {thing} again: are its reconstructions right, are its samples, and how dark is the paper?",
    right="Right: reconstructions without samples, no black anywhere, nothing wrong, the mean digit for all. Each fault has "
          "its picture.",
    hints=["Ask of each pair of rows: do reconstructions show the digits at the top? Do samples look like reconstructions?",
           "A code that costs nothing is used without restraint; one that costs too much is not used at all. And a sigmoid "
           "of something between 0 and 1 lies between 0.5 and 0.73.",
           "B cannot make black, D always paints the mean digit, A reconstructs and cannot sample, C does both."],
    mistakes={
        ("A", "likelihood / 784"): "In A the reconstructions are sharp: its code carries a lot. A likelihood divided by 784 "
                                   "would make it worthless.",
        ("A", "none"): "A reconstructs well, but look at its samples: few are digits. Its codes do not lie where the prior is.",
        ("B", "none"): "Look at the paper of B: it is not black. Which fault keeps every probability above one half?",
        ("B", "likelihood / 784"): "B ignores its code too. But a mean digit has black paper around it: which fault keeps every "
                                   "pixel above one half?",
        ("B", "KL / 784"): "B does not reconstruct anything. With a code that costs nothing it would.",
        ("C", "KL / 784"): "In C samples and reconstructions look alike. With a KL that costs nothing, samples would be worse.",
        ("D", "KL / 784"): "In D every image is the same: the code is not used. A cheap KL would make it used more.",
        ("D", "sigmoid twice"): "The corners of D are black. After two sigmoids no pixel is below one half.",
        ("D", "none"): "In D every image is the same, whatever the code: that is a collapsed posterior.",
    },
)

predictions = [bell, kl, std, blank, faults]
