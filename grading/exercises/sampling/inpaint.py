"""sampling-inpaint: an image completed by a model that was never trained to, with steps undone and taken again.

Once for each pair of neighbouring times (t, s), and `repeats` times where s is not the data:

    x_s = step(x_t, ᾱ_t, ᾱ_s);  its seen part becomes √ᾱ_s known + √(1 - ᾱ_s) z
    before another turn of the same pair:  x_t = √(ᾱ_t/ᾱ_s) x_s + √(1 - ᾱ_t/ᾱ_s) z'

(Lugmayr et al. 2022, arXiv:2201.09865, algorithm 1). Fixed: which calls of `step` there are, and the law of what each gets. The
judge looks at what `step` was given: the seen part standardised, the rest without noise or standardised. Free: whether the
last step, at ᾱ = 1, "adds" noise of size 0, and how numbers are drawn.

Refusing a right answer (grading/checks/laws.py): two laws at p = 2e-4 a draw each; 4e-8 each after the redraw.
"""

import math
from itertools import pairwise

import torch

from genlab.random import rand
from grading.checks import draws, laws, probing
from grading.checks.exercise import Compare, Exercise

P = 2e-4


def inputs(rng, n=1):
    """Masks by row, one row seen whole and one not at all; chains of three times and of one; many rows for the laws."""
    double = torch.zeros((), dtype=torch.float64)
    low, width = torch.tensor([[0.02, 0.3, 0.7], [0.25, 0.35, 0.25]], dtype=torch.float64)
    signals = low + width * rand((3,), like=double, rng=rng)
    seen = rand((5, 3), rng=rng) < 0.5
    seen[0], seen[1], seen[2], seen[3] = True, False, torch.tensor([True, False, False]), torch.tensor([False, True, True])
    known = draws.normal((5, 3), rng=rng)
    return {"x": draws.normal((5, 3), rng=rng), "known": torch.where(seen, known, 50 * known), "seen": seen,
            "x_image": draws.normal((2, 1, 3, 4), rng=rng).float(), "known_image": draws.normal((2, 1, 3, 4), rng=rng).float(),
            "seen_image": rand((2, 1, 3, 4), rng=rng) < 0.6, "many": draws.normal((300 * n, 4), rng=rng),
            "many_known": 4 * draws.normal((300 * n, 4), rng=rng), "signals": signals,
            "pull": 3 + rand((), like=double, rng=rng).item()}


def probe(inpaint, x, known, seen, x_image, known_image, seen_image, many, many_known, signals, pull):
    """What comes back with one turn a step; which steps were taken with one turn, two and three; what each was given."""
    given, pairs, gave = [], [], []

    def step(x, signal, next_signal):
        pairs.append((float(signal), float(next_signal)))
        given.append(x.detach().clone())
        gave.append(pull * torch.cos(3 * x) + float(next_signal))
        return gave[-1].clone()

    def taken():
        """The pairs so far, filled up with -1 to twenty."""
        return torch.tensor((pairs + [(-1.0, -1.0)] * 20)[:20], dtype=torch.float64)

    def run(*arguments):
        given.clear(), pairs.clear(), gave.clear()
        *tensors, chain, repeats = arguments
        own = [probing.watch(name, v.clone()) if v is hidden else v.clone()
               for name, v, hidden in zip(("x", "known", "seen"), tensors, (x, known, seen), strict=True)]
        result = inpaint(step, *own, probing.watch("signals", list(chain)), repeats)
        return probing.tensor(result, "`inpaint`")

    chain = signals.tolist()
    single = run(x, known, seen, chain[1:2], 3)
    single_pairs = taken()
    end = run(x, known, seen, chain, 1)
    once, plain = taken(), torch.stack([torch.where(seen, 0.0, v) for v in given])
    image = run(x_image, known_image, seen_image, chain, 1)
    run(x_image, known_image, seen_image, chain[1:], 2)
    two = taken()
    mask = torch.tensor([True, True, False, False]).expand(many.shape)
    finished = torch.where(mask, run(many, many_known, mask, chain, 3), 0.0)
    three, turns, made = taken(), torch.stack(given), torch.stack(gave)
    probing.attempt(run, many, many_known, mask, chain, 3)  # noise that an earlier call has drawn comes again here
    return dict(single=single, single_pairs=single_pairs, once=once, two=two, three=three, end=end, image=image, plain=plain,
                finished=finished, given=turns, gave=made, later=torch.stack(given) if given else turns)


