"""Preferences from choices that depend on a frame: Goldin and Reck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .fieller import fieller_interval
from .frame_shares import Arms, monotonicity, quantities, ratio
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GoldinReck"]

Route = Literal["auto", "quality", "neutral"]
Pool = Literal["pooled", "within"]
Errors = Literal["binomial", "cells", "bootstrap"]
About = Literal["people", "moved"]

_ASSUMPTIONS = (
    "frame separability: what people prefer does not depend on the frame (normative)",
    "frame exogeneity: the frame was assigned at random, within cells",
    "consistency principle: who chooses the same under both frames prefers what they choose",
    "frame monotonicity: the frame moves nobody away from the option it favours",
)
_QUALITY = "decision-quality independence: those moved by the frame prefer the option as often as those who were not"
_NEUTRAL = "the neutral arm obeys the consistency principle: there everybody chooses what they prefer"


@register("GoldinReck")
@dataclass(frozen=True)
class GoldinReck(Estimator):
    """Share of people who prefer an option, from its choice under a frame against it and a frame for it.

    With Y0, Y1 the shares who choose it under the frame against and for: consistent choosers are 1 - Y1 + Y0, of
    whom q = Y0 / (1 - Y1 + Y0) prefer it; over all people the share lies in [Y0, Y1], and is q if decision quality
    is independent of preference. With a neutral arm Y_N that obeys the consistency principle it is Y_N instead,
    and (Y_N - Y0) / (Y1 - Y0) among those the frame moves.

    Parameters
    ----------
    route
        ``"quality"``: decision-quality independence; ``"neutral"``: the neutral arm; ``"auto"``: neutral where there
        is such an arm.
    about
        ``"people"``: everybody, bounds [Y0, Y1]. ``"moved"``: those whom the frame moves, bounds [0, 1]; the share
        of the frame's pull that is stood behind, so what ``apply`` needs.
    pool
        ``"pooled"``: the cells' counts are added up. ``"within"``: the point in each cell, averaged by people
        (independence is then needed within cells only).
    errors
        ``"binomial"``: delta method with binomial arms. ``"cells"``: delta method clustered by cell, with
        G / (G - 1). ``"bootstrap"``: cells are drawn anew.
    draws, rng
        Of the bootstrap.

    Raises
    ------
    InputError
        A parameter that is none of these.

    References
    ----------
    Goldin and Reck (2020), "Revealed-Preference Analysis with Framing Effects", Journal of Political Economy 128(7),
    doi:10.1086/706860.

    Examples
    --------
    >>> import pandas as pd
    >>> arms = pd.DataFrame({"cell": "a", "framing": ["against", "for"], "n": [100, 100], "k": [50, 80]})
    >>> found = GoldinReck().fit(arms)  # 70 % consistent, of whom .5 / .7 prefer it
    >>> round(found.estimate, 4), found.bounds, round(found.diagnostics["consistent"], 4)
    (0.7143, (0.5, 0.8), 0.7)
    """

    kind: ClassVar[Kind] = "population"
    title: ClassVar[str] = "Goldin-Reck: preference from framed binary choice"
    citation: ClassVar[str] = "Goldin and Reck (2020), Journal of Political Economy 128(7)"
    doi: ClassVar[str | None] = "10.1086/706860"
    layout: ClassVar[str] = "FrameCounts"

    route: Route = "auto"
    about: About = "people"
    pool: Pool = "pooled"
    errors: Errors = "binomial"
    draws: int = 2000
    rng: RNG = None

    def __post_init__(self) -> None:
        for name, allowed in (("route", Route), ("about", About), ("pool", Pool), ("errors", Errors)):
            if getattr(self, name) not in get_args(allowed):
                raise EvidenceError(
                    f"must be one of {', '.join(get_args(allowed))}, found {getattr(self, name)!r}",
                    where=f"GoldinReck.{name}",
                )
        if self.draws != int(self.draws) or self.draws < 2:
            raise EvidenceError(f"must be an integer of at least 2, found {self.draws!r}", where="GoldinReck.draws")

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from counts.

        Parameters
        ----------
        data
            Columns cell, framing ("against" | "for" | "neutral"), n people, k of them chose the option. Rows of one
            cell and framing are added up. Every cell has both frames; the neutral arm is in all cells or in none.

        Returns
        -------
        Estimate
            Kind "population", scalar. ``diagnostics["quantities"]`` has all quantities with their errors,
            ``diagnostics["cells"]`` the same for each cell.

        Raises
        ------
        EvidenceError
            A missing column or arm, counts that are not, k > n, the option chosen significantly *less* under the
            frame for it (the labels are exchanged or monotonicity fails), nobody consistent, or a neutral route
            where no frame moves anybody.
        """
        arms = Arms.read(LAYOUTS["FrameCounts"].check(data))
        use_neutral = self.route == "neutral" or (self.route == "auto" and arms.has_neutral)
        if use_neutral and not arms.has_neutral:
            raise EvidenceError("has no arm 'neutral'", where="column 'framing'", remedy="use route='quality'")
        order = monotonicity(arms)
        if order["pooled_p"] < 0.05:
            raise EvidenceError(
                f"the option is chosen less under the frame for it ({arms.total.rates[1]:.3f}) than under the frame"
                f" against it ({arms.total.rates[0]:.3f}), beyond chance (p = {order['pooled_p']:.2g})",
                where="column 'framing'",
                remedy="exchange 'for' and 'against', or look for people whom the frame pushes away",
            )
        name = ("neutral_" if use_neutral else "quality_") + self.about
        found = quantities(arms.total)
        if name not in found.index:
            raise EvidenceError(
                "nobody is consistent"
                if not use_neutral
                else "the frame moves nobody, so the share of the moved is not defined",
                where="GoldinReck",
                remedy="use .bounds of route='quality'" if use_neutral else "collect a neutral arm",
            )
        value, variance, rates = self._point_and_error(arms, name)
        return self._estimate(arms, name, value, variance, rates, use_neutral, found, order)

    def _point_and_error(self, arms: Arms, name: str) -> tuple[float, float, FloatArray]:
        """The point, its variance, and the (3, 3) covariance of the pooled shares."""
        if self.errors != "binomial" and arms.n_cells < 2:
            raise EvidenceError(
                f"errors by {self.errors} need at least 2 cells, found {arms.n_cells}", where="GoldinReck.errors"
            )
        if self.errors == "bootstrap":
            gen = generator(self.rng)
            even = np.full(arms.n_cells, 1 / arms.n_cells)
            weights = gen.multinomial(arms.n_cells, even, size=self.draws).astype(np.float64)
            value = arms.statistic(name, self.pool, np.ones((1, arms.n_cells)))[0]
            points = arms.statistic(name, self.pool, weights)
            if not np.isfinite(points).all():
                raise EvidenceError(
                    "some bootstrap draws have no consistent or no moved people",
                    where="GoldinReck.errors",
                    remedy="use errors='cells'",
                )
            rates = np.cov(np.nan_to_num(arms.rates_of(weights)), rowvar=False)
            return float(value), float(points.var(ddof=1)), rates
        value, scores, binomial = arms.linearised(name, self.pool)
        clustered = self.errors == "cells"
        grow = arms.n_cells / (arms.n_cells - 1) if clustered else 1.0
        variance = grow * (scores[0] @ scores[0]) if clustered else binomial[0]
        return float(value[0]), float(variance), arms.rate_covariance(clustered)

    def _estimate(
        self,
        arms: Arms,
        name: str,
        value: float,
        variance: float,
        rates: FloatArray,
        use_neutral: bool,
        found: pd.DataFrame,
        order: dict[str, Any],
    ) -> Estimate:
        y0, y1 = arms.total.rates[:2]
        people = self.about == "people"
        wrong_way = y1 < y0
        identified = np.array([[min(y0, y1), max(y0, y1)]]) if people else np.array([[0.0, 1.0]])
        ends = (rates[1::-1, 1::-1] if wrong_way else rates[:2, :2]) if people else np.zeros((2, 2))
        diagnostics = {
            "y_against": float(y0),
            "y_for": float(y1),
            "consistent": float(1 - y1 + y0),
            "consistent_without_monotonicity": (float(abs(y0 + y1 - 1)), float(1 - abs(y1 - y0))),
            "preferring_without_monotonicity": (float(max(0.0, y0 + y1 - 1)), float(min(1.0, y0 + y1))),
            "if_defiers": _if_defiers(y0, y1),
            "if_moved_prefer": _if_moved_prefer(y0, y1),
            "monotonicity_p": order["pooled_p"],
            "monotonicity_p_cells": order["cells_p"],
            "quantities": found,
            "cells": arms.cells_frame(),
            "warnings": _warnings(arms, found, order, wrong_way),
        }
        parts = ratio(name, arms.total.rates, rates) if self.pool == "pooled" else None
        if parts is not None:
            limits = (-np.inf, np.inf) if use_neutral else (0.0, 1.0)
            diagnostics["fieller_95"] = fieller_interval(*parts, 0.95, limits)
        return Estimate(
            "population",
            (f"share preferring, of {self.about}",),
            np.array([value]),
            np.array([[variance]]),
            identified,
            np.sqrt(np.diag(ends))[None],
            "share",
            (*_ASSUMPTIONS, _NEUTRAL if use_neutral else _QUALITY),
            diagnostics,
            Source(
                "GoldinReck",
                self.citation,
                self.doi,
                int(arms.total.n.sum()),
                tuple((key, str(entry)) for key, entry in self.parameters.items()),
                "the frame: choices made because of it say nothing about what is preferred",
                _NEUTRAL if use_neutral else _QUALITY,
            ),
            scalar=True,
            refusal=(
                "the share of all people who prefer the option is not the share of those whom the frame moved, which is"
                " what stands for endorsement; fit with about='moved'"
                if use_neutral and people
                else ""
            ),
            end_covariances=ends[None],
        )


