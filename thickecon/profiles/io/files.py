"""Opening and replacing files: recognise what a file is by its first bytes, and never leave half of one."""

from __future__ import annotations

import contextlib
import difflib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal

from ...errors import FileFormatError, SizeError

__all__ = ["JSON_LIMIT", "container_of", "replace_file", "write_target"]

JSON_LIMIT = 100 * 2**20
"""Bytes of the largest JSON file that is read or written: a larger one belongs into parquet."""

Container = Literal["json", "parquet"]

_ALIEN = (
    (b"\x1f\x8b", "is compressed with gzip", "unpack it first"),
    (b"PK\x03\x04", "is a zip archive (or an Excel workbook)", "unpack it, or export the table and use from_frame"),
    (b"\x93NUMPY", "is a numpy array", "te.ThickProfile.from_arrays(numpy.load(path, allow_pickle=False))"),
    (b"\x89HDF", "is an HDF5 file", "read it with pandas or h5py and use te.ThickProfile.from_frame"),
    (b"SQLite format 3", "is an SQLite database", "query it with pandas and use te.ThickProfile.from_frame"),
    (b"\xff\xfe", "is text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "is text in UTF-16", "save it as UTF-8"),
)
_PICKLES = (".pkl", ".pickle", ".joblib")


def container_of(path: str | os.PathLike[str]) -> tuple[Path, Container]:
    """What is at ``path``, by its ending and its first bytes; nothing more is read.

    Raises
    ------
    FileFormatError
        Missing, a directory, empty, a pickle, of another format, truncated, or not what its ending says.
    SizeError
        A JSON file above ``JSON_LIMIT``.
    """
    place = Path(path)
    size = _regular_size(place)
    try:
        with place.open("rb") as file:
            head = file.read(64)
            file.seek(max(0, size - 4))
            tail = file.read(4)
    except OSError as err:
        raise FileFormatError(f"cannot be read ({err.strerror})", where=str(place)) from err
    _refuse_alien(place, head)
    ending = place.suffix.lower()
    if ending not in (".json", ".parquet"):
        raise FileFormatError(
            f"must end in .json or .parquet, found {place.suffix or 'no ending'!r}",
            where=str(place),
            remedy="tables of other formats: read them with pandas, then te.ThickProfile.from_frame",
        )
    is_parquet = head.startswith(b"PAR1")
    if is_parquet and ending == ".json":
        raise FileFormatError("is a parquet file", where=str(place), remedy="rename it to end in .parquet")
    if ending == ".json":
        _check_json_head(place, head, size)
        return place, "json"
    if not is_parquet:
        raise FileFormatError(
            f"is not a parquet file: it starts with {head[:8]!r}, not b'PAR1'",
            where=str(place),
            remedy="if it is JSON, rename it to end in .json",
        )
    if size < 12 or tail != b"PAR1":
        raise FileFormatError(
            f"is truncated: {size} bytes without the closing b'PAR1'", where=str(place), remedy="copy the file again"
        )
    return place, "parquet"


def _regular_size(place: Path) -> int:
    try:
        found = place.stat()
    except FileNotFoundError as err:
        try:
            near = difflib.get_close_matches(place.name, os.listdir(place.parent), n=1)
        except OSError:
            near = []
        hint = f"did you mean {str(place.parent / near[0])!r}?" if near else "check the path and the working directory"
        raise FileFormatError("there is no such file", where=str(place), remedy=hint) from err
    except (OSError, ValueError) as err:
        raise FileFormatError(f"cannot be opened ({err})", where=str(place)) from err
    if stat.S_ISDIR(found.st_mode):
        raise FileFormatError("is a directory", where=str(place), remedy="name a .json or .parquet file in it")
    if not stat.S_ISREG(found.st_mode):
        raise FileFormatError("is not a regular file", where=str(place), remedy="copy its contents to a file")
    if not found.st_size:
        raise FileFormatError("is empty", where=str(place), remedy="write it again")
    return found.st_size


def _refuse_alien(place: Path, head: bytes) -> None:
    # a pickle of protocol 2 or later opens with 0x80 and its protocol; older ones are known by their ending only
    if (head[:1] == b"\x80" and len(head) > 1 and head[1] <= 16) or place.suffix.lower() in _PICKLES:
        raise FileFormatError(
            "is a pickle, which can run any program when read, so it is never read",
            where=str(place),
            remedy="ask its author for profile.save('name.json') or '.parquet'",
        )
    for magic, what, remedy in _ALIEN:
        if head.startswith(magic):
            raise FileFormatError(what, where=str(place), remedy=remedy)


def _check_json_head(place: Path, head: bytes, size: int) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start and not start.startswith(b"{"):
        raise FileFormatError(
            f"is not a file of this package: it starts with {start[:12]!r}, a JSON object starts with '{{'",
            where=str(place),
            remedy="save it with profile.save(path) or problem.save(path); tables: te.ThickProfile.from_frame",
        )
    if size > JSON_LIMIT:
        raise SizeError(
            f"has {size / 2**20:.0f} MB, JSON is read up to {JSON_LIMIT / 2**20:.0f} MB",
            where=str(place),
            remedy="save large profiles and problems as .parquet",
        )


def write_target(path: str | os.PathLike[str]) -> tuple[Path, Container]:
    """Where to write and in which container.

    Raises
    ------
    FileFormatError
        Another ending, a directory, or a folder that does not exist.
    """
    place = Path(path)
    ending = place.suffix.lower()
    if ending not in (".json", ".parquet"):
        remedy = (
            "pickles can run any program when read; use .json or .parquet"
            if ending in _PICKLES
            else ("use .json, or .parquet for large ones")
        )
        raise FileFormatError(
            f"must end in .json or .parquet, found {place.suffix or 'no ending'!r}", where=str(place), remedy=remedy
        )
    if place.is_dir():
        raise FileFormatError("is a directory", where=str(place), remedy="name a file in it")
    place = Path(os.path.realpath(place))  # a link is written through, not replaced
    if not place.parent.is_dir():
        raise FileFormatError("its folder does not exist", where=str(place), remedy=f"create {str(place.parent)!r}")
    return place, "json" if ending == ".json" else "parquet"


def replace_file(place: Path, write: Callable[[BinaryIO], None]) -> None:
    """Let ``write`` fill a new file beside ``place``, then put it there in one step.

    Whoever reads ``place`` sees the old file or the new one, never a part; after any error the old one stands and
    nothing is left over. The new file has the usual permissions (a named temporary file would have none for others).

    Raises
    ------
    FileFormatError
        The folder cannot be written to, or the disk is full.
    """
    beside = place.with_name(f".{place.name[:200]}.{secrets.token_hex(6)}.tmp")
    try:
        with beside.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    except OSError as err:
        raise FileFormatError(f"cannot be written ({err.strerror or err})", where=str(place)) from err
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
    with contextlib.suppress(OSError):  # the name itself reaches the disk where folders can be synchronised
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
