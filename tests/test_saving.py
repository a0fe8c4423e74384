"""Saving and loading: what comes back is the same model, and nothing of a file is executed."""

import json
import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import genlab
from genlab.layers import configurable
from genlab.models import VAE, BetaVAE, ConvVAE, Gaussian
from tests.test_contract import CASES, seeded


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_model_comes_back(name, dtype, tmp_path):
    case = CASES[name]
    model = case.build().to(dtype).eval()
    if any(type(part).__module__ == "tests.test_contract" for part in model.modules()):
        with pytest.raises(TypeError, match="Pixelwise, whose arguments are not known: decorate its class"):
            genlab.save(model, tmp_path / "m.safetensors")
        return
    genlab.save(model, tmp_path / "m.safetensors")
    again = genlab.load(tmp_path / "m.safetensors")
    assert type(again) is type(model) and not again.training
    assert again.data_range == model.data_range
    assert {k: v.dtype for k, v in again.state_dict().items()} == {k: v.dtype for k, v in model.state_dict().items()}
    batch = tuple(x.to(dtype) if x.is_floating_point() else x for x in case.batch(seeded(0)))
    assert case.parts(again, batch) == case.parts(model, batch)
    assert torch.equal(case.sample(again, 3, seeded(1)), case.sample(model, 3, seeded(1)))


def test_traits_and_changed_attributes_come_back(tmp_path):
    model = ConvVAE(3, 8, 2, hidden_dim=8, width=4, num_classes=3, beta=4.0, likelihood=Gaussian(0.3, learned=False))
    model.beta = 2.5
    genlab.save(model, tmp_path / "m")
    again = genlab.load(tmp_path / "m", map_location="cpu")
    assert again.beta == 2.5 and again.num_classes == 3 and not again.likelihood.learned
    assert torch.equal(again.likelihood.log_sigma, model.likelihood.log_sigma)


@configurable
class Own(VAE):
    pass


@configurable
class OwnWithArguments(VAE):
    def __init__(self, size):
        super().__init__(size, 8, 2)


class Forgetful(VAE):
    def __init__(self, size):
        super().__init__(size, 8, 2)


@pytest.mark.parametrize("model", [Own(16, 8, 2), OwnWithArguments(16)])
def test_own_classes_are_made_only_if_passed(model, tmp_path):
    genlab.save(model, tmp_path / "m")
    with pytest.raises(ValueError, match=r"not of genlab.models: if you trust it, pass the class"):
        genlab.load(tmp_path / "m")
    assert type(genlab.load(tmp_path / "m", classes=[type(model)])) is type(model)


def test_what_cannot_be_made_again_is_refused_when_saving(tmp_path):
    with pytest.raises(TypeError, match="Forgetful, whose arguments are not known"):
        genlab.save(Forgetful(16), tmp_path / "m")
    model = BetaVAE(16, 8, 2)
    model.decoder = nn.Linear(2, 16)
    with pytest.raises(ValueError, match=r"other weights .*decoder.*exchanged after construction"):
        genlab.save(model, tmp_path / "m")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["os.system", "torch.hub.load", "genlab.models.vae.math", "genlab.models.vae.slerp",
                                  "genlab.models.vae.nn"])
def test_a_file_cannot_name_anything_else(name, tmp_path):
    header = {"model": {"class": name, "arguments": {}}, "training": True}
    save_file({"x": torch.zeros(1)}, tmp_path / "m", metadata={"genlab": json.dumps(header)})
    with pytest.raises(ValueError, match="the file asks for"):
        genlab.load(tmp_path / "m")


def test_other_files_are_refused(tmp_path):
    (tmp_path / "m").write_bytes(pickle.dumps({"a": 1}) * 10)
    with pytest.raises(ValueError, match=r"write it with genlab.save"):
        genlab.load(tmp_path / "m")
    save_file({"x": torch.zeros(1)}, tmp_path / "n")
    with pytest.raises(ValueError, match=r"write it with genlab.save"):
        genlab.load(tmp_path / "n")
