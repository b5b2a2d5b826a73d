"""Temptation from an experiment with a bonus and a limit tool: Allcott, Gentzkow and Song."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .habit_model import MOMENTS, HabitModel
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DigitalAddiction"]

QUANTITIES = (
    "rho", "eta", "zeta", "lamda", "naivete", "gamma", "slope", "long_run_cut", "share", "one_day_loss", "kappa",
    "without_habit",
)  # fmt: skip

_ASSUMPTIONS = (
    "the limit tool removes temptation, all of it and nothing else (tempted = 1)",
    "quadratic flow of utility, habits that fade at one rate, a bonus that is only money",
    "arms were drawn at random",
)


@register("DigitalAddiction")
@dataclass(frozen=True)
class DigitalAddiction(Estimator):
    """Temptation in dollars an hour, habits, and the share of use that goes back to temptation, from moments or panels.

    Parameters
    ----------
    price
        The bonus, dollars an hour.
    tempted
        Temptation in what the tool removes, 1 by the paper's assumption; another number shows what hangs on it.
    errors
        ``"delta"``, or ``"bootstrap"``: agents are drawn anew, or (with moments only) moments from the normal law of
        their errors.
    draws, rng
        Of the bootstrap.

    References
    ----------
    Allcott, Gentzkow and Song (2022), "Digital Addiction", American Economic Review 112(7),
    doi:10.1257/aer.20210867, equations in section IV, table 4.

    Examples
    --------
    The published moments, minutes a day: 1.09 dollars an hour, 31 per cent of use.

    >>> import pandas as pd
    >>> m = {"tau3": -55.9, "tau4": -19.2, "tau5": -12.3, "tau2": -24.3, "forecast": 6.13, "use": 153.0}
    >>> found = DigitalAddiction().fit(pd.DataFrame({"moment": list(m), "value": list(m.values())}))
    >>> share = found.diagnostics["quantities"].loc["share", "estimate"]
    >>> round(float(found.estimate["temptation"]), 3), round(float(share), 4)
    (1.087, 0.3106)
    """

    kind: ClassVar[Kind] = "contribution"
    title: ClassVar[str] = "Temptation and habits"
    citation: ClassVar[str] = "Allcott, Gentzkow and Song (2022), American Economic Review 112(7)"
    doi: ClassVar[str | None] = "10.1257/aer.20210867"
    layout: ClassVar[str] = "UsePanel"

    price: float = 2.5
    tempted: float = 1.0
    errors: Literal["delta", "bootstrap"] = "delta"
    draws: int = 2000
    rng: RNG = None

    def __post_init__(self) -> None:
        if not self.price > 0 or not self.tempted >= 0:
            raise EvidenceError(
                f"need price > 0 and tempted >= 0, found {self.price} and {self.tempted}", where="DigitalAddiction"
            )
        if self.errors not in ("delta", "bootstrap") or self.draws < 2:
            raise EvidenceError(f"found errors={self.errors!r}, draws={self.draws}", where="DigitalAddiction")

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from moments, or from a panel of use.

        Parameters
        ----------
        data
            Either layout Moments: moment (tau3, tau4, tau5, tau2, forecast, use), value in minutes a day, and
            ``standard_error`` where known (moments then count as independent, which understates some errors and
            overstates others: those of rho, zeta and the share hang on correlations that only micro-data show); or
            layout UsePanel: agent, period 1 to 5, x minutes a day, bonus and limit 0/1, predicted.

        Returns
        -------
        Estimate
            Kind "contribution", dollars an hour: "temptation" (gamma) and "naivete". ``diagnostics["quantities"]`` has
            everything with standard errors.

        Raises
        ------
        EvidenceError
            A table of neither layout, a moment that is missing, an arm that is empty, moments without a steady state.
        """
        if "moment" in getattr(data, "columns", ()):
            moments, joint, n = _from_moments(data)
            drawn: FloatArray | None = None
            if self.errors == "bootstrap" and joint is not None:
                noise = generator(self.rng).standard_normal((self.draws, len(MOMENTS)))
                drawn = moments + noise * np.sqrt(np.diag(joint))
        else:
            panel = _Panel.read(data)
            moments, joint, n = panel.moments(), panel.covariance(), panel.agents
            drawn = panel.resampled(self.draws, generator(self.rng)) if self.errors == "bootstrap" else None
        values = self._quantities(moments)
        if not (0 <= values[0] < 1 and values[6] > 0 and values[1] < 0):
            raise EvidenceError(
                f"these moments have no steady state (rho = {values[0]:.3g}, eta = {values[1]:.3g},"
                f" slope = {values[6]:.3g})",
                where="DigitalAddiction",
                remedy="effects of the bonus must fall off by less than all in each period, and not rise",
            )
        spread, said = self._spread(moments, values, joint, drawn)
        return self._estimate(moments, values, spread, n, said)

    def _quantities(self, moments: FloatArray) -> FloatArray:
        """(..., Q) in the order of QUANTITIES; gamma and what hangs on it times ``tempted``."""
        made = HabitModel.from_moments(moments, self.price)
        table = np.stack([getattr(made, name) for name in QUANTITIES], axis=-1)
        scale = {"gamma": self.tempted, "long_run_cut": self.tempted, "share": self.tempted,
                 "one_day_loss": self.tempted**2}  # fmt: skip
        table = table * np.array([scale.get(name, 1.0) for name in QUANTITIES])
        at = QUANTITIES.index("kappa")
        table[..., at] += made.gamma * (1 - self.tempted)
        return np.asarray(table)

    def _spread(
        self, moments: FloatArray, values: FloatArray, joint: FloatArray | None, drawn: FloatArray | None
    ) -> tuple[FloatArray | None, tuple[str, ...]]:
        if joint is None:
            return None, ("no standard errors of the moments were given",)
        if drawn is None:
            step = 1e-5
            slopes = np.stack(
                [
                    (self._quantities(moments + step * e) - self._quantities(moments - step * e)) / (2 * step)
                    for e in np.eye(len(MOMENTS))
                ],
                axis=1,
            )
            return np.asarray(slopes @ joint @ slopes.T), ()
        table = self._quantities(drawn)
        steady = (table[:, 0] >= 0) & (table[:, 0] < 1) & (table[:, 6] > 0) & np.isfinite(table).all(axis=1)
        said = () if steady.all() else (f"{int((~steady).sum())} of {len(table)} draws have no steady state: left out",)
        return np.asarray(np.cov(table[steady].T)), said

    def _estimate(
        self, moments: FloatArray, values: FloatArray, spread: FloatArray | None, n: int | None, said: tuple[str, ...]
    ) -> Estimate:
        import pandas as pd

        at = [QUANTITIES.index("gamma"), QUANTITIES.index("naivete")]
        errors = np.full(len(values), np.nan) if spread is None else np.sqrt(np.diag(spread))
        diagnostics: dict[str, Any] = {
            "quantities": pd.DataFrame({"estimate": values, "standard_error": errors}, index=list(QUANTITIES)),
            "moments": dict(zip(MOMENTS, moments.tolist(), strict=True)),
            "warnings": said,
        }
        return Estimate(
            "contribution",
            ("temptation", "naivete"),
            values[at],
            None if spread is None else spread[np.ix_(at, at)],
            None,
            None,
            "money",
            _ASSUMPTIONS,
            diagnostics,
            Source("DigitalAddiction", self.citation, self.doi, n,
                   tuple((key, str(entry)) for key, entry in self.parameters.items()),
                   "use that people would cut off if they could", _ASSUMPTIONS[0]),
        )  # fmt: skip


