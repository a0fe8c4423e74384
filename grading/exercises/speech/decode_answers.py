"""Answers to speech-decode: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.speech._decode_right import into_a_table, silence_is_fed, zeros_afterwards


def _speak(step, state, go, max_steps, *, feed=lambda frame, go, speaking: frame, keep=lambda state, first: state,
           ends=lambda stop, speaking: stop > 0, counts=lambda speaking, ended: speaking, over=lambda speaking: not speaking.any(),
           quiet=lambda frame, speaking: frame * speaking[:, None], first=None):
    frame, frames = go if first is None else first(go), []
    lengths, speaking, start = torch.zeros(len(go), dtype=torch.int64), torch.ones(len(go), dtype=torch.bool), state
    while not over(speaking) and len(frames) < max_steps:
        made, stop, state = step(frame, state)
        ended = ends(stop, speaking)
        frames.append(quiet(made, counts(speaking, ended)))
        lengths = lengths + counts(speaking, ended)
        speaking = speaking & ~ended
        frame, state = feed(made, go, speaking), keep(state, start)
    return torch.stack(frames, 1), lengths


# Known mistakes


def always_to_the_end(step, state, go, max_steps):
    """The outline's: a fixed number of frames."""
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: torch.zeros_like(speaking))


def always_to_the_end_with_lengths(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, over=lambda speaking: False)


def ended_by_any(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: (stop > 0).any().expand_as(stop))


def loop_ended_by_any(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, over=lambda speaking: not speaking.all())


def ended_by_mean(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: (stop.mean() > 0).expand_as(stop))


def ended_by_first_row(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: (stop[0] > 0).expand_as(stop))


def ended_when_all_say_so_at_once(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: (stop > 0).all().expand_as(stop))


def half_of_the_logit(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: stop > 0.5)


def sigmoid_above_zero(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: torch.sigmoid(stop) > 0)


def half_is_above(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: stop >= 0)


def rounded(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: stop.round() > 0)


def sign_turned(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, ends=lambda stop, speaking: stop < 0)


def last_frame_left_out(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, counts=lambda speaking, ended: speaking & ~ended)


