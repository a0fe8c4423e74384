"""Rule 5: a batch has a secret of 128 bits, private and kept; from it come seeds that nobody can guess."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy
import torch

from grading import check
from grading.report.batch import grade_folder
from grading.report.grade import Settings, seed
from grading.report.store import SECRET as NAME
from grading.report.store import Store
from tests.grading import mini
from tests.grading.rules.conftest import by_id


def test_it_is_random_private_and_kept(tmp_path):
    with closing(Store(tmp_path / "a")) as one, closing(Store(tmp_path / "b")) as two:
        first, second = one.secret(), two.secret()
        assert len(first) == 16 and first != second and one.secret() == first
    assert stat.S_IMODE((tmp_path / "a" / NAME).stat().st_mode) == 0o600
    with closing(Store(tmp_path / "a")) as again:
        assert again.secret() == first


def test_seeds_differ_by_content_purpose_and_secret():
    seeds = {seed(s, c, p) for s in (b"a" * 16, b"b" * 16) for c in ("x", "y")
             for p in ("mini-affine", "worker")}
    assert len(seeds) == 8 and all(len(s) == 32 for s in seeds)


def test_the_same_submission_and_secret_give_the_same_marks(lesson10):
    wrong = lesson10.answers | {"vae-elbo": lesson10.answers["vae-elbo"].replace("- kl", "+ kl")}
    one, two = lesson10.grade(wrong), lesson10.grade(wrong)
    other = lesson10.grade(wrong, secret=b"another secret!!")
    for record in (one, two, other):
        record.pop("seconds")
    assert one == two and by_id(other) == by_id(one)


def test_it_is_in_nothing_that_is_handed_out(mini_lesson, tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "a.ipynb").write_bytes(mini.honest())
    (folder / "b.ipynb").write_bytes(mini.dump(mini.STUBS[0], mini.SCALE_CELL.replace("3", "2")))
    with closing(Store(tmp_path / "out")) as store:
        secret = store.secret()
        grade_folder(folder, store, Settings(secret, lesson="99_mini"), executor=ThreadPoolExecutor)
    files = [p for p in (tmp_path / "out").rglob("*") if p.is_file() and p.name != NAME]
    assert len(files) >= 5
    for path in files:
        data = path.read_bytes()
        assert secret.hex().encode() not in data and secret not in data
    assert secret.hex() not in repr(Settings(secret)) and repr(secret) not in repr(Settings(secret))


def test_the_workers_random_state_is_not_that_of_the_inputs(boxed):
    """The answer draws as the judge would from the global state; the inputs are not there."""
    guess = ("torch.manual_seed(torch.initial_seed())\nfirst = torch.randn(5, 3, dtype=torch.float64)\n"
             "def affine(x, w):\n    return (x @ w + w.sum()) * (1 + float((x == first).all()))")
    assert by_id(boxed(guess, mini.SCALE_CELL)) == {"mini-affine": 3, "mini-scale": 2}


def test_the_local_check_is_the_same_every_time_and_leaves_the_random_state_alone():
    def reparameterize(mu, logvar):
        return mu + torch.exp(logvar / 2) * torch.randn(logvar.shape[1])

    torch.manual_seed(5)
    numpy.random.seed(5)
    before = torch.get_rng_state().tolist(), numpy.random.get_state()[1].tolist()
    texts = {json.dumps(check("vae-reparameterize", reparameterize).to_json(numbers=True)) for _ in range(2)}
    assert len(texts) == 1
    assert before == (torch.get_rng_state().tolist(), numpy.random.get_state()[1].tolist())
