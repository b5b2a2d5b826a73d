"""Constructors, derived readings and edits of profiles, by numbers worked by hand and by brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

import thickecon as te
from thickecon.errors import ProfileError, SizeError, UnknownNameError
from thickecon.profiles.rows import Rows

P = te.ThickProfile
NAN = float("nan")


def coffee() -> te.ThickProfile:
    """Two agents, three drinks; taste, an owned ad, and a habit nobody profits from.

    ann: taste (4, 2, 1), ad (3, 0, 0), habit (0, 2, 0); she stands behind all, a third, half of them.
    bob: taste (1, 5, 0), ad (6, 0, -3), habit (0, 0, 2); he stands behind all, none, all of them.
    """
    return P.from_arrays(
        [[[4, 2, 1], [3, 0, 0], [0, 2, 0]], [[1, 5, 0], [6, 0, -3], [0, 0, 2]]],
        endorsement=[[1, 1 / 3, 0.5], [1, 0, 1]],
        motives=["taste", te.Motive("ad", "influence", owner="roaster"), te.Motive("habit", "influence")],
        agents=["ann", "bob"],
        options=["latte", "mocha", "tea"],
    )


# ---- readings by hand -----------------------------------------------------------------------------------------


def test_revealed_endorsed_wedge() -> None:
    p = coffee()
    assert p.revealed.tolist() == [[7, 4, 1], [7, 5, -1]]
    assert p.endorsed.tolist() == [[5, 3, 1], [1, 5, 2]]
    assert p.wedge.tolist() == [[2, 1, 0], [6, 0, -3]]
    assert p.rows.manufactured.tolist() == pytest.approx([2, 0, 0, 6, 0, -3])  # the ad has an owner
    assert p.rows.disowned.tolist() == pytest.approx([0, 1, 0, 0, 0, 0])  # the habit has none
    assert dict(p.rows["bob"]) == {"latte": 1, "mocha": 5, "tea": 2}


def test_thin_and_laundered() -> None:
    p = coffee()
    assert p.thin().revealed.tolist() == p.thin().endorsed.tolist() == p.revealed.tolist()
    assert p.laundered().revealed.tolist() == p.laundered().endorsed.tolist() == p.endorsed.tolist()
    assert p.thin().n_motives == p.laundered().n_motives == 1
    assert p.thin().resolution == p.laundered().resolution == p.resolution


def test_endorsed_bounds_by_hand() -> None:
    """Contributions +4 and -2 with theta in [.5, 1] and [.25, .75]: v in [2 - 1.5, 4 - .5]."""
    p = P.from_arrays([[[4.0], [-2.0]]], [0.75, 0.5], ([0.5, 0.25], [1.0, 0.75]))
    low, high = p.endorsed_bounds()
    assert (low.tolist(), high.tolist()) == ([[0.5]], [[3.5]])
    shared = p.with_endorsement(te.Endorsement([[0.75]], [[0.5]], [[1.0]], param=[0, 0]))
    low, high = shared.endorsed_bounds()  # one unknown: theta (4 - 2)
    assert (low.tolist(), high.tolist()) == ([[1.0]], [[2.0]])


def test_endorsed_bounds_from_a_standard_error() -> None:
    """Wedge 5 with relative error .2: v = 3 -+ 1.959964 (normal quantile, any table) x 1."""
    p = P.from_values([[8.0]]).with_influence("ad", 5.0, se=1.0)
    low, high = p.endorsed_bounds()
    assert low[0, 0] == pytest.approx(3 - 1.959963984540054)
    assert high[0, 0] == pytest.approx(3 + 1.959963984540054)


def vertices(p: te.ThickProfile) -> list[np.ndarray]:
    """Endorsed values (n, m) at every vertex of the box."""
    e = p.endorsement
    assert e.lower is not None
    assert e.upper is not None
    ends = np.stack([e.lower.ravel(), e.upper.ravel()])
    found = []
    for choice in product((0, 1), repeat=ends.shape[1]):
        theta = ends[list(choice), range(ends.shape[1])].reshape(e.theta.shape)
        group = np.zeros(p.n_agents, dtype=int) if e.group is None else e.group
        weights = theta[group][:, e.columns(p.n_motives)]
        table = np.einsum("ic,cim->im", weights, p.contributions.reshape(p.n_motives, p.n_agents, p.n_options))
        found.append(table)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_unanimous_and_bounds_against_all_vertices(seed: int) -> None:
    """A linear function of theta has its least value over a box at a vertex, so vertices decide."""
    rng = np.random.default_rng(seed)
    n, count, m, groups, width = 3, 4, 4, 2, 3
    ends = np.sort(rng.integers(0, 5, (2, groups, width)) / 4, axis=0)
    e = te.Endorsement(ends[0], *ends, rng.integers(0, groups, n), rng.integers(0, width, count))
    p = P.from_arrays(rng.integers(-4, 5, (n, count, m)).astype(float), e)
    tables = np.stack(vertices(p))
    wins = (tables[:, :, :, None] > tables[:, :, None, :]).all(axis=0)
    assert np.array_equal(p.unanimous, wins)
    assert np.array_equal(p.rows.unanimous(1), wins[1])
    low, high = p.endorsed_bounds()
    np.testing.assert_allclose(low, tables.min(axis=0), atol=1e-12)
    np.testing.assert_allclose(high, tables.max(axis=0), atol=1e-12)


def test_unanimous_is_not_a_comparison_of_bounds() -> None:
    """v(x) = 2 theta, v(y) = theta, theta in [.1, 1]: bounds overlap, yet x is always better."""
    p = P.from_arrays([[[2.0, 1.0]]], 0.5, (0.1, 1.0))
    low, high = p.endorsed_bounds()
    assert low[0, 0] < high[0, 1]
    assert p.unanimous.tolist() == [[[False, True], [False, False]]]


# ---- constructors ---------------------------------------------------------------------------------------------


def test_constructors_agree() -> None:
    p = coffee()
    e, motives, labels = p.endorsement, p.motives, {"agents": p.agents, "options": p.options}
    agent, option = np.repeat([0, 1], 3), np.tile([0, 1, 2], 2)
    order = np.array([4, 0, 5, 2, 1, 3])
    names = np.array(["ann", "bob"])[agent[order]], np.array(["latte", "mocha", "tea"])[option[order]]
    frame = p.to_frame().sample(frac=1, random_state=3)
    for other in (
        P.from_rows(agent[order], option[order], p.contributions[:, order], e, motives=motives, **labels),
        P.from_rows(*names, p.contributions[:, order], e, motives=motives, **labels),
        P.from_frame(frame, e, motives=motives, **labels),
        P.from_frame(p.to_frame(), e, motives=motives),
    ):
        assert other.equals(p)


def test_ragged_arrays_and_outside() -> None:
    p = P.from_values([[1.0, NAN], [NAN, NAN], [0.0, 2.0]], outside=[0.5, 0, 1], weights=[1, 2, 3])
    assert p.rows.agent.tolist() == [0, 2, 2]
    assert p.rows.option.tolist() == [0, 0, 1]
    assert p.index.indptr.tolist() == [0, 1, 1, 3]
    assert np.array_equal(p.revealed, [[1, NAN], [NAN, NAN], [0, 2]], equal_nan=True)
    assert p.outside is not None
    assert p.outside.tolist() == [0.5, 0, 1]


def test_order_of_first_appearance() -> None:
    p = P.from_rows(["z", "a", "z"], ["y", "y", "b"], [1.0, 2.0, 3.0])
    assert (list(p.agents), list(p.options)) == (["z", "a"], ["y", "b"])
    assert np.array_equal(p.revealed, [[1, 3], [2, NAN]], equal_nan=True)


def test_rows_with_whole_numbers_as_labels() -> None:
    p = P.from_rows([7, 5], [0, 0], [1.0, 2.0], agents=[5, 7])
    assert p.revealed.tolist() == [[2], [1]]


def test_from_rankings() -> None:
    """Api: [[2, 0], [[0, 1], 2]]: agent 0 likes 2, then 0, and not 1; agent 1 likes 0 as much as 1, then 2."""
    p = P.from_rankings([[2, 0], [[0, 1], 2]], weights=[2, 1])
    assert p.unit == "ordinal"
    assert np.array_equal(p.revealed, [[1, NAN, 2], [2, 2, 1]], equal_nan=True)
    assert te.Revealed().read(p).acceptable.all()
    assert np.array_equal(P.from_rankings(np.array([[1, 0]])).revealed, [[1, 2]])


def test_from_rankings_with_endorsed_lists() -> None:
    """Decision: 0 over 1. On reflection: 1 over 2, never 0. Unacceptable counts -1, doing nothing 0."""
    p = P.from_rankings([[0, 1]], endorsed=[[1, 2]])
    assert p.revealed.tolist() == [[2, 1, -1]]
    assert p.endorsed.tolist() == [[-1, 2, 1]]
    assert te.Revealed().read(p).acceptable.tolist() == [True, True, False]
    assert te.Endorsed().read(p).acceptable.tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("rankings", "message"),
    [
        ([[0, 0]], "option 0 stands twice"),
        ([[0, [1, 0]]], "stands twice"),
        ([[-1]], r"found -1"),
        ([[0], ["tea", "coffee"]], r"rankings\[1\].*found 'tea'.*names as options="),
        ([[0, [1.5]]], "found 1.5"),
        ([[True, False]], "found True"),
        (["01"], "must be a list of options, found '01'"),
        ([3], "must be a list of options, found 3"),
    ],
)
def test_from_rankings_refuses(rankings: list[list[int]], message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        P.from_rankings(rankings)


def test_from_rankings_names_the_list_that_is_wrong() -> None:
    with pytest.raises(ProfileError, match=r"endorsed\[1\]: option 2 stands twice"):
        P.from_rankings([[0], [0]], endorsed=[[0], [2, 2]])


def test_booleans_in_a_list_are_a_mask_and_not_the_labels_1_and_0() -> None:
    p = P.from_values(np.arange(6.0).reshape(3, 2))
    lifted = [[0.0, 0.0], [0.0, 0.0], [5.0, 5.0]]
    for mask in ([False, False, True], np.array([False, False, True]), pd.Series([False, False, True])):
        assert p.with_influence("ad", 5.0, targets=mask).wedge.tolist() == lifted
    assert list(p.restrict(agents=[True, False, True]).agents) == [0, 2]
    with pytest.raises(ProfileError, match=r"shape \(3,\), found \(2,\)"):
        p.restrict(agents=[True, False])


def test_from_weights() -> None:
    """Two mixed-logit agents: R = w Z."""
    p = P.from_weights([[1.0, -2.0], [0.5, 0.0]], [[3.0, 1.0], [1.0, 1.0]], [1.0, 0.5], people=[10, 20])
    assert p.revealed.tolist() == [[1, -1], [1.5, 0.5]]
    assert p.endorsed.tolist() == [[2, 0], [1.5, 0.5]]
    assert p.weights is not None
    assert p.weights.tolist() == [10, 20]


def test_from_frame_refuses_what_it_cannot_read() -> None:
    frame = pd.DataFrame({"agent": [1, 1], "option": [2, 2], "v": [1.0, 2.0]})
    with pytest.raises(ProfileError, match="MultiIndex"):
        P.from_frame(frame)
    with pytest.raises(ProfileError, match="agent 1 evaluates option 2 twice"):
        P.from_frame(frame.set_index(["agent", "option"]))
    with pytest.raises(ProfileError, match="column 'w' is not numeric"):
        P.from_frame(frame[:1].assign(w="x").set_index(["agent", "option"]))


def test_endorsement_by_shape() -> None:
    """(C,) is one unknown a motive shared by all, (n, C) each agent's own, a number one for everything."""
    table = np.ones((3, 2, 1))
    assert P.from_arrays(table, 0.5).endorsement.theta.shape == (1, 1)
    assert P.from_arrays(table, [0.5, 0.1]).endorsement.theta.shape == (1, 2)
    own = P.from_arrays(table, np.full((3, 2), 0.5)).endorsement
    assert own.theta.shape == (3, 2)
    assert own.group is not None
    assert own.group.tolist() == [0, 1, 2]
    assert P.from_arrays(table, 0.5, (np.zeros((3, 2)), 1.0)).endorsement.theta.shape == (3, 2)


