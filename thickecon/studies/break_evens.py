"""How exact evidence must be for thick values to pay, study by study; and shares of worlds with exact intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .results import PointResults, Results
from .statistics import clopper_pearson
from .summary import curves, study_title

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["break_evens", "world_shares"]

COLUMNS = ["at", "error of", "break-even", "low", "high", "closed form", "answers", "where thick does not help"]


def break_evens(results: Results, arm: str = "thick") -> pd.DataFrame:
    """A row a curve over the error of the evidence: the error at which an arm is as good as SIDT, and where it is not.

    The break-even is inf where the arm is better at all errors tried, nan where at none, or where the study has no
    curve. ``answers`` is the size of a survey that has that error (the closed form's where there is one), in answers
    with a deviation of one unit of the knob, at least 1; nan where the knob is no standard error, or nothing crosses.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for k in range(len(results.suite.study)):
        scenario = results.of(k)[0].scenario
        found = curves(results, k, arm)
        row: dict[str, Any] = {"study": study_title(results, k), "where thick does not help": scenario.loses}
        if not found:
            rows.append({**row, "at": "no curve"})
        for group, curve in found.items():
            error = curve.crossing if curve.closed_form is None else curve.closed_form
            rows.append(
                {
                    **row,
                    "at": group or "the only curve",
                    "error of": curve.knob,
                    "break-even": curve.crossing,
                    "low": curve.low,
                    "high": curve.high,
                    "closed form": np.nan if curve.closed_form is None else curve.closed_form,
                    "answers": _answers(error) if curve.knob == "s" and scenario.surveyed else np.nan,
                }
            )
            row["where thick does not help"] = ""
    return pd.DataFrame(rows, columns=["study", *COLUMNS]).set_index("study")


def _answers(error: float) -> float:
    """(1 / error)^2, at least 1; infinitely many where evidence helps at no error, nan where no error tried is too
    large.
    """
    if np.isinf(error):
        return float("nan")
    if np.isnan(error) or error <= 0:
        return float("inf")
    return max(1.0, float(error) ** -2)


def world_shares(point: PointResults, level: float = 0.95) -> pd.DataFrame:
    """Measures that are 0 or 1 in every world: the share of worlds by arm, with Clopper and Pearson's interval.

    Parameters
    ----------
    point
        Of a study.
    level
        Of the intervals, which are exact.
    """
    import pandas as pd

    rows = []
    for measure in point.table().columns:
        values = point.values[measure].dropna()
        if not values.isin((0.0, 1.0)).all() or values.nunique() < 2:
            continue
        for arm in point.arms:
            here = point.arm(arm)[measure].dropna()
            if len(here):
                low, high = clopper_pearson(int(here.sum()), len(here), level)
                name = str(measure).replace("_", " ")
                rows.append({"measure": name, "arm": arm, "share": here.mean(), "low": low, "high": high})
    return pd.DataFrame(rows, columns=["measure", "arm", "share", "low", "high"]).set_index("measure")
