"""A3: gains from trade against grids of goods, printed numbers, and trades that are struck."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm

from thickecon.auctions import BilateralTrade as Trade
from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenarios.bilateral_trade import BilateralTrade


def played(made: BilateralTrade, replicates: int, root: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def listed(price, count=120, quantiles=64):
    """Gains by listing values, costs and errors of the midpoint: price(middle, error) with standard normal errors."""
    at = (np.arange(count) + 0.5) / count
    b, c = at[:, None, None], at[None, :, None]
    error = norm.ppf((np.arange(quantiles) + 0.5) / quantiles)[None, None, :]
    p = price((b + c) / 2, error)
    return float(np.where((b >= p) & (p >= c), b - c, 0.0).mean())


def test_printed_numbers() -> None:
    """1/6, 9/64, 1/8; .1644, .1582, .1387, .1169 at s = .05, .1, .2, .3; break-even at .1912 and .2619."""
    made = BilateralTrade()
    assert made.gains("oracle") == pytest.approx(1 / 6)
    assert made.gains("sidt") == pytest.approx(9 / 64)
    assert made.gains("posted") == pytest.approx(1 / 8)
    assert [round(made.gains("thick", s), 4) for s in (0.05, 0.1, 0.2, 0.3)] == [0.1644, 0.1582, 0.1387, 0.1169]
    assert made.break_even() == pytest.approx(0.1912, abs=5e-5)
    assert made.break_even("posted") == pytest.approx(0.2619, abs=5e-5)
    # printed from a simulation of 2e6: .1476, .1383, .1268, each .0001-.0002 above the quadrature (se .00015)
    assert [made.gains("shrunk", s) for s in (0.19, 0.3, 1.0)] == pytest.approx([0.1474, 0.1382, 0.1267], abs=1e-4)


@pytest.mark.parametrize("s", [0.1, 0.3, 1.0])
def test_prices_from_evidence_by_listing(s: float) -> None:
    """To the mesh of 120 values, 120 costs and 64 errors."""
    spread, trust = s / np.sqrt(2), (1 / 12) / (1 / 12 + s**2)
    face = listed(lambda middle, error: middle + spread * error)
    guess = listed(lambda middle, error: 0.5 + trust * (middle + spread * error - 0.5))
    assert BilateralTrade().gains("thick", s) == pytest.approx(face, abs=1e-3)
    assert BilateralTrade().gains("shrunk", s) == pytest.approx(guess, abs=1e-3)


def test_other_ways_to_haggle() -> None:
    """Whoever names the price alone asks for half and gets 1/8; k and 1 - k are alike."""
    for k in (0.0, 1.0):
        assert BilateralTrade(k=k).gains("sidt") == pytest.approx(1 / 8)
    at = (np.arange(1000) + 0.5) / 1000
    b, c = at[:, None], at[None, :]
    for k in (0.2, 0.7):
        bid, ask = b / (1 + k) + k * (1 - k) / (2 * (1 + k)), c / (2 - k) + (1 - k) / 2
        mean = np.where(bid >= ask, b - c, 0.0).mean()
        assert BilateralTrade(k=k).gains("sidt") == pytest.approx(mean, abs=1e-3)
        assert BilateralTrade(k=k).gains("sidt") == pytest.approx(BilateralTrade(k=1 - k).gains("sidt"))
    assert BilateralTrade(price=0.25).gains("posted") == pytest.approx(3 / 32)
    assert BilateralTrade(price=1.5).gains("posted") == 0.0
    assert BilateralTrade(price=1.5).break_even("posted") is None


def test_the_spiral() -> None:
    """Each replies to the other's last shading, from the truth: 1/6, then 1/12 (both overshoot), then 9/64 in the end.

    Against asks from n up a buyer bids (v + n / 2) / 1.5, against bids up to T a seller asks (c + T / 2) / 1.5: they
    trade where b - c >= (T - n) / 2. Gains are the integral of g (1 - g) over such g = b - c.
    """
    top, least, found = 1.0, 0.0, [1 / 6]
    for _ in range(60):
        gap = (top - least) / 2
        found.append(1 / 6 - gap**2 / 2 + gap**3 / 3)
        top, least = (1 + least / 2) / 1.5, (top / 2) / 1.5
    assert found[:2] == pytest.approx([1 / 6, 1 / 12])
    assert found[-1] == pytest.approx(9 / 64)
    assert BilateralTrade().gains("sidt") == pytest.approx(found[-1])


def test_a_guess_is_worth_a_posted_price_at_least_and_not_haggling() -> None:
    """Shrunk falls to 1/8, never below it, and is below 9/64 from about .26 on."""
    worth = [BilateralTrade().gains("shrunk", s) for s in np.linspace(0.01, 5, 40)]
    assert all(a >= b - 1e-12 for a, b in pairwise(worth))
    assert worth[-1] == pytest.approx(1 / 8, abs=1e-3)
    assert min(worth) >= 1 / 8
    assert BilateralTrade().gains("shrunk", 0.25) > 9 / 64 > BilateralTrade().gains("shrunk", 0.27)


@pytest.mark.statistical
@pytest.mark.parametrize("knobs", [{"s": 0.19}, {"s": 0.5, "price": 0.3, "k": 0.8}])
def test_trades_that_are_struck_agree(knobs: dict[str, float]) -> None:
    """60,000 goods: within four standard errors of the quadratures."""
    made = BilateralTrade.make({**knobs, "rounds": 1000})
    found = played(made, 60)
    assert len(made.known()) == len(made.arms)
    for entry in made.known():
        here = found[entry.arm, entry.measure]
        assert abs(here.mean() - entry.value) <= 4 * here.std() / np.sqrt(len(here)), entry


def test_it_is_evidence_where_nobody_is_under_pressure() -> None:
    found = played(BilateralTrade(), 10)
    for (arm, name), values in found.items():
        if arm == "shrunk":
            assert np.array_equal(values, found["informed", name])


def test_without_error_it_is_the_first_best() -> None:
    found = played(BilateralTrade(s=0.0), 10)
    for arm in ("thick", "shrunk", "informed"):
        assert found[arm, "endorsed"] == pytest.approx(found["oracle", "endorsed"])
    assert (found["oracle", "missed"] == 0).all()


def test_books_balance() -> None:
    """No third party; both sides' gains are all there is; traded gains, missed and mistaken make the first best."""
    found = played(BilateralTrade(pressure=0.2, s=0.2), 20)
    for arm in BilateralTrade.arms:
        assert found[arm, "revenue"] == pytest.approx(np.zeros(20), abs=1e-12)
        both = found[arm, "buyer_endorsed"] + found[arm, "seller_endorsed"]
        assert both == pytest.approx(found[arm, "endorsed"])
        best = found[arm, "endorsed"] + found[arm, "mistaken"] + found[arm, "missed"]
        assert best == pytest.approx(found["oracle", "endorsed"])


