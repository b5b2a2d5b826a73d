"""Beyond revealed preference: the unambiguous relation on the examples of the endorsement notes.

python papers/bernheim_rangel_2009/replicate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from itertools import chain, combinations  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from papers.claims import table  # noqa: E402
from thickecon.endorsement import BernheimRangel, surplus_bounds  # noqa: E402

MENUS = list(chain.from_iterable(combinations("abc", size) for size in (2, 3)))


def framed(orders: dict[str, str]) -> pd.DataFrame:
    """All menus under every frame, chosen by an order."""
    rows = [
        (0, k, list(m), [min(m, key=order.index)], frame)
        for frame, order in orders.items()
        for k, m in enumerate(MENUS)
    ]
    return pd.DataFrame(rows, columns=["agent", "obs", "menu", "chosen", "frame"])


def replicate() -> dict[str, float]:
    """Pairs and optima of two frames, bounds on surplus, and cycles in random framed choices."""
    data = framed({"L": "abc", "H": "bac"})
    both, one = (BernheimRangel(delete_frames=gone).fit(data).relation for gone in ((), ("H",)))
    amounts = np.arange(0, 8, 0.5)
    lists = pd.DataFrame(
        [(who, f, m, int(m <= w)) for who, ws in (("two", (3, 5)), ("one", (4, 4)))
         for f, w in zip("LH", ws, strict=True) for m in amounts],
        columns=["agent", "frame", "amount", "bought"],
    )  # fmt: skip
    bounds = surplus_bounds(lists)
    rng, cycles, intransitive = np.random.default_rng(0), 0, 0
    menus = list(chain.from_iterable(combinations("abcd", size) for size in (2, 3, 4)))
    for _ in range(600):
        rows = [(0, k, list(m), [m[int(rng.integers(len(m)))]], f) for f in range(2) for k, m in enumerate(menus)]
        found = BernheimRangel().fit(pd.DataFrame(rows, columns=["agent", "obs", "menu", "chosen", "frame"])).relation
        cycles += int(found.cyclic.sum())
        p = found.strict[0].astype(int)
        intransitive += bool(((p @ p > 0) & (p == 0)).any())
    return {
        "pairs_two_frames": float(both.strict.sum()),
        "optima_two_frames": float(both.optima().to_numpy().sum()),
        "pairs_one_frame": float(one.strict.sum()),
        "optima_one_frame": float(one.optima().to_numpy().sum()),
        "surplus_low": float(bounds.loc["two", "lower"]),
        "surplus_high": float(bounds.loc["two", "upper"]) - 0.5,  # the first amount at which money is always taken
        "surplus_point": float(bounds.loc["one", "lower"]),
        "cycles": float(cycles),
        "intransitive_found": float(intransitive > 0),
    }


if __name__ == "__main__":
    print(table(HERE, replicate()))
