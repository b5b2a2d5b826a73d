"""An instrument for decision quality: what those prefer who become consistent when decisions get easier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .._core.arrays import FloatArray
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .frame_shares import Arms
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DecisionQualityInstrument"]

_ASSUMPTIONS = (
    "frame separability, exogeneity, consistency principle and monotonicity, as in GoldinReck",
    "the instrument shifts how many are consistent, and not what anybody prefers",
    "shares who prefer the option change with the ease of becoming consistent as the polynomial says, up to everybody",
)


@register("DecisionQualityInstrument")
@dataclass(frozen=True)
class DecisionQualityInstrument(Estimator):
    """The share of people who prefer an option, extrapolated from marginal choosers to everybody (Goldin and Reck).

    At each level of the instrument c of people are consistent and a = Y0 are consistent and prefer the option. Between
    two levels the marginal choosers prefer it with share (a' - a) / (c' - c). With a(0) = 0 and a(c) a polynomial, the
    share of everybody is a(1): no independence of preference and decision quality is needed.

    Parameters
    ----------
    degree
        Of a(c), without constant: 1 is independence (a = q c), 2 lets marginal shares change linearly. At most as many
        as levels.

    References
    ----------
    Goldin and Reck (2020), doi:10.1086/706860, section on the decision-quality instrument; Heckman and Vytlacil
    (2005), doi:10.1111/j.1468-0262.2005.00594.x (marginal effects).

    Examples
    --------
    Those who are always consistent prefer it with share .8, the next third with .6, the last with .4.

    >>> import pandas as pd
    >>> rows = [("hard", 1 / 3, 0.8 / 3), ("easy", 2 / 3, 1.4 / 3)]
    >>> data = pd.DataFrame(
    ...     [
    ...         (z, f, 30000, round(30000 * (a if f == "against" else a + 1 - c)))
    ...         for z, c, a in rows
    ...         for f in ("against", "for")
    ...     ],
    ...     columns=["cell", "framing", "n", "k"],
    ... )
    >>> round(DecisionQualityInstrument().fit(data).estimate, 3)
    0.6
    """

    kind: ClassVar[Kind] = "population"
    title: ClassVar[str] = "Goldin-Reck with a decision-quality instrument"
    citation: ClassVar[str] = "Goldin and Reck (2020), Journal of Political Economy 128(7)"
    doi: ClassVar[str | None] = "10.1086/706860"
    layout: ClassVar[str] = "FrameCounts"

    degree: int = 2

    def __post_init__(self) -> None:
        if self.degree < 1:
            raise EvidenceError(f"must be at least 1, found {self.degree!r}", where="DecisionQualityInstrument.degree")

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from counts by level of the instrument.

        Parameters
        ----------
        data
            Layout FrameCounts, ``cell`` the level of the instrument.

        Returns
        -------
        Estimate
            Kind "population", scalar; ``diagnostics["marginal"]`` has the marginal choosers between levels.

        Raises
        ------
        EvidenceError
            Fewer levels than the degree, or an instrument that shifts nothing.
        """
        arms = Arms.read(LAYOUTS["FrameCounts"].check(data))
        y0, y1 = arms.cells.rates[:, 0], arms.cells.rates[:, 1]
        v0, v1 = arms.cells.variances[:, 0], arms.cells.variances[:, 1]
        c = 1 - y1 + y0
        if len(c) < max(2, self.degree):
            raise EvidenceError(
                f"{len(c)} levels do not identify a polynomial of degree {self.degree}", where="column 'cell'"
            )
        if np.ptp(c) < 2 * np.sqrt((v0 + v1).max()):
            raise EvidenceError(
                "the instrument does not shift how many are consistent, beyond chance", where="column 'cell'"
            )
        value = self._extrapolated(y0, c, v0)
        step, variance = 1e-6, 0.0
        for g in range(len(c)):
            for which, var in ((0, v0[g]), (1, v1[g])):
                ends = []
                for sign in (1, -1):
                    a, b = y0.copy(), y1.copy()
                    (a if which == 0 else b)[g] += sign * step
                    ends.append(self._extrapolated(a, 1 - b + a, v0))
                variance += ((ends[0] - ends[1]) / (2 * step)) ** 2 * var
        return self._estimate(arms, value, float(variance), y0, c)

    def _extrapolated(self, a: FloatArray, c: FloatArray, variances: FloatArray) -> float:
        """a(1) of the weighted polynomial a(c) = b1 c + b2 c^2 + ... ."""
        powers = c[:, None] ** np.arange(1, self.degree + 1)
        root = 1.0 / np.sqrt(np.maximum(variances, 1e-12))
        b = np.linalg.lstsq(powers * root[:, None], a * root, rcond=None)[0]
        return float(b.sum())

    def _estimate(self, arms: Arms, value: float, variance: float, a: FloatArray, c: FloatArray) -> Estimate:
        import pandas as pd

        order = np.argsort(c, kind="stable")
        c_, a_ = np.concatenate([[0.0], c[order]]), np.concatenate([[0.0], a[order]])
        with np.errstate(all="ignore"):
            marginal = np.diff(a_) / np.diff(c_)
        frame = pd.DataFrame(
            {"from": c_[:-1], "to": c_[1:], "share preferring": marginal},
            index=pd.Index([arms.labels[k] for k in order], name="up to level"),
        )
        said = () if 0 <= value <= 1 else ("outside [0, 1], not clipped: the polynomial does not hold up to everybody",)
        return Estimate(
            "population",
            ("share preferring, of people",),
            np.array([value]),
            np.array([[variance]]),
            None,
            None,
            "share",
            _ASSUMPTIONS,
            {"marginal": frame, "largest_consistent": float(c.max()), "warnings": said},
            Source("DecisionQualityInstrument", self.citation, self.doi, int(arms.total.n.sum()),
                   (("degree", str(self.degree)),), "the frame: choices made because of it", _ASSUMPTIONS[-1]),
            scalar=True,
        )  # fmt: skip
