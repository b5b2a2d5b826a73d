"""Bayes-Nash equilibria of auctions: one door to the closed forms and the solver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, frozen
from ...errors import InputError, NotApplicableError
from .asymmetric import asymmetric_first_price
from .common_value import WalletPlay
from .foreseen_regret import ForeseenRegret, require_falling_hazard
from .influencer import InfluencerFirst
from .law import Law, as_law, as_laws, uniform
from .llg import LLG, LLGPlay
from .play import Play
from .result import Equilibrium
from .rules import Rules, as_rules
from .symmetric import SymmetricAllPay, SymmetricFirstPrice, least_type
from .thick import ThickPlay
from .truthful import SpitefulSecondPrice, TruthfulBids

__all__ = ["equilibrium"]


def equilibrium(
    auction: Any,
    n: int | None = None,
    distribution: Any = "uniform",
    *,
    risk_aversion: float = 0.0,
    spite: float = 0.0,
    common_value: bool = False,
    cursed: float = 0.0,
    wedge: npt.ArrayLike = 0.0,
    acts_on: Literal["decision", "endorsed"] = "decision",
    regret: float = 0.0,
    influencer: InfluencerFirst | None = None,
) -> Equilibrium:
    """Bids that are best replies to one another, and what they lead to.

    Values are independent and private unless said otherwise; everybody knows the laws.

    Parameters
    ----------
    auction
        FirstPrice, SecondPrice, AllPay, English, Dutch (with reserve, fee, lens, reporting and charge), a name of
        one of them, or :class:`LLG`.
    n
        Bidders; None for as many as there are laws, or 2.
    distribution
        Law of endorsed values, at least 0, with a density: "uniform" on [0, 1], a frozen scipy distribution, or a list
        with one a bidder. Of LLG: that of a local.
    risk_aversion
        rho in [0, 1) of the utility x**(1 - rho), first price only.
    spite
        a >= 0: who loses minds what the winner gains, a times. Bidders alike.
    common_value
        The item is worth the sum of all signals, whose law is ``distribution`` (the wallet game).
    cursed
        chi in [0, 1]: how far bidders forget that bids tell signals. Common values only.
    wedge
        d - v of each bidder, known to the mechanism where its lens sees it: a number or (n,).
    acts_on
        The self that bids, "decision" (d) or "endorsed" (v).
    regret
        kappa >= 0, up to infinity: the weight that a bidder who acts on d gives to paying more than v. 0 is naive.
    influencer
        A seller that first chooses the wedges of some bidders, on top of ``wedge``.

    Returns
    -------
    Equilibrium
        ``.bid(v, bidder=0)``, ``.revenue``, ``.welfare``, ``.epsilon``, ``.summary()`` and more.

    Raises
    ------
    InputError
        An argument outside its domain; a law without a density, or unbounded where bounds are needed.
    NotApplicableError
        A combination whose equilibrium is not known here; the message says what would do.
    SolverError
        The solver for different bidders stopped short.

    References
    ----------
    Riley and Samuelson (1981), American Economic Review 71, 381-392; Maskin and Riley (2000),
    doi:10.1111/1467-937X.00137; Lebrun (2006), Games and Economic Behavior 55, 131-151; Krishna (2010), Auction Theory

    Examples
    --------
    The weak bidder, of values up to 1, bids more than the strong one, of values up to 2, and both up to 2/3.

    >>> import thickecon as te
    >>> from scipy import stats
    >>> found = te.auctions.equilibrium("FirstPrice", distribution=[stats.uniform(0, 1), stats.uniform(0, 2)])
    >>> round(float(found.bid(1.0)), 6), round(float(found.bid(2.0, bidder=1)), 6), found.epsilon < 1e-8
    (0.666667, 0.666667, True)
    """
    bidder = _Bidders(
        _number(risk_aversion, "risk_aversion", 1.0, below=True),
        _number(spite, "spite"),
        _number(regret, "regret", infinite=True),
        acts_on,
    )
    common = _number(cursed, "cursed", 1.0), common_value
    if acts_on not in ("decision", "endorsed"):
        raise InputError(f"must be 'decision' or 'endorsed', found {acts_on!r}", where="acts_on")
    if common[0] and not common_value:
        raise InputError("is about common values", where="cursed", remedy="pass common_value=True")
    if isinstance(auction, LLG) or (isinstance(auction, str) and auction.upper().endswith("LLG")):
        plain = not (bidder.special or common_value or influencer or np.any(as_floats(wedge, "wedge")))
        return _llg(auction if isinstance(auction, LLG) else LLG(), n, distribution, plain)
    rules, laws = as_rules(auction), as_laws(distribution, n)
    given = _wedges(wedge, len(laws))
    if common_value:
        if bidder.special or given.any() or influencer:
            raise NotApplicableError(
                "common values are known here without risk aversion, spite, wedges, regret or influencers",
                where="common_value",
                remedy="leave the others out",
            )
        play = _wallet(rules, laws, common[0])
        return Equilibrium(_title(rules, "common value"), play, given)
    if influencer is None:
        return _thick(rules, laws, bidder, given)
    return _led(rules, laws, bidder, given, influencer)


# ---- arguments ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Bidders:
    """What bidders are like."""

    risk: float
    spite: float
    regret: float
    acts_on: str

    @property
    def special(self) -> bool:
        return bool(self.risk or self.spite or self.regret)

    @property
    def words(self) -> str:
        if self.acts_on == "endorsed":
            return "the endorsed self"
        return f"the decision self, foreseeing regret ({self.regret:g})" if self.regret else "the decision self, naive"


def _number(given: Any, where: str, most: float = np.inf, *, below: bool = False, infinite: bool = False) -> float:
    made = as_floats(given, where)
    fits = made.ndim == 0 and 0 <= made <= most and not (below and made == most) and (infinite or np.isfinite(made))
    if not fits:
        text = "at least 0" if most == np.inf else f"in [0, {most:g}{')' if below else ']'}"
        raise InputError(f"must be a number {text}, found {given!r}", where=where)
    return float(made)


def _wedges(given: npt.ArrayLike, n: int) -> FloatArray:
    made = as_floats(given, "wedge")
    if made.ndim > 1 or (made.ndim and made.shape != (n,)) or not np.isfinite(made).all():
        raise InputError(f"must be a finite number or have shape ({n},), found {given!r}", where="wedge")
    full: FloatArray = frozen(np.broadcast_to(made, (n,)))
    return full


def _title(rules: Rules, *more: str) -> str:
    parts = [f"reserve {rules.reserve:g}"] * bool(rules.reserve) + [f"fee {rules.fee:g}"] * bool(rules.fee)
    return ", ".join([type(rules.auction).title, *parts, *more])


def _alike(laws: Sequence[Law]) -> bool:
    return len({law.key for law in laws}) == 1


def _refuse(what: str, where: str, remedy: str) -> NotApplicableError:
    return NotApplicableError(f"no equilibrium is known here {what}", where=where, remedy=remedy)


# ---- solvers --------------------------------------------------------------------------------------------------


def _llg(auction: LLG, n: int | None, distribution: Any, plain: bool) -> Equilibrium:
    if n not in (None, 3) or not plain:
        raise _refuse("for LLG with other than 3 plain bidders", "auction", "leave out n and what bidders are like")
    law = as_law(distribution)
    if not np.isfinite(law.high):
        raise InputError(f"locals need bounded values, found {law.label}", where="distribution", remedy="truncate it")
    laws = (law, law, uniform(0.0, 2 * law.high))
    play = LLGPlay(laws, 0.0, 0.0, auction.rule, auction.correlation)
    return Equilibrium(f"LLG, {auction.rule}, correlation {auction.correlation:g}", play, np.zeros(3))


def _wallet(rules: Rules, laws: tuple[Law, ...], cursed: float) -> Play:
    if rules.kind == "all" or rules.reserve or rules.fee or not _alike(laws) or len(laws) < 2:
        raise _refuse(
            "for common values other than among two or more alike in a first or second price without reserve",
            "common_value",
            "use FirstPrice() or SecondPrice() and one law",
        )
    if type(rules.auction).__name__ == "English" and len(laws) > 2:
        raise _refuse(
            "for the English auction of common values among more than two", "auction", "use SecondPrice, or two bidders"
        )
    return WalletPlay(laws, 0.0, 0.0, rules.kind, cursed)


def _private(rules: Rules, laws: tuple[Law, ...], risk: float, spite: float) -> Play:
    """The equilibrium of an ordinary auction; ``laws`` may reach below 0."""
    n, reserve, fee, alike = len(laws), rules.reserve, rules.fee, _alike(laws)
    if spite and (rules.kind == "all" or fee or risk or not alike or n < 2 or (rules.kind == "second" and reserve)):
        raise _refuse(
            "with spite other than in first price, or second price without reserve, among two or more alike",
            "spite",
            "leave out fees, risk aversion and (in second price) the reserve",
        )
    if risk and (rules.kind != "first" or fee or not alike):
        if rules.kind == "second" and not fee:
            return TruthfulBids(laws, reserve, fee, reserve)  # truth is dominant whatever the utility
        raise _refuse(
            "with risk aversion other than in first price among bidders alike, no fee", "risk_aversion", "set it to 0"
        )
    if not alike and (fee or rules.kind == "all"):
        raise _refuse("for different bidders with fees or all-pay", "distribution", "use one law for all")
    if rules.kind == "first" and not alike:
        return asymmetric_first_price(laws, reserve)
    if rules.kind == "second" and not fee:
        if spite:
            return SpitefulSecondPrice(laws, reserve, fee, laws[0].low, spite)
        return TruthfulBids(laws, reserve, fee, reserve)
    least = least_type(laws[0], n, reserve, fee, everybody_pays=rules.kind == "all")
    if rules.kind == "second":
        return TruthfulBids(laws, reserve, fee, least)
    if rules.kind == "all":
        return SymmetricAllPay(laws, reserve, fee, least)
    return SymmetricFirstPrice(laws, reserve, fee, least, risk, spite)


def _thick(rules: Rules, laws: tuple[Law, ...], bidder: _Bidders, wedge: FloatArray) -> Equilibrium:
    """With wedges: the ordinary auction in effective values, read back in endorsed ones."""
    thin = Equilibrium(_title(rules), _private(rules, laws, bidder.risk, bidder.spite), np.zeros(len(laws)))
    if not wedge.any():
        return thin
    if bidder.spite:
        raise _refuse("with both wedges and spite", "spite", "set one of them to 0")
    taken_off, offset = rules.taken_off(wedge), rules.added_back(wedge)
    if rules.kind == "all" and offset.any():
        raise _refuse(
            "for all-pay with a charge that adds the wedge back to bids that lose", "charge", "use charge='clarke'"
        )
    wants = np.zeros(len(laws)) if bidder.acts_on == "endorsed" else np.array(wedge)
    if rules.auction.reporting == "observed":
        if rules.kind != "second":
            raise _refuse("where reports are ignored: bids are what was verified", "reporting", "use SecondPrice")
        wants, taken_off = wedge * (1 - rules.evident) + offset, 0 * wedge
    regret = bidder.regret if wants.any() and rules.auction.reporting != "observed" else 0.0
    if regret and rules.kind == "second":
        wants, regret = np.where(wants > 0, wants / (1 + regret), wants), 0.0
    moved = wants - offset
    if regret and wants.max() > 0:
        base, moved = _regretful(rules, laws, bidder, wants, offset), -offset
    else:
        shifted = tuple(law.shifted(float(by)) for law, by in zip(laws, moved, strict=True))
        base = _private(rules, shifted, bidder.risk, 0.0)
    play = ThickPlay(laws, rules.reserve, rules.fee, base, moved, taken_off, offset)
    return Equilibrium(_title(rules), play, wedge, bidder.words, thin)


def _regretful(rules: Rules, laws: tuple[Law, ...], bidder: _Bidders, wants: FloatArray, offset: FloatArray) -> Play:
    alike = _alike(laws) and np.ptp(wants) == 0 and np.ptp(offset) == 0 and len(laws) > 1
    if rules.kind == "all" or rules.fee or bidder.risk or not alike:
        raise _refuse(
            "with foreseen regret other than in second price, or first price among two or more alike without fees",
            "regret",
            "give all the same law and wedge, or use SecondPrice",
        )
    law = laws[0].shifted(-float(offset[0]))
    require_falling_hazard(law)
    return ForeseenRegret((law,) * len(laws), rules.reserve, 0.0, float(wants[0]), bidder.regret)


def _led(
    rules: Rules, laws: tuple[Law, ...], bidder: _Bidders, given: FloatArray, influencer: InfluencerFirst
) -> Equilibrium:
    """The influencer chooses first, knowing what bidders will do."""
    lifted = influencer.lifted(len(laws))

    def after(w: float) -> Equilibrium:
        return _thick(rules, laws, bidder, frozen(given + w * lifted))

    best = influencer.best(lambda w: after(w).revenue, float(lifted.sum()))
    found = after(best)
    before = after(0.0)
    cost = float(lifted.sum()) * influencer.spent(best)
    return Equilibrium(found.auction, found.play, frozen(given + best * lifted), found.acts, before, cost)
