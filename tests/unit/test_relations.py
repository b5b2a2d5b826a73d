"""Bernheim and Rangel's relations and the swaps index: against enumeration, theorems and printed examples."""

from __future__ import annotations

from itertools import chain, combinations, permutations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thickecon.endorsement import BernheimRangel, SwapsIndex, surplus_bounds
from thickecon.endorsement.kernels import best_orders, cyclic, levels, most_consistent, transitive_core
from thickecon.endorsement.ordering_programme import ordering_programme
from thickecon.errors import EvidenceError, NotApplicableError, UnknownNameError

COLUMNS = ["agent", "obs", "menu", "chosen", "frame", "weight"]


def menus(options: Any) -> list[tuple[Any, ...]]:
    return list(chain.from_iterable(combinations(options, size) for size in range(2, len(options) + 1)))


def choices(rule: dict[str, Any], options: str = "abc", agent: Any = 0) -> pd.DataFrame:
    """All menus under every frame, chosen by ``rule[frame](menu)``."""
    rows = [(agent, k, list(m), list(c(m)), f, 1.0) for f, c in rule.items() for k, m in enumerate(menus(options))]
    return pd.DataFrame(rows, columns=COLUMNS)


def by_order(order: str) -> Any:
    return lambda menu: [min(menu, key=order.index)]


def strict_pairs(data: pd.DataFrame, **named: Any) -> set[tuple[str, str]]:
    found = BernheimRangel(**named).fit(data).relation
    assert found is not None
    return {(found.options[x], found.options[y]) for _, x, y in np.argwhere(found.strict)}


# ---- Bernheim and Rangel ----------------------------------------------------------------------------------------


def test_two_frames_that_disagree_on_one_pair() -> None:
    """a over b over c under L, b over a over c under H: P* is {(a, c), (b, c)}; without H it gains (a, b)."""
    data = choices({"L": by_order("abc"), "H": by_order("bac")})
    assert strict_pairs(data) == {("a", "c"), ("b", "c")}
    assert strict_pairs(data, delete_frames=("H",)) == {("a", "b"), ("a", "c"), ("b", "c")}
    found = BernheimRangel().fit(data)
    assert found.relation.optima().loc[0].tolist() == [True, True, False]
    assert found.relation.optima(["a", "c"]).loc[0].tolist() == [True, False, False]
    assert found.diagnostics["acyclic_is_promised"]
    assert found.estimate["a P* c"] == 1.0


def test_binary_menus_alone_may_cycle_and_then_nothing_is_promised() -> None:
    data = pd.DataFrame([(0, k, [x, y], [x], "-", 1.0) for k, (x, y) in enumerate(("ab", "bc", "ca"))], columns=COLUMNS)
    found = BernheimRangel().fit(data)
    assert not found.diagnostics["acyclic_is_promised"]
    assert found.diagnostics["agents_with_a_cycle"] == 1
    assert not found.relation.optima().loc[0].any()
    with pytest.raises(EvidenceError, match="has a cycle"):
        found.relation.to_profile([[0, 1, 2]])


def test_options_that_never_stood_together_are_not_ranked() -> None:
    data = pd.DataFrame([(0, 0, ["a", "b"], ["a"], "-", 1.0), (0, 1, ["c", "b"], ["c"], "-", 1.0)], columns=COLUMNS)
    assert strict_pairs(data) == {("a", "b"), ("c", "b")}


@st.composite
def framed(draw: Any, complete: bool = True) -> pd.DataFrame:
    """Choice correspondences of one agent on four options under up to three frames."""
    frames = draw(st.integers(1, 3))
    rows = []
    for f in range(frames):
        for k, menu in enumerate(menus("abcd")):
            if complete or draw(st.booleans()) or not rows:
                chosen = draw(st.lists(st.sampled_from(menu), min_size=1, max_size=len(menu), unique=True))
                rows.append((0, k, list(menu), chosen, f, 1.0))
    return pd.DataFrame(rows, columns=COLUMNS)


def by_hand(data: pd.DataFrame) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """P* and R' from the definitions, row by row."""
    strict, weak = set(), set()
    for x, y in permutations("abcd", 2):
        both = [set(c) for m, c in zip(data["menu"], data["chosen"], strict=True) if {x, y} <= set(m)]
        if both and all(y not in c for c in both):
            strict.add((x, y))
        if both and all(x in c for c in both if y in c):
            weak.add((x, y))
    return strict, weak


