"""From the experiment to the planner's picture of the market, by two methods.

The conditional logit gives the wedge of each promotion in points. The route of Goldin and Reck gives the share of
people who prefer a promoted course, if those whom the frame moves prefer it as often as the others (decision-quality
independence). Here nobody endorses the promotion, so that assumption fails, and its arm shows what that costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...endorsement.estimate import Estimate, Source, Target
from ...endorsement.framed_choice import FrameAugmentedChoice
from ...endorsement.goldin_reck import GoldinReck
from ...endorsement.links import LogitLink
from ...profiles.profile import ThickProfile
from .plant import Plant

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Estimates", "fit_estimates", "frame_counts"]


@dataclass(frozen=True, eq=False)
class Estimates:
    """What the planner knows after the experiment.

    Attributes
    ----------
    logit
        Wedge of each promotion in points.
    quality, neutral
        Share of people who prefer a promoted course: by decision-quality independence, and by the neutral arm.
    dqi
        The wedge in log odds that follows from ``quality``.
    link
        Points for one unit of log odds, from the logit.
    counts
        How often promoted courses were chosen, by course and arm.
    """

    logit: Estimate
    quality: Estimate
    neutral: Estimate
    dqi: Estimate
    link: LogitLink
    counts: pd.DataFrame

    def thick(self, plant: Plant) -> ThickProfile:
        """The reports with the estimated wedge of each promotion taken out of the points of those it reached."""
        names = {
            name: f"promotion of {target.options[0]}" for name, target in self.logit.targets.items() if target.options
        }
        return self.logit.apply(plant.truth.thin(), motives=names, agents=plant.reached)

    def thick_dqi(self, plant: Plant) -> ThickProfile:
        """The same with the wedge that decision-quality independence implies."""
        return self.dqi.apply(plant.truth.thin(), agents=plant.reached, link=self.link)

    def to_frame(self, plant: Plant) -> pd.DataFrame:
        """Estimated and planted wedges in points."""
        import pandas as pd

        rows = []
        for k, name in enumerate(self.logit.names):
            low, high = self.logit.interval().loc[name]
            row = {"method": "conditional logit", "promotion of": str(self.logit.targets[name].options[0])}
            rows.append(row | _numbers(float(self.logit.values[k]), float(self.logit.errors[k]), low, high, plant))
        values, covariance = self.link.convert("logit", self.dqi.values, self.dqi.covariance_matrix)
        assert covariance is not None
        value, error = float(values[0]), float(np.sqrt(covariance[0, 0]))
        row = {"method": "Goldin-Reck, DQI", "promotion of": "all three"}
        rows.append(row | _numbers(value, error, value - 1.96 * error, value + 1.96 * error, plant))
        return pd.DataFrame(rows).set_index(["method", "promotion of"])


def _numbers(value: float, error: float, low: float, high: float, plant: Plant) -> dict[str, object]:
    return {
        "planted": plant.shift,
        "estimate": value,
        "standard error": error,
        "low": float(low),
        "high": float(high),
        "95 % interval": "covers" if low <= plant.shift <= high else "misses",
    }


def frame_counts(data: pd.DataFrame, plant: Plant) -> pd.DataFrame:
    """Layout FrameCounts: a row for each promoted course and arm, n menus that held it, k that chose it."""
    shown = data[data["option"].isin(plant.courses)]
    counts = shown.groupby(["option", "arm"], sort=True)["chosen"].agg(n="size", k="sum").reset_index()
    return counts.rename(columns={"option": "cell", "arm": "framing"})


def fit_estimates(data: pd.DataFrame, plant: Plant) -> Estimates:
    """Both methods on the same choices.

    Parameters
    ----------
    data
        From :func:`run_experiment`.
    plant
        Only its labels of promoted courses are used, never its strength.

    Raises
    ------
    EvidenceError
        The experiment is too small: a promoted course was never chosen, or was in no menu.
    """
    logit = FrameAugmentedChoice(
        frames=("promotion",), value="value", constants=False, covariance="robust", unit="utils"
    ).fit(data)
    slope = logit.diagnostics["coefficients"].loc["value"]
    link = LogitLink(1.0 / slope["estimate"], slope["standard_error"] / slope["estimate"] ** 2)
    counts = frame_counts(data, plant)
    quality = GoldinReck(route="quality").fit(counts)
    neutral = GoldinReck(route="neutral").fit(counts)
    return Estimates(logit, quality, neutral, _implied_wedge(quality, counts, plant), link, counts)


def _implied_wedge(quality: Estimate, counts: pd.DataFrame, plant: Plant) -> Estimate:
    """Log odds from the share q that prefers to the share Y1 that chooses when promoted.

    q = Y0 / (1 - Y1 + Y0) gives q / (1 - q) = Y0 / (1 - Y1), so the shift is log(Y1 / Y0), with delta-method variance
    (1 - Y1) / (Y1 n1) + (1 - Y0) / (Y0 n0).
    """
    y0, y1 = quality.diagnostics["y_against"], quality.diagnostics["y_for"]
    n = counts.groupby("framing")["n"].sum()
    shift = LogitLink(1.0).shift(quality.estimate, y1)
    variance = (1 - y1) / (y1 * n["for"]) + (1 - y0) / (y0 * n["against"])
    return Estimate(
        "contribution",
        ("promotion",),
        np.array([float(shift)]),
        np.array([[variance]]),
        unit="logit",
        assumptions=quality.assumptions,
        source=Source(
            "GoldinReck, decision-quality independence",
            quality.source.citation,
            quality.source.doi,
            quality.source.n,
            deletion=quality.source.deletion,
            buys_point=quality.source.buys_point,
        ),
        targets={"promotion": Target(plant.courses, "promotion")},
    )
