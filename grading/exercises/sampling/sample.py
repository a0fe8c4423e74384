"""sampling-sample: the loop around the step, from noise to data, over any chain of times.

Fixed: `signals` increases, from the noisiest time to the last one before the data, where the signal is 1; the denoiser is
asked once at each of them; the noise handed to each step is fresh, N(0, I), like x. What comes back is every state, the start
first. The judge's `step` is affine in its arguments and is not that of the lesson, so the loop alone is judged. Free: whether
noise is drawn where eta is 0, and in the last step, where none is needed.

Refusing a right answer (grading/checks/laws.py): p = 2e-4 a draw for the independence of all noise handed over; only two
independent draws that both miss refuse, 4e-8.
"""

import torch

from genlab.random import rand
from grading.checks import draws, laws, probing
from grading.checks.exercise import Compare, Exercise

P = 2e-4


def inputs(rng, n=1):
    """A chain of several times, one of two and one of a single time; points, and images in float32."""
    steps = 4 + int(torch.randint(0, 3, (1,), generator=rng))
    signals = (0.02 + 0.96 * rand((steps,), like=torch.zeros((), dtype=torch.float64), rng=rng)).sort().values
    return {"x": draws.placed(draws.normal((4, 3), rng=rng), (-9 - 3 * signals[0].item(), 12 + signals[1].item()), rng=rng),
            "image": draws.normal((2, 1, 3, 5), rng=rng).float(),
            "many": draws.normal((300 * n, 3), rng=rng), "signals": signals, "mix": 0.3 + 0.5 * rand((3,), rng=rng).double(),
            "eta": 0.2 + 0.6 * rand((1,), rng=rng).item()}


def probe(sample, x, image, many, signals, mix, eta):
    """All states without noise, what was asked of denoiser and step, and the noise that was handed to the step."""
    asked, steps, noises = [], [], []

    def denoise(x, signal):
        asked.append(float(signal))
        return torch.sin(2 * x) * (1 + float(signal)) + x

    def step(x, clean, signal, next_signal, eta, noise):
        steps.append((float(signal), float(next_signal), float(eta)))
        noises.append(noise.detach().clone() if isinstance(noise, torch.Tensor) else torch.zeros(1))
        size = mix.tolist()
        return (size[0] * x + size[1] * clean * float(next_signal) + size[2] * float(signal)
                + (0 if eta == 0 or noise is None else eta * noise))

    def run(given, chain, eta=0.0):
        asked.clear(), steps.clear(), noises.clear()
        start = probing.watch("x", given.clone()) if given is x else given.clone()
        states = sample(denoise, step, start, probing.watch("signals", list(chain)), eta)
        count = len(states) if isinstance(states, (tuple, list)) and len(states) else len(chain) + 1
        return torch.stack(probing.tensors(states, count, "`sample`"))

    chain = signals.tolist()
    states = run(x, chain)
    visited, pairs = torch.tensor(asked), torch.tensor(steps)
    pictures, one, two = run(image, chain[:3]), run(x, chain[:1]), run(x, chain[1:3])
    run(many, chain[:4], eta)
    shares = torch.tensor([s[2] for s in steps])
    odd = torch.full_like(many, 7.0)  # stands for noise that could not be added to x
    drawn = [v.double() if v.shape == many.shape else odd for v in noises[:3]]
    probing.attempt(run, many, chain[:4], eta)  # noise that an earlier call has drawn comes again here
    drawn = torch.stack([*drawn, *(v.double() if v.shape == many.shape else odd for v in noises[:1])] or [odd])
    return dict(states=states, end=states[-1], visited=visited, pairs=pairs, pictures=pictures, one=one, two=two,
                shares=shares, drawn=drawn)


def reference(denoise, step, x, signals, eta):
    """As in the lesson."""
    states = [x]
    for signal, next_signal in zip(signals, [*signals[1:], 1.0], strict=True):
        x = step(x, denoise(x, signal), signal, next_signal, eta, torch.randn_like(x))
        states.append(x)
    return states


