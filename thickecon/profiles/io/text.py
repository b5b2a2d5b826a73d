"""Trees of plain values and arrays as JSON text, exact to the bit and readable by people."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...errors import FileFormatError, SizeError
from . import files

__all__ = ["read_json", "tree_text", "write_json"]


LARGE = 1 << 20
_STAMP = re.compile(rb'"format"\s*:\s*"thickecon')


def read_json(place: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises
    ------
    FileFormatError
        Not UTF-8, not JSON (line and column are named), nested too deeply, or a key that stands twice.
    """
    where = str(place)
    raw = place.read_bytes()
    if len(raw) > LARGE and not _STAMP.search(raw):  # parsing garbage takes 25 times its size
        raise FileFormatError(
            f"is not a file of this package: {len(raw) / 2**20:.0f} MB without a 'format'",
            where=where,
            remedy="save it with profile.save(path) or problem.save(path)",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise FileFormatError(
            f"is not UTF-8: byte {raw[err.start]:#04x} at offset {err.start}", where=where, remedy="save it as UTF-8"
        ) from err
    del raw
    try:
        made = json.loads(text, object_pairs_hook=_no_key_twice)
    except json.JSONDecodeError as err:
        raise FileFormatError(
            f"is not JSON: {err.msg} at line {err.lineno}, column {err.colno}",
            where=where,
            remedy="if the file ends there, it is truncated: copy it again",
        ) from err
    except RecursionError as err:
        raise FileFormatError("is nested too deeply to be a file of this package", where=where) from err
    except ValueError as err:
        raise FileFormatError(f"cannot be read: {err}", where=where) from err
    if not isinstance(made, dict):  # pragma: no cover - the first byte was '{'
        raise FileFormatError("must be a JSON object", where=where)
    return made


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice!r} stands twice in one object")
    return made


def tree_text(tree: dict[str, Any]) -> str:
    """A key a line, a row of a table a line, so that two files can be compared line by line."""
    return _object(tree, "") + "\n"


def _object(tree: dict[str, Any], indent: str) -> str:
    inner = indent + " "
    body = ",\n".join(f"{inner}{json.dumps(key)}: {_value(value, inner)}" for key, value in tree.items())
    return "{\n" + body + "\n" + indent + "}"


def _value(value: Any, indent: str) -> str:
    if isinstance(value, dict):
        return _object(value, indent)
    if isinstance(value, range):
        return str(len(value))
    if isinstance(value, np.ndarray):
        if value.ndim == 1:
            return _dumps(value.tolist())
        return _lines([_dumps(row.tolist()) for row in value], indent)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return _lines([_dumps(entry) if _flat(entry) else _object(entry, indent + " ") for entry in value], indent)
    return _dumps(value)


def _flat(entry: dict[str, Any]) -> bool:
    return not any(isinstance(value, (np.ndarray, dict)) for value in entry.values())


def _lines(rows: Sequence[str], indent: str) -> str:
    return "[" + ",".join(f"\n{indent} {row}" for row in rows) + (f"\n{indent}]" if rows else "]")


def _dumps(value: Any) -> str:
    # floats are written by repr, the shortest text that reads back as the same bits
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if _encodes(text) else json.dumps(value, ensure_ascii=True, allow_nan=False)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def write_json(tree: dict[str, Any], file: BinaryIO, where: str) -> None:
    """Write a tree.

    Raises
    ------
    SizeError
        The text would exceed what is read back.
    """
    numbers = sum(map(np.size, _arrays(tree)))
    if 4 * numbers > files.JSON_LIMIT:  # "0.0," is the shortest number
        raise _too_large(where, f"{numbers} numbers")
    raw = tree_text(tree).encode()
    if len(raw) > files.JSON_LIMIT:
        raise _too_large(where, f"{len(raw) / 2**20:.0f} MB")
    file.write(raw)


def _too_large(where: str, size: str) -> SizeError:
    return SizeError(
        f"would take {size}, JSON is read and written up to {files.JSON_LIMIT / 2**20:.0f} MB",
        where=where,
        remedy="save it as .parquet",
    )


def _arrays(tree: Any) -> list[Any]:
    if isinstance(tree, np.ndarray):
        return [tree]
    entries = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return [array for entry in entries if isinstance(entry, (dict, list, np.ndarray)) for array in _arrays(entry)]


def label_value(label: Hashable, where: str) -> Any:
    """What a file holds for a label.

    Raises
    ------
    FileFormatError
        A label that is not text, a finite number, a boolean, None or a tuple of them.
    """
    if isinstance(label, tuple):
        return [label_value(entry, where) for entry in label]
    if label is None or type(label) in (str, bool, int) or (type(label) is float and np.isfinite(label)):
        return label
    raise FileFormatError(
        f"label {label!r} of type {type(label).__name__} cannot be saved",
        where=where,
        remedy="use text, numbers, or tuples of them as labels",
    )
