"""What a suite found, in tables: every number is computed from rows of the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import FloatArray
from .crossing import Curve, curve_over
from .results import PointResults, Results
from .scenario import ARMS
from .statistics import Paired, holm, paired
from .suite import Check
from .suite_checks import is_at

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "checks_table",
    "compared",
    "curves",
    "headline",
    "known_table",
    "label",
    "losses",
    "main_point",
    "share_errors",
    "study_title",
    "verdict",
    "wins",
]


def study_title(results: Results, study: int) -> str:
    """The plan's title, or the scenario's with its place in the literature's list."""
    point = results.of(study)[0]
    return point.plan.title or f"{point.scenario.title} ({point.scenario.section})"


def label(point: PointResults, without: tuple[str, ...] = ()) -> str:
    """The knobs that vary in the study, but for those named, as text."""
    varied = set(point.plan.grid) - set(without)
    shown = {name: value for name, value in point.scenario.parameters.items() if name in varied}
    return ", ".join(
        f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}" for name, value in shown.items()
    )


def main_point(results: Results, study: int) -> PointResults:
    """The point of a study that stands in the headline table: ``main`` of the plan, else the first of the grid."""
    points = results.of(study)
    wanted = points[0].plan.main
    for point in points:
        if is_at(point.scenario, wanted):
            return point
    return points[0]


def _means(point: PointResults) -> Any:
    return point.table()


def _errors(point: PointResults) -> Any:
    return point.standard_errors()


def _sign(point: PointResults, measure: str) -> float:
    better = next((m.better for m in point.scenario.measures if m.name == measure), "more")
    return -1.0 if better == "less" else 1.0


@dataclass(frozen=True)
class Gap:
    """Mean and standard error of a paired difference: all that a word about it needs."""

    mean: float
    standard_error: float


@lru_cache(maxsize=4096)
def gap(point: PointResults, arm: str, versus: str, measure: str) -> Gap | None:
    """Arm less the other arm on one measure, without intervals; None where fewer than two pairs exist."""
    found = _gaps(point, arm, versus, measure)
    if found is None:
        return None
    return Gap(float(found.mean()), float(found.std(ddof=1) / np.sqrt(len(found))))


def _gaps(point: PointResults, arm: str, versus: str, measure: str) -> FloatArray | None:
    if not {arm, versus} <= set(point.arms) or measure not in point.values:
        return None
    found: FloatArray = point.differences(arm, versus)[measure].dropna().to_numpy(dtype=float)
    return found if len(found) >= 2 else None


@lru_cache(maxsize=4096)
def difference(point: PointResults, arm: str, versus: str, measure: str) -> Paired | None:
    """Arm less the other arm on one measure; None where fewer than two pairs exist."""
    found = _gaps(point, arm, versus, measure)
    return None if found is None else paired(found)


def verdict(found: Gap | Paired | None, sign: float = 1.0) -> str:
    """In a word: better, worse, or no clear difference at two standard errors."""
    if found is None:
        return "not run"
    if abs(found.mean) <= 2 * found.standard_error or found.mean == 0:
        return "no clear difference"
    return "better" if sign * found.mean > 0 else "worse"


def headline(results: Results) -> pd.DataFrame:
    """One row a study: share of the oracle by arm, and the two differences that matter with what they mean.

    The second is shrunk less informed; thick less informed where a scenario has no shrunk arm.
    """
    import pandas as pd

    rows = []
    for k in range(len(results.suite.study)):
        point = main_point(results, k)
        name, table = point.headline, _means(point)
        row: dict[str, Any] = {"study": study_title(results, k), "measure": name.replace("_", " ")}
        row |= _shares(table, name)
        thick = gap(point, "thick", "sidt", name)
        best = "shrunk" if "shrunk" in point.arms else "thick"
        second = gap(point, best, "informed", name)
        row |= _with_error("thick - sidt", thick) | _with_error(f"{best} - informed", second)
        row["reading"] = _reading(point, name, thick, best, second)
        rows.append(row)
    made = pd.DataFrame(rows).set_index("study")
    last = sorted((c for c in made.columns if " - " in c), key=lambda c: "informed" in c)
    arms = [c for c in made.columns if c not in last and c not in ("measure", "reading")]
    arms.sort(key=lambda arm: (ARMS.index(arm) if arm in ARMS else len(ARMS), arm))
    return made[["measure", "reading", *arms, *last]]