def reference(step, x, known, seen, signals, repeats):
    """As in the lesson."""
    for signal, following in zip(signals, [*signals[1:], 1.0], strict=True):
        for turn in range(repeats if following < 1 else 1):
            if turn:
                ratio = signal / following
                x = math.sqrt(ratio) * x + math.sqrt(1 - ratio) * torch.randn_like(x)
            x = step(x, signal, following)
            noisy = math.sqrt(following) * known + math.sqrt(1 - following) * torch.randn_like(x)
            x = torch.where(seen, noisy, x)
    return x


def truth(step, x, known, seen, signals, repeats):
    """Over a flat list of turns, with noise from torch.distributions."""
    def normal(mean, variance):
        return torch.distributions.Normal(mean, math.sqrt(variance)).sample() if variance else mean

    turns = [(t, s, k) for t, s in pairwise(signals) for k in range(repeats)] + [(signals[-1], 1.0, 0)]
    for t, s, k in turns:
        x = normal(math.sqrt(t / s) * x, 1 - t / s) if k else x
        x = step(x, t, s).clone()
        x[seen] = normal(math.sqrt(s) * known, 1 - s)[seen]
    return x


def _turns(inputs):
    """For each call of `step` but the first: (index, signal where it starts, signal of the step before, is it a repeat?)."""
    first, second, third = inputs["signals"].tolist()
    plan = [(first, second)] * 3 + [(second, third)] * 3 + [(third, 1.0)]
    return [(i, plan[i][0], plan[i - 1][1], plan[i] == plan[i - 1]) for i in range(1, len(plan))]


def _miscounted(got, expected):
    return got["given"].shape != expected["given"].shape, f"{len(got['given'])} steps", f"{len(expected['given'])} steps"


def _line(values, over):
    """Slope of the values over others, and the spread of what is left: in which amounts they were mixed."""
    values, over = values.flatten(), over.flatten()
    slope = (values * over).mean() / over.square().mean()
    return torch.stack([slope, (values - slope * over).std()])


def ends(inputs, got, expected, n):
    """The seen part of what comes back is `known`, the rest is what the last step made."""
    masks = {"single": "seen", "end": "seen", "image": "seen_image"}
    hidden = ~inputs["seen"]
    if got["end"].shape == hidden.shape and (got["end"][hidden].double() == inputs["known"][hidden]).any():
        return False, "`known` in a place that is not seen", "what the last step made"
    for name in ("single", "end", "image", "finished"):
        if got[name].shape != expected[name].shape:
            return False, f"shape {tuple(got[name].shape)}", f"shape {tuple(expected[name].shape)}"
        mask = inputs[masks[name]] if name in masks else torch.ones_like(expected[name], dtype=torch.bool)
        if not torch.allclose(got[name][mask].double(), expected[name][mask].double(), atol=1e-5):
            return False, "a seen part that is not `known`", "`known`"
    found, right = (torch.cat([v[name].double().flatten() for name in masks]) for v in (got, expected))
    return bool(torch.allclose(found, right, atol=1e-5)), found, right


def counted(inputs, got, expected, n):
    """Which steps were taken, with one turn, two and three, and from a chain of one time."""
    names = ("once", "two", "three", "single_pairs")
    found, right = ([int((v[name][:, 0] >= 0).sum()) for name in names] for v in (got, expected))
    if found != right:
        return False, f"{found[2]} steps for three times and three turns", f"{right[2]} steps"
    found, right = (torch.cat([v[name].double() for name in names]) for v in (got, expected))
    return bool(torch.allclose(found, right)), found, right


def kept(inputs, got, expected, n):
    """Where no step is taken again, the unseen part is what the step before made; with one turn everywhere."""
    if (odd := _miscounted(got, expected))[0]:
        return False, *odd[1:]
    before = torch.cat([inputs["many"][None], got["gave"].double()])[:, :, 2:]
    gaps = [(got["given"][i].double()[:, 2:] - before[i]).abs().max() for i in (0, *(i for i, *_, a in _turns(inputs) if not a))]
    if max(gaps) > 1e-6:
        return False, "changed between one time and the next", "as it was"
    plain, right = got["plain"].double(), expected["plain"].double()
    return plain.shape == right.shape and bool(torch.allclose(plain, right)), plain, right


