"""Auctions of attention: who is shown to whom, where those who look are agents too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, frozen
from ..errors import InputError, ProblemError
from ..lenses.lens import Endorsed, Lens, Revealed
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective, Reports
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..mechanism.yardsticks import Yardstick
from ..problems.market import Market
from ..problems.problem import Problem
from .certificates import charge_verdict, participation_verdicts, scale_of
from .kernels.positions import generalised_second_price, position_vcg, rank_for_slots
from .reserve import one_reserve, reserve_of
from .single_item import not_negative
from .slots import as_clicks, next_bids, slots_gap
from .true_bids import TrueBids

__all__ = ["AttentionAuction"]

SHARE = 1e-9
"""How far the clicks of a row may be from those of a slot, relative to the largest."""


@dataclass(frozen=True, eq=False)
class _Audience(Cardinal):
    """What a click is worth to those who look, beside each row of the advertisers; ``values`` are their own rows."""

    beside: FloatArray


@register("auctions.AttentionAuction")
@dataclass(frozen=True)
class AttentionAuction(TrueBids):
    """Each user's page is an auction of slots, in which what a click is worth to the user counts like a bid.

    The problem is a market: advertisers (proposers) value a click of each user, and users (receivers) value a click
    on each advertiser, with both of their selves. Advertisers rank by score plus ``user_weight`` times the user's
    reading, less the reserve; none below 0 is shown. ``lens=Revealed()`` counts what users are drawn to, Endorsed
    what they stand behind. Users' values are estimated, not bid, and users pay nothing. An advertiser that users are
    glad to see may be paid for being shown.

    ``taken`` are the clicks of each advertiser's row. Advertisers pay what all others, users included, lose by them
    (``"vcg"``), or the least bid that keeps the slot (``"gsp"``).

    Parameters
    ----------
    clicks
        (slots,) clicks of each slot of a page, at least 0, best slot first.
    user_weight
        At least 0: what a user's gain counts beside an advertiser's. With 0 only bids count.
    pricing
        "vcg" or "gsp".
    reserve
        At least 0: what keeping a click is worth.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`; reports are those of advertisers.

    Raises
    ------
    InputError
        Clicks that are negative, not finite or increase; a weight or reserve that is negative; an unknown pricing.
    ProblemError
        Users without values; capacities or demand; a worth of doing nothing on either side.

    References
    ----------
    Athey and Ellison (2011), doi:10.1093/qje/qjr028 (position auctions with consumers); Edelman, Ostrovsky and
    Schwarz (2007), doi:10.1257/aer.97.1.242

    Examples
    --------
    A gambling advert bids 3 and draws a user by 2 that costs it 4 on reflection; a course bids 2 and is worth 1.

    >>> import thickecon as te
    >>> adverts = te.ThickProfile.from_values([[3.0], [2.0]], agents=["gambling", "course"], unit="money")
    >>> drawn = te.ThickProfile.from_values([[2.0, 1.0]], options=["gambling", "course"], unit="money")
    >>> user = drawn.with_influence("pull", [[6.0, 0.0]])
    >>> page = te.auctions.AttentionAuction(clicks=[1.0])
    >>> market = te.matching.Market(adverts, user)
    >>> page.run(market, rng=0).taken.tolist(), page.baseline().run(market, rng=0).taken.tolist()
    ([0.0, 1.0], [1.0, 0.0])
    """

    clicks: tuple[float, ...] = (1.0,)
    user_weight: float = 1.0
    pricing: Literal["vcg", "gsp"] = "vcg"
    reserve: float = 0.0

    title: ClassVar[str] = "Auction of attention"
    reference: ClassVar[str] = "10.1093/qje/qjr028"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Market,)
    yardsticks: ClassVar[tuple[Yardstick, ...]] = (
        Yardstick("users_endorsed", lambda outcome, judge: _users(outcome, judge, Endorsed()), "more", "users' v"),
        Yardstick("users_decision", lambda outcome, judge: _users(outcome, judge, Revealed()), "more", "users' d"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pricing not in ("vcg", "gsp"):
            raise InputError(f"must be 'vcg' or 'gsp', found {self.pricing!r}", where="pricing")
        put = object.__setattr__
        put(self, "clicks", as_clicks(self.clicks))
        put(self, "user_weight", not_negative(self.user_weight, "user_weight"))
        put(self, "reserve", one_reserve(self.reserve, "a click of any user is worth the same to keep"))

    @property
    def truth_dominates(self) -> bool:
        """Under VCG prices."""
        return self.pricing == "vcg"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Of advertisers: truth under VCG prices. Of all: the greatest sum, where both sides are read as one self."""
        made = self._threshold_claims() if self.pricing == "vcg" else self._bid_claims()
        one = self.reporting != "endorsed" or isinstance(self.lens, Endorsed)
        return tuple(replace(c, holds=c.holds and one) if c.name == "efficient" else c for c in made)

    @property
    def loss_modulus(self) -> str | None:
        """None: wedges of users count too, and T3 bounds those of one side."""
        return None

    @property
    def largest_share(self) -> float:
        """The most clicks that anybody can get of one user."""
        return max(self.clicks, default=0.0)

    def wrap(self, problem: object) -> Problem:
        """A market of advertisers and users.

        Raises
        ------
        ProblemError
            See the class.
        """
        made = super().wrap(problem)
        assert isinstance(made, Market)
        if not made.receivers_are_agents or made.receivers.unit == "ordinal":
            raise ProblemError(
                "users must be agents with values: a profile of what a click on each advertiser is worth to them",
                where="AttentionAuction, receivers",
                remedy="use te.matching.Market(advertisers, ThickProfile of users)",
            )
        if (made.capacities != 1).any() or (made.demand != 1).any():
            raise ProblemError(
                "slots come from `clicks`: no capacities or demand of the market's own", where="AttentionAuction"
            )
        for name, side in (("advertisers", made.profile), ("users", made.receivers)):
            if side.outside is not None and np.any(side.outside):
                raise ProblemError(f"doing nothing must be worth 0 to {name}", where="AttentionAuction, outside")
        return made

    def readings(self, problem: Problem, reports: Reports = None) -> tuple[Scores, _Audience]:  # type: ignore[override]
        """Advertisers' scores, and what each click is worth to the user by the lens."""
        assert isinstance(problem, Market)
        (scores,) = super().readings(problem, reports)
        theirs = self.read(problem.receivers, self.lens)
        assert isinstance(theirs, Cardinal)
        beside = _beside(problem, theirs.values) * self.user_weight
        made = _Audience(theirs.profile, theirs.lens, theirs.values, theirs.outside, beside=frozen(beside))
        return scores, made

    # ---- the rule -----------------------------------------------------------------------------------------

    def _reserve(self, problem: Problem) -> float:
        return float(reserve_of(self.reserve, 1, problem.profile)[0])

    def _run(self, problem: Market, readings: tuple[Scores, _Audience], lottery: Lottery) -> Decision:
        scores, users = readings
        index = problem.profile.index
        taken, charged = np.zeros(len(index)), np.zeros(len(index))
        held = np.full((index.n_options, len(self.clicks)), -1, dtype=np.intp)
        reserve, ticket = self._reserve(problem), lottery.agents[index.agent]
        for j, rows in enumerate(_pages(problem)):
            common: dict[str, Any] = {
                "offsets": scores.offset[rows] - users.beside[rows],
                "reserve": reserve,
                "lottery": ticket[rows],
            }
            worth = scores.values[rows] + users.beside[rows]
            who = np.arange(len(rows))
            if self.pricing == "vcg":
                found = position_vcg(who, worth, self.clicks, pivot="absent", **common)
            else:
                found = generalised_second_price(who, worth, self.clicks, **common)
            taken[rows], charged[rows] = found.clicks, found.payments
            shown = found.row >= 0
            held[j, shown] = index.agent[rows[found.row[shown]]]
        payments = np.bincount(index.agent, charged, minlength=index.n_agents).astype(np.float64)
        return Decision(taken, payments=payments, details={"slots": frozen(held, copy=False)})

    # ---- the certificate ----------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores, users = outcome.readings
        assert isinstance(scores, Scores)
        assert isinstance(users, _Audience)
        problem, clicks, index = outcome.problem, np.asarray(self.clicks), outcome.profile.index
        gain = scores.values + users.beside - self._reserve(problem)
        off, short, due = 0.0, 0.0, np.zeros(index.n_agents)
        for rows in _pages(problem):
            share, g = outcome.taken[rows], gain[rows]
            off = max(off, slots_gap(share, clicks))
            best = np.sort(np.maximum(g, 0.0))[::-1][: len(clicks)]
            short = max(short, float(best @ clicks[: len(best)] - g @ share))
            price = _clarke(g, share, clicks) if self.pricing == "vcg" else next_bids(g, share)
            due[index.agent[rows]] += price + share * (scores.offset[rows] - users.beside[rows] + self.reserve)
        scale = scale_of(scores) + self.reserve + float(np.abs(users.beside).max(initial=0.0))
        tol = 1e-9 * scale * max(1.0, float(clicks.sum())) * max(1, index.n_options)
        slots = "each advertiser shown has the clicks of one slot of the page, and no two of the same"
        most = SHARE * float(clicks.max())
        feasible = Verdict("feasible", "nobody", off <= most, off, most, statement=slots)
        if not feasible.holds:
            return (feasible,)
        text = "on each page the larger worth to advertiser and user together has the more clicks"
        return (
            feasible,
            Verdict("efficient", "reading", short <= tol, short, tol, statement=text),
            charge_verdict(outcome, due, tol, "each pays what others and users lose, or the least bid that keeps it"),
            *participation_verdicts(self, outcome),
        )

    # ---- what it maximises --------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum over clicks of the worth to the advertiser, and to the user by the same lens, less the reserve."""
        assert isinstance(problem, Market)
        theirs = reading.lens.read(problem.receivers)
        assert isinstance(theirs, Cardinal)
        beside = self.user_weight * _beside(problem, theirs.values)
        return float(taken @ (reading.values + beside - self._reserve(problem)))

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Scores and users' readings, less the reserve."""
        scores, users = self.readings(problem)
        return LinearObjective(scores.values + users.beside - self._reserve(problem), np.ones(len(scores.values)))

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) clicks with the greatest sum of weights, page by page."""
        made, weights = self.wrap(problem), np.asarray(row_weights, dtype=np.float64)
        taken = np.zeros(len(weights))
        for rows in _pages(made):
            shown = rank_for_slots(weights[rows], np.zeros(len(rows)), len(self.clicks))
            taken[rows[shown]] = np.asarray(self.clicks)[: len(shown)]
        return taken


def _pages(problem: Problem) -> list[npt.NDArray[np.intp]]:
    """Rows of the advertisers of each user's page."""
    index = problem.profile.index
    order = np.argsort(index.option, kind="stable")
    return np.split(order, np.cumsum(np.bincount(index.option, minlength=index.n_options))[:-1])


def _beside(problem: Market, values: FloatArray) -> FloatArray:
    """(advertisers' rows,) the user's value of the same pair; 0 where the user does not evaluate it."""
    mine, theirs = problem.profile.index, problem.receivers.index
    key = theirs.agent * mine.n_agents + theirs.option
    wanted = mine.option * mine.n_agents + mine.agent
    at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    found = key[at] == wanted if len(key) else np.zeros(len(wanted), dtype=bool)
    return np.where(found, values[at], 0.0) if len(key) else np.zeros(len(wanted))


def _clarke(gain: FloatArray, share: FloatArray, clicks: FloatArray) -> FloatArray:
    """(rows,) the best of the page without the row, less what the other rows have."""
    made = np.zeros(len(gain))
    for i in np.flatnonzero(share > 0).tolist():
        rest = np.sort(np.maximum(np.delete(gain, i), 0.0))[::-1][: len(clicks)]
        made[i] = rest @ clicks[: len(rest)] - (gain @ share - gain[i] * share[i])
    return made


def _users(outcome: Outcome, judge: Problem, lens: Lens) -> float:
    """Sum over clicks of what they are worth to users."""
    assert isinstance(judge, Market)
    theirs = lens.read(judge.receivers)
    assert isinstance(theirs, Cardinal)
    return float(outcome.taken @ _beside(judge, theirs.values))
