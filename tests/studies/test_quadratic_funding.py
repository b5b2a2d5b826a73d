"""L3c: matches by sums over pairs, printed shares, means against enumeration and rounds that are run."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenario import SCENARIOS
from thickecon.studies.scenarios.quadratic_funding import QuadraticFunding


def played(made: QuadraticFunding, replicates: int, root: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def known(made: QuadraticFunding) -> dict[tuple[str, str], float]:
    return {(entry.arm, entry.measure): entry.value for entry in made.known()}


def match(gifts: list[float]) -> float:
    """2 sqrt(a b) for each pair."""
    return sum(2 * np.sqrt(a * b) for a, b in combinations(gifts, 2))


def left(matches: tuple[float, float], pot: float, cap: float) -> tuple[float, float]:
    """What a pot and a cap leave, by bisection on the scale."""
    pot, cap, low, high = pot or np.inf, cap or np.inf, 0.0, 1.0
    if sum(min(cap, m) for m in matches) <= pot:
        return min(cap, matches[0]), min(cap, matches[1])
    for _ in range(100):
        k = (low + high) / 2
        low, high = (k, high) if sum(min(cap, k * m) for m in matches) <= pot else (low, k)
    return min(cap, low * matches[0]), min(cap, low * matches[1])


@pytest.mark.parametrize(
    "knobs",
    [
        {"pot": 30.0},
        {"pot": 0.0, "refund": False},
        {"pot": 30.0, "cap": 18.0},
        {"pot": 0.0, "cap": 12.0, "refund": False},
        {"pot": 9.0, "cap": 3.0},
    ],
)
def test_means_by_enumeration(knobs: dict[str, float]) -> None:
    """Four people and five accounts: every pattern of what passes, every pair of those who do."""
    made = QuadraticFunding.make(
        {"n": 4, "gift": 3.0, "donation": 40.0, "accounts": 5, "alpha": 0.3, "beta": 0.2, **knobs}
    )
    totals = dict.fromkeys(("granted_honest", "granted_attacker", "endorsed", "attacker_match", "profit"), 0.0)
    for pattern in product((0, 1), repeat=9):
        chance = np.prod([p if x else 1 - p for p, x in zip([0.8] * 4 + [0.3] * 5, pattern, strict=True)])
        granted = match([3.0] * sum(pattern[:4])), match([8.0] * sum(pattern[4:]))
        paid = left(granted, made.pot, made.cap)
        money = 8.0 * sum(pattern[4:])
        profit = paid[1] + money - (money if made.refund else 40.0)
        for name, value in zip(totals, (*granted, *paid, profit), strict=True):
            totals[name] += chance * value
    worth = known(made)
    for name, value in totals.items():
        assert worth["thick", name] == pytest.approx(value, abs=1e-9), name


def test_printed_numbers() -> None:
    """100 x 10 against 1,000 from 200 accounts: the donor's share of expected matches .668, .358, .082, .0055."""
    assert round(QuadraticFunding().expected_share("sidt"), 3) == 0.668
    shares = [QuadraticFunding(alpha=alpha).expected_share("thick") for alpha in (0.5, 0.2, 0.05)]
    assert [round(share, digits) for share, digits in zip(shares, (3, 3, 4), strict=True)] == [0.358, 0.082, 0.0055]
    means = [known(QuadraticFunding(alpha=alpha))["thick", "attacker_share"] for alpha in (0.5, 0.2, 0.05)]
    assert means == pytest.approx(shares, rel=0.02)  # a mean of ratios is not a ratio of means


def test_profit_without_a_pot() -> None:
    """D (alpha^2 k - 1) is printed for lost money; it takes the number of accounts that pass for sure. With its
    variance, alpha (1 - alpha) k, the mean is D alpha (1 - alpha) more.
    """
    made = QuadraticFunding(pot=0.0, refund=False)
    k, alpha, donation = made.accounts, made.alpha, made.donation
    assert known(made)["thick", "attacker_match"] == pytest.approx(donation * alpha**2 * (k - 1))
    funding = known(made)["thick", "profit"]
    sure = donation * (alpha**2 * k - 1)
    assert funding == pytest.approx(sure + donation * alpha * (1 - alpha))


