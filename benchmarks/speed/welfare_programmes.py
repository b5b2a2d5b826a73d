"""How much a Nash allocation costs beyond the solver: our programme against hand-written vectorised cvxpy.

Run ``python benchmarks/speed/welfare_programmes.py`` from the root of the repository. Both sides run in the same
process, in turn, on the same data: thickecon by default (its own interior point method) and with the solver of the
other side; the floor is the time that the solver itself reports. Times are the least of the rounds, as a busy machine
only ever adds. Writes ``results/welfare.md`` beside this file.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from thickecon.profiles.rows import Rows
from thickecon.programs import AllocationProblem, solve_allocation
from thickecon.welfare.functions import Leximin, Nash

RESULTS = Path(__file__).parent / "results" / "welfare.md"


def data(n: int, m: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0.05, 1.0, (n, m))


def by_hand(values: np.ndarray) -> tuple[float, float, float]:
    """(seconds, of which Clarabel, objective): one matrix variable, as an experienced user writes it."""
    start = time.perf_counter()
    x = cp.Variable(values.shape, nonneg=True)
    u = cp.sum(cp.multiply(values, x), axis=1)
    problem = cp.Problem(cp.Maximize(cp.sum(cp.log(u))), [cp.sum(x, axis=0) <= 1])
    problem.solve(solver=cp.CLARABEL)
    seconds = time.perf_counter() - start
    return seconds, float(problem.solver_stats.solve_time), feasible_objective(values, x.value)


def feasible_objective(values: np.ndarray, x: np.ndarray) -> float:
    """Sum of logs after shrinking to exact feasibility: a solver's own value may belong to a point outside."""
    x = np.maximum(np.asarray(x).reshape(values.shape), 0.0)
    x = x / np.maximum(x.sum(axis=0), 1.0)
    return float(np.log((values * x).sum(axis=1)).sum())


def by_hand_sparse(values: np.ndarray) -> tuple[float, float, float]:
    """The same with one variable over rows and two sparse matrices."""
    start = time.perf_counter()
    n, m = values.shape
    rows = np.arange(n * m)
    utilities = sp.csr_array((values.ravel(), rows, np.arange(n + 1) * m), shape=(n, n * m))
    supply = sp.csr_array((np.ones(n * m), (rows % m, rows)), shape=(m, n * m))
    x = cp.Variable(n * m, nonneg=True)
    problem = cp.Problem(cp.Maximize(cp.sum(cp.log(utilities @ x))), [supply @ x <= 1])
    problem.solve(solver=cp.CLARABEL)
    seconds = time.perf_counter() - start
    return seconds, float(problem.solver_stats.solve_time), feasible_objective(values, x.value)


def ours(values: np.ndarray, solver: str | None = None) -> tuple[float, float, float, float]:
    """(seconds, of which the solver, objective, certified gap): building, checks and certificate included."""
    start = time.perf_counter()
    n, m = values.shape
    answer = solve_allocation(
        AllocationProblem(Rows.full(range(n), range(m)), values.ravel(), 1.0), Nash(), solver=solver
    )
    seconds = time.perf_counter() - start
    return seconds, answer.seconds, feasible_objective(values, answer.taken), answer.optimality.gap


def nash_table(n: int, m: int, rounds: int) -> list[str]:
    values = data(n, m)
    by_hand(values[:20, :10])  # imports and first-call costs on neither side
    ours(values[:20, :10])
    names = ("hand, matrix", "hand, rows", "thickecon with Clarabel", "thickecon")
    runs: dict[str, list[tuple[float, ...]]] = {name: [] for name in names}
    for _ in range(rounds):
        runs["hand, matrix"].append(by_hand(values))
        runs["thickecon"].append(ours(values))
        runs["thickecon with Clarabel"].append(ours(values, "CLARABEL"))
        runs["hand, rows"].append(by_hand_sparse(values))
    best = {name: min(found) for name, found in runs.items()}
    mine = best["thickecon"]
    lines = [
        f"Nash allocation, {n} agents x {m} goods, values U(.05, 1), least of {rounds} rounds, one process.",
        "",
        "| side | total, s | solver's own (floor), s | the rest, s | objective, feasible point | thickecon / side |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, found in best.items():
        lines.append(
            f"| {name} | {found[0]:.3f} | {found[1]:.3f} | {found[0] - found[1]:.3f} | {found[2]:.6f} |"
            f" {mine[0]:.3f} / {found[0]:.3f} = {mine[0] / found[0]:.2f} |"
        )
    lines += [
        "",
        f"Certified gap of thickecon's answer, recomputed from prices: {mine[3]:.1e} (what any allocation could add).",
        "",
    ]
    return lines


def leximin_table(sizes: tuple[int, ...]) -> list[str]:
    lines = [
        "Leximin, n agents x n goods, two wanted goods each: one run a size, every stage certified.",
        "",
        "| n | stages | seconds | certified gap |",
        "| --- | --- | --- | --- |",
    ]
    for n in sizes:
        rng = np.random.default_rng(0)
        wanted = np.sort([rng.choice(n, 2, replace=False) for _ in range(n)], axis=1).ravel().astype(np.int32)
        rows = Rows(np.repeat(np.arange(n, dtype=np.int32), 2), wanted, range(n), range(n))
        problem = AllocationProblem(rows, rng.uniform(0.05, 1.0, 2 * n), 1.0)
        start = time.perf_counter()
        answer = solve_allocation(problem, Leximin())
        seconds = time.perf_counter() - start
        lines.append(f"| {n} | {len(answer.stages)} | {seconds:.2f} | {answer.optimality.gap:.1e} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--goods", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("cvxpy", "clarabel", "scipy", "numpy"))
    load = os.getloadavg()[0]
    lines = ["# Welfare programmes: speed", ""]
    lines += [
        f"Python {platform.python_version()}, {versions}; {os.cpu_count()} cores, load {load:.1f} at the start.",
        "",
    ]
    lines += nash_table(options.agents, options.goods, options.rounds)
    lines += leximin_table((30, 100, 300))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
