"""Answers to speech-attention: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake
from grading.exercises.speech._attention_right import ByEinsum, LargeNegative, RowByRow, StableExponentials
from grading.exercises.speech.attention import Given


class _Parts(Given):
    """The reference in pieces, so that a wrong answer is one of them."""

    def past(self, last, total):
        return torch.stack([last, total], 1)

    def features(self, last, total):
        return self.place(self.location(self.past(last, total)).transpose(1, 2))

    def inside(self, query, memory, last, total):
        return self.query(query)[:, None] + self.key(memory) + self.features(last, total)

    def scores(self, query, memory, last, total):
        return self.score(torch.tanh(self.inside(query, memory, last, total)))[..., 0]

    def weigh(self, scores, mask):
        return torch.softmax(scores.masked_fill(~mask, -torch.inf), -1)

    def average(self, weights, memory):
        return (weights[..., None] * memory).sum(1)

    def add(self, total, weights, last):
        return total + weights

    def forward(self, query, memory, last, total, mask):
        weights = self.weigh(self.scores(query, memory, last, total), mask)
        return self.average(weights, memory), weights, self.add(total, weights, last)


# Known mistakes


def _past(name, function):
    return type(name, (_Parts,), {"past": lambda self, last, total: function(last, total)})


def _weigh(name, function):
    return type(name, (_Parts,), {"weigh": lambda self, scores, mask: function(scores, mask)})


def _average(name, function):
    return type(name, (_Parts,), {"average": lambda self, weights, memory: function(weights, memory)})


def _add(name, function):
    return type(name, (_Parts,), {"add": lambda self, total, weights, last: function(total, weights, last)})


PastSwapped = _past("PastSwapped", lambda last, total: torch.stack([total, last], 1))
LastTwice = _past("LastTwice", lambda last, total: torch.stack([last, last], 1))
TotalTwice = _past("TotalTwice", lambda last, total: torch.stack([total, total], 1))
SumOfBoth = _past("SumOfBoth", lambda last, total: torch.stack([last, total + last], 1))
TotalBefore = _past("TotalBefore", lambda last, total: torch.stack([last, total - last], 1))
PastDetached = _past("PastDetached", lambda last, total: torch.stack([last, total], 1).detach())
TotalDetached = _past("TotalDetached", lambda last, total: torch.stack([last, total.detach()], 1))
LastOnly = _past("LastOnly", lambda last, total: torch.stack([last, torch.zeros_like(total)], 1))
ViewedNotStacked = _past("ViewedNotStacked", lambda last, total: torch.stack([last, total], -1).reshape(len(last), 2, -1))
TotalNormed = _past("TotalNormed", lambda last, total: torch.stack([last, total / total.sum(-1, keepdim=True).clamp(min=1e-9)], 1))

RenormedAfterwards = _weigh("RenormedAfterwards", lambda s, mask: s.softmax(-1) * mask / (s.softmax(-1) * mask).sum(-1, keepdim=True))
MinusTenThousand = _weigh("MinusTenThousand", lambda s, mask: s.masked_fill(~mask, -1e4).softmax(-1))
LessTenThousand = _weigh("LessTenThousand", lambda s, mask: (s - 1e4 * ~mask).softmax(-1))
NoMask = _weigh("NoMask", lambda s, mask: s.softmax(-1))
MaskTurned = _weigh("MaskTurned", lambda s, mask: s.masked_fill(mask, -1e9).softmax(-1))
ZeroScores = _weigh("ZeroScores", lambda s, mask: (s * mask).softmax(-1))
MaskedAfterwards = _weigh("MaskedAfterwards", lambda s, mask: s.softmax(-1) * mask)
OverBatch = _weigh("OverBatch", lambda s, mask: s.masked_fill(~mask, -1e9).softmax(0))
SoftMinusTen = _weigh("SoftMinusTen", lambda s, mask: s.masked_fill(~mask, -10.0).softmax(-1))
SmallestNumber = _weigh("SmallestNumber", lambda s, mask: s.masked_fill(~mask, torch.finfo(s.dtype).tiny).softmax(-1))
LogitsOfMask = _weigh("LogitsOfMask", lambda s, mask: (s + mask.to(s.dtype)).softmax(-1))
Exponentials = _weigh("Exponentials", lambda s, mask: (s.exp() * mask) / (s.exp() * mask).sum(-1, keepdim=True))
WithEpsilon = _weigh("WithEpsilon", lambda s, mask: (s.exp() * mask + 1e-3 * mask) / (s.exp() * mask + 1e-3 * mask).sum(-1, keepdim=True))
Sigmoids = _weigh("Sigmoids", lambda s, mask: torch.sigmoid(s) * mask)
SigmoidsNormed = _weigh("SigmoidsNormed", lambda s, mask: torch.sigmoid(s) * mask / (torch.sigmoid(s) * mask).sum(-1, keepdim=True))
Scaled = _weigh("Scaled", lambda s, mask: (s / s.shape[-1] ** 0.5).masked_fill(~mask, -torch.inf).softmax(-1))
Logarithms = _weigh("Logarithms", lambda s, mask: s.masked_fill(~mask, -torch.inf).log_softmax(-1).masked_fill(~mask, 0))
Hardmax = _weigh("Hardmax", lambda s, mask: F.one_hot(s.masked_fill(~mask, -torch.inf).argmax(-1), s.shape[-1]).to(s.dtype))
FirstMask = _weigh("FirstMask", lambda s, mask: s.masked_fill(~mask[:1], -torch.inf).softmax(-1))
WeightsDetached = _weigh("WeightsDetached", lambda s, mask: s.masked_fill(~mask, -torch.inf).softmax(-1).detach())
Clamped = _weigh("Clamped", lambda s, mask: s.clamp(-50, 50).masked_fill(~mask, -torch.inf).softmax(-1))

MeanContext = _average("MeanContext", lambda w, h: (w[..., None] * h).mean(1))
UnweightedContext = _average("UnweightedContext", lambda w, h: h.mean(1))
BestContext = _average("BestContext", lambda w, h: h[torch.arange(len(h)), w.argmax(-1)])
MemoryDetached = _average("MemoryDetached", lambda w, h: (w[..., None] * h.detach()).sum(1))
ContextKeepsAxis = _average("ContextKeepsAxis", lambda w, h: w[:, None] @ h)
ContextNotSummed = _average("ContextNotSummed", lambda w, h: w[..., None] * h)
ContextOfWeightsDetached = _average("ContextOfWeightsDetached", lambda w, h: (w.detach()[..., None] * h).sum(1))

TotalUnchanged = _add("TotalUnchanged", lambda total, w, last: total)
TotalIsNew = _add("TotalIsNew", lambda total, w, last: w)
LastAdded = _add("LastAdded", lambda total, w, last: total + last)
AllAdded = _add("AllAdded", lambda total, w, last: total + last + w)
TotalAveraged = _add("TotalAveraged", lambda total, w, last: 0.5 * (total + w))
NewDetached = _add("NewDetached", lambda total, w, last: total + w.detach())
SumDetached = _add("SumDetached", lambda total, w, last: (total + w).detach())
OldOfAll = _add("OldOfAll", lambda total, w, last: last + w)


class InPlace(_Parts):
    def add(self, total, weights, last):
        with torch.no_grad():
            total += weights
        return total


class AllSqueezed(_Parts):
    def scores(self, query, memory, last, total):
        return self.score(torch.tanh(self.inside(query, memory, last, total))).squeeze()

    def average(self, weights, memory):
        return (weights[:, None] @ memory).squeeze()


class NoTanh(_Parts):
    def scores(self, query, memory, last, total):
        return self.score(self.inside(query, memory, last, total))[..., 0]


class Relu(_Parts):
    def scores(self, query, memory, last, total):
        return self.score(torch.relu(self.inside(query, memory, last, total)))[..., 0]


class TanhAtTheEnd(_Parts):
    def scores(self, query, memory, last, total):
        return torch.tanh(self.score(torch.tanh(self.inside(query, memory, last, total))))[..., 0]


class ScoreForgotten(_Parts):
    def scores(self, query, memory, last, total):
        return torch.tanh(self.inside(query, memory, last, total)).sum(-1)


class SqueezedAll(_Parts):
    def scores(self, query, memory, last, total):
        return self.score(torch.tanh(self.inside(query, memory, last, total))).squeeze()


class ContentOnly(_Parts):
    """The outline's: it does not know where it has been."""

    def inside(self, query, memory, last, total):
        return self.query(query)[:, None] + self.key(memory)


