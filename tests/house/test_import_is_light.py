"""`import thickecon` loads the standard library only."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIST_NEW_MODULES = """
import sys
before = set(sys.modules)
{statement}
new = {{name.partition(".")[0] for name in set(sys.modules) - before}} - {{"thickecon"}}
print(*sorted(name for name in new if name not in sys.stdlib_module_names))
"""


def offenders(statement: str) -> list[str]:
    """Distributions outside the standard library that ``statement`` loads in a fresh interpreter."""
    script = LIST_NEW_MODULES.format(statement=statement)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    "statement",
    [
        "import thickecon",
        "import thickecon as te; dir(te); te.__version__; te.errors",
        "import thickecon.auctions, thickecon.matching, thickecon.welfare",
    ],
)
def test_only_the_standard_library_is_loaded(statement: str) -> None:
    assert offenders(statement) == []


def test_the_check_sees_other_distributions() -> None:
    assert "numpy" in offenders("import numpy")


def test_a_profile_does_not_load_solvers_compilers_or_plots() -> None:
    heavy = {"cvxpy", "numba", "matplotlib", "clarabel", "highspy", "pydantic"}
    assert not heavy & set(offenders("import thickecon as te; te.ThickProfile.from_values([[1.0]]).revealed"))
