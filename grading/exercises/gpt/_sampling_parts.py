"""Top-k, nucleus and softmax apart, for one of them to go wrong."""


import torch


def best(p, top_k):
    """p with all but the top_k largest of each row at 0, divided by its sum."""
    ranks = p.argsort(-1, descending=True).argsort(-1)
    kept = torch.where(ranks < top_k, p, 0)
    return kept / kept.sum(-1, keepdim=True)


def nucleus(p, top_p, inside=lambda before, after, p, top_p: before < top_p):
    ranked, order = p.sort(-1, descending=True)
    after = ranked.cumsum(-1)
    kept = torch.where(inside(after - ranked, after, ranked, top_p), ranked, 0)
    return torch.zeros_like(p).scatter(-1, order, kept / kept.sum(-1, keepdim=True))


def softmax(logits, temperature):
    return (logits / temperature).softmax(-1)
