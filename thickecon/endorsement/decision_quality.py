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
            Kind "population", scalar. Bounds need no polynomial: [Y0, Y1] where most are consistent.
            ``diagnostics["marginal"]`` has the marginal choosers between levels; ``"independence_p"`` tests that all
            of them prefer the option alike, ``"fit_p"`` the polynomial where there are more levels than it needs, and
            ``"nesting_p"`` that who is consistent at some level is so where more are.

        Raises
        ------
        EvidenceError
            Fewer levels than the degree, or an instrument that shifts nothing.
        """
        arms = Arms.read(LAYOUTS["FrameCounts"].check(data))
        levels = _Levels(*arms.cells.rates[:, :2].T, *arms.cells.variances[:, :2].T)
        count = len(levels.c)
        if count < max(2, self.degree):
            raise EvidenceError(
                f"{count} levels do not identify a polynomial of degree {self.degree}", where="column 'cell'"
            )
        low, high = int(levels.c.argmin()), int(levels.c.argmax())
        room = float(np.sqrt((levels.v0 + levels.v1)[[low, high]].sum()))
        if levels.c[high] - levels.c[low] < 2 * room:
            raise EvidenceError(
                "the instrument does not shift how many are consistent, beyond chance",
                where="column 'cell'",
                remedy="use the bounds of GoldinReck",
            )
        value, variance, misfit = levels.extrapolated(self.degree)
        return self._estimate(arms, levels, value, variance, misfit)

    def _estimate(self, arms: Arms, levels: _Levels, value: float, variance: float, misfit: float) -> Estimate:
        from scipy.special import chdtrc

        count, top = len(levels.c), int(levels.c.argmax())
        said = [] if 0 <= value <= 1 else ["outside [0, 1], not clipped: the polynomial does not hold up to everybody"]
        nesting_p = levels.nesting(top)
        if nesting_p < 0.05:
            said.append(
                f"fewer choose one of the options in both frames where more are consistent (p = {nesting_p:.2g}): the"
                " instrument shifts what people prefer, or makes some people less consistent"
            )
        fit_p = float(chdtrc(count - self.degree, misfit)) if count > self.degree else float("nan")
        if fit_p < 0.05:
            said.append(f"the levels do not lie on one polynomial (p = {fit_p:.2g}): raise the degree, or distrust")
        if levels.c.max() < 0.5:
            said.append("fewer than half are ever consistent: most of the share is extrapolated")
        return Estimate(
            "population",
            ("share preferring, of people",),
            np.array([value]),
            np.array([[variance]]),
            np.sort([[levels.y0[top], levels.y1[top]]]),
            np.sqrt([[levels.v0[top], levels.v1[top]]]),
            "share",
            _ASSUMPTIONS,
            {
                "marginal": levels.marginal([str(label) for label in arms.labels]),
                "largest_consistent": float(levels.c.max()),
                "extrapolated": float(1 - levels.c.max()),
                "independence_p": float(chdtrc(count - 1, levels.extrapolated(1)[2])),
                "fit_p": fit_p,
                "nesting_p": nesting_p,
                "warnings": tuple(said),
            },
            Source("DecisionQualityInstrument", self.citation, self.doi, int(arms.total.n.sum()),
                   (("degree", str(self.degree)),), "the frame: choices made because of it", _ASSUMPTIONS[-1]),
            scalar=True,
            end_covariances=np.diag([levels.v0[top], levels.v1[top]])[None],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Levels:
    """(G,) shares who choose the option under the frame against and for it, by level, and their variances."""

    y0: FloatArray
    y1: FloatArray
    v0: FloatArray
    v1: FloatArray

    @property
    def c(self) -> FloatArray:
        """(G,) consistent."""
        return np.asarray(1 - self.y1 + self.y0)

    def extrapolated(self, degree: int) -> tuple[float, float, float]:
        """a(1) of a(c) = b1 c + b2 c^2 + ..., its variance, and the sum of squared standardised misfits.

        The misfit a - f(c) has variance (1 - f')^2 V0 + f'^2 V1, as both a and c hold Y0; the weights are its inverse,
        found in a few rounds. At the solution the errors of the shares move b by (X'WX)^-1 X'W times themselves.
        """
        powers = np.arange(1, degree + 1)
        x, slopes = self.c[:, None] ** powers, powers * self.c[:, None] ** (powers - 1)
        spread = np.maximum(self.v0, 1e-12)
        for _ in range(4):
            weighted = x / spread[:, None]
            b = np.linalg.lstsq(x / np.sqrt(spread)[:, None], self.y0 / np.sqrt(spread), rcond=None)[0]
            f = slopes @ b
            spread = np.maximum((1 - f) ** 2 * self.v0 + f**2 * self.v1, 1e-12)
        weighted = x / spread[:, None]
        b = np.linalg.solve(weighted.T @ x, weighted.T @ self.y0)
        pull = np.linalg.solve(weighted.T @ x, weighted.T).sum(axis=0)
        f, off = slopes @ b, self.y0 - x @ b
        misfit = float((off**2 / spread).sum())
        return float(b.sum()), float(pull**2 @ ((1 - f) ** 2 * self.v0 + f**2 * self.v1)), misfit

    def nesting(self, top: int) -> float:
        """Least p, times how many, of "Y0 is largest and Y1 least where most are consistent"."""
        from scipy.special import ndtr

        others = np.arange(len(self.c)) != top
        gaps = np.concatenate([self.y0[others] - self.y0[top], self.y1[top] - self.y1[others]])
        spread = np.concatenate([self.v0[others] + self.v0[top], self.v1[others] + self.v1[top]])
        score = gaps / np.sqrt(np.maximum(spread, 1e-12))
        return float(min(1.0, ndtr(-score).min() * len(score)))

    def marginal(self, labels: list[str]) -> pd.DataFrame:
        """(a' - a) / (c' - c) from level to level, first from nobody, with delta-method errors."""
        import pandas as pd

        order = np.argsort(self.c, kind="stable")
        c, a = self.c[order], self.y0[order]
        with np.errstate(all="ignore"):
            share = np.diff(a, prepend=0.0) / np.diff(c, prepend=0.0)
            # the top moves by Y0, the bottom by Y0 - Y1, at either level
            own = (1 - share) ** 2 * self.v0[order] + share**2 * self.v1[order]
            last = (1 - share[1:]) ** 2 * self.v0[order][:-1] + share[1:] ** 2 * self.v1[order][:-1]
            before = np.concatenate([[0.0], last])
            error = np.sqrt(own + before) / np.abs(np.diff(c, prepend=0.0))
        return pd.DataFrame(
            {"from": np.concatenate([[0.0], c[:-1]]), "to": c, "share preferring": share, "standard_error": error},
            index=pd.Index([labels[k] for k in order], name="up to level"),
        )
