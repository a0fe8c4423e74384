"""ldm-text: prompts as rows of vectors, one for each token, and which of them count.

    vectors[b, i] = table[token i of prompt b] + positions[i],   tokens: 1, the words, then padding 0

Fixed: the start (1) opens every prompt, also the empty one, so that at least one token is kept; words in the order of the prompt;
keep (B, L) bool. Free: what stands at the padding of `vectors`, loops or indices, and the error about a word that is not known.
"""

import torch

from genlab.random import permutation, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise

WORDS = "a small large red blue green circle square triangle above below of left right"


def inputs(rng, n=1):
    """Prompts of none, one and L - 1 words, with repeats; rows of the table in another order than the words."""
    names = WORDS.split()
    length, width = 7, 3
    rows = permutation(len(names), rng=rng) + 2

    def prompt(count):
        return " ".join(names[i] for i in randint(0, len(names), (count,), rng=rng).tolist())

    repeated = names[int(randint(0, len(names), (), rng=rng))]
    prompts = [prompt(3), "", prompt(1), prompt(length - 1), f"{repeated} {prompt(1)} {repeated}"]
    order = permutation(len(prompts), rng=rng).tolist()
    return {"prompts": "|".join(prompts[i] for i in order), "names": " ".join(names), "rows": rows, "single": prompt(2),
            "table": draws.normal((len(names) + 5, width), rng=rng), "positions": draws.normal((length, width), rng=rng),
            "weight": draws.normal((len(prompts), length, width), rng=rng)}


def probe(embed_prompts, prompts, names, rows, single, table, positions, weight):
    """Several prompts with gradients, one prompt, the empty one alone, and a word that is not in the list."""
    words = {name: row for name, row in zip(names.split(), rows.tolist(), strict=True)}

    def run(some, table, positions):
        given, some = probing.watch("words", dict(words)), probing.watch("prompts", list(some))
        vectors, keep = probing.tensors(embed_prompts(some, given, table, positions), 2, "`embed_prompts`")
        return vectors, keep

    def kept(vectors, keep):
        """Padding, which is free, is left out; of a mask of another kind it is all left in."""
        fits = keep.dtype == torch.bool and keep.shape == vectors.shape[:2]
        return torch.where(keep[..., None], vectors, 0.0) if fits else vectors

    leaves = [probing.leaf(table), probing.leaf(positions)]
    vectors, keep = run(prompts.split("|"), *leaves)
    d_table, d_positions = probing.vjp(kept(vectors, keep), leaves, weight)
    one, one_keep = run([single], table, positions)
    empty, empty_keep = run([""], table, positions)

    def unknown(some):
        try:
            embed_prompts(some, dict(words), table, positions)
        except (KeyError, ValueError):
            return positions[1, 1] + 1
        return positions[1, 1]

    refused = probing.attempt(unknown, [single + " purple"])
    amid = [probing.attempt(unknown, some) for some in (
        ["", "purple " + single], [single, single.replace(" ", " purple ")], [f"{single} gree"], [f"{single} lar"], [f"{single} reen"])]
    return dict(vectors=kept(vectors, keep), keep=keep, one=kept(one, one_keep), one_keep=one_keep, empty=kept(empty, empty_keep),
                empty_keep=empty_keep, kind=torch.stack([positions[0, 0] + float(k.dtype == torch.bool) for k in (keep, one_keep)]),
                refused=refused, **{f"refused_{i}": found for i, found in enumerate(amid)}, d_table=d_table, d_positions=d_positions)


def reference(prompts, words, table, positions):
    """As in the lesson."""
    tokens = torch.zeros(len(prompts), len(positions), dtype=torch.int64, device=table.device)
    for row, prompt in zip(tokens, prompts, strict=True):
        known = [1] + [words[word] for word in prompt.split()]
        row[:len(known)] = torch.tensor(known)
    return table[tokens] + positions, tokens != 0


def truth(prompts, words, table, positions):
    """One-hot rows times the table."""
    hot = torch.zeros(len(prompts), len(positions), len(table), dtype=table.dtype)
    for b, prompt in enumerate(prompts):
        for i, token in enumerate(["", *prompt.split()]):
            hot[b, i, words[token] if token else 1] = 1
    keep = hot.sum(-1) > 0
    return torch.einsum("blv,vd->bld", hot, table) + keep[..., None] * positions, keep


exercise = Exercise(
    id="ldm-text", defines="embed_prompts(prompts, words, table, positions)", core=True, points=3, level=2, minutes=12,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.text_encoder.CaptionEncoder"],
    comparisons=[
        Compare("keep", "one_keep", "empty_keep", "kind", shape="(B, L)", points=1, what={
            "keep": "`keep`", "one_keep": "`keep` of a single prompt", "empty_keep": "`keep` of the empty prompt",
            "kind": "the dtype of `keep`"},
                says="`keep` is bool, and True for the start and for each word: one more than the prompt has words, also where it has none."),
        Compare("empty", "one", "vectors", shape="(B, L, D)", points=1, what={
            "vectors": "the vectors of start and words", "one": "the vectors of a single prompt",
            "empty": "the vectors of the empty prompt"},
                says="Each token's row of the table, plus the row of its place: the start first, then the words in their order."),
        Compare("refused", *(f"refused_{i}" for i in range(5)), shape="()", points=0.25, what="`embed_prompts` with an unknown word",
                says="A word that is not known raises a KeyError or a ValueError: left out in silence, it would change the meaning."),
        Compare("d_table", "d_positions", points=0.75,
                what={"d_table": "the gradient at `table`", "d_positions": "the gradient at `positions`"},
                says="Both tables learn: the gradient reaches the rows of start and words, and of their places."),
    ],
    hints=[
        "First whole numbers, one for each place, 0 where there is nothing. Then look both tables up. What does a prompt without words hold?",
        "tokens (B, L) of zeros; row b begins with 1 and the numbers of its words. table[tokens] is (B, L, D).",
        "known = [1] + [words[w] for w in prompt.split()]; tokens[b, :len(known)] = torch.tensor(known); return table[tokens] + positions, "
        "tokens != 0.",
    ],
    afterwards="The start keeps the empty prompt from being nothing at all: attention needs at least one token to look at.",
)
