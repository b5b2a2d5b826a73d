"""What every kernel starts from: scores, offsets and reserves as gains over keeping the goods.

Notation, for agent i and outcome x: the rule maximises ``sum_i s_i(x)`` plus the reserves of what is kept, where
the *score* ``s = r - delta`` is a report less an *offset*. With offsets, the charge is that of the affine maximiser

    p_i = max_y [sum_{j != i} s_j(y) - delta_i(y)] - [sum_{j != i} s_j(x*) - delta_i(x*)]                (T18, b = 1)

so agent i is compared with herself at a report of zero, whose score is ``-delta``. Without offsets it is Clarke's.
The *pivot* says over which y the first maximum runs:

``"zero"``
    All outcomes (T18). Nobody is ever paid, but an agent whose decision value is negative may be charged beyond it:
    with offset below ``-reserve`` her zero report itself would win (a suppressed want, d < 0 < v).
``"absent"``
    Outcomes in which agent i gets nothing. Nobody ever pays more than the report, but the seller may pay the
    winner. Procurement (negative scores, negative reserves) needs this one. Truth is dominant under both; they
    agree wherever ``delta >= -reserve``, in particular for Clarke charges with reserves of at least 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, IntArray, as_floats, first_bad, require_finite
from ...errors import InputError

__all__ = ["Gains", "Pivot", "gains", "per_option"]

Pivot = Literal["zero", "absent"]


@dataclass(frozen=True, eq=False)
class Gains:
    """Rows of an auction, net of reserves.

    Attributes
    ----------
    agent, option
        (rows,) positions.
    gain
        (rows,) score less reserve: what serving the row adds over keeping the goods.
    add_back
        (rows,) ``offset + reserve``: what turns a gain into a price.
    lottery
        (n_agents,) numbers that break ties, the lowest wins.
    n_agents, n_options
        Counts.
    pivot
        See the module.
    """

    agent: IntArray
    option: IntArray
    gain: FloatArray
    add_back: FloatArray
    lottery: FloatArray
    n_agents: int
    n_options: int
    pivot: Pivot

    @property
    def zero(self) -> FloatArray:
        """(rows,) the gain of a report of zero: ``-offset - reserve``."""
        return -self.add_back

    @property
    def suppressed(self) -> npt.NDArray[np.bool_]:
        """(rows,) rows whose zero report would be worth serving, if the pivot asks for it."""
        if self.pivot == "absent":
            return np.zeros(len(self.gain), dtype=bool)
        return self.add_back < 0.0


def gains(
    agent: npt.ArrayLike,
    option: npt.ArrayLike,
    scores: npt.ArrayLike,
    *,
    offsets: npt.ArrayLike | None,
    reserve: npt.ArrayLike,
    lottery: npt.ArrayLike | None,
    pivot: Pivot,
    n_agents: int | None,
    n_options: int | None,
) -> Gains:
    """Checked rows, net of reserves (one number, or one an option).

    Raises
    ------
    InputError
        Lengths that differ, positions out of range, numbers that are not finite, an unknown pivot.
    """
    who, what = _positions(agent, "agent"), _positions(option, "option")
    score = as_floats(scores, "scores")
    offset = np.broadcast_to(0.0, score.shape) if offsets is None else as_floats(offsets, "offsets")
    for name, array in (("agent", who), ("option", what), ("offsets", offset)):
        if array.shape != score.shape or score.ndim != 1:
            raise InputError(f"must have shape (rows,) like scores {score.shape}, found {array.shape}", where=name)
    require_finite(score, "scores")
    require_finite(offset, "offsets")
    n = _count(who, n_agents, "agent")
    m = _count(what, n_options, "option")
    if pivot not in ("zero", "absent"):
        raise InputError(f"must be 'zero' or 'absent', found {pivot!r}", where="pivot")
    ticket = np.arange(n, dtype=np.float64) if lottery is None else as_floats(lottery, "lottery")
    if ticket.shape != (n,):
        raise InputError(f"must have shape (agents,) = ({n},), found {ticket.shape}", where="lottery")
    kept = per_option(reserve, m, "reserve")
    if not kept.any():  # the usual case, and a pass over all rows less
        return Gains(who, what, score, offset, ticket, n, m, pivot)
    of_row = kept[what]
    return Gains(who, what, score - of_row, offset + of_row, ticket, n, m, pivot)


def per_option(values: npt.ArrayLike, count: int, name: str) -> FloatArray:
    """One finite number for each of ``count`` options, from one number or from (count,) of them.

    Raises
    ------
    InputError
        Another shape, or an entry that is not finite.
    """
    array = as_floats(values, name)
    if array.ndim and array.shape != (count,):
        raise InputError(f"must be one number or have shape ({count},), found {array.shape}", where=name)
    require_finite(array, name)
    return np.broadcast_to(array, (count,))


def _positions(values: npt.ArrayLike, name: str) -> IntArray:
    array = np.asarray(values)
    if array.dtype.kind not in "iu" and array.size:
        raise InputError(f"must be positions (integers), found {array.dtype}", where=name)
    return array.astype(np.intp, copy=False)


def _count(position: IntArray, given: int | None, name: str) -> int:
    least, most = (int(position.min()), int(position.max())) if position.size else (0, -1)
    count = most + 1 if given is None else given
    if least < 0 or most >= count:
        at = first_bad((position < 0) | (position >= count))[0]
        raise InputError(f"must lie in 0..{count - 1}, found {position[at]} in row {at}", where=name)
    return count
