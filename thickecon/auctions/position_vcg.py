"""Vickrey-Clarke-Groves for positions: who is shown in which slot, priced by the clicks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._core.arrays import FloatArray
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.outcome import Outcome
from ..mechanism.payment import Scores
from .kernels.positions import Positions, position_vcg
from .position_auction import PositionAuction

__all__ = ["PositionVCG"]

CELLS = 4_000_000
"""Cells of the table that charges are recomputed in at a time."""


@register("auctions.PositionVCG")
@dataclass(frozen=True)
class PositionVCG(PositionAuction):
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

    title: ClassVar[str] = "Position auction with VCG payments"
    reference: ClassVar[str] = "10.1016/j.ijindorg.2006.10.002"
    _rule: ClassVar[Callable[..., Positions]] = staticmethod(position_vcg)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Incentives, efficiency and participation, each for its self."""
        return self._incentive_claims()

    def _due(self, outcome: Outcome, scores: Scores) -> tuple[FloatArray, str]:
        quality = self._quality(outcome.problem)
        add_back = quality * (scores.offset + self._reserve(outcome.problem))
        charges = self._charges(outcome, self._gain(outcome), outcome.taken / quality, add_back)
        return charges, "each pays what the others, with it at a report of zero, would have more (T18)"

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
