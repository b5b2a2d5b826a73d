"""L3b. Participatory budgeting with bots that want the worst project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.special import softmax

from ..._core.arrays import BoolArray, FloatArray
from ..._core.inequality import gini
from ...errors import InputError
from ...mechanism.mechanism import Mechanism
from ...problems.choice import Choice
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ...welfare.participatory_budgeting import ParticipatoryBudgeting as Budgeting
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["ParticipatoryBudgeting"]

SURE = 1e-9
"""Variance, in squared votes, of what cannot vary, such as verdicts of a detector that never errs."""
MOTIVES = (Motive("own view"), Motive("campaign", "influence", owner="campaign", channel="bots"))


@dataclass(frozen=True, eq=False)
class _World:
    """One replicate: honest ballots (n, projects) that add up to 1, costs, and uniform numbers of the detector."""

    ballots: FloatArray
    costs: FloatArray
    poor: BoolArray
    honest_noise: FloatArray
    bot_noise: FloatArray

    @property
    def worst(self) -> int:
        """The project that honest people want least for its cost: the one that bots want."""
        return int(np.argmin(self.ballots.sum(axis=0) / self.costs))


@scenario("participatory_budgeting")
@dataclass(frozen=True)
class ParticipatoryBudgeting(Scenario):
    """Each person spreads one vote over projects; a knapsack (or equal shares) funds a set within the budget.

    Honest votes are exp(q_x + g_x + e_x), scaled to add up to 1: q a quality that all see (deviation ``common``), g the
    taste of a group, rich or poor (``taste``), e one's own (``own``), all normal. Costs are whole, uniform from
    ``cost_low`` to ``cost_high``. Each bot gives its whole vote to the project that honest people want least for its
    cost. The detector lets a bot pass with chance ``alpha`` and rejects an honest ballot with chance ``beta``, a poor
    one's with ``beta_poor``.

    Arms: ``sidt`` counts every ballot; ``thick`` those that passed; ``informed`` throws the others away, which is the
    same: evidence, not thickness. (In the knapsack a rejected ballot has no endorsed motive behind it; under equal
    shares nobody stands behind it, so it has no part of the budget either.) ``ballotwise`` lets each ballot count for
    as many people as the chance that it is honest given its verdict, and believes that all are rejected at ``beta``:
    it is worse than ``thick``, since bots agree with one another and honest people do not, which ballot by ballot
    nobody sees. ``shrunk`` sees it: given all totals and verdicts, it takes from each project the number of bots times
    the chance that it is theirs (:meth:`suspicion`), the posterior mean of its honest votes; under equal shares, which
    count people and not totals, it is ``ballotwise``. (That too is evidence: anybody who has the detector can do it.)
    ``corrected`` takes alpha times all votes off those that passed, an unbiased count (T9; under equal shares, and
    where alpha + beta is 1 or more, as ``thick``). ``oracle`` counts honest ballots.

    The figures that this scenario was modelled on do not state the law of votes; with this one welfare a head without
    bots is .57, as there, and signs, the cliff and the loss of the poor are the same.
    """

    n: int = knob(300, "honest people", low=2, high=100_000)
    projects: int = knob(20, "projects", low=2, high=200)
    budget: int = knob(100, "budget", low=1)
    cost_low: int = knob(5, "least cost of a project", low=1)
    cost_high: int = knob(25, "largest cost of a project", low=1)
    common: float = knob(0.3, "deviation of quality that all see", low=0.0, high=3.0)
    taste: float = knob(0.6, "deviation of a group's taste", low=0.0, high=3.0)
    own: float = knob(0.6, "deviation of one's own taste", low=0.0, high=3.0)
    poor: float = knob(0.4, "share of the poorer group", low=0.0, high=1.0)
    bots: float = knob(0.06, "bots, as a share of honest people", low=0.0, high=10.0)
    alpha: float = knob(0.2, "chance that the detector lets a bot pass", low=0.0, high=1.0)
    beta: float = knob(0.05, "chance that it rejects an honest ballot", low=0.0, high=1.0)
    beta_poor: float = knob(0.05, "chance that it rejects a poor one's ballot", low=0.0, high=1.0)
    rule: str = knob("knapsack", "how projects are chosen", one_of=("knapsack", "equal_shares"))

    section: ClassVar[str] = "L3b"
    title: ClassVar[str] = "Participatory budgeting with bots"
    question: ClassVar[str] = "What do bots cost a common budget, and what does a detector?"
    premise: ClassVar[str] = "Ballots of bots count for nothing, each honest one counts once."
    loses: ClassVar[str] = (
        "Without bots a detector that rejects one group's ballots takes projects from that group and welfare from all."
    )
    source: ClassVar[str] = "simulation; the optimum by dynamic programming"
    version: ClassVar[int] = 2
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "shrunk", "ballotwise", "corrected", "oracle")
    evidence: ClassVar[str | None] = "alpha"
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "honest welfare a head: share of one's own vote whose projects are funded"),
        Measure("endorsed_rich", "more", "the same, of the richer group"),
        Measure("endorsed_poor", "more", "the same, of the poorer group"),
        Measure("least_endorsed", "more", "the same, of whoever has least"),
        Measure("gini_endorsed", "less", "Gini coefficient of honest welfare"),
        Measure("revealed", None, "share of all votes, bots' among them, whose projects are funded"),
        Measure("captured", "less", "is the project funded that the bots want?"),
        Measure("influence_gain", "less", "by how much the bots raise what is spent on it"),
        Measure("spent", None, "share of the budget that is spent"),
        Measure("rejected_rich", "less", "share of the richer group's ballots that are not counted"),
        Measure("rejected_poor", "less", "share of the poorer group's ballots that are not counted"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cost_high < self.cost_low:
            raise InputError(
                f"must be at least cost_low = {self.cost_low}, found {self.cost_high}", where=f"{self.name}.cost_high"
            )

    @property
    def bot_count(self) -> int:
        """Bots, to the nearest whole number."""
        return round(self.bots * self.n)

    def draw(self, draws: Draws) -> _World:
        """Ballots, costs, and a uniform number for every ballot. Knobs of the detector play no part."""
        rng, evidence = draws.generator("population"), draws.generator("evidence")
        costs = rng.integers(self.cost_low, self.cost_high + 1, self.projects).astype(np.float64)
        poor = np.arange(self.n) >= self.n - round(self.poor * self.n)
        quality = self.common * rng.standard_normal(self.projects)
        tastes = self.taste * rng.standard_normal((2, self.projects))
        votes = np.exp(quality + tastes[poor.astype(int)] + self.own * rng.standard_normal((self.n, self.projects)))
        return _World(
            votes / votes.sum(axis=1, keepdims=True),
            costs,
            poor,
            evidence.random(self.n),
            evidence.random(self.bot_count),
        )

    def play(self, world: _World, arm: str, draws: Draws) -> Mapping[str, float]:
        """With and without the bots, under the same lottery."""
        kept = world.honest_noise >= np.where(world.poor, self.beta_poor, self.beta)
        passed = world.bot_noise < self.alpha
        funded = self._funded(world, arm, kept, passed, draws)
        bare = funded if not len(passed) else self._funded(world, arm, kept, passed[:0], draws)
        got = world.ballots[:, funded].sum(axis=1)
        seen = np.ones(self.n, dtype=bool) if arm in ("sidt", "oracle") else kept
        captured = float(funded[world.worst])
        made = {
            "endorsed": float(got.mean()),
            "least_endorsed": float(got.min()),
            "gini_endorsed": float(gini(got)) if got.any() else 0.0,
            "revealed": float(got.sum() + captured * len(passed)) / (self.n + len(passed)),
            "captured": captured,
            "influence_gain": (captured - float(bare[world.worst])) * float(world.costs[world.worst]),
            "spent": float(world.costs[funded].sum()) / self.budget,
        }
        for name, group in (("rich", ~world.poor), ("poor", world.poor)):
            if group.any():
                made[f"endorsed_{name}"] = float(got[group].mean())
                made[f"rejected_{name}"] = 1 - float(seen[group].mean())
        return made

    def _funded(self, world: _World, arm: str, kept: BoolArray, passed: BoolArray, draws: Draws) -> BoolArray:
        profile = self._seen(world, arm, kept, passed)
        if profile is None:
            return np.zeros(self.projects, dtype=bool)
        mechanism = self._budgeting(world)
        if arm in ("sidt", "informed"):
            mechanism = mechanism.baseline()
        outcome = mechanism.run(Choice(profile), rng=draws.generator("mechanism"))
        made: BoolArray = outcome.taken[: self.projects] > 0.5
        return made

    def _budgeting(self, world: _World) -> Mechanism:
        """The scenario's own, or a mechanism of the catalogue with the costs and the budget of this world."""
        given = self.mechanism or Budgeting(rule=self.rule)  # type: ignore[arg-type]
        if isinstance(given, Budgeting):
            return replace(given, costs=tuple(world.costs.tolist()), budget=float(self.budget))
        return given

    def _seen(self, world: _World, arm: str, kept: BoolArray, passed: BoolArray) -> ThickProfile | None:
        """Ballots as the planner sees them: all of them, with the chance that each has an endorsed motive behind it."""
        count = len(passed)
        table = np.zeros((self.n + count, 2, self.projects))
        table[: self.n, 0] = world.ballots
        table[self.n :, 1, world.worst] = 1.0
        through = np.concatenate([kept, passed])
        people, believed = np.ones(len(table)), np.ones(len(table))
        if arm == "oracle":
            people[self.n :] = 0.0
        elif arm == "shrunk" and self.rule == "knapsack":
            table = np.concatenate([table, np.zeros((1, 2, self.projects))])
            table[-1, 0] = -count * self.suspicion(table[:-1].sum(axis=1), through, count)
            people, believed = np.ones(len(table)), np.ones(len(table))
        elif arm in ("shrunk", "ballotwise"):
            people = np.where(through, *self._posterior(count))
        elif arm == "corrected" and self.rule == "knapsack" and self.alpha + self.beta < 1:
            table *= np.where(through, 1 - self.alpha, -self.alpha)[:, None, None]
        elif arm == "thick" and self.rule == "knapsack":
            believed = through.astype(np.float64)
        elif arm != "sidt":
            people = through.astype(np.float64)
        here = people > 0
        if not here.any():
            return None
        endorsed = np.repeat(believed[here, None], 2, axis=1)
        weights = None if (people[here] == 1).all() else people[here]
        return ThickProfile.from_arrays(table[here], endorsed, motives=MOTIVES, weights=weights)

    def suspicion(self, votes: FloatArray, passed: BoolArray, count: int) -> FloatArray:
        """(projects,) the chance that the bots are this project's, given totals and verdicts.

        A priori all projects are as likely. Were the bots for project t, honest totals would be all votes less
        ``count`` at t, and negative nowhere; of m normal numbers with unknown mean and variance (Jeffreys) they have a
        density that falls with the sum of their squared deviations to the power (m - 1) / 2. Of these votes 1 - beta
        pass on average, with covariances beta (1 - beta) times the sums of products of votes over honest ballots, and
        of the bots alpha, with variance alpha (1 - alpha) each: normal again.

        Parameters
        ----------
        votes
            (ballots, projects), each spread over projects.
        passed
            (ballots,) verdicts.
        count
            How many of them are bots'.
        """
        if not count:
            return np.zeros(self.projects)
        here = count * np.eye(self.projects)  # row t: the bots are there
        honest = votes.sum(axis=0) - here
        off = votes[passed].sum(axis=0) - (1 - self.beta) * honest - self.alpha * here
        there = here[:, :, None] * np.eye(self.projects)  # (t, project, project)
        spread = self.beta * (1 - self.beta) * (votes.T @ votes - there) + self.alpha * (1 - self.alpha) * there
        spread += SURE * np.eye(self.projects)
        far = (off * np.linalg.solve(spread, off[:, :, None])[:, :, 0]).sum(axis=1)
        deviations = np.square(honest - honest.mean(axis=1, keepdims=True)).sum(axis=1) + SURE
        score = -0.5 * (far + np.linalg.slogdet(spread)[1] + (self.projects - 1) * np.log(deviations))
        score = np.where(np.diag(honest) < -SURE, -np.inf, score)
        made: FloatArray = softmax(score)
        return made

    def _posterior(self, count: int) -> tuple[float, float]:
        """P(honest | passed) and P(honest | rejected), by Bayes' rule with the true share of bots."""
        honest, bots = self.n / (self.n + count), count / (self.n + count)
        passed = honest * (1 - self.beta) + bots * self.alpha
        rejected = honest * self.beta + bots * (1 - self.alpha)
        return (
            honest * (1 - self.beta) / passed if passed > 0 else 1.0,
            honest * self.beta / rejected if rejected > 0 else 1.0,
        )

    def known(self) -> tuple[Known, ...]:
        """Without bots nothing can be captured by them; with a perfect detector thick is the oracle (no number)."""
        if self.bot_count:
            return ()
        return tuple(Known(arm, "influence_gain", 0.0, "there are no bots") for arm in self.arms)
