"""What an executor is, and the one that is always there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from ...errors import InputError
from ..cell import Cell, run_cell

__all__ = ["Done", "Executor", "Serial", "executor_named", "timed"]

Done = tuple[Cell, dict[str, list[Any]], float]
"""A cell, its columns, and the seconds it took."""


class Executor(Protocol):
    """Computes cells, in any order."""

    def run(self, cells: Iterable[Cell]) -> Iterator[Done]:
        """Each cell once; closing the iterator stops the rest."""


def timed(cell: Cell) -> tuple[dict[str, list[Any]], float]:
    """Columns and seconds."""
    start = time.perf_counter()
    return run_cell(cell), time.perf_counter() - start


class Serial:
    """One cell after another, in this process."""

    def run(self, cells: Iterable[Cell]) -> Iterator[Done]:
        """In order."""
        for cell in cells:
            columns, seconds = timed(cell)
            yield cell, columns, seconds


def executor_named(name: str | Executor) -> Executor:
    """``"serial"``, ``"processes"``, ``"processes:4"``, ``"dask:tcp://host:8786"``, or an executor itself.

    Raises
    ------
    InputError
        None of these.
    """
    if not isinstance(name, str):
        return name
    kind, _, rest = name.partition(":")
    if kind == "serial" and not rest:
        return Serial()
    if kind == "processes" and (not rest or (rest.isdigit() and int(rest) > 0)):
        from .processes import Processes

        return Processes(int(rest) if rest else None)
    if kind == "dask" and rest:
        from .dask import Dask

        return Dask(rest)
    raise InputError(
        f"must be 'serial', 'processes', 'processes:N' or 'dask:ADDRESS', found {name!r}", where="executor"
    )
