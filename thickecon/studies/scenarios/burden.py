"""L6. What it takes to say what one values: a rating of every option, or a few weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi

from ..._core.arrays import FloatArray
from ...auctions.vcg import VCG
from ...mechanism.outcome import Outcome
from ...problems.bids import Bids
from ...profiles.profile import ThickProfile
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws
from ..selection_law import order_statistics

__all__ = ["Burden"]

SURE = 14
"""Options above which the best of them is all but certainly worth more than nothing."""


@dataclass(frozen=True, eq=False)
class _World:
    """Attributes (options, motives), weights (agents, motives), and (agents, options) standard normal tables: what no
    motive captures, the pull, noise of ratings; and (agents, motives) noise of weights.
    """

    attributes: FloatArray
    weights: FloatArray
    residual: FloatArray
    pull: FloatArray
    rating_noise: FloatArray
    weight_noise: FloatArray


@scenario("burden")
@dataclass(frozen=True)
class Burden(Scenario):
    """Agents with little time say what they value; each gets at most one unit of one option.

    Values are v = A w / sqrt(C) + kappa e: C motives with weights w, of which attributes A of the options have so much,
    and a residual that no motive captures, all standard normal. An answer to which an agent gives one unit of effort
    has an error of variance sigma^2; effort B, spread over k answers, gives each an error of variance sigma^2 k / B.

    Arms: ``sidt`` asks for a rating of each option, d = v + tau N(0, 1) with a pull that nobody endorses, and takes the
    ratings at face value. ``thick`` asks for the C weights and values options by A and the answers; it misses the
    residual. ``informed`` is conjoint analysis of the same ratings as sidt's: the best linear guess of v from ratings
    and attributes. ``shrunk`` gives the share ``split`` of effort to weights and the rest to ratings and takes the best
    linear guess from both. ``oracle`` knows v. Units go to the largest sum of scores, with VCG payments; ties, which
    have chance 0, by lottery.

    Where nothing pulls on ratings (``tau`` = 0) conjoint analysis learns about as much of the weights from ratings as
    asking for them does, and something of the residual too: it does as well as thick, or better. What thick then saves
    is answers, not information.

    The formula for many motives puts the break-even with a plain rating at kappa = .852 for 40 options, 5 motives and
    effort 20, where an agent gets the option with the best score. With 5 motives, not many, it is .813. Where units are
    scarce it is lower still: people who are described by few weights want the same things.
    """

    agents: int = knob(200, "agents", low=2, high=1_000_000)
    options: int = knob(40, "options", low=2, high=20_000)
    seats: int = knob(5, "units of each option", low=1, high=100_000)
    motives: int = knob(5, "motives", low=1, high=200)
    effort: float = knob(20.0, "effort of an agent, in answers of variance sigma^2", low=1e-3)
    sigma: float = knob(1.0, "error of an answer given one unit of effort", low=0.0)
    kappa: float = knob(0.5, "standard deviation of what no motive captures", low=0.0)
    tau: float = knob(0.0, "standard deviation of an unendorsed pull on ratings", low=0.0)
    split: float = knob(0.5, "share of effort that shrunk gives to weights", low=0.0, high=1.0)

    section: ClassVar[str] = "L6"
    title: ClassVar[str] = "Burden of participation"
    question: ClassVar[str] = "When do a few weights say more than a rating of every option?"
    premise: ClassVar[str] = (
        "All that an agent cares for counts, the residual that no weight expresses included; the pull on"
        " ratings does not."
    )
    loses: ClassVar[str] = (
        "Few options, or values that the form cannot express: with 40 options, 5 motives and effort 20, a residual of"
        " standard deviation of .8; and conjoint analysis of the ratings does as well unless something pulls on them."
    )
    failures: ClassVar[tuple[str, ...]] = ("value collapse",)
    source: ClassVar[str] = "selection law, mixed over the length of weight vectors"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "shrunk", "oracle")
    evidence: ClassVar[str | None] = "kappa"
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "endorsed value of what an agent gets, mean over agents"),
        Measure("revealed", None, "revealed value of it"),
        Measure("unrationed", "more", "endorsed value of the option with an agent's best score: with units for all"),
        Measure("endorsed_typical", "more", "endorsed value of agents whom the motives fit better than the median"),
        Measure("endorsed_unusual", "more", "endorsed value of the other agents"),
        Measure("endorsed_worst", "more", "endorsed value of the worst-off tenth"),
        Measure("answers", "less", "answers asked of an agent"),
        Measure("revenue", None, "payments, a head"),
        Measure("surplus_endorsed", "more", "endorsed value less payments, a head"),
        Measure("surplus_decision", None, "revealed value less payments, a head"),
        Measure("participation_endorsed", "more", "share of agents who end no worse than without, by v"),
        Measure("participation_decision", "more", "the same by d"),
        Measure("influence_gain", "less", "revenue a head less that without the pull"),
        Measure("served", None, "share of agents who get something"),
    )

    # ---- the world ----------------------------------------------------------------------------------------

    def draw(self, draws: Draws) -> _World:
        """Attributes, weights, residuals and pulls, and noise of all answers."""
        population, evidence = draws.generator("population"), draws.generator("evidence")
        table = (self.agents, self.options)
        return _World(
            population.standard_normal((self.options, self.motives)),
            population.standard_normal((self.agents, self.motives)),
            population.standard_normal(table),
            draws.generator("behaviour").standard_normal(table),
            evidence.standard_normal(table),
            evidence.standard_normal((self.agents, self.motives)),
        )

    def values(self, world: _World) -> tuple[FloatArray, FloatArray]:
        """(v, d), both (agents, options)."""
        v = world.weights @ self._scores(world) + self.kappa * world.residual
        return v, v + self.tau * world.pull

    def _scores(self, world: _World) -> FloatArray:
        """(motives, options) what a unit of weight makes of each option."""
        return np.asarray(world.attributes.T / np.sqrt(self.motives))

    def _error(self, answers: int, share: float = 1.0) -> float:
        """Variance of the error of each answer, if this share of effort goes to so many."""
        return self.sigma**2 * answers / (share * self.effort)

    # ---- the arms -----------------------------------------------------------------------------------------

    def play(self, world: _World, arm: str, draws: Draws) -> Mapping[str, float]:
        """Ask, allocate, judge by the truth."""
        v, d = self.values(world)
        outcome = self._sell(self._read(arm, world, v, d), arm, draws)
        gain = 0.0
        if self.tau > 0 and arm not in ("thick", "oracle"):
            bare = self._sell(self._read(arm, world, v, v), arm, draws)
            gain = outcome.revenue - bare.revenue
        taken, best = outcome.shares, outcome.profile.revealed.argmax(axis=1)
        worth, wanted, paid = (taken * v).sum(axis=1), (taken * d).sum(axis=1), outcome.payments
        missed = np.square(world.residual).sum(axis=1)
        typical = missed <= np.median(missed)
        return {
            "endorsed": float(worth.mean()),
            "revealed": float(wanted.mean()),
            "unrationed": float(v[np.arange(self.agents), best].mean()),
            "endorsed_typical": float(worth[typical].mean()),
            "endorsed_unusual": float(worth[~typical].mean()),
            "endorsed_worst": float(np.sort(worth)[: max(1, self.agents // 10)].mean()),
            "answers": float(self._answers(arm)),
            "revenue": float(paid.mean()),
            "surplus_endorsed": float((worth - paid).mean()),
            "surplus_decision": float((wanted - paid).mean()),
            "participation_endorsed": float((worth >= paid - 1e-9).mean()),
            "participation_decision": float((wanted >= paid - 1e-9).mean()),
            "influence_gain": gain / self.agents,
            "served": float(taken.sum(axis=1).mean()),
        }

    def _answers(self, arm: str) -> int:
        if arm == "oracle":
            return 0
        weights = arm == "thick" or (arm == "shrunk" and self.split > 0)
        ratings = arm in ("sidt", "informed") or (arm == "shrunk" and self.split < 1)
        return weights * self.motives + ratings * self.options

    def _read(self, arm: str, world: _World, v: FloatArray, d: FloatArray) -> ThickProfile:
        """What the planner takes agents to value; in factor form where weights were asked for."""
        if arm == "thick":
            told = world.weights + np.sqrt(self._error(self.motives)) * world.weight_noise
            return ThickProfile.from_weights(told, self._scores(world), unit="money")
        if arm in ("informed", "shrunk"):
            v = self._guess(world, d, self.split if arm == "shrunk" else 0.0)
        elif arm == "sidt":
            v = d + np.sqrt(self._error(self.options)) * world.rating_noise
        return ThickProfile.from_values(v, unit="money")

    def _guess(self, world: _World, d: FloatArray, share: float) -> FloatArray:
        """E[v | answers]: the share of effort goes to weights, the rest to ratings; all Gaussian, attributes known."""
        x = self._scores(world)
        parts, with_v, told = [], [], []
        if share > 0:
            error = self._error(self.motives, share)
            parts.append((np.eye(self.motives), error))
            with_v.append(x)
            told.append(world.weights + np.sqrt(error) * world.weight_noise)
        values = x.T @ x + self.kappa**2 * np.eye(self.options)
        if share < 1:
            error = self._error(self.options, 1 - share)
            parts.append((values, error + self.tau**2))
            with_v.append(values)
            told.append(d + np.sqrt(error) * world.rating_noise)
        table = np.block([[parts[0][0], x], [x.T, parts[1][0]]]) if len(parts) == 2 else parts[0][0]
        noise = np.concatenate([np.full(len(block), error) for block, error in parts])
        # where answers are exact the table can be singular: the least weights then
        weights = np.linalg.lstsq(table + np.diag(noise), np.concatenate(with_v), rcond=1e-12)[0]
        return np.asarray(np.concatenate(told, axis=1) @ weights)

    def _sell(self, profile: ThickProfile, arm: str, draws: Draws) -> Outcome:
        mechanism = self.mechanism or VCG(reporting="observed")
        bids = Bids(profile, language="unit", supply=self.seats)
        standard = arm in ("sidt", "informed")
        return (mechanism.baseline() if standard else mechanism).run(bids, rng=draws.generator("mechanism"))

    # ---- what is known ------------------------------------------------------------------------------------

    def factor(self, arm: str) -> float:
        """Correlation of score and v times sd(v) where motives are many: what a unit of selection is worth.

        Parameters
        ----------
        arm
            ``"sidt"``, ``"thick"`` or ``"oracle"``.
        """
        return self._factor(arm, np.ones(1), np.ones(1))

    def _factor(self, arm: str, length: FloatArray, chance: FloatArray) -> float:
        """The same mixed over |w|^2 / C, of which ``length`` are values and ``chance`` their weights.

        Given w, values are independent over options with variance |w|^2 / C + kappa^2. Told w with errors, given the
        answers, scores are so with variance |w_hat|^2 / C, and v is the score over 1 + the variance of the error.
        """
        if arm == "thick":
            return float(chance @ np.sqrt(length)) / float(np.sqrt(1 + self._error(self.motives)))
        varied = length + self.kappa**2
        missed = 0.0 if arm == "oracle" else self.tau**2 + self._error(self.options)
        total = varied + missed
        return float(chance @ np.divide(varied, np.sqrt(total), out=np.zeros_like(total), where=total > 0))

    @cached_property
    def _lengths(self) -> tuple[FloatArray, FloatArray]:
        """Nodes and weights for |w|^2 / C, by the chi law of |w|."""
        node, weight = np.polynomial.legendre.leggauss(400)
        most = np.sqrt(self.motives) + 10.0
        at = most * (node + 1) / 2
        chance = weight * chi.pdf(at, self.motives)
        return at**2 / self.motives, chance / chance.sum()

    def known(self) -> tuple[Known, ...]:
        """The best score of each agent; all of it where there is enough of every option."""
        best = float(order_statistics(self.options, 1)[0])
        plenty = self.seats >= self.agents and self.options >= SURE and self.mechanism is None
        source = "selection law, by quadrature over the length of weight vectors"
        return tuple(
            Known(arm, name, self._factor(arm, *self._lengths) * best, source)
            for name in (("unrationed", "endorsed") if plenty else ("unrationed",))
            for arm in ("sidt", "thick", "oracle")
        )

    def break_even(self) -> float | None:
        """The residual at which ratings are worth as much as weights, where there is enough of every option."""
        plenty = self.seats >= self.agents and self.mechanism is None
        return self.break_even_misfit(exact=True) if plenty else None

    def break_even_misfit(self, *, exact: bool = False) -> float:
        """The kappa up to which weights say more than ratings, for an agent who gets the best score; 0 if none.

        Parameters
        ----------
        exact
            At this number of motives; else where motives are many.
        """
        rule = self._lengths if exact else (np.ones(1), np.ones(1))

        def gain(kappa: float) -> float:
            made = replace(self, kappa=kappa)
            return made._factor("thick", *rule) - made._factor("sidt", *rule)

        high = 1.0
        if gain(0.0) <= 0:
            return 0.0
        while gain(high) > 0:
            high *= 2
        return float(brentq(gain, 0.0, high, xtol=1e-12))
