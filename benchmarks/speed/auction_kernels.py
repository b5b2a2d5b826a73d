"""Auction kernels: all Clarke charges at once against one solve for each absent bidder.

    python benchmarks/speed/auction_kernels.py [--rounds 5] [--small]

Both sides of a ratio are timed in the same process, in turns, warm, on one thread; medians. The floor of unit-demand
VCG is one call of ``scipy.optimize.linear_sum_assignment``, without which no charge can be known. Each pair of sides
is also compared in its answers, and the largest difference is written down. Writes ``results/auctions.md``.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numba  # noqa: E402
import numpy as np  # noqa: E402
import scipy  # noqa: E402
from scipy.optimize import linear_sum_assignment  # noqa: E402

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from thickecon.auctions.kernels import bundle_vcg, determine_winners, second_price, unit_demand_vcg  # noqa: E402


def in_turns(works: Sequence[Callable[[], Any]], rounds: int, quick: int = 0) -> tuple[list[float], list[Any]]:
    """Median seconds of each work, run in turns after one warm round, and what the last run returned.

    The first ``quick`` works, being short, take five turns among themselves in every round.
    """
    results = [work() for work in works]
    spent: list[list[float]] = [[] for _ in works]
    turns = list(range(quick)) * 4 + list(range(len(works)))
    for k in turns * rounds:
        begin = time.perf_counter()
        results[k] = works[k]()
        spent[k].append(time.perf_counter() - begin)
    return [statistics.median(each) for each in spent], results


def charges_one_by_one(values: np.ndarray) -> np.ndarray:
    """Clarke charges by n + 1 assignments, as a user of scipy would write it."""
    left, right = linear_sum_assignment(values, maximize=True)
    own = np.zeros(len(values))
    own[left] = values[left, right]
    total = own.sum()
    pay = np.zeros(len(values))
    for i in left:
        rest = np.delete(values, i, axis=0)
        pay[i] = rest[linear_sum_assignment(rest, maximize=True)].sum() - (total - own[i])
    return pay


def unit_demand(n: int, m: int, rounds: int) -> str:
    values = np.random.default_rng(n + m).random((n, m))
    agent, item = np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    (ours, floor, peer), (out, _, pay) = in_turns(
        [
            lambda: unit_demand_vcg(agent, item, values.ravel()),
            lambda: linear_sum_assignment(values, maximize=True),
            lambda: charges_one_by_one(values),
        ],
        rounds,
        quick=2,
    )
    error = float(np.abs(out.payments - pay).max())
    return (
        f"| {n} x {m} | {floor * 1e3:.2f} ms | {ours * 1e3:.2f} ms | {ours / floor:.1f} | {peer:.3f} s"
        f" | {peer / ours:.0f} | {error:.0e} |"
    )


def affine_one_by_one(scores: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Affine charges by n + 1 assignments: each bidder's row replaced by that of a report of zero."""
    left, right = linear_sum_assignment(np.maximum(scores, 0.0), maximize=True)
    own = np.zeros(len(scores))
    worth = np.zeros(len(scores))
    own[left], worth[left] = scores[left, right], (scores + offsets)[left, right]
    total = own.sum()
    pay = np.zeros(len(scores))
    table = np.maximum(scores, 0.0)
    for i in range(len(scores)):
        table[i] = np.maximum(-offsets[i], 0.0)
        pay[i] = table[linear_sum_assignment(table, maximize=True)].sum() - total + worth[i]
        table[i] = np.maximum(scores[i], 0.0)
    return pay


def suppressed(n: int, rounds: int) -> str:
    """Affine charges where a third of the rows are wants so suppressed that a zero report might win."""
    rng = np.random.default_rng(n)
    scores, agent, item = rng.random((n, n)), np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    offsets = np.where(rng.random((n, n)) < 1 / 3, -rng.random((n, n)), 0.2)
    (clarke, affine, peer), (_, out, pay) = in_turns(
        [
            lambda: unit_demand_vcg(agent, item, scores.ravel()),
            lambda: unit_demand_vcg(agent, item, scores.ravel(), offsets=offsets.ravel()),
            lambda: affine_one_by_one(scores, offsets),
        ],
        rounds,
    )
    error = float(np.abs(out.payments - pay).max())
    return (
        f"| {n} x {n} | {clarke * 1e3:.1f} ms | {affine * 1e3:.0f} ms | {peer:.3f} s | {peer / affine:.1f}"
        f" | {error:.0e} |"
    )


