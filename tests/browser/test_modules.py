"""ES modules in a browser without a kernel, as on a static page: moved, and compared with PyTorch."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from genlab.display import (
    attention_explorer,
    attention_maps,
    bound_explorer,
    bound_terms,
    code_plane,
    energy_painter,
    flow_grid,
    mask_explorer,
    next_letter,
    paint_explorer,
    paint_plane,
    raster_film,
    sampling_explorer,
    seen_pixels,
)
from genlab.metrics.text import next_by_counting
from genlab.models import PixelCNN
from genlab.models.flow import RealNVP
from genlab.models.transformer import GPT, restrict
from genlab.models.vae import VAE
from tests.browser.lab import PICTURES
from tests.browser.pages import show

ROOT = Path(__file__).resolve().parents[2]
NOISE = 0.45


def curve(z):
    return torch.stack([z, 1.4 * torch.sin(1.9 * z)], 1)


@pytest.fixture
def bound(page):
    made = bound_explorer(curve, x=(0.3, -0.9), q=(0.8, 0.5), noise=NOISE)
    show(page, "bound.js", made.widget, ["z", "fx", "fy", "noise", "span", "x", "q"])
    return page


def shown(page):
    return json.loads(page.locator(".genlab-bound").get_attribute("data-terms"))


def same_as_python(page):
    terms = bound_terms(curve, page.evaluate("model.get('x')"), page.evaluate("model.get('q')"), NOISE)
    for name, value in terms._asdict().items():
        assert shown(page)[name] == pytest.approx(value, abs=1e-4), name


def test_the_bound_is_what_python_computes_wherever_the_bell_stands(bound):
    same_as_python(bound)
    for q in ((-1.5, 0.1), (0, 1), (2.5, 1.4), (0.2, 0.05)):
        bound.evaluate("q => model.set('q', q)", list(q))
        same_as_python(bound)


def test_the_bell_follows_pointer_and_keys_and_log_p_stays(bound):
    before = shown(bound)
    bound.screenshot(path=str(PICTURES / "bound.png"))
    axis = bound.locator("svg").nth(1)
    box = axis.bounding_box()
    bound.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 130)
    bound.mouse.down()
    bound.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 100, steps=4)
    bound.mouse.up()
    after = shown(bound)
    assert bound.evaluate("model.get('q')[0]") == pytest.approx(-0.7, abs=0.05)
    assert after["logp"] == before["logp"] and after["elbo"] != before["elbo"]
    width = bound.evaluate("model.get('q')[1]")
    bound.get_by_role("slider", name="Width of the bell").focus()
    bound.keyboard.press("ArrowRight")
    assert bound.evaluate("model.get('q')[1]") == pytest.approx(width + 0.03)
    bound.get_by_role("slider", name="Mean of the bell").focus()
    bound.keyboard.press("ArrowLeft")
    assert bound.evaluate("model.get('q')[0]") < -0.7
    same_as_python(bound)


def test_the_point_is_moved_and_log_p_with_it(bound):
    before = shown(bound)["logp"]
    bound.get_by_role("slider", name="The observation").focus()
    bound.keyboard.press("ArrowUp")
    assert shown(bound)["logp"] != before
    same_as_python(bound)


def test_the_best_bell_is_found(bound):
    bound.get_by_role("button", name="Best bell").click()
    found = shown(bound)["gap"]
    grid = [bound_terms(curve, (0.3, -0.9), (m / 20, s / 40), NOISE).gap
            for m in range(-60, 61, 2) for s in range(2, 60, 2)]
    assert 0 <= found <= min(grid) + 1e-3
    bound.screenshot(path=str(PICTURES / "bound_best.png"))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = VAE(784, 128, 2)
    with torch.no_grad():
        for p in model.decoder.parameters():
            p.mul_(3)  # so that what is decoded differs from place to place
    return model.requires_grad_(False)


@pytest.fixture
def digit():
    image = torch.zeros(1, 1, 28, 28)
    image[..., 4:24, 13:16] = 1
    return image


@pytest.fixture
def codes(page, model, digit):
    made = code_plane(model, digit)
    show(page, "codes.js", made.widget, ["weights", "layers", "examples", "z", "drawn"])
    return page


def image(page, index):
    """What a canvas shows, as grey values in rows, one of each block of equal pixels."""
    grey = page.locator("canvas").nth(index).evaluate(
        "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " return Array.from({length: c.width * c.height}, (_, i) => d[4 * i]); }")
    side = int(len(grey) ** 0.5)
    return torch.tensor(grey).view(side, side)[:: side // 28, :: side // 28]


def test_what_the_browser_decodes_is_what_pytorch_decodes(codes, model):
    for z in ([0.0, 0.0], [-2.5, 1.3], [3.0, -3.0]):
        codes.evaluate("z => model.set('z', z)", z)
        expected = 255 * model.decode(torch.tensor([z])).view(28, 28)
        assert (image(codes, 2) - expected).abs().max() <= 1.01


def test_a_drawn_digit_lands_where_pytorch_says(codes, model):
    before = codes.evaluate("document.querySelectorAll('canvas')[1].toDataURL()")
    pad = codes.locator("canvas").first.bounding_box()
    codes.mouse.move(pad["x"] + 80, pad["y"] + 30)
    codes.mouse.down()
    codes.mouse.move(pad["x"] + 85, pad["y"] + 140, steps=6)
    codes.mouse.up()
    drawn = torch.zeros(784)
    drawn[codes.evaluate("model.get('drawn')")] = 1
    rows = drawn.view(28, 28).any(1).sum()
    assert 18 <= rows <= 22  # a drawing is brought to the size of the digits
    mu, logvar = model.encode(drawn.view(1, 1, 28, 28))
    found = json.loads(codes.locator(".genlab-codes").get_attribute("data-codes"))
    assert found["mu"] == pytest.approx(mu[0].tolist(), abs=2e-3)
    assert found["std"] == pytest.approx((logvar[0] / 2).exp().tolist(), abs=2e-3)
    assert found["z"] == found["mu"]
    assert codes.evaluate("document.querySelectorAll('canvas')[1].toDataURL()") != before
    codes.screenshot(path=str(PICTURES / "codes.png"))


def test_a_code_is_chosen_by_pointer_and_keys(codes):
    first = image(codes, 2)
    plane = codes.locator("canvas").nth(1)
    box = plane.bounding_box()
    codes.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    assert codes.evaluate("model.get('z')") == pytest.approx([1.5, 1.5], abs=0.05)
    second = image(codes, 2)
    assert (first - second).abs().max() > 5
    codes.keyboard.press("ArrowLeft")
    assert codes.evaluate("model.get('z')[0]") == pytest.approx(1.4, abs=0.05)


def test_one_draws_by_keys_clears_and_takes_a_real_digit(codes):
    codes.locator("canvas").first.focus()
    codes.keyboard.press("Space")
    for _ in range(6):
        codes.keyboard.press("ArrowDown")
    assert len(codes.evaluate("model.get('drawn')")) > 10
    codes.keyboard.press("Backspace")
    assert codes.evaluate("model.get('drawn')") == []
    codes.get_by_role("button", name="A real digit").click()
    assert len(codes.evaluate("model.get('drawn')")) == 60


@pytest.fixture
def mask(page):
    made = mask_explorer()
    show(page, "mask.js", made.widget, ["size", "pixel", "kernel", "layers", "stacks"])
    return page


def field(page):
    return json.loads(page.locator(".genlab-mask").get_attribute("data-field"))


def test_what_a_pixel_sees_is_what_python_walks_to(mask):
    for kernel, layers, stacks, pixel in [(3, 1, 1, (9, 5)), (3, 6, 1, (12, 0)), (5, 3, 1, (7, 12)), (3, 4, 2, (9, 5)),
                                          (7, 2, 2, (3, 3)), (5, 12, 2, (0, 6))]:
        mask.evaluate("state => Object.entries(state).forEach(([n, v]) => model.set(n, v))",
                      dict(kernel=kernel, layers=layers, stacks=stacks, pixel=list(pixel)))
        seen = torch.tensor(field(mask)["codes"]) == 1
        expected = torch.from_numpy(seen_pixels(13, pixel, kernel=kernel, layers=layers, stacks=stacks)).flatten()
        assert torch.equal(seen, expected)


def test_the_pixel_and_the_layers_are_moved_and_two_stacks_leave_no_blind_spot(mask):
    mask.screenshot(path=str(PICTURES / "mask.png"))
    before = field(mask)
    grid = mask.get_by_role("application").bounding_box()
    mask.mouse.move(grid["x"] + grid["width"] * 0.4, grid["y"] + grid["height"] * 0.7)
    mask.mouse.down()
    mask.mouse.move(grid["x"] + grid["width"] * 0.3, grid["y"] + grid["height"] * 0.8, steps=3)
    mask.mouse.up()
    assert field(mask)["pixel"] == [10, 3] != before["pixel"]
    mask.keyboard.press("ArrowUp")
    assert field(mask)["pixel"] == [9, 3]
    assert 3 in field(mask)["codes"], "a stack of 3 by 3 masks has a blind spot"
    mask.get_by_role("slider").focus()
    mask.keyboard.press("End")
    assert field(mask)["layers"] == 12 and 3 in field(mask)["codes"]
    mask.get_by_label("Layers are").select_option("2")
    assert 3 not in field(mask)["codes"] and 2 not in field(mask)["codes"]
    mask.screenshot(path=str(PICTURES / "mask_two.png"))


@pytest.fixture(scope="module")
def painter():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = PixelCNN(1, 12, 5, levels=2).eval()
    with torch.no_grad():
        for p in made.parameters():
            p.mul_(1.7)  # so that pixels depend on each other
    return made.requires_grad_(False)


def raster(page, source):
    show(page, "raster.js", raster_film(source, seed=3).widget, ["size", "sizes", "numbers", "seed", "image"])


def film(page):
    return json.loads(page.locator(".genlab-raster").get_attribute("data-film"))


def test_the_browsers_odds_are_those_of_pytorch_whatever_was_picked(page, painter):
    raster(page, painter)
    page.get_by_role("button", name="A row").click()
    page.get_by_role("button", name="Ink").click()
    page.get_by_role("button", name="Paper").click()
    for _ in range(4):
        page.get_by_role("button", name="A row").click()
    canvas = page.locator("canvas").bounding_box()
    cell = canvas["width"] / 28
    page.mouse.click(canvas["x"] + 8.5 * cell, canvas["y"] + 2.5 * cell)  # one that is drawn is turned over
    assert film(page)["count"] == 2 * 28 + 9
    page.get_by_role("button", name="A row").click()
    page.get_by_role("button", name="A row").click()
    drawn = page.evaluate("model.get('image')")
    x = torch.tensor(drawn + [0] * (784 - len(drawn))).view(1, 1, 28, 28)
    odds = painter(x)[0, :, 0].log_softmax(0).flatten(1)
    cost = -odds.gather(0, x.flatten()[None])[0, :len(drawn)].sum()
    assert drawn[28:30] == [1, 0] and len(drawn) == 4 * 28
    assert film(page)["nats"] == pytest.approx(cost.item(), abs=2e-3)
    assert film(page)["ink"] == pytest.approx(odds[1, len(drawn)].exp().item(), abs=1e-4)


def test_a_film_runs_to_its_end_and_begins_again(page, painter):
    raster(page, painter)
    page.get_by_role("button", name="The rest").click()
    page.wait_for_function("JSON.parse(document.querySelector('.genlab-raster').dataset.film).count === 784")
    page.screenshot(path=str(PICTURES / "raster.png"))
    assert 0 < sum(page.evaluate("model.get('image')")) < 784
    page.get_by_role("button", name="New").click()
    assert film(page)["count"] == 0
    page.locator("canvas").focus()
    for key in ("i", "p", " ", "Backspace"):
        page.keyboard.press(key)
    assert page.evaluate("model.get('image')") == [1, 0]


def test_a_table_of_counts_answers_by_context(page):
    table = torch.linspace(0.02, 0.98, 28 * 28 * 16).view(28, 28, 16)
    raster(page, table)
    assert film(page)["ink"] == pytest.approx(table[0, 0, 0].item(), abs=1e-5)
    page.get_by_role("button", name="Ink").click()
    assert film(page)["ink"] == pytest.approx(table[0, 1, 8].item(), abs=1e-5)  # its left neighbour is on
# Language


@pytest.fixture(scope="module")
def gpt():
    torch.manual_seed(0)
    model = GPT(len(LETTERS), 60, dim=16, depth=2, heads=2)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(2)  # so that heads look at some letters more than at others
            p.copy_(p.half().float())  # as the browser gets them
    return model.requires_grad_(False)


LETTERS = " abcdehnt"


def found(page, name, key):
    return json.loads(page.locator(f".genlab-{name}").get_attribute(f"data-{key}"))


@pytest.fixture
def attention(page, gpt):
    made = attention_explorer(gpt, LETTERS, "the bad bed")
    show(page, "attention.js", made.widget, ["weights", "shape", "alphabet", "sentence", "head", "letter"])
    return page


def same_attention(page, gpt):
    sentence = "".join(c for c in page.evaluate("model.get('sentence')") if c in LETTERS)
    layer, head = page.evaluate("model.get('head')")
    shown = found(page, "attention", "found")
    row = attention_maps(gpt, LETTERS, sentence)[layer, head, shown["chosen"], : shown["chosen"] + 1]
    assert shown["row"] == pytest.approx(row.tolist(), abs=1e-4)
    tokens = torch.tensor([[LETTERS.index(c) for c in sentence]])
    p = gpt.next_logits(tokens)[0][0].softmax(-1)
    assert shown["p"] == pytest.approx(p.tolist(), abs=1e-4)


def test_heads_look_where_pytorch_says_whatever_is_typed(attention, gpt):
    same_attention(attention, gpt)
    attention.get_by_label("A sentence").fill("tea and a bat!")  # an unknown letter is passed over
    same_attention(attention, gpt)
    attention.get_by_role("button", name="layer 2, head 1").click()
    assert attention.evaluate("model.get('head')") == [1, 0]
    same_attention(attention, gpt)
    attention.screenshot(path=str(PICTURES / "attention.png"))


def test_a_letter_is_chosen_by_pointer_and_keys(attention, gpt):
    line = attention.get_by_role("group", name="The sentence")
    line.locator("span").nth(3).click()
    assert attention.evaluate("model.get('letter')") == 3
    attention.keyboard.press("ArrowLeft")
    attention.keyboard.press("ArrowLeft")
    assert found(attention, "attention", "found")["chosen"] == 1
    same_attention(attention, gpt)


def test_the_next_letter_is_counted_as_python_counts(page):
    text = "the bad bed and the tea at the end " * 30
    made = next_letter(text, "the b", order=2)
    show(page, "letters.js", made.widget, ["text", "names", "logits", "prompt", "order", "temperature", "topK", "topP"])
    alphabet = sorted(set(text))
    tokens = torch.tensor([alphabet.index(c) for c in text])

    def same(prompt, order):
        context = torch.tensor([alphabet.index(c) for c in prompt], dtype=torch.int64)
        expected = next_by_counting(tokens, context, order, len(alphabet))
        assert found(page, "letters", "p") == pytest.approx(expected.tolist(), abs=1e-9)

    same("the b", 2)
    page.get_by_label("letters it looks at").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("model.get('order')") == 5
    same("the b", 5)
    page.get_by_label("The beginning").fill("and th")
    same("and th", 5)
    page.get_by_role("button", name="Draw a letter").click()
    assert len(page.evaluate("model.get('prompt')")) == 7
    page.get_by_role("button", name="Clear").click()
    same("", 5)
    page.screenshot(path=str(PICTURES / "letters.png"))


def test_sliders_restrict_as_python_does(page):
    logits = torch.randn(9, generator=torch.Generator().manual_seed(0)).double() * 2
    made = sampling_explorer(logits, LETTERS, prompt="the ")
    show(page, "letters.js", made.widget, ["text", "names", "logits", "prompt", "order", "temperature", "topK", "topP"])
    assert found(page, "letters", "p") == pytest.approx(logits.softmax(-1).tolist())
    for values in ({"topP": 0.7}, {"temperature": 0.5}, {"topK": 3, "topP": 1},
                   {"temperature": 2.5, "topK": 6, "topP": 0.8}):
        page.evaluate("v => Object.entries(v).forEach(([name, value]) => model.set(name, value))", values)
        t, k, p = (page.evaluate(f"model.get('{name}')") for name in ("temperature", "topK", "topP"))
        expected = restrict(logits, temperature=t, top_k=k, top_p=p)
        assert found(page, "letters", "p") == pytest.approx(expected.tolist(), abs=1e-9)
    page.get_by_label("top-k").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("model.get('topK')") == 8  # the slider stood at the end: it is moved by the reader alone
    page.get_by_role("button", name="Undo all").click()
    assert found(page, "letters", "p") == pytest.approx(logits.softmax(-1).tolist())
    page.screenshot(path=str(PICTURES / "restrict.png"))
@pytest.fixture(scope="module")
def bent():
    torch.manual_seed(0)
    flow = RealNVP(2, 4, 8)
    for layer in flow.layers:
        nn.init.normal_(layer.network[-1].weight, std=0.4)
    return flow.requires_grad_(False)


@pytest.fixture
def grid(page, bent):
    made = flow_grid(bent, torch.randn(30, 2), x=(0.4, -0.3))
    show(page, "flow.js", made.widget, ["weights", "layers", "points", "at", "x"])
    return page


def flowing(page):
    return json.loads(page.locator(".genlab-flow").get_attribute("data-flow"))


def test_the_flow_in_the_browser_is_that_of_pytorch(grid, bent):
    for x in ([0.4, -0.3], [-2.0, 1.5], [1.0, 2.0]):
        grid.evaluate("x => model.set('x', x)", x)
        found, point = flowing(grid), torch.tensor([x])
        z, log_det = bent(point)
        assert found["z"] == pytest.approx(z[0].tolist(), abs=5e-3)
        assert found["stretch"] == pytest.approx(log_det.item(), abs=5e-3)
        assert found["logp"] == pytest.approx(bent.log_prob(point).item(), abs=1e-2)


def test_the_slider_leads_from_data_to_noise(grid, bent):
    grid.get_by_role("slider", name="How many layers").focus()
    grid.keyboard.press("End")
    assert flowing(grid)["at"] == 4 and flowing(grid)["shown"] == pytest.approx(flowing(grid)["z"])
    grid.screenshot(path=str(PICTURES / "flow.png"))
    canvas = grid.locator("canvas").bounding_box()
    grid.mouse.click(canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2)  # the middle of the noise
    assert flowing(grid)["z"] == pytest.approx([0, 0], abs=0.02)
    assert flowing(grid)["x"] == pytest.approx(bent.inverse(torch.zeros(1, 2))[0].tolist(), abs=0.05)
    grid.keyboard.press("ArrowRight")
    assert flowing(grid)["z"][0] == pytest.approx(0.1, abs=0.02)
    grid.get_by_role("button", name="To the data").click()
    grid.wait_for_timeout(1500)
    assert flowing(grid)["at"] == 0 and flowing(grid)["shown"] == pytest.approx(flowing(grid)["x"])


def valley(x):
    return 4 - 4 * torch.exp(-(x - torch.tensor([1.0, 0.5]).to(x)).square().sum(1))


@pytest.fixture
def ground(page):
    show(page, "walkers.js", energy_painter(valley).widget, ["start", "reach", "energy", "step", "noise"])
    return page


def walking(page):
    return json.loads(page.locator(".genlab-walkers").get_attribute("data-walkers"))


def test_energy_and_slope_are_those_of_pytorch(ground):
    points = [[0.3, 0.2], [1.5, -0.4], [-2.0, 2.0]]
    found = torch.tensor(ground.evaluate(
        "ps => ps.map((p) => module.energyAt({ table: model.get('start'), side: 48, reach: 3 }, ...p))", points))
    x = torch.tensor(points).requires_grad_()
    energy = valley(x)
    slope, = torch.autograd.grad(energy.sum(), x)
    assert (found[:, 0] - energy).abs().max() < 0.02 and (found[:, 1:] - slope).abs().max() < 0.3


def test_walkers_are_distributed_as_the_energy_says(ground):
    """On a bowl ½ |x|² / 0.25, at ε = 0.05: variance 0.25 / (1 - 0.05), mean square of 4000 walkers within 5 %."""
    variance = ground.evaluate("""() => {
      const side = 96, reach = 3, table = [], random = module.randomFrom(3);
      for (let l = 0; l < side; l++) for (let k = 0; k < side; k++) {
        const [x, y] = [k, l].map((i) => ((i + 0.5) / side * 2 - 1) * reach);
        table.push(2 * (x * x + y * y));
      }
      const walkers = Array.from({ length: 4000 }, () => [0, 0]);
      for (let k = 0; k < 200; k++) module.walk({ table, side, reach }, walkers, 0.05, 1, random);
      return walkers.reduce((sum, p) => sum + p[0] * p[0] + p[1] * p[1], 0) / 8000;
    }""")
    assert variance == pytest.approx(0.25 / (1 - 0.05), rel=0.06)


def test_walkers_go_where_the_reader_digs(ground):
    ground.wait_for_timeout(600)
    assert walking(ground)["steps"] > 0
    ground.get_by_role("button", name="Level the ground").click()
    canvas = ground.locator("canvas").bounding_box()
    ground.mouse.move(canvas["x"] + 80, canvas["y"] + 80)
    ground.mouse.down()
    for k in range(30):
        ground.mouse.move(canvas["x"] + 80 + k % 3, canvas["y"] + 80)
    ground.mouse.up()
    dug = torch.tensor(ground.evaluate("model.get('energy')"), dtype=torch.float64).view(48, 48)
    assert divmod(int(dug.argmin()), 48) == (pytest.approx(37, abs=2), pytest.approx(10, abs=2)) and dug.min() < -4
    ground.wait_for_timeout(3000)
    mean = walking(ground)["mean"]
    assert mean[0] < -0.4 and mean[1] > 0.4
    ground.screenshot(path=str(PICTURES / "walkers.png"))
    ground.get_by_role("button", name="Pause").click()
    before = walking(ground)["steps"]
    ground.wait_for_timeout(200)
    assert walking(ground)["steps"] - before <= 3


def test_the_brush_hears_keys(ground):
    ground.locator("canvas").focus()
    before = torch.tensor(ground.evaluate("model.get('energy')"))
    for key in ("r", "ArrowLeft", "ArrowUp", " "):
        ground.keyboard.press(key)
    change = torch.tensor(ground.evaluate("model.get('energy')")) - before
    assert change.max() == pytest.approx(0.25, abs=0.02) and change.min() >= 0


@pytest.fixture
def stamps(page):
    show(page, "paint.js", paint_explorer(5, kernel=3, stride=2, step=3).widget, ["size", "kernel", "stride", "step"])
    return page


def painted(page):
    return json.loads(page.locator(".genlab-paint").get_attribute("data-paint"))


def test_stamps_paint_as_often_as_a_transposed_convolution_of_ones(stamps):
    for kernel, stride in [(3, 2), (4, 2), (7, 2), (5, 3), (6, 3), (3, 4), (1, 1), (7, 4)]:
        stamps.evaluate("state => Object.entries(state).forEach(([n, v]) => model.set(n, v))",
                        dict(kernel=kernel, stride=stride, step=25))
        stamp = torch.ones(1, 1, kernel, kernel)
        ones = nn.functional.conv_transpose2d(torch.ones(1, 1, 5, 5), stamp, stride=stride)[0, 0]
        assert torch.equal(torch.tensor(painted(stamps)["counts"]), ones.long())
        assert torch.equal(paint_plane(5, kernel, stride), ones.long())
        found = painted(stamps)
        if found["low"] is not None:
            assert (found["low"] == found["high"]) == (kernel % stride == 0)
        assert found["side"] == 4 * stride + kernel


def test_stamps_are_pressed_by_pointer_keys_and_buttons(stamps):
    stamps.screenshot(path=str(PICTURES / "paint.png"))
    stamps.get_by_role("button", name="Next pixel").click()
    assert painted(stamps)["step"] == 4 and stamps.evaluate("model.get('step')") == 4
    box = stamps.get_by_role("application").bounding_box()
    stamps.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    assert painted(stamps)["step"] == 2 * 5 + 2
    stamps.keyboard.press("ArrowRight")
    stamps.keyboard.press("ArrowUp")
    assert painted(stamps)["step"] == 8
    stamps.get_by_role("button", name="All").click()
    assert "1 to 4 times" in stamps.locator("[role=status]").text_content()
    stamps.screenshot(path=str(PICTURES / "paint_all.png"))
    stamps.get_by_role("slider", name="kernel").focus()
    stamps.keyboard.press("ArrowRight")
    assert stamps.evaluate("model.get('kernel')") == 4
    assert "painted 4 times" in stamps.locator("[role=status]").text_content()
    stamps.get_by_role("button", name="None").click()
    assert sum(map(sum, painted(stamps)["counts"])) == 0
