"""Public decisions with payments keep every promise, against options and externalities listed in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from tests.conformance.test_position_vcg import RIVALS
from tests.conformance.test_second_price import few_settings_of
from thickecon.auctions import AGV, AffineMaximizer, Groves, Pivotal, VickreyMultiUnit
from thickecon.auctions.kernels.redistribution import rebate_weights, rebates
from thickecon.errors import InputError, ProblemError
from thickecon.testing import MechanismConformance, Twin, strategies
from thickecon.testing.checks import SEED

PRIOR = np.array(list(product((-2.0, 0.5, 3.0), repeat=2)))[:, :, None] * np.array([1.0, 0.0, -0.5])


def voters(numbers):
    """Three agents and two options: values endorsed in full, and influences by a quarter."""
    table = np.array(numbers, dtype=float).reshape(3, 2, 2)
    motives = ["value", te.Motive("influence", "influence")]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.25], motives=motives, unit="money")


VOTERS = st.lists(st.integers(-8, 8), min_size=12, max_size=12).map(voters)
PAIRS = st.lists(st.integers(-8, 8), min_size=12, max_size=12).map(
    lambda numbers: te.ThickProfile.from_arrays(
        np.array(numbers, dtype=float).reshape(2, 2, 3),
        endorsement=[1.0, 0.25],
        motives=["value", te.Motive("influence", "influence")],
        unit="money",
    )
)


def fractions(mechanism, problem):
    """(n, m) revealed values relative to doing nothing, b, and C, as fractions."""
    profile = problem.profile
    net = profile.revealed - profile.outside_reading(None)[:, None]
    n, m = net.shape
    weights = np.broadcast_to(getattr(mechanism, "weights", 1.0), n).tolist()
    fixed = np.broadcast_to(getattr(mechanism, "offsets", 0.0), m) - np.broadcast_to(mechanism.costs, m)
    table = [[Fraction(x) for x in row] for row in net.tolist()]
    return table, [Fraction(b) for b in weights], [Fraction(c) for c in fixed.tolist()]


def totals(table, weights, fixed, left):
    return [sum((weights[j] * table[j][x] for j in left), fixed[x]) for x in range(len(fixed))]


def taxes(table, weights, fixed, left):
    """Clarke's tax of each agent in the economy of those ``left``."""
    worth = totals(table, weights, fixed, left)
    chosen = worth.index(max(worth))
    made = {}
    for i in left:
        rest = totals(table, weights, fixed, [j for j in left if j != i])
        made[i] = (max(rest) - rest[chosen]) / weights[i]
    return made


class Public(MechanismConformance):
    __test__ = False
    problems = strategies.choices(agents=(1, 4), options=(2, 3), motives=(1, 3))
    examples = 10
    searched = 60

    def due(self, mechanism, table, weights, fixed, chosen):
        raise NotImplementedError

    def twin(self, mechanism, problem):
        table, weights, fixed = fractions(mechanism, problem)
        n = len(table)
        worth = totals(table, weights, fixed, range(n))
        best = max(worth)
        due = None
        if worth.count(best) == 1:
            due = [float(p) for p in self.due(mechanism, table, weights, fixed, worth.index(best))]
        return Twin(objective=float(best), payments=due)

    def witness_problems(self, mechanism, claim):
        return VOTERS

    def worse(self, mechanism, problem, outcome):
        """Every option that is worth less, a part of one, and two at once."""
        index = problem.profile.index
        scores = outcome.readings[0].values.reshape(index.n_agents, -1)
        n, m = scores.shape
        fixed = np.broadcast_to(getattr(mechanism, "offsets", 0.0), m) - np.broadcast_to(mechanism.costs, m)
        worth = np.broadcast_to(getattr(mechanism, "weights", 1.0), n) @ scores + fixed
        for x in np.flatnonzero(worth < worth.max() - 1e-6):
            yield (index.option == x).astype(float)
        yield outcome.taken * 0.5
        yield np.ones(len(index))


