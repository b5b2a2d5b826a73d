"""A suite's results as one self-contained page. Every number in it is computed from rows of the store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..mechanism.outcome_file import write_page
from ..mechanism.provenance import package_version
from ..plotting.curves import arms_figure, beside_figure, gaps_figure
from ..plotting.page import Page
from .break_evens import break_evens, world_shares
from .incidence import both_selves, loss_bounds, premises, who_pays
from .results import PointResults, Results
from .scenario import ARMS
from .summary import (
    checks_table,
    compared,
    curves,
    headline,
    known_table,
    label,
    losses,
    main_point,
    share_errors,
    study_title,
    wins,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["report_page", "write_report"]


def write_report(results: Results, path: str | os.PathLike[str]) -> None:
    """Write the page, atomically.

    Raises
    ------
    FileFormatError
        Another ending than .html, or a folder that is not there.
    """
    write_page(report_page(results).render(), path)


def report_page(results: Results) -> Page:
    """Headline, where thick wins and where it loses, a section a study, checks, caveats and provenance."""
    page = Page(
        f"The standard toolkit and thick values: {results.suite.name}",
        f"{len(results.suite.study)} studies, {len(results.points)} points, {len(results.frame):,} numbers. The same"
        " code, worlds, lotteries and tie rules in every arm.",
    )
    _in_short(page, results)
    for k in range(len(results.suite.study)):
        _study(page, results, k)
    _failed(page, results)
    _caveats(page, results)
    _provenance(page, results)
    return page


def _in_short(page: Page, results: Results) -> None:
    page.section("In short")
    table = headline(results)
    page.table(
        _shares_shown(results, table),
        "One point a study: the headline measure of each arm in per cent of the oracle's where that is positive, else"
        " its mean; after the sign two standard errors. Arms that only one scenario has stand in its section.",
    )
    page.table(
        _differences(table),
        "Paired differences with standard errors in brackets, in the measure's unit. Where shrunk less informed (thick"
        " less informed, where nothing is shrunk) is nil, what helped was evidence, not thickness.",
    )
    page.section("How exact evidence must be")
    page.table(
        _break_evens_shown(break_evens(results)),
        "The error of the evidence at which thick is as good as SIDT on the headline measure, with 95 % intervals over"
        " worlds, and the size of a survey that has that error, in answers with a deviation of one unit of the knob.",
    )
    page.section("Where thick wins")
    _listed(page, wins(results), results)
    page.section("Where thick loses")
    _listed(page, losses(results), results)
    never = _never_won(results)
    page.notes([f"Thick was nowhere better than SIDT in: {', '.join(never)}."] if never else [])
    _who_pays(page, results)
    made = checks_table(results)
    if len(made):
        page.section("Checks")
        page.table(
            made.round(4),
            "What the suite holds itself to. Tolerance: the stated one plus four standard errors of what was measured.",
        )


def _break_evens_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers as words where nothing crosses; blank where a study has no curve."""
    made = table.astype(object)
    curve = table["error of"].notna()
    for name in ("break-even", "low", "high"):
        made[name] = [_crossing(x) if there else "" for x, there in zip(table[name], curve, strict=True)]
    for name in ("closed form", "answers"):
        made[name] = ["" if np.isnan(x) else "no number" if np.isinf(x) else f"{x:.4g}" for x in table[name]]
    return made.fillna("")


