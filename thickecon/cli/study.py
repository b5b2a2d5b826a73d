"""``thickecon study`` and ``thickecon report``: run a suite into a store, and write up what is in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..studies import Results

__all__ = ["report", "study"]

Store = Annotated[str, typer.Option("--store", metavar="DIR", help="Folder of the results; made if it is not there.")]


def study(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="A suite in TOML.")],
    store: Store,
    resume: Annotated[bool, typer.Option("--resume", help="Take up a run that was stopped.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Compute corrupted parts again.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, metavar="N", help="Processes on this machine.")] = 1,
    dask: Annotated[str, typer.Option("--dask", metavar="ADDRESS", help="A scheduler, such as tcp://host:8786.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the replicates: a look, not a result.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Run more than 100,000 cells.")] = False,
) -> int:
    """Run; see the help text in :mod:`thickecon.cli.app`."""
    from ..studies import Study
    from ..studies.suite import quick_suite, read_suite
    from .screen import console, show_frame

    given = read_suite(suite)
    plan = Study(quick_suite(given) if quick else given, yes=yes)
    executor = f"dask:{dask}" if dask else f"processes:{workers}" if workers > 1 else "serial"
    with _bar() as progress:
        found = plan.run(store, executor, resume=resume, repair=repair, progress=progress)
    out = console()
    show_frame(out, found.headline().round(3), found.suite.name)
    out.print(f"\n{len(found.frame):,} numbers in {store}; thickecon report {store} --html FILE writes them up.")
    return _after(found)


def report(
    store: Annotated[str, typer.Argument(metavar="DIR", help="Folder of a complete run.")],
    html: Annotated[str, typer.Option("--html", metavar="FILE", help="Where the page goes.")] = "",
    csv: Annotated[str, typer.Option("--csv", metavar="DIR", help="A folder for tidy CSV tables.")] = "",
    latex: Annotated[str, typer.Option("--latex", metavar="DIR", help="A folder for LaTeX tables.")] = "",
) -> int:
    """Write; see the help text in :mod:`thickecon.cli.app`."""
    from .screen import console, show_frame
    from .targets import check_targets

    check_targets({"--html": (html or None, (".html", ".htm"))})
    from ..studies import load

    found = load(store)
    out = console()
    show_frame(out, found.headline().round(3), found.suite.name)
    if html:
        found.save_html(html)
        out.print(f"\nThe report: {html}", soft_wrap=True)
    if csv:
        found.to_csv(csv)
    if latex:
        found.to_latex(latex)
    return _after(found)


def _after(found: Results) -> int:
    """Say which rows failed and which checks of the suite are not met; the exit code."""
    from ..studies.summary import checks_table
    from .screen import console

    out, checks = console(), checks_table(found)
    failed, missed = len(found.failed), checks[checks["met"] == "no"]
    if failed:
        out.print(f"{failed} rows failed; they are in the store with their errors.")
    if len(checks):
        out.print(f"{len(checks) - len(missed)} of {len(checks)} checks of the suite are met.")
    for study, row in missed.iterrows():
        at = f" at {row['at']}" if row["at"] else ""
        out.print(
            f"Not met: {study}: {row['quantity']}{at} is {row['measured']:.4g}, expected {row['expected']:.4g}"
            f" within {row['tolerance']:.2g} ({row['source']}).",
            soft_wrap=True,
        )
    return int(failed > 0)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Parts done, with the time left, on a terminal; nothing elsewhere."""
    from .screen import console

    err = console(stderr=True)
    if not err.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("parts"), BarColumn(), MofNCompleteColumn(), TextColumn("left:"), TimeRemainingColumn())
    with Progress(*columns, console=err) as bars:
        task = bars.add_task("parts", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
