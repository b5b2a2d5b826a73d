"""The layout FramedPeople as arrays, checked at the door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray, first_bad
from ..errors import EvidenceError
from .layouts import FRAMINGS, LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PeopleTable"]


@dataclass(frozen=True, eq=False)
class PeopleTable:
    """One framed choice a person.

    Attributes
    ----------
    y
        (n,) 1.0 where the option was chosen.
    framing
        (n,) 0 against, 1 for, 2 neutral.
    w
        (n, K) covariates, centred and scaled.
    weight, cluster
        (n,) or None.
    """

    y: FloatArray
    framing: IntArray
    w: FloatArray
    weight: FloatArray | None
    cluster: IntArray | None

    @classmethod
    def read(
        cls, data: pd.DataFrame, covariates: tuple[str, ...], weight: str | None, cluster: str | None
    ) -> PeopleTable:
        """From layout FramedPeople.

        Raises
        ------
        EvidenceError
            A column that is missing, empty cells, y that is not 0/1, a framing of another name, a frame nobody saw,
            covariates that are no numbers, weights that are negative or all 0.
        """
        import pandas as pd

        named = (*covariates, *(name for name in (weight, cluster) if name is not None))
        table = LAYOUTS["FramedPeople"].check(data, named)
        y = _numbers(table, "y", "1 chose the option, 0 did not")
        bad = (y != 0) & (y != 1)
        if bad.any():
            row = first_bad(bad)[0]
            raise EvidenceError(f"must be 0 or 1, found {y[row]:g} in row {row}", where="column 'y'")
        framing = pd.Index(FRAMINGS).get_indexer(pd.Index(table["frame"].astype(str)))
        if (framing < 0).any():
            row = first_bad(framing < 0)[0]
            raise EvidenceError(
                f"must be 'against', 'for' or 'neutral', found {table['frame'].iloc[row]!r} in row {row}",
                where="column 'frame'",
            )
        for code in (0, 1):
            if not (framing == code).any():
                raise EvidenceError(f"nobody saw the frame {FRAMINGS[code]!r}", where="column 'frame'")
        w = np.column_stack([_numbers(table, name, "make dummies of labels") for name in covariates])
        spread = w.std(axis=0)
        w = (w - w.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        counted = None if weight is None else _numbers(table, weight, "how many people the row stands for")
        if counted is not None and (counted.min() < 0 or counted.sum() <= 0):
            raise EvidenceError(
                f"must be >= 0 and not all 0, found {counted.min():g} in row {int(np.argmin(counted))}",
                where=f"column {weight!r}",
            )
        codes = None if cluster is None else np.asarray(pd.factorize(table[cluster])[0], dtype=np.intp)
        if codes is not None and codes.max() < 1:
            raise EvidenceError("has one cluster, errors need at least two", where=f"column {cluster!r}")
        return cls(y, np.asarray(framing, dtype=np.intp), w, counted, codes)

    @property
    def has_neutral(self) -> bool:
        """Did anybody see the neutral frame?"""
        return bool((self.framing == 2).any())

    @property
    def arms(self) -> tuple[BoolArray, ...]:
        """Masks of who saw which frame."""
        return tuple(self.framing == code for code in range(len(FRAMINGS)))

    def weight_of(self, at: BoolArray) -> FloatArray | None:
        """Weights of the people named by a mask."""
        return None if self.weight is None else self.weight[at]


def _numbers(table: pd.DataFrame, name: str, remedy: str) -> FloatArray:
    try:
        numbers = table[name].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise EvidenceError("must be numbers", where=f"column {name!r}", remedy=remedy) from err
    if not np.isfinite(numbers).all():
        row = first_bad(~np.isfinite(numbers))[0]
        raise EvidenceError(f"must be finite, found {numbers[row]} in row {row}", where=f"column {name!r}")
    return numbers
