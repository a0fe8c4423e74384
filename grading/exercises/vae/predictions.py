"""Numbers to write down before the cell that measures them: no points, checked in the notebook only."""

import math

from grading.exercise import Prediction

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

predictions = [kl, std, blank]
