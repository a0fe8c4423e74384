"""Planted answers to ldm-text, by another author than the check's."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def _ids(prompts, words, L):
    ids = torch.zeros((len(prompts), L), dtype=torch.long)
    ids[:, 0] = 1
    for b, prompt in enumerate(prompts):
        for i, word in enumerate(prompt.split()):
            ids[b, i + 1] = words[word]
    return ids


def words_from_place_0(prompts, words, table, positions):
    ids = torch.zeros((len(prompts), len(positions)), dtype=torch.long)
    for b, prompt in enumerate(prompts):
        for i, word in enumerate(prompt.split()):
            ids[b, i] = words[word]
    ids[:, 0] = torch.where(ids[:, 0] == 0, 1, ids[:, 0])
    return table[ids] + positions, ids > 0


def words_reversed(prompts, words, table, positions):
    ids = _ids([" ".join(reversed(p.split())) for p in prompts], words, len(positions))
    return table[ids] + positions, ids != 0


def mask_by_rows_of_vectors(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    vectors = table[ids] + positions
    return vectors, vectors.abs().sum(-1) > 0


def mask_one_short(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    lengths = torch.tensor([len(p.split()) for p in prompts])
    return table[ids] + positions, torch.arange(len(positions)) < lengths[:, None]


def mask_one_long(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    lengths = torch.tensor([len(p.split()) + 2 for p in prompts])
    return table[ids] + positions, torch.arange(len(positions)) < lengths[:, None]


def mask_of_first_prompt(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    return table[ids] + positions, (ids[:1] != 0).expand(len(prompts), -1)


def mask_of_longest(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    return table[ids] + positions, (ids != 0).any(0).expand(len(prompts), -1)


def letters_counted(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    lengths = torch.tensor([len(p) + 1 for p in prompts])
    return table[ids] + positions, torch.arange(len(positions)) < lengths[:, None]


def mask_of_integers(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    return table[ids] + positions, (ids != 0).long()


def mask_as_a_list(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    return table[ids] + positions, (ids != 0).tolist()


def end_token_added(prompts, words, table, positions):
    ids = torch.zeros((len(prompts), len(positions)), dtype=torch.long)
    for b, prompt in enumerate(prompts):
        row = ([1] + [words[w] for w in prompt.split()] + [1])[:len(positions)]
        ids[b, :len(row)] = torch.tensor(row)
    return table[ids] + positions, ids != 0


def places_reversed(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    return table[ids] + positions.flip(0), ids != 0


def first_place_for_all(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    return table[ids] + positions[0], ids != 0


def rows_by_sorted_words(prompts, words, table, positions):
    numbers = {w: i + 2 for i, w in enumerate(sorted(words))}
    ids = _ids(prompts, numbers, len(positions))
    return table[ids] + positions, ids != 0


def rows_shifted(prompts, words, table, positions):
    ids = _ids(prompts, {w: r + 2 for w, r in words.items()}, len(positions)).clamp(max=len(table) - 1)
    return table[ids] + positions, ids != 0


def unknown_is_start(prompts, words, table, positions):
    ids = torch.zeros((len(prompts), len(positions)), dtype=torch.long)
    for b, prompt in enumerate(prompts):
        row = [1] + [words.get(w, 1) for w in prompt.split()]
        ids[b, :len(row)] = torch.tensor(row)
    return table[ids] + positions, ids != 0


def unknown_is_no_number(prompts, words, table, positions):
    ids = torch.zeros((len(prompts), len(positions)), dtype=torch.long)
    for b, prompt in enumerate(prompts):
        for i, token in enumerate([1, *map(words.get, prompt.split())]):
            ids[b, i] = token
    return table[ids] + positions, ids != 0


def unknown_is_asserted(prompts, words, table, positions):
    assert all(word in words for prompt in prompts for word in prompt.split())
    ids = _ids(prompts, words, len(positions))
    return table[ids] + positions, ids != 0


def places_detached(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    return table[ids] + positions.detach(), ids != 0


def new_embedding(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    layer = nn.Embedding(*table.shape).to(table)
    layer.weight.data.copy_(table.detach())
    return layer(ids) + positions, ids != 0


def words_glued(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    return torch.cat([table[ids], positions.expand(len(ids), -1, -1)], -1), ids != 0


def vectors_alone(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    return table[ids] + positions


def words_extended(prompts, words, table, positions):
    words[""] = 1
    ids = torch.zeros((len(prompts), len(positions)), dtype=torch.long)
    for b, prompt in enumerate(prompts):
        row = [words[w] for w in ["", *prompt.split()]]
        ids[b, :len(row)] = torch.tensor(row)
    return table[ids] + positions, ids != 0


def last_word_looked_at(prompts, words, table, positions):
    for prompt in prompts:
        if prompt and prompt.split()[-1] not in words:
            raise KeyError(prompt)
    return padded_by_torch(prompts, {word: words.get(word, 0) for word in " ".join(prompts).split()}, table, positions)


def part_of_a_word(prompts, words, table, positions):
    listed = " ".join(words)
    if any(word not in listed for prompt in prompts for word in prompt.split()):
        raise KeyError(prompts)
    return padded_by_torch(prompts, {word: words.get(word, 0) for word in " ".join(prompts).split()}, table, positions)


def padded_by_torch(prompts, words, table, positions):
    rows = [torch.tensor([1, *[words[w] for w in p.split()]]) for p in prompts]
    ids = nn.utils.rnn.pad_sequence([*rows, torch.zeros(len(positions), dtype=torch.long)], batch_first=True)[:-1]
    return F.embedding(ids, table, padding_idx=0) + positions, ids.ne(0)


def as_a_matrix_product(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    hot = F.one_hot(ids, len(table)).to(table.dtype)
    keep = ids > 0
    return (hot @ table + positions) * keep.unsqueeze(-1), keep


def with_numpy(prompts, words, table, positions):
    ids = np.zeros((len(prompts), len(positions)), dtype=np.int64)
    for row, prompt in zip(ids, prompts, strict=True):
        known = [1, *(words[w] for w in prompt.split())]
        row[:len(known)] = known
    return table[torch.from_numpy(ids)] + positions.unsqueeze(0), torch.from_numpy(ids != 0)


def filled_with_nan(prompts, words, table, positions):
    ids = _ids(prompts, words, len(positions))
    keep = ids != 0
    return (table[ids] + positions).masked_fill(~keep[..., None], float("nan")), keep


def split_by_hand(prompts, words, table, positions):
    vectors, masks = [], []
    for prompt in prompts:
        tokens = [1]
        for word in prompt.split(" ") if prompt else []:
            if word not in words:
                raise KeyError(word)
            tokens.append(words[word])
        masks.append([i < len(tokens) for i in range(len(positions))])
        tokens += [0] * (len(positions) - len(tokens))
        vectors.append(torch.stack([table[t] + p for t, p in zip(tokens, positions, strict=True)]))
    return torch.stack(vectors), torch.tensor(masks)


SAYS_1 = (
    "`keep` is bool, and True for the start and for each word: one more than the prompt has words, also where "
    "it has none."
)
SAYS_2 = (
    "Each token's row of the table, plus the row of its place: the start first, then the words in their order."
)
SAYS_3 = (
    "`embed_prompts` should return a tensor, not list. The signature is `embed_prompts(prompts, words, table, "
    "positions)`."
)
SAYS_4 = (
    "Both tables learn: the gradient reaches the rows of start and words, and of their places."
)
SAYS_5 = (
    "The vectors of the empty prompt should have shape (B, L, D) = (1, 7, 3), not (1, 7, 6). Each token's row "
    "of the table, plus the row of its place: the start first, then the words in their order."
)
SAYS_6 = (
    "`embed_prompts` should return 2 tensors, not Tensor. The signature is `embed_prompts(prompts, words, "
    "table, positions)`."
)
SAYS_7 = (
    "`embed_prompts` changes its argument `words` in place: work on a copy."
)
SAYS_8 = (
    "`embed_prompts` with an unknown word raised {} here. A word that is not known raises a KeyError or a ValueError: "
    "left out in silence, it would change the meaning."
)

SAYS_UNKNOWN = ("A word that is not known raises a KeyError or a ValueError: "
                "left out in silence, it would change the meaning.")

wrong = [
    (last_word_looked_at, SAYS_UNKNOWN), (part_of_a_word, SAYS_UNKNOWN),
    (words_from_place_0, SAYS_1),
    (words_reversed, SAYS_2),
    (mask_by_rows_of_vectors, "all_kept"),
    (mask_one_short, SAYS_1),
    (mask_one_long, SAYS_1),
    (mask_of_first_prompt, SAYS_1),
    (mask_of_longest, SAYS_1),
    (letters_counted, SAYS_1),
    (mask_of_integers, "mask_of_numbers"),
    (mask_as_a_list, SAYS_3),
    (end_token_added, SAYS_1),
    (places_reversed, SAYS_2),
    (first_place_for_all, SAYS_2),
    (rows_by_sorted_words, SAYS_2),
    (rows_shifted, SAYS_2),
    (unknown_is_start, "unknown_skipped"),
    (places_detached, SAYS_4),
    (new_embedding, "copied_numbers"),
    (words_glued, SAYS_5),
    (vectors_alone, SAYS_6),
    (words_extended, SAYS_7),
    (unknown_is_no_number, SAYS_8.format("TypeError")),
    (unknown_is_asserted, SAYS_8.format("AssertionError")),
]
right = [padded_by_torch, as_a_matrix_product, with_numpy, filled_with_nan, split_by_hand]
