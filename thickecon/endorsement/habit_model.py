"""Use with habits and temptation: the estimating equations of Allcott, Gentzkow and Song."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._core.arrays import FloatArray

__all__ = ["MOMENTS", "HabitModel"]

MOMENTS = ("tau3", "tau4", "tau5", "tau2", "forecast", "use")
"""Effects of the bonus in the period it is paid and the two after it, of the limit tool, use above own forecast, and
use: minutes a day."""


@dataclass(frozen=True, eq=False)
class HabitModel:
    """What moments say; all fields are arrays of one shape, hours and dollars a day.

    Decision utility has the flow eta x^2 / 2 + zeta x s + (xi + gamma - p) x with habits s' = rho (s + x); the
    endorsed one leaves gamma out.

    Attributes
    ----------
    eta
        p_B / tau3, curvature, dollars day / hour^2, negative.
    rho
        tau5 / tau4 - tau4 / tau3, persistence of habits.
    zeta
        -eta tau4 / (rho tau3), how habits raise the worth of use.
    gamma
        eta tau2, temptation, dollars an hour: the tool is taken to remove all of it.
    naivete
        -eta forecast, temptation that people do not foresee, dollars an hour.
    slope
        -eta - zeta rho / (1 - rho): by how much a further hour a day lowers the worth of an hour in the long run.
    use
        Hours a day.
    """

    eta: FloatArray
    rho: FloatArray
    zeta: FloatArray
    gamma: FloatArray
    naivete: FloatArray
    slope: FloatArray
    use: FloatArray

    @classmethod
    def from_moments(cls, moments: FloatArray, price: float) -> HabitModel:
        """From (..., 6) moments in the order of :data:`MOMENTS` and the bonus in dollars an hour; nan or inf where a
        division fails.
        """
        tau3, tau4, tau5, tau2, forecast, use = np.moveaxis(np.asarray(moments, dtype=np.float64), -1, 0) / 60
        with np.errstate(all="ignore"):
            eta = price / tau3
            rho = tau5 / tau4 - tau4 / tau3
            zeta = -eta * tau4 / (rho * tau3)
            slope = -eta * (1 - tau4 / tau3 / (1 - rho))  # zeta rho = -eta tau4 / tau3
            return cls(eta, rho, zeta, eta * tau2, -eta * forecast, slope, use)

    @property
    def lamda(self) -> FloatArray:
        """(tau4 / (rho tau3)), the weight of habits against curvature."""
        return np.asarray(-self.zeta / self.eta)

    @property
    def long_run_cut(self) -> FloatArray:
        """Gamma / slope, hours a day that go back to temptation once habits have followed."""
        return np.asarray(self.gamma / self.slope)

    @property
    def share(self) -> FloatArray:
        """Gamma / (kappa + gamma), the share of use that goes back to temptation: long-run cut over use."""
        return np.asarray(self.long_run_cut / self.use)

    @property
    def kappa(self) -> FloatArray:
        """Slope x use - gamma, what an hour is worth at no use and no temptation. The paper prints its negative."""
        return np.asarray(self.slope * self.use - self.gamma)

    @property
    def one_day_loss(self) -> FloatArray:
        """gamma^2 / (-2 eta), dollars a day lost to temptation with habits as they are."""
        return np.asarray(self.gamma**2 / (-2 * self.eta))

    @property
    def without_habit(self) -> FloatArray:
        """Use (1 - slope / -eta), hours a day by which use would fall without habits, temptation as it is."""
        return np.asarray(self.use * (1 - self.slope / -self.eta))
