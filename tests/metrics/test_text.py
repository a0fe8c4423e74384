"""What a text costs: counting by hand, a model whose costs are known, and a compressor."""

import lzma
import math
from collections import Counter

import pytest
import torch

from genlab.metrics.text import next_by_counting, ngram_bits, text_bits, zlib_bits
from genlab.models.transformer import GPT


def by_hand(train, test, order, levels):
    """Witten and Bell's recursion, one token at a time, over dictionaries."""
    together, bits = train + test, []
    for i in range(len(train), len(together)):
        p = 1 / levels
        for m in range(order + 1):
            context = tuple(together[i - m:i])
            after = Counter(train[j] for j in range(m, len(train)) if tuple(train[j - m:j]) == context)
            if after:
                n, t = sum(after.values()), len(after)
                p = (after[together[i]] + t * p) / (n + t)
        bits.append(-math.log2(p))
    return bits


@pytest.mark.parametrize("order", [0, 1, 2, 4])
def test_counts_are_those_made_by_hand(order):
    rng = torch.Generator().manual_seed(order)
    tokens = torch.randint(0, 4, (160,), generator=rng).square() % 5
    train, test = tokens[:130], tokens[130:]
    expected = torch.tensor(by_hand(train.tolist(), test.tolist(), order, 5), dtype=torch.float64)
    torch.testing.assert_close(ngram_bits(train, test, order, 5), expected)


def test_counted_probabilities_add_up_to_one():
    tokens = torch.randint(0, 3, (80,), generator=torch.Generator().manual_seed(0))
    p = sum((-ngram_bits(tokens, torch.tensor([x]), 2, 3) * math.log(2)).exp() for x in range(3))
    assert p.item() == pytest.approx(1)


def test_a_rule_of_two_tokens_is_found_by_two_and_not_by_one():
    x = [0, 1]
    rng = torch.Generator().manual_seed(0)
    for _ in range(2000):  # each token is the one two before it, with one exception in fifty
        x.append(x[-2] if torch.rand((), generator=rng) < 0.98 else 1 - x[-2])
    tokens = torch.tensor(x)
    costs = [ngram_bits(tokens[:1500], tokens[1500:], order, 2).mean() for order in (1, 2)]
    assert costs[0] > 0.9 and costs[1] < 0.3


def test_contexts_too_long_for_64_bits_are_refused():
    with pytest.raises(ValueError, match="smaller order"):
        ngram_bits(torch.zeros(50, dtype=torch.int64), torch.zeros(5, dtype=torch.int64), 12, 100)


@pytest.mark.parametrize("count", [3, 8, 9, 11, 50])
def test_every_token_of_a_long_text_costs_once_what_its_window_says(count):
    torch.manual_seed(0)
    model = GPT(6, 8, dim=12, depth=1, heads=2)
    with torch.no_grad():
        model.token.weight.mul_(30)
        model.position.weight.mul_(30)
    tokens = torch.randint(0, 6, (count,), generator=torch.Generator().manual_seed(1))
    found = text_bits(model, tokens, batch=3)
    assert found.shape == (count,)
    length = min(8, count)
    torch.testing.assert_close(found[:length].sum() * math.log(2), -model.log_prob(tokens[None, :length])[0].detach())
    for start in [*range(0, count - length, 4), count - length]:  # the last window that holds a token decides first
        row = model(tokens[None, start:start + length]).log_softmax(-1)[0] / -math.log(2)
        new = range(length) if start == 0 else range(length - min(4, length), length)
        for i in new:
            if start == 0 or start % 4 == 0:
                assert found[start + i].item() == pytest.approx(row[i, tokens[start + i]].item(), abs=1e-4)


def test_what_a_compressor_knows_already_costs_little():
    import random

    letters = random.Random(0).choices("abcdefgh", k=4000)
    text = "".join(letters)
    assert zlib_bits("", text) > 3
    assert zlib_bits("", text) == pytest.approx(3, abs=0.9)  # eight equally likely letters cost 3 bits at least
    assert zlib_bits(text, text[1000:2000]) < 0.5
    assert zlib_bits(text, text[1000:2000], lzma.compress) < 0.7


@pytest.mark.parametrize("order", [0, 1, 3, 6])
def test_all_next_tokens_are_counted_alike(order):
    tokens = torch.randint(0, 4, (300,), generator=torch.Generator().manual_seed(order))
    p = next_by_counting(tokens, tokens[-3:], order, 5)
    each = [2 ** -ngram_bits(tokens, torch.tensor([x]), min(order, 3), 5).item() for x in range(5)]
    assert p.tolist() == pytest.approx(each) and p.sum().item() == pytest.approx(1)
