"""What a text costs: under a model that looks over a window, by counting, and by a compressor.

All in bits per token, so that they compare: -log₂ p(x_t | what came before), or the size of a file.
Perplexity, 2 to the power of that, says among how many equally likely tokens the model might as well have
guessed; it is measured on text and has only the name in common with a generator's *perceptual path length*.

Interpolation of the counts: Witten and Bell (1991), The zero-frequency problem, IEEE Trans. Information Theory 37.
"""

import math
import zlib
from collections.abc import Callable

import torch
from torch import Tensor

from genlab.layers import evaluating


def text_bits(model: torch.nn.Module, tokens: Tensor, *, batch: int = 64) -> Tensor:
    """-log₂ p of each token of a long text under a model that looks over `model.length`: (N,) -> (N,).

    The text is cut into windows that overlap by half, and of each only the second half counts, so every token
    but those at the beginning is predicted from at least half a window.

    Args:
        model: maps tokens (B, T) to the logits (B, T, K) of each given those before it.
    """
    length = min(model.length, len(tokens))
    half = max(1, length // 2)
    starts = list(range(0, len(tokens) - length, half)) + [len(tokens) - length]
    bits, done = [], 0
    device = next(model.parameters()).device
    with evaluating(model):
        for i in range(0, len(starts), batch):
            rows = torch.stack([tokens[s:s + length] for s in starts[i:i + batch]]).to(device)
            costs = -model(rows).log_softmax(-1).gather(-1, rows[..., None]).squeeze(-1) / math.log(2)
            for start, row in zip(starts[i:i + batch], costs, strict=True):
                bits.append(row[done - start:])
                done = start + length
    return torch.cat(bits)


def ngram_bits(train: Tensor, test: Tensor, order: int, levels: int) -> Tensor:
    """-log₂ p of each token of `test` by counting in `train`, from the last `order` tokens: (M,).

    With n the tokens that were seen after a context, t the number of different ones and c those that equal x,

        p_m(x) = (c + t p_{m-1}(x)) / (n + t),   p_{-1} = 1/levels

    so a context that never occurred hands over to the shorter one (Witten and Bell). The first tokens of
    `test` see the end of `train`.
    """
    p = torch.full((len(test),), 1 / levels, dtype=torch.float64)
    together = torch.cat([train[len(train) - order:], test])
    for m in range(order + 1):
        contexts = _numbers(train, m, levels)[:-1] if m else torch.zeros(len(train), dtype=torch.int64)
        follows = train[m:]
        asked = (_numbers(together[order - m:], m, levels)[:-1] if m else torch.zeros(len(test), dtype=torch.int64))
        kinds, where, n = contexts.unique(return_inverse=True, return_counts=True)
        pairs, c = (where * levels + follows).unique(return_counts=True)
        t = torch.bincount(pairs // levels, minlength=len(kinds))
        place, known = _find(kinds, asked)
        pair, seen = _find(pairs, place * levels + test)
        counted = torch.where(known & seen, c[pair], 0)
        mixed = (counted + t[place] * p) / (n[place] + t[place])
        p = torch.where(known, mixed, p)
    return -p.log2()


def next_by_counting(train: Tensor, context: Tensor, order: int, levels: int) -> Tensor:
    """Probabilities of the token after `context` by the same counts as `ngram_bits`: (levels,)."""
    p = torch.full((levels,), 1 / levels, dtype=torch.float64)
    for m in range(min(order, len(context)) + 1):
        same = torch.ones(len(train) - m, dtype=torch.bool)
        for j, token in enumerate(context[len(context) - m:].tolist()):
            same &= train[j:len(train) - m + j] == token
        c = torch.bincount(train[m:][same], minlength=levels)
        if c.any():
            t = (c > 0).sum()
            p = (c + t * p) / (c.sum() + t)
    return p


def zlib_bits(train: str, test: str, compress: Callable[[bytes], bytes] = lambda b: zlib.compress(b, 9)) -> float:
    """Bits per character that `test` adds to a compressed file in which `train` already is.

    Args:
        compress: another compressor, such as lzma.compress.
    """
    before, after = (len(compress(part.encode())) for part in (train, train + test))
    return 8 * (after - before) / len(test)


def _numbers(tokens: Tensor, m: int, levels: int) -> Tensor:
    """Each stretch of m tokens as one whole number."""
    if levels**m >= 2**62:
        raise ValueError(f"contexts of {m} tokens of {levels} kinds do not fit into 64 bits: use a smaller order")
    weights = levels ** torch.arange(m - 1, -1, -1)
    return (tokens.unfold(0, m, 1) * weights).sum(1)


def _find(sorted_values: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Place of each wanted number in a sorted list, and whether it is there."""
    place = torch.searchsorted(sorted_values, wanted).clamp(max=len(sorted_values) - 1)
    return place, sorted_values[place] == wanted
