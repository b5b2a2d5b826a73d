"""Files a command writes: looked at before long work, and written only when all of it is done."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from ..errors import FileFormatError, InputError

__all__ = ["check_targets", "write_targets"]


def check_targets(targets: Mapping[str, tuple[str | None, tuple[str, ...]]], *inputs: str | None) -> None:
    """Complain now about files that could not be written later.

    Parameters
    ----------
    targets
        Option -> (path or None, endings that are allowed).
    *inputs
        Files the command reads, which it must not replace.

    Raises
    ------
    FileFormatError
        Another ending, a directory, a folder that is not there or cannot be written to.
    InputError
        Two options name the same file, or one names an input.
    """
    taken = {os.path.realpath(path): "the input" for path in inputs if path is not None}
    for option, (given, endings) in targets.items():
        if given is None:
            continue
        place = Path(given)
        where = f"{option} {given}"
        if place.suffix.lower() not in endings:
            found = place.suffix or "no ending"
            raise FileFormatError(f"must end in {' or '.join(endings)}, found {found!r}", where=where)
        if place.is_dir():
            raise FileFormatError("is a directory", where=where, remedy="name a file in it")
        real = os.path.realpath(place)
        if real in taken:
            raise InputError(f"is the file of {taken[real]} too", where=where, remedy="choose another name")
        taken[real] = option
        _try_folder(Path(real).parent, where)


def _try_folder(folder: Path, where: str) -> None:
    """Create an empty file in ``folder`` and remove it: permissions alone do not say whether that works."""
    if not folder.is_dir():
        raise FileFormatError("its folder does not exist", where=where, remedy=f"create {str(folder)!r}")
    trial = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        os.close(os.open(trial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        trial.unlink()
    except OSError as err:
        raise FileFormatError(f"its folder cannot be written to ({err.strerror or err})", where=where) from err


def write_targets(texts: Mapping[str, str]) -> None:
    """Write texts to files by path, each atomically.

    Raises
    ------
    FileFormatError
        The folder cannot be written to, or the disk is full.
    """
    from ..profiles.io.files import replace_file

    for path, text in texts.items():
        raw = text.encode("utf-8", "backslashreplace")
        replace_file(Path(os.path.realpath(path)), lambda file, raw=raw: _put(file, raw))  # type: ignore[misc]


def _put(file: object, raw: bytes) -> None:
    file.write(raw)  # type: ignore[attr-defined]
