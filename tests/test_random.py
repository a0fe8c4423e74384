"""genlab.random: numbers from the generator that is passed in, and from nowhere else."""

import math

import pytest
import torch

from genlab import random

DRAWS = {
    "randn": lambda rng: random.randn((50, 3), rng=rng),
    "rand": lambda rng: random.rand((50, 3), rng=rng),
    "randint": lambda rng: random.randint(0, 1000, (50, 3), rng=rng),
    "permutation": lambda rng: random.permutation(50, rng=rng),
    "bernoulli": lambda rng: random.bernoulli(torch.full((50, 3), 0.5), rng=rng),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_generator_decides(draw):
    first, same, other = (draw(torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_generator_moves_on(draw, rng):
    assert not torch.equal(draw(rng), draw(rng))


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_global_state_is_untouched(draw, rng):
    before = torch.get_rng_state()
    draw(rng)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_without_a_generator_the_global_one_is_used(draw):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        drawn = draw(None)
    assert torch.equal(drawn, draw(torch.Generator().manual_seed(3)))


@pytest.mark.parametrize("draw", [random.randn, random.rand])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_like_gives_dtype(draw, dtype, rng):
    assert draw((2,), like=torch.zeros(1, dtype=dtype), rng=rng).dtype == dtype


def test_whole_numbers_do_not_make_whole_noise(rng):
    """Labels may be the tensor in hand; noise made like them is still of floats."""
    labels = torch.zeros(1, dtype=torch.long)
    assert random.randn((2,), like=labels, rng=rng).dtype == torch.get_default_dtype()
    assert random.randint(0, 9, (2,), like=torch.zeros(1), rng=rng).dtype == torch.int64


@pytest.mark.parametrize("draw", [random.randn, random.rand,
                                  lambda shape, **options: random.randint(0, 9, shape, **options)])
def test_like_gives_device_and_the_seed_stays_on_the_cpu(draw, rng):
    """`meta` stands for a GPU: drawn where the generator is, then moved."""
    assert draw((2, 3), like=torch.zeros(1, device="meta"), rng=rng).device.type == "meta"
    drawn, wanted = draw((4,), rng=rng), torch.Generator().manual_seed(0)
    draw((2, 3), rng=wanted)
    torch.testing.assert_close(drawn, draw((4,), rng=wanted), rtol=0, atol=0)


def test_permutation_holds_every_number_once(rng):
    assert random.permutation(100, rng=rng).sort().values.tolist() == list(range(100))


def test_randint_has_every_value_of_its_range_and_no_other(rng):
    assert set(random.randint(-1, 4, (2000,), rng=rng).tolist()) == {-1, 0, 1, 2, 3}


@pytest.mark.parametrize("p", [0.0, 0.2, 0.7, 1.0])
def test_bernoulli_is_one_with_its_probability(p, rng):
    """The mean of n draws has the standard deviation √(p (1 - p) / n); certain ones are certain."""
    n = 20_000
    drawn = random.bernoulli(torch.full((n,), p, dtype=torch.float64), rng=rng)
    assert drawn.dtype == torch.float64 and set(drawn.tolist()) <= {0.0, 1.0}
    assert abs(drawn.mean().item() - p) <= 5 * math.sqrt(p * (1 - p) / n)


def test_normal_and_uniform_have_their_moments(rng):
    n = 20_000
    normal, uniform = random.randn((n,), rng=rng).double(), random.rand((n,), rng=rng).double()
    assert abs(normal.mean()) < 5 / math.sqrt(n) and abs(normal.var() - 1) < 5 * math.sqrt(2 / n)
    assert abs(uniform.mean() - 0.5) < 5 / math.sqrt(12 * n) and 0 <= uniform.min() and uniform.max() < 1
