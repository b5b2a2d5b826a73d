"""The core against every allocation and coalition listed, and the projection against a general solver."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import linprog

import thickecon as te
from thickecon.auctions import VCG, Bids, CoreSelecting
from thickecon.auctions.core import blocking_of
from thickecon.auctions.kernels.brute_force import allocations
from thickecon.auctions.kernels.gains import gains
from thickecon.errors import InfeasibleError, InputError
from thickecon.programs.nearest import nearest_point

nan = float("nan")


def named(bids, language="XOR", **others):
    """A problem from a mapping of bundles (letters of items) to values for each bidder."""
    items = sorted({item for bid in bids for bundle in bid for item in bundle})
    options = sorted({bundle for bid in bids for bundle in bid}, key=lambda b: (len(b), b))
    table = [[bid.get(bundle, nan) for bundle in options] for bid in bids]
    profile = te.ThickProfile.from_values(table, options=options, unit="money")
    incidence = [[item in bundle for item in items] for bundle in options]
    return Bids(profile, np.array(incidence, dtype=float), items=items, language=language, **others)


def coalition_worths(problem, scores):
    """Worth of every coalition of bidders with the seller, by listing every allocation."""
    index, n = problem.profile.index, problem.profile.n_agents
    worth = np.zeros(2**n)
    for rows in allocations(
        index.agent.tolist(),
        index.option.tolist(),
        problem.bundles.tolist(),
        problem.supply.tolist(),
        problem.language,
    ):
        members = sum(1 << i for i in {int(index.agent[row]) for row in rows})
        worth[members] = max(worth[members], sum(scores[row] for row in rows))
    for i in range(n):  # who gets nothing may belong to it as well
        for c in range(2**n):
            if c >> i & 1:
                worth[c] = max(worth[c], worth[c ^ (1 << i)])
    return worth


def core_rows(problem, scores, held):
    """(coalitions, agents) matrix and (coalitions,) least: what those outside must pay, for all of them."""
    n, worth = problem.profile.n_agents, coalition_worths(problem, scores)
    matrix = np.array([[not c >> i & 1 for i in range(n)] for c in range(2**n)], dtype=float)
    return matrix, worth - (1 - matrix) @ held


def misses(problem, scores, held, charges, reference, minimum_revenue=True):
    """By how much charges miss least revenue, and the nearest point, by linear programmes over all coalitions.

    q is nearest to r in a convex set exactly if (q - r) @ x is least at x = q.
    """
    matrix, least = core_rows(problem, scores, held)
    least = np.minimum(least, matrix @ held)  # rounding
    bounds = [(0.0, h) for h in held]
    revenue = linprog(np.ones(len(held)), A_ub=-matrix, b_ub=-least, bounds=bounds).fun
    if minimum_revenue:
        matrix, least = np.vstack([matrix, -np.ones(len(held))]), np.append(least, -revenue - 1e-10)
    pull = charges - reference
    return charges.sum() - revenue, pull @ charges - linprog(pull, A_ub=-matrix, b_ub=-least, bounds=bounds).fun


# ---- cases of the literature -----------------------------------------------------------------------------------

DAY_CRAMTON = [{"A": 28}, {"B": 20}, {"AB": 32}, {"A": 14}, {"B": 12}]
XOR_6 = [
    {"A": 8, "BC": 21, "ABCDE": 39},
    {"E": 11, "AD": 22, "ABCDE": 29},
    {"E": 10, "ABCE": 37, "ABCDE": 42},
    {"CDE": 26, "ABCD": 24, "ABCE": 38},
    {"AD": 20, "ACD": 21, "ABCDE": 44},
    {"E": 5, "BCDE": 38, "ABCDE": 30},
]
LONELY = [{"AB": 2}, {"A": 2, "B": 2, "AB": 2}, {"A": 2, "B": 2, "AB": 2}]
# Local bidders 10 and 8 against 9 for both: Clarke's charges are 1 and max(0, 9 - 10) = 0, truncated
TRUNCATED = [{"A": 10}, {"B": 8}, {"AB": 9}]
CASES = [  # (bids, reference, payments, revenue), from cases/auctions.md; the last two by hand below
    (DAY_CRAMTON, "vcg", [17, 15, 0, 0, 0]),
    (DAY_CRAMTON, "zero", [16, 16, 0, 0, 0]),
    (DAY_CRAMTON, "bid", [20, 12, 0, 0, 0]),
    (XOR_6, "vcg", [13, 21, 10, 0, 0, 0]),
    (XOR_6, "zero", [14, 20, 10, 0, 0, 0]),
    (XOR_6, "bid", [15, 20, 9, 0, 0, 0]),
    (LONELY, "vcg", [0, 1, 1]),
    # p_A + p_B = 9: from (1, 0) by 4 each; from (0, 0) half each; from (10, 8) back by 4.5 each
    (TRUNCATED, "vcg", [5, 4, 0]),
    (TRUNCATED, "zero", [4.5, 4.5, 0]),
    (TRUNCATED, "bid", [5.5, 3.5, 0]),
]


@pytest.mark.parametrize(("bids", "rule", "payments"), CASES)
def test_cases_of_the_literature(bids, rule, payments) -> None:
    outcome = CoreSelecting(reference_point=rule).run(named(bids), rng=0)
    assert outcome.payments == pytest.approx(payments, abs=1e-9)
    assert outcome.certified
    assert {verdict.name for verdict in outcome.certificate} >= {"core", "least_revenue", "nearest", "efficient"}


def test_worth_and_charges_of_the_cases() -> None:
    """Welfare and Clarke's charges of cases/auctions.md: core-day-cramton, core-xor-6, vcg-low-revenue."""
    for bids, welfare, vcg in (
        (DAY_CRAMTON, 48, [14, 12, 0, 0, 0]),
        (XOR_6, 53, [12, 20, 9, 0, 0, 0]),
        (LONELY, 4, [0, 0, 0]),
        (LONELY[:2], 2, [2, 0]),  # without bidder 3 revenue is 2; who of the two wins is a tie
    ):
        outcome = VCG().run(named(bids), rng=0)
        assert outcome.welfare == welfare
        assert sorted(outcome.payments) == sorted(vcg)
        assert outcome.certified


