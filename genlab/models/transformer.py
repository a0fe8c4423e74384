"""Transformer: an autoregressive model in which every token looks back at all those before it.

    log p(x) = Σ_t log p(x_t | x_1 … x_{t-1})                  one softmax over K values for each factor
    attention    a = softmax(q kᵀ / √d) v,  no weight on what comes later
    residual     h ← h + attend(norm(h)),  h ← h + mlp(norm(h))

All factors of a given x come from one pass. A sample takes T passes; each needs only its own token, for the keys
and values of the earlier ones are kept (the KV cache), so that a pass costs as much as one token and not as T.

Vaswani et al. (2017), Attention is all you need, arXiv:1706.03762. Radford et al. (2019), Language models are
unsupervised multitask learners (GPT-2), whose order of norms, initialisation and tied embedding these are.
Nucleus sampling: Holtzman et al. (2019), arXiv:1904.09751. Image tokens: Chen et al. (2020), Generative
pretraining from pixels, ICML.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import check_range, evaluating
from genlab.models.conditioning import asked_labels
from genlab.random import rand

KeysAndValues = tuple[Tensor, Tensor]  # of one block: (B, heads, T, d) each


def attention_weights(q: Tensor, k: Tensor) -> Tensor:
    """softmax(q kᵀ / √d) with no weight on later tokens: (…, Q, d), (…, T, d) -> (…, Q, T).

    The queries are those of the last Q of the T tokens, so query i may look at keys 0 … T - Q + i.
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    new, seen = scores.shape[-2:]
    later = torch.ones(new, seen, dtype=torch.bool, device=q.device).triu(seen - new + 1)
    return scores.masked_fill(later, -math.inf).softmax(-1)


def causal_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Each query's mean of the values it may see: (…, Q, d), (…, T, d), (…, T, e) -> (…, Q, e)."""
    return attention_weights(q, k) @ v


