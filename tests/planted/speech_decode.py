"""Planted answers to speech-decode, by another author than the check's."""

import torch


def hundred_frames(step, state, go, max_steps):
    """No stop at all, as in the outline."""
    frames = []
    for _ in range(max_steps):
        go, _, state = step(go, state)
        frames.append(go)
    return torch.stack(frames, 1), torch.full((len(go),), max_steps)


def first_to_stop_ends_all(step, state, go, max_steps):
    frames = []
    for _ in range(max_steps):
        go, stop, state = step(go, state)
        frames.append(go)
        if (torch.sigmoid(stop) > 0.5).any():
            break
    return torch.stack(frames, 1), torch.full((len(go),), len(frames))


def logit_above_half(step, state, go, max_steps):
    return _loop(step, state, go, max_steps, lambda stop: stop > 0.5)


def at_least_half(step, state, go, max_steps):
    return _loop(step, state, go, max_steps, lambda stop: torch.sigmoid(stop) >= 0.5)


def stopping_frame_dropped(step, state, go, max_steps):
    frames, lengths = [], torch.zeros(len(go), dtype=torch.long)
    active = torch.ones(len(go), dtype=torch.bool)
    for _ in range(max_steps):
        go, stop, state = step(go, state)
        active = active & (torch.sigmoid(stop) <= 0.5)
        frames.append(torch.where(active[:, None], go, 0.0))
        lengths += active
        if not active.any():
            break
    return torch.stack(frames, 1), lengths


def wakes_up(step, state, go, max_steps):
    """Whether a row speaks is read off its latest gate alone."""
    frames, lengths = [], torch.zeros(len(go), dtype=torch.long)
    done = torch.zeros(len(go), dtype=torch.bool)
    for _ in range(max_steps):
        go, stop, state = step(go, state)
        frames.append(torch.where(done[:, None], 0.0, go))
        lengths += ~done
        done = torch.sigmoid(stop) > 0.5
        if done.all():
            break
    return torch.stack(frames, 1), lengths


def last_latch(step, state, go, max_steps):
    frames, lengths = [], torch.full((len(go),), max_steps)
    done = torch.zeros(len(go), dtype=torch.bool)
    for t in range(max_steps):
        go, stop, state = step(go, state)
        frames.append(go)
        ends = torch.sigmoid(stop) > 0.5
        lengths[ends] = t + 1
        done |= ends
        if done.all():
            break
    mel = torch.stack(frames, 1)
    return mel * (torch.arange(mel.size(1)) < lengths[:, None])[..., None], lengths


def teacher_is_go(step, state, go, max_steps):
    frame = go
    return _loop(lambda _, s: step(frame, s), state, go, max_steps, lambda stop: torch.sigmoid(stop) > 0.5)


def begins_with_zeros(step, state, go, max_steps):
    return _loop(step, state, torch.zeros_like(go), max_steps, lambda stop: torch.sigmoid(stop) > 0.5)


def old_state(step, state, go, max_steps):
    return _loop(lambda x, _: step(x, state), state, go, max_steps, lambda stop: torch.sigmoid(stop) > 0.5)


def no_zeros(step, state, go, max_steps):
    frames, lengths = [], torch.full((len(go),), max_steps)
    done = torch.zeros(len(go), dtype=torch.bool)
    for t in range(max_steps):
        go, stop, state = step(go, state)
        frames.append(go)
        lengths[(torch.sigmoid(stop) > 0.5) & ~done] = t + 1
        done |= torch.sigmoid(stop) > 0.5
        if done.all():
            break
    return torch.stack(frames, 1), lengths


def runs_to_the_end(step, state, go, max_steps):
    frames, lengths = [], torch.full((len(go),), max_steps)
    done = torch.zeros(len(go), dtype=torch.bool)
    for t in range(max_steps):
        go, stop, state = step(go, state)
        frames.append(go.masked_fill(done[:, None], 0))
        lengths[(torch.sigmoid(stop) > 0.5) & ~done] = t + 1
        done |= torch.sigmoid(stop) > 0.5
    return torch.stack(frames, 1)[:, : int(lengths.max())], lengths


def index_for_length(step, state, go, max_steps):
    frames, lengths = _loop(step, state, go, max_steps, lambda stop: torch.sigmoid(stop) > 0.5)
    return frames, lengths - 1


def unfinished_have_zero(step, state, go, max_steps):
    frames, lengths = [], torch.zeros(len(go), dtype=torch.long)
    done = torch.zeros(len(go), dtype=torch.bool)
    for t in range(max_steps):
        go, stop, state = step(go, state)
        frames.append(go.masked_fill(done[:, None], 0))
        lengths[(torch.sigmoid(stop) > 0.5) & ~done] = t + 1
        done |= torch.sigmoid(stop) > 0.5
        if done.all():
            break
    return torch.stack(frames, 1), lengths


def go_is_a_frame(step, state, go, max_steps):
    frames, lengths = _loop(step, state, go, max_steps, lambda stop: torch.sigmoid(stop) > 0.5)
    return torch.cat([go.unsqueeze(1), frames], 1), lengths + 1


# Right


def _loop(step, state, go, max_steps, ends):
    frames, lengths = [], torch.zeros(len(go), dtype=torch.long)
    done = torch.zeros(len(go), dtype=torch.bool)
    for _ in range(max_steps):
        go, stop, state = step(go, state)
        frames.append(torch.where(done[:, None], torch.zeros_like(go), go))
        lengths = lengths + (~done).long()
        done = done | ends(stop)
        if done.all():
            break
    return torch.stack(frames, 1), lengths


