"""Revenue monotonicity: does another bidder, or a higher bid, lower revenue?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..._core.arrays import FloatArray
from ..._core.rng import RNG
from ...errors import InfeasibleError, InputError, NotApplicableError
from ...mechanism.mechanism import Mechanism
from ...mechanism.verdict import Verdict
from ...problems.assignment import Assignment
from ...problems.bids import Bids
from ...problems.choice import Choice
from .stage import Honest, Stage, stages_of
from .witnesses import Witness

__all__ = ["RevenueDrop", "revenue_monotonicity"]

FEW = 6
"""Bidders up to which all subsets of them are auctioned to."""


@dataclass(frozen=True, eq=False)
class RevenueDrop(Witness):
    """Revenue that is lower with more.

    Attributes
    ----------
    less, more
        (stage, reports) without and with the bidder, or the higher bid.
    """

    less: tuple[Stage, FloatArray]
    more: tuple[Stage, FloatArray]

    def replay(self) -> float:
        """Both auctions again."""
        (a, before), (b, after) = self.less, self.more
        return float(a.run(before).revenue - b.run(after).revenue)


def revenue_monotonicity(
    mechanism: Mechanism,
    problem: object,
    *,
    kind: Literal["bidder", "bid"] = "bidder",
    honest: Honest = "asked",
    evaluations: int = 200,
    rng: RNG = 0,
) -> Verdict:
    """By how much revenue falls, at worst, when a bidder joins or a bid is raised.

    Parameters
    ----------
    mechanism
        Any with payments.
    problem
        A problem, a profile or a :class:`TypeSpace`.
    kind
        "bidder": one joins. Up to six bidders every set of them is tried with and without each, which is exact;
        with more, the auction without each one. "bid": one bid is raised, to just above a rival's or by a share of the
        largest value, which is a search.
    honest
        What is said, see ``Honest``; without a bidder, what the others are asked.
    evaluations
        Of a search, in each state.
    rng
        Seed of the lottery.

    Raises
    ------
    InputError
        Another kind.
    NotApplicableError
        The mechanism decides for no fewer bidders (it has parameters of each), or there is one only.

    References
    ----------
    Ausubel and Milgrom (2006), doi:10.7551/mitpress/9780262033428.003.0002

    Examples
    --------
    Items A and B; one bidder wants both, two want either, all for 2: with the third, revenue falls from 2 to 0.

    >>> import numpy as np, thickecon as te
    >>> p = te.ThickProfile.from_values([[np.nan, np.nan, 2], [2, 2, 2], [2, 2, 2]])
    >>> bids = te.auctions.Bids(p, bundles=[[1, 0], [0, 1], [1, 1]])
    >>> revenue_monotonicity(te.auctions.VCG(), bids).gap
    2.0
    """
    if kind not in ("bidder", "bid"):
        raise InputError(f"must be 'bidder' or 'bid', found {kind!r}", where="kind")
    stages = stages_of(mechanism, problem, rng)
    worst: RevenueDrop | None = None
    tried = 0
    for stage in stages.every:
        drops = _joined(stage, honest) if kind == "bidder" else _raised(stage, honest, evaluations)
        for drop in drops:
            tried += 1
            if drop.gain > (0.0 if worst is None else worst.gain):
                worst = drop
    if kind == "bidder" and not tried:
        raise NotApplicableError(
            f"{stages.every[0].mechanism!r} decides for no fewer bidders",
            where="revenue_monotonicity",
            remedy="give it parameters that do not depend on who bids, and at least two bidders",
        )
    gap, tol = (0.0 if worst is None else worst.gain), stages.tol * stages.every[0].n_agents
    holds = stages.state(gap <= tol) if kind == "bidder" or gap > tol else None
    name = "revenue_monotone_in_bidders" if kind == "bidder" else "revenue_monotone_in_bids"
    what = "another bidder" if kind == "bidder" else "a higher bid"
    text = f"{what} does not lower revenue; {tried} tried {stages.where}"
    return Verdict(name, "nobody", holds, gap, tol, worst if gap > tol else None, text)


# ---- bidders --------------------------------------------------------------------------------------------------


def _joined(stage: Stage, honest: Honest) -> Iterator[RevenueDrop]:
    """Every set of bidders (or all, where they are many) with and without each of them."""
    n, found = stage.n_agents, {}
    sizes = range(1, n + 1) if n <= FEW else (n - 1, n)
    for size in sizes:
        for who in itertools.combinations(range(n), size):
            made = _only(stage, who, honest)
            if made is not None:
                found[who] = (made, made[0].run(made[1]).revenue)
    for who, (more, after) in found.items():
        for i in who:
            rest = tuple(j for j in who if j != i)
            if rest in found:
                less, before = found[rest]
                others = ", ".join(stage.name(j) for j in rest)
                text = f"bidder {stage.name(i)} lowers revenue from {before:.6g} to {after:.6g} by joining {others}"
                yield RevenueDrop(text, before - after, less, more)


def _only(stage: Stage, who: tuple[int, ...], honest: Honest) -> tuple[Stage, FloatArray] | None:
    """The same auction for some of the bidders; None where the mechanism cannot hold it."""
    profile = stage.problem.profile
    if not isinstance(stage.problem, (Assignment, Bids, Choice)):
        return None
    try:
        few = profile.restrict(agents=[profile.agents[i] for i in who])
        made = replace(stage, problem=stage.mechanism.wrap(replace(stage.problem, profile=few)))
        said = made.honest(honest)
        made.run(said)
    except (InputError, InfeasibleError):
        return None
    return made, said


# ---- bids -----------------------------------------------------------------------------------------------------


def _raised(stage: Stage, honest: Honest, evaluations: int) -> Iterator[RevenueDrop]:
    """One row's report lifted: to just above rivals' for the same option, and by shares of the largest value."""
    base, index = stage.honest(honest), stage.problem.profile.index
    before, step = stage.run(base).revenue, 1e-4 * stage.top
    levels = []
    for row in range(len(base)):
        rivals = base[(index.option == index.option[row]) & (base > base[row])]
        targets = [*(np.unique(rivals) + step), *(base[row] + np.array([0.05, 0.25, 1.0, 2.0]) * stage.top)]
        levels.append([(row, float(level)) for level in targets])
    spread = [each for group in itertools.zip_longest(*levels) for each in group if each is not None]
    for row, level in spread[:evaluations]:
        said = np.array(base)
        said[row] = level
        try:
            after = stage.run(said).revenue
        except InfeasibleError:
            continue
        agent, option = int(index.agent[row]), index.options[int(index.option[row])]
        text = (
            f"revenue falls from {before:.6g} to {after:.6g} when bidder {stage.name(agent)} bids {level:.6g} instead"
            f" of {base[row]:.6g} for {option!r}"
        )
        yield RevenueDrop(text, before - after, (stage, base), (stage, said))
