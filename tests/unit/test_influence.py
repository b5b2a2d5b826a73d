"""Manipulators: best responses against brute force, evidence under attack, races, small games, changing preferences.

Numbers marked IN were computed by enumeration or simulation outside this package; the decision processes are those of
Carroll et al. (2024), arXiv:2405.17713, figures 1 and 4 and appendix A.8.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.errors import InputError, NotApplicableError, UnknownNameError
from thickecon.influence import (
    Drift,
    Influence,
    Influencer,
    Session,
    arms_race,
    attack_evidence,
    clickbait,
    conspiracy,
    gain_table,
    influence_gain,
    influence_proof,
    influence_yardstick,
    judged,
    pressed,
    small_game,
    tipping_chance,
)

V = [[10.0], [6.0], [4.0]]


def cup(values: Any = V) -> te.ThickProfile:
    names = ["Ann", "Bob", "Cem", "Dia", "Eve"][: len(values)]
    return te.ThickProfile.from_values(values, agents=names, options=["cup"], unit="money")


def push(who: str, budget: float = 20.0, **more: Any) -> Influence:
    return Influence("seller", "talk", "cup", budget=budget, agents=(who,), **more)


# ---- pressure ---------------------------------------------------------------------------------------------------


def test_pressure_moves_what_is_revealed_and_nothing_else() -> None:
    made = pressed(cup(), [push("Bob")], [3.0])
    assert made.revealed[:, 0].tolist() == [10.0, 9.0, 4.0]
    assert made.endorsed[:, 0].tolist() == [10.0, 6.0, 4.0]
    assert made.motives[-1].owner == "seller"
    assert made.resolution == cup().resolution
    twice = pressed(made, [push("Bob")], [1.0])
    assert [m.name for m in twice.motives][-2:] == ["seller: talk", "seller: talk (2)"]
    assert pressed(cup(), [push("Bob")], [0.0]) is not None
    with pytest.raises(NotApplicableError, match="rankings have no values"):
        pressed(te.ThickProfile.from_rankings([[0, 1]], options=["cup", "mug"]), [Influence("s", "", "cup")], [1.0])


def test_effort_is_carried_over_and_costs_rise() -> None:
    ad = Influence("brand", "", {"cup": 2.0}, cost=3.0, decay=0.5, convexity=2.0)
    assert ad.carried([1.0, 0.0, 1.0]).tolist() == [1.0, 0.5, 1.25]
    assert ad.price(2.0) == 12.0
    assert ad.pull(cup()).tolist() == [2.0, 2.0, 2.0]
    for bad in ({"budget": -1}, {"decay": 2}, {"convexity": 0.5}, {"target": ()}):
        with pytest.raises(InputError):
            Influence("brand", "", **{"target": "cup", **bad})  # type: ignore[arg-type]


# ---- best responses ---------------------------------------------------------------------------------------------


def test_lifting_a_loser_at_a_second_price_auction() -> None:
    """Bob may be carried up to Ann's 10: revenue 6 to 10; at 1.5 a unit it does not pay, at .5 the net gain is 2."""
    sidt = te.auctions.SecondPrice().baseline()
    free = Influencer("revenue", [push("Bob")]).best_response(sidt, cup())
    assert (free.gain, free.exact, free.method) == (pytest.approx(4.0), True, "pieces")
    assert free.profile.revealed[1, 0] == pytest.approx(10.0)
    dear = Influencer("revenue", [push("Bob", cost=1.5)]).best_response(sidt, cup())
    assert (dear.gain, dear.cost) == (0.0, 0.0)
    fair = Influencer("revenue", [push("Bob", cost=0.5)]).best_response(sidt, cup())
    assert fair.net == pytest.approx(2.0)
    poor = Influencer("revenue", [push("Bob", cost=0.5)], budget=1.0).best_response(sidt, cup())
    assert poor.gain == pytest.approx(2.0)  # two units of effort
    proof = Influencer("revenue", [push("Bob")]).best_response(
        te.auctions.SecondPrice(reporting="observed", charge="clarke"), cup()
    )
    assert (proof.gain, proof.exact, proof.method) == (0.0, True, "claim")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=2, max_size=4), st.integers(0, 3), st.integers(0, 8))