def test_arrays_are_copied_and_frozen() -> None:
    table, theta = np.ones((1, 1, 2)), np.array([0.5])
    p = P.from_arrays(table, theta)
    table[:], theta[:] = 7, 1
    assert p.revealed.tolist() == [[1, 1]]
    assert p.endorsed.tolist() == [[0.5, 0.5]]
    for array in (p.contributions, p.index.agent, p.endorsement.theta, p.revealed, p.rows.endorsed):
        with pytest.raises(ValueError, match="read-only"):
            array[..., 0] = 3
    with pytest.raises(AttributeError):
        p.unit = "money"  # type: ignore[misc]


def test_dense_views_above_a_gigabyte_are_refused() -> None:
    index = Rows.full(range(1), range(1))
    wide = Rows(index.agent, index.option, range(20_000), range(20_000))
    with pytest.raises(SizeError, match=r"20000 x 20000 would take 3\.0 GB.*p\.rows\.revealed"):
        wide.spread(np.zeros(1))


# ---- edits ----------------------------------------------------------------------------------------------------


def test_with_influence_moves_the_wedge_and_leaves_the_report() -> None:
    p = P.from_values([[8.0, 3.0], [5.0, NAN]], agents=["ann", "bob"], options=["x", "y"])
    q = p.with_influence("ad", [2.0, 9.0], targets=["ann"], options=["x"], owner="shop", channel="feed")
    assert np.array_equal(q.revealed, p.revealed, equal_nan=True)
    assert np.array_equal(q.endorsed, [[6, 3], [5, NAN]], equal_nan=True)
    assert q.motives[1] == te.Motive("ad", "influence", owner="shop", channel="feed")
    assert q.resolution == p.resolution
    again = q.with_influence("pack", 1.0, taken_from="ad")  # the pack's lift was hidden in the ad's
    assert again.contributions[:, 0].tolist() == [6, 1, 1]
    with pytest.raises(ProfileError, match="'ad' is already there"):
        q.with_influence("ad", 1.0)


