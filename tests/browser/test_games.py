"""The games of lesson 20 in a browser without a kernel: played by buttons, keys and pointer, compared with PyTorch."""

import json

import pytest
import torch
import torch.nn.functional as F

from genlab.data import plane
from genlab.display import line_best, line_game, line_rounds, line_terms, ring_game
from genlab.display.games import HIDDEN, ring_networks
from tests.browser.lab import PICTURES
from tests.browser.pages import show

DATA, START = (1.5, 0.6), (-1.5, 0.8)


@pytest.fixture
def line(page):
    made = line_game(DATA, g=START, rates=(1.0, 0.5))
    show(page, "line.js", made.widget, ["data", "g", "d", "rates", "saturating"])
    return page


def on_the_line(page):
    return json.loads(page.locator(".genlab-line").get_attribute("data-game"))


def press(page, name):
    page.get_by_role("button", name=name).click()


@pytest.mark.parametrize("saturating", [False, True])
def test_losses_and_slopes_are_pythons(line, saturating):
    for g, d in ((START, (0, 0, 0)), ((0.5, 0.2), (1, -3, 0.7)), ((4.0, 3.0), (-60, 80, 20))):
        values = {"g": list(g), "d": list(d), "saturating": int(saturating)}
        line.evaluate("v => { for (const name in v) model.set(name, v[name]); }", values)
        found, wanted = on_the_line(line), line_terms(DATA, g, d, saturating=saturating)
        assert [found["dLoss"], found["gLoss"]] == pytest.approx([wanted.d_loss, wanted.g_loss], abs=1e-6)
        assert found["dSlope"] == pytest.approx(wanted.d_slope, abs=1e-6)
        assert found["gSlope"] == pytest.approx(wanted.g_slope, abs=1e-6)


def test_each_button_moves_its_own_player(line):
    line.screenshot(path=str(PICTURES / "line.png"))
    before, curve = on_the_line(line), line.locator(".discriminator").get_attribute("points")
    press(line, "D: one step")
    after = on_the_line(line)
    assert after["g"] == before["g"] and after["dLoss"] < before["dLoss"]
    assert line.locator(".discriminator").get_attribute("points") != curve
    bump = line.locator(".made").get_attribute("points")
    press(line, "G: one step")
    later = on_the_line(line)
    assert later["d"] == after["d"] and later["g"][0] > before["g"][0]
    assert line.locator(".made").get_attribute("points") != bump


def test_ten_rounds_are_pythons(line):
    press(line, "Ten rounds")
    path = line_rounds(DATA, START, (0, 0, 0), rates=(1.0, 0.5), rounds=10)
    assert on_the_line(line)["g"] == pytest.approx(path[-1].tolist(), abs=1e-5)
    press(line, "Start again")
    assert on_the_line(line)["g"] == list(START)


def test_against_the_best_d_only_the_non_saturating_generator_moves(line):
    press(line, "D to its best")
    found = on_the_line(line)
    assert found["d"] == pytest.approx(line_best(DATA, START))
    assert found["dSlope"] == pytest.approx([0, 0, 0], abs=1e-9)
    line.screenshot(path=str(PICTURES / "line_best.png"))
    line.get_by_role("checkbox").check()
    saturated = on_the_line(line)
    assert abs(saturated["gSlope"][0]) < 0.1 * abs(found["gSlope"][0])


def test_the_generator_is_dragged_and_rates_are_set(line):
    box = line.locator("svg").first.bounding_box()
    line.mouse.move(box["x"] + 400, box["y"] + 100)
    line.mouse.down()
    line.mouse.move(box["x"] + 460, box["y"] + 100, steps=3)
    line.mouse.up()
    assert on_the_line(line)["g"][0] == pytest.approx(2.0, abs=0.05)
    line.get_by_role("slider", name="Middle of the generator").focus()
    line.keyboard.press("ArrowLeft")
    assert on_the_line(line)["g"][0] == pytest.approx(1.9, abs=0.05)
    line.get_by_label("D's learning rate").focus()
    line.keyboard.press("End")
    assert line.evaluate("model.get('rates')") == pytest.approx([10**1.3, 0.5], rel=1e-3)


@pytest.fixture
def ring(page):
    made = ring_game(seed=3, rates=(2e-3, 2e-3), gamma=0.1)
    show(page, "ring.js", made.widget, ["modes", "sigma", "hidden", "weights", "seed", "rates", "gamma"])
    return page