def seen_law(inputs, got, expected, n):
    """The seen part of what `step` gets is N(√ᾱ known, 1 - ᾱ) at its time, freshly drawn."""
    if (odd := _miscounted(got, expected))[0]:
        return False, *odd[1:]
    given, known = got["given"].double()[:, :, :2], inputs["many_known"][:, :2]
    if torch.equal(got["given"][1:, :, :2], got["later"][1:, :, :2]):
        return False, "the same noise at every call", "independent N(0, 1) numbers"
    turns = [(i, t) for i, t, *_ in _turns(inputs)]
    calls = torch.stack([(given[i] - math.sqrt(t) * known) / math.sqrt(1 - t) for i, t in turns])
    ok, seen, wanted = laws.independence(calls, P)
    if ok and not laws.has_tails(calls):
        return False, "no large numbers", "independent N(0, 1) numbers"
    limit = laws.correlation_limit(calls[0].numel(), 1e-6 / len(calls))
    if ok and any(abs(laws.correlation(a.flatten(), b.flatten())) > limit for a, b in pairwise(calls)):
        return False, "noise that an earlier turn has used", "independent N(0, 1) numbers"
    found = torch.stack([_line(given[i], known) for i, _ in turns])
    right = torch.tensor([[math.sqrt(t), math.sqrt(1 - t)] for _, t in turns], dtype=torch.float64)
    if not ok and (found - right).abs().max() > 0.08:
        return False, found, right
    return ok, seen, wanted


def again_law(inputs, got, expected, n):
    """A step that is taken again starts from the unseen part √(ᾱ_t/ᾱ_s) x_s with fresh noise of what is missing."""
    if (odd := _miscounted(got, expected))[0]:
        return False, *odd[1:]
    given, gave = got["given"].double()[:, :, 2:], got["gave"].double()[:, :, 2:]
    turns = [(i, t / s) for i, t, s, again in _turns(inputs) if again]
    if all(torch.equal(given[i], given[i - 1]) for i, _ in turns):
        return False, "the x of the turn before", "x_s with noise"
    calls = torch.stack([(given[i] - math.sqrt(r) * gave[i - 1]) / math.sqrt(1 - r) for i, r in turns])
    ok, seen, wanted = laws.independence(calls, P)
    found = torch.stack([_line(given[i], gave[i - 1]) for i, _ in turns])
    right = torch.tensor([[math.sqrt(r), math.sqrt(1 - r)] for _, r in turns], dtype=torch.float64)
    if not ok and (found - right).abs().max() > 0.08:
        return False, found, right
    return ok, seen, wanted


exercise = Exercise(
    id="sampling-inpaint", defines="inpaint(step, x, known, seen, signals, repeats)", core=True, points=5, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.samplers.repaint"],
    comparisons=[
        Compare("single", "end", "image", "finished", test=ends, points=1.5, what="`inpaint`",
                says="In the end the seen part is that of `known`, and the rest is what the last step made."),
        Compare("once", "two", "three", "single_pairs", points=1, test=counted, what="the steps taken (signal, next signal)",
                says="Each step is taken `repeats` times, but the last one, to signal 1, once."),
        Compare("plain", "given", "gave", points=0.5, test=kept, what="the unseen part of what `step` gets",
                says="The unseen part goes from one time's step to the next as it is."),
        Compare("given", "gave", points=1, test=again_law, false_refusal=P, resolution=0.08,
                what="the unseen part of a step that is taken again: its share of x_s and its noise",
                says="Before a step is taken again, the unseen part is brought back to its time by fresh noise."),
        Compare("given", "later", points=1, test=seen_law, false_refusal=P + 2e-6, resolution=0.2,
                what="the seen part of what `step` gets: its share of `known` and its noise, at each time",
                says="Between steps the seen part is `known` with fresh noise of that time."),
    ],
    hints=[
        "The model makes the whole image. Whatever it says of the seen part is thrown away, and replaced by what is known, at "
        "the noise of that time. To take a step again, first go back to where it began.",
        "Seen: √ᾱ_s known + √(1 - ᾱ_s) z. Back from s to t: x_t = √(ᾱ_t/ᾱ_s) x_s + √(1 - ᾱ_t/ᾱ_s) z', for all of x.",
        "for turn in range(repeats if following < 1 else 1): if turn: x = math.sqrt(r) * x + math.sqrt(1 - r) * "
        "torch.randn_like(x), r = signal / following; x = step(x, signal, following); x = torch.where(seen, noisy, x)",
    ],
    afterwards="The same loop completes sound, fills in a map or mends a photograph: the model only has to know whole ones.",
)
