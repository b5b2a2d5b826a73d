"""The pivotal mechanism: the option worth most to all, and a tax on those whose report changes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from .._core.arrays import FloatArray, IntArray
from ..errors import InputError
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.outcome import Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.problem import Problem
from .public_decision import PublicDecision, table_of

__all__ = ["Pivotal"]


@register("auctions.Pivotal")
@dataclass(frozen=True)
class Pivotal(PublicDecision):
    """The option with the greatest sum less its cost; each agent pays what the others lose by its report (Clarke).

    ``outcome.decision.details`` has ``worth`` (options,), ``cost``, and ``surplus``: taxes less the cost.

    Parameters
    ----------
    costs
        Number or (options,): what an option costs outside, in units of the reading.
    redistribution
        ``"bailey"``: give each agent 1/n of the taxes there would be without it. Truth stays dominant, but where some
        agents hold others in check there can be a deficit. None: taxes are kept.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Costs that are not finite; an unknown redistribution.
    ProblemError
        Costs of another length than there are options.

    References
    ----------
    Clarke (1971), doi:10.1007/BF01726210; Groves and Loeb (1975), doi:10.1016/0047-2727(75)90046-1;
    Bailey (1997), doi:10.1023/A:1017949922773

    Examples
    --------
    The roommates' television (Varian): it costs 300, shared equally, and is worth 50, 50 and 250.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[0.0, -50.0], [0.0, -50.0], [0.0, 150.0]], options=["none", "television"])
    >>> te.auctions.Pivotal().run(p, rng=0).payments.tolist()
    [0.0, 0.0, 100.0]
    """

    redistribution: Literal["bailey"] | None = field(default=None, kw_only=True)

    title: ClassVar[str] = "Pivotal mechanism"
    reference: ClassVar[str] = "10.1007/BF01726210"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.redistribution not in (None, "bailey"):
            raise InputError(f"must be None or 'bailey', found {self.redistribution!r}", where="redistribution")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Incentives and efficiency; nobody is paid without redistribution, and with it there may be a deficit."""
        text = "taxes add up to no less than 0; costs are apart"
        return (
            *self._public_claims(),
            Claim("no_deficit", "nobody", self.redistribution is None, text, self.reference),
        )

    def _payments(
        self, problem: Problem, table: FloatArray, offset: FloatArray, chosen: int, order: IntArray
    ) -> FloatArray:
        paid = self._clarke(problem, table, offset, chosen)
        return paid - self._rebates(problem, table, offset) if self.redistribution else paid

    def _rebates(self, problem: Problem, table: FloatArray, offset: FloatArray) -> FloatArray:
        """(n,) 1/n of the taxes of the others alone, all pairs (n, n, options) in one pass a agent."""
        n, fixed = len(table), self._constants(problem)
        total = table.sum(axis=0) + fixed
        made = np.zeros(n)
        for i in range(n):
            worth = total - table[i]
            others = np.arange(n) != i
            rest = worth - table[others] - offset[others]
            made[i] = float((rest.max(axis=1) - rest[:, int(np.argmax(worth))]).sum()) / n if n > 1 else 0.0
        return made

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        chosen, verdicts = self._chosen_verdicts(outcome)
        if not verdicts[0].holds:
            return verdicts[:1]
        due, text = self._clarke_by_hand(outcome, chosen), "each pays what the others lose by its report"
        if self.redistribution:
            scores = outcome.readings[0]
            assert isinstance(scores, Scores)
            table, offset = (table_of(rows, outcome.problem) for rows in (scores.values, scores.offset))
            due = due - self._taxes_without(outcome.problem, table, offset)
            text += ", less 1/n of the taxes there would be without it"
        return (*verdicts, *self._paid_verdicts(outcome, due, text))

    def _taxes_without(self, problem: Problem, table: FloatArray, offset: FloatArray) -> FloatArray:
        """(n,) 1/n of the taxes of each economy with one agent less, held anew."""
        n, fixed, made = len(table), self._constants(problem), []
        nothing = np.zeros((1, table.shape[1]))
        for i in range(n):
            left = np.delete(table, i, axis=0)
            chosen = int(np.argmax(left.sum(axis=0) + fixed)) if len(left) else 0
            # of all but one: those before it and those after it
            before = np.concatenate([nothing, np.cumsum(left, axis=0)])[:-1]
            after = np.concatenate([np.cumsum(left[::-1], axis=0)[::-1], nothing])[1:]
            rest = before + after - np.delete(offset, i, axis=0) + fixed
            made.append(float((rest.max(axis=1) - rest[:, chosen]).sum()) / n if len(left) else 0.0)
        return np.array(made)
