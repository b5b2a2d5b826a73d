"""Deferred acceptance against all stable matchings found by trying every one: the kernels, then the mechanism."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.errors import InputError, ProblemError
from thickecon.matching.kernels import (
    SideTable,
    blocking_pairs,
    build_sides,
    count_blocking,
    deferred_acceptance,
    unacceptable_pairs,
)
from thickecon.matching.kernels import brute_force as oracle


def market(seed: int, ties: bool = False) -> tuple[np.ndarray, np.ndarray, list[int], np.random.Generator]:
    """A small random market: incomplete one-sided lists, unequal sides, capacities 0 to 3."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    one, other = (
        rng.integers(0, 3, shape).astype(float)
        if ties
        else rng.permuted(np.tile(np.arange(shape[1]), (shape[0], 1)), axis=1) + 0.0
        for shape in ((n, m), (m, n))
    )
    for table in (one, other):
        table[rng.random(table.shape) < rng.choice([0.0, 0.2, 0.5])] = np.nan
    top = int(rng.choice([1, 3]))
    return one, other, rng.integers(0 if top > 1 else 1, top + 1, m).tolist(), rng


def solve(one: np.ndarray, other: np.ndarray, capacities: list[int], proposing: str) -> tuple[int, ...]:
    sides = build_sides(SideTable.from_dense(one), SideTable.from_dense(other))
    return tuple(deferred_acceptance(sides, capacities, proposing).tolist())  # type: ignore[arg-type]


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_both_optima_and_the_rural_hospitals(seed: int) -> None:
    one, other, capacities, _ = market(seed)
    stable = oracle.all_stable_matchings(one.tolist(), other.tolist(), capacities)
    best = solve(one, other, capacities, "proposers")
    worst = solve(one, other, capacities, "receivers")
    assert best == oracle.proposer_optimal(stable, one.tolist())
    # receiver-optimal is proposer-pessimal (Knuth 1976; Roth & Sotomayor, corollary 5.30 for colleges)
    assert worst == oracle.proposer_optimal(stable, (-one).tolist()) or best == worst
    # rural hospitals (Roth 1986, Econometrica 54): the same proposers are matched, places filled are the same,
    # and a receiver that does not fill its places gets the same set
    matched = {tuple(x >= 0 for x in p) for p in stable}
    filled = {tuple(p.count(j) for j in range(len(capacities))) for p in stable}
    assert matched == {tuple(x >= 0 for x in best)}
    assert filled == {tuple(best.count(j) for j in range(len(capacities)))}
    for j, places in enumerate(capacities):
        if best.count(j) < places:
            assert len({tuple(x == j for x in p) for p in stable}) == 1


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=150, deadline=None)
def test_ties_are_broken_as_the_lottery_says(seed: int, single: bool) -> None:
    """Stable and proposer-optimal for the broken preferences; no pair blocks under the values themselves."""
    one, other, capacities, rng = market(seed, ties=True)
    broken = []
    tables = []
    for table in (one, other):
        drawn = rng.random(table.shape[1] if single else int((~np.isnan(table)).sum()))
        tables.append(SideTable.from_dense(table, lottery=drawn, lottery_of="option" if single else "row"))
        numbers = np.zeros(table.shape)
        if single:
            numbers += drawn
        else:
            numbers[~np.isnan(table)] = drawn
        broken.append(table - 0.5 * numbers)  # values differ by 1, so half a lottery number only breaks ties
    partner = deferred_acceptance(build_sides(*tables), capacities)
    stable = oracle.all_stable_matchings(broken[0].tolist(), broken[1].tolist(), capacities)
    assert tuple(partner.tolist()) == oracle.proposer_optimal(stable, broken[0].tolist())
    assert count_blocking(partner, *tables, capacities).stable


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_blocking_pairs_of_any_matching(seed: int) -> None:
    """Of a matching made under other values, as the self that did not choose would judge it."""
    one, other, capacities, rng = market(seed, ties=True)
    possible = list(oracle.feasible_matchings(one.tolist(), other.tolist(), capacities))
    partner = possible[int(rng.integers(len(possible)))]
    tables = SideTable.from_dense(one), SideTable.from_dense(other)
    wanted = oracle.blocking_pairs(partner, one.tolist(), other.tolist(), capacities)
    assert [tuple(pair) for pair in blocking_pairs(partner, *tables, capacities).tolist()] == wanted
    counts = count_blocking(partner, *tables, capacities)
    assert counts == (len(wanted), 0, 0)
    assert counts.stable == oracle.is_stable(partner, one.tolist(), other.tolist(), capacities)


