"""T10 (docs/theory/stability.md): endorsed-stable and decision-stable matchings can be disjoint.

The oracle enumerates every matching of two proposers and two receivers on plain arrays; it shares no code with the
package. ``partner[i]`` is the receiver of proposer i, -1 for none.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import thickecon as te

FIRST, SECOND = (2.0, 1.0), (1.0, 2.0)  # one agent's utilities of (0, 1): prefers 0, prefers 1
STRAIGHT, CROSSED = (0, 1), (1, 0)

# utilities [agent][option] of proposers and receivers; the tables of docs/theory/stability.md
BOTH_REVERSED = {
    "endorsed": ((FIRST, SECOND), (FIRST, SECOND)),
    "decision": ((SECOND, FIRST), (SECOND, FIRST)),
    "decision blocks": 2,
}
ONE_REVERSED = {
    "endorsed": ((FIRST, FIRST), (FIRST, FIRST)),
    "decision": ((SECOND, SECOND), (FIRST, FIRST)),
    "decision blocks": 1,
}
CASES = pytest.mark.parametrize("case", [BOTH_REVERSED, ONE_REVERSED], ids=["both sides", "one side"])


def all_matchings(n: int = 2, m: int = 2) -> list[tuple[int, ...]]:
    free = (tuple(choice) for choice in product(range(-1, m), repeat=n))
    return [p for p in free if len({j for j in p if j >= 0}) == sum(j >= 0 for j in p)]


def blocks(partner, proposers, receivers) -> list[tuple[int, int]]:
    """Pairs who would both rather have each other; being alone is worth 0 and everybody is acceptable."""
    proposers, receivers = np.asarray(proposers), np.asarray(receivers)
    has = {j: i for i, j in enumerate(partner) if j >= 0}
    found = []
    for i, j in product(range(len(proposers)), range(len(receivers))):
        mine = proposers[i, partner[i]] if partner[i] >= 0 else 0.0
        theirs = receivers[j, has[j]] if j in has else 0.0
        if proposers[i, j] > mine and receivers[j, i] > theirs:
            found.append((i, j))
    return found


def stable(proposers, receivers) -> set[tuple[int, ...]]:
    return {p for p in all_matchings() if not blocks(p, proposers, receivers)}


def side(endorsed, decision) -> te.ThickProfile:
    """A profile whose v and d are the two tables: a value, and an influence that is not endorsed."""
    v, d = np.array(endorsed), np.array(decision)
    motives = ["value", te.Motive("campaign", "influence", owner="somebody")]
    return te.ThickProfile.from_arrays(np.stack([v, d - v], axis=1), endorsement=[1.0, 0.0], motives=motives)


def market(case) -> te.Market:
    return te.Market(*(side(case["endorsed"][k], case["decision"][k]) for k in (0, 1)))


def test_there_are_seven_matchings_of_two_by_two() -> None:
    assert len(all_matchings()) == 7  # 1 empty, 4 single pairs, 2 complete


@CASES
def test_the_stable_sets_of_the_two_selves_are_disjoint(case) -> None:
    assert stable(*case["endorsed"]) == {STRAIGHT}
    assert stable(*case["decision"]) == {CROSSED}


@CASES
def test_each_lens_finds_the_matching_that_is_stable_for_its_self(case) -> None:
    mechanism = te.matching.DeferredAcceptance()
    thick = mechanism.run(market(case), rng=0)
    sidt = mechanism.baseline().run(market(case), rng=0)
    assert tuple(thick.partner.tolist()) == STRAIGHT
    assert tuple(sidt.partner.tolist()) == CROSSED
    assert thick.certified
    assert sidt.certified


@CASES
def test_ex_post_blocking_pairs_of_the_other_self_are_counted(case) -> None:
    """Two if both sides were reversed, one if only the proposers were; the same both ways round."""
    thick = te.matching.DeferredAcceptance().run(market(case), rng=0)
    sidt = te.matching.DeferredAcceptance().baseline().run(market(case), rng=0)
    for outcome, self_, lens in ((thick, "decision", te.Revealed()), (sidt, "endorsed", te.Endorsed())):
        by_hand = blocks(tuple(outcome.partner.tolist()), *case[self_])
        assert len(by_hand) == case["decision blocks"]
        assert [tuple(pair) for pair in te.matching.blocking_pairs(outcome, lens=lens).tolist()] == by_hand
    for outcome, lens in ((thick, te.Endorsed()), (sidt, te.Revealed())):
        assert len(te.matching.blocking_pairs(outcome, lens=lens)) == 0


@CASES
def test_comparisons_report_both_counts(case) -> None:
    frame = te.compare(te.matching.DeferredAcceptance(), market(case), rng=0).to_frame()
    counts = frame[["blocking_endorsed", "blocking_decision"]]
    assert counts.loc["thick"].tolist() == [0, case["decision blocks"]]
    assert counts.loc["sidt"].tolist() == [case["decision blocks"], 0]


def test_one_reversed_side_may_be_either() -> None:
    """The mirror of ONE_REVERSED: receivers' preferences are bent, proposers' are not."""
    case = {
        "endorsed": ((FIRST, FIRST), (FIRST, FIRST)),
        "decision": ((FIRST, FIRST), (SECOND, SECOND)),
        "decision blocks": 1,
    }
    assert stable(*case["endorsed"]) & stable(*case["decision"]) == set()
    outcome = te.matching.DeferredAcceptance().run(market(case), rng=0)
    assert len(blocks(tuple(outcome.partner.tolist()), *case["decision"])) == 1


def test_every_pair_of_two_by_two_preferences() -> None:
    """All 16 x 16 endorsed and decision preferences: each lens is stable for its self, and conflicts are counted.

    Of the 16 strict preferences of a 2x2 market, 7 have only the straight, 7 only the crossed matching stable, and
    2 have both (each side would be better off with the other's). So 2 * 7 * 7 = 98 of 256 pairs are disjoint.
    """
    sides = [tuple(both) for both in product((FIRST, SECOND), repeat=2)]
    preferences = list(product(sides, sides))
    sets = {preference: stable(*preference) for preference in preferences}
    assert sorted(map(len, sets.values())) == [1] * 14 + [2] * 2
    assert sum(sets[p] == {STRAIGHT} for p in preferences) == 7
    mechanism, disjoint = te.matching.DeferredAcceptance(), 0
    for endorsed, decision in product(preferences, preferences):
        problem = market({"endorsed": endorsed, "decision": decision})
        assert tuple(mechanism.run(problem, rng=0).partner.tolist()) in sets[endorsed]
        assert tuple(mechanism.baseline().run(problem, rng=0).partner.tolist()) in sets[decision]
        disjoint += not sets[endorsed] & sets[decision]
    assert disjoint == 98
