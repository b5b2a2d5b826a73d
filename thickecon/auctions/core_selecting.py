"""Core-selecting auctions: winners as under VCG, charges that no coalition can improve on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, require_finite
from ..errors import InputError
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.bids import Bids
from .bundle_auction import BundleAuction, bundle_language
from .certificates import participation_verdicts, scale_of
from .charges import Sale, bundle_charges
from .core import core_charges
from .core_certificate import CoreSale, core_verdict, least_revenue_verdict, nearest_verdict
from .kernels.gains import gains
from .kernels.winner_determination import solve_economies
from .kernels.winner_programme import WinnerProgramme
from .true_bids import TrueBids

__all__ = ["CoreSelecting"]

Reference = Literal["vcg", "zero", "bid"] | tuple[float, ...]
NAMED = ("vcg", "zero", "bid")
WHERE = "reference_point"


@register("auctions.CoreSelecting")
@dataclass(frozen=True)
class CoreSelecting(BundleAuction, TrueBids):
    """The allocation with the greatest sum of scores, and charges in the core, nearest to a point of reference.

    No coalition of bidders would make the seller a better offer than what it gets. Among charges of the least revenue
    in the core the nearest to the reference in the quadratic norm is taken. Blocking coalitions are found one by one
    by winner determination in which every winner is offered its surplus for staying away.

    The core is that of the scores. Under ``charge="affine"`` the wedge of what is won comes on top of the charge, as
    wherever a bid is paid. Truth does not dominate: a run without ``reports`` takes the truth for bids.

    Parameters
    ----------
    reference_point
        "vcg": Clarke's charges on the scores (Day and Cramton); "zero": the smallest payments (Day and Raghavan's
        first rule); "bid": what was bid; or (agents,) payments for what is won, before any wedge.
    minimum_revenue
        Only charges of the least revenue in the core. False: the nearest of all charges in the core; these are
        optimal for bidders (nobody can pay less without another paying more) if the reference lies below the core,
        as "vcg" and "zero" do.
    reserve
        Number or tuple of (items,), at least 0, in units of the reading: what keeping a unit is worth to the seller.
    time_limit
        Seconds for each search. When one is cut short the best winners found are served, and the certificate says by
        how much they, or the core, may be missed.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A reference that is unknown, not finite, or of another length than there are agents; a reserve that is
        negative, not finite or of the wrong length; a time limit that is not positive.
    ProblemError
        A worth of doing nothing for agents who may win several options (additive, OR, OR*).

    References
    ----------
    R. W. Day and P. Cramton, Quadratic core-selecting payment rules for combinatorial auctions, Operations Research 60
    (2012), 588-603, doi:10.1287/opre.1110.1024; R. Day and S. Raghavan, Management Science 53 (2007), 1389-1406,
    doi:10.1287/mnsc.1060.0653; A. Erdil and P. Klemperer, J. European Economic Association 8 (2010), 537-547,
    doi:10.1111/j.1542-4774.2010.tb00524.x

    Examples
    --------
    A = 28, B = 20, AB = 32, A = 14, B = 12. Clarke's charges are 14 and 12, and bidder 3 would pay 32 for both:

    >>> import thickecon as te
    >>> nan = float("nan")
    >>> p = te.ThickProfile.from_values(
    ...     [[28, nan, nan], [nan, 20, nan], [nan, nan, 32], [14, nan, nan], [nan, 12, nan]]
    ... )
    >>> problem = te.auctions.Bids(p, [[1, 0], [0, 1], [1, 1]])
    >>> te.auctions.CoreSelecting().run(problem, rng=0).payments.tolist()
    [17.0, 15.0, 0.0, 0.0, 0.0]
    """

    reference_point: Reference = field(default="vcg", kw_only=True)
    minimum_revenue: bool = field(default=True, kw_only=True)

    title: ClassVar[str] = "Core-selecting auction"
    reference: ClassVar[str] = "10.1287/opre.1110.1024"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "reference_point", _as_point(self.reference_point))
        if not isinstance(self.minimum_revenue, bool):
            raise InputError(f"must be True or False, found {self.minimum_revenue!r}", where="minimum_revenue")

    @property
    def truth_dominates(self) -> bool:
        """No: what one bids moves what one pays."""
        return False

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is not the best bid; the rest holds of true bids, each for its self."""
        selves: tuple[Literal["decision", "endorsed"], ...] = ("decision", "endorsed")
        text = "with true bids no coalition could make the seller a better offer, or would rather leave"
        core = (Claim("core", self_, self.scores_are == self.pays == self_, text, self.reference) for self_ in selves)
        return (*self._bid_claims(), *core)

    # ---- the rule -----------------------------------------------------------------------------------------

    def _run(self, problem: Bids, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index = readings, problem.profile.index
        kept = problem.bundles @ self._reserve(problem)
        g = gains(
            index.agent,
            index.option,
            scores.values,
            offsets=scores.offset,
            reserve=kept,
            lottery=lottery.agents,
            pivot="absent",
            n_agents=index.n_agents,
            n_options=len(kept),
        )
        programme = WinnerProgramme(
            g,
            problem.bundles,
            problem.supply.astype(np.intp),
            exclusive=bundle_language(problem) == "XOR",
            candidates=g.gain > 0.0,
            apart=True,
        )
        limit, vcg = self.time_limit, self.reference_point == "vcg"
        found = solve_economies(
            programme, np.full(len(index), -1.0), time_limit=limit, accept_limit=True, everybody_only=not vcg
        )
        held, base = _by_agent(g.agent, g.gain * found.taken, index.n_agents), g.add_back * found.taken
        without = np.zeros(index.n_agents)
        for i, other in zip(found.agents.tolist(), found.without, strict=True):
            without[i] = other.gain - (held.sum() - held[i])
        point = self._point(
            problem, held, without, _by_agent(g.agent, kept[index.option] * found.taken, index.n_agents)
        )
        core = core_charges(
            programme,
            found.taken,
            point,
            minimum_revenue=self.minimum_revenue,
            known=tuple(other.taken for other in found.without),
            time_limit=limit,
        )
        details = {
            "bound": found.best.bound,
            "proven": found.best.proven and core.proven and all(other.proven for other in found.without),
            "reference": tuple(point.tolist()),
            "coalitions": tuple(tuple(np.flatnonzero(block.rows > 0.5).tolist()) for block in core.coalitions),
            "rounds": core.rounds,
            "searches": programme.solves,
        }
        return Decision(found.taken, payments=core.charges + _by_agent(g.agent, base, index.n_agents), details=details)

    def _point(self, problem: Bids, held: FloatArray, without: FloatArray, kept: FloatArray) -> FloatArray:
        """(agents,) the reference as charges over the reserve; 0 for who wins nothing."""
        n = problem.profile.n_agents
        if not isinstance(self.reference_point, str):
            given = np.array(self.reference_point)
            if given.shape != (n,):
                raise InputError(f"must have one entry for each of {n} agents, found {len(given)}", where=WHERE)
            return np.where(held > 0.0, given - kept, 0.0)
        return {"vcg": without, "zero": np.where(held > 0.0, -kept, 0.0), "bid": held}[self.reference_point]

    # ---- the certificate ----------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        problem, scores = outcome.problem, outcome.readings[0]
        assert isinstance(problem, Bids)
        assert isinstance(scores, Scores)
        feasible = self._fits(outcome)
        if not feasible.holds:
            return (feasible,)
        tol = 1e-9 * scale_of(scores) * max(1, problem.profile.n_agents)
        exclusive = bundle_language(problem) == "XOR"
        sale = CoreSale.of(
            self._sale(outcome), problem, outcome.payments, exclusive=exclusive, reserve=self._reserve(problem)
        )
        verdicts = [feasible, self._best_bundles(outcome, tol), core_verdict(sale, outcome, self.time_limit)]
        if verdicts[-1].holds is not False:
            if self.minimum_revenue:
                verdicts.append(least_revenue_verdict(sale, outcome))
            verdicts.append(nearest_verdict(sale, outcome, self._recomputed(problem, sale), self.minimum_revenue))
        return (*verdicts, *participation_verdicts(self, outcome))

    def _recomputed(self, problem: Bids, sale: CoreSale) -> FloatArray | None:
        """(agents,) the reference by its definition; None: too many bundles to recompute Clarke's charges."""
        if self.reference_point != "vcg":
            return self._point(problem, sale.held, sale.held, sale.kept)
        clarke = Sale(
            sale.agent, sale.option, sale.gain, np.zeros(len(sale.gain)), sale.taken, problem.supply, len(sale.held)
        )
        return bundle_charges(clarke, problem.bundles, exclusive=sale.exclusive)


def _by_agent(agent: npt.NDArray[np.intp], values: FloatArray, n: int) -> FloatArray:
    return np.bincount(agent, values, minlength=n).astype(np.float64)


def _as_point(given: object) -> Reference:
    """The parameter as a mechanism keeps it: a name, or a tuple with one payment an agent.

    Raises
    ------
    InputError
        Neither.
    """
    if isinstance(given, str):
        if given not in NAMED:
            raise InputError(f"must be one of {NAMED} or (agents,) payments, found {given!r}", where=WHERE)
        return given  # type: ignore[return-value]
    made = as_floats(given, WHERE)  # type: ignore[arg-type]
    require_finite(made, WHERE)
    if made.ndim != 1:
        raise InputError(f"must have shape (agents,), found {made.shape}", where=WHERE)
    return tuple(float(p) for p in made)