@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_objections_of_any_matching(seed: int) -> None:
    """Matches that a side does not list, whatever the capacities."""
    one, other, _, rng = market(seed)
    partner = rng.integers(-1, one.shape[1], len(one))
    own, theirs = unacceptable_pairs(partner, SideTable.from_dense(one), SideTable.from_dense(other))
    pairs = [(i, j) for i, j in enumerate(partner.tolist()) if j >= 0]
    assert [tuple(p) for p in own.tolist()] == [(i, j) for i, j in pairs if np.isnan(one[i, j])]
    assert [tuple(p) for p in theirs.tolist()] == [(i, j) for i, j in pairs if np.isnan(other[j, i])]


@pytest.mark.parametrize("places", [1, 7])
def test_many_agents_are_stable_both_ways(places: int) -> None:
    """A market too large for brute force: no pair blocks, proposers rank the two optima alike, counts agree."""
    rng = np.random.default_rng(places)
    n, m, k = 3000, 3000 // places, 12
    option = np.sort(np.argpartition(rng.random((n, m)), k, axis=1)[:, :k], axis=1)
    one = SideTable(np.arange(n + 1) * k, option.ravel(), rng.random(n * k), m)
    by_receiver = np.argsort(option.ravel(), kind="stable")
    indptr = np.concatenate(([0], np.cumsum(np.bincount(option.ravel(), minlength=m))))
    other = SideTable(indptr, by_receiver // k, rng.random(n * k), n)
    sides = build_sides(one, other)
    best, worst = (deferred_acceptance(sides, places, who) for who in ("proposers", "receivers"))  # type: ignore[arg-type]
    for partner in (best, worst):
        assert count_blocking(partner, one, other, places).stable
        assert len(blocking_pairs(partner, one, other, places)) == 0
    assert np.array_equal(best >= 0, worst >= 0)
    assert np.array_equal(np.bincount(best[best >= 0], minlength=m), np.bincount(worst[worst >= 0], minlength=m))
    values = np.full((n, m), -np.inf)
    values[np.repeat(np.arange(n), k), option.ravel()] = one.values
    both = np.flatnonzero(best >= 0)
    assert (values[both, best[both]] >= values[both, worst[both]]).all()
    assert (best != worst).any()


# ---- the mechanism on thick markets ---------------------------------------------------------------------------

LENSES = {"endorsed": te.Endorsed(), "decision": te.Revealed()}
SELVES = [("endorsed", "endorsed"), ("decision", "decision"), ("endorsed", "decision"), ("decision", "endorsed")]


class Thick:
    """A small thick market: whole contributions, endorsements in quarters, so that sums and ties are exact."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n, m = int(rng.integers(1, 5)), int(rng.integers(1, 4))
        self.pulls, self.shares, self.outside = [], [], []
        largest = int(rng.choice([3, 100]))  # ties are common, or rare
        for one, other in ((n, m), (m, n)):
            pulls = rng.integers(-largest // 2, largest, (one, 2, other)).astype(float)
            missing = rng.random((one, other)) < rng.choice([0.0, 0.3])
            self.pulls.append(np.where(missing[:, None], np.nan, pulls))
            self.shares.append(rng.integers(0, 5, 2) / 4)
            self.outside.append(None if rng.random() < 0.5 else rng.integers(-1, 2, one).astype(float))
        given = rng.random() < 0.3  # receivers are schools with priorities, which no self stands behind
        if given:
            self.pulls[1][:, 1] *= 0.0
            self.shares[1], self.outside[1] = np.ones(2), None
        self.capacities = rng.integers(0, 3, m)
        self.demand = rng.integers(0, 2, n) if rng.random() < 0.3 else np.ones(n, int)
        sides = [
            te.ThickProfile.from_arrays(p, endorsement=e, outside=o)
            for p, e, o in zip(self.pulls, self.shares, self.outside, strict=True)
        ]
        if given:
            sides[1] = te.Priorities.from_scores(self.pulls[1][:, 0])
        self.market = te.Market(*sides, capacities=self.capacities, demand=self.demand)

    def tables(self, selves: tuple[str, str]) -> list[np.ndarray]:
        """(n, m) and (m, n) values of what the self of each side accepts, nan elsewhere."""
        made = []
        for self_, pulls, shares, outside in zip(selves, self.pulls, self.shares, self.outside, strict=True):
            values = np.einsum("c,icx->ix", shares if self_ == "endorsed" else np.ones(2), pulls)
            values[~(values >= (-np.inf if outside is None else outside[:, None]))] = np.nan
            made.append(values)
        made[0][self.demand == 0] = np.nan
        return made

    def blocking(self, partner: tuple[int, ...], one: np.ndarray, other: np.ndarray) -> list[list[int]]:
        """Pairs who accept each other and both strictly gain; who holds somebody unacceptable may leave."""
        alone = [np.full(len(t), -np.inf) if o is None else o for t, o in zip((one, other), self.outside, strict=True)]
        found = []
        for i, j in np.argwhere(~np.isnan(one) & ~np.isnan(other.T)).tolist():
            mine = [one[i, x] for x in partner[i : i + 1] if x >= 0 and not np.isnan(one[i, x])] or [alone[0][i]]
            held = sorted(other[j, k] for k, x in enumerate(partner) if x == j and not np.isnan(other[j, k]))
            full = len(held) >= self.capacities[j]
            theirs = (held or [np.inf])[0] if full else alone[1][j]
            if one[i, j] > mine[0] and other[j, i] > theirs:
                found.append([i, j])
        return found

    def strict(self, *tables: np.ndarray) -> bool:
        """Is nobody indifferent, neither between two partners nor between one and being alone?"""
        for table, outside in zip(tables, self.outside, strict=True):
            for k, row in enumerate(table):
                listed = [*row[~np.isnan(row)], *([] if outside is None else [outside[k]])]
                if len(set(listed)) < len(listed):
                    return False
        return True


@given(st.integers(0, 2**32), st.sampled_from(SELVES), st.sampled_from(["single", "multiple"]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_thick_markets_by_trying_every_matching(seed: int, selves: tuple[str, str], ties: str, turned: bool) -> None:
    """Weakly stable for the selves that are read, best for who proposes if nobody is indifferent; T10's counts."""
    thick = Thick(seed)
    one, other = thick.tables(selves)
    mechanism = te.matching.DeferredAcceptance(
        proposing="receivers" if turned else "proposers",
        tie_breaking=ties,  # type: ignore[arg-type]
        lens=LENSES[selves[0]],
        receiver_lens=LENSES[selves[1]],
    )
    outcome = mechanism.run(thick.market, rng=seed)
    partner = tuple(outcome.partner.tolist())
    possible = oracle.feasible_matchings(one.tolist(), other.tolist(), thick.capacities.tolist())
    stable = [p for p in possible if not thick.blocking(p, one, other)]
    assert partner in stable
    assert outcome.certified
    if thick.strict(one, other):
        assert partner == oracle.proposer_optimal(stable, (-one if turned else one).tolist())
    for judges in SELVES:
        lenses = LENSES[judges[0]], LENSES[judges[1]]
        wanted = thick.blocking(partner, *thick.tables(judges))
        assert te.matching.blocking_pairs(outcome, None, *lenses).tolist() == wanted
    for self_, name in (("endorsed", "blocking_endorsed"), ("decision", "blocking_decision")):
        (yardstick,) = [y for y in mechanism.yardsticks if y.name == name]
        assert yardstick.measure(outcome, thick.market) == len(thick.blocking(partner, *thick.tables((self_, self_))))


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=100, deadline=None)
def test_blocking_pairs_of_any_thick_matching(seed: int, endorsed: bool) -> None:
    """Also of matchings that somebody does not accept."""
    thick = Thick(seed)
    rng, self_ = np.random.default_rng(seed + 1), "endorsed" if endorsed else "decision"
    partner, left = [], thick.capacities.copy()
    for _ in range(len(thick.demand)):
        pick = int(rng.integers(-1, len(left)))
        pick = pick if pick >= 0 and left[pick] > 0 else -1
        left[pick] -= pick >= 0
        partner.append(pick)
    found = te.matching.blocking_pairs(partner, thick.market, LENSES[self_])
    assert found.tolist() == thick.blocking(tuple(partner), *thick.tables((self_, self_)))


def test_who_demands_nothing_does_not_block() -> None:
    """Both receivers would love proposer 0, who stays at home."""
    market_ = te.Market(
        te.ThickProfile.from_values([[1.0, 2.0]] * 3),
        te.ThickProfile.from_values([[3.0, 2.0, 1.0]] * 2),
        demand=[0, 1, 1],
    )
    outcome = te.matching.DeferredAcceptance().run(market_, rng=0)
    assert outcome.partner.tolist() == [-1, 1, 0]
    assert te.matching.blocking_pairs(outcome).tolist() == []
    free = te.Market(market_.profile, market_.receivers)
    assert te.matching.blocking_pairs([-1, 1, 0], free).tolist() == [[0, 0], [0, 1]]


def test_matchings_that_are_none_are_refused() -> None:
    sides = te.ThickProfile.from_values([[1.0, 2.0], [2.0, 1.0]]), te.ThickProfile.from_values([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(InputError, match="integers, found float64"):
        te.matching.blocking_pairs([0.5, 1.0], te.Market(*sides))
    with pytest.raises(ProblemError, match="agent 1 demands 2"):
        te.matching.blocking_pairs([0, 1], te.Market(*sides, demand=[1, 2]))
