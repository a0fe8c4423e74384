"""The committed weights, how they are stored, and the recipe that makes them."""

import json
import stat

import pytest
import torch

from genlab import weights
from genlab.data import digits
from genlab.metrics import DigitFeatures
from genlab.weights import digit_features as recipe
from genlab.weights.__main__ import main


def test_every_name_loads_and_comes_with_its_measurements():
    for name in weights.names():
        state = weights.load(name)
        assert all(tensor.dtype == torch.float32 or "num_batches_tracked" in key for key, tensor in state.items())
        path = weights.FOLDER / f"{name}.safetensors"
        assert path.stat().st_size < 4_000_000
        assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def test_the_committed_table_is_that_of_the_committed_weights():
    """What the table says of the held-out digits is measured again."""
    from genlab.metrics import digit_frechet, real_floor

    table = json.loads((weights.FOLDER / "digit_features.json").read_text(encoding="utf-8"))
    grey = table["against 4000 grey training digits"]
    assert table["accuracy_on_held_out"]["value"] >= 0.98
    assert digit_frechet(digits("test")[0]) == pytest.approx(grey["held-out digits"]["distance"], abs=2e-3)
    blank = grey["blank"]["distance"]
    assert digit_frechet(torch.zeros(1000, 784)) == pytest.approx(blank, rel=1e-3)
    floor = grey["floor: random subsets of the 1000 held-out digits"][0]
    assert floor["n"] == 1000 and floor["distance"] == pytest.approx(real_floor(1000).value, abs=2e-3)


def test_the_outlines_network_is_as_good_as_its_table_says():
    from genlab.weights.outline_digits import measure

    table = json.loads((weights.FOLDER / "outline_digits.json").read_text(encoding="utf-8"))
    assert measure() == {name: pytest.approx(table[name], abs=2e-3) for name in ("ssim", "label_accuracy")}
    assert table["ssim"] > 0.92 and table["label_accuracy"] > 0.95


def test_stored_and_loaded_floats_are_rounded_to_float16(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "RECIPES", ("toy",))
    state = {"w": torch.tensor([1 / 3, -2.0]), "steps": torch.tensor(7)}
    path = weights.store("toy", state, tmp_path)
    loaded = weights.load("toy", tmp_path)
    assert loaded["w"].tolist() == state["w"].half().tolist() and loaded["steps"].item() == 7
    assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444
    assert list(tmp_path.iterdir()) == [path]  # nothing temporary is left


def test_what_cannot_be_stored_or_loaded_says_so(tmp_path):
    with pytest.raises(ValueError, match="not finite in float16: w"):
        weights.store("digit_features", {"w": torch.tensor([1e6])}, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"python -m genlab\.weights digit_features"):
        weights.load("digit_features", tmp_path)
    with pytest.raises(ValueError, match="digit_features"):
        weights.load("nothing")
    with pytest.raises(SystemExit):
        main(["nothing"])


def test_standardising_changes_features_but_no_logit(rng):
    images = digits("test")[0][:200]
    network = recipe.initialised(DigitFeatures(), rng)
    before = network(images)
    recipe.standardise(network, images)
    torch.testing.assert_close(network(images), before, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(network.features(images).std(0), torch.ones(64), atol=1e-4, rtol=0)


def test_augmented_images_are_images(rng):
    images = digits("train")[0][:100]
    for made in (recipe.spoil(recipe.distort(images, rng), rng), recipe.not_digits(images, 20, rng)):
        assert made.shape[1:] == images.shape[1:] and 0 <= made.min() <= made.max() <= 1
    assert len(recipe.not_digits(images, 20, rng)) == 20
    with torch.no_grad():  # blurring spreads ink, and loses none where the border is empty
        inner = torch.zeros(1, 1, 28, 28).index_fill_(3, torch.tensor([14]), 0.5)[..., 5:-5, :]
        inner = torch.nn.functional.pad(inner, (0, 0, 5, 5))
    assert recipe.blur(inner).sum() == pytest.approx(inner.sum().item(), rel=1e-5)


def test_an_interrupted_recipe_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    """Stopped after 2 of 4 steps and started again, it ends where an uninterrupted run does."""
    monkeypatch.setattr(recipe, "measure", lambda network: {})
    whole = recipe.make(tmp_path / "whole", tmp_path / "whole.pt", steps=4, save_every=2)
    loss, calls = recipe.Recipe.loss, []

    def interrupted(self, *batch, rng=None):
        calls.append(batch)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return loss(self, *batch, rng=rng)

    monkeypatch.setattr(recipe.Recipe, "loss", interrupted)
    with pytest.raises(SystemExit, match="goes on"):
        recipe.make(tmp_path / "again", tmp_path / "again.pt", steps=4, save_every=2)
    resumed = recipe.make(tmp_path / "again", tmp_path / "again.pt", steps=4, save_every=2)
    assert len(calls) == 6
    assert whole.read_bytes() == resumed.read_bytes()
