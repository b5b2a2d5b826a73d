"""The persuasion rate of DellaVigna and Kaplan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .persuasion_moments import PersuasionData

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PersuasionRate"]

_ASSUMPTIONS = (
    "assignment is as good as random",
    "the message moves nobody away from what it argues for",
    "the same share of those reached and of those not reached would do it anyway",
)


@register("PersuasionRate")
@dataclass(frozen=True)
class PersuasionRate(Estimator):
    """Share of people who were reached, would not have done it, and did: (y1 - y0) / (e1 - e0) / (1 - y0).

    It is in general the persuasion rate of no population: those reached by the assignment are not everybody, and the
    share 1 - y0 is not theirs. :class:`JunLeeBounds` says what the data do identify.

    Parameters
    ----------
    cluster
        Column of clusters; None: each person is one.

    References
    ----------
    DellaVigna and Kaplan (2007), "The Fox News Effect", Quarterly Journal of Economics 122(3),
    doi:10.1162/qjec.122.3.1187; DellaVigna and Gentzkow (2010), doi:10.1146/annurev.economics.102308.124309.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(1, 1, 1, 30), (0, 1, 1, 20), (0, 0, 1, 50), (1, 0, 0, 20), (0, 0, 0, 80)]
    >>> data = pd.DataFrame(rows, columns=["y", "t", "z", "n"])
    >>> round(PersuasionRate().fit(data).estimate, 4)  # (.3 - .2) / .5 / .8
    0.25
    """

    kind: ClassVar[Kind] = "exposure"
    title: ClassVar[str] = "Persuasion rate"
    citation: ClassVar[str] = "DellaVigna and Kaplan (2007), Quarterly Journal of Economics 122(3)"
    doi: ClassVar[str | None] = "10.1162/qjec.122.3.1187"
    layout: ClassVar[str] = "Persuasion"

    cluster: str | None = None

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from outcomes, exposure and assignment.

        Parameters
        ----------
        data
            Columns y, t, z of 0 and 1; n people in the row where a row is not one person.

        Returns
        -------
        Estimate
            Kind "exposure", scalar, delta-method error.

        Raises
        ------
        EvidenceError
            A missing column, entries that are not 0 or 1, an empty arm, or an assignment that reached nobody more.
        """
        read = PersuasionData.read(data, (), self.cluster)
        if read.t is None:
            raise EvidenceError(
                "has no column 't'", where="PersuasionRate", remedy="use JunLeeBounds, which needs none"
            )
        table = {name: float(value[0]) for name, value in read.moments().items()}
        y1, y0, e1, e0 = (table[name] for name in ("y1", "y0", "e1", "e0"))
        if e1 == e0 or y0 == 1:
            what = "as many were exposed in both arms" if e1 == e0 else "everybody does it without the message"
            raise EvidenceError(what, where="PersuasionRate", remedy="the rate is not defined")
        value = (y1 - y0) / (e1 - e0) / (1 - y0)
        slope = {
            "y1": value / (y1 - y0) if y1 != y0 else 1 / (e1 - e0) / (1 - y0),
            "y0": -1 / (e1 - e0) / (1 - y0) + value / (1 - y0),
            "e1": -value / (e1 - e0),
            "e0": value / (e1 - e0),
        }
        gradient = np.array([slope.get(name, 0.0) for name in read.events])
        return Estimate(
            "exposure",
            ("persuasion rate",),
            np.array([value]),
            np.array([[gradient @ read.covariance @ gradient]]),
            None,
            None,
            "share",
            _ASSUMPTIONS,
            {**table, "warnings": ("in general the persuasion rate of no population: see JunLeeBounds",)},
            Source("PersuasionRate", self.citation, self.doi, read.people, (("cluster", str(self.cluster)),)),
            scalar=True,
        )
