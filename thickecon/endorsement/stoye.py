"""Stoye's interval for a quantity that is known up to a set whose ends are estimated together."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.arrays import FloatArray
from ..errors import EvidenceError

__all__ = ["stoye_interval"]


def stoye_interval(lower: float, upper: float, covariance: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """The shortest interval that covers the quantity with probability ``level`` wherever in the set it lies.

    With z1, z2 the errors of the ends over their standard errors, correlated rho, and D = (upper - lower) the width:
    (c_l, c_u) minimise s_l c_l + s_u c_u subject to
    P(-c_l <= z1, rho z1 <= c_u + D / s_u + sqrt(1 - rho^2) z2) >= level and its mirror image.

    Parameters
    ----------
    lower, upper
        Estimated ends.
    covariance
        (2, 2) of them.
    level
        In (1/2, 1).

    Returns
    -------
    (float, float)

    Raises
    ------
    EvidenceError
        A covariance that is none, or ends the wrong way round.

    References
    ----------
    Stoye (2009), "More on confidence intervals for partially identified parameters", Econometrica 77(4), 1299-1315,
    doi:10.3982/ECTA7347, section 3 (the interval of proposition 1).
    """
    from scipy.optimize import minimize
    from scipy.special import ndtr, ndtri

    table = np.asarray(covariance, dtype=np.float64)
    if table.shape != (2, 2) or (np.diag(table) < 0).any() or upper < lower or not 0.5 < level < 1:
        raise EvidenceError("needs lower <= upper, a (2, 2) covariance and a level in (1/2, 1)", where="stoye_interval")
    s = np.sqrt(np.diag(table))
    if (s == 0).any():  # an end that is known: only the other needs room, on one side
        z = float(ndtri(level)) if upper > lower else float(ndtri(0.5 + level / 2))
        return float(lower - z * s[0]), float(upper + z * s[1])
    rho = float(np.clip(table[0, 1] / (s[0] * s[1]), -0.999999, 0.999999))
    width, root = upper - lower, np.sqrt(1 - rho**2)
    nodes, weight = np.polynomial.hermite_e.hermegauss(60)
    weight = weight / weight.sum()

    def covers(c_own: float, c_other: float, s_other: float) -> float:
        """P(-c_own <= z1, rho z1 <= c_other + width / s_other + root z2), z2 integrated by Gauss and Hermite."""
        room = c_other + width / s_other
        if abs(rho) < 1e-9:
            return float(ndtr(c_own) * ndtr(room))
        edge = (room + root * nodes) / rho
        if rho > 0:
            return float(weight @ np.maximum(ndtr(edge) - ndtr(-c_own), 0.0))
        return float(weight @ (1 - ndtr(np.maximum(edge, -c_own))))

    def reach(c: Any) -> float:
        return float(s @ c)

    def left(c: Any) -> float:
        return covers(float(c[0]), float(c[1]), float(s[1])) - level

    def right(c: Any) -> float:
        return covers(float(c[1]), float(c[0]), float(s[0])) - level

    start = np.full(2, float(ndtri(0.5 + level / 2)))
    found: Any = minimize(
        reach,
        start,
        constraints=[{"type": "ineq", "fun": left}, {"type": "ineq", "fun": right}],
        bounds=[(0.0, 6.0)] * 2,
        method="SLSQP",
    )
    c = found.x if found.success else start
    return float(lower - c[0] * s[0]), float(upper + c[1] * s[1])
