"""Run a suite into a store: plan, compute what is missing, write, and put the results together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import StoreError
from .cell import Cell
from .executors.base import Executor, executor_named
from .results import Results
from .store.folder import Store
from .suite import Point, Stop, Suite, points, read_suite

__all__ = ["Progress", "Study", "load"]

Progress = Callable[[int, int], None]
"""(parts done, parts in all)."""


def _silent(done: int, total: int) -> None:
    """A progress callback that shows nothing."""


class Study:
    """A suite, ready to run.

    Parameters
    ----------
    suite
        Path of a TOML file, a mapping of the same layout, or a Suite.

    Raises
    ------
    InputError
        Something in the suite does not exist or has the wrong type.
    SizeError
        More than 100,000 cells, unless ``yes``.
    """

    def __init__(self, suite: str | os.PathLike[str] | Mapping[str, Any] | Suite, *, yes: bool = False) -> None:
        self.suite = read_suite(suite)
        self.points: tuple[Point, ...] = tuple(points(self.suite, yes=yes))

    def run(
        self,
        store: str | os.PathLike[str] | Store,
        executor: str | Executor = "serial",
        *,
        resume: bool = False,
        repair: bool = False,
        progress: Progress = _silent,
    ) -> Results:
        """Compute what the store lacks, and read the results.

        Parameters
        ----------
        store
            A folder; made if it is not there.
        executor
            ``"serial"``, ``"processes:N"``, ``"dask:ADDRESS"``, or an object with ``run(cells)``.
        resume
            Take up a run that was stopped. The results are the same, bit for bit, as of a run that was not.
        repair
            Compute corrupted parts again.
        progress
            Called after each part.

        Returns
        -------
        Results

        Raises
        ------
        StoreError
            The store is in use, of another suite, not empty without ``resume``, damaged without ``repair``, or cannot
            be written to.
        """
        place = store if isinstance(store, Store) else Store(store)
        workers = executor_named(executor)
        with place.writing(self.suite, resume=resume or repair):
            self._mend(place, repair)
            self._fill(place, workers, progress)
            kept = [(point.study, cell) for point in self.points for cell in self._kept(place, point)]
            place.rebuild_manifest(cell.key for _, cell in kept)
            place.finish(kept)
        return load(place)

    def _mend(self, store: Store, repair: bool) -> None:
        bad = store.corrupted(cell.key for point in self.points for cell in point.cells)
        if bad and not repair:
            raise StoreError(
                f"{len(bad)} corrupted part{'s' if len(bad) > 1 else ''}",
                where=str(store.place(bad[0])),
                remedy="repair=True (--repair) computes them again",
            )
        for key in bad:
            store.drop(key)

    def _fill(self, store: Store, executor: Executor, progress: Progress) -> None:
        """In rounds: a study that may stop early gets its next block once the rule has seen those before it."""
        total = len({cell.key for point in self.points for cell in point.cells})
        while todo := self._missing(store):
            done = total - len(self._missing(store, all_of_them=True))
            progress(done, total)
            for cell, columns, seconds in executor.run(todo):
                store.write(cell, columns, seconds)
                done += 1
                progress(done, total)
        progress(total, total)

    def _missing(self, store: Store, *, all_of_them: bool = False) -> list[Cell]:
        found: dict[str, Cell] = {}
        for point in self.points:
            wanted = point.cells if all_of_them else tuple(self._kept(store, point))
            found |= {cell.key: cell for cell in wanted if not store.has(cell.key)}
        return list(found.values())

    def _kept(self, store: Store, point: Point) -> Iterator[Cell]:
        """The blocks that count: all of them, or those up to the one at which the rule of the suite stops."""
        rule = self.suite.study[point.study].stop
        seen: list[float] = []
        for cell in point.cells:
            yield cell
            if rule is None:
                continue
            if not store.has(cell.key):
                return
            seen += _paired(store, cell, rule, point)
            if len(seen) >= max(2, rule.least) and np.std(seen, ddof=1) / np.sqrt(len(seen)) <= rule.standard_error:
                return


def _paired(store: Store, cell: Cell, rule: Stop, point: Point) -> list[float]:
    measure = rule.measure or point.scenario.measures[0].name
    frame = store.read(cell.key).to_pandas()
    frame = frame[(frame["measure"] == measure) & (frame["status"] == "ok")]
    wide = frame.pivot(index="replicate", columns="arm", values="value")
    gap = (wide[rule.arm] - wide["sidt"]).dropna()
    return [float(x) for x in gap]


def load(store: str | os.PathLike[str] | Store) -> Results:
    """The results of a complete run.

    Parameters
    ----------
    store
        Its folder.

    Raises
    ------
    StoreError
        Not complete, or damaged.
    FileFormatError
        Not a store.
    """
    place = store if isinstance(store, Store) else Store(store)
    return Results(place.suite(), place.table(), str(place.path))
