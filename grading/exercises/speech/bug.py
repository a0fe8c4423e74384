"""speech-bug: an encoder that reads its padding, so that a word sounds different beside a longer one.

The lesson gives `buggy_encode`, word for word as in the answers. It sets padding to zero before and after the LSTM, and yet
the direction that reads backwards begins in the padding: when it comes to the last symbol its state is no longer 0.
Fixed: lstm with batch_first, in both directions, of any number of layers; vectors (B, N, C); lengths (B,) int64 of 1 … N, in any
order, their largest perhaps below N; the result is (B, N, 2H), 0 on padding.
"""

import torch
from torch import nn

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Rows of all lengths, also one symbol, also two the same; weights of LSTMs with one and two layers."""
    B, N, C, H = 4, 6, 3, 2
    order = torch.arange(B)
    while (order[order] == torch.arange(B)).all():  # until sorting twice does not bring the rows back
        lengths = torch.tensor([N, 1, 3, int(randint(2, N, (), rng=rng))])[torch.randperm(B, generator=rng)]
        order = lengths.argsort(descending=True, stable=True)
    return {"vectors": draws.normal((B, N, C), rng=rng), "lengths": lengths, "H": H,
            "flat": 0.9 * draws.normal((400,), rng=rng)}


def probe(encode, vectors, lengths, H, flat):
    """A padded batch and its gradients; rows alone; more padding than needed; one symbol each; two layers."""
    def net(layers):
        lstm = nn.LSTM(vectors.shape[2], H, layers, batch_first=True, bidirectional=True).to(vectors.dtype)
        count = sum(p.numel() for p in lstm.parameters())
        nn.utils.vector_to_parameters(flat[:count].clone(), lstm.parameters())
        return lstm

    def ask(lstm, vectors, lengths):
        return probing.tensor(encode(lstm, vectors, lengths), "`encode`")

    lstm, leaf = probing.watch("lstm", net(1)), probing.leaf(vectors)
    memory = ask(lstm, leaf, lengths)
    weigh = torch.cos(torch.arange(memory.numel())).view(memory.shape).to(memory.dtype)
    slope, learns = probing.vjp(memory, [leaf, lstm.weight_hh_l0_reverse], weigh)
    values = dict(memory=memory, slope=slope, learns=learns)
    for i in range(len(vectors)):
        values[f"alone_{i}"] = probing.attempt(ask, lstm, vectors[i:i + 1, :int(lengths[i])], lengths[i:i + 1])
    few = lengths.clamp(max=3)
    return values | dict(spare=probing.attempt(ask, lstm, vectors, few), deep=probing.attempt(ask, net(2), vectors, lengths),
                         single=probing.attempt(ask, lstm, vectors, torch.ones_like(lengths)))


def reference(lstm, vectors, lengths):
    """As in the lesson."""
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
    memory, _ = nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=vectors.shape[1])
    return memory


def truth(lstm, vectors, lengths):
    """Each row by itself, then zeros behind it."""
    rows = [lstm(vectors[i, :int(length)])[0] for i, length in enumerate(lengths)]
    return torch.stack([torch.cat([row, row.new_zeros(vectors.shape[1] - len(row), row.shape[1])]) for row in rows])


exercise = Exercise(
    id="speech-bug", defines="encode(lstm, vectors, lengths)", core=False, points=2, level=3, minutes=10, all_or_nothing=True,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.tacotron.Tacotron2"],
    comparisons=[
        Compare("alone_0", "alone_1", "alone_2", "alone_3", shape="(1, length, 2H)", points=0.5, what="`encode` of a row alone",
                says="A row alone, without any padding: what the LSTM makes of it, in both directions."),
        Compare("memory", "deep", shape="(B, N, 2H)", points=0.75, what="`encode`",
                says="In a batch each row gets what it gets alone, and 0 on padding."),
        Compare("spare", "single", shape="(B, N, 2H)", points=0.5, what="`encode` where every row is padded",
                says="Where every row is shorter than N the result still has N places."),
        Compare("slope", "learns", points=0.25, tolerance=1e-4,
                what={"slope": "the gradient at the vectors", "learns": "the gradient at the LSTM's weights"},
                says="Gradients reach the real vectors and the weights, and no vector of padding."),
    ],
    hints=[
        "Encode a word alone, then beside a longer one, and compare place by place and half by half. Which half differs?",
        "The backward direction starts at the last place, in the padding, and biases move its state away from 0 even where the input is "
        "0. PyTorch packs rows of different lengths so that each direction starts where its row does.",
        "packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False); then "
        "pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=vectors.shape[1])[0].",
    ],
    afterwards="How a word sounds no longer depends on what else happens to be in its batch.",
)