def truth(denoise, step, x, signals, eta):
    """By recursion over the rest of the chain."""
    if not signals:
        return [x]
    noise = torch.distributions.Normal(torch.zeros_like(x), torch.ones_like(x)).sample()
    following = step(x, denoise(x, signals[0]), signals[0], (signals + [1.0])[1], eta, noise)
    return [x, *truth(denoise, step, following, signals[1:], eta)]


def listed(inputs, got, expected, n):
    """S + 1 states, the first of them x."""
    states, right = got["states"], expected["states"]
    if states.shape != right.shape:
        return False, f"{len(states)} states of shape {tuple(states.shape[1:])}", f"{len(right)} states of shape (4, 3)"
    if (states - states[:1]).abs().max() < 1e-9:
        return False, "one state, again and again", "S + 1 states"
    if not torch.allclose(states[0].double(), inputs["x"]):
        last = torch.allclose(states[-1].double(), inputs["x"])
        return False, "x in the last place" if last else "another start than x", "x first"
    gap = (states - right).abs().flatten(1).max(1).values
    return bool((gap <= 1e-6).all()), states[1:].double(), right[1:].double()


def fresh(inputs, got, expected, n):
    """Noise of x's shape for each step, all of it independent and normal, and eta handed on."""
    drawn, right = got["drawn"].double(), expected["drawn"]
    if drawn.shape != right.shape:
        return False, f"noise handed over {len(drawn)} times", f"{len(right)} times"
    if got["shares"].shape != expected["shares"].shape or not torch.allclose(got["shares"], expected["shares"]):
        return False, f"eta {got['shares'].flatten()[:1].tolist()}", "eta as it is"
    looks = {"another shape than x": (drawn == 7).all(), "zeros": drawn.abs().max() < 1e-9,
             "one number for all of x": (drawn - drawn[:, :1, :1]).abs().max() < 1e-9,
             "one row for all": (drawn - drawn[:, :1]).abs().max() < 1e-9,
             "the same noise in every step": (drawn[:3] - drawn[:1]).abs().max() < 1e-9,
             "the same noise at every call": (drawn[-1] - drawn[0]).abs().max() < 1e-9,
             "no negative number": drawn.min() >= 0, "noise of a smaller spread": drawn.std() < 0.9}
    for seen, found in looks.items():
        if bool(found):
            return False, seen, "independent N(0, 1) numbers"
    if not laws.has_tails(drawn):
        return False, "no large numbers", "independent N(0, 1) numbers"
    return laws.independence(drawn, P)


exercise = Exercise(
    id="sampling-sample", defines="sample(denoise, step, x, signals, eta)", core=True, points=4, level=2, minutes=12,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.samplers.sample", "genlab.models.samplers.trajectory"],
    comparisons=[
        Compare("visited", "pairs", points=1, what={
            "visited": "what your denoiser was asked for", "pairs": "what `step` was asked for (signal, next signal, eta)"},
            says="From the noisiest time to the data: one evaluation and one step for each time, the last one to signal 1."),
        Compare("end", "pictures", "one", "two", points=1, what="what `sample` returns",
                says="The guess is made from the present x, and the step leads to the next one, for any chain and any shape."),
        Compare("states", test=listed, points=1, what="the states of `sample`",
                says="All states are returned, S + 1 of them: the noise at the start first, the sample last."),
        Compare("drawn", "shares", points=1, test=fresh, false_refusal=P + 1e-6, what="the noise that you hand to `step`",
                says="Each step gets fresh standard normal noise, for every number of x by itself."),
    ],
    hints=[
        "Write the times in a row with a 1 at the end. A step goes from each of them to its neighbour on the right.",
        "For each pair (signal, next_signal): guess = denoise(x, signal), then x = step(x, guess, signal, next_signal, eta, "
        "noise), with noise drawn anew. Keep each x in a list.",
        "for signal, next_signal in zip(signals, [*signals[1:], 1.0]): x = step(x, denoise(x, signal), signal, next_signal, "
        "eta, torch.randn_like(x)); states.append(x)",
    ],
    afterwards="The step has to know which time comes next in your chain. In a chain with gaps that is not the time before in T.",
)
