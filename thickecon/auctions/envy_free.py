"""Locally envy-free equilibria of the generalised second-price auction."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG
from ..errors import InputError
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Outcome
from ..mechanism.payment import PaymentMechanism, Scores
from ..mechanism.verdict import Verdict
from ..profiles.summation import round_to
from .gsp_auction import GSP
from .kernels.positions import envy_free_prices, rank_for_slots

__all__ = ["envy_free_reports", "envy_free_verdict"]


def envy_free_reports(
    auction: GSP,
    problem: object,
    *,
    revenue: Literal["lowest", "highest"] = "lowest",
    self_: Literal["decision", "endorsed"] = "decision",
    overbid: bool = False,
    rng: RNG = None,
) -> FloatArray:
    """(rows,) bids of a locally envy-free equilibrium: nobody would change places at the other's price.

    Bidders know one another's values and act with the named self. Each rank bids what makes it (lowest) or the rank
    above (highest) indifferent; the first bids the truth. What the rule takes off a bid or adds to a charge is
    undone, as in :meth:`~thickecon.mechanism.payment.PaymentMechanism.dominant_reports`.

    Parameters
    ----------
    auction
        The rule, with its clicks, qualities and reserve.
    problem
        A problem or a profile of one option.
    revenue
        The equilibrium of the lowest revenue, which pays what VCG charges, or of the highest.
    self_
        The self that bids.
    overbid
        Let those without a slot bid above their own value in the highest (Varian's upper bound).
    rng
        As for ``run``, so that ties fall the same way.

    Raises
    ------
    InputError
        Not a GSP auction, or an unknown ``revenue`` or self.
    NotApplicableError
        Reports are ignored.

    References
    ----------
    Edelman, Ostrovsky and Schwarz (2007), doi:10.1257/aer.97.1.242, theorem 1; Varian (2007),
    doi:10.1016/j.ijindorg.2006.10.002

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[10.0], [4.0], [2.0]], unit="money")
    >>> gsp = te.auctions.GSP(clicks=[200, 100])
    >>> low, high = (te.auctions.envy_free_reports(gsp, p, revenue=r) for r in ("lowest", "highest"))
    >>> low.tolist(), gsp.run(p, reports=low, rng=0).revenue, gsp.run(p, reports=high, rng=0).revenue
    ([10.0, 3.0, 2.0], 800.0, 1400.0)
    """
    if not isinstance(auction, GSP):
        raise InputError(
            f"must be a GSP auction, found {type(auction).__name__}",
            where="envy_free_reports",
            remedy="in auctions.PositionVCG truth dominates: see its dominant_reports",
        )
    if revenue not in ("lowest", "highest"):
        raise InputError(f"must be 'lowest' or 'highest', found {revenue!r}", where="revenue")
    made = auction.wrap(problem)
    told = PaymentMechanism.dominant_reports(auction, made, self_)
    (scores,) = auction.readings(made, told)
    reserve, quality = auction._reserve(made), auction._quality(made)
    gain = quality * (scores.values - reserve)
    ticket = Lottery.draw(rng, made.profile.n_agents).agents[made.profile.index.agent]
    ranked = rank_for_slots(gain, ticket, len(auction.clicks) + 1)
    prices = envy_free_prices(auction.clicks, gain[ranked], highest=revenue == "highest", overbid=overbid)
    bid = np.array(gain)
    for place, row in enumerate(ranked[1:].tolist(), start=1):
        bid[row] = prices[place - 1]
    bid[ranked[:1]] = np.maximum(gain[ranked[:1]], np.append(prices, 0.0)[0])
    change = (bid - gain) / quality
    return round_to(told + change, made.profile.resolution)


def envy_free_verdict(outcome: Outcome, self_: Literal["decision", "endorsed"] = "decision") -> Verdict:
    """Would any bidder rather be in another's slot, or in none, at what that slot costs a click?

    Bidders are judged with the named self; the price of a slot for another bidder is its price in gain at that
    bidder's quality, with the bidder's own wedge where the charge adds it.

    Parameters
    ----------
    outcome
        Of a GSP or PositionVCG auction.
    self_
        The self that compares.

    Raises
    ------
    InputError
        The outcome of another mechanism.
    """
    from .position_auction import PositionAuction

    auction, problem = outcome.mechanism, outcome.problem
    if not isinstance(auction, PositionAuction):
        raise InputError(f"must be of a position auction, found {type(auction).__name__}", where="outcome")
    told = PaymentMechanism.dominant_reports(auction, problem, self_)
    (scores,) = auction.readings(problem, told)
    assert isinstance(scores, Scores)
    quality = auction._quality(problem)
    gain = quality * (scores.values - auction._reserve(problem))
    clicks, holder = np.asarray(auction.clicks), outcome.decision.details["slots"]
    cost, sold = outcome.prices, holder >= 0
    paid = np.zeros(outcome.profile.n_agents)
    paid[holder[sold]] = cost[sold]
    now = gain * outcome.taken / quality - paid[outcome.profile.index.agent]
    other = (gain[:, None] * clicks - cost)[:, sold]
    wish = np.maximum(other.max(axis=1, initial=0.0), 0.0) - now
    gap = float(wish.max(initial=0.0))
    tol = 1e-9 * max(1.0, float(np.abs(gain).max(initial=0.0))) * max(1.0, float(clicks.max(initial=0.0)))
    tol += outcome.profile.resolution * max(1.0, float(clicks.sum())) * float(quality.max(initial=1.0))
    witness = None if gap <= tol else outcome.profile.agents[int(outcome.profile.index.agent[int(np.argmax(wish))])]
    text = "nobody would rather have another's slot at its price, or none"
    return Verdict("envy_free", self_, gap <= tol, gap, tol, witness, text)
