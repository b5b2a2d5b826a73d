"""Studies: what the runner adds to the mechanisms' own time, what a second process brings, and a million rows.

    python benchmarks/speed/studies_scale.py

Writes results/studies.md. Rows of the large store are made up (a world a row costs minutes); everything else is run.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from thickecon.studies import Study, load  # noqa: E402
from thickecon.studies.cell import run_cell  # noqa: E402
from thickecon.studies.store.folder import Store  # noqa: E402

RESULTS = HERE / "results" / "studies.md"


def suite(replicates: int, block: int, studies: int = 1) -> dict[str, object]:
    return {
        "schema": 1,
        "name": "scale",
        "seed": 1,
        "defaults": {"replicates": replicates, "block": block},
        "study": [{"scenario": "seller_influence", "fixed": {"a": 0.1 + 0.01 * k}} for k in range(studies)],
    }


def overhead(rounds: int = 2) -> tuple[float, float, float]:
    """(seconds of the cells alone, seconds of the study, seconds a cell), blocks of more than half a second."""
    bare, whole = [], []
    plan = Study(suite(1600, 400))
    cells = [cell for point in plan.points for cell in point.cells]
    run_cell(cells[0])
    for _ in range(rounds):
        start = time.perf_counter()
        for cell in cells:
            run_cell(cell)
        bare.append(time.perf_counter() - start)
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            plan.run(Path(folder) / "s")
            whole.append(time.perf_counter() - start)
    return statistics.median(bare), statistics.median(whole), statistics.median(bare) / len(cells)


def speed_up() -> dict[str, float]:
    """Seconds of one and of two processes, start of the pool included, and of a dask cluster of two workers."""
    plan = Study(suite(18_000, 600))  # long enough that the start of processes, some seconds, does not decide
    found = {}
    for name in ("serial", "processes:1", "processes:2"):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            plan.run(Path(folder) / "s", name)
            found[name] = time.perf_counter() - start
    try:
        import distributed
    except ImportError:
        return found
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        for name in ("dask, workers that start cold", "dask, two workers"):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                plan.run(Path(folder) / "s", f"dask:{cluster.scheduler_address}")
                found[name] = time.perf_counter() - start
    return found


def million() -> tuple[int, float, float, float]:
    """(rows, seconds to finish a store of that many, to load and summarise it, and to write the report)."""
    plan = Study(suite(8_400, 2_100, studies=10))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "s")
        rng = np.random.default_rng(0)
        with store.writing(plan.suite, resume=False):
            for point in plan.points:
                for cell in point.cells:
                    small = run_cell(type(cell)(**{**vars(cell), "count": 1}))
                    rows = len(small["value"])
                    columns = {name: values * cell.count for name, values in small.items()}
                    columns["replicate"] = np.repeat(np.arange(cell.first, cell.first + cell.count), rows).tolist()
                    columns["value"] = rng.random(rows * cell.count).tolist()
                    store.write(cell, columns, 0.0)
            start = time.perf_counter()
            store.finish((point.study, cell) for point in plan.points for cell in point.cells)
            finished = time.perf_counter() - start
        start = time.perf_counter()
        found = load(store)
        found.headline()
        loaded = time.perf_counter() - start
        start = time.perf_counter()
        found.save_html(Path(folder) / "r.html")
        return len(found.frame), finished, loaded, time.perf_counter() - start


def main() -> None:
    load_before = os.getloadavg()[0]
    bare, whole, block = overhead()
    times = speed_up()
    rows, finished, loaded, reported = million()
    lines = [
        "# Studies",
        "",
        f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores, load {load_before:.1f} at"
        " the start; scenario seller_influence.",
        "",
        "| what | seconds | against | seconds | ratio | goal |",
        "| --- | --- | --- | --- | --- | --- |",
        f"| a study, blocks of {block:.2f} s | {whole:.2f} | its cells alone | {bare:.2f} |"
        f" {100 * (whole / bare - 1):.1f} % more | at most 10 % |",
        f"| two processes | {times['processes:2']:.2f} | one process | {times['processes:1']:.2f} |"
        f" {times['processes:1'] / times['processes:2']:.2f}x | at least 1.7x |",
        f"| two processes | {times['processes:2']:.2f} | this process | {times['serial']:.2f} |"
        f" {times['serial'] / times['processes:2']:.2f}x | |",
    ]
    for name in ("dask, workers that start cold", "dask, two workers"):
        if name in times:
            lines.append(
                f"| {name} | {times[name]:.2f} | two processes | {times['processes:2']:.2f} |"
                f" {times[name] / times['processes:2']:.2f}x the time | |"
            )
    lines += [
        f"| {rows:,} rows: load, summarise and report | {loaded + reported:.1f} | | | | under 20 s |",
        "",
        f"Of the last: load and headline {loaded:.1f} s, page {reported:.1f} s; putting the parts together before that"
        f" {finished:.1f} s.",
        "",
    ]
    RESULTS.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
