"""Answers to ldm-attention: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _heads(t, heads):
    return t.unflatten(-1, (heads, -1)).transpose(1, 2)


def _back(t):
    return t.transpose(1, 2).flatten(2)


def _attend(q, k, v, keep, hidden=-math.inf, scale=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(scale or q.shape[-1])
    return _back(scores.masked_fill(~keep[:, None, None, :], hidden).softmax(-1) @ v)


def _split(image, text, to_q, to_k, to_v, heads):
    return [_heads(t, heads) for t in (image @ to_q, text @ to_k, text @ to_v)]


# Known mistakes


def not_masked(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), torch.ones_like(keep))


def mask_inverted(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), ~keep, hidden=-1e9)


def torch_mask_inverted(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    return _back(F.scaled_dot_product_attention(q, k, v, attn_mask=~keep[:, None, None, :]))


def padding_set_to_0(image, text, keep, to_q, to_k, to_v, heads):
    return not_masked(image, text * keep[..., None], keep, to_q, to_k, to_v, heads)


def scores_set_to_0(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), keep, hidden=0.0)


def scores_multiplied(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]) * keep[:, None, None, :]
    return _back(scores.softmax(-1) @ v)


def masked_after_softmax(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1) * keep[:, None, None, :]
    return _back(weights @ v)


def masked_and_divided(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1) * keep[:, None, None, :]
    return _back(weights / weights.sum(-1, keepdim=True) @ v)


def divided_with_epsilon(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1) * keep[:, None, None, :]
    return _back(weights / (weights.sum(-1, keepdim=True) + 1e-9) @ v)


def small_penalty(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), keep, hidden=-100.0)


def low_number(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), keep, hidden=-1e4)


def below_the_lowest(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    scores = torch.where(keep[:, None, None, :], scores, scores.min() - 1e-3)
    return _back(scores.softmax(-1) @ v)


def penalty_added(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]) - 100.0 * ~keep[:, None, None, :]
    return _back(scores.softmax(-1) @ v)


def bare_exponentials(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).exp() * keep[:, None, None, :]
    return _back(weights / weights.sum(-1, keepdim=True) @ v)


def first_prompts_mask(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), keep[:1].expand_as(keep))


def not_scaled(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), keep, scale=1.0)


def scaled_by_whole_width(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), keep, scale=image.shape[-1])


def scaled_by_words(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), keep, scale=text.shape[1])


def no_root(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, heads), keep, scale=(image.shape[-1] // heads) ** 2)


def single_head(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_v, 1), keep)


def columns_interleaved(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = (t.unflatten(-1, (-1, heads)).movedim(-1, 1) for t in (image @ to_q, text @ to_k, text @ to_v))
    return _attend(q, k, v, keep)


def heads_by_view(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = (t.reshape(len(t), heads, t.shape[1], -1) for t in (image @ to_q, text @ to_k, text @ to_v))
    return _attend(q, k, v, keep)


def back_by_view(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    out = scores.masked_fill(~keep[:, None, None, :], -math.inf).softmax(-1) @ v
    return out.reshape(image.shape)


def heads_averaged(image, text, keep, to_q, to_k, to_v, heads):
    q, k, _ = _split(image, text, to_q, to_k, to_v, heads)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    weights = scores.masked_fill(~keep[:, None, None, :], -math.inf).softmax(-1)
    return weights.mean(1) @ (text @ to_v)


def softmax_over_places(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-2)
    return _back((weights * keep[:, None, None, :]) @ v)


def softmax_over_heads(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(1)
    return _back((weights * keep[:, None, None, :]) @ v)


def no_softmax(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    return _back((q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]) * keep[:, None, None, :]) @ v)


def keys_for_values(image, text, keep, to_q, to_k, to_v, heads):
    return _attend(*_split(image, text, to_q, to_k, to_k, heads), keep)


def plain_mean(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    return _attend(0 * q, k, v, keep)


def best_word_alone(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    best = (q @ k.transpose(-2, -1)).masked_fill(~keep[:, None, None, :], -math.inf).argmax(-1)
    return _back(F.one_hot(best, k.shape[-2]).to(v) @ v)


def added_to_the_image(image, text, keep, to_q, to_k, to_v, heads):
    return image + _attend(*_split(image, text, to_q, to_k, to_v, heads), keep)


def words_ask(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _heads(text @ to_k, heads), _heads(image @ to_q, heads), _heads(image @ to_q, heads)
    return _back((q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1) @ v)


def weights_detached(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    return _attend(q.detach(), k.detach(), v, keep)


# Also right


def by_torch(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _split(image, text, to_q, to_k, to_v, heads)
    return _back(F.scaled_dot_product_attention(q, k, v, attn_mask=keep[:, None, None, :]))


def by_einsum(image, text, keep, to_q, to_k, to_v, heads):
    size = image.shape[-1] // heads
    q, k, v = (torch.einsum("bne,edh->bdnh", t, m.view(m.shape[0], heads, size))
               for t, m in ((image, to_q), (text, to_k), (text, to_v)))
    scores = torch.einsum("bdnh,bdlh->bdnl", q, k) / size**0.5
    scores = torch.where(keep[:, None, None], scores, torch.finfo(scores.dtype).min)
    out = torch.einsum("bdnl,bdlh->bndh", torch.softmax(scores, dim=-1), v)
    return out.reshape(len(out), out.shape[1], -1)


def head_after_head(image, text, keep, to_q, to_k, to_v, heads):
    parts = []
    for q, k, v in zip(to_q.chunk(heads, 1), to_k.chunk(heads, 1), to_v.chunk(heads, 1), strict=True):
        scores = (image @ q) @ (text @ k).mT * q.shape[1] ** -0.5
        scores = scores + torch.zeros_like(keep, dtype=scores.dtype).masked_fill(~keep, -math.inf)[:, None]
        scores = scores - scores.amax(-1, keepdim=True)
        weights = scores.exp() / scores.exp().sum(-1, keepdim=True)
        parts.append(torch.bmm(weights, text @ v))
    return torch.cat(parts, -1)


_LOW = ("You hide with a fixed number that is not low enough: where the scores of words lie below it, padding wins. Minus infinity is "
        "below everything.")
_ROUNDED = ("Right at moderate scores. But where padding fits best, the softmax rounds all words to 0, and nothing is left to divide up. "
            "Hide before the softmax.")
_ZERO = "You set the scores of padding to 0. The softmax makes exp(0) = 1 of that, not 0: minus infinity is the score that hides."
_SCALE = "The scores are divided by √(D / heads), the root of the entries of one head's query."
_HEADS = "A head has neighbouring columns: unflatten the last axis into (heads, D / heads), then bring the heads in front of the tokens."
mistakes = [
    Mistake(not_masked, "Padding is not hidden: places look at tokens that nobody said."),
    Mistake(mask_inverted, "Your mask hides the words. `keep` is True where a token counts, and masked_fill fills where its mask is True: ~keep."),
    Mistake(torch_mask_inverted, "Your mask hides the words. In F.scaled_dot_product_attention True means that a token is seen: `keep` itself."),
    Mistake(padding_set_to_0, _ZERO), Mistake(scores_set_to_0, _ZERO), Mistake(scores_multiplied, _ZERO),
    Mistake(masked_after_softmax, "You hide after the softmax: the weights then add up to less than 1. Hide before it, with minus infinity."),
    Mistake(masked_and_divided, _ROUNDED), Mistake(divided_with_epsilon, _ROUNDED),
    Mistake(small_penalty, _LOW), Mistake(low_number, _LOW), Mistake(below_the_lowest, _LOW), Mistake(penalty_added, _LOW),
    Mistake(bare_exponentials, "Right at moderate scores. The exponential of a large score overflows: use softmax, which subtracts the largest "
            "score first."),
    Mistake(first_prompts_mask, "All rows have the mask of the first prompt. Each has its own."),
    Mistake(not_scaled, _SCALE), Mistake(scaled_by_words, _SCALE), Mistake(no_root, _SCALE),
    Mistake(scaled_by_whole_width, "You divide by √D. A head's query has D / heads entries: with several heads that is what counts."),
    Mistake(single_head, "Your answer is that of one head, whatever `heads` says."),
    Mistake(columns_interleaved, "Your heads take every so-many-th column. " + _HEADS),
    Mistake(heads_by_view, "Your reshape mixes tokens and heads. " + _HEADS),
    Mistake(back_by_view, "At the end your reshape mixes places and heads: transpose them first, then flatten."),
    Mistake(heads_averaged, "You average the weights of the heads. Each head averages its own columns of the values with its own weights."),
    Mistake(softmax_over_places, "Your weights add up to 1 over the places. Each place divides its attention among the words: the last axis."),
    Mistake(softmax_over_heads, "Your weights add up to 1 over the heads. Each place divides its attention among the words: the last axis."),
    Mistake(no_softmax, "The softmax is missing: weights are positive and add up to 1."),
    Mistake(keys_for_values, "You average the keys. Keys say where to look; the values are what is averaged."),
    Mistake(plain_mean, "All words weigh the same in your answer: the scores make no difference."),
    Mistake(best_word_alone, "You take the best word's value alone. Attention averages, so that gradients reach every word."),
    Mistake(added_to_the_image, "You add the result to the image. That is done outside, behind a further layer."),
    Mistake(words_ask, "Your words ask and the image answers. Queries come from the image, one for each place; keys and values from the words."),
    Mistake(weights_detached, "No gradient reaches queries and keys through your weights: leave out detach and no_grad."),
]

also_right = [by_torch, by_einsum, head_after_head]

_SPLIT = "q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))  # (B, heads, tokens, D / heads): "
_SCORES = "scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5: "
_RESULT = "return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2): "
_SWAP, _AXIS = "swapping two axes has no order", "of four axes the third is the last but one, and of three the first"
equivalent_mutants = {
    _SPLIT + "t.unflatten(-1, (heads, -1)).transpose(1, 2) → t.unflatten(-1, (heads, -1)).transpose(2, 1)": _SWAP,
    _SPLIT + "2 → -2": _AXIS,
    _SCORES + "k.transpose(-2, -1) → k.transpose(-1, -2)": _SWAP,
    _SCORES + "-2 → 2": _AXIS, _SCORES + "2 → -2": _AXIS,
    _RESULT + "(scores.softmax(-1) @ v).transpose(1, 2) → (scores.softmax(-1) @ v).transpose(2, 1)": _SWAP,
    _RESULT + "2 → -2": _AXIS,
}
