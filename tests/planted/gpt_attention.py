"""Planted answers to gpt-attention, by another author than the check's."""

import math

import torch
from torch.nn import functional as F


def _scores(q, k):
    return torch.einsum("bhqd,bhtd->bhqt", q, k) / math.sqrt(q.size(-1))


def _later(q, k):
    return torch.ones(q.size(2), k.size(2), dtype=torch.bool).triu(k.size(2) - q.size(2) + 1)


def square_mask(q, k, v):
    T = k.size(2)
    mask = torch.tril(torch.ones(T, T))
    return _scores(q, k).masked_fill(mask == 0, -math.inf).softmax(-1) @ v


def square_mask_of_queries(q, k, v):
    Q = q.size(2)
    mask = torch.tril(torch.ones(Q, Q))
    return _scores(q, k).masked_fill(mask == 0, -math.inf).softmax(-1) @ v


def mask_only_if_square(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=q.size(2) == k.size(2))


def mask_unless_single(q, k, v):
    if q.size(2) == 1:
        return _scores(q, k).softmax(-1) @ v
    mask = torch.ones(q.size(2), k.size(2)).tril()
    return _scores(q, k).masked_fill(mask == 0, -math.inf).softmax(-1) @ v


def zeros_are_hidden(q, k, v):
    scores = _scores(q, k).tril(k.size(2) - q.size(2))
    return scores.masked_fill(scores == 0, -math.inf).softmax(-1) @ v


def infinity_times_zero(q, k, v):
    later = _later(q, k).to(q.dtype)
    return (_scores(q, k) + later * -math.inf).softmax(-1) @ v


def minus_ten_thousand(q, k, v):
    return (_scores(q, k) - 1e4 * _later(q, k)).softmax(-1) @ v


def minus_a_hundred_thousand(q, k, v):
    return _scores(q, k).masked_fill(_later(q, k), -1e5).softmax(-1) @ v


def penalty_multiplied(q, k, v):
    return _scores(q, k).mul(torch.where(_later(q, k), -1e9, 1.0)).softmax(-1) @ v


def smallest_positive(q, k, v):
    return _scores(q, k).masked_fill(_later(q, k), torch.finfo(q.dtype).tiny).softmax(-1) @ v


def largest_of_all_subtracted(q, k, v):
    scores = _scores(q, k)
    weights = (scores - scores.amax(-1, keepdim=True)).exp().masked_fill(_later(q, k), 0)
    return weights @ v / weights.sum(-1, keepdim=True)


def divided_with_epsilon(q, k, v):
    weights = _scores(q, k).softmax(-1).masked_fill(_later(q, k), 0)
    return weights @ v / (weights.sum(-1, keepdim=True) + 1e-8)


def scores_cut_at_50(q, k, v):
    return _scores(q, k).clamp(-50, 50).masked_fill(_later(q, k), -math.inf).softmax(-1) @ v


def softmax_over_heads(q, k, v):
    return _scores(q, k).masked_fill(_later(q, k), -1e9).softmax(1) @ v


def scaled_by_heads(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(1))
    return scores.masked_fill(_later(q, k), -math.inf).softmax(-1) @ v


def scaled_by_model_size(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(1) * q.size(3))
    return scores.masked_fill(_later(q, k), -math.inf).softmax(-1) @ v


def scaled_twice(q, k, v):
    return F.scaled_dot_product_attention(q / math.sqrt(q.size(-1)), k, v, attn_mask=~_later(q, k))


def dropped_out(q, k, v):
    return F.dropout(_scores(q, k).masked_fill(_later(q, k), -math.inf).softmax(-1), 0.1) @ v


def torch_mask_the_other_way(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=_later(q, k))


def true_is_hidden_shifted(q, k, v):
    later = torch.ones(q.size(2), k.size(2), dtype=torch.bool).triu(1)
    return _scores(q, k).masked_fill(later, -math.inf).softmax(-1) @ v


def squeezed(q, k, v):
    return (_scores(q, k).masked_fill(_later(q, k), -math.inf).softmax(-1) @ v).squeeze()


def heads_merged(q, k, v):
    seen = _scores(q, k).masked_fill(_later(q, k), -math.inf).softmax(-1) @ v
    return seen.transpose(1, 2).flatten(2)


def not_transposed(q, k, v):
    scores = torch.einsum("bhqd,bhtd->bhtq", q, k) / math.sqrt(q.size(-1))
    return scores.masked_fill(_later(q, k), -math.inf).softmax(-1) @ v


def with_the_weights(q, k, v):
    weights = _scores(q, k).masked_fill(_later(q, k), -math.inf).softmax(-1)
    return weights @ v, weights


def normed_pairs(q, k, v):
    scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
    return scores.masked_fill(_later(q, k), -math.inf).softmax(-1) @ v


def mean_of_the_past(q, k, v):
    return torch.ones_like(_scores(q, k)).masked_fill(_later(q, k), -math.inf).softmax(-1) @ v


def without_gradient(q, k, v):
    with torch.no_grad():
        weights = _scores(q, k).masked_fill(_later(q, k), -math.inf).softmax(-1)
    return weights @ v


def newest_queries_only_below(q, k, v):
    Q, T = q.size(2), k.size(2)
    return _scores(q, k).masked_fill(torch.ones(T, T).tril()[T - Q:] == 0, 0).softmax(-1) @ v