@pytest.mark.statistical
def test_under_pressure() -> None:
    """Whose refusal counts decides: by d (of which nobody ends below no trade) thick loses to haggling, by v it wins.

    Differences of 200 x 50 paired goods, more than 6 standard errors each.
    """
    by_d, by_v = (played(BilateralTrade(pressure=0.3, refuses=self_), 200) for self_ in ("decision", "endorsed"))
    assert (by_d["thick", "participation_decision"] == 1).all()
    assert (by_v["thick", "participation_endorsed"] == 1).all()
    assert by_v["thick", "participation_decision"].mean() < 0.95
    for found, sign in ((by_d, -1), (by_v, 1)):
        gap = sign * (found["thick", "endorsed"] - found["sidt", "endorsed"])
        assert gap.mean() > 6 * gap.std() / np.sqrt(len(gap))
    assert by_d["sidt", "mistaken"].mean() > 0.005  # pressure sells what nobody endorses
    assert [entry.arm for entry in BilateralTrade(pressure=0.3).known()] == ["oracle"]
    assert BilateralTrade(pressure=0.3).break_even() is None


def test_knobs_and_draws() -> None:
    with pytest.raises(InputError, match="refuses"):
        BilateralTrade(refuses="nobody")
    with pytest.raises(InputError, match="s"):
        BilateralTrade(s=-0.1)
    one, other = (BilateralTrade(s=s).draw(Draws(1, "bilateral_trade", 0)) for s in (0.1, 0.9))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_in_a_study(tmp_path) -> None:
    """From a suite, also with a mechanism that is named: a posted price for everybody."""
    suite = {
        "schema": 1,
        "name": "trade",
        "seed": 3,
        "defaults": {"replicates": 4, "block": 2},
        "study": [
            {"scenario": "bilateral_trade", "grid": {"s": [0.05, 0.3], "pressure": [0.0, 0.2]}},
            {"scenario": "bilateral_trade", "mechanism": "auctions.BilateralTrade"},
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(BilateralTrade.arms)
    assert BilateralTrade(mechanism=Trade()).known() == ()