class TestPivotal(Public):
    __test__ = True
    mechanisms = (*few_settings_of(Pivotal), Pivotal(costs=(0.0, 1.5)))
    problems = strategies.choices(agents=(1, 4), options=(2, 2), motives=(1, 3))

    def due(self, mechanism, table, weights, fixed, chosen):
        n = len(table)
        base = taxes(table, weights, fixed, list(range(n)))
        if not mechanism.redistribution:
            return [base[i] for i in range(n)]
        without = [[j for j in range(n) if j != i] for i in range(n)]
        back = [sum(taxes(table, weights, fixed, left).values(), Fraction(0)) / n for left in without]
        return [base[i] - back[i] for i in range(n)]


class TestBailey(TestPivotal):
    mechanisms = (
        Pivotal(redistribution="bailey"),
        Pivotal(redistribution="bailey", reporting="endorsed", costs=(0.0, 1.5)),
        Pivotal(redistribution="bailey", reporting="observed"),
        Pivotal(redistribution="bailey", lens=te.Revealed()),
    )


class TestGroves(Public):
    __test__ = True
    mechanisms = (*few_settings_of(Groves), Groves(costs=1.0, lump_sum=2.5))

    def due(self, mechanism, table, weights, fixed, chosen):
        n, lump = len(table), Fraction(mechanism.lump_sum)
        return [lump - sum((table[j][chosen] for j in range(n) if j != i), fixed[chosen]) for i in range(n)]


class TestAffineMaximizer(TestPivotal):
    mechanisms = (*few_settings_of(AffineMaximizer), AffineMaximizer(costs=(0.0, 1.5)))

    def due(self, mechanism, table, weights, fixed, chosen):
        made = taxes(table, weights, fixed, list(range(len(table))))
        return [made[i] for i in range(len(table))]


class Weighted(AffineMaximizer):
    """Fitted weights belong to no SIDT: here the standard setting keeps them, so that the thin limit can be tried."""

    standard = Pivotal.standard


class TestWeighted(TestAffineMaximizer):
    problems = strategies.choices(agents=(3, 3), options=(2, 2), motives=(1, 3))
    mechanisms = (
        *few_settings_of(Weighted, weights=(1.0, 0.5, 2.0), offsets=(0.5, 0.0)),
        Weighted(weights=0.25, offsets=(0.5, 0.0), costs=(0.0, 1.5)),
    )


class TestAGV(Public):
    __test__ = True
    problems = strategies.choices(agents=(2, 2), options=(3, 3), motives=(1, 3))
    mechanisms = (*few_settings_of(AGV, prior=PRIOR), AGV(prior=PRIOR, costs=(0.0, 0.25, 0.5)))

    def twin(self, mechanism, problem):
        self.order = mechanism.run(problem, rng=SEED).decision.details["order"].tolist()  # ties are the lottery's
        return super().twin(mechanism, problem)

    def due(self, mechanism, table, weights, fixed, chosen):
        gifts = []
        for i in range(2):
            total = Fraction(0)
            for draw in PRIOR.tolist():
                other = [Fraction(x) for x in draw[1 - i]]
                worth = [table[i][x] + other[x] + fixed[x] for x in range(3)]
                best = min((x for x in range(3) if worth[x] == max(worth)), key=self.order.index)
                total += other[best] + fixed[best]
            gifts.append(total / len(PRIOR))
        return [gifts[1] - gifts[0], gifts[0] - gifts[1]]

    def witness_problems(self, mechanism, claim):
        return PAIRS


# ---- published numbers -----------------------------------------------------------------------------------------


def test_roommates_television() -> None:
    """Varian, Intermediate Microeconomics (Clarke tax): it is bought, and the third pays 100; costs as numbers too."""
    net = te.ThickProfile.from_values([[0.0, -50.0], [0.0, -50.0], [0.0, 150.0]])
    gross = te.ThickProfile.from_values([[0.0, 50.0], [0.0, 50.0], [0.0, 250.0]])
    for mechanism, p in ((Pivotal(), net), (Pivotal(costs=(0.0, 300.0)), gross)):
        outcome = mechanism.run(p, rng=0)
        assert outcome.taken.tolist() == [0.0, 1.0] * 3
    assert Pivotal().run(net, rng=0).payments.tolist() == [0.0, 0.0, 100.0]
    # with the cost borne outside, the third is worth 250 and the others' 100 fall short of it by 200
    outside = Pivotal(costs=(0.0, 300.0)).run(gross, rng=0)
    assert outside.payments.tolist() == [0.0, 0.0, 200.0]
    assert outside.decision.details["surplus"] == -100.0


