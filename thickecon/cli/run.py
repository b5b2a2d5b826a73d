"""From errors to exit codes: one clear line on standard error, no traceback for anything raised on purpose."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any, cast

import typer

from ..errors import SolverError, ThickEconError
from .app import app
from .screen import complain

__all__ = ["BAD_INPUT", "DONE", "SOME_FAILED", "run"]

DONE, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

# typer has its own copy of click in some versions and imports click in others; either way this is UsageError
_USAGE_ERROR = cast("type[Exception]", typer.BadParameter.__bases__[0])


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code; errors raised on purpose become one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a label that the terminal cannot show must not end the program
            stream.reconfigure(errors="backslashreplace")
    try:
        given = None if arguments is None else list(arguments)
        code = app(args=given, prog_name="thickecon", standalone_mode=False)
        if code == INTERRUPTED:  # some versions of typer return it, others raise
            raise KeyboardInterrupt
        return code if isinstance(code, int) else DONE
    except _USAGE_ERROR as err:
        if cast("Any", err).format_message():  # without arguments the help has been shown
            complain(_usage(err))
        return BAD_INPUT
    except SolverError as err:
        complain(str(err))
        return SOME_FAILED
    except ThickEconError as err:
        complain(str(err))
        return BAD_INPUT
    except MemoryError:
        complain("there is not enough memory for this problem")
        return BAD_INPUT
    except (typer.Abort, KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED


def _usage(err: Any) -> str:
    context = getattr(err, "ctx", None)
    command = getattr(context, "command_path", None) or "thickecon"
    return f"{err.format_message()} (see: {command} --help)"