def restrict(logits: Tensor, *, temperature: float = 1.0, top_k: int | None = None,
             top_p: float | None = None) -> Tensor:
    """Probabilities to draw the next token from: (…, K) -> (…, K), adding up to 1.

    In this order: softmax(logits / temperature); only the top_k most probable stay; of these only the smallest
    set of most probable ones that together have at least top_p of what is left (the nucleus). Of equals at the
    border the first stay. Whatever is set, the most probable token stays.

    Args:
        temperature: above 0. Below 1 the probable become more so; only 1 draws from the model's distribution.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}: use a small one, or the argmax")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, got {top_k}: leave it out to keep all")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must lie in (0, 1], got {top_p}: leave it out to keep all")
    p = (logits / temperature).softmax(-1)
    if top_k is None and top_p is None:
        return p
    ranked, order = p.sort(dim=-1, descending=True, stable=True)
    if top_k is not None:
        ranked = torch.where(torch.arange(p.shape[-1], device=p.device) < top_k, ranked, 0)
        ranked = ranked / ranked.sum(-1, keepdim=True)
    if top_p is not None:
        before = ranked.cumsum(-1) - ranked  # what the more probable ones have together
        ranked = torch.where(before < top_p, ranked, 0)
    return torch.zeros_like(p).scatter(-1, order, ranked / ranked.sum(-1, keepdim=True))


def draw(probabilities: Tensor, u: Tensor) -> Tensor:
    """Whole numbers by the inverse of the cumulative sum at u in [0, 1): (B, K), (B, 1) -> (B,)."""
    cumulative = probabilities.cumsum(-1)
    # u times the last entry, which rounding may leave off 1: the count then stays below K.
    return (cumulative <= u * cumulative[:, -1:]).sum(-1).clamp(max=probabilities.shape[-1] - 1)


class Block(nn.Module):
    """Look back, then think: (B, Q, dim) -> (B, Q, dim), and the keys and values seen so far."""

    def __init__(self, dim: int, heads: int, dropout: float = 0.0):
        super().__init__()
        if dim % heads:
            raise ValueError(f"dim must be a multiple of heads, got {dim} and {heads}: each head takes a part")
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(approximate="tanh"), nn.Linear(4 * dim, dim))
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: Tensor, past: KeysAndValues | None = None) -> tuple[Tensor, KeysAndValues]:
        q, k, v = self.queries(h)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        seen = causal_attention(q, k, v).transpose(1, 2).flatten(2)  # (B, Q, dim), head beside head
        h = h + self.dropout(self.out(seen))
        return h + self.dropout(self.mlp(self.norm2(h))), (k, v)

    def queries(self, h: Tensor) -> list[Tensor]:
        """Queries, keys and values of every head, (B, heads, Q, dim / heads) each."""
        parts = self.qkv(self.norm1(h)).chunk(3, -1)
        return [part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts]


class GPT(nn.Module):
    """A decoder-only transformer as a distribution over up to T whole numbers in 0 … K-1; x is (B, T) int64.

    Before the first token stands a learned start, one for each class if there are classes: it alone tells the
    tokens which class to be of. So log p(x) counts the first token, too.

    Args:
        levels: K.
        length: T, the longest stretch of tokens that it can look over.
        dim, depth, heads: width of the residual stream, blocks, and heads in each.
        num_classes: 0 for none.
        dropout: after attention and mlp, in training only.
    """

    data_form = "levels"

    def __init__(self, levels: int, length: int, *, dim: int = 128, depth: int = 4, heads: int = 4,
                 num_classes: int = 0, dropout: float = 0.0):
        super().__init__()
        self.levels, self.length, self.num_classes = levels, length, num_classes
        self.data_range = (0, levels - 1)
        self.token = nn.Embedding(levels, dim)
        self.start = nn.Embedding(max(1, num_classes), dim)
        self.position = nn.Embedding(length, dim)
        self.blocks = nn.ModuleList(Block(dim, heads, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.initialise()

    def initialise(self) -> None:
        """N(0, 0.64/dim), and less by √(2 depth) where a block adds to the residual stream.

        GPT-2 takes 0.02 for the standard deviation at dim 768; at dim 96 that costs several hundred steps.
        """
        for name, p in self.named_parameters():
            if p.ndim == 2:
                adds = name.endswith(("out.weight", "mlp.2.weight"))
                share = 2 * len(self.blocks) if adds else 1
                nn.init.normal_(p, std=0.8 / math.sqrt(share * self.norm.weight.numel()))
            elif "norm" not in name:
                nn.init.zeros_(p)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits of x_t given x_1 … x_{t-1}: (B, T) -> (B, T, K). The last token is in no input."""
        self._check(x)
        h = torch.cat([self._started(labels, len(x)), self.token(x[:, :-1])], 1)
        return self._read(h)[0]

    def next_logits(self, tokens: Tensor | None, labels: Tensor | None = None, *, num_samples: int | None = None,
                    past: Sequence[KeysAndValues] | None = None) -> tuple[Tensor, list[KeysAndValues]]:
        """Logits of the token after these, (B, K), and what later calls need of all tokens so far.

        Args:
            tokens: (B, Q), those that no earlier call has had; None where there is none yet.
            num_samples: B, needed only if tokens is None.
            past: what the call before returned; None in the first, which puts the start in front.
        """
        parts = [] if tokens is None else [self.token(tokens)]
        if past is None:
            parts = [self._started(labels, num_samples if tokens is None else len(tokens)), *parts]
        logits, past = self._read(torch.cat(parts, 1), past, last=True)
        return logits[:, -1], past

    def attention(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Who looks at whom: (B, depth, heads, T, T), row t those of the position that predicts x_t.

        Column 0 is the start, column s the token x_s; every row adds up to 1.
        """
        self._check(x)
        h = torch.cat([self._started(labels, len(x)), self.token(x[:, :-1])], 1)
        h, maps = h + self.position.weight[:h.shape[1]], []
        for block in self.blocks:
            q, k, _ = block.queries(h)
            maps.append(attention_weights(q, k))
            h, _ = block(h)
        return torch.stack(maps, 1)

    def log_prob(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """log p(x) in nats, exact: (B, T) -> (B,)."""
        return -F.cross_entropy(self(x, labels).transpose(1, 2), x, reduction="none").sum(1)

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Mean of -log p(x_t | …) in nats per token, and the same in bits; dropout aside nothing is random."""
        nats = -self.log_prob(x, y).mean() / x.shape[1]
        return {"loss": nats, "bits_per_token": nats.detach() / math.log(2)}

    def trajectory(self, num_samples: int = 64, *, labels: Sequence[int] | Tensor | int | None = None,
                   prompt: Tensor | None = None, length: int | None = None, temperature: float = 1.0,
                   top_k: int | None = None, top_p: float | None = None,
                   rng: torch.Generator | None = None) -> Iterator[Tensor]:
        """Samples in the making: (num_samples, t) with one token more each time, the prompt first."""
        like = self.norm.weight
        labels = asked_labels(labels, num_samples, [self], like=like)
        x = torch.zeros(num_samples, 0, dtype=torch.int64, device=like.device)
        if prompt is not None:
            x = prompt.to(like.device).expand(num_samples, -1) if prompt.ndim == 1 else prompt.to(like.device)
        length = self.length if length is None else length
        past = None
        yield x
        while x.shape[1] < length:
            with evaluating(self):
                logits, past = self._next(x, labels, past)
                p = restrict(logits, temperature=temperature, top_k=top_k, top_p=top_p)
                x = torch.cat([x, draw(p, rand((num_samples, 1), like=p, rng=rng))[:, None]], 1)
            yield x

    def sample(self, num_samples: int = 64, *, labels: Sequence[int] | Tensor | int | None = None,
               prompt: Tensor | None = None, length: int | None = None, temperature: float = 1.0,
               top_k: int | None = None, top_p: float | None = None,
               rng: torch.Generator | None = None) -> Tensor:
        """Samples, (num_samples, length) whole numbers.

        Args:
            labels: one class for all or one for each; needed if the model has classes.
            prompt: what they begin with, (P,) or (num_samples, P).
            length: in all, prompt included; by default that of the model. Where it is longer, the model looks
                over the last half of its length whenever that is full, as if the text began there.
            temperature, top_k, top_p: as in `restrict`. Only the defaults draw from p.
        """
        return deque(self.trajectory(num_samples, labels=labels, prompt=prompt, length=length,
                                     temperature=temperature, top_k=top_k, top_p=top_p, rng=rng), maxlen=1).pop()

    def _next(self, x: Tensor, labels: Tensor | None, past) -> tuple[Tensor, list[KeysAndValues]]:
        """Logits of the token after x; `past` holds all of x but its last token, or is None."""
        if past is not None and past[0][0].shape[2] < self.length:
            return self.next_logits(x[:, -1:], labels, past=past)
        seen = x if x.shape[1] < self.length else x[:, x.shape[1] - self.length // 2:]
        return self.next_logits(seen, labels)

    def _started(self, labels: Tensor | None, n: int) -> Tensor:
        """The vectors in front of the first tokens, (n, 1, dim)."""
        if not self.num_classes:
            return self.start.weight.expand(n, 1, -1)
        if labels is None:
            raise ValueError("this GPT is conditional: pass labels, one for each row")
        check_range(labels, 0, self.num_classes - 1, "count from 0, or build the model with more classes",
                    what="labels")
        return self.start(labels)[:, None]

    def _read(self, h: Tensor, past=None, *, last: bool = False) -> tuple[Tensor, list[KeysAndValues]]:
        """Embedded tokens through all blocks to logits (B, Q, K), or (B, 1, K) for the last one alone."""
        seen = 0 if past is None else past[0][0].shape[2]
        if seen + h.shape[1] > self.length:
            raise ValueError(f"the model looks over {self.length} tokens at most, the start included, got "
                             f"{seen + h.shape[1]}: cut the text, or build it with a larger `length`")
        h = h + self.position.weight[seen:seen + h.shape[1]]
        kept = []
        for i, block in enumerate(self.blocks):
            h, both = block(h, None if past is None else past[i])
            kept.append(both)
        h = self.norm(h[:, -1:] if last else h)
        return h @ self.token.weight.T, kept  # the embedding read backwards

    def _check(self, x: Tensor) -> None:
        if x.is_floating_point() or x.ndim != 2 or not 1 <= x.shape[1] <= self.length:
            raise ValueError(f"x must be whole numbers (B, T) with T in 1 … {self.length}, got {x.dtype} "
                             f"{tuple(x.shape)}: see genlab.data.text, or genlab.data.to_levels")
        check_range(x, *self.data_range, "the model was built for fewer levels", what="x")
