"""What to write down before the lesson says or measures it: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Classification, Prediction

classes = Classification(
    id="world-predict-classify", choices=("exact", "bound", "unnormalised", "none"),
    value={"GAN": "none", "VAE": "bound", "diffusion": "bound", "energy-based": "unnormalised", "flow": "exact",
           "autoregressive": "exact"},
    says="Look at `{thing}` again: what can it say about log p(x) at a given x, and at what price?",
    right="Right: two are exact, two give a bound, one lacks its constant, and the GAN can only draw.",
    hints=["Ask of each: given x, which number can it compute, and what would still be missing?",
           "A chain of conditionals and an invertible map give log p(x) itself. A sum over hidden causes that is too long is "
           "bounded. An energy lacks log Z. A network that turns noise into samples says nothing about a given x.",
           "Exact: autoregressive and flow. Bound: VAE and diffusion. Unnormalised: energy-based. None: GAN."],
    mistakes={
        ("GAN", "exact"): "A GAN has no likelihood: its generator makes samples, and gives no number for a given x. What the "
                          "discriminator says is how to tell real from made, not how probable x is.",
        ("GAN", "bound"): "A GAN does not even bound the likelihood: nothing in its training computes log p(x) of its samples.",
        ("GAN", "unnormalised"): "The discriminator's logit is no energy of the generator: only a perfect one would tell the ratio "
                                 "of the two densities, and neither is known.",
        ("VAE", "exact"): "That takes the bound for the value: log p(x) of a VAE is an integral over all codes, which nobody can "
                          "do. What is computed is the ELBO, which is smaller by an unknown gap.",
        ("diffusion", "exact"): "That takes the bound for the value: like a VAE, a diffusion model sums over hidden states, and its "
                                "training computes a bound. (An exact value exists for the same network, by solving a differential "
                                "equation; it is not what is trained.)",
        ("VAE", "none"): "A VAE says more than nothing: the ELBO bounds log p(x) from below.",
        ("diffusion", "none"): "A diffusion model says more than nothing: its training loss, weighted rightly, is a bound.",
        ("diffusion", "unnormalised"): "A diffusion model learns a score, which needs no constant, but it draws by a chain of "
                                       "normalised Gaussian steps, and that gives a bound on a normalised density.",
        ("VAE", "unnormalised"): "The density of a VAE is normalised, by construction: prior and decoder are. It is the sum over "
                                 "codes that is too long, not a constant that is missing.",
        ("energy-based", "exact"): "The energy gives log p(x) only up to the constant log Z, which is an integral over everything.",
        ("energy-based", "bound"): "The energy is log p(x) up to a constant: differences are exact, the value is unknown. That is no "
                                   "bound, for the constant may have either sign.",
        ("energy-based", "none"): "An energy says which of two points is likelier, and by how much. Only the constant is missing.",
        ("flow", "bound"): "A flow is invertible: each x has exactly one z, no sum remains, and the change of variables is exact.",
        ("flow", "unnormalised"): "The change of variables keeps the total at 1: the determinant sees to that.",
        ("flow", "none"): "Run a flow backwards, and the density of z and the determinant give that of x.",
        ("autoregressive", "bound"): "The chain rule is an equation, not a bound: the conditionals multiply to p(x) exactly.",
        ("autoregressive", "unnormalised"): "Each conditional sums to 1, and so does their product.",
        ("autoregressive", "none"): "An autoregressive model names the probability of every next value; their product is p(x).",
    },
)

uniform = Prediction(
    id="world-predict-uniform", value=math.log(16), tolerance=0.005,
    says="Each of the 16 images has probability 1/16. What is minus its natural logarithm?",
    right="Right: -log(1/16) = log 16 = 2.773 nats, the same for every image. A model that knows which images are frequent pays "
          "less for those, and more for the rare ones.",
    hints=["How many images of four pixels are there, if each pixel is 0 or 1?",
           "2 · 2 · 2 · 2 = 16, each of probability 1/16.",
           "-log(1/16) = log 16, with the natural logarithm."],
    mistakes={
        4.0: "That is in bits, one for each pixel. In nats a pixel costs log 2 = 0.693.",
        1 / 16: "That is the probability. Asked for is minus its logarithm.",
        -math.log(16): "That is log p(x). Asked for is what the image costs, minus that.",
        math.log(4): "There are four pixels, and 2⁴ = 16 images.",
        math.log(2): "That is one pixel. An image has four of them, and their costs add up.",
        math.log10(16): "Nats use the natural logarithm, not the one to base 10.",
    },
)

evaluations = Prediction(
    id="world-predict-evaluations", value=784, tolerance=0.5,
    says="The network is asked once for each pixel, because each pixel has to be known before the next can be drawn.",
    right="Right: 784, one for each pixel. To say how probable a *given* image is can take a single one: all its pixels are "
          "known, so that all the conditionals can be computed at the same time.",
    hints=["What has to be known before the network can be asked for the next pixel?",
           "One evaluation gives one pixel; then comes the next.",
           "28 · 28."],
    mistakes={
        1: "One evaluation can say how probable a *given* image is. To draw one, each pixel must be known before the next.",
        28: "That would be one for each row. The pixels of a row depend on one another, too.",
        783: "The first pixel has to be drawn as well: the network says how often it is 1.",
        56: "Rows and columns do not add up: there are 28 · 28 pixels.",
        1000: "That is the number of steps of a usual diffusion model. Here it is one for each pixel.",
        2**784: "That many images there are. Only one is drawn.",
    },
)

predictions = [classes, uniform, evaluations]