def _shares(table: Any, name: str) -> dict[str, float]:
    """Means of the headline measure in per cent of the oracle's, where that is positive; else the means."""
    if not name:
        return {}
    best = float(table.loc["oracle", name]) if "oracle" in table.index else np.nan
    scale = 100.0 / best if best > 0 else 1.0
    return {str(arm): scale * float(value) for arm, value in table[name].items()}


def share_errors(point: PointResults, name: str) -> dict[str, float]:
    """Two standard errors of each arm's share of the oracle, in per cent: of a ratio of means over the same worlds.

    Of the mean itself, where the oracle's is not positive.
    """
    if not name or name not in point.values:
        return {}
    wide = point.values[name].unstack("arm")
    best = wide["oracle"] if "oracle" in wide and wide["oracle"].mean() > 0 else None
    made = {}
    for arm in point.arms:
        off = wide[arm] if best is None else 100.0 * (wide[arm] - wide[arm].mean() / best.mean() * best) / best.mean()
        made[arm] = 2.0 * float(off.std(ddof=1) / np.sqrt(off.count())) if off.count() > 1 else float("nan")
    return made


def _with_error(title: str, found: Gap | None) -> dict[str, float]:
    if found is None:
        return {title: np.nan, f"s.e. ({title})": np.nan}
    return {title: found.mean, f"s.e. ({title})": found.standard_error}


def _reading(point: PointResults, name: str, thick: Gap | None, best: str, second: Gap | None) -> str:
    if not name:
        return "every row failed"
    sign = _sign(point, name)
    first = f"thick {verdict(thick, sign)}"
    if second is None or verdict(thick, sign) != "better":
        return first
    gained = verdict(second, sign)
    said = "evidence, not thickness" if gained == "no clear difference" else f"{best} {gained} than informed"
    return f"{first}; {said}"


def compared(point: PointResults, arm: str = "thick", versus: str = "sidt") -> pd.DataFrame:
    """Every measure of a point: both means, the paired difference with intervals, Holm-adjusted p, and the word."""
    import pandas as pd

    table = _means(point)
    found = {name: difference(point, arm, versus, name) for name in table.columns}
    known = {name: each for name, each in found.items() if each is not None}
    adjusted = holm({name: each.p for name, each in known.items()})
    rows = {
        name.replace("_", " "): {
            versus: float(table.loc[versus, name]),
            arm: float(table.loc[arm, name]),
            "difference": each.mean,
            "s.e.": each.standard_error,
            "low": each.low,
            "high": each.high,
            "bootstrap low": each.boot_low,
            "bootstrap high": each.boot_high,
            "p (Holm)": adjusted[name],
            "reading": _word(point, name, each),
        }
        for name, each in known.items()
    }
    made = pd.DataFrame.from_dict(rows, orient="index")
    made.index.name = "measure"
    return made


def _word(point: PointResults, name: str, found: Paired) -> str:
    better = next((m.better for m in point.scenario.measures if m.name == name), None)
    if better is None:
        return "neither is better"
    return verdict(found, _sign(point, name))


def _outcomes(results: Results) -> Iterator[tuple[int, PointResults, Gap, float]]:
    for k in range(len(results.suite.study)):
        for point in results.of(k):
            found = gap(point, "thick", "sidt", point.headline)
            if found is not None:
                yield k, point, found, _sign(point, point.headline)


def _listed(results: Results, word: str) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "study": study_title(results, k),
            "at": label(point) or "the only point",
            "measure": point.headline.replace("_", " "),
            "thick - sidt": found.mean,
            "s.e.": found.standard_error,
            "in s.e.": abs(found.mean) / found.standard_error
            if found.standard_error > 1e-9 * abs(found.mean)
            else np.inf,
        }
        for k, point, found, sign in _outcomes(results)
        if verdict(found, sign) == word
    ]
    columns = ["study", "at", "measure", "thick - sidt", "s.e.", "in s.e."]
    return pd.DataFrame(rows, columns=columns).set_index("study")


