"""The expected externality mechanism (d'Aspremont and Gerard-Varet, Arrow): efficient, and budgets balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from .._core.arrays import FloatArray, IntArray, as_floats, frozen, require_finite, shape_text
from ..errors import InputError, ProblemError
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.outcome import Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from .public_decision import PublicDecision, table_of

__all__ = ["AGV"]


class _Draws:
    """Draws of everybody's values: shown by their shape, compared by identity."""

    def __init__(self, values: FloatArray) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"{len(self.values)} draws"


@register("auctions.AGV")
@dataclass(frozen=True)
class AGV(PublicDecision):
    """The option worth most to all; each is paid what others expect by its report, shared out so that it adds up to 0.

    With draws of the others' values, agent i's report is worth ``xi_i = E[sum_{j != i} s_j(x*) + C(x*)]`` to the
    rest. It receives xi_i and pays the mean of the others' xi, so that payments add up to nothing. Where values are
    independent across agents and the prior is right, truth is best in expectation (not in dominant strategies), and
    no rule that is dominant, efficient and balanced exists (Green and Laffont).

    With ``charge="affine"`` the wedge an agent expects on what is chosen is taken off its xi, so that truth is best
    for decision selves.

    Parameters
    ----------
    prior
        What is known of values before reports: (draws, agents, options) numbers of the reading, relative to doing
        nothing; or a sequence of profiles of the same agents and options, read by the lens. Draws of different agents
        must be independent of one another.
    costs
        Number or (options,): what an option costs outside.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A prior of another shape, without draws, or with numbers that are not finite.
    ProblemError
        No prior, or one of other agents or options than the problem's.

    References
    ----------
    d'Aspremont and Gerard-Varet (1979), doi:10.1016/0047-2727(79)90043-8; Arrow (1979), in Boskin (ed.), Economics
    and Human Welfare, 23-39

    Examples
    --------
    One item, two agents with values uniform on [0, 1], of .8 and .5: the winner pays .195 to the other.

    >>> import numpy as np
    >>> import thickecon as te
    >>> grid = (np.arange(1000) + 0.5) / 1000
    >>> prior = np.zeros((1000, 2, 2))
    >>> prior[:, 0, 0] = prior[:, 1, 1] = grid
    >>> p = te.ThickProfile.from_values([[0.8, 0.0], [0.0, 0.5]], unit="money")
    >>> AGV(prior=prior).run(p, rng=0).payments.round(9).tolist()
    [0.195, -0.195]
    """

    prior: Any = field(default=None, kw_only=True)

    title: ClassVar[str] = "Expected externality mechanism"
    reference: ClassVar[str] = "10.1016/0047-2727(79)90043-8"

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.prior
        if given is None or isinstance(given, _Draws):
            return
        if isinstance(given, Sequence) and len(given) and all(isinstance(one, ThickProfile) for one in given):
            object.__setattr__(self, "prior", tuple(given))
            return
        made = as_floats(given, "prior")
        if made.ndim != 3 or not made.size:
            raise InputError(
                f"must have shape (draws, agents, options), found {shape_text(made.shape)}",
                where="prior",
                remedy="give an array of values, or a list of profiles of the same agents and options",
            )
        require_finite(made, "prior")
        object.__setattr__(self, "prior", _Draws(frozen(made)))

    @property
    def truth_dominates(self) -> bool:
        """Only in expectation."""
        return False

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Budgets balance; truth is best in expectation over the prior, not after the fact."""
        return (
            *self._bid_claims(joins=False),
            Claim("budget_balanced", "nobody", True, "payments add up to zero; costs are apart", self.reference),
            Claim("no_deficit", "nobody", True, "payments add up to zero; costs are apart", self.reference),
        )

    def wrap(self, problem: object) -> Problem:
        """A choice of the prior's agents and options.

        Raises
        ------
        ProblemError
            See the class.
        """
        made = super().wrap(problem)
        if self.prior is None:
            raise ProblemError(
                "what others are expected to want must be given",
                where="AGV.prior",
                remedy="prior=array of (draws, agents, options), or profiles; without one use auctions.Pivotal",
            )
        expected = made.profile.n_agents, made.profile.n_options
        found = self._draws.shape[1:]
        if found != expected:
            raise ProblemError(
                f"must be of (agents, options) = {shape_text(expected)}, found {shape_text(found)}",
                where="AGV.prior",
            )
        return made

    @cached_property
    def _draws(self) -> FloatArray:
        """(draws, n, m) readings, relative to doing nothing.

        Raises
        ------
        ProblemError
            Profiles of different sizes, or that leave options out.
        """
        if isinstance(self.prior, _Draws):
            return self.prior.values
        tables: list[FloatArray] = []
        for at, profile in enumerate(self.prior):
            reading = self.read(profile, self.lens)
            assert isinstance(reading, Cardinal)
            if not profile.index.dense or (tables and tables[0].size != len(profile.index)):
                raise ProblemError(f"draw {at} does not evaluate the same agents' options in full", where="AGV.prior")
            net = reading.values - reading.outside[profile.index.agent]
            tables.append(net.reshape(profile.n_agents, profile.n_options))
        return np.stack(tables)

    # ---- the rule -----------------------------------------------------------------------------------------

    def _payments(
        self, problem: Problem, table: FloatArray, offset: FloatArray, chosen: int, order: IntArray
    ) -> FloatArray:
        n = len(table)
        if n == 1:
            return np.zeros(1)
        draws, fixed = self._draws, self._constants(problem)
        total = draws.sum(axis=1)
        gifts = np.empty(n)
        for i in range(n):
            others = total - draws[:, i] + fixed  # (draws, m)
            best = order[np.argmax((others + table[i])[:, order], axis=1)]
            net = others - offset[i]
            gifts[i] = net[np.arange(len(net)), best].mean()
        paid: FloatArray = (gifts.sum() - gifts) / (n - 1) - gifts
        return paid

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        _, verdicts = self._chosen_verdicts(outcome)
        if not verdicts[0].holds:
            return verdicts[:1]
        scores, problem = outcome.readings[0], outcome.problem
        assert isinstance(scores, Scores)
        n, tol = problem.profile.n_agents, self._tolerance(outcome) + 1e-9 * float(np.abs(self._draws).sum(1).max())
        sum_ = abs(float(outcome.payments.sum()))
        balanced = Verdict("budget", "nobody", sum_ <= tol * n, sum_, tol * n, statement="payments add up to zero")
        table, offset = table_of(scores.values, problem), table_of(scores.offset, problem)
        gifts = np.array([self._expected(outcome, table[i], offset[i], i) for i in range(n)])
        due = np.array([np.delete(gifts, i).mean() - gifts[i] if n > 1 else 0.0 for i in range(n)])
        text = "each receives what others expect by its report, and pays the mean of what they receive"
        return (*verdicts, balanced, *self._paid_verdicts(outcome, due, text))

    def _expected(self, outcome: Outcome, own: FloatArray, wedge: FloatArray, i: int) -> float:
        """What others expect by agent i's report, one draw after another; ties fall as they fell."""
        fixed, total, order = self._constants(outcome.problem), 0.0, outcome.decision.details["order"].tolist()
        draws = self._draws
        for others in np.delete(draws, i, axis=1):
            rest = others.sum(axis=0) + fixed
            best = max(order, key=(rest + own).tolist().__getitem__)
            total += float(rest[best] - wedge[best])
        return total / len(draws)
