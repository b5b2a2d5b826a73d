"""False-name bids: what a bidder gains by bidding under several names."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..._core.arrays import FloatArray, frozen
from ..._core.rng import RNG, generator
from ...errors import InfeasibleError, InputError, NotApplicableError
from ...mechanism.mechanism import Mechanism
from ...mechanism.outcome import Outcome
from ...mechanism.verdict import Verdict
from ...problems.assignment import Assignment
from ...problems.bids import Bids
from ...problems.choice import Choice
from ...profiles.rows import Rows
from ..two_sided import TwoSided
from .holdings import as_bids, net_values, worth_of_units
from .misreports import search
from .stage import Honest, Self, Stage, stages_of
from .witnesses import Witness

__all__ = ["FalseNames", "false_names_gain"]


@dataclass(frozen=True, eq=False)
class FalseNames(Witness):
    """One bidder under several names.

    Attributes
    ----------
    names
        What is bid by whom, and what it brings.
    lie
        Reports under its own name, then under each false one.
    """

    names: NamesReply
    lie: FloatArray

    def replay(self) -> float:
        """The honest auction and the one with false names, both again."""
        return replace(self.names)(self.lie)


@dataclass(frozen=True, eq=False)
class NamesReply:
    """A function from what one bidder reports under all its names to what it gains.

    Attributes
    ----------
    stage
        Without false names.
    split
        With them: they come last, have a row for every option, and nothing is known about them.
    base
        (rows,) honest reports, without them.
    agent
        Position of the bidder.
    self_
        Whose gain.
    """

    stage: Stage
    split: Stage
    base: FloatArray
    agent: int
    self_: Self

    @cached_property
    def before(self) -> float:
        """Under its own name, honest; relative to doing nothing."""
        surplus = self.stage.surplus(self.stage.run(self.base), self.self_)
        return float(surplus[self.agent] - self.stage.outside(self.self_)[self.agent])

    @property
    def own(self) -> slice:
        """Rows under its own name."""
        return self.stage.rows_of(self.agent)

    def reports(self, lie: FloatArray) -> FloatArray:
        """(rows with those of false names,) of everybody."""
        made = np.concatenate([self.base, lie[self.own.stop - self.own.start :]])
        made[self.own] = lie[: self.own.stop - self.own.start]
        return made

    def __call__(self, lie: FloatArray) -> float:
        """What it gains over its honest bid; -inf where no outcome follows."""
        try:
            outcome = self.split.run(self.reports(lie))
        except InfeasibleError:
            return -np.inf
        names = [self.agent, *range(self.stage.n_agents, self.split.n_agents)]
        return self._worth(outcome, names) - float(outcome.payments[names].sum()) - self.before

    def _worth(self, outcome: Outcome, names: list[int]) -> float:
        """Of what all its names take, by its own valuation."""
        net = net_values(self.stage, self.self_)
        index, taken = outcome.profile.index, outcome.taken
        if isinstance(self.stage.problem, Choice):
            return float(net[self.own] @ taken[self.own])  # a public decision is enjoyed once
        mine = np.isin(index.agent, names)
        held = np.bincount(index.option[mine], taken[mine], minlength=index.n_options)
        try:
            bids = as_bids(self.stage) if outcome.whole else None
        except NotApplicableError:
            bids = None
        if bids is None:
            return float(net[self.own] @ held[self.stage.problem.profile.index.option[self.own]])
        return worth_of_units(bids, net, self.agent, held @ bids.bundles)

    def witness(self, lie: FloatArray, gain: float) -> FalseNames:
        """The bids, to be made again."""
        own = self.own.stop - self.own.start
        false = np.round(lie[own:].reshape(self.split.n_agents - self.stage.n_agents, -1), 6).tolist()
        text = (
            f"agent {self.stage.name(self.agent)} gains {gain:.6g} by bidding {np.round(lie[:own], 6).tolist()} under"
            f" its own name and {false} under false ones"
        )
        return FalseNames(text, gain, self, lie)


def false_names_gain(
    mechanism: Mechanism,
    problem: object,
    *,
    names: int = 2,
    self_: Self = "decision",
    honest: Honest = "asked",
    evaluations: int = 300,
    rng: RNG = 0,
) -> Verdict:
    """The most a bidder gains, found by a search, by bidding under false names beside its own.

    A false name may bid on any option and has no past: no influence on it is known, and none is taken off or charged,
    so that false names also shed evidence. What all names win together counts by the bidder's own valuation.

    Parameters
    ----------
    mechanism
        Any that takes bids of further agents.
    problem
        A problem, a profile or a :class:`TypeSpace`.
    names
        False names beside its own, at least 1.
    self_, honest
        As in :func:`dominant_strategy`.
    evaluations
        Runs for each bidder and state.
    rng
        Seed of the lottery.

    Returns
    -------
    Verdict
        Never True, as bids are searched; ``witness`` is :class:`FalseNames`.

    Raises
    ------
    InputError
        Fewer than one name.
    NotApplicableError
        Traders of one unit; a mechanism that cannot have more agents (it has parameters of each).

    References
    ----------
    Yokoo, Sakurai and Matsubara (2004), doi:10.1016/S0899-8256(03)00045-9; Ausubel and Milgrom (2006),
    doi:10.7551/mitpress/9780262033428.003.0002

    Examples
    --------
    Items A and B; one bidder pays 2 for both, another has 1 for both and loses. Under two names, with a bid of more on
    each item, it gets both for nothing.

    >>> import numpy as np, thickecon as te
    >>> p = te.ThickProfile.from_values([[np.nan, np.nan, 2], [np.nan, np.nan, 1]])
    >>> bids = te.auctions.Bids(p, bundles=[[1, 0], [0, 1], [1, 1]])
    >>> false_names_gain(te.auctions.VCG(), bids, evaluations=60).gap
    1.0
    """
    if isinstance(names, bool) or int(names) != names or names < 1:
        raise InputError(f"must be a whole number of at least 1, found {names!r}", where="names")
    stages = stages_of(mechanism, problem, rng)
    best: FalseNames | None = None
    tried = 0
    for stage in stages.every:
        base, split = stage.honest(honest, self_), _with_names(stage, int(names))
        for i in range(stage.n_agents):
            reply = NamesReply(stage, split, base, i, self_)
            start = np.concatenate([base[reply.own], np.full(len(split.problem.profile.index) - len(base), -stage.top)])
            gain, lie, used = search(reply, _bids(reply, int(names)), evaluations, start)
            tried += used
            if gain > (0.0 if best is None else best.gain):
                best = reply.witness(lie, gain)
    gain, tol = (0.0 if best is None else best.gain), stages.tol * (1 + int(names))
    text = f"nobody gains by {names} false names; {tried} bids searched {stages.where}"
    return Verdict("false_names", self_, False if gain > tol else None, gain, tol, best if gain > tol else None, text)


def _with_names(stage: Stage, names: int) -> Stage:
    """The same auction with further agents of whom nothing is known."""
    problem, profile = stage.problem, stage.problem.profile
    if isinstance(stage.mechanism, TwoSided):
        raise NotApplicableError("traders have one unit each", where="false_names", remedy="use an auction")
    if not isinstance(problem, (Assignment, Bids, Choice)):
        raise NotApplicableError(f"a {problem.kind} cannot have more agents", where="false_names")
    index, m = profile.index, profile.n_options
    new = np.repeat(np.arange(profile.n_agents, profile.n_agents + names), m)
    labels = [*profile.agents, *(f"false name {k + 1}" for k in range(names))]
    agent, option = np.concatenate([index.agent, new]), np.concatenate([index.option, np.tile(np.arange(m), names)])
    rows, _ = Rows.sort(agent, option, labels, profile.options)
    e, outside = profile.endorsement, profile.outside
    if outside is not None:
        outside = frozen(np.concatenate([outside, np.zeros((names, *outside.shape[1:]))]))
    made = replace(
        profile,
        index=rows,
        contributions=frozen(np.concatenate([profile.contributions, np.zeros((profile.n_motives, names * m))], axis=1)),
        endorsement=e if e.group is None else replace(e, group=np.append(e.group, np.repeat(e.group[:1], names))),
        outside=outside,
        weights=None if profile.weights is None else frozen(np.append(profile.weights, np.ones(names))),
        resolution_override=profile.resolution,
    )
    try:
        wider = replace(stage, problem=stage.mechanism.wrap(replace(problem, profile=made)))
        wider.run()
    except InputError as err:
        raise NotApplicableError(
            f"{stage.mechanism!r} cannot have more agents ({err})",
            where="false_names",
            remedy="give it parameters that do not depend on who bids",
        ) from err
    return wider


def _bids(reply: NamesReply, names: int) -> Iterator[FloatArray]:
    """Another name alone, an option a name, bids that only move prices, units shared out; then at random."""
    stage, m = reply.stage, reply.stage.problem.profile.n_options
    top, said = stage.top, reply.base[reply.own]
    option = stage.problem.profile.index.option[reply.own]
    away, nothing = np.full(len(said), -top), np.full((names, m), -top)

    def made(own: FloatArray, table: FloatArray) -> FloatArray:
        return np.concatenate([own, table.ravel()])

    yield made(said, nothing)  # names that are paid for being there
    for values in (stage.values("decision")[reply.own], stage.values("endorsed")[reply.own]):
        moved = nothing.copy()
        moved[0, option] = values
        yield made(away, moved)
    for level in (0.0, 0.5, 0.9, 0.999):
        beside = nothing.copy()
        beside[0, option] = level * said
        yield from (made(said, beside), made(said, np.maximum(beside, 0.0)))
    if isinstance(stage.problem, Choice):
        for k in range(m):
            push = np.zeros((names, m))
            push[:, k] = top
            yield made(np.where(option == k, top, 0.0), push)
    most = max(float(said.max(initial=0.0)), 0.0)
    for picks in itertools.islice(itertools.product(range(m), repeat=names), 200):
        for level in (top, most, 0.5 * most):
            table = nothing.copy()
            table[np.arange(names), list(picks)] = level
            yield from (made(away, table), made(said, table))
    yield from _shares(reply, names, made, away, nothing)
    gen = generator(stage.seed)
    while True:
        yield gen.uniform(-0.2 * top, top, len(said) + names * m)


def _shares(reply: NamesReply, names: int, made: object, away: FloatArray, nothing: FloatArray) -> Iterator[FloatArray]:
    """Bids for successive units dealt out to names in turn, where options are units."""
    assert callable(made)
    stage = reply.stage
    if isinstance(stage.problem, (Bids, Choice)):
        return
    said = reply.base[reply.own]
    for parts in range(2, names + 2):
        own, table = away.copy(), nothing.copy()
        first = said[0::parts]
        own[: len(first)] = first
        for k in range(1, parts):
            piece = said[k::parts]
            table[k - 1, : len(piece)] = piece
        yield made(own, table)
