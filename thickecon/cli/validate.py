"""``thickecon validate``: what is wrong with a file."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["validate"]


def validate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Profile or problem file (.json or .parquet).")],
) -> int:
    """Print every fault, or a summary; see the help text in :mod:`thickecon.cli.app`."""
    from ..problems.io import read_file
    from .screen import console, one_line

    console().print(one_line(f"{file}: ok, {read_file(file)!r}"), soft_wrap=True)
    return 0
