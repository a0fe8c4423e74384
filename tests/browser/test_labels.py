"""The widgets of lesson 50 in a browser without a kernel: played and turned, compared with PyTorch."""

import json

import pytest
import torch
import torch.nn.functional as F

from genlab.display import label_dial, label_game
from genlab.display.labels import KINDS
from genlab.layers import mlp
from tests.browser.lab import PICTURES
from tests.browser.pages import show

HIDDEN, CLASSES = 8, 4


def flat(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()]).tolist()


@pytest.fixture
def game(page):
    made = label_game("blind", seed=3)
    show(page, "labels.js", made.widget, ["modes", "sigma", "hidden", "classes", "seed", "kind", "label"])
    return page


def state(page):
    return json.loads(page.locator(".genlab-labels").get_attribute("data-labels"))


def press(page, name):
    page.get_by_role("button", name=name).click()


def leaky(*sizes):
    return mlp(*sizes, activation=lambda: torch.nn.LeakyReLU(0.2))


def said(kind, d, x, hot):
    """Logit and cross-entropy of the class, by PyTorch."""
    out = d(torch.cat([x, hot], 1) if kind == "concat" else x)
    logit = out[:, 0] + ((out[:, 1:] * hot).sum(1) if kind == "projection" else 0)
    nats = -(hot * out[:, 1:].log_softmax(1)).sum(1).mean() if kind == "auxiliary" else 0
    return logit, nats


@pytest.mark.parametrize("kind", KINDS)
def test_three_rounds_are_pytorchs(game, kind):
    torch.manual_seed(0)
    sizes = (2 + CLASSES, HIDDEN, HIDDEN, 1) if kind == "concat" else (2, HIDDEN, HIDDEN, 1 + CLASSES)
    g, d = leaky(2 + CLASSES, HIDDEN, HIDDEN, 2), leaky(*sizes)
    if kind == "projection":
        with torch.no_grad():
            d[-1].bias[1:] = 0
    hot = F.one_hot(torch.arange(12) % CLASSES, CLASSES).float()
    rounds = [(2 * torch.randn(12, 2), torch.randn(12, 2), torch.randn(12, 2)) for _ in range(3)]
    found = game.evaluate(
        """([kind, g, d, hidden, classes, hot, rounds]) => {
          const flat = (net) => net.flatMap(({ w, b }) => [...w, ...b]);
          const G = module.network([2 + classes, hidden, hidden, 2], g);
          const D = module.prepared(module.network(module.sizesOf(kind, hidden, classes), d), kind), losses = [];
          rounds.forEach(([x, a, b], i) => {
            const made = a.map((z, k) => [module.forward(G, [...z, ...hot[k]])[G.length], hot[k]]);
            losses.push(module.learnD(D, kind, x.map((p, k) => [p, hot[k]]), made, 0.01, i + 1));
            losses.push(module.learnG(G, D, kind, b.map((z, k) => [z, hot[k]]), 0.02, i + 1));
          });
          return { losses, g: flat(G), d: flat(D) };
        }""", [kind, flat(g), flat(d), HIDDEN, CLASSES, hot.tolist(),
               [[part.tolist() for part in one] for one in rounds]])
    g, d, hot, losses = g.double(), d.double(), hot.double(), []
    players = [torch.optim.Adam(net.parameters(), rate, betas=(0.0, 0.99)) for net, rate in ((g, 0.02), (d, 0.01))]
    for one in rounds:
        x, a, b = (part.double() for part in one)
        (real, first), (fake, second) = said(kind, d, x, hot), said(kind, d, g(torch.cat([a, hot], 1)).detach(), hot)
        loss = F.softplus(-real).mean() + F.softplus(fake).mean() + first + second
        players[1].zero_grad()
        loss.backward()
        if kind == "projection":
            d[-1].bias.grad[1:] = 0
        players[1].step()
        losses.append(loss.item())
        fake, named = said(kind, d, g(torch.cat([b, hot], 1)), hot)
        loss = F.softplus(-fake).mean() + named
        players[0].zero_grad()
        loss.backward()
        players[0].step()
        losses.append(loss.item())
    assert found["losses"] == pytest.approx(losses, abs=1e-5)
    assert found["g"] == pytest.approx(flat(g), abs=1e-4)
    assert found["d"] == pytest.approx(flat(d), abs=1e-4)


def test_rounds_kinds_and_the_slider(game):
    first = state(game)
    press(game, "Ten rounds")
    later = state(game)
    assert later["steps"] == 10 and later["points"] != first["points"]
    game.get_by_role("slider", name="Label").focus()
    game.keyboard.press("End")
    assert game.evaluate("model.get('label')") == CLASSES - 1
    assert state(game)["surface"] == later["surface"]  # a blind D has one surface for all labels
    game.get_by_label("label projected").check()
    assert state(game)["kind"] == "projection" and state(game)["steps"] == 0
    press(game, "Ten rounds")
    at_end = state(game)
    game.get_by_role("slider", name="Label").focus()
    game.keyboard.press("Home")
    game.keyboard.press("ArrowRight")
    assert game.evaluate("model.get('label')") == pytest.approx(0.05)
    assert state(game)["surface"] != at_end["surface"] and state(game)["points"] != at_end["points"]
    press(game, "Start again")
    assert state(game)["steps"] == 0


def test_only_a_d_that_sees_labels_makes_g_listen(game):
    for label, listens in (("never sees the label", False), ("label projected", True)):
        game.get_by_label(label).check()
        press(game, "Play")
        many = "JSON.parse(document.querySelector('.genlab-labels').dataset.labels).steps > 600"
        game.wait_for_function(many, timeout=120_000)
        press(game, "Pause")
        found = state(game)
        game.screenshot(path=str(PICTURES / f"labels_{found['kind']}.png"))
        assert (found["right"] > 0.5) is listens, found


@pytest.fixture
def dial(page):
    def images(z, weights):
        level = (weights @ torch.linspace(0, 0.9, 10))[:, None] + 0.05 * z[:, :1].sigmoid()
        return level.expand(-1, 784)

    made = label_dial({"one": images, "other": lambda z, w: 1 - images(z, w)}, torch.randn(3, 2), stops=4)
    show(page, "dial.js", made.widget, ["frames", "names", "classes", "stops", "codes", "place", "code"])
    return page


def turned(page):
    return json.loads(page.locator(".genlab-dial").get_attribute("data-dial"))


def test_the_wheel_turns_by_keys_and_pointer(dial):
    assert turned(dial)["text"].endswith("a 0")
    wheel = dial.get_by_role("slider", name="Label")
    wheel.focus()
    dial.keyboard.press("ArrowRight")
    one = turned(dial)
    assert one["place"] == 1 and "75 % of a 0, 25 % of a 1" in one["text"]
    dial.keyboard.press("PageUp")
    two = turned(dial)
    assert two["place"] == 5 and two["ink"][0] > one["ink"][0] and two["ink"][1] < one["ink"][1]
    dial.keyboard.press("ArrowLeft")
    box = wheel.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    dial.mouse.move(middle[0] + 50, middle[1])
    dial.mouse.down()
    assert turned(dial)["place"] == 10  # a quarter of forty
    dial.mouse.move(middle[0], middle[1] + 50, steps=3)
    dial.mouse.up()
    assert turned(dial)["place"] == 20 and turned(dial)["text"].endswith("a 5")
    before = turned(dial)
    dial.get_by_role("button", name="Another z").click()
    assert turned(dial)["code"] == 1 and turned(dial)["ink"] != before["ink"]
    dial.screenshot(path=str(PICTURES / "dial.png"))
