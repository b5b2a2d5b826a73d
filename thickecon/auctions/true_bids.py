"""What mechanisms with payments promise of true bids, where no report dominates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .._core.arrays import FloatArray
from ..errors import NotApplicableError
from ..lenses.lens import Endorsed
from ..mechanism.claim import Claim
from ..mechanism.payment import PaymentMechanism
from ..mechanism.verdict import Judged

__all__ = ["TrueBids"]


@dataclass(frozen=True)
class TrueBids(PaymentMechanism):
    """Base of mechanisms whose promises are made of true bids of a named self."""

    @property
    def pays(self) -> str:
        """Whose worth a true bid is, as it is paid: "decision", "endorsed" or neither ("reading")."""
        if self.charging != "affine" or self._sees_all:
            return self.scores_are
        return "decision" if self.reporting != "endorsed" or isinstance(self.lens, Endorsed) else "reading"

    def _bid_claims(self, *, efficient: bool = True, joins: bool = True) -> tuple[Claim, ...]:
        """Where no report dominates: truth fails, the rest is promised of true bids.

        A rule may fall short of efficiency, or charge those who do not win.
        """
        mine = self.reporting
        own: Judged = "endorsed" if mine == "endorsed" else "decision"
        lie = "reports are ignored" if mine == "observed" else "what is bid moves what one pays oneself"
        claims = [Claim("truthful", own, mine == "observed", lie, self.reference)]
        selves: tuple[Judged, ...] = ("decision", "endorsed")
        for self_ in selves:
            most, stays = "true bids of the named self maximise its sum", "true bidders do not end below outside"
            claims.append(Claim("efficient", self_, efficient and self.scores_are == self_, most, "T4"))
            claims.append(Claim("participation", self_, joins and self.pays == self_, stays, "T5"))
        affine = self.charging == "affine" and not self._sees_all
        if mine != "decision" or affine or self._sees_all:  # else decision selves would undo it: nothing is promised
            text = "with true bids, an influence that leaves v alone moves nothing"
            proof = self.scores_are == "endorsed" and not affine
            claims.append(Claim("influence_proof", "nobody", proof, text, "T6"))
        return tuple(claims)

    def _threshold_claims(self, *, efficient: bool = True) -> tuple[Claim, ...]:
        """Of rules by which truth is dominant and who is served pays a threshold, and nobody else pays anything."""
        kept = ("truthful", "influence_proof")
        rest = self._bid_claims(efficient=efficient)
        return (
            *(claim for claim in self._incentive_claims() if claim.name in kept),
            *(claim for claim in rest if claim.name not in kept),
        )

    @property
    def truth_dominates(self) -> bool:
        """Is a true report of the self that reports best, whatever others report?"""
        return True

    def dominant_reports(self, problem: object, self_: Literal["decision", "endorsed"] = "decision") -> FloatArray:
        """(rows,) as in :class:`~thickecon.mechanism.payment.PaymentMechanism`, where truth dominates.

        Raises
        ------
        NotApplicableError
            It does not.
        """
        if not self.truth_dominates:
            raise NotApplicableError(
                f"no report is best whatever others bid in {self!r}",
                where="dominant_reports",
                remedy="use auctions.equilibrium for bids that are best replies to a distribution",
            )
        return super().dominant_reports(problem, self_)
