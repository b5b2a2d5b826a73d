"""Deferred acceptance by PyPI `matching`, run by the Python of its own environment; prints JSON.

    python -m venv benchmarks/speed/.envs/matching
    benchmarks/speed/.envs/matching/bin/pip install "matching==1.4.3" "numpy<2"
    benchmarks/speed/.envs/matching/bin/python benchmarks/speed/peers/matching_peer.py values.npz

The file holds ``proposers`` (n, n) and ``receivers`` (n, n), higher is better.
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from matching.games import StableMarriage

sys.setrecursionlimit(10**6)  # its deep copies of players exceed the default from a few hundred players on

with np.load(sys.argv[1]) as stored:
    tables = stored["proposers"], stored["receivers"]
start = time.perf_counter()
lists = [dict(enumerate(np.argsort(-table, axis=1).tolist())) for table in tables]
listed = time.perf_counter()
solution = StableMarriage.create_from_dictionaries(*lists).solve()
stop = time.perf_counter()
partner = {suitor.name: reviewer.name for suitor, reviewer in solution.items()}
print(
    json.dumps(
        {
            "version": version("matching"),
            "seconds": stop - start,
            "solve_seconds": stop - listed,
            "partner": [partner[i] for i in range(len(tables[0]))],
        }
    )
)
