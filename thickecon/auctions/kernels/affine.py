"""Affine maximisers over an explicit list of outcomes: the general form of T18."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, IntArray, as_floats, first_bad, frozen, require_finite
from ...errors import InputError

__all__ = ["AffineOutcome", "affine_maximiser"]


@dataclass(frozen=True, eq=False)
class AffineOutcome:
    """Choices and charges of an affine maximiser.

    Attributes
    ----------
    choice
        (...) position of the chosen outcome.
    payments
        (..., n) charges.
    objective
        (..., outcomes) ``sum_i b_i r_i + C``.
    """

    choice: IntArray
    payments: FloatArray
    objective: FloatArray


def affine_maximiser(
    reports: npt.ArrayLike,
    *,
    weights: npt.ArrayLike = 1.0,
    constants: npt.ArrayLike = 0.0,
    offsets: npt.ArrayLike | None = None,
    allowed: npt.ArrayLike | None = None,
    lottery: npt.ArrayLike | None = None,
    chosen: int | None = None,
) -> AffineOutcome:
    """Choose ``argmax_x sum_i b_i r_i(x) + C(x)`` and charge what each agent's report costs the rest.

    1. objective(x) = sum_i b_i r_i(x) + C(x); the largest wins, the lowest lottery number breaks ties.
    2. p_i = [max_y (objective - b_i r_i)(y) - (objective - b_i r_i)(x*)] / b_i, y over outcomes ``allowed`` for i.

    The report is then worth to i exactly what it is worth to the objective, so truth is dominant whatever C is.
    With ``weights=1`` and ``offsets`` = wedges it is VCG corrected for a known wedge; b_i = cov(v, d)/var(d) is the
    regression weight for a noisy one. b_i must be the same for all outcomes: otherwise no payments exist (T18).

    Parameters
    ----------
    reports
        (..., n, outcomes); leading axes are separate problems.
    weights
        b, number or (..., n), positive.
    constants
        C, number or (..., outcomes): worth of outcomes to nobody in particular (a seller's reserve, offsets).
    offsets
        (..., n, outcomes) subtracted from C agent by agent: ``C(x) - sum_i offsets_i(x)``; C = sum c_i, c = -offset.
    allowed
        (n, outcomes) bool: the pivots of agent i. None: all outcomes, so that nobody is ever paid (T5, T18).
        Outcomes that leave i out guarantee the reporting self's participation instead.
    lottery
        (outcomes,) tie-breaking numbers, the lowest wins; None: the first.
    chosen
        The outcome to charge for, where ties were broken before; None: step 1 decides.

    Raises
    ------
    InputError
        Shapes that do not fit, weights that are not positive, numbers that are not finite, an agent without pivot.

    References
    ----------
    K. Roberts, The characterization of implementable choice rules, in J.-J. Laffont (ed.), Aggregation and
    Revelation of Preferences, North-Holland (1979), 321-348. N. Nisan, Algorithmic Game Theory (2007), ch. 9,
    doi:10.1017/CBO9780511800481

    Examples
    --------
    The roommates' TV (Varian): net values of buying; the third is pivotal.

    >>> out = affine_maximiser([[0, -50], [0, -50], [0, 150]])
    >>> int(out.choice), out.payments.tolist()
    (1, [0.0, 0.0, 100.0])
    """
    r = as_floats(reports, "reports")
    if r.ndim < 2 or not r.size:
        raise InputError(f"must have shape (..., agents, outcomes), not empty, found {r.shape}", where="reports")
    *lead, n, m = r.shape
    require_finite(r, "reports")
    b = _fit(weights, (*lead, n), "weights")
    if not (b > 0).all():
        raise InputError(f"must be positive, found {b[first_bad(b <= 0)]:g}", where="weights")
    fixed = _fit(constants, (*lead, m), "constants")
    if offsets is not None:
        fixed = fixed - _fit(offsets, r.shape, "offsets").sum(axis=-2)
    own = b[..., None] * r
    objective = own.sum(axis=-2) + fixed
    choice = _argmax(objective, lottery) if chosen is None else np.full(objective.shape[:-1], chosen, dtype=np.intp)
    others = objective[..., None, :] - own
    at = np.broadcast_to(choice[..., None, None], (*lead, n, 1))
    here = np.take_along_axis(others, at, axis=-1)[..., 0]
    if allowed is None:
        pivot = others.max(axis=-1)
    else:
        mask = np.asarray(allowed, dtype=bool)
        if mask.shape != (n, m):
            raise InputError(f"must have shape (agents, outcomes) = ({n}, {m}), found {mask.shape}", where="allowed")
        if not mask.any(axis=-1).all():
            raise InputError(f"agent {int(np.argmin(mask.any(axis=-1)))} has no outcome to pivot on", where="allowed")
        pivot = np.where(mask, others, -np.inf).max(axis=-1)
    return AffineOutcome(frozen(choice), frozen((pivot - here) / b), frozen(objective))


def _argmax(objective: FloatArray, lottery: npt.ArrayLike | None) -> IntArray:
    if lottery is None:
        return np.asarray(objective.argmax(axis=-1))
    ticket = _fit(lottery, objective.shape[-1:], "lottery")
    order = np.argsort(ticket, kind="stable")
    return np.asarray(order[objective[..., order].argmax(axis=-1)])


def _fit(values: npt.ArrayLike, shape: tuple[int, ...], name: str) -> FloatArray:
    array = as_floats(values, name)
    require_finite(array, name)
    try:
        return np.broadcast_to(array, shape)
    except ValueError as err:
        raise InputError(f"must broadcast to shape {shape}, found {array.shape}", where=name) from err