def test_expected_externality_with_one_item() -> None:
    """d'Aspremont and Gerard-Varet (1979): transfers -.195 and .195; interim utility theta^2 / 2 + 1/6."""
    grid = (np.arange(1000) + 0.5) / 1000
    prior = np.zeros((1000, 2, 2))
    prior[:, 0, 0] = prior[:, 1, 1] = grid
    mechanism = AGV(prior=prior)
    p = te.ThickProfile.from_values([[0.8, 0.0], [0.0, 0.5]], unit="money")
    outcome = mechanism.run(p, rng=0)
    assert outcome.payments == pytest.approx([0.195, -0.195], abs=1e-9)
    assert outcome.certified
    interim = []
    for other in (np.arange(200) + 0.5) / 200:
        found = mechanism.run(te.ThickProfile.from_values([[0.8, 0.0], [0.0, other]], unit="money"), rng=0)
        interim.append(0.8 * found.taken[0] - found.payments[0])
    assert np.mean(interim) == pytest.approx(0.8**2 / 2 + 1 / 6, abs=1e-4)  # midpoints


def test_truth_is_best_in_expectation_over_the_prior() -> None:
    """Exact on a finite prior: no report of a grid gains on average, for either self that reports."""
    rng = np.random.default_rng(0)
    types = rng.integers(-4, 5, (6, 2, 3)).astype(float)  # six equally likely types of each of two agents
    prior = np.stack([types[[i, j], [0, 1]] for i in range(6) for j in range(6)])
    for made, wedge in (({"reporting": "endorsed"}, 0.0), ({}, 3.0)):
        mechanism = AGV(prior=prior, **made)

        def profile(own, other, wedge=wedge):
            p = te.ThickProfile.from_values(np.stack([own, other]) + np.array([[wedge, 0, 0], [0, 0, 0]]), unit="money")
            return p.with_influence("push", [[wedge, 0.0, 0.0], [0.0, 0.0, 0.0]])

        for own in types[:3, 0]:
            d = own + np.array([wedge, 0, 0])

            def worth(report, own=own, d=d, mechanism=mechanism, profile=profile):
                total = 0.0
                for other in types[:, 1]:
                    found = mechanism.run(profile(own, other), reports=np.stack([report, other]), rng=0)
                    total += d @ found.taken[:3] - found.payments[0]
                return total

            truth = worth(d)
            lies = (d + shift for shift in rng.integers(-6, 7, (40, 3)).astype(float))
            assert all(worth(lie) <= truth + 1e-9 for lie in lies)


def test_affine_weights_from_a_sample_beat_reading_reports_at_face_value() -> None:
    """T18, joint normal: b = cov(v, d) / var(d); endorsed worth of decisions over 400 draws, paired."""
    rng = np.random.default_rng(5)

    def people(n):
        v = rng.normal(0, 1, (n, 2))
        wedge = rng.normal([0.0, 2.0], 1.5, (n, 2))
        return te.ThickProfile.from_values(v + wedge, unit="money").with_influence("campaign", wedge)

    fitted = AffineMaximizer.from_sample(people(4000))
    assert fitted.weights == pytest.approx(1 / (1 + 1.5**2), abs=0.02)
    per_head = np.array(fitted.offsets) / 4000
    gains = []
    for _ in range(400):
        p = people(5)
        small = AffineMaximizer(weights=fitted.weights, offsets=tuple(per_head * 5), lens=te.Revealed())
        thick, sidt = small.run(p, rng=0), small.baseline().run(p, rng=0)
        gains.append(float((thick.taken - sidt.taken) @ p.rows.endorsed))
    assert np.mean(gains) > 4 * np.std(gains) / 20
    v = rng.normal(0, 1, (200, 2))
    against = te.ThickProfile.from_values(-v, unit="money").with_influence("push", -2 * v)
    with pytest.raises(InputError, match="slope"):
        AffineMaximizer.from_sample(against)


# ---- redistribution ---------------------------------------------------------------------------------------------


