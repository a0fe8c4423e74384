"""Planted answers to gpt-block, by another author than the check's."""

import math

import torch
from torch.nn import functional as F

from grading.exercises.gpt.block import Given


class _Plain(Given):
    """A right block, in parts."""

    def first(self, h):
        return self.norm1(h)

    def split(self, h):
        B, Q, dim = h.shape
        parts = self.qkv(self.first(h)).split(dim, 2)
        return [part.view(B, Q, self.heads, dim // self.heads).transpose(1, 2) for part in parts]

    def merged(self, y):
        return y.transpose(1, 2).reshape(y.size(0), y.size(2), -1)

    def think(self, h):
        return h + self.mlp(self.norm2(h))

    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class AddedInPlace(_Plain):
    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        with torch.no_grad():
            h += self.out(self.merged(self.attention(q, k, v)))
        return self.think(h), (k, v)


class PastExtendedInPlace(_Plain):
    """The past is a list whose entries are replaced."""

    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            past[0][:, :, -1:] = k[:, :, :1]
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class OwnCache(_Plain):
    """The block keeps keys and values itself, and forgets that another text may come."""

    def forward(self, h, past=None):
        q, k, v = self.split(h)
        kept = getattr(self, "kept", None)
        if past is not None and kept is not None:
            k, v = torch.cat([kept[0][:len(h)], k], dim=2), torch.cat([kept[1][:len(h)], v], dim=2)
        self.kept = k, v
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class AlwaysAPast(_Plain):
    def forward(self, h, past=None):
        q, k, v = self.split(h)
        k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class AlongHeads(_Plain):
    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=1), torch.cat([past[1], v], dim=1)
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class AlongEntries(_Plain):
    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=-1), torch.cat([past[1], v], dim=-1)
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class OnlyKeysOfThePast(_Plain):
    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[0], v], dim=2)
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class PastNormed(_Plain):
    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k = torch.cat([F.layer_norm(past[0], past[0].shape[-1:]), k], dim=2)
            v = torch.cat([past[1], v], dim=2)
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class LastPlaceAlone(_Plain):
    """With a past only the newest token is worked on."""

    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k, v, q, h = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2), q[:, :, -1:], h[:, -1:]
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class OneNewToken(_Plain):
    """Of several new tokens only the last is kept."""

    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k, v = torch.cat([past[0], k[:, :, -1:]], dim=2), torch.cat([past[1], v[:, :, -1:]], dim=2)
        return self.think(h + self.out(self.merged(self.attention(q, k, v)))), (k, v)


class ScaledQueries(_Plain):
    def split(self, h):
        q, k, v = super().split(h)
        return [q / math.sqrt(q.size(-1)), k, v]


class OwnAttention(_Plain):
    """torch's attention in place of the one that is handed over."""

    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=past is None)
        return self.think(h + self.out(self.merged(y))), (k, v)


class KeysFirst(_Plain):
    def forward(self, h, past=None):
        q, k, v = self.split(h)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        return self.think(h + self.out(self.merged(self.attention(q, v, k)))), (k, v)


class NormAfterTheMlp(_Plain):
    def think(self, h):
        return h + self.norm2(self.mlp(h))


class MlpWithoutItsLast(_Plain):
    def think(self, h):
        return h + F.linear(F.relu(self.mlp[0](self.norm2(h))), self.mlp[2].weight, self.mlp[2].bias)


class OutTwice(_Plain):
    def merged(self, y):
        return self.out(super().merged(y))


class Doubled(_Plain):
    """h is added a second time at the end."""

    def forward(self, h, past=None):
        out, kept = super().forward(h, past)
        return out + h, kept


class NormOverTokens(_Plain):
    def first(self, h):
        flat = (h - h.mean(1, keepdim=True)) / (h.std(1, keepdim=True, unbiased=False) + 1e-5)
        return flat * self.norm1.weight + self.norm1.bias


class NormedByHand(_Plain):
    """With the standard deviation that divides by n - 1."""

    def first(self, h):
        return (h - h.mean(-1, keepdim=True)) / h.std(-1, keepdim=True) * self.norm1.weight + self.norm1.bias


class HeadsOfTheWrongSize(_Plain):
    def split(self, h):
        return [part.unflatten(-1, (-1, self.heads)).transpose(1, 2) for part in self.qkv(self.first(h)).chunk(3, -1)]


class ThreeInTurn(_Plain):
    """Every third entry belongs to the queries."""

    def split(self, h):
        parts = self.qkv(self.first(h)).unflatten(-1, (-1, 3)).unbind(-1)
        return [part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts]


class KeysFlat(_Plain):
    def forward(self, h, past=None):
        h, (k, v) = super().forward(h, past)
        return h, (self.merged(k), self.merged(v))


class ThreeThings(_Plain):
    def forward(self, h, past=None):
        h, (k, v) = super().forward(h, past)
        return h, k, v


class StreamAlone(_Plain):
    def forward(self, h, past=None):
        return super().forward(h, past)[0]


class Squeezed(_Plain):
    def forward(self, h, past=None):
        h, kept = super().forward(h, past)
        return h.squeeze(), kept


class WithoutGradient(_Plain):
    def think(self, h):
        with torch.no_grad():
            y = self.mlp(self.norm2(h))
        return h + y


