"""Shares chosen under frames, the quantities made of them, and their delta-method errors."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import FloatArray, first_bad, frozen
from ..errors import EvidenceError
from .layouts import FRAMINGS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Arms", "Shares", "formula", "monotonicity", "ratio", "quantities"]


@dataclass(frozen=True)
class Shares:
    """Counts of one or more cells: (..., 3) people and choosers under against, for, neutral (n = 0: no such arm)."""

    n: FloatArray
    k: FloatArray

    @cached_property
    def rates(self) -> FloatArray:
        """(..., 3) shares who choose the option; nan without an arm."""
        return np.asarray(np.divide(self.k, self.n, out=np.full(self.n.shape, np.nan), where=self.n > 0))

    @cached_property
    def variances(self) -> FloatArray:
        """(..., 3) binomial variances of the shares."""
        spread = self.rates * (1 - self.rates)
        return np.asarray(np.divide(spread, self.n, out=np.full(self.n.shape, np.nan), where=self.n > 0))


def formula(name: str, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Value (...) and gradient (..., 3) of a quantity at shares y (..., 3); nan where it is not defined."""
    y0, y1, yn = y[..., 0], y[..., 1], y[..., 2]
    zero, one = np.zeros_like(y0), np.ones_like(y0)
    consistent, moved = 1 - y1 + y0, y1 - y0
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "y_against":
            value, slopes = y0, (one, zero, zero)
        elif name == "y_for":
            value, slopes = y1, (zero, one, zero)
        elif name == "consistent":
            value, slopes = consistent, (one, -one, zero)
        elif name in ("quality_people", "quality_moved"):  # q; under independence the same share in both groups
            value, slopes = y0 / consistent, ((1 - y1) / consistent**2, y0 / consistent**2, zero)
        elif name == "neutral_people":
            value, slopes = yn, (zero, zero, one)
        elif name == "neutral_moved":
            value = (yn - y0) / moved
            slopes = ((yn - y1) / moved**2, -(yn - y0) / moved**2, 1 / moved)
        elif name == "manufactured_in_for":  # of those who choose it under the frame for it
            value, slopes = (y1 - yn) / y1, (zero, yn / y1**2, -1 / y1)
        else:  # suppressed_in_against: of all people, under the frame against it
            value, slopes = yn - y0, (-one, zero, one)
    slope = np.stack(slopes, axis=-1)
    undefined = ~np.isfinite(value)
    return np.where(undefined, np.nan, value), np.where(undefined[..., None], np.nan, slope)


def ratio(name: str, rates: FloatArray, covariance: FloatArray) -> tuple[float, float, FloatArray] | None:
    """Numerator, denominator and their (2, 2) covariance of a quantity at shares (3,); None if it is no ratio."""
    y0, y1, yn = np.nan_to_num(rates)
    tops = {"quality_people": (y0, 1 - y1 + y0, (1.0, 0.0, 0.0), (1.0, -1.0, 0.0))}
    tops["quality_moved"] = tops["quality_people"]
    tops["neutral_moved"] = (yn - y0, y1 - y0, (-1.0, 0.0, 1.0), (-1.0, 1.0, 0.0))
    if name not in tops:
        return None
    top, bottom, *slopes = tops[name]
    both = np.array(slopes)
    return float(top), float(bottom), both @ covariance @ both.T


_TWO_ARMS = ("y_against", "y_for", "consistent", "quality_people", "quality_moved")
_THREE_ARMS = ("neutral_people", "neutral_moved", "manufactured_in_for", "suppressed_in_against")


def quantities(shares: Shares) -> pd.DataFrame:
    """Every quantity that is defined for one set of counts, with its binomial delta-method standard error."""
    import pandas as pd

    names = _TWO_ARMS if np.isnan(shares.rates[2]) else (*_TWO_ARMS, *_THREE_ARMS)
    rows = {}
    for name in names:
        value, slope = formula(name, shares.rates)
        if np.isfinite(value):
            rows[name] = (float(value), float(np.sqrt(np.nansum(slope**2 * shares.variances))))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "standard_error"])


