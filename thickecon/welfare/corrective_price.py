"""The price that corrects a bias (T13): uniform and targeted, what each is worth, and who pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from .._core.rng import RNG, generator
from ..endorsement.estimate import Estimate
from ..errors import InputError, NotApplicableError
from ..lenses.lens import Endorsed, Lens, Revealed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Correction", "CorrectivePrice", "optimal_sin_tax"]

Demand = Literal["linear", "isoelastic"]


@dataclass(frozen=True)
class CorrectivePrice:
    """A tax or subsidy on a good of whose worth people misjudge a part, at marginal cost, paid back in equal sums.

    With x_i' the slope of i's demand and gamma_i the wedge d_i' - v_i' in money at the margin, endorsed welfare is
    greatest at the fixed point t = e + sum x_i' gamma_i / sum x_i', e the harm to others of a unit. Targeted prices
    are t_i = e + gamma_i. What a uniform price leaves behind is, with linear demand, (1/2) |sum x'| Var_x'(gamma).
    No income effects; every group's money counts alike.

    Parameters
    ----------
    externality
        e, money a unit, negative for a benefit.
    demand
        ``"linear"`` or ``"isoelastic"`` from the observed point and slope.
    lens
        ``Endorsed()``; ``Revealed()`` is the standard setting: no wedge is seen, t = e.

    References
    ----------
    Allcott and Taubinsky (2015), doi:10.1257/aer.20131564, section I; Farhi and Gabaix (2020),
    doi:10.1257/aer.20151079; Mullainathan, Schwartzstein and Congdon (2012),
    doi:10.1146/annurev-economics-080511-110925.

    Examples
    --------
    Two groups with slope -1 each, wedges 1 and 3: t = 2, and (1/2) 2 Var = 1 is left behind.

    >>> found = CorrectivePrice().solve(quantity=[10.0, 10.0], price=5.0, slope=[-1.0, -1.0], wedge=[1.0, 3.0])
    >>> found.uniform, round(found.left_behind, 9), round(found.gain, 9)
    (2.0, 1.0, 4.0)
    """

    externality: float = 0.0
    demand: Demand = "linear"
    lens: Lens = field(default_factory=Endorsed)

    title: ClassVar[str] = "Corrective price"
    reference: ClassVar[str] = "10.1257/aer.20131564"

    def __post_init__(self) -> None:
        if self.demand not in ("linear", "isoelastic"):
            raise InputError(f"must be 'linear' or 'isoelastic', found {self.demand!r}", where="demand")
        if not np.isfinite(self.externality):
            raise InputError(f"must be finite, found {self.externality!r}", where="externality")
        if not isinstance(self.lens, (Endorsed, Revealed)):
            raise InputError(f"must be Endorsed() or Revealed(), found {self.lens!r}", where="lens")

    def baseline(self) -> CorrectivePrice:
        """The same in its SIDT setting: demand is taken for worth."""
        return replace(self, lens=Revealed())

    def solve(
        self,
        *,
        quantity: npt.ArrayLike,
        price: npt.ArrayLike,
        slope: npt.ArrayLike,
        wedge: npt.ArrayLike | Estimate,
        name: str | None = None,
        people: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
    ) -> Correction:
        """Prices and what they are worth.

        Parameters
        ----------
        quantity
            (G,) units a head that each group takes at ``price``.
        price
            Money a unit; number or (G,).
        slope
            (G,) of demand, units a head per money, negative.
        wedge
            (G,) gamma in money a unit, positive where people overvalue; or an estimate of kind "contribution" in money
            with one name (all groups share it) or G names.
        name
            Of an estimate with several names, the one that all groups share.
        people
            (G,) heads; None: one each.
        groups
            (G,) labels.

        Returns
        -------
        Correction

        Raises
        ------
        InputError
            Shapes that do not fit, quantities or prices that are not positive, slopes that are not negative.
        NotApplicableError
            An estimate of another kind or unit, or linear demand that the price would push below nothing.
        """
        q = np.atleast_1d(as_floats(quantity, "quantity"))
        gamma, joint = _wedge(wedge, len(q), name)
        arrays = {"quantity": q, "wedge": gamma}
        for name, given in (("price", price), ("slope", slope), ("people", 1.0 if people is None else people)):
            array = as_floats(given, name)
            if array.ndim and array.shape != q.shape:
                raise InputError(f"must be a number or ({len(q)},), found {array.shape}", where=name)
            arrays[name] = np.array(np.broadcast_to(array, q.shape))
        for name, array in arrays.items():
            require_finite(array, name)
        for name, good in (("quantity", q > 0), ("price", arrays["price"] > 0), ("people", arrays["people"] > 0),
                           ("slope", arrays["slope"] < 0)):  # fmt: skip
            if not np.all(good):
                sign = "negative" if name == "slope" else "positive"
                raise InputError(f"must be {sign}, found {arrays[name][int(np.argmin(good))]:g}", where=name)
        labels = tuple(range(len(q))) if groups is None else tuple(np.asarray(groups).tolist())
        if len(labels) != len(q):
            raise InputError(f"must be {len(q)} labels, found {len(labels)}", where="groups")
        made = Correction(self, labels, **{name: frozen(array) for name, array in arrays.items()}, covariance=joint)
        made.check()
        return made


def _wedge(given: npt.ArrayLike | Estimate, count: int, name: str | None) -> tuple[FloatArray, FloatArray | None]:
    if not isinstance(given, Estimate):
        gamma = as_floats(given, "wedge")
        if gamma.ndim and gamma.shape != (count,):
            raise InputError(f"must be a number or ({count},), found {gamma.shape}", where="wedge")
        return np.array(np.broadcast_to(gamma, (count,))), None
    if given.kind != "contribution" or given.unit != "money":
        raise NotApplicableError(
            f"needs a wedge in money, found kind {given.kind!r} in {given.unit!r}",
            where="wedge",
            remedy="MoneyMetricBias, DigitalAddiction or FrameAugmentedChoice(price=...)",
        )
    at = list(range(len(given.names))) if name is None else [given.names.index(name)] if name in given.names else []
    if len(at) not in (1, count):
        raise InputError(
            f"must name one of {', '.join(given.names)}, or be an estimate with {count} names", where="wedge, name"
        )
    load = np.ones((count, 1)) if len(at) == 1 else np.eye(count)
    joint = given.covariance_matrix
    return load @ given.values[at], None if joint is None else load @ joint[np.ix_(at, at)] @ load.T


@dataclass(frozen=True, eq=False)
class Correction:
    """Corrective prices and their worth. Made by :meth:`CorrectivePrice.solve`; welfare is endorsed, in money.

    Attributes
    ----------
    rule
        What was solved.
    groups
        (G,) labels.
    quantity, price, slope, wedge, people
        (G,) as given.
    covariance
        (G, G) of the wedges, or None.
    """

    rule: CorrectivePrice
    groups: tuple[Any, ...]
    quantity: FloatArray
    price: FloatArray
    slope: FloatArray
    wedge: FloatArray
    people: FloatArray
    covariance: FloatArray | None = None

    # ---- demand -------------------------------------------------------------------------------------------

    @property
    def _elasticity(self) -> FloatArray:
        return np.asarray(-self.slope * self.price / self.quantity)

    def demanded(self, t: npt.ArrayLike) -> FloatArray:
        """(G,) units a head at a tax of ``t`` (number or (G,))."""
        tax = np.asarray(t, dtype=np.float64)
        if self.rule.demand == "linear":
            return np.asarray(self.quantity + self.slope * tax)
        return np.asarray(self.quantity * (1 + tax / self.price) ** -self._elasticity)

    def _slope_at(self, t: npt.ArrayLike) -> FloatArray:
        if self.rule.demand == "linear":
            return self.slope
        tax = np.asarray(t, dtype=np.float64)
        return np.asarray(self.slope * (1 + tax / self.price) ** (-self._elasticity - 1))

    def _area(self, t: npt.ArrayLike) -> FloatArray:
        """(G,) integral of demand from no tax to ``t``: what it costs the deciding self before it is paid back."""
        tax = np.asarray(t, dtype=np.float64)
        if self.rule.demand == "linear":
            return np.asarray(self.quantity * tax + self.slope * tax**2 / 2)
        k, ratio = 1 - self._elasticity, 1 + tax / self.price
        near = np.abs(k) < 1e-12
        safe = np.where(near, 1.0, k)
        return np.asarray(self.quantity * self.price * np.where(near, np.log(ratio), (ratio**safe - 1) / safe))

    # ---- prices -------------------------------------------------------------------------------------------

    @property
    def seen(self) -> FloatArray:
        """(G,) wedges that the rule sees: none through ``Revealed()``."""
        return self.wedge if isinstance(self.rule.lens, Endorsed) else np.zeros_like(self.wedge)

    def _uniform(self, gamma: FloatArray) -> float:
        """The root of sum n x'(t) (t - e - gamma) that is worth most; between the least and the largest e + gamma."""
        from scipy.optimize import brentq

        target = self.rule.externality + gamma
        if self.rule.demand == "linear" or np.ptp(target) == 0:
            weight = self.people * self.slope
            return float(weight @ target / weight.sum())

        def excess(t: float) -> float:
            return float((self.people * self._slope_at(t)) @ (t - target))

        low = max(float(target.min()), float(-0.999 * self.price.min()))
        grid = np.linspace(low, max(float(target.max()), low + 1e-9), 200)
        values = np.array([excess(t) for t in grid])
        roots = [brentq(excess, grid[k], grid[k + 1]) for k in np.flatnonzero(values[:-1] * values[1:] <= 0)]
        candidates = roots or [grid[0], grid[-1]]
        return float(max(candidates, key=lambda t: self._worth(t, gamma)))

    @cached_property
    def uniform(self) -> float:
        """The best uniform tax by what the rule sees; negative is a subsidy."""
        return self._uniform(self.seen)

    @cached_property
    def targeted(self) -> FloatArray:
        """(G,) e + gamma_i, by what the rule sees."""
        return np.asarray(self.rule.externality + self.seen)

    def check(self) -> None:
        """Refuse linear demand that a price pushes below nothing.

        Raises
        ------
        NotApplicableError
            It does.
        """
        if self.rule.demand != "linear":
            return
        for t in (self.uniform, self.targeted):
            left = self.demanded(t)
            if (left < 0).any():
                raise NotApplicableError(
                    f"group {self.groups[int(np.argmin(left))]!r} would demand less than nothing",
                    where="CorrectivePrice(demand='linear')",
                    remedy="demand='isoelastic'",
                )

    # ---- worth --------------------------------------------------------------------------------------------

    def _gain(self, t: npt.ArrayLike, gamma: FloatArray) -> FloatArray:
        """(G,) a head, rebate of the group's own tax counted: integral of x'(s) (s - e - gamma) from 0 to t."""
        x = self.demanded(t)
        paid = np.asarray(t, dtype=np.float64) * x
        return np.asarray(paid - self._area(t) - (self.rule.externality + gamma) * (x - self.quantity))

    def _worth(self, t: npt.ArrayLike, gamma: FloatArray) -> float:
        return float(self.people @ self._gain(t, gamma))

    def welfare(self, t: npt.ArrayLike) -> float:
        """Endorsed welfare of a tax (number, or (G,) targeted), over that of none, by the wedges given."""
        return self._worth(t, self.wedge)

    @property
    def gain(self) -> float:
        """Of the uniform price."""
        return self.welfare(self.uniform)

    @property
    def left_behind(self) -> float:
        """What targeted prices would add to the best uniform one: (1/2) |sum x'| Var_x'(gamma) with linear demand."""
        return self._worth(self.rule.externality + self.wedge, self.wedge) - self._worth(
            self._uniform(self.wedge), self.wedge
        )

    def by_group(self) -> pd.DataFrame:
        """A head of each group, under the uniform price: quantity, tax paid, rebate, and what both selves gain.

        The rebate is the same for everybody. Harm to others is shared by all alike and stands apart.
        """
        import pandas as pd

        t, x = self.uniform, self.demanded(self.uniform)
        rebate = float(self.people @ (t * x) / self.people.sum())
        decision = rebate - self._area(t)
        harm = float(self.people @ (self.rule.externality * (x - self.quantity)) / self.people.sum())
        return pd.DataFrame(
            {
                "people": self.people,
                "before": self.quantity,
                "after": x,
                "tax": t * x,
                "rebate": rebate,
                "decision": decision,
                "endorsed": decision - self.wedge * (x - self.quantity),
                "less_harm": -harm,
            },
            index=pd.Index(list(self.groups), name="group"),
        )

    def intervals(self, draws: int = 2000, rng: RNG = None, level: float = 0.95) -> pd.DataFrame:
        """The uniform price and what adopting it is worth, when wedges are drawn from the law of the estimate.

        Rows: ``price`` (the price that each draw would call for), ``gain`` (of the price that is adopted, by each
        draw), ``targeting`` (left behind, by each draw). ``attrs["better_than_sidt"]``: share of draws by which the
        adopted price is worth more than t = e.

        Raises
        ------
        NotApplicableError
            The wedges have no covariance.
        """
        import pandas as pd

        if self.covariance is None:
            raise NotApplicableError("the wedges have no standard error", where="intervals", remedy="pass an estimate")
        gen = generator(rng)
        root = np.linalg.cholesky(self.covariance + 1e-15 * np.trace(self.covariance) * np.eye(len(self.wedge)))
        drawn = self.wedge + gen.standard_normal((draws, len(self.wedge))) @ root.T
        table = np.array(
            [
                (
                    self._uniform(g),
                    self._worth(self.uniform, g),
                    self._worth(self.rule.externality + g, g) - self._worth(self._uniform(g), g),
                    self._worth(self.uniform, g) - self._worth(self.rule.externality, g),
                )
                for g in drawn
            ]
        )
        ends = np.quantile(table[:, :3], [0.5 - level / 2, 0.5 + level / 2], axis=0)
        made = pd.DataFrame(
            {"estimate": [self.uniform, self.gain, self.left_behind], "lower": ends[0], "upper": ends[1]},
            index=["price", "gain", "targeting"],
        )
        made.attrs["better_than_sidt"] = float((table[:, 3] > 0).mean())
        return made

    def summary(self) -> Mapping[str, float]:
        """The uniform price and gain, SIDT's price and what it is worth, targeting."""
        sidt = self.rule.externality
        return {
            "uniform price": self.uniform,
            "gain": self.gain,
            "SIDT price": sidt,
            "gain of the SIDT price": self.welfare(sidt),
            "left behind by one price for all": self.left_behind,
        }


