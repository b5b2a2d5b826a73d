"""Single-item auctions over replicates, and all charges of a large assignment.

    python benchmarks/speed/single_item.py [--rounds 5] [--small]

Sides are timed in one process, in turns, warm, on one thread; medians. The floor of replicates is one pass of numpy
over the same bytes. The plain side is a Python loop over auctions, timed on 20,000 of them. For the assignment of
2,000 bidders the n + 1 side solves for 40 of the absent bidders and is scaled to all. Writes
``results/single_item.md``.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
from scipy.optimize import linear_sum_assignment  # noqa: E402

from thickecon.auctions.kernels import replicated_second_price, unit_demand_vcg  # noqa: E402

HERE = Path(__file__).resolve().parent
PLAIN = 20_000


def in_turns(works: Sequence[Callable[[], Any]], rounds: int) -> tuple[list[float], list[Any]]:
    """Median seconds of each work and its last result."""
    results = [work() for work in works]
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for k, work in enumerate(works):
            begin = time.perf_counter()
            results[k] = work()
            spent[k].append(time.perf_counter() - begin)
    return [statistics.median(each) for each in spent], results


def plain(table: np.ndarray, weights: Sequence[float]) -> list[tuple[int, float]]:
    """Auction by auction, as one would write it without arrays."""
    motives, bidders, count = table.shape
    rows = table[:, :, :PLAIN].tolist()
    out = []
    for a in range(min(PLAIN, count)):
        first = second = float("-inf")
        who = -1
        for i in range(bidders):
            reading = 0.0
            for c in range(motives):
                reading += weights[c] * rows[c][i][a]
            if reading > first:
                first, second, who = reading, first, i
            elif reading > second:
                second = reading
        out.append((who, max(second, 0.0)) if first >= 0 else (-1, 0.0))
    return out


def by_numpy(table: np.ndarray, weights: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """The usual numpy: readings, then the two largest."""
    reading = np.tensordot(weights, table, 1)
    return reading.argmax(axis=0), np.partition(reading, -2, axis=0)[-2]


def replicates(auctions: int, bidders: int, motives: int, rounds: int) -> list[str]:
    table = np.random.default_rng(0).random((motives, bidders, auctions))
    weights = [1.0] + [0.25] * (motives - 1)
    (bare, writes, ours, grid, numpy_, loop), (_, _, out, _, two, rows) = in_turns(
        [
            lambda: table.sum(),
            lambda: table.sum(axis=0),
            lambda: replicated_second_price(table, weights),
            lambda: replicated_second_price(table, weights, resolution=2.0**-36),
            lambda: by_numpy(table, weights),
            lambda: plain(table, weights),
        ],
        rounds,
    )
    scaled = loop * auctions / min(PLAIN, auctions)
    assert np.array_equal(out.winner, two[0])
    error = max(abs(price - out.price[a]) for a, (_, price) in enumerate(rows))
    lines = ["| side | time | over ours |", "| --- | --- | --- |"]
    for title, spent in (
        ("ours, lens and second price", ours),
        ("ours, readings on the grid of T15", grid),
        ("floor: `sum()`, reads the same bytes, writes a number", bare),
        ("floor: `sum(axis=0)`, reads the same bytes, writes readings", writes),
        ("numpy: `tensordot`, `argmax`, `partition`", numpy_),
        (f"plain Python, from {min(PLAIN, auctions):,} auctions", scaled),
    ):
        lines.append(f"| {title} | {spent * 1e3:,.0f} ms | {spent / ours:.2f} |")
    lines += ["", f"Winners are the same; the largest difference of prices is {error:.0e}."]
    return lines


def assignment(n: int, rounds: int) -> list[str]:
    values = np.random.default_rng(n).random((n, n))
    agent, item = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    (floor, ours), (_, out) = in_turns(
        [
            lambda: linear_sum_assignment(values, maximize=True),
            lambda: unit_demand_vcg(agent, item, values.ravel()),
        ],
        rounds,
    )
    left, right = linear_sum_assignment(values, maximize=True)
    own = values[left, right]
    absent = np.linspace(0, n - 1, min(40, n)).astype(int)
    begin, error = time.perf_counter(), 0.0
    for i in absent.tolist():
        rest = np.delete(values, i, axis=0)
        pay = rest[linear_sum_assignment(rest, maximize=True)].sum() - (own.sum() - own[i])
        error = max(error, abs(float(pay) - float(out.payments[i])))
    peer = (time.perf_counter() - begin) * n / len(absent)
    return [
        "| bidders x items | one assignment | ours, all charges | ours / one | n + 1 | n + 1 / ours | difference |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        f"| {n} x {n} | {floor * 1e3:.0f} ms | {ours * 1e3:.0f} ms | {ours / floor:.1f} | {peer:,.0f} s"
        f" | {peer / ours:,.0f} | {error:.0e} |",
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--small", action="store_true", help="a tenth of the size")
    given = options.parse_args()
    size = 10 if given.small else 1
    lines = [
        "# Single-item auctions over replicates, and a large assignment",
        "",
        f"Written by `python benchmarks/speed/single_item.py --rounds {given.rounds}`; medians, sides in turns in one"
        f" process, one thread. Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f} at the start (above 1: others were at work; read ratios, not seconds).",
        "",
        f"## {1_000_000 // size:,} auctions x 10 bidders x 2 motives",
        "",
        *replicates(1_000_000 // size, 10, 2, given.rounds),
        "",
        "## Unit-demand VCG, U[0,1] values, n + 1 from 40 absent bidders",
        "",
        *assignment(2000 // size, given.rounds),
        "",
    ]
    target = HERE / "results" / "single_item.md"
    target.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
