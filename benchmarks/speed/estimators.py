"""Estimators at size: swaps index, Goldin-Reck with covariates, Bernheim-Rangel, conditional logit, moral graphs.

    python benchmarks/speed/estimators.py

Writes results/estimators.md. The peer of the conditional logit is xlogit or statsmodels, whichever is installed in
benchmarks/speed/.envs/logit (its own environment), run in a process of its own on the same numbers.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from thickecon.endorsement import BernheimRangel, FramedPeople, MoralGraph, SwapsIndex  # noqa: E402
from thickecon.endorsement.conditional_logit import conditional_logit  # noqa: E402

RESULTS = HERE / "results" / "estimators.md"
PEER = HERE / ".envs" / "logit" / "bin" / "python"
ROWS: list[tuple[str, float, str, str]] = []


def timed(run: Callable[[], object]) -> float:
    """Seconds of one run, after whatever was compiled."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def choices(options: int, rows: int, size: int) -> pd.DataFrame:
    """Logit choices from random menus, worth falling evenly."""
    rng = np.random.default_rng(0)
    worth = np.linspace(3, 0, options)
    menus = np.argsort(rng.random((rows, options)), axis=1)[:, :size]
    picked = menus[np.arange(rows), (worth[menus] + rng.gumbel(size=menus.shape)).argmax(axis=1)]
    return pd.DataFrame(
        {
            "agent": 0,
            "obs": range(rows),
            "menu": list(menus.tolist()),
            "chosen": [[k] for k in picked.tolist()],
            "frame": "-",
        }
    )


def swaps() -> None:
    small = choices(4, 100, 3)
    SwapsIndex(draws=0).fit(small)
    data = choices(16, 100_000, 5)
    ROWS.append(
        ("swaps index, 16 options, 100,000 choices", timed(lambda: SwapsIndex(draws=0).fit(data)), "under 2 s", "")
    )
    wide = choices(40, 20_000, 6)
    ROWS.append(
        (
            "swaps index, 40 options, integer programme",
            timed(lambda: SwapsIndex(draws=0).fit(wide)),
            "under 5 s",
            "two programmes: the order, and whether another is as good",
        )
    )


def people() -> None:
    rng = np.random.default_rng(0)
    n = 1_000_000
    w = rng.normal(size=(n, 10))
    frame = rng.random(n) < 1 / (1 + np.exp(-0.5 * w[:, 0]))
    y = np.where(rng.random(n) < 0.6, rng.random(n) < 1 / (1 + np.exp(-w[:, 1])), frame)
    data = pd.DataFrame(w, columns=[f"w{k}" for k in range(10)]).assign(
        y=y.astype(int), frame=np.where(frame, "for", "against")
    )
    rule = FramedPeople(covariates=tuple(f"w{k}" for k in range(10)))
    ROWS.append(
        ("Goldin-Reck, 1,000,000 people, 10 covariates, 5 folds", timed(lambda: rule.fit(data)), "under 10 s", "")
    )


def framed() -> None:
    rng = np.random.default_rng(0)
    agents, menus, options = 10_000, 100, 12
    size = agents * menus
    offered = rng.random((size, options)) < 0.4
    offered[np.arange(size), rng.integers(0, options, size)] = True
    score = np.where(offered, rng.random((size, options)), -1.0)
    picked = score.argmax(axis=1)
    lists = [np.flatnonzero(row).tolist() for row in offered]
    data = pd.DataFrame(
        {
            "agent": np.repeat(np.arange(agents), menus),
            "obs": np.tile(np.arange(menus), agents),
            "menu": lists,
            "chosen": [[k] for k in picked.tolist()],
            "frame": np.tile(np.arange(menus) % 4, agents),
        }
    )
    BernheimRangel().fit(data.iloc[:200])
    ROWS.append(
        (
            "Bernheim-Rangel, 10,000 agents x 100 menus of 12",
            timed(lambda: BernheimRangel().fit(data)),
            "under 5 s",
            "most of it reads lists of options",
        )
    )


