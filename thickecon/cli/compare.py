"""``thickecon compare``: one mechanism in several arms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import HtmlFile, LensText, MechanismName, Parameters, ProblemFile, Seed

if TYPE_CHECKING:
    from rich.console import Console

    from ..mechanism.comparison import Comparison

__all__ = ["compare", "show_comparison"]


def compare(
    problem: ProblemFile,
    mechanism: MechanismName,
    param: Parameters = None,
    lens: LensText = None,
    truth: Annotated[
        str | None, typer.Option(metavar="FILE", help="Whose values count; default: the estimate in PROBLEM.")
    ] = None,
    arms: Annotated[str, typer.Option(help="Among sidt, thick, oracle (needs --truth).")] = "sidt,thick",
    draws: Annotated[int, typer.Option(min=0, help="Draws from the error of the evidence.")] = 0,
    replicates: Annotated[int, typer.Option(min=1, help="Lotteries over which arms are averaged.")] = 1,
    seed: Seed = 0,
    html: HtmlFile = None,
    csv: Annotated[str | None, typer.Option(metavar="FILE", help="Write the table in full precision.")] = None,
    latex: Annotated[str | None, typer.Option(metavar="FILE", help="Write the table for a paper.")] = None,
) -> int:
    """Run, print, write; see the help text in :mod:`thickecon.cli.app`."""
    from ..mechanism.compare import compare as run_arms
    from ..mechanism.setting import make_mechanism
    from ..problems.io import read_file
    from .screen import console
    from .targets import check_targets, write_targets

    ways = {"--html": (html, (".html", ".htm")), "--csv": (csv, (".csv",)), "--latex": (latex, (".tex",))}
    check_targets(ways, problem, truth)
    made = make_mechanism(mechanism, param or (), lens)
    named = [name.strip() for name in arms.split(",") if name.strip()]
    given, judge = read_file(problem), None if truth is None else read_file(truth)
    found = run_arms(made, given, truth=judge, arms=named, draws=draws, replicates=replicates, rng=seed)
    texts = _texts(found, html, csv, latex)
    out = console()
    show_comparison(out, found)
    write_targets(texts)
    for path in texts:
        out.print(f"written: {path}", soft_wrap=True)
    return int(not all(outcome.certified for runs in found.outcomes.values() for outcome in runs))


def _texts(found: Comparison, html: str | None, csv: str | None, latex: str | None) -> dict[str, str]:
    """Path -> contents of what was asked for; all is made before any of it is written."""
    from ..mechanism.comparison_page import comparison_page

    made: dict[str, str] = {}
    if html is not None:
        made[html] = comparison_page(found).render()
    if csv is not None:
        made[csv] = found.table().to_csv()
    if latex is not None:
        made[latex] = found.to_latex()
    return made


def show_comparison(out: Console, found: Comparison) -> None:
    """Every yardstick of every arm, who gains, what it takes to overturn the result, and the caveats."""
    from .screen import fits, frame_table, one_line, show_frame, show_notes

    whole = found.table()
    out.print(one_line(f"{found.mechanism.title} ({found.mechanism!r})"), style="bold")
    out.print()
    if fits(out, frame_table(out, whole)):
        out.print(frame_table(out, whole))
    else:
        show_frame(out, whole[list(found.outcomes)])
    for label in found.outcomes:
        if label != found.versus and (found.n_draws or not fits(out, frame_table(out, whole))):
            gaps = found.differences.loc[[label]].droplevel("arm").dropna(axis=1, how="all")
            show_frame(out, gaps, f"{label} less {found.versus}")
    if len(found.outcomes) > 1:
        counts = found.winners_and_losers
        out.print("\nEndorsed surplus: {gain} agents gain, {lose} lose, {same} stay as they are.".format(**counts))
        out.print(one_line(f"Loss bound: {found.loss_bound}."))
        out.print(one_line(f"Tipping point: {found.tipping_point}."))
        out.print(one_line(f"Break-even error of the evidence: {found.break_even}."))
    show_notes(out, found.caveats)
