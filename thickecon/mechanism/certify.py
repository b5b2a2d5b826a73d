"""What is known of one outcome: its margins, its bounds, and who would walk away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError, NotApplicableError
from ..lenses.lens import Endorsed, Revealed
from ..problems.choice import Choice
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from .compare import judged_on
from .loss import LossBound, largest_loss, loss_bound
from .outcome import Outcome
from .sensitivity import sensitivity
from .tables import verdict_frame
from .tipping import BreakEven, break_even
from .verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Certification", "certify"]

_STATES = {True: "holds", False: "fails", None: "not checked"}


@dataclass(frozen=True, eq=False)
class Certification:
    """Guarantees of an outcome. Made by :func:`certify`; each is computed on first use."""

    outcome: Outcome
    judge: Problem
    sidt: Outcome

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The outcome's certificate."""
        return self.outcome.certificate

    @cached_property
    def margin(self) -> float | None:
        """Gap between the best and second-best option in what was read (T2); None where the sum of values does not
        decide, or allocations are not enumerated (``sensitivity`` gives their margins).
        """
        if not isinstance(self.judge, Choice) or self.outcome.mechanism.loss_modulus != "sum":
            return None
        profile = self.judge.profile
        weights = np.ones(profile.n_agents) if profile.weights is None else profile.weights
        values = Endorsed().read(profile).values * weights[profile.index.agent]
        totals = np.sort(np.bincount(profile.index.option, values, minlength=profile.n_options))
        return float(totals[-1] - totals[-2]) if len(totals) > 1 else None

    @cached_property
    def loss_bound(self) -> LossBound:
        """The most SIDT can lose here (T3)."""
        return loss_bound(self.outcome.mechanism, self.judge)

    @cached_property
    def break_even(self) -> BreakEven:
        """The error of evidence at which SIDT is as good."""
        return break_even(self.outcome.mechanism, self.outcome.problem, self.outcome, self.sidt)

    @cached_property
    def influence_bound(self) -> float | None:
        """Per unit of range of an influencer's payoff on allocations: 0 where the rule's ``influence_proof`` claim
        holds, 1 where it does not; None where the mechanism makes no such claim (T6).
        """
        claims = [claim for claim in self.outcome.mechanism.claims if claim.name == "influence_proof"]
        if not claims:
            return None
        return 0.0 if all(claim.holds for claim in claims) else 1.0

    @cached_property
    def walkers(self) -> pd.DataFrame:
        """Agents who end below doing nothing, payments included: by decision self (walk away) or endorsed self
        (regret).
        """
        import pandas as pd

        records = []
        for name, lens in (("decision", Revealed()), ("endorsed", Endorsed())):
            reading = lens.read(self.judge.profile)
            net = self.outcome.surplus(lens, self.judge) - reading.outside
            tol = 1e-9 * max(1.0, float(np.abs(reading.values).max(initial=0.0)))
            records += [(self.judge.profile.agents[int(i)], name, float(net[i])) for i in np.flatnonzero(net < -tol)]
        return pd.DataFrame(records, columns=["agent", "self", "surplus over outside"])

    def largest_loss(self, reach: npt.ArrayLike) -> float:
        """The most SIDT can lose here if all that is known of wedges is their reach D (T3); see
        :func:`thickecon.mechanism.loss.largest_loss`.

        Raises
        ------
        NotApplicableError
            The mechanism does not maximise a sum over whole allocations.
        """
        return largest_loss(self.outcome.mechanism, self.judge, reach)

    @cached_property
    def robustness(self) -> Any:
        """The smallest influence that changes the allocation, in the largest wedge of any row (``sensitivity``)."""
        return sensitivity(self.outcome.mechanism, self.outcome.problem, rng=0).smallest

    def summary(self) -> pd.DataFrame:
        """All that can be promised, a row each: the number, and what it means. What does not apply says why."""
        import pandas as pd

        margin = self.margin
        walkers = self.walkers
        influence = self.influence_bound
        rows = {
            "certificate": (
                sum(verdict.holds is True for verdict in self.verdicts),
                f"of {len(self.verdicts)} verdicts hold, recomputed from the numbers",
            ),
            "margin": (
                np.nan if margin is None else margin,
                "no sum over single options decides"
                if margin is None
                else "SIDT picks the same while osc(Delta) is less (T2)",
            ),
            "robustness": self._robust(),
            "loss bound": (
                np.nan if self.loss_bound.value is None else self.loss_bound.value,
                self.loss_bound.statement,
            ),
            "break-even error": self._break_even(),
            "influence bound": (
                np.nan if influence is None else influence,
                "no claim is made" if influence is None else "gain per unit of range of an influencer's payoff (T6)",
            ),
            "walk away": (
                int((walkers["self"] == "decision").sum()),
                "agents whose decision self ends below doing nothing",
            ),
            "regret": (int((walkers["self"] == "endorsed").sum()), "agents whose endorsed self does (T5)"),
        }
        made = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "meaning"])
        made.index.name = "promise"
        return made

    def _robust(self) -> tuple[float, str]:
        try:
            found = self.robustness
        except NotApplicableError as err:
            return np.nan, str(err)
        if found is None:
            return np.nan, "no influence was found that changes the allocation"
        return float(found.size), f"largest wedge that it takes to change the allocation ({found.facts})"

    def _break_even(self) -> tuple[float, str]:
        try:
            found = self.break_even
        except NotApplicableError as err:
            return np.nan, str(err)
        worst = np.nan if found.worst is None else float(found.worst)
        return worst, "standard errors of the evidence at which SIDT is as good"

    def to_latex(self) -> str:
        """The summary as a booktabs table."""
        from .tables import latex

        return latex(self.summary())

    def _repr_html_(self) -> str:
        from .tables import html

        return html(self.summary())

    def __repr__(self) -> str:
        states = ", ".join(f"{verdict.name} {_STATES[verdict.holds]}" for verdict in self.verdicts)
        return f"Certification({self.outcome.mechanism.name}: {states or 'nothing was checked'})"

    def to_frame(self) -> pd.DataFrame:
        """The verdicts as a table."""
        return verdict_frame(self.verdicts)


def certify(problem: object, outcome: Outcome, truth: ThickProfile | Problem | None = None) -> Certification:
    """Guarantees of ``outcome`` on ``problem``.

    Parameters
    ----------
    problem
        The problem it decides.
    outcome
        From ``mechanism.run``.
    truth
        Whose values count; None: those the mechanism saw.

    Raises
    ------
    InputError
        Not an outcome.
    NotApplicableError
        The outcome decides another problem.
    """
    if not isinstance(outcome, Outcome):
        raise InputError(f"must be an Outcome, found {type(outcome).__name__}", where="certify(problem, outcome)")
    made = outcome.mechanism.wrap(problem)
    ours, theirs = made.profile.index, outcome.profile.index
    same = made.kind == outcome.problem.kind and np.array_equal(ours.agent, theirs.agent)
    if not same or not np.array_equal(ours.option, theirs.option):
        raise NotApplicableError("the outcome decides another problem", where="certify(problem, outcome)")
    judge = made if truth is None else judged_on(made, truth)
    return Certification(outcome, judge, outcome.mechanism.baseline().run(outcome.problem, rng=0))
