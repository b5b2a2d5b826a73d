"""Second price keeps every promise, against auctions held by sorting and against every allocation listed."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

import thickecon as te
from thickecon.testing import MechanismConformance, Twin, strategies

REPORTINGS, CHARGES = ("decision", "endorsed", "observed"), ("affine", "clarke")
LENSES = (te.Revealed(), te.Endorsed(), te.PartialCredit(0.5))


def settings_of(kind, lenses=LENSES, **parameters):
    """Every reporting, charge and lens."""
    return tuple(
        kind(reporting=reporting, charge=charge, lens=lens, **parameters)
        for reporting, charge, lens in product(REPORTINGS, CHARGES, lenses)
    )


def few_settings_of(kind, **parameters):
    """Every reporting and charge on the endorsed reading, and other lenses once: claims come from the same place."""
    return (
        *settings_of(kind, (te.Endorsed(),), **parameters),
        kind(lens=te.Revealed(), **parameters),
        kind(lens=te.PartialCredit(0.5), **parameters),
        kind(lens=te.PartialCredit(0.5), reporting="endorsed", charge="affine", **parameters),
    )


# doing nothing has a worth only where nobody can win twice
PROFILES = st.one_of(
    strategies.profiles(agents=(1, 4), options=(1, 3), outside=False),
    strategies.profiles(agents=(1, 4), options=(1, 1)),
)


def rivals(numbers):
    """Two bidders for one item: a value endorsed in full, and an influence, either way, by a quarter."""
    table = np.array(numbers, dtype=float).reshape(2, 2, 1)
    table[:, 0] = np.abs(table[:, 0])
    motives = ["value", te.Motive("influence", "influence")]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.25], motives=motives, unit="money")


# dense in suppressed wants and in inflated ones, with a rival who sets the price
RIVALS = st.lists(st.integers(-8, 8), min_size=4, max_size=4).map(rivals)


class TestSecondPrice(MechanismConformance):
    mechanisms = (
        *settings_of(te.auctions.SecondPrice),
        te.auctions.SecondPrice(reserve=1.5),
        te.auctions.SecondPrice(reserve=1.5, charge="clarke", reporting="endorsed"),
        te.auctions.SecondPrice(reserve=1.5, charge="clarke", lens=te.Revealed()),
    )
    problems = PROFILES
    examples = 16
    searched = 60

    def twin(self, mechanism, problem):
        """Each option sorted by hand: the first score wins if it meets the reserve, paying the next or the reserve."""
        profile, reserve = problem.profile, mechanism.reserve
        doing_nothing = profile.outside_reading(None)
        worth, pays = 0.0, np.zeros(profile.n_agents)
        for column in profile.revealed.T:
            bids = sorted(((v - o, i) for i, (v, o) in enumerate(zip(column, doing_nothing, strict=True)) if v == v))
            if not bids or bids[-1][0] < reserve:
                continue
            worth += bids[-1][0] - reserve
            second = max(bids[-2][0], reserve) if len(bids) > 1 else reserve
            if len(bids) > 1 and bids[-2][0] == bids[-1][0]:
                pays[:] = np.nan  # a tie: the lottery says who pays
            pays[bids[-1][1]] += max(second, 0.0)
        return Twin(objective=worth, payments=None if np.isnan(pays).any() else pays)

    def witness_problems(self, mechanism, claim):
        return RIVALS

    def worse(self, mechanism, problem, outcome):
        """All other subsets of rows with less worth or with an option sold twice."""
        index, net = problem.profile.index, outcome.readings[0].values - mechanism.reserve
        best = sum(max([0.0, *net[index.option == x]]) for x in range(index.n_options))
        for picked in product((0.0, 1.0), repeat=min(len(index), 6)):
            taken = np.zeros(len(index))
            taken[: len(picked)] = picked
            sold = np.bincount(index.option, taken, minlength=index.n_options)
            if (sold > 1).any() or taken @ net < best - 1e-6:
                yield taken
