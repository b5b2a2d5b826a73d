"""The generalised second-price auction: payments, deviations, locally envy-free equilibria.

python papers/edelman_ostrovsky_schwarz_2007/replicate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np  # noqa: E402

import thickecon as te  # noqa: E402
from papers.claims import table  # noqa: E402
from thickecon.auctions import GSP, PositionVCG, envy_free_reports  # noqa: E402

VALUES = [[10.0], [4.0], [2.0]]
CLICKS = (200.0, 100.0)


def kept(auction: GSP, profile: te.ThickProfile, bids: list[float], i: int) -> float:
    """What bidder i ends with."""
    outcome = auction.run(profile, reports=bids, rng=0)
    return float(VALUES[i][0] * outcome.taken[i] - outcome.payments[i])


def best_deviation(auction: GSP, profile: te.ThickProfile, bids: np.ndarray) -> float:
    """The most that another bid of a grid gains anybody."""
    most = 0.0
    for i in range(3):
        now = kept(auction, profile, bids.tolist(), i)
        for lie in np.linspace(0.013, 12.013, 400):
            told = bids.copy()
            told[i] = lie
            most = max(most, kept(auction, profile, told.tolist(), i) - now)
    return most


def replicate() -> dict[str, float]:
    """The example, two equilibria, and a manufactured worth."""
    p = te.ThickProfile.from_values(VALUES, unit="money")
    gsp, vcg, close = GSP(clicks=CLICKS), PositionVCG(clicks=CLICKS), GSP(clicks=(200.0, 199.0))
    truthful, clarke = gsp.run(p, rng=0), vcg.run(p, rng=0)
    lowest = envy_free_reports(gsp, p, rng=0)
    highest, over = (envy_free_reports(gsp, p, revenue="highest", overbid=flag, rng=0) for flag in (False, True))
    pushed = te.ThickProfile.from_values([[10.0], [11.0], [2.0]], unit="money").with_influence(
        "vendor", [[0.0], [7.0], [0.0]], owner="a vendor of conversions"
    )
    sidt, verified = gsp.baseline(), PositionVCG(clicks=CLICKS, reporting="observed")
    moved = sidt.run(pushed, reports=envy_free_reports(sidt, pushed, rng=0), rng=0).revenue
    return {
        "gsp_first": float(truthful.payments[0]),
        "gsp_second": float(truthful.payments[1]),
        "vcg_first": float(clarke.payments[0]),
        "vcg_second": float(clarke.payments[1]),
        "close_truth": kept(close, p, [10.0, 4.0, 2.0], 0),
        "close_deviation": kept(close, p, [3.0, 4.0, 2.0], 0),
        "lowest_revenue": gsp.run(p, reports=lowest, rng=0).revenue,
        "lowest_gain": best_deviation(gsp, p, np.asarray(lowest)),
        "highest_revenue": gsp.run(p, reports=highest, rng=0).revenue,
        "highest_overbid": gsp.run(p, reports=over, rng=0).revenue,
        "thick_gsp_gain": moved - gsp.run(p, reports=lowest, rng=0).revenue,
        "thick_vcg_gain": verified.run(pushed, rng=0).revenue - verified.run(p, rng=0).revenue,
    }


if __name__ == "__main__":
    print(table(HERE, replicate()))
