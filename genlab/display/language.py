"""Language to touch: what comes next by counting, a distribution to restrict, and who looks at whom.

Each is an ES module that needs no kernel, above a still picture of the same.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genlab.display.modules import Touchable, make
from genlab.display.quiet import quietly
from genlab.display.style import PALETTE, Picture, in_style, new_picture
from genlab.metrics.text import next_by_counting
from genlab.models.transformer import restrict

BLUE = PALETTE[0]
SHOWN = 14  # bars, the most probable first
TEXT = 250_000  # characters that travel with the widget
SENTENCE = 48  # tokens that the explorer looks over, the start included


def visible(characters: str) -> list[str]:
    """Each character as it can be seen on an axis."""
    return [{" ": "␣", "\n": "⏎", "\t": "⇥"}.get(c, c) for c in characters]


def next_letter(text: str, prompt: str, *, order: int = 2, orders: Sequence[int] = (0, 1, 2, 4)) -> Touchable:
    """A sentence to go on with, and what comes next in a text after its last letters.

    Args:
        text: what is counted in; the first 250,000 characters travel with the widget.
        prompt: where the reader starts.
        order: how many of the last letters are looked at, 0 … 8, at first.
        orders: those of the still picture.
    """
    text = text[:TEXT]
    alphabet = sorted(set(text))
    tokens, context = _tokens(text, alphabet), _tokens(prompt, alphabet)
    found = {f"looking at {m}": next_by_counting(tokens, context, m, len(alphabet)) for m in orders}
    widget = make("letters.js", dict(text=text, names=[], logits=[]),
                  dict(prompt=prompt, order=float(order), temperature=1.0, topK=1.0, topP=1.0))
    return Touchable(widget, plot_next(alphabet, found, title=f"What comes after “{''.join(visible(prompt))}”?"))


def sampling_explorer(logits: Tensor, alphabet: str, *, prompt: str = "", temperature: float = 0.7, top_k: int = 20,
                      top_p: float = 0.9) -> Touchable:
    """One distribution over tokens, with sliders for temperature, top-k and nucleus.

    Args:
        logits: (K,) for the token after `prompt`.
        alphabet: the K characters.
    """
    plain = dict(temperature=1.0, topK=float(len(alphabet)), topP=1.0)
    widget = make("letters.js", dict(text="", names=list(alphabet), logits=logits.double().tolist()),
                  dict(prompt=prompt, order=0.0, **plain))
    all_, cold = logits.double().softmax(-1), restrict(logits.double(), temperature=temperature)
    few, nucleus = restrict(logits.double(), top_k=top_k), restrict(logits.double(), top_p=top_p)
    found = {"the model": all_, f"temperature {temperature:g}": cold, f"top-k {top_k}": few,
             f"top-p {top_p:g}": nucleus}
    return Touchable(widget, plot_next(alphabet, found, title=f"After “…{''.join(visible(prompt[-12:]))}”"))


def attention_explorer(model: nn.Module, alphabet: str, sentence: str, *, title: str | None = None) -> Touchable:
    """A sentence to type, and for each head of a small `GPT` which letters each letter looks back at.

    The network runs in the browser, from its weights in half precision: up to about 360,000 of them.

    Args:
        model: a genlab `GPT` without classes, or one with the same names of its parts.
        sentence: where the reader starts; at most 47 characters of the alphabet.
    """
    dim, length = model.token.weight.shape[1], min(model.length, SENTENCE)
    shape = dict(dim=dim, length=length, depth=len(model.blocks), heads=model.blocks[0].heads)
    weights = b"".join(p.detach().cpu().half().numpy().astype("<f2").tobytes() for p in _in_order(model, length))
    widget = make("attention.js", dict(weights=weights, shape=shape, alphabet=alphabet),
                  dict(sentence=sentence, head=[0, 0], letter=-1.0))
    return Touchable(widget, plot_attention(attention_maps(model, alphabet, sentence), sentence, title=title))


def attention_maps(model: nn.Module, alphabet: str, sentence: str) -> Tensor:
    """Weights of every head over the start and the letters of a sentence: (depth, heads, n + 1, n + 1)."""
    tokens = torch.tensor([[alphabet.index(c) for c in sentence] + [0]])  # the last one is in no input
    with quietly(model):
        return model.attention(tokens.to(next(model.parameters()).device))[0].cpu()


def plot_attention(maps: Tensor, sentence: str, *, title: str | None = None,
                   heads: Sequence[tuple[int, int]] | None = None, names: Sequence[str] | None = None) -> Picture:
    """Attention as maps: row t is the letter that looks, column s what it looks at; dark is much.

    Args:
        maps: (depth, heads, n + 1, n + 1), as of `attention_maps`.
        heads: which (layer, head) to draw, large; by default all, small.
        names: a word above each map; by default its layer and head.
    """
    depth, count, n, _ = maps.shape
    chosen = [(i, h) for i in range(depth) for h in range(count)] if heads is None else list(heads)
    columns = count if heads is None else len(chosen)
    rows = -(-len(chosen) // columns)
    alt = (f"{title or 'Attention'}: maps of {len(chosen)} heads over the sentence “{sentence}”, a triangle each; "
           "dark where a letter (row) looks at an earlier one (column)")
    letters = ["⊢", *visible(sentence)]
    names = names or [f"layer {layer + 1}, head {head + 1}" for layer, head in chosen]
    with in_style():
        figure = new_picture(6.8, 6.8 / columns * rows + 0.5, alt=alt)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, name, (layer, head) in zip(axes, names, chosen, strict=True):
            ax.imshow(maps[layer, head].sqrt().numpy(), cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
            ax.set_title(name, fontsize=8, pad=3)
            ax.grid(visible=False)
            ticks = range(n) if heads is not None else []
            ax.set_xticks(ticks, letters if ticks else [], fontsize=6.5, family="DejaVu Sans Mono")
            ax.set_yticks(ticks, letters if ticks else [], fontsize=6.5, family="DejaVu Sans Mono")
        if title:
            figure.suptitle(title, fontsize=10.5, x=0.01, ha="left")
    return figure


def plot_next(alphabet: Sequence[str], found: dict[str, Tensor], *, title: str | None = None) -> Picture:
    """Distributions over the next token side by side, for the tokens that are most probable in the last one."""
    order = max(found.values(), key=lambda p: p.max().item()).argsort(descending=True)[:SHOWN].tolist()
    entropy = {name: -(p * p.clamp_min(1e-300).log2()).sum().item() for name, p in found.items()}
    words = "; ".join(f"{name}: {bits:.2f} bits" for name, bits in entropy.items())
    names = [visible(alphabet[i])[0] for i in order]
    with in_style():
        figure = new_picture(6.8, 3.0, alt=f"{title or 'The next token'}: bars of its probability. {words}")
        axes = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
        for ax, (name, p) in zip(axes, found.items(), strict=True):
            ax.barh(range(len(order)), p[order].tolist(), color=BLUE, height=0.7)
            ax.set_title(f"{name}\n{entropy[name]:.2f} bits", fontsize=9, pad=4)
            ax.set_yticks(range(len(order)), names, family="DejaVu Sans Mono")
            ax.set_xlabel("probability", fontsize=9)
            ax.grid(axis="y", visible=False)
        axes[0].invert_yaxis()  # once, for they share it
        if title:
            figure.suptitle(title, fontsize=10.5, x=0.01, ha="left")
    return figure


def _tokens(text: str, alphabet: list[str]) -> Tensor:
    places = {c: i for i, c in enumerate(alphabet)}
    return torch.tensor([places[c] for c in text], dtype=torch.int64)


def _in_order(model: nn.Module, length: int):
    """Parameters in the order in which the browser reads them."""
    yield model.token.weight
    yield model.start.weight
    yield model.position.weight[:length]
    for block in model.blocks:
        for part in (block.norm1, block.norm2, block.qkv, block.out, block.mlp[0], block.mlp[2]):
            yield from (part.weight, part.bias)
    yield from (model.norm.weight, model.norm.bias)