@settings(max_examples=80, deadline=None)
@given(framed())
def test_relations_are_those_of_the_definition(data: pd.DataFrame) -> None:
    found = BernheimRangel().fit(data).relation
    assert found is not None
    pairs = [
        {(found.options[x], found.options[y]) for _, x, y in np.argwhere(r) if x != y}
        for r in (found.strict, found.weak)
    ]
    assert tuple(pairs) == by_hand(data)
    assert not (found.strict & ~found.weak_strict).any()  # P' contains P*
    assert not found.cyclic.any()  # every menu occurs: a theorem
    index = {option: k for k, option in enumerate(found.options)}
    for menu, chosen in zip(data["menu"], data["chosen"], strict=True):  # what is chosen is a weak optimum
        weak_optima = found.optima(menu).loc[0]
        assert all(weak_optima[option] for option in chosen)
        if len(chosen) == 1:
            assert found.optima(menu, strict=True).loc[0].iloc[index[chosen[0]]]


@settings(max_examples=40, deadline=None)
@given(framed())
def test_deleting_frames_refines(data: pd.DataFrame) -> None:
    """T6': a frame more can only take pairs away."""
    frames = sorted(set(data["frame"]))
    whole = strict_pairs(data)
    for gone in frames if len(frames) > 1 else []:
        assert whole <= strict_pairs(data, delete_frames=(gone,))


@settings(max_examples=60, deadline=None)
@given(framed())
def test_link_to_the_induced_correspondence(data: pd.DataFrame) -> None:
    """Salant and Rubinstein (2008): x P* y iff y is in no C_c(A) with x in A, C_c(A) what some frame makes of A."""
    induced: dict[frozenset[str], set[str]] = {}
    for menu, chosen in zip(data["menu"], data["chosen"], strict=True):
        induced.setdefault(frozenset(menu), set()).update(chosen)
    expected = {
        (x, y) for x, y in permutations("abcd", 2) if all(y not in c for a, c in induced.items() if {x, y} <= a)
    }
    assert strict_pairs(data) == expected


def test_many_agents_and_generalised_pareto_optima() -> None:
    data = pd.concat(
        [choices({"-": by_order("abc")}, agent="Ann"), choices({"-": by_order("bac")}, agent="Bob")], ignore_index=True
    )
    found = BernheimRangel().fit(data).relation
    assert found is not None
    assert found.pareto() == ("a", "b")
    assert found.pareto(["b", "c"]) == ("b",)
    profile = found.to_profile([[1, 0, 2], [1, 0, 2]])
    assert profile.n_agents == 2


def test_quantile_version() -> None:
    """b is chosen over a in 1 of 400 under each frame: never by less than .05, but not never; in 20 of 40: not."""
    rows = [(0, k, ["a", "b"], ["a"], f, 399.0) for k, f in enumerate("LH")]
    rows += [(0, k, ["a", "b"], ["b"], f, 1.0) for k, f in enumerate("LH")]
    data = pd.DataFrame(rows, columns=COLUMNS)
    assert strict_pairs(data) == set()
    assert strict_pairs(data, never=0.05) == {("a", "b")}
    # Clopper-Pearson at 1 - .05 / 2: the upper limit for 1 in 400 is .01385 (scipy.stats.binomtest)
    from scipy.stats import binomtest

    limit = binomtest(1, 400).proportion_ci(0.95, "exact").high  # two-sided 95 % has .025 on top
    assert strict_pairs(data, never=float(limit) + 1e-9) == {("a", "b")}
    assert strict_pairs(data, never=float(limit) - 1e-9) == set()
    rows += [(0, 9, ["a", "b"], ["b"], "once", 1.0)]
    with pytest.raises(EvidenceError, match="'once' was seen once"):
        BernheimRangel(never=0.05).fit(pd.DataFrame(rows, columns=COLUMNS))


def test_surplus_bounds_of_price_lists() -> None:
    """Bought iff m <= 3 under L and m <= 5 under H; amounts in steps of a tenth: [3, 5.1]; in one frame 4: [4, 4.1]."""
    amounts = np.arange(0, 8, 0.1).round(1)
    rows = [("A", f, m, int(m <= w)) for f, w in (("L", 3.0), ("H", 5.0)) for m in amounts]
    rows += [("B", f, m, int(m <= 4.0)) for f in "LH" for m in amounts]
    found = surplus_bounds(pd.DataFrame(rows, columns=["agent", "frame", "amount", "bought"]))
    assert found.loc["A"].tolist() == pytest.approx([3.0, 5.1])
    assert found.loc["B"].tolist() == pytest.approx([4.0, 4.1])
    with pytest.raises(EvidenceError, match="0 or 1"):
        surplus_bounds(pd.DataFrame([("A", "L", 1.0, 2)], columns=["agent", "frame", "amount", "bought"]))


