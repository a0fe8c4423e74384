"""Answers to ldm-text: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _tokens(prompts, words, length, row=lambda prompt, words: [1] + [words[word] for word in prompt.split()]):
    """(B, L) numbers, padding 0, from a list of numbers for each prompt."""
    rows = [row(prompt, words)[:length] for prompt in prompts]
    return torch.tensor([known + [0] * (length - len(known)) for known in rows], dtype=torch.int64)


# Known mistakes


def no_start(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [words[w] for w in p.split()])
    return table[tokens] + positions, tokens != 0


def start_at_the_end(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [words[w] for w in p.split()] + [1])
    return table[tokens] + positions, tokens != 0


def start_of_words_alone(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [1] + [words[w] for w in p.split()] if p else [])
    return table[tokens] + positions, tokens != 0


def mask_inverted(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return table[tokens] + positions, tokens == 0


def mask_without_the_start(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return table[tokens] + positions, tokens > 1


def all_kept(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return table[tokens] + positions, torch.ones(tokens.shape, dtype=torch.bool)


def mask_of_numbers(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return table[tokens] + positions, (tokens != 0).float()


def tokens_for_a_mask(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return table[tokens] + positions, tokens


def no_positions(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return table[tokens], tokens != 0


def positions_after_the_start(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return table[tokens] + torch.cat([torch.zeros_like(positions[:1]), positions[:-1]]), tokens != 0


def positions_by_token(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return table[tokens] + positions[tokens.clamp(max=len(positions) - 1)], tokens != 0


def positions_of_batch(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    rows = torch.arange(len(prompts)) % len(positions)
    return table[tokens] + positions[rows][:, None], tokens != 0


def multiplied(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return table[tokens] * positions, tokens != 0


def words_sorted(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [1] + [words[w] for w in sorted(p.split())])
    return table[tokens] + positions, tokens != 0


def each_word_once(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [1] + [words[w] for w in dict.fromkeys(p.split())])
    return table[tokens] + positions, tokens != 0


def numbered_by_list(prompts, words, table, positions):
    numbers = {word: 2 + i for i, word in enumerate(words)}
    tokens = _tokens(prompts, numbers, len(positions))
    return table[tokens] + positions, tokens != 0


def numbered_from_0(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [1] + [words[w] - 2 for w in p.split()])
    keep = torch.arange(len(positions)) <= torch.tensor([len(p.split()) for p in prompts])[:, None]
    return table[tokens] + positions, keep


def start_is_0(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [0] + [words[w] for w in p.split()])
    keep = torch.arange(len(positions)) <= torch.tensor([len(p.split()) for p in prompts])[:, None]
    return table[tokens] + positions, keep


def unknown_skipped(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [1] + [words[w] for w in p.split() if w in words])
    return table[tokens] + positions, tokens != 0


def unknown_is_padding(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [1] + [words.get(w, 0) for w in p.split()])
    return table[tokens] + positions, tokens != 0


def padded_in_front(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    tokens = torch.stack([torch.cat([row[row == 0], row[row != 0]]) for row in tokens])
    return table[tokens] + positions, tokens != 0


def as_long_as_the_longest(prompts, words, table, positions):
    length = 1 + max(len(p.split()) for p in prompts)
    tokens = _tokens(prompts, words, length)
    return table[tokens] + positions[:length], tokens != 0


def last_word_lost(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    tokens[:, -1] = 0
    return table[tokens] + positions, tokens != 0


def split_at_single_spaces(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [1] + [words[w] for w in p.split(" ")])
    return table[tokens] + positions, tokens != 0


def split_into_letters(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions), lambda p, words: [1] + [words[w] for w in p])
    return table[tokens] + positions, tokens != 0


def copied_numbers(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    return torch.tensor(table[tokens].tolist(), dtype=table.dtype) + positions, tokens != 0


def one_vector_for_all(prompts, words, table, positions):
    tokens = _tokens(prompts, words, len(positions))
    keep = tokens != 0
    vectors = (table[tokens] + positions) * keep[..., None]
    return vectors.sum(1) / keep.sum(1, keepdim=True), keep


# Also right


def by_embedding(prompts, words, table, positions):
    length = positions.shape[0]
    counts = torch.tensor([len(p.split()) + 1 for p in prompts])
    keep = torch.arange(length).unsqueeze(0) < counts.unsqueeze(1)
    tokens = torch.zeros_like(keep, dtype=torch.long)
    tokens[keep] = torch.tensor([t for p in prompts for t in [1, *map(words.__getitem__, p.split())]])
    return F.embedding(tokens, table) + positions[None], keep


def vector_after_vector(prompts, words, table, positions):
    vectors, keeps = [], []
    for prompt in prompts:
        rows = [table[1] + positions[0]]
        for i, word in enumerate(prompt.split()):
            rows.append(table[words[word]] + positions[i + 1])
        missing = len(positions) - len(rows)
        keeps.append([True] * len(rows) + [False] * missing)
        vectors.append(torch.stack(rows + [torch.zeros_like(rows[0])] * missing))
    return torch.stack(vectors), torch.tensor(keeps)


def own_error(prompts, words, table, positions):
    for prompt in prompts:
        for word in prompt.split():
            if word not in words:
                raise ValueError(f"unknown word {word!r}")
    tokens = _tokens(prompts, words, len(positions))
    return [table.index_select(0, tokens.flatten()).view(*tokens.shape, -1) + positions, tokens.bool()]


_START = "Every prompt begins with the start, number 1, also the empty one: else a prompt without words leaves attention nothing to look at."
_UNKNOWN = "A word that is not known passes in silence. Look it up by words[word], which raises a KeyError."
_ROWS = "Each token's row of the table is the one that `words` says; 0 is padding and 1 the start."
mistakes = [
    Mistake(no_start, _START), Mistake(start_of_words_alone, _START),
    Mistake(start_at_the_end, "The start is put behind the words. It opens the prompt."),
    Mistake(mask_inverted, "Your `keep` is True at the padding. It says what is kept: start and words."),
    Mistake(mask_without_the_start, "Your `keep` leaves out the start. It is kept as words are."),
    Mistake(all_kept, "Your `keep` keeps the padding, too."),
    Mistake(mask_of_numbers, "Your `keep` is not bool. A mask of numbers cannot be inverted by ~, nor used as an index."),
    Mistake(tokens_for_a_mask, "Your `keep` is not bool. A mask of numbers cannot be inverted by ~, nor used as an index."),
    Mistake(no_positions, "The rows of `positions` are missing: without them the order of words makes no difference."),
    Mistake(positions_after_the_start, "Places are counted from the start, which has place 0; yours begin with the first word."),
    Mistake(positions_by_token, "You look `positions` up by the token. It is the place in the prompt that counts."),
    Mistake(positions_of_batch, "You look `positions` up by the prompt's place in the batch. It is the word's place in the prompt that counts."),
    Mistake(multiplied, "You multiply the two rows. They are added."),
    Mistake(words_sorted, "Your words are in another order than in the prompt."),
    Mistake(each_word_once, "A word that is said twice stands in your rows once."),
    Mistake(numbered_by_list, _ROWS), Mistake(numbered_from_0, _ROWS), Mistake(start_is_0, _ROWS),
    Mistake(unknown_skipped, _UNKNOWN), Mistake(unknown_is_padding, _UNKNOWN),
    Mistake(padded_in_front, "You pad in front of the prompt. It begins at place 0, and padding follows."),
    Mistake(as_long_as_the_longest, "Your rows end with the longest prompt. They have L places, as `positions` has, whatever the batch."),
    Mistake(last_word_lost, "A prompt that fills all L places loses its last word."),
    Mistake(split_at_single_spaces, "\"\".split(\" \") is [\"\"], one word of no letters; \"\".split() is no word at all."),
    Mistake(split_into_letters, "You go through the letters of a prompt. Words are what is between spaces: prompt.split()."),
    Mistake(copied_numbers, "Your vectors are copies of numbers, through which no gradient reaches the table. Index the table itself."),
    Mistake(one_vector_for_all, "You average the tokens. Each keeps its own vector, so that places of the image can look at single words."),
]

also_right = [by_embedding, vector_after_vector, own_error]

_TOKENS = "tokens = torch.zeros(len(prompts), len(positions), dtype=torch.int64, device=table.device): "
_CPU = "the judge's tensors are all on the CPU"
equivalent_mutants = {
    _TOKENS + "torch.zeros(len(prompts), len(positions), dtype=torch.int64, device=table.device) → torch.zeros(len(prompts), "
    "len(positions), dtype=torch.int64)": _CPU,
    _TOKENS + "table → positions": _CPU,
}
