"""Optimal auctions: examples of the paper, closed forms, and programmes over all mechanisms.

python papers/myerson_1981/replicate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402

from papers.claims import table  # noqa: E402
from thickecon.auctions import EndorsedRegression, FiniteValues, Myerson, VirtualValue, value_distribution  # noqa: E402
from thickecon.programs.auction_programme import best_auction  # noqa: E402

HALF = [0.5, 0.5]


def examples() -> dict[str, float]:
    """Of the paper, as recalled, and the independent twin of its last one."""
    two = VirtualValue(value_distribution(stats.uniform(0, 100)))
    strong = VirtualValue(value_distribution(stats.uniform(0, 150)))
    low_high = [np.array([10.0, 100.0])] * 2
    return {
        "reserve_100": float(Myerson([stats.uniform(0, 100)] * 3).reserves[2]),
        "favoured": float(two.least(strong.ironed(100.0))),
        "correlated": best_auction(low_high, joint=[[1 / 3, 1 / 6], [1 / 6, 1 / 3]]).revenue,
        "independent": Myerson([(low_high[0], np.array(HALF))] * 2).expected_revenue,
    }


def closed_forms() -> dict[str, float]:
    """Regular laws, and one that is ironed."""
    found = {f"uniform_{n}": Myerson(["uniform"] * n).expected_revenue for n in (1, 2, 3)}
    exponential = Myerson([stats.expon()] * 2)
    kinked = stats.rv_histogram((np.array([0.75, 0.25]), np.array([0.0, 1.0, 2.0]))).freeze()
    return found | {
        "exponential_reserve": float(exponential.reserves[0]),
        "exponential_2": exponential.expected_revenue,
        "different_laws": Myerson(["uniform", stats.uniform(0, 2)]).expected_revenue,
        "ironed_level": VirtualValue(value_distribution(kinked)).flats[0].level,
    }


def programmes() -> dict[str, float]:
    """Differences to the best of all mechanisms, and to second price."""
    values = np.linspace(0.5, 8.0, 10)
    chance = np.exp(-((values - 2) ** 2)) + 0.6 * np.exp(-((values - 6) ** 2))
    humps = FiniteValues.of(values, chance / chance.sum())
    best = best_auction([humps.values] * 2, [humps.probabilities] * 2)
    four, quarter = np.array([1.0, 2.0, 4.0, 7.0]), np.full(4, 0.25)
    lines = [EndorsedRegression(0.5, 0.5), EndorsedRegression(-0.5, 4.0)]
    thick = Myerson([(four, quarter)] * 2, 0.3, lines)
    worths = [line.intercept + line.slope * four for line in lines]
    most = best_auction([four] * 2, [quarter] * 2, endorsed=worths, revenue_weight=0.3)
    alike = Myerson(["uniform"] * 2, 0.0, 0.5).expected().objective(0.0)
    return {
        "ironed_programme": Myerson([humps] * 2).expected_revenue - best.revenue,
        "thick_reserve": float(Myerson(["uniform"] * 2, 0.5, 0.5).reserves[0]),
        "thick_programme": thick.expected().objective(0.3) - most.objective,
        "thick_nothing_gained": alike - 0.5 * Myerson(["uniform"] * 2, 0.0).expected().endorsed,
    }


def replicate() -> dict[str, float]:
    """All claims."""
    return examples() | closed_forms() | programmes()


if __name__ == "__main__":
    print(table(HERE, replicate()))
