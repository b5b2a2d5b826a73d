"""What every audit stands on: a mechanism, a problem, one lottery, and whose answer counts as honest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, frozen
from ..._core.rng import RNG, generator
from ...errors import InputError, NotApplicableError
from ...lenses.lens import Endorsed, Lens, Revealed
from ...lenses.reading import Cardinal
from ...mechanism.mechanism import Mechanism, report_vector, require_mechanism
from ...mechanism.outcome import Outcome
from ...mechanism.payment import PaymentMechanism
from ...problems.problem import Problem
from .type_space import TypeSpace

__all__ = ["Honest", "Self", "Stage", "Stages", "lens_of", "stages_of"]

Self = Literal["decision", "endorsed"]
"""Whose gain is audited: who acts (d) or what is stood behind (v)."""

Honest = Literal["asked", "own"] | Callable[[Mechanism, Problem], npt.ArrayLike]
"""What agents say if nobody deviates.

"asked": the truth about the self that the mechanism asks (d, or v under ``reporting="endorsed"``). "own": the truth
about the audited self. A function of (mechanism, problem): (rows,) or (n, m) bids, for example of an equilibrium.
"""

RELATIVE = 1e-7
"""Tolerance of gains, relative to the largest sum of contributions."""


def lens_of(self_: str) -> Lens:
    """How the profile of a self is read.

    Raises
    ------
    InputError
        Neither "decision" nor "endorsed".
    """
    if self_ not in ("decision", "endorsed"):
        raise InputError(f"must be 'decision' or 'endorsed', found {self_!r}", where="self_")
    return Revealed() if self_ == "decision" else Endorsed()


@dataclass(frozen=True, eq=False)
class Stage:
    """A mechanism and a problem; every run has the same lottery.

    Attributes
    ----------
    mechanism, problem
        What is run, on what; the problem is wrapped.
    seed
        Of the lottery.
    """

    mechanism: Mechanism
    problem: Problem
    seed: int

    @property
    def n_agents(self) -> int:
        """How many agents there are."""
        return self.problem.profile.n_agents

    @property
    def tol(self) -> float:
        """Up to which a gain counts as rounding."""
        profile = self.problem.profile
        size = float(np.abs(profile.contributions).sum(axis=0).max(initial=0.0))
        return RELATIVE * max(size, 1e-12) * max(1.0, self.mechanism.largest_share)

    @property
    def top(self) -> float:
        """More than any value, revealed or endorsed, of anything: a bid that wins if bids win."""
        rows, outside = self.problem.profile.rows, self.problem.profile.outside
        parts = [rows.revealed, rows.endorsed] + ([] if outside is None else [outside.ravel()])
        most = max(float(np.abs(part).max(initial=0.0)) for part in parts)
        return 1.5 * most if most > 0 else 1.0

    def rows_of(self, agent: int) -> slice:
        """The rows of the agent at this position."""
        start, stop = self.problem.profile.index.indptr[agent : agent + 2]
        return slice(int(start), int(stop))

    def name(self, agent: int) -> str:
        """The agent's label, for messages."""
        return repr(self.problem.profile.agents[agent])

    # ---- runs ---------------------------------------------------------------------------------------------

    def run(self, reports: npt.ArrayLike | None = None) -> Outcome:
        """The outcome under these reports; None: as the mechanism takes the profile."""
        return self.mechanism.run(self.problem, reports=reports, rng=self.seed)

    def honest(self, how: Honest = "asked", self_: Self = "decision") -> FloatArray:
        """(rows,) what agents report if nobody deviates.

        Raises
        ------
        InputError
            ``how`` is none of those named in ``Honest``.
        NotApplicableError
            The mechanism asks for what is not a number.
        """
        if callable(how):
            return report_vector(how(self.mechanism, self.problem), self.problem.profile)
        if how not in ("asked", "own"):
            raise InputError(f"must be 'asked', 'own' or a function, found {how!r}", where="honest")
        if how == "own":
            reading = lens_of(self_).read(self.problem.profile)
        elif isinstance(self.mechanism, PaymentMechanism):
            reading = lens_of("endorsed" if self.mechanism.reporting == "endorsed" else "decision").read(
                self.problem.profile
            )
        else:
            reading = self.mechanism.readings(self.problem)[0]
        if not isinstance(reading, Cardinal):
            raise NotApplicableError(
                f"reports must be numbers; {self.mechanism.name} asks for a reading that is {reading.kind}",
                where="audit",
                remedy="use a mechanism that reads values",
            )
        return reading.values

    # ---- what outcomes are worth --------------------------------------------------------------------------

    @cached_property
    def _decision(self) -> tuple[FloatArray, FloatArray]:
        return self._worths(Revealed())

    @cached_property
    def _endorsed(self) -> tuple[FloatArray, FloatArray]:
        return self._worths(Endorsed())

    def _worths(self, lens: Lens) -> tuple[FloatArray, FloatArray]:
        profile = self.problem.profile
        if profile.unit == "ordinal":
            raise NotApplicableError("rankings have no gains", where="audit", remedy="give values")
        reading = cast(Cardinal, lens.read(replace(profile, resolution_override=0.0)))
        return reading.values, reading.outside

    def values(self, self_: Self) -> FloatArray:
        """(rows,) of a self, off the grid."""
        return (self._decision if lens_of(self_) == Revealed() else self._endorsed)[0]

    def outside(self, self_: Self) -> FloatArray:
        """(n,) worth of doing nothing to a self."""
        return (self._decision if lens_of(self_) == Revealed() else self._endorsed)[1]

    def surplus(self, outcome: Outcome, self_: Self) -> FloatArray:
        """(n,) what agents take is worth to a self, doing nothing for what they leave of a unit, less payments.

        Of outcomes of this stage's problem under any reports.
        """
        agent, n = self.problem.profile.index.agent, self.n_agents
        idle = np.clip(1.0 - np.bincount(agent, outcome.taken, minlength=n), 0.0, 1.0)
        worth = np.bincount(agent, outcome.taken * self.values(self_), minlength=n)
        return np.asarray(worth + idle * self.outside(self_) - outcome.payments)


@dataclass(frozen=True, eq=False)
class Stages:
    """The states of the world on which a mechanism is audited.

    Attributes
    ----------
    every
        One a state.
    probability
        (states,).
    space
        The type space they come from; None for one problem.
    """

    every: tuple[Stage, ...]
    probability: FloatArray
    space: TypeSpace | None

    @property
    def complete(self) -> bool:
        """Are these all states there can be?"""
        return self.space is None or self.space.complete

    @property
    def tol(self) -> float:
        """Up to which a gain counts as rounding, in any state."""
        return max(stage.tol for stage in self.every)

    @property
    def where(self) -> str:
        """In words."""
        if self.space is None:
            return "on this problem"
        kind = "states" if self.complete else "states drawn"
        return f"in {len(self.every)} {kind}"

    def state(self, holds: bool) -> bool | None:
        """True only of all states there can be."""
        return (True if self.complete else None) if holds else False


def stages_of(mechanism: Mechanism, given: object, rng: RNG = 0) -> Stages:
    """A problem, a profile or a type space as states, all with one lottery."""
    rule = require_mechanism(mechanism, "audit")
    seed = int(generator(rng).integers(0, 2**62))
    if isinstance(given, TypeSpace):
        problems = [given.problem_of(rule, profile) for profile in given.profiles]
        return Stages(tuple(Stage(rule, made, seed) for made in problems), given.probability, given)
    return Stages((Stage(rule, rule.wrap(given), seed),), frozen(np.ones(1)), None)
