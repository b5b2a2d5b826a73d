"""Optimal auctions of finitely many types: virtual values in closed form against a linear programme of PyPI mechaudit.

    python benchmarks/speed/myerson.py

Writes results/myerson.md. The peer runs in benchmarks/speed/.envs/myerson (see peers/myerson_peer.py), a process of its
own, once an instance; both sides find the revenue of the optimal auction of the same types.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from thickecon.auctions import Myerson  # noqa: E402
from thickecon.auctions.virtual_values import finite_optimum, finite_virtual_values, pooled  # noqa: E402
from thickecon.programs.auction_programme import best_auction  # noqa: E402

RESULTS = HERE / "results" / "myerson.md"
PEER = HERE / ".envs" / "myerson" / "bin" / "python"
SIZES = ((2, 10), (2, 20), (3, 5))


def median(run: Callable[[], float], turns: int) -> tuple[float, float]:
    """Median seconds of a run, and what it returns."""
    found, spent = run(), []
    for _ in range(turns):
        start = time.perf_counter()
        found = run()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent), found


def closed_form(values: list[np.ndarray], chances: list[np.ndarray]) -> float:
    """Revenue from arrays: virtual values, ironing, expected maximum."""
    levels = [pooled(finite_virtual_values(v, p), p) for v, p in zip(values, chances, strict=True)]
    return finite_optimum(levels, chances)


def peer(bidders: int, types: int) -> dict[str, float] | None:
    """What mechaudit finds, or None where it is not installed."""
    if not PEER.exists():
        return None
    command = [str(PEER), str(HERE / "peers" / "myerson_peer.py"), str(bidders), str(types)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def row(bidders: int, types: int) -> str:
    values = [np.linspace(0.0, 1.0, types)] * bidders
    chances = [np.full(types, 1.0 / types)] * bidders
    pairs = list(zip(values, chances, strict=True))
    before, revenue = median(lambda: closed_form(values, chances), 300)
    theirs = peer(bidders, types)
    after, _ = median(lambda: closed_form(values, chances), 300)
    ours = (before + after) / 2
    whole, same = median(lambda: Myerson(pairs).expected_revenue, 30)
    programme, found = median(lambda: best_auction(values, chances).revenue, 3)
    assert abs(same - revenue) < 1e-12
    assert abs(found - revenue) < 1e-9
    cells = ["not installed", "", ""]
    if theirs is not None:
        off = abs(theirs["revenue"] - revenue)
        assert off < 1e-9
        cells = [f"{theirs['seconds']:.3f} s", f"{theirs['seconds'] / ours:,.0f}", f"{off:.0e}"]
    return (
        f"| {bidders} x {types} | {revenue:.10f} | {ours * 1e6:.0f} µs | {cells[0]} | {cells[1]} | {cells[2]}"
        f" | {whole * 1e3:.2f} ms | {programme:.3f} s |"
    )


def main() -> None:
    load = os.getloadavg()[0]
    lines = [
        "# Optimal auctions of finitely many types",
        "",
        f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores, load {load:.1f} at the"
        " start; made by `python benchmarks/speed/myerson.py`. Values evenly spaced on [0, 1], equally likely. Closed"
        " form: from arrays to revenue, median of 600 runs, half of them before and half after the peer's. Peer:"
        " mechaudit 0.1.0 (Bayesian incentives, interim participation), one run in its own environment. Goal: at least"
        " 1,000x, the same revenue.",
        "",
        "| bidders x types | revenue | closed form | mechaudit | ratio | difference | `Myerson(...).expected_revenue` |"
        " our programme |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(row(*size) for size in SIZES),
        "",
    ]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
