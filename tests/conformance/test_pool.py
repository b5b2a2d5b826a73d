"""Instances of the suite are the same whatever else has been imported: alone, together, and after new tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hypothesis.internal.conjecture import providers

from thickecon.testing import strategies
from thickecon.testing.pool import drawn

DRAWS = """
import sys
{first}
from hypothesis import strategies as st
from thickecon import ThickProfile
from thickecon.testing.pool import drawn
seeds = st.integers(0, 10**6).map(lambda k: ThickProfile.from_values([[float(k)]]))
print([p.revealed.item() for p in drawn(seeds, 60)])
"""


def printed(folder: Path, first: str) -> str:
    """What a fresh process draws after these lines."""
    paths = os.pathsep.join([str(folder), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-c", DRAWS.format(first=first)],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
    )
    return done.stdout


def test_constants_of_other_modules_do_not_move_instances(tmp_path) -> None:
    """Hypothesis by itself also draws the larger numbers that stand in modules of a project."""
    (tmp_path / "constants_of_mine.py").write_text(f"NUMBERS = {list(range(1001, 1101))}\n", encoding="utf-8")
    assert printed(tmp_path, "") == printed(tmp_path, "import constants_of_mine")


def test_hypothesis_is_left_as_it_was() -> None:
    before = providers._get_local_constants
    assert len(drawn(strategies.profiles(), 3)) == 3
    assert providers._get_local_constants is before