def wins(results: Results) -> pd.DataFrame:
    """Points at which thick is better than SIDT by more than two standard errors."""
    return _listed(results, "better")


def losses(results: Results) -> pd.DataFrame:
    """Points at which thick is worse than SIDT by more than two standard errors."""
    return _listed(results, "worse")


@lru_cache(maxsize=512)
def curves(results: Results, study: int, arm: str = "thick") -> dict[str, Curve]:
    """Curves over the evidence knob, by the values of the other knobs; empty without that knob in the grid."""
    points = [p for p in results.of(study) if {arm, "sidt"} <= set(p.arms)]
    if not points or points[0].scenario.evidence not in points[0].plan.grid:
        return {}
    knob = points[0].scenario.evidence
    groups: dict[str, list[PointResults]] = {}
    for point in points:
        rest = {k: v for k, v in point.scenario.parameters.items() if k != knob and k in point.plan.grid}
        groups.setdefault(", ".join(f"{k} = {v}" for k, v in rest.items()), []).append(point)
    return {name: curve_over(group, arm) for name, group in groups.items() if len(group) > 1}


def known_table(results: Results, study: int) -> pd.DataFrame:
    """Closed forms beside what was measured, with the distance in standard errors."""
    import pandas as pd

    rows = []
    for point in results.of(study):
        table, errors = _means(point), _errors(point)
        for each in point.scenario.known():
            if each.arm not in table.index or each.measure not in table:
                continue
            measured, error = float(table.loc[each.arm, each.measure]), float(errors.loc[each.arm, each.measure])
            gap = abs(measured - each.value)
            rows.append(
                {
                    "at": label(point) or "the only point",
                    "arm": each.arm,
                    "measure": each.measure.replace("_", " "),
                    "closed form": each.value,
                    "measured": measured,
                    "s.e.": error,
                    "distance in s.e.": gap / error if error > 0 else (0.0 if gap < 1e-9 else np.inf),
                    "source": each.source,
                }
            )
    columns = ["at", "arm", "measure", "closed form", "measured", "s.e.", "distance in s.e.", "source"]
    return pd.DataFrame(rows, columns=columns).set_index("at")


def checks_table(results: Results) -> pd.DataFrame:
    """What the suite holds itself to: expected, measured, tolerance, and whether it was met."""
    import pandas as pd

    rows = []
    for k, plan in enumerate(results.suite.study):
        for check in plan.check:
            measured, error = _measured(results, k, check)
            slack = check.atol + check.rtol * abs(check.expected) + 4.0 * (error if np.isfinite(error) else 0.0)
            rows.append(
                {
                    "study": study_title(results, k),
                    "quantity": f"{check.quantity} of {check.arm}" + (f", {check.measure}" if check.measure else ""),
                    "at": ", ".join(f"{name} = {value}" for name, value in check.at.items()),
                    "expected": check.expected,
                    "measured": measured,
                    "tolerance": slack,
                    "met": "yes" if abs(measured - check.expected) <= slack else "no",
                    "source": check.source,
                }
            )
    columns = ["study", "quantity", "at", "expected", "measured", "tolerance", "met", "source"]
    return pd.DataFrame(rows, columns=columns).set_index("study")


def _measured(results: Results, study: int, check: Check) -> tuple[float, float]:
    """The number and its standard error; nan where nothing fits."""
    points = [p for p in results.of(study) if is_at(p.scenario, check.at)]
    if not points:
        return float("nan"), 0.0
    measure = check.measure or points[0].headline
    if check.quantity == "break_even":
        points = [p for p in points if {check.arm, "sidt"} <= set(p.arms)]
        if len(points) < 2:
            return float("nan"), 0.0
        found = curve_over(points, check.arm, measure=measure)
        return found.crossing, (found.high - found.low) / 4.0
    if check.quantity == "mean":
        if check.arm not in points[0].arms or measure not in points[0].values:
            return float("nan"), 0.0
        return float(_means(points[0]).loc[check.arm, measure]), float(_errors(points[0]).loc[check.arm, measure])
    change = gap(points[0], check.arm, "sidt", measure)
    return (float("nan"), 0.0) if change is None else (change.mean, change.standard_error)
