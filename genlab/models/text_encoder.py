"""From a prompt to rows of vectors: words as tokens, a place for each, and a mask over what is not there.

    "a red circle"  ->  [start, a, red, circle, padding, …]  ->  (L, D) vectors and (L,) of True and False

Every prompt begins with a start token, so that the empty prompt has something to say: "nothing is asked". Training
with dropped captions gives it its meaning; guidance leads away from it.

Vaswani et al. (2017), Attention is all you need, arXiv:1706.03762. In Stable Diffusion this part is CLIP's text
model: Radford et al. (2021), arXiv:2103.00020.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

PAD, START = 0, 1


class Context(NamedTuple):
    """What a network sees of prompts: vectors (B, L, D), and keep (B, L), False where there is only padding."""

    vectors: Tensor
    keep: Tensor | None = None

    def expand(self, n: int) -> "Context":
        """One prompt for n images."""
        return Context(*(None if part is None else part.expand(n, *part.shape[1:]) for part in self))

    def join(self, other: "Context") -> "Context":
        """The rows of one above those of the other."""
        pairs = zip(self, other, strict=True)
        return Context(*(None if a is None or b is None else torch.cat([a, b]) for a, b in pairs))


class CaptionEncoder(nn.Module):
    """A small transformer over the words of a prompt.

    Args:
        words: all that prompts may say.
        dim: size of the vectors.
        layers, heads: of the transformer.
        length: tokens of the longest prompt, start included.
    """

    def __init__(self, words: Sequence[str], dim: int = 64, *, layers: int = 2, heads: int = 4, length: int = 8):
        super().__init__()
        self.words, self.length, self.dim = tuple(words), length, dim
        self.rows = {word: row for row, word in enumerate(self.words, 2)}
        self.table, self.places = nn.Embedding(len(self.words) + 2, dim), nn.Embedding(length, dim)
        layer = nn.TransformerEncoderLayer(dim, heads, 2 * dim, 0.0, "gelu", batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, layers, nn.LayerNorm(dim), enable_nested_tensor=False)

    def tokenize(self, prompts: str | Sequence[str]) -> Tensor:
        """Rows of the table, (B, length): start, words, padding. Upper case is as good as lower case.

        Raises:
            ValueError: a word that is not known, or too many of them.
        """
        prompts = [prompts] if isinstance(prompts, str) else list(prompts)
        tokens = torch.full((len(prompts), self.length), PAD)
        for row, prompt in zip(tokens, prompts, strict=True):
            words = prompt.lower().split()
            strange = [word for word in words if word not in self.rows]
            if strange:
                raise ValueError(f"{strange[0]!r} is not among the words of this model: {', '.join(self.words)}")
            if len(words) >= self.length:
                raise ValueError(f"{prompt!r} has {len(words)} words, and there is room for {self.length - 1}")
            row[:len(words) + 1] = torch.tensor([START, *(self.rows[word] for word in words)])
        return tokens.to(self.table.weight.device)

    def forward(self, tokens: Tensor) -> Context:
        """Tokens (B, L) -> vectors (B, L, dim) that know of the words around them, and the mask."""
        keep = tokens != PAD
        vectors = self.table(tokens) + self.places.weight[:tokens.shape[1]]
        return Context(self.body(vectors, src_key_padding_mask=~keep), keep)
