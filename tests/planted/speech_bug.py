"""Planted answers to speech-bug, by another author than the check's."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence


def mask_once(lstm, vectors, lengths):
    mask = torch.arange(vectors.size(1))[None] < lengths[:, None]
    return lstm(vectors)[0].masked_fill(~mask.unsqueeze(-1), 0.0)


def large_negative_padding(lstm, vectors, lengths):
    mask = torch.arange(vectors.size(1))[None] < lengths[:, None]
    return lstm(vectors.masked_fill(~mask.unsqueeze(-1), -1e9))[0].masked_fill(~mask.unsqueeze(-1), 0.0)


def packed_sorted(lstm, vectors, lengths):
    out, _ = lstm(pack_padded_sequence(vectors, lengths, batch_first=True))
    return pad_packed_sequence(out, batch_first=True, total_length=vectors.size(1))[0]


def packed_short(lstm, vectors, lengths):
    out, _ = lstm(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))
    return pad_packed_sequence(out, batch_first=True)[0]


def order_not_restored(lstm, vectors, lengths):
    lengths, order = lengths.sort(descending=True)
    out, _ = lstm(pack_padded_sequence(vectors[order], lengths, batch_first=True))
    return pad_packed_sequence(out, batch_first=True, total_length=vectors.size(1))[0]


def axes_of_packing(lstm, vectors, lengths):
    out, _ = lstm(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))
    return pad_packed_sequence(out, total_length=vectors.size(1))[0]


def halves_summed(lstm, vectors, lengths):
    out, _ = lstm(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))
    out = pad_packed_sequence(out, batch_first=True, total_length=vectors.size(1))[0]
    return out.unflatten(-1, (2, -1)).sum(-2)


def forward_only(lstm, vectors, lengths):
    mask = torch.arange(vectors.size(1))[None] < lengths[:, None]
    return (lstm(vectors)[0] * mask.unsqueeze(-1))[..., : lstm.hidden_size]


def cut_to_longest(lstm, vectors, lengths):
    mask = torch.arange(vectors.size(1))[None] < lengths[:, None]
    longest = int(lengths.max())
    out = lstm(vectors[:, :longest])[0]
    return nn.functional.pad(out, (0, 0, 0, vectors.size(1) - longest)) * mask.unsqueeze(-1)


def padding_value_minus_one(lstm, vectors, lengths):
    out, _ = lstm(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))
    return pad_packed_sequence(out, batch_first=True, padding_value=-1.0, total_length=vectors.size(1))[0]


def evaluation_only(lstm, vectors, lengths):
    with torch.inference_mode():
        out, _ = lstm(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))
        return pad_packed_sequence(out, batch_first=True, total_length=vectors.size(1))[0].clone()


def one_symbol_dropped(lstm, vectors, lengths):
    out, _ = lstm(pack_padded_sequence(vectors, (lengths - 1).clamp(min=1), batch_first=True, enforce_sorted=False))
    return pad_packed_sequence(out, batch_first=True, total_length=vectors.size(1))[0]


# Right


def packed(lstm, vectors, lengths):
    out, _ = lstm(pack_padded_sequence(vectors, lengths.tolist(), batch_first=True, enforce_sorted=False))
    return pad_packed_sequence(out, batch_first=True, total_length=vectors.size(1))[0]


def one_row_at_a_time(lstm, vectors, lengths):
    rows = [lstm(row[:n].unsqueeze(0))[0].squeeze(0) for row, n in zip(vectors, lengths, strict=True)]
    out = pad_sequence(rows, batch_first=True)
    return torch.cat([out, out.new_zeros(len(out), vectors.size(1) - out.size(1), out.size(2))], 1)


def time_first(lstm, vectors, lengths):
    out, _ = lstm(pack_padded_sequence(vectors.transpose(0, 1), lengths, enforce_sorted=False))
    return pad_packed_sequence(out, total_length=vectors.size(1))[0].transpose(0, 1)


def list_of_rows(lstm, vectors, lengths):
    out, _ = lstm(pack_sequence([v[: int(n)] for v, n in zip(vectors, lengths, strict=True)], enforce_sorted=False))
    return pad_packed_sequence(out, batch_first=True, padding_value=0.0, total_length=vectors.shape[1])[0]


def packed_time_first(lstm, vectors, lengths):
    x = pack_padded_sequence(vectors, lengths, enforce_sorted=False)
    return pad_packed_sequence(lstm(x)[0], batch_first=True, total_length=vectors.shape[1])[0]


def pushed_to_the_right(lstm, vectors, lengths):
    """Two runs, so that each direction starts at its row's end; but rolled back the wrong way."""
    half, width = lstm.hidden_size, vectors.shape[1]
    forwards = lstm(vectors)[0][..., :half]
    pushed = torch.stack([v.roll(width - int(n), 0) for v, n in zip(vectors, lengths, strict=True)])
    backwards = lstm(pushed)[0][..., half:]
    backwards = torch.stack([v.roll(int(n), 0) for v, n in zip(backwards, lengths, strict=True)])
    return torch.cat([forwards, backwards], 2) * (torch.arange(width) < lengths[:, None])[..., None]


def cell_by_cell(lstm, vectors, lengths):
    """The states wait while a row is padding."""
    x, rows, steps, size = vectors, len(vectors), vectors.shape[1], lstm.hidden_size
    for layer in range(lstm.num_layers):
        halves = []
        for suffix, order in (("", range(steps)), ("_reverse", range(steps - 1, -1, -1))):
            W, U, a, b = (
                getattr(lstm, f"{name}_l{layer}{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            h = c = x.new_zeros(rows, size)
            out = [None] * steps
            for t in order:
                i, f, g, o = (x[:, t] @ W.T + a + h @ U.T + b).chunk(4, 1)
                there = (t < lengths)[:, None]
                c = torch.where(there, f.sigmoid() * c + i.sigmoid() * g.tanh(), c)
                h = torch.where(there, o.sigmoid() * c.tanh(), h)
                out[t] = h * there
            halves.append(torch.stack(out, 1))
        x = torch.cat(halves, 2)
    return x


BATCH = "In a batch each row gets what it gets alone, and 0 on padding."

wrong = [
    (packed_time_first, "wrong_axis_before"),
    (pushed_to_the_right, "In a batch each row gets what it gets alone, and 0 on padding."),
    (mask_once, "masked_afterwards"),
    (large_negative_padding, BATCH),
    (packed_sorted, "said_to_be_sorted"),
    (packed_short, "total_length_forgotten"),
    (order_not_restored, "left_sorted"),
    (axes_of_packing, "wrong_axis_afterwards"),
    (halves_summed, "directions_added"),
    (forward_only, "backward_left_out"),
    (cut_to_longest, "cut_at_the_longest"),
    (padding_value_minus_one, BATCH),
    (evaluation_only, "without_gradient"),
    (one_symbol_dropped, "one_too_short"),
]
right = [cell_by_cell, packed, one_row_at_a_time, time_first, list_of_rows]