def test_transitive_core() -> None:
    """A three-cycle leaves nothing; a semiorder x ~ y ~ z with x over z: x over y, y over z, x over z."""
    cycle = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], dtype=bool)
    assert (transitive_core(cycle) == np.eye(3, dtype=bool)).all()
    semi = np.array([[1, 1, 1], [1, 1, 1], [0, 1, 1]], dtype=bool)
    assert (transitive_core(semi) == np.triu(np.ones((3, 3), dtype=bool))).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=16, max_size=16))
def test_transitive_core_of_the_definition_and_cycles(bits: list[bool]) -> None:
    r = np.array(bits).reshape(4, 4)
    core, reflexive = transitive_core(r), r | np.eye(4, dtype=bool)
    for x, y in product(range(4), repeat=2):
        expected = all(
            (not reflexive[z, x] or reflexive[z, y]) and (not reflexive[y, z] or reflexive[x, z]) for z in range(4)
        )
        assert core[x, y] == expected
    strict = r & ~np.eye(4, dtype=bool)
    power, closed = strict.copy(), strict.copy()
    for _ in range(4):
        power = (power.astype(int) @ strict.astype(int)) > 0
        closed |= power
    assert cyclic(strict) == closed.diagonal().any()
    rank = levels(strict)
    assert all(rank[x] < rank[y] for x, y in np.argwhere(strict) if rank[x] >= 0 and rank[y] >= 0)


# ---- the swaps index --------------------------------------------------------------------------------------------


def choice_rows(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    return pd.DataFrame([(0, k, list(m), [c], "-", w) for k, (m, c, w) in enumerate(rows)], columns=COLUMNS)


def listed(table: np.ndarray) -> tuple[float, set[tuple[int, ...]]]:
    """All orders, one by one."""
    costs = {order: sum(table[x, a] for x, a in combinations(order, 2)) for order in permutations(range(len(table)))}
    least = min(costs.values())
    return least, {order for order, cost in costs.items() if cost <= least + 1e-9 * max(table.sum(), 1.0)}


def test_a_prest_example() -> None:
    """Subject-3 of Prest's example "estimation models, no defaults" (Prest documentation; choices are facts):
    Houtman-Maks distance 2 by Prest; swaps 2 with x, w, y, z, both recounted over all 24 orders."""
    menu_of = "wxyz wxy wxz wyz xyz wx wy wz xy xz yz".split()
    chosen = "x x x w y x w w y x y".split()
    data = choice_rows([(m, c, 1.0) for m, c in zip(menu_of, chosen, strict=True)])
    found = SwapsIndex(draws=0).fit(data)
    assert found.index == 2.0
    assert found.order == ("x", "w", "y", "z")
    assert found.diagnostics["houtman_maks"] == 2.0


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 5), st.data())
def test_all_orders_by_enumeration(size: int, data: Any) -> None:
    table = np.array(
        [[data.draw(st.integers(0, 4)) if x != a else 0 for a in range(size)] for x in range(size)], dtype=float
    )
    least, every = listed(table)
    value, count, found = best_orders(table)
    assert value == least
    assert count == len(every)
    assert set(found) == every
    order, cost = ordering_programme(table)
    assert cost == pytest.approx(least, abs=1e-9)
    assert order in every
    if len(every) > 1:
        other, second = ordering_programme(table, unlike=order)
        assert second == pytest.approx(least, abs=1e-9)
        assert other in every - {order}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(menus(range(4))), st.integers(0, 3)), min_size=1, max_size=12))
def test_houtman_maks_by_enumeration(rows: list[tuple[tuple[int, ...], int]]) -> None:
    picked = [menu[k % len(menu)] for menu, k in rows]
    masks = np.array([sum(1 << x for x in menu) for menu, _ in rows])
    fewest = min(
        sum(min(menu, key=order.index) != c for (menu, _), c in zip(rows, picked, strict=True))
        for order in permutations(range(4))
    )
    assert most_consistent(masks, np.array(picked), np.ones(len(rows)), 4) == fewest