def test_crossings_beat_every_effort_of_a_fine_grid(values: list[int], who: int, quarters: int) -> None:
    profile = cup([[float(v)] for v in values])
    agent = profile.agents[who % len(values)]
    for mechanism in (te.auctions.SecondPrice(), te.auctions.SecondPrice().baseline()):
        means = Influence("seller", "", "cup", budget=12.0, cost=quarters / 4, agents=(agent,))
        found = Influencer("revenue", [means]).best_response(mechanism, profile, rng=1)
        assert found.exact
        base = mechanism.run(profile, rng=found.seed).revenue
        best = max(
            mechanism.run(pressed(profile, [means], [e]), rng=found.seed).revenue - base - e * means.cost
            for e in np.arange(0.0, 12.01, 0.25)
        )
        assert found.net >= best - 1e-6


def test_an_option_that_a_sum_decides_by_a_linear_programme() -> None:
    """Totals 12, 9, 5: lifting the second by a unit of effort each for two people at cost 1: 1.5 each reaches 12."""
    profile = te.ThickProfile.from_values([[7.0, 4.0, 2.0], [5.0, 5.0, 3.0]], options=list("abc"), agents=["x", "y"])
    rule = te.welfare.Allocate().baseline()
    means = [Influence("o", "", {"b": 1.0}, budget=2.0, cost=1.0, agents=("x",)),
             Influence("o", "", {"b": 2.0}, budget=0.8, cost=1.0, agents=("y",))]  # fmt: skip
    found = Influencer({"b": 10.0}, means).best_response(rule, te.Choice(profile))
    assert (found.exact, found.method) == (True, "linear programme")
    # the second means is the cheaper: .8 of it lifts b by 1.6, the other 1.4 costs 1.4
    assert found.cost == pytest.approx(2.2, abs=1e-5)
    assert found.gain == 20.0  # b for both
    assert Influencer({"c": 1.0}, means).best_response(rule, te.Choice(profile)).gain == 0.0
    assert Influencer({"b": 10.0}, means).best_response(te.welfare.Allocate(), te.Choice(profile)).gain == 0.0


def test_search_states_that_it_is_one_and_comes_near_brute_force() -> None:
    gen = np.random.default_rng(0)
    profile = te.ThickProfile.from_values(gen.uniform(0, 10, (4, 3)), options=list("abc"), unit="money")
    vcg = te.auctions.VCG().baseline()
    means = [
        Influence("s", "", {"a": 1.0}, budget=8.0, agents=(0,)),
        Influence("s", "", {"b": 1.0}, budget=8.0, agents=(1,)),
    ]
    found = Influencer("revenue", means).best_response(vcg, profile, evaluations=400, rng=2)
    assert not found.exact
    base = vcg.run(profile, rng=0).revenue
    best = max(
        vcg.run(pressed(profile, means, e), rng=0).revenue - base for e in product(np.linspace(0, 8, 17), repeat=2)
    )
    assert found.gain >= 0.97 * best
    assert found.evaluations <= 410


def test_wrong_names_are_named() -> None:
    with pytest.raises(UnknownNameError, match="cub"):
        Influencer("revenue", [Influence("s", "", "cub")]).best_response(te.auctions.SecondPrice(), cup())
    with pytest.raises(InputError, match="objective"):
        Influencer(3.5, [push("Bob")])
    with pytest.raises(InputError, match="at least one Influence"):
        Influencer("revenue", [])


# ---- gains, proofs, the table -----------------------------------------------------------------------------------


def test_any_single_evaluation() -> None:
    """T6 on (10, 6, 4): up to 4 under SIDT, nothing on verified values; the affine charge pays for lifting Ann."""
    sidt = influence_gain(te.auctions.SecondPrice().baseline(), cup(), reach=20.0)
    assert (sidt.gain, sidt.exact) == (pytest.approx(4.0), True)
    assert influence_gain(te.auctions.SecondPrice(reporting="observed", charge="clarke"), cup(), reach=20.0).gain == 0.0
    assert influence_gain(te.auctions.SecondPrice(), cup(), reach=7.0).gain == pytest.approx(7.0)