def last_frame_silent(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return frames * (torch.arange(frames.shape[1]) < lengths[:, None] - 1)[..., None], lengths


def starts_again(step, state, go, max_steps):
    frame, frames, stops = go, [], []
    while len(frames) < max_steps and not (stops and (stops[-1] > 0).all()):
        frame, stop, state = step(frame, state)
        frames.append(frame)
        stops.append(stop)
    said = torch.stack(stops, 1) <= 0
    lengths = (said.sum(1) + 1).clamp(max=len(frames))
    return torch.stack(frames, 1) * (torch.arange(len(frames)) < lengths[:, None])[..., None], lengths


def awake_by_the_latest(step, state, go, max_steps):
    frame, frames, lengths = go, [], torch.zeros(len(go), dtype=torch.int64)
    speaking = torch.ones(len(go), dtype=torch.bool)
    while speaking.any() and len(frames) < max_steps:
        frame, stop, state = step(frame, state)
        frames.append(frame * speaking[:, None])
        lengths, speaking = lengths + speaking, stop <= 0
    return torch.stack(frames, 1), lengths


def last_stop_counts(step, state, go, max_steps):
    frame, frames, lengths = go, [], torch.full((len(go),), max_steps)
    ended = torch.zeros(len(go), dtype=torch.bool)
    while len(frames) < max_steps and not ended.all():
        frame, stop, state = step(frame, state)
        frames.append(frame)
        lengths = torch.where(stop > 0, len(frames), lengths)
        ended = ended | (stop > 0)
    return torch.stack(frames, 1) * (torch.arange(len(frames)) < lengths[:, None])[..., None], lengths


def go_in_front(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return torch.cat([go[:, None], frames], 1), lengths + 1


def go_in_front_not_counted(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return torch.cat([go[:, None], frames], 1)[:, :-1], lengths


def always_go(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, feed=lambda frame, go, speaking: go)


def zeros_fed(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, feed=lambda frame, go, speaking: torch.zeros_like(go))


def zeros_first(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, first=torch.zeros_like)


def state_forgotten(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, keep=lambda state, first: first)


def sum_fed(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, feed=lambda frame, go, speaking: frame + go)


def one_before_fed(step, state, go, max_steps):
    before = [go]

    def feed(frame, go, speaking):
        before.append(frame)
        return before[-2]

    return _speak(step, state, go, max_steps, feed=feed)


def first_row_fed_to_all(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, feed=lambda frame, go, speaking: frame[:1].expand_as(frame))


def noise_behind_the_end(step, state, go, max_steps):
    return _speak(step, state, go, max_steps, quiet=lambda frame, speaking: frame)


def last_frame_repeated(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    index = torch.minimum(torch.arange(frames.shape[1]), lengths[:, None] - 1)
    return frames.gather(1, index[..., None].expand_as(frames)), lengths


def one_call_more(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    step(frames[:, -1], state)
    return frames, lengths


def one_frame_more(step, state, go, max_steps):
    return _speak(step, state, go, max_steps + 1)


def one_frame_less(step, state, go, max_steps):
    return _speak(step, state, go, max(max_steps - 1, 1))


def never_stopped_is_zero(step, state, go, max_steps):
    frames, lengths, speaking = [], torch.zeros(len(go), dtype=torch.int64), torch.ones(len(go), dtype=torch.bool)
    while speaking.any() and len(frames) < max_steps:
        go, stop, state = step(go, state)
        frames.append(go * speaking[:, None])
        lengths[speaking & (stop > 0)] = len(frames)
        speaking = speaking & (stop <= 0)
    return torch.stack(frames, 1), lengths


def counted_from_zero(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return frames, lengths - 1


def filled_to_max_steps(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return torch.nn.functional.pad(frames, (0, 0, 0, max_steps - frames.shape[1])), lengths


def time_first(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return frames.transpose(0, 1), lengths


def side_by_side(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return frames.flatten(1), lengths


def one_length(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return frames, lengths.max()


def length_of_the_batch(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return frames, torch.full_like(lengths, frames.shape[1])


def lengths_in_float(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    return frames, lengths.float()


def states_put_together(step, state, go, max_steps):
    """The state of a row that has ended is held, as if a state were always one tensor."""
    speaking = [torch.ones(len(go), dtype=torch.bool)]

    def held(frame, old):
        made, stop, new = step(frame, old)
        new = torch.where(speaking[0][:, None], new, old)
        speaking[0] = speaking[0] & (stop <= 0)
        return made, stop, new

    return _speak(held, state, go, max_steps)


def go_overwritten(step, state, go, max_steps):
    frames, lengths = _speak(step, state, go, max_steps)
    go.copy_(frames[:, -1])
    return frames, lengths


def each_row_alone(step, state, go, max_steps):
    rows = [_speak(step, state[b:b + 1], go[b:b + 1], max_steps) for b in range(len(go))]
    most = max(frames.shape[1] for frames, _ in rows)
    frames = torch.cat([torch.nn.functional.pad(f, (0, 0, 0, most - f.shape[1])) for f, _ in rows])
    return frames, torch.cat([n for _, n in rows])


def frames_alone(step, state, go, max_steps):
    return _speak(step, state, go, max_steps)[0]

TOGETHER = "Each row ends by itself: what one row's gate says must not end another row."
HALF = "`stop` is a logit: a probability above 1/2 is a logit above 0, and 0 itself is exactly 1/2, which is not above."
LAST = "The frame with which a row says stop still belongs to it, and counts in its length."
FIRST = "A row ends with its first stop: what its gate says later counts no more."
FED = "Each step is fed the frame of the step before, row by row; only the first one is fed `go`."
BEHIND = "Behind the end of a row stand zeros."
CALLS = "Once every row has ended, `step` is not called again."
LENGTHS = "The lengths say for each row how many frames belong to it; one that never stops has as many as were made."
MOST = "At most max_steps frames, `go` not counted."
FORM = "The frames are (B, T, M), T the largest length, beside lengths (B,)."

mistakes = [
    Mistake(always_to_the_end, "Nobody ever stops: read the stop logit after each step."),
    Mistake(always_to_the_end_with_lengths, CALLS), Mistake(one_call_more, CALLS),
    *(Mistake(answer, TOGETHER) for answer in (ended_by_any, loop_ended_by_any, ended_by_mean, ended_by_first_row, ended_when_all_say_so_at_once)),
    *(Mistake(answer, HALF) for answer in (half_of_the_logit, sigmoid_above_zero, half_is_above, rounded, sign_turned)),
    *(Mistake(answer, LAST) for answer in (last_frame_left_out, last_frame_silent)),
    *(Mistake(answer, FIRST) for answer in (starts_again, awake_by_the_latest, last_stop_counts)),
    *(Mistake(answer, "`go` is only fed. It is no frame of the result.") for answer in (go_in_front, go_in_front_not_counted)),
    *(Mistake(answer, FED) for answer in (always_go, zeros_fed, sum_fed, one_before_fed, first_row_fed_to_all)),
    Mistake(zeros_first, "The first step is fed `go`, whatever it holds."),
    Mistake(state_forgotten, "The state is never handed on: each step gets the one that the step before returned."),
    *(Mistake(answer, BEHIND) for answer in (noise_behind_the_end, last_frame_repeated)),
    *(Mistake(answer, MOST) for answer in (one_frame_more, one_frame_less)),
    *(Mistake(answer, LENGTHS) for answer in (never_stopped_is_zero, counted_from_zero, one_length, length_of_the_batch)),
    *(Mistake(answer, FORM) for answer in (filled_to_max_steps, time_first, side_by_side, frames_alone)),
    Mistake(lengths_in_float, "The lengths are whole numbers, int64: nobody can cut with 3.0."),
    Mistake(states_put_together, "Only `step` knows what a state is, a tensor or a tuple of them: hand it on as it came."),
    Mistake(go_overwritten, "`go` belongs to whoever called you: leave it as it was."),
    Mistake(each_row_alone, "`step` takes the whole batch: one call for each frame, not one for each row."),
]

also_right = [zeros_afterwards, into_a_table, silence_is_fed]

_LENGTHS = "lengths = torch.full((len(go),), max_steps, device=go.device): "
_RUNNING = "running = torch.ones(len(go), dtype=torch.bool, device=go.device): "

equivalent_mutants = {
    f"{_LENGTHS}torch.full((len(go),), max_steps, device=go.device) → torch.full((len(go),), max_steps)": "there is one device",
    f"{_RUNNING}torch.ones(len(go), dtype=torch.bool, device=go.device) → torch.ones(len(go), dtype=torch.bool)": "there is one device",
}
