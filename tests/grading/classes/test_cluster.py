"""Judges on a dask.distributed scheduler, with worker processes that share nothing with the grader."""

import sys
from functools import partial

import pytest
from click.testing import CliRunner

import genlab
from grading.cli import main
from grading.report import cluster as cluster_module
from grading.report import command
from grading.report.batch import grade_folder
from grading.report.cluster import ClusterError, cluster
from tests.grading.classes import stub
from tests.grading.classes.builders import zipped


def on_bytes_alone(submission, settings) -> dict:
    """The stub, once it is sure that no file of the grader's machine is needed."""
    assert not submission.paths
    return stub.grade(submission, settings)


@pytest.fixture(scope="module")
def scheduler():
    import dask
    from distributed import LocalCluster

    dask.config.set({"distributed.scheduler.allowed-failures": 0})  # one dead worker is enough to learn from
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
                      worker_dashboard_address=None) as local:
        yield local.scheduler_address


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(zipped({f"s{i:02}.ipynb": str(i).encode() for i in range(25)}))
    return path


def test_the_command_on_a_scheduler(scheduler, place, tmp_path, monkeypatch, graded):
    monkeypatch.setattr(command, "grade_folder", partial(grade_folder, grade=on_bytes_alone))
    arguments = ["grade", str(place), "-o", str(tmp_path / "many"), "--isolation", "none", "--scheduler"]
    result = CliRunner().invoke(main, [*arguments, scheduler])
    assert result.exit_code == 0, result.output
    assert "25 students: 25 marked" in result.output
    graded(place, tmp_path / "one")
    assert (tmp_path / "many/marks.csv").read_text() == (tmp_path / "one/marks.csv").read_text()


def test_an_executor_of_a_client(scheduler, place, graded):
    from distributed import Client

    with Client(scheduler, set_as_default=False) as client:
        records = graded(place, executor=client.get_executor(pure=False), jobs=2, grade=on_bytes_alone)
    assert len(records) == 25 and {r["status"] for r in records.values()} == {"graded"}


def test_workers_of_another_version_are_refused(scheduler, monkeypatch):
    monkeypatch.setattr(genlab, "__version__", "99.0")
    with pytest.raises(ClusterError, match=r"this is genlab 99\.0, but tcp://.* has 0"), cluster(scheduler):
        pass


def test_a_scheduler_without_workers():
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as empty, \
            pytest.raises(ClusterError, match="has no workers: start some"), \
            cluster(empty.scheduler_address):
        pass


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x", "127.0.0.1:no"])
def test_a_scheduler_that_is_not_there(address, place, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "_PATIENCE", 1)
    arguments = ["grade", str(place), "-o", str(tmp_path / "out"), "--scheduler", address]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1, result.output
    assert f"no scheduler answers at {address}" in result.output


def test_without_dask_its_extra_is_named(place, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    arguments = ["grade", str(place), "-o", str(tmp_path / "out"), "--scheduler", "tcp://a:1"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1 and "pip install 'genlab[distributed]'" in result.output


def test_a_submission_that_kills_workers_costs_itself_alone(scheduler, tmp_path, graded):
    path = tmp_path / "class.zip"
    path.write_bytes(zipped({"a.ipynb": b"1", "killer.ipynb": b"die", "z.ipynb": b"2"}))
    with cluster(scheduler) as (executor, threads):
        assert threads == 2
        records = graded(path, executor=executor, jobs=threads)
    assert {name: r["status"] for name, r in records.items()} == {
        "a": "graded", "killer": "not graded", "z": "graded"}
