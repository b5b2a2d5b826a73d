"""Persuasion rates: what the usual rate is, and what data identify.

python papers/jun_lee_2023/replicate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from papers.claims import table  # noqa: E402
from thickecon.endorsement import persuasion_bounds  # noqa: E402

# y1, y0, e1, e0 of the six turnout studies of table 1.
STUDIES = {
    "gg2000": (0.472, 0.448, 0.279, 0.0),
    "ggn2003": (0.310, 0.286, 0.293, 0.0),
    "gg2001a": (0.711, 0.660, 0.737, 0.0),
    "gg2001b": (0.416, 0.405, 0.414, 0.0),
    "g2006": (0.455, 0.435, 0.800, 0.0),
    "gss2011": (0.700, 0.690, 0.250, 0.0),
}


def replicate() -> dict[str, float]:
    """Per cent: DellaVigna-Kaplan rate, lower bound for everybody, lower bound for compliers by marginals."""
    found = {}
    for key, (y1, y0, e1, e0) in STUDIES.items():
        moments = {"y1": y1, "y0": y0, "e1": e1, "e0": e0}
        found[f"{key}_dk"] = 100 * (y1 - y0) / (e1 - e0) / (1 - y0)
        found[f"{key}_apr"] = 100 * float(persuasion_bounds(moments)[0])
        found[f"{key}_lpr"] = 100 * float(persuasion_bounds(moments, about="compliers")[0])
    return found


if __name__ == "__main__":
    print(table(HERE, replicate()))