def on_the_ring(page):
    return json.loads(page.locator(".genlab-ring").get_attribute("data-ring"))


def test_the_surface_is_pytorchs(ring):
    _, discriminator = ring_networks(3)
    side = (2 * torch.arange(64) + 1 - 64) * 3 / 64
    at = torch.stack([side.repeat(64), -side.repeat_interleave(64)], 1)
    wanted = discriminator(at).sigmoid().flatten()[::97].tolist()
    assert on_the_ring(ring)["surface"] == pytest.approx(wanted, abs=1e-5)


def flat(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()]).tolist()


@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_three_rounds_are_pytorchs(ring, gamma):
    """Adam, both losses, and the penalty's gradient, which the browser takes by hand."""
    generator, discriminator = ring_networks(5)
    rng = torch.Generator().manual_seed(0)
    batches = [(plane.RING.sample(16, rng=rng), torch.randn(16, 2, generator=rng), torch.randn(16, 2, generator=rng))
               for _ in range(3)]
    found = ring.evaluate(
        """([g, d, hidden, gamma, batches]) => {
          const G = module.network([2, hidden, hidden, 2], g), D = module.network([2, hidden, hidden, 1], d);
          const losses = [];
          batches.forEach(([x, a, b], i) => {
            const made = a.map((z) => module.forward(G, z)[G.length]);
            losses.push(module.stepD(D, x, made, 0.01, gamma, i + 1), module.stepG(G, D, b, 0.02, i + 1));
          });
          return { losses, g: G.flatMap(({ w, b }) => [...w, ...b]), d: D.flatMap(({ w, b }) => [...w, ...b]) };
        }""", [flat(generator), flat(discriminator), HIDDEN, gamma,
               [[part.tolist() for part in batch] for batch in batches]])
    generator, discriminator, losses = generator.double(), discriminator.double(), []
    players = [torch.optim.Adam(net.parameters(), rate, betas=(0.5, 0.99))
               for net, rate in ((generator, 0.02), (discriminator, 0.01))]
    for batch in batches:
        x, a, b = (part.double() for part in batch)
        x, made = x.requires_grad_(), generator(a).detach().requires_grad_()
        real, fake = discriminator(x), discriminator(made)
        loss = F.softplus(-real).mean() + F.softplus(fake).mean()
        losses.append(loss.item())
        for out, at in ((real, x), (fake, made)):
            slope, = torch.autograd.grad(out.sum(), at, create_graph=True)
            loss = loss + gamma / 2 * slope.square().sum(1).mean()
        players[1].zero_grad()
        loss.backward()
        players[1].step()
        loss = F.softplus(-discriminator(generator(b))).mean()
        losses.append(loss.item())
        players[0].zero_grad()
        loss.backward()
        players[0].step()
    assert found["losses"] == pytest.approx(losses, abs=1e-6)
    assert found["g"] == pytest.approx(flat(generator), abs=1e-5)
    assert found["d"] == pytest.approx(flat(discriminator), abs=1e-5)


def test_buttons_step_play_and_begin_again(ring):
    ring.screenshot(path=str(PICTURES / "ring_start.png"))
    first = on_the_ring(ring)
    press(ring, "D: one step")
    second = on_the_ring(ring)
    assert second["steps"] == [1, 0] and second["points"] == first["points"] and second["surface"] != first["surface"]
    press(ring, "G: one step")
    third = on_the_ring(ring)
    assert third["steps"] == [1, 1] and third["points"] != second["points"] and third["surface"] == second["surface"]
    press(ring, "Play")
    many = "JSON.parse(document.querySelector('.genlab-ring').dataset.ring).steps[0] > 300"
    ring.wait_for_function(many, timeout=60_000)
    press(ring, "Pause")
    steps = on_the_ring(ring)["steps"]
    ring.wait_for_timeout(200)
    assert on_the_ring(ring)["steps"] == steps and on_the_ring(ring)["on"] > first["on"]
    ring.screenshot(path=str(PICTURES / "ring_played.png"))
    press(ring, "Start again")
    assert on_the_ring(ring)["steps"] == [0, 0]


def test_sliders_set_rates_and_weight(ring):
    ring.get_by_label("G's learning rate").focus()
    ring.keyboard.press("Home")
    assert ring.evaluate("model.get('rates')") == pytest.approx([2e-3, 1e-4])
    ring.get_by_label("γ, weight on D's slopes").focus()
    ring.keyboard.press("Home")
    assert ring.evaluate("model.get('gamma')") == 0
