"""Answers to gpt-generate: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.gpt._generate_right import in_two_pieces, into_a_table, token_by_token


def _write(model, prompt, length, pick, *, place=lambda x, new, P: x.shape[1] - new.shape[1],
           read=lambda logits: logits[:, -1], keep=lambda past, first: past):
    x, past, new, first = prompt, None, prompt, None
    for _ in range(length):
        logits, past = model(new, place(x, new, prompt.shape[1]), past)
        first = past if first is None else first
        past = keep(past, first)
        new = pick(read(logits))[:, None]
        x = torch.cat([x, new], 1)
    return x


# Known mistakes


def everything_again(model, prompt, length, pick):
    x = prompt
    for _ in range(length):
        logits, _ = model(x, 0, None)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
    return x


def everything_with_past(model, prompt, length, pick):
    x, past = prompt, None
    for _ in range(length):
        logits, past = model(x, 0, past)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
    return x


def place_always_zero(model, prompt, length, pick):
    return _write(model, prompt, length, pick, place=lambda x, new, P: 0)


def place_one_late(model, prompt, length, pick):
    return _write(model, prompt, length, pick, place=lambda x, new, P: x.shape[1] if x.shape[1] > P else 0)


def place_one_early(model, prompt, length, pick):
    return _write(model, prompt, length, pick, place=lambda x, new, P: x.shape[1] - 2 if x.shape[1] > P else 0)


def place_of_new_ones(model, prompt, length, pick):
    return _write(model, prompt, length, pick, place=lambda x, new, P: x.shape[1] - P - 1 if x.shape[1] > P else 0)


def place_of_prompt_end(model, prompt, length, pick):
    return _write(model, prompt, length, pick, place=lambda x, new, P: P if x.shape[1] > P else 0)


def past_forgotten(model, prompt, length, pick):
    return _write(model, prompt, length, pick, keep=lambda past, first: None)


def first_past_forever(model, prompt, length, pick):
    return _write(model, prompt, length, pick, keep=lambda past, first: first)


def first_place_read(model, prompt, length, pick):
    return _write(model, prompt, length, pick, read=lambda logits: logits[:, 0])


def mean_read(model, prompt, length, pick):
    return _write(model, prompt, length, pick, read=lambda logits: logits.mean(1))


def new_ones_only(model, prompt, length, pick):
    return _write(model, prompt, length, pick)[:, prompt.shape[1]:]


def last_of_prompt_only(model, prompt, length, pick):
    x, past = prompt, None
    for _ in range(length):
        logits, past = model(x[:, -1:], x.shape[1] - 1, past)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
    return x


def last_of_prompt_twice(model, prompt, length, pick):
    _, past = model(prompt, 0, None)
    x = prompt
    for _ in range(length):
        logits, past = model(x[:, -1:], x.shape[1] - 1, past)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
    return x


def one_for_all(model, prompt, length, pick):
    return _write(model, prompt, length, pick, read=lambda logits: logits[:1, -1].expand(len(logits), -1))


def always_argmax(model, prompt, length, pick):
    return _write(model, prompt, length, lambda logits: logits.argmax(-1))


def total_length(model, prompt, length, pick):
    return _write(model, prompt, max(0, length - prompt.shape[1]), pick)


def one_too_many(model, prompt, length, pick):
    return _write(model, prompt, length + 1, pick)


def one_too_few(model, prompt, length, pick):
    return _write(model, prompt, max(0, length - 1), pick)


def first_token_again(model, prompt, length, pick):
    x = prompt
    logits, past = model(prompt, 0, None)
    new = pick(logits[:, -1])[:, None]
    for _ in range(length):
        x = torch.cat([x, new], 1)
        logits, _ = model(new, x.shape[1] - 1, past)
    return x


def prompt_returned(model, prompt, length, pick):
    return prompt


def as_list(model, prompt, length, pick):
    return _write(model, prompt, length, pick).tolist()


def in_front(model, prompt, length, pick):
    x = _write(model, prompt, length, pick)
    return torch.cat([x[:, prompt.shape[1]:], prompt], 1)


def last_two_each_time(model, prompt, length, pick):
    x, past = prompt, None
    for i in range(length):
        new = x[:, -2:] if i else x
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
    return x


def place_is_the_round(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for i in range(length):
        logits, past = model(new, i, past)
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
    return x


def past_of_the_prompt_lost(model, prompt, length, pick):
    x, past = prompt, None
    logits, _ = model(prompt, 0, None)
    for _ in range(length):
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
        logits, past = model(new, x.shape[1] - 1, past)
    return x


def prompt_without_its_past(model, prompt, length, pick):
    x, past = prompt, None
    for t in range(prompt.shape[1]):
        logits, past = model(prompt[:, t:t + 1], t, None)
    for _ in range(length):
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
        logits, past = model(new, x.shape[1] - 1, past)
    return x


def picked_twice(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
        new = pick(logits[:, -1])[:, None]
    return x


def picked_row_by_row(model, prompt, length, pick):
    return _write(model, prompt, length, lambda logits: torch.cat([pick(row[None]) for row in logits]))


def picked_from_probabilities(model, prompt, length, pick):
    return _write(model, prompt, length, lambda logits: pick(logits.softmax(-1)))


def picked_for_each_place(model, prompt, length, pick):
    return _write(model, prompt, length, lambda tokens: tokens,
                  read=lambda logits: torch.stack([pick(logits[:, t]) for t in range(logits.shape[1])], 1)[:, -1])


def zero_ends_it(model, prompt, length, pick):
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = pick(logits[:, -1])[:, None].masked_fill(x[:, -1:] == 0, 0)
        x = torch.cat([x, new], 1)
    return x


def never_none(model, prompt, length, pick):
    return _write(model, prompt, max(length, 1), pick)


def a_window(model, prompt, length, pick):
    x = prompt
    for _ in range(length):
        logits, _ = model(x[:, -prompt.shape[1]:], x.shape[1] - prompt.shape[1], None)
        x = torch.cat([x, pick(logits[:, -1])[:, None]], 1)
    return x


_PLACE = "The token that you have just appended stands at the last place of the text, x.shape[1] - 1, counted from 0. "
mistakes = [
    Mistake(everything_again, "You give the whole text to the model again for each new token. The past holds what was read: give "
            "it the new token alone, with the past."),
    Mistake(everything_with_past, "You give the model the past and the whole text as well, so it reads everything twice. With a "
            "past only the new token is needed."),
    Mistake(place_always_zero, "The place of the first given token is 0 for the prompt alone. Afterwards it is where the new token "
            "stands."),
    Mistake(place_one_late, _PLACE + "You say one more."),
    Mistake(place_one_early, _PLACE + "You say one less."),
    Mistake(place_of_new_ones, "You count places from the end of the prompt. The prompt has places, too: the first new token "
            "stands at P."),
    Mistake(place_of_prompt_end, "You say the same place for every new token. It moves on by one each time."),
    Mistake(past_forgotten, "You do not hand on the past, so the model knows nothing but the newest token."),
    Mistake(first_past_forever, "You hand on the past of the first call each time. Each call returns a longer one."),
    Mistake(first_place_read, "You pick from the logits of the first place. They predict the second token; the next one is "
            "predicted at the last place."),
    Mistake(mean_read, "You average the logits of all places. The next token is predicted at the last one."),
    Mistake(new_ones_only, "You return the new tokens alone. The prompt comes first."),
    Mistake(last_of_prompt_only, "The model has read nothing of the prompt but its last token: give it the whole prompt first."),
    Mistake(last_of_prompt_twice, "The model reads the last token of the prompt twice: the first call returns the logits after it, "
            "too. Use them."),
    Mistake(one_for_all, "Every text of the batch gets the token of the first one."),
    Mistake(always_argmax, "You pick by argmax. Which token is taken is what `pick` decides."),
    Mistake(total_length, "`length` counts the new tokens, without the prompt."),
    Mistake(one_too_many, "You write one token too many."),
    Mistake(one_too_few, "You write one token too few."),
    Mistake(first_token_again, "You append the first new token again and again: pick anew from the logits of each call."),
    Mistake(last_two_each_time, "After the prompt you give two tokens each time, one of which the model has read already."),
    Mistake(place_is_the_round, "You say the number of the round for the place. The prompt has places, too: the first new token "
            "stands at P."),
    Mistake(past_of_the_prompt_lost, "The past of the prompt is lost: hand on what the first call returns as well."),
    Mistake(prompt_without_its_past, "You give the prompt token by token without the past in between: the model remembers only its "
            "last one."),
    Mistake(picked_twice, "You pick twice in a round: the token that you append and the one that the model reads next must be the "
            "same."),
    Mistake(picked_row_by_row, "You call `pick` for each text by itself. It takes the logits of the whole batch, once for each new "
            "place."),
    Mistake(picked_from_probabilities, "`pick` takes logits as the model gives them: no softmax before it."),
    Mistake(picked_for_each_place, "You pick for every place that was read and use the last. `pick` is called once for each new "
            "place."),
    Mistake(zero_ends_it, "You end a text at token 0. Here 0 is a token like any other, and `length` alone says when to stop."),
    Mistake(never_none, "With length 0 you write a token all the same: the first pick stands inside the loop."),
    Mistake(a_window, "You read a window of the text anew for each token. The model reads no token twice, and its past holds all "
            "that came before."),
    Mistake(in_front, "You put the new tokens before the prompt."),
]

also_right = [token_by_token, into_a_table, in_two_pieces]

equivalent_mutants = {
    "logits, past = model(new, x.shape[1] - new.shape[1], past): 1 → -1": "of two axes the second is the last",
    "x = torch.cat([x, new], 1): 1 → -1": "of two axes the second is the last",
}
