"""Who did what under which assignment: the moments that persuasion rates are made of, with their errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import FloatArray, IntArray, first_bad
from ..errors import EvidenceError
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOMENTS", "PersuasionData"]

MOMENTS = ("y1", "y0", "e1", "e0", "y_and_t1", "y_not_t0", "never0", "never1")
"""E[Y|Z=1], E[Y|Z=0], E[T|Z=1], E[T|Z=0], P(Y=1,T=1|Z=1), P(Y=1,T=0|Z=0), P(Y=0,T=0|Z=0), P(Y=0,T=0|Z=1)."""


@dataclass(frozen=True, eq=False)
class PersuasionData:
    """Rows of people with the same outcome, exposure, assignment, covariates and cluster.

    Attributes
    ----------
    y, z
        (rows,) 0 or 1.
    t
        (rows,) 0 or 1; None where exposure was not observed.
    n
        (rows,) people in the row.
    w
        (rows, K) covariates, a column of ones first.
    cluster
        (rows,) codes; None: each person is one.
    """

    y: FloatArray
    z: FloatArray
    t: FloatArray | None
    n: FloatArray
    w: FloatArray
    cluster: IntArray | None

    @classmethod
    def read(cls, data: pd.DataFrame, covariates: tuple[str, ...], cluster: str | None) -> PersuasionData:
        """From layout Persuasion.

        Raises
        ------
        EvidenceError
            A column that is missing or not 0/1, counts that are not, an arm that nobody is in, collinear covariates.
        """
        import pandas as pd

        extra = tuple(name for name in ("t", "n") if name in getattr(data, "columns", ()))
        extra += tuple(covariates) + (() if cluster is None else (cluster,))
        table = LAYOUTS["Persuasion"].check(data, extra)
        y, z = _binary(table, "y"), _binary(table, "z")
        t = _binary(table, "t") if "t" in extra else None
        n = _people(table) if "n" in extra else np.ones(len(table))
        for value in (0, 1):
            if not n[z == value].sum():
                raise EvidenceError(
                    f"has nobody with z = {value}", where="column 'z'", remedy="persuasion needs both assignments"
                )
        w = np.column_stack([np.ones(len(table)), *(_numbers(table, name) for name in covariates)])
        if np.linalg.matrix_rank(w * np.sqrt(n)[:, None]) < w.shape[1]:
            raise EvidenceError("covariates are collinear", where="covariates", remedy="leave one of them out")
        codes = None if cluster is None else np.asarray(pd.factorize(table[cluster])[0], dtype=np.intp)
        return cls(y, z, t, n, w, codes)

    @property
    def people(self) -> int:
        """How many."""
        return int(self.n.sum())

    @cached_property
    def events(self) -> Mapping[str, tuple[FloatArray, int]]:
        """By moment, the (rows,) event whose mean it is, and the arm."""
        found = {"y1": (self.y, 1), "y0": (self.y, 0)}
        if self.t is not None:
            y, t = self.y, self.t
            found |= {"e1": (t, 1), "e0": (t, 0), "y_and_t1": (y * t, 1), "y_not_t0": (y * (1 - t), 0)}
            found |= {"never0": ((1 - y) * (1 - t), 0), "never1": ((1 - y) * (1 - t), 1)}
        return found

    def moments(self, weights: FloatArray | None = None) -> dict[str, FloatArray]:
        """By name, (B,) moments when row r stands for ``weights[b, r]`` people; averaged over covariates.

        With covariates each event is regressed on them within its arm, and the prediction averaged over everybody.
        """
        people = self.n[None] if weights is None else weights
        mean_w = people @ self.w / people.sum(axis=1)[:, None]
        made = {}
        for name, (event, arm) in self.events.items():
            inside = people * (self.z == arm)
            gram = np.einsum("br,rk,rl->bkl", inside, self.w, self.w)
            moved = np.einsum("br,rk->bk", inside, self.w * event[:, None])
            with np.errstate(all="ignore"):
                made[name] = np.einsum("bk,bk->b", mean_w, _solved(gram, moved))
        return made

    @cached_property
    def covariance(self) -> FloatArray:
        """(M, M) of moments in the order of ``events``, without covariates: HC1 of regressions on z, or clustered.

        Raises
        ------
        EvidenceError
            A single cluster.
        """
        names = list(self.events)
        table = {name: float(value[0]) for name, value in self.moments().items()}
        scores = np.stack(
            [
                (self.z == arm) * (event - table[name]) / self.n[self.z == arm].sum()
                for name, (event, arm) in self.events.items()
            ],
            axis=1,
        )
        if self.cluster is None:
            made = (scores * self.n[:, None]).T @ scores
            return np.asarray(made * self.people / max(self.people - 2, 1))
        groups = int(self.cluster.max()) + 1
        if groups < 2:
            raise EvidenceError("clustered errors need at least 2 clusters, found 1", where="cluster")
        summed = np.zeros((groups, len(names)))
        np.add.at(summed, self.cluster, scores * self.n[:, None])
        return np.asarray(summed.T @ summed * groups / (groups - 1))

    def resampled(self, draws: int, gen: np.random.Generator) -> FloatArray:
        """(draws, rows) people of each row in a bootstrap sample of people, or of clusters."""
        if self.cluster is None:
            return gen.multinomial(self.people, self.n / self.n.sum(), size=draws).astype(np.float64)
        groups = int(self.cluster.max()) + 1
        times = gen.multinomial(groups, np.full(groups, 1 / groups), size=draws)
        return np.asarray(times[:, self.cluster] * self.n, dtype=np.float64)


def _solved(gram: FloatArray, moved: FloatArray) -> FloatArray:
    """(B, K); nan for draws in which a covariate does not vary."""
    try:
        return np.asarray(np.linalg.solve(gram, moved[..., None])[..., 0])
    except np.linalg.LinAlgError:
        made = np.full(moved.shape, np.nan)
        for b in range(len(made)):
            if np.linalg.matrix_rank(gram[b]) == gram.shape[1]:
                made[b] = np.linalg.solve(gram[b], moved[b])
        return made


def _numbers(table: pd.DataFrame, name: str) -> FloatArray:
    try:
        return np.asarray(table[name].to_numpy(dtype=np.float64))
    except (TypeError, ValueError) as err:
        raise EvidenceError("must be numbers", where=f"column {name!r}", remedy="make dummies of labels") from err


def _binary(table: pd.DataFrame, name: str) -> FloatArray:
    found = _numbers(table, name)
    bad = (found != 0) & (found != 1)
    if bad.any():
        row = first_bad(bad)[0]
        raise EvidenceError(f"must be 0 or 1, found {found[row]:g} in row {row}", where=f"column {name!r}")
    return found


def _people(table: pd.DataFrame) -> FloatArray:
    found = _numbers(table, "n")
    bad = ~np.isfinite(found) | (found < 0) | (found != np.round(found))
    if bad.any():
        row = first_bad(bad)[0]
        raise EvidenceError(f"must be whole numbers >= 0, found {found[row]:g} in row {row}", where="column 'n'")
    return found