def padded_in_front(q, k, v):
    Q, T = q.size(2), k.size(2)
    return F.scaled_dot_product_attention(F.pad(q, (0, 0, T - Q, 0)), k, v, is_causal=True)[:, :, T - Q:]


def in_double(q, k, v):
    scores = torch.matmul(q.double(), k.double().mT).div_(q.size(-1) ** 0.5)
    scores[:, :, _later(q, k)] = -math.inf
    return torch.matmul(F.softmax(scores, dim=3), v.double()).to(v.dtype)


def one_query_after_another(q, k, v):
    B, H, Q, d = q.shape
    T, out = k.size(2), torch.empty(B, H, Q, v.size(3), dtype=v.dtype)
    for b in range(B):
        for h in range(H):
            for i in range(Q):
                n = T - Q + i + 1
                w = torch.softmax((k[b, h, :n] * q[b, h, i]).sum(1) / math.sqrt(d), 0)
                out[b, h, i] = (w[:, None] * v[b, h, :n]).sum(0)
    return out


def logsumexp_by_hand(q, k, v):
    scores = _scores(q, k) + torch.zeros(q.size(2), k.size(2)).masked_fill_(_later(q, k), -math.inf)
    return torch.einsum("bhqt,bhte->bhqe", (scores - scores.logsumexp(3, keepdim=True)).exp(), v)


def running_softmax(q, k, v):
    """Key by key with a running maximum."""
    Q, T = q.size(2), k.size(2)
    top = torch.full((*q.shape[:3], 1), -math.inf, dtype=q.dtype)
    total, mean = torch.zeros_like(top), torch.zeros(*q.shape[:3], v.size(3), dtype=v.dtype)
    for s in range(T):
        sees = (torch.arange(Q) + T - Q >= s).view(1, 1, Q, 1)
        score = (q * k[:, :, s:s + 1]).sum(3, keepdim=True) / q.size(3) ** 0.5
        new = torch.where(sees, torch.maximum(top, score), top)
        weight = torch.where(sees, torch.exp(score - new), 0)
        old = torch.where(torch.isinf(top), 0, torch.exp(top - new))
        total, mean, top = total * old + weight, mean * old + weight * v[:, :, s:s + 1], new
    return mean / total


def minus_a_milliard(q, k, v):
    return _scores(q, k).masked_fill(_later(q, k), -1e9).softmax(-1) @ v


def cache_without_gradient(q, k, v):
    with torch.set_grad_enabled(q.shape[-2] == k.shape[-2]):
        return _scores(q, k).masked_fill(_later(q, k), -math.inf).softmax(-1) @ v


SAYS_1 = ("`causal_attention` raised RuntimeError here. Fewer queries than keys: the queries are the last ones, so "
          "the first of them sees all keys but the last Q - 1, and a single query sees all.")
SAYS_2 = ("Scores of some millions, some equal, some 0: what is not to be seen has weight 0, however well it fits "
          "(only minus infinity is low enough), and nothing else is cut.")
SAYS_3 = ("As many queries as keys: each query's mean of the values up to its own place.")
SAYS_4 = ("A token that stands alone can look at itself only: its weight is 1, and the answer is its value.")
SAYS_5 = ("`causal_attention` should have shape (B, H, Q, e) = (2, 3, 1, 6), not (2, 3, 6). A token that stands "
          "alone can look at itself only: its weight is 1, and the answer is its value.")
SAYS_6 = ("`causal_attention` should have shape (B, H, Q, e) = (2, 3, 1, 6), not (2, 1, 18). A token that stands "
          "alone can look at itself only: its weight is 1, and the answer is its value.")
SAYS_7 = ("`causal_attention` should return a tensor, not tuple. The signature is `causal_attention(q, k, v)`.")
SAYS_8 = ("The gradients: queries, keys and values all learn through the answer.")

fits = {"minus_a_hundred_thousand": ("small_penalty",), "minus_ten_thousand": ("small_penalty",)}
wrong = [
    (square_mask, "square_mask"), (square_mask_of_queries, SAYS_1), (mask_only_if_square, "free_where_few"),
    (mask_unless_single, "corner_unless_single"), (zeros_are_hidden, "zeros_are_hidden"),
    (infinity_times_zero, "infinity_times_zero"), (minus_ten_thousand, SAYS_2),
    (minus_a_hundred_thousand, "small_penalty"), (penalty_multiplied, SAYS_3),
    (smallest_positive, "zeros_for_scores"), (largest_of_all_subtracted, "masked_and_divided"),
    (divided_with_epsilon, "divided_with_epsilon"), (scores_cut_at_50, SAYS_2),
    (softmax_over_heads, "softmax_over_heads"), (scaled_by_heads, "scaled_by_heads"),
    (scaled_by_model_size, SAYS_3), (scaled_twice, "scaled_by_d"), (dropped_out, SAYS_4),
    (torch_mask_the_other_way, "torch_mask_the_other_way"), (true_is_hidden_shifted, "from_the_corner"),
    (squeezed, SAYS_5), (heads_merged, SAYS_6), (not_transposed, "queries_and_keys_swapped"),
    (with_the_weights, SAYS_7), (normed_pairs, "directions_alone"), (mean_of_the_past, "plain_means"),
    (without_gradient, "weights_detached"), (newest_queries_only_below, "zeros_for_scores"),
    (cache_without_gradient, SAYS_8),
]
right = [padded_in_front, in_double, one_query_after_another, logsumexp_by_hand, running_softmax, minus_a_milliard]
