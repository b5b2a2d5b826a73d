"""Another distribution adds a mechanism and a lens by entry points, without being imported by anybody."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PLUGIN = '''
"""A distribution that adds one mechanism and one lens to thickecon."""

from dataclasses import dataclass

import numpy as np
import thickecon as te
from thickecon.lenses.lens import _cardinal


@dataclass(frozen=True)
class Halved(te.Lens):
    """Every pull counts by half."""

    title = "Halved"
    line = "half of everything"
    ignores = "endorsement"

    def read(self, profile):
        return _cardinal(profile, self, np.full(profile.n_motives, 0.5))


@dataclass(frozen=True)
class FirstOption(te.Mechanism):
    """Everybody takes the first option; the least that is a mechanism."""

    title = "First option"
    problem_kinds = (te.Choice,)

    def _run(self, problem, readings, lottery):
        raise NotImplementedError

    def _certify(self, outcome):
        return ()
'''

ENTRY_POINTS = """
[thickecon.mechanisms]
tinyplugin.FirstOption = tinyplugin:FirstOption

[thickecon.lenses]
Halved = tinyplugin:Halved
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder as pip would leave it; nothing is downloaded."""
    (tmp_path / "tinyplugin.py").write_text(textwrap.dedent(PLUGIN))
    info = tmp_path / "tinyplugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tinyplugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (info / "RECORD").write_text("")
    return tmp_path


def run(script: str, *paths: Path) -> list[str]:
    """Lines that ``script`` prints in a fresh interpreter with ``paths`` in front of its own."""
    setup = "import sys\n" + "".join(f"sys.path.insert(0, {str(path)!r})\n" for path in paths)
    done = subprocess.run([sys.executable, "-c", setup + script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


ROOT = Path(__file__).resolve().parents[2]


def test_an_installed_mechanism_is_in_the_catalogue(installed: Path) -> None:
    script = "import thickecon as te\nmade = te.catalogue()['tinyplugin.FirstOption']\nprint(made.__module__)\n"
    assert run(script, installed, ROOT) == ["tinyplugin"]


def test_it_stands_beside_the_package_s_own(installed: Path) -> None:
    names = set(run("import thickecon as te\nprint(*te.catalogue())\n", installed, ROOT))
    assert {"tinyplugin.FirstOption", "auctions.VCG", "matching.DeferredAcceptance", "welfare.Allocate"} <= names
    assert "tinyplugin.FirstOption" not in run("import thickecon as te\nprint(*te.catalogue())\n", ROOT)


def test_an_installed_lens_reads_profiles(installed: Path) -> None:
    script = """
import thickecon as te
from thickecon.lenses import LENSES
print(LENSES["Halved"]().read(te.ThickProfile.from_values([[8.0, 3.0]])).values.tolist())
"""
    assert run(script, installed, ROOT) == ["[4.0,", "1.5]"]
