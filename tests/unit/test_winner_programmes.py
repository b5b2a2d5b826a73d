"""Winner determination: intervals, programmes that are kept, limits of time, bundles by name."""

from __future__ import annotations

import numpy as np
import pytest

import thickecon as te
from thickecon.auctions import VCG, Bids, CoreSelecting
from thickecon.auctions.kernels import bundle_vcg, determine_winners
from thickecon.auctions.kernels.intervals import best_intervals, interval_ends
from thickecon.auctions.kernels.winner_programme import WinnerProgramme
from thickecon.errors import InputError, ProblemError, SolverError, UnknownNameError
from thickecon.programs.milp import solve_milp
from thickecon.programs.packing import Packing

# ---- intervals ----------------------------------------------------------------------------------------------------


def intervals(seed, bids=40, items=15, agents=6):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, items, bids)
    past = np.minimum(first + rng.integers(1, 6, bids), items)
    table = np.array([(a <= np.arange(items)) & (np.arange(items) < b) for a, b in zip(first, past, strict=True)])
    worth = rng.integers(1, 30, bids) * (1.0 if seed % 2 else 0.37)
    return rng.integers(0, agents, bids), table.astype(float), worth


@pytest.mark.parametrize("seed", range(20))
def test_intervals_against_integer_programmes(seed) -> None:
    agent, table, worth = intervals(seed)
    first, past = interval_ends(table)
    won = best_intervals(first, past, worth)
    assert (table[won].sum(axis=0) <= 1).all()
    assert worth[won].sum() == pytest.approx(solve_milp(worth, table.T, 1.0).objective)
    rows = np.arange(len(agent))
    out = bundle_vcg(agent, rows, worth, table, language="OR", n_agents=6)
    for i in range(6):
        without = solve_milp(np.where(agent == i, 0.0, worth), table.T, 1.0).objective
        held = worth[(out.taken > 0) & (agent == i)].sum()
        assert out.payments[i] == pytest.approx((without - (out.gain - held)) * (held > 0))


def test_intervals_need_no_programme(monkeypatch) -> None:
    def refused(*_):
        raise AssertionError("a packing programme was built")

    monkeypatch.setattr(WinnerProgramme, "_packed", refused)
    agent, table, worth = intervals(1)
    rows = np.arange(len(agent))
    determine_winners(agent, rows, worth, table, language="OR")
    determine_winners(rows, rows, worth, table, language="XOR")  # one bid each: the same as OR
    with pytest.raises(AssertionError, match="packing"):
        determine_winners(agent, rows, worth, table, language="XOR")
    with pytest.raises(AssertionError, match="packing"):
        determine_winners(agent, rows, worth, table, language="OR", supply=2)


def test_what_is_no_interval() -> None:
    assert interval_ends([[1, 0, 1]]) is None
    assert interval_ends([[2, 0]]) is None
    assert interval_ends([[0, 0]]) is None
    assert interval_ends(np.zeros((0, 3))) is None


# ---- programmes that are kept -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(15))
def test_packings_of_many_objectives_against_one_programme_each(seed) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(5, 25)), int(rng.integers(5, 60))
    matrix = (rng.random((rows, columns)) < 0.2) * rng.integers(1, 3, (rows, columns)).astype(float)
    upper = rng.integers(1, 4, rows).astype(float)
    kept = Packing(matrix, upper)
    for _ in range(6):
        gain = rng.uniform(-2, 10, columns)
        allowed = rng.random(columns) < 0.8
        found = kept.solve(gain, allowed=allowed)
        best = solve_milp(np.where(allowed, gain, -1.0), matrix, upper)
        assert found.proven
        assert kept.fits(found.x)
        assert not found.x[~allowed].any()
        assert found.value == found.bound == pytest.approx(best.objective, abs=1e-9)


# ---- limits of time -----------------------------------------------------------------------------------------------