def test_with_influence_needs_to_know_where_it_hides() -> None:
    p = P.from_arrays(np.ones((1, 2, 1)), motives=["taste", "price"])
    with pytest.raises(ProfileError, match=r"2 values.*taken_from"):
        p.with_influence("ad", 1.0)
    with pytest.raises(ProfileError, match=r"one number"):
        P.from_values([[1.0, 2.0]]).with_influence("ad", [1.0, 2.0], se=[1.0, 1.0])


def test_split_and_merge() -> None:
    p = coffee()
    parts = p.split("ad", {"jingle": 0.25, "banner": 0.75})
    assert [m.name for m in parts.motives] == ["taste", "jingle", "banner", "habit"]
    assert parts.motives[1].owner == "roaster"
    assert parts.contributions[1].tolist() == [0.75, 0, 0, 1.5, 0, -0.75]
    assert parts.endorsed.tolist() == p.endorsed.tolist()
    assert parts.endorsement.theta.tolist() == p.endorsement.theta.tolist()  # no new unknown
    back = parts.merge(["jingle", "banner"], "ad")
    assert back.motives == p.motives
    assert back.contributions.tolist() == p.contributions.tolist()
    with pytest.raises(ProfileError, match="different endorsement parameters"):
        P.from_arrays(np.ones((1, 2, 1)), [0.1, 0.2]).merge(["motive0", "motive1"], "both")
    with pytest.raises(ProfileError, match="differ in kind"):
        P.from_arrays(np.ones((1, 2, 1)), motives=["a", te.Motive("b", "influence")]).merge(["a", "b"], "both")
    with pytest.raises(ProfileError, match="must name different motives"):
        p.merge(["ad", "ad"], "twice")


