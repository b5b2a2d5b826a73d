"""Several processes on this machine, one thread each; a worker that dies is replaced."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from ...errors import StoreError
from ..cell import Cell
from .base import Done, timed

__all__ = ["Processes"]

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
REPLACED = 20
"""How often the pool is replaced before the study gives up."""


class Processes:
    """A pool of processes.

    Parameters
    ----------
    workers
        How many; None: one a core.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1

    def run(self, cells: Iterable[Cell]) -> Iterator[Done]:
        """As they are done. Work that was lost with a worker is handed out again.

        Raises
        ------
        StoreError
            Workers keep dying.
        """
        left = list(cells)
        for _ in range(REPLACED):
            try:
                for done in self._pass(left):
                    left.remove(done[0])
                    yield done
            except BrokenProcessPool:
                continue
            return
        raise StoreError(
            f"workers died {REPLACED} times; {len(left)} parts are missing",
            where="executor",
            remedy="look at memory, or run with one worker",
        )

    def _pass(self, cells: list[Cell]) -> Iterator[Done]:
        pool = ProcessPoolExecutor(self.workers, mp_context=get_context("forkserver"))
        with _OneThread(), _WithoutMain(), pool:
            waiting: dict[Future[Any], Cell] = {}
            queue = iter(cells)
            try:
                while True:
                    # a few more than there are workers: none waits, and little is lost when one dies
                    while len(waiting) < 2 * self.workers and (cell := next(queue, None)) is not None:
                        waiting[pool.submit(timed, cell)] = cell
                    if not waiting:
                        return
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        cell = waiting.pop(future)
                        columns, seconds = future.result()
                        yield cell, columns, seconds
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


class _WithoutMain:
    """Workers need nothing of the caller's script: they do not run it again, guarded by ``__main__`` or not."""

    def __enter__(self) -> None:
        main = sys.modules["__main__"]
        self.before = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
        for name in self.before:
            setattr(main, name, None)
        if "__file__" in self.before:
            del main.__file__

    def __exit__(self, *_: object) -> None:
        for name, value in self.before.items():
            setattr(sys.modules["__main__"], name, value)


class _OneThread:
    """Workers inherit the environment: one thread each for linear algebra, or they get in each other's way."""

    def __enter__(self) -> None:
        self.before = {name: os.environ.get(name) for name in THREAD_LIMITS}
        os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))

    def __exit__(self, *_: object) -> None:
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
