"""Deferred acceptance: against a bare loop, against PyPI `matching`, and at a million proposers.

    python benchmarks/speed/matching_kernels.py            # all of it: about three minutes, 3 GB
    python benchmarks/speed/matching_kernels.py --small    # without the million and without the peer

Writes results/matching.md: medians, and both sides of each ratio.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE / "floors")]

import deferred_acceptance_floor as floor  # noqa: E402

import thickecon as te  # noqa: E402
from thickecon.matching.kernels import SideTable, build_sides, count_blocking, deferred_acceptance  # noqa: E402

PEER = HERE / ".envs" / "matching" / "bin" / "python"
LISTS = 20


def medians(times: int, **works: Callable[[], Any]) -> dict[str, float]:
    """Median seconds of several works, taken in turn, so that a busy moment of the machine meets them all alike."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(times + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if turn:  # the first turn compiles and warms the cache
                taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def inverse(held: np.ndarray, n: int) -> np.ndarray:
    """Partner of each proposer from who each receiver holds."""
    partner = np.full(n, -1)
    taken = np.flatnonzero(held >= 0)
    partner[held[taken]] = taken
    return partner


def complete(n: int, peer: bool) -> dict[str, Any]:
    """Complete lists of n on both sides, uniform random values."""
    rng = np.random.default_rng(0)
    one, other = rng.random((n, n)), rng.random((n, n))
    preference = np.argsort(-one, axis=1).astype(np.int32)
    rank = np.argsort(np.argsort(-other, axis=1), axis=1).astype(np.int32)
    sides = build_sides(SideTable.from_dense(one), SideTable.from_dense(other))
    partner = deferred_acceptance(sides)
    assert np.array_equal(partner, inverse(floor.dense(preference, rank), n))

    def whole() -> np.ndarray:
        return deferred_acceptance(build_sides(SideTable.from_dense(one), SideTable.from_dense(other)))

    found: dict[str, Any] = {"n": n, "whole": medians(61, whole=whole)["whole"]}
    found |= medians(51, floor=lambda: floor.dense(preference, rank), kernel=lambda: deferred_acceptance(sides))
    if peer:
        with tempfile.TemporaryDirectory() as folder:
            np.savez(f"{folder}/values.npz", proposers=one, receivers=other)
            run = [str(PEER), str(HERE / "peers" / "matching_peer.py"), f"{folder}/values.npz"]
            answer = json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
        assert answer["partner"] == partner.tolist(), "the peer finds another matching"
        found |= {"peer": answer["seconds"], "peer_version": answer["version"]}
    return found


