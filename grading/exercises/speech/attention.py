"""speech-attention: where to read next, from what is said now and from where one has read so far.

The lesson gives the constructor, word for word as in `Given` below; the student writes one method:

    forward(self, query, memory, last, total, mask) -> context, weights, total + weights
        score_n = score(tanh(query(q) + key(h_n) + place(f_n))),   f = location([last; total]) along n
        weights = softmax of the scores over the symbols in `mask`, exactly 0 outside
        context = Σ_n weights_n h_n

Fixed: query (B, Q), memory (B, N, M), last and total (B, N), mask (B, N) of truth values with at least one True in each row;
context (B, M), weights (B, N) and the new total (B, N). Nothing is detached and nothing handed over is changed.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import randint, randn
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A batch with a full row, one with a single symbol and two between; padding holds large numbers."""
    B, N, Q, M, dim, filters, width = 4, 7, 8, 3, 6, 4, 5
    double = torch.zeros((), dtype=torch.float64)
    lengths = torch.tensor([N, 1, int(randint(2, N - 1, (), rng=rng)), 4])[torch.randperm(4, generator=rng)]
    mask = torch.arange(N) < lengths[:, None]
    past = torch.softmax(2 * randn((3, B, N), like=double, rng=rng).masked_fill(~mask, -torch.inf), -1)
    with torch.device("meta"):  # shapes alone: no random numbers are drawn
        shapes = {name: value.shape for name, value in Given(Q, M, dim, filters, width).state_dict().items()}
    weights = {name: 1.5 * draws.normal(shape, rng=rng) for name, shape in shapes.items()}
    memory = draws.normal((B, N, M), rng=rng)
    return {"query": draws.normal((B, Q), rng=rng), "memory": torch.where(mask[..., None], memory, 30 * memory),
            "lengths": lengths, "last": past[-1], "total": past.sum(0), "sizes": torch.tensor([Q, M, dim, filters, width]),
            "steep": 900 + 100 * torch.rand(1, generator=rng).item(), **weights}


def probe(LocationAttention, query, memory, lengths, last, total, sizes, steep, **weights):
    """The first step without and with padding; a later one and its gradients; rows alone; steep scores; one letter each."""
    model = probing.load(LocationAttention(*sizes.tolist()), weights)
    steeper = probing.load(LocationAttention(*sizes.tolist()), {**weights, "score.weight": steep * weights["score.weight"]})

    def ask(model, query, memory, last, total, mask):
        return probing.tensors(model(query, memory, last, total, mask), 3, "`forward`")

    def at(i, stop):
        given = (x[i:i + 1, :stop] for x in (memory, last, total, mask))
        return ask(model, query[i:i + 1], *given)

    def safely(names, *call):
        found = probing.attempt(*call)
        return dict(zip(names, [found] * 3 if isinstance(found, str) else found, strict=True))

    mask = torch.arange(memory.shape[1]) < lengths[:, None]
    none = torch.zeros_like(last)
    _, full, _ = ask(model, query, memory, none, none, torch.ones_like(mask))
    _, masked, _ = ask(model, query, memory, none, none, mask)
    leaves = [probing.leaf(x) for x in (query, memory, last, total)]
    context, new, summed = ask(model, *leaves, probing.watch("mask", mask.clone()))
    values = dict(full=full, masked=masked, new=new, context=context, summed=summed)
    inner = dict(query=leaves[0], memory=leaves[1], last=leaves[2], total=leaves[3], location=model.location.weight,
                 score=model.score.weight)
    for name, value in dict(context=context, new=new, summed=summed).items():
        weigh = torch.cos(torch.arange(value.numel())).view(value.shape).to(value.dtype)
        for of, slope in zip(inner, probing.vjp(value, list(inner.values()), weigh), strict=True):
            values[f"{name}_{of}"] = slope
    for i in range(len(query)):
        values |= safely((f"context_{i}", f"alone_{i}", f"total_{i}"), at, i, int(lengths[i]))
    values |= safely(("letter_context", "letter", "letter_total"), ask, model, query, memory[:, :1], last[:, :1], total[:, :1], mask[:, :1])
    far = 1e5 * memory[0, :1] * torch.where(mask[..., None], 1.0, -1.0).to(memory.dtype)
    sign = torch.sign(model.key.weight.detach() @ memory[0, 0])
    low = probing.load(LocationAttention(*sizes.tolist()), {**weights, "score.weight": -2048 * sign[None]})
    # scores of -12 288, in float32 exactly, and in padding as far above 0: -10 000 masks neither as a value nor added
    values |= safely(("low_context", "low", "low_total"), ask, low, query, far, last, total, mask)
    return values | safely(("sharp_context", "sharp", "sharp_total"), ask, steeper, query, memory, last, total, mask)


