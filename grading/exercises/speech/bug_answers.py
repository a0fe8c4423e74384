"""Answers to speech-bug: wrong ones with the sentence that names each, and right ones."""

import torch
from torch import nn

from grading.checks.exercise import Mistake


def _real(vectors, lengths):
    return (torch.arange(vectors.shape[1]) < lengths[:, None])[..., None]


def _packed(lstm, vectors, lengths, *, total=True, value=0.0):
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
    memory, _ = nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], batch_first=True, padding_value=value,
                                                 total_length=vectors.shape[1] if total else None)
    return memory


# Known mistakes


def buggy_encode(lstm, vectors, lengths):
    real = (torch.arange(vectors.shape[1]) < lengths[:, None])[..., None]
    memory, _ = lstm(vectors * real)
    return memory * real


def without_masks(lstm, vectors, lengths):
    return lstm(vectors)[0]


def masked_afterwards(lstm, vectors, lengths):
    return lstm(vectors)[0] * _real(vectors, lengths)


def masked_before(lstm, vectors, lengths):
    return lstm(vectors * _real(vectors, lengths))[0]


def cut_at_the_longest(lstm, vectors, lengths):
    most = int(lengths.max())
    real = _real(vectors, lengths)
    memory = torch.zeros(*vectors.shape[:2], 2 * lstm.hidden_size, dtype=vectors.dtype)
    memory[:, :most] = lstm((vectors * real)[:, :most])[0]
    return memory * real


def total_length_forgotten(lstm, vectors, lengths):
    return _packed(lstm, vectors, lengths, total=False)


def padded_with_ones(lstm, vectors, lengths):
    return _packed(lstm, vectors, lengths, value=1.0)


def one_too_short(lstm, vectors, lengths):
    return _packed(lstm, vectors, (lengths - 1).clamp(min=1))


def one_too_long(lstm, vectors, lengths):
    return _packed(lstm, vectors, (lengths + 1).clamp(max=vectors.shape[1]))


def said_to_be_sorted(lstm, vectors, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True)
    return nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=vectors.shape[1])[0]


def lengths_sorted_alone(lstm, vectors, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths.sort(descending=True).values, batch_first=True)
    return nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=vectors.shape[1])[0]


def left_sorted(lstm, vectors, lengths):
    order = lengths.argsort(descending=True)
    return said_to_be_sorted(lstm, vectors[order], lengths[order])


def sorted_twice(lstm, vectors, lengths):
    order = lengths.argsort(descending=True, stable=True)
    return said_to_be_sorted(lstm, vectors[order], lengths[order])[order]


def batch_axis_forgotten(lstm, vectors, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths.clamp(max=len(vectors)), enforce_sorted=False)
    return nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], total_length=len(vectors))[0]


def wrong_axis_before(lstm, vectors, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, enforce_sorted=False)
    return nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=vectors.shape[1])[0]


def wrong_axis_afterwards(lstm, vectors, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
    return nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], total_length=vectors.shape[1])[0]


def forward_direction_twice(lstm, vectors, lengths):
    memory, _ = lstm(vectors)
    H = lstm.hidden_size
    return torch.cat([memory[..., :H], memory[..., :H]], -1) * _real(vectors, lengths)


def backward_left_out(lstm, vectors, lengths):
    return buggy_encode(lstm, vectors, lengths)[..., :lstm.hidden_size]


def directions_added(lstm, vectors, lengths):
    memory = _packed(lstm, vectors, lengths)
    return memory[..., :lstm.hidden_size] + memory[..., lstm.hidden_size:]


def directions_turned(lstm, vectors, lengths):
    memory = _packed(lstm, vectors, lengths)
    return torch.cat([memory[..., lstm.hidden_size:], memory[..., :lstm.hidden_size]], -1)


def padding_in_front(lstm, vectors, lengths):
    """Rows are shifted to the right end: now the forward direction begins in padding."""
    N = vectors.shape[1]
    shifted = torch.stack([torch.roll(row * (torch.arange(N) < n)[:, None], int(N - n), 0) for row, n in zip(vectors, lengths, strict=True)])
    memory = lstm(shifted)[0]
    memory = torch.stack([torch.roll(row, -int(N - n), 0) for row, n in zip(memory, lengths, strict=True)])
    return memory * _real(vectors, lengths)


def last_vector_repeated(lstm, vectors, lengths):
    index = torch.minimum(torch.arange(vectors.shape[1]), lengths[:, None] - 1)
    return lstm(vectors.gather(1, index[..., None].expand_as(vectors)))[0] * _real(vectors, lengths)


