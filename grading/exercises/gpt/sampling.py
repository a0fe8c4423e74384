"""gpt-sampling: what to draw the next token from, when temperature, top-k and nucleus restrict it.

    p = softmax(logits / temperature), then the top_k largest of p, then of these the smallest set of the largest
    that has at least top_p of what is left; what stays is divided by its sum.

Fixed: logits (B, K), floating, no two equal within a row; any of them may be large, and minus infinity means
"never". temperature > 0; 1 ≤ top_k, K and more keep all; 0 < top_p ≤ 1, 1 keeps all. The result is (B, K) in the
order of the logits, rows adding up to 1. Free: how it is computed; one may loop.
"""

import torch

from genlab.models import transformer
from genlab.random import permutation, rand, randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Moderate rows; steep ones, one of them far below 0, with gaps that are sure in float32; banned tokens, up to all but one."""
    B, K = 4, 9
    double = torch.zeros((), dtype=torch.float64)
    logits = 1.5 * randn((B, K), like=double, rng=rng)
    spread = logits - 0.2 * torch.arange(K)
    banned = logits.clone()
    banned[0, int(logits[0].argmax())] = -torch.inf
    banned[2, :5] = -torch.inf
    banned[3] = banned[3].masked_fill(torch.arange(K) != int(randint(0, K, (), rng=rng)), -torch.inf)
    steep = 300 * randn((B, K), like=double, rng=rng)
    steep[1] = 100.0 * permutation(K, rng=rng) - 2e5
    return {"logits": spread, "steep": steep, "banned": banned,
            "temperature": float(0.4 + 0.3 * rand((1,), rng=rng)), "warm": float(1.5 + rand((1,), rng=rng)),
            "top_k": 3, "top_p": float(0.55 + 0.3 * rand((1,), rng=rng)), "low_p": float(0.9 + 0.07 * rand((1,), rng=rng))}


def probe(next_probabilities, logits, steep, banned, temperature, warm, top_k, top_p, low_p):
    """Each restriction alone, all together, at their ends, and where logits are extreme."""
    K = logits.shape[1]

    def run(values, t=1.0, k=K, p=1.0):
        given = probing.watch("logits", logits.clone()) if values is logits else values.clone()
        return probing.tensor(next_probabilities(given, t, k, p), "`next_probabilities`")

    def ask(*given, **named):
        return probing.attempt(run, *given, **named)

    left = ask(banned, warm, top_k, top_p)
    return dict(
        everything=run(logits), cold=ask(logits, t=temperature), hot=ask(logits, t=warm),
        best_k=ask(logits, k=top_k), many=ask(logits, k=K + 5), one_k=ask(logits, k=1),
        nucleus=ask(logits, p=top_p), wide=ask(logits, p=low_p), one_p=ask(logits, p=1e-6),
        cold_nucleus=ask(logits, temperature, K, top_p), k_nucleus=ask(logits, 1.0, top_k, top_p),
        together=ask(logits, warm, top_k + 2, low_p), row=ask(logits[1:2], temperature, top_k + 1, low_p),
        single=ask(logits[:, :1], temperature, 1, top_p), single_many=ask(logits[:1, :1], warm, 3, low_p),
        steep=ask(steep, temperature, top_k, low_p), greedy=ask(logits, 1e-4),
        tiny=ask(1e-9 * logits, 1e-9 * temperature), left=left if isinstance(left, str) else (left > 0).double(),
        banned=ask(banned, warm, K, low_p), banned_k=ask(banned, warm, top_k + 2, top_p))


def reference(logits, temperature, top_k, top_p):
    """genlab's own."""
    return transformer.restrict(logits, temperature=temperature, top_k=top_k, top_p=top_p)


def truth(logits, temperature, top_k, top_p):
    """Row by row over sorted lists, in double precision."""
    rows = []
    for row in logits.double():
        p = (row / temperature).softmax(0).tolist()
        order = sorted(range(len(p)), key=lambda i: row[i].item(), reverse=True)[:top_k]
        total, kept, sum_ = sum(p[i] for i in order), [], 0.0
        for i in order:
            if kept and sum_ >= top_p * total:
                break
            kept.append(i)
            sum_ += p[i]
        rows.append([p[i] / sum_ if i in kept else 0.0 for i in range(len(p))])
    return torch.tensor(rows, dtype=torch.float64).to(logits.dtype)


exercise = Exercise(
    id="gpt-sampling", defines="next_probabilities(logits, temperature, top_k, top_p)", core=True, points=4, level=2,
    minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.transformer.restrict", "genlab.models.transformer.GPT"],
    comparisons=[
        Compare("everything", "cold", "hot", shape="(B, K)", points=0.5,
                says="With top_k = K and top_p = 1 nothing is left out: the softmax of the logits, divided by the temperature."),
        Compare("best_k", "one_k", "many", shape="(B, K)", points=1,
                says="Top-k alone: the k most probable tokens of each row, in their places, adding up to 1."),
        Compare("nucleus", "wide", "one_p", shape="(B, K)", points=1,
                says="The nucleus alone: the fewest most probable tokens of each row that have top_p together, the one that "
                     "reaches it included."),
        Compare("cold_nucleus", "k_nucleus", "together", "row", "single", "single_many", shape="(B, K)", points=1,
                says="All together, in this order: temperature, top-k, and the nucleus of what is left."),
        Compare("steep", "greedy", "banned", "banned_k", "tiny", "left", shape="(B, K)", points=0.5,
                says="Extremes: logits of many hundreds or far below 0, a temperature near 0, and tokens with a logit of minus "
                     "infinity, which alone is low enough to leave a token out."),
    ],
    hints=[
        "Sort each row of probabilities once, largest first. Both top-k and the nucleus keep the beginning of that row.",
        "A token belongs to the nucleus if those before it have less than top_p together: cumsum minus the token's own "
        "probability. Divide by the sum of what stays, after each step, and bring everything back to its place.",
        "ranked, order = p.sort(-1, descending=True); before = ranked.cumsum(-1) - ranked; "
        "ranked = torch.where(before < top_p, ranked, 0); torch.zeros_like(p).scatter(-1, order, ranked / sum).",
    ],
    afterwards="Only temperature 1 without a limit draws from the model; everything else trades variety for safety.",
)