def _if_defiers(y0: float, y1: float) -> dict[float, float]:
    """The share among the consistent if g of people are moved *away* from the option the frame favours.

    They make 1 - Y1 + Y0 = c + 2 g and the estimate (c q + g) / (c + 2 g), which lies nearer to one half: so
    q = (estimate (c + 2 g) - g) / c. Shares outside [0, 1] say that so many defiers are impossible.
    """
    seen = 1 - y1 + y0
    return {g: float((y0 - g) / (seen - 2 * g)) for g in (0.0, 0.01, 0.02, 0.05, 0.1) if seen - 2 * g > 0}


def _if_moved_prefer(y0: float, y1: float) -> dict[float, float]:
    """The share of all people if that share of the moved prefer the option: Y0 + (Y1 - Y0) p."""
    return {p: float(y0 + (y1 - y0) * p) for p in (0.0, 0.25, 0.5, 0.75, 1.0)}


def _warnings(arms: Arms, found: pd.DataFrame, order: dict[str, Any], wrong_way: bool) -> tuple[str, ...]:
    said = []
    if wrong_way:
        said.append("the option is chosen less under the frame for it, within chance: the bounds are exchanged")
    if order["cells_p"] < 0.05:
        said.append(f"monotonicity fails in some cell (Holm-adjusted p = {order['cells_p']:.2g})")
    y0, y1 = arms.total.rates[:2]
    if 1 - y1 + y0 < 0.2:
        said.append("few people are consistent: read the Fieller set or the bounds, not the normal interval")
    if "neutral_people" in found.index and not y0 <= arms.total.rates[2] <= y1:
        said.append("the neutral arm lies outside the framed arms: the shares of the moved leave [0, 1], not clipped")
    return tuple(said)
