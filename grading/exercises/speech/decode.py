"""speech-decode: speaking freely. Each frame is made from the one before, until the gate says that it was the last.

    frame, stop, state = step(frame, state)              frames (B, M), stops (B,) logits

Fixed: the first frame handed to `step` is `go`, the first state `state`; afterwards both are what the call before returned. A row ends
with the first frame whose σ(stop) is above 1/2 (that frame belongs to it; 1/2 itself is not above), or after
max_steps ≥ 1 frames; what its gate says later counts no more. `step` takes the whole batch and is called once for each
frame until every row has ended. Returned are the frames (B, T, M), T the largest length, 0 behind the end of a row, and the
lengths (B,) int64. Free: what a row that has ended is fed.
"""

import torch

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Gates that first open at drawn frames; a gate of exactly 0 before; one hardly open; some that close again; a row that never ends."""
    B, M, S, most = 5, 3, 4, 8 + int(randint(0, 4, (), rng=rng))
    ends = torch.tensor([1, 2, int(randint(3, 7, (), rng=rng)), 7, 30])[torch.randperm(B, generator=rng)]
    t = torch.arange(1, most + 1)[:, None]
    size = 0.1 + 3 * torch.rand(most, B, generator=rng, dtype=torch.float64)
    later = torch.where(draws.normal((most, B), rng=rng) > 0, size, -size)
    gates = torch.where(t < ends, -size, torch.where(t == ends, size, later))
    gates[6, ends == 7] = 0.002 + 0.01 * torch.rand(1, generator=rng, dtype=torch.float64)  # above 0, and hardly so
    gates[torch.randint(0, 6, (1,), generator=rng), ends == 7] = 0.0
    gates[0, ends == 30] = 0.0
    return {"go": draws.normal((B, M), rng=rng), "start": draws.normal((B, S), rng=rng), "gates": gates, "most": most,
            "hears": draws.normal((M, S), rng=rng), "moves": torch.linalg.qr(draws.normal((S, S), rng=rng)).Q,
            "says": draws.normal((S, M), rng=rng)}


def probe(decode, go, start, gates, most, hears, moves, says):
    """Rows that end at different frames; one that never does; one frame at most; all end at once; a batch of one; a state in parts."""
    def run(rows, most, gates):
        calls = []

        def step(frame, state):
            if len(frame) != len(rows) or len(state) != len(rows):
                raise probing.WrongType("`step` takes the whole batch each time")
            t = min(len(calls), len(gates) - 1)
            calls.append(t)
            state = torch.tanh(state @ moves + frame @ hears + 0.1 * t)
            return state @ says, gates[t, rows], state

        first = go if len(rows) == len(go) else go[rows]  # `go` itself is looked at again after the probe
        frames, lengths = probing.tensors(decode(step, probing.watch("state", start[rows]), first, most), 2, "`decode`")
        if lengths.is_floating_point():
            raise probing.WrongType("the lengths should be whole numbers, int64")
        return frames, lengths.double(), torch.tensor(float(len(calls)))

    def opaque(rows, most, gates):
        """With a state of several parts, as the lesson's net has: nobody but `step` knows what it is."""
        calls = []

        def step(frame, state):
            t, hidden = state["t"], torch.tanh(state["parts"][0] @ moves + frame @ hears)
            calls.append(t)
            return hidden @ says, gates[t, rows], {"t": t + 1, "parts": (hidden, state["parts"][0])}

        state = {"t": 0, "parts": (start[rows].clone(), start[rows].clone())}
        frames, lengths = probing.tensors(decode(step, probing.watch("state", state), go[rows].clone(), most), 2, "`decode`")
        return frames, lengths.double(), torch.tensor(float(len(calls)))

    everyone = torch.arange(len(go))
    never = gates[-1:] * 0 - gates.abs() - 0.1
    cases = {"usual": (everyone, most, gates), "never": (everyone[:3], most - 2, never),
             "cut": (everyone, most - 5, gates), "one": (everyone, 1, gates), "at_once": (everyone[1:], most, gates.abs() + 0.1),
             "again": (everyone[:2], most, gates)}
    cases |= {f"alone_{i}": (everyone[i:i + 1], most, gates) for i in range(len(go))}
    values = {}
    for name, case in cases.items():
        found = run(*case) if name == "usual" else probing.attempt(run, *case)
        found = [found] * 3 if isinstance(found, str) else found
        values |= dict(zip((name, f"{name}_lengths", f"{name}_calls"), found, strict=True))
    long = probing.attempt(run, everyone[:2], 130, never)
    kept = probing.attempt(opaque, everyone, most, gates)
    long, kept = ([x] * 3 if isinstance(x, str) else x for x in (long, kept))
    values |= dict(zip(("kept", "kept_lengths", "kept_calls"), kept, strict=True), long_lengths=long[1], long_calls=long[2])
    values["start"] = values["usual"][:, :1]
    values["second"] = values["usual"][:, 1:2] * (values["usual_lengths"].view(-1, 1, 1) > 1)
    return values