class QueryForgotten(_Parts):
    def inside(self, query, memory, last, total):
        return self.key(memory) + self.features(last, total)


class KeysForgotten(_Parts):
    def inside(self, query, memory, last, total):
        return self.query(query)[:, None] + self.features(last, total)


class Multiplied(_Parts):
    def inside(self, query, memory, last, total):
        return self.query(query)[:, None] * self.key(memory) + self.features(last, total)


class FeaturesOutside(_Parts):
    def scores(self, query, memory, last, total):
        inside = torch.tanh(self.query(query)[:, None] + self.key(memory)) + self.features(last, total)
        return self.score(inside)[..., 0]


class TanhOfEach(_Parts):
    def scores(self, query, memory, last, total):
        return self.score(torch.tanh(self.query(query))[:, None] + torch.tanh(self.key(memory))
                          + torch.tanh(self.features(last, total)))[..., 0]


class FirstQueryForAll(_Parts):
    def inside(self, query, memory, last, total):
        return self.query(query[:1])[:, None] + self.key(memory) + self.features(last, total)


class ReluFeatures(_Parts):
    def features(self, last, total):
        return self.place(torch.relu(self.location(self.past(last, total))).transpose(1, 2))


class FeaturesViewed(_Parts):
    def features(self, last, total):
        f = self.location(self.past(last, total))
        return self.place(f.reshape(len(f), f.shape[2], f.shape[1]))


