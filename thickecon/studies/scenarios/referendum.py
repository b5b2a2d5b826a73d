"""L3a. A referendum among whose ballots are bots, and a detector that errs both ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from scipy.stats import binom

from ..._core.arrays import FloatArray
from ...auctions.majority import Majority
from ...mechanism.mechanism import Mechanism
from ...problems.choice import Choice
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["Referendum"]

EXACT = 20_000
"""Ballots up to which chances are summed exactly."""
MOTIVES = (Motive("own view"), Motive("campaign", "influence", owner="campaign", channel="bots"))


@scenario("referendum")
@dataclass(frozen=True)
class Referendum(Scenario):
    """Honest people vote yes or no, most of them yes; a campaign adds bots that vote no; the majority decides.

    A detector looks at every ballot: it lets a bot pass with chance ``alpha`` and rejects an honest ballot with chance
    ``beta_yes`` or ``beta_no``. Arms: ``sidt`` counts every ballot; ``thick`` counts what passed, a rejected ballot
    having no endorsed motive behind it; ``informed`` throws rejected ballots away and is the same by construction:
    the gain is evidence, not thickness. ``corrected`` counts passed_x - alpha ballots_x for each side x, which is
    unbiased up to a common factor where both sides are rejected alike (T9; Rogan and Gladen 1978,
    doi:10.1093/oxfordjournals.aje.a112510). ``oracle`` counts honest ballots. Ties go by lottery. A replicate is
    ``rounds`` referenda. Where alpha plus a rate of rejection is 1 or more there is nothing to correct by, and
    ``corrected`` is ``thick``.
    """

    n: int = knob(300, "honest voters", low=1, high=1_000_000)
    share: float = knob(0.55, "share of them who vote yes; the nearest whole number does", low=0.5, high=1.0)
    bots: int = knob(60, "bots, all for no", low=0, high=1_000_000)
    alpha: float = knob(0.2, "chance that the detector lets a bot pass", low=0.0, high=1.0)
    beta_yes: float = knob(0.05, "chance that it rejects an honest yes", low=0.0, high=1.0)
    beta_no: float = knob(0.05, "chance that it rejects an honest no", low=0.0, high=1.0)
    rounds: int = knob(5, "referenda a replicate", low=1, high=1000)

    section: ClassVar[str] = "L3a"
    title: ClassVar[str] = "Referendum with astroturf"
    question: ClassVar[str] = "How many bots does it take to overturn an honest majority?"
    premise: ClassVar[str] = "Ballots of bots count for nothing, each honest one counts once."
    loses: ClassVar[str] = (
        "A detector that lets bots pass as often as honest ballots gains nothing, and one that rejects the majority's"
        " ballots more often than the minority's overturns votes in which there is no bot at all."
    )
    source: ClassVar[str] = "sums over binomials"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "corrected", "oracle")
    evidence: ClassVar[str | None] = "alpha"
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "share of honest voters who get what they voted for"),
        Measure("flip", "less", "share of referenda in which more no than yes is counted"),
        Measure("tie", None, "share in which as many are counted"),
        Measure("endorsed_yes", "more", "share of honest yes voters who get it"),
        Measure("endorsed_no", "more", "share of honest no voters who get it"),
        Measure("revealed", None, "share of all ballots, bots among them, that get what they say"),
        Measure("influence_gain", "less", "by how much the bots raise the share of referenda that no wins"),
        Measure("rejected_yes", "less", "share of honest yes ballots that are not counted"),
        Measure("rejected_no", "less", "share of honest no ballots that are not counted"),
        Measure("passed_bots", "less", "share of bots that are counted"),
    )

    @property
    def sides(self) -> tuple[int, int]:
        """Honest voters for yes and for no."""
        yes = round(self.share * self.n)
        return yes, self.n - yes

    @property
    def corrects(self) -> bool:
        """Does the detector tell bots from honest ballots at all?"""
        return self.alpha + max(self.beta_yes, self.beta_no) < 1

    def bots_to_flip(self, arm: str) -> float:
        """Bots above which no is ahead in expectation: the margin, in thick over what passes."""
        yes, no = self.sides
        if arm not in ("thick", "informed"):
            return float(yes - no) if arm == "sidt" else np.inf
        margin = yes * (1 - self.beta_yes) - no * (1 - self.beta_no)
        return margin / self.alpha if self.alpha > 0 else float(np.copysign(np.inf, margin))

    def draw(self, draws: Draws) -> Any:
        """A uniform number for every ballot: (rounds, voters) yes, no, bots. Knobs of the detector play no part."""
        rng = draws.generator("evidence")
        yes, no = self.sides
        return tuple(rng.random((self.rounds, count)) for count in (yes, no, self.bots))

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """Each referendum with and without the bots, under the same lottery."""
        yes, no = self.sides
        seeds = draws.generator("mechanism").integers(0, 2**32, size=self.rounds)
        blind = arm in ("sidt", "oracle")
        honest_yes, honest_no, bots = (
            np.full(self.rounds, u.shape[1]) if blind else (u >= rate if honest else u < rate).sum(axis=1)
            for u, rate, honest in zip(
                world, (self.beta_yes, self.beta_no, self.alpha), (True, True, False), strict=True
            )
        )
        if arm == "oracle":
            bots = np.zeros_like(bots)
        won, ahead, tied, bare = np.zeros((4, self.rounds))
        decided: dict[Any, tuple[float, FloatArray]] = {}
        for t in range(self.rounds):
            passed = (int(honest_yes[t]), int(honest_no[t]), int(bots[t]))
            won[t], votes = self._held(arm, passed, self.bots, int(seeds[t]), decided)
            bare[t], _ = self._held(arm, (*passed[:2], 0), 0, int(seeds[t]), decided)
            ahead[t], tied[t] = votes[1] > votes[0], votes[1] == votes[0]
        ballots = self.n + self.bots
        return {
            "endorsed": float((won * yes + (1 - won) * no).mean()) / self.n,
            "flip": float(ahead.mean()),
            "tie": float(tied.mean()),
            "endorsed_yes": float(won.mean()),
            "endorsed_no": float(1 - won.mean()),
            "revealed": float((won * yes + (1 - won) * (no + self.bots)).mean()) / ballots,
            "influence_gain": float((bare - won).mean()),
            "rejected_yes": 1 - float(honest_yes.mean()) / yes,
            **({"rejected_no": 1 - float(honest_no.mean()) / no} if no else {}),
            **({"passed_bots": float(bots.mean()) / self.bots} if self.bots else {}),
        }

    def _held(
        self, arm: str, passed: tuple[int, int, int], bots: int, seed: int, decided: dict[Any, tuple[float, FloatArray]]
    ) -> tuple[float, FloatArray]:
        """(did yes win, votes) of one referendum; what no lottery decided is not held twice."""
        if (passed, bots) in decided:
            return decided[passed, bots]
        mechanism, profile = self._ballots(arm, passed, bots)
        outcome = mechanism.run(Choice(profile), rng=seed)
        votes = outcome.decision.details.get("votes", outcome.shares[0])  # a rule that counts none: who won
        found = float(outcome.shares[0, 0]), votes
        if votes[0] != votes[1]:
            decided[passed, bots] = found
        return found

    def _ballots(self, arm: str, passed: tuple[int, int, int], bots: int) -> tuple[Mechanism, ThickProfile]:
        """Ballots in blocks: (people, side, is it a bot, does the planner endorse it), and what counts them.

        A last blank ballot, which moves nothing, keeps the list from being empty.
        """
        cast = (*self.sides, bots)
        blocks: list[tuple[float, int, bool, float]] = []
        for kind, (side, bot) in enumerate(((0, False), (1, False), (1, True))):
            if arm == "corrected" and self.corrects:
                continue
            seen, unseen = passed[kind], cast[kind] - passed[kind]
            if arm == "sidt":
                seen, unseen = cast[kind], 0
            blocks += [(seen, side, bot, 1.0), *([] if arm == "informed" else [(unseen, side, bot, 0.0)])]
        if arm == "corrected" and self.corrects:
            yes = passed[0] - self.alpha * cast[0]
            no = passed[1] + passed[2] - self.alpha * (cast[1] + cast[2])
            blocks = [(yes, 0, False, 1.0), (no, 1, False, 1.0)]
        blocks = [block for block in blocks if block[0] > 0]
        table, believed = np.zeros((len(blocks) + 1, 2, 2)), np.ones((len(blocks) + 1, 2))
        for i, (_, side, bot, endorsed) in enumerate(blocks):
            table[i, int(bot), side] = 1.0
            believed[i] = endorsed
        weights = [float(block[0]) for block in blocks] + [1.0]
        profile = ThickProfile.from_arrays(
            table, believed, motives=MOTIVES, options=("yes", "no"), weights=weights, unit="utils"
        )
        mechanism = self.mechanism or Majority()
        return mechanism.baseline() if arm in ("sidt", "informed") else mechanism, profile

    # ---- what is known --------------------------------------------------------------------------------------

    def chances(self, arm: str, bots: int | None = None) -> tuple[float, float]:
        """(P(no is ahead), P(tie)): exact, by the distributions of ballots that pass.

        Parameters
        ----------
        arm
            One of ``arms``.
        bots
            None: the knob's.
        """
        yes, no = self.sides
        count = self.bots if bots is None else bots
        if arm in ("sidt", "oracle"):
            against = no + (count if arm == "sidt" else 0)
            return float(against > yes), float(against == yes)
        take = self.alpha if arm == "corrected" and self.corrects else 0.0
        one = binom.pmf(np.arange(yes + 1), yes, 1 - self.beta_yes)
        other = np.convolve(
            binom.pmf(np.arange(no + 1), no, 1 - self.beta_no), binom.pmf(np.arange(count + 1), count, self.alpha)
        )
        for_yes = np.round(np.maximum(np.arange(yes + 1) - take * yes, 0.0), 6)
        for_no = np.round(np.maximum(np.arange(no + count + 1) - take * (no + count), 0.0), 6)
        below = np.append(0.0, np.cumsum(one))
        less = below[np.searchsorted(for_yes, for_no, side="left")]
        upto = below[np.searchsorted(for_yes, for_no, side="right")]
        return float(other @ less), float(other @ (upto - less))

    @cached_property
    def _all(self) -> dict[str, tuple[float, float]]:
        return {arm: self.chances(arm) for arm in self.arms}

    def known(self) -> tuple[Known, ...]:
        """Chances that no is ahead and of a tie, and what follows from them; up to 20,000 ballots."""
        if self.n + self.bots > EXACT:
            return ()
        yes, no = self.sides
        made = []
        for arm, (flip, tie) in self._all.items():
            lost = flip + tie / 2
            worth = ((1 - lost) * yes + lost * no) / self.n
            source = "sum over the binomial numbers of ballots that pass"
            made += [
                Known(arm, "flip", flip, source),
                Known(arm, "tie", tie, source),
                Known(arm, "endorsed", worth, source + ", ties by lottery"),
            ]
        return tuple(made)
