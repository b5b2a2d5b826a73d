"""The selection law: with Gaussian values, what a ranking attains is its score's correlation with what counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, log_ndtr

from .._core.arrays import FloatArray, as_floats, frozen
from ..errors import InputError

__all__ = ["SelectionLaw", "order_statistics"]

LawArm = Literal["sidt", "thick", "shrunk", "oracle"]


@lru_cache(maxsize=64)
def order_statistics(m: int, k: int) -> FloatArray:
    """Means of the 1st, ..., k-th largest of m independent standard normals.

    e_{j:m} is the integral of x times m! / ((j-1)! (m-j)!) (1 - F(x))^{j-1} F(x)^{m-j} f(x), by the trapezoid rule,
    whose error falls faster than any power of the step where the integrand is smooth and dies out at both ends.

    Parameters
    ----------
    m
        How many are drawn.
    k
        How many means; at most ``m``.

    Returns
    -------
    ndarray
        (k,), decreasing; right to about 1e-12.

    Raises
    ------
    InputError
        Not 0 <= k <= m.

    References
    ----------
    H. L. Harter, Expected values of normal order statistics, Biometrika 48 (1961), 151-165,
    doi:10.1093/biomet/48.1-2.151

    Examples
    --------
    The larger of two has mean 1/sqrt(pi).

    >>> order_statistics(2, 1).round(6).tolist()
    [0.56419]
    """
    if not 0 <= k <= m:
        raise InputError(f"must lie in 0..m = {m}, found {k}", where="k")
    x = np.linspace(-12.0, 12.0, 6001)
    below, above, density = log_ndtr(x), log_ndtr(-x), -0.5 * x**2 - 0.5 * np.log(2 * np.pi)
    j = np.arange(1, k + 1)[:, None]
    count = gammaln(m + 1) - gammaln(j) - gammaln(m - j + 1)
    weight = np.exp(count + (j - 1) * above + (m - j) * below + density)
    return frozen(weight @ x * (x[1] - x[0]), copy=False)


@dataclass(frozen=True)
class SelectionLaw:
    """Items with value v ~ N(mean, 1), report d = v + delta and estimate v + s N(0, 1), (v, delta) jointly normal.

    Taking the item with the k-th best score of m gives ``mean + corr(v, score) e_{k:m}`` in expectation. Hence for any
    slate of positions the gain over taking items blindly, relative to the truth's, is the correlation, whatever the
    weights of the positions and the number of items. It needs mean-zero Gaussian worlds to be a ratio of totals: with
    mean 1 and a correlation of .707 the best of 20 attains .809.

    Three consequences. Shrinking never loses to SIDT in expectation if s is known. It does where s is misjudged. A
    rule that compares upper bounds of both errors looks safe, and is not
    (:func:`~thickecon.studies.arms.upper_bound_switch`).

    Parameters
    ----------
    tau
        Standard deviation of delta, at least 0.
    rho
        Correlation of v and delta, in [-1, 1].
    s
        Standard error of the estimate, at least 0.
    mean
        Of v.

    Raises
    ------
    InputError
        Out of these bounds.

    References
    ----------
    The correlation form is the breeder's equation: D. S. Falconer and T. F. C. Mackay, Introduction to Quantitative
    Genetics, 4th ed. (1996), ch. 11; L. J. Cochran, Improvement by means of selection, Proc. 2nd Berkeley Symposium
    (1951), 449-470.

    Examples
    --------
    Wedges as varied as values, not correlated with them: evidence with an error of 1 breaks even.

    >>> round(SelectionLaw(tau=1.0).break_even(), 9)
    1.0
    """

    tau: float
    rho: float = 0.0
    s: float = 0.0
    mean: float = 0.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("tau", 0.0, np.inf),
            ("rho", -1.0, 1.0),
            ("s", 0.0, np.inf),
            ("mean", -np.inf, np.inf),
        ):
            value = getattr(self, name)
            if not (np.isfinite(value) and low <= value <= high):
                raise InputError(f"must be finite and lie in [{low:g}, {high:g}], found {value!r}", where=name)

    # ---- moments ------------------------------------------------------------------------------------------

    def covariance(self, s: float | None = None) -> FloatArray:
        """(2, 2) of report and estimate, at error ``s`` (None: the law's)."""
        both, error = self._shared, self.s if s is None else s
        return np.array([[1 + 2 * self.rho * self.tau + self.tau**2, both], [both, 1 + error**2]])

    @property
    def _shared(self) -> float:
        return 1 + self.rho * self.tau

    @property
    def with_value(self) -> FloatArray:
        """(2,) covariances of report and estimate with v."""
        return np.array([self._shared, 1.0])

    def blend(self, believed: float | None = None) -> FloatArray:
        """(2,) weights of report and estimate in the posterior mean, by a planner who takes s for ``believed``.

        Where report and estimate are one and the same, the weights of least norm.
        """
        made: FloatArray = np.linalg.pinv(self.covariance(believed), hermitian=True) @ self.with_value
        return made

    # ---- what a ranking attains ---------------------------------------------------------------------------

    def ratio(self, arm: LawArm, believed: float | None = None) -> float:
        """Correlation of the arm's score with v: the share of the oracle's gain that it attains.

        Parameters
        ----------
        arm
            "sidt", "thick", "shrunk" or "oracle".
        believed
            What ``shrunk`` takes s for; None: s.

        Raises
        ------
        InputError
            Another arm.
        """
        weights = {"sidt": np.array([1.0, 0.0]), "thick": np.array([0.0, 1.0])}
        if arm == "oracle":
            return 1.0
        if arm not in (*weights, "shrunk"):
            raise InputError(f"must be 'sidt', 'thick', 'shrunk' or 'oracle', found {arm!r}", where="arm")
        return self._correlation(self.blend(believed) if arm == "shrunk" else weights[arm])

    def _correlation(self, weights: FloatArray) -> float:
        spread = float(weights @ self.covariance() @ weights)
        # a score that does not vary ranks by lottery
        return float(weights @ self.with_value) / np.sqrt(spread) if spread > 1e-15 else 0.0

    def misjudging_costs(self, believed: float) -> float:
        """By how much the ratio of ``shrunk`` falls where s is taken for ``believed``; never negative."""
        return self.ratio("shrunk") - self.ratio("shrunk", believed)

    def worth(self, arm: LawArm, clicks: npt.ArrayLike, m: int, believed: float | None = None) -> float:
        """Expected sum of value times clicks, the best score of ``m`` items in the first position, and so on.

        Raises
        ------
        InputError
            More positions than items; an arm that does not exist.
        """
        a = as_floats(clicks, "clicks")
        gain = self.ratio(arm, believed) * order_statistics(m, len(a))
        return float(a @ (self.mean + gain))

    # ---- where it stops being worth it --------------------------------------------------------------------

    def break_even(self, believed: float | None = None) -> float:
        """The error at which the estimate at face value, or a blend made for an error of ``believed``, equals SIDT.

        ``inf`` where SIDT does no better than the lottery, or where no error makes it worse.
        """
        sidt = self.ratio("sidt")
        if sidt <= 0:
            return float("inf")
        weights = np.array([0.0, 1.0]) if believed is None else self.blend(believed)
        if weights[1] == 0:
            return float("inf")
        bare = float(weights @ self.covariance(0.0) @ weights)
        square = ((weights @ self.with_value / sidt) ** 2 - bare) / weights[1] ** 2
        return float(np.sqrt(max(square, 0.0)))