class FeaturesAveraged(_Parts):
    def features(self, last, total):
        return self.place(self.location(self.past(last, total)).mean(-1))[:, None]


class MemoryMaskedNot(_Parts):
    def forward(self, query, memory, last, total, mask):
        weights = self.weigh(self.scores(query, memory, last, total), torch.ones_like(mask))
        return self.average(weights * mask, memory), weights * mask, self.add(total, weights * mask, last)


class KeysAveraged(_Parts):
    def average(self, weights, memory):
        return (weights[..., None] * self.key(memory)).sum(1)


class TwoReturned(_Parts):
    def forward(self, query, memory, last, total, mask):
        return super().forward(query, memory, last, total, mask)[:2]


class WeightsFirst(_Parts):
    def forward(self, query, memory, last, total, mask):
        context, weights, total = super().forward(query, memory, last, total, mask)
        return weights, context, total


class LengthOfBatch(_Parts):
    def forward(self, query, memory, last, total, mask):
        return super().forward(query, memory, last, total, mask.any(0).expand_as(mask))


class WithoutGradient(_Parts):
    def forward(self, query, memory, last, total, mask):
        with torch.no_grad():
            return super().forward(query, memory, last, total, mask)

MASK = "Padding takes part: before the softmax the scores outside `mask` become -∞, so that the rest sums to 1."
AFTERWARDS = "Masked after the softmax, nothing is left where padding has much the largest score: put -∞ there before."
FINITE = "What you put in place of -∞ is not low enough: scores may be lower. -torch.inf masks whatever they are."
SOFTMAX = "The weights are a softmax of the scores over the symbols of each row."
PAST = "`location` reads two channels for each symbol: first the last weights, then the total."
INSIDE = "Inside one tanh stands the sum of three: query, key and place. `score` reads what comes out."
PLACES = "The features go from `location` to `place` symbol by symbol: bring the filters to the last axis, nothing between."
CONTEXT = "The context is Σ weights · memory over the symbols, (B, M)."
TOTAL = "The new total is the old total plus the new weights."
DETACHED = "Nothing is detached here: gradients reach every argument through the weights, also through the past."
STEEP = "exp overflows where scores are large: use softmax, which takes the largest off first."

