"""Trees of plain values and arrays as one parquet file.

Every vector is a column and every table several; shorter columns are filled up with nulls at their end (which cost
nothing when packed), so one flat file holds vectors of all lengths and any parquet reader shows them. Everything else
is JSON in the metadata under the key ``thickecon``, with the name of the column where an array stood. Pages carry
checksums, so damage is an error, not another number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ..._core.optional import require
from ...errors import FileFormatError

__all__ = ["KEY", "read_parquet", "write_parquet"]

KEY = b"thickecon"
GROUP = 1 << 20
"""Rows of a row group."""
WIDE = 4096
"""A table with more columns than this on both axes is stored as one long column."""
SHORT = 64
"""Lists of labels up to this long stay in the metadata, where people see them."""


class _Columns:
    """Columns under construction: name -> vector."""

    def __init__(self) -> None:
        self.found: dict[str, npt.NDArray[Any] | list[str]] = {}

    def put(self, tree: Any, name: str = "") -> Any:
        """``tree`` with every array replaced by the name of its columns."""
        if isinstance(tree, dict):
            return {key: self.put(value, f"{name}/{key}" if name else key) for key, value in tree.items()}
        if isinstance(tree, range):
            return len(tree)
        if isinstance(tree, np.ndarray):
            return self._array(tree, name)
        if isinstance(tree, list) and len(tree) > SHORT and not isinstance(tree[0], dict):
            return self._labels(tree, name)
        if isinstance(tree, list):
            return [self.put(entry, f"{name}/{k}") for k, entry in enumerate(tree)]
        return tree

    def _array(self, array: npt.NDArray[Any], name: str) -> dict[str, Any]:
        if array.ndim == 1:
            self.found[name] = array
            return {"column": name, "length": len(array)}
        rows, columns = array.shape
        if min(rows, columns) > WIDE:
            self.found[name] = array.ravel()
            return {"column": name, "length": array.size, "shape": [rows, columns]}
        axis = 0 if rows <= columns else 1
        for k in range(array.shape[axis]):
            self.found[f"{name}/{k}"] = array[k] if axis == 0 else array[:, k]
        return {"columns": name, "count": array.shape[axis], "axis": axis, "length": array.shape[1 - axis]}

    def _labels(self, labels: list[Any], name: str) -> dict[str, Any]:
        kinds = set(map(type, labels))
        if kinds == {int} and max(map(abs, labels)) < 2**63:
            self.found[name] = np.array(labels, dtype=np.int64)
            return {"column": name, "length": len(labels), "text": "integer"}
        if kinds == {str} and not any("\ud800" <= letter <= "\udfff" for text in labels for letter in text):
            self.found[name] = labels
            return {"column": name, "length": len(labels), "text": "plain"}
        self.found[name] = [json.dumps(label, allow_nan=False) for label in labels]
        return {"column": name, "length": len(labels), "text": "json"}


def write_parquet(tree: dict[str, Any], file: BinaryIO) -> None:
    """Write a tree.

    Raises
    ------
    MissingExtraError
        pyarrow is not installed (extra ``interop``).
    """
    pa, pq = require("pyarrow", "interop"), require("pyarrow.parquet", "interop")
    columns = _Columns()
    header = json.dumps(columns.put(tree), ensure_ascii=True, allow_nan=False)
    found = columns.found or {"nothing": np.zeros(0)}
    types = {
        name: pa.string() if isinstance(one, list) else pa.from_numpy_dtype(one.dtype) for name, one in found.items()
    }
    schema = pa.schema(list(types.items()), metadata={KEY: header.encode()})
    length = max(map(len, found.values()))
    # a dictionary page would make -0.0 and 0.0 one entry
    texts = [name for name, one in found.items() if isinstance(one, list)]
    with pq.ParquetWriter(
        file, schema, compression="zstd", use_dictionary=texts, write_page_checksum=True, write_statistics=False
    ) as writer:
        for start in range(0, max(length, 1), GROUP):
            stop = min(start + GROUP, length)
            arrays = [_padded(pa, found[name][start:stop], stop - start, types[name]) for name in found]
            writer.write_table(pa.table(arrays, schema=schema), row_group_size=GROUP)


def _padded(pa: Any, part: Sequence[Any] | npt.NDArray[Any], length: int, kind: Any) -> Any:
    if isinstance(part, np.ndarray):
        part = np.ascontiguousarray(part)
    made = pa.array(part, type=kind, from_pandas=False)
    if len(made) == length:
        return made
    return pa.concat_arrays([made, pa.nulls(length - len(made), kind)])


def read_parquet(place: Path) -> dict[str, Any]:
    """The tree in a parquet file that this package wrote.

    Raises
    ------
    FileFormatError
        Damaged, or not written by this package.
    MissingExtraError
        pyarrow is not installed (extra ``interop``).
    """
    pa, pq = require("pyarrow", "interop"), require("pyarrow.parquet", "interop")
    where = str(place)
    try:
        with pq.ParquetFile(place, page_checksum_verification=True) as file:
            metadata = file.schema_arrow.metadata or {}
            if KEY not in metadata:
                names = ", ".join(file.schema_arrow.names[:6])
                raise FileFormatError(
                    f"is parquet but not a file of this package (columns: {names})",
                    where=where,
                    remedy="te.ThickProfile.from_frame(pandas.read_parquet(path).set_index(['agent', 'option']))",
                )
            tree = json.loads(metadata[KEY].decode())
            made = _fill(tree, file, where)
    except FileFormatError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, RecursionError) as err:
        reason = str(err).strip().splitlines()[0][:200] if str(err).strip() else type(err).__name__
        raise FileFormatError(f"is damaged ({reason})", where=where, remedy="copy or write the file again") from err
    if not isinstance(made, dict):
        raise FileFormatError("its metadata must be a JSON object", where=where)
    return made


def _fill(tree: Any, file: Any, where: str) -> Any:
    """``tree`` with arrays in place of the names of their columns."""
    if isinstance(tree, list):
        return [_fill(entry, file, where) for entry in tree]
    if not isinstance(tree, dict):
        return tree
    if "columns" in tree:
        shape = (tree["count"], tree["length"])
        table = np.empty(shape if tree["axis"] == 0 else shape[::-1])
        for k, column in enumerate(_each(file, tree)):
            table[(k, slice(None)) if tree["axis"] == 0 else (slice(None), k)] = column
        return table
    if "column" in tree:
        column = _column(file, tree["column"], tree["length"])
        kind = tree.get("text")
        if kind is None:
            vector = column.to_numpy()
            return vector.reshape(tree["shape"]) if "shape" in tree else vector
        found = column.to_pylist()
        return [json.loads(text) for text in found] if kind == "json" else found
    return {key: _fill(value, file, where) for key, value in tree.items()}


def _each(file: Any, entry: dict[str, Any]) -> Iterator[npt.NDArray[np.float64]]:
    for k in range(entry["count"]):
        yield _column(file, f"{entry['columns']}/{k}", entry["length"]).to_numpy()


def _column(file: Any, name: str, length: int) -> Any:
    if name not in file.schema_arrow.names:
        raise ValueError(f"column {name!r} is missing")
    whole = file.read(columns=[name]).column(0)
    part = whole.slice(0, length)
    if len(part) != length or part.null_count:
        raise ValueError(f"column {name!r} must have {length} entries, found {len(part) - part.null_count}")
    return part
