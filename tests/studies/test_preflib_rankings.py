"""Real rankings of PrefLib with an influence laid over them: what is reported moves, what is endorsed does not.

Twins are written out here from the lists of the files: serial dictatorship for deferred acceptance under one lottery,
counts of first places for plurality.

Mattei and Walsh (2013), PrefLib: a library for preferences, doi:10.1007/978-3-642-41575-3_20. Data sets 00009 (course
selection at AGH, Skowron, Faliszewski and Slinko 2013), 00014 (sushi, Kamishima 2003), 00038 (projects at Glasgow,
Kwanashie, Irving, Manlove and Sng 2014).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from thickecon import ThickProfile, compare
from thickecon.auctions import Majority
from thickecon.matching import DeferredAcceptance, Market, blocking_pairs
from thickecon.mechanism.lottery import Lottery
from thickecon.problems.market import Priorities

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "preflib"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not FOLDER.exists(), reason="files of PrefLib are not beside the repository"),
]
AGH = [("00009-00000001.soc", 9, 146), ("00009-00000002.soc", 7, 153)]
GLASGOW = [f"00038-0000000{k}.soi" for k in range(1, 9)]
SUSHI = "00014-00000001.soc"

Lists = list[list[int]]


def read(name: str) -> tuple[Lists, int]:
    """One list a person, positions of alternatives from 0, and how many alternatives there are."""
    lists: Lists = []
    count = 0
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("# NUMBER ALTERNATIVES:"):
            count = int(line.split(":")[1])
        if line.startswith("#") or not line.strip():
            continue
        people, order = line.split(":")
        assert "{" not in order, "no ties in these files"
        lists += [[int(x) - 1 for x in order.split(",")] for _ in range(int(people))]
    return lists, count


def to_the_top(lists: Lists, pushed: list[int], reached: np.ndarray) -> Lists:
    """Lists of people who were reached start with what is pushed, whether they had it or not."""
    return [
        pushed + [x for x in one if x not in pushed] if hit else one for one, hit in zip(lists, reached, strict=True)
    ]


def serial_dictatorship(lists: Lists, places: np.ndarray, numbers: np.ndarray) -> list[int]:
    """In the order of lottery numbers each takes the best on the own list that has a place; -1 if there is none."""
    left, got = places.copy(), [-1] * len(lists)
    for i in np.argsort(numbers):
        for x in lists[i]:
            if left[x] > 0:
                left[x] -= 1
                got[i] = x
                break
    return got


def envies(lists: Lists, got: list[int], places: np.ndarray, numbers: np.ndarray) -> int:
    """Pairs (person, alternative): preferred by the list, and with a free place or held by a worse number."""
    held: dict[int, list[float]] = {}
    for i, x in enumerate(got):
        held.setdefault(x, []).append(float(numbers[i]))
    found = 0
    for i, one in enumerate(lists):
        for x in one[: one.index(got[i])] if got[i] in one else one:
            there = held.get(x, [])
            found += len(there) < places[x] or max(there) > numbers[i]
    return found


def market_of(reported: Lists, lists: Lists, count: int, places: np.ndarray) -> Market:
    profile = ThickProfile.from_rankings(reported, endorsed=lists, options=range(count))
    return Market(profile, Priorities.equal(profile), places)


# ---- one seat a student -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "courses", "students"), AGH)
def test_files_are_those_described(name: str, courses: int, students: int) -> None:
    """Complete strict orders of as many people over as many courses as the data set says."""
    lists, count = read(name)
    assert (count, len(lists)) == (courses, students)
    assert all(sorted(one) == list(range(courses)) for one in lists)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "courses", "students"), AGH)
def test_seats_by_lottery_under_a_campaign(name: str, courses: int, students: int, seed: int) -> None:
    """Half of the students are told to put the least popular course first; seats for 80 % of all.

    Thick is the serial dictatorship on the real lists, SIDT on the bent ones; one lottery for both.
    """
    lists, count = read(name)
    rng = np.random.default_rng(seed)
    firsts = Counter(one[0] for one in lists)
    least = min(range(count), key=lambda x: firsts[x])
    reached = np.isin(np.arange(students), rng.choice(students, students // 2, replace=False))
    bent = to_the_top(lists, [least], reached)
    places = np.full(count, int(0.8 * students / count))
    market, numbers = market_of(bent, lists, count, places), Lottery.draw(seed, students).agents
    mechanism = DeferredAcceptance()
    thick, sidt = mechanism.run(market, rng=seed), mechanism.baseline().run(market, rng=seed)
    assert thick.certified
    assert sidt.certified
    assert thick.partner.tolist() == serial_dictatorship(lists, places, numbers)
    assert sidt.partner.tolist() == serial_dictatorship(bent, places, numbers)
    assert envies(lists, thick.partner.tolist(), places, numbers) == 0
    assert envies(bent, sidt.partner.tolist(), places, numbers) == 0
    assert envies(lists, sidt.partner.tolist(), places, numbers) > 0
    fooled = [i for i in np.flatnonzero(reached) if sidt.partner[i] == least]
    assert fooled
    assert len(fooled) > sum(thick.partner[i] == least for i in np.flatnonzero(reached))


@pytest.mark.parametrize(("name", "courses", "students"), AGH)
def test_comparison_counts_ranks_as_the_lists_do(name: str, courses: int, students: int) -> None:
    """Mean endorsed rank of every arm against positions in the real lists, averaged over the same lotteries."""
    lists, count = read(name)
    reached = np.arange(students) % 2 == 0
    bent = to_the_top(lists, [count - 1, 0], reached)
    places = np.full(count, int(0.8 * students / count))
    market = market_of(bent, lists, count, places)
    found = compare(DeferredAcceptance(), market, replicates=8, rng=3)
    table = found.to_frame()
    for arm in ("sidt", "thick"):
        means, served = [], []
        for outcome in found.outcomes[arm]:
            ranks = [1 + one.index(x) for one, x in zip(lists, outcome.partner.tolist(), strict=True) if x >= 0]
            means.append(np.mean(ranks))
            served.append(len(ranks) / students)
        assert table.loc[arm, "mean_rank_endorsed"] == pytest.approx(np.mean(means))
        assert table.loc[arm, "matched"] == pytest.approx(np.mean(served))
    assert table.loc["thick", "mean_rank_endorsed"] < table.loc["sidt", "mean_rank_endorsed"]


@pytest.mark.parametrize("name", GLASGOW)
def test_projects_that_nobody_asked_for(name: str) -> None:
    """Incomplete lists: a department puts two projects on the lists of every second student, who did not choose them.

    Thick gives nobody a project that is not on the own list; SIDT does, and those students would rather have none.
    """
    lists, count = read(name)
    students = len(lists)
    listed = Counter(x for one in lists for x in one)
    pushed = sorted(range(count), key=lambda x: (listed[x], x))[:2]
    reached = np.arange(students) % 2 == 0
    bent = to_the_top(lists, pushed, reached)
    places = np.ones(count, dtype=int)
    market, numbers = market_of(bent, lists, count, places), Lottery.draw(7, students).agents
    mechanism = DeferredAcceptance()
    thick, sidt = mechanism.run(market, rng=7), mechanism.baseline().run(market, rng=7)
    assert thick.partner.tolist() == serial_dictatorship(lists, places, numbers)
    assert sidt.partner.tolist() == serial_dictatorship(bent, places, numbers)

    def unasked(got: list[int]) -> int:
        return sum(x >= 0 and x not in one for one, x in zip(lists, got, strict=True))

    assert unasked(thick.partner.tolist()) == 0
    assert unasked(sidt.partner.tolist()) >= 1
    assert len(blocking_pairs(thick)) == 0


# ---- one dish for everybody -------------------------------------------------------------------------------------


def test_plurality_of_sushi_turns_exactly_where_the_margin_is_used_up() -> None:
    """A campaign moves first places from the winner to the second; one vote moved takes two off the margin."""
    lists, count = read(SUSHI)
    assert (len(lists), count) == (5000, 10)
    firsts = Counter(one[0] for one in lists)
    (winner, most), (second, next_most) = firsts.most_common(2)
    loyal = np.flatnonzero([one[0] == winner for one in lists])
    margin = most - next_most  # strictly used up or strictly not: a tie would go by lottery
    for moved, elected in (((margin - 1) // 2, winner), (margin // 2 + 1, second)):
        reached = np.isin(np.arange(len(lists)), loyal[:moved])
        bent = to_the_top(lists, [second], reached)
        profile = ThickProfile.from_rankings(bent, endorsed=lists, options=range(count))
        sidt, thick = (each.run(profile, rng=0) for each in (Majority().baseline(), Majority()))
        votes = Counter(one[0] for one in bent)
        assert sidt.decision.details["votes"].tolist() == [votes[x] for x in range(count)]
        assert thick.decision.details["votes"].tolist() == [firsts[x] for x in range(count)]
        assert int(np.argmax(sidt.shares[0])) == elected
        assert int(np.argmax(thick.shares[0])) == winner


def test_votes_are_the_same_when_people_with_the_same_order_are_one_agent() -> None:
    """People with the same order as one agent with a weight: votes are the same, with and without the campaign."""
    lists, count = read(SUSHI)
    bent = to_the_top(lists, [0], np.arange(len(lists)) % 3 == 0)
    pairs = Counter((tuple(b), tuple(v)) for b, v in zip(bent, lists, strict=True))
    grouped = ThickProfile.from_rankings(
        [list(b) for b, _ in pairs],
        endorsed=[list(v) for _, v in pairs],
        weights=list(pairs.values()),
        options=range(count),
    )
    single = ThickProfile.from_rankings(bent, endorsed=lists, options=range(count))
    for mechanism in (Majority(), Majority().baseline()):
        one, many = (mechanism.run(p, rng=1).decision.details["votes"] for p in (grouped, single))
        assert one.tolist() == pytest.approx(many.tolist())