def test_unit_demand_pays_the_least_core_prices() -> None:
    """Shapley and Shubik's houses: Clarke's payments are in the core already."""
    values = [[23.0, 22, 21], [26, 24, 22], [20, 21, 17]]
    problem = Bids(te.ThickProfile.from_values(values, unit="money"), language="unit")
    for rule in ("vcg", "zero", "bid"):
        outcome = CoreSelecting(reserve=(18, 15, 19), reference_point=rule).run(problem, rng=0)
        assert outcome.welfare == 16
        assert outcome.partner.tolist() == [2, 0, 1]
        assert outcome.payments == pytest.approx([19, 21, 20], abs=1e-9)
        assert outcome.certified


# ---- every allocation and coalition listed ----------------------------------------------------------------------


def drawn(seed, language):
    rng = np.random.default_rng(seed)
    n, items, options = int(rng.integers(2, 6)), int(rng.integers(2, 7)), int(rng.integers(3, 6))
    supply = rng.integers(1, 3, items) if seed % 3 == 0 else np.ones(items)
    bundles = np.minimum(rng.integers(0, 2 + (seed % 3 == 0), (options, items)), supply)
    bundles[bundles.sum(axis=1) == 0, 0] = 1
    whole = rng.integers(1, 30, (n, options)).astype(float)
    values = whole if seed % 2 else rng.random((n, options)) * 20
    values = np.where(rng.random((n, options)) < (0.7 if language == "XOR" else 0.4), values, nan)
    values[0, 0] = 5.0
    return Bids(te.ThickProfile.from_values(values, unit="money"), bundles, language=language, supply=supply)


@pytest.mark.parametrize("language", ["XOR", "OR"])
@pytest.mark.parametrize("seed", range(25))
def test_against_all_coalitions(seed, language) -> None:
    problem = drawn(seed, language)
    index, n = problem.profile.index, problem.profile.n_agents
    vcg = VCG().run(problem, rng=0)
    scores = vcg.readings[0].values  # on the grid
    given = tuple(np.random.default_rng(seed).uniform(0, 20, n))
    for rule, least in (("vcg", True), ("zero", True), ("bid", True), (given, True), ("vcg", False), (given, False)):
        mechanism = CoreSelecting(reference_point=rule, minimum_revenue=least)
        outcome = mechanism.run(problem, rng=0)
        held = np.bincount(index.agent, scores * outcome.taken, minlength=n)
        assert held.sum() == pytest.approx(coalition_worths(problem, scores)[-1])
        matrix, least_of = core_rows(problem, scores, held)
        assert (least_of - matrix @ outcome.payments).max() < 1e-9 * (1 + held.max())
        assert (outcome.payments <= held + 1e-12).all()
        assert (outcome.payments[held == 0] == 0).all()
        if np.array_equal(vcg.taken, outcome.taken):
            point = {"vcg": vcg.payments, "zero": 0 * held, "bid": held}.get(str(rule), rule)
            more, nearer = misses(problem, scores, held, outcome.payments, np.where(held > 0, point, 0.0), least)
            assert nearer < 1e-7 * (1 + held.max()) ** 2
            assert not least or abs(more) < 1e-8 * (1 + held.max())
        assert outcome.certified, [str(v) for v in outcome.certificate]


