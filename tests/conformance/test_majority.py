"""Majority keeps every promise, against ballots counted by hand in fractions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.auctions import Majority
from thickecon.auctions.kernels import count_votes
from thickecon.errors import LensError, ProblemError
from thickecon.testing import CLAIM_TESTS, MechanismConformance, Twin, strategies


def weighed(problems):
    """Agents that stand for one, two or three people."""

    def give(problem, weights):
        made = np.array(weights[: problem.profile.n_agents])
        made.flags.writeable = False
        return problem.with_profile(replace(problem.profile, weights=made))

    return st.builds(give, problems, st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=6, max_size=6))


def ballots(table, weights=None):
    """Votes by hand, in fractions."""
    votes = [Fraction(0)] * table.shape[1]
    for i, row in enumerate(table.tolist()):
        best = [x for x, value in enumerate(row) if value == max(row)]
        for x in best:
            votes[x] += Fraction(1 if weights is None else weights[i]) / len(best)
    return votes


class TestMajority(MechanismConformance):
    mechanisms = (
        Majority(),
        Majority(lens=te.Revealed()),
        Majority(lens=te.PartialCredit(0.5)),
        Majority(lens=te.Lexicographic(bins={0: 1.0})),
    )
    problems = weighed(strategies.choices(agents=(1, 6), options=(2, 4), motives=(1, 3)))

    def twin(self, mechanism, problem):
        profile = problem.profile
        values = te.Lexicographic(bins={0: 1.0}).read(profile).ranks if "Lexi" in repr(mechanism) else profile.revealed
        votes = ballots(np.asarray(values, dtype=float).reshape(profile.n_agents, -1), profile.weights)
        best = {x for x, count in enumerate(votes) if count == max(votes)}
        objective = None if "Lexi" in repr(mechanism) else float(max(votes))
        return Twin(objective=objective, accepts=lambda taken: int(np.argmax(taken[: profile.n_options])) in best)

    def worse(self, mechanism, problem, outcome):
        """Each option with fewer votes, one that only a part gets, and two at once."""
        index = problem.profile.index
        reading = outcome.readings[0]
        votes = ballots(np.asarray(reading.keys, dtype=float).reshape(index.n_agents, -1), problem.profile.weights)
        for x, count in enumerate(votes):
            if count < max(votes):
                yield (index.option == x).astype(float)
        yield outcome.taken + (index.option == int(np.argmin(outcome.taken[: index.n_options])))
        if index.n_agents > 1:
            yield outcome.taken * (index.agent > 0)


@settings(max_examples=60, deadline=None)
@given(strategies.choices(agents=(1, 5), options=(2, 2)))
def test_with_two_options_truth_is_dominant(problem) -> None:
    """May (1952): with two options nobody gains by another vote, whichever self is read."""
    mechanism = Majority()
    (claim,) = [claim for claim in mechanism.claims if claim.name == "truthful"]
    assert CLAIM_TESTS["truthful"](claim, mechanism, problem) is None


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, 2), min_size=6, max_size=6), min_size=n, max_size=n)
    )
)
def test_parts_of_votes_tie_exactly(rows) -> None:
    """Halves, thirds, fifths and sixths of a vote: those that are equal as fractions are equal as counted."""
    table = np.array(rows, dtype=float)
    votes, exact = np.asarray(_counted(table)), ballots(table)
    assert np.allclose(votes, [float(v) for v in exact], rtol=0, atol=1e-9)
    for a in range(6):
        for b in range(6):
            assert (votes[a] == votes[b]) == (exact[a] == exact[b])


def _counted(table):
    n, m = table.shape
    return count_votes(np.repeat(np.arange(n), m), np.tile(np.arange(m), n), table.ravel(), np.ones(n), m)


def test_a_ballot_with_nothing_endorsed_behind_it_is_an_abstention() -> None:
    """Three honest votes to two, and four bought ones: Revealed lets them in, Endorsed does not."""
    table = np.zeros((9, 2, 2))
    table[:3, 0, 0] = table[3:5, 0, 1] = table[5:, 1, 1] = 1.0
    motives = [te.Motive("own view"), te.Motive("bought", "influence", owner="a campaign")]
    p = te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], motives=motives, options=["yes", "no"])
    thick, sidt = Majority().run(p, rng=0), Majority().baseline().run(p, rng=0)
    assert thick.decision.details["votes"].tolist() == [5.0, 4.0]
    assert sidt.decision.details["votes"].tolist() == [3.0, 6.0]
    assert thick.shares[:, 0].all()
    assert sidt.shares[:, 1].all()


def test_rankings_are_read() -> None:
    """Tennessee (58 % rank Memphis last and 42 % first): plurality elects Memphis, votes 42, 26, 15, 17."""
    rankings = [[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 1, 0], [3, 2, 1, 0]]
    cities = ["Memphis", "Nashville", "Chattanooga", "Knoxville"]
    p = te.ThickProfile.from_rankings(rankings, weights=[42, 26, 15, 17], options=cities)
    outcome = Majority().run(p, rng=0)
    assert outcome.decision.details["votes"].tolist() == [42.0, 26.0, 15.0, 17.0]
    assert outcome.shares[:, 0].all()


def test_ties_go_by_lottery() -> None:
    """One vote each: every option wins about a third of 600 lotteries (99.9 % bounds of the binomial: 166 to 236)."""
    p = te.ThickProfile.from_values(np.eye(3))
    wins = np.bincount([int(np.argmax(Majority().run(p, rng=seed).taken[:3])) for seed in range(600)], minlength=3)
    assert wins.min() > 160
    assert wins.max() < 242


def test_what_it_refuses() -> None:
    with pytest.raises(ProblemError, match="must evaluate all 2 options"):
        Majority().run(te.ThickProfile.from_values([[1.0, np.nan], [0.0, 1.0]]))
    with pytest.raises(LensError):
        Majority(lens=te.Uncertain()).run(te.ThickProfile.from_values([[1.0, 0.0]]))
