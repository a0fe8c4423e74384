"""Planted answers to gpt-generate, by another author than the check's."""

import torch


def newest_read_twice(model, prompt, length, pick):
    """After the prompt the last two tokens each time."""
    x, past = prompt, None
    for i in range(length):
        new = x if i == 0 else x[:, -2:]
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
    return x


def place_of_the_first_new_forgotten(model, prompt, length, pick):
    """The place is counted by rounds from the prompt's end, one too small from the second on."""
    x, past, new = prompt, None, prompt
    for i in range(length):
        logits, past = model(new, 0 if i == 0 else prompt.shape[1] + i - 2, past)
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
    return x


def place_is_the_round(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for i in range(length):
        logits, past = model(new, i, past)
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
    return x


def prompt_token_by_token_at_zero(model, prompt, length, pick):
    past, x, new = None, prompt, None
    for t in range(prompt.shape[1]):
        logits, past = model(prompt[:, t:t + 1], 0, past)
    for _ in range(length):
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
        logits, past = model(new, x.shape[1] - 1, past)
    return x


def prompt_without_its_past(model, prompt, length, pick):
    for t in range(prompt.shape[1]):
        logits, past = model(prompt[:, t:t + 1], t, None)
    x = prompt
    for _ in range(length):
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
        logits, past = model(new, x.shape[1] - 1, past)
    return x


def past_dropped_after_the_prompt(model, prompt, length, pick):
    logits, _ = model(prompt, 0, None)
    x, past = prompt, None
    for _ in range(length):
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
        logits, past = model(new, x.shape[1] - 1, past)
    return x


def past_kept_between_calls(model, prompt, length, pick, memory=[]):  # noqa: B006
    x = new = prompt
    past = memory[-1] if memory and len(memory[-1][0]) == len(prompt) else None
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
    memory.append(past)
    return x


def picked_before_the_loop(model, prompt, length, pick):
    """The pick stands before the loop as well, so that with length 0 one is made."""
    logits, past = model(prompt, 0, None)
    x = torch.cat([prompt, pick(logits[:, -1])[:, None]], 1)
    for _ in range(length - 1):
        logits, past = model(x[:, -1:], x.shape[1] - 1, past)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
    return x


def picked_twice(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
        new = pick(logits[:, -1])[:, None]
    return x


def picked_for_each_place(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = torch.stack([pick(logits[:, t]) for t in range(logits.shape[1])], 1)[:, -1:]
        x = torch.cat([x, new], 1)
    return x


def picked_row_by_row(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = torch.stack([pick(row[None, -1]) for row in logits])
        x = torch.cat([x, new], 1)
    return x


def picked_from_probabilities(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = pick(logits[:, -1].softmax(-1))[:, None]
        x = torch.cat([x, new], 1)
    return x


def picked_from_all_places(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = pick(logits)[:, -1:]
        x = torch.cat([x, new], 1)
    return x


def one_axis_for_all(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = pick(logits[:, -1])
        x = torch.cat([x, new], 1)
        new = new[:, None]
    return x


def stacked_in_rows(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 0) if x.shape[1] == 1 else torch.cat([x, new], 1)
    return x


def in_floats(model, prompt, length, pick):
    x = torch.zeros(prompt.shape[0], prompt.shape[1] + length)
    x[:, :prompt.shape[1]] = prompt
    past, done = None, 0
    for t in range(prompt.shape[1], prompt.shape[1] + length):
        logits, past = model(x[:, done:t], done, past)
        x[:, t], done = pick(logits[:, -1]), t
    return x


def prompt_overwritten(model, prompt, length, pick):
    """The prompt's own memory is written: its last token is replaced by each new one."""
    x, past, new = prompt.clone(), None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        prompt[:, -1] = pick(logits[:, -1])
        new = prompt[:, -1:].clone()
        x = torch.cat([x, new], 1)
    return x


def only_four_at_once(model, prompt, length, pick):
    """A window of four tokens, as of a model with little room."""
    x = prompt
    for _ in range(length):
        logits, _ = model(x[:, -4:], max(0, x.shape[1] - 4), None)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
    return x


def squeezed(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
    return x.squeeze(0)


def stops_when_it_repeats(model, prompt, length, pick):
    """As if one token ended the text: it goes on with the same token."""
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = pick(logits[:, -1])[:, None]
        new = torch.where(x[:, -1:] == 0, 0, new)
        x = torch.cat([x, new], 1)
    return x


def one_cache_for_all(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        past = tuple(part[:1].expand_as(part) for part in past)
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
    return x


def by_recursion(model, prompt, length, pick):
    def on(tokens, place, past, left):
        if left == 0:
            return []
        logits, past = model(tokens, place, past)
        new = pick(logits[:, -1])[:, None]
        return [new, *on(new, place + tokens.shape[1], past, left - 1)]

    return torch.cat([prompt, *on(prompt, 0, None, length)], dim=1)


def prompt_in_pieces_of_two(model, prompt, length, pick):
    past, place, logits = None, 0, None
    for piece in prompt.split(2, 1):
        logits, past = model(piece, place, past)
        place += piece.size(1)
    x = prompt.clone()
    while x.size(1) < prompt.size(1) + length:
        token = pick(logits[:, -1])
        x = torch.hstack([x, token.view(-1, 1)])
        logits, past = model(token.view(-1, 1), place, past)
        place += 1
    return x


def row_by_row_in_lists(model, prompt, length, pick):
    texts, past, new = prompt.tolist(), None, prompt
    for i in range(length):
        logits, past = model(new, 0 if i == 0 else len(texts[0]) - 1, past)
        tokens = pick(logits[:, -1])
        for text, token in zip(texts, tokens.tolist(), strict=True):
            text.append(token)
        new = tokens[:, None]
    return torch.tensor(texts)


def with_a_running_place(model, prompt, length, pick):
    out = torch.empty(prompt.size(0), prompt.size(1) + length, dtype=torch.long)
    out[:, :prompt.size(1)], place, past, end = prompt, 0, None, prompt.size(1)
    for end in range(prompt.size(1), prompt.size(1) + length):
        logits, past = model(out[:, place:end], place, past)
        place, out[:, end] = end, pick(logits[:, -1])
    return out


def into_a_table_of_floats(model, prompt, length, pick):
    x = torch.zeros(len(prompt), prompt.shape[1] + length)
    x[:, :prompt.shape[1]] = prompt
    past, new, place = None, prompt, 0
    for i in range(prompt.shape[1], x.shape[1]):
        logits, past = model(new, place, past)
        token, place = pick(logits[:, -1]), i
        x[:, i], new = token, token[:, None]
    return x


def one_pick_more(model, prompt, length, pick):
    """Picked after each call, also after the last one."""
    logits, past = model(prompt, 0, None)
    x, new = prompt, pick(logits[:, -1])[:, None]
    for _ in range(length):
        x = torch.cat([x, new], 1)
        logits, past = model(new, x.shape[1] - 1, past)
        new = pick(logits[:, -1])[:, None]
    return x


SAYS_1 = ("The rest: each new token is given to the model once, at its place, with the past of the call before.")
SAYS_2 = ("The first new token: picked from the logits of the last place, after the whole prompt.")
SAYS_3 = ("Your code raised ValueError: pick takes logits (B, K), of the last place alone, got (3, 4, 23) at for "
          "length = 9. The signature is `generate(model, prompt, length, pick)`.")
SAYS_4 = ("Your code raised RuntimeError: Tensors must have same number of dimensions: got 2 and 1 at for length = "
          "9. The signature is `generate(model, prompt, length, pick)`.")
SAYS_5 = ("`generate` should have shape (B, P + length) = (3, 8), not (24, 1). A prompt of a single token, and the "
          "same prompt twice in a batch.")
SAYS_6 = ("Your code raised IndexError: tensors used as indices must be long, int, byte or bool tensors at for "
          "length = 9. The signature is `generate(model, prompt, length, pick)`.")
SAYS_7 = ("`generate` changes its argument `prompt` in place: work on a copy.")
SAYS_8 = ("`generate` should have shape (B, P + length) = (1, 12), not (12,). The rest: each new token is given to "
          "the model once, at its place, with the past of the call before.")
SAYS_9 = ("The rest: each new token is given to the model once, at its place, with the past of the call before."
          " `pick` is called once for each.")
SAYS_10 = ("`generate` should have shape (B, P + length) = (1, 12), not (12,). The rest: each new token is given"
          " to the model once, at its place, with the past of the call before. `pick` is called once for each.")
SAYS_11 = ("The rest: each new token is given to the model once, at its place, with the past of the call before."
          " `pick` is called once for each.")
SAYS_12 = ("`generate` should return whole numbers, int64: tokens are no floats. The signature is "
          "`generate(model, prompt, length, pick)`.")
SAYS_13 = ("The rest: each new token is given to the model once, at its place, with the past of the call before."
          " `pick` is called once for each.")

wrong = [
    (newest_read_twice, "last_two_each_time"), (place_of_the_first_new_forgotten, "place_one_early"),
    (place_is_the_round, "place_is_the_round"), (prompt_token_by_token_at_zero, SAYS_9),
    (prompt_without_its_past, "prompt_without_its_past"),
    (past_dropped_after_the_prompt, "past_of_the_prompt_lost"), (past_kept_between_calls, SAYS_2),
    (picked_before_the_loop, "never_none"), (picked_twice, "picked_twice"),
    (picked_for_each_place, "picked_for_each_place"), (picked_row_by_row, "picked_row_by_row"),
    (picked_from_probabilities, "picked_from_probabilities"), (picked_from_all_places, SAYS_3),
    (one_axis_for_all, SAYS_4), (stacked_in_rows, SAYS_5), (in_floats, SAYS_6), (prompt_overwritten, SAYS_7),
    (only_four_at_once, "a_window"), (squeezed, SAYS_10), (stops_when_it_repeats, "zero_ends_it"),
    (one_cache_for_all, SAYS_11),
    (into_a_table_of_floats, SAYS_12),
    (one_pick_more, SAYS_13),
]
right = [by_recursion, prompt_in_pieces_of_two, row_by_row_in_lists, with_a_running_place]