def test_cavallos_example() -> None:
    """Vickrey 10, 6, 4: payment 6, rebates 4/3, 4/3, 2, left 4/3 (Cavallo 2006; Bailey 1997)."""
    p = te.ThickProfile.from_values([[10.0], [6.0], [4.0]], unit="money")
    outcome = VickreyMultiUnit(units=1, redistribution="cavallo").run(p, rng=0)
    assert outcome.decision.details["rebates"] == pytest.approx([4 / 3, 4 / 3, 2.0], abs=1e-9)
    assert outcome.revenue == pytest.approx(4 / 3, abs=1e-9)
    assert outcome.certified
    public = te.ThickProfile.from_values(np.diag([10.0, 6.0, 4.0]), unit="money")
    bailey = Pivotal(redistribution="bailey").run(public, rng=0)
    assert bailey.payments == pytest.approx(outcome.payments, abs=1e-9)


@pytest.mark.parametrize(("n", "m"), [(4, 1), (5, 2), (6, 3), (7, 1), (8, 5)])
def test_worst_case_weights_solve_their_linear_programme(n, m) -> None:
    """Guo and Conitzer (2009): the share given back in the worst case, by scipy on values 1..1, 0..0."""
    from math import comb

    from scipy.optimize import linprog

    # values are mixtures of steps (1 for the k best, 0 for the rest): both bounds are linear in them
    below, least = [], []
    for k in range(1, n + 1):
        steps = (np.arange(n) < k).astype(float)
        paid = m * steps[m]
        shares = np.zeros(n - 1)
        for i in range(n):
            shares += np.delete(steps, i)
        below += [np.append(shares, 0.0), np.append(-shares, paid)]
        least += [paid, 0.0]
    c = np.zeros(n)
    c[-1] = -1.0  # the share given back
    found = linprog(c, A_ub=np.array(below), b_ub=least, bounds=[(None, None)] * n)
    assert found.status == 0
    share = 1 - comb(n - 1, m) / sum(comb(n - 1, j) for j in range(m, n))
    assert -found.fun == pytest.approx(share, abs=1e-7)
    weights = rebate_weights(n, m, "worst_case")
    rng = np.random.default_rng(0)
    for k in range(1, n + 1):
        values = (np.arange(n) < k).astype(float)
        back, paid = rebates(values, m, "worst_case").sum(), m * values[m]
        assert share * paid - 1e-9 <= back <= paid + 1e-9
    for _ in range(50):
        values = rng.exponential(1, n)
        ranked = np.sort(values)[::-1]
        given = rebates(values, m, "worst_case")
        assert given == pytest.approx([weights @ np.sort(np.delete(values, i))[::-1] for i in range(n)])
        assert share * m * ranked[m] - 1e-9 <= given.sum() <= m * ranked[m] + 1e-9


class TestRedistribution(MechanismConformance):
    mechanisms = (
        *few_settings_of(VickreyMultiUnit, units=1, redistribution="cavallo"),
        VickreyMultiUnit(units=2, redistribution="worst_case"),
        VickreyMultiUnit(units=1, redistribution="worst_case", reserve=1.5, reporting="endorsed"),
    )
    problems = strategies.profiles(agents=(1, 5), options=(1, 1), outside=False)
    examples = 14
    searched = 200

    def twin(self, mechanism, problem):
        n, m = problem.profile.n_agents, mechanism.units
        d = np.full(n, -1.0)
        d[problem.profile.index.agent] = problem.profile.rows.revealed - mechanism.reserve
        g = np.maximum(d, 0.0)
        order = sorted(range(n), key=lambda i: -d[i])
        winners = [i for i in order if d[i] >= 0][:m]
        due = np.zeros(n)
        for i in range(n):
            others = sorted((g[j] for j in range(n) if j != i), reverse=True)
            if i in winners:
                due[i] = mechanism.reserve + (others[m - 1] if len(others) >= m else 0.0)
            if mechanism.redistribution == "cavallo":
                due[i] -= m / n * others[m] if len(others) > m else 0.0
            else:
                due[i] -= float(rebate_weights(n, m, "worst_case") @ others)
        tied = len(set(d.tolist())) < n
        return Twin(objective=float(g[winners].sum()), payments=None if tied else due)

    def witness_problems(self, mechanism, claim):
        return RIVALS

    def worse(self, mechanism, problem, outcome):
        if len(outcome.taken) > mechanism.units:
            yield np.ones(len(outcome.taken))