PEER_CODE = """
import sys, time
import numpy as np
with np.load(sys.argv[1]) as f:
    x, ids, chosen, alts = f["x"], f["ids"], f["chosen"], f["alts"]
try:
    from xlogit import MultinomialLogit
    import warnings; warnings.simplefilter("ignore")
    model = MultinomialLogit()
    start = time.perf_counter()
    model.fit(x, chosen, varnames=[f"x{k}" for k in range(x.shape[1])], ids=ids, alts=alts, verbose=0)
    print("xlogit", time.perf_counter() - start, *model.coeff_)
except ImportError:
    from statsmodels.discrete.conditional_models import ConditionalLogit
    start = time.perf_counter()
    found = ConditionalLogit(chosen, x, groups=ids).fit(disp=0)
    print("statsmodels", time.perf_counter() - start, *found.params)
"""


def logit() -> None:
    rng = np.random.default_rng(0)
    sets, size, terms = 250_000, 4, 10
    x = rng.normal(size=(sets * size, terms))
    beta = np.linspace(-1, 1, terms)
    u = (x @ beta).reshape(sets, size) + rng.gumbel(size=(sets, size))
    chosen = (u == u.max(axis=1, keepdims=True)).ravel()
    starts = np.arange(0, sets * size, size)
    names = [f"x{k}" for k in range(terms)]
    conditional_logit(x[:4000], starts[:1000], chosen[:4000], names)
    found = [None]
    times = []
    for _ in range(3):
        start = time.perf_counter()
        found[0] = conditional_logit(x, starts, chosen, names)  # type: ignore[call-overload]
        times.append(time.perf_counter() - start)
    seconds = float(np.median(times))
    note = ""
    if PEER.exists():
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "data.npz"
            np.savez(
                place,
                x=x,
                ids=np.repeat(np.arange(sets), size),
                chosen=chosen.astype(int),
                alts=np.tile(np.arange(size), sets),
            )
            runs = [
                subprocess.run([PEER, "-c", PEER_CODE, str(place)], capture_output=True, text=True, check=False)
                for _ in range(3)
            ]
        parts = [run.stdout.split() for run in runs if run.returncode == 0]
        if parts:
            name, theirs = parts[0][0], float(np.median([float(p[1]) for p in parts]))
            gap = float(np.abs(np.array(parts[0][2:], float) - found[0].coefficients).max())  # type: ignore[attr-defined]
            note = f"{name}: {theirs:.2f} s, ratio {seconds / theirs:.2f}; largest difference of coefficients {gap:.1e}"
        else:
            note = "the peer failed: " + runs[0].stderr.strip().splitlines()[-1][:120]
    ROWS.append(("conditional logit, 1,000,000 rows x 10", seconds, "under 10 s, no slower than the peer", note))


def graph() -> None:
    rng = np.random.default_rng(0)
    contexts, values, votes = 1000, 100, 1_000_000
    context = rng.integers(0, contexts, votes)
    a, b = rng.integers(0, values, (2, votes))
    keep = a != b
    context, a, b = context[keep], a[keep], b[keep]
    wiser = rng.random(len(a)) < np.where(b > a, 0.85, 0.3)
    data = pd.DataFrame(
        {
            "from": context * values + a,
            "to": context * values + b,
            "context": context,
            "answer": np.where(wiser, "wiser", "not"),
            "user": rng.integers(0, 50_000, len(a)),
        }
    )
    rule = MoralGraph(draws=0)
    rule.fit(data.iloc[:1000])
    ROWS.append(
        (
            "moral graph, 100,000 values, 1,000,000 votes, walk",
            timed(lambda: rule.fit(data)),
            "under 10 s",
            f"{contexts:,} contexts of {values} values, each one cycle",
        )
    )


def main() -> None:
    load = os.getloadavg()[0]
    for part in (swaps, people, framed, logit, graph):
        part()
    lines = [
        "# Estimators",
        "",
        f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores, load {load:.1f} first.",
        "",
        "| what | seconds | goal | note |",
        "| --- | --- | --- | --- |",
        *(f"| {what} | {seconds:.2f} | {goal} | {note} |" for what, seconds, goal, note in ROWS),
        "",
    ]
    RESULTS.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