@pytest.mark.statistical
@pytest.mark.parametrize("knobs", [{}, {"pot": 0.0, "refund": False}, {"cap": 12_000.0, "alpha": 0.5}])
def test_rounds_that_are_run_agree(knobs: dict[str, float]) -> None:
    """300 rounds: within four standard errors of the sums, exactly where nothing is random."""
    made = QuadraticFunding.make(knobs)
    found = played(made, 300)
    for (arm, name), value in known(made).items():
        here = found[arm, name]
        assert abs(here.mean() - value) <= 4 * here.std() / np.sqrt(len(here)) + 1e-9 * max(1, value), (arm, name)


def test_thick_is_the_detector() -> None:
    found = played(QuadraticFunding(), 10)
    for (arm, name), values in found.items():
        if arm == "thick":
            assert values == pytest.approx(found["informed", name], rel=1e-12)


def test_where_it_wins_and_where_it_loses() -> None:
    """The pot binds: honest projects gain until alpha = 1 - beta. It does not, or nobody splits: they lose or gain
    nothing at all.
    """
    worth = known(QuadraticFunding())
    assert worth["thick", "endorsed"] > 2.5 * worth["sidt", "endorsed"]
    assert QuadraticFunding().break_even() == pytest.approx(0.95, abs=1e-4)
    assert QuadraticFunding(beta=0.3).break_even() == pytest.approx(0.7, abs=1e-3)
    free = QuadraticFunding(pot=0.0)
    assert known(free)["thick", "endorsed"] == pytest.approx(known(free)["sidt", "endorsed"] * 0.95**2)
    assert free.break_even() is None
    alone = known(QuadraticFunding(accounts=1))
    assert alone["thick", "endorsed"] == pytest.approx(alone["sidt", "endorsed"])
    alone = known(QuadraticFunding(accounts=1, pot=0.0))
    assert alone["thick", "endorsed"] < alone["sidt", "endorsed"]


def test_limits() -> None:
    """A perfect detector is the oracle; one that sees nothing is SIDT."""
    perfect = played(QuadraticFunding(alpha=0.0, beta=0.0), 3)
    blind = played(QuadraticFunding(alpha=1.0, beta=0.0), 3)
    for name in ("endorsed", "attacker_match", "granted_honest"):
        assert perfect["thick", name] == pytest.approx(perfect["oracle", name])
        assert blind["thick", name] == pytest.approx(blind["sidt", name])
    assert (perfect["thick", "influence_gain"] == 0).all()
    assert (blind["sidt", "influence_gain"] > 0).all()
    nobody = played(QuadraticFunding(alpha=0.0, beta=1.0), 2)
    assert (nobody["thick", "spent"] == 0).all()
    assert ("thick", "attacker_share") not in nobody


def test_in_a_study(tmp_path) -> None:
    assert SCENARIOS["quadratic_funding"] is QuadraticFunding
    suite = {
        "schema": 1,
        "name": "funding",
        "seed": 3,
        "defaults": {"replicates": 4, "block": 2},
        "study": [
            {"scenario": "quadratic_funding", "grid": {"alpha": [0.05, 0.5], "cap": [0.0, 9000.0]}},
            {"scenario": "quadratic_funding", "fixed": {"refund": False}, "mechanism": "welfare.QuadraticFunding"},
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(QuadraticFunding.arms)


def test_a_rule_that_tells_no_amounts_is_refused() -> None:
    made = QuadraticFunding(mechanism=te.auctions.Majority())
    draws = Draws(1, made.name, 0)
    with pytest.raises(InputError, match="granted, match, funding"):
        made.play(made.draw(draws), "thick", draws)


def test_knobs_and_draws() -> None:
    with pytest.raises(InputError, match="accounts"):
        QuadraticFunding(accounts=0)
    with pytest.raises(InputError, match="true or false"):
        QuadraticFunding.make({"refund": "yes"})
    one, other = (QuadraticFunding(alpha=a).draw(Draws(1, "quadratic_funding", 0)) for a in (0.1, 0.9))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
