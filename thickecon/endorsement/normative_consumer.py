"""What an unbiased expert with the same tastes would buy: Allcott, Lockwood and Taubinsky."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import FloatArray
from ..errors import EvidenceError
from .layouts import LAYOUTS
from .tax_salience import least_squares

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NormativeConsumer"]


@dataclass(frozen=True, eq=False)
class NormativeConsumer:
    """A survey of purchases and bias scores.

    Attributes
    ----------
    quantity, price, elasticity
        (n,) positive; the elasticity as a positive number.
    scores
        (n, 1) or (n, 2) measures of one bias score.
    controls
        (n, K) tastes and the like.
    """

    quantity: FloatArray
    price: FloatArray
    elasticity: FloatArray
    scores: FloatArray
    controls: FloatArray

    @classmethod
    def read(cls, data: pd.DataFrame, bias: tuple[str, ...], controls: tuple[str, ...]) -> NormativeConsumer:
        """From layout BiasSurvey.

        Raises
        ------
        EvidenceError
            A column that is missing, numbers that are not positive, a household twice, scores that do not vary.
        """
        table = LAYOUTS["BiasSurvey"].check(data, (*bias, *controls))
        if table["unit"].duplicated().any():
            raise EvidenceError(
                f"{table['unit'][table['unit'].duplicated()].iloc[0]!r} is there twice",
                where="column 'unit'",
                remedy="one row a household: add purchases up",
            )
        try:
            columns = {
                n: table[n].to_numpy(dtype=np.float64) for n in ("quantity", "price", "elasticity", *bias, *controls)
            }
        except (TypeError, ValueError) as err:
            raise EvidenceError("columns must be numbers", where="BiasSurvey", remedy="make dummies of labels") from err
        for name in ("quantity", "price", "elasticity"):
            if not (columns[name] > 0).all():
                raise EvidenceError("must be positive", where=f"column {name!r}", remedy="drop those who buy nothing")
        scores = np.column_stack([columns[name] for name in bias])
        if (scores.std(axis=0) == 0).any():
            raise EvidenceError("does not vary", where=f"column {bias[int(np.argmin(scores.std(axis=0)))]!r}")
        extra = np.column_stack([np.ones(len(table)), *(columns[name] for name in controls)])
        return cls(columns["quantity"], columns["price"], columns["elasticity"], scores, extra)

    def effect(self) -> tuple[float, float]:
        """(tau, its error): log quantity on the score and controls, by least squares, or with two measures by
        obviously related instruments: each measure instruments the other, both equations stacked, clustered by
        household.
        """
        y, n = np.log(self.quantity), len(self.quantity)
        if self.scores.shape[1] == 1:
            x = np.column_stack([self.scores[:, 0], self.controls])
            b, joint = least_squares(x, y, x)
            return float(b[0]), float(np.sqrt(joint[0, 0]))
        none = np.zeros_like(self.controls)
        part = [np.hstack([self.controls, none]), np.hstack([none, self.controls])]
        x = np.vstack([np.column_stack([self.scores[:, k], part[k]]) for k in (0, 1)])
        z = np.vstack([np.column_stack([self.scores[:, 1 - k], part[k]]) for k in (0, 1)])
        b, joint = least_squares(x, np.concatenate([y, y]), z, np.tile(np.arange(n), 2))
        return float(b[0]), float(np.sqrt(joint[0, 0]))

    def margin(self, expert: float) -> tuple[FloatArray, FloatArray]:
        """(n,) weights by the slope of demand, and (n,) (b - b_expert) p / zeta: the wedge per unit of tau."""
        slope = self.elasticity * self.quantity / self.price
        distance = (self.scores.mean(axis=1) - expert) * self.price / self.elasticity
        return slope / slope.sum(), distance
