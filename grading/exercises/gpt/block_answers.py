"""Answers to gpt-block: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.gpt._block_parts import Parts
from grading.exercises.gpt._block_right import ByEinsum, ByReshape
from grading.exercises.gpt._block_slips import (
    HeadsFixed,
    MlpWithoutGradient,
    NormAfterTheMlp,
    OnlyTheLast,
    OwnAttention,
    OwnCache,
    ScaledQueries,
    SizeFixed,
    ThreeInTurn,
)

# Known mistakes


class NormMissing(Parts):
    def norm_first(self, h):
        return h


class SecondNormMissing(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        h = h + seen
        return h + self.mlp(h), kept


class SameNormTwice(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        h = h + seen
        return h + self.mlp(self.norm1(h)), kept


class NormsSwapped(Parts):
    def norm_first(self, h):
        return self.norm2(h)

    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        h = h + seen
        return h + self.mlp(self.norm1(h)), kept


class PostNorm(Parts):
    def norm_first(self, h):
        return h

    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        h = self.norm1(h + seen)
        return self.norm2(h + self.mlp(h)), kept


class NormIntoTheStream(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        h = self.norm1(h) + seen
        return h + self.mlp(self.norm2(h)), kept


class NormIntoTheSecond(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        h = self.norm2(h + seen)
        return h + self.mlp(h), kept


class FirstSumMissing(Parts):
    def forward(self, h, past=None):
        h, kept = self.look(h, past)
        return h + self.mlp(self.norm2(h)), kept


class SecondSumMissing(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        return self.mlp(self.norm2(h + seen)), kept


class BothSumsMissing(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        return self.mlp(self.norm2(seen)), kept


class SideBySide(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        return h + seen + self.mlp(self.norm2(h)), kept


class MlpOfAttention(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        return h + seen + self.mlp(self.norm2(seen)), kept


class MlpMissing(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        return h + seen, kept


class AddsTheOldStream(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        return h + self.mlp(self.norm2(h + seen)), kept


class OutMissing(Parts):
    def look(self, h, past):
        q, k, v = self.queries(h)
        if past is not None:
            k, v = self.together(past[0], k), self.together(past[1], v)
        return self.merge(self.attention(q, k, v)), (k, v)


class HeadsTornApart(Parts):
    def cut(self, part):
        return part.reshape(part.shape[0], self.heads, part.shape[1], -1)


class HeadsInside(Parts):
    def cut(self, part):
        return part.unflatten(-1, (-1, self.heads)).movedim(-1, 1)

    def merge(self, seen):
        return seen.movedim(1, -1).flatten(2)


class NotBroughtBack(Parts):
    def merge(self, seen):
        return seen.reshape(seen.shape[0], seen.shape[2], -1)


class OneHead(Parts):
    def cut(self, part):
        return part[:, None]


class OtherOrder(Parts):
    def queries(self, h):
        k, q, v = super().queries(h)
        return [q, k, v]


class ValuesBeforeKeys(Parts):
    def queries(self, h):
        q, v, k = super().queries(h)
        return [q, k, v]


class ThreeInEachHead(Parts):
    def queries(self, h):
        return self.qkv(self.norm1(h)).unflatten(-1, (self.heads, -1)).transpose(1, 2).chunk(3, -1)


class PastBehind(Parts):
    def together(self, past, new):
        return torch.cat([new, past], 2)


class PastIgnored(Parts):
    def forward(self, h, past=None):
        return super().forward(h)


class NewOnesAlone(Parts):
    def look(self, h, past):
        seen, (k, v) = super().look(h, past)
        return seen, (k[:, :, -h.shape[1]:], v[:, :, -h.shape[1]:])


class PastNotLookedAt(Parts):
    def look(self, h, past):
        seen, (k, v) = super().look(h, None)
        return seen, (k, v) if past is None else (torch.cat([past[0], k], 2), torch.cat([past[1], v], 2))


class KeysAndValuesMixed(Parts):
    def look(self, h, past):
        seen, (k, v) = super().look(h, past)
        return seen, (v, k)


class PastQueries(Parts):
    def look(self, h, past):
        q, k, v = self.queries(h)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
            q = torch.cat([past[0], q], 2)
        seen = self.attention(q, k, v)[:, :, -h.shape[1]:]
        return self.out(self.merge(seen + 0 * q.sum())), (q if past is not None else k, v)


class Detached(Parts):
    def look(self, h, past):
        q, k, v = self.queries(h)
        if past is not None:
            k, v = self.together(past[0], k), self.together(past[1], v)
        return self.out(self.merge(self.attention(q, k.detach(), v.detach()))), (k, v)


class PastAlongHeads(Parts):
    def together(self, past, new):
        return torch.cat([past, new], 1)


class KeysForPastValues(Parts):
    def look(self, h, past):
        return super().look(h, None if past is None else (past[0], past[0]))


_SUM = "is to be added to what was there before, so that a block changes the stream a little and gradients pass by."
_TORN = ("Your heads are cut across tokens: view or reshape from (B, Q, dim) to (B, heads, Q, …) mixes them. First "
         "(B, Q, heads, …), then transpose.")
_FIXED = "Your block works for one number of heads alone: cut dim into (self.heads, dim / self.heads)."
mistakes = [
    Mistake(NormMissing, "The first norm is missing: `qkv` reads self.norm1(h)."),
    Mistake(SecondNormMissing, "The second norm is missing: the MLP reads self.norm2(h)."),
    Mistake(SameNormTwice, "You use norm1 twice. The MLP reads self.norm2(h)."),
    Mistake(NormsSwapped, "The two norms are swapped: norm1 belongs to the attention, norm2 to the MLP."),
    Mistake(PostNorm, "You norm after the sums, as the first transformers did. Here each part reads a normed copy, and the "
            "stream itself is never normed within a block."),
    Mistake(NormIntoTheStream, "The normed vectors are a copy for the attention to read. What its answer is added to is h itself."),
    Mistake(NormIntoTheSecond, "The second norm is a copy for the MLP to read. What the MLP's answer is added to is not normed."),
    Mistake(FirstSumMissing, "The attention's answer replaces h in your block. It " + _SUM),
    Mistake(SecondSumMissing, "The MLP's answer replaces h in your block. It " + _SUM),
    Mistake(BothSumsMissing, "Neither answer is added to h in your block. Each " + _SUM),
    Mistake(SideBySide, "Your MLP reads h as it was before the attention. It comes second, and reads the sum."),
    Mistake(MlpOfAttention, "Your MLP reads the attention's answer alone. It reads the sum of h and that answer."),
    Mistake(MlpMissing, "The MLP is missing: h + self.mlp(self.norm2(h)) is the second move."),
    Mistake(AddsTheOldStream, "What the attention has found reaches your MLP and is then lost: add the MLP's answer to the sum, not "
            "to the first h."),
    Mistake(OutMissing, "The layer `out` is missing: it mixes what the heads have found."),
    Mistake(HeadsTornApart, _TORN),
    Mistake(HeadsInside, "You count heads fastest. Within a part head stands beside head: unflatten(-1, (heads, -1))."),
    Mistake(NotBroughtBack, "Before heads are put side by side, tokens have to come in front of heads again: transpose(1, 2)."),
    Mistake(OneHead, "All heads are one in your block: cut dim into (heads, dim / heads)."),
    Mistake(OtherOrder, "The three parts of `qkv` are queries, keys, values, in this order: you take the first for keys."),
    Mistake(ValuesBeforeKeys, "The three parts of `qkv` are queries, keys, values, in this order: you take the second for values."),
    Mistake(ThreeInEachHead, "You cut into heads first and into three afterwards. `qkv` gives three parts, and each is cut into "
            "heads."),
    Mistake(PastBehind, "You put the past behind the new keys and values. What came first stands first."),
    Mistake(PastIgnored, "The past makes no difference in your block."),
    Mistake(NewOnesAlone, "You return the new keys and values alone. The next call needs those of all tokens so far."),
    Mistake(PastNotLookedAt, "Your new queries look at new keys only. The past is put in front before the attention, not after."),
    Mistake(KeysAndValuesMixed, "You return values and keys. It is (k, v)."),
    Mistake(PastAlongHeads, "You put past and new ones together along another axis than that of the tokens, which is axis 2 of "
            "(B, heads, tokens, …)."),
    Mistake(KeysForPastValues, "You take the past's keys for its values: past is (k, v)."),
    Mistake(OwnAttention, "You use an attention of your own. The block is handed one: self.attention(q, k, v)."),
    Mistake(ScaledQueries, "You divide by √d before the attention. That is the attention's own business."),
    Mistake(ThreeInTurn, "You take every third entry of `qkv` for the queries. They are three parts side by side: chunk(3, -1)."),
    Mistake(NormAfterTheMlp, "You norm what the MLP gives. The norm stands before it: h + mlp(norm2(h))."),
    Mistake(OnlyTheLast, "With a past you return the last token alone. The stream has all of the new tokens."),
    Mistake(HeadsFixed, _FIXED),
    Mistake(SizeFixed, _FIXED),
    Mistake(OwnCache, "Your block keeps keys and values of its own from call to call. The next text has another past: use the one that "
            "is handed over, and return the new one."),
    Mistake(MlpWithoutGradient, "No gradient passes through your MLP: leave out detach and no_grad."),
    Mistake(Detached, "No gradient reaches keys and values in your block: leave out detach and no_grad."),
]

also_right = [ByReshape, ByEinsum]

equivalent_mutants = {
    "h = h + self.out(self.attention(q, k, v).transpose(1, 2).flatten(2)): "
    "2 → -2": "the axis counted from the other end",
    "h = h + self.out(self.attention(q, k, v).transpose(1, 2).flatten(2)): "
    "self.attention(q, k, v).transpose(1, 2) → self.attention(q, k, v).transpose(2, 1)": "swapping two axes has no order",
    "k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2): 1 → -1": "of two the second is the last",
    "k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2): 2 → -2": "the axis counted from the other end",
    "q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts): "
    "2 → -2": "the axis counted from the other end",
    "q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts): "
    "part.unflatten(-1, (self.heads, -1)).transpose(1, 2) → part.unflatten(-1, (self.heads, -1)).transpose(2, 1)": "swapping two axes has no order",
}
