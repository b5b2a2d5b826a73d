"""What persuasion data identify: bounds on the persuasion rate of everybody, and of those whom the message reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .persuasion_moments import PersuasionData

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JunLeeBounds", "persuasion_bounds"]

Data = Literal["auto", "outcome", "marginals", "joint"]
About = Literal["everybody", "compliers"]

_ASSUMPTIONS = (
    "assignment is as good as random, and works through exposure alone (exclusion)",
    "monotone response: exposure moves nobody away from what the message argues for",
)
_COMPLIERS = "monotone exposure: assignment to the message keeps nobody from it"


def persuasion_bounds(moments: Mapping[str, Any], data: str = "marginals", about: str = "everybody") -> tuple[Any, Any]:
    """Bounds on P(Y(1) = 1 | Y(0) = 0) from moments; the formulas of Jun and Lee.

    Parameters
    ----------
    moments
        y1, y0; e1, e0 for ``"marginals"``; for ``"joint"`` also y_and_t1 = P(Y=1, T=1 | Z=1),
        y_not_t0 = P(Y=1, T=0 | Z=0), and never0, never1 = P(Y=0, T=0 | Z=z). Floats, or arrays of one shape.
    data
        ``"outcome"``: y alone; ``"marginals"``; ``"joint"``.
    about
        ``"everybody"``, or ``"compliers"``, those whom the assignment exposes.

    Returns
    -------
    (lower, upper)
        Of the shape of the moments; one number where the data identify it.

    Raises
    ------
    EvidenceError
        Unknown ``data`` or ``about``.

    References
    ----------
    Jun and Lee (2023), "Identifying the Effect of Persuasion", Journal of Political Economy 131(8),
    doi:10.1086/724114.

    Examples
    --------
    >>> low, high = persuasion_bounds({"y1": 0.472, "y0": 0.448, "e1": 0.279, "e0": 0.0})
    >>> round(float(low), 3), float(high)
    (0.043, 1.0)
    """
    if data not in ("outcome", "marginals", "joint") or about not in get_args(About):
        raise EvidenceError(f"found data={data!r}, about={about!r}", where="persuasion_bounds")
    y1, y0 = (np.asarray(moments[name], dtype=np.float64) for name in ("y1", "y0"))
    with np.errstate(all="ignore"):
        low, high = (y1 - y0) / (1 - y0), np.ones_like(y0)
        if data == "joint":
            a, b = (np.asarray(moments[name], dtype=np.float64) for name in ("y_and_t1", "y_not_t0"))
            high = (a + 1 - np.asarray(moments["e1"]) - b) / (1 - b)
        elif data == "marginals":
            e1, e0 = (np.asarray(moments[name], dtype=np.float64) for name in ("e1", "e0"))
            sure = np.maximum(0.0, y0 - e0)
            high = (np.minimum(1.0, y1 + 1 - e1) - sure) / (1 - sure)
        if about == "compliers":
            high = np.ones_like(y0)
            if data == "joint":
                low = (y1 - y0) / (np.asarray(moments["never0"]) - np.asarray(moments["never1"]))
                high = low
            elif data == "marginals":
                low = np.maximum(low, (y1 - y0) / (np.asarray(moments["e1"]) - np.asarray(moments["e0"])))
    return low[()], high[()]


@register("JunLeeBounds")
@dataclass(frozen=True)
class JunLeeBounds(Estimator):
    """Bounds on the share persuaded among those who would not have done it, P(Y(1) = 1 | Y(0) = 0).

    Parameters
    ----------
    data
        What is used: ``"outcome"`` alone, ``"marginals"`` of outcome and exposure, or their ``"joint"`` distribution;
        ``"auto"``: joint where exposure was observed.
    about
        ``"everybody"``, or ``"compliers"`` (the local rate, a point with joint data).
    covariates
        Columns of numbers. Numerators and denominators are averaged over them, each event regressed on them within
        its arm.
    cluster
        Column of clusters; None: each person is one.
    errors
        ``"delta"``, or ``"bootstrap"`` over people or clusters; ``"auto"``: bootstrap with covariates.
    draws, rng
        Of the bootstrap.

    References
    ----------
    Jun and Lee (2023), "Identifying the Effect of Persuasion", Journal of Political Economy 131(8),
    doi:10.1086/724114.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(1, 1, 1, 30), (0, 1, 1, 20), (0, 0, 1, 50), (1, 0, 0, 20), (0, 0, 0, 80)]
    >>> data = pd.DataFrame(rows, columns=["y", "t", "z", "n"])
    >>> [round(end, 4) for end in JunLeeBounds().fit(data).bounds]  # (.3 - .2) / .8, (.3 + .5 - .2) / .8
    [0.125, 0.75]
    """

    kind: ClassVar[Kind] = "exposure"
    title: ClassVar[str] = "Jun-Lee bounds on the persuasion rate"
    citation: ClassVar[str] = "Jun and Lee (2023), Journal of Political Economy 131(8)"
    doi: ClassVar[str | None] = "10.1086/724114"
    layout: ClassVar[str] = "Persuasion"

    data: Data = "auto"
    about: About = "everybody"
    covariates: tuple[str, ...] = ()
    cluster: str | None = None
    errors: Literal["auto", "delta", "bootstrap"] = "auto"
    draws: int = 1000
    rng: RNG = None

    def __post_init__(self) -> None:
        for name, allowed in (("data", get_args(Data)), ("about", get_args(About)),
                              ("errors", ("auto", "delta", "bootstrap"))):  # fmt: skip
            if getattr(self, name) not in allowed:
                raise EvidenceError(
                    f"must be one of {', '.join(allowed)}, found {getattr(self, name)!r}", where=f"JunLeeBounds.{name}"
                )
        if self.draws < 2:
            raise EvidenceError(f"must be at least 2, found {self.draws!r}", where="JunLeeBounds.draws")
        object.__setattr__(self, "covariates", tuple(self.covariates))
        if self.covariates and self.errors == "delta":
            raise EvidenceError("errors with covariates come from the bootstrap", where="JunLeeBounds.errors")

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from outcomes and assignment, and exposure where it was observed.

        Parameters
        ----------
        data
            Columns y, z (and t) of 0 and 1; n people in the row where a row is not one person; covariates, cluster.

        Returns
        -------
        Estimate
            Kind "exposure", scalar: ``bounds`` and their errors; a point where the data identify one.
            ``diagnostics["percentile_95"]`` is the bootstrap's interval of the ends.

        Raises
        ------
        EvidenceError
            A missing column, entries that are not 0 or 1, an empty arm, compliers where nobody is one.
        """
        read = PersuasionData.read(data, self.covariates, self.cluster)
        case = self.data if self.data != "auto" else ("outcome" if read.t is None else "joint")
        if case != "outcome" and read.t is None:
            raise EvidenceError(f"data={case!r} needs a column 't'", where="JunLeeBounds", remedy="data='outcome'")
        table = {name: float(value[0]) for name, value in read.moments().items()}
        low, high = (float(end) for end in persuasion_bounds(table, case, self.about))
        if not np.isfinite([low, high]).all():
            raise EvidenceError(
                "the rate is not defined: everybody does it without the message, or assignment reaches nobody",
                where="JunLeeBounds",
            )
        if self.errors == "bootstrap" or self.covariates:
            errors, extra = self._bootstrap(read, case)
        else:
            errors, extra = self._delta(read, table, case), {}
        return self._estimate(read, table, case, (low, high), errors, extra)

    def _delta(self, read: PersuasionData, table: dict[str, float], case: str) -> FloatArray:
        """(2,) errors of the ends, from numerical slopes of the branch that is active."""
        names, step = list(read.events), 1e-6
        slopes = np.zeros((2, len(names)))
        for k, name in enumerate(names):
            up, down = ({**table, name: table[name] + sign * step} for sign in (1, -1))
            ends = np.subtract(persuasion_bounds(up, case, self.about), persuasion_bounds(down, case, self.about))
            slopes[:, k] = ends / (2 * step)
        return np.asarray(np.sqrt(np.maximum(np.einsum("ek,kl,el->e", slopes, read.covariance, slopes), 0.0)))

    def _bootstrap(self, read: PersuasionData, case: str) -> tuple[FloatArray, dict[str, Any]]:
        weights = read.resampled(self.draws, generator(self.rng))
        ends = np.stack(persuasion_bounds(read.moments(weights), case, self.about))
        usable = ends[:, np.isfinite(ends).all(axis=0)]
        if usable.shape[1] < 0.9 * self.draws:
            raise EvidenceError(
                f"{self.draws - usable.shape[1]} of {self.draws} bootstrap samples have an empty arm",
                where="JunLeeBounds",
                remedy="more people, fewer covariates, or larger clusters",
            )
        spread = (float(np.quantile(usable[0], 0.025)), float(np.quantile(usable[1], 0.975)))
        return usable.std(axis=1, ddof=1), {"percentile_95": spread, "bootstrap_samples": int(usable.shape[1])}

    def _estimate(
        self,
        read: PersuasionData,
        table: dict[str, float],
        case: str,
        ends: tuple[float, float],
        errors: FloatArray,
        extra: dict[str, Any],
    ) -> Estimate:
        point = ends[0] == ends[1]
        said = []
        if table["y1"] < table["y0"]:
            said.append("the outcome is rarer with the message: monotone response fails, or chance")
        if read.t is not None and table["e1"] < table["e0"]:
            said.append("fewer were exposed with the message: monotone exposure fails, or chance")
        return Estimate(
            "exposure",
            (f"persuasion rate, {self.about}",),
            np.array([ends[0] if point else np.nan]),
            np.array([[errors[0] ** 2]]) if point else None,
            np.array([ends]),
            errors[None],
            "share",
            (*_ASSUMPTIONS, *((_COMPLIERS,) if self.about == "compliers" else ())),
            {**table, "data": case, **extra, "warnings": tuple(said)},
            Source(
                "JunLeeBounds",
                self.citation,
                self.doi,
                read.people,
                tuple((key, str(entry)) for key, entry in self.parameters.items()),
            ),
            scalar=True,
        )