def regions(bidders: int, items: int, bids: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Bids on intervals of a ring of items, values near the sum of common values, slightly superadditive."""
    rng = np.random.default_rng(seed)
    common = rng.uniform(1, 100, size=items)
    size, start = rng.geometric(0.25, size=bids).clip(1, 8), rng.integers(items, size=bids)
    table = np.zeros((bids, items), dtype=int)
    for b in range(bids):
        table[b, (start[b] + np.arange(size[b])) % items] = 1
    worth = table @ common * rng.uniform(0.7, 1.3, size=bids) + size**1.2
    return np.sort(rng.integers(bidders, size=bids)), np.arange(bids), worth, table


def bundles(bidders: int, items: int, bids: int, rounds: int) -> str:
    agent, option, worth, table = regions(bidders, items, bids, 1)

    def everyone() -> np.ndarray:
        best = determine_winners(agent, option, worth, table, n_agents=bidders)
        own = np.bincount(agent, worth * best.taken, minlength=bidders)
        rest = [
            determine_winners(agent[agent != i], option[agent != i], worth[agent != i], table, n_agents=bidders).gain
            for i in range(bidders)
        ]
        return np.array(rest) - (best.gain - own)

    (one, ours, peer), (_, out, pay) = in_turns(
        [
            lambda: determine_winners(agent, option, worth, table, n_agents=bidders),
            lambda: bundle_vcg(agent, option, worth, table, n_agents=bidders),
            everyone,
        ],
        rounds,
    )
    error = float(np.abs(out.payments - pay).max())
    return (
        f"| {bidders}, {items}, {bids} | {one:.3f} s | {ours:.3f} s ({out.solves} solves)"
        f" | {peer:.3f} s ({bidders + 1} solves) | {peer / ours:.1f} | {error:.0e} |"
    )


def single(auctions: int, bidders: int, rounds: int) -> str:
    values = np.random.default_rng(0).random((bidders, auctions))
    agent, item = np.repeat(np.arange(bidders), auctions), np.tile(np.arange(auctions), bidders)
    flat = values.ravel()
    (ours, floor), (out, two) = in_turns(
        [lambda: second_price(agent, item, flat), lambda: np.partition(values, -2, axis=0)[-2:]], rounds
    )
    error = float(np.abs(out.price - two[0]).max())
    return f"| {auctions} x {bidders} | {floor * 1e3:.0f} ms | {ours * 1e3:.0f} ms | {ours / floor:.1f} | {error:.0e} |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--small", action="store_true", help="leave out what takes more than some seconds a round")
    given = options.parse_args()
    sizes = [(100, 100), (300, 1000), (500, 500)] + ([] if given.small else [(1000, 300)])
    markets = [(20, 30, 200)] + ([] if given.small else [(50, 60, 1000)])
    lines = [
        "# Auction kernels",
        "",
        f"Written by `python benchmarks/speed/auction_kernels.py --rounds {given.rounds}`; medians of that many rounds"
        " (five runs a round of ours and the floor), sides in turns in one process, one thread."
        f" Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__},"
        f" numba {numba.__version__}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start (above 1:"
        " others were at work; read ratios, not seconds),"
        f" {platform.machine()}.",
        "",
        "## Unit-demand VCG, U[0,1] values, all Clarke charges",
        "",
        "Floor: one `linear_sum_assignment`. n + 1: one more call for each matched bidder left out. The last column is"
        " the largest difference of the charges of the two sides.",
        "",
        "| bidders x items | floor | ours | ours / floor | n + 1 | n + 1 / ours | difference |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(unit_demand(n, m, given.rounds) for n, m in sizes),
        "",
        "## Affine charges, a third of the rows suppressed wants",
        "",
        "n + 1: one more call for each bidder at a report of zero.",
        "",
        "| bidders x items | ours, Clarke | ours, affine | n + 1, affine | n + 1 / ours | difference |",
        "| --- | --- | --- | --- | --- | --- |",
        suppressed(500, given.rounds),
        "",
        "## Bids on bundles (XOR, intervals of a ring of items), HiGHS",
        "",
        "Ours solves again for winners only. The other side solves again for every bidder.",
        "",
        "| bidders, items, bids | one programme | ours | every bidder | every bidder / ours | difference |",
        "| --- | --- | --- | --- | --- | --- |",
        *(bundles(*market, max(3, given.rounds // 2)) for market in markets),
        "",
        "## Separate second-price auctions, rows in, winners and charges out",
        "",
        "Floor: `numpy.partition` for the two largest of a full table, without winners, ties, reserves or charges.",
        "",
        "| auctions x bidders | floor | ours | ours / floor | difference |",
        "| --- | --- | --- | --- | --- |",
        single(1_000_000, 5, given.rounds),
        "",
    ]
    target = HERE / "results" / "auctions.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