@dataclass(frozen=True)
class Arms:
    """Counts by cell, (G, 3), checked."""

    labels: tuple[Hashable, ...]
    cells: Shares

    @classmethod
    def read(cls, data: pd.DataFrame) -> Arms:
        """From layout FrameCounts.

        Raises
        ------
        EvidenceError
            A framing of another name, counts that are not whole numbers >= 0, k > n, a cell without an arm.
        """
        framing = data["framing"].astype(str).to_numpy()
        alien = ~np.isin(framing, FRAMINGS)
        if alien.any():
            raise EvidenceError(
                f"must be one of {', '.join(FRAMINGS)}, found {framing[int(np.argmax(alien))]!r}",
                where="column 'framing'",
            )
        n, k = _counts(data, "n"), _counts(data, "k")
        if (k > n).any():
            row = first_bad(k > n)[0]
            raise EvidenceError(f"k must not exceed n, found {k[row]:g} > {n[row]:g} in row {row}", where="column 'k'")
        import pandas as pd

        codes, labels = pd.factorize(data["cell"], sort=False)
        people, chose = np.zeros((len(labels), 3)), np.zeros((len(labels), 3))
        arm = np.array([FRAMINGS.index(name) for name in framing])
        np.add.at(people, (codes, arm), n)
        np.add.at(chose, (codes, arm), k)
        neutral = people[:, 2] > 0
        lacking = (people[:, :2] == 0) | ((~neutral) & neutral.any())[:, None]
        if lacking.any():
            g, j = first_bad(lacking)
            name = FRAMINGS[j] if people[g, j] == 0 else "neutral"
            raise EvidenceError(
                f"cell {labels[g]!r} has nobody under framing {name!r}",
                where="FrameCounts",
                remedy="drop the cell or pool it with another",
            )
        return cls(tuple(labels), Shares(frozen(people, copy=False), frozen(chose, copy=False)))

    @property
    def n_cells(self) -> int:
        """How many cells."""
        return len(self.labels)

    @property
    def has_neutral(self) -> bool:
        """Is there a neutral arm?"""
        return bool(self.cells.n[:, 2].any())

    @cached_property
    def total(self) -> Shares:
        """All cells together."""
        return Shares(self.cells.n.sum(axis=0), self.cells.k.sum(axis=0))

    def rates_of(self, weights: FloatArray) -> FloatArray:
        """(B, 3) pooled shares when cell g stands ``weights[b, g]`` times in the data."""
        return Shares(weights @ self.cells.n, weights @ self.cells.k).rates

    def statistic(self, name: str, pool: str, weights: FloatArray) -> FloatArray:
        """(B,) the quantity when cell g stands ``weights[b, g]`` times in the data."""
        if pool == "pooled":
            return formula(name, self.rates_of(weights))[0]
        by_cell = formula(name, self.cells.rates)[0]
        _all_defined(by_cell, self.labels)
        people = weights * self.cells.n.sum(axis=1) * self._counted(name)
        return np.asarray((people @ by_cell) / people.sum(axis=1))

    def _counted(self, name: str) -> FloatArray:
        """(G,) of whom each cell's share is: of its people, or of those whom the frame moves."""
        if name.endswith("_moved"):
            return np.asarray(self.cells.rates[:, 1] - self.cells.rates[:, 0])
        return np.ones(self.n_cells)

    def linearised(self, name: str, pool: str) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(q,) values, (q, G) contributions of cells to the error, (q,) binomial variances."""
        names = ("y_against", "y_for") if name == "ends" else (name,)
        values, scores, variances = [], [], []
        for each in names:
            if pool == "pooled":
                value, slope = formula(each, self.total.rates)
                scores.append(self.rate_scores() @ np.nan_to_num(slope))
                variances.append(float(np.nansum(slope**2 * self.total.variances)))
            else:
                by_cell, slope = formula(each, self.cells.rates)
                _all_defined(by_cell, self.labels)
                counted = self._counted(each)
                share = self.cells.n.sum(axis=1) / self.cells.n.sum()
                total = share @ counted
                value = share @ (counted * by_cell) / total
                scores.append(share * counted * (by_cell - value) / total)
                if each.endswith("_moved"):  # the weights are estimated too: Y1 - Y0
                    slope = counted[:, None] * np.nan_to_num(slope)
                    slope = slope + (by_cell - value)[:, None] * np.array([-1.0, 1.0, 0.0])
                variances.append(float((share / total) ** 2 @ np.nansum(slope**2 * self.cells.variances, axis=1)))
            values.append(float(value))
        return np.array(values), np.array(scores), np.array(variances)

    def rate_scores(self) -> FloatArray:
        """(G, 3) contributions of the cells to the errors of the pooled shares; 0 for an arm that is not there."""
        off = np.where(self.total.n > 0, self.cells.k - np.nan_to_num(self.total.rates) * self.cells.n, 0.0)
        return np.asarray(off / np.maximum(self.total.n, 1.0))

    def rate_covariance(self, clustered: bool) -> FloatArray:
        """(3, 3) of the pooled shares: binomial and independent, or clustered by cell with G / (G - 1)."""
        if not clustered:
            return np.diag(np.nan_to_num(self.total.variances))
        scores = self.rate_scores()
        return np.asarray(scores.T @ scores * (self.n_cells / (self.n_cells - 1)))

    def cells_frame(self) -> pd.DataFrame:
        """For each cell: people, shares, consistent, and the points of both routes with their errors."""
        import pandas as pd

        rates, frame = self.cells.rates, {"n": self.cells.n.sum(axis=1)}
        names = ("y_against", "y_for", "consistent", "quality_people")
        for name in (*names, "neutral_people", "neutral_moved") if self.has_neutral else names:
            value, slope = formula(name, rates)
            frame[name] = value
            frame[f"{name}_se"] = np.sqrt(np.nansum(slope**2 * self.cells.variances, axis=1))
        return pd.DataFrame(frame, index=pd.Index(self.labels, name="cell"))


def _all_defined(by_cell: FloatArray, labels: tuple[Hashable, ...]) -> None:
    if not np.isfinite(by_cell).all():
        raise EvidenceError(
            f"the quantity is not defined in cell {labels[int(np.argmin(np.isfinite(by_cell)))]!r}",
            where="GoldinReck(pool='within')",
            remedy="pool='pooled', or merge small cells",
        )


def _counts(data: pd.DataFrame, name: str) -> FloatArray:
    try:
        counts = data[name].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise EvidenceError("must be whole numbers", where=f"column {name!r}") from err
    bad = ~np.isfinite(counts) | (counts < 0) | (counts != np.round(counts))
    if bad.any():
        row = first_bad(bad)[0]
        raise EvidenceError(f"must be whole numbers >= 0, found {counts[row]!r} in row {row}", where=f"column {name!r}")
    return counts


def monotonicity(arms: Arms) -> dict[str, Any]:
    """One-sided tests of Y1 >= Y0: pooled, and the least Holm-adjusted p-value over cells."""
    from scipy.special import ndtr

    def p_values(shares: Shares) -> FloatArray:
        gap = shares.rates[..., 1] - shares.rates[..., 0]
        error = np.sqrt(shares.variances[..., 0] + shares.variances[..., 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            score = np.where(error > 0, gap / error, np.sign(gap) * np.inf)
        return np.asarray(np.where(gap == 0, 0.5, ndtr(score)))

    by_cell = p_values(arms.cells)
    return {
        "pooled_p": float(p_values(arms.total)),
        "cells_p": float(min(1.0, by_cell.min() * len(by_cell))),
    }
