"""Wrong answers to gpt-block that go wrong for some heads, sizes or caches only, or where gradients go."""

from torch.nn import functional as F

from grading.exercises.gpt._block_parts import Parts


class OwnAttention(Parts):
    def look(self, h, past):
        q, k, v = self.queries(h)
        if past is not None:
            k, v = self.together(past[0], k), self.together(past[1], v)
        return self.out(self.merge(F.scaled_dot_product_attention(q, k, v, is_causal=past is None))), (k, v)


class ScaledQueries(Parts):
    def queries(self, h):
        q, k, v = super().queries(h)
        return [q / q.shape[-1]**0.5, k, v]


class ThreeInTurn(Parts):
    def queries(self, h):
        return [self.cut(part) for part in self.qkv(self.norm_first(h)).unflatten(-1, (-1, 3)).unbind(-1)]


class NormAfterTheMlp(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        h = h + seen
        return h + self.norm2(self.mlp(h)), kept


class OnlyTheLast(Parts):
    def forward(self, h, past=None):
        out, kept = super().forward(h, past)
        return out if past is None else out[:, -1:], kept


class HeadsFixed(Parts):
    def cut(self, part):
        return part.unflatten(-1, (5, -1)).transpose(1, 2)


class SizeFixed(Parts):
    def cut(self, part):
        return part.unflatten(-1, (-1, 2)).transpose(1, 2)


class OwnCache(Parts):
    def look(self, h, past):
        q, k, v = self.queries(h)
        if past is not None and hasattr(self, "kept"):
            k, v = self.together(self.kept[0][:len(h)], k), self.together(self.kept[1][:len(h)], v)
        self.kept = k, v
        return self.out(self.merge(self.attention(q, k, v))), (k, v)


class MlpWithoutGradient(Parts):
    def forward(self, h, past=None):
        seen, kept = self.look(h, past)
        h = h + seen
        return h + self.mlp(self.norm2(h)).detach(), kept
