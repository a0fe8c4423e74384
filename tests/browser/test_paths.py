"""Paths along a velocity field, in a browser without a kernel: moved, and compared with PyTorch."""

import json

import pytest
import torch

from genlab.display import kernel_velocity, network_velocity, paths_explorer
from genlab.layers import TimeMLP
from genlab.models.flow_matching import solve
from tests.browser.lab import PICTURES
from tests.browser.pages import show

POINTS = torch.tensor([[-1.0, 0.5], [0.3, 1.2], [2.0, -0.7]], dtype=torch.float64)
STARTS = [(-1.2, 0.9), (0.4, 1.4)]
MOVED = ["points", "spread", "sizes", "weights", "time", "steps", "method", "starts"]


@pytest.fixture
def exact(page):
    show(page, "paths.js", paths_explorer(POINTS, starts=STARTS, steps=3).widget, MOVED)
    return page


def state(page):
    return json.loads(page.locator(".genlab-paths").get_attribute("data-paths"))


def ends(page):
    return torch.tensor(state(page)["ends"]).double().view(-1, 2)


def test_its_paths_are_those_of_python(exact):
    for steps in (3, 1, 50):
        for method in ("euler", "heun"):
            exact.evaluate("([s, m]) => { model.set('steps', s); model.set('method', m); }", [steps, method])
            x = torch.tensor(exact.evaluate("model.get('starts')")).double().view(-1, 2)
            ours = solve(lambda x, t: kernel_velocity(POINTS, 0.12, t, x), x, steps, method=method)
            torch.testing.assert_close(ends(exact), ours, rtol=1e-5, atol=1e-5)


def test_a_network_runs_in_the_browser(page):
    torch.manual_seed(1)
    network = TimeMLP(2, 16)
    with torch.no_grad():
        network.net[-1].weight.mul_(4)
    show(page, "paths.js", paths_explorer(network, data=POINTS, starts=STARTS, steps=10).widget, MOVED)
    for method in ("euler", "heun"):
        page.evaluate("m => model.set('method', m)", method)
        ours = solve(network_velocity(network), torch.tensor(STARTS), 10, method=method)
        torch.testing.assert_close(ends(page).float(), ours, rtol=5e-3, atol=5e-3)  # weights are halves


def test_sliders_move_the_cloud_and_cut_the_steps(exact):
    before = state(exact)
    exact.screenshot(path=str(PICTURES / "paths.png"))
    exact.get_by_role("slider", name="time").focus()
    exact.keyboard.press("Home")
    assert state(exact)["time"] == 0 and state(exact)["now"] != before["now"] and state(exact)["ends"] == before["ends"]
    exact.get_by_role("slider", name="number of steps").focus()
    exact.keyboard.press("Home")
    one = state(exact)
    assert one["steps"] == 1 and one["missed"] > 0.5
    torch.testing.assert_close(ends(exact), POINTS.mean(0).expand(2, 2), rtol=1e-6, atol=1e-6)
    exact.keyboard.press("End")
    assert state(exact)["steps"] == 50 and state(exact)["missed"] < one["missed"]
    exact.get_by_role("checkbox", name="Heun").check()
    assert exact.evaluate("model.get('method')") == "heun"


def test_starts_are_moved_by_pointer_and_keys(exact):
    box = exact.get_by_role("application").bounding_box()
    spot = [box["x"] + box["width"] * (-1.2 / 3.2 + 1) / 2, box["y"] + box["height"] * (1 - 0.9 / 3.2) / 2]
    exact.mouse.move(*spot)
    exact.mouse.down()
    exact.mouse.move(spot[0], spot[1] + box["height"] / 4, steps=4)
    exact.mouse.up()
    x = exact.evaluate("model.get('starts')")
    assert x[0] == pytest.approx(-1.2, abs=0.05) and x[1] == pytest.approx(0.9 - 1.6, abs=0.05) and x[2:] == [0.4, 1.4]
    exact.keyboard.press(" ")
    exact.keyboard.press("ArrowRight")
    assert exact.evaluate("model.get('starts')")[2] == pytest.approx(0.5)


def test_run_takes_the_time_from_noise_to_data(exact):
    exact.evaluate("model.set('time', 0.3)")
    exact.get_by_role("button", name="Run").click()
    exact.wait_for_function("model.get('time') === 1")
