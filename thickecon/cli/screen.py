"""What a terminal shows: aligned tables in 80 columns, plain text where there is no terminal."""

from __future__ import annotations

import contextlib
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

__all__ = ["complain", "console", "fits", "frame_table", "one_line", "show_frame", "show_notes", "text_table"]


def one_line(text: str) -> str:
    """``text`` on one line, with escapes in place of control characters (labels come from files of strangers)."""
    flat = " ".join(text.split())
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in flat)


def complain(text: str) -> None:
    """One line on standard error."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"thickecon: {one_line(text)}\n")


def console(*, stderr: bool = False) -> Console:
    """A console that takes text as it is: no markup, no emoji, no colours of its own for numbers and paths."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def text_table(out: Console, heads: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[bool]) -> Table:
    """A table of texts; columns marked ``right`` hold numbers, which are never cut or broken."""
    from rich import box
    from rich.table import Table

    plain = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
    table = Table(
        box=box.SIMPLE_HEAD if out.is_terminal else plain, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)
    )
    cells = [tuple(map(one_line, row)) for row in rows]
    for k, (head, number) in enumerate(zip(heads, right, strict=True)):
        if number:  # its head may take several lines, its numbers may not
            head = _narrow(head, max((len(row[k]) for row in cells), default=0))
        table.add_column(head, justify="right" if number else "left", vertical="top", no_wrap=number, overflow="fold")
    for row in cells:
        table.add_row(*row)
    return table


def _narrow(head: str, width: int) -> str:
    words = one_line(head).split()
    return "\n".join(textwrap.wrap(" ".join(words), max([width, 10, *map(len, words)]))) if words else ""


def frame_table(out: Console, frame: pd.DataFrame) -> Table:
    """A frame with its index as the first columns; numbers with four significant digits."""
    from ..plotting.page import number

    heads = [str(name or "") for name in frame.index.names] + [str(name) for name in frame.columns]
    right = [False] * frame.index.nlevels + [kind.kind in "fiu" for kind in frame.dtypes]
    rows = [
        [*map(str, label if isinstance(label, tuple) else (label,)), *map(number, cells)]
        for label, cells in zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
    ]
    return text_table(out, heads, rows, right)


def fits(out: Console, table: Table) -> bool:
    """Does the table fit into the console without breaking a line?"""
    from rich.measure import Measurement

    return Measurement.get(out, out.options.update(max_width=10_000), table).maximum <= out.width


def show_frame(out: Console, frame: pd.DataFrame, title: str = "") -> None:
    """Print a frame, under its title; one that is too wide is broken into blocks of columns."""
    if title:
        out.print(f"\n{one_line(title)}", style="bold")
    for k, part in enumerate(_blocks(out, frame)):
        if k:
            out.print()
        out.print(frame_table(out, part))


def _blocks(out: Console, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """As many columns at a time as fit, at least one."""
    while frame.shape[1]:
        count = frame.shape[1]
        while count > 1 and not fits(out, frame_table(out, frame.iloc[:, :count])):
            count -= 1
        yield frame.iloc[:, :count]
        frame = frame.iloc[:, count:]


def show_notes(out: Console, notes: Iterable[str]) -> None:
    """Print sentences as a list, wrapped under their bullets."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    for note in notes:
        grid.add_row("*", one_line(note))
    if grid.row_count:
        out.print()
        out.print(grid)
