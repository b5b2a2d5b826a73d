"""Bids on bundles: winner determination by MILP, and VCG that solves again only for those who could owe something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from ..._core.arrays import FloatArray, as_floats, first_bad, frozen
from ...errors import InputError
from ...programs.milp import solve_milp
from .additive import units
from .gains import Gains, Pivot, gains, per_option

__all__ = ["Combinatorial", "Winners", "bundle_vcg", "determine_winners"]

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
    """

    taken: FloatArray
    gain: float
    bound: float


@dataclass(frozen=True, eq=False)
class Combinatorial(Winners):
    """Winning bids and charges.

    Attributes
    ----------
    payments
        (agents,) charges.
    solves
        How many programmes were solved; one for the winners, then one for each agent who could owe something.
    """

    payments: FloatArray
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
    return _Programme(g, table, for_sale, _known(language), time_limit).solve(g.gain)


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
) -> Combinatorial:
    """Vickrey-Clarke-Groves for bids on bundles, with Clarke or affine charges.

    1. Determine the winners.
    2. For each winner, determine them again with her bids at a report of zero (``-offset``; without an offset
       they drop out): she pays the difference of the others' worth, plus her offset.
    3. Losers pay nothing and are skipped, unless their zero report could win what their own did not (T5).

    Parameters
    ----------
    agent, option, scores, bundles, supply, language, reserve, lottery, n_agents, time_limit
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
    programme = _Programme(g, table, for_sale, _known(language), time_limit)
    best = programme.solve(g.gain)
    served = best.taken > 0
    base = np.bincount(g.agent[served], g.add_back[served], minlength=g.n_agents)
    held = np.bincount(g.agent[served], g.gain[served], minlength=g.n_agents)
    floor = g.zero if pivot == "zero" else np.full(len(g.gain), -1.0)
    owing = np.zeros(g.n_agents, dtype=bool)
    owing[g.agent[served]] = True
    owing[g.agent[g.suppressed & (floor > g.gain)]] = True
    payments = np.zeros(g.n_agents)
    for i in np.flatnonzero(owing):
        mine = g.agent == i
        without = programme.solve(np.where(mine, floor, g.gain))
        payments[i] = without.gain - (best.gain - held[i]) + base[i]
    return Combinatorial(best.taken, best.gain, best.bound, frozen(payments), 1 + int(owing.sum()))


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


class _Programme:
    """The winner determination programme of one auction, solved for several vectors of gains."""

    def __init__(
        self, g: Gains, table: FloatArray, for_sale: npt.NDArray[np.intp], language: Language, time_limit: float | None
    ) -> None:
        self.g, self.table, self.for_sale, self.time_limit = g, table, for_sale, time_limit
        self.exclusive = language == "XOR"
        self.fits = np.all(table <= for_sale, axis=1)[g.option]
        self.order = np.lexsort((g.option, g.agent, g.lottery[g.agent]))
        self.takes = csr_array(table)[g.option]

    def solve(self, gain: FloatArray) -> Winners:
        """Winners under these gains; only bids that gain something and fit enter the programme."""
        live = self.order[(gain[self.order] > 0.0) & self.fits[self.order]]
        taken, bound = np.zeros(len(gain)), 0.0
        if live.size:
            use, limit = self.takes[live].T, self.for_sale.astype(np.float64)
            tight = np.flatnonzero(np.asarray(use.sum(axis=1)).ravel() - limit > 0.0)
            blocks, limits = [use.tocsr()[tight]], [limit[tight]]
            if self.exclusive:
                names, who = np.unique(self.g.agent[live], return_inverse=True)
                blocks.append(csr_array((np.ones(len(live)), (who, np.arange(len(live)))), (len(names), len(live))))
                limits.append(np.ones(len(names)))
            found = solve_milp(
                gain[live],
                vstack(blocks),
                np.concatenate(limits),
                time_limit=self.time_limit,
                where="winner determination",
            )
            taken[live], bound = found.x, found.bound
        self._serve_at_reserve(gain, taken)
        return Winners(frozen(taken), float(gain[taken > 0].sum()), bound)

    def _serve_at_reserve(self, gain: FloatArray, taken: FloatArray) -> None:
        tied = self.order[(gain[self.order] == 0.0) & self.fits[self.order]]
        if not tied.size:
            return
        left = self.for_sale - self.takes.T @ taken
        busy = np.bincount(self.g.agent[taken > 0], minlength=self.g.n_agents) > 0
        for at in tied:
            need = self.table[self.g.option[at]]
            if (need <= left).all() and not (self.exclusive and busy[self.g.agent[at]]):
                taken[at], busy[self.g.agent[at]] = 1.0, True
                left = left - need