def _from_moments(data: pd.DataFrame) -> tuple[FloatArray, FloatArray | None, None]:
    table = LAYOUTS["Moments"].check(data, ("standard_error",) if "standard_error" in data.columns else ())
    names = table["moment"].astype(str)
    if names.duplicated().any():
        raise EvidenceError(f"{names[names.duplicated()].iloc[0]!r} is there twice", where="column 'moment'")
    missing = [name for name in MOMENTS if name not in set(names)]
    if missing:
        raise EvidenceError(f"has no moment {missing[0]!r}", where="Moments", remedy=f"moments: {', '.join(MOMENTS)}")
    indexed = table.set_index("moment")
    values = np.array([float(indexed["value"][name]) for name in MOMENTS])
    if "standard_error" not in indexed:
        return values, None, None
    errors = np.array([float(indexed["standard_error"][name]) for name in MOMENTS])
    if not np.isfinite(errors).all() or (errors < 0).any():
        raise EvidenceError("must be at least 0", where="column 'standard_error'")
    return values, np.diag(errors**2), None


@dataclass(frozen=True, eq=False)
class _Panel:
    """(agents, 5) minutes a day, arms, and use above own forecast (agents,); nan where it was not asked."""

    x: FloatArray
    bonus: FloatArray
    limit: FloatArray
    missed: FloatArray

    @classmethod
    def read(cls, data: pd.DataFrame) -> _Panel:
        """From layout UsePanel.

        Raises
        ------
        EvidenceError
            A column or period that is missing, two rows of an agent and period, arms that change or are empty.
        """
        extra = ("limit", "bonus", "predicted")
        there = [name for name in extra if name in getattr(data, "columns", ())]
        if len(there) < 3:
            lacking = next(name for name in extra if name not in there)
            raise EvidenceError(f"has no column {lacking!r}", where="UsePanel", remedy="or give layout Moments")
        table = LAYOUTS["UsePanel"].check(data.assign(predicted=data["predicted"].fillna(-1.0)), extra)
        if table.duplicated(["agent", "period"]).any():
            raise EvidenceError("has two rows of one agent and period", where="UsePanel")
        wide: Any = table.pivot(index="agent", columns="period", values="x")
        if any(p not in wide.columns for p in (1, 2, 3, 4, 5)) or wide[[1, 2, 3, 4, 5]].isna().to_numpy().any():
            raise EvidenceError("needs periods 1 to 5 of every agent", where="column 'period'")
        arms: Any = table.groupby("agent")[["bonus", "limit"]].agg(["min", "max"])
        if (arms.xs("min", axis=1, level=1) != arms.xs("max", axis=1, level=1)).to_numpy().any():
            raise EvidenceError("an agent's arm changes", where="columns 'bonus', 'limit'")
        first = arms.xs("max", axis=1, level=1).loc[wide.index].to_numpy(dtype=np.float64)
        forecast: Any = table[table["period"] == 2].set_index("agent")["predicted"].reindex(wide.index)
        guess = forecast.to_numpy(dtype=np.float64)
        x = wide[[1, 2, 3, 4, 5]].to_numpy(dtype=np.float64)
        made = cls(x, first[:, 0], first[:, 1], np.where(guess >= 0, x[:, 1] - guess, np.nan))
        for name, inside in (("bonus = 1", made.bonus == 1), ("limit = 1", made.limit == 1), ("control", made.control)):
            if inside.sum() < 2:
                raise EvidenceError(f"{name} has fewer than two agents", where="UsePanel")
        if np.isfinite(made.missed[made.control]).sum() < 2:
            raise EvidenceError("nobody in the control arm forecast period 2", where="column 'predicted'")
        return made

    @property
    def agents(self) -> int:
        """How many."""
        return len(self.x)

    @property
    def control(self) -> Any:
        """(agents,) in neither arm."""
        return (self.bonus == 0) & (self.limit == 0)

    def _means(self, weights: FloatArray) -> tuple[FloatArray, ...]:
        """Weighted means of each moment's parts: (B, 6) in the order of MOMENTS."""
        paid, tool, control = ((inside).astype(float) for inside in (self.bonus == 1, self.limit == 1, self.control))

        def mean(values: FloatArray, inside: FloatArray) -> FloatArray:
            w = weights * inside
            return np.asarray(w @ np.where(inside > 0, values, 0.0) / w.sum(axis=1))

        asked = control * np.isfinite(self.missed)
        return (
            mean(self.x[:, 2], paid) - mean(self.x[:, 2], control),
            mean(self.x[:, 3], paid) - mean(self.x[:, 3], control),
            mean(self.x[:, 4], paid) - mean(self.x[:, 4], control),
            mean(self.x[:, 1], tool) - mean(self.x[:, 1], control),
            mean(np.nan_to_num(self.missed), asked),
            mean(self.x[:, 0], np.ones(self.agents)),
        )

    def moments(self) -> FloatArray:
        """(6,) in the order of MOMENTS."""
        return np.asarray(np.stack(self._means(np.ones((1, self.agents))), axis=-1)[0])

    def covariance(self) -> FloatArray:
        """(6, 6) clustered by agent, from what each agent adds to each moment."""
        paid, tool, control = (inside.astype(float) for inside in (self.bonus == 1, self.limit == 1, self.control))
        asked = control * np.isfinite(self.missed)

        def score(values: FloatArray, inside: FloatArray) -> FloatArray:
            count = inside.sum()
            mean = (inside * values).sum() / count
            return np.asarray(inside * (values - mean) / count * np.sqrt(count / (count - 1)))

        x, missed = self.x, np.nan_to_num(self.missed)
        scores = np.stack(
            [score(x[:, k], paid) - score(x[:, k], control) for k in (2, 3, 4)]
            + [score(x[:, 1], tool) - score(x[:, 1], control), score(missed, asked), score(x[:, 0], np.ones(len(x)))],
            axis=1,
        )
        return np.asarray(scores.T @ scores)

    def resampled(self, draws: int, gen: np.random.Generator) -> FloatArray:
        """(draws, 6) moments of bootstrap samples of agents."""
        weights = gen.multinomial(self.agents, np.full(self.agents, 1 / self.agents), size=draws).astype(np.float64)
        return np.stack(self._means(weights), axis=-1)
