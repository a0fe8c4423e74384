"""Judges on many machines: an executor on a dask.distributed scheduler.

    dask scheduler                                     on one machine
    dask worker tcp://HOST:8786 --nworkers auto --nthreads 1     on every machine that has genlab
    genlab grade class.zip -o marks/ --scheduler tcp://HOST:8786

The notebooks' bytes travel with the tasks, so no disk has to be shared. So does the batch's secret: give the
scheduler TLS where others read the network.
"""

import gc
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

import genlab

_PATIENCE = 15  # seconds to find a scheduler


class ClusterError(RuntimeError):
    """The scheduler cannot be used; the message says why and what to do."""


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """An executor on the workers of a scheduler, and how many tasks these run at a time.

    ClusterError if there is no scheduler or no worker, or if a worker has another version of genlab.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ClusterError("--scheduler needs dask.distributed: pip install 'genlab[distributed]'") from error
    gc.collect()  # a client that is collected while another starts waits for a lock that this one holds
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(f"no scheduler answers at {address}: start one with `dask scheduler`, "
                           f"or correct the address ({error})") from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise ClusterError(f"the scheduler at {address} has no workers: start some with "
                               f"`dask worker {address} --nthreads 1` where genlab is installed")
        _same_version(client)
        yield client.get_executor(pure=False), threads


def _version() -> str:
    """On a worker."""
    try:
        from importlib import import_module

        import_module("grading.report.grade")
        return import_module("genlab").__version__
    except Exception as error:
        return f"none ({type(error).__name__}: {error})"


def _same_version(client) -> None:
    found = client.run(_version)
    other = {worker: version for worker, version in found.items() if version != genlab.__version__}
    if other:
        told = "; ".join(f"{worker} has {version}" for worker, version in list(other.items())[:5])
        raise ClusterError(f"this is genlab {genlab.__version__}, but {told}: "
                           "install the same version everywhere")
