"""flowmatch-loss: the loss of flow matching, for given noise and times.

    x_t = (1 - t) x_0 + t x_1,   loss = mean of (v(x_t, t) - (x_1 - x_0))²,   x_0 noise, x_1 data

(Lipman et al. 2022, arXiv:2210.02747; Liu et al. 2022, arXiv:2209.03003; no σ_min). Fixed: t = 1 is data, the network is
asked once for the whole batch, with x_t and with t as it came, (B,); a mean over all values. Free: how it is computed.
"""

from functools import partial

import torch

from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Points and small images, their numbers all different; times with both ends among them."""
    B = 5
    return {"x": 1 + draws.normal((B, 2), rng=rng), "noise": draws.normal((B, 2), rng=rng),
            "t": draws.placed(0.1 + 0.8 * rand((B,), like=torch.zeros(1).double(), rng=rng), (0.0, 1.0), rng=rng),
            "image": draws.normal((3, 1, 4, 2), rng=rng), "image_noise": draws.normal((3, 1, 4, 2), rng=rng),
            "weight": 0.5 + rand((3,), like=torch.zeros(1).double(), rng=rng)}


def probe(flow_matching_loss, x, noise, t, image, image_noise, weight):
    """What the network was asked, the loss and its slope in the network; images; one row; a network that says 0."""
    w, asked = probing.leaf(weight), []

    def network(z, time):
        asked.append((z.detach().clone(), time.detach().clone()))
        column = time.reshape(-1, *[1] * (z.ndim - 1))
        return w[0] * torch.sin(z) + w[1] * column * z + w[2] * column

    def run(network, *given):
        return probing.tensor(flow_matching_loss(network, *given), "`flow_matching_loss`")

    loss = run(network, x, noise, t)
    place, time = asked[0] if asked else (torch.zeros(()), torch.zeros(()))
    slope, calls = probing.vjp(loss, [w])[0], float(len(asked))
    run(network, x, noise, t)
    place_again = asked[-1][0]
    images = probing.attempt(run, network, image, image_noise, t[:3])
    image_place = asked[-1][0]
    silent, silent_again = (run(lambda z, time: 0 * z, x, noise, t) for _ in range(2))
    far = probing.attempt(run, network, 300 * x, noise, t)
    return dict(calls=calls, far=far.detach() if isinstance(far, torch.Tensor) else far, place=place, place_again=place_again, time=time, loss=loss.detach(), slope=slope, images=images,
                image_place=image_place, one=run(network, x[1:2], noise[1:2], t[1:2]), silent=silent, silent_again=silent_again)


def reference(network, x, noise, t):
    """As it stands in the lesson."""
    time = t.view(-1, *[1] * (x.ndim - 1))
    return (network((1 - time) * noise + time * x, t) - (x - noise)).square().mean()


def truth(network, x, noise, t):
    """Row by row from the noise along the velocity; then all squares in one list."""
    velocity = torch.stack([a - b for a, b in zip(x, noise, strict=True)])
    place = torch.stack([b + float(s) * v for b, s, v in zip(noise, t, velocity, strict=True)])
    answer = network(place, t)
    return sum((a - b) ** 2 for a, b in zip(answer.flatten(), velocity.flatten(), strict=True)) / velocity.numel()


def steady(name, inputs, got, expected, n):
    """The right value, and the same one at the next call: no chance of its own."""
    if not torch.equal(got[name], got[f"{name}_again"]):
        return False, "another value at the next call", "the same one"
    same = torch.isclose(got[name].double(), expected[name].double(), rtol=1e-4, atol=1e-5)
    worst = int((got[name].double() - expected[name].double()).abs().flatten().argmax())
    return bool(same.all()), got[name].flatten()[worst].item(), expected[name].flatten()[worst].item()


exercise = Exercise(
    id="flowmatch-loss", defines="flow_matching_loss(network, x, noise, t)", core=True, points=4, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.flow_matching.FlowMatching"],
    comparisons=[
        Compare("place", "place_again", shape="(B, ...)", points=0.75, test=partial(steady, "place"), 
                what="the x_t at which your network is asked",
                says="The network is asked at the point that each pair has reached at its time."),
        Compare("time", "calls", points=0.5, what={"time": "the t that your network gets", "calls": "how often your network is asked"},
                says="The network is asked once, and gets the times as they came."),
        Compare("silent", "silent_again", shape="()", points=0.75, test=partial(steady, "silent"),
                what="`flow_matching_loss` of a network that always answers 0",
                says="What the network should have answered is the velocity of each pair; the loss is the mean of all squares."),
        Compare("loss", "one", "far", shape="()", points=0.75,
                what={"far": "`flow_matching_loss` of data far away", "loss": "`flow_matching_loss`", "one": "`flow_matching_loss`"},
                says="The loss: the mean of all squared differences between the network's answer and the velocity."),
        Compare("slope", points=0.5, tolerance=1e-4, what="the slope of the loss in the network's weights",
                says="The gradient reaches the network."),
        Compare("images", "image_place", points=0.75, what={"images": "`flow_matching_loss` of images",
                                                            "image_place": "the x_t of images"},
                says="Images (B, C, H, W): each row has its own time, the same for all of its pixels."),
    ],
    hints=[
        "Each pair walks from its noise to its data in a straight line, at constant speed, in one unit of time. Where is it "
        "at time t, and how fast is it?",
        "A t of shape (B,) must meet x of shape (B, ...): view it as (B, 1, …, 1). The network gets the (B,) one.",
        "time = t.view(-1, *[1] * (x.ndim - 1)); x_t = (1 - time) * noise + time * x; "
        "((network(x_t, t) - (x - noise)) ** 2).mean().",
    ],
    afterwards="Nothing here says where the noise comes from: any pairing of two clouds would do, and reflow will use another.",
)
