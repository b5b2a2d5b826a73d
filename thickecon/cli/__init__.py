"""The command line: ``thickecon compare``, ``sensitivity``, ``validate``, ``list``, ``example`` and ``demo``.

One command a file. Heavy packages are imported within the commands, so that ``--help`` is quick.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        None: those of the process.

    Returns
    -------
    int
        0: done; 1: ran, but something in it failed; 2: bad input or usage, said in one line on standard error.
    """
    from .run import run

    return run(arguments)
