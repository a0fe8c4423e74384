"""What a user may well pass by mistake: an error with its remedy, or the right number."""

import math
from types import SimpleNamespace

import pytest
import torch

from genlab import metrics as m

X = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
P = X.softmax(1)
DIGITS = torch.rand(50, 1, 28, 28, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(50) % 10
ONE = torch.ones(3, 2)


class Bound(torch.nn.Module):
    def elbo(self, x, y=None, *, rng=None):
        return x.flatten(1).sum(1) + (0 if y is None else y)


REFUSED = {
    "complex features": (lambda: m.frechet_distance(X + 0j, X), TypeError, "real numbers"),
    "no features": (lambda: m.frechet_distance(None, X), TypeError, "tensor of numbers"),
    "images for features": (lambda: m.frechet_distance(DIGITS, DIGITS), ValueError, "image_features"),
    "one sample": (lambda: m.kernel_distance(X[:1], X), ValueError, "take more samples"),
    "no dimension": (lambda: m.frechet_distance(X[:, :0], X[:, :0]), ValueError, r"\(n, d\)"),
    "half a neighbour": (lambda: m.precision_recall(X, X, k=3.5), ValueError, "whole number from 1 to 49"),
    "k of all": (lambda: m.neighbour_scores(X[:5], X, k=5), ValueError, "of 5 real each"),
    "half a subset": (lambda: m.kernel_distance(X, X, subsets=2.5), ValueError, "subsets must be a whole"),
    "half a split": (lambda: m.inception_score(P, splits=2.5), ValueError, "splits must be a whole"),
    "sizes cut off": (lambda: m.bias_curve(len, X, [10.5, 20]), ValueError, "whole number"),
    "a score of NaN": (lambda: m.bias_curve(lambda x: math.nan, X, [9, 20]), ValueError, "score gave nan"),
    "a score for each": (lambda: m.bias_curve(lambda x: x.mean(0), X, [9, 20]), ValueError, "one number"),
    "shapes apart": (lambda: m.normal_kl(X, X[:, :3]), ValueError, "one shape"),
    "a number as density": (lambda: m.monte_carlo_kl(X, lambda x: 1.0, lambda x: x[:, 0]), ValueError,
                            "one number per sample"),
    "truth values as labels": (lambda: m.label_accuracy(DIGITS, LABELS > 3), ValueError, "whole numbers"),
    "no bound": (lambda: m.mean_elbo(torch.nn.Linear(2, 2), DIGITS), TypeError, "has no elbo"),
    "half a batch": (lambda: m.mean_elbo(Bound(), DIGITS, batch=2.5), ValueError, "batch must be a whole"),
    "shape for dims": (lambda: m.bits_per_dim(90, (1, 28, 28)), ValueError, "dims must be a whole"),
    "bits of an estimate": (lambda: m.bits_per_dim(m.estimate(X[:, 0]), 784), TypeError, "value"),
    "a diverged posterior": (lambda: m.kl_decomposition(X, X * 0 + 800), ValueError, "diverged"),
    "a negative variance": (lambda: m.active_units(X, threshold=-1), ValueError, "0 or more"),
    "NaN wins": (lambda: m.preference(math.nan, 5), ValueError, "whole numbers"),
    "a truth value won": (lambda: m.preference(True, 5), ValueError, "whole numbers"),
    "a prior of NaN": (lambda: m.bradley_terry(torch.ones(2, 2) - torch.eye(2), prior=math.nan), ValueError,
                       "finite"),
    "half a bin": (lambda: m.mutual_information_gap(X, LABELS[:, None], bins=2.5), ValueError, "bins must"),
    "half a digit": (lambda: m.real_floor(5.5), ValueError, "whole number from 2 to 1000"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name):
    call, error, says = REFUSED[name]
    with pytest.raises(error, match=says):
        call()


def test_whole_numbers_do_not_cut_the_other_law():
    """q's mean of 0.5 became 0 beside p's whole numbers: KL = ½ · 2 · 0.25, not 1."""
    ones, zeros = ONE.long(), torch.zeros(3, 2, dtype=torch.long)
    assert m.normal_kl(ones, zeros, 0.5).tolist() == [0.25] * 3
    assert m.normal_kl(ones, zeros, torch.tensor([0.5, 1.0])).tolist() == [0.125] * 3


def test_arrays_and_lists_are_taken():
    assert m.mean_elbo(Bound(), DIGITS.numpy(), LABELS.tolist()) == m.mean_elbo(Bound(), DIGITS, LABELS)
    assert m.frechet_distance(X.tolist(), X.numpy() + 1) == pytest.approx(4)
    assert m.kl_decomposition(X.tolist(), X.tolist())["kl"] > 0
    codes = m.mutual_information_gap(X.tolist(), LABELS[:, None].tolist())
    assert codes == m.mutual_information_gap(X, LABELS[:, None])


def test_fakes_need_no_neighbours_for_density_and_coverage():
    assert m.density_coverage(X, X[:1], k=5).coverage > 0


def test_four_scores_in_one_pass_are_those_of_two():
    fake = X.flip(0) * 1.1 + 0.1
    got = m.neighbour_scores(X, fake, k=4)
    assert got[:2] == m.precision_recall(X, fake, k=4)
    assert got[2:] == m.density_coverage(X, fake, k=4)


def test_a_model_without_parameters_is_measured():
    model = SimpleNamespace(elbo=lambda x, rng=None: x.flatten(1).sum(1))
    assert m.mean_elbo(model, DIGITS).n == 50
