"""Planted answers to gpt-sampling, by another author than the check's."""

import math

import torch


def _ranked(p):
    return p.sort(dim=-1, descending=True)


def _divided(p):
    return p / p.sum(-1, keepdim=True)


def _cut(p, top_k):
    """The top_k largest of each row, divided by their sum."""
    k = min(top_k, p.size(-1))
    best = p.topk(k, -1)
    return _divided(torch.zeros_like(p).scatter(-1, best.indices, best.values))


def _core(p, top_p):
    """The nucleus of each row, divided by its sum."""
    ranked, order = _ranked(p)
    out = ranked.cumsum(-1) - ranked >= top_p
    return _divided(p.masked_fill(torch.zeros_like(out).scatter(-1, order, out), 0))


def _tempered(logits, temperature):
    return torch.softmax(logits / temperature, -1)


def filled_with_minus_10000(logits, temperature, top_k, top_p):
    values = logits.topk(min(top_k, logits.size(-1)), -1).values[:, -1:]
    kept = logits.masked_fill(logits < values, -1e4)
    return _core(torch.softmax(kept / temperature, -1), top_p)


def best_below_kth_dropped(logits, temperature, top_k, top_p):
    p = _tempered(logits, temperature)
    kth = p.topk(min(top_k, p.size(-1)), -1).values[:, -1:]
    return _core(_divided(torch.where(p > kth, p, 0) if top_k < p.size(-1) else p), top_p)


def kth_of_the_first_row(logits, temperature, top_k, top_p):
    p = _tempered(logits, temperature)
    kth = p[0].topk(min(top_k, p.size(-1))).values[-1]
    return _core(_divided(torch.where(p >= kth, p, 0)), top_p)


def top_k_from_zero(logits, temperature, top_k, top_p):
    return _core(_cut(_tempered(logits, temperature), top_k + 1), top_p)


def never_fewer_than_two(logits, temperature, top_k, top_p):
    p = _cut(_tempered(logits, temperature), top_k)
    ranked, order = _ranked(p)
    out = ranked.cumsum(-1) - ranked >= top_p
    out[:, :2] = False
    return _divided(p.masked_fill(torch.zeros_like(out).scatter(-1, order, out), 0))


def shifted_without_the_first(logits, temperature, top_k, top_p):
    p = _cut(_tempered(logits, temperature), top_k)
    ranked, order = _ranked(p)
    out = ranked.cumsum(-1) > top_p
    out[:, 1:] = out[:, :-1].clone()
    return _divided(p.masked_fill(torch.zeros_like(out).scatter(-1, order, out), 0))


def mask_not_brought_back(logits, temperature, top_k, top_p):
    p = _cut(_tempered(logits, temperature), top_k)
    ranked, _ = _ranked(p)
    return _divided(p.masked_fill(ranked.cumsum(-1) - ranked >= top_p, 0))


def mask_gathered(logits, temperature, top_k, top_p):
    p = _cut(_tempered(logits, temperature), top_k)
    ranked, order = _ranked(p)
    return _divided(p.masked_fill((ranked.cumsum(-1) - ranked >= top_p).gather(-1, order), 0))


def sums_over_the_batch(logits, temperature, top_k, top_p):
    p = _cut(_tempered(logits, temperature), top_k)
    ranked, order = _ranked(p)
    out = ranked.cumsum(0) - ranked >= top_p
    return _divided(p.masked_fill(torch.zeros_like(out).scatter(-1, order, out), 0))


def divided_by_the_total(logits, temperature, top_k, top_p):
    p = reference_by_loop(logits, temperature, top_k, top_p)
    kept = torch.where(p > 0, _tempered(logits, temperature), 0)
    return kept / kept.sum()


def second_softmax(logits, temperature, top_k, top_p):
    p = reference_by_loop(logits, temperature, top_k, top_p)
    return torch.where(p > 0, p, -math.inf).softmax(-1)


def temperature_twice(logits, temperature, top_k, top_p):
    p = reference_by_loop(logits, temperature, top_k, top_p)
    return (p.log() / temperature).softmax(-1)