@pytest.mark.parametrize("seed", range(8))
def test_reserves_are_another_bidder(seed) -> None:
    """A reserve r on an item is a bidder who bids r for it and pays nobody: the same winners and the same core."""
    rng, items = np.random.default_rng(seed), 3
    bundles = [list(b) for b in product((0, 1), repeat=items) if any(b)]
    values = rng.integers(1, 20, (4, len(bundles))).astype(float)
    reserve = (2.0, 3.0, 1.0)
    problem = Bids(te.ThickProfile.from_values(values, unit="money"), bundles)
    outcome = CoreSelecting(reserve=reserve).run(problem, rng=0)
    index = problem.profile.index
    kept = np.array(bundles)[index.option] @ np.array(reserve)
    scores = problem.profile.rows.revealed - kept
    held = np.bincount(index.agent, scores * outcome.taken, minlength=4)
    matrix, least = core_rows(problem, scores, held)
    over = outcome.payments - np.bincount(index.agent, kept * outcome.taken, minlength=4)
    assert (least - matrix @ over).max() < 1e-9
    assert linprog(np.ones(4), A_ub=-matrix, b_ub=-least, bounds=[(0, h) for h in held]).fun == pytest.approx(
        over.sum()
    )
    assert outcome.certified


def test_affine_charges_add_the_wedge_of_what_is_won() -> None:
    """Scores 28, 20, 32, 14, 12 as in Day and Cramton; bidder 1 bids 3 more, the evidence says manufactured."""
    plain = named(DAY_CRAMTON)
    wedge = np.where(np.arange(5)[:, None] == 0, 3.0, 0.0) * np.ones((5, 3))
    table = np.stack([plain.profile.revealed, np.where(np.isnan(plain.profile.revealed), nan, wedge)], axis=1)
    motives = ["value", te.Motive("hype", "influence")]
    thick = te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], motives=motives, unit="money")
    problem = Bids(thick, plain.bundles)
    assert CoreSelecting().run(problem, rng=0).payments == pytest.approx([20, 15, 0, 0, 0])
    assert CoreSelecting(charge="clarke").run(problem, rng=0).payments == pytest.approx([17, 15, 0, 0, 0])
    sidt = CoreSelecting().baseline().run(problem, rng=0)  # 31, 20 against 32: from (14, 12) by 3 each
    assert sidt.payments == pytest.approx([17, 15, 0, 0, 0])


# ---- the certificate --------------------------------------------------------------------------------------------


def spoilt(outcome, payments):
    from dataclasses import replace

    return replace(outcome, decision=replace(outcome.decision, payments=np.array(payments, dtype=float)))


def verdict(outcome, name):
    (found,) = [v for v in outcome.certificate if v.name == name]
    return found


def test_the_certificate_names_who_blocks() -> None:
    outcome = CoreSelecting().run(named(DAY_CRAMTON), rng=0)
    low = verdict(spoilt(outcome, [14, 12, 0, 0, 0]), "core")
    assert (low.holds, low.gap, low.witness) == (False, pytest.approx(6.0), (2,))  # bidder 3 pays 32, not 26
    assert verdict(spoilt(outcome, [29, 15, 0, 0, 0]), "core").witness == (0,)  # more than the bid
    assert verdict(spoilt(outcome, [17, 15, 0, 0, 1]), "core").holds is False  # a loser pays
    assert verdict(spoilt(outcome, [18, 15, 0, 0, 0]), "least_revenue").gap == pytest.approx(1.0)
    assert verdict(spoilt(outcome, [18, 14, 0, 0, 0]), "nearest").holds is False
    assert verdict(spoilt(outcome, [17 + 1e-4, 15 - 1e-4, 0, 0, 0]), "nearest").holds is False
    assert verdict(spoilt(outcome, [nan] * 5), "core").holds is False


