"""Answers to gpt-attention: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _scores(q, k):
    return q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])


def _seen(q, k, shift=0):
    """True where key s may be seen by query i."""
    return torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril(k.shape[-2] - q.shape[-2] + shift)


def _masked(scores, seen, v, hidden=-math.inf):
    return scores.masked_fill(~seen, hidden).softmax(-1) @ v


# Known mistakes


def not_masked(q, k, v):
    return _scores(q, k).softmax(-1) @ v


def masked_after_softmax(q, k, v):
    return (_scores(q, k).softmax(-1) * _seen(q, k)) @ v


def masked_and_divided(q, k, v):
    weights = _scores(q, k).softmax(-1) * _seen(q, k)
    return weights / weights.sum(-1, keepdim=True) @ v


def not_scaled(q, k, v):
    return _masked(q @ k.transpose(-2, -1), _seen(q, k), v)


def scaled_by_d(q, k, v):
    return _masked(q @ k.transpose(-2, -1) / q.shape[-1], _seen(q, k), v)


def multiplied_by_root(q, k, v):
    return _masked(q @ k.transpose(-2, -1) * q.shape[-1] ** 0.5, _seen(q, k), v)


def scaled_by_tokens(q, k, v):
    return _masked(q @ k.transpose(-2, -1) / math.sqrt(k.shape[-2]), _seen(q, k), v)


def scaled_by_values(q, k, v):
    return _masked(q @ k.transpose(-2, -1) / math.sqrt(v.shape[-1]), _seen(q, k), v)


def scaled_after_softmax(q, k, v):
    return _masked(q @ k.transpose(-2, -1), _seen(q, k), v) / math.sqrt(q.shape[-1])


def from_the_corner(q, k, v):
    return _masked(_scores(q, k), torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril(), v)


def torch_is_causal(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def cut_mask(q, k, v):
    T = k.shape[-2]
    return _masked(_scores(q, k), torch.ones(T, T, dtype=torch.bool).tril()[:q.shape[-2]], v)


def blind_to_itself(q, k, v):
    return _masked(_scores(q, k), _seen(q, k, -1), v)


def blind_but_finite(q, k, v):
    return _masked(_scores(q, k), _seen(q, k, -1), v, -1e9)


def one_too_many(q, k, v):
    return _masked(_scores(q, k), _seen(q, k, 1), v)


def sees_the_future(q, k, v):
    later = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).triu(k.shape[-2] - q.shape[-2])
    return _masked(_scores(q, k), later, v)


def softmax_over_queries(q, k, v):
    return _scores(q, k).masked_fill(~_seen(q, k), -1e9).softmax(-2) @ v


def zeros_for_scores(q, k, v):
    return (_scores(q, k) * _seen(q, k)).softmax(-1) @ v


def small_penalty(q, k, v):
    return _masked(_scores(q, k), _seen(q, k), v, -100.0)


def bare_exponentials(q, k, v):
    weights = _scores(q, k).exp() * _seen(q, k)
    return weights / weights.sum(-1, keepdim=True) @ v


def no_softmax(q, k, v):
    return (_scores(q, k) * _seen(q, k)) @ v


def keys_for_values(q, k, v):
    return _masked(_scores(q, k), _seen(q, k), k)


def best_alone(q, k, v):
    best = _scores(q, k).masked_fill(~_seen(q, k), -math.inf).argmax(-1)
    return F.one_hot(best, k.shape[-2]).to(v.dtype) @ v


def weights_alone(q, k, v):
    return _scores(q, k).masked_fill(~_seen(q, k), -math.inf).softmax(-1)


def heads_last(q, k, v):
    return _masked(_scores(q, k), _seen(q, k), v).transpose(1, 2)


def queries_and_keys_swapped(q, k, v):
    scores = k[..., -q.shape[-2]:, :] @ torch.cat([k[..., :-q.shape[-2], :], q], -2).transpose(-2, -1)
    return _masked(scores / math.sqrt(q.shape[-1]), _seen(q, k), v)


def weights_detached(q, k, v):
    return _scores(q, k).masked_fill(~_seen(q, k), -math.inf).softmax(-1).detach() @ v


def square_mask(q, k, v):
    T = k.shape[-2]
    return _masked(_scores(q, k), torch.ones(T, T, dtype=torch.bool).tril(), v)


def free_where_few(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=q.shape[-2] == k.shape[-2])


def corner_unless_single(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=q.shape[-2] > 1)


def zeros_are_hidden(q, k, v):
    scores = _scores(q, k).tril(k.shape[-2] - q.shape[-2])
    return _masked(scores, scores != 0, v)


def infinity_times_zero(q, k, v):
    return (_scores(q, k) - (~_seen(q, k)).to(q.dtype) * math.inf).softmax(-1) @ v


def divided_with_epsilon(q, k, v):
    weights = _scores(q, k).softmax(-1) * _seen(q, k)
    return weights / (weights.sum(-1, keepdim=True) + 1e-9) @ v


def softmax_over_heads(q, k, v):
    return _scores(q, k).masked_fill(~_seen(q, k), -1e9).softmax(1) @ v


def scaled_by_heads(q, k, v):
    return _masked(q @ k.transpose(-2, -1) / math.sqrt(q.shape[1]), _seen(q, k), v)


def torch_mask_the_other_way(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=~_seen(q, k))


def directions_alone(q, k, v):
    return _masked(F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1), _seen(q, k), v)


def plain_means(q, k, v):
    return _masked(0 * _scores(q, k), _seen(q, k), v)


# Also right


def by_torch(q, k, v):
    bias = torch.zeros(q.shape[-2], k.shape[-2], dtype=q.dtype).masked_fill(~_seen(q, k), -math.inf)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)


def by_loop(q, k, v):
    rows, before = [], k.shape[-2] - q.shape[-2]
    for i in range(q.shape[-2]):
        n = before + i + 1
        weights = torch.einsum("bhd,bhsd->bhs", q[:, :, i], k[:, :, :n]) / q.shape[-1] ** 0.5
        rows.append(torch.einsum("bhs,bhse->bhe", weights.softmax(-1), v[:, :, :n]))
    return torch.stack(rows, 2)


def large_constant(q, k, v):
    return _masked(_scores(q, k), _seen(q, k), v, torch.finfo(q.dtype).min)


def by_places(q, k, v):
    Q, T, d = q.shape[-2], k.shape[-2], q.shape[-1]
    later = torch.arange(T)[None, :] > torch.arange(T - Q, T)[:, None]
    scores = torch.einsum("...qd,...td->...qt", q * d**-0.5, k)
    scores = torch.where(later, torch.tensor(-math.inf, dtype=q.dtype), scores)
    weights = (scores - scores.amax(-1, keepdim=True)).exp()
    return (weights @ v) / weights.sum(-1, keepdim=True)


_CORNER = ("With fewer queries than keys your triangle starts in the upper left corner, so that a single query sees the first "
           "key alone. The queries are the last tokens: shift the triangle by T - Q, or take the last Q rows of the large one.")
_SQUARE = ("With fewer queries than keys your square mask does not fit: it raises an error. The scores are (Q, T): take the last Q "
           "rows of a (T, T) triangle, or shift one of (Q, T) by T - Q.")
_FREE = ("With as many queries as keys your mask is right, with fewer there is none or one that starts in the corner. The rule is "
         "the same for all: query i is the token at T - Q + i, and sees up to its own place.")
_NOT_SCALED = "The scores are divided by √d, the root of the number of entries of a query: without it they grow with d, and "
mistakes = [
    Mistake(not_masked, "Every query sees every key, later ones too. A model trained like this reads the answer off its input; "
            "when it writes, there is nothing to read."),
    Mistake(masked_after_softmax, "You hide after the softmax: the weights of a query then add up to less than 1. Hide before "
            "it, with a score of minus infinity."),
    Mistake(masked_and_divided, "Right at moderate scores. But where a hidden key fits best, the softmax rounds all that may be "
            "seen to 0, and you divide 0 by 0. Hide before the softmax."),
    Mistake(not_scaled, _NOT_SCALED + "the softmax becomes a choice of one."),
    Mistake(scaled_by_d, "You divide by d. A product of d random pairs has the standard deviation √d, so √d is what brings the "
            "scores back to 1."),
    Mistake(multiplied_by_root, "You multiply by √d. The scores are divided by it."),
    Mistake(scaled_by_tokens, "You divide by the root of the number of tokens. It is the number of entries of a query, d, that "
            "makes scores large."),
    Mistake(scaled_by_values, "You divide by the root of the size of a value. Scores are products of queries and keys: their "
            "size d counts."),
    Mistake(scaled_after_softmax, "You divide the answer by √d. It is the scores that are divided, before the softmax."),
    Mistake(from_the_corner, _CORNER),
    Mistake(cut_mask, _CORNER),
    Mistake(torch_is_causal, _CORNER),
    Mistake(blind_to_itself, "Your queries do not see their own token, and the first one sees nothing: its softmax is 0/0. "
            "Hide only what comes later."),
    Mistake(blind_but_finite, "Your queries do not see their own token. Hide only what comes later."),
    Mistake(one_too_many, "Each query sees one token too many: the next one. That is the very token that is to be predicted."),
    Mistake(sees_the_future, "Your triangle is the other way up: a query sees itself and what comes later. It may see itself and "
            "what came before."),
    Mistake(softmax_over_queries, "Your weights add up to 1 over the queries. Each query divides its attention among the keys: "
            "softmax over the last axis."),
    Mistake(zeros_for_scores, "You set the score of later keys to 0. The softmax makes exp(0) = 1 of that, not 0: minus infinity "
            "is the score that hides."),
    Mistake(small_penalty, "You hide with a fixed number that is not low enough: where visible scores lie below it, hidden keys "
            "win. Minus infinity is below everything."),
    Mistake(bare_exponentials, "Right at moderate scores. The exponential of a large score overflows: use softmax, which "
            "subtracts the largest score first."),
    Mistake(no_softmax, "The softmax is missing: weights must be positive and add up to 1."),
    Mistake(keys_for_values, "You average the keys. Keys say where to look; the values are what is averaged."),
    Mistake(best_alone, "You take the value of the best key alone. Attention averages, so that gradients reach every key."),
    Mistake(weights_alone, "You return the weights. Average the values with them: weights @ v."),
    Mistake(heads_last, "Your result has heads and queries swapped. It is (B, H, Q, e), as q is (B, H, Q, d)."),
    Mistake(queries_and_keys_swapped, "You score keys against queries. Row i of the scores belongs to query i, column s to key s: "
            "q @ k.transpose(-2, -1)."),
    Mistake(square_mask, _SQUARE),
    Mistake(free_where_few, _FREE),
    Mistake(corner_unless_single, _FREE),
    Mistake(zeros_are_hidden, "You tell hidden scores by their value 0. A score that is seen can be 0 as well: hide by place, with "
            "the triangle itself."),
    Mistake(infinity_times_zero, "You multiply the mask by infinity, and where it is 0 that makes 0 · ∞ = nan. Fill in minus infinity "
            "instead: masked_fill or torch.where."),
    Mistake(divided_with_epsilon, "Right at moderate scores. But where a hidden key fits best, the softmax rounds all that may be seen "
            "to 0, and nothing is left to divide up. Hide before the softmax."),
    Mistake(softmax_over_heads, "Your weights add up to 1 over the heads. Each query divides its attention among the keys: softmax "
            "over the last axis."),
    Mistake(scaled_by_heads, "You divide by the root of the number of heads. It is the number of entries of a query, d, that makes "
            "scores large."),
    Mistake(torch_mask_the_other_way, "Your mask hides what may be seen. In F.scaled_dot_product_attention True means that a key is "
            "seen, in masked_fill that it is filled."),
    Mistake(directions_alone, "You bring queries and keys to length 1. Scores are products of them as they are, divided by √d."),
    Mistake(plain_means, "All that may be seen gets the same weight in your answer: the scores make no difference."),
    Mistake(weights_detached, "No gradient reaches queries and keys through your weights: leave out detach and no_grad."),
]

also_right = [by_torch, by_loop, large_constant, by_places]

equivalent_mutants = {
    "Q, T = q.shape[-2], k.shape[-2]: -2 → 2": "of four axes the third is the last but one",
    "Q, T = q.shape[-2], k.shape[-2]: 2 → -2": "of four axes the third is the last but one",
    "Q, T = q.shape[-2], k.shape[-2]: k → v": "there are as many values as keys",
    "later = torch.ones(Q, T, dtype=torch.bool, device=q.device).triu(T - Q + 1): "
    "q → k": "queries and keys are on the same device",
    "later = torch.ones(Q, T, dtype=torch.bool, device=q.device).triu(T - Q + 1): "
    "torch.ones(Q, T, dtype=torch.bool, device=q.device) → torch.ones(Q, T, dtype=torch.bool)": "the judge's tensors are all on the CPU",
    "scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]): -2 → 2": "of four axes the third is the last but one",
    "scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]): 2 → -2": "of four axes the third is the last but one",
    "scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]): "
    "k.transpose(-2, -1) → k.transpose(-1, -2)": "swapping two axes has no order",
    "scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]): q → k": "queries and keys are of the same size",
}
