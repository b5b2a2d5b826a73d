"""The shipped strategies make valid objects and reach the corners that break mechanisms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

import thickecon as te
from thickecon.errors import InputError
from thickecon.testing import strategies

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# a corner must be met within 2000 examples; the witness is not shrunk, which is where the time would go
SEARCH = settings(max_examples=2000, deadline=None, database=None, derandomize=True, phases=[Phase.generate])


def on_grid(values: np.ndarray, step: float) -> bool:
    return bool(np.array_equal(values / step, np.rint(values / step)))


@QUICK
@given(strategies.profiles(values="eighths"))
def test_profiles_are_exact(profile):
    assert isinstance(profile, te.ThickProfile)
    assert on_grid(profile.contributions, 1 / 8)
    assert on_grid(profile.rows.endorsed, 1 / 32)
    # the grid of comparisons changes nothing, so ties are ties of the numbers themselves
    assert np.array_equal(te.Revealed().read(profile).values, profile.rows.revealed)
    assert np.array_equal(te.Endorsed().read(profile).values, profile.rows.endorsed)
    lower, upper = profile.rows.endorsed_bounds()
    assert (lower <= profile.rows.endorsed).all()
    assert (profile.rows.endorsed <= upper).all()


@QUICK
@given(strategies.profiles(agents=(2, 3), options=(1, 2), motives=(3, 3), least=0, most=2, lists=False, outside=False))
def test_profiles_keep_their_bounds(profile):
    assert 2 <= profile.n_agents <= 3
    assert profile.n_options <= 2
    assert profile.n_motives == 3
    assert profile.index.dense
    assert profile.outside is None
    assert profile.contributions.min() >= 0
    assert profile.contributions.max() <= 2


def has_tie(profile: te.ThickProfile) -> bool:
    return any(len(set(p.values())) < len(p) for p in map(profile.rows.__getitem__, profile.agents))


def pulls_apart(profile: te.ThickProfile) -> bool:
    """Some agent's best option changes between the two selves."""
    if not profile.index.dense:
        return False
    return bool((profile.revealed.argmax(axis=1) != profile.endorsed.argmax(axis=1)).any())


@pytest.mark.parametrize(
    "corner",
    [
        has_tie,
        pulls_apart,
        lambda p: p.outside is None,
        lambda p: p.outside is not None and p.outside.ndim == 1 and len(set(p.outside)) > 1,
        lambda p: p.outside is not None and p.outside.ndim == 2 and p.outside.any(),
        lambda p: (np.diff(p.index.indptr) == 0).any() and len(p.index) > 0,  # an empty list beside a full one
        lambda p: len(p.index) == 0,
        lambda p: not p.certain and p.endorsement.shared,
        lambda p: not p.certain and not p.endorsement.shared,
        lambda p: p.certain and not p.endorsement.shared and p.n_agents > 1,
        lambda p: p.endorsement.param is not None and p.n_motives > p.endorsement.theta.shape[1] > 1,
        lambda p: any(motive.owner for motive in p.motives) and any(motive.tier for motive in p.motives),
        lambda p: p.agents[0] == "agent 0",
        lambda p: (p.rows.endorsed < 0).any() and (p.rows.revealed > 0).any(),
        lambda p: (p.rows.revealed == 0).all() and (p.contributions != 0).any(),  # pulls that cancel
    ],
)
def test_profiles_reach(corner):
    find(strategies.profiles(), lambda p: bool(corner(p)), settings=SEARCH)


@pytest.mark.parametrize("kind", strategies.ENDORSEMENTS)
def test_each_kind_of_endorsement_has_its_shape(kind):
    @QUICK
    @given(strategies.profiles(endorsement=kind, agents=(2, 3), motives=(2, 3)))
    def check(profile):
        e = profile.endorsement
        shape = e.theta.shape
        n, count = profile.n_agents, profile.n_motives
        expected = {"full": (1, 1), "number": (1, 1), "shared": (1, count), "box": (1, count)}
        if kind != "grouped":
            assert shape == expected.get(kind, (n, count))
        assert (e.lower is not None) == (kind in ("box", "own_box", "grouped"))
        if kind == "full":
            assert np.array_equal(profile.rows.endorsed, profile.rows.revealed)

    check()


@QUICK
@given(strategies.choices(agents=(1, 3)))
def test_choices(problem):
    assert isinstance(problem, te.Choice)
    assert problem.profile.index.dense


@QUICK
@given(strategies.assignments())
def test_assignments(problem):
    assert problem.supply.shape == (problem.profile.n_options,)
    assert problem.with_profile(problem.profile.thin()).conflicts.tolist() == problem.conflicts.tolist()


