"""Is an outcome in the core, of least revenue there, and nearest to its reference? Recomputed by programmes of its own.

The worst coalition is found by a programme with a variable for the membership of each winner, which shares neither
rows nor cuts with the search that set the charges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack, vstack

from .._core.arrays import BoolArray, FloatArray
from ..errors import SolverError
from ..mechanism.outcome import Outcome
from ..mechanism.verdict import Verdict
from ..problems.bids import Bids
from ..programs.milp import MilpSolution, solve_milp
from .charges import Sale

__all__ = ["CoreSale", "core_verdict", "least_revenue_verdict", "nearest_verdict"]

CORE = 1e-6
"""How much a coalition may gain, relative to the largest gain of a winner (at least 1)."""

NEAREST = 1e-8
"""How much nearer, in products of charges, a step within the core may lead, relative to the square of that gain."""


@dataclass(frozen=True, eq=False)
class CoreSale:
    """An outcome as the core sees it.

    Attributes
    ----------
    agent, option
        (rows,) positions.
    gain
        (rows,) score less reserve.
    taken
        (rows,) bool.
    uses
        (rows, items) units.
    supply
        (items,) units.
    held, charge, kept
        (agents,) gains of what is won, payments over the reserve and without wedges, and reserves of what is won.
    exclusive
        At most one bundle an agent.
    """

    agent: npt.NDArray[np.signedinteger]
    option: npt.NDArray[np.signedinteger]
    gain: FloatArray
    taken: BoolArray
    uses: FloatArray
    supply: FloatArray
    held: FloatArray
    charge: FloatArray
    kept: FloatArray
    exclusive: bool

    @classmethod
    def of(cls, sale: Sale, problem: Bids, payments: FloatArray, *, exclusive: bool, reserve: FloatArray) -> CoreSale:
        """From what was for sale, and what was paid."""
        index = problem.profile.index
        of_row = (problem.bundles @ reserve)[index.option]
        n = sale.n_agents
        held = np.bincount(sale.agent, sale.gain * sale.taken, n).astype(np.float64)
        return cls(
            sale.agent,
            index.option,
            sale.gain,
            sale.taken,
            problem.bundles[index.option],
            problem.supply,
            held,
            payments - sale.base,
            np.bincount(sale.agent, of_row * sale.taken, n).astype(np.float64),
            exclusive,
        )

    @property
    def winners(self) -> BoolArray:
        """(agents,) who wins something that is worth more than the reserve."""
        return self.held > 0.0

    @property
    def scale(self) -> float:
        """What tolerances are relative to."""
        return max(1.0, float(np.abs(self.held).max(initial=0.0)))


def core_verdict(sale: CoreSale, outcome: Outcome, time_limit: float) -> Verdict:
    """Nobody pays more than the bid, losers pay nothing, and the worst coalition gains nothing."""
    text, tol = "no coalition of bidders with the seller can do better on the scores", CORE * sale.scale
    if not np.isfinite(outcome.payments).all():
        return Verdict("core", "reading", False, float("inf"), tol, None, text)
    alone = np.maximum(sale.charge - sale.held, -sale.charge * ~sale.winners)
    worst = int(np.argmax(alone)) if len(alone) else 0
    if len(alone) and alone[worst] > tol:
        witness = (outcome.profile.agents[worst],)
        return Verdict("core", "reading", False, float(alone[worst]), tol, witness, text)
    try:
        found = _worst_coalition(sale, time_limit)
    except SolverError as err:
        return Verdict("core", "reading", None, None, tol, None, f"{text}: not checked, {err}")
    if found is None:
        return Verdict("core", "reading", True, 0.0, tol, None, text)
    paid = float(sale.charge.sum())
    gap = max(0.0, found.objective - paid)
    if gap > tol:
        members = np.unique(sale.agent[found.x[: len(sale.gain)] > 0.5])
        return Verdict("core", "reading", False, gap, tol, tuple(outcome.profile.agents[i] for i in members), text)
    if found.bound - paid > tol:
        text += f": not proven within the time limit, none gains more than {found.bound - paid:.6g}"
        return Verdict("core", "reading", None, gap, tol, None, text)
    return Verdict("core", "reading", True, gap, tol, None, text)


def _worst_coalition(sale: CoreSale, time_limit: float) -> MilpSolution | None:
    """The coalition with the most for the seller: variables are rows, then the membership of each winner."""
    rows, members = len(sale.gain), np.flatnonzero(sale.winners)
    if not rows:
        return None
    place = np.full(len(sale.held), -1)
    place[members] = np.arange(len(members))
    mine = place[sale.agent]
    inside = np.flatnonzero(mine >= 0)
    items = hstack([csr_array(sale.uses.T), csr_array((sale.uses.shape[1], len(members)))])
    if sale.exclusive:  # the bundles of an agent are at most one, and none without its membership
        n = len(sale.held)
        left = csr_array((np.ones(rows), (sale.agent, np.arange(rows))), (n, rows))
        right = csr_array((-np.ones(len(members)), (members, np.arange(len(members)))), (n, len(members)))
        limits = np.where(sale.winners, 0.0, 1.0)
    else:
        at = np.arange(len(inside))
        left = csr_array((np.ones(len(inside)), (at, inside)), (len(inside), rows))
        right = csr_array((-np.ones(len(inside)), (at, mine[inside])), (len(inside), len(members)))
        limits = np.zeros(len(inside))
    surplus = np.maximum((sale.held - sale.charge)[members], 0.0)
    open_ = (sale.gain > 0.0) & np.all(sale.uses <= sale.supply, axis=1)
    return solve_milp(
        np.concatenate([sale.gain, -surplus]),
        vstack([items, hstack([left, right])]),
        np.concatenate([sale.supply, limits]),
        variable_upper=np.concatenate([open_.astype(np.float64), np.ones(len(members))]),
        time_limit=time_limit,
        accept_limit=True,
        start=np.concatenate([(sale.taken & open_).astype(np.float64), np.ones(len(members))]),
        where="core certificate",
    )


# ---- least revenue and nearest, from the coalitions that were found ---------------------------------------------


def _inequalities(sale: CoreSale, outcome: Outcome) -> tuple[FloatArray, FloatArray]:
    """(coalitions, winners) who is outside, and what they must pay; of coalitions that could take what is said."""
    winners = np.flatnonzero(sale.winners)
    matrix, least = [], []
    for rows in outcome.decision.details["coalitions"]:
        at = np.array(rows, dtype=np.intp)
        inside = np.bincount(sale.agent[at], minlength=len(sale.held))
        fits = bool((sale.uses[at].sum(axis=0) <= sale.supply).all()) and not (sale.exclusive and (inside > 1).any())
        if fits:
            matrix.append((inside == 0)[winners].astype(np.float64))
            worth = float(sale.gain[at].sum() - sale.held[inside > 0].sum())
            least.append(min(worth, float(sale.held[sale.winners & (inside == 0)].sum())))
    return np.array(matrix).reshape(-1, len(winners)), np.array(least)


def least_revenue_verdict(sale: CoreSale, outcome: Outcome) -> Verdict:
    """Revenue is no larger than the least that content coalitions allow, by a linear programme."""
    text, tol = "no charges in the core bring a smaller revenue", CORE * sale.scale
    paid, winners = float(sale.charge.sum()), np.flatnonzero(sale.winners)
    if not len(winners):
        return Verdict("least_revenue", "reading", abs(paid) <= tol, abs(paid), tol, None, text)
    matrix, least = _inequalities(sale, outcome)
    found = solve_milp(
        np.ones(len(winners)),
        matrix,
        np.inf,
        lower=least,
        variable_upper=sale.held[winners],
        integer=False,
        sense="min",
        where="core certificate",
    )
    gap = max(0.0, paid - found.objective)
    return Verdict("least_revenue", "reading", gap <= tol, gap, tol, None, text)


def nearest_verdict(sale: CoreSale, outcome: Outcome, reference: FloatArray | None, minimum_revenue: bool) -> Verdict:
    """No direction within the (least-revenue) core leads nearer to the reference: a linear programme finds none.

    The point q is nearest to r in a convex set exactly if (r - q) @ (x - q) <= 0 for all its x; the set of charges that
    leave the coalitions found content contains the core.
    """
    text = "charges are the nearest to the reference" + (" among those" if minimum_revenue else " in the core")
    tol = NEAREST * sale.scale**2
    told = np.array(outcome.decision.details["reference"])
    if reference is None:
        text += "; Clarke's charges as the search found them, too many bundles to recompute"
    elif float(np.abs(np.where(sale.winners, reference - told, 0.0)).max(initial=0.0)) > CORE * sale.scale:
        off = float(np.abs(reference - told).max())
        return Verdict("nearest", "reading", False, off, tol, None, "the reference is what it is said to be")
    winners = np.flatnonzero(sale.winners)
    if not len(winners):
        return Verdict("nearest", "reading", True, 0.0, tol, None, text)
    matrix, least = _inequalities(sale, outcome)
    charge = sale.charge[winners]
    if minimum_revenue:
        matrix, least = np.vstack([matrix, -np.ones(len(winners))]), np.append(least, -float(charge.sum()))
    pull = told[winners] - charge
    found = solve_milp(
        pull,
        matrix,
        np.inf,
        lower=least - 1e-9 * sale.scale,
        variable_upper=sale.held[winners],
        integer=False,
        where="core certificate",
    )
    gap = max(0.0, found.objective - float(pull @ charge))
    return Verdict("nearest", "reading", gap <= tol, gap, tol, None, text)
