"""The core: is there a set of bidders that the seller would rather have dealt with?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from ..._core.arrays import FloatArray, as_floats, shape_text
from ..._core.rng import RNG
from ...errors import InputError
from ...mechanism.mechanism import Mechanism
from ...mechanism.outcome import Outcome
from ...mechanism.verdict import Verdict
from ...problems.bids import Bids
from ...programs.milp import solve_milp
from ..kernels.supply_table import best_worth, table_cells
from .holdings import as_bids, exclusive, net_values
from .stage import Honest, Self, Stage, stages_of
from .witnesses import Witness

__all__ = ["Coalition", "core"]

FEW = 10
"""Bidders up to which all coalitions are listed."""

CELLS = 100_000
"""Bids times cells of the table of supplies up to which a coalition's worth is found by dynamic programming."""


@dataclass(frozen=True, eq=False)
class Coalition(Witness):
    """Bidders who, with the seller, could all have more.

    Attributes
    ----------
    stage, reports
        What is run, on which (rows,) reports.
    members
        Positions of bidders.
    with_seller
        False: they would rather walk away.
    taken
        (rows,) what they would share out among themselves.
    seller_values
        (items,) worth of a unit kept.
    self_
        By whose values.
    """

    stage: Stage
    reports: FloatArray
    members: tuple[int, ...]
    with_seller: bool
    taken: FloatArray
    seller_values: FloatArray
    self_: Self

    def replay(self) -> float:
        """Worth of what they would share out, less what they have, the seller included.

        Raises
        ------
        InputError
            What they would share out is not theirs, or not to be had.
        """
        bids, net = as_bids(self.stage), net_values(self.stage, self.self_)
        index = bids.profile.index
        use = self.taken @ bids.bundles[index.option]
        wins = np.bincount(index.agent, self.taken, minlength=index.n_agents)
        foreign = wins[np.setdiff1d(np.arange(len(wins)), self.members)].sum() > 0
        if foreign or (use > bids.supply + 1e-9).any() or (exclusive(bids) and (wins > 1).any()):
            raise InputError("is no allocation of the supply to the members", where="Coalition.taken")
        game = _Game(self.stage, bids, self.stage.run(self.reports), net, self.seller_values)
        worth = float(self.taken @ game.gain)
        have = float(game.payoff[list(self.members)].sum())
        return worth - have - (game.seller if self.with_seller else 0.0)


class _Game:
    """Payoffs of an outcome, and what coalitions could have."""

    def __init__(self, stage: Stage, bids: Bids, outcome: Outcome, net: FloatArray, kept: FloatArray) -> None:
        index = bids.profile.index
        self.bids, self.agent, self.option, self.n = bids, index.agent, index.option, stage.n_agents
        cost = (bids.bundles @ kept)[index.option]
        self.gain = net - cost
        worth = np.bincount(index.agent, outcome.taken * net, minlength=self.n)
        self.payoff: FloatArray = np.asarray(worth - outcome.payments)
        self.seller = float(outcome.payments.sum() - outcome.taken @ cost)

    @property
    def small(self) -> bool:
        return self.n <= FEW and table_cells(self.bids.supply) * max(1, len(self.gain)) <= CELLS

    def listed(self) -> tuple[float, tuple[int, ...]]:
        """The coalition, seller included, with most to gain; each worth by dynamic programming."""
        best: tuple[float, tuple[int, ...]] = (-np.inf, ())
        for size in range(self.n + 1):
            for members in itertools.combinations(range(self.n), size):
                rows = np.isin(self.agent, members)
                worth = best_worth(
                    self.agent[rows],
                    self.option[rows],
                    self.gain[rows],
                    self.bids.bundles,
                    self.bids.supply,
                    exclusive=exclusive(self.bids),
                )
                excess = worth - float(self.payoff[list(members)].sum()) - self.seller
                if excess > best[0] + 1e-12 * (1 + abs(excess)):
                    best = excess, members
        return best

    def allocation(self, price: FloatArray) -> FloatArray:
        """(rows,) with the largest sum of gains, less ``price`` (n,) at least 0 of every agent who takes anything."""
        live = np.flatnonzero((self.gain > 0) & (self.bids.bundles <= self.bids.supply).all(axis=1)[self.option])
        taken = np.zeros(len(self.gain))
        if not live.size:
            return taken
        names, who = np.unique(self.agent[live], return_inverse=True)
        count, width = len(live), len(names)
        use = csr_array(self.bids.bundles[self.option[live]].T)
        every = np.arange(count)
        if exclusive(self.bids):
            join = csr_array((np.ones(count), (who, every)), (width, count))
            pay = -csr_array((np.ones(width), (np.arange(width), np.arange(width))), (width, width))
        else:
            join = csr_array((np.ones(count), (every, every)), (count, count))
            pay = -csr_array((np.ones(count), (every, who)), (count, width))
        matrix = vstack([hstack([use, csr_array((use.shape[0], width))]), hstack([join, pay])])
        limit = np.concatenate([self.bids.supply, np.zeros(join.shape[0])])
        found = solve_milp(np.concatenate([self.gain[live], -price[names]]), matrix, limit, where="core")
        taken[live] = found.x[:count]
        return taken