class FiveHeads(_Plain):
    """The number of heads written as a number."""

    def split(self, h):
        return [part.unflatten(-1, (5, -1)).transpose(1, 2) for part in self.qkv(self.first(h)).chunk(3, -1)]


class ByChunks(Given):
    def forward(self, h, past=None):
        x = self.norm1(h)
        q, k, v = (torch.stack(part.chunk(self.heads, -1), 1) for part in torch.chunk(self.qkv(x), 3, 2))
        if past is not None:
            old_k, old_v = past
            k, v = torch.cat((old_k, k), -2), torch.cat((old_v, v), -2)
        seen = torch.cat(list(self.attention(q, k, v).unbind(1)), -1)
        middle = torch.add(h, self.out(seen))
        return [torch.add(self.mlp(self.norm2(middle)), middle), [k, v]]


class TokenByToken(Given):
    """Norms, layers and sums for one token at a time; attention for all."""

    def forward(self, h, past=None):
        B, Q, dim = h.shape
        rows = [self.qkv(self.norm1(h[:, t])).reshape(B, 3, self.heads, dim // self.heads) for t in range(Q)]
        q, k, v = torch.stack(rows, 3).unbind(1)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        seen, out = self.attention(q, k, v), []
        for t in range(Q):
            row = h[:, t] + self.out(seen[:, :, t].flatten(1))
            out.append(row + self.mlp(self.norm2(row)))
        return torch.stack(out, 1), (k, v)


class InPlaceOnItsOwn(Given):
    def forward(self, h, past=None):
        dim = h.size(-1)
        qkv = self.qkv(self.norm1(h))
        q, k, v = (qkv[..., i * dim:(i + 1) * dim].unflatten(-1, (self.heads, dim // self.heads)).permute(0, 2, 1, 3)
                   for i in range(3))
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        y = self.out(self.attention(q, k, v).permute(0, 2, 1, 3).reshape(h.shape))
        y += h
        z = self.mlp(self.norm2(y))
        z += y
        return z, (k, v)


SAYS_1 = ("`Block` changes its argument `h` in place: work on a copy. The gradients: through the sums, the "
          "attention and the MLP.")
SAYS_2 = ("`Block` changes its argument `past_k` in place: work on a copy. With a past: its keys and values first, "
          "then the new ones, along the axis of tokens.")
SAYS_3 = ("Your code raised TypeError: 'NoneType' object is not subscriptable. The signature is `class "
          "Block(nn.Module)`.")
SAYS_4 = ("With a past: its keys and values first, then the new ones, along the axis of tokens.")
SAYS_5 = ("`Block` should have shape (B, heads, P + Q, dim / heads) = (2, 5, 7, 2), not (2, 5, 4, 2). With a past: "
          "its keys and values first, then the new ones, along the axis of tokens.")
SAYS_6 = ("The stream without a past: attention is added to h, and then what the MLP makes of it.")
SAYS_7 = ("Keys and values: the second and third part of `qkv` of the normed input, each cut into heads.")
SAYS_8 = ("`Block` should have shape (B, heads, Q, dim / heads) = (2, 5, 4, 2), not (2, 2, 4, 5). Keys and values: "
          "the second and third part of `qkv` of the normed input, each cut into heads.")
SAYS_9 = ("`Block` should have shape (B, heads, Q, dim / heads) = (2, 5, 4, 2), not (2, 4, 10). Keys and values: "
          "the second and third part of `qkv` of the normed input, each cut into heads.")
SAYS_10 = ("`forward` should return two things: h, and the pair (k, v). The signature is `class Block(nn.Module)`.")
SAYS_11 = ("`Block` should have shape (B, Q, dim) = (1, 4, 10), not (4, 10). The stream without a past: attention is"
           " added to h, and then what the MLP makes of it.")
SAYS_12 = ("`Block` changes its argument `h` in place: work on a copy. The gradients: through the sums, the "
          "attention and the MLP, with a past as well. The block's weights, their `requires_grad` and its mode "
          "stay as they are.")

wrong = [
    (AddedInPlace, SAYS_12), (PastExtendedInPlace, SAYS_2), (OwnCache, "OwnCache"), (AlwaysAPast, SAYS_3),
    (AlongHeads, "PastAlongHeads"), (AlongEntries, "PastAlongHeads"), (OnlyKeysOfThePast, "KeysForPastValues"),
    (PastNormed, SAYS_4), (LastPlaceAlone, "OnlyTheLast"), (OneNewToken, SAYS_5), (ScaledQueries, "ScaledQueries"),
    (OwnAttention, "OwnAttention"), (KeysFirst, SAYS_6), (NormAfterTheMlp, "NormAfterTheMlp"),
    (MlpWithoutItsLast, SAYS_6), (OutTwice, SAYS_6), (Doubled, SAYS_6), (NormOverTokens, SAYS_7),
    (NormedByHand, SAYS_7), (HeadsOfTheWrongSize, SAYS_8), (ThreeInTurn, "ThreeInTurn"), (KeysFlat, SAYS_9),
    (ThreeThings, SAYS_10), (StreamAlone, SAYS_10), (Squeezed, SAYS_11), (WithoutGradient, "MlpWithoutGradient"),
    (FiveHeads, "HeadsFixed"),
]
right = [ByChunks, TokenByToken, InPlaceOnItsOwn]
