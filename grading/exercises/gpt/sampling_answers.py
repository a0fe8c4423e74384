"""Answers to gpt-sampling: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake
from grading.exercises.gpt._sampling_parts import best, nucleus, softmax
from grading.exercises.gpt._sampling_right import by_logits, by_loop, powers, reference

# Known mistakes


def crossing_left_out(logits, temperature, top_k, top_p):
    def inside(before, after, p, top_p):
        return (after <= top_p) | (before == 0)
    return nucleus(best(softmax(logits, temperature), top_k), top_p, inside)


def crossing_left_out_and_all(logits, temperature, top_k, top_p):
    p = best(softmax(logits, temperature), top_k)
    return nucleus(p, top_p, lambda before, after, p, top_p: after <= top_p + 1e-12)


def one_too_many(logits, temperature, top_k, top_p):
    def inside(before, after, p, top_p):
        earlier = torch.cat([torch.zeros_like(before[:, :1]), before[:, :-1]], 1)
        return earlier < top_p
    return nucleus(best(softmax(logits, temperature), top_k), top_p, inside)


def not_divided(logits, temperature, top_k, top_p):
    p = softmax(logits, temperature)
    return torch.where(reference(logits, temperature, top_k, top_p) > 0, p, 0)


def temperature_multiplies(logits, temperature, top_k, top_p):
    return nucleus(best(softmax(logits, 1 / temperature), top_k), top_p)


def temperature_on_probabilities(logits, temperature, top_k, top_p):
    return nucleus(best((logits.softmax(-1) / temperature).softmax(-1), top_k), top_p)


def powers_not_divided(logits, temperature, top_k, top_p):
    kept = reference(logits, temperature, top_k, top_p) > 0
    return torch.where(kept, logits.softmax(-1) ** (1 / temperature), 0)


def temperature_forgotten(logits, temperature, top_k, top_p):
    return nucleus(best(logits.softmax(-1), top_k), top_p)


def temperature_last(logits, temperature, top_k, top_p):
    kept = reference(logits, 1.0, top_k, top_p) > 0
    return logits.masked_fill(~kept, -math.inf).div(temperature).softmax(-1)


def least_probable(logits, temperature, top_k, top_p):
    ranks = logits.argsort(-1).argsort(-1)
    p = torch.where(ranks < top_k, softmax(logits, temperature), 0)
    return nucleus(p / p.sum(-1, keepdim=True), top_p)


def nucleus_of_the_least(logits, temperature, top_k, top_p):
    p = best(softmax(logits, temperature), top_k)
    ranked, order = p.sort(-1)
    kept = torch.where(ranked.cumsum(-1) - ranked < top_p, ranked, 0)
    return torch.zeros_like(p).scatter(-1, order, kept / kept.sum(-1, keepdim=True).clamp_min(1e-30))


def threshold(logits, temperature, top_k, top_p):
    p = best(softmax(logits, temperature), top_k)
    limit = top_p if top_p < 1 else 0.0
    kept = torch.where((p >= limit) | (p == p.amax(-1, keepdim=True)), p, 0)
    return kept / kept.sum(-1, keepdim=True)


def left_sorted(logits, temperature, top_k, top_p):
    return reference(logits, temperature, top_k, top_p).sort(-1, descending=True).values


def scattered_the_wrong_way(logits, temperature, top_k, top_p):
    p = reference(logits, temperature, top_k, top_p)
    ranked, order = p.sort(-1, descending=True)
    return ranked.gather(-1, order)


def nucleus_before_top_k(logits, temperature, top_k, top_p):
    return best(nucleus(softmax(logits, temperature), top_p), top_k)


def nucleus_of_all(logits, temperature, top_k, top_p):
    p = softmax(logits, temperature)
    kept = (best(p, top_k) > 0) & (nucleus(p, top_p) > 0)
    return torch.where(kept, p, 0) / torch.where(kept, p, 0).sum(-1, keepdim=True)


def top_k_ignored(logits, temperature, top_k, top_p):
    return nucleus(softmax(logits, temperature), top_p)


def top_p_ignored(logits, temperature, top_k, top_p):
    return best(softmax(logits, temperature), top_k)


def first_row_decides(logits, temperature, top_k, top_p):
    p = softmax(logits, temperature)
    kept = (reference(logits, temperature, top_k, top_p)[:1] > 0).expand_as(p)
    return torch.where(kept, p, 0) / torch.where(kept, p, 0).sum(-1, keepdim=True)


def zeros_as_logits(logits, temperature, top_k, top_p):
    kept = reference(logits, temperature, top_k, top_p) > 0
    return torch.where(kept, logits / temperature, 0.0).softmax(-1)


def over_the_batch(logits, temperature, top_k, top_p):
    p = (logits / temperature).softmax(0)
    return nucleus(best(p, top_k), top_p)


def bare_exponentials(logits, temperature, top_k, top_p):
    weights = (logits / temperature).exp()
    return nucleus(best(weights / weights.sum(-1, keepdim=True), top_k), top_p)


def logarithms(logits, temperature, top_k, top_p):
    return reference(logits, temperature, top_k, top_p).clamp_min(1e-30).log()


def too_many_fail(logits, temperature, top_k, top_p):
    values = logits.topk(top_k, -1).values[:, -1:]
    return reference(logits.masked_fill(logits < values, -math.inf), temperature, logits.shape[-1], top_p)


def one_more_of_the_best(logits, temperature, top_k, top_p):
    return reference(logits, temperature, top_k + 1, top_p)


def kth_left_out(logits, temperature, top_k, top_p):
    return reference(logits, temperature, max(top_k - 1, 1) if top_k < logits.shape[-1] else top_k, top_p)


def kth_and_all_left_out(logits, temperature, top_k, top_p):
    p = softmax(logits, temperature)
    kept = torch.where(p > p.topk(min(top_k, p.shape[-1])).values[:, -1:], p, 0) if top_k < p.shape[-1] else p
    return nucleus(kept / kept.sum(-1, keepdim=True), top_p)


def never_one_alone(logits, temperature, top_k, top_p):
    p = best(softmax(logits, temperature), top_k)
    return nucleus(p, top_p, lambda before, after, p, top_p: (before < top_p) | (torch.arange(p.shape[-1]) < 2))


def shifted_over_the_first(logits, temperature, top_k, top_p):
    def inside(before, after, p, top_p):
        out = after > top_p
        return ~torch.cat([out[:, :1], out[:, :-1]], 1)
    return nucleus(best(softmax(logits, temperature), top_k), top_p, inside)


def mask_left_sorted(logits, temperature, top_k, top_p):
    p = best(softmax(logits, temperature), top_k)
    ranked = p.sort(-1, descending=True).values
    kept = torch.where(ranked.cumsum(-1) - ranked < top_p, p, 0)
    return kept / kept.sum(-1, keepdim=True)


def mask_gathered(logits, temperature, top_k, top_p):
    p = best(softmax(logits, temperature), top_k)
    ranked, order = p.sort(-1, descending=True)
    kept = torch.where((ranked.cumsum(-1) - ranked < top_p).gather(-1, order), p, 0)
    return kept / kept.sum(-1, keepdim=True)


def second_softmax(logits, temperature, top_k, top_p):
    p = reference(logits, temperature, top_k, top_p)
    return p.masked_fill(p == 0, -math.inf).softmax(-1)


def temperature_twice(logits, temperature, top_k, top_p):
    return (reference(logits, temperature, top_k, top_p).log() / temperature).softmax(-1)


def divided_by_all_rows(logits, temperature, top_k, top_p):
    p = not_divided(logits, temperature, top_k, top_p)
    return p / p.sum()


def finite_filling(logits, temperature, top_k, top_p):
    values = logits.topk(min(top_k, logits.shape[-1])).values[:, -1:]
    return nucleus(softmax(logits.masked_fill(logits < values, -1e4), temperature), top_p)


def one_of_the_two(logits, temperature, top_k, top_p):
    p = softmax(logits, temperature)
    return nucleus(p, top_p) if top_p < 1 else best(p, top_k)


_FIRST = ("You take the nucleus of all tokens. Top-k comes first, and the nucleus is taken of what it leaves, divided by its "
          "sum.")
_KTH = "Your top-k loses the k-th token itself: keep what is as large as it, not only what is larger."
mistakes = [
    Mistake(crossing_left_out, "You leave out the token with which the sum reaches top_p. Without it the set has less than "
            "top_p: it is the smallest set with at least that much."),
    Mistake(crossing_left_out_and_all, "You leave out the token with which the sum reaches top_p. Where the most probable token "
            "alone has more than that, nothing is left, and you divide by 0."),
    Mistake(one_too_many, "Your nucleus has one token too many: it ends with the one that reaches top_p."),
    Mistake(not_divided, "What is left does not add up to 1: divide by its sum."),
    Mistake(temperature_multiplies, "You multiply by the temperature. A high one makes all tokens alike: divide the logits by it."),
    Mistake(temperature_on_probabilities, "You divide probabilities by the temperature and take a second softmax. Divide the "
            "logits, before the one softmax."),
    Mistake(powers_not_divided, "Powers of probabilities do not add up to 1 any more: divide by their sum, or divide the logits "
            "by the temperature before the softmax."),
    Mistake(temperature_forgotten, "The temperature makes no difference in your answer."),
    Mistake(temperature_last, "You apply the temperature after the nucleus was chosen. It comes first, and so a hot "
            "distribution has a larger nucleus."),
    Mistake(least_probable, "Your top-k keeps the least probable tokens: sort in descending order."),
    Mistake(nucleus_of_the_least, "Your nucleus starts from the least probable token: sort in descending order."),
    Mistake(threshold, "You keep tokens whose own probability is at least top_p. The nucleus is about the sum of the most "
            "probable ones."),
    Mistake(left_sorted, "Your probabilities are still sorted. Bring each back to its token's place, with scatter for instance."),
    Mistake(scattered_the_wrong_way, "You bring the sorted probabilities back by gather(order), which sorts again another way. "
            "scatter(order) is the inverse of sorting, or gather(order.argsort())."),
    Mistake(nucleus_before_top_k, _FIRST),
    Mistake(nucleus_of_all, _FIRST),
    Mistake(top_k_ignored, "top_k makes no difference in your answer."),
    Mistake(top_p_ignored, "top_p makes no difference in your answer."),
    Mistake(first_row_decides, "Which tokens stay is decided by the first row for all. Each row has its own."),
    Mistake(zeros_as_logits, "You set the logits of what is left out to 0: the softmax gives them exp(0) = 1. Minus infinity is "
            "what leaves a token out."),
    Mistake(over_the_batch, "Your softmax runs over the batch. Each row is a distribution over tokens: softmax(-1)."),
    Mistake(bare_exponentials, "Right at moderate logits. The exponential of a large one overflows: use softmax, which subtracts "
            "the largest first."),
    Mistake(logarithms, "You return logarithms. Probabilities are asked for."),
    Mistake(one_more_of_the_best, "Your top-k keeps one token too many: ranks are counted from 0."),
    Mistake(kth_left_out, _KTH),
    Mistake(kth_and_all_left_out, _KTH),
    Mistake(never_one_alone, "Your nucleus has two tokens at least. Where the most probable one has top_p by itself, it stays alone."),
    Mistake(shifted_over_the_first, "You shift the mask by one place but leave its first entry: the most probable token is in the "
            "nucleus always, whatever it has. Set the first to False after the shift."),
    Mistake(mask_left_sorted, "You lay a mask that belongs to sorted probabilities on unsorted ones. Bring it back to the tokens' "
            "places first, by scatter(order)."),
    Mistake(mask_gathered, "You bring the mask of sorted probabilities back by gather(order), which moves it another way. "
            "scatter(order) is the inverse of sorting, or gather(order.argsort())."),
    Mistake(second_softmax, "You take a softmax of probabilities. They are divided by their sum, no more."),
    Mistake(temperature_twice, "You divide by the temperature twice."),
    Mistake(divided_by_all_rows, "You divide by the sum over the whole batch. Each row adds up to 1: sum(-1, keepdim=True)."),
    Mistake(finite_filling, "You leave tokens out with a logit that is low, but not low enough: logits may lie far below 0. Minus "
            "infinity is below all."),
    Mistake(one_of_the_two, "You use either top-k or the nucleus. Both are asked for, one after the other."),
    Mistake(too_many_fail, "A top_k larger than the number of tokens keeps them all: min(top_k, K)."),
]

also_right = [reference, by_logits, by_loop, powers]

equivalent_mutants = {
    "p = p / p.sum(-1, keepdim=True): -1 → 1": "of two axes the second is the last",
    "p = p / p.sum(-1, keepdim=True): 1 → -1": "of two axes the second is the last",
    "p = torch.where(p.cumsum(-1) - p < top_p, p, 0): -1 → 1": "of two axes the second is the last",
    "p = torch.where(p.cumsum(-1) - p < top_p, p, 0): 1 → -1": "of two axes the second is the last",
    "p = torch.where(p.cumsum(-1) - p < top_p, p, 0): "
    "p.cumsum(-1) - p < top_p → p.cumsum(-1) - p <= top_p": "differs only where a sum of probabilities equals top_p to the last digit",
    "p = torch.where(torch.arange(p.shape[-1], device=p.device) < top_k, p, 0): "
    "-1 → 1": "of two axes the second is the last",
    "p = torch.where(torch.arange(p.shape[-1], device=p.device) < top_k, p, 0): "
    "1 → -1": "of two axes the second is the last",
    "p = torch.where(torch.arange(p.shape[-1], device=p.device) < top_k, p, 0): "
    "torch.arange(p.shape[-1], device=p.device) → torch.arange(p.shape[-1])": "the judge's tensors are all on the CPU",
    "p, order = (logits / temperature).softmax(-1).sort(-1, descending=True): "
    "-1 → 1": "of two axes the second is the last",
    "p, order = (logits / temperature).softmax(-1).sort(-1, descending=True): "
    "1 → -1": "of two axes the second is the last",
    "return torch.zeros_like(p).scatter(-1, order, p / p.sum(-1, keepdim=True)): "
    "-1 → 1": "of two axes the second is the last",
    "return torch.zeros_like(p).scatter(-1, order, p / p.sum(-1, keepdim=True)): "
    "1 → -1": "of two axes the second is the last",
    "return torch.zeros_like(p).scatter(-1, order, p / p.sum(-1, keepdim=True)): "
    "torch.zeros_like(p) → p": "scatter writes every place of the row",
}
