"""Bids on bundles: winner determination, and VCG that solves again only for those who could owe something."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, first_bad, frozen
from ...errors import InputError, SolverError
from .additive import units
from .gains import Gains, Pivot, gains, per_option
from .winner_programme import Solved, WinnerProgramme

__all__ = ["Combinatorial", "Economies", "Winners", "bundle_vcg", "determine_winners", "solve_economies"]

Language = Literal["XOR", "OR", "OR*"]


@dataclass(frozen=True, eq=False)
class Winners:
    """Winning bids.

    Attributes
    ----------
    taken
        (rows,) 1 for winning bids, else 0.
    gain
        Sum of winning scores less the reserves of what they take.
    bound
        No allocation has a larger gain than this.
    proven
        Was the search finished? Otherwise these are the best winners found within the time limit.
    """

    taken: FloatArray
    gain: float
    bound: float
    proven: bool


@dataclass(frozen=True, eq=False)
class Combinatorial(Winners):
    """Winning bids and charges.

    Attributes
    ----------
    payments
        (agents,) charges.
    slack
        (agents,) by how much each charge may be too small, where a search was not finished; else 0.
    solves
        How many programmes were solved; one for the winners, then one for each agent who could owe something.
    """

    payments: FloatArray
    slack: FloatArray
    solves: int


def determine_winners(
    agent: npt.ArrayLike,
    option: npt.ArrayLike,
    scores: npt.ArrayLike,
    bundles: npt.ArrayLike,
    *,
    supply: npt.ArrayLike = 1,
    language: Language = "XOR",
    reserve: npt.ArrayLike = 0.0,
    lottery: npt.ArrayLike | None = None,
    n_agents: int | None = None,
    time_limit: float | None = None,
    accept_limit: bool = False,
) -> Winners:
    """The bids of largest total score less reserves, within the supply.

    Parameters
    ----------
    agent, option
        (rows,) positions of bidder and bundle.
    scores
        (rows,) bids.
    bundles
        (options, items) units of each item in a bundle.
    supply
        Number or (items,) of units, whole numbers >= 0.
    language
        "XOR": at most one bundle an agent. "OR", "OR*": any bundles that fit together (dummy items are items).
    reserve
        Number or (items,): what keeping a unit is worth to the seller.
    lottery
        (n_agents,) numbers: bids stand in the programme in this order; bids worth exactly the reserve are served in
        it too, while units are left. (Which of several optima a solver finds is deterministic, not a fair draw.)
    n_agents
        Count, if larger than the positions say.
    time_limit
        Seconds.
    accept_limit
        At the time limit, return the best winners found and a bound rather than raise.

    Raises
    ------
    InputError
        Shapes, positions or numbers that do not fit; an unknown language.
    SolverError
        No proven optimum within the time limit.

    References
    ----------
    P. Cramton, Y. Shoham and R. Steinberg (eds), Combinatorial Auctions, MIT Press (2006), chs 9 and 12,
    doi:10.7551/mitpress/9780262033428.001.0001

    Examples
    --------
    A = 28, B = 20, AB = 32 (Day and Cramton 2012):

    >>> determine_winners([0, 1, 2], [0, 1, 2], [28, 20, 32], [[1, 0], [0, 1], [1, 1]]).taken.tolist()
    [1.0, 1.0, 0.0]
    """
    g, table, for_sale = _market(agent, option, scores, bundles, supply, None, reserve, lottery, "absent", n_agents)
    exclusive = _known(language) == "XOR"
    programme = WinnerProgramme(g, table, for_sale, exclusive=exclusive, candidates=g.gain > 0.0)
    found = _solved(programme, g.gain, time_limit, accept_limit)
    taken = programme.serve_at_reserve(g.gain, found.taken)
    return Winners(taken, float(g.gain[taken > 0].sum()), found.bound, found.proven)


def bundle_vcg(
    agent: npt.ArrayLike,
    option: npt.ArrayLike,
    scores: npt.ArrayLike,
    bundles: npt.ArrayLike,
    *,
    supply: npt.ArrayLike = 1,
    language: Language = "XOR",
    offsets: npt.ArrayLike | None = None,
    reserve: npt.ArrayLike = 0.0,
    lottery: npt.ArrayLike | None = None,
    pivot: Pivot = "zero",
    n_agents: int | None = None,
    time_limit: float | None = None,
    accept_limit: bool = False,
) -> Combinatorial:
    """Vickrey-Clarke-Groves for bids on bundles, with Clarke or affine charges.

    1. Determine the winners.
    2. For each winner, determine them again with her bids at a report of zero (``-offset``; without an offset
       they drop out): she pays the difference of the others' worth, plus her offset.
    3. Losers pay nothing and are skipped, unless their zero report could win what their own did not (T5).

    Parameters
    ----------
    agent, option, scores, bundles, supply, language, reserve, lottery, n_agents, time_limit, accept_limit
        As in `determine_winners`; the time limit is for each programme.
    offsets
        (rows,) what the charge adds back (T18); None: Clarke charges.
    pivot
        "zero" or "absent", see `thickecon.auctions.kernels.gains`.

    Raises
    ------
    InputError
        Shapes, positions or numbers that do not fit; an unknown language.
    SolverError
        No proven optimum within the time limit.

    Notes
    -----
    Charges are exact up to the solver's tolerance, about 1e-9 of the largest bid. There is no known way to read
    them off one solve; skipping losers is most of what can be gained (about a factor of 2).

    References
    ----------
    L. M. Ausubel and P. Milgrom, The lovely but lonely Vickrey auction, in Combinatorial Auctions, MIT Press (2006),
    ch. 1, doi:10.7551/mitpress/9780262033428.003.0002

    Examples
    --------
    A = 28, B = 20, AB = 32, A = 14, B = 12 (Day and Cramton 2012):

    >>> out = bundle_vcg(range(5), [0, 1, 2, 0, 1], [28, 20, 32, 14, 12], [[1, 0], [0, 1], [1, 1]])
    >>> out.payments.tolist(), out.solves
    ([14.0, 12.0, 0.0, 0.0, 0.0], 3)
    """
    g, table, for_sale = _market(agent, option, scores, bundles, supply, offsets, reserve, lottery, pivot, n_agents)
    floor = g.zero if pivot == "zero" else np.full(len(g.gain), -1.0)
    exclusive = _known(language) == "XOR"
    programme = WinnerProgramme(
        g, table, for_sale, exclusive=exclusive, candidates=(g.gain > 0.0) | (g.suppressed & (floor > 0.0))
    )
    found = solve_economies(programme, floor, time_limit=time_limit, accept_limit=accept_limit)
    served, best = found.taken > 0, found.best
    worth = float(g.gain[served].sum())
    base = np.bincount(g.agent[served], g.add_back[served], minlength=g.n_agents)
    held = np.bincount(g.agent[served], g.gain[served], minlength=g.n_agents)
    payments, slack = np.zeros(g.n_agents), np.zeros(g.n_agents)
    for i, other in zip(found.agents.tolist(), found.without, strict=True):
        payments[i] = other.gain - (worth - held[i]) + base[i]
        slack[i] = other.bound - other.gain
    return Combinatorial(found.taken, worth, best.bound, best.proven, frozen(payments), frozen(slack), programme.solves)


@dataclass(frozen=True, eq=False)
class Economies:
    """The best allocation, and the best without each of those who could owe something.

    Attributes
    ----------
    best
        With everybody.
    taken
        (rows,) its winners and those served at the reserve.
    agents, without
        Who could owe something, and the best allocation with these at a report of zero.
    """

    best: Solved
    taken: FloatArray
    agents: npt.NDArray[np.intp]
    without: tuple[Solved, ...]


def solve_economies(
    programme: WinnerProgramme,
    floor: FloatArray,
    *,
    time_limit: float | None = None,
    accept_limit: bool = False,
    everybody_only: bool = False,
) -> Economies:
    """Solve with everybody, and again with each agent who could owe something at ``floor`` (rows,), her zero report.

    With ``everybody_only`` the latter are left out. A search that was cut short may have missed what a later one
    finds; then that is the best with everybody.

    Raises
    ------
    SolverError
        No proven optimum within the time limit, and ``accept_limit`` is not set.
    """
    g = programme.g
    best = _solved(programme, g.gain, time_limit, accept_limit)
    while True:
        taken = programme.serve_at_reserve(g.gain, best.taken)
        owing = _owing(g, taken, floor)[: 0 if everybody_only else None]
        without = [
            _solved(programme, np.where(g.agent == i, floor, g.gain), time_limit, accept_limit) for i in owing.tolist()
        ]
        most = max(without, key=lambda made: float(g.gain @ made.taken), default=best)
        if best.proven or float(g.gain @ most.taken) <= best.gain + 1e-9 * (1.0 + best.gain):
            return Economies(best, taken, owing, tuple(without))
        best = Solved(most.taken, best.apart, float(g.gain @ most.taken), best.bound, False)


def _owing(g: Gains, taken: FloatArray, floor: FloatArray) -> npt.NDArray[np.intp]:
    """Agents who win something, and those whose zero report could."""
    made = np.zeros(g.n_agents, dtype=bool)
    made[g.agent[taken > 0]] = True
    made[g.agent[g.suppressed & (floor > g.gain)]] = True
    return np.flatnonzero(made)


def _solved(programme: WinnerProgramme, gain: FloatArray, time_limit: float | None, accept_limit: bool) -> Solved:
    """The best winners for some gains, proven to be unless a limit is accepted."""
    found = programme.solve(gain, until=None if time_limit is None else time.monotonic() + time_limit)
    if not found.proven and not accept_limit:
        raise SolverError(
            f"no proven optimum within {time_limit:g} seconds: best found {found.gain:g}, bound {found.bound:g}",
            where="winner determination",
            remedy="raise time_limit, or pass accept_limit=True and read .bound",
        )
    return found


def _known(language: str) -> Language:
    if language not in ("XOR", "OR", "OR*"):
        raise InputError(f"must be 'XOR', 'OR' or 'OR*', found {language!r}", where="language")
    return language  # type: ignore[return-value]


def _market(
    agent: npt.ArrayLike,
    option: npt.ArrayLike,
    scores: npt.ArrayLike,
    bundles: npt.ArrayLike,
    supply: npt.ArrayLike,
    offsets: npt.ArrayLike | None,
    reserve: npt.ArrayLike,
    lottery: npt.ArrayLike | None,
    pivot: Pivot,
    n_agents: int | None,
) -> tuple[Gains, FloatArray, npt.NDArray[np.intp]]:
    table = as_floats(bundles, "bundles")
    if table.ndim != 2:
        raise InputError(f"must have shape (options, items), found {table.shape}", where="bundles")
    bad = ~(table >= 0) | (table != np.floor(table)) | np.isinf(table)
    if bad.any():
        raise InputError(f"must be whole numbers >= 0, found {table[first_bad(bad)]:g}", where="bundles")
    kept = table @ per_option(reserve, table.shape[1], "reserve")
    g = gains(
        agent,
        option,
        scores,
        offsets=offsets,
        reserve=kept,
        lottery=lottery,
        pivot=pivot,
        n_agents=n_agents,
        n_options=len(table),
    )
    return g, table, units(supply, table.shape[1])
