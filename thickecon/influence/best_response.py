"""The best a manipulator can do against a mechanism."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import InputError
from ..lenses.lens import Lens
from ..lenses.reading import Cardinal
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Outcome
from ..problems.choice import Choice
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from .objectives import objective_of
from .pressure import Influence, pressed

__all__ = ["BestResponse", "Influencer"]

COMPARING = ("auctions.SecondPrice", "matching.DeferredAcceptance", "auctions.Majority")
"""Rules that read nothing of values but which of two is larger (and, for payments, values themselves): between two
efforts at which two values meet what is taken stays, and payments are linear."""

STEP = 1e-9
"""Relative distance from a crossing at which its two sides are looked at."""


@dataclass(frozen=True, eq=False)
class BestResponse:
    """Efforts and what they bring.

    Attributes
    ----------
    efforts
        (K,).
    gain
        Objective under pressure less that without, costs not counted; a lower bound of the best unless ``exact``.
    cost
        Of the efforts.
    exact
        Is no effort better? Proved by enumeration of crossings or by a linear programme.
    method
        "claim", "crossings", "linear programme" or "search".
    evaluations
        Runs of the mechanism.
    base, outcome
        Without and under pressure; ``outcome.problem`` is the witness.
    seed
        Of the lottery in every run.
    """

    efforts: FloatArray
    gain: float
    cost: float
    exact: bool
    method: str
    evaluations: int
    base: Outcome
    outcome: Outcome
    seed: int = 0

    @property
    def net(self) -> float:
        """Gain less cost."""
        return self.gain - self.cost

    @property
    def profile(self) -> ThickProfile:
        """Under pressure."""
        return self.outcome.profile

    def __repr__(self) -> str:
        kind = "exact" if self.exact else "at least"
        return (
            f"BestResponse(gain {self.gain:.6g}, cost {self.cost:.6g}, {kind}, by {self.method}, efforts"
            f" {np.round(self.efforts, 6).tolist()}, {self.evaluations} runs)"
        )


@dataclass(frozen=True)
class Influencer:
    """Who bends preferences, to what end, with which means.

    Parameters
    ----------
    objective
        See :func:`objective_of`.
    influences
        Its means.
    budget
        Of all costs together.

    Raises
    ------
    InputError
        No influence, or a negative budget.

    Examples
    --------
    The seller of one item lifts the second bidder: up to the highest bid, then it would sell to the wrong one.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[10.0], [6.0], [4.0]], agents=["Ann", "Bob", "Cem"], options=["cup"])
    >>> seller = Influencer("revenue", [Influence("seller", "flattery", "cup", budget=9.0, agents=("Bob",))])
    >>> found = seller.best_response(te.auctions.SecondPrice().baseline(), p)
    >>> round(found.gain, 6), found.exact
    (4.0, True)
    """

    objective: Any
    influences: tuple[Influence, ...] = field(default_factory=tuple)
    budget: float = float("inf")

    def __post_init__(self) -> None:
        made = (self.influences,) if isinstance(self.influences, Influence) else tuple(self.influences)
        object.__setattr__(self, "influences", made)
        if not made or not all(isinstance(each, Influence) for each in made):
            raise InputError("must be at least one Influence", where="Influencer.influences")
        if not self.budget >= 0:
            raise InputError(f"must be at least 0, found {self.budget!r}", where="Influencer.budget")
        objective_of(self.objective)

    def cost(self, efforts: FloatArray) -> float:
        """Of efforts (K,)."""
        return float(sum(each.price(float(e)) for each, e in zip(self.influences, efforts, strict=True)))

    def best_response(
        self,
        mechanism: Mechanism,
        problem: object,
        lens: Lens | None = None,
        *,
        evaluations: int = 400,
        rng: RNG = 0,
    ) -> BestResponse:
        """Efforts that bring the most, gain less cost, within the budget.

        Exact for a mechanism that claims to be influence-proof (checked on a few efforts all the same); for one
        influence on rules that compare values, by enumeration of all efforts at which two values meet; and for an
        option that a sum over options decides, by a linear programme. Otherwise searched: the gain is a lower bound.

        Parameters
        ----------
        mechanism, problem
            Agents report truthfully what the mechanism asks of them, under pressure.
        lens
            Of the mechanism; None: its own.
        evaluations
            Runs that a search may take.
        rng
            Seed of lotteries (the same in every run) and of the search.

        Raises
        ------
        UnknownNameError
            An option or agent that the problem does not have.
        NotApplicableError
            A profile of rankings.
        """
        rule = mechanism if lens is None else replace(mechanism, lens=lens)
        return _Hunt(self, rule, rule.wrap(problem), evaluations, rng).solve()


class _Hunt:
    """One search for one influencer against one mechanism."""

    def __init__(self, who: Influencer, mechanism: Mechanism, problem: Problem, evaluations: int, rng: RNG) -> None:
        self.who, self.mechanism, self.problem = who, mechanism, problem
        self.value = objective_of(who.objective)
        self.evaluations, self.runs = evaluations, 0
        gen = generator(rng)
        self.seed, self.gen = int(gen.integers(0, 2**62)), gen
        self.base = self.run(np.zeros(len(who.influences)))
        self.best = (0.0, np.zeros(len(who.influences)), self.base)

    def run(self, efforts: FloatArray) -> Outcome:
        self.runs += 1
        profile = pressed(self.problem.profile, self.who.influences, efforts)
        return self.mechanism.run(self.problem.with_profile(profile), rng=self.seed)

    def try_(self, efforts: FloatArray) -> float:
        """Net gain of efforts, kept if the best so far; -inf beyond the budget."""
        cost = self.who.cost(efforts)
        if cost > self.who.budget * (1 + 1e-12):
            return -np.inf
        outcome = self.run(efforts)
        net = self.value(outcome) - self.value(self.base) - cost
        if net > self.best[0] + 1e-12 * max(1.0, abs(net)):
            self.best = (net, efforts.copy(), outcome)
        return float(net)

    @cached_property
    def limits(self) -> FloatArray:
        """(K,) the most effort, by the influence's budget and the common one."""
        most = []
        for each in self.who.influences:
            afford = np.inf if each.cost == 0 else (self.who.budget / each.cost) ** (1 / each.convexity)
            top = min(each.budget, afford)
            most.append(top if np.isfinite(top) else self._beyond(each))
        return np.array(most)

    def _beyond(self, influence: Influence) -> float:
        """An effort that carries every reached row past all values."""
        pull = influence.pull(self.problem.profile)
        reach = np.abs(pull[pull != 0])
        return (
            float(4.0 * np.abs(self.problem.profile.rows.revealed).max(initial=1.0) / reach.min())
            if len(reach)
            else 0.0
        )

    def solve(self) -> BestResponse:
        if self._claims_proof():
            for efforts in (self.limits, 0.5 * self.limits, self.limits * self.gen.random(len(self.limits))):
                self.try_(efforts)
            return self.made(self.best[0] <= 1e-9, "claim" if self.best[0] <= 1e-9 else "search")
        if self._by_crossings():
            return self.made(True, "crossings")
        if self._by_programme():
            return self.made(True, "linear programme")
        self._search()
        return self.made(False, "search")

    def made(self, exact: bool, method: str) -> BestResponse:
        _, efforts, outcome = self.best
        gain = self.value(outcome) - self.value(self.base)
        return BestResponse(
            efforts, gain, self.who.cost(efforts), exact, method, self.runs, self.base, outcome, self.seed
        )

    def _claims_proof(self) -> bool:
        found = [claim for claim in self.mechanism.claims if claim.name == "influence_proof"]
        return bool(found) and all(claim.holds for claim in found)

    # ---- exact --------------------------------------------------------------------------------------------

    def _by_crossings(self) -> bool:
        """One influence on a rule that compares: both sides of every effort at which two values meet, and the ends."""
        if (
            len(self.who.influences) != 1
            or self.mechanism.name not in COMPARING
            or self.who.influences[0].convexity != 1
        ):
            return False
        readings = [
            self.mechanism.readings(self.problem.with_profile(pressed(self.problem.profile, self.who.influences, [e])))[
                0
            ]
            for e in (0.0, 1.0)
        ]
        if not all(isinstance(reading, Cardinal) for reading in readings):
            return False
        start, slope = readings[0].values, readings[1].values - readings[0].values  # type: ignore[attr-defined]
        top = float(self.limits[0])
        events = _crossings(self.problem.profile, start, slope, top)
        if len(events) > 4000:
            return False
        step = STEP * max(1.0, top)
        for at in sorted([0.0, top, *events]):  # of equal gains the least effort
            for effort in (at - step, at, at + step):
                if 0 <= effort <= top:
                    self.try_(np.array([effort]))
        return True

    def _by_programme(self) -> bool:
        """The cheapest efforts that make one option of a sum over options win, for each option; costs linear."""
        linear = all(each.convexity == 1 for each in self.who.influences)
        if not isinstance(self.problem, Choice) or self.mechanism.loss_modulus != "sum" or not linear:
            return False
        from scipy.optimize import linprog

        totals = self._totals(np.zeros(len(self.who.influences)))
        steps = np.stack([self._totals(e) - totals for e in np.eye(len(self.who.influences))], axis=1)
        cost = np.array([each.cost for each in self.who.influences])
        margin = 1e-7 * max(1.0, float(np.abs(totals).max()))
        bounds = [(0.0, float(top)) for top in self.limits]
        for x in range(len(totals)):
            rows, gaps = np.delete(steps - steps[x], x, axis=0), np.delete(totals[x] - totals, x) - margin
            if np.isfinite(self.who.budget):
                rows, gaps = np.vstack([rows, cost]), np.append(gaps, self.who.budget)
            found = linprog(cost + 1e-12, rows, gaps, bounds=bounds, method="highs")
            if found.status == 0:
                self.try_(np.asarray(found.x))
        return True

    def _totals(self, efforts: FloatArray) -> FloatArray:
        """(m,) what the rule adds up for each option."""
        profile = pressed(self.problem.profile, self.who.influences, efforts)
        reading = self.mechanism.readings(self.problem.with_profile(profile))[0]
        assert isinstance(reading, Cardinal)
        people = np.ones(profile.n_agents) if profile.weights is None else profile.weights
        summed = np.bincount(profile.index.option, reading.values * people[profile.index.agent], profile.n_options)
        return summed.astype(np.float64)

    # ---- searched -----------------------------------------------------------------------------------------

    def _search(self) -> None:
        """Corners, single influences on a grid, random points, then the best refined coordinate by coordinate."""
        top, count = self.limits, len(self.limits)
        self.try_(top)
        grid = np.linspace(0, 1, max(4, self.evaluations // (3 * count)))[1:]
        for k in range(count):
            for share in grid:
                self.try_(np.eye(count)[k] * share * top[k])
        while self.runs < 2 * self.evaluations // 3 and count > 1:
            self.try_(self.gen.random(count) * top)
        width = 0.1 * top
        while self.runs < self.evaluations and (width > 1e-6 * np.maximum(top, 1e-300)).any():
            before = self.best[0]
            for k in range(count):
                for sign in (-1.0, 1.0):
                    moved = self.best[1].copy()
                    moved[k] = np.clip(moved[k] + sign * width[k], 0.0, top[k])
                    self.try_(moved)
            width = width if self.best[0] > before else width / 2


def _crossings(profile: ThickProfile, start: FloatArray, slope: FloatArray, top: float) -> list[float]:
    """Efforts in (0, top) at which two rows of one agent or of one option, or a row and nothing, have equal values."""
    found: set[float] = set()
    moving = np.flatnonzero(slope != 0)
    index = profile.index
    for row in moving:
        near = (index.agent == index.agent[row]) | (index.option == index.option[row])
        gap, speed = start[near] - start[row], slope[row] - slope[near]
        with np.errstate(all="ignore"):
            at = gap / speed
        found.update(float(x) for x in at[np.isfinite(at) & (at > 0) & (at < top)])
        zero = -start[row] / slope[row]
        if 0 < zero < top:
            found.add(float(zero))
    return sorted(found)
