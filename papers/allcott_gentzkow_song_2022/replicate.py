"""Digital addiction: temptation, habits and the share of use that goes back to temptation.

python papers/allcott_gentzkow_song_2022/replicate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import pandas as pd  # noqa: E402

from papers.claims import table  # noqa: E402
from thickecon.endorsement import DigitalAddiction  # noqa: E402
from thickecon.welfare import CorrectivePrice  # noqa: E402

# Table 3 and section VI, minutes a day; standard errors are widths of the printed 95 % intervals over 3.92.
MOMENTS = {
    "tau3": (-55.9, (61.7 - 50.3) / 3.92),
    "tau4": (-19.2, (24.7 - 13.7) / 3.92),
    "tau5": (-12.3, (18.1 - 6.54) / 3.92),
    "tau2": (-24.3, (28.1 - 20.4) / 3.92),
    "forecast": (6.13, (7.72 - 4.52) / 3.92),
    "use": (153.0, (157 - 149) / 3.92),
}


def replicate() -> dict[str, float]:
    """Every claim, from the printed moments."""
    rows = [(name, value, error) for name, (value, error) in MOMENTS.items()]
    found = DigitalAddiction().fit(pd.DataFrame(rows, columns=["moment", "value", "standard_error"]))
    q = found.diagnostics["quantities"]["estimate"]
    low, high = found.interval(0.95).loc["temptation"]
    price = CorrectivePrice().solve(quantity=153 / 60, price=2.5, slope=1 / q["eta"], wedge=found, name="temptation")
    return {
        "rho": q["rho"],
        "eta": q["eta"],
        "zeta": q["zeta"],
        "lambda": q["lamda"],
        "naivete": q["naivete"],
        "gamma": q["gamma"],
        "gamma_low": low,
        "gamma_high": high,
        "cut": 60 * q["long_run_cut"],
        "share": q["share"],
        "without_habit": 60 * q["without_habit"],
        "loss": q["one_day_loss"],
        "kappa": abs(q["kappa"]),
        "corrective_gain": price.gain,
    }


if __name__ == "__main__":
    print(table(HERE, replicate()))
