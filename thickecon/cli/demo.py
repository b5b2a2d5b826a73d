"""``thickecon demo``: the main job on real data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from .options import Seed

__all__ = ["demo"]


def demo(
    html: Annotated[str, typer.Option("--html", metavar="FILE", help="Where the report goes.")] = "demo_report.html",
    quick: Annotated[bool, typer.Option("--quick", help="A few seconds: too small to conclude anything.")] = False,
    seed: Seed = 0,
) -> int:
    """Run, print, write; see the help text in :mod:`thickecon.cli.app`."""
    from .screen import console, show_frame, show_notes
    from .targets import check_targets

    check_targets({"--html": (html, (".html", ".htm"))})
    from ..studies.course_demo import Settings, run_course_demo
    from ..studies.course_demo.report import summary_tables, write_report

    settings = Settings.quick(seed) if quick else Settings(seed=seed)
    with _progress() as progress:
        found = run_course_demo(settings, progress)
    out = console()
    for title, table, notes in summary_tables(found):
        show_frame(out, table, title)
        show_notes(out, notes)
    write_report(found, html)
    out.print(f"\nThe report, with figures, certificates and caveats: {html}", soft_wrap=True)
    return int(bool(found.failed))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar with the time left for each stage on a terminal; elsewhere one line a stage. Both on standard error."""
    from .screen import console

    err = console(stderr=True)
    if not err.is_terminal:
        yield _lines(err.print)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"))
    with Progress(*columns, TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn(), console=err) as bars:
        known: dict[str, object] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in known:
                known[what] = bars.add_task(what, total=total)
            bars.update(known[what], completed=done, total=total)  # type: ignore[arg-type]

        yield show


def _lines(say: Callable[[str], None]) -> Callable[[str, int, int], None]:
    """One line for each stage, when it begins."""
    start, known = time.monotonic(), set[str]()

    def show(what: str, done: int, total: int) -> None:
        if what not in known:
            known.add(what)
            say(f"{time.monotonic() - start:5.0f} s  {what}")

    return show
