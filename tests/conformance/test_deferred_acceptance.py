"""Deferred acceptance keeps every promise, against matchings enumerated by brute force."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import thickecon as te
from thickecon.matching.kernels import brute_force
from thickecon.testing import CLAIM_TESTS, MechanismConformance, Twin, strategies


def table(reading):
    """(agents, options) values of what is accepted, nan elsewhere."""
    index = reading.profile.index
    made = np.full((index.n_agents, index.n_options), np.nan)
    fine = reading.acceptable
    made[index.agent[fine], index.option[fine]] = reading.keys[fine]
    return made.tolist()


def matched(index, taken) -> tuple[int, ...]:
    partner = np.full(index.n_agents, -1)
    partner[index.agent[taken > 0.5]] = index.option[taken > 0.5]
    return tuple(int(p) for p in partner)


def indifferent_to_none(reading) -> bool:
    worth = reading.outside[reading.profile.index.agent]
    return reading.profile.outside is not None and bool((reading.keys == worth)[reading.acceptable].any())


def rows_of(index, partner) -> np.ndarray:
    return (index.option == np.asarray(partner)[index.agent]).astype(float)


# Roth (1982), doi:10.1287/moor.7.4.617: both sides disagree on whom they want most; the receivers' favourites are
# matched when they propose, unless a proposer says that only his own favourite will do.
TASTES = hnp.arrays(np.int64, (2, 2), elements=st.integers(1, 3)).map(
    lambda t: te.ThickProfile.from_values(t, outside=0)
)
OPPOSED = st.builds(te.matching.Market, TASTES, TASTES)


class TestDeferredAcceptance(MechanismConformance):
    mechanisms = (
        te.matching.DeferredAcceptance(),
        te.matching.DeferredAcceptance(tie_breaking="multiple"),
        te.matching.DeferredAcceptance(proposing="receivers"),
        te.matching.DeferredAcceptance(lens=te.PartialCredit(0.5)),
        te.matching.DeferredAcceptance(receiver_lens=te.Revealed()),
    )
    problems = strategies.markets(sides="profiles", proposers=(1, 4), receivers=(1, 3))

    def stable(self, market, readings):
        capacities = [int(c) for c in market.capacities]
        return {tuple(found) for found in brute_force.all_stable_matchings(*map(table, readings), capacities)}

    def twin(self, mechanism, problem):
        readings = [te.Revealed().read(profile) for profile in (problem.profile, problem.receivers)]
        stable, index = self.stable(problem, readings), problem.profile.index
        return Twin(accepts=lambda taken: matched(index, taken) in stable)

    def worse(self, mechanism, problem, outcome):
        """Every matching within capacity that is not stable, and those beyond a capacity or acceptance.

        To the oracle any acceptable partner is better than none. Nothing is said where one is worth just as much.
        """
        if any(indifferent_to_none(reading) for reading in outcome.readings):
            return
        index, stable = problem.profile.index, self.stable(problem, outcome.readings)
        n, m = index.n_agents, index.n_options
        held = [[-1, *index.option[index.agent == i]] for i in range(n)]
        picks = np.random.default_rng(1).permutation(np.prod([len(h) for h in held]))[:40]
        for code in picks:
            at = np.unravel_index(code, [len(h) for h in held])
            partner = tuple(int(h[k]) for h, k in zip(held, at, strict=True))
            if partner not in stable:
                yield rows_of(index, partner)
        if m > 1 and (index.indptr[1] - index.indptr[0]) > 1:
            yield (index.agent == 0).astype(float)  # one proposer with several receivers

    def witness_problems(self, mechanism, claim):
        return OPPOSED if claim.name == "truthful" else self.problems


def test_roth_by_hand() -> None:
    """Proposer 0: a, b; proposer 1: b, a; a: 1, 0; b: 0, 1. Receivers propose: 0-b, 1-a; 0 lists a alone: 0-a, 1-b."""
    ours = te.ThickProfile.from_values([[2.0, 1.0], [1.0, 2.0]], outside=0.0)
    market = te.matching.Market(ours, te.ThickProfile.from_values([[1.0, 2.0], [2.0, 1.0]], outside=0.0))
    mechanism = te.matching.DeferredAcceptance(proposing="receivers")
    assert mechanism.run(market, rng=0).partner.tolist() == [1, 0]
    assert mechanism.run(market, reports=[[2.0, -1.0], [1.0, 2.0]], rng=0).partner.tolist() == [0, 1]
    (claim,) = [claim for claim in mechanism.claims if claim.name == "truthful"]
    assert "gets 2 by reporting [2.0, -" in CLAIM_TESTS["truthful"](claim, mechanism, market)
    assert CLAIM_TESTS["truthful"](claim, te.matching.DeferredAcceptance(), market) is None
