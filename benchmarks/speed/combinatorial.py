"""Bids on bundles: VCG against n + 1 cold HiGHS solves, core-selecting charges, intervals by dynamic programme.

    python benchmarks/speed/combinatorial.py [--rounds 3] [--small]

Both sides of a ratio are timed in the same process, in turns, warm, on one thread; medians. Each pair of sides is also
compared in its answers, and the largest difference is written down. Writes ``results/combinatorial.md``.

Two families of XOR bids: *ring*, intervals of a ring of items with values near the sum of common values (as in
``auction_kernels.py``; their relaxations are nearly integral), and *regions*, the law of CATS (Leyton-Brown, Pearson
and Shoham 2000, doi:10.1145/352871.352879) with our own code: bundles grown over a near-square grid of items, with
substitutes; their relaxations are not.
"""

from __future__ import annotations

import argparse
import importlib.metadata
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

import numpy as np  # noqa: E402
from scipy.sparse import csr_array, vstack  # noqa: E402

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

import thickecon as te  # noqa: E402
from thickecon.auctions.kernels import bundle_vcg, determine_winners  # noqa: E402
from thickecon.programs.milp import solve_milp  # noqa: E402

Bids = tuple[np.ndarray, np.ndarray, np.ndarray]  # bidder, (bids, items), worth


def in_turns(works: Sequence[Callable[[], Any]], rounds: int) -> tuple[list[float], list[Any]]:
    """Median seconds of each work, run in turns, and what the last run returned."""
    spent: list[list[float]] = [[] for _ in works]
    results: list[Any] = [None] * len(works)
    for _ in range(rounds):
        for k, work in enumerate(works):
            begin = time.perf_counter()
            results[k] = work()
            spent[k].append(time.perf_counter() - begin)
    return [statistics.median(each) for each in spent], results


# ---- instances ------------------------------------------------------------------------------------------------


def ring(bidders: int, items: int, bids: int, seed: int) -> Bids:
    """Bids on intervals of a ring of items, slightly superadditive."""
    rng = np.random.default_rng(seed)
    common = rng.uniform(1, 100, size=items)
    size, start = rng.geometric(0.25, size=bids).clip(1, 8), rng.integers(items, size=bids)
    table = np.zeros((bids, items))
    for b in range(bids):
        table[b, (start[b] + np.arange(size[b])) % items] = 1
    worth = table @ common * rng.uniform(0.7, 1.3, size=bids) + size**1.2
    return np.sort(rng.integers(bidders, size=bids)), table, worth


def grid(items: int, rng: np.random.Generator) -> list[set[int]]:
    """Neighbours of each item: a near-square grid, a tenth of its edges removed, a fifth of its diagonals added."""
    width = int(np.ceil(np.sqrt(items)))
    near: list[set[int]] = [set() for _ in range(items)]
    for j in range(items):
        for right, down in ((1, 0), (0, 1), (1, 1), (-1, 1)):
            x, k = j % width + right, j + right + down * width
            here = rng.random() < (0.2 if right and down else 0.9)
            if 0 <= x < width and k < items and here:
                near[j].add(k)
                near[k].add(j)
    return near


def regions(bidders: int, items: int, seed: int, most: int = 6) -> Bids:
    """CATS regions with its defaults: additional goods .9, jumps .05, deviation 50, additivity 1.2, budget 1.5."""
    rng = np.random.default_rng(seed)
    near, common = grid(items, rng), rng.uniform(1, 100, items)
    agent, table, worth = [], [], []
    for i in range(bidders):
        own = rng.uniform(-50, 50, items)

        def grown(first: int, size: int | None, own: np.ndarray = own) -> frozenset[int]:
            held = {first}
            while len(held) < items and (rng.random() <= 0.9 if size is None else len(held) < size):
                jump = rng.random() < 0.05
                reach = sorted(set(range(items)) - held if jump else {k for j in held for k in near[j]} - held)
                if not reach:
                    break
                weight = np.ones(len(reach)) if jump else own[reach] + 50.0 + 1e-9
                held.add(int(rng.choice(reach, p=weight / weight.sum())))
            return frozenset(held)

        def value(held: frozenset[int], own: np.ndarray = own) -> float:
            return float(sum(common[j] + own[j] for j in held)) + len(held) ** 1.2

        first = grown(int(rng.choice(items, p=(own + 50) / (own + 50).sum())), None)
        bag, ceiling = {first: max(value(first), 1.0)}, 1.5 * value(first)
        floor = 0.5 * sum(common[j] for j in first)
        for other in sorted({grown(j, len(first)) for j in sorted(first)}, key=value, reverse=True):
            if len(bag) < most and 0 <= value(other) <= ceiling and sum(common[j] for j in other) >= floor:
                bag.setdefault(other, value(other))
        for held, v in bag.items():
            agent.append(i)
            worth.append(v)
            table.append(np.isin(np.arange(items), list(held)).astype(float))
    return np.array(agent), np.array(table), np.array(worth)


# ---- the other side -------------------------------------------------------------------------------------------