def large_profiles(n: int, m: int) -> tuple[te.ThickProfile, te.ThickProfile]:
    """n proposers who list up to 20 random receivers, who list them back; uniform values."""
    rng = np.random.default_rng(1)
    pairs = np.unique((np.arange(n)[:, None] * m + rng.integers(0, m, (n, LISTS))).ravel())
    sizes = {"agents": range(n), "options": range(m)}
    proposers = te.ThickProfile.from_rows(pairs // m, pairs % m, rng.random(len(pairs)), **sizes)
    pairs = np.sort(pairs % m * n + pairs // m)
    sizes = {"agents": range(m), "options": range(n)}
    receivers = te.ThickProfile.from_rows(pairs // n, pairs % n, rng.random(len(pairs)), **sizes)
    return proposers, receivers


def large(n: int, m: int) -> dict[str, Any]:
    """One market, in a process of its own so that its peak of memory is its own."""
    places = n // m
    small = [SideTable.from_dense(np.random.default_rng(0).random((300, 300)), lottery=np.arange(300.0))] * 2
    deferred_acceptance(build_sides(*small), 2)  # compile
    deferred_acceptance(build_sides(*small))
    profiles = large_profiles(n, m)
    gc.collect()
    lens = te.Endorsed()
    for profile in profiles:
        _ = profile.index.indptr, profile.resolution  # the row tables are there before the clock starts
    readings = [lens.read(profile) for profile in profiles]

    def from_readings() -> np.ndarray:
        return deferred_acceptance(build_sides(*map(SideTable.from_reading, readings)), places)

    sides = build_sides(*map(SideTable.from_reading, readings))
    partner = deferred_acceptance(sides, places)
    counts = count_blocking(partner, *map(SideTable.from_reading, readings), places)
    assert counts.stable, counts
    works = {
        "kernel": lambda: deferred_acceptance(sides, places),
        "sides": lambda: build_sides(*map(SideTable.from_reading, readings)),
        "whole": from_readings,
        "read": lambda: [lens.read(profile) for profile in profiles],
        "check": lambda: count_blocking(partner, *map(SideTable.from_reading, readings), places),
    }
    if places == 1:
        receiver, rank = np.ascontiguousarray(sides.receiver), np.ascontiguousarray(sides.rank)
        assert np.array_equal(partner, inverse(floor.sparse(sides.indptr, receiver, rank, m), n))
        works["floor"] = lambda: floor.sparse(sides.indptr, receiver, rank, m)
    found: dict[str, Any] = {"n": n, "m": m, "rows": len(profiles[0].index), "matched": int((partner >= 0).sum())}
    found |= medians(5, **works)
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return found


def line(what: str, ours: float, against: str, theirs: float, ratio: str, goal: str) -> str:
    return f"| {what} | {ours:.4g} s | {against} | {theirs:.4g} s | {ratio} | {goal} |"


def report(dense: dict[str, Any], big: list[dict[str, Any]]) -> str:
    """The fragment of markdown."""
    n = dense["n"]
    rows = [
        line(
            f"kernel, complete, n = {n}",
            dense["kernel"],
            "floor: bare numba loop on preference and rank matrices",
            dense["floor"],
            f"{dense['kernel'] / dense['floor']:.2f}x the floor",
            "at most 2x",
        )
    ]
    if "peer" in dense:
        rows.append(
            line(
                f"value matrices to partner, n = {n}",
                dense["whole"],
                f"PyPI `matching` {dense['peer_version']}, same matrices, one run",
                dense["peer"],
                f"{dense['peer'] / dense['whole']:,.0f}x faster",
                "at least 1000x",
            )
        )
    else:
        rows.append(line(f"value matrices to partner, n = {n}", dense["whole"], "not run", float("nan"), "", ""))
    for market in big:
        name = f"{market['n']:,} proposers, lists of {LISTS}, {market['m']:,} receivers"
        if "floor" in market:
            rows.append(
                line(
                    f"kernel, {name}",
                    market["kernel"],
                    "floor: bare numba loop on the aligned lists",
                    market["floor"],
                    f"{market['kernel'] / market['floor']:.2f}x the floor",
                    "at most 2x",
                )
            )
        for part, seconds in (
            ("readings of the row tables to partner", market["whole"]),
            ("profiles (lens included) to partner", market["whole"] + market["read"]),
        ):
            ratio = f"{seconds / market['kernel']:.2f}x the kernel"
            if "floor" in market:
                ratio += f", {seconds / market['floor']:.2f}x the bare loop"
            rows.append(line(f"{part}, {name}", seconds, "kernel", market["kernel"], ratio, "at most 5x"))
    notes = [
        f"- {market['n']:,} to {market['m']:,}: {market['rows']:,} rows a side, {market['matched']:,} matched; reading"
        f" both sides {market['read']:.3g} s, aligning and ordering them {market['sides']:.3g} s, checking that no"
        f" pair blocks {market['check']:.3g} s; peak memory of the process, generation of the market included,"
        f" {market['peak'] / 2**30:.2f} GB (goal: below 6)."
        for market in big
    ]
    head = [
        "# Deferred acceptance",
        "",
        f"Medians on {os.cpu_count()} cores, Python {sys.version.split()[0]}, numpy {np.__version__}; made by"
        " `python benchmarks/speed/matching_kernels.py`. Every pair of columns was measured in the same run, and both"
        " sides found the same matching.",
        "",
        "| what | ours | against | theirs | ratio | goal |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, "", *notes, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="leave out the million and the peer")
    parser.add_argument("--large", nargs=2, type=int, metavar=("N", "M"), help="one large market, as JSON")
    given = parser.parse_args()
    if given.large:
        print(json.dumps(large(*given.large)))
        return
    dense = complete(1000, peer=not given.small and PEER.exists())
    big = []
    for m in () if given.small else (1_000_000, 50_000):
        run = [sys.executable, __file__, "--large", "1000000", str(m)]
        big.append(json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout))
    text = report(dense, big)
    print(text)
    if not given.small:
        (HERE / "results").mkdir(exist_ok=True)
        (HERE / "results" / "matching.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