def hard(bids=260, items=60, agents=45, seed=0):
    """Random bundles of a quarter of the items, priced alike: far from their relaxation."""
    rng = np.random.default_rng(seed)
    table = (rng.random((bids, items)) < 0.12).astype(float)
    table[table.sum(axis=1) == 0, 0] = 1
    worth = table.sum(axis=1) * rng.uniform(0.9, 1.1, bids) * 10
    return rng.integers(0, agents, bids), table, worth


def test_at_the_limit_there_is_an_incumbent_a_bound_and_a_verdict() -> None:
    agent, table, worth = hard()
    rows = np.arange(len(agent))
    with pytest.raises(SolverError, match="no proven optimum within"):
        determine_winners(agent, rows, worth, table, time_limit=1e-3)
    found = determine_winners(agent, rows, worth, table, time_limit=1e-3, accept_limit=True)
    assert not found.proven
    assert 0 < found.gain < found.bound < np.inf
    assert (found.taken @ table <= 1).all()
    problem = Bids(te.ThickProfile.from_rows(agent, rows, worth[None], unit="money"), table)
    for mechanism in (VCG(time_limit=1e-3), CoreSelecting(time_limit=1e-3)):
        outcome = mechanism.run(problem, rng=0)
        assert not outcome.certified
        (verdict,) = [v for v in outcome.certificate if v.name == "efficient"]
        assert verdict.holds is False
        assert f"not optimal: gap {verdict.gap:.6g}" in verdict.statement
        assert "time limit" in verdict.statement
        assert verdict.gap == pytest.approx(outcome.decision.details["bound"] - outcome.welfare)
        assert np.isfinite(outcome.payments).all()
        assert (outcome.surplus() >= -1e-9).all()
        assert (outcome.payments >= -1e-9).all()
    payments = [v for v in VCG(time_limit=1e-3).run(problem, rng=0).certificate if v.name == "payments"]
    assert payments[0].holds is False
    assert "not exact" in payments[0].statement


# ---- bundles by name, and bids that make no sense -----------------------------------------------------------------


def test_bundles_by_name() -> None:
    profile = te.ThickProfile.from_values([[28.0, 20.0, 32.0]])
    made = Bids(profile, ["A", "B", ["A", "B"]], items=["A", "B"])
    assert made.bundles.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert made.items == ("A", "B")
    twice = Bids(te.ThickProfile.from_values([[1.0]]), [("A", "A")], items=["A"], supply=2)
    assert twice.bundles.tolist() == [[2]]


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        ({"bundles": ["A", "C"], "items": ["A", "B"]}, UnknownNameError, "bundle 1 names the item 'C'"),
        ({"bundles": ["A", "B"]}, ProblemError, "need items="),
        ({"bundles": [["A", "A"], ["B"]], "items": ["A", "B"]}, ProblemError, "exceeds the supply"),
        ({"bundles": [[], ["B"]], "items": ["A", "B"]}, ProblemError, "is empty"),
        ({"bundles": [[1, 0], [0, 2]], "supply": 1}, ProblemError, "exceeds the supply"),
        ({"supply": -1}, ProblemError, "at least 0"),
        ({"supply": 0.5}, ProblemError, "whole number"),
        ({"supply": [1, 0]}, ProblemError, "exceeds the supply"),
        ({"bundles": [[1, -1], [0, 1]]}, ProblemError, "at least 0"),
    ],
)
def test_bids_that_make_no_sense(given, kind, text) -> None:
    with pytest.raises(kind, match=text):
        Bids(te.ThickProfile.from_values([[1.0, 2.0]]), **given)


def test_negative_bids_never_win_and_negative_reserves_are_refused() -> None:
    problem = Bids(te.ThickProfile.from_values([[-3.0, 4.0], [-1.0, -2.0]]), [[1, 0], [0, 1]])
    for mechanism in (VCG(), CoreSelecting()):
        outcome = mechanism.run(problem, rng=0)
        assert outcome.taken.tolist() == [0, 1, 0, 0]
        assert outcome.certified
    with pytest.raises(InputError, match="at least 0"):
        CoreSelecting(reserve=-1.0)