def core(
    mechanism: Mechanism,
    problem: object,
    *,
    self_: Self = "decision",
    honest: Honest = "asked",
    seller_values: float | FloatArray = 0.0,
    method: Literal["auto", "listed", "programme"] = "auto",
    rng: RNG = 0,
) -> Verdict:
    """What the worst blocking coalition could gain.

    A coalition of bidders and the seller blocks if it could share out items among its members so that their values
    exceed the members' payoffs and the seller's revenue; bidders worse off than without the auction block by leaving.
    With up to ten bidders and a small table of supplies all coalitions are listed; otherwise the worst is found by one
    integer programme, winner determination with each bidder's payoff charged once.

    Parameters
    ----------
    mechanism
        An auction of items: bids on bundles, single items, units of one good.
    problem
        A problem, a profile or a :class:`TypeSpace`.
    self_
        By whose values.
    honest
        What is said, see ``Honest``.
    seller_values
        A number or (items,): what a unit kept is worth to the seller.
    method
        "auto", "listed" or "programme".
    rng
        Seed of the lottery.

    Raises
    ------
    InputError
        Another method; worths of another number than items.
    NotApplicableError
        The mechanism sells no items.

    References
    ----------
    Ausubel and Milgrom (2006), doi:10.7551/mitpress/9780262033428.003.0002; Day and Cramton (2012),
    doi:10.1287/opre.1110.1024

    Examples
    --------
    Items A and B; one bidder wants both, two want either, all for 2: VCG sells for nothing, though the first would pay.

    >>> import numpy as np, thickecon as te
    >>> p = te.ThickProfile.from_values([[np.nan, np.nan, 2], [2, 2, 2], [2, 2, 2]])
    >>> bids = te.auctions.Bids(p, bundles=[[1, 0], [0, 1], [1, 1]])
    >>> te.auctions.axioms.core(te.auctions.VCG(), bids).gap
    2.0
    """
    if method not in ("auto", "listed", "programme"):
        raise InputError(f"must be 'auto', 'listed' or 'programme', found {method!r}", where="method")
    stages = stages_of(mechanism, problem, rng)
    worst: Coalition | None = None
    ways = set()
    for stage in stages.every:
        bids, said, net = as_bids(stage), stage.honest(honest, self_), net_values(stage, self_)
        kept = as_floats(seller_values, "seller_values")
        if kept.shape not in ((), (len(bids.supply),)):
            raise InputError(
                f"must be a number or ({len(bids.supply)},), found {shape_text(kept.shape)}", where="seller_values"
            )
        kept = np.array(np.broadcast_to(kept, (len(bids.supply),)))
        game = _Game(stage, bids, stage.run(said), net, kept)
        listed = method == "listed" or (method == "auto" and game.small)
        ways.add("all coalitions listed" if listed else "by integer programme")
        gain, members, seller, taken = _worst(game, listed)
        if gain > (0.0 if worst is None else worst.gain):
            names = ", ".join(stage.name(i) for i in members)
            text = f"bidders {names or '(none)'} {'and the seller ' if seller else ''}could have {gain:.6g} more"
            worst = Coalition(text, gain, stage, said, members, seller, taken, kept, self_)
    gap, tol = (0.0 if worst is None else worst.gain), stages.tol * stages.every[0].n_agents
    text = f"no coalition could have more, {stages.where}; {' and '.join(sorted(ways))}"
    return Verdict("core", self_, stages.state(gap <= tol), gap, tol, worst if gap > tol else None, text)


def _worst(game: _Game, listed: bool) -> tuple[float, tuple[int, ...], bool, FloatArray]:
    """Gain, members, whether the seller is one, and what they share out."""
    losing = tuple(np.flatnonzero(game.payoff < 0).tolist())
    walk = -float(game.payoff[list(losing)].sum())
    if listed:
        gain, members = game.listed()
        inside = np.isin(np.arange(game.n), members)
        taken = game.allocation(np.where(inside, 0.0, 1.0 + float(np.abs(game.gain).sum())))
    else:
        taken = game.allocation(np.maximum(game.payoff, 0.0))
        winners = np.flatnonzero(np.bincount(game.agent, taken, minlength=game.n) > 0)
        members = tuple(sorted({*winners.tolist(), *losing}))
        gain = float(taken @ game.gain) - float(game.payoff[list(members)].sum()) - game.seller
    if walk > gain:
        return walk, losing, False, np.zeros(len(game.gain))
    return gain, members, True, taken