def reference(step, state, go, max_steps):
    """Until nobody speaks any more."""
    frame, frames = go, []
    lengths = torch.zeros(len(go), dtype=torch.int64)
    speaking = torch.ones(len(go), dtype=torch.bool)
    while speaking.any() and len(frames) < max_steps:
        frame, gate, state = step(frame, state)
        frames.append(frame * speaking[:, None])
        lengths = lengths + speaking
        speaking = speaking & (gate <= 0)
    return torch.stack(frames, 1), lengths


def truth(step, state, go, max_steps):
    """All frames and gates first, as far as needed; lengths and zeros afterwards."""
    frames, gates = [], []
    frame = go
    while len(frames) < max_steps and not (gates and (torch.stack(gates) > 0).any(0).all()):
        frame, gate, state = step(frame, state)
        frames.append(frame)
        gates.append(gate)
    lengths = []
    for b in range(len(go)):
        opened = [t + 1 for t, gate in enumerate(gates) if float(gate[b]) > 0]
        lengths.append(opened[0] if opened else len(frames))
    mel = torch.stack(frames, 1).clone()
    for b, length in enumerate(lengths):
        mel[b, length:] = 0
    return mel, torch.tensor(lengths)


exercise = Exercise(
    id="speech-decode", defines="decode(step, state, go, max_steps)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.speech_losses.free_run", "genlab.models.tacotron.Tacotron2"],
    comparisons=[
        Compare("start", shape="(B, T, M)", points=0.5, what="the first frame", says="The first frame is made from `go` and the given state."),
        Compare("second", shape="(B, T, M)", points=0.5, what="the second frame",
                says="The second frame is made from the first one and the state that came with it."),
        Compare("usual_lengths", "alone_0_lengths", "alone_1_lengths", "alone_2_lengths", "alone_3_lengths", "alone_4_lengths",
                shape="(B,)", points=1, what="the lengths",
                says="Each row ends by itself, with the first frame whose gate is above 1/2, that frame counted."),
        Compare("usual", "again", "alone_0", "alone_1", "alone_2", "alone_3", "alone_4", shape="(B, T, M)", points=1, what="the frames",
                says="The frames: as many as the longest row has, each row's own, and 0 behind its end."),
        Compare("never", "never_lengths", "cut", "cut_lengths", "one", "one_lengths", "at_once", "at_once_lengths", "long_lengths", "kept",
                "kept_lengths", points=0.5, what="`decode` at an end",
                says="At the ends: rows that never stop are cut at max_steps, be it 1 or 130, all rows may stop at the first frame, and the state may be "
                     "anything that `step` returns."),
        Compare("usual_calls", "again_calls", "at_once_calls", "cut_calls", "never_calls", "kept_calls", points=0.5, what="the number of calls of `step`",
                says="`step` is called once for each frame, and no more once every row has ended."),
    ],
    hints=[
        "What does the network need for its next frame, and who gives it? And whose gate decides when the loop ends, if four people "
        "speak at once?",
        "A row of truth values says who still speaks. In each round: step, keep the frame of those who speak, count them, then drop those "
        "whose gate is above 0 (a logit of 0 is a probability of 1/2).",
        "while speaking.any() and len(frames) < max_steps: frame, gate, state = step(frame, state); "
        "frames.append(frame * speaking[:, None]); lengths = lengths + speaking; speaking = speaking & (gate <= 0).",
    ],
    afterwards="In training the network heard the true frame before; now it hears itself, with its own errors in it.",
)
