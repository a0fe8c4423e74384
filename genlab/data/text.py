"""Text as whole numbers, one for each character: what every Python brings, or a file of your own.

    lines = text()                  the help pages of Python's `help()`, no download
    lines = text("my_novel.txt")    your own

The help pages are in the module pydoc_data.topics of the standard library. They differ a little from one version
of Python to the next, so results on them are compared with baselines on the same text, not with a fixed number.
"""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor

FEW = 1000  # characters: less cannot be split into something to learn from and something to measure on


@dataclass(frozen=True)
class Text:
    """A text cut in two, and the characters that occur in it.

    Attributes:
        train, test: whole numbers (N,) and (M,), places in the alphabet; the end of the text is held out.
        alphabet: every character of the text, once, in order.
    """

    train: Tensor
    test: Tensor
    alphabet: str

    def encode(self, characters: str) -> Tensor:
        """Places in the alphabet, (N,) int64.

        Raises:
            ValueError: a character does not occur in the text, so that no model of it knows one.
        """
        places = {c: i for i, c in enumerate(self.alphabet)}
        strange = sorted(set(characters) - places.keys())
        if strange:
            raise ValueError(f"the text has no {', '.join(map(repr, strange))}: leave out these characters")
        return torch.tensor([places[c] for c in characters], dtype=torch.int64)

    def decode(self, tokens: Tensor) -> str:
        """The characters at these places: (N,) -> str."""
        return "".join(self.alphabet[i] for i in tokens.flatten().tolist())


def text(source: str | PathLike | None = None, *, held_out: float = 0.1) -> Text:
    """The characters of a text as whole numbers.

    Args:
        source: a file in UTF-8; by default Python's own help pages.
        held_out: which part of the text, at its end, is there to measure on.

    Raises:
        ValueError: the text is too short to learn from, or held_out is no fraction.
    """
    if not 0 < held_out < 1:
        raise ValueError(f"held_out must lie between 0 and 1, got {held_out}: 0.1 keeps a tenth to measure on")
    content = help_pages() if source is None else Path(source).read_text(encoding="utf-8", errors="replace")
    if len(content) < FEW:
        raise ValueError(f"the text has {len(content)} characters: at least {FEW} are needed, better 100,000")
    alphabet = "".join(sorted(set(content)))
    places = {c: i for i, c in enumerate(alphabet)}
    tokens = torch.tensor([places[c] for c in content], dtype=torch.int64)
    cut = len(tokens) - max(1, round(held_out * len(tokens)))
    return Text(tokens[:cut], tokens[cut:], alphabet)


def help_pages() -> str:
    """What `help()` says on Python's topics, one after the other."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name].strip() for name in sorted(topics))


def windows(tokens: Tensor, length: int, *, step: int = 1) -> Tensor:
    """All stretches of `length` tokens, `step` apart: (N,) -> (windows, length), a view that takes no memory."""
    if not 1 <= length <= len(tokens):
        raise ValueError(f"length must lie between 1 and the {len(tokens)} tokens there are, got {length}")
    return tokens.unfold(0, length, step)
