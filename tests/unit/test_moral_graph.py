"""Moral graphs: the published counts and the hand-computed examples MG1 to MG6, manipulation, cycles, bad input.

Counts are those of the run of Klingefjord, Lowe and Edelman (2024), arXiv:2404.10636, context "When seeking
information"; likelihoods, entropies and ranks were recomputed by a second method outside this package.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import thickecon as te
from thickecon.endorsement import MoralGraph, bradley_terry, hodge_rank, pagerank
from thickecon.endorsement.large_cycles import visits_of_large_part
from thickecon.endorsement.pair_rankings import likelihood_and_entropy, published_trimming
from thickecon.endorsement.reflective_walk import transition
from thickecon.errors import EvidenceError, FileFormatError, NotApplicableError, UnknownNameError
from thickecon.interop import read_moral_graph

TINY = Path(__file__).resolve().parents[2] / "../shared/data/moral_graph/tiny_made_up.json"

MG1 = [  # a, b, W, N, U, I, likelihood, entropy
    (289, 298, 9, 2, 0, 11, 0.818182, 1.342019),
    (234, 303, 5, 0, 1, 6, 0.833333, 1.325011),
    (298, 303, 80, 15, 17, 112, 0.714286, 1.574015),
    (300, 289, 20, 6, 6, 32, 0.625, 1.664717),
    (335, 234, 7, 1, 2, 10, 0.7, 1.578390),
    (284, 289, 4, 1, 1, 7, 0.666667, 1.573402),
    (298, 234, 36, 9, 8, 53, 0.679245, 1.612577),
    (303, 289, 8, 2, 2, 12, 0.666667, 1.625815),
    (300, 303, 3, 0, 2, 5, 0.6, 1.485475),
]
VALUES = [234, 284, 289, 298, 300, 303, 335]


def answers(*edges: tuple[Any, ...], context: str = "-") -> pd.DataFrame:
    """(a, b, wiser, not) as answers."""
    rows = [(a, b, context, answer, n) for a, b, *counts in edges for answer, n in zip(("wiser", "not", "unsure"),
            counts, strict=False) if n]  # fmt: skip
    return pd.DataFrame(rows, columns=["from", "to", "context", "answer", "n"])


def published() -> pd.DataFrame:
    return answers(*[(a, b, w, n, u) for a, b, w, n, u, *_ in MG1])


def fitted(data: pd.DataFrame, **named: Any) -> Any:
    return MoralGraph(**{"draws": 0, "require_reverse": False, "m": 0, **named}).fit(data)


def edge_arrays() -> tuple[np.ndarray, np.ndarray]:
    a, b = (np.array([VALUES.index(row[k]) for row in MG1]) for k in (0, 1))
    return a, b


def test_mg1_edge_statistics() -> None:
    w, n, u, shown = (np.array([row[k] for row in MG1]) for k in (2, 3, 4, 5))
    likelihood, entropy = likelihood_and_entropy(w, n, u, np.zeros(9), shown)
    assert likelihood == pytest.approx([row[6] for row in MG1], abs=1e-6)
    assert entropy == pytest.approx([row[7] for row in MG1], abs=1e-6)
    assert published_trimming(w, likelihood, entropy).all()


def test_mg2_pagerank_in_both_conventions() -> None:
    def both(a: list[int], b: list[int], w: list[float], size: int) -> list[np.ndarray]:
        return [pagerank(a, b, w, size, dangling=way) for way in ("source", "redistribute")]

    source, spread = both([0], [1], [1.0], 2)
    assert source == pytest.approx([0.075, 0.13875], abs=1e-6)
    assert spread == pytest.approx([0.350877, 0.649123], abs=1e-6)
    assert np.concatenate(both([0, 1], [1, 0], [1, 1], 2)) == pytest.approx([0.5] * 4)
    source, spread = both([0, 0], [1, 2], [0.8, 0.4], 3)
    assert source == pytest.approx([0.05, 0.078333, 0.064167], abs=1e-6)
    assert spread == pytest.approx([0.259740, 0.406926, 0.333333], abs=1e-6)
    a, b = edge_arrays()
    expected = {289: 0.273287, 303: 0.263942, 298: 0.253722, 234: 0.144763, 284: 0.021429, 300: 0.021429, 335: 0.021429}
    for rank in both(list(a), list(b), [row[6] for row in MG1], 7):
        assert dict(zip(VALUES, rank, strict=True)) == pytest.approx(expected, abs=1e-6)
    unweighted = pagerank(a, b, np.ones(9), 7)
    assert unweighted[[VALUES.index(v) for v in (289, 303, 298, 234)]] == pytest.approx(
        [0.272422, 0.263143, 0.252987, 0.147162], abs=1e-6
    )
    with pytest.raises(EvidenceError, match="must be 'source' or 'redistribute'"):
        pagerank(a, b, np.ones(9), 7, dangling="lost")  # type: ignore[arg-type]


def test_mg3_the_cycle_of_four() -> None:
    found = fitted(published())
    ((cycle,), nodes) = found.graph.cycles, found.graph.answers.nodes
    assert {nodes[k][0] for k in cycle} == {289, 298, 234, 303}


def test_mg4_chain() -> None:
    data = answers(("a", "b", 8, 2), ("b", "c", 3, 1))
    assert fitted(data, method="one_step").estimate.to_dict() == pytest.approx({"a": 0.2, "b": 0.25, "c": 1.0})
    found = fitted(data)
    assert found.transport().to_numpy() == pytest.approx(
        np.array([[0.2, 0.2, 0.6], [0, 0.25, 0.75], [0, 0, 1]]), abs=1e-12
    )
    assert found.graph.arrivals() == pytest.approx(found.transport().to_numpy().mean(axis=0))
    profile = found.transported_profile([[1.0, 0, 0]], [[10.0, 0], [0, 6], [0, 7]])
    assert profile.revealed[0] == pytest.approx([10.0, 0.0])
    assert profile.endorsed[0] == pytest.approx([2.0, 5.4])  # transport flips the choice
    retired = te.ThickProfile.from_weights([[1.0, 0, 0]], [[10.0, 0], [0, 6], [0, 7]], motives=["a", "b", "c"])
    assert fitted(data, method="one_step").apply(retired).endorsed[0] == pytest.approx([2.0, 0.0])  # retiring does not
    assert fitted(data, m=2).graph.rho == pytest.approx([2 / 3, 1 / 2, 0])


def test_mg4_cycle() -> None:
    data = answers(("a", "b", 3, 1), ("b", "a", 3, 1))
    plain = fitted(data, net_reverse=False)
    assert plain.graph.one_step == pytest.approx([0.25, 0.25])
    assert plain.graph.walk == pytest.approx([4 / 7, 4 / 7])
    assert plain.transport().to_numpy() == pytest.approx(np.array([[4, 3], [3, 4]]) / 7)
    assert plain.graph.dropped.tolist() == [1.0, 1.0]
    assert np.isnan(plain.estimate).all()  # each direction is affirmed by three quarters: no point
    assert fitted(data, net_reverse=False, m=2).graph.walk == pytest.approx([2 / 3, 2 / 3])
    netted = fitted(data)
    assert netted.graph.one_step == pytest.approx([4 / 7, 4 / 7])
    assert netted.transport().to_numpy() == pytest.approx(np.array([[0.7, 0.3], [0.3, 0.7]]))
    # a unanimous cycle of thousands: anything between 0 and 1
    sure = fitted(answers(("a", "b", 10**6), ("b", "a", 10**6)), net_reverse=False)
    assert sure.bounds.loc["a"].tolist() == pytest.approx([0.0, 1.0], abs=1e-4)


def test_mg4_walk_by_simulation() -> None:
    """200,000 walks of the un-netted cycle end where they began in 4 / 7 of cases."""
    gen = np.random.default_rng(1)
    at, alive, rho = np.zeros(200_000, dtype=int), np.ones(200_000, dtype=bool), 0.75
    while alive.any():
        go = alive & (gen.random(200_000) < rho)
        at[go] = 1 - at[go]
        alive = go
    assert (at == 0).mean() == pytest.approx(4 / 7, abs=4.4 * 0.5 / np.sqrt(200_000))


def test_mg4_the_published_context() -> None:
    found = fitted(published())
    table = found.values_table().droplevel("context").loc[VALUES]
    assert table["one_step"].tolist() == pytest.approx([0, 0.2, 0.181818, 0.157895, 0, 0.2, 0.125], abs=1e-6)
    assert table["walk"].tolist() == pytest.approx([0, 0.2, 0.405117, 0.351812, 0, 0.445629, 0.125], abs=1e-6)
    assert table["without_cycles"].tolist() == pytest.approx([1, 0.2, 1, 1, 0, 1, 0.125], abs=1e-6)
    assert found.transport().to_numpy().sum(axis=1) == pytest.approx(np.ones(7))


def test_mg5_sybil_prices_clones_and_dilution() -> None:
    def price(k: int, n: int) -> float:
        table = fitted(answers(("a", "b", k, n - k))).edges_table(0.5)
        return float(table["sybil_price"].iloc[0])

    assert price(11, 30) == 8
    groups = pd.concat([answers(("a", "b", 2, 18)).assign(party="x"), answers(("a", "b", 9, 1)).assign(party="y")])
    found = fitted(groups, authority="bridging", group="party")
    assert found.edges_table(0.5)["sybil_price"].tolist() == [16]
    assert found.graph.support.tolist() == pytest.approx([0.1])  # the least of .1 and .9
    assert fitted(groups).graph.support.tolist() == pytest.approx([11 / 30])
    clones = fitted(answers(("a", "b", 4, 1), ("a", "c", 4, 1)), method="one_step")
    assert clones.estimate["a"] == pytest.approx(0.2)  # as with one rival of 8 and 2
    diluted = fitted(answers(("a", "b", 8, 2), ("a", "z", 0, 30)), method="one_step")
    assert diluted.estimate["a"] == pytest.approx(0.2)


def test_mg6_yes_saying() -> None:
    def support(k: int, n: int, alpha: float, beta: float) -> float:
        return float(fitted(answers(("a", "b", k, n - k)), yes_saying=(alpha, beta)).graph.support[0])

    assert support(8, 10, 0.3, 0.1) == pytest.approx(0.833333, abs=1e-6)
    assert support(80, 95, 0.8, 0.05) == pytest.approx(0.280702, abs=1e-6)
    said = fitted(answers(("a", "b", 1046, 168))).diagnostics
    assert said["wiser_of_decided"] == pytest.approx(0.8616, abs=5e-5)
    assert any("yes-saying" in text for text in said["warnings"])


def test_the_reverse_must_be_asked_for_an_upper_end() -> None:
    once = MoralGraph(draws=0).fit(answers(("a", "b", 80, 5)))
    assert once.bounds.loc["a", "upper"] == 1.0
    asked = MoralGraph(draws=0).fit(answers(("a", "b", 80, 5), ("b", "a", 0, 40)))
    assert asked.bounds.loc["a", "upper"] < 0.25
    # Wilson's limits by statsmodels' formula, from the counts with two pseudo-answers: 80 of 87
    from scipy.stats import binomtest

    limits = binomtest(80, 87).proportion_ci(0.95, "wilson")
    assert asked.bounds.loc["a"].tolist() == pytest.approx([1 - limits.high, 1 - limits.low])


def test_contexts_are_not_merged_before_cycles_are_looked_for() -> None:
    """a -> b in one context and b -> a in another are no cycle; pooled they are one."""
    apart = pd.concat([answers(("a", "b", 8, 2), context="food"), answers(("b", "a", 9, 1), context="debt")])
    assert fitted(apart).graph.cycles == ()
    assert fitted(apart.assign(context="-")).graph.cycles == ((0, 1),)
    assert set(fitted(apart).names) == {"a @ food", "b @ food", "a @ debt", "b @ debt"}


def test_own_answers_come_first() -> None:
    data = pd.DataFrame(
        [("Ann", "a", "b", "-", "wiser"), ("Bob", "a", "b", "-", "not"), ("Cem", "b", "c", "-", "wiser")],
        columns=["user", "from", "to", "context", "answer"],
    )
    found = fitted(data, authority="own", method="one_step")
    profile = te.ThickProfile.from_arrays(np.ones((3, 3, 1)), motives=["a", "b", "c"], agents=["Ann", "Bob", "Dia"])
    made = found.apply(profile)
    # Ann calls b wiser than a; Bob refuses; Dia was not asked and has the mean: 1/2. Of b: 0 by the mean
    assert made.endorsed[:, 0] == pytest.approx([0 + 0 + 1, 1 + 0 + 1, 0.5 + 0 + 1])
    with pytest.raises(EvidenceError, match="needs a column 'user'"):
        fitted(published(), authority="own")


def test_interval_goes_into_the_profile() -> None:
    found = MoralGraph(draws=0).fit(answers(("a", "b", 8, 2), ("b", "a", 1, 9)))
    profile = te.ThickProfile.from_arrays(np.array([[[3.0], [1.0]]]), motives=["a", "b"])
    made = found.apply(profile, motives=["a"])
    low, high = made.endorsed_bounds()
    ends = found.bounds.loc["a"]
    assert low[0, 0] == pytest.approx(3 * ends["lower"] + 1)
    assert high[0, 0] == pytest.approx(3 * ends["upper"] + 1)
    assert made.endorsed[0, 0] == pytest.approx(3 * found.estimate["a"] + 1)
    with pytest.raises(NotApplicableError, match="transported_profile"):
        fitted(answers(("a", "b", 8, 2)), method="transport").apply(profile)


def test_comparisons_on_the_same_answers() -> None:
    """A transitive graph has no cyclic part; a pure cycle nothing else. Bradley-Terry of one pair: log odds."""
    assert hodge_rank([0, 1], [1, 2], [1.0, 1.0], [1, 1], 3) == (pytest.approx([-1, 0, 1]), pytest.approx(0.0))
    s, cyclic = hodge_rank([0, 1, 2], [1, 2, 0], [1.0, 1.0, 1.0], [1, 1, 1], 3)
    assert s == pytest.approx([0, 0, 0], abs=1e-9)
    assert cyclic == pytest.approx(1.0)
    strength = bradley_terry([0], [1], [30.0], [10.0], 2, ridge=1e-9)
    assert strength[1] - strength[0] == pytest.approx(np.log(3.0), abs=1e-6)
    table = fitted(published()).comparison()
    assert 0 < table.attrs["cyclic_share"] < 1
    assert np.isfinite(table.to_numpy()).all()


def test_stability_of_first_places() -> None:
    sure = MoralGraph(draws=100, rng=0, m=0).fit(answers(("a", "b", 900, 100)))
    assert sure.diagnostics["stability"].loc["-"].tolist() == ["b", 1.0]
    close = answers(("a", "b", 50, 50), ("a", "c", 49, 51))
    shaky = MoralGraph(draws=200, rng=0, m=0).fit(close).diagnostics["stability"]
    assert 0.3 < shaky.loc["-", "share of samples"] < 1.0


def test_tiers() -> None:
    found = fitted(answers(("a", "b", 80, 5), ("b", "c", 80, 5), ("a", "c", 60, 50), ("d", "c", 3, 2)))
    assert found.tiers().to_dict() == {"a": 2, "b": 1, "c": 0, "d": 0}


def test_tiers_of_a_long_chain() -> None:
    """One layer a value: no limit of depth."""
    chain = answers(*[(k, k + 1, 80, 0) for k in range(3000)])
    assert fitted(chain).tiers().tolist() == list(range(3000, -1, -1))


# ---- the walk and its interval ----------------------------------------------------------------------------------


def test_the_walk_lies_in_its_interval() -> None:
    """b hands all back to a, so the walk leaves .5 / (1 - .5 * .9) of a: more than 1 - sigma of the way out, a -> c."""
    data = answers(("a", "b", 900, 900), ("a", "c", 100, 100), ("b", "a", 10**6))
    found = fitted(data, net_reverse=False)
    assert found.estimate["a"] == pytest.approx(0.5 / 0.55, abs=1e-5)
    assert found.bounds.loc["a", "upper"] >= found.estimate["a"]
    assert fitted(data, net_reverse=False, method="one_step").bounds.loc["a", "upper"] < 0.6


def test_the_walk_lies_in_its_interval_in_random_graphs() -> None:
    gen = np.random.default_rng(3)
    for trial in range(60):
        edges = [(a, b, *gen.integers(0, 9, 2)) for a in range(6) for b in range(6) if a != b and gen.random() < 0.5]
        data = answers(*edges, (0, 1, 1, 1))
        named = {"m": trial % 3, "net_reverse": bool(trial % 2), "require_reverse": bool(trial % 5 == 0)}
        graph = fitted(data, **named).graph
        exact = np.diag(np.linalg.inv(np.eye(graph.size) - graph.transition.toarray())) * (1 - graph.walk_rho)
        assert graph.walk == pytest.approx(exact)
        assert (graph.low <= graph.walk + 1e-9).all()
        assert (graph.walk <= graph.high + 1e-9).all()


def test_arrivals_of_a_unanimous_cycle() -> None:
    """A walk that starts in either of two values, and is let go once in 10^9 steps, rests in each half of the time."""
    found = fitted(answers(("a", "b", 50), ("b", "a", 50)), net_reverse=False)
    assert found.graph.arrivals() == pytest.approx([0.5, 0.5], abs=1e-6)


def test_visits_in_large_parts_against_an_inverse() -> None:
    gen = np.random.default_rng(4)
    for favoured in (1.0, 4.0):  # targets alike, or a few of them far more often
        source = np.repeat(np.arange(900), 5)
        target = (source + 1 + (899 * gen.random(4500) ** favoured).astype(int)) % 900
        table = sp.csr_array((gen.integers(1, 9, 4500).astype(float), (source, target)), shape=(900, 900)).tocoo()
        rho = gen.uniform(0.2, 0.95, 900)
        q = transition(*table.coords, table.data, rho)
        exact = np.diag(np.linalg.inv(np.eye(900) - q.toarray()))
        visits, errors = visits_of_large_part(q)
        assert (np.abs(visits - exact) <= 5 * errors + 1e-9).all()
        assert (errors * (1 - rho)).max() <= 0.002


def test_a_cycle_of_more_than_5000_values() -> None:
    """Everybody's value and 5,200 others: leaf -> hub .75, hub -> leaf .5, both by hand.

    The hub is left with .5 / (1 - .5 * .75). A leaf: G = 1 + .75 H, H = (.5 / n) G + (1 - 1 / n) .375 H.
    """
    n = 5_200
    rows = [(k, "hub", "-", "wiser", 3) for k in range(n)] + [(k, "hub", "-", "not", 1) for k in range(n)]
    rows += [("hub", k, "-", answer, 1) for k in range(n) for answer in ("wiser", "not")]
    data = pd.DataFrame(rows, columns=["from", "to", "context", "answer", "n"])
    found = MoralGraph(m=0, draws=10, net_reverse=False).fit(data)
    graph = found.graph
    assert graph is not None
    hub = [value for value, _ in graph.answers.nodes].index("hub")
    visits = 1 / (1 - 0.75 * (0.5 / n) / (1 - (1 - 1 / n) * 0.375))
    exact = np.where(np.arange(n + 1) == hub, 0.5 / (1 - 0.375), 0.25 * visits)
    assert (np.abs(graph.walk - exact) <= 5 * graph.walk_error + 1e-6).all()
    assert graph.walk_error.max() < 0.02
    said = " ".join(found.diagnostics["warnings"])
    assert "standard error up to" in said
    assert "no bootstrap" in said
    assert graph.arrivals().sum() == pytest.approx(1.0)


def test_a_ring_of_more_than_5000_values() -> None:
    """A step to either side with chance .4 each: mean visits 1 / sqrt(1 - .8^2), the walk leaves .2 / .6 (m = 1)."""
    n = 5_100
    at = np.arange(n)
    data = pd.concat([pd.DataFrame({"from": at, "to": (at + step) % n}) for step in (1, -1)])
    data = data.assign(context="-", answer="wiser", n=4)
    found = MoralGraph(m=1, draws=0, net_reverse=False).fit(data)
    graph = found.graph
    assert graph is not None
    assert (np.abs(graph.walk - 1 / 3) <= 5.5 * graph.walk_error).all()
    assert graph.walk.mean() == pytest.approx(1 / 3, abs=1e-3)
    assert graph.walk_error.max() < 0.02


# ---- merged values ----------------------------------------------------------------------------------------------


def merged_answers() -> pd.DataFrame:
    """Thrift -> good use: 2 of 10 for the card that says how, 9 of 10 for a slogan merged into the same value."""
    rows = [("thrift", "use", card, answer, n) for card, k in (("use of things", 2), ("Be good!", 9))
            for answer, n in (("wiser", k), ("not", 10 - k))]  # fmt: skip
    rows += [("use", "table", "use of things", "wiser", 3), ("use", "table", "use of things", "not", 1)]
    made = pd.DataFrame(rows, columns=["from", "to", "card", "answer", "n"]).assign(context="-")
    into = made["to"] == "use"
    made["from_card"] = made["from"].where(into, made["card"])
    made["to_card"] = made["card"].where(into, made["to"])
    return made.drop(columns="card")


def test_a_merge_is_undone_by_the_cards_that_were_shown() -> None:
    found = fitted(merged_answers(), method="one_step")
    assert found.estimate.to_dict() == pytest.approx({"thrift": 1 - 11 / 20, "use": 0.25, "table": 1.0})
    assert any("1 values are merged from several cards" in text for text in found.diagnostics["warnings"])
    apart = found.unmerged(["use"])
    assert apart.estimate.to_dict() == pytest.approx(
        {"thrift": 0.1, "use of things": 0.25, "Be good!": 1.0, "table": 1.0}
    )
    # the same as answers that were never merged
    plain = merged_answers().drop(columns=["from", "to"]).rename(columns={"from_card": "from", "to_card": "to"})
    assert apart.estimate.sort_index().to_dict() == fitted(plain, method="one_step").estimate.sort_index().to_dict()
    assert found.unmerged().estimate.to_dict() == apart.estimate.to_dict()
    row = found.merges().loc["use"]
    assert row.tolist()[:5] == pytest.approx([2, 0.25, 0.25, 0.25, 1.0])
    assert row.tolist()[5:] == ["thrift", pytest.approx(0.1 - 0.45)]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"from_card": None}, EvidenceError, "it is not known which card was shown.*merge_bounds"),
        ({"to_card": "use of things"}, EvidenceError, "card 'use of things' is said to be of .* and of "),
        ({"to_card": None}, EvidenceError, "column 'to_card' has a missing value"),
    ],
)
def test_bad_cards(change: dict[str, Any], error: type[Exception], said: str) -> None:
    data = merged_answers().assign(**change)
    if change == {"from_card": None}:
        data = data.drop(columns=["from_card", "to_card"])
    with pytest.raises(error, match=said):
        fitted(data).merges()


def test_bad_merges() -> None:
    found = fitted(merged_answers())
    with pytest.raises(UnknownNameError, match="no value is called 'usee'"):
        found.unmerged(["usee"])
    with pytest.raises(EvidenceError, match="a merge has two cards or more, found 1"):
        found.merge_bounds("use", 1)
    with pytest.raises(UnknownNameError, match="no value is called 'usee'"):
        found.merge_bounds("usee")
    lone = merged_answers().drop(columns="from_card")
    with pytest.raises(EvidenceError, match="has no column 'from_card'"):
        fitted(lone)
    clash = merged_answers().replace({"to_card": {"Be good!": "table"}}).replace({"to": {"table": "desk"}})
    clash = pd.concat([clash, answers(("table", "desk", 1, 1)).assign(from_card="t", to_card="table")])
    with pytest.raises(EvidenceError, match="table"):
        fitted(clash).unmerged(["use"])


@pytest.mark.parametrize("m", [0, 1, 2])
@pytest.mark.parametrize(("wiser", "refused"), [(4, 2), (3, 0), (1, 5)])
def test_bounds_of_a_merge_against_every_split(m: int, wiser: int, refused: int) -> None:
    """All ways in which the answers can have fallen on two cards, each estimated by itself."""
    base = answers(("a", "b", wiser, refused), ("a", "c", 1, 3))
    bounds = fitted(base, m=m, method="one_step").merge_bounds("b", 2).loc[("a", "-")]
    seen = []
    for k in range(wiser + 1):
        for x in range(refused + 1):
            split = answers(("a", "b1", k, x), ("a", "b2", wiser - k, refused - x), ("a", "c", 1, 3))
            seen.append(fitted(split, m=m, method="one_step").estimate["a"])
    assert bounds["lower"] <= min(seen) + 1e-12
    assert max(seen) <= bounds["upper"] + 1e-12
    if (wiser, refused) == (4, 2):  # even counts: both ends are attained
        assert (min(seen), max(seen)) == pytest.approx((bounds["lower"], bounds["upper"]))
    ignoring = fitted(base, m=m, method="one_step").merge_bounds("b", 2, slogan=True).loc[("a", "-")]
    assert ignoring["upper"] == pytest.approx(1 - 1 / (4 + m))  # only a -> c is left


def test_bounds_of_a_merge_for_its_own_cards() -> None:
    found = fitted(answers(("a", "b", 1, 1), ("b", "c", 3, 1)), m=2, method="one_step")
    assert found.merge_bounds("b").loc[("b", "-")].tolist() == pytest.approx([1 - 3 / 6, 1 - 3 / 5, 1.0])
    with pytest.raises(NotApplicableError, match="different cards"):
        fitted(answers(("a", "b", 1, 1)).assign(g="x"), authority="bridging", group="g").merge_bounds("b")


# ---- files ------------------------------------------------------------------------------------------------------


@pytest.mark.shared_data
@pytest.mark.skipif(not TINY.exists(), reason="the made-up graphs are not beside the repository")
def test_the_published_format() -> None:
    graphs = json.loads(TINY.read_text("utf-8"))
    chain = read_moral_graph(graphs["chain"])
    assert list(chain.values["title"]) == ["Thrift", "Good use", "Shared table"]
    assert fitted(chain.answers, method="one_step").estimate.to_dict() == pytest.approx({"1": 0.2, "2": 0.25, "3": 1})
    likelihood, entropy = likelihood_and_entropy(*(chain.edges[c] for c in "WNULI"))
    assert likelihood == pytest.approx(chain.edges["likelihood"])
    assert entropy == pytest.approx(chain.edges["entropy"])
    cycle = read_moral_graph(graphs["cycle"])
    assert len(cycle.answers) == 4  # each edge's "less wise" is the other's "wiser", counted once
    assert fitted(cycle.answers).graph.walk == pytest.approx([0.7, 0.7])
    assert fitted(read_moral_graph(graphs["contexts"]).answers).graph.cycles == ()


def graph(**change: Any) -> dict[str, Any]:
    counts = {"markedWiser": 8, "markedNotWiser": 2, "markedLessWise": 3, "markedUnsure": 0, "impressions": 13}
    return {
        "values": [{"id": k, "title": t, "policies": ["PEOPLE"]} for k, t in enumerate("ab")],
        "edges": [{"sourceValueId": 0, "wiserValueId": 1, "contexts": ["-"], "counts": counts}],
    } | change


def test_less_wise_answers_become_answers_to_the_reverse() -> None:
    found = fitted(read_moral_graph(graph()).answers)
    assert found.edges_table()[["wiser", "reverse"]].to_numpy().tolist() == [[8, 3], [3, 8]]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"values": [{"id": 0, "policies": ["X"]}, {"id": 1, "title": "Be fair"}]}, EvidenceError, "1 has no attent"),
        ({"edges": [{"sourceValueId": 0, "wiserValueId": 7, "counts": {"markedWiser": 1, "markedNotWiser": 0}}]},
         EvidenceError, "names value 7"),
        ({"edges": [{"sourceValueId": 0, "wiserValueId": 1, "counts": {"markedWiser": -1, "markedNotWiser": 0}}]},
         FileFormatError, "edges.0.counts.markedWiser: input should be greater"),
        ({"edges": 3}, FileFormatError, "is no moral graph: edges"),
    ],
)  # fmt: skip
def test_bad_files(change: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read_moral_graph(graph(**change))


def test_slogans_can_be_dropped_and_missing_files_are_named(tmp_path: Path) -> None:
    bare = graph(values=[{"id": 0, "policies": ["X"]}, {"id": 1, "title": "Be fair"}])
    assert read_moral_graph(bare, slogans="drop").answers.empty
    with pytest.raises(FileFormatError, match=r"nowhere\.json"):
        read_moral_graph(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": ["yes"]}, "must be one of wiser, not, unsure, found 'yes' in row 0"),
        ({"to": ["a"]}, "row 0 asks whether 'a' is wiser than itself"),
        ({"n": [1.5]}, r"must be whole numbers >= 0, found .*1\.5.* in row 0"),
        ({"answer": ["unsure"]}, "nobody decided"),
        ({"context": [None]}, "column 'context' has a missing value"),
    ],
)
def test_bad_answers(change: dict[str, Any], said: str) -> None:
    row = {"from": ["a"], "to": ["b"], "context": ["-"], "answer": ["wiser"], "n": [1]}
    with pytest.raises(EvidenceError, match=said):
        MoralGraph(draws=0).fit(pd.DataFrame({**row, **change}))


@pytest.mark.parametrize(
    "bad",
    [{"method": "leap"}, {"m": -1}, {"level": 1.0}, {"yes_saying": (0.6, 0.5)}, {"authority": "bridging"}],
)
def test_bad_settings(bad: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError):
        MoralGraph(**bad)
