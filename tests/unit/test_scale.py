"""Memory at scale: what a profile may cost in multiples of its own numbers. Time is a benchmark, not a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AGENTS, OPTIONS, MOTIVES = 100_000, 20, 3
NUMBERS_MB = AGENTS * OPTIONS * MOTIVES * 8 / 2**20  # 45.8; a million agents are ten times this
"""Size of the contributions."""

CHILD = """
import json, sys
import numpy as np
import thickecon as te
from thickecon.errors import SizeError
agents, options, motives, kind, path = *map(int, sys.argv[1:4]), *sys.argv[4:6]

def peak():  # in MB; getrusage would start from the peak of the process that started this one
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 2**10

rng = np.random.default_rng(0)
small = te.ThickProfile.from_values([[1.0]])
te.Endorsed().read(small); small.save(path); te.read_profile(path)  # every import is made before the first figure
found = {"imports": peak()}
table = np.empty((agents, motives, options))
for start in range(0, agents, 1000):
    table[start : start + 1000] = rng.normal(size=(1000, motives, options))
shares = rng.uniform(size=(agents, motives) if kind != "shared" else motives)
if kind == "ragged":
    table[::7, :, 3] = np.nan
found["input"] = peak()
p = te.ThickProfile.from_arrays(table, shares)
found["built"] = peak()
del table
best = np.maximum.reduceat(te.Endorsed().read(p).values, p.index.indptr[:-1])
worth = te.Revealed().read(p).values.sum(), best.sum()
found["read"] = peak()
p.save(path)
back = te.read_profile(path)
found["files"] = peak()
found["same"] = back.equals(p) and not p.contributions.flags.writeable
print(json.dumps(found))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("kind", ["shared", "own", "ragged"])
def test_memory_of_a_hundred_thousand_agents(tmp_path: Path, kind: str) -> None:
    """Build, read through two lenses, reduce: at most four times the numbers, so a million agents stay under 2 GB.

    Two of the four are the caller's table and the profile's own copy; the rest is rows, one reading and, where the
    profile is ragged, the search for gaps.
    """
    pytest.importorskip("pyarrow")
    arguments = [str(AGENTS), str(OPTIONS), str(MOTIVES), kind, str(tmp_path / "p.parquet")]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["same"]
    used = {step: (found[step] - found["imports"]) / NUMBERS_MB for step in ("input", "built", "read", "files")}
    assert used["input"] > 0.9, "the figure must see the input, or it sees nothing"
    assert used["built"] < (4.0 if kind == "ragged" else 3.0), used
    assert used["read"] < 4.0, used
    assert used["files"] < 8.0, used
