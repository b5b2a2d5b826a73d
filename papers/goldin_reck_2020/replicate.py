"""Preferences under framing: shares of the consistent, bounds, and the neutral arm.

python papers/goldin_reck_2020/replicate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import pandas as pd  # noqa: E402

from papers.claims import table  # noqa: E402
from thickecon.endorsement import GoldinReck  # noqa: E402

HEADLINES = {  # Y0, Y1 and people an arm (shares are published, arm sizes of the last two are not)
    "disease": (0.22, 0.72, 155, 152),
    "organs": (0.42, 0.82, 10_000, 10_000),
    "pension": (0.49, 0.86, 10_000, 10_000),
}

MANY_LABS = {  # people and choosers under the frame against and for, 36 sites together (Klein et al. 2014)
    "gain_loss": (3174, 1200, 3097, 2059),
    "allow_forbid": (3122, 2381, 3170, 2941),
}


def fitted(y0: float, y1: float, n0: int, n1: int, **more: object) -> object:
    """Two arms."""
    rows = [("all", "against", n0, round(n0 * y0)), ("all", "for", n1, round(n1 * y1))]
    return GoldinReck(**more).fit(pd.DataFrame(rows, columns=["cell", "framing", "n", "k"]))  # type: ignore[arg-type]


def replicate() -> dict[str, float]:
    """The table of the endorsement notes; Many Labs from the counts of all sites together."""
    found = {}
    for key, (y0, y1, n0, n1) in HEADLINES.items():
        made = fitted(y0, y1, n0, n1)
        found[f"{key}_consistent"] = made.diagnostics["consistent"]  # type: ignore[attr-defined]
        found[f"{key}_q"] = made.estimate  # type: ignore[attr-defined]
        if key == "disease":
            found["disease_se"] = made.standard_error  # type: ignore[attr-defined]
    arms = pd.DataFrame({"cell": "all", "framing": ["against", "for", "neutral"], "n": 10_000, "k": [4200, 8200, 7900]})
    neutral = GoldinReck(about="moved").fit(arms)
    found["organs_moved"] = neutral.estimate
    found["organs_manufactured"] = neutral.diagnostics["quantities"].loc["manufactured_in_for", "estimate"]
    for task, (n0, k0, n1, k1) in MANY_LABS.items():
        rows = [("all", "against", n0, k0), ("all", "for", n1, k1)]
        made = GoldinReck().fit(pd.DataFrame(rows, columns=["cell", "framing", "n", "k"]))
        found |= {
            f"{task}_y0": made.diagnostics["y_against"],
            f"{task}_y1": made.diagnostics["y_for"],
            f"{task}_consistent": made.diagnostics["consistent"],
            f"{task}_q": made.estimate,
            f"{task}_se": made.standard_error,
        }
    return found


if __name__ == "__main__":
    print(table(HERE, replicate()))