def test_proofs_in_both_directions() -> None:
    """A rule that reads endorsed values alone cannot be moved; one that reads revealed ones is, with a witness."""
    good = influence_proof(te.auctions.SecondPrice(reporting="observed", charge="clarke"), cup())
    assert good.holds is True
    bad = influence_proof(te.auctions.SecondPrice().baseline(), cup())
    assert bad.holds is False
    assert bad.gap is not None
    from thickecon.influence.pressure import with_pull

    rule = te.auctions.SecondPrice().baseline()
    moved = rule.run(with_pull(cup(), bad.witness, "w"), rng=0)
    base = rule.run(cup(), rng=0)
    gap = max(np.abs(moved.taken - base.taken).max(), np.abs(moved.payments - base.payments).max())
    assert gap == pytest.approx(bad.gap)
    assert influence_proof(te.welfare.Allocate(te.welfare.Nash()), te.Assignment(cup())).holds is not False


def test_a_column_of_a_comparison_and_the_table() -> None:
    seller = Influencer("revenue", [push("Bob")])
    found = te.compare(te.auctions.SecondPrice(), cup(), yardsticks=[influence_yardstick(seller)], rng=0).to_frame()
    assert found.loc["sidt", "influence_gain"] == pytest.approx(4.0)
    assert found.loc["thick", "influence_gain"] == 0.0  # Bob's pull is charged to nobody who loses
    table = gain_table({"second price": (te.auctions.SecondPrice(), cup(), "revenue")}, {"thick": te.Endorsed()})
    assert table.loc[("second price", "sidt"), "gain"] == pytest.approx(4.0)
    assert table.loc[("second price", "sidt"), "influence-proof"] == "no"


# ---- attacks on the evidence ------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-8, 8), min_size=12, max_size=12), st.floats(0, 0.6))
def test_attacks_stay_within_their_bounds(pulls: list[int], radius: float) -> None:
    """Gain at most the range of an objective on allocations; none while sums move by less than the margin."""
    profile = te.ThickProfile.from_arrays(np.array(pulls, float).reshape(2, 2, 3), endorsement=[0.5, 0.7])
    found = attack_evidence(te.welfare.Allocate(), te.Choice(profile), {0: 1.0, 1: 0.5}, radius=radius)
    assert 0.0 <= found.gain <= 2.0 + 1e-9  # two people: 0 .. 2
    if found.safe:
        assert found.gain == 0.0
        sure = np.array([[max(0, 0.5 - radius), max(0, 0.7 - radius)], [min(1, 0.5 + radius), min(1, 0.7 + radius)]])
        for theta in product(*sure.T):
            moved = profile.with_endorsement(profile.endorsement.at_theta(np.array([theta])))
            again = te.welfare.Allocate().run(te.Choice(moved), rng=0)
            assert (again.taken == te.welfare.Allocate().run(te.Choice(profile), rng=0).taken).all()


def test_attacks_on_payments_have_no_safe_zone() -> None:
    """One item, v = 5 + 5 theta and 6: lowering theta a little leaves the winner and lowers nothing; the loser's
    estimate moves the price."""
    table = np.array([[[10.0], [0.0]], [[2.0], [6.0]]])
    profile = te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.5], motives=["use", "ad"])
    rule = te.auctions.SecondPrice(reporting="observed", charge="clarke")
    found = attack_evidence(rule, profile, "revenue", radius=0.1)
    assert found.gain == pytest.approx(0.6)
    with pytest.raises(InputError):
        attack_evidence(te.auctions.SecondPrice(), profile, radius=-1)


# ---- several manipulators ---------------------------------------------------------------------------------------


def rivals(cost: float, worth: float = 10.0) -> list[Influencer]:
    """Two brands who push their own option with one voter who is indifferent."""
    return [Influencer({x: worth}, [Influence(x, "", {x: 1.0}, budget=6.0, cost=cost)]) for x in ("a", "b")]


