"""Planted answers to speech-attention, by another author than the check's."""

import torch
from torch import nn
from torch.nn import functional as F


class _Attention(nn.Module):
    def __init__(self, query_dim, memory_dim, dim, filters=8, width=15):
        super().__init__()
        self.query = nn.Linear(query_dim, dim, bias=False)
        self.key = nn.Linear(memory_dim, dim, bias=False)
        self.location = nn.Conv1d(2, filters, width, padding=width // 2, bias=False)
        self.place = nn.Linear(filters, dim, bias=False)
        self.score = nn.Linear(dim, 1, bias=False)

    def energies(self, query, memory, last, total):
        f = self.location(torch.stack([last, total], dim=1))
        return self.score(
            torch.tanh(self.query(query).unsqueeze(1) + self.key(memory) + self.place(f.transpose(1, 2)))
        ).squeeze(2)


class ForgotMask(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class SoftmaxThenMask(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total), dim=1) * mask
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class MaskInverted(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total).masked_fill(mask, -1e9), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class WeakMask(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total).masked_fill(~mask, -20.0), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class WrongDim(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total).masked_fill(~mask, -1e9), dim=0)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class SwappedChannels(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, total, last).masked_fill(~mask, float("-inf")), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class NoLocation(_Attention):
    def forward(self, query, memory, last, total, mask):
        e = self.score(torch.tanh(self.query(query).unsqueeze(1) + self.key(memory))).squeeze(2)
        w = F.softmax(e.masked_fill(~mask, float("-inf")), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class NoTotalKept(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total).masked_fill(~mask, float("-inf")), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total


class AddsTheOld(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total).masked_fill(~mask, float("-inf")), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + last


class AddsInPlace(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total).masked_fill(~mask, float("-inf")), dim=1)
        with torch.no_grad():
            total += w
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total


class WithoutTanh(_Attention):
    def forward(self, query, memory, last, total, mask):
        f = self.location(torch.stack([last, total], dim=1)).transpose(1, 2)
        e = self.score(self.query(query).unsqueeze(1) + self.key(memory) + self.place(f)).squeeze(2)
        w = F.softmax(e.masked_fill(~mask, float("-inf")), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class HalfThePast(_Attention):
    """Detaches, to save memory."""

    def forward(self, query, memory, last, total, mask):
        w = F.softmax(
            self.energies(query, memory, last.detach(), total.detach()).masked_fill(~mask, float("-inf")), dim=1
        )
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class SqueezesEverything(_Attention):
    def forward(self, query, memory, last, total, mask):
        f = self.location(torch.stack([last, total], dim=1)).transpose(1, 2)
        e = self.score(torch.tanh(self.query(query).unsqueeze(1) + self.key(memory) + self.place(f))).squeeze()
        w = F.softmax(e.masked_fill(~mask, float("-inf")), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(), w, total + w


class OwnSoftmax(_Attention):
    def forward(self, query, memory, last, total, mask):
        e = torch.exp(self.energies(query, memory, last, total)) * mask
        w = e / e.sum(1, keepdim=True)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class AveragedOverLetters(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total).masked_fill(~mask, float("-inf")), dim=1)
        return (w.unsqueeze(2) * memory).mean(1), w, total + w


# Right


class WithMatmul(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = self.energies(query, memory, last, total).masked_fill(~mask, float("-inf")).softmax(-1)
        return torch.matmul(w[:, None, :], memory)[:, 0], w, total + w


class AddsAPenalty(_Attention):
    def forward(self, query, memory, last, total, mask):
        penalty = torch.zeros_like(last).masked_fill(~mask, -float("inf"))
        w = torch.nn.Softmax(dim=1)(self.energies(query, memory, last, total) + penalty)
        return (memory.transpose(1, 2) @ w.unsqueeze(-1)).squeeze(-1), w, total + w


class RenormalisedInLogs(_Attention):
    def forward(self, query, memory, last, total, mask):
        e = self.energies(query, memory, last, total)
        e = torch.where(mask, e, torch.tensor(-1e30, dtype=e.dtype))
        w = torch.exp(e - e.logsumexp(1, keepdim=True))
        return torch.einsum("bn,bnm->bm", w, memory), w, w + total


class ByLoops(_Attention):
    def forward(self, query, memory, last, total, mask):
        past = F.conv1d(
            torch.cat([last[:, None], total[:, None]], 1), self.location.weight, padding=self.location.padding[0]
        )
        w = torch.zeros_like(last)
        for b in range(len(query)):
            letters = mask[b].nonzero()[:, 0]
            e = [
                self.score(torch.tanh(self.query(query[b]) + self.key(memory[b, n]) + self.place(past[b, :, n])))
                for n in letters
            ]
            w[b, letters] = torch.cat(e).softmax(0)
        return torch.stack([(w[b][:, None] * memory[b]).sum(0) for b in range(len(w))]), w, total + w


class PenaltyOfTenThousand(_Attention):
    """As older code has it."""

    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total) - 1e4 * (~mask), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class MinusTenThousand(_Attention):
    def forward(self, query, memory, last, total, mask):
        w = F.softmax(self.energies(query, memory, last, total).masked_fill(~mask, -1e4), dim=1)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class LargestOfPaddingToo(_Attention):
    def forward(self, query, memory, last, total, mask):
        e = self.energies(query, memory, last, total)
        e = torch.exp(e - e.max(1, keepdim=True).values) * mask
        w = e / e.sum(1, keepdim=True)
        return torch.bmm(w.unsqueeze(1), memory).squeeze(1), w, total + w


class ThoseWithLetters(_Attention):
    """On copies, in place."""

    def forward(self, query, memory, last, total, mask):
        e = self.energies(query, memory, last, total).clone()
        e[~mask] = -float("inf")
        w = torch.exp(e - torch.logsumexp(e, 1, keepdim=True))
        new = total.clone()
        new += w
        return torch.einsum("bn,bnm->bm", w, memory), w, new


END = (
    "A row alone, without its padding, gets what it gets in the batch, be it one symbol; "
    "large scores of both signs do no harm."
)

wrong = [
    (PenaltyOfTenThousand, "LessTenThousand"),
    (MinusTenThousand, "MinusTenThousand"),
    (LargestOfPaddingToo, "RenormedAfterwards"),
    (ForgotMask, "NoMask"),
    (SoftmaxThenMask, "MaskedAfterwards"),
    (MaskInverted, "MaskTurned"),
    (WeakMask, END),
    (WrongDim, "OverBatch"),
    (SwappedChannels, "PastSwapped"),
    (NoLocation, "ContentOnly"),
    (NoTotalKept, "TotalUnchanged"),
    (AddsTheOld, "LastAdded"),
    (AddsInPlace, "InPlace"),
    (WithoutTanh, "NoTanh"),
    (HalfThePast, "PastDetached"),
    (SqueezesEverything, "AllSqueezed"),
    (OwnSoftmax, "Exponentials"),
    (AveragedOverLetters, "MeanContext"),
]
right = [ThoseWithLetters, WithMatmul, AddsAPenalty, RenormalisedInLogs, ByLoops]
fits = {"WeakMask": ("MinusTenThousand", "LessTenThousand")}  # -20 is not low enough either
