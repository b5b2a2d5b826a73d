"""A dask cluster: many machines that have this package; a worker that dies costs its cells' time, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..._core.optional import require
from ...errors import StoreError
from ..cell import Cell
from .base import Done, timed

__all__ = ["Dask"]

RETRIES = 5


class Dask:
    """Workers of a cluster.

    Parameters
    ----------
    address
        Of its scheduler, such as ``tcp://host:8786``; or a ``distributed.Client``.
    """

    def __init__(self, address: Any) -> None:
        self.address = address

    def run(self, cells: Iterable[Cell]) -> Iterator[Done]:
        """As they are done.

        Raises
        ------
        StoreError
            The scheduler does not answer, or a cell was lost with its workers too often.
        """
        distributed = require("distributed", "dask")
        own = isinstance(self.address, str)
        try:
            client = distributed.Client(self.address, timeout="10s") if own else self.address
        except (OSError, TimeoutError, ValueError) as err:
            raise StoreError(f"no scheduler answers ({err})", where=str(self.address)) from err
        try:
            todo = list(cells)
            futures = {
                client.submit(timed, cell, key=f"thickecon-{cell.key}", retries=RETRIES, pure=True): cell
                for cell in todo
            }
            for future in distributed.as_completed(futures):
                try:
                    columns, seconds = future.result()
                except Exception as err:
                    raise StoreError(
                        f"a part was lost on the cluster ({type(err).__name__}: {err})",
                        where=str(self.address),
                        remedy="resume (--resume) once the cluster is well",
                    ) from err
                yield futures[future], columns, seconds
                future.release()
        finally:
            if own:
                client.close()