def test_a_race_wastes_what_it_costs() -> None:
    """Each overbids the other by a grain until another step would cost more than the option is worth: all is waste
    under SIDT; the endorsed reading leaves nothing to race for."""
    profile = te.ThickProfile.from_values([[5.0, 5.0]], options=["a", "b"])
    raced = arms_race(rivals(cost=1.0), te.welfare.Allocate().baseline(), te.Choice(profile), rounds=30)
    assert raced.history["waste"].max() > 0
    assert raced.settled or raced.cycle or len(raced.history) == 30
    calm = arms_race(rivals(cost=1.0), te.welfare.Allocate(), te.Choice(profile), rounds=30)
    assert calm.settled
    assert calm.waste == 0.0


def test_equilibria_of_a_small_game_by_hand() -> None:
    """Levels 0 and 1 at cost 1 each, prize 10 for the pushed option: both push; the winner is drawn by lottery, the
    same in every cell, so that pushing is dominant for the loser and matched by the other."""
    profile = te.ThickProfile.from_values([[5.0, 5.0]], options=["a", "b"])
    game = small_game(rivals(1.0), [[0.0, 1.0], [0.0, 1.0]], te.welfare.Allocate().baseline(), te.Choice(profile))
    for cell in product(range(2), repeat=2):
        deviations = [game.payoffs[0][:, cell[1]].max() <= game.payoffs[0][cell] + 1e-9,
                      game.payoffs[1][cell[0], :].max() <= game.payoffs[1][cell] + 1e-9]  # fmt: skip
        assert (cell in game.pure) == all(deviations)
    assert game.waste.tolist() == [[0.0, 1.0], [1.0, 2.0]]
    for x, y in game.mixed:  # nobody gains by another level
        assert (game.payoffs[0] @ y).max() <= x @ game.payoffs[0] @ y + 1e-9
        assert (x @ game.payoffs[1]).max() <= x @ game.payoffs[1] @ y + 1e-9
    assert len(game.mixed) >= 1


# ---- over time --------------------------------------------------------------------------------------------------

N, GO = "noop", "influence"


def test_in1_conspiracy() -> None:
    world = conspiracy()
    assert world.optimal(2, "real-time") == (20.0, ((N, N),))
    assert world.optimal(3, "real-time") == (100.0, ((GO, GO, GO),))
    for horizon, final in ((2, 200.0), (3, 300.0)):
        assert world.optimal(horizon, "final") == (final, ((GO,) * horizon,))
        for objective in ("initial", "natural"):
            assert world.optimal(horizon, objective) == (10.0 * horizon, ((N,) * horizon,))
        assert world.optimal(horizon, "privileged", theta="natural")[0] == 10.0 * horizon
        assert world.optimal(horizon, "privileged", theta="influenced") == (final, ((GO,) * horizon,))
        assert world.optimal(horizon, "constrained")[1][0] == (N,) * horizon
        assert world.optimal(horizon, "pareto") == (10.0 * horizon, ((N,) * horizon,))


def test_in1_clickbait_and_the_two_readings_of_constrained() -> None:
    world = clickbait()
    assert world.optimal(2, "real-time") == (3.0, (("news", "click"),))
    assert world.optimal(2, "final") == (2.0, (("news", "news"),))
    for objective in ("initial", "natural"):
        assert world.optimal(2, objective) == (4.0, (("click", "click"),))
    assert world.optimal(2, "privileged", theta="normal")[0] == 4.0
    assert world.optimal(2, "privileged", theta="disillusioned") == (1.0, (("news", "news"),))
    assert world.optimal(2, "pareto")[1] == (("news", "news"),)
    assert world.value(("news", "news"), "privileged", "normal") == 2.0
    assert world.optimal(2, "myopic")[1] == (("click", "news"),)
    assert world.optimal(2, "constrained") == (3.0, (("news", "click"),))
    assert world.optimal(2, "constrained", last_counts=True) == (2.0, (("news", "news"),))


def test_t16_the_pair_that_only_endorsement_tells_apart() -> None:
    """H = 3: realised 600 pi - 300 against 30, at 11/20; counterfactual 30 - 330 pi for noop, at 11/31."""
    trainer = conspiracy("tired", "energised")
    assert trainer.optimal(3)[0] == conspiracy().optimal(3)[0]
    always, still = (GO,) * 3, (N,) * 3
    for pi in (0.0, 0.3, 0.8, 1.0):
        assert judged(trainer, always, "energised", pi) == pytest.approx(600 * pi - 300)
        assert judged(trainer, still, "energised", pi) == 30.0
        assert judged(trainer, still, "energised", pi, "counterfactual") == pytest.approx(30 - 330 * pi)
    assert tipping_chance(trainer, always, "energised") == pytest.approx(11 / 20)
    assert tipping_chance(trainer, always, "energised", "counterfactual") == pytest.approx(11 / 31)
    with pytest.raises(InputError):
        judged(trainer, always, "energised", 1.5)


