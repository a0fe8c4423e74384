"""Rows of results survive being written, merged and summed up."""

import math

import pytest
import torch

from genlab import results


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "runs" / "results.csv"
    monkeypatch.setenv("GENLAB_TABLE", str(path))
    for name, value in {"LESSON": "10_vae", "SEED": "3", "PROFILE": "cpu"}.items():
        monkeypatch.setenv(f"GENLAB_{name}", value)
    monkeypatch.delenv("GENLAB_COMMIT", raising=False)
    return path


def row(**changes):
    return {"model": "VAE", "lesson": "10_vae", "seed": 0, "profile": "cpu", "metric": "elbo_nats",
            "value": -100.0, "n": 1000, "seconds": 3.0, "commit": "abc", **changes}


def test_a_recorded_row_reads_back_with_its_types(file):
    results.record(model="β-VAE, β = 4", metric="elbo_nats", value=torch.tensor(-98.5), n=1000, seconds=12.34)
    results.record(model="VAE", metric="frechet", value=3, n=500, seed=7, lesson="11", profile="gpu",
                   commit="f00")
    first, second = results.read(file)
    assert first == {"model": "β-VAE, β = 4", "lesson": "10_vae", "seed": 3, "profile": "cpu", "n": 1000,
                     "metric": "elbo_nats", "value": -98.5, "seconds": 12.3, "commit": None}
    assert (second["lesson"], second["seed"], second["commit"], second["seconds"]) == ("11", 7, "f00", None)


def test_without_the_variable_the_file_is_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("GENLAB_TABLE", raising=False)
    monkeypatch.chdir(tmp_path)
    results.record(model="VAE", metric="m", value=1.0, n=1)
    assert len(results.read(tmp_path / "results.csv")) == 1


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_diverged_value_is_refused(file, value):
    with pytest.raises(ValueError, match="finite"):
        results.record(model="VAE", metric="m", value=value, n=1)
    assert not file.exists() and results.read(file) == []


def test_an_unknown_column_is_refused(file):
    with pytest.raises(TypeError):
        results.record(model="VAE", metric="m", value=1.0, n=1, colour="red")


def test_merging_replaces_the_same_key_and_keeps_the_rest(tmp_path):
    path = tmp_path / "table.csv"
    assert results.merge([row(), row(seed=1)], path) == 2
    assert results.merge([row(value=-90.0), row(metric="frechet")], path) == 3
    values = {(r["seed"], r["metric"]): r["value"] for r in results.read(path)}
    assert values == {(0, "elbo_nats"): -90.0, (1, "elbo_nats"): -100.0, (0, "frechet"): -100.0}
    assert list(tmp_path.iterdir()) == [path]


def test_merging_is_idempotent_and_does_not_depend_on_order(tmp_path):
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    rows = [row(seed=s, model=m, value=1 / 3 + s, seconds=seconds)
            for s, seconds in enumerate((None, 146, 3.5)) for m in ("VAE", "ConvVAE")]
    results.merge(rows, a)
    results.merge(rows[::-1], b)
    assert a.read_bytes() == b.read_bytes()
    results.merge(results.read(a), a)
    assert a.read_bytes() == b.read_bytes()


def test_a_row_that_names_no_lesson_is_refused_and_the_table_stays(tmp_path):
    path = tmp_path / "table.csv"
    results.merge([row()], path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="lesson"):
        results.merge([row(seed=1), row(lesson="")], path)
    assert path.read_bytes() == before


def test_a_lesson_is_found_by_name_or_number(tmp_path):
    path = tmp_path / "table.csv"
    results.merge([row(), row(lesson="11_conditional_and_beta_vae")], path)
    assert len(results.table(path=path)) == 2
    for name in ("10_vae", "10", 10):
        assert [r["lesson"] for r in results.table(name, path=path)] == ["10_vae"]


def test_what_is_missing_is_said_with_its_remedy(tmp_path):
    path = tmp_path / "table.csv"
    with pytest.raises(LookupError, match=r"genlab table --lesson 20"):
        results.table("20_gan", path=path)
    results.merge([row()], path)
    with pytest.raises(LookupError, match=r"no row of lesson 20_gan.*genlab table --lesson 20"):
        results.table("20_gan", path=path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="lacks model"):
        results.table(path=path)


def test_the_spread_is_that_of_seeds(tmp_path):
    rows = [row(seed=s, value=v) for s, v in enumerate([1.0, 2.0, 4.0])] + [row(model="ConvVAE", n=10)]
    vae, conv = results.summary(rows)
    assert vae["mean"] == pytest.approx(7 / 3) and vae["seeds"] == 3 and vae["n"] == 1000
    assert vae["sd"] == pytest.approx(math.sqrt(((4 / 3) ** 2 + (1 / 3) ** 2 + (5 / 3) ** 2) / 2))
    assert conv["model"] == "ConvVAE" and math.isnan(conv["sd"])
