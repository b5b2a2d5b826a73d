"""Core-selecting payments: reference points, least revenue, penalties of blocking coalitions.

python papers/day_cramton_2012/replicate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np  # noqa: E402

import thickecon as te  # noqa: E402
from papers.claims import table  # noqa: E402

EXAMPLE = [{"A": 28}, {"B": 20}, {"AB": 32}, {"A": 14}, {"B": 12}]
SIX = [
    {"A": 8, "BC": 21, "ABCDE": 39},
    {"E": 11, "AD": 22, "ABCDE": 29},
    {"E": 10, "ABCE": 37, "ABCDE": 42},
    {"CDE": 26, "ABCD": 24, "ABCE": 38},
    {"AD": 20, "ACD": 21, "ABCDE": 44},
    {"E": 5, "BCDE": 38, "ABCDE": 30},
]
LONELY = [{"AB": 2}, {"A": 2, "B": 2, "AB": 2}, {"A": 2, "B": 2, "AB": 2}]
TRUNCATED = [{"A": 10}, {"B": 8}, {"AB": 9}]


def auction(bids: list[dict[str, int]]) -> te.auctions.Bids:
    """XOR bids, bundles as letters of items."""
    options = sorted({bundle for bid in bids for bundle in bid}, key=lambda one: (len(one), one))
    worth = [[bid.get(bundle, np.nan) for bundle in options] for bid in bids]
    profile = te.ThickProfile.from_values(np.array(worth, dtype=float), options=options, unit="money")
    return te.auctions.Bids(profile, [list(one) for one in options], items=sorted(set("".join(options))))


def paid(bids: list[dict[str, int]], rule: str = "vcg") -> np.ndarray:
    """Payments; the outcome must be certified."""
    outcome = te.auctions.CoreSelecting(reference_point=rule).run(auction(bids), rng=0)  # type: ignore[arg-type]
    assert outcome.certified, outcome.certificate
    return outcome.payments


def replicate() -> dict[str, float]:
    """The examples of the README."""
    vcg = te.auctions.VCG()
    found = {"welfare": vcg.run(auction(EXAMPLE), rng=0).welfare, "six_welfare": vcg.run(auction(SIX), rng=0).welfare}
    for k, payment in enumerate(vcg.run(auction(EXAMPLE), rng=0).payments[:2], 1):
        found[f"clarke_{k}"] = payment
    for rule in ("vcg", "zero", "bid"):
        for k in (0, 1):
            found[f"example_{rule}_{k + 1}"] = paid(EXAMPLE, rule)[k]
            found[f"truncated_{rule}_{k + 1}"] = paid(TRUNCATED, rule)[k]
        for k in (0, 1, 2):
            found[f"six_{rule}_{k + 1}"] = paid(SIX, rule)[k]
    found["revenue"], found["six_revenue"] = paid(EXAMPLE).sum(), paid(SIX).sum()
    found["penalty"] = (paid(EXAMPLE)[:2] - vcg.run(auction(EXAMPLE), rng=0).payments[:2]).max()
    found["lonely_vcg"] = vcg.run(auction(LONELY), rng=0).revenue
    found["lonely_core"] = paid(LONELY).sum()
    found["core_drift"] = float(np.abs(paid(SIX)[:3] - [13, 21, 10]).max())
    return {name: float(value) for name, value in found.items()}


if __name__ == "__main__":
    print(table(HERE, replicate()))
