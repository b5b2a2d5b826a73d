"""Smallest influences against linear programmes over all allocations, and searched ones against all orders."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import linprog

import thickecon as te
from thickecon.errors import InputError, NotApplicableError

UTILITARIAN = te.welfare.Allocate(te.welfare.Utilitarian(), integral=True)


@dataclass
class Case:
    """A small problem with its allocations written down one by one."""

    mechanism: te.Mechanism
    problem: te.Problem
    values: np.ndarray
    people: np.ndarray
    agent: np.ndarray
    allocations: list[np.ndarray]

    @property
    def chosen(self) -> np.ndarray:
        return np.round(self.mechanism.run(self.problem, rng=0).taken)


def allocations(n: int, m: int, limit: float) -> list[np.ndarray]:
    """Each option goes to one of the agents or to nobody; nobody has more than ``limit``."""
    made = []
    for who in itertools.product(range(n + 1), repeat=m):
        table = np.zeros((n + 1, m))
        table[who, range(m)] = 1.0
        if (table[:n].sum(axis=1) <= limit).all():
            made.append(table[:n].ravel())
    return made


def case(kind: str, seed: int) -> Case:
    gen = np.random.default_rng(seed)
    n, m = int(gen.integers(1, 4)), int(gen.integers(2, 4))
    table = np.round(gen.normal(2, 3, (n, m)), 1)
    weights = np.round(gen.uniform(0.1, 5, n), 1) if kind in ("choice", "assignment") and seed % 2 else None
    profile = te.ThickProfile.from_values(table, weights=weights)
    people = np.repeat(np.ones(n) if weights is None else weights, m)
    mechanism: te.Mechanism = UTILITARIAN
    if kind == "choice":
        problem: te.Problem = te.Choice(profile)
        sets = [np.tile(np.eye(m)[x], n) for x in range(m)]
    elif kind == "assignment":
        problem, sets = te.Assignment(profile, demand=1), allocations(n, m, 1)
    else:
        mechanism = te.auctions.SecondPrice() if kind == "second price" else te.auctions.VCG()
        problem, sets = mechanism.wrap(profile), allocations(n, m, m if kind == "second price" else 1)
    return Case(mechanism, problem, table.ravel() * people, people, np.repeat(np.arange(n), m), sets)


def least(case: Case, norm: str, moved: np.ndarray | None = None, keep: float = 1.0) -> float:
    """min over x of the least norm of delta with W_v(x*) <= keep W_v(x), v = w - delta: one programme for each x.

    For ``keep`` < 1 also W_v(x) >= 0: a share of nothing is nothing.
    """
    chosen, count, found = case.chosen, len(case.values), np.inf
    moved = np.ones(count, dtype=bool) if moved is None else moved
    limits = np.block([[np.eye(count), -np.ones((count, 1))], [-np.eye(count), -np.ones((count, 1))]])
    for x in case.allocations:
        if (x == chosen).all():
            continue
        rows = [-case.people * (chosen - keep * x)]
        right = [keep * case.values @ x - case.values @ chosen]
        if keep < 1:
            rows.append(case.people * x)
            right.append(case.values @ x)
        if norm == "total":
            cost = np.tile(case.people, 2)
            table = [np.concatenate([row, -row]) for row in rows]
            bounds: list[tuple[float | None, float | None]] = [(0, None)] * (2 * count)
        else:
            cost = np.append(np.zeros(count), 1.0)
            table = [*(np.append(row, 0.0) for row in rows), *limits]
            right = [*right, *np.zeros(2 * count)]
            bounds = [(None, None) if free else (0, 0) for free in moved] + [(0, None)]
        solved = linprog(cost, A_ub=table, b_ub=right, bounds=bounds)
        found = min(found, solved.fun) if solved.status == 0 else found
    return found


def few(case: Case, count: int) -> float:
    n = int(case.agent.max()) + 1
    return min(
        least(case, "sup", np.isin(case.agent, group)) for group in itertools.combinations(range(n), min(count, n))
    )


KINDS = ("choice", "assignment", "second price", "vcg")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_exact_in_every_norm_and_the_witness_is_one(kind: str, seed: int) -> None:
    made = case(kind, seed)
    wanted = {("sup", None): least(made, "sup"), ("total", None): least(made, "total")}
    wanted |= {("agents", k): few(made, k) for k in (1, 2)}
    for (norm, count), size in wanted.items():
        found = te.sensitivity(made.mechanism, made.problem, norm=norm, agents=count)  # type: ignore[arg-type]
        smallest = found.smallest
        if smallest is None:
            assert size == np.inf
            continue
        assert found.exact
        assert smallest.size == pytest.approx(size, abs=1e-7)
        assert len(smallest.agents) <= (count or np.inf)
        assert smallest.profile.rows.revealed == pytest.approx(made.problem.profile.rows.revealed, abs=1e-12)
        entries = np.abs(smallest.profile.rows.wedge)
        measured = float((entries * made.people).sum()) if norm == "total" else float(entries.max())
        assert measured == pytest.approx(size, abs=1e-5)
        taken = made.mechanism.run(made.problem.with_profile(smallest.profile), rng=0).taken
        assert np.abs(taken - made.chosen).max() == 1.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(10, 14))
def test_the_influence_that_costs_a_share_is_exact(kind: str, seed: int) -> None:
    made = case(kind, seed)
    found = te.sensitivity(made.mechanism, made.problem)
    for share in (0.05, 0.8):
        wanted = least(made, "sup", keep=1.0 - share)
        assert (found.costs(share) or 0.0) == pytest.approx(0.0 if wanted == np.inf else wanted, abs=1e-7)
        witness = found.costly(share)
        if witness is not None:
            assert np.abs(witness.profile.rows.wedge).max() == pytest.approx(witness.size, abs=1e-5)
            left = made.people * witness.profile.rows.endorsed
            best = max(float(left @ x) for x in made.allocations)
            assert left @ made.chosen <= (1 - share) * best + 1e-9
            assert best == pytest.approx(left @ witness.taken, abs=1e-4)


def test_a_share_of_a_negative_sum_is_not_lost_at_once() -> None:
    """Totals -2.0, -2.7 and -0.9: the third is chosen; lifted by 2, the first is worth 0 and the third less."""
    choice = te.Choice(te.ThickProfile.from_values([[-2.0, -2.7, -0.9]]))
    assert te.sensitivity(UTILITARIAN, choice).costs(0.05) == pytest.approx(2.0)


@pytest.mark.parametrize("welfare", [te.welfare.Maximin(), te.welfare.Leximin()])
def test_nor_where_it_is_searched_for(welfare: te.welfare.WelfareFunction) -> None:
    choice = te.Choice(te.ThickProfile.from_values([[-2.0, -2.7, -0.9]]))  # one agent: the same three numbers
    found = te.sensitivity(te.welfare.Allocate(welfare), choice)
    assert found.costs(0.05) == pytest.approx(2.0, rel=2e-3)
    witness = found.costly(0.05)
    assert witness is not None
    assert not witness.exact
    assert witness.taken.tolist() == [1.0, 0.0, 0.0]


def test_two_of_many_agents_by_branch_and_bound() -> None:
    """12 agents, 8 seats: against all pairs, each solved as if only that pair could be moved."""
    gen = np.random.default_rng(5)
    auction, profile = te.auctions.VCG(), te.ThickProfile.from_values(np.round(gen.uniform(0, 10, (12, 8)), 1))
    found = te.sensitivity(auction, profile, agents=2, budget=2000)
    assert found.smallest is not None
    assert found.exact
    margins = found._margins
    assert margins is not None
    agent = profile.index.agent
    pairs = [margins.sup(np.isin(agent, pair)) for pair in itertools.combinations(range(12), 2)]
    assert found.smallest.size == pytest.approx(min(pair.size for pair in pairs if pair is not None))
    hurried = te.sensitivity(auction, profile, agents=2, budget=1).smallest
    assert hurried is not None
    assert hurried.bounds[0] <= found.smallest.size <= hurried.size


def test_a_tie_has_a_witness_and_says_so() -> None:
    tied = te.ThickProfile.from_values([[5.0, 5.0], [1.0, 1.0]])
    found = te.sensitivity(te.auctions.VCG(), tied)
    assert found.smallest is not None
    assert (found.smallest.size, found.exact, found.smallest.options) == (0.0, True, (0, 1))
    assert "another allocation is as good" in str(found)
    again = te.auctions.VCG().run(found.smallest.profile, rng=0).taken
    assert not np.array_equal(again, found.outcome.taken)


@pytest.mark.parametrize(("lens", "size"), [(te.Revealed(), 1.0), (te.Endorsed(), 1.5), (te.PartialCredit(0.5), 0.25)])
def test_influences_are_looked_for_in_what_the_lens_reads(lens: te.Lens, size: float) -> None:
    """Reports 8 and 6, an advert of 5 behind the first: gaps 2, 3 and .5 between two bidders, half of it each."""
    p = te.ThickProfile.from_values([[8.0], [6.0]]).with_influence("advert", [[5.0], [0.0]])
    mechanism = te.auctions.SecondPrice(lens=lens)
    found = te.sensitivity(mechanism, p).smallest
    assert found is not None
    assert found.size == pytest.approx(size)
    assert te.auctions.SecondPrice().run(found.profile, rng=0).winners != mechanism.run(p, rng=0).winners


def test_searched_in_deferred_acceptance_against_all_orders() -> None:
    """Three proposers, three receivers. An agent gets another order at half the largest gap that it inverts, so the
    least size is a minimum over 6^3 profiles of orders; search may stay above it, its bound may not.
    """
    gen, mechanism, reached = np.random.default_rng(1), te.matching.DeferredAcceptance(), []
    orders = list(itertools.permutations(range(3)))
    for _ in range(6):
        values = np.round(gen.uniform(0, 10, (3, 3)), 2)
        priorities = te.Priorities([gen.permutation(3).tolist() for _ in range(3)])

        def partners(table: np.ndarray, priorities: te.Priorities = priorities) -> list[int]:
            market = te.Market(te.ThickProfile.from_values(table), receivers=priorities)
            return mechanism.run(market, rng=0).partner.tolist()

        costs = [
            [max(0.0, *(row[y] - row[x] for x, y in itertools.combinations(order, 2))) / 2 for order in orders]
            for row in values
        ]
        truth, least_size = partners(values), np.inf
        for picked in itertools.product(range(6), repeat=3):
            size = max(costs[i][k] for i, k in enumerate(picked))
            if size < least_size and partners(-np.argsort([orders[k] for k in picked], axis=1)) != truth:
                least_size = size
        market = te.Market(te.ThickProfile.from_values(values), receivers=priorities)
        found = te.sensitivity(mechanism, market).smallest
        assert found is not None
        assert found.bounds[0] <= least_size + 1e-9
        assert found.size >= least_size - 1e-9
        reached.append(found.size <= 1.001 * least_size)
        baseline = te.sensitivity(mechanism.baseline(), market).smallest
        assert baseline is not None
        assert baseline.size == found.size  # nothing is manufactured, so both lenses read the same
    assert sum(reached) >= 5


def test_what_has_no_smallest_influence_can_be_shown_all_the_same() -> None:
    found = te.sensitivity(
        te.welfare.Allocate(te.welfare.Nash()), te.ThickProfile.from_values([[3.0, 1.0], [1.0, 2.0]])
    )
    assert "divisible" in repr(found)
    assert not found.exact
    assert "share lost" in found._repr_html_()
    with pytest.raises(NotApplicableError, match="curve"):
        _ = found.smallest


def test_a_cautious_choice_is_moved_with_its_identified_set() -> None:
    """Two options at 10 and 8 for one agent; 4 of the 10 is an advert of which between 0 and 3/4 counts. In the worst
    case the first is worth 6: caution picks the second with a gap of 2, closed by 1 an entry; at the estimate of 1/2
    the same gap is 0.
    """
    p = te.ThickProfile.from_arrays(
        [[[6.0, 8.0], [4.0, 0.0]]], endorsement=[1.0, 0.5], endorsement_interval=([1.0, 0.0], [1.0, 0.75])
    )
    for lens in (te.Endorsed(), te.Uncertain()):
        cautious = te.welfare.Allocate(te.welfare.Utilitarian(), "worst", lens=lens)
        found = te.sensitivity(cautious, te.Choice(p))
        assert found.outcome.taken.tolist() == [0.0, 1.0]
        assert found.smallest is not None
        assert found.smallest.size == pytest.approx(1.0, rel=1e-3)
        assert cautious.run(te.Choice(found.smallest.profile), rng=0).taken.tolist() == [1.0, 0.0]


def test_refusals() -> None:
    p = te.ThickProfile.from_values([[8.0], [6.0]])
    with pytest.raises(NotApplicableError, match=r"kind 'ordinal'.*Revealed\(\)"):
        te.sensitivity(te.matching.DeferredAcceptance(lens=te.Lexicographic()), p)
    with pytest.raises(NotApplicableError, match="only part of a value"):
        te.sensitivity(te.auctions.SecondPrice(lens=te.PartialCredit(0.5, value=0.5)), p)
    for arguments in ({"norm": "l2"}, {"agents": 0}, {"budget": 0}):
        with pytest.raises(InputError, match=next(iter(arguments))):
            te.sensitivity(te.auctions.SecondPrice(), p, **arguments)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="share"):
        te.sensitivity(te.auctions.SecondPrice(), p).costs(5)


def test_the_figure_claims_no_more_than_was_proven() -> None:
    p = te.ThickProfile.from_values([[8.0, 3.0], [6.0, 5.0]])
    texts = {
        mechanism.name: mechanism_figure.axes[0].texts[0].get_text()
        for mechanism in (te.auctions.VCG(), te.matching.DeferredAcceptance())
        for mechanism_figure in [te.sensitivity(mechanism, p).plot()]
    }
    assert texts["auctions.VCG"].startswith("allocation cannot")
    assert texts["matching.DeferredAcceptance"].startswith("no change")
