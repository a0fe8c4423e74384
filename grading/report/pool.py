"""Processes that judge. Each starts a zygote before it loads torch, so that both are ready at the same time."""

import gc
import multiprocessing
import os
import threading
from concurrent.futures import Executor, ProcessPoolExecutor

from grading.sandbox import isolation, start


def judges(jobs: int, tier: str = isolation.AUTO) -> Executor:
    """Processes that grade, each with one thread; they end with the process that started them."""
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=begin,
                               initargs=(tier,))


def begin(tier: str) -> None:
    """Makes this process a judge: it ends with its parent, and has a zygote on the way."""
    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
    start.warm(tier)
    gc.disable()  # while importing: none of it is garbage
    import torch

    import grading.report.marking  # noqa: F401  while the zygote loads its libraries

    torch.set_num_threads(1)
    gc.freeze()
    gc.enable()
