"""A1. A recommender, habits, and what users would rather be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import log_ndtr

from ..._core.arrays import BoolArray, FloatArray, IntArray
from ...matching.deferred_acceptance import DeferredAcceptance
from ...problems.assignment import Assignment
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ..pushed_choice import PushedChoice
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["ValueStewardship"]

MOTIVES = (Motive("worth"), Motive("habit", "influence", owner="platform", channel="what is shown"))


@dataclass(frozen=True, eq=False)
class _World:
    """(users, items): values, unit hooks, noise of the evidence; (users,): the item that a campaign shows; and
    (horizon, users): numbers that say when the greedy recommender explores, and what it tries.
    """

    v: FloatArray
    hook: FloatArray
    noise: FloatArray
    campaign: IntArray
    whim: FloatArray
    tried: IntArray


@scenario("value_stewardship")
@dataclass(frozen=True)
class ValueStewardship(Scenario):
    """A recommender shows each user one item a period, for ``horizon`` periods; what is shown becomes a habit.

    Items have values v ~ N(0, 1), which users endorse, and hooks, ``hook`` times standard exponential. The pull of an
    item falls to ``keep`` of itself each period, and rises by the hook when the item is shown. A user engages with what
    is shown by v + pull. Shown for all of the time, an item is engaged with by v + pull' on average,

        pull' = hook / (1 - keep) (1 - (1 - keep^horizon) / (horizon (1 - keep))).

    Arms: ``sidt`` is far-sighted: it knows what engagement each item would grow to, and shows the item with the most.
    ``informed`` is greedy: it shows what is engaged with most now, and something at random in the share ``explore`` of
    periods; for the first ``campaign`` periods it is made to show one item that somebody pays for. ``thick`` shows the
    item of which users asked in ``frames`` independent frames say they endorse it most: v + s / sqrt(frames) N(0, 1).
    ``shrunk`` shows the best by the posterior mean of v given that and v + pull'. ``corrected`` subtracts ``detect``
    times the habit from engagement: with 1 it would be the oracle, with 2 it overcorrects. ``oracle`` shows the best
    by v. Arms that decide once do so by deferred acceptance with room for all users at each item.

    Two baselines ship. Against a far-sighted recommender evidence is worth a lot: its users' values collapse into what
    hooks. A greedy one does not collapse: it starts from the best item and makes a habit of that, so that against it
    (``baseline`` "greedy") thick loses at every s > 0. If it explores much where hooks are strong, or starts with a
    campaign, it does collapse: with two items, of which the worse is shown first, it stays with that one once
    hook (1 - keep^t) / (1 - keep) exceeds the gap between them.
    """

    users: int = knob(200, "users", low=2, high=1_000_000)
    items: int = knob(10, "items", low=2, high=1000)
    horizon: int = knob(200, "periods", low=1, high=100_000)
    hook: float = knob(0.15, "mean rise of the pull of what is shown", low=0.0)
    keep: float = knob(0.9, "share of a pull that is left after a period", low=0.0, high=1.0)
    baseline: str = knob("far-sighted", "which recommender sidt is", one_of=("far-sighted", "greedy"))
    explore: float = knob(0.0, "share of periods in which the greedy recommender tries something", low=0.0, high=1.0)
    campaign: int = knob(0, "periods for which the greedy recommender is made to show one item", low=0)
    s: float = knob(0.5, "standard error of what is endorsed, asked in one frame", low=0.0)
    frames: int = knob(1, "independent frames in which users are asked", low=1)
    misjudged: float = knob(1.0, "what shrunk takes s for, as a multiple of it", low=0.0)
    detect: float = knob(2.0, "multiple of the habit that corrected takes away", low=0.0)

    section: ClassVar[str] = "A1"
    title: ClassVar[str] = "Value stewardship"
    question: ClassVar[str] = "How well must a recommender know what users endorse, to do better than by engagement?"
    premise: ClassVar[str] = "What an item is worth when it is first met counts; the pull of habit does not."
    loses: ClassVar[str] = (
        "Against a greedy recommender at every error: it keeps to the best item that it finds at the start; against a"
        " far-sighted one where hooks are weak; and where a habit is taken away twice."
    )
    failures: ClassVar[tuple[str, ...]] = ("value collapse", "prosperity without flourishing")
    source: ClassVar[str] = "quadrature over the item with the most engagement"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "shrunk", "corrected", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "endorsed value of what is shown, a period"),
        Measure("revealed", None, "engagement, a period"),
        Measure("collapsed", "less", "share of users not shown their best item at the end"),
        Measure("endorsed_hooked", "more", "endorsed value for users with hooks above the median"),
        Measure("endorsed_others", "more", "endorsed value for the other users"),
        Measure("endorsed_worst", "more", "endorsed value for the worst-off tenth of users"),
        Measure("participation_endorsed", "more", "share of users no worse off than without, by v"),
        Measure("participation_decision", None, "share of users who stay: engagement of at least 0"),
        Measure("captive", "less", "share of users who stay and would be better off without"),
        Measure("habit", None, "engagement that is habit"),
        Measure("influence_gain", "less", "engagement less that with each user's best item"),
    )

    # ---- the world ----------------------------------------------------------------------------------------

    def draw(self, draws: Draws) -> _World:
        """Values, hooks, noise of evidence, and what a greedy recommender tries when."""
        table, periods = (self.users, self.items), (self.horizon, self.users)
        population, behaviour = draws.generator("population"), draws.generator("behaviour")
        return _World(
            population.standard_normal(table),
            population.standard_exponential(table),
            draws.generator("evidence").standard_normal(table),
            behaviour.integers(0, self.items, self.users),
            behaviour.random(periods),
            behaviour.integers(0, self.items, periods),
        )

    @property
    def reach(self) -> float:
        """Mean pull over the periods, per unit of hook, of an item that is always shown."""
        after = np.cumsum(self.keep ** np.arange(self.horizon - 1.0))
        return float(after.sum() / self.horizon)

    @property
    def error(self) -> float:
        """Standard error of the evidence over all frames."""
        return float(self.s / np.sqrt(self.frames))

    # ---- the arms -----------------------------------------------------------------------------------------

    def play(self, world: _World, arm: str, draws: Draws) -> Mapping[str, float]:
        """Decide once, or period by period, and judge what was shown."""
        if arm == "informed" or (arm == "sidt" and self.baseline == "greedy"):
            worth, habit, at_end = self._greedy(world)
        else:
            rows, at_end = np.arange(self.users), self._once(world, arm, draws)
            worth, habit = world.v[rows, at_end], self.hook * self.reach * world.hook[rows, at_end]
        engaged, hooks = worth + habit, world.hook.mean(axis=1)
        hooked = hooks > np.median(hooks)
        return {
            "endorsed": float(worth.mean()),
            "revealed": float(engaged.mean()),
            "collapsed": float((at_end != world.v.argmax(axis=1)).mean()),
            "endorsed_hooked": float(worth[hooked].mean()),
            "endorsed_others": float(worth[~hooked].mean()),
            "endorsed_worst": float(np.sort(worth)[: max(1, self.users // 10)].mean()),
            "participation_endorsed": float((worth >= 0).mean()),
            "participation_decision": float((engaged >= 0).mean()),
            "captive": float(((engaged >= 0) & (worth < 0)).mean()),
            "habit": float(habit.mean()),
            "influence_gain": float(engaged.mean()) - self._flourishing(world),
        }

    def _flourishing(self, world: _World) -> float:
        """Mean engagement where all are always shown their best item."""
        best = world.v.argmax(axis=1)[:, None]
        habit = self.hook * self.reach * np.take_along_axis(world.hook, best, axis=1)
        return float((world.v.max(axis=1) + habit[:, 0]).mean())

    def _once(self, world: _World, arm: str, draws: Draws) -> IntArray:
        """(users,) the item that each is shown for ever."""
        habit = self.hook * self.reach * world.hook
        mechanism = self.mechanism or DeferredAcceptance()
        if arm == "sidt":
            mechanism = mechanism.baseline()
        score = world.v if arm in ("sidt", "oracle") else self._score(arm, world, habit)
        counts = np.stack([score, world.v + habit - score], axis=1)
        profile = ThickProfile.from_arrays(counts, [1.0, 0.0], motives=MOTIVES)
        outcome = mechanism.run(Assignment(profile, supply=self.users), rng=draws.generator("mechanism"))
        shown: IntArray = outcome.partner
        return shown

    def _score(self, arm: str, world: _World, habit: FloatArray) -> FloatArray:
        """(users, items) what is taken for endorsed."""
        if arm == "corrected":
            return np.asarray(world.v + (1 - self.detect) * habit)
        told = world.v + self.error * world.noise
        return told if arm == "thick" else self._posterior(world.v + habit, told)

    def _posterior(self, engaged: FloatArray, told: FloatArray) -> FloatArray:
        """E[v | engagement, evidence].

        Given the evidence v is normal; an exponential habit of mean c adds v / c to the logarithm of its density, and
        v is at most what engagement shows: a normal number cut off above.
        """
        c, believed = self.hook * self.reach, self.misjudged * self.error
        if c == 0:
            return engaged
        if believed == 0:
            return told
        variance = believed**2 / (1 + believed**2)
        spread = np.sqrt(variance)
        centre = told / (1 + believed**2) + variance / c
        z = (engaged - centre) / spread
        return np.asarray(centre - spread * np.exp(-0.5 * z**2 - log_ndtr(z)) / np.sqrt(2 * np.pi))

    def _greedy(self, world: _World) -> tuple[FloatArray, FloatArray, IntArray]:
        """((users,) mean value shown, (users,) mean pull of it, (users,) the item it would show next)."""
        rows, hook = np.arange(self.users), self.hook * world.hook
        pull, worth, habit = np.zeros_like(hook), np.zeros(self.users), np.zeros(self.users)
        explores: BoolArray = world.whim < self.explore
        for t in range(self.horizon):
            shown = (world.v + pull).argmax(axis=1)
            shown = np.where(explores[t], world.tried[t], shown)
            if t < self.campaign:
                shown = world.campaign
            worth += world.v[rows, shown]
            habit += pull[rows, shown]
            pull *= self.keep
            pull[rows, shown] += hook[rows, shown]
        return worth / self.horizon, habit / self.horizon, (world.v + pull).argmax(axis=1)

    # ---- what is known ------------------------------------------------------------------------------------

    @property
    def _choice(self) -> PushedChoice:
        """One user's item with the most engagement in the long run."""
        return PushedChoice(self.items, self.items, self.hook * self.reach)

    @property
    def _undisturbed(self) -> bool:
        """Does the greedy recommender keep to where it starts?"""
        return self.explore == 0 and self.campaign == 0

    def known(self) -> tuple[Known, ...]:
        """Endorsed value and collapse where the item is chosen once, or a greedy recommender never strays."""
        if self.mechanism is not None:
            return ()
        choice = self._choice
        best = "mean of the largest of m normals"
        seen = choice.best / float(np.hypot(1.0, self.error))
        found = [
            Known("oracle", "endorsed", choice.best, best),
            Known("thick", "endorsed", seen, f"{best} / sqrt(1 + s^2 / F)"),
            Known("corrected", "endorsed", self._corrected.chosen, "quadrature over the item chosen"),
        ]
        if self.baseline == "far-sighted":
            found += [
                Known("sidt", "endorsed", choice.chosen, "quadrature over the item with the most engagement"),
                Known("sidt", "collapsed", choice.missed, "quadrature over value and habit of the best item"),
            ]
        if self._undisturbed:
            arms = ("informed",) if self.baseline == "far-sighted" else ("informed", "sidt")
            found += [Known(arm, "endorsed", choice.best, best) for arm in arms]
            found += [Known(arm, "collapsed", 0.0, "it makes a habit of the best item") for arm in arms]
        return tuple(found)

    @property
    def _corrected(self) -> PushedChoice:
        return PushedChoice(self.items, self.items, (1 - self.detect) * self.hook * self.reach)

    def break_even(self) -> float | None:
        """The error in one frame at which evidence shows as good items as engagement does."""
        if self.mechanism is not None:
            return None
        if self.baseline == "greedy":
            return 0.0 if self._undisturbed else None
        choice = self._choice
        if choice.chosen <= 0:
            return float("inf")
        return float(np.sqrt(self.frames * max((choice.best / choice.chosen) ** 2 - 1, 0.0)))

    def lock_in(self, gap: float, hook: float) -> float:
        """Periods after which a user who is shown the worse of two items is kept there; inf if never.

        Parameters
        ----------
        gap
            By how much the other item is better, at least 0.
        hook
            Of the item shown.
        """
        if self.keep == 1:
            return gap / hook if hook > 0 else float("inf")
        limit = hook / (1 - self.keep)
        if gap >= limit:
            return float("inf")
        return float(np.log1p(-gap / limit) / np.log(self.keep)) if self.keep > 0 else 0.0