mistakes = [
    *(Mistake(answer, MASK) for answer in (NoMask, MaskTurned, ZeroScores, MaskedAfterwards, SoftMinusTen, SmallestNumber, LogitsOfMask,
                                           FirstMask, MemoryMaskedNot, LengthOfBatch)),
    Mistake(RenormedAfterwards, AFTERWARDS),
    *(Mistake(answer, FINITE) for answer in (MinusTenThousand, LessTenThousand)),
    Mistake(OverBatch, "The softmax goes over the batch. Each row has its own symbols: dim=-1."),
    *(Mistake(answer, SOFTMAX) for answer in (Sigmoids, SigmoidsNormed, Scaled, Logarithms, Hardmax, WithEpsilon)),
    *(Mistake(answer, STEEP) for answer in (Exponentials, Clamped)),
    *(Mistake(answer, PAST) for answer in (PastSwapped, LastTwice, TotalTwice, SumOfBoth, TotalBefore, LastOnly, ViewedNotStacked, TotalNormed)),
    Mistake(ContentOnly, "The past is not used: `location` and `place` say where the voice has been."),
    *(Mistake(answer, "The tanh is missing, or another function stands there.") for answer in (NoTanh, Relu)),
    *(Mistake(answer, INSIDE) for answer in (TanhAtTheEnd, ScoreForgotten, QueryForgotten, KeysForgotten, Multiplied, FeaturesOutside,
                                             TanhOfEach, FirstQueryForAll)),
    *(Mistake(answer, "squeeze() without an axis also drops a batch of one, or a single letter: squeeze(-1).")
      for answer in (SqueezedAll, AllSqueezed)),
    *(Mistake(answer, PLACES) for answer in (ReluFeatures, FeaturesViewed, FeaturesAveraged)),
    *(Mistake(answer, CONTEXT) for answer in (MeanContext, UnweightedContext, BestContext, ContextKeepsAxis, ContextNotSummed, KeysAveraged)),
    *(Mistake(answer, TOTAL) for answer in (TotalUnchanged, TotalIsNew, LastAdded, AllAdded, TotalAveraged, OldOfAll)),
    Mistake(InPlace, "`total` is changed in place: make a new one, total + weights."),
    *(Mistake(answer, DETACHED) for answer in (PastDetached, TotalDetached, WeightsDetached, MemoryDetached, ContextOfWeightsDetached,
                                               NewDetached, SumDetached, WithoutGradient)),
    *(Mistake(answer, "Return three things, in this order: context, weights, new total.") for answer in (TwoReturned, WeightsFirst)),
]

also_right = [ByEinsum, LargeNegative, RowByRow, StableExponentials]

_HEAD = "def __init__(self, query_dim, memory_dim, dim, filters=8, width=15):: "
_WEIGHTS = "weights = self.score(hidden)[..., 0].masked_fill(~mask, -math.inf).softmax(1): "
_SCORE = "self.score = nn.Linear(dim, 1, bias=False): "
_FEATURES = "features = self.location(torch.stack([last, total], 1)).transpose(1, 2): "
_STACKED = "self.location(torch.stack([last, total], 1))"

equivalent_mutants = {
    **{f"{_HEAD}8 → {n}": "a default of the given constructor" for n in (9, 16, -8, 0, 7)},
    **{f"{_HEAD}15 → {n}": "a default of the given constructor" for n in (16, 30, -15, 0, 14)},
    f"{_SCORE}nn.Linear(dim, 1, bias=False) → nn.Linear(dim, 1)": "the same number added to all scores: the softmax is as before",
    f"{_SCORE}False → True": "the same number added to all scores: the softmax is as before",
    f"{_FEATURES}{_STACKED}.transpose(1, 2) → {_STACKED}.transpose(2, 1)": "a transposition has no direction",
    f"{_WEIGHTS}1 → -1": "the last of two axes",
    f"{_WEIGHTS}0 → -1": "the only entry of an axis",
}
