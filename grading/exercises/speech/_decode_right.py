"""Right answers to speech-decode."""

import torch


def zeros_afterwards(step, state, go, max_steps):
    frames, lengths = [], torch.full((go.shape[0],), max_steps, dtype=torch.long)
    frame = go
    for t in range(1, max_steps + 1):
        frame, stop, state = step(frame, state)
        frames.append(frame)
        ends = (torch.sigmoid(stop) > 0.5) & (lengths == max_steps)
        lengths[ends] = t
        if t == max_steps or (lengths <= t).all():
            break
    mel = torch.stack(frames, dim=1)
    mask = torch.arange(mel.shape[1]).unsqueeze(0) < lengths.unsqueeze(1)
    return mel.masked_fill(~mask.unsqueeze(-1), 0.0), lengths


def into_a_table(step, state, go, max_steps):
    B, M = go.shape
    table, ends, fed = go.new_zeros(B, max_steps, M), [0] * B, go
    for t in range(max_steps):
        made, stop, state = step(fed, state)
        for b in range(B):
            if not ends[b]:
                table[b, t] = made[b]
                if stop[b] > 0 or t == max_steps - 1:
                    ends[b] = t + 1
        if all(ends):
            break
        fed = made
    return table[:, :max(ends)], torch.tensor(ends)


def silence_is_fed(step, state, go, max_steps):
    """A row that has ended is fed zeros."""
    x, out = go, []
    done = torch.zeros(len(go), dtype=torch.bool)
    lengths = torch.zeros(len(go), dtype=torch.long)
    for _ in range(max_steps):
        x, stop, state = step(x, state)
        x = torch.where(done[:, None], torch.zeros_like(x), x)
        out.append(x)
        lengths += (~done).long()
        done = done | (stop.sigmoid() > 0.5)
        if bool(done.all()):
            break
    return torch.stack(out).permute(1, 0, 2), lengths
