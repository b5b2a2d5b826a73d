"""Envy-freeness of prices: would anybody rather have what another got, or something else at these prices?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..._core.arrays import FloatArray
from ..._core.rng import RNG
from ...errors import InputError, NotApplicableError
from ...mechanism.mechanism import Mechanism
from ...mechanism.outcome import Outcome
from ...mechanism.verdict import Verdict
from ...problems.choice import Choice
from ..kernels.supply_table import best_worth, table_cells
from .holdings import as_bids, exclusive, net_values, units_taken, worth_of_units
from .stage import Honest, Self, Stage, stages_of
from .witnesses import Witness

__all__ = ["Envy", "envy_freeness"]

CELLS = 2_000_000
"""Bids of a bidder times cells of the table of supplies up to which what it would demand is found."""


@dataclass(frozen=True, eq=False)
class Envy(Witness):
    """Somebody who would rather have something else.

    Attributes
    ----------
    stage, reports
        What is run, on which (rows,) reports.
    agent
        Position of who envies.
    other
        Position of whose bundle and payment it would rather have; None: something else at the prices.
    self_
        By whose values.
    """

    stage: Stage
    reports: FloatArray
    agent: int
    other: int | None
    self_: Self

    def replay(self) -> float:
        """How much better off it would be."""
        outcome = self.stage.run(self.reports)
        if self.other is None:
            return float(_at_prices(self.stage, outcome, self.self_)[self.agent])
        return float(_of_others(self.stage, outcome, self.self_)[self.agent, self.other])


def envy_freeness(
    mechanism: Mechanism,
    problem: object,
    *,
    kind: Literal["others", "prices"] = "others",
    self_: Self = "decision",
    honest: Honest = "asked",
    rng: RNG = 0,
) -> Verdict:
    """How much better off somebody would be with another's bundle and payment, or with what it would buy at the prices.

    Parameters
    ----------
    mechanism
        "others": any that gives each agent something of its own. "prices": an auction that sets a price an item.
    problem
        A problem, a profile or a :class:`TypeSpace`.
    kind
        "others": nobody wants to change places. "prices": what each has is best for it at ``outcome.prices``, as in a
        market of price takers.
    self_
        By whose values.
    honest
        What is said, see ``Honest``.
    rng
        Seed of the lottery.

    Raises
    ------
    InputError
        Another kind.
    NotApplicableError
        A public decision; or no prices of items.

    References
    ----------
    Foley (1967), Yale Economic Essays 7, 45-98; Edelman, Ostrovsky and Schwarz (2007), doi:10.1257/aer.97.1.242

    Examples
    --------
    Two units, three bidders for one each. Paying one's bid, the first would rather have paid what the second pays.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[9.0], [6.0], [4.0]])
    >>> envy_freeness(te.auctions.PayAsBid(units=2), p).gap, envy_freeness(te.auctions.UniformPrice(units=2), p).gap
    (3.0, 0.0)
    """
    if kind not in ("others", "prices"):
        raise InputError(f"must be 'others' or 'prices', found {kind!r}", where="kind")
    stages = stages_of(mechanism, problem, rng)
    worst: Envy | None = None
    for stage in stages.every:
        said = stage.honest(honest, self_)
        outcome = stage.run(said)
        gaps = _of_others(stage, outcome, self_) if kind == "others" else _at_prices(stage, outcome, self_)[:, None]
        i, j = (int(k) for k in np.unravel_index(int(np.argmax(gaps)), gaps.shape))
        if gaps[i, j] > (0.0 if worst is None else worst.gain):
            other = j if kind == "others" else None
            what = "by something else at these prices" if other is None else f"in the place of agent {stage.name(j)}"
            text = f"agent {stage.name(i)} would be {gaps[i, j]:.6g} better off {what}"
            worst = Envy(text, float(gaps[i, j]), stage, said, i, other, self_)
    gap, tol = (0.0 if worst is None else worst.gain), stages.tol
    name = "envy_freeness" if kind == "others" else "envy_free_prices"
    rather = "another's bundle and payment" if kind == "others" else "something else at the prices"
    text = f"nobody would rather have {rather}, {stages.where}"
    return Verdict(name, self_, stages.state(gap <= tol), gap, tol, worst if gap > tol else None, text)


def _of_others(stage: Stage, outcome: Outcome, self_: Self) -> FloatArray:
    """(n, n) how much better off i would be with what j has and pays; 0 where it could not use that."""
    profile, net = stage.problem.profile, net_values(stage, self_)
    if isinstance(stage.problem, Choice):
        raise NotApplicableError(
            "a public decision gives nobody anything of its own", where="envy_freeness", remedy="use an auction"
        )
    n, index = stage.n_agents, profile.index
    table = np.zeros((n, n))
    own = np.bincount(index.agent, outcome.taken * net, minlength=n) - outcome.payments
    for j in _places(outcome):
        worth = _worth_of_place(stage, outcome, net, j)
        table[:, j] = np.where(np.isnan(worth), 0.0, worth - outcome.payments[j] - own)
        table[j, j] = 0.0
    return table


def _places(outcome: Outcome) -> list[int]:
    """Everybody who takes or pays anything, and one of those who do neither."""
    index = outcome.profile.index
    active = np.bincount(index.agent, outcome.taken, minlength=index.n_agents) > 0
    active |= outcome.payments != 0
    return [*np.flatnonzero(active).tolist(), *np.flatnonzero(~active)[:1].tolist()]


def _worth_of_place(stage: Stage, outcome: Outcome, net: FloatArray, j: int) -> FloatArray:
    """(n,) what each would make of what ``j`` has; nan: it could not have it."""
    index, n = stage.problem.profile.index, stage.n_agents
    try:
        bids = as_bids(stage) if outcome.whole else None
    except NotApplicableError:
        bids = None
    if bids is not None:
        units = units_taken(bids, outcome.taken, j)
        return np.array([worth_of_units(bids, net, i, units) for i in range(n)])
    values = index.spread(net)
    here = outcome.shares[j] > 0
    return np.asarray(values[:, here] @ outcome.shares[j][here])


def _at_prices(stage: Stage, outcome: Outcome, self_: Self) -> FloatArray:
    """(n,) how much better off each would be by what it would buy at the prices of items."""
    bids, net = as_bids(stage), net_values(stage, self_)
    prices, index = np.asarray(outcome.prices), bids.profile.index
    if prices.shape != (len(bids.supply),):
        raise NotApplicableError(
            f"{stage.mechanism.name} sets {prices.size} prices for {len(bids.supply)} items", where="envy_freeness"
        )
    rows = int(np.diff(index.indptr).max(initial=0))
    if table_cells(bids.supply) * max(1, rows) > CELLS:
        raise NotApplicableError("too many items to find what bidders would demand", where="envy_freeness")
    gain = net - (bids.bundles @ prices)[index.option]
    have = np.bincount(index.agent, outcome.taken * net, minlength=stage.n_agents) - outcome.payments
    best = [
        best_worth(
            index.agent[mine], index.option[mine], gain[mine], bids.bundles, bids.supply, exclusive=exclusive(bids)
        )
        for mine in (stage.rows_of(i) for i in range(stage.n_agents))
    ]
    return np.asarray(np.array(best) - have)