def root_of_temperature(logits, temperature, top_k, top_p):
    return _core(_cut(_tempered(logits, math.sqrt(temperature)), top_k), top_p)


def temperature_at_least_a_tenth(logits, temperature, top_k, top_p):
    return _core(_cut(_tempered(logits, max(temperature, 0.1)), top_k), top_p)


def temperature_with_epsilon(logits, temperature, top_k, top_p):
    return _core(_cut(_tempered(logits, temperature + 1e-3), top_k), top_p)


def logits_cut_at_50(logits, temperature, top_k, top_p):
    return _core(_cut(_tempered(logits.clamp(-50, 50), temperature), top_k), top_p)


def banned_are_zero(logits, temperature, top_k, top_p):
    return _core(_cut(_tempered(logits.nan_to_num(neginf=0.0), temperature), top_k), top_p)


def floor_for_all(logits, temperature, top_k, top_p):
    return _divided(reference_by_loop(logits, temperature, top_k, top_p) + 1e-4)


def argmax_where_cold(logits, temperature, top_k, top_p):
    p = reference_by_loop(logits, temperature, top_k, top_p)
    if temperature < 1:
        return torch.nn.functional.one_hot(p.argmax(-1), p.size(-1)).to(p.dtype)
    return p


def divided_in_place(logits, temperature, top_k, top_p):
    return reference_by_loop(logits.div_(temperature), 1.0, top_k, top_p)


def filled_in_place(logits, temperature, top_k, top_p):
    if top_k < logits.size(-1):
        logits[logits < logits.topk(top_k, -1).values[:, -1:]] = -math.inf
    return _core(_tempered(logits, temperature), top_p)


def a_token(logits, temperature, top_k, top_p):
    return torch.multinomial(reference_by_loop(logits, temperature, top_k, top_p), 1)


def nucleus_only_if_below_one(logits, temperature, top_k, top_p):
    """Above 0.9 the nucleus is left out, as a shortcut."""
    p = _cut(_tempered(logits, temperature), top_k)
    return _core(p, top_p) if top_p < 0.9 else p


def nucleus_or_top_k(logits, temperature, top_k, top_p):
    p = _tempered(logits, temperature)
    return _core(p, top_p) if top_p < 1 else _cut(p, top_k)


def squeezed(logits, temperature, top_k, top_p):
    return reference_by_loop(logits, temperature, top_k, top_p).squeeze()


def reference_by_loop(logits, temperature, top_k, top_p):
    rows = []
    for row in logits.unbind(0):
        p = torch.exp(row / temperature - torch.logsumexp(row / temperature, 0))
        keep, total = [], 0.0
        order = torch.argsort(row, descending=True)[:top_k]
        whole = p[order].sum()
        for i in order.tolist():
            keep.append(i)
            total = total + p[i] / whole
            if total >= top_p:
                break
        out = torch.zeros_like(p)
        out[keep] = p[keep] / p[keep].sum()
        rows.append(out)
    return torch.stack(rows)


def shifted_from_the_end(logits, temperature, top_k, top_p):
    """The mask moves one place to the right; from the end, so that nothing is read after it was written."""
    p = _cut(_tempered(logits, temperature), top_k)
    ranked, order = _ranked(p)
    out = ranked.cumsum(-1) >= top_p
    for j in range(out.size(-1) - 1, 0, -1):
        out[:, j] = out[:, j] & out[:, j - 1]
    out[:, 0] = False
    return _divided(p.masked_fill(torch.zeros_like(out).scatter(-1, order, out), 0))


def by_infinities(logits, temperature, top_k, top_p):
    z = logits.double() / temperature
    ranks = z.argsort(-1, descending=True).argsort(-1)
    z = z.masked_fill(ranks >= top_k, -math.inf)
    p = z.softmax(-1)
    before = (p[:, None, :] * (ranks[:, None, :] < ranks[:, :, None])).sum(-1)
    return z.masked_fill(before >= top_p, -math.inf).softmax(-1).to(logits.dtype)