@pytest.mark.parametrize(
    "corner",
    [
        lambda a: a.demand is None,
        lambda a: a.demand is not None and (a.demand == 0).any() and a.demand.max() > 1,
        lambda a: (a.supply == 0).any() and a.supply.max() > 1,
        lambda a: len(a.conflicts) > 1 and a.profile.agents[0] == "agent 0",
        lambda a: a.supply.sum() < a.profile.n_agents - 1,
    ],
)
def test_assignments_reach(corner):
    find(strategies.assignments(), lambda a: bool(corner(a)), settings=SEARCH)


def lengths(profile: te.ThickProfile) -> np.ndarray:
    return np.diff(profile.index.indptr)


def one_sided(market: te.Market) -> bool:
    """A proposer lists a receiver who does not list them."""
    ours = set(zip(market.proposers.rows.agent.tolist(), market.proposers.rows.option.tolist(), strict=True))
    theirs = set(zip(market.receivers.rows.option.tolist(), market.receivers.rows.agent.tolist(), strict=True))
    return bool(ours - theirs) and bool(theirs - ours)


@pytest.mark.parametrize("sides", ["profiles", "rankings", "priorities"])
@pytest.mark.parametrize(
    "corner",
    [
        lambda m: m.proposers.n_agents > m.proposers.n_options + 1,
        lambda m: m.proposers.n_agents < m.proposers.n_options - 1,
        lambda m: (m.capacities == 0).any() and m.capacities.max() > 1,
        lambda m: (lengths(m.proposers) == 0).any() and lengths(m.proposers).max() > 1,
        lambda m: (lengths(m.receivers) == 0).any(),
        one_sided,
        lambda m: has_tie(m.proposers) and has_tie(m.receivers),
    ],
)
def test_markets_reach(sides, corner):
    found = find(strategies.markets(sides=sides), lambda m: bool(corner(m)), settings=SEARCH)
    assert found.receivers_are_agents == (sides != "priorities")


@QUICK
@given(strategies.markets(sides="rankings", ties=False, complete=True, capacity=1))
def test_strict_complete_markets(market):
    n, m = market.proposers.n_agents, market.proposers.n_options
    assert np.array_equal(np.sort(market.proposers.revealed, axis=1), np.tile(np.arange(1, m + 1), (n, 1)))
    assert np.array_equal(np.sort(market.receivers.revealed, axis=1), np.tile(np.arange(1, n + 1), (m, 1)))
    assert (market.capacities == 1).all()
    assert (market.demand == 1).all()


@QUICK
@given(strategies.markets(demand=3, complete=True, outside=False))
def test_many_to_many_markets(market):
    assert market.demand.min() >= 1
    assert market.proposers.index.dense
    assert market.receivers.index.dense
    assert market.proposers.outside is None


@QUICK
@given(strategies.bids())
def test_bids(problem):
    assert (problem.bundles.sum(axis=1) >= 1).all()
    assert (problem.bundles <= problem.supply).all()
    assert problem.profile.contributions.min(initial=0) >= 0
    if problem.language in ("unit", "additive"):
        assert np.array_equal(problem.bundles, np.eye(problem.profile.n_options))


@pytest.mark.parametrize(
    ("language", "corner"),
    [
        ("unit", lambda b: b.supply.max() > 1 and b.profile.n_agents > b.supply.sum()),
        ("additive", lambda b: b.profile.n_options == 3),
        ("XOR", lambda b: (b.bundles[:, 0] > 0).sum() > 1 and len(np.unique(b.bundles, axis=0)) > 2),
        ("XOR", lambda b: len(np.unique(b.bundles, axis=0)) < len(b.bundles)),  # a bundle offered twice
        ("XOR", lambda b: b.bundles.max() > 1),
        ("OR", lambda b: (b.bundles.sum(axis=1) > 2).any()),
        (None, lambda b: b.language == "OR"),
        (None, lambda b: has_tie(b.profile) and b.language == "unit"),
    ],
)
def test_bids_reach(language, corner):
    found = find(strategies.bids(language=language), lambda b: bool(corner(b)), settings=SEARCH)
    assert language in (None, found.language)


def test_bad_arguments_are_named():
    with pytest.raises(InputError, match="agents"):
        find(strategies.profiles(agents=(0, 2)), lambda p: True)
    with pytest.raises(InputError, match="endorsement"):
        find(strategies.profiles(endorsement="sharded"), lambda p: True)


def test_the_package_does_not_need_hypothesis():
    import subprocess
    import sys

    code = "import sys, thickecon as te; te.ThickProfile; te.testing; te.datasets; print('hypothesis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
