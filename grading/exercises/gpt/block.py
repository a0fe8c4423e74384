"""gpt-block: one block of a transformer, put together from given layers, with its cache.

The lesson gives the constructor, word for word as in `Given` below; the student writes one method:

    forward(self, h, past=None) -> (h, (k, v))
        h (B, Q, dim); past: (k, v) of earlier tokens, each (B, heads, P, dim / heads), or None
        q, k, v of self.qkv(self.norm1(h)): three parts side by side, in each head beside head
        k, v: those of the past first, then the new ones, (B, heads, P + Q, dim / heads)
        h ← h + out(attention(q, k, v), head beside head);  h ← h + mlp(norm2(h))

The attention is an argument: here a function of the judge's that is not causal and not a softmax, so that only the
wiring counts.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A small model's weights by the given names, new vectors, and keys and values of the past."""
    B, Q, P, dim, heads = 2, 4, 3, 10, 5
    double = torch.zeros((), dtype=torch.float64)
    with torch.device("meta"):  # shapes alone: no random numbers are drawn
        shapes = {name: value.shape for name, value in Given(dim, heads, None).state_dict().items()}
    weights = {name: randn(shape, like=double, rng=rng) * (0.4 if len(shape) == 1 else 1.2 / shape[1]**0.5)
               + ("norm" in name and name.endswith("weight")) for name, shape in shapes.items()}
    return {"dim": dim, "heads": heads, "h": 1 + 2 * randn((B, Q, dim), like=double, rng=rng),
            "past_k": randn((B, heads, P, dim // heads), like=double, rng=rng),
            "past_v": randn((B, heads, P, dim // heads), like=double, rng=rng),
            "gain": float(0.5 + torch.rand(1, generator=rng)), "weight": randn((B, Q, dim), like=double, rng=rng),
            **weights}


def probe(Block, dim, heads, h, past_k, past_v, gain, weight, **weights):
    """Without and with a past, of one place too, for one new token, one text, with gradients; with two heads and with one."""
    def attention(q, k, v):
        place = torch.arange(1, k.shape[-2] + 1, dtype=k.dtype, device=k.device)[:, None]
        return torch.tanh(gain * q @ (k * place).transpose(-2, -1)) @ (v / place)

    model, two, single = (probing.load(Block(dim, n, attention), weights) for n in (heads, 2, 1))

    def run(model, *given):
        result = model(*given)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise probing.WrongType("`forward` should return two things: h, and the pair (k, v)")
        out = result[0]
        k, v = probing.tensors(result[1], 2, "The second value of `forward`")
        return probing.tensor(out, "The first value of `forward`"), k, v

    def ask(model, rows, tokens, places=3, start=None):
        given = [probing.watch("h", h.clone())[:rows, :tokens] if start is None else start]
        if places:
            kept = [p[:rows, :, :places].transpose(1, 2).reshape(len(p[:rows]), places, model.heads, -1).transpose(1, 2).contiguous()
                    for p in (past_k, past_v)]
            given.append(tuple(probing.watch("past", kept)))
        result = probing.attempt(run, model, *given)
        return (result,) * 3 if isinstance(result, str) else result

    leaf = probing.leaf(h)
    out, k, v = run(model, leaf)
    d_h, d_mlp, d_qkv = probing.vjp(out, [leaf, model.mlp[0].weight, model.qkv.weight], weight)
    late = probing.leaf(h)
    with_past, all_k, all_v = ask(model, 2, 4, start=late)
    d_late = with_past if isinstance(with_past, str) else probing.vjp(with_past, [late], weight)[0]
    one, one_k, _ = ask(model, 1, 1)
    other, other_k, _ = ask(two, 2, 3, places=1)
    plain, _, _ = ask(single, 1, 4, places=0)
    after = [model.get_parameter(name) for name in sorted(weights)]  # a worker has them in another order
    kept = torch.cat([torch.tensor([p.requires_grad, model.training]) * (p.detach().abs().sum() + 1) for p in after])
    return dict(k=k, v=v, out=out, plain=plain, all_k=all_k, all_v=all_v, with_past=with_past, one=one, one_k=one_k,
                other=other, other_k=other_k, d_h=d_h, d_late=d_late, d_mlp=d_mlp, d_qkv=d_qkv, kept=kept)


class Given(nn.Module):
    """The constructor as the lesson gives it; the names of the layers are fixed."""

    def __init__(self, dim, heads, attention):
        super().__init__()
        self.heads, self.attention = heads, attention
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(approximate="tanh"), nn.Linear(4 * dim, dim))


class Block(Given):
    """The reference."""

    def forward(self, h, past=None):
        parts = self.qkv(self.norm1(h)).chunk(3, -1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        h = h + self.out(self.attention(q, k, v).transpose(1, 2).flatten(2))
        return h + self.mlp(self.norm2(h)), (k, v)


class Truth(Given):
    """The same head by head, by functional calls."""

    def forward(self, h, past=None):
        size = h.shape[-1] // self.heads
        x = F.layer_norm(h, h.shape[-1:], self.norm1.weight, self.norm1.bias)
        keys, values, seen = [], [], []
        for i in range(self.heads):
            rows = [slice(part * h.shape[-1] + i * size, part * h.shape[-1] + (i + 1) * size) for part in range(3)]
            q, k, v = (x @ self.qkv.weight[r].T + self.qkv.bias[r] for r in rows)
            if past is not None:
                k, v = torch.cat([past[0][:, i], k], 1), torch.cat([past[1][:, i], v], 1)
            keys.append(k)
            values.append(v)
            seen.append(self.attention(q[:, None], k[:, None], v[:, None])[:, 0])
        h = h + torch.cat(seen, -1) @ self.out.weight.T + self.out.bias
        x = F.layer_norm(h, h.shape[-1:], self.norm2.weight, self.norm2.bias)
        x = F.gelu(x @ self.mlp[0].weight.T + self.mlp[0].bias, approximate="tanh")
        return h + x @ self.mlp[2].weight.T + self.mlp[2].bias, (torch.stack(keys, 1), torch.stack(values, 1))


exercise = Exercise(
    id="gpt-block", defines="class Block(nn.Module)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=Block, truth=Truth,
    withholds=["genlab.models.transformer.Block", "genlab.models.transformer.GPT"],
    comparisons=[
        Compare("k", "v", shape="(B, heads, Q, dim / heads)", points=1,
                says="Keys and values: the second and third part of `qkv` of the normed input, each cut into heads."),
        Compare("out", "plain", shape="(B, Q, dim)", points=1,
                says="The stream without a past: attention is added to h, and then what the MLP makes of it."),
        Compare("all_k", "all_v", "one_k", "other_k", shape="(B, heads, P + Q, dim / heads)", points=0.5,
                says="With a past: its keys and values first, then the new ones, along the axis of tokens."),
        Compare("with_past", "one", "other", shape="(B, Q, dim)", points=1,
                says="The stream with a past: the new queries look at all keys, old and new."),
        Compare("d_h", "d_late", "d_mlp", "d_qkv", "kept", points=0.5, tolerance=1e-4,
                what={"kept": "what is left of the block's weights and mode"},
                says="The gradients: through the sums, the attention and the MLP, with a past as well. The block's weights, their "
                     "`requires_grad` and its mode stay as they are."),
    ],
    hints=[
        "Two moves, each of which adds something to h: first look back (norm1, qkv, attention, out), then think (norm2, mlp).",
        "Cut dim into (heads, dim / heads) and bring heads in front of tokens; after the attention go the same way back. "
        "The past is put in front of new keys and values before the attention, and queries have none.",
        "q, k, v = (p.unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in self.qkv(self.norm1(h)).chunk(3, -1)); "
        "torch.cat([past[0], k], 2); h + self.out(seen.transpose(1, 2).flatten(2)).",
    ],
)