def by_searching(logits, temperature, top_k, top_p):
    p = logits.div(temperature).softmax(1)
    values, places = p.topk(min(top_k, p.shape[1]), 1)
    values /= values.sum(1, keepdim=True)
    n = torch.searchsorted(values.cumsum(1), torch.full((len(p), 1), top_p, dtype=p.dtype)) + 1
    values = values * (torch.arange(values.shape[1]) < n)
    out = torch.zeros(p.shape, dtype=p.dtype)
    out.scatter_(1, places, values / values.sum(1, keepdim=True))
    return out


def by_threshold(logits, temperature, top_k, top_p):
    """The probability of the last token of the nucleus; no two logits of a row are equal."""
    z = logits / temperature
    if top_k < z.shape[-1]:
        z = torch.where(z < z.topk(top_k).values[..., -1, None], torch.tensor(-math.inf, dtype=z.dtype), z)
    p = z.softmax(-1)
    ranked = p.sort(-1, descending=True).values
    count = (ranked.cumsum(-1) < top_p).sum(-1, keepdim=True).clamp(max=z.shape[-1] - 1)
    p = torch.where(p >= ranked.gather(-1, count), p, torch.zeros_like(p))
    return p / p.sum(-1, keepdim=True)


def greedy_below_a_limit(logits, temperature, top_k, top_p):
    if temperature < 1e-5:
        return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)
    return _core(_cut(_tempered(logits, temperature), top_k), top_p)


SAYS_1 = ("With top_k = K and top_p = 1 nothing is left out: the softmax of the logits, divided by the temperature.")
SAYS_2 = ("Extremes: logits of many hundreds or far below 0, a temperature near 0, and tokens with a logit of minus"
          " infinity, which alone is low enough to leave a token out.")
SAYS_3 = ("`next_probabilities` changes its argument `logits` in place: work on a copy.")
SAYS_4 = ("`next_probabilities` should have shape (B, K) = (4, 9), not (4, 1). With top_k = K and top_p = 1 nothing"
          " is left out: the softmax of the logits, divided by the temperature.")
SAYS_5 = ("The nucleus alone: the fewest most probable tokens of each row that have top_p together, the one that "
          "reaches it included.")
SAYS_6 = ("`next_probabilities` should have shape (B, K) = (1, 9), not (9,). All together, in this order: "
          "temperature, top-k, and the nucleus of what is left.")
SAYS_7 = ("Extremes: logits of many hundreds or far below 0, a temperature near 0, and tokens with a logit of "
          "minus infinity, which alone is low enough to leave a token out.")

wrong = [
    (filled_with_minus_10000, "finite_filling"), (best_below_kth_dropped, "kth_and_all_left_out"),
    (kth_of_the_first_row, SAYS_1), (top_k_from_zero, "one_more_of_the_best"),
    (never_fewer_than_two, "never_one_alone"), (shifted_without_the_first, "shifted_over_the_first"),
    (mask_not_brought_back, "mask_left_sorted"), (mask_gathered, "mask_gathered"), (sums_over_the_batch, SAYS_1),
    (divided_by_the_total, "divided_by_all_rows"), (second_softmax, "second_softmax"),
    (temperature_twice, "temperature_twice"), (root_of_temperature, SAYS_1),
    (temperature_at_least_a_tenth, SAYS_2), (temperature_with_epsilon, SAYS_1), (logits_cut_at_50, SAYS_2),
    (banned_are_zero, SAYS_2), (floor_for_all, SAYS_1), (argmax_where_cold, SAYS_1), (divided_in_place, SAYS_3),
    (filled_in_place, SAYS_3), (a_token, SAYS_4), (nucleus_only_if_below_one, SAYS_5),
    (nucleus_or_top_k, "one_of_the_two"), (squeezed, SAYS_6),
    (greedy_below_a_limit, SAYS_7),
]
right = [shifted_from_the_end, reference_by_loop, by_infinities, by_searching, by_threshold]
