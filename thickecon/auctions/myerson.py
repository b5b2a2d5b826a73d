"""The optimal auction: to the largest ironed virtual value, at the threshold (Myerson; T17)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray
from ..errors import InputError, NotApplicableError
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import feasible_verdict, participation_verdicts
from .endorsed_regression import EndorsedRegression, endorsed_regression
from .expected_auction import Contender, ExpectedAuction, expected_auction
from .kernels.single_item import second_price
from .second_price_advice import advice
from .virtual_value_auction import VirtualValueAuction
from .virtual_values import VirtualValue

__all__ = ["Myerson"]


@register("auctions.Myerson")
@dataclass(frozen=True)
class Myerson(VirtualValueAuction):
    """The auction that maximises (1 - a) endorsed surplus + a revenue: to the largest ironed score, at the threshold.

    A bidder's score is (1 - a) w + a phi: w the endorsed value to be expected of the bid and the evidence, phi the
    virtual value of the bid, a ``revenue_weight``; ironed where it falls with the bid. An option goes to the largest
    score if that is at least the seller's worth, ties by lot, and the winner pays the least bid that would have won.
    a = 1 is Myerson's auction. Every option is auctioned on its own; bidders are independent.

    Parameters
    ----------
    distributions
        Laws of what bidders would pay (the worth that the charge is in: d for decision selves, given whatever evidence
        on them is used): a list with one a bidder, or one for all. See
        :func:`~thickecon.auctions.value_distribution`. The default, uniform on [0, 1], is for examples.
    revenue_weight
        a in [0, 1]. The SIDT setting keeps it, and takes bids for what counts.
    endorsement
        What bids tell about endorsed values: a regression of v on d or an estimate, one for all or a list with one a
        bidder; see :func:`~thickecon.auctions.endorsed_regression.endorsed_regression`. None: the evidence of the
        profile at face value, w = d - (d - L). Needs decision-self reports and the affine charge.
    seller_value
        Number or tuple of (options,), at least 0: what keeping an item is worth to the seller.
    ironing
        False: refuse laws whose scores fall instead of ironing them.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Laws that are none, or without a needed density; a weight outside [0, 1]; scores that fall with
        ``ironing=False``; a regression where v itself is reported.
    EvidenceError
        An endorsement that does not say how much of a bid is endorsed.
    ProblemError
        Another number of laws or regressions than of bidders; another supply than 1, a demand, conflicts or norms; a
        worth of doing nothing for agents who may win several options.

    References
    ----------
    R. B. Myerson, Optimal auction design, Mathematics of Operations Research 6 (1981), 58-73,
    doi:10.1287/moor.6.1.58; T17 for the thick form.

    Examples
    --------
    Values uniform on [0, 1] and on [0, 2]: the stronger bidder faces the larger reserve.

    >>> import thickecon as te
    >>> from scipy import stats
    >>> auction = te.auctions.Myerson(distributions=["uniform", stats.uniform(0, 2)])
    >>> auction.reserves.round(9).tolist(), round(auction.expected_revenue, 9)
    ([0.5, 1.0], 0.645833333)
    >>> outcome = auction.run(te.ThickProfile.from_values([[0.75], [1.125]], unit="money"), rng=0)
    >>> outcome.winners.tolist(), outcome.payments.round(9).tolist()
    ([0], [0.625, 0.0])
    """

    title: ClassVar[str] = "Optimal auction"
    reference: ClassVar[str] = "10.1287/moor.6.1.58"
    standard: ClassVar[dict[str, Any]] = {"reporting": "decision", "charge": "clarke", "endorsement": None}

    # ---- what it promises -----------------------------------------------------------------------------------

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is dominant for the self that is charged; efficient only without weight on revenue."""
        laws = [self._law(k) for k in range(self._kinds)]
        anywhere = all(law.has_density and np.isinf([law.lower, law.upper]).all() for law in laws)
        plain = self.revenue_weight == 0 and self.endorsement is None and anywhere
        return self._threshold_claims(efficient=plain)

    @property
    def loss_modulus(self) -> str | None:
        """None: what is maximised is no function of values alone (T3 is not applicable)."""
        return None

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """None: scores are not linear in values.

        Raises
        ------
        NotApplicableError
            Always.
        """
        raise NotApplicableError(f"{self.name} maximises virtual values, not values", where="linear_objective")

    # ---- the rule ---------------------------------------------------------------------------------------------

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index = readings, problem.profile.index
        bids, worth = scores.values + scores.offset, self._reserve(problem)
        ranked = self._ranked(problem, scores, bids)
        able = np.flatnonzero(np.isfinite(ranked))
        agent, option = index.agent.astype(np.intp), index.option.astype(np.intp)
        found = second_price(
            agent[able],
            option[able],
            ranked[able],
            reserve=worth,
            lottery=lottery.agents,
            n_agents=index.n_agents,
            n_items=index.n_options,
        )
        sold = np.flatnonzero(found.row >= 0)
        won = able[found.row[sold]]
        level = np.array(found.price)
        strict = self._loses_ties(agent, option, ranked, level, won, lottery.agents)
        prices = self._unsold_prices(problem, scores, worth, sold)
        prices[sold] = np.minimum(self._least(problem, scores, won, level[sold], strict), bids[won])
        taken = np.zeros(len(index))
        taken[won] = 1.0
        bills = np.bincount(agent[won], prices[sold], minlength=index.n_agents).astype(np.float64)
        return Decision(taken, payments=bills, prices=prices)

    @staticmethod
    def _loses_ties(
        agent: IntArray, option: IntArray, ranked: FloatArray, level: FloatArray, won: IntArray, tickets: FloatArray
    ) -> BoolArray:
        """(winners,) would a rival at the level to beat win the tie?"""
        rival = ranked == level[option]
        rival[won] = False
        first = np.full(len(level), np.inf)
        np.minimum.at(first, option[rival], tickets[agent[rival]])
        made: BoolArray = first[option[won]] < tickets[agent[won]]
        return made

    def _unsold_prices(self, problem: Problem, scores: Scores, worth: FloatArray, sold: IntArray) -> FloatArray:
        """(options,) of those not sold the least bid that would buy: of whoever needs to bid least; else the worth."""
        unsold, option = np.ones(len(worth), dtype=bool), problem.profile.index.option.astype(np.intp)
        unsold[sold] = False
        rows, made = np.flatnonzero(unsold[option]), np.full(len(worth), np.inf)
        if len(rows):
            enough = self._least(problem, scores, rows, worth[option[rows]], np.zeros(len(rows), dtype=bool))
            np.minimum.at(made, option[rows], enough)
        return np.where(np.isfinite(made), made, worth)

    # ---- the certificate ----------------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        problem, index = outcome.problem, outcome.profile.index
        sold: FloatArray = np.bincount(index.option, outcome.taken, minlength=index.n_options).astype(np.float64)
        feasible = feasible_verdict(problem, outcome.taken, sold - 1.0)
        if not feasible.holds:
            return (feasible,)
        return (
            feasible,
            self._to_largest(outcome, sold > 0.5),
            self._at_threshold(outcome),
            *participation_verdicts(self, outcome),
        )

    def _to_largest(self, outcome: Outcome, sold: BoolArray) -> Verdict:
        scores, index, worth = outcome.readings[0], outcome.profile.index, self._reserve(outcome.problem)
        assert isinstance(scores, Scores)
        ranked = self._ranked(outcome.problem, scores, scores.values + scores.offset)
        top = np.full(index.n_options, -np.inf)
        np.maximum.at(top, index.option, ranked)
        won = outcome.taken > 0.5
        reached = np.full(index.n_options, -np.inf)
        np.maximum.at(reached, index.option[won], ranked[won])
        wrong = (sold != (top >= worth)) | (sold & (reached < top))
        witness = outcome.profile.options[int(np.argmax(wrong))] if wrong.any() else None
        text = "each option goes to the largest ironed score if that is at least the seller's worth, else to nobody"
        return Verdict("optimal", "reading", not wrong.any(), float(wrong.sum()), 0.0, witness, text)

    def _at_threshold(self, outcome: Outcome) -> Verdict:
        """A little more than the price wins, a little less does not; on a tie by either reading of "wins"."""
        problem, index = outcome.problem, outcome.profile.index
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        bids = scores.values + scores.offset
        won = np.flatnonzero(outcome.taken > 0.5)
        rest = self._ranked(problem, scores, bids)
        rest[won] = -np.inf
        level = np.array(self._reserve(problem))
        np.maximum.at(level, index.option, rest)
        level, price = level[index.option[won]], outcome.prices[index.option[won]]
        size = float(np.abs(bids).max(initial=0.0)) or 1.0
        step = 1e-9 * size + 4 * outcome.profile.resolution
        lower = np.array([self._law(k).lower for k in range(self._kinds)])
        least = price - step < lower[index.agent[won] if self._told_apart else np.zeros(len(won), dtype=np.intp)]
        more, less = (self._ranked(problem, scores, price + sign * step, won) for sign in (1, -1))
        right = ((more >= level) & (least | (less < level))) | ((more > level) & (least | (less <= level)))
        right &= price <= bids[won] + step
        due = np.bincount(index.agent[won], price, minlength=index.n_agents)
        short = np.abs(outcome.payments - due)
        wrong = np.where(right, 0.0, np.maximum(np.abs(bids[won] - price), 1.0))
        gap = float(np.concatenate((wrong, short)).max(initial=0.0))  # nan if any is
        tol = step * (1 + index.n_options)
        witness = None if gap <= tol else outcome.profile.agents[int(np.argmax(short))]
        text = "each winner pays the least bid that would have won, and nobody else anything"
        return Verdict("payments", "reading", gap <= tol, gap, tol, witness, text)

    # ---- before bids are known ----------------------------------------------------------------------------------

    @property
    def reserves(self) -> FloatArray:
        """(bidders,) least bids that can win, or (bidders, options) with a ``seller_value`` for each; a row for all
        bidders where one law is. Evidence on single bidders is not in them; see :meth:`least_bids`.
        """
        worth = np.asarray(self.seller_value, dtype=np.float64)
        made = []
        for k in range(self._kinds):
            made.append(self._psi(k).least(worth, -(1 - self.revenue_weight) * self._line(k).intercept))
        return np.array(made)

    def least_bids(self, problem: object) -> FloatArray:
        """(rows,) least bids that can win in a problem, given the evidence on each bidder; infinite if none can."""
        made = self.wrap(problem)
        (scores,) = self.readings(made)
        rows = np.arange(len(scores.values))
        worth = self._reserve(made)[made.profile.index.option]
        return self._least(made, scores, rows, worth, np.zeros(len(rows), dtype=bool))

    @property
    def expected_revenue(self) -> float:
        """Expected payments for one item, bidders independent with the laws given, before evidence on single bidders.

        Raises
        ------
        NotApplicableError
            One law for all does not say how many bidders there are.
        """
        return self.expected().revenue

    def expected(self, bidders: int | None = None) -> ExpectedAuction:
        """Revenue, endorsed surplus and chance of a sale to be expected of one item.

        Parameters
        ----------
        bidders
            How many, where one law is for all.

        Raises
        ------
        NotApplicableError
            One law for all and no number of bidders, or ``seller_value`` differs between items.
        InputError
            A number of bidders that contradicts the laws, or is not positive.
        """
        if isinstance(self.seller_value, tuple):
            raise NotApplicableError("one item is meant, and seller_value has several", where="expected")
        if bidders is None and not self._told_apart:
            raise NotApplicableError(
                "one law for all does not say how many bidders there are",
                where="expected_revenue",
                remedy="write distributions=[law] * n, or .expected(n)",
            )
        count = self._kinds if self._told_apart else bidders
        if not isinstance(count, int) or count < 1 or (bidders is not None and bidders != count):
            raise InputError(
                f"must be {self._kinds if self._told_apart else 'positive'}, found {bidders}", where="bidders"
            )
        return expected_auction([self._contender(k, 0.0) for k in range(count)], self.seller_value)

    def _contender(self, agent: int, wedge: float) -> Contender:
        k = agent if self._told_apart else 0
        line = self._line(k)
        constant = line.intercept - line.evidence * wedge
        return Contender(self._psi(k), -(1 - self.revenue_weight) * constant, line.slope, constant)

    def _contenders(self, problem: object) -> list[tuple[list[Contender], float]]:
        """For each option its bidders, with the evidence on them, and the seller's worth."""
        made = self.wrap(problem)
        (scores,), index, worth = self.readings(made), made.profile.index, self._reserve(made)
        return [
            (
                [
                    self._contender(int(index.agent[r]), float(scores.offset[r]))
                    for r in np.flatnonzero(index.option == x)
                ],
                float(worth[x]),
            )
            for x in range(index.n_options)
        ]

    def evidence_value(self, problem: object, prior: Any = None) -> float:
        """What the evidence on the bidders of a problem adds to the objective to be expected: the most to pay for it.

        Parameters
        ----------
        problem
            Whose wedges are the evidence; bids are not looked at.
        prior
            What would be known without it, as ``endorsement`` of one bidder; None: bids are taken for what counts
            (SIDT). Both rules are judged by what is known with the evidence.

        Returns
        -------
        float
            Summed over options, at least 0 up to rounding: the rule with the evidence is the best there is (T17).
        """
        before = EndorsedRegression(1.0) if prior is None else endorsed_regression(prior, "prior")
        a, total = self.revenue_weight, 0.0
        for contenders, worth in self._contenders(problem):
            made: dict[int, VirtualValue] = {}
            blind = [
                Contender(
                    made.setdefault(id(c.psi.law), VirtualValue(c.psi.law, a, before.slope)),
                    -(1 - a) * before.intercept,
                    c.slope,
                    c.intercept,
                )
                for c in contenders
            ]
            best = expected_auction(contenders, worth).objective(a, worth)
            total += best - expected_auction(blind, worth).objective(a, worth)
        return total

    def recommendation(self, problem: object = None) -> str:
        """Is plain second price already best? The sentence that says so, or what is gained by more.

        Parameters
        ----------
        problem
            Evidence on its bidders is used; None: what the parameters say.

        Returns
        -------
        str
            One sentence or two; with the expected gain over second price where the bidders are known.
        """
        if problem is not None:
            return " ".join(dict.fromkeys(advice(c, self.revenue_weight, w) for c, w in self._contenders(problem)))
        worth = float(np.min(self.seller_value))
        contenders = [self._contender(k, 0.0) for k in range(self._kinds)]
        return advice(contenders, self.revenue_weight, worth, known=self._told_apart)
