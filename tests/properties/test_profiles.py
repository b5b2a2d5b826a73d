"""Laws of profiles, lenses and files on random small profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.lenses import Cardinal, Ordinal
from thickecon.problems import Assignment, Choice, Market, Priorities

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FINITE = st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=True)
LENSES = (te.Revealed(), te.Endorsed(), te.PartialCredit(0.25), te.Lexicographic(), te.Lexicographic({0: 2.5}))


@st.composite
def profiles(draw: Any, numbers: Any = FINITE, share: Any = None) -> te.ThickProfile:
    """Ragged or dense, shared or own endorsement, tiers, worth of doing nothing of every shape."""
    share = st.floats(0, 1, allow_nan=False) if share is None else share
    n, m, count = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    pairs = [(i, x) for i in range(n) for x in range(m)]
    kept = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=len(pairs)))
    if draw(st.booleans()):
        kept = pairs
    cells = st.lists(numbers, min_size=len(kept), max_size=len(kept))
    table = np.array([draw(cells) for _ in range(count)]).reshape(count, len(kept))
    shape = draw(st.sampled_from([(1,), (count,), (n, count)]))
    shares = np.array(draw(st.lists(share, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))).reshape(shape)
    shares = shares[0] if shape == (1,) else shares
    low, high = np.asarray(shares) / 2, (np.asarray(shares) + 1) / 2
    motives = [
        te.Motive(f"m{c}", draw(st.sampled_from(["value", "influence"])), tier=draw(st.integers(0, 1)))
        for c in range(count)
    ]
    worth = draw(st.sampled_from([None, (), (n,), (n, count)]))
    outside = None
    if worth is not None:
        size = int(np.prod(worth))
        outside = np.array(draw(st.lists(numbers, min_size=size, max_size=size))).reshape(worth)
    return te.ThickProfile.from_rows(
        np.array([i for i, _ in kept], dtype=int),
        np.array([x for _, x in kept], dtype=int),
        table,
        shares,
        (low, high) if draw(st.booleans()) else None,
        motives,
        agents=[f"agent {i}" for i in range(n)],
        options=[f"option {x}" for x in range(m)],
        outside=outside,
    )


CENTS = st.integers(-999, 999).map(lambda k: k / 100)
"""Sums of products of two-decimal numbers keep clear of the midpoints of the grid: the domain of T15."""
PERCENT = st.integers(0, 100).map(lambda k: k / 100)


def same(one: Any, other: Any, rows: Any = slice(None), agents: Any = slice(None)) -> bool:
    """Equal bits of cardinal readings, equal order of ordinal ones."""
    if isinstance(one, Cardinal):
        return np.array_equal(one.values[rows], other.values) and np.array_equal(one.outside[agents], other.outside)
    assert isinstance(one, Ordinal)
    i, j = one.profile.index, other.profile.index
    for k, original in enumerate(np.arange(one.profile.n_agents)[agents]):
        mine = np.append(one.ranks[rows][j.agent == k], one.outside_ranks[original])
        theirs = np.append(other.ranks[j.agent == k], other.outside_ranks[k])
        if not np.array_equal(np.sign(mine[:, None] - mine), np.sign(theirs[:, None] - theirs)):
            return False
    return len(i) == len(j)


@QUICK
@given(profiles())
def test_laundered_and_thin(p: te.ThickProfile) -> None:
    equal = np.testing.assert_array_equal
    equal(p.laundered().revealed, p.endorsed)
    equal(p.laundered().endorsed, p.endorsed)
    equal(p.thin().endorsed, p.revealed)
    equal(p.thin().laundered().revealed, p.revealed)
    equal(p.wedge, p.revealed - p.endorsed)
    for thin in (p.thin(), p.laundered()):
        reading = te.Revealed().read(thin)
        for lens in (te.Endorsed(), te.PartialCredit(0.0)):
            assert same(reading, lens.read(thin))


@QUICK
@given(profiles())
def test_thin_readings_are_those_of_the_thick_profile(p: te.ThickProfile) -> None:
    """Reading the thin profile is reading the thick one through the same lens, bit for bit."""
    assert same(te.Revealed().read(p), te.Revealed().read(p.thin()))
    assert same(te.Endorsed().read(p), te.Endorsed().read(p.laundered()))


@QUICK
@given(profiles())
def test_full_endorsement_is_sidt(p: te.ThickProfile) -> None:
    full = p.with_endorsement(1.0)
    np.testing.assert_array_equal(full.endorsed, p.revealed)
    assert same(te.Revealed().read(p), te.Endorsed().read(full))
    assert same(te.Revealed().read(p), te.PartialCredit(1.0, 1.0).read(p))


@QUICK
@given(profiles(), st.data())
def test_bounds_hold_every_admissible_endorsement(p: te.ThickProfile, data: Any) -> None:
    low, high = p.rows.endorsed_bounds()
    lower, upper = p.endorsement.box()
    slack = 1e-12 * max(1.0, float(np.abs(p.contributions).sum(axis=0).max(initial=0)))
    at = data.draw(st.floats(0, 1))
    for share in (0.0, at, 1.0):
        values = p.rows.read(p.endorsement.at_theta(lower + share * (upper - lower)))
        assert (values >= low - slack).all()
        assert (values <= high + slack).all()


@QUICK
@given(profiles())
def test_unanimous_is_a_strict_partial_order_within_the_estimate(p: te.ThickProfile) -> None:
    values, step = p.rows.endorsed, p.resolution
    for i, agent in enumerate(p.agents):
        wins = p.rows.unanimous(agent)
        assert not (wins & wins.T).any()
        assert not wins.diagonal().any()
        assert not ((wins.astype(int) @ wins.astype(int) > 0) & ~wins).any(), "transitive"
        mine = values[p.index.indptr[i] : p.index.indptr[i + 1]]
        assert (mine[:, None] - mine[None, :] > -step)[wins].all()


@QUICK
@given(profiles(CENTS, PERCENT), st.data())
def test_no_lens_sees_the_order_or_the_names_of_motives(p: te.ThickProfile, data: Any) -> None:
    order = data.draw(st.permutations(range(p.n_motives)))
    e = p.endorsement
    moved = te.ThickProfile.from_rows(
        p.rows.agent,
        p.rows.option,
        p.contributions[order],
        te.Endorsement(e.theta, e.lower, e.upper, e.group, e.columns(p.n_motives)[order]),
        motives=[te.Motive(f"other {k}", p.motives[c].kind, tier=p.motives[c].tier) for k, c in enumerate(order)],
        agents=p.agents,
        options=p.options,
        outside=None if p.outside is None else p.outside if p.outside.ndim == 1 else p.outside[:, order],
    )
    assert moved.resolution == p.resolution
    for lens in LENSES:
        assert same(lens.read(p), lens.read(moved)), lens
    assert np.array_equal(p.unanimous, moved.unanimous)


@QUICK
@given(profiles(CENTS, PERCENT), st.lists(st.integers(-99, 99), min_size=1, max_size=3), st.data())
def test_no_lens_sees_a_split(p: te.ThickProfile, percents: list[int], data: Any) -> None:
    name = data.draw(st.sampled_from([motive.name for motive in p.motives]))
    parts = p.split(name, [*(k / 100 for k in percents), (100 - sum(percents)) / 100])
    for lens in LENSES:
        assert same(lens.read(p), lens.read(parts)), lens
    assert np.array_equal(p.unanimous, parts.unanimous)
    back = parts.merge([f"{name}.{k}" for k in range(len(percents) + 1)], name)
    assert back.motives == p.motives
    np.testing.assert_allclose(back.contributions, p.contributions, atol=1e-12)


@QUICK
@given(profiles(), st.data())
def test_agents_and_options_in_another_order(p: te.ThickProfile, data: Any) -> None:
    """Sums are taken row by row in one order of motives, so this holds for all doubles."""
    agents = data.draw(st.permutations(p.agents))
    options = data.draw(st.permutations(p.options))
    q = p.restrict(agents=agents, options=options)
    who, what = p.index.agent_positions(agents), p.index.option_positions(options)
    table = np.full((p.n_agents, p.n_options), -1)
    table[p.rows.agent, p.rows.option] = np.arange(len(p.index))
    rows = table[np.ix_(who, what)].ravel()
    rows = rows[rows >= 0]
    for lens in LENSES:
        assert same(lens.read(p), lens.read(q), rows, who), lens


def test_the_grid_makes_ties_rare_to_break_not_impossible() -> None:
    """Outside the domain of T15: a sum within an ulp of a midpoint of the grid still depends on the order.

    M = 1 + 2**-37 lies midway between two steps. (M + 2**-53) + 2**-53 is M twice over (ties to even) and rounds down;
    (2**-53 + 2**-53) + M is one ulp above M and rounds up. About one random double in 2**16 is so close.
    """
    step = 2.0**-36
    parts = [1.0 + step / 2, 2.0**-53, 2.0**-53]
    table = [[[value] for value in parts], [[value] for value in reversed(parts)]]
    p = te.ThickProfile.from_arrays(table)
    assert p.resolution == step
    read = te.Revealed().read(p).values
    assert read.tolist() == [1.0, 1.0 + step]


@QUICK
@given(p=profiles(), ending=st.sampled_from(["json", "parquet"]))
def test_profile_files_are_exact(tmp_path: Path, p: te.ThickProfile, ending: str) -> None:
    where = tmp_path / f"p.{ending}"
    p.save(where)
    q = te.read_profile(where)
    assert q.contributions.tobytes() == p.contributions.tobytes()
    assert q.equals(p)
    for lens in LENSES:
        assert same(lens.read(p), lens.read(q))


@QUICK
@given(p=profiles(), ending=st.sampled_from(["json", "parquet"]), data=st.data())
def test_problem_files_are_exact(tmp_path: Path, p: te.ThickProfile, ending: str, data: Any) -> None:
    supply = data.draw(st.lists(st.floats(0, 1e9), min_size=p.n_options, max_size=p.n_options))
    made: list[Any] = [Assignment(p, supply=supply), Market(p, Priorities.equal(p))]
    made += [Choice(p)] if p.index.dense else []
    for problem in made:
        problem.save(tmp_path / f"p.{ending}")
        assert te.read_problem(tmp_path / f"p.{ending}").equals(problem)


@pytest.mark.parametrize("seed", range(3))
def test_blocks_and_threads_change_nothing(seed: int) -> None:
    """Long profiles are summed in blocks on threads: bit for bit the plain sum in the same order of motives."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(3, 40_000, 10))
    shares = rng.uniform(size=(40_000, 3))
    p = te.ThickProfile.from_arrays(table.transpose(1, 0, 2), shares)
    flat, weights = p.contributions, shares[p.rows.agent].T
    plain = (weights[0] * flat[0] + weights[1] * flat[1]) + weights[2] * flat[2]
    assert np.array_equal(p.rows.endorsed, plain)
    assert np.array_equal(p.rows.revealed, (flat[0] + flat[1]) + flat[2])
    step = p.resolution
    assert step == 2.0 ** (np.floor(np.log2(np.abs(flat).sum(axis=0).max())) - 36)
    assert np.array_equal(te.Endorsed().read(p).values, np.rint(plain / step) * step)
