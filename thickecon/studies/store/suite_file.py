"""A suite's TOML file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from ...errors import FileFormatError

__all__ = ["suite_content"]


def suite_content(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What the file says, unchecked.

    Raises
    ------
    FileFormatError
        No such file, or not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as err:
        raise FileFormatError(f"cannot be read ({err})", where=str(path)) from err
    except tomllib.TOMLDecodeError as err:
        raise FileFormatError(f"is not TOML: {err}", where=str(path)) from err
