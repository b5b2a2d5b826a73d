"""Moral graphs: edge statistics, PageRank and reflection on nine published edges.

python papers/klingefjord_lowe_edelman_2024/replicate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from papers.claims import table  # noqa: E402
from thickecon.endorsement import MoralGraph, pagerank  # noqa: E402
from thickecon.endorsement.pair_rankings import likelihood_and_entropy  # noqa: E402

# Context "When seeking information" of the published run: a, b, W, N, U, I (L = 0 throughout). Counts are facts.
EDGES = [
    (289, 298, 9, 2, 0, 11), (234, 303, 5, 0, 1, 6), (298, 303, 80, 15, 17, 112), (300, 289, 20, 6, 6, 32),
    (335, 234, 7, 1, 2, 10), (284, 289, 4, 1, 1, 7), (298, 234, 36, 9, 8, 53), (303, 289, 8, 2, 2, 12),
    (300, 303, 3, 0, 2, 5),
]  # fmt: skip
VALUES = [234, 284, 289, 298, 300, 303, 335]


def replicate() -> dict[str, float]:
    """Published statistics of edges, ranks in both conventions, and endorsement by reflection."""
    a, b, w, n, u, shown = (np.array(column) for column in zip(*EDGES, strict=True))
    likelihood, entropy = likelihood_and_entropy(w, n, u, np.zeros(len(a)), shown)
    at = [np.array([VALUES.index(x) for x in ends]) for ends in (a, b)]
    rank = {way: pagerank(*at, likelihood, 7, dangling=way) for way in ("source", "redistribute")}
    rows = [(x, y, "seeking information", kind, count) for x, y, *counts in EDGES
            for kind, count in zip(("wiser", "not", "unsure"), counts, strict=False) if count]  # fmt: skip
    data = pd.DataFrame(rows, columns=["from", "to", "context", "answer", "n"])
    found = MoralGraph(m=0, require_reverse=False, draws=0).fit(data)
    table = found.values_table().droplevel("context")
    made = {f"likelihood_{x}_{y}": float(p) for (x, y, *_), p in zip(EDGES, likelihood, strict=True)}
    made |= {f"entropy_{x}_{y}": float(h) for (x, y, *_), h in zip(EDGES, entropy, strict=True)}
    made |= {f"rank_{v}": float(rank["source"][VALUES.index(v)]) for v in (289, 303, 298, 234)}
    made["conventions_agree"] = float(np.abs(rank["source"] - rank["redistribute"]).max() < 1e-6)
    made |= {f"walk_{v}": float(table.loc[v, "walk"]) for v in (289, 298, 303)}
    made["cycle_of"] = float(max(len(c) for c in found.graph.cycles))
    return made


if __name__ == "__main__":
    print(table(HERE, replicate()))
