"""Optimal auctions of finitely many types by PyPI `mechaudit`, run by the Python of its own environment; prints JSON.

    python -m venv benchmarks/speed/.envs/myerson
    benchmarks/speed/.envs/myerson/bin/pip install -r benchmarks/speed/peers/myerson.txt
    benchmarks/speed/.envs/myerson/bin/python benchmarks/speed/peers/myerson_peer.py BIDDERS TYPES

Values are evenly spaced on [0, 1] and equally likely. Timed: building the environment and design, and its solution
(which audits itself); imports and one small problem before are not.
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from mechaudit import BIC, ExpectedRevenue, FiniteEnvironment, InterimIR, JointPrior, PrivateValues


def solve(bidders: int, types: int) -> tuple[float, float]:
    """Seconds and revenue."""
    values = np.linspace(0.0, 1.0, types)
    start = time.perf_counter()
    names = [f"bidder{i}" for i in range(bidders)]
    marginals = {name: dict.fromkeys(range(types), 1.0 / types) for name in names}
    agents = {name: list(range(types)) for name in names}
    environment = FiniteEnvironment(
        agents=agents,
        outcomes=["kept", *names],
        prior=JointPrior.from_independent(marginals),
        values=PrivateValues(lambda agent, own, outcome: float(values[own]) if outcome == agent else 0.0),
    )
    solution = environment.design(objective=ExpectedRevenue(), requirements=(BIC(), InterimIR())).solve()
    return time.perf_counter() - start, float(solution.objective_value)


if __name__ == "__main__":
    solve(1, 2)
    seconds, revenue = solve(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps({"version": version("mechaudit"), "seconds": seconds, "revenue": revenue}))
