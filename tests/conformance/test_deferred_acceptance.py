"""Deferred acceptance keeps every promise, against matchings enumerated by brute force."""

from __future__ import annotations

import numpy as np

import thickecon as te
from thickecon.matching.kernels import brute_force
from thickecon.testing import MechanismConformance, Twin, strategies


def _table(reading):
    """(agents, options) values of what is accepted, nan elsewhere."""
    index = reading.profile.index
    made = np.full((index.n_agents, index.n_options), np.nan)
    fine = reading.acceptable
    made[index.agent[fine], index.option[fine]] = reading.keys[fine]
    return made.tolist()


class TestDeferredAcceptance(MechanismConformance):
    mechanisms = (
        te.matching.DeferredAcceptance(),
        te.matching.DeferredAcceptance(tie_breaking="multiple"),
        te.matching.DeferredAcceptance(proposing="receivers"),
        te.matching.DeferredAcceptance(lens=te.PartialCredit(0.5)),
    )
    problems = strategies.markets(sides="profiles", proposers=(1, 4), receivers=(1, 3))

    def twin(self, mechanism, problem):
        first, second = (te.Revealed().read(profile) for profile in (problem.profile, problem.receivers))
        tables = _table(first), _table(second)
        capacities = [int(c) for c in problem.capacities]
        stable = [tuple(found) for found in brute_force.all_stable_matchings(*tables, capacities)]
        index = problem.profile.index

        def accepts(taken):
            partner = np.full(index.n_agents, -1)
            partner[index.agent[taken > 0.5]] = index.option[taken > 0.5]
            return tuple(int(p) for p in partner) in stable

        return Twin(accepts=accepts)