def cold_charges(agent: np.ndarray, table: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Clarke charges by n + 1 programmes, each from nothing, as a user of HiGHS would write it."""
    n = int(agent.max()) + 1

    def best(here: np.ndarray) -> Any:
        who = csr_array((np.ones(len(here)), (agent[here], np.arange(len(here)))), (n, len(here)))
        return solve_milp(worth[here], vstack([csr_array(table[here].T), who]), 1.0)

    everybody = best(np.arange(len(agent)))
    held = np.bincount(agent, worth * everybody.x, minlength=n)
    rest = np.array([best(np.flatnonzero(agent != i)).objective for i in range(n)])
    return rest - (everybody.objective - held)


def vcg(name: str, bids: Bids, rounds: int) -> str:
    agent, table, worth = bids
    rows, n = np.arange(len(agent)), int(agent.max()) + 1
    (one, ours, peer), (_, out, pay) = in_turns(
        [
            lambda: determine_winners(agent, rows, worth, table, n_agents=n),
            lambda: bundle_vcg(agent, rows, worth, table, n_agents=n),
            lambda: cold_charges(agent, table, worth),
        ],
        rounds,
    )
    error = float(np.abs(out.payments - pay).max())
    return (
        f"| {name} | {n}, {table.shape[1]}, {len(agent)} | {one:.3f} s | {ours:.3f} s ({out.solves}) |"
        f" {peer:.2f} s ({n + 1}) | {peer / ours:.1f} | {error:.0e} |"
    )


def core(name: str, bids: Bids, rule: str, rounds: int) -> str:
    agent, table, worth = bids
    profile = te.ThickProfile.from_rows(agent, np.arange(len(agent)), worth[None], unit="money")
    problem = te.auctions.Bids(profile, table)
    mechanism = te.auctions.CoreSelecting(reference_point=rule)
    (spent,), (outcome,) = in_turns([lambda: mechanism.run(problem, rng=0)], rounds)
    begin = time.perf_counter()
    gap = {verdict.name: verdict for verdict in outcome.certificate}
    checked, details = time.perf_counter() - begin, outcome.decision.details
    return (
        f"| {name} | {problem.profile.n_agents}, {table.shape[1]}, {len(agent)} | {rule} | {spent:.2f} s |"
        f" {details['searches']} | {details['rounds']} | {len(details['coalitions'])} | {gap['core'].gap:.0e} |"
        f" {outcome.certified} | {checked:.2f} s |"
    )


def in_a_row(bids: int, items: int, rounds: int) -> str:
    """OR bids on intervals, all charges: the dynamic programme against one cold programme for the winners alone."""
    rng = np.random.default_rng(0)
    first, size = rng.integers(0, items - 8, bids), rng.integers(1, 9, bids)
    at = np.arange(items)
    table = ((at >= first[:, None]) & (at < (first + size)[:, None])).astype(float)
    worth, agent = size * rng.uniform(5, 15, bids), rng.integers(0, bids // 10, bids)
    (ours, peer), (out, cold) = in_turns(
        [
            lambda: bundle_vcg(agent, np.arange(bids), worth, table, language="OR"),
            lambda: solve_milp(worth, csr_array(table.T), 1.0),
        ],
        rounds,
    )
    return (
        f"| {bids}, {items} | {ours:.3f} s ({out.solves}) | {peer:.3f} s (1) | {peer * out.solves / ours:.0f} |"
        f" {abs(out.gain - cold.objective):.0e} |"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--small", action="store_true", help="leave out what takes more than some seconds a round")
    given = options.parse_args()
    markets = {
        "ring 20": ring(20, 30, 200, 1),
        "ring 30": ring(30, 40, 360, 1),
        "regions 30": regions(30, 40, 1),
    }
    large = {"ring 50": ring(50, 60, 1000, 1), "regions 60": regions(60, 60, 0)}
    cores = {"ring": ring(30, 40, 360, 1), "regions": regions(30, 40, 1)}
    wide = {"ring": ring(100, 60, 1000, 1), "regions": regions(60, 60, 0)}
    if not given.small:
        markets |= large
    lines = [
        "# Bids on bundles",
        "",
        f"Written by `python benchmarks/speed/combinatorial.py --rounds {given.rounds}`; medians of that many rounds,"
        " sides in turns in one process, one thread."
        f" Python {platform.python_version()}, numpy {np.__version__}, HiGHS {importlib.metadata.version('highspy')},"
        f" {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start (above 1: others were at work; read"
        f" ratios, not seconds), {platform.machine()}.",
        "",
        "## VCG, XOR bids",
        "",
        "Ours skips losers, keeps the relaxation with its cliques between searches, and searches only columns whose"
        " reduced cost is below the gap. The other side solves n + 1 programmes from nothing. In brackets: programmes.",
        "",
        "| bids | bidders, items, bids | winners only | ours | n + 1 cold | cold / ours | difference |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(vcg(name, bids, given.rounds) for name, bids in markets.items()),
        "",
        "## Core-selecting charges",
        "",
        "Searches: winner determinations of any kind; the violation is recomputed by a programme of its own."
        " Left out: the regions law on 100 items, bundles of 15 items on average; core charges of 78 bidders with"
        " 359 such bids took 65 s, proven, in one run beside other work.",
        "",
        "| bids | bidders, items, bids | reference | ours | searches | rounds | coalitions | violation | certified |"
        " certificate |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(core(name, bids, rule, given.rounds) for name, bids in cores.items() for rule in ("vcg", "zero")),
        *(core(name, bids, "vcg", 1) for name, bids in wide.items() if name == "ring" or not given.small),
        "",
        "## OR bids on intervals of items in a row, all charges",
        "",
        "Ours: dynamic programmes, one for the winners and one without each of them. The other side: one programme for"
        " the winners; the ratio is to as many of them.",
        "",
        "| bids, items | ours | one programme | programmes / ours | difference of worth |",
        "| --- | --- | --- | --- | --- |",
        in_a_row(2_000, 200, given.rounds),
        "",
    ]
    target = HERE / "results" / "combinatorial.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
