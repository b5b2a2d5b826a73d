"""The ranking of a feed, by the effects that an audit measured: nothing is planted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from ..._core.arrays import FloatArray, IntArray
from ...datasets import social_feed_audit
from ...errors import InputError
from ...mechanism.mechanism import Mechanism
from ...problems.choice import Choice
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ...welfare.allocate import Allocate
from ...welfare.functions.utilitarian import Utilitarian
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SocialFeed"]

OUTCOMES = {
    "stated_overall": "Reader Pref (overall)",
    "stated_political": "Reader Pref (political)",
    "animosity": "Out-group Animosity",
    "reader_anger": "Reader Angry (overall)",
    "author_anger": "Author Angry (overall)",
    "reader_happy": "Reader Happy (overall)",
    "partisanship": "Partisanship",
    "in_group": "In-group Perception",
    "out_group_left": "Out-group Perception (left users)",
    "out_group_right": "Out-group Perception (right users)",
}
"""Measure -> outcome of the audit."""
RANKINGS = ("chronological", *social_feed_audit.TIMELINES)
MENUS = {"offered": 2, "all": len(RANKINGS)}
MOTIVES = (Motive("what readers stand behind"), Motive("engagement", "influence", owner="platform", channel="ranking"))


@dataclass(frozen=True, eq=False)
class _World:
    """All (rounds, outcomes, rankings but the chronological): what the rankings do, in SDs; noise of a new audit."""

    truth: FloatArray
    noise: FloatArray


@scenario("social_feed")
@dataclass(frozen=True)
class SocialFeed(Scenario):
    """Which ranking should a feed have? Effects on readers are those of the audit of Milli et al. (2025), in SDs.

    Nothing is planted: what users engage with and what they say they want to see were both measured. Effects are
    against the chronological ranking, whose own are 0. The published ones have errors, so what the rankings do is
    drawn anew in each round: the published effect plus ``audit_error`` times its standard error times N(0, 1). Evidence
    is a new audit, ``s`` times as inexact as the published one. Errors are independent between outcomes, which the
    source does not say, and have correlation ``correlation`` between rankings, as all are held against the same
    timelines.

    Endorsed is, by a choice that the knobs make and no data can, what readers say they want, of all tweets or of
    political ones (``scope``), less ``animosity`` and ``anger`` times the effect on out-group animosity and on
    readers' anger.

    Arms: ``sidt`` keeps what engagement picks (the audit does not measure engagement: that the engagement ranking wins
    by it is how it is made); ``chronological`` does without a ranking; ``stated`` takes what readers say they want by
    the new audit and looks at nothing else; ``thick`` takes what is best by all that is endorsed, at face value;
    ``shrunk`` weighs the new audit against the published one (posterior mean); ``oracle`` knows the effects. The menu
    is what the platform ``offered``, engagement or chronological, or ``all`` four rankings of the audit. Ties go by
    lottery. A replicate is ``rounds`` new audits.

    ``path`` is a table as :func:`thickecon.datasets.social_feed_audit.load` reads it. None is shipped: its source
    names no licence.
    """

    s: float = knob(1.0, "error of the new audit, in standard errors of the published one", low=0.0)
    audit_error: float = knob(1.0, "how far effects are off those published, in standard errors", low=0.0)
    menu: str = knob("offered", "rankings to choose from", one_of=tuple(MENUS))
    scope: str = knob("overall", "of which tweets what readers want counts", one_of=("overall", "political"))
    animosity: float = knob(1.0, "weight of out-group animosity against what readers want", low=0.0)
    anger: float = knob(0.0, "weight of readers' anger against what readers want", low=0.0)
    correlation: float = knob(0.5, "of errors between rankings", low=0.0, high=1.0)
    rounds: int = knob(2, "new audits a replicate", low=1, high=10_000)
    path: str = knob("", "CSV of the published effects")

    section: ClassVar[str] = "data"
    title: ClassVar[str] = "A social-media feed, measured effects"
    question: ClassVar[str] = "Which ranking of a feed do engagement, stated preference and measured effects pick?"
    premise: ClassVar[str] = (
        "What readers say they want counts, less animosity and anger at the weights that the knobs give them."
    )
    loses: ClassVar[str] = (
        "Of all tweets readers do want somewhat more what engagement picks: who counts nothing else does well to follow"
        " engagement, and a new audit at face value loses to it unless it is 2.5 times as exact as the published one."
    )
    failures: ClassVar[tuple[str, ...]] = ("value collapse",)
    source: ClassVar[str] = "Milli et al. (2025), doi:10.1093/pnasnexus/pgaf062"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "chronological", "stated", "thick", "shrunk", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "what readers want less the weighted harm, SDs against chronological"),
        Measure("stated_overall", "more", "what readers say they want, all tweets"),
        Measure("stated_political", "more", "what readers say they want, political tweets"),
        Measure("animosity", "less", "out-group animosity of political tweets"),
        Measure("reader_anger", "less", "readers' anger"),
        Measure("author_anger", "less", "authors' anger"),
        Measure("reader_happy", "more", "readers' happiness"),
        Measure("partisanship", None, "partisanship of political tweets"),
        Measure("in_group", None, "what tweets make readers think of their own side"),
        Measure("out_group_left", "more", "what they make readers on the left think of the other side"),
        Measure("out_group_right", "more", "what they make readers on the right think of the other side"),
        Measure("revealed", None, "share of rounds that show what engagement picks"),
        Measure("regret", "less", "endorsed value short of the best ranking"),
    )

    # ---- the data -----------------------------------------------------------------------------------------

    @property
    def published(self) -> tuple[FloatArray, FloatArray]:
        """Effects and standard errors, both (outcomes, rankings but the chronological).

        Raises
        ------
        InputError
            No path.
        """
        if not self.path:
            raise InputError(
                "needs the table of published effects, which this package may not ship",
                where="social_feed.path",
                remedy="the layout is that of te.datasets.load('social_feed_audit', path=...)",
            )
        table = _read(self.path, os.stat(self.path).st_mtime_ns)
        rows = [table.loc[name].loc[list(RANKINGS[1:])] for name in OUTCOMES.values()]
        columns = ("effect", "standard_error")
        effect, error = (np.array([row[column].to_numpy(dtype=float) for row in rows]) for column in columns)
        return effect, error

    @property
    def weights(self) -> FloatArray:
        """(outcomes,) of the endorsed value."""
        names = list(OUTCOMES)
        made = np.zeros(len(names))
        made[names.index(self._wanted)] = 1.0
        made[names.index("animosity")] = -self.animosity
        made[names.index("reader_anger")] = -self.anger
        return made

    @property
    def _wanted(self) -> str:
        return f"stated_{self.scope}"

    # ---- what a study does --------------------------------------------------------------------------------

    def draw(self, draws: Draws) -> _World:
        """Effects around those published, and standard normal noise of a new audit."""
        effect, error = self.published
        drift = self._noise(draws.generator("population"), effect.shape)
        return _World(effect + self.audit_error * error * drift, self._noise(draws.generator("evidence"), effect.shape))

    def _noise(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        """(rounds, outcomes, rankings) normal; one part common to the rankings."""
        common = rng.standard_normal((self.rounds, shape[0], 1))
        own = rng.standard_normal((self.rounds, *shape))
        made: FloatArray = np.sqrt(self.correlation) * common + np.sqrt(1 - self.correlation) * own
        return made

    def play(self, world: _World, arm: str, draws: Draws) -> Mapping[str, float]:
        """Choose in each round, and see what readers get."""
        seeds = draws.generator("mechanism").integers(0, 2**62, size=self.rounds)
        size, t = MENUS[self.menu], np.arange(self.rounds)
        shown = self._chosen(world, arm, seeds)
        truth = np.concatenate([np.zeros((self.rounds, len(OUTCOMES), 1)), world.truth], axis=2)
        worth = np.einsum("k,tkx->tx", self.weights, truth)[:, :size]
        got = truth[t, :, shown].mean(axis=0)
        return {
            "endorsed": float(worth[t, shown].mean()),
            **{name: float(got[k]) for k, name in enumerate(OUTCOMES)},
            "revealed": float((shown == RANKINGS.index("engagement")).mean()),
            "regret": float((worth.max(axis=1) - worth[t, shown]).mean()),
        }

    def _chosen(self, world: _World, arm: str, seeds: IntArray) -> IntArray:
        """(rounds,) position of the ranking that is shown."""
        if arm == "chronological":
            return np.zeros(self.rounds, dtype=np.intp)
        size = MENUS[self.menu]
        weights = self.weights * (np.array(list(OUTCOMES)) == self._wanted) if arm == "stated" else self.weights
        seen = np.einsum("k,tkx->tx", weights, self._seen(world, arm))
        seen = np.concatenate([np.zeros((self.rounds, 1)), seen], axis=1)[:, :size]
        engages = (np.arange(size) == RANKINGS.index("engagement")).astype(float)
        mechanism: Mechanism = self.mechanism or Allocate(Utilitarian())
        mechanism = mechanism.baseline() if arm == "sidt" else mechanism
        made = []
        for value, seed in zip(seen, seeds, strict=True):
            table = np.stack([value, engages - value])[None]
            profile = ThickProfile.from_arrays(table, [1.0, 0.0], motives=MOTIVES, options=RANKINGS[:size])
            made.append(int(np.argmax(mechanism.run(Choice(profile), rng=int(seed)).shares[0])))
        return np.array(made, dtype=np.intp)

    def _seen(self, world: _World, arm: str) -> FloatArray:
        """(rounds, outcomes, rankings but the chronological) effects as an arm takes them to be."""
        if arm == "oracle":
            return world.truth
        effect, error = self.published
        audit = world.truth + self.s * error * world.noise
        return effect + self.trust * (audit - effect) if arm == "shrunk" else audit

    @property
    def trust(self) -> float:
        """Weight of the new audit in the posterior mean: audit_error^2 / (audit_error^2 + s^2)."""
        total = self.audit_error**2 + self.s**2
        return self.audit_error**2 / total if total > 0 else 1.0

    # ---- what is known ------------------------------------------------------------------------------------

    def _engagement(self) -> tuple[float, float, float, float]:
        """(mean, error) of the endorsed value of the engagement ranking, then of the part that readers want."""
        effect, error = (table[:, RANKINGS.index("engagement") - 1] for table in self.published)
        at = list(OUTCOMES).index(self._wanted)
        spread = float(np.sqrt(np.square(self.weights * error).sum()))
        return float(self.weights @ effect), spread, float(effect[at]), float(error[at])

    def expected(self, arm: str, s: float | None = None) -> float:
        """Mean endorsed value of the two rankings ``offered``.

        For x ~ N(e, b^2) shown iff a signal g ~ N(h, q^2) with covariance c is positive,
        E x 1{g > 0} = e Phi(h/q) + c/q phi(h/q).

        Parameters
        ----------
        arm
            One of ``arms``.
        s
            Error of the new audit; None: the knob's.
        """
        s = self.s if s is None else s
        e, se, wanted, wanted_se = self._engagement()
        b = self.audit_error * se
        if arm in ("sidt", "chronological"):
            return e if arm == "sidt" else 0.0
        if arm == "oracle":
            return _shown_if(e, e, b, b**2)
        if arm == "thick":
            return _shown_if(e, e, float(np.hypot(b, s * se)), b**2)
        if arm == "shrunk":  # the posterior mean has variance trust b^2, and so has its covariance with x
            trust = self.audit_error**2 / (self.audit_error**2 + s**2) if s > 0 else 1.0
            return _shown_if(e, e, b * float(np.sqrt(trust)), trust * b**2)
        part = self.audit_error * wanted_se
        return _shown_if(e, wanted, float(np.hypot(part, s * wanted_se)), part**2)

    def known(self) -> tuple[Known, ...]:
        """Integrals over one normal signal, where the menu has two rankings."""
        if self.menu != "offered" or self.mechanism is not None or not self.path:
            return ()
        source = "e Phi(h/q) + c/q phi(h/q) for a normal effect and a normal signal"
        return tuple(Known(arm, "endorsed", self.expected(arm), source) for arm in self.arms)

    def break_even(self) -> float | None:
        """The error at which a new audit at face value is worth what engagement picks, where that is worth something.

        Below 0 engagement loses at any error, as a coin between the two rankings already does better.
        """
        if self.menu != "offered" or self.mechanism is not None or not self.path:
            return None
        target = self.expected("sidt")
        if target <= 0 or self.expected("oracle") <= target:
            return None
        return float(brentq(lambda s: self.expected("thick", s) - target, 0.0, 1e9))


def _shown_if(mean: float, signal: float, spread: float, covariance: float) -> float:
    """Mean effect of what is shown iff its signal is positive; without spread, iff the signal's mean is."""
    if spread == 0:
        return mean if signal > 0 else mean / 2 if signal == 0 else 0.0
    z = signal / spread
    return float(mean * ndtr(z) + covariance / spread * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


@lru_cache(maxsize=8)
def _read(path: str, changed: int) -> pd.DataFrame:
    return social_feed_audit.load(path)
