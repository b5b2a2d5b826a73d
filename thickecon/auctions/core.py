"""The core of an auction: charges that no coalition of bidders with the seller can improve on.

Notation: winners W, what each gains h_i (score less reserve of what it takes), charges q_i over the reserve,
0 <= q_i <= h_i. The seller with bidders C could make w(C). C blocks if that exceeds what it has:

    w(C) > sum_{i in W} q_i + sum_{i in W and C} (h_i - q_i)

so the core is ``sum_{i in W - C} q_i >= w(C) - sum_{i in W and C} h_i`` for all C. To find the worst of them, offer
each winner its surplus ``h_i - q_i`` for staying apart: the best allocation is then worth more than w(all) exactly if
somebody blocks, and by how much.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, frozen
from ..programs.nearest import nearest_point
from .kernels.gains import Gains
from .kernels.winner_programme import Solved, WinnerProgramme

__all__ = ["Blocking", "CorePoint", "blocking_of", "core_charges"]

CUTS = 4
"""Most coalitions found one after another before charges are computed anew."""


@dataclass(frozen=True, eq=False)
class Blocking:
    """A coalition that must be content: ``charges[others].sum() >= least``.

    Attributes
    ----------
    rows
        (rows,) 0 or 1, what the coalition would take.
    others
        (agents,) bool, winners outside the coalition.
    least
        What these must pay together, over the reserve.
    """

    rows: FloatArray
    others: BoolArray
    least: float


@dataclass(frozen=True, eq=False)
class CorePoint:
    """Charges in the core.

    Attributes
    ----------
    charges
        (agents,) over the reserve.
    coalitions
        Those that were found to block on the way; together they prove that no smaller revenue is in the core.
    rounds
        How often charges were computed.
    violation
        No coalition blocks by more than this.
    proven
        Was the last search for a blocking coalition finished?
    """

    charges: FloatArray
    coalitions: tuple[Blocking, ...]
    rounds: int
    violation: float
    proven: bool


def blocking_of(g: Gains, rows: FloatArray, held: FloatArray) -> Blocking:
    """The inequality of the bidders who take ``rows`` (rows,), where winners hold gains ``held`` (agents,).

    Examples
    --------
    See :func:`core_charges`.
    """
    inside = np.zeros(g.n_agents, dtype=bool)
    inside[g.agent[rows > 0.5]] = True
    worth = float(g.gain[rows > 0.5].sum())
    return Blocking(frozen(rows), frozen((held > 0.0) & ~inside), worth - float(held[inside].sum()))


def core_charges(
    programme: WinnerProgramme,
    taken: FloatArray,
    reference: FloatArray,
    *,
    minimum_revenue: bool = True,
    known: tuple[FloatArray, ...] = (),
    time_limit: float | None = None,
) -> CorePoint:
    """The point of the core nearest to ``reference``, among those of least revenue if ``minimum_revenue``.

    1. Start from the inequalities of known allocations.
    2. Charges: least revenue subject to the inequalities, then the nearest point (:func:`nearest_point`).
    3. Look for the worst blocking coalition. Raise the charges of winners outside it until it is content and look
       again, up to four times: what blocks the raised charges blocks the lower ones too.
    4. Until nobody blocks, go on at 2 with all of them.

    Parameters
    ----------
    programme
        With ``apart=True``.
    taken
        (rows,) winners.
    reference
        (agents,) charges over the reserve.
    minimum_revenue
        Only points of the least revenue in the core.
    known
        (rows,) each, allocations whose inequalities are known beforehand.
    time_limit
        Seconds for each search for a coalition.

    References
    ----------
    R. Day and S. Raghavan, Management Science 53 (2007), 1389-1406, doi:10.1287/mnsc.1060.0653; R. W. Day and P.
    Cramton, Operations Research 60 (2012), 588-603, doi:10.1287/opre.1110.1024

    Examples
    --------
    A = 28, B = 20, AB = 32, A = 14, B = 12 (Day and Cramton):

    >>> from thickecon.auctions.kernels.gains import gains
    >>> table = np.array([[1.0, 0], [0, 1], [1, 1]])
    >>> g = gains(
    ...     range(5),
    ...     [0, 1, 2, 0, 1],
    ...     [28.0, 20, 32, 14, 12],
    ...     offsets=None,
    ...     reserve=0.0,
    ...     lottery=None,
    ...     pivot="absent",
    ...     n_agents=5,
    ...     n_options=3,
    ... )
    >>> made = WinnerProgramme(g, table, np.array([1, 1]), exclusive=True, candidates=g.gain > 0, apart=True)
    >>> core_charges(made, np.array([1.0, 1, 0, 0, 0]), np.array([14.0, 12, 0, 0, 0])).charges.tolist()
    [17.0, 15.0, 0.0, 0.0, 0.0]
    """
    g = programme.g
    held = np.bincount(g.agent, g.gain * (taken > 0.5), minlength=g.n_agents).astype(np.float64)
    winners = np.flatnonzero(held > 0.0)
    total, tol = float(held.sum()), 1e-10 * max(1.0, float(held.sum()))
    coalitions: dict[bytes, Blocking] = {}
    for rows in known:
        _add(coalitions, blocking_of(g, rows, held))
    rounds = 0
    while True:
        charges = _point(coalitions, winners, held, reference, minimum_revenue)
        rounds += 1
        raised, found = charges, _worst(programme, charges, held, time_limit)
        first, new = found, 0
        while found.gain > total + tol and new < CUTS:
            block = blocking_of(g, found.taken, held)
            if not _add(coalitions, block):  # known to be content: the rest is rounding
                break
            new += 1
            raised = _content(raised, block, held)
            if new == CUTS:
                break
            found = _worst(programme, raised, held, time_limit)
        if not new:
            break
    violation = max(0.0, first.bound - total)
    return CorePoint(frozen(charges), tuple(coalitions.values()), rounds, violation, first.proven)


def _worst(programme: WinnerProgramme, charges: FloatArray, held: FloatArray, time_limit: float | None) -> Solved:
    until = None if time_limit is None else time.monotonic() + time_limit
    return programme.solve(programme.g.gain, apart=np.maximum(held - charges, 0.0), until=until)


def _add(coalitions: dict[bytes, Blocking], block: Blocking) -> int:
    """1 if the inequality says something new: it replaces a weaker one about the same winners."""
    key = block.others.tobytes()
    if block.least <= 0.0 or (key in coalitions and coalitions[key].least >= block.least):
        return 0
    coalitions[key] = block
    return 1


def _content(charges: FloatArray, block: Blocking, held: FloatArray) -> FloatArray:
    """Charges raised on the winners outside, in proportion to what is left to them, until the coalition is content."""
    room = np.where(block.others, held - charges, 0.0)
    short = block.least - float(charges[block.others].sum())
    if short <= 0.0 or room.sum() <= 0.0:
        return charges
    return charges + room * min(1.0, short / float(room.sum()))


def _point(
    coalitions: dict[bytes, Blocking],
    winners: npt.NDArray[np.intp],
    held: FloatArray,
    reference: FloatArray,
    minimum_revenue: bool,
) -> FloatArray:
    charges, k = np.zeros(len(held)), len(winners)
    if not k:
        return charges
    blocks = list(coalitions.values())
    matrix = np.array([block.others[winners] for block in blocks], dtype=np.float64).reshape(-1, k)
    # rounding may ask for a hair more than winners have
    least = [min(block.least, float(held[block.others].sum())) for block in blocks]
    found = nearest_point(
        reference[winners],
        matrix,
        np.array(least),
        np.zeros(k),
        held[winners],
        cost=np.ones(k) if minimum_revenue else None,
    )
    charges[winners] = np.clip(found.point, 0.0, held[winners])
    return charges
