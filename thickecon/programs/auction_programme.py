"""The best auction of one item among all mechanisms, finitely many types: a linear programme, the oracle of T17."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from ..errors import InputError, SizeError, SolverError
from .highs import run_highs

__all__ = ["AuctionProgramme", "best_auction"]

CELLS = 40_000


@dataclass(frozen=True, eq=False)
class AuctionProgramme:
    """An optimal direct mechanism.

    Attributes
    ----------
    objective
        Expected (1 - a) endorsed surplus + a revenue.
    revenue, endorsed
        Its parts.
    wins, payments
        (profiles of types, bidders) chance of getting the item and payment, profiles in the order of
        ``itertools.product``.
    """

    objective: float
    revenue: float
    endorsed: float
    wins: FloatArray
    payments: FloatArray


def best_auction(
    values: Sequence[npt.ArrayLike],
    chances: Sequence[npt.ArrayLike] | None = None,
    *,
    joint: npt.ArrayLike | None = None,
    endorsed: Sequence[npt.ArrayLike] | None = None,
    revenue_weight: float = 1.0,
    incentives: Literal["bayesian", "dominant"] = "bayesian",
) -> AuctionProgramme:
    """Maximise expected (1 - a) endorsed surplus + a revenue over all truthful mechanisms that bidders take part in.

    Variables are the chance of winning and the payment of every bidder at every profile of types. No virtual values,
    no monotonicity and no tie rule are assumed: every misreport of every type is a constraint.

    Parameters
    ----------
    values
        For each bidder (types,) what winning is worth to the self that bids.
    chances
        For each bidder (types,) chances, bidders independent.
    joint
        (types of bidder 0, types of bidder 1, ...) chances of profiles, instead of ``chances``; need not be
        independent.
    endorsed
        For each bidder (types,) expected endorsed value of winning; None: ``values``.
    revenue_weight
        a in [0, 1].
    incentives
        Truth and participation on average over others' types, or at every profile.

    Raises
    ------
    InputError
        Shapes that do not fit, chances that are negative or do not add up to 1, a weight outside [0, 1].
    SizeError
        More than 40,000 pairs of a bidder and a profile.
    SolverError
        No optimum was found, for example where correlated beliefs allow unbounded bets.

    References
    ----------
    R. B. Myerson, Optimal auction design, Mathematics of Operations Research 6 (1981), 58-73,
    doi:10.1287/moor.6.1.58

    Examples
    --------
    One bidder, worth 1 or 2 with equal chances: a price of 1 brings as much as a price of 2.

    >>> round(best_auction([[1.0, 2.0]], [[0.5, 0.5]]).revenue, 9)
    1.0
    """
    v = [as_floats(each, f"values[{i}]") for i, each in enumerate(values)]
    n, shape = len(v), tuple(len(each) for each in v)
    w = v if endorsed is None else [as_floats(each, f"endorsed[{i}]") for i, each in enumerate(endorsed)]
    if tuple(len(each) for each in w) != shape:
        raise InputError(f"must have one entry a type, {shape}", where="endorsed")
    for i, each in enumerate((*v, *w)):
        require_finite(each, f"bidder {i % n}")
    if not 0 <= revenue_weight <= 1 or incentives not in ("bayesian", "dominant"):
        raise InputError(
            f"needs a weight in [0, 1] and 'bayesian' or 'dominant', found {revenue_weight}, {incentives!r}",
            where="best_auction",
        )
    prior = _prior(shape, chances, joint).ravel()
    if len(prior) * n > CELLS:
        raise SizeError(f"{len(prior)} profiles of {n} bidders are too many", where="best_auction")
    types = np.array(list(product(*(range(k) for k in shape))), dtype=np.intp).reshape(-1, n)
    worth = np.stack([w[i][types[:, i]] for i in range(n)], axis=1)
    gain = np.concatenate(((1 - revenue_weight) * prior[:, None] * worth, revenue_weight * np.tile(prior[:, None], n)))
    matrix, upper = _constraints(v, types, shape, prior, incentives == "bayesian")
    cells = types.size
    low, high = np.zeros(2 * cells), np.ones(2 * cells)
    low[cells:], high[cells:] = -np.inf, np.inf
    answer = run_highs(
        -gain.ravel(), matrix, (np.full(len(upper), -np.inf), upper), (low, high), None, {"presolve": "on"}
    )
    if answer.status != "optimal":
        raise SolverError(f"{answer.solver} stopped with status {answer.said!r}", where="best_auction")
    wins, paid = answer.x[:cells].reshape(-1, n), answer.x[cells:].reshape(-1, n)
    revenue, surplus = float(prior @ paid.sum(axis=1)), float(prior @ (worth * wins).sum(axis=1))
    total = (1 - revenue_weight) * surplus + revenue_weight * revenue
    return AuctionProgramme(total, revenue, surplus, frozen(wins), frozen(paid))


def _prior(shape: tuple[int, ...], chances: Sequence[npt.ArrayLike] | None, joint: npt.ArrayLike | None) -> FloatArray:
    if (chances is None) == (joint is None):
        raise InputError("needs chances or joint, and not both", where="best_auction")
    made: FloatArray = np.ones(())
    if chances is not None:
        for i, each in enumerate(chances):
            made = np.multiply.outer(made, as_floats(each, f"chances[{i}]"))
    else:
        made = as_floats(np.asarray(joint), "joint")
    if made.shape != shape or (made < 0).any() or not abs(made.sum() - 1) <= 1e-9:
        raise InputError(f"chances must have shape {shape}, be at least 0 and add up to 1", where="best_auction")
    return made


def _constraints(
    v: list[FloatArray], types: npt.NDArray[np.intp], shape: tuple[int, ...], prior: FloatArray, average: bool
) -> tuple[csc_array, FloatArray]:
    """Rows of one item at each profile, then of misreports and participation."""
    n, cells = len(v), types.size
    cell = np.arange(cells).reshape(-1, n)
    rows, cols, data, upper = (
        [np.repeat(np.arange(len(types)), n)],
        [cell.ravel()],
        [np.ones(cells)],
        [1.0] * len(types),
    )
    strides = np.array([int(np.prod(shape[i + 1 :])) for i in range(n)])
    for i in range(n):
        for t in range(shape[i]):
            here = np.flatnonzero(types[:, i] == t)
            for said in (*range(shape[i]), -1):
                if said == t:
                    continue
                there = here + (said - t) * strides[i]
                for group in [np.arange(len(here))] if average else np.arange(len(here))[:, None]:
                    weight = prior[here[group]] if average else np.ones(1)
                    parts = [(cell[here[group], i], -1.0)]
                    if said >= 0:
                        parts.append((cell[there[group], i], 1.0))
                    for at, sign in parts:
                        rows.append(np.full(2 * len(group), len(upper)))
                        cols.append(np.concatenate((at, at + cells)))
                        data.append(sign * np.concatenate((weight * v[i][t], -weight)))
                    upper.append(0.0)
    triplets = (np.concatenate(data), (np.concatenate(rows), np.concatenate(cols)))
    return csc_array(triplets, shape=(len(upper), 2 * cells)), np.array(upper)
