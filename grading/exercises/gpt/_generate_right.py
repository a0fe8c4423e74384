"""Right answers to gpt-generate, written in other ways."""

import torch


def token_by_token(model, prompt, length, pick):
    if not length:
        return prompt.clone()
    past = None
    for t in range(prompt.shape[1]):
        logits, past = model(prompt[:, t:t + 1], t, past)
    out = list(prompt.unbind(1))
    out.append(pick(logits[:, -1]))
    while len(out) < prompt.shape[1] + length:
        logits, past = model(out[-1].unsqueeze(1), len(out) - 1, past)
        out.append(pick(logits[:, -1]))
    return torch.stack(out, 1)


def into_a_table(model, prompt, length, pick):
    B, P = prompt.shape
    x = torch.zeros(B, P + length, dtype=prompt.dtype)
    x[:, :P] = prompt
    logits, past = model(prompt, 0, None)
    for t in range(P, P + length):
        x[:, t] = pick(logits[:, -1, :])
        logits, past = model(x[:, t].view(B, 1), t, past)
    return x


def in_two_pieces(model, prompt, length, pick):
    x, past, done = prompt, None, 0
    if prompt.shape[1] > 1 and length:
        _, past = model(prompt[:, :-1], 0, None)
        done = prompt.shape[1] - 1
    for _ in range(length):
        logits, past = model(x[:, done:], done, past)
        done = x.shape[1]
        x = torch.cat((x, pick(logits[:, -1]).reshape(-1, 1)), dim=1)
    return x