def latch(step, state, go, max_steps):
    return _loop(step, state, go, max_steps, lambda stop: torch.sigmoid(stop) > 0.5)


def by_cumulative_sum(step, state, go, max_steps):
    frames, stops, x = [], [], go
    while len(frames) < max_steps:
        x, stop, state = step(x, state)
        frames.append(x)
        stops.append(stop > 0)
        if torch.stack(stops).any(0).all():
            break
    before = torch.stack(stops, 1).long().cumsum(1) - torch.stack(stops, 1).long()
    alive = before == 0
    return torch.stack(frames, 1) * alive.unsqueeze(-1), alive.sum(1)


def set_of_speakers(step, state, go, max_steps):
    speakers, ends, mel = set(range(go.shape[0])), {}, []
    while speakers and len(mel) < max_steps:
        out, stop, state = step(go, state)
        go = out
        kept = torch.zeros_like(out)
        for b in sorted(speakers):
            kept[b] = out[b]
            ends[b] = len(mel) + 1
        speakers -= {b for b in speakers if stop[b].item() > 0}
        mel.append(kept)
    return torch.stack(mel, dim=1), torch.tensor([ends[b] for b in range(go.shape[0])])


def own_frame_held(step, state, go, max_steps):
    """A row that has ended is fed its last frame again."""
    x, done = go, torch.zeros(go.shape[0], dtype=torch.bool)
    mel, count = [], torch.zeros(go.shape[0], dtype=torch.int64)
    for _ in range(max_steps):
        y, stop, state = step(x, state)
        x = torch.where(done.unsqueeze(1), x, y)
        mel.append(y * (~done).unsqueeze(1))
        count += (~done).to(torch.int64)
        done = torch.logical_or(done, stop.sigmoid().gt(0.5))
        if done.sum() == len(done):
            break
    return torch.stack(mel, 1), count


def rounded_logits(step, state, go, max_steps):
    return _until(step, state, go, max_steps, lambda stop: stop.round() > 0)


def of_float_lengths(step, state, go, max_steps):
    mel, count = _until(step, state, go, max_steps, lambda stop: stop > 0)
    return mel, count.float()


def only_who_speak(step, state, go, max_steps):
    """Faster, but `step` never sees the whole batch again."""
    rows, count, made, x = torch.arange(len(go)), torch.full((len(go),), max_steps), [[] for _ in go], go
    for t in range(max_steps):
        x, stop, state = step(x, state)
        for i, row in enumerate(rows.tolist()):
            made[row].append(x[i])
        count[rows[stop > 0]] = t + 1
        rows, x, state = rows[stop <= 0], x[stop <= 0], state[stop <= 0]
        if len(rows) == 0:
            break
    return torch.nn.utils.rnn.pad_sequence([torch.stack(m) for m in made], batch_first=True), count


def _until(step, state, go, max_steps, ends):
    """The lengths afterwards, from all that was said."""
    x, mel, said = go, [], []
    while len(mel) < max_steps and not (said and torch.stack(said).any(0).all()):
        x, stop, state = step(x, state)
        mel.append(x)
        said.append(ends(stop))
    over = torch.stack(said, 1)
    count = torch.where(over.any(1), over.int().argmax(1) + 1, len(mel))
    mel = torch.stack(mel, 1)
    return mel.masked_fill((torch.arange(mel.shape[1]) >= count[:, None])[..., None], 0), count


def lengths_from_all(step, state, go, max_steps):
    return _until(step, state, go, max_steps, lambda stop: torch.sigmoid(stop) > 0.5)


CALLS = "`step` is called once for each frame, and no more once every row has ended."

wrong = [
    (rounded_logits, "half_of_the_logit"),
    (of_float_lengths, "lengths_in_float"),
    (only_who_speak, "each_row_alone"),
    (hundred_frames, "always_to_the_end"),
    (first_to_stop_ends_all, "ended_by_any"),
    (logit_above_half, "half_of_the_logit"),
    (at_least_half, "half_is_above"),
    (stopping_frame_dropped, "last_frame_left_out"),
    (wakes_up, "awake_by_the_latest"),
    (last_latch, "last_stop_counts"),
    (teacher_is_go, "always_go"),
    (begins_with_zeros, "zeros_first"),
    (old_state, "state_forgotten"),
    (no_zeros, "noise_behind_the_end"),
    (runs_to_the_end, CALLS),
    (index_for_length, "counted_from_zero"),
    (unfinished_have_zero, "never_stopped_is_zero"),
    (go_is_a_frame, "go_in_front"),
]
right = [lengths_from_all, latch, by_cumulative_sum, set_of_speakers, own_frame_held]


def state_held_by_where(step, state, go, max_steps):
    """Holds the state of rows that have ended, as if a state were always one tensor."""
    running = [torch.ones(len(go), dtype=torch.bool)]

    def held(frame, old):
        frame, stop, new = step(frame, old)
        new = torch.where(running[0][:, None], new, old)
        running[0] = running[0] & (stop <= 0)
        return frame, stop, new

    return latch(held, state, go, max_steps)


wrong += [(state_held_by_where, "states_put_together")]
