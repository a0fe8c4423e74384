"""gpt-attention: every query's mean of the values that it may see.

    a_i = Σ_{s ≤ T - Q + i} w_is v_s,   w_i = softmax over these s of q_i · k_s / √d

Fixed: q (B, H, Q, d), k (B, H, T, d), v (B, H, T, e) with T ≥ Q; the queries are those of the last Q tokens. The
result is (B, H, Q, e). Free: how it is computed; torch's own attention with an explicit mask serves. Scores may be
of any size, equal ones among them.
"""

import torch
from torch.nn import functional as F

from genlab.models import transformer
from genlab.random import randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Sizes all different. The steep queries and keys hold whole numbers, so that their scores are exact in float32:
    up to some millions, below 2^24, and 0 for a query of zeros, which sees all keys alike."""
    B, H, T, Q, d, e = 2, 3, 7, 4, 5, 6
    double = torch.zeros((), dtype=torch.float64)

    def normal(*shape):
        return randn(shape, like=double, rng=rng)

    steep = randint(-1500, 1501, (2, B, H, T, 4), rng=rng).double()
    steep[1, :, :, 2] = steep[1, :, :, 1]  # two keys alike: a tie wherever both are seen
    steep[1, :, :, -1] = 1500 * torch.sign(steep[0, :, :, 0])  # the last key fits the first query best, which may not see it
    steep[0, :, :, int(randint(1, T, (), rng=rng))] = 0
    return {"q": normal(B, H, T, d), "k": normal(B, H, T, d), "v": normal(B, H, T, e), "weight": normal(B, H, T, e),
            "few": normal(B, H, Q, d), "steep_q": steep[0], "steep_k": steep[1], "order": torch.randperm(T, generator=rng),
            "wide_q": normal(1, 2, 3, 40), "wide_k": normal(1, 2, 3, 40)}


def probe(causal_attention, q, k, v, weight, few, steep_q, steep_k, order, wide_q, wide_k):
    """As many queries as keys, and fewer, with gradients; one; one token in all; large scores; many dimensions."""
    def run(*given):
        return probing.tensor(causal_attention(*given), "`causal_attention`")

    def ask(*given):
        return probing.attempt(run, *given)

    leaves = [probing.leaf(t) for t in (q, k, v)]
    value = run(*leaves)
    d_q, d_k, d_v = probing.vjp(value, leaves, weight)
    late = [probing.leaf(t) for t in (few, k, v)]
    some = ask(*late)
    d_some = [some] * 3 if isinstance(some, str) else probing.vjp(some, late)
    return dict(
        alone=ask(q[:, :, :1], k[:, :, :1], v[:, :, :1]), value=value, wide=ask(wide_q, wide_k, v[:1, :2, :3]),
        few=some, last=ask(few[:, :, :1], k, v), reordered=ask(few[:, :, :1], k[:, :, order], v[:, :, order]),
        single=ask(q[:1, :1, :, :1], k[:1, :1, :, :1], v[:1, :1, :, :1]), steep=ask(steep_q, steep_k, v),
        d_q=d_q, d_k=d_k, d_v=d_v, d_few_q=d_some[0], d_few_k=d_some[1], d_few_v=d_some[2])


def reference(q, k, v):
    """genlab's own."""
    return transformer.causal_attention(q, k, v)


def truth(q, k, v):
    """By torch's attention, with a mask that counts from the end."""
    mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril(k.shape[-2] - q.shape[-2])
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


exercise = Exercise(
    id="gpt-attention", defines="causal_attention(q, k, v)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.transformer.causal_attention", "genlab.models.transformer.attention_weights",
               "genlab.models.transformer.GPT", "genlab.models.transformer.Block"],
    comparisons=[
        Compare("alone", shape="(B, H, Q, e)", points=0.5,
                says="A token that stands alone can look at itself only: its weight is 1, and the answer is its value."),
        Compare("value", "single", "wide", shape="(B, H, Q, e)", points=1,
                says="As many queries as keys: each query's mean of the values up to its own place."),
        Compare("few", "last", "reordered", shape="(B, H, Q, e)", points=1,
                says="Fewer queries than keys: the queries are the last ones, so the first of them sees all keys but the "
                     "last Q - 1, and a single query sees all."),
        Compare("steep", points=0.5, shape="(B, H, Q, e)",
                says="Scores of some millions, some equal, some 0: what is not to be seen has weight 0, however well it fits (only "
                     "minus infinity is low enough), and nothing else is cut."),
        Compare("d_q", "d_k", "d_v", "d_few_q", "d_few_k", "d_few_v", points=1, tolerance=1e-4,
                says="The gradients: queries, keys and values all learn through the answer."),
    ],
    hints=[
        "Three moves: score every query against every key, hide what comes later, average the values with what the "
        "softmax makes of the scores.",
        "Hide before the softmax: a score of minus infinity becomes a weight of 0, and the others still add up to 1. Which "
        "keys come later is a triangle; with Q < T it does not start at the corner.",
        "later = torch.ones(Q, T, dtype=torch.bool).triu(T - Q + 1); scores = q @ k.transpose(-2, -1) / d**0.5; "
        "scores.masked_fill(later, -math.inf).softmax(-1) @ v.",
    ],
    afterwards="The same function serves a whole text at once and one new token with everything before it.",
)