class Given(nn.Module):
    """The constructor as the lesson gives it; the names of the layers are fixed."""

    def __init__(self, query_dim, memory_dim, dim, filters=8, width=15):
        super().__init__()
        self.query, self.key = nn.Linear(query_dim, dim, bias=False), nn.Linear(memory_dim, dim, bias=False)
        self.location = nn.Conv1d(2, filters, width, padding=width // 2, bias=False)
        self.place, self.score = nn.Linear(filters, dim, bias=False), nn.Linear(dim, 1, bias=False)


class LocationAttention(Given):
    """The reference."""

    def forward(self, query, memory, last, total, mask):
        features = self.location(torch.stack([last, total], 1)).transpose(1, 2)
        scores = self.score(torch.tanh(self.query(query)[:, None] + self.key(memory) + self.place(features)))[..., 0]
        weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), -1)
        return (weights[..., None] * memory).sum(1), weights, total + weights


class Truth(Given):
    """Row by row and symbol by symbol; padding is left off, where it cannot do harm."""

    def forward(self, query, memory, last, total, mask):
        rows, contexts, half = [], [], self.location.kernel_size[0] // 2
        for b in range(len(query)):
            stop = int(mask[b].sum())
            past = F.pad(torch.stack([last[b], total[b]]), (half, half))
            scores = []
            for i in range(stop):
                feature = (self.location.weight * past[:, i:i + 2 * half + 1]).sum((1, 2))
                inside = self.query.weight @ query[b] + self.key.weight @ memory[b, i] + self.place.weight @ feature
                scores.append(self.score.weight[0] @ torch.tanh(inside))
            row = torch.exp(torch.stack(scores) - torch.logsumexp(torch.stack(scores), 0))
            contexts.append(sum(row[i] * memory[b, i] for i in range(stop)))
            rows.append(torch.cat([row, row.new_zeros(memory.shape[1] - stop)]))
        return torch.stack(contexts), torch.stack(rows), total + torch.stack(rows)


_INNER = ("query", "memory", "last", "total", "location", "score")

exercise = Exercise(
    id="speech-attention", defines="class LocationAttention(nn.Module)", core=True, points=4, level=4, minutes=20,
    inputs=inputs, probe=probe, reference=LocationAttention, truth=Truth,
    withholds=["genlab.models.location.LocationAttention", "genlab.models.tacotron.Tacotron2"],
    comparisons=[
        Compare("full", shape="(B, N)", points=0.75, what="the weights at the first step",
                says="The weights at the first step, nothing padded: a softmax over symbols of score(tanh(query + key))."),
        Compare("masked", shape="(B, N)", points=0.75, what="the weights at the first step of a padded batch",
                says="Outside the mask the weights are exactly 0, and the rest of each row still sums to 1."),
        Compare("new", shape="(B, N)", points=0.75, what="the weights at a later step",
                says="At a later step the last weights and their total, in this order, move the scores through `location` and `place`."),
        Compare("context", shape="(B, M)", points=0.5, what="the context",
                says="The context is the average of the memory under the new weights."),
        Compare("summed", shape="(B, N)", points=0.25, what="the new total",
                says="The new total is the old one plus the new weights."),
        Compare(*(f"{value}_{of}" for value in ("context", "new", "summed") for of in _INNER), points=0.5, what="a gradient",
                tolerance=1e-4,
                says="Gradients reach the query, the memory, the layers, and the past through `location`; none comes from padding."),
        Compare(*(f"{name}_{i}" for i in range(4) for name in ("context", "alone", "total")), "sharp", "sharp_context", "sharp_total",
                "letter_context", "letter", "letter_total", "low_context", "low", "low_total",
                points=0.5, tolerance=3e-3, what="`forward` at an end",
                says="A row alone, without its padding, gets what it gets in the batch, be it one symbol; large scores of both signs do no harm."),
    ],
    hints=[
        "One number for each symbol says how well it fits. What must happen to those numbers so that padding gets nothing, and before "
        "or after the softmax?",
        "Stack the two kinds of past to (B, 2, N) for `location`, and bring its filters to the end for `place`. Add self.query(query)[:, None], "
        "take tanh, then `score`, and drop its axis of length 1. Before the softmax over symbols the scores outside the mask become -∞.",
        "f = self.location(torch.stack([last, total], 1)).transpose(1, 2); s = self.score(torch.tanh(self.query(query)[:, None] + "
        "self.key(memory) + self.place(f)))[..., 0]; weights = s.masked_fill(~mask, -torch.inf).softmax(-1).",
    ],
    afterwards="Without the features the same letter said twice has the same score twice: content alone cannot tell which comes next.",
)
