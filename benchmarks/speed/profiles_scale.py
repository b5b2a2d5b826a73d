"""Profiles at scale: 1,000,000 agents x 20 options x 3 motives, built, read through each cardinal lens and reduced.

    python benchmarks/speed/profiles_scale.py [--agents 1000000] [--repeat 7] [--files]

Each side is timed in one run, in turns, warm: a lens against ``contributions.sum(axis=0)`` on the same array, the
least work that any reading must do. Everything runs in child processes, on all cores and again on one, because lenses
use threads where numpy lets them and the bare sum does not. Writes ``results/profiles.md``.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OPTIONS, MOTIVES = 20, 3
ALLOWED_RATIO, ALLOWED_PEAK_GB = 3.0, 6.0


def peak_gb() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would start from the peak of the parent
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**20
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (2**30 if sys.platform == "darwin" else 2**20)


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def child(agents: int, repeat: int, kind: str, files: bool) -> dict[str, Any]:
    """Measure one kind of endorsement and rows in this process."""
    import numpy as np

    import thickecon as te

    rng = np.random.default_rng(0)
    made: dict[str, Any] = {"table": rng.normal(size=(agents, MOTIVES, OPTIONS))}
    shares = rng.uniform(size=(agents, MOTIVES) if kind != "shared" else MOTIVES)
    if kind == "ragged":
        made["table"].transpose(0, 2, 1)[rng.uniform(size=(agents, OPTIONS)) < 0.1] = np.nan
    motives = ["taste", "price", te.Motive("ad", "influence")]

    def build() -> None:
        made["profile"] = te.ThickProfile.from_arrays(made["table"], shares, motives=motives)

    steps = {"build (from_arrays)": seconds(build)}
    del made["table"]
    p = made["profile"]
    steps["grid (once a profile)"] = seconds(lambda: p.resolution)
    lenses = {"Revealed": te.Revealed(), "Endorsed": te.Endorsed(), "PartialCredit": te.PartialCredit(0.5)}
    work: dict[str, Callable[[], object]] = {"bare sum": lambda: p.contributions.sum(axis=0)}
    work |= {name: partial(lens.read, p) for name, lens in lenses.items()}
    times: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(repeat + 1):  # the first turn warms and is not counted
        for name in times:
            took = seconds(work[name])
            if turn:
                times[name].append(took)
    reading = lenses["Endorsed"].read(p)
    steps["reduce (utility of each agent's best option)"] = seconds(
        lambda: np.maximum.reduceat(reading.values, p.index.indptr[:-1])
    )
    peak = peak_gb()
    if files:
        with tempfile.TemporaryDirectory() as folder:
            where = Path(folder) / "p.parquet"
            steps["save .parquet"] = seconds(lambda: p.save(where))
            steps["read .parquet"] = seconds(lambda: made.update(back=te.read_profile(where)))
            steps["parquet MB"] = where.stat().st_size / 2**20
            assert np.array_equal(made["back"].contributions, p.contributions)
    return {
        "kind": kind,
        "rows": len(p.index),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "times": times,
        "steps": steps,
        "peak": peak,
        "peak with files": peak_gb(),
    }


def paired(took: list[float], bare: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(took, bare, strict=True))


def run_child(agents: int, repeat: int, kind: str, cores: int | None, files: bool) -> dict[str, Any]:
    arguments = ["--child", kind, "--agents", str(agents), "--repeat", str(repeat)] + (["--files"] if files else [])
    prefix = ["taskset", "-c", ",".join(map(str, range(cores)))] if cores else []
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "OMP_NUM_THREADS": "1"}
    command = [*prefix, sys.executable, str(Path(__file__).resolve()), *arguments]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def report(agents: int, repeat: int, results: list[dict[str, Any]]) -> str:
    import numpy as np

    lines = [
        "# Profiles at scale",
        "",
        f"{agents:,} agents x {OPTIONS} options x {MOTIVES} motives; {platform.processor() or platform.machine()},"
        f" Python {platform.python_version()}, numpy {np.__version__}; {repeat} warm turns,",
        "lens and bare sum in turns, each row in a process of its own.",
        "Made by `python benchmarks/speed/profiles_scale.py --files`.",
        "",
        "## A lens against `contributions.sum(axis=0)` on the same array",
        "",
        "A lens also weights, rounds to the grid (T15), removes negative zeros and reads doing nothing.",
        f"Allowed: {ALLOWED_RATIO:.0f} times. Median seconds (least in brackets); the ratio is the median over turns",
        "of lens to bare sum in the same turn, so that a busy machine weighs on both.",
        "",
        "| endorsement, rows | cores | bare sum | lens | seconds | ratio | of least |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in results:
        bare = one["times"]["bare sum"]
        for name, took in one["times"].items():
            if name == "bare sum":
                continue
            lines.append(
                f"| {one['kind']}, {one['rows']:,} | {one['cores']} | {statistics.median(bare):.3f} ({min(bare):.3f}) |"
                f" {name} | {statistics.median(took):.3f} ({min(took):.3f}) | {paired(took, bare):.2f} |"
                f" {min(took) / min(bare):.2f} |"
            )
    lines += ["", "## Steps (seconds, first time) and peak resident memory", ""]
    lines += [f"Allowed: {ALLOWED_PEAK_GB:.0f} GB to build, read and reduce; files come after.", ""]
    lines += ["| endorsement, cores | " + " | ".join(results[0]["steps"]) + " | peak GB | with files |"]
    lines += ["| --- |" + " --- |" * (len(results[0]["steps"]) + 2)]
    for one in results:
        cells = [f"{one['steps'].get(step, float('nan')):.2f}" for step in results[0]["steps"]]
        cells += [f"{one['peak']:.2f}", f"{one['peak with files']:.2f}"]
        lines.append(f"| {one['kind']}, {one['cores']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--files", action="store_true", help="also save and read parquet")
    parser.add_argument("--child", choices=("shared", "own", "ragged"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.agents, given.repeat, given.child, given.files)))
        return 0
    results = [
        run_child(given.agents, given.repeat, kind, cores, given.files)
        for kind, cores in (("shared", None), ("own", None), ("ragged", None), ("shared", 1), ("own", 1))
    ]
    text = report(given.agents, given.repeat, results)
    where = HERE / "results" / "profiles.md"
    where.parent.mkdir(exist_ok=True)
    where.write_text(text)
    print(text)
    slow = [
        (one["kind"], name)
        for one in results
        for name, took in one["times"].items()
        if paired(took, one["times"]["bare sum"]) > ALLOWED_RATIO
    ]
    large = [one["kind"] for one in results if one["peak"] > ALLOWED_PEAK_GB]
    if slow or large:
        print(f"above the limit: time {slow}, memory {large}", file=sys.stderr)
    return 1 if slow or large else 0


if __name__ == "__main__":
    raise SystemExit(main())
