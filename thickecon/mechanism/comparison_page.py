"""A comparison as a self-contained page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import NotApplicableError
from ..plotting.page import Page
from .cite import cite

if TYPE_CHECKING:
    import pandas as pd

    from .comparison import Comparison

__all__ = ["add_comparison", "comparison_page"]


def comparison_page(comparison: Comparison, title: str | None = None) -> Page:
    """Tables, plots, what it takes to overturn the result, certificates and caveats."""
    page = Page(
        title or f"{comparison.mechanism.title}: {' against '.join(reversed(list(comparison.outcomes)))}",
        "One mechanism, read through different lenses, judged by the same yardsticks.",
    )
    page.section("Result")
    add_comparison(page, comparison)
    page.section("Certificates")
    for label, runs in comparison.outcomes.items():
        page.heading(f"{label}: {runs[0].mechanism!r}")
        page.table(
            runs[0].certificate_frame().set_index("property"), "Recomputed from the numbers of the first lottery."
        )
    page.section("Claims of the mechanism")
    page.table(claims_frame(comparison), "What this setting promises of every outcome, and what is known to fail.")
    page.section("Provenance and citation")
    for label, runs in comparison.outcomes.items():
        made = runs[0].provenance
        stamp = f" Stamp: {made.stamp}." if made.stamp else ""
        page.text(
            f"{label}: {made.mechanism}. Lens {made.lens['title']}: {made.lens['sees']}; ignores"
            f" {made.lens['ignores']}."
            f" Seed {made.seed}. Version {made.version}. Problem sha256 {made.problem_hash}.{stamp}"
        )
    page.code(cite(comparison.mechanism))
    return page


def add_comparison(page: Page, comparison: Comparison) -> None:
    """The tables, figure and caveats of a comparison, within a section."""
    lines = {item.name: item.line for item in comparison.yardsticks}
    table = comparison.table()
    page.table(table.assign(meaning=[lines.get(name, "") for name in table.index]), "Every yardstick of every arm.")
    if comparison.n_draws and len(comparison.outcomes) > 1:
        caption = f"Differences, with 2.5 and 97.5 % points over {comparison.n_draws} draws of the evidence."
        page.table(comparison.differences.dropna(axis=1, how="all"), caption)
        page.table(
            comparison.probabilities.dropna(how="all").round(3),
            f"Share of draws in which an arm is better than {comparison.versus}, by each yardstick.",
        )
    counts = comparison.winners_and_losers if len(comparison.outcomes) > 1 and _has_utilities(comparison) else None
    if counts:
        page.text(
            f"Endorsed surplus: {counts['gain']} agents gain, {counts['lose']} lose, {counts['same']} stay as they are."
        )
    if len(comparison.outcomes) > 1:
        sides = "Left: differences by yardstick. Right: change in endorsed surplus by agent."
        page.figure(comparison.plot(), sides if counts else "Differences by yardstick.")
        page.text(f"Loss bound (T3): {comparison.loss_bound}.", f"Tipping point: {comparison.tipping_point}.")
    if counts:
        page.text(f"Break-even error of the evidence: {comparison.break_even}.")
    page.notes(comparison.caveats)


def _has_utilities(comparison: Comparison) -> bool:
    try:
        return len(comparison.changes) > 0
    except NotApplicableError:
        return False


def claims_frame(comparison: Comparison) -> pd.DataFrame:
    """Claims of the first two arms, side by side."""
    import pandas as pd

    rows = [
        {
            "arm": label,
            "claim": claim.name,
            "self": claim.self,
            "holds": "yes" if claim.holds else "no",
            "statement": claim.statement,
            "source": claim.reference,
        }
        for label, arm in comparison.arms.items()
        for claim in arm.mechanism.claims
    ]
    return pd.DataFrame(rows, columns=["arm", "claim", "self", "holds", "statement", "source"]).set_index(
        ["arm", "claim"]
    )
