"""What the loops refuse before they train, and what they put right by themselves."""

import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounter

from genlab.data import Batches
from genlab.fit import fit, fit_adversarial
from genlab.layers import TimeMLP
from genlab.models import GAN, DiffusionModel, Discriminator, Generator
from genlab.train import steps_of
from tests.line import Line, data, train


def diffusion():
    return DiffusionModel(2, 5, network=TimeMLP(2, 8))


def run(model, batches, **options):
    optimizer = torch.optim.Adam(model.parameters())
    return fit(model, batches, optimizer, **{"steps": 2, "progress": False} | options)


@pytest.mark.parametrize("clip", [0, -1.0])
def test_a_clip_that_stops_or_turns_the_gradient_is_refused(clip):
    with pytest.raises(ValueError, match="clip must be above 0"):
        train(clip=clip)


def test_an_optimizer_of_another_model_is_refused():
    with pytest.raises(ValueError, match="not this model's"):
        fit(Line(), [data(8)], torch.optim.Adam(Line().parameters()), steps=1)
    gan = GAN(Generator(3, 2, 8), Discriminator(2, 8))
    g, d = (torch.optim.Adam(part.parameters()) for part in (gan.generator, gan.discriminator))
    with pytest.raises(ValueError, match="not this generator's"):
        fit_adversarial(gan, [torch.zeros(4, 2)], d, g, steps=1)


def test_unit_data_for_a_signed_model_are_refused():
    with pytest.raises(ValueError, match=r"to_signed, or build the model with data_range=\(0, 1\)"):
        run(diffusion(), [torch.rand(8, 2)])
    assert len(run(diffusion(), [2 * torch.rand(8, 2) - 1])) == 2


@pytest.mark.parametrize("batch, error, says", [
    ({"image": torch.rand(4, 2)}, TypeError, "dict of image"),
    (torch.zeros(0, 2), ValueError, "no rows"),
    (torch.full((4, 2), float("nan")), ValueError, "hold NaN"),
])
def test_batches_that_cannot_be_used_are_refused(batch, error, says):
    with pytest.raises(error, match=says):
        run(diffusion(), [batch])


def test_arrays_lists_and_other_floats_are_converted():
    x = np.random.default_rng(0).uniform(-1, 1, (4, 2))
    assert len(run(diffusion(), [(x, [0, 1, 2, 3])])) == 2
    assert len(run(diffusion().double(), [2 * torch.rand(4, 2) - 1])) == 2


def test_lengths_that_are_unknown_or_nothing():
    class Rows(torch.utils.data.IterableDataset):
        def __iter__(self):
            yield from data(8)

    with pytest.raises(ValueError, match="pass max_steps"):
        steps_of(torch.utils.data.DataLoader(Rows()), 3)
    with pytest.raises(ValueError, match="max_steps must be at least 1"):
        steps_of([data(8)], 3, 0)


def test_a_checkpoint_of_another_optimizer_is_refused(tmp_path):
    path = tmp_path / "run.pt"
    train(steps=2, checkpoint=path)
    model = Line(0.3)
    with pytest.raises(ValueError, match="a Adam, here a SGD"):
        fit(model, Batches(data(), size=8, rng=torch.Generator()), torch.optim.SGD(model.parameters(), 0.1),
            steps=4, checkpoint=path, rng=torch.Generator(), progress=False)


def test_a_compiled_model_is_compiled_and_learns_the_same():
    histories = []
    for compile in (False, True):
        torch._dynamo.reset()
        counter = CompileCounter()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = diffusion()
        wrapped = torch.compile(model, backend=counter) if compile else model
        rng = torch.Generator().manual_seed(0)
        histories.append(fit(wrapped, [data(8)[:, :2].tanh()], torch.optim.Adam(model.parameters()), steps=3,
                             rng=rng, progress=False)["loss"])
        assert (counter.frame_count > 0) == compile
    assert histories[0] == pytest.approx(histories[1], rel=1e-5)


def test_each_player_has_its_schedule_and_only_the_generator_is_averaged():
    gan = GAN(Generator(3, 2, 8), Discriminator(2, 8))
    g, d = (torch.optim.SGD(part.parameters(), 0.5) for part in (gan.generator, gan.discriminator))
    before = [p.detach().clone() for p in gan.discriminator.parameters()]
    history = fit_adversarial(gan, [2 * torch.rand(4, 2) - 1], g, d, steps=3, ema=0.9, progress=False,
                              discriminator_schedule=lambda _: 0.0, precision="bfloat16", device="cpu")
    assert all(map(torch.equal, before, gan.discriminator.parameters()))
    assert history.ema.discriminator is gan.discriminator
    assert history.ema.generator is not gan.generator and history.ema.sample(3).shape == (3, 2)