def test_split_and_merge_carry_the_worth_of_doing_nothing() -> None:
    p = P.from_arrays([[[1.0], [2.0]]], [1.0, 0.5], outside=[[4.0, 8.0]])
    parts = p.split("motive1", [0.25, 0.75])
    assert parts.outside is not None
    assert parts.outside.tolist() == [[4, 2, 6]]
    merged = parts.merge(["motive1.0", "motive1.1"], "motive1")
    assert merged.outside is not None
    assert merged.outside.tolist() == [[4, 8]]
    assert te.Endorsed().read(parts).outside.tolist() == [8]
    assert te.Revealed().read(p.thin()).outside.tolist() == [12]
    assert te.Revealed().read(p.laundered()).outside.tolist() == [8]


def test_at_a_context() -> None:
    motives = [te.Motive("rest", contexts="home"), te.Motive("pride", contexts=["work", "home"]), te.Motive("pay")]
    assert motives[0].contexts == ("home",)
    p = P.from_arrays([[[1.0], [10.0], [100.0]]], [1, 0.5, 1], motives=motives)
    assert p.at("work").revealed.tolist() == [[110]]
    assert p.at("work").endorsed.tolist() == [[105]]
    assert p.at("home").revealed.tolist() == [[111]]
    with pytest.raises(ProfileError, match=r"no motive applies in 'work'; contexts named: \['home'\]"):
        p.restrict(motives=["rest"]).at("work")


