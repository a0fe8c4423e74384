"""The voice in a browser without a kernel: the same frames as PyTorch's, moved, dragged and typed into."""

import base64
import json

import pytest
import torch

from genlab.audio import griffin_lim
from genlab.data.speech import DIGIT_LETTERS, SOUND, encode
from genlab.display import speaker
from genlab.models.digit_speaker import untrained
from genlab.pretrained import digit_speaker
from tests.browser.lab import PICTURES
from tests.browser.pages import show

NAMES = ["weights", "inverse", "shape", "alphabet", "sound", "seed", "text"]


@pytest.fixture(scope="module")
def voice():
    return digit_speaker()


@pytest.fixture
def talking(page, voice):
    show(page, "speak.js", speaker(voice, "61").widget, NAMES)
    return page


def said(page):
    page.wait_for_timeout(100)
    return json.loads(page.locator(".genlab-speak").first.get_attribute("data-made"))


def without_dropout(voice):
    quiet = untrained()
    quiet.load_state_dict({name: p.half().float() if p.is_floating_point() else p
                           for name, p in voice.state_dict().items()})
    quiet.prenet.dropout = 0.0
    return quiet.eval()


def test_the_frames_of_the_page_are_those_of_torch(talking, voice):
    text = "six one"
    letters = encode([text])
    made = talking.evaluate("""(letters) => {
        const speak = module.voice(module.fromHalf(model.get("weights")), model.get("shape"));
        const out = speak(letters, { dropout: false });
        const rows = (table) => table.map((row) => Array.from(row));
        return { mel: rows(out.mel), weights: rows(out.weights), ended: out.ended };
    }""", letters[0].tolist())
    expected = without_dropout(voice).sample(letters)
    assert made["ended"] and len(made["mel"]) == int(expected.lengths[0]) > 30
    assert (torch.tensor(made["weights"]) - expected.weights[0]).abs().max() < 0.02
    assert (torch.tensor(made["mel"]) - expected.after[0]).abs().max() < 0.05


def test_the_phases_of_the_page_are_those_of_torch(talking):
    rng = torch.Generator().manual_seed(0)
    sizes = torch.rand(257, 12, generator=rng)
    wave = talking.evaluate("""([sizes, sound]) =>
        Array.from(module.griffinLim(sizes.map((row) => Float64Array.from(row)), sound))""",
                            [sizes.T.tolist(), {"nFft": SOUND.n_fft, "hop": SOUND.hop, "rounds": 4}])
    expected = griffin_lim(sizes.double(), n_fft=SOUND.n_fft, hop=SOUND.hop, rounds=4)
    assert (torch.tensor(wave).double() - expected).abs().max() < 1e-6


def test_numbers_and_words_are_spoken_and_strange_letters_left_out(talking):
    first = said(talking)
    assert first["word"] == "six one" and first["ended"] and first["loud"] > 0.01
    assert first["places"][0] <= 1 and first["places"][-1] >= 5
    field = talking.get_by_label("Digits, or letters of their words")
    field.fill("8 sixteen!")
    longer = said(talking)
    assert longer["word"] == "eight sixteen" and longer["samples"] > 1.3 * first["samples"]
    field.fill("???")
    assert "Type digits" in talking.get_by_role("status").inner_text()
    talking.screenshot(path=str(PICTURES / "speak.png"))


def test_a_walk_that_is_drawn_is_walked(talking):
    before = said(talking)
    canvas = talking.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    step = (box["width"] - 58) / before["steps"]
    talking.mouse.move(box["x"] + 58 + 2.5 * step, box["y"] + 5)
    talking.mouse.down()
    talking.mouse.move(box["x"] + 58 + 8.5 * step, box["y"] + 5, steps=5)
    talking.mouse.up()
    drawn = said(talking)
    assert drawn["places"][2:9] == [0] * 7 and drawn != before
    talking.screenshot(path=str(PICTURES / "speak_drawn.png"))
    talking.get_by_role("button", name="Let it walk").click()
    assert said(talking)["places"] == before["places"]


def test_keys_pin_a_letter(talking):
    before = said(talking)
    canvas = talking.locator("canvas")
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Space"):
        canvas.press(key)
    assert said(talking)["places"][2] == 4 != before["places"][2]


def test_nobody_stops_it_without_the_token(talking):
    before = said(talking)
    talking.get_by_label("stop token").uncheck()
    after = said(talking)
    assert not after["ended"] and after["steps"] > 1.3 * before["steps"]
    assert "never said" in talking.get_by_role("status").inner_text()
    talking.get_by_label("dropout").uncheck()
    assert said(talking)["loud"] != after["loud"]


def test_the_player_holds_a_wav_of_the_right_length(talking):
    made = said(talking)
    head = talking.evaluate("""async () => {
        const bytes = new Uint8Array(await (await fetch(document.querySelector("audio").src)).arrayBuffer());
        return [btoa(String.fromCharCode(...bytes.slice(0, 44))), bytes.length];
    }""")
    header = base64.b64decode(head[0])
    assert header[:4] == b"RIFF" and int.from_bytes(header[24:28], "little") == SOUND.rate
    assert head[1] == 44 + 2 * made["samples"]


def test_a_voice_too_large_for_a_page_is_refused():
    from genlab.models import Tacotron2

    with pytest.raises(ValueError, match="at most 360,000"):
        speaker(Tacotron2(1 + len(DIGIT_LETTERS), 64, 128, mels=48, decoder_dim=256, frames_per_step=3))