def optimal_sin_tax(
    *, bias: float, externality: float, price: float, consumption: float, elasticity: float, progressivity: float = 0.0,
    redistribution: float = 0.0,
) -> float:  # fmt: skip
    """The optimal sin tax of Allcott, Lockwood and Taubinsky, money a unit.

    t = [gamma (1 + sigma) + e - (p / (s zeta)) A] / [1 + A / (s zeta)], A = Cov[g, s] + income effects. Without
    redistributive motives (sigma = A = 0) it is gamma + e.

    Parameters
    ----------
    bias
        gamma, average marginal bias.
    externality
        e.
    price, consumption, elasticity
        p, s and zeta, means.
    progressivity
        sigma: how far bias is concentrated on those whose money counts more.
    redistribution
        A.

    Raises
    ------
    InputError
        Price, consumption or elasticity that are not positive.

    References
    ----------
    Allcott, Lockwood and Taubinsky (2019), "Regressive Sin Taxes, with an Application to the Optimal Soda Tax",
    Quarterly Journal of Economics 134(3), doi:10.1093/qje/qjz017, proposition 1.
    """
    if min(price, consumption, elasticity) <= 0:
        raise InputError("must be positive", where="price, consumption, elasticity")
    scale = redistribution / (consumption * elasticity)
    return (bias * (1 + progressivity) + externality - price * scale) / (1 + scale)