def _shares_shown(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """Each arm's share with two standard errors, as text; blank where there is no such arm."""
    import pandas as pd

    arms = [arm for arm in ARMS if arm in table.columns]
    rows = []
    for k in range(len(results.suite.study)):
        point = main_point(results, k)
        errors = share_errors(point, point.headline)
        rows.append([_with_half(float(table.iloc[k][arm]), errors.get(arm, float("nan"))) for arm in arms])
    return pd.DataFrame(rows, index=table.index, columns=arms)


def _with_half(value: float, half: float) -> str:
    if np.isnan(value):
        return ""
    digits = 1 if abs(value) >= 20 else 2
    return f"{value:.{digits}f}" + (f"\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{half:.{digits}f}" if half > 0 else "")


def _who_pays(page: Page, results: Results) -> None:
    paying, selves, bounds = who_pays(results), both_selves(results), loss_bounds(results)
    page.section("Who pays for the gain")
    if len(paying):
        page.table(paying.round(4), "Where thick is ahead by the headline measure, what it is behind on.")
    else:
        page.text("Where thick is ahead by the headline measure it is behind on nothing, beyond two standard errors.")
    if len(selves):
        page.section("Both selves, and what influence gains")
        page.table(
            selves.round(4),
            "Shares that end no worse than without the mechanism, by what they act on (decision) and by what they"
            " stand behind (endorsed); what influence gains, as each scenario measures it.",
        )
    if len(bounds):
        page.section("Loss bound beside the loss")
        page.table(
            bounds.round(4),
            "What SIDT loses against the oracle, and the most it can lose by T3. It binds where it is within 5 % of the"
            " loss. Other scenarios do not maximise a sum, and have no such bound.",
        )
    page.section("Normative choices in force")
    page.table(premises(results).round(4), "None is a finding: with another choice every endorsed number is another.")


def _differences(table: pd.DataFrame) -> pd.DataFrame:
    """Each difference with its error as one text; of the two against informed, the one that is there."""

    def shown(name: str) -> list[str]:
        if name not in table:
            return [""] * len(table)
        pairs = zip(table[name], table[f"s.e. ({name})"], strict=True)
        return ["" if np.isnan(value) else f"{value:.4g}\N{NO-BREAK SPACE}({error:.2g})" for value, error in pairs]

    made = table[["measure"]].copy()
    made["thick - sidt"] = shown("thick - sidt")
    second = zip(shown("shrunk - informed"), shown("thick - informed"), strict=True)
    made["shrunk or thick - informed"] = [one or other for one, other in second]
    made["reading"] = table["reading"]
    return made


def _listed(page: Page, table: pd.DataFrame, results: Results) -> None:
    if len(table):
        page.table(table.round(4), f"{len(table)} of {len(results.points)} points, beyond two standard errors.")
    else:
        page.text("At no point beyond two standard errors.")


def _never_won(results: Results) -> list[str]:
    won = set(wins(results).index)
    names = [study_title(results, k) for k in range(len(results.suite.study))]
    return [name for k, name in enumerate(names) if name not in won and "thick" in main_point(results, k).arms]


def _study(page: Page, results: Results, k: int) -> None:
    point = main_point(results, k)
    scenario = point.scenario
    page.section(study_title(results, k))
    page.text(scenario.question, f"Where thick does not help: {scenario.loses}" if scenario.loses else "")
    if scenario.failures:
        page.text(f"Failure shown: {', '.join(scenario.failures)}.")
    page.text(
        "Knobs: " + ", ".join(f"{name} = {value}" for name, value in scenario.parameters.items()) + ".",
        f"{point.values.index.get_level_values('replicate').nunique()} worlds a point.",
    )
    page.table(_arms(point), "Means with standard errors in brackets, every measure of every arm.")
    shares = world_shares(point)
    if len(shares):
        page.table(shares.round(4), "Shares of worlds, with exact 95 % intervals (Clopper and Pearson).")
    for arm in ("thick", "shrunk"):
        if {arm, "sidt"} <= set(point.arms):
            page.table(
                compared(point, arm).round(4),
                f"{arm} less sidt, paired: Student's and bootstrap intervals, p-values adjusted over measures (Holm).",
            )
    _figures(page, results, k, point)
    known = known_table(results, k)
    if len(known):
        page.table(known.head(40).round(4), "Closed forms beside what was measured.")


def _arms(point: PointResults) -> pd.DataFrame:
    lines = {m.name: m.line for m in point.scenario.measures}
    means: Any = point.table()
    errors: Any = point.standard_errors()
    shown = means.map(lambda x: f"{x:.4g}") + errors.map(lambda x: f" ({x:.2g})" if np.isfinite(x) else "")
    made: pd.DataFrame = shown.T
    made["what it is"] = [lines[str(name)] for name in made.index]
    made.index = [str(name).replace("_", " ") for name in made.index]
    made.index.name = "measure"
    made.columns.name = None
    return made


def _figures(page: Page, results: Results, k: int, point: PointResults) -> None:
    name = next((p.headline for p in results.of(k) if p.headline), "")  # at the point shown every row may have failed
    for group, curve in curves(results, k).items():
        points = [p for p in results.of(k) if group == _group(p, curve.knob) and {"sidt", "thick"} <= set(p.arms)]
        points.sort(key=lambda p: float(p.scenario.parameters[curve.knob]))
        tables: list[Any] = [p.table() for p in points]
        errors: list[Any] = [p.standard_errors() for p in points]
        arms = [arm for arm in points[0].arms if all(arm in p.arms for p in points)]
        closed = _closed_means(points, name)
        page.figure(
            arms_figure(
                curve.at,
                {arm: [t.loc[arm, name] for t in tables] for arm in arms},
                {arm: [e.loc[arm, name] for e in errors] for arm in arms},
                curve.knob,
                name.replace("_", " "),
                curve.closed_form,
                closed,
            ),
            f"{group + ': ' if group else ''}each arm over the error of the evidence; bands are two standard errors,"
            f" dashes closed forms. Break-even of thick and SIDT: {_crossing(curve.crossing)}"
            f" (95 % interval {_crossing(curve.low)} to {_crossing(curve.high)})"
            + (f"; closed form {curve.closed_form:.4g}." if curve.closed_form is not None else "."),
        )
    for one, other in point.scenario.beside:
        table = point.table()
        if {one, other} <= set(table.columns):
            page.figure(
                beside_figure(dict(table[one]), dict(table[other]), one.replace("_", " "), other.replace("_", " ")),
                f"{other.replace('_', ' ')} beside {one.replace('_', ' ')}, an arm a point: who never changes need not"
                " be right.",
            )
    others = [arm for arm in point.arms if arm not in ("sidt", "oracle")]
    if "sidt" in point.arms and others:
        gaps = {arm: point.differences(arm)[name].dropna().to_numpy() for arm in others}
        page.figure(
            gaps_figure(gaps, f"{name.replace('_', ' ')}: arm less sidt in the same world"),
            "Paired differences over worlds, as distribution functions.",
        )


def _group(point: PointResults, knob: str) -> str:
    rest = {n: v for n, v in point.scenario.parameters.items() if n != knob and n in point.plan.grid}
    return ", ".join(f"{n} = {v}" for n, v in rest.items())


def _closed_means(points: list[PointResults], name: str) -> dict[str, list[float]]:
    made: dict[str, list[float]] = {}
    for point in points:
        for each in point.scenario.known():
            if each.measure == name:
                made.setdefault(each.arm, []).append(each.value)
    return {arm: values for arm, values in made.items() if len(values) == len(points)}


def _crossing(value: float) -> str:
    if np.isnan(value):
        return "none, thick is nowhere better"
    return "beyond the grid" if np.isinf(value) else f"{value:.3g}"


def _failed(page: Page, results: Results) -> None:
    failed = results.failed
    if len(failed):
        page.section("Failed rows")
        shown = failed[["scenario", "parameters", "replicate", "arm", "error"]].head(50).astype(str)
        page.table(shown.set_index("scenario"), f"{len(failed)} rows failed and are left out of every number above.")


def _caveats(page: Page, results: Results) -> None:
    page.section("What these numbers do not show")
    page.notes(
        [
            "Worlds are drawn from laws that were chosen by hand, and the thick arm is given evidence of a stated"
            " quality. Sizes say nothing about the world outside; signs, break-even errors and limits do.",
            "The mapping of scenarios to limitations of the standard toolkit is a reading of the literature.",
            "An oracle is an upper bound for its own objective only.",
            "p-values and intervals are over worlds drawn, and say nothing of other laws.",
            *(f"{study_title(results, k)}: point shown first, {label(main_point(results, k)) or 'the only one'}."
              for k in range(len(results.suite.study))),
        ]
    )  # fmt: skip


def _provenance(page: Page, results: Results) -> None:
    import hashlib

    page.section("Where it comes from")
    page.text(
        f"Suite {results.suite.name!r}, seed {results.suite.seed}, sha256"
        f" {hashlib.sha256(results.suite.text().encode()).hexdigest()}, thickecon {package_version()}. The same suite"
        " gives the same table, bit for bit, whatever executor ran it and however often it was stopped.",
    )
    sources = dict.fromkeys(main_point(results, k).scenario.source for k in range(len(results.suite.study)))
    page.notes([f"Source: {text}." for text in sources if text])
    page.text("How to cite:")
    page.code(
        "@software{thickecon,\n  title = {thickecon: mechanism design with thick value profiles},\n"
        f"  version = {{{package_version()}}},\n  author = {{{{thickecon developers}}}}\n}}"
    )
