"""What is known of a bidder's endorsed value from the bid and from evidence: a regression line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._core.arrays import as_floats, require_finite
from ..endorsement.estimate import Estimate
from ..errors import EvidenceError
from ..profiles.endorsement import Evidence

__all__ = ["AT_FACE_VALUE", "EndorsedRegression", "endorsed_regression"]


@dataclass(frozen=True)
class EndorsedRegression:
    """E[v | d, s] = intercept + slope d - evidence s, d the value bid by and s the wedge that the evidence speaks of.

    Parameters
    ----------
    slope
        Of v in d; may be negative.
    intercept
        In units of values.
    evidence
        Weight of the wedge that the profile's endorsement implies for this bidder and item: 0 uses none of it, 1 with
        a slope of 1 takes it at face value, d - s.

    Raises
    ------
    EvidenceError
        Something that is not a finite number.

    Examples
    --------
    >>> EndorsedRegression(0.5, 1.0).of(4.0, 3.0)
    3.0
    """

    slope: float
    intercept: float = 0.0
    evidence: float = 0.0

    def __post_init__(self) -> None:
        for name in ("slope", "intercept", "evidence"):
            made = as_floats(getattr(self, name), name, error=EvidenceError)
            if made.ndim or not np.isfinite(made):
                raise EvidenceError(f"must be a finite number, found {getattr(self, name)!r}", where=name)
            object.__setattr__(self, name, float(made))

    def of(self, value: float, wedge: float) -> float:
        """The expected endorsed value of one bidder."""
        return self.intercept + self.slope * value - self.evidence * wedge

    @classmethod
    def fit(
        cls, endorsed: npt.ArrayLike, revealed: npt.ArrayLike, wedge: npt.ArrayLike | None = None
    ) -> EndorsedRegression:
        """By least squares of observed v on d, and on the evidence of the wedge where it is given.

        Parameters
        ----------
        endorsed, revealed
            (people,) v, as found out with hindsight, and d.
        wedge
            (people,) what the evidence said at the time that d - v is.

        Raises
        ------
        EvidenceError
            Shapes that differ, numbers that are not finite, or too few people to tell the coefficients apart.

        References
        ----------
        R. Frisch and F. V. Waugh, Partial time regressions as compared with individual trends, Econometrica 1 (1933),
        387-401, doi:10.2307/1907330

        Examples
        --------
        >>> made = EndorsedRegression.fit([1.0, 2.0, 3.0], [0.0, 2.0, 4.0])
        >>> round(made.slope, 9), round(made.intercept, 9), made.evidence
        (0.5, 1.0, 0.0)
        """
        names = ("endorsed", "revealed") if wedge is None else ("endorsed", "revealed", "wedge")
        given = (endorsed, revealed) if wedge is None else (endorsed, revealed, wedge)
        columns = [as_floats(part, name, error=EvidenceError) for part, name in zip(given, names, strict=True)]
        for column, name in zip(columns, names, strict=True):
            if column.ndim != 1 or column.shape != columns[0].shape:
                raise EvidenceError(f"must be a vector as long as endorsed, found {column.shape}", where=name)
            require_finite(column, name, error=EvidenceError)
        table = np.stack([np.ones(len(columns[0])), *columns[1:]], axis=1)
        found, _, rank, _ = np.linalg.lstsq(table, columns[0], rcond=None)
        if rank < table.shape[1]:
            raise EvidenceError(
                f"{len(table)} people do not tell {table.shape[1]} coefficients apart",
                where="EndorsedRegression.fit",
                remedy="leave out the wedge, or observe people with different bids",
            )
        return cls(float(found[1]), float(found[0]), -float(found[2]) if wedge is not None else 0.0)


AT_FACE_VALUE = EndorsedRegression(1.0, 0.0, 1.0)
"""The evidence of the profile as it stands: v = d - s."""


def endorsed_regression(given: Any, where: str = "endorsement") -> EndorsedRegression:
    """One regression, from whatever stands for it.

    Parameters
    ----------
    given
        A regression; a number (the slope: the share of a bid that is endorsed); (slope, intercept); an
        :class:`~thickecon.endorsement.Estimate` of one endorsement (a share) or of one contribution (a wedge in units
        of values, taken off); or an :class:`~thickecon.Evidence` with an estimate (a share).
    where
        Named in errors.

    Raises
    ------
    EvidenceError
        Anything else; an estimate of another kind, of several quantities, or without a point.

    Examples
    --------
    >>> endorsed_regression(0.5), endorsed_regression((0.5, 1.0)).intercept
    (EndorsedRegression(slope=0.5, intercept=0.0, evidence=0.0), 1.0)
    """
    if isinstance(given, EndorsedRegression):
        return given
    if isinstance(given, Estimate):
        return _from_estimate(given, where)
    if isinstance(given, Evidence):
        if given.estimate is None:
            raise EvidenceError("must have an estimate, found evidence with bounds or words only", where=where)
        return EndorsedRegression(given.estimate)
    if isinstance(given, int | float | np.number):
        return EndorsedRegression(float(given))
    if isinstance(given, tuple) and len(given) == 2 and all(np.ndim(part) == 0 for part in given):
        return EndorsedRegression(*given)
    raise EvidenceError(
        f"must be a regression of v on d or an estimate, found {type(given).__name__}",
        where=where,
        remedy="give a slope, (slope, intercept), auctions.EndorsedRegression(...) or an Estimate",
    )


def _from_estimate(given: Estimate, where: str) -> EndorsedRegression:
    if given.kind not in ("endorsement", "contribution"):
        raise EvidenceError(
            f"an estimate of kind {given.kind!r} does not say how much of a bid is endorsed",
            where=where,
            remedy="use one of kind 'endorsement' (a share) or 'contribution' (a wedge in units of values)",
        )
    if len(given.values) != 1 or not np.isfinite(given.values[0]):
        raise EvidenceError(
            f"must be one number, found {len(given.values)} quantities: {', '.join(given.names)}",
            where=where,
            remedy="give a list with one regression a bidder, or apply the estimate to the profile",
        )
    if given.kind == "endorsement":
        return EndorsedRegression(float(given.values[0]))
    if given.unit not in ("money", "utils"):
        raise EvidenceError(f"must be in units of values, found {given.unit!r}", where=where, remedy="use a link")
    return EndorsedRegression(1.0, -float(given.values[0]))
