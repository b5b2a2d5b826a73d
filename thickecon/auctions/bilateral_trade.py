"""Bilateral trade: one buyer, one seller, and who sets the price."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from ..errors import InputError, ProblemError
from ..lenses.lens import Endorsed, Lens, Revealed
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import Mechanism, Reports, report_vector
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.verdict import Judged, Verdict
from ..problems.choice import Choice
from ..problems.problem import Problem
from ..profiles.summation import round_to
from .kernels.linear_equilibrium import linear_bids

__all__ = ["BilateralTrade", "Offers"]

RULES = ("posted", "split", "evidence")
STATED = ("reading", "decision", "endorsed")
SHARE = 1e-9


@dataclass(frozen=True, eq=False)
class Offers(Cardinal):
    """What buyer and seller say that trade is worth to them, and what is known of it besides.

    Attributes
    ----------
    evidence
        (rows,) worths that prices are made of under ``rule="evidence"``.
    """

    evidence: FloatArray


@register("auctions.BilateralTrade")
@dataclass(frozen=True)
class BilateralTrade(Mechanism):
    """A buyer and a seller trade or do not; what one pays the other gets.

    The problem is a :class:`~thickecon.Choice` with two agents, first the buyer, then the seller. Each option is a
    good, and trades of several goods are apart. A row says what *trade* is worth: the buyer's value b, and minus the
    seller's cost, -c. Trade takes place where both agree to the price, b >= p >= c in what they state.

    Parameters
    ----------
    rule
        ``"posted"``: a price that was there before. ``"split"``: k times the buyer's bid plus 1 - k times the
        seller's ask, both of the linear equilibrium for values uniform on ``support``; trade where the bid meets
        the ask. ``"evidence"``: halfway between what the lens makes of the two worths, and either may refuse.
    price
        Of the posted rule: a number, or a tuple with one a good.
    k
        Weight of the bid under ``"split"``, in [0, 1].
    support
        (low, high) of values and costs under ``"split"``.
    reporting
        Who says what trade is worth and may refuse: ``"decision"`` (d), ``"endorsed"`` (v), or ``"reading"``, what
        the lens makes of them. Under ``lens=Revealed()`` there is no evidence but what is said, and prices are made
        of that.
    lens
        How profiles are read; cardinal.

    Raises
    ------
    InputError
        A parameter that is not of those named; prices that are not finite or of another number than the goods.
    ProblemError
        Not two agents; a worth of doing nothing (trade is valued against there being none); agents that stand for
        several people.

    References
    ----------
    Myerson and Satterthwaite (1983), doi:10.1016/0022-0531(83)90048-0; Chatterjee and Samuelson (1983),
    doi:10.1287/opre.31.5.835; Hagerty and Rogerson (1987), doi:10.1016/0022-0531(87)90104-9

    Examples
    --------
    A good worth .6 to the buyer, of which .2 is sales talk, costs the seller .45.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[0.6], [-0.45]], unit="money").with_influence("sales talk", [[0.2], [0.0]])
    >>> deal = te.auctions.BilateralTrade(rule="evidence")
    >>> deal.run(p).taken.tolist(), deal.baseline().run(p).taken.tolist()
    ([0.0, 0.0], [1.0, 1.0])
    """

    rule: Literal["posted", "split", "evidence"] = "posted"
    price: float | tuple[float, ...] = 0.5
    k: float = 0.5
    support: tuple[float, float] = (0.0, 1.0)
    reporting: Literal["reading", "decision", "endorsed"] = field(default="reading", kw_only=True)

    title: ClassVar[str] = "Bilateral trade"
    reference: ClassVar[str] = "10.1016/0022-0531(83)90048-0"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Choice,)
    standard: ClassVar[dict[str, Any]] = {"reporting": "reading"}

    def __post_init__(self) -> None:
        for name, allowed in (("rule", RULES), ("reporting", STATED)):
            if getattr(self, name) not in allowed:
                raise InputError(f"must be one of {allowed}, found {getattr(self, name)!r}", where=name)
        price = as_floats(self.price, "price")
        if price.ndim > 1 or not price.size:
            raise InputError(f"must be a number or have one entry a good, found shape {price.shape}", where="price")
        require_finite(price, "price")
        made = float(price) if price.ndim == 0 else tuple(float(p) for p in price)
        object.__setattr__(self, "price", made)
        k, support = as_floats(self.k, "k"), as_floats(self.support, "support")
        if k.ndim or not 0 <= k <= 1:
            raise InputError(f"must lie in [0, 1], found {self.k!r}", where="k")
        if support.shape != (2,) or not np.isfinite(support).all() or support[0] >= support[1]:
            raise InputError(f"must be (low, high) with low < high, found {self.support!r}", where="support")
        object.__setattr__(self, "k", float(k))
        object.__setattr__(self, "support", (float(support[0]), float(support[1])))

    # ---- what it promises ---------------------------------------------------------------------------------

    @property
    def stated(self) -> Judged:
        """Whose worths are stated: a self, or the lens's reading where that is neither."""
        if self.reporting != "reading":
            return self.reporting
        if isinstance(self.lens, Revealed):
            return "decision"
        return "endorsed" if isinstance(self.lens, Endorsed) else "reading"

    @property
    def evident(self) -> Judged:
        """Whose worths prices are made of under ``rule="evidence"``."""
        if isinstance(self.lens, Revealed):
            return self.stated
        return "endorsed" if isinstance(self.lens, Endorsed) else "reading"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Nobody refuses what it gains by, and no rule has truth, efficiency and a balanced budget at once."""
        mine = self.stated
        moves = self.rule == "split" or (self.rule == "evidence" and isinstance(self.lens, Revealed))
        why = "what is said moves the price, and shading it pays" if moves else "what is said does not move the price"
        made = [Claim("truthful", mine, not moves, why, "10.1016/0022-0531(87)90104-9")]
        if mine == "reading":
            return tuple(made)
        exact = self.rule == "evidence" and self.evident == mine
        proof = mine == "endorsed" and (self.rule != "evidence" or self.evident == mine)
        selves: tuple[Judged, ...] = ("decision", "endorsed")
        most = "goods go to whom they are worth more, if all that is said and known is true"
        for self_ in selves:
            theirs = self_ == mine
            made += [
                Claim("participation", self_, theirs, "either may refuse a price that is worse than no trade", "T5"),
                Claim("efficient", self_, theirs and exact, most, "10.1016/0022-0531(83)90048-0"),
            ]
        moved = "an influence that leaves v alone moves neither trade nor price"
        made.append(Claim("influence_proof", "nobody", proof, moved, "T6"))
        return tuple(made)

    # ---- running ------------------------------------------------------------------------------------------

    def wrap(self, problem: object) -> Problem:
        """A choice between two agents.

        Raises
        ------
        ProblemError
            Not two agents, a worth of doing nothing, or agents that stand for several people.
        """
        made = super().wrap(problem)
        profile = made.profile
        if profile.n_agents != 2:
            raise ProblemError(
                f"needs a buyer and a seller, in this order; found {profile.n_agents} agents",
                where=self.name,
                remedy="use auctions.VCG or SecondPrice for more of them",
            )
        if profile.outside is not None or profile.weights is not None:
            raise ProblemError(
                "a row says what trade adds for one buyer or seller: ``outside`` and ``weights`` have no place",
                where=self.name,
                remedy="take the worth of doing nothing off the values, and pass outside=None, weights=None",
            )
        return made

    def readings(self, problem: Problem, reports: Reports = None) -> tuple[Offers]:
        """What is stated, and what is known, on the profile's grid.

        Raises
        ------
        InputError
            Reports of the wrong shape, or not finite.
        """
        profile = problem.profile
        known = self.read(profile, self.lens)
        assert isinstance(known, Cardinal)
        lenses: dict[str, Lens] = {"decision": Revealed(), "endorsed": Endorsed()}
        own = known if self.reporting == "reading" else lenses[self.reporting].read(profile)
        assert isinstance(own, Cardinal)
        stated = own.values
        if reports is not None:
            stated = round_to(report_vector(reports, profile), profile.resolution)
        evidence = stated if isinstance(self.lens, Revealed) else known.values
        return (Offers(profile, self.lens, stated, known.outside, evidence=evidence),)

    def _posted(self, problem: Problem) -> FloatArray:
        price, m = np.asarray(self.price, dtype=np.float64), problem.profile.n_options
        if price.ndim and len(price) != m:
            raise InputError(
                f"must be a number or have one entry for each of {m} goods, found {len(price)}", where="price"
            )
        return np.broadcast_to(round_to(price, problem.profile.resolution), (m,))

    def _run(self, problem: Choice, readings: tuple[Offers], lottery: Lottery) -> Decision:
        (offers,) = readings
        value, cost = _sides(offers.values)
        details: dict[str, FloatArray] = {}
        if self.rule == "split":
            bid, ask = linear_bids(value, cost, self.k, *self.support)
            details = {"bids": frozen(bid), "asks": frozen(ask)}
            trade, price = bid >= ask, self.k * bid + (1 - self.k) * ask
        else:
            known = _sides(offers.evidence)
            price = self._posted(problem) if self.rule == "posted" else (known[0] + known[1]) / 2
            trade = (value >= price) & (price >= cost)
        paid = float(price[trade].sum())
        return Decision(np.tile(trade, 2).astype(np.float64), np.array([paid, -paid]), price, details=details)

    # ---- what is checked ----------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        offers = outcome.readings[0]
        assert isinstance(offers, Offers)
        taken = outcome.taken.reshape(2, -1)
        trade, price = taken[0] > 0.5, outcome.prices
        size = max(1e-300, float(np.abs(offers.values).max(initial=0.0)), float(np.abs(price).max(initial=0.0)))
        apart = float(np.abs(taken - trade).max(initial=0.0))
        apart = apart if np.isfinite(apart) else np.inf
        text = "each good is traded or not, for both"
        made = [Verdict("feasible", "nobody", apart <= SHARE, apart, SHARE, statement=text)]
        over = abs(outcome.revenue)
        paid = abs(float(outcome.payments[0]) - float(price[trade].sum()))
        for name, gap, what in (
            ("budget_balance", over, "what the buyer pays the seller gets"),
            ("payments", paid, "the buyer pays the prices of the goods traded"),
        ):
            tol = 1e-9 * size * max(1, len(price))
            made.append(Verdict(name, "nobody", gap <= tol, gap, tol, statement=what))
        value, cost = _sides(offers.values)
        loss = np.where(trade, np.maximum(price - value, cost - price), 0.0)
        gap, tol = max(0.0, float(loss.max(initial=0.0))), 1e-9 * size
        shown = None if gap <= tol else outcome.profile.options[int(np.argmax(loss))]
        text = "nobody trades at a price that is worse than no trade"
        made.append(Verdict("participation", "reading", gap <= tol, gap, tol, shown, text))
        other = trade != self._agreed(outcome, value, cost)
        shown = outcome.profile.options[int(np.argmax(other))] if other.any() else None
        text = "what both agree to takes place, and nothing else"
        made.append(Verdict("agreement", "reading", not other.any(), float(other.sum()), 0.0, shown, text))
        return (*made, self._priced(outcome, offers, size))

    def _agreed(self, outcome: Outcome, value: FloatArray, cost: FloatArray) -> npt.NDArray[np.bool_]:
        """(m,) does the bid meet the ask; or does the buyer gain and the seller, at the price."""
        if self.rule == "split":
            details = outcome.decision.details
            return np.asarray(details["bids"] - details["asks"] >= 0)
        return np.asarray(np.minimum(value - outcome.prices, outcome.prices - cost) >= 0)

    def _priced(self, outcome: Outcome, offers: Offers, size: float) -> Verdict:
        """Is the price that of the rule? Under ``"split"``, are bids and asks best replies to each other's laws?"""
        if self.rule == "split":
            return self._best_replies(outcome, offers, size)
        price = outcome.prices
        if self.rule == "posted":
            gap, text = float(np.abs(price - np.asarray(self.price)).max(initial=0.0)), "the price is the one posted"
            tol = outcome.profile.resolution + 1e-9 * size
            return Verdict("price", "nobody", gap <= tol, gap, tol, statement=text)
        value, cost = _sides(offers.evidence)
        gap = float(np.abs((value - price) - (price - cost)).max(initial=0.0))
        text = "by the evidence, buyer and seller gain alike"
        return Verdict("price", "reading", gap <= 1e-9 * size, gap, 1e-9 * size, statement=text)

    def _best_replies(self, outcome: Outcome, offers: Offers, size: float) -> Verdict:
        """First-order conditions: v - x = k (x - least ask) for a bid x, y - c = (1 - k)(most bid - y) for an ask y.

        A buyer gains v - x with density f of asks at x and pays k more on all asks below, F(x) = (x - least) f.
        Where no ask of the law can be met a bid need only not exceed the value; asks alike.
        """
        low, high = self.support
        least, most = low + (high - low) * (1 - self.k) / 2, low + (high - low) * (1 - self.k / 2)
        (value, cost), details = _sides(offers.values), outcome.decision.details
        bid, ask, k = details["bids"], details["asks"], self.k
        off = np.where(bid >= least, (value - bid) - k * (bid - least), np.minimum(value - bid, 0.0))
        off_ask = np.where(ask <= most, (ask - cost) - (1 - k) * (most - ask), np.minimum(ask - cost, 0.0))
        halfway = np.abs(outcome.prices - k * bid - (1 - k) * ask)
        gap = max(float(np.abs(part).max(initial=0.0)) for part in (off, off_ask, halfway))
        tol = 1e-9 * max(size, abs(low), abs(high))
        text = "bids and asks are best replies where values are uniform, and the price lies between them by k"
        return Verdict("best_replies", "reading", gap <= tol, gap, tol, statement=text)

    # ---- gains from trade -----------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Gains from trade, of both together."""
        return float(taken @ reading.values)

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """Trade of every good whose two weights add up to more than 0."""
        weights = np.asarray(row_weights, dtype=np.float64).reshape(2, -1)
        return np.tile(weights.sum(axis=0) > 0, 2).astype(np.float64)


def _sides(worths: FloatArray) -> tuple[FloatArray, FloatArray]:
    """((m,) values of the buyer, (m,) costs of the seller)."""
    table = worths.reshape(2, -1)
    return table[0], -table[1]
