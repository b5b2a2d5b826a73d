"""Where a study's numbers are kept: a folder of parts, each written whole or not at all.

Parts are the truth. The manifest is a log beside them, which can be thrown away and is then rebuilt.
``results.parquet`` is the parts one after another in the order of the suite, and contains no clock, host or order of
work: the same suite gives the same bytes, however it was run, stopped and taken up again.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..._core.optional import require
from ...errors import FileFormatError, InputError, StoreError
from ...mechanism.provenance import package_version
from ...profiles.io.files import replace_file
from ..cell import COLUMNS, Cell
from ..suite import Suite, read_suite

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Store"]


class Store:
    """A folder with ``suite.json``, ``parts/KEY.parquet``, ``manifest.jsonl`` and, once complete, ``results.parquet``.

    Parameters
    ----------
    path
        The folder; made on the first write.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.parts = self.path / "parts"
        self.manifest = self.path / "manifest.jsonl"
        self.results = self.path / "results.parquet"
        self._suite = self.path / "suite.json"

    # ---- opening ------------------------------------------------------------------------------------------

    def suite(self) -> Suite:
        """The suite whose numbers are in here.

        Raises
        ------
        FileFormatError
            Not a store.
        """
        try:
            content = json.loads(self._suite.read_text(encoding="utf-8"))
        except (OSError, ValueError) as err:
            raise FileFormatError(
                "is not a store: it has no readable suite.json", where=str(self.path), remedy="run a suite into it"
            ) from err
        return read_suite(content)

    @contextlib.contextmanager
    def writing(self, suite: Suite, *, resume: bool) -> Iterator[None]:
        """The one writer of this store, until the block ends or the process dies.

        Raises
        ------
        StoreError
            Another process writes to it; it belongs to another suite; it has parts and ``resume`` is false; or the
            folder cannot be made or written to.
        """
        import fcntl

        try:
            self.parts.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a+")
        except OSError as err:
            raise StoreError(f"cannot be written to ({err.strerror})", where=str(self.path)) from err
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the process, however it ends
            except OSError as err:
                lock.seek(0)
                raise StoreError(
                    f"is being written to by process {lock.read().strip() or 'unknown'}",
                    where=str(self.path),
                    remedy="wait for it, or give this run a folder of its own",
                ) from err
            lock.seek(0)
            lock.truncate()
            lock.write(str(os.getpid()))
            lock.flush()
            self._claim(suite, resume)
            yield

    def _claim(self, suite: Suite, resume: bool) -> None:
        if self._suite.exists():
            if self.suite().text() != suite.text():
                raise StoreError(
                    f"belongs to another suite ({self.suite().name!r}, or another version of {suite.name!r})",
                    where=str(self.path),
                    remedy="give this suite a folder of its own",
                )
            if not resume and any(self.parts.glob("*.parquet")):
                raise StoreError("has results of this suite", where=str(self.path), remedy="resume=True (--resume)")
        elif any(self.parts.iterdir()):
            raise StoreError("has parts but no suite.json", where=str(self.path), remedy="use an empty folder")
        else:
            self._put(self._suite, (suite.text() + "\n").encode())

    # ---- parts --------------------------------------------------------------------------------------------

    def place(self, key: str) -> Path:
        """Where the part of a cell is."""
        return self.parts / f"{key}.parquet"

    def has(self, key: str) -> bool:
        """Is it there?"""
        return self.place(key).exists()

    def write(self, cell: Cell, columns: Mapping[str, list[Any]], seconds: float) -> None:
        """Add a part, and a line to the manifest.

        Raises
        ------
        StoreError
            The disk is full, or the folder cannot be written to; nothing of the part is left.
        """
        data = encode(columns)
        self._put(self.place(cell.key), data)
        self._log(cell.key, data, len(columns["value"]), seconds)

    def _log(self, key: str, data: bytes, rows: int, seconds: float | None) -> None:
        line = {
            "key": key,
            "sha256": hashlib.sha256(data).hexdigest(),
            "rows": rows,
            "seconds": None if seconds is None else round(seconds, 4),
            "version": package_version(),
        }
        try:
            torn = self.manifest.exists() and self.manifest.read_bytes()[-1:] not in (b"", b"\n")
            with self.manifest.open("a", encoding="utf-8") as file:
                file.write(("\n" if torn else "") + json.dumps(line) + "\n")
        except OSError as err:
            raise StoreError(f"cannot be written to ({err.strerror})", where=str(self.manifest)) from err

    def read(self, key: str) -> pa.Table:
        """The table of a part.

        Raises
        ------
        StoreError
            It is missing, or its bytes are not those that were written.
        """
        place = self.place(key)
        try:
            return decode(place.read_bytes())
        except OSError as err:
            raise StoreError("part is missing", where=str(place), remedy="resume the run (--resume)") from err
        except (ValueError, KeyError) as err:
            raise StoreError(
                "part is corrupted", where=str(place), remedy="repair=True (--repair) computes it again"
            ) from err

    def corrupted(self, keys: Iterable[str]) -> list[str]:
        """Keys whose parts are there but cannot be read, or are not what the manifest says."""
        known = {line["key"]: line["sha256"] for line in self.log()}
        found = []
        for key in keys:
            if not self.has(key):
                continue
            data = self.place(key).read_bytes()
            if known.get(key, "") not in ("", hashlib.sha256(data).hexdigest()):
                found.append(key)
                continue
            try:
                decode(data)
            except (ValueError, KeyError):
                found.append(key)
        return found

    def drop(self, key: str) -> None:
        """Remove a part."""
        self.place(key).unlink(missing_ok=True)

    # ---- manifest -----------------------------------------------------------------------------------------

    def log(self) -> list[dict[str, Any]]:
        """The manifest's lines, the last for each key; a torn line is skipped."""
        found: dict[str, dict[str, Any]] = {}
        if self.manifest.exists():
            for text in self.manifest.read_text(encoding="utf-8", errors="replace").splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    line = json.loads(text)
                    found[line["key"]] = line
        return list(found.values())

    def rebuild_manifest(self, keys: Iterable[str]) -> None:
        """Lines for parts that have none (a run was stopped between part and line, or the log was lost)."""
        known = {line["key"] for line in self.log()}
        for key in keys:
            if key not in known and self.has(key):
                data = self.place(key).read_bytes()
                self._log(key, data, decode(data).num_rows, None)

    # ---- results ------------------------------------------------------------------------------------------

    def finish(self, cells: Iterable[tuple[int, Cell]]) -> None:
        """Write ``results.parquet``: (study, cell) pairs in order."""
        pa = require("pyarrow", "studies")
        tables = []
        for study, cell in cells:
            table = self.read(cell.key)
            tables.append(table.add_column(0, "study", pa.array([study] * table.num_rows, pa.int32())))
        self._put(self.results, _bytes(pa.concat_tables(tables).combine_chunks()))

    def table(self) -> pa.Table:
        """All rows.

        Raises
        ------
        StoreError
            The run is not complete.
        """
        pq = require("pyarrow.parquet", "studies")
        if not self.results.exists():
            raise StoreError("the run is not complete", where=str(self.path), remedy="resume it (--resume)")
        try:
            return pq.read_table(self.results)
        except (ValueError, OSError) as err:
            raise StoreError("is corrupted", where=str(self.results), remedy="run with --resume to write it") from err

    def _put(self, place: Path, data: bytes) -> None:
        def fill(file: BinaryIO) -> None:
            file.write(data)

        try:
            replace_file(place, fill)
        except InputError as err:
            raise StoreError(err.what, where=err.where, remedy="free space or permissions, then resume") from err


def encode(columns: Mapping[str, list[Any]]) -> bytes:
    """A part as bytes of a parquet file."""
    pa = require("pyarrow", "studies")
    kinds = {"replicate": pa.int32(), "value": pa.float64()}
    text = pa.dictionary(pa.int32(), pa.string())
    arrays = [
        pa.array(columns[name], kinds[name])
        if name in kinds
        else pa.array(columns[name], pa.string()).dictionary_encode().cast(text)
        for name in COLUMNS
    ]
    return _bytes(pa.table(arrays, names=list(COLUMNS)))


def decode(data: bytes) -> pa.Table:
    """A part from its bytes.

    Raises
    ------
    ValueError
        Not a parquet file, or damaged.
    KeyError
        A column is missing.
    """
    pa, pq = require("pyarrow", "studies"), require("pyarrow.parquet", "studies")
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as err:
        raise ValueError(str(err)) from err
    return table.select(list(COLUMNS))


def _bytes(table: pa.Table) -> bytes:
    pq = require("pyarrow.parquet", "studies")
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()
