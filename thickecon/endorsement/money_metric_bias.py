"""Bias in money: the price change that would make the reflective self choose as the deciding one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .normative_consumer import NormativeConsumer
from .price_list_bias import PriceLists
from .tax_salience import salience

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MoneyMetricBias"]

Design = Literal["price_list", "salience", "normative_consumer"]

_CITE: dict[str, tuple[str, str]] = {
    "price_list": ("Allcott and Taubinsky (2015), American Economic Review 105(8)", "10.1257/aer.20131564"),
    "salience": ("Chetty, Looney and Kroft (2009), American Economic Review 99(4)", "10.1257/aer.99.4.1145"),
    "normative_consumer": (
        "Allcott, Lockwood and Taubinsky (2019), Quarterly Journal of Economics 134(3)", "10.1093/qje/qjz017",
    ),
}  # fmt: skip


@register("MoneyMetricBias")
@dataclass(frozen=True)
class MoneyMetricBias(Estimator):
    """The wedge d' - v' in money at the margin, by one of three designs.

    ``"price_list"``: price lists before and after information; the wedge is minus the rise in willingness to pay, and
    B(p) its rise among those who would just pay p. ``"salience"``: demand reacts to a tax that is not on the tag by
    only theta of what it reacts to the price; people overvalue by (1 - theta) times the tax. ``"normative_consumer"``:
    demand rises by ``tau`` per unit of a bias score, experts have none; each is off by tau (b - b_expert) p / zeta.

    Parameters
    ----------
    design
        Which.
    prices
        Price lists: where B is wanted.
    bandwidth
        Price lists: of the kernel; None: 1.06 sd n^(-1/5).
    market_price
        Price lists: where the optimal subsidy s = B(p - s) is looked for; None: nowhere.
    tax
        Salience: the tax in money whose wedge is wanted.
    bias
        Normative consumer: one column of scores, or two measures of the same, each instrumenting the other (ORIV).
    expert
        Normative consumer: the score without bias.
    controls
        Salience and normative consumer: columns.
    draws, rng
        Price lists: bootstrap over persons.

    References
    ----------
    Allcott and Taubinsky (2015), doi:10.1257/aer.20131564; Chetty, Looney and Kroft (2009), doi:10.1257/aer.99.4.1145;
    Allcott, Lockwood and Taubinsky (2019), doi:10.1093/qje/qjz017; Gillen, Snowberg and Yariv (2019),
    doi:10.1086/701681 (ORIV); Mullainathan, Schwartzstein and Congdon (2012),
    doi:10.1146/annurev-economics-080511-110925 (the reduced form).
    """

    kind: ClassVar[Kind] = "contribution"
    title: ClassVar[str] = "Money-metric bias"
    citation: ClassVar[str] = "Allcott and Taubinsky (2015), American Economic Review 105(8)"
    doi: ClassVar[str | None] = "10.1257/aer.20131564"
    layout: ClassVar[str] = "WTPPairs"

    design: Design = "price_list"
    prices: tuple[float, ...] = ()
    bandwidth: float | None = None
    market_price: float | None = None
    tax: float = 1.0
    bias: tuple[str, ...] = ("bias",)
    expert: float = 0.0
    controls: tuple[str, ...] = ()
    draws: int = 500
    rng: RNG = None

    def __post_init__(self) -> None:
        if self.design not in get_args(Design):
            raise EvidenceError(
                f"must be one of {', '.join(get_args(Design))}, found {self.design!r}", where="MoneyMetricBias.design"
            )
        for name in ("prices", "bias", "controls"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.draws < 2 or (self.bandwidth is not None and not self.bandwidth > 0):
            raise EvidenceError(f"found draws={self.draws}, bandwidth={self.bandwidth}", where="MoneyMetricBias")
        if self.design == "normative_consumer" and len(self.bias) not in (1, 2):
            raise EvidenceError("must be one column, or two measures of the same", where="MoneyMetricBias.bias")

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate by the design.

        Parameters
        ----------
        data
            Price lists: layout WTPPairs, arms "treatment", "control", "endline_only" (wtp_decision left empty there),
            ``censored`` where known. Salience: layout Salience. Normative consumer: layout BiasSurvey with the columns
            of ``bias`` and ``controls``.

        Returns
        -------
        Estimate
            Kind "contribution", money, positive where the deciding self overvalues.

        Raises
        ------
        EvidenceError
            A table that is not of the design's layout, or does not identify the wedge.
        """
        fit = {"price_list": self._price_list, "salience": self._salience, "normative_consumer": self._normative}
        return fit[self.design](data)

    def _price_list(self, data: pd.DataFrame) -> Estimate:
        lists = PriceLists.read(data)
        prices = np.array(self.prices, dtype=np.float64)
        ones = np.ones((1, len(lists.after)))
        tau = lists.bias(ones, prices, self.bandwidth)[0]
        drawn = lists.bias(lists.resampled(self.draws, generator(self.rng)), prices, self.bandwidth)
        names = ("wedge", *(f"wedge at {p:g}" for p in self.prices))
        if not np.isfinite(tau).all():
            raise EvidenceError("nobody would pay anything near one of the prices", where="MoneyMetricBias.prices")
        usable = drawn[np.isfinite(drawn).all(axis=1)]
        said = []
        share = float(lists.censored.mean())
        if share > 0:
            said.append(f"{100 * share:.0f} % of answers lie at an end of the scale: their changes are cut short")
        if (lists.arm == 2).any():
            factor = float(lists.anchoring(ones)[0])
            said.append(f"changes are scaled by {factor:.3g} for anchoring on the first answer")
        diagnostics: dict[str, Any] = {
            "undervaluation": float(tau[0]),
            "anchoring": float(lists.anchoring(ones)[0]),
            "without_censored": self._uncensored(lists, prices),
            "censored": share,
        }
        if self.market_price is not None:
            diagnostics["optimal_subsidy"] = self._subsidy(lists, ones)
        assumptions = (
            "after information people value as they would on reflection",
            "what control persons change is what treated ones would have changed without it",
        )
        return self._made(
            names, -tau, np.atleast_2d(np.cov(usable.T)), len(lists.after), assumptions,
            "what people did not know when they first answered", {**diagnostics, "warnings": tuple(said)},
        )  # fmt: skip

    def _uncensored(self, lists: PriceLists, prices: FloatArray) -> float:
        kept = (1.0 - lists.censored)[None]
        return float(lists.bias(kept, prices[:0], self.bandwidth)[0, 0]) if kept.sum() else float("nan")

    def _subsidy(self, lists: PriceLists, ones: FloatArray) -> float:
        """S = B(p - s), the crossing nearest to none; nan where there is none up to the price."""
        from scipy.optimize import brentq

        price = float(self.market_price or 0.0)

        def excess(s: float) -> float:
            return float(lists.bias(ones, np.array([price - s]), self.bandwidth)[0, 1]) - s

        grid = np.linspace(-price, price, 81)
        values = np.array([excess(s) for s in grid])
        signs = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
        if not len(signs):
            return float("nan")
        k = signs[np.argmin(np.abs(grid[signs]))]
        return float(brentq(excess, grid[k], grid[k + 1]))

    def _salience(self, data: pd.DataFrame) -> Estimate:
        found = salience(data, self.controls)
        assumptions = (
            "the tag price shows how people react to what they see",
            "an unseen tax is as little endorsed as it is seen: theta of it counts in the decision, all of it in worth",
        )
        value = (1.0 - found.theta) * self.tax
        return self._made(
            ("wedge",), np.array([value]), np.array([[(self.tax * found.theta_error) ** 2]]), found.n, assumptions,
            "inattention to the tax",
            {"theta": found.theta, "theta_error": found.theta_error, "price_elasticity": found.by_price,
             "tax_elasticity": found.by_tax},
        )  # fmt: skip

    def _normative(self, data: pd.DataFrame) -> Estimate:
        survey = NormativeConsumer.read(data, self.bias, self.controls)
        tau, tau_error = survey.effect()
        weight, distance = survey.margin(self.expert)
        mean = float(weight @ distance)
        spread = float((weight**2) @ (distance - mean) ** 2)
        variance = (mean * tau_error) ** 2 + tau**2 * spread
        said = () if len(self.bias) == 2 else (
            "one measure of the score: its error makes the effect too small (attenuation); give two",)  # fmt: skip
        assumptions = (
            f"a score of {self.expert:g} means no bias",
            "scores are unrelated to tastes that the controls leave out",
            "measures of the score err independently" if len(self.bias) == 2 else "the score is measured without error",
        )
        return self._made(
            ("wedge",), np.array([tau * mean]), np.array([[variance]]), len(weight), assumptions,
            "consumption that an unbiased expert with the same tastes would forgo",
            {"effect": tau, "effect_error": tau_error, "spread_of_wedges": float(np.sqrt(
                weight @ (tau * (distance - mean)) ** 2)), "warnings": said},
        )  # fmt: skip

    def _made(
        self, names: tuple[str, ...], values: FloatArray, joint: FloatArray, n: int, assumptions: tuple[str, ...],
        deletion: str, diagnostics: dict[str, Any],
    ) -> Estimate:  # fmt: skip
        citation, doi = _CITE[self.design]
        return Estimate(
            "contribution", names, values, joint, None, None, "money", assumptions, diagnostics,
            Source(f"MoneyMetricBias ({self.design})", citation, doi, n,
                   tuple((key, str(entry)) for key, entry in self.parameters.items()), deletion, assumptions[0]),
        )  # fmt: skip