def test_in2_sessions_by_simulation() -> None:
    cases = ((3.0, 0.5, 0.6, 3.5, 2.5, 0.8, 6.0), (2.0, 0.8, 0.75, 8.0, 2.0, 0.833333, 10.0))
    gen = np.random.default_rng(0)
    for v, q, p, engagement, endorsed, quits, most in cases:
        s = Session(v, q, p)
        assert (s.engagement, s.endorsed) == pytest.approx((engagement, endorsed))
        assert (s.quits_above, s.most_engagement) == pytest.approx((quits, most), abs=1e-6)
        edge = Session(v, q, s.quits_above)
        assert (edge.endorsed, edge.engagement) == pytest.approx((0.0, most))
        runs = 200_000
        interested, stayed = gen.geometric(1 - q, runs), gen.geometric(1 - p, runs) - 1
        items = interested + stayed
        assert items.mean() == pytest.approx(s.engagement, abs=5 * items.std() / np.sqrt(runs))
        worth = (v - 1) * interested - stayed
        assert worth.mean() == pytest.approx(s.endorsed, abs=5 * worth.std() / np.sqrt(runs))


def test_in5_drift_step_by_step() -> None:
    d = Drift(0.2, 1.0, 0.0)
    gaps = d.path(0.0, 5) - d.path(0.0, 5, induced=False)
    assert gaps[-1] == pytest.approx(0.67232)
    assert d.gap(5) == pytest.approx(gaps[-1])
    assert d.total(5) == pytest.approx(2.31072)
    assert d.total(5) == pytest.approx(np.abs(gaps[1:]).sum())


def test_bad_worlds() -> None:
    with pytest.raises(InputError, match="same actions"):
        te.influence.ChangingPreferences({"a": {"x": 1.0}, "b": {"y": 1.0}}, {}, "a", "x")
    with pytest.raises(InputError, match="must be one of"):
        conspiracy().optimal(2, "best")
    with pytest.raises(InputError, match="plans"):
        conspiracy().optimal(30)
    for bad in (lambda: Session(1.0, 1.0, 0.5), lambda: Drift(2.0, 1.0)):
        with pytest.raises(InputError):
            bad()


@pytest.mark.parametrize("name", ["UniformPrice", "VickreyMultiUnit", "PayAsBid", "Clock", "AusubelClinching"])
def test_efforts_that_no_mechanism_decides_are_left_out(name: str) -> None:
    """Two units, values that fall; lifting a second unit alone above the first makes a problem that is none."""
    profile = te.ThickProfile.from_values([[9.0, 5.0], [7.0, 2.0], [4.0, 1.0]], unit="money")
    rule = getattr(te.auctions, name)(units=2).baseline()
    found = te.influence.influence_gain(rule, profile, reach=3.0, evaluations=40)
    assert found.gain >= 0
    assert te.influence.influence_proof(rule, profile).holds is False
    if name == "PayAsBid":  # 9 and 7 are paid; 3 more on the first unit of a winner are paid too
        assert found.gain == pytest.approx(3.0)


def test_a_uniform_price_is_lifted_by_lifting_the_loser() -> None:
    """9 and 7 win, 5 is the highest losing bid (a second unit). Third bidder 4 -> 7 (by 3): the price rises to 7."""
    profile = te.ThickProfile.from_values([[9.0, 5.0], [7.0, 2.0], [4.0, 1.0]], unit="money")
    rule = te.auctions.UniformPrice(units=2).baseline()
    assert rule.run(profile, rng=0).revenue == pytest.approx(10.0)
    assert te.influence.influence_gain(rule, profile, reach=3.0, evaluations=60).gain == pytest.approx(4.0, abs=1e-3)
