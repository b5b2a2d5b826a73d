"""Asymmetric first-price equilibria: collocation on inverse bids against backward shooting.

    python benchmarks/speed/equilibria.py [--rounds 7] [--small]

Both sides are timed in the same process, in turns, warm, on one thread; medians. Shooting is what a user of scipy
would write: the equations run backwards from a top bid by LSODA, and the top bid is sought by halving until values fall
to bids exactly where bids begin; inverse bids are then interpolated. It is given f / F as a formula in plain numbers,
which ours is not. Both answers are judged by the same search for better bids, which knows neither method. Writes
``results/equilibria.md``.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
import scipy  # noqa: E402
from scipy import stats  # noqa: E402
from scipy.integrate import solve_ivp  # noqa: E402
from scipy.interpolate import PchipInterpolator  # noqa: E402

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from thickecon.auctions import FirstPrice, equilibrium  # noqa: E402
from thickecon.auctions.bidding.best_response import private_loss  # noqa: E402
from thickecon.auctions.bidding.law import Law, as_laws  # noqa: E402

Bid = Callable[[np.ndarray], np.ndarray]


def in_turns(works: Sequence[Callable[[], Any]], rounds: int) -> tuple[list[float], list[Any]]:
    """Median seconds of each work, run in turns after one warm round, and what the last run returned."""
    results = [work() for work in works]
    spent: list[list[float]] = [[] for _ in works]
    for k in list(range(len(works))) * rounds:
        begin = time.perf_counter()
        results[k] = works[k]()
        spent[k].append(time.perf_counter() - begin)
    return [statistics.median(each) for each in spent], results


def shoot(laws: Sequence[Law], powers: Sequence[float], reserve: float) -> tuple[float, list[Bid]]:
    """Top bid and bid functions by backward shooting, for bidders who all stop at the same bid.

    Laws are F = (v / top)**power, whose f / F is power / v.
    """
    low, n = max(reserve, laws[0].low), len(laws)
    tops = np.array([law.high for law in laws])
    power = np.array(powers)

    def slopes(b: float, phi: np.ndarray) -> np.ndarray:
        near = 1 / np.maximum(phi - b, 1e-13)
        return (near.sum() / (n - 1) - near) * phi / power

    def met(b: float, phi: np.ndarray) -> float:
        return float((phi - b).min()) - 1e-7

    met.terminal = True  # type: ignore[attr-defined]
    end, left, right, kept = low + 1e-6, low, float(tops.min()), None
    while right - left > 1e-12:
        top = (left + right) / 2
        run = solve_ivp(slopes, (top, end), tops, method="LSODA", rtol=1e-10, atol=1e-12, events=met)
        if run.status == 1 or not run.success:
            right = top
        else:
            left, kept = top, run
    b, phi = np.append(kept.t, low)[::-1], np.column_stack((kept.y, np.full(n, low)))[:, ::-1]
    made = []
    for values in phi:
        rising = np.concatenate(([True], np.diff(np.maximum.accumulate(values)) > 0))
        curve = PchipInterpolator(np.maximum.accumulate(values)[rising], b[rising], extrapolate=True)
        made.append(partial(offered, curve, low))
    return left, made


def offered(curve: PchipInterpolator, low: float, v: np.ndarray) -> np.ndarray:
    return np.where(v >= low, curve(np.maximum(v, low)), -1.0)


def compared(label: str, given: list[Any], reserve: float, rounds: int, powers: tuple[float, ...] = ()) -> str:
    """A row of the table; ``powers`` are those of shooting, none where it cannot be used."""
    laws = as_laws(given, None)
    solve = lambda: equilibrium(FirstPrice(reserve=reserve), distribution=given)
    works: list[Callable[[], Any]] = [solve, lambda: solve().epsilon]
    if powers:
        works.append(lambda: shoot(laws, powers, reserve))
    times, results = in_turns(works, rounds)
    ours = results[0]
    first = f"| {label} | {times[0] * 1e3:.0f} ms | {times[1] * 1e3:.0f} ms | {ours.epsilon:.1e} "
    if not powers:
        return first + "| | | | |"
    top, bids = results[2]
    loss = max(private_loss("first", laws, bids, i, reserve=reserve) for i in range(len(laws)))
    apart = abs(top - float(ours.play.inverse.edges[-1]))
    return first + f"| {times[2]:.2f} s | {loss:.1e} | {times[2] / times[0]:.0f} | {apart:.0e} |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--small", action="store_true", help="two bidders only")
    given = options.parse_args()
    u = [stats.uniform(0, top) for top in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)]
    beta = stats.beta
    two = [
        ("U[0, 1], U[0, 2]", u[:2], 0.0, (1.0, 1.0)),
        ("U[0, 1], U[0, 5]", [u[0], u[4]], 0.0, (1.0, 1.0)),
        ("U[0, 1], U[0, 2], reserve .2", u[:2], 0.2, (1.0, 1.0)),
        ("Beta(2, 1), Beta(5, 1)", [beta(2, 1), beta(5, 1)], 0.0, (2.0, 5.0)),
        ("U[0, 1], U[.5, 1.5]: supports begin apart", [u[0], stats.uniform(0.5, 1)], 0.0, ()),
    ]
    more = [
        ("3: U[0, 1] twice, U[0, 2]", [u[0], u[0], u[1]], 0.0, (1.0, 1.0, 1.0)),
        ("3: Beta(2, 1), Beta(5, 1), U[0, 1]", [beta(2, 1), beta(5, 1), u[0]], 0.0, (2.0, 5.0, 1.0)),
        ("3: U[0, 1], U[0, 2] twice; the weak one stops below", [u[0], u[1], u[1]], 0.0, ()),
        ("4: U[0, 1] to U[0, 4]; two stop below", u[:4], 0.0, ()),
        ("6: U[0, 1] to U[0, 6]; four stop below", u, 0.0, ()),
        ("10: U[0, 1] nine times, U[0, 2]", [u[0]] * 9 + [u[1]], 0.0, ()),
    ]
    head = [
        "| bidders | ours | with epsilon | ours, loss | shooting | shooting, loss | shooting / ours | top bids apart |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    load = os.getloadavg()[0]
    rows = [compared(label, laws, r, given.rounds, powers) for label, laws, r, powers in two]
    lines = [
        "# Equilibria of first-price auctions among different bidders",
        "",
        f"Written by `python benchmarks/speed/equilibria.py --rounds {given.rounds}`; medians of that many rounds"
        " (several bidders: half as many), sides in turns in one process, one thread."
        f" Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__},"
        f" {os.cpu_count()} cores, load {load:.1f} at the start (above 1: others were at work; read ratios, not"
        f" seconds), {platform.machine()}.",
        "",
        "Ours: `equilibrium(FirstPrice(), distribution=[...])`, and the same with the search for better bids that gives"
        " its epsilon. Shooting: LSODA (rtol 1e-10) backwards from a top bid found by halving to 1e-12, with f / F as a"
        " formula. Loss: the most that a bidder gains by another bid, by one search for both. Shooting as written"
        " cannot be used where somebody stops bidding below the top, nor where supports begin apart; those rows have no"
        " other side.",
        "",
        "## Two bidders",
        "",
        *head,
        *rows,
        "",
    ]
    if not given.small:
        lines += ["## Several bidders", "", *head]
        lines += [compared(label, laws, r, max(3, given.rounds // 2), powers) for label, laws, r, powers in more]
        lines += [""]
    target = HERE / "results" / "equilibria.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
