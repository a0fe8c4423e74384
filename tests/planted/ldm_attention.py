"""Planted answers to ldm-attention, by another author than the check's."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def _qkv(image, text, to_q, to_k, to_v, heads):
    """Each (B, heads, tokens, size)."""
    B, D = len(image), image.shape[2]
    return [(x @ m).view(B, -1, heads, D // heads).permute(0, 2, 1, 3) for x, m in (
        (image, to_q), (text, to_k), (text, to_v))]


def _join(out):
    B, _, N, _ = out.shape
    return out.permute(0, 2, 1, 3).reshape(B, N, -1)


def _scores(q, k):
    return torch.einsum("bhnd,bhld->bhnl", q, k) / q.shape[-1] ** 0.5


def minus_ten_thousand(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join((_scores(q, k) - 1e4 * ~keep[:, None, None]).softmax(-1) @ v)


def filled_with_a_million_below(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(_scores(q, k).masked_fill(~keep[:, None, None], -1e6).softmax(-1) @ v)


def infinity_times_zero(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join((_scores(q, k) - (~keep[:, None, None]).to(q) * math.inf).softmax(-1) @ v)


def mask_of_numbers_added(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(F.scaled_dot_product_attention(q, k, v, attn_mask=keep[:, None, None].to(q)))


def causal(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(F.scaled_dot_product_attention(q, k, v, is_causal=True))


def cut_to_longest(image, text, keep, to_q, to_k, to_v, heads):
    length = int(keep.sum(1).max())
    q, k, v = _qkv(image, text[:, :length], to_q, to_k, to_v, heads)
    scores = _scores(q, k).masked_fill(~keep[:, None, None, :length], -1e30)
    return _join(scores.softmax(-1) @ v)


def counted_from_the_front(image, text, keep, to_q, to_k, to_v, heads):
    said = torch.arange(keep.shape[1]) < keep.sum(1, keepdim=True)
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(_scores(q, k).masked_fill(~said[:, None, None], -math.inf).softmax(-1) @ v)


def kept_by_any_prompt(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(_scores(q, k).masked_fill(~keep.any(0), -math.inf).softmax(-1) @ v)


def values_hidden_alone(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(_scores(q, k).softmax(-1) @ (v * keep[:, None, :, None]))


def keys_hidden_alone(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(_scores(q, k * keep[:, None, :, None]).softmax(-1) @ v)


def divided_with_epsilon(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    weights = _scores(q, k).softmax(-1) * keep[:, None, None]
    return _join(weights / (weights.sum(-1, keepdim=True) + 1e-9) @ v)


def largest_of_all_subtracted(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    scores = _scores(q, k)
    weights = (scores - scores.amax(-1, keepdim=True)).exp() * keep[:, None, None]
    return _join(weights @ v / weights.sum(-1, keepdim=True))


def scores_cut_at_50(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(_scores(q, k).clamp(-50, 50).masked_fill(~keep[:, None, None], -math.inf).softmax(-1) @ v)


def same_head_for_all(image, text, keep, to_q, to_k, to_v, heads):
    size = image.shape[-1] // heads
    first = [m[:, :size] for m in (to_q, to_k)]
    scores = (image @ first[0]) @ (text @ first[1]).mT / math.sqrt(size)
    return scores.masked_fill(~keep[:, None], -math.inf).softmax(-1) @ (text @ to_v)


def heads_summed(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    out = _scores(q, k).masked_fill(~keep[:, None, None], -math.inf).softmax(-1) @ v
    return out.sum(1).repeat(1, 1, heads)


def heads_backwards(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    out = _scores(q, k).masked_fill(~keep[:, None, None], -math.inf).softmax(-1) @ v
    return _join(out.flip(1))


def size_taken_for_heads(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, image.shape[-1] // heads)
    return _join(_scores(q, k).masked_fill(~keep[:, None, None], -math.inf).softmax(-1) @ v)


def scaled_twice(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    mask = keep[:, None, None]
    return _join(F.scaled_dot_product_attention(q / q.shape[-1] ** 0.5, k, v, attn_mask=mask))


def values_from_keys_matrix(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_v, to_k, heads)
    return _join(_scores(q, k).masked_fill(~keep[:, None, None], -math.inf).softmax(-1) @ v)


def matrices_transposed(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q.mT, to_k, to_v, heads)
    return _join(_scores(q, k).masked_fill(~keep[:, None, None], -math.inf).softmax(-1) @ v)


def linear_layers(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = F.linear(image, to_q), F.linear(text, to_k), F.linear(text, to_v)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=keep[:, None])


def image_among_the_words(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    k, v = torch.cat([q, k], 2), torch.cat([q, v], 2)
    every = torch.cat([torch.ones_like(keep[:, :1]).expand(-1, image.shape[1]), keep], 1)
    return _join(_scores(q, k).masked_fill(~every[:, None, None], -math.inf).softmax(-1) @ v)


def with_weights(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    weights = _scores(q, k).masked_fill(~keep[:, None, None], -math.inf).softmax(-1)
    return _join(weights @ v), weights


def heads_first(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _scores(q, k).masked_fill(~keep[:, None, None], -math.inf).softmax(-1) @ v


def words_detached(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text.detach(), to_q, to_k, to_v, heads)
    return _join(_scores(q, k).masked_fill(~keep[:, None, None], -math.inf).softmax(-1) @ v)


def text_filled_in_place(image, text, keep, to_q, to_k, to_v, heads):
    with torch.no_grad():
        text[~keep] = 0
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(_scores(q, k).masked_fill(~keep[:, None, None], -math.inf).softmax(-1) @ v)


def prompt_after_prompt(image, text, keep, to_q, to_k, to_v, heads):
    rows = []
    for b in range(len(image)):
        said = text[b][keep[b]]
        parts = []
        for q, k, v in zip(*(m.split(m.shape[1] // heads, 1) for m in (to_q, to_k, to_v)), strict=True):
            scores = (image[b] @ q) @ (said @ k).T / np.sqrt(q.shape[1])
            parts.append(torch.softmax(scores, 1) @ (said @ v))
        rows.append(torch.cat(parts, 1))
    return torch.stack(rows)


def place_after_place(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    places = []
    for n in range(image.shape[1]):
        scores = (q[:, :, n:n + 1] * k).sum(-1) / math.sqrt(k.shape[-1])
        weights = torch.where(keep[:, None], scores, float("-inf")).softmax(-1)
        places.append((weights[..., None] * v).sum(2).flatten(1))
    return torch.stack(places, 1)


def by_multi_head_attention(image, text, keep, to_q, to_k, to_v, heads):
    D = image.shape[-1]
    eye = torch.eye(D, dtype=image.dtype)
    out, _ = F.multi_head_attention_forward(
        image.transpose(0, 1), text.transpose(0, 1), text.transpose(0, 1), D, heads, None, None, None, None, False, 0.0,
        eye, None, key_padding_mask=~keep, need_weights=False, use_separate_proj_weight=True, q_proj_weight=to_q.T,
        k_proj_weight=to_k.T, v_proj_weight=to_v.T)
    return out.transpose(0, 1)


def logsumexp_by_hand(image, text, keep, to_q, to_k, to_v, heads):
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    scores = _scores(q, k) + keep.to(q).log()[:, None, None]
    return _join((scores - scores.logsumexp(-1, keepdim=True)).exp() @ v)


def large_negative_and_zero(image, text, keep, to_q, to_k, to_v, heads):
    text = text.masked_fill(~keep[..., None], 0)
    q, k, v = _qkv(image, text, to_q, to_k, to_v, heads)
    return _join(_scores(q, k).masked_fill(~keep[:, None, None], -1e9).softmax(-1) @ v)


SAYS_1 = (
    "Padding has no influence at all, however large the numbers in it, and large scores are no harm."
)
SAYS_2 = (
    "`cross_attention` with a single word holds inf or nan: look for 0/0, log 0, the root of a negative "
    "number, an exponential that overflows. One head, no padding: each place's mean of the words' values, "
    "weighted by a softmax over the words."
)
SAYS_3 = (
    "The softmax is over the tokens that `keep` keeps, for each prompt its own."
)
SAYS_4 = (
    "One head, no padding: each place's mean of the words' values, weighted by a softmax over the words."
)
SAYS_5 = (
    "Each head has its own block of columns of q, k and v, its own softmax, and its own block of the result, "
    "in order."
)
SAYS_6 = (
    "Your code raised RuntimeError: mat1 and mat2 shapes cannot be multiplied (12x7 and 6x7) at for heads = 2."
    " Often: the matrix product meets shapes that do not fit. The signature is `cross_attention(image, text, "
    "keep, to_q, to_k, to_v, heads)`."
)
SAYS_7 = (
    "`cross_attention` should return a tensor, not tuple. The signature is `cross_attention(image, text, keep,"
    " to_q, to_k, to_v, heads)`."
)
SAYS_8 = (
    "`cross_attention` with a single word should have shape (B, N, D) = (3, 5, 6), not (3, 2, 5, 3). One head,"
    " no padding: each place's mean of the words' values, weighted by a softmax over the words."
)
SAYS_9 = (
    "The gradients: image, words and all three matrices learn, and nothing reaches the padding."
)
SAYS_10 = (
    "`cross_attention` changes its argument `text` in place: work on a copy."
)


def by_module(image, text, keep, to_q, to_k, to_v, heads):
    D, E = image.shape[-1], text.shape[-1]
    module = nn.MultiheadAttention(D, heads, bias=False, kdim=E, vdim=E, batch_first=True).to(image.dtype)
    weights = {"out_proj.weight": torch.eye(D).to(image)}
    if module.in_proj_weight is None:
        weights |= {"q_proj_weight": to_q.T, "k_proj_weight": to_k.T, "v_proj_weight": to_v.T}
    else:
        weights["in_proj_weight"] = torch.cat([to_q.T, to_k.T, to_v.T])
    return torch.func.functional_call(module, weights, (image, text, text), {"key_padding_mask": ~keep})[0]


def heads_among_the_rows(image, text, keep, to_q, to_k, to_v, heads):
    B, N, D = image.shape

    def split(x):
        return x.reshape(B, -1, heads, D // heads).transpose(1, 2).reshape(B * heads, -1, D // heads)

    bias = torch.zeros_like(keep, dtype=image.dtype).masked_fill(~keep, -torch.inf)[:, None].repeat_interleave(heads, 0)
    weights = torch.baddbmm(bias, split(image @ to_q), split(text @ to_k).mT, alpha=(D // heads) ** -0.5).softmax(-1)
    return torch.bmm(weights, split(text @ to_v)).view(B, heads, N, -1).transpose(1, 2).reshape(B, N, D)


SAYS_BELOW = "Padding has no influence at all, however large the numbers in it, and large scores are no harm."

wrong = [
    (filled_with_a_million_below, SAYS_BELOW),
    (minus_ten_thousand, SAYS_1),
    (infinity_times_zero, SAYS_2),
    (mask_of_numbers_added, SAYS_3),
    (causal, SAYS_4),
    (cut_to_longest, SAYS_3),
    (counted_from_the_front, SAYS_3),
    (kept_by_any_prompt, "not_masked"),
    (values_hidden_alone, "masked_after_softmax"),
    (keys_hidden_alone, "padding_set_to_0"),
    (divided_with_epsilon, "masked_and_divided"),
    (largest_of_all_subtracted, "masked_and_divided"),
    (scores_cut_at_50, SAYS_1),
    (same_head_for_all, SAYS_5),
    (heads_summed, SAYS_4),
    (heads_backwards, SAYS_4),
    (size_taken_for_heads, SAYS_4),
    (scaled_twice, "not_scaled"),
    (values_from_keys_matrix, SAYS_4),
    (matrices_transposed, SAYS_4),
    (linear_layers, SAYS_6),
    (image_among_the_words, SAYS_4),
    (with_weights, SAYS_7),
    (heads_first, SAYS_8),
    (words_detached, SAYS_9),
    (text_filled_in_place, SAYS_10),
]
right = [by_module, heads_among_the_rows, prompt_after_prompt, place_after_place, by_multi_head_attention,
         logsumexp_by_hand, large_negative_and_zero]
