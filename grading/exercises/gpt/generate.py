"""gpt-generate: writing on, token by token, each given to the model once.

    logits, past = model(tokens, position, past)     (B, t, K); tokens (B, t), the first of them at this place of the text
    token = pick(logits of the last place)           (B,)

Fixed: past is None in the first call and afterwards what the call before returned; prompt (B, P), P ≥ 1; length ≥ 0
new tokens; the result is (B, P + length) int64, the prompt first. Every token but the newest is given to the model
exactly once, in order. Free: whether the prompt is given at once or in pieces; whether the newest is given, too.

The judge's model has a state that turns with each token, its place and the number of tokens it was given in all:
what is given twice, left out or put elsewhere changes everything that is written afterwards.
"""

import torch

from genlab.random import randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A prompt in which token 0 occurs, a model's tables, and a bonus for each pick, so large twice in a row that 0 is picked."""
    B, P, K, size, length = 3, 4, 23, 6, 9
    double = torch.zeros((), dtype=torch.float64)

    def normal(*shape):
        return randn(shape, like=double, rng=rng)

    prompt, bonus = randint(0, K, (B, P), rng=rng), 2 * normal(40, K)
    prompt[1, int(randint(0, P, (), rng=rng))] = 0
    at = int(randint(2, length - 2, (), rng=rng))
    bonus[at:at + 2, 0] += 100
    return {"prompt": prompt, "length": length, "table": normal(K, size), "places": normal(40, size),
            "moves": torch.linalg.qr(normal(size, size)).Q, "reads": normal(size, K), "given": 2 * normal(80, K),
            "bonus": bonus}


def probe(generate, prompt, length, table, places, moves, reads, given, bonus):
    """Some tokens, one, none; a prompt of one token; a batch of one; the same prompt twice in a batch."""
    picks = []

    def run(start, length):
        count = [0, 0]  # tokens given so far, picks so far
        given_prompt = probing.watch("prompt", prompt.clone()) if start is prompt else start.clone()

        def model(tokens, position, past=None):
            state = torch.zeros(len(tokens), table.shape[1], dtype=table.dtype) if past is None else past[0]
            out = []
            for i in range(tokens.shape[1]):
                state = state @ moves + table[tokens[:, i]] + places[(int(position) + i) % len(places)]
                count[0] += 1
                out.append(state @ reads + given[count[0] % len(given)])
            return torch.stack(out, 1), (state,)

        def pick(logits):
            if logits.ndim != 2:
                raise ValueError(f"pick takes logits (B, K), of the last place alone, got {tuple(logits.shape)}")
            count[1] += 1
            return (logits + bonus[count[1] % len(bonus)]).argmax(-1)

        text = probing.tensor(generate(model, given_prompt, length, pick), "`generate`")
        if text.is_floating_point():
            raise probing.WrongType("`generate` should return whole numbers, int64: tokens are no floats")
        picks.append(float(count[1]))
        return text.double()

    def ask(*given):
        return probing.attempt(run, *given)

    return dict(text=run(prompt, length), none=ask(prompt, 0), first=ask(prompt, 1), short=ask(prompt[:, :1], length - 2),
                row=ask(prompt[1:2], length - 1), twins=ask(prompt[:1].repeat(2, 1), 3), dot=ask(prompt[2:, :1], 1),
                picks=torch.tensor(picks))


def reference(model, prompt, length, pick):
    """The prompt at once, then one token at a time."""
    x, past, new = prompt, None, prompt
    for _ in range(length):
        logits, past = model(new, x.shape[1] - new.shape[1], past)
        new = pick(logits[:, -1])[:, None]
        x = torch.cat([x, new], 1)
    return x


def truth(model, prompt, length, pick):
    """Every token by itself, that of the prompt as well."""
    x, past = prompt, None
    for t in range(prompt.shape[1] + length - 1 if length else 0):
        logits, past = model(x[:, t:t + 1], t, past)
        if t + 1 == x.shape[1]:
            x = torch.cat([x, pick(logits[:, 0]).unsqueeze(1)], 1)
    return x


exercise = Exercise(
    id="gpt-generate", defines="generate(model, prompt, length, pick)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.transformer.GPT"],
    comparisons=[
        Compare("none", shape="(B, P + length)", points=0.5, says="With length 0 the prompt comes back as it is."),
        Compare("first", shape="(B, P + length)", points=1,
                says="The first new token: picked from the logits of the last place, after the whole prompt."),
        Compare("text", "row", "picks", shape="(B, P + length)", points=1.5, what={"picks": "how often `generate` calls `pick`"},
                says="The rest: each new token is given to the model once, at its place, with the past of the call before. `pick` is "
                     "called once for each."),
        Compare("short", "twins", "dot", shape="(B, P + length)", points=1,
                says="A prompt of a single token, and the same prompt twice in a batch."),
    ],
    hints=[
        "The model has read the prompt after the first call. What does it have to be told before it can predict the token "
        "after the first new one?",
        "Three things change from call to call: the tokens that are new to the model, the place of the first of them, and the "
        "past. After the prompt there is one new token each time, at the place where the text ended.",
        "x = new = prompt; past = None; in each round: logits, past = model(new, x.shape[1] - new.shape[1], past); "
        "new = pick(logits[:, -1])[:, None]; x = torch.cat([x, new], 1).",
    ],
    afterwards="The work now grows with the length of the text and no longer with its square.",
)
