"""When plain second price is already the best that can be done (T17), and what is gained where it is not."""

from __future__ import annotations

import numpy as np

from .expected_auction import Contender, expected_auction
from .value_distributions import FiniteValues, ValueDistribution
from .virtual_values import VirtualValue

__all__ = ["advice"]


def advice(contenders: list[Contender], revenue_weight: float, worth: float, *, known: bool = True) -> str:
    """The sentence for the bidders of one item.

    Parameters
    ----------
    contenders
        Bidders of the optimal rule.
    revenue_weight, worth
        Of the objective.
    known
        Are these all bidders? Else they stand for any number that are like the first.

    Examples
    --------
    >>> from thickecon.auctions.value_distributions import value_distribution
    >>> psi = VirtualValue(value_distribution("uniform"), 0.0, 0.5)
    >>> print(advice([Contender(psi, 0.0, 0.5), Contender(psi, 0.0, 0.5)], 0.0, 0.0))
    Plain second price (SIDT) is already best: bidders are alike and no less is endorsed of larger bids. Only evidence \
that tells bidders apart could add to it.
    """
    if not contenders:
        return "Nobody bids."
    first = contenders[0]
    why = _difference(contenders)
    reserve = float(first.psi.least(worth, first.shift))
    if not why:
        if reserve <= max(first.psi.law.lower, worth):
            return (
                "Plain second price (SIDT) is already best: bidders are alike and no less is endorsed of larger bids."
                " Only evidence that tells bidders apart could add to it."
            )
        made = f"Second price with a reserve of {reserve:.6g} is best: bidders are alike and larger bids rank higher."
        return made + (_gain(contenders, revenue_weight, worth) if known else "")
    return f"Plain second price (SIDT) is not best: {why}." + (
        _gain(contenders, revenue_weight, worth) if known else ""
    )


def _difference(contenders: list[Contender]) -> str:
    first = contenders[0]
    if not all(_same_law(c.psi.law, first.psi.law) for c in contenders):
        return "values of bidders have different laws"
    if not all(c.psi.slope == first.psi.slope and c.shift == first.shift for c in contenders):
        return "evidence tells bidders apart"
    if first.psi.flats:
        return "larger bids are worth less to the objective in part of their range, which is ironed"
    return ""


def _same_law(one: ValueDistribution, two: ValueDistribution) -> bool:
    if one is two:
        return True
    if isinstance(one, FiniteValues) and isinstance(two, FiniteValues):
        same = np.array_equal(one.values, two.values)
        return same and bool(np.allclose(one.probabilities, two.probabilities, rtol=1e-12, atol=0.0))
    share = np.linspace(0.01, 0.99, 99)
    return type(one) is type(two) and np.array_equal(one.quantile(share), two.quantile(share))


def _gain(contenders: list[Contender], revenue_weight: float, worth: float) -> str:
    plain = [Contender(VirtualValue(c.psi.law, 0.0), 0.0, c.slope, c.intercept) for c in contenders]
    most = expected_auction(contenders, worth).objective(revenue_weight, worth)
    least = expected_auction(plain, worth).objective(revenue_weight, worth)
    return f" The objective to be expected is {most:.6g}, with plain second price {least:.6g}."