def test_with_pairs_it_is_kemeny() -> None:
    """Binary menus: w is the table of lost majorities, so the order is Kemeny's. Condorcet's cycle, 8, 7 and 6."""
    data = choice_rows([("ab", "a", 8), ("ab", "b", 3), ("bc", "b", 7), ("bc", "c", 4), ("ac", "c", 6), ("ac", "a", 5)])
    found = SwapsIndex(draws=0).fit(data)
    assert found.index == 3 + 4 + 6  # a over b over c reverses the smallest majority
    assert found.order == ("a", "b", "c")


def test_several_orders_are_said_to_be_several() -> None:
    found = SwapsIndex(draws=0).fit(choice_rows([("ab", "a", 1.0), ("ab", "b", 1.0)]))
    assert found.n_orders == 2
    assert set(found.orders) == {("a", "b"), ("b", "a")}
    with pytest.raises(NotApplicableError, match="several orders"):
        _ = found.order


def test_beyond_subsets_by_an_integer_programme() -> None:
    """20 options: a true order, choices by a logit; the programme's cost is that of the sum over subsets of 2^20."""
    gen = np.random.default_rng(0)
    utility = np.linspace(3, 0, 20)
    rows = []
    for k in range(400):
        menu = sorted(gen.choice(20, 5, replace=False).tolist())
        p = np.exp(utility[menu])
        rows.append((0, k, menu, [menu[int(gen.choice(5, p=p / p.sum()))]], "-", 1.0))
    found = SwapsIndex(draws=0).fit(pd.DataFrame(rows, columns=COLUMNS))
    from thickecon.endorsement.kernels import linear_order

    assert found.index == pytest.approx(linear_order(found.swaps))
    assert np.corrcoef([int(x) for x in found.orders[0]], np.arange(20))[0, 1] > 0.9


def test_relations_are_not_applied_to_cardinal_profiles() -> None:
    import thickecon as te

    profile = te.ThickProfile.from_values([[1.0, 2.0, 3.0]])
    for found in (
        BernheimRangel().fit(choices({"L": by_order("abc")})),
        SwapsIndex(draws=0).fit(choices({"L": by_order("abc")})),
    ):
        with pytest.raises(NotApplicableError, match="to_profile"):
            found.apply(profile)
    made = found.to_profile([2, 1, 0])
    placed = te.matching.DeferredAcceptance().run(te.matching.Market(made, [[0], [0], [0]]), rng=0)
    assert placed.partner.tolist() == [0]  # by what it stands behind
    revealed = te.matching.DeferredAcceptance().baseline().run(te.matching.Market(made, [[0], [0], [0]]), rng=0)
    assert revealed.partner.tolist() == [2]


# ---- bad data ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"menu": ["ab"]}, "must be lists of options, found 'ab' in row 0"),
        ({"menu": [[]]}, "column 'menu'.*is empty in row 0"),
        ({"chosen": [["c"]]}, r"row 0: \['c'\] is not all in the menu"),
        ({"weight": [-1.0]}, "must be at least 0, found .*-1.0.* in row 0"),
        ({"frame": [None]}, "column 'frame' has a missing value"),
        ({"menu": [list(range(70))], "chosen": [[1]]}, "has 70 options, at most 64"),
    ],
)
def test_bad_tables(change: dict[str, Any], said: str) -> None:
    row = {"agent": [0], "obs": [0], "menu": [["a", "b"]], "chosen": [["a"]], "frame": ["-"], "weight": [1.0]}
    with pytest.raises(EvidenceError, match=said):
        BernheimRangel().fit(pd.DataFrame({**row, **change}))


def test_bad_settings_and_columns() -> None:
    data = choices({"L": by_order("abc")})
    with pytest.raises(EvidenceError, match="no column 'menu'"):
        BernheimRangel().fit(data.drop(columns="menu"))
    with pytest.raises(UnknownNameError, match="no frame is called 'l'"):
        BernheimRangel(delete_frames=("l",)).fit(data)
    with pytest.raises(EvidenceError, match="no row is welfare-relevant"):
        BernheimRangel(delete_frames=("L",)).fit(data)
    with pytest.raises(UnknownNameError, match="no option is called 'd'"):
        BernheimRangel().fit(data).relation.optima(["d"])
    with pytest.raises(EvidenceError, match="several chosen"):
        SwapsIndex().fit(choices({"L": lambda menu: menu}))
    for bad in ({"never": 1.5}, {"level": 0.0}, {"least_joint": 0}):
        with pytest.raises(EvidenceError):
            BernheimRangel(**bad)
    with pytest.raises(EvidenceError):
        SwapsIndex(most_orders=0)
