"""Text files, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ...profiles.io.files import replace_file

__all__ = ["put_text"]


def put_text(place: Path, text: str) -> None:
    """Write UTF-8.

    Raises
    ------
    FileFormatError
        The folder cannot be written to, or the disk is full.
    """

    def fill(file: BinaryIO) -> None:
        file.write(text.encode())

    replace_file(place, fill)
