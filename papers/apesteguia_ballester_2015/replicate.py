"""The swaps index: the order that choices contradict least.

python papers/apesteguia_ballester_2015/replicate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import pandas as pd  # noqa: E402

from papers.claims import table  # noqa: E402
from thickecon.endorsement import SwapsIndex  # noqa: E402

EXAMPLE = [("abc", "a", 0.4), ("ab", "a", 0.2), ("bc", "b", 0.2), ("abc", "c", 0.1), ("ac", "c", 0.1)]
# Subject-3 of Prest's example "estimation models, no defaults": menu and choice.
PREST = list(zip("wxyz wxy wxz wyz xyz wx wy wz xy xz yz".split(), "xxxwyxwwyxy", [1.0] * 11, strict=True))


def fitted(rows: list[tuple[str, str, float]]) -> SwapsIndex:
    """The index of (menu, choice, frequency)."""
    data = pd.DataFrame(
        [(0, k, list(m), [c], "-", w) for k, (m, c, w) in enumerate(rows)],
        columns=["agent", "obs", "menu", "chosen", "frame", "weight"],
    )
    return SwapsIndex(draws=0).fit(data)


def replicate() -> dict[str, float]:
    """Index and order of both examples."""
    one, two = fitted(EXAMPLE), fitted(PREST)
    return {
        "example_index": one.index,
        "example_order": float(one.order == ("a", "b", "c")),
        "prest_index": two.index,
        "prest_order": float(two.order == ("x", "w", "y", "z")),
        "prest_houtman_maks": two.diagnostics["houtman_maks"],
    }


if __name__ == "__main__":
    print(table(HERE, replicate()))