def test_bailey_can_run_a_deficit_and_says_so() -> None:
    """Values of the second option 3, 3 and -2: nobody is pivotal, but without one of the first two the other is."""
    p = te.ThickProfile.from_values([[0.0, 3.0], [0.0, 3.0], [0.0, -2.0]])
    outcome = Pivotal(redistribution="bailey").run(p, rng=0)
    assert outcome.revenue == pytest.approx(-4 / 3)
    assert outcome.decision.details["surplus"] == pytest.approx(-4 / 3)


@settings(max_examples=50, deadline=None)
@given(VOTERS)
def test_groves_and_pivotal_choose_alike(profile) -> None:
    chosen = [m.run(profile, rng=1).taken for m in (Groves(), Pivotal(), AffineMaximizer())]
    assert np.array_equal(chosen[0], chosen[1])
    assert np.array_equal(chosen[0], chosen[2])


def test_many_agents() -> None:
    rng = np.random.default_rng(0)
    p = te.ThickProfile.from_values(rng.normal(0, 1, (3000, 6))).with_influence("ads", rng.normal(0, 1, (3000, 6)))
    assert Pivotal().run(p, rng=0).certified
    few = te.ThickProfile.from_values(rng.normal(0, 1, (600, 3)))
    assert Pivotal(redistribution="bailey").run(few, rng=0).certified
    q = te.ThickProfile.from_values(rng.normal(0, 1, (20_000, 1)))
    outcome = VickreyMultiUnit(units=40, redistribution="cavallo").run(q, rng=0)
    assert outcome.certified
    assert outcome.revenue >= -1e-9


def test_what_they_refuse() -> None:
    p = te.ThickProfile.from_values([[1.0, 0.0], [0.0, 1.0]])
    for make in (
        lambda: AffineMaximizer(weights=[1.0, 0.0]),
        lambda: Pivotal(costs=[np.nan]),
        lambda: Pivotal(redistribution="all"),
        lambda: AGV(prior=np.zeros((2, 2))),
        lambda: VickreyMultiUnit(redistribution="all"),
        lambda: Groves(lump_sum=np.inf),
    ):
        with pytest.raises(InputError):
            make()
    for mechanism in (
        AffineMaximizer(weights=[1.0, 1.0, 1.0]),
        Pivotal(costs=[1.0, 2.0, 3.0]),
        AGV(),
        AGV(prior=np.zeros((4, 3, 2))),
        Groves(lump_sum=[1.0]),
        VickreyMultiUnit(redistribution="cavallo"),
    ):
        with pytest.raises(ProblemError):
            mechanism.run(p)


@pytest.mark.parametrize("mechanism", [Pivotal(), te.auctions.Groves(), te.auctions.AffineMaximizer()])
def test_an_agent_is_one_voice(mechanism) -> None:
    """Ten people for 4 outweigh one for 5 where people are counted: not a thing to leave out in silence."""
    table = [[5.0, 0.0], [0.0, 4.0]]
    many = te.Choice(te.ThickProfile.from_values(table, weights=[1.0, 10.0]))
    with pytest.raises(te.errors.ProblemError, match="one voice, with one payment; agent 1 stands for 10"):
        mechanism.run(many, rng=0)
    one = te.Choice(te.ThickProfile.from_values(table, weights=[1.0, 1.0]))
    assert mechanism.run(one, rng=0).taken.tolist() == [1.0, 0.0, 1.0, 0.0]
    alone = te.Choice(te.ThickProfile.from_values(table))
    assert te.auctions.AffineMaximizer(weights=(1.0, 10.0)).run(alone, rng=0).taken.tolist() == [0.0, 1.0, 0.0, 1.0]


def test_no_bound_of_losses_between_different_sums() -> None:
    """SIDT counts all alike: T3 is about one function, maximised on two readings."""
    assert te.auctions.AffineMaximizer(weights=(10.0, 32.0)).loss_modulus is None
    assert te.auctions.AffineMaximizer(offsets=(0.0, 1.0)).loss_modulus is None
    assert te.auctions.AffineMaximizer(weights=(1.0, 1.0)).loss_modulus == "sum"
