"""Vickrey-Clarke-Groves for positions: who is shown in which slot, priced by the clicks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from ..errors import InputError, ProblemError
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import PaymentMechanism, Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import charge_verdict, net_objective, participation_verdicts, scale_of
from .kernels.positions import position_vcg, rank_for_slots
from .reserve import as_reserve, reserve_of

__all__ = ["PositionVCG"]

SHARE = 1e-9
"""How far the clicks of a row may be from those of a slot, relative to the largest."""
CELLS = 4_000_000
"""Cells of the table that charges are recomputed in at a time."""


@register("auctions.PositionVCG")
@dataclass(frozen=True)
class PositionVCG(PaymentMechanism):
    """Bidders are ranked by what a click on them is worth, and each pays for the clicks that others lose by it.

    The problem is a profile of one option, the value of a click. ``taken`` holds the clicks a bidder gets: those of
    its slot times its quality. Bidders rank by quality times (score less reserve), ties by lottery, and those below
    the reserve are not shown. The bidder at rank k pays ``sum_{j > k} (a_{j-1} - a_j) g_j``, g the ranked numbers,
    and the reserve for each of its clicks. With ``charge="affine"`` it pays the wedge of each click on top, so that
    truth is dominant for decision selves (T18).

    ``outcome.prices`` are (slots,) what a slot's holder takes from others, reserves and wedges apart, and
    ``outcome.decision.details["slots"]`` (slots,) who holds it, -1 for nobody.

    Parameters
    ----------
    clicks
        (slots,) clicks of each slot for a bidder of quality 1: rates or counts, at least 0, best slot first.
    quality
        (agents,) more than 0, by how much clicks on a bidder are more or fewer than that; None: 1 for all.
    reserve
        At least 0, in units of the reading: what keeping a click is worth to the seller. A score of exactly the
        reserve is shown.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Clicks that are negative, not finite or increase from slot to slot; qualities that are not positive; a
        reserve that is negative, not finite, or not one number.
    ProblemError
        A profile of more than one option; supply, demand, conflicts or norms; qualities of another length than there
        are agents; a worth of doing nothing where a bidder may get more than one click.

    References
    ----------
    Edelman, Ostrovsky and Schwarz (2007), doi:10.1257/aer.97.1.242; Varian (2007),
    doi:10.1016/j.ijindorg.2006.10.002; Varian and Harris (2014), doi:10.1257/aer.104.5.442

    Examples
    --------
    The example of Edelman, Ostrovsky and Schwarz: values 10, 4, 2, and slots of 200 and 100 clicks.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[10.0], [4.0], [2.0]], unit="money")
    >>> outcome = te.auctions.PositionVCG(clicks=[200, 100]).run(p, rng=0)
    >>> outcome.taken.tolist(), outcome.payments.tolist()
    ([200.0, 100.0, 0.0], [600.0, 200.0, 0.0])
    """

    clicks: tuple[float, ...] = (1.0,)
    quality: tuple[float, ...] | None = None
    reserve: float = 0.0

    title: ClassVar[str] = "Position auction with VCG payments"
    reference: ClassVar[str] = "10.1016/j.ijindorg.2006.10.002"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Assignment,)

    def __post_init__(self) -> None:
        super().__post_init__()
        clicks = _vector(self.clicks, "clicks")
        if (clicks < 0).any() or (np.diff(clicks) > 0).any():
            raise InputError(
                f"must be at least 0 and not increase from slot to slot, found {clicks.tolist()}",
                where="clicks",
                remedy="list the slots best first",
            )
        object.__setattr__(self, "clicks", tuple(clicks.tolist()))
        if self.quality is not None:
            quality = _vector(self.quality, "quality")
            if (quality <= 0).any():
                raise InputError(f"must be more than 0, found {quality.min():g}", where="quality")
            object.__setattr__(self, "quality", tuple(quality.tolist()))
        reserve = as_reserve(self.reserve)
        if isinstance(reserve, tuple):
            raise InputError("must be one number: there is one option, a click", where="reserve")
        object.__setattr__(self, "reserve", reserve)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Incentives, efficiency and participation, each for its self."""
        return self._incentive_claims()

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3)."""
        return "sum"

    @property
    def largest_share(self) -> float:
        """The most clicks that anybody can get."""
        return max(self.clicks, default=0.0) * max(self.quality or (1.0,), default=1.0)

    def wrap(self, problem: object) -> Problem:
        """Clicks on each agent, as many as its slot brings.

        Raises
        ------
        ProblemError
            See the class.
        """
        made = super().wrap(problem)
        assert isinstance(made, Assignment)
        profile = made.profile
        if profile.n_options != 1:
            raise ProblemError(
                f"must have one option, the value of a click, found {profile.n_options}",
                where="PositionVCG",
                remedy="profile.restrict(options=[...]) picks one; use auctions.VCG for items of different kinds",
            )
        if (made.supply != 1).any() or made.demand is not None or len(made.conflicts) or made.norms:
            raise ProblemError(
                "slots come from `clicks`: no supply, demand, conflicts or norms of the problem's own",
                where="PositionVCG",
                remedy="use welfare.Allocate for constraints",
            )
        if self.quality is not None and len(self.quality) != profile.n_agents:
            raise ProblemError(
                f"must have one entry for each of {profile.n_agents} agents, found {len(self.quality)}",
                where="PositionVCG.quality",
            )
        if self.largest_share > 1 and profile.outside is not None and np.any(profile.outside):
            raise ProblemError(
                f"doing nothing must be worth 0 where a bidder may get {self.largest_share:g} clicks: it would be"
                " given up once for each",
                where="PositionVCG, outside",
                remedy="state clicks as rates of at most 1, or values relative to doing nothing",
            )
        return made

    # ---- the rule -----------------------------------------------------------------------------------------

    def _quality(self, problem: Problem) -> FloatArray:
        """(rows,) qualities."""
        index = problem.profile.index
        return np.ones(len(index)) if self.quality is None else np.asarray(self.quality)[index.agent]

    def _reserve(self, problem: Problem) -> float:
        return float(reserve_of(self.reserve, 1, problem.profile)[0])

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index = readings, problem.profile.index
        found = position_vcg(
            index.agent,
            scores.values,
            self.clicks,
            quality=self._quality(problem),
            offsets=scores.offset,
            reserve=self._reserve(problem),
            lottery=lottery.agents,
            n_agents=index.n_agents,
        )
        payments = np.bincount(index.agent, found.payments, minlength=index.n_agents).astype(np.float64)
        slots = np.full(len(found.row), -1, dtype=np.intp)
        slots[found.row >= 0] = index.agent[found.row[found.row >= 0]]
        return Decision(
            found.clicks, payments=payments, prices=found.price, details={"slots": frozen(slots, copy=False)}
        )

    # ---- the certificate ----------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        quality, reserve = self._quality(outcome.problem), self._reserve(outcome.problem)
        feasible = self._feasible(outcome.taken / quality)
        if not feasible.holds:
            return (feasible,)
        gain = quality * (scores.values - reserve)
        share = outcome.taken / quality
        best = np.sort(np.maximum(gain, 0.0))[::-1][: len(self.clicks)]
        short = float(best @ np.asarray(self.clicks)[: len(best)] - gain @ share)
        scale = scale_of(scores) + reserve
        tol = 1e-9 * scale * max(1.0, sum(self.clicks) * float(quality.max(initial=0.0)))
        text = "the greatest sum of gains by the rearrangement inequality: the larger gain has the more clicks"
        return (
            feasible,
            Verdict("efficient", "reading", abs(short) <= tol, abs(short), tol, statement=text),
            charge_verdict(
                outcome,
                self._charges(outcome, gain, share, quality * (scores.offset + reserve)),
                tol,
                "each pays what the others, with it at a report of zero, would have more (T18)",
            ),
            *participation_verdicts(self, outcome),
        )

    def _feasible(self, share: FloatArray) -> Verdict:
        """Does each row that is shown have the clicks of a slot of its own?"""
        left = list(self.clicks)
        scale = max(self.clicks, default=0.0)
        gap = float(np.maximum(-share, 0.0).max(initial=0.0))
        shown = np.sort(share[share > 0])[::-1].tolist()
        for got in shown[: len(left) + 1]:
            off = [abs(got - a) for a in left]
            at = int(np.argmin(off)) if off else -1
            gap = max(gap, off[at] if off else got)
            if off:
                left.pop(at)
        holds = gap <= SHARE * scale
        text = "each bidder shown has the clicks of one slot, and no two of the same"
        return Verdict("feasible", "nobody", holds, gap, SHARE * scale, statement=text)

    def _charges(self, outcome: Outcome, gain: FloatArray, share: FloatArray, add_back: FloatArray) -> FloatArray:
        """(n,) by definition: the best of the economy in which the agent reports zero, less what the others have.

        Of the others only as many as there are slots can matter, so each economy is these and the agent.
        """
        a, index = np.asarray(self.clicks), outcome.profile.index
        k = min(len(a) + 1, len(gain))
        top = np.argsort(-gain, kind="stable")[:k]
        rest = float(gain @ share) - gain * share
        concerned = np.flatnonzero((share > 0) | (add_back < 0))
        charges = np.zeros(outcome.profile.n_agents)
        block = max(1, CELLS // (k + 1))
        for start in range(0, len(concerned), block):
            rows = concerned[start : start + block]
            others = np.where(top == rows[:, None], 0.0, np.maximum(gain[top], 0.0))
            table = np.column_stack([others, np.maximum(-add_back[rows], 0.0)])
            ranked = np.sort(table, axis=1)[:, ::-1][:, : len(a)]
            most = ranked @ a[: ranked.shape[1]]
            charges[index.agent[rows]] = most - rest[rows] + add_back[rows] * share[rows]
        return charges

    # ---- what it maximises --------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum over clicks of the value less the reserve given up, relative to doing nothing."""
        return net_objective(problem, taken, reading, np.array([self._reserve(problem)]))

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Scores less the reserve."""
        (scores,) = self.readings(problem)
        return LinearObjective(scores.values - self._reserve(problem), np.ones(len(scores.values)))

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) clicks with the greatest sum of weights; no row of negative weight is shown."""
        made = self.wrap(problem)
        quality = self._quality(made)
        weights = quality * np.asarray(row_weights, dtype=np.float64)
        shown = rank_for_slots(weights, np.zeros(len(weights)), len(self.clicks))
        taken = np.zeros(len(weights))
        taken[shown] = np.asarray(self.clicks)[: len(shown)] * quality[shown]
        return taken


def _vector(given: npt.ArrayLike, where: str) -> FloatArray:
    made = as_floats(given, where)
    if made.ndim != 1 or not made.size:
        raise InputError(f"must be a list of at least one number, found shape {made.shape}", where=where)
    require_finite(made, where)
    return made