def test_restrict() -> None:
    p = coffee()
    q = p.restrict(agents=["bob"], options=["tea", "latte"], motives=["ad", "taste"])
    assert (list(q.agents), list(q.options)) == (["bob"], ["tea", "latte"])
    assert q.revealed.tolist() == [[-3, 7]]
    assert q.endorsed.tolist() == [[0, 1]]
    assert q.resolution == p.resolution
    assert p.restrict().equals(p.with_endorsement(p.endorsement))
    by_mask = p.restrict(rows=p.rows.revealed > 0)
    assert len(by_mask.index) == 5
    with pytest.raises(ProfileError, match="'bob' stands twice"):
        p.restrict(agents=["bob", "bob"])
    with pytest.raises(ProfileError, match="mask of 6 rows"):
        p.restrict(rows=np.array([True]))
    with pytest.raises(ProfileError, match="nothing is left"):
        p.restrict(agents=[])
    with pytest.raises(UnknownNameError, match="'lattes'"):
        p.restrict(options=["lattes"])


def test_labels_that_are_tuples() -> None:
    p = P.from_values([[1.0, 2.0]], agents=[("ann", 1)], options=[("a", "b"), "a"])
    assert p.rows.unanimous(("ann", 1)).tolist() == [[False, False], [True, False]]
    assert p.restrict(options=("a", "b")).options == (("a", "b"),)  # the label, not two labels
    assert p.to_frame().index.get_level_values(1).tolist() == [("a", "b"), "a"]
    assert p.unanimous.shape == (1, 2, 2)


def test_observe() -> None:
    """Decision selves report d = 7, endorsed selves v = 5 (ann on latte)."""
    truth = coffee()
    seen = te.observe(truth, evidence=[1.0, 0.0, 1.0])
    assert seen.revealed.tolist() == truth.revealed.tolist()
    assert seen.endorsed.tolist() == [[4, 4, 1], [1, 5, 2]]
    candid = te.observe(truth, reporting_self="endorsed")
    np.testing.assert_allclose(candid.revealed, truth.endorsed, atol=1e-15)
    assert candid.endorsed.tolist() == candid.revealed.tolist()
    assert candid.resolution == truth.resolution
    none = te.observe(truth)
    assert none.endorsed.tolist() == truth.revealed.tolist()

    class Estimate:
        def apply(self, profile: te.ThickProfile) -> te.ThickProfile:
            return profile.with_endorsement(0.5)

    assert te.observe(truth, evidence=Estimate()).endorsed.tolist() == (truth.revealed / 2).tolist()
    with pytest.raises(ProfileError, match="'decision' or 'endorsed'"):
        te.observe(truth, reporting_self="both")  # type: ignore[arg-type]


def test_scaled_is_the_path_from_revealed_to_endorsed() -> None:
    """E(lambda) = 1 + lambda (E - 1)."""
    p = coffee()
    for share in (0.0, 0.25, 1.0):
        values = p.rows.read(p.endorsement.scaled(share))
        np.testing.assert_allclose(values, p.rows.revealed - share * p.rows.wedge, atol=1e-14)


def test_to_xarray() -> None:
    pytest.importorskip("xarray")
    made = coffee().to_xarray()
    assert float(made.contribution.sel(agent="bob", option="latte", motive="ad")) == 6
    assert float(made.endorsement.sel(agent="ann", motive="habit")) == 0.5


def test_content_hash_sees_everything() -> None:
    p = P.from_values([[1.0, 2.0]])
    others = [
        P.from_values([[2.0, 1.0]]),
        P.from_values([[1.0, 2.0]], outside=0.0),
        P.from_values([[1.0, 2.0]], weights=[2.0]),
        P.from_values([[1.0, 2.0]], unit="money"),
        P.from_values([[1.0, 2.0]], agents=range(5, 6)),
        P.from_values([[1.0, 2.0]], options=["0", "1"]),
        P.from_values([[1.0, 2.0]], resolution=0.5),
        p.with_endorsement(0.5),
        p.with_endorsement(1.0, (0.5, 1.0)),
    ]
    assert len({one.content_hash for one in [p, *others]}) == len(others) + 1
    assert p.equals(P.from_arrays([[[1.0, 2.0]]], 1.0))
    assert te.Evidence("s", np.float64(0.5), None, (np.float64(0), 1), np.int64(3)) == te.Evidence(
        "s", 0.5, None, (0.0, 1.0), 3
    )
    assert repr(te.Evidence("s", np.float64(0.5))) == repr(te.Evidence("s", 0.5))
