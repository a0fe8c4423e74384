"""Right answers to gpt-block, written in other ways."""

import torch

from grading.exercises.gpt.block import Given


class ByReshape(Given):
    def forward(self, h, past=None):
        B, Q, dim = h.shape
        qkv = self.qkv(self.norm1(h)).view(B, Q, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        if past is not None:
            k, v = (torch.cat(pair, dim=-2) for pair in zip(past, (k, v), strict=True))
        y = self.attention(q, k, v).transpose(1, 2).contiguous().view(B, Q, dim)
        h = h + self.out(y)
        h = h + self.mlp(self.norm2(h))
        return [h, [k, v]]


class ByEinsum(Given):
    def forward(self, h, past=None):
        normed, size = self.norm1(h), h.shape[-1] // self.heads
        weight = self.qkv.weight.unflatten(0, (3, self.heads, size))
        bias = self.qkv.bias.unflatten(0, (3, self.heads, size))
        q, k, v = torch.einsum("bqd,phsd->pbhqs", normed, weight) + bias[:, None, :, None]
        if past is not None:
            k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
        mixed = torch.einsum("bhqs,dhs->bqd", self.attention(q, k, v), self.out.weight.unflatten(1, (self.heads, size)))
        middle = h + mixed + self.out.bias
        return middle + self.mlp(self.norm2(middle)), (k, v)
