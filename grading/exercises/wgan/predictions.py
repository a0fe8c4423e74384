"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

from grading.checks.exercise import Classification, Prediction

apart = Classification(
    id="wgan-predict-apart", choices=("hardly changes", "doubles", "grows fourfold"),
    value={"JSD": "hardly changes", "W1": "doubles"},
    says="Two bumps that no longer overlap move from 2 apart to 4 apart. Drag one of them and look at {thing} again.",
    right="Right: where nothing overlaps the Jensen-Shannon divergence is log 2, however far it is. W₁ says how far.",
    hints=["If nobody can mistake a sample for a datum, can it become any easier to tell them apart?",
           "W₁ is the mean way that sand is carried. How long is each way now?",
           "JSD stays at log 2; every way is twice as long."],
    mistakes={
        ("JSD", "doubles"): "The best discriminator is sure of every point at 2 already: the divergence is at its largest, log 2.",
        ("JSD", "grows fourfold"): "The best discriminator is sure of every point at 2 already: the divergence is at its largest, log 2.",
        ("W1", "hardly changes"): "Every grain is carried twice as far.",
        ("W1", "grows fourfold"): "That would be the square of the way. W₁ is the mean of the ways themselves.",
    },
)

slope = Prediction(
    id="wgan-predict-slope", value=0.28, tolerance=0.002,
    says="The slope of a linear critic is its vector of weights. How long can that be if each of 784 numbers is at most 0.01?",
    right="Right: 0.01 · √784 = 0.28. With c the whole scale of the estimate changes, and with every layer once more.",
    hints=["f(x) = w·x + b. What is its gradient in x?",
           "The gradient is w itself, and its length is largest where every weight is at its bound.",
           "√(784 · 0.01²)."],
    mistakes={
        7.84: "That is the sum of the weights' sizes. The length of a vector is the root of the sum of squares.",
        0.01: "That is one weight. The slope is the length of the vector of all 784.",
        0.0784: "That is the sum of squares. The length is its root.",
        28.0: "That is √784 alone: each weight is at most 0.01.",
        2.8: "√784 is 28; times 0.01.",
        1.0: "The clipped critic's slope is not 1: it is whatever the bound on the weights allows.",
    },
)

FAULTS = ("none", "no bound", "sign of G's loss", "clipped to 0.01")

faults = Classification(
    id="wgan-predict-faults", choices=FAULTS,
    value={"A": "no bound", "B": "sign of G's loss", "C": "clipped to 0.01", "D": "none"},
    says="Look at panel {thing} again: is the surface even, a slope or a cliff, and where are the samples?",
    right="Right: a cliff, a flight, a plain and a slope. Only the slope shows a generator which way to go and lets it arrive.",
    hints=["The surface is what the critic says at each place. How steep is it in each panel?",
           "Nothing that bounds the slope: cliffs. A tiny bound: hardly any slope, and hardly any move. With the wrong sign the samples "
           "flee from what the critic likes.",
           "A: no bound; B: sign; C: clipped; D: none."],
)

predictions = [apart, slope, faults]
