"""L1. Reports that change: is it a mood, or has somebody learned?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq

from ..._core.arrays import FloatArray
from ...problems.market import Market
from ...profiles.motive import Motive
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..school_places import SchoolPlaces, worth_of
from ..seeds import Draws
from ..selection_law import order_statistics

__all__ = ["MoodOrLearning"]

MOTIVES = (Motive("considered"), Motive("passing", "influence", channel="mood"))
WEIGHTS = {"sidt": (0.0, 1.0, 0.0), "thick": (1.0, 0.0, 1.0)}
"""Of the mean of earlier reports, the last report, and the answer about what was learned."""


@dataclass(frozen=True, eq=False)
class _World:
    """(pupils, schools) tables: earlier values, change, the two reports that matter, noise of answers; the truth."""

    before: FloatArray
    change: FloatArray
    v: FloatArray
    earlier: FloatArray
    last: FloatArray
    noise: FloatArray
    truth: Market


@scenario("mood_or_learning")
@dataclass(frozen=True)
class MoodOrLearning(Scenario):
    """Pupils rank schools ``reports`` times. Before the last time their evaluation changes.

    Earlier reports are u + sigma z, the last one u + gamma g + sigma z, with u, g and moods z standard normal, anew for
    every pupil and school. Of the change the share ``endorsed`` is stood behind: v = u + endorsed gamma g. With 1 it is
    moral learning, and the later value counts (T16); with 0 it is manipulation, and the earlier does. Reports alone do
    not tell which. Asked what they have learned, pupils answer endorsed gamma g + s N(0, 1).

    Arms: ``sidt`` reads the last report; ``average`` the mean of all, which treats learning as noise; ``blend`` the
    best linear blend of all reports, by a planner who knows the law; ``thick`` adds the answer to the mean of earlier
    reports, at face value; ``shrunk`` is the best linear blend of all reports and the answer; ``oracle`` reads v.
    There is no ``informed``: what was learned is nothing that a report reveals.

    Scores of all arms are independent normal numbers over pupils and schools. So the selection law holds in the market
    too: welfare is one number, the same for all arms, times cov(v, score) / sd(score). Ratios and break-evens are exact
    whatever the number of places and the lottery; places go by deferred acceptance, pupils proposing.
    """

    pupils: int = knob(300, "pupils", low=2, high=100_000)
    schools: int = knob(12, "schools", low=2, high=1000)
    places: int = knob(25, "places a school", low=1, high=100_000)
    lottery: str = knob("each", "a lottery for each school, or one for all", one_of=("each", "one"))
    reports: int = knob(4, "times that pupils report", low=2, high=1000)
    gamma: float = knob(1.0, "standard deviation of the change before the last report", low=0.0)
    endorsed: float = knob(1.0, "share of the change that is endorsed", low=0.0, high=1.0)
    sigma: float = knob(1.0, "standard deviation of the mood in each report", low=0.0)
    s: float = knob(0.5, "standard error of an answer about what was learned", low=0.0)

    section: ClassVar[str] = "L1"
    title: ClassVar[str] = "Mood or learning"
    question: ClassVar[str] = "If people change what they say, should the last word count, or the average?"
    premise: ClassVar[str] = "What was learnt before the last report counts; moods do not."
    loses: ClassVar[str] = (
        "Averaging treats moral learning as noise: with a mood of 1 it loses to the last report once learning moves"
        " values by .8 to .9; asking what was learned loses where answers are as noisy as moods."
    )
    source: ClassVar[str] = "selection law"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "average", "blend", "thick", "shrunk", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "endorsed value of the place a pupil gets, mean over pupils"),
        Measure("revealed", None, "its value by the last report"),
        Measure("earlier", None, "its value to the earlier self"),
        Measure("unrationed", "more", "endorsed value of the head of a pupil's list: what places for all would give"),
        Measure("blocking_endorsed", "less", "pupils and schools that block, by v and the lottery's priorities"),
        Measure("blocking_decision", "less", "the same by the last report: those who would complain"),
        Measure("endorsed_changed", "more", "endorsed value of pupils who changed more than the median"),
        Measure("endorsed_steady", "more", "endorsed value of the other pupils"),
        Measure("endorsed_worst", "more", "endorsed value of the worst-off tenth of pupils"),
        Measure("mean_rank", "less", "endorsed rank of the school a pupil gets, 1 is best"),
        Measure("participation_endorsed", "more", "share of pupils whose place is worth at least 0, by v"),
        Measure("participation_decision", "more", "the same by the last report"),
        Measure("placed", "more", "share of pupils with a place"),
    )

    # ---- the world ----------------------------------------------------------------------------------------

    def draw(self, draws: Draws) -> _World:
        """Values, change, moods, and noise of the answers."""
        shape = (self.pupils, self.schools)
        before, change = draws.generator("population").standard_normal((2, *shape))
        moods = self.sigma * draws.generator("behaviour").standard_normal((self.reports, *shape))
        noise = draws.generator("evidence").standard_normal(shape)
        moved = self.gamma * change
        v, last = before + self.endorsed * moved, before + moved + moods[0]
        return _World(
            before, change, v, before + moods[1:].mean(axis=0), last, noise, self._places.market(last, v, draws)
        )

    @cached_property
    def _places(self) -> SchoolPlaces:
        return SchoolPlaces(self.pupils, self.schools, self.places, self.lottery, MOTIVES)  # type: ignore[arg-type]

    # ---- the arms -----------------------------------------------------------------------------------------

    def play(self, world: _World, arm: str, draws: Draws) -> Mapping[str, float]:
        """Place everybody, and judge it by the truth."""
        score = world.v if arm == "oracle" else self._score(arm, world)
        placed = self._places.place(self.mechanism, score, draws, None if arm == "sidt" else world.last)
        worth = worth_of(world.v, placed)
        size = np.square(world.change).sum(axis=1)
        changed = size > np.median(size)
        return self._places.judged(world.v, world.last, world.truth, placed) | {
            "earlier": float(worth_of(world.before, placed).mean()),
            "unrationed": float(worth_of(world.v, score.argmax(axis=1)).mean()),
            "endorsed_changed": float(worth[changed].mean()),
            "endorsed_steady": float(worth[~changed].mean()),
        }

    def _score(self, arm: str, world: _World) -> FloatArray:
        """(pupils, schools) what lists follow."""
        answer = self.endorsed * self.gamma * world.change + self.s * world.noise
        parts = zip(self._weights(arm).tolist(), (world.earlier, world.last, answer), strict=True)
        return np.asarray(sum(weight * part for weight, part in parts))

    def _weights(self, arm: str) -> FloatArray:
        """(3,) of the mean of earlier reports, the last report, and the answer."""
        if arm == "average":
            return np.array([self.reports - 1.0, 1.0, 0.0]) / self.reports
        if arm in WEIGHTS:
            return np.array(WEIGHTS[arm])
        use = 2 if arm == "blend" else 3
        table, with_v = self._moments
        best = np.zeros(3)
        best[:use] = np.linalg.pinv(table[:use, :use], hermitian=True) @ with_v[:use]
        return best

    @property
    def _moments(self) -> tuple[FloatArray, FloatArray]:
        """((3, 3) covariance of what is read, (3,) covariance with v)."""
        moved, mood = self.gamma**2, self.sigma**2
        told = self.endorsed * moved
        learned = self.endorsed * told
        table = np.array(
            [
                [1 + mood / (self.reports - 1), 1.0, 0.0],
                [1.0, 1 + moved + mood, told],
                [0.0, told, learned + self.s**2],
            ]
        )
        return table, np.array([1.0, 1 + told, learned])

    # ---- what is known ------------------------------------------------------------------------------------

    def factor(self, arm: str) -> float:
        """cov(v, score) / sd(score): what a unit of selection is worth in an arm.

        Parameters
        ----------
        arm
            One of ``arms``.
        """
        if arm == "oracle":
            return float(np.sqrt(1 + (self.endorsed * self.gamma) ** 2))
        weights, (table, with_v) = self._weights(arm), self._moments
        return float(weights @ with_v / np.sqrt(weights @ table @ weights))

    def known(self) -> tuple[Known, ...]:
        """The head of each list by the selection law; all of it where no school can fill up."""
        best = float(order_statistics(self.schools, 1)[0])
        roomy = self.places >= self.pupils and self.mechanism is None
        measures = ("unrationed", "endorsed") if roomy else ("unrationed",)
        source = "cov(v, score) / sd(score) times the mean of the largest of m normals"
        return tuple(Known(arm, name, self.factor(arm) * best, source) for name in measures for arm in self.arms)

    def break_even(self) -> float:
        """The error of answers at which ``thick`` is worth what the last report is, in any market of this kind."""
        table, with_v = self._moments
        sidt, covariance = self.factor("sidt"), float(with_v[0] + with_v[2])
        exact = float(table[0, 0] + table[2, 2] - self.s**2)
        return float(np.sqrt(max((covariance / sidt) ** 2 - exact, 0.0)))

    def break_even_learning(self, arm: str = "average") -> float | None:
        """The gamma up to which an arm is worth more than the last report; None if it is at every gamma up to 1000.

        Parameters
        ----------
        arm
            ``"average"`` or ``"thick"``.
        """

        def gain(gamma: float) -> float:
            made = type(self).make({**self.parameters, "gamma": gamma}, self.mechanism)
            return made.factor(arm) - made.factor("sidt")

        if gain(0.0) <= 0:
            return 0.0
        return float(brentq(gain, 0.0, 1000.0, xtol=1e-12)) if gain(1000.0) < 0 else None
