"""ldm-attention: every place of an image gathers from the words of its prompt.

    o = softmax(q kᵀ / √(D/heads)) v  for each head,   q = image @ to_q,  k = text @ to_k,  v = text @ to_v

(Rombach et al. 2022, arXiv:2112.10752, section 3.3; heads as in Vaswani et al. 2017, arXiv:1706.03762). Fixed: the softmax is over
kept tokens alone, and what stands at padding has no influence, however large; heads are blocks of neighbouring columns, in order.
Every row keeps at least one token. Free: how; torch's own attention with a mask serves.
"""

import torch
from torch.nn import functional as F

from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Sizes all different, then repeated ones; gaps in the mask; padding that holds huge numbers; words of low scores; a single word, place or head."""
    B, N, L, D, E, heads = 3, 5, 4, 6, 7, 2
    keep = rand((B, L), rng=rng) < 0.5
    keep[torch.arange(B), torch.randint(0, L, (B,), generator=rng)] = True
    lone = int(torch.randint(0, B, (), generator=rng))
    keep[lone] = torch.arange(L) == int(torch.randint(0, L, (), generator=rng))  # all padding but one
    keep[(lone + 1) % B] = True
    keep[(lone + 2) % B, int(torch.randint(0, L, (), generator=rng))] = False
    if not keep[(lone + 2) % B].any():
        keep[(lone + 2) % B, 0] = True
    gaps = torch.stack([torch.randperm(L - 1, generator=rng) == 0 for _ in range(B)])  # two tokens a row, the last one among them
    gaps = torch.cat([gaps, torch.ones(B, 1, dtype=torch.bool)], 1)
    few = torch.zeros(B, L, dtype=torch.bool)
    few[torch.arange(B), torch.randint(0, L, (B,), generator=rng)] = True  # one word for each row, whatever its score
    return {"few": few, "image": draws.normal((B, N, D), rng=rng), "text": draws.normal((B, L, E), rng=rng), "keep": keep, "gaps": gaps, "heads": heads,
            "to_q": draws.normal((D, D), rng=rng), "to_k": draws.normal((E, D), rng=rng) / 2, "to_v": draws.normal((E, D), rng=rng),
            "weight": draws.normal((B, N, D), rng=rng), "junk": draws.normal((B, L, E), rng=rng) * 10 ** (4.6 + 0.4 * rand((), rng=rng).item()),
            "equal": draws.normal((4, 4, 4), rng=rng), "equal_text": draws.normal((4, 4, 4), rng=rng),
            "equal_matrices": draws.normal((3, 4, 4), rng=rng), "steep": 150 + 50 * rand((), rng=rng).item(), "tower": 10 ** (6 + rand((), rng=rng).item())}


def probe(cross_attention, image, text, keep, gaps, heads, to_q, to_k, to_v, weight, junk, equal, equal_text, equal_matrices, steep, few, tower):
    """One head, all tokens kept; several heads; padding; huge padding; words far below it; one place, one word, one row; large scores; gradients."""
    def run(*given):
        return probing.tensor(cross_attention(*given), "`cross_attention`")

    def ask(*given):
        return probing.attempt(run, *given)

    every = torch.ones_like(keep)
    gappy = ask(image, text.clone(), gaps, to_q, to_k, to_v, heads)
    word = ask(image, text[:, 1:2], every[:, :1], to_q, to_k, to_v, heads)
    leaves = [probing.leaf(v) for v in (image, text, to_q, to_k, to_v)]
    masked = run(leaves[0], leaves[1], keep, *leaves[2:], heads)
    grads = probing.vjp(masked, leaves, weight)
    loud = torch.where(keep[..., None], text, junk)
    square = torch.eye(4, dtype=torch.bool) | torch.ones(4, 4, dtype=torch.bool).tril(-1)
    return dict(
        plain=run(image, text, every, to_q, to_k, to_v, 1), several=run(image, text, every, to_q, to_k, to_v, heads),
        three=ask(image, text, every, to_q, to_k, to_v, 3), narrow=ask(image, text, every, to_q, to_k, to_v, image.shape[-1]),
        word=word, gaps=gappy, masked=masked, loud=ask(image, loud, keep, to_q, to_k, to_v, heads),
        row=ask(image[:1], text[:1], keep[:1], to_q, to_k, to_v, heads), place=ask(image[:, :1], loud, keep, to_q, to_k, to_v, heads),
        equal=ask(equal, equal_text, square, *equal_matrices, 4), square=ask(equal, equal_text, square, *equal_matrices, 2),
        below=ask(tower * image, text, few, to_q, to_k, to_v, heads), steep=ask(steep * image, text, keep, to_q, to_k, to_v, heads),
        d_image=grads[0], d_text=grads[1], d_to_q=grads[2], d_to_k=grads[3], d_to_v=grads[4])


def reference(image, text, keep, to_q, to_k, to_v, heads):
    """As in the lesson."""
    q, k, v = image @ to_q, text @ to_k, text @ to_v
    q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))  # (B, heads, tokens, D / heads)
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    scores = scores.masked_fill(~keep[:, None, None, :], -torch.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def truth(image, text, keep, to_q, to_k, to_v, heads):
    """Row by row and head by head, with the words alone: padding is taken away, not hidden."""
    size = image.shape[-1] // heads
    rows = []
    for places, tokens, mask in zip(image, text, keep, strict=True):
        said = tokens[mask]
        columns = []
        for h in range(heads):
            part = slice(h * size, (h + 1) * size)
            columns.append(F.scaled_dot_product_attention(places @ to_q[:, part], said @ to_k[:, part], said @ to_v[:, part]))
        rows.append(torch.cat(columns, -1))
    return torch.stack(rows)


exercise = Exercise(
    id="ldm-attention", defines="cross_attention(image, text, keep, to_q, to_k, to_v, heads)", core=True, points=3, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.text_unet.cross_attention", "genlab.models.text_unet.CrossAttention", "genlab.models.text_unet.TextUNet"],
    comparisons=[
        Compare("word", "plain", shape="(B, N, D)", points=0.75, what={
            "plain": "`cross_attention` with one head and no padding", "word": "`cross_attention` with a single word"},
                tolerance=1e-4, says="One head, no padding: each place's mean of the words' values, weighted by a softmax over the words."),
        Compare("several", "three", "narrow", shape="(B, N, D)", points=0.75, what="`cross_attention` with several heads", tolerance=1e-4,
                says="Each head has its own block of columns of q, k and v, its own softmax, and its own block of the result, in order."),
        Compare("masked", "gaps", "row", "equal", "square", shape="(B, N, D)", points=0.5, what="`cross_attention` with padding", tolerance=1e-4,
                says="The softmax is over the tokens that `keep` keeps, for each prompt its own."),
        Compare("loud", "place", "steep", "below", shape="(B, N, D)", points=0.5, what="`cross_attention` with huge numbers at the padding",
                tolerance=2e-3, says="Padding has no influence at all, however large the numbers in it, and large scores are no harm."),
        Compare("d_image", "d_text", "d_to_q", "d_to_k", "d_to_v", points=0.5, tolerance=1e-4,
                says="The gradients: image, words and all three matrices learn, and nothing reaches the padding."),
    ],
    hints=[
        "Who asks, and who answers? There are as many questions as places, and each of them divides its attention among the words.",
        "Split q, k and v into heads: (B, heads, N or L, D/heads). Scores (B, heads, N, L), and -inf where a token is not kept.",
        "split = lambda t: t.unflatten(-1, (heads, -1)).transpose(1, 2); scores = q @ k.mT / (D // heads)**0.5; scores.masked_fill("
        "~keep[:, None, None], -inf).softmax(-1) @ v; back: .transpose(1, 2).flatten(2).",
    ],
    afterwards="The weights are a map for each word: which places look at it. Such maps are drawn below the samples.",
)
