"""The JSON file of a model's recorded answers: one object, prompt -> answer."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import FileFormatError
from .text_file import put_text

__all__ = ["read_answers", "write_answers"]


def read_answers(path: str | os.PathLike[str], *, missing_is_empty: bool = False) -> dict[str, Any]:
    """What was recorded.

    Parameters
    ----------
    path
        Of the file.
    missing_is_empty
        No file counts as no answers.

    Raises
    ------
    FileFormatError
        No such file, not JSON, or not an object.
    """
    place = Path(path)
    if missing_is_empty and not place.exists():
        return {}
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as err:
        raise FileFormatError(f"cannot be read ({err})", where=str(place)) from err
    except json.JSONDecodeError as err:
        raise FileFormatError(f"is not JSON: {err}", where=str(place)) from err
    if not isinstance(found, dict):
        raise FileFormatError(
            f"must be an object of prompts and answers, found {type(found).__name__}", where=str(place)
        )
    return found


def write_answers(path: str | os.PathLike[str], answers: Mapping[str, Any]) -> None:
    """Write them, sorted by prompt, so that a file under version control shows what is new.

    Raises
    ------
    FileFormatError
        The folder cannot be written to, or the disk is full.
    """
    text = json.dumps(dict(answers), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    put_text(Path(path), text + "\n")
