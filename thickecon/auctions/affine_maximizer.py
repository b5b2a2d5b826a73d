"""Affine maximisers: the greatest weighted sum of reports and offsets, with charges that make truth dominant (T18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from .._core.arrays import FloatArray, IntArray
from ..errors import InputError
from ..lenses.lens import Endorsed, Revealed
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.outcome import Outcome
from ..mechanism.verdict import Verdict
from ..problems.choice import Choice
from ..problems.problem import Problem
from ..problems.wrap import as_problem
from .public_decision import Numbers, PublicDecision, numbers, table_of

__all__ = ["AffineMaximizer"]


@register("auctions.AffineMaximizer")
@dataclass(frozen=True)
class AffineMaximizer(PublicDecision):
    """One option for everybody: the greatest ``sum_i b_i s_i(x) + sum_i c_i(x) - costs(x)``.

    Each agent pays ``[max_y (...) - (...)(x*)] / b_i``, the brackets without its own report: truth is dominant
    whatever b and c are. If E[v_i(x) | d_i] = b_i d_i(x) + c_i(x), decision-self reports are turned into the greatest
    expected endorsed worth given what is known (T18); :meth:`from_sample` fits b and c where both were measured.
    Known wedges are the case b = 1, c = -wedge, which ``lens=Endorsed()`` with ``charge="affine"`` is; weights of 1
    and no offsets under ``lens=Revealed()`` are SIDT.

    ``outcome.decision.details`` has ``worth`` (options,), ``cost`` and ``surplus``, payments less cost.

    Parameters
    ----------
    weights
        b, number or (agents,), more than 0.
    offsets
        c summed over agents, number or (options,).
    costs
        Number or (options,): what an option costs outside.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`. With fitted weights the reading is Revealed.

    Raises
    ------
    InputError
        Weights that are not positive, numbers that are not finite.
    ProblemError
        Weights, offsets or costs of another length than there are agents or options.

    References
    ----------
    Roberts (1979), in Laffont (ed.), Aggregation and Revelation of Preferences; Nisan (2007), ch. 9,
    doi:10.1017/CBO9780511800481

    Examples
    --------
    Half of what moves the second agent is a campaign's: its reports count by half.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[5.0, 0.0], [0.0, 8.0]], unit="money")
    >>> half = te.auctions.AffineMaximizer(weights=[1.0, 0.5], lens=te.Revealed())
    >>> outcome = half.run(p, rng=0)
    >>> outcome.taken.tolist(), outcome.payments.tolist(), half.baseline().run(p, rng=0).taken.tolist()
    ([1.0, 0.0, 1.0, 0.0], [4.0, 0.0], [0.0, 1.0, 0.0, 1.0])
    """

    weights: Numbers = field(default=1.0, kw_only=True)
    offsets: Numbers = field(default=0.0, kw_only=True)

    title: ClassVar[str] = "Affine maximiser"
    reference: ClassVar[str] = "10.1017/CBO9780511800481"
    standard: ClassVar[Mapping[str, Any]] = {**PublicDecision.standard, "weights": 1.0, "offsets": 0.0}

    def __post_init__(self) -> None:
        super().__post_init__()
        made = numbers(self.weights, "weights")
        if not (np.asarray(made) > 0).all():
            raise InputError(f"must be positive, found {np.min(made):g}", where="weights")
        object.__setattr__(self, "weights", made)
        object.__setattr__(self, "offsets", numbers(self.offsets, "offsets"))

    @classmethod
    def from_sample(cls, sample: object, *, by_option: bool = True, costs: Numbers = 0.0) -> AffineMaximizer:
        """Weights and offsets by least squares of endorsed on revealed values, where both were measured.

        One slope for all: b must be the same for all options of an agent, or no payments exist (T18). Offsets are
        those of a whole economy of as many agents as the sample has; scale them for another number.

        Parameters
        ----------
        sample
            A choice, or a profile that everybody evaluates in full: people like those who will report.
        by_option
            An intercept for each option; else one for all, which moves nothing.
        costs
            As in the class.

        Raises
        ------
        InputError
            Revealed values that do not vary, or a slope that is not positive: reports then tell nothing of v.
        """
        problem = as_problem(sample, (Choice,), "AffineMaximizer.from_sample")
        d, v = (table_of(lens.read(problem.profile).values, problem) for lens in (Revealed(), Endorsed()))
        axis = 0 if by_option else None
        mean_d, mean_v = d.mean(axis=axis, keepdims=True), v.mean(axis=axis, keepdims=True)
        spread = float(np.square(d - mean_d).sum())
        if not spread > 0:
            raise InputError("revealed values do not vary: nothing can be fitted", where="AffineMaximizer.from_sample")
        slope = float(((d - mean_d) * (v - mean_v)).sum()) / spread
        if not slope > 0:
            raise InputError(
                f"the slope of endorsed on revealed values is {slope:.4g}: higher reports do not mean that more is"
                " endorsed, and no payments make agents report (T18)",
                where="AffineMaximizer.from_sample",
                remedy="decide on evidence of v alone (reporting='observed'), or use auctions.Myerson with evidence",
            )
        offsets = np.broadcast_to((mean_v - slope * mean_d) * len(d), (1, d.shape[1]))[0]
        return cls(weights=slope, offsets=tuple(offsets.tolist()), costs=costs, lens=Revealed())

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Incentives of any weights; efficiency of what is maximised, in the self that is read."""
        return self._public_claims()

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3) where all count alike and nothing is added: else SIDT, without weights, maximises another sum."""
        return "sum" if np.all(np.asarray(self.weights) == 1.0) and not np.any(self.offsets) else None

    def wrap(self, problem: object) -> Problem:
        """A choice that weights and offsets fit.

        Raises
        ------
        ProblemError
            They do not.
        """
        made = super().wrap(problem)
        self._per(self.weights, made.profile.n_agents, "weights", "agents")
        self._per(self.offsets, made.profile.n_options, "offsets", "options")
        return made

    def _weights(self, problem: Problem) -> FloatArray:
        return self._per(self.weights, problem.profile.n_agents, "weights", "agents")

    def _constants(self, problem: Problem) -> FloatArray:
        return super()._constants(problem) + self._per(self.offsets, problem.profile.n_options, "offsets", "options")

    def _payments(
        self, problem: Problem, table: FloatArray, offset: FloatArray, chosen: int, order: IntArray
    ) -> FloatArray:
        return self._clarke(problem, table, offset, chosen)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        chosen, verdicts = self._chosen_verdicts(outcome)
        if not verdicts[0].holds:
            return verdicts[:1]
        due = self._clarke_by_hand(outcome, chosen)
        text = "each pays what its report costs the others and the offsets (T18)"
        return (*verdicts, *self._paid_verdicts(outcome, due, text))
