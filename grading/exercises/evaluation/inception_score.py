"""evaluation-inception-score: exp E KL(p(y|x) ‖ p(y)), from the predictions of a classifier.

    IS = exp( (1/n) Σ_i Σ_k p_ik log (p_ik / p̄_k) ),   p̄ = (1/n) Σ_i p_i

(Salimans et al. 2016, arXiv:1606.03498). Fixed: with `splits` the rows are cut into so many equal parts, in
order, each with a mean p̄ of its own, and the scores of the parts are averaged. 0 log 0 = 0.
"""


import torch

from genlab.random import permutation, rand, randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Soft predictions; some with exact zeros, in float64 and float32; rows sorted so that parts differ.

    Of `many` classes each is rare, so that a number added inside the logarithm shows.
    """
    N, K, splits = 24, 7, 4
    double = torch.zeros((), dtype=torch.float64)
    logits = 1.5 * randn((N, K), like=double, rng=rng) + torch.linspace(2, -2, N).double()[:, None] * randn(
        (K,), like=double, rng=rng)
    sparse = torch.softmax(3 * randn((N, K), like=double, rng=rng), 1)
    sparse = torch.where(sparse < 0.06, 0.0, sparse)
    sparse[:, int(permutation(K - 1, rng=rng)[0])] = 0.0  # a class that no image has
    sparse[:, K - 1] += 1e-3
    hard = torch.eye(K, dtype=torch.float64)[permutation(N, rng=rng) % (3 + int(4 * rand((), rng=rng)))]
    top = (1800 + 10 * int(randint(0, 20, (), rng=rng)) + 0.5) / 2048  # half-way between numbers of 16 bits
    row = torch.cat([torch.tensor([top]), (1 - top) * torch.softmax(randn((7,), like=double, rng=rng), 0)])
    many = torch.eye(100, dtype=torch.float64)[randint(0, 100, (120,), rng=rng)]
    return {"p": torch.softmax(logits, 1), "sparse": sparse / sparse.sum(1, keepdim=True), "hard": hard,
            "splits": splits, "many": many, "sure": torch.stack([row.roll(i) for i in range(8)])}


def probe(inception_score, p, sparse, hard, splits, many, sure):
    """The score of soft predictions, of two images and of one; of predictions with zeros; of parts."""
    given = probing.watch("p", [])

    def run(table, *splits):
        given.append(table.clone())
        return probing.tensor(inception_score(given[-1], *splits), "`inception_score`")

    pairs = torch.stack([run(pair) for pair in p.split(2)])
    return dict(score=run(p), part=run(p[:5]), sure=run(sure), pairs=pairs, alone=run(p[:1]), sparse=run(sparse), hard=run(hard),
                many=run(many), single=run(sparse.float()), parts=run(p, splits), halves=run(p, 2),
                holes=run(sparse, splits))


def reference(p, splits=1):
    """Part by part, zeros left out."""
    scores = []
    for part in p.chunk(splits):
        ratio = torch.where(part > 0, part / part.mean(0).clamp(min=1e-30), 1.0).log()
        scores.append((part * ratio).sum(1).mean().exp())
    return torch.stack(scores).mean()


def truth(p, splits=1):
    """By entropies: E KL(p(y|x) ‖ p(y)) = H(p(y)) - E H(p(y|x))."""
    parts = p.double().reshape(splits, -1, p.shape[1])
    nats = torch.special.entr(parts.mean(1)).sum(1) - torch.special.entr(parts).sum(2).mean(1)
    return nats.exp().mean().to(p.dtype)


exercise = Exercise(
    id="evaluation-inception-score", defines="inception_score(p, splits=1)", core=True, points=3, level=2,
    minutes=10, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.inception_score.inception_score", "genlab.metrics.inception_score.label_entropies",
               "genlab.metrics.inception_score.digit_inception_score"],
    comparisons=[
        Compare("score", "part", "sure", "pairs", "alone", shape="()", points=1.25, what="`inception_score`",
                says="exp of the mean over images of KL(p(y|x) ‖ p(y)), where p(y) is the mean of the rows."),
        Compare("sparse", "hard", "many", "single", "holes", shape="()", points=0.75,
                what="`inception_score` of predictions with zeros",
                says="Probabilities of exactly 0: 0 log 0 is 0, and the image counts like every other."),
        Compare("parts", "halves", shape="()", points=1, what="`inception_score` with splits",
                says="With splits: the mean of the scores of equal parts in order, each with its own p(y)."),
    ],
    hints=[
        "For each image, how far is the classifier's answer p(y|x) from the average answer p(y)? Average that over the "
        "images, then take the exponential.",
        "KL(p(y|x) ‖ p(y)) = Σ_y p(y|x) [log p(y|x) - log p(y)], with p(y) = p.mean(0); torch.xlogy(a, b) is a log b "
        "and 0 at a = 0.",
        "For part in p.chunk(splits): kl = (torch.xlogy(part, part) - torch.xlogy(part, part.mean(0))).sum(1); "
        "score = kl.mean().exp(). Return the mean of the scores.",
    ],
)
