"""Deferred acceptance, one to one and many to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ..errors import InputError
from ..lenses.lens import Endorsed, Lens, Revealed
from ..lenses.reading import Ranked, Reading
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import Mechanism, Readings, Reports
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.verdict import Verdict
from ..mechanism.yardsticks import Yardstick
from ..problems.market import Market
from ..problems.problem import Problem
from .blocking import require_unit_demand, wanting
from .kernels.blocking import count_blocking
from .kernels.deferred_acceptance import deferred_acceptance
from .kernels.sides import build_sides
from .kernels.tables import SideTable
from .yardsticks import MATCHING_YARDSTICKS

__all__ = ["DeferredAcceptance"]


@register("matching.DeferredAcceptance")
@dataclass(frozen=True)
class DeferredAcceptance(Mechanism):
    """Everybody proposes to the best receiver left; receivers hold the best of their proposers, up to capacity.

    Stable under the values it reads, best for the side that proposes, and truthful for proposers
    if they propose. Incomplete lists, unequal sides and capacities are allowed. An assignment becomes a market whose
    receivers rank all equally, so that the lottery decides.

    Parameters
    ----------
    proposing
        ``"proposers"`` or ``"receivers"``.
    tie_breaking
        Of receivers: ``"single"``: one lottery number a proposer, the same everywhere; ``"multiple"``: one a pair.
        Proposers' ties are broken by one number a receiver.
    lens, receiver_lens
        How the two sides are read; ``receiver_lens=None``: as proposers.

    Raises
    ------
    InputError
        Unknown ``proposing`` or ``tie_breaking``.
    ProblemError
        A proposer who demands more than one place.

    References
    ----------
    Gale and Shapley (1962), doi:10.2307/2312726; Abdulkadiroglu and Sonmez (2003), doi:10.1257/000282803322157061

    Examples
    --------
    >>> import thickecon as te
    >>> market = te.matching.Market([[0, 1], [0, 1]], [[1, 0], [0, 1]])
    >>> te.matching.DeferredAcceptance().run(market, rng=0).partner.tolist()
    [1, 0]
    """

    proposing: Literal["proposers", "receivers"] = "proposers"
    tie_breaking: Literal["single", "multiple"] = "single"
    receiver_lens: Lens | None = None

    title: ClassVar[str] = "Deferred acceptance"
    reference: ClassVar[str] = "10.2307/2312726"
    reads: ClassVar[tuple[type[Reading], ...]] = (Ranked,)
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Market,)
    standard: ClassVar[Mapping[str, Any]] = {"receiver_lens": None}
    yardsticks: ClassVar[tuple[Yardstick, ...]] = MATCHING_YARDSTICKS

    def __post_init__(self) -> None:
        for name, known in (("proposing", ("proposers", "receivers")), ("tie_breaking", ("single", "multiple"))):
            if getattr(self, name) not in known:
                raise InputError(f"must be one of {known}, found {getattr(self, name)!r}", where=name)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Stability for the self that is read, and truth of the proposing side."""
        lenses = (self.lens, self.receiver_lens or self.lens)
        claims = []
        for self_, kind in (("decision", Revealed), ("endorsed", Endorsed)):
            served = all(isinstance(lens, kind) for lens in lenses)
            claims.append(Claim("stable", self_, served, f"no pair blocks under {self_} values", "T10"))  # type: ignore[arg-type]
        text = "truth is dominant for each proposer, in the order that is read"
        claims.append(Claim("truthful", "reading", self.proposing == "proposers", text, "10.1287/moor.7.4.617"))
        return tuple(claims)

    def wrap(self, problem: object) -> Problem:
        """A market; bare profiles and assignments get receivers that rank all equally."""
        made = super().wrap(problem)
        assert isinstance(made, Market)
        require_unit_demand(made)
        return made

    def readings(self, problem: Problem, reports: Reports = None) -> Readings:
        """Both sides; reports replace the proposers' reading."""
        assert isinstance(problem, Market)
        (mine,) = super().readings(problem, reports)
        return mine, self.read(problem.receivers, self.receiver_lens or self.lens)

    def _run(self, problem: Market, readings: tuple[Ranked, Ranked], lottery: Lottery) -> Decision:
        theirs = lottery.agents if self.tie_breaking == "single" else lottery.edges(len(problem.receivers.index))
        by: Literal["option", "row"] = "option" if self.tie_breaking == "single" else "row"
        proposers = SideTable.from_reading(readings[0], lottery.rng.random(problem.profile.n_options))
        receivers = SideTable.from_reading(readings[1], theirs, by)
        sides = build_sides(wanting(proposers, problem.demand), receivers)
        partner = deferred_acceptance(sides, problem.capacities, self.proposing)
        index = problem.profile.index
        return Decision((index.option == partner.take(index.agent)).astype(np.float64))

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        market = outcome.problem
        assert isinstance(market, Market)
        over, fault = _overfull(market, outcome)
        feasible = Verdict(
            "feasible", "nobody", over == 0, over, 0.0, fault, "whole places, within capacity and demand"
        )
        if over:  # pairs cannot block what is no matching
            return (feasible,)
        first, second = outcome.readings
        assert isinstance(first, Ranked)
        assert isinstance(second, Ranked)
        sides = wanting(SideTable.from_reading(first), market.demand), SideTable.from_reading(second)
        found = count_blocking(outcome.partner, *sides, market.capacities)
        refused = found.proposers + found.receivers
        return (
            feasible,
            Verdict(
                "individually rational",
                "reading",
                refused == 0,
                float(refused),
                statement="both sides accept every match",
            ),
            Verdict(
                "stable",
                "reading",
                found.pairs == 0,
                float(found.pairs),
                statement="no pair prefers each other strictly",
            ),
        )


def _overfull(market: Market, outcome: Outcome) -> tuple[float, str | None]:
    """By how much places are shared, or a capacity or demand is exceeded, and where; (0, None) for a matching."""
    index, taken = market.profile.index, outcome.taken
    if not outcome.whole:
        return float(np.nan_to_num(np.abs(taken - np.rint(taken)), nan=1.0).max(initial=0.0)) or 1.0, "a share of a row"
    held = np.bincount(index.option, taken, minlength=index.n_options) - market.capacities
    mine = np.bincount(index.agent, taken, minlength=index.n_agents) - market.demand
    for excess, labels in ((held, index.options), (mine, index.agents)):
        if excess.max(initial=0.0) > 0:
            return float(excess.max()), repr(labels[int(np.argmax(excess))])
    return 0.0, None
