"""Groves schemes: each agent is paid what the others have, less a sum that its report does not move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from .._core.arrays import FloatArray, IntArray
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.outcome import Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.problem import Problem
from .public_decision import Numbers, PublicDecision, numbers, table_of

__all__ = ["Groves"]


@register("auctions.Groves")
@dataclass(frozen=True)
class Groves(PublicDecision):
    """The option worth most to all; agent i gets ``sum_{j != i} s_j(x*) + C(x*)`` and pays a lump sum.

    Every dominant-strategy rule that is efficient on unrestricted values is one of these for some lump sums, which
    may depend on the others' reports (Green and Laffont; :class:`~thickecon.auctions.Pivotal` is the one that never
    pays). Here they are constants, as of a team whose members are all paid the total: incentives are plain to see,
    and the deficit is large. ``outcome.decision.details["surplus"]`` states it.

    Parameters
    ----------
    costs
        Number or (options,): what an option costs outside, in units of the reading.
    lump_sum
        Number or (agents,): what each pays whatever happens.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Numbers that are not finite.
    ProblemError
        Costs or lump sums of another length than there are options or agents.

    References
    ----------
    Groves (1973), doi:10.2307/1914085; Green and Laffont (1977), doi:10.2307/1911219

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[0.0, -50.0], [0.0, -50.0], [0.0, 150.0]])
    >>> te.auctions.Groves().run(p, rng=0).payments.tolist()
    [-100.0, -100.0, 100.0]
    """

    lump_sum: Numbers = field(default=0.0, kw_only=True)

    title: ClassVar[str] = "Groves scheme"
    reference: ClassVar[str] = "10.2307/1914085"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "lump_sum", numbers(self.lump_sum, "lump_sum"))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Incentives and efficiency; the sums paid to agents are a deficit."""
        text = "agents are paid what others have"
        return (*self._public_claims(), Claim("no_deficit", "nobody", False, text, self.reference))

    def wrap(self, problem: object) -> Problem:
        """A choice that costs and lump sums fit.

        Raises
        ------
        ProblemError
            They do not.
        """
        made = super().wrap(problem)
        self._per(self.lump_sum, made.profile.n_agents, "lump_sum", "agents")
        return made

    def _payments(
        self, problem: Problem, table: FloatArray, offset: FloatArray, chosen: int, order: IntArray
    ) -> FloatArray:
        others = self._worth(problem, table)[chosen] - table[:, chosen]
        lump = self._per(self.lump_sum, len(table), "lump_sum", "agents")
        paid: FloatArray = lump - others + offset[:, chosen]
        return paid

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        chosen, verdicts = self._chosen_verdicts(outcome)
        if not verdicts[0].holds:
            return verdicts[:1]
        scores, problem = outcome.readings[0], outcome.problem
        assert isinstance(scores, Scores)
        n = problem.profile.n_agents
        here = np.array([row[chosen] for row in table_of(scores.values, problem)])
        wedge = np.array([row[chosen] for row in table_of(scores.offset, problem)])
        fixed = self._constants(problem)[chosen]
        due = np.array([-sum(here[j] for j in range(n) if j != i) - fixed + wedge[i] for i in range(n)])
        due += self._per(self.lump_sum, n, "lump_sum", "agents")
        text = "what is paid, and what the others have, add up to the lump sum"
        return (*verdicts, *self._paid_verdicts(outcome, due, text))