def test_blocking_inequality() -> None:
    g = gains(
        [0, 1, 2], [0, 1, 2], [28.0, 20, 32], offsets=None, reserve=0.0, lottery=None, pivot="absent",
        n_agents=3, n_options=3,
    )  # fmt: skip
    block = blocking_of(g, np.array([0.0, 0, 1]), np.array([28.0, 20, 0]))
    assert (block.others.tolist(), block.least) == ([True, True, False], 32.0)


# ---- the projection ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_projection_satisfies_its_conditions(seed) -> None:
    """Karush-Kuhn-Tucker by hand: feasible, and the pull is a nonnegative combination of what binds."""
    rng = np.random.default_rng(seed)
    k, rows = int(rng.integers(1, 9)), int(rng.integers(0, 14))
    matrix = rng.integers(0, 2, (rows, k)).astype(float)
    high = rng.uniform(1, 10, k)
    least = (matrix @ high) * rng.uniform(0, 1, rows)
    goal = rng.uniform(-5, 12, k)
    found = nearest_point(goal, matrix, least, np.zeros(k), high)
    every = np.concatenate([matrix, np.eye(k), -np.eye(k)])
    need = np.concatenate([least, np.zeros(k), -high])
    assert (every @ found.point >= need - 1e-10).all()
    from scipy.optimize import nnls

    tight = every[every @ found.point <= need + 1e-9]
    short = nnls(tight.T, found.point - goal)[1] if len(tight) else np.linalg.norm(found.point - goal)
    assert short < 1e-8


@pytest.mark.parametrize("seed", range(20))
def test_projection_on_the_cheapest_face(seed) -> None:
    rng = np.random.default_rng(100 + seed)
    k = int(rng.integers(2, 8))
    matrix = np.array([[i in pair for i in range(k)] for pair in combinations(range(k), 2)], dtype=float)
    high = rng.uniform(5, 10, k)
    least = np.minimum(rng.integers(0, 12, len(matrix)), matrix @ high)
    goal = rng.uniform(0, 6, k)
    found = nearest_point(goal, matrix, least, np.zeros(k), high, cost=np.ones(k))
    best = linprog(np.ones(k), A_ub=-matrix, b_ub=-least, bounds=[(0, h) for h in high])
    assert found.point.sum() == pytest.approx(best.fun, abs=1e-9)
    rows, need = np.vstack([matrix, -np.ones(k)]), np.append(least, -best.fun)
    toward = linprog(found.point - goal, A_ub=-rows, b_ub=-need + 1e-10, bounds=[(0, h) for h in high])
    assert toward.fun >= (found.point - goal) @ found.point - 1e-7  # nothing on the face lies nearer


def test_projection_of_what_is_inside_and_what_is_not_there() -> None:
    inside = nearest_point([1.0, 1.0], [[1.0, 1.0]], [1.0], [0.0, 0.0], [2.0, 2.0])
    assert inside.point.tolist() == [1.0, 1.0]
    assert not inside.binding.any()
    with pytest.raises(InfeasibleError, match="no point"):
        nearest_point([1.0], [[1.0]], [3.0], [0.0], [2.0])
    with pytest.raises(InputError, match="finite"):
        nearest_point([np.inf], [[1.0]], [1.0], [0.0], [2.0])
    with pytest.raises(InputError, match="entries"):
        nearest_point([1.0, 1.0], [[1.0, 1.0]], [1.0, 2.0], [0.0, 0.0], [2.0, 2.0])


# ---- bad input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"reference_point": "nearest"}, "must be one of"),
        ({"reference_point": [[1.0]]}, "shape"),
        ({"reference_point": [1.0, nan]}, "finite"),
        ({"minimum_revenue": 1}, "True or False"),
        ({"reserve": -1.0}, "at least 0"),
        ({"time_limit": 0.0}, "more than 0 seconds"),
    ],
)
def test_bad_parameters(given, text) -> None:
    with pytest.raises(InputError, match=text):
        CoreSelecting(**given)


def test_reference_of_the_wrong_length() -> None:
    with pytest.raises(InputError, match="one entry for each of 5 agents, found 2"):
        CoreSelecting(reference_point=[1.0, 2.0]).run(named(DAY_CRAMTON), rng=0)


def test_nobody_and_nothing() -> None:
    problem = Bids(te.ThickProfile.from_values([[-1.0], [-2.0]]), [[1]])
    outcome = CoreSelecting().run(problem, rng=0)
    assert outcome.payments.tolist() == [0.0, 0.0]
    assert outcome.certified