def packed_back_still_packed(lstm, vectors, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
    return lstm(packed)[0].data


def last_states(lstm, vectors, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
    return torch.cat([*lstm(packed)[1][0][-2:]], -1)


def without_gradient(lstm, vectors, lengths):
    with torch.no_grad():
        return _packed(lstm, vectors, lengths)


def vectors_detached(lstm, vectors, lengths):
    return _packed(lstm, vectors.detach(), lengths)


def left_in_evaluation(lstm, vectors, lengths):
    return _packed(lstm.eval(), vectors, lengths)


def left_frozen(lstm, vectors, lengths):
    memory = _packed(lstm, vectors, lengths)
    lstm.requires_grad_(False)
    return memory


def state_carried_over(lstm, vectors, lengths):
    rows, state = [], None
    for row, n in zip(vectors, lengths.tolist(), strict=True):
        out, state = lstm(row[None, :n], state)
        rows.append(nn.functional.pad(out[0], (0, 0, 0, len(row) - n)))
    return torch.stack(rows)


def rows_not_filled(lstm, vectors, lengths):
    rows = [lstm(row[None, :n])[0][0] for row, n in zip(vectors, lengths.tolist(), strict=True)]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True)


def first_length_for_all(lstm, vectors, lengths):
    return _packed(lstm, vectors, lengths[:1].expand(len(lengths)))


# Also right


def each_alone(lstm, vectors, lengths):
    memory = torch.zeros(*vectors.shape[:2], 2 * lstm.hidden_size, dtype=vectors.dtype)
    for b, n in enumerate(lengths.tolist()):
        memory[b, :n] = lstm(vectors[b:b + 1, :n])[0][0]
    return memory


def by_length(lstm, vectors, lengths):
    out = vectors.new_zeros(vectors.shape[0], vectors.shape[1], 2 * lstm.hidden_size)
    for n in lengths.unique():
        rows = lengths == n
        out[rows, :int(n)], _ = lstm(vectors[rows, :int(n)])
    return out


def sorted_by_hand(lstm, vectors, lengths):
    lengths, order = lengths.cpu().sort(descending=True)
    memory = said_to_be_sorted(lstm, vectors[order], lengths)
    return memory[order.argsort()]


def from_a_list(lstm, vectors, lengths):
    rows = [v[:n] for v, n in zip(vectors, lengths, strict=True)]
    out, _ = lstm(nn.utils.rnn.pack_sequence(rows, enforce_sorted=False))
    padded, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
    return nn.functional.pad(padded, (0, 0, 0, vectors.shape[1] - padded.shape[1]))


STILL = "The direction that reads backwards still begins in the padding: pack the rows, or encode each by itself."
ORDER = "The rows come back in another order, or lengths and rows no longer belong together."
PLACES = "The result has N places, also where every row is shorter: give total_length."
AXES = "The batch is the first axis here: say batch_first=True, when packing and when unpacking."
ENDS = "A row has exactly lengths[b] real vectors."
BOTH = "Both directions stay side by side, forward first."

mistakes = [
    Mistake(buggy_encode, "This is still the buggy encoder. Encode one row alone and beside a longer one: half of the channels differ."),
    *(Mistake(answer, STILL) for answer in (without_masks, masked_afterwards, masked_before, cut_at_the_longest, last_vector_repeated)),
    Mistake(padding_in_front, "Now the direction that reads forwards begins in the padding."),
    *(Mistake(answer, PLACES) for answer in (total_length_forgotten, rows_not_filled)),
    Mistake(padded_with_ones, "Padding is 0 in the result."),
    *(Mistake(answer, ENDS) for answer in (one_too_short, one_too_long, first_length_for_all)),
    Mistake(said_to_be_sorted, "The lengths come in any order: pack with enforce_sorted=False."),
    *(Mistake(answer, ORDER) for answer in (lengths_sorted_alone, left_sorted, sorted_twice)),
    *(Mistake(answer, AXES) for answer in (batch_axis_forgotten, wrong_axis_before, wrong_axis_afterwards)),
    *(Mistake(answer, BOTH) for answer in (forward_direction_twice, backward_left_out, directions_added, directions_turned)),
    Mistake(packed_back_still_packed, "The result is still packed: pad_packed_sequence brings it back to (B, N, 2H)."),
    Mistake(last_states, "These are the last states. The attention needs one vector for each place."),
    *(Mistake(answer, "No gradient arrives: the encoder, or what lies before it, would not learn.") for answer in (without_gradient, vectors_detached)),
    *(Mistake(answer, "The LSTM is changed: leave its mode, and what can learn in it, as they were.")
      for answer in (left_in_evaluation, left_frozen)),
    Mistake(state_carried_over, "Each row begins with a state of 0, not with the one that the row before left."),
]

also_right = [each_alone, by_length, sorted_by_hand, from_a_list]

equivalent_mutants = {
    ("packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths.cpu(), batch_first=True, enforce_sorted=False): "
     "lengths.cpu() → lengths"): "there is one device",
}
