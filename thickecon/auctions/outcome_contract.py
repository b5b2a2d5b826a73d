"""Outcome contracts: pay for what is metered, or for what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from .._core.arrays import FloatArray, as_floats, frozen
from ..errors import InputError, ProblemError
from ..lenses.lens import Endorsed, Revealed
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import Mechanism, Reports
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.verdict import Judged, Verdict
from ..problems.choice import Choice
from ..problems.problem import Problem
from .kernels.linear_contract import best_slopes

__all__ = ["OutcomeContract", "Signals"]

PAYS = ("metric", "tuned", "outcome", "both")
TOLERANCE = 1e-8


@dataclass(frozen=True, eq=False)
class Signals(Cardinal):
    """What a unit of effort is worth to each person, and what the meter makes of it.

    Attributes
    ----------
    metered
        (rows,) the person's part of the metric: what is revealed, whatever the lens.
    """

    metered: FloatArray


LARGEST = 1e140
"""Sums of values up to which their squares, and sums of these, are numbers."""


@register("auctions.OutcomeContract")
@dataclass(frozen=True)
class OutcomeContract(Mechanism):
    """One worker, several tasks, and pay that is linear in a metric, in a verified outcome, or in both.

    The problem is a :class:`~thickecon.Choice`: options are tasks, and a row says what a unit of effort in a task is
    worth to a person. The sum of what is *revealed* is the metric g, what a meter or a market counts; the sum of what
    the lens reads is the outcome b. The worker chooses efforts e at a cost of ``cost`` |e|^2 / 2, paid for the slopes
    a on the metric and o on the outcome: e = (a g + o b) / cost. Its risk premium is ``risk_aversion`` times half the
    variance of pay, and a fixed wage holds it to what it has without the contract. Everybody has the same efforts
    (``taken``: amounts, also above 1 or below 0, where a task does harm) and bears the same part of expected pay.
    ``decision.details`` has ``slopes`` (2,), ``risk`` and ``surplus``: by the reading, after cost and risk.

    Verification has faults of its own, where an outcome is paid for. It overlooks a share of it (``overlooked``); the
    worker can make an outcome look better than it is (``fooling``: what a unit of such effort adds to what is verified,
    worth nothing, at the same cost; ``details["fooling"]`` is how much of it there is); and pay is held in escrow until
    it is done, where the worker values a unit at ``escrow``. Slopes are chosen knowing all three.

    Parameters
    ----------
    pay
        ``"metric"``: the metric at face value, a = 1. ``"tuned"``: the slope on the metric that leaves most by the
        reading. ``"outcome"``: the best slope on the outcome. ``"both"``: the best two slopes together, which use a
        signal for what it adds to the other (Holmstrom's informativeness).
    metric_noise, noise
        Standard deviations of metric and outcome given efforts, independent, at least 0.
    risk_aversion
        Of the worker, at least 0.
    cost
        Curvature of its cost, more than 0.
    overlooked
        Share of the outcome that verification overlooks, from 0 to less than 1; a known share is made up for by the
        slope, and noise then weighs more.
    fooling
        At least 0: by how much a unit of effort moves what is verified without being worth anything (moral hazard).
    escrow
        More than 0, at most 1: what the worker thinks a unit of pay worth that is held until the outcome is verified.
        All pay is, where any of it is for an outcome.
    lens
        How persons are read; cardinal.

    Raises
    ------
    InputError
        A parameter that is not of those named or out of its range.
    ProblemError
        A worth of doing nothing: efforts are valued against none.

    References
    ----------
    Holmstrom (1979), doi:10.2307/3003320; Holmstrom and Milgrom (1991), doi:10.1093/jleo/7.special_issue.24;
    Baker (1992), doi:10.1086/261831

    Examples
    --------
    A unit of effort in care is worth 1 and not metered, one in speed is metered at 1 and worth nothing.

    >>> import numpy as np
    >>> import thickecon as te
    >>> motives = ["worth", te.Motive("metered only", "influence")]
    >>> p = te.ThickProfile.from_arrays([[[1.0, 0.0], [-1.0, 1.0]]], [1.0, 0.0], motives=motives)
    >>> contract = te.auctions.OutcomeContract(noise=0.5)
    >>> [made.run(p).taken.round(12).tolist() for made in (contract, contract.baseline())]
    [[0.8, 0.0], [0.0, 0.8]]
    """

    pay: Literal["metric", "tuned", "outcome", "both"] = "outcome"
    metric_noise: float = 0.0
    noise: float = 0.0
    risk_aversion: float = 1.0
    cost: float = 1.0
    overlooked: float = field(default=0.0, kw_only=True)
    fooling: float = field(default=0.0, kw_only=True)
    escrow: float = field(default=1.0, kw_only=True)

    title: ClassVar[str] = "Outcome contract"
    reference: ClassVar[str] = "10.1093/jleo/7.special_issue.24"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Choice,)

    def __post_init__(self) -> None:
        if self.pay not in PAYS:
            raise InputError(f"must be one of {PAYS}, found {self.pay!r}", where="pay")
        for name in ("metric_noise", "noise", "risk_aversion", "cost"):
            given = as_floats(getattr(self, name), name)
            if given.ndim or not 0 <= given < np.inf or (name == "cost" and given == 0):
                least = "more than 0" if name == "cost" else "at least 0"
                raise InputError(f"must be a finite number, {least}, found {getattr(self, name)!r}", where=name)
            object.__setattr__(self, name, float(given))
        ranges = (("overlooked", 0 <= self.overlooked < 1, "in [0, 1)"), ("escrow", 0 < self.escrow <= 1, "in (0, 1]"))
        for name, fine, must in (*ranges, ("fooling", 0 <= self.fooling < np.inf, "finite and at least 0")):
            if not fine:
                raise InputError(f"must be {must}, found {getattr(self, name)!r}", where=name)

    @property
    def _held(self) -> float:
        """What the worker thinks a unit of pay worth."""
        return self.escrow if self.pay in ("outcome", "both") else 1.0

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Influences move pay that is metered, not pay for an endorsed outcome; persons share the pay of all."""
        selves: tuple[Judged, ...] = ("decision", "endorsed")
        fixed = self.pay == "metric"
        free = "the metric is what it is" if fixed else "whoever praises a task has more of it done, at the pay of all"
        made = [Claim("truthful", "reading", fixed, free, "10.1093/jleo/7.special_issue.24")]
        if isinstance(self.lens, (Endorsed, Revealed)):
            sure = (
                self.noise * self.risk_aversion == self.fooling == 0
            )  # a sure outcome is paid at 1, whatever the meter says
            proof = isinstance(self.lens, Endorsed) and (self.pay == "outcome" or (self.pay == "both" and sure))
            moved = "an influence that leaves v alone moves neither efforts nor pay"
            made.append(Claim("influence_proof", "nobody", proof, moved, "T6"))
        lost = "efforts that serve others, or the meter, are paid for by everybody"
        return (*made, *(Claim("participation", self_, False, lost, "T5") for self_ in selves))

    def divides(self, problem: Problem) -> bool:
        """Efforts move continuously with what is read."""
        return True

    def wrap(self, problem: object) -> Problem:
        """A choice whose options are tasks.

        Raises
        ------
        ProblemError
            Doing nothing is given a worth.
        """
        made = super().wrap(problem)
        if made.profile.outside is not None:
            raise ProblemError(
                f"{self.name} reads what a unit of effort adds, so ``outside`` has no place",
                where="profile.outside",
                remedy="take the worth of doing nothing off the values, and pass outside=None",
            )
        return made

    def readings(self, problem: Problem, reports: Reports = None) -> tuple[Signals]:
        """Worth by the lens, or as reported; the metric as it is.

        Raises
        ------
        InputError
            Reports of the wrong shape, or not finite.
        """
        (read,) = super().readings(problem, reports)
        assert isinstance(read, Cardinal)
        metered = Revealed().read(problem.profile).values
        return (Signals(problem.profile, self.lens, read.values, read.outside, metered=metered),)

    def _run(self, problem: Choice, readings: tuple[Signals], lottery: Lottery) -> Decision:
        people = _people(problem)
        worth, signals, noise = self._sums(problem, readings[0])
        most = max(float(np.abs(part).max(initial=0.0)) for part in (worth, signals))
        if most > LARGEST:
            raise InputError(
                f"values add up to {most:.3g} over people, whose square is beyond floating point",
                where="OutcomeContract, values",
                remedy="state them in a larger unit",
            )
        slopes = np.zeros(2)
        if self.pay == "metric":
            slopes[0] = 1.0
        else:
            used = [at for at, name in enumerate(("tuned", "outcome")) if self.pay in (name, "both")]
            slopes[used] = best_slopes(worth, signals[used], noise[used], self.cost, self.risk_aversion)
        effort = self._held * (slopes @ signals) / self.cost
        risk = self.risk_aversion * float(np.square(self._held * slopes * noise).sum()) / 2
        wage = (self.cost * float(effort @ effort) / 2 + risk) / self._held
        details = {"slopes": frozen(slopes), "risk": risk, "surplus": float(worth @ effort) - wage}
        details["fooling"], effort = float(effort[-1]), effort[:-1]
        each = np.full(len(people), wage / float(people.sum()))
        return Decision(np.tile(effort, len(people)), payments=each, details=details)

    def _sums(self, problem: Problem, read: Signals) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(m + 1,) worth to all, (2, m + 1) metric and what is verified by task, the last fooling; (2,) their noise."""
        people = _people(problem)
        worth, metric = (people @ rows.reshape(len(people), -1) for rows in (read.values, read.metered))
        verified = np.append((1 - self.overlooked) * worth, self.fooling)
        return (
            np.append(worth, 0.0),
            np.stack([np.append(metric, 0.0), verified]),
            np.array([self.metric_noise, self.noise]),
        )

    # ---- what is checked ------------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        read, people = outcome.readings[0], _people(outcome.problem)
        assert isinstance(read, Signals)
        worth, signals, noise = self._sums(outcome.problem, read)
        slopes = outcome.decision.details["slopes"]
        table = outcome.taken.reshape(len(people), -1)
        effort, held = np.append(table[0], outcome.decision.details["fooling"]), self._held
        size = max(1e-300, float(np.abs(signals).max(initial=0.0)))
        apart = float(np.abs(table - table[0]).max(initial=0.0)) * self.cost / size
        short = float(np.abs(held * (slopes @ signals) - self.cost * effort).max(initial=0.0)) / size
        premium = self.risk_aversion * float(np.square(held * slopes * noise).sum()) / 2
        due = (self.cost * float(effort @ effort) / 2 + premium) / held
        off = abs(float(people @ outcome.payments) - due) / max(size**2 / self.cost, due, 1e-300)
        text = "expected pay is the worker's cost and risk premium, so that it would not rather leave"
        return (
            _small("feasible", "nobody", apart, "the same efforts for everybody"),
            _small("incentive_compatible", "nobody", short, "no task pays more, or less, at the margin than it costs"),
            _small("worker_participation", "nobody", off, text),
            self._best(outcome, effort / held, worth, signals, noise),
        )

    def _best(
        self, outcome: Outcome, effort: FloatArray, worth: FloatArray, signals: FloatArray, noise: FloatArray
    ) -> Verdict:
        """Slopes in force cannot be improved by a small change of any: what is gained at the margin is zero."""
        text = "no other slopes on the signals that are paid for leave more, by the reading"
        if self.pay == "metric":
            return Verdict("best_slopes", "reading", None, statement=text + "; the slope is given")
        slopes = outcome.decision.details["slopes"]
        margin = signals @ (worth - self.cost * effort) / self.cost - self.risk_aversion * noise**2 * slopes
        used = np.array([self.pay in ("tuned", "both"), self.pay in ("outcome", "both")])
        other = float(np.abs(slopes[~used]).max(initial=0.0))
        lengths = np.linalg.norm(signals, axis=1)
        scale = np.maximum(lengths * float(np.linalg.norm(worth)) / self.cost, 1e-300)
        gap = max(other, float((np.abs(margin) / scale)[used].max(initial=0.0)))
        return _small("best_slopes", "reading", gap, text)


def _small(name: str, self_: Judged, gap: float, text: str) -> Verdict:
    gap = gap if np.isfinite(gap) else np.inf
    return Verdict(name, self_, gap <= TOLERANCE, gap, TOLERANCE, statement=text)


def _people(problem: Problem) -> FloatArray:
    weights = problem.profile.weights
    return np.ones(problem.profile.n_agents) if weights is None else weights
