"""Right answers to gpt-sampling, written in other ways."""

import math

import torch

from grading.exercises.gpt._sampling_parts import best, nucleus, softmax


def reference(logits, temperature, top_k, top_p):
    return nucleus(best(softmax(logits, temperature), top_k), top_p)


def by_logits(logits, temperature, top_k, top_p):
    scaled = logits / temperature
    k = min(top_k, scaled.shape[-1])
    scaled = scaled.masked_fill(scaled < scaled.topk(k, -1).values[:, -1:], -math.inf)
    ranked, order = scaled.sort(-1, descending=True)
    remove = ranked.softmax(-1).cumsum(-1) >= top_p
    remove[:, 1:] = remove[:, :-1].clone()
    remove[:, 0] = False
    return scaled.masked_fill(remove.gather(-1, order.argsort(-1)), -math.inf).softmax(-1)


def by_loop(logits, temperature, top_k, top_p):
    out = torch.zeros_like(logits)
    for b, row in enumerate(logits):
        p = torch.softmax(row / temperature, 0)
        p_sorted, places = p.topk(min(top_k, len(row)))
        p_sorted = p_sorted / p_sorted.sum()
        n = 1
        while n < len(p_sorted) and p_sorted[:n].sum() < top_p:
            n += 1
        out[b, places[:n]] = p_sorted[:n] / p_sorted[:n].sum()
    return out


def powers(logits, temperature, top_k, top_p):
    p = (logits.log_softmax(-1) / temperature).softmax(-1)
    return nucleus(best(p, top_k), top_p)
